//! What may be asked of which provider, as data.

use serde::{Deserialize, Serialize};
use std::fmt;
use utoipa::ToSchema;

/// `provider/model`, such as `anthropic/claude-sonnet-4-5` or `ollama/qwen3-coder:30b`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(try_from = "String", into = "String")]
#[schema(value_type = String, example = "demo/guide")]
pub struct ModelId(String);

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a model: write provider/model, such as demo/guide")]
pub struct BadModelId(pub String);

impl ModelId {
    pub fn new(provider: &str, model: &str) -> Result<Self, BadModelId> {
        Self::parse(&format!("{provider}/{model}"))
    }
    /// The provider ends at the first `/`; a model's own name may have more of them.
    pub fn parse(text: &str) -> Result<Self, BadModelId> {
        let bad = || BadModelId(text.chars().take(80).collect());
        let (provider, model) = text.split_once('/').ok_or_else(bad)?;
        let fine = |s: &str| {
            !s.is_empty() && s.len() <= 200 && !s.chars().any(|c| c.is_control() || c.is_whitespace())
        };
        if !fine(provider) || !fine(model) {
            return Err(bad());
        }
        Ok(Self(text.into()))
    }
    pub fn provider(&self) -> &str {
        self.0.split_once('/').map_or("", |(provider, _)| provider)
    }
    pub fn model(&self) -> &str {
        self.0.split_once('/').map_or("", |(_, model)| model)
    }
}

impl fmt::Display for ModelId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
impl std::str::FromStr for ModelId {
    type Err = BadModelId;
    fn from_str(s: &str) -> Result<Self, BadModelId> {
        Self::parse(s)
    }
}
impl TryFrom<String> for ModelId {
    type Error = BadModelId;
    fn try_from(s: String) -> Result<Self, BadModelId> {
        Self::parse(&s)
    }
}
impl From<ModelId> for String {
    fn from(id: ModelId) -> Self {
        id.0
    }
}

/// One model that may be named in a task.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ModelInfo {
    pub id: ModelId,
    pub provider: String,
    /// For a person: "Claude Sonnet 4.5".
    pub name: String,
    pub available: bool,
    /// Why it is not available, and what to do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Runs on this computer: costs nothing and needs no network.
    pub local: bool,
    /// The scripted demo agent: no model at all.
    pub demo: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub context_tokens: Option<u64>,
    /// US dollars per million tokens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price: Option<Price>,
}

/// US dollars per million tokens.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Price {
    pub input: f64,
    pub output: f64,
    pub cache_read: f64,
    pub cache_write: f64,
}

/// A source of models and how it is connected. Never holds a key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProviderInfo {
    /// `anthropic`, `openai`, `ollama`, `lmstudio`, `demo`, or the name given in the config.
    pub id: String,
    pub name: String,
    pub status: ProviderStatus,
    /// For a person, when it is not connected: what happened and what to do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// Where requests go.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base_url: Option<String>,
    /// Where its key came from: `environment`, `keychain`, `session` (kept in memory until the app stops), or absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_source: Option<KeySource>,
    pub needs_key: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ProviderStatus {
    Connected,
    NoKey,
    BadKey,
    Unreachable,
    /// Not asked yet: asking never blocks a start.
    Unknown,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum KeySource {
    Environment,
    Keychain,
    Session,
}

/// The answer to `GET /api/models`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Models {
    pub items: Vec<ModelInfo>,
    pub providers: Vec<ProviderInfo>,
    /// The model that a task without a model would use.
    pub default: ModelId,
}

/// The body of `PUT /api/models/providers/{provider}/key`.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ProviderKey {
    pub key: String,
}

impl fmt::Debug for ProviderKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ProviderKey(***)")
    }
}
