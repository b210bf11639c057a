//! What is measured: the corpus' replies on its own files, and on the same files grown to 5,000 lines.

use crate::cases::Case;
use std::collections::{BTreeMap, HashSet};
use tidemark_shared::patch::Files;
use tidemark_shared::patch::reply::{self, Act, Format};

/// A case, and its unified diff without the envelope that only we read.
pub(crate) struct Trial {
    pub(crate) case: Case,
    pub(crate) diff: Option<String>,
}

impl From<Case> for Trial {
    fn from(case: Case) -> Self {
        let diff = bare(&case.reply);
        Self { diff: (Format::of(&diff) == Format::Unified).then_some(diff), case }
    }
}

/// The reply out of its thoughts, JSON and fence.
fn bare(reply: &str) -> String {
    let mut text = reply.split_once("</think>").map_or(reply, |(_, answer)| answer).trim_start().to_owned();
    while let Some(inner) = in_json(&text) {
        text = inner;
    }
    let is_fence = |line: &str| line.starts_with("```") || line.starts_with("~~~");
    let mut lines = text.split_inclusive('\n');
    let fenced: String = lines
        .by_ref()
        .skip_while(|line| !is_fence(line))
        .skip(1)
        .take_while(|line| !is_fence(line))
        .collect();
    if fenced.contains("\n@@") || fenced.starts_with("@@") { fenced } else { text }
}

fn in_json(text: &str) -> Option<String> {
    let text = text.trim();
    let text = text.strip_prefix("```json\n").and_then(|text| text.strip_suffix("```")).unwrap_or(text);
    match serde_json::from_str(text).ok()? {
        serde_json::Value::String(text) => Some(text),
        value => ["patch", "diff"].iter().find_map(|key| value[*key].as_str().map(String::from)),
    }
}

const LONG: usize = 5_000;

/// Of the cases that edit files, one in `every`, with other files' code above and below until each file has 5,000 lines.
pub(crate) fn grown(cases: &[Case], every: usize) -> Vec<Trial> {
    let mut code: BTreeMap<&str, &str> = BTreeMap::new();
    for (path, text) in cases.iter().flat_map(|case| &case.base) {
        code.entry(path).or_insert(text);
    }
    let grown =
        cases.iter().step_by(every).enumerate().filter_map(|(number, case)| grow(case, &code, number));
    grown.map(Trial::from).collect()
}

fn grow(case: &Case, code: &BTreeMap<&str, &str>, number: usize) -> Option<Case> {
    let edits = reply::read(&case.reply).ok()?;
    let is_edit = |act: &Act| matches!(act, Act::Edit { move_to: None, .. } | Act::Replace { .. });
    if !edits.iter().all(|edit| is_edit(&edit.act)) {
        return None;
    }
    let ending = |path: &str| path.rsplit('.').next().map(str::to_owned);
    let path = case.current.keys().next()?;
    let others = code.iter().filter(|(other, _)| !case.base.contains_key(**other));
    let (alike, unlike): (Vec<_>, Vec<_>) = others.partition(|(other, _)| ending(other) == ending(path));
    let lines = case.current.values().map(|text| text.lines().count()).max()?;
    let own: HashSet<&str> = case
        .base
        .values()
        .chain(case.current.values())
        .flat_map(|text| text.lines())
        .map(str::trim)
        .collect();
    let reply = bare(&case.reply);
    let of_reply: HashSet<&str> =
        edits.iter().flat_map(|edit| texts(&edit.act)).flat_map(str::lines).map(str::trim).collect();
    // Nothing above or below may be what the reply means: of its lines and the file's, only such as `}` come again.
    let is_other = |line: &&str| {
        let line = line.trim();
        line.len() < 8 || !own.contains(line) && !of_reply.contains(line)
    };
    let code = alike.iter().chain(&unlike).flat_map(|(_, text)| text.lines()).filter(is_other);
    let wanted: String = code.take(LONG.saturating_sub(lines)).flat_map(|line| [line, "\n"]).collect();
    let above = wanted.lines().count() * (number % 7) / 6;
    let split = wanted.match_indices('\n').nth(above.checked_sub(1)?).map_or(0, |(at, _)| at + 1);
    let (above_text, below_text) = wanted.split_at(split);
    let grow = |files: &Files| -> Option<Files> {
        let all = files.iter().map(|(path, text)| {
            let crlf = text.matches("\r\n").count();
            let one_form = text.ends_with('\n') && (crlf == 0 || crlf == text.matches('\n').count());
            let end = |text: &str| if crlf > 0 { text.replace('\n', "\r\n") } else { text.to_owned() };
            one_form.then(|| (path.clone(), [&end(above_text), text.as_str(), &end(below_text)].concat()))
        });
        all.collect()
    };
    let reply = match Format::of(&reply) {
        Format::Unified => renumbered(&reply, above),
        Format::BeginPatch | Format::SearchReplace | Format::Whole => case.reply.clone(),
    };
    Some(Case {
        base: grow(&case.base)?,
        current: grow(&case.current)?,
        goals: case.goals.iter().map(grow).collect::<Option<_>>()?,
        reply,
        ..case.clone()
    })
}

/// All text of an edit.
fn texts(act: &Act) -> Vec<&str> {
    match act {
        Act::Edit { hunks, .. } => {
            hunks.iter().flat_map(|hunk| &hunk.lines).map(|line| line.text.as_str()).collect()
        }
        Act::Replace { old, new } => vec![old, new],
        Act::Create { .. } | Act::Delete { .. } | Act::Whole { .. } => Vec::new(),
    }
}

/// A diff with all its line numbers raised.
fn renumbered(diff: &str, by: usize) -> String {
    diff.split_inclusive('\n').map(|line| raised(line, by).unwrap_or_else(|| line.to_owned())).collect()
}

fn raised(line: &str, by: usize) -> Option<String> {
    let (old, rest) = line.strip_prefix("@@ -")?.split_once(" +")?;
    let (new, section) = rest.split_once(" @@")?;
    let raise = |range: &str| {
        let (start, count) =
            range.split_once(',').map_or((range, None), |(start, count)| (start, Some(count)));
        let start = start.parse::<usize>().ok()? + by;
        Some(count.map_or(format!("{start}"), |count| format!("{start},{count}")))
    };
    Some(format!("@@ -{} +{} @@{section}", raise(old)?, raise(new)?))
}
