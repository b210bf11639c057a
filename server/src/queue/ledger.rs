//! [`Ledger`]: the task queue over any [`Keep`]. Commands are decided in [`super::decide`]; here they are put to the
//! keep, and waiters wait.

use super::decide::{Bodies, Draft, Taken};
use super::record::{Head, Sent};
use super::state::{Due, State};
use super::steady::Steady;
use super::wakes::Wakes;
use super::{
    Beat, Changed, Lease, Leased, Outcome, QueueError, QueueStats, Submission, SubmitOptions, TaskFilter,
    TaskPage, TaskQueue,
};
use async_trait::async_trait;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;
use tidemark_shared::{
    EventKind, Mode, Seq, Task, TaskEvent, TaskId, TaskStatus, WaitingFor, task::TaskEdit,
};
use tokio::sync::broadcast;

/// Where records are kept.
pub trait Keep: Send + Sync + 'static {
    /// Decides one command after all earlier ones, and answers when what it decided is kept for good. A command that
    /// is refused drafts nothing.
    fn change<T, F>(&self, decide: F) -> impl Future<Output = Result<T, QueueError>> + Send
    where
        T: Send + 'static,
        F: FnOnce(&mut Draft<'_>) -> Result<T, QueueError> + Send + 'static;

    /// Reads one consistent view: `pick` what is wanted from the index, then `look` it up.
    fn read<P, T>(
        &self,
        pick: impl FnOnce(&State) -> Result<P, QueueError> + Send + 'static,
        look: impl FnOnce(P, &dyn Kept) -> Result<T, QueueError> + Send + 'static,
    ) -> impl Future<Output = Result<T, QueueError>> + Send
    where
        T: Send + 'static;

    /// The name of the backend.
    const NAME: &'static str;
    /// What opening found lost or damaged.
    fn damage(&self) -> Vec<String>;

    /// A quick look at the index.
    fn peek<T>(&self, look: impl FnOnce(&mut State) -> T) -> T;
}

/// What a keep holds beside the index.
pub trait Kept: Bodies {
    fn events(&self, id: TaskId, after: Seq, limit: usize) -> Result<Vec<TaskEvent>, QueueError>;
}

/// The queue itself. Built by its backends: [`super::memory::MemoryQueue::new`] and the journalled one.
pub struct Ledger<K> {
    pub(super) keep: K,
    pub(super) wakes: Arc<Wakes>,
    pub(super) time: Arc<Steady>,
}

impl<K: Keep> Ledger<K> {
    async fn task(&self, id: TaskId) -> Result<Task, QueueError> {
        self.keep
            .read(
                move |state| state.shown(id),
                |head, kept| Ok(head.over(kept.body(head.id)?.task()?.clone())),
            )
            .await
    }
    /// Decides one command on one task and answers with the task as it stands then.
    async fn change_task<F>(&self, id: TaskId, decide: F) -> Result<Task, QueueError>
    where
        F: FnOnce(&mut Draft<'_>) -> Result<(), QueueError> + Send + 'static,
    {
        self.keep.change(move |draft| decide(draft).and_then(|()| draft.task(id))).await
    }
    /// Waits until `is_so` holds for the task; a forgotten task is `NotFound`.
    async fn until(&self, id: TaskId, is_so: impl Fn(&Head) -> bool) -> Result<(), QueueError> {
        let mut told = self.wakes.task(id);
        loop {
            told.borrow_and_update();
            if self.keep.peek(|state| state.head(id).map(&is_so))? {
                return Ok(());
            }
            if told.changed().await.is_err() {
                told = self.wakes.task(id);
            }
        }
    }
}

#[async_trait]
impl<K: Keep> TaskQueue for Ledger<K> {
    async fn submit_with(&self, new: Task, options: SubmitOptions) -> Result<Submission, QueueError> {
        let id = new.id;
        let sent = Sent::new(new)?;
        self.keep
            .change(move |draft| {
                let (id, answer): (_, fn(Task) -> Submission) = match draft.submit(&sent, &options)? {
                    Taken::New => (id, Submission::New),
                    Taken::Known => (id, Submission::Known),
                    Taken::Same(same) => (same, Submission::Same),
                };
                draft.task(id).map(answer)
            })
            .await
    }

    async fn get(&self, id: TaskId) -> Result<Task, QueueError> {
        self.task(id).await
    }

    async fn list(&self, filter: TaskFilter) -> Result<TaskPage, QueueError> {
        self.keep
            .read(
                move |state| state.list(&filter),
                |(heads, next), kept| {
                    let whole = |head: &Head| Ok(head.over(kept.body(head.id)?.task()?.clone()));
                    Ok(TaskPage { items: heads.iter().map(whole).collect::<Result<_, QueueError>>()?, next })
                },
            )
            .await
    }

    async fn lease(
        &self,
        worker: &str,
        lanes: &[Mode],
        want: usize,
        ttl: Duration,
    ) -> Result<Vec<Leased>, QueueError> {
        // An idle worker asks often: nothing is put to the keep when nothing is due.
        let now = self.time.now();
        if self.keep.peek(|state| state.due(now, lanes)) != Due::Now {
            return Ok(vec![]);
        }
        let (worker, lanes) = (worker.to_owned(), lanes.to_owned());
        self.keep
            .change(move |draft| {
                let leases = draft.lease(&worker, &lanes, want, ttl)?;
                let leased = |lease: Lease| Ok(Leased { task: draft.task(lease.task)?, lease });
                leases.into_iter().map(leased).collect()
            })
            .await
    }

    async fn ready(&self, lanes: &[Mode]) {
        let mut line = self.wakes.line();
        loop {
            line.borrow_and_update();
            let now = self.time.now();
            match self.keep.peek(|state| state.due(now, lanes)) {
                Due::Now => return,
                Due::At(time) => {
                    let wait = Duration::from_millis(time.saturating_sub(now));
                    tokio::select! {
                        _moved = line.changed() => {}
                        () = self.time.clock().sleep(wait) => {}
                    }
                }
                // The sender lives as long as `self`, so this only ends with a change.
                Due::Never => drop(line.changed().await),
            }
        }
    }

    async fn renew(&self, lease: &Lease, ttl: Duration) -> Result<Beat, QueueError> {
        let lease = lease.clone();
        self.keep.change(move |draft| draft.renew(&lease, ttl)).await
    }

    async fn cancelled(&self, lease: &Lease) {
        let over = |head: &Head| {
            head.cancel_requested || head.attempt != lease.attempt || head.status != TaskStatus::Processing
        };
        // A forgotten task is a lost lease as well.
        let _over = self.until(lease.task, over).await;
    }

    async fn append(&self, lease: &Lease, events: Vec<EventKind>) -> Result<Seq, QueueError> {
        let lease = lease.clone();
        self.keep.change(move |draft| draft.append(&lease, events)).await
    }

    async fn finish(&self, lease: &Lease, outcome: Outcome) -> Result<Task, QueueError> {
        let lease = lease.clone();
        self.change_task(lease.task, move |draft| draft.finish(&lease, outcome)).await
    }

    async fn cancel(&self, id: TaskId) -> Result<Task, QueueError> {
        self.change_task(id, move |draft| draft.cancel(id)).await
    }

    async fn edit(&self, id: TaskId, edit: TaskEdit) -> Result<Task, QueueError> {
        self.change_task(id, move |draft| draft.edit(id, edit)).await
    }

    async fn review(&self, expected: &Task, reviewed: Task, event: EventKind) -> Result<Task, QueueError> {
        let expected = expected.clone();
        self.change_task(expected.id, move |draft| draft.review(&expected, reviewed, event)).await
    }

    async fn pause(&self, lane: Mode, is_paused: bool) -> Result<(), QueueError> {
        self.keep
            .change(move |draft| {
                draft.pause(lane, is_paused);
                Ok(())
            })
            .await
    }

    async fn wake(&self, what: WaitingFor) -> Result<(), QueueError> {
        self.keep
            .change(move |draft| {
                draft.wake(what);
                Ok(())
            })
            .await
    }

    async fn events(&self, id: TaskId, after: Seq, limit: usize) -> Result<Vec<TaskEvent>, QueueError> {
        self.keep
            .read(move |state| state.head(id).map(|_| ()), move |(), kept| kept.events(id, after, limit))
            .await
    }

    async fn event_after(&self, id: TaskId, after: Seq) -> Result<(), QueueError> {
        self.until(id, |head| head.seq > after).await
    }

    fn changes(&self) -> broadcast::Receiver<Changed> {
        self.wakes.changes()
    }

    async fn stats(&self) -> Result<QueueStats, QueueError> {
        Ok(self.keep.peek(|state| state.stats()))
    }

    fn backend(&self) -> &'static str {
        K::NAME
    }

    fn damage(&self) -> Vec<String> {
        self.keep.damage()
    }
}
