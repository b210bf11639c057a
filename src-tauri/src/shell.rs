//! The `Desktop` seam, by Tauri: native dialogs and the file manager.

use async_trait::async_trait;
use std::path::{Path, PathBuf};
use tauri::AppHandle;
use tauri_plugin_dialog::DialogExt;
use tauri_plugin_opener::OpenerExt;
use tidemark_server::desktop::{Desktop, DesktopError};
use tokio::sync::oneshot;

pub(crate) struct Shell {
    app: AppHandle,
}

impl Shell {
    pub(crate) fn new(app: AppHandle) -> Self {
        Self { app }
    }
}

#[async_trait]
impl Desktop for Shell {
    fn present(&self) -> bool {
        true
    }

    async fn pick_folder(&self) -> Result<Option<PathBuf>, DesktopError> {
        let (answer, answered) = oneshot::channel();
        self.app.dialog().file().set_title("Open a folder").pick_folder(move |picked| {
            // The request that asked may be gone; then nobody wants the answer.
            drop(answer.send(picked));
        });
        let picked = answered.await.map_err(|_| DesktopError::Failed("the dialog went away".into()))?;
        picked.map(|path| path.into_path().map_err(|why| DesktopError::Failed(why.to_string()))).transpose()
    }

    async fn reveal(&self, path: &Path) -> Result<(), DesktopError> {
        self.app.opener().reveal_item_in_dir(path).map_err(|why| DesktopError::Failed(why.to_string()))
    }
}
