//! `edit_file`, `create_file`, `delete_file`, `move_file`. What is written into a file keeps its encoding, BOM and line
//! ends.

use super::copy::PrivateCopy;
use super::read::plural;
use super::replace::{Miss, replace};
use super::{Answer, Refused, ToolLimits, input};
use tidemark_shared::{RelPath, patch};

pub(super) fn edit(
    copy: &PrivateCopy,
    limits: &ToolLimits,
    wanted: &input::EditFile,
) -> Result<Answer, Refused> {
    let path = input::path(&wanted.path)?;
    fits(&wanted.new_text, "new_text", limits)?;
    let file = copy.read_text(&path, limits)?;
    if *patch::adopt_form(&file.bytes, file.text.as_bytes()) != *file.bytes {
        return Err(Refused::new(format!(
            "{path} has line ends that an edit would not keep; it can't be edited here"
        )));
    }
    let old = patch::form::with_lf(&wanted.old_text);
    let new = patch::form::with_lf(&wanted.new_text);
    let done = replace(&file.text, &old, &new).map_err(|miss| refusal(&path.to_string(), &miss))?;
    copy.replace(&path, &patch::adopt_form(&file.bytes, done.text.as_bytes()))?;
    let (added, removed) = (done.added, done.removed);
    let how = if done.is_exact { "" } else { " (blanks at line ends differed)" };
    let output = format!("{path} changed from line {}: +{added} -{removed} lines{how}", done.line);
    Ok(Answer::done(output, format!("+{added} −{removed}")))
}

pub(super) fn create(
    copy: &PrivateCopy,
    limits: &ToolLimits,
    wanted: &input::CreateFile,
) -> Result<Answer, Refused> {
    let path = input::path(&wanted.path)?;
    fits(&wanted.content, "content", limits)?;
    copy.create(&path, wanted.content.as_bytes())?;
    let lines = plural(wanted.content.lines().count(), "line");
    Ok(Answer::done(format!("{path} made with {lines}"), lines))
}

pub(super) fn delete(copy: &PrivateCopy, wanted: &input::DeleteFile) -> Result<Answer, Refused> {
    let path = input::path(&wanted.path)?;
    copy.delete(&path)?;
    Ok(Answer::done(format!("{path} deleted"), "deleted"))
}

pub(super) fn rename(copy: &PrivateCopy, wanted: &input::MoveFile) -> Result<Answer, Refused> {
    let (from, to) = (input::path(&wanted.from)?, input::path(&wanted.to)?);
    copy.rename(&from, &to)?;
    Ok(Answer::done(format!("{from} is now {to}"), "moved"))
}

pub(super) fn write(
    copy: &PrivateCopy,
    limits: &ToolLimits,
    path: &RelPath,
    text: Option<&str>,
) -> Result<Answer, Refused> {
    let Some(text) = text else {
        copy.delete(path)?;
        return Ok(Answer::done(format!("{path} deleted"), "deleted"));
    };
    fits(text, "the file", limits)?;
    match copy.read_text(path, limits) {
        Ok(file) => copy.replace(path, &patch::adopt_form(&file.bytes, text.as_bytes()))?,
        Err(_) => copy.create(path, text.as_bytes())?,
    }
    let lines = plural(text.lines().count(), "line");
    Ok(Answer::done(format!("{path} written with {lines}"), lines))
}

fn fits(text: &str, field: &str, limits: &ToolLimits) -> Result<(), Refused> {
    if text.len() > limits.max_write_bytes {
        let message =
            format!("{field} has {} bytes; one call writes at most {}", text.len(), limits.max_write_bytes);
        return Err(Refused::new(message));
    }
    if text.contains('\0') {
        return Err(Refused::new(format!("{field} has a NUL; only text can be written")));
    }
    Ok(())
}

/// What the model needs to mend its call: what it wrote, what the file has, and where.
fn refusal(path: &str, miss: &Miss) -> Refused {
    let said = match miss {
        Miss::NoChange => "old_text and new_text are the same".to_owned(),
        Miss::Empty => {
            "old_text is empty; give the lines that new_text replaces, or the line after which it goes"
                .to_owned()
        }
        Miss::CutsWord { line } => format!(
            "old_text begins or ends inside a word in line {line}; give whole words, best whole lines"
        ),
        Miss::Already { line } => {
            format!(
                "old_text is not in {path}, but new_text already is, at line {line}; nothing is left to do"
            )
        }
        Miss::Ambiguous { places } => {
            let places: Vec<_> = places.iter().map(|(line, text)| format!("  line {line}: {text}")).collect();
            format!(
                "old_text is in {path} more than once. Add lines before or after it until it occurs once. It begins at\n{}",
                places.join("\n")
            )
        }
        Miss::Nowhere => format!("no line of old_text is in {path}; read the file again"),
        Miss::Diverges { line, wrote, has, around } => format!(
            "old_text is not in {path}. The nearest place differs first at line {line}:\n  you wrote: {wrote}\n  file has:  {has}\n\
             The file there:\n{around}"
        ),
    };
    Refused::new(format!("{said}\nNothing was written."))
}
