//! Tasks: submit, list, read, edit, cancel, try again.

use super::door::{Address, Body, Path, Query};
use super::problem::{Answer, Refusal};
use crate::app::App;
use crate::auth::Caller;
use crate::queue::{Submission, TaskFilter};
use crate::tasks;
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use serde::Deserialize;
use std::sync::Arc;
use tidemark_shared::change::ChangedFile;
use tidemark_shared::house::LaneEdit;
use tidemark_shared::task::{BatchItem, NewBatch, Submitted, SubmittedBatch, TaskEdit, TaskList};
use tidemark_shared::{Mode, NewTask, ProblemCode, ProjectId, RelPath, SessionId, Task, TaskId, TaskStatus};
use utoipa::IntoParams;

/// The page size when none is asked for, and the largest.
const PAGE: usize = 50;
const MAX_PAGE: usize = 200;

/// A task of the caller; what is not theirs does not exist for them.
pub(super) async fn own(app: &App, caller: &Caller, id: TaskId) -> Answer<Task> {
    let task = app.queue.get(id).await?;
    if task.user_id == caller.user {
        Ok(task)
    } else {
        Err(Refusal::new(ProblemCode::NotFound, format!("there is no task {id}")))
    }
}

/// Ask for something. On disk before it is answered; the same id or `Idempotency-Key` sent twice is one task.
#[utoipa::path(post, path = "/api/agent/tasks", tag = "tasks", operation_id = "submitTask",
    params(("Idempotency-Key" = Option<String>, Header, description = "Used in place of a client-made id")),
    request_body = NewTask, responses((status = 202, body = Submitted)))]
pub(super) async fn submit(
    caller: Caller,
    State(app): State<Arc<App>>,
    Address(address): Address,
    headers: HeaderMap,
    Body(mut new): Body<NewTask>,
) -> Answer<(StatusCode, Json<Submitted>)> {
    let id = idempotency_key(&headers)?.map(|key| tasks::submit::id_for_key(&caller.user, key));
    new.id = new.id.or(id);
    let submission = tasks::submit::submit(&app.submitting(address), &caller.user, new).await?;
    Ok((StatusCode::ACCEPTED, Json(submitted(submission))))
}

/// Ask for several things, in order. Each is taken or refused by itself; what is answered with a task is on disk.
#[utoipa::path(post, path = "/api/agent/tasks/batch", tag = "tasks", operation_id = "submitTasks",
    params(("Idempotency-Key" = Option<String>, Header, description = "Makes the ids of tasks that have none")),
    request_body = NewBatch, responses((status = 202, body = SubmittedBatch)))]
pub(super) async fn submit_batch(
    caller: Caller,
    State(app): State<Arc<App>>,
    Address(address): Address,
    headers: HeaderMap,
    Body(batch): Body<NewBatch>,
) -> Answer<(StatusCode, Json<SubmittedBatch>)> {
    let (parts, key) = (app.submitting(address), idempotency_key(&headers)?);
    let limit = parts.limits.max_batch;
    if !(1..=limit).contains(&batch.tasks.len()) {
        return Err(Refusal::field("tasks", format!("must be 1 to {limit}")));
    }
    let mut items = Vec::with_capacity(batch.tasks.len());
    for (place, mut new) in batch.tasks.into_iter().enumerate() {
        let id = key.map(|key| tasks::submit::id_in_batch(&caller.user, key, place));
        new.id = new.id.or(id);
        items.push(match tasks::submit::submit(&parts, &caller.user, new).await {
            Ok(submission) => BatchItem::Submitted(submitted(submission)),
            Err(why) => BatchItem::Refused(*Refusal::from(why).0),
        });
    }
    Ok((StatusCode::ACCEPTED, Json(SubmittedBatch { items })))
}

fn idempotency_key(headers: &HeaderMap) -> Answer<Option<&str>> {
    let key = headers.get("idempotency-key").map(|key| key.to_str());
    key.transpose().map_err(|_| Refusal::field("Idempotency-Key", "must be plain text"))
}

fn submitted(submission: Submission) -> Submitted {
    let task = submission.into_task();
    Submitted { task_id: task.id, session_id: task.session_id, status: task.status }
}

#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct TaskQuery {
    project: Option<ProjectId>,
    session: Option<SessionId>,
    status: Option<TaskStatus>,
    /// 1 to 200; 50 when absent.
    limit: Option<usize>,
    /// `nextCursor` of the page before.
    cursor: Option<TaskId>,
}

/// Tasks, newest first.
#[utoipa::path(get, path = "/api/agent/tasks", tag = "tasks", operation_id = "listTasks",
    params(TaskQuery), responses((status = 200, body = TaskList)))]
pub(super) async fn list(
    _caller: Caller,
    State(app): State<Arc<App>>,
    Query(query): Query<TaskQuery>,
) -> Answer<Json<TaskList>> {
    let limit = query.limit.unwrap_or(PAGE);
    if !(1..=MAX_PAGE).contains(&limit) {
        return Err(Refusal::field("limit", format!("must be 1 to {MAX_PAGE}")));
    }
    let TaskQuery { project, session, status, cursor, .. } = query;
    let page = app.queue.list(TaskFilter { project, session, status, limit, after: cursor }).await?;
    Ok(Json(TaskList { items: page.items, next_cursor: page.next.map(|id| id.to_string()) }))
}

/// The whole task.
#[utoipa::path(get, path = "/api/agent/tasks/{id}", tag = "tasks", operation_id = "getTask",
    params(("id" = TaskId, Path)), responses((status = 200, body = Task)))]
pub(super) async fn get(
    caller: Caller,
    State(app): State<Arc<App>>,
    Path(id): Path<TaskId>,
) -> Answer<Json<Task>> {
    Ok(Json(own(&app, &caller, id).await?))
}

/// Reorder or reword a task while it is queued.
#[utoipa::path(patch, path = "/api/agent/tasks/{id}", tag = "tasks", operation_id = "editTask",
    params(("id" = TaskId, Path)), request_body = TaskEdit, responses((status = 200, body = Task)))]
pub(super) async fn edit(
    caller: Caller,
    State(app): State<Arc<App>>,
    Path(id): Path<TaskId>,
    Body(edit): Body<TaskEdit>,
) -> Answer<Json<Task>> {
    own(&app, &caller, id).await?;
    Ok(Json(tasks::submit::edit(&app.submitting(None), id, edit).await?))
}

/// Stop a task. A queued one is cancelled at once, a running one within a second; what it did so far is discarded.
#[utoipa::path(post, path = "/api/agent/tasks/{id}/cancel", tag = "tasks", operation_id = "cancelTask",
    params(("id" = TaskId, Path)), responses((status = 200, body = Task)))]
pub(super) async fn cancel(
    caller: Caller,
    State(app): State<Arc<App>>,
    Path(id): Path<TaskId>,
) -> Answer<Json<Task>> {
    own(&app, &caller, id).await?;
    Ok(Json(tasks::cancel::cancel(app.queue.as_ref(), app.store.as_ref(), id).await?))
}

/// Ask the same again, as a new task on the project as it is now.
#[utoipa::path(post, path = "/api/agent/tasks/{id}/retry", tag = "tasks", operation_id = "retryTask",
    params(("id" = TaskId, Path)), responses((status = 202, body = Submitted)))]
pub(super) async fn retry(
    caller: Caller,
    State(app): State<Arc<App>>,
    Address(address): Address,
    Path(id): Path<TaskId>,
) -> Answer<(StatusCode, Json<Submitted>)> {
    let first = own(&app, &caller, id).await?;
    let submission = tasks::retry::retry(&app.submitting(address), first).await?;
    Ok((StatusCode::ACCEPTED, Json(submitted(submission))))
}

/// Take nothing more from the line of one mode, or take from it again. What runs goes on.
#[utoipa::path(patch, path = "/api/agent/queue/{mode}", tag = "tasks", operation_id = "editLane",
    params(("mode" = Mode, Path)), request_body = LaneEdit, responses((status = 204)))]
pub(super) async fn edit_lane(
    _caller: Caller,
    State(app): State<Arc<App>>,
    Path(lane): Path<Mode>,
    Body(edit): Body<LaneEdit>,
) -> Answer<StatusCode> {
    app.queue.pause(lane, edit.is_paused).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The texts of one changed file: before, proposed, and on disk now.
#[utoipa::path(get, path = "/api/agent/tasks/{id}/files/{path}", tag = "tasks", operation_id = "getChangedFile",
    params(("id" = TaskId, Path), ("path" = String, Path, description = "A path of the change set")),
    responses((status = 200, body = ChangedFile)))]
pub(super) async fn changed_file(
    caller: Caller,
    State(app): State<Arc<App>>,
    Path((id, path)): Path<(TaskId, String)>,
) -> Answer<Json<ChangedFile>> {
    let path = RelPath::parse(&path)?;
    let task = own(&app, &caller, id).await?;
    let change = task
        .result
        .iter()
        .flat_map(|result| &result.files_modified)
        .find(|change| change.path == path)
        .ok_or_else(|| Refusal::new(ProblemCode::NotFound, format!("this task does not change {path}")))?;
    let side = |hash: Option<&tidemark_shared::Hash>| {
        let hash = hash.cloned();
        let workspace = &app.workspace;
        async move {
            match hash {
                Some(hash) => workspace.object_text(&hash).await,
                None => Ok(None),
            }
        }
    };
    let base = side(change.base_hash.as_ref()).await?;
    let proposed = side(change.new_hash.as_ref()).await?;
    // A file that is gone, or a project that is, has no current text: the other two sides can still be shown.
    let current = app.workspace.read(task.project_id, &path).await.ok().and_then(|file| file.content);
    Ok(Json(ChangedFile { path, base, proposed, current }))
}
