//! SEARCH/REPLACE: a block is certain when it is complete.

use super::super::search_replace::{is_end, is_start, path_above, read_block};
use super::super::{Act, FileEdit, LineKind};
use super::Told;
use std::collections::HashMap;

/// How many lines above a block may name its file.
const ABOVE: usize = 4;

#[derive(Default)]
pub(super) struct SearchReplace {
    path: Option<String>,
    /// Where the open block began.
    start: Option<usize>,
    /// The edit of each file that has one.
    edits: HashMap<Option<String>, usize>,
    /// A mark that is out of place: the reply will be refused.
    is_torn: bool,
}

impl SearchReplace {
    pub(super) fn line(&mut self, lines: &[String], at: usize, told: &mut Told) {
        let line = &lines[at];
        match self.start {
            _ if self.is_torn => {}
            None if is_end(line) => self.is_torn = true,
            None if is_start(line) => {
                let above: Vec<&str> =
                    lines[at.saturating_sub(ABOVE)..at].iter().map(String::as_str).collect();
                self.path = path_above(&above).or(self.path.take());
                self.start = Some(at);
                if let Some(path) = &self.path {
                    told.file(path).open = true;
                }
            }
            Some(_) if is_start(line) => self.is_torn = true,
            Some(start) if is_end(line) => {
                let block: Vec<&str> = lines[start..at].iter().map(String::as_str).collect();
                told.work += block.iter().map(|line| line.len()).sum::<usize>();
                self.start = None;
                self.read(&block, told);
            }
            None | Some(_) => {}
        }
    }

    fn read(&mut self, block: &[&str], told: &mut Told) {
        let mut read = Vec::new();
        if read_block(&mut read, &mut HashMap::new(), self.path.clone(), block).is_err() {
            self.is_torn = true;
            return;
        }
        for edit in read {
            if let Some(path) = &edit.path {
                let file = told.file(path);
                let (added, removed) = counts(&edit.act);
                file.added += added;
                file.removed += removed;
                file.open = false;
            }
            // Blocks of one file are one edit, as when the reply is read as a whole.
            let first = self.edits.get(&edit.path).map(|at| &mut told.edits[*at].act);
            match (first, edit.act) {
                (Some(Act::Edit { hunks, .. }), Act::Edit { hunks: more, .. }) => hunks.extend(more),
                (_, act) => {
                    if matches!(act, Act::Edit { .. }) {
                        self.edits.insert(edit.path.clone(), told.edits.len());
                    }
                    told.edits.push(FileEdit { act, ..edit });
                }
            }
        }
    }
}

fn counts(act: &Act) -> (usize, usize) {
    match act {
        Act::Edit { hunks, .. } => {
            let of =
                |kind| hunks.iter().flat_map(|hunk| &hunk.lines).filter(|line| line.kind == kind).count();
            (of(LineKind::Insert), of(LineKind::Delete))
        }
        Act::Create { lines, .. } => (lines.len(), 0),
        Act::Delete { .. } | Act::Whole { .. } | Act::Replace { .. } => (0, 0),
    }
}
