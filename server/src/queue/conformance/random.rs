//! Random commands: the backends agree on every answer, and no task ever moves but as the state machine says.

use super::*;
use crate::clock::Clock as _;
use crate::queue::Changed;
use proptest::prelude::*;
use std::collections::HashMap;
use tidemark_shared::{WaitingFor, task::TaskEdit, task::transition};

#[derive(Debug, Clone)]
enum Command {
    Submit { number: u128, priority: u8, person: u8, lane: usize, when: When, joins: bool },
    Lease { lanes: u8, want: usize },
    Pause { lane: usize, is_paused: bool },
    Renew { which: usize },
    Append { which: usize, count: usize },
    Done { which: usize },
    Fail { which: usize },
    Stop { which: usize },
    Wait { which: usize, approval: bool },
    Again { which: usize, seconds: u64 },
    Cancel { number: u128 },
    Edit { number: u128, priority: u8 },
    Review { number: u128 },
    Wake { approval: bool },
    Pass { seconds: u64 },
    SetBack { seconds: u64 },
}

/// When a task may run, and whether its answer may be known.
#[derive(Debug, Clone, Copy)]
enum When {
    Now,
    In { seconds: u64 },
    After { number: u128 },
    Asked { what: u8 },
}

fn when() -> impl Strategy<Value = When> {
    prop_oneof![
        3 => Just(When::Now),
        1 => (0..60_u64).prop_map(|seconds| When::In { seconds }),
        1 => (1..12_u128).prop_map(|number| When::After { number }),
        2 => (0..2_u8).prop_map(|what| When::Asked { what }),
    ]
}

/// The lanes of the bits of `lanes`.
fn lanes_of(lanes: u8) -> Vec<Mode> {
    Mode::ALL.into_iter().enumerate().filter(|(bit, _)| lanes >> bit & 1 == 1).map(|(_, mode)| mode).collect()
}

fn command() -> impl Strategy<Value = Command> {
    use Command::*;
    let number = || 1..12_u128;
    // Which of the leases so far, lost ones included.
    let which = || 0..6_usize;
    prop_oneof![
        4 => (number(), 0..3_u8, 0..3_u8, 0..4_usize, when(), any::<bool>()).prop_map(
            |(number, priority, person, lane, when, joins)| Submit { number, priority, person, lane, when, joins }),
        5 => (1..16_u8, 0..4_usize).prop_map(|(lanes, want)| Lease { lanes, want }),
        1 => (0..4_usize, any::<bool>()).prop_map(|(lane, is_paused)| Pause { lane, is_paused }),
        1 => which().prop_map(|which| Renew { which }),
        2 => (which(), 0..4_usize).prop_map(|(which, count)| Append { which, count }),
        2 => which().prop_map(|which| Done { which }),
        1 => which().prop_map(|which| Fail { which }),
        1 => which().prop_map(|which| Stop { which }),
        1 => (which(), any::<bool>()).prop_map(|(which, approval)| Wait { which, approval }),
        1 => (which(), 0..60_u64).prop_map(|(which, seconds)| Again { which, seconds }),
        2 => number().prop_map(|number| Cancel { number }),
        1 => (number(), 0..9_u8).prop_map(|(number, priority)| Edit { number, priority }),
        1 => number().prop_map(|number| Review { number }),
        1 => any::<bool>().prop_map(|approval| Wake { approval }),
        2 => (0..45_u64).prop_map(|seconds| Pass { seconds }),
        1 => (0..100_u64).prop_map(|seconds| SetBack { seconds }),
    ]
}

fn reason(approval: bool) -> WaitingFor {
    if approval { WaitingFor::Approval } else { WaitingFor::Network }
}

/// Runs one command and answers with everything that it told, as text.
async fn run(house: &House, leases: &mut Vec<Lease>, command: &Command) -> String {
    let queue = &*house.queue;
    let held = |which: usize| {
        let newest_first = leases.iter().rev().nth(which).cloned();
        newest_first.unwrap_or(Lease { task: task_id(404), attempt: 1, failures: 0, expires: 0 })
    };
    let finish = async |which, outcome| format!("{:?}", queue.finish(&held(which), outcome).await);
    match *command {
        Command::Submit { number, priority, person, lane, when, joins } => {
            let mut new = Task { priority, mode: Mode::ALL[lane], ..task(number) };
            new.user_id = UserId(format!("person {person}"));
            match when {
                When::Now => {}
                When::In { seconds } => new.run_at = Some(house.clock.now() + seconds * 1_000),
                When::After { number } => new.after = Some(task_id(number)),
                When::Asked { what } => new.cache_key = Some(Hash::of(&[what])),
            }
            format!("{:?}", queue.submit_with(new, SubmitOptions { joins, ..SubmitOptions::default() }).await)
        }
        Command::Pause { lane, is_paused } => format!("{:?}", queue.pause(Mode::ALL[lane], is_paused).await),
        Command::Lease { lanes, want } => {
            let leased = queue.lease("worker", &lanes_of(lanes), want, TTL).await;
            let told = format!("{leased:?}");
            leases.extend(leased.unwrap().into_iter().map(|leased| leased.lease));
            told
        }
        Command::Renew { which } => format!("{:?}", queue.renew(&held(which), TTL).await),
        Command::Append { which, count } => {
            let mut events = vec![text("some words"); count];
            events.push(EventKind::Step { step: 7 });
            format!("{:?}", queue.append(&held(which), events).await)
        }
        Command::Done { which } => finish(which, done("ok")).await,
        Command::Fail { which } => finish(which, again::broken(TaskErrorCode::ProviderFailed)).await,
        Command::Stop { which } => finish(which, Outcome::Cancelled { metrics: None }).await,
        Command::Wait { which, approval } => {
            finish(which, Outcome::Wait { waiting_for: reason(approval), message: "later".into() }).await
        }
        Command::Again { which, seconds } => {
            let delay = Duration::from_secs(seconds);
            finish(which, Outcome::Again { delay, message: "again".into() }).await
        }
        Command::Cancel { number } => format!("{:?}", queue.cancel(task_id(number)).await),
        Command::Edit { number, priority } => {
            let edit = TaskEdit { priority: Some(priority), prompt: Some("other".into()), model: None };
            format!("{:?}", queue.edit(task_id(number), edit).await)
        }
        Command::Review { number } => match queue.get(task_id(number)).await {
            Ok(seen) => {
                let kept = Task { review: Review::Accepted, ..seen.clone() };
                let event = EventKind::Accepted { hunks: vec![], written: vec![] };
                format!("{:?}", queue.review(&seen, kept, event).await)
            }
            Err(e) => format!("{e:?}"),
        },
        Command::Wake { approval } => format!("{:?}", queue.wake(reason(approval)).await),
        Command::Pass { seconds } => {
            house.clock.advance(Duration::from_secs(seconds));
            String::new()
        }
        Command::SetBack { seconds } => {
            house.clock.set_back(Duration::from_secs(seconds));
            String::new()
        }
    }
}

/// Everything there is, as text.
async fn everything(queue: &dyn TaskQueue) -> String {
    let page = queue.list(TaskFilter { limit: 1_000, ..TaskFilter::default() }).await.unwrap();
    let mut all = format!("{:?}\n", queue.stats().await.unwrap());
    for task in page.items {
        kinds(queue, task.id).await;
        let events = queue.events(task.id, 0, usize::MAX).await.unwrap();
        all += &format!("{task:?}\n{events:?}\n");
    }
    all
}

/// Whether one move of the state machine, or none, leads there.
fn is_a_move(from: TaskStatus, to: TaskStatus) -> bool {
    from == to || transition::Move::ALL.iter().any(|step| transition::next(from, *step) == Some(to))
}

async fn agree(commands: Vec<Command>) {
    let caps = || QueueLimits { max_running_per_person: Some(2), max_queued_per_person: Some(5), ..limits() };
    let houses = [memory_with(caps()), on_sled_with(caps()).await, on_redis_with(caps()).await];
    let mut changes: Vec<_> = houses.iter().map(|house| house.queue.changes()).collect();
    let mut leases = [vec![], vec![], vec![]];
    let mut statuses: HashMap<TaskId, TaskStatus> = HashMap::new();
    for command in &commands {
        let told = run(&houses[0], &mut leases[0], command).await;
        for (house, leases) in houses.iter().zip(&mut leases).skip(1) {
            assert_eq!(told, run(house, leases, command).await, "{command:?} {}", house.queue.backend());
        }
        let heard: Vec<Vec<Changed>> = changes
            .iter_mut()
            .map(|changes| std::iter::from_fn(|| changes.try_recv().ok()).collect())
            .collect();
        assert!(heard.iter().all(|changes| *changes == heard[0]), "{heard:?}");
        for Changed { task, status, .. } in heard.into_iter().next().unwrap_or_default() {
            let before = statuses.insert(task, status).unwrap_or(TaskStatus::Queued);
            assert!(is_a_move(before, status), "{before:?} to {status:?} by {command:?}");
        }
    }
    let all = everything(&*houses[0].queue).await;
    for house in &houses[1..] {
        assert_eq!(all, everything(&*house.queue).await);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn backends_agree_and_keep_to_the_state_machine(commands in prop::collection::vec(command(), 1..120)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(agree(commands));
    }
}
