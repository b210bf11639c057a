//! Keeps a long conversation within what a model can read: the oldest tool answers make way first, and say so. Requests
//! and rules are never left out.

use crate::providers::{Message, Part};

/// The newest turns of tool answers that always stay whole.
const NEWEST: usize = 4;
/// Answers up to this size are not worth leaving out.
const SMALL: usize = 200;
const LEFT_OUT: &str = "(left out to save room; call the tool again if you need it)";

/// The messages with old tool answers left out until the whole has at most `max` bytes, or no more can go.
pub(super) fn fit(messages: &[Message], max: usize) -> Vec<Message> {
    let mut kept = messages.to_vec();
    let mut bytes: usize = kept.iter().map(size).sum();
    let turns = kept.iter().filter(|message| matches!(message, Message::ToolResults { .. })).count();
    let mut old = turns.saturating_sub(NEWEST);
    for message in &mut kept {
        if bytes <= max || old == 0 {
            break;
        }
        let Message::ToolResults { results } = message else { continue };
        old -= 1;
        for result in results.iter_mut().filter(|result| result.output.len() > SMALL) {
            bytes -= result.output.len() - LEFT_OUT.len();
            result.output = LEFT_OUT.into();
        }
    }
    kept
}

fn size(message: &Message) -> usize {
    match message {
        Message::User { text } => text.len(),
        Message::ToolResults { results } => results.iter().map(|result| result.output.len()).sum(),
        Message::Assistant { parts } => parts.iter().map(part_size).sum(),
    }
}

pub(super) fn part_size(part: &Part) -> usize {
    match part {
        Part::Text { text } | Part::Thinking { text, .. } => text.len(),
        Part::ToolCall(call) => call.name.len() + call.input.to_string().len(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::providers::ToolResult;

    fn answer(n: usize) -> Message {
        let output = format!("{n}").repeat(1000);
        Message::ToolResults { results: vec![ToolResult { call_id: n.to_string(), output, is_error: false }] }
    }

    #[test]
    fn the_oldest_answers_go_first_and_the_newest_stay() {
        let request = Message::User { text: "x".repeat(5000) };
        let mut messages = vec![request.clone()];
        messages.extend((1..=7).map(answer));
        assert_eq!(fit(&messages, 12_000), messages, "exactly at the limit nothing goes");
        let kept = fit(&messages, 11_999);
        assert_ne!(kept[1], messages[1]);
        assert_eq!(kept[2..], messages[2..]);
        let kept = fit(&messages, 0);
        assert_eq!(kept[0], request);
        assert_ne!(kept[3], messages[3]);
        assert_eq!(kept[4..], messages[4..], "the newest four stay whole");
    }
}
