//! What every answer goes through on its way out: its trace, its security headers, and the shape of its errors.

use super::problem::Refusal;
use crate::app::App;
use axum::Json;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::any::Any;
use std::sync::Arc;
use tidemark_shared::{Problem, ProblemCode};
use tracing::Instrument;

/// What our page may do. Scripts and workers are ours alone; Monaco needs inline styles and workers from blobs; a preview
/// is a frame on another port of this machine, which is chosen after the page was sent, hence the `*`.
const POLICY: &str = "default-src 'none'; script-src 'self'; worker-src 'self' blob:; style-src 'self' 'unsafe-inline'; \
    font-src 'self' data:; img-src 'self' data: blob:; connect-src 'self'; frame-src http://127.0.0.1:*; \
    manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const HEADERS: [(HeaderName, &str); 8] = [
    (header::CONTENT_SECURITY_POLICY, POLICY),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::REFERRER_POLICY, "no-referrer"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (
        HeaderName::from_static("permissions-policy"),
        "camera=(), microphone=(), geolocation=(), usb=(), serial=(), hid=(), midi=(), payment=(), display-capture=()",
    ),
    (HeaderName::from_static("x-permitted-cross-domain-policies"), "none"),
];

/// The outermost layer: gives the request its trace (the caller's, where it sent a `traceparent`), and every refusal its
/// body, whoever refused: a handler, the guard, axum itself, or nobody because of a panic.
pub(super) async fn trace(request: Request, next: Next) -> Response {
    let trace = trace_id(request.headers());
    let span =
        tracing::info_span!("request", %trace, method = %request.method(), path = request.uri().path());
    let mut response = next.run(request).instrument(span.clone()).await;
    let status = response.status();
    let problem =
        response.extensions_mut().remove::<Arc<Problem>>().or_else(|| unshaped(&response).map(Arc::new));
    if let Some(problem) = problem {
        let mut problem = Arc::unwrap_or_clone(problem);
        problem.trace = Some(trace.clone());
        let allow = response.headers().get(header::ALLOW).cloned();
        let retry = response.headers().get(header::RETRY_AFTER).cloned();
        response = (status, Json(problem)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        allow.map(|allow| headers.insert(header::ALLOW, allow));
        retry.map(|retry| headers.insert(header::RETRY_AFTER, retry));
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
    }
    let headers = response.headers_mut();
    for (name, value) in &HEADERS {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    // What the API says is of this moment and this person; the page's own files say otherwise themselves.
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    let parent = format!("00-{trace}-{}-01", &blake3::hash(trace.as_bytes()).to_hex()[..16]);
    if let Ok(parent) = HeaderValue::from_str(&parent) {
        headers.insert("traceparent", parent);
    }
    span.in_scope(|| tracing::debug!(status = status.as_u16(), "answered"));
    response
}

/// An error that nobody of ours made: axum's 404, 405, 413 and the like.
fn unshaped(response: &Response) -> Option<Problem> {
    let kind = response.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    if kind.is_some_and(|kind| kind.starts_with("text/html")) {
        // A page for a person: "the interface is not built".
        return None;
    }
    let (code, detail) = match response.status().as_u16() {
        404 => (ProblemCode::NotFound, "There is nothing at this address."),
        405 => (ProblemCode::MethodNotAllowed, "This address knows other methods; `Allow` names them."),
        413 => (ProblemCode::TooLarge, "The body is larger than the server takes."),
        415 => (ProblemCode::UnsupportedMediaType, "Send the body as JSON."),
        400..=499 => (ProblemCode::InvalidRequest, "The request could not be understood."),
        500..=599 => (
            ProblemCode::Internal,
            "Something went wrong on our side; the log has the cause under this trace.",
        ),
        _ => return None,
    };
    Some(Problem { status: response.status().as_u16(), ..Problem::new(code, detail) })
}

/// The trace of a W3C `traceparent`, or a fresh one.
fn trace_id(headers: &HeaderMap) -> String {
    let given = headers.get("traceparent").and_then(|parent| parent.to_str().ok()).and_then(|parent| {
        let mut parts = parent.split('-');
        let (version, trace) = (parts.next()?, parts.next()?);
        let hex =
            |text: &str| text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
        let fine = version.len() == 2
            && version != "ff"
            && trace.len() == 32
            && hex(trace)
            && trace != "0".repeat(32);
        fine.then(|| trace.to_owned())
    });
    given.unwrap_or_else(|| uuid::Uuid::now_v7().simple().to_string())
}

/// A panic of a handler: a defect, told like any other.
pub(super) fn panicked(panic: Box<dyn Any + Send + 'static>) -> Response {
    let cause = panic
        .downcast_ref::<&str>()
        .map(ToString::to_string)
        .or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "a panic without words".into());
    Refusal::internal(&cause).into_response()
}

/// An answer must begin in time. A folder dialog waits for a person, a stream begins at once and may last.
pub(super) async fn in_time(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    if request.uri().path() == "/api/desktop/pick-folder" {
        return next.run(request).await;
    }
    match tokio::time::timeout(app.request_time, next.run(request)).await {
        Ok(response) => response,
        Err(_elapsed) => Refusal::new(
            ProblemCode::Unavailable,
            "This took too long and was given up. What was asked may still have happened; look before asking again.",
        )
        .into_response(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_callers_trace_is_kept_and_nonsense_is_not() {
        let with = |parent: &str| {
            let mut headers = HeaderMap::new();
            headers.insert("traceparent", parent.parse().unwrap());
            trace_id(&headers)
        };
        let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
        assert_eq!(with(&format!("00-{trace}-00f067aa0ba902b7-01")), trace);
        for nonsense in [
            "",
            "00-x-y-z",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            &format!("00-{}-0-0", "0".repeat(32)),
        ] {
            assert_eq!(with(nonsense).len(), 32);
            assert_ne!(with(nonsense), trace, "{nonsense}");
        }
    }
}
