//! One thread that decides and writes: commands that arrive while a commit is on its way to the disk become the next
//! commit, so a busy ledger syncs seldom and an idle one at once. Answers go out after the sync, never before.
//!
//! ```text
//! commands ─► decide on the state ahead ─► journal, fdatasync ─► publish, answer, wake ─► shelver
//! ```

use super::body::Body;
use super::decide::{Bodies, Draft};
use super::journal::{Journal, JournalError};
use super::ledger::{Keep, Kept};
use super::record::Record;
use super::shelver::{Job, Shelver};
use super::sled::{Recovery, Shelf};
use super::state::State;
use super::steady::Steady;
use super::view::View;
use super::wakes::Wakes;
use super::{QueueError, QueueLimits};
use std::collections::HashMap;
use std::fs::File;
use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;
use tidemark_shared::{Mode, TaskId};
use tokio::sync::oneshot;

/// Records in one commit; what is more waits for the next.
const BATCH: usize = 1_024;
/// About how many bytes of live tasks are written anew at a time while cleaning: commands wait for no more.
const CLEAN_STEP: usize = 256 << 10;

/// Decides one command and keeps its answer until the commit is on the disk.
type Command = Box<dyn FnOnce(&mut Draft<'_>) -> Answer + Send>;
type Answer = Box<dyn FnOnce(Result<(), QueueError>) + Send>;

/// The keep of a [`super::sled::SledQueue`].
pub struct Journalled {
    commands: Option<mpsc::Sender<Command>>,
    thread: Option<JoinHandle<()>>,
    view: Arc<View>,
    recovery: Recovery,
}

/// Decides and writes. Lives on its own thread.
pub(super) struct Writer {
    journal: Journal,
    /// The state with everything that was decided, on the disk or not yet.
    ahead: State,
    view: Arc<View>,
    shelver: Shelver,
    wakes: Arc<Wakes>,
    time: Arc<Steady>,
    limits: QueueLimits,
    cleaning: Option<Cleaning>,
}

/// Every live task up to `until` is written anew, then the segments before `segment` go.
struct Cleaning {
    segment: u32,
    next: u64,
    until: u64,
}

impl Writer {
    pub(super) fn new(
        journal: Journal,
        shelf: Shelf,
        state: State,
        wakes: Arc<Wakes>,
        time: Arc<Steady>,
        limits: QueueLimits,
        lock: File,
    ) -> Self {
        let view = Arc::new(View::new(state.clone(), shelf, lock));
        let shelver = Shelver::start(view.clone());
        Self { journal, ahead: state, view, shelver, wakes, time, limits, cleaning: None }
    }

    fn run(mut self, commands: &mpsc::Receiver<Command>) {
        loop {
            let first = match &self.cleaning {
                // Between two steps of cleaning, whoever waits goes first.
                Some(_) => match commands.try_recv() {
                    Ok(command) => Some(command),
                    Err(mpsc::TryRecvError::Empty) => None,
                    Err(mpsc::TryRecvError::Disconnected) => break,
                },
                None => match commands.recv() {
                    Ok(command) => Some(command),
                    Err(mpsc::RecvError) => break,
                },
            };
            if let Some(first) = first {
                self.batch(first, commands);
            }
            self.clean();
        }
    }

    /// Decides `first` and what else waits, and commits it together.
    fn batch(&mut self, first: Command, more: &mpsc::Receiver<Command>) {
        let (now, steady) = (self.time.wall(), self.time.now());
        self.ahead.tick(steady);
        self.view.state(|state| state.tick(steady));
        let mut answers = Vec::new();
        let mut records: Vec<Record> = Vec::new();
        let mut written = HashMap::new();
        let mut next = Some(first);
        while let Some(command) = next {
            let kept = Written { written: &written, view: &self.view };
            let state = &mut self.ahead;
            let mut draft = Draft {
                state,
                kept: &kept,
                limits: &self.limits,
                now,
                steady,
                records: vec![],
                written: HashMap::new(),
            };
            let answer = command(&mut draft);
            let Draft { records: decided, written: bodies, .. } = draft;
            // What dies with the process anyway may be answered even when the disk is full.
            let needs_disk = decided.is_empty() || decided.iter().any(Record::is_durable);
            answers.push((answer, needs_disk));
            records.extend(decided);
            written.extend(bodies);
            next = if records.len() < BATCH { more.try_recv().ok() } else { None };
        }
        match self.commit(records) {
            Ok(job) => {
                for (answer, _) in answers {
                    answer(Ok(()));
                }
                job.into_iter().for_each(|job| self.shelver.shelve(job));
            }
            Err(e) => {
                for (answer, needs_disk) in answers {
                    answer(if needs_disk { Err(again(&e)) } else { Ok(()) });
                }
            }
        }
    }

    /// Puts the durable ones of `records` on the disk and shows all of them to readers; after an error nothing of them
    /// but what needs no disk. What is left to do is to shelve them.
    fn commit(&mut self, records: Vec<Record>) -> Result<Option<Job>, QueueError> {
        let durable: Vec<&Record> = records.iter().filter(|record| record.is_durable()).collect();
        if durable.is_empty() {
            self.view.publish(self.journal.last(), &records, &self.wakes);
            return Ok(None);
        }
        let before = self.journal.bytes();
        let kept = if self.view.is_stuck() {
            Err(QueueError::Storage("the queryable state failed; restart to rebuild it".into()))
        } else {
            self.journal.commit(&durable).map_err(QueueError::from)
        };
        match kept {
            Ok(commit) => {
                self.view.publish(commit, &records, &self.wakes);
                Ok(Some(Job { commit, records, bytes: self.journal.bytes().saturating_sub(before) }))
            }
            Err(e) => {
                tracing::error!(error = %e, "a commit was not kept");
                let harmless: Vec<Record> =
                    records.into_iter().filter(|record| !record.is_durable()).collect();
                self.view.publish(self.journal.last(), &harmless, &self.wakes);
                self.ahead = self.view.state(|state| state.clone());
                Err(e)
            }
        }
    }

    /// One step of keeping the journal small.
    fn clean(&mut self) {
        if self.view.is_stuck() {
            self.cleaning = None;
            return;
        }
        let cleaned = match self.cleaning.take() {
            None if self.journal.wants_cleaning() => {
                let begin = |segment| Some(Cleaning { segment, next: 0, until: self.ahead.next_place() });
                self.journal.begin_cleaning().map(begin)
            }
            None => return,
            Some(cleaning) => self.clean_step(cleaning),
        };
        match cleaned {
            Ok(cleaning) => self.cleaning = cleaning,
            Err(e) => {
                tracing::warn!(error = %e, "the journal could not be cleaned; it is tried again when it has grown");
                self.journal.clean_later();
            }
        }
    }

    fn clean_step(&mut self, mut cleaning: Cleaning) -> Result<Option<Cleaning>, JournalError> {
        let mut records = Vec::new();
        let mut bytes = 0;
        while bytes < CLEAN_STEP
            && let Some(head) =
                self.ahead.at_or_after(cleaning.next).filter(|head| head.place < cleaning.until)
        {
            cleaning.next = head.place + 1;
            let whole = self.view.look(
                |_| Ok(()),
                |(), kept| {
                    let (body, events) = (kept.body(head.id)?, kept.events(head.id, 0, usize::MAX)?);
                    Ok(Record::Whole { head: Box::new(head.clone()), body, events })
                },
            );
            let whole = whole.map_err(|e| JournalError::Broken(std::io::Error::other(e)))?;
            bytes += whole.size();
            records.push(whole);
        }
        let is_last = records.is_empty();
        if is_last {
            let paused = Mode::ALL.into_iter().filter(|lane| self.ahead.is_paused(*lane));
            records.extend(paused.map(|lane| Record::Lane { lane, is_paused: true }));
        }
        if !records.is_empty() {
            let commit = self.journal.commit(&records.iter().collect::<Vec<_>>())?;
            // sled has all of it already, or will have before this.
            self.shelver.shelve(Job { commit, records: vec![], bytes: 0 });
        }
        if is_last {
            self.journal.drop_before(cleaning.segment)?;
            return Ok(None);
        }
        Ok(Some(cleaning))
    }
}

/// Bodies as this batch wrote them, else as they are kept.
struct Written<'a> {
    written: &'a HashMap<TaskId, Body>,
    view: &'a View,
}

impl Bodies for Written<'_> {
    fn body(&self, id: TaskId) -> Result<Body, QueueError> {
        self.written.get(&id).map_or_else(|| self.view.body(id), |body| Ok(body.clone()))
    }
}

impl Journalled {
    /// Mends what damage left, takes back what a dead process held, and starts the writer.
    pub(super) fn start(mut writer: Writer, mends: Vec<Record>, recovery: Recovery) -> Self {
        let (commands, waiting) = mpsc::channel::<Command>();
        let first: Command = Box::new(move |draft| {
            mends.into_iter().for_each(|mend| draft.record(mend));
            let taken_back = draft.interrupt_all();
            Box::new(move |kept| {
                if let Err(e) = kept.and(taken_back) {
                    // Their leases run out like any other.
                    tracing::warn!(error = %e, "tasks of the last process were not taken back yet");
                }
            })
        });
        writer.batch(first, &waiting);
        if !recovery.damage.is_empty() {
            // The journal is written anew before anything rests on it.
            writer.clean();
            while writer.cleaning.is_some() {
                writer.clean();
            }
        }
        let view = writer.view.clone();
        let thread = std::thread::Builder::new()
            .name("ledger".into())
            .spawn(move || writer.run(&waiting))
            .expect("a process that can't start one thread can't run at all");
        Self { commands: Some(commands), thread: Some(thread), view, recovery }
    }

    pub(super) fn recovery(&self) -> &Recovery {
        &self.recovery
    }
}

impl Drop for Journalled {
    /// Waits until what was accepted is written.
    fn drop(&mut self) {
        self.commands = None;
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the ledger's writer had died");
        }
    }
}

impl Keep for Journalled {
    const NAME: &'static str = "sled";

    fn damage(&self) -> Vec<String> {
        self.recovery.in_words()
    }

    async fn change<T, F>(&self, decide: F) -> Result<T, QueueError>
    where
        T: Send + 'static,
        F: FnOnce(&mut Draft<'_>) -> Result<T, QueueError> + Send + 'static,
    {
        let (told, answer) = oneshot::channel();
        let command: Command = Box::new(move |draft| {
            let decided = decide(draft);
            // Whoever asked may have gone; what was decided stands.
            Box::new(move |kept| drop(told.send(kept.and(decided))))
        });
        let stopped = || QueueError::Storage("the ledger has stopped".into());
        let commands = self.commands.as_ref().ok_or_else(stopped)?;
        commands.send(command).map_err(|_| stopped())?;
        answer.await.map_err(|_| stopped())?
    }

    async fn read<P, T>(
        &self,
        pick: impl FnOnce(&State) -> Result<P, QueueError> + Send + 'static,
        look: impl FnOnce(P, &dyn Kept) -> Result<T, QueueError> + Send + 'static,
    ) -> Result<T, QueueError>
    where
        T: Send + 'static,
    {
        let view = self.view.clone();
        let look = move || view.look(pick, look);
        tokio::task::spawn_blocking(look).await.map_err(|stopped| QueueError::Storage(stopped.to_string()))?
    }

    fn peek<T>(&self, look: impl FnOnce(&mut State) -> T) -> T {
        self.view.state(look)
    }
}

/// The same error for everyone whose command was in the commit.
fn again(error: &QueueError) -> QueueError {
    match error {
        QueueError::DiskFull => QueueError::DiskFull,
        other => QueueError::Storage(other.to_string()),
    }
}

impl From<JournalError> for QueueError {
    fn from(error: JournalError) -> Self {
        match error {
            JournalError::Full => Self::DiskFull,
            JournalError::Newer(..) | JournalError::Broken(_) => Self::Storage(error.to_string()),
        }
    }
}
