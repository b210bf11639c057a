//! How fast a task is taken durably, beside what the same disk does at best in the same run: `cargo bench --bench ledger`.
//! Rates of a busy machine swing; the ratios of one run are what counts.

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};
use tidemark_server::clock::SystemClock;
use tidemark_server::queue::sled::SledQueue;
use tidemark_server::queue::{QueueLimits, TaskQueue};
use tidemark_shared::{Hash, Mode, ModelId, ProjectId, Review, SessionId, Task, TaskId, TaskStatus, UserId};

const SOURCE: &str = include_str!("../src/queue/decide.rs");
const BODY: usize = 8 << 10;
const ROUND: Duration = Duration::from_secs(1);
const ROUNDS: usize = 5;
const CLIENTS: usize = 64;

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = runtime.expect("a runtime starts");
    let (mut one, mut many) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let raw = raw_appends();
        let ours = runtime.block_on(submits(1));
        one.push((ours / raw, ours, raw));
        let raw = grouped_appends();
        let ours = runtime.block_on(submits(CLIENTS));
        many.push((ours / raw, ours, raw));
    }
    tell("1 client,   beside append + fdatasync      ", one);
    tell("64 clients, beside a plain group-commit log", many);
}

fn tell(what: &str, mut rounds: Vec<(f64, f64, f64)>) {
    rounds.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (ratio, ours, raw) = rounds[rounds.len() / 2];
    let (least, most) = (rounds[0].0, rounds[rounds.len() - 1].0);
    let line = format!("{what}: {ours:>8.0}/s of {raw:>8.0}/s, ratio {ratio:.2} ({least:.2} to {most:.2})\n");
    std::io::stdout().write_all(line.as_bytes()).expect("stdout takes a line");
}

/// Appends with an fdatasync each, a second.
fn raw_appends() -> f64 {
    let home = tempfile::tempdir().expect("a directory");
    let mut file = File::create(home.path().join("log")).expect("a file");
    let body = vec![b'x'; BODY];
    let (start, mut count) = (Instant::now(), 0.0);
    while start.elapsed() < ROUND {
        file.write_all(&body).and_then(|()| file.sync_data()).expect("the disk takes it");
        count += 1.0;
    }
    count / start.elapsed().as_secs_f64()
}

/// Appends of many clients through one writer that syncs for all who wait, a second.
fn grouped_appends() -> f64 {
    let home = tempfile::tempdir().expect("a directory");
    let mut file = File::create(home.path().join("log")).expect("a file");
    let (send, receive) = mpsc::channel::<(Vec<u8>, mpsc::Sender<()>)>();
    let start = Instant::now();
    let clients: Vec<_> = (0..CLIENTS)
        .map(|_| {
            let send = send.clone();
            std::thread::spawn(move || {
                let mut count = 0.0;
                while start.elapsed() < ROUND {
                    let (done, told) = mpsc::channel();
                    if send.send((vec![b'x'; BODY], done)).is_err() || told.recv().is_err() {
                        break;
                    }
                    count += 1.0;
                }
                count
            })
        })
        .collect();
    drop(send);
    while let Ok(first) = receive.recv() {
        let batch: Vec<_> = std::iter::once(first).chain(receive.try_iter()).collect();
        batch.iter().try_for_each(|(body, _)| file.write_all(body)).expect("the disk takes it");
        file.sync_data().expect("the disk syncs");
        for (_, done) in batch {
            // A client that stopped meanwhile needs no answer.
            let _told = done.send(());
        }
    }
    let count: f64 = clients.into_iter().map(|client| client.join().expect("a client ends")).sum();
    count / start.elapsed().as_secs_f64()
}

/// Durable submits of `clients` at a time, a second.
async fn submits(clients: usize) -> f64 {
    let home = tempfile::tempdir().expect("a directory");
    let queue = Arc::new(open(home.path()).await);
    let start = Instant::now();
    let mut working = tokio::task::JoinSet::new();
    for client in 0..clients {
        let queue = queue.clone();
        working.spawn(async move {
            let mut count = 0_u32;
            while start.elapsed() < ROUND {
                queue.submit(task(client, count)).await.expect("it is taken");
                count += 1;
            }
            f64::from(count)
        });
    }
    let count: f64 = working.join_all().await.into_iter().sum();
    count / start.elapsed().as_secs_f64()
}

async fn open(data: &Path) -> SledQueue {
    let limits = QueueLimits { max_queued: usize::MAX, min_free_bytes: 0, ..QueueLimits::default() };
    SledQueue::open(data, Arc::new(SystemClock), limits).await.expect("a ledger opens")
}

/// A task of about 8 KB of real code.
fn task(client: usize, count: u32) -> Task {
    let from = (count as usize * 97) % (SOURCE.len() - BODY);
    let prompt = SOURCE.get(from..from + BODY).expect("the source is ASCII").to_owned();
    let number = ((client as u128) << 32) | u128::from(count);
    Task {
        id: TaskId::from_uuid(uuid::Uuid::from_u128(number)),
        user_id: UserId::owner(),
        project_id: ProjectId::from_uuid(uuid::Uuid::from_u128(1)),
        session_id: SessionId::from_uuid(uuid::Uuid::from_u128(1)),
        files: vec![],
        cursor: None,
        prompt,
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
