//! [`State`]: the ledger's index in memory. Who stands where in line, who holds what until when, and in which order.
//! Pure: it is what its records say, and the clock only moves what is due.

use super::record::{Head, Record};
use super::{QueueError, QueueStats, TaskFilter};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use tidemark_shared::{Millis, TaskId, TaskStatus, WaitingFor};

#[derive(Debug, Clone, Default)]
pub struct State {
    heads: HashMap<TaskId, Head>,
    /// Every task by its place.
    order: BTreeMap<u64, TaskId>,
    /// In line and free to go: the highest priority first, then the lowest place.
    ready: BTreeSet<(std::cmp::Reverse<u8>, u64)>,
    /// In line, but not before a time.
    paused: BTreeSet<(Millis, u64)>,
    leases: BTreeSet<(Millis, u64)>,
    queued: BTreeSet<u64>,
    waiting: BTreeSet<u64>,
    ended: BTreeSet<u64>,
    next_place: u64,
    lease_losses: u64,
}

/// When there is something to lease.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Due {
    Now,
    At(Millis),
    Never,
}

impl State {
    pub(super) fn apply(&mut self, record: &Record) {
        match record {
            Record::Put { head, .. } | Record::Whole { head, .. } => self.put((**head).clone()),
            Record::Events { task, events } => {
                if let Some(head) = self.heads.get_mut(task) {
                    head.saw(events);
                }
            }
            Record::Renew { task, attempt, until } => {
                if let Some(mut head) = self.heads.get(task).filter(|h| h.attempt == *attempt).cloned() {
                    head.lease_until = head.lease_until.map(|_| *until);
                    self.put(head);
                }
            }
            Record::Forget { task } => {
                if let Some(head) = self.heads.remove(task) {
                    self.unindex(&head);
                    self.order.remove(&head.place);
                }
            }
        }
    }

    fn put(&mut self, head: Head) {
        if let Some(before) = self.heads.remove(&head.id) {
            self.unindex(&before);
            if head.interruptions > before.interruptions {
                self.lease_losses += 1;
            }
        }
        self.index(&head);
        self.order.insert(head.place, head.id);
        self.next_place = self.next_place.max(head.place + 1);
        self.heads.insert(head.id, head);
    }

    fn index(&mut self, head: &Head) {
        match head.status {
            TaskStatus::Queued => {
                self.queued.insert(head.place);
                match (head.waiting_for, head.not_before) {
                    (Some(_), _) => self.waiting.insert(head.place),
                    (None, Some(until)) => self.paused.insert((until, head.place)),
                    (None, None) => self.ready.insert((std::cmp::Reverse(head.priority), head.place)),
                };
            }
            TaskStatus::Processing => {
                self.leases.insert((head.lease_until.unwrap_or(0), head.place));
            }
            TaskStatus::Done | TaskStatus::Failed | TaskStatus::Cancelled => {
                self.ended.insert(head.place);
            }
        }
    }

    fn unindex(&mut self, head: &Head) {
        let place = head.place;
        self.queued.remove(&place);
        self.waiting.remove(&place);
        self.ended.remove(&place);
        self.ready.remove(&(std::cmp::Reverse(head.priority), place));
        self.leases.remove(&(head.lease_until.unwrap_or(0), place));
        if let Some(until) = head.not_before {
            self.paused.remove(&(until, place));
        }
    }

    /// Lets time pass: what was paused until `now` is free to go.
    pub(super) fn tick(&mut self, now: Millis) {
        while let Some((_, place)) = self.paused.first().copied().filter(|(until, _)| *until <= now) {
            self.change(place, |head| head.not_before = None);
        }
    }

    /// Nobody waits longer than they were asked to: the clock may have been set back since.
    pub(super) fn shorten_pauses(&mut self, now: Millis) {
        for place in self.paused.iter().map(|(_, place)| *place).collect::<Vec<_>>() {
            self.change(place, |head| {
                head.not_before = head.not_before.map(|until| until.min(now.saturating_add(head.pause_ms)));
            });
        }
    }

    fn change(&mut self, place: u64, with: impl FnOnce(&mut Head)) {
        let Some(mut head) = self.order.get(&place).and_then(|id| self.heads.remove(id)) else { return };
        self.unindex(&head);
        with(&mut head);
        self.index(&head);
        self.heads.insert(head.id, head);
    }

    pub(super) fn head(&self, id: TaskId) -> Result<&Head, QueueError> {
        self.heads.get(&id).ok_or(QueueError::NotFound(id))
    }
    pub(super) fn next_place(&self) -> u64 {
        self.next_place
    }
    pub(super) fn queued(&self) -> usize {
        self.queued.len()
    }
    pub(super) fn heads(&self) -> impl Iterator<Item = &Head> {
        self.order.values().filter_map(|id| self.heads.get(id))
    }

    /// The first task at or after a place.
    pub(super) fn at_or_after(&self, place: u64) -> Option<&Head> {
        self.order.range(place..).next().and_then(|(_, id)| self.heads.get(id))
    }

    /// Whether anything may ever come due by itself.
    pub(super) fn has_work(&self) -> bool {
        !(self.ready.is_empty() && self.paused.is_empty() && self.leases.is_empty())
    }

    /// The next in line.
    pub(super) fn first(&self) -> Option<&Head> {
        self.ready.first().and_then(|(_, place)| self.at(*place))
    }
    /// The lease that ran out first.
    pub(super) fn expired(&self, now: Millis) -> Option<&Head> {
        self.leases.first().filter(|(until, _)| *until <= now).and_then(|(_, place)| self.at(*place))
    }
    /// Every task that a worker has.
    pub(super) fn leased(&self) -> Vec<Head> {
        self.leases.iter().filter_map(|(_, place)| self.at(*place)).cloned().collect()
    }
    pub(super) fn waiting_for(&self, what: WaitingFor) -> Vec<Head> {
        let heads = self.waiting.iter().filter_map(|place| self.at(*place));
        heads.filter(|head| head.waiting_for == Some(what)).cloned().collect()
    }
    /// The oldest ended task, when there are more than `keep`.
    pub(super) fn too_many_ended(&self, keep: usize) -> Option<TaskId> {
        let oldest = self.ended.first().filter(|_| self.ended.len() > keep)?;
        self.order.get(oldest).copied()
    }
    fn at(&self, place: u64) -> Option<&Head> {
        self.heads.get(self.order.get(&place)?)
    }

    pub(super) fn due(&mut self, now: Millis) -> Due {
        self.tick(now);
        if !self.ready.is_empty() {
            return Due::Now;
        }
        match [self.paused.first(), self.leases.first()].into_iter().flatten().map(|(until, _)| *until).min()
        {
            Some(until) if until <= now => Due::Now,
            Some(until) => Due::At(until),
            None => Due::Never,
        }
    }

    /// One page, newest first, and the cursor of the next.
    pub(super) fn list(&self, filter: &TaskFilter) -> Result<(Vec<Head>, Option<TaskId>), QueueError> {
        let before = filter.after.map_or(Ok(u64::MAX), |id| self.head(id).map(|head| head.place))?;
        let newest_first = self.order.range(..before).rev().filter_map(|(_, id)| self.heads.get(id));
        let mut wanted = newest_first.filter(|head| {
            filter.project.is_none_or(|p| p == head.project_id)
                && filter.session.is_none_or(|s| s == head.session_id)
                && filter.status.is_none_or(|s| s == head.status)
        });
        let page: Vec<Head> = wanted.by_ref().take(filter.limit).cloned().collect();
        let next = wanted.next().and_then(|_| page.last().map(|head| head.id));
        Ok((page, next))
    }

    pub(super) fn stats(&self) -> QueueStats {
        QueueStats {
            queued: self.queued.len(),
            waiting: self.waiting.len(),
            processing: self.leases.len(),
            oldest_queued_at: self
                .queued
                .first()
                .and_then(|place| self.at(*place))
                .map(|head| head.created_at),
            lease_losses: self.lease_losses,
        }
    }
}
