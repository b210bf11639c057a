//! The `*** Begin Patch` format of OpenAI's apply_patch: file operations, `@@` headings, prefixed lines.

use super::unified::{fill, hunk_header};
use super::{Act, FileEdit, Refusal, RefusalCode, ReplyHunk};

pub(super) fn is_one(lines: &[&str]) -> bool {
    lines.iter().any(|line| line.trim().starts_with("*** Begin Patch") || operation(line).is_some())
}

enum Operation {
    Update,
    Add,
    Delete,
}

fn operation(line: &str) -> Option<(Operation, &str)> {
    let rest = line.strip_prefix("*** ")?;
    [
        ("Update File: ", Operation::Update),
        ("Add File: ", Operation::Add),
        ("Delete File: ", Operation::Delete),
    ]
    .into_iter()
    .find_map(|(name, operation)| rest.strip_prefix(name).map(|path| (operation, path.trim())))
}

pub(super) fn read(lines: &[&str]) -> Result<Vec<FileEdit>, Refusal> {
    let begin = lines.iter().position(|line| line.trim() == "*** Begin Patch").map_or(0, |at| at + 1);
    let Some(length) = lines[begin..].iter().position(|line| line.trim() == "*** End Patch") else {
        return Err(Refusal::new(
            RefusalCode::Truncated,
            "there is no `*** End Patch`: the reply was cut off",
        ));
    };
    let mut edits: Vec<FileEdit> = Vec::new();
    let mut raw: Vec<(ReplyHunk, Vec<&str>)> = Vec::new();
    for line in &lines[begin..begin + length] {
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
    Ok(edits)
}

/// Gives the hunks read so far to the edit that they belong to.
fn close(edits: &mut [FileEdit], raw: &mut Vec<(ReplyHunk, Vec<&str>)>) {
    let read = raw.drain(..).map(|(hunk, lines)| fill(hunk, lines)).filter(|hunk| !hunk.lines.is_empty());
    if let Some(FileEdit { act: Act::Edit { hunks, .. }, .. }) = edits.last_mut() {
        hunks.extend(read);
    }
}
