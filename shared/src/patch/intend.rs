//! From a reply to files: each hunk located on the snapshot that the model saw, the intended file built on it, merged
//! three-way into the file as it is now. Everything in memory; any refusal refuses the whole reply.
//!
//! Context always comes from the file, never from the reply; inserted lines take the file's indentation by a provable map
//! and its line ends.

use super::budget::Budget;
use super::diff::MAX_LINES;
use super::locate::{Ground, IndentMap, Placed, indent_map, locate, reindent};
use super::merge::{Merge, merge, merge_work};
use super::refusal::{Refusal, RefusalCode};
use super::reply::{self, Act, FileEdit, Line, LineKind, ReplyHunk};
use super::text::Lines;
use super::{moved, paths, piece, splice};
use crate::Found;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashSet};
use std::ops::Range;

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

/// Replaces whole lines. Line ends that close both texts are no part of the change; where only the old text has one more, it
/// is a blank line that goes, or, where it has no other, carelessness.
fn apply_pair(before: &str, old: &str, new: &str, budget: &Budget) -> Result<Applied, Refusal> {
    let closing = |text: &str| text.len() - text.trim_end_matches('\n').len();
    let (old_ends, new_ends) = (closing(old), closing(new));
    let apply = |old: &str, new: &str| {
        let old: Vec<&str> = old.split('\n').collect();
        let new: Vec<&str> = if new.is_empty() { Vec::new() } else { new.split('\n').collect() };
        apply_hunks(before, &[reply::pair_hunk(&old, &new)?], budget)
    };
    let both = old_ends.min(new_ends);
    let as_written = apply(&old[..old.len() - both], &new[..new.len() - both]);
    match as_written {
        Err(refusal) if refusal.code == RefusalCode::NoMatch && (old_ends, new_ends) == (1, 0) => {
            apply(&old[..old.len() - 1], new)
        }
        other => other,
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

/// Lines `start..end` of the snapshot become `lines`.
struct LineEdit {
    start: usize,
    end: usize,
    lines: Vec<String>,
}

type Place = (usize, usize, Found);

/// A hunk's own lines of the snapshot, context included, and what they become.
pub(crate) struct Block {
    pub(crate) old: Vec<String>,
    pub(crate) new: Vec<String>,
}

impl Block {
    /// The lines that are on one side only.
    fn touched(&self) -> Vec<String> {
        let without = |lines: &[String], others: &[String]| {
            let others: HashSet<&String> = others.iter().collect();
            lines.iter().filter(|line| !others.contains(line)).cloned().collect::<Vec<_>>()
        };
        [without(&self.new, &self.old), without(&self.old, &self.new)].concat()
    }
}

/// A file with all hunks applied.
struct Applied {
    text: String,
    places: Vec<Place>,
    blocks: Vec<Block>,
}

fn apply_hunks(text: &str, hunks: &[ReplyHunk], budget: &Budget) -> Result<Applied, Refusal> {
    let lines = Lines::of(text);
    let ground = Ground::new(&lines.texts, budget);
    let entities = uses_entities(&ground, hunks);
    let mut edits: Vec<LineEdit> = Vec::new();
    let (mut places, mut blocks) = (Vec::new(), Vec::new());
    let mut final_newline = None;
    for (number, hunk) in hunks.iter().enumerate() {
        let placed = apply_hunk(&ground, hunk, entities).map_err(|refusal| refusal.at_hunk(number + 1))?;
        places.push((number + 1, placed.span.start + 1, placed.found));
        // Marks about the end only count for a hunk that reaches it.
        if placed.edits.iter().any(|edit| edit.end == lines.texts.len()) {
            final_newline = hunk.final_newline.or(final_newline);
        }
        // A block is a copy: of two texts, and more than their bytes.
        let span = &lines.texts[placed.span.clone()];
        budget.spend(2 * span.iter().map(|line| line.len() + size_of::<String>()).sum::<usize>())?;
        blocks.push(block(&lines.texts, &placed));
        edits.extend(placed.edits);
    }
    edits.sort_by_key(|edit| (edit.start, edit.end));
    if let Some(pair) = edits.windows(2).find(|pair| pair[1].start < pair[0].end) {
        let why = format!("two changes of the reply meet at line {}", pair[1].start + 1);
        return Err(Refusal::new(RefusalCode::Conflict, why));
    }
    let edits = edits.into_iter().map(|edit| (edit.start..edit.end, edit.lines));
    Ok(Applied { text: lines.rebuild(edits, final_newline), places, blocks })
}

fn block(file: &[&str], hunk: &PlacedHunk) -> Block {
    let mut new = Vec::new();
    let mut at = hunk.span.start;
    for edit in &hunk.edits {
        new.extend(file[at..edit.start].iter().map(|line| String::from(*line)));
        new.extend(edit.lines.iter().cloned());
        at = edit.end;
    }
    new.extend(file[at..hunk.span.end.max(at)].iter().map(|line| String::from(*line)));
    Block { old: file[hunk.span.clone()].iter().map(|line| String::from(*line)).collect(), new }
}

/// One hunk, found: the lines of the file that it spans, and its edits, in order.
struct PlacedHunk {
    edits: Vec<LineEdit>,
    span: Range<usize>,
    found: Found,
    /// The file is indented otherwise than the reply.
    reindented: bool,
}

impl PlacedHunk {
    /// From exact, the strictest, to the loosest.
    fn strictness(&self) -> (u8, bool) {
        let level = match self.found {
            Found::Exact | Found::NewFile => 0,
            Found::Whitespace => 1,
            Found::Indentation => 2,
            Found::Aligned | Found::Moved | Found::Merged => 3,
        };
        (level, self.reindented)
    }
}

fn apply_hunk(ground: &Ground<'_>, hunk: &ReplyHunk, entities: bool) -> Result<PlacedHunk, Refusal> {
    // Numbers in front of lines are text where the file has them so, and a hint where they are taken off.
    let numbered = hunk.hint.is_some() && hunk.counts.is_none();
    let as_text = ReplyHunk { hint: hunk.hint.filter(|_| !numbered), ..hunk.clone() };
    let mut readings = vec![(&as_text, hunk.lines.clone(), hunk.unprefixed)];
    let unprefixed = !numbered && !hunk.unprefixed;
    readings.extend(hunk.other_reading.clone().map(|lines| (hunk, lines, unprefixed)));
    if entities {
        for line in readings.iter_mut().flat_map(|(_, lines, _)| lines) {
            line.text = without_entities(&line.text);
        }
    }
    let mut found: Option<PlacedHunk> = None;
    let mut refused = None;
    for (hunk, lines, unprefixed) in &readings {
        if !lines.iter().any(Line::is_old) {
            return insertion_by_number(ground, hunk, lines);
        }
        match place_hunk(ground, hunk, lines) {
            Ok(placed) if placed.found == Found::Exact => return Ok(placed),
            Ok(placed) if numbered && hunk.hint.is_none() && placed.found != Found::Whitespace => {}
            // A blank in front of every line is text only where the file has it so.
            Ok(placed) if *unprefixed && placed.reindented => {}
            Ok(placed) => {
                // As written, unless the other reading fits more strictly.
                if found.as_ref().is_none_or(|as_written| placed.strictness() < as_written.strictness()) {
                    found = Some(placed);
                }
            }
            // Where one reading fits several places, no other may choose.
            Err(refusal) if refusal.code == RefusalCode::Ambiguous => return Err(refusal),
            Err(refusal) => drop(refused.get_or_insert(refusal)),
        }
    }
    found.ok_or_else(|| {
        refused.unwrap_or_else(|| Refusal::new(RefusalCode::NoMatch, "these lines are not in the file"))
    })
}

fn place_hunk(ground: &Ground<'_>, hunk: &ReplyHunk, lines: &[Line]) -> Result<PlacedHunk, Refusal> {
    let placed = locate(ground, hunk, lines)?;
    let mut at = placed.at.iter().filter_map(|(_, at)| *at);
    let start = at.next().unwrap_or(0);
    let span = start..at.next_back().unwrap_or(start) + 1;
    let map = indent_map(&placed.pairs(ground, lines)).unwrap_or(IndentMap::Same);
    let edits = line_edits(lines, &placed, &map)?;
    Ok(PlacedHunk { edits, span, found: placed.found, reindented: map != IndentMap::Same })
}

/// An insertion without context has a place only if its header counts it exactly so.
fn insertion_by_number(ground: &Ground<'_>, hunk: &ReplyHunk, lines: &[Line]) -> Result<PlacedHunk, Refusal> {
    match (hunk.hint, hunk.counts) {
        (Some(after), Some((0, count))) if count == lines.len() && after <= ground.lines.len() => {
            let lines = lines.iter().map(|line| line.text.clone()).collect();
            let edits = vec![LineEdit { start: after, end: after, lines }];
            Ok(PlacedHunk { edits, span: after..after, found: Found::Exact, reindented: false })
        }
        _ => Err(Refusal::new(
            RefusalCode::NoMatch,
            "an insertion without context or line number has no place",
        )),
    }
}

fn line_edits(lines: &[Line], placed: &Placed, map: &IndentMap) -> Result<Vec<LineEdit>, Refusal> {
    let refuse = |why: &str| Err(Refusal::new(RefusalCode::NoMatch, why));
    let mut edits = Vec::new();
    let mut k = 0;
    while k < lines.len() {
        if lines[k].kind == LineKind::Context {
            k += 1;
            continue;
        }
        let end = (k..lines.len()).find(|e| lines[*e].kind == LineKind::Context).unwrap_or(lines.len());
        let run = &lines[k..end];
        let inserted: Vec<String> =
            run.iter().filter(|line| !line.is_old()).map(|line| reindent(map, &line.text)).collect();
        let deleted: Vec<Option<usize>> =
            (k..end).filter(|k| lines[*k].is_old()).map(|k| placed.line_of(k)).collect();
        let (start, stop) = if let (Some(first), Some(last)) = (deleted.first(), deleted.last()) {
            let (Some(first), Some(last)) = (first, last) else {
                return refuse("a line to delete is not in the file");
            };
            if last + 1 - first != deleted.len() || deleted.iter().any(Option::is_none) {
                return refuse("the file has other lines between those to delete");
            }
            (*first, last + 1)
        } else if let Some(before) = k.checked_sub(1).and_then(|before| placed.line_of(before)) {
            (before + 1, before + 1)
        } else if let Some(after) = placed.line_of(end) {
            (after, after)
        } else {
            return refuse("the lines next to an insertion are not in the file");
        };
        edits.push(LineEdit { start, end: stop, lines: inserted });
        k = end;
    }
    Ok(edits)
}

/// Whether the reply writes `&lt;` for `<`: its old lines are in the file only when that is undone.
fn uses_entities(ground: &Ground<'_>, hunks: &[ReplyHunk]) -> bool {
    let mut suspects = hunks
        .iter()
        .flat_map(|hunk| &hunk.lines)
        .filter(|line| line.is_old() && line.text.contains('&') && without_entities(&line.text) != line.text)
        .peekable();
    if suspects.peek().is_none() {
        return false;
    }
    let suspects: Vec<&Line> = suspects.collect();
    suspects.iter().all(|line| !ground.has_folded(&line.text))
        && suspects.iter().any(|line| ground.has_folded(&without_entities(&line.text)))
}

fn without_entities(text: &str) -> String {
    if !text.contains('&') {
        return text.into();
    }
    text.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&#39;", "'")
        .replace("&amp;", "&")
}
