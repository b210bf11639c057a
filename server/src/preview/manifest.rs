//! What the bundler gets for one package of a project: the package.json of everything that it needs, and the files
//! that its entries reach. All else is loaded when it is asked for.

use super::imports;
use super::npmrc::Npmrc;
use super::packages::Packages;
use super::registry::RegistryError;
use super::resolve;
use super::tarball::Package;
use super::tree::Tree;
use futures::future::try_join_all;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

/// Past this many bytes of files the rest is left to be loaded when asked for.
const MAX_BYTES: usize = 16 << 20;

/// What apps import of packages beside their main entry, most often.
const ENTRIES: &[&str] = &[".", "./jsx-runtime", "./jsx-dev-runtime", "./client", "./runtime"];

/// Never used as a whole: the bundler replaces Node's own modules by what this one depends on, file by file.
const LAZY: &str = "node-libs-browser";

/// Packages that the bundler names as dependencies of every React project but never loads: an empty one will do.
const NEVER_LOADED: &[(&str, &str)] = &[("@babel/core", "7.28.0"), ("babel-runtime", "6.26.0")];

/// The version of a package that the bundler asks for but never loads.
pub(super) fn never_loaded(name: &str) -> Option<&'static str> {
    NEVER_LOADED.iter().find(|(package, _)| *package == name).map(|(_, version)| *version)
}

/// A manifest for a package that is never loaded.
pub(super) fn empty(name: &str, version: &str) -> Value {
    let about = json!({ "name": name, "version": version }).to_string();
    json!({
        "contents": { format!("/node_modules/{name}/package.json"): { "content": about } },
        "dependency": { "name": name, "version": version },
        "peerDependencies": {}, "dependencyDependencies": {}, "dependencyAliases": {},
    })
}

type Key = (String, String);

/// The manifest of one package of a tree. `used` are further paths in packages that the project imports.
pub(super) async fn manifest(
    packages: &Packages,
    npmrc: &Npmrc,
    tree: &Tree,
    (name, version): (&str, &str),
    used: &BTreeMap<String, BTreeSet<String>>,
) -> Result<Value, RegistryError> {
    let top = (name.to_owned(), version.to_owned());
    let within = needed_by(tree, &top);
    let fetched =
        try_join_all(within.iter().map(|(name, version)| packages.get(npmrc, name, version))).await?;
    let fetched: HashMap<&Key, Arc<Package>> = within.iter().zip(fetched).collect();
    let mut contents = Map::new();
    for (key, package) in &fetched {
        add(&mut contents, tree, key, package, "package.json");
    }
    if name != LAZY {
        add_reached(&mut contents, tree, &top, &fetched, used);
    }
    let peers = fetched[&top].about.get("peerDependencies").cloned().unwrap_or_else(|| json!({}));
    Ok(json!({
        "contents": contents,
        "dependency": { "name": name, "version": version },
        "peerDependencies": peers,
        "dependencyDependencies": dependencies(tree, &top, &within),
        "dependencyAliases": aliases(tree, &within),
    }))
}

/// A package and everything below it.
fn needed_by(tree: &Tree, top: &Key) -> Vec<Key> {
    let mut found = vec![top.clone()];
    let mut seen = BTreeSet::from([top.clone()]);
    let mut at = 0;
    while let Some(node) = found.get(at).map(|key| tree.nodes.get(key)) {
        at += 1;
        for (name, (_, version)) in node.into_iter().flat_map(|node| &node.needs) {
            let key = (name.clone(), version.clone());
            // What could not be had is not in the tree.
            if tree.nodes.contains_key(&key) && seen.insert(key.clone()) {
                found.push(key);
            }
        }
    }
    found
}

/// Where a package lies in `/node_modules`: a second version of a name carries its number.
fn place(tree: &Tree, (name, version): &Key) -> String {
    match tree.plain(name) {
        Some(plain) if plain != version => format!("{name}/{version}"),
        _ => name.clone(),
    }
}

fn add(contents: &mut Map<String, Value>, tree: &Tree, key: &Key, package: &Package, path: &str) -> usize {
    let Some(text) = package.text(path) else { return 0 };
    contents.insert(format!("/node_modules/{}/{path}", place(tree, key)), json!({ "content": text }));
    text.len()
}

/// Adds the files that a package's entries reach, through the packages below it too.
fn add_reached(
    contents: &mut Map<String, Value>,
    tree: &Tree,
    top: &Key,
    fetched: &HashMap<&Key, Arc<Package>>,
    used: &BTreeMap<String, BTreeSet<String>>,
) {
    let own = used.get(&top.0).into_iter().flatten().map(String::as_str);
    let mut left: Vec<(Key, String)> = Vec::new();
    let reach =
        |left: &mut Vec<(Key, String)>, key: &Key, file: String, seen: &mut BTreeSet<(Key, String)>| {
            if seen.insert((key.clone(), file.clone())) {
                left.push((key.clone(), file));
            }
        };
    let mut seen = BTreeSet::new();
    for path in ENTRIES.iter().copied().chain(own) {
        if let Some(file) = resolve::entry(&fetched[top], path) {
            reach(&mut left, top, file, &mut seen);
        }
    }
    let mut bytes = 0;
    while let Some((key, file)) = left.pop() {
        let Some(package) = fetched.get(&key) else { continue };
        bytes += add(contents, tree, &key, package, &file);
        if bytes > MAX_BYTES {
            return;
        }
        let is_code = !file.ends_with(".json") && !file.ends_with(".css");
        for specifier in package.text(&file).filter(|_| is_code).into_iter().flat_map(imports::specifiers) {
            if specifier.starts_with('.') {
                if let Some(found) = resolve::relative(package, &file, specifier) {
                    reach(&mut left, &key, found, &mut seen);
                }
            } else if let Some((name, path)) = imports::package(specifier) {
                let other = if name == key.0 {
                    Some(key.clone())
                } else {
                    let needed = tree.nodes.get(&key).and_then(|node| node.needs.get(name));
                    needed.map(|(_, version)| (name.to_owned(), version.clone()))
                };
                let found =
                    other.and_then(|other| Some((resolve::entry(fetched.get(&other)?, &path)?, other)));
                if let Some((found, other)) = found {
                    reach(&mut left, &other, found, &mut seen);
                }
            }
        }
    }
}

fn dependencies(tree: &Tree, top: &Key, within: &[Key]) -> BTreeMap<String, Value> {
    let mut found = BTreeMap::new();
    for key in within.iter().filter(|key| *key != top) {
        let mut parents = Vec::new();
        let mut range = "*";
        for other in within {
            let needs = tree.nodes.get(other).and_then(|node| node.needs.get(&key.0));
            if let Some((asked, _)) = needs.filter(|(_, version)| *version == key.1) {
                parents.push(place(tree, other));
                range = asked;
            }
        }
        let entry = json!({ "semver": range, "resolved": key.1, "parents": parents, "entries": [] });
        found.insert(place(tree, key), entry);
    }
    found
}

/// Parents that get another version than the one of the plain name.
fn aliases(tree: &Tree, within: &[Key]) -> BTreeMap<String, BTreeMap<String, String>> {
    let mut aliases: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
    for key in within {
        for (name, (_, version)) in tree.nodes.get(key).into_iter().flat_map(|node| &node.needs) {
            let there = place(tree, &(name.clone(), version.clone()));
            if there != *name {
                aliases.entry(place(tree, key)).or_default().insert(name.clone(), there);
            }
        }
    }
    aliases
}
