//! The object store, for work that is already off the async threads.

use super::error::{Result, WorkspaceError};
use crate::store::ObjectStore;
use bytes::Bytes;
use std::sync::Arc;
use tidemark_shared::Hash;
use tokio::runtime::Handle;

#[derive(Clone)]
pub(super) struct Objects {
    store: Arc<dyn ObjectStore>,
}

impl Objects {
    pub(super) fn new(store: Arc<dyn ObjectStore>) -> Self {
        Self { store }
    }

    /// Keeps all of `many`; on the disk when it returns.
    pub(super) fn put_many(&self, many: Vec<Bytes>) -> Result<Vec<Hash>> {
        if many.is_empty() {
            return Ok(Vec::new());
        }
        Handle::current()
            .block_on(self.store.put_many(many))
            .map_err(|why| WorkspaceError::store("files could not be kept", why))
    }

    pub(super) fn put(&self, bytes: Vec<u8>) -> Result<Hash> {
        let name = Hash::of(&bytes);
        self.put_many(vec![bytes.into()])?;
        Ok(name)
    }

    pub(super) fn get(&self, name: &Hash) -> Result<Bytes> {
        Handle::current()
            .block_on(self.store.get(name))
            .map_err(|why| WorkspaceError::store(format!("object {name} could not be read"), why))
    }
}
