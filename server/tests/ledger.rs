//! The ledger in processes that are killed: what was acknowledged is there, and nothing is acknowledged before it is on
//! the disk.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;
use tidemark_server::clock::SystemClock;
use tidemark_server::queue::sled::SledQueue;
use tidemark_server::queue::{Outcome, QueueLimits, TaskQueue};
use tidemark_shared::task::Metrics;
use tidemark_shared::{
    EventKind, Hash, Mode, ModelId, ProjectId, Review, SessionId, Task, TaskId, TaskResult, TaskStatus,
    UserId,
};

/// Kills in one run of the test; `TIDEMARK_KILLS=1000` for a long one.
const KILLS: u128 = 100;
const TTL: Duration = Duration::from_secs(3_600);

fn limits() -> QueueLimits {
    // Small segments and cleaning come in the way of as many kills as possible.
    QueueLimits { keep_ended: 100_000, segment_bytes: 256 << 10, min_free_bytes: 0, ..QueueLimits::default() }
}

async fn open(data: &Path) -> SledQueue {
    SledQueue::open(data, Arc::new(SystemClock), limits()).await.unwrap()
}

fn task(number: u128) -> Task {
    Task {
        id: TaskId::from_uuid(uuid::Uuid::from_u128(number)),
        user_id: UserId::owner(),
        project_id: ProjectId::from_uuid(uuid::Uuid::from_u128(1)),
        session_id: SessionId::from_uuid(uuid::Uuid::from_u128(1)),
        files: vec![],
        cursor: None,
        prompt: format!("change {number}"),
        mode: Mode::Patch,
        model: ModelId::parse("demo/guide").unwrap(),
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

/// Works through tasks from `first` on, and tells each acknowledgement: the task's number and its events until then.
async fn work(queue: &SledQueue, first: u128, rounds: u128, tell: impl Fn(u128, u64)) {
    for number in first..first.saturating_add(rounds) {
        queue.submit(task(number)).await.unwrap();
        tell(number, 1);
        let leased =
            queue.lease("worker", &Mode::ALL, 1, TTL).await.unwrap().pop().expect("a task is in line");
        let mine = leased.task.id.as_uuid().as_u128();
        let seq = queue.append(&leased.lease, vec![EventKind::Text { text: "words".into() }]).await.unwrap();
        tell(mine, seq);
        queue.finish(&leased.lease, done()).await.unwrap();
        tell(mine, seq + 1);
    }
}

#[tokio::test]
async fn a_journal_of_format_1_is_read() {
    let home = tempfile::tempdir().unwrap();
    let journal = home.path().join("ledger/journal");
    std::fs::create_dir_all(&journal).unwrap();
    std::fs::write(journal.join("00000001.log"), include_bytes!("fixtures/ledger-v1.log")).unwrap();
    let queue = open(home.path()).await;
    assert_eq!((queue.recovery().damage.len(), queue.recovery().cut), (0, 0));
    for number in [1, 2] {
        let kept = queue.get(task(number).id).await.unwrap();
        assert_eq!(
            (kept.status, kept.prompt, kept.attempt),
            (TaskStatus::Done, format!("change {number}"), 1)
        );
        let kinds: Vec<_> =
            queue.events(kept.id, 0, 10).await.unwrap().into_iter().map(|event| event.kind).collect();
        let expected = [
            EventKind::Queued,
            EventKind::Started { worker: "worker".into(), model: "demo/guide".into() },
            EventKind::Text { text: "words".into() },
            EventKind::Finished { status: TaskStatus::Done, error: None },
        ];
        assert_eq!(kinds, expected);
    }
}

fn number_of(name: &str) -> Option<u128> {
    std::env::var(name).ok()?.parse().ok()
}

/// Alone, a short load that is checked; started by the tests below, their child: a load on the directory they name.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_load_is_worked_through() {
    let home = tempfile::tempdir().unwrap();
    let data = std::env::var("LEDGER_TEST_DATA").map_or_else(|_| home.path().to_owned(), Into::into);
    let first = number_of("LEDGER_TEST_FIRST").unwrap_or(1);
    let rounds = number_of("LEDGER_TEST_ROUNDS").unwrap_or(10);
    let hands = number_of("LEDGER_TEST_HANDS").unwrap_or(4);
    let queue = Arc::new(open(&data).await);
    let mut working = tokio::task::JoinSet::new();
    for hand in 0..hands {
        let queue = queue.clone();
        let tell = |number, seq| {
            let line = format!("acked {number} {seq}\n");
            std::io::stdout().write_all(line.as_bytes()).unwrap();
        };
        working.spawn(async move { work(&queue, first + hand * 1_000_000, rounds, tell).await });
    }
    working.join_all().await;
    assert_eq!(queue.stats().await.unwrap().total().queued, 0);
}

/// This test binary again, as a child under load.
fn child(program: &mut Command, data: &Path, first: u128, rounds: u128, hands: u128) -> Child {
    program
        .args(["--exact", "a_load_is_worked_through", "--nocapture", "--test-threads=1"])
        .env("LEDGER_TEST_DATA", data)
        .env("LEDGER_TEST_FIRST", first.to_string())
        .env("LEDGER_TEST_ROUNDS", rounds.to_string())
        .env("LEDGER_TEST_HANDS", hands.to_string())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

fn read_ack(line: &str) -> Option<(u128, u64)> {
    let (number, seq) = line.split_once("acked ")?.1.split_once(' ')?;
    Some((number.parse().ok()?, seq.parse().ok()?))
}

#[tokio::test]
async fn acknowledged_tasks_outlive_kills() {
    let home = tempfile::tempdir().unwrap();
    let mut acknowledged: HashMap<u128, u64> = HashMap::new();
    let mut luck = fastrand::Rng::new();
    for kill in 0..number_of("TIDEMARK_KILLS").unwrap_or(KILLS) {
        let first = 1 + kill * 10_000_000;
        let mut child =
            child(&mut Command::new(std::env::current_exe().unwrap()), home.path(), first, u128::MAX, 4);
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut left = luck.usize(1..250);
        // The killed child's last words are still in the pipe: they were acknowledgements too.
        for (number, seq) in lines.map_while(Result::ok).filter_map(|line| read_ack(&line)) {
            let known = acknowledged.entry(number).or_default();
            *known = seq.max(*known);
            left = left.saturating_sub(1);
            if left == 0 {
                child.kill().unwrap();
            }
        }
        child.wait().unwrap();
        assert_eq!(left, 0, "the child worked until it was killed");
    }
    let queue = open(home.path()).await;
    assert_eq!(queue.recovery().damage, []);
    assert_eq!(broken_promises(&queue, &acknowledged).await, [] as [String; 0]);
}

/// What the ledger lost or doubled of what it acknowledged: each task's number with how many events it had then.
async fn broken_promises(queue: &SledQueue, acknowledged: &HashMap<u128, u64>) -> Vec<String> {
    let mut broken = Vec::new();
    for (&number, &seq) in acknowledged {
        let Ok(task) = queue.get(task(number).id).await else {
            broken.push(format!("task {number} is lost"));
            continue;
        };
        let events = queue.events(task.id, 0, usize::MAX).await.unwrap();
        let count =
            |is_one: fn(&EventKind) -> bool| events.iter().filter(|event| is_one(&event.kind)).count();
        let ends = count(|kind| matches!(kind, EventKind::Finished { .. }));
        let attempts = count(|kind| matches!(kind, EventKind::Started { .. }));
        let gap_free = events.iter().map(|event| event.seq).eq(1..=events.len() as u64);
        let lost = count(|kind| matches!(kind, EventKind::Lost));
        if !gap_free || lost > 0 || (events.len() as u64) < seq {
            broken.push(format!("task {number} had {seq} events: {events:?}"));
        }
        if ends != usize::from(task.status.is_terminal()) || attempts != task.attempt as usize {
            broken.push(format!("task {number}, {:?} at attempt {}: {events:?}", task.status, task.attempt));
        }
    }
    broken
}

#[tokio::test]
async fn a_store_that_breaks_its_promises_is_caught() {
    let home = tempfile::tempdir().unwrap();
    let queue = open(home.path()).await;
    let acknowledged = std::sync::Mutex::new(HashMap::new());
    let tell = |number, seq| {
        acknowledged.lock().unwrap().insert(number, seq);
    };
    work(&queue, 1, 20, tell).await;
    drop(queue);
    let acknowledged = acknowledged.into_inner().unwrap();
    let queue = open(home.path()).await;
    assert_eq!(broken_promises(&queue, &acknowledged).await, [] as [String; 0]);
    drop(queue);
    // A disk that forgot the end of what it was told to keep.
    std::fs::remove_dir_all(home.path().join("ledger/sled")).unwrap();
    let segment = home.path().join("ledger/journal/00000001.log");
    let kept = std::fs::metadata(&segment).unwrap().len();
    let whole = std::fs::read(&segment).unwrap().iter().rposition(|byte| *byte != 0).unwrap() as u64;
    std::fs::File::options().write(true).open(&segment).unwrap().set_len(kept.min(whole) / 2).unwrap();
    let queue = open(home.path()).await;
    assert_ne!(broken_promises(&queue, &acknowledged).await, [] as [String; 0]);
}

#[cfg(target_os = "linux")]
#[test]
fn an_fdatasync_precedes_every_acknowledgement() {
    let home = tempfile::tempdir().unwrap();
    let trace = home.path().join("trace");
    let mut strace = Command::new("strace");
    strace.args(["-f", "-y", "-e", "trace=pwrite64,fdatasync,write", "-e", "signal=none", "-o"]).arg(&trace);
    strace.arg(std::env::current_exe().unwrap());
    let child = child(&mut strace, &home.path().join("data"), 1, 15, 1);
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let trace = std::fs::read_to_string(trace).unwrap();
    #[derive(Debug, PartialEq)]
    enum Record {
        None,
        Written,
        Syncing,
        Synced,
    }
    let mut record = Record::None;
    let mut acknowledgements = 0;
    for line in trace.lines() {
        let journal = line.contains("/ledger/journal/");
        if journal && line.contains("pwrite64(") {
            record = Record::Written;
        } else if journal && line.contains("fdatasync(") && record == Record::Written {
            record = if line.contains("unfinished") { Record::Syncing } else { Record::Synced };
        } else if line.contains("fdatasync resumed") && record == Record::Syncing {
            record = Record::Synced;
        } else if line.contains("\"acked ") {
            assert_eq!(record, Record::Synced, "before {line}");
            acknowledgements += 1;
            record = Record::None;
        }
    }
    // A lease is a commit of its own that nobody is told of here.
    assert_eq!(acknowledgements, 45);
}
