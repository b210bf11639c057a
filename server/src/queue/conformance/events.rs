//! Cases: the story of a task, and who is told of it.

use super::*;
use crate::queue::Changed;
use tidemark_shared::WaitingFor;

pub(super) async fn events_have_no_gaps_and_resume_anywhere(queue: Queue, clock: Clock) {
    let id = submit(&*queue, 1).await.id;
    let leased = lease(&*queue).await.unwrap();
    for n in 0..5 {
        clock.advance(Duration::from_millis(7));
        let last = queue.append(&leased.lease, vec![text("a"), text("b")]).await.unwrap();
        assert_eq!(last, 4 + 2 * n);
    }
    queue.finish(&leased.lease, done("ok")).await.unwrap();
    let all = queue.events(id, 0, usize::MAX).await.unwrap();
    assert!(all.iter().map(|event| event.seq).eq(1..=13));
    assert_eq!(all[3].at, START + 7);
    for after in 0..=14_usize {
        for limit in [1, 3, 100] {
            let some = queue.events(id, after as u64, limit).await.unwrap();
            let expected: Vec<_> = all.iter().skip(after).take(limit).cloned().collect();
            assert_eq!(some, expected, "after {after}, at most {limit}");
        }
    }
    assert_eq!(queue.events(id, u64::MAX, 10).await.unwrap(), []);
    assert_eq!(queue.events(id, 0, 0).await.unwrap(), []);
}

pub(super) async fn waiting_for_an_event_ends_with_it(queue: Queue, _clock: Clock) {
    let id = submit(&*queue, 1).await.id;
    soon(queue.event_after(id, 0)).await.unwrap();
    let mut started = pin!(queue.event_after(id, 1));
    let mut appended = pin!(queue.event_after(id, 2));
    assert!(waits(started.as_mut()));
    let leased = lease(&*queue).await.unwrap();
    soon(started).await.unwrap();
    assert!(waits(appended.as_mut()));
    queue.append(&leased.lease, vec![text("hello")]).await.unwrap();
    soon(appended).await.unwrap();
    // Another task's events wake nobody here.
    let mut quiet = pin!(queue.event_after(id, 3));
    submit(&*queue, 2).await;
    assert!(waits(quiet.as_mut()));
}

pub(super) async fn appending_nothing_is_fine(queue: Queue, _clock: Clock) {
    submit(&*queue, 1).await;
    let leased = lease(&*queue).await.unwrap();
    assert_eq!(queue.append(&leased.lease, vec![]).await.unwrap(), 2);
}

pub(super) async fn events_have_a_limit_and_an_end_always_fits(queue: Queue, _clock: Clock) {
    let id = submit(&*queue, 1).await.id;
    let leased = lease(&*queue).await.unwrap();
    assert_eq!(queue.append(&leased.lease, vec![text("x"); 28]).await.unwrap(), 30);
    assert!(matches!(
        queue.append(&leased.lease, vec![text("x")]).await,
        Err(QueueError::Full { limit: 30, .. })
    ));
    queue.cancel(id).await.unwrap();
    queue.finish(&leased.lease, Outcome::Cancelled { metrics: None }).await.unwrap();
    assert_eq!(kinds(&*queue, id).await.len(), 32);
}

pub(super) async fn events_of_one_append_have_a_limit_in_bytes(queue: Queue, _clock: Clock) {
    let id = submit(&*queue, 1).await.id;
    let leased = lease(&*queue).await.unwrap();
    let large = text(&"x".repeat(100_000));
    assert!(matches!(queue.append(&leased.lease, vec![large]).await, Err(QueueError::Full { .. })));
    let refused = queue.finish(&leased.lease, done(&"x".repeat(100_000))).await;
    assert!(matches!(refused, Err(QueueError::Full { limit: 100_000, .. })), "a result has the same limit");
    assert_eq!(queue.append(&leased.lease, vec![text(&"x".repeat(90_000))]).await.unwrap(), 3);
    let Outcome::Failed { error, metrics } = failed() else { unreachable!() };
    let message = "m".repeat(100_000);
    let error = TaskError { message, ..error };
    queue.finish(&leased.lease, Outcome::Failed { error, metrics }).await.unwrap();
    assert_eq!(queue.get(id).await.unwrap().status, TaskStatus::Failed, "an end always fits");
}

pub(super) async fn a_task_that_always_waits_fails_at_the_limit(queue: Queue, _clock: Clock) {
    let id = submit(&*queue, 1).await.id;
    let mut rounds = 0;
    let task = loop {
        let leased = lease(&*queue).await.unwrap();
        let wait = Outcome::Wait { waiting_for: WaitingFor::Network, message: String::new() };
        let task = queue.finish(&leased.lease, wait).await.unwrap();
        if task.status.is_terminal() {
            break task;
        }
        queue.wake(WaitingFor::Network).await.unwrap();
        rounds += 1;
        assert!(rounds < 100, "it ends");
    };
    assert_eq!(task.error.unwrap().code, TaskErrorCode::LimitReached);
    assert!(kinds(&*queue, id).await.len() <= 32);
}

pub(super) async fn changes_are_told_in_order(queue: Queue, _clock: Clock) {
    let mut changes = queue.changes();
    let id = submit(&*queue, 1).await.id;
    let leased = lease(&*queue).await.unwrap();
    queue.append(&leased.lease, vec![text("not a change of state")]).await.unwrap();
    queue.renew(&leased.lease, TTL).await.unwrap();
    queue.finish(&leased.lease, done("ok")).await.unwrap();
    let mut told = Vec::new();
    while let Ok(change) = changes.try_recv() {
        told.push(change);
    }
    let change = |status, review| Changed {
        task: id,
        user: UserId::owner(),
        project: project(1),
        session: session(1),
        status,
        waiting_for: None,
        review,
    };
    let expected = [
        change(TaskStatus::Queued, Review::None),
        change(TaskStatus::Processing, Review::None),
        change(TaskStatus::Done, Review::Pending),
    ];
    assert_eq!(told, expected);
}
