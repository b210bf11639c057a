//! How lines are compared at each level, and when a difference of indentation is a provable map.

use crate::Found;
use std::cell::OnceCell;
use std::collections::HashSet;
use std::hash::{Hash as _, Hasher as _};

/// From strict to loose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Level {
    Exact,
    TrailingBlanks,
    Unicode,
    Blanks,
}

impl Level {
    pub(crate) const ALL: [Self; 4] = [Self::Exact, Self::TrailingBlanks, Self::Unicode, Self::Blanks];

    pub(crate) const fn found(self) -> Found {
        match self {
            Self::Exact => Found::Exact,
            Self::TrailingBlanks | Self::Unicode => Found::Whitespace,
            Self::Blanks => Found::Indentation,
        }
    }

    /// Equal for lines that are equal at this level.
    pub(crate) fn key(self, line: &str) -> u64 {
        let hash = |text: &str| {
            let mut hasher = std::hash::DefaultHasher::new();
            text.hash(&mut hasher);
            hasher.finish()
        };
        match self {
            Self::Exact => hash(line),
            Self::TrailingBlanks => hash(line.trim_end()),
            Self::Unicode if line.is_ascii() => hash(line),
            Self::Unicode => hash(&line.chars().map(folded).collect::<String>().replace('…', "...")),
            Self::Blanks => hash(&folded_text(line)),
        }
    }
}

/// The plain ASCII that typographic punctuation stands for.
pub(crate) fn folded(c: char) -> char {
    match c {
        '\u{2010}'..='\u{2015}' | '\u{2212}' => '-',
        '\u{2018}'..='\u{201b}' => '\'',
        '\u{201c}'..='\u{201f}' => '"',
        '\u{00a0}' | '\u{2002}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}' => ' ',
        c => c,
    }
}

/// The text as compared at [`Level::Blanks`]: punctuation folded, no blanks at its ends, and runs of them as one.
pub(crate) fn folded_text(line: &str) -> String {
    let mut text = String::with_capacity(line.len());
    fold_into(&mut text, line);
    text
}

fn fold_into(text: &mut String, line: &str) {
    let start = text.len();
    if line.is_ascii() {
        for word in line.split_whitespace() {
            if text.len() > start {
                text.push(' ');
            }
            text.push_str(word);
        }
        return;
    }
    for c in line.chars().map(folded) {
        match c {
            c if c.is_whitespace() => {
                if text.len() > start && !text.ends_with(' ') {
                    text.push(' ');
                }
            }
            '…' => text.push_str("..."),
            c => text.push(c),
        }
    }
    text.truncate(start + text[start..].trim_end().len());
}

/// A file's lines as compared at [`Level::Blanks`], one after another.
pub(crate) struct Folded {
    text: String,
    ends: Vec<usize>,
}

impl Folded {
    fn of(lines: &[&str]) -> Self {
        let mut folded = Self { text: String::new(), ends: Vec::with_capacity(lines.len()) };
        for line in lines {
            fold_into(&mut folded.text, line);
            folded.ends.push(folded.text.len());
        }
        folded
    }

    pub(crate) fn lines(&self) -> impl Iterator<Item = &str> {
        let mut start = 0;
        self.ends.iter().map(move |end| &self.text[std::mem::replace(&mut start, *end)..*end])
    }
}

/// What is computed of a file's lines, each when it is first asked for.
#[derive(Default)]
pub(crate) struct FileKeys {
    levels: [OnceCell<Vec<u64>>; 4],
    folded: OnceCell<Folded>,
    present: OnceCell<HashSet<u64>>,
}

impl FileKeys {
    pub(crate) fn at(&self, level: Level, lines: &[&str]) -> &[u64] {
        self.levels[level as usize].get_or_init(|| match level {
            Level::Blanks => self.folded(lines).lines().map(|line| Level::Exact.key(line)).collect(),
            Level::Exact | Level::TrailingBlanks | Level::Unicode => {
                lines.iter().map(|line| level.key(line)).collect()
            }
        })
    }

    pub(crate) fn folded(&self, lines: &[&str]) -> &Folded {
        self.folded.get_or_init(|| Folded::of(lines))
    }

    /// Whether a line has this key at [`Level::Blanks`].
    pub(crate) fn has(&self, key: u64, lines: &[&str]) -> bool {
        self.present.get_or_init(|| self.at(Level::Blanks, lines).iter().copied().collect()).contains(&key)
    }
}

/// The blanks before a line's text.
pub(crate) fn lead(line: &str) -> &str {
    &line[..line.len() - line.trim_start_matches([' ', '\t']).len()]
}

/// How a hunk's indentation maps to the file's.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum IndentMap {
    Same,
    /// The file has this in front of what the reply has.
    Add(String),
    /// The reply has this in front of what the file has.
    Remove(String),
    /// Each of the reply's indents is one of the file's, with one ratio of their lengths.
    Ratio {
        known: Vec<(String, String)>,
        ratio: f64,
        fill: char,
    },
}

/// The map that turns every reply indent into the file's, if one map does for all lines.
pub(crate) fn indent_map(pairs: &[(&str, &str)]) -> Option<IndentMap> {
    let leads: Vec<(&str, &str)> = pairs
        .iter()
        .filter(|(reply, file)| !reply.trim().is_empty() && !file.trim().is_empty())
        .map(|(reply, file)| (lead(reply), lead(file)))
        .collect();
    if leads.iter().all(|(reply, file)| reply == file) {
        return Some(IndentMap::Same);
    }
    if let Some(prefix) = one_prefix(leads.iter().map(|(reply, file)| (*reply, *file))) {
        return Some(IndentMap::Add(prefix));
    }
    if let Some(prefix) = one_prefix(leads.iter().map(|(reply, file)| (*file, *reply))) {
        return Some(IndentMap::Remove(prefix));
    }
    if leads.iter().any(|(reply, file)| reply.is_empty() != file.is_empty()) {
        return None;
    }
    let mut ratios = leads.iter().filter(|(reply, _)| !reply.is_empty());
    let of = |(reply, file): &(&str, &str)| file.len() as f64 / reply.len() as f64;
    let ratio = ratios.next().map(of)?;
    if !ratios.all(|pair| (of(pair) - ratio).abs() < 0.001) {
        return None;
    }
    let fill = leads.iter().find_map(|(_, file)| file.chars().next()).unwrap_or(' ');
    let known = leads.iter().map(|(reply, file)| (String::from(*reply), String::from(*file))).collect();
    Some(IndentMap::Ratio { known, ratio, fill })
}

/// `long` always is one same prefix and `short`.
fn one_prefix<'a>(leads: impl Iterator<Item = (&'a str, &'a str)>) -> Option<String> {
    let mut prefix: Option<&str> = None;
    for (short, long) in leads {
        let this = long.strip_suffix(short)?;
        if *prefix.get_or_insert(this) != this {
            return None;
        }
    }
    prefix.map(String::from)
}

pub(crate) fn is_consistent(pairs: &[(&str, &str)]) -> bool {
    indent_map(pairs).is_some()
}

/// An inserted line with the file's indentation.
pub(crate) fn reindent(map: &IndentMap, line: &str) -> String {
    if line.trim().is_empty() {
        return line.into();
    }
    match map {
        IndentMap::Same => line.into(),
        IndentMap::Add(prefix) => format!("{prefix}{line}"),
        IndentMap::Remove(prefix) => {
            line.strip_prefix(prefix.as_str()).unwrap_or_else(|| line.trim_start_matches([' ', '\t'])).into()
        }
        IndentMap::Ratio { known, ratio, fill } => {
            let indent = lead(line);
            let text = &line[indent.len()..];
            match known.iter().find(|(reply, _)| reply == indent) {
                Some((_, file)) => format!("{file}{text}"),
                None => {
                    let width = (indent.len() as f64 * ratio).round() as usize;
                    format!("{}{text}", fill.to_string().repeat(width))
                }
            }
        }
    }
}

/// Whether a line opens a definition, in any of the languages that people write most.
pub(crate) fn is_definition(line: &str) -> bool {
    let mut words = line.split([' ', '\t', '(', '<', '{', ':']).filter(|word| !word.is_empty());
    let mut word = words.next();
    while let Some(
        "export" | "pub" | "async" | "static" | "default" | "crate" | "super" | "public" | "private",
    ) = word
    {
        word = words.next().map(|next| next.trim_end_matches(')'));
    }
    matches!(
        word,
        Some(
            "def" | "class" | "func" | "fn" | "function" | "impl" | "struct" | "interface" | "type" | "const"
        )
    )
}
