//! Changes of a text, and the `edit_file` calls that make them: one call for each place, with as much around it as makes
//! the place the only one.

use serde_json::{Value, json};
use similar::{DiffOp, TextDiff};

/// A file that is being changed.
#[derive(Debug, Clone)]
pub(super) struct Draft {
    pub(super) path: String,
    /// Absent when the file is new.
    old: Option<String>,
    pub(super) text: String,
    /// One sentence for the person.
    pub(super) why: String,
}

/// A place that was looked for is not there: the person has changed it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Missing {
    pub(super) path: String,
    pub(super) what: String,
}

impl Draft {
    pub(super) fn new(path: &str, text: &str, why: &str) -> Self {
        Self { path: path.into(), old: None, text: text.into(), why: why.into() }
    }
    pub(super) fn of(path: &str, old: &str, why: &str) -> Self {
        Self { path: path.into(), old: Some(old.into()), text: old.into(), why: why.into() }
    }

    fn missing(&self, what: &str) -> Missing {
        let what = what.trim().lines().next().unwrap_or_default();
        Missing { path: self.path.clone(), what: what.into() }
    }
    /// The first one only.
    pub(super) fn replace(&mut self, from: &str, to: &str) -> Result<(), Missing> {
        if !self.text.contains(from) {
            return Err(self.missing(from));
        }
        self.text = self.text.replacen(from, to, 1);
        Ok(())
    }
    /// Whole lines after the first line that contains `place`.
    pub(super) fn after(&mut self, place: &str, lines: &str) -> Result<(), Missing> {
        let at = self.text.find(place).ok_or_else(|| self.missing(place))?;
        let end = self.text[at..].find('\n').map_or(self.text.len(), |line| at + line + 1);
        self.text.insert_str(end, lines);
        Ok(())
    }
    /// Whole lines before the first line that contains `place`.
    pub(super) fn before(&mut self, place: &str, lines: &str) -> Result<(), Missing> {
        let at = self.text.find(place).ok_or_else(|| self.missing(place))?;
        let start = self.text[..at].rfind('\n').map_or(0, |line| line + 1);
        self.text.insert_str(start, lines);
        Ok(())
    }
    /// After the last import.
    pub(super) fn import(&mut self, line: &str) {
        let mut at = 0;
        let mut end = 0;
        for text in self.text.split_inclusive('\n') {
            end += text.len();
            if text.starts_with("import ") || text.starts_with("} from ") {
                at = end;
            }
        }
        self.text.insert_str(at, &format!("{line}\n"));
    }
    pub(super) fn append(&mut self, text: &str) {
        self.text.push_str(text);
    }
    pub(super) fn is_changed(&self) -> bool {
        self.old.as_deref() != Some(self.text.as_str())
    }

    /// The tool calls, each a tool's name and its input.
    pub(super) fn calls(&self) -> Vec<(&'static str, Value)> {
        let Some(old) = &self.old else {
            return vec![("create_file", json!({"path": self.path, "content": self.text}))];
        };
        edits(old, &self.text)
            .into_iter()
            .map(|(old, new)| ("edit_file", json!({"path": self.path, "old_text": old, "new_text": new})))
            .collect()
    }
}

/// Pairs of old and new lines that, one after the other, turn `old` into `new`. Each old text is in the file once.
fn edits(old: &str, new: &str) -> Vec<(String, String)> {
    let diff = TextDiff::from_lines(old, new);
    let (before, after): (Vec<&str>, Vec<&str>) =
        (old.split_inclusive('\n').collect(), new.split_inclusive('\n').collect());
    // The file as it is after the edits so far.
    let mut edits = Vec::new();
    let mut current: Vec<&str> = before.clone();
    for op in diff.ops() {
        let (from, to) = match op {
            DiffOp::Equal { .. } => continue,
            DiffOp::Delete { .. } | DiffOp::Insert { .. } | DiffOp::Replace { .. } => {
                (op.old_range(), op.new_range())
            }
        };
        // Everything before this place already is as in `new`.
        let start = to.start;
        let end = start + from.len();
        let (mut top, mut bottom) = (start, end);
        loop {
            let text = current[top..bottom].concat();
            // Lines that only go need a line that stays, or a blank one is left in their place.
            let anchored = !to.is_empty() || bottom - top > from.len();
            if anchored && !text.trim().is_empty() && is_once(&current.concat(), strip(&text).as_str()) {
                break;
            }
            if top == 0 && bottom == current.len() {
                break;
            }
            top = top.saturating_sub(1);
            bottom = (bottom + 1).min(current.len());
        }
        let replacement = [&current[top..start], &after[to.clone()], &current[end..bottom]].concat().concat();
        edits.push((strip(&current[top..bottom].concat()), strip(&replacement)));
        current.splice(start..end, after[to].iter().copied());
    }
    edits
}

/// Whether it is there once, counting places that overlap.
fn is_once(text: &str, part: &str) -> bool {
    let Some(first) = text.find(part) else { return false };
    let next = first + text[first..].chars().next().map_or(1, char::len_utf8);
    !text[next..].contains(part)
}

/// Without the last line end: the line stays a line.
fn strip(text: &str) -> String {
    text.strip_suffix('\n').unwrap_or(text).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn apply(old: &str, edits: &[(String, String)]) -> String {
        let mut text = old.to_owned();
        for (from, to) in edits {
            assert_eq!(text.matches(from.as_str()).count(), 1, "{from:?} is not once in {text:?}");
            text = text.replacen(from.as_str(), to, 1);
        }
        text
    }

    #[test]
    fn each_place_is_one_edit_with_enough_around_it() {
        let old = "a\n}\n\nb\n}\n\nc\n}\n";
        let new = "a\nx\n}\n\nb\n}\ny\n\nc\n}\nz\n";
        let edits = edits(old, new);
        assert_eq!((edits.len(), apply(old, &edits)), (3, new.to_owned()));
    }

    proptest! {
        #[test]
        fn edits_turn_the_old_text_into_the_new_one(
            old in prop::collection::vec("[a-f]{1,2}", 1..30),
            new in prop::collection::vec("[a-f]{1,2}", 1..30),
        ) {
            // Numbered, so that no line is a part of another.
            let text = |lines: &[String]| lines.iter().map(|line| format!("<{line}>\n")).collect::<String>();
            let (old, new) = (text(&old), text(&new));
            prop_assert_eq!(apply(&old, &edits(&old, &new)), new);
        }
    }
}
