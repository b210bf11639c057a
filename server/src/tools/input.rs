//! What a model writes into a call, parsed at the door: each error says what is wrong in words that it can act on.

use super::Refused;
use serde::de::{Deserialize, DeserializeOwned, Deserializer, Error as _};
use serde_json::Value;
use tidemark_shared::RelPath;

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ListFiles {
    #[serde(default)]
    pub(super) path: Option<String>,
    #[serde(default, deserialize_with = "number")]
    pub(super) depth: Option<usize>,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ReadFile {
    pub(super) path: String,
    #[serde(default, deserialize_with = "number")]
    pub(super) start_line: Option<usize>,
    #[serde(default, deserialize_with = "number")]
    pub(super) end_line: Option<usize>,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Search {
    pub(super) pattern: String,
    #[serde(default)]
    pub(super) path: Option<String>,
    #[serde(default)]
    pub(super) regex: Option<bool>,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct EditFile {
    pub(super) path: String,
    pub(super) old_text: String,
    pub(super) new_text: String,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CreateFile {
    pub(super) path: String,
    pub(super) content: String,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DeleteFile {
    pub(super) path: String,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct MoveFile {
    pub(super) from: String,
    pub(super) to: String,
}

pub(super) fn parse<T: DeserializeOwned>(input: &Value) -> Result<T, Refused> {
    if let Value::String(written) = input {
        let start: String = written.chars().take(80).collect();
        return Err(Refused::new(format!(
            "the input is no valid JSON object; it starts with {start:?}. Send the call again, with quotes, line ends and \
             backslashes escaped"
        )));
    }
    if !input.is_object() {
        return Err(Refused::new("the input must be a JSON object"));
    }
    T::deserialize(input).map_err(|why| Refused::new(format!("the input is wrong: {why}")))
}

/// A path as models write them: `./` before it and `/` after it are forgiven.
pub(super) fn path(text: &str) -> Result<RelPath, Refused> {
    let plain = text.trim().trim_start_matches("./").trim_end_matches('/');
    let plain = if plain.is_empty() { text } else { plain };
    RelPath::parse(plain).map_err(|why| Refused::new(format!("{text:?} can't be used: {why}")))
}

/// A folder: nothing, `.` and `/` are the whole project.
pub(super) fn folder(text: Option<&str>) -> Result<Option<RelPath>, Refused> {
    match text.map(str::trim) {
        None | Some("" | "." | "./" | "/") => Ok(None),
        Some(text) => path(text).map(Some),
    }
}

/// A count from 1; also in quotes, as small models write it.
fn number<'de, D: Deserializer<'de>>(from: D) -> Result<Option<usize>, D::Error> {
    let number = match Value::deserialize(from)? {
        Value::Null => return Ok(None),
        Value::Number(number) => number.as_u64(),
        Value::String(text) => text.trim().parse().ok(),
        Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    };
    match number.and_then(|number| usize::try_from(number).ok()) {
        Some(number) if number >= 1 => Ok(Some(number)),
        _ => Err(D::Error::custom("lines and levels are whole numbers from 1")),
    }
}
