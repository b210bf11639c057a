//! [`Task`]: what a person asks of the agent, from the prompt to the reviewed result.

pub mod transition;

use crate::{Millis, ModelId, Problem, ProjectId, RelPath, SessionId, TaskId, TaskResult, UserId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What kind of answer is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Change the project as asked.
    Patch,
    /// Answer with references to file and line; change nothing.
    Explain,
    /// Write tests in the project's own framework.
    GenerateTest,
    /// Make the project's linters and formatters content.
    LintFix,
}

impl Mode {
    pub const ALL: [Self; 4] = [Self::Patch, Self::Explain, Self::GenerateTest, Self::LintFix];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Patch => "patch",
            Self::Explain => "explain",
            Self::GenerateTest => "generate_test",
            Self::LintFix => "lint_fix",
        }
    }
}

/// Where a task is in its life. `done`, `failed` and `cancelled` are terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TaskStatus {
    Queued,
    Processing,
    Done,
    Failed,
    Cancelled,
}

impl TaskStatus {
    pub const fn is_terminal(self) -> bool {
        matches!(self, Self::Done | Self::Failed | Self::Cancelled)
    }
}

/// What a queued task waits for, other than its place in line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum WaitingFor {
    Network,
    Approval,
    Budget,
    /// This person has as many tasks running as one may have.
    Slot,
    /// The end of the task named by `after`.
    Task,
}

/// Where the review of a finished task stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Review {
    /// Nothing to review: not finished, or no file changed.
    None,
    Pending,
    Accepted,
    /// Some hunks are decided (kept or rejected), others not yet, or some kept and the rest rejected.
    Partial,
    Rejected,
    Undone,
}

/// A file as the person sees it, when that differs from the disk: an unsaved buffer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OpenFile {
    pub path: RelPath,
    pub content: String,
}

/// Where the person's cursor is. Lines and columns count from 1.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Cursor {
    pub file: RelPath,
    pub line: u32,
    pub col: u32,
}

/// The body of `POST /api/agent/tasks`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewTask {
    /// Made by the client; a second request with the same id and body answers with the first task.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<TaskId>,
    pub project_id: ProjectId,
    /// The conversation to go on with; a new one when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_id: Option<SessionId>,
    pub prompt: String,
    pub mode: Mode,
    /// `provider/model`; the project's or the person's default when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<ModelId>,
    /// 0 (last) to 9 (first); 5 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub priority: Option<u8>,
    /// Unsaved buffers: the snapshot is the disk with these laid over it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<OpenFile>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<Cursor>,
    /// Not before this time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run_at: Option<Millis>,
    /// Only once that task is done; when it ends otherwise, this one fails.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<TaskId>,
    /// Ask the model even when the same was asked of the same files before.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub fresh: bool,
}

impl NewTask {
    pub const DEFAULT_PRIORITY: u8 = 5;
    pub const MAX_PRIORITY: u8 = 9;
}

/// What a task used up.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Metrics {
    pub tokens: Tokens,
    /// US dollars; absent when the model's price is not known, 0 for local models and the demo.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost_usd: Option<f64>,
    pub llm_provider: String,
    pub model: String,
    pub duration_ms: u64,
    pub steps: u32,
    pub cached: bool,
}

/// Token counts as the provider reported them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Tokens {
    pub input: u64,
    pub output: u64,
    pub cache_read: u64,
    pub cache_write: u64,
}

impl std::ops::AddAssign for Tokens {
    fn add_assign(&mut self, other: Self) {
        self.input += other.input;
        self.output += other.output;
        self.cache_read += other.cache_read;
        self.cache_write += other.cache_write;
    }
}

/// Why a task failed, for a program; `message` is for a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TaskErrorCode {
    /// The provider refused the key.
    BadKey,
    /// The provider does not know the model.
    UnknownModel,
    /// No provider is connected that could answer.
    NoModel,
    /// The provider answered with an error, nonsense, or not at all.
    ProviderFailed,
    /// The provider did not say anything in time.
    ProviderSilent,
    /// The provider limits how much may be asked.
    RateLimited,
    /// The model declined to answer.
    Refused,
    /// A limit of ours was reached: steps, tokens, output or time. `message` names it.
    LimitReached,
    /// The project's folder is gone or cannot be read.
    ProjectGone,
    /// The disk is full or cannot be written.
    Storage,
    /// The demo agent does not know how to do what was asked.
    DemoCannot,
    /// The worker died too often while running this task.
    Interrupted,
    /// The task that this one comes after did not end well.
    DependencyFailed,
    /// A defect of ours; the log has the cause.
    Internal,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TaskError {
    pub code: TaskErrorCode,
    pub message: String,
    /// Whether asking again, unchanged, may succeed.
    pub retryable: bool,
}

/// A task as its readers see it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Task {
    pub id: TaskId,
    pub user_id: UserId,
    pub project_id: ProjectId,
    pub session_id: SessionId,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<OpenFile>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<Cursor>,
    pub prompt: String,
    pub mode: Mode,
    /// The model that was asked for, resolved at submit.
    pub model: ModelId,
    pub priority: u8,
    pub status: TaskStatus,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waiting_for: Option<WaitingFor>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<TaskResult>,
    pub review: Review,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metrics: Option<Metrics>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<TaskError>,
    /// The snapshot that the task works on: the object that lists the project's files and their hashes.
    pub snapshot: crate::Hash,
    /// The task that this one tries again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_of: Option<TaskId>,
    /// It runs not before this time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run_at: Option<Millis>,
    /// It runs once that task is done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<TaskId>,
    /// Tasks with the same key ask the same of the same files: one answer serves them all. Absent when the model is to be
    /// asked in any case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache_key: Option<crate::Hash>,
    /// Someone asked to cancel it while a worker had it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub cancel_requested: bool,
    /// Rises with every lease; the fence that keeps a lost worker from writing.
    pub attempt: u32,
    pub created_at: Millis,
    pub updated_at: Millis,
}

/// The body of `PATCH /api/agent/tasks/{id}`: only while it is queued.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TaskEdit {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prompt: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub priority: Option<u8>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<ModelId>,
}

/// The answer to `POST /api/agent/tasks`: on disk before it is sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Submitted {
    pub task_id: TaskId,
    pub session_id: SessionId,
    pub status: TaskStatus,
}

/// The body of `POST /api/agent/tasks/batch`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewBatch {
    /// Taken in this order; one may wait for an earlier one by its client-made id.
    pub tasks: Vec<NewTask>,
}

/// The answer to `POST /api/agent/tasks/batch`: what became of each task, in order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SubmittedBatch {
    pub items: Vec<BatchItem>,
}

/// One task of a batch: in line, or refused by itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum BatchItem {
    Submitted(Submitted),
    Refused(Problem),
}

/// The answer to `GET /api/agent/tasks`, newest first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TaskList {
    pub items: Vec<Task>,
    /// Give this as `cursor` to go on; absent on the last page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}
