//! `*** Begin Patch`: what is to happen to a file is certain when the next file, or the end, follows.

use super::super::begin_patch::{Operation, operation, read_one};
use super::Told;

#[derive(Default)]
pub(super) struct BeginPatch {
    state: State,
    /// Where the operation that is not certain yet begins.
    start: Option<usize>,
    is_new: bool,
    path: Option<String>,
    has_any: bool,
}

#[derive(Default, PartialEq)]
enum State {
    /// Before a `*** Begin Patch`.
    #[default]
    Outside,
    Inside,
    /// An end with blanks in front of it is one only if no other follows.
    Doubtful(Vec<usize>),
    /// What is certain now stays so; what comes is read otherwise, depending on the end.
    Over,
}

impl BeginPatch {
    pub(super) fn line(&mut self, lines: &[String], at: usize, told: &mut Told) {
        let line = lines[at].as_str();
        if self.state == State::Outside {
            if line.trim_end() == "*** Begin Patch" {
                (self.state, self.has_any) = (State::Inside, false);
                return;
            }
            if operation(line).is_none() {
                return;
            }
            // Without its beginning a patch is one only if no other follows.
            self.state = State::Over;
        }
        let is_end = line.trim_end() == "*** End Patch";
        if is_end || operation(line).is_some() {
            self.seal(lines, at, told);
        }
        if let Some((operation, path)) = operation(line) {
            self.start = Some(at);
            self.has_any = true;
            self.is_new = matches!(operation, Operation::Add);
            self.path = Some(path.to_owned());
            told.file(path).open = true;
        } else if is_end {
            self.state = match (&self.state, self.has_any) {
                (State::Over, _) | (_, false) => State::Over,
                _ => State::Outside,
            };
        } else if line.trim() == "*** End Patch" && self.state == State::Inside {
            self.state = State::Doubtful(Vec::new());
        } else if let Some(path) = &self.path {
            let file = told.file(path);
            file.added += usize::from(self.is_new || line.starts_with('+'));
            file.removed += usize::from(!self.is_new && line.starts_with('-'));
        }
    }

    /// The operation that ends here.
    fn seal(&mut self, lines: &[String], at: usize, told: &mut Told) {
        if let Some(path) = self.path.take() {
            told.file(&path).open = false;
        }
        let Some(start) = self.start.take() else { return };
        if let State::Doubtful(starts) = &mut self.state {
            starts.push(start);
        }
        let is_end = operation(&lines[at]).is_none();
        let starts = match &mut self.state {
            State::Inside => vec![start],
            State::Doubtful(starts) if is_end => std::mem::take(starts),
            State::Doubtful(_) | State::Outside | State::Over => return,
        };
        if let Some(first) = starts.first() {
            let all: Vec<&str> = lines[*first..at].iter().map(String::as_str).collect();
            told.work += all.iter().map(|line| line.len()).sum::<usize>();
            told.edits.extend(read_one(&all));
        }
    }
}
