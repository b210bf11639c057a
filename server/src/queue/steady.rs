//! [`Steady`]: time for waiting, which never goes back. A wall clock may be set back by a year; nobody in line should
//! then wait a year. Times that people see still come from the wall clock.

use crate::clock::Clock;
use std::sync::{Arc, Mutex, PoisonError};
use tidemark_shared::Millis;

pub(super) struct Steady {
    clock: Arc<dyn Clock>,
    seen: Mutex<Seen>,
}

struct Seen {
    last: Millis,
    /// How far the wall clock was set back so far.
    set_back: Millis,
}

impl Steady {
    pub(super) fn new(clock: Arc<dyn Clock>) -> Self {
        let seen = Mutex::new(Seen { last: clock.now(), set_back: 0 });
        Self { clock, seen }
    }
    /// As the wall clock, as long as that is not set back.
    pub(super) fn now(&self) -> Millis {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let now = self.clock.now().saturating_add(seen.set_back);
        seen.set_back += seen.last.saturating_sub(now);
        seen.last = seen.last.max(now);
        seen.last
    }
    pub(super) fn wall(&self) -> Millis {
        self.clock.now()
    }
    pub(super) fn clock(&self) -> &dyn Clock {
        &*self.clock
    }
}
