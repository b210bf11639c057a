//! Taste, enforced: who may import whom, which driver is named where, and how a file opens. Each rule fails with its reason.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Which of the server's modules a module may use; the arrows of README's map.
const MAY_USE: &[(&str, &[&str])] = &[
    ("clock", &[]),
    ("desktop", &[]),
    ("settings", &[]),
    ("metrics", &["queue"]),
    ("secrets", &[]),
    ("store", &["clock"]),
    ("queue", &["clock"]),
    ("auth", &["clock"]),
    ("sandbox", &[]),
    ("providers", &["clock"]),
    ("models", &["providers", "clock"]),
    ("workspace", &["store", "clock", "templates"]),
    ("checks", &["workspace"]),
    ("tools", &["workspace", "providers"]),
    ("agent", &["providers", "models", "secrets", "tools", "workspace", "queue", "checks", "clock"]),
    ("preview", &["workspace", "clock"]),
    ("templates", &[]),
    (
        "tasks",
        &["queue", "store", "agent", "workspace", "models", "providers", "checks", "settings", "clock"],
    ),
    ("worker", &["tasks", "queue", "agent", "models", "metrics", "clock"]),
    (
        "app",
        &[
            "agent",
            "auth",
            "clock",
            "config",
            "desktop",
            "models",
            "preview",
            "queue",
            "settings",
            "store",
            "tasks",
            "templates",
            "worker",
            "workspace",
        ],
    ),
    (
        "api",
        &[
            "agent",
            "app",
            "auth",
            "clock",
            "config",
            "desktop",
            "metrics",
            "models",
            "preview",
            "providers",
            "queue",
            "settings",
            "store",
            "tasks",
            "templates",
            "worker",
            "workspace",
        ],
    ),
];

/// These compose and start the others; they may use everything.
const COMPOSERS: &[&str] = &["compose", "serve", "main", "lib", "cli", "config"];

/// A driver is named in one place, so that changing it is a change in one place.
const DRIVERS: &[(&str, &[&str])] = &[
    ("sled::", &["queue/sled"]),
    ("redis::", &["queue/redis"]),
    ("notify::", &["workspace/watch"]),
    ("axum::", &["api", "serve", "preview"]),
    ("std::env", &["config", "main", "cli"]),
    ("reqwest::", &["providers", "models", "preview", "cli"]),
    ("SystemTime", &["clock", "workspace", "preview/cache"]),
];

/// What would make the shared crate impure.
const IMPURE: &[&str] = &[
    "std::fs",
    "std::net",
    "std::env",
    "std::thread",
    "std::process",
    "SystemTime",
    "Instant::now",
    "tokio",
    "async fn",
];

/// What the shared crate may depend on: nothing here does I/O or asks a clock, and all of it compiles to wasm.
const PURE: &[&str] =
    &["blake3", "flate2", "serde", "serde_json", "sha1", "similar", "thiserror", "utoipa", "uuid"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the server is a folder of the workspace").into()
}

fn rust_files(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut left = vec![dir.to_path_buf()];
    while let Some(dir) = left.pop() {
        for entry in fs::read_dir(&dir).unwrap_or_else(|why| panic!("{}: {why}", dir.display())).flatten() {
            let path = entry.path();
            let name = entry.file_name();
            if path.is_dir() && name != "target" && name != "node_modules" && name != "templates" {
                left.push(path);
            } else if path.extension().is_some_and(|ext| ext == "rs") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// The file's code with comments and tests cut away: a test may reach anywhere.
fn code(path: &Path) -> String {
    let text = fs::read_to_string(path).unwrap_or_else(|why| panic!("{}: {why}", path.display()));
    let text = text.split("#[cfg(test)]\nmod ").next().unwrap_or_default();
    text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

/// `queue/sled/rows.rs` → `queue/sled/rows`; the first part is the module.
fn module(path: &Path, src: &Path) -> String {
    path.strip_prefix(src).unwrap_or(path).with_extension("").to_string_lossy().into_owned()
}

/// Whether the whole file is a test: a suite of a seam, or a module's tests in a file of their own.
fn is_test(module: &str) -> bool {
    module.ends_with("/conformance") || module.ends_with("/tests")
}

/// Whether the text at `at` starts a path of its own, rather than being the end of a longer name.
fn starts_a_path(code: &str, at: usize) -> bool {
    !code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':' || c == '$')
}

fn used_modules(code: &str) -> BTreeSet<String> {
    let mut used = BTreeSet::new();
    for (at, matched) in code.match_indices("crate::") {
        if !starts_a_path(code, at) {
            continue;
        }
        let rest = &code[at + matched.len()..];
        let name =
            |text: &str| text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>();
        match rest.strip_prefix('{') {
            Some(group) => used.extend(top_level_names(group).iter().map(|part| name(part))),
            None => drop(used.insert(name(rest))),
        }
    }
    used
}

/// The comma-separated parts of a `use` group, nested groups left whole.
fn top_level_names(group: &str) -> Vec<String> {
    let mut depth = 0;
    let mut parts = vec![String::new()];
    for c in group.chars() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => parts.push(String::new()),
            c if c.is_whitespace() => {}
            c => parts.last_mut().expect("it starts with one").push(c),
        }
    }
    parts
}

#[test]
fn modules_use_only_what_lies_below_them() {
    let src = root().join("server/src");
    let mut wrong = Vec::new();
    for path in rust_files(&src) {
        let name = module(&path, &src);
        let top = name.split('/').next().unwrap_or_default();
        if COMPOSERS.contains(&top) || is_test(&name) {
            continue;
        }
        let Some((_, may)) = MAY_USE.iter().find(|(module, _)| *module == top) else {
            wrong.push(format!("{name}: the module `{top}` has no row in MAY_USE; say what it may use"));
            continue;
        };
        for used in used_modules(&code(&path)) {
            let is_module = used.starts_with(char::is_lowercase) && used != top;
            if is_module && !may.contains(&used.as_str()) {
                wrong.push(format!("{name} uses crate::{used}; `{top}` may use only {may:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "directions (README, \"The map\"):\n{}", wrong.join("\n"));
}

#[test]
fn each_driver_is_named_in_one_place() {
    let src = root().join("server/src");
    let mut wrong = Vec::new();
    for path in rust_files(&src) {
        let name = module(&path, &src);
        if is_test(&name) {
            continue;
        }
        let code = code(&path);
        for (driver, places) in DRIVERS {
            let here = places.iter().any(|place| name == *place || name.starts_with(&format!("{place}/")));
            if !here && code.match_indices(driver).any(|(at, _)| starts_a_path(&code, at)) {
                wrong.push(format!("{name} names {driver}; only {places:?} may"));
            }
        }
    }
    assert!(wrong.is_empty(), "drivers:\n{}", wrong.join("\n"));
}

#[test]
fn the_shared_crate_is_pure() {
    let mut wrong = Vec::new();
    for path in rust_files(&root().join("shared/src")) {
        let code = code(&path);
        wrong.extend(
            IMPURE
                .iter()
                .filter(|word| code.contains(**word))
                .map(|word| format!("{}: {word}", path.display())),
        );
    }
    assert!(wrong.is_empty(), "shared has no I/O, no async and no clock:\n{}", wrong.join("\n"));
}

#[test]
fn the_shared_crate_depends_on_what_is_pure() {
    let manifest = |path: &str| -> toml::Table {
        let text = fs::read_to_string(root().join(path)).expect("the manifest is there");
        text.parse().expect("it is TOML")
    };
    let shared = manifest("shared/Cargo.toml");
    let used: Vec<_> = shared["dependencies"].as_table().expect("a table").keys().collect();
    let wrong: Vec<_> = used.into_iter().filter(|name| !PURE.contains(&name.as_str())).collect();
    assert!(wrong.is_empty(), "shared may use only {PURE:?}, not {wrong:?}");
    // Ids of these versions need a source of randomness or a clock, and do not compile to wasm without one.
    let everywhere = &manifest("Cargo.toml")["workspace"]["dependencies"]["uuid"];
    for text in [everywhere.to_string(), shared["dependencies"]["uuid"].to_string()] {
        assert!(!text.contains("\"v"), "the server makes ids, shared only reads them: {text}");
    }
}

#[test]
fn every_file_says_what_it_is_and_none_is_called_mod() {
    let mut wrong = Vec::new();
    for path in ["shared", "server", "src-tauri"].iter().flat_map(|dir| rust_files(&root().join(dir))) {
        let text = fs::read_to_string(&path).unwrap_or_default();
        if !text.starts_with("//!") {
            wrong.push(format!("{}: opens without a `//!` line", path.display()));
        }
        if path.file_name().is_some_and(|name| name == "mod.rs") {
            wrong.push(format!("{}: `foo.rs` beside `foo/`, never mod.rs", path.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_top_level_holds_nothing_else() {
    let allowed = [
        "Cargo.toml",
        "Cargo.lock",
        "README.md",
        "CHANGELOG.md",
        "LICENSE",
        "rust-toolchain.toml",
        "rustfmt.toml",
        "clippy.toml",
        "deny.toml",
        "src-tauri",
        "server",
        "ui",
        "shared",
        "scripts",
        "target",
    ];
    let wrong: Vec<_> = fs::read_dir(root())
        .expect("the workspace can be listed")
        .flatten()
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .filter(|name| !name.starts_with('.') && !allowed.contains(&name.as_str()))
        .collect();
    assert!(wrong.is_empty(), "the top level is fixed by the design; move these: {wrong:?}");
}
