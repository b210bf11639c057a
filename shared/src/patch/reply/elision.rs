//! Lines that stand for code that was left out: `// ... existing code ...`, `# …`, `...`.

/// Whether a line says "here is code that I do not repeat".
pub fn is_elision(line: &str) -> bool {
    let mut text = line.trim();
    for (open, close) in [("{/*", "*/}"), ("/*", "*/"), ("<!--", "-->")] {
        if let Some(inner) = text.strip_prefix(open) {
            text = inner.trim_end().strip_suffix(close).unwrap_or(inner).trim();
            break;
        }
    }
    for mark in ["//", "#", "--"] {
        if let Some(inner) = text.strip_prefix(mark) {
            text = inner.trim_start();
            break;
        }
    }
    let Some(rest) = text.strip_prefix("...").or_else(|| text.strip_prefix('…')) else { return false };
    let rest = rest.trim();
    let rest = rest.strip_suffix("...").or_else(|| rest.strip_suffix('…')).unwrap_or(rest).trim();
    if rest.is_empty() {
        return true;
    }
    let rest = rest.strip_prefix('(').unwrap_or(rest);
    let word: String = rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
    ["existing", "rest", "unchanged", "remaining", "other", "same", "omitted", "code"]
        .contains(&word.to_ascii_lowercase().as_str())
}

#[cfg(test)]
mod tests {
    use super::is_elision;

    #[test]
    fn elisions_are_told_from_code() {
        for line in
            ["...", "  // ...", "# … rest of the file", "/* ... existing code ... */", "{/* ... */}", "..."]
        {
            assert!(is_elision(line), "{line:?}");
        }
        for line in ["...props", "fn f(...args)", "// and so on...", "x = [...y]", "", "...rest", "{...rest}"]
        {
            assert_eq!(is_elision(line), line == "...rest", "{line:?}");
        }
    }
}
