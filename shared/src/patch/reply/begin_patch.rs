//! The `*** Begin Patch` format of OpenAI's apply_patch: file operations, `@@` headings, prefixed lines.

use super::unified::{fill, hunk_header};
use super::{Act, FileEdit, Refusal, RefusalCode, ReplyHunk};

pub(super) fn first_mark(lines: &[&str]) -> Option<usize> {
    lines.iter().position(|line| line.trim().starts_with("*** Begin Patch") || operation(line).is_some())
}

pub(super) enum Operation {
    Update,
    Add,
    Delete,
}

pub(super) fn operation(line: &str) -> Option<(Operation, &str)> {
    let rest = line.strip_prefix("*** ")?;
    [
        ("Update File: ", Operation::Update),
        ("Add File: ", Operation::Add),
        ("Delete File: ", Operation::Delete),
    ]
    .into_iter()
    .find_map(|(name, operation)| rest.strip_prefix(name).map(|path| (operation, path.trim())))
}

/// Reads every patch of the reply; the first may lack its `*** Begin Patch`.
pub(super) fn read(lines: &[&str]) -> Result<Vec<FileEdit>, Refusal> {
    let mut edits = Vec::new();
    let mut rest = lines;
    while edits.is_empty()
        || mark(rest, "*** Begin Patch").is_some()
        || rest.iter().any(|l| operation(l).is_some())
    {
        let begin = mark(rest, "*** Begin Patch").map_or(0, |at| at + 1);
        let Some(length) = mark(&rest[begin..], "*** End Patch") else {
            let why = "there is no `*** End Patch`: the reply was cut off";
            return Err(Refusal::new(RefusalCode::Truncated, why));
        };
        let read = read_one(&rest[begin..begin + length]);
        if read.is_empty() {
            break;
        }
        edits.extend(read);
        rest = &rest[begin + length + 1..];
    }
    Ok(edits)
}

/// The first line that is `mark`; one with blanks in front of it, which may be text of a file, only when no other is.
fn mark(lines: &[&str], mark: &str) -> Option<usize> {
    let exact = lines.iter().position(|line| line.trim_end() == mark);
    exact.or_else(|| lines.iter().position(|line| line.trim() == mark))
}

pub(super) fn read_one(lines: &[&str]) -> Vec<FileEdit> {
    let mut edits: Vec<FileEdit> = Vec::new();
    let mut raw: Vec<(ReplyHunk, Vec<&str>)> = Vec::new();
    for line in lines {
        if let Some((operation, path)) = operation(line) {
            close(&mut edits, &mut raw);
            let act = match operation {
                Operation::Update => Act::Edit { hunks: Vec::new(), move_to: None },
                Operation::Add => Act::Create { lines: Vec::new(), final_newline: true },
                Operation::Delete => Act::Delete { expected: Vec::new() },
            };
            edits.push(FileEdit { path: Some(path.into()), other_path: None, act });
            continue;
        }
        let Some(edit) = edits.last_mut() else { continue };
        match &mut edit.act {
            Act::Edit { move_to, .. } => {
                if let Some(to) = line.strip_prefix("*** Move to: ") {
                    *move_to = Some(to.trim().into());
                } else if line.starts_with("*** End of File") {
                    // Says where the hunk ends; its lines say so too.
                } else if line.starts_with("@@") {
                    raw.push((hunk_header(line), Vec::new()));
                } else {
                    if raw.is_empty() {
                        raw.push((ReplyHunk::default(), Vec::new()));
                    }
                    raw.last_mut().expect("it was just filled").1.push(line);
                }
            }
            Act::Create { lines, .. } => lines.push(line.strip_prefix('+').unwrap_or(line).into()),
            Act::Delete { .. } | Act::Whole { .. } | Act::Replace { .. } => {}
        }
    }
    close(&mut edits, &mut raw);
    edits
}

/// Gives the hunks read so far to the edit that they belong to.
fn close(edits: &mut [FileEdit], raw: &mut Vec<(ReplyHunk, Vec<&str>)>) {
    let read = raw.drain(..).map(|(hunk, lines)| fill(hunk, lines)).filter(|hunk| !hunk.lines.is_empty());
    if let Some(FileEdit { act: Act::Edit { hunks, .. }, .. }) = edits.last_mut() {
        hunks.extend(read);
    }
}
