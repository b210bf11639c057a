//! [`Command`]: one command for the script, with its arguments as `script/5_commands.lua` and `6_reads.lua` take them.

use super::kept::{
    Ends, body, event, failure, result, result_digest, review_number, status_number, tail, waits_number,
};
use crate::queue::{Lease, Outcome, Pace, QueueError, QueueLimits, SubmitOptions, TaskFilter, decide::fits};
use std::time::Duration;
use tidemark_shared::{EventKind, Mode, Seq, Task, TaskId, WaitingFor, task::TaskEdit};

/// Tasks that one call leases at most.
const MOST_LEASED: usize = 256;
/// A time is a whole number of milliseconds below this, so that it fits six bytes.
const LONGEST: u64 = 1 << 47;

#[derive(Debug, Default)]
pub(super) struct Command {
    /// All arguments one after another, and where each ends.
    pub(super) bytes: Vec<u8>,
    pub(super) ends: Vec<usize>,
    /// The task that it is about.
    pub(super) about: Option<TaskId>,
    pub(super) wanted: usize,
    /// It frees memory, or lets work go on that frees some: it goes even when Redis has no memory left.
    pub(super) must_go: bool,
}

impl Command {
    fn new(name: &str, must_go: bool) -> Self {
        let mut command = Self { must_go, ..Self::default() };
        command.add(name.as_bytes());
        command
    }
    fn about(name: &str, id: TaskId, must_go: bool) -> Self {
        let mut command = Self::new(name, must_go);
        command.about = Some(id);
        command.add(id.as_uuid().as_bytes());
        command
    }
    fn add(&mut self, argument: &[u8]) {
        self.bytes.extend_from_slice(argument);
        self.ends.push(self.bytes.len());
    }
    pub(super) fn arguments(&self) -> impl Iterator<Item = &[u8]> {
        let from = std::iter::once(0).chain(self.ends.iter().copied());
        from.zip(&self.ends).map(|(from, to)| &self.bytes[from..*to])
    }

    pub(super) fn submit(
        task: &Task,
        options: &SubmitOptions,
        limits: &QueueLimits,
    ) -> Result<Self, QueueError> {
        let is_large = !has_room(task, limits);
        let mut command = Self::about("submit", task.id, false);
        command.add(&tail(task)?);
        command.add(&if is_large { Vec::new() } else { body(task)? });
        let run_at = task.run_at.map_or(-1.0, time);
        let numbers = Numbers::new().u8(lane(task.mode)).u8(task.priority).flag(options.joins);
        command.add(&numbers.flag(is_large).f64(run_at).count(options.paces.len()).0);
        for Pace { key, rate } in &options.paces {
            command.add(key.as_bytes());
            command.add(&Numbers::new().f64(time(rate.every_ms)).f64(time(rate.tolerance())).0);
        }
        Ok(command)
    }

    pub(super) fn lease(worker: &str, lanes: &[Mode], want: usize, ttl: Duration) -> Self {
        let mut command = Self::new("lease", true);
        command.wanted = want.min(MOST_LEASED);
        let worker = &worker.as_bytes()[..worker.len().min(usize::from(u16::MAX))];
        command.add(worker);
        command.add(&Numbers::new().u8(mask(lanes)).count(command.wanted).f64(span(ttl)).0);
        command
    }

    pub(super) fn due() -> Self {
        Self::new("due", true)
    }

    pub(super) fn renew(lease: &Lease, ttl: Duration) -> Self {
        let mut command = Self::about("renew", lease.task, true);
        command.add(&Numbers::new().f64(lease.attempt.into()).f64(span(ttl)).0);
        command
    }

    pub(super) fn append(
        lease: &Lease,
        kinds: &[EventKind],
        limits: &QueueLimits,
    ) -> Result<Self, QueueError> {
        let is_large = fits(&kinds, limits).is_err();
        let step = kinds.iter().rev().find_map(|kind| match kind {
            EventKind::Step { step } | EventKind::Resumed { step } => Some(f64::from(*step)),
            _ => None,
        });
        let gets_on = kinds.iter().any(|kind| matches!(kind, EventKind::Saved { .. }));
        let mut command = Self::about("append", lease.task, false);
        let numbers = Numbers::new().f64(lease.attempt.into()).count(kinds.len()).f64(step.unwrap_or(-1.0));
        command.add(&numbers.flag(gets_on).flag(is_large).0);
        if !is_large {
            for kind in kinds {
                command.add(&event(kind)?);
            }
        }
        Ok(command)
    }

    pub(super) fn finish(lease: &Lease, outcome: &Outcome, limits: &QueueLimits) -> Result<Self, QueueError> {
        let mut command = Self::about("finish", lease.task, true);
        let (mut what, mut ends, mut error) = (Vec::new(), Vec::new(), Vec::new());
        let (mut which, mut is_large, mut cut_short, mut pause) = (0, false, false, -1.0);
        let kind = match outcome {
            Outcome::Done { result: done, review, metrics, error: early } => {
                which = review_number(*review);
                is_large = fits(done, limits).is_err();
                cut_short = early.is_some();
                error = failure(early.as_ref())?;
                if !is_large {
                    ends = Ends::encode(Some(done), Some(metrics), early.as_ref())?;
                }
                "d"
            }
            Outcome::Failed { error: why, metrics } => {
                if let Some(wait) = limits.retries.pause(lease.task, lease.failures, why) {
                    pause = span(wait);
                    what = event(&retrying(&why.message, wait))?;
                }
                error = failure(Some(why))?;
                ends = Ends::encode(None, metrics.as_ref(), Some(why))?;
                "f"
            }
            Outcome::Cancelled { metrics } => {
                ends = Ends::encode(None, metrics.as_ref(), None)?;
                "c"
            }
            Outcome::Wait { waiting_for, message } => {
                which = waits_number(*waiting_for);
                what = event(&EventKind::Waiting { waiting_for: *waiting_for, message: message.clone() })?;
                "w"
            }
            Outcome::Again { delay, message } => {
                pause = span(*delay);
                what = event(&retrying(message, *delay))?;
                "a"
            }
        };
        for argument in [kind.as_bytes(), &what, &ends, &error] {
            command.add(argument);
        }
        let numbers = Numbers::new().f64(lease.attempt.into()).u8(which).flag(is_large).flag(cut_short);
        command.add(&numbers.f64(pause).0);
        Ok(command)
    }

    pub(super) fn cancel(id: TaskId) -> Self {
        Self::about("cancel", id, true)
    }

    /// `edited` is the task with its new prompt, when that changes.
    pub(super) fn edit(
        id: TaskId,
        edit: &TaskEdit,
        edited: Option<&Task>,
        limits: &QueueLimits,
    ) -> Result<Self, QueueError> {
        let is_large = edited.is_some_and(|task| !has_room(task, limits));
        let mut command = Self::about("edit", id, false);
        command.add(edit.model.as_ref().map(ToString::to_string).unwrap_or_default().as_bytes());
        command.add(&edited.filter(|_| !is_large).map(body).transpose()?.unwrap_or_default());
        command.add(&Numbers::new().f64(edit.priority.map_or(-1.0, f64::from)).flag(is_large).0);
        Ok(command)
    }

    pub(super) fn review(
        expected: &Task,
        reviewed: &Task,
        kind: &EventKind,
        limits: &QueueLimits,
    ) -> Result<Self, QueueError> {
        let is_large = fits(&reviewed.result, limits).is_err();
        let mut command = Self::about("review", expected.id, false);
        command.add(&result_digest(expected.result.as_ref())?);
        command.add(&if is_large { Vec::new() } else { result(reviewed.result.as_ref())? });
        command.add(&event(kind)?);
        let reviews = [expected.review, reviewed.review].map(review_number);
        command.add(&Numbers::new().u8(reviews[0]).u8(reviews[1]).flag(is_large).0);
        Ok(command)
    }

    pub(super) fn pause(mode: Mode, is_paused: bool) -> Self {
        let mut command = Self::new("pause", true);
        command.add(&Numbers::new().u8(lane(mode)).f64(f64::from(u8::from(is_paused))).0);
        command
    }

    pub(super) fn wake(what: WaitingFor) -> Self {
        let mut command = Self::new("wake", true);
        command.add(&Numbers::new().u8(waits_number(what)).0);
        command
    }

    pub(super) fn get(id: TaskId) -> Self {
        Self::about("get", id, true)
    }
    pub(super) fn head(id: TaskId) -> Self {
        Self::about("head", id, true)
    }

    pub(super) fn events(id: TaskId, after: Seq, limit: usize) -> Self {
        let mut command = Self::about("events", id, true);
        command.add(&Numbers::new().f64(time(after)).count(limit).0);
        command
    }

    /// The tasks before place `before`, when that is known, else after the filter's task.
    pub(super) fn list(filter: &TaskFilter, before: Option<f64>, limit: usize) -> Self {
        let mut command = Self::new("list", true);
        let after = filter.after.filter(|_| before.is_none());
        for id in [
            after.map(|id| id.as_uuid()),
            filter.project.map(|id| id.as_uuid()),
            filter.session.map(|id| id.as_uuid()),
        ] {
            command.add(id.as_ref().map_or(&[], |id| id.as_bytes()));
        }
        let status = filter.status.map_or(u8::MAX, status_number);
        command.add(&Numbers::new().f64(before.unwrap_or(f64::INFINITY)).count(limit).u8(status).0);
        command
    }

    pub(super) fn stats() -> Self {
        Self::new("stats", true)
    }
}

/// Numbers as the script takes them: bytes, and doubles in little endian.
struct Numbers(Vec<u8>);

impl Numbers {
    const fn new() -> Self {
        Self(Vec::new())
    }
    fn u8(mut self, number: u8) -> Self {
        self.0.push(number);
        self
    }
    fn flag(self, is_so: bool) -> Self {
        self.u8(u8::from(is_so))
    }
    fn f64(mut self, number: f64) -> Self {
        self.0.extend_from_slice(&number.to_le_bytes());
        self
    }
    fn count(self, count: usize) -> Self {
        self.f64(as_f64(count))
    }
}

/// Exact up to 2^53, which no count here reaches but "no limit".
pub(super) fn as_f64(count: usize) -> f64 {
    count as f64
}

fn time(millis: u64) -> f64 {
    millis.min(LONGEST) as f64
}

fn span(time: Duration) -> f64 {
    self::time(u64::try_from(time.as_millis()).unwrap_or(u64::MAX))
}

fn lane(mode: Mode) -> u8 {
    mode as u8
}

/// The lanes as bits.
pub(super) fn mask(lanes: &[Mode]) -> u8 {
    lanes.iter().fold(0, |mask, mode| mask | 1 << lane(*mode))
}

fn retrying(message: &str, wait: Duration) -> EventKind {
    let after_ms = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
    EventKind::Retrying { message: message.to_owned(), after_ms }
}

/// Whether a task is no larger than one may be, without its end.
fn has_room(task: &Task, limits: &QueueLimits) -> bool {
    // A byte has at most six in JSON, and a task without its words no more than this.
    let words: usize = task.files.iter().map(|file| file.content.len() + file.path.as_str().len()).sum();
    let at_most = 6 * (task.prompt.len() + words + task.user_id.0.len()) + 64 * task.files.len() + 8_192;
    if at_most <= limits.max_body_bytes {
        return true;
    }
    let bare = Task { result: None, metrics: None, error: None, ..task.clone() };
    fits(&bare, limits).is_ok()
}
