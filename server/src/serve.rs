//! Opens the door: the listener on loopback, the house behind it, and the way to close both.

use crate::api;
use crate::app::App;
use crate::compose::{self, ComposeError, House};
use crate::config::Loaded;
use crate::desktop::Desktop;
use crate::workspace::WorkspaceError;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use tidemark_shared::project::Project;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("{0} can be reached from other computers; listen on 127.0.0.1 or [::1]")]
    NotLoopback(SocketAddr),
    #[error("{address} can't be listened on: {source}")]
    Listen { address: SocketAddr, source: std::io::Error },
    #[error(transparent)]
    Compose(#[from] ComposeError),
}

/// What a launch shows first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum First {
    Home,
    /// A folder, opened in place.
    Folder(PathBuf),
    /// The sample project: the one that is there, else a new one.
    Sample,
}

/// A server that answers. Dropped, it stops without waiting; [`Running::stop`] waits.
pub struct Running {
    house: Option<House>,
    app: Arc<App>,
    serving: JoinHandle<()>,
}

/// Starts the local house in this process. It answers when this returns.
pub async fn start(loaded: Loaded, desktop: Arc<dyn Desktop>) -> Result<Running, StartError> {
    let address = loaded.config.server.listen;
    if !address.ip().is_loopback() {
        return Err(StartError::NotLoopback(address));
    }
    let listening = |source| StartError::Listen { address, source };
    let listener = TcpListener::bind(address).await.map_err(listening)?;
    let bound = listener.local_addr().map_err(listening)?;
    let house = compose::local(&loaded, format!("http://{bound}"), desktop).await?;
    let app = Arc::clone(&house.app);
    let router = api::router(Arc::clone(&app));
    let stopping = app.stopping.clone();
    let serving = tokio::spawn(async move {
        let service = router.into_make_service_with_connect_info::<SocketAddr>();
        let served = axum::serve(listener, service).with_graceful_shutdown(stopping.cancelled_owned()).await;
        if let Err(why) = served {
            tracing::error!(%why, "the door broke");
        }
    });
    tracing::info!(url = %app.origin, "answering");
    Ok(Running { house: Some(house), app, serving })
}

impl Running {
    /// `http://127.0.0.1:PORT`.
    pub fn url(&self) -> &str {
        &self.app.origin
    }
    /// The credential of this launch.
    pub fn token(&self) -> &str {
        self.app.launch.token()
    }
    /// An address that signs one browser in, once. Each call makes a new one.
    pub fn launch_url(&self) -> String {
        let code = self.app.launch.new_code().expect("the system gave randomness for the token already");
        format!("{}/#code={code}", self.app.origin)
    }
    /// The same, on what the launch is to show.
    pub async fn launch_url_on(&self, first: First) -> Result<String, WorkspaceError> {
        const SAMPLE: &str = "sample";
        let workspace = &self.app.workspace;
        let project = match first {
            First::Home => return Ok(self.launch_url()),
            First::Folder(path) => workspace.open_folder(&path).await?,
            First::Sample => {
                let is_sample =
                    |project: &Project| project.available && project.template.as_deref() == Some(SAMPLE);
                match workspace.projects().await?.into_iter().find(is_sample) {
                    Some(project) => project,
                    None => {
                        workspace.create_from_template(SAMPLE, "Plot 14", &self.app.projects_folder).await?
                    }
                }
            }
        };
        Ok(self.launch_url().replacen("/#", &format!("/p/{}#", project.id), 1))
    }

    pub const fn app(&self) -> &Arc<App> {
        &self.app
    }

    /// Answers what is under way, takes nothing new, hands running tasks back, and returns when all of it ended, at the
    /// latest after `limits.requests.stop_seconds`.
    pub async fn stop(mut self) {
        self.app.stopping.cancel();
        let closing = async {
            if let Some(house) = self.house.take() {
                house.close().await;
            }
        };
        let time = self.app.stop_time;
        let (_, served) = tokio::join!(closing, tokio::time::timeout(time, &mut self.serving));
        if served.is_err() {
            tracing::warn!("some requests were cut off");
            self.serving.abort();
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.app.stopping.cancel();
    }
}
