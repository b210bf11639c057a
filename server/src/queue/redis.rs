//! The backend of a team: tasks, lines, leases and events in Redis, shared by any number of processes. One script carries
//! out a batch of commands at a time ([`pump`]), and deciding happens in it, so no two processes can disagree. It decides
//! as [`super::decide`], [`super::state`] and [`super::line`] do, and the conformance suite holds it to that.
//!
//! ```text
//! commands ─► pump: all that wait, one call ─► script: decide, write, tell ─► answers, news
//!                                         other processes ─► stream of news ─┘
//! ```
//!
//! What is kept, under one hash tag so that a Cluster keeps it together: hashes of `heads`, `bodies`, `ends` and `events`
//! by task, `order` by place and `people` by name; sorted sets for lines, rings, pauses, leases and whoever waits; `state`,
//! the counters; `news`, a capped stream; and what each process's last call decided, so that none is carried out twice.

mod command;
mod kept;
mod link;
mod news;
mod packed;
mod pump;
mod script;
mod server;

#[cfg(test)]
pub(crate) mod server_for_tests;
#[cfg(test)]
mod tests;

pub use link::RedisUrl;
pub use server::{Durability, OpenError};

use super::wakes::Wakes;
use super::{
    Beat, Changed, LaneStats, Lease, Leased, Outcome, QueueError, QueueLimits, QueueStats, Submission,
    SubmitOptions, TaskFilter, TaskPage, TaskQueue,
};
use crate::clock::Clock;
use async_trait::async_trait;
use command::{Command, mask};
use kept::{Head, read_event};
use news::Teller;
use packed::{Taken, damaged};
use pump::{Engine, Pump, Time};
use redis::Value;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tidemark_shared::{
    EventKind, Mode, Seq, Task, TaskError, TaskEvent, TaskId, TaskResult, TaskStatus, WaitingFor,
    task::{Metrics, TaskEdit},
};
use tokio::sync::broadcast;

/// The names of everything in Redis begin so. The braces keep them in one slot of a Cluster.
const PREFIX: &str = "{tidemark}";
/// Wait before asking again whether a task was cancelled.
const AFTER_TROUBLE: Duration = Duration::from_secs(1);
/// Tasks leased here whose content is kept at hand, so that it need not come back with their end.
const MOST_AT_HAND: usize = 1_024;

/// How a ledger in Redis is opened.
#[derive(Debug, Clone)]
pub struct RedisOptions {
    pub url: RedisUrl,
    /// The beginning of all names in Redis, for two ledgers in one Redis. It must hold a `{tag}`.
    pub prefix: String,
    /// How long a command waits for a Redis that is away.
    pub wait: Duration,
    /// An answer that takes longer is lost; the command is sent again.
    pub patience: Duration,
}

impl RedisOptions {
    pub fn new(url: impl Into<RedisUrl>) -> Self {
        let (wait, patience) = (Duration::from_secs(10), Duration::from_secs(3));
        Self { url: url.into(), prefix: PREFIX.into(), wait, patience }
    }
}

/// A ledger in Redis.
pub struct RedisQueue {
    pump: Pump,
    wakes: Arc<Wakes>,
    teller: Arc<Teller>,
    clock: Arc<dyn Clock>,
    limits: QueueLimits,
    durability: Durability,
    at_hand: Mutex<HashMap<TaskId, Task>>,
    listening: tokio::task::JoinHandle<()>,
}

impl Drop for RedisQueue {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

impl RedisQueue {
    /// Connects, and refuses a Redis that would lose tasks. Redis's own clock counts, whatever `clock` says; that one only
    /// measures how long to sleep.
    pub async fn open(
        options: RedisOptions,
        clock: Arc<dyn Clock>,
        limits: QueueLimits,
    ) -> Result<Self, OpenError> {
        Self::open_by(options, clock, limits, Time::Redis).await
    }

    async fn open_by(
        options: RedisOptions,
        clock: Arc<dyn Clock>,
        limits: QueueLimits,
        time: Time,
    ) -> Result<Self, OpenError> {
        let (target, link, server) = server::connect(&options).await?;
        let wakes = Arc::new(Wakes::new(&limits));
        let teller = Arc::new(Teller::new(wakes.clone(), clock.clone(), matches!(time, Time::Redis)));
        let engine = Engine {
            target: target.clone(),
            prefix: options.prefix.clone(),
            time,
            limits: limits.clone(),
            teller: teller.clone(),
            wait: options.wait,
            patience: options.patience,
            max_memory: server.max_memory,
        };
        teller.begin(server.newest);
        let pump = Pump::start(engine, link);
        // Learns which lanes are open, and proves that the script runs here.
        pump.ask(Command::due())
            .await
            .map_err(|why| OpenError::Refused(target.to_string(), why.to_string()))?;
        let key = format!("{}:news", options.prefix);
        let listening = tokio::spawn(news::listen(target, key, Arc::downgrade(&teller)));
        let durability = server.durability;
        Ok(Self { pump, wakes, teller, clock, limits, durability, at_hand: Mutex::default(), listening })
    }

    /// With the time of `clock`, which a test moves.
    #[cfg(test)]
    pub(super) async fn open_for_tests(
        options: RedisOptions,
        clock: Arc<dyn Clock>,
        limits: QueueLimits,
    ) -> Self {
        let time = Time::Caller(clock.clone());
        Self::open_by(options, clock, limits, time).await.expect("a ledger in Redis opens")
    }

    /// What outlives a power cut of Redis's machine.
    pub const fn durability(&self) -> Durability {
        self.durability
    }

    async fn ask(&self, command: Command) -> Result<Answer, QueueError> {
        let answer = Answer(self.pump.ask(command).await?.into_iter());
        answer.checked(&self.limits)
    }

    /// The task that a command was about, as it stands then.
    async fn whole(&self, id: TaskId, command: Command) -> Result<Task, QueueError> {
        let mut answer = self.ask(command).await?;
        answer.name()?;
        answer.whole(id)
    }

    async fn head(&self, id: TaskId) -> Result<Head, QueueError> {
        let mut answer = self.ask(Command::head(id)).await?;
        answer.name()?;
        answer.head()
    }

    /// Waits until `is_so` holds for the task; a forgotten task is `NotFound`.
    async fn until(&self, id: TaskId, is_so: impl Fn(&Head) -> bool + Send) -> Result<(), QueueError> {
        let mut told = self.wakes.task(id);
        loop {
            told.borrow_and_update();
            if is_so(&self.head(id).await?) {
                return Ok(());
            }
            if told.changed().await.is_err() {
                told = self.wakes.task(id);
            }
        }
    }

    fn at_hand(&self) -> std::sync::MutexGuard<'_, HashMap<TaskId, Task>> {
        // A task is put in or taken out whole.
        self.at_hand.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An answer of the script, taken from the front.
struct Answer(std::vec::IntoIter<Value>);

impl Answer {
    /// Refusals are errors.
    fn checked(self, limits: &QueueLimits) -> Result<Self, QueueError> {
        let mut look = self.0.as_slice().iter();
        let mut next = || look.next();
        let Some(Value::BulkString(name)) = next() else { return Err(damaged()) };
        let id = |value: Option<&Value>| match value {
            Some(Value::BulkString(id)) => Taken(id).uuid().map(TaskId::from_uuid),
            _ => Err(damaged()),
        };
        let number = |value: Option<&Value>| match value {
            Some(Value::Int(number)) => u8::try_from(*number).map_err(|_| damaged()),
            _ => Err(damaged()),
        };
        Err(match name.as_slice() {
            b"none" => QueueError::NotFound(id(next())?),
            b"taken" => QueueError::IdTaken(id(next())?),
            b"lost" => QueueError::LeaseLost(id(next())?),
            b"wrong" => {
                let task = id(next())?;
                let status = kept::status_of(number(next())?)?;
                QueueError::WrongState { task, status, review: kept::review_of(number(next())?)? }
            }
            b"soon" => match next() {
                Some(Value::Int(wait)) => QueueError::TooSoon {
                    retry_after: Duration::from_millis(u64::try_from(*wait).map_err(|_| damaged())?),
                },
                _ => return Err(damaged()),
            },
            b"full" => {
                let events = usize::try_from(limits.max_events).unwrap_or(usize::MAX);
                let reviews = limits.max_events.saturating_add(limits.max_review_events);
                let (what, limit) = match number(next())? {
                    1 => ("tasks in line", limits.max_queued),
                    2 => ("tasks of one person in line", limits.max_queued_per_person.unwrap_or(usize::MAX)),
                    3 => ("events of one task", events),
                    4 => ("events of one task", usize::try_from(reviews).unwrap_or(usize::MAX)),
                    _ => ("bytes of one task", limits.max_body_bytes),
                };
                QueueError::Full { what, limit }
            }
            _ => return Ok(self),
        })
    }

    fn bytes(&mut self) -> Result<Vec<u8>, QueueError> {
        match self.0.next() {
            Some(Value::BulkString(bytes)) => Ok(bytes),
            _ => Err(damaged()),
        }
    }
    fn int(&mut self) -> Result<i64, QueueError> {
        match self.0.next() {
            Some(Value::Int(number)) => Ok(number),
            _ => Err(damaged()),
        }
    }
    /// What kind of answer it is.
    fn name(&mut self) -> Result<Vec<u8>, QueueError> {
        self.bytes()
    }
    fn id(&mut self) -> Result<TaskId, QueueError> {
        Taken(&self.bytes()?).uuid().map(TaskId::from_uuid)
    }
    fn head(&mut self) -> Result<Head, QueueError> {
        let head = self.bytes()?;
        let is_held = self.int()? == 1;
        Head::read(&head, is_held)
    }
    fn whole(&mut self, id: TaskId) -> Result<Task, QueueError> {
        let head = self.head()?;
        let (body, ends) = (self.bytes()?, self.bytes()?);
        head.with(id, &body, &ends)
    }
    fn is_empty(&self) -> bool {
        self.0.len() == 0
    }
}

#[async_trait]
impl TaskQueue for RedisQueue {
    async fn submit_with(&self, new: Task, options: SubmitOptions) -> Result<Submission, QueueError> {
        let mut answer = self.ask(Command::submit(&new, &options, &self.limits)?).await?;
        let name = answer.name()?;
        if name == b"same" {
            // It answers with the other task's id first.
            let id = answer.id()?;
            return answer.whole(id).map(Submission::Same);
        }
        if name == b"known" {
            return answer.whole(new.id).map(Submission::Known);
        }
        let head = answer.head()?;
        if answer.is_empty() {
            let bare = Task { result: None, metrics: None, error: None, ..new };
            return Ok(Submission::New(head.over(bare)));
        }
        let (body, ends) = (answer.bytes()?, answer.bytes()?);
        head.with(new.id, &body, &ends).map(Submission::New)
    }

    async fn get(&self, id: TaskId) -> Result<Task, QueueError> {
        self.whole(id, Command::get(id)).await
    }

    async fn list(&self, filter: TaskFilter) -> Result<TaskPage, QueueError> {
        let mut page = TaskPage::default();
        let mut before = None;
        // One more than asked for tells whether there is a next page.
        let wanted = filter.limit.saturating_add(1);
        loop {
            let mut answer = self.ask(Command::list(&filter, before, wanted - page.items.len())).await?;
            answer.name()?;
            let place = answer.int()?;
            while !answer.is_empty() {
                let id = answer.id()?;
                page.items.push(answer.whole(id)?);
            }
            if place < 0 || page.items.len() >= wanted {
                break;
            }
            before = Some(place as f64);
        }
        if page.items.len() > filter.limit {
            page.items.truncate(filter.limit);
            page.next = page.items.last().map(|task| task.id);
        }
        Ok(page)
    }

    async fn lease(
        &self,
        worker: &str,
        lanes: &[Mode],
        want: usize,
        ttl: Duration,
    ) -> Result<Vec<Leased>, QueueError> {
        let mut answer = self.ask(Command::lease(worker, lanes, want, ttl)).await?;
        answer.name()?;
        let mut all = Vec::new();
        while !answer.is_empty() {
            let id = answer.id()?;
            let attempt = u32::try_from(answer.int()?).map_err(|_| damaged())?;
            let expires = Taken(&answer.bytes()?).f64()? as u64;
            let (head, body) = (answer.bytes()?, answer.bytes()?);
            let head = Head::read(&head, false)?;
            let lease = Lease { task: id, attempt, failures: head.failures, expires };
            all.push(Leased { lease, task: head.with(id, &body, &[])? });
        }
        let mut at_hand = self.at_hand();
        for leased in &all {
            if at_hand.len() < MOST_AT_HAND {
                at_hand.insert(leased.task.id, leased.task.clone());
            }
        }
        Ok(all)
    }

    async fn ready(&self, lanes: &[Mode]) {
        let lanes = mask(lanes);
        let mut due = self.teller.due();
        loop {
            let known = *due.borrow_and_update();
            if known.lanes & lanes != 0 {
                return;
            }
            let now = self.clock.now();
            if known.at <= now {
                // What is due may have been done by another worker meanwhile.
                match self.pump.ask(Command::due()).await {
                    Ok(_) => {
                        let known = *due.borrow_and_update();
                        if known.lanes & lanes != 0 || known.at <= self.clock.now() {
                            return;
                        }
                    }
                    // Whoever waits here asks for a lease next, and is told what is wrong.
                    Err(_) => return,
                }
                continue;
            }
            tokio::select! {
                // The sender lives as long as `self`.
                _changed = due.changed() => {}
                () = self.clock.sleep(Duration::from_millis(known.at - now)) => {}
            }
        }
    }

    async fn renew(&self, lease: &Lease, ttl: Duration) -> Result<Beat, QueueError> {
        let mut answer = self.ask(Command::renew(lease, ttl)).await?;
        answer.name()?;
        Ok(Beat { cancel_requested: answer.int()? == 1 })
    }

    async fn cancelled(&self, lease: &Lease) {
        let over = |head: &Head| {
            head.cancel_requested() || head.attempt != lease.attempt || head.status != TaskStatus::Processing
        };
        loop {
            match self.until(lease.task, over).await {
                Ok(()) | Err(QueueError::NotFound(_)) => return,
                // Redis is away; the lease may still hold.
                Err(_) => self.clock.sleep(AFTER_TROUBLE).await,
            }
        }
    }

    async fn append(&self, lease: &Lease, events: Vec<EventKind>) -> Result<Seq, QueueError> {
        let mut answer = self.ask(Command::append(lease, &events, &self.limits)?).await?;
        answer.name()?;
        u64::try_from(answer.int()?).map_err(|_| damaged())
    }

    async fn finish(&self, lease: &Lease, outcome: Outcome) -> Result<Task, QueueError> {
        let id = lease.task;
        let mut answer = self.ask(Command::finish(lease, &outcome, &self.limits)?).await?;
        answer.name()?;
        let head = answer.head()?;
        let kept = self.at_hand().remove(&id);
        let Some(task) = kept else { return self.get(id).await };
        let mut task = head.over(task);
        ended_by(outcome, &head, &mut task);
        Ok(task)
    }

    async fn cancel(&self, id: TaskId) -> Result<Task, QueueError> {
        self.whole(id, Command::cancel(id)).await
    }

    async fn edit(&self, id: TaskId, edit: TaskEdit) -> Result<Task, QueueError> {
        let edited = match &edit.prompt {
            // Nothing else in a body ever changes, so no other edit can be lost.
            Some(prompt) => match self.get(id).await {
                Ok(task) => Some(Task { prompt: prompt.clone(), ..task }),
                // Time passes with every command, also with a refused one.
                Err(why @ QueueError::NotFound(_)) => return self.ask(Command::due()).await.and(Err(why)),
                Err(why) => return Err(why),
            },
            None => None,
        };
        self.whole(id, Command::edit(id, &edit, edited.as_ref(), &self.limits)?).await
    }

    async fn review(&self, expected: &Task, reviewed: Task, event: EventKind) -> Result<Task, QueueError> {
        let command = Command::review(expected, &reviewed, &event, &self.limits)?;
        self.whole(expected.id, command).await
    }

    async fn pause(&self, lane: Mode, is_paused: bool) -> Result<(), QueueError> {
        self.ask(Command::pause(lane, is_paused)).await.map(|_| ())
    }

    async fn wake(&self, what: WaitingFor) -> Result<(), QueueError> {
        if what == WaitingFor::Task {
            return Ok(());
        }
        loop {
            let mut answer = self.ask(Command::wake(what)).await?;
            answer.name()?;
            if answer.int()? == 0 {
                return Ok(());
            }
        }
    }

    async fn events(&self, id: TaskId, after: Seq, limit: usize) -> Result<Vec<TaskEvent>, QueueError> {
        let mut answer = self.ask(Command::events(id, after, limit)).await?;
        answer.name()?;
        let head = Head::read(&answer.bytes()?, false)?;
        let mut events = Vec::new();
        if after == 0 && limit > 0 {
            events.push(TaskEvent { seq: 1, at: head.created_at, attempt: 0, kind: EventKind::Queued });
        }
        let mut seq = after.max(1);
        while !answer.is_empty() {
            seq += 1;
            events.push(read_event(seq, &answer.bytes()?)?);
        }
        Ok(events)
    }

    async fn event_after(&self, id: TaskId, after: Seq) -> Result<(), QueueError> {
        self.until(id, |head| head.seq > after).await
    }

    fn changes(&self) -> broadcast::Receiver<Changed> {
        self.wakes.changes()
    }

    fn backend(&self) -> &'static str {
        "redis"
    }

    async fn stats(&self) -> Result<QueueStats, QueueError> {
        loop {
            let mut answer = self.ask(Command::stats()).await?;
            answer.name()?;
            // The oldest task in line is sought some steps at a time.
            if answer.int()? == 1 {
                continue;
            }
            let numbers = answer.bytes()?;
            let mut numbers = Taken(&numbers);
            let mut stats = QueueStats {
                lease_losses: numbers.f64()? as u64,
                retries: numbers.f64()? as u64,
                ..QueueStats::default()
            };
            for mode in Mode::ALL {
                let (queued, waiting, processing) = (numbers.f64()?, numbers.f64()?, numbers.f64()?);
                let (is_paused, made) = (numbers.f64()?, numbers.f64()?);
                let lane = LaneStats {
                    queued: queued as usize,
                    waiting: waiting as usize,
                    processing: processing as usize,
                    oldest_queued_at: (made >= 0.0).then_some(made as u64),
                    is_paused: is_paused > 0.0,
                };
                stats.lanes.insert(mode, lane);
            }
            return Ok(stats);
        }
    }
}

/// Lays over `task` what its end brought: `outcome`, unless the ledger made something else of it.
fn ended_by(outcome: Outcome, head: &Head, task: &mut Task) {
    let ends: (Option<TaskResult>, Option<Metrics>, Option<TaskError>) = match (head.status, outcome) {
        (TaskStatus::Done, Outcome::Done { result, metrics, error, .. }) => {
            (Some(result), Some(metrics), error)
        }
        (TaskStatus::Failed, Outcome::Failed { error, metrics }) => (None, metrics, Some(error)),
        (TaskStatus::Failed, _) => {
            (None, None, Some(super::decide::tried_too_often(head.seq.saturating_sub(1))))
        }
        (TaskStatus::Cancelled, Outcome::Cancelled { metrics }) => (None, metrics, None),
        _ => (None, None, None),
    };
    (task.result, task.metrics, task.error) = ends;
}
