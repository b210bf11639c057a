//! The `*** Begin Patch` format of OpenAI's apply_patch: file operations, `@@` headings, prefixed lines.

use super::unified::{fill, hunk_header};
use super::{Act, FileEdit, Reading, Refusal, RefusalCode, ReplyHunk};

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

/// Reads every patch of the reply; one may lack its `*** Begin Patch`.
pub(super) fn read<'a>(lines: &[&'a str]) -> Result<Reading<'a>, Refusal> {
    let (begins, ends) = (Marks::of(lines, "*** Begin Patch"), Marks::of(lines, "*** End Patch"));
    let last_operation = lines.iter().rposition(|line| operation(line).is_some()).unwrap_or(0);
    let (mut edits, mut beside) = (Vec::new(), Vec::new());
    let mut at = 0;
    while edits.is_empty() || begins.first_from(at).is_some() || at <= last_operation {
        let begin = match begins.first_from(at) {
            Some(mark) if !lines[at..mark].iter().any(|line| operation(line).is_some()) => {
                beside.extend_from_slice(&lines[at..mark]);
                mark + 1
            }
            _ => at,
        };
        let Some(end) = ends.first_from(begin) else {
            let why = "there is no `*** End Patch`: the reply was cut off";
            return Err(Refusal::new(RefusalCode::Truncated, why));
        };
        let read = read_one(&lines[begin..end]);
        if read.is_empty() {
            break;
        }
        edits.extend(read);
        at = end + 1;
    }
    beside.extend_from_slice(&lines[at..]);
    Ok(Reading { edits, beside })
}

/// The lines that are one mark; those with blanks in front, which may be text of a file, count only where no other follows.
struct Marks {
    exact: Vec<usize>,
    indented: Vec<usize>,
}

impl Marks {
    fn of(lines: &[&str], mark: &str) -> Self {
        let all = (0..lines.len()).filter(|at| lines[*at].trim() == mark);
        let (exact, indented) = all.partition(|at| lines[*at].starts_with(mark));
        Self { exact, indented }
    }

    fn first_from(&self, at: usize) -> Option<usize> {
        let first = |marks: &[usize]| marks.get(marks.partition_point(|mark| *mark < at)).copied();
        first(&self.exact).or_else(|| first(&self.indented))
    }
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
