//! What only a desktop can do, and its stand-in for a plain browser: a list of folders to open.

use super::door::{Body, Query};
use super::problem::{Answer, Refusal};
use crate::app::App;
use crate::auth::Caller;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tidemark_shared::ProblemCode;
use tidemark_shared::project::{Folder, FolderList, PickedFolder, RevealRequest};
use utoipa::IntoParams;

/// Entries in one answer.
const MAX_FOLDERS: usize = 1000;
/// A folder with one of these in it looks like a project.
const MARKS: [&str; 7] =
    ["package.json", ".git", "Cargo.toml", "pyproject.toml", "go.mod", "deno.json", "index.html"];

/// Open the system's folder dialog and wait for the person.
#[utoipa::path(post, path = "/api/desktop/pick-folder", tag = "desktop", operation_id = "pickFolder",
    responses((status = 200, body = PickedFolder)))]
pub(super) async fn pick_folder(_caller: Caller, State(app): State<Arc<App>>) -> Answer<Json<PickedFolder>> {
    let picked = app.desktop.pick_folder().await?;
    Ok(Json(PickedFolder { path: picked.map(|path| path.display().to_string()) }))
}

/// Show a project's folder, or one of its files, in the system's file manager.
#[utoipa::path(post, path = "/api/desktop/reveal", tag = "desktop", operation_id = "reveal",
    request_body = RevealRequest, responses((status = 204)))]
pub(super) async fn reveal(
    _caller: Caller,
    State(app): State<Arc<App>>,
    Body(RevealRequest { project_id, path }): Body<RevealRequest>,
) -> Answer<StatusCode> {
    let folder = app.workspace.folder(project_id).await?;
    let shown = match &path {
        Some(path) => folder.join(path),
        None => folder,
    };
    app.desktop.reveal(&shown).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct FolderQuery {
    /// An absolute path; the projects folder, or the one above it that is there, when absent.
    path: Option<String>,
}

/// The folders in a folder, for opening a project without a native dialog. Hidden ones are left out.
#[utoipa::path(get, path = "/api/folders", tag = "desktop", operation_id = "listFolders",
    params(FolderQuery), responses((status = 200, body = FolderList)))]
pub(super) async fn folders(
    _caller: Caller,
    State(app): State<Arc<App>>,
    Query(FolderQuery { path }): Query<FolderQuery>,
) -> Answer<Json<FolderList>> {
    let start = app.projects_folder.clone();
    let listed = tokio::task::spawn_blocking(move || match path {
        Some(path) => list(Path::new(&path)),
        None => start.ancestors().find(|folder| folder.is_dir()).map_or_else(|| list(Path::new("/")), list),
    });
    let listed = listed.await.map_err(|panic| Refusal::internal(&panic))?;
    listed.map(Json).map_err(|why| match why.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => {
            Refusal::new(ProblemCode::NotFound, "there is no such folder")
        }
        io::ErrorKind::PermissionDenied => Refusal::new(ProblemCode::Forbidden, "this folder can't be read"),
        _ => Refusal::field("path", why.to_string()),
    })
}

fn list(path: &Path) -> io::Result<FolderList> {
    if !path.is_absolute() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "must be an absolute path"));
    }
    let path = path.canonicalize()?;
    let mut found: Vec<(String, PathBuf)> = Vec::new();
    let mut truncated = false;
    for entry in path.read_dir()? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with('.') || !entry.path().is_dir() {
            continue;
        }
        truncated = found.len() == MAX_FOLDERS;
        if truncated {
            break;
        }
        found.push((name, entry.path()));
    }
    found.sort_by_key(|(name, _)| name.to_lowercase());
    let items = found
        .into_iter()
        .map(|(name, path)| Folder {
            name,
            project: MARKS.iter().any(|mark| path.join(mark).exists()),
            path: path.display().to_string(),
        })
        .collect();
    Ok(FolderList {
        parent: path.parent().map(|parent| parent.display().to_string()),
        path: path.display().to_string(),
        items,
        truncated,
    })
}
