//! Keeps secrets from the models: what looks like a key, and every value that is known to be one, becomes a placeholder
//! before it leaves, and the placeholder becomes the value again when a model writes it back.
//!
//! Shapes of tokens are those that their issuers publish; `rules.rs` names them. A known value is found in the encodings
//! of `known.rs`.

mod known;
mod rules;
#[cfg(test)]
mod tests;

use known::Known;
use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;

/// Opens a placeholder: `⟦secret:github-token:1f9a03cc⟧`.
const OPEN: &str = "⟦secret:";
const CLOSE: &str = "⟧";

/// A secret's place in a text, in bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    pub place: Range<usize>,
    /// What it is: `github-token`, `known-value`.
    pub kind: &'static str,
}

/// A placeholder that cannot become its value, in words for a model.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unrestorable {
    #[error("{0} stands for nothing; write placeholders as you read them, or leave their lines alone")]
    Unknown(String),
    #[error("{0} stands for several lines and can't be written elsewhere; leave its lines alone")]
    Lines(String),
}

/// The secrets of one conversation. A value has the same placeholder throughout, also when the conversation goes on in
/// another process: it is named by a keyed hash, which tells a reader without the key nothing.
pub struct Redactor {
    key: [u8; 32],
    known: Known,
    /// What each placeholder stands for.
    values: HashMap<String, String>,
    untold: Vec<&'static str>,
}

impl Redactor {
    /// For the conversation of this name, which nobody else knows; it also looks for these values, whatever they look like.
    pub fn new<'a>(conversation: &str, known: impl IntoIterator<Item = &'a str>) -> Self {
        let key = blake3::derive_key("tidemark 2026 placeholders of secrets", conversation.as_bytes());
        Self { key, known: Known::new(known), values: HashMap::new(), untold: Vec::new() }
    }

    /// The text with placeholders for its secrets.
    pub fn redact<'t>(&mut self, text: &'t str) -> Cow<'t, str> {
        let found = self.find(text);
        if found.is_empty() {
            return Cow::Borrowed(text);
        }
        let mut clean = String::with_capacity(text.len());
        let mut end = 0;
        for Found { place, kind } in found {
            clean += &text[end..place.start];
            clean += &self.placeholder(&text[place.clone()], kind);
            end = place.end;
        }
        clean += &text[end..];
        Cow::Owned(clean)
    }

    /// The text with the values that its placeholders stand for.
    pub fn restore<'t>(&self, text: &'t str) -> Result<Cow<'t, str>, Unrestorable> {
        if !text.contains(OPEN) {
            return Ok(Cow::Borrowed(text));
        }
        let (mut whole, mut rest) = (String::with_capacity(text.len()), text);
        while let Some(start) = rest.find(OPEN) {
            let end = rest[start..].find(CLOSE).map(|end| start + end + CLOSE.len());
            let end = end.unwrap_or_else(|| rest[start..].find('\n').map_or(rest.len(), |end| start + end));
            let placeholder = &rest[start..end];
            let value = self.values.get(placeholder);
            let value = value.ok_or_else(|| Unrestorable::Unknown(placeholder.into()))?;
            if value.contains('\n') {
                return Err(Unrestorable::Lines(placeholder.into()));
            }
            whole += &rest[..start];
            whole += value;
            rest = &rest[end..];
        }
        whole += rest;
        Ok(Cow::Owned(whole))
    }

    /// The kinds of the secrets that were met since this was last asked.
    pub fn take_news(&mut self) -> Vec<&'static str> {
        std::mem::take(&mut self.untold)
    }

    /// Every secret of a text, in order.
    fn find(&self, text: &str) -> Vec<Found> {
        let mut found = rules::find(text);
        found.extend(self.known.find(text));
        apart(found)
    }

    fn placeholder(&mut self, value: &str, kind: &'static str) -> String {
        let name = blake3::keyed_hash(&self.key, value.as_bytes()).to_hex();
        let placeholder = format!("{OPEN}{kind}:{}{CLOSE}", &name[..8]);
        if self.values.insert(placeholder.clone(), value.into()).is_none() {
            self.untold.push(kind);
        }
        placeholder
    }
}

/// What looks like a secret in a text, in order.
pub fn scan(text: &str) -> Vec<Found> {
    apart(rules::find(text))
}

/// In order, those that overlap made one.
fn apart(mut found: Vec<Found>) -> Vec<Found> {
    found.sort_by_key(|found| (found.place.start, std::cmp::Reverse(found.place.end)));
    let mut apart: Vec<Found> = Vec::with_capacity(found.len());
    for next in found {
        match apart.last_mut() {
            Some(last) if next.place.start < last.place.end => {
                last.place.end = last.place.end.max(next.place.end);
            }
            _ => apart.push(next),
        }
    }
    apart
}
