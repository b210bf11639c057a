//! A house with one project, in folders that go away with the test: files, ledger and reviews are the real ones.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use tidemark_server::clock::SystemClock;
use tidemark_server::queue::sled::SledQueue;
use tidemark_server::queue::{Outcome, QueueLimits, TaskQueue};
use tidemark_server::store::disk::DiskStore;
use tidemark_server::tasks::review::Reviews;
use tidemark_server::workspace::{Limits, Workspace};
use tidemark_shared::{
    EventKind, FileChange, Hash, Mode, ModelId, ProjectId, RelPath, Review, SessionId, Task, TaskId,
    TaskResult, TaskStatus, UserId,
};

pub(crate) struct House {
    pub(crate) workspace: Workspace,
    pub(crate) queue: Arc<dyn TaskQueue>,
    pub(crate) reviews: Reviews,
    pub(crate) project: ProjectId,
    pub(crate) folder: PathBuf,
    /// Goes away with the test, unless the house was opened on a folder that is another's.
    pub(crate) home: Home,
}

pub(crate) enum Home {
    Own(TempDir),
    Given(PathBuf),
}

impl Home {
    pub(crate) fn path(&self) -> &Path {
        match self {
            Self::Own(dir) => dir.path(),
            Self::Given(path) => path,
        }
    }
}

impl House {
    /// With these files in the project.
    pub(crate) async fn with(files: &[(&str, &[u8])]) -> Self {
        Self::limited(files, Limits::default()).await
    }

    pub(crate) async fn limited(files: &[(&str, &[u8])], limits: Limits) -> Self {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join("project");
        std::fs::create_dir(&folder).unwrap();
        for (path, bytes) in files {
            put(&folder, path, bytes);
        }
        Self::open(Home::Own(home), limits).await
    }

    /// The house in `home`, with the project in its folder `project`.
    pub(crate) async fn open(home: Home, limits: Limits) -> Self {
        let folder = home.path().join("project");
        let data = home.path().join("data");
        let clock = Arc::new(SystemClock);
        let store = Arc::new(DiskStore::open(home.path().join("objects")).unwrap());
        let queue_limits = QueueLimits { min_free_bytes: 0, ..QueueLimits::default() };
        let ledger = home.path().join("ledger");
        let queue: Arc<dyn TaskQueue> =
            Arc::new(SledQueue::open(&ledger, clock.clone(), queue_limits).await.unwrap());
        let workspace = Workspace::new(data, store, clock, limits).await.unwrap();
        let project = workspace.open_folder(&folder).await.unwrap().id;
        let reviews = Reviews::new(queue.clone(), workspace.clone());
        Self { workspace, queue, reviews, project, folder, home }
    }

    /// Closes the house, so that another process may open it.
    pub(crate) fn leave(self) -> Home {
        let Self { home, .. } = self;
        home
    }

    pub(crate) async fn snapshot(&self) -> Hash {
        self.workspace.snapshot(self.project, &[]).await.unwrap()
    }

    /// A fresh copy of a snapshot.
    pub(crate) async fn copy(&self, snapshot: &Hash) -> PathBuf {
        let dir = tempfile::tempdir_in(self.home.path()).unwrap().keep();
        self.workspace.materialise(snapshot, &dir).await.unwrap();
        dir
    }

    pub(crate) async fn changes(&self, snapshot: &Hash, copy: &Path) -> Vec<FileChange> {
        self.workspace.change_set(snapshot, copy).await.unwrap()
    }

    /// A done task whose change set is what `edit` does to a copy of the project.
    pub(crate) async fn proposes(&self, edit: &dyn Fn(&Path)) -> Task {
        let snapshot = self.snapshot().await;
        let copy = self.copy(&snapshot).await;
        edit(&copy);
        let files_modified = self.changes(&snapshot, &copy).await;
        let id = TaskId::from_uuid(uuid::Uuid::now_v7());
        self.queue.submit(self.task(id, snapshot)).await.unwrap();
        let leased =
            self.queue.lease("worker", &Mode::ALL, 1, Duration::from_secs(60)).await.unwrap().pop().unwrap();
        assert_eq!(leased.task.id, id);
        let review = if files_modified.is_empty() { Review::None } else { Review::Pending };
        let result = TaskResult {
            mode: Mode::Patch,
            files_modified,
            explanation: String::new(),
            references: vec![],
            checks: vec![],
        };
        let done = Outcome::Done { result, review, metrics: Default::default(), error: None };
        self.queue.finish(&leased.lease, done).await.unwrap()
    }

    fn task(&self, id: TaskId, snapshot: Hash) -> Task {
        Task {
            id,
            user_id: UserId::owner(),
            project_id: self.project,
            session_id: SessionId::from_uuid(uuid::Uuid::now_v7()),
            files: vec![],
            cursor: None,
            prompt: "change it".into(),
            mode: Mode::Patch,
            model: ModelId::parse("demo/guide").unwrap(),
            priority: 5,
            status: TaskStatus::Queued,
            waiting_for: None,
            result: None,
            review: Review::None,
            metrics: None,
            error: None,
            snapshot,
            retry_of: None,
            run_at: None,
            after: None,
            cache_key: None,
            cancel_requested: false,
            attempt: 0,
            created_at: 0,
            updated_at: 0,
        }
    }

    pub(crate) async fn last_event(&self, task: TaskId) -> EventKind {
        self.queue.events(task, 0, 1_000).await.unwrap().pop().unwrap().kind
    }

    /// No intent is left to finish, and no file of ours beside the project's.
    pub(crate) fn is_settled(&self) {
        let left: Vec<_> = tree(&self.home.path().join("data")).into_keys().collect();
        assert!(left.iter().all(|name| !name.starts_with("applying/")), "{left:?}");
        let left: Vec<_> =
            tree(&self.folder).into_keys().filter(|name| name.contains(".tidemark-")).collect();
        assert!(left.is_empty(), "{left:?}");
    }

    pub(crate) async fn object(&self, hash: &Hash) -> Vec<u8> {
        self.workspace.object(hash).await.unwrap().to_vec()
    }

    pub(crate) fn bytes(&self, path: &str) -> Vec<u8> {
        std::fs::read(self.folder.join(path)).unwrap()
    }
}

/// Writes a file, making its folders.
pub(crate) fn put(folder: &Path, path: &str, bytes: &[u8]) {
    let path = folder.join(path);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, bytes).unwrap();
}

pub(crate) fn path(text: &str) -> RelPath {
    RelPath::parse(text).unwrap()
}

/// Everything below a folder, by path: a file's bytes, or where a symlink leads.
pub(crate) fn tree(folder: &Path) -> std::collections::BTreeMap<String, Vec<u8>> {
    let mut found = std::collections::BTreeMap::new();
    let mut left = vec![folder.to_path_buf()];
    while let Some(dir) = left.pop() {
        for entry in std::fs::read_dir(&dir).unwrap().map(Result::unwrap) {
            let name = entry.path().strip_prefix(folder).unwrap().to_str().unwrap().to_owned();
            let kind = entry.file_type().unwrap();
            if kind.is_dir() {
                left.push(entry.path());
            } else if kind.is_symlink() {
                let target = std::fs::read_link(entry.path()).unwrap();
                found.insert(name, target.into_os_string().into_encoded_bytes());
            } else if kind.is_file() {
                found.insert(name, std::fs::read(entry.path()).unwrap());
            }
        }
    }
    found
}
