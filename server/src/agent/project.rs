//! [`Project`]: what can be told about a project by looking at it: its tree, its rules, its test framework and linters.

use crate::tools::Tools;
use serde_json::Value;
use std::collections::BTreeMap;
use tidemark_shared::{Mode, RelPath};

/// Files with rules for agents, the first one found counts.
const RULES: [&str; 4] = ["AGENTS.md", "CLAUDE.md", ".github/copilot-instructions.md", ".cursorrules"];

/// Test frameworks by the package, or the word in a manifest, that shows them.
const TESTS: [(&str, &str); 9] = [
    ("vitest", "Vitest"),
    ("jest", "Jest"),
    ("mocha", "Mocha"),
    ("@playwright/test", "Playwright"),
    ("cypress", "Cypress"),
    ("ava", "AVA"),
    ("@testing-library/react", "Testing Library (React)"),
    ("@testing-library/dom", "Testing Library"),
    ("jasmine", "Jasmine"),
];
const LINTERS: [(&str, &str); 6] = [
    ("eslint", "ESLint"),
    ("@biomejs/biome", "Biome"),
    ("prettier", "Prettier"),
    ("typescript", "TypeScript"),
    ("stylelint", "Stylelint"),
    ("oxlint", "Oxlint"),
];
/// Scripts of package.json that say how the project checks itself.
const SCRIPTS: [&str; 7] = ["test", "lint", "typecheck", "type-check", "check", "format", "build"];

pub(super) struct Project {
    tools: Tools,
    files: Vec<RelPath>,
    pub(super) rules: Option<(RelPath, String)>,
}

impl Project {
    /// Reads file names and manifests: to be called off the async threads.
    pub(super) fn look_at(tools: &Tools) -> Self {
        let files = tools.files();
        let rules = RULES.iter().find_map(|name| {
            let path = RelPath::parse(name).ok()?;
            let text = tools.text(&path).filter(|text| !text.trim().is_empty())?;
            Some((path, text))
        });
        Self { tools: tools.clone(), files, rules }
    }

    pub(super) fn text(&self, path: &RelPath) -> Option<String> {
        self.tools.text(path)
    }
    fn named(&self, name: &str) -> Option<String> {
        self.text(&RelPath::parse(name).ok()?)
    }
    fn has(&self, test: impl Fn(&str) -> bool) -> Option<&RelPath> {
        self.files.iter().find(|path| test(path.file_name()))
    }

    /// The project's files, as deep as fits into `max` bytes: folders that do not fit say how many files they hold.
    pub(super) fn tree(&self, max: usize) -> String {
        if self.files.is_empty() {
            return "(no files yet)\n".into();
        }
        let deepest = self.files.iter().map(|path| path.parts().count()).max().unwrap_or(1);
        let fitting =
            (1..=deepest.min(12)).rev().map(|depth| self.at_depth(depth)).find(|tree| tree.len() <= max);
        fitting.unwrap_or_else(|| crate::tools::bounded(&self.at_depth(1), max) + "\n")
    }

    fn at_depth(&self, depth: usize) -> String {
        let mut shown: BTreeMap<String, usize> = BTreeMap::new();
        for path in &self.files {
            let parts: Vec<_> = path.parts().collect();
            if parts.len() <= depth {
                shown.insert(path.to_string(), 0);
            } else {
                *shown.entry(format!("{}/", parts[..depth].join("/"))).or_default() += 1;
            }
        }
        let line = |(path, files): (&String, &usize)| match files {
            0 => format!("{path}\n"),
            files => format!("{path} ({files} files)\n"),
        };
        shown.iter().map(line).collect()
    }

    /// What matters for a task of this mode, a sentence each.
    pub(super) fn found(&self, mode: Mode) -> Vec<String> {
        match mode {
            Mode::Patch | Mode::Explain => Vec::new(),
            Mode::GenerateTest => self.tests(),
            Mode::LintFix => self.linters(),
        }
    }

    fn tests(&self) -> Vec<String> {
        let mut found = self.packages(&TESTS, "Tests use");
        if self.named("Cargo.toml").is_some() {
            found.push("Tests use Rust's own #[test] (Cargo.toml).".into());
        }
        if let Some(manifest) = self.python() {
            let uses = if manifest.contains("pytest") {
                "pytest"
            } else {
                "unittest, or pytest where it is installed"
            };
            found.push(format!("Tests use {uses} (Python)."));
        }
        if self.named("go.mod").is_some() {
            found.push("Tests use Go's own testing package (go.mod).".into());
        }
        let is_test = |name: &str| {
            [".test.", ".spec.", "_test."].iter().any(|mark| name.contains(mark)) || name.starts_with("test_")
        };
        let examples: Vec<_> = self.files.iter().filter(|path| is_test(path.file_name())).take(5).collect();
        match examples.as_slice() {
            [] => found.push("There are no tests yet.".into()),
            some => {
                let names: Vec<_> = some.iter().map(|path| path.as_str()).collect();
                found.push(format!("Tests there are, to be followed: {}.", names.join(", ")));
            }
        }
        found.extend(self.scripts());
        found
    }

    fn linters(&self) -> Vec<String> {
        let mut found = self.packages(&LINTERS, "The project is checked by");
        let configs = |name: &str| {
            let starts =
                ["eslint.config.", ".eslintrc", ".prettierrc", "prettier.config.", "biome.json", "tsconfig"];
            let exact =
                ["ruff.toml", ".ruff.toml", "rustfmt.toml", "clippy.toml", ".editorconfig", ".flake8"];
            starts.iter().any(|start| name.starts_with(start)) || exact.contains(&name)
        };
        let rules: Vec<_> = self.files.iter().filter(|path| configs(path.file_name())).take(8).collect();
        if !rules.is_empty() {
            let names: Vec<_> = rules.iter().map(|path| path.as_str()).collect();
            found.push(format!("Its rules are in {}.", names.join(", ")));
        }
        if self.named("Cargo.toml").is_some() {
            found.push("Rust code is checked by clippy and rustfmt.".into());
        }
        if self.python().is_some_and(|manifest| manifest.contains("ruff")) {
            found.push("Python code is checked by Ruff.".into());
        }
        if found.is_empty() {
            found.push("No linter is declared; go by what is usual for the language.".into());
        }
        found.extend(self.scripts());
        found
    }

    fn package(&self) -> Option<Value> {
        serde_json::from_str(self.named("package.json")?.trim_start_matches('\u{feff}')).ok()
    }

    fn packages(&self, known: &[(&str, &str)], how: &str) -> Vec<String> {
        let Some(package) = self.package() else { return Vec::new() };
        let declared = |name: &str| {
            ["dependencies", "devDependencies"]
                .iter()
                .find_map(|list| package.get(*list)?.get(name)?.as_str())
        };
        let found = known.iter().filter_map(|(name, title)| Some((title, declared(name)?)));
        found.map(|(title, version)| format!("{how} {title} {version} (package.json).")).collect()
    }

    fn scripts(&self) -> Vec<String> {
        let package = self.package();
        let declared = |name: &str| package.as_ref()?.get("scripts")?.get(name)?.as_str().map(str::to_owned);
        let found = SCRIPTS.iter().filter_map(|name| Some((name, declared(name)?)));
        found.map(|(name, does)| format!("Script {name}: {does}")).collect()
    }

    fn python(&self) -> Option<String> {
        let manifest =
            ["pyproject.toml", "setup.cfg", "requirements.txt"].iter().find_map(|name| self.named(name));
        manifest.or_else(|| self.has(|name| name.ends_with(".py")).map(|_| String::new()))
    }
}
