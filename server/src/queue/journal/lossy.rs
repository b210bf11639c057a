//! A disk whose plug can be pulled: what was not synced is kept, torn or forgotten, as luck has it. It can also be full,
//! or fail, or lie about syncing. Its files are real ones, so that everything else reads them as usual.

use super::{Files, LogFile, RealFiles};
use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};

#[derive(Clone, Default)]
pub(in crate::queue) struct Lossy {
    disk: Arc<Mutex<Disk>>,
}

#[derive(Default)]
struct Disk {
    files: BTreeMap<PathBuf, Held>,
    /// Removed, but the directory does not say so on the disk yet.
    removed: BTreeMap<PathBuf, Vec<u8>>,
    /// Operations until everything fails.
    left: Option<u64>,
    space: Option<u64>,
    lies: bool,
}

/// A file that was written: what is on the disk for sure, and what may be.
struct Held {
    entry_synced: bool,
    synced: Vec<u8>,
    unsynced: Vec<Write>,
}

enum Write {
    Bytes(u64, Vec<u8>),
    Length(u64),
}

impl Lossy {
    /// From now on syncing does nothing, and says it did.
    pub(in crate::queue) fn lie(&self) {
        self.disk().lies = true;
    }
    /// After this many more operations everything fails.
    pub(in crate::queue) fn die_after(&self, operations: u64) {
        self.disk().left = Some(operations);
    }
    /// Leaves this many bytes to write.
    pub(in crate::queue) fn leave_space(&self, bytes: Option<u64>) {
        self.disk().space = bytes;
    }

    /// Pulls the plug: each unsynced change is there, there in part, or not.
    pub(in crate::queue) fn power_cut(&self, luck: &mut fastrand::Rng) {
        let mut disk = self.disk();
        for (path, held) in std::mem::take(&mut disk.files) {
            if !path.exists() {
                continue;
            }
            if !held.entry_synced && luck.bool() {
                fs::remove_file(&path).unwrap();
                continue;
            }
            let mut content = held.synced;
            for write in held.unsynced {
                match write {
                    Write::Bytes(at, bytes) => {
                        let kept = [0, luck.usize(0..=bytes.len()), bytes.len()][luck.usize(0..3)];
                        let at = usize::try_from(at).unwrap();
                        content.resize(content.len().max(at + kept), 0);
                        content[at..at + kept].copy_from_slice(&bytes[..kept]);
                    }
                    Write::Length(length) if luck.bool() => {
                        content.resize(usize::try_from(length).unwrap(), 0)
                    }
                    Write::Length(_) => {}
                }
            }
            fs::write(&path, content).unwrap();
        }
        for (path, content) in std::mem::take(&mut disk.removed) {
            if luck.bool() {
                fs::write(path, content).unwrap();
            }
        }
        disk.left = None;
    }

    fn disk(&self) -> MutexGuard<'_, Disk> {
        self.disk.lock().unwrap()
    }
    fn step(&self) -> io::Result<MutexGuard<'_, Disk>> {
        let mut disk = self.disk();
        match &mut disk.left {
            Some(0) => return Err(io::Error::other("the disk is gone")),
            Some(left) => *left -= 1,
            None => {}
        }
        Ok(disk)
    }
    fn hold(&self, path: &Path, entry_synced: bool) -> Box<dyn LogFile> {
        let synced = fs::read(path).unwrap();
        self.disk().files.insert(path.to_owned(), Held { entry_synced, synced, unsynced: vec![] });
        Box::new(LossyFile { real: RealFiles.open(path).unwrap(), path: path.to_owned(), on: self.clone() })
    }
}

impl Files for Lossy {
    fn create(&self, path: &Path) -> io::Result<Box<dyn LogFile>> {
        drop(self.step()?);
        RealFiles.create(path)?;
        Ok(self.hold(path, false))
    }
    fn open(&self, path: &Path) -> io::Result<Box<dyn LogFile>> {
        drop(self.step()?);
        Ok(self.hold(path, true))
    }
    fn remove(&self, path: &Path) -> io::Result<()> {
        let mut disk = self.step()?;
        disk.removed.insert(path.to_owned(), fs::read(path)?);
        RealFiles.remove(path)
    }
    fn sync_dir(&self, path: &Path) -> io::Result<()> {
        let mut disk = self.step()?;
        if !disk.lies {
            let here = |file: &PathBuf| file.parent() == Some(path);
            disk.removed.retain(|file, _| !here(file));
            disk.files
                .iter_mut()
                .filter(|(file, _)| here(file))
                .for_each(|(_, held)| held.entry_synced = true);
        }
        Ok(())
    }
    fn free(&self, _path: &Path) -> io::Result<u64> {
        Ok(self.disk().space.unwrap_or(u64::MAX))
    }
}

struct LossyFile {
    real: Box<dyn LogFile>,
    path: PathBuf,
    on: Lossy,
}

impl LossyFile {
    fn note(&self, disk: &mut Disk, write: Write) {
        if let Some(held) = disk.files.get_mut(&self.path) {
            held.unsynced.push(write);
        }
    }
}

impl LogFile for LossyFile {
    fn write_at(&mut self, at: u64, bytes: &[u8]) -> io::Result<()> {
        let mut disk = self.on.step()?;
        // A full disk takes what fits, and then says so.
        let fits = disk.space.map_or(bytes.len(), |space| bytes.len().min(usize::try_from(space).unwrap()));
        disk.space = disk.space.map(|space| space - fits as u64);
        self.note(&mut disk, Write::Bytes(at, bytes[..fits].to_vec()));
        self.real.write_at(at, &bytes[..fits])?;
        if fits < bytes.len() { Err(io::ErrorKind::StorageFull.into()) } else { Ok(()) }
    }
    fn reserve(&mut self, _length: u64) -> io::Result<()> {
        // As on a file system that can't: a full disk is met while writing.
        self.on.step().map(drop)
    }
    fn sync(&mut self) -> io::Result<()> {
        let mut disk = self.on.step()?;
        if !disk.lies
            && let Some(held) = disk.files.get_mut(&self.path)
        {
            held.synced = fs::read(&self.path)?;
            held.unsynced.clear();
        }
        Ok(())
    }
    fn cut(&mut self, length: u64) -> io::Result<()> {
        let mut disk = self.on.step()?;
        self.note(&mut disk, Write::Length(length));
        self.real.cut(length)
    }
}
