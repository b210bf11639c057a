//! The next step, worked out from the conversation: look around, read, change one file after the other, close.

use super::ask::{Ask, Kind};
use super::draft::Draft;
use super::recipes::{Cannot, Change, PATCHES, Recipe};
use super::{explain, lint, tests_for};
use serde_json::{Value, json};

/// What is said, and the tools that are called after it. Without a call it is the end.
pub(super) struct Step {
    pub(super) say: String,
    pub(super) calls: Vec<(&'static str, Value)>,
}

impl Step {
    fn say(text: impl Into<String>) -> Self {
        Self { say: text.into(), calls: Vec::new() }
    }
}

/// A file is read in so many parts at most.
const MAX_PARTS: usize = 20;

pub(super) fn next(ask: &Ask, offered: &[&str]) -> Step {
    let needs = if ask.kind == Kind::Explain {
        &["list_files", "read_file"][..]
    } else {
        &["list_files", "read_file", "edit_file", "create_file"]
    };
    if let Some(tool) = needs.iter().find(|tool| !offered.contains(tool)) {
        return Step::say(format!(
            "I am the demo, and I work with tools; `{tool}` is not offered here, so I can do nothing."
        ));
    }
    if ask.tree.is_none() {
        let say = "I am the demo: a script, no AI. I look at what is here. ";
        return Step { say: say.into(), calls: vec![("list_files", json!({"depth": 8}))] };
    }
    match ask.kind {
        Kind::Explain => reading(ask, explain::reads(ask), "I read the code to find the places.")
            .unwrap_or_else(|| Step::say(explain::answer(ask))),
        Kind::Lint => reading(ask, lint::reads(ask), "I read the code the way a linter does.")
            .unwrap_or_else(|| {
                let (drafts, closing) = lint::drafts(ask);
                writing(ask, &Change { drafts, closing })
            }),
        Kind::Test => reading(ask, tests_for::reads(ask), "I read what is to be tested.")
            .unwrap_or_else(|| outcome(ask, tests_for::change(ask))),
        Kind::Patch => match PATCHES.iter().find(|recipe| (recipe.fits)(ask)) {
            Some(recipe) => patch(ask, recipe),
            None => Step::say(cannot()),
        },
    }
}

fn patch(ask: &Ask, recipe: &Recipe) -> Step {
    reading(ask, (recipe.reads)(ask), "I read what this touches.")
        .unwrap_or_else(|| outcome(ask, (recipe.change)(ask)))
}

/// Reads what was not read yet, and the rest of what is long.
fn reading(ask: &Ask, wanted: Vec<String>, say: &str) -> Option<Step> {
    let calls: Vec<(&'static str, Value)> = wanted
        .iter()
        .filter(|path| ask.has(path) && !ask.was_read(path))
        .map(|path| match ask.rest_of(path) {
            Some(line) => ("read_file", json!({"path": path, "start_line": line})),
            None => ("read_file", json!({"path": path})),
        })
        .take(MAX_PARTS)
        .collect();
    let going_on = wanted.iter().any(|path| ask.rest_of(path).is_some());
    let say = if going_on { String::new() } else { format!("{say} ") };
    (!calls.is_empty()).then_some(Step { say, calls })
}

fn outcome(ask: &Ask, change: Result<Change, Cannot>) -> Step {
    match change {
        Ok(change) => writing(ask, &change),
        Err(Cannot::Say(text)) => Step::say(text),
        Err(Cannot::Changed(missing)) => Step::say(format!(
            // No fenced block: that could be taken for an edit.
            "I change nothing: `{}` is no longer as I know it. I looked for `{}` and did not find it. The demo only knows the sample as it came; a connected model reads your version.",
            missing.path, missing.what
        )),
    }
}

/// The next file's calls; the closing words when all were made.
fn writing(ask: &Ask, change: &Change) -> Step {
    let mut made = 0;
    for draft in change.drafts.iter().filter(|draft| draft.is_changed()) {
        let calls = draft.calls();
        if made >= ask.changes.len() {
            return Step { say: spoken(draft), calls };
        }
        made += calls.len();
    }
    let failed: Vec<&str> =
        ask.changes.iter().flatten().map(|error| error.lines().next().unwrap_or_default()).collect();
    if failed.is_empty() {
        return Step::say(change.closing.clone());
    }
    Step::say(format!(
        "Not all of it went in; look at the changes before you keep any.\n\n{}",
        failed.iter().map(|error| format!("- {error}")).collect::<Vec<_>>().join("\n")
    ))
}

fn spoken(draft: &Draft) -> String {
    if draft.why.is_empty() { String::new() } else { format!("{} ", draft.why) }
}

fn cannot() -> String {
    let can: Vec<String> = PATCHES.iter().map(|recipe| format!("- {}", recipe.example)).collect();
    format!(
        "I can't do that: I am the demo, a script that knows a few changes by heart, and this is none of them. Nothing is changed.\n\n\
         What I can do in the sample, and some of it in any project:\n\n{}\n\n\
         Beside that I answer questions (*Explain*), write tests for the sample's library (*Tests*), and mend what linters report (*Lint*).\n\n\
         **For everything else, connect a model.** In Settings → Models, add a key for Anthropic or OpenAI, or any server that speaks like OpenAI. Ollama and LM Studio on this computer are found by themselves: start one, and choose its model below.",
        can.join("\n")
    )
}
