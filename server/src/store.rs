//! Seam `ObjectStore`: immutable blobs by name, for file contents, snapshots and change sets.
//!
//! An object's name is the hash of its bytes, so the bytes of a name never change and putting twice is free.

pub mod disk;
pub mod memory;

#[cfg(test)]
mod conformance;

use async_trait::async_trait;
use bytes::Bytes;
use tidemark_shared::Hash;

/// Why an object could not be kept or read.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("there is no object {0}")]
    NotFound(String),
    #[error("the disk is full")]
    Full,
    #[error("object {0} is damaged: its bytes do not match its name")]
    Damaged(String),
    #[error("the object store failed: {0}")]
    Io(#[source] std::io::Error),
}

#[async_trait]
pub trait ObjectStore: Send + Sync {
    /// Keeps each of `many` and answers with their names, in order. Durable when it returns; never torn. A whole snapshot
    /// in one call costs little more than its bytes; on an error some of it may be kept.
    async fn put_many(&self, many: Vec<Bytes>) -> Result<Vec<Hash>, StoreError>;
    /// Keeps `bytes` and answers with their name. Durable when it returns; never torn.
    async fn put(&self, bytes: Bytes) -> Result<Hash, StoreError> {
        let name = Hash::of(&bytes);
        self.put_many(vec![bytes]).await.map(|_| name)
    }
    /// The bytes of `name`, verified against it.
    async fn get(&self, name: &Hash) -> Result<Bytes, StoreError>;
    async fn has(&self, name: &Hash) -> Result<bool, StoreError>;
    /// Forgets an object; forgetting twice is fine.
    async fn delete(&self, name: &Hash) -> Result<(), StoreError>;
}

impl From<std::io::Error> for StoreError {
    fn from(error: std::io::Error) -> Self {
        match error.kind() {
            std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => Self::Full,
            _ => Self::Io(error),
        }
    }
}
