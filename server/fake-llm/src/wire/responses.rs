//! OpenAI Responses: output items with numbered events, the whole response repeated at the end.

use super::{arguments, call_id, pieces, stop};
use crate::script::{Stop, Turn};
use serde_json::{Value, json};

pub(super) fn wrong(body: &Value) -> Option<String> {
    let Some(input) = body["input"].as_array() else {
        return body["input"].is_null().then(|| "Missing required parameter: 'input'.".into());
    };
    let ids = |kind: &str| -> Vec<&str> {
        input.iter().filter(|item| item["type"] == kind).filter_map(|item| item["call_id"].as_str()).collect()
    };
    let answered = ids("function_call_output");
    let open = ids("function_call").into_iter().find(|id| !answered.contains(id))?;
    Some(format!("No tool output found for function call {open}."))
}

pub(super) fn whole(turn: &Turn, model: &str) -> Value {
    let status = if stop(turn) == Stop::MaxTokens { "incomplete" } else { "completed" };
    let mut response = envelope(model, status, items(turn));
    response["usage"] = usage(turn);
    if status == "incomplete" {
        response["incomplete_details"] = json!({"reason": "max_output_tokens"});
    }
    response
}

/// The finished output items, in order.
fn items(turn: &Turn) -> Vec<Value> {
    let mut items = Vec::new();
    if !turn.think.0.is_empty() {
        items.push(json!({
            "id": "rs_fake", "type": "reasoning", "encrypted_content": "enc_fake",
            "summary": [{"type": "summary_text", "text": turn.think.0.concat()}],
        }));
    }
    if !turn.say.0.is_empty() {
        let part = match stop(turn) {
            Stop::Refusal => json!({"type": "refusal", "refusal": turn.say.0.concat()}),
            Stop::EndTurn | Stop::ToolUse | Stop::MaxTokens => {
                json!({"type": "output_text", "text": turn.say.0.concat(), "annotations": []})
            }
        };
        items.push(json!({
            "id": "msg_fake", "type": "message", "status": "completed", "role": "assistant", "content": [part],
        }));
    }
    for (number, call) in turn.call.iter().enumerate() {
        items.push(json!({
            "id": format!("fc_fake_{number}"), "type": "function_call", "status": "completed",
            "call_id": call_id(call, "call_", number), "name": call.name, "arguments": arguments(call),
        }));
    }
    items
}

pub(super) fn frames(turn: &Turn, model: &str) -> Vec<String> {
    let mut out = Frames::default();
    for kind in ["response.created", "response.in_progress"] {
        out.frame(kind, json!({"response": envelope(model, "in_progress", Vec::new())}));
    }
    let items = items(turn);
    let mut calls = turn.call.iter();
    for (index, item) in items.iter().enumerate() {
        let id = &item["id"];
        let place = |mut fields: Value| {
            fields["item_id"] = id.clone();
            fields["output_index"] = json!(index);
            fields
        };
        match item["type"].as_str() {
            Some("reasoning") => {
                out.added(index, json!({"id": id, "type": "reasoning", "summary": []}));
                for text in &turn.think.0 {
                    out.frame(
                        "response.reasoning_summary_text.delta",
                        place(json!({"summary_index": 0, "delta": text})),
                    );
                }
            }
            Some("message") => {
                out.added(index, json!({"id": id, "type": "message", "status": "in_progress", "role": "assistant", "content": []}));
                let refused = stop(turn) == Stop::Refusal;
                let (kind, field) = if refused { ("refusal", "refusal") } else { ("output_text", "text") };
                out.frame(
                    "response.content_part.added",
                    place(json!({"content_index": 0, "part": {"type": kind, field: ""}})),
                );
                for text in &turn.say.0 {
                    out.frame(
                        &format!("response.{kind}.delta"),
                        place(json!({"content_index": 0, "delta": text})),
                    );
                }
                out.frame(
                    &format!("response.{kind}.done"),
                    place(json!({"content_index": 0, field: turn.say.0.concat()})),
                );
                out.frame(
                    "response.content_part.done",
                    place(json!({"content_index": 0, "part": item["content"][0]})),
                );
            }
            _ => {
                let call = calls.next().expect("every other item is a call of the turn");
                let mut started = item.clone();
                started["arguments"] = json!("");
                started["status"] = json!("in_progress");
                out.added(index, started);
                for piece in pieces(call) {
                    out.frame("response.function_call_arguments.delta", place(json!({"delta": piece})));
                }
                out.frame(
                    "response.function_call_arguments.done",
                    place(json!({"arguments": arguments(call)})),
                );
            }
        }
        out.frame("response.output_item.done", json!({"output_index": index, "item": item}));
    }
    if let Some(error) = &turn.stream_error {
        let code = error.code.as_deref().unwrap_or("server_error");
        let mut response = envelope(model, "failed", items);
        response["error"] = json!({"code": code, "message": error.message});
        out.frame("response.failed", json!({ "response": response }));
        return out.frames;
    }
    let response = whole(turn, model);
    let status = response["status"].as_str().unwrap_or_default().to_owned();
    out.frame(&format!("response.{status}"), json!({ "response": response }));
    out.frames
}

#[derive(Default)]
struct Frames {
    frames: Vec<String>,
}

impl Frames {
    fn frame(&mut self, kind: &str, mut data: Value) {
        data["type"] = json!(kind);
        data["sequence_number"] = json!(self.frames.len());
        self.frames.push(format!("event: {kind}\ndata: {data}\n\n"));
    }
    fn added(&mut self, index: usize, item: Value) {
        self.frame("response.output_item.added", json!({"output_index": index, "item": item}));
    }
}

fn envelope(model: &str, status: &str, output: Vec<Value>) -> Value {
    json!({
        "id": "resp_fake", "object": "response", "created_at": 1_735_689_600, "status": status, "model": model,
        "error": null, "incomplete_details": null, "output": output, "usage": null,
    })
}

fn usage(turn: &Turn) -> Value {
    let input = turn.usage.input + turn.usage.cache_read;
    json!({
        "input_tokens": input, "input_tokens_details": {"cached_tokens": turn.usage.cache_read},
        "output_tokens": turn.usage.output, "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": input + turn.usage.output,
    })
}
