//! An edit of one file as a model would write it, in each format: the test's own writer, so that the readers have something
//! to be held against.

use std::fmt::Write as _;

/// A line of a hunk: `' '`, `'-'` or `'+'`, and its text without the line end.
pub(crate) type Op = (char, String);

/// A hunk: its first line in the file, from 0, and its lines.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Hunk {
    pub(crate) start: usize,
    pub(crate) ops: Vec<Op>,
}

impl Hunk {
    pub(crate) fn side(&self, sign: char) -> Vec<&str> {
        self.ops.iter().filter(|(s, _)| *s == ' ' || *s == sign).map(|(_, text)| text.as_str()).collect()
    }
    pub(crate) fn before(&self) -> Vec<&str> {
        self.side('-')
    }
    pub(crate) fn after(&self) -> Vec<&str> {
        self.side('+')
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Form {
    /// A unified diff with git's headers.
    Git,
    /// A unified diff with `---` and `+++` only.
    Unified,
    SearchReplace,
    BeginPatch,
    StrReplace,
    Whole,
}

impl Form {
    pub(crate) const ALL: [Self; 6] =
        [Self::Git, Self::Unified, Self::SearchReplace, Self::BeginPatch, Self::StrReplace, Self::Whole];

    pub(crate) fn is_diff(self) -> bool {
        matches!(self, Self::Git | Self::Unified)
    }
}

/// The heads that a diff's hunks get.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Head {
    /// `@@ -3,4 +3,5 @@`, with this added to the line numbers and to the counts.
    Numbers { shift: isize, counts: usize },
    /// `@@ text`; `@@` alone when it is empty.
    Text(String),
    /// Only the first hunk has one.
    Forgotten,
}

pub(crate) const RIGHT: Head = Head::Numbers { shift: 0, counts: 0 };

/// One file's part of a reply. `after` is the file's new text without its final newline, for the form that needs it.
pub(crate) fn render(form: Form, path: &str, hunks: &[Hunk], head: &Head, after: &[String]) -> String {
    match form {
        Form::Git => format!(
            "diff --git a/{path} b/{path}\nindex 1111111..2222222 100644\n--- a/{path}\n+++ b/{path}\n{}",
            diff(hunks, head)
        ),
        Form::Unified => format!("--- {path}\n+++ {path}\n{}", diff(hunks, head)),
        Form::SearchReplace => hunks.iter().map(|hunk| block(path, hunk)).collect(),
        Form::BeginPatch => {
            let head = if matches!(head, Head::Numbers { .. }) { &Head::Text(String::new()) } else { head };
            format!("*** Begin Patch\n*** Update File: {path}\n{}*** End Patch\n", diff(hunks, head))
        }
        Form::StrReplace => {
            let (old, new) = (hunks[0].before().join("\n"), hunks[0].after().join("\n"));
            serde_json::json!({"path": path, "old_str": old, "new_str": new}).to_string()
        }
        Form::Whole => {
            let ticks = "`".repeat(3 + after.iter().filter(|line| line.starts_with("```")).count().min(1));
            format!("{path}\n{ticks}\n{}\n{ticks}\n", after.join("\n"))
        }
    }
}

fn block(path: &str, hunk: &Hunk) -> String {
    let text = |lines: Vec<&str>| lines.iter().map(|line| format!("{line}\n")).collect::<String>();
    format!(
        "{path}\n<<<<<<< SEARCH\n{}=======\n{}>>>>>>> REPLACE\n\n",
        text(hunk.before()),
        text(hunk.after())
    )
}

fn diff(hunks: &[Hunk], head: &Head) -> String {
    let mut out = String::new();
    for (number, hunk) in hunks.iter().enumerate() {
        match head {
            Head::Numbers { shift, counts } => {
                let (old, new) = (hunk.before().len(), hunk.after().len());
                let start = (hunk.start + usize::from(old > 0)).saturating_add_signed(*shift);
                let (old, new) = (old + counts, new + counts);
                writeln!(out, "@@ -{start},{old} +{start},{new} @@").unwrap();
            }
            Head::Text(text) if text.is_empty() => out.push_str("@@\n"),
            Head::Text(text) => writeln!(out, "@@ {text}").unwrap(),
            Head::Forgotten if number == 0 => out.push_str("@@\n"),
            Head::Forgotten => {}
        }
        for (sign, text) in &hunk.ops {
            writeln!(out, "{sign}{text}").unwrap();
        }
    }
    out
}

/// Changed runs with up to `context` lines around each, as hunks; near ones are one. `ops` is the whole file as one hunk.
pub(crate) fn cut(ops: &[Op], context: usize) -> Vec<Hunk> {
    let changed: Vec<usize> = (0..ops.len()).filter(|k| ops[*k].0 != ' ').collect();
    let mut spans: Vec<(usize, usize)> = Vec::new();
    for k in changed {
        let (from, to) = (k.saturating_sub(context), (k + 1 + context).min(ops.len()));
        match spans.last_mut() {
            Some(last) if from <= last.1 => last.1 = to,
            _ => spans.push((from, to)),
        }
    }
    let lines_before = |k: usize| ops[..k].iter().filter(|(sign, _)| *sign != '+').count();
    spans
        .into_iter()
        .map(|(from, to)| Hunk { start: lines_before(from), ops: ops[from..to].to_vec() })
        .collect()
}
