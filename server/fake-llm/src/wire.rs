//! The three dialects: how each says text, thinking, tool calls, usage, ends and errors.

mod anthropic;
mod chat;
mod responses;

use crate::script::{Call, ErrorAnswer, Stop, Turn};
use axum::Json;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    Anthropic,
    Responses,
    Chat,
}

impl Dialect {
    /// The frames of a streamed answer, each whole.
    pub(crate) fn frames(self, turn: &Turn, model: &str) -> Vec<String> {
        match self {
            Self::Anthropic => anthropic::frames(turn, model),
            Self::Responses => responses::frames(turn, model),
            Self::Chat => chat::frames(turn, model),
        }
    }

    /// The answer to a request that does not stream.
    pub(crate) fn whole(self, turn: &Turn, model: &str) -> Value {
        match self {
            Self::Anthropic => anthropic::whole(turn, model),
            Self::Responses => responses::whole(turn, model),
            Self::Chat => chat::whole(turn, model),
        }
    }

    /// Rate limits and the request's id, as the real servers send them.
    pub(crate) const fn headers(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Anthropic => &[
                ("request-id", "req_fake"),
                ("anthropic-ratelimit-requests-limit", "50"),
                ("anthropic-ratelimit-requests-remaining", "49"),
                ("anthropic-ratelimit-tokens-limit", "50000"),
                ("anthropic-ratelimit-tokens-remaining", "49000"),
            ],
            Self::Responses | Self::Chat => &[
                ("x-request-id", "req_fake"),
                ("x-ratelimit-limit-requests", "500"),
                ("x-ratelimit-remaining-requests", "499"),
                ("x-ratelimit-limit-tokens", "30000"),
                ("x-ratelimit-remaining-tokens", "29000"),
            ],
        }
    }

    /// What the real server would refuse about a request.
    pub(crate) fn wrong(self, headers: &HeaderMap, body: &Value) -> Option<String> {
        if !body["model"].is_string() {
            return Some("model: field required".into());
        }
        match self {
            Self::Anthropic => anthropic::wrong(headers, body),
            Self::Responses => responses::wrong(body),
            Self::Chat => chat::wrong(body),
        }
    }

    pub(crate) fn error(self, error: &ErrorAnswer) -> Response {
        let status = StatusCode::from_u16(error.status).expect("the script's error has a valid status");
        let mut response = match &error.body {
            Some(body) => (status, body.clone()).into_response(),
            None => (status, Json(self.error_body(error))).into_response(),
        };
        if let Some(after) = &error.retry_after {
            let value = HeaderValue::from_str(after).expect("the script's Retry-After is a header value");
            response.headers_mut().insert(header::RETRY_AFTER, value);
        }
        response
    }

    fn error_body(self, error: &ErrorAnswer) -> Value {
        match self {
            Self::Anthropic => {
                let kind = error.kind.as_deref().unwrap_or(match error.status {
                    401 => "authentication_error",
                    403 => "permission_error",
                    404 => "not_found_error",
                    413 => "request_too_large",
                    429 => "rate_limit_error",
                    529 => "overloaded_error",
                    400..=499 => "invalid_request_error",
                    _ => "api_error",
                });
                json!({"type": "error", "error": {"type": kind, "message": error.message}, "request_id": "req_fake"})
            }
            Self::Responses | Self::Chat => {
                let kind = error.kind.as_deref().unwrap_or(match error.status {
                    429 => "rate_limit_exceeded",
                    400..=499 => "invalid_request_error",
                    _ => "server_error",
                });
                let code = error.code.as_deref().or(match error.status {
                    401 => Some("invalid_api_key"),
                    404 => Some("model_not_found"),
                    429 => Some("rate_limit_exceeded"),
                    _ => None,
                });
                json!({"error": {"message": error.message, "type": kind, "param": null, "code": code}})
            }
        }
    }
}

fn arguments(call: &Call) -> String {
    call.raw.clone().unwrap_or_else(|| match &call.input {
        Value::Null => "{}".into(),
        input => input.to_string(),
    })
}

/// The arguments, cut between characters into the number of pieces that the script wants.
fn pieces(call: &Call) -> Vec<String> {
    let chars: Vec<char> = arguments(call).chars().collect();
    let count = if call.pieces == 0 { 3 } else { call.pieces };
    let size = chars.len().div_ceil(count).max(1);
    chars.chunks(size).map(|piece| piece.iter().collect()).collect()
}

fn call_id(call: &Call, prefix: &str, number: usize) -> String {
    call.id.clone().unwrap_or_else(|| format!("{prefix}{:08x}_{number}", fingerprint(call)))
}

/// A number that depends on the call alone, so that a script's answers are the same each time.
fn fingerprint(call: &Call) -> u32 {
    arguments(call)
        .bytes()
        .fold(2_166_136_261_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(16_777_619))
}

fn stop(turn: &Turn) -> Stop {
    turn.stop.unwrap_or(if turn.call.is_empty() { Stop::EndTurn } else { Stop::ToolUse })
}
