//! [`PrivateCopy`]: the only way to the files of an agent's copy. No path leaves it, no symlink is followed, and only
//! regular files are opened.

use super::{Kept, Refused, ToolLimits};
use std::collections::BTreeSet;
use std::fs::{self, Metadata};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use tidemark_shared::patch::Placement;
use tidemark_shared::{RelPath, patch};

#[derive(Debug)]
pub(super) struct PrivateCopy {
    root: PathBuf,
    /// How edits were placed, for the review.
    placements: Mutex<Vec<Placement>>,
    /// What was written, made, moved or deleted since it was last asked for.
    changed: Mutex<BTreeSet<RelPath>>,
}

/// A text file as it was read: with `\n` line ends, and the bytes that it is.
pub(super) struct TextFile {
    pub(super) text: String,
    pub(super) bytes: Vec<u8>,
}

impl PrivateCopy {
    pub(super) fn new(root: PathBuf) -> Self {
        Self { root, placements: Mutex::default(), changed: Mutex::default() }
    }

    pub(super) fn note(&self, placements: Vec<Placement>) {
        self.placements.lock().unwrap_or_else(PoisonError::into_inner).extend(placements);
    }
    pub(super) fn placements(&self) -> Vec<Placement> {
        self.placements.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn has_changed(&self, path: &RelPath) {
        self.changed.lock().unwrap_or_else(PoisonError::into_inner).insert(path.clone());
    }
    pub(super) fn take_changed(&self) -> BTreeSet<RelPath> {
        std::mem::take(&mut *self.changed.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// A file as it stands; nothing when it is gone, or a folder has come in its place.
    pub(super) fn kept(&self, path: &RelPath) -> io::Result<Option<Kept>> {
        let Ok((place, Some(found))) = self.place(path) else { return Ok(None) };
        if !found.is_file() {
            return Ok(None);
        }
        Ok(Some(Kept { bytes: fs::read(place)?, executable: is_executable(&found) }))
    }

    /// Makes a file what it was when it was kept.
    pub(super) fn lay(&self, path: &RelPath, kept: Option<&Kept>) -> Result<(), Refused> {
        let (place, found) = self.place(path)?;
        let Some(kept) = kept else {
            return match found {
                Some(_) => fs::remove_file(place).map_err(|why| Refused::io(path, &why)),
                None => Ok(()),
            };
        };
        if let Some(folder) = place.parent() {
            fs::create_dir_all(folder).map_err(|why| Refused::io(path, &why))?;
        }
        self.put(path, &place, &kept.bytes, mode(kept.executable))
    }

    /// Where `path` is; every folder on the way is a folder, not a link. The last part may be anything, or absent.
    fn place(&self, path: &RelPath) -> Result<(PathBuf, Option<Metadata>), Refused> {
        if is_protected(path) {
            return Err(Refused::new(format!(
                "{path} is not yours to use: nothing in .git may be read or changed"
            )));
        }
        let mut place = self.root.clone();
        let parts: Vec<_> = path.parts().collect();
        let (_last, folders) = parts.split_last().expect("a path has at least one part");
        for part in folders {
            place.push(part);
            match fs::symlink_metadata(&place) {
                Ok(found) if found.is_dir() => {}
                Ok(found) if found.is_symlink() => return Err(Refused::link(path)),
                Ok(_) => {
                    return Err(Refused::new(format!(
                        "{path} can't be used: {part} is a file, not a folder"
                    )));
                }
                Err(why) if why.kind() == io::ErrorKind::NotFound => return Ok((self.root.join(path), None)),
                Err(why) => return Err(Refused::io(path, &why)),
            }
        }
        let place = self.root.join(path);
        match fs::symlink_metadata(&place) {
            Ok(found) if found.is_symlink() => Err(Refused::link(path)),
            Ok(found) => Ok((place, Some(found))),
            Err(why) if why.kind() == io::ErrorKind::NotFound => Ok((place, None)),
            Err(why) => Err(Refused::io(path, &why)),
        }
    }

    /// A folder to look into; the whole copy without a path.
    pub(super) fn entrance(&self, path: Option<&RelPath>) -> Result<PathBuf, Refused> {
        let Some(path) = path else { return Ok(self.root.clone()) };
        match self.place(path)? {
            (place, Some(_)) => Ok(place),
            (_, None) => Err(self.missing(path)),
        }
    }

    fn regular(&self, path: &RelPath) -> Result<(PathBuf, Metadata), Refused> {
        match self.place(path)? {
            (_, None) => Err(self.missing(path)),
            (_, Some(found)) if found.is_dir() => {
                Err(Refused::new(format!("{path} is a folder; list_files shows what is in it")))
            }
            (place, Some(found)) if found.is_file() => Ok((place, found)),
            (_, Some(_)) => Err(Refused::new(format!("{path} is no regular file"))),
        }
    }

    pub(super) fn read_text(&self, path: &RelPath, limits: &ToolLimits) -> Result<TextFile, Refused> {
        let (place, found) = self.regular(path)?;
        let too_large = |size: u64| {
            Refused::new(format!(
                "{path} has {size} bytes; files over {} are not opened",
                limits.max_file_bytes
            ))
        };
        if found.len() > limits.max_file_bytes {
            return Err(too_large(found.len()));
        }
        let mut bytes = Vec::new();
        let file = fs::File::open(&place).map_err(|why| Refused::io(path, &why))?;
        file.take(limits.max_file_bytes + 1)
            .read_to_end(&mut bytes)
            .map_err(|why| Refused::io(path, &why))?;
        if bytes.len() as u64 > limits.max_file_bytes {
            return Err(too_large(bytes.len() as u64));
        }
        let Some(text) = patch::decode(&bytes) else {
            return Err(Refused::new(format!(
                "{path} is a binary file ({} bytes); it can't be read as text",
                bytes.len()
            )));
        };
        Ok(TextFile { text: patch::form::with_lf(&text.content), bytes })
    }

    /// Replaces the bytes of a file that is there; its permissions stay.
    pub(super) fn replace(&self, path: &RelPath, bytes: &[u8]) -> Result<(), Refused> {
        let (place, found) = self.regular(path)?;
        self.put(path, &place, bytes, Some(found.permissions()))?;
        self.has_changed(path);
        Ok(())
    }

    pub(super) fn create(&self, path: &RelPath, bytes: &[u8]) -> Result<(), Refused> {
        let place = self.vacant(path)?;
        self.put(path, &place, bytes, None)?;
        self.has_changed(path);
        Ok(())
    }

    /// A place with nothing in it, in a folder that is there now.
    fn vacant(&self, path: &RelPath) -> Result<PathBuf, Refused> {
        let (place, None) = self.place(path)? else {
            return Err(Refused::new(format!("there is already something at {path}; nothing was written")));
        };
        if let Some(folder) = place.parent() {
            fs::create_dir_all(folder).map_err(|why| Refused::io(path, &why))?;
        }
        Ok(place)
    }

    /// Written beside and renamed in, so that bytes shared with another name (a hard link) are never changed.
    fn put(
        &self,
        path: &RelPath,
        place: &Path,
        bytes: &[u8],
        mode: Option<fs::Permissions>,
    ) -> Result<(), Refused> {
        let folder = place.parent().unwrap_or(&self.root);
        let write = || -> io::Result<()> {
            let mut beside = tempfile::Builder::new().prefix(".tidemark-").tempfile_in(folder)?;
            beside.write_all(bytes)?;
            let mode = match mode {
                Some(mode) => mode,
                None => plain(beside.as_file())?,
            };
            beside.as_file().set_permissions(mode)?;
            beside.persist(place)?;
            Ok(())
        };
        write().map_err(|why| Refused::io(path, &why))
    }

    pub(super) fn delete(&self, path: &RelPath) -> Result<(), Refused> {
        let (place, _) = self.regular(path)?;
        fs::remove_file(place).map_err(|why| Refused::io(path, &why))?;
        self.has_changed(path);
        Ok(())
    }

    pub(super) fn rename(&self, from: &RelPath, to: &RelPath) -> Result<(), Refused> {
        let (old, _) = self.regular(from)?;
        let new = self.vacant(to)?;
        fs::rename(old, new).map_err(|why| Refused::io(to, &why))?;
        self.has_changed(from);
        self.has_changed(to);
        Ok(())
    }

    /// Every file of the copy, sorted by path; links and `.git` are left out. At most `max`.
    pub(super) fn files(&self, max: usize) -> Vec<RelPath> {
        let mut files: Vec<_> = walk(&self.root)
            .build()
            .flatten()
            .filter(|entry| entry.file_type().is_some_and(|kind| kind.is_file()))
            .filter_map(|entry| self.relative(entry.path()))
            .take(max)
            .collect();
        files.sort();
        files
    }

    pub(super) fn relative(&self, place: &Path) -> Option<RelPath> {
        RelPath::parse(place.strip_prefix(&self.root).ok()?.to_str()?).ok()
    }

    /// What to say when a path names nothing: with the paths that may have been meant.
    fn missing(&self, path: &RelPath) -> Refused {
        const LOOKED_AT: usize = 20_000;
        let wanted = path.file_name().to_lowercase();
        let mut near: Vec<_> = self
            .files(LOOKED_AT)
            .into_iter()
            .map(|file| {
                (strsim::normalized_damerau_levenshtein(&file.file_name().to_lowercase(), &wanted), file)
            })
            .filter(|(likeness, _)| *likeness >= 0.75)
            .collect();
        near.sort_by(|(a, _), (b, _)| b.total_cmp(a));
        let near: Vec<_> = near.iter().take(3).map(|(_, file)| file.to_string()).collect();
        let hint = match near.as_slice() {
            [] => "list_files shows what there is".to_owned(),
            near => format!("did you mean {}?", near.join(" or ")),
        };
        Refused::new(format!("there is no {path}; {hint}"))
    }
}

/// The permissions of a new file: what anybody may read by the usual mask.
#[cfg(unix)]
fn plain(_file: &fs::File) -> io::Result<fs::Permissions> {
    use std::os::unix::fs::PermissionsExt as _;
    Ok(fs::Permissions::from_mode(0o644))
}
#[cfg(not(unix))]
fn plain(file: &fs::File) -> io::Result<fs::Permissions> {
    Ok(file.metadata()?.permissions())
}

/// The permissions of a file that was kept, where they are more than a new file's.
#[cfg(unix)]
fn mode(executable: bool) -> Option<fs::Permissions> {
    use std::os::unix::fs::PermissionsExt as _;
    executable.then(|| fs::Permissions::from_mode(0o755))
}
#[cfg(not(unix))]
fn mode(_executable: bool) -> Option<fs::Permissions> {
    None
}

#[cfg(unix)]
fn is_executable(found: &Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    found.permissions().mode() & 0o100 != 0
}
#[cfg(not(unix))]
fn is_executable(_found: &Metadata) -> bool {
    false
}

/// Walks everything but `.git`, in order, following no link. Ignore files do not matter: what is in the copy is there
/// because the project keeps it, or because the agent made it.
pub(super) fn walk(root: &Path) -> ignore::WalkBuilder {
    let mut walk = ignore::WalkBuilder::new(root);
    walk.standard_filters(false)
        .follow_links(false)
        .sort_by_file_name(std::ffi::OsStr::cmp)
        .filter_entry(|entry| entry.depth() == 0 || !is_git(entry.file_name().as_encoded_bytes()));
    walk
}

fn is_protected(path: &RelPath) -> bool {
    path.parts().any(|part| is_git(part.as_bytes()))
}

/// `.git` in any case: some file systems do not tell them apart.
fn is_git(name: &[u8]) -> bool {
    name.eq_ignore_ascii_case(b".git")
}
