//! The way from a change set into a person's project, and back: planned in memory, written all or not at all, finished
//! after a crash, undone by the same means.
//!
//! Order of an accept: bytes from before and after → object store; intent → disk; files beside → disk; names exchanged;
//! folders → disk; the round is noted for undo. Then the caller writes its ledger and calls [`Workspace::settle`]. A crash
//! anywhere leaves an intent, which [`Workspace::unfinished`] rolls forward. Files that changed since are left alone.
//!
//! [`Workspace::settle`]: super::Workspace::settle
//! [`Workspace::unfinished`]: super::Workspace::unfinished

mod commit;
mod intent;
mod journal;
mod plan;

use super::error::{Result, WorkspaceError};
use super::objects::Objects;
use super::root::Root;
use intent::Intents;
use journal::Journal;
use plan::{Desk, Made};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::path::Path;
use tidemark_shared::review::{Conflict, WrittenFile};
use tidemark_shared::{FileChange, Hash, HunkId, ProjectId, RelPath, TaskId};

pub use intent::IntentId;

/// What is to be done with one file of a change set.
#[derive(Debug, Clone, PartialEq)]
pub struct Choice {
    pub change: FileChange,
    /// Hunks that earlier accepts brought in.
    pub accepted: BTreeSet<HunkId>,
    /// Hunks to bring in now.
    pub chosen: BTreeSet<HunkId>,
}

/// What was written. Lasts, but is not settled until the caller's ledger knows of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Applied {
    pub id: IntentId,
    pub written: Vec<WrittenFile>,
}

/// An act that a crash cut off; its files are as they would have been.
#[derive(Debug, Clone, PartialEq)]
pub struct Unfinished {
    pub applied: Applied,
    pub task: TaskId,
    /// What the caller gave along, to finish its ledger with.
    pub ticket: String,
}

#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    /// The person's own edits are in the way; nothing was written.
    #[error("{} of your files changed in the same place", .0.len())]
    Conflict(Vec<Conflict>),
    #[error(transparent)]
    Workspace(#[from] WorkspaceError),
}

/// A file's content at one time: an object and its permissions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Version {
    hash: Hash,
    permissions: u32,
}

/// One path of a round: what was there and what came; absent is no file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Step {
    path: RelPath,
    before: Option<Version>,
    after: Option<Version>,
    merged: bool,
}

impl Step {
    fn told(&self) -> WrittenFile {
        let hash = self.after.as_ref().map(|version| version.hash.clone());
        WrittenFile { path: self.path.clone(), hash, merged: self.merged }
    }
}

/// How often a plan is made anew because a file changed while it was being carried out.
const MAX_PLANS: usize = 5;

pub(super) struct Apply {
    intents: Intents,
    journal: Journal,
}

/// What an act is for.
pub(super) struct Purpose<'a> {
    pub project: ProjectId,
    pub root: &'a Root,
    pub task: TaskId,
    pub ticket: String,
}

impl Apply {
    pub(super) fn new(data_dir: &Path) -> Self {
        Self {
            intents: Intents::new(data_dir.join("applying")),
            journal: Journal::new(data_dir.join("undo")),
        }
    }

    pub(super) fn accept(
        &self,
        purpose: &Purpose<'_>,
        choices: &[Choice],
        objects: &Objects,
    ) -> Result<Applied, ApplyError> {
        let carried = self.carry(purpose, objects, intent::Kind::Accept, |desk| {
            let mut conflicts = Vec::new();
            // What moves away makes room for what comes.
            let mut ordered: Vec<&Choice> = choices.iter().collect();
            ordered
                .sort_by_key(|choice| choice.change.new_hash.is_some() && choice.change.old_path.is_none());
            for choice in ordered {
                let (from, to) = made_by(choice, objects)?;
                conflicts.extend(desk.carry(from, to)?);
            }
            Ok(conflicts)
        })?;
        Ok(carried)
    }

    /// Takes every accept of the task back, the last first.
    pub(super) fn undo(&self, purpose: &Purpose<'_>, objects: &Objects) -> Result<Applied, ApplyError> {
        let rounds = self.journal.rounds(purpose.task)?;
        self.carry(purpose, objects, intent::Kind::Undo, |desk| {
            let mut conflicts = Vec::new();
            for round in rounds.iter().rev() {
                let mut back: Vec<&Step> = round.steps.iter().collect();
                back.sort_by_key(|step| step.before.is_some());
                for step in back {
                    let made = |version: &Option<Version>| Made::of(&step.path, version.as_ref(), objects);
                    conflicts.extend(desk.carry(made(&step.after)?, made(&step.before)?)?);
                }
            }
            Ok(conflicts)
        })
    }

    /// Plans and commits; plans again when a file changed in between.
    fn carry(
        &self,
        purpose: &Purpose<'_>,
        objects: &Objects,
        kind: intent::Kind,
        plan: impl Fn(&mut Desk<'_>) -> Result<Vec<Conflict>>,
    ) -> Result<Applied, ApplyError> {
        let mut tries = 0;
        loop {
            tries += 1;
            let mut desk = Desk::new(purpose.root);
            let conflicts = plan(&mut desk)?;
            if !conflicts.is_empty() {
                return Err(ApplyError::Conflict(conflicts));
            }
            let (steps, blobs) = desk.into_steps();
            objects.put_many(blobs)?;
            let intent = self.intents.begin(purpose, kind, steps)?;
            match commit::commit(purpose.root, &intent, objects) {
                Ok(()) => {
                    self.note(&intent)?;
                    return Ok(intent.applied());
                }
                Err(why) => {
                    self.intents.end(intent.id)?;
                    match why {
                        WorkspaceError::Changed { .. } if tries < MAX_PLANS => {}
                        why => return Err(why.into()),
                    }
                }
            }
        }
    }

    /// Notes what a later undo needs; noting twice is noting once.
    fn note(&self, intent: &intent::Intent) -> Result<()> {
        match intent.kind {
            intent::Kind::Accept => self.journal.add(intent.task, intent.id, &intent.steps()),
            intent::Kind::Undo => self.journal.forget(intent.task),
        }
    }

    /// The caller's ledger knows.
    pub(super) fn settle(&self, id: IntentId) -> Result<()> {
        self.intents.end(id)
    }

    /// The caller's ledger refused: puts the files back as they were, but for those that changed since. Only an accept's
    /// place in the undo journal is taken back; an undo that could not be recorded keeps its intent and is finished later.
    pub(super) fn retract(&self, root: &Root, id: IntentId, objects: &Objects) -> Result<()> {
        let Some(intent) = self.intents.get(id)? else { return Ok(()) };
        match intent.kind {
            intent::Kind::Accept => {
                commit::put_back(root, &intent, objects)?;
                self.journal.take_back(intent.task, intent.id)?;
                self.intents.end(id)
            }
            intent::Kind::Undo => Ok(()),
        }
    }

    /// Rolls what a crash cut off forward, for every project of which `root` has the folder; the others wait.
    pub(super) fn unfinished(
        &self,
        objects: &Objects,
        root: impl Fn(ProjectId) -> Option<Root>,
    ) -> Result<Vec<Unfinished>> {
        let mut all = Vec::new();
        for intent in self.intents.all()? {
            let Some(root) = root(intent.project) else { continue };
            commit::roll_forward(&root, &intent, objects)?;
            self.note(&intent)?;
            all.push(Unfinished {
                applied: intent.applied(),
                task: intent.task,
                ticket: intent.ticket.clone(),
            });
        }
        Ok(all)
    }

    /// The tasks of which an undo journal is kept.
    pub(super) fn noted(&self) -> Result<Vec<TaskId>> {
        self.journal.tasks()
    }

    pub(super) fn forget(&self, task: TaskId) -> Result<()> {
        self.journal.forget(task)
    }
}

/// The file as earlier accepts made it, and as it is with what is chosen now.
fn made_by(choice: &Choice, objects: &Objects) -> Result<(Option<Made>, Option<Made>)> {
    let get = |hash: &Option<Hash>| hash.as_ref().map(|hash| objects.get(hash)).transpose();
    let base = get(&choice.change.base_hash)?;
    let proposed = get(&choice.change.new_hash)?;
    let all: BTreeSet<_> = choice.accepted.union(&choice.chosen).cloned().collect();
    let made = |hunks| {
        plan::made(&choice.change, base.as_deref(), proposed.as_deref(), hunks)
            .map_err(|why| WorkspaceError::io(format!("{}", choice.change.path), std::io::Error::other(why)))
    };
    Ok((made(&choice.accepted)?, made(&all)?))
}
