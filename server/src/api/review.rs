//! What a person decides about a change set: accept, reject, undo.

use super::door::{OptionalBody, Path};
use super::problem::{Answer, Refusal};
use super::tasks::own;
use crate::app::App;
use crate::auth::Caller;
use crate::tasks::review::{ReviewError, Reviews};
use axum::Json;
use axum::extract::State;
use std::sync::Arc;
use tidemark_shared::review::{AcceptRequest, RejectRequest, Reviewed};
use tidemark_shared::{Problem, ProblemCode, TaskId};

/// Write the chosen hunks (all pending ones when none are named) into the project: all files or none. Real overlap with
/// the person's own edits is a 409 that has all sides in `conflicts`; nothing is written then.
#[utoipa::path(post, path = "/api/agent/tasks/{id}/accept", tag = "review", operation_id = "acceptTask",
    params(("id" = TaskId, Path)), request_body(content = Option<AcceptRequest>),
    responses((status = 200, body = Reviewed),
        (status = 409, body = Problem, content_type = "application/problem+json", description = "A conflict, or nothing is pending")))]
pub(super) async fn accept(
    caller: Caller,
    State(app): State<Arc<App>>,
    Path(id): Path<TaskId>,
    OptionalBody(request): OptionalBody<AcceptRequest>,
) -> Answer<Json<Reviewed>> {
    own(&app, &caller, id).await?;
    to_the_end(&app, move |reviews| async move { reviews.accept(id, &request).await }).await
}

/// Turn hunks down (all pending ones when none are named). A comment goes back to the model with the session's next task.
#[utoipa::path(post, path = "/api/agent/tasks/{id}/reject", tag = "review", operation_id = "rejectTask",
    params(("id" = TaskId, Path)), request_body(content = Option<RejectRequest>),
    responses((status = 200, body = Reviewed)))]
pub(super) async fn reject(
    caller: Caller,
    State(app): State<Arc<App>>,
    Path(id): Path<TaskId>,
    OptionalBody(request): OptionalBody<RejectRequest>,
) -> Answer<Json<Reviewed>> {
    own(&app, &caller, id).await?;
    to_the_end(&app, move |reviews| async move { reviews.reject(id, &request).await }).await
}

/// Take an accept back. The person's own edits since then stay; overlap with them is a 409 and nothing is written.
#[utoipa::path(post, path = "/api/agent/tasks/{id}/undo", tag = "review", operation_id = "undoTask",
    params(("id" = TaskId, Path)),
    responses((status = 200, body = Reviewed),
        (status = 409, body = Problem, content_type = "application/problem+json", description = "A conflict, or nothing was accepted")))]
pub(super) async fn undo(
    caller: Caller,
    State(app): State<Arc<App>>,
    Path(id): Path<TaskId>,
) -> Answer<Json<Reviewed>> {
    own(&app, &caller, id).await?;
    to_the_end(&app, move |reviews| async move { reviews.undo(id).await }).await
}

impl From<ReviewError> for Refusal {
    fn from(why: ReviewError) -> Self {
        let detail = why.to_string();
        match why {
            ReviewError::UnknownHunk(_) => Self::field("hunks", detail),
            ReviewError::WrongState(_) => Self::new(ProblemCode::WrongState, detail),
            ReviewError::Conflict(conflicts) => {
                let mut problem = Problem::new(ProblemCode::Conflict, detail);
                problem.conflicts = conflicts;
                problem.into()
            }
            ReviewError::Workspace(why) => why.into(),
            ReviewError::Queue(why) => why.into(),
        }
    }
}

/// A review goes on to its end even when its asker goes away in the middle of it.
async fn to_the_end<F>(
    app: &App,
    review: impl FnOnce(Arc<Reviews>) -> F + Send + 'static,
) -> Answer<Json<Reviewed>>
where
    F: Future<Output = Result<Reviewed, ReviewError>> + Send + 'static,
{
    let reviewed = app.background.spawn(review(Arc::clone(&app.reviews))).await;
    Ok(Json(reviewed.map_err(|panic| Refusal::internal(&panic))??))
}
