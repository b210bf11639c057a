//! How a reply begins: thoughts are passed over, and JSON, which has no edit before its end, is known by its first character.

/// What arrives before the first line that counts.
#[derive(Default)]
pub(super) struct Head {
    text: String,
    /// How much of an open thought was searched for its end.
    searched: usize,
    state: State,
}

#[derive(Default, PartialEq)]
enum State {
    #[default]
    Open,
    Past,
    Closed,
}

const THINK: &str = "<think>";
const END: &str = "</think>";

impl Head {
    /// The text to read by lines, once that is what the reply is.
    pub(super) fn push(&mut self, piece: &str) -> Option<String> {
        if self.state == State::Past {
            return Some(piece.to_owned());
        }
        self.text.push_str(piece);
        self.pass_thoughts();
        let start = self.text.trim_start();
        if start.is_empty() || is_start_of(start, THINK) || start.starts_with(THINK) {
            return None;
        }
        if start.starts_with(['{', '"']) || is_start_of_json_fence(start)? {
            self.state = State::Closed;
            return None;
        }
        self.state = State::Past;
        Some(std::mem::take(&mut self.text))
    }

    pub(super) fn is_closed(&self) -> bool {
        self.state == State::Closed
    }

    fn pass_thoughts(&mut self) {
        while self.text.trim_start().starts_with(THINK) {
            let mut from = self.searched;
            while !self.text.is_char_boundary(from) {
                from -= 1;
            }
            let Some(at) = self.text[from..].find(END) else {
                self.searched = self.text.len().saturating_sub(END.len());
                return;
            };
            let answer = self.text[from + at + END.len()..].trim_start();
            self.text = answer.to_owned();
            self.searched = 0;
        }
    }
}

/// Whether `text` may yet become `whole`.
fn is_start_of(text: &str, whole: &str) -> bool {
    text.len() < whole.len() && whole.starts_with(text)
}

/// Whether a fence with JSON in it opens; nothing while more must arrive to tell.
fn is_start_of_json_fence(start: &str) -> Option<bool> {
    for open in ["```json\n", "```\n", "```json\r\n", "```\r\n"] {
        if is_start_of(start, open) {
            return None;
        }
        if let Some(inner) = start.strip_prefix(open) {
            let inner = inner.trim_start();
            return (!inner.is_empty()).then(|| inner.starts_with(['{', '"']));
        }
    }
    Some(false)
}
