//! Which paths in packages a project's own code imports, so that they are sent with the first answer.

use super::imports;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Enough for any app; what lies beyond is loaded when it is asked for.
const MAX_FILES: usize = 3000;
const MAX_BYTES: u64 = 24 << 20;
const MAX_FILE: u64 = 1 << 20;

/// Package → the paths in it (`./client`) that code in `folder` imports. Ignored files are not read.
pub(super) fn read(folder: &Path) -> BTreeMap<String, BTreeSet<String>> {
    let mut used: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut bytes = 0;
    let walk = ignore::WalkBuilder::new(folder)
        .require_git(false)
        .filter_entry(|entry| entry.file_name() != "node_modules")
        .build();
    let scripts = walk.flatten().filter(|entry| {
        let is_file = entry.file_type().is_some_and(|kind| kind.is_file());
        is_file && entry.path().extension().and_then(|ext| ext.to_str()).is_some_and(is_script)
    });
    for entry in scripts.take(MAX_FILES) {
        let size = entry.metadata().map_or(0, |about| about.len());
        bytes += size;
        if size > MAX_FILE || bytes > MAX_BYTES {
            continue;
        }
        let text = std::fs::read_to_string(entry.path()).unwrap_or_default();
        for (name, path) in imports::specifiers(&text).filter_map(imports::package) {
            if path != "." {
                used.entry(name.to_owned()).or_default().insert(path);
            }
        }
    }
    used
}

fn is_script(extension: &str) -> bool {
    matches!(extension, "js" | "jsx" | "mjs" | "cjs" | "ts" | "tsx" | "mts" | "cts")
}

#[cfg(test)]
mod tests {
    #[test]
    fn only_the_projects_own_scripts_are_read() {
        let dir = tempfile::tempdir().unwrap();
        for (path, text) in [
            (".gitignore", "dist"),
            ("src/a.tsx", "import B from '@mui/material/Button'; import React from 'react'"),
            ("dist/b.js", "import 'built/x'"),
            ("node_modules/c/index.js", "import 'inner/x'"),
            ("notes.md", "import 'prose/x'"),
        ] {
            std::fs::create_dir_all(dir.path().join(path).parent().unwrap()).unwrap();
            std::fs::write(dir.path().join(path), text).unwrap();
        }
        let used = super::read(dir.path());
        assert_eq!(used.len(), 1);
        assert!(used["@mui/material"].contains("./Button"));
    }
}
