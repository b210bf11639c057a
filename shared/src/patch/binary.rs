//! git's own form for bytes that are no text: `GIT binary patch`, zlib in base 85 (git's `Documentation/gitformat-*`,
//! `apply.c`, `base85.c`).

use flate2::{Compression, write::ZlibEncoder};
use sha1::{Digest, Sha1};
use std::io::Write as _;

const DIGITS: &[u8; 85] =
    b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%&()*+-;<=>?@^_`{|}~";
/// Bytes in one line of the encoding.
const LINE: usize = 52;

/// The name that git gives to these bytes; a binary patch is only applied where it matches.
pub fn blob_id(bytes: &[u8]) -> String {
    let mut sha = Sha1::new();
    sha.update(format!("blob {}\0", bytes.len()));
    sha.update(bytes);
    sha.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The body of a patch that replaces the file by `bytes`.
pub fn literal(bytes: &[u8]) -> String {
    let mut out = format!("GIT binary patch\nliteral {}\n", bytes.len());
    let mut zlib = ZlibEncoder::new(Vec::new(), Compression::default());
    let packed = zlib.write_all(bytes).and_then(|()| zlib.finish()).expect("memory takes every write");
    for line in packed.chunks(LINE) {
        let length = u8::try_from(line.len()).expect("a line is at most 52 bytes");
        out.push(char::from(if length <= 26 { b'A' + length - 1 } else { b'a' + length - 27 }));
        for group in line.chunks(4) {
            put_group(&mut out, group);
        }
        out.push('\n');
    }
    out.push('\n');
    out
}

/// Up to four bytes, padded with zeros, as five digits, the most significant first.
fn put_group(out: &mut String, group: &[u8]) {
    let mut four = [0; 4];
    four[..group.len()].copy_from_slice(group);
    let mut value = u32::from_be_bytes(four);
    let mut digits = [0; 5];
    for digit in digits.iter_mut().rev() {
        *digit = DIGITS[(value % 85) as usize];
        value /= 85;
    }
    out.extend(digits.map(char::from));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_are_gits() {
        assert_eq!(blob_id(b""), "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391");
        assert_eq!(blob_id(b"hello\n"), "ce013625030ba8dba906f756967f9e9ca394464a");
    }
}
