//! Reads what a task's events told.

use crate::queue::{QueueError, TaskQueue};
use tidemark_shared::{TaskEvent, TaskId};

/// Events read at once.
const PAGE: usize = 1_000;

/// Looks at every event of a task, in order.
pub(super) async fn each_event(
    queue: &dyn TaskQueue,
    task: TaskId,
    mut look: impl FnMut(TaskEvent),
) -> Result<(), QueueError> {
    let mut after = 0;
    loop {
        let page = queue.events(task, after, PAGE).await?;
        let Some(last) = page.last() else { return Ok(()) };
        after = last.seq;
        page.into_iter().for_each(&mut look);
    }
}
