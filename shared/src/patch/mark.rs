//! Carries how an agent's edits were placed over to the hunks that a person reviews.
//!
//! The two are not the same: a change set is the difference of copy and snapshot, after many edits. A hunk is known to be
//! of an edit by the lines that the edit put in or took out.

use super::intend::Placement;
use crate::{FileChange, Found};
use std::collections::HashMap;

/// Marks every hunk that has lines of an edit that was not found exactly.
pub fn mark(changes: &mut [FileChange], placements: &[Placement]) {
    let mut loosest: HashMap<(&str, &str), Found> = HashMap::new();
    for placement in placements.iter().filter(|placement| looseness(placement.found) > 0) {
        for line in &placement.touched {
            let found = loosest.entry((&placement.path, line.trim())).or_insert(placement.found);
            *found = looser(*found, placement.found);
        }
    }
    for change in changes {
        let names = [Some(&change.path), change.old_path.as_ref()];
        for hunk in &mut change.hunks {
            let changed = hunk.lines.iter().filter(|line| line.starts_with(['+', '-']));
            let texts = changed.map(|line| line[1..].trim()).filter(|text| !text.is_empty());
            for (name, text) in texts.flat_map(|text| names.iter().flatten().map(move |name| (name, text))) {
                if let Some(found) = loosest.get(&(name.as_str(), text)) {
                    hunk.found = looser(hunk.found, *found);
                }
            }
        }
    }
}

fn looser(one: Found, other: Found) -> Found {
    if looseness(one) < looseness(other) { other } else { one }
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
