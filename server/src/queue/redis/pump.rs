//! [`Pump`]: carries commands to Redis. What waits at the moment goes as one call, one call at a time, so a busy ledger
//! makes few large calls and an idle one answers at once. A call whose answer was lost is sent again under its number;
//! the script knows by it whether it was carried out.

use super::command::{Command, as_f64};
use super::link::{Link, Target};
use super::news::{Teller, Tidings};
use super::packed::damaged;
use super::script::{FORMAT, Script};
#[cfg(test)]
use crate::clock::Clock;
use crate::queue::{QueueError, QueueLimits};
use redis::{Cmd, RedisError, Value};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::{mpsc, oneshot};

/// Commands in one call.
const MOST_COMMANDS: usize = 256;
/// Bytes of commands in one call, when one command alone has no more.
const MOST_BYTES: usize = 4 << 20;
/// Commands that wait to be sent; more wait where they come from.
const MOST_WAITING: usize = 1_024;
const FIRST_PAUSE: Duration = Duration::from_millis(20);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// Whose time counts.
#[derive(Clone)]
pub(super) enum Time {
    /// Redis's: one clock for everyone.
    Redis,
    /// This process's, which a test moves.
    #[cfg(test)]
    Caller(Arc<dyn Clock>),
}

/// Takes commands in.
#[derive(Clone)]
pub(super) struct Pump {
    waiting: mpsc::Sender<Waiting>,
}

struct Waiting {
    command: Command,
    since: Instant,
    answer: oneshot::Sender<Result<Value, QueueError>>,
}

/// What the pump's own task needs.
pub(super) struct Engine {
    pub(super) target: Target,
    pub(super) prefix: String,
    pub(super) time: Time,
    pub(super) limits: QueueLimits,
    pub(super) teller: Arc<Teller>,
    /// How long a command waits for a Redis that is away.
    pub(super) wait: Duration,
    /// An answer that takes longer is lost.
    pub(super) patience: Duration,
    /// Bytes that Redis may take; 0 when it has no limit.
    pub(super) max_memory: usize,
}

impl Pump {
    pub(super) fn start(engine: Engine, link: Link) -> Self {
        let (waiting, commands) = mpsc::channel(MOST_WAITING);
        tokio::spawn(Running::new(engine, link).run(commands));
        Self { waiting }
    }

    /// Carries a command out and answers with what the script says; see `shown` in `script/6_reads.lua`.
    pub(super) async fn ask(&self, command: Command) -> Result<Vec<Value>, QueueError> {
        let (answer, answered) = oneshot::channel();
        let gone = || QueueError::Storage("the ledger is closing".into());
        self.waiting.send(Waiting { command, since: Instant::now(), answer }).await.map_err(|_| gone())?;
        match answered.await.map_err(|_| gone())?? {
            Value::Array(answer) => Ok(answer),
            _ => Err(damaged()),
        }
    }
}

struct Running {
    engine: Engine,
    link: Option<Link>,
    functions: Script,
    /// Instead of the functions, when Redis would not take them.
    scripts: Option<[Script; 2]>,
    /// Names this process to Redis.
    caller: [u8; 16],
    calls: u64,
}

/// Why a call was not answered.
enum Trouble {
    /// Redis cannot be reached, or not now; `maybe_done` when the call may have got there.
    Away {
        why: String,
        maybe_done: bool,
    },
    NoMemory,
    Refused(String),
}

impl Running {
    fn new(engine: Engine, link: Link) -> Self {
        Self {
            engine,
            link: Some(link),
            functions: Script::functions(),
            scripts: None,
            caller: *uuid::Uuid::now_v7().as_bytes(),
            calls: 0,
        }
    }

    async fn run(mut self, mut commands: mpsc::Receiver<Waiting>) {
        let mut left_over = None;
        loop {
            let first = match left_over.take() {
                Some(waiting) => waiting,
                None => match commands.recv().await {
                    Some(waiting) => waiting,
                    None => return,
                },
            };
            // Others that are about to ask come along.
            tokio::task::yield_now().await;
            let mut bytes = first.command.bytes.len();
            let mut batch = vec![first];
            while batch.len() < MOST_COMMANDS
                && let Ok(next) = commands.try_recv()
            {
                bytes += next.command.bytes.len();
                if bytes > MOST_BYTES {
                    left_over = Some(next);
                    break;
                }
                batch.push(next);
            }
            self.carry_out(batch).await;
        }
    }

    async fn carry_out(&mut self, batch: Vec<Waiting>) {
        match self.call(&batch, false).await {
            Err(Trouble::NoMemory) => {
                let (must_go, others): (Vec<_>, Vec<_>) =
                    batch.into_iter().partition(|waiting| waiting.command.must_go);
                for waiting in others {
                    let limit = self.engine.max_memory;
                    // Whoever asked may be gone by now.
                    let _told = waiting.answer.send(Err(QueueError::Full { what: "bytes in Redis", limit }));
                }
                if !must_go.is_empty() {
                    let answer = self.call(&must_go, true).await;
                    self.answer(must_go, answer);
                }
            }
            answer => self.answer(batch, answer),
        }
    }

    fn answer(&self, batch: Vec<Waiting>, answer: Result<Vec<Value>, Trouble>) {
        match answer {
            Ok(answers) => {
                for (waiting, answer) in batch.into_iter().zip(answers) {
                    let _told = waiting.answer.send(Ok(answer));
                }
            }
            Err(trouble) => {
                let why = trouble.told(&self.engine.target);
                tracing::error!(commands = batch.len(), error = %why, "the ledger could not be asked");
                for waiting in batch {
                    let _told = waiting.answer.send(Err(QueueError::Storage(why.clone())));
                }
            }
        }
    }

    /// Makes one call, again and again while Redis is away and a command may still wait.
    async fn call(&mut self, batch: &[Waiting], must_go: bool) -> Result<Vec<Value>, Trouble> {
        self.calls += 1;
        let (mut maybe_done, mut pause) = (false, FIRST_PAUSE);
        loop {
            match self.try_call(batch, must_go).await {
                Err(Trouble::Away { why, maybe_done: reached }) => {
                    maybe_done |= reached;
                    self.link = None;
                    let waited = batch.first().map_or(Duration::MAX, |waiting| waiting.since.elapsed());
                    if waited + pause >= self.engine.wait {
                        return Err(Trouble::Away { why, maybe_done });
                    }
                    tracing::warn!(redis = %self.engine.target, error = %why, "Redis is away; trying again");
                    tokio::time::sleep(pause).await;
                    pause = (pause * 2).min(LONGEST_PAUSE);
                }
                answered => return answered,
            }
        }
    }

    async fn try_call(&mut self, batch: &[Waiting], must_go: bool) -> Result<Vec<Value>, Trouble> {
        let link = match &mut self.link {
            Some(link) => link,
            None => match self.engine.target.connect(self.engine.patience).await {
                Ok(link) => self.link.insert(link),
                Err(why) => return Err(Trouble::Away { why: why.to_string(), maybe_done: false }),
            },
        };
        let mut script =
            self.scripts.as_ref().map_or(&self.functions, |scripts| &scripts[usize::from(must_go)]);
        let ask = |script: &Script| {
            command(&self.engine, [script.call, script.name(must_go)], &self.caller, self.calls, batch)
        };
        let mut answer = link.ask(&ask(script)).await;
        if answer.as_ref().is_err_and(is_unknown) {
            let mut loaded = link.ask(&script.load).await;
            if let (Err(why), "FCALL") = (&loaded, script.call)
                && why.code().is_some()
            {
                tracing::warn!(redis = %self.engine.target, error = %why, "Redis takes no functions; it gets a script");
                let scripts = self.scripts.insert([false, true].map(Script::scripts));
                script = &scripts[usize::from(must_go)];
                loaded = link.ask(&script.load).await;
            }
            answer = match loaded {
                Ok(_name) => link.ask(&ask(script)).await,
                Err(why) => Err(why),
            };
        }
        let answer = answer.map_err(|why| trouble(&why))?;
        read(&self.engine.teller, answer, batch.len()).map_err(|why| Trouble::Refused(why.to_string()))
    }
}

/// One call as the script takes it.
fn command(
    engine: &Engine,
    [call, name]: [&str; 2],
    caller: &[u8; 16],
    number: u64,
    batch: &[Waiting],
) -> Cmd {
    let limits = &engine.limits;
    let no_limit = |limit: Option<usize>| limit.map_or(f64::INFINITY, as_f64);
    let clock = match &engine.time {
        Time::Redis => -1.0,
        #[cfg(test)]
        Time::Caller(clock) => clock.now() as f64,
    };
    let says = [
        f64::from(FORMAT),
        clock,
        engine.teller.number() as f64,
        number as f64,
        as_f64(batch.iter().map(|waiting| waiting.command.wanted).sum()),
        no_limit(limits.max_running_per_person),
        as_f64(limits.max_queued),
        no_limit(limits.max_queued_per_person),
        limits.max_events as f64,
        limits.max_events.saturating_add(limits.max_review_events) as f64,
        as_f64(limits.keep_ended),
        f64::from(limits.max_interruptions),
    ];
    let says: Vec<u8> = says.iter().flat_map(|number| number.to_le_bytes()).collect();
    let about: Vec<u8> =
        batch.iter().filter_map(|w| w.command.about).flat_map(|id| *id.as_uuid().as_bytes()).collect();
    let bytes: usize = batch.iter().map(|waiting| waiting.command.bytes.len()).sum();
    let count: usize = batch.iter().map(|waiting| waiting.command.ends.len()).sum();
    let mut command = Cmd::with_capacity(count + 7, bytes + says.len() + about.len() + 128);
    command.arg(call).arg(name).arg(1).arg(&engine.prefix);
    command.arg(says).arg(caller.as_slice()).arg(about);
    for argument in batch.iter().flat_map(|waiting| waiting.command.arguments()) {
        command.arg(argument);
    }
    command
}

/// Tells the news of an answer; what is left are the commands' answers.
fn read(teller: &Teller, answer: Value, commands: usize) -> Result<Vec<Value>, QueueError> {
    let Value::Array(mut answers) = answer else { return Err(damaged()) };
    if answers.len() != commands + 3 {
        return Err(damaged());
    }
    let rest = answers.split_off(3);
    let [Value::BulkString(meta), Value::BulkString(own), Value::Array(others)] = &answers[..] else {
        return Err(damaged());
    };
    let mut meta = super::packed::Taken(meta);
    let (wall, newest) = (meta.f64()?, meta.f64()?);
    let others = others.iter().filter_map(|entry| match entry {
        Value::BulkString(entry) => Some(&**entry),
        _ => None,
    });
    teller.tell(&Tidings { wall, newest: newest as u64, own, others: others.collect() })?;
    Ok(rest)
}

/// Whether Redis does not have the script (any more).
fn is_unknown(why: &RedisError) -> bool {
    why.code() == Some("NOSCRIPT") || why.detail() == Some("Function not found")
}

fn trouble(why: &RedisError) -> Trouble {
    match why.code() {
        Some("OOM") => Trouble::NoMemory,
        Some("FORMAT") => Trouble::Refused(format!(
            "Redis holds a ledger of another version ({}); update Tidemark here",
            why
        )),
        // It answered, and did nothing of it.
        Some("LOADING" | "READONLY" | "MASTERDOWN" | "CLUSTERDOWN" | "TRYAGAIN" | "BUSY" | "MISCONF") => {
            Trouble::Away { why: why.to_string(), maybe_done: false }
        }
        Some(_) => Trouble::Refused(why.to_string()),
        None => Trouble::Away { why: why.to_string(), maybe_done: true },
    }
}

impl Trouble {
    fn told(&self, target: &Target) -> String {
        match self {
            Self::Away { why, maybe_done } => {
                let meanwhile = if *maybe_done {
                    "it may have been done all the same: look before you ask again"
                } else {
                    "nothing was changed"
                };
                format!("Redis at {target} cannot be reached ({why}); {meanwhile}")
            }
            Self::NoMemory => format!("Redis at {target} has no memory left; nothing was changed"),
            Self::Refused(why) => format!("Redis at {target} refused: {why}"),
        }
    }
}
