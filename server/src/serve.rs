//! Opens the door: the listener on loopback, the house behind it, and the way to close both.

use crate::api;
use crate::app::App;
use crate::compose::{self, ComposeError, House};
use crate::config::Loaded;
use crate::desktop::Desktop;
use std::net::SocketAddr;
use std::sync::Arc;
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
        let served = axum::serve(listener, router).with_graceful_shutdown(stopping.cancelled_owned()).await;
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
