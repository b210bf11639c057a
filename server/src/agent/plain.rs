//! Edits in a plain answer, from a model that does not call tools: read and placed by the patch engine, which refuses
//! what it cannot prove. Only where the answer names the file.

use crate::tools::Tools;
use std::collections::BTreeMap;
use tidemark_shared::RelPath;
use tidemark_shared::patch::reply::{self, Act, FileEdit};
use tidemark_shared::patch::{self, Placement, RefusalCode};

/// What a plain answer holds.
pub(super) enum Plain {
    /// Words.
    Words,
    /// What becomes of each file, nothing meaning deleted, and how each edit was placed.
    Edits(BTreeMap<RelPath, Option<String>>, Vec<Placement>),
    /// Edits that can't be placed, and why.
    Refused(String),
}

/// Files that are read to place the edits of one answer.
const MAX_FILES: usize = 200;

/// Reads files: to be called off the async threads.
pub(super) fn read(answer: &str, tools: &Tools) -> Plain {
    let edits = match reply::read(answer) {
        Ok(edits) => edits,
        Err(why) if why.code == RefusalCode::Malformed => return Plain::Words,
        Err(why) => return Plain::Refused(why.to_string()),
    };
    if edits.iter().any(|edit| edit.path.is_none()) {
        return Plain::Words;
    }
    let mentioned = tools.files().into_iter().filter(|path| answer.contains(path.file_name()));
    let files: patch::Files =
        mentioned.take(MAX_FILES).filter_map(|path| Some((path.to_string(), tools.text(&path)?))).collect();
    if let Some(part) = edits.iter().find_map(|edit| is_part(edit, &files)) {
        return Plain::Refused(format!("the answer has only a part of {part}"));
    }
    // A whole file under a name that is not there yet is a new file.
    let is_new = |edit: &FileEdit| {
        matches!(edit.act, Act::Whole { .. }) && edit.path.as_ref().is_some_and(|path| !known(path, &files))
    };
    let (new, old): (Vec<_>, Vec<_>) = edits.iter().partition(|edit| is_new(edit));
    let (mut all, mut placements) = (BTreeMap::new(), Vec::new());
    for edit in new {
        let (Some(path), Act::Whole { lines }) = (&edit.path, &edit.act) else { continue };
        match RelPath::parse(path) {
            Ok(path) => drop(all.insert(path, Some(lines.join("\n") + "\n"))),
            Err(why) => return Plain::Refused(format!("{path:?} can't be used: {why}")),
        }
    }
    if !old.is_empty() {
        if !all.is_empty() {
            return Plain::Refused("the answer mixes whole new files with other edits".into());
        }
        match patch::place(&edits, &files, &files) {
            Ok(intended) => {
                placements = intended.hunks;
                for (path, text) in intended.files {
                    match RelPath::parse(&path) {
                        Ok(path) => drop(all.insert(path, text)),
                        Err(why) => return Plain::Refused(format!("{path:?} can't be used: {why}")),
                    }
                }
            }
            Err(why) => return Plain::Refused(why.to_string()),
        }
    }
    if all.is_empty() { Plain::Words } else { Plain::Edits(all, placements) }
}

fn known(path: &str, files: &patch::Files) -> bool {
    let path = path.trim_start_matches("./");
    files.keys().any(|file| file == path || file.ends_with(&format!("/{path}")))
}

/// The file of which this is only a part: a whole file that would lose more than half of its lines is more likely an
/// excerpt than a change.
fn is_part<'a>(edit: &'a FileEdit, files: &patch::Files) -> Option<&'a str> {
    let (Some(path), Act::Whole { lines }) = (edit.path.as_deref(), &edit.act) else { return None };
    let before = files.get(path.trim_start_matches("./"))?.lines().count();
    (lines.len() * 2 < before).then_some(path)
}
