//! [`Pace`]: how often tasks may be sent, by the generic cell rate algorithm in its virtual scheduling form (ITU-T I.371,
//! Annex A). Per key one number is kept: when all that was taken is paid back. A restart forgets them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::time::Duration;
use tidemark_shared::Millis;

/// How often something may happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Rate {
    /// So many at once, at least one.
    pub burst: u32,
    /// After a burst, one more each time so many milliseconds have passed.
    pub every_ms: u64,
}

/// A rate, and whom it is counted for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pace {
    pub key: String,
    pub rate: Rate,
}

impl Rate {
    /// How long before it is paid back one more may be taken, in milliseconds.
    pub(super) fn tolerance(self) -> Millis {
        self.every_ms.saturating_mul(u64::from(self.burst.saturating_sub(1)))
    }
}

/// Keys are forgotten when there are twice as many as were left the last time.
const FEWEST: usize = 1_024;

#[derive(Debug, Clone, Default)]
pub(super) struct Paces {
    paid_back: HashMap<String, Millis>,
    left: usize,
}

impl Paces {
    /// Takes one of each, or nothing and tells how long until that will do.
    pub(super) fn take(&mut self, paces: &[Pace], now: Millis) -> Result<(), Duration> {
        let due = |pace: &Pace| self.paid_back.get(&pace.key).map_or(now, |due| now.max(*due));
        let early = |pace: &Pace| (due(pace) - now).saturating_sub(pace.rate.tolerance());
        match paces.iter().map(early).max() {
            Some(wait) if wait > 0 => return Err(Duration::from_millis(wait)),
            Some(_) | None => {}
        }
        let taken: Vec<_> = paces
            .iter()
            .map(|pace| (pace.key.clone(), due(pace).saturating_add(pace.rate.every_ms)))
            .collect();
        self.paid_back.extend(taken);
        if self.paid_back.len() > FEWEST.max(2 * self.left) {
            self.paid_back.retain(|_, due| *due > now);
            self.left = self.paid_back.len();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_paid_back_is_forgotten() {
        let mut paces = Paces::default();
        let rate = Rate { burst: 1, every_ms: 10 };
        for n in 0..100_000 {
            paces.take(&[Pace { key: n.to_string(), rate }], n).unwrap();
        }
        assert!(paces.paid_back.len() <= FEWEST, "{}", paces.paid_back.len());
    }
}
