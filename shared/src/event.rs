//! What happens: the append-only, gap-free story of a task, and the feed of everything a caller may see.

use crate::{
    Check, Hash, HunkId, Millis, ProjectId, RelPath, Review, TaskError, TaskId, TaskStatus, WaitingFor,
    task::Tokens,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The number of an event within its task: 1, 2, 3 … without gaps. The `id` of the SSE message.
pub type Seq = u64;

/// One thing that happened to a task.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TaskEvent {
    pub seq: Seq,
    pub at: Millis,
    pub attempt: u32,
    #[serde(flatten)]
    pub kind: EventKind,
}

/// Everything that can happen to a task.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum EventKind {
    Queued,
    Edited,
    /// A worker took it.
    Started {
        worker: String,
        model: String,
    },
    /// A request to the model begins; steps count from 1, and an attempt that goes on counts on.
    Step {
        step: u32,
    },
    /// More of what the model says. Deltas of one step join to its message.
    Text {
        text: String,
    },
    /// More of what the model thinks, where the provider shows it.
    Thinking {
        text: String,
    },
    /// How far a file has come that the model changes in its plain answer: the newest of a path counts. A step, a retry
    /// and a tool call end what was told so far. A file that is written whole counts no lines.
    #[serde(rename_all = "camelCase")]
    Writing {
        path: RelPath,
        added_lines: u32,
        removed_lines: u32,
        /// Whether more of it is expected.
        open: bool,
    },
    #[serde(rename_all = "camelCase")]
    ToolCalled {
        call_id: String,
        tool: String,
        /// One line for a person: the file, the words searched for.
        summary: String,
        #[schema(value_type = Object)]
        input: serde_json::Value,
    },
    #[serde(rename_all = "camelCase")]
    ToolFinished {
        call_id: String,
        ok: bool,
        /// One line for a person: "120 lines", "no such file".
        summary: String,
        /// What the model got back, bounded.
        output: String,
        duration_ms: u64,
    },
    /// Secrets that the project holds stayed here: the model sees placeholders for them. Kinds as `github-token`, one for
    /// each secret.
    SecretsKept {
        kinds: Vec<String>,
    },
    /// What the task has used so far.
    #[serde(rename_all = "camelCase")]
    Usage {
        tokens: Tokens,
        cost_usd: Option<f64>,
    },
    CheckFinished {
        check: Check,
    },
    /// What was told until here is kept: another attempt would go on from here, and what is told after it would be told anew.
    Saved {
        step: u32,
        /// The object that holds what is new since the one before.
        progress: Hash,
    },
    /// This attempt goes on after the step of an earlier one; without this event it starts from the beginning.
    Resumed {
        step: u32,
    },
    /// It left the worker and waits; it goes on by itself.
    #[serde(rename_all = "camelCase")]
    Waiting {
        waiting_for: WaitingFor,
        message: String,
    },
    /// A provider's trouble; the same step is asked again.
    #[serde(rename_all = "camelCase")]
    Retrying {
        message: String,
        after_ms: u64,
    },
    /// The worker was lost at this step; the task goes on, or is tried again.
    Interrupted {
        step: u32,
    },
    CancelRequested,
    /// The end: the last event before any review.
    Finished {
        status: TaskStatus,
        error: Option<TaskError>,
    },
    Accepted {
        hunks: Vec<HunkId>,
        written: Vec<RelPath>,
    },
    Rejected {
        hunks: Vec<HunkId>,
        comment: Option<String>,
    },
    Undone {
        written: Vec<RelPath>,
    },
    /// What stood here was lost to damage on the disk; its number is kept, so that the story has no gap.
    Lost,
}

/// What `GET /api/events` tells: hints to look again, never the only copy of a fact. A reader that lagged gets `resync`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ServerEvent {
    /// The first event of every stream.
    Hello {
        version: String,
    },
    /// Events were missed: fetch again what is shown.
    Resync,
    /// A file changed on disk, by whatever hand. `hash` is absent when it is gone.
    #[serde(rename_all = "camelCase")]
    FileChanged {
        project_id: ProjectId,
        path: RelPath,
        hash: Option<Hash>,
    },
    /// So much changed that single files are not told.
    #[serde(rename_all = "camelCase")]
    ProjectChanged {
        project_id: ProjectId,
    },
    /// The project's folder is gone, or back.
    #[serde(rename_all = "camelCase")]
    ProjectAvailable {
        project_id: ProjectId,
        available: bool,
    },
    #[serde(rename_all = "camelCase")]
    TaskChanged {
        project_id: ProjectId,
        task_id: TaskId,
        status: TaskStatus,
        review: Review,
    },
    /// Models came or went.
    ModelsChanged,
    SettingsChanged,
}
