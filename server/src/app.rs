//! [`App`]: the parts of the house that a request may use.

use crate::auth::{Auth, launch::LaunchToken};
use crate::clock::Clock;
use crate::desktop::Desktop;
use crate::models::Models;
use crate::preview::Previews;
use crate::queue::TaskQueue;
use crate::settings::SettingsFile;
use crate::store::ObjectStore;
use crate::tasks::review::Reviews;
use crate::tasks::submit::{Limits, Submitting};
use crate::workspace::Workspace;
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tidemark_shared::{Millis, ModelId, ServerEvent};
use tokio::sync::broadcast;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Cheap to share: every handler gets it.
pub struct App {
    pub queue: Arc<dyn TaskQueue>,
    /// [`Reviews::recover`] ran before the first request.
    pub reviews: Arc<Reviews>,
    pub store: Arc<dyn ObjectStore>,
    pub workspace: Workspace,
    pub settings: SettingsFile,
    pub models: Arc<Models>,
    /// The config's model for tasks that name none; what is chosen in the app counts more.
    pub default_model: Option<ModelId>,
    pub task_limits: Limits,
    pub auth: Arc<dyn Auth>,
    pub launch: Arc<LaunchToken>,
    pub desktop: Arc<dyn Desktop>,
    pub clock: Arc<dyn Clock>,
    /// What no part tells by itself: settings, models, the network.
    pub news: broadcast::Sender<ServerEvent>,
    pub previews: Arc<Previews>,
    /// The largest body of a request, in bytes.
    pub max_body: usize,
    /// An answer must begin within this time.
    pub request_time: Duration,
    /// Everything ends within this time when the house closes.
    pub stop_time: Duration,
    /// `http://127.0.0.1:PORT`, as a browser names it.
    pub origin: String,
    pub projects_folder: PathBuf,
    pub data_dir: PathBuf,
    pub started_at: Millis,
    /// Fires when the house closes: streams end, new work is refused.
    pub stopping: CancellationToken,
    /// What goes on although nobody waits for it: an accept whose asker went away, looking for models.
    pub background: TaskTracker,
}

impl App {
    /// The parts that taking in a task needs.
    /// `address`: where the request comes from, over the network.
    pub fn submitting(&self, address: Option<IpAddr>) -> Submitting<'_> {
        Submitting {
            queue: self.queue.as_ref(),
            workspace: &self.workspace,
            models: &self.models,
            settings: &self.settings,
            default_model: self.default_model.as_ref(),
            clock: self.clock.as_ref(),
            limits: &self.task_limits,
            address,
        }
    }

    /// The person's own choice of model: the app's, else the config's.
    pub async fn chosen_model(&self) -> Option<ModelId> {
        self.settings.get().await.model.or_else(|| self.default_model.clone())
    }
}
