//! What comes in through the door: axum's extractors, with every rejection a problem that says what is wrong.

use super::problem::Refusal;
use crate::auth::Caller;
use axum::extract::{ConnectInfo, FromRequest, FromRequestParts, Request};
use axum::http::{HeaderMap, header, request::Parts};
use serde::de::DeserializeOwned;
use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};
use tidemark_shared::problem::FieldError;
use tidemark_shared::{Problem, ProblemCode};

/// A JSON body. If it parsed, it is valid; unknown fields and values are refused with their place.
pub(super) struct Body<T>(pub(super) T);

/// A JSON body that may be left out.
pub(super) struct OptionalBody<T>(pub(super) T);

/// The query of the URL.
pub(super) struct Query<T>(pub(super) T);

/// The parameters of the path.
pub(super) struct Path<T>(pub(super) T);

/// Names what is wrong where: `files[0].path: the path is absolute`.
fn refused(field: &str, message: &str) -> Refusal {
    let field = if field == "." { "" } else { field };
    let detail = if field.is_empty() { message.to_owned() } else { format!("{field}: {message}") };
    let mut problem = Problem::new(ProblemCode::InvalidRequest, detail);
    problem.errors.push(FieldError { field: field.into(), message: message.into() });
    problem.into()
}

fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    kind.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("application/json")
}

fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Refusal> {
    let mut from = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut from)
        .map_err(|why| refused(&why.path().to_string(), &why.inner().to_string()))?;
    from.end().map_err(|why| refused("", &why.to_string()))?;
    Ok(value)
}

async fn bytes<S: Send + Sync>(request: Request, state: &S) -> Result<bytes::Bytes, Refusal> {
    bytes::Bytes::from_request(request, state).await.map_err(|why| match why.status().as_u16() {
        413 => Refusal::new(
            ProblemCode::TooLarge,
            "The body is larger than the server takes; the config names the limit.",
        ),
        _ => refused("", &why.body_text()),
    })
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = Refusal;
    async fn from_request(request: Request, state: &S) -> Result<Self, Refusal> {
        if !is_json(request.headers()) {
            return Err(Refusal::new(
                ProblemCode::UnsupportedMediaType,
                "Send the body as JSON, with `Content-Type: application/json`.",
            ));
        }
        parse(&bytes(request, state).await?).map(Self)
    }
}

impl<S: Send + Sync, T: DeserializeOwned + Default> FromRequest<S> for OptionalBody<T> {
    type Rejection = Refusal;
    async fn from_request(request: Request, state: &S) -> Result<Self, Refusal> {
        let json = is_json(request.headers());
        let bytes = bytes(request, state).await?;
        if bytes.is_empty() {
            return Ok(Self(T::default()));
        }
        if !json {
            return Err(Refusal::new(
                ProblemCode::UnsupportedMediaType,
                "Send the body as JSON, with `Content-Type: application/json`.",
            ));
        }
        parse(&bytes).map(Self)
    }
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Query<T> {
    type Rejection = Refusal;
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        let axum::extract::Query(query) = axum::extract::Query::from_request_parts(parts, state)
            .await
            .map_err(|why| refused("query", &why.body_text()))?;
        Ok(Self(query))
    }
}

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for Path<T> {
    type Rejection = Refusal;
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        let axum::extract::Path(path) = axum::extract::Path::from_request_parts(parts, state)
            .await
            .map_err(|why| refused("path", &why.body_text()))?;
        Ok(Self(path))
    }
}

/// Where a request comes from; nothing over a Unix socket.
pub(super) struct Address(pub(super) Option<IpAddr>);

impl<S: Send + Sync> FromRequestParts<S> for Address {
    type Rejection = Infallible;
    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Infallible> {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
        Ok(Self(peer.map(|ConnectInfo(peer)| peer.ip())))
    }
}

/// The guard has put the caller there; a route that asks for one outside the guard is refused.
impl<S: Send + Sync> FromRequestParts<S> for Caller {
    type Rejection = Refusal;
    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Refusal> {
        parts.extensions.get::<Self>().cloned().ok_or_else(|| crate::auth::AuthError::Refused.into())
    }
}
