//! The private copy of a snapshot, in which an agent works.

use super::error::{Result, WorkspaceError};
use super::objects::Objects;
use super::root::{Root, Stat, read_open};
use super::snapshot::{Kept, Manifest, StatCache};
use cap_std::ambient_authority;
use cap_std::fs::{Dir, OpenOptions, OpenOptionsExt};
use std::io::{self, Write};
use std::path::{Component, Path};
use tidemark_shared::change::FileMode;
use tidemark_shared::{Hash, RelPath};

/// Writes the files of `manifest` into `dir`, which is made with mode 0700, and must be empty. A file that the project still
/// has as it was is cloned from there; the others come from the store.
pub(super) fn materialise(
    manifest: &Manifest,
    project: Option<&Root>,
    dir: &Path,
    objects: &Objects,
    cache: &StatCache,
) -> Result<()> {
    let failed = |why| WorkspaceError::io(format!("the copy {} could not be made", dir.display()), why);
    let copy = make_private(dir).map_err(failed)?;
    let mut made = std::collections::HashSet::new();
    for (path, kept) in &manifest.files {
        if let Some(parent) = path.parent()
            && made.insert(parent.clone())
        {
            copy.create_dir_all(&parent).map_err(failed)?;
        }
        match kept {
            Kept::File { hash, mode, .. } => {
                let known = project.and_then(|root| unchanged(root, manifest, path, hash, cache));
                if let Some((from, stat)) = known
                    && clone_file(&from, &stat, &copy, path, *mode).map_err(failed)?
                {
                    continue;
                }
                let bytes = objects.get(hash)?;
                create(&copy, path, *mode).and_then(|mut file| file.write_all(&bytes)).map_err(failed)?;
            }
            Kept::Symlink { target } if stays_inside(path, target) => {
                copy.symlink_contents(target, path).map_err(failed)?;
            }
            // A link out of the project would lead the agent to files that are not its business.
            Kept::Symlink { .. } => {}
        }
    }
    Ok(())
}

fn make_private(dir: &Path) -> io::Result<Dir> {
    use std::os::unix::fs::DirBuilderExt;
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(dir)?;
    let copy = Dir::open_ambient_dir(dir, ambient_authority())?;
    if copy.entries()?.next().is_some() {
        return Err(io::Error::from(io::ErrorKind::DirectoryNotEmpty));
    }
    Ok(copy)
}

fn create(copy: &Dir, path: &RelPath, mode: FileMode) -> io::Result<cap_std::fs::File> {
    let permissions = match mode {
        FileMode::Plain => 0o600,
        FileMode::Executable => 0o700,
    };
    copy.open_with(path, OpenOptions::new().write(true).create_new(true).mode(permissions))
}

/// The project's own file, when it has these bytes as far as its stat tells.
fn unchanged(
    root: &Root,
    manifest: &Manifest,
    path: &RelPath,
    hash: &Hash,
    cache: &StatCache,
) -> Option<(cap_std::fs::File, Stat)> {
    let file = root.open_file(path).ok()??;
    let stat = Stat::of(&file.metadata().ok()?);
    (cache.get(manifest.project, path, &stat).as_ref() == Some(hash)).then_some((file, stat))
}

/// Clones by reference where the file system can, else copies within the kernel. False, and nothing left, when the file was
/// written to meanwhile.
fn clone_file(
    from: &cap_std::fs::File,
    stat: &Stat,
    copy: &Dir,
    path: &RelPath,
    mode: FileMode,
) -> io::Result<bool> {
    let to = create(copy, path, mode)?;
    if rustix::fs::ioctl_ficlone(&to, from).is_err() {
        io::copy(&mut from.try_clone()?.into_std(), &mut to.into_std())?;
    }
    if from.metadata().map(|meta| Stat::of(&meta))? == *stat {
        return Ok(true);
    }
    copy.remove_file(path)?;
    Ok(false)
}

/// Whether a symlink's text leads to a place below the root, by its words alone.
fn stays_inside(path: &RelPath, target: &str) -> bool {
    let mut depth = path.parts().count() - 1;
    for part in Path::new(target).components() {
        match part {
            Component::Normal(_) => depth += 1,
            Component::CurDir => {}
            Component::ParentDir if depth > 0 => depth -= 1,
            Component::ParentDir | Component::RootDir | Component::Prefix(_) => return false,
        }
    }
    true
}

/// Reads one file of a copy; nothing when there is no regular file.
pub(super) fn read(copy: &Root, path: &RelPath, limit: u64) -> Result<Option<super::root::Contents>> {
    match copy.open_file(path) {
        Ok(Some(file)) => read_open(path, file, limit).map(Some),
        Ok(None) | Err(WorkspaceError::BadPath { .. }) => Ok(None),
        Err(why) => Err(why),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_symlink_stays_inside_or_is_left_out() {
        let path = RelPath::parse("a/b/link").unwrap();
        for inside in ["x", "../x", "../../x", "./x/../y"] {
            assert!(stays_inside(&path, inside), "{inside}");
        }
        for outside in ["/etc/passwd", "../../../x", "../../../../etc"] {
            assert!(!stays_inside(&path, outside), "{outside}");
        }
    }
}
