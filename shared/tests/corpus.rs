//! The patch corpus: 1,491 model replies of 105 kinds, each with the only acceptable outcomes. Never misapplied, rarely
//! refused. The corpus' own README (tests/corpus/) says how it was made, and the rules behind what is expected.

#![expect(clippy::unwrap_used, reason = "a test stops at the first thing that is not as it should be")]

use serde::Deserialize;
use std::collections::{BTreeMap, HashMap};
use tidemark_shared::patch::{self, Files};

type Blobs = BTreeMap<String, Option<String>>;

#[derive(Deserialize)]
#[serde(untagged)]
enum Record {
    Blob { blob: String, text: String },
    Case(Box<Case>),
}

#[derive(Deserialize)]
struct Case {
    id: String,
    cls: String,
    workspace: Blobs,
    base: Option<Blobs>,
    output: String,
    expect: Expect,
}

#[derive(Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Expect {
    Apply {
        files: Blobs,
        #[serde(default)]
        accept: Vec<Blobs>,
        #[serde(default)]
        refuse_ok: bool,
    },
    Refuse,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Score {
    Exact,
    RefusedAsItShould,
    /// Refusing was right too, if not as good.
    Tolerated,
    FalseRefusal,
    /// It said that it did something and did nothing.
    Nothing,
    Misapplied,
}

fn corpus() -> (HashMap<String, String>, Vec<Case>) {
    let packed = include_bytes!("corpus/cases.jsonl.zst");
    let text = String::from_utf8(zstd::decode_all(&packed[..]).unwrap()).unwrap();
    let (mut blobs, mut cases) = (HashMap::new(), Vec::new());
    for line in text.lines() {
        match serde_json::from_str(line).unwrap() {
            Record::Blob { blob, text } => drop(blobs.insert(blob, text)),
            Record::Case(case) => cases.push(*case),
        }
    }
    (blobs, cases)
}

fn score(case: &Case, blobs: &HashMap<String, String>) -> Score {
    let with = |mut files: Files, changes: &Blobs| {
        for (path, blob) in changes {
            match blob {
                Some(blob) => drop(files.insert(path.clone(), blobs[blob].clone())),
                None => drop(files.remove(path)),
            }
        }
        files
    };
    let current = with(Files::new(), &case.workspace);
    let base = with(current.clone(), case.base.as_ref().unwrap_or(&Blobs::new()));
    match patch::apply(&case.output, &base, &current) {
        Err(_) => match &case.expect {
            Expect::Refuse => Score::RefusedAsItShould,
            Expect::Apply { refuse_ok: true, .. } => Score::Tolerated,
            Expect::Apply { .. } => Score::FalseRefusal,
        },
        Ok(intended) => {
            let mut got = current.clone();
            for (path, text) in intended.files {
                match text {
                    Some(text) => drop(got.insert(path, text)),
                    None => drop(got.remove(&path)),
                }
            }
            match &case.expect {
                Expect::Apply { files, accept, .. }
                    if [files].into_iter().chain(accept).any(|files| with(current.clone(), files) == got) =>
                {
                    Score::Exact
                }
                _ if got == current => Score::Nothing,
                _ => Score::Misapplied,
            }
        }
    }
}

#[test]
fn no_reply_is_misapplied_and_few_are_refused_in_vain() {
    let (blobs, cases) = corpus();
    assert_eq!(cases.len(), 1491);
    let mut counts: HashMap<Score, usize> = HashMap::new();
    let mut wrong = Vec::new();
    for case in &cases {
        let score = score(case, &blobs);
        *counts.entry(score).or_default() += 1;
        if matches!(score, Score::FalseRefusal | Score::Nothing | Score::Misapplied) {
            wrong.push(format!("{} ({}): {score:?}", case.id, case.cls));
        }
    }
    let count = |score| counts.get(&score).copied().unwrap_or(0);
    let must_refuse = cases.iter().filter(|case| matches!(case.expect, Expect::Refuse)).count();
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
    let (blobs, cases) = corpus();
    let mut checked = 0;
    for case in cases
        .iter()
        .filter(|case| !case.cls.starts_with("st_re") && SOLVED.iter().any(|kind| case.cls.contains(kind)))
    {
        let score = score(case, &blobs);
        assert!(
            matches!(score, Score::Exact | Score::RefusedAsItShould),
            "{} ({}): {score:?}",
            case.id,
            case.cls
        );
        checked += 1;
    }
    assert!(checked > 500, "only {checked} cases of these kinds");
}
