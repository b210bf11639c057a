//! How far an agent may go on one task. Part of the config; every limit has a test at its edge.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::time::Duration;
use tidemark_shared::{TaskError, TaskErrorCode};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct AgentLimits {
    /// Requests to the model.
    pub max_steps: u32,
    /// Tokens of all requests together, in and out, as the provider counts them.
    pub max_tokens: u64,
    /// Tokens of one answer.
    pub max_output_tokens: u32,
    /// Bytes of everything the model says, thinks and writes into tool calls.
    pub max_output_bytes: usize,
    /// Seconds from start to end.
    pub max_seconds: u64,
    /// Tool calls in one answer; the rest are refused.
    pub max_calls_per_step: usize,
    /// The very same calls, one answer after the other: the model turns in a circle.
    pub max_repeats: u32,
    /// Answers that a provider cut off half-way and that are asked for again. (Trouble before the first word is the
    /// provider's own to retry.)
    pub max_cut_answers: u32,
    /// Bytes of the project's tree in the first message.
    pub max_tree_bytes: usize,
    /// Bytes of the project's rules (`AGENTS.md`) in the first message.
    pub max_rules_bytes: usize,
    /// Bytes of what went before in the session.
    pub max_history_bytes: usize,
    /// Bytes of the whole conversation; older tool answers are left out before a model is asked with more.
    pub max_context_bytes: usize,
    /// Bytes of a tool's input and output as events keep them; the model gets all of it.
    pub max_event_bytes: usize,
    /// Places in the answer to an `explain`.
    pub max_references: usize,
}

impl AgentLimits {
    pub const fn time(&self) -> Duration {
        Duration::from_secs(self.max_seconds)
    }
}

impl Default for AgentLimits {
    fn default() -> Self {
        Self {
            max_steps: 60,
            max_tokens: 2_000_000,
            max_output_tokens: 16_384,
            max_output_bytes: 2 << 20,
            max_seconds: 20 * 60,
            max_calls_per_step: 32,
            max_repeats: 5,
            max_cut_answers: 2,
            max_tree_bytes: 6 << 10,
            max_rules_bytes: 16 << 10,
            max_history_bytes: 12 << 10,
            max_context_bytes: 2 << 20,
            max_event_bytes: 8 << 10,
            max_references: 50,
        }
    }
}

/// A limit that was met, with its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Limit {
    Steps(u32),
    Tokens(u64),
    Output(usize),
    Time(u64),
    Repeats(u32),
}

impl Limit {
    /// What a person reads: which limit it was.
    pub(super) fn error(self) -> TaskError {
        let met = match self {
            Self::Steps(max) => format!("the limit of {max} steps (max_steps)"),
            Self::Tokens(max) => format!("the limit of {max} tokens (max_tokens)"),
            Self::Output(max) => format!("the limit of {max} bytes of output (max_output_bytes)"),
            Self::Time(max) => format!("the limit of {max} seconds (max_seconds)"),
            Self::Repeats(max) => format!("the limit of {max} times the same call (max_repeats)"),
        };
        let message = format!("The agent stopped at {met}.");
        TaskError { code: TaskErrorCode::LimitReached, message, retryable: true }
    }
}
