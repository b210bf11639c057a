//! One file, written whole or not at all: beside its place, fsynced, then renamed into it. Where the system can exchange
//! two names, what was displaced is looked at before it is let go, so an edit made in between is never lost.

use super::error::{Result, WorkspaceError};
use super::root::{Place, Root, is_absent, refused};
use cap_std::fs::{Dir, OpenOptions, OpenOptionsExt, Permissions, PermissionsExt};
use rustix::fs::RenameFlags;
use rustix::io::Errno;
use std::ffi::OsStr;
use std::io::{self, Read, Write};
use std::path::Path;
use tidemark_shared::{Hash, RelPath};

/// What our files beside a file are called: unlike any name that a person gives.
const PREFIX: &str = ".tidemark-";
const SUFFIX: &str = ".tmp";

/// Whether a name is that of a file of ours that is being written.
pub(super) fn is_temporary(name: &str) -> bool {
    name.starts_with(PREFIX) && name.ends_with(SUFFIX)
}

/// A name that no other write uses.
pub(super) fn temporary_name() -> String {
    format!("{PREFIX}{}{SUFFIX}", uuid::Uuid::now_v7().simple())
}

/// Writes `bytes` to `name` in the folder of `place`, which must not exist, and brings them to the disk. Leaves nothing
/// behind when it fails.
pub(super) fn write_beside(
    place: &Place,
    path: &RelPath,
    name: &str,
    bytes: &[u8],
    permissions: u32,
) -> Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true).mode(0o600);
    let written = place.dir.open_with(name, &options).and_then(|mut file| {
        file.write_all(bytes)?;
        file.set_permissions(Permissions::from_mode(permissions))?;
        file.sync_all()
    });
    written.map_err(|why| {
        discard(&place.dir, name);
        match WorkspaceError::io(format!("{path} could not be written"), why) {
            full @ WorkspaceError::DiskFull => full,
            WorkspaceError::Io { source, .. } => refused(path, source),
            other => other,
        }
    })
}

/// What became of the file that a new one displaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Displaced {
    /// It has the name beside.
    Beside,
    /// There was none, or the system can't exchange names and it is gone.
    Nothing,
}

/// Puts the file `name`, which lies beside, in its place.
///
/// With `expected` the place must hold a file with these bytes (`Some(None)`: nothing); otherwise the place is left as it is,
/// `name` is removed and the answer is [`WorkspaceError::Changed`].
pub(super) fn swap_in(
    place: &Place,
    path: &RelPath,
    name: &str,
    expected: Option<Option<&Hash>>,
) -> Result<()> {
    let swapped = match expected {
        None => rename(&place.dir, name, &place.name, path),
        Some(None) => move_to_nothing(place, path, name),
        Some(Some(hash)) => exchange(place, path, name, hash).map(|_| ()),
    };
    discard(&place.dir, name);
    swapped
}

fn rename(dir: &Dir, from: &str, to: &OsStr, path: &RelPath) -> Result<()> {
    dir.rename(from, dir, to).map_err(|why| refused(path, why))
}

/// Gives the file `name` its place, where nothing is; else [`WorkspaceError::Changed`].
pub(super) fn move_to_nothing(place: &Place, path: &RelPath, name: &str) -> Result<()> {
    let changed =
        || WorkspaceError::Changed { path: path.clone(), current: hash_in(&place.dir, &place.name) };
    match rename_with(&place.dir, name, &place.name, RenameFlags::NOREPLACE) {
        Ok(()) => Ok(()),
        Err(Errno::EXIST) => Err(changed()),
        Err(why) if is_unsupported(why) => {
            // Without the flag there is a moment in which another program's new file could be replaced.
            match place.dir.symlink_metadata(&place.name) {
                Ok(_) => Err(changed()),
                Err(_) => rename(&place.dir, name, &place.name, path),
            }
        }
        Err(why) => Err(refused(path, why.into())),
    }
}

/// Exchanges the file `name` with the one in its place, which must have the bytes `expected`; else nothing is changed and the
/// answer is [`WorkspaceError::Changed`].
pub(super) fn exchange(place: &Place, path: &RelPath, name: &str, expected: &Hash) -> Result<Displaced> {
    let changed = |current| WorkspaceError::Changed { path: path.clone(), current };
    let current = hash_in(&place.dir, &place.name);
    if current.as_ref() != Some(expected) {
        return Err(changed(current));
    }
    match rename_with(&place.dir, name, &place.name, RenameFlags::EXCHANGE) {
        Ok(()) => {}
        Err(Errno::NOENT) => return Err(changed(None)),
        Err(why) if is_unsupported(why) => {
            return rename(&place.dir, name, &place.name, path).map(|()| Displaced::Nothing);
        }
        Err(why) => return Err(refused(path, why.into())),
    }
    let displaced = hash_in(&place.dir, OsStr::new(name));
    if displaced.as_ref() == Some(expected) {
        return Ok(Displaced::Beside);
    }
    // Someone wrote in the moment between looking and exchanging: theirs stays.
    rename_with(&place.dir, name, &place.name, RenameFlags::EXCHANGE)
        .map_err(|why| refused(path, why.into()))?;
    Err(changed(displaced))
}

/// Gives the file in its place the name `name` beside, when it has the bytes `expected`; otherwise leaves it and answers
/// [`WorkspaceError::Changed`].
pub(super) fn take_away(place: &Place, path: &RelPath, name: &str, expected: &Hash) -> Result<()> {
    let changed = |current| WorkspaceError::Changed { path: path.clone(), current };
    let current = hash_in(&place.dir, &place.name);
    if current.as_ref() != Some(expected) {
        return Err(changed(current));
    }
    place
        .dir
        .rename(&place.name, &place.dir, name)
        .map_err(|why| if is_absent(&why) { changed(None) } else { refused(path, why) })?;
    let taken = hash_in(&place.dir, OsStr::new(name));
    if taken.as_ref() == Some(expected) {
        return Ok(());
    }
    move_to_nothing(place, path, name)?;
    Err(changed(taken))
}

/// Brings renames in a folder to the disk.
pub(super) fn sync(dir: &Dir) -> io::Result<()> {
    rustix::fs::fsync(dir.open(".")?).map_err(io::Error::from)
}

pub(super) fn hash_in(dir: &Dir, name: &OsStr) -> Option<Hash> {
    let meta = dir.symlink_metadata(name).ok().filter(cap_std::fs::Metadata::is_file)?;
    let mut bytes = Vec::with_capacity(usize::try_from(meta.len()).unwrap_or(0));
    dir.open(name).ok()?.read_to_end(&mut bytes).ok()?;
    Some(Hash::of(&bytes))
}

/// Removes a file of ours. Failing at it loses nothing: the next snapshot passes such files over.
pub(super) fn discard(dir: &Dir, name: &str) {
    if let Err(why) = dir.remove_file(name)
        && why.kind() != io::ErrorKind::NotFound
    {
        tracing::warn!(name, %why, "a temporary file stays behind");
    }
}

/// Writes a file of our own in the data directory: whole or not at all, on the disk when it returns.
pub(super) fn write_own(path: &Path, bytes: &[u8]) -> Result<()> {
    let failed = |why| WorkspaceError::io(format!("{} could not be written", path.display()), why);
    let parent = path.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(parent).map_err(failed)?;
    let beside = parent.join(temporary_name());
    let written = std::fs::File::create_new(&beside).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()?;
        std::fs::rename(&beside, path)?;
        std::fs::File::open(parent)?.sync_all()
    });
    written.map_err(|why| {
        drop(std::fs::remove_file(&beside));
        failed(why)
    })
}

fn rename_with(dir: &Dir, from: &str, to: &OsStr, flags: RenameFlags) -> Result<(), Errno> {
    rustix::fs::renameat_with(dir, from, dir, to, flags)
}

/// The file system, or an old kernel, can't do it.
fn is_unsupported(why: Errno) -> bool {
    matches!(why, Errno::INVAL | Errno::NOSYS | Errno::NOTSUP)
}

/// Writes `bytes` to `path` in one go.
pub(super) fn put(
    root: &Root,
    path: &RelPath,
    bytes: &[u8],
    permissions: u32,
    expected: Option<Option<&Hash>>,
) -> Result<()> {
    let place = root.place(path)?;
    let name = temporary_name();
    write_beside(&place, path, &name, bytes, permissions)?;
    swap_in(&place, path, &name, expected)?;
    sync(&place.dir)
        .map_err(|why| WorkspaceError::io(format!("{path} could not be brought to the disk"), why))
}
