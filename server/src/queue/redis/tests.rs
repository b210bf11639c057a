//! The backend of a team through trouble: real Redis servers that are stopped, killed, cut off and full.

use super::super::conformance::{done, kinds, limits, submit, task, task_id, text};
use super::server_for_tests::{Proxy, Server};
use super::*;
use crate::clock::SystemClock;
use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::process::{Command as Program, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;
use tidemark_shared::UserId;

const TTL: Duration = Duration::from_secs(30);
/// What a worker does by default with Redis.
const SHORT: Duration = Duration::from_secs(3);

async fn open(options: &RedisOptions) -> RedisQueue {
    open_with(options, QueueLimits { keep_ended: 100_000, max_queued: 100_000, ..QueueLimits::default() })
        .await
}

async fn open_with(options: &RedisOptions, limits: QueueLimits) -> RedisQueue {
    RedisQueue::open(options.clone(), Arc::new(SystemClock), limits).await.unwrap()
}

async fn lease(queue: &RedisQueue) -> Option<Leased> {
    queue.lease("worker", &Mode::ALL, 1, TTL).await.unwrap().pop()
}

/// What should come within a time that only a hang takes.
async fn soon<T>(what: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(30), what).await.expect("it comes without a long wait")
}

#[tokio::test]
async fn a_script_that_redis_forgot_is_sent_again() {
    // As functions, and as a script where those are forbidden.
    for settings in [&[][..], &["--rename-command", "FUNCTION", ""]] {
        let server = Server::start(settings);
        let queue = open(&server.options()).await;
        submit(&queue, 1).await;
        assert!(server.ask("SCRIPT FLUSH").starts_with("+OK"));
        assert_eq!(server.ask("FUNCTION FLUSH").starts_with("+OK"), settings.is_empty());
        assert_eq!(lease(&queue).await.unwrap().task.id, task_id(1));
    }
}

#[tokio::test]
async fn what_one_process_does_another_hears() {
    let options = Server::shared().options();
    let (here, there) = (open(&options).await, open(&options).await);
    let mut changes = there.changes();
    let ready = tokio::spawn(async move {
        there.ready(&Mode::ALL).await;
        there
    });
    let id = submit(&here, 1).await.id;
    let there = soon(ready).await.unwrap();
    assert_eq!(soon(changes.recv()).await.unwrap().status, TaskStatus::Queued);
    let leased = lease(&there).await.unwrap();
    soon(here.event_after(id, 1)).await.unwrap();
    let since = Instant::now();
    let cancelled = async {
        here.cancel(id).await.unwrap();
        there.cancelled(&leased.lease).await;
    };
    soon(cancelled).await;
    assert!(since.elapsed() < Duration::from_secs(1), "a running task hears of its end within a second");
    there.append(&leased.lease, vec![text("the last words")]).await.unwrap();
    soon(here.event_after(id, 3)).await.unwrap();
    there.finish(&leased.lease, Outcome::Cancelled { metrics: None }).await.unwrap();
    let mut told = vec![];
    while told.last() != Some(&TaskStatus::Cancelled) {
        told.push(soon(changes.recv()).await.unwrap().status);
    }
    assert_eq!(told, [TaskStatus::Processing, TaskStatus::Processing, TaskStatus::Cancelled]);
}

#[tokio::test]
async fn a_lagging_process_is_told_to_look_again() {
    let options = Server::shared().options();
    let there = open(&options).await;
    let mut changes = there.changes();
    submit(&there, 1).await;
    assert_eq!(changes.recv().await.unwrap().task, task_id(1));
    let mut waiting = std::pin::pin!(there.event_after(task_id(1), 1));
    let here = open(&options).await;
    // More than any answer brings along, all of it before the other process's next call or look at the stream.
    let many = (2..200).map(|number| submit(&here, number));
    let number = there.teller.number();
    for one in many {
        one.await;
    }
    lease(&here).await.unwrap();
    there.teller.begin(number);
    there.get(task_id(2)).await.unwrap();
    soon(waiting.as_mut()).await.unwrap();
    let mut lagged = false;
    while let Ok(told) = tokio::time::timeout(Duration::from_secs(1), changes.recv()).await {
        lagged |= told.is_err();
    }
    assert!(lagged);
}

/// Submits and works through tasks from several processes' places until `stop`, and answers with what was acknowledged.
struct Load {
    stop: Arc<AtomicBool>,
    submitting: tokio::task::JoinSet<Vec<TaskId>>,
    working: tokio::task::JoinSet<Vec<TaskId>>,
}

impl Load {
    async fn start(options: &RedisOptions) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let (mut submitting, mut working) = (tokio::task::JoinSet::new(), tokio::task::JoinSet::new());
        for process in 0..2_u128 {
            let queue = Arc::new(open(options).await);
            for hand in 0..4_u128 {
                submitting.spawn(submit_until(queue.clone(), (process * 4 + hand) * 1_000_000, stop.clone()));
                working.spawn(work_until(queue.clone(), stop.clone()));
            }
        }
        Self { stop, submitting, working }
    }

    /// Ends the load, and checks that every task that was acknowledged is done, once.
    async fn check(self, options: &RedisOptions, at_least: usize) {
        let Self { stop, submitting, working } = self;
        stop.store(true, Ordering::Relaxed);
        let submitted = soon(submitting.join_all()).await.concat();
        let mut finished: BTreeMap<TaskId, u32> = BTreeMap::new();
        for id in soon(working.join_all()).await.concat() {
            *finished.entry(id).or_default() += 1;
        }
        let queue = open(options).await;
        while let Some(leased) = lease(&queue).await {
            queue.finish(&leased.lease, done("in the end")).await.unwrap();
            *finished.entry(leased.task.id).or_default() += 1;
        }
        assert!(submitted.len() >= at_least, "the load went on: {}", submitted.len());
        for id in &submitted {
            let task = queue.get(*id).await.unwrap();
            let events = kinds(&queue, *id).await;
            let ends = events.iter().filter(|kind| matches!(kind, EventKind::Finished { .. })).count();
            let starts = events.iter().filter(|kind| matches!(kind, EventKind::Started { .. })).count();
            assert_eq!((task.status, ends), (TaskStatus::Done, 1), "{events:?}");
            assert_eq!((finished.get(id), starts), (Some(&1), task.attempt as usize), "{events:?}");
        }
        let stats = queue.stats().await.unwrap().total();
        assert_eq!((stats.queued, stats.waiting, stats.processing), (0, 0, 0));
    }
}

async fn submit_until(queue: Arc<RedisQueue>, first: u128, stop: Arc<AtomicBool>) -> Vec<TaskId> {
    let mut acknowledged = vec![];
    for number in first.. {
        if stop.load(Ordering::Relaxed) {
            break;
        }
        let task = queue.submit(task(number)).await.unwrap();
        assert!(matches!(task, Submission::New(_)), "{task:?}");
        acknowledged.push(task.into_task().id);
    }
    acknowledged
}

async fn work_until(queue: Arc<RedisQueue>, stop: Arc<AtomicBool>) -> Vec<TaskId> {
    let mut acknowledged = vec![];
    while !stop.load(Ordering::Relaxed) {
        if let Some(leased) = lease(&queue).await {
            queue.append(&leased.lease, vec![text("at work")]).await.unwrap();
            queue.finish(&leased.lease, done("ok")).await.unwrap();
            acknowledged.push(leased.task.id);
        }
    }
    acknowledged
}

/// A while of load, or of an outage.
async fn a_while() {
    tokio::time::sleep(Duration::from_millis(200)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cut_connections_lose_and_double_nothing() {
    let server = Server::start(&["--appendonly", "yes"]);
    let options = server.options();
    let load = Load::start(&options).await;
    for _ in 0..10 {
        a_while().await;
        server.ask("CLIENT KILL TYPE normal SKIPME yes");
    }
    load.check(&options, 100).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lost_answers_lose_and_double_nothing() {
    let server = Server::start(&["--appendonly", "yes"]);
    let proxy = Proxy::start(&server).await;
    let options = RedisOptions { url: proxy.url().into(), ..server.options() };
    let load = Load::start(&options).await;
    for _ in 0..20 {
        a_while().await;
        proxy.lose_answers();
    }
    assert!(proxy.lost() > 20, "answers were lost: {}", proxy.lost());
    load.check(&options, 100).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_redis_that_hangs_loses_and_doubles_nothing() {
    let server = Server::start(&["--appendonly", "yes"]);
    // Calls over hanging connections are made again while the first still lies there.
    let options = RedisOptions { patience: Duration::from_millis(100), ..server.options() };
    let load = Load::start(&options).await;
    for _ in 0..5 {
        a_while().await;
        server.signal("STOP");
        tokio::time::sleep(Duration::from_millis(500)).await;
        server.signal("CONT");
    }
    load.check(&options, 100).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_redis_that_is_killed_loses_and_doubles_nothing() {
    let kills = std::env::var("REDIS_TEST_KILLS").ok().and_then(|kills| kills.parse().ok()).unwrap_or(5);
    let mut server = Server::start(&["--appendonly", "yes", "--appendfsync", "always"]);
    let options = server.options();
    let load = Load::start(&options).await;
    for _ in 0..kills {
        a_while().await;
        server.kill();
        a_while().await;
        server.restart();
    }
    load.check(&options, 100).await;
}

/// Started by the test below as a process of its own: takes a task, and keeps it.
#[tokio::test]
async fn a_worker_takes_a_task_and_keeps_it() {
    let (Ok(url), Ok(prefix)) = (std::env::var("REDIS_TEST_URL"), std::env::var("REDIS_TEST_PREFIX")) else {
        return;
    };
    let queue = open(&RedisOptions { prefix, ..RedisOptions::new(url) }).await;
    let leased = queue.lease("lost", &Mode::ALL, 5, SHORT).await.unwrap();
    println!("leased {}", leased.len());
    loop {
        tokio::time::sleep(SHORT / 3).await;
        for one in &leased {
            queue.renew(&one.lease, SHORT).await.unwrap();
        }
    }
}

#[tokio::test]
async fn the_tasks_of_a_killed_worker_run_again_within_four_seconds() {
    let server = Server::start(&[]);
    let options = server.options();
    let queue = open(&options).await;
    for number in 1..=5 {
        submit(&queue, number).await;
    }
    let mut worker = Program::new(std::env::current_exe().unwrap())
        .args(["--exact", "queue::redis::tests::a_worker_takes_a_task_and_keeps_it", "--nocapture"])
        .envs([("REDIS_TEST_URL", &server.url()), ("REDIS_TEST_PREFIX", &options.prefix)])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(worker.stdout.take().unwrap()).lines();
    assert!(lines.map_while(Result::ok).any(|line| line.contains("leased 5")));
    assert_eq!(lease(&queue).await, None);
    worker.kill().unwrap();
    worker.wait().unwrap();
    let since = Instant::now();
    let mut again = vec![];
    while again.len() < 5 {
        soon(queue.ready(&Mode::ALL)).await;
        again.extend(queue.lease("heir", &Mode::ALL, 5, SHORT).await.unwrap());
    }
    assert!(since.elapsed() < Duration::from_secs(4), "{:?}", since.elapsed());
    assert!(again.iter().all(|leased| leased.lease.attempt == 2));
}

#[tokio::test]
async fn a_redis_without_memory_takes_nothing_new_and_lets_work_go_on() {
    let server = Server::start(&["--maxmemory", "6mb"]);
    let queue = open(&server.options()).await;
    submit(&queue, 1).await;
    let leased = lease(&queue).await.unwrap();
    let words = |number: u128| {
        let mut luck = fastrand::Rng::with_seed(number as u64);
        (0..50_000).map(|_| luck.alphanumeric()).collect::<String>()
    };
    let mut taken = vec![task_id(1)];
    let refused = loop {
        let number = taken.len() as u128 + 1;
        match queue.submit(Task { prompt: words(number), ..task(number) }).await {
            Ok(submitted) => taken.push(submitted.into_task().id),
            Err(why) => break why,
        }
        assert!(taken.len() < 1_000, "it is full at some time");
    };
    assert!(matches!(refused, QueueError::Full { what: "bytes in Redis", limit: 6_291_456 }), "{refused:?}");
    let refused = loop {
        match queue.append(&leased.lease, vec![text(&words(0))]).await {
            Ok(seq) => assert!(seq < 1_000, "it is full at some time"),
            Err(why) => break why,
        }
    };
    assert!(matches!(refused, QueueError::Full { what: "bytes in Redis", .. }), "{refused:?}");
    assert!(!queue.renew(&leased.lease, TTL).await.unwrap().cancel_requested);
    assert_eq!(queue.finish(&leased.lease, done("ok")).await.unwrap().status, TaskStatus::Done);
    for id in &taken[1..] {
        assert_eq!(queue.cancel(*id).await.unwrap().status, TaskStatus::Cancelled);
    }
    assert_eq!(server.ask("CONFIG SET maxmemory 100mb"), "+OK\r\n");
    submit(&queue, 5_000).await;
}

#[tokio::test]
async fn a_newer_ledger_is_refused_also_by_who_is_at_work() {
    let server = Server::start(&[]);
    let options = server.options();
    let queue = open(&options).await;
    submit(&queue, 1).await;
    // The first of the counters is the format.
    let key = format!("{}:state", options.prefix);
    let two: String = 2_f64.to_le_bytes().iter().map(|byte| format!("\\x{byte:02x}")).collect();
    assert!(server.ask(&format!("SETRANGE \"{key}\" 0 \"{two}\"")).starts_with(':'));
    let refused = queue.submit(task(2)).await;
    assert!(
        matches!(&refused, Err(QueueError::Storage(why)) if why.contains("another version")),
        "{refused:?}"
    );
    let refused = RedisQueue::open(options, Arc::new(SystemClock), limits()).await.err().unwrap();
    assert!(matches!(refused, OpenError::Newer(_, 2, 1)), "{refused}");
}

#[tokio::test]
async fn a_redis_that_would_lose_tasks_is_refused() {
    let server = Server::start(&["--maxmemory-policy", "allkeys-lru"]);
    let refused = RedisQueue::open(server.options(), Arc::new(SystemClock), limits()).await.err().unwrap();
    assert!(matches!(refused, OpenError::Evicts(..)), "{refused}");
    for (settings, durability) in [
        (&["--appendonly", "no"][..], Durability::None),
        (&["--appendonly", "yes"], Durability::EverySecond),
        (&["--appendonly", "yes", "--appendfsync", "always"], Durability::Always),
        (&["--appendonly", "yes", "--appendfsync", "no"], Durability::System),
    ] {
        let server = Server::start(settings);
        assert_eq!(open(&server.options()).await.durability(), durability);
    }
}

#[tokio::test]
async fn a_redis_that_is_away_is_named_without_its_password() {
    let options = RedisOptions::new("redis://:s3cret@127.0.0.1:1");
    let refused = RedisQueue::open(options, Arc::new(SystemClock), limits()).await.err().unwrap().to_string();
    assert!(refused.contains("127.0.0.1:1") && !refused.contains("s3cret"), "{refused}");

    let mut server = Server::start(&[]);
    let options = RedisOptions { wait: Duration::from_millis(200), ..server.options() };
    let queue = open(&options).await;
    server.kill();
    let refused = queue.submit(task(1)).await.err().unwrap().to_string();
    assert!(refused.contains("cannot be reached"), "{refused}");
    let refused = queue.submit(task(2)).await.err().unwrap().to_string();
    assert!(refused.contains("nothing was changed"), "{refused}");
}

#[tokio::test]
async fn one_person_with_many_tasks_holds_nobody_up() {
    let queue = open(&Server::shared().options()).await;
    let queue = Arc::new(queue);
    let of = |person: &str, number: u128| Task { user_id: UserId(person.into()), ..task(number) };
    let many = (0..10_000).map(|number| queue.submit(of("busy", number)));
    for submitted in futures::future::join_all(many).await {
        submitted.unwrap();
    }
    let next = async || lease(&queue).await.unwrap().task.user_id.0;
    assert_eq!(next().await, "busy");
    // Each one alone waits for one task of the other.
    for number in 0..20 {
        queue.submit(of("small", 20_000 + number)).await.unwrap();
        let order = [next().await, next().await];
        assert!(order.contains(&"small".to_owned()), "{order:?}");
    }
    // Twenty at once, and each is served before the busy one is twice.
    for number in 0..20 {
        queue.submit(of(&format!("small {number}"), 30_000 + number)).await.unwrap();
    }
    let mut served = vec![];
    for _ in 0..21 {
        served.push(next().await);
    }
    assert_eq!(served.iter().filter(|person| person.starts_with("small ")).count(), 20);
}

#[tokio::test]
async fn nothing_is_left_of_forgotten_tasks() {
    let server = Server::start(&[]);
    let options = server.options();
    let queue = open_with(&options, QueueLimits { keep_ended: 3, ..limits() }).await;
    for round in 0..40_u128 {
        for number in 0..5 {
            let number = round * 5 + number;
            let person = UserId(format!("person {number}"));
            let key = Some(tidemark_shared::Hash::of(&number.to_le_bytes()));
            let after = (number % 5 == 4).then(|| task_id(number - 1));
            queue.submit(Task { user_id: person, cache_key: key, after, ..task(number) }).await.unwrap();
        }
        while let Some(leased) = lease(&queue).await {
            queue.append(&leased.lease, vec![text("a"), text("b")]).await.unwrap();
            queue.finish(&leased.lease, done("ok")).await.unwrap();
        }
    }
    let size = |name: &str, of: &str| server.ask(&format!("{of} \"{}:{name}\"", options.prefix));
    for name in ["heads", "bodies", "ends", "order"] {
        assert_eq!(size(name, "HLEN"), ":3\r\n", "{name}");
    }
    // Four each, and the first is told by the head.
    assert_eq!(size("events", "HLEN"), ":12\r\n");
    assert_eq!(
        [size("people", "HLEN"), size("leases", "ZCARD"), size("ended", "ZCARD")],
        [":0\r\n", ":0\r\n", ":3\r\n"]
    );
    // Those five, the counters, the news, one caller, the ended and three answers.
    assert_eq!(server.ask("DBSIZE"), ":12\r\n");
}
