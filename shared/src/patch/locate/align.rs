//! Anchored alignment: a hunk whose context was dropped or paraphrased still has one place, if it fits there well and
//! nowhere else nearly as well. A deleted line must be in the file; deleted text is never guessed.

use super::keys::{Level, folded_text, is_consistent};
use super::{Ground, Refusal, RefusalCode};
use crate::patch::reply::{Line, LineKind};
use std::collections::{HashMap, HashSet};

/// A hunk with less text than this has too little to be recognised by.
const MIN_WEIGHT: f64 = 20.0;
/// The share of the full weight that a place must reach.
const MIN_SCORE: f64 = 0.55;
/// What the second-best place may reach of the best.
const MAX_RUNNER_UP: f64 = 0.62;
/// The share of the best place's certain lines, those that are not only alike, that no other place may reach.
const SAME_CERTAINTY: f64 = 0.95;
/// Similarity from which a changed context line, and a changed deleted line, counts as the same.
const CONTEXT_ALIKE: f64 = 0.82;
const DELETED_ALIKE: f64 = 0.85;
/// By how much the best place of each changed line must be better than any other that it could have.
const SURE_BY: f64 = 1.0;
/// The largest table of hunk lines × file lines.
const MAX_CELLS: usize = 4_000_000;
const NEVER: f64 = -1e9;

type Placement = Vec<(usize, Option<usize>)>;

pub(super) fn align(
    ground: &Ground<'_>,
    lines: &[Line],
    old: &[usize],
) -> Result<Option<Placement>, Refusal> {
    let table = match Table::new(ground, lines, old)? {
        Some(table) => table,
        None => return Ok(None),
    };
    let Some((best, placed)) = table.best(&HashSet::new(), Counting::All)? else { return Ok(None) };
    if best < MIN_SCORE * table.full {
        return Ok(None);
    }
    let pairs: Vec<(&str, &str)> = placed
        .iter()
        .filter_map(|(k, at)| at.map(|at| (lines[*k].text.as_str(), ground.lines[at])))
        .collect();
    if !is_consistent(&pairs) {
        let why =
            "the lines are there, but indented so differently that the change's own indentation is not sure";
        return Err(Refusal::new(RefusalCode::NoMatch, why));
    }
    let used: HashSet<usize> = placed.iter().filter_map(|(_, at)| *at).collect();
    let certain: f64 = table.certain(&placed);
    let rivals = [
        table.best(&used, Counting::All)?.filter(|(second, _)| *second > MAX_RUNNER_UP * best),
        table.best(&used, Counting::Certain)?.filter(|(second, _)| *second >= SAME_CERTAINTY * certain),
    ];
    if let Some((_, elsewhere)) = rivals.into_iter().flatten().next() {
        let places = [&placed, &elsewhere].into_iter().filter_map(|p| p.iter().find_map(|(_, at)| *at));
        let why = "two places fit almost equally well; add more context";
        return Err(
            Refusal::new(RefusalCode::Ambiguous, why).among(places.map(|at| format!("line {}", at + 1)))
        );
    }
    if !insertions_are_anchored(ground, lines, &placed) {
        return Ok(None);
    }
    if table.best_elsewhere(&placed)? > best - SURE_BY {
        let why = "with lines left out, the change fits in several ways among lines that are alike; add more context";
        return Err(Refusal::new(RefusalCode::Ambiguous, why));
    }
    Ok(Some(placed))
}

/// Whether this line says where a change is: it goes, or an insertion beside it has no other hold.
fn holds_change(lines: &[Line], k: usize) -> bool {
    let is = |at: Option<usize>, kind: LineKind| {
        at.and_then(|at| lines.get(at)).is_some_and(|line| line.kind == kind)
    };
    let (above, below) = (k.checked_sub(1), Some(k + 1));
    is(Some(k), LineKind::Delete) || is(above, LineKind::Insert) || is(below, LineKind::Insert)
}

/// Every insertion stands beside a line that is in the file, and no line of the file that the hunk lacks may be above or
/// below it.
fn insertions_are_anchored(ground: &Ground<'_>, lines: &[Line], placed: &Placement) -> bool {
    let line_of: HashMap<usize, usize> = placed.iter().filter_map(|(k, at)| at.map(|at| (*k, at))).collect();
    let mut k = 0;
    while k < lines.len() {
        if lines[k].kind == LineKind::Context {
            k += 1;
            continue;
        }
        let end = (k..lines.len()).find(|e| lines[*e].kind == LineKind::Context).unwrap_or(lines.len());
        let run = &lines[k..end];
        let gone: Vec<usize> = (k..end).filter_map(|k| line_of.get(&k).copied()).collect();
        // The nearest lines of the hunk that are in the file, and how many with text are between that are not.
        let above = (0..k).rev().find_map(|k| line_of.get(&k)).copied();
        let below = (end..lines.len()).find_map(|k| line_of.get(&k)).copied();
        let is_text = |k: &usize| !lines[*k].text.trim().is_empty();
        let lost = |k: &usize| !line_of.contains_key(k);
        let lost_above = (0..k).rev().take_while(lost).filter(is_text).count();
        let lost_below = (end..lines.len()).take_while(lost).filter(is_text).count();
        let extra = |from: usize, to: usize| {
            ground.lines.get(from..to).map(|gap| gap.iter().filter(|line| !line.trim().is_empty()).count())
        };
        let inserts = run.iter().any(|line| line.kind == LineKind::Insert);
        let fits = match (gone.first(), gone.last()) {
            (Some(first), Some(last)) => {
                let fits = |extra: Option<usize>, lost: usize| extra.is_some_and(|extra| extra <= lost);
                let above = above
                    .map_or(k == 0 || lost_above > 0, |above| fits(extra(above + 1, *first), lost_above));
                let at_end = end == lines.len();
                above
                    && below
                        .map_or(at_end || lost_below > 0, |below| fits(extra(last + 1, below), lost_below))
            }
            _ if k.checked_sub(1).is_some_and(|k| lost(&k)) || (end < lines.len() && lost(&end)) => false,
            _ => match (above, below) {
                (None, None) => false,
                (Some(above), Some(below)) => extra(above + 1, below) == Some(0),
                (Some(_), None) | (None, Some(_)) => true,
            },
        };
        if inserts && !fits {
            return false;
        }
        k = end;
    }
    true
}

/// Similarity of each hunk line with each file line that could be it, and the weights.
struct Table<'a> {
    ground: &'a Ground<'a>,
    lines: &'a [Line],
    old: &'a [usize],
    weights: Vec<f64>,
    full: f64,
    /// Scores of hunk line i on the file lines that are alike enough, in the file's order.
    gain: Vec<Vec<(usize, f64)>>,
}

impl<'a> Table<'a> {
    fn new(ground: &'a Ground<'a>, lines: &'a [Line], old: &'a [usize]) -> Result<Option<Self>, Refusal> {
        let weights: Vec<f64> = old.iter().map(|k| weight(&lines[*k].text) + 1.0).collect();
        let full: f64 = weights.iter().sum();
        if full < MIN_WEIGHT || old.len() * ground.lines.len() > MAX_CELLS {
            return Ok(None);
        }
        let keys = ground.keys.at(Level::Blanks, ground.lines);
        ground.spend(ground.lines.iter().map(|line| line.len()).sum())?;
        let file: Vec<Sketch<'_>> = ground.keys.folded(ground.lines).lines().map(Sketch::of).collect();
        let mut gain = Vec::with_capacity(old.len());
        for (i, k) in old.iter().enumerate() {
            let line = &lines[*k];
            let (key, text) = (Level::Blanks.key(&line.text), folded_text(&line.text));
            let own = Sketch::of(&text);
            let alike = if line.kind == LineKind::Delete { DELETED_ALIKE } else { CONTEXT_ALIKE };
            let mut row = Vec::new();
            // What the file has as it stands is no rewording of another line.
            let is_there = ground.keys.has(key, ground.lines);
            ground.spend(file.len())?;
            for (j, other) in file.iter().enumerate() {
                if keys[j] == key {
                    let exact = line.text.trim_end() == ground.lines[j].trim_end();
                    row.push((j, weights[i] * if exact { 1.0 } else { 0.9 }));
                } else if !is_there && own.length > 0 && other.length > 0 && own.may_be_alike(other, alike) {
                    ground.spend(own.length * other.length / 8)?;
                    let similarity = similarity(own.text, other.text);
                    if similarity >= alike {
                        row.push((j, weights[i] * (2.0 * similarity - 1.2)));
                    }
                }
            }
            gain.push(row);
        }
        Ok(Some(Self { ground, lines, old, weights, full, gain }))
    }

    /// The weight of the lines that are the file's but for blanks.
    fn certain(&self, placed: &Placement) -> f64 {
        let gains = placed.iter().enumerate().zip(&self.weights);
        gains
            .filter_map(|((i, (_, at)), weight)| self.gain_at(i, (*at)?).filter(|gain| *gain >= 0.9 * weight))
            .sum()
    }

    /// The best alignment that uses none of the file lines in `banned`, with its score.
    fn best(&self, banned: &HashSet<usize>, counting: Counting) -> Result<Option<(f64, Placement)>, Refusal> {
        let (n, m) = (self.old.len(), self.ground.lines.len());
        self.ground.spend(n * m)?;
        let extras: Vec<f64> = (0..m).map(|j| self.extra(j)).collect();
        let mut is_banned = vec![false; m];
        banned.iter().for_each(|j| is_banned[*j] = true);
        let mut above = vec![0.0_f64; m + 1];
        let mut row = above.clone();
        let mut steps: Vec<Vec<Step>> = vec![vec![Step::Stop; m + 1]];
        for i in 0..n {
            let is_context = self.lines[self.old[i]].kind == LineKind::Context;
            let missing = match counting {
                _ if !is_context => NEVER,
                Counting::All => -0.8 * self.weights[i],
                Counting::Certain => 0.0,
            };
            let counts =
                |gain: f64| counting == Counting::All || !is_context || gain >= 0.9 * self.weights[i];
            let mut gains = self.gain[i].iter().copied().peekable();
            let mut step = vec![Step::Stop; m + 1];
            row[0] = above[0] + missing;
            step[0] = Step::Missing;
            for j in 0..m {
                let gain = gains.next_if(|(at, _)| *at == j).map(|(_, gain)| gain);
                if is_banned[j] {
                    row[j + 1] = NEVER;
                    continue;
                }
                let reworded = if counting == Counting::Certain && is_context { above[j] } else { NEVER };
                let matched = gain.filter(|gain| counts(*gain)).map_or(reworded, |gain| above[j] + gain);
                let missing = above[j + 1] + missing;
                let extra = row[j] - extras[j];
                (row[j + 1], step[j + 1]) = if matched >= missing && matched >= extra {
                    (matched, Step::Matched)
                } else if missing >= extra {
                    (missing, Step::Missing)
                } else {
                    (extra, Step::Extra)
                };
            }
            std::mem::swap(&mut above, &mut row);
            steps.push(step);
        }
        let Some((mut j, best)) = above.iter().copied().enumerate().max_by(|a, b| a.1.total_cmp(&b.1)) else {
            return Ok(None);
        };
        if best <= 0.0 {
            return Ok(None);
        }
        let mut i = n;
        let mut placed = Vec::with_capacity(n);
        while i > 0 {
            match steps[i][j] {
                Step::Matched => {
                    placed.push((self.old[i - 1], Some(j - 1)));
                    (i, j) = (i - 1, j - 1);
                }
                Step::Missing => {
                    placed.push((self.old[i - 1], None));
                    i -= 1;
                }
                Step::Extra => j -= 1,
                Step::Stop => return Ok(None),
            }
        }
        placed.reverse();
        Ok(Some((best, placed)))
    }

    /// The score of the best alignment that has some line which holds a change in another place than `placed` has it.
    fn best_elsewhere(&self, placed: &Placement) -> Result<f64, Refusal> {
        let (n, m) = (self.old.len(), self.ground.lines.len());
        self.ground.spend(2 * n * m)?;
        // The best scores of alignments that so far are as `placed`, and of those that are not.
        let (mut same, mut other) = (vec![0.0_f64; m + 1], vec![NEVER; m + 1]);
        for (i, (k, chosen)) in placed.iter().enumerate().take(n) {
            let holds = holds_change(self.lines, *k);
            let is_context = self.lines[*k].kind == LineKind::Context;
            let missing = if is_context { -0.8 * self.weights[i] } else { NEVER };
            let (mut next_same, mut next_other) = (vec![NEVER; m + 1], vec![NEVER; m + 1]);
            for j in 0..=m {
                let mut step = |by: f64, from: usize, at: Option<usize>| {
                    if holds && at != *chosen {
                        next_other[j] = next_other[j].max(same[from].max(other[from]) + by);
                    } else {
                        next_same[j] = next_same[j].max(same[from] + by);
                        next_other[j] = next_other[j].max(other[from] + by);
                    }
                };
                step(missing, j, None);
                let Some(line) = j.checked_sub(1) else { continue };
                if let Some(gain) = self.gain_at(i, line) {
                    step(gain, line, Some(line));
                }
                let extra = self.extra(line);
                next_same[j] = next_same[j].max(next_same[line] - extra);
                next_other[j] = next_other[j].max(next_other[line] - extra);
            }
            (same, other) = (next_same, next_other);
        }
        Ok(other.into_iter().fold(NEVER, f64::max))
    }

    /// What it is worth that line `i` of the hunk stands at `line` of the file; nothing where it can't.
    fn gain_at(&self, i: usize, line: usize) -> Option<f64> {
        let row = &self.gain[i];
        row.binary_search_by_key(&line, |(at, _)| *at).ok().map(|found| row[found].1)
    }

    /// What it costs that the hunk lacks a line of the file.
    fn extra(&self, line: usize) -> f64 {
        if self.ground.lines[line].trim().is_empty() { 1.0 } else { 6.0 }
    }
}

/// Which lines an alignment counts.
#[derive(Clone, Copy, PartialEq)]
enum Counting {
    All,
    /// Only those that are the file's but for blanks; what else the hunk has as context may be any line, or none, and costs
    /// nothing.
    Certain,
}

#[derive(Clone, Copy, PartialEq)]
enum Step {
    Matched,
    /// The file lacks this context line.
    Missing,
    /// The file has a line that the hunk does not.
    Extra,
    Stop,
}

/// What a line is worth: its text, up to 20 characters.
fn weight(line: &str) -> f64 {
    line.trim().chars().take(20).count() as f64
}

const BAG: usize = 32;

/// A line's text, and how often characters of each class occur in it: a cheap upper bound on similarity.
struct Sketch<'a> {
    text: &'a str,
    /// In characters.
    length: usize,
    bag: [u8; BAG],
}

impl<'a> Sketch<'a> {
    fn of(text: &'a str) -> Self {
        let mut bag = [0_u8; BAG];
        let mut length = 0;
        for c in text.chars() {
            let slot = &mut bag[(c as usize) % BAG];
            *slot = slot.saturating_add(1);
            length += 1;
        }
        Self { text, length, bag }
    }

    fn may_be_alike(&self, other: &Self, alike: f64) -> bool {
        const LONGEST: usize = 2000;
        let (short, long) = (self.length.min(other.length), self.length.max(other.length));
        if short == 0 || long > LONGEST {
            return false;
        }
        let total = (short + long) as f64;
        // Not even if all of the shorter one were common.
        if 2.0 * (short as f64) / total < alike {
            return false;
        }
        let common: u16 = self.bag.iter().zip(&other.bag).map(|(a, b)| u16::from(*a.min(b))).sum();
        // Counts saturate at 255 a class; lines that long are rare enough to lose the bound there.
        2.0 * f64::from(common) / total >= alike
    }
}

/// Twice the characters in common, in order, by the total: 1 for equal, 0 for nothing alike.
fn similarity(a: &str, b: &str) -> f64 {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let ops = similar::capture_diff_slices(similar::Algorithm::Myers, &a, &b);
    f64::from(similar::diff_ratio(&ops, a.len(), b.len()))
}
