//! Reads a reply while it arrives: which edits are certain already, and how far each file has come.
//!
//! An edit is certain when, whatever follows, the whole reply is refused or its reading begins with it. So nothing is
//! certain that only the end can tell: what JSON holds (more text would make it none), an unfenced diff (a fenced one would
//! take its place), a whole file (a change in another form would), the file that a diff is still in.

mod begin_patch;
mod head;
mod search_replace;
mod unified;
mod whole;

use super::{FileEdit, Format, MAX_REPLY, is_file_with_marks, without_side};
use begin_patch::BeginPatch;
use head::Head;
use search_replace::SearchReplace;
use std::collections::HashMap;
use unified::Unified;
use whole::Whole;

/// A reply as far as it has arrived. Its cost is proportional to the reply, however many pieces it comes in.
#[derive(Default)]
pub struct Stream {
    head: Head,
    /// The end of what arrived that is no whole line yet.
    rest: String,
    /// Without their ends.
    lines: Vec<String>,
    /// How many lines were looked at.
    seen: usize,
    form: Form,
    told: Told,
}

/// What is known so far.
#[derive(Default)]
struct Told {
    edits: Vec<FileEdit>,
    files: Vec<Progress>,
    by_path: HashMap<String, usize>,
    work: usize,
}

/// How far a file has come, as the reply itself says. Its edits are no promise: only [`Stream::edits`] is one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    /// As written, without quotes and without the `a/` or `b/` of a diff.
    pub path: String,
    /// Lines so far. A block counts when it is complete; a whole file never, for it says nothing of what it changes.
    pub added: usize,
    pub removed: usize,
    /// Whether more of it is expected: its block, hunk or fence has no end yet.
    pub open: bool,
}

#[derive(Default)]
enum Form {
    /// No mark of a form yet. Without any, the reply is of whole files.
    #[default]
    Unknown,
    WholeOr(Whole),
    SearchReplace(SearchReplace),
    BeginPatch(BeginPatch),
    Unified(Unified),
    /// Only the end of the reply can tell.
    Closed,
}

impl Stream {
    /// Takes the next piece, cut anywhere.
    pub fn push(&mut self, piece: &str) {
        self.told.work += piece.len();
        if matches!(self.form, Form::Closed) {
            return;
        }
        if self.told.work > MAX_REPLY * 8 {
            return self.close();
        }
        let Some(text) = self.head.push(piece) else {
            if self.head.is_closed() {
                self.close();
            }
            return;
        };
        for part in text.split_inclusive('\n') {
            self.rest.push_str(part);
            if let Some(line) = self.rest.strip_suffix('\n') {
                self.lines.push(line.strip_suffix('\r').unwrap_or(line).to_owned());
                self.rest.clear();
            }
        }
        while self.is_ready() {
            self.look();
            self.seen += 1;
        }
    }

    /// The edits that are certain, in the order of the reply.
    pub fn edits(&self) -> &[FileEdit] {
        &self.told.edits
    }

    /// Every file that the reply has named, in its order.
    pub fn progress(&self) -> &[Progress] {
        &self.told.files
    }

    /// Bytes looked at, each as often as it was.
    pub fn work(&self) -> usize {
        self.told.work
    }

    /// Whether the next line can be told from what is there: a diff's first header is one only with the second.
    fn is_ready(&self) -> bool {
        let next = self.lines.get(self.seen);
        next.is_some_and(|line| !line.starts_with("--- ") || self.lines.len() > self.seen + 1)
            && !matches!(self.form, Form::Closed)
    }

    fn look(&mut self) {
        let at = self.seen;
        self.told.work += self.lines[at].len();
        if let Form::Unknown | Form::WholeOr(_) = self.form
            && let Some(format) = self.mark(at)
        {
            return self.begin(format);
        }
        match &mut self.form {
            Form::Unknown => {
                let mut whole = Whole::default();
                whole.line(&self.lines, at, &mut self.told);
                self.form = Form::WholeOr(whole);
            }
            Form::WholeOr(whole) => whole.line(&self.lines, at, &mut self.told),
            Form::SearchReplace(blocks) => blocks.line(&self.lines, at, &mut self.told),
            Form::BeginPatch(patch) => patch.line(&self.lines, at, &mut self.told),
            Form::Unified(diff) => diff.line(&self.lines, at, &mut self.told),
            Form::Closed => {}
        }
    }

    /// The form of which this line is a mark.
    fn mark(&self, at: usize) -> Option<Format> {
        let next = self.lines.get(at + 1).map_or("", String::as_str);
        let (format, mark) = Format::first(&[&self.lines[at], next]);
        (mark == 0 && format != Format::Whole).then_some(format)
    }

    /// The first mark: from here on the form is known.
    fn begin(&mut self, format: Format) {
        let at = self.seen;
        let before: Vec<&str> = self.lines[..at].iter().map(String::as_str).collect();
        self.told.work += before.iter().map(|line| line.len()).sum::<usize>();
        if is_file_with_marks(&before) {
            return self.close();
        }
        self.told.close_all();
        let told = &mut self.told;
        match format {
            Format::SearchReplace => {
                let mut blocks = SearchReplace::default();
                blocks.line(&self.lines, at, told);
                self.form = Form::SearchReplace(blocks);
            }
            Format::BeginPatch => {
                let mut patch = BeginPatch::default();
                patch.line(&self.lines, at, told);
                self.form = Form::BeginPatch(patch);
            }
            Format::Unified | Format::Whole => {
                let mut diff = Unified::default();
                // Which fences are open here, only the lines before can tell.
                (0..=at).for_each(|at| diff.line(&self.lines, at, told));
                self.form = Form::Unified(diff);
            }
        }
    }

    fn close(&mut self) {
        self.form = Form::Closed;
        self.lines = Vec::new();
        self.rest = String::new();
        self.seen = 0;
    }
}

impl Told {
    fn file(&mut self, path: &str) -> &mut Progress {
        let files = &mut self.files;
        let at = *self.by_path.entry(path.to_owned()).or_insert_with(|| {
            files.push(Progress { path: path.to_owned(), added: 0, removed: 0, open: true });
            files.len() - 1
        });
        &mut self.files[at]
    }

    fn close_all(&mut self) {
        self.files.iter_mut().for_each(|file| file.open = false);
    }
}
