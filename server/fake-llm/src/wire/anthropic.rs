//! Anthropic Messages: named events, content blocks with an index, thinking with its signature.

use super::{arguments, call_id, pieces, stop};
use crate::script::{Stop, Turn};
use axum::http::HeaderMap;
use serde_json::{Value, json};

pub(super) fn wrong(headers: &HeaderMap, body: &Value) -> Option<String> {
    if !headers.contains_key("anthropic-version") {
        return Some("anthropic-version: header is required".into());
    }
    if !body["max_tokens"].is_u64() {
        return Some("max_tokens: Field required".into());
    }
    let messages = body["messages"].as_array()?;
    if messages.first().is_none_or(|first| first["role"] != "user") {
        return Some("messages: first message must use the \"user\" role".into());
    }
    // Every tool call is answered in the very next message.
    for pair in messages.windows(2) {
        let ids = |message: &Value, kind: &str, field: &str| -> Vec<String> {
            let blocks = message["content"].as_array().into_iter().flatten();
            blocks
                .filter(|block| block["type"] == kind)
                .filter_map(|block| block[field].as_str().map(str::to_owned))
                .collect()
        };
        let (called, answered) =
            (ids(&pair[0], "tool_use", "id"), ids(&pair[1], "tool_result", "tool_use_id"));
        if called != answered {
            return Some(
                "messages: tool_use ids were found without tool_result blocks immediately after".into(),
            );
        }
    }
    None
}

pub(super) fn whole(turn: &Turn, model: &str) -> Value {
    let mut content = Vec::new();
    if !turn.think.0.is_empty() {
        content.push(json!({"type": "thinking", "thinking": turn.think.0.concat(), "signature": "sig_fake"}));
    }
    if !turn.say.0.is_empty() {
        content.push(json!({"type": "text", "text": turn.say.0.concat()}));
    }
    for (number, call) in turn.call.iter().enumerate() {
        let input: Value = serde_json::from_str(&arguments(call)).unwrap_or_default();
        content.push(
            json!({"type": "tool_use", "id": call_id(call, "toolu_", number), "name": call.name, "input": input}),
        );
    }
    json!({
        "id": "msg_fake", "type": "message", "role": "assistant", "model": model, "content": content,
        "stop_reason": reason(stop(turn)), "stop_sequence": null,
        "usage": {
            "input_tokens": turn.usage.input, "output_tokens": turn.usage.output,
            "cache_read_input_tokens": turn.usage.cache_read, "cache_creation_input_tokens": turn.usage.cache_write,
        },
    })
}

pub(super) fn frames(turn: &Turn, model: &str) -> Vec<String> {
    let mut out = Frames::default();
    out.frame(json!({"type": "message_start", "message": {
        "id": "msg_fake", "type": "message", "role": "assistant", "model": model, "content": [],
        "stop_reason": null, "stop_sequence": null,
        "usage": {
            "input_tokens": turn.usage.input, "output_tokens": 1,
            "cache_read_input_tokens": turn.usage.cache_read, "cache_creation_input_tokens": turn.usage.cache_write,
        },
    }}));
    if !turn.think.0.is_empty() {
        out.block(
            json!({"type": "thinking", "thinking": "", "signature": ""}),
            turn.think
                .0
                .iter()
                .map(|text| json!({"type": "thinking_delta", "thinking": text}))
                .chain([json!({"type": "signature_delta", "signature": "sig_fake"})]),
        );
    }
    out.frame(json!({"type": "ping"}));
    if !turn.say.0.is_empty() {
        out.block(
            json!({"type": "text", "text": ""}),
            turn.say.0.iter().map(|text| json!({"type": "text_delta", "text": text})),
        );
    }
    for (number, call) in turn.call.iter().enumerate() {
        out.block(
            json!({"type": "tool_use", "id": call_id(call, "toolu_", number), "name": call.name, "input": {}}),
            std::iter::once(String::new())
                .chain(pieces(call))
                .map(|piece| json!({"type": "input_json_delta", "partial_json": piece})),
        );
    }
    if let Some(error) = &turn.stream_error {
        let kind = error.kind.as_deref().unwrap_or("overloaded_error");
        out.frame(json!({"type": "error", "error": {"type": kind, "message": error.message}}));
        return out.frames;
    }
    out.frame(json!({
        "type": "message_delta", "delta": {"stop_reason": reason(stop(turn)), "stop_sequence": null},
        "usage": {"output_tokens": turn.usage.output},
    }));
    out.frame(json!({"type": "message_stop"}));
    out.frames
}

#[derive(Default)]
struct Frames {
    frames: Vec<String>,
    index: u64,
}

impl Frames {
    fn frame(&mut self, data: Value) {
        let name = data["type"].as_str().unwrap_or_default();
        self.frames.push(format!("event: {name}\ndata: {data}\n\n"));
    }
    fn block(&mut self, start: Value, deltas: impl Iterator<Item = Value>) {
        let index = self.index;
        self.index += 1;
        self.frame(json!({"type": "content_block_start", "index": index, "content_block": start}));
        for delta in deltas {
            self.frame(json!({"type": "content_block_delta", "index": index, "delta": delta}));
        }
        self.frame(json!({"type": "content_block_stop", "index": index}));
    }
}

const fn reason(stop: Stop) -> &'static str {
    match stop {
        Stop::EndTurn => "end_turn",
        Stop::ToolUse => "tool_use",
        Stop::MaxTokens => "max_tokens",
        Stop::Refusal => "refusal",
    }
}
