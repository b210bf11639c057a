//! The record: an append-only journal of commits, each on the disk before it is acknowledged.
//!
//! Segments `00000001.log`, `00000002.log` … hold [`frame`]s. A torn tail was never acknowledged and is cut; damage
//! elsewhere is reported, and every whole frame around it is kept. When the journal has grown to twice of what lives,
//! its owner writes every live task anew ([`Record::Whole`]) and drops the older segments.
//!
//! The crate `wal-db` was weighed: it syncs as it should, but at a damaged record it cuts everything after, or refuses
//! to open. Here one bad sector may cost one commit, not the rest.

mod files;
mod frame;
#[cfg(test)]
pub(super) mod lossy;
#[cfg(test)]
mod tests;

use super::record::Record;
pub(super) use files::{Files, LogFile, RealFiles};
use frame::{Found, HEADER, Header};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// A journal of fewer segments' worth than this is never cleaned.
const CLEAN_FROM: u64 = 4;
/// Space is taken in steps of this many bytes, so that most commits change no file size.
const RESERVE: u64 = 1 << 20;

/// Why a commit is not on the disk.
#[derive(Debug, thiserror::Error)]
pub(super) enum JournalError {
    /// Nothing of the commit is kept; more space helps.
    #[error("the disk is full")]
    Full,
    #[error("{0} was written by a newer version of Tidemark (format {1}); this one reads up to format {ours}", ours = frame::VERSION)]
    Newer(PathBuf, u32),
    /// Whether the commit is kept is not known: only opening again tells.
    #[error("the journal could not be written: {0}")]
    Broken(#[source] io::Error),
}

/// Bytes of the journal that can't be read; none when a commit is missing between two whole ones.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Damage {
    pub file: PathBuf,
    pub at: u64,
    pub bytes: u64,
}

/// What opening found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Scanned {
    pub(super) damage: Vec<Damage>,
    /// Bytes of a commit that was never acknowledged, now gone.
    pub(super) cut: u64,
    /// The number of the last commit that was read, or that the segments' headers speak of; 0 when there is none.
    pub(super) last: u64,
}

/// In bytes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// How large a segment may grow before the next one begins.
    pub(super) segment: u64,
    /// What has to stay free on the disk.
    pub(super) min_free: u64,
}

impl Limits {
    fn clean_from(self) -> u64 {
        self.segment.saturating_mul(CLEAN_FROM)
    }
}

/// Open for writing. One owner, one thread.
pub(super) struct Journal {
    directory: PathBuf,
    files: Box<dyn Files>,
    /// Every segment with its size, the oldest first; the last is being written.
    segments: Vec<Segment>,
    current: Box<dyn LogFile>,
    /// The end of the last commit in the current segment, and of the space taken for it.
    end: u64,
    reserved: u64,
    last: u64,
    clean_at: u64,
    limits: Limits,
    broken: bool,
}

#[derive(Debug, Clone, Copy)]
struct Segment {
    number: u32,
    bytes: u64,
}

/// Segments on the disk, looked at but not yet read.
pub(super) struct Closed {
    directory: PathBuf,
    segments: Vec<(u32, Option<Header>)>,
}

impl Closed {
    /// Finds the segments in `directory`, which is made when it is not there.
    pub(super) fn find(directory: &Path) -> Result<Self, JournalError> {
        fs::create_dir_all(directory)?;
        let mut segments = Vec::new();
        for entry in fs::read_dir(directory)? {
            let path = entry?.path();
            if let Some(number) = number_of(&path) {
                let header = read_header(&path)?;
                if let Some(Header { version, .. }) = header
                    && version > frame::VERSION
                {
                    return Err(JournalError::Newer(path, version));
                }
                segments.push((number, header));
            }
        }
        segments.sort_by_key(|(number, _)| *number);
        Ok(Self { directory: directory.to_owned(), segments })
    }

    /// The first commit that is still there, as far as the headers tell.
    pub(super) fn first(&self) -> Option<u64> {
        self.segments.first().and_then(|(_, header)| *header).map(|header| header.first)
    }

    /// Reads every commit after `after` in order, cuts a torn tail, and opens the journal for writing.
    pub(super) fn open(
        self,
        files: Box<dyn Files>,
        limits: Limits,
        after: u64,
        mut each: impl FnMut(u64, Vec<Record>),
    ) -> Result<(Journal, Scanned), JournalError> {
        let Self { directory, segments } = self;
        let mut scanned = Scanned::default();
        let mut sizes = Vec::new();
        let mut end = 0;
        // Only a journal that begins later than its first commit may begin with a jump: its older segments were dropped.
        let mut told = false;
        let mut expected = (after > 0).then_some(after + 1);
        for (index, (number, header)) in segments.iter().enumerate() {
            let path = path_of(&directory, *number);
            let next = segments.get(index + 1);
            let next_first = next.and_then(|(_, header)| *header).map(|header| header.first);
            if next_first.is_some_and(|first| first <= after.saturating_add(1)) {
                sizes.push(Segment { number: *number, bytes: fs::metadata(&path)?.len() });
                continue;
            }
            if let Some(header) = header {
                scanned.last = scanned.last.max(header.first.saturating_sub(1));
            }
            let bytes = fs::read(&path)?;
            let damage =
                |at: usize, bytes: usize| Damage { file: path.clone(), at: at as u64, bytes: bytes as u64 };
            // A segment that was being made when the power went has no commits, so nothing is lost with its header.
            if header.is_none() && (next.is_some() || bytes.len() > HEADER) {
                scanned.damage.push(damage(0, bytes.len().min(HEADER)));
            }
            let stop = frame::scan(&bytes, |found| match found {
                Found::Commit { number, records, at } => {
                    scanned.last = scanned.last.max(number);
                    if expected.is_some_and(|expected| number < expected) {
                        return;
                    }
                    if expected.is_some_and(|expected| number > expected) && !told {
                        scanned.damage.push(damage(at, 0));
                    }
                    (expected, told) = (Some(number + 1), false);
                    each(number, records);
                }
                Found::Damage(range) => {
                    scanned.damage.push(damage(range.start, range.len()));
                    told = true;
                }
                Found::Tail(range) if next.is_none() => scanned.cut = range.len() as u64,
                Found::Tail(range) => {
                    scanned.damage.push(damage(range.start, range.len()));
                    told = true;
                }
            });
            end = stop as u64;
            sizes.push(Segment {
                number: *number,
                bytes: if next.is_none() { end } else { bytes.len() as u64 },
            });
        }
        let clean_at = segments
            .last()
            .and_then(|(_, header)| *header)
            .map_or(limits.clean_from(), |header| header.clean_at);
        let journal = match (sizes.last().copied(), segments.last()) {
            (Some(segment), Some((_, Some(_)))) => {
                let mut current = files.open(&path_of(&directory, segment.number))?;
                current.cut(end)?;
                current.sync()?;
                let (last, reserved) = (scanned.last, end);
                Journal {
                    directory,
                    files,
                    segments: sizes,
                    current,
                    end,
                    reserved,
                    last,
                    clean_at,
                    limits,
                    broken: false,
                }
            }
            (newest, _) => {
                // A segment without a header can't be gone on with; what it had was read above.
                let number = newest.map_or(1, |segment| segment.number + 1);
                let current = begin(
                    &*files,
                    &directory,
                    number,
                    Header { version: frame::VERSION, first: scanned.last + 1, clean_at },
                )?;
                sizes.push(Segment { number, bytes: HEADER as u64 });
                let (end, reserved, last) = (HEADER as u64, HEADER as u64, scanned.last);
                Journal {
                    directory,
                    files,
                    segments: sizes,
                    current,
                    end,
                    reserved,
                    last,
                    clean_at,
                    limits,
                    broken: false,
                }
            }
        };
        Ok((journal, scanned))
    }
}

impl Journal {
    /// Puts `records` on the disk as one commit, whole or not at all, and answers with its number. When it returns they
    /// outlive any crash and power cut.
    pub(super) fn commit(&mut self, records: &[&Record]) -> Result<u64, JournalError> {
        if self.broken {
            return Err(JournalError::Broken(io::Error::other(
                "an earlier write failed; restart to read what is kept",
            )));
        }
        if self.files.free(&self.directory)? < self.limits.min_free {
            return Err(JournalError::Full);
        }
        if self.end >= self.limits.segment {
            self.rotate()?;
        }
        let number = self.last + 1;
        let frame = frame::encode(number, records)?;
        let end = self.end + frame.len() as u64;
        if let Err(e) = self.write(&frame, end) {
            // Nobody was told of it: what was written of it goes.
            if self.current.cut(self.end).is_err() {
                self.broken = true;
            }
            self.reserved = self.end;
            return Err(e.into());
        }
        if let Err(e) = self.current.sync() {
            // After a failed sync nobody knows what is on the disk, and a second sync would not tell.
            self.broken = true;
            return Err(JournalError::Broken(e));
        }
        self.end = end;
        self.last = number;
        self.segments.last_mut().expect("there is a current segment").bytes = end;
        Ok(number)
    }

    fn write(&mut self, frame: &[u8], end: u64) -> io::Result<()> {
        if end > self.reserved {
            // Little space left is still space: then exactly this frame is asked for.
            let generous = end.next_multiple_of(RESERVE);
            self.reserved = match self.current.reserve(generous) {
                Ok(()) => generous,
                Err(_) => {
                    self.current.reserve(end)?;
                    end
                }
            };
        }
        self.current.write_at(self.end, frame)
    }

    /// Begins the next segment.
    fn rotate(&mut self) -> Result<(), JournalError> {
        let number = self.segments.last().map_or(1, |segment| segment.number + 1);
        let header = Header { version: frame::VERSION, first: self.last + 1, clean_at: self.clean_at };
        let next = begin(&*self.files, &self.directory, number, header)?;
        // The space taken beyond the last commit is given back; failing to is only a waste.
        let _wasted = self.current.cut(self.end);
        self.current = next;
        self.segments.push(Segment { number, bytes: HEADER as u64 });
        self.end = HEADER as u64;
        self.reserved = self.end;
        Ok(())
    }

    /// The number of the last commit.
    pub(super) fn last(&self) -> u64 {
        self.last
    }
    pub(super) fn bytes(&self) -> u64 {
        self.segments.iter().map(|segment| segment.bytes).sum()
    }
    pub(super) fn wants_cleaning(&self) -> bool {
        self.bytes() >= self.clean_at && !self.broken
    }

    pub(super) fn clean_soon(&mut self) {
        self.clean_at = 0;
    }
    pub(super) fn clean_later(&mut self) {
        self.clean_at = self.bytes().saturating_add(self.limits.clean_from());
    }

    /// Begins to clean: a new segment, and the number of those before it, which [`Self::drop_before`] takes when every
    /// live task was written anew.
    pub(super) fn begin_cleaning(&mut self) -> Result<u32, JournalError> {
        // A crash in the middle must neither clean at every start nor never again.
        self.clean_later();
        self.rotate()?;
        Ok(self.segments.last().map_or(0, |segment| segment.number))
    }

    /// Drops every segment before `number`, the oldest first, so that no task comes back without its end.
    pub(super) fn drop_before(&mut self, number: u32) -> Result<(), JournalError> {
        while let Some(segment) = self.segments.first().filter(|segment| segment.number < number) {
            self.files.remove(&path_of(&self.directory, segment.number))?;
            self.files.sync_dir(&self.directory)?;
            self.segments.remove(0);
        }
        self.clean_at = self.limits.clean_from().max(self.bytes().saturating_mul(2));
        Ok(())
    }

    /// Commits may follow after `last`, which the queryable state already has.
    pub(super) fn skip_to(&mut self, last: u64) {
        self.last = self.last.max(last);
    }
}

fn begin(
    files: &dyn Files,
    directory: &Path,
    number: u32,
    header: Header,
) -> Result<Box<dyn LogFile>, JournalError> {
    let path = path_of(directory, number);
    let mut file = files.create(&path)?;
    let written = file
        .write_at(0, &header.to_bytes())
        .and_then(|()| file.sync())
        .and_then(|()| files.sync_dir(directory));
    if let Err(e) = written {
        // The next attempt makes it anew; an empty file left behind would be in its way.
        let _gone = files.remove(&path);
        return Err(e.into());
    }
    Ok(file)
}

fn path_of(directory: &Path, number: u32) -> PathBuf {
    directory.join(format!("{number:08}.log"))
}

fn number_of(path: &Path) -> Option<u32> {
    path.file_name()?.to_str()?.strip_suffix(".log")?.parse().ok()
}

fn read_header(path: &Path) -> io::Result<Option<Header>> {
    use std::io::Read;
    let mut bytes = Vec::with_capacity(HEADER);
    fs::File::open(path)?.take(HEADER as u64).read_to_end(&mut bytes)?;
    Ok(Header::read(&bytes))
}

impl From<io::Error> for JournalError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::Full,
            _ => Self::Broken(error),
        }
    }
}
