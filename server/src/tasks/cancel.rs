//! Cancel a task, wherever it is in its life.

use crate::queue::{QueueError, TaskQueue};
use tidemark_shared::{Task, TaskId};

/// A queued task ends at once; a running one is asked to stop, and its worker ends it within a second. Cancelling twice
/// is fine; a task that ended otherwise is `WrongState`.
pub async fn cancel(queue: &dyn TaskQueue, id: TaskId) -> Result<Task, QueueError> {
    queue.cancel(id).await
}
