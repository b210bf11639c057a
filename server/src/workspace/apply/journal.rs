//! What each accept of a task wrote over, so that it can be undone: one small file per task that was accepted. The bytes
//! are in the object store.

use super::super::error::{Result, WorkspaceError};
use super::super::write::write_own;
use super::{IntentId, Step};
use serde::{Deserialize, Serialize};
use std::io;
use std::path::PathBuf;
use tidemark_shared::TaskId;

/// What one accept wrote.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Round {
    id: IntentId,
    pub steps: Vec<Step>,
}

pub(super) struct Journal {
    folder: PathBuf,
}

impl Journal {
    pub(super) fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// The oldest first; none when nothing was accepted.
    pub(super) fn rounds(&self, task: TaskId) -> Result<Vec<Round>> {
        match std::fs::read(self.path(task)) {
            Ok(bytes) => serde_json::from_slice(&bytes).map_err(|why| self.failed(io::Error::other(why))),
            Err(why) if why.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
            Err(why) => Err(self.failed(why)),
        }
    }

    pub(super) fn add(&self, task: TaskId, id: IntentId, steps: &[Step]) -> Result<()> {
        let mut rounds = self.rounds(task)?;
        if rounds.iter().any(|round| round.id == id) {
            return Ok(());
        }
        rounds.push(Round { id, steps: steps.to_vec() });
        self.write(task, &rounds)
    }

    pub(super) fn take_back(&self, task: TaskId, id: IntentId) -> Result<()> {
        let mut rounds = self.rounds(task)?;
        rounds.retain(|round| round.id != id);
        self.write(task, &rounds)
    }

    pub(super) fn forget(&self, task: TaskId) -> Result<()> {
        match std::fs::remove_file(self.path(task)) {
            Err(why) if why.kind() != io::ErrorKind::NotFound => Err(self.failed(why)),
            Ok(()) | Err(_) => Ok(()),
        }
    }

    pub(super) fn tasks(&self) -> Result<Vec<TaskId>> {
        let listed = match std::fs::read_dir(&self.folder) {
            Ok(listed) => listed,
            Err(why) if why.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(why) => return Err(self.failed(why)),
        };
        let names = listed.flatten().filter_map(|entry| entry.file_name().into_string().ok());
        Ok(names.filter_map(|name| name.strip_suffix(".json")?.parse().ok()).collect())
    }

    fn write(&self, task: TaskId, rounds: &[Round]) -> Result<()> {
        write_own(&self.path(task), &serde_json::to_vec(rounds).expect("a journal is plain data"))
    }

    fn path(&self, task: TaskId) -> PathBuf {
        self.folder.join(format!("{task}.json"))
    }

    fn failed(&self, why: io::Error) -> WorkspaceError {
        WorkspaceError::io(format!("{}: an undo journal could not be used", self.folder.display()), why)
    }
}
