//! Finds the places that an answer names (`src/App.tsx:12`, `src/App.tsx:12-20`) and keeps those that exist.

use crate::tools::Tools;
use std::collections::HashMap;
use tidemark_shared::RelPath;
use tidemark_shared::change::Reference;

/// The places named in `answer` that the copy has, in order, each once, at most `max`. Reads files: to be called off the
/// async threads.
pub(super) fn references(answer: &str, tools: &Tools, max: usize) -> Vec<Reference> {
    let mut lines: HashMap<RelPath, Option<u32>> = HashMap::new();
    let mut found: Vec<Reference> = Vec::new();
    for named in answer.split(between).filter_map(place) {
        if found.len() == max {
            break;
        }
        let count = *lines.entry(named.path.clone()).or_insert_with(|| {
            let text = tools.text(&named.path)?;
            Some(u32::try_from(text.lines().count()).unwrap_or(u32::MAX))
        });
        let exists = count.is_some_and(|count| named.line <= named.end_line && named.end_line <= count);
        if exists && !found.contains(&named) {
            found.push(named);
        }
    }
    found
}

/// What stands between words of Markdown. Not in it: what paths are made of.
fn between(c: char) -> bool {
    c.is_whitespace() || "`'\"<>,;|*{}".contains(c)
}

/// `path:line`, `path:first-last` or `path#L1-L2`, with punctuation around it.
fn place(word: &str) -> Option<Reference> {
    // A Markdown link names its place twice: `[text](path:line)`.
    let word = word.rsplit("](").next().unwrap_or(word);
    let word = word.trim_start_matches(['(', '[']).trim_end_matches([')', ']', '.', ':', '!', '?']);
    let (path, lines) = word.rsplit_once('#').or_else(|| word.rsplit_once(':'))?;
    // `path:12:5` has a column.
    let (path, lines) = match path.rsplit_once(':') {
        Some((shorter, line)) if line.parse::<u32>().is_ok() => (shorter, line),
        _ => (path, lines),
    };
    let (first, last) = lines.split_once(['-', '–']).unwrap_or((lines, lines));
    let number = |text: &str| text.trim_start_matches('L').parse::<u32>().ok().filter(|line| *line >= 1);
    let path = RelPath::parse(path.trim_start_matches("./")).ok()?;
    Some(Reference { path, line: number(first)?, end_line: number(last)? })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tools::{Access, ToolLimits};

    fn copy() -> (tempfile::TempDir, Tools) {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join("src")).unwrap();
        std::fs::write(dir.path().join("src/App.tsx"), "1\n2\n3\n4\n5\n").unwrap();
        std::fs::write(dir.path().join("[id].ts"), "1\n").unwrap();
        let tools = Tools::new(dir.path().into(), Access::Read, ToolLimits::default());
        (dir, tools)
    }

    fn found(answer: &str) -> Vec<(String, u32, u32)> {
        let (_dir, tools) = copy();
        let all = references(answer, &tools, 50);
        all.into_iter().map(|place| (place.path.into(), place.line, place.end_line)).collect()
    }

    #[test]
    fn places_are_found_in_every_usual_form() {
        for answer in [
            "See src/App.tsx:2-4.",
            "See `src/App.tsx:2-4`, please",
            "(src/App.tsx:2–4)",
            "[the app](src/App.tsx#L2-L4)",
            "**src/App.tsx:2-4**:",
            "./src/App.tsx:2-4",
        ] {
            assert_eq!(found(answer), [("src/App.tsx".into(), 2, 4)], "{answer}");
        }
        assert_eq!(found("src/App.tsx:3:14"), [("src/App.tsx".into(), 3, 3)]);
    }

    #[test]
    fn what_does_not_exist_is_left_out() {
        let answer =
            "src/App.tsx:6, src/App.tsx:0, src/App.tsx:4-3, gone.ts:1, http://localhost:80, 12:30, ../x:1";
        assert_eq!(found(answer), []);
    }

    #[test]
    fn each_place_is_named_once_and_only_so_many() {
        assert_eq!(found("src/App.tsx:1 and src/App.tsx:1").len(), 1);
        let (_dir, tools) = copy();
        assert_eq!(references("src/App.tsx:1 src/App.tsx:2 src/App.tsx:3", &tools, 2).len(), 2);
    }
}
