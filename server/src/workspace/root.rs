//! [`Root`]: a folder held by its handle. Every path below it is opened through the handle, so no symlink, however it is
//! raced, leads out of it; nothing but regular files and folders is opened.

use super::error::{Result, WorkspaceError};
use cap_std::ambient_authority;
use cap_std::fs::{Dir, Metadata, MetadataExt, OpenOptions, OpenOptionsExt};
use rustix::io::Errno;
use std::ffi::{OsStr, OsString};
use std::io::{self, Read};
use std::path::Path;
use tidemark_shared::change::FileMode;
use tidemark_shared::{Hash, RelPath, patch};

/// A folder whose content may be reached by relative paths, and nothing else.
#[derive(Debug)]
pub(super) struct Root {
    dir: Dir,
}

/// What tells a file's content apart without reading it. Equal stats mean equal bytes, except just after a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stat {
    pub size: u64,
    pub executable: bool,
    pub permissions: u32,
    pub inode: u64,
    /// Nanoseconds since the epoch: the last write, and the last change of the inode.
    pub modified: i128,
    pub changed: i128,
}

/// A regular file as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Contents {
    pub bytes: Vec<u8>,
    pub stat: Stat,
}

/// Where a path's last part is made or replaced: its folder's handle, symlinks inside the project followed.
#[derive(Debug)]
pub(super) struct Place {
    pub dir: Dir,
    pub name: OsString,
}

impl Stat {
    pub(super) fn of(meta: &Metadata) -> Self {
        let nanos = |seconds: i64, nanos: i64| i128::from(seconds) * 1_000_000_000 + i128::from(nanos);
        Self {
            size: meta.len(),
            executable: meta.mode() & 0o100 != 0,
            permissions: meta.mode() & 0o7777,
            inode: meta.ino(),
            modified: nanos(meta.mtime(), meta.mtime_nsec()),
            changed: nanos(meta.ctime(), meta.ctime_nsec()),
        }
    }
    pub(super) fn mode(&self) -> FileMode {
        patch::change::mode(self.executable)
    }
}

impl Root {
    /// Fails with [`WorkspaceError::ProjectGone`] when there is no such folder.
    pub(super) fn open(path: &Path) -> Result<Self> {
        let dir = Dir::open_ambient_dir(path, ambient_authority());
        dir.map(|dir| Self { dir }).map_err(|why| match why.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => {
                WorkspaceError::ProjectGone(path.display().to_string())
            }
            _ => WorkspaceError::io(format!("{} could not be opened", path.display()), why),
        })
    }

    pub(super) fn dir(&self) -> &Dir {
        &self.dir
    }

    /// The stat of the regular file at `path`, symlinks inside the project followed; nothing when there is nothing.
    pub(super) fn stat(&self, path: &RelPath) -> Result<Option<Stat>> {
        match self.dir.metadata(path) {
            Ok(meta) if meta.is_file() => Ok(Some(Stat::of(&meta))),
            Ok(meta) => Err(not_a_file(path, &meta)),
            Err(why) if is_absent(&why) => Ok(None),
            Err(why) => Err(refused(path, why)),
        }
    }

    /// Whether there is anything at `path`, a dangling symlink too.
    pub(super) fn exists(&self, path: &RelPath) -> Result<bool> {
        match self.dir.symlink_metadata(path) {
            Ok(_) => Ok(true),
            Err(why) if is_absent(&why) => Ok(false),
            Err(why) => Err(refused(path, why)),
        }
    }

    /// Reads a regular file of at most `limit` bytes; nothing when there is nothing.
    pub(super) fn read(&self, path: &RelPath, limit: u64) -> Result<Option<Contents>> {
        let Some(file) = self.open_file(path)? else {
            return Ok(None);
        };
        read_open(path, file, limit).map(Some)
    }

    /// Opens a regular file without ever waiting for it, as a FIFO would make us.
    pub(super) fn open_file(&self, path: &RelPath) -> Result<Option<cap_std::fs::File>> {
        if self.stat(path)?.is_none() {
            return Ok(None);
        }
        let nonblocking = rustix::fs::OFlags::NONBLOCK.bits().cast_signed();
        let mut options = OpenOptions::new();
        options.read(true).custom_flags(nonblocking);
        match self.dir.open_with(path, &options) {
            Ok(file) => Ok(Some(file)),
            Err(why) if is_absent(&why) => Ok(None),
            Err(why) => Err(refused(path, why)),
        }
    }

    /// The hash of the file at `path`, whatever its size, read piece by piece; nothing when there is nothing.
    pub(super) fn hash(&self, path: &RelPath) -> Result<Option<Hash>> {
        let Some(file) = self.open_file(path)? else {
            return Ok(None);
        };
        let mut hasher = blake3::Hasher::new();
        hasher
            .update_reader(file)
            .map_err(|why| WorkspaceError::io(format!("{path} could not be read"), why))?;
        Ok(Some(Hash::parse(&hasher.finalize().to_hex()).expect("a digest is 64 hex digits")))
    }

    /// Where to put a file at `path`. An existing symlink inside the project leads to what it names.
    pub(super) fn place(&self, path: &RelPath) -> Result<Place> {
        match self.dir.canonicalize(path) {
            Ok(real) => self.place_at(path, &real),
            Err(why) if is_absent(&why) => {
                if self.exists(path)? {
                    return Err(WorkspaceError::BadPath {
                        path: path.clone(),
                        reason: "it is a symlink to nothing",
                    });
                }
                self.place_at(path, path.as_ref())
            }
            Err(why) => Err(refused(path, why)),
        }
    }

    /// Where the entry itself is: a symlink is not followed.
    pub(super) fn entry(&self, path: &RelPath) -> Result<Place> {
        self.place_at(path, path.as_ref())
    }

    fn place_at(&self, path: &RelPath, real: &Path) -> Result<Place> {
        let parent = real.parent().filter(|parent| !parent.as_os_str().is_empty());
        let dir = match parent {
            Some(parent) => self.dir.open_dir(parent),
            None => self.dir.try_clone(),
        };
        let dir = dir.map_err(|why| {
            if is_absent(&why) { WorkspaceError::NotFound(path.clone()) } else { refused(path, why) }
        })?;
        let name = real.file_name().unwrap_or(OsStr::new(path.file_name())).to_owned();
        Ok(Place { dir, name })
    }

    /// Makes the folder and those above it. Answers with the ones that were not there, the outermost first.
    pub(super) fn make_folders(&self, path: &RelPath) -> Result<Vec<RelPath>> {
        let mut missing = Vec::new();
        let mut at = Some(path.clone());
        while let Some(folder) = at {
            match self.dir.metadata(&folder) {
                Ok(meta) if meta.is_dir() => break,
                Ok(_) => return Err(WorkspaceError::Exists(folder.to_string())),
                Err(why) if is_absent(&why) => {
                    at = folder.parent();
                    missing.push(folder);
                }
                Err(why) => return Err(refused(path, why)),
            }
        }
        missing.reverse();
        for folder in &missing {
            match self.dir.create_dir(folder) {
                Err(why) if why.kind() != io::ErrorKind::AlreadyExists => return Err(refused(folder, why)),
                Ok(()) | Err(_) => {}
            }
        }
        Ok(missing)
    }
}

pub(super) fn read_open(path: &RelPath, file: cap_std::fs::File, limit: u64) -> Result<Contents> {
    let failed = |why| WorkspaceError::io(format!("{path} could not be read"), why);
    let meta = file.metadata().map_err(failed)?;
    if !meta.is_file() {
        return Err(not_a_file(path, &meta));
    }
    let too_large = |size| WorkspaceError::TooLarge { path: path.clone(), size, limit };
    if meta.len() > limit {
        return Err(too_large(meta.len()));
    }
    let mut bytes = Vec::with_capacity(usize::try_from(meta.len()).unwrap_or(0));
    file.take(limit.saturating_add(1)).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > limit {
        return Err(too_large(bytes.len() as u64));
    }
    Ok(Contents { bytes, stat: Stat::of(&meta) })
}

/// Nothing is there: the path, or a folder on the way to it.
pub(super) fn is_absent(why: &io::Error) -> bool {
    matches!(why.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

/// Why the system did not let us at `path`, told in our words.
pub(super) fn refused(path: &RelPath, why: io::Error) -> WorkspaceError {
    let bad = |reason| WorkspaceError::BadPath { path: path.clone(), reason };
    match why.kind() {
        // cap-std's own refusal of an escape, as against the system's, has no number.
        io::ErrorKind::PermissionDenied if why.raw_os_error().is_none() => bad("it leads out of the project"),
        _ if why.raw_os_error() == Some(Errno::LOOP.raw_os_error()) => bad("its symlinks lead in a circle"),
        io::ErrorKind::InvalidFilename => bad("the name is too long"),
        io::ErrorKind::IsADirectory => bad("it is a folder"),
        _ => WorkspaceError::io(format!("{path} could not be used"), why),
    }
}

fn not_a_file(path: &RelPath, meta: &Metadata) -> WorkspaceError {
    let reason = if meta.is_dir() { "it is a folder" } else { "it is no regular file" };
    WorkspaceError::BadPath { path: path.clone(), reason }
}
