//! The projects on this machine: folders and their files, snapshots of them, private copies for agents, and the
//! crash-safe way back. The only part that reads or writes a person's files.
//!
//! A [`Workspace`] is cheap to clone. Its methods do their file work off the async threads, follow no symlink out of a
//! project, and change no byte of a project other than what their name says.

mod error;
mod limits;

pub use error::{Result, WorkspaceError};
pub use limits::Limits;

use crate::{clock::Clock, store::ObjectStore};
use bytes::Bytes;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tidemark_shared::project::{FileContent, FileList, Project, Saved, SearchResults, Template};
use tidemark_shared::task::OpenFile;
use tidemark_shared::{FileChange, Hash, ModelId, ProjectId, RelPath, ServerEvent};
use tokio::sync::broadcast;

/// What must be at a path for a write to happen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expect {
    /// Nothing.
    New,
    /// A file with these bytes.
    Hash(Hash),
    /// Whatever is there.
    Any,
}

/// What to search a project for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Query {
    pub text: String,
    pub regex: bool,
    pub case_sensitive: bool,
    /// Only whole words.
    pub word: bool,
    /// At most this many hits; never more than [`Limits::max_search_hits`].
    pub limit: Option<usize>,
}

/// See the module. Every method that names a project fails with [`WorkspaceError::UnknownProject`] or
/// [`WorkspaceError::ProjectGone`] when there is none.
#[derive(Clone)]
pub struct Workspace {
    inner: Arc<Inner>,
}

#[expect(dead_code, reason = "the bodies follow")]
struct Inner {
    data_dir: PathBuf,
    store: Arc<dyn ObjectStore>,
    clock: Arc<dyn Clock>,
    limits: Limits,
    events: broadcast::Sender<ServerEvent>,
}

impl Workspace {
    /// Opens the registry of projects in `data_dir`. Finishes no interrupted accept: see [`Self::unfinished`].
    pub async fn new(
        data_dir: PathBuf,
        store: Arc<dyn ObjectStore>,
        clock: Arc<dyn Clock>,
        limits: Limits,
    ) -> Result<Self> {
        let (events, _) = broadcast::channel(1024);
        Ok(Self { inner: Arc::new(Inner { data_dir, store, clock, limits, events }) })
    }

    pub fn limits(&self) -> &Limits {
        &self.inner.limits
    }

    /// `FileChanged`, `ProjectChanged` and `ProjectAvailable` of watched projects.
    pub fn changes(&self) -> broadcast::Receiver<ServerEvent> {
        self.inner.events.subscribe()
    }

    // Projects

    /// Every known project, the last opened first.
    pub async fn projects(&self) -> Result<Vec<Project>> {
        unbuilt()
    }
    pub async fn project(&self, _id: ProjectId) -> Result<Project> {
        unbuilt()
    }
    /// The folder on disk, when it is there.
    pub async fn folder(&self, _id: ProjectId) -> Result<PathBuf> {
        unbuilt()
    }
    /// Opens a folder in place; the same folder is the same project. Writes nothing into it. Refuses what is no folder,
    /// `/`, and the data directory. Starts watching it.
    pub async fn open_folder(&self, _path: &Path) -> Result<Project> {
        unbuilt()
    }
    /// Makes `parent/name` from an embedded template and opens it. The name must be one plain file name, not taken.
    pub async fn create_from_template(
        &self,
        _template: &str,
        _name: &str,
        _parent: &Path,
    ) -> Result<Project> {
        unbuilt()
    }
    /// Renames a project, or sets (`Some(None)`: clears) its model.
    pub async fn edit_project(
        &self,
        _id: ProjectId,
        _name: Option<String>,
        _model: Option<Option<ModelId>>,
    ) -> Result<Project> {
        unbuilt()
    }
    /// Forgets a project; deletes no file.
    pub async fn forget(&self, _id: ProjectId) -> Result<()> {
        unbuilt()
    }
    /// The templates in the binary.
    pub fn templates(&self) -> Vec<Template> {
        Vec::new()
    }

    // Files

    /// The tree: folders before their content, sorted. `.git` and dependency folders are shown, not entered.
    pub async fn list(&self, _project: ProjectId) -> Result<FileList> {
        unbuilt()
    }
    pub async fn read(&self, _project: ProjectId, _path: &RelPath) -> Result<FileContent> {
        unbuilt()
    }
    /// A file's bytes as they are.
    pub async fn read_bytes(&self, _project: ProjectId, _path: &RelPath) -> Result<Bytes> {
        unbuilt()
    }
    /// Writes a text: whole or not at all. Keeps an existing file's encoding, BOM and permissions; makes missing folders.
    pub async fn save(
        &self,
        _project: ProjectId,
        _path: &RelPath,
        _content: &str,
        _expect: Expect,
    ) -> Result<Saved> {
        unbuilt()
    }
    pub async fn create_folder(&self, _project: ProjectId, _path: &RelPath) -> Result<()> {
        unbuilt()
    }
    /// Moves a file or folder to the trash in the data directory. `expect` is checked for files.
    pub async fn delete(&self, _project: ProjectId, _path: &RelPath, _expect: Expect) -> Result<()> {
        unbuilt()
    }
    /// Moves a file or folder; the target must not exist.
    pub async fn rename(&self, _project: ProjectId, _from: &RelPath, _to: &RelPath) -> Result<()> {
        unbuilt()
    }
    /// Searches text files that are not ignored. Stops when the future is dropped.
    pub async fn search(&self, _project: ProjectId, _query: Query) -> Result<SearchResults> {
        unbuilt()
    }

    // Snapshots and copies

    /// Keeps the project as it is now, with unsaved buffers laid over the disk; answers with the manifest's name.
    pub async fn snapshot(&self, _project: ProjectId, _overlay: &[OpenFile]) -> Result<Hash> {
        unbuilt()
    }
    /// Writes a snapshot's files into `dir`, which is made and must be empty or absent.
    pub async fn materialise(&self, _snapshot: &Hash, _dir: &Path) -> Result<()> {
        unbuilt()
    }
    /// What an agent changed: the copy in `dir` against its snapshot, as text adapted to the base's encoding, line ends and BOM.
    /// Keeps every proposed file in the object store. Sorted by path; empty when nothing changed.
    pub async fn change_set(&self, _snapshot: &Hash, _dir: &Path) -> Result<Vec<FileChange>> {
        unbuilt()
    }
    /// The text of an object of a snapshot or change set; nothing when it is binary.
    pub async fn object_text(&self, _hash: &Hash) -> Result<Option<String>> {
        unbuilt()
    }
    /// A file's text in a snapshot; nothing when the snapshot does not have it or it is binary.
    pub async fn snapshot_text(&self, _snapshot: &Hash, _path: &RelPath) -> Result<Option<String>> {
        unbuilt()
    }
    /// The paths in a snapshot, sorted.
    pub async fn snapshot_paths(&self, _snapshot: &Hash) -> Result<Vec<RelPath>> {
        unbuilt()
    }
}

fn unbuilt<T>() -> Result<T> {
    Err(WorkspaceError::Full { what: "parts that are not built yet", limit: 0 })
}
