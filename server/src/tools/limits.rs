//! How much a tool reads, writes and answers. Part of the config; every limit has a test at its edge.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct ToolLimits {
    /// The largest file that is read or edited, in bytes.
    pub max_file_bytes: u64,
    /// The largest text that is written in one call, in bytes.
    pub max_write_bytes: usize,
    /// Lines in the answer to one `read_file`.
    pub max_read_lines: usize,
    /// Bytes in any answer.
    pub max_answer_bytes: usize,
    /// Characters of one line in an answer; the rest of the line is left out and said so.
    pub max_line_chars: usize,
    /// Entries in the answer to one `list_files`.
    pub max_list_entries: usize,
    /// Matches in the answer to one `search`.
    pub max_search_hits: usize,
    /// Files of the copy that a tool looks at, at most.
    pub max_files: usize,
}

impl Default for ToolLimits {
    fn default() -> Self {
        Self {
            max_file_bytes: 8 << 20,
            max_write_bytes: 1 << 20,
            max_read_lines: 1_000,
            max_answer_bytes: 64 << 10,
            max_line_chars: 2_000,
            max_list_entries: 500,
            max_search_hits: 100,
            max_files: 60_000,
        }
    }
}
