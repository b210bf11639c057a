//! Server-sent events, as the HTML standard parses them, from bytes that may be split anywhere: inside a frame, a line
//! end or a character. Only whole lines are decoded.

/// The longest line, and the longest data of one event, in bytes. More than that is no answer of a model.
pub(super) const MAX_EVENT_BYTES: usize = 16 << 20;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Event {
    /// Empty when the server names none.
    pub name: String,
    pub data: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BadEvent {
    #[error("an event is not UTF-8")]
    NotUtf8,
    #[error("an event is longer than {MAX_EVENT_BYTES} bytes")]
    TooLong,
}

#[derive(Debug, Default)]
pub(crate) struct Parser {
    line: Vec<u8>,
    /// The last byte was CR: an LF right after it belongs to the same line end.
    after_cr: bool,
    started: bool,
    name: String,
    data: String,
    has_data: bool,
}

impl Parser {
    /// Takes the next bytes and gives the events that they complete.
    pub(crate) fn push(&mut self, bytes: &[u8]) -> Result<Vec<Event>, BadEvent> {
        let mut events = Vec::new();
        let mut rest = bytes;
        if self.after_cr && rest.first() == Some(&b'\n') {
            rest = &rest[1..];
        }
        if !bytes.is_empty() {
            self.after_cr = false;
        }
        while let Some(at) = rest.iter().position(|byte| matches!(byte, b'\n' | b'\r')) {
            self.grow(&rest[..at])?;
            let line = std::mem::take(&mut self.line);
            events.extend(self.line(&line)?);
            let crlf = rest[at] == b'\r' && rest.get(at + 1) == Some(&b'\n');
            self.after_cr = rest[at] == b'\r' && at + 1 == rest.len();
            rest = &rest[at + if crlf { 2 } else { 1 }..];
        }
        self.grow(rest)?;
        Ok(events)
    }

    /// Whether anything that looks like an event was read.
    pub(super) const fn started(&self) -> bool {
        self.started
    }

    fn grow(&mut self, more: &[u8]) -> Result<(), BadEvent> {
        if self.line.len() + more.len() > MAX_EVENT_BYTES {
            return Err(BadEvent::TooLong);
        }
        self.line.extend_from_slice(more);
        Ok(())
    }

    fn line(&mut self, line: &[u8]) -> Result<Option<Event>, BadEvent> {
        let line = std::str::from_utf8(line).map_err(|_| BadEvent::NotUtf8)?;
        let line = line.strip_prefix('\u{feff}').unwrap_or(line);
        if line.is_empty() {
            let event = self.has_data.then(|| Event {
                name: std::mem::take(&mut self.name),
                data: std::mem::take(&mut self.data),
            });
            self.name.clear();
            self.has_data = false;
            return Ok(event);
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "data" => {
                if self.data.len() + value.len() > MAX_EVENT_BYTES {
                    return Err(BadEvent::TooLong);
                }
                if self.has_data {
                    self.data.push('\n');
                }
                self.data.push_str(value);
                self.has_data = true;
                self.started = true;
            }
            "event" => {
                self.name = value.into();
                self.started = true;
            }
            // A comment keeps the connection alive; `id`, `retry` and others mean nothing here.
            _ => {}
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn event(name: &str, data: &str) -> Event {
        Event { name: name.into(), data: data.into() }
    }

    #[test]
    fn fields_comments_and_line_ends_are_read_as_the_standard_says() {
        let text =
            "\u{feff}: hello\nevent: a\r\ndata: one\rdata:two\ndata\n\nid: 7\n\ndata:  x\n\nevent: lost\n\n";
        let events = Parser::default().push(text.as_bytes()).unwrap();
        assert_eq!(events, [event("a", "one\ntwo\n"), event("", " x")]);
    }

    proptest! {
        #[test]
        fn bytes_split_anywhere_give_the_same_events(cuts in prop::collection::vec(0_usize..70, 0..12), crlf: bool) {
            let mut text = "event: ä\ndata: {\"größe\": \"水🌊\"}\n\n: ping\n\ndata: [DONE]\n\n".to_owned();
            if crlf {
                text = text.replace('\n', "\r\n");
            }
            let bytes = text.as_bytes();
            let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(bytes.len())).collect();
            cuts.sort_unstable();
            let mut parser = Parser::default();
            let mut events = Vec::new();
            let mut from = 0;
            for to in cuts.into_iter().chain([bytes.len()]) {
                events.extend(parser.push(&bytes[from..to]).unwrap());
                from = to;
            }
            prop_assert_eq!(events, [event("ä", "{\"größe\": \"水🌊\"}"), event("", "[DONE]")]);
        }
    }

    #[test]
    fn an_event_of_the_longest_length_is_read_and_a_longer_one_refused() {
        let mut line = b"data:".to_vec();
        line.resize(MAX_EVENT_BYTES, b'x');
        let mut parser = Parser::default();
        assert!(parser.push(&line).unwrap().is_empty());
        assert_eq!(parser.push(b"\n\n").unwrap().len(), 1);
        let mut parser = Parser::default();
        assert!(parser.push(&line).unwrap().is_empty());
        assert_eq!(parser.push(b"y"), Err(BadEvent::TooLong));
    }

    #[test]
    fn what_is_not_utf8_is_refused() {
        assert_eq!(Parser::default().push(b"data: \xff\n"), Err(BadEvent::NotUtf8));
    }
}
