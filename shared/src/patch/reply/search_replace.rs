//! SEARCH/REPLACE blocks, as Aider made them known, with the marker variants that models write.

use super::{Act, FileEdit, Reading, Refusal, RefusalCode, clean_path, pair_hunk};
use std::collections::HashMap;

pub(super) fn first_mark(lines: &[&str]) -> Option<usize> {
    lines.iter().position(|line| is_start(line))
}

/// `marker` 5 to 9 times, a blank, and one of the words.
fn is_marker(line: &str, marker: char, words: &[&str]) -> bool {
    let rest = line.trim_start_matches(marker);
    let count = line.len() - rest.len();
    (5..=9).contains(&count) && rest.strip_prefix(' ').is_some_and(|word| words.contains(&word.trim_end()))
}

pub(super) fn is_start(line: &str) -> bool {
    const WORDS: [&str; 6] = ["SEARCH", "SEARCH>", "ORIGINAL", "ORIGINAL>", "HEAD", "HEAD>"];
    is_marker(line, '<', &WORDS) || is_marker(line, '-', &WORDS)
}

fn is_middle(line: &str) -> bool {
    let line = line.trim_end();
    (5..=9).contains(&line.len()) && line.bytes().all(|b| b == b'=')
}

pub(super) fn is_end(line: &str) -> bool {
    const WORDS: [&str; 3] = ["REPLACE", "UPDATED", "updated"];
    is_marker(line, '>', &WORDS) || is_marker(line, '+', &WORDS)
}

pub(super) fn read<'a>(lines: &[&'a str]) -> Result<Reading<'a>, Refusal> {
    let (mut edits, mut beside) = (Vec::new(), Vec::new());
    let mut hunks_of: HashMap<Option<String>, usize> = HashMap::new();
    let mut path: Option<String> = None;
    let mut at = 0;
    while at < lines.len() {
        if is_end(lines[at]) {
            // The block before it may have ended at a line of its own text.
            return Err(torn());
        }
        if !is_start(lines[at]) {
            beside.push(lines[at]);
            at += 1;
            continue;
        }
        // A new block before this one ended means that its end is missing.
        let end =
            lines[at + 1..].iter().position(|line| is_end(line) || is_start(line)).map(|end| at + 1 + end);
        let Some(end) = end.filter(|end| is_end(lines[*end])) else { return Err(cut_off()) };
        path = path_above(&lines[..at]).or(path);
        read_block(&mut edits, &mut hunks_of, path.clone(), &lines[at..end])?;
        at = end + 1;
    }
    Ok(Reading { edits, beside })
}

/// Reads a block from its first mark up to its last. Blocks of one file are one edit, whose number `hunks_of` has: they are
/// proven together.
pub(super) fn read_block(
    edits: &mut Vec<FileEdit>,
    hunks_of: &mut HashMap<Option<String>, usize>,
    path: Option<String>,
    block: &[&str],
) -> Result<(), Refusal> {
    let middle = 1 + middle(block[0], &block[1..])?;
    let (old, new) = (&block[1..middle], &block[middle + 1..]);
    if old.iter().all(|line| line.trim().is_empty()) {
        let lines = new.iter().map(|line| String::from(*line)).collect();
        edits.push(FileEdit { path, other_path: None, act: Act::Create { lines, final_newline: true } });
        return Ok(());
    }
    let edit = *hunks_of.entry(path.clone()).or_insert_with(|| {
        let act = Act::Edit { hunks: Vec::new(), move_to: None };
        edits.push(FileEdit { path, other_path: None, act });
        edits.len() - 1
    });
    if let Act::Edit { hunks, .. } = &mut edits[edit].act {
        hunks.push(pair_hunk(old, new)?);
    }
    Ok(())
}

/// Which line parts a block's two halves: the only one that can, or the only one as long as the block's first mark.
fn middle(start: &str, block: &[&str]) -> Result<usize, Refusal> {
    let all: Vec<usize> = (0..block.len()).filter(|at| is_middle(block[*at])).collect();
    match all[..] {
        [] => Err(cut_off()),
        [only] => Ok(only),
        _ => {
            let length = start.split(' ').next().map_or(0, str::len);
            let mut fitting = all.into_iter().filter(|at| block[*at].trim_end().len() == length);
            match (fitting.next(), fitting.next()) {
                (Some(only), None) => Ok(only),
                _ => Err(torn()),
            }
        }
    }
}

fn cut_off() -> Refusal {
    Refusal::new(RefusalCode::Truncated, "a SEARCH/REPLACE block has no end: the reply was cut off")
}

fn torn() -> Refusal {
    let why = "a SEARCH/REPLACE block has marks of its own in its text: send a unified diff";
    Refusal::new(RefusalCode::Malformed, why)
}

/// The file's name on one of the four lines above a block, or in the info string of its fence.
pub(super) fn path_above(above: &[&str]) -> Option<String> {
    for line in above.iter().rev().take(4) {
        let line = line.trim();
        if let Some(info) = line.strip_prefix("```") {
            if info.contains(['.', '/']) {
                return info.split(':').next_back().map(clean_path);
            }
            continue;
        }
        if line.is_empty() {
            continue;
        }
        if is_end(line) {
            return None;
        }
        let line = line.trim_start_matches('#').trim_start();
        return Some(clean_path(line.strip_prefix("File:").unwrap_or(line)));
    }
    None
}
