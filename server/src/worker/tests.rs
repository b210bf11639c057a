//! A worker on a real ledger, a real workspace and real copies, with a scripted model.

use super::*;
use crate::agent::native::Native;
use crate::agent::{AgentBackend, AgentError, AgentLimits, Brief, Events, Report};
use crate::clock::ManualClock;
use crate::models::Models;
use crate::providers::keys::Keys;
use crate::providers::scripted::{Scripted, Turn};
use crate::providers::{Delta, Message, ProviderError};
use crate::queue::memory::MemoryQueue;
use crate::queue::{QueueLimits, Submission, TaskQueue};
use crate::store::ObjectStore;
use crate::store::memory::MemoryStore;
use crate::tasks::cancel::cancel;
use crate::tasks::resume::ResumeLimits;
use crate::tools::ToolLimits;
use crate::workspace::{self, Workspace};
use async_trait::async_trait;
use serde_json::json;
use std::path::PathBuf;
use tidemark_shared::task::TaskEdit;
use tidemark_shared::{
    EventKind, Hash, Mode, ModelId, ProjectId, Review, SessionId, TaskId, TaskStatus, UserId,
};
use uuid::Uuid;

mod resuming;

const APP: &str = "export function App() {\n  return <h1>Tides</h1>;\n}\n";
const START: u64 = 1_700_000_000_000;

struct House {
    dir: tempfile::TempDir,
    queue: Arc<MemoryQueue>,
    store: Arc<MemoryStore>,
    clock: Arc<ManualClock>,
    model: Arc<Scripted>,
    parts: Running,
    project: ProjectId,
    session: SessionId,
}

impl House {
    async fn new(turns: Vec<Turn>) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let clock = Arc::new(ManualClock::at(START));
        let queue = Arc::new(MemoryQueue::new(clock.clone(), QueueLimits::default()));
        let data = dir.path().join("data");
        std::fs::create_dir_all(&data).unwrap();
        let store = Arc::new(MemoryStore::default());
        let limits = workspace::Limits::default();
        let workspace = Workspace::new(data.clone(), store.clone(), clock.clone(), limits).await.unwrap();
        let folder = dir.path().join("project");
        std::fs::create_dir_all(folder.join("src")).unwrap();
        std::fs::write(folder.join("src/App.tsx"), APP).unwrap();
        let project = workspace.open_folder(&folder).await.unwrap().id;
        let model = Arc::new(Scripted::new(turns));
        let models = Arc::new(Models::new(vec![model.clone()], Arc::new(Keys::default()), []));
        let agent = Native::new(models, clock.clone(), AgentLimits::default(), ToolLimits::default());
        let copies = data.join("copies");
        let resume = ResumeLimits::default();
        let parts = Running {
            queue: queue.clone(),
            workspace,
            agent: Arc::new(agent),
            copies,
            store: store.clone(),
            resume,
        };
        let session = SessionId::from_uuid(Uuid::now_v7());
        Self { dir, queue, store, clock, model, parts, project, session }
    }

    fn start(&self) -> Worker {
        Worker::start("w1".into(), self.parts.clone(), self.clock.clone(), WorkerLimits::default())
    }

    async fn submit(&self, mode: Mode, prompt: &str) -> TaskId {
        let snapshot = self.parts.workspace.snapshot(self.project, &[]).await.unwrap();
        let task = Task {
            id: TaskId::from_uuid(Uuid::now_v7()),
            user_id: UserId("owner".into()),
            project_id: self.project,
            session_id: self.session,
            files: Vec::new(),
            cursor: None,
            prompt: prompt.into(),
            mode,
            model: ModelId::parse("scripted/model").unwrap(),
            priority: 5,
            status: TaskStatus::Queued,
            waiting_for: None,
            result: None,
            review: Review::None,
            metrics: None,
            error: None,
            snapshot,
            retry_of: None,
            run_at: None,
            after: None,
            cache_key: None,
            cancel_requested: false,
            attempt: 0,
            created_at: START,
            updated_at: START,
        };
        let Submission::New(task) = self.queue.submit(task).await.unwrap() else { panic!("it is new") };
        task.id
    }

    /// The task once `is_so`; in this process that takes moments, so ten seconds are a failure.
    async fn until(&self, id: TaskId, is_so: impl Fn(&Task) -> bool) -> Task {
        let look = async {
            let mut changes = self.queue.changes();
            loop {
                let task = self.queue.get(id).await.unwrap();
                if is_so(&task) {
                    return task;
                }
                drop(changes.recv().await);
            }
        };
        tokio::time::timeout(Duration::from_secs(10), look).await.expect("it becomes so")
    }
    async fn ended(&self, id: TaskId) -> Task {
        self.until(id, |task| task.status.is_terminal()).await
    }
    /// Once the model was asked so often.
    async fn asked(&self, times: usize) {
        let look = async {
            while self.model.requests().len() < times {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(10), look).await.expect("the model is asked");
    }
    /// Another worker takes the task whose lease runs out.
    async fn taken_over(&self, worker: &str) -> Leased {
        for _ in 0..1_000 {
            self.clock.advance(Duration::from_secs(31));
            if let Some(taken) =
                self.queue.lease(worker, &Mode::ALL, 1, Duration::from_secs(30)).await.unwrap().pop()
            {
                return taken;
            }
            tokio::task::yield_now().await;
        }
        panic!("the lease never runs out");
    }
    async fn events(&self, id: TaskId) -> Vec<EventKind> {
        self.queue.events(id, 0, 10_000).await.unwrap().into_iter().map(|event| event.kind).collect()
    }
    fn copies(&self) -> Vec<PathBuf> {
        std::fs::read_dir(&self.parts.copies)
            .map(|found| found.flatten().map(|entry| entry.path()).collect())
            .unwrap_or_default()
    }
    fn app(&self) -> String {
        std::fs::read_to_string(self.dir.path().join("project/src/App.tsx")).unwrap()
    }
}

fn edit(id: &str) -> Turn {
    Turn::call("", id, "edit_file", json!({ "path": "src/App.tsx", "old_text": "Tides", "new_text": "Ebb" }))
}
fn hang() -> Turn {
    Turn::Hang(vec![Delta::Text("Let me think".into())])
}
fn no_network() -> Turn {
    Turn::Fail(ProviderError::Unreachable { provider: "scripted".into(), reason: "no such host".into() })
}

#[tokio::test]
async fn a_task_becomes_a_change_set_and_the_project_is_not_touched() {
    let house = House::new(vec![edit("1"), Turn::text("It says Ebb.")]).await;
    let worker = house.start();
    let id = house.submit(Mode::Patch, "Say Ebb").await;
    let task = house.ended(id).await;
    worker.stop().await;
    assert_eq!((task.status, task.review, task.error), (TaskStatus::Done, Review::Pending, None));
    let result = task.result.unwrap();
    assert_eq!(result.explanation, "It says Ebb.");
    let [file] = result.files_modified.as_slice() else { panic!("one file changed") };
    assert!(file.patch.contains("-  return <h1>Tides</h1>;\n+  return <h1>Ebb</h1>;\n"), "{}", file.patch);
    assert_eq!(task.metrics.unwrap().steps, 2);
    assert_eq!(house.app(), APP);
    assert!(house.copies().is_empty());
}

#[tokio::test]
async fn a_task_that_changes_nothing_has_nothing_to_review() {
    let house = House::new(vec![Turn::text("It is fine as it is.")]).await;
    let _worker = house.start();
    let id = house.submit(Mode::LintFix, "Mend it").await;
    let task = house.ended(id).await;
    assert_eq!((task.status, task.review), (TaskStatus::Done, Review::None));
}

#[tokio::test]
async fn cancelling_a_running_task_ends_it_within_a_second() {
    let house = House::new(vec![hang()]).await;
    let worker = house.start();
    let id = house.submit(Mode::Patch, "Think").await;
    house.asked(1).await;
    let asked = std::time::Instant::now();
    house.queue.cancel(id).await.unwrap();
    let task = house.ended(id).await;
    assert!(asked.elapsed() < Duration::from_secs(1));
    assert_eq!(task.status, TaskStatus::Cancelled);
    assert_eq!(task.metrics.unwrap().steps, 1);
    worker.stop().await;
    assert!(house.copies().is_empty());
}

#[tokio::test]
async fn a_task_without_a_network_waits_and_goes_on_by_itself() {
    let house = House::new(vec![no_network(), no_network(), Turn::text("Hello.")]).await;
    let _worker = house.start();
    let id = house.submit(Mode::Patch, "Hello").await;
    let waits = |task: &Task| task.waiting_for == Some(WaitingFor::Network);
    house.until(id, waits).await;
    for pause in [5, 10] {
        house.until(id, waits).await;
        let asked = house.model.requests().len();
        // The worker may not sleep yet when time moves: it is moved until it was heard.
        for _ in 0..1_000 {
            house.clock.advance(Duration::from_secs(pause));
            for _ in 0..20 {
                tokio::task::yield_now().await;
            }
            if house.model.requests().len() > asked {
                break;
            }
        }
    }
    let task = house.ended(id).await;
    assert_eq!((task.status, task.waiting_for), (TaskStatus::Done, None));
    let waited =
        house.events(id).await.iter().filter(|event| matches!(event, EventKind::Waiting { .. })).count();
    assert_eq!(waited, 2);
}

#[tokio::test]
async fn waking_the_worker_tries_waiting_tasks_at_once() {
    let house = House::new(vec![no_network(), Turn::text("Hello.")]).await;
    let worker = house.start();
    let id = house.submit(Mode::Patch, "Hello").await;
    house.until(id, |task| task.waiting_for == Some(WaitingFor::Network)).await;
    let done = async {
        while house.model.requests().len() < 2 {
            worker.wake();
            tokio::task::yield_now().await;
        }
        house.ended(id).await
    };
    let task = tokio::time::timeout(Duration::from_secs(10), done).await.expect("it is tried again");
    assert_eq!(task.status, TaskStatus::Done);
}

#[tokio::test]
async fn a_worker_that_stops_hands_its_task_back_and_the_next_one_ends_it() {
    let house = House::new(vec![edit("1"), hang(), Turn::text("Done.")]).await;
    let worker = house.start();
    let id = house.submit(Mode::Patch, "Say Ebb").await;
    house.asked(2).await;
    worker.stop().await;
    let back = house.queue.get(id).await.unwrap();
    assert_eq!((back.status, back.attempt), (TaskStatus::Queued, 1));
    assert!(house.copies().is_empty());
    let _next = house.start();
    let task = house.ended(id).await;
    assert_eq!((task.status, task.attempt, task.review), (TaskStatus::Done, 2, Review::Pending));
}

#[tokio::test]
async fn a_worker_that_lost_its_lease_stops_and_writes_nothing_more() {
    let house = House::new(vec![hang()]).await;
    let worker = house.start();
    let id = house.submit(Mode::Patch, "Think").await;
    house.asked(1).await;
    let taken = house.taken_over("w2").await;
    let look = async {
        while !house.copies().is_empty() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), look).await.expect("the copy goes away");
    worker.stop().await;
    let task = house.queue.get(id).await.unwrap();
    assert_eq!((task.status, task.attempt), (TaskStatus::Processing, taken.lease.attempt));
    let told = house.events(id).await;
    assert!(matches!(told.last(), Some(EventKind::Started { worker, .. }) if worker == "w2"), "{told:?}");
}

#[tokio::test]
async fn a_long_task_keeps_its_lease() {
    let house = House::new(vec![hang()]).await;
    let _worker = house.start();
    let id = house.submit(Mode::Patch, "Think").await;
    house.asked(1).await;
    for _ in 0..20 {
        house.clock.advance(Duration::from_secs(10));
        for _ in 0..50 {
            tokio::task::yield_now().await;
        }
        assert!(
            house.queue.lease("w2", &Mode::ALL, 1, Duration::from_secs(30)).await.unwrap().pop().is_none()
        );
    }
    assert_eq!(house.queue.get(id).await.unwrap().attempt, 1);
}

#[tokio::test]
async fn so_many_tasks_run_side_by_side_and_no_more() {
    let house = House::new(vec![hang(), hang(), hang()]).await;
    let worker = house.start();
    for n in 0..3 {
        house.submit(Mode::Patch, &format!("Task {n}")).await;
    }
    house.asked(2).await;
    for _ in 0..200 {
        tokio::task::yield_now().await;
    }
    let stats = house.queue.stats().await.unwrap().total();
    assert_eq!((stats.processing, stats.queued), (2, 1));
    worker.stop().await;
    assert_eq!(house.queue.stats().await.unwrap().total().queued, 3);
}

#[tokio::test]
async fn work_that_met_a_limit_is_kept_for_review_with_its_reason() {
    let list = || Turn::call("", "9", "list_files", json!({}));
    let mut turns = vec![edit("1")];
    turns.extend((0..9).map(|_| list()));
    let house = House::new(turns).await;
    let _worker = house.start();
    let id = house.submit(Mode::Patch, "Say Ebb").await;
    let task = house.ended(id).await;
    assert_eq!((task.status, task.review), (TaskStatus::Done, Review::Pending));
    let error = task.error.unwrap();
    assert_eq!(error.code, TaskErrorCode::LimitReached);
    assert!(error.message.contains("(max_repeats). What it changed until then is kept"), "{}", error.message);

    let house = House::new((0..9).map(|_| list()).collect()).await;
    let _worker = house.start();
    let id = house.submit(Mode::Patch, "Say Ebb").await;
    let task = house.ended(id).await;
    assert_eq!((task.status, task.error.unwrap().code), (TaskStatus::Failed, TaskErrorCode::LimitReached));
}

#[tokio::test]
async fn a_snapshot_that_is_gone_fails_the_task_in_words() {
    let house = House::new(vec![]).await;
    let id = house.submit(Mode::Patch, "Hello").await;
    let mut task = house.queue.get(id).await.unwrap();
    task.id = TaskId::from_uuid(Uuid::now_v7());
    task.snapshot = tidemark_shared::Hash::of(b"never kept");
    let lost = task.id;
    house.queue.submit(task).await.unwrap();
    let _worker = house.start();
    // A disk's trouble may pass, so it is tried again a few times first.
    for attempt in 1..=2 {
        house.until(lost, |task| task.status == TaskStatus::Queued && task.attempt == attempt).await;
        house.clock.advance(Duration::from_secs(60));
    }
    let task = house.ended(lost).await;
    assert_eq!((task.status, task.error.unwrap().code), (TaskStatus::Failed, TaskErrorCode::Storage));
    assert_eq!(task.attempt, 3);
    assert_eq!(house.ended(id).await.status, TaskStatus::Done);
}

#[tokio::test]
async fn copies_that_a_crash_left_are_swept_at_start() {
    let house = House::new(vec![]).await;
    std::fs::create_dir_all(house.parts.copies.join("old-1/src")).unwrap();
    let worker = house.start();
    let id = house.submit(Mode::Patch, "Hello").await;
    house.ended(id).await;
    worker.stop().await;
    assert!(house.copies().is_empty());
}

#[tokio::test]
async fn a_follow_up_knows_what_the_person_thought() {
    let house = House::new(vec![edit("1"), Turn::text("It says Ebb."), Turn::text("Sorry.")]).await;
    let _worker = house.start();
    let first = house.submit(Mode::Patch, "Say Ebb").await;
    let before = house.ended(first).await;
    let mut reviewed = before.clone();
    reviewed.review = Review::Rejected;
    let event = EventKind::Rejected { hunks: Vec::new(), comment: Some("say Flood".into()) };
    house.queue.review(&before, reviewed, event).await.unwrap();
    let second = house.submit(Mode::Patch, "Again").await;
    house.ended(second).await;
    let requests = house.model.requests();
    let Message::User { text } = &requests[2].messages[0] else { panic!("a request starts with the person") };
    assert!(text.contains("The person asked: Say Ebb\nYou answered: It says Ebb.\n"), "{text}");
    assert!(
        text.contains("rejected: the changes are not in the project; the person said: say Flood"),
        "{text}"
    );
}

/// Writes into its copy whatever it was asked, then panics or says that it is done.
struct Unruly {
    panics: bool,
}

#[async_trait]
impl AgentBackend for Unruly {
    async fn run(&self, brief: Brief, _events: &dyn Events) -> Result<Report, AgentError> {
        std::fs::write(brief.copy.join("src/App.tsx"), "scribble").unwrap();
        assert!(!self.panics, "a defect");
        Ok(Report {
            explanation: "See.".into(),
            references: Vec::new(),
            metrics: tidemark_shared::task::Metrics::default(),
            placements: Vec::new(),
            stopped: None,
        })
    }
}

#[tokio::test]
async fn an_explanation_changes_nothing_whatever_the_agent_did() {
    let mut house = House::new(vec![]).await;
    house.parts.agent = Arc::new(Unruly { panics: false });
    let _worker = house.start();
    let id = house.submit(Mode::Explain, "What is this?").await;
    let task = house.ended(id).await;
    assert_eq!((task.status, task.review), (TaskStatus::Done, Review::None));
    assert_eq!(task.result.unwrap().files_modified, []);
    assert_eq!(house.app(), APP);
}

#[tokio::test]
async fn a_defect_in_the_agent_ends_only_its_own_task() {
    let mut house = House::new(vec![]).await;
    house.parts.agent = Arc::new(Unruly { panics: true });
    let worker = house.start();
    for _ in 0..3 {
        let id = house.submit(Mode::Patch, "Scribble").await;
        let task = house.ended(id).await;
        assert_eq!((task.status, task.error.unwrap().code), (TaskStatus::Failed, TaskErrorCode::Internal));
    }
    worker.stop().await;
    assert!(house.copies().is_empty());
    assert_eq!(house.app(), APP);
}
