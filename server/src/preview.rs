//! Live previews without a network: one loopback origin per project that serves Sandpack's bundler, and the npm
//! packages it asks for, from a content-addressed cache on this machine.
//!
//! [`Previews`] is the door. A preview's origin holds no token and can reach nothing but itself (its
//! content-security policy says so); what it may load are the bundler, and public files of packages.
//!
//! - [`detect`]: what kind of project this is, where it starts, or why it cannot be previewed
//! - `tree`: its packages, each at one exact version, with `lock` for the versions of its lock file
//! - `packages`: name and range → one package, from memory, the [`seeds`], the `cache` or a `registry` (by `npmrc`)
//! - `origin`: the loopback origin · `page`: its index page · `cdn`: its package routes · `manifest`: what the bundler
//!   gets for one package, by `imports` and `resolve`
//! - `types`: declarations for the editor

mod cache;
mod cdn;
pub mod detect;
mod imports;
mod lock;
mod manifest;
mod missing;
mod npmrc;
mod origin;
mod packages;
mod page;
mod registry;
mod resolve;
pub mod seeds;
mod tarball;
mod tree;
mod types;
mod used;

use crate::clock::Clock;
use cache::Cache;
use detect::{Detected, Runs};
use npmrc::Npmrc;
use origin::{Origin, Project};
use packages::{Packages, Preferred};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;
use tidemark_shared::ProjectId;
use tidemark_shared::project::{Preview, PreviewState};
use tokio::sync::{Mutex, watch};
use tokio::task::JoinHandle;
use tree::{Missing, Progress, Tree};

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

/// How long a question waits for packages that are under way before it is answered "preparing".
const PATIENCE: Duration = Duration::from_millis(2500);

/// The previews of all open projects.
pub struct Previews {
    options: PreviewOptions,
    packages: Arc<Packages>,
    /// Origins that may show a preview in a frame: the UI's.
    embedders: Arc<RwLock<Vec<String>>>,
    open: Mutex<HashMap<ProjectId, Open>>,
}

/// One project's preview.
struct Open {
    origin: Arc<Origin>,
    packages: Option<Getting>,
}

/// Packages that are being fetched, or were.
struct Getting {
    /// What they were asked for by: the same question has the same answer.
    asked: Arc<Asked>,
    progress: watch::Receiver<Progress>,
    result: watch::Receiver<Option<Arc<Got>>>,
    task: JoinHandle<()>,
}

#[derive(PartialEq, Eq)]
struct Asked {
    dependencies: BTreeMap<String, String>,
    preferred: Preferred,
}

struct Got {
    tree: Tree,
    missing: Vec<Missing>,
}

/// What was read of a project's folder.
struct Read {
    runs: Runs,
    preferred: Preferred,
    npmrc: Npmrc,
    used: BTreeMap<String, BTreeSet<String>>,
}

impl Previews {
    /// Touches neither disk nor network.
    pub fn new(options: PreviewOptions, clock: Arc<dyn Clock>) -> Self {
        let cache = Cache::new(options.cache.clone(), options.max_cache_bytes);
        let packages = Arc::new(Packages::new(cache, clock));
        Self { options, packages, embedders: Arc::default(), open: Mutex::default() }
    }

    /// Names the origins (`http://127.0.0.1:PORT`) that may show previews in a frame. Until then no page may.
    pub fn embed_in(&self, origins: Vec<String>) {
        *self.embedders.write().unwrap_or_else(PoisonError::into_inner) = origins;
    }

    /// What the UI needs to start the preview of the project in `folder`; opens its origin when it has none yet.
    /// Answers within a few seconds: packages still under way are [`PreviewState::Preparing`], to be asked for again.
    pub async fn preview(&self, project: ProjectId, folder: &Path) -> Result<Preview, PreviewError> {
        let read = self.read(folder).await?;
        let (origin, getting) = {
            let mut open = self.open.lock().await;
            let open = match open.entry(project) {
                std::collections::hash_map::Entry::Occupied(open) => open.into_mut(),
                std::collections::hash_map::Entry::Vacant(none) => none.insert(Open {
                    origin: Arc::new(
                        Origin::open(self.packages.clone(), self.embedders.clone())
                            .await
                            .map_err(PreviewError::Origin)?,
                    ),
                    packages: None,
                }),
            };
            let origin = open.origin.clone();
            let getting = read.as_ref().ok().map(|read| {
                let getting = self.getting(open, read);
                (getting.progress.clone(), getting.result.clone())
            });
            (origin, getting)
        };
        let mut preview = Preview {
            bundler_url: origin.url(),
            state: PreviewState::Unsupported,
            message: None,
            environment: String::new(),
            entry: String::new(),
            dependencies: BTreeMap::new(),
        };
        let (read, (progress, mut result)) = match (read, getting) {
            (Ok(read), Some(getting)) => (read, getting),
            (Err(reason), _) => return Ok(Preview { message: Some(reason), ..preview }),
            (Ok(_), None) => return Ok(preview),
        };
        preview.environment = read.runs.environment.into();
        preview.entry = read.runs.entry.clone();
        let got = tokio::time::timeout(PATIENCE, result.wait_for(Option::is_some)).await;
        let Some(got) = got.ok().and_then(Result::ok).and_then(|got| got.clone()) else {
            let Progress { known, fetched } = *progress.borrow();
            preview.state = PreviewState::Preparing;
            preview.message = Some(format!("Getting packages: {fetched} of {known} so far."));
            return Ok(preview);
        };
        preview.dependencies = got.tree.root.clone();
        origin.show(Project { tree: got.tree.clone(), npmrc: read.npmrc, used: read.used });
        if got.missing.is_empty() {
            preview.state = PreviewState::Ready;
        } else {
            preview.state = PreviewState::MissingPackages;
            preview.message = Some(missing::explain(&got.missing));
        }
        Ok(preview)
    }

    /// The type declarations of the project's packages for the editor, by `file:///node_modules/…` address. Those that
    /// cannot be had are left out.
    pub async fn types(&self, folder: &Path) -> Result<BTreeMap<String, String>, PreviewError> {
        let Ok(read) = self.read(folder).await? else { return Ok(BTreeMap::new()) };
        let mut wanted = read.runs.dependencies;
        for name in wanted.keys().cloned().collect::<Vec<_>>() {
            let declared = types::declared_by(&name);
            if seeds::list().iter().any(|seed| seed.name == declared) {
                wanted.entry(declared).or_insert_with(|| "*".into());
            }
        }
        wanted.extend(read.runs.types);
        let unwatched = watch::Sender::new(Progress::default());
        let (tree, _missing) =
            Tree::grow(&self.packages, &read.npmrc, &wanted, &read.preferred, &unwatched).await;
        Ok(types::types(&self.packages, &read.npmrc, &tree, read.runs.vite).await)
    }

    /// Closes the preview of a project that was closed or forgotten.
    pub async fn close(&self, project: ProjectId) {
        let open = self.open.lock().await.remove(&project);
        if let Some(open) = open {
            open.stop().await;
        }
    }

    /// Closes every preview. One asked for later is opened anew.
    pub async fn stop(&self) {
        let open: Vec<_> = self.open.lock().await.drain().map(|(_, open)| open).collect();
        for open in open {
            open.stop().await;
        }
        self.packages.forget();
    }

    /// Reads what there is to know of a project; the inner error is why it cannot be previewed.
    async fn read(&self, folder: &Path) -> Result<Result<Read, String>, PreviewError> {
        let (folder, environment) = (folder.to_path_buf(), self.options.environment);
        let read = move || {
            let runs = match detect::read(&folder)? {
                Detected::Runs(runs) => runs,
                Detected::Cannot(reason) => return Ok(Err(reason)),
            };
            let npmrc = Npmrc::load(Some(&folder), environment, seeds::default_registry().as_deref());
            Ok(Ok(Read { runs, preferred: lock::read(&folder), npmrc, used: used::read(&folder) }))
        };
        tokio::task::spawn_blocking(read)
            .await
            .map_err(|panic| PreviewError::Io(std::io::Error::other(panic)))?
    }

    /// The packages of a project, fetched in the background unless they are already, or last time some were missing.
    fn getting<'a>(&self, open: &'a mut Open, read: &Read) -> &'a Getting {
        let asked = Asked { dependencies: read.runs.dependencies.clone(), preferred: read.preferred.clone() };
        let current = open.packages.take().filter(|getting| {
            let complete = getting.result.borrow().as_ref().is_none_or(|got| got.missing.is_empty());
            let same =
                *getting.asked == asked && complete && !(getting.task.is_finished() && getting.failed());
            if !same {
                getting.task.abort();
            }
            same
        });
        let getting = current.unwrap_or_else(|| self.get(asked, read.npmrc.clone()));
        open.packages.insert(getting)
    }

    fn get(&self, asked: Asked, npmrc: Npmrc) -> Getting {
        let (report, progress) = watch::channel(Progress::default());
        let (done, result) = watch::channel(None);
        let (packages, asked) = (self.packages.clone(), Arc::new(asked));
        let wanted = asked.clone();
        let task = tokio::spawn(async move {
            let (tree, missing) =
                Tree::grow(&packages, &npmrc, &wanted.dependencies, &wanted.preferred, &report).await;
            done.send_replace(Some(Arc::new(Got { tree, missing })));
        });
        Getting { asked, progress, result, task }
    }
}

impl Getting {
    fn failed(&self) -> bool {
        self.result.borrow().is_none()
    }
}

impl Open {
    async fn stop(self) {
        if let Some(getting) = self.packages {
            getting.task.abort();
        }
        self.origin.stop().await;
    }
}
