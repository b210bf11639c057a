//! Projects: open a folder, make one from a template, name it, forget it.

use super::door::{Body, Path};
use super::problem::{Answer, Refusal};
use crate::app::App;
use crate::auth::Caller;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use std::path::Path as FsPath;
use std::sync::Arc;
use tidemark_shared::ProjectId;
use tidemark_shared::project::{EditProject, NewProject, Project, ProjectList};

/// The longest name of a project, in characters.
const MAX_NAME: usize = 200;

/// Every known project, the last opened first.
#[utoipa::path(get, path = "/api/projects", tag = "projects", operation_id = "listProjects",
    responses((status = 200, body = ProjectList)))]
pub(super) async fn list(_caller: Caller, State(app): State<Arc<App>>) -> Answer<Json<ProjectList>> {
    Ok(Json(ProjectList { items: app.workspace.projects().await? }))
}

/// Open a folder in place, or make a project from a template. The same folder is the same project.
#[utoipa::path(post, path = "/api/projects", tag = "projects", operation_id = "openProject",
    request_body = NewProject, responses((status = 201, body = Project)))]
pub(super) async fn open(
    _caller: Caller,
    State(app): State<Arc<App>>,
    Body(new): Body<NewProject>,
) -> Answer<(StatusCode, Json<Project>)> {
    let project = match new {
        NewProject::Folder { path } => app.workspace.open_folder(absolute("path", &path)?).await?,
        NewProject::Template { template, name, parent } => {
            let parent = parent.as_deref().map(|path| absolute("parent", path)).transpose()?;
            let parent = parent.unwrap_or(&app.projects_folder);
            app.workspace.create_from_template(&template, &name, parent).await?
        }
    };
    Ok((StatusCode::CREATED, Json(project)))
}

/// A relative folder would be relative to wherever the server happens to run.
fn absolute<'p>(field: &str, path: &'p str) -> Result<&'p FsPath, Refusal> {
    if path.contains('\0') {
        return Err(Refusal::field(field, "a folder's name can't hold a NUL character"));
    }
    let path = FsPath::new(path);
    if path.is_absolute() {
        Ok(path)
    } else {
        Err(Refusal::field(field, "must be the absolute path of a folder"))
    }
}

/// One project.
#[utoipa::path(get, path = "/api/projects/{id}", tag = "projects", operation_id = "getProject",
    params(("id" = ProjectId, Path)), responses((status = 200, body = Project)))]
pub(super) async fn get(
    _caller: Caller,
    State(app): State<Arc<App>>,
    Path(id): Path<ProjectId>,
) -> Answer<Json<Project>> {
    Ok(Json(app.workspace.project(id).await?))
}

/// Rename a project, or choose its model.
#[utoipa::path(patch, path = "/api/projects/{id}", tag = "projects", operation_id = "editProject",
    params(("id" = ProjectId, Path)), request_body = EditProject, responses((status = 200, body = Project)))]
pub(super) async fn edit(
    _caller: Caller,
    State(app): State<Arc<App>>,
    Path(id): Path<ProjectId>,
    Body(edit): Body<EditProject>,
) -> Answer<Json<Project>> {
    let name = edit.name.map(|name| name.trim().to_owned());
    if let Some(name) = &name
        && (name.is_empty() || name.chars().count() > MAX_NAME || name.chars().any(char::is_control))
    {
        return Err(Refusal::field("name", format!("must have 1 to {MAX_NAME} plain characters")));
    }
    Ok(Json(app.workspace.edit_project(id, name, edit.model).await?))
}

/// Forget a project. Deletes no file; opening the folder again brings it back.
#[utoipa::path(delete, path = "/api/projects/{id}", tag = "projects", operation_id = "forgetProject",
    params(("id" = ProjectId, Path)), responses((status = 204)))]
pub(super) async fn forget(
    _caller: Caller,
    State(app): State<Arc<App>>,
    Path(id): Path<ProjectId>,
) -> Answer<StatusCode> {
    app.workspace.forget(id).await?;
    app.previews.close(id).await;
    Ok(StatusCode::NO_CONTENT)
}
