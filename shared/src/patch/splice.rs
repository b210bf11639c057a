//! A whole file as a model writes it, where `// ... existing code ...` stands for lines it left out: each gap is filled
//! from the snapshot if the lines on both sides of it prove what belongs there, otherwise the file is refused.

use super::budget::Budget;
use super::refusal::{Refusal, RefusalCode};
use super::reply::is_elision;
use super::text::Lines;
use std::collections::HashSet;

/// The file that `lines` mean, with the line ends of `before`.
pub(crate) fn whole(before: &str, lines: &[String], budget: &Budget) -> Result<String, Refusal> {
    let base = Lines::of(before);
    let known: HashSet<&str> = base.texts.iter().copied().collect();
    // A line that the file has itself is just that line.
    let is_gap = |line: &String| is_elision(line) && !known.contains(line.as_str());
    let mut text = String::new();
    let mut put = |line: &str| {
        text.push_str(line);
        text.push_str(base.eol);
    };
    let mut kept_to = 0;
    let pieces: Vec<&[String]> = lines.split(is_gap).collect();
    for (number, piece) in pieces.iter().enumerate() {
        // Blank lines between a gap and the end of the reply set the gap off; they are no lines of the file.
        let is_blank = piece.iter().all(|line| line.trim().is_empty());
        let opens = is_blank && number == 0 && pieces.len() > 1;
        let closes = is_blank && number > 0 && number + 1 == pieces.len();
        let refuse = || {
            let why =
                "a line stands for code that was left out, and the lines around it don't prove which code";
            Refusal::new(RefusalCode::Malformed, why)
        };
        if number > 0 {
            let resume = if closes {
                base.texts.len()
            } else {
                head(&base.texts, piece, budget)?.ok_or_else(refuse)?
            };
            if resume < kept_to {
                return Err(refuse());
            }
            base.texts[kept_to..resume].iter().for_each(|line| put(line));
        }
        if !opens && !closes {
            piece.iter().for_each(|line| put(line));
        }
        if number + 1 < pieces.len() {
            let end = if opens { 0 } else { tail(&base.texts, piece, budget)?.ok_or_else(refuse)? };
            if end < kept_to {
                return Err(refuse());
            }
            kept_to = end;
        }
    }
    Ok(text)
}

/// Enough characters to tell a place by.
const MIN_TEXT: usize = 12;

/// Where the longest run of lines that opens `piece` begins in the file, if that is one place.
fn head(base: &[&str], piece: &[String], budget: &Budget) -> Result<Option<usize>, Refusal> {
    let run = |at: usize| base[at..].iter().zip(piece).take_while(|(a, b)| *a == b).count();
    let text = |length: usize| piece[..length].iter().map(|line| line.trim().len()).sum();
    only_best(base.len(), run, text, budget)
}

/// Behind which line of the file the longest run of lines that closes `piece` ends, if that is one place.
fn tail(base: &[&str], piece: &[String], budget: &Budget) -> Result<Option<usize>, Refusal> {
    let run =
        |at: usize| base[..=at].iter().rev().zip(piece.iter().rev()).take_while(|(a, b)| *a == b).count();
    let text = |length: usize| piece[piece.len() - length..].iter().map(|line| line.trim().len()).sum();
    Ok(only_best(base.len(), run, text, budget)?.map(|at| at + 1))
}

fn only_best(
    places: usize,
    run: impl Fn(usize) -> usize,
    text: impl Fn(usize) -> usize,
    budget: &Budget,
) -> Result<Option<usize>, Refusal> {
    let (mut best, mut place, mut ties) = (0, 0, 0);
    for at in 0..places {
        let length = run(at);
        budget.spend(1 + length)?;
        if length > best {
            (best, place, ties) = (length, at, 1);
        } else if length == best {
            ties += 1;
        }
    }
    Ok((best > 0 && ties == 1 && text(best) >= MIN_TEXT).then_some(place))
}
