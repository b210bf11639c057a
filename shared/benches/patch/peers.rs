//! The peers, each given a bare unified diff and the files as they are now, as that is what they can read.

use crate::cases::Made;
use diffy::patch_set::{FileOperation, ParseOptions, PatchSet};
use serde::Deserialize;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;
use tidemark_shared::patch::Files;

const NOTHING: &str = "/dev/null";

/// The file that a header names, with or without its side; a reply that names none means the only one.
fn named<'a>(written: &'a str, files: &'a Files) -> &'a str {
    let bare = bare(written);
    let names = [written, bare];
    let only = files.keys().next().map_or(bare, String::as_str);
    names.into_iter().find(|name| files.contains_key(*name)).unwrap_or(only)
}

fn bare(path: &str) -> &str {
    path.strip_prefix("a/").or_else(|| path.strip_prefix("b/")).unwrap_or(path)
}

pub(crate) fn diffy(patch: &str, files: &Files) -> Option<Made> {
    let options =
        if patch.contains("diff --git ") { ParseOptions::gitdiff() } else { ParseOptions::unidiff() };
    let mut made = Made::new();
    for patch in PatchSet::parse(patch, options) {
        let patch = patch.ok()?;
        let text = patch.patch().as_text()?;
        let apply = |path: &str| diffy::apply(files.get(path)?, text).ok();
        match patch.operation() {
            FileOperation::Delete(path) => {
                let path = named(path, files);
                apply(path)?;
                made.insert(path.to_owned(), None);
            }
            FileOperation::Create(path) => {
                made.insert(bare(path).to_owned(), Some(diffy::apply("", text).ok()?));
            }
            FileOperation::Modify { original, .. } => {
                let path = named(original, files);
                made.insert(path.to_owned(), Some(apply(path)?));
            }
            FileOperation::Rename { from, to } | FileOperation::Copy { from, to } => {
                let path = named(from, files);
                made.insert(bare(to).to_owned(), Some(apply(path)?));
                made.insert(path.to_owned(), None);
            }
        }
    }
    (!made.is_empty()).then_some(made)
}

pub(crate) fn mpatch(patch: &str, files: &Files) -> Option<Made> {
    let options = mpatch::ApplyOptions::new();
    let mut made = Made::new();
    for patch in mpatch::parse_auto(patch).ok()? {
        let written = patch.file_path.to_str()?;
        let (path, before) = if patch.is_creation() {
            (bare(written), None)
        } else {
            let path = named(written, files);
            (path, files.get(path).map(String::as_str))
        };
        let result = mpatch::apply_patch_to_content(&patch, before, &options);
        if !result.report.all_applied_cleanly() {
            return None;
        }
        let deletes = patch.is_deletion() || written == NOTHING;
        made.insert(path.to_owned(), (!deletes).then_some(result.new_content));
    }
    (!made.is_empty()).then_some(made)
}

/// npm `diff` in a Node process, which measures itself.
pub(crate) struct JsDiff {
    node: Child,
    ask: ChildStdin,
    answers: BufReader<ChildStdout>,
}

#[derive(Deserialize)]
struct Answer {
    us: f64,
    made: Option<Made>,
}

impl JsDiff {
    pub(crate) fn start() -> Self {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/patch/jsdiff.mjs");
        let node = Command::new("node").arg(script).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
        let mut node = node.expect("node starts");
        let ask = node.stdin.take().expect("it listens");
        let answers = BufReader::new(node.stdout.take().expect("it answers"));
        Self { node, ask, answers }
    }

    pub(crate) fn apply(&mut self, patch: &str, files: &Files) -> (Option<Made>, Duration) {
        let line = serde_json::json!({ "patch": patch, "files": files });
        writeln!(self.ask, "{line}").expect("it takes a case");
        let mut answer = String::new();
        self.answers.read_line(&mut answer).expect("it answers");
        let answer: Answer = serde_json::from_str(&answer).expect("the script's own form");
        (answer.made, Duration::from_secs_f64(answer.us / 1e6))
    }
}

impl Drop for JsDiff {
    fn drop(&mut self) {
        // It may be gone already.
        let _killed = self.node.kill().and_then(|()| self.node.wait());
    }
}
