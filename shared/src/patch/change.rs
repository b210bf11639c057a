//! Makes the [`FileChange`] of one file: its hunks, each with a stable id, and its unified diff.

use super::diff::{self, Change};
use super::form::{Text, decode, lines, without_end};
use super::render::{CONTEXT, render};
use super::words;
use crate::change::{Act, FileMode, FileStatus, Hunk, HunkReview, TextForm};
use crate::{FileChange, Found, Hash, HunkId, RelPath};

/// A file on one side of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Side<'a> {
    pub path: &'a RelPath,
    pub bytes: &'a [u8],
    pub hash: &'a Hash,
    pub mode: FileMode,
}

/// What changed from `base` to `new`, an absent side being a file that is not there. Nothing when nothing did.
///
/// `new` has the form of `base` already (see [`adopt_form`](super::adopt_form)). Text of up to `max_lines` lines on each
/// side is taken apart into hunks; all else is one [`Act::Replace`].
pub fn file_change(base: Option<Side<'_>>, new: Option<Side<'_>>, max_lines: usize) -> Option<FileChange> {
    let shown = new.or(base)?;
    let moved = base.filter(|base| new.is_some_and(|new| new.path != base.path));
    let maker = Maker { path: shown.path, base: base.map(|side| side.hash), max_lines };
    let (status, hunks) = match (base, new) {
        (None, None) => return None,
        (None, Some(new)) => (FileStatus::Added, vec![maker.whole(Act::Create, new)]),
        (Some(base), None) => (FileStatus::Deleted, vec![maker.whole(Act::Delete, base)]),
        (Some(base), Some(new)) => {
            let status = if moved.is_some() { FileStatus::Renamed } else { FileStatus::Modified };
            (status, maker.both(base, new))
        }
    };
    if hunks.is_empty() {
        return None;
    }
    let count = |sign| hunks.iter().flat_map(|h| &h.lines).filter(|line| line.starts_with(sign)).count();
    let counted = |sign| u32::try_from(count(sign)).unwrap_or(u32::MAX);
    let mode_changed = base.map(|side| side.mode) != new.map(|side| side.mode);
    Some(FileChange {
        path: shown.path.clone(),
        old_path: moved.map(|side| side.path.clone()),
        status,
        patch: render(base, new),
        base_hash: base.map(|side| side.hash.clone()),
        new_hash: new.map(|side| side.hash.clone()),
        binary: is_opaque(base, max_lines) || is_opaque(new, max_lines),
        text: decode(shown.bytes).map_or(TextForm::BINARY, |text| text.form),
        old_mode: base.filter(|_| mode_changed).map(|side| side.mode),
        new_mode: new.filter(|_| mode_changed).map(|side| side.mode),
        added_lines: counted('+'),
        removed_lines: counted('-'),
        hunks,
    })
}

/// Text that is shown by lines. A file of nothing but a BOM has none to show.
fn shown_text(side: Side<'_>, max_lines: usize) -> Option<Text> {
    let text = decode(side.bytes)?;
    let short = lines(&text.content).len() <= max_lines;
    (short && text.content.is_empty() == side.bytes.is_empty()).then_some(text)
}

fn is_opaque(side: Option<Side<'_>>, max_lines: usize) -> bool {
    side.is_some_and(|side| shown_text(side, max_lines).is_none())
}

/// Makes the hunks of one file.
struct Maker<'a> {
    path: &'a RelPath,
    base: Option<&'a Hash>,
    max_lines: usize,
}

impl Maker<'_> {
    /// A file that comes or goes: one hunk with all its lines.
    fn whole(&self, act: Act, side: Side<'_>) -> Hunk {
        let text = shown_text(side, self.max_lines);
        let all = text.as_ref().map(|text| lines(&text.content)).unwrap_or_default();
        let everything = 0..all.len();
        let mut hunk = match act {
            Act::Create => self.hunk(0..0, everything, signed('+', &all)),
            Act::Delete | Act::Rename | Act::Mode | Act::Replace => {
                self.hunk(everything, 0..0, signed('-', &all))
            }
        };
        if act == Act::Create {
            hunk.found = Found::NewFile;
        }
        self.as_act(hunk, act, side.hash.as_str())
    }

    fn both(&self, base: Side<'_>, new: Side<'_>) -> Vec<Hunk> {
        let mut hunks = Vec::new();
        if base.path != new.path {
            hunks.push(self.act(Act::Rename, &format!("{} → {}", base.path, new.path)));
        }
        if base.mode != new.mode {
            hunks.push(self.act(Act::Mode, &format!("{} → {}", base.mode.as_str(), new.mode.as_str())));
        }
        if base.bytes != new.bytes {
            match self.by_lines(base, new) {
                Some(changed) => hunks.extend(changed),
                None => hunks.push(self.act(Act::Replace, new.hash.as_str())),
            }
        }
        hunks
    }

    /// Nothing when the bytes are no text that can be taken apart, or differ in more than their lines.
    fn by_lines(&self, base: Side<'_>, new: Side<'_>) -> Option<Vec<Hunk>> {
        let (old, new) = (shown_text(base, self.max_lines)?, shown_text(new, self.max_lines)?);
        let in_one_form = old.form.encoding == new.form.encoding && old.form.bom == new.form.bom;
        if !in_one_form && !old.content.is_empty() {
            return None;
        }
        let (old_lines, new_lines) = (lines(&old.content), lines(&new.content));
        let changes = diff::join_near(&old_lines, diff::changes(&old_lines, &new_lines)?);
        Some(self.hunks(&old_lines, &new_lines, &changes))
    }

    /// One hunk per change, with the lines around it that no other hunk has.
    fn hunks(&self, old: &[&str], new: &[&str], changes: &[Change]) -> Vec<Hunk> {
        let mut taken = 0;
        let mut hunks = Vec::with_capacity(changes.len());
        for (index, change) in changes.iter().enumerate() {
            let next = changes.get(index + 1).map_or(old.len(), |next| next.old.start);
            let before = CONTEXT.min(change.old.start - taken);
            let after = CONTEXT.min(next - change.old.end);
            taken = change.old.end + after;
            let mut shown = signed(' ', &old[change.old.start - before..change.old.start]);
            shown.extend(inner(old, new, change));
            shown.extend(signed(' ', &old[change.old.end..taken]));
            let mut hunk = self.hunk(
                change.old.start - before..taken,
                change.new.start - before..change.new.end + after,
                shown,
            );
            hunk.section = diff::section(old, change.old.start - before).to_owned();
            let text: String =
                [&old[change.old.clone()].concat(), "\0", &new[change.new.clone()].concat()].concat();
            hunk.id = self.id(&format!("{}..{}", change.old.start, change.old.end), &text);
            hunks.push(hunk);
        }
        hunks
    }

    fn act(&self, act: Act, section: &str) -> Hunk {
        let mut hunk = self.hunk(0..0, 0..0, Vec::new());
        if act != Act::Replace {
            hunk.section = section.to_owned();
        }
        self.as_act(hunk, act, section)
    }

    fn as_act(&self, mut hunk: Hunk, act: Act, text: &str) -> Hunk {
        hunk.id = self.id(&format!("{act:?}"), text);
        hunk.act = Some(act);
        hunk
    }

    fn hunk(&self, old: std::ops::Range<usize>, new: std::ops::Range<usize>, shown: Vec<String>) -> Hunk {
        let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        let start = |range: &std::ops::Range<usize>| number(range.start + usize::from(!range.is_empty()));
        Hunk {
            id: HunkId(String::new()),
            old_start: start(&old),
            old_lines: number(old.len()),
            new_start: start(&new),
            new_lines: number(new.len()),
            section: String::new(),
            reworded: words::reworded(&shown),
            lines: shown,
            review: HunkReview::Pending,
            found: Found::Exact,
            act: None,
        }
    }

    fn id(&self, place: &str, text: &str) -> HunkId {
        let base = self.base.map_or("", Hash::as_str);
        let whole = format!("{}\0{base}\0{place}\0{text}", self.path);
        HunkId(Hash::of(whole.as_bytes()).as_str()[..16].to_owned())
    }
}

/// The lines of a change; where near changes were joined, the lines that both sides share are shown as unchanged.
fn inner(old: &[&str], new: &[&str], joined: &Change) -> Vec<String> {
    let (old, new) = (&old[joined.old.clone()], &new[joined.new.clone()]);
    let changes = diff::changes(old, new).unwrap_or_default();
    let mut shown = Vec::new();
    let mut at = 0;
    for change in changes {
        shown.extend(signed(' ', &old[at..change.old.start]));
        shown.extend(signed('-', &old[change.old.clone()]));
        shown.extend(signed('+', &new[change.new.clone()]));
        at = change.old.end;
    }
    shown.extend(signed(' ', &old[at..]));
    shown
}

fn signed(sign: char, lines: &[&str]) -> Vec<String> {
    lines.iter().map(|line| format!("{sign}{}", without_end(line))).collect()
}

/// The mode of a file that may be executable.
pub fn mode(executable: bool) -> FileMode {
    if executable { FileMode::Executable } else { FileMode::Plain }
}
