//! The doors: three dialects of asking a model, two of listing models, and the test's own.

use crate::answer;
use crate::script::{ErrorAnswer, Script};
use crate::seen::{Ended, House, Seen};
use crate::wire::Dialect;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post, put};
use axum::{Json, Router};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;

type Fake = State<Arc<House>>;

pub(crate) fn router(house: Arc<House>) -> Router {
    let ask = |dialect: Dialect| {
        post(move |fake: Fake, uri: Uri, headers: HeaderMap, body: Bytes| {
            answer_model(fake, dialect, uri, headers, body)
        })
    };
    Router::new()
        .route("/v1/messages", ask(Dialect::Anthropic))
        .route("/v1/responses", ask(Dialect::Responses))
        .route("/v1/chat/completions", ask(Dialect::Chat))
        .route("/v1/models", get(list))
        .route("/api/tags", get(tags))
        .route("/__script", put(script))
        .route("/__requests", get(requests))
        .route("/__failures", get(failures))
        .layer(axum::extract::DefaultBodyLimit::max(64 << 20))
        .with_state(house)
}

async fn answer_model(
    State(house): Fake,
    dialect: Dialect,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let path = uri.path();
    if house.lacks(path) {
        return (StatusCode::NOT_FOUND, "404 page not found").into_response();
    }
    let Ok(body) = serde_json::from_slice::<Value>(&body) else {
        return dialect.error(&refusal(400, "the body is not JSON"));
    };
    let streams = body["stream"].as_bool().unwrap_or(false);
    let model = body["model"].as_str().unwrap_or_default().to_owned();
    let key_fits = house.key_fits(key(&headers).as_deref());
    if let Some(wrong) = dialect.wrong(&headers, &body) {
        return dialect.error(&refusal(400, &wrong));
    }
    if !key_fits {
        return dialect.error(&refusal(401, "invalid x-api-key"));
    }
    if !house.knows(&model) {
        return dialect.error(&refusal(404, &format!("model: {model}")));
    }
    let names = headers.iter().map(|(name, value)| {
        (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
    });
    let (ending, turn) = house.take(path, names.collect::<BTreeMap<_, _>>(), body);
    match turn {
        Ok(turn) => answer::answer(dialect, turn, &model, streams, ending).await,
        Err(wrong) => {
            ending.tell(Ended::Whole);
            dialect.error(&refusal(400, &format!("the script expects otherwise: {wrong}")))
        }
    }
}

fn refusal(status: u16, message: &str) -> ErrorAnswer {
    ErrorAnswer { status, message: message.into(), ..ErrorAnswer::default() }
}

fn key(headers: &HeaderMap) -> Option<String> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let bearer = || text("authorization").and_then(|value| value.strip_prefix("Bearer "));
    text("x-api-key").or_else(bearer).map(str::to_owned)
}

async fn list(State(house): Fake, headers: HeaderMap) -> Response {
    let dialect = if headers.contains_key("anthropic-version") { Dialect::Anthropic } else { Dialect::Chat };
    if !house.key_fits(key(&headers).as_deref()) {
        return dialect.error(&refusal(401, "invalid x-api-key"));
    }
    let items: Vec<Value> = house
        .models()
        .iter()
        .map(|id| match dialect {
            Dialect::Anthropic => {
                json!({"type": "model", "id": id, "display_name": id, "created_at": "2025-01-01T00:00:00Z"})
            }
            Dialect::Responses | Dialect::Chat => {
                json!({"id": id, "object": "model", "created": 1_735_689_600, "owned_by": "fake"})
            }
        })
        .collect();
    Json(match dialect {
        Dialect::Anthropic => json!({"data": items, "has_more": false, "first_id": null, "last_id": null}),
        Dialect::Responses | Dialect::Chat => json!({"object": "list", "data": items}),
    })
    .into_response()
}

/// Ollama's `GET /api/tags`.
async fn tags(State(house): Fake) -> Json<Value> {
    let models = house.models().into_iter().map(|name| {
        json!({
            "name": name, "model": name, "modified_at": "2025-01-01T00:00:00Z", "size": 4_000_000_000_u64,
            "digest": "0".repeat(64),
            "details": {"format": "gguf", "family": "fake", "parameter_size": "7B", "quantization_level": "Q4_K_M"},
        })
    });
    Json(json!({ "models": models.collect::<Vec<_>>() }))
}

async fn script(State(house): Fake, body: Bytes) -> Response {
    match serde_json::from_slice::<Script>(&body) {
        Ok(script) => {
            house.restart(script);
            StatusCode::NO_CONTENT.into_response()
        }
        Err(why) => (StatusCode::BAD_REQUEST, format!("not a script: {why}\n")).into_response(),
    }
}

async fn requests(State(house): Fake) -> Json<Vec<Seen>> {
    Json(house.seen())
}

async fn failures(State(house): Fake) -> Json<Vec<String>> {
    Json(house.failures())
}
