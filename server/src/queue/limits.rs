//! The limits of the ledger: whatever can grow in it has a name here.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

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
    /// How often a task may lose its worker; the next loss fails it.
    pub max_interruptions: u32,
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
            max_interruptions: 3,
            keep_ended: 5_000,
            min_free_bytes: 16 << 20,
            segment_bytes: 16 << 20,
            max_unread_changes: 1_024,
        }
    }
}
