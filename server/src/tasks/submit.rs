//! Take in a task: check it, keep the project as it is, put it in line. What was answered with a task outlives any crash.

use crate::clock::Clock;
use crate::models::{Models, NoModel};
use crate::queue::{Pace, QueueError, Rate, Submission, SubmitOptions, TaskQueue};
use crate::settings::SettingsFile;
use crate::workspace::{Workspace, WorkspaceError};
use serde_json::json;
use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv6Addr};
use tidemark_shared::task::TaskEdit;
use tidemark_shared::{
    Hash, ModelId, NewTask, ProjectId, Review, SessionId, Task, TaskId, TaskStatus, UserId,
};
use uuid::Uuid;

/// What may grow in a request for a task.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(default)]
pub struct Limits {
    /// The longest prompt, in bytes.
    pub max_prompt_bytes: usize,
    /// Unsaved buffers sent along.
    pub max_open_files: usize,
    /// Tasks sent in one request.
    pub max_batch: usize,
    /// How often one person may send a task; as often as they like when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rate_per_person: Option<Rate>,
    /// How often tasks may be sent from one network address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rate_per_address: Option<Rate>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_prompt_bytes: 64 << 10,
            max_open_files: 100,
            max_batch: 100,
            rate_per_person: None,
            rate_per_address: None,
        }
    }
}

/// The parts that taking in a task needs.
pub struct Submitting<'a> {
    pub queue: &'a dyn TaskQueue,
    pub workspace: &'a Workspace,
    pub models: &'a Models,
    pub settings: &'a SettingsFile,
    /// The config's model; the settings' own counts more.
    pub default_model: Option<&'a ModelId>,
    pub clock: &'a dyn Clock,
    pub limits: &'a Limits,
    /// Where the request comes from, over the network.
    pub address: Option<IpAddr>,
}

/// Named for what the person can do about it.
#[derive(Debug, thiserror::Error)]
pub enum SubmitError {
    #[error("{field}: {message}")]
    Invalid { field: &'static str, message: String },
    /// Connect a provider, or choose another model; the demo is always there.
    #[error("{0}; the demo agent is always there")]
    NoModel(#[from] NoModel),
    #[error(transparent)]
    Workspace(#[from] WorkspaceError),
    #[error(transparent)]
    Queue(#[from] QueueError),
}

/// Submits once: the same id with the same content answers with the task that is there.
pub async fn submit(parts: &Submitting<'_>, user: &UserId, new: NewTask) -> Result<Submission, SubmitError> {
    make(parts, user, new, None).await
}

pub(super) async fn make(
    parts: &Submitting<'_>,
    user: &UserId,
    new: NewTask,
    retry_of: Option<TaskId>,
) -> Result<Submission, SubmitError> {
    check_prompt(&new.prompt, parts.limits)?;
    check_priority(new.priority)?;
    check_files(&new, parts.limits)?;
    // Who names a task wants that one; who does not gets one that asks the same, when there is one.
    let joins = new.id.is_none();
    let id = new.id.unwrap_or_else(|| TaskId::from_uuid(Uuid::now_v7()));
    // Sent before: what was left to the house then is what the house chose then, and the ledger compares the rest.
    let (model, session, snapshot) = match known(parts.queue, id).await? {
        Some(known) => (
            new.model.clone().unwrap_or(known.model),
            new.session_id.unwrap_or(known.session_id),
            known.snapshot,
        ),
        None => (
            choose(parts, new.model.clone(), new.project_id).await?,
            new.session_id.unwrap_or_else(|| SessionId::from_uuid(Uuid::now_v7())),
            parts.workspace.snapshot(new.project_id, &new.files).await?,
        ),
    };
    let now = parts.clock.now();
    let cache_key = cache_key(user, &new, &model, &snapshot);
    let task = Task {
        id,
        user_id: user.clone(),
        project_id: new.project_id,
        session_id: session,
        files: new.files,
        cursor: new.cursor,
        prompt: new.prompt,
        mode: new.mode,
        model,
        priority: new.priority.unwrap_or(NewTask::DEFAULT_PRIORITY),
        status: TaskStatus::Queued,
        waiting_for: None,
        result: None,
        review: Review::None,
        metrics: None,
        error: None,
        snapshot,
        retry_of,
        run_at: new.run_at,
        after: new.after,
        cache_key,
        cancel_requested: false,
        attempt: 0,
        created_at: now,
        updated_at: now,
    };
    let paces = paces(parts, user);
    Ok(parts.queue.submit_with(task, SubmitOptions { joins, paces }).await?)
}

/// What sending a task is counted against.
fn paces(parts: &Submitting<'_>, user: &UserId) -> Vec<Pace> {
    let person = parts.limits.rate_per_person.map(|rate| Pace { key: format!("person {}", user.0), rate });
    let address = parts.limits.rate_per_address.zip(parts.address);
    let address = address.map(|(rate, address)| Pace { key: format!("address {}", network(address)), rate });
    person.into_iter().chain(address).collect()
}

/// Who has one IPv6 address has all of its /64.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() >> 64 << 64).into(),
        address @ IpAddr::V4(_) => address,
    }
}

/// What a task asks of which files, when nothing else bears on the answer: not what was said before in its session, not a
/// time, not another task.
fn cache_key(user: &UserId, new: &NewTask, model: &ModelId, snapshot: &Hash) -> Option<Hash> {
    let is_alone = new.session_id.is_none() && new.run_at.is_none() && new.after.is_none();
    let asked = json!([user, new.project_id, new.prompt, new.mode, model, new.cursor, snapshot]);
    (is_alone && !new.fresh).then(|| Hash::of(asked.to_string().as_bytes()))
}

/// The model of a task: its own, else the project's, else the person's. Refused when its provider can't be asked at all;
/// one that is merely out of reach is waited for.
async fn choose(
    parts: &Submitting<'_>,
    wanted: Option<ModelId>,
    project: ProjectId,
) -> Result<ModelId, SubmitError> {
    let project = parts.workspace.project(project).await?.model;
    let setting = parts.settings.get().await.model;
    let model =
        parts.models.choose(wanted.as_ref(), project.as_ref(), setting.as_ref().or(parts.default_model));
    parts.models.resolve(&model)?;
    Ok(model)
}

/// Rewords or reorders a task that is still queued.
pub async fn edit(parts: &Submitting<'_>, id: TaskId, mut edit: TaskEdit) -> Result<Task, SubmitError> {
    if let Some(prompt) = &edit.prompt {
        check_prompt(prompt, parts.limits)?;
    }
    check_priority(edit.priority)?;
    if let Some(model) = edit.model.take() {
        let project = parts.queue.get(id).await?.project_id;
        edit.model = Some(choose(parts, Some(model), project).await?);
    }
    Ok(parts.queue.edit(id, edit).await?)
}

/// The id of a task that was sent with an `Idempotency-Key`: the same key of the same person is the same task.
pub fn id_for_key(user: &UserId, key: &str) -> TaskId {
    let mut hasher = blake3::Hasher::new_derive_key("tidemark 2026 task id of an idempotency key");
    hasher.update(user.0.as_bytes()).update(&[0]).update(key.as_bytes());
    let mut bytes = [0; 16];
    hasher.finalize_xof().fill(&mut bytes);
    // RFC 9562 version 8: made of something of our own.
    TaskId::from_uuid(uuid::Builder::from_custom_bytes(bytes).into_uuid())
}

/// The id of the task at `place` of a batch that was sent with an `Idempotency-Key`.
pub fn id_in_batch(user: &UserId, key: &str, place: usize) -> TaskId {
    id_for_key(user, &format!("{key}\n{place}"))
}

async fn known(queue: &dyn TaskQueue, id: TaskId) -> Result<Option<Task>, QueueError> {
    match queue.get(id).await {
        Ok(task) => Ok(Some(task)),
        Err(QueueError::NotFound(_)) => Ok(None),
        Err(why) => Err(why),
    }
}

fn invalid(field: &'static str, message: impl Into<String>) -> SubmitError {
    SubmitError::Invalid { field, message: message.into() }
}

fn check_prompt(prompt: &str, limits: &Limits) -> Result<(), SubmitError> {
    if prompt.trim().is_empty() {
        return Err(invalid("prompt", "say what you want; the prompt is empty"));
    }
    let limit = limits.max_prompt_bytes;
    if prompt.len() > limit {
        return Err(invalid("prompt", format!("has {} bytes; the limit is {limit}", prompt.len())));
    }
    Ok(())
}

fn check_priority(priority: Option<u8>) -> Result<(), SubmitError> {
    match priority {
        Some(high) if high > NewTask::MAX_PRIORITY => Err(invalid("priority", "must be 0 to 9")),
        _ => Ok(()),
    }
}

fn check_files(new: &NewTask, limits: &Limits) -> Result<(), SubmitError> {
    let limit = limits.max_open_files;
    if new.files.len() > limit {
        return Err(invalid("files", format!("has {} files; the limit is {limit}", new.files.len())));
    }
    let mut seen = BTreeSet::new();
    match new.files.iter().find(|file| !seen.insert(&file.path)) {
        Some(twice) => Err(invalid("files", format!("{} is there twice", twice.path))),
        None => Ok(()),
    }
}
