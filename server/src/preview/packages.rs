//! Name and range → one exact package, from what is already here when that fits: memory, the seeds, the disk cache,
//! and only then the registry. So a project that was opened once opens again without a network.

use super::cache::Cache;
use super::npmrc::Npmrc;
use super::registry::{Registry, RegistryError};
use super::seeds;
use super::tarball::{Limits, Package};
use crate::clock::Clock;
use node_semver::{Range, Version};
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use tokio::sync::Semaphore;

/// The most bytes of unpacked packages that are kept in memory, least recently used first out.
const MAX_MEMORY: usize = 48 << 20;
/// How many packages are fetched and unpacked at once.
const AT_ONCE: usize = 8;

/// A registry, a name and a version: what names a package's bytes.
type Key = (String, String, String);

pub(super) struct Packages {
    pub(super) registry: Registry,
    cache: Arc<Cache>,
    memory: Mutex<Memory>,
    /// One fetch per package at a time: who asks for the same waits for the first.
    fetching: Mutex<HashMap<Key, Weak<tokio::sync::Mutex<()>>>>,
    permits: Semaphore,
}

#[derive(Default)]
struct Memory {
    packages: HashMap<Key, Arc<Package>>,
    /// Least recently used first.
    order: VecDeque<Key>,
    bytes: usize,
}

/// Versions that are preferred where they fit, by package: those of a lock file, or already chosen for a project.
pub(super) type Preferred = BTreeMap<String, Vec<String>>;

impl Packages {
    pub(super) fn new(cache: Cache, clock: Arc<dyn Clock>) -> Self {
        let cache = Arc::new(cache);
        Self {
            registry: Registry::new(cache.clone(), clock),
            cache,
            memory: Mutex::default(),
            fetching: Mutex::default(),
            permits: Semaphore::new(AT_ONCE),
        }
    }

    /// The exact version that a range or tag means: a preferred one, else the newest that is already here and fits,
    /// else what the registry offers.
    pub(super) async fn choose(
        &self,
        npmrc: &Npmrc,
        name: &str,
        range: &str,
        preferred: &Preferred,
    ) -> Result<String, RegistryError> {
        let range = range.trim();
        if let Ok(exact) = Version::parse(range.trim_start_matches(['=', 'v'])) {
            return Ok(exact.to_string());
        }
        if !of_a_registry(range) {
            return Err(RegistryError::Elsewhere);
        }
        let wanted = if range.is_empty() { Ok(Range::any()) } else { Range::parse(range) };
        if let Ok(wanted) = &wanted {
            let preferred = preferred.get(name).into_iter().flatten();
            if let Some(version) = preferred.into_iter().find(|version| fits(version, wanted)) {
                return Ok(version.clone());
            }
            let here = self.versions_here(npmrc, name).await;
            if let Some(newest) = newest(here.iter().filter(|version| fits(version, wanted))) {
                return Ok(newest);
            }
        }
        match self.registry.packument(npmrc, name).await {
            Ok(packument) => {
                let Ok(wanted) = wanted else {
                    return packument.tags.get(range).cloned().ok_or(RegistryError::NoVersion);
                };
                let latest = packument.tags.get("latest").filter(|latest| fits(latest, &wanted)).cloned();
                latest
                    .or_else(|| newest(packument.versions.keys().filter(|version| fits(version, &wanted))))
                    .ok_or(RegistryError::NoVersion)
            }
            // A tag can't be looked up offline; the newest that is here is the best that can be had.
            Err(why) => match newest(self.versions_here(npmrc, name).await.iter()) {
                Some(newest) if wanted.is_err() => Ok(newest),
                _ => Err(why),
            },
        }
    }

    /// The versions to choose among, the newest first: those that are here when there are any, else the registry's.
    pub(super) async fn versions(&self, npmrc: &Npmrc, name: &str) -> Result<Vec<String>, RegistryError> {
        let mut here = self.versions_here(npmrc, name).await;
        if here.is_empty() {
            here = self.registry.packument(npmrc, name).await?.versions.into_keys().collect();
        }
        here.sort_by_cached_key(|text| {
            Version::parse(text).ok().map(|version| (!version.is_prerelease(), version))
        });
        here.reverse();
        Ok(here)
    }

    /// One package, unpacked.
    pub(super) async fn get(
        &self,
        npmrc: &Npmrc,
        name: &str,
        version: &str,
    ) -> Result<Arc<Package>, RegistryError> {
        let registry = npmrc.registry_of(name).map(ToString::to_string).unwrap_or_default();
        let key = (registry, name.to_owned(), version.to_owned());
        if let Some(package) = self.remembered(&key) {
            return Ok(package);
        }
        let turn = {
            let mut fetching = self.fetching.lock().unwrap_or_else(PoisonError::into_inner);
            fetching.retain(|_, turn| turn.strong_count() > 0);
            let turn = fetching.get(&key).and_then(Weak::upgrade).unwrap_or_default();
            fetching.insert(key.clone(), Arc::downgrade(&turn));
            turn
        };
        let _mine = turn.lock().await;
        if let Some(package) = self.remembered(&key) {
            return Ok(package);
        }
        let _permit = self.permits.acquire().await;
        let (seed_name, seed_version) = (name.to_owned(), version.to_owned());
        let seed = tokio::task::spawn_blocking(move || {
            seeds::tarball(&seed_name, &seed_version).map(std::borrow::Cow::into_owned)
        });
        let tarball = match seed.await {
            Ok(Some(bytes)) => bytes,
            _ => self.registry.tarball(npmrc, name, version).await?,
        };
        let unpacked = tokio::task::spawn_blocking(move || Package::unpack(&tarball, Limits::default()));
        let package = unpacked
            .await
            .map_err(|panic| RegistryError::Damaged(panic.to_string()))?
            .map_err(|why| RegistryError::Damaged(why.to_string()))?;
        let package = Arc::new(package);
        self.remember(key, package.clone());
        Ok(package)
    }

    async fn versions_here(&self, npmrc: &Npmrc, name: &str) -> Vec<String> {
        let (cache, registry, name) = (self.cache.clone(), npmrc.registry_of(name).cloned(), name.to_owned());
        let here = tokio::task::spawn_blocking(move || {
            let mut here: Vec<_> = seeds::versions(&name).map(str::to_owned).collect();
            here.extend(registry.into_iter().flat_map(|registry| cache.versions(&registry, &name)));
            here
        });
        here.await.unwrap_or_default()
    }

    fn remembered(&self, key: &Key) -> Option<Arc<Package>> {
        let mut memory = self.memory.lock().unwrap_or_else(PoisonError::into_inner);
        let package = memory.packages.get(key).cloned()?;
        memory.order.retain(|other| other != key);
        memory.order.push_back(key.clone());
        Some(package)
    }

    fn remember(&self, key: Key, package: Arc<Package>) {
        let mut memory = self.memory.lock().unwrap_or_else(PoisonError::into_inner);
        memory.bytes += package.size();
        memory.order.push_back(key.clone());
        memory.packages.insert(key, package);
        while memory.bytes > MAX_MEMORY && memory.order.len() > 1 {
            let oldest = memory.order.pop_front();
            if let Some(gone) = oldest.and_then(|key| memory.packages.remove(&key)) {
                memory.bytes -= gone.size();
            }
        }
    }

    /// Gives the memory of unpacked packages back; they are read again when they are asked for.
    pub(super) fn forget(&self) {
        *self.memory.lock().unwrap_or_else(PoisonError::into_inner) = Memory::default();
    }
}

/// Whether a range means a version in a registry, rather than a folder, a repository or an address.
fn of_a_registry(range: &str) -> bool {
    !range.contains([':', '/'])
}

fn fits(version: &str, range: &Range) -> bool {
    Version::parse(version).is_ok_and(|version| range.satisfies(&version))
}

fn newest<'a>(versions: impl Iterator<Item = &'a String>) -> Option<String> {
    let parsed = versions.filter_map(|text| Some((Version::parse(text).ok()?, text)));
    // A release before a pre-release, whatever their numbers.
    parsed
        .max_by(|(a, _), (b, _)| (!a.is_prerelease(), a).cmp(&(!b.is_prerelease(), b)))
        .map(|(_, text)| text.clone())
}
