//! Gives what an agent wrote the form of the file it replaces: a model writes LF and UTF-8 whatever the file has.

use super::diff::{self, Change};
use super::form::{decode, encode, lines, with_crlf, with_lf, without_end};
use crate::change::LineEnding;
use std::borrow::Cow;

/// `new` with the encoding, BOM and line ends of `base`. Bytes that are no text on either side stay as they are, and so
/// does a new text where the base is empty: it has no form to keep.
pub fn adopt_form<'new>(base: &[u8], new: &'new [u8]) -> Cow<'new, [u8]> {
    let (Some(base_text), Some(new_text)) = (decode(base), decode(new)) else {
        return Cow::Borrowed(new);
    };
    if base_text.content.is_empty() {
        return Cow::Borrowed(new);
    }
    let content = match base_text.form.line_ending {
        LineEnding::Lf => with_lf(&new_text.content),
        LineEnding::Crlf => with_crlf(&new_text.content),
        LineEnding::Mixed => adopt_mixed(&base_text.content, &new_text.content),
        LineEnding::None => new_text.content,
    };
    let bytes = encode(&content, &base_text.form);
    if bytes == new { Cow::Borrowed(new) } else { Cow::Owned(bytes) }
}

/// `new` with the line ends of a base that mixes them: a line that is in the base keeps its end, any other gets the end
/// of the line it replaces or follows.
pub fn adopt_mixed(base: &str, new: &str) -> String {
    let old = lines(base);
    let fresh = lines(new);
    let bare_old: Vec<&str> = old.iter().map(|line| without_end(line)).collect();
    let bare_new: Vec<&str> = fresh.iter().map(|line| without_end(line)).collect();
    let Some(changes) = diff::changes(&bare_old, &bare_new) else {
        return new.to_owned();
    };
    let end_near = |at: usize| {
        let near = old[..(at + 1).min(old.len())].iter().rev();
        near.map(|line| &line[without_end(line).len()..]).find(|end| !end.is_empty()).unwrap_or("\n")
    };
    let mut out = String::with_capacity(new.len() + base.len() / 16);
    let mut put = |line: &str, base_line: usize| {
        let bare = without_end(line);
        out.push_str(bare);
        if bare.len() < line.len() && line.ends_with('\n') {
            out.push_str(end_near(base_line));
        } else {
            out.push_str(&line[bare.len()..]);
        }
    };
    let (mut at_old, mut at_new) = (0, 0);
    for Change { old: gone, new: come } in changes {
        while at_new < come.start {
            put(fresh[at_new], at_old);
            at_new += 1;
            at_old += 1;
        }
        for (offset, index) in come.clone().enumerate() {
            let replaced = gone.start + offset;
            put(fresh[index], if replaced < gone.end { replaced } else { gone.end.saturating_sub(1) });
        }
        (at_old, at_new) = (gone.end, come.end);
    }
    for (offset, line) in fresh[at_new..].iter().enumerate() {
        put(line, at_old + offset);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn lf_written_into_a_crlf_file_with_bom_keeps_both() {
        let base = b"\xEF\xBB\xBFone\r\ntwo\r\n";
        assert_eq!(&*adopt_form(base, b"one\n2\nthree\n"), b"\xEF\xBB\xBFone\r\n2\r\nthree\r\n");
    }

    #[test]
    fn utf8_written_into_a_utf16_file_keeps_its_encoding() {
        let base = b"\xFF\xFEa\0\n\0";
        assert_eq!(&*adopt_form(base, "a\né\n".as_bytes()), b"\xFF\xFEa\0\n\0\xE9\0\n\0");
    }

    #[test]
    fn a_missing_final_newline_stays_as_the_agent_wrote_it() {
        assert_eq!(&*adopt_form(b"a\r\nb", b"a\nc"), b"a\r\nc");
        assert_eq!(&*adopt_form(b"a\r\nb", b"a\nc\n"), b"a\r\nc\r\n");
    }

    #[test]
    fn a_file_with_mixed_ends_changes_only_in_the_lines_that_were_written() {
        let base = b"a\r\nb\nc\r\nd\n";
        assert_eq!(&*adopt_form(base, b"a\nb\nX\nY\nd\n"), b"a\r\nb\nX\r\nY\r\nd\n");
        assert_eq!(&*adopt_form(base, b"a\nb\nc\nd\n"), base);
        assert_eq!(&*adopt_form(base, b"0\na\nb\nc\nd"), b"0\r\na\r\nb\nc\r\nd");
    }

    #[test]
    fn bytes_that_are_no_text_stay() {
        assert_eq!(&*adopt_form(b"a\r\n", b"\0\n"), b"\0\n");
        assert_eq!(&*adopt_form(b"", b"\xEF\xBB\xBFa\r\n"), b"\xEF\xBB\xBFa\r\n");
    }

    proptest! {
        #[test]
        fn writing_back_what_was_read_changes_nothing(base in "[ab\r\n]{0,40}") {
            let read = with_lf(&base);
            // A `\r` that ends a line of its own is text, not an end: reading as LF does not keep `\r\r\n` apart.
            prop_assume!(!base.contains("\r\r\n"));
            let kept = adopt_form(base.as_bytes(), read.as_bytes());
            prop_assert_eq!(std::str::from_utf8(&kept).unwrap(), base);
        }
        #[test]
        fn adopting_twice_is_adopting_once(base in "[ab\r\n]{0,30}", new in "[ab\n]{0,30}") {
            let once = adopt_form(base.as_bytes(), new.as_bytes()).into_owned();
            prop_assert_eq!(&*adopt_form(base.as_bytes(), &once), &once);
        }
    }
}
