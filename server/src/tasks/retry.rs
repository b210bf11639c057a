//! Try an ended task again, as a new task: an end is an end.

use super::submit::{SubmitError, Submitting, make};
use crate::queue::{QueueError, Submission, TaskQueue};
use tidemark_shared::{NewTask, Task, TaskId};
use uuid::Uuid;

/// Asks the same as `first`, in its session, on the project as it is now. Only an ended task can be tried again.
pub async fn retry(parts: &Submitting<'_>, first: Task) -> Result<Submission, SubmitError> {
    has_ended(&first)?;
    let new = NewTask {
        id: None,
        project_id: first.project_id,
        session_id: Some(first.session_id),
        prompt: first.prompt,
        mode: first.mode,
        model: Some(first.model),
        priority: Some(first.priority),
        // The buffers were unsaved then; the disk is what counts now.
        files: Vec::new(),
        cursor: first.cursor,
        run_at: None,
        after: None,
        fresh: true,
    };
    make(parts, &first.user_id, new, Some(first.id)).await
}

/// Asks the same as `first` of the files as they were then, where nothing but the ledger is at hand.
pub async fn on_the_same_snapshot(queue: &dyn TaskQueue, first: Task) -> Result<Submission, QueueError> {
    has_ended(&first)?;
    let retry_of = Some(first.id);
    let id = TaskId::from_uuid(Uuid::now_v7());
    queue.submit(Task { id, retry_of, run_at: None, after: None, cache_key: None, ..first }).await
}

const fn has_ended(task: &Task) -> Result<(), QueueError> {
    if task.status.is_terminal() {
        return Ok(());
    }
    Err(QueueError::WrongState { task: task.id, status: task.status, review: task.review })
}
