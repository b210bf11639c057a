//! The packages of one project: every dependency of its dependencies, each at an exact version, chosen once so that
//! all that a preview loads fits together.

use super::npmrc::Npmrc;
use super::packages::{Packages, Preferred};
use super::registry::RegistryError;
use futures::future::join_all;
use node_semver::{Range, Version};
use serde_json::Value;
use std::collections::BTreeMap;
use tokio::sync::watch;

/// No project for a browser has more.
const MAX_PACKAGES: usize = 3000;

/// Exact versions and who needs whom.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Tree {
    /// What the project itself uses: its own dependencies and the peers that these ask for.
    pub(super) root: BTreeMap<String, String>,
    pub(super) nodes: BTreeMap<(String, String), Node>,
    /// The version of each package that goes by its plain name; others carry their version in their path.
    plain: BTreeMap<String, String>,
}

/// One package of the tree.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Node {
    /// Name → (the range it asks for, the version it gets).
    pub(super) needs: BTreeMap<String, (String, String)>,
}

/// A package that could not be had.
#[derive(Debug, Clone)]
pub(super) struct Missing {
    pub(super) name: String,
    pub(super) range: String,
    /// The package that needs it; none for the project itself.
    pub(super) needed_by: Option<String>,
    pub(super) why: RegistryError,
}

/// How far growing a tree has come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Progress {
    pub(super) known: usize,
    pub(super) fetched: usize,
}

struct Wish {
    name: String,
    range: String,
    /// The node that has it; none for the root.
    by: Option<(String, String)>,
}

impl Tree {
    /// The version of `name` that goes by its plain name in this tree.
    pub(super) fn plain(&self, name: &str) -> Option<&str> {
        self.plain.get(name).map(String::as_str)
    }

    /// Every version in this tree, for choosing alike elsewhere.
    pub(super) fn preferred(&self) -> Preferred {
        let mut preferred = Preferred::new();
        for (name, version) in self.nodes.keys() {
            preferred.entry(name.clone()).or_default().push(version.clone());
        }
        for (name, version) in &self.plain {
            let versions = preferred.entry(name.clone()).or_default();
            versions.retain(|other| other != version);
            versions.insert(0, version.clone());
        }
        preferred
    }

    /// Chooses and fetches everything that `asked` needs. What cannot be had is left out and told.
    pub(super) async fn grow(
        packages: &Packages,
        npmrc: &Npmrc,
        asked: &BTreeMap<String, String>,
        preferred: &Preferred,
        progress: &watch::Sender<Progress>,
    ) -> (Self, Vec<Missing>) {
        let mut tree = Self::default();
        let mut missing = Vec::new();
        let mut wishes: Vec<_> = asked
            .iter()
            .map(|(name, range)| Wish { name: name.clone(), range: range.clone(), by: None })
            .collect();
        while !wishes.is_empty() && tree.nodes.len() < MAX_PACKAGES {
            progress.send_modify(|progress| progress.known += wishes.len());
            let chosen =
                join_all(wishes.iter().map(|wish| tree.version_for(packages, npmrc, wish, preferred))).await;
            let mut fresh = Vec::new();
            let count = wishes.len();
            for (wish, chosen) in wishes.drain(..).zip(chosen) {
                match chosen {
                    Ok(version) => {
                        if tree.take(&wish, &version) {
                            fresh.push((wish, version));
                        }
                    }
                    Err(why) => missing.push(wish.missing(why)),
                }
            }
            let fetched =
                join_all(fresh.iter().map(|(wish, version)| packages.get(npmrc, &wish.name, version))).await;
            for ((wish, version), package) in fresh.into_iter().zip(fetched) {
                match package {
                    Ok(package) => wishes.extend(tree.wishes_of(&wish.name, &version, &package.about)),
                    Err(why) => {
                        tree.nodes.remove(&(wish.name.clone(), version));
                        missing.push(wish.missing(why));
                    }
                }
            }
            progress.send_modify(|progress| progress.fetched += count);
        }
        (tree, missing)
    }

    async fn version_for(
        &self,
        packages: &Packages,
        npmrc: &Npmrc,
        wish: &Wish,
        preferred: &Preferred,
    ) -> Result<String, RegistryError> {
        if let Some(plain) = self.plain(&wish.name).filter(|plain| satisfies(plain, &wish.range)) {
            return Ok(plain.to_owned());
        }
        let here =
            self.nodes.keys().filter(|(name, version)| *name == wish.name && satisfies(version, &wish.range));
        match here.map(|(_, version)| version).max() {
            Some(version) => Ok(version.clone()),
            None => packages.choose(npmrc, &wish.name, &wish.range, preferred).await,
        }
    }

    /// Writes a choice down; whether the package is new to the tree.
    fn take(&mut self, wish: &Wish, version: &str) -> bool {
        match &wish.by {
            None => {
                self.root.insert(wish.name.clone(), version.to_owned());
                self.plain.insert(wish.name.clone(), version.to_owned());
            }
            Some(by) => {
                let node = self.nodes.entry(by.clone()).or_default();
                node.needs.insert(wish.name.clone(), (wish.range.clone(), version.to_owned()));
            }
        }
        self.plain.entry(wish.name.clone()).or_insert_with(|| version.to_owned());
        let key = (wish.name.clone(), version.to_owned());
        let new = !self.nodes.contains_key(&key);
        self.nodes.entry(key).or_default();
        new
    }

    /// What a package needs: its dependencies, and the peers that nobody brought yet, as npm does.
    fn wishes_of(&self, name: &str, version: &str, about: &Value) -> Vec<Wish> {
        let list = |key: &str| {
            let entries = about.get(key).and_then(Value::as_object).into_iter().flatten();
            entries.filter_map(|(name, range)| Some((name.clone(), range.as_str()?.to_owned())))
        };
        let optional: Vec<_> = list("optionalDependencies").map(|(name, _)| name).collect();
        let by = Some((name.to_owned(), version.to_owned()));
        let own = list("dependencies")
            .filter(|(name, range)| !optional.contains(name) && !range.starts_with("npm:"));
        let own = own.map(|(name, range)| Wish { name, range, by: by.clone() });
        let is_optional = |peer: &str| about["peerDependenciesMeta"][peer]["optional"] == Value::Bool(true);
        let peers =
            list("peerDependencies").filter(|(peer, _)| !is_optional(peer) && !self.root.contains_key(peer));
        own.chain(peers.map(|(name, range)| Wish { name, range, by: None })).collect()
    }
}

impl Wish {
    fn missing(self, why: RegistryError) -> Missing {
        Missing { name: self.name, range: self.range, needed_by: self.by.map(|(name, _)| name), why }
    }
}

fn satisfies(version: &str, range: &str) -> bool {
    let Ok(version) = Version::parse(version) else { return false };
    match Range::parse(range) {
        Ok(range) => range.satisfies(&version),
        Err(_) => range.is_empty(),
    }
}
