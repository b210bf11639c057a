//! How a task is kept: a head that changes, a body that stays, what its end brought, and its events. The script reads
//! and writes heads and events too: `script/2_state.lua` has their layout once more.

use super::packed::{Taken, damaged, from_json, pack, to_json, unpack};
use crate::queue::QueueError;
use crate::queue::decide::{leader_failed, lost_too_often, tried_too_often};
use serde::{Deserialize, Serialize};
use tidemark_shared::task::{Cursor, Metrics, OpenFile};
use tidemark_shared::{
    EventKind, Hash, Millis, Mode, ModelId, ProjectId, Review, Seq, SessionId, Task, TaskError, TaskEvent,
    TaskId, TaskResult, TaskStatus, UserId, WaitingFor,
};

const CANCEL_ASKED: u8 = 1;
const HAS_END: u8 = 2;
const RECALLED: u8 = 8;

/// The part of a task that changes, and what the script must know.
#[derive(Debug)]
pub(super) struct Head {
    pub(super) status: TaskStatus,
    pub(super) waiting_for: Option<WaitingFor>,
    review: Review,
    flags: u8,
    mode: Mode,
    priority: u8,
    pub(super) failures: u32,
    pub(super) attempt: u32,
    pub(super) seq: Seq,
    pub(super) created_at: Millis,
    updated_at: Millis,
    project_id: ProjectId,
    session_id: SessionId,
    user_id: UserId,
    model: ModelId,
    after: Option<TaskId>,
    cache_key: Option<Hash>,
}

impl Head {
    /// `is_held`: its person has as many tasks running as one may.
    pub(super) fn read(bytes: &[u8], is_held: bool) -> Result<Self, QueueError> {
        let mut kept = Taken(bytes);
        let (status, waits, review, flags) = (kept.u8()?, kept.u8()?, kept.u8()?, kept.u8()?);
        let (mode, priority) = (kept.u8()?, kept.u8()?);
        let (failures, _interruptions) = (kept.u16()?, kept.u16()?);
        let (attempt, _step, seq) = (kept.u32()?, kept.u32()?, kept.u32()?);
        let (_place, created_at, updated_at, _not_before) =
            (kept.u48()?, kept.u48()?, kept.u48()?, kept.u48()?);
        let _sent = kept.bytes(8)?;
        let (project, session) = (kept.uuid()?, kept.uuid()?);
        let (user, model, after, key) = (kept.u16()?, kept.u16()?, kept.u8()?, kept.u8()?);
        let user_id = UserId(kept.text(user.into())?.to_owned());
        let model = ModelId::parse(kept.text(model.into())?).map_err(|_| damaged())?;
        let after = if after > 0 { Some(TaskId::from_uuid(kept.uuid()?)) } else { None };
        let cache_key = kept.text(key.into())?;
        let cache_key =
            (!cache_key.is_empty()).then(|| Hash::parse(cache_key).ok_or_else(damaged)).transpose()?;
        Ok(Self {
            status: status_of(status)?,
            waiting_for: if is_held { Some(WaitingFor::Slot) } else { waits_of(waits)? },
            review: review_of(review)?,
            flags,
            mode: *Mode::ALL.get(usize::from(mode)).ok_or_else(damaged)?,
            priority,
            failures: failures.into(),
            attempt,
            seq: seq.into(),
            created_at,
            updated_at,
            project_id: ProjectId::from_uuid(project),
            session_id: SessionId::from_uuid(session),
            user_id,
            model,
            after,
            cache_key,
        })
    }

    pub(super) const fn cancel_requested(&self) -> bool {
        self.flags & CANCEL_ASKED != 0
    }

    /// The whole task.
    pub(super) fn with(self, id: TaskId, body: &[u8], ends: &[u8]) -> Result<Task, QueueError> {
        let bytes = unpack(body)?;
        let mut kept = Taken(&bytes);
        let prompt = kept.u32()? as usize;
        let prompt = kept.text(prompt)?.to_owned();
        let rest: Rest = from_json(kept.0)?;
        let mut task = Task {
            id,
            user_id: self.user_id.clone(),
            project_id: self.project_id,
            session_id: self.session_id,
            files: rest.files,
            cursor: rest.cursor,
            prompt,
            mode: self.mode,
            model: self.model.clone(),
            priority: self.priority,
            status: self.status,
            waiting_for: self.waiting_for,
            result: None,
            review: self.review,
            metrics: None,
            error: None,
            snapshot: rest.snapshot,
            retry_of: rest.retry_of,
            run_at: rest.run_at,
            after: self.after,
            cache_key: self.cache_key.clone(),
            cancel_requested: self.cancel_requested(),
            attempt: self.attempt,
            created_at: self.created_at,
            updated_at: self.updated_at,
        };
        if self.flags & HAS_END != 0 {
            self.ends(ends)?.over(&mut task);
        }
        Ok(task)
    }

    /// The task as it stands now, `task` being as it was before.
    pub(super) fn over(&self, mut task: Task) -> Task {
        task.model.clone_from(&self.model);
        task.priority = self.priority;
        task.status = self.status;
        task.waiting_for = self.waiting_for;
        task.review = self.review;
        task.cancel_requested = self.cancel_requested();
        task.attempt = self.attempt;
        task.created_at = self.created_at;
        task.updated_at = self.updated_at;
        task
    }

    fn ends(&self, bytes: &[u8]) -> Result<Ends, QueueError> {
        let mut ends = Ends::read(bytes)?;
        if self.flags & RECALLED != 0 {
            let used = ends.metrics.unwrap_or_default();
            ends.metrics = Some(Metrics {
                cached: true,
                cost_usd: Some(0.0),
                llm_provider: used.llm_provider,
                model: used.model,
                ..Metrics::default()
            });
        }
        Ok(ends)
    }
}

/// The part of a head that never changes but for the model: what the client sent, and whose it is.
pub(super) fn tail(task: &Task) -> Result<Vec<u8>, QueueError> {
    let (user, model) = (task.user_id.0.as_bytes(), task.model.to_string());
    let short = |text: &[u8]| {
        u16::try_from(text.len())
            .map(u16::to_be_bytes)
            .map_err(|_| QueueError::Full { what: "bytes of one name", limit: u16::MAX.into() })
    };
    let mut tail = Vec::with_capacity(192);
    tail.extend_from_slice(&sent(task)?);
    tail.extend_from_slice(task.project_id.as_uuid().as_bytes());
    tail.extend_from_slice(task.session_id.as_uuid().as_bytes());
    tail.extend_from_slice(&short(user)?);
    tail.extend_from_slice(&short(model.as_bytes())?);
    let key = task.cache_key.as_ref().map_or("", |key| key.as_str());
    tail.push(if task.after.is_some() { 16 } else { 0 });
    tail.push(u8::try_from(key.len()).map_err(|_| damaged())?);
    tail.extend_from_slice(user);
    tail.extend_from_slice(model.as_bytes());
    if let Some(after) = task.after {
        tail.extend_from_slice(after.as_uuid().as_bytes());
    }
    tail.extend_from_slice(key.as_bytes());
    Ok(tail)
}

/// A digest of everything that a client sends. Each length goes first, so that no two contents run together.
fn sent(task: &Task) -> Result<[u8; 8], QueueError> {
    let mut hasher = blake3::Hasher::new();
    let mut add = |bytes: &[u8]| {
        hasher.update(&(bytes.len() as u64).to_le_bytes());
        hasher.update(bytes);
    };
    add(task.user_id.0.as_bytes());
    add(task.project_id.as_uuid().as_bytes());
    add(task.prompt.as_bytes());
    add(task.mode.as_str().as_bytes());
    add(&[task.priority]);
    add(task.model.to_string().as_bytes());
    add(&to_json(&(&task.cursor, task.run_at, task.after))?);
    for file in &task.files {
        add(file.path.as_str().as_bytes());
        add(file.content.as_bytes());
    }
    Ok(first_8(&hasher.finalize()))
}

fn first_8(hash: &blake3::Hash) -> [u8; 8] {
    let mut eight = [0; 8];
    eight.copy_from_slice(&hash.as_bytes()[..8]);
    eight
}

/// What a body has beside the prompt.
#[derive(Serialize, Deserialize)]
struct Rest {
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    files: Vec<OpenFile>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    cursor: Option<Cursor>,
    snapshot: Hash,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    retry_of: Option<TaskId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    run_at: Option<Millis>,
}

/// The part of a task that stays. The prompt is kept as it is, the rest as JSON.
pub(super) fn body(task: &Task) -> Result<Vec<u8>, QueueError> {
    let rest = Rest {
        files: task.files.clone(),
        cursor: task.cursor.clone(),
        snapshot: task.snapshot.clone(),
        retry_of: task.retry_of,
        run_at: task.run_at,
    };
    let length = u32::try_from(task.prompt.len()).map_err(|_| damaged())?;
    let mut body = Vec::with_capacity(task.prompt.len() + 256);
    body.extend_from_slice(&length.to_be_bytes());
    body.extend_from_slice(task.prompt.as_bytes());
    serde_json::to_writer(&mut body, &rest)
        .map_err(|why| QueueError::Storage(format!("writing JSON: {why}")))?;
    pack(&body)
}

/// What a task's end brought.
#[derive(Debug, Default)]
pub(super) struct Ends {
    pub(super) result: Option<TaskResult>,
    pub(super) metrics: Option<Metrics>,
    pub(super) error: Option<TaskError>,
}

impl Ends {
    /// Nothing at all when it brought nothing.
    pub(super) fn encode(
        done: Option<&TaskResult>,
        metrics: Option<&Metrics>,
        error: Option<&TaskError>,
    ) -> Result<Vec<u8>, QueueError> {
        if done.is_none() && metrics.is_none() && error.is_none() {
            return Ok(Vec::new());
        }
        let metrics = metrics.map(to_json).transpose()?.unwrap_or_default();
        let error = failure(error)?;
        let mut ends = Vec::new();
        for part in [&metrics, &error] {
            ends.extend_from_slice(&u32::try_from(part.len()).map_err(|_| damaged())?.to_be_bytes());
        }
        ends.extend_from_slice(&metrics);
        ends.extend_from_slice(&error);
        ends.extend_from_slice(&result(done)?);
        Ok(ends)
    }

    fn read(bytes: &[u8]) -> Result<Self, QueueError> {
        let mut kept = Taken(bytes);
        let (metrics, error) = (kept.u32()? as usize, kept.u32()? as usize);
        let metrics = kept.bytes(metrics)?;
        let error = kept.bytes(error)?;
        let metrics = if metrics.is_empty() { None } else { Some(from_json(metrics)?) };
        let result = if kept.0.is_empty() {
            None
        } else {
            let _digest = kept.bytes(8)?;
            Some(from_json(&unpack(kept.0)?)?)
        };
        Ok(Self { result, metrics, error: read_failure(error)? })
    }

    pub(super) fn over(self, task: &mut Task) {
        task.result = self.result;
        task.metrics = self.metrics;
        task.error = self.error;
    }
}

/// A result with its digest in front.
pub(super) fn result(result: Option<&TaskResult>) -> Result<Vec<u8>, QueueError> {
    let Some(result) = result else { return Ok(Vec::new()) };
    let json = to_json(result)?;
    let mut bytes = first_8(&blake3::hash(&json)).to_vec();
    bytes.extend_from_slice(&pack(&json)?);
    Ok(bytes)
}

/// What [`result`] begins with.
pub(super) fn result_digest(result: Option<&TaskResult>) -> Result<Vec<u8>, QueueError> {
    let Some(result) = result else { return Ok(Vec::new()) };
    Ok(first_8(&blake3::hash(&to_json(result)?)).to_vec())
}

/// An error as it is kept; the script has short ones of its own.
pub(super) fn failure(error: Option<&TaskError>) -> Result<Vec<u8>, QueueError> {
    let Some(error) = error else { return Ok(Vec::new()) };
    Ok([b"J".as_slice(), &to_json(error)?].concat())
}

fn read_failure(bytes: &[u8]) -> Result<Option<TaskError>, QueueError> {
    let mut kept = Taken(bytes);
    if bytes.is_empty() {
        return Ok(None);
    }
    Ok(Some(match kept.u8()? {
        b'J' => from_json(kept.0)?,
        b'L' => lost_too_often(kept.u32()?),
        b'M' => tried_too_often(kept.u32()?.into()),
        b'D' => leader_failed(),
        _ => return Err(damaged()),
    }))
}

/// An event of a worker's or a person's making.
pub(super) fn event(kind: &EventKind) -> Result<Vec<u8>, QueueError> {
    Ok([b"J".as_slice(), &pack(&to_json(kind)?)?].concat())
}

pub(super) fn read_event(seq: Seq, bytes: &[u8]) -> Result<TaskEvent, QueueError> {
    let mut kept = Taken(bytes);
    let (at, attempt) = (kept.u48()?, kept.u32()?);
    let kind = match kept.u8()? {
        b'J' => from_json(&unpack(kept.0)?)?,
        b'S' => {
            let worker = kept.u16()?;
            let worker = kept.text(worker.into())?.to_owned();
            EventKind::Started { worker, model: kept.text(kept.0.len())?.to_owned() }
        }
        b'F' => EventKind::Finished { status: status_of(kept.u8()?)?, error: read_failure(kept.0)? },
        b'I' => EventKind::Interrupted { step: kept.u32()? },
        b'C' => EventKind::CancelRequested,
        b'E' => EventKind::Edited,
        _ => return Err(damaged()),
    };
    Ok(TaskEvent { seq, at, attempt, kind })
}

pub(super) fn status_of(number: u8) -> Result<TaskStatus, QueueError> {
    use TaskStatus::{Cancelled, Done, Failed, Processing, Queued};
    [Queued, Processing, Done, Failed, Cancelled].get(usize::from(number)).copied().ok_or_else(damaged)
}
pub(super) const fn status_number(status: TaskStatus) -> u8 {
    status as u8
}

pub(super) fn waits_of(number: u8) -> Result<Option<WaitingFor>, QueueError> {
    use WaitingFor::{Approval, Budget, Network, Slot, Task};
    let all = [None, Some(Network), Some(Approval), Some(Budget), Some(Slot), Some(Task)];
    all.get(usize::from(number)).copied().ok_or_else(damaged)
}
pub(super) const fn waits_number(waiting_for: WaitingFor) -> u8 {
    waiting_for as u8 + 1
}

pub(super) fn review_of(number: u8) -> Result<Review, QueueError> {
    use Review::{Accepted, None, Partial, Pending, Rejected, Undone};
    [None, Pending, Accepted, Partial, Rejected, Undone].get(usize::from(number)).copied().ok_or_else(damaged)
}
pub(super) const fn review_number(review: Review) -> u8 {
    review as u8
}
