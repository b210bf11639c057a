//! The backend of one machine through restarts, damage, full disks and pulled plugs.

use super::super::conformance::{done, kinds, lease, limits, submit, task, task_id, text};
use super::super::journal::lossy::Lossy;
use super::super::view::View;
use super::super::wakes::Wakes;
use super::super::{Outcome, Submission, TaskFilter, TaskQueue};
use super::*;
use crate::clock::ManualClock;
use std::collections::BTreeMap;
use std::time::Duration;
use tidemark_shared::{Task, TaskStatus};

const START: u64 = 1_800_000_000_000;

fn clock() -> Arc<ManualClock> {
    Arc::new(ManualClock::at(START))
}

async fn open(data: &Path) -> SledQueue {
    SledQueue::open(data, clock(), limits()).await.unwrap()
}

/// One task of every kind: done, running, in line, cancelled.
async fn fill(queue: &SledQueue) {
    for number in 1..=4 {
        submit(queue, number).await;
    }
    let first = lease(queue).await.unwrap();
    queue.append(&first.lease, vec![text("thinking"), EventKind::Step { step: 2 }]).await.unwrap();
    queue.finish(&first.lease, done("it is blue")).await.unwrap();
    let second = lease(queue).await.unwrap();
    queue.append(&second.lease, vec![EventKind::Step { step: 3 }]).await.unwrap();
    queue.cancel(task_id(4)).await.unwrap();
}

type Everything = BTreeMap<TaskId, (Task, Vec<TaskEvent>)>;

async fn everything(queue: &SledQueue) -> Everything {
    let page = queue.list(TaskFilter { limit: 1_000, ..TaskFilter::default() }).await.unwrap();
    let mut all = Everything::new();
    for task in page.items {
        let events = queue.events(task.id, 0, usize::MAX).await.unwrap();
        assert!(events.iter().map(|event| event.seq).eq(1..=events.len() as u64), "{events:?}");
        all.insert(task.id, (task, events));
    }
    all
}

#[tokio::test]
async fn everything_is_there_after_a_restart_and_running_tasks_go_back_to_the_line() {
    let home = tempfile::tempdir().unwrap();
    let queue = open(home.path()).await;
    fill(&queue).await;
    let before = everything(&queue).await;
    drop(queue);
    let queue = open(home.path()).await;
    assert_eq!(*queue.recovery(), Recovery::default());
    let after = everything(&queue).await;
    for number in [1, 3, 4] {
        assert_eq!(after[&task_id(number)], before[&task_id(number)], "task {number}");
    }
    let (task, events) = &after[&task_id(2)];
    assert_eq!((task.status, task.attempt), (TaskStatus::Queued, 1));
    assert_eq!(events.last().unwrap().kind, EventKind::Interrupted { step: 3 });
    assert_eq!(lease(&queue).await.unwrap().lease.task, task_id(2), "it kept its place");
    assert!(matches!(queue.submit(super::super::conformance::task(1)).await, Ok(Submission::Known(_))));
}

#[tokio::test]
async fn a_task_that_ends_the_process_each_time_fails_in_the_end() {
    let home = tempfile::tempdir().unwrap();
    let queue = open(home.path()).await;
    submit(&queue, 1).await;
    drop(queue);
    for _ in 0..4 {
        let queue = open(home.path()).await;
        lease(&queue).await.unwrap();
    }
    let queue = open(home.path()).await;
    assert_eq!(queue.get(task_id(1)).await.unwrap().status, TaskStatus::Failed);
}

#[tokio::test]
async fn sled_is_rebuilt_when_it_is_missing_damaged_or_behind() {
    let home = tempfile::tempdir().unwrap();
    let (sled, old) = (home.path().join("ledger/sled"), home.path().join("old"));
    let queue = open(home.path()).await;
    submit(&queue, 9).await;
    drop(queue);
    copy(&sled, &old);
    let queue = open(home.path()).await;
    fill(&queue).await;
    drop(queue);
    // Interrupted once, so that opening changes nothing more.
    let queue = open(home.path()).await;
    let expected = everything(&queue).await;
    drop(queue);

    fs::remove_dir_all(&sled).unwrap();
    let queue = open(home.path()).await;
    assert_eq!(queue.recovery().rebuilt, Some("it was missing"));
    assert_eq!(everything(&queue).await, expected);
    drop(queue);

    let db = sled.join("db");
    let whole = fs::read(&db).unwrap();
    for (name, damaged) in
        [("zeros", vec![0; whole.len()]), ("noise", noise(whole.len())), ("nothing", vec![])]
    {
        fs::write(&db, damaged).unwrap();
        let queue = open(home.path()).await;
        assert_eq!(everything(&queue).await, expected, "{name}");
        drop(queue);
    }

    fs::remove_dir_all(&sled).unwrap();
    copy(&old, &sled);
    let queue = open(home.path()).await;
    assert_eq!(everything(&queue).await, expected, "an older copy catches up");
}

fn noise(length: usize) -> Vec<u8> {
    let mut luck = fastrand::Rng::with_seed(7);
    (0..length).map(|_| luck.u8(..)).collect()
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &to.join(entry.file_name()));
        } else {
            fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
        }
    }
}

#[tokio::test]
async fn a_lost_journal_is_written_anew_from_what_sled_has() {
    let home = tempfile::tempdir().unwrap();
    let queue = open(home.path()).await;
    fill(&queue).await;
    queue.cancel(task_id(2)).await.unwrap();
    drop(queue);
    let queue = open(home.path()).await;
    let expected = everything(&queue).await;
    drop(queue);
    fs::remove_dir_all(home.path().join("ledger/journal")).unwrap();
    let queue = open(home.path()).await;
    assert_eq!(queue.recovery().damage.len(), 1, "it is reported");
    assert_eq!(everything(&queue).await, expected);
    drop(queue);
    fs::remove_dir_all(home.path().join("ledger/sled")).unwrap();
    assert_eq!(everything(&open(home.path()).await).await, expected);
}

#[tokio::test]
async fn damage_in_the_middle_costs_what_it_hit_and_leaves_no_gap() {
    let home = tempfile::tempdir().unwrap();
    let queue = open(home.path()).await;
    submit(&queue, 1).await;
    submit(&queue, 2).await;
    let leased = lease(&queue).await.unwrap();
    for word in ["one", "the damaged word", "three"] {
        queue.append(&leased.lease, vec![text(word)]).await.unwrap();
    }
    drop(queue);
    // Small commits lie there as plain JSON.
    let journal = home.path().join("ledger/journal/00000001.log");
    let mut bytes = fs::read(&journal).unwrap();
    let at = bytes.windows(7).position(|w| w == b"damaged").unwrap();
    bytes[at] = b'D';
    fs::write(&journal, bytes).unwrap();
    fs::remove_dir_all(home.path().join("ledger/sled")).unwrap();
    let queue = open(home.path()).await;
    assert_eq!(queue.recovery().damage.len(), 1);
    assert_eq!(queue.recovery().lost_tasks, []);
    let words = kinds(&queue, task_id(1)).await;
    assert_eq!(words[2..5], [text("one"), EventKind::Lost, text("three")]);
    assert_eq!(queue.get(task_id(2)).await.unwrap().status, TaskStatus::Queued);
}

#[tokio::test]
async fn an_event_that_mends_damage_is_seen_before_sled_has_it() {
    let home = tempfile::tempdir().unwrap();
    let queue = open(home.path()).await;
    submit(&queue, 1).await;
    let leased = lease(&queue).await.unwrap();
    queue.append(&leased.lease, ["one", "two", "three"].map(text).into()).await.unwrap();
    drop(queue);
    let shelf = Shelf::open(&home.path().join("ledger/sled")).unwrap();
    shelf.db.remove(event_key(task_id(1), 4)).unwrap();
    let mut state = State::new(&limits());
    for head in shelf.heads().unwrap() {
        state.apply(&Record::Put { head: Box::new(head), body: None, events: vec![] });
    }
    let mends = shelf.mends(&state, &mut Recovery::default()).unwrap();
    let view = View::new(state, shelf, tempfile::tempfile().unwrap());
    view.publish(100, &mends, &Wakes::new(&limits()));
    for (after, limit) in [(0, 100), (0, 4), (3, 1)] {
        let events = view.look(|_| Ok(()), |(), kept| kept.events(task_id(1), after, limit)).unwrap();
        let seqs: Vec<Seq> = events.iter().map(|event| event.seq).collect();
        let last = 5.min(after + limit as Seq);
        assert_eq!(seqs, (after + 1..=last).collect::<Vec<_>>());
        assert_eq!(events[3 - after as usize].kind, EventKind::Lost);
    }
}

#[tokio::test]
async fn a_second_process_is_refused_by_the_name_of_the_directory() {
    let home = tempfile::tempdir().unwrap();
    let queue = open(home.path()).await;
    let Err(refused) = SledQueue::open(home.path(), clock(), limits()).await else { panic!("it is refused") };
    let message = refused.to_string();
    assert!(message.contains(&home.path().display().to_string()), "{message}");
    assert!(message.contains(&std::process::id().to_string()), "{message}");
    drop(queue);
    open(home.path()).await;
}

#[tokio::test]
async fn a_full_disk_refuses_cleanly_and_goes_on_when_there_is_space() {
    let home = tempfile::tempdir().unwrap();
    let disk = Lossy::default();
    let bounds = QueueLimits { min_free_bytes: 1_000, ..limits() };
    let queue = SledQueue::open_on(home.path(), Box::new(disk.clone()), clock(), bounds).unwrap();
    submit(&queue, 1).await;
    let leased = lease(&queue).await.unwrap();
    let before = everything(&queue).await;
    disk.leave_space(Some(999));
    assert!(matches!(queue.submit(task(2)).await, Err(QueueError::DiskFull)));
    assert!(matches!(queue.finish(&leased.lease, done("ok")).await, Err(QueueError::DiskFull)));
    assert!(matches!(queue.append(&leased.lease, vec![text("x")]).await, Err(QueueError::DiskFull)));
    queue.renew(&leased.lease, Duration::from_secs(60)).await.expect("a lease is kept without the disk");
    assert_eq!(everything(&queue).await, before, "nothing was changed");
    disk.leave_space(None);
    submit(&queue, 2).await;
    queue.finish(&leased.lease, done("ok")).await.unwrap();
    assert_eq!(kinds(&queue, task_id(1)).await.len(), 3, "numbers go on without a gap");
}

#[tokio::test]
async fn the_journal_stays_small_and_whole_through_many_tasks() {
    let home = tempfile::tempdir().unwrap();
    let bounds = QueueLimits { segment_bytes: 16 << 10, keep_ended: 5, ..limits() };
    let queue = SledQueue::open(home.path(), clock(), bounds.clone()).await.unwrap();
    submit(&queue, 1_000_000).await;
    let pause = Outcome::Again { delay: Duration::from_secs(9_999), message: "later".into() };
    let old = lease(&queue).await.unwrap();
    queue.finish(&old.lease, pause).await.unwrap();
    let mut largest = 0;
    for number in 1..=800 {
        let prompt = (0..8).map(|_| fastrand::u64(..).to_string()).collect::<String>();
        queue.submit(Task { prompt, ..task(number) }).await.unwrap();
        let leased = lease(&queue).await.unwrap();
        queue.append(&leased.lease, vec![text("a"), text("b")]).await.unwrap();
        queue.finish(&leased.lease, done("ok")).await.unwrap();
        largest = largest.max(size(&home.path().join("ledger/journal")));
    }
    // Four segments until it is cleaned, as much again while it is, and space taken ahead for the newest.
    assert!(largest < 16 * (16 << 10) + (2 << 20), "{largest} bytes");
    let before = everything(&queue).await;
    assert_eq!(before.len(), 6);
    drop(queue);
    fs::remove_dir_all(home.path().join("ledger/sled")).unwrap();
    let queue = SledQueue::open(home.path(), clock(), bounds).await.unwrap();
    assert_eq!(queue.recovery().damage, []);
    assert_eq!(everything(&queue).await, before);
}

fn size(directory: &Path) -> u64 {
    // A file that is dropped while we look has no size.
    fs::read_dir(directory)
        .unwrap()
        .flatten()
        .filter_map(|entry| entry.metadata().ok())
        .map(|meta| meta.len())
        .sum()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn acknowledged_tasks_outlive_a_pulled_plug() {
    for seed in 0..12 {
        let home = tempfile::tempdir().unwrap();
        let disk = Lossy::default();
        let mut luck = fastrand::Rng::with_seed(seed);
        let bounds = QueueLimits { segment_bytes: 8 << 10, ..limits() };
        let queue = SledQueue::open_on(home.path(), Box::new(disk.clone()), clock(), bounds.clone()).unwrap();
        disk.die_after(luck.u64(1..250));
        let mut acknowledged = BTreeMap::new();
        for number in 1.. {
            if queue.submit(task(number)).await.is_err() {
                break;
            }
            acknowledged.insert(number, 1);
            let leased = queue.lease("worker", &Mode::ALL, 1, Duration::from_secs(30)).await;
            let Some(leased) = leased.ok().and_then(|mut leased| leased.pop()) else { break };
            let Ok(seq) = queue.append(&leased.lease, vec![text("hello")]).await else { break };
            acknowledged.insert(number, seq);
            if number % 2 == 0 {
                let Ok(_) = queue.finish(&leased.lease, done("ok")).await else { break };
                acknowledged.insert(number, seq + 1);
            }
        }
        drop(queue);
        disk.power_cut(&mut luck);
        if luck.bool() {
            fs::remove_dir_all(home.path().join("ledger/sled")).unwrap();
        }
        let queue = SledQueue::open(home.path(), clock(), bounds).await.unwrap();
        assert_eq!(queue.recovery().damage, [], "seed {seed}");
        let all = everything(&queue).await;
        let oldest_kept = acknowledged.len().saturating_sub(40);
        for (number, seq) in acknowledged.into_iter().skip(oldest_kept) {
            let (_, events) = &all[&task_id(number)];
            assert!(events.len() as u64 >= seq, "seed {seed}, task {number}: {events:?}");
        }
    }
}
