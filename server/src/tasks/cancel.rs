//! Cancel a task, wherever it is in its life.

use super::resume;
use crate::queue::{QueueError, TaskQueue};
use crate::store::ObjectStore;
use tidemark_shared::{Task, TaskId};

/// A queued task ends at once; a running one is asked to stop, and its worker ends it within a second. Cancelling twice
/// is fine; a task that ended otherwise is `WrongState`.
pub async fn cancel(queue: &dyn TaskQueue, store: &dyn ObjectStore, id: TaskId) -> Result<Task, QueueError> {
    let task = queue.cancel(id).await?;
    if task.status.is_terminal() && task.attempt > 0 {
        resume::forget(queue, store, id).await;
    }
    Ok(task)
}
