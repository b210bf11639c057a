//! Goes on with a task where an earlier attempt was interrupted, here or in another process.
//!
//! As an agent gets further, what is new is kept as an object and made known by a `saved` event. The ledger is the only
//! truth: the objects that a task's events name add up to its progress. One that can't be read costs what came after it,
//! never the task.
//!
//! An object names its task, so no two tasks share one, and all of a task's are deleted when it ends. Left for a sweep of the
//! store are those of a task that ended without a worker (given up after too many interruptions), or whose house died between
//! the end and the deletion: a sweep keeps what the `saved` events of tasks name that have not ended, and no more.

use super::told::each_event;
use crate::agent::Progress;
use crate::queue::{QueueError, TaskQueue};
use crate::store::{ObjectStore, StoreError};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::sync::{Mutex, MutexGuard, PoisonError};
use tidemark_shared::{EventKind, Hash, ModelId, Task, TaskId};

/// `[limits.resume]` of the configuration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct ResumeLimits {
    /// An interrupted task goes on after its last finished step; otherwise it starts from the beginning.
    pub enabled: bool,
    /// Bytes that are kept of one task while it runs. What it does after that is done again when it is interrupted.
    pub max_bytes: u64,
}

impl Default for ResumeLimits {
    fn default() -> Self {
        Self { enabled: true, max_bytes: 64 << 20 }
    }
}

/// What one object holds: `P` is a [`Progress`], or borrows one.
#[derive(Debug, Serialize, Deserialize)]
struct Save<P> {
    version: u32,
    task: TaskId,
    /// What was asked, and of whom: the task may have been edited since.
    prompt: Hash,
    model: ModelId,
    /// The save that this one goes on from.
    after: Option<Hash>,
    further: P,
}

const VERSION: u32 = 1;

/// The progress of one task, as its worker keeps it.
pub(super) struct Saves<'a> {
    store: &'a dyn ObjectStore,
    limits: &'a ResumeLimits,
    task: &'a Task,
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    /// Every object of the task.
    names: Vec<Hash>,
    last: Option<Hash>,
    bytes: u64,
    /// The limit is reached. What is new only grows, so that nothing more will fit.
    is_full: bool,
}

impl<'a> Saves<'a> {
    pub(super) fn new(store: &'a dyn ObjectStore, limits: &'a ResumeLimits, task: &'a Task) -> Self {
        Self { store, limits, task, known: Mutex::default() }
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        // Each change is one step: a panic elsewhere leaves it whole.
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How far earlier attempts got; nothing when the task is to start from the beginning.
    pub(super) async fn find(&self, queue: &dyn TaskQueue) -> Result<Option<Progress>, QueueError> {
        if self.task.attempt <= 1 {
            return Ok(None);
        }
        let names = saved(queue, self.task.id).await?;
        self.known().names.clone_from(&names);
        if !self.limits.enabled {
            return Ok(None);
        }
        let mut chain: Vec<(Hash, Progress)> = Vec::new();
        for name in names {
            let save = match self.read(&name).await {
                Ok(save) => save,
                Err(why) => {
                    tracing::warn!(task.id = %self.task.id, object = %name, %why,
                        "what a task got done can't be read: it goes on from an earlier step");
                    continue;
                }
            };
            let from = match &save.after {
                None => Some(0),
                Some(after) => chain.iter().position(|(name, _)| name == after).map(|at| at + 1),
            };
            if let Some(from) = from.filter(|_| self.is_of_this_task(&save)) {
                chain.truncate(from);
                chain.push((name, save.further));
            }
        }
        self.known().last = chain.last().map(|(name, _)| name.clone());
        Ok(chain.into_iter().map(|(_, further)| further).reduce(|mut progress, further| {
            progress.add(further);
            progress
        }))
    }

    async fn read(&self, name: &Hash) -> Result<Save<Progress>, String> {
        let bytes = self.store.get(name).await.map_err(|why: StoreError| why.to_string())?;
        self.known().bytes += bytes.len() as u64;
        serde_json::from_slice(&bytes).map_err(|why| why.to_string())
    }

    fn is_of_this_task(&self, save: &Save<Progress>) -> bool {
        save.version == VERSION
            && save.task == self.task.id
            && save.prompt == Hash::of(self.task.prompt.as_bytes())
            && save.model == self.task.model
    }

    /// Keeps what is new; the answer is the event that makes it known.
    pub(super) async fn keep(&self, further: &Progress) -> Option<EventKind> {
        if !self.limits.enabled || self.known().is_full {
            return None;
        }
        let save = Save {
            version: VERSION,
            task: self.task.id,
            prompt: Hash::of(self.task.prompt.as_bytes()),
            model: self.task.model.clone(),
            after: self.known().last.clone(),
            further,
        };
        let warn = |why: &dyn std::fmt::Display| {
            tracing::warn!(task.id = %self.task.id, %why,
                "what a task got done can't be kept: were it interrupted now, it would do it again");
        };
        let bytes = match serde_json::to_vec(&save) {
            Ok(bytes) => bytes,
            Err(why) => {
                warn(&why);
                return None;
            }
        };
        let (name, size) = (Hash::of(&bytes), bytes.len() as u64);
        {
            let mut known = self.known();
            known.is_full = known.bytes.saturating_add(size) > self.limits.max_bytes;
            if known.is_full {
                warn(&format!("it is over the limit of {} bytes (max_bytes)", self.limits.max_bytes));
                return None;
            }
            // Known before it is written, so that it is deleted whatever comes between.
            known.names.push(name.clone());
        }
        if let Err(why) = self.store.put(bytes.into()).await {
            warn(&why);
            return None;
        }
        let mut known = self.known();
        known.bytes += size;
        known.last = Some(name.clone());
        Some(EventKind::Saved { step: further.state.metrics.steps, progress: name })
    }

    /// The task has ended: nobody goes on with it.
    pub(super) async fn forget(self) {
        let names = self.known.into_inner().unwrap_or_else(PoisonError::into_inner).names;
        delete(self.store, &names).await;
    }
}

/// Deletes what was kept of a task that ended while no worker had it.
pub(super) async fn forget(queue: &dyn TaskQueue, store: &dyn ObjectStore, task: TaskId) {
    match saved(queue, task).await {
        Ok(names) => delete(store, &names).await,
        Err(why) => tracing::warn!(task.id = %task, error = %why, "what was kept of an ended task is left"),
    }
}

/// The objects that a task's events name, in order.
async fn saved(queue: &dyn TaskQueue, task: TaskId) -> Result<Vec<Hash>, QueueError> {
    let mut names = Vec::new();
    each_event(queue, task, |event| {
        if let EventKind::Saved { progress, .. } = event.kind {
            names.push(progress);
        }
    })
    .await?;
    Ok(names)
}

async fn delete(store: &dyn ObjectStore, names: &[Hash]) {
    for name in names {
        if let Err(why) = store.delete(name).await {
            tracing::warn!(object = %name, error = %why, "what was kept of an ended task could not be deleted");
        }
    }
}
