//! A workspace with one project, both in folders that go away with the test.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use tempfile::TempDir;
use tidemark_server::clock::SystemClock;
use tidemark_server::store::disk::DiskStore;
use tidemark_server::workspace::{Limits, Workspace};
use tidemark_shared::{FileChange, Hash, ProjectId, RelPath};

pub(crate) struct House {
    pub(crate) workspace: Workspace,
    pub(crate) project: ProjectId,
    pub(crate) folder: PathBuf,
    pub(crate) home: TempDir,
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
        let store = Arc::new(DiskStore::open(home.path().join("objects")).unwrap());
        let data = home.path().join("data");
        let workspace = Workspace::new(data, store, Arc::new(SystemClock), limits).await.unwrap();
        let project = workspace.open_folder(&folder).await.unwrap().id;
        Self { workspace, project, folder, home }
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
            } else {
                found.insert(name, std::fs::read(entry.path()).unwrap());
            }
        }
    }
    found
}
