//! The files of a project: list, read, save, make folders, rename, delete, search. A write says what it expects to find.

use super::door::{Body, Path, Query};
use super::problem::{Answer, Refusal};
use crate::app::App;
use crate::auth::Caller;
use crate::workspace::{Expect, Query as Search, WorkspaceError};
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use serde::Deserialize;
use std::sync::Arc;
use tidemark_shared::project::{
    FileContent, FileList, NewFolder, RenameFile, SaveFile, Saved, SearchResults,
};
use tidemark_shared::{Hash, ProblemCode, ProjectId, RelPath};
use utoipa::IntoParams;

/// The longest search text, in bytes.
const MAX_SEARCH: usize = 1000;

/// The tree: folders before their content, sorted.
#[utoipa::path(get, path = "/api/projects/{id}/files", tag = "files", operation_id = "listFiles",
    params(("id" = ProjectId, Path)), responses((status = 200, body = FileList)))]
pub(super) async fn list(
    _caller: Caller,
    State(app): State<Arc<App>>,
    Path(id): Path<ProjectId>,
) -> Answer<Json<FileList>> {
    Ok(Json(app.workspace.list(id).await?))
}

/// A file as the editor gets it. The `ETag` goes into `If-Match` when it is saved.
#[utoipa::path(get, path = "/api/projects/{id}/files/{path}", tag = "files", operation_id = "readFile",
    params(("id" = ProjectId, Path), ("path" = String, Path)),
    responses((status = 200, body = FileContent, headers(("ETag" = String)))))]
pub(super) async fn read(
    _caller: Caller,
    State(app): State<Arc<App>>,
    Path((id, path)): Path<(ProjectId, String)>,
) -> Answer<([(header::HeaderName, String); 1], Json<FileContent>)> {
    let file = app.workspace.read(id, &RelPath::parse(&path)?).await?;
    Ok((etag(&file.hash), Json(file)))
}

/// Save a file. An existing one needs `If-Match` with the `ETag` last seen (428 without, 412 when it changed since);
/// `If-None-Match: *` makes a new one only.
#[utoipa::path(put, path = "/api/projects/{id}/files/{path}", tag = "files", operation_id = "saveFile",
    params(("id" = ProjectId, Path), ("path" = String, Path), ("If-Match" = Option<String>, Header),
        ("If-None-Match" = Option<String>, Header)),
    request_body = SaveFile, responses((status = 200, body = Saved, headers(("ETag" = String)))))]
pub(super) async fn save(
    _caller: Caller,
    State(app): State<Arc<App>>,
    Path((id, path)): Path<(ProjectId, String)>,
    headers: HeaderMap,
    Body(SaveFile { content }): Body<SaveFile>,
) -> Answer<([(header::HeaderName, String); 1], Json<Saved>)> {
    let path = RelPath::parse(&path)?;
    let given = expected(&headers)?;
    let unconditional = given.is_none();
    let saved = app
        .workspace
        .save(id, &path, &content, given.unwrap_or(Expect::New))
        .await
        .map_err(|why| unmet(why, unconditional))?;
    Ok((etag(&saved.hash), Json(saved)))
}

/// Delete a file or folder: it goes to the trash in the data directory. A file needs `If-Match`.
#[utoipa::path(delete, path = "/api/projects/{id}/files/{path}", tag = "files", operation_id = "deleteFile",
    params(("id" = ProjectId, Path), ("path" = String, Path), ("If-Match" = Option<String>, Header)),
    responses((status = 204)))]
pub(super) async fn delete(
    _caller: Caller,
    State(app): State<Arc<App>>,
    Path((id, path)): Path<(ProjectId, String)>,
    headers: HeaderMap,
) -> Answer<StatusCode> {
    let path = RelPath::parse(&path)?;
    let given = expected(&headers)?;
    let unconditional = given.is_none();
    // `New` is never met by a file, so an unconditional delete of one is refused; a folder has no tag to expect.
    app.workspace
        .delete(id, &path, given.unwrap_or(Expect::New))
        .await
        .map_err(|why| unmet(why, unconditional))?;
    Ok(StatusCode::NO_CONTENT)
}

/// Move a file or folder. The target must not exist.
#[utoipa::path(post, path = "/api/projects/{id}/files/{path}/rename", tag = "files", operation_id = "renameFile",
    params(("id" = ProjectId, Path), ("path" = String, Path)),
    request_body = RenameFile, responses((status = 204)))]
pub(super) async fn rename(
    _caller: Caller,
    State(app): State<Arc<App>>,
    Path((id, path)): Path<(ProjectId, String)>,
    Body(RenameFile { to }): Body<RenameFile>,
) -> Answer<StatusCode> {
    // A path may have any number of parts, so the router hands over all that follows `files/`.
    let Some(from) = path.strip_suffix("/rename") else {
        return Err(Refusal::new(
            ProblemCode::NotFound,
            "To move a file, send this to its address with /rename added.",
        ));
    };
    app.workspace.rename(id, &RelPath::parse(from)?, &to).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Make a folder, and those above it.
#[utoipa::path(post, path = "/api/projects/{id}/folders", tag = "files", operation_id = "createFolder",
    params(("id" = ProjectId, Path)), request_body = NewFolder, responses((status = 204)))]
pub(super) async fn create_folder(
    _caller: Caller,
    State(app): State<Arc<App>>,
    Path(id): Path<ProjectId>,
    Body(NewFolder { path }): Body<NewFolder>,
) -> Answer<StatusCode> {
    app.workspace.create_folder(id, &path).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct SearchQuery {
    /// What to look for.
    q: String,
    /// `q` is a regular expression.
    #[serde(default)]
    regex: bool,
    #[serde(default)]
    case_sensitive: bool,
    /// Whole words only.
    #[serde(default)]
    word: bool,
    /// At most this many hits.
    limit: Option<usize>,
}

/// Search the text files of a project that are not ignored.
#[utoipa::path(get, path = "/api/projects/{id}/search", tag = "files", operation_id = "searchFiles",
    params(("id" = ProjectId, Path), SearchQuery), responses((status = 200, body = SearchResults)))]
pub(super) async fn search(
    _caller: Caller,
    State(app): State<Arc<App>>,
    Path(id): Path<ProjectId>,
    Query(query): Query<SearchQuery>,
) -> Answer<Json<SearchResults>> {
    if query.q.is_empty() || query.q.len() > MAX_SEARCH {
        return Err(Refusal::field("q", format!("must have 1 to {MAX_SEARCH} bytes")));
    }
    if query.limit == Some(0) {
        return Err(Refusal::field("limit", "must be 1 or more"));
    }
    let SearchQuery { q, regex, case_sensitive, word, limit } = query;
    let search = Search { text: q, regex, case_sensitive, word, limit };
    Ok(Json(app.workspace.search(id, search).await?))
}

fn etag(hash: &Hash) -> [(header::HeaderName, String); 1] {
    [(header::ETAG, format!("\"{hash}\""))]
}

/// What the caller expects at the path, from `If-Match` and `If-None-Match`; nothing when neither is there.
fn expected(headers: &HeaderMap) -> Result<Option<Expect>, Refusal> {
    let text = |name: header::HeaderName| {
        let field = name.to_string();
        let value = headers.get(name).map(|value| value.to_str().map(str::trim));
        value.transpose().map_err(|_| Refusal::field(&field, "must be plain text"))
    };
    match (text(header::IF_MATCH)?, text(header::IF_NONE_MATCH)?) {
        (None, None) => Ok(None),
        (None, Some("*")) => Ok(Some(Expect::New)),
        (None, Some(_)) => Err(Refusal::field("If-None-Match", "only `*` is understood here")),
        (Some(_), Some(_)) => Err(Refusal::field("If-Match", "can't be used together with If-None-Match")),
        (Some(tag), None) => {
            let hash = tag.strip_prefix('"').and_then(|tag| tag.strip_suffix('"')).and_then(Hash::parse);
            // A tag that is not one of ours matches no file: stale, not malformed.
            hash.map(|hash| Some(Expect::Hash(hash))).ok_or_else(|| {
                Refusal::new(
                    ProblemCode::PreconditionFailed,
                    "If-Match is not the ETag of this file as it is now.",
                )
            })
        }
    }
}

/// A write that named no expectation and met a file is told to name one.
fn unmet(why: WorkspaceError, unconditional: bool) -> Refusal {
    match why {
        WorkspaceError::Changed { .. } | WorkspaceError::Exists(_) if unconditional => Refusal::new(
            ProblemCode::PreconditionRequired,
            "The file exists: send `If-Match` with the ETag that you last saw, so that nobody's edit is lost.",
        ),
        WorkspaceError::Exists(_) => Refusal::new(ProblemCode::PreconditionFailed, why.to_string()),
        other => other.into(),
    }
}
