//! Why a change is not applied: typed, with the place, short enough to send back to a model and plain enough for a person.

use serde::{Deserialize, Serialize};
use std::fmt;

/// Named for what the writer of the reply can do about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefusalCode {
    /// The lines to change are nowhere in the file.
    NoMatch,
    /// They are in several places, and nothing proves which is meant.
    Ambiguous,
    /// The person changed the same lines, or two hunks of the reply meet.
    Conflict,
    /// The reply was cut off.
    Truncated,
    /// It would create or move onto a file that exists, or delete one that changed.
    WouldOverwrite,
    /// A path that leaves the project, or that no file or several files have.
    BadPath,
    /// Not an edit in any known form, or too large to place safely.
    Malformed,
}

impl RefusalCode {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NoMatch => "no_match",
            Self::Ambiguous => "ambiguous",
            Self::Conflict => "conflict",
            Self::Truncated => "truncated",
            Self::WouldOverwrite => "would_overwrite",
            Self::BadPath => "bad_path",
            Self::Malformed => "malformed",
        }
    }
}

/// A refusal: nothing was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Refusal {
    pub code: RefusalCode,
    /// One sentence.
    pub message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// The hunk within its file, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hunk: Option<usize>,
    /// Where the first line differs: what the reply has, what the file has, and the file's line number from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub diverges: Option<Box<Divergence>>,
    /// Places that fit equally well: line numbers from 1, or paths.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub candidates: Vec<String>,
}

/// The first line that differs at the nearest place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Divergence {
    pub line: usize,
    pub reply_has: String,
    pub file_has: String,
}

impl Refusal {
    /// The most places that are told.
    pub(crate) const MAX_CANDIDATES: usize = 8;

    pub(crate) fn new(code: RefusalCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), path: None, hunk: None, diverges: None, candidates: Vec::new() }
    }
    pub(crate) fn in_file(mut self, path: &str) -> Self {
        self.path.get_or_insert_with(|| path.into());
        self
    }
    pub(crate) fn at_hunk(mut self, hunk: usize) -> Self {
        self.hunk.get_or_insert(hunk);
        self
    }
    pub(crate) fn among(mut self, candidates: impl IntoIterator<Item = String>) -> Self {
        self.candidates = candidates.into_iter().take(Self::MAX_CANDIDATES).collect();
        self
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code.as_str(), self.message)?;
        if let Some(path) = &self.path {
            write!(f, "\n  file: {path}")?;
        }
        if let Some(hunk) = self.hunk {
            write!(f, ", change {hunk}")?;
        }
        if let Some(at) = &self.diverges {
            write!(f, "\n  line {}: you wrote {:?}, the file has {:?}", at.line, at.reply_has, at.file_has)?;
        }
        if !self.candidates.is_empty() {
            write!(f, "\n  candidates: {}", self.candidates.join(", "))?;
        }
        f.write_str("\n  Nothing was written.")
    }
}

impl std::error::Error for Refusal {}
