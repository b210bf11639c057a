//! [`Voice`]: what a model says, piece by piece, joined so that the ledger is not written for every word.

use crate::clock::Clock;
use futures::future::{BoxFuture, FutureExt as _};
use std::sync::Arc;
use std::time::Duration;
use tidemark_shared::EventKind;

/// A piece is told after this time, or when it has so many bytes.
const PAUSE: Duration = Duration::from_millis(50);
const PIECE: usize = 2 << 10;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Thinking,
}

pub(super) struct Voice {
    clock: Arc<dyn Clock>,
    kind: Kind,
    said: String,
    /// Runs while something is unsaid.
    pause: Option<BoxFuture<'static, ()>>,
}

impl Voice {
    pub(super) fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, kind: Kind::Text, said: String::new(), pause: None }
    }

    /// Adds a piece; answers with what is to be told now.
    pub(super) fn say(&mut self, kind: Kind, piece: &str) -> Option<EventKind> {
        let other = if kind == self.kind { None } else { self.flush() };
        self.kind = kind;
        self.said += piece;
        if self.said.is_empty() {
            return other;
        }
        if self.pause.is_none() {
            let clock = Arc::clone(&self.clock);
            self.pause = Some(async move { clock.sleep(PAUSE).await }.boxed());
        }
        if other.is_none() && self.said.len() >= PIECE { self.flush() } else { other }
    }

    /// Returns when something has been unsaid for long enough; never while there is nothing.
    pub(super) async fn due(&mut self) {
        match &mut self.pause {
            Some(pause) => pause.await,
            None => futures::future::pending().await,
        }
    }

    /// What is unsaid.
    pub(super) fn flush(&mut self) -> Option<EventKind> {
        self.pause = None;
        if self.said.is_empty() {
            return None;
        }
        let text = std::mem::take(&mut self.said);
        Some(match self.kind {
            Kind::Text => EventKind::Text { text },
            Kind::Thinking => EventKind::Thinking { text },
        })
    }
}
