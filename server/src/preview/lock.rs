//! Exact versions from a project's lock file: npm's, Yarn's (1 and later), pnpm's or Bun's.
//!
//! Only names and versions are read; what is fetched is checked against what the registry says of it. A lock file
//! that cannot be read gives no versions, and the ranges of package.json decide.

use super::packages::Preferred;
use serde_json::Value;
use std::path::Path;

/// The largest lock file that is read.
const MAX_BYTES: u64 = 64 << 20;

/// The versions of the lock file in `folder`, the project's own first.
pub(super) fn read(folder: &Path) -> Preferred {
    type Parse = fn(&str) -> Vec<(String, String)>;
    const KINDS: &[(&str, Parse)] = &[
        ("package-lock.json", npm),
        ("npm-shrinkwrap.json", npm),
        ("pnpm-lock.yaml", pnpm),
        ("yarn.lock", yarn),
        ("bun.lock", bun),
    ];
    let mut preferred = Preferred::new();
    for (name, parse) in KINDS {
        let path = folder.join(name);
        if std::fs::metadata(&path).is_ok_and(|about| about.is_file() && about.len() <= MAX_BYTES)
            && let Ok(text) = std::fs::read_to_string(&path)
        {
            for (package, version) in parse(&text) {
                let versions = preferred.entry(package).or_default();
                if !versions.contains(&version) {
                    versions.push(version);
                }
            }
            break;
        }
    }
    preferred
}

/// `packages` of versions 2 and 3 (`node_modules/a/node_modules/b`), `dependencies` of version 1.
fn npm(text: &str) -> Vec<(String, String)> {
    let Ok(lock) = serde_json::from_str::<Value>(text) else { return Vec::new() };
    let mut found = Vec::new();
    for (path, package) in lock["packages"].as_object().into_iter().flatten() {
        let name = path.rsplit_once("node_modules/").map(|(_, name)| name);
        if let (Some(name), Some(version)) = (name, package["version"].as_str()) {
            found.push((path.matches("node_modules/").count(), name.to_owned(), version.to_owned()));
        }
    }
    let mut left: Vec<_> = lock["dependencies"].as_object().into_iter().map(|deps| (1, deps)).collect();
    while let Some((depth, deps)) = left.pop() {
        for (name, package) in deps {
            found
                .extend(package["version"].as_str().map(|version| (depth, name.clone(), version.to_owned())));
            left.extend(package["dependencies"].as_object().map(|deps| (depth + 1, deps)));
        }
    }
    // What lies at the top is what the project itself sees.
    found.sort_by_key(|(depth, ..)| *depth);
    found.into_iter().map(|(_, name, version)| (name, version)).collect()
}

/// `"@scope/name@^1.0.0", name@^2:` and, below it, `version "1.2.3"` or `version: 1.2.3`.
fn yarn(text: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut name = None;
    for line in text.lines() {
        if !line.starts_with([' ', '#']) && line.ends_with(':') {
            let first = line.trim_end_matches(':').split(',').next().unwrap_or_default().trim_matches('"');
            name = split(first).map(|(name, _)| name.to_owned());
        } else if let Some(rest) = line.trim_start().strip_prefix("version")
            && line.starts_with("  ")
            && let Some(name) = name.take()
        {
            found.push((name, rest.trim_start_matches(':').trim().trim_matches('"').to_owned()));
        }
    }
    found
}

/// Keys of `packages:`: `  /name@1.0.0:`, `  '@scope/name@1.0.0':`, `  name@1.0.0(peer@2.0.0):`.
fn pnpm(text: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut within = false;
    for line in text.lines() {
        if !line.starts_with(' ') && line.ends_with(':') {
            within = line == "packages:" || line == "snapshots:";
        } else if within && line.starts_with("  ") && !line.starts_with("   ") {
            let key = line.trim().trim_end_matches("{}").trim().trim_end_matches(':').trim_matches('\'');
            let key = key.trim_start_matches('/').split('(').next().unwrap_or_default();
            found.extend(split(key).map(|(name, version)| (name.to_owned(), version.to_owned())));
        }
    }
    found
}

/// `"name": ["name@1.0.0", …` in a JSON with trailing commas.
fn bun(text: &str) -> Vec<(String, String)> {
    let entries = text.lines().filter_map(|line| line.split_once(": [\"")?.1.split('"').next());
    entries.filter_map(split).map(|(name, version)| (name.to_owned(), version.to_owned())).collect()
}

/// `@scope/name@1.0.0` → name and the rest.
fn split(text: &str) -> Option<(&str, &str)> {
    let at = text.get(1..)?.find('@')? + 1;
    Some((&text[..at], &text[at + 1..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_lock(name: &str, text: &str) -> Preferred {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join(name), text).unwrap();
        read(dir.path())
    }

    #[test]
    fn every_package_manager_is_understood() {
        let npm3 = r#"{"lockfileVersion":3,"packages":{"":{"name":"app"},
            "node_modules/a/node_modules/@s/b":{"version":"1.0.0"},"node_modules/@s/b":{"version":"2.0.0"}}}"#;
        let npm1 = r#"{"dependencies":{"@s/b":{"version":"2.0.0"},"a":{"version":"1.0.0",
            "dependencies":{"@s/b":{"version":"1.0.0"}}}}}"#;
        let yarn1 = "# yarn lockfile v1\n\n\"@s/b@^2.0.0\", \"@s/b@^2.1.0\":\n  version \"2.0.0\"\n  resolved \"x\"\n\n\"@s/b@^1\":\n  version \"1.0.0\"\n";
        let berry = "__metadata:\n  version: 8\n\n\"@s/b@npm:^2.0.0\":\n  version: 2.0.0\n\n\"@s/b@npm:^1.0.0\":\n  version: 1.0.0\n";
        let pnpm = "lockfileVersion: '9.0'\n\nimporters:\n  .:\n    x: y\npackages:\n\n  '@s/b@2.0.0':\n    resolution: {integrity: x}\n  '@s/b@1.0.0(p@1.0.0)':\n    resolution: {}\n";
        let pnpm6 = "packages:\n\n  /@s/b@2.0.0:\n    dev: false\n  /@s/b@1.0.0:\n    dev: true\n";
        let bun = "{\n  \"packages\": {\n    \"@s/b\": [\"@s/b@2.0.0\", \"\", {}, \"x\"],\n    \"a/@s/b\": [\"@s/b@1.0.0\", \"\"],\n  }\n}";
        for (name, text) in [
            ("package-lock.json", npm3),
            ("package-lock.json", npm1),
            ("yarn.lock", yarn1),
            ("yarn.lock", berry),
            ("pnpm-lock.yaml", pnpm),
            ("pnpm-lock.yaml", pnpm6),
            ("bun.lock", bun),
        ] {
            assert_eq!(read_lock(name, text)["@s/b"], ["2.0.0", "1.0.0"], "{name}: {text}");
        }
    }

    #[test]
    fn a_broken_lock_file_gives_no_versions() {
        assert!(
            read_lock("package-lock.json", "{").is_empty() && read_lock("yarn.lock", "\0\u{ffff}").is_empty()
        );
    }
}
