//! Unified diffs: in fences, a file is certain when the next one begins. Without a fence, only the end tells whether a
//! fenced diff takes its place.

use super::super::unified::{closes, fence, is_of_diff, read_bare};
use super::super::{Act, clean_path};
use super::{Told, without_side};

#[derive(Default)]
pub(super) struct Unified {
    fence: Option<Fence>,
    /// The lines in fences of the file that is not certain yet.
    file: Vec<String>,
    /// Whether that file has its `---` and `+++`.
    is_named: bool,
    /// The lines so far do not say where the next file begins.
    is_over: bool,
    /// The file whose lines are counted.
    path: Option<String>,
    /// The old name, while the line after it is to be the new one.
    old: Option<String>,
}

struct Fence {
    mark: String,
    /// Lines of a fence that may turn out to hold no diff.
    held: Vec<usize>,
    is_diff: bool,
}

impl Unified {
    pub(super) fn line(&mut self, lines: &[String], at: usize, told: &mut Told) {
        let line = &lines[at];
        match &mut self.fence {
            Some(open) if closes(line, &open.mark) => {
                self.fence = None;
                self.leave(told);
            }
            Some(open) => {
                open.held.push(at);
                open.is_diff |= is_of_diff(line);
                if open.is_diff {
                    for at in std::mem::take(&mut open.held) {
                        self.inside(lines, at, told);
                    }
                }
            }
            None => match fence(line) {
                Some(mark) => {
                    self.fence = Some(Fence { mark: mark.to_owned(), held: Vec::new(), is_diff: false })
                }
                None => self.count(lines, at, told),
            },
        }
    }

    fn inside(&mut self, lines: &[String], at: usize, told: &mut Told) {
        let (line, next) = (&lines[at], lines.get(at + 1).map_or("", String::as_str));
        told.work += line.len();
        let is_header = line.starts_with("--- ") && next.starts_with("+++ ");
        let is_git = line.starts_with("diff --git");
        if is_git || (is_header && self.is_named) {
            self.seal(told);
            self.is_named = false;
        }
        // A hunk in a header without names may belong to the file before.
        self.is_over |= line.starts_with("@@") && !self.is_named;
        self.is_named |= is_header;
        self.file.push(line.clone());
        self.count(lines, at, told);
    }

    fn seal(&mut self, told: &mut Told) {
        let lines: Vec<&str> = self.file.iter().map(String::as_str).collect();
        told.work += lines.iter().map(|line| line.len()).sum::<usize>();
        let read = read_bare(&lines);
        // Such a file may yet get the hunks that follow.
        self.is_over |=
            read.iter().any(|edit| matches!(&edit.act, Act::Edit { hunks, .. } if hunks.is_empty()));
        if !self.is_over {
            told.edits.extend(read);
        }
        self.file.clear();
    }

    fn count(&mut self, lines: &[String], at: usize, told: &mut Told) {
        let (line, next) = (&lines[at], lines.get(at + 1).map_or("", String::as_str));
        if let (Some(old), true) = (line.strip_prefix("--- "), next.starts_with("+++ ")) {
            self.leave(told);
            self.old = Some(clean_path(old));
        } else if let (Some(old), Some(new)) = (self.old.take(), line.strip_prefix("+++ ")) {
            let new = clean_path(new);
            let path = without_side(if new == "/dev/null" { &old } else { &new });
            told.file(path).open = true;
            self.path = Some(path.to_owned());
        } else if line.starts_with("diff --git") {
            self.leave(told);
        } else if let Some(path) = &self.path {
            let file = told.file(path);
            file.added += usize::from(line.starts_with('+'));
            file.removed += usize::from(line.starts_with('-'));
        }
    }

    fn leave(&mut self, told: &mut Told) {
        if let Some(path) = self.path.take() {
            told.file(&path).open = false;
        }
    }
}
