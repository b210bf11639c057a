//! The live preview of a project, and the types of its packages for the editor.

use super::door::Path;
use super::problem::Answer;
use crate::app::App;
use crate::auth::Caller;
use axum::Json;
use axum::extract::State;
use std::collections::BTreeMap;
use std::sync::Arc;
use tidemark_shared::ProjectId;
use tidemark_shared::project::Preview;

/// What the preview of a project needs to start: its own origin, entry and packages. Needs no network for what is here.
#[utoipa::path(get, path = "/api/projects/{id}/preview", tag = "preview", operation_id = "getPreview",
    params(("id" = ProjectId, Path)), responses((status = 200, body = Preview)))]
pub(super) async fn preview(
    _caller: Caller,
    State(app): State<Arc<App>>,
    Path(id): Path<ProjectId>,
) -> Answer<Json<Preview>> {
    let folder = app.workspace.folder(id).await?;
    Ok(Json(app.previews.preview(id, &folder).await?))
}

/// The type declarations of the project's packages, by the address that the editor gives them.
#[utoipa::path(get, path = "/api/projects/{id}/types", tag = "preview", operation_id = "getTypes",
    params(("id" = ProjectId, Path)), responses((status = 200, body = BTreeMap<String, String>)))]
pub(super) async fn types(
    _caller: Caller,
    State(app): State<Arc<App>>,
    Path(id): Path<ProjectId>,
) -> Answer<Json<BTreeMap<String, String>>> {
    let folder = app.workspace.folder(id).await?;
    Ok(Json(app.previews.types(&folder).await?))
}
