//! Searches a project's text files for a text or a regular expression, with the engine of ripgrep.

use super::Query;
use super::error::{Result, WorkspaceError};
use super::ignores::is_secret;
use super::limits::Limits;
use super::root::Root;
use super::walk::{self, Kind};
use grep_matcher::Matcher;
use grep_regex::{RegexMatcher, RegexMatcherBuilder};
use grep_searcher::{BinaryDetection, Searcher, SearcherBuilder, Sink, SinkMatch};
use std::io;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tidemark_shared::RelPath;
use tidemark_shared::patch;
use tidemark_shared::project::{SearchHit, SearchResults};

/// The longest line that is shown whole, in characters; of longer ones a part around the match.
const MAX_LINE: usize = 400;
/// Characters before a match in a part of a long line.
const BEFORE: usize = 80;
/// A regular expression may take this much memory, in bytes, once compiled.
const MAX_PATTERN: usize = 4 << 20;

/// Tells the search to stop when it is dropped, as it is with the future that waits for it.
#[derive(Debug, Default)]
pub(super) struct Stop {
    flag: Arc<AtomicBool>,
}

impl Stop {
    pub(super) fn flag(&self) -> Arc<AtomicBool> {
        self.flag.clone()
    }
}

impl Drop for Stop {
    fn drop(&mut self) {
        self.flag.store(true, Ordering::Relaxed);
    }
}

pub(super) fn search(
    root: &Root,
    query: &Query,
    limits: &Limits,
    stop: &AtomicBool,
) -> Result<SearchResults> {
    let matcher = matcher(query)?;
    let most = query.limit.unwrap_or(limits.max_search_hits).min(limits.max_search_hits);
    let mut searcher = SearcherBuilder::new()
        .line_number(true)
        .binary_detection(BinaryDetection::quit(0))
        .bom_sniffing(false)
        .build();
    let mut results = SearchResults { items: Vec::new(), truncated: false };
    walk::walk(root, &mut |_| false, &mut |entry| {
        if stop.load(Ordering::Relaxed) || results.truncated {
            return ControlFlow::Break(());
        }
        let small = matches!(entry.kind, Kind::File(stat) if stat.size <= limits.max_edit_bytes);
        if small && !entry.ignored && !is_secret(&entry.path) {
            one_file(root, &entry.path, &matcher, &mut searcher, most, &mut results, limits);
        }
        ControlFlow::Continue(())
    })?;
    Ok(results)
}

fn matcher(query: &Query) -> Result<RegexMatcher> {
    if query.text.is_empty() {
        return Err(WorkspaceError::BadPattern("it is empty".into()));
    }
    RegexMatcherBuilder::new()
        .fixed_strings(!query.regex)
        .case_insensitive(!query.case_sensitive)
        .word(query.word)
        .line_terminator(Some(b'\n'))
        .size_limit(MAX_PATTERN)
        .dfa_size_limit(MAX_PATTERN)
        .build(&query.text)
        .map_err(|why| WorkspaceError::BadPattern(why.to_string()))
}

/// A file that can't be read is passed over: it is gone, or may not be read.
fn one_file(
    root: &Root,
    path: &RelPath,
    matcher: &RegexMatcher,
    searcher: &mut Searcher,
    most: usize,
    results: &mut SearchResults,
    limits: &Limits,
) {
    let Ok(Some(file)) = root.read(path, limits.max_edit_bytes) else { return };
    let Some(text) = patch::decode(&file.bytes) else { return };
    let hits = Hits { path, matcher, most, results };
    if let Err(why) = searcher.search_slice(matcher, text.content.as_bytes(), hits) {
        tracing::debug!(%path, %why, "not searched");
    }
}

struct Hits<'a> {
    path: &'a RelPath,
    matcher: &'a RegexMatcher,
    most: usize,
    results: &'a mut SearchResults,
}

impl Sink for Hits<'_> {
    type Error = io::Error;

    fn matched(&mut self, _searcher: &Searcher, found: &SinkMatch<'_>) -> Result<bool, io::Error> {
        let line = String::from_utf8_lossy(found.bytes());
        let line = line.trim_end_matches(['\r', '\n']);
        let first = self.matcher.find(line.as_bytes()).map_err(io::Error::other)?;
        let Some(first) = first else { return Ok(true) };
        if self.results.items.len() == self.most {
            self.results.truncated = true;
            return Ok(false);
        }
        let number = u32::try_from(found.line_number().unwrap_or(0)).unwrap_or(u32::MAX);
        self.results.items.push(hit(self.path, number, line, first.start(), first.end()));
        Ok(true)
    }
}

/// `start` and `end` are bytes in `line`; a hit counts characters, of what it shows.
fn hit(path: &RelPath, number: u32, line: &str, start: usize, end: usize) -> SearchHit {
    let characters = |bytes: usize| line.get(..bytes).map_or(0, |before| before.chars().count());
    let (start, end) = (characters(start), characters(end));
    let skipped = if line.chars().count() > MAX_LINE { start.saturating_sub(BEFORE) } else { 0 };
    let text: String = line.chars().skip(skipped).take(MAX_LINE).collect();
    let shown = |at: usize| u32::try_from((at - skipped).min(MAX_LINE)).unwrap_or(u32::MAX);
    SearchHit { path: path.clone(), line: number, start: shown(start), end: shown(end), text }
}
