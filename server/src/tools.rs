//! What an agent may do: read and change the files of its private copy, and nothing else.
//!
//! A call always has an answer. One that can't be done is an answer as well, in words that the model can act on, and
//! then nothing was written.

mod copy;
mod edit;
mod input;
mod kept;
mod limits;
mod list;
mod read;
mod search;
pub mod spec;

pub use kept::Kept;
pub use limits::ToolLimits;
pub use spec::Tool;

use crate::providers::{ToolCall, ToolSpec};
use copy::PrivateCopy;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use tidemark_shared::RelPath;
use tidemark_shared::patch::Placement;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Whether an agent may change its copy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    Read,
    Edit,
}

/// The answer to a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    pub ok: bool,
    /// For the model.
    pub output: String,
    /// One line for a person: "120 lines", "there is no src/app.ts".
    pub summary: String,
}

/// Why a call was not done, for the model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refused(String);

/// The tools of one agent on one copy. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Tools {
    copy: Arc<PrivateCopy>,
    limits: Arc<ToolLimits>,
    access: Access,
    running: TaskTracker,
}

impl Tools {
    pub fn new(copy: PathBuf, access: Access, limits: ToolLimits) -> Self {
        Self {
            copy: Arc::new(PrivateCopy::new(copy)),
            limits: Arc::new(limits),
            access,
            running: TaskTracker::new(),
        }
    }

    pub fn specs(&self) -> Vec<ToolSpec> {
        Tool::ALL.into_iter().filter(|tool| self.offers(*tool)).map(Tool::spec).collect()
    }
    fn offers(&self, tool: Tool) -> bool {
        match self.access {
            Access::Edit => true,
            Access::Read => tool.only_reads(),
        }
    }

    /// The files of the copy, sorted.
    pub fn files(&self) -> Vec<RelPath> {
        self.copy.files(self.limits.max_files)
    }
    /// A file's text with `\n` line ends; nothing when it is absent, no text, or too large.
    pub fn text(&self, path: &RelPath) -> Option<String> {
        self.copy.read_text(path, &self.limits).ok().map(|file| file.text)
    }

    /// How the edits so far were placed.
    pub fn placements(&self) -> Vec<Placement> {
        self.copy.placements()
    }
    /// Keeps how edits were placed that did not come as calls.
    pub fn note(&self, placements: Vec<Placement>) {
        self.copy.note(placements);
    }

    /// Which files of the copy changed since this was last asked.
    pub fn take_changed(&self) -> BTreeSet<RelPath> {
        self.copy.take_changed()
    }
    /// These files as they stand; nothing for one that is gone. Blocks.
    pub fn kept(&self, paths: &BTreeSet<RelPath>) -> io::Result<BTreeMap<RelPath, Option<Kept>>> {
        paths.iter().map(|path| Ok((path.clone(), self.copy.kept(path)?))).collect()
    }
    /// Lays files that were kept over a fresh copy; they do not count as changed. The error is for a person.
    pub async fn lay(&self, files: BTreeMap<RelPath, Option<Kept>>) -> Result<(), String> {
        let copy = Arc::clone(&self.copy);
        let lay = move || {
            // What is gone makes way first: a folder may have come where a file was.
            let (come, gone): (Vec<_>, Vec<_>) = files.iter().partition(|(_, kept)| kept.is_some());
            let mut in_order = gone.into_iter().chain(come);
            in_order.try_for_each(|(path, kept)| copy.lay(path, kept.as_ref()))
        };
        let laid = self.running.spawn_blocking(lay).await.map_err(|broke| broke.to_string())?;
        laid.map_err(|Refused(why)| why)
    }

    /// Makes a file what `text` says, or deletes it: for edits that did not come as calls. Blocks.
    pub fn write(&self, path: &RelPath, text: Option<&str>) -> Answer {
        if self.access == Access::Read {
            return Refused::new("nothing may be changed").answer();
        }
        edit::write(&self.copy, &self.limits, path, text).unwrap_or_else(Refused::answer)
    }

    /// Returns when no call is under way any more, also none whose caller went away. Soon: see [`Self::call`].
    pub async fn settled(&self) {
        self.running.close();
        self.running.wait().await;
        self.running.reopen();
    }

    /// Does what was called, off the async threads. Always answers, and soon: every tool is bounded, and a search stops
    /// when `cancel` fires.
    pub async fn call(&self, call: &ToolCall, cancel: &CancellationToken) -> Answer {
        let (tools, call, cancel) = (self.clone(), call.clone(), cancel.clone());
        let done = self.running.spawn_blocking(move || tools.answer(&call, &cancel)).await;
        done.unwrap_or_else(|_panicked| Answer {
            ok: false,
            output: "the tool broke; nothing was written".into(),
            summary: "the tool broke".into(),
        })
    }

    fn answer(&self, call: &ToolCall, cancel: &CancellationToken) -> Answer {
        let Some(tool) = Tool::named(&call.name).filter(|tool| self.offers(*tool)) else {
            let offered: Vec<_> = self.specs().iter().map(|spec| spec.name).collect();
            return Refused::new(format!(
                "there is no tool {:?}; there are {}",
                call.name,
                offered.join(", ")
            ))
            .answer();
        };
        let input = &call.input;
        let done = match tool {
            Tool::ListFiles => {
                input::parse(input).and_then(|input| list::list(&self.copy, &self.limits, &input))
            }
            Tool::ReadFile => {
                input::parse(input).and_then(|input| read::read(&self.copy, &self.limits, &input))
            }
            Tool::Search => {
                input::parse(input).and_then(|input| search::search(&self.copy, &self.limits, &input, cancel))
            }
            Tool::EditFile => {
                input::parse(input).and_then(|input| edit::edit(&self.copy, &self.limits, &input))
            }
            Tool::CreateFile => {
                input::parse(input).and_then(|input| edit::create(&self.copy, &self.limits, &input))
            }
            Tool::DeleteFile => input::parse(input).and_then(|input| edit::delete(&self.copy, &input)),
            Tool::MoveFile => input::parse(input).and_then(|input| edit::rename(&self.copy, &input)),
        };
        done.unwrap_or_else(Refused::answer)
    }
}

/// One line for a person about a call: the file, the words searched for.
pub fn summary(call: &ToolCall) -> String {
    let text = |field: &str| call.input.get(field).and_then(|value| value.as_str()).unwrap_or_default();
    let said = match Tool::named(&call.name) {
        Some(Tool::ListFiles) if text("path").is_empty() => "the project".to_owned(),
        Some(Tool::MoveFile) => format!("{} → {}", text("from"), text("to")),
        Some(Tool::Search) if text("path").is_empty() => text("pattern").to_owned(),
        Some(Tool::Search) => format!("{} in {}", text("pattern"), text("path")),
        Some(Tool::ReadFile) => match (call.input.get("start_line"), call.input.get("end_line")) {
            (None, None) => text("path").to_owned(),
            (from, to) => {
                let line =
                    |line: Option<&serde_json::Value>| line.map(ToString::to_string).unwrap_or_default();
                format!("{} {}–{}", text("path"), line(from), line(to))
            }
        },
        Some(Tool::ListFiles | Tool::EditFile | Tool::CreateFile | Tool::DeleteFile) => {
            text("path").to_owned()
        }
        None => String::new(),
    };
    one_line(&said, 120)
}

fn one_line(text: &str, max_chars: usize) -> String {
    let mut chars = text.chars().map(|c| if c.is_control() { ' ' } else { c });
    let line: String = chars.by_ref().take(max_chars).collect();
    if chars.next().is_some() { format!("{line}…") } else { line }
}

impl Answer {
    fn done(output: String, summary: impl Into<String>) -> Self {
        Self { ok: true, output, summary: summary.into() }
    }
}

impl Refused {
    fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }
    fn link(path: &RelPath) -> Self {
        Self(format!("{path} can't be used: links are not followed"))
    }
    fn io(path: &RelPath, why: &io::Error) -> Self {
        // The system's words may name a place outside the project: only their kind is told.
        Self(format!("{path} can't be used: {}", why.kind()))
    }
    fn answer(self) -> Answer {
        let summary = one_line(self.0.lines().next().unwrap_or_default(), 120);
        Answer { ok: false, output: self.0, summary }
    }
}

/// A text of at most `max` bytes, cut between characters; what was cut away is said.
pub fn bounded(text: &str, max: usize) -> String {
    if text.len() <= max {
        return text.to_owned();
    }
    let mut end = max;
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}\n… ({} more bytes)", &text[..end], text.len() - end)
}

#[cfg(test)]
mod tests;
