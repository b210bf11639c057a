//! [`Secrecy`]: keeps secrets from the model and from the task's story. The agent's tools work with the true files; only
//! what goes out is without secrets, and what comes back has them again.

use super::Brief;
use crate::providers::keys::Secret;
use crate::providers::{Message, ToolCall};
use crate::secrets::{Redactor, Unrestorable};
use serde_json::Value;
use tidemark_shared::EventKind;

pub(super) struct Secrecy {
    redactor: Redactor,
    /// Messages that were looked through.
    learnt: usize,
}

impl Secrecy {
    pub(super) fn new(brief: &Brief, keys: &[Secret]) -> Self {
        let known = brief.secrets.iter().chain(keys).map(Secret::reveal);
        Self { redactor: Redactor::new(&brief.task.id.to_string(), known), learnt: 0 }
    }

    /// Looks through what is new in the conversation: all of it, so that every placeholder that the model ever saw can be
    /// restored, also after an interruption and when old answers make way.
    pub(super) fn learn(&mut self, messages: &[Message]) {
        for message in messages.iter().skip(self.learnt) {
            each_text(message, |text| drop(self.redactor.redact(text)));
        }
        self.learnt = messages.len();
    }

    /// The messages as they may leave.
    pub(super) fn kept_out_of(&mut self, mut messages: Vec<Message>) -> Vec<Message> {
        for message in &mut messages {
            match message {
                Message::User { text } => *text = self.without(text),
                Message::ToolResults { results } => {
                    results.iter_mut().for_each(|result| result.output = self.without(&result.output));
                }
                // What a model said, it knows.
                Message::Assistant { .. } => {}
            }
        }
        messages
    }

    pub(super) fn without(&mut self, text: &str) -> String {
        self.redactor.redact(text).into_owned()
    }

    /// What to tell of the secrets that were met since the last time.
    pub(super) fn news(&mut self) -> Option<EventKind> {
        let kinds: Vec<_> = self.redactor.take_news().into_iter().map(str::to_owned).collect();
        (!kinds.is_empty()).then_some(EventKind::SecretsKept { kinds })
    }

    pub(super) fn restored(&self, text: &str) -> Result<String, Unrestorable> {
        Ok(self.redactor.restore(text)?.into_owned())
    }

    /// The call as the model means it.
    pub(super) fn restored_call(&self, call: &ToolCall) -> Result<ToolCall, Unrestorable> {
        Ok(ToolCall { input: self.restored_value(&call.input)?, ..call.clone() })
    }

    fn restored_value(&self, value: &Value) -> Result<Value, Unrestorable> {
        Ok(match value {
            Value::String(text) => self.restored(text)?.into(),
            Value::Array(items) => {
                Value::Array(items.iter().map(|item| self.restored_value(item)).collect::<Result<_, _>>()?)
            }
            Value::Object(fields) => {
                let field =
                    |(name, value): (&String, &Value)| Ok((name.clone(), self.restored_value(value)?));
                Value::Object(fields.iter().map(field).collect::<Result<_, _>>()?)
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
        })
    }
}

fn each_text(message: &Message, mut look: impl FnMut(&str)) {
    match message {
        Message::User { text } => look(text),
        Message::ToolResults { results } => results.iter().for_each(|result| look(&result.output)),
        Message::Assistant { .. } => {}
    }
}
