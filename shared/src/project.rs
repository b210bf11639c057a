//! Projects and their files, as the API tells them.

use crate::{Hash, Millis, ModelId, ProjectId, RelPath};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A project: a folder that was opened or made here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Project {
    pub id: ProjectId,
    pub name: String,
    /// The folder on this machine.
    pub path: String,
    /// False when the folder is gone; nothing is forgotten, it may come back.
    pub available: bool,
    pub opened_at: Millis,
    /// The project's own choice of model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<ModelId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub template: Option<String>,
}

/// The answer to `GET /api/projects`, last opened first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProjectList {
    pub items: Vec<Project>,
}

/// The body of `PATCH /api/projects/{id}`: what is absent stays as it is, and `model: null` goes back to the default.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EditProject {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<ModelId>)]
    pub model: Option<Option<ModelId>>,
}

/// Tells a field that is `null` from one that is absent.
fn given<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Option<Option<ModelId>>, D::Error> {
    Option::deserialize(from).map(Some)
}

/// The body of `POST /api/projects`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "from", rename_all = "snake_case", deny_unknown_fields)]
pub enum NewProject {
    /// Open a folder in place. Nothing is written into it.
    Folder { path: String },
    /// Make a new project from a template, in `parent` (the projects folder when absent).
    Template { template: String, name: String, parent: Option<String> },
}

/// A template that works without a network.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Template {
    /// `sample`, `app`, `dashboard`, `landing`, `docs`, `game`, `blank`.
    pub id: String,
    pub name: String,
    /// "React, TypeScript".
    pub detail: String,
}

/// One entry of a project's file tree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct FileEntry {
    pub path: RelPath,
    pub kind: EntryKind,
    /// Bytes; 0 for a folder.
    pub size: u64,
    /// Matched by an ignore file: shown dim, not sent to the agent.
    pub ignored: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum EntryKind {
    File,
    Folder,
    Symlink,
}

/// The answer to `GET /api/projects/{id}/files`: folders before their content, sorted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct FileList {
    pub items: Vec<FileEntry>,
    /// There are more entries than the limit in the config.
    pub truncated: bool,
}

/// A file as the editor gets it. Its `ETag` is `"<hash>"`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct FileContent {
    pub path: RelPath,
    pub hash: Hash,
    pub size: u64,
    /// The text with its own line ends, without a BOM; absent when the file is binary or too large to edit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<String>,
    pub text: crate::change::TextForm,
    pub executable: bool,
}

/// The body of `PUT /api/projects/{id}/files/{path}`. Encoding and BOM of an existing file are kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SaveFile {
    pub content: String,
}

/// The answer to a save.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Saved {
    pub path: RelPath,
    pub hash: Hash,
}

/// The body of `POST /api/projects/{id}/folders`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewFolder {
    pub path: RelPath,
}

/// The body of `POST /api/projects/{id}/files/{path}/rename`. The target must not exist.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RenameFile {
    pub to: RelPath,
}

/// The answer to `GET /api/projects/{id}/search?q=…`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SearchResults {
    pub items: Vec<SearchHit>,
    pub truncated: bool,
}

/// One line that matches. `line` counts from 1; `start` and `end` are character offsets in `text`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SearchHit {
    pub path: RelPath,
    pub line: u32,
    pub text: String,
    pub start: u32,
    pub end: u32,
}

/// What a project's preview needs to start: `GET /api/projects/{id}/preview`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Preview {
    /// The origin of the bundler for this project: its own loopback port.
    pub bundler_url: String,
    pub state: PreviewState,
    /// For a person, when it cannot be shown: what is missing and what to do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// Sandpack's environment, such as `create-react-app-typescript`.
    pub environment: String,
    /// The entry file, such as `/src/main.tsx`.
    pub entry: String,
    /// Exact versions by package name.
    pub dependencies: std::collections::BTreeMap<String, String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PreviewState {
    Ready,
    /// Packages are being fetched; `message` says how far. Ask again in a second.
    Preparing,
    /// Packages are missing and the network or the registry does not give them.
    MissingPackages,
    /// The project is of a kind that cannot run in the browser; `message` says which and why.
    Unsupported,
}

/// The answer to `GET /api/folders`: what a person can open when there is no native dialog.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct FolderList {
    /// The folder whose content this is, absolute.
    pub path: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<String>,
    pub items: Vec<Folder>,
    pub truncated: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Folder {
    pub name: String,
    pub path: String,
    /// It looks like a project: it has a manifest or a repository in it.
    pub project: bool,
}

/// The answer to `POST /api/desktop/pick-folder`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PickedFolder {
    /// Absent when the person closed the dialog.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
}

/// The body of `POST /api/desktop/reveal`. Without `path`: the project's folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RevealRequest {
    pub project_id: ProjectId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<RelPath>,
}
