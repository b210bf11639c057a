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
mod unified;
mod whole;

pub use elision::is_elision;

use super::refusal::{Refusal, RefusalCode};

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

/// The largest reply that is read, in bytes.
pub const MAX_REPLY: usize = 8 << 20;

/// Reads a complete reply. An answer without any edit is [`RefusalCode::Malformed`].
pub fn read(reply: &str) -> Result<Vec<FileEdit>, Refusal> {
    if reply.len() > MAX_REPLY {
        let why = format!("the reply has {} bytes; {MAX_REPLY} are read at most", reply.len());
        return Err(Refusal::new(RefusalCode::Malformed, why));
    }
    let text = match envelope::open(reply) {
        envelope::Inside::Tool { path, old, new } => return Ok(vec![str_replace::read(path, old, new)]),
        envelope::Inside::Text(text) => text,
    };
    let lines: Vec<&str> = text.split('\n').collect();
    let edits = if begin_patch::is_one(&lines) {
        begin_patch::read(&lines)?
    } else if search_replace::is_one(&lines) {
        search_replace::read(&lines)?
    } else if unified::is_one(&lines) {
        unified::read(&lines)?
    } else {
        whole::read(&lines)?
    };
    if edits.is_empty() {
        return Err(Refusal::new(RefusalCode::Malformed, "the reply has no edit in any known form"));
    }
    Ok(edits)
}

/// A path as a person or a model writes it: quotes, stars, a time stamp or a colon behind it taken off.
fn clean_path(text: &str) -> String {
    let text = text.split('\t').next().unwrap_or(text).trim();
    let text = text.trim_matches(|c| matches!(c, '"' | '`' | '*')).trim_end_matches(':').trim();
    text.to_string()
}

/// A line diff of `old` against `new` as hunk lines: equal lines become context.
fn diff_lines(old: &[&str], new: &[&str]) -> Vec<Line> {
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
    lines
}

/// A hunk from the text before and after. Line numbers copied in front of every old line are taken off and become the hint.
pub(crate) fn pair_hunk(old: &[&str], new: &[&str]) -> ReplyHunk {
    match numbered(old) {
        Some((first, old)) => {
            let new: Vec<&str> =
                new.iter().map(|line| split_number(line).map_or(*line, |(_, text)| text)).collect();
            ReplyHunk { lines: diff_lines(&old, &new), hint: Some(first), ..ReplyHunk::default() }
        }
        None => ReplyHunk { lines: diff_lines(old, new), ..ReplyHunk::default() },
    }
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
