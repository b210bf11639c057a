//! One leased task, start to finish: a private copy of its snapshot → the agent → the change set → the checks → the
//! ledger. The copy is gone afterwards, whatever happened; the project is never touched.

use super::history::history;
use super::resume::{ResumeLimits, Saves};
use crate::agent::{AgentBackend, AgentError, Brief, Events, Progress, Report};
use crate::checks;
use crate::providers::keys::Secret;
use crate::queue::{Lease, Leased, Outcome, QueueError, TaskQueue};
use crate::store::ObjectStore;
use crate::workspace::{Workspace, WorkspaceError};
use async_trait::async_trait;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tidemark_shared::patch;
use tidemark_shared::task::Metrics;
use tidemark_shared::{
    EventKind, FileChange, Mode, Review, Task, TaskError, TaskErrorCode, TaskResult, WaitingFor,
};
use tokio_util::sync::CancellationToken;

/// The parts that running a task needs.
#[derive(Clone)]
pub struct Running {
    pub queue: Arc<dyn TaskQueue>,
    pub workspace: Workspace,
    pub agent: Arc<dyn AgentBackend>,
    /// Where private copies are made; ours alone.
    pub copies: PathBuf,
    /// Where what a running task got done is kept, and how much of it.
    pub store: Arc<dyn ObjectStore>,
    pub resume: ResumeLimits,
}

/// Tells a running task to stop, and why. The first reason counts.
#[derive(Debug, Default)]
pub struct Halt {
    token: CancellationToken,
    why: OnceLock<Why>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// A person cancelled it.
    Cancelled,
    /// It belongs to another worker now: nothing may be written.
    LeaseLost,
    /// The house closes: back to the line.
    Stopping,
}

impl Halt {
    pub fn now(&self, why: Why) {
        // A second reason comes too late.
        let _first = self.why.set(why);
        self.token.cancel();
    }
    fn why(&self) -> Option<Why> {
        self.why.get().copied()
    }
}

/// How the work on a task ended.
enum Ended {
    Outcome(Box<Outcome>),
    /// Stopped as told.
    Halted(Option<Metrics>),
    Ledger(QueueError),
}

/// Runs a leased task and lets go of it: the answer is the task as it stands then.
pub async fn run(parts: &Running, leased: &Leased, halt: &Halt) -> Result<Task, QueueError> {
    let task = &leased.task;
    let copy = PrivateCopy(parts.copies.join(format!("{}-{}", task.id, leased.lease.attempt)));
    let saves = Saves::new(parts.store.as_ref(), &parts.resume, task);
    let ended = match work(parts, leased, halt, &copy.0, &saves).await {
        Ok(outcome) => Ended::Outcome(Box::new(outcome)),
        Err(ended) => ended,
    };
    let finished = let_go(parts, leased, halt, ended).await;
    if finished.as_ref().is_ok_and(|task| task.status.is_terminal()) {
        saves.forget().await;
    }
    if let Err(why) = remove(&copy.0).await {
        tracing::warn!(task.id = %task.id, error = %why, "a private copy could not be removed");
    }
    finished
}

async fn let_go(parts: &Running, leased: &Leased, halt: &Halt, ended: Ended) -> Result<Task, QueueError> {
    let lease = &leased.lease;
    let outcome = match ended {
        // Told to stop while it ended by itself: the end counts, unless the person wanted none.
        Ended::Outcome(outcome) => match (halt.why(), *outcome) {
            (Some(Why::Cancelled), Outcome::Done { metrics, .. }) => {
                Outcome::Cancelled { metrics: Some(metrics) }
            }
            (Some(Why::Cancelled), Outcome::Failed { metrics, .. }) => Outcome::Cancelled { metrics },
            (_, outcome) => outcome,
        },
        Ended::Halted(metrics) => match halt.why() {
            Some(Why::LeaseLost) => return Err(QueueError::LeaseLost(lease.task)),
            Some(Why::Stopping) => {
                let message = "Tidemark was closed; it goes on at the next start.".into();
                Outcome::Again { delay: Duration::ZERO, message }
            }
            Some(Why::Cancelled) | None => Outcome::Cancelled { metrics },
        },
        Ended::Ledger(QueueError::Full { what, limit }) => {
            let message = format!("The task met the limit of {limit} on {what}.");
            failed(TaskErrorCode::LimitReached, message, false)
        }
        Ended::Ledger(why) => return Err(why),
    };
    match parts.queue.finish(lease, outcome).await {
        Err(QueueError::Full { what, limit }) => {
            let message =
                format!("The result is larger than the limit of {limit} {what}. Ask for less at once.");
            parts.queue.finish(lease, failed(TaskErrorCode::LimitReached, message, false)).await
        }
        finished => finished,
    }
}

/// Removes the copies that a crash left behind: none is in use before the first task runs.
pub async fn sweep(copies: &Path) -> io::Result<()> {
    remove(copies).await?;
    tokio::fs::create_dir_all(copies).await
}

/// Also gone when the work on it panics.
struct PrivateCopy(PathBuf);

impl Drop for PrivateCopy {
    fn drop(&mut self) {
        if std::thread::panicking() {
            // What stays is swept at the next start.
            let _removed = std::fs::remove_dir_all(&self.0);
        }
    }
}

/// Tries again while something is still being written into it: that ends when its folders are gone.
async fn remove(dir: &Path) -> io::Result<()> {
    const TRIES: usize = 5;
    let mut left = TRIES;
    loop {
        left -= 1;
        match tokio::fs::remove_dir_all(dir).await {
            Err(why) if why.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(why) if left == 0 => return Err(why),
            Ok(()) | Err(_) => {}
        }
    }
}

async fn work(
    parts: &Running,
    leased: &Leased,
    halt: &Halt,
    copy: &Path,
    saves: &Saves<'_>,
) -> Result<Outcome, Ended> {
    let task = &leased.task;
    let progress = saves.find(parts.queue.as_ref()).await.map_err(Ended::Ledger)?;
    tokio::fs::create_dir_all(&parts.copies).await.map_err(|why| ended_by_disk(&why))?;
    let made = parts.workspace.materialise(&task.snapshot, copy);
    until_halted(halt, made).await?.map_err(|why| ended_by(&why))?;
    let history = history(parts.queue.as_ref(), task).await.map_err(Ended::Ledger)?;
    let secrets = parts.workspace.secret_values(task.project_id).await.map_err(|why| ended_by(&why))?;
    let secrets = secrets.iter().filter_map(|value| Secret::new(value)).collect();
    let cancel = halt.token.clone();
    let brief = Brief { task: task.clone(), copy: copy.into(), history, secrets, progress, cancel };
    let events = LeaseEvents { queue: parts.queue.as_ref(), lease: &leased.lease, saves };
    let report = match parts.agent.run(brief, &events).await {
        Ok(report) => report,
        Err(AgentError::Cancelled { metrics }) => return Err(Ended::Halted(Some(*metrics))),
        Err(AgentError::NoNetwork(message)) => {
            return Ok(Outcome::Wait { waiting_for: WaitingFor::Network, message });
        }
        Err(AgentError::Failed { code, message, retryable, metrics }) => {
            let error = TaskError { code, message, retryable };
            return Ok(Outcome::Failed { error, metrics: Some(*metrics) });
        }
        Err(AgentError::Ledger(why)) => return Err(Ended::Ledger(why)),
    };
    let files = match task.mode {
        // Whatever happened to the copy: an explanation changes nothing.
        Mode::Explain => Vec::new(),
        Mode::Patch | Mode::GenerateTest | Mode::LintFix => {
            let changes = parts.workspace.change_set(&task.snapshot, copy);
            let mut changes = until_halted(halt, changes).await?.map_err(|why| ended_by(&why))?;
            patch::mark(&mut changes, &report.placements);
            changes
        }
    };
    let checks = until_halted(halt, checks::run(&parts.workspace, copy, task.mode, &files)).await?;
    if !checks.is_empty() {
        let told = checks.iter().map(|check| EventKind::CheckFinished { check: check.clone() }).collect();
        events.append(told).await.map_err(Ended::Ledger)?;
    }
    Ok(ending(task.mode, report, files, checks))
}

fn ending(
    mode: Mode,
    report: Report,
    files: Vec<FileChange>,
    checks: Vec<tidemark_shared::Check>,
) -> Outcome {
    let Report { explanation, references, metrics, placements: _, stopped } = report;
    let review = if files.is_empty() { Review::None } else { Review::Pending };
    match stopped {
        Some(error) if files.is_empty() => Outcome::Failed { error, metrics: Some(metrics) },
        stopped => {
            let error = stopped.map(|error| TaskError {
                message: format!("{} What it changed until then is kept for your review.", error.message),
                ..error
            });
            let result = TaskResult { mode, files_modified: files, explanation, references, checks };
            Outcome::Done { result, review, metrics, error }
        }
    }
}

/// The answer of `doing`, unless the task is told to stop first.
async fn until_halted<T>(halt: &Halt, doing: impl Future<Output = T>) -> Result<T, Ended> {
    tokio::select! {
        biased;
        () = halt.token.cancelled() => Err(Ended::Halted(None)),
        done = doing => Ok(done),
    }
}

fn failed(code: TaskErrorCode, message: String, retryable: bool) -> Outcome {
    Outcome::Failed { error: TaskError { code, message, retryable }, metrics: None }
}

fn ended(code: TaskErrorCode, message: String, retryable: bool) -> Ended {
    Ended::Outcome(Box::new(failed(code, message, retryable)))
}

fn ended_by_disk(why: &io::Error) -> Ended {
    ended(TaskErrorCode::Storage, format!("The private copy could not be made: {why}."), true)
}

fn ended_by(why: &WorkspaceError) -> Ended {
    match why {
        WorkspaceError::UnknownProject(_) | WorkspaceError::ProjectGone(_) => {
            ended(TaskErrorCode::ProjectGone, format!("The project can't be read: {why}."), true)
        }
        WorkspaceError::DiskFull => {
            ended(TaskErrorCode::Storage, "The disk is full; nothing was changed.".into(), true)
        }
        WorkspaceError::Full { .. } | WorkspaceError::TooLarge { .. } => {
            ended(TaskErrorCode::LimitReached, format!("The change is too large to review: {why}."), false)
        }
        WorkspaceError::Store { .. } | WorkspaceError::Io { .. } => {
            ended(TaskErrorCode::Storage, format!("The project's snapshot could not be used: {why}."), true)
        }
        WorkspaceError::BadFolder { .. }
        | WorkspaceError::UnknownTemplate(_)
        | WorkspaceError::NotFound(_)
        | WorkspaceError::BadPath { .. }
        | WorkspaceError::Changed { .. }
        | WorkspaceError::Exists(_)
        | WorkspaceError::NotText(_)
        | WorkspaceError::BadPattern(_) => {
            ended(TaskErrorCode::Internal, format!("Something went wrong on our side: {why}."), true)
        }
    }
}

/// The events of one lease: refused once it is lost.
struct LeaseEvents<'a> {
    queue: &'a dyn TaskQueue,
    lease: &'a Lease,
    saves: &'a Saves<'a>,
}

#[async_trait]
impl Events for LeaseEvents<'_> {
    async fn append(&self, events: Vec<EventKind>) -> Result<(), QueueError> {
        self.queue.append(self.lease, events).await.map(|_last| ())
    }
    async fn save(&self, further: &Progress) -> Option<EventKind> {
        self.saves.keep(further).await
    }
}
