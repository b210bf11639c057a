//! What a model is told: the system prompt of a mode, and the first message with what is worth knowing about the project.
//! The texts are in `server/prompts/`; the system prompt depends on nothing but the mode, so that providers can cache it.

use super::project::Project;
use super::{AgentLimits, Brief, Turn};
use crate::tools::bounded;
use std::fmt::Write as _;
use tidemark_shared::Mode;

/// Lines of the file before and after the cursor.
const AROUND_CURSOR: usize = 20;

pub fn system(mode: Mode) -> String {
    let task = match mode {
        Mode::Patch => include_str!("../../prompts/patch.md"),
        Mode::Explain => include_str!("../../prompts/explain.md"),
        Mode::GenerateTest => include_str!("../../prompts/generate_test.md"),
        Mode::LintFix => include_str!("../../prompts/lint_fix.md"),
    };
    format!("{}\n{task}", include_str!("../../prompts/common.md"))
}

/// Sections in tags, the request last: `<project>`, `<rules>`, `<found>`, `<session>`, `<open_files>`, `<cursor>`,
/// `<request>`. Only `<project>` and `<request>` are always there.
pub(super) fn first_message(brief: &Brief, project: &Project, limits: &AgentLimits) -> String {
    let task = &brief.task;
    let mut text = format!("<project>\n{}</project>\n", project.tree(limits.max_tree_bytes));
    if let Some((path, rules)) = &project.rules {
        let rules = bounded(rules.trim_end(), limits.max_rules_bytes);
        section(&mut text, "rules", &format!("from=\"{path}\""), &rules);
    }
    let found = project.found(task.mode);
    if !found.is_empty() {
        section(&mut text, "found", "", &found.join("\n"));
    }
    if !brief.history.is_empty() {
        section(&mut text, "session", "", &history(&brief.history, limits.max_history_bytes));
    }
    if !task.files.is_empty() {
        let open: Vec<_> = task.files.iter().map(|file| file.path.as_str()).collect();
        section(&mut text, "open_files", "", &open.join("\n"));
    }
    if let Some(cursor) = &task.cursor {
        let place = format!("file=\"{}\" line=\"{}\" col=\"{}\"", cursor.file, cursor.line, cursor.col);
        let around = project.text(&cursor.file).map(|text| excerpt(&text, cursor.line)).unwrap_or_default();
        section(&mut text, "cursor", &place, &around);
    }
    section(&mut text, "request", "", task.prompt.trim());
    text
}

fn section(text: &mut String, tag: &str, attributes: &str, body: &str) {
    let space = if attributes.is_empty() { "" } else { " " };
    write!(text, "\n<{tag}{space}{attributes}>\n{}\n</{tag}>\n", body.trim_end_matches('\n'))
        .expect("a String takes every write");
}

/// Numbered lines around `line`.
fn excerpt(text: &str, line: u32) -> String {
    let line = usize::try_from(line).unwrap_or(usize::MAX);
    let from = line.saturating_sub(AROUND_CURSOR + 1);
    let shown = text.lines().enumerate().skip(from).take(2 * AROUND_CURSOR + 1);
    shown.map(|(n, text)| format!("{}\t{}\n", n + 1, bounded(text, 400))).collect()
}

/// The newest turns that fit, oldest first.
fn history(turns: &[Turn], max: usize) -> String {
    let mut kept = Vec::new();
    let mut bytes = 0;
    for turn in turns.iter().rev() {
        let told = format!(
            "The person asked: {}\nYou answered: {}\nWhat became of it: {}\n",
            bounded(turn.prompt.trim(), max / 4),
            bounded(turn.answer.trim(), max / 4),
            bounded(turn.verdict.trim(), max / 4),
        );
        bytes += told.len();
        if bytes > max && !kept.is_empty() {
            kept.push("(earlier turns are left out)\n".to_owned());
            break;
        }
        kept.push(told);
    }
    kept.reverse();
    kept.join("\n")
}
