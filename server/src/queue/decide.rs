//! [`Draft`]: what a command does, decided. Every command is one method that checks first and then drafts records; the
//! draft applies them as it goes, so that one batch of commands sees what the earlier ones did.

use super::body::Body;
use super::record::{Head, Record, Sent};
use super::state::State;
use super::{Beat, Lease, Outcome, QueueError, QueueLimits, SubmitOptions};
use std::collections::HashMap;
use std::time::Duration;
use tidemark_shared::{
    EventKind, Hash, Millis, Mode, Review, Seq, Task, TaskError, TaskErrorCode, TaskId, TaskStatus, UserId,
    WaitingFor,
    task::transition::{self, Move},
    task::{Metrics, TaskEdit},
};

/// Bodies that are kept, read while deciding.
pub trait Bodies {
    fn body(&self, id: TaskId) -> Result<Body, QueueError>;
}

/// How a submitted task was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Taken {
    New,
    Known,
    Same(TaskId),
}

/// Commands in the making.
pub struct Draft<'a> {
    pub(super) state: &'a mut State,
    pub(super) kept: &'a dyn Bodies,
    pub(super) limits: &'a QueueLimits,
    /// What people see as the time.
    pub(super) now: Millis,
    /// What pauses and leases are measured by.
    pub(super) steady: Millis,
    /// What was decided, in order.
    pub(super) records: Vec<Record>,
    /// Bodies that this draft wrote.
    pub(super) written: HashMap<TaskId, Body>,
}

impl Draft<'_> {
    pub(super) fn submit(&mut self, sent: &Sent, options: &SubmitOptions) -> Result<Taken, QueueError> {
        let task = sent.body.task()?;
        if let Ok(known) = self.state.head(task.id) {
            return if known.sent == sent.digest {
                Ok(Taken::Known)
            } else {
                Err(QueueError::IdTaken(task.id))
            };
        }
        self.has_size(&sent.body)?;
        let taken = self.state.paces.take(&options.paces, self.steady);
        taken.map_err(|retry_after| QueueError::TooSoon { retry_after })?;
        if let Some(key) = &task.cache_key {
            if options.joins
                && let Some(same) = self.state.same(key).find(|head| !head.status.is_terminal())
            {
                return Ok(Taken::Same(same.id));
            }
            if let Some(answered) = self.answer(key)? {
                return self.recall(sent, answered).map(|()| Taken::New);
            }
        }
        self.has_room(&task.user_id)?;
        let mut head = Head::new(task, sent.digest, self.state.next_place(), self.now);
        if let Some(wait) = task.run_at.and_then(|at| at.checked_sub(self.now)).filter(|wait| *wait > 0) {
            head.not_before = Some(self.steady.saturating_add(wait));
            head.pause_ms = wait;
        }
        let leader = task.after.map(|id| self.state.head(id).cloned()).transpose()?;
        head.waiting_for = leader.as_ref().filter(|l| !l.status.is_terminal()).map(|_| WaitingFor::Task);
        let follower = head.clone();
        self.put(head, Some(sent.body.clone()), vec![EventKind::Queued]);
        match leader.map(|leader| leader.status) {
            Some(TaskStatus::Failed | TaskStatus::Cancelled) => {
                self.fail_follower(self.state.head(follower.id)?.clone())?;
                self.forget_oldest();
            }
            Some(TaskStatus::Done | TaskStatus::Queued | TaskStatus::Processing) | None => {}
        }
        Ok(Taken::New)
    }

    fn has_room(&self, person: &UserId) -> Result<(), QueueError> {
        let full = |what, limit| Err(QueueError::Full { what, limit });
        if self.state.queued() >= self.limits.max_queued {
            return full("tasks in line", self.limits.max_queued);
        }
        match self.limits.max_queued_per_person {
            Some(limit) if self.state.queued_by(person) >= limit => {
                full("tasks of one person in line", limit)
            }
            _ => Ok(()),
        }
    }

    /// The newest task that answered the same well, unless a person turned the answer down.
    fn answer(&self, key: &Hash) -> Result<Option<Task>, QueueError> {
        let is_good = |head: &&Head| {
            head.status == TaskStatus::Done && matches!(head.review, Review::None | Review::Pending)
        };
        let Some(head) = self.state.same(key).find(is_good) else { return Ok(None) };
        // A limit may have ended it early: whoever asks again wants more.
        Ok(Some(self.task(head.id)?).filter(|task| task.error.is_none()))
    }

    /// A new task whose answer is known: done at once, and nothing was used.
    fn recall(&mut self, sent: &Sent, answered: Task) -> Result<(), QueueError> {
        let mut task = sent.body.task()?.clone();
        let mut head = Head::new(&task, sent.digest, self.state.next_place(), self.now);
        head.review = answered.review;
        let used = answered.metrics.unwrap_or_default();
        task.result = answered.result;
        task.metrics = Some(Metrics {
            cached: true,
            cost_usd: Some(0.0),
            llm_provider: used.llm_provider,
            model: used.model,
            ..Metrics::default()
        });
        step(&mut head, Move::Recall)?;
        let finished = EventKind::Finished { status: head.status, error: None };
        self.put(head, Some(Body::pack(task)?), vec![EventKind::Queued, finished]);
        self.forget_oldest();
        Ok(())
    }

    pub(super) fn lease(
        &mut self,
        worker: &str,
        lanes: &[Mode],
        want: usize,
        ttl: Duration,
    ) -> Result<Vec<Lease>, QueueError> {
        while let Some(head) = self.state.expired(self.steady).cloned() {
            self.interrupt(head)?;
        }
        let mut leases = Vec::new();
        while leases.len() < want
            && let Some(mut head) = self.state.next(lanes).cloned()
        {
            step(&mut head, Move::Lease)?;
            head.attempt += 1;
            head.step = 0;
            let expires = later(self.steady, ttl);
            head.lease_until = Some(expires);
            leases.push(Lease { task: head.id, attempt: head.attempt, failures: head.failures, expires });
            let started = EventKind::Started { worker: worker.into(), model: head.model.to_string() };
            self.put(head, None, vec![started]);
        }
        Ok(leases)
    }

    pub(super) fn pause(&mut self, lane: Mode, is_paused: bool) {
        if self.state.is_paused(lane) != is_paused {
            self.record(Record::Lane { lane, is_paused });
        }
    }

    /// Takes a task back from a worker that is gone: to the line, or to its end when that happened too often.
    fn interrupt(&mut self, mut head: Head) -> Result<(), QueueError> {
        head.interruptions += 1;
        head.lease_until = None;
        let events = vec![EventKind::Interrupted { step: head.step }];
        if head.cancel_requested {
            return self.end(head, Move::Cancel, None, events, |_| {});
        }
        if head.interruptions > self.limits.max_interruptions {
            let error = lost_too_often(head.interruptions);
            let body_error = Some(error.clone());
            return self.end(head, Move::Fail, Some(error), events, |task| task.error = body_error);
        }
        step(&mut head, Move::Yield)?;
        self.put(head, None, events);
        Ok(())
    }

    /// Takes every task back: the process that held the leases is gone.
    pub(super) fn interrupt_all(&mut self) -> Result<(), QueueError> {
        self.state.leased().into_iter().try_for_each(|head| self.interrupt(head))
    }

    pub(super) fn renew(&mut self, lease: &Lease, ttl: Duration) -> Result<Beat, QueueError> {
        let head = self.held(lease)?;
        let beat = Beat { cancel_requested: head.cancel_requested };
        self.record(Record::Renew { task: head.id, attempt: head.attempt, until: later(self.steady, ttl) });
        Ok(beat)
    }

    pub(super) fn append(&mut self, lease: &Lease, kinds: Vec<EventKind>) -> Result<Seq, QueueError> {
        let mut head = self.held(lease)?;
        if head.seq.saturating_add(kinds.len() as u64) > self.limits.max_events {
            let limit = usize::try_from(self.limits.max_events).unwrap_or(usize::MAX);
            return Err(QueueError::Full { what: "events of one task", limit });
        }
        self.fits(&kinds)?;
        if !kinds.is_empty() {
            let events = head.number(kinds, self.now);
            self.record(Record::Events { task: head.id, events });
        }
        Ok(head.seq)
    }

    pub(super) fn finish(&mut self, lease: &Lease, outcome: Outcome) -> Result<(), QueueError> {
        let mut head = self.held(lease)?;
        head.lease_until = None;
        match outcome {
            Outcome::Done { result, review, metrics, error } => {
                self.fits(&result)?;
                head.review = review;
                let body_error = error.clone();
                self.end(head, Move::Finish, error, vec![], |task| {
                    task.result = Some(result);
                    task.metrics = Some(metrics);
                    task.error = body_error;
                })
            }
            Outcome::Failed { error, .. }
                if let Some(delay) = self.limits.retries.pause(head.id, head.failures, &error)
                    && !head.cancel_requested
                    && head.seq < self.limits.max_events =>
            {
                head.failures += 1;
                self.again(head, delay, error.message)
            }
            Outcome::Failed { error, metrics } => {
                let body_error = Some(error.clone());
                self.end(head, Move::Fail, Some(error), vec![], |task| {
                    task.error = body_error;
                    task.metrics = metrics;
                })
            }
            Outcome::Cancelled { metrics } => {
                self.end(head, Move::Cancel, None, vec![], |task| task.metrics = metrics)
            }
            Outcome::Wait { .. } | Outcome::Again { .. } if head.cancel_requested => {
                self.end(head, Move::Cancel, None, vec![], |_| {})
            }
            Outcome::Wait { .. } | Outcome::Again { .. } if head.seq >= self.limits.max_events => {
                let error = tried_too_often(head.seq);
                let body_error = Some(error.clone());
                self.end(head, Move::Fail, Some(error), vec![], |task| task.error = body_error)
            }
            Outcome::Wait { waiting_for, message } => {
                step(&mut head, Move::Yield)?;
                head.waiting_for = Some(waiting_for);
                self.put(head, None, vec![EventKind::Waiting { waiting_for, message }]);
                Ok(())
            }
            Outcome::Again { delay, message } => self.again(head, delay, message),
        }
    }

    /// Back to the line, for a while.
    fn again(&mut self, mut head: Head, delay: Duration, message: String) -> Result<(), QueueError> {
        step(&mut head, Move::Yield)?;
        let after_ms = u64::try_from(delay.as_millis()).unwrap_or(u64::MAX);
        head.not_before = Some(self.steady.saturating_add(after_ms));
        head.pause_ms = after_ms;
        self.put(head, None, vec![EventKind::Retrying { message, after_ms }]);
        Ok(())
    }

    pub(super) fn cancel(&mut self, id: TaskId) -> Result<(), QueueError> {
        let mut head = self.state.head(id)?.clone();
        match head.status {
            TaskStatus::Cancelled => Ok(()),
            TaskStatus::Done | TaskStatus::Failed => Err(wrong(&head)),
            TaskStatus::Processing if head.cancel_requested => Ok(()),
            TaskStatus::Processing => {
                head.cancel_requested = true;
                self.put(head, None, vec![EventKind::CancelRequested]);
                Ok(())
            }
            TaskStatus::Queued => self.end(head, Move::Cancel, None, vec![], |_| {}),
        }
    }

    pub(super) fn edit(&mut self, id: TaskId, edit: TaskEdit) -> Result<(), QueueError> {
        let mut head = self.state.head(id)?.clone();
        if head.status != TaskStatus::Queued {
            return Err(wrong(&head));
        }
        if head.seq >= self.limits.max_events {
            let limit = usize::try_from(self.limits.max_events).unwrap_or(usize::MAX);
            return Err(QueueError::Full { what: "events of one task", limit });
        }
        head.priority = edit.priority.unwrap_or(head.priority);
        head.model = edit.model.unwrap_or(head.model);
        let body = match edit.prompt {
            Some(prompt) => {
                let body = Body::pack(Task { prompt, ..self.body(id)?.task()?.clone() })?;
                self.has_size(&body)?;
                Some(body)
            }
            None => None,
        };
        self.put(head, body, vec![EventKind::Edited]);
        Ok(())
    }

    pub(super) fn review(
        &mut self,
        expected: &Task,
        reviewed: Task,
        event: EventKind,
    ) -> Result<(), QueueError> {
        let mut head = self.state.head(expected.id)?.clone();
        let mut body = self.body(head.id)?.task()?.clone();
        if head.status != TaskStatus::Done || head.review != expected.review || body.result != expected.result
        {
            return Err(wrong(&head));
        }
        let most = self.limits.max_events.saturating_add(self.limits.max_review_events);
        if head.seq >= most {
            let limit = usize::try_from(most).unwrap_or(usize::MAX);
            return Err(QueueError::Full { what: "events of one task", limit });
        }
        head.review = reviewed.review;
        self.fits(&reviewed.result)?;
        body.result = reviewed.result;
        self.put(head, Some(Body::pack(body)?), vec![event]);
        Ok(())
    }

    pub(super) fn wake(&mut self, what: WaitingFor) {
        if what == WaitingFor::Task {
            return;
        }
        for mut head in self.state.waiting_for(what) {
            head.waiting_for = None;
            head.updated_at = self.now;
            self.put(head, None, vec![]);
        }
    }

    /// Ends a task, and what that means for the tasks that come after it; `with` writes into its body what its end brought.
    /// Refused for no size: an end always fits.
    fn end(
        &mut self,
        head: Head,
        by: Move,
        error: Option<TaskError>,
        events: Vec<EventKind>,
        with: impl FnOnce(&mut Task),
    ) -> Result<(), QueueError> {
        let id = head.id;
        self.end_one(head, by, error, events, with)?;
        let mut ended = vec![id];
        while let Some(leader) = ended.pop() {
            let went_well = self.state.head(leader)?.status == TaskStatus::Done;
            for mut follower in self.state.followers(leader) {
                if went_well {
                    follower.waiting_for = None;
                    follower.updated_at = self.now;
                    self.put(follower, None, vec![]);
                } else {
                    ended.push(follower.id);
                    self.fail_follower(follower)?;
                }
            }
        }
        self.forget_oldest();
        Ok(())
    }

    fn end_one(
        &mut self,
        mut head: Head,
        by: Move,
        error: Option<TaskError>,
        mut events: Vec<EventKind>,
        with: impl FnOnce(&mut Task),
    ) -> Result<(), QueueError> {
        step(&mut head, by)?;
        let mut body = self.body(head.id)?.task()?.clone();
        with(&mut body);
        head.lease_until = None;
        head.not_before = None;
        head.waiting_for = None;
        events.push(EventKind::Finished { status: head.status, error });
        self.put(head, Some(Body::pack(body)?), events);
        Ok(())
    }

    /// Ends a task that came after one that did not end well.
    fn fail_follower(&mut self, head: Head) -> Result<(), QueueError> {
        let error = leader_failed();
        let body_error = Some(error.clone());
        self.end_one(head, Move::Fail, Some(error), vec![], |task| task.error = body_error)
    }

    fn forget_oldest(&mut self) {
        while let Some(task) = self.state.too_many_ended(self.limits.keep_ended) {
            self.record(Record::Forget { task });
        }
    }

    /// The head of the task that `lease` still holds.
    fn held(&self, lease: &Lease) -> Result<Head, QueueError> {
        let head = self.state.head(lease.task)?;
        if head.status != TaskStatus::Processing || head.attempt != lease.attempt {
            return Err(QueueError::LeaseLost(lease.task));
        }
        Ok(head.clone())
    }

    /// A task as it stands after what was decided so far.
    pub(super) fn task(&self, id: TaskId) -> Result<Task, QueueError> {
        Ok(self.state.shown(id)?.over(self.body(id)?.task()?.clone()))
    }

    fn body(&self, id: TaskId) -> Result<Body, QueueError> {
        self.written.get(&id).map_or_else(|| self.kept.body(id), |body| Ok(body.clone()))
    }

    fn has_size(&self, body: &Body) -> Result<(), QueueError> {
        let limit = self.limits.max_body_bytes;
        if body.json_bytes() > limit {
            return Err(QueueError::Full { what: "bytes of one task", limit });
        }
        Ok(())
    }

    fn fits(&self, what: &impl serde::Serialize) -> Result<(), QueueError> {
        fits(what, self.limits)
    }

    fn put(&mut self, mut head: Head, body: Option<Body>, kinds: Vec<EventKind>) {
        let events = head.number(kinds, self.now);
        self.record(Record::Put { head: Box::new(head), body, events });
    }

    pub(super) fn record(&mut self, record: Record) {
        self.state.apply(&record);
        if let Record::Put { head, body: Some(body), .. } = &record {
            self.written.insert(head.id, body.clone());
        }
        self.records.push(record);
    }
}

/// Whether something is no larger as JSON than one task may be.
pub(super) fn fits(what: &impl serde::Serialize, limits: &QueueLimits) -> Result<(), QueueError> {
    let mut bytes = Counted { left: limits.max_body_bytes };
    serde_json::to_writer(&mut bytes, what)
        .map_err(|_| QueueError::Full { what: "bytes of one task", limit: limits.max_body_bytes })
}

/// Why a task ends that lost its worker `times` times.
pub(super) fn lost_too_often(times: u32) -> TaskError {
    let message = format!("the worker was lost {times} times while it ran this task");
    TaskError { code: TaskErrorCode::Interrupted, message, retryable: true }
}
/// Why a task ends that went back to the line until it had `events` events.
pub(super) fn tried_too_often(events: Seq) -> TaskError {
    let message = format!("it was tried again until it had {events} events");
    TaskError { code: TaskErrorCode::LimitReached, message, retryable: true }
}
/// Why a task ends that came after one that did not end well.
pub(super) fn leader_failed() -> TaskError {
    let message = "The task that this one comes after did not end well.".into();
    TaskError { code: TaskErrorCode::DependencyFailed, message, retryable: true }
}

/// Refuses to count beyond what is left: a size check without a copy.
struct Counted {
    left: usize,
}

impl std::io::Write for Counted {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.left = self.left.checked_sub(bytes.len()).ok_or(std::io::ErrorKind::FileTooLarge)?;
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn step(head: &mut Head, by: Move) -> Result<(), QueueError> {
    head.status = transition::next(head.status, by).ok_or_else(|| wrong(head))?;
    Ok(())
}

fn wrong(head: &Head) -> QueueError {
    QueueError::WrongState { task: head.id, status: head.status, review: head.review }
}

fn later(now: Millis, by: Duration) -> Millis {
    now.saturating_add(u64::try_from(by.as_millis()).unwrap_or(u64::MAX))
}
