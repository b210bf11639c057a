//! The arguments of a str_replace tool call: one piece of text for another.

use super::{Act, FileEdit};

pub(super) fn read(path: Option<String>, old: String, new: String) -> FileEdit {
    FileEdit { path, other_path: None, act: Act::Replace { old: lf(old), new: lf(new) } }
}

fn lf(text: String) -> String {
    if text.contains("\r\n") { text.replace("\r\n", "\n") } else { text }
}
