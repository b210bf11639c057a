//! Values that are known to be secret, wherever they stand and however they are encoded.

use super::Found;
use aho_corasick::{AhoCorasick, MatchKind};
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use std::fmt::Write as _;

/// Shorter values are words that stand anywhere.
const SHORTEST: usize = 8;

/// Finds known values as they are, in base64 (both alphabets, wherever in a longer text they begin), in hexadecimal of
/// either case, percent-encoded, as a JSON string and as HTML text.
#[derive(Default)]
pub(super) struct Known(Option<AhoCorasick>);

impl Known {
    pub(super) fn new<'a>(values: impl IntoIterator<Item = &'a str>) -> Self {
        let values = values.into_iter().map(str::trim).filter(|value| value.len() >= SHORTEST);
        let forms: Vec<String> = values.flat_map(forms).collect();
        if forms.is_empty() {
            return Self(None);
        }
        let finder = AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(&forms);
        Self(Some(finder.expect("some kilobytes of patterns fit")))
    }

    pub(super) fn find(&self, text: &str) -> Vec<Found> {
        let Some(finder) = &self.0 else { return Vec::new() };
        finder.find_iter(text).map(|found| Found { place: found.range(), kind: "known-value" }).collect()
    }
}

fn forms(value: &str) -> Vec<String> {
    let mut forms = vec![
        value.to_owned(),
        hex(value),
        hex(value).to_uppercase(),
        percent(value, char::is_alphanumeric),
        percent(value, |c: char| c.is_alphanumeric() || "-_.~".contains(c)),
        percent(value, |c| c.is_alphanumeric() || "-_.!~*'();/?:@&=+$,#".contains(c)),
        serde_json::Value::from(value).to_string().trim_matches('"').to_owned(),
        value.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;"),
    ];
    forms.push(forms[7].replace('\'', "&#39;"));
    forms.extend(
        (0..3).flat_map(|before| [encoded(value, before, &STANDARD), encoded(value, before, &URL_SAFE)]),
    );
    forms.sort();
    forms.dedup();
    forms
}

/// What of the base64 depends on the value alone when `before` bytes go before it and any bytes follow.
fn encoded(value: &str, before: usize, engine: &impl base64::Engine) -> String {
    let whole = engine.encode([&vec![0; before], value.as_bytes()].concat());
    // Six bits a character: those that share bits with a neighbour are left out.
    let (start, end) = ((before * 8).div_ceil(6), (before + value.len()) * 8 / 6);
    whole[start..end].to_owned()
}

fn hex(value: &str) -> String {
    value.bytes().fold(String::new(), |mut hex, byte| {
        write!(hex, "{byte:02x}").expect("a String takes every write");
        hex
    })
}

fn percent(value: &str, plain: impl Fn(char) -> bool) -> String {
    let mut encoded = String::new();
    for c in value.chars() {
        if c.is_ascii() && plain(c) {
            encoded.push(c);
        } else {
            for byte in c.encode_utf8(&mut [0; 4]).bytes() {
                write!(encoded, "%{byte:02X}").expect("a String takes every write");
            }
        }
    }
    encoded
}
