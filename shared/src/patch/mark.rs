//! Carries how an agent's edits were placed over to the hunks that a person reviews.
//!
//! The two are not the same: a change set is the difference of copy and snapshot, after many edits. A hunk is known to be
//! of an edit by the lines that the edit put in or took out.

use super::intend::Placement;
use crate::{FileChange, Found, Hunk};

/// Marks every hunk that has lines of an edit that was not found exactly.
pub fn mark(changes: &mut [FileChange], placements: &[Placement]) {
    for placement in placements.iter().filter(|placement| looseness(placement.found) > 0) {
        let of_its_file = |change: &&mut FileChange| {
            let names = [Some(&change.path), change.old_path.as_ref()];
            names.into_iter().flatten().any(|name| name.as_str() == placement.path)
        };
        for hunk in changes.iter_mut().filter(of_its_file).flat_map(|change| &mut change.hunks) {
            if has_lines_of(hunk, placement) && looseness(hunk.found) < looseness(placement.found) {
                hunk.found = placement.found;
            }
        }
    }
}

fn has_lines_of(hunk: &Hunk, placement: &Placement) -> bool {
    let changed = hunk.lines.iter().filter(|line| line.starts_with(['+', '-']));
    let mut texts = changed.map(|line| line[1..].trim()).filter(|text| !text.is_empty());
    texts.any(|text| placement.touched.iter().any(|line| line.trim() == text))
}

/// How much a person should look twice.
const fn looseness(found: Found) -> u8 {
    match found {
        Found::Exact | Found::NewFile | Found::Merged => 0,
        Found::Whitespace => 1,
        Found::Indentation => 2,
        Found::Moved => 3,
        Found::Aligned => 4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::change::FileMode;
    use crate::patch::{Files, Side, file_change, place, reply};
    use crate::{Hash, RelPath};

    #[test]
    fn a_hunk_says_how_the_edit_that_made_it_was_found() {
        let before = "fn a() {\n    one();\n}\n\nfn gap() {}\n\n\n\n\n\nfn b() {\n    two(); \n}\n";
        let files = Files::from([("a.rs".to_owned(), before.to_owned())]);
        let replace = |old: &str, new: &str| reply::FileEdit {
            path: Some("a.rs".into()),
            other_path: None,
            act: reply::Act::Replace { old: old.into(), new: new.into() },
        };
        let edits = [
            replace("    one();\n", "    uno();\n"),
            replace("fn b() {\n    two();\n}", "fn b() {\n    dos();\n}"),
        ];
        let intended = place(&edits, &files, &files).unwrap();
        let after = intended.files["a.rs"].clone().unwrap();
        let path = RelPath::parse("a.rs").unwrap();
        let hash = Hash::of(before.as_bytes());
        let side = |text: &'static str| Side {
            path: &path,
            bytes: text.as_bytes(),
            hash: &hash,
            mode: FileMode::Plain,
        };
        let after: &'static str = after.leak();
        let mut changes = vec![file_change(Some(side(before)), Some(side(after)), 1_000).unwrap()];
        mark(&mut changes, &intended.hunks);
        let found: Vec<Found> = changes[0].hunks.iter().map(|hunk| hunk.found).collect();
        assert_eq!(found, [Found::Exact, Found::Whitespace]);
    }
}
