//! Who is let in, in this order: Host → Origin → credential. Loopback is no excuse: a page on the web can reach it too.
//!
//! There are no cookies (they ignore ports, and previews live on other ports of the same host) and no CORS headers.

use super::problem::Refusal;
use crate::app::App;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::sync::Arc;
use tidemark_shared::ProblemCode;

/// Paths that need a credential, whatever the method, even when there is no such route. Everything else is the page
/// itself and tells nothing.
const GUARDED: [&str; 4] = ["/api", "/openapi.json", "/health/detailed", "/metrics"];
/// The way in, and the one guarded-looking path that is not.
const OPEN: &str = "/api/session";

/// Whether a request is answered without a credential.
pub(super) fn is_public(method: &Method, path: &str) -> bool {
    if path == OPEN {
        return method == Method::POST;
    }
    !GUARDED.iter().any(|guarded| {
        path.strip_prefix(guarded)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/') || *guarded == "/api")
    })
}

pub(super) async fn guard(State(app): State<Arc<App>>, mut request: Request, next: Next) -> Response {
    match admit(&app, &mut request).await {
        Ok(()) => next.run(request).await,
        Err(refusal) => refusal.into_response(),
    }
}

async fn admit(app: &App, request: &mut Request) -> Result<(), Refusal> {
    check_host(app, request)?;
    check_origin(app, request)?;
    if is_public(request.method(), request.uri().path()) {
        return Ok(());
    }
    let token = bearer(request.headers()).ok_or(crate::auth::AuthError::Refused)?;
    let caller = app.auth.authenticate(token).await?;
    request.extensions_mut().insert(caller);
    Ok(())
}

/// A name that an attacker's DNS points at this machine is not ours.
fn check_host(app: &App, request: &Request) -> Result<(), Refusal> {
    let ours = app.origin.trim_start_matches("http://");
    let mut hosts = request.headers().get_all(header::HOST).iter();
    let named = hosts.next().is_some_and(|host| host == ours) && hosts.next().is_none();
    let absolute = request.uri().authority().is_none_or(|authority| authority.as_str() == ours);
    if named && absolute {
        return Ok(());
    }
    Err(Refusal::new(
        ProblemCode::WrongHost,
        "Open the studio at the address that it printed, not by another name.",
    ))
}

fn check_origin(app: &App, request: &Request) -> Result<(), Refusal> {
    let headers = request.headers();
    let foreign = headers.get_all(header::ORIGIN).iter().any(|origin| origin != app.origin.as_str());
    let site = headers.get("sec-fetch-site").map(|site| site.as_bytes());
    let elsewhere = site.is_some_and(|site| site != b"same-origin" && site != b"none");
    // A link to the studio may be followed from anywhere: a whole page of ours in its own tab gives nothing away.
    let followed_link = request.method() == Method::GET
        && headers.get("sec-fetch-dest").is_some_and(|dest| dest == "document")
        && is_public(request.method(), request.uri().path());
    if foreign || (elsewhere && !followed_link) {
        return Err(Refusal::new(
            ProblemCode::ForeignOrigin,
            "Only the studio's own page may ask; another page on this or any other address may not.",
        ));
    }
    Ok(())
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let mut given = headers.get_all(header::AUTHORIZATION).iter();
    let (first, more) = (given.next()?, given.next());
    if more.is_some() {
        return None;
    }
    let (scheme, token) = first.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_page_the_way_in_and_health_are_public() {
        for (method, path) in [
            ("GET", "/"),
            ("GET", "/assets/x.js"),
            ("GET", "/health"),
            ("GET", "/docs/"),
            ("POST", "/api/session"),
        ] {
            assert!(is_public(&method.parse().unwrap(), path), "{method} {path}");
        }
        for (method, path) in [
            ("GET", "/api/session"),
            ("POST", "/api/session/"),
            ("POST", "/api/session/launch"),
            ("GET", "/api"),
            ("GET", "/api/nothing"),
            ("GET", "/api//session"),
            ("GET", "/apiary"),
            ("GET", "/openapi.json"),
            ("OPTIONS", "/api/settings"),
            ("GET", "/health/detailed"),
            ("GET", "/metrics"),
        ] {
            assert!(!is_public(&method.parse().unwrap(), path), "{method} {path}");
        }
    }
}
