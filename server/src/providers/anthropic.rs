//! Anthropic Messages: named events, content blocks by index, thinking that goes back with its signature.

use super::wire::{Fault, Reader, arguments, count, object, text};
use super::{Delta, Message, Part, Request, StopReason, ToolCall, sse};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use tidemark_shared::task::Tokens;

/// What marks thinking that only Anthropic can read, among signatures.
const REDACTED: &str = "redacted:";

pub(super) fn body(request: &Request) -> Value {
    let mut messages: Vec<Value> = request.messages.iter().filter_map(message).collect();
    // Everything up to here is the same in the next step: the second mark, after the one on the system prompt.
    if let Some(block) = messages.last_mut().and_then(|last| last["content"].as_array_mut()?.last_mut()) {
        block["cache_control"] = json!({"type": "ephemeral"});
    }
    let mut body = json!({
        "model": request.model, "max_tokens": request.max_output_tokens, "stream": true, "messages": messages,
    });
    if !request.system.is_empty() {
        body["system"] =
            json!([{"type": "text", "text": request.system, "cache_control": {"type": "ephemeral"}}]);
    }
    if thinks_by_itself(&request.model) {
        // It thinks anyway; without this it says nothing between tool calls.
        body["thinking"] = json!({"type": "adaptive", "display": "summarized"});
    }
    if !request.tools.is_empty() {
        let tools = request.tools.iter();
        body["tools"] = tools
            .map(|tool| json!({"name": tool.name, "description": tool.description, "input_schema": tool.input}))
            .collect();
    }
    body
}

/// Claude 5 and later: `claude-sonnet-5-5`. Earlier ones refuse to be told how to think in this way.
fn thinks_by_itself(model: &str) -> bool {
    let mut words = model.strip_prefix("claude-").unwrap_or_default().split('-').skip(1);
    words
        .next()
        .and_then(|word| word.parse::<u32>().ok())
        .is_some_and(|generation| (5..100).contains(&generation))
}

/// `None` when nothing of it may be sent: the server refuses empty messages.
fn message(message: &Message) -> Option<Value> {
    let (role, content): (_, Vec<Value>) = match message {
        Message::User { text } => ("user", vec![json!({"type": "text", "text": text})]),
        Message::Assistant { parts } => ("assistant", parts.iter().filter_map(part).collect()),
        Message::ToolResults { results } => {
            let blocks = results.iter().map(|result| {
                json!({
                    "type": "tool_result", "tool_use_id": result.call_id, "content": result.output,
                    "is_error": result.is_error,
                })
            });
            ("user", blocks.collect())
        }
    };
    (!content.is_empty()).then(|| json!({"role": role, "content": content}))
}

fn part(part: &Part) -> Option<Value> {
    match part {
        Part::Text { text } => (!text.trim().is_empty()).then(|| json!({"type": "text", "text": text})),
        Part::Thinking { text, signature } => {
            // Without a signature, or with another provider's, it would be refused.
            let signature = signature.as_deref().filter(|signature| !signature.starts_with('{'))?;
            Some(match signature.strip_prefix(REDACTED) {
                Some(data) => json!({"type": "redacted_thinking", "data": data}),
                None => json!({"type": "thinking", "thinking": text, "signature": signature}),
            })
        }
        Part::ToolCall(call) => {
            // The wire takes objects only; broken JSON goes back as it was, so that the model sees its mistake.
            let input = match &call.input {
                input @ Value::Object(_) => input.clone(),
                broken => json!({"broken_json": broken}),
            };
            Some(json!({"type": "tool_use", "id": call.id, "name": call.name, "input": input}))
        }
    }
}

#[derive(Default)]
pub(super) struct Events {
    blocks: BTreeMap<u64, Block>,
    tokens: Tokens,
    called: bool,
    stop: Option<StopReason>,
    done: bool,
}

enum Block {
    Text,
    Thinking { signature: String },
    Tool { id: String, name: String, json: String },
}

impl Reader for Events {
    fn read(&mut self, event: &sse::Event, out: &mut Vec<Delta>) -> Result<(), Fault> {
        let data = object(event)?;
        let index = count(&data["index"]);
        match data["type"].as_str() {
            Some("message_start") => self.usage(&data["message"]["usage"], out),
            Some("content_block_start") => self.start(index, &data["content_block"], out),
            Some("content_block_delta") => self.delta(index, &data["delta"], out)?,
            Some("content_block_stop") => self.stop(index, out),
            Some("message_delta") => {
                self.usage(&data["usage"], out);
                self.stop =
                    data["delta"]["stop_reason"].as_str().map(|reason| self.reason(reason)).or(self.stop);
            }
            Some("message_stop") => {
                let stop = self.stop.ok_or_else(|| Fault::Nonsense("it ended without saying why".into()))?;
                self.done = true;
                out.push(Delta::Done(stop));
            }
            Some("error") => return Err(fault(&data["error"])),
            Some(_) => {}
            None => return Err(Fault::Nonsense("an event has no type".into())),
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
    fn start(&mut self, index: u64, block: &Value, out: &mut Vec<Delta>) {
        let kind = match block["type"].as_str() {
            Some("text") => {
                if let Some(text) = block["text"].as_str().filter(|text| !text.is_empty()) {
                    out.push(Delta::Text(text.into()));
                }
                Block::Text
            }
            Some("thinking") => Block::Thinking { signature: text(&block["signature"]) },
            Some("redacted_thinking") => {
                Block::Thinking { signature: format!("{REDACTED}{}", text(&block["data"])) }
            }
            Some("tool_use") => {
                // Some servers send the whole input at once.
                let whole = block["input"].as_object().filter(|input| !input.is_empty());
                let json = whole.map(|_| block["input"].to_string()).unwrap_or_default();
                Block::Tool { id: text(&block["id"]), name: text(&block["name"]), json }
            }
            _ => return,
        };
        self.blocks.insert(index, kind);
    }

    fn delta(&mut self, index: u64, delta: &Value, out: &mut Vec<Delta>) -> Result<(), Fault> {
        match delta["type"].as_str() {
            Some("text_delta") => out.push(Delta::Text(text(&delta["text"]))),
            Some("thinking_delta") => out.push(Delta::Thinking(text(&delta["thinking"]))),
            Some("signature_delta") => {
                if let Some(Block::Thinking { signature }) = self.blocks.get_mut(&index) {
                    signature.push_str(delta["signature"].as_str().unwrap_or_default());
                }
            }
            Some("input_json_delta") => match self.blocks.get_mut(&index) {
                Some(Block::Tool { json, .. }) => {
                    json.push_str(delta["partial_json"].as_str().unwrap_or_default());
                }
                _ => return Err(Fault::Nonsense("arguments came for no tool call".into())),
            },
            _ => {}
        }
        Ok(())
    }

    fn stop(&mut self, index: u64, out: &mut Vec<Delta>) {
        match self.blocks.remove(&index) {
            Some(Block::Thinking { signature }) => {
                out.push(Delta::ThinkingDone { signature: Some(signature).filter(|text| !text.is_empty()) });
            }
            Some(Block::Tool { id, name, json }) => {
                self.called = true;
                out.push(Delta::ToolCall(ToolCall { id, name, input: arguments(&json) }));
            }
            Some(Block::Text) | None => {}
        }
    }

    /// Counts are totals; what an event leaves out stays as it was.
    fn usage(&mut self, usage: &Value, out: &mut Vec<Delta>) {
        let set = |field: &str, into: &mut u64| {
            if let Some(count) = usage[field].as_u64() {
                *into = count;
            }
        };
        set("input_tokens", &mut self.tokens.input);
        set("output_tokens", &mut self.tokens.output);
        set("cache_read_input_tokens", &mut self.tokens.cache_read);
        set("cache_creation_input_tokens", &mut self.tokens.cache_write);
        if usage.is_object() {
            out.push(Delta::Usage(self.tokens));
        }
    }

    fn reason(&self, word: &str) -> StopReason {
        match word {
            "tool_use" => StopReason::ToolUse,
            "max_tokens" | "model_context_window_exceeded" => StopReason::MaxTokens,
            "refusal" => StopReason::Refused,
            _ if self.called => StopReason::ToolUse,
            _ => StopReason::EndTurn,
        }
    }
}

fn fault(error: &Value) -> Fault {
    let message = text(&error["message"]);
    match error["type"].as_str() {
        Some("authentication_error" | "permission_error") => Fault::BadKey(message),
        Some("rate_limit_error") => Fault::RateLimited(None, message),
        Some("invalid_request_error" | "not_found_error" | "request_too_large" | "billing_error") => {
            Fault::Rejected(message)
        }
        _ => Fault::Trouble(message),
    }
}
