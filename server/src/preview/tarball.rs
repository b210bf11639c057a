//! A package as it comes from a registry: a gzipped tar, unpacked in memory and never onto the disk.
//!
//! Only regular files are taken. A path that would leave the package, and an archive past the limits, refuse the
//! whole package: a tarball that tries either is not one to take anything from.

use bytes::Bytes;
use flate2::read::GzDecoder;
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::Read;
use tidemark_shared::RelPath;

/// The most that an unpacked package may hold.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    pub(super) files: usize,
    pub(super) bytes: u64,
}

impl Default for Limits {
    /// Ten times what the largest packages made for browsers have.
    fn default() -> Self {
        Self { files: 50_000, bytes: 256 << 20 }
    }
}

/// Files past this size are not kept: no browser asks for one as a module.
const MAX_FILE: u64 = 16 << 20;

/// An unpacked package: its files by path, and its package.json.
#[derive(Debug, Clone)]
pub(super) struct Package {
    pub(super) files: BTreeMap<String, Bytes>,
    pub(super) about: Value,
}

/// Why a tarball was refused.
#[derive(Debug, thiserror::Error)]
pub(super) enum BadTarball {
    #[error("it is not a gzipped tar archive: {0}")]
    Unreadable(#[from] std::io::Error),
    #[error("its path {0:?} leaves the package")]
    Escapes(String),
    #[error("it unpacks to more than {0}")]
    TooLarge(&'static str),
    #[error("it has no valid package.json")]
    NoPackageJson,
}

impl Package {
    pub(super) fn unpack(tarball: &[u8], limits: Limits) -> Result<Self, BadTarball> {
        // One byte more than allowed tells "too large" from "just fits".
        let plain = GzDecoder::new(tarball).take(limits.bytes + 1);
        let mut archive = tar::Archive::new(plain);
        let mut files = BTreeMap::new();
        let mut count = 0;
        let mut bytes = 0;
        for entry in archive.entries()? {
            let mut entry = entry?;
            count += 1;
            bytes += entry.size();
            if count > limits.files {
                return Err(BadTarball::TooLarge("the limit of files"));
            }
            if bytes > limits.bytes {
                return Err(BadTarball::TooLarge("the limit of bytes"));
            }
            let raw = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
            if raw.starts_with('/') || raw.split(['/', '\\']).any(|part| part == "..") {
                return Err(BadTarball::Escapes(raw));
            }
            let kind = entry.header().entry_type();
            let regular = kind.is_file() || kind == tar::EntryType::Continuous;
            if !regular || entry.size() > MAX_FILE || raw.ends_with(".map") {
                continue;
            }
            // The first part is `package` by custom only; whatever it is, it goes.
            let normal: Vec<_> = raw.split('/').filter(|part| !matches!(*part, "" | ".")).skip(1).collect();
            let Ok(path) = RelPath::parse(&normal.join("/")) else { continue };
            let mut content = Vec::with_capacity(usize::try_from(entry.size()).unwrap_or(0));
            entry.read_to_end(&mut content)?;
            files.insert(String::from(path), Bytes::from(content));
        }
        let about = files.get("package.json").and_then(|json| serde_json::from_slice::<Value>(json).ok());
        let about = about.filter(Value::is_object).ok_or(BadTarball::NoPackageJson)?;
        Ok(Self { files, about })
    }

    /// The text of a file; none when it is missing or not UTF-8.
    pub(super) fn text(&self, path: &str) -> Option<&str> {
        std::str::from_utf8(self.files.get(path)?).ok()
    }

    pub(super) fn size(&self) -> usize {
        self.files.values().map(Bytes::len).sum()
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use std::io::Write as _;

    /// A gzipped tar of `files`, their paths written as they are, even where a tar library would refuse.
    pub(in crate::preview) fn pack(files: &[(&str, &str)]) -> Vec<u8> {
        let mut builder = tar::Builder::new(Vec::new());
        for (path, text) in files {
            append(&mut builder, path, text.as_bytes(), tar::EntryType::Regular);
        }
        gzip(&builder.into_inner().unwrap())
    }
    fn append(builder: &mut tar::Builder<Vec<u8>>, path: &str, content: &[u8], kind: tar::EntryType) {
        let mut header = tar::Header::new_gnu();
        header.as_gnu_mut().unwrap().name[..path.len()].copy_from_slice(path.as_bytes());
        header.set_entry_type(kind);
        header.set_mode(0o644);
        header.set_size(content.len() as u64);
        header.set_cksum();
        builder.append(&header, content).unwrap();
    }
    fn gzip(plain: &[u8]) -> Vec<u8> {
        let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gz.write_all(plain).unwrap();
        gz.finish().unwrap()
    }

    const ABOUT: (&str, &str) = ("package/package.json", r#"{"name":"x","version":"1.0.0"}"#);

    #[test]
    fn the_first_part_of_every_path_is_stripped_whatever_it_is() {
        let tarball =
            pack(&[("odd name/package.json", ABOUT.1), ("odd name/lib/./a.js", "a"), ("b/c.js", "c")]);
        let package = Package::unpack(&tarball, Limits::default()).unwrap();
        assert_eq!(package.files.keys().collect::<Vec<_>>(), ["c.js", "lib/a.js", "package.json"]);
        assert_eq!(package.text("lib/a.js"), Some("a"));
    }

    #[test]
    fn a_path_that_leaves_the_package_refuses_it() {
        for path in ["package/../../etc/passwd", "../x", "/etc/passwd", "package/..\\x", "package/a/.."] {
            let refused = Package::unpack(&pack(&[ABOUT, (path, "x")]), Limits::default());
            assert!(matches!(refused, Err(BadTarball::Escapes(_))), "{path}");
        }
    }

    #[test]
    fn links_and_devices_are_not_taken() {
        let mut builder = tar::Builder::new(Vec::new());
        append(&mut builder, ABOUT.0, ABOUT.1.as_bytes(), tar::EntryType::Regular);
        for kind in
            [tar::EntryType::Symlink, tar::EntryType::Link, tar::EntryType::Char, tar::EntryType::Fifo]
        {
            append(&mut builder, "package/link", b"", kind);
        }
        let package = Package::unpack(&gzip(&builder.into_inner().unwrap()), Limits::default()).unwrap();
        assert_eq!(package.files.len(), 1);
    }

    #[test]
    fn the_limits_hold_at_their_edge() {
        let tarball = pack(&[ABOUT, ("package/a", "12345678")]);
        let exact = ABOUT.1.len() as u64 + 8;
        // Headers and padding count towards the stream: the smallest that fits is the whole archive.
        let stream = 512 * 4 + 1024;
        assert!(Package::unpack(&tarball, Limits { files: 2, bytes: stream }).is_ok());
        let few = Package::unpack(&tarball, Limits { files: 1, bytes: stream });
        assert!(matches!(few, Err(BadTarball::TooLarge(_))));
        let small = Package::unpack(&tarball, Limits { files: 2, bytes: exact - 1 });
        assert!(matches!(small, Err(BadTarball::TooLarge(_) | BadTarball::Unreadable(_))));
    }

    #[test]
    fn a_bomb_is_stopped_while_it_unpacks() {
        let zeros = vec![0_u8; 8 << 20];
        let mut builder = tar::Builder::new(Vec::new());
        append(&mut builder, "package/zeros", &zeros, tar::EntryType::Regular);
        let bomb = gzip(&builder.into_inner().unwrap());
        assert!(bomb.len() < 200_000);
        let refused = Package::unpack(&bomb, Limits { files: 10, bytes: 1 << 20 });
        assert!(matches!(refused, Err(BadTarball::TooLarge(_))), "{refused:?}");
    }

    #[test]
    fn nonsense_is_refused() {
        assert!(matches!(Package::unpack(b"<html>", Limits::default()), Err(BadTarball::Unreadable(_))));
        let without = pack(&[("package/a.js", "")]);
        assert!(matches!(Package::unpack(&without, Limits::default()), Err(BadTarball::NoPackageJson)));
    }
}
