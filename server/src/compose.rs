//! Puts the house together. The only file that names concrete backends: a forgotten part does not compile, one that can't
//! be reached is an error with its name in it.

use crate::agent::native::Native;
use crate::app::App;
use crate::auth::Auth;
use crate::auth::launch::LaunchToken;
use crate::clock::{Clock, SystemClock};
use crate::config::{Config, ConfigError, Loaded, environment_variable};
use crate::desktop::Desktop;
use crate::models::Models;
use crate::preview::Previews;
use crate::queue::TaskQueue;
use crate::queue::redis::{OpenError as RedisError, RedisQueue};
use crate::queue::sled::{OpenError, SledQueue, lock};
use crate::sandbox::Sandbox;
use crate::settings::SettingsFile;
use crate::store::disk::DiskStore;
use crate::store::{ObjectStore, StoreError};
use crate::tasks::review::{ReviewError, Reviews};
use crate::tasks::run::Running;
use crate::worker::Worker;
use crate::workspace::{Workspace, WorkspaceError};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tidemark_shared::ServerEvent;
use tokio::sync::broadcast;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// News that a slow reader may be behind before it is told to look again.
const MAX_NEWS_BEHIND: usize = 256;

/// A worker that shares a ledger renews its leases each second, and is missed after three.
const REDIS_LEASE_SECONDS: u64 = 3;

/// Which part of the house is not there, and why.
#[derive(Debug, thiserror::Error)]
pub enum ComposeError {
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error("the data directory {} can't be used: {source}", path.display())]
    DataDir { path: PathBuf, source: std::io::Error },
    #[error("the ledger: {0}")]
    Ledger(#[from] OpenError),
    #[error("the ledger: {0}")]
    Redis(#[from] RedisError),
    #[error("the object store: {0}")]
    Store(#[source] StoreError),
    #[error("the providers in the config: {0}")]
    Providers(#[from] crate::models::setup::BadProvider),
    #[error("the projects: {0}")]
    Workspace(#[from] WorkspaceError),
    #[error("reviews that were cut off could not be finished: {0}")]
    Reviews(#[from] ReviewError),
    #[error("this system gives no random numbers: {0}")]
    Random(#[from] getrandom::Error),
}

/// A house at work.
pub struct House {
    pub app: Arc<App>,
    worker: Worker,
    /// The data directory is ours; the ledger on sled holds it itself.
    _lock: Option<File>,
}

/// Everything on this machine, for one owner. `origin` is where it will be reached. What a crash left half done is
/// finished before this returns: the ledger first, then accepts, then tasks go on.
pub async fn local(
    loaded: &Loaded,
    origin: String,
    desktop: Arc<dyn Desktop>,
) -> Result<House, ComposeError> {
    let config = &loaded.config;
    let limits = &config.limits;
    crate::metrics::start();
    let data_dir = prepared(config.data_dir()?).await?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let mut workers = limits.worker.clone();
    let mut held = None;
    if config.queue.redis().is_some() {
        held = Some(lock(&data_dir)?);
        workers.lease_seconds.get_or_insert(REDIS_LEASE_SECONDS);
    }
    let queue = ledger(config, &data_dir, &clock).await?;
    let store: Arc<dyn ObjectStore> =
        Arc::new(DiskStore::open(data_dir.join("objects")).map_err(ComposeError::Store)?);
    let workspace =
        Workspace::new(data_dir.clone(), Arc::clone(&store), Arc::clone(&clock), limits.workspace.clone())
            .await?;
    let reviews = Arc::new(Reviews::new(Arc::clone(&queue), workspace.clone()));
    reviews.recover().await?;

    let models = Arc::new(Models::set_up(&config.providers(&loaded.secrets), &clock)?);
    let agent =
        Native::new(Arc::clone(&models), Arc::clone(&clock), limits.agent.clone(), limits.tools.clone());
    let previews = Arc::new(Previews::new(config.previews(&data_dir), Arc::clone(&clock)));
    previews.embed_in(vec![origin.clone()]);
    let launch = Arc::new(LaunchToken::new()?);
    let auth: Arc<dyn Auth> = Arc::clone(&launch) as _;

    let app = Arc::new(App {
        queue: Arc::clone(&queue),
        store: Arc::clone(&store),
        workspace: workspace.clone(),
        reviews,
        settings: SettingsFile::open(&data_dir).await,
        models,
        default_model: config.models.default.clone(),
        auth,
        launch,
        desktop,
        clock: Arc::clone(&clock),
        previews,
        news: broadcast::Sender::new(MAX_NEWS_BEHIND),
        task_limits: limits.tasks.clone(),
        max_body: limits.requests.max_body_bytes,
        request_time: Duration::from_secs(limits.requests.max_seconds),
        stop_time: Duration::from_secs(limits.requests.stop_seconds),
        origin,
        projects_folder: config.projects_folder()?,
        started_at: clock.now(),
        data_dir: data_dir.clone(),
        stopping: CancellationToken::new(),
        background: TaskTracker::new(),
    });
    let running = Running {
        queue,
        workspace,
        agent: Arc::new(agent),
        copies: data_dir.join("copies"),
        store,
        resume: limits.resume.clone(),
    };
    let name = format!("local-{}", std::process::id());
    let worker = Worker::start(name, running, clock, workers);
    app.background.spawn(keep_models_fresh(Arc::clone(&app)));
    app.background.spawn(tell_of_models(Arc::clone(&app)));
    Ok(House { app, worker, _lock: held })
}

/// The ledger alone, without anyone who works on it.
pub async fn ledger_of(loaded: &Loaded) -> Result<Arc<dyn TaskQueue>, ComposeError> {
    let data_dir = prepared(loaded.config.data_dir()?).await?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    ledger(&loaded.config, &data_dir, &clock).await
}

async fn ledger(
    config: &Config,
    data_dir: &Path,
    clock: &Arc<dyn Clock>,
) -> Result<Arc<dyn TaskQueue>, ComposeError> {
    let (clock, limits) = (Arc::clone(clock), config.limits.queue.clone());
    Ok(match config.queue.redis() {
        Some(options) => Arc::new(RedisQueue::open(options, clock, limits).await?),
        None => Arc::new(SledQueue::open(data_dir, clock, limits).await?),
    })
}

/// Where commands of a project run on this system.
pub fn sandbox() -> Arc<dyn Sandbox> {
    #[cfg(target_os = "linux")]
    return Arc::new(crate::sandbox::bubblewrap::Bubblewrap::new(environment_variable));
    #[cfg(not(target_os = "linux"))]
    return Arc::new(crate::sandbox::nowhere::Nowhere);
}

impl House {
    /// Takes no more work, hands running tasks back to the line, and returns when nothing of it runs any more.
    pub async fn close(self) {
        let Self { app, worker, _lock } = self;
        app.stopping.cancel();
        app.background.close();
        let all = async {
            tokio::join!(worker.stop(), app.background.wait(), app.previews.stop());
        };
        if tokio::time::timeout(app.stop_time, all).await.is_err() {
            tracing::warn!(
                "not everything ended in time; what was acknowledged is safe, and goes on at the next start"
            );
        }
    }
}

/// Ours alone to read: it holds what people asked and the files they asked about.
async fn prepared(path: PathBuf) -> Result<PathBuf, ComposeError> {
    let make = {
        let path = path.clone();
        move || -> std::io::Result<PathBuf> {
            std::fs::create_dir_all(&path)?;
            private(&path)?;
            path.canonicalize()
        }
    };
    let made =
        tokio::task::spawn_blocking(make).await.unwrap_or_else(|panic| Err(std::io::Error::other(panic)));
    made.map_err(|source| ComposeError::DataDir { path, source })
}

fn private(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o700))
}

async fn keep_models_fresh(app: Arc<App>) {
    app.models.keep_fresh(app.clock.as_ref(), &app.stopping).await;
}

async fn tell_of_models(app: Arc<App>) {
    let mut changes = app.models.changes();
    loop {
        tokio::select! {
            () = app.stopping.cancelled() => return,
            changed = changes.changed() => match changed {
                // Nobody listening is fine.
                Ok(()) => drop(app.news.send(ServerEvent::ModelsChanged)),
                Err(_gone) => return,
            },
        }
    }
}

#[cfg(test)]
mod tests;
