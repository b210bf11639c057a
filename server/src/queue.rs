//! Seam `TaskQueue`: the ledger. A task, its place in line, its lease and its events live behind one seam and change in
//! one durable transaction: what was acknowledged outlives any crash.
//!
//! Fencing, not clocks, carries correctness: `attempt` rises with every lease and each write names it, so a worker that
//! lost its lease can neither append nor finish. Skewed clocks can only make work repeat.
//! `conformance.rs` is the contract; [`memory`] is the reference backend, [`sled`] the one that outlives the process,
//! [`redis`] the one that several processes share.
//!
//! **The order.** Each mode is a lane of its own; a worker names the lanes that it has room in. Among their tasks the
//! highest priority goes first. Within one priority lanes take turns, and within a lane people do: each has a line of their
//! own there, first in first out by `place`, and whoever was served goes to the end of the ring. A person with as many
//! running tasks as `max_running_per_person` allows stands in no ring until one ends.
//!
//! **Trying again.** A failure that may pass ([`limits::Retries`], by what failed) sends the task back to the line for a
//! while; only when its tries are used up does it fail. Lost workers are counted apart (`max_interruptions`).
//!
//! How it is built: [`decide`] turns a command into records by reading the one [`state`]; a record is an effect, so
//! applying it decides nothing. [`ledger`] is the queue itself over any keep of records: memory, or journal and sled.

mod body;
mod decide;
mod journal;
mod ledger;
mod limits;
mod line;
pub mod memory;
mod pace;
mod record;
pub mod redis;
mod shelver;
pub mod sled;
mod state;
mod steady;
mod view;
mod wakes;
mod writer;

#[cfg(test)]
mod conformance;

pub use limits::{Backoff, QueueLimits, Retries};
pub use pace::{Pace, Rate};

use async_trait::async_trait;
use std::collections::BTreeMap;
use std::time::Duration;
use tidemark_shared::{
    EventKind, Millis, Mode, ProjectId, Review, Seq, SessionId, Task, TaskError, TaskEvent, TaskId,
    TaskResult, TaskStatus, UserId, WaitingFor,
    house::{LaneHealth, QueueHealth},
    task::{Metrics, TaskEdit},
};

/// What a worker holds while it works on a task: the right to write, until `attempt` is no longer the newest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    pub task: TaskId,
    pub attempt: u32,
    /// How often the task failed before and was tried again.
    pub failures: u32,
    pub expires: Millis,
}

/// A task that a worker just took, with its lease.
#[derive(Debug, Clone, PartialEq)]
pub struct Leased {
    pub lease: Lease,
    pub task: Task,
}

/// The answer to a renewal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Beat {
    /// Someone asked to cancel the task: stop, then finish with [`Outcome::Cancelled`].
    pub cancel_requested: bool,
}

/// How a worker lets go of a task.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    Done {
        result: TaskResult,
        review: Review,
        metrics: Metrics,
        /// A limit ended the work early, and what was done until then is worth a review.
        error: Option<TaskError>,
    },
    /// Tried again later when that is worth it, else the end.
    Failed {
        error: TaskError,
        metrics: Option<Metrics>,
    },
    Cancelled {
        metrics: Option<Metrics>,
    },
    /// Back to the line until [`TaskQueue::wake`] says that what it waits for is there.
    Wait {
        waiting_for: WaitingFor,
        message: String,
    },
    /// Back to the line, not before `delay` has passed (a provider's trouble, or the worker is stopping).
    Again {
        delay: Duration,
        message: String,
    },
}

/// What is asked of [`TaskQueue::list`]; newest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TaskFilter {
    pub project: Option<ProjectId>,
    pub session: Option<SessionId>,
    pub status: Option<TaskStatus>,
    /// At most this many; the caller has bounded it.
    pub limit: usize,
    /// Go on after this task.
    pub after: Option<TaskId>,
}

/// One page of tasks.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TaskPage {
    pub items: Vec<Task>,
    /// The cursor of the next page, when there is one.
    pub next: Option<TaskId>,
}

/// A task that changed, in short; whoever wants more asks [`TaskQueue::get`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changed {
    pub task: TaskId,
    pub user: UserId,
    pub project: ProjectId,
    pub session: SessionId,
    pub status: TaskStatus,
    pub waiting_for: Option<WaitingFor>,
    pub review: Review,
}

/// The ledger as `/health/detailed` and `/metrics` show it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct QueueStats {
    /// Every lane, also an empty one.
    pub lanes: BTreeMap<Mode, LaneStats>,
    /// Workers lost while they ran a task.
    pub lease_losses: u64,
    /// Failures that were tried again.
    pub retries: u64,
}

/// One lane of the ledger.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LaneStats {
    /// In line, those that wait for something included.
    pub queued: usize,
    /// In line and waiting for something ([`WaitingFor`]); a person's own cap does not count.
    pub waiting: usize,
    pub processing: usize,
    /// When the task that is in line the longest was submitted.
    pub oldest_queued_at: Option<Millis>,
    pub is_paused: bool,
}

impl QueueStats {
    /// As the API shows it.
    pub fn health(&self, backend: &str) -> QueueHealth {
        let all = self.total();
        let lanes = self.lanes.iter().map(|(mode, lane)| LaneHealth {
            mode: *mode,
            queued: lane.queued as u64,
            waiting: lane.waiting as u64,
            processing: lane.processing as u64,
            oldest_queued_at: lane.oldest_queued_at,
            is_paused: lane.is_paused,
        });
        QueueHealth {
            backend: backend.into(),
            queued: all.queued as u64,
            waiting: all.waiting as u64,
            processing: all.processing as u64,
            oldest_queued_at: all.oldest_queued_at,
            lanes: lanes.collect(),
            lease_losses: self.lease_losses,
            retries: self.retries,
        }
    }

    /// All lanes together; paused when all are.
    pub fn total(&self) -> LaneStats {
        let mut all = LaneStats { is_paused: !self.lanes.is_empty(), ..LaneStats::default() };
        for lane in self.lanes.values() {
            all.queued += lane.queued;
            all.waiting += lane.waiting;
            all.processing += lane.processing;
            all.oldest_queued_at = all.oldest_queued_at.into_iter().chain(lane.oldest_queued_at).min();
            all.is_paused &= lane.is_paused;
        }
        all
    }
}

#[derive(Debug, thiserror::Error)]
pub enum QueueError {
    #[error("there is no task {0}")]
    NotFound(TaskId),
    #[error("task {0} was already sent with another content")]
    IdTaken(TaskId),
    #[error("task {task} is {status:?}, so this can't be done")]
    WrongState { task: TaskId, status: TaskStatus, review: Review },
    /// The caller no longer holds the newest lease: stop at once, nothing of it counts any more.
    #[error("the lease on task {0} was lost")]
    LeaseLost(TaskId),
    #[error("there is a limit of {limit} on {what}")]
    Full { what: &'static str, limit: usize },
    /// Sent too soon after others: see [`Pace`].
    #[error("too many tasks in a short time; the next can be sent in {} s", seconds(*.retry_after))]
    TooSoon { retry_after: Duration },
    #[error("the disk is full; nothing was changed")]
    DiskFull,
    #[error("the ledger failed: {0}")]
    Storage(String),
}

/// Whole seconds after which that much time has passed.
pub fn seconds(wait: Duration) -> u64 {
    wait.as_secs() + u64::from(wait.subsec_nanos() > 0)
}

/// How a task is submitted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SubmitOptions {
    /// When a task with the same `cache_key` has not ended yet, none is made: that one answers, as `Same`.
    pub joins: bool,
    /// What the task is counted against, all or none: too soon is [`QueueError::TooSoon`]. A task that is known already
    /// is not counted again.
    pub paces: Vec<Pace>,
}

/// How [`TaskQueue::submit`] took a task.
#[derive(Debug, Clone, PartialEq)]
pub enum Submission {
    New(Task),
    /// The same task was sent before: this is how it stands now.
    Known(Task),
    /// Another task asks the same of the same files and has not ended yet: this one. Nothing was made.
    Same(Task),
}

impl Submission {
    pub fn into_task(self) -> Task {
        match self {
            Self::New(task) | Self::Known(task) | Self::Same(task) => task,
        }
    }
}

#[async_trait]
pub trait TaskQueue: Send + Sync {
    /// Stores a task, puts it in line and writes its `queued` event in one durable transaction. The same id with what a
    /// client sent unchanged answers `Known` (an edit since then does not matter); with anything else
    /// [`QueueError::IdTaken`]. The ledger sets everything that it owns: status, attempt, review and times.
    ///
    /// With `cache_key`, the newest task of that key that is done, and whose review is `None` or `Pending`, gives the new
    /// task its result: it is done at once, with `metrics.cached` and nothing used. With `after`, it waits for that task's
    /// end (an unknown one is `NotFound`, one that ended otherwise than well fails it at once,
    /// [`TaskErrorCode::DependencyFailed`]).
    ///
    /// [`TaskErrorCode::DependencyFailed`]: tidemark_shared::TaskErrorCode::DependencyFailed
    async fn submit(&self, task: Task) -> Result<Submission, QueueError> {
        self.submit_with(task, SubmitOptions::default()).await
    }
    /// As [`Self::submit`], with more to it.
    async fn submit_with(&self, task: Task, options: SubmitOptions) -> Result<Submission, QueueError>;
    async fn get(&self, id: TaskId) -> Result<Task, QueueError>;
    /// Tasks, newest first. A cursor that is no longer known is [`QueueError::NotFound`].
    async fn list(&self, filter: TaskFilter) -> Result<TaskPage, QueueError>;

    /// Takes up to `want` tasks out of `lanes`, in the order that this module's head tells; from a paused lane none. Fewer,
    /// or none, when nothing else is free to go. Expired leases are taken back here (event `interrupted`); a task that was
    /// interrupted more than the configured number of times fails with `interrupted` instead.
    async fn lease(
        &self,
        worker: &str,
        lanes: &[Mode],
        want: usize,
        ttl: Duration,
    ) -> Result<Vec<Leased>, QueueError>;
    /// Returns when [`Self::lease`] of these lanes may have something: new work, work come due, or an expired lease. No
    /// polling while idle.
    async fn ready(&self, lanes: &[Mode]);
    /// Keeps a lease for another `ttl`.
    async fn renew(&self, lease: &Lease, ttl: Duration) -> Result<Beat, QueueError>;
    /// Returns when someone asked to cancel this attempt, or its lease is lost: at once in this process.
    async fn cancelled(&self, lease: &Lease);
    /// Appends events in order; answers with the number of the last. Refused without the newest lease, and with
    /// [`QueueError::Full`] when the task has as many events as the limit allows (an end is always accepted).
    async fn append(&self, lease: &Lease, events: Vec<EventKind>) -> Result<Seq, QueueError>;
    /// Lets go of the task; with an end, the `finished` event is in the same transaction. A task that someone asked to
    /// cancel ends as cancelled instead of going back to the line; one with too many events fails instead. An end also
    /// ends or frees the tasks that come after this one.
    async fn finish(&self, lease: &Lease, outcome: Outcome) -> Result<Task, QueueError>;

    /// A queued task is cancelled at once; a running one is asked to stop and is cancelled by its worker. Cancelling a
    /// cancelled task is fine; any other ended one is `WrongState`.
    async fn cancel(&self, id: TaskId) -> Result<Task, QueueError>;
    /// Changes a task that is still queued; any other is `WrongState`.
    async fn edit(&self, id: TaskId, edit: TaskEdit) -> Result<Task, QueueError>;
    /// Records a review of a done task: replaces its hunk reviews and `review` and appends `event`, when the task's review
    /// and hunks are still `expected` (else `WrongState`). Moves no file.
    async fn review(&self, expected: &Task, reviewed: Task, event: EventKind) -> Result<Task, QueueError>;
    /// Nothing is leased from a paused lane; what runs goes on. Outlives the process.
    async fn pause(&self, lane: Mode, is_paused: bool) -> Result<(), QueueError>;
    /// Every task that waits for `what` may run again; not `Slot` and `Task`, which the ledger itself knows about.
    async fn wake(&self, what: WaitingFor) -> Result<(), QueueError>;

    /// The events after `after`, at most `limit`, in order and without gaps. `after` 0 is the beginning.
    async fn events(&self, id: TaskId, after: Seq, limit: usize) -> Result<Vec<TaskEvent>, QueueError>;
    /// Returns when the task has an event after `after`.
    async fn event_after(&self, id: TaskId, after: Seq) -> Result<(), QueueError>;
    /// Every change of a task's state, in order, but not every event; a receiver that lags is told by the channel.
    fn changes(&self) -> tokio::sync::broadcast::Receiver<Changed>;
    async fn stats(&self) -> Result<QueueStats, QueueError>;

    /// `memory`, `sled` or `redis`.
    fn backend(&self) -> &'static str;
    /// What opening found lost or damaged, in words for a person; everything readable was kept.
    fn damage(&self) -> Vec<String> {
        Vec::new()
    }
}
