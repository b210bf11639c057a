//! Cases: tasks that run later, after another, again, or not at all because the answer is known.

use super::*;
use tidemark_shared::WaitingFor;

pub(super) fn broken(code: TaskErrorCode) -> Outcome {
    let error = TaskError { code, message: "no answer".into(), retryable: true };
    Outcome::Failed { error, metrics: None }
}

pub(super) async fn a_scheduled_task_waits_for_its_time(queue: Queue, clock: Clock) {
    queue.submit(Task { run_at: Some(START + 60_000), ..task(1) }).await.unwrap();
    queue.submit(Task { run_at: Some(START - 1), ..task(2) }).await.unwrap();
    assert_eq!([next(&*queue).await, next(&*queue).await], [Some(2), None]);
    let mut ready = pin!(queue.ready(&Mode::ALL));
    assert!(waits(ready.as_mut()));
    clock.advance(Duration::from_secs(60));
    soon(ready).await;
    assert_eq!(next(&*queue).await, Some(1));
    assert_eq!(queue.get(task_id(1)).await.unwrap().run_at, Some(START + 60_000));
}

pub(super) async fn a_task_that_came_due_goes_before_a_later_one(queue: Queue, clock: Clock) {
    queue.submit(Task { run_at: Some(START + 10_000), ..task(1) }).await.unwrap();
    clock.advance(Duration::from_secs(10));
    queue.submit(Task { user_id: UserId("ben".into()), ..task(2) }).await.unwrap();
    assert_eq!([next(&*queue).await, next(&*queue).await], [Some(1), Some(2)]);
}

pub(super) async fn a_failure_that_may_pass_is_tried_again(queue: Queue, clock: Clock) {
    submit(&*queue, 1).await;
    let mut waited = vec![];
    for failures in 0..2 {
        let leased = lease(&*queue).await.unwrap();
        assert_eq!((leased.lease.failures, leased.lease.attempt), (failures, failures + 1));
        let task = queue.finish(&leased.lease, broken(TaskErrorCode::ProviderFailed)).await.unwrap();
        assert_eq!((task.status, task.error), (TaskStatus::Queued, None));
        assert_eq!(lease(&*queue).await, None);
        let events = kinds(&*queue, task_id(1)).await;
        let Some(EventKind::Retrying { message, after_ms }) = events.last() else { panic!("{events:?}") };
        assert_eq!(message, "no answer");
        waited.push(*after_ms);
        clock.advance(Duration::from_millis(*after_ms));
    }
    assert!((5_000..=10_000).contains(&waited[0]), "{waited:?}");
    assert!((10_000..=20_000).contains(&waited[1]), "{waited:?}");
    let leased = lease(&*queue).await.unwrap();
    let task = queue.finish(&leased.lease, broken(TaskErrorCode::ProviderFailed)).await.unwrap();
    assert_eq!((task.status, task.attempt), (TaskStatus::Failed, 3));
    assert_eq!(queue.stats().await.unwrap().retries, 2);
}

pub(super) async fn a_failure_that_a_person_must_mend_is_an_end(queue: Queue, _clock: Clock) {
    for (number, code) in
        [(1, TaskErrorCode::BadKey), (2, TaskErrorCode::Refused), (3, TaskErrorCode::Internal)]
    {
        submit(&*queue, number).await;
        let leased = lease(&*queue).await.unwrap();
        assert_eq!(queue.finish(&leased.lease, broken(code)).await.unwrap().status, TaskStatus::Failed);
    }
    submit(&*queue, 4).await;
    let leased = lease(&*queue).await.unwrap();
    let error = TaskError { code: TaskErrorCode::ProviderFailed, message: String::new(), retryable: false };
    let outcome = Outcome::Failed { error, metrics: None };
    assert_eq!(queue.finish(&leased.lease, outcome).await.unwrap().status, TaskStatus::Failed);
}

pub(super) async fn lost_workers_do_not_count_as_failures(queue: Queue, clock: Clock) {
    submit(&*queue, 1).await;
    for _ in 0..3 {
        lease(&*queue).await.unwrap();
        clock.advance(TTL);
    }
    let leased = lease(&*queue).await.unwrap();
    assert_eq!((leased.lease.attempt, leased.lease.failures), (4, 0));
    let task = queue.finish(&leased.lease, broken(TaskErrorCode::RateLimited)).await.unwrap();
    assert_eq!(task.status, TaskStatus::Queued, "it is tried again all the same");
}

pub(super) async fn a_cancelled_task_is_not_tried_again(queue: Queue, _clock: Clock) {
    let id = submit(&*queue, 1).await.id;
    let leased = lease(&*queue).await.unwrap();
    queue.cancel(id).await.unwrap();
    let task = queue.finish(&leased.lease, broken(TaskErrorCode::ProviderFailed)).await.unwrap();
    assert_eq!(task.status, TaskStatus::Failed);
}

pub(super) async fn a_task_comes_after_another(queue: Queue, _clock: Clock) {
    submit(&*queue, 1).await;
    let follower = Task { after: Some(task_id(1)), priority: 9, ..task(2) };
    let Submission::New(follower) = queue.submit(follower).await.unwrap() else { panic!("it is new") };
    assert_eq!(follower.waiting_for, Some(WaitingFor::Task));
    let leased = lease(&*queue).await.unwrap();
    assert_eq!(leased.task.id, task_id(1), "whatever the priority");
    assert_eq!(lease(&*queue).await, None);
    queue.wake(WaitingFor::Task).await.unwrap();
    assert_eq!(lease(&*queue).await, None, "nobody else can wake it");
    let mut ready = pin!(queue.ready(&Mode::ALL));
    assert!(waits(ready.as_mut()));
    queue.finish(&leased.lease, done("ok")).await.unwrap();
    soon(ready).await;
    let leased = lease(&*queue).await.unwrap();
    assert_eq!((leased.task.id, leased.task.waiting_for), (task_id(2), None));
    let late = Task { after: Some(task_id(1)), ..task(3) };
    queue.submit(late).await.unwrap();
    assert_eq!(next(&*queue).await, Some(3), "what it comes after is done already");
}

pub(super) async fn what_comes_after_a_failure_fails(queue: Queue, _clock: Clock) {
    submit(&*queue, 1).await;
    for number in 2..=4 {
        queue.submit(Task { after: Some(task_id(number - 1)), ..task(number) }).await.unwrap();
    }
    queue.cancel(task_id(1)).await.unwrap();
    queue.submit(Task { after: Some(task_id(1)), ..task(5) }).await.unwrap();
    for number in 2..=5 {
        let task = queue.get(task_id(number)).await.unwrap();
        assert_eq!(task.status, TaskStatus::Failed);
        assert_eq!(task.error.as_ref().unwrap().code, TaskErrorCode::DependencyFailed);
        let events = kinds(&*queue, task_id(number)).await;
        assert_eq!(
            events.last(),
            Some(&EventKind::Finished { status: TaskStatus::Failed, error: task.error })
        );
    }
    assert_eq!(lease(&*queue).await, None);
}

pub(super) async fn a_task_that_comes_after_an_unknown_one_is_refused(queue: Queue, _clock: Clock) {
    let refused = queue.submit(Task { after: Some(task_id(404)), ..task(1) }).await;
    assert!(matches!(refused, Err(QueueError::NotFound(id)) if id == task_id(404)), "{refused:?}");
    assert!(matches!(queue.get(task_id(1)).await, Err(QueueError::NotFound(_))));
}

fn joining() -> SubmitOptions {
    SubmitOptions { joins: true, ..SubmitOptions::default() }
}

/// A task that asks the same as any other of these.
fn same(number: u128) -> Task {
    Task { prompt: "the same".into(), cache_key: Some(Hash::of(b"the same")), ..task(number) }
}

pub(super) async fn the_same_question_is_answered_once(queue: Queue, _clock: Clock) {
    queue.submit(same(1)).await.unwrap();
    queue.submit(same(2)).await.unwrap();
    assert!(
        matches!(queue.submit_with(same(3), joining()).await.unwrap(), Submission::Same(task) if task.id == task_id(2))
    );
    assert!(matches!(queue.get(task_id(3)).await, Err(QueueError::NotFound(_))));
    let first = lease(&*queue).await.unwrap();
    let mut outcome = done("the answer");
    if let Outcome::Done { metrics, .. } = &mut outcome {
        metrics.tokens.input = 1_000;
        metrics.model = "demo/guide".into();
    }
    let answered = queue.finish(&first.lease, outcome).await.unwrap();
    queue.cancel(task_id(2)).await.unwrap();
    let Submission::New(recalled) = queue.submit_with(same(3), joining()).await.unwrap() else {
        panic!("it is new")
    };
    assert_eq!((recalled.status, recalled.review), (TaskStatus::Done, Review::Pending));
    assert_eq!(recalled.result, answered.result);
    let metrics = recalled.metrics.unwrap();
    assert_eq!((metrics.cached, metrics.tokens.input, &*metrics.model), (true, 0, "demo/guide"));
    let finished = EventKind::Finished { status: TaskStatus::Done, error: None };
    assert_eq!(kinds(&*queue, task_id(3)).await, [EventKind::Queued, finished]);
    assert_eq!(lease(&*queue).await, None);
    let sent_again = queue.submit(same(3)).await.unwrap();
    assert!(matches!(sent_again, Submission::Known(_)));
}

pub(super) async fn an_answer_that_was_turned_down_is_asked_anew(queue: Queue, _clock: Clock) {
    queue.submit(same(1)).await.unwrap();
    let first = lease(&*queue).await.unwrap();
    let seen = queue.finish(&first.lease, done("no good")).await.unwrap();
    let kept = Task { review: Review::Rejected, ..seen.clone() };
    let event = EventKind::Rejected { hunks: vec![], comment: None };
    queue.review(&seen, kept, event).await.unwrap();
    let Submission::New(task) = queue.submit(same(2)).await.unwrap() else { panic!("it is new") };
    assert_eq!(task.status, TaskStatus::Queued);
}

pub(super) async fn an_answer_that_a_limit_cut_short_is_asked_anew(queue: Queue, _clock: Clock) {
    queue.submit(same(1)).await.unwrap();
    let first = lease(&*queue).await.unwrap();
    let mut outcome = done("half of it");
    if let Outcome::Done { error, .. } = &mut outcome {
        let code = TaskErrorCode::LimitReached;
        *error = Some(TaskError { code, message: "too many steps".into(), retryable: true });
    }
    queue.finish(&first.lease, outcome).await.unwrap();
    let Submission::New(task) = queue.submit(same(2)).await.unwrap() else { panic!("it is new") };
    assert_eq!(task.status, TaskStatus::Queued);
}
