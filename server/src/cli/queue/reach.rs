//! [`Reach`]: the ledger, through the house that has it, or opened for this command.

use super::super::Failure;
use super::super::house::House;
use crate::compose;
use crate::config::Loaded;
use crate::queue::{QueueError, TaskFilter, TaskQueue};
use crate::tasks::retry;
use serde_json::json;
use std::sync::Arc;
use tidemark_shared::house::{HealthDetails, LaneEdit, QueueHealth};
use tidemark_shared::task::{Submitted, TaskList};
use tidemark_shared::{Mode, Task, TaskEvent, TaskId, TaskStatus};

pub(super) enum Reach {
    House(House),
    Ledger(Arc<dyn TaskQueue>),
}

impl Reach {
    pub(super) async fn of(loaded: &Loaded) -> Result<Self, Failure> {
        match House::running(loaded).await? {
            Some(house) => Ok(Self::House(house)),
            None => Ok(Self::Ledger(compose::ledger_of(loaded).await?)),
        }
    }

    pub(super) async fn page(
        &self,
        status: Option<TaskStatus>,
        limit: usize,
        after: Option<TaskId>,
    ) -> Result<(Vec<Task>, Option<TaskId>), Failure> {
        /// The largest page that the API gives.
        const PAGE: usize = 200;
        let limit = limit.min(PAGE);
        match self {
            Self::House(house) => {
                let mut path = format!("/api/agent/tasks?limit={limit}");
                if let Some(word) = status.map(|status| json!(status)) {
                    path += &format!("&status={}", word.as_str().unwrap_or_default());
                }
                if let Some(after) = after {
                    path += &format!("&cursor={after}");
                }
                let list: TaskList = house.get(&path).await?;
                let next = list.next_cursor.map(|cursor| cursor.parse()).transpose()?;
                Ok((list.items, next))
            }
            Self::Ledger(queue) => {
                let page = queue.list(TaskFilter { status, limit, after, ..TaskFilter::default() }).await;
                page.map(|page| (page.items, page.next)).map_err(refused)
            }
        }
    }

    pub(super) async fn task(&self, id: TaskId) -> Result<Task, Failure> {
        match self {
            Self::House(house) => house.get(&format!("/api/agent/tasks/{id}")).await,
            Self::Ledger(queue) => queue.get(id).await.map_err(refused),
        }
    }

    pub(super) async fn events(&self, id: TaskId) -> Result<Vec<TaskEvent>, Failure> {
        match self {
            Self::House(house) => house.story(&format!("/api/agent/tasks/{id}")).await,
            Self::Ledger(queue) => queue.events(id, 0, usize::MAX).await.map_err(refused),
        }
    }

    pub(super) async fn cancel(&self, id: TaskId) -> Result<Task, Failure> {
        match self {
            Self::House(house) => house.post(&format!("/api/agent/tasks/{id}/cancel"), &json!({})).await,
            Self::Ledger(queue) => queue.cancel(id).await.map_err(refused),
        }
    }

    pub(super) async fn retry(&self, id: TaskId) -> Result<Task, Failure> {
        match self {
            Self::House(house) => {
                let path = format!("/api/agent/tasks/{id}/retry");
                let submitted: Submitted = house.post(&path, &json!({})).await?;
                self.task(submitted.task_id).await
            }
            Self::Ledger(queue) => {
                let first = queue.get(id).await.map_err(refused)?;
                let submission = retry::on_the_same_snapshot(queue.as_ref(), first).await.map_err(refused)?;
                Ok(submission.into_task())
            }
        }
    }

    pub(super) async fn pause(&self, lane: Mode, is_paused: bool) -> Result<(), Failure> {
        match self {
            Self::House(house) => {
                house.patch(&format!("/api/agent/queue/{}", lane.as_str()), &LaneEdit { is_paused }).await
            }
            Self::Ledger(queue) => queue.pause(lane, is_paused).await.map_err(refused),
        }
    }

    pub(super) async fn health(&self) -> Result<QueueHealth, Failure> {
        match self {
            Self::House(house) => Ok(house.get::<HealthDetails>("/health/detailed").await?.queue),
            Self::Ledger(queue) => Ok(queue.stats().await.map_err(refused)?.health(queue.backend())),
        }
    }

    /// What the ledger lost before; a running house tells it in its health.
    pub(super) async fn damage(&self) -> Result<Vec<String>, Failure> {
        match self {
            Self::House(house) => {
                let checks = house.get::<HealthDetails>("/health/detailed").await?.checks;
                let ledger = checks.into_iter().filter(|check| check.name == "ledger" && !check.ok);
                Ok(ledger.map(|check| check.message).collect())
            }
            Self::Ledger(queue) => Ok(queue.damage()),
        }
    }
}

fn refused(why: QueueError) -> Failure {
    match &why {
        QueueError::NotFound(_) => Failure::Usage(why.to_string()),
        QueueError::WrongState { .. } | QueueError::IdTaken(_) | QueueError::LeaseLost(_) => {
            Failure::Conflict(why.to_string())
        }
        QueueError::Full { .. } | QueueError::TooSoon { .. } => Failure::Limit(why.to_string()),
        QueueError::DiskFull | QueueError::Storage(_) => why.into(),
    }
}
