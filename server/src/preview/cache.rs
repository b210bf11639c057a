//! The package cache on disk: tarballs by the digest of their bytes, and what each registry said about its packages.
//!
//! Everything is written beside its place and renamed into it, and may be deleted at any time. Tarballs are checked
//! against their digest on every read. What one registry says is kept apart from what others say, so that a
//! registry named by one project cannot change what another project gets.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use ssri::Integrity;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::SystemTime;
use tidemark_shared::Millis;
use url::Url;

/// The cache in one folder. Blocking: call it off the async threads.
#[derive(Debug)]
pub(super) struct Cache {
    folder: PathBuf,
    max_bytes: u64,
}

/// What is kept of a registry's answer about a package.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Kept<T> {
    pub(super) etag: Option<String>,
    /// When the registry last said so.
    pub(super) at: Millis,
    pub(super) answer: T,
}

/// Where to find the bytes of one version that was fetched before.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Fetched {
    pub(super) integrity: String,
}

impl Cache {
    pub(super) fn new(folder: PathBuf, max_bytes: u64) -> Self {
        Self { folder, max_bytes }
    }

    /// The bytes with this digest; none when they are not here or no longer match.
    pub(super) fn tarball(&self, integrity: &Integrity) -> Option<Vec<u8>> {
        let path = self.tarball_path(integrity);
        let bytes = fs::read(&path).ok()?;
        if integrity.check(&bytes).is_err() {
            tracing::warn!(path = %path.display(), "a cached package is damaged and was removed");
            let _gone_already = fs::remove_file(&path);
            return None;
        }
        // The time of last use decides who goes first when the cache is full.
        let touched = fs::File::options()
            .append(true)
            .open(&path)
            .and_then(|file| file.set_modified(SystemTime::now()));
        if let Err(why) = touched {
            tracing::debug!(%why, "could not mark a cached package as used");
        }
        Some(bytes)
    }

    /// Keeps bytes that were checked against `integrity`.
    pub(super) fn put_tarball(&self, integrity: &Integrity, bytes: &[u8]) -> io::Result<()> {
        put(&self.tarball_path(integrity), bytes)?;
        self.make_room()
    }

    pub(super) fn packument<T: DeserializeOwned>(&self, registry: &Url, package: &str) -> Option<Kept<T>> {
        get(&self.of_registry(registry).join("packuments").join(format!("{}.json", flat(package))))
    }

    pub(super) fn put_packument<T: Serialize>(
        &self,
        registry: &Url,
        package: &str,
        kept: &Kept<T>,
    ) -> io::Result<()> {
        let path = self.of_registry(registry).join("packuments").join(format!("{}.json", flat(package)));
        put(&path, &serde_json::to_vec(kept)?)
    }

    /// The versions of a package whose tarballs were fetched from this registry.
    pub(super) fn versions(&self, registry: &Url, package: &str) -> Vec<String> {
        let listed = fs::read_dir(self.of_registry(registry).join("versions").join(flat(package)));
        let names = listed.into_iter().flatten().flatten().map(|entry| entry.file_name());
        names.filter_map(|name| unflat(name.to_str()?.strip_suffix(".json")?)).collect()
    }

    pub(super) fn fetched(&self, registry: &Url, package: &str, version: &str) -> Option<Fetched> {
        get(&self.version_path(registry, package, version))
    }

    pub(super) fn put_fetched(
        &self,
        registry: &Url,
        package: &str,
        version: &str,
        what: &Fetched,
    ) -> io::Result<()> {
        put(&self.version_path(registry, package, version), &serde_json::to_vec(what)?)
    }

    fn version_path(&self, registry: &Url, package: &str, version: &str) -> PathBuf {
        self.of_registry(registry)
            .join("versions")
            .join(flat(package))
            .join(format!("{}.json", flat(version)))
    }

    fn of_registry(&self, registry: &Url) -> PathBuf {
        let digest = blake3::hash(registry.as_str().as_bytes()).to_hex();
        self.folder.join("registries").join(&digest.as_str()[..16])
    }

    fn tarballs(&self) -> PathBuf {
        self.folder.join("tarballs")
    }

    fn tarball_path(&self, integrity: &Integrity) -> PathBuf {
        let (algorithm, hex) = integrity.to_hex();
        self.tarballs().join(format!("{algorithm}-{hex}.tgz"))
    }

    /// Removes the least recently used tarballs until the rest fit.
    fn make_room(&self) -> io::Result<()> {
        let mut tarballs = Vec::new();
        for entry in fs::read_dir(self.tarballs())? {
            let about =
                entry.as_ref().map_err(|why| io::Error::new(why.kind(), why.to_string()))?.metadata()?;
            tarballs.push((about.modified()?, about.len(), entry?.path()));
        }
        let mut bytes: u64 = tarballs.iter().map(|(_, size, _)| size).sum();
        tarballs.sort();
        for (_, size, path) in tarballs {
            if bytes <= self.max_bytes {
                break;
            }
            fs::remove_file(path)?;
            bytes -= size;
        }
        Ok(())
    }
}

/// A package's name or version as one safe file name: lower case letters, digits, `-`, `_` and inner dots stay.
fn flat(name: &str) -> String {
    let mut out = String::new();
    for (at, byte) in name.bytes().enumerate() {
        match byte {
            b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' => out.push(char::from(byte)),
            b'.' if at > 0 => out.push('.'),
            other => out.push_str(&format!("%{other:02x}")),
        }
    }
    out
}

/// What [`flat`] made this from.
fn unflat(flat: &str) -> Option<String> {
    let mut out = Vec::new();
    let mut rest = flat.as_bytes();
    while let [byte, after @ ..] = rest {
        rest = after;
        if *byte == b'%' {
            let hex = std::str::from_utf8(rest.get(..2)?).ok()?;
            out.push(u8::from_str_radix(hex, 16).ok()?);
            rest = &rest[2..];
        } else {
            out.push(*byte);
        }
    }
    String::from_utf8(out).ok()
}

fn get<T: DeserializeOwned>(path: &Path) -> Option<T> {
    serde_json::from_slice(&fs::read(path).ok()?).ok()
}

fn put(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let mut beside = tempfile::NamedTempFile::new_in(folder)?;
    beside.write_all(bytes)?;
    beside.persist(path)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cache(max_bytes: u64) -> (tempfile::TempDir, Cache) {
        let dir = tempfile::tempdir().unwrap();
        let cache = Cache::new(dir.path().join("cache"), max_bytes);
        (dir, cache)
    }

    #[test]
    fn a_damaged_tarball_is_removed_and_not_given_out() {
        let (_dir, cache) = cache(1 << 20);
        let integrity = Integrity::from(b"bytes");
        cache.put_tarball(&integrity, b"bytes").unwrap();
        assert_eq!(cache.tarball(&integrity).unwrap(), b"bytes");
        fs::write(cache.tarball_path(&integrity), b"other").unwrap();
        assert_eq!(cache.tarball(&integrity), None);
        assert!(!cache.tarball_path(&integrity).exists());
    }

    #[test]
    fn the_least_recently_used_go_when_it_is_full() {
        let (_dir, cache) = cache(10);
        let names: Vec<_> =
            [b"aaaaa", b"bbbbb", b"ccccc"].map(|bytes| (Integrity::from(bytes), bytes)).into();
        cache.put_tarball(&names[0].0, names[0].1).unwrap();
        cache.put_tarball(&names[1].0, names[1].1).unwrap();
        let long_ago = SystemTime::UNIX_EPOCH;
        let second = fs::File::options().append(true).open(cache.tarball_path(&names[1].0)).unwrap();
        second.set_modified(long_ago).unwrap();
        cache.put_tarball(&names[2].0, names[2].1).unwrap();
        let here: Vec<_> = names.iter().map(|(name, _)| cache.tarball(name).is_some()).collect();
        assert_eq!(here, [true, false, true]);
    }

    #[test]
    fn registries_are_kept_apart() {
        let (_dir, cache) = cache(10);
        let [one, other] = ["https://a.test/", "https://b.test/"].map(|url| Url::parse(url).unwrap());
        let fetched = Fetched { integrity: "sha512-x".into() };
        cache.put_fetched(&one, "@s/x", "1.0.0-RC.1", &fetched).unwrap();
        assert!(cache.fetched(&one, "@s/x", "1.0.0-RC.1").is_some());
        assert_eq!(cache.versions(&one, "@s/x"), ["1.0.0-RC.1"]);
        assert!(
            cache.fetched(&other, "@s/x", "1.0.0-RC.1").is_none()
                && cache.versions(&other, "@s/x").is_empty()
        );
    }

    #[test]
    fn names_cannot_leave_the_cache() {
        for name in ["../../x", "..", "/etc/passwd", "@scope/name", "a\0b", "A"] {
            let flat = flat(name);
            assert!(!flat.contains('/') && !flat.starts_with('.') && !flat.contains('\0'), "{flat}");
        }
        assert_ne!(flat("A"), flat("a"), "names that differ only in case stay apart on every file system");
    }
}
