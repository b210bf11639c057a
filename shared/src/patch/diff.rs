//! Which lines changed, and which of the changes belong together for a person who decides about them.

use similar::{Algorithm, DiffOp, capture_diff_slices};
use std::ops::Range;

/// Lines of the old text that make way for lines of the new one. One of the two may be empty, never both.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    pub old: Range<usize>,
    pub new: Range<usize>,
}

/// Lines that may be compared on both sides together: past this, and past what [`MAX_WORK`] allows, a file is reviewed
/// as a whole. Keeps the worst case within a second.
pub const MAX_LINES: usize = 100_000;
/// The largest product of changed lines on both sides.
pub const MAX_WORK: usize = 100_000_000;

/// The changes from `old` to `new`, in order, at least one unchanged line between any two. Nothing when the texts are too
/// large to compare.
pub fn changes(old: &[&str], new: &[&str]) -> Option<Vec<Change>> {
    if old.len() + new.len() > MAX_LINES {
        return None;
    }
    if work(old, new) > MAX_WORK {
        return None;
    }
    let mut found: Vec<Change> = Vec::new();
    for op in capture_diff_slices(Algorithm::Histogram, old, new) {
        if matches!(op, DiffOp::Equal { .. }) {
            continue;
        }
        let (old, new) = (op.old_range(), op.new_range());
        match found.last_mut() {
            Some(last) if last.old.end == old.start && last.new.end == new.start => {
                last.old.end = old.end;
                last.new.end = new.end;
            }
            _ => found.push(Change { old, new }),
        }
    }
    Some(found)
}

/// The product of changed lines on both sides, once the common beginning and end are cut away.
pub(crate) fn work(old: &[&str], new: &[&str]) -> usize {
    let same_start = old.iter().zip(new).take_while(|(a, b)| a == b).count();
    let (old, new) = (&old[same_start..], &new[same_start..]);
    let same_end = old.iter().rev().zip(new.iter().rev()).take_while(|(a, b)| a == b).count();
    (old.len() - same_end).saturating_mul(new.len() - same_end)
}

/// Joins changes that only a line or two without a word (blank, a brace) keeps apart: they are one thought.
pub fn join_near(old: &[&str], changes: Vec<Change>) -> Vec<Change> {
    let mut joined: Vec<Change> = Vec::new();
    for change in changes {
        match joined.last_mut() {
            Some(last) if is_gap_small(&old[last.old.end..change.old.start]) => {
                last.old.end = change.old.end;
                last.new.end = change.new.end;
            }
            _ => joined.push(change),
        }
    }
    joined
}

fn is_gap_small(gap: &[&str]) -> bool {
    gap.len() <= 2 && gap.iter().all(|line| !line.chars().any(char::is_alphanumeric))
}

/// The nearest line before `line` that starts a definition, by git's rule: it begins with a letter, `_` or `$`. At most 80
/// bytes; empty when there is none.
pub fn section<'text>(old: &[&'text str], line: usize) -> &'text str {
    let starts = |line: &&str| line.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_' || c == '$');
    let found = old[..line.min(old.len())].iter().rev().take(2_000).copied().find(starts);
    let text = found.map_or("", |line| line.trim_end());
    let mut end = text.len().min(80);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text[..end].trim_end()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::patch::form::lines;
    use proptest::prelude::*;

    #[test]
    fn changes_that_only_a_brace_parts_are_one() {
        let old = lines("a\n}\nb\n\nword\nc\n");
        let new = lines("A\n}\nB\n\nword\nC\n");
        let found = join_near(&old, changes(&old, &new).unwrap());
        assert_eq!(found, [Change { old: 0..3, new: 0..3 }, Change { old: 5..6, new: 5..6 }]);
    }

    #[test]
    fn a_section_is_the_last_line_that_starts_with_a_letter() {
        let old = ["fn one() {\n", "    x\n", "}\n", "fn two() {\r\n", "    y\n"];
        assert_eq!(section(&old, 5), "fn two() {");
        assert_eq!(section(&old, 3), "fn one() {");
        assert_eq!(section(&old, 0), "");
    }

    #[test]
    fn texts_past_the_limit_are_not_compared() {
        let old = vec!["a\n"; MAX_LINES];
        assert!(changes(&old, &[]).is_some());
        assert!(changes(&old, &["a\n"]).is_none());
    }

    proptest! {
        #[test]
        fn replacing_every_change_gives_the_new_text(old in "[abc\n]{0,60}", new in "[abc\n]{0,60}") {
            let (old, new) = (lines(&old), lines(&new));
            let found = changes(&old, &new).unwrap();
            let mut built = Vec::new();
            let mut at = 0;
            for change in &found {
                built.extend_from_slice(&old[at..change.old.start]);
                built.extend_from_slice(&new[change.new.clone()]);
                at = change.old.end;
            }
            built.extend_from_slice(&old[at..]);
            prop_assert_eq!(built, new);
            prop_assert!(found.windows(2).all(|pair| pair[0].old.end < pair[1].old.start));
        }
    }
}
