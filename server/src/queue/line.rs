//! [`Lines`]: who is next. Each mode has a lane, each priority in it a ring of people, and each person a line of their own
//! there. Whoever was served goes to the end of the ring; whoever runs as many tasks as one may stands in no ring.

use super::record::Head;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use tidemark_shared::{Mode, TaskStatus, UserId};

#[derive(Debug, Clone, Default)]
pub(super) struct Lines {
    lanes: BTreeMap<Mode, Lane>,
    running: HashMap<UserId, usize>,
    /// How many tasks of one person may run; no limit when absent.
    cap: Option<usize>,
    leases: u64,
}

#[derive(Debug, Clone, Default)]
struct Lane {
    rings: BTreeMap<Reverse<u8>, Ring>,
    is_paused: bool,
    /// The number of the last lease out of this lane: lanes take turns by it.
    served: u64,
}

/// The people who have something in line at one priority.
#[derive(Debug, Clone, Default)]
struct Ring {
    lines: HashMap<UserId, Line>,
    /// Whose turn it is: the lowest number first.
    turns: BTreeMap<u64, UserId>,
    last_turn: u64,
}

/// One person's places, the oldest task first.
#[derive(Debug, Clone, Default)]
struct Line {
    places: BTreeSet<u64>,
    /// Absent while they may run no more.
    turn: Option<u64>,
}

/// Where a task stands: free to go, in this lane, at this priority, as this person's.
type Spot<'a> = (Mode, u8, &'a UserId);

fn spot(head: &Head) -> Option<Spot<'_>> {
    let is_free =
        head.status == TaskStatus::Queued && head.waiting_for.is_none() && head.not_before.is_none();
    is_free.then_some((head.mode, head.priority, &head.user_id))
}

impl Lines {
    pub(super) fn new(cap: Option<usize>) -> Self {
        Self { cap, ..Self::default() }
    }

    /// A task changed; one that stays where it is keeps its person's turn.
    pub(super) fn change(&mut self, before: Option<&Head>, after: Option<&Head>) {
        let (from, to) = (before.and_then(spot), after.and_then(spot));
        let was_running = before.is_some_and(|head| head.status == TaskStatus::Processing);
        let is_running = after.is_some_and(|head| head.status == TaskStatus::Processing);
        if from != to {
            if let (Some(from), Some(head)) = (from, before) {
                self.leave(from, head.place);
                if is_running {
                    self.served(from);
                }
            }
            if let (Some(to), Some(head)) = (to, after) {
                self.enter(to, head.place);
            }
        }
        match (before, after) {
            (Some(head), _) if was_running && !is_running => self.run(&head.user_id, false),
            (_, Some(head)) if is_running && !was_running => self.run(&head.user_id, true),
            _ => {}
        }
    }

    pub(super) fn pause(&mut self, lane: Mode, is_paused: bool) {
        self.lanes.entry(lane).or_default().is_paused = is_paused;
    }
    pub(super) fn is_paused(&self, lane: Mode) -> bool {
        self.lanes.get(&lane).is_some_and(|lane| lane.is_paused)
    }

    /// The place of the next task out of `wanted`.
    pub(super) fn next(&self, wanted: &[Mode]) -> Option<u64> {
        let open = self.lanes.iter().filter(|(mode, lane)| wanted.contains(mode) && !lane.is_paused);
        let first = open.filter_map(|(mode, lane)| {
            let (priority, ring) = lane.rings.iter().find(|(_, ring)| !ring.turns.is_empty())?;
            Some(((*priority, lane.served, *mode), ring))
        });
        let (_, ring) = first.min_by_key(|(order, _)| *order)?;
        let (_, person) = ring.turns.first_key_value()?;
        ring.lines.get(person)?.places.first().copied()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.lanes.values().all(|lane| lane.rings.values().all(|ring| ring.turns.is_empty()))
    }

    /// Whether this person runs as many tasks as one may.
    pub(super) fn is_at_cap(&self, person: &UserId) -> bool {
        self.cap.is_some_and(|cap| self.running.get(person).copied().unwrap_or(0) >= cap)
    }

    fn enter(&mut self, (lane, priority, person): Spot<'_>, place: u64) {
        let is_at_cap = self.is_at_cap(person);
        let ring = self.lanes.entry(lane).or_default().rings.entry(Reverse(priority)).or_default();
        ring.lines.entry(person.clone()).or_default().places.insert(place);
        if !is_at_cap {
            ring.join(person);
        }
    }

    fn leave(&mut self, (lane, priority, person): Spot<'_>, place: u64) {
        let Some(lane) = self.lanes.get_mut(&lane) else { return };
        let Some(ring) = lane.rings.get_mut(&Reverse(priority)) else { return };
        let Some(line) = ring.lines.get_mut(person) else { return };
        line.places.remove(&place);
        if line.places.is_empty() {
            ring.part(person);
            ring.lines.remove(person);
        }
        if ring.lines.is_empty() {
            lane.rings.remove(&Reverse(priority));
        }
    }

    /// A task was leased: the lane and the person go to the end.
    fn served(&mut self, (lane, priority, person): Spot<'_>) {
        self.leases += 1;
        let Some(lane) = self.lanes.get_mut(&lane) else { return };
        lane.served = self.leases;
        if let Some(ring) = lane.rings.get_mut(&Reverse(priority)) {
            ring.part(person);
            ring.join(person);
        }
    }

    fn run(&mut self, person: &UserId, more: bool) {
        let was_at_cap = self.is_at_cap(person);
        let running = self.running.entry(person.clone()).or_default();
        *running = if more { *running + 1 } else { running.saturating_sub(1) };
        if *running == 0 {
            self.running.remove(person);
        }
        let is_at_cap = self.is_at_cap(person);
        if was_at_cap != is_at_cap {
            for ring in self.lanes.values_mut().flat_map(|lane| lane.rings.values_mut()) {
                if is_at_cap { ring.part(person) } else { ring.join(person) }
            }
        }
    }
}

impl Ring {
    /// Takes someone who has a line here into the ring, at its end; no change for who stands in it.
    fn join(&mut self, person: &UserId) {
        if let Some(line) = self.lines.get_mut(person).filter(|line| line.turn.is_none()) {
            self.last_turn += 1;
            line.turn = Some(self.last_turn);
            self.turns.insert(self.last_turn, person.clone());
        }
    }
    fn part(&mut self, person: &UserId) {
        if let Some(turn) = self.lines.get_mut(person).and_then(|line| line.turn.take()) {
            self.turns.remove(&turn);
        }
    }
}
