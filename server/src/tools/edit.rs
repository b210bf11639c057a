//! `edit_file`, `create_file`, `delete_file`, `move_file`. Where an edit belongs is the patch engine's to prove. What is
//! written into a file keeps its encoding, BOM and line ends.

use super::copy::PrivateCopy;
use super::read::plural;
use super::{Answer, Refused, ToolLimits, input};
use tidemark_shared::patch::{self, RefusalCode, reply};
use tidemark_shared::{Found, RelPath};

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
    if old == new {
        return Err(refused("old_text and new_text are the same"));
    }
    let (text, placed) = if old.is_empty() {
        // An empty file has one place only.
        if !file.text.is_empty() {
            let why =
                "old_text is empty; give the lines that new_text replaces, or the line after which it goes";
            return Err(refused(why));
        }
        (new, Vec::new())
    } else {
        if let Some(line) = cuts_word(&file.text, &old) {
            let why = format!(
                "old_text begins or ends inside a word in line {line}; give whole words, best whole lines"
            );
            return Err(refused(&why));
        }
        let name = path.to_string();
        let act = reply::Act::Replace { old, new: new.clone() };
        let edit = reply::FileEdit { path: Some(name.clone()), other_path: None, act };
        let files = patch::Files::from([(name.clone(), file.text.clone())]);
        let mut intended =
            patch::place(&[edit], &files, &files).map_err(|why| missed(&path, &file.text, &new, &why))?;
        (intended.files.remove(&name).flatten().unwrap_or_default(), intended.hunks)
    };
    copy.replace(&path, &patch::adopt_form(&file.bytes, text.as_bytes()))?;
    let (added, removed) = counts(&file.text, &text);
    let line = placed.first().map_or(1, |place| place.line);
    let how = placed.first().and_then(|place| in_words(place.found)).unwrap_or_default();
    copy.note(placed);
    let output = format!("{path} changed from line {line}: +{added} -{removed} lines{how}");
    Ok(Answer::done(output, format!("+{added} −{removed}")))
}

/// The line of the only place of `piece`, if that is inside a longer word: `a = 1` in `a = 10`. A model that calls a tool
/// can say more, so it is asked to.
fn cuts_word(text: &str, piece: &str) -> Option<usize> {
    let mut places = text.match_indices(piece);
    let (Some((start, _)), None) = (places.next(), places.next()) else { return None };
    let (before, after) = (&text[..start], &text[start + piece.len()..]);
    let is_word = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
    let cuts_front = is_word(before.chars().next_back()) && is_word(piece.chars().next());
    let cuts_back = is_word(after.chars().next()) && is_word(piece.chars().next_back());
    (cuts_front || cuts_back).then(|| before.matches('\n').count() + 1)
}

/// How the place differed from `old_text`, for the model.
const fn in_words(found: Found) -> Option<&'static str> {
    match found {
        Found::Exact | Found::NewFile | Found::Merged | Found::Moved => None,
        Found::Whitespace => Some(" (blanks at line ends differed)"),
        Found::Indentation => Some(" (the indentation differed; new_text took the file's)"),
        Found::Aligned => Some(" (some lines differed; the only place that fits)"),
    }
}

fn counts(before: &str, after: &str) -> (usize, usize) {
    let (before, after): (Vec<&str>, Vec<&str>) = (before.lines().collect(), after.lines().collect());
    let changes = patch::diff::changes(&before, &after).unwrap_or_default();
    let sum = |of: fn(&patch::diff::Change) -> usize| changes.iter().map(of).sum();
    (sum(|change| change.new.len()), sum(|change| change.old.len()))
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
fn missed(path: &RelPath, text: &str, new: &str, why: &patch::Refusal) -> Refused {
    let lines: Vec<&str> = text.lines().collect();
    if why.code == RefusalCode::NoMatch
        && new.trim().len() >= TELLING
        && let Some((before, _)) = text.split_once(new)
    {
        let line = before.matches('\n').count() + 1;
        return refused(&format!(
            "old_text is not in {path}, but new_text already is, at line {line}; nothing is left to do"
        ));
    }
    let mut said = format!("old_text can't be placed in {path}: {}", why.message);
    for candidate in &why.candidates {
        let number = candidate.rsplit(' ').next().and_then(|number| number.parse::<usize>().ok());
        let line = number.and_then(|number| lines.get(number - 1)).copied().unwrap_or_default();
        said += &format!("\n  {candidate}: {}", shown(line));
    }
    if let Some(at) = &why.diverges {
        let from = at.line.saturating_sub(AROUND / 2).max(1);
        let around = lines.iter().enumerate().skip(from - 1).take(AROUND);
        let around: Vec<_> = around.map(|(n, line)| format!("{}\t{}", n + 1, shown(line))).collect();
        said += &format!(
            "\nThe nearest place differs first at line {}:\n  you wrote: {}\n  file has:  {}\nThe file there:\n{}",
            at.line,
            shown(&at.reply_has),
            shown(&at.file_has),
            around.join("\n")
        );
    }
    refused(&said)
}

/// A new text of fewer bytes may be in a file by chance.
const TELLING: usize = 8;
/// Lines of the file that are shown around the first difference.
const AROUND: usize = 8;

fn shown(line: &str) -> String {
    super::read::cut(line.trim_end(), 200)
}

fn refused(why: &str) -> Refused {
    Refused::new(format!("{why}\nNothing was written."))
}
