//! The backend of one machine: the journal is the record, sled holds what can be asked of it.
//!
//! sled's own `flush` does not reach the disk, so nothing rests on it. It is rebuilt from the journal when it is missing,
//! behind, incomplete or will not open, and it is only ever called off the async threads.

#[cfg(test)]
mod tests;

use super::body::Body;
use super::decide::Bodies;
use super::journal::{self, Closed, Damage, Files, JournalError, RealFiles};
use super::ledger::{Kept, Ledger};
use super::record::{Head, Record};
use super::state::State;
use super::steady::Steady;
use super::wakes::Wakes;
use super::writer::{Journalled, Writer};
use super::{QueueError, QueueLimits};
use crate::clock::Clock;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fs::{self, File};
use std::io;
use std::panic::AssertUnwindSafe;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tidemark_shared::{EventKind, Mode, Seq, TaskEvent, TaskId};

/// sled's cache, in bytes: bodies and events are read rarely and once.
const CACHE: u64 = 8 << 20;
/// Records that are replayed into sled at a time.
const REPLAY: usize = 512;

/// The ledger on this machine's disk.
pub type SledQueue = Ledger<Journalled>;

/// Why the ledger can't be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("{} is in use by another Tidemark{}; close that one first, or name another data directory", .0.display(), .1)]
    InUse(PathBuf, String),
    #[error("{0}")]
    Newer(String),
    #[error("the disk of {} is full", .0.display())]
    Full(PathBuf),
    #[error("cannot open the ledger in {}: {}", .0.display(), .1)]
    Storage(PathBuf, String),
}

/// What opening had to do beside reading.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Recovery {
    /// Why sled was rebuilt from the journal.
    pub rebuilt: Option<&'static str>,
    /// Bytes of a commit that was cut short by a crash and never acknowledged.
    pub cut: u64,
    /// What the disk lost. Everything readable was kept.
    pub damage: Vec<Damage>,
    /// Tasks that the damage took.
    pub lost_tasks: Vec<TaskId>,
}

impl Recovery {
    pub(super) fn in_words(&self) -> Vec<String> {
        let damage = self.damage.iter().map(|damage| match damage.bytes {
            0 => format!("{} misses a commit before byte {}", damage.file.display(), damage.at),
            bytes => {
                format!("{} can't be read at byte {} for {bytes} bytes", damage.file.display(), damage.at)
            }
        });
        damage.chain(self.lost_tasks.iter().map(|task| format!("task {task} is lost"))).collect()
    }
}

impl SledQueue {
    /// Opens the ledger of the data directory `data`, making it when it is not there. Tasks that were being worked on
    /// when the last process ended go back to the line.
    pub async fn open(data: &Path, clock: Arc<dyn Clock>, limits: QueueLimits) -> Result<Self, OpenError> {
        let (data, at) = (data.to_owned(), data.to_owned());
        let open = move || Self::open_on(&data, Box::new(RealFiles), clock, limits);
        match tokio::task::spawn_blocking(open).await {
            Ok(opened) => opened,
            Err(stopped) => Err(OpenError::Storage(at, stopped.to_string())),
        }
    }

    pub(super) fn open_on(
        data: &Path,
        files: Box<dyn Files>,
        clock: Arc<dyn Clock>,
        limits: QueueLimits,
    ) -> Result<Self, OpenError> {
        let storage = |e: &dyn std::fmt::Display| OpenError::Storage(data.to_owned(), e.to_string());
        let ledger = data.join("ledger");
        fs::create_dir_all(&ledger).map_err(|e| storage(&e))?;
        let lock = lock(data)?;
        let unopened = |e: JournalError| match e {
            JournalError::Full => OpenError::Full(data.to_owned()),
            JournalError::Newer(..) => OpenError::Newer(e.to_string()),
            JournalError::Broken(_) => storage(&e),
        };
        let closed = Closed::find(&ledger.join("journal")).map_err(unopened)?;
        let mut recovery = Recovery::default();
        let (mut shelf, unusable) = Shelf::open_or_replace(&ledger, &closed).map_err(|e| storage(&e))?;
        recovery.rebuilt = unusable;
        let mut state = State::new(&limits);
        for lane in shelf.paused_lanes().map_err(|e| storage(&e))? {
            state.apply(&Record::Lane { lane, is_paused: true });
        }
        for head in shelf.heads().map_err(|e| storage(&e))? {
            state.apply(&Record::Put { head: Box::new(head), body: None, events: vec![] });
        }
        let applied = shelf.applied().map_err(|e| storage(&e))?;
        let bounds = journal::Limits { segment: limits.segment_bytes, min_free: limits.min_free_bytes };
        let mut replay =
            Replay { shelf: &mut shelf, state: &mut state, records: vec![], last: applied, failed: None };
        let (mut journal, scanned) = closed
            .open(files, bounds, applied, |number, records| replay.add(number, records))
            .map_err(unopened)?;
        replay.flush();
        if let Some(e) = replay.failed {
            return Err(storage(&e));
        }
        recovery.cut = scanned.cut;
        recovery.damage = scanned.damage;
        if scanned.last < applied {
            // sled only ever has what the journal had: the end of the journal was lost, and sled still knows it.
            recovery.damage.push(Damage { file: ledger.join("journal"), at: 0, bytes: 0 });
            journal.skip_to(applied);
        }
        let mends = if recovery.damage.is_empty() { vec![] } else { shelf.mends(&state, &mut recovery)? };
        for damage in &recovery.damage {
            tracing::error!(file = %damage.file.display(), at = damage.at, bytes = damage.bytes, "the journal is damaged");
        }
        if recovery.cut > 0 {
            tracing::warn!(bytes = recovery.cut, "cut the end of the journal: it was never acknowledged");
        }
        if let Some(why) = recovery.rebuilt {
            tracing::warn!(why, "rebuilt the queryable state from the journal");
        }
        if !recovery.damage.is_empty() {
            journal.clean_soon();
        }
        let time = Arc::new(Steady::new(clock));
        state.shorten_pauses(time.now());
        let wakes = Arc::new(Wakes::new(&limits));
        let writer = Writer::new(journal, shelf, state, wakes.clone(), time.clone(), limits, lock);
        let keep = Journalled::start(writer, mends, recovery);
        Ok(Self { keep, wakes, time })
    }

    /// What opening had to do.
    pub fn recovery(&self) -> &Recovery {
        self.keep.recovery()
    }
}

/// Takes the data directory for this process, for as long as the file is open.
pub fn lock(data: &Path) -> Result<File, OpenError> {
    let path = data.join("lock");
    let storage = |e: io::Error| OpenError::Storage(data.to_owned(), e.to_string());
    let file =
        File::options().create(true).read(true).write(true).truncate(false).open(&path).map_err(storage)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(fs::TryLockError::WouldBlock) => {
            let holder = fs::read_to_string(&path).unwrap_or_default();
            let who = holder.trim().parse::<u32>().map(|pid| format!(" (process {pid})")).unwrap_or_default();
            return Err(OpenError::InUse(data.to_owned(), who));
        }
        Err(fs::TryLockError::Error(e)) => return Err(storage(e)),
    }
    // Only a help for whoever is refused.
    let _noted = fs::write(&path, std::process::id().to_string());
    Ok(file)
}

/// Brings what the journal has and sled has not yet.
struct Replay<'a> {
    shelf: &'a mut Shelf,
    state: &'a mut State,
    records: Vec<Record>,
    last: u64,
    failed: Option<QueueError>,
}

impl Replay<'_> {
    fn add(&mut self, number: u64, records: Vec<Record>) {
        records.iter().for_each(|record| self.state.apply(record));
        self.records.extend(records);
        self.last = number;
        if self.records.len() >= REPLAY {
            self.flush();
        }
    }
    fn flush(&mut self) {
        if let Err(e) = self.shelf.apply(self.last, &self.records) {
            self.failed.get_or_insert(e);
        }
        self.records.clear();
    }
}

/// The queryable state: bodies, heads and events in one sled tree, with the number of the last commit in it.
#[derive(Debug)]
pub(super) struct Shelf {
    db: ::sled::Db,
}

const APPLIED: &[u8] = b"m/applied";
const CLOSED: &[u8] = b"m/closed";

fn lane_key(lane: Mode) -> Vec<u8> {
    [b"m/paused/", lane.as_str().as_bytes()].concat()
}

impl Shelf {
    /// Opens sled, or a new one when it is missing or not to be trusted; then the answer says why. A damaged one is moved
    /// aside, for whoever wants to know.
    fn open_or_replace(ledger: &Path, journal: &Closed) -> Result<(Self, Option<&'static str>), QueueError> {
        let path = ledger.join("sled");
        let is_new = !path.exists();
        let why = match Self::open(&path) {
            Ok(shelf) if is_new => return Ok((shelf, journal.first().map(|_| "it was missing"))),
            Ok(shelf) => match shelf.trouble(journal) {
                Ok(None) => return Ok((shelf, None)),
                Ok(Some(why)) => why,
                Err(_) => "it could not be read",
            },
            Err(_) => "it would not open",
        };
        let aside = ledger.join("sled.damaged");
        if aside.exists() {
            fs::remove_dir_all(&aside)?;
        }
        fs::rename(&path, &aside)?;
        Ok((Self::open(&path)?, Some(why)))
    }

    fn open(path: &Path) -> Result<Self, QueueError> {
        let config = ::sled::Config::new()
            .path(path)
            .mode(::sled::Mode::LowSpace)
            .cache_capacity(CACHE)
            // Its own flusher would wake an idle process, for nothing: the journal is the record.
            .flush_every_ms(None);
        // sled panics on some damage. Nothing of ours is half done inside the call.
        match std::panic::catch_unwind(AssertUnwindSafe(|| config.open())) {
            Ok(db) => Ok(Self { db: db? }),
            Err(_) => Err(QueueError::Storage("sled gave up on its files".into())),
        }
    }

    /// Why this state can't be gone on with.
    fn trouble(&self, journal: &Closed) -> Result<Option<&'static str>, QueueError> {
        let applied = self.applied()?;
        if journal.first().is_some_and(|first| first > applied + 1) {
            return Ok(Some("it was behind"));
        }
        let was_closed = self.db.remove(CLOSED)?.is_some();
        Ok((!was_closed && !self.is_whole()?).then_some("it was incomplete"))
    }

    /// Whether every task has its body and all its events.
    fn is_whole(&self) -> Result<bool, QueueError> {
        let mut bodies = self.db.scan_prefix(b"b").keys();
        let mut events = self.db.scan_prefix(b"e").keys();
        for entry in self.db.scan_prefix(b"h") {
            let (key, head) = entry?;
            let Ok(head) = serde_json::from_slice::<Head>(&head) else { return Ok(false) };
            if bodies.next().transpose()?.is_none_or(|body| body[1..] != key[1..]) {
                return Ok(false);
            }
            for seq in 1..=head.seq {
                if events.next().transpose()?.is_none_or(|event| event[..] != event_key(head.id, seq)) {
                    return Ok(false);
                }
            }
        }
        Ok(bodies.next().is_none() && events.next().is_none())
    }

    fn heads(&self) -> Result<Vec<Head>, QueueError> {
        let heads = self.db.scan_prefix(b"h").values();
        heads.map(|head| decode(&head?)).collect()
    }

    fn paused_lanes(&self) -> Result<Vec<Mode>, QueueError> {
        let mut paused = Vec::new();
        for lane in Mode::ALL {
            if self.db.contains_key(lane_key(lane))? {
                paused.push(lane);
            }
        }
        Ok(paused)
    }

    /// The last commit that is in here.
    fn applied(&self) -> Result<u64, QueueError> {
        let number = self.db.get(APPLIED)?;
        Ok(number.and_then(|n| Some(u64::from_be_bytes(n.as_ref().try_into().ok()?))).unwrap_or(0))
    }

    /// Brings the records of the commits up to `number`, all or none. Nothing in them is new to whoever has them already.
    pub(super) fn apply(&self, number: u64, records: &[Record]) -> Result<(), QueueError> {
        let mut batch = ::sled::Batch::default();
        // Each task's head after this batch; none when it is forgotten.
        let mut heads: BTreeMap<TaskId, Option<Head>> = BTreeMap::new();
        for record in records {
            match record {
                Record::Put { head, .. } | Record::Whole { head, .. } => {
                    if let Some(body) = record.body() {
                        batch.insert(&key(b'b', head.id), body.bytes());
                    }
                    heads.insert(head.id, Some((**head).clone()));
                }
                Record::Events { task, events } => {
                    let head = match heads.entry(*task) {
                        Entry::Occupied(head) => head.into_mut(),
                        Entry::Vacant(head) => head.insert(self.head(*task)?),
                    };
                    if let Some(head) = head {
                        head.saw(events);
                    }
                }
                Record::Forget { task } => {
                    batch.remove(&key(b'b', *task));
                    let in_batch = heads.get(task).and_then(Option::as_ref).map_or(0, |head| head.seq);
                    for seq in 1..=in_batch.max(self.last_event(*task)?) {
                        batch.remove(&event_key(*task, seq));
                    }
                    heads.insert(*task, None);
                }
                Record::Lane { lane, is_paused: true } => batch.insert(lane_key(*lane), &[]),
                Record::Lane { lane, is_paused: false } => batch.remove(lane_key(*lane)),
                Record::Renew { .. } => continue,
            }
            if let Some(id) = record.task() {
                add_events(&mut batch, id, record.events())?;
            }
        }
        for (id, head) in heads {
            match head {
                Some(head) => {
                    batch.insert(&key(b'h', id), serde_json::to_vec(&head).map_err(io::Error::from)?)
                }
                None => batch.remove(&key(b'h', id)),
            }
        }
        batch.insert(APPLIED, &number.to_be_bytes());
        Ok(self.db.apply_batch(batch)?)
    }

    fn head(&self, id: TaskId) -> Result<Option<Head>, QueueError> {
        self.db.get(key(b'h', id))?.map(|head| decode(&head)).transpose()
    }

    /// Writes to sled's files what is only in its memory, so that less is replayed after a crash.
    pub(super) fn flush(&self) -> Result<(), QueueError> {
        self.db.flush()?;
        Ok(())
    }

    /// Notes that it was closed in order, so that the next open need not look at everything.
    pub(super) fn close(&self) -> Result<(), QueueError> {
        self.db.insert(CLOSED, &[1])?;
        self.flush()
    }

    fn last_event(&self, id: TaskId) -> Result<Seq, QueueError> {
        let Some(last) = self.db.scan_prefix(key(b'e', id)).keys().next_back().transpose()? else {
            return Ok(0);
        };
        Ok(last.last_chunk().map_or(0, |seq| Seq::from_be_bytes(*seq)))
    }

    /// What it takes to make whole what damage left: tasks without a body go, lost events keep their numbers.
    fn mends(&self, state: &State, recovery: &mut Recovery) -> Result<Vec<Record>, OpenError> {
        let mut mends = Vec::new();
        for head in state.heads() {
            if self.body(head.id).is_err() {
                recovery.lost_tasks.push(head.id);
                mends.push(Record::Forget { task: head.id });
                continue;
            }
            let lost =
                |seq| TaskEvent { seq, at: head.updated_at, attempt: head.attempt, kind: EventKind::Lost };
            let is_lost = |seq: &Seq| !self.db.contains_key(event_key(head.id, *seq)).unwrap_or(false);
            let events: Vec<_> = (1..=head.seq).filter(is_lost).map(lost).collect();
            if !events.is_empty() {
                mends.push(Record::Events { task: head.id, events });
            }
        }
        Ok(mends)
    }
}

impl Bodies for Shelf {
    fn body(&self, id: TaskId) -> Result<Body, QueueError> {
        let body = self.db.get(key(b'b', id))?.ok_or_else(|| lost(id))?;
        Ok(Body::packed(body.to_vec()))
    }
}

impl Kept for Shelf {
    fn events(&self, id: TaskId, after: Seq, limit: usize) -> Result<Vec<TaskEvent>, QueueError> {
        let Some(first) = after.checked_add(1) else { return Ok(vec![]) };
        let range = event_key(id, first)..=event_key(id, Seq::MAX);
        self.db.range(range).values().take(limit).map(|event| decode(&event?)).collect()
    }
}

fn lost(id: TaskId) -> QueueError {
    QueueError::Storage(format!("the body of task {id} is not in the queryable state; restart to rebuild it"))
}

fn key(kind: u8, id: TaskId) -> [u8; 17] {
    let mut key = [kind; 17];
    key[1..].copy_from_slice(id.as_uuid().as_bytes());
    key
}

fn event_key(id: TaskId, seq: Seq) -> [u8; 25] {
    let mut event = [0; 25];
    event[..17].copy_from_slice(&key(b'e', id));
    event[17..].copy_from_slice(&seq.to_be_bytes());
    event
}

fn add_events(batch: &mut ::sled::Batch, id: TaskId, events: &[TaskEvent]) -> Result<(), QueueError> {
    for event in events {
        batch.insert(&event_key(id, event.seq), serde_json::to_vec(event).map_err(io::Error::from)?);
    }
    Ok(())
}

fn decode<T: serde::de::DeserializeOwned>(json: &[u8]) -> Result<T, QueueError> {
    serde_json::from_slice(json)
        .map_err(|e| QueueError::Storage(format!("the queryable state is damaged: {e}")))
}

impl From<::sled::Error> for QueueError {
    fn from(error: ::sled::Error) -> Self {
        match error {
            ::sled::Error::Io(e) => e.into(),
            other => Self::Storage(other.to_string()),
        }
    }
}

impl From<io::Error> for QueueError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::DiskFull,
            _ => Self::Storage(error.to_string()),
        }
    }
}
