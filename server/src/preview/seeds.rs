//! The packages that come with Tidemark, so that a first start with no network previews every template.
//!
//! `server/seeds.json` names each with its digest; `ui/scripts/seeds.mjs` gets them from the configured registry when
//! the interface is built, and they are embedded here. A seed is believed only by its digest.

use rust_embed::RustEmbed;
use serde::Deserialize;
use ssri::Integrity;
use std::borrow::Cow;
use std::sync::LazyLock;

#[derive(RustEmbed)]
#[folder = "../ui/dist-preview/packages/"]
#[allow_missing = true]
struct Files;

/// What the build found out: npm's own default registry, when nothing else is configured at run time.
#[derive(RustEmbed)]
#[folder = "../ui/dist-preview/npm/"]
#[allow_missing = true]
struct Npm;

/// One package of `server/seeds.json`.
#[derive(Debug, Clone, Deserialize)]
pub struct Seed {
    pub name: String,
    pub version: String,
    /// As registries write it: `sha512-…`.
    pub integrity: String,
}

static SEEDS: LazyLock<Vec<Seed>> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../../seeds.json")).expect("seeds.json is made by a script and tested")
});

/// Every package that should be here.
pub fn list() -> &'static [Seed] {
    &SEEDS
}

/// Checks that every seed is in this build and whole; the names of those that are not.
pub fn verify() -> Result<(), Vec<String>> {
    let wrong: Vec<_> = SEEDS
        .iter()
        .filter(|seed| bytes(seed).is_none())
        .map(|seed| format!("{}@{}", seed.name, seed.version))
        .collect();
    if wrong.is_empty() { Ok(()) } else { Err(wrong) }
}

/// The versions of a package that are here.
pub(super) fn versions(name: &str) -> impl Iterator<Item = &'static str> {
    let of_name = SEEDS.iter().filter(move |seed| seed.name == name);
    of_name.filter(|seed| Files::get(&file(seed)).is_some()).map(|seed| seed.version.as_str())
}

/// The tarball of a seed, whole; none when it is not one, or not in this build.
pub(super) fn tarball(name: &str, version: &str) -> Option<Cow<'static, [u8]>> {
    bytes(SEEDS.iter().find(|seed| seed.name == name && seed.version == version)?)
}

/// npm's default registry, as the build asked npm for it.
pub(super) fn default_registry() -> Option<String> {
    let text = Npm::get("registry")?.data;
    Some(String::from_utf8_lossy(&text).trim().to_owned()).filter(|registry| !registry.is_empty())
}

fn bytes(seed: &Seed) -> Option<Cow<'static, [u8]>> {
    let bytes = Files::get(&file(seed))?.data;
    let integrity: Integrity = seed.integrity.parse().ok()?;
    integrity.check(&bytes).ok().map(|_| bytes)
}

/// As `npm pack` names it: `@scope/name` 1.0.0 → `scope-name-1.0.0.tgz`.
fn file(seed: &Seed) -> String {
    format!("{}-{}.tgz", seed.name.trim_start_matches('@').replace('/', "-"), seed.version)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_package_of_the_templates_is_a_seed() {
        for template in crate::templates::list() {
            let files = crate::templates::files(&template.id).unwrap();
            let Some((_, package)) = files.iter().find(|(path, _)| path.as_str() == "package.json") else {
                continue;
            };
            let package: serde_json::Value = serde_json::from_slice(package).unwrap();
            let types = package["devDependencies"].as_object().into_iter().flatten();
            let types = types.filter(|(name, _)| name.starts_with("@types/"));
            for (name, version) in package["dependencies"].as_object().into_iter().flatten().chain(types) {
                assert!(
                    list().iter().any(|seed| seed.name == *name && seed.version == *version),
                    "{}: {name} {version} is not in seeds.json: node ui/scripts/preview.mjs --choose",
                    template.id
                );
            }
        }
    }

    #[test]
    fn what_the_bundler_adds_by_itself_is_a_seed() {
        for name in ["react-refresh", "@babel/runtime", "node-libs-browser", "events", "buffer", "process"] {
            assert!(list().iter().any(|seed| seed.name == name), "{name}");
        }
    }

    #[test]
    fn every_seed_has_a_digest_and_a_file_name_of_its_own() {
        let mut names: Vec<_> = list().iter().map(file).collect();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), list().len());
        assert!(list().iter().all(|seed| seed.integrity.parse::<Integrity>().is_ok()));
    }
}
