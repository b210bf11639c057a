//! What a person decides about a change set: accept, reject, undo. The only place from which a project's files change for
//! a task, and only by exactly the hunks that were accepted.
//!
//! Files first, ledger second: the workspace keeps an intent until the ledger knows, and [`Reviews::recover`] brings the
//! two together after a crash.

use crate::queue::{QueueError, TaskQueue};
use crate::workspace::{Applied, ApplyError, Choice, Unfinished, Workspace, WorkspaceError};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use tidemark_shared::review::{AcceptRequest, Conflict, RejectRequest, Reviewed, WrittenFile};
use tidemark_shared::{
    EventKind, FileChange, Found, Hunk, HunkId, HunkReview, ProjectId, RelPath, Review, Task, TaskId,
    TaskStatus,
};

#[derive(Debug, thiserror::Error)]
pub enum ReviewError {
    #[error("there is no hunk {0:?} in this change set")]
    UnknownHunk(HunkId),
    /// The task has no change set, or the review stands where this can't be done.
    #[error("{0}")]
    WrongState(&'static str),
    /// The person's own edits are in the way; nothing was written.
    #[error("{} of your files changed in the same place; nothing was written", .0.len())]
    Conflict(Vec<Conflict>),
    #[error(transparent)]
    Workspace(#[from] WorkspaceError),
    #[error(transparent)]
    Queue(#[from] QueueError),
}

impl From<ApplyError> for ReviewError {
    fn from(why: ApplyError) -> Self {
        match why {
            ApplyError::Conflict(conflicts) => Self::Conflict(conflicts),
            ApplyError::Workspace(why) => Self::Workspace(why),
        }
    }
}

/// Reviews of all projects; within one project, one at a time.
pub struct Reviews {
    queue: Arc<dyn TaskQueue>,
    workspace: Workspace,
    turns: Mutex<HashMap<ProjectId, Weak<tokio::sync::Mutex<()>>>>,
}

/// What finishes the ledger when a crash came between the files and it: how the review stood, and what was done.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Ticket {
    review: Review,
    before: BTreeMap<HunkId, HunkReview>,
    act: Decision,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
enum Decision {
    Accept(BTreeSet<HunkId>),
    Undo,
}

impl Reviews {
    pub fn new(queue: Arc<dyn TaskQueue>, workspace: Workspace) -> Self {
        Self { queue, workspace, turns: Mutex::default() }
    }

    /// Writes the named hunks, or all that are pending, into the project: all files or none. A rejected hunk that is named
    /// is accepted after all; one that is accepted already stays so, and naming only such writes nothing.
    pub async fn accept(&self, id: TaskId, request: &AcceptRequest) -> Result<Reviewed, ReviewError> {
        let project = self.queue.get(id).await?.project_id;
        let _turn = self.turn(project).await;
        self.finish_unfinished(Some(project)).await?;
        let task = self.queue.get(id).await?;
        let chosen = chosen(&task, request.hunks.as_deref(), HunkReview::Accepted)?;
        if chosen.is_empty() {
            return Ok(Reviewed { task, written: Vec::new() });
        }
        let ticket = Ticket::of(&task, Decision::Accept(chosen.clone()));
        let choices = choices(&task, &chosen);
        let applied = self.workspace.accept(project, id, choices, ticket.to_text()).await?;
        self.record(&task, &ticket.act, applied).await
    }

    /// Turns the named hunks, or all that are pending, down. No file changes. What was accepted has to be undone instead.
    pub async fn reject(&self, id: TaskId, request: &RejectRequest) -> Result<Reviewed, ReviewError> {
        let project = self.queue.get(id).await?.project_id;
        let _turn = self.turn(project).await;
        self.finish_unfinished(Some(project)).await?;
        let task = self.queue.get(id).await?;
        let chosen = chosen(&task, request.hunks.as_deref(), HunkReview::Rejected)?;
        if chosen.is_empty() {
            return Ok(Reviewed { task, written: Vec::new() });
        }
        let mut reviewed = task.clone();
        mark(&mut reviewed, &chosen, HunkReview::Rejected);
        let comment = request.comment.clone().filter(|comment| !comment.trim().is_empty());
        let event = EventKind::Rejected { hunks: chosen.into_iter().collect(), comment };
        let task = self.queue.review(&task, reviewed, event).await?;
        Ok(Reviewed { task, written: Vec::new() })
    }

    /// Takes back everything that was accepted of the task; what the person did since stays. The hunks are pending again.
    pub async fn undo(&self, id: TaskId) -> Result<Reviewed, ReviewError> {
        let project = self.queue.get(id).await?.project_id;
        let _turn = self.turn(project).await;
        self.finish_unfinished(Some(project)).await?;
        let task = self.queue.get(id).await?;
        if !hunks(&task).any(|hunk| hunk.review == HunkReview::Accepted) {
            return Err(ReviewError::WrongState(
                "nothing of this task was accepted, so there is nothing to undo",
            ));
        }
        let ticket = Ticket::of(&task, Decision::Undo);
        let applied = self.workspace.undo(project, id, ticket.to_text()).await?;
        self.record(&task, &ticket.act, applied).await
    }

    /// Finishes what a crash cut off: the files, then the ledger. At start, before any request. Projects whose folder is not
    /// there wait until their next review.
    pub async fn recover(&self) -> Result<(), ReviewError> {
        self.finish_unfinished(None).await?;
        for task in self.workspace.undoable().await? {
            if let Err(QueueError::NotFound(_)) = self.queue.get(task).await {
                self.workspace.forget_undo(task).await?;
            }
        }
        Ok(())
    }

    async fn finish_unfinished(&self, project: Option<ProjectId>) -> Result<(), ReviewError> {
        for Unfinished { applied, task, ticket } in self.workspace.unfinished(project).await? {
            tracing::info!(%task, files = applied.written.len(), "finishing a review that was cut off");
            let id = applied.id;
            match self.queue.get(task).await {
                Ok(task) => match Ticket::from_text(&ticket) {
                    Some(ticket) if ticket.is_next_of(&task) => {
                        self.record(&task, &ticket.act, applied).await?;
                    }
                    // The ledger had it already.
                    Some(_) | None => self.workspace.settle(id).await?,
                },
                Err(QueueError::NotFound(_)) => self.workspace.settle(id).await?,
                Err(why) => return Err(why.into()),
            }
        }
        Ok(())
    }

    /// Tells the ledger what was written. When the ledger refuses, the files of an accept become what they were.
    async fn record(&self, task: &Task, act: &Decision, applied: Applied) -> Result<Reviewed, ReviewError> {
        let mut reviewed = task.clone();
        let written: Vec<RelPath> = applied.written.iter().map(|file| file.path.clone()).collect();
        let event = match act {
            Decision::Accept(chosen) => {
                mark(&mut reviewed, chosen, HunkReview::Accepted);
                note_merged(&mut reviewed, chosen, &applied.written);
                EventKind::Accepted { hunks: chosen.iter().cloned().collect(), written }
            }
            Decision::Undo => {
                for hunk in hunks_mut(&mut reviewed).filter(|hunk| hunk.review == HunkReview::Accepted) {
                    hunk.review = HunkReview::Pending;
                }
                reviewed.review = Review::Undone;
                EventKind::Undone { written }
            }
        };
        match self.queue.review(task, reviewed, event).await {
            Ok(task) => {
                if let Err(why) = self.workspace.settle(applied.id).await {
                    // It is finished once more, to no effect, before the next review.
                    tracing::warn!(task = %task.id, %why, "a review stays unsettled");
                }
                Ok(Reviewed { task, written: applied.written })
            }
            Err(why) => {
                self.workspace.retract(task.project_id, applied.id).await?;
                Err(why.into())
            }
        }
    }

    /// Waits for the project's turn. Turns that nobody waits for or has are forgotten.
    async fn turn(&self, project: ProjectId) -> tokio::sync::OwnedMutexGuard<()> {
        let turn = {
            let mut turns = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
            turns.retain(|_, turn| turn.strong_count() > 0);
            let known = turns.get(&project).and_then(Weak::upgrade);
            known.unwrap_or_else(|| {
                let fresh = Arc::new(tokio::sync::Mutex::new(()));
                turns.insert(project, Arc::downgrade(&fresh));
                fresh
            })
        };
        turn.lock_owned().await
    }
}

impl Ticket {
    fn of(task: &Task, act: Decision) -> Self {
        Self { review: task.review, before: standing(task), act }
    }
    fn to_text(&self) -> String {
        serde_json::to_string(self).expect("a ticket is plain data")
    }
    fn from_text(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }
    /// Whether the task stands as it did when this was decided.
    fn is_next_of(&self, task: &Task) -> bool {
        self.review == task.review && self.before == standing(task)
    }
}

fn standing(task: &Task) -> BTreeMap<HunkId, HunkReview> {
    hunks(task).map(|hunk| (hunk.id.clone(), hunk.review)).collect()
}

fn files(task: &Task) -> impl Iterator<Item = &FileChange> {
    task.result.iter().flat_map(|result| &result.files_modified)
}

fn hunks(task: &Task) -> impl Iterator<Item = &Hunk> {
    files(task).flat_map(|file| &file.hunks)
}

fn hunks_mut(task: &mut Task) -> impl Iterator<Item = &mut Hunk> {
    let files = task.result.iter_mut().flat_map(|result| &mut result.files_modified);
    files.flat_map(|file| &mut file.hunks)
}

/// The hunks that a request is about and that do not stand as `wanted` yet.
fn chosen(
    task: &Task,
    named: Option<&[HunkId]>,
    wanted: HunkReview,
) -> Result<BTreeSet<HunkId>, ReviewError> {
    if task.status != TaskStatus::Done || hunks(task).next().is_none() {
        return Err(ReviewError::WrongState("this task has no changes to review"));
    }
    let Some(named) = named else {
        let pending: BTreeSet<_> = hunks(task)
            .filter(|hunk| hunk.review == HunkReview::Pending)
            .map(|hunk| hunk.id.clone())
            .collect();
        return if pending.is_empty() {
            Err(ReviewError::WrongState("nothing of this change set is pending any more"))
        } else {
            Ok(pending)
        };
    };
    let standing = standing(task);
    let mut chosen = BTreeSet::new();
    for id in named {
        match (standing.get(id), wanted) {
            (None, _) => return Err(ReviewError::UnknownHunk(id.clone())),
            (Some(HunkReview::Accepted), HunkReview::Rejected) => {
                return Err(ReviewError::WrongState("this was accepted already; undo it instead"));
            }
            (Some(now), wanted) if *now == wanted => {}
            (Some(HunkReview::Pending | HunkReview::Accepted | HunkReview::Rejected), _) => {
                chosen.insert(id.clone());
            }
        }
    }
    Ok(chosen)
}

fn choices(task: &Task, chosen: &BTreeSet<HunkId>) -> Vec<Choice> {
    let is_touched = |file: &&FileChange| file.hunks.iter().any(|hunk| chosen.contains(&hunk.id));
    let accepted = |file: &FileChange| {
        let accepted = file.hunks.iter().filter(|hunk| hunk.review == HunkReview::Accepted);
        accepted.map(|hunk| hunk.id.clone()).collect()
    };
    files(task)
        .filter(is_touched)
        .map(|file| Choice { change: file.clone(), accepted: accepted(file), chosen: chosen.clone() })
        .collect()
}

fn mark(task: &mut Task, chosen: &BTreeSet<HunkId>, review: HunkReview) {
    for hunk in hunks_mut(task).filter(|hunk| chosen.contains(&hunk.id)) {
        hunk.review = review;
    }
    task.review = overall(task);
}

/// Where a review stands when its hunks stand as they do.
fn overall(task: &Task) -> Review {
    let all = |review| hunks(task).all(|hunk| hunk.review == review);
    if all(HunkReview::Pending) {
        Review::Pending
    } else if all(HunkReview::Accepted) {
        Review::Accepted
    } else if all(HunkReview::Rejected) {
        Review::Rejected
    } else {
        Review::Partial
    }
}

/// Marks the hunks that met the person's own edits in the same file.
fn note_merged(task: &mut Task, chosen: &BTreeSet<HunkId>, written: &[WrittenFile]) {
    let merged: BTreeSet<&RelPath> =
        written.iter().filter(|file| file.merged).map(|file| &file.path).collect();
    let files = task.result.iter_mut().flat_map(|result| &mut result.files_modified);
    for file in files.filter(|file| {
        merged.contains(&file.path) || file.old_path.as_ref().is_some_and(|path| merged.contains(path))
    }) {
        let lines = file.hunks.iter_mut().filter(|hunk| chosen.contains(&hunk.id) && hunk.act.is_none());
        lines.for_each(|hunk| hunk.found = Found::Merged);
    }
}
