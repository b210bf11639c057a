//! Habits that every linter reports and that can be mended by looking: unused imports, `var`, `let` that never changes,
//! `==`, blanks at line ends, forgotten `debugger`.

use super::ask::Ask;
use super::draft::Draft;
use std::collections::BTreeMap;

const MAX_FILES: usize = 40;

pub(super) fn reads(ask: &Ask) -> Vec<String> {
    let mut files = ask.with_ending(&[".ts", ".tsx", ".js", ".jsx", ".mjs"]);
    files.retain(|path| !path.ends_with(".d.ts") && !path.contains(".min."));
    files.truncate(MAX_FILES);
    files
}

pub(super) fn drafts(ask: &Ask) -> (Vec<Draft>, String) {
    let mut drafts = Vec::new();
    let mut counts: BTreeMap<&'static str, usize> = BTreeMap::new();
    for (path, text) in ask.texts() {
        let mut found = Vec::new();
        let mended = mend(&text, &mut found);
        if mended == text {
            continue;
        }
        for what in &found {
            *counts.entry(what).or_default() += 1;
        }
        found.dedup();
        let mut draft = Draft::of(path, &text, &format!("`{path}`: {}.", found.join(", ")));
        draft.text = mended;
        drafts.push(draft);
    }
    if drafts.is_empty() {
        let count = ask.texts().count();
        let closing = format!(
            "I read {count} files and found none of what I look for: unused imports, `var`, `let` that never changes, `==`, blanks at line ends, `debugger`."
        );
        return (drafts, closing);
    }
    let told: Vec<String> = counts.iter().map(|(what, count)| format!("- {what}: {count}")).collect();
    let closing = format!(
        "Mended, without changing what the code does:\n\n{}\n\nI left alone what needs judgement, such as `!` after a value that may be missing.",
        told.join("\n")
    );
    (drafts, closing)
}

const IMPORT: &str = "unused import";
const VAR: &str = "`var`";
const LET: &str = "`let` that never changes";
const EQUALS: &str = "`==`";
const BLANKS: &str = "blanks at the line end";
const DEBUGGER: &str = "`debugger`";

fn mend(text: &str, found: &mut Vec<&'static str>) -> String {
    let mut out = String::with_capacity(text.len());
    // Inside a template string blanks count.
    let templates = text.contains('`');
    for line in text.lines() {
        let mut line = line.to_owned();
        if line.trim().trim_end_matches(';') == "debugger" {
            found.push(DEBUGGER);
            continue;
        }
        if line.starts_with("import ") {
            match without_unused(&line, text) {
                Some(kept) if kept == line => {}
                Some(kept) => {
                    found.push(IMPORT);
                    line = kept;
                }
                None => {
                    found.push(IMPORT);
                    continue;
                }
            }
        }
        if let Some(name) = declares(&line, "var ") {
            let word = if changes(text, &name) { "let " } else { "const " };
            line = line.replacen("var ", word, 1);
            found.push(VAR);
        } else if let Some(name) = declares(&line, "let ")
            && !changes(text, &name)
        {
            line = line.replacen("let ", "const ", 1);
            found.push(LET);
        }
        let strict = strict_equals(&line);
        if strict != line {
            found.push(EQUALS);
            line = strict;
        }
        if !templates && line.trim_end() != line {
            found.push(BLANKS);
            line.truncate(line.trim_end().len());
        }
        out.push_str(&line);
        out.push('\n');
    }
    out
}

/// The import without names that the file uses nowhere else; `None` when nothing is left of it. Only imports on one line.
fn without_unused(line: &str, text: &str) -> Option<String> {
    let (Some(open), Some(close)) = (line.find('{'), line.find('}')) else {
        // `import x from`: a name alone. `import './x'` has none and is kept.
        let name = line.strip_prefix("import ")?.split(" from ").next()?.trim();
        let name = name.strip_prefix("type ").unwrap_or(name);
        let plain = is_name(name) && line.contains(" from ") && name != "React";
        return if plain && !is_used(text, line, name) { None } else { Some(line.into()) };
    };
    // `import x, { y } from`: left alone, for its two parts.
    let before = line["import".len()..open].trim();
    if !(before.is_empty() || before == "type") {
        return Some(line.into());
    }
    let names: Vec<&str> =
        line[open + 1..close].split(',').map(str::trim).filter(|name| !name.is_empty()).collect();
    let kept: Vec<&str> = names
        .iter()
        .copied()
        .filter(|name| {
            let local = name.rsplit(" as ").next().unwrap_or(name);
            is_used(text, line, local.strip_prefix("type ").unwrap_or(local))
        })
        .collect();
    if kept.is_empty() {
        return None;
    }
    if kept.len() == names.len() {
        return Some(line.into());
    }
    Some(format!("{}{{ {} }}{}", &line[..open], kept.join(", "), &line[close + 1..]))
}

/// `let name =` or `let name: Type =` at the start of a line, one name only.
fn declares(line: &str, word: &str) -> Option<String> {
    let rest = line.trim_start().strip_prefix(word)?;
    let name: String = rest.chars().take_while(|c| c.is_alphanumeric() || matches!(c, '_' | '$')).collect();
    let after = rest[name.len()..].trim_start();
    let has_value = after.starts_with('=') || (after.starts_with(':') && after.contains('='));
    let is_alone = word == "var " || !after.contains(", ");
    (!name.is_empty() && has_value && is_alone).then_some(name)
}

/// Whether the name is given another value anywhere after it was declared.
fn changes(text: &str, name: &str) -> bool {
    let mut given = 0;
    for (at, _) in text.match_indices(name) {
        let before = text[..at].chars().next_back();
        let rest = &text[at + name.len()..];
        if before.is_some_and(is_part) || rest.starts_with(is_part) {
            continue;
        }
        let rest = rest.trim_start();
        let stepped = rest.starts_with("++")
            || rest.starts_with("--")
            || text[..at].ends_with("++")
            || text[..at].ends_with("--");
        let combined = rest.chars().next().is_some_and(|c| "+-*/%|&^?".contains(c))
            && rest.trim_start_matches(|c| "+-*/%|&^?".contains(c)).starts_with('=');
        let set = rest.starts_with('=') && !rest.starts_with("==") && !rest.starts_with("=>");
        if stepped || combined {
            return true;
        }
        given += usize::from(set);
    }
    given > 1
}

fn strict_equals(line: &str) -> String {
    let chars: Vec<char> = line.chars().collect();
    let mut out = String::with_capacity(line.len() + 2);
    let mut quote = None;
    let mut at = 0;
    while at < chars.len() {
        let c = chars[at];
        match quote {
            Some(open) => {
                if c == '\\' {
                    out.push(c);
                    at += 1;
                    if let Some(next) = chars.get(at) {
                        out.push(*next);
                    }
                    at += 1;
                    continue;
                }
                if c == open {
                    quote = None;
                }
            }
            None if matches!(c, '"' | '\'' | '`') => quote = Some(c),
            None if c == '/' && chars.get(at + 1) == Some(&'/') => {
                out.extend(&chars[at..]);
                break;
            }
            None if matches!(c, '=' | '!')
                && chars.get(at + 1) == Some(&'=')
                && chars.get(at + 2) != Some(&'=')
                && (at == 0 || !"=!<>".contains(chars[at - 1])) =>
            {
                // `== null` is the one that linters allow: it means null or undefined.
                let rest: String = chars[at + 2..].iter().collect();
                let null = rest.trim_start().starts_with("null");
                out.push_str(match (c, null) {
                    ('=', true) => "==",
                    ('=', false) => "===",
                    (_, true) => "!=",
                    (_, false) => "!==",
                });
                at += 2;
                continue;
            }
            None => {}
        }
        out.push(c);
        at += 1;
    }
    out
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.chars().all(is_part)
}
fn is_part(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '$')
}

/// Whether the name stands anywhere but in its import.
fn is_used(text: &str, import: &str, name: &str) -> bool {
    count(text, name) > count(import, name)
}

/// How often the name stands alone in the text.
fn count(text: &str, name: &str) -> usize {
    text.match_indices(name)
        .filter(|(at, _)| {
            !text[..*at].chars().next_back().is_some_and(is_part)
                && !text[at + name.len()..].starts_with(is_part)
        })
        .count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mended(text: &str) -> String {
        mend(text, &mut Vec::new())
    }

    #[test]
    fn each_habit_is_mended_and_nothing_else_is_touched() {
        for (before, after) in [
            ("import { a, b } from 'x'\na()\n", "import { a } from 'x'\na()\n"),
            ("import { b } from 'x'\na()\n", "a()\n"),
            ("import type { B } from 'x'\nlet_b()\n", "let_b()\n"),
            ("import x from 'x'\nxy()\n", "xy()\n"),
            ("import './x.css'\n", "import './x.css'\n"),
            ("import * as y from 'x'\n", "import * as y from 'x'\n"),
            ("var n = 0\nn += 1\n", "let n = 0\nn += 1\n"),
            ("var n = 0\nf(n)\n", "const n = 0\nf(n)\n"),
            ("let n = 0\nfor (;;) n++\n", "let n = 0\nfor (;;) n++\n"),
            ("let n = 0\nn = 2\n", "let n = 0\nn = 2\n"),
            ("let n: number = 0\nif (n == 2) n2 = 3\n", "const n: number = 0\nif (n === 2) n2 = 3\n"),
            ("let n\nn = 1\n", "let n\nn = 1\n"),
            ("if (a == b && c != d || e == null) {}\n", "if (a === b && c !== d || e == null) {}\n"),
            ("f('a == b') // c == d\n", "f('a == b') // c == d\n"),
            ("a >= b; c => d; e === f\n", "a >= b; c => d; e === f\n"),
            ("a  \n  debugger;\nb\n", "a\nb\n"),
        ] {
            assert_eq!(mended(before), after, "{before:?}");
            assert_eq!(mended(after), after, "twice: {after:?}");
        }
    }
}
