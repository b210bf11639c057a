//! From a turn to bytes on the wire, with every way of going wrong.

use crate::script::{Nonsense, Turn};
use crate::seen::{Ended, Ending};
use crate::wire::Dialect;
use axum::Json;
use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use std::io;
use std::time::Duration;

pub(crate) async fn answer(
    dialect: Dialect,
    turn: Turn,
    model: &str,
    streams: bool,
    ending: Ending,
) -> Response {
    pause(turn.delay_ms).await;
    if turn.hang.is_some_and(|hang| hang.after.is_none()) {
        // Held here: dropped when the client goes away.
        let _ending = ending;
        return std::future::pending().await;
    }
    let extra = turn.headers.clone();
    let mut response = if let Some(error) = &turn.error {
        ending.tell(Ended::Whole);
        dialect.error(error)
    } else if let Some(page @ (Nonsense::Html | Nonsense::Json)) = turn.nonsense {
        ending.tell(Ended::Whole);
        nonsense_page(page)
    } else if streams {
        stream(dialect, turn, model, ending)
    } else {
        ending.tell(Ended::Whole);
        Json(dialect.whole(&turn, model)).into_response()
    };
    let headers = response.headers_mut();
    for (name, value) in dialect.headers() {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    for (name, value) in extra {
        let name = HeaderName::try_from(name).expect("the script's header has a valid name");
        headers.insert(name, HeaderValue::try_from(value).expect("the script's header has a valid value"));
    }
    response
}

fn nonsense_page(kind: Nonsense) -> Response {
    match kind {
        Nonsense::Json => Json(serde_json::json!({"weather": "sunny"})).into_response(),
        Nonsense::Html | Nonsense::Frame | Nonsense::Bytes => {
            axum::response::Html("<!doctype html><title>Welcome</title><h1>Sign in to the hotel Wi-Fi</h1>")
                .into_response()
        }
    }
}

fn stream(dialect: Dialect, turn: Turn, model: &str, ending: Ending) -> Response {
    let mut frames: Vec<Vec<u8>> = dialect.frames(&turn, model).into_iter().map(String::into_bytes).collect();
    match turn.nonsense {
        Some(Nonsense::Frame) => frames.insert(0, b"data: {\"type\": \"mess\n\n".to_vec()),
        Some(Nonsense::Bytes) => frames.insert(0, b"data: {\"type\":\"\xff\xfe\"}\n\n".to_vec()),
        Some(Nonsense::Html | Nonsense::Json) | None => {}
    }
    if turn.crlf {
        for frame in &mut frames {
            *frame = String::from_utf8_lossy(frame).replace('\n', "\r\n").into_bytes();
        }
    }
    let body = async_stream::stream! {
        let hang = turn.hang.and_then(|hang| hang.after);
        let count = frames.len();
        for (number, frame) in frames.into_iter().enumerate() {
            if let Some(cut) = turn.cut.filter(|cut| cut.after == number) {
                // What was said goes out before the connection breaks.
                tokio::task::yield_now().await;
                ending.tell(Ended::Cut);
                if !cut.clean {
                    yield Err(io::Error::other("cut on command"));
                }
                return;
            }
            if hang == Some(number) {
                std::future::pending::<()>().await;
            }
            if number > 0 {
                pause(turn.between_ms).await;
            }
            if turn.split {
                for byte in frame {
                    yield Ok::<_, io::Error>(Bytes::copy_from_slice(&[byte]));
                }
            } else {
                yield Ok(Bytes::from(frame));
            }
        }
        if hang.is_some_and(|after| after >= count) {
            std::future::pending::<()>().await;
        }
        ending.tell(Ended::Whole);
    };
    let mut response = Response::new(Body::from_stream(body));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream; charset=utf-8"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    response
}

async fn pause(ms: u64) {
    if ms > 0 {
        tokio::time::sleep(Duration::from_millis(ms)).await;
    }
}
