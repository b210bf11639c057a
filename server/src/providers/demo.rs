//! The demo agent: no model, no key, no network. A script that makes a handful of real changes through the same tools,
//! events and review as a model, and says plainly what it cannot do.
//!
//! It keeps nothing between requests: each step is worked out from the conversation, so it survives a restart as a model
//! does.

mod ask;
mod draft;
mod explain;
mod lint;
mod recipes;
mod shade;
mod steps;
mod tests_for;

use super::{Delta, DeltaStream, Message, Part, Provider, ProviderError, Request, StopReason, ToolCall};
use crate::clock::Clock;
use ask::Ask;
use async_trait::async_trait;
use futures::{StreamExt, stream};
use std::sync::Arc;
use std::time::Duration;
use tidemark_shared::model::{Price, ProviderInfo, ProviderStatus};
use tidemark_shared::task::Tokens;
use tidemark_shared::{ModelId, ModelInfo};

/// Words that travel in one chunk.
const WORDS: usize = 3;

/// Provider `demo` with the model `demo/guide`.
pub struct Demo {
    pace: Duration,
    clock: Arc<dyn Clock>,
}

impl Demo {
    pub const ID: &'static str = "demo";
    pub const MODEL: &'static str = "guide";

    /// `pace` is the time between two chunks; zero in tests.
    pub fn new(pace: Duration, clock: Arc<dyn Clock>) -> Self {
        Self { pace, clock }
    }
}

#[async_trait]
impl Provider for Demo {
    fn id(&self) -> &str {
        Self::ID
    }
    fn info(&self) -> ProviderInfo {
        ProviderInfo {
            id: Self::ID.into(),
            name: "Demo".into(),
            status: ProviderStatus::Connected,
            message: None,
            base_url: None,
            key_source: None,
            needs_key: false,
        }
    }
    fn models(&self) -> Vec<ModelInfo> {
        vec![ModelInfo {
            id: ModelId::new(Self::ID, Self::MODEL).expect("two plain words are a model id"),
            provider: Self::ID.into(),
            name: "Demo guide".into(),
            available: true,
            reason: None,
            local: true,
            demo: true,
            context_tokens: None,
            price: Some(Price { input: 0.0, output: 0.0, cache_read: 0.0, cache_write: 0.0 }),
        }]
    }
    async fn refresh(&self) {}

    async fn stream(&self, request: Request) -> Result<DeltaStream, ProviderError> {
        if request.model != Self::MODEL {
            return Err(ProviderError::UnknownModel { provider: Self::ID.into(), model: request.model });
        }
        let deltas = answer(&request);
        let (pace, clock) = (self.pace, Arc::clone(&self.clock));
        let paced = stream::iter(deltas).then(move |delta| {
            let clock = Arc::clone(&clock);
            async move {
                if !pace.is_zero() && !matches!(delta, Delta::Usage(_) | Delta::Done(_)) {
                    clock.sleep(pace).await;
                }
                Ok(delta)
            }
        });
        Ok(paced.boxed())
    }
}

fn answer(request: &Request) -> Vec<Delta> {
    let offered: Vec<&str> = request.tools.iter().map(|tool| tool.name).collect();
    let step = steps::next(&Ask::of(request), &offered);
    let before = calls_before(request);
    let mut deltas: Vec<Delta> = chunks(&step.say).map(Delta::Text).collect();
    let calls = step.calls.into_iter().enumerate().map(|(number, (name, input))| {
        let id = format!("demo_{}", before + number + 1);
        Delta::ToolCall(ToolCall { id, name: name.into(), input })
    });
    deltas.extend(calls);
    let called = matches!(deltas.last(), Some(Delta::ToolCall(_)));
    // No model reads or writes, so there are no tokens to count.
    deltas.push(Delta::Usage(Tokens::default()));
    deltas.push(Delta::Done(if called { StopReason::ToolUse } else { StopReason::EndTurn }));
    deltas
}

/// Calls made so far, so that every call of a conversation has an id of its own.
fn calls_before(request: &Request) -> usize {
    let parts = request.messages.iter().filter_map(|message| match message {
        Message::Assistant { parts } => Some(parts),
        Message::User { .. } | Message::ToolResults { .. } => None,
    });
    parts.flatten().filter(|part| matches!(part, Part::ToolCall(_))).count()
}

/// A few words at a time, as a model would say them.
fn chunks(text: &str) -> impl Iterator<Item = String> {
    let words: Vec<&str> = text.split_inclusive(' ').collect();
    let chunks: Vec<String> = words.chunks(WORDS).map(<[&str]>::concat).collect();
    chunks.into_iter()
}

#[cfg(test)]
mod tests;
