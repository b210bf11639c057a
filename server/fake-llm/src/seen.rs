//! What a fake knows while it runs: where it is in its script, and every request it got.

use crate::script::{Match, Script, Turn};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::watch;

/// One request to a model.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Seen {
    pub path: String,
    /// By lower-case name; with the key, as it came.
    pub headers: BTreeMap<String, String>,
    pub body: Value,
    /// Which turn answered it, from 0; absent after the last.
    pub turn: Option<usize>,
    pub ended: Ended,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ended {
    Open,
    /// The whole answer was sent.
    Whole,
    /// Cut off on command.
    Cut,
    /// The client went away first.
    Dropped,
}

pub(crate) struct House {
    state: Mutex<State>,
    changed: watch::Sender<()>,
}

struct State {
    script: Script,
    used: Vec<u32>,
    seen: Vec<Seen>,
    failures: Vec<String>,
    /// Rises with every new script, so that answers to older requests do not touch the new list.
    age: u64,
}

impl House {
    pub(crate) fn new(script: Script) -> Self {
        let used = vec![0; script.turns.len()];
        let state = State { script, used, seen: Vec::new(), failures: Vec::new(), age: 0 };
        Self { state: Mutex::new(state), changed: watch::Sender::new(()) }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn restart(&self, script: Script) {
        let mut state = self.state();
        state.used = vec![0; script.turns.len()];
        state.script = script;
        state.seen.clear();
        state.failures.clear();
        state.age += 1;
    }

    pub(crate) fn models(&self) -> Vec<String> {
        let models = self.state().script.models.clone();
        if models.is_empty() { vec!["fake-model".into()] } else { models }
    }
    pub(crate) fn knows(&self, model: &str) -> bool {
        let state = self.state();
        state.script.models.is_empty() || state.script.models.iter().any(|known| known == model)
    }
    pub(crate) fn key_fits(&self, key: Option<&str>) -> bool {
        self.state().script.key.as_deref().is_none_or(|wanted| key == Some(wanted))
    }
    pub(crate) fn lacks(&self, path: &str) -> bool {
        self.state().script.missing.iter().any(|missing| missing == path)
    }
    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.state().seen.clone()
    }
    pub(crate) fn failures(&self) -> Vec<String> {
        self.state().failures.clone()
    }

    /// Records the request and takes the turn that answers it, or says what `expect` found wrong.
    pub(crate) fn take(
        self: &Arc<Self>,
        path: &str,
        headers: BTreeMap<String, String>,
        body: Value,
    ) -> (Ending, Result<Turn, String>) {
        let mut state = self.state();
        let fits = |turn: &Turn| turn.when.as_ref().is_none_or(|when| mismatch(when, path, &body).is_none());
        let found = state
            .script
            .turns
            .iter()
            .zip(&state.used)
            .position(|(turn, used)| *used < turn.times.max(1) && fits(turn));
        let turn = match found {
            Some(number) => {
                state.used[number] += 1;
                state.script.turns[number].clone()
            }
            None => Turn { say: crate::Texts(vec!["Done.".into()]), ..Turn::default() },
        };
        let wrong = turn.expect.as_ref().and_then(|expect| mismatch(expect, path, &body));
        if let Some(wrong) = &wrong {
            let failure = format!("request {}: {wrong}", state.seen.len());
            state.failures.push(failure);
        }
        let number = state.seen.len();
        state.seen.push(Seen { path: path.into(), headers, body, turn: found, ended: Ended::Open });
        let age = state.age;
        drop(state);
        self.changed.send_replace(());
        (Ending { house: Arc::clone(self), number, age, told: false }, wrong.map_or(Ok(turn), Err))
    }

    pub(crate) async fn until(&self, enough: impl Fn(&[Seen]) -> bool) -> Vec<Seen> {
        let mut changed = self.changed.subscribe();
        loop {
            changed.mark_unchanged();
            let seen = self.seen();
            if enough(&seen) {
                return seen;
            }
            changed.changed().await.expect("the house keeps the sender");
        }
    }
}

/// Tells how an answer ended; dropped without a word, the client went away.
pub(crate) struct Ending {
    house: Arc<House>,
    number: usize,
    age: u64,
    told: bool,
}

impl Ending {
    pub(crate) fn tell(mut self, how: Ended) {
        self.told = true;
        self.write(how);
    }
    fn write(&self, how: Ended) {
        let mut state = self.house.state();
        if state.age == self.age
            && let Some(seen) = state.seen.get_mut(self.number)
        {
            seen.ended = how;
        }
        drop(state);
        self.house.changed.send_replace(());
    }
}

impl Drop for Ending {
    fn drop(&mut self) {
        if !self.told {
            self.write(Ended::Dropped);
        }
    }
}

/// What is not as it must be.
fn mismatch(must: &Match, path: &str, body: &Value) -> Option<String> {
    let mut texts = Vec::new();
    collect(body, &mut texts);
    let has = |wanted: &str| texts.iter().any(|text| text.contains(wanted));
    let offered: Vec<&str> = body["tools"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|tool| tool["name"].as_str().or_else(|| tool["function"]["name"].as_str()))
        .collect();
    if let Some(wanted) = must.path.as_deref().filter(|wanted| *wanted != path) {
        return Some(format!("the path is {path}, not {wanted}"));
    }
    if let Some(wanted) = must.model.as_deref().filter(|wanted| Some(*wanted) != body["model"].as_str()) {
        return Some(format!("the model is {}, not {wanted:?}", body["model"]));
    }
    if let Some(wanted) = must.stream.filter(|wanted| *wanted != body["stream"].as_bool().unwrap_or(false)) {
        return Some(format!("stream is {}, not {wanted}", body["stream"]));
    }
    if let Some(text) = must.contains.0.iter().find(|text| !has(text)) {
        return Some(format!("{text:?} is nowhere in the body"));
    }
    if let Some(text) = must.lacks.0.iter().find(|text| has(text)) {
        return Some(format!("{text:?} is in the body"));
    }
    let missing = must.tools.iter().find(|tool| !offered.contains(&tool.as_str()))?;
    Some(format!("the tool {missing:?} is not offered, only {offered:?}"))
}

fn collect<'a>(value: &'a Value, texts: &mut Vec<&'a str>) {
    match value {
        Value::String(text) => texts.push(text),
        Value::Array(items) => items.iter().for_each(|item| collect(item, texts)),
        Value::Object(fields) => fields.values().for_each(|field| collect(field, texts)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}
