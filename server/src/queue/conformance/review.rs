//! Cases: what a person decides is written once, about exactly what they saw.

use super::*;

async fn finished(queue: &dyn TaskQueue) -> Task {
    submit(queue, 1).await;
    let leased = lease(queue).await.unwrap();
    queue.finish(&leased.lease, done("look")).await.unwrap()
}

fn accepted() -> EventKind {
    EventKind::Accepted { hunks: vec![], written: vec![] }
}

pub(super) async fn a_review_is_written_with_its_event(queue: Queue, clock: Clock) {
    let task = finished(&*queue).await;
    clock.advance(Duration::from_secs(5));
    let kept = Task { review: Review::Accepted, ..task.clone() };
    let reviewed = queue.review(&task, kept, accepted()).await.unwrap();
    assert_eq!((reviewed.status, reviewed.review), (TaskStatus::Done, Review::Accepted));
    assert_eq!(reviewed.updated_at, START + 5_000);
    assert_eq!(queue.get(task.id).await.unwrap(), reviewed);
    assert_eq!(kinds(&*queue, task.id).await.last(), Some(&accepted()));
}

pub(super) async fn a_review_of_something_else_is_refused(queue: Queue, _clock: Clock) {
    let seen = finished(&*queue).await;
    let first = Task { review: Review::Rejected, ..seen.clone() };
    let rejected = EventKind::Rejected { hunks: vec![], comment: Some("no".into()) };
    queue.review(&seen, first, rejected).await.unwrap();
    let second = Task { review: Review::Accepted, ..seen.clone() };
    let refused = queue.review(&seen, second, accepted()).await;
    assert!(matches!(refused, Err(QueueError::WrongState { review: Review::Rejected, .. })), "{refused:?}");
    let task = queue.get(seen.id).await.unwrap();
    assert_eq!(task.review, Review::Rejected);
    // The same word about another result is no agreement either.
    let mut other = task.clone();
    other.result.as_mut().unwrap().explanation.push('?');
    assert!(queue.review(&other, task, accepted()).await.is_err());
}

pub(super) async fn reviews_have_a_limit(queue: Queue, _clock: Clock) {
    let mut task = finished(&*queue).await;
    let mut rounds = 0;
    let refused = loop {
        match queue.review(&task, task.clone(), accepted()).await {
            Ok(next) => task = next,
            Err(e) => break e,
        }
        rounds += 1;
        assert!(rounds < 100);
    };
    assert!(matches!(refused, QueueError::Full { limit: 33, .. }), "{refused:?}");
    assert_eq!(kinds(&*queue, task.id).await.len(), 33);
}

pub(super) async fn only_a_done_task_is_reviewed(queue: Queue, _clock: Clock) {
    let queued = submit(&*queue, 1).await;
    assert!(matches!(
        queue.review(&queued, queued.clone(), accepted()).await,
        Err(QueueError::WrongState { status: TaskStatus::Queued, .. })
    ));
    let cancelled = queue.cancel(queued.id).await.unwrap();
    assert!(queue.review(&cancelled, cancelled.clone(), accepted()).await.is_err());
}
