//! Reads bytes as text and writes text back, byte for byte the same: encoding, BOM, line ends, final newline.

use crate::change::{Encoding, LineEnding, TextForm};

const UTF8_BOM: &[u8] = b"\xEF\xBB\xBF";
const UTF16LE_BOM: &[u8] = b"\xFF\xFE";
const UTF16BE_BOM: &[u8] = b"\xFE\xFF";

/// A file's text, with its own line ends and without its BOM, and the form that makes its bytes of it again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    pub content: String,
    pub form: TextForm,
}

impl TextForm {
    /// What is no text: kept as bytes.
    pub const BINARY: Self =
        Self { encoding: Encoding::Unknown, line_ending: LineEnding::None, bom: false, final_newline: false };

    /// The form of `content` in UTF-8 without a BOM.
    pub fn of(content: &str) -> Self {
        Self::with(content, Encoding::Utf8, false)
    }

    fn with(content: &str, encoding: Encoding, bom: bool) -> Self {
        Self { encoding, line_ending: line_ending(content), bom, final_newline: content.ends_with('\n') }
    }
}

/// Reads UTF-8 (with or without BOM) and UTF-16 with BOM. Nothing when the bytes are no text, or would not come back the
/// same: invalid sequences, or a NUL.
pub fn decode(bytes: &[u8]) -> Option<Text> {
    let (content, encoding, bom) = if let Some(rest) = bytes.strip_prefix(UTF16LE_BOM) {
        (utf16(rest, u16::from_le_bytes)?, Encoding::Utf16Le, true)
    } else if let Some(rest) = bytes.strip_prefix(UTF16BE_BOM) {
        (utf16(rest, u16::from_be_bytes)?, Encoding::Utf16Be, true)
    } else {
        let rest = bytes.strip_prefix(UTF8_BOM);
        let text = std::str::from_utf8(rest.unwrap_or(bytes)).ok()?;
        (text.to_owned(), Encoding::Utf8, rest.is_some())
    };
    if content.contains('\0') {
        return None;
    }
    let form = TextForm::with(&content, encoding, bom);
    Some(Text { content, form })
}

/// The bytes of `content` in the encoding and with the BOM of `form`; line ends are the content's own.
pub fn encode(content: &str, form: &TextForm) -> Vec<u8> {
    match form.encoding {
        Encoding::Utf8 | Encoding::Unknown => {
            let bom = if form.bom { UTF8_BOM } else { b"" };
            [bom, content.as_bytes()].concat()
        }
        Encoding::Utf16Le => {
            let bom = if form.bom { UTF16LE_BOM } else { b"" };
            bom.iter().copied().chain(content.encode_utf16().flat_map(u16::to_le_bytes)).collect()
        }
        Encoding::Utf16Be => {
            let bom = if form.bom { UTF16BE_BOM } else { b"" };
            bom.iter().copied().chain(content.encode_utf16().flat_map(u16::to_be_bytes)).collect()
        }
    }
}

/// The content's lines with their ends; they join to the content again.
pub fn lines(content: &str) -> Vec<&str> {
    content.split_inclusive('\n').collect()
}

/// A line without its end. A `\r` with no `\n` after it is text.
pub fn without_end(line: &str) -> &str {
    line.strip_suffix("\r\n").or_else(|| line.strip_suffix('\n')).unwrap_or(line)
}

/// The content with every line end as `\n`.
pub fn with_lf(content: &str) -> String {
    content.replace("\r\n", "\n")
}

/// The content with every line end as `\r\n`.
pub fn with_crlf(content: &str) -> String {
    with_lf(content).replace('\n', "\r\n")
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Option<String> {
    if !bytes.len().is_multiple_of(2) {
        return None;
    }
    let units = bytes.chunks_exact(2).map(|pair| unit([pair[0], pair[1]]));
    char::decode_utf16(units).collect::<Result<_, _>>().ok()
}

fn line_ending(content: &str) -> LineEnding {
    let all = content.matches('\n').count();
    let crlf = if content.contains('\r') { content.matches("\r\n").count() } else { 0 };
    match (all, crlf) {
        (0, _) => LineEnding::None,
        (_, 0) => LineEnding::Lf,
        (all, crlf) if all == crlf => LineEnding::Crlf,
        _ => LineEnding::Mixed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn each_form_is_recognised() {
        let cases: &[(&[u8], Encoding, LineEnding, bool, bool)] = &[
            (b"", Encoding::Utf8, LineEnding::None, false, false),
            (b"a", Encoding::Utf8, LineEnding::None, false, false),
            (b"a\nb\n", Encoding::Utf8, LineEnding::Lf, false, true),
            (b"a\r\nb", Encoding::Utf8, LineEnding::Crlf, false, false),
            (b"a\r\nb\n", Encoding::Utf8, LineEnding::Mixed, false, true),
            (b"a\rb", Encoding::Utf8, LineEnding::None, false, false),
            (b"\xEF\xBB\xBFa\n", Encoding::Utf8, LineEnding::Lf, true, true),
            (b"\xFF\xFEa\0\r\0\n\0", Encoding::Utf16Le, LineEnding::Crlf, true, true),
            (b"\xFE\xFF\0a", Encoding::Utf16Be, LineEnding::None, true, false),
        ];
        for (bytes, encoding, line_ending, bom, final_newline) in cases {
            let text = decode(bytes).unwrap();
            let form = TextForm {
                encoding: *encoding,
                line_ending: *line_ending,
                bom: *bom,
                final_newline: *final_newline,
            };
            assert_eq!(text.form, form, "{bytes:?}");
        }
    }

    #[test]
    fn what_would_not_come_back_the_same_is_no_text() {
        for bytes in [&b"a\0b"[..], b"\xFF\xFEa", b"\xFF\xFE\x00\xD8", b"caf\xE9", b"\x89PNG"] {
            assert_eq!(decode(bytes), None, "{bytes:?}");
        }
    }

    proptest! {
        #[test]
        fn whatever_reads_as_text_is_written_back_byte_for_byte(
            start in prop::sample::select(vec![&b""[..], UTF8_BOM, UTF16LE_BOM, UTF16BE_BOM]),
            rest in prop::collection::vec(prop::sample::select(b"a\r\n\0\xC3\xA9\xFF".to_vec()), 0..40),
        ) {
            let bytes = [start, &rest].concat();
            if let Some(text) = decode(&bytes) {
                prop_assert_eq!(encode(&text.content, &text.form), bytes);
            }
        }

        #[test]
        fn lines_join_to_the_content(content in "[ab\r\n]{0,30}") {
            prop_assert_eq!(lines(&content).concat(), content);
        }
    }
}
