//! Hunks that stand for several places: around `…` lines, or where a model forgot the second `@@`. Each piece with a change
//! must be found by itself, in order.

use super::keys::{Level, is_consistent};
use super::{Found, Ground, Placed, Refusal, RefusalCode, locate};
use crate::patch::reply::{Line, LineKind, ReplyHunk};

/// A piece needs this many characters to be recognised by.
const MIN_TEXT: usize = 12;

/// Cuts at the elisions.
pub(super) fn around_elisions(
    ground: &Ground<'_>,
    lines: &[Line],
    gaps: &[usize],
) -> Result<Placed, Refusal> {
    let mut at: Vec<(usize, Option<usize>)> = gaps.iter().map(|gap| (*gap, None)).collect();
    let mut last: Option<usize> = None;
    let mut start = 0;
    for end in gaps.iter().copied().chain([lines.len()]) {
        let piece = &lines[start..end];
        if !piece.is_empty() {
            if !piece.iter().any(Line::is_old) {
                return Err(Refusal::new(
                    RefusalCode::NoMatch,
                    "a change stands next to left-out code, without context",
                ));
            }
            let placed = match locate(ground, &ReplyHunk::default(), piece) {
                Ok(placed) => placed.at,
                // Context alone proves nothing, so it may be anywhere.
                Err(_) if piece.iter().all(|line| line.kind == LineKind::Context) => {
                    (0..piece.len()).map(|k| (k, None)).collect()
                }
                Err(refusal) => return Err(refusal),
            };
            let mut found = placed.iter().filter_map(|(_, line)| *line);
            if let Some(first) = found.next() {
                if last.is_some_and(|last| first <= last) {
                    let why = "the pieces around left-out code are not in the file's order";
                    return Err(Refusal::new(RefusalCode::NoMatch, why));
                }
                last = found.next_back().or(Some(first));
            }
            at.extend(placed.into_iter().map(|(k, line)| (start + k, line)));
        }
        start = end + 1;
    }
    at.sort_unstable_by_key(|(k, _)| *k);
    Ok(Placed { at, found: Found::Aligned })
}

/// Takes the longest run of old lines that stands in one place only, then goes on behind it. Each run has a change of its
/// own: nobody writes a hunk without one, so that context alone is the same hunk with a line reworded.
pub(super) fn greedy(ground: &Ground<'_>, lines: &[Line], old: &[usize]) -> Result<Placed, Refusal> {
    let keys = ground.keys.at(Level::Blanks, ground.lines);
    let wanted: Vec<u64> = old.iter().map(|k| Level::Blanks.key(&lines[*k].text)).collect();
    let mut at = Vec::with_capacity(old.len());
    let mut from = 0;
    let mut next = 0;
    while next < wanted.len() {
        let (mut best, mut places) = (0, Vec::new());
        ground.spend(keys.len() - from)?;
        for start in (from..keys.len()).filter(|start| keys[*start] == wanted[next]) {
            let run = wanted[next..].iter().zip(&keys[start..]).take_while(|(a, b)| a == b).count();
            ground.spend(run)?;
            if run > best {
                (best, places) = (run, vec![start]);
            } else if run == best {
                places.push(start);
            }
        }
        let line = &lines[old[next]].text;
        let text: usize = old[next..next + best].iter().map(|k| lines[*k].text.trim().chars().count()).sum();
        if best == 0 || text < MIN_TEXT {
            let why = format!("the file has no such lines: {:?}", line.chars().take(80).collect::<String>());
            return Err(Refusal::new(RefusalCode::NoMatch, why));
        }
        if places.len() > 1 {
            let why = "these lines stand in several places and nothing says which is meant; add more context";
            let places = places.iter().map(|place| format!("line {}", place + 1));
            return Err(Refusal::new(RefusalCode::Ambiguous, why).among(places));
        }
        if next > 0 {
            let (before, here) = (old[next - 1], old[next]);
            let in_context = lines[before].kind == LineKind::Context && lines[here].kind == LineKind::Context;
            if !in_context || here - before != 1 {
                let why = format!("the file has other lines inside the change, before {:?}", line.trim());
                return Err(Refusal::new(RefusalCode::NoMatch, why));
            }
        }
        let first = if next == 0 { 0 } else { old[next] };
        let behind = old.get(next + best).copied().unwrap_or(lines.len());
        if lines[first..behind].iter().all(|line| line.kind == LineKind::Context) {
            let why = format!("the file has other lines before or behind {:?}", line.trim());
            return Err(Refusal::new(RefusalCode::NoMatch, why));
        }
        at.extend((0..best).map(|offset| (old[next + offset], Some(places[0] + offset))));
        from = places[0] + best;
        next += best;
    }
    let pairs: Vec<(&str, &str)> = at
        .iter()
        .filter_map(|(k, line)| line.map(|line| (lines[*k].text.as_str(), ground.lines[line])))
        .collect();
    if !is_consistent(&pairs) {
        let why =
            "the lines are there, but indented so differently that the change's own indentation is not sure";
        return Err(Refusal::new(RefusalCode::NoMatch, why));
    }
    Ok(Placed { at, found: Found::Aligned })
}
