//! What must hold of the patch engine for any input: one function per target, each taking text. `scripts/fuzz` runs them
//! under libFuzzer, `shared/tests/fuzz.rs` in every test run. Inputs of several texts are parted by [`PART`], so that
//! seeds can be read and written by hand.

use std::collections::BTreeSet;
use tidemark_shared::change::FileMode;
use tidemark_shared::patch::reply::{self, Act, FileEdit, Format, Line, LineKind, ReplyHunk};
use tidemark_shared::patch::{self, Files, Merge, Side, apply, file_change, select};
use tidemark_shared::{Hash, RelPath};

/// Takes one input; panics where a promise is broken.
pub type Target = fn(&str);

/// Every target by its name.
pub const TARGETS: &[(&str, Target)] = &[
    ("begin_patch", begin_patch),
    ("locate", locate),
    ("merge", merge),
    ("reply", reply),
    ("search_replace", search_replace),
    ("str_replace", str_replace),
    ("unified", unified),
    ("whole", whole),
];

/// The line between two texts of one input.
pub const PART: &str = "\n%%%%\n";

const FILE: &str = "src/app.ts";

/// `reply` as a unified diff, whatever it is.
pub fn unified(reply: &str) {
    reader(Format::Unified, reply);
}

/// `reply` as SEARCH/REPLACE blocks.
pub fn search_replace(reply: &str) {
    reader(Format::SearchReplace, reply);
}

/// `reply` in the `*** Begin Patch` format.
pub fn begin_patch(reply: &str) {
    reader(Format::BeginPatch, reply);
}

/// `reply` as whole files.
pub fn whole(reply: &str) {
    reader(Format::Whole, reply);
}

/// A reader makes no text up: what it hands on is bounded by what it was given.
fn reader(format: Format, reply: &str) {
    if let Ok(edits) = reply::read_as(format, reply) {
        assert!(!edits.is_empty(), "an edit that is none");
        let read: usize = edits.iter().map(size).sum();
        // A hunk may be kept in two readings.
        assert!(read <= 2 * reply.len(), "{read} bytes were read of {}", reply.len());
    }
}

fn size(edit: &FileEdit) -> usize {
    let of = |lines: &[Line]| lines.iter().map(|line| line.text.len()).sum::<usize>();
    let hunk = |hunk: &ReplyHunk| of(&hunk.lines) + hunk.other_reading.as_deref().map_or(0, of);
    match &edit.act {
        Act::Edit { hunks, .. } => hunks.iter().map(hunk).sum(),
        Act::Create { lines, .. } | Act::Delete { expected: lines } | Act::Whole { lines } => {
            lines.iter().map(String::len).sum()
        }
        Act::Replace { old, new } => old.len() + new.len(),
    }
}

/// A whole reply, envelope and all, on a small project: bounded, and only inside the project.
pub fn reply(reply: &str) {
    let known = ["src/app.ts", "README.md"];
    let files: Files = known.iter().map(|path| ((*path).into(), "one\ntwo\nthree\n".into())).collect();
    if let Ok(intended) = apply(reply, &files, &files) {
        for (path, text) in &intended.files {
            assert!(RelPath::parse(path).is_ok(), "{path:?} leaves the project");
            let limit = 100 + 3 * reply.len();
            assert!(text.as_ref().is_none_or(|text| text.len() <= limit), "{path} grew past {limit}");
        }
    }
}

/// A file, the text to replace and its replacement: where that text stands once, exactly that is replaced.
pub fn str_replace(input: &str) {
    let [file, old, new] = parts(input);
    let call = serde_json::json!({"path": FILE, "old_str": old, "new_str": new}).to_string();
    let files = Files::from([(FILE.into(), file.into())]);
    let applied = apply(&call, &files, &files);
    let plain = [file, old, new].iter().all(|text| !text.contains('\r'));
    if plain && !old.trim().is_empty() && starts_of(file, old) == 1 {
        let intended = applied.expect("text that stands once is found");
        assert_eq!(intended.files[FILE].as_deref(), Some(file.replacen(old, new, 1).as_str()));
    } else if let Ok(intended) = applied {
        let grown = intended.files[FILE].as_ref().map_or(0, String::len);
        assert!(grown <= 2 * (file.len() + new.len()) + input.len() * 9, "{grown} bytes of {}", input.len());
    }
}

/// How often `part` starts in `text`, overlaps counted.
fn starts_of(text: &str, part: &str) -> usize {
    text.char_indices().filter(|(at, _)| text[*at..].starts_with(part)).count()
}

/// A file and the body of a diff: what is applied deletes and inserts as many lines as the diff says, and no other line
/// of the file is lost.
pub fn locate(input: &str) {
    let [file, body, _] = parts(input);
    let reply = format!("--- a/{FILE}\n+++ b/{FILE}\n{body}");
    let Ok(edits) = reply::read_as(Format::Unified, &reply) else { return };
    let [FileEdit { path: Some(path), act: Act::Edit { hunks, move_to: None }, .. }] = &edits[..] else {
        return;
    };
    if path != &format!("b/{FILE}") || Format::of(&reply) != Format::Unified {
        return;
    }
    let files = Files::from([(FILE.into(), file.into())]);
    let Ok(intended) = apply(&reply, &files, &files) else { return };
    let Some(Some(text)) = intended.files.get(FILE) else { panic!("the edited file is gone") };
    let count = |kind: LineKind| hunks.iter().flat_map(|hunk| &hunk.lines).filter(|l| l.kind == kind).count();
    let (lost, won) = (count(LineKind::Delete), count(LineKind::Insert));
    let (before, after) = (file.lines().count(), text.lines().count());
    // At the end of the file an empty line and a final newline are the same bytes.
    assert!((before + won).abs_diff(after + lost) <= 1, "{before} - {lost} + {won} lines became {after}");
    let kept: BTreeSet<&str> = text.lines().collect();
    let gone: BTreeSet<&str> = file.lines().filter(|line| !line.is_empty() && !kept.contains(line)).collect();
    assert!(gone.len() <= lost, "of {lost} lines to delete these are gone: {gone:?}\n{input}\n{text}");
}

/// A base, a file that moved on and a proposal: the laws of merging, and of choosing hunks; and a rendered diff, read back,
/// makes the same file or is refused.
pub fn merge(input: &str) {
    let [base, current, proposed] = parts(input);
    let result = |base, current: &str, proposed| match patch::merge(base, current, proposed) {
        Merge::AlreadyThere => Some(current.to_owned()),
        Merge::Straight(text) | Merge::Merged(text) => Some(text),
        Merge::Conflict(regions) => {
            assert!(!regions.is_empty(), "a conflict without a place");
            None
        }
        Merge::TooLarge => None,
    };
    assert_eq!(
        result(base, base, proposed).as_deref(),
        Some(proposed),
        "an untouched file takes the proposal"
    );
    assert_eq!(result(base, current, base).as_deref(), Some(current), "no proposal leaves the file");
    assert_eq!(result(base, current, current).as_deref(), Some(current), "the same change twice is one");
    if let Some(merged) = result(base, current, proposed) {
        assert!(
            merged.len() <= 2 * (base.len() + current.len() + proposed.len()),
            "a merge makes no text up"
        );
        if [base, current, proposed].iter().all(|text| !text.contains('\r')) {
            assert_eq!(result(base, proposed, current).as_ref(), Some(&merged), "the sides may be swapped");
        }
    }
    choosing_and_rendering(base, proposed);
}

fn choosing_and_rendering(base: &str, proposed: &str) {
    let path = RelPath::parse(FILE).expect("a plain path");
    let (old_hash, new_hash) = (Hash::of(base.as_bytes()), Hash::of(proposed.as_bytes()));
    let old = Side { path: &path, bytes: base.as_bytes(), hash: &old_hash, mode: FileMode::Plain };
    let new = Side { path: &path, bytes: proposed.as_bytes(), hash: &new_hash, mode: FileMode::Plain };
    let Some(change) = file_change(Some(old), Some(new), 100_000) else {
        assert_eq!(base, proposed, "a change that is none");
        return;
    };
    if change.binary || change.hunks.iter().any(|hunk| hunk.act.is_some()) {
        return;
    }
    let every: Vec<_> = change.hunks.iter().collect();
    assert_eq!(select(base, proposed, &[]).as_deref(), Ok(base), "nothing chosen is the base");
    assert_eq!(select(base, proposed, &every).as_deref(), Ok(proposed), "everything chosen is the proposal");
    // A reply's line ends say nothing: lines take the file's.
    if base.contains('\r') || proposed.contains('\r') {
        return;
    }
    let files = Files::from([(FILE.into(), base.into())]);
    if let Ok(intended) = apply(&change.patch, &files, &files) {
        assert_eq!(
            intended.files[FILE].as_deref(),
            Some(proposed),
            "a rendered diff, read back:\n{}",
            change.patch
        );
    }
}

/// The first three parts of an input; those that are missing are empty.
fn parts(input: &str) -> [&str; 3] {
    let mut parts = input.splitn(3, PART);
    [(); 3].map(|()| parts.next().unwrap_or_default())
}
