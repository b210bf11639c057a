//! The projects on this machine: folders and their files, snapshots of them, private copies for agents, and the
//! crash-safe way back. The only part that reads or writes a person's files.
//!
//! A [`Workspace`] is cheap to clone. Its methods do their file work off the async threads, follow no symlink out of a
//! project, and change no byte of a project other than what their name says.

mod apply;
mod copy;
mod create;
mod diff;
mod error;
mod files;
mod ignores;
mod limits;
mod objects;
mod projects;
mod root;
mod search;
mod secrets;
mod snapshot;
mod trash;
mod walk;
mod watch;
mod write;

pub use apply::{Applied, ApplyError, Choice, IntentId, Unfinished};
pub use error::{Result, WorkspaceError};
pub use limits::Limits;
pub use snapshot::{Kept, Manifest};

use crate::{clock::Clock, store::ObjectStore, templates};
use apply::{Apply, Purpose};
use bytes::Bytes;
use objects::Objects;
use projects::Projects;
use root::Root;
use snapshot::StatCache;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tidemark_shared::project::{FileContent, FileList, Project, Saved, SearchResults, Template};
use tidemark_shared::task::OpenFile;
use tidemark_shared::{FileChange, Hash, ModelId, ProjectId, RelPath, ServerEvent, TaskId};
use tokio::sync::broadcast;
use trash::Trash;
use watch::Watches;

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

struct Inner {
    projects: Projects,
    objects: Objects,
    cache: StatCache,
    trash: Trash,
    apply: Apply,
    watches: Watches,
    clock: Arc<dyn Clock>,
    limits: Limits,
    events: broadcast::Sender<ServerEvent>,
}

/// Events that a slow reader may be behind before it is told to look again.
const MAX_EVENTS_BEHIND: usize = 1_024;

impl Workspace {
    /// Opens the registry of projects in `data_dir`.
    pub async fn new(
        data_dir: PathBuf,
        store: Arc<dyn ObjectStore>,
        clock: Arc<dyn Clock>,
        limits: Limits,
    ) -> Result<Self> {
        let (events, _) = broadcast::channel(MAX_EVENTS_BEHIND);
        let objects = Objects::new(store);
        let inner = off_thread(move || {
            let projects = Projects::load(&data_dir)?;
            let trash = Trash::new(data_dir.join("trash"), limits.max_trash_entries);
            let apply = Apply::new(&data_dir);
            let cache = StatCache::default();
            let watches = Watches::new();
            Ok(Inner { projects, objects, cache, trash, apply, watches, clock, limits, events })
        });
        Ok(Self { inner: Arc::new(inner.await?) })
    }

    pub fn limits(&self) -> &Limits {
        &self.inner.limits
    }

    /// `FileChanged`, `ProjectChanged` and `ProjectAvailable` of watched projects.
    pub fn changes(&self) -> broadcast::Receiver<ServerEvent> {
        self.inner.events.subscribe()
    }

    /// Runs file work off the async threads.
    async fn run<T, E>(&self, work: impl FnOnce(&Inner) -> Result<T, E> + Send + 'static) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<WorkspaceError> + Send + 'static,
    {
        let inner = self.inner.clone();
        off_thread(move || work(&inner)).await
    }

    // Projects

    /// Every known project, the last opened first.
    pub async fn projects(&self) -> Result<Vec<Project>> {
        self.run(|inner| Ok(inner.projects.all())).await
    }

    pub async fn project(&self, id: ProjectId) -> Result<Project> {
        self.run(move |inner| inner.projects.get(id)).await
    }

    /// The folder on disk, when it is there.
    pub async fn folder(&self, id: ProjectId) -> Result<PathBuf> {
        self.run(move |inner| {
            inner.root(id)?;
            inner.projects.folder(id)
        })
        .await
    }

    /// Opens a folder in place; the same folder is the same project. Writes nothing into it. Refuses what is no folder,
    /// `/`, and the data directory. Watches it from now on.
    pub async fn open_folder(&self, path: &Path) -> Result<Project> {
        let path = path.to_owned();
        let project = self.run(move |inner| inner.projects.open(&path, None, inner.clock.now())).await?;
        self.watch(project.id)?;
        Ok(project)
    }

    /// Tells of changes in the project through [`Self::changes`], as long as not too many others are opened after it.
    fn watch(&self, project: ProjectId) -> Result<()> {
        let folder = self.inner.projects.folder(project)?;
        self.inner.watches.ensure(project, folder, &self.inner.limits, &self.inner.events);
        Ok(())
    }

    /// Makes `parent/name` from an embedded template and opens it. The name must be one plain file name, not taken.
    pub async fn create_from_template(&self, template: &str, name: &str, parent: &Path) -> Result<Project> {
        let (template, name, parent) = (template.to_owned(), name.to_owned(), parent.to_owned());
        let opened = self.run(move |inner| {
            let folder = create::from_template(&template, &name, &parent)?;
            inner.projects.open(&folder, Some(&template), inner.clock.now())
        });
        let project = opened.await?;
        self.watch(project.id)?;
        Ok(project)
    }

    /// Renames a project, or sets (`Some(None)`: clears) its model.
    pub async fn edit_project(
        &self,
        id: ProjectId,
        name: Option<String>,
        model: Option<Option<ModelId>>,
    ) -> Result<Project> {
        self.run(move |inner| inner.projects.edit(id, name, model)).await
    }

    /// Forgets a project; deletes no file.
    pub async fn forget(&self, id: ProjectId) -> Result<()> {
        self.run(move |inner| {
            inner.projects.forget(id)?;
            inner.cache.forget(id);
            inner.watches.stop(id);
            Ok(())
        })
        .await
    }

    /// The templates in the binary.
    pub fn templates(&self) -> Vec<Template> {
        templates::list()
    }

    // Files

    /// The tree: folders before their content, sorted. `.git` and dependency folders are shown, not entered. Whoever looks at
    /// a project wants to hear of it: it is watched from now on.
    pub async fn list(&self, project: ProjectId) -> Result<FileList> {
        self.watch(project)?;
        self.run(move |inner| files::list(&inner.root(project)?, &inner.limits)).await
    }

    pub async fn read(&self, project: ProjectId, path: &RelPath) -> Result<FileContent> {
        let path = path.clone();
        self.run(move |inner| files::read(&inner.root(project)?, &path, &inner.limits)).await
    }

    /// A file's bytes as they are, up to the size that a snapshot takes.
    pub async fn read_bytes(&self, project: ProjectId, path: &RelPath) -> Result<Bytes> {
        let path = path.clone();
        self.run(move |inner| {
            let read = inner.root(project)?.read(&path, inner.limits.max_snapshot_file_bytes)?;
            read.map(|file| file.bytes.into()).ok_or(WorkspaceError::NotFound(path))
        })
        .await
    }

    /// Writes a text: whole or not at all. Keeps an existing file's encoding, BOM and permissions; makes missing folders.
    pub async fn save(
        &self,
        project: ProjectId,
        path: &RelPath,
        content: &str,
        expect: Expect,
    ) -> Result<Saved> {
        let (path, content) = (path.clone(), content.to_owned());
        self.run(move |inner| files::save(&inner.root(project)?, &path, &content, &expect, &inner.limits))
            .await
    }

    pub async fn create_folder(&self, project: ProjectId, path: &RelPath) -> Result<()> {
        let path = path.clone();
        self.run(move |inner| files::create_folder(&inner.root(project)?, &path)).await
    }

    /// Moves a file or folder to the trash in the data directory. `expect` is checked for files.
    pub async fn delete(&self, project: ProjectId, path: &RelPath, expect: Expect) -> Result<()> {
        let path = path.clone();
        self.run(move |inner| files::delete(&inner.root(project)?, &path, &expect, &inner.trash)).await
    }

    /// Moves a file or folder; the target must not exist.
    pub async fn rename(&self, project: ProjectId, from: &RelPath, to: &RelPath) -> Result<()> {
        let (from, to) = (from.clone(), to.clone());
        self.run(move |inner| files::rename(&inner.root(project)?, &from, &to)).await
    }

    /// Searches text files that are not ignored. Stops when the future is dropped.
    pub async fn search(&self, project: ProjectId, query: Query) -> Result<SearchResults> {
        let stop = search::Stop::default();
        let stopped = stop.flag();
        self.run(move |inner| search::search(&inner.root(project)?, &query, &inner.limits, &stopped)).await
    }

    // Snapshots and copies

    /// Keeps the project as it is now, with unsaved buffers laid over the disk; answers with the manifest's name.
    pub async fn snapshot(&self, project: ProjectId, overlay: &[OpenFile]) -> Result<Hash> {
        let overlay = overlay.to_vec();
        self.run(move |inner| {
            let root = inner.root(project)?;
            snapshot::take(&root, project, &overlay, &inner.objects, &inner.cache, &inner.limits)
        })
        .await
    }

    /// What a snapshot holds.
    pub async fn manifest(&self, snapshot: &Hash) -> Result<Manifest> {
        let snapshot = snapshot.clone();
        self.run(move |inner| Manifest::load(&inner.objects, &snapshot)).await
    }

    /// What the project's own secret files (`.env`, `.env.local`, …) hold: values that must not leave this machine.
    pub async fn secret_values(&self, project: ProjectId) -> Result<Vec<String>> {
        self.run(move |inner| Ok(inner.root(project).map(|root| secrets::values(&root)).unwrap_or_default()))
            .await
    }

    /// Writes a snapshot's files into `dir`, which is made and must be empty or absent.
    pub async fn materialise(&self, snapshot: &Hash, dir: &Path) -> Result<()> {
        let (snapshot, dir) = (snapshot.clone(), dir.to_owned());
        self.run(move |inner| {
            let manifest = Manifest::load(&inner.objects, &snapshot)?;
            let project = inner.root(manifest.project).ok();
            copy::materialise(&manifest, project.as_ref(), &dir, &inner.objects, &inner.cache)
        })
        .await
    }

    /// What an agent changed: the copy in `dir` against its snapshot, as text adapted to the base's encoding, line ends and BOM.
    /// Keeps every proposed file in the object store. Sorted by path; empty when nothing changed.
    pub async fn change_set(&self, snapshot: &Hash, dir: &Path) -> Result<Vec<FileChange>> {
        let (snapshot, dir) = (snapshot.clone(), dir.to_owned());
        self.run(move |inner| {
            let manifest = Manifest::load(&inner.objects, &snapshot)?;
            diff::change_set(&manifest, &Root::open(&dir)?, &inner.objects, &inner.limits)
        })
        .await
    }

    /// The bytes of an object of a snapshot or change set.
    pub async fn object(&self, hash: &Hash) -> Result<Bytes> {
        let hash = hash.clone();
        self.run(move |inner| inner.objects.get(&hash)).await
    }

    /// The text of an object of a snapshot or change set; nothing when it is binary.
    pub async fn object_text(&self, hash: &Hash) -> Result<Option<String>> {
        let hash = hash.clone();
        self.run(move |inner| snapshot::text(&inner.objects, &hash)).await
    }

    /// A file's text in a snapshot; nothing when the snapshot does not have it or it is binary.
    pub async fn snapshot_text(&self, snapshot: &Hash, path: &RelPath) -> Result<Option<String>> {
        let (snapshot, path) = (snapshot.clone(), path.clone());
        self.run(move |inner| {
            let manifest = Manifest::load(&inner.objects, &snapshot)?;
            match manifest.file(&path) {
                Some((hash, _)) => snapshot::text(&inner.objects, hash),
                None => Ok(None),
            }
        })
        .await
    }

    /// The paths in a snapshot, sorted.
    pub async fn snapshot_paths(&self, snapshot: &Hash) -> Result<Vec<RelPath>> {
        Ok(self.manifest(snapshot).await?.files.into_keys().collect())
    }
}

/// Writing what was reviewed. One at a time per project is the caller's to see to.
impl Workspace {
    /// Writes the chosen hunks into the project: all files or none. Where a file has moved on since, the change is merged in;
    /// real overlap is [`ApplyError::Conflict`] and nothing is written. Remembers what was there before, for [`Self::undo`].
    ///
    /// `ticket` is given back by [`Self::unfinished`] when a crash comes before [`Self::settle`].
    pub async fn accept(
        &self,
        project: ProjectId,
        task: TaskId,
        choices: Vec<Choice>,
        ticket: String,
    ) -> Result<Applied, ApplyError> {
        self.run(move |inner| {
            let root = inner.root(project)?;
            let purpose = Purpose { project, root: &root, task, ticket };
            inner.apply.accept(&purpose, &choices, &inner.objects)
        })
        .await
    }

    /// Puts back what the task's accepts wrote over; what changed since is kept by a three-way merge, or a conflict.
    pub async fn undo(
        &self,
        project: ProjectId,
        task: TaskId,
        ticket: String,
    ) -> Result<Applied, ApplyError> {
        self.run(move |inner| {
            let root = inner.root(project)?;
            let purpose = Purpose { project, root: &root, task, ticket };
            inner.apply.undo(&purpose, &inner.objects)
        })
        .await
    }

    /// The ledger knows of it: nothing is left to finish.
    pub async fn settle(&self, id: IntentId) -> Result<()> {
        self.run(move |inner| inner.apply.settle(id)).await
    }

    /// The ledger did not take an accept: the files become what they were.
    pub async fn retract(&self, project: ProjectId, id: IntentId) -> Result<()> {
        self.run(move |inner| inner.apply.retract(&inner.root(project)?, id, &inner.objects)).await
    }

    /// Finishes the file work of every act that a crash cut off, or that could not be settled; the oldest first; of one
    /// project, or of all. Those of a project whose folder is gone wait until it is back.
    pub async fn unfinished(&self, project: Option<ProjectId>) -> Result<Vec<Unfinished>> {
        self.run(move |inner| {
            let folder = |of| project.is_none_or(|project| project == of).then(|| inner.root(of).ok())?;
            inner.apply.unfinished(&inner.objects, folder)
        })
        .await
    }

    /// The tasks that could be undone.
    pub async fn undoable(&self) -> Result<Vec<TaskId>> {
        self.run(|inner| inner.apply.noted()).await
    }

    /// Forgets what an undo of the task would need.
    pub async fn forget_undo(&self, task: TaskId) -> Result<()> {
        self.run(move |inner| inner.apply.forget(task)).await
    }
}

impl Inner {
    fn root(&self, id: ProjectId) -> Result<Root> {
        Root::open(&self.projects.folder(id)?)
    }
}

async fn off_thread<T, E>(work: impl FnOnce() -> Result<T, E> + Send + 'static) -> Result<T, E>
where
    T: Send + 'static,
    E: From<WorkspaceError> + Send + 'static,
{
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|why| WorkspaceError::io("file work was stopped", std::io::Error::other(why)))?
}
