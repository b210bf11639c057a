//! The limits of the ledger: whatever can grow in it has a name here.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::time::Duration;
use tidemark_shared::{TaskError, TaskErrorCode, TaskId};

/// `[queue]` of the configuration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct QueueLimits {
    /// Tasks that may stand in line.
    pub max_queued: usize,
    /// Events that a task's workers may write. The ledger's own events (interrupted, finished) always fit.
    pub max_events: u64,
    /// Review events (accept, reject, undo) that a task may have beyond `max_events`.
    pub max_review_events: u64,
    /// Bytes of one task as sent, of one result, or of the events of one append, as JSON.
    pub max_body_bytes: usize,
    /// Tasks of one person that may stand in line; no limit of its own when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_queued_per_person: Option<usize>,
    /// Tasks of one person that may run side by side; as many as there are workers when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_running_per_person: Option<usize>,
    /// How often a task may lose its worker; the next loss fails it.
    pub max_interruptions: u32,
    /// How failures are tried again.
    pub retries: Retries,
    /// Ended tasks that are kept, with their events; older ones are forgotten.
    pub keep_ended: usize,
    /// Bytes that stay free on the disk: what would take them is refused as "disk full", so that a full disk stops the
    /// ledger cleanly.
    pub min_free_bytes: u64,
    /// How large one file of the journal may grow, in bytes. A journal of fewer than four files' worth is never cleaned;
    /// a larger one when it is twice what lives.
    pub segment_bytes: u64,
    /// Changes that a slow reader of [`super::TaskQueue::changes`] may lag behind before it is told so.
    pub max_unread_changes: usize,
}

impl Default for QueueLimits {
    fn default() -> Self {
        Self {
            max_queued: 10_000,
            max_events: 20_000,
            max_review_events: 1_000,
            max_body_bytes: 16 << 20,
            max_queued_per_person: None,
            max_running_per_person: None,
            max_interruptions: 3,
            retries: Retries::default(),
            keep_ended: 5_000,
            min_free_bytes: 16 << 20,
            segment_bytes: 16 << 20,
            max_unread_changes: 1_024,
        }
    }
}

/// How failures are tried again, by what failed. What a person must mend first (a key, a model, a limit) never is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Retries {
    /// The provider answered with an error, nonsense, too often, or not at all.
    pub provider: Backoff,
    /// The disk or the project's folder could not be used.
    pub storage: Backoff,
}

/// Waits that double.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Backoff {
    /// How often a task is tried again after its first failure.
    pub times: u32,
    /// Seconds before the first time; a random part of up to half of it is left out, so that not all come back at once.
    pub first_seconds: u64,
    /// The longest wait in seconds.
    pub longest_seconds: u64,
}

impl Default for Backoff {
    fn default() -> Self {
        Self { times: 2, first_seconds: 10, longest_seconds: 300 }
    }
}

impl Retries {
    /// How long a task that failed `failures` times before, and now with `error`, waits for its next try; nothing when
    /// this failure is its end. The same for everyone who asks.
    pub fn pause(&self, id: TaskId, failures: u32, error: &TaskError) -> Option<Duration> {
        use TaskErrorCode as Code;
        let backoff = match error.code {
            Code::ProviderFailed | Code::ProviderSilent | Code::RateLimited => &self.provider,
            Code::Storage => &self.storage,
            Code::BadKey
            | Code::UnknownModel
            | Code::NoModel
            | Code::Refused
            | Code::LimitReached
            | Code::ProjectGone
            | Code::DemoCannot
            | Code::Interrupted
            | Code::DependencyFailed
            | Code::Internal => return None,
        };
        let whole = backoff.first_seconds.saturating_mul(1_u64.checked_shl(failures).unwrap_or(u64::MAX));
        let whole_ms = whole.min(backoff.longest_seconds).saturating_mul(1_000);
        let left_out = fastrand::Rng::with_seed(id.as_uuid().as_u64_pair().1 ^ u64::from(failures));
        (error.retryable && failures < backoff.times)
            .then(|| Duration::from_millis(whole_ms - left_out.clone().u64(..=whole_ms / 2)))
    }
}
