//! Unified diffs as models write them: wrong or missing numbers and counts, bare `@@`, git headers, several files,
//! missing prefixes. Counts and numbers are kept as hints only.

use super::{Act, FileEdit, Line, LineKind, Reading, Refusal, RefusalCode, ReplyHunk, clean_path};

pub(super) fn first_mark(lines: &[&str]) -> Option<usize> {
    (0..lines.len()).find(|at| {
        let next = lines.get(at + 1).copied().unwrap_or_default();
        lines[*at].starts_with("@@")
            || lines[*at].starts_with("rename from ")
            || (lines[*at].starts_with("--- ") && next.starts_with("+++ "))
    })
}

pub(super) fn read<'a>(lines: &[&'a str]) -> Result<Reading<'a>, Refusal> {
    let Fenced { inside, beside, closed } = inside_fences(lines);
    let files = read_files(&inside);
    if !closed && files.last().is_some_and(|file| !file.hunks.is_empty()) {
        return Err(Refusal::new(
            RefusalCode::Truncated,
            "the code fence is never closed: the reply was cut off",
        ));
    }
    Ok(Reading { edits: files.into_iter().map(Raw::into_edit).collect(), beside })
}

fn read_files<'a>(lines: &[&'a str]) -> Vec<Raw<'a>> {
    let mut files: Vec<Raw<'_>> = Vec::new();
    let mut rename: (Option<String>, Option<String>) = (None, None);
    let mut in_header = true;
    let mut at = 0;
    while at < lines.len() {
        let line = lines[at];
        let next = lines.get(at + 1).copied().unwrap_or_default();
        if line.starts_with("diff --git") {
            flush_rename(&mut files, &mut rename);
            in_header = true;
        } else if let (true, Some(from)) = (in_header, line.strip_prefix("rename from ")) {
            rename.0 = Some(clean_path(from));
        } else if let (true, Some(to)) = (in_header, line.strip_prefix("rename to ")) {
            rename.1 = Some(clean_path(to));
        } else if let (Some(old), Some(new)) = (line.strip_prefix("--- "), next.strip_prefix("+++ ")) {
            let (from, to) = (rename.0.take(), rename.1.take());
            files.push(Raw { old: clean_path(old), new: clean_path(new), from, to, hunks: Vec::new() });
            in_header = false;
            at += 1;
        } else if line.starts_with("@@") {
            if files.is_empty() || (in_header && files.last().is_some_and(|file| !file.hunks.is_empty())) {
                files.push(Raw::default());
            }
            in_header = false;
            files.last_mut().expect("there is one").hunks.push((hunk_header(line), Vec::new()));
        } else if !in_header && let Some(file) = files.last_mut() {
            if file.hunks.is_empty() {
                file.hunks.push((ReplyHunk::default(), Vec::new()));
            }
            file.hunks.last_mut().expect("there is one").1.push(line);
        }
        at += 1;
    }
    flush_rename(&mut files, &mut rename);
    files
}

/// Reads lines that are out of their fences.
pub(super) fn read_bare(lines: &[&str]) -> Vec<FileEdit> {
    read_files(lines).into_iter().map(Raw::into_edit).collect()
}

/// One file's part of a diff, as written.
#[derive(Default)]
struct Raw<'a> {
    old: String,
    new: String,
    from: Option<String>,
    to: Option<String>,
    hunks: Vec<(ReplyHunk, Vec<&'a str>)>,
}

/// A rename without any hunk still is a change.
fn flush_rename(files: &mut Vec<Raw<'_>>, rename: &mut (Option<String>, Option<String>)) {
    if let (Some(from), Some(to)) = (rename.0.take(), rename.1.take()) {
        files.push(Raw { from: Some(from), to: Some(to), ..Raw::default() });
    }
}

impl Raw<'_> {
    fn into_edit(self) -> FileEdit {
        const NOTHING: &str = "/dev/null";
        let hunks: Vec<ReplyHunk> = self
            .hunks
            .into_iter()
            .map(|(hunk, raw)| fill(hunk, raw))
            .filter(|hunk| !hunk.lines.is_empty())
            .collect();
        let texts = |kind: LineKind| -> Vec<String> {
            let lines = hunks.iter().flat_map(|hunk| &hunk.lines);
            lines.filter(|line| line.kind == kind).map(|line| line.text.clone()).collect()
        };
        let named = |path: &str| (!path.is_empty()).then(|| path.to_string());
        if self.old == NOTHING {
            let final_newline = hunks.last().and_then(|hunk| hunk.final_newline).unwrap_or(true);
            let act = Act::Create { lines: texts(LineKind::Insert), final_newline };
            return FileEdit { path: named(&self.new), other_path: None, act };
        }
        if self.new == NOTHING {
            let expected = hunks.iter().flat_map(|hunk| &hunk.lines).map(|line| line.text.clone()).collect();
            return FileEdit { path: named(&self.old), other_path: None, act: Act::Delete { expected } };
        }
        let act = Act::Edit { hunks, move_to: self.to };
        match self.from {
            Some(from) => FileEdit { path: Some(from), other_path: named(&self.old), act },
            None => FileEdit { path: named(&self.new), other_path: named(&self.old), act },
        }
    }
}

/// A reply parted by its fences.
struct Fenced<'a> {
    /// The lines of the fences that hold a diff; all from the first mark on where none does.
    inside: Vec<&'a str>,
    beside: Vec<&'a str>,
    /// Whether every fence is closed.
    closed: bool,
}

fn inside_fences<'a>(lines: &[&'a str]) -> Fenced<'a> {
    let (mut inside, mut beside) = (Vec::new(), Vec::new());
    let mut at = 0;
    while at < lines.len() {
        let Some(mark) = fence(lines[at]) else {
            beside.push(lines[at]);
            at += 1;
            continue;
        };
        let body = &lines[at + 1..];
        let close = body.iter().position(|line| closes(line, mark));
        let inner = &body[..close.unwrap_or(body.len())];
        let after = (at + inner.len() + 2).min(lines.len());
        if inner.iter().any(|line| is_of_diff(line)) {
            inside.extend_from_slice(inner);
        } else {
            beside.extend_from_slice(&lines[at..after]);
        }
        if close.is_none() {
            return Fenced { inside, beside, closed: false };
        }
        at = after;
    }
    if inside.is_empty() {
        // Headers of git may stand before the first mark.
        let mark = first_mark(lines).unwrap_or(0);
        return Fenced { inside: lines.to_vec(), beside: lines[..mark].to_vec(), closed: true };
    }
    Fenced { inside, beside, closed: true }
}

/// Whether a fence with this line in it holds a diff.
pub(super) fn is_of_diff(line: &str) -> bool {
    ["@@", "--- ", "rename "].iter().any(|mark| line.starts_with(mark))
}

/// The mark that opens a fence on this line.
pub(super) fn fence(line: &str) -> Option<&str> {
    let mark = line.chars().next().filter(|c| matches!(c, '`' | '~'))?;
    let text = line.trim_start_matches(mark);
    let count = line.len() - text.len();
    (count >= 3 && text.trim_end().chars().all(|c| c.is_alphanumeric() || c == '_')).then_some(&line[..count])
}

pub(super) fn closes(line: &str, mark: &str) -> bool {
    line.strip_prefix(mark).is_some_and(|rest| rest.trim().is_empty())
}

/// `@@ -12,3 +14,4 @@ section`, `@@ section`, or `@@` alone.
pub(super) fn hunk_header(line: &str) -> ReplyHunk {
    let rest = line.trim_start_matches('@').trim_start();
    let bare = || ReplyHunk {
        section: rest.trim_matches(|c| matches!(c, '@' | ' ' | '.' | '-' | '+' | ',')).into(),
        ..ReplyHunk::default()
    };
    let mut words = rest.splitn(3, ' ');
    let (Some(old), Some(new)) =
        (words.next().and_then(|w| range(w, '-')), words.next().and_then(|w| range(w, '+')))
    else {
        return bare();
    };
    let section = rest.split_once("@@").map_or("", |(_, section)| section).trim().into();
    ReplyHunk { hint: Some(old.0), counts: Some((old.1, new.1)), section, ..ReplyHunk::default() }
}

/// `-12,3` → `(12, 3)`; a missing count is 1.
fn range(word: &str, sign: char) -> Option<(usize, usize)> {
    let word = word.strip_prefix(sign)?.trim_end_matches('@');
    let (start, count) = word.split_once(',').unwrap_or((word, "1"));
    Some((start.parse().ok()?, count.parse().ok()?))
}

/// Reads a hunk's raw lines. Where one has no known prefix, blanks in front of the others are text of theirs in the first
/// reading and prefixes in the second; else the other way round.
pub(super) fn fill(mut hunk: ReplyHunk, mut raw: Vec<&str>) -> ReplyHunk {
    while raw.last() == Some(&"") {
        raw.pop();
    }
    hunk.unprefixed =
        raw.iter().any(|line| !line.is_empty() && !line.starts_with([' ', '+', '-', '\\', '\t']));
    hunk.lines = read_lines(&raw, hunk.unprefixed);
    hunk.other_reading = Some(read_lines(&raw, !hunk.unprefixed)).filter(|other| *other != hunk.lines);
    hunk.final_newline = final_newline(&raw);
    hunk
}

fn read_lines(raw: &[&str], keep_blank: bool) -> Vec<Line> {
    let mut lines = Vec::with_capacity(raw.len());
    for line in raw {
        match line.as_bytes().first() {
            None => lines.push(Line::new(LineKind::Context, "")),
            Some(b'+') => lines.push(Line::new(LineKind::Insert, &line[1..])),
            Some(b'-') => lines.push(Line::new(LineKind::Delete, &line[1..])),
            Some(b'\\') => {}
            Some(b' ') if !keep_blank => lines.push(Line::new(LineKind::Context, &line[1..])),
            Some(_) => lines.push(Line::new(LineKind::Context, *line)),
        }
    }
    lines
}

/// What `\ No newline at end of file` marks say of the new file's end.
fn final_newline(raw: &[&str]) -> Option<bool> {
    let marked = |sign: char| {
        raw.windows(2)
            .any(|pair| pair[1].starts_with('\\') && (pair[0].starts_with(sign) || pair[0].starts_with(' ')))
    };
    match (marked('-'), marked('+')) {
        (_, true) => Some(false),
        (true, false) => Some(true),
        (false, false) => None,
    }
}
