//! Tells what changes in a project's folder by whatever hand. Dependency, build and ignored folders are not watched; a
//! folder that disappears is waited for.

use super::error::{Result, WorkspaceError};
use super::ignores::{Ignores, is_ignore_file};
use super::limits::Limits;
use super::root::Root;
use super::walk::{self, Kind};
use super::write::is_temporary;
use notify::event::{AccessKind, AccessMode, EventKind};
use notify::{Config, Event, PollWatcher, RecommendedWatcher, RecursiveMode, Watcher};
use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tidemark_shared::{Hash, ProjectId, RelPath, ServerEvent};
use tokio::sync::{broadcast, mpsc};
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

/// What comes within this time of the last change is told with it.
const QUIET: Duration = Duration::from_millis(50);
/// Something is told after this time even if the changes do not end.
const PATIENCE: Duration = Duration::from_millis(400);
/// How often a folder that is gone is looked for, and one that is there is looked at though nothing was heard of it.
const LOOK: Duration = Duration::from_secs(1);
/// How often every folder is looked at where the system can't tell by itself.
const POLL: Duration = Duration::from_secs(2);
/// Changes that wait to be told; past this the whole project is told as changed.
const MAX_WAITING: usize = 4_096;

/// The projects that are watched now, the last opened last.
pub(super) struct Watches {
    running: Mutex<Vec<(ProjectId, JoinHandle<()>)>>,
}

impl Watches {
    pub(super) fn new() -> Self {
        Self { running: Mutex::default() }
    }

    /// Watches a project, if it is not watched already; the one opened longest ago makes room.
    pub(super) fn ensure(
        &self,
        project: ProjectId,
        folder: PathBuf,
        limits: &Limits,
        events: &broadcast::Sender<ServerEvent>,
    ) {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(at) = running.iter().position(|(known, _)| *known == project) {
            let watch = running.remove(at);
            running.push(watch);
            return;
        }
        if running.len() >= limits.max_watched_projects.max(1) {
            running.remove(0).1.abort();
        }
        let watch = Watch { project, folder, limits: limits.clone(), events: events.clone() };
        running.push((project, tokio::spawn(watch.run())));
    }

    pub(super) fn stop(&self, project: ProjectId) {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        running.retain(|(known, task)| {
            let other = *known != project;
            if !other {
                task.abort();
            }
            other
        });
    }
}

impl Drop for Watches {
    fn drop(&mut self) {
        let running = self.running.get_mut().unwrap_or_else(PoisonError::into_inner);
        running.iter().for_each(|(_, task)| task.abort());
    }
}

#[derive(Clone)]
struct Watch {
    project: ProjectId,
    folder: PathBuf,
    limits: Limits,
    events: broadcast::Sender<ServerEvent>,
}

/// What the system tells: paths that may have changed, or that it lost count.
enum Heard {
    Paths(Vec<PathBuf>),
    LostCount,
}

/// Whether the folders that are watched are still the right ones.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Arranged {
    Well,
    Anew,
}

impl Watch {
    async fn run(self) {
        let mut was_gone = false;
        loop {
            let (tell, mut heard) = mpsc::channel(MAX_WAITING);
            let watch = self.clone();
            let begun = tokio::task::spawn_blocking(move || watch.begin(tell)).await;
            let Ok(Ok(watcher)) = begun else {
                if !std::mem::replace(&mut was_gone, true) {
                    self.tell(ServerEvent::ProjectAvailable { project_id: self.project, available: false });
                }
                sleep(LOOK).await;
                continue;
            };
            if std::mem::take(&mut was_gone) {
                self.tell(ServerEvent::ProjectAvailable { project_id: self.project, available: true });
                self.tell(ServerEvent::ProjectChanged { project_id: self.project });
            }
            self.follow(&mut heard).await;
            drop(watcher);
        }
    }

    /// Tells what is heard until watching has to start anew: the folder is gone, folders came, or other things are ignored.
    async fn follow(&self, heard: &mut mpsc::Receiver<Heard>) {
        loop {
            let Ok(first) = timeout(LOOK, heard.recv()).await else {
                if self.folder.is_dir() {
                    continue;
                }
                return;
            };
            let batch = gather(first, heard).await;
            let watch = self.clone();
            match tokio::task::spawn_blocking(move || watch.look(batch)).await {
                Ok(Ok(Arranged::Well)) => {}
                Ok(Ok(Arranged::Anew) | Err(_)) | Err(_) => return,
            }
        }
    }

    fn tell(&self, event: ServerEvent) {
        // Nobody listening is fine.
        drop(self.events.send(event));
    }

    /// Starts hearing of every folder that is neither ignored nor never entered.
    fn begin(&self, tell: mpsc::Sender<Heard>) -> Result<Box<dyn Watcher + Send>> {
        let root = Root::open(&self.folder)?;
        let mut folders = vec![self.folder.clone()];
        walk::walk(&root, &mut |_| false, &mut |entry| {
            if entry.kind == Kind::Folder && !entry.ignored {
                folders.push(self.folder.join(&entry.path));
            }
            ControlFlow::Continue(())
        })?;
        if folders.len() <= self.limits.max_watched_folders {
            match native(&folders, tell.clone()) {
                Ok(watcher) => return Ok(watcher),
                Err(why) => {
                    tracing::warn!(project = %self.project, folders = folders.len(), %why, "looking at folders instead of watching");
                }
            }
        }
        let failed = |why| WorkspaceError::io("watching", std::io::Error::other(why));
        polling(&folders, tell).map_err(failed)
    }

    /// Looks at what may have changed, and tells what did.
    fn look(&self, batch: Heard) -> Result<Arranged> {
        let root = Root::open(&self.folder)?;
        let Heard::Paths(paths) = batch else {
            self.tell(ServerEvent::ProjectChanged { project_id: self.project });
            return Ok(Arranged::Anew);
        };
        let mut files = BTreeSet::new();
        let mut arranged = Arranged::Well;
        for path in paths.iter().filter_map(|path| relative(&self.folder, path)) {
            let is_folder = root.dir().symlink_metadata(&path).is_ok_and(|meta| meta.is_dir());
            if Ignores::of(&root, path.parent().as_ref()).is_passed_over(&root, &path, is_folder) {
                continue;
            }
            if is_folder {
                arranged = Arranged::Anew;
            } else {
                if is_ignore_file(&path) {
                    arranged = Arranged::Anew;
                }
                files.insert(path);
            }
        }
        if arranged == Arranged::Anew || files.len() > self.limits.max_file_events {
            self.tell(ServerEvent::ProjectChanged { project_id: self.project });
        }
        if files.len() <= self.limits.max_file_events {
            for path in files {
                // What can't be read (a FIFO, a link that leads out) is not there for anyone who asks.
                let hash: Option<Hash> = root.hash(&path).unwrap_or(None);
                self.tell(ServerEvent::FileChanged { project_id: self.project, path, hash });
            }
        }
        Ok(arranged)
    }
}

/// Joins what comes until it is quiet.
async fn gather(first: Option<Heard>, heard: &mut mpsc::Receiver<Heard>) -> Heard {
    let mut all = BTreeSet::new();
    let mut next = first;
    let until = tokio::time::Instant::now() + PATIENCE;
    loop {
        match next {
            Some(Heard::Paths(paths)) => all.extend(paths),
            Some(Heard::LostCount) => return Heard::LostCount,
            None => return Heard::Paths(all.into_iter().collect()),
        }
        if all.len() > MAX_WAITING {
            return Heard::LostCount;
        }
        let quiet = QUIET.min(until.saturating_duration_since(tokio::time::Instant::now()));
        next = timeout(quiet, heard.recv()).await.unwrap_or(None);
    }
}

fn relative(folder: &Path, path: &Path) -> Option<RelPath> {
    let path = RelPath::parse(path.strip_prefix(folder).ok()?.to_str()?).ok()?;
    (!is_temporary(path.file_name())).then_some(path)
}

fn native(folders: &[PathBuf], tell: mpsc::Sender<Heard>) -> notify::Result<Box<dyn Watcher + Send>> {
    let mut watcher = RecommendedWatcher::new(teller(tell), Config::default())?;
    watch_all(&mut watcher, folders)?;
    Ok(Box::new(watcher))
}

fn polling(folders: &[PathBuf], tell: mpsc::Sender<Heard>) -> notify::Result<Box<dyn Watcher + Send>> {
    let mut watcher = PollWatcher::new(teller(tell), Config::default().with_poll_interval(POLL))?;
    watch_all(&mut watcher, folders)?;
    Ok(Box::new(watcher))
}

fn watch_all(watcher: &mut dyn Watcher, folders: &[PathBuf]) -> notify::Result<()> {
    for folder in folders {
        match watcher.watch(folder, RecursiveMode::NonRecursive) {
            Err(why) if !matches!(why.kind, notify::ErrorKind::PathNotFound) => return Err(why),
            Ok(()) | Err(_) => {}
        }
    }
    Ok(())
}

/// Passes on what changes; not that something was read, which we do ourselves.
fn teller(tell: mpsc::Sender<Heard>) -> impl Fn(notify::Result<Event>) + Send + 'static {
    move |event| {
        let heard = match event {
            Ok(event) if event.need_rescan() => Heard::LostCount,
            Ok(event) if is_a_change(event.kind) => Heard::Paths(event.paths),
            Ok(_) => return,
            Err(_) => Heard::LostCount,
        };
        // When it is full, what is in it is told as a change of everything.
        drop(tell.try_send(heard));
    }
}

fn is_a_change(kind: EventKind) -> bool {
    match kind {
        EventKind::Access(AccessKind::Close(AccessMode::Write)) => true,
        EventKind::Access(_) => false,
        EventKind::Any
        | EventKind::Create(_)
        | EventKind::Modify(_)
        | EventKind::Remove(_)
        | EventKind::Other => true,
    }
}
