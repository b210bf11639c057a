//! What a model wrote, read into one intermediate form whatever the format: [`FileEdit`]s.
//!
//! Reads unified diffs, SEARCH/REPLACE blocks, the `*** Begin Patch` format, str_replace tool calls and whole files, with
//! or without fences, prose, JSON or heredoc wrapping. The format is recognised by content. Line numbers and counts are
//! hints: the body decides what changes, and where it goes is [`super::locate`]'s to prove.

mod begin_patch;
mod elision;
mod envelope;
mod search_replace;
mod str_replace;
mod stream;
mod unified;
mod whole;

pub use elision::is_elision;
pub use stream::{Progress, Stream};

use super::diff;
use super::refusal::{Refusal, RefusalCode};
use std::collections::HashSet;

/// One line of a hunk, without its line end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    pub kind: LineKind,
    pub text: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LineKind {
    Context,
    Delete,
    Insert,
}

impl Line {
    pub(crate) fn new(kind: LineKind, text: impl Into<String>) -> Self {
        Self { kind, text: text.into() }
    }
    /// Whether the line stands in the file before the change.
    pub(crate) fn is_old(&self) -> bool {
        self.kind != LineKind::Insert
    }
}

/// One change as written, before its place is known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReplyHunk {
    pub lines: Vec<Line>,
    /// Whether `lines` has the blanks in front of context as text, because a line without any prefix is among them.
    pub unprefixed: bool,
    /// The same lines read another way, where a missing prefix leaves two readings: tried when it fits the file better.
    pub other_reading: Option<Vec<Line>>,
    /// The line number that the reply claims, from 1.
    pub hint: Option<usize>,
    /// The heading after `@@`: an enclosing definition.
    pub section: String,
    /// Old and new line counts that the reply claims.
    pub counts: Option<(usize, usize)>,
    /// What the reply's `\ No newline at end of file` marks say of the new file's end; nothing when they say nothing.
    pub final_newline: Option<bool>,
}

/// What is to happen to one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileEdit {
    /// As written; nothing when the reply names no file.
    pub path: Option<String>,
    /// The other name a diff header gave (`---`), tried when `path` is not known.
    pub other_path: Option<String>,
    pub act: Act,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    Edit {
        hunks: Vec<ReplyHunk>,
        move_to: Option<String>,
    },
    Create {
        lines: Vec<String>,
        final_newline: bool,
    },
    /// `expected`: the lines that the reply believes the file has, when it says so.
    Delete {
        expected: Vec<String>,
    },
    /// The whole file anew.
    Whole {
        lines: Vec<String>,
    },
    /// One exact piece of text for another, possibly within a line.
    Replace {
        old: String,
        new: String,
    },
}

/// The largest reply that is read, in bytes; out of its envelope it may have [`MAX_LINES`](super::diff::MAX_LINES).
pub const MAX_REPLY: usize = 8 << 20;

/// Reads a complete reply. An answer without any edit is [`RefusalCode::Malformed`].
pub fn read(reply: &str) -> Result<Vec<FileEdit>, Refusal> {
    if reply.len() > MAX_REPLY {
        let why = format!("the reply has {} bytes; {MAX_REPLY} are read at most", reply.len());
        return Err(Refusal::new(RefusalCode::Malformed, why));
    }
    let text = match envelope::open(reply) {
        envelope::Inside::Tool { path, old, new } => {
            check_lines(old.matches('\n').count() + new.matches('\n').count())?;
            return Ok(vec![str_replace::read(path, old, new)]);
        }
        envelope::Inside::Text(text) => text,
    };
    let lines: Vec<&str> = text.split('\n').collect();
    check_lines(lines.len())?;
    let (format, mark) = Format::first(&lines);
    if is_file_with_marks(&lines[..mark]) {
        let why = "the code fence may be a change or a file that shows one: send the change alone";
        return Err(Refusal::new(RefusalCode::Malformed, why));
    }
    read_as(format, &text)
}

fn check_lines(lines: usize) -> Result<(), Refusal> {
    if lines <= diff::MAX_LINES {
        return Ok(());
    }
    let why = format!("the reply has {lines} lines; {} are read at most", diff::MAX_LINES);
    Err(Refusal::new(RefusalCode::Malformed, why))
}

/// Whether a fence opens in `before` and has text of its own already: more than a change's headers and a path or command.
fn is_file_with_marks(before: &[&str]) -> bool {
    const HEADERS: [&str; 11] = [
        "diff ",
        "index ",
        "--- ",
        "+++ ",
        "new ",
        "deleted ",
        "old ",
        "similarity ",
        "rename ",
        "Index: ",
        "=====",
    ];
    let is_fence = |line: &&str| line.starts_with("```") || line.starts_with("~~~");
    let fences = before.iter().filter(|line| is_fence(line)).count();
    let Some(open) = before.iter().rposition(is_fence).filter(|_| fences % 2 == 1) else {
        return false;
    };
    let is_text =
        |line: &&&str| !line.trim().is_empty() && !HEADERS.iter().any(|header| line.starts_with(header));
    let mut text = before[open + 1..].iter().filter(is_text);
    match (text.next(), text.next()) {
        (None, _) => false,
        (Some(only), None) => !only.contains(['.', '/']) && !only.contains("apply_patch"),
        (Some(_), Some(_)) => true,
    }
}

/// The forms that text is read in. A str_replace tool call is known by its envelope.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    BeginPatch,
    SearchReplace,
    Unified,
    Whole,
}

impl Format {
    /// The form of `text` by its content.
    pub fn of(text: &str) -> Self {
        Self::first(&text.split('\n').collect::<Vec<_>>()).0
    }

    /// The form whose mark comes first, and where that is: marks after it may be text of the files.
    fn first(lines: &[&str]) -> (Self, usize) {
        let marks = [
            (begin_patch::first_mark(lines), Self::BeginPatch),
            (search_replace::first_mark(lines), Self::SearchReplace),
            (unified::first_mark(lines), Self::Unified),
        ];
        let found = marks.into_iter().filter_map(|(at, format)| Some((format, at?)));
        found.min_by_key(|(_, at)| *at).unwrap_or((Self::Whole, 0))
    }
}

/// Reads `text`, which is out of its envelope, in one form.
pub fn read_as(format: Format, text: &str) -> Result<Vec<FileEdit>, Refusal> {
    let lines: Vec<&str> = text.split('\n').collect();
    let Reading { edits, beside } = match format {
        Format::BeginPatch => begin_patch::read(&lines)?,
        Format::SearchReplace => search_replace::read(&lines)?,
        Format::Unified => unified::read(&lines)?,
        Format::Whole => Reading { edits: whole::read(&lines)?, beside: Vec::new() },
    };
    if edits.is_empty() {
        return Err(Refusal::new(RefusalCode::Malformed, "the reply has no edit in any known form"));
    }
    match left_out(&edits, &beside) {
        Some(what) => Err(Refusal::new(
            RefusalCode::Malformed,
            format!(
                "the change is in several forms, and {what} would be left out: send all of it in one form"
            ),
        )),
        None => Ok(edits),
    }
}

/// A reply read in one form.
struct Reading<'a> {
    edits: Vec<FileEdit>,
    /// The lines that are no part of an edit.
    beside: Vec<&'a str>,
}

/// What looks like a change beside the one that was read. A file that the change edits is shown there, not written anew.
fn left_out(edits: &[FileEdit], beside: &[&str]) -> Option<String> {
    let (format, mark) = Format::first(beside);
    if format != Format::Whole {
        return Some(format!("what begins with `{}`", beside[mark].trim_end()));
    }
    let edited: HashSet<&str> = edits
        .iter()
        .flat_map(|edit| [&edit.path, &edit.other_path])
        .flatten()
        .map(|path| without_side(path))
        .collect();
    let has_text =
        |act: &Act| matches!(act, Act::Whole { lines } if lines.iter().any(|line| !line.trim().is_empty()));
    let shown = whole::read(beside).unwrap_or_default().into_iter().filter(|file| has_text(&file.act));
    let mut paths = shown.filter_map(|file| file.path);
    paths.find(|path| !edited.contains(without_side(path))).map(|path| format!("the file `{path}`"))
}

/// A path without the side that a diff puts in front of it.
fn without_side(path: &str) -> &str {
    ["a/", "b/"].iter().find_map(|side| path.strip_prefix(side)).unwrap_or(path)
}

/// A path as a person or a model writes it: quotes, stars, a time stamp or a colon behind it taken off.
fn clean_path(text: &str) -> String {
    let text = text.split('\t').next().unwrap_or(text).trim();
    let text = text.trim_matches(|c| matches!(c, '"' | '`' | '*')).trim_end_matches(':').trim();
    text.to_string()
}

/// A line diff of `old` against `new` as hunk lines: equal lines become context.
fn diff_lines(old: &[&str], new: &[&str]) -> Result<Vec<Line>, Refusal> {
    if diff::work(old, new) > diff::MAX_WORK {
        let why = "a replaced text is too large to compare: send smaller ones";
        return Err(Refusal::new(RefusalCode::Malformed, why));
    }
    let mut lines = Vec::with_capacity(old.len() + new.len());
    for op in similar::capture_diff_slices(similar::Algorithm::Myers, old, new) {
        let (tag, before, after) = op.as_tag_tuple();
        if tag == similar::DiffTag::Equal {
            lines.extend(old[before].iter().map(|text| Line::new(LineKind::Context, *text)));
        } else {
            lines.extend(old[before].iter().map(|text| Line::new(LineKind::Delete, *text)));
            lines.extend(new[after].iter().map(|text| Line::new(LineKind::Insert, *text)));
        }
    }
    Ok(lines)
}

/// A hunk from the text before and after. Where every old line carries a number, another reading is without the numbers,
/// which become the hint.
pub(crate) fn pair_hunk(old: &[&str], new: &[&str]) -> Result<ReplyHunk, Refusal> {
    let lines = diff_lines(old, new)?;
    let bare =
        numbered(old).and_then(|(first, bare)| Some((first, renumbered(first, old, &bare, new)?, bare)));
    let Some((hint, new, old)) = bare else { return Ok(ReplyHunk { lines, ..ReplyHunk::default() }) };
    let other_reading = Some(diff_lines(&old, &new)?);
    Ok(ReplyHunk { lines, other_reading, hint: Some(hint), ..ReplyHunk::default() })
}

/// The new lines without the numbers that were copied with the old ones: those of lines of the old text, and those that
/// count on where every line has one. Nothing where another number may be a line's own.
fn renumbered<'a>(first: usize, old: &[&str], bare: &[&str], new: &[&'a str]) -> Option<Vec<&'a str>> {
    let split: Vec<Option<(usize, &'a str)>> = new.iter().map(|line| split_number(line)).collect();
    let all = split.iter().all(Option::is_some);
    let own = bare.iter().any(|line| split_number(line).is_some());
    let old: HashSet<&str> = old.iter().copied().collect();
    let mut next = first;
    let mut lines = Vec::with_capacity(new.len());
    for (line, split) in new.iter().zip(split) {
        let Some((number, text)) = split else {
            lines.push(*line);
            continue;
        };
        // Text that has numbers of its own shows one more where a number was copied.
        let counts_on = all && number == next && (!own || split_number(text).is_some());
        if !counts_on && !old.contains(line) {
            return None;
        }
        next = number + 1;
        lines.push(text);
    }
    Some(lines)
}

/// Two or more lines that all carry consecutive numbers, without them.
fn numbered<'a>(lines: &[&'a str]) -> Option<(usize, Vec<&'a str>)> {
    let split: Vec<(usize, &str)> = lines.iter().map(|line| split_number(line)).collect::<Option<_>>()?;
    let consecutive = split.windows(2).all(|pair| pair[1].0 == pair[0].0 + 1);
    (split.len() >= 2 && consecutive).then(|| (split[0].0, split.iter().map(|(_, text)| *text).collect()))
}

/// `12\ttext`, `12 | text`, `12: text` or `12→text`.
fn split_number(line: &str) -> Option<(usize, &str)> {
    let line = line.trim_start();
    let digits = line.len() - line.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let number = line[..digits].parse().ok()?;
    let rest = &line[digits..];
    ["\t", " | ", ": ", "→"].iter().find_map(|mark| rest.strip_prefix(mark)).map(|text| (number, text))
}
