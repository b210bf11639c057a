//! Seam `AgentBackend`: works on a private copy of the project and says what it did. Never touches the user's files.
//! `conformance.rs` is the contract; [`native`] is the built-in loop.

mod context;
pub mod limits;
pub mod native;
mod plain;
pub mod progress;
mod project;
pub mod prompt;
mod references;
mod secrecy;
mod trouble;
mod voice;
mod writing;

pub use limits::AgentLimits;
pub use progress::Progress;

use crate::providers::keys::Secret;
use async_trait::async_trait;
use std::path::PathBuf;
use tidemark_shared::change::Reference;
use tidemark_shared::patch::Placement;
use tidemark_shared::{EventKind, Task, TaskError, TaskErrorCode, task::Metrics};
use tokio_util::sync::CancellationToken;

/// What an agent is asked to do.
#[derive(Debug, Clone)]
pub struct Brief {
    pub task: Task,
    /// The private copy: read and write here, nowhere else.
    pub copy: PathBuf,
    /// What went before in this session, oldest first.
    pub history: Vec<Turn>,
    /// Values that no model may see, wherever they stand: those of the project's own secret files.
    pub secrets: Vec<Secret>,
    /// How far an earlier attempt got: go on from there. The copy is as in the snapshot all the same.
    pub progress: Option<Progress>,
    /// Fires when the task was cancelled or its lease lost: stop within a second.
    pub cancel: CancellationToken,
}

/// An earlier task of the session, as a follow-up needs to know it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Turn {
    pub prompt: String,
    pub answer: String,
    /// "accepted", "rejected: name it dryBeds", "undone": what the person thought of it.
    pub verdict: String,
}

/// What an agent says when it is done; the files are in the copy.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    pub explanation: String,
    /// The places that the explanation names; each was looked up and exists.
    pub references: Vec<Reference>,
    pub metrics: Metrics,
    /// How the agent's edits were placed.
    pub placements: Vec<Placement>,
    /// A limit of ours ended the work early; what was done until then stands in the copy.
    pub stopped: Option<TaskError>,
}

#[derive(Debug, thiserror::Error)]
pub enum AgentError {
    #[error("cancelled")]
    Cancelled { metrics: Box<Metrics> },
    /// There is no way to the provider: wait for the network.
    #[error("{0}")]
    NoNetwork(String),
    #[error("{message}")]
    Failed { code: TaskErrorCode, message: String, retryable: bool, metrics: Box<Metrics> },
    /// The ledger refused an event: the lease is lost or the disk is full. Nothing more may be written.
    #[error("the ledger refused an event: {0}")]
    Ledger(#[from] crate::queue::QueueError),
}

/// Where an agent's events go, and how far it got.
#[async_trait]
pub trait Events: Send + Sync {
    /// Returns when they are in the ledger.
    async fn append(&self, events: Vec<EventKind>) -> Result<(), crate::queue::QueueError>;
    /// Keeps what is new since the last time this answered with an event. Another attempt may go on from here once that
    /// event is in the ledger: to be appended after all that happened until now, and before anything else does. Nothing when
    /// it could not be kept: the work goes on, and the next time has more to keep.
    async fn save(&self, further: &Progress) -> Option<EventKind>;
}

#[async_trait]
pub trait AgentBackend: Send + Sync {
    /// Works until done. Exactly one ending; only the copy changes; steps, tokens, output and time are bounded, over all
    /// attempts together. Each answer of a model is saved before it is acted on, each call when it has ended.
    async fn run(&self, brief: Brief, events: &dyn Events) -> Result<Report, AgentError>;
}

#[cfg(test)]
mod conformance;
