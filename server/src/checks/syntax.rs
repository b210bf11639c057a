//! Whether a change broke the syntax of a file: it may not have more errors than before. By tree-sitter's grammars; JSON
//! and TOML by their own parsers where they are strict.

use super::{Changed, Found};
use tree_sitter::{Language, Node, Parser};

/// Errors that are counted in one file.
const MAX_ERRORS: usize = 100;
/// Errors that are told of one file.
const TOLD: usize = 3;

pub(super) fn check(changed: &[Changed]) -> Found {
    let mut wrong = Vec::new();
    let mut looked_at = 0;
    for file in changed {
        let Some(now) = errors(file.path.file_name(), &file.new) else { continue };
        looked_at += 1;
        let before =
            file.base.as_deref().and_then(|base| errors(file.path.file_name(), base)).unwrap_or_default();
        if now.len() > before.len() {
            wrong.extend(
                now.iter().take(TOLD).map(|error| format!("{}:{}: {}", file.path, error.line, error.what)),
            );
            if now.len() > TOLD {
                wrong.push(format!("{}: {} errors in all", file.path, now.len()));
            }
        }
    }
    match (wrong.is_empty(), looked_at) {
        (false, _) => Found::Wrong(wrong),
        (true, 0) => Found::Nothing("no grammar for the changed files".into()),
        (true, 1) => Found::Fine("1 file parsed".into()),
        (true, files) => Found::Fine(format!("{files} files parsed")),
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Error {
    /// From 1.
    line: usize,
    what: String,
}

/// The errors in a text by its file's name; nothing when there is no grammar for it.
fn errors(name: &str, text: &str) -> Option<Vec<Error>> {
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension).to_lowercase();
    if extension == "toml" {
        return Some(toml_errors(text));
    }
    // package.json and its lock are strict; other JSON files may have comments.
    if matches!(name, "package.json" | "package-lock.json") {
        return Some(json_errors(text));
    }
    let mut parser = Parser::new();
    parser.set_language(&language(&extension)?).ok()?;
    let tree = parser.parse(text, None)?;
    Some(tree_errors(tree.root_node(), text))
}

fn language(extension: &str) -> Option<Language> {
    Some(match extension {
        "ts" | "mts" | "cts" => tree_sitter_typescript::LANGUAGE_TYPESCRIPT.into(),
        "tsx" => tree_sitter_typescript::LANGUAGE_TSX.into(),
        "js" | "jsx" | "mjs" | "cjs" => tree_sitter_javascript::LANGUAGE.into(),
        "json" | "jsonc" => tree_sitter_json::LANGUAGE.into(),
        "css" => tree_sitter_css::LANGUAGE.into(),
        "html" | "htm" => tree_sitter_html::LANGUAGE.into(),
        "py" | "pyi" => tree_sitter_python::LANGUAGE.into(),
        "rs" => tree_sitter_rust::LANGUAGE.into(),
        _ => return None,
    })
}

/// The nodes that are errors or missing, in order; what is inside an error is not counted again.
fn tree_errors(root: Node<'_>, text: &str) -> Vec<Error> {
    let mut found = Vec::new();
    let mut cursor = root.walk();
    loop {
        let node = cursor.node();
        if node.is_error() || node.is_missing() {
            found.push(Error { line: node.start_position().row + 1, what: said(node, text) });
            if found.len() == MAX_ERRORS {
                return found;
            }
        }
        let may_hold_more = node.has_error() && !node.is_error() && !node.is_missing();
        if may_hold_more && cursor.goto_first_child() {
            continue;
        }
        while !cursor.goto_next_sibling() {
            if !cursor.goto_parent() {
                return found;
            }
        }
    }
}

fn said(node: Node<'_>, text: &str) -> String {
    if node.is_missing() {
        return format!("{:?} is missing", node.kind());
    }
    let start: String = text[node.start_byte()..].chars().take_while(|c| *c != '\n').take(40).collect();
    format!("can't be parsed from {start:?}")
}

fn json_errors(text: &str) -> Vec<Error> {
    match serde_json::from_str::<serde::de::IgnoredAny>(text) {
        Ok(_) => Vec::new(),
        Err(why) => vec![Error { line: why.line().max(1), what: why.to_string() }],
    }
}

fn toml_errors(text: &str) -> Vec<Error> {
    match text.parse::<toml_edit::DocumentMut>() {
        Ok(_) => Vec::new(),
        Err(why) => {
            let at = why.span().map_or(0, |span| span.start).min(text.len());
            let line = text.as_bytes()[..at].iter().filter(|byte| **byte == b'\n').count() + 1;
            vec![Error { line, what: why.message().into() }]
        }
    }
}
