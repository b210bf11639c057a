//! How much work one reply may cost: a hard bound against hostile input.

use super::refusal::{Refusal, RefusalCode};
use std::cell::Cell;

/// Units of work left; one is about the comparison of two lines, or the copying of a few bytes.
#[derive(Debug)]
pub(crate) struct Budget(Cell<u64>);

impl Budget {
    /// Seconds at most, and far beyond what any honest reply needs.
    const WORK: u64 = 200_000_000;

    pub(crate) fn new() -> Self {
        Self(Cell::new(Self::WORK))
    }

    pub(crate) fn spend(&self, units: usize) -> Result<(), Refusal> {
        let left = self.0.get().checked_sub(units as u64).ok_or_else(|| {
            let why = "placing the changes would take too long: send smaller ones";
            Refusal::new(RefusalCode::Malformed, why)
        })?;
        self.0.set(left);
        Ok(())
    }
}
