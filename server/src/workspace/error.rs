//! Why something could not be done with a project or its files; named for what the caller can do about it.

use crate::store::StoreError;
use std::io;
use tidemark_shared::{Hash, ProjectId, RelPath};

#[derive(Debug, thiserror::Error)]
pub enum WorkspaceError {
    #[error("there is no project {0}")]
    UnknownProject(ProjectId),
    /// The folder is not there now; it may come back.
    #[error("the project's folder {0} is not there")]
    ProjectGone(String),
    /// This folder can't be a project, or a project can't be made there.
    #[error("{path} can't be opened as a project: {reason}")]
    BadFolder { path: String, reason: String },
    #[error("there is no template {0:?}")]
    UnknownTemplate(String),
    #[error("there is no {0} in the project")]
    NotFound(RelPath),
    /// The path leaves the project through a symlink, or names something that is no regular file or folder.
    #[error("{path} can't be used: {reason}")]
    BadPath { path: RelPath, reason: &'static str },
    /// The file is not what the caller last saw; nothing was written. `current` is absent when it is gone.
    #[error("{path} changed since it was read")]
    Changed { path: RelPath, current: Option<Hash> },
    #[error("there is already something at {0}")]
    Exists(String),
    #[error("{path} has {size} bytes; the limit is {limit}")]
    TooLarge { path: RelPath, size: u64, limit: u64 },
    #[error("{0} is not text")]
    NotText(RelPath),
    #[error("the search pattern can't be used: {0}")]
    BadPattern(String),
    #[error("there is a limit of {limit} on {what}")]
    Full { what: &'static str, limit: u64 },
    /// Nothing was changed.
    #[error("the disk is full; nothing was changed")]
    DiskFull,
    #[error("{what} could not be read from the object store: {source}")]
    Store { what: String, source: StoreError },
    #[error("{what}: {source}")]
    Io { what: String, source: io::Error },
}

impl WorkspaceError {
    /// An I/O error of doing `what`, with a full disk told apart.
    pub fn io(what: impl Into<String>, source: io::Error) -> Self {
        match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
                Self::DiskFull
            }
            _ => Self::Io { what: what.into(), source },
        }
    }
    pub fn store(what: impl Into<String>, source: StoreError) -> Self {
        match source {
            StoreError::Full => Self::DiskFull,
            other => Self::Store { what: what.into(), source: other },
        }
    }
}

pub type Result<T, E = WorkspaceError> = std::result::Result<T, E>;
