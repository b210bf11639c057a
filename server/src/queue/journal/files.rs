//! What the journal asks of the file system. The tests have a second one, which forgets what was not synced and fails
//! on demand: no test can pull the plug of a real disk.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::Path;

pub(in crate::queue) trait Files: Send {
    /// Makes a new file; there is none of that name.
    fn create(&self, path: &Path) -> io::Result<Box<dyn LogFile>>;
    fn open(&self, path: &Path) -> io::Result<Box<dyn LogFile>>;
    fn remove(&self, path: &Path) -> io::Result<()>;
    /// Puts the directory's entries on the disk.
    fn sync_dir(&self, path: &Path) -> io::Result<()>;
    /// Bytes that may still be written on the disk of `path`.
    fn free(&self, path: &Path) -> io::Result<u64>;
}

pub(in crate::queue) trait LogFile: Send {
    fn write_at(&mut self, at: u64, bytes: &[u8]) -> io::Result<()>;
    /// Makes the file at least this long, with zeros, and its space taken: later writes there can't fill the disk.
    fn reserve(&mut self, length: u64) -> io::Result<()>;
    /// Returns when everything written is on the disk: `fdatasync`.
    fn sync(&mut self) -> io::Result<()>;
    fn cut(&mut self, length: u64) -> io::Result<()>;
}

/// The file system of this machine.
pub(in crate::queue) struct RealFiles;

impl Files for RealFiles {
    fn create(&self, path: &Path) -> io::Result<Box<dyn LogFile>> {
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        Ok(Box::new(options.open(path)?))
    }
    fn open(&self, path: &Path) -> io::Result<Box<dyn LogFile>> {
        Ok(Box::new(OpenOptions::new().write(true).open(path)?))
    }
    fn remove(&self, path: &Path) -> io::Result<()> {
        fs::remove_file(path)
    }
    fn sync_dir(&self, path: &Path) -> io::Result<()> {
        if cfg!(unix) { File::open(path)?.sync_all() } else { Ok(()) }
    }
    #[cfg(unix)]
    fn free(&self, path: &Path) -> io::Result<u64> {
        let disk = rustix::fs::statvfs(path)?;
        Ok(disk.f_bavail.saturating_mul(disk.f_frsize))
    }
    #[cfg(not(unix))]
    fn free(&self, _path: &Path) -> io::Result<u64> {
        Ok(u64::MAX)
    }
}

impl LogFile for File {
    #[cfg(unix)]
    fn write_at(&mut self, at: u64, bytes: &[u8]) -> io::Result<()> {
        std::os::unix::fs::FileExt::write_all_at(self, bytes, at)
    }
    #[cfg(not(unix))]
    fn write_at(&mut self, at: u64, bytes: &[u8]) -> io::Result<()> {
        use std::io::{Seek, Write};
        self.seek(io::SeekFrom::Start(at))?;
        self.write_all(bytes)
    }
    #[cfg(target_os = "linux")]
    fn reserve(&mut self, length: u64) -> io::Result<()> {
        let now = self.metadata()?.len();
        if length <= now {
            return Ok(());
        }
        match rustix::fs::fallocate(&*self, rustix::fs::FallocateFlags::empty(), now, length - now) {
            // Some file systems can't; then a write itself will tell that the disk is full.
            Err(rustix::io::Errno::OPNOTSUPP) => Ok(()),
            done => Ok(done?),
        }
    }
    #[cfg(not(target_os = "linux"))]
    fn reserve(&mut self, _length: u64) -> io::Result<()> {
        Ok(())
    }
    fn sync(&mut self) -> io::Result<()> {
        self.sync_data()
    }
    fn cut(&mut self, length: u64) -> io::Result<()> {
        self.set_len(length)
    }
}
