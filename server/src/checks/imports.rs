//! Whether the tests that were written import what there is: relative imports name a file of the copy, others a package
//! that the project declares.

use super::{Changed, Found};
use serde_json::Value;
use std::path::Path;
use tidemark_shared::RelPath;
use tree_sitter::{Node, Parser};

/// What a path in an import may leave out.
const ENDINGS: [&str; 11] =
    ["", ".ts", ".tsx", ".js", ".jsx", ".mjs", ".json", "/index.ts", "/index.tsx", "/index.js", "/index.jsx"];
const LISTS: [&str; 4] = ["dependencies", "devDependencies", "peerDependencies", "optionalDependencies"];

pub(super) fn check(changed: &[Changed], copy: &Path) -> Found {
    let package = std::fs::read(copy.join("package.json")).ok();
    let package: Option<Value> = package.and_then(|bytes| serde_json::from_slice(&bytes).ok());
    let mut wrong = Vec::new();
    let mut looked_at = 0;
    for file in changed.iter().filter(|file| is_script(&file.path)) {
        for (line, name) in imports(&file.path, &file.new) {
            looked_at += 1;
            let known = match name.strip_prefix('.') {
                Some(_) => is_there(copy, &file.path, &name),
                None => package.as_ref().is_none_or(|package| is_declared(package, &name)),
            };
            if !known {
                wrong.push(format!("{}:{line}: there is no {name:?}", file.path));
            }
        }
    }
    match (wrong.is_empty(), looked_at) {
        (false, _) => Found::Wrong(wrong),
        (true, 0) => Found::Nothing("no imports that can be looked up".into()),
        (true, 1) => Found::Fine("1 import looked up".into()),
        (true, count) => Found::Fine(format!("{count} imports looked up")),
    }
}

fn is_script(path: &RelPath) -> bool {
    matches!(path.extension(), Some("ts" | "tsx" | "mts" | "js" | "jsx" | "mjs"))
}

/// The names that a file imports from or re-exports, with their lines.
fn imports(path: &RelPath, text: &str) -> Vec<(usize, String)> {
    let typed = matches!(path.extension(), Some("ts" | "mts"));
    let language = if typed {
        tree_sitter_typescript::LANGUAGE_TYPESCRIPT
    } else {
        tree_sitter_typescript::LANGUAGE_TSX
    };
    let mut parser = Parser::new();
    if parser.set_language(&language.into()).is_err() {
        return Vec::new();
    }
    let Some(tree) = parser.parse(text, None) else { return Vec::new() };
    let root = tree.root_node();
    let mut cursor = root.walk();
    let named = |node: Node<'_>| {
        let source = node.child_by_field_name("source")?;
        let name = text.get(source.byte_range())?.trim_matches(['"', '\'', '`']).to_owned();
        Some((source.start_position().row + 1, name))
    };
    let statements = root.children(&mut cursor);
    statements
        .filter(|node| matches!(node.kind(), "import_statement" | "export_statement"))
        .filter_map(named)
        .collect()
}

fn is_there(copy: &Path, from: &RelPath, name: &str) -> bool {
    // `?raw` and the like are the bundler's.
    let name = name.split('?').next().unwrap_or(name);
    let mut parts: Vec<_> = from.parts().collect();
    parts.pop();
    for part in name.split('/') {
        match part {
            "" | "." => {}
            // Above the project there is nothing to look up.
            ".." => match parts.pop() {
                Some(_) => {}
                None => return false,
            },
            part => parts.push(part),
        }
    }
    let joined = parts.join("/");
    // TypeScript imports its own files as `.js`.
    let bare = joined.strip_suffix(".js").or_else(|| joined.strip_suffix(".jsx"));
    let candidates = [Some(joined.as_str()), bare];
    let mut named =
        candidates.into_iter().flatten().flat_map(|stem| ENDINGS.map(|end| format!("{stem}{end}")));
    named.any(|path| {
        RelPath::parse(&path)
            .is_ok_and(|path| copy.join(&path).symlink_metadata().is_ok_and(|found| found.is_file()))
    })
}

/// Declared in package.json, the project itself, Node's own, or a name of the project's own making (`@/…`, `~/…`, `#…`).
fn is_declared(package: &Value, name: &str) -> bool {
    if name.starts_with("node:")
        || name.starts_with("@/")
        || name.starts_with(['~', '#'])
        || name.contains(':')
    {
        return true;
    }
    let parts = if name.starts_with('@') { 2 } else { 1 };
    let wanted = name.split('/').take(parts).collect::<Vec<_>>().join("/");
    let lists = || LISTS.iter().filter_map(|list| package.get(*list));
    NODE.contains(&wanted.as_str())
        || package.get("name").and_then(Value::as_str) == Some(&wanted)
        || lists().any(|list| list.get(&wanted).is_some() || list.get(format!("@types/{wanted}")).is_some())
}

/// Modules of Node that need no `node:`.
const NODE: [&str; 16] = [
    "assert",
    "buffer",
    "child_process",
    "crypto",
    "events",
    "fs",
    "http",
    "https",
    "net",
    "os",
    "path",
    "process",
    "stream",
    "timers",
    "url",
    "util",
];
