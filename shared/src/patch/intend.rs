//! From a reply to files: each hunk located on the snapshot that the model saw, the intended file built on it, merged
//! three-way into the file as it is now. Everything in memory; any refusal refuses the whole reply.
//!
//! Context always comes from the file, never from the reply; inserted lines take the file's indentation by a provable map
//! and its line ends.

use super::budget::Budget;
use super::build::{Applied, Block, apply_hunks, apply_pair};
use super::diff::MAX_LINES;
use super::merge::{Merge, merge, merge_work};
use super::refusal::{Refusal, RefusalCode};
use super::reply::{self, Act, FileEdit, LineKind};
use super::text::Lines;
use super::{moved, paths, piece, splice};
use crate::Found;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashSet};

/// Texts by path.
pub type Files = BTreeMap<String, String>;

/// The largest file that a reply may change, in bytes; it may have [`MAX_LINES`].
pub const MAX_FILE: usize = 16 << 20;

/// What a reply makes of the files: only those that change; nothing means deleted.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Intended {
    pub files: BTreeMap<String, Option<String>>,
    pub hunks: Vec<Placement>,
}

/// How one hunk was placed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Placement {
    pub path: String,
    /// The hunk within its file, from 1.
    pub hunk: usize,
    /// First line in the snapshot, from 1; 0 for a new file.
    pub line: usize,
    pub found: Found,
    /// The lines that it puts in or takes out, by which it is known again in a later diff.
    pub touched: Vec<String>,
}

/// Reads `reply` and applies it. `base` is what the model saw, `current` what the files hold now.
pub fn apply(reply: &str, base: &Files, current: &Files) -> Result<Intended, Refusal> {
    place(&reply::read(reply)?, base, current)
}

/// Applies edits that are read already, all or none.
pub fn place(edits: &[FileEdit], base: &Files, current: &Files) -> Result<Intended, Refusal> {
    let mut work = Work {
        base,
        current,
        names: current.keys().map(|path| path.to_lowercase()).collect(),
        proposed: BTreeMap::new(),
        intended: Intended::default(),
        budget: Budget::new(),
    };
    for edit in edits {
        work.edit(edit)?;
    }
    Ok(work.intended)
}

struct Work<'a> {
    base: &'a Files,
    current: &'a Files,
    /// Every name that is taken, in small letters: not every disk tells names apart by case.
    names: HashSet<String>,
    /// The snapshot's files with the edits so far: a reply may change a file more than once.
    proposed: Files,
    intended: Intended,
    budget: Budget,
}

impl Work<'_> {
    fn edit(&mut self, edit: &FileEdit) -> Result<(), Refusal> {
        self.budget.spend(self.current.len())?;
        if let Act::Create { lines, final_newline } = &edit.act {
            return self.create(edit, lines, *final_newline);
        }
        let path = self.resolve(edit)?;
        match &edit.act {
            Act::Create { .. } => Ok(()),
            Act::Delete { expected } => self.delete(&path, expected),
            Act::Whole { lines } => {
                let before = self.snapshot(&path)?;
                let text =
                    splice::whole(&before, lines, &self.budget).map_err(|refusal| refusal.in_file(&path))?;
                self.propose(&path, text, &[], None)
            }
            Act::Replace { old, new } => self.replace(&path, old, new),
            Act::Edit { hunks, move_to } => {
                if hunks.is_empty() && move_to.is_none() {
                    return Err(Refusal::new(RefusalCode::Malformed, "the edit has no lines").in_file(&path));
                }
                let changes =
                    hunks.iter().flat_map(|hunk| &hunk.lines).any(|line| line.kind != LineKind::Context);
                if !changes && move_to.is_none() {
                    let why = "the edit changes nothing: it has no line to insert or delete";
                    return Err(Refusal::new(RefusalCode::Malformed, why).in_file(&path));
                }
                let before = self.snapshot(&path)?;
                let placed =
                    apply_hunks(&before, hunks, &self.budget).map_err(|refusal| refusal.in_file(&path))?;
                self.note(&path, &placed);
                self.propose(&path, placed.text, &placed.blocks, move_to.as_deref())
            }
        }
    }

    fn resolve(&self, edit: &FileEdit) -> Result<String, Refusal> {
        let known = self.current;
        let first = paths::resolve(edit.path.as_deref(), known);
        match (first, &edit.other_path) {
            (Err(_), Some(other)) => paths::resolve(Some(other), known),
            (first, _) => first,
        }
    }

    /// What the model saw, with the edits so far.
    fn snapshot(&self, path: &str) -> Result<String, Refusal> {
        let Some(text) = self.proposed.get(path).or_else(|| self.base.get(path)) else {
            let why = format!("{path} is newer than what the reply was written for");
            return Err(Refusal::new(RefusalCode::WouldOverwrite, why).in_file(path));
        };
        if text.len() > MAX_FILE || text.bytes().filter(|b| *b == b'\n').count() > MAX_LINES {
            let why = format!("{path} is too large to be changed by a reply");
            return Err(Refusal::new(RefusalCode::Malformed, why).in_file(path));
        }
        self.budget.spend(text.len())?;
        Ok(text.clone())
    }

    fn create(&mut self, edit: &FileEdit, lines: &[String], final_newline: bool) -> Result<(), Refusal> {
        let Some(written) = &edit.path else {
            return Err(Refusal::new(RefusalCode::BadPath, "the new file has no name"));
        };
        let path = paths::new_path(written)?;
        if !self.names.insert(path.to_lowercase()) || paths::resolve(Some(written), self.current).is_ok() {
            let why = format!("{path} exists: change it instead of creating it");
            return Err(Refusal::new(RefusalCode::WouldOverwrite, why).in_file(&path));
        }
        let mut text = lines.join("\n");
        if final_newline && !text.is_empty() {
            text.push('\n');
        }
        self.placed(&path, 1, 0, Found::NewFile, lines.to_vec());
        self.proposed.insert(path.clone(), text.clone());
        self.intended.files.insert(path, Some(text));
        Ok(())
    }

    fn delete(&mut self, path: &str, expected: &[String]) -> Result<(), Refusal> {
        let now = self.current.get(path).map(String::as_str).unwrap_or_default();
        let lines = Lines::of(now);
        let same = expected.is_empty()
            || lines.texts.iter().map(|line| line.trim_end()).eq(expected.iter().map(|line| line.trim_end()));
        if self.base.get(path).is_none_or(|base| base != now) || !same {
            let why = format!("{path} is not what the reply believes it is, so it is not deleted");
            return Err(Refusal::new(RefusalCode::WouldOverwrite, why).in_file(path));
        }
        self.intended.files.insert(path.into(), None);
        Ok(())
    }

    /// One piece of text for another: exactly once in the file, or found line by line as any hunk.
    fn replace(&mut self, path: &str, old: &str, new: &str) -> Result<(), Refusal> {
        let before = self.snapshot(path)?;
        let lines = Lines::of(&before);
        let lf = lines.lf();
        let starts = if old.trim().is_empty() { Vec::new() } else { piece::starts(&lf, old) };
        match starts.as_slice() {
            [start] => {
                let line = piece::line_at(&lf, *start);
                let text = [&lf[..*start], new, &lf[start + old.len()..]].concat();
                let text = lines.restore_line_ends(&text);
                self.placed(path, 1, line, Found::Exact, Vec::new());
                self.propose(path, text, &[], None)
            }
            [] => {
                let (old, new) = unescaped(old, new, &lf);
                if old.trim().is_empty() {
                    let why = "there is no text to look for";
                    return Err(Refusal::new(RefusalCode::NoMatch, why).in_file(path));
                }
                let placed =
                    apply_pair(&before, &old, &new, &self.budget).map_err(|refusal| refusal.in_file(path))?;
                self.note(path, &placed);
                self.propose(path, placed.text, &placed.blocks, None)
            }
            several => {
                let lines = several.iter().map(|start| format!("line {}", piece::line_at(&lf, *start)));
                let why = "this text stands in several places; add more lines around it";
                Err(Refusal::new(RefusalCode::Ambiguous, why).in_file(path).among(lines))
            }
        }
    }

    fn note(&mut self, path: &str, applied: &Applied) {
        for ((hunk, line, found), block) in applied.places.iter().zip(&applied.blocks) {
            self.placed(path, *hunk, *line, *found, block.touched());
        }
    }

    fn placed(&mut self, path: &str, hunk: usize, line: usize, found: Found, touched: Vec<String>) {
        self.intended.hunks.push(Placement { path: path.into(), hunk, line, found, touched });
    }

    /// Merges what the reply makes of `path` into the file as it is now. Where that meets the person's edits, the changed
    /// blocks are followed if they were only moved.
    fn propose(
        &mut self,
        path: &str,
        text: String,
        blocks: &[Block],
        move_to: Option<&str>,
    ) -> Result<(), Refusal> {
        let now = self.current.get(path).cloned().unwrap_or_default();
        let base = self.base.get(path).unwrap_or(&now);
        if *base != now {
            self.budget.spend(merge_work(base, &now, &text))?;
        }
        let merged = match merge(base, &now, &text) {
            Merge::AlreadyThere => now,
            Merge::Straight(text) | Merge::Merged(text) => text,
            Merge::Conflict(regions) => match moved::follow(base, &now, blocks, &self.budget)? {
                Some(text) => {
                    let of_this_file = |hunk: &&mut Placement| hunk.path == path;
                    self.intended
                        .hunks
                        .iter_mut()
                        .filter(of_this_file)
                        .for_each(|hunk| hunk.found = Found::Moved);
                    text
                }
                None => {
                    let line = regions.first().map_or(1, |region| region.current_line);
                    let why = format!("you changed the same lines of {path}, around line {line}");
                    return Err(Refusal::new(RefusalCode::Conflict, why).in_file(path));
                }
            },
            Merge::TooLarge => {
                let why = format!("{path} is too large to merge with your own edits");
                return Err(Refusal::new(RefusalCode::Malformed, why).in_file(path));
            }
        };
        match move_to {
            None => drop(self.intended.files.insert(path.into(), Some(merged))),
            Some(to) => {
                let to = paths::new_path(to)?;
                if !self.names.insert(to.to_lowercase()) {
                    let why = format!("{to} exists: moving {path} there would overwrite it");
                    return Err(Refusal::new(RefusalCode::WouldOverwrite, why).in_file(path));
                }
                self.intended.files.insert(path.into(), None);
                self.intended.files.insert(to, Some(merged));
            }
        }
        self.proposed.insert(path.into(), text);
        Ok(())
    }
}

/// `\n` written as two characters, undone only when the text is not in the file as it stands.
fn unescaped(old: &str, new: &str, file: &str) -> (String, String) {
    if !old.contains('\n') && old.contains("\\n") && !file.contains(old) {
        let plain = |text: &str| serde_json::from_str::<String>(&format!("\"{text}\"")).ok();
        if let (Some(old), Some(new)) = (plain(old), plain(new)) {
            return (old, new);
        }
    }
    (old.into(), new.into())
}
