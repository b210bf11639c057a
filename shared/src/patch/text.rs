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
        let mut text = String::new();
        let mut at = 0;
        for (range, lines) in edits {
            self.copy(at..range.start, &mut text);
            for line in lines {
                text.push_str(&line);
                text.push_str(self.eol);
            }
            at = range.end;
        }
        self.copy(at..self.texts.len(), &mut text);
        if !final_newline.unwrap_or_else(|| self.ends_with_newline()) {
            let end = if text.ends_with("\r\n") { 2 } else { usize::from(text.ends_with('\n')) };
            text.truncate(text.len() - end);
        }
        text
    }

    /// Lines as they are; a last line without an end gets one, for something may follow.
    fn copy(&self, range: Range<usize>, text: &mut String) {
        for line in range {
            text.push_str(self.texts[line]);
            text.push_str(if self.ends[line].is_empty() { self.eol } else { self.ends[line] });
        }
    }
}
