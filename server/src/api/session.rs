//! The door: a one-time code for the token.

use super::door::Body;
use super::problem::{Answer, Refusal};
use crate::app::App;
use crate::auth::Caller;
use axum::Json;
use axum::extract::State;
use std::sync::Arc;
use tidemark_shared::house::{LaunchUrl, SessionCode, SessionToken};

/// Exchange the one-time code of a launch URL for this launch's token.
#[utoipa::path(post, path = "/api/session", tag = "session", operation_id = "openSession", security(()),
    request_body = SessionCode, responses((status = 200, body = SessionToken)))]
pub(super) async fn open(
    State(app): State<Arc<App>>,
    Body(SessionCode { code }): Body<SessionCode>,
) -> Answer<Json<SessionToken>> {
    let token = app.launch.exchange(&code)?.to_owned();
    Ok(Json(SessionToken { token }))
}

/// Make a launch URL that opens the studio in one more window or browser, once.
#[utoipa::path(post, path = "/api/session/launch", tag = "session", operation_id = "newLaunchUrl",
    responses((status = 200, body = LaunchUrl)))]
pub(super) async fn launch(_caller: Caller, State(app): State<Arc<App>>) -> Answer<Json<LaunchUrl>> {
    let code = app.launch.new_code().map_err(|why| Refusal::internal(&why))?;
    Ok(Json(LaunchUrl { url: format!("{}/#code={code}", app.origin) }))
}
