//! `list_files`.

use super::copy::{PrivateCopy, walk};
use super::{Answer, Refused, ToolLimits, input};
use std::collections::BTreeMap;

const DEPTH: usize = 3;
const MAX_DEPTH: usize = 10;

pub(super) fn list(
    copy: &PrivateCopy,
    limits: &ToolLimits,
    wanted: &input::ListFiles,
) -> Result<Answer, Refused> {
    let folder = input::folder(wanted.path.as_deref())?;
    let entrance = copy.entrance(folder.as_ref())?;
    if !entrance.is_dir() {
        let path = folder.map(|folder| folder.to_string()).unwrap_or_default();
        return Err(Refused::new(format!("{path} is a file, not a folder")));
    }
    let depth = wanted.depth.unwrap_or(DEPTH).min(MAX_DEPTH);
    // Shown, and for a folder that is not opened, how many files it holds.
    let mut shown: BTreeMap<String, Option<usize>> = BTreeMap::new();
    for entry in walk(&entrance).build().flatten().take(limits.max_files) {
        let (Some(kind), Some(path)) = (entry.file_type(), copy.relative(entry.path())) else { continue };
        if entry.depth() == 0 || kind.is_symlink() {
            continue;
        }
        if entry.depth() <= depth {
            let closed = kind.is_dir() && entry.depth() == depth;
            let name = if kind.is_dir() { format!("{path}/") } else { path.to_string() };
            shown.insert(name, closed.then_some(0));
        } else if kind.is_file() {
            let above = path.parts().count() - (entry.depth() - depth);
            let closed: Vec<_> = path.parts().take(above).collect();
            if let Some(Some(files)) = shown.get_mut(&format!("{}/", closed.join("/"))) {
                *files += 1;
            }
        }
    }
    let all = shown.len();
    if all == 0 {
        return Ok(Answer::done("(there is nothing in it)".into(), "empty"));
    }
    let mut output = String::new();
    for (listed, (name, files)) in shown.iter().enumerate() {
        if listed == limits.max_list_entries || output.len() + name.len() > limits.max_answer_bytes {
            output += &format!("… and {} more; list a folder of it\n", all - listed);
            break;
        }
        output += name;
        if let Some(files) = files {
            output += &format!(" ({files} files)");
        }
        output.push('\n');
    }
    Ok(Answer::done(output, format!("{all} entries")))
}
