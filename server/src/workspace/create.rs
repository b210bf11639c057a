//! Makes a new project's folder from an embedded template: whole, or not there.

use super::error::{Result, WorkspaceError};
use crate::templates;
use std::path::{Path, PathBuf};
use tidemark_shared::RelPath;

/// Makes `parent/name` with the template's files. `parent` is made when it is not there.
pub(super) fn from_template(template: &str, name: &str, parent: &Path) -> Result<PathBuf> {
    let files =
        templates::files(template).ok_or_else(|| WorkspaceError::UnknownTemplate(template.to_owned()))?;
    let folder = parent.join(name);
    let bad = |reason: &str| WorkspaceError::BadFolder {
        path: folder.display().to_string(),
        reason: reason.to_owned(),
    };
    if !parent.is_absolute() {
        return Err(bad("the path is not absolute"));
    }
    if RelPath::parse(name).is_err() || name.contains('/') || name.trim() != name || name.len() > 200 {
        return Err(bad("the name must be one plain folder name"));
    }
    let failed = |why| WorkspaceError::io(format!("{} could not be made", folder.display()), why);
    std::fs::create_dir_all(parent).map_err(failed)?;
    if std::fs::symlink_metadata(&folder).is_ok() {
        return Err(WorkspaceError::Exists(folder.display().to_string()));
    }
    // Made beside and renamed, so that a full disk leaves no half of a project.
    let beside = tempfile::Builder::new().prefix(".tidemark-").tempdir_in(parent).map_err(failed)?;
    let made = beside.path().join("project");
    std::fs::create_dir(&made).map_err(failed)?;
    for (path, bytes) in files {
        let target = made.join(&path);
        let above = target.parent().unwrap_or(&made);
        std::fs::create_dir_all(above).and_then(|()| std::fs::write(&target, bytes)).map_err(failed)?;
    }
    std::fs::rename(&made, &folder).map_err(failed)?;
    Ok(folder)
}
