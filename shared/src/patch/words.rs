//! Which words differ between a removed line and the added one in its place, for highlights in a review.

use crate::change::Reworded;
use similar::{Algorithm, DiffOp, capture_diff_slices};
use std::ops::Range;

/// Words of one line that are compared; a longer line is shown as changed whole.
const MAX_WORDS: usize = 400;
/// Words of one hunk that are compared: beyond, its lines are shown as changed whole.
const MAX_ALL: usize = 20_000;

/// The pairs of a hunk's lines, signs in front, that stand for each other: of a run of removed lines and the added ones
/// right behind it the first with the first, the second with the second, as far as they are alike.
pub(crate) fn reworded(lines: &[String]) -> Vec<Reworded> {
    let sign = |at: usize| lines.get(at).and_then(|line| line.chars().next());
    let run = |from: usize, wanted: char| from + (from..).take_while(|at| sign(*at) == Some(wanted)).count();
    let (mut found, mut left, mut start) = (Vec::new(), MAX_ALL, 0);
    while start < lines.len() {
        let middle = run(start, '-');
        let end = run(middle, '+');
        for (old, new) in (start..middle).zip(middle..end) {
            let (before, after) = (words(&lines[old][1..]), words(&lines[new][1..]));
            left = left.saturating_sub(before.len() + after.len());
            if left > 0
                && let Some((gone, come)) = differing(&before, &after)
            {
                let number = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
                found.push(Reworded { old: number(old), new: number(new), gone, come });
            }
        }
        start = end.max(start + 1);
    }
    found
}

/// From and to, in UTF-16 code units.
type Spans = Vec<[u32; 2]>;

/// What differs on each side; nothing where the lines have too little in common.
fn differing(before: &[&str], after: &[&str]) -> Option<(Spans, Spans)> {
    if before.len() > MAX_WORDS || after.len() > MAX_WORDS {
        return None;
    }
    let count = |words: &[&str]| words.iter().filter(|word| !word.trim().is_empty()).count();
    let (mut common, mut gone, mut come) = (0, Vec::new(), Vec::new());
    for op in capture_diff_slices(Algorithm::Myers, before, after) {
        if let DiffOp::Equal { .. } = op {
            common += count(&before[op.old_range()]);
        } else {
            gone.push(op.old_range());
            come.push(op.new_range());
        }
    }
    let alike = common > 0 && common * 5 >= count(before).max(count(after)) * 2;
    alike.then(|| (in_units(before, &gone), in_units(after, &come)))
}

/// Ranges of words as spans, neighbours joined.
fn in_units(words: &[&str], ranges: &[Range<usize>]) -> Spans {
    let mut starts = vec![0];
    for word in words {
        let units = u32::try_from(word.encode_utf16().count()).unwrap_or(u32::MAX);
        starts.push(starts[starts.len() - 1] + units);
    }
    let mut joined = Spans::new();
    for range in ranges.iter().filter(|range| !range.is_empty()) {
        let [from, to] = [starts[range.start], starts[range.end]];
        match joined.last_mut() {
            Some(last) if last[1] == from => last[1] = to,
            _ => joined.push([from, to]),
        }
    }
    joined
}

/// A line's words, runs of blanks, and single signs; together they are the line.
fn words(line: &str) -> Vec<&str> {
    let kind = |c: char| match c {
        c if c.is_alphanumeric() || c == '_' || c == '$' => 0,
        c if c.is_whitespace() => 1,
        _ => 2,
    };
    let (mut words, mut start) = (Vec::new(), 0);
    let mut chars = line.char_indices().peekable();
    while let Some((_, c)) = chars.next() {
        let ends = chars.peek().is_none_or(|(_, next)| kind(c) == 2 || kind(*next) != kind(c));
        if ends {
            let end = chars.peek().map_or(line.len(), |(at, _)| *at);
            words.push(&line[start..end]);
            start = end;
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(lines: &[&str]) -> Vec<Reworded> {
        reworded(&lines.iter().map(|line| String::from(*line)).collect::<Vec<_>>())
    }

    fn texts(line: &str, ranges: &[[u32; 2]]) -> Vec<String> {
        let units: Vec<u16> = line[1..].encode_utf16().collect();
        ranges
            .iter()
            .map(|[from, to]| String::from_utf16_lossy(&units[*from as usize..*to as usize]))
            .collect()
    }

    #[test]
    fn only_the_words_that_differ_are_named() {
        let lines = [" a", "-const x = one(1)", "+const x = two(1)", "+more", " z"];
        let found = of(&lines);
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].old, found[0].new), (1, 2));
        assert_eq!(texts(lines[1], &found[0].gone), ["one"]);
        assert_eq!(texts(lines[2], &found[0].come), ["two"]);
    }

    #[test]
    fn lines_with_little_in_common_are_no_pair() {
        assert_eq!(of(&["-let a = 1;", "+return beds.map(water)"]), []);
        assert_eq!(of(&["-", "+"]), []);
        assert_eq!(of(&["-only gone", " same", "+only come"]), []);
    }

    #[test]
    fn places_count_in_utf16() {
        let lines = ["-🌱 = one", "+🌱 = two"];
        let found = of(&lines);
        assert_eq!(found[0].gone, [[5, 8]]);
        assert_eq!(texts(lines[1], &found[0].come), ["two"]);
    }

    #[test]
    fn a_line_that_is_too_long_has_no_words() {
        let long = "a ".repeat(MAX_WORDS);
        assert_eq!(of(&[&format!("-{long}"), &format!("+{long}b")]), []);
    }

    proptest! {
        #[test]
        fn what_does_not_differ_is_the_same_on_both_sides(a in "[ab é🌱.]{0,12}", b in "[ab é🌱.]{0,12}") {
            let (a, b) = (format!("-{a}"), format!("+{b}"));
            for pair in of(&[&a, &b]) {
                let rest = |line: &str, ranges: &[[u32; 2]]| {
                    let mut units: Vec<u16> = line[1..].encode_utf16().collect();
                    ranges.iter().rev().for_each(|[from, to]| drop(units.drain(*from as usize..*to as usize)));
                    units
                };
                prop_assert_eq!(rest(&a, &pair.gone), rest(&b, &pair.come));
            }
        }
    }
}
