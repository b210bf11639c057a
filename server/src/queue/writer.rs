//! One thread that decides and writes: commands that arrive while a commit is on its way to the disk become the next
//! commit, so a busy ledger syncs seldom and an idle one at once. Answers go out after the sync, never before.
//!
//! ```text
//! commands ─► decide on the state ahead ─► journal, fdatasync ─► publish, answer, wake ─► sled
//! ```

use super::decide::{Bodies, Draft};
use super::journal::{Journal, JournalError};
use super::ledger::{Keep, Kept};
use super::record::Record;
use super::sled::{Recovery, Shelf};
use super::state::State;
use super::steady::Steady;
use super::wakes::Wakes;
use super::{QueueError, QueueLimits};
use std::collections::HashMap;
use std::fs::File;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, mpsc};
use std::thread::JoinHandle;
use tidemark_shared::{Mode, Seq, Task, TaskEvent, TaskId};
use tokio::sync::oneshot;

/// Records in one commit; what is more waits for the next.
const BATCH: usize = 1_024;
/// Bytes of journal after which sled's files are brought up to date, so that little is replayed after a crash.
const FLUSH_EVERY: u64 = 4 << 20;
/// About how many bytes of live tasks are written anew at a time while cleaning: commands wait for no more.
const CLEAN_STEP: usize = 256 << 10;

/// Decides one command and keeps its answer until the commit is on the disk.
type Command = Box<dyn FnOnce(&mut Draft<'_>) -> Answer + Send>;
type Answer = Box<dyn FnOnce(Result<(), QueueError>) + Send>;

/// The keep of a [`super::sled::SledQueue`].
pub struct Journalled {
    commands: Option<mpsc::Sender<Command>>,
    thread: Option<JoinHandle<()>>,
    shared: Arc<Shared>,
    recovery: Recovery,
}

/// What readers see: exactly what is on the disk.
struct Shared {
    view: Mutex<View>,
    shelf: Shelf,
    /// Readers hold it while they look; sled changes, and what it has leaves [`View::fresh`], only between looks.
    looking: RwLock<()>,
    /// The data directory is ours until the last reader is gone.
    _lock: File,
}

struct View {
    state: State,
    /// What is on the disk but not in sled yet.
    fresh: Arc<HashMap<TaskId, Fresh>>,
}

#[derive(Clone, Default)]
struct Fresh {
    body: Option<Arc<Task>>,
    events: Vec<TaskEvent>,
}

impl Shared {
    fn view(&self) -> MutexGuard<'_, View> {
        // A record is applied in one go; a panic between two leaves a state that the next open corrects.
        self.view.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Decides and writes. Lives on its own thread.
pub(super) struct Writer {
    journal: Journal,
    /// The state with everything that was decided, on the disk or not yet.
    ahead: State,
    shared: Arc<Shared>,
    wakes: Arc<Wakes>,
    time: Arc<Steady>,
    limits: QueueLimits,
    cleaning: Option<Cleaning>,
    unflushed: u64,
    /// sled failed: what is on the disk can be read after a restart, and nothing more is taken until then.
    stuck: bool,
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
        let view = View { state: state.clone(), fresh: Arc::default() };
        let shared =
            Arc::new(Shared { view: Mutex::new(view), shelf, looking: RwLock::default(), _lock: lock });
        Self {
            journal,
            ahead: state,
            shared,
            wakes,
            time,
            limits,
            cleaning: None,
            unflushed: 0,
            stuck: false,
        }
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
        if !self.stuck
            && let Err(e) = self.shared.shelf.close()
        {
            tracing::warn!(error = %e, "sled was not closed in order; the next start looks at all of it");
        }
    }

    /// Decides `first` and what else waits, and commits it together.
    fn batch(&mut self, first: Command, more: &mpsc::Receiver<Command>) {
        let (now, steady) = (self.time.wall(), self.time.now());
        let mut answers = Vec::new();
        let mut records: Vec<Record> = Vec::new();
        let mut written = HashMap::new();
        let mut next = Some(first);
        while let Some(command) = next {
            let kept = Written { written: &written, shelf: &self.shared.shelf };
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
            Ok(records) => {
                for (answer, _) in answers {
                    answer(Ok(()));
                }
                self.shelve(&records);
            }
            Err(e) => {
                for (answer, needs_disk) in answers {
                    answer(if needs_disk { Err(again(&e)) } else { Ok(()) });
                }
            }
        }
    }

    /// Puts the durable ones of `records` on the disk and shows all of them to readers; after an error nothing of them
    /// but what needs no disk.
    fn commit(&mut self, records: Vec<Record>) -> Result<Vec<Record>, QueueError> {
        let durable: Vec<&Record> = records.iter().filter(|record| record.is_durable()).collect();
        let kept = if durable.is_empty() {
            Ok(())
        } else if self.stuck {
            Err(QueueError::Storage("the queryable state failed; restart to rebuild it".into()))
        } else {
            let before = self.journal.bytes();
            let kept = self.journal.commit(&durable).map(|_| ()).map_err(QueueError::from);
            self.unflushed += self.journal.bytes().saturating_sub(before);
            kept
        };
        match kept {
            Ok(()) => {
                self.publish(&records);
                Ok(records)
            }
            Err(e) => {
                tracing::error!(error = %e, "a commit was not kept");
                let harmless: Vec<Record> =
                    records.into_iter().filter(|record| !record.is_durable()).collect();
                self.publish(&harmless);
                self.ahead = self.shared.view().state.clone();
                Err(e)
            }
        }
    }

    fn publish(&self, records: &[Record]) {
        let mut view = self.shared.view();
        let view = &mut *view;
        let fresh = Arc::make_mut(&mut view.fresh);
        for record in records {
            view.state.apply(record);
            match record {
                Record::Put { head, body, events } => {
                    let fresh = fresh.entry(head.id).or_default();
                    if let Some(body) = body {
                        fresh.body = Some(Arc::new((**body).clone()));
                    }
                    fresh.events.extend_from_slice(events);
                }
                Record::Events { task, events } => {
                    fresh.entry(*task).or_default().events.extend_from_slice(events);
                }
                Record::Forget { task } => drop(fresh.remove(task)),
                Record::Whole { .. } | Record::Renew { .. } | Record::Lane { .. } => {}
            }
        }
        self.wakes.tell(&view.state, records);
    }

    /// Brings sled up to date with what was committed.
    fn shelve(&mut self, records: &[Record]) {
        if records.iter().any(Record::is_durable) {
            self.with_shelf(|shelf, number, state| shelf.apply(number, records, state));
            if self.unflushed >= FLUSH_EVERY {
                self.unflushed = 0;
                self.with_shelf(|shelf, _, _| shelf.flush());
            }
        }
    }

    fn with_shelf(&mut self, change: impl FnOnce(&Shelf, u64, &State) -> Result<(), QueueError>) {
        let _nobody_looks = self.shared.looking.write().unwrap_or_else(PoisonError::into_inner);
        match change(&self.shared.shelf, self.journal.last(), &self.ahead) {
            Ok(()) => self.shared.view().fresh = Arc::default(),
            Err(e) => {
                tracing::error!(error = %e, "sled failed; tasks are safe in the journal, restart to go on");
                self.stuck = true;
            }
        }
    }

    /// One step of keeping the journal small.
    fn clean(&mut self) {
        if self.stuck {
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
            let whole = self.shared.shelf.body(head.id).and_then(|body| {
                let events = self.shared.shelf.events(head.id, 0, usize::MAX)?;
                Ok(Record::Whole { head: Box::new(head.clone()), body: Box::new(body), events })
            });
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
            self.journal.commit(&records.iter().collect::<Vec<_>>())?;
            self.with_shelf(|shelf, number, _| shelf.mark(number));
        }
        if is_last {
            self.journal.drop_before(cleaning.segment)?;
            return Ok(None);
        }
        Ok(Some(cleaning))
    }
}

/// Bodies as this batch wrote them, else as sled has them.
struct Written<'a> {
    written: &'a HashMap<TaskId, Task>,
    shelf: &'a Shelf,
}

impl Bodies for Written<'_> {
    fn body(&self, id: TaskId) -> Result<Task, QueueError> {
        self.written.get(&id).map_or_else(|| self.shelf.body(id), |body| Ok(body.clone()))
    }
}

/// What a reader looks at: sled, with what it has not got yet laid over it.
struct Look<'a> {
    fresh: &'a HashMap<TaskId, Fresh>,
    shelf: &'a Shelf,
}

impl Bodies for Look<'_> {
    fn body(&self, id: TaskId) -> Result<Task, QueueError> {
        match self.fresh.get(&id).and_then(|fresh| fresh.body.as_deref()) {
            Some(body) => Ok(body.clone()),
            None => self.shelf.body(id),
        }
    }
}

impl Kept for Look<'_> {
    fn events(&self, id: TaskId, after: Seq, limit: usize) -> Result<Vec<TaskEvent>, QueueError> {
        let mut events = self.shelf.events(id, after, limit)?;
        let have = events.last().map_or(after, |event| event.seq);
        let fresh = self.fresh.get(&id).into_iter().flat_map(|fresh| &fresh.events);
        events.extend(fresh.filter(|event| event.seq > have).take(limit - events.len()).cloned());
        Ok(events)
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
        let shared = writer.shared.clone();
        let thread = std::thread::Builder::new()
            .name("ledger".into())
            .spawn(move || writer.run(&waiting))
            .expect("a process that can't start one thread can't run at all");
        Self { commands: Some(commands), thread: Some(thread), shared, recovery }
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
        let shared = self.shared.clone();
        let look = move || {
            let _looking = shared.looking.read().unwrap_or_else(PoisonError::into_inner);
            let (picked, fresh) = {
                let view = shared.view();
                (pick(&view.state)?, view.fresh.clone())
            };
            look(picked, &Look { fresh: &fresh, shelf: &shared.shelf })
        };
        tokio::task::spawn_blocking(look).await.map_err(|stopped| QueueError::Storage(stopped.to_string()))?
    }

    fn peek<T>(&self, look: impl FnOnce(&mut State) -> T) -> T {
        look(&mut self.shared.view().state)
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
