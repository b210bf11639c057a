//! Cases: lanes, and people who share them.

use super::*;
use tidemark_shared::WaitingFor;

/// A task of one person in one lane.
fn of(number: u128, person: &str, mode: Mode) -> Task {
    Task { user_id: UserId(person.into()), mode, ..task(number) }
}

/// The numbers of up to `want` tasks leased at once.
async fn take(queue: &dyn TaskQueue, lanes: &[Mode], want: usize) -> Vec<u128> {
    let leased = queue.lease("worker", lanes, want, TTL).await.unwrap();
    leased.into_iter().map(|leased| leased.task.id.as_uuid().as_u128()).collect()
}

pub(super) async fn a_worker_gets_only_what_it_has_room_for(queue: Queue, _clock: Clock) {
    for (number, mode) in [(1, Mode::Patch), (2, Mode::Explain), (3, Mode::Patch), (4, Mode::LintFix)] {
        queue.submit(of(number, "ann", mode)).await.unwrap();
    }
    assert_eq!(take(&*queue, &[Mode::Explain], 5).await, [2]);
    assert!(waits(pin!(queue.ready(&[Mode::Explain, Mode::GenerateTest]))));
    assert_eq!(take(&*queue, &[], 5).await, [0; 0]);
    soon(queue.ready(&[Mode::Patch])).await;
    assert_eq!(take(&*queue, &[Mode::Patch, Mode::LintFix], 2).await, [1, 4], "lanes take turns");
    assert_eq!(take(&*queue, &Mode::ALL, 5).await, [3]);
}

pub(super) async fn the_highest_priority_goes_first_over_all_lanes(queue: Queue, _clock: Clock) {
    for (number, mode, priority) in
        [(1, Mode::Patch, 5), (2, Mode::Explain, 7), (3, Mode::Patch, 9), (4, Mode::Explain, 5)]
    {
        queue.submit(Task { priority, ..of(number, "ann", mode) }).await.unwrap();
    }
    assert_eq!(take(&*queue, &Mode::ALL, 9).await, [3, 2, 1, 4]);
}

pub(super) async fn a_paused_lane_gives_nothing_until_it_is_resumed(queue: Queue, _clock: Clock) {
    submit(&*queue, 1).await;
    let leased = lease(&*queue).await.unwrap();
    submit(&*queue, 2).await;
    queue.pause(Mode::Patch, true).await.unwrap();
    queue.submit(of(3, "ann", Mode::Explain)).await.unwrap();
    assert!(queue.stats().await.unwrap().lanes[&Mode::Patch].is_paused);
    assert_eq!(take(&*queue, &Mode::ALL, 9).await, [3]);
    let mut ready = pin!(queue.ready(&Mode::ALL));
    assert!(waits(ready.as_mut()));
    queue.finish(&leased.lease, done("what runs goes on")).await.unwrap();
    queue.pause(Mode::Patch, false).await.unwrap();
    soon(ready).await;
    assert_eq!(take(&*queue, &Mode::ALL, 9).await, [2]);
    assert!(!queue.stats().await.unwrap().lanes[&Mode::Patch].is_paused);
}

pub(super) async fn people_take_turns(queue: Queue, _clock: Clock) {
    for number in 1..=6 {
        queue.submit(of(number, "ann", Mode::Patch)).await.unwrap();
    }
    for (number, person) in [(11, "ben"), (12, "ben"), (21, "cleo")] {
        queue.submit(of(number, person, Mode::Patch)).await.unwrap();
    }
    assert_eq!(take(&*queue, &Mode::ALL, 4).await, [1, 11, 21, 2]);
    queue.submit(of(22, "cleo", Mode::Patch)).await.unwrap();
    assert_eq!(take(&*queue, &Mode::ALL, 9).await, [12, 3, 22, 4, 5, 6]);
}

pub(super) async fn an_edit_keeps_the_turn(queue: Queue, _clock: Clock) {
    for (number, person) in [(1, "ann"), (11, "ben"), (12, "ben")] {
        queue.submit(of(number, person, Mode::Patch)).await.unwrap();
    }
    let edit = tidemark_shared::task::TaskEdit { prompt: Some("red".into()), ..Default::default() };
    queue.edit(task_id(1), edit).await.unwrap();
    assert_eq!(take(&*queue, &Mode::ALL, 9).await, [1, 11, 12]);
}

pub(super) async fn a_person_runs_only_so_many_tasks(queue: Queue, _clock: Clock) {
    for number in 1..=42 {
        queue.submit(of(number, "ann", Mode::Patch)).await.unwrap();
    }
    let leased = queue.lease("worker", &Mode::ALL, 50, TTL).await.unwrap();
    assert_eq!(leased.len(), 41, "the limit of one person here");
    queue.submit(of(101, "ben", Mode::Patch)).await.unwrap();
    assert_eq!(take(&*queue, &Mode::ALL, 50).await, [101], "nobody else is held up");
    let blocked = queue.get(task_id(42)).await.unwrap();
    assert_eq!((blocked.status, blocked.waiting_for), (TaskStatus::Queued, Some(WaitingFor::Slot)));
    let mut ready = pin!(queue.ready(&Mode::ALL));
    assert!(waits(ready.as_mut()));
    queue.finish(&leased[0].lease, done("ok")).await.unwrap();
    soon(ready).await;
    assert_eq!(queue.get(task_id(42)).await.unwrap().waiting_for, None);
    assert_eq!(take(&*queue, &Mode::ALL, 50).await, [42]);
}

pub(super) async fn a_task_that_came_due_says_that_it_waits_for_a_slot(queue: Queue, clock: Clock) {
    for number in 1..=41 {
        queue.submit(of(number, "ann", Mode::Patch)).await.unwrap();
    }
    assert_eq!(take(&*queue, &Mode::ALL, 50).await.len(), 41);
    let later = Task { run_at: Some(START + 10_000), ..of(42, "ann", Mode::Patch) };
    queue.submit(later).await.unwrap();
    assert_eq!(queue.get(task_id(42)).await.unwrap().waiting_for, None);
    clock.advance(Duration::from_secs(10));
    queue.submit(of(101, "ben", Mode::Patch)).await.unwrap();
    assert_eq!(queue.get(task_id(42)).await.unwrap().waiting_for, Some(WaitingFor::Slot));
}

pub(super) async fn a_lost_worker_frees_its_slots(queue: Queue, clock: Clock) {
    for number in 1..=42 {
        queue.submit(of(number, "ann", Mode::Patch)).await.unwrap();
    }
    assert_eq!(take(&*queue, &Mode::ALL, 50).await.len(), 41);
    clock.advance(TTL);
    let kept_their_places: Vec<_> = (1..=41).collect();
    assert_eq!(take(&*queue, &Mode::ALL, 50).await, kept_their_places);
}

pub(super) async fn a_person_has_only_so_many_tasks_in_line(queue: Queue, _clock: Clock) {
    for number in 1..=45 {
        queue.submit(of(number, "ann", Mode::Patch)).await.unwrap();
    }
    let refused = queue.submit(of(46, "ann", Mode::Explain)).await;
    assert!(matches!(refused, Err(QueueError::Full { limit: 45, .. })), "{refused:?}");
    queue.submit(of(101, "ben", Mode::Patch)).await.unwrap();
    take(&*queue, &Mode::ALL, 1).await;
    queue.submit(of(46, "ann", Mode::Explain)).await.unwrap();
}
