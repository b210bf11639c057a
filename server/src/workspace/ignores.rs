//! Which paths of a project are passed over: what its ignore files name, dependency and build folders, and secrets.

use super::root::Root;
use ignore::gitignore::{Gitignore, GitignoreBuilder};
use std::path::Path;
use std::sync::Arc;
use tidemark_shared::RelPath;

/// Files that name what to ignore, in every folder; the later one has the last word.
const FILES: &[&str] = &[".gitignore", ".ignore"];
/// The largest ignore file that is read.
const MAX_FILE: u64 = 256 << 10;

/// Folders that are never entered: other tools' own, made anew at will, and large.
const NEVER_ENTERED: &[&str] = &[
    ".git",
    ".hg",
    ".svn",
    ".jj",
    "node_modules",
    "bower_components",
    ".venv",
    "venv",
    "__pycache__",
    ".next",
    ".nuxt",
    ".svelte-kit",
    ".turbo",
    ".parcel-cache",
    ".gradle",
    ".tox",
    ".mypy_cache",
    ".pytest_cache",
    ".ruff_cache",
];

/// What the ignore files from the project's root down to one folder say.
#[derive(Debug, Clone, Default)]
pub(super) struct Ignores {
    /// The outermost first.
    levels: Vec<Arc<Gitignore>>,
}

impl Ignores {
    /// These, and what the ignore files of `folder` (the root: none) say.
    pub(super) fn entering(&self, root: &Root, folder: Option<&RelPath>) -> Self {
        let base = folder.map_or("", RelPath::as_str);
        let mut builder = GitignoreBuilder::new(base);
        let mut any = false;
        let own = folder.is_none().then_some(".git/info/exclude");
        for name in own.iter().chain(FILES) {
            let path = match folder {
                Some(folder) => folder.join(name),
                None => RelPath::parse(name),
            };
            let Ok(Ok(Some(file))) = path.map(|path| root.read(&path, MAX_FILE)) else {
                continue;
            };
            for line in String::from_utf8_lossy(&file.bytes).lines() {
                // A pattern that can't be read ignores nothing, as with git.
                any |= builder.add_line(None, line).is_ok();
            }
        }
        let mut deeper = self.clone();
        if let (true, Ok(level)) = (any, builder.build()) {
            deeper.levels.push(Arc::new(level));
        }
        deeper
    }

    /// What all ignore files from the root down to `folder` say.
    pub(super) fn of(root: &Root, folder: Option<&RelPath>) -> Self {
        let mut way: Vec<RelPath> = Vec::new();
        let mut at = folder.cloned();
        while let Some(folder) = at {
            at = folder.parent();
            way.push(folder);
        }
        let top = Self::default().entering(root, None);
        way.iter().rev().fold(top, |ignores, folder| ignores.entering(root, Some(folder)))
    }

    /// Whether an entry is ignored, or a folder that is never entered.
    pub(super) fn is_passed_over(&self, root: &Root, path: &RelPath, is_folder: bool) -> bool {
        self.is_ignored(path, is_folder) || (is_folder && is_never_entered(root, path))
    }

    /// Whether an entry is ignored, its folder not being so.
    pub(super) fn is_ignored(&self, path: &RelPath, is_folder: bool) -> bool {
        for level in self.levels.iter().rev() {
            let matched = level.matched(Path::new(path.as_str()), is_folder);
            if !matched.is_none() {
                return matched.is_ignore();
            }
        }
        false
    }
}

/// Whether a change of this file changes what is ignored.
pub(super) fn is_ignore_file(path: &RelPath) -> bool {
    FILES.contains(&path.file_name())
}

/// Whether a folder is never entered. A `target` is a build folder when Cargo marked it as one.
pub(super) fn is_never_entered(root: &Root, path: &RelPath) -> bool {
    let name = path.file_name();
    NEVER_ENTERED.contains(&name)
        || (name == "target" && path.join("CACHEDIR.TAG").is_ok_and(|tag| root.exists(&tag).unwrap_or(false)))
}

/// Files with environment variables, and no examples of them.
pub(super) fn is_environment(path: &RelPath) -> bool {
    let name = path.file_name();
    let example = [".example", ".sample", ".template", ".dist"].iter().any(|end| name.ends_with(end));
    name == ".env" || (name.starts_with(".env.") && !example)
}

/// Files that hold keys by custom: not shown to a model.
pub(super) fn is_secret(path: &RelPath) -> bool {
    let name = path.file_name();
    let environment = is_environment(path);
    let key = ["id_rsa", "id_dsa", "id_ecdsa", "id_ed25519"].contains(&name)
        || matches!(path.extension(), Some("pem" | "key" | "p12" | "pfx" | "keystore" | "jks"));
    environment || key
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> RelPath {
        RelPath::parse(text).unwrap()
    }

    #[test]
    fn files_that_hold_keys_are_secret_and_their_examples_are_not() {
        for secret in [".env", "app/.env.local", "certs/server.pem", ".ssh/id_ed25519"] {
            assert!(is_secret(&path(secret)), "{secret}");
        }
        for plain in [".env.example", "env", "src/key.ts", "id_rsa.pub"] {
            assert!(!is_secret(&path(plain)), "{plain}");
        }
    }

    #[test]
    fn deeper_ignore_files_have_the_last_word() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join(".gitignore"), "*.log\n/dist\n").unwrap();
        std::fs::create_dir(dir.path().join("keep")).unwrap();
        std::fs::write(dir.path().join("keep/.gitignore"), "!*.log\n").unwrap();
        let root = Root::open(dir.path()).unwrap();
        let top = Ignores::default().entering(&root, None);
        assert!(top.is_ignored(&path("a.log"), false) && top.is_ignored(&path("src/a.log"), false));
        assert!(top.is_ignored(&path("dist"), true) && !top.is_ignored(&path("src/dist"), true));
        let keep = top.entering(&root, Some(&path("keep")));
        assert!(!keep.is_ignored(&path("keep/a.log"), false));
    }
}
