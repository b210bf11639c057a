//! What every [`TaskQueue`] promises, as named cases that each backend runs. Time is a [`ManualClock`]: what would take
//! a minute takes none, and what should not wait is seen not to.

mod again;
mod events;
mod lanes;
mod line;
mod random;
mod review;
mod submit;
mod workers;

use super::redis::{RedisQueue, server_for_tests::Server};
use super::sled::SledQueue;
use super::{
    Lease, Leased, Outcome, Pace, QueueError, QueueLimits, Rate, Submission, SubmitOptions, TaskFilter,
    TaskQueue, memory::MemoryQueue,
};
use crate::clock::ManualClock;
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Waker};
use std::time::Duration;
use tidemark_shared::{
    EventKind, Hash, Mode, ModelId, ProjectId, Review, SessionId, Task, TaskError, TaskErrorCode, TaskId,
    TaskResult, TaskStatus, UserId, task::Metrics,
};

/// Names every case once; each backend makes a test of each.
macro_rules! every_queue {
    ($backend:ident) => {
        every_queue!($backend:
            submit::a_submitted_task_is_queued_with_its_first_event,
            submit::the_same_task_sent_twice_is_made_once,
            submit::the_same_id_with_other_words_is_refused,
            submit::an_edit_does_not_make_the_first_sending_foreign,
            submit::the_ledger_owns_status_and_times,
            submit::the_line_has_a_limit,
            submit::a_task_has_a_limit_in_bytes,
            submit::an_unknown_task_is_not_found,
            submit::lists_are_newest_first_and_page_without_gaps,
            submit::lists_filter_by_project_session_and_status,
            submit::old_ended_tasks_are_forgotten,
            submit::who_sends_too_often_is_told_when_to_come_back,
            line::first_in_is_first_leased,
            line::higher_priority_goes_first,
            line::an_empty_line_leases_nothing,
            line::two_workers_never_hold_one_task,
            line::ready_waits_for_a_task,
            line::ready_waits_for_the_end_of_a_pause,
            line::ready_waits_for_a_lease_to_run_out,
            line::a_task_that_waits_is_not_leased_until_woken,
            line::waking_one_reason_leaves_the_others,
            line::a_task_to_try_again_is_paused_and_keeps_its_place,
            line::a_clock_that_is_set_back_makes_nobody_wait_longer,
            line::an_edit_moves_a_task_in_line,
            line::only_a_queued_task_is_edited,
            line::stats_count_what_is_there,
            lanes::a_worker_gets_only_what_it_has_room_for,
            lanes::the_highest_priority_goes_first_over_all_lanes,
            lanes::a_paused_lane_gives_nothing_until_it_is_resumed,
            lanes::people_take_turns,
            lanes::an_edit_keeps_the_turn,
            lanes::a_person_runs_only_so_many_tasks,
            lanes::a_task_that_came_due_says_that_it_waits_for_a_slot,
            lanes::a_lost_worker_frees_its_slots,
            lanes::a_person_has_only_so_many_tasks_in_line,
            again::a_scheduled_task_waits_for_its_time,
            again::a_task_that_came_due_goes_before_a_later_one,
            again::a_failure_that_may_pass_is_tried_again,
            again::a_failure_that_a_person_must_mend_is_an_end,
            again::lost_workers_do_not_count_as_failures,
            again::a_cancelled_task_is_not_tried_again,
            again::a_task_comes_after_another,
            again::what_comes_after_a_failure_fails,
            again::a_task_that_comes_after_an_unknown_one_is_refused,
            again::the_same_question_is_answered_once,
            again::an_answer_that_was_turned_down_is_asked_anew,
            again::an_answer_that_a_limit_cut_short_is_asked_anew,
            workers::a_lease_starts_an_attempt,
            workers::an_expired_lease_returns_to_line,
            workers::a_renewed_lease_does_not_expire,
            workers::a_lost_lease_cannot_write,
            workers::a_task_that_kills_its_workers_fails,
            workers::a_task_that_gets_on_outlives_any_number_of_workers,
            workers::an_expired_but_newest_lease_may_still_finish,
            workers::a_task_ends_once,
            workers::a_failure_is_told,
            workers::cancelling_a_queued_task_ends_it,
            workers::cancelling_a_running_task_asks_its_worker,
            workers::cancel_is_heard_at_once,
            workers::a_lost_lease_is_heard_at_once,
            workers::a_cancelled_task_does_not_go_back_to_the_line,
            workers::an_ended_task_is_not_cancelled,
            events::events_have_no_gaps_and_resume_anywhere,
            events::waiting_for_an_event_ends_with_it,
            events::appending_nothing_is_fine,
            events::events_have_a_limit_and_an_end_always_fits,
            events::events_of_one_append_have_a_limit_in_bytes,
            events::a_task_that_always_waits_fails_at_the_limit,
            events::changes_are_told_in_order,
            review::a_review_is_written_with_its_event,
            review::a_review_of_something_else_is_refused,
            review::reviews_have_a_limit,
            review::only_a_done_task_is_reviewed
        );
    };
    ($backend:ident: $($group:ident::$case:ident),*) => {
        mod $backend {
            $(#[tokio::test]
            async fn $case() {
                let house = super::$backend().await;
                super::$group::$case(house.queue.clone(), house.clock.clone()).await;
            })*
        }
    };
}

every_queue!(memory);
every_queue!(on_sled);
every_queue!(on_redis);

type Queue = Arc<dyn TaskQueue>;
type Clock = Arc<ManualClock>;

struct House {
    queue: Queue,
    clock: Clock,
    _home: Option<tempfile::TempDir>,
}

const START: u64 = 1_800_000_000_000;
const TTL: Duration = Duration::from_secs(30);

/// Limits that a test can reach.
pub(super) fn limits() -> QueueLimits {
    QueueLimits {
        max_queued: 50,
        max_events: 30,
        max_review_events: 3,
        max_body_bytes: 100_000,
        keep_ended: 20,
        max_queued_per_person: Some(45),
        max_running_per_person: Some(41),
        min_free_bytes: 0,
        ..QueueLimits::default()
    }
}

async fn memory() -> House {
    memory_with(limits())
}

fn memory_with(limits: QueueLimits) -> House {
    let clock = Arc::new(ManualClock::at(START));
    House { queue: Arc::new(MemoryQueue::new(clock.clone(), limits)), clock, _home: None }
}

async fn on_sled() -> House {
    on_sled_with(limits()).await
}

async fn on_sled_with(limits: QueueLimits) -> House {
    let home = tempfile::tempdir().unwrap();
    let clock = Arc::new(ManualClock::at(START));
    let queue = SledQueue::open(home.path(), clock.clone(), limits).await.unwrap();
    House { queue: Arc::new(queue), clock, _home: Some(home) }
}

async fn on_redis() -> House {
    on_redis_with(limits()).await
}

/// A ledger of its own in the one Redis of this process.
async fn on_redis_with(limits: QueueLimits) -> House {
    let clock = Arc::new(ManualClock::at(START));
    let queue = RedisQueue::open_for_tests(Server::shared().options(), clock.clone(), limits).await;
    House { queue: Arc::new(queue), clock, _home: None }
}

/// A new task of the first project, its id made from `number`.
pub(super) fn task(number: u128) -> Task {
    Task {
        id: task_id(number),
        user_id: UserId::owner(),
        project_id: project(1),
        session_id: session(1),
        files: vec![],
        cursor: None,
        prompt: format!("make button {number} blue"),
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

pub(super) fn task_id(number: u128) -> TaskId {
    TaskId::from_uuid(uuid::Uuid::from_u128(number))
}
fn project(number: u128) -> ProjectId {
    ProjectId::from_uuid(uuid::Uuid::from_u128(number))
}
fn session(number: u128) -> SessionId {
    SessionId::from_uuid(uuid::Uuid::from_u128(number))
}

pub(super) async fn submit(queue: &dyn TaskQueue, number: u128) -> Task {
    match queue.submit(task(number)).await.unwrap() {
        Submission::New(task) => task,
        Submission::Known(task) | Submission::Same(task) => panic!("{} was there before", task.id),
    }
}

pub(super) async fn lease(queue: &dyn TaskQueue) -> Option<Leased> {
    queue.lease("worker", &Mode::ALL, 1, TTL).await.unwrap().pop()
}

/// The number of the next task in line, leased.
async fn next(queue: &dyn TaskQueue) -> Option<u128> {
    lease(queue).await.map(|leased| leased.task.id.as_uuid().as_u128())
}

pub(super) fn done(explanation: &str) -> Outcome {
    let result = TaskResult {
        mode: Mode::Patch,
        files_modified: vec![],
        explanation: explanation.into(),
        references: vec![],
        checks: vec![],
    };
    Outcome::Done { result, review: Review::Pending, metrics: Metrics::default(), error: None }
}

fn failed() -> Outcome {
    let error = TaskError { code: TaskErrorCode::BadKey, message: "no answer".into(), retryable: false };
    Outcome::Failed { error, metrics: None }
}

pub(super) fn text(text: &str) -> EventKind {
    EventKind::Text { text: text.into() }
}

pub(super) async fn kinds(queue: &dyn TaskQueue, id: TaskId) -> Vec<EventKind> {
    let events = queue.events(id, 0, usize::MAX).await.unwrap();
    assert!(events.iter().map(|event| event.seq).eq(1..=events.len() as u64), "{events:?}");
    events.into_iter().map(|event| event.kind).collect()
}

/// Whether a future is not done yet; it is polled once.
fn waits(future: std::pin::Pin<&mut impl Future>) -> bool {
    future.poll(&mut Context::from_waker(Waker::noop())).is_pending()
}

/// What should come, and soon: a test must fail rather than hang.
async fn soon<T>(what: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(20), what).await.expect("it comes without a long wait")
}
