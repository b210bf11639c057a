//! Finds the one place of a text that an edit means, and replaces it: exactly, or with other blanks at line ends.
//! Never the first of several, never the nearest: a place is proven or the edit is refused (the patch notes' rule).
//! Pure; texts have `\n` line ends.

use similar::{Algorithm, DiffOp, capture_diff_slices};

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Replaced {
    pub(super) text: String,
    /// The first line of the place, from 1.
    pub(super) line: usize,
    pub(super) added: usize,
    pub(super) removed: usize,
    pub(super) is_exact: bool,
}

/// Why nothing was replaced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Miss {
    NoChange,
    Empty,
    /// The only place is inside a longer word: `a = 1` in `a = 10`.
    CutsWord {
        line: usize,
    },
    /// The new text is there already.
    Already {
        line: usize,
    },
    /// The lines at which it begins, with their text.
    Ambiguous {
        places: Vec<(usize, String)>,
    },
    Nowhere,
    /// The best place, the first line there that differs, and the file's own lines around it.
    Diverges {
        line: usize,
        wrote: String,
        has: String,
        around: String,
    },
}

/// Places that are told when there are several.
const TOLD: usize = 8;
/// A new text of fewer bytes may be in a file by chance.
const TELLING: usize = 8;
/// Lines of the file around the first difference.
const AROUND: usize = 8;

pub(super) fn replace(text: &str, old: &str, new: &str) -> Result<Replaced, Miss> {
    if old == new {
        return Err(Miss::NoChange);
    }
    if old.is_empty() {
        // An empty file has one place only.
        return if text.is_empty() { Ok(put(text, 0, 0, new, true)) } else { Err(Miss::Empty) };
    }
    let hits: Vec<_> = occurrences(text, old).take(TOLD + 1).collect();
    match hits.as_slice() {
        [] => by_lines(text, old, new),
        [start] if cuts_word(text, *start, old) => Err(Miss::CutsWord { line: line_at(text, *start) }),
        [start] => Ok(put(text, *start, start + old.len(), new, true)),
        several => Err(ambiguous(text, several.iter().map(|start| line_at(text, *start)))),
    }
}

/// Every start of `old` in `text`, also where two overlap.
fn occurrences<'a>(text: &'a str, old: &'a str) -> impl Iterator<Item = usize> + 'a {
    let step = old.chars().next().map_or(1, char::len_utf8);
    let mut from = 0;
    std::iter::from_fn(move || {
        let at = from + text.get(from..)?.find(old)?;
        from = at + step;
        Some(at)
    })
}

fn cuts_word(text: &str, start: usize, old: &str) -> bool {
    let is_word = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
    let end = start + old.len();
    let cuts_front = is_word(text[..start].chars().next_back()) && is_word(old.chars().next());
    let cuts_back = is_word(text[end..].chars().next()) && is_word(old.chars().next_back());
    cuts_front || cuts_back
}

fn line_at(text: &str, at: usize) -> usize {
    text[..at].matches('\n').count() + 1
}

fn put(text: &str, start: usize, end: usize, new: &str, is_exact: bool) -> Replaced {
    let whole = [&text[..start], new, &text[end..]].concat();
    let (before, after): (Vec<_>, Vec<_>) = (text[start..end].lines().collect(), new.lines().collect());
    let (mut added, mut removed) = (0, 0);
    for op in capture_diff_slices(Algorithm::Myers, &before, &after) {
        if !matches!(op, DiffOp::Equal { .. }) {
            removed += op.old_range().len();
            added += op.new_range().len();
        }
    }
    Replaced { text: whole, line: line_at(text, start), added, removed, is_exact }
}

/// Whole lines that are the same but for blanks at their ends. Lines that the edit does not change stay the file's own.
fn by_lines(text: &str, old: &str, new: &str) -> Result<Replaced, Miss> {
    let lines: Vec<_> = text.split_inclusive('\n').collect();
    let wanted: Vec<_> = old.lines().map(str::trim_end).collect();
    let fits = |start: usize| lines[start..].iter().zip(&wanted).all(|(line, want)| line.trim_end() == *want);
    let starts: Vec<_> = match wanted.len() {
        count if count <= lines.len() => {
            (0..=lines.len() - count).filter(|start| fits(*start)).take(TOLD + 1).collect()
        }
        _ => Vec::new(),
    };
    let start = match starts.as_slice() {
        [start] if wanted.iter().any(|line| !line.is_empty()) => *start,
        [] | [_] => return Err(missed(text, &lines, &wanted, new)),
        several => return Err(ambiguous(text, several.iter().map(|start| start + 1))),
    };
    let here = &lines[start..start + wanted.len()];
    let place = |line: usize| lines[..line].iter().map(|line| line.len()).sum::<usize>();
    let put_there: Vec<_> = new.split_inclusive('\n').collect();
    let bare: Vec<_> = put_there.iter().map(|line| line.trim_end()).collect();
    let mut built = String::new();
    for op in capture_diff_slices(Algorithm::Myers, &wanted, &bare) {
        match op {
            DiffOp::Equal { old_index, len, .. } => {
                built.extend(here[old_index..old_index + len].iter().copied())
            }
            DiffOp::Delete { .. } => {}
            DiffOp::Insert { .. } | DiffOp::Replace { .. } => {
                built.extend(put_there[op.new_range()].iter().copied())
            }
        }
    }
    // The last line ends as it did in the file, unless the place goes away whole.
    let ended = here.last().is_some_and(|line| line.ends_with('\n'));
    if ended && !built.is_empty() && !built.ends_with('\n') {
        built.push('\n');
    }
    Ok(put(text, place(start), place(start + wanted.len()), &built, false))
}

fn ambiguous(text: &str, lines: impl Iterator<Item = usize>) -> Miss {
    let all: Vec<_> = text.lines().collect();
    let places = lines
        .take(TOLD)
        .map(|line| (line, all.get(line - 1).map(|text| shown(text)).unwrap_or_default()))
        .collect();
    Miss::Ambiguous { places }
}

/// Nothing fits: where it nearly does, and what differs there first.
fn missed(text: &str, lines: &[&str], wanted: &[&str], new: &str) -> Miss {
    if new.trim().len() >= TELLING {
        let mut there = occurrences(text, new);
        if let (Some(at), None) = (there.next(), there.next()) {
            return Miss::Already { line: line_at(text, at) };
        }
    }
    let same = |at: usize, want: &str| lines.get(at).is_some_and(|line| line.trim() == want.trim());
    let skip = wanted.iter().take_while(|line| line.trim().is_empty()).count();
    let wanted = &wanted[skip..];
    let run = |start: usize| wanted.iter().enumerate().take_while(|(n, want)| same(start + n, want)).count();
    let best = (0..lines.len())
        .map(|start| (run(start), start))
        .filter(|(run, _)| *run > 0)
        .max_by_key(|(run, start)| (*run, usize::MAX - start));
    let Some((run, start)) = best else { return Miss::Nowhere };
    // All lines are there by their words: then the blanks before them differ, and the first such line is the place.
    let blanks = || (0..wanted.len()).find(|n| lines[start + n].trim_end() != wanted[*n]).unwrap_or(0);
    let offset = if run == wanted.len() { blanks() } else { run };
    let line = start + offset;
    let from = line.saturating_sub(AROUND / 2);
    let around = (from..(line + AROUND / 2).min(lines.len()))
        .map(|n| format!("{}\t{}", n + 1, shown(lines[n])))
        .collect::<Vec<_>>()
        .join("\n");
    Miss::Diverges {
        line: line + 1,
        wrote: shown(wanted[offset]),
        has: lines.get(line).map_or_else(|| "(the end of the file)".into(), |text| shown(text)),
        around,
    }
}

fn shown(line: &str) -> String {
    super::read::cut(line.trim_end(), 200)
}
