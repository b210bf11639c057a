//! Cases: how a task comes in, and how it is found again.

use super::*;
use tidemark_shared::task::TaskEdit;

pub(super) async fn a_submitted_task_is_queued_with_its_first_event(queue: Queue, _clock: Clock) {
    let task = submit(&*queue, 1).await;
    assert_eq!((task.status, task.attempt, task.review), (TaskStatus::Queued, 0, Review::None));
    assert_eq!(queue.get(task.id).await.unwrap(), task);
    assert_eq!(kinds(&*queue, task.id).await, [EventKind::Queued]);
}

pub(super) async fn the_same_task_sent_twice_is_made_once(queue: Queue, _clock: Clock) {
    submit(&*queue, 1).await;
    let leased = lease(&*queue).await.unwrap();
    let Submission::Known(known) = queue.submit(task(1)).await.unwrap() else { panic!("it is known") };
    assert_eq!(known, leased.task);
    assert_eq!(lease(&*queue).await, None, "there is still one task");
    assert_eq!(kinds(&*queue, known.id).await.len(), 2);
}

pub(super) async fn the_same_id_with_other_words_is_refused(queue: Queue, _clock: Clock) {
    let first = submit(&*queue, 1).await;
    let changes: [fn(&mut Task); 5] = [
        |task| task.prompt.push('!'),
        |task| task.mode = Mode::Explain,
        |task| task.priority = 6,
        |task| task.project_id = project(2),
        |task| task.user_id = UserId("someone else".into()),
    ];
    for change in changes {
        let mut other = task(1);
        change(&mut other);
        assert!(matches!(queue.submit(other).await, Err(QueueError::IdTaken(id)) if id == first.id));
    }
    assert_eq!(queue.get(first.id).await.unwrap(), first);
}

pub(super) async fn an_edit_does_not_make_the_first_sending_foreign(queue: Queue, _clock: Clock) {
    let id = submit(&*queue, 1).await.id;
    queue.edit(id, TaskEdit { prompt: Some("green".into()), ..TaskEdit::default() }).await.unwrap();
    let Submission::Known(known) = queue.submit(task(1)).await.unwrap() else { panic!("it is known") };
    assert_eq!(known.prompt, "green");
}

pub(super) async fn the_ledger_owns_status_and_times(queue: Queue, clock: Clock) {
    let mut sly = task(1);
    sly.status = TaskStatus::Done;
    sly.attempt = 9;
    sly.review = Review::Accepted;
    sly.created_at = 5;
    sly.error = Some(TaskError { code: TaskErrorCode::Internal, message: String::new(), retryable: false });
    let Submission::New(taken) = queue.submit(sly).await.unwrap() else { panic!("it is new") };
    assert_eq!(taken, Task { created_at: START, updated_at: START, ..task(1) });
    clock.advance(Duration::from_secs(1));
    let leased = lease(&*queue).await.unwrap().task;
    assert_eq!((leased.created_at, leased.updated_at), (START, START + 1000));
}

pub(super) async fn the_line_has_a_limit(queue: Queue, _clock: Clock) {
    for number in 1..=50 {
        let person = UserId(format!("person {}", number % 2));
        queue.submit(Task { user_id: person, ..task(number) }).await.unwrap();
    }
    assert!(matches!(queue.submit(task(51)).await, Err(QueueError::Full { limit: 50, .. })));
    assert!(matches!(queue.get(task_id(51)).await, Err(QueueError::NotFound(_))));
    assert!(
        matches!(
            queue.submit(Task { user_id: UserId("person 0".into()), ..task(50) }).await,
            Ok(Submission::Known(_))
        ),
        "a full line knows what is in it"
    );
    lease(&*queue).await.unwrap();
    submit(&*queue, 51).await;
}

pub(super) async fn a_task_has_a_limit_in_bytes(queue: Queue, _clock: Clock) {
    let large = Task { prompt: "x".repeat(100_000), ..task(1) };
    assert!(matches!(queue.submit(large).await, Err(QueueError::Full { limit: 100_000, .. })));
    assert_eq!(queue.stats().await.unwrap().total().queued, 0);
    queue.submit(Task { prompt: "x".repeat(90_000), ..task(1) }).await.unwrap();
    assert_eq!(queue.get(task_id(1)).await.unwrap().prompt.len(), 90_000);
    let edit = TaskEdit { prompt: Some("x".repeat(100_000)), ..TaskEdit::default() };
    assert!(matches!(queue.edit(task_id(1), edit).await, Err(QueueError::Full { .. })));
}

pub(super) async fn an_unknown_task_is_not_found(queue: Queue, _clock: Clock) {
    let id = task_id(404);
    let nobody = Lease { task: id, attempt: 1, failures: 0, expires: START };
    assert!(matches!(queue.get(id).await, Err(QueueError::NotFound(i)) if i == id));
    assert!(matches!(queue.events(id, 0, 10).await, Err(QueueError::NotFound(_))));
    assert!(matches!(queue.event_after(id, 0).await, Err(QueueError::NotFound(_))));
    assert!(matches!(queue.cancel(id).await, Err(QueueError::NotFound(_))));
    assert!(matches!(queue.edit(id, TaskEdit::default()).await, Err(QueueError::NotFound(_))));
    assert!(matches!(queue.append(&nobody, vec![]).await, Err(QueueError::NotFound(_))));
    assert!(matches!(queue.finish(&nobody, failed()).await, Err(QueueError::NotFound(_))));
    let filter = TaskFilter { after: Some(id), limit: 1, ..TaskFilter::default() };
    assert!(matches!(queue.list(filter).await, Err(QueueError::NotFound(_))));
    soon(queue.cancelled(&nobody)).await;
}

pub(super) async fn lists_are_newest_first_and_page_without_gaps(queue: Queue, _clock: Clock) {
    // Ids are the clients': their order says nothing.
    for number in [5, 1, 7, 3, 9] {
        submit(&*queue, number).await;
    }
    let mut seen = Vec::new();
    let mut after = None;
    loop {
        let page = queue.list(TaskFilter { limit: 2, after, ..TaskFilter::default() }).await.unwrap();
        assert!(page.items.len() <= 2);
        seen.extend(page.items.iter().map(|task| task.id.as_uuid().as_u128()));
        // Newer tasks don't disturb who is paging.
        submit(&*queue, 100 + seen.len() as u128).await;
        match page.next {
            Some(next) => after = Some(next),
            None => break,
        }
    }
    assert_eq!(seen, [9, 3, 7, 1, 5]);
    assert_eq!(queue.list(TaskFilter::default()).await.unwrap().items, [], "a limit of 0 asks for nothing");
}

pub(super) async fn lists_filter_by_project_session_and_status(queue: Queue, _clock: Clock) {
    queue.submit(task(1)).await.unwrap();
    queue.submit(Task { project_id: project(2), ..task(2) }).await.unwrap();
    queue.submit(Task { session_id: session(2), ..task(3) }).await.unwrap();
    lease(&*queue).await.unwrap();
    let found = async |filter: TaskFilter| {
        let page = queue.list(TaskFilter { limit: 10, ..filter }).await.unwrap();
        page.items.iter().map(|task| task.id.as_uuid().as_u128()).collect::<Vec<_>>()
    };
    let all = TaskFilter::default;
    assert_eq!(found(all()).await, [3, 2, 1]);
    assert_eq!(found(TaskFilter { project: Some(project(1)), ..all() }).await, [3, 1]);
    assert_eq!(found(TaskFilter { session: Some(session(2)), ..all() }).await, [3]);
    assert_eq!(found(TaskFilter { status: Some(TaskStatus::Processing), ..all() }).await, [1]);
    assert_eq!(found(TaskFilter { status: Some(TaskStatus::Done), ..all() }).await, [0; 0]);
}

pub(super) async fn old_ended_tasks_are_forgotten(queue: Queue, _clock: Clock) {
    submit(&*queue, 1).await;
    let running = lease(&*queue).await.unwrap();
    for number in 2..=23 {
        submit(&*queue, number).await;
        queue.cancel(task_id(number)).await.unwrap();
    }
    // Twenty are kept; the oldest two went, and a running task is not an ended one.
    for number in [2, 3] {
        assert!(matches!(queue.get(task_id(number)).await, Err(QueueError::NotFound(_))), "{number}");
    }
    assert_eq!(queue.get(task_id(4)).await.unwrap().status, TaskStatus::Cancelled);
    assert_eq!(queue.get(task_id(1)).await.unwrap(), running.task);
    assert!(matches!(queue.submit(task(2)).await, Ok(Submission::New(_))), "a forgotten id is free");
    assert_eq!(kinds(&*queue, task_id(2)).await, [EventKind::Queued], "and begins anew");
}

pub(super) async fn who_sends_too_often_is_told_when_to_come_back(queue: Queue, clock: Clock) {
    let pace = |key: &str, burst, every_ms| Pace { key: key.into(), rate: Rate { burst, every_ms } };
    let send = async |number, person: &str| {
        let paces = vec![pace(person, 3, 1_000), pace("address", 5, 600)];
        queue.submit_with(task(number), SubmitOptions { paces, joins: false }).await
    };
    let wait = async |number, person: &str| match send(number, person).await {
        Err(QueueError::TooSoon { retry_after }) => Some(retry_after.as_millis()),
        sent => sent.map(|_| None).unwrap(),
    };
    for number in 1..=3 {
        assert_eq!(wait(number, "ann").await, None);
    }
    assert_eq!(wait(4, "ann").await, Some(1_000));
    assert_eq!(wait(3, "ann").await, None, "what is known already does not count");
    assert_eq!([wait(4, "ben").await, wait(5, "ben").await], [None, None], "others are not held up");
    assert_eq!(wait(6, "ben").await, Some(600), "but for what they share");
    clock.advance(Duration::from_millis(999));
    assert_eq!(wait(7, "ann").await, Some(1));
    clock.advance(Duration::from_millis(1));
    assert_eq!([wait(7, "ann").await, wait(8, "ann").await], [None, Some(1_000)], "a refusal costs nothing");
    assert!(matches!(queue.get(task_id(8)).await, Err(QueueError::NotFound(_))));
    clock.advance(Duration::from_secs(60));
    for number in 9..=11 {
        assert_eq!(wait(number, "ann").await, None, "a whole burst again, and no more");
    }
    assert_eq!(wait(12, "ann").await, Some(1_000));
}
