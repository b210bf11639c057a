//! Which file a reply means: names as models write them, resolved to exactly one known file or refused.

use super::intend::Files;
use super::refusal::{Refusal, RefusalCode};
use crate::RelPath;

/// The one known file that `written` names: as it stands, without `./`, `a/`, `b/`, `old/`, `new/` or `.orig`, or as the
/// end of a longer path. Without a name, the only file there is.
pub(crate) fn resolve(written: Option<&str>, known: &Files) -> Result<String, Refusal> {
    let Some(written) = written else {
        return match known.keys().next() {
            Some(only) if known.len() == 1 => Ok(only.clone()),
            _ => Err(Refusal::new(RefusalCode::BadPath, "the reply does not say which file it changes")),
        };
    };
    let written = written.trim();
    if known.contains_key(written) {
        return Ok(written.into());
    }
    let bare = without_leading(written);
    let candidates = [Some(bare), without_side(bare), bare.strip_suffix(".orig")];
    if let Some(path) = candidates.into_iter().flatten().find(|path| known.contains_key(*path)) {
        return Ok(path.into());
    }
    let ends_with = |known: &str| {
        candidates
            .into_iter()
            .flatten()
            .any(|path| path.strip_suffix(known).is_some_and(|rest| rest.ends_with('/')))
    };
    let mut matching = known.keys().filter(|path| ends_with(path));
    match (matching.next(), matching.next()) {
        (Some(only), None) => Ok(only.clone()),
        (None, _) => Err(Refusal::new(RefusalCode::BadPath, format!("there is no file {written:?}"))),
        (Some(first), Some(second)) => {
            let why = format!("{written:?} may be several files");
            Err(Refusal::new(RefusalCode::BadPath, why).among([first.clone(), second.clone()]))
        }
    }
}

/// The path of a file that is to be made; it must stay inside the project.
pub(crate) fn new_path(written: &str) -> Result<String, Refusal> {
    let written = written.trim();
    let path = written.trim_start_matches("./");
    let path = path.strip_prefix("a/").or_else(|| path.strip_prefix("b/")).unwrap_or(path);
    RelPath::parse(path)
        .map(String::from)
        .map_err(|why| Refusal::new(RefusalCode::BadPath, format!("{written:?} can't be a new file: {why}")))
}

fn without_leading(path: &str) -> &str {
    let mut path = path;
    while let Some(rest) = path.strip_prefix("./").or_else(|| path.strip_prefix('/')) {
        path = rest;
    }
    path
}

fn without_side(path: &str) -> Option<&str> {
    ["a/", "b/", "old/", "new/"].iter().find_map(|side| path.strip_prefix(side))
}
