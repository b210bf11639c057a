//! What a fake says: an ordered list of turns, one for each request to a model.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// When the turns are over, every further request is answered with "Done.".
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Script {
    /// Requests without this key get 401. Any key, or none, is good when absent.
    pub key: Option<String>,
    /// What the lists of models say; other models get 404. `fake-model` and anything else when absent.
    pub models: Vec<String>,
    /// Paths that are answered with 404, such as `/v1/responses`.
    pub missing: Vec<String>,
    pub turns: Vec<Turn>,
}

/// One answer.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Turn {
    /// Waits for a request that matches: others go to later turns.
    pub when: Option<Match>,
    /// A request that does not match gets 400, and is told at `/__failures`.
    pub expect: Option<Match>,
    pub think: Texts,
    /// Chunks of text, one frame each.
    pub say: Texts,
    pub call: Vec<Call>,
    /// How it ends; by default `tool_use` after a call, else `end_turn`.
    pub stop: Option<Stop>,
    pub usage: Usage,
    /// Answers with an error instead.
    pub error: Option<ErrorAnswer>,
    /// An error in the middle: after what is said, instead of the end.
    pub stream_error: Option<ErrorAnswer>,
    pub headers: BTreeMap<String, String>,
    /// Before the answer begins.
    pub delay_ms: u64,
    /// Between frames.
    pub between_ms: u64,
    pub cut: Option<Cut>,
    pub hang: Option<Hang>,
    pub nonsense: Option<Nonsense>,
    /// Every byte travels alone, so that characters and frames arrive split.
    pub split: bool,
    /// Lines end with CR LF.
    pub crlf: bool,
    /// Answers this many requests; 0 means 1.
    pub times: u32,
}

/// What a request must be like; absent parts match everything.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Match {
    pub path: Option<String>,
    pub model: Option<String>,
    /// Each must be in some text of the body.
    pub contains: Texts,
    /// None may be in any text of the body.
    pub lacks: Texts,
    /// Each must be offered as a tool.
    pub tools: Vec<String>,
    pub stream: Option<bool>,
}

/// One text, or several.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(from = "OneOrMany", into = "Vec<String>")]
pub struct Texts(pub Vec<String>);

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}
impl From<OneOrMany> for Texts {
    fn from(texts: OneOrMany) -> Self {
        match texts {
            OneOrMany::One(text) => Self(vec![text]),
            OneOrMany::Many(texts) => Self(texts),
        }
    }
}
impl From<Texts> for Vec<String> {
    fn from(texts: Texts) -> Self {
        texts.0
    }
}

/// One tool call; its arguments travel in several frames.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Call {
    pub id: Option<String>,
    pub name: String,
    pub input: serde_json::Value,
    /// Sent as the arguments instead of `input`, as it is: for broken JSON.
    pub raw: Option<String>,
    /// How many frames the arguments are split over; 0 means 3.
    pub pieces: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stop {
    EndTurn,
    ToolUse,
    MaxTokens,
    Refusal,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Usage {
    /// Without what the cache gave.
    pub input: u64,
    pub output: u64,
    pub cache_read: u64,
    pub cache_write: u64,
}
impl Default for Usage {
    fn default() -> Self {
        Self { input: 12, output: 7, cache_read: 0, cache_write: 0 }
    }
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct ErrorAnswer {
    /// Ignored in the middle of a stream.
    pub status: u16,
    pub message: String,
    /// The dialect's word for it, when the one that fits the status is not wanted.
    pub kind: Option<String>,
    pub code: Option<String>,
    /// The value of the header, seconds or a date.
    pub retry_after: Option<String>,
    /// The whole body, when it is not the dialect's own.
    pub body: Option<String>,
}

/// The connection ends too early.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Cut {
    /// After this many frames.
    pub after: usize,
    /// A proper end of the body, as a proxy makes it; otherwise the connection breaks.
    #[serde(default)]
    pub clean: bool,
}

/// Says nothing more, for ever.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Hang {
    /// After this many frames; before the headers when absent.
    #[serde(default)]
    pub after: Option<usize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Nonsense {
    /// 200 with a web page.
    Html,
    /// 200 with JSON that is nothing of the protocol.
    Json,
    /// A stream whose first frame is not JSON.
    Frame,
    /// A stream whose first frame is not UTF-8.
    Bytes,
}
