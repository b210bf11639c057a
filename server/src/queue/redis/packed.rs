//! Bytes as they are kept in Redis: large ones compressed, and a reader that never goes past the end.

use crate::queue::QueueError;
use serde::{Serialize, de::DeserializeOwned};
use std::cell::RefCell;

/// Below this, compression costs more than it saves.
const COMPRESS_FROM: usize = 512;
const PLAIN: u8 = 0;
const ZSTD: u8 = 1;
/// The fastest level that still halves code: what counts is the time of many small bodies.
const LEVEL: i32 = 1;

thread_local! {
    /// Setting up takes longer than compressing a small body, so both are kept.
    static COMPRESSOR: RefCell<Option<zstd::bulk::Compressor<'static>>> = const { RefCell::new(None) };
    static DECOMPRESSOR: RefCell<Option<zstd::bulk::Decompressor<'static>>> = const { RefCell::new(None) };
}

/// `bytes`, compressed when that is worth it.
pub(super) fn pack(bytes: &[u8]) -> Result<Vec<u8>, QueueError> {
    if bytes.len() >= COMPRESS_FROM {
        let mut packed = vec![ZSTD];
        packed.resize(1 + zstd::zstd_safe::compress_bound(bytes.len()), 0);
        let written = COMPRESSOR.with_borrow_mut(|kept| {
            let compressor = match kept {
                Some(compressor) => compressor,
                None => kept.insert(zstd::bulk::Compressor::new(LEVEL)?),
            };
            compressor.compress_to_buffer(bytes, &mut packed[1..])
        });
        let written = written.map_err(|why| QueueError::Storage(format!("compressing: {why}")))?;
        if written < bytes.len() {
            packed.truncate(1 + written);
            packed.shrink_to_fit();
            return Ok(packed);
        }
    }
    Ok([&[PLAIN], bytes].concat())
}

pub(super) fn unpack(packed: &[u8]) -> Result<Vec<u8>, QueueError> {
    match packed.split_first() {
        Some((&PLAIN, bytes)) => Ok(bytes.to_vec()),
        Some((&ZSTD, bytes)) => {
            let size = zstd::zstd_safe::get_frame_content_size(bytes).ok().flatten();
            let size = size.and_then(|size| usize::try_from(size).ok()).ok_or_else(damaged)?;
            let unpacked = DECOMPRESSOR.with_borrow_mut(|kept| {
                let decompressor = match kept {
                    Some(decompressor) => decompressor,
                    None => kept.insert(zstd::bulk::Decompressor::new()?),
                };
                decompressor.decompress(bytes, size)
            });
            unpacked.map_err(|_| damaged())
        }
        _ => Err(damaged()),
    }
}

pub(super) fn to_json(what: &impl Serialize) -> Result<Vec<u8>, QueueError> {
    serde_json::to_vec(what).map_err(|why| QueueError::Storage(format!("writing JSON: {why}")))
}

pub(super) fn from_json<T: DeserializeOwned>(json: &[u8]) -> Result<T, QueueError> {
    serde_json::from_slice(json).map_err(|_| damaged())
}

pub(super) fn damaged() -> QueueError {
    QueueError::Storage("what Redis keeps for this ledger is not what was written there".into())
}

/// Takes one thing after another from the front.
pub(super) struct Taken<'a>(pub(super) &'a [u8]);

impl<'a> Taken<'a> {
    pub(super) fn bytes(&mut self, count: usize) -> Result<&'a [u8], QueueError> {
        let (bytes, rest) = self.0.split_at_checked(count).ok_or_else(damaged)?;
        self.0 = rest;
        Ok(bytes)
    }
    pub(super) fn u8(&mut self) -> Result<u8, QueueError> {
        Ok(self.array::<1>()?[0])
    }
    pub(super) fn u16(&mut self) -> Result<u16, QueueError> {
        Ok(u16::from_be_bytes(self.array()?))
    }
    pub(super) fn u32(&mut self) -> Result<u32, QueueError> {
        Ok(u32::from_be_bytes(self.array()?))
    }
    /// Six bytes: milliseconds for the next 8,000 years.
    pub(super) fn u48(&mut self) -> Result<u64, QueueError> {
        let six = self.array::<6>()?;
        Ok(six.iter().fold(0, |number, byte| number << 8 | u64::from(*byte)))
    }
    pub(super) fn f64(&mut self) -> Result<f64, QueueError> {
        Ok(f64::from_le_bytes(self.array()?))
    }
    pub(super) fn uuid(&mut self) -> Result<uuid::Uuid, QueueError> {
        Ok(uuid::Uuid::from_bytes(self.array()?))
    }
    pub(super) fn text(&mut self, count: usize) -> Result<&'a str, QueueError> {
        std::str::from_utf8(self.bytes(count)?).map_err(|_| damaged())
    }
    fn array<const N: usize>(&mut self) -> Result<[u8; N], QueueError> {
        self.bytes(N)?.try_into().map_err(|_| damaged())
    }
}
