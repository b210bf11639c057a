//! Seam `Provider`: a source of models. Messages are provider-neutral; each backend translates them to its wire.
//!
//! Capabilities are data ([`ModelInfo`]), never methods. Retry and time limits wrap a provider and implement this trait
//! again, so they pass the same conformance suite.

mod anthropic;
pub mod catalogue;
#[cfg(test)]
mod conformance;
pub mod demo;
pub mod guarded;
pub mod keys;
mod openai_chat;
mod openai_responses;
mod refusal;
pub mod remote;
pub mod scripted;
pub(crate) mod sse;
mod wire;

pub use wire::Dialect;

use async_trait::async_trait;
use futures::stream::BoxStream;
use serde::{Deserialize, Serialize};
use std::time::Duration;
use tidemark_shared::{ModelInfo, model::ProviderInfo, task::Tokens};

/// One turn of a conversation with a model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "role", rename_all = "snake_case")]
pub enum Message {
    User {
        text: String,
    },
    /// What the model said, and the tools it called, in order.
    Assistant {
        parts: Vec<Part>,
    },
    /// Answers to the calls of the turn before, in the order of the calls.
    ToolResults {
        results: Vec<ToolResult>,
    },
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Part {
    Text {
        text: String,
    },
    /// Thinking as the provider wants it sent back: opaque, with its signature where it has one.
    Thinking {
        text: String,
        signature: Option<String>,
    },
    ToolCall(ToolCall),
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ToolCall {
    pub id: String,
    pub name: String,
    /// A JSON object; when the model wrote broken JSON, a string with what it wrote (the tool layer answers with an error).
    pub input: serde_json::Value,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ToolResult {
    pub call_id: String,
    pub output: String,
    pub is_error: bool,
}

/// A tool that the model may call.
#[derive(Debug, Clone, PartialEq)]
pub struct ToolSpec {
    pub name: &'static str,
    pub description: &'static str,
    /// JSON Schema of the input, an object.
    pub input: serde_json::Value,
}

#[derive(Debug, Clone)]
pub struct Request {
    /// The model's own name, without the provider.
    pub model: String,
    pub system: String,
    pub messages: Vec<Message>,
    pub tools: Vec<ToolSpec>,
    pub max_output_tokens: u32,
}

/// What arrives while a model answers. A stream ends with exactly one `Done`, or with an error.
#[derive(Debug, Clone, PartialEq)]
pub enum Delta {
    Text(String),
    Thinking(String),
    /// The thinking part ended; the signature to send back with it.
    ThinkingDone {
        signature: Option<String>,
    },
    /// Whole: pieces are joined before they get here.
    ToolCall(ToolCall),
    /// Totals so far for this request; later ones replace earlier ones. `input` does not count what the cache gave.
    Usage(Tokens),
    /// Trouble before anything was said; the same request is asked again after this time.
    Retrying {
        reason: String,
        after: Duration,
    },
    Done(StopReason),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StopReason {
    EndTurn,
    ToolUse,
    /// The output limit cut the answer off.
    MaxTokens,
    /// The model declined.
    Refused,
}

/// Named for what the caller can do about it.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ProviderError {
    /// There is no way to it: no network, no such host, connection refused. The task waits for the network.
    #[error("{provider} can't be reached: {reason}")]
    Unreachable { provider: String, reason: String },
    #[error("{provider} refused the key: {reason}")]
    BadKey { provider: String, reason: String },
    #[error("{provider} has no model {model}")]
    UnknownModel { provider: String, model: String },
    /// Ask again after this time.
    #[error("{provider} limits requests: {reason}")]
    RateLimited { provider: String, retry_after: Option<Duration>, reason: String },
    /// 5xx, overloaded, a stream that was cut: asking again may work.
    #[error("{provider} had trouble: {reason}")]
    Trouble { provider: String, reason: String },
    #[error("{provider} said nothing for {after_s} s")]
    Silent { provider: String, after_s: u64 },
    /// The request itself is refused (4xx): asking again will not work.
    #[error("{provider} refused the request: {reason}")]
    Rejected { provider: String, reason: String },
    /// The answer is not what the protocol allows.
    #[error("{provider} answered with nonsense: {reason}")]
    Nonsense { provider: String, reason: String },
}

impl ProviderError {
    /// Whether the same request may succeed later.
    pub const fn is_retryable(&self) -> bool {
        match self {
            Self::Unreachable { .. }
            | Self::RateLimited { .. }
            | Self::Trouble { .. }
            | Self::Silent { .. }
            | Self::Nonsense { .. } => true,
            Self::BadKey { .. } | Self::UnknownModel { .. } | Self::Rejected { .. } => false,
        }
    }
}

pub type DeltaStream = BoxStream<'static, Result<Delta, ProviderError>>;

#[async_trait]
pub trait Provider: Send + Sync {
    /// `anthropic`, `openai`, `ollama`, …: the first part of its models' names.
    fn id(&self) -> &str;
    /// How it is connected, from what is known now: asks nobody.
    fn info(&self) -> ProviderInfo;
    /// Its models, from what is known now: asks nobody. Never waits for a network.
    fn models(&self) -> Vec<ModelInfo>;
    /// Asks the provider what it has, and remembers the answer for [`Self::info`] and [`Self::models`].
    async fn refresh(&self);
    /// Starts an answer. Dropping the stream ends the request at once.
    async fn stream(&self, request: Request) -> Result<DeltaStream, ProviderError>;
}
