//! Cases: who is next, and who waits for what.

use super::*;
use crate::queue::{LaneStats, QueueStats};
use tidemark_shared::{WaitingFor, task::TaskEdit};

pub(super) async fn first_in_is_first_leased(queue: Queue, _clock: Clock) {
    for number in [3, 1, 2] {
        submit(&*queue, number).await;
    }
    let order = [next(&*queue).await, next(&*queue).await, next(&*queue).await, next(&*queue).await];
    assert_eq!(order, [Some(3), Some(1), Some(2), None]);
}

pub(super) async fn higher_priority_goes_first(queue: Queue, _clock: Clock) {
    for (number, priority) in [(1, 5), (2, 0), (3, 9), (4, 5), (5, 9)] {
        queue.submit(Task { priority, ..task(number) }).await.unwrap();
    }
    let mut order = Vec::new();
    while let Some(number) = next(&*queue).await {
        order.push(number);
    }
    assert_eq!(order, [3, 5, 1, 4, 2]);
}

pub(super) async fn an_empty_line_leases_nothing(queue: Queue, _clock: Clock) {
    assert_eq!(lease(&*queue).await, None);
}

pub(super) async fn two_workers_never_hold_one_task(queue: Queue, _clock: Clock) {
    for number in 1..=40 {
        submit(&*queue, number).await;
    }
    let mut workers = tokio::task::JoinSet::new();
    for worker in 0..8 {
        let queue = queue.clone();
        workers.spawn(async move {
            let mut mine = Vec::new();
            while let Some(leased) =
                queue.lease(&format!("worker {worker}"), &Mode::ALL, 1, TTL).await.unwrap().pop()
            {
                mine.push(leased.task.id);
                tokio::task::yield_now().await;
            }
            mine
        });
    }
    let mut all: Vec<_> = workers.join_all().await.into_iter().flatten().collect();
    all.sort();
    assert_eq!(all, (1..=40).map(task_id).collect::<Vec<_>>());
}

pub(super) async fn ready_waits_for_a_task(queue: Queue, _clock: Clock) {
    {
        let mut ready = pin!(queue.ready(&Mode::ALL));
        assert!(waits(ready.as_mut()));
        submit(&*queue, 1).await;
        soon(ready).await;
    }
    soon(queue.ready(&Mode::ALL)).await;
    lease(&*queue).await.unwrap();
    assert!(waits(pin!(queue.ready(&Mode::ALL))));
}

pub(super) async fn ready_waits_for_the_end_of_a_pause(queue: Queue, clock: Clock) {
    submit(&*queue, 1).await;
    let leased = lease(&*queue).await.unwrap();
    let again = Outcome::Again { delay: Duration::from_secs(10), message: "busy".into() };
    queue.finish(&leased.lease, again).await.unwrap();
    let mut ready = pin!(queue.ready(&Mode::ALL));
    assert!(waits(ready.as_mut()));
    clock.advance(Duration::from_millis(9_999));
    assert!(waits(ready.as_mut()));
    assert_eq!(lease(&*queue).await, None);
    clock.advance(Duration::from_millis(1));
    soon(ready).await;
    assert_eq!(next(&*queue).await, Some(1));
}

pub(super) async fn ready_waits_for_a_lease_to_run_out(queue: Queue, clock: Clock) {
    submit(&*queue, 1).await;
    lease(&*queue).await.unwrap();
    let mut ready = pin!(queue.ready(&Mode::ALL));
    assert!(waits(ready.as_mut()));
    clock.advance(TTL);
    soon(ready).await;
    assert_eq!(next(&*queue).await, Some(1));
}

pub(super) async fn a_task_that_waits_is_not_leased_until_woken(queue: Queue, clock: Clock) {
    let id = submit(&*queue, 1).await.id;
    let leased = lease(&*queue).await.unwrap();
    let wait = Outcome::Wait { waiting_for: WaitingFor::Network, message: "offline".into() };
    let task = queue.finish(&leased.lease, wait).await.unwrap();
    assert_eq!((task.status, task.waiting_for), (TaskStatus::Queued, Some(WaitingFor::Network)));
    clock.advance(Duration::from_secs(86_400));
    let mut ready = pin!(queue.ready(&Mode::ALL));
    assert!(waits(ready.as_mut()));
    assert_eq!(lease(&*queue).await, None);
    queue.wake(WaitingFor::Network).await.unwrap();
    soon(ready).await;
    let leased = lease(&*queue).await.unwrap();
    assert_eq!((leased.task.id, leased.task.waiting_for, leased.lease.attempt), (id, None, 2));
    let waiting = EventKind::Waiting { waiting_for: WaitingFor::Network, message: "offline".into() };
    assert!(kinds(&*queue, id).await.contains(&waiting));
}

pub(super) async fn waking_one_reason_leaves_the_others(queue: Queue, _clock: Clock) {
    for (number, waiting_for) in
        [(1, WaitingFor::Network), (2, WaitingFor::Approval), (3, WaitingFor::Network)]
    {
        submit(&*queue, number).await;
        let lease = lease(&*queue).await.unwrap().lease;
        queue.finish(&lease, Outcome::Wait { waiting_for, message: String::new() }).await.unwrap();
    }
    queue.wake(WaitingFor::Network).await.unwrap();
    assert_eq!([next(&*queue).await, next(&*queue).await, next(&*queue).await], [Some(1), Some(3), None]);
    queue.wake(WaitingFor::Network).await.unwrap();
    assert_eq!(next(&*queue).await, None, "waking twice is fine");
}

pub(super) async fn a_task_to_try_again_is_paused_and_keeps_its_place(queue: Queue, clock: Clock) {
    submit(&*queue, 1).await;
    let first = lease(&*queue).await.unwrap();
    submit(&*queue, 2).await;
    let again = Outcome::Again { delay: Duration::from_secs(5), message: "overloaded".into() };
    let task = queue.finish(&first.lease, again).await.unwrap();
    assert_eq!(task.status, TaskStatus::Queued);
    assert_eq!(next(&*queue).await, Some(2), "a paused task holds nobody up");
    submit(&*queue, 3).await;
    clock.advance(Duration::from_secs(5));
    assert_eq!([next(&*queue).await, next(&*queue).await], [Some(1), Some(3)]);
    let retrying = EventKind::Retrying { message: "overloaded".into(), after_ms: 5_000 };
    assert!(kinds(&*queue, task_id(1)).await.contains(&retrying));
}

pub(super) async fn a_clock_that_is_set_back_makes_nobody_wait_longer(queue: Queue, clock: Clock) {
    submit(&*queue, 1).await;
    let leased = lease(&*queue).await.unwrap();
    let again = Outcome::Again { delay: Duration::from_secs(10), message: String::new() };
    queue.finish(&leased.lease, again).await.unwrap();
    submit(&*queue, 2).await;
    lease(&*queue).await.unwrap();
    clock.set_back(Duration::from_secs(365 * 86_400));
    assert_eq!(lease(&*queue).await, None);
    clock.advance(Duration::from_secs(10));
    assert_eq!(next(&*queue).await, Some(1));
    clock.advance(TTL);
    assert!(lease(&*queue).await.is_some(), "the lost lease ran out as well");
}

pub(super) async fn an_edit_moves_a_task_in_line(queue: Queue, _clock: Clock) {
    for number in 1..=3 {
        submit(&*queue, number).await;
    }
    let model = ModelId::parse("ollama/small").unwrap();
    let edit = TaskEdit { priority: Some(9), model: Some(model.clone()), prompt: Some("red".into()) };
    let task = queue.edit(task_id(3), edit).await.unwrap();
    assert_eq!((task.priority, &task.model, &*task.prompt), (9, &model, "red"));
    let leased = lease(&*queue).await.unwrap();
    assert_eq!((leased.task.id, &*leased.task.prompt, leased.task.model), (task_id(3), "red", model.clone()));
    let started = EventKind::Started { worker: "worker".into(), model: model.to_string() };
    assert_eq!(kinds(&*queue, task_id(3)).await, [EventKind::Queued, EventKind::Edited, started]);
}

pub(super) async fn only_a_queued_task_is_edited(queue: Queue, _clock: Clock) {
    let id = submit(&*queue, 1).await.id;
    let leased = lease(&*queue).await.unwrap();
    let edit = || TaskEdit { prompt: Some("too late".into()), ..TaskEdit::default() };
    for status in [TaskStatus::Processing, TaskStatus::Done] {
        let refused = queue.edit(id, edit()).await;
        assert!(
            matches!(refused, Err(QueueError::WrongState { status: s, .. }) if s == status),
            "{refused:?}"
        );
        if status == TaskStatus::Processing {
            queue.finish(&leased.lease, done("ok")).await.unwrap();
        }
    }
    assert_eq!(queue.get(id).await.unwrap().prompt, task(1).prompt);
}

pub(super) async fn stats_count_what_is_there(queue: Queue, clock: Clock) {
    let empty = QueueStats {
        lanes: Mode::ALL.map(|mode| (mode, LaneStats::default())).into(),
        ..QueueStats::default()
    };
    assert_eq!(queue.stats().await.unwrap(), empty);
    submit(&*queue, 1).await;
    clock.advance(Duration::from_secs(1));
    submit(&*queue, 2).await;
    submit(&*queue, 3).await;
    let first = lease(&*queue).await.unwrap();
    let wait = Outcome::Wait { waiting_for: WaitingFor::Budget, message: String::new() };
    queue.finish(&first.lease, wait).await.unwrap();
    lease(&*queue).await.unwrap();
    queue.submit(Task { mode: Mode::Explain, ..task(4) }).await.unwrap();
    let mut expected = empty.clone();
    let lane = |queued, waiting, processing, oldest| LaneStats {
        queued,
        waiting,
        processing,
        oldest_queued_at: Some(oldest),
        is_paused: false,
    };
    expected.lanes.insert(Mode::Patch, lane(2, 1, 1, START));
    expected.lanes.insert(Mode::Explain, lane(1, 0, 0, START + 1_000));
    assert_eq!(queue.stats().await.unwrap(), expected);
    assert_eq!(expected.total(), lane(3, 1, 1, START));
    clock.advance(TTL);
    lease(&*queue).await.unwrap();
    assert_eq!(queue.stats().await.unwrap().lease_losses, 1);
}
