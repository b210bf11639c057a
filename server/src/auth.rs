//! Seam `Auth`: turns a credential into the one who asks. In the local house there is one person and one token per launch.

pub mod launch;

use async_trait::async_trait;
use tidemark_shared::UserId;

/// Who asks, as every handler knows them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    pub user: UserId,
}

#[derive(Debug, thiserror::Error)]
pub enum AuthError {
    /// Wrong, expired and revoked look all alike.
    #[error("the credential is not valid")]
    Refused,
}

#[async_trait]
pub trait Auth: Send + Sync {
    /// Who a bearer token belongs to. Compares in constant time.
    async fn authenticate(&self, token: &str) -> Result<Caller, AuthError>;
}
