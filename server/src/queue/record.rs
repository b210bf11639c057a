//! [`Record`]: one effect on the ledger, as the journal keeps it. Applying a record decides nothing, and applying it
//! again changes nothing.

use super::body::Body;
use super::{Changed, QueueError};
use serde::{Deserialize, Serialize};
use tidemark_shared::{
    EventKind, Hash, Millis, Mode, ModelId, ProjectId, Review, Seq, SessionId, Task, TaskEvent, TaskId,
    TaskStatus, UserId, WaitingFor,
};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) enum Record {
    /// The task stands so now; `events` are added.
    Put {
        head: Box<Head>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        body: Option<Body>,
        events: Vec<TaskEvent>,
    },
    /// A worker wrote more events.
    Events { task: TaskId, events: Vec<TaskEvent> },
    /// The lease runs until then. Dies with the process, as the lease does.
    Renew { task: TaskId, attempt: u32, until: Millis },
    /// The whole task with all its events, written anew so that older segments can go.
    Whole { head: Box<Head>, body: Body, events: Vec<TaskEvent> },
    /// The task is forgotten.
    Forget { task: TaskId },
    /// Whether tasks are leased from this lane.
    Lane { lane: Mode, is_paused: bool },
}

impl Record {
    /// The task that it is about.
    pub(super) fn task(&self) -> Option<TaskId> {
        match self {
            Self::Put { head, .. } | Self::Whole { head, .. } => Some(head.id),
            Self::Events { task, .. } | Self::Renew { task, .. } | Self::Forget { task } => Some(*task),
            Self::Lane { .. } => None,
        }
    }
    pub(super) fn events(&self) -> &[TaskEvent] {
        match self {
            Self::Put { events, .. } | Self::Whole { events, .. } | Self::Events { events, .. } => events,
            Self::Renew { .. } | Self::Forget { .. } | Self::Lane { .. } => &[],
        }
    }
    /// The body that it brings.
    pub(super) fn body(&self) -> Option<&Body> {
        match self {
            Self::Put { body, .. } => body.as_ref(),
            Self::Whole { body, .. } => Some(body),
            Self::Events { .. } | Self::Renew { .. } | Self::Forget { .. } | Self::Lane { .. } => None,
        }
    }
    pub(super) fn body_mut(&mut self) -> Option<&mut Body> {
        match self {
            Self::Put { body, .. } => body.as_mut(),
            Self::Whole { body, .. } => Some(body),
            Self::Events { .. } | Self::Renew { .. } | Self::Forget { .. } | Self::Lane { .. } => None,
        }
    }
    /// About how many bytes it has.
    pub(super) fn size(&self) -> usize {
        let mut bytes = Counted::default();
        // Counting can't fail, and what can't be written as JSON is refused where it is written.
        let _counted = serde_json::to_writer(&mut bytes, self);
        bytes.0 + self.body().map_or(0, |body| body.bytes().len())
    }
    /// Whether it must be on disk before it is acknowledged.
    pub(super) fn is_durable(&self) -> bool {
        match self {
            Self::Renew { .. } => false,
            Self::Put { .. }
            | Self::Events { .. }
            | Self::Whole { .. }
            | Self::Forget { .. }
            | Self::Lane { .. } => true,
        }
    }
}

/// The small, changing part of a task; all of them are in memory. The body is the [`Task`] as it was last written
/// whole: what the head says wins over it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Head {
    pub(super) id: TaskId,
    pub(super) user_id: UserId,
    pub(super) project_id: ProjectId,
    pub(super) session_id: SessionId,
    /// Its lane. Format 1 had but one line.
    #[serde(default = "the_one_line")]
    pub(super) mode: Mode,
    pub(super) model: ModelId,
    pub(super) priority: u8,
    pub(super) status: TaskStatus,
    pub(super) waiting_for: Option<WaitingFor>,
    pub(super) review: Review,
    pub(super) cancel_requested: bool,
    pub(super) attempt: u32,
    pub(super) created_at: Millis,
    pub(super) updated_at: Millis,
    /// Its number in the order of submission: its place in line within its priority, and in lists.
    pub(super) place: u64,
    /// The number of its last event.
    pub(super) seq: Seq,
    /// The step of the agent that was begun last in this attempt.
    pub(super) step: u32,
    /// How often its worker was lost since it got on.
    pub(super) interruptions: u32,
    /// How often it failed and was tried again.
    #[serde(default)]
    pub(super) failures: u32,
    /// It runs once that task is done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) after: Option<TaskId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) cache_key: Option<Hash>,
    /// Not to be leased before this time, in steady time.
    pub(super) not_before: Option<Millis>,
    /// How long the last pause was asked to be.
    pub(super) pause_ms: u64,
    /// When its lease runs out, in steady time.
    pub(super) lease_until: Option<Millis>,
    /// A digest of what the client sent.
    pub(super) sent: u64,
}

const fn the_one_line() -> Mode {
    Mode::Patch
}

impl Head {
    /// The head of a new task at `place`.
    pub(super) fn new(task: &Task, sent: u64, place: u64, now: Millis) -> Self {
        Self {
            id: task.id,
            user_id: task.user_id.clone(),
            project_id: task.project_id,
            session_id: task.session_id,
            mode: task.mode,
            model: task.model.clone(),
            priority: task.priority,
            status: TaskStatus::Queued,
            waiting_for: None,
            review: Review::None,
            cancel_requested: false,
            attempt: 0,
            created_at: now,
            updated_at: now,
            place,
            seq: 0,
            step: 0,
            interruptions: 0,
            failures: 0,
            after: task.after,
            cache_key: task.cache_key.clone(),
            not_before: None,
            pause_ms: 0,
            lease_until: None,
            sent,
        }
    }

    /// The task as it stands: its body with the head laid over it.
    pub(super) fn over(&self, mut body: Task) -> Task {
        body.model.clone_from(&self.model);
        body.priority = self.priority;
        body.status = self.status;
        body.waiting_for = self.waiting_for;
        body.review = self.review;
        body.cancel_requested = self.cancel_requested;
        body.attempt = self.attempt;
        body.created_at = self.created_at;
        body.updated_at = self.updated_at;
        body
    }

    /// Numbers `kinds` as the next events of this task.
    pub(super) fn number(&mut self, kinds: Vec<EventKind>, now: Millis) -> Vec<TaskEvent> {
        let mut events = Vec::with_capacity(kinds.len());
        for kind in kinds {
            self.seq += 1;
            events.push(TaskEvent { seq: self.seq, at: now, attempt: self.attempt, kind });
        }
        self.saw(&events);
        events
    }

    /// What a head learns from its own events.
    pub(super) fn saw(&mut self, events: &[TaskEvent]) {
        for event in events {
            self.seq = self.seq.max(event.seq);
            self.updated_at = event.at;
            match event.kind {
                EventKind::Step { step } | EventKind::Resumed { step } => self.step = step,
                // It gets on: the workers that were lost until here are not its fault.
                EventKind::Saved { .. } => self.interruptions = 0,
                _ => {}
            }
        }
    }

    pub(super) fn changed(&self) -> Changed {
        Changed {
            task: self.id,
            user: self.user_id.clone(),
            project: self.project_id,
            session: self.session_id,
            status: self.status,
            waiting_for: self.waiting_for,
            review: self.review,
        }
    }
}

/// A task as it comes in, made ready on the thread of whoever sends it.
#[derive(Debug)]
pub(super) struct Sent {
    pub(super) body: Body,
    pub(super) digest: u64,
}

impl Sent {
    pub(super) fn new(task: Task) -> Result<Self, QueueError> {
        let digest = digest(&task);
        let body = Body::pack(Task { result: None, metrics: None, error: None, ..task })?;
        Ok(Self { body, digest })
    }
}

/// A digest of everything that a client sends, so that sending twice is told from sending another thing.
fn digest(task: &Task) -> u64 {
    let mut hasher = blake3::Hasher::new();
    let sent = (
        &task.user_id,
        &task.project_id,
        &task.prompt,
        task.mode,
        task.priority,
        &task.model,
        &task.files,
        &task.cursor,
    );
    // A hasher takes everything, and all of these can be written.
    let _hashed = serde_json::to_writer(&mut hasher, &sent);
    // Format 1 had no such thing, and its digests still count.
    if task.run_at.is_some() || task.after.is_some() {
        let _hashed = serde_json::to_writer(&mut hasher, &(task.run_at, task.after));
    }
    u64::from_le_bytes(hasher.finalize().as_bytes()[..8].try_into().expect("a BLAKE3 hash has 32 bytes"))
}

/// Counts what is written to it.
#[derive(Default)]
struct Counted(usize);

impl std::io::Write for Counted {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
