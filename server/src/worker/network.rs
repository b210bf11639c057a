//! [`Network`]: wakes tasks that wait for the network, less and less often, until one gets through. Asks nobody: the task
//! itself is the question.

use super::WorkerLimits;
use crate::clock::Clock;
use crate::queue::TaskQueue;
use std::convert::Infallible;
use std::time::Duration;
use tidemark_shared::WaitingFor;
use tokio::sync::watch;

pub(super) struct Network {
    told: watch::Sender<Told>,
    first: Duration,
    longest: Duration,
}

/// Counts, so that nothing told is missed.
#[derive(Debug, Clone, Copy)]
struct Told {
    waits: u64,
    reached: u64,
    wakes: u64,
}

impl Network {
    pub(super) fn new(limits: &WorkerLimits) -> Self {
        Self {
            // Tasks may have waited since before this start.
            told: watch::Sender::new(Told { waits: 1, reached: 0, wakes: 0 }),
            first: Duration::from_secs(limits.first_retry_seconds),
            longest: Duration::from_secs(limits.longest_retry_seconds),
        }
    }
    /// A task began to wait.
    pub(super) fn is_waited_for(&self) {
        self.told.send_modify(|told| told.waits += 1);
    }
    /// A task ended otherwise.
    pub(super) fn was_reached(&self) {
        self.told.send_modify(|told| told.reached += 1);
    }
    pub(super) fn wake(&self) {
        self.told.send_modify(|told| told.wakes += 1);
    }

    pub(super) async fn keep_waking(&self, queue: &dyn TaskQueue, clock: &dyn Clock) -> Infallible {
        let mut told = self.told.subscribe();
        let mut seen = Told { waits: 0, reached: 0, wakes: 0 };
        let mut pause = self.first;
        loop {
            // The sender is ours and lives as long as this.
            let now = told.wait_for(|told| told.waits > seen.waits).await.map(|told| *told);
            let now = now.unwrap_or(seen);
            if now.reached > seen.reached {
                pause = self.first;
            }
            seen = now;
            tokio::select! {
                () = clock.sleep(pause) => pause = (pause * 2).min(self.longest),
                _woken = told.wait_for(|told| told.wakes > seen.wakes) => pause = self.first,
            }
            if let Err(why) = queue.wake(WaitingFor::Network).await {
                tracing::warn!(error = %why, "tasks that wait for the network could not be woken");
                // Still to be done.
                seen.waits -= 1;
            }
        }
    }
}
