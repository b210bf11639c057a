//! The state machine of a task: one pure table that every ledger uses, so that they cannot disagree.
//!
//! ```text
//! queued ──lease──► processing ──finish──► done | failed | cancelled
//!   ▲  ├──recall──► done           │
//!   │  └──cancel──► cancelled      │
//!   └──────────── yield ───────────┘   lease lost, waits for the network, tried again
//! ```

use super::TaskStatus::{self, Cancelled, Done, Failed, Processing, Queued};

/// What may be done to a task's status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Move {
    /// A worker takes it.
    Lease,
    /// The worker gives it back to the line, or its lease ran out.
    Yield,
    /// It ended well.
    Finish,
    /// Its answer was known before a worker took it.
    Recall,
    /// It ended badly.
    Fail,
    /// It was cancelled before a worker took it, or the worker stopped as asked.
    Cancel,
}

impl Move {
    pub const ALL: [Self; 6] =
        [Self::Lease, Self::Yield, Self::Finish, Self::Recall, Self::Fail, Self::Cancel];
}

/// The status after `step`, or nothing when the table does not have that move.
pub const fn next(from: TaskStatus, step: Move) -> Option<TaskStatus> {
    match (from, step) {
        (Queued, Move::Lease) => Some(Processing),
        (Queued | Processing, Move::Cancel) => Some(Cancelled),
        (Processing, Move::Yield) => Some(Queued),
        (Processing, Move::Finish) | (Queued, Move::Recall) => Some(Done),
        // A task whose attempts are used up fails from the line as well.
        (Queued | Processing, Move::Fail) => Some(Failed),
        (Queued, Move::Yield | Move::Finish) => None,
        (Processing, Move::Lease | Move::Recall) => None,
        (Done | Failed | Cancelled, _) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terminal_states_have_no_way_out() {
        for from in [Queued, Processing, Done, Failed, Cancelled] {
            for step in Move::ALL {
                if from.is_terminal() {
                    assert_eq!(next(from, step), None, "{from:?} {step:?}");
                }
            }
        }
    }

    #[test]
    fn every_state_can_reach_an_end() {
        for from in [Queued, Processing] {
            assert!(Move::ALL.iter().filter_map(|m| next(from, *m)).any(TaskStatus::is_terminal));
        }
    }
}
