//! [`Writing`]: which files a plain answer changes, told while it arrives.

use tidemark_shared::patch::{Progress, Stream};
use tidemark_shared::{EventKind, RelPath};

/// Files of one answer that are told of.
const MAX_FILES: usize = 200;

#[derive(Default)]
pub(super) struct Writing {
    stream: Stream,
    told: Vec<Progress>,
}

impl Writing {
    pub(super) fn hear(&mut self, piece: &str) {
        self.stream.push(piece);
    }

    /// What is not told yet. A path that leaves the project is refused in the end, and not told of.
    pub(super) fn news(&mut self) -> Vec<EventKind> {
        let now = self.stream.progress();
        let now = &now[..now.len().min(MAX_FILES)];
        let is_new = |(at, file): &(usize, &Progress)| self.told.get(*at) != Some(file);
        let news = now.iter().enumerate().filter(is_new).filter_map(|(_, file)| event(file)).collect();
        self.told = now.to_vec();
        news
    }

    /// A new step begins, whose story starts with all there is.
    pub(super) fn tell_again(&mut self) {
        self.told.clear();
    }
}

fn event(file: &Progress) -> Option<EventKind> {
    let path = RelPath::parse(file.path.trim_start_matches("./")).ok()?;
    let lines = |count| u32::try_from(count).unwrap_or(u32::MAX);
    let (added_lines, removed_lines) = (lines(file.added), lines(file.removed));
    Some(EventKind::Writing { path, added_lines, removed_lines, open: file.open })
}
