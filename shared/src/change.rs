//! The change set: an agent's whole output, as a person reviews it. Immutable but for each hunk's review.

use crate::{Hash, HunkId, Mode, RelPath};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What a finished task answers with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TaskResult {
    #[serde(rename = "type")]
    pub mode: Mode,
    pub files_modified: Vec<FileChange>,
    /// Markdown, written by the agent: never trusted, never rendered as HTML.
    pub explanation: String,
    /// Files and lines that the explanation refers to; each was looked up and exists.
    #[serde(default)]
    pub references: Vec<Reference>,
    pub checks: Vec<Check>,
}

/// A place in the snapshot. Lines count from 1, both ends included.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Reference {
    pub path: RelPath,
    pub line: u32,
    pub end_line: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FileStatus {
    Added,
    Modified,
    Deleted,
    Renamed,
}

/// One file of a change set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct FileChange {
    /// The path after the change; for a deleted file the path that goes away.
    pub path: RelPath,
    /// Where a renamed file was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub old_path: Option<RelPath>,
    pub status: FileStatus,
    /// A unified diff that `git apply` accepts on the snapshot (binary files: a `GIT binary patch`).
    pub patch: String,
    /// The file's bytes in the snapshot; absent for an added file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base_hash: Option<Hash>,
    /// The file's bytes as proposed; absent for a deleted file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub new_hash: Option<Hash>,
    pub hunks: Vec<Hunk>,
    /// Not text, or too large to show: kept or undone as a whole.
    pub binary: bool,
    pub text: TextForm,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub old_mode: Option<FileMode>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub new_mode: Option<FileMode>,
    pub added_lines: u32,
    pub removed_lines: u32,
}

/// Git's two modes of a regular file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub enum FileMode {
    #[serde(rename = "100644")]
    Plain,
    #[serde(rename = "100755")]
    Executable,
}

impl FileMode {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Plain => "100644",
            Self::Executable => "100755",
        }
    }
}

/// How a file's text is stored; kept byte for byte through an accept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TextForm {
    pub encoding: Encoding,
    pub line_ending: LineEnding,
    pub bom: bool,
    pub final_newline: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub enum Encoding {
    #[serde(rename = "utf-8")]
    Utf8,
    #[serde(rename = "utf-16le")]
    Utf16Le,
    #[serde(rename = "utf-16be")]
    Utf16Be,
    /// Some other encoding: shown as binary, kept as bytes.
    #[serde(rename = "unknown")]
    Unknown,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum LineEnding {
    Lf,
    Crlf,
    Mixed,
    None,
}

/// One contiguous change, or a whole-file act (delete, rename, mode, binary), which has no lines.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Hunk {
    pub id: HunkId,
    /// First line of the hunk in the base, context included, from 1 (0 when it has none, as in a unified diff).
    pub old_start: u32,
    pub old_lines: u32,
    pub new_start: u32,
    pub new_lines: u32,
    /// The enclosing definition, as after the second `@@`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub section: String,
    /// The hunk's lines with their leading ` `, `+` or `-`, without line ends.
    pub lines: Vec<String>,
    /// The lines that stand for each other, for highlights; any other line is changed whole.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reworded: Vec<Reworded>,
    pub review: HunkReview,
    pub found: Found,
    /// Set when the hunk is about the file itself rather than about lines in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub act: Option<Act>,
}

/// A removed line and the added one in its place, and which of their words differ.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Reworded {
    /// Their places in the hunk's `lines`, from 0.
    pub old: u32,
    pub new: u32,
    /// What of the removed line is not in the added one: from and to, in UTF-16 code units behind the `-`.
    pub gone: Vec<[u32; 2]>,
    /// What of the added line is not in the removed one, behind the `+`.
    pub come: Vec<[u32; 2]>,
}

/// What a hunk does to a file as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Act {
    /// The file is new; for text the hunk has its lines.
    Create,
    /// The file goes away; for text the hunk has its lines.
    Delete,
    /// It moves from `oldPath` to `path`.
    Rename,
    /// It becomes, or stops being, executable.
    Mode,
    /// Its bytes are replaced as a whole: not text, or too large to take apart.
    Replace,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum HunkReview {
    Pending,
    Accepted,
    Rejected,
}

/// How a hunk's place in the file was found, so that a review can mark what deserves a second look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Found {
    Exact,
    /// Only blanks at line ends, or Unicode punctuation, differed.
    Whitespace,
    /// The indentation was adapted by a provable map.
    Indentation,
    /// By alignment with the surrounding lines, unique by a margin.
    Aligned,
    Moved,
    /// The user's file had moved on; merged three-way.
    Merged,
    NewFile,
}

/// A check that ran on the agent's copy before the person looks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Check {
    /// For a person: "Types", "Lint", "Tests", "Syntax".
    pub name: String,
    pub status: CheckStatus,
    /// The end of what the check printed, bounded.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub output: String,
    pub duration_ms: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CheckStatus {
    Passed,
    Failed,
    /// The project declares no such check, or it may not run here; `output` says why.
    NotRun,
}

/// The answer to `GET /api/agent/tasks/{id}/files/{path}`: the texts of one changed file, for a diff editor or a preview.
/// A side is absent when the file does not exist there, is binary, or is too large to edit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ChangedFile {
    pub path: RelPath,
    /// As it was when the task began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<String>,
    /// As the agent wants it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proposed: Option<String>,
    /// As it is on disk now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub current: Option<String>,
}
