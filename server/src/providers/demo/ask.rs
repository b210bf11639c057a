//! What the demo was asked, and what it has seen so far, read from the conversation alone: it keeps nothing in mind.

use super::super::{Message, Part, Request};
use std::collections::{BTreeMap, HashMap};

/// What kind of answer is wanted, by what the system prompt says and which tools are offered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Patch,
    Explain,
    Test,
    Lint,
}

#[derive(Debug)]
pub(super) struct Ask {
    pub(super) kind: Kind,
    /// The person's own words.
    pub(super) prompt: String,
    /// The same, in small letters and without punctuation.
    words: Vec<String>,
    /// What `list_files` said; absent before it was asked.
    pub(super) tree: Option<Vec<String>>,
    files: BTreeMap<String, Seen>,
    /// Changes that were called for, in order, each with the error it got.
    pub(super) changes: Vec<Option<String>>,
}

#[derive(Debug, Default)]
struct Seen {
    lines: Vec<String>,
    /// Where the rest begins.
    more: Option<usize>,
    missing: bool,
}

impl Ask {
    pub(super) fn of(request: &Request) -> Self {
        // What an agent adds on the way has no request in it.
        let asks =
            |message: &Message| matches!(message, Message::User { text } if text.contains("<request>"));
        let start = request.messages.iter().rposition(asks);
        let start = start
            .or_else(|| request.messages.iter().position(|message| matches!(message, Message::User { .. })));
        let (first, rest) = match start {
            Some(at) => (text_of(&request.messages[at]), &request.messages[at + 1..]),
            None => (String::new(), &request.messages[..]),
        };
        let prompt = between(&first, "<request>", "</request>").unwrap_or(&first).trim().to_owned();
        let words = prompt.to_lowercase();
        let words = words.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
        let mut ask = Self {
            kind: kind(request),
            words: words.map(str::to_owned).collect(),
            prompt,
            tree: None,
            files: BTreeMap::new(),
            changes: Vec::new(),
        };
        ask.follow(rest);
        ask
    }

    fn follow(&mut self, messages: &[Message]) {
        let mut calls = HashMap::new();
        for message in messages {
            match message {
                Message::User { .. } => {}
                Message::Assistant { parts } => {
                    for part in parts {
                        if let Part::ToolCall(call) = part {
                            calls.insert(call.id.as_str(), call);
                        }
                    }
                }
                Message::ToolResults { results } => {
                    for result in results {
                        let Some(call) = calls.get(result.call_id.as_str()) else { continue };
                        let path = call.input["path"].as_str().unwrap_or_default();
                        match call.name.as_str() {
                            "list_files" => self.tree = Some(tree(&result.output)),
                            "read_file" => self.read(path, &result.output, result.is_error),
                            "edit_file" | "create_file" => {
                                self.changes.push(result.is_error.then(|| result.output.clone()));
                            }
                            _ => {}
                        }
                    }
                }
            }
        }
    }

    /// Numbered lines, each `number TAB line`; a last line without a number says how to go on.
    fn read(&mut self, path: &str, output: &str, failed: bool) {
        let seen = self.files.entry(path.into()).or_default();
        seen.more = None;
        seen.missing = failed;
        if failed {
            return;
        }
        for line in output.lines() {
            match line.split_once('\t') {
                Some((number, text)) if number.parse::<usize>().is_ok() => seen.lines.push(text.into()),
                _ if line.contains("start_line") => seen.more = Some(seen.lines.len() + 1),
                _ => {}
            }
        }
    }

    /// The whole text of a file that was read.
    pub(super) fn text(&self, path: &str) -> Option<String> {
        let seen = self.files.get(path).filter(|seen| !seen.missing && seen.more.is_none())?;
        Some(seen.lines.iter().map(|line| format!("{line}\n")).collect())
    }
    pub(super) fn texts(&self) -> impl Iterator<Item = (&str, String)> {
        self.files.keys().filter_map(|path| Some((path.as_str(), self.text(path)?)))
    }
    /// Whether it is no use to ask for it (again).
    pub(super) fn was_read(&self, path: &str) -> bool {
        self.files.get(path).is_some_and(|seen| seen.more.is_none())
    }
    /// The line from which a long file must be read on.
    pub(super) fn rest_of(&self, path: &str) -> Option<usize> {
        self.files.get(path)?.more
    }

    pub(super) fn has(&self, path: &str) -> bool {
        self.tree.as_ref().is_some_and(|tree| tree.iter().any(|entry| entry == path))
    }
    pub(super) fn tree(&self) -> impl Iterator<Item = &str> {
        self.tree.iter().flatten().map(String::as_str)
    }
    /// Files with one of these endings, the shallow ones first.
    pub(super) fn with_ending(&self, endings: &[&str]) -> Vec<String> {
        let mut found: Vec<String> = self
            .tree()
            .filter(|path| endings.iter().any(|ending| path.ends_with(ending)))
            .map(str::to_owned)
            .collect();
        found.sort_by_key(|path| path.matches('/').count());
        found
    }

    /// Whether a word of the prompt begins with one of these.
    pub(super) fn says(&self, stems: &[&str]) -> bool {
        self.words.iter().any(|word| stems.iter().any(|stem| word.starts_with(stem)))
    }
    /// The same for whole words: "tab" is not in "tables".
    pub(super) fn says_word(&self, words: &[&str]) -> bool {
        self.words.iter().any(|word| words.contains(&word.as_str()))
    }
    /// What the prompt puts in quotation marks.
    pub(super) fn quoted(&self) -> Option<&str> {
        let pairs = [('"', '"'), ('“', '”'), ('‘', '’'), ('«', '»'), ('`', '`'), ('\'', '\'')];
        pairs.into_iter().find_map(|(open, close)| {
            let (_, rest) = self.prompt.split_once(open)?;
            let (inside, _) = rest.split_once(close)?;
            Some(inside.trim()).filter(|text| !text.is_empty() && text.chars().count() <= 80)
        })
    }
}

fn kind(request: &Request) -> Kind {
    let task = request.system.rsplit("Your task:").next().unwrap_or_default();
    if !request.tools.iter().any(|tool| tool.name == "edit_file") {
        Kind::Explain
    } else if task.trim_start().starts_with("write tests") {
        Kind::Test
    } else if task.contains("linters") {
        Kind::Lint
    } else {
        Kind::Patch
    }
}

fn text_of(message: &Message) -> String {
    match message {
        Message::User { text } => text.clone(),
        Message::Assistant { .. } | Message::ToolResults { .. } => String::new(),
    }
}

fn between<'a>(text: &'a str, open: &str, close: &str) -> Option<&'a str> {
    let (_, rest) = text.rsplit_once(open)?;
    Some(rest.rsplit_once(close)?.0)
}

fn tree(output: &str) -> Vec<String> {
    output
        .lines()
        .map(str::trim)
        .filter(|line| !line.ends_with('/') && !line.contains(" ("))
        .map(str::to_owned)
        .collect()
}
