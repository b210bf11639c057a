//! What must hold of the patch engine for any texts: a change that is written down and read back is the same change in
//! every format, and merging keeps its laws.

#![expect(clippy::unwrap_used, reason = "a test stops at the first thing that is not as it should be")]

#[path = "corruptions/render.rs"]
#[expect(dead_code, reason = "what only the corruptions use")]
mod render;

use proptest::prelude::*;
use render::{Form, Hunk, Op, RIGHT, cut, render};
use tidemark_shared::change::FileMode;
use tidemark_shared::patch::reply::is_elision;
use tidemark_shared::patch::{Files, Merge, Side, apply, diff, file_change, merge};
use tidemark_shared::{Hash, RelPath};

const PATH: &str = "src/app.ts";

/// A few hundred in a test run, more by `TIDEMARK_LAWS=20000 cargo test --release --test laws`.
fn cases() -> u32 {
    std::env::var("TIDEMARK_LAWS").map_or(400, |cases| cases.parse().unwrap())
}

/// Lines as code has them: many that occur twice, blank ones, indentation, and what looks like another format's marks.
fn line() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "[a-e]{1,2}",
        3 => "( {2}|\t){0,2}(let|if|\\}) ?[a-e]{0,6};?",
        2 => Just(String::new()),
        1 => prop_oneof![
            Just("- item"), Just("+ item"), Just("@@ heading"), Just("--- a"), Just("+++ b"), Just("// ..."), Just("..."),
            Just("```"), Just("```ts"), Just("*** End Patch"), Just("*** Begin Patch"), Just("1: one"), Just("2: two"),
            Just("======="), Just(">>>>>>> REPLACE"), Just("<<<<<<< SEARCH"), Just("&lt;b&gt;"), Just("<b>"), Just("\\ No"),
            Just("say “so” – or"), Just("say \"so\" - or"), Just("diff --git a/x b/x"), Just("rename from x"),
        ].prop_map(String::from),
    ]
}

/// A text and what an edit makes of it.
fn edit() -> impl Strategy<Value = (Vec<String>, Vec<String>)> {
    let swap = (any::<prop::sample::Index>(), 0_usize..3, prop::collection::vec(line(), 0..3));
    (prop::collection::vec(line(), 0..24), prop::collection::vec(swap, 1..4)).prop_map(|(old, swaps)| {
        let mut new = old.clone();
        for (at, gone, come) in swaps {
            let at = at.index(new.len() + 1);
            new.splice(at..(at + gone).min(new.len()), come);
        }
        (old, new)
    })
}

fn joined(lines: &[String], eol: &str, final_newline: bool) -> String {
    let text = lines.join(eol);
    if final_newline && !lines.is_empty() { text + eol } else { text }
}

/// All of a file as one hunk.
fn ops(old: &[String], new: &[String]) -> Vec<Op> {
    let op = |sign: char, lines: &[String]| lines.iter().map(|l| (sign, l.clone())).collect::<Vec<_>>();
    let as_str = |lines: &[String]| lines.iter().map(|l| l.clone() + "\n").collect::<Vec<_>>();
    let (a, b) = (as_str(old), as_str(new));
    let (a, b): (Vec<&str>, Vec<&str>) =
        (a.iter().map(String::as_str).collect(), b.iter().map(String::as_str).collect());
    let (mut all, mut at) = (Vec::new(), 0);
    for change in diff::changes(&a, &b).unwrap() {
        all.extend(op(' ', &old[at..change.old.start]));
        all.extend(op('-', &old[change.old.clone()]));
        all.extend(op('+', &new[change.new.clone()]));
        at = change.old.end;
    }
    all.extend(op(' ', &old[at..]));
    all
}

/// Hunks with as much context as makes each the only one of its kind.
fn provable(old: &[String], ops: &[Op]) -> Vec<Hunk> {
    (3..=old.len() + 3)
        .map(|context| cut(ops, context))
        .find(|hunks| hunks.iter().all(|hunk| places(old, hunk) == 1))
        .unwrap_or_default()
}

fn places(file: &[String], hunk: &Hunk) -> usize {
    let old = hunk.before();
    if old.is_empty() { 0 } else { file.windows(old.len()).filter(|window| *window == old).count() }
}

/// Whether a line could be taken for a mark of a format, so that refusing the reply is right too.
fn is_mark(line: &str) -> bool {
    [
        "***", "<<<<<<<", "=======", ">>>>>>>", "```", "...", "// ...", "diff", "rename", "1: ", "2: ",
        "---", "@@",
    ]
    .iter()
    .any(|mark| line.trim_start().starts_with(mark))
}

fn patched(reply: &str, old: &str) -> Result<String, String> {
    let files = Files::from([(PATH.into(), old.into())]);
    let intended = apply(reply, &files, &files).map_err(|refusal| refusal.to_string())?;
    Ok(intended.files[PATH].clone().unwrap())
}

/// Applied as meant; where the text has marks of a format in it, a refusal is right too.
fn check(reply: &str, old: &str, new: &str, may_refuse: bool) -> Result<(), TestCaseError> {
    match patched(reply, old) {
        Ok(text) => prop_assert_eq!(text, new, "{}", reply),
        Err(refusal) => prop_assert!(may_refuse, "{refusal}\n{reply}"),
    }
    Ok(())
}

fn side<'a>(path: &'a RelPath, bytes: &'a str, hash: &'a Hash) -> Side<'a> {
    Side { path, bytes: bytes.as_bytes(), hash, mode: FileMode::Plain }
}

fn text_of(merged: Merge, current: &str) -> Option<String> {
    match merged {
        Merge::AlreadyThere => Some(current.into()),
        Merge::Straight(text) | Merge::Merged(text) => Some(text),
        Merge::Conflict(_) | Merge::TooLarge => None,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_products_own_diff_reads_back_as_the_same_change((old, new) in edit(), ends in any::<(bool, bool)>(), crlf in any::<bool>()) {
        let eol = if crlf { "\r\n" } else { "\n" };
        let (a, b) = (joined(&old, eol, ends.0), joined(&new, eol, ends.1));
        prop_assume!(a != b && !a.is_empty() && !b.is_empty());
        // A text of one line has no line end of its own to keep.
        prop_assume!(!crlf || a.matches(eol).count() * 2 > old.len());
        let path = RelPath::parse(PATH).unwrap();
        let (a_hash, b_hash) = (Hash::of(a.as_bytes()), Hash::of(b.as_bytes()));
        let change = file_change(Some(side(&path, &a, &a_hash)), Some(side(&path, &b, &b_hash)), 1000).unwrap();
        check(&change.patch, &a, &b, old.iter().chain(&new).any(|line| is_mark(line)))?;
    }

    #[test]
    fn a_change_reads_back_from_every_format((old, new) in edit(), form in prop::sample::select(&Form::ALL[..]), crlf in any::<bool>()) {
        prop_assume!(old != new && old.iter().any(|line| !line.trim().is_empty()) && !new.is_empty());
        let eol = if crlf { "\r\n" } else { "\n" };
        let (a, b) = (joined(&old, eol, true), joined(&new, eol, true));
        let ops = ops(&old, &new);
        // In a whole file such a line stands for code that was left out.
        prop_assume!(form != Form::Whole || !new.iter().any(|line| is_elision(line)));
        let hunks = match form {
            Form::Git | Form::Unified => cut(&ops, 3),
            Form::SearchReplace | Form::BeginPatch => provable(&old, &ops),
            Form::StrReplace => vec![Hunk { start: 0, ops }],
            Form::Whole => Vec::new(),
        };
        prop_assume!(form == Form::Whole || (!hunks.is_empty() && hunks.iter().all(|hunk| !hunk.before().join("").trim().is_empty())));
        let marks = old.iter().chain(&new).any(|line| is_mark(line));
        check(&render(form, PATH, &hunks, &RIGHT, &new), &a, &b, marks)?;
    }

    #[test]
    fn merging_with_what_did_not_change_is_the_other_side((a, b) in edit()) {
        let (a, b) = (joined(&a, "\n", true), joined(&b, "\n", true));
        prop_assert_eq!(text_of(merge(&a, &a, &b), &a).unwrap(), b.clone());
        prop_assert_eq!(text_of(merge(&a, &b, &a), &b).unwrap(), b.clone());
        prop_assert_eq!(text_of(merge(&a, &b, &b), &b).unwrap(), b);
    }

    #[test]
    fn edits_that_do_not_meet_come_together_in_any_order(
        first in edit(), second in edit(), lines in 3..6
    ) {
        let between: Vec<String> = (0..lines).map(|line| format!("line {line} between")).collect();
        let text = |first: &[String], second: &[String]| joined(&[first, &between, second].concat(), "\n", true);
        let base = text(&first.0, &second.0);
        let (ours, theirs) = (text(&first.1, &second.0), text(&first.0, &second.1));
        let both = text(&first.1, &second.1);
        prop_assert_eq!(text_of(merge(&base, &ours, &theirs), &ours), Some(both.clone()));
        prop_assert_eq!(text_of(merge(&base, &theirs, &ours), &theirs), Some(both));
    }

    /// Of lines that are all different: of several equal ones, nothing says whether the same or another was taken away.
    #[test]
    fn merging_again_changes_nothing(kept in any::<(u32, u32)>(), changed in any::<(u32, u32)>()) {
        let text = |kept: u32, changed: u32| -> String {
            let lines = (0..32).filter(|line| kept >> line & 1 == 1);
            lines.map(|line| if changed >> line & 1 == 1 { format!("new {line}\n") } else { format!("line {line}\n") }).collect()
        };
        let (base, ours, theirs) = (text(u32::MAX, 0), text(kept.0, changed.0), text(kept.1, changed.1));
        if let Some(merged) = text_of(merge(&base, &ours, &theirs), &ours) {
            prop_assert_eq!(text_of(merge(&base, &merged, &theirs), &merged), Some(merged.clone()));
            prop_assert_eq!(text_of(merge(&base, &merged, &ours), &merged), Some(merged));
        }
    }
}
