//! A provider that says what it was told to: a test holds the script and sees every request.

use super::{Delta, DeltaStream, Provider, ProviderError, Request, StopReason, ToolCall};
use async_trait::async_trait;
use futures::{StreamExt, stream};
use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use tidemark_shared::model::{ProviderInfo, ProviderStatus};
use tidemark_shared::task::Tokens;
use tidemark_shared::{ModelId, ModelInfo};

/// One answer of the script.
#[derive(Debug, Clone)]
pub enum Turn {
    /// Says these and ends; a missing `Done` is added.
    Say(Vec<Delta>),
    /// Refuses to start.
    Fail(ProviderError),
    /// Says these, then fails.
    Break(Vec<Delta>, ProviderError),
    /// Says these, then nothing more, for ever.
    Hang(Vec<Delta>),
}

impl Turn {
    pub fn text(text: &str) -> Self {
        Self::Say(vec![
            Delta::Text(text.into()),
            Delta::Usage(Tokens { input: 10, output: 5, ..Tokens::default() }),
            Delta::Done(StopReason::EndTurn),
        ])
    }
    /// Some words, then one call of a tool.
    pub fn call(text: &str, id: &str, tool: &str, input: serde_json::Value) -> Self {
        Self::Say(vec![
            Delta::Text(text.into()),
            Delta::ToolCall(ToolCall { id: id.into(), name: tool.into(), input }),
            Delta::Usage(Tokens { input: 10, output: 5, ..Tokens::default() }),
            Delta::Done(StopReason::ToolUse),
        ])
    }
}

/// Provider `scripted` with model `scripted/model`. When the script is over it says "Done.".
#[derive(Debug, Default)]
pub struct Scripted {
    turns: Mutex<VecDeque<Turn>>,
    requests: Mutex<Vec<Request>>,
}

impl Scripted {
    pub const ID: &'static str = "scripted";

    pub fn new(turns: impl IntoIterator<Item = Turn>) -> Self {
        Self { turns: Mutex::new(turns.into_iter().collect()), requests: Mutex::default() }
    }
    pub fn push(&self, turn: Turn) {
        self.turns.lock().unwrap_or_else(PoisonError::into_inner).push_back(turn);
    }
    /// Every request so far, oldest first.
    pub fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[async_trait]
impl Provider for Scripted {
    fn id(&self) -> &str {
        Self::ID
    }
    fn info(&self) -> ProviderInfo {
        ProviderInfo {
            id: Self::ID.into(),
            name: "Scripted".into(),
            status: ProviderStatus::Connected,
            message: None,
            base_url: None,
            key_source: None,
            needs_key: false,
        }
    }
    fn models(&self) -> Vec<ModelInfo> {
        vec![ModelInfo {
            id: ModelId::new(Self::ID, "model").expect("two plain words are a model id"),
            provider: Self::ID.into(),
            name: "Scripted model".into(),
            available: true,
            reason: None,
            local: true,
            demo: false,
            context_tokens: Some(200_000),
            price: None,
        }]
    }
    async fn refresh(&self) {}
    async fn stream(&self, request: Request) -> Result<DeltaStream, ProviderError> {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner).push(request);
        let turn = self.turns.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
        let fine = |deltas: Vec<Delta>| stream::iter(deltas.into_iter().map(Ok));
        match turn.unwrap_or_else(|| Turn::text("Done.")) {
            Turn::Say(mut deltas) => {
                if !matches!(deltas.last(), Some(Delta::Done(_))) {
                    let called = deltas.iter().any(|delta| matches!(delta, Delta::ToolCall(_)));
                    deltas.push(Delta::Done(if called { StopReason::ToolUse } else { StopReason::EndTurn }));
                }
                Ok(fine(deltas).boxed())
            }
            Turn::Fail(why) => Err(why),
            Turn::Break(deltas, why) => Ok(fine(deltas).chain(stream::iter([Err(why)])).boxed()),
            Turn::Hang(deltas) => Ok(fine(deltas).chain(stream::pending()).boxed()),
        }
    }
}
