//! A project's files, one at a time: list, read, save, make, delete, rename.

use super::error::{Result, WorkspaceError};
use super::ignores::is_secret;
use super::limits::Limits;
use super::root::{Contents, Root, refused};
use super::walk::{self, Kind};
use super::write;
use super::{Expect, trash::Trash};
use rustix::fs::RenameFlags;
use rustix::io::Errno;
use std::ops::ControlFlow;
use tidemark_shared::change::{LineEnding, TextForm};
use tidemark_shared::project::{EntryKind, FileContent, FileEntry, FileList, Saved};
use tidemark_shared::{Hash, RelPath, patch};

/// Permissions of a new file.
pub(super) const NEW_FILE: u32 = 0o644;

pub(super) fn list(root: &Root, limits: &Limits) -> Result<FileList> {
    let mut items = Vec::new();
    let mut truncated = false;
    // What is ignored is shown for orientation; it must not crowd out what is not.
    let mut ignored_left = limits.max_list_entries / 10;
    walk::walk(
        root,
        &mut |_| {
            ignored_left = ignored_left.saturating_sub(1);
            ignored_left > 0
        },
        &mut |entry| {
            if items.len() == limits.max_list_entries {
                truncated = true;
                return ControlFlow::Break(());
            }
            let (kind, size) = match entry.kind {
                Kind::File(stat) => (EntryKind::File, stat.size),
                Kind::Folder => (EntryKind::Folder, 0),
                Kind::Symlink => (EntryKind::Symlink, 0),
            };
            let ignored = entry.ignored || is_secret(&entry.path);
            items.push(FileEntry { path: entry.path, kind, size, ignored });
            ControlFlow::Continue(())
        },
    )?;
    Ok(FileList { items, truncated })
}

pub(super) fn read(root: &Root, path: &RelPath, limits: &Limits) -> Result<FileContent> {
    let stat = root.stat(path)?.ok_or_else(|| WorkspaceError::NotFound(path.clone()))?;
    if stat.size > limits.max_edit_bytes {
        let hash = root.hash(path)?.ok_or_else(|| WorkspaceError::NotFound(path.clone()))?;
        return Ok(FileContent {
            path: path.clone(),
            hash,
            size: stat.size,
            content: None,
            text: TextForm::BINARY,
            executable: stat.executable,
        });
    }
    let Contents { bytes, stat } =
        root.read(path, limits.max_edit_bytes)?.ok_or_else(|| WorkspaceError::NotFound(path.clone()))?;
    let text = patch::decode(&bytes);
    Ok(FileContent {
        path: path.clone(),
        hash: Hash::of(&bytes),
        size: bytes.len() as u64,
        text: text.as_ref().map_or(TextForm::BINARY, |text| text.form),
        content: text.map(|text| text.content),
        executable: stat.executable,
    })
}

pub(super) fn save(
    root: &Root,
    path: &RelPath,
    content: &str,
    expect: &Expect,
    limits: &Limits,
) -> Result<Saved> {
    refuse_gits_own(path)?;
    let size = content.len() as u64;
    if size > limits.max_edit_bytes {
        return Err(WorkspaceError::TooLarge { path: path.clone(), size, limit: limits.max_edit_bytes });
    }
    let existing = root.read(path, limits.max_edit_bytes)?;
    let before = existing.as_ref().map(|file| Hash::of(&file.bytes));
    let expected = match expect {
        Expect::New if before.is_some() => return Err(WorkspaceError::Exists(path.to_string())),
        Expect::New => Some(None),
        Expect::Hash(hash) if before.as_ref() != Some(hash) => {
            return Err(WorkspaceError::Changed { path: path.clone(), current: before });
        }
        Expect::Hash(hash) => Some(Some(hash)),
        Expect::Any => None,
    };
    let bytes = match &existing {
        Some(file) => in_form_of(path, &file.bytes, content)?,
        None => content.as_bytes().to_vec(),
    };
    let hash = Hash::of(&bytes);
    if before.as_ref() != Some(&hash) {
        if let Some(parent) = path.parent() {
            root.make_folders(&parent)?;
        }
        let permissions = existing.map_or(NEW_FILE, |file| file.stat.permissions);
        write::put(root, path, &bytes, permissions, expected)?;
    }
    Ok(Saved { path: path.clone(), hash })
}

/// The bytes of a person's text in the encoding and with the BOM of the file it was read from.
pub(super) fn in_form_of(path: &RelPath, existing: &[u8], content: &str) -> Result<Vec<u8>> {
    let old = patch::decode(existing).ok_or_else(|| WorkspaceError::NotText(path.clone()))?;
    let only_ends_differ = patch::form::with_lf(&old.content) == patch::form::with_lf(content);
    // Editors make a file's line ends one kind when they open it. That is no edit; choosing a kind for the whole file is.
    let untouched_ends_stay = old.form.line_ending == LineEnding::Mixed
        && TextForm::of(content).line_ending != LineEnding::Mixed
        && !only_ends_differ;
    let content = if untouched_ends_stay {
        patch::adopt::adopt_mixed(&old.content, content)
    } else {
        content.to_owned()
    };
    Ok(patch::encode(&content, &old.form))
}

pub(super) fn create_folder(root: &Root, path: &RelPath) -> Result<()> {
    refuse_gits_own(path)?;
    if root.exists(path)? {
        return Err(WorkspaceError::Exists(path.to_string()));
    }
    root.make_folders(path).map(|_| ())
}

pub(super) fn delete(root: &Root, path: &RelPath, expect: &Expect, trash: &Trash) -> Result<()> {
    refuse_gits_own(path)?;
    if !root.exists(path)? {
        return Err(WorkspaceError::NotFound(path.clone()));
    }
    if let Expect::Hash(hash) = expect {
        let current = root.hash(path)?;
        if current.as_ref() != Some(hash) {
            return Err(WorkspaceError::Changed { path: path.clone(), current });
        }
    }
    if *expect == Expect::New && matches!(root.open_file(path), Ok(Some(_))) {
        return Err(WorkspaceError::Exists(path.to_string()));
    }
    let place = root.entry(path)?;
    trash.take(&place, path)?;
    write::sync(&place.dir).map_err(|why| refused(path, why))
}

pub(super) fn rename(root: &Root, from: &RelPath, to: &RelPath) -> Result<()> {
    refuse_gits_own(from)?;
    refuse_gits_own(to)?;
    if !root.exists(from)? {
        return Err(WorkspaceError::NotFound(from.clone()));
    }
    if root.exists(to)? {
        return Err(WorkspaceError::Exists(to.to_string()));
    }
    if to.as_str().starts_with(&format!("{from}/")) {
        return Err(WorkspaceError::BadPath { path: to.clone(), reason: "it is inside itself" });
    }
    if let Some(parent) = to.parent() {
        root.make_folders(&parent)?;
    }
    let (old, new) = (root.entry(from)?, root.entry(to)?);
    let moved = rustix::fs::renameat_with(&old.dir, &old.name, &new.dir, &new.name, RenameFlags::NOREPLACE);
    match moved {
        Ok(()) => {}
        Err(Errno::EXIST) => return Err(WorkspaceError::Exists(to.to_string())),
        Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => {
            old.dir.rename(&old.name, &new.dir, &new.name).map_err(|why| refused(from, why))?;
        }
        Err(why) => return Err(refused(from, why.into())),
    }
    write::sync(&old.dir).and_then(|()| write::sync(&new.dir)).map_err(|why| refused(to, why))
}

/// `.git` is written by git alone: a hook or a config there would run as a program.
pub(super) fn refuse_gits_own(path: &RelPath) -> Result<()> {
    if path.parts().any(|part| part.eq_ignore_ascii_case(".git")) {
        return Err(WorkspaceError::BadPath { path: path.clone(), reason: "it belongs to git" });
    }
    Ok(())
}
