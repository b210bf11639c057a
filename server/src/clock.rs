//! Seam `Clock`: the only source of "now" and of waiting. [`ManualClock`] makes tests of time run without it.

use async_trait::async_trait;
use std::sync::Mutex;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tidemark_shared::Millis;
use tokio::sync::watch;

#[async_trait]
pub trait Clock: Send + Sync {
    /// Milliseconds since the Unix epoch. May jump, as wall clocks do: correctness never rests on it.
    fn now(&self) -> Millis;
    async fn sleep(&self, time: Duration);
}

/// The machine's clock.
#[derive(Debug, Default)]
pub struct SystemClock;

#[async_trait]
impl Clock for SystemClock {
    fn now(&self) -> Millis {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
    }
    async fn sleep(&self, time: Duration) {
        tokio::time::sleep(time).await;
    }
}

/// A clock that stands still until a test moves it.
#[derive(Debug)]
pub struct ManualClock {
    now: watch::Sender<Millis>,
    moving: Mutex<()>,
}

impl ManualClock {
    pub fn at(now: Millis) -> Self {
        Self { now: watch::Sender::new(now), moving: Mutex::new(()) }
    }
    /// Sets the clock back, as an administrator or a time server does.
    pub fn set_back(&self, by: Duration) {
        let by = u64::try_from(by.as_millis()).unwrap_or(u64::MAX);
        self.now.send_modify(|now| *now = now.saturating_sub(by));
    }
    /// Moves time on and wakes every sleeper whose time has come.
    pub fn advance(&self, by: Duration) {
        let _one_at_a_time = self.moving.lock();
        self.now.send_modify(|now| *now += u64::try_from(by.as_millis()).unwrap_or(u64::MAX));
    }
}

#[async_trait]
impl Clock for ManualClock {
    fn now(&self) -> Millis {
        *self.now.borrow()
    }
    async fn sleep(&self, time: Duration) {
        let mut now = self.now.subscribe();
        let until = *now.borrow() + u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        // The sender lives as long as `self`, so this cannot fail.
        let _reached = now.wait_for(|now| *now >= until).await;
    }
}
