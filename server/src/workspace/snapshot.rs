//! Snapshots: every file of a project at one moment, kept in the object store, and the manifest that lists them.

use super::error::{Result, WorkspaceError};
use super::files::in_form_of;
use super::ignores::is_secret;
use super::limits::Limits;
use super::objects::Objects;
use super::root::{Root, Stat};
use super::walk::{self, Entry, Kind};
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};
use std::ops::ControlFlow;
use std::sync::{Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};
use tidemark_shared::change::FileMode;
use tidemark_shared::task::OpenFile;
use tidemark_shared::{Hash, ProjectId, RelPath, patch};

/// Bytes that are read before they are given to the store together.
const BATCH_BYTES: usize = 16 << 20;
const BATCH_FILES: usize = 1_024;

/// What a snapshot's name stands for. Sorted by path, so equal projects have equal manifests.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    version: u32,
    pub project: ProjectId,
    pub files: BTreeMap<RelPath, Kept>,
}

/// One path of a snapshot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Kept {
    File {
        hash: Hash,
        size: u64,
        mode: FileMode,
    },
    /// A symlink and what it says, as text; never followed.
    Symlink {
        target: String,
    },
}

impl Manifest {
    const VERSION: u32 = 1;

    pub(super) fn load(objects: &Objects, name: &Hash) -> Result<Self> {
        let bytes = objects.get(name)?;
        let damaged =
            |why: String| WorkspaceError::io(format!("snapshot {name}"), std::io::Error::other(why));
        let manifest: Self = serde_json::from_slice(&bytes).map_err(|why| damaged(why.to_string()))?;
        if manifest.version != Self::VERSION {
            return Err(damaged(format!("version {} is not known", manifest.version)));
        }
        Ok(manifest)
    }

    /// The file at `path`: its hash and mode.
    pub fn file(&self, path: &RelPath) -> Option<(&Hash, FileMode)> {
        match self.files.get(path)? {
            Kept::File { hash, mode, .. } => Some((hash, *mode)),
            Kept::Symlink { .. } => None,
        }
    }
}

/// Which bytes a file had when it had this stat: what need not be read again. Holds only files whose objects are kept.
#[derive(Debug, Default)]
pub(super) struct StatCache {
    known: Mutex<HashMap<ProjectId, Seen>>,
}

/// A file's stat and hash, by path.
type Seen = HashMap<RelPath, (Stat, Hash)>;

impl StatCache {
    pub(super) fn get(&self, project: ProjectId, path: &RelPath, stat: &Stat) -> Option<Hash> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let (seen, hash) = known.get(&project)?.get(path)?;
        (seen == stat).then(|| hash.clone())
    }

    fn put(&self, project: ProjectId, fresh: Vec<(RelPath, Stat, Hash)>) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let files = known.entry(project).or_default();
        files.extend(fresh.into_iter().map(|(path, stat, hash)| (path, (stat, hash))));
    }

    pub(super) fn forget(&self, project: ProjectId) {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).remove(&project);
    }
}

/// Keeps the project as it is, with the texts of `overlay` in place of what the disk has.
pub(super) fn take(
    root: &Root,
    project: ProjectId,
    overlay: &[OpenFile],
    objects: &Objects,
    cache: &StatCache,
    limits: &Limits,
) -> Result<Hash> {
    let entries = to_keep(root, limits)?;
    let mut taker = Taker {
        project,
        objects,
        cache,
        files: BTreeMap::new(),
        batch: Vec::new(),
        fresh: Vec::new(),
        bytes: 0,
        total: 0,
    };
    for Entry { path, kind, .. } in entries {
        match kind {
            Kind::File(stat) => taker.file(root, path, &stat, limits)?,
            Kind::Symlink => taker.symlink(root, path),
            Kind::Folder => {}
        }
    }
    // One may have a secret file open beside others.
    for open in overlay.iter().filter(|open| !is_secret(&open.path)) {
        taker.unsaved(root, open, limits)?;
    }
    if taker.files.len() > limits.max_snapshot_files {
        return Err(too_many(limits));
    }
    taker.flush()?;
    let manifest = Manifest { version: Manifest::VERSION, project, files: taker.files };
    let bytes = serde_json::to_vec(&manifest).expect("a manifest is plain data");
    objects.put(bytes)
}

fn to_keep(root: &Root, limits: &Limits) -> Result<Vec<Entry>> {
    let mut found = Vec::new();
    let mut over = false;
    walk::walk(root, &mut |_| false, &mut |entry| {
        if entry.ignored || entry.kind == Kind::Folder || is_secret(&entry.path) {
            return ControlFlow::Continue(());
        }
        if found.len() == limits.max_snapshot_files {
            over = true;
            return ControlFlow::Break(());
        }
        found.push(entry);
        ControlFlow::Continue(())
    })?;
    if over { Err(too_many(limits)) } else { Ok(found) }
}

fn too_many(limits: &Limits) -> WorkspaceError {
    let limit = limits.max_snapshot_files as u64;
    WorkspaceError::Full { what: "the files of a project (ignore what is not source)", limit }
}

struct Taker<'a> {
    project: ProjectId,
    objects: &'a Objects,
    cache: &'a StatCache,
    files: BTreeMap<RelPath, Kept>,
    /// Read, not yet given to the store.
    batch: Vec<Bytes>,
    /// Of what is in the batch: what to remember once it is kept.
    fresh: Vec<(RelPath, Stat, Hash)>,
    bytes: usize,
    total: u64,
}

impl Taker<'_> {
    fn file(&mut self, root: &Root, path: RelPath, stat: &Stat, limits: &Limits) -> Result<()> {
        if stat.size > limits.max_snapshot_file_bytes {
            return Ok(());
        }
        let (hash, stat) = match self.cache.get(self.project, &path, stat) {
            Some(hash) => (hash, *stat),
            None => match root.read(&path, limits.max_snapshot_file_bytes) {
                Ok(Some(file)) => {
                    let hash = Hash::of(&file.bytes);
                    let seen = is_settled(&file.stat).then(|| (path.clone(), file.stat, hash.clone()));
                    self.keep(file.bytes, seen)?;
                    (hash, file.stat)
                }
                // It went away, or grew past the limit, while we looked.
                Ok(None) | Err(WorkspaceError::TooLarge { .. } | WorkspaceError::BadPath { .. }) => {
                    return Ok(());
                }
                Err(why) => return Err(why),
            },
        };
        self.count(stat.size, limits)?;
        self.files.insert(path, Kept::File { hash, size: stat.size, mode: stat.mode() });
        Ok(())
    }

    fn symlink(&mut self, root: &Root, path: RelPath) {
        let target = root.dir().read_link_contents(&path).ok();
        if let Some(target) = target.and_then(|target| target.into_os_string().into_string().ok()) {
            self.files.insert(path, Kept::Symlink { target });
        }
    }

    fn unsaved(&mut self, root: &Root, open: &OpenFile, limits: &Limits) -> Result<()> {
        let on_disk = root.read(&open.path, limits.max_edit_bytes)?;
        let mode = on_disk.as_ref().map_or(FileMode::Plain, |file| file.stat.mode());
        let bytes = match on_disk {
            Some(file) => in_form_of(&open.path, &file.bytes, &open.content)?,
            None => open.content.as_bytes().to_vec(),
        };
        let size = bytes.len() as u64;
        if size > limits.max_snapshot_file_bytes {
            let limit = limits.max_snapshot_file_bytes;
            return Err(WorkspaceError::TooLarge { path: open.path.clone(), size, limit });
        }
        self.count(size, limits)?;
        let hash = Hash::of(&bytes);
        self.keep(bytes, None)?;
        self.files.insert(open.path.clone(), Kept::File { hash, size, mode });
        Ok(())
    }

    fn count(&mut self, size: u64, limits: &Limits) -> Result<()> {
        self.total += size;
        if self.total > limits.max_snapshot_bytes {
            let limit = limits.max_snapshot_bytes;
            return Err(WorkspaceError::Full {
                what: "the bytes of a project (ignore what is not source)",
                limit,
            });
        }
        Ok(())
    }

    fn keep(&mut self, bytes: Vec<u8>, seen: Option<(RelPath, Stat, Hash)>) -> Result<()> {
        self.bytes += bytes.len();
        self.batch.push(bytes.into());
        self.fresh.extend(seen);
        if self.bytes >= BATCH_BYTES || self.batch.len() >= BATCH_FILES { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> Result<()> {
        self.bytes = 0;
        self.objects.put_many(std::mem::take(&mut self.batch))?;
        self.cache.put(self.project, std::mem::take(&mut self.fresh));
        Ok(())
    }
}

/// A stat that is younger than the file system's clock can tell apart may hide a later write of the same size.
fn is_settled(stat: &Stat) -> bool {
    const GRAIN_NANOS: i128 = 100_000_000;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_nanos());
    i128::try_from(now).unwrap_or(0) - stat.modified.max(stat.changed) > GRAIN_NANOS
}

/// The text of an object, when it is one.
pub(super) fn text(objects: &Objects, hash: &Hash) -> Result<Option<String>> {
    Ok(patch::decode(&objects.get(hash)?).map(|text| text.content))
}
