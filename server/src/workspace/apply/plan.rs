//! Decides, in memory, what becomes of each file: the pure part of an accept and of an undo.

use super::super::error::Result;
use super::super::files::NEW_FILE;
use super::super::objects::Objects;
use super::super::root::Root;
use super::{Step, Version};
use bytes::Bytes;
use std::collections::{BTreeMap, BTreeSet};
use tidemark_shared::change::{Act, FileMode};
use tidemark_shared::patch::select::Misfit;
use tidemark_shared::patch::{self, Merge, select};
use tidemark_shared::review::{Conflict, ConflictKind, ConflictRegion};
use tidemark_shared::{FileChange, Hash, HunkId, RelPath};

/// A file as some hunks make it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Made {
    pub path: RelPath,
    pub bytes: Bytes,
    pub mode: MadeMode,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum MadeMode {
    /// As the file has it now.
    Kept,
    Set(FileMode),
    /// Every bit, as it was once.
    Exactly(u32),
}

impl Made {
    pub(super) fn of(path: &RelPath, version: Option<&Version>, objects: &Objects) -> Result<Option<Self>> {
        let Some(version) = version else { return Ok(None) };
        let bytes = objects.get(&version.hash)?;
        Ok(Some(Self { path: path.clone(), bytes, mode: MadeMode::Exactly(version.permissions) }))
    }
}

/// What `hunks` of a change make of its base; nothing when they make no file.
pub(super) fn made(
    change: &FileChange,
    base: Option<&[u8]>,
    proposed: Option<&[u8]>,
    hunks: &BTreeSet<HunkId>,
) -> Result<Option<Made>, Misfit> {
    let chosen: Vec<_> = change.hunks.iter().filter(|hunk| hunks.contains(&hunk.id)).collect();
    let acts = |act| chosen.iter().any(|hunk| hunk.act == Some(act));
    let set = |mode: Option<FileMode>| mode.map_or(MadeMode::Kept, MadeMode::Set);
    let (base, proposed) = match (base, proposed) {
        (None, None) => return Err(Misfit),
        (None, Some(new)) => {
            let mode = set(change.new_mode);
            let made = || Made { path: change.path.clone(), bytes: Bytes::copy_from_slice(new), mode };
            return Ok(acts(Act::Create).then(made));
        }
        (Some(old), None) => {
            let mode = set(change.old_mode);
            let made = || Made { path: change.path.clone(), bytes: Bytes::copy_from_slice(old), mode };
            return Ok((!acts(Act::Delete)).then(made));
        }
        (Some(base), Some(proposed)) => (base, proposed),
    };
    let old_path = change.old_path.as_ref().unwrap_or(&change.path);
    let path = if acts(Act::Rename) { &change.path } else { old_path };
    let mode = if acts(Act::Mode) { change.new_mode } else { change.old_mode };
    let bytes = if acts(Act::Replace) {
        proposed.to_vec()
    } else if chosen.iter().all(|hunk| hunk.act.is_some()) {
        base.to_vec()
    } else {
        let (old, new) = (patch::decode(base).ok_or(Misfit)?, patch::decode(proposed).ok_or(Misfit)?);
        let form = if old.content.is_empty() { &new.form } else { &old.form };
        patch::encode(&select(&old.content, &new.content, &chosen)?, form)
    };
    Ok(Some(Made { path: path.clone(), bytes: bytes.into(), mode: set(mode) }))
}

/// The project as it is, and as it would be: every file is looked at once.
pub(super) struct Desk<'a> {
    root: &'a Root,
    found: BTreeMap<RelPath, Option<Sheet>>,
    now: BTreeMap<RelPath, Option<Sheet>>,
    merged: BTreeSet<RelPath>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Sheet {
    bytes: Bytes,
    permissions: u32,
}

impl<'a> Desk<'a> {
    pub(super) fn new(root: &'a Root) -> Self {
        Self { root, found: BTreeMap::new(), now: BTreeMap::new(), merged: BTreeSet::new() }
    }

    /// Carries what changes between `from` and `to` into the project. With conflicts, nothing is changed.
    pub(super) fn carry(&mut self, from: Option<Made>, to: Option<Made>) -> Result<Option<Conflict>> {
        match (from, to) {
            (None, None) => Ok(None),
            (None, Some(to)) => self.bring(&to),
            (Some(from), None) => self.take(&from),
            (Some(from), Some(to)) if from == to => Ok(None),
            (Some(from), Some(to)) => self.change(&from, &to),
        }
    }

    fn bring(&mut self, to: &Made) -> Result<Option<Conflict>> {
        match self.at(&to.path)? {
            None => {
                let permissions = to.mode.over(NEW_FILE);
                self.put(&to.path, Some(Sheet { bytes: to.bytes.clone(), permissions }));
                Ok(None)
            }
            Some(there) if there.bytes == to.bytes => Ok(None),
            Some(_) => Ok(conflict(&to.path, ConflictKind::Exists)),
        }
    }

    fn take(&mut self, from: &Made) -> Result<Option<Conflict>> {
        match self.at(&from.path)? {
            None => Ok(None),
            Some(there) if there.bytes == from.bytes => {
                self.put(&from.path, None);
                Ok(None)
            }
            Some(_) => Ok(conflict(&from.path, ConflictKind::ChangedByYou)),
        }
    }

    fn change(&mut self, from: &Made, to: &Made) -> Result<Option<Conflict>> {
        let Some(there) = self.at(&from.path)? else {
            let arrived = from.path != to.path && self.at(&to.path)?.is_some_and(|s| s.bytes == to.bytes);
            return Ok(if arrived { None } else { conflict(&from.path, ConflictKind::DeletedByYou) });
        };
        let (bytes, merged) = match blend(&from.bytes, &there.bytes, &to.bytes) {
            Ok(blended) => blended,
            Err((kind, regions)) => return Ok(Some(Conflict { path: from.path.clone(), kind, regions })),
        };
        let mode = if from.mode == to.mode { MadeMode::Kept } else { to.mode };
        let sheet = Sheet { bytes, permissions: mode.over(there.permissions) };
        if from.path != to.path {
            if self.at(&to.path)?.is_some() {
                return Ok(conflict(&to.path, ConflictKind::Exists));
            }
            self.put(&from.path, None);
        }
        self.put(&to.path, Some(sheet));
        if merged {
            self.merged.insert(to.path.clone());
        }
        Ok(None)
    }

    fn at(&mut self, path: &RelPath) -> Result<Option<Sheet>> {
        if let Some(known) = self.now.get(path) {
            return Ok(known.clone());
        }
        let read = self.root.read(path, u64::MAX)?;
        let sheet = read.map(|file| Sheet { bytes: file.bytes.into(), permissions: file.stat.permissions });
        self.found.insert(path.clone(), sheet.clone());
        self.now.insert(path.clone(), sheet.clone());
        Ok(sheet)
    }

    fn put(&mut self, path: &RelPath, sheet: Option<Sheet>) {
        self.now.insert(path.clone(), sheet);
    }

    /// What is to be written, and every byte of it, from before and after, for the object store.
    pub(super) fn into_steps(self) -> (Vec<Step>, Vec<Bytes>) {
        let mut steps = Vec::new();
        let mut blobs = Vec::new();
        for (path, before) in self.found {
            let after = self.now.get(&path).cloned().flatten();
            if before == after {
                continue;
            }
            let mut version = |sheet: Option<Sheet>| {
                let sheet = sheet?;
                let hash = Hash::of(&sheet.bytes);
                blobs.push(sheet.bytes);
                Some(Version { hash, permissions: sheet.permissions })
            };
            let merged = self.merged.contains(&path);
            steps.push(Step { before: version(before), after: version(after), merged, path });
        }
        (steps, blobs)
    }
}

impl MadeMode {
    fn over(self, permissions: u32) -> u32 {
        match self {
            Self::Kept => permissions,
            Self::Exactly(permissions) => permissions,
            Self::Set(FileMode::Plain) => permissions & !0o111,
            // Who may read it may run it.
            Self::Set(FileMode::Executable) => permissions | ((permissions & 0o444) >> 2),
        }
    }
}

/// The bytes that hold both what changed from `from` to `to` and what is `there`; true when those are not the same as `to`.
fn blend(
    from: &Bytes,
    there: &Bytes,
    to: &Bytes,
) -> Result<(Bytes, bool), (ConflictKind, Vec<ConflictRegion>)> {
    if from == to || there == to {
        return Ok((there.clone(), from != there && from != to));
    }
    if there == from {
        return Ok((to.clone(), false));
    }
    let binary = || (ConflictKind::Binary, Vec::new());
    let text = |bytes: &Bytes| patch::decode(bytes).ok_or_else(binary);
    let (from, mine, to) = (text(from)?, text(there)?, text(to)?);
    let form = if mine.content.is_empty() { &to.form } else { &mine.form };
    match patch::merge(&from.content, &mine.content, &to.content) {
        Merge::AlreadyThere => Ok((there.clone(), true)),
        Merge::Straight(text) | Merge::Merged(text) => Ok((patch::encode(&text, form).into(), true)),
        Merge::Conflict(regions) => Err((ConflictKind::Overlap, regions)),
        Merge::TooLarge => Err(binary()),
    }
}

#[expect(clippy::unnecessary_wraps, reason = "every caller answers with an optional conflict")]
fn conflict(path: &RelPath, kind: ConflictKind) -> Option<Conflict> {
    Some(Conflict { path: path.clone(), kind, regions: Vec::new() })
}
