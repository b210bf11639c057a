//! [`View`]: what readers see. Exactly what is on the disk: sled, with what it has not got yet laid over it.

use super::QueueError;
use super::body::Body;
use super::decide::Bodies;
use super::ledger::Kept;
use super::record::Record;
use super::sled::Shelf;
use super::state::State;
use super::wakes::Wakes;
use std::collections::HashMap;
use std::fs::File;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use tidemark_shared::{Seq, TaskEvent, TaskId};

pub(super) struct View {
    inner: Mutex<Inner>,
    shelf: Shelf,
    /// Readers hold it while they look; sled changes only between looks.
    looking: RwLock<()>,
    /// sled failed: what is on the disk can be read after a restart, and nothing more is taken until then.
    stuck: AtomicBool,
    /// The data directory is ours until the last reader is gone.
    _lock: File,
}

struct Inner {
    state: State,
    /// What is on the disk but not in sled yet.
    fresh: Arc<HashMap<TaskId, Fresh>>,
}

#[derive(Clone, Default)]
struct Fresh {
    /// The last commit that concerned the task.
    commit: u64,
    body: Option<Body>,
    events: Vec<TaskEvent>,
    /// The task was forgotten since: what sled has of it counts no more.
    hides_shelf: bool,
}

impl View {
    pub(super) fn new(state: State, shelf: Shelf, lock: File) -> Self {
        let inner = Mutex::new(Inner { state, fresh: Arc::default() });
        Self { inner, shelf, looking: RwLock::default(), stuck: AtomicBool::new(false), _lock: lock }
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        // A record is applied in one go; a panic between two leaves a state that the next open corrects.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn state<T>(&self, look: impl FnOnce(&mut State) -> T) -> T {
        look(&mut self.inner().state)
    }

    /// Shows the records of a commit to readers, and wakes who waits for them.
    pub(super) fn publish(&self, commit: u64, records: &[Record], wakes: &Wakes) {
        let mut inner = self.inner();
        let inner = &mut *inner;
        let fresh = Arc::make_mut(&mut inner.fresh);
        for record in records {
            inner.state.apply(record);
            let Some(id) = record.task() else { continue };
            match record {
                Record::Put { body, events, .. } => {
                    let fresh = fresh.entry(id).or_default();
                    fresh.commit = commit;
                    fresh.body = body.clone().or(fresh.body.take());
                    fresh.events.extend_from_slice(events);
                }
                Record::Events { events, .. } => {
                    let fresh = fresh.entry(id).or_default();
                    fresh.commit = commit;
                    fresh.events.extend_from_slice(events);
                }
                Record::Forget { .. } => {
                    let forgotten = Fresh { commit, body: None, events: vec![], hides_shelf: true };
                    fresh.insert(id, forgotten);
                }
                Record::Whole { .. } | Record::Renew { .. } | Record::Lane { .. } => {}
            }
        }
        wakes.tell(&inner.state, records);
    }

    /// Changes sled between two looks; then it has every commit up to `number`.
    pub(super) fn shelve(&self, number: u64, change: impl FnOnce(&Shelf) -> Result<(), QueueError>) {
        let _nobody_looks = self.looking.write().unwrap_or_else(PoisonError::into_inner);
        match change(&self.shelf) {
            Ok(()) => Arc::make_mut(&mut self.inner().fresh).retain(|_, fresh| fresh.commit > number),
            Err(e) => {
                tracing::error!(error = %e, "sled failed; tasks are safe in the journal, restart to go on");
                self.stuck.store(true, Ordering::Release);
            }
        }
    }

    pub(super) fn is_stuck(&self) -> bool {
        self.stuck.load(Ordering::Acquire)
    }

    /// One consistent view: `pick` what is wanted from the index, then `look` it up.
    pub(super) fn look<P, T>(
        &self,
        pick: impl FnOnce(&State) -> Result<P, QueueError>,
        look: impl FnOnce(P, &dyn Kept) -> Result<T, QueueError>,
    ) -> Result<T, QueueError> {
        let _looking = self.looking.read().unwrap_or_else(PoisonError::into_inner);
        let (picked, fresh) = {
            let inner = self.inner();
            (pick(&inner.state)?, inner.fresh.clone())
        };
        look(picked, &Look { fresh: &fresh, shelf: &self.shelf })
    }
}

impl Bodies for View {
    fn body(&self, id: TaskId) -> Result<Body, QueueError> {
        self.look(|_| Ok(()), |(), kept| kept.body(id))
    }
}

struct Look<'a> {
    fresh: &'a HashMap<TaskId, Fresh>,
    shelf: &'a Shelf,
}

impl Bodies for Look<'_> {
    fn body(&self, id: TaskId) -> Result<Body, QueueError> {
        match self.fresh.get(&id).and_then(|fresh| fresh.body.as_ref()) {
            Some(body) => Ok(body.clone()),
            None => self.shelf.body(id),
        }
    }
}

impl Kept for Look<'_> {
    fn events(&self, id: TaskId, after: Seq, limit: usize) -> Result<Vec<TaskEvent>, QueueError> {
        let Some(fresh) = self.fresh.get(&id) else { return self.shelf.events(id, after, limit) };
        let mut events = if fresh.hides_shelf { vec![] } else { self.shelf.events(id, after, limit)? };
        // Most follow what sled has; sled may have some of them, and one that mends damage stands between.
        events.extend(fresh.events.iter().filter(|event| event.seq > after).cloned());
        events.sort_by_key(|event| event.seq);
        events.dedup_by_key(|event| event.seq);
        events.truncate(limit);
        Ok(events)
    }
}
