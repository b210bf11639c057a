//! Keeps the beginning and the end of an output of any length in bounded memory.

use std::collections::VecDeque;

pub(super) struct Kept {
    half: usize,
    head: Vec<u8>,
    tail: VecDeque<u8>,
    pub(super) total: usize,
}

impl Kept {
    pub(super) fn new(bytes: usize) -> Self {
        Self { half: bytes / 2, head: Vec::new(), tail: VecDeque::new(), total: 0 }
    }

    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.total = self.total.saturating_add(bytes.len());
        let (head, rest) = bytes.split_at(bytes.len().min(self.half - self.head.len()));
        self.head.extend_from_slice(head);
        self.tail.extend(rest);
        let over = self.tail.len().saturating_sub(self.half);
        self.tail.drain(..over);
    }

    /// The text, and whether something is left out of it.
    pub(super) fn text(mut self) -> (String, bool) {
        let left_out = self.total - self.head.len() - self.tail.len();
        if left_out > 0 {
            self.head.extend_from_slice(format!("\n… {left_out} bytes left out …\n").as_bytes());
        }
        self.head.extend(self.tail);
        (String::from_utf8_lossy(&self.head).into_owned(), left_out > 0)
    }
}
