//! The record, on the disk before any file is touched, of what is about to be written. As long as it is there, the act is
//! not settled.

use super::super::error::{Result, WorkspaceError};
use super::super::write::{temporary_name, write_own};
use super::{Applied, Purpose, Step};
use serde::{Deserialize, Serialize};
use std::io;
use std::path::{Path, PathBuf};
use tidemark_shared::{ProjectId, TaskId};

/// One act of writing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct IntentId(uuid::Uuid);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Kind {
    Accept,
    Undo,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Intent {
    pub id: IntentId,
    pub kind: Kind,
    pub project: ProjectId,
    pub task: TaskId,
    pub ticket: String,
    pub files: Vec<Planned>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Planned {
    pub step: Step,
    /// The name, in the file's folder, of the file that is exchanged with it.
    pub beside: String,
}

impl Intent {
    pub(super) fn steps(&self) -> Vec<Step> {
        self.files.iter().map(|planned| planned.step.clone()).collect()
    }
    pub(super) fn applied(&self) -> Applied {
        let written = self.files.iter().map(|planned| planned.step.told()).collect();
        Applied { id: self.id, written }
    }
}

/// The intents that are not settled: one file each.
pub(super) struct Intents {
    folder: PathBuf,
}

impl Intents {
    pub(super) fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    pub(super) fn begin(&self, purpose: &Purpose<'_>, kind: Kind, steps: Vec<Step>) -> Result<Intent> {
        let files = steps.into_iter().map(|step| Planned { step, beside: temporary_name() }).collect();
        let intent = Intent {
            id: IntentId(uuid::Uuid::now_v7()),
            kind,
            project: purpose.project,
            task: purpose.task,
            ticket: purpose.ticket.clone(),
            files,
        };
        write_own(&self.path(intent.id), &serde_json::to_vec(&intent).expect("an intent is plain data"))?;
        Ok(intent)
    }

    pub(super) fn end(&self, id: IntentId) -> Result<()> {
        match std::fs::remove_file(self.path(id)) {
            Err(why) if why.kind() != io::ErrorKind::NotFound => Err(self.failed(why)),
            Ok(()) | Err(_) => Ok(()),
        }
    }

    pub(super) fn get(&self, id: IntentId) -> Result<Option<Intent>> {
        self.load(&self.path(id))
    }

    /// The oldest first.
    pub(super) fn all(&self) -> Result<Vec<Intent>> {
        let listed = match std::fs::read_dir(&self.folder) {
            Ok(listed) => listed,
            Err(why) if why.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(why) => return Err(self.failed(why)),
        };
        let mut all = Vec::new();
        for entry in listed {
            let path = entry.map_err(|why| self.failed(why))?.path();
            if path.extension().is_some_and(|ext| ext == "json") {
                all.extend(self.load(&path)?);
            } else {
                // What a crash left half written was never an intent.
                drop(std::fs::remove_file(&path));
            }
        }
        all.sort_by_key(|intent| intent.id);
        Ok(all)
    }

    fn load(&self, path: &Path) -> Result<Option<Intent>> {
        match std::fs::read(path) {
            Ok(bytes) => {
                let intent = serde_json::from_slice(&bytes);
                intent.map(Some).map_err(|why| self.failed(io::Error::other(why)))
            }
            Err(why) if why.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(why) => Err(self.failed(why)),
        }
    }

    fn path(&self, id: IntentId) -> PathBuf {
        self.folder.join(format!("{}.json", id.0))
    }

    fn failed(&self, why: io::Error) -> WorkspaceError {
        WorkspaceError::io(format!("{}: an intent could not be used", self.folder.display()), why)
    }
}
