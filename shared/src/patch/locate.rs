//! Where a hunk belongs in a file, with proof that it belongs nowhere else.
//!
//! From strict to loose: exact, without trailing blanks, with Unicode punctuation folded, with blanks folded (only when the
//! indentation maps provably), then anchored alignment, then in pieces. The first level with any hit decides: one hit is
//! taken, several need a proof (the claimed line number is exactly one of them, or the heading stands above exactly one),
//! otherwise the hunk is refused as ambiguous. Nearness is never a proof.

mod align;
mod keys;
mod pieces;

pub(crate) use keys::{IndentMap, indent_map, is_consistent, reindent};

use super::budget::Budget;
use super::refusal::{Divergence, Refusal, RefusalCode};
use super::reply::{Line, LineKind, ReplyHunk, is_elision};
use crate::Found;
use keys::{FileKeys, Level};

/// A file's lines, without line ends, and what is computed of them once.
pub(crate) struct Ground<'a> {
    pub(crate) lines: &'a [&'a str],
    keys: FileKeys,
    budget: &'a Budget,
}

impl<'a> Ground<'a> {
    pub(crate) fn new(lines: &'a [&'a str], budget: &'a Budget) -> Self {
        Self { lines, keys: FileKeys::default(), budget }
    }

    /// Whether a line stands in the file, blanks folded.
    pub(crate) fn has_folded(&self, text: &str) -> bool {
        self.keys.has(Level::Blanks.key(text), self.lines)
    }

    pub(crate) fn spend(&self, units: usize) -> Result<(), Refusal> {
        self.budget.spend(units)
    }

    /// Every place where all of `old` stand one after another, compared at `level`.
    fn windows(&self, old: &[&str], level: Level) -> Result<Vec<usize>, Refusal> {
        match level {
            // Most hunks end here, and comparing a file's lines costs less than a key for each.
            Level::Exact => self.windows_of(self.lines, old),
            Level::TrailingBlanks => {
                let trimmed =
                    |lines: &[&'a str]| lines.iter().map(|line| line.trim_end()).collect::<Vec<_>>();
                let old: Vec<&str> = old.iter().map(|line| line.trim_end()).collect();
                self.windows_of(&trimmed(self.lines), &old)
            }
            Level::Unicode | Level::Blanks => {
                let wanted: Vec<u64> = old.iter().map(|line| level.key(line)).collect();
                self.windows_of(self.keys.at(level, self.lines), &wanted)
            }
        }
    }

    fn windows_of<T: PartialEq>(&self, file: &[T], wanted: &[T]) -> Result<Vec<usize>, Refusal> {
        if wanted.is_empty() || wanted.len() > file.len() {
            return Ok(Vec::new());
        }
        self.spend(file.len())?;
        let mut found = Vec::new();
        for at in 0..=file.len() - wanted.len() {
            if file[at] != wanted[0] {
                continue;
            }
            let same = wanted.iter().zip(&file[at..]).take_while(|(a, b)| a == b).count();
            self.spend(same)?;
            if same == wanted.len() {
                found.push(at);
            }
        }
        Ok(found)
    }
}

/// A hunk's old lines on the file: for each line that is no insertion its index in the hunk, and the file's line (from 0)
/// or nothing when the file does not have that context line.
#[derive(Debug, Clone)]
pub(crate) struct Placed {
    pub(crate) at: Vec<(usize, Option<usize>)>,
    pub(crate) found: Found,
}

impl Placed {
    pub(crate) fn line_of(&self, index: usize) -> Option<usize> {
        self.at.binary_search_by_key(&index, |(k, _)| *k).ok().and_then(|found| self.at[found].1)
    }

    /// Each line that was found: as the reply and as the file has it.
    pub(crate) fn pairs<'a>(&self, ground: &Ground<'a>, lines: &'a [Line]) -> Vec<(&'a str, &'a str)> {
        let found = self.at.iter().filter_map(|(k, at)| Some((*k, (*at)?)));
        found.map(|(k, at)| (lines[k].text.as_str(), ground.lines[at])).collect()
    }
}

/// Finds the place of `lines` (one reading of `hunk`).
pub(crate) fn locate(ground: &Ground<'_>, hunk: &ReplyHunk, lines: &[Line]) -> Result<Placed, Refusal> {
    let old: Vec<usize> = (0..lines.len()).filter(|k| lines[*k].is_old()).collect();
    if old.is_empty() {
        return Err(Refusal::new(
            RefusalCode::NoMatch,
            "an insertion without context or line number has no place",
        ));
    }
    let texts: Vec<&str> = old.iter().map(|k| lines[*k].text.as_str()).collect();
    let gaps: Vec<usize> = old
        .iter()
        .copied()
        .filter(|k| lines[*k].kind == LineKind::Context && is_elision(&lines[*k].text))
        .collect();
    if !gaps.is_empty() && !gaps.iter().all(|k| ground.has_folded(&lines[*k].text)) {
        return pieces::around_elisions(ground, lines, &gaps);
    }
    for level in Level::ALL {
        let mut hits = ground.windows(&texts, level)?;
        if level == Level::Blanks {
            hits.retain(|at| is_consistent(&pairs(&texts, &ground.lines[*at..])));
        }
        if !hits.is_empty() {
            let at = choose(ground, &hits, hunk, level)?;
            let placed = old.iter().enumerate().map(|(offset, k)| (*k, Some(at + offset))).collect();
            return Ok(Placed { at: placed, found: level.found() });
        }
    }
    if let Some(at) = align::align(ground, lines, &old)? {
        return Ok(Placed { at, found: Found::Aligned });
    }
    pieces::greedy(ground, lines, &old).map_err(|refusal| with_divergence(ground, &texts, refusal))
}

pub(crate) fn pairs<'a>(old: &[&'a str], file: &[&'a str]) -> Vec<(&'a str, &'a str)> {
    old.iter().copied().zip(file.iter().copied()).collect()
}

/// One of several equal places, if something proves which.
fn choose(ground: &Ground<'_>, hits: &[usize], hunk: &ReplyHunk, level: Level) -> Result<usize, Refusal> {
    if let [only] = hits {
        return Ok(*only);
    }
    let number_counts = matches!(level, Level::Exact | Level::TrailingBlanks);
    if let (true, Some(hint)) = (number_counts, hunk.hint)
        && let Some(at) = hits.iter().find(|at| **at + 1 == hint)
    {
        return Ok(*at);
    }
    if !hunk.section.is_empty() {
        ground.spend(ground.lines.len())?;
        let inside = lines_below(ground.lines, &hunk.section);
        let mut below = hits.iter().filter(|at| inside[**at]);
        if let (Some(at), None) = (below.next(), below.next()) {
            return Ok(*at);
        }
    }
    let why = format!(
        "these lines stand in {} places and nothing says which is meant; add more context",
        hits.len()
    );
    Err(Refusal::new(RefusalCode::Ambiguous, why).among(hits.iter().map(|at| format!("line {}", at + 1))))
}

/// For each line whether the nearest definition above it is `section`.
fn lines_below(lines: &[&str], section: &str) -> Vec<bool> {
    let section = Level::Blanks.key(section);
    let mut inside = false;
    let below = |line: &&str| {
        let this = inside;
        inside = Level::Blanks.key(line) == section || (inside && !keys::is_definition(line));
        this
    };
    lines.iter().map(below).collect()
}

/// Adds the first line that differs at the place where most of the hunk's head stands.
fn with_divergence(ground: &Ground<'_>, old: &[&str], mut refusal: Refusal) -> Refusal {
    if refusal.diverges.is_some() || ground.spend(ground.lines.len() * 2).is_err() {
        return refusal;
    }
    let keys = ground.keys.at(Level::Blanks, ground.lines);
    let wanted: Vec<u64> = old.iter().map(|line| Level::Blanks.key(line)).collect();
    let run = |at: usize| wanted.iter().zip(&keys[at..]).take(200).take_while(|(a, b)| a == b).count();
    let best = (0..keys.len()).filter(|at| Some(&keys[*at]) == wanted.first()).max_by_key(|at| run(*at));
    if let Some(at) = best {
        let same = run(at);
        if let (Some(reply_has), Some(file_has)) = (old.get(same), ground.lines.get(at + same)) {
            let (reply_has, file_has) = (shorten(reply_has), shorten(file_has));
            refusal.diverges = Some(Box::new(Divergence { line: at + same + 1, reply_has, file_has }));
        }
    }
    refusal
}

fn shorten(line: &str) -> String {
    line.chars().take(120).collect()
}
