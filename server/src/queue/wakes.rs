//! Who is woken by what: waiters sleep until a record concerns them, and nothing wakes an idle ledger.

use super::record::Record;
use super::state::State;
use super::{Changed, QueueLimits};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use tidemark_shared::TaskId;
use tokio::sync::{broadcast, watch};

#[derive(Debug)]
pub(super) struct Wakes {
    line: watch::Sender<()>,
    tasks: Mutex<HashMap<TaskId, watch::Sender<()>>>,
    changes: broadcast::Sender<Changed>,
    /// Changes that a reader may be behind.
    unread: usize,
}

impl Wakes {
    pub(super) fn new(limits: &QueueLimits) -> Self {
        Self {
            line: watch::Sender::new(()),
            tasks: Mutex::default(),
            changes: broadcast::Sender::new(limits.max_unread_changes.max(1)),
            unread: limits.max_unread_changes.max(1),
        }
    }

    /// Tells everyone who waits for what `records` did; `state` has them applied.
    pub(super) fn tell(&self, state: &State, records: &[Record]) {
        let mut line_moved = false;
        for record in records {
            match record {
                Record::Put { head, .. } => {
                    line_moved = true;
                    self.tell_change(|| head.changed());
                }
                // A lease that now runs out earlier or later changes when the line is due.
                Record::Renew { .. } => continue,
                Record::Lane { .. } => line_moved = true,
                Record::Events { .. } | Record::Whole { .. } | Record::Forget { .. } => {}
            }
            record.task().into_iter().for_each(|id| self.tell_task(id));
        }
        if line_moved && state.has_work() {
            self.line.send_replace(());
        }
    }

    /// Tells those who listen to all changes.
    pub(super) fn tell_change(&self, changed: impl FnOnce() -> Changed) {
        if self.changes.receiver_count() > 0 {
            // The last one may have stopped listening just now.
            let _told = self.changes.send(changed());
        }
    }

    pub(super) fn has_listeners(&self) -> bool {
        self.changes.receiver_count() > 0
    }

    /// Tells everyone to look for themselves: changes were missed. Those who listen to all changes see it as a lag, made
    /// of as many copies of an old `hint` as nobody keeps up with.
    pub(super) fn tell_all(&self, hint: Option<&Changed>) {
        let ids: Vec<TaskId> =
            self.tasks.lock().unwrap_or_else(PoisonError::into_inner).keys().copied().collect();
        ids.into_iter().for_each(|id| self.tell_task(id));
        for _ in 0..=self.unread {
            hint.into_iter().for_each(|hint| self.tell_change(|| hint.clone()));
        }
    }

    /// Tells those who wait for something of this task to look again.
    pub(super) fn tell_task(&self, id: TaskId) {
        let mut tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(waiting) = tasks.get(&id)
            && waiting.send(()).is_err()
        {
            tasks.remove(&id);
        }
    }

    /// Sees every change of the line from now on.
    pub(super) fn line(&self) -> watch::Receiver<()> {
        self.line.subscribe()
    }
    /// Sees every record of this task from now on.
    pub(super) fn task(&self, id: TaskId) -> watch::Receiver<()> {
        let mut tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        // A map of those who wait now: what nobody waits for any more goes when the map grows.
        if tasks.len() >= 64 {
            tasks.retain(|_, waiting| waiting.receiver_count() > 0);
        }
        tasks.entry(id).or_insert_with(|| watch::Sender::new(())).subscribe()
    }
    pub(super) fn changes(&self) -> broadcast::Receiver<Changed> {
        self.changes.subscribe()
    }
}
