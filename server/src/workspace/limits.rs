//! What may grow in a workspace, and how far. Part of the config; every limit has a test at its edge.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Limits {
    /// The largest file that the editor opens and saves, in bytes.
    pub max_edit_bytes: u64,
    /// Entries in a file tree; the rest is cut off and said so.
    pub max_list_entries: usize,
    /// Files larger than this stay out of snapshots: the agent does not see them.
    pub max_snapshot_file_bytes: u64,
    pub max_snapshot_files: usize,
    /// All files of a snapshot together.
    pub max_snapshot_bytes: u64,
    /// Files with more lines than this are reviewed as a whole, not by hunks.
    pub max_diff_lines: usize,
    /// Files changed by one task.
    pub max_changed_files: usize,
    /// Deleted files and folders that the trash keeps.
    pub max_trash_entries: usize,
    /// Matches in the answer to a search.
    pub max_search_hits: usize,
    /// Folders watched per project before watching falls back to looking every few seconds.
    pub max_watched_folders: usize,
    /// Projects that are watched at the same time: those opened last.
    pub max_watched_projects: usize,
    /// File changes told one by one within one moment; more are told as one change of the project.
    pub max_file_events: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_edit_bytes: 5 << 20,
            max_list_entries: 20_000,
            max_snapshot_file_bytes: 8 << 20,
            max_snapshot_files: 50_000,
            max_snapshot_bytes: 1 << 30,
            max_diff_lines: 50_000,
            max_changed_files: 2_000,
            max_trash_entries: 1_000,
            max_search_hits: 2_000,
            max_watched_folders: 8_192,
            max_watched_projects: 8,
            max_file_events: 64,
        }
    }
}
