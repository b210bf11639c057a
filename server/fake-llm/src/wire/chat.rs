//! OpenAI Chat Completions: chunks without names, tool calls by index, `[DONE]` at the end.

use super::{arguments, call_id, pieces, stop};
use crate::script::{Stop, Turn};
use serde_json::{Value, json};

pub(super) fn wrong(body: &Value) -> Option<String> {
    let messages = body["messages"].as_array().filter(|messages| !messages.is_empty());
    let Some(messages) = messages else {
        return Some("[] is too short - 'messages'".into());
    };
    // Every tool call is answered before anything else is said.
    let mut open: Vec<&str> = Vec::new();
    for message in messages {
        match message["role"].as_str() {
            Some("tool") => {
                let id = message["tool_call_id"].as_str().unwrap_or_default();
                if !open.contains(&id) {
                    return Some("messages with role 'tool' must be a response to a preceding message with 'tool_calls'".into());
                }
                open.retain(|open| *open != id);
            }
            Some("system" | "developer" | "user" | "assistant") if open.is_empty() => {
                let calls = message["tool_calls"].as_array().into_iter().flatten();
                open = calls.filter_map(|call| call["id"].as_str()).collect();
            }
            Some("system" | "developer" | "user" | "assistant") => {
                return Some(format!("tool_call_ids did not have response messages: {}", open.join(", ")));
            }
            _ => return Some(format!("invalid role {}", message["role"])),
        }
    }
    None
}

pub(super) fn whole(turn: &Turn, model: &str) -> Value {
    let calls: Vec<Value> = turn
        .call
        .iter()
        .enumerate()
        .map(|(number, call)| {
            json!({
                "id": call_id(call, "call_", number), "type": "function",
                "function": {"name": call.name, "arguments": arguments(call)},
            })
        })
        .collect();
    let mut message = json!({"role": "assistant", "content": turn.say.0.concat(), "refusal": null});
    if !calls.is_empty() {
        message["tool_calls"] = Value::Array(calls);
    }
    json!({
        "id": "chatcmpl-fake", "object": "chat.completion", "created": 1_735_689_600, "model": model,
        "choices": [{"index": 0, "message": message, "logprobs": null, "finish_reason": reason(stop(turn))}],
        "usage": usage(turn),
    })
}

pub(super) fn frames(turn: &Turn, model: &str) -> Vec<String> {
    let chunk = |delta: Value, finish: Option<&str>| {
        frame(&json!({
            "id": "chatcmpl-fake", "object": "chat.completion.chunk", "created": 1_735_689_600, "model": model,
            "choices": [{"index": 0, "delta": delta, "logprobs": null, "finish_reason": finish}],
        }))
    };
    let mut frames = vec![chunk(json!({"role": "assistant", "content": ""}), None)];
    frames.extend(turn.think.0.iter().map(|text| chunk(json!({"reasoning_content": text}), None)));
    frames.extend(turn.say.0.iter().map(|text| chunk(json!({"content": text}), None)));
    for (index, call) in turn.call.iter().enumerate() {
        frames.push(chunk(
            json!({"tool_calls": [{
                "index": index, "id": call_id(call, "call_", index), "type": "function",
                "function": {"name": call.name, "arguments": ""},
            }]}),
            None,
        ));
        frames.extend(pieces(call).into_iter().map(|piece| {
            chunk(json!({"tool_calls": [{"index": index, "function": {"arguments": piece}}]}), None)
        }));
    }
    if let Some(error) = &turn.stream_error {
        frames.push(frame(
            &json!({"error": {"message": error.message, "type": "server_error", "code": error.code}}),
        ));
        return frames;
    }
    frames.push(chunk(json!({}), Some(reason(stop(turn)))));
    frames.push(frame(&json!({
        "id": "chatcmpl-fake", "object": "chat.completion.chunk", "created": 1_735_689_600, "model": model,
        "choices": [], "usage": usage(turn),
    })));
    frames.push("data: [DONE]\n\n".into());
    frames
}

fn frame(data: &Value) -> String {
    format!("data: {data}\n\n")
}

fn usage(turn: &Turn) -> Value {
    let input = turn.usage.input + turn.usage.cache_read;
    json!({
        "prompt_tokens": input, "completion_tokens": turn.usage.output, "total_tokens": input + turn.usage.output,
        "prompt_tokens_details": {"cached_tokens": turn.usage.cache_read},
    })
}

const fn reason(stop: Stop) -> &'static str {
    match stop {
        Stop::EndTurn => "stop",
        Stop::ToolUse => "tool_calls",
        Stop::MaxTokens => "length",
        Stop::Refusal => "content_filter",
    }
}
