//! [`Shelver`]: brings sled up to date with the journal, on a thread of its own and some commits at a time. Nobody waits for
//! it: readers see what sled lacks laid over it, and after a crash the journal has it.

use super::QueueError;
use super::record::Record;
use super::view::View;
use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Commits that may wait to be shelved; then commands wait too, so that memory stays bounded.
const MAX_WAITING: usize = 256;
/// Records and time that make one batch: sled takes many at once for little more than one.
const BATCH: usize = 1_024;
const GATHER: Duration = Duration::from_millis(10);
/// Bytes of journal after which sled's files are brought up to date, so that little is replayed after a crash.
const FLUSH_EVERY: u64 = 4 << 20;

/// A commit to shelve.
pub(super) struct Job {
    pub(super) commit: u64,
    pub(super) records: Vec<Record>,
    /// How much the journal grew by it.
    pub(super) bytes: u64,
}

pub(super) struct Shelver {
    jobs: Option<mpsc::SyncSender<Job>>,
    thread: Option<JoinHandle<()>>,
}

impl Shelver {
    pub(super) fn start(view: Arc<View>) -> Self {
        let (jobs, waiting) = mpsc::sync_channel(MAX_WAITING);
        let thread = std::thread::Builder::new()
            .name("shelver".into())
            .spawn(move || run(&view, &waiting))
            .expect("a process that can't start one thread can't run at all");
        Self { jobs: Some(jobs), thread: Some(thread) }
    }

    pub(super) fn shelve(&self, job: Job) {
        if let Some(jobs) = &self.jobs
            && jobs.send(job).is_err()
        {
            tracing::error!("the shelver has stopped; restart to go on");
        }
    }
}

impl Drop for Shelver {
    /// Waits until everything is shelved.
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the shelver had died");
        }
    }
}

fn run(view: &View, jobs: &mpsc::Receiver<Job>) {
    let mut unflushed = 0;
    while let Ok(first) = jobs.recv() {
        let until = Instant::now() + GATHER;
        let mut all = first;
        while all.records.len() < BATCH
            && let Ok(next) = jobs.recv_timeout(until.saturating_duration_since(Instant::now()))
        {
            all.commit = next.commit;
            all.records.extend(next.records);
            all.bytes += next.bytes;
        }
        unflushed += all.bytes;
        let flushes = unflushed >= FLUSH_EVERY;
        view.shelve(all.commit, |shelf| {
            shelf.apply(all.commit, &all.records)?;
            if flushes { shelf.flush() } else { Ok(()) }
        });
        if flushes {
            unflushed = 0;
        }
        if view.is_stuck() {
            // What is still to come is in the journal.
            return;
        }
    }
    let closed: fn(&super::sled::Shelf) -> Result<(), QueueError> = super::sled::Shelf::close;
    view.shelve(0, closed);
}
