//! [`State`]: the ledger's index in memory. Who stands where in line, who holds what until when, and in which order.
//! Pure: it is what its records say, and the clock only moves what is due.

use super::line::Lines;
use super::pace::Paces;
use super::record::{Head, Record};
use super::{LaneStats, QueueError, QueueLimits, QueueStats, TaskFilter};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use tidemark_shared::{Hash, Millis, Mode, TaskId, TaskStatus, UserId, WaitingFor};

#[derive(Debug, Clone)]
pub struct State {
    heads: HashMap<TaskId, Head>,
    /// Every task by its place.
    order: BTreeMap<u64, TaskId>,
    /// In line and free to go.
    lines: Lines,
    /// In line, but not before a time.
    paused: BTreeSet<(Millis, u64)>,
    leases: BTreeSet<(Millis, u64)>,
    queued: BTreeMap<Mode, BTreeSet<u64>>,
    processing: BTreeMap<Mode, usize>,
    /// By whose they are.
    queued_by: HashMap<UserId, usize>,
    waiting: BTreeSet<u64>,
    /// In line and waiting for the end of another task.
    followers: HashMap<TaskId, BTreeSet<u64>>,
    /// Tasks that ask the same.
    same: HashMap<Hash, BTreeSet<u64>>,
    ended: BTreeSet<u64>,
    next_place: u64,
    lease_losses: u64,
    retries: u64,
    /// No record: only this process counts.
    pub(super) paces: Paces,
}

/// When there is something to lease.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Due {
    Now,
    At(Millis),
    Never,
}

impl State {
    pub(super) fn new(limits: &QueueLimits) -> Self {
        Self {
            heads: HashMap::new(),
            order: BTreeMap::new(),
            lines: Lines::new(limits.max_running_per_person),
            paused: BTreeSet::new(),
            leases: BTreeSet::new(),
            queued: BTreeMap::new(),
            processing: BTreeMap::new(),
            queued_by: HashMap::new(),
            waiting: BTreeSet::new(),
            followers: HashMap::new(),
            same: HashMap::new(),
            ended: BTreeSet::new(),
            next_place: 0,
            lease_losses: 0,
            retries: 0,
            paces: Paces::default(),
        }
    }

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
                    self.lines.change(Some(&head), None);
                    self.order.remove(&head.place);
                }
            }
            Record::Lane { lane, is_paused } => self.lines.pause(*lane, *is_paused),
        }
    }

    fn put(&mut self, head: Head) {
        let before = self.heads.remove(&head.id);
        if let Some(before) = &before {
            self.unindex(before);
            self.lease_losses += u64::from(head.interruptions.saturating_sub(before.interruptions));
            self.retries += u64::from(head.failures.saturating_sub(before.failures));
        }
        self.lines.change(before.as_ref(), Some(&head));
        self.index(&head);
        self.order.insert(head.place, head.id);
        self.next_place = self.next_place.max(head.place + 1);
        self.heads.insert(head.id, head);
    }

    fn index(&mut self, head: &Head) {
        if let Some(key) = &head.cache_key {
            self.same.entry(key.clone()).or_default().insert(head.place);
        }
        match head.status {
            TaskStatus::Queued => {
                self.queued.entry(head.mode).or_default().insert(head.place);
                *self.queued_by.entry(head.user_id.clone()).or_default() += 1;
                match (head.waiting_for, head.not_before) {
                    (Some(what), _) => {
                        self.waiting.insert(head.place);
                        if let (WaitingFor::Task, Some(after)) = (what, head.after) {
                            self.followers.entry(after).or_default().insert(head.place);
                        }
                    }
                    (None, Some(until)) => drop(self.paused.insert((until, head.place))),
                    (None, None) => {}
                }
            }
            TaskStatus::Processing => {
                *self.processing.entry(head.mode).or_default() += 1;
                self.leases.insert((head.lease_until.unwrap_or(0), head.place));
            }
            TaskStatus::Done | TaskStatus::Failed | TaskStatus::Cancelled => {
                self.ended.insert(head.place);
            }
        }
    }

    fn unindex(&mut self, head: &Head) {
        let place = head.place;
        if let Some(key) = &head.cache_key {
            remove_from(&mut self.same, key, place);
        }
        match head.status {
            TaskStatus::Queued => {
                if let Some(queued) = self.queued.get_mut(&head.mode) {
                    queued.remove(&place);
                }
                if let Some(count) = self.queued_by.get_mut(&head.user_id) {
                    *count -= 1;
                    if *count == 0 {
                        self.queued_by.remove(&head.user_id);
                    }
                }
                self.waiting.remove(&place);
                if let Some(after) = &head.after {
                    remove_from(&mut self.followers, after, place);
                }
                if let Some(until) = head.not_before {
                    self.paused.remove(&(until, place));
                }
            }
            TaskStatus::Processing => {
                if let Some(count) = self.processing.get_mut(&head.mode) {
                    *count -= 1;
                }
                self.leases.remove(&(head.lease_until.unwrap_or(0), place));
            }
            TaskStatus::Done | TaskStatus::Failed | TaskStatus::Cancelled => {
                self.ended.remove(&place);
            }
        }
    }

    /// Lets time pass: what was paused until `now` is free to go, before whatever is decided next.
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
        let Some(mut head) = self.at(place).cloned() else { return };
        with(&mut head);
        self.put(head);
    }

    pub(super) fn head(&self, id: TaskId) -> Result<&Head, QueueError> {
        self.heads.get(&id).ok_or(QueueError::NotFound(id))
    }
    pub(super) fn next_place(&self) -> u64 {
        self.next_place
    }
    pub(super) fn queued(&self) -> usize {
        self.queued.values().map(BTreeSet::len).sum()
    }
    pub(super) fn queued_by(&self, person: &UserId) -> usize {
        self.queued_by.get(person).copied().unwrap_or(0)
    }
    /// A task's head as readers see it.
    pub(super) fn shown(&self, id: TaskId) -> Result<Head, QueueError> {
        let mut head = self.head(id)?.clone();
        let is_free =
            head.status == TaskStatus::Queued && head.waiting_for.is_none() && head.not_before.is_none();
        if is_free && self.lines.is_at_cap(&head.user_id) {
            head.waiting_for = Some(WaitingFor::Slot);
        }
        Ok(head)
    }
    /// The tasks that ask the same, the newest first.
    pub(super) fn same(&self, key: &Hash) -> impl Iterator<Item = &Head> {
        self.same.get(key).into_iter().flatten().rev().filter_map(|place| self.at(*place))
    }
    /// The tasks that wait for the end of this one.
    pub(super) fn followers(&self, id: TaskId) -> Vec<Head> {
        let places = self.followers.get(&id).into_iter().flatten();
        places.filter_map(|place| self.at(*place)).cloned().collect()
    }
    pub(super) fn is_paused(&self, lane: Mode) -> bool {
        self.lines.is_paused(lane)
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
        !(self.lines.is_empty() && self.paused.is_empty() && self.leases.is_empty())
    }

    /// The next in line out of these lanes.
    pub(super) fn next(&self, lanes: &[Mode]) -> Option<&Head> {
        self.lines.next(lanes).and_then(|place| self.at(place))
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

    /// When one of these lanes may have something.
    pub(super) fn due(&mut self, now: Millis, lanes: &[Mode]) -> Due {
        self.tick(now);
        if self.lines.next(lanes).is_some() {
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
        let page: Vec<Head> =
            wanted.by_ref().take(filter.limit).filter_map(|head| self.shown(head.id).ok()).collect();
        let next = wanted.next().and_then(|_| page.last().map(|head| head.id));
        Ok((page, next))
    }

    pub(super) fn stats(&self) -> QueueStats {
        let mut lanes: BTreeMap<Mode, LaneStats> = BTreeMap::new();
        for mode in Mode::ALL {
            let queued = self.queued.get(&mode);
            let oldest = queued.and_then(|places| places.first()).and_then(|place| self.at(*place));
            let lane = LaneStats {
                queued: queued.map_or(0, BTreeSet::len),
                waiting: 0,
                processing: self.processing.get(&mode).copied().unwrap_or(0),
                oldest_queued_at: oldest.map(|head| head.created_at),
                is_paused: self.lines.is_paused(mode),
            };
            lanes.insert(mode, lane);
        }
        for head in self.waiting.iter().filter_map(|place| self.at(*place)) {
            lanes.entry(head.mode).or_default().waiting += 1;
        }
        QueueStats { lanes, lease_losses: self.lease_losses, retries: self.retries }
    }
}

fn remove_from<K: std::hash::Hash + Eq>(places: &mut HashMap<K, BTreeSet<u64>>, key: &K, place: u64) {
    if let Some(set) = places.get_mut(key) {
        set.remove(&place);
        if set.is_empty() {
            places.remove(key);
        }
    }
}
