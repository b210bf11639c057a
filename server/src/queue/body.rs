//! [`Body`]: a task as it was last written whole, as JSON compressed by zstd. Packed once, on the thread of whoever sends
//! it; journal and sled keep the same bytes, and most of them are never unpacked again.

use super::QueueError;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::cell::RefCell;
use std::io;
use std::sync::{Arc, OnceLock};
use tidemark_shared::Task;

/// zstd's fastest level: a task of 8 KB shrinks to about a third.
const LEVEL: i32 = 1;

thread_local! {
    /// A compressor's tables are as large as many bodies: made once a thread.
    static COMPRESSOR: RefCell<Option<zstd::bulk::Compressor<'static>>> = const { RefCell::new(None) };
}

#[derive(Debug, Clone)]
pub struct Body(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    packed: Vec<u8>,
    /// Bytes as JSON; 0 when that is not known any more.
    json_bytes: usize,
    task: OnceLock<Task>,
}

impl Body {
    pub(super) fn pack(task: Task) -> Result<Self, QueueError> {
        let json = serde_json::to_vec(&task).map_err(io::Error::from)?;
        let packed = compress(&json)?;
        Ok(Self(Arc::new(Inner { packed, json_bytes: json.len(), task: OnceLock::from(task) })))
    }
    pub(super) fn packed(packed: Vec<u8>) -> Self {
        Self(Arc::new(Inner { packed, json_bytes: 0, task: OnceLock::new() }))
    }
    pub(super) fn bytes(&self) -> &[u8] {
        &self.0.packed
    }
    pub(super) fn json_bytes(&self) -> usize {
        self.0.json_bytes
    }
    pub(super) fn task(&self) -> Result<&Task, QueueError> {
        if let Some(task) = self.0.task.get() {
            return Ok(task);
        }
        let json = zstd::stream::decode_all(&*self.0.packed)?;
        let task = serde_json::from_slice(&json)
            .map_err(|e| QueueError::Storage(format!("a task's body is damaged: {e}")))?;
        Ok(self.0.task.get_or_init(|| task))
    }
}

fn compress(json: &[u8]) -> io::Result<Vec<u8>> {
    COMPRESSOR.with_borrow_mut(|kept| {
        let compressor = match kept {
            Some(compressor) => compressor,
            None => kept.insert(zstd::bulk::Compressor::new(LEVEL)?),
        };
        compressor.compress(json)
    })
}

impl PartialEq for Body {
    fn eq(&self, other: &Self) -> bool {
        self.0.packed == other.0.packed
    }
}

/// Within the JSON of a record a body only says that it stands beside it.
impl Serialize for Body {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bool(true)
    }
}

/// The journal's format 1 had the whole task there.
impl<'de> Deserialize<'de> for Body {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Form {
            Beside(bool),
            Whole(Box<Task>),
        }
        match Form::deserialize(deserializer)? {
            Form::Beside(true) => Ok(Self::packed(Vec::new())),
            Form::Beside(false) => Err(serde::de::Error::custom("a record says that its body is nowhere")),
            Form::Whole(task) => Self::pack(*task).map_err(serde::de::Error::custom),
        }
    }
}
