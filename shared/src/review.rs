//! What a person decides about a change set.

use crate::{Hash, HunkId, RelPath, Task};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The body of `POST …/accept`. Without `hunks`: everything that is still pending. Accepting some leaves the others pending.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AcceptRequest {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hunks: Option<Vec<HunkId>>,
}

/// The body of `POST …/reject`. Without `hunks`: everything that is still pending.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RejectRequest {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hunks: Option<Vec<HunkId>>,
    /// Goes back to the model with the next task of the session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}

/// The answer to accept, reject and undo.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Reviewed {
    pub task: Task,
    /// The files that were written, with what they hold now.
    pub written: Vec<WrittenFile>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct WrittenFile {
    pub path: RelPath,
    /// Absent: the file was deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hash: Option<Hash>,
    /// The person's own edits since the task began were merged in.
    pub merged: bool,
}

/// A place where the person's edit and the agent's meet: nothing was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Conflict {
    pub path: RelPath,
    pub kind: ConflictKind,
    /// For [`ConflictKind::Overlap`]: each overlapping region, all three sides.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub regions: Vec<ConflictRegion>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ConflictKind {
    /// Both sides changed the same lines.
    Overlap,
    /// The agent changes a file that is gone.
    DeletedByYou,
    /// The agent deletes or replaces a file that changed since.
    ChangedByYou,
    /// The agent adds a file where there is one now.
    Exists,
    /// A file that is no text changed on both sides.
    Binary,
}

/// Lines of one overlap, without line ends. `current_line` counts from 1.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ConflictRegion {
    pub current_line: u32,
    pub base: Vec<String>,
    pub current: Vec<String>,
    pub proposed: Vec<String>,
}
