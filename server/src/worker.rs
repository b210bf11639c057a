//! [`Worker`]: takes tasks from the line and runs them, some at a time. Keeps each lease alive, stops a task at once when
//! its lease is lost or a person cancels it, and hands tasks back when the house closes.

mod network;

use crate::clock::Clock;
use crate::metrics;
use crate::queue::{Leased, Outcome, QueueError};
use crate::tasks::run::{Halt, Running, Why, run, sweep};
use futures::FutureExt as _;
use network::Network;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;
use tidemark_shared::{Mode, Task, TaskError, TaskErrorCode, WaitingFor};
use tokio::sync::Semaphore;
use tokio::task::{JoinHandle, JoinSet};
use tokio_util::sync::CancellationToken;

/// How a worker works. Part of the config.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct WorkerLimits {
    /// Tasks that run side by side, by mode: a short question need not wait behind a long change.
    pub running: Lanes,
    /// Seconds that a lease lasts without being renewed: how long a crash leaves a task alone. 3 with Redis, where another
    /// worker goes on with it, else 30.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lease_seconds: Option<u64>,
    /// Seconds before a task that waits for the network is tried again; twice as long each time …
    pub first_retry_seconds: u64,
    /// … up to this.
    pub longest_retry_seconds: u64,
}

impl Default for WorkerLimits {
    fn default() -> Self {
        Self {
            running: Lanes::default(),
            lease_seconds: None,
            first_retry_seconds: 5,
            longest_retry_seconds: 60,
        }
    }
}

/// How many tasks of each mode run side by side.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Lanes {
    pub patch: usize,
    pub explain: usize,
    pub generate_test: usize,
    pub lint_fix: usize,
}

impl Default for Lanes {
    fn default() -> Self {
        Self { patch: 2, explain: 2, generate_test: 1, lint_fix: 1 }
    }
}

impl Lanes {
    const fn of(&self, lane: Mode) -> usize {
        match lane {
            Mode::Patch => self.patch,
            Mode::Explain => self.explain,
            Mode::GenerateTest => self.generate_test,
            Mode::LintFix => self.lint_fix,
        }
    }
}

/// How long a lease lasts when nothing else is said.
const LEASE_SECONDS: u64 = 30;
/// Wait before asking a ledger again that could not answer.
const AFTER_TROUBLE: Duration = Duration::from_secs(1);

/// A worker at work. Dropped, it stops without waiting; [`Worker::stop`] waits.
pub struct Worker {
    stopping: CancellationToken,
    network: Arc<Network>,
    working: JoinHandle<()>,
}

impl Worker {
    /// Starts at once; returns at once. `name` is what the tasks' events call it.
    pub fn start(name: String, parts: Running, clock: Arc<dyn Clock>, limits: WorkerLimits) -> Self {
        let stopping = CancellationToken::new();
        let network = Arc::new(Network::new(&limits));
        let bench =
            Bench { name, parts, clock, limits, stopping: stopping.clone(), network: Arc::clone(&network) };
        let working = tokio::spawn(Arc::new(bench).work());
        Self { stopping, network, working }
    }

    /// Tells that the network may be back: tasks that wait for it are tried again now.
    pub fn wake(&self) {
        self.network.wake();
    }

    /// Takes no more tasks, hands the running ones back to the line, and returns when that is done.
    pub async fn stop(mut self) {
        self.stopping.cancel();
        if let Err(why) = (&mut self.working).await {
            tracing::error!(error = %why, "the worker broke");
        }
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.stopping.cancel();
    }
}

/// What the worker's own task owns.
struct Bench {
    name: String,
    parts: Running,
    clock: Arc<dyn Clock>,
    limits: WorkerLimits,
    stopping: CancellationToken,
    network: Arc<Network>,
}

impl Bench {
    async fn work(self: Arc<Self>) {
        if let Err(why) = sweep(&self.parts.copies).await {
            tracing::warn!(error = %why, "old private copies could not be removed");
        }
        let waking = self.network.keep_waking(self.parts.queue.as_ref(), self.clock.as_ref());
        tokio::select! {
            () = Arc::clone(&self).take_tasks() => {}
            never = waking => match never {},
        }
    }

    async fn take_tasks(self: Arc<Self>) {
        let queue = Arc::clone(&self.parts.queue);
        let mut running = JoinSet::new();
        let ttl = self.ttl();
        let room: BTreeMap<Mode, Arc<Semaphore>> = Mode::ALL
            .into_iter()
            .map(|lane| (lane, Arc::new(Semaphore::new(self.limits.running.of(lane)))))
            .collect();
        loop {
            let open: Vec<Mode> =
                room.iter().filter(|(_, room)| room.available_permits() > 0).map(|(lane, _)| *lane).collect();
            tokio::select! {
                biased;
                () = self.stopping.cancelled() => break,
                Some(ended) = running.join_next() => {
                    if let Err(why) = ended {
                        tracing::error!(error = %why, "a task's worker broke");
                    }
                }
                () = queue.ready(&open), if !open.is_empty() => match queue.lease(&self.name, &open, 1, ttl).await {
                    Ok(leased) if leased.is_empty() => tokio::task::yield_now().await,
                    Ok(leased) => for leased in leased {
                        let place = room.get(&leased.task.mode).and_then(|r| Arc::clone(r).try_acquire_owned().ok());
                        let run = Arc::clone(&self).run(leased);
                        running.spawn(async move {
                            run.await;
                            drop(place);
                        });
                    },
                    Err(why) => {
                        tracing::error!(error = %why, "the ledger gave no task");
                        tokio::select! {
                            () = self.stopping.cancelled() => {}
                            () = self.clock.sleep(AFTER_TROUBLE) => {}
                        }
                    }
                },
            }
        }
        while running.join_next().await.is_some() {}
    }

    fn ttl(&self) -> Duration {
        Duration::from_secs(self.limits.lease_seconds.unwrap_or(LEASE_SECONDS))
    }

    /// Runs one task to its end, whatever happens to it.
    async fn run(self: Arc<Self>, leased: Leased) {
        let id = leased.task.id;
        tracing::info!(task.id = %id, attempt = leased.lease.attempt, "leased");
        let from = self.clock.now();
        metrics::leased(&leased.task, from);
        let halt = Halt::default();
        let safely = AssertUnwindSafe(Box::pin(run(&self.parts, &leased, &halt))).catch_unwind();
        let ended = tokio::select! {
            biased;
            ended = safely => ended,
            never = self.keep(&leased, &halt) => match never {},
        };
        let ended = match ended {
            Ok(ended) => ended,
            Err(_panic) => self.broke(&leased).await,
        };
        match ended {
            Ok(task) => {
                tracing::info!(task.id = %id, status = ?task.status, "let go");
                metrics::let_go(&task, from, self.clock.now());
                self.tell_network(&task);
            }
            Err(QueueError::LeaseLost(_)) => {
                tracing::warn!(task.id = %id, "lease lost; left to its new worker")
            }
            Err(why) => {
                tracing::error!(task.id = %id, error = %why, "the end could not be written; it is tried again")
            }
        }
    }

    /// A defect of ours ended the work: the task ends with it.
    async fn broke(&self, leased: &Leased) -> Result<Task, QueueError> {
        let message = "Something went wrong on our side; the log has the cause.".into();
        let error = TaskError { code: TaskErrorCode::Internal, message, retryable: true };
        self.parts.queue.finish(&leased.lease, Outcome::Failed { error, metrics: None }).await
    }

    fn tell_network(&self, task: &Task) {
        match task.waiting_for {
            Some(WaitingFor::Network) => self.network.is_waited_for(),
            Some(WaitingFor::Approval | WaitingFor::Budget | WaitingFor::Slot | WaitingFor::Task) | None => {
                self.network.was_reached()
            }
        }
    }

    /// Renews the lease, and halts the task when it is lost, cancelled, or the house closes. A task that was told to
    /// stop keeps its lease until it has.
    async fn keep(&self, leased: &Leased, halt: &Halt) -> Infallible {
        let (queue, lease) = (self.parts.queue.as_ref(), &leased.lease);
        let mut told_to_cancel = false;
        let mut told_to_stop = false;
        loop {
            tokio::select! {
                () = self.stopping.cancelled(), if !told_to_stop => {
                    told_to_stop = true;
                    halt.now(Why::Stopping);
                }
                () = queue.cancelled(lease), if !told_to_cancel => {
                    told_to_cancel = true;
                    halt.now(if self.still_holds(leased).await { Why::Cancelled } else { Why::LeaseLost });
                }
                () = self.clock.sleep(self.ttl() / 3) => match queue.renew(lease, self.ttl()).await {
                    Ok(beat) if beat.cancel_requested => halt.now(Why::Cancelled),
                    Ok(_) => {}
                    Err(QueueError::LeaseLost(_) | QueueError::NotFound(_)) => halt.now(Why::LeaseLost),
                    Err(why) => tracing::warn!(task.id = %lease.task, error = %why, "the lease could not be renewed"),
                },
            }
        }
    }

    async fn still_holds(&self, leased: &Leased) -> bool {
        let task = self.parts.queue.get(leased.lease.task).await;
        task.is_ok_and(|task| {
            task.attempt == leased.lease.attempt && !task.status.is_terminal() && task.cancel_requested
        })
    }
}

#[cfg(test)]
mod tests;
