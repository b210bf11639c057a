//! What went before in a session, as a follow-up needs to know it.

use super::told::each_event;
use crate::agent::Turn;
use crate::queue::{QueueError, TaskFilter, TaskQueue};
use tidemark_shared::{EventKind, HunkReview, Review, Task, TaskStatus};

/// Earlier tasks that are told to the agent.
const MAX_TURNS: usize = 10;

/// The ended tasks of the session before `task`, oldest first.
pub(super) async fn history(queue: &dyn TaskQueue, task: &Task) -> Result<Vec<Turn>, QueueError> {
    let filter = TaskFilter { session: Some(task.session_id), limit: MAX_TURNS + 1, ..TaskFilter::default() };
    let mut turns = Vec::new();
    for before in queue.list(filter).await?.items {
        let is_before = before.id != task.id && before.created_at <= task.created_at;
        if !is_before || !before.status.is_terminal() || turns.len() == MAX_TURNS {
            continue;
        }
        let verdict = verdict(queue, &before).await?;
        let answer = before.result.map(|result| result.explanation).unwrap_or_default();
        turns.push(Turn { prompt: before.prompt, answer, verdict });
    }
    turns.reverse();
    Ok(turns)
}

async fn verdict(queue: &dyn TaskQueue, task: &Task) -> Result<String, QueueError> {
    match task.status {
        TaskStatus::Cancelled => return Ok("the person cancelled it".into()),
        TaskStatus::Failed => {
            let why = task.error.as_ref().map(|error| error.message.as_str()).unwrap_or_default();
            return Ok(format!("it failed: {why}"));
        }
        TaskStatus::Done | TaskStatus::Queued | TaskStatus::Processing => {}
    }
    let said = match task.review {
        Review::None => "nothing was changed",
        Review::Pending => "not reviewed yet: the changes are not in the project",
        Review::Accepted => "accepted",
        Review::Partial => "some of it was accepted",
        Review::Rejected => "rejected: the changes are not in the project",
        Review::Undone => "accepted, and then undone: the changes are not in the project",
    };
    let comments = comments(queue, task).await?;
    if comments.is_empty() {
        Ok(said.into())
    } else {
        Ok(format!("{said}; the person said: {}", comments.join("; ")))
    }
}

/// What the person wrote with their rejections.
async fn comments(queue: &dyn TaskQueue, task: &Task) -> Result<Vec<String>, QueueError> {
    let hunks = task.result.iter().flat_map(|result| &result.files_modified).flat_map(|file| &file.hunks);
    if !hunks.clone().any(|hunk| hunk.review == HunkReview::Rejected) && task.review != Review::Rejected {
        return Ok(Vec::new());
    }
    let mut comments = Vec::new();
    each_event(queue, task.id, |event| {
        if let EventKind::Rejected { comment: Some(comment), .. } = event.kind {
            comments.push(comment);
        }
    })
    .await?;
    Ok(comments)
}
