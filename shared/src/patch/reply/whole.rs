//! A whole file in a fence, with its path in front of it or in the fence's info string.

use super::{Act, FileEdit, Refusal, RefusalCode, clean_path};

pub(super) fn read(lines: &[&str]) -> Result<Vec<FileEdit>, Refusal> {
    let mut edits = Vec::new();
    let mut at = 0;
    while at < lines.len() {
        let ticks = lines[at].bytes().take_while(|b| *b == b'`').count();
        if ticks < 3 {
            at += 1;
            continue;
        }
        let fence = &lines[at][..ticks];
        let body = &lines[at + 1..];
        let close =
            body.iter().position(|line| line.strip_prefix(fence).is_some_and(|rest| rest.trim().is_empty()));
        let Some(close) = close else {
            return Err(Refusal::new(
                RefusalCode::Truncated,
                "the code fence is never closed: the reply was cut off",
            ));
        };
        if let Some(path) = path_of(&lines[at][ticks..], &lines[..at]) {
            let lines = body[..close].iter().map(|line| String::from(*line)).collect();
            edits.push(FileEdit { path: Some(path), other_path: None, act: Act::Whole { lines } });
        }
        at += close + 2;
    }
    Ok(edits)
}

/// The file that a fence holds, by its info string or the lines above it.
pub(super) fn path_of(info: &str, above: &[&str]) -> Option<String> {
    path_in_info(info).or_else(|| path_before(above))
}

/// `tsx title="src/App.tsx"` or `tsx:src/App.tsx`.
fn path_in_info(info: &str) -> Option<String> {
    if let Some((_, rest)) = info.split_once("title=\"") {
        return rest.split('"').next().map(clean_path);
    }
    let (_, path) = info.split_once(':')?;
    let path = path.split_whitespace().next()?;
    Some(clean_path(path))
}

/// A line with nothing but a path above the fence, blank lines between allowed.
fn path_before(above: &[&str]) -> Option<String> {
    let line = above.iter().rev().find(|line| !line.trim().is_empty())?.trim();
    let line = line.trim_start_matches('#').trim();
    let path = clean_path(line.trim_matches(|c| matches!(c, '*' | '`' | ':')));
    let is_path =
        path.contains(['.', '/']) && path.chars().all(|c| c.is_alphanumeric() || "./@-_+[]()".contains(c));
    is_path.then_some(path)
}
