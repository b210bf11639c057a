//! Whole files: which one is being written. Nothing is certain before the end, where another form may still take their place.

use super::super::whole::path_of;
use super::Told;

/// How many lines above a fence are looked at for the file's name.
const ABOVE: usize = 8;

#[derive(Default)]
pub(super) struct Whole {
    fence: Option<(String, Option<String>)>,
}

impl Whole {
    pub(super) fn line(&mut self, lines: &[String], at: usize, told: &mut Told) {
        let line = lines[at].as_str();
        let ticks = line.bytes().take_while(|byte| *byte == b'`').count();
        match &self.fence {
            Some((mark, path))
                if line.strip_prefix(mark.as_str()).is_some_and(|rest| rest.trim().is_empty()) =>
            {
                if let Some(path) = path {
                    told.file(path).open = false;
                }
                self.fence = None;
            }
            Some(_) => {}
            None if ticks >= 3 => {
                let above: Vec<&str> =
                    lines[at.saturating_sub(ABOVE)..at].iter().map(String::as_str).collect();
                let path = path_of(&line[ticks..], &above);
                if let Some(path) = &path {
                    told.file(path).open = true;
                }
                self.fence = Some((line[..ticks].to_owned(), path));
            }
            None => {}
        }
    }
}
