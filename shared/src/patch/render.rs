//! A change of one file as git writes it: `git apply` takes it on the snapshot and makes the same bytes as an accept.

use super::binary;
use super::change::Side;
use super::diff::{self, Change};
use super::form::{Text, decode, lines};
use crate::change::{Encoding, FileMode};
use std::fmt::Write as _;

/// Unchanged lines around a change, as git has them.
pub const CONTEXT: usize = 3;

/// The unified diff from `base` to `new`; either may be absent, not both. Text that git reads as text is shown by lines;
/// all else (other bytes, UTF-16, what is too large to compare) as a `GIT binary patch`.
pub fn render(base: Option<Side<'_>>, new: Option<Side<'_>>) -> String {
    let Some(any) = new.or(base) else {
        return String::new();
    };
    let (old_path, new_path) = (base.unwrap_or(any).path.as_str(), any.path.as_str());
    let (a, b) = (quoted("a/", old_path), quoted("b/", new_path));
    let mut out = format!("diff --git {a} {b}\n");
    put_modes(&mut out, base, new);
    if old_path != new_path {
        let moved = (quoted("", old_path), quoted("", new_path));
        let same = base.is_some_and(|base| base.bytes == any.bytes);
        let similarity = if same { 100 } else { 50 };
        put(&mut out, format_args!("similarity index {similarity}%\n"));
        put(&mut out, format_args!("rename from {}\nrename to {}\n", moved.0, moved.1));
    }
    let (old_bytes, new_bytes) = (base.map_or(&b""[..], |s| s.bytes), new.map_or(&b""[..], |s| s.bytes));
    if base.is_some() && new.is_some() && old_bytes == new_bytes {
        return out;
    }
    let id = |side: Option<Side<'_>>| side.map_or("0".repeat(40), |side| binary::blob_id(side.bytes));
    put(&mut out, format_args!("index {}..{}", id(base), id(new)));
    match (base, new) {
        (Some(base), Some(new)) if base.mode == new.mode => {
            put(&mut out, format_args!(" {}\n", base.mode.as_str()));
        }
        _ => out.push('\n'),
    }
    if old_bytes.is_empty() && new_bytes.is_empty() {
        return out;
    }
    let Some((old, new_text, changes)) = as_lines(old_bytes, new_bytes) else {
        out.push_str(&binary::literal(new_bytes));
        return out;
    };
    put(&mut out, format_args!("--- {}\n", base.map_or("/dev/null".into(), |_| header_path(&a))));
    put(&mut out, format_args!("+++ {}\n", new.map_or("/dev/null".into(), |_| header_path(&b))));
    put_groups(&mut out, &old, &new_text, &changes);
    out
}

fn put_modes(out: &mut String, base: Option<Side<'_>>, new: Option<Side<'_>>) {
    match (base.map(|side| side.mode), new.map(|side| side.mode)) {
        (None, Some(mode)) => put(out, format_args!("new file mode {}\n", mode.as_str())),
        (Some(mode), None) => put(out, format_args!("deleted file mode {}\n", mode.as_str())),
        (Some(old), Some(new)) if old != new => put_mode_change(out, old, new),
        (Some(_), Some(_)) | (None, None) => {}
    }
}

fn put_mode_change(out: &mut String, old: FileMode, new: FileMode) {
    put(out, format_args!("old mode {}\nnew mode {}\n", old.as_str(), new.as_str()));
}

/// Both sides as lines that git would cut the same way, a BOM being part of the first line.
fn as_lines(old: &[u8], new: &[u8]) -> Option<(Text, Text, Vec<Change>)> {
    let (old, new) = (git_text(old)?, git_text(new)?);
    let changes = diff::changes(&lines(&old.content), &lines(&new.content))?;
    Some((old, new, changes))
}

fn git_text(bytes: &[u8]) -> Option<Text> {
    let text = decode(bytes).filter(|text| text.form.encoding == Encoding::Utf8)?;
    Some(Text { content: String::from_utf8(bytes.to_vec()).ok()?, form: text.form })
}

fn put_groups(out: &mut String, old: &Text, new: &Text, changes: &[Change]) {
    let (old, new) = (lines(&old.content), lines(&new.content));
    let mut rest = changes;
    while let Some(first) = rest.first() {
        let near = |pair: &[Change]| pair[1].old.start - pair[0].old.end <= 2 * CONTEXT;
        let count = 1 + rest.windows(2).take_while(|pair| near(pair)).count();
        let (group, later) = rest.split_at(count);
        let last = &group[count - 1];
        let before = CONTEXT.min(first.old.start);
        let after = CONTEXT.min(old.len() - last.old.end);
        let old_span = first.old.start - before..last.old.end + after;
        let new_span = first.new.start - before..last.new.end + after;
        let section = diff::section(&old, old_span.start);
        let heading = if section.is_empty() { String::new() } else { format!(" {section}") };
        put(out, format_args!("@@ -{} +{} @@{heading}\n", span(&old_span), span(&new_span)));
        let mut at = old_span.start;
        for change in group {
            old[at..change.old.start].iter().for_each(|line| put_line(out, ' ', line));
            old[change.old.clone()].iter().for_each(|line| put_line(out, '-', line));
            new[change.new.clone()].iter().for_each(|line| put_line(out, '+', line));
            at = change.old.end;
        }
        old[at..old_span.end].iter().for_each(|line| put_line(out, ' ', line));
        rest = later;
    }
}

fn span(range: &std::ops::Range<usize>) -> String {
    match range.len() {
        0 => format!("{},0", range.start),
        1 => format!("{}", range.start + 1),
        n => format!("{},{n}", range.start + 1),
    }
}

fn put_line(out: &mut String, sign: char, line: &str) {
    out.push(sign);
    out.push_str(line);
    if !line.ends_with('\n') {
        out.push_str("\n\\ No newline at end of file\n");
    }
}

/// A path as git writes it: in C quotes when it has a quote, a backslash, a control character or a byte past ASCII.
fn quoted(prefix: &str, path: &str) -> String {
    let plain = |byte: u8| (b' '..0x7F).contains(&byte) && byte != b'"' && byte != b'\\';
    if path.bytes().all(plain) {
        return format!("{prefix}{path}");
    }
    let mut out = format!("\"{prefix}");
    for byte in path.bytes() {
        match byte {
            b'"' => out.push_str("\\\""),
            b'\\' => out.push_str("\\\\"),
            byte if plain(byte) => out.push(char::from(byte)),
            byte => put(&mut out, format_args!("\\{byte:03o}")),
        }
    }
    out.push('"');
    out
}

/// In `---` and `+++` lines a tab ends a name with a space, which would otherwise end at the space.
fn header_path(path: &str) -> String {
    if path.contains(' ') && !path.starts_with('"') { format!("{path}\t") } else { path.to_owned() }
}

fn put(out: &mut String, text: std::fmt::Arguments<'_>) {
    out.write_fmt(text).expect("writing to a string cannot fail");
}
