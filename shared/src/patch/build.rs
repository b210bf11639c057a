//! The intended file out of the snapshot and a reply's hunks: each is located, its lines take the file's indentation, and
//! two that meet are refused.

use super::budget::Budget;
use super::locate::{Ground, IndentMap, Placed, indent_map, locate, reindent};
use super::refusal::{Refusal, RefusalCode};
use super::reply::{self, Line, LineKind, ReplyHunk};
use super::text::Lines;
use crate::Found;
use std::collections::HashSet;
use std::ops::Range;

/// Lines `start..end` of the snapshot become `lines`.
struct LineEdit {
    start: usize,
    end: usize,
    lines: Vec<String>,
}

/// A hunk's number and its first line, both from 1, and how it was found.
pub(super) type Place = (usize, usize, Found);

/// A hunk's own lines of the snapshot, context included, and what they become.
pub(super) struct Block {
    pub(super) old: Vec<String>,
    pub(super) new: Vec<String>,
}

impl Block {
    /// The lines that are on one side only.
    pub(super) fn touched(&self) -> Vec<String> {
        let without = |lines: &[String], others: &[String]| {
            let others: HashSet<&String> = others.iter().collect();
            lines.iter().filter(|line| !others.contains(line)).cloned().collect::<Vec<_>>()
        };
        [without(&self.new, &self.old), without(&self.old, &self.new)].concat()
    }
}

/// A file with all hunks applied.
pub(super) struct Applied {
    pub(super) text: String,
    pub(super) places: Vec<Place>,
    pub(super) blocks: Vec<Block>,
}

/// Replaces whole lines. Line ends that close both texts are no part of the change; where only the old text has one more, it
/// is a blank line that goes, or, where it has no other, carelessness.
pub(super) fn apply_pair(before: &str, old: &str, new: &str, budget: &Budget) -> Result<Applied, Refusal> {
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

/// Finds every hunk in `text` and puts its lines in.
pub(super) fn apply_hunks(text: &str, hunks: &[ReplyHunk], budget: &Budget) -> Result<Applied, Refusal> {
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
    // A place without any line of the file is none.
    let Some(start) = at.next() else {
        return Err(Refusal::new(RefusalCode::NoMatch, "these lines are not in the file"));
    };
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
