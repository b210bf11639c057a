//! How the journal lies on the disk: a header, then frames. Every frame is one commit and stands alone.
//!
//! ```text
//! header  "TIDELOG\n" · version u32 · first commit u64 · clean at u64 · CRC-32 u32
//! frame   FF 1A 'T' FE · length u32 · commit u64 · CRC-32 u32 · form u8 · content
//! content of form 0 and 1   records as JSON, plain or compressed
//! content of form 2 and 3   length u32 · records as JSON, plain or compressed · for each body: length u32 · body
//! ```
//! Numbers are little-endian. A frame's mark holds bytes that no UTF-8 text has, so that JSON can't look like one, and
//! its checksum covers length, commit and content: after damage the next whole frame is found by looking for it.

use super::super::body::Body;
use super::super::record::Record;
use std::ops::Range;

/// 2 added lanes and packed bodies.
pub(super) const VERSION: u32 = 2;
pub(super) const HEADER: usize = 32;
const SIGN: &[u8; 8] = b"TIDELOG\n";
const MARK: [u8; 4] = [0xFF, 0x1A, b'T', 0xFE];
const FRAME_HEADER: usize = 20;
const PLAIN: u8 = 0;
const ZSTD: u8 = 1;
/// Added to the form of the JSON when packed bodies follow it.
const BODIES: u8 = 2;
/// Smaller commits are not worth compressing.
const COMPRESS_FROM: usize = 2_048;
/// A frame may not unpack to more than this: what claims to is damage.
const MAX_UNPACKED: usize = 1 << 30;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) version: u32,
    /// The number of the first commit in this segment.
    pub(super) first: u64,
    /// The size of the whole journal at which live tasks are written anew and old segments go.
    pub(super) clean_at: u64,
}

impl Header {
    pub(super) fn to_bytes(self) -> [u8; HEADER] {
        let mut bytes = [0; HEADER];
        bytes[..8].copy_from_slice(SIGN);
        bytes[8..12].copy_from_slice(&self.version.to_le_bytes());
        bytes[12..20].copy_from_slice(&self.first.to_le_bytes());
        bytes[20..28].copy_from_slice(&self.clean_at.to_le_bytes());
        let crc = crc32fast::hash(&bytes[..28]);
        bytes[28..].copy_from_slice(&crc.to_le_bytes());
        bytes
    }
    /// Nothing when these bytes are no header.
    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        let bytes: &[u8; HEADER] = bytes.first_chunk()?;
        let whole = bytes[..8] == *SIGN && crc32fast::hash(&bytes[..28]) == u32_at(bytes, 28);
        whole.then(|| Self {
            version: u32_at(bytes, 8),
            first: u64_at(bytes, 12),
            clean_at: u64_at(bytes, 20),
        })
    }
}

/// One commit as bytes.
pub(super) fn encode(commit: u64, records: &[&Record]) -> std::io::Result<Vec<u8>> {
    let json = serde_json::to_vec(records)?;
    let packed = if json.len() >= COMPRESS_FROM { zstd::bulk::compress(&json, 1)? } else { Vec::new() };
    let (form, json) =
        if packed.is_empty() || packed.len() >= json.len() { (PLAIN, &json) } else { (ZSTD, &packed) };
    let bodies: Vec<&[u8]> = records.iter().filter_map(|record| record.body()).map(Body::bytes).collect();
    let room = bodies.iter().map(|body| body.len() + 4).sum::<usize>();
    let mut frame = Vec::with_capacity(FRAME_HEADER + 5 + json.len() + room);
    frame.extend(MARK);
    frame.extend([0; 4]);
    frame.extend(commit.to_le_bytes());
    frame.extend([0; 4]);
    if bodies.is_empty() {
        frame.push(form);
        frame.extend(json);
    } else {
        frame.push(form + BODIES);
        for part in std::iter::once(json.as_slice()).chain(bodies) {
            frame.extend(length(part.len())?.to_le_bytes());
            frame.extend(part);
        }
    }
    let whole = length(frame.len() - FRAME_HEADER)?;
    frame[4..8].copy_from_slice(&whole.to_le_bytes());
    let crc = checksum(&frame);
    frame[16..20].copy_from_slice(&crc.to_le_bytes());
    Ok(frame)
}

fn length(bytes: usize) -> std::io::Result<u32> {
    u32::try_from(bytes).map_err(|_| std::io::ErrorKind::FileTooLarge.into())
}

/// Covers everything but the mark and the checksum itself.
fn checksum(frame: &[u8]) -> u32 {
    let mut crc = crc32fast::Hasher::new();
    crc.update(&frame[4..16]);
    crc.update(&frame[20..]);
    crc.finalize()
}

/// What a scan finds, in order.
#[derive(Debug, PartialEq)]
pub(super) enum Found {
    Commit {
        number: u64,
        records: Vec<Record>,
        at: usize,
    },
    /// Bytes between two whole frames, or before the first, that are none.
    Damage(Range<usize>),
    /// Everything from here on is no frame: a torn write, or damage that nothing follows.
    Tail(Range<usize>),
}

/// Reads the frames of a segment's bytes, the header not included, and tells where they end.
pub(super) fn scan(bytes: &[u8], mut each: impl FnMut(Found)) -> usize {
    let mut at = HEADER.min(bytes.len());
    loop {
        if bytes[at..].iter().all(|byte| *byte == 0) {
            return at;
        }
        if let Some((commit, end)) = frame_at(bytes, at) {
            each(commit);
            at = end;
            continue;
        }
        let next = (at + 1..bytes.len()).find(|from| frame_at(bytes, *from).is_some());
        match next {
            Some(next) => {
                each(Found::Damage(at..next));
                at = next;
            }
            None => {
                each(Found::Tail(at..bytes.len()));
                return at;
            }
        }
    }
}

fn frame_at(bytes: &[u8], at: usize) -> Option<(Found, usize)> {
    let rest = &bytes[at..];
    if rest.len() <= FRAME_HEADER || rest[..4] != MARK {
        return None;
    }
    let length = usize::try_from(u32_at(rest, 4)).ok()?;
    let frame = rest.get(..FRAME_HEADER.checked_add(length)?)?;
    if checksum(frame) != u32_at(frame, 16) {
        return None;
    }
    let (form, content) = frame[FRAME_HEADER..].split_first()?;
    let (json, mut bodies) = if *form >= BODIES { part(content)? } else { (content, &[][..]) };
    let unpacked = match form % BODIES {
        _ if *form > BODIES + ZSTD => return None,
        PLAIN => None,
        _ => Some(zstd::bulk::decompress(json, unpacked_size(json)?).ok()?),
    };
    let mut records: Vec<Record> = serde_json::from_slice(unpacked.as_deref().unwrap_or(json)).ok()?;
    if *form >= BODIES {
        for body in records.iter_mut().filter_map(Record::body_mut) {
            let (packed, rest) = part(bodies)?;
            *body = Body::packed(packed.to_vec());
            bodies = rest;
        }
    }
    Some((Found::Commit { number: u64_at(frame, 8), records, at }, at + frame.len()))
}

/// One part with its length before it, and what follows.
fn part(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_at_checked(4)?;
    rest.split_at_checked(usize::try_from(u32_at(length, 0)).ok()?)
}

fn unpacked_size(content: &[u8]) -> Option<usize> {
    let size = zstd::zstd_safe::get_frame_content_size(content).ok()??;
    usize::try_from(size).ok().filter(|size| *size <= MAX_UNPACKED)
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(bytes[at..at + 4].try_into().expect("four bytes are four bytes"))
}
fn u64_at(bytes: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(bytes[at..at + 8].try_into().expect("eight bytes are eight bytes"))
}
