//! What stands around an edit: `<think>` sections, JSON (also escaped twice), heredocs, CRLF. Fences are the readers' own.

use serde_json::Value;

/// What was inside.
pub(super) enum Inside {
    /// The arguments of a str_replace tool call.
    Tool {
        path: Option<String>,
        old: String,
        new: String,
    },
    Text(String),
}

/// How deep JSON may be wrapped in JSON.
const MAX_DEPTH: usize = 4;

pub(super) fn open(reply: &str) -> Inside {
    let mut text = without_thinking(reply).replace("\r\n", "\n");
    for _ in 0..MAX_DEPTH {
        let inner = json_fence(text.trim()).unwrap_or(text.trim());
        if !inner.starts_with(['{', '"']) {
            break;
        }
        let Ok(value) = serde_json::from_str::<Value>(inner) else { break };
        match unwrap(value) {
            Some(Inside::Text(inner)) => text = inner,
            Some(tool) => return tool,
            None => break,
        }
    }
    Inside::Text(text.replace("\r\n", "\n"))
}

/// Without the `<think>…</think>` sections that open a reply; further in they may be text of a file. One without an end is
/// left: what follows it is not an answer.
fn without_thinking(reply: &str) -> &str {
    let mut rest = reply;
    while let Some((_, answer)) =
        rest.trim_start().strip_prefix("<think>").and_then(|thought| thought.split_once("</think>"))
    {
        rest = answer.trim_start();
    }
    rest
}

fn json_fence(text: &str) -> Option<&str> {
    let inner = text.strip_prefix("```json\n").or_else(|| text.strip_prefix("```\n"))?;
    let inner = inner.strip_suffix("```")?.trim();
    inner.starts_with(['{', '"']).then_some(inner)
}

fn unwrap(value: Value) -> Option<Inside> {
    let mut object = match value {
        Value::String(text) => return Some(Inside::Text(text)),
        Value::Object(object) => object,
        _ => return None,
    };
    for key in ["input", "arguments", "parameters"] {
        if let Some(Value::Object(inner)) = object.get(key) {
            object = inner.clone();
            break;
        }
    }
    let text = |key: &str| object.get(key).and_then(Value::as_str).map(String::from);
    let path = ["path", "file_path", "filePath"].iter().find_map(|key| text(key));
    for (old, new) in [
        ("old_str", "new_str"),
        ("old_string", "new_string"),
        ("oldString", "newString"),
        ("old_text", "new_text"),
    ] {
        if let Some(old) = text(old) {
            return Some(Inside::Tool { path, old, new: text(new).unwrap_or_default() });
        }
    }
    ["patch", "diff", "input"].iter().find_map(|key| text(key)).map(Inside::Text)
}
