//! Where deleted files go: a folder of the data directory, so that a delete loses nothing. Bounded by number; the oldest
//! leave first.

use super::error::{Result, WorkspaceError};
use super::root::{Place, refused};
use super::write::{sync, temporary_name};
use cap_std::ambient_authority;
use cap_std::fs::{Dir, DirBuilder};
use std::ffi::OsStr;
use std::io;
use std::path::PathBuf;
use tidemark_shared::RelPath;

/// A name that holds where the entry was, beside the entry itself.
const ORIGIN: &str = "origin.txt";

#[derive(Debug)]
pub(super) struct Trash {
    folder: PathBuf,
    /// Deleted things that are kept.
    max_entries: usize,
}

impl Trash {
    pub(super) fn new(folder: PathBuf, max_entries: usize) -> Self {
        Self { folder, max_entries }
    }

    /// Moves the entry at `place` here.
    pub(super) fn take(&self, place: &Place, path: &RelPath) -> Result<()> {
        let failed = |why| WorkspaceError::io("the trash could not be written", why);
        std::fs::create_dir_all(&self.folder).map_err(failed)?;
        let trash = Dir::open_ambient_dir(&self.folder, ambient_authority()).map_err(failed)?;
        let name = uuid::Uuid::now_v7().simple().to_string();
        trash.create_dir(&name).map_err(failed)?;
        let here = trash.open_dir(&name).map_err(failed)?;
        here.write(ORIGIN, path.as_str()).map_err(failed)?;
        let moved = match place.dir.rename(&place.name, &here, &place.name) {
            Err(why) if why.kind() == io::ErrorKind::CrossesDevices => move_across(place, &here, path),
            other => other.map_err(|why| refused(path, why)),
        };
        if moved.is_err() {
            drop(trash.remove_dir_all(&name));
            return moved;
        }
        sync(&here).and_then(|()| sync(&trash)).map_err(failed)?;
        self.forget_oldest(&trash).map_err(failed)
    }

    fn forget_oldest(&self, trash: &Dir) -> io::Result<()> {
        let names: io::Result<Vec<_>> = trash.entries()?.map(|entry| Ok(entry?.file_name())).collect();
        let mut names = names?;
        // Their names begin with the time.
        names.sort();
        let surplus = names.len().saturating_sub(self.max_entries);
        names[..surplus].iter().try_for_each(|name| trash.remove_dir_all(name))
    }
}

/// Copies to another file system, and takes the original away only when the copy is whole: first out of sight by one
/// rename, so that half a folder is never seen.
fn move_across(place: &Place, to: &Dir, path: &RelPath) -> Result<()> {
    copy_tree(&place.dir, &place.name, to)
        .map_err(|why| WorkspaceError::io(format!("{path} could not be kept"), why))?;
    let aside = temporary_name();
    place.dir.rename(&place.name, &place.dir, &aside).map_err(|why| refused(path, why))?;
    let is_dir = place.dir.symlink_metadata(&aside).is_ok_and(|meta| meta.is_dir());
    let removed = if is_dir { place.dir.remove_dir_all(&aside) } else { place.dir.remove_file(&aside) };
    removed.map_err(|why| refused(path, why))
}

fn copy_tree(from: &Dir, name: &OsStr, to: &Dir) -> io::Result<()> {
    let meta = from.symlink_metadata(name)?;
    if meta.is_symlink() {
        return to.symlink_contents(from.read_link_contents(name)?, name);
    }
    if meta.is_dir() {
        to.create_dir_with(name, &DirBuilder::new())?;
        let (below, copy) = (from.open_dir(name)?, to.open_dir(name)?);
        for entry in below.entries()? {
            copy_tree(&below, &entry?.file_name(), &copy)?;
        }
        return sync(&copy);
    }
    if meta.is_file() {
        from.copy(name, to, name)?;
        to.open(name)?.sync_all()?;
    }
    Ok(())
}
