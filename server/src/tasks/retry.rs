//! Try an ended task again, as a new task: an end is an end.

use super::submit::{SubmitError, Submitting, make};
use crate::queue::{QueueError, Submission};
use tidemark_shared::{NewTask, Task};

/// Asks the same as `first`, in its session, on the project as it is now. Only an ended task can be tried again.
pub async fn retry(parts: &Submitting<'_>, first: Task) -> Result<Submission, SubmitError> {
    if !first.status.is_terminal() {
        let Task { id, status, review, .. } = first;
        return Err(QueueError::WrongState { task: id, status, review }.into());
    }
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
