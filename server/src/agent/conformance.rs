//! The contract of `AgentBackend`, as cases that every backend passes on a scripted model and a real copy.

use super::{AgentBackend, AgentError, Brief, Events, Progress, Report};
use crate::providers::scripted::{Scripted, Turn};
use crate::providers::{Delta, Message, ProviderError, ToolCall};
use crate::queue::QueueError;
use async_trait::async_trait;
use serde_json::json;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tidemark_shared::task::Tokens;
use tidemark_shared::{
    EventKind, Hash, Mode, ModelId, ProjectId, Review, SessionId, Task, TaskErrorCode, TaskId, TaskStatus,
    UserId,
};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// Makes the backend under test over a scripted model.
pub(super) type Make = fn(Arc<Scripted>) -> Arc<dyn AgentBackend>;

/// A copy beside a folder that nobody may touch, and everything that was told.
pub(super) struct House {
    pub(super) dir: tempfile::TempDir,
    pub(super) model: Arc<Scripted>,
    pub(super) agent: Arc<dyn AgentBackend>,
    pub(super) events: Recorder,
    pub(super) cancel: CancellationToken,
    pub(super) task: Task,
}

/// Keeps what it is told; refuses everything once `lost`.
#[derive(Default)]
pub(super) struct Recorder {
    told: Mutex<Vec<EventKind>>,
    saves: Mutex<Vec<Progress>>,
    refuse_saves: AtomicBool,
    lost: Mutex<Option<TaskId>>,
}

#[async_trait]
impl Events for Recorder {
    async fn append(&self, events: Vec<EventKind>) -> Result<(), QueueError> {
        if let Some(task) = *self.lost.lock().unwrap() {
            return Err(QueueError::LeaseLost(task));
        }
        self.told.lock().unwrap().extend(events);
        Ok(())
    }
    async fn save(&self, further: &Progress) -> Option<EventKind> {
        let mut saves = self.saves.lock().unwrap();
        saves.push(further.clone());
        if self.refuse_saves.load(Ordering::Relaxed) {
            return None;
        }
        let progress = Hash::of(&saves.len().to_le_bytes());
        Some(EventKind::Saved { step: further.state.metrics.steps, progress })
    }
}

impl Recorder {
    pub(super) fn told(&self) -> Vec<EventKind> {
        self.told.lock().unwrap().clone()
    }
    pub(super) fn saves(&self) -> Vec<Progress> {
        self.saves.lock().unwrap().clone()
    }
}

pub(super) const APP: &str = "export function App() {\n  return <h1>Tides</h1>;\n}\n";
const CRLF: &[u8] = b"\xEF\xBB\xBFone\r\ntwo\r\n";
const LOGO: &[u8] = b"\x89PNG\r\n\x1a\n\0";

impl House {
    pub(super) fn new(make: Make, turns: Vec<Turn>) -> Self {
        let dir = tempfile::tempdir().unwrap();
        for (path, bytes) in [
            ("copy/src/App.tsx", APP.as_bytes()),
            ("copy/crlf.txt", CRLF),
            ("copy/logo.png", LOGO),
            ("beside/mine.txt", b"mine"),
        ] {
            let place = dir.path().join(path);
            std::fs::create_dir_all(place.parent().unwrap()).unwrap();
            std::fs::write(place, bytes).unwrap();
        }
        let model = Arc::new(Scripted::new(turns));
        let agent = make(Arc::clone(&model));
        let (events, cancel) = (Recorder::default(), CancellationToken::new());
        Self { dir, model, agent, events, cancel, task: task(Mode::Patch, "Say Ebb") }
    }
    pub(super) fn copy(&self) -> PathBuf {
        self.dir.path().join("copy")
    }
    pub(super) fn brief(&self) -> Brief {
        let (task, copy, cancel) = (self.task.clone(), self.copy(), self.cancel.clone());
        Brief { task, copy, history: Vec::new(), secrets: Vec::new(), progress: None, cancel }
    }
    pub(super) async fn run(&self) -> Result<Report, AgentError> {
        self.agent.run(self.brief(), &self.events).await
    }
    pub(super) fn text(&self, path: &str) -> String {
        String::from_utf8(std::fs::read(self.copy().join(path)).unwrap()).unwrap()
    }
    pub(super) fn said(&self) -> String {
        let told = self.events.told();
        told.iter()
            .filter_map(|event| if let EventKind::Text { text } = event { Some(text.as_str()) } else { None })
            .collect()
    }
    fn files(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        files(self.dir.path())
    }
}

fn files(dir: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let all = ignore::WalkBuilder::new(dir).standard_filters(false).build().flatten();
    all.filter(|entry| entry.path().is_file())
        .map(|entry| (entry.path().strip_prefix(dir).unwrap().into(), std::fs::read(entry.path()).unwrap()))
        .collect()
}

pub(super) fn task(mode: Mode, prompt: &str) -> Task {
    Task {
        id: TaskId::from_uuid(Uuid::now_v7()),
        user_id: UserId("owner".into()),
        project_id: ProjectId::from_uuid(Uuid::now_v7()),
        session_id: SessionId::from_uuid(Uuid::now_v7()),
        files: Vec::new(),
        cursor: None,
        prompt: prompt.into(),
        mode,
        model: ModelId::parse("scripted/model").unwrap(),
        priority: 5,
        status: TaskStatus::Processing,
        waiting_for: None,
        result: None,
        review: Review::None,
        metrics: None,
        error: None,
        snapshot: Hash::of(b""),
        retry_of: None,
        run_at: None,
        after: None,
        cache_key: None,
        cancel_requested: false,
        attempt: 1,
        created_at: 0,
        updated_at: 0,
    }
}

pub(super) fn edit_app() -> Turn {
    let input = json!({ "path": "src/App.tsx", "old_text": "Tides", "new_text": "Ebb" });
    Turn::call("Now I change it.", "2", "edit_file", input)
}

pub(super) async fn it_reads_edits_and_finishes(make: Make) {
    let read = Turn::call("I look.", "1", "read_file", json!({ "path": "src/App.tsx" }));
    let house = House::new(make, vec![read, edit_app(), Turn::text("It says Ebb now.")]);
    let report = house.run().await.unwrap();
    assert_eq!(report.explanation, "It says Ebb now.");
    assert_eq!(report.stopped, None);
    assert_eq!(
        (report.metrics.steps, report.metrics.tokens.input, report.metrics.tokens.output),
        (3, 30, 15)
    );
    assert_eq!(house.text("src/App.tsx"), APP.replace("Tides", "Ebb"));
    assert_eq!(house.said(), "I look.Now I change it.It says Ebb now.");
}

pub(super) async fn steps_count_from_one_and_each_call_has_its_end(make: Make) {
    let house = House::new(
        make,
        vec![edit_app(), Turn::call("", "3", "no_such_tool", json!({})), Turn::text("Done.")],
    );
    house.run().await.unwrap();
    let (mut steps, mut open, mut ended) = (Vec::new(), Vec::new(), Vec::new());
    for event in house.events.told() {
        match event {
            EventKind::Step { step } => steps.push(step),
            EventKind::ToolCalled { call_id, .. } => open.push(call_id),
            EventKind::ToolFinished { call_id, ok, .. } => {
                assert_eq!(open.pop(), Some(call_id));
                ended.push(ok);
            }
            _ => {}
        }
    }
    assert_eq!((steps, open, ended), (vec![1, 2, 3], vec![], vec![true, false]));
}

/// Three answers: one only reads, one makes, moves, edits and deletes, one ends.
fn long_work() -> Vec<Turn> {
    let call = |id: &str, name: &str, input: serde_json::Value| {
        Delta::ToolCall(ToolCall { id: id.into(), name: name.into(), input })
    };
    let edit = json!({ "path": "src/App.tsx", "old_text": "Tides", "new_text": "Ebb" });
    vec![
        Turn::call("I look.", "1", "read_file", json!({ "path": "src/App.tsx" })),
        Turn::Say(vec![
            Delta::Text("I change it.".into()),
            call("2", "create_file", json!({ "path": "new/a.txt", "content": "a\n" })),
            call("3", "move_file", json!({ "from": "logo.png", "to": "img/logo.png" })),
            call("4", "read_file", json!({ "path": "new/a.txt" })),
            call("5", "list_files", json!({})),
            call("6", "edit_file", edit),
            call("7", "delete_file", json!({ "path": "crlf.txt" })),
            Delta::Usage(Tokens { input: 10, output: 5, ..Tokens::default() }),
        ]),
        Turn::text("It says Ebb now."),
    ]
}

pub(super) async fn it_goes_on_from_each_save_as_if_nothing_had_happened(make: Make) {
    goes_on_from_each_save(|turns| House::new(make, turns), long_work()).await;
}

/// Works on `turns` to the end, and again from each save on a fresh copy, with only the answers that are not paid for: the
/// model hears the same, the copy becomes the same, and nothing is told twice.
pub(super) async fn goes_on_from_each_save(house: impl Fn(Vec<Turn>) -> House, turns: Vec<Turn>) {
    let whole = house(turns.clone());
    let report = whole.run().await.unwrap();
    let asked = heard_by(&whole);
    let told = whole.events.told();
    let saves = whole.events.saves();
    let is_saved = |event: &EventKind| matches!(event, EventKind::Saved { .. });
    let places: Vec<_> = (0..told.len()).filter(|at| is_saved(&told[*at])).collect();
    assert!(saves.len() > turns.len() && places.len() == saves.len(), "{} saves", saves.len());
    for (number, place) in places.into_iter().enumerate() {
        let mut progress = Progress::default();
        saves[..=number].iter().for_each(|further| progress.add(further.clone()));
        let is_answer = |message: &&Message| matches!(message, Message::Assistant { .. });
        let paid = progress.messages.iter().filter(is_answer).count();
        let again = house(turns[paid.min(turns.len())..].to_vec());
        let kept = serde_json::from_slice(&serde_json::to_vec(&progress).unwrap()).unwrap();
        let ended = again.agent.run(Brief { progress: Some(kept), ..again.brief() }, &again.events).await;
        let mut ended = ended.unwrap();
        ended.metrics.duration_ms = report.metrics.duration_ms;
        assert_eq!(ended, report, "save {number}");
        assert_eq!(again.files(), whole.files(), "save {number}");
        assert_eq!(heard_by(&again), asked[paid..], "save {number}");
        let mut both = told[..place].to_vec();
        let resumed = EventKind::Resumed { step: progress.state.metrics.steps };
        let mut rest = again.events.told().into_iter();
        assert_eq!(rest.next().as_ref(), Some(&resumed));
        both.extend(rest);
        assert_eq!(in_short(&both), in_short(&told), "save {number}");
    }
}

fn heard_by(house: &House) -> Vec<Vec<Message>> {
    house.model.requests().into_iter().map(|request| request.messages).collect()
}

/// What was said, and which calls began and ended.
fn in_short(told: &[EventKind]) -> Vec<String> {
    let of = |event: &EventKind| match event {
        EventKind::Step { step } => Some(format!("step {step}")),
        EventKind::Text { text } => Some(text.clone()),
        EventKind::ToolCalled { call_id, .. } => Some(format!("called {call_id}")),
        EventKind::ToolFinished { call_id, ok, .. } => Some(format!("ended {call_id} {ok}")),
        _ => None,
    };
    told.iter().filter_map(of).collect()
}

pub(super) async fn what_is_paid_for_or_done_is_saved_before_anything_follows(make: Make) {
    let house = House::new(make, long_work());
    house.run().await.unwrap();
    let mut unsaved = None;
    for event in house.events.told() {
        match event {
            EventKind::Usage { .. } => unsaved = Some("an answer"),
            EventKind::ToolFinished { .. } => unsaved = Some("a call"),
            EventKind::Saved { .. } => unsaved = None,
            EventKind::ToolCalled { .. } | EventKind::Step { .. } => assert_eq!(unsaved, None),
            _ => {}
        }
    }
    assert_eq!(unsaved, None);
}

pub(super) async fn it_works_on_when_nothing_can_be_saved(make: Make) {
    let house = House::new(make, long_work());
    house.events.refuse_saves.store(true, Ordering::Relaxed);
    assert_eq!(house.run().await.unwrap().explanation, "It says Ebb now.");
    assert!(!house.events.told().iter().any(|event| matches!(event, EventKind::Saved { .. })));
    // The last one that was tried had everything that the ones before it had.
    let saves = house.events.saves();
    let last = saves.last().unwrap();
    assert_eq!((last.messages.len(), last.files.len()), (6, 5));
}

pub(super) async fn only_the_copy_changes(make: Make) {
    let write =
        |id: &str, path: &str| Turn::call("", id, "create_file", json!({ "path": path, "content": "x" }));
    let turns = vec![
        write("1", "../beside/new.txt"),
        write("2", "/tmp/tidemark-outside"),
        write("3", "new.txt"),
        edit_app(),
    ];
    let house = House::new(make, turns);
    let before = house.files();
    house.run().await.unwrap();
    let mut after = house.files();
    assert!(after.remove(Path::new("copy/new.txt")).is_some());
    after.insert("copy/src/App.tsx".into(), APP.into());
    assert_eq!(after, before);
}

pub(super) async fn line_ends_are_kept_and_binaries_stay(make: Make) {
    let crlf = Turn::call(
        "",
        "1",
        "edit_file",
        json!({ "path": "crlf.txt", "old_text": "two\n", "new_text": "2\n3\n" }),
    );
    let logo =
        Turn::call("", "2", "edit_file", json!({ "path": "logo.png", "old_text": "PNG", "new_text": "GIF" }));
    let house = House::new(make, vec![crlf, logo]);
    house.run().await.unwrap();
    assert_eq!(std::fs::read(house.copy().join("crlf.txt")).unwrap(), b"\xEF\xBB\xBFone\r\n2\r\n3\r\n");
    assert_eq!(std::fs::read(house.copy().join("logo.png")).unwrap(), LOGO);
}

pub(super) async fn an_explanation_can_change_nothing(make: Make) {
    let mut house = House::new(make, vec![edit_app(), Turn::text("See src/App.tsx:2 and gone.ts:1.")]);
    house.task.mode = Mode::Explain;
    let report = house.run().await.unwrap();
    assert_eq!(house.text("src/App.tsx"), APP);
    let found: Vec<_> = report.references.iter().map(|place| (place.path.as_str(), place.line)).collect();
    assert_eq!(found, [("src/App.tsx", 2)]);
}

pub(super) async fn cancelling_ends_it_within_a_second(make: Make) {
    let house = House::new(make, vec![edit_app(), Turn::Hang(vec![Delta::Text("Thinking …".into())])]);
    let cancel = async {
        while house.model.requests().len() < 2 {
            tokio::task::yield_now().await;
        }
        house.cancel.cancel();
        Instant::now()
    };
    let (ended, cancelled) = tokio::join!(house.run(), cancel);
    assert!(cancelled.elapsed() < Duration::from_secs(1));
    let Err(AgentError::Cancelled { metrics }) = ended else { panic!("{ended:?}") };
    assert_eq!(metrics.steps, 2);
}

pub(super) async fn a_task_that_is_cancelled_already_asks_nobody(make: Make) {
    let house = House::new(make, vec![]);
    house.cancel.cancel();
    assert!(matches!(house.run().await, Err(AgentError::Cancelled { .. })));
    assert!(house.model.requests().is_empty());
}

pub(super) async fn it_stops_when_the_ledger_refuses(make: Make) {
    let house = House::new(make, vec![edit_app()]);
    *house.events.lost.lock().unwrap() = Some(house.task.id);
    assert!(matches!(house.run().await, Err(AgentError::Ledger(QueueError::LeaseLost(_)))));
    assert_eq!(house.text("src/App.tsx"), APP);
}

pub(super) async fn a_circle_is_ended_and_the_work_kept(make: Make) {
    let list = || Turn::call("", "1", "list_files", json!({}));
    let mut turns = vec![edit_app()];
    turns.extend((0..500).map(|_| list()));
    let house = House::new(make, turns);
    let report = house.run().await.unwrap();
    assert_eq!(report.stopped.unwrap().code, TaskErrorCode::LimitReached);
    assert_eq!(house.text("src/App.tsx"), APP.replace("Tides", "Ebb"));
}

pub(super) async fn a_refused_key_fails_with_its_reason(make: Make) {
    let why = ProviderError::BadKey { provider: "scripted".into(), reason: "invalid x-api-key".into() };
    let house = House::new(make, vec![Turn::Fail(why)]);
    let ended = house.run().await;
    let Err(AgentError::Failed { code, message, retryable, .. }) = ended else { panic!("{ended:?}") };
    assert_eq!((code, retryable), (TaskErrorCode::BadKey, false));
    assert!(message.contains("invalid x-api-key"), "{message}");
}

/// Every case, as a test of its own for one backend.
macro_rules! every_agent {
    ($backend:ident) => {
        every_agent!($backend:
            it_reads_edits_and_finishes,
            steps_count_from_one_and_each_call_has_its_end,
            it_goes_on_from_each_save_as_if_nothing_had_happened,
            what_is_paid_for_or_done_is_saved_before_anything_follows,
            it_works_on_when_nothing_can_be_saved,
            only_the_copy_changes,
            line_ends_are_kept_and_binaries_stay,
            an_explanation_can_change_nothing,
            cancelling_ends_it_within_a_second,
            a_task_that_is_cancelled_already_asks_nobody,
            it_stops_when_the_ledger_refuses,
            a_circle_is_ended_and_the_work_kept,
            a_refused_key_fails_with_its_reason
        );
    };
    ($backend:ident: $($case:ident),*) => {
        mod $backend {
            $(#[tokio::test]
            async fn $case() {
                crate::agent::conformance::$case(super::$backend).await;
            })*
        }
    };
}
pub(super) use every_agent;
