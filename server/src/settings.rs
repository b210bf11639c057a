//! A person's settings: one JSON file in the data directory, written whole or not at all.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tidemark_shared::settings::Settings;
use tokio::sync::RwLock;

/// The largest settings document, in bytes: what the UI keeps there must stay small.
pub const MAX_BYTES: usize = 1 << 20;

#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    #[error("the settings would have {0} bytes; the limit is {MAX_BYTES}")]
    TooLarge(usize),
    #[error("{0}")]
    Invalid(&'static str),
    #[error("the disk is full; the settings are as they were")]
    DiskFull,
    #[error("the settings could not be written: {0}")]
    Io(#[source] io::Error),
}

/// Cheap to clone. Reading never touches the disk.
#[derive(Clone)]
pub struct SettingsFile {
    path: Arc<PathBuf>,
    current: Arc<RwLock<Settings>>,
}

impl SettingsFile {
    /// Reads `settings.json` in `data_dir`. A file that can't be read is set aside as `settings.json.broken`, so that a
    /// damaged file never keeps the house from opening; the person is told by the log and by the defaults they see.
    pub async fn open(data_dir: &Path) -> Self {
        let path = data_dir.join("settings.json");
        let current = match tokio::fs::read(&path).await {
            Err(_absent) => Settings::default(),
            Ok(bytes) => match serde_json::from_slice(&bytes) {
                Ok(settings) => settings,
                Err(why) => {
                    let aside = path.with_extension("json.broken");
                    tracing::warn!(%why, aside = %aside.display(), "settings could not be read and were set aside");
                    if let Err(why) = tokio::fs::rename(&path, &aside).await {
                        tracing::warn!(%why, "settings could not be set aside");
                    }
                    Settings::default()
                }
            },
        };
        Self { path: Arc::new(path), current: Arc::new(RwLock::new(current)) }
    }

    pub async fn get(&self) -> Settings {
        self.current.read().await.clone()
    }

    /// Replaces the whole document; durable when it returns.
    pub async fn put(&self, settings: Settings) -> Result<Settings, SettingsError> {
        if !(8..=40).contains(&settings.editor.font_size) {
            return Err(SettingsError::Invalid("editor.fontSize must be 8 to 40"));
        }
        if !(1..=16).contains(&settings.editor.tab_size) {
            return Err(SettingsError::Invalid("editor.tabSize must be 1 to 16"));
        }
        let bytes = serde_json::to_vec_pretty(&settings).expect("settings have string keys only");
        if bytes.len() > MAX_BYTES {
            return Err(SettingsError::TooLarge(bytes.len()));
        }
        let mut current = self.current.write().await;
        let path = Arc::clone(&self.path);
        tokio::task::spawn_blocking(move || write_whole(&path, &bytes))
            .await
            .unwrap_or_else(|panic| Err(io::Error::other(panic)))
            .map_err(|why| match why.kind() {
                io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => SettingsError::DiskFull,
                _ => SettingsError::Io(why),
            })?;
        current.clone_from(&settings);
        Ok(settings)
    }
}

/// Writes beside, syncs, renames, syncs the folder: a reader sees the old bytes or the new ones.
fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    use std::io::Write;
    let folder = path.parent().ok_or_else(|| io::Error::other("the settings have no folder"))?;
    let mut beside = tempfile::NamedTempFile::new_in(folder)?;
    beside.write_all(bytes)?;
    beside.as_file().sync_all()?;
    beside.persist(path)?;
    std::fs::File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;
    use tidemark_shared::settings::Theme;

    #[tokio::test]
    async fn settings_outlive_the_process() {
        let dir = tempfile::tempdir().unwrap();
        let file = SettingsFile::open(dir.path()).await;
        let wanted = Settings { theme: Theme::Dark, ..Settings::default() };
        file.put(wanted.clone()).await.unwrap();
        assert_eq!(SettingsFile::open(dir.path()).await.get().await, wanted);
    }

    #[tokio::test]
    async fn a_damaged_file_is_set_aside_and_kept() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("settings.json"), "{ torn").unwrap();
        assert_eq!(SettingsFile::open(dir.path()).await.get().await, Settings::default());
        assert_eq!(std::fs::read_to_string(dir.path().join("settings.json.broken")).unwrap(), "{ torn");
    }

    #[tokio::test]
    async fn the_limit_is_kept_and_what_was_there_stays() {
        let dir = tempfile::tempdir().unwrap();
        let file = SettingsFile::open(dir.path()).await;
        let mut large = Settings::default();
        large.ui.insert("draft".into(), "x".repeat(MAX_BYTES).into());
        assert!(matches!(file.put(large).await, Err(SettingsError::TooLarge(_))));
        assert_eq!(file.get().await, Settings::default());
    }
}
