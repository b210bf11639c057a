//! What a dialect is: how a request is written and how its events are read. Pure: the bytes are `remote`'s.

use super::{Delta, ProviderError, Request, anthropic, openai_chat, openai_responses, sse};
use serde_json::Value;
use std::time::Duration;

/// How a server wants to be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// Anthropic Messages.
    Anthropic,
    /// OpenAI Responses; Chat Completions where a server does not know it.
    OpenAi,
    /// OpenAI Responses and nothing else.
    Responses,
    /// OpenAI Chat Completions: what nearly every other server speaks.
    Chat,
}

impl Dialect {
    /// The word in the config.
    pub fn parse(word: &str) -> Option<Self> {
        match word {
            "anthropic" => Some(Self::Anthropic),
            "openai" => Some(Self::OpenAi),
            "responses" => Some(Self::Responses),
            "chat" => Some(Self::Chat),
            _ => None,
        }
    }

    pub(super) const fn path(self) -> &'static str {
        match self {
            Self::Anthropic => "/v1/messages",
            Self::OpenAi | Self::Responses => "/responses",
            Self::Chat => "/chat/completions",
        }
    }

    /// `official` tells OpenAI's own server from the many that follow it from afar.
    pub(super) fn body(self, request: &Request, official: bool) -> Value {
        match self {
            Self::Anthropic => anthropic::body(request),
            Self::OpenAi | Self::Responses => openai_responses::body(request),
            Self::Chat => openai_chat::body(request, official),
        }
    }

    pub(super) fn reader(self) -> Box<dyn Reader> {
        match self {
            Self::Anthropic => Box::<anthropic::Events>::default(),
            Self::OpenAi | Self::Responses => Box::<openai_responses::Events>::default(),
            Self::Chat => Box::<openai_chat::Events>::default(),
        }
    }
}

/// Reads the events of one answer.
pub(super) trait Reader: Send {
    fn read(&mut self, event: &sse::Event, out: &mut Vec<Delta>) -> Result<(), Fault>;
    /// The stream ended: says the `Done` that is still owed, or nothing when the answer is not whole.
    fn end(&mut self, out: &mut Vec<Delta>);
}

/// What is wrong with an answer, before it is known whose it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fault {
    BadKey(String),
    RateLimited(Option<Duration>, String),
    Trouble(String),
    Rejected(String),
    Nonsense(String),
}

impl Fault {
    pub(super) fn of(self, provider: &str) -> ProviderError {
        let provider = provider.into();
        match self {
            Self::BadKey(reason) => ProviderError::BadKey { provider, reason },
            Self::RateLimited(retry_after, reason) => {
                ProviderError::RateLimited { provider, retry_after, reason }
            }
            Self::Trouble(reason) => ProviderError::Trouble { provider, reason },
            Self::Rejected(reason) => ProviderError::Rejected { provider, reason },
            Self::Nonsense(reason) => ProviderError::Nonsense { provider, reason },
        }
    }
}

/// The JSON object of an event.
pub(super) fn object(event: &sse::Event) -> Result<Value, Fault> {
    let value: Value = serde_json::from_str(&event.data)
        .map_err(|why| Fault::Nonsense(format!("an event is not JSON: {why}")))?;
    if value.is_object() { Ok(value) } else { Err(Fault::Nonsense("an event is not a JSON object".into())) }
}

/// The arguments of a finished tool call: an object, or the text itself when it is not one.
pub(super) fn arguments(text: &str) -> Value {
    if text.trim().is_empty() {
        return Value::Object(serde_json::Map::new());
    }
    match serde_json::from_str(text) {
        Ok(value @ Value::Object(_)) => value,
        _ => Value::String(text.into()),
    }
}

pub(super) fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

pub(super) fn count(value: &Value) -> u64 {
    value.as_u64().unwrap_or(0)
}
