//! What a person chose, and what this house can do.

use super::door::Body;
use super::problem::{Answer, Refusal};
use crate::app::App;
use crate::auth::Caller;
use crate::settings::SettingsError;
use axum::Json;
use axum::extract::State;
use std::sync::Arc;
use tidemark_shared::settings::{Capabilities, Settings};
use tidemark_shared::{Mode, ProblemCode, ServerEvent};

/// The settings, whole.
#[utoipa::path(get, path = "/api/settings", tag = "house", operation_id = "getSettings",
    responses((status = 200, body = Settings)))]
pub(super) async fn get(_caller: Caller, State(app): State<Arc<App>>) -> Json<Settings> {
    Json(app.settings.get().await)
}

/// Replace the settings, whole: written all or not at all.
#[utoipa::path(put, path = "/api/settings", tag = "house", operation_id = "putSettings",
    request_body = Settings, responses((status = 200, body = Settings)))]
pub(super) async fn put(
    _caller: Caller,
    State(app): State<Arc<App>>,
    Body(settings): Body<Settings>,
) -> Answer<Json<Settings>> {
    let kept = app.settings.put(settings).await?;
    // Nobody listening is fine.
    let _listeners = app.news.send(ServerEvent::SettingsChanged);
    Ok(Json(kept))
}

impl From<SettingsError> for Refusal {
    fn from(why: SettingsError) -> Self {
        match &why {
            SettingsError::TooLarge(_) => Self::new(ProblemCode::TooLarge, why.to_string()),
            SettingsError::Invalid(_) => Self::field("settings", why.to_string()),
            SettingsError::DiskFull => Self::new(ProblemCode::Storage, why.to_string()),
            SettingsError::Io(_) => Self::internal(&why),
        }
    }
}

/// What this house can do: the UI shows nothing that it cannot.
#[utoipa::path(get, path = "/api/capabilities", tag = "house", operation_id = "getCapabilities",
    responses((status = 200, body = Capabilities)))]
pub(super) async fn capabilities(_caller: Caller, State(app): State<Arc<App>>) -> Json<Capabilities> {
    let desktop = app.desktop.present();
    Json(Capabilities {
        version: env!("CARGO_PKG_VERSION").into(),
        house: "local".into(),
        pick_folder: desktop,
        reveal: desktop,
        keychain: false,
        modes: Mode::ALL.to_vec(),
        projects_folder: app.projects_folder.display().to_string(),
        max_edit_bytes: app.workspace.limits().max_edit_bytes,
        templates: app.workspace.templates(),
    })
}
