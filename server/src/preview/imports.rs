//! Finds what a script imports, without parsing it: strings after `from`, `import`, `import(` and `require(`.
//!
//! It finds too much rather than too little (a comment may count): what is found only decides what is sent early.

/// The longest specifier that is one; beyond it a quote is some other text's.
const MAX_LENGTH: usize = 256;

/// Every specifier in `code`, in order, with repeats.
pub(super) fn specifiers(code: &str) -> impl Iterator<Item = &str> {
    let bytes = code.as_bytes();
    let quotes = bytes.iter().enumerate().filter(|(_, byte)| matches!(byte, b'"' | b'\''));
    quotes.filter_map(move |(at, quote)| {
        if !introduces(&bytes[..at]) {
            return None;
        }
        let rest = &bytes[at + 1..bytes.len().min(at + 1 + MAX_LENGTH)];
        let end = rest.iter().position(|byte| byte == quote || *byte == b'\n')?;
        (rest[end] == *quote && end > 0).then(|| &code[at + 1..at + 1 + end])
    })
}

/// Whether code that ends like this goes on with a specifier.
fn introduces(before: &[u8]) -> bool {
    let before = before.trim_ascii_end();
    let (word, called) = match before.strip_suffix(b"(") {
        Some(word) => (word.trim_ascii_end(), true),
        None => (before, false),
    };
    let ends = |name: &[u8]| {
        word.strip_suffix(name).is_some_and(|rest| {
            rest.last()
                .is_none_or(|byte| !(byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$' | b'.')))
        })
    };
    if called { ends(b"require") || ends(b"import") } else { ends(b"from") || ends(b"import") }
}

/// The package that a bare specifier names, and the path in it: `@a/b/c.js` → `@a/b`, `./c.js`.
pub(super) fn package(specifier: &str) -> Option<(&str, String)> {
    if specifier.starts_with(['.', '/']) || specifier.contains(':') {
        return None;
    }
    let slashes = if specifier.starts_with('@') { 2 } else { 1 };
    match specifier.match_indices('/').nth(slashes - 1) {
        Some((at, _)) => Some((&specifier[..at], format!(".{}", &specifier[at..]))),
        None => (slashes == 1 || specifier.contains('/')).then(|| (specifier, ".".to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_to_import_is_found() {
        let code = "import a from \"a\";import'b';export*from'./c';const d = require( \"d/e\" ), f=import('f');\n\
                    import {\n  g,\n} from 'g'; from(\"no\"); x.require('no'); importx('no'); 'no'; require(\"cut\n\")";
        assert_eq!(specifiers(code).collect::<Vec<_>>(), ["a", "b", "./c", "d/e", "f", "g"]);
    }

    #[test]
    fn text_that_is_not_ascii_is_cut_at_whole_characters() {
        let long = format!("import '{}ü'; import 'é'", "x".repeat(MAX_LENGTH - 1));
        assert_eq!(specifiers(&long).collect::<Vec<_>>(), ["é"]);
    }

    #[test]
    fn specifiers_name_packages_and_paths() {
        assert_eq!(package("react"), Some(("react", ".".into())));
        assert_eq!(package("react-dom/client"), Some(("react-dom", "./client".into())));
        assert_eq!(package("@mui/material/Button"), Some(("@mui/material", "./Button".into())));
        assert_eq!(package("@mui/material"), Some(("@mui/material", ".".into())));
        for other in ["./x", "../x", "/x", "node:fs", "https://x", "@"] {
            assert_eq!(package(other), None, "{other}");
        }
    }
}
