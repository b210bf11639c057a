//! Type declarations for the editor: the `.d.ts` files of a project's packages, within limits.

use super::npmrc::Npmrc;
use super::packages::Packages;
use super::tree::Tree;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// The most that is sent for one project; what the project itself names goes first.
const MAX_BYTES: usize = 12 << 20;
const MAX_FILES: usize = 6000;
/// The most that one package may add.
const MAX_PACKAGE: usize = 4 << 20;

/// What Vite gives every project's code; used where a project has Vite, whose own declarations need Node's.
const VITE: &str = include_str!("types/vite.d.ts");

/// The declarations of every package in `tree` that was fetched, by `file:///node_modules/…` address.
pub(super) async fn types(
    packages: &Packages,
    npmrc: &Npmrc,
    tree: &Tree,
    vite: bool,
) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut bytes = 0;
    if vite {
        found.insert("file:///node_modules/vite/client.d.ts".to_owned(), VITE.to_owned());
    }
    let mut left: VecDeque<(String, String)> =
        tree.root.iter().map(|(name, version)| (name.clone(), version.clone())).collect();
    let mut seen: BTreeSet<_> = left.iter().cloned().collect();
    while let Some((name, version)) = left.pop_front() {
        let needs = tree.nodes.get(&(name.clone(), version.clone())).into_iter().flat_map(|node| &node.needs);
        for (needed, (_, version)) in needs {
            let key = (needed.clone(), version.clone());
            if seen.insert(key.clone()) {
                left.push_back(key);
            }
        }
        // A second version of a name has no address that the editor's resolution would find.
        if tree.plain(&name) != Some(&version) {
            continue;
        }
        let Ok(package) = packages.get(npmrc, &name, &version).await else { continue };
        let declarations: Vec<_> = package.files.keys().filter(|path| is_declaration(path)).collect();
        let size: usize = declarations.iter().map(|path| package.files[*path].len()).sum();
        if declarations.is_empty() || size > MAX_PACKAGE {
            continue;
        }
        if bytes + size > MAX_BYTES || found.len() + declarations.len() >= MAX_FILES {
            tracing::info!(package = %name, "type declarations past the limit were left out");
            break;
        }
        bytes += size;
        for path in declarations.into_iter().map(String::as_str).chain(["package.json"]) {
            if let Some(text) = package.text(path) {
                found.insert(format!("file:///node_modules/{name}/{path}"), text.to_owned());
            }
        }
    }
    found
}

fn is_declaration(path: &str) -> bool {
    [".d.ts", ".d.mts", ".d.cts"].iter().any(|ending| path.ends_with(ending))
}

/// The package that declares the types of one that brings none: `@a/b` → `@types/a__b`.
pub(super) fn declared_by(name: &str) -> String {
    format!("@types/{}", name.trim_start_matches('@').replace('/', "__"))
}
