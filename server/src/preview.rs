//! Live previews without a network: one loopback origin per project that serves Sandpack's bundler, and the npm
//! packages it asks for, from a content-addressed cache on this machine.
//!
//! [`Previews`] is the door. A preview's origin holds no token and can reach nothing but itself (its
//! content-security policy says so); what it may load are the bundler, and public files of packages.
//!
//! - [`detect`]: what kind of project this is, where it starts, or why it cannot be previewed
//! - [`origin`]: the loopback origin · [`page`]: its index page · [`cdn`]: its package routes
//! - [`packages`]: name and range → one exact package, from the cache, the seeds or the registry

pub mod detect;
mod origin;
mod page;

use crate::clock::Clock;
use detect::Detected;
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use tidemark_shared::ProjectId;
use tidemark_shared::project::{Preview, PreviewState};
use tokio::sync::Mutex;

/// What previews need to know; `config.rs` fills it in.
#[derive(Clone)]
pub struct PreviewOptions {
    /// Where the package cache lives; made when it is first needed. May be deleted at any time.
    pub cache: PathBuf,
    /// Looks a variable of the environment up: npm's settings (`npm_config_registry`, `npm_config_userconfig`), the
    /// home folder, and what a person's own `.npmrc` refers to as `${NAME}`.
    pub environment: fn(&str) -> Option<String>,
    /// The most bytes that the package cache may hold on disk; the least recently used go first.
    pub max_cache_bytes: u64,
}

/// Why a preview could not even be described. What a person can mend is told in [`Preview::message`] instead.
#[derive(Debug, thiserror::Error)]
pub enum PreviewError {
    #[error("the project's folder is not there")]
    ProjectGone,
    #[error("the preview's local port could not be opened: {0}")]
    Origin(#[source] std::io::Error),
    #[error("the project could not be read: {0}")]
    Io(#[source] std::io::Error),
}

/// The previews of all open projects.
pub struct Previews {
    options: PreviewOptions,
    /// Origins that may show a preview in a frame: the UI's.
    embedders: Arc<RwLock<Vec<String>>>,
    open: Mutex<HashMap<ProjectId, origin::Origin>>,
}

impl Previews {
    pub fn new(options: PreviewOptions, _clock: Arc<dyn Clock>) -> Self {
        Self { options, embedders: Arc::default(), open: Mutex::default() }
    }

    /// Names the origins (`http://127.0.0.1:PORT`) that may show previews in a frame. Until then no page may.
    pub fn embed_in(&self, origins: Vec<String>) {
        *self.embedders.write().unwrap_or_else(PoisonError::into_inner) = origins;
    }

    /// What the UI needs to start the preview of the project in `folder`; opens its origin when it has none yet.
    /// Never waits for the network longer than a few seconds, and never fails for the want of it.
    pub async fn preview(&self, project: ProjectId, folder: &Path) -> Result<Preview, PreviewError> {
        let read = folder.to_path_buf();
        let detected = tokio::task::spawn_blocking(move || detect::read(&read))
            .await
            .map_err(|panic| PreviewError::Io(std::io::Error::other(panic)))??;
        let bundler_url = self.origin(project).await?;
        Ok(match detected {
            Detected::Runs(runs) => Preview {
                bundler_url,
                state: PreviewState::Ready,
                message: None,
                environment: runs.environment.into(),
                entry: runs.entry,
                dependencies: runs.dependencies,
            },
            Detected::Cannot(reason) => Preview {
                bundler_url,
                state: PreviewState::Unsupported,
                message: Some(reason),
                environment: String::new(),
                entry: String::new(),
                dependencies: BTreeMap::new(),
            },
        })
    }

    /// The type declarations of the project's packages for the editor, by `file:///node_modules/…` address.
    pub async fn types(&self, folder: &Path) -> Result<BTreeMap<String, String>, PreviewError> {
        let _unread = (folder, &self.options.cache);
        Ok(BTreeMap::new())
    }

    /// Closes the origin of a project that was closed or forgotten.
    pub async fn close(&self, project: ProjectId) {
        let origin = self.open.lock().await.remove(&project);
        if let Some(origin) = origin {
            origin.stop().await;
        }
    }

    /// Closes every origin. A preview asked for later opens a new one.
    pub async fn stop(&self) {
        let open: Vec<_> = self.open.lock().await.drain().map(|(_, origin)| origin).collect();
        for origin in open {
            origin.stop().await;
        }
    }

    async fn origin(&self, project: ProjectId) -> Result<String, PreviewError> {
        let mut open = self.open.lock().await;
        if let Some(origin) = open.get(&project) {
            return Ok(origin.url());
        }
        let origin = origin::Origin::open(self.embedders.clone()).await.map_err(PreviewError::Origin)?;
        let url = origin.url();
        open.insert(project, origin);
        Ok(url)
    }
}
