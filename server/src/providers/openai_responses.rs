//! OpenAI Responses: output items, each told piece by piece and once more whole when it is done.
//!
//! Nothing is stored at the provider (`store: false`), so a reasoning item travels back with its encrypted content.

use super::wire::{Fault, Reader, arguments, count, object, text};
use super::{Delta, Message, Part, Request, StopReason, ToolCall, sse};
use serde_json::{Value, json};
use tidemark_shared::task::Tokens;

pub(super) fn body(request: &Request) -> Value {
    let mut body = json!({
        "model": request.model, "stream": true, "store": false, "max_output_tokens": request.max_output_tokens,
        "input": request.messages.iter().flat_map(items).collect::<Vec<_>>(),
    });
    if !request.system.is_empty() {
        body["instructions"] = json!(request.system);
    }
    if !request.tools.is_empty() {
        let tools = request.tools.iter();
        body["tools"] = tools
            .map(|tool| {
                json!({
                    "type": "function", "name": tool.name, "description": tool.description,
                    "parameters": tool.input, "strict": false,
                })
            })
            .collect();
    }
    if reasons(&request.model) {
        body["include"] = json!(["reasoning.encrypted_content"]);
        body["reasoning"] = json!({"summary": "auto"});
    }
    body
}

/// Other models refuse to be asked for their reasoning: it began with `o1` and `gpt-5`.
fn reasons(model: &str) -> bool {
    let number = |prefix: &str| -> Option<u32> {
        let digits: String = model.strip_prefix(prefix)?.chars().take_while(char::is_ascii_digit).collect();
        digits.parse().ok()
    };
    let thinks = number("o").is_some() || number("gpt-").is_some_and(|generation| generation >= 5);
    thinks && !model.contains("chat")
}

fn items(message: &Message) -> Vec<Value> {
    match message {
        Message::User { text } => {
            vec![json!({"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]})]
        }
        Message::Assistant { parts } => parts.iter().filter_map(part).collect(),
        Message::ToolResults { results } => results
            .iter()
            .map(|result| {
                json!({"type": "function_call_output", "call_id": result.call_id, "output": result.output})
            })
            .collect(),
    }
}

fn part(part: &Part) -> Option<Value> {
    match part {
        Part::Text { text } => (!text.is_empty()).then(|| {
            let content = json!([{"type": "output_text", "text": text, "annotations": []}]);
            json!({"type": "message", "role": "assistant", "content": content})
        }),
        // Another provider's thinking means nothing here.
        Part::Thinking { signature, .. } => {
            let item: Value = serde_json::from_str(signature.as_deref()?).ok()?;
            (item["type"] == "reasoning").then_some(item)
        }
        Part::ToolCall(call) => {
            let arguments = match &call.input {
                Value::String(broken) => broken.clone(),
                input => input.to_string(),
            };
            Some(
                json!({"type": "function_call", "call_id": call.id, "name": call.name, "arguments": arguments}),
            )
        }
    }
}

#[derive(Default)]
pub(super) struct Events {
    called: bool,
    refused: bool,
    thought: bool,
}

impl Reader for Events {
    fn read(&mut self, event: &sse::Event, out: &mut Vec<Delta>) -> Result<(), Fault> {
        let data = object(event)?;
        let kind = data["type"].as_str().ok_or_else(|| Fault::Nonsense("an event has no type".into()))?;
        match kind {
            "response.output_text.delta" => out.push(Delta::Text(text(&data["delta"]))),
            "response.refusal.delta" => {
                self.refused = true;
                out.push(Delta::Text(text(&data["delta"])));
            }
            "response.reasoning_summary_text.delta" | "response.reasoning_text.delta" => {
                self.thought = true;
                out.push(Delta::Thinking(text(&data["delta"])));
            }
            // Paragraphs of a summary are told apart only by their number.
            "response.reasoning_summary_part.added" if self.thought => {
                out.push(Delta::Thinking("\n\n".into()));
            }
            "response.output_item.done" => self.item(&data["item"], out),
            "response.completed" | "response.incomplete" => self.finish(&data["response"], out),
            "response.failed" => return Err(fault(&data["response"]["error"])),
            "error" => {
                return Err(fault(if data["error"].is_object() { &data["error"] } else { &data }));
            }
            _ => {}
        }
        Ok(())
    }

    fn end(&mut self, _out: &mut Vec<Delta>) {}
}

impl Events {
    fn item(&mut self, item: &Value, out: &mut Vec<Delta>) {
        match item["type"].as_str() {
            Some("function_call") => {
                self.called = true;
                out.push(Delta::ToolCall(ToolCall {
                    id: text(&item["call_id"]),
                    name: text(&item["name"]),
                    input: arguments(item["arguments"].as_str().unwrap_or_default()),
                }));
            }
            Some("reasoning") => {
                self.thought = false;
                let back = json!({
                    "type": "reasoning", "id": item["id"], "summary": item["summary"],
                    "encrypted_content": item["encrypted_content"],
                });
                let signature = item["encrypted_content"].is_string().then(|| back.to_string());
                out.push(Delta::ThinkingDone { signature });
            }
            _ => {}
        }
    }

    fn finish(&self, response: &Value, out: &mut Vec<Delta>) {
        let usage = &response["usage"];
        if usage.is_object() {
            // What the cache gave is part of the wire's input count, and none of ours.
            let cached = count(&usage["input_tokens_details"]["cached_tokens"]);
            out.push(Delta::Usage(Tokens {
                input: count(&usage["input_tokens"]).saturating_sub(cached),
                output: count(&usage["output_tokens"]),
                cache_read: cached,
                cache_write: 0,
            }));
        }
        let stop = match response["incomplete_details"]["reason"].as_str() {
            Some("content_filter") => StopReason::Refused,
            Some(_) => StopReason::MaxTokens,
            None if self.called => StopReason::ToolUse,
            None if self.refused => StopReason::Refused,
            None => StopReason::EndTurn,
        };
        out.push(Delta::Done(stop));
    }
}

fn fault(error: &Value) -> Fault {
    let message = text(&error["message"]);
    match error["code"].as_str() {
        Some("rate_limit_exceeded") => Fault::RateLimited(None, message),
        Some("invalid_prompt" | "context_length_exceeded" | "insufficient_quota") => Fault::Rejected(message),
        _ => Fault::Trouble(message),
    }
}
