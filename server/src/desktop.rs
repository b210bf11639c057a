//! Seam `Desktop`: what only a desktop can do. The Tauri shell implements it; a plain browser has [`NoDesktop`].
//! The page asks the server over HTTP, the server asks the `Desktop`: there is no Tauri IPC.

use async_trait::async_trait;
use std::path::{Path, PathBuf};

#[derive(Debug, thiserror::Error)]
pub enum DesktopError {
    #[error("this can only be done in the desktop app")]
    Absent,
    #[error("the system refused: {0}")]
    Failed(String),
}

#[async_trait]
pub trait Desktop: Send + Sync {
    /// Whether there is a desktop at all; the UI hides what cannot be done.
    fn present(&self) -> bool;
    /// Opens the system's folder dialog; nothing when the person closed it.
    async fn pick_folder(&self) -> Result<Option<PathBuf>, DesktopError>;
    /// Shows a file or folder in the system's file manager.
    async fn reveal(&self, path: &Path) -> Result<(), DesktopError>;
}

/// No desktop: a plain browser, or a server.
#[derive(Debug, Default)]
pub struct NoDesktop;

#[async_trait]
impl Desktop for NoDesktop {
    fn present(&self) -> bool {
        false
    }
    async fn pick_folder(&self) -> Result<Option<PathBuf>, DesktopError> {
        Err(DesktopError::Absent)
    }
    async fn reveal(&self, _path: &Path) -> Result<(), DesktopError> {
        Err(DesktopError::Absent)
    }
}
