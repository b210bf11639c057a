//! Lines with their ends apart, so that text can be compared without them and put together with every end as it was.

use super::adopt::adopt_mixed;
use std::ops::Range;

/// A text's lines.
pub(crate) struct Lines<'a> {
    whole: &'a str,
    /// Without line ends.
    pub(crate) texts: Vec<&'a str>,
    /// `"\n"`, `"\r\n"`, or for a last line without one `""`.
    ends: Vec<&'a str>,
    /// What most lines end with; inserted lines take it.
    pub(crate) eol: &'static str,
}

impl<'a> Lines<'a> {
    pub(crate) fn of(text: &'a str) -> Self {
        let mut texts = Vec::new();
        let mut ends = Vec::new();
        for line in text.split_inclusive('\n') {
            let end = if line.ends_with("\r\n") { 2 } else { usize::from(line.ends_with('\n')) };
            let (line, end) = line.split_at(line.len() - end);
            texts.push(line);
            ends.push(end);
        }
        let crlf = ends.iter().filter(|end| **end == "\r\n").count();
        let eol = if crlf * 2 > ends.len() { "\r\n" } else { "\n" };
        Self { whole: text, texts, ends, eol }
    }

    /// The text with `\n` everywhere.
    pub(crate) fn lf(&self) -> String {
        let mut text = String::with_capacity(self.texts.iter().map(|line| line.len() + 1).sum());
        for (line, end) in self.texts.iter().zip(&self.ends) {
            text.push_str(line);
            if !end.is_empty() {
                text.push('\n');
            }
        }
        text
    }

    /// An LF text that was made from this one, with the line ends of this one: each line that is still here keeps its own.
    pub(crate) fn restore_line_ends(&self, lf: &str) -> String {
        if self.ends.iter().all(|end| *end == self.eol || end.is_empty()) {
            return if self.eol == "\n" { lf.into() } else { lf.replace('\n', self.eol) };
        }
        adopt_mixed(self.whole, lf)
    }

    fn ends_with_newline(&self) -> bool {
        self.ends.last().is_none_or(|end| !end.is_empty())
    }

    /// The text with each range of lines replaced, in order and without overlap. The end of the file keeps or lacks its
    /// newline as before, unless `final_newline` says otherwise.
    pub(crate) fn rebuild(
        &self,
        edits: impl Iterator<Item = (Range<usize>, Vec<String>)>,
        final_newline: Option<bool>,
    ) -> String {
        let mut text = String::with_capacity(self.whole.len());
        // A last line without an end gets one at first, for something may follow.
        let mut last_end = "";
        let mut put = |line: &str, end: &'a str| {
            last_end = if end.is_empty() { self.eol } else { end };
            text.push_str(line);
            text.push_str(last_end);
        };
        let mut at = 0;
        for (range, lines) in edits {
            (at..range.start).for_each(|line| put(self.texts[line], self.ends[line]));
            lines.iter().for_each(|line| put(line, self.eol));
            at = range.end;
        }
        (at..self.texts.len()).for_each(|line| put(self.texts[line], self.ends[line]));
        if !final_newline.unwrap_or_else(|| self.ends_with_newline()) {
            text.truncate(text.len() - last_end.len());
        }
        text
    }
}
