//! The reference backend: objects in this process's memory, gone with it.

use super::{ObjectStore, StoreError};
use async_trait::async_trait;
use bytes::Bytes;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use tidemark_shared::Hash;

/// Objects in memory.
#[derive(Debug, Default)]
pub struct MemoryStore {
    objects: Mutex<HashMap<Hash, Bytes>>,
}

impl MemoryStore {
    fn objects(&self) -> MutexGuard<'_, HashMap<Hash, Bytes>> {
        // Every change of the map is one call, so a panic elsewhere leaves it whole.
        self.objects.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl ObjectStore for MemoryStore {
    async fn put_many(&self, many: Vec<Bytes>) -> Result<Vec<Hash>, StoreError> {
        let mut objects = self.objects();
        let keep = |bytes: Bytes| {
            let name = Hash::of(&bytes);
            objects.insert(name.clone(), bytes);
            name
        };
        Ok(many.into_iter().map(keep).collect())
    }
    async fn get(&self, name: &Hash) -> Result<Bytes, StoreError> {
        self.objects().get(name).cloned().ok_or_else(|| StoreError::NotFound(name.to_string()))
    }
    async fn has(&self, name: &Hash) -> Result<bool, StoreError> {
        Ok(self.objects().contains_key(name))
    }
    async fn delete(&self, name: &Hash) -> Result<(), StoreError> {
        self.objects().remove(name);
        Ok(())
    }
}
