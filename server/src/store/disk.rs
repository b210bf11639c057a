//! Objects as files: `ab/cdef…` by their hash, compressed where that helps, written beside and renamed, so that a
//! reader sees all of an object or none. What a call answered is on the disk, with its directory entry.

use super::{ObjectStore, StoreError};
use async_trait::async_trait;
use bytes::Bytes;
use std::collections::HashSet;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use tidemark_shared::Hash;

/// The first byte of an object's file: how the rest is stored.
const PLAIN: u8 = 0;
const ZSTD: u8 = 1;
/// Smaller objects are not worth compressing.
const COMPRESS_FROM: usize = 256;
/// Files that are written and synced at the same time: the file system commits them together.
const WRITERS: usize = 8;

/// Objects in a directory of their own.
#[derive(Debug, Clone)]
pub struct DiskStore {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    root: PathBuf,
    /// Directories whose entries are known to be on disk.
    synced: Mutex<HashSet<PathBuf>>,
    /// Objects that a read found damaged: putting them again writes them anew.
    damaged: Mutex<HashSet<Hash>>,
    /// One batch at a time: an object that is found was put by a batch that is through.
    putting: Mutex<()>,
    temporary: AtomicU64,
}

impl DiskStore {
    /// Opens the store at `root`, making it when it is not there. One process at a time: its owner holds the data
    /// directory.
    pub fn open(root: impl Into<PathBuf>) -> Result<Self, StoreError> {
        let root = root.into();
        let writing = root.join("writing");
        make_private_dir(&root)?;
        // What an earlier process was writing when it died was never anybody's object.
        match fs::remove_dir_all(&writing) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(e.into()),
            Ok(()) | Err(_) => {}
        }
        make_private_dir(&writing)?;
        if let Some(parent) = root.parent().filter(|p| !p.as_os_str().is_empty()) {
            sync_dir(parent)?;
        }
        Ok(Self {
            inner: Arc::new(Inner {
                root,
                synced: Mutex::default(),
                damaged: Mutex::default(),
                putting: Mutex::default(),
                temporary: AtomicU64::default(),
            }),
        })
    }

    /// Runs file work off the async threads.
    async fn off_thread<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Inner) -> Result<T, StoreError> + Send + 'static,
    {
        let inner = self.inner.clone();
        tokio::task::spawn_blocking(move || work(&inner))
            .await
            .map_err(|stopped| StoreError::Io(io::Error::other(stopped)))?
    }
}

#[async_trait]
impl ObjectStore for DiskStore {
    async fn put_many(&self, many: Vec<Bytes>) -> Result<Vec<Hash>, StoreError> {
        self.off_thread(move |inner| inner.put_many(&many)).await
    }
    async fn get(&self, name: &Hash) -> Result<Bytes, StoreError> {
        let name = name.clone();
        self.off_thread(move |inner| inner.get(&name)).await
    }
    async fn has(&self, name: &Hash) -> Result<bool, StoreError> {
        let name = name.clone();
        self.off_thread(move |inner| inner.has(&name)).await
    }
    async fn delete(&self, name: &Hash) -> Result<(), StoreError> {
        let name = name.clone();
        self.off_thread(move |inner| match fs::remove_file(inner.path(&name)) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => Err(e.into()),
            Ok(()) | Err(_) => Ok(()),
        })
        .await
    }
}

impl Inner {
    fn path(&self, name: &Hash) -> PathBuf {
        let (directory, file) = name.as_str().split_at(2);
        self.root.join(directory).join(file)
    }

    fn has(&self, name: &Hash) -> Result<bool, StoreError> {
        Ok(self.path(name).try_exists()?)
    }

    fn put_many(&self, many: &[Bytes]) -> Result<Vec<Hash>, StoreError> {
        let names: Vec<Hash> = many.iter().map(|bytes| Hash::of(bytes)).collect();
        let _one_batch = self.putting.lock().unwrap_or_else(PoisonError::into_inner);
        let mut missing = Vec::new();
        let mut seen = HashSet::new();
        let mut touched = HashSet::new();
        for (name, bytes) in names.iter().zip(many) {
            if !seen.insert(name) {
                continue;
            }
            let path = self.path(name);
            let directory = path.parent().expect("an object's path has a directory").to_owned();
            if self.has(name)? && !lock(&self.damaged).contains(name) {
                // It may have been renamed by a process that was killed before it could sync.
                if !lock(&self.synced).contains(&directory) {
                    touched.insert(directory);
                }
            } else {
                if !directory.try_exists()? {
                    make_private_dir(&directory)?;
                    touched.insert(self.root.clone());
                }
                touched.insert(directory);
                missing.push((path, bytes));
            }
        }
        self.write_all(&missing)?;
        for directory in &touched {
            sync_dir(directory)?;
        }
        lock(&self.synced).extend(touched);
        let mut damaged = lock(&self.damaged);
        names.iter().for_each(|name| drop(damaged.take(name)));
        Ok(names)
    }

    fn write_all(&self, objects: &[(PathBuf, &Bytes)]) -> Result<(), StoreError> {
        let write =
            |some: &[(PathBuf, &Bytes)]| some.iter().try_for_each(|(path, bytes)| self.write(path, bytes));
        let share = objects.len().div_ceil(WRITERS);
        if share <= 1 {
            return Ok(write(objects)?);
        }
        std::thread::scope(|scope| {
            let writers: Vec<_> =
                objects.chunks(share).map(|some| scope.spawn(move || write(some))).collect();
            let written = writers
                .into_iter()
                .map(|w| w.join().unwrap_or_else(|_| Err(io::Error::other("a writer died"))));
            Ok(written.collect::<io::Result<()>>()?)
        })
    }

    fn write(&self, path: &Path, bytes: &Bytes) -> io::Result<()> {
        let number = self.temporary.fetch_add(1, Ordering::Relaxed);
        let beside = self.root.join("writing").join(number.to_string());
        let written = write_synced(&beside, bytes).and_then(|()| fs::rename(&beside, path));
        if written.is_err() {
            // The first error is the one to tell; an unwritten rest goes at the next open.
            let _gone = fs::remove_file(&beside);
        }
        written
    }

    fn get(&self, name: &Hash) -> Result<Bytes, StoreError> {
        let stored = match fs::read(self.path(name)) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => {
                return Err(StoreError::NotFound(name.to_string()));
            }
            stored => stored?,
        };
        let bytes = match stored.split_first() {
            Some((&PLAIN, _)) => Some(Bytes::from(stored).slice(1..)),
            Some((&ZSTD, packed)) => zstd::decode_all(packed).ok().map(Bytes::from),
            Some(_) | None => None,
        };
        match bytes.filter(|bytes| Hash::of(bytes) == *name) {
            Some(bytes) => Ok(bytes),
            None => {
                lock(&self.damaged).insert(name.clone());
                Err(StoreError::Damaged(name.to_string()))
            }
        }
    }
}

fn write_synced(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = File::create(path)?;
    let packed = if bytes.len() >= COMPRESS_FROM { zstd::encode_all(bytes, 1)? } else { Vec::new() };
    let (form, stored) =
        if packed.is_empty() || packed.len() >= bytes.len() { (PLAIN, bytes) } else { (ZSTD, &packed[..]) };
    file.write_all(&[form])?;
    file.write_all(stored)?;
    file.sync_data()
}

/// Puts the directory's entries on the disk. Only Unix can; elsewhere the file system is trusted with it.
fn sync_dir(path: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(path)?.sync_all() } else { Ok(()) }
}

/// Makes a directory that only its owner can look into: it holds people's sources.
fn make_private_dir(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

fn lock<T>(what: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    // Sets that only save work: a panic elsewhere leaves them whole.
    what.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn store() -> (DiskStore, tempfile::TempDir) {
        let home = tempfile::tempdir().unwrap();
        (DiskStore::open(home.path().join("objects")).unwrap(), home)
    }

    #[tokio::test]
    async fn damage_at_any_byte_is_told_and_mended_by_putting_again() {
        let (store, _home) = store();
        let bytes = Bytes::from("fn main() {}\n".repeat(40));
        let name = store.put(bytes.clone()).await.unwrap();
        let path = store.inner.path(&name);
        let whole = fs::read(&path).unwrap();
        assert!(whole.len() < bytes.len(), "it was compressed");
        for at in 0..whole.len() {
            let mut damaged = whole.clone();
            damaged[at] ^= 0x10;
            fs::write(&path, &damaged).unwrap();
            match store.get(&name).await {
                // A bit that zstd does not look at (the checksum-less frame has some) is no damage to the bytes.
                Ok(read) => assert_eq!(read, bytes, "byte {at}"),
                Err(StoreError::Damaged(n)) => assert_eq!(n, name.as_str()),
                Err(other) => panic!("byte {at}: {other}"),
            }
            fs::write(&path, &damaged[..at]).unwrap();
            assert!(matches!(store.get(&name).await, Err(StoreError::Damaged(_))), "cut at {at}");
        }
        store.put(bytes.clone()).await.unwrap();
        assert_eq!(store.get(&name).await.unwrap(), bytes);
    }

    #[tokio::test]
    async fn half_written_objects_are_gone_at_the_next_open() {
        let (store, home) = store();
        let left = store.inner.root.join("writing/7");
        fs::write(&left, b"half").unwrap();
        DiskStore::open(home.path().join("objects")).unwrap();
        assert!(!left.exists());
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn a_full_disk_is_told_as_full() {
        let (store, _home) = store();
        // The kernel's own full device, as the place where the next object is written.
        let name = store.inner.root.join("writing/0");
        std::os::unix::fs::symlink("/dev/full", name).unwrap();
        assert!(matches!(store.put(Bytes::from_static(b"more")).await, Err(StoreError::Full)));
        assert!(!store.has(&Hash::of(b"more")).await.unwrap());
        store.put(Bytes::from_static(b"more")).await.unwrap();
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn nobody_else_can_look_into_the_store() {
        use std::os::unix::fs::PermissionsExt;
        let (store, _home) = store();
        store.put(Bytes::from_static(b"secret source")).await.unwrap();
        let mode = fs::metadata(&store.inner.root).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
    }
}
