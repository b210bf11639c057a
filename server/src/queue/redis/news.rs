//! [`Teller`]: what happened to the ledger, told in this process exactly once and in order, whether this process did it or
//! another one. Every call that changes something has a number and leaves its news in a stream. The answer to a call
//! brings its own news and those of others since the last; while this process asks nothing, [`listen`] reads the stream.

use super::kept::{review_of, status_of, waits_of};
use super::link::{Link, Target};
use super::packed::{Taken, damaged};
use crate::clock::Clock;
use crate::queue::wakes::Wakes;
use crate::queue::{Changed, QueueError};
use redis::{RedisError, Value};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tidemark_shared::{Millis, ProjectId, SessionId, TaskId, UserId};
use tokio::sync::watch;

/// How long Redis holds a question for news when there are none.
const HELD: Duration = Duration::from_secs(5);
/// A held question that is not answered by then is lost, and so is its connection.
const LOST: Duration = Duration::from_secs(8);
/// Calls bring news along. Only when there was none for this long are news asked for.
const QUIET: Duration = Duration::from_millis(20);
const AFTER_TROUBLE: Duration = Duration::from_millis(500);
/// An entry with no news is as long as this: the lanes and when something is due.
const BARE: usize = 9;

/// When there is something to lease.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Due {
    /// The lanes where somebody has their turn, as bits.
    pub(super) lanes: u8,
    /// When a pause ends or a lease runs out, by this process's clock.
    pub(super) at: Millis,
}

pub(super) struct Teller {
    wakes: Arc<Wakes>,
    clock: Arc<dyn Clock>,
    /// Redis's own time counts, not this process's.
    by_redis: bool,
    told: Mutex<Told>,
    due: watch::Sender<Due>,
}

struct Told {
    /// The number of the last call whose news were told.
    number: u64,
    /// How far this process's clock is ahead of Redis's, in milliseconds.
    ahead: f64,
    last_call: Instant,
    last_change: Option<Changed>,
}

/// What one call's answer says beside its commands' answers.
pub(super) struct Tidings<'a> {
    /// The time by which Redis carried the call out.
    pub(super) wall: f64,
    /// The number of the newest call that had news.
    pub(super) newest: u64,
    pub(super) own: &'a [u8],
    pub(super) others: Vec<&'a [u8]>,
}

impl Teller {
    pub(super) fn new(wakes: Arc<Wakes>, clock: Arc<dyn Clock>, by_redis: bool) -> Self {
        let due = watch::Sender::new(Due { lanes: 0, at: Millis::MAX });
        let told = Told { number: 0, ahead: 0.0, last_call: Instant::now(), last_change: None };
        Self { wakes, clock, by_redis, told: Mutex::new(told), due }
    }

    fn lock(&self) -> MutexGuard<'_, Told> {
        // What was told is told; a panic in between leaves no half of it.
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The number of the last call whose news were told.
    pub(super) fn number(&self) -> u64 {
        self.lock().number
    }

    pub(super) fn due(&self) -> watch::Receiver<Due> {
        self.due.subscribe()
    }

    /// Begins with the newest call: nobody here knows of an older one.
    pub(super) fn begin(&self, newest: u64) {
        self.lock().number = newest;
    }

    /// Tells the news of a call that this process made.
    pub(super) fn tell(&self, tidings: &Tidings<'_>) -> Result<(), QueueError> {
        let mut told = self.lock();
        told.last_call = Instant::now();
        if self.by_redis {
            told.ahead = self.clock.now() as f64 - tidings.wall;
        }
        let has_own = tidings.own.len() > BARE;
        let before = tidings.newest.saturating_sub(u64::from(has_own));
        let first = (before + 1).saturating_sub(tidings.others.len() as u64);
        // A newest number that is lower than one we know: Redis came back with an older state.
        let is_missing = tidings.newest < told.number || first > told.number + 1;
        for (number, entry) in (first..).zip(&tidings.others) {
            if number > told.number || is_missing {
                self.spread(&mut told, entry)?;
            }
        }
        // The stream may have brought our own news already.
        if !has_own || tidings.newest > told.number || is_missing {
            self.spread(&mut told, tidings.own)?;
        }
        told.number = tidings.newest;
        if is_missing {
            self.look_again(&told);
        }
        Ok(())
    }

    /// Tells what the stream brought.
    fn tell_entry(&self, number: u64, entry: &[u8]) -> Result<(), QueueError> {
        let mut told = self.lock();
        if number > told.number {
            let is_missing = number > told.number + 1;
            self.spread(&mut told, entry)?;
            told.number = number;
            if is_missing {
                self.look_again(&told);
            }
        }
        Ok(())
    }

    /// The stream brought nothing after `told`, and its newest entry is this.
    fn check(&self, told: u64, newest: u64) {
        let mut now = self.lock();
        if now.number == told && newest < told {
            now.number = newest;
            self.look_again(&now);
        }
    }

    /// News were missed: everyone who waits looks for themselves.
    fn look_again(&self, told: &Told) {
        self.wakes.tell_all(told.last_change.as_ref());
        self.due.send_modify(|due| due.at = 0);
    }

    /// Tells one entry: the open lanes, when something is due, and each change.
    fn spread(&self, told: &mut Told, entry: &[u8]) -> Result<(), QueueError> {
        let mut entry = Taken(entry);
        let lanes = entry.u8()?;
        let due = Due { lanes, at: (entry.f64()? + told.ahead).max(0.0) as Millis };
        while !entry.0.is_empty() {
            match entry.u8()? {
                1 => {
                    let (status, waits, review) = (entry.u8()?, entry.u8()?, entry.u8()?);
                    let user = entry.u16()?;
                    let (task, project, session) = (entry.uuid()?, entry.uuid()?, entry.uuid()?);
                    let task = TaskId::from_uuid(task);
                    let user = entry.text(user.into())?;
                    if self.wakes.has_listeners() {
                        let changed = Changed {
                            task,
                            user: UserId(user.to_owned()),
                            project: ProjectId::from_uuid(project),
                            session: SessionId::from_uuid(session),
                            status: status_of(status)?,
                            waiting_for: waits_of(waits)?,
                            review: review_of(review)?,
                        };
                        told.last_change = Some(changed.clone());
                        self.wakes.tell_change(|| changed);
                    }
                    self.wakes.tell_task(task);
                }
                2 => self.wakes.tell_task(TaskId::from_uuid(entry.uuid()?)),
                3 => {}
                _ => return Err(damaged()),
            }
        }
        self.due.send_if_modified(|known| std::mem::replace(known, due) != due);
        Ok(())
    }
}

/// Reads the stream `key` for as long as anybody holds the teller, over a connection of its own.
pub(super) async fn listen(target: Target, key: String, teller: std::sync::Weak<Teller>) {
    let mut link = None;
    loop {
        let Some(now) = teller.upgrade() else { return };
        let (told, quiet_for) = {
            let told = now.lock();
            (told.number, told.last_call.elapsed())
        };
        drop(now);
        if quiet_for < QUIET {
            tokio::time::sleep(QUIET - quiet_for).await;
            continue;
        }
        let entries = match tokio::time::timeout(LOST, read(&target, &mut link, &key, told)).await {
            Ok(Ok(entries)) => entries,
            Ok(Err(why)) => {
                tracing::warn!(redis = %target, error = %why, "news of the ledger could not be read; trying again");
                link = None;
                tokio::time::sleep(AFTER_TROUBLE).await;
                continue;
            }
            Err(_elapsed) => {
                tracing::warn!(redis = %target, "the connection for news hangs; making a new one");
                link = None;
                continue;
            }
        };
        let Some(teller) = teller.upgrade() else { return };
        if entries.is_empty()
            && let Some(newest) = newest(&mut link, &key).await
        {
            teller.check(told, newest);
        }
        for (number, entry) in entries {
            if let Err(why) = teller.tell_entry(number, &entry) {
                tracing::error!(error = %why, "an entry of the ledger's news is damaged");
            }
        }
    }
}

type Entries = Vec<(u64, Vec<u8>)>;
/// As the `redis` crate reads an entry: its id, then names and values.
type Entry = (String, Vec<Vec<u8>>);

async fn read(target: &Target, link: &mut Option<Link>, key: &str, told: u64) -> Result<Entries, RedisError> {
    let link = match link {
        Some(link) => link,
        None => link.insert(target.connect(LOST).await?),
    };
    let held = u64::try_from(HELD.as_millis()).unwrap_or(u64::MAX);
    let mut command = redis::cmd("XREAD");
    command.arg("COUNT").arg(64).arg("BLOCK").arg(held).arg("STREAMS").arg(key).arg(format!("{told}-0"));
    let streams: Vec<(String, Vec<Entry>)> = match link.ask(&command).await? {
        Value::Nil => return Ok(Vec::new()),
        answer => redis::from_redis_value(answer)?,
    };
    let entries = streams.into_iter().flat_map(|(_, entries)| entries);
    Ok(entries.filter_map(|(id, mut fields)| Some((number_of(&id)?, fields.pop()?))).collect())
}

/// The number of the newest entry; nothing when there is none, or Redis is away.
async fn newest(link: &mut Option<Link>, key: &str) -> Option<u64> {
    let mut command = redis::cmd("XREVRANGE");
    command.arg(key).arg("+").arg("-").arg("COUNT").arg(1);
    let answer = link.as_mut()?.ask(&command).await.ok()?;
    let entries: Vec<Entry> = redis::from_redis_value(answer).ok()?;
    number_of(&entries.first()?.0)
}

fn number_of(id: &str) -> Option<u64> {
    id.split_once('-')?.0.parse().ok()
}
