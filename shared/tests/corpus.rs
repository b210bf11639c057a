//! The patch corpus: 1,491 model replies of 105 kinds, each with the only acceptable outcomes. Never misapplied, rarely
//! refused. The corpus' own README (tests/corpus/) says how it was made, and the rules behind what is expected.

#![expect(clippy::unwrap_used, reason = "a test stops at the first thing that is not as it should be")]

#[path = "corpus/cases.rs"]
mod cases;

use cases::{Case, Score, cases};
use std::collections::HashMap;
use tidemark_shared::patch;

fn score(case: &Case) -> Score {
    let made = patch::apply(&case.reply, &case.base, &case.current);
    case.score(made.ok().map(|intended| intended.files).as_ref())
}

#[test]
fn no_reply_is_misapplied_and_few_are_refused_in_vain() {
    let cases = cases();
    assert_eq!(cases.len(), 1491);
    let mut counts: HashMap<Score, usize> = HashMap::new();
    let mut wrong = Vec::new();
    for case in &cases {
        let score = score(case);
        *counts.entry(score).or_default() += 1;
        if matches!(score, Score::FalseRefusal | Score::Nothing | Score::Misapplied) {
            wrong.push(format!("{} ({}): {score:?}", case.id, case.class));
        }
    }
    let count = |score| counts.get(&score).copied().unwrap_or(0);
    let must_refuse = cases.iter().filter(|case| case.must_refuse()).count();
    let to_apply = cases.len() - must_refuse;
    assert_eq!(count(Score::Misapplied) + count(Score::Nothing), 0, "{wrong:#?}");
    assert_eq!(count(Score::RefusedAsItShould), must_refuse);
    assert!(count(Score::Exact) * 1000 >= to_apply * 968, "{} of {to_apply} exact", count(Score::Exact));
    assert!(count(Score::FalseRefusal) * 1000 <= to_apply * 5, "{wrong:#?}");
}

/// Kinds of trouble that are solved completely, and stay so.
#[test]
fn the_ordinary_kinds_of_trouble_are_all_solved() {
    const SOLVED: &[&str] = &[
        "clean",
        "ln_wrong",
        "cnt_wrong",
        "no_numbers",
        "no_hunk_header",
        "trailing_ws",
        "tabs",
        "indent",
        "blank",
        "crlf",
        "eof",
        "fenced",
        "json_escaped",
        "wrapped",
        "path",
        "order",
        "unicode",
        "moved",
        "ellipsis",
        "elided",
    ];
    let cases = cases();
    let mut checked = 0;
    for case in cases.into_iter().filter(|case| {
        !case.class.starts_with("st_re") && SOLVED.iter().any(|kind| case.class.contains(kind))
    }) {
        let score = score(&case);
        assert!(
            matches!(score, Score::Exact | Score::RefusedAsItShould),
            "{} ({}): {score:?}",
            case.id,
            case.class
        );
        checked += 1;
    }
    assert!(checked > 500, "only {checked} cases of these kinds");
}
