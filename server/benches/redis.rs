//! What a job costs in Redis: `cargo bench --bench redis`. CPU time of this process and of `redis-server` from the
//! operating system's accounts, and bytes; one JSON line for each measure. Settings by environment:
//! `BENCH_REDIS_URL` and `BENCH_REDIS_PID` (its own `redis-server` when absent), `BENCH_JOBS`, `BENCH_BACKLOG`,
//! `BENCH_ONLY` (measures by name, comma-separated).

use std::io::Write as _;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tidemark_server::clock::SystemClock;
use tidemark_server::queue::redis::{RedisOptions, RedisQueue};
use tidemark_server::queue::{Outcome, QueueLimits, TaskQueue};
use tidemark_shared::task::Metrics;
use tidemark_shared::{
    Hash, Mode, ModelId, ProjectId, Review, SessionId, Task, TaskId, TaskResult, TaskStatus, UserId,
};

const SOURCES: &str = concat!(
    include_str!("../src/queue/decide.rs"),
    include_str!("../src/queue/state.rs"),
    include_str!("../src/queue/writer.rs"),
    include_str!("../src/workspace.rs"),
    include_str!("../src/worker.rs"),
    include_str!("../src/config.rs"),
);
const SMALL: usize = 256;
const LARGE: usize = 8 << 10;
const TTL: Duration = Duration::from_secs(60);

fn main() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime starts").block_on(measure());
}

async fn measure() {
    let redis = Redis::find().await;
    let jobs = number("BENCH_JOBS").unwrap_or(20_000);
    let backlog = number("BENCH_BACKLOG").unwrap_or(100_000);
    for size in [SMALL, LARGE] {
        for in_flight in [1, 64] {
            let name = format!("submit, {in_flight} in flight, {size} B");
            if wanted(&name) {
                let queue = redis.queue().await;
                redis.cost(&name, jobs, submits(&queue, 0, jobs, in_flight, size)).await;
            }
        }
        for running in [1, 5, 50] {
            let name = format!("process, {running} at a time, {size} B");
            if wanted(&name) {
                let queue = redis.queue().await;
                submits(&queue, 0, jobs, 64, size).await;
                redis.cost(&name, jobs, process(&queue, running, jobs)).await;
            }
        }
        let name = format!("bytes, {size} B");
        if wanted(&name) {
            let queue = redis.queue().await;
            let before = redis.bytes().await;
            submits(&queue, 0, jobs, 64, size).await;
            let bytes = (redis.bytes().await - before) as f64 / jobs as f64;
            tell(&serde_json::json!({ "measure": name, "jobs": jobs, "bytes_per_task": bytes }));
        }
    }
    let name = format!("cancel in a backlog of {backlog}");
    if wanted(&name) {
        let queue = redis.queue().await;
        submits(&queue, 0, backlog, 64, SMALL).await;
        redis.cost(&name, 2_000, cancels(&queue, backlog, 2_000)).await;
    }
}

/// Submits so many tasks, `in_flight` at a time.
async fn submits(queue: &Arc<RedisQueue>, first: usize, count: usize, in_flight: usize, size: usize) {
    let mut hands = tokio::task::JoinSet::new();
    for hand in 0..in_flight {
        let queue = queue.clone();
        hands.spawn(async move {
            for number in (first + hand..first + count).step_by(in_flight) {
                queue.submit(task(number, size)).await.expect("it is taken");
            }
        });
    }
    hands.join_all().await;
}

/// Leases and finishes so many tasks: as soon as one ends, its end and the next lease go together.
async fn process(queue: &Arc<RedisQueue>, running: usize, count: usize) {
    let mut hands = tokio::task::JoinSet::new();
    for hand in 0..running {
        let queue = queue.clone();
        hands.spawn(async move {
            let take = async || queue.lease("worker", &Mode::ALL, 1, TTL).await.expect("a lease").pop();
            let mut now = take().await;
            let mut left = (hand..count).step_by(running).count();
            while let Some(leased) = now {
                left -= 1;
                let end = queue.finish(&leased.lease, done());
                if left == 0 {
                    end.await.expect("it ends");
                    return;
                }
                let (ended, next) = tokio::join!(end, take());
                ended.expect("it ends");
                now = next;
            }
        });
    }
    hands.join_all().await;
}

/// Cancels tasks from all over the line, one at a time.
async fn cancels(queue: &Arc<RedisQueue>, backlog: usize, count: usize) {
    for turn in 0..count {
        queue.cancel(id(turn * (backlog / count))).await.expect("it is cancelled");
    }
}

fn done() -> Outcome {
    let explanation = "done".into();
    let result = TaskResult {
        mode: Mode::Patch,
        files_modified: vec![],
        explanation,
        references: vec![],
        checks: vec![],
    };
    Outcome::Done { result, review: Review::None, metrics: Metrics::default(), error: None }
}

/// The Redis that is measured.
struct Redis {
    url: String,
    pid: u32,
    _own: Option<Own>,
}

/// A `redis-server` of our own, ended with us.
struct Own {
    server: Child,
    _home: tempfile::TempDir,
}

impl Drop for Own {
    fn drop(&mut self) {
        let _ended = self.server.kill().and_then(|()| self.server.wait());
    }
}

impl Redis {
    async fn find() -> Self {
        if let Ok(url) = std::env::var("BENCH_REDIS_URL") {
            let pid = number("BENCH_REDIS_PID").expect("BENCH_REDIS_PID goes with BENCH_REDIS_URL");
            return Self { url, pid: u32::try_from(pid).expect("a process id"), _own: None };
        }
        let home = tempfile::tempdir().expect("a directory");
        let socket = home.path().join("redis.sock");
        let server = Command::new("redis-server")
            .args(["--port", "0", "--save", "", "--appendonly", "yes", "--appendfsync", "everysec"])
            .arg("--unixsocket")
            .arg(&socket)
            .current_dir(home.path())
            .stdout(Stdio::null())
            .spawn()
            .expect("redis-server starts");
        let url = format!("unix://{}", socket.display());
        let since = Instant::now();
        while RedisQueue::open(RedisOptions::new(&*url), Arc::new(SystemClock), limits()).await.is_err() {
            assert!(since.elapsed() < Duration::from_secs(20), "redis-server answers");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        Self { url, pid: server.id(), _own: Some(Own { server, _home: home }) }
    }

    /// A connection for what may take long: emptying a large Redis.
    async fn link(&self) -> redis::aio::MultiplexedConnection {
        let client = redis::Client::open(&*self.url).expect("a URL");
        let patient = redis::AsyncConnectionConfig::new().set_response_timeout(Some(Duration::from_secs(60)));
        client.get_multiplexed_async_connection_with_config(&patient).await.expect("Redis answers")
    }

    /// An empty ledger.
    async fn queue(&self) -> Arc<RedisQueue> {
        let mut link = self.link().await;
        redis::cmd("FLUSHALL").exec_async(&mut link).await.expect("it is emptied");
        let queue = RedisQueue::open(RedisOptions::new(&*self.url), Arc::new(SystemClock), limits()).await;
        Arc::new(queue.expect("a ledger opens"))
    }

    async fn bytes(&self) -> i64 {
        let mut link = self.link().await;
        let info: String =
            redis::cmd("INFO").arg("memory").query_async(&mut link).await.expect("Redis answers");
        let line = info.lines().find_map(|line| line.strip_prefix("used_memory_dataset:"));
        line.and_then(|bytes| bytes.trim().parse().ok()).expect("Redis knows its memory")
    }

    /// Runs something and tells what each of its jobs cost.
    async fn cost(&self, name: &str, jobs: usize, what: impl Future<Output = ()>) {
        let (own, theirs, since) = (cpu_us("self"), cpu_us(&self.pid.to_string()), Instant::now());
        what.await;
        let seconds = since.elapsed().as_secs_f64();
        let each = |micros: f64| micros / jobs as f64;
        let (client, redis) = (each(cpu_us("self") - own), each(cpu_us(&self.pid.to_string()) - theirs));
        tell(&serde_json::json!({
            "measure": name,
            "jobs": jobs,
            "client_us": client,
            "redis_us": redis,
            "total_us": client + redis,
            "per_second": jobs as f64 / seconds,
        }));
    }
}

fn tell(line: &serde_json::Value) {
    std::io::stdout().write_all(format!("{line}\n").as_bytes()).expect("stdout takes a line");
}

/// User and system time of a process so far, in microseconds, by its threads' schedulers: exact, unlike clock ticks.
fn cpu_us(process: &str) -> f64 {
    let tasks = std::fs::read_dir(format!("/proc/{process}/task")).expect("the process runs");
    let nanos: u64 = tasks
        .flatten()
        .filter_map(|task| std::fs::read_to_string(task.path().join("schedstat")).ok())
        .filter_map(|stat| stat.split_whitespace().next()?.parse::<u64>().ok())
        .sum();
    nanos as f64 / 1_000.0
}

fn number(name: &str) -> Option<usize> {
    std::env::var(name).ok()?.parse().ok()
}

fn wanted(name: &str) -> bool {
    std::env::var("BENCH_ONLY").map_or(true, |only| only.split(',').any(|one| name.contains(one.trim())))
}

fn limits() -> QueueLimits {
    // Everything that costs something is on: caps, retries, fairness.
    QueueLimits {
        max_queued: 10_000_000,
        max_queued_per_person: Some(10_000_000),
        max_running_per_person: Some(1_000),
        keep_ended: 10_000_000,
        ..QueueLimits::default()
    }
}

fn id(number: usize) -> TaskId {
    TaskId::from_uuid(uuid::Uuid::from_u128(0x0193_6d2e_7f3a_7cc1_9b1e_0000_0000_0000 + number as u128))
}

/// A task whose prompt is real code of this size, one of ten people's.
fn task(number: usize, size: usize) -> Task {
    let from = (number * 977) % (SOURCES.len() - size - 8);
    let from = (from..).find(|at| SOURCES.is_char_boundary(*at)).unwrap_or_default();
    let to = (from + size..).find(|at| SOURCES.is_char_boundary(*at)).unwrap_or(SOURCES.len());
    Task {
        id: id(number),
        user_id: UserId(format!("person {}", number % 10)),
        project_id: ProjectId::from_uuid(uuid::Uuid::from_u128(1)),
        session_id: SessionId::from_uuid(uuid::Uuid::from_u128(1)),
        files: vec![],
        cursor: None,
        prompt: SOURCES[from..to].to_owned(),
        mode: Mode::Patch,
        model: ModelId::parse("demo/guide").expect("it names a provider and a model"),
        priority: 5,
        status: TaskStatus::Queued,
        waiting_for: None,
        result: None,
        review: Review::None,
        metrics: None,
        error: None,
        snapshot: Hash::of(b"a snapshot"),
        retry_of: None,
        run_at: None,
        after: None,
        cache_key: None,
        cancel_requested: false,
        attempt: 0,
        created_at: 0,
        updated_at: 0,
    }
}
