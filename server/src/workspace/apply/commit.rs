//! Writes all files of an intent, or none.

use super::super::error::{Result, WorkspaceError};
use super::super::objects::Objects;
use super::super::root::{Place, Root};
use super::super::write::{self, Displaced};
use super::intent::{Intent, Planned};
use super::{Step, Version};
use std::ffi::OsStr;
use tidemark_shared::{Hash, RelPath};

/// Carries the intent out. When it fails, everything is as before, but for files that someone else changed meanwhile.
pub(super) fn commit(root: &Root, intent: &Intent, objects: &Objects) -> Result<()> {
    let mut folders = Vec::new();
    let mut prepared: Vec<(&Planned, Place)> = Vec::new();
    let mut swapped: Vec<Displaced> = Vec::new();
    let outcome = (|| {
        for planned in &intent.files {
            let place = prepare(root, planned, objects, &mut folders)?;
            prepared.push((planned, place));
        }
        for (planned, place) in &prepared {
            swapped.push(swap(planned, place)?);
        }
        sync_all(root, &prepared, &folders)
    })();
    match outcome {
        Ok(()) => {
            prepared.iter().for_each(|(planned, place)| write::discard(&place.dir, &planned.beside));
            remove_empty_folders(root, intent);
            Ok(())
        }
        Err(why) => {
            for ((planned, place), displaced) in prepared.iter().zip(&swapped).rev() {
                swap_back(root, planned, place, *displaced, objects);
            }
            prepared.iter().for_each(|(planned, place)| write::discard(&place.dir, &planned.beside));
            for folder in folders.iter().rev() {
                drop(root.dir().remove_dir(folder));
            }
            Err(why)
        }
    }
}

/// Writes the new bytes beside.
fn prepare(root: &Root, planned: &Planned, objects: &Objects, folders: &mut Vec<RelPath>) -> Result<Place> {
    let Planned { step, beside } = planned;
    if step.after.is_some()
        && let Some(parent) = step.path.parent()
    {
        folders.extend(root.make_folders(&parent)?);
    }
    let place = root.place(&step.path)?;
    if let Some(Version { hash, permissions }) = &step.after {
        write::write_beside(&place, &step.path, beside, &objects.get(hash)?, *permissions)?;
    }
    Ok(place)
}

fn swap(planned: &Planned, place: &Place) -> Result<Displaced> {
    let Planned { step, beside } = planned;
    match (&step.before, &step.after) {
        (None, None) => Ok(Displaced::Nothing),
        (None, Some(_)) => write::move_to_nothing(place, &step.path, beside).map(|()| Displaced::Nothing),
        (Some(before), Some(_)) => write::exchange(place, &step.path, beside, &before.hash),
        (Some(before), None) => {
            write::take_away(place, &step.path, beside, &before.hash).map(|()| Displaced::Beside)
        }
    }
}

/// Undoes one swap. What can't be undone is told in the log; its bytes are in the object store.
fn swap_back(root: &Root, planned: &Planned, place: &Place, displaced: Displaced, objects: &Objects) {
    let Planned { step, beside } = planned;
    let back = match (&step.before, &step.after, displaced) {
        (None, None, _) => Ok(()),
        (None, Some(after), _) => write::take_away(place, &step.path, beside, &after.hash),
        (Some(_), Some(after), Displaced::Beside) => {
            write::exchange(place, &step.path, beside, &after.hash).map(|_| ())
        }
        (Some(_), None, Displaced::Beside) => write::move_to_nothing(place, &step.path, beside),
        (Some(before), after, Displaced::Nothing) => {
            let after = after.as_ref().map(|after| &after.hash);
            restore(root, &step.path, after, Some(before), objects, &write::temporary_name())
        }
    };
    if let Err(why) = back {
        tracing::error!(path = %step.path, %why, "a file could not be put back");
    }
}

fn sync_all(root: &Root, prepared: &[(&Planned, Place)], folders: &[RelPath]) -> Result<()> {
    let failed = |why| WorkspaceError::io("the project's folders could not be brought to the disk", why);
    for (_, place) in prepared {
        write::sync(&place.dir).map_err(failed)?;
    }
    for folder in folders {
        let parent = folder.parent();
        let above = match &parent {
            Some(parent) => root.dir().open_dir(parent),
            None => root.dir().try_clone(),
        };
        above.and_then(|above| write::sync(&above)).map_err(failed)?;
    }
    Ok(())
}

/// As git does: a folder whose last file went away goes too.
fn remove_empty_folders(root: &Root, intent: &Intent) {
    for Planned { step, .. } in intent.files.iter().filter(|planned| planned.step.after.is_none()) {
        let mut folder = step.path.parent();
        while let Some(empty) = folder {
            if root.dir().remove_dir(&empty).is_err() {
                break;
            }
            folder = empty.parent();
        }
    }
}

/// Finishes an intent that a crash cut off: every file that is still as it was becomes what it was to be. Files that
/// changed since are left alone.
pub(super) fn roll_forward(root: &Root, intent: &Intent, objects: &Objects) -> Result<()> {
    for planned in &intent.files {
        let Step { path, before, after, .. } = &planned.step;
        clear_beside(root, planned)?;
        let before = before.as_ref().map(|before| &before.hash);
        restore(root, path, before, after.as_ref(), objects, &planned.beside).or_else(only_changed)?;
    }
    remove_empty_folders(root, intent);
    Ok(())
}

/// Puts every file back as it was, but for those that changed since.
pub(super) fn put_back(root: &Root, intent: &Intent, objects: &Objects) -> Result<()> {
    for Planned { step, beside } in intent.files.iter().rev() {
        let after = step.after.as_ref().map(|after| &after.hash);
        restore(root, &step.path, after, step.before.as_ref(), objects, beside).or_else(only_changed)?;
    }
    Ok(())
}

fn only_changed(why: WorkspaceError) -> Result<()> {
    match why {
        WorkspaceError::Changed { .. } | WorkspaceError::Exists(_) | WorkspaceError::NotFound(_) => Ok(()),
        why => Err(why),
    }
}

/// Makes the file what `wanted` says, where it is what `found` says; else [`WorkspaceError::Changed`]. On the disk when it
/// returns.
fn restore(
    root: &Root,
    path: &RelPath,
    found: Option<&Hash>,
    wanted: Option<&Version>,
    objects: &Objects,
    beside: &str,
) -> Result<()> {
    if wanted.is_some()
        && let Some(parent) = path.parent()
    {
        root.make_folders(&parent)?;
    }
    let place = root.place(path)?;
    let written = match (found, wanted) {
        (None, None) => Ok(()),
        (found, Some(Version { hash, permissions })) => {
            write::write_beside(&place, path, beside, &objects.get(hash)?, *permissions)?;
            write::swap_in(&place, path, beside, Some(found))
        }
        (Some(found), None) => write::take_away(&place, path, beside, found),
    };
    written?;
    write::discard(&place.dir, beside);
    write::sync(&place.dir)
        .map_err(|why| WorkspaceError::io(format!("{path} could not be brought to the disk"), why))
}

/// What a crash left beside a file: ours goes; an edit of the person's that the exchange had just displaced goes back.
fn clear_beside(root: &Root, planned: &Planned) -> Result<()> {
    let Planned { step, beside } = planned;
    let place = match root.place(&step.path) {
        Ok(place) => place,
        Err(WorkspaceError::NotFound(_)) => return Ok(()),
        Err(why) => return Err(why),
    };
    let hash = |version: &Option<Version>| version.as_ref().map(|version| version.hash.clone());
    let Some(left) = write::hash_in(&place.dir, OsStr::new(beside)) else { return Ok(()) };
    let (before, after) = (hash(&step.before), hash(&step.after));
    let is_ours = Some(&left) == before.as_ref() || Some(&left) == after.as_ref();
    let is_displaced = !is_ours && before != after && before.is_some() && root.hash(&step.path)? == after;
    match (is_displaced, &after) {
        (true, Some(after)) => {
            write::exchange(&place, &step.path, beside, after)?;
        }
        (true, None) => write::move_to_nothing(&place, &step.path, beside)?,
        // Torn, because the crash came while it was written; or ours.
        (false, _) => {}
    }
    write::discard(&place.dir, beside);
    Ok(())
}
