//! Walks a project by its handle: no symlink is followed, what is never entered is not entered, names that no path of
//! ours can hold are passed over.

use super::error::Result;
use super::ignores::{Ignores, is_never_entered};
use super::root::{Root, Stat, is_absent, refused};
use super::write::is_temporary;
use cap_fs_ext::DirExt;
use cap_std::fs::Dir;
use std::ops::ControlFlow;
use tidemark_shared::RelPath;

/// What lies at a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    File(Stat),
    Folder,
    Symlink,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    pub path: RelPath,
    pub kind: Kind,
    /// By an ignore file, here or above, or because it is never entered.
    pub ignored: bool,
}

/// Visits every entry, folders before their content, each folder sorted by name. Ignored folders are shown; `enter` says
/// whether one is entered (those never entered are not asked about). Stops when `visit` breaks.
pub(super) fn walk(
    root: &Root,
    enter: &mut dyn FnMut(&RelPath) -> bool,
    visit: &mut dyn FnMut(Entry) -> ControlFlow<()>,
) -> Result<()> {
    let top = Ignores::default().entering(root, None);
    let dir = root.dir().try_clone().map_err(|why| super::WorkspaceError::io("the project", why))?;
    let mut walker = Walker { root, enter, visit };
    walker.folder(&dir, None, &top, false).map(|_| ())
}

struct Walker<'a> {
    root: &'a Root,
    enter: &'a mut dyn FnMut(&RelPath) -> bool,
    visit: &'a mut dyn FnMut(Entry) -> ControlFlow<()>,
}

/// Folders within folders deeper than this are passed over; no project has them, a loop of mounts might.
const MAX_DEPTH: usize = 64;

impl Walker<'_> {
    fn folder(
        &mut self,
        dir: &Dir,
        path: Option<&RelPath>,
        ignores: &Ignores,
        ignored: bool,
    ) -> Result<ControlFlow<()>> {
        if path.is_some_and(|path| path.parts().count() > MAX_DEPTH) {
            return Ok(ControlFlow::Continue(()));
        }
        for (path, kind) in entries(dir, path)? {
            let is_folder = kind == Kind::Folder;
            let never = is_folder && is_never_entered(self.root, &path);
            let ignored = ignored || never || ignores.is_ignored(&path, is_folder);
            if (self.visit)(Entry { path: path.clone(), kind, ignored }).is_break() {
                return Ok(ControlFlow::Break(()));
            }
            if !is_folder || never || (ignored && !(self.enter)(&path)) {
                continue;
            }
            let below = match dir.open_dir_nofollow(path.file_name()) {
                Ok(below) => below,
                // It went away, or became something else, while we looked; or we may not look into it.
                Err(_) => continue,
            };
            let deeper = if ignored { ignores.clone() } else { ignores.entering(self.root, Some(&path)) };
            if self.folder(&below, Some(&path), &deeper, ignored)?.is_break() {
                return Ok(ControlFlow::Break(()));
            }
        }
        Ok(ControlFlow::Continue(()))
    }
}

/// A folder's files, folders and symlinks, sorted.
fn entries(dir: &Dir, parent: Option<&RelPath>) -> Result<Vec<(RelPath, Kind)>> {
    let mut found = Vec::new();
    let listed = match (dir.entries(), parent) {
        (Ok(listed), _) => listed,
        (Err(_), Some(_)) => return Ok(found),
        (Err(why), None) => {
            return Err(super::WorkspaceError::io("the project's folder could not be read", why));
        }
    };
    for entry in listed {
        let Ok(entry) = entry else { continue };
        let Ok(name) = entry.file_name().into_string() else { continue };
        let path = match parent {
            Some(parent) => parent.join(&name),
            None => RelPath::parse(&name),
        };
        let (Ok(path), false) = (path, is_temporary(&name)) else { continue };
        let meta = match entry.metadata() {
            Ok(meta) => meta,
            Err(why) if is_absent(&why) => continue,
            Err(why) => return Err(refused(&path, why)),
        };
        let kind = if meta.is_symlink() {
            Kind::Symlink
        } else if meta.is_dir() {
            Kind::Folder
        } else if meta.is_file() {
            Kind::File(Stat::of(&meta))
        } else {
            continue;
        };
        found.push((path, kind));
    }
    found.sort_by(|(a, kind_a), (b, kind_b)| {
        (kind_a != &Kind::Folder, a.file_name()).cmp(&(kind_b != &Kind::Folder, b.file_name()))
    });
    Ok(found)
}
