//! The reference backend: everything in this process's memory, gone with it.

use super::body::Body;
use super::decide::{Bodies, Draft};
use super::ledger::{Keep, Kept, Ledger};
use super::record::Record;
use super::state::State;
use super::steady::Steady;
use super::wakes::Wakes;
use super::{QueueError, QueueLimits};
use crate::clock::Clock;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tidemark_shared::{Seq, TaskEvent, TaskId};

/// A ledger in memory.
pub type MemoryQueue = Ledger<Memory>;

impl MemoryQueue {
    pub fn new(clock: Arc<dyn Clock>, limits: QueueLimits) -> Self {
        let wakes = Arc::new(Wakes::new(&limits));
        let time = Arc::new(Steady::new(clock));
        let keep = Memory {
            inner: Mutex::new(Inner { state: State::new(&limits), shelf: Shelf::default() }),
            wakes: wakes.clone(),
            time: time.clone(),
            limits,
        };
        Self { keep, wakes, time }
    }
}

/// The keep of a [`MemoryQueue`].
pub struct Memory {
    inner: Mutex<Inner>,
    wakes: Arc<Wakes>,
    time: Arc<Steady>,
    limits: QueueLimits,
}

struct Inner {
    state: State,
    shelf: Shelf,
}

/// Bodies and events in memory.
#[derive(Debug, Default)]
pub(super) struct Shelf {
    tasks: HashMap<TaskId, (Body, Vec<TaskEvent>)>,
}

impl Shelf {
    pub(super) fn apply(&mut self, record: Record) {
        match record {
            Record::Put { head, body, events } => {
                match (self.tasks.get_mut(&head.id), body) {
                    (Some((kept, _)), Some(body)) => *kept = body,
                    (None, Some(body)) => drop(self.tasks.insert(head.id, (body, Vec::new()))),
                    (_, None) => {}
                }
                self.add(head.id, events);
            }
            Record::Events { task, events } => self.add(task, events),
            Record::Whole { head, body, events } => {
                self.tasks.insert(head.id, (body, events));
            }
            Record::Forget { task } => {
                self.tasks.remove(&task);
            }
            Record::Renew { .. } | Record::Lane { .. } => {}
        }
    }

    fn add(&mut self, id: TaskId, events: Vec<TaskEvent>) {
        if let Some((_, kept)) = self.tasks.get_mut(&id) {
            kept.extend(events);
        }
    }
}

impl Bodies for Shelf {
    fn body(&self, id: TaskId) -> Result<Body, QueueError> {
        self.tasks.get(&id).map(|(body, _)| body.clone()).ok_or(QueueError::NotFound(id))
    }
}

impl Kept for Shelf {
    fn events(&self, id: TaskId, after: Seq, limit: usize) -> Result<Vec<TaskEvent>, QueueError> {
        let (_, events) = self.tasks.get(&id).ok_or(QueueError::NotFound(id))?;
        // Events are numbered from 1 without gaps, so a number is a position.
        let from = usize::try_from(after).unwrap_or(usize::MAX).min(events.len());
        Ok(events[from..].iter().take(limit).cloned().collect())
    }
}

impl Memory {
    fn inner(&self) -> MutexGuard<'_, Inner> {
        // A panic while deciding leaves the index at worst half a command ahead; it stays usable.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Keep for Memory {
    const NAME: &'static str = "memory";

    fn damage(&self) -> Vec<String> {
        Vec::new()
    }

    async fn change<T, F>(&self, decide: F) -> Result<T, QueueError>
    where
        T: Send + 'static,
        F: FnOnce(&mut Draft<'_>) -> Result<T, QueueError> + Send + 'static,
    {
        let mut inner = self.inner();
        let Inner { state, shelf } = &mut *inner;
        let (now, steady) = (self.time.wall(), self.time.now());
        let (records, written) = (Vec::new(), HashMap::new());
        state.tick(steady);
        let mut draft = Draft { state, kept: shelf, limits: &self.limits, now, steady, records, written };
        let answer = decide(&mut draft);
        let records = draft.records;
        self.wakes.tell(state, &records);
        records.into_iter().for_each(|record| shelf.apply(record));
        answer
    }

    async fn read<P, T>(
        &self,
        pick: impl FnOnce(&State) -> Result<P, QueueError> + Send + 'static,
        look: impl FnOnce(P, &dyn Kept) -> Result<T, QueueError> + Send + 'static,
    ) -> Result<T, QueueError>
    where
        T: Send + 'static,
    {
        let inner = self.inner();
        look(pick(&inner.state)?, &inner.shelf)
    }

    fn peek<T>(&self, look: impl FnOnce(&mut State) -> T) -> T {
        look(&mut self.inner().state)
    }
}
