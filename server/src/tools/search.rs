//! `search`: text or regular expression, with ripgrep's engine.

use super::copy::{PrivateCopy, walk};
use super::read::{cut, plural};
use super::{Answer, Refused, ToolLimits, input};
use grep_regex::RegexMatcherBuilder;
use grep_searcher::{BinaryDetection, Searcher, SearcherBuilder, Sink, SinkMatch};
use std::io;
use tokio_util::sync::CancellationToken;

/// Characters of a matching line that are shown.
const SHOWN: usize = 300;
/// Bytes that a compiled pattern may take.
const MAX_PATTERN: usize = 10 << 20;

pub(super) fn search(
    copy: &PrivateCopy,
    limits: &ToolLimits,
    wanted: &input::Search,
    cancel: &CancellationToken,
) -> Result<Answer, Refused> {
    if wanted.pattern.is_empty() {
        return Err(Refused::new("the pattern is empty"));
    }
    let folder = input::folder(wanted.path.as_deref())?;
    let entrance = copy.entrance(folder.as_ref())?;
    let matcher = RegexMatcherBuilder::new()
        .case_smart(true)
        .fixed_strings(!wanted.regex.unwrap_or(false))
        .size_limit(MAX_PATTERN)
        .line_terminator(Some(b'\n'))
        .build(&wanted.pattern)
        .map_err(|why| Refused::new(format!("the pattern can't be used: {why}")))?;
    let mut searcher = SearcherBuilder::new()
        .line_number(true)
        .binary_detection(BinaryDetection::quit(0))
        .heap_limit(Some(usize::try_from(limits.max_file_bytes).unwrap_or(usize::MAX)))
        .build();
    let mut hits = Hits { limits, cancel, path: String::new(), count: 0, output: String::new(), full: false };
    for entry in walk(&entrance).build().flatten().take(limits.max_files) {
        if hits.full || cancel.is_cancelled() {
            break;
        }
        let is_small =
            entry.metadata().is_ok_and(|found| found.is_file() && found.len() <= limits.max_file_bytes);
        let Some(path) = copy.relative(entry.path()).filter(|_| is_small) else { continue };
        hits.path = path.to_string();
        // A file that can't be read is a file without a match.
        let _unreadable = searcher.search_path(&matcher, entry.path(), &mut hits);
    }
    if cancel.is_cancelled() {
        return Err(Refused::new("stopped"));
    }
    if hits.count == 0 {
        return Ok(Answer::done("(no match)".into(), "no match"));
    }
    if hits.full {
        hits.output += "… and more; search for something rarer, or in one folder\n";
    }
    let summary = plural(hits.count, "match").replace("matchs", "matches");
    Ok(Answer::done(hits.output, if hits.full { format!("over {summary}") } else { summary }))
}

struct Hits<'a> {
    limits: &'a ToolLimits,
    cancel: &'a CancellationToken,
    path: String,
    count: usize,
    output: String,
    full: bool,
}

impl Sink for Hits<'_> {
    type Error = io::Error;

    fn matched(&mut self, _searcher: &Searcher, found: &SinkMatch<'_>) -> Result<bool, io::Error> {
        if self.count == self.limits.max_search_hits || self.output.len() > self.limits.max_answer_bytes {
            self.full = true;
            return Ok(false);
        }
        let text = String::from_utf8_lossy(found.bytes());
        let text = cut(text.trim_end(), SHOWN);
        self.output += &format!("{}:{}: {text}\n", self.path, found.line_number().unwrap_or_default());
        self.count += 1;
        Ok(!self.cancel.is_cancelled())
    }
}
