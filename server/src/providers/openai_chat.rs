//! OpenAI Chat Completions, as OpenAI, Ollama, LM Studio, llama.cpp, vLLM and many gateways speak it.

use super::wire::{Fault, Reader, arguments, count, object, text};
use super::{Delta, Message, Part, Request, StopReason, ToolCall, sse};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use tidemark_shared::task::Tokens;

pub(super) fn body(request: &Request, official: bool) -> Value {
    let mut messages = Vec::new();
    if !request.system.is_empty() {
        messages.push(json!({"role": "system", "content": request.system}));
    }
    messages.extend(request.messages.iter().flat_map(message));
    // OpenAI's newer models refuse the old name of the limit; other servers do not know the new one.
    let limit = if official { "max_completion_tokens" } else { "max_tokens" };
    let mut body = json!({
        "model": request.model, "messages": messages, "stream": true, "stream_options": {"include_usage": true},
        limit: request.max_output_tokens,
    });
    if !request.tools.is_empty() {
        let tools = request.tools.iter();
        body["tools"] = tools
            .map(|tool| {
                let function =
                    json!({"name": tool.name, "description": tool.description, "parameters": tool.input});
                json!({"type": "function", "function": function})
            })
            .collect();
    }
    body
}

fn message(message: &Message) -> Vec<Value> {
    match message {
        Message::User { text } => vec![json!({"role": "user", "content": text})],
        Message::Assistant { parts } => assistant(parts).into_iter().collect(),
        Message::ToolResults { results } => results
            .iter()
            .map(|result| {
                // The wire has no place to say that a call failed.
                let failed = result.is_error && !result.output.to_ascii_lowercase().starts_with("error");
                let content =
                    if failed { format!("error: {}", result.output) } else { result.output.clone() };
                json!({"role": "tool", "tool_call_id": result.call_id, "content": content})
            })
            .collect(),
    }
}

fn assistant(parts: &[Part]) -> Option<Value> {
    let mut said = String::new();
    let mut calls = Vec::new();
    for part in parts {
        match part {
            Part::Text { text } => said.push_str(text),
            Part::Thinking { .. } => {}
            Part::ToolCall(call) => {
                let arguments = match &call.input {
                    Value::String(broken) => broken.clone(),
                    input => input.to_string(),
                };
                let function = json!({"name": call.name, "arguments": arguments});
                calls.push(json!({"id": call.id, "type": "function", "function": function}));
            }
        }
    }
    if said.is_empty() && calls.is_empty() {
        return None;
    }
    let mut message = json!({"role": "assistant", "content": said});
    if !calls.is_empty() {
        message["tool_calls"] = Value::Array(calls);
    }
    Some(message)
}

#[derive(Default)]
pub(super) struct Events {
    calls: BTreeMap<u64, Partial>,
    thinking: bool,
    called: bool,
    stop: Option<StopReason>,
    done: bool,
}

#[derive(Default)]
struct Partial {
    id: String,
    name: String,
    json: String,
}

impl Reader for Events {
    fn read(&mut self, event: &sse::Event, out: &mut Vec<Delta>) -> Result<(), Fault> {
        if event.data.trim() == "[DONE]" {
            if self.stop.is_none() {
                return Err(Fault::Nonsense("it ended without saying why".into()));
            }
            self.end(out);
            return Ok(());
        }
        let data = object(event)?;
        if data["error"].is_object() || data["error"].is_string() {
            return Err(fault(&data["error"]));
        }
        if !data["choices"].is_array() && !data["usage"].is_object() {
            return Err(Fault::Nonsense("a chunk has no choices".into()));
        }
        let choice = &data["choices"][0];
        self.delta(&choice["delta"], out);
        if let Some(reason) = choice["finish_reason"].as_str() {
            self.think_done(out);
            self.finish_calls(out);
            self.stop = Some(match reason {
                "length" => StopReason::MaxTokens,
                "content_filter" => StopReason::Refused,
                _ if self.called => StopReason::ToolUse,
                _ => StopReason::EndTurn,
            });
        }
        if data["usage"].is_object() {
            out.push(Delta::Usage(usage(&data["usage"])));
        }
        Ok(())
    }

    fn end(&mut self, out: &mut Vec<Delta>) {
        if let Some(stop) = self.stop.filter(|_| !self.done) {
            self.done = true;
            out.push(Delta::Done(stop));
        }
    }
}

impl Events {
    fn delta(&mut self, delta: &Value, out: &mut Vec<Delta>) {
        // Two names for the same thing, by server.
        let thought = delta["reasoning_content"].as_str().or_else(|| delta["reasoning"].as_str());
        if let Some(thought) = thought.filter(|text| !text.is_empty()) {
            self.thinking = true;
            out.push(Delta::Thinking(thought.into()));
        }
        let said = delta["content"].as_str().or_else(|| delta["refusal"].as_str());
        if let Some(said) = said.filter(|text| !text.is_empty()) {
            self.think_done(out);
            out.push(Delta::Text(said.into()));
        }
        for call in delta["tool_calls"].as_array().into_iter().flatten() {
            self.think_done(out);
            let id = call["id"].as_str().filter(|id| !id.is_empty());
            // Some servers number no call: then an id begins a new one.
            let last = self.calls.last_key_value().map(|(index, partial)| (*index, partial.id.as_str()));
            let index = call["index"].as_u64().unwrap_or(match (last, id) {
                (Some((index, known)), Some(id)) if known != id => index + 1,
                (Some((index, _)), _) => index,
                (None, _) => 0,
            });
            let partial = self.calls.entry(index).or_default();
            if let Some(id) = id {
                partial.id = id.into();
            }
            let function = &call["function"];
            if let Some(name) = function["name"].as_str().filter(|name| !name.is_empty()) {
                partial.name = name.into();
            }
            match &function["arguments"] {
                Value::String(piece) => partial.json.push_str(piece),
                Value::Object(whole) => partial.json = Value::Object(whole.clone()).to_string(),
                _ => {}
            }
        }
    }

    fn think_done(&mut self, out: &mut Vec<Delta>) {
        if std::mem::take(&mut self.thinking) {
            out.push(Delta::ThinkingDone { signature: None });
        }
    }

    fn finish_calls(&mut self, out: &mut Vec<Delta>) {
        for (index, Partial { id, name, json }) in std::mem::take(&mut self.calls) {
            self.called = true;
            let id = if id.is_empty() { format!("call_{index}") } else { id };
            out.push(Delta::ToolCall(ToolCall { id, name, input: arguments(&json) }));
        }
    }
}

/// What the cache gave is part of the wire's input count, and none of ours.
fn usage(usage: &Value) -> Tokens {
    let cached = count(&usage["prompt_tokens_details"]["cached_tokens"]);
    Tokens {
        input: count(&usage["prompt_tokens"]).saturating_sub(cached),
        output: count(&usage["completion_tokens"]),
        cache_read: cached,
        cache_write: 0,
    }
}

fn fault(error: &Value) -> Fault {
    let message = error.as_str().map_or_else(|| text(&error["message"]), str::to_owned);
    let code = error["code"].as_str().or_else(|| error["type"].as_str()).unwrap_or_default();
    match code {
        "rate_limit_exceeded" => Fault::RateLimited(None, message),
        "invalid_request_error" | "context_length_exceeded" | "insufficient_quota" => {
            Fault::Rejected(message)
        }
        _ => Fault::Trouble(message),
    }
}
