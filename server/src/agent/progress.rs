//! [`Progress`]: how far an agent's work got, so that another attempt, in whatever process, goes on from there: no answer
//! that was paid for is asked for twice, and no call that ended is made twice.

use crate::providers::{Message, StopReason, ToolResult};
use crate::tools::Kept;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use tidemark_shared::RelPath;
use tidemark_shared::patch::Placement;
use tidemark_shared::task::Metrics;

/// All of the work until some moment, or what is new since the last such moment: then the lists have only what was added.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Progress {
    /// The conversation. When the model's turn is the last one, it is not yet acted on, or not wholly.
    pub messages: Vec<Message>,
    /// How the edits were placed.
    pub placements: Vec<Placement>,
    /// The files of the copy that are not as in the snapshot; nothing for one that is gone.
    pub files: BTreeMap<RelPath, Option<Kept>>,
    pub state: State,
}

impl Progress {
    /// Adds what is new since.
    pub fn add(&mut self, further: Self) {
        self.messages.extend(further.messages);
        self.placements.extend(further.placements);
        self.files.extend(further.files);
        self.state = further.state;
    }
}

/// Where the work stands: small, and kept whole each time.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct State {
    /// What was used so far, over all attempts.
    pub metrics: Metrics,
    /// How the model's last turn ended.
    pub stop: Option<StopReason>,
    /// The answers so far to the calls of the model's last turn.
    pub results: Vec<ToolResult>,
    /// What the model said last.
    pub answer: String,
    pub output_bytes: usize,
    pub last_calls: Vec<(String, serde_json::Value)>,
    pub repeats: u32,
    /// Answers that were cut off, one after the other.
    pub cut: u32,
    pub edited: bool,
    /// The model was told once that the edits in its plain answer can't be placed.
    pub sent_back: bool,
    /// The edits in the model's plain answer are made: nothing is left to do.
    pub done: bool,
}
