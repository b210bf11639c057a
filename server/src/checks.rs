//! Checks on an agent's copy before a person looks. No code of the project runs here: that needs a sandbox. What is
//! declared but not run says so.

mod declared;
mod imports;
mod syntax;
#[cfg(test)]
mod tests;

use crate::workspace::Workspace;
use std::path::{Path, PathBuf};
use std::time::Instant;
use tidemark_shared::{Check, CheckStatus, FileChange, Mode, RelPath};

/// Lines of output that a check keeps.
const MAX_LINES: usize = 40;
/// Larger texts are not checked, in bytes.
const MAX_TEXT: usize = 2 << 20;

/// A changed file as the checks see it; a side that is absent or no text is nothing.
struct Changed {
    path: RelPath,
    base: Option<String>,
    new: String,
}

/// Every check that applies to these changes. Empty when nothing changed.
pub async fn run(workspace: &Workspace, copy: &Path, mode: Mode, files: &[FileChange]) -> Vec<Check> {
    if files.is_empty() {
        return Vec::new();
    }
    let mut changed = Vec::new();
    for file in files {
        let Some(new) = text(workspace, file.new_hash.as_ref()).await else { continue };
        let base = text(workspace, file.base_hash.as_ref()).await;
        changed.push(Changed { path: file.path.clone(), base, new });
    }
    let copy: PathBuf = copy.into();
    let checked = tokio::task::spawn_blocking(move || check(&changed, &copy, mode)).await;
    checked.unwrap_or_else(|why| vec![not_run("Syntax", format!("the check broke: {why}"))])
}

async fn text(workspace: &Workspace, hash: Option<&tidemark_shared::Hash>) -> Option<String> {
    // An object that can't be read fails the review of its file, not the checks of the others.
    workspace.object_text(hash?).await.ok().flatten().filter(|text| text.len() <= MAX_TEXT)
}

fn check(changed: &[Changed], copy: &Path, mode: Mode) -> Vec<Check> {
    let mut checks = vec![timed("Syntax", || syntax::check(changed))];
    if mode == Mode::GenerateTest {
        checks.push(timed("Imports", || imports::check(changed, copy)));
    }
    checks.extend(declared::checks(copy));
    checks
}

/// What a check found: nothing wrong, with a word on what was looked at; something wrong; or why it could not look.
enum Found {
    Fine(String),
    Wrong(Vec<String>),
    Nothing(String),
}

fn timed(name: &str, check: impl FnOnce() -> Found) -> Check {
    let started = Instant::now();
    let (status, output) = match check() {
        Found::Fine(said) => (CheckStatus::Passed, said),
        Found::Wrong(lines) => (CheckStatus::Failed, shown(&lines)),
        Found::Nothing(why) => (CheckStatus::NotRun, why),
    };
    let duration_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    Check { name: name.into(), status, output, duration_ms }
}

fn shown(lines: &[String]) -> String {
    let mut output = lines.iter().take(MAX_LINES).cloned().collect::<Vec<_>>().join("\n");
    if lines.len() > MAX_LINES {
        output += &format!("\n… and {} more", lines.len() - MAX_LINES);
    }
    output
}

fn not_run(name: &str, why: String) -> Check {
    Check { name: name.into(), status: CheckStatus::NotRun, output: why, duration_ms: 0 }
}
