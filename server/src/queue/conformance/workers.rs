//! Cases: leases, their loss, and the ends of a task.

use super::*;

pub(super) async fn a_lease_starts_an_attempt(queue: Queue, _clock: Clock) {
    let id = submit(&*queue, 1).await.id;
    let leased = queue.lease("hand 3", &Mode::ALL, 1, TTL).await.unwrap().pop().unwrap();
    assert_eq!(leased.lease, Lease { task: id, attempt: 1, failures: 0, expires: START + 30_000 });
    assert_eq!((leased.task.status, leased.task.attempt), (TaskStatus::Processing, 1));
    let started = EventKind::Started { worker: "hand 3".into(), model: "demo/guide".into() };
    assert_eq!(kinds(&*queue, id).await, [EventKind::Queued, started]);
    assert_eq!(queue.events(id, 1, 1).await.unwrap()[0].attempt, 1);
}

pub(super) async fn an_expired_lease_returns_to_line(queue: Queue, clock: Clock) {
    let id = submit(&*queue, 1).await.id;
    let first = lease(&*queue).await.unwrap();
    queue.append(&first.lease, vec![EventKind::Step { step: 1 }, EventKind::Step { step: 2 }]).await.unwrap();
    clock.advance(TTL - Duration::from_millis(1));
    assert_eq!(lease(&*queue).await, None);
    clock.advance(Duration::from_millis(1));
    let second = lease(&*queue).await.unwrap();
    assert_eq!((second.task.id, second.lease.attempt), (id, 2));
    let events = kinds(&*queue, id).await;
    assert_eq!(events[4], EventKind::Interrupted { step: 2 });
    assert!(matches!(events[5], EventKind::Started { .. }));
}

pub(super) async fn a_renewed_lease_does_not_expire(queue: Queue, clock: Clock) {
    submit(&*queue, 1).await;
    let leased = lease(&*queue).await.unwrap();
    for _ in 0..5 {
        clock.advance(TTL / 2);
        assert!(!queue.renew(&leased.lease, TTL).await.unwrap().cancel_requested);
        assert_eq!(lease(&*queue).await, None);
    }
    clock.advance(TTL);
    assert!(lease(&*queue).await.is_some());
}

pub(super) async fn a_lost_lease_cannot_write(queue: Queue, clock: Clock) {
    let id = submit(&*queue, 1).await.id;
    let lost = lease(&*queue).await.unwrap().lease;
    clock.advance(TTL);
    let held = lease(&*queue).await.unwrap().lease;
    let before = (queue.get(id).await.unwrap(), kinds(&*queue, id).await);
    assert!(
        matches!(queue.append(&lost, vec![text("late")]).await, Err(QueueError::LeaseLost(i)) if i == id)
    );
    assert!(matches!(queue.renew(&lost, TTL).await, Err(QueueError::LeaseLost(_))));
    for outcome in [done("late"), failed(), Outcome::Cancelled { metrics: None }] {
        assert!(matches!(queue.finish(&lost, outcome).await, Err(QueueError::LeaseLost(_))));
    }
    assert_eq!((queue.get(id).await.unwrap(), kinds(&*queue, id).await), before);
    queue.append(&held, vec![text("mine")]).await.unwrap();
    queue.finish(&held, done("mine")).await.unwrap();
    assert!(matches!(queue.append(&held, vec![text("more")]).await, Err(QueueError::LeaseLost(_))));
}

pub(super) async fn a_task_that_kills_its_workers_fails(queue: Queue, clock: Clock) {
    let id = submit(&*queue, 1).await.id;
    for attempt in 1..=4 {
        assert_eq!(lease(&*queue).await.unwrap().lease.attempt, attempt);
        clock.advance(TTL);
    }
    assert_eq!(lease(&*queue).await, None);
    let task = queue.get(id).await.unwrap();
    assert_eq!(task.status, TaskStatus::Failed);
    assert_eq!(task.error.as_ref().unwrap().code, TaskErrorCode::Interrupted);
    let events = kinds(&*queue, id).await;
    assert_eq!(events.iter().filter(|e| matches!(e, EventKind::Interrupted { .. })).count(), 4);
    assert_eq!(events.last(), Some(&EventKind::Finished { status: TaskStatus::Failed, error: task.error }));
}

pub(super) async fn a_task_that_gets_on_outlives_any_number_of_workers(queue: Queue, clock: Clock) {
    submit(&*queue, 1).await;
    for attempt in 1..=5 {
        let leased = lease(&*queue).await.unwrap();
        assert_eq!(leased.lease.attempt, attempt);
        let got_on = [
            EventKind::Resumed { step: attempt },
            EventKind::Saved { step: attempt, progress: Hash::of(b"what was done") },
        ];
        queue.append(&leased.lease, got_on.into()).await.unwrap();
        clock.advance(TTL);
    }
    let interrupted = EventKind::Interrupted { step: 5 };
    lease(&*queue).await.unwrap();
    assert!(kinds(&*queue, task_id(1)).await.contains(&interrupted), "a resumed step is the one it is at");
    assert_eq!(queue.stats().await.unwrap().lease_losses, 5);
}

pub(super) async fn an_expired_but_newest_lease_may_still_finish(queue: Queue, clock: Clock) {
    submit(&*queue, 1).await;
    let leased = lease(&*queue).await.unwrap();
    clock.advance(TTL * 2);
    assert_eq!(queue.finish(&leased.lease, done("slow")).await.unwrap().status, TaskStatus::Done);
}

pub(super) async fn a_task_ends_once(queue: Queue, clock: Clock) {
    let id = submit(&*queue, 1).await.id;
    let leased = lease(&*queue).await.unwrap();
    let task = queue.finish(&leased.lease, done("blue now")).await.unwrap();
    assert_eq!((task.status, task.review), (TaskStatus::Done, Review::Pending));
    assert_eq!(task.result.as_ref().unwrap().explanation, "blue now");
    assert_eq!(queue.get(id).await.unwrap(), task);
    assert!(matches!(queue.finish(&leased.lease, done("again")).await, Err(QueueError::LeaseLost(_))));
    clock.advance(TTL * 10);
    assert_eq!(lease(&*queue).await, None);
    let events = kinds(&*queue, id).await;
    assert_eq!(events.last(), Some(&EventKind::Finished { status: TaskStatus::Done, error: None }));
    assert_eq!(events.len(), 3);
}

pub(super) async fn a_failure_is_told(queue: Queue, _clock: Clock) {
    let id = submit(&*queue, 1).await.id;
    let leased = lease(&*queue).await.unwrap();
    let task = queue.finish(&leased.lease, failed()).await.unwrap();
    assert_eq!((task.status, task.review), (TaskStatus::Failed, Review::None));
    assert_eq!(task.error.as_ref().unwrap().message, "no answer");
    let finished = EventKind::Finished { status: TaskStatus::Failed, error: task.error };
    assert_eq!(kinds(&*queue, id).await.last(), Some(&finished));
}

pub(super) async fn cancelling_a_queued_task_ends_it(queue: Queue, _clock: Clock) {
    let id = submit(&*queue, 1).await.id;
    let task = queue.cancel(id).await.unwrap();
    assert_eq!(task.status, TaskStatus::Cancelled);
    assert_eq!(queue.cancel(id).await.unwrap(), task, "cancelling twice is fine");
    assert_eq!(lease(&*queue).await, None);
    let finished = EventKind::Finished { status: TaskStatus::Cancelled, error: None };
    assert_eq!(kinds(&*queue, id).await, [EventKind::Queued, finished]);
}

pub(super) async fn cancelling_a_running_task_asks_its_worker(queue: Queue, _clock: Clock) {
    let id = submit(&*queue, 1).await.id;
    let leased = lease(&*queue).await.unwrap();
    let task = queue.cancel(id).await.unwrap();
    assert_eq!((task.status, task.cancel_requested), (TaskStatus::Processing, true));
    assert_eq!(queue.cancel(id).await.unwrap(), task, "asking twice is fine");
    assert!(queue.renew(&leased.lease, TTL).await.unwrap().cancel_requested);
    let task = queue.finish(&leased.lease, Outcome::Cancelled { metrics: None }).await.unwrap();
    assert_eq!(task.status, TaskStatus::Cancelled);
    let events = kinds(&*queue, id).await;
    let finished = EventKind::Finished { status: TaskStatus::Cancelled, error: None };
    assert_eq!(events[2..], [EventKind::CancelRequested, finished]);
}

pub(super) async fn cancel_is_heard_at_once(queue: Queue, _clock: Clock) {
    let id = submit(&*queue, 1).await.id;
    let leased = lease(&*queue).await.unwrap();
    let mut cancelled = pin!(queue.cancelled(&leased.lease));
    assert!(waits(cancelled.as_mut()));
    queue.append(&leased.lease, vec![text("still going")]).await.unwrap();
    assert!(waits(cancelled.as_mut()));
    queue.cancel(id).await.unwrap();
    soon(cancelled).await;
}

pub(super) async fn a_lost_lease_is_heard_at_once(queue: Queue, clock: Clock) {
    submit(&*queue, 1).await;
    let leased = lease(&*queue).await.unwrap();
    let mut cancelled = pin!(queue.cancelled(&leased.lease));
    assert!(waits(cancelled.as_mut()));
    clock.advance(TTL);
    lease(&*queue).await.unwrap();
    soon(cancelled).await;
}

pub(super) async fn a_cancelled_task_does_not_go_back_to_the_line(queue: Queue, clock: Clock) {
    for number in 1..=3 {
        submit(&*queue, number).await;
    }
    let leases =
        [lease(&*queue).await.unwrap(), lease(&*queue).await.unwrap(), lease(&*queue).await.unwrap()];
    for leased in &leases {
        queue.cancel(leased.task.id).await.unwrap();
    }
    let again = Outcome::Again { delay: Duration::ZERO, message: String::new() };
    assert_eq!(queue.finish(&leases[0].lease, again).await.unwrap().status, TaskStatus::Cancelled);
    let wait = Outcome::Wait { waiting_for: tidemark_shared::WaitingFor::Network, message: String::new() };
    let task = queue.finish(&leases[1].lease, wait).await.unwrap();
    assert_eq!((task.status, task.waiting_for), (TaskStatus::Cancelled, None));
    // The third worker is never heard of again.
    clock.advance(TTL);
    assert_eq!(lease(&*queue).await, None);
    assert_eq!(queue.get(task_id(3)).await.unwrap().status, TaskStatus::Cancelled);
}

pub(super) async fn an_ended_task_is_not_cancelled(queue: Queue, _clock: Clock) {
    let id = submit(&*queue, 1).await.id;
    let leased = lease(&*queue).await.unwrap();
    queue.finish(&leased.lease, done("ok")).await.unwrap();
    let refused = queue.cancel(id).await;
    assert!(matches!(refused, Err(QueueError::WrongState { status: TaskStatus::Done, .. })), "{refused:?}");
}
