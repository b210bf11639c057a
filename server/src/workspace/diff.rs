//! What an agent changed: its copy against the snapshot, as a change set. Looks at nothing outside the copy.

use super::error::{Result, WorkspaceError};
use super::limits::Limits;
use super::objects::Objects;
use super::root::{Contents, Root};
use super::snapshot::{Kept, Manifest};
use super::walk::{self, Kind};
use super::{copy, files::refuse_gits_own};
use bytes::Bytes;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::ControlFlow;
use tidemark_shared::change::FileMode;
use tidemark_shared::patch::{self, Side, adopt_form, file_change};
use tidemark_shared::{FileChange, Hash, RelPath};

/// A renamed file that was also edited shares at least this part of its lines with the old one, in percent.
const ALIKE: usize = 60;
/// Pairs of files whose likeness is looked at; past this only files with equal bytes are told as renamed.
const MAX_PAIRS: usize = 400;

/// A file on one side.
struct File {
    bytes: Bytes,
    hash: Hash,
    mode: FileMode,
}

impl File {
    fn new(bytes: impl Into<Bytes>, mode: FileMode) -> Self {
        let bytes = bytes.into();
        Self { hash: Hash::of(&bytes), bytes, mode }
    }
    fn side<'a>(&'a self, path: &'a RelPath) -> Side<'a> {
        Side { path, bytes: &self.bytes, hash: &self.hash, mode: self.mode }
    }
}

pub(super) fn change_set(
    manifest: &Manifest,
    copy_root: &Root,
    objects: &Objects,
    limits: &Limits,
) -> Result<Vec<FileChange>> {
    let mut found = Found::default();
    found.compare_kept(manifest, copy_root, objects, limits)?;
    found.find_new(manifest, copy_root, limits)?;
    let renamed = found.take_renames();
    let mut changes = Vec::new();
    let mut proposed = Vec::new();
    let mut note = |base: Option<(&RelPath, &File)>, new: Option<(&RelPath, &File)>| {
        let change = file_change(
            base.map(|(path, file)| file.side(path)),
            new.map(|(path, file)| file.side(path)),
            limits.max_diff_lines,
        );
        if let Some(change) = change {
            proposed.extend(new.map(|(_, file)| file.bytes.clone()));
            changes.push(change);
        }
    };
    found.modified.iter().for_each(|(path, (old, new))| note(Some((path, old)), Some((path, new))));
    found.gone.iter().for_each(|(path, old)| note(Some((path, old)), None));
    found.come.iter().for_each(|(path, new)| note(None, Some((path, new))));
    renamed.iter().for_each(|(from, old, to, new)| note(Some((from, old)), Some((to, new))));
    if changes.len() > limits.max_changed_files {
        let limit = limits.max_changed_files as u64;
        return Err(WorkspaceError::Full { what: "files that one task changes", limit });
    }
    objects.put_many(proposed)?;
    changes.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(changes)
}

#[derive(Default)]
struct Found {
    modified: BTreeMap<RelPath, (File, File)>,
    gone: BTreeMap<RelPath, File>,
    come: BTreeMap<RelPath, File>,
}

impl Found {
    fn compare_kept(
        &mut self,
        manifest: &Manifest,
        copy_root: &Root,
        objects: &Objects,
        limits: &Limits,
    ) -> Result<()> {
        for (path, kept) in &manifest.files {
            let Kept::File { hash, mode, .. } = kept else { continue };
            let base = |objects: &Objects| {
                Ok::<_, WorkspaceError>(File { bytes: objects.get(hash)?, hash: hash.clone(), mode: *mode })
            };
            match copy::read(copy_root, path, limits.max_snapshot_file_bytes)? {
                Some(Contents { bytes, stat }) if Hash::of(&bytes) == *hash && stat.mode() == *mode => {}
                Some(Contents { bytes, stat }) => {
                    let old = base(objects)?;
                    let new = File::new(adopt_form(&old.bytes, &bytes).into_owned(), stat.mode());
                    self.modified.insert(path.clone(), (old, new));
                }
                None => drop(self.gone.insert(path.clone(), base(objects)?)),
            }
        }
        Ok(())
    }

    fn find_new(&mut self, manifest: &Manifest, copy_root: &Root, limits: &Limits) -> Result<()> {
        let mut paths = Vec::new();
        walk::walk(copy_root, &mut |_| false, &mut |entry| {
            let is_new = !entry.ignored
                && matches!(entry.kind, Kind::File(_))
                && !manifest.files.contains_key(&entry.path)
                && refuse_gits_own(&entry.path).is_ok();
            if is_new {
                paths.push(entry.path);
            }
            if paths.len() > limits.max_changed_files {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        })?;
        for path in paths {
            if let Some(file) = copy::read(copy_root, &path, limits.max_snapshot_file_bytes)? {
                let mode = file.stat.mode();
                self.come.insert(path, File::new(file.bytes, mode));
            }
        }
        Ok(())
    }

    /// Pairs what went with what came: equal bytes first, then the most alike.
    fn take_renames(&mut self) -> Vec<(RelPath, File, RelPath, File)> {
        let mut pairs: Vec<(RelPath, RelPath)> = Vec::new();
        let mut by_hash: HashMap<&Hash, Vec<&RelPath>> = HashMap::new();
        for (path, file) in self.gone.iter().filter(|(_, file)| !file.bytes.is_empty()) {
            by_hash.entry(&file.hash).or_default().push(path);
        }
        for (path, file) in &self.come {
            if let Some(from) = by_hash.get_mut(&file.hash).and_then(Vec::pop) {
                pairs.push((from.clone(), path.clone()));
            }
        }
        let mut renamed = self.take_pairs(pairs);
        let pairs = self.alike();
        renamed.extend(self.take_pairs(pairs));
        renamed
    }

    fn alike(&self) -> Vec<(RelPath, RelPath)> {
        if self.gone.len() * self.come.len() > MAX_PAIRS {
            return Vec::new();
        }
        let mut scored: Vec<_> = self
            .gone
            .iter()
            .flat_map(|gone| self.come.iter().map(move |come| (gone, come)))
            .filter_map(|((from, old), (to, new))| Some((likeness(&old.bytes, &new.bytes)?, from, to)))
            .filter(|(score, ..)| *score >= ALIKE)
            .collect();
        scored.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| (a.1, a.2).cmp(&(b.1, b.2))));
        let mut used = BTreeSet::new();
        let mut pairs = Vec::new();
        for (_, from, to) in scored {
            if !used.contains(from) && !used.contains(to) {
                used.extend([from, to]);
                pairs.push((from.clone(), to.clone()));
            }
        }
        pairs
    }

    fn take_pairs(&mut self, pairs: Vec<(RelPath, RelPath)>) -> Vec<(RelPath, File, RelPath, File)> {
        let taken = pairs.into_iter().filter_map(|(from, to)| {
            let old = self.gone.remove(&from)?;
            let new = self.come.remove(&to)?;
            let new = File::new(adopt_form(&old.bytes, &new.bytes).into_owned(), new.mode);
            Some((from, old, to, new))
        });
        taken.collect()
    }
}

/// The part of lines that two texts share, in percent; nothing when one is no text or empty.
fn likeness(a: &[u8], b: &[u8]) -> Option<usize> {
    let (a, b) = (patch::decode(a)?.content, patch::decode(b)?.content);
    let mut count: HashMap<&str, usize> = HashMap::new();
    a.lines().for_each(|line| *count.entry(line).or_default() += 1);
    let mut shared = 0;
    for line in b.lines() {
        if let Some(left) = count.get_mut(line).filter(|left| **left > 0) {
            *left -= 1;
            shared += 1;
        }
    }
    let most = a.lines().count().max(b.lines().count());
    (most > 0).then(|| shared * 100 / most)
}
