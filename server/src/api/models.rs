//! What may be asked of which provider, and the keys for it. A key goes in and never comes out.

use super::door::{Body, Path};
use super::problem::Answer;
use crate::app::App;
use crate::auth::Caller;
use axum::Json;
use axum::extract::State;
use std::sync::Arc;
use tidemark_shared::WaitingFor;
use tidemark_shared::model::{Models, ProviderKey};

/// Models and providers, as known now: never waits for a network.
#[utoipa::path(get, path = "/api/models", tag = "models", operation_id = "listModels",
    responses((status = 200, body = Models)))]
pub(super) async fn list(_caller: Caller, State(app): State<Arc<App>>) -> Answer<Json<Models>> {
    Ok(Json(known(&app).await))
}

/// Ask every provider again what it has, and let tasks that wait for the network try again.
#[utoipa::path(post, path = "/api/models/refresh", tag = "models", operation_id = "refreshModels",
    responses((status = 200, body = Models)))]
pub(super) async fn refresh(_caller: Caller, State(app): State<Arc<App>>) -> Answer<Json<Models>> {
    app.models.refresh().await;
    app.queue.wake(WaitingFor::Network).await?;
    Ok(Json(known(&app).await))
}

/// Set a provider's key, and try it. The answer says whether it works; it is kept either way.
#[utoipa::path(put, path = "/api/models/providers/{id}/key", tag = "models", operation_id = "setProviderKey",
    params(("id" = String, Path)), request_body = ProviderKey, responses((status = 200, body = Models)))]
pub(super) async fn set_key(
    _caller: Caller,
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    Body(ProviderKey { key }): Body<ProviderKey>,
) -> Answer<Json<Models>> {
    app.models.set_key(&id, &key).await?;
    Ok(Json(known(&app).await))
}

/// Forget a provider's key.
#[utoipa::path(delete, path = "/api/models/providers/{id}/key", tag = "models", operation_id = "deleteProviderKey",
    params(("id" = String, Path)), responses((status = 200, body = Models)))]
pub(super) async fn delete_key(
    _caller: Caller,
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
) -> Answer<Json<Models>> {
    app.models.forget_key(&id)?;
    Ok(Json(known(&app).await))
}

async fn known(app: &App) -> Models {
    app.models.list(app.chosen_model().await.as_ref())
}
