//! [`RelPath`]: a path inside a project, parsed at the door and trusted inside.

use serde::{Deserialize, Serialize};
use std::fmt;
use utoipa::ToSchema;

/// A relative path with `/` between its parts, that cannot leave its root: never empty, absolute, with `.` or `..`
/// parts, control characters, backslashes or drive letters. Symlinks are the file layer's to refuse.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(try_from = "String", into = "String")]
#[schema(value_type = String, example = "src/App.tsx")]
pub struct RelPath(String);

/// Why a text is not a path inside a project.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadPath {
    #[error("the path is empty")]
    Empty,
    #[error("the path is longer than 4096 bytes")]
    TooLong,
    #[error("the path is absolute; paths are relative to the project")]
    Absolute,
    #[error("the path leaves the project (`..`)")]
    Escapes,
    #[error("the path has an empty or `.` part")]
    NotNormal,
    #[error(
        "the path has a character that no file name should have (control character, backslash or `:` drive)"
    )]
    BadCharacter,
}

impl RelPath {
    /// The longest path in bytes; Linux's `PATH_MAX`.
    pub const MAX: usize = 4096;

    pub fn parse(text: &str) -> Result<Self, BadPath> {
        if text.is_empty() {
            return Err(BadPath::Empty);
        }
        if text.len() > Self::MAX {
            return Err(BadPath::TooLong);
        }
        if text.starts_with('/') {
            return Err(BadPath::Absolute);
        }
        if text.chars().any(|c| c.is_control() || c == '\\') {
            return Err(BadPath::BadCharacter);
        }
        if text.as_bytes().get(1) == Some(&b':') && text.as_bytes()[0].is_ascii_alphabetic() {
            return Err(BadPath::BadCharacter);
        }
        for part in text.split('/') {
            match part {
                ".." => return Err(BadPath::Escapes),
                "" | "." => return Err(BadPath::NotNormal),
                _ => {}
            }
        }
        Ok(Self(text.into()))
    }
    pub fn as_str(&self) -> &str {
        &self.0
    }
    pub fn file_name(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or(&self.0)
    }
    /// Text after the last dot of the file name, without the dot.
    pub fn extension(&self) -> Option<&str> {
        self.file_name().rsplit_once('.').map(|(_, ext)| ext)
    }
    pub fn parent(&self) -> Option<Self> {
        self.0.rsplit_once('/').map(|(dir, _)| Self(dir.into()))
    }
    pub fn parts(&self) -> impl Iterator<Item = &str> {
        self.0.split('/')
    }
    /// This path with one more part below it.
    pub fn join(&self, part: &str) -> Result<Self, BadPath> {
        Self::parse(&format!("{}/{part}", self.0))
    }
}

impl fmt::Display for RelPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
impl fmt::Debug for RelPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
impl AsRef<std::path::Path> for RelPath {
    fn as_ref(&self) -> &std::path::Path {
        std::path::Path::new(&self.0)
    }
}
impl std::str::FromStr for RelPath {
    type Err = BadPath;
    fn from_str(s: &str) -> Result<Self, BadPath> {
        Self::parse(s)
    }
}
impl TryFrom<String> for RelPath {
    type Error = BadPath;
    fn try_from(s: String) -> Result<Self, BadPath> {
        Self::parse(&s)
    }
}
impl From<RelPath> for String {
    fn from(path: RelPath) -> Self {
        path.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_paths_are_refused_with_their_reason() {
        for (text, why) in [
            ("", BadPath::Empty),
            ("/etc/passwd", BadPath::Absolute),
            ("../x", BadPath::Escapes),
            ("a/../../x", BadPath::Escapes),
            ("a//b", BadPath::NotNormal),
            ("./a", BadPath::NotNormal),
            ("a/", BadPath::NotNormal),
            ("a\0b", BadPath::BadCharacter),
            ("a\\..\\b", BadPath::BadCharacter),
            ("C:/x", BadPath::BadCharacter),
        ] {
            assert_eq!(RelPath::parse(text), Err(why), "{text:?}");
        }
    }

    #[test]
    fn ordinary_paths_are_kept_as_they_are() {
        for text in ["a", "src/App.tsx", ".env", "..a/b..", "ünï/ço dé.ts", "a:b"] {
            let refused = text == "a:b"; // reads as a drive
            assert_eq!(RelPath::parse(text).is_err(), refused, "{text:?}");
        }
    }
}
