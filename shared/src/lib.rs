//! The words that every part of Tidemark shares, on the wire and in Rust.
//!
//! Pure: no I/O, no async, no clock, no environment. A type here means the same in the server, the ledger, the
//! HTTP contract and (through OpenAPI) in the UI.
//!
//! - [`id`]: newtype ids · [`path`]: [`RelPath`], a path that cannot leave its project
//! - [`task`]: [`Task`], what a person asks for, and its one state machine
//! - [`event`]: [`TaskEvent`], everything that can happen to a task, and [`ServerEvent`], what a caller may see
//! - [`change`]: [`FileChange`] and its hunks: an agent's whole output, as reviewed
//! - [`review`]: what a person decides about it
//! - [`patch`]: text diff, hunk selection, three-way merge
//! - [`project`]: projects, files, templates, search · [`model`]: what may be asked of which provider
//! - [`house`]: sessions and health · [`settings`]: what a person chose
//! - [`problem`]: every error code of the HTTP contract

pub mod change;
pub mod event;
pub mod house;
pub mod id;
pub mod model;
pub mod patch;
pub mod path;
pub mod problem;
pub mod project;
pub mod review;
pub mod settings;
pub mod task;

pub use change::{Check, CheckStatus, FileChange, FileStatus, Found, Hunk, HunkReview, TaskResult};
pub use event::{EventKind, Seq, ServerEvent, TaskEvent};
pub use id::{Hash, HunkId, ProjectId, SessionId, TaskId, UserId};
pub use model::{ModelId, ModelInfo};
pub use path::RelPath;
pub use problem::{Problem, ProblemCode};
pub use task::{Mode, NewTask, Review, Task, TaskError, TaskErrorCode, TaskStatus, WaitingFor};

/// Milliseconds since the Unix epoch, UTC. The only form of time on the wire and in the ledger.
pub type Millis = u64;
