//! The registry of projects: a file in the data directory. A folder opened again is the same project; forgetting one
//! deletes no file.

use super::error::{Result, WorkspaceError};
use super::write::write_own;
use serde::{Deserialize, Serialize};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use tidemark_shared::project::Project;
use tidemark_shared::{Millis, ModelId, ProjectId};

/// The longest name of a project, in characters.
const MAX_NAME: usize = 200;

#[derive(Debug)]
pub(super) struct Projects {
    file: PathBuf,
    data_dir: PathBuf,
    known: Mutex<Vec<Record>>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Record {
    id: ProjectId,
    name: String,
    path: PathBuf,
    opened_at: Millis,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    model: Option<ModelId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    template: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct Document {
    version: u32,
    projects: Vec<Record>,
}

impl Record {
    fn told(&self) -> Project {
        Project {
            id: self.id,
            name: self.name.clone(),
            path: self.path.display().to_string(),
            available: self.path.is_dir(),
            opened_at: self.opened_at,
            model: self.model.clone(),
            template: self.template.clone(),
        }
    }
}

impl Projects {
    pub(super) fn load(data_dir: &Path) -> Result<Self> {
        let failed = |what: &str, why| WorkspaceError::io(format!("{}: {what}", data_dir.display()), why);
        std::fs::create_dir_all(data_dir)
            .map_err(|why| failed("the data directory could not be made", why))?;
        let data_dir =
            data_dir.canonicalize().map_err(|why| failed("the data directory is not there", why))?;
        let file = data_dir.join("projects.json");
        let known = match std::fs::read(&file) {
            Ok(bytes) => {
                serde_json::from_slice::<Document>(&bytes)
                    .map_err(|why| failed("projects.json is damaged", io::Error::other(why)))?
                    .projects
            }
            Err(why) if why.kind() == io::ErrorKind::NotFound => Vec::new(),
            Err(why) => return Err(failed("projects.json could not be read", why)),
        };
        Ok(Self { file, data_dir, known: Mutex::new(known) })
    }

    /// The last opened first.
    pub(super) fn all(&self) -> Vec<Project> {
        let mut all: Vec<_> = self.lock().iter().map(Record::told).collect();
        all.sort_by(|a, b| b.opened_at.cmp(&a.opened_at).then_with(|| a.name.cmp(&b.name)));
        all
    }

    pub(super) fn get(&self, id: ProjectId) -> Result<Project> {
        let known = self.lock();
        known.iter().find(|r| r.id == id).map(Record::told).ok_or(WorkspaceError::UnknownProject(id))
    }

    /// The folder, whether it is there or not.
    pub(super) fn folder(&self, id: ProjectId) -> Result<PathBuf> {
        let known = self.lock();
        known.iter().find(|r| r.id == id).map(|r| r.path.clone()).ok_or(WorkspaceError::UnknownProject(id))
    }

    pub(super) fn open(&self, folder: &Path, template: Option<&str>, now: Millis) -> Result<Project> {
        let folder = self.fit_folder(folder)?;
        self.change(|known| {
            let at = match known.iter().position(|record| record.path == folder) {
                Some(at) => at,
                None => {
                    known.push(Record {
                        id: ProjectId::from_uuid(uuid::Uuid::now_v7()),
                        name: folder.file_name().unwrap_or_default().to_string_lossy().into_owned(),
                        path: folder.clone(),
                        opened_at: now,
                        model: None,
                        template: template.map(str::to_owned),
                    });
                    known.len() - 1
                }
            };
            known[at].opened_at = now;
            Ok(known[at].told())
        })
    }

    pub(super) fn edit(
        &self,
        id: ProjectId,
        name: Option<String>,
        model: Option<Option<ModelId>>,
    ) -> Result<Project> {
        self.change(|known| {
            let found = known.iter_mut().find(|record| record.id == id);
            let record = found.ok_or(WorkspaceError::UnknownProject(id))?;
            if let Some(name) = name.map(|name| name.trim().chars().take(MAX_NAME).collect::<String>())
                && !name.is_empty()
            {
                record.name = name;
            }
            if let Some(model) = model {
                record.model = model;
            }
            Ok(record.told())
        })
    }

    pub(super) fn forget(&self, id: ProjectId) -> Result<()> {
        self.change(|known| {
            let at = known.iter().position(|record| record.id == id);
            known.remove(at.ok_or(WorkspaceError::UnknownProject(id))?);
            Ok(())
        })
    }

    /// The folder as one name for all its names, when it may be a project.
    fn fit_folder(&self, folder: &Path) -> Result<PathBuf> {
        let bad = |reason: &str| WorkspaceError::BadFolder {
            path: folder.display().to_string(),
            reason: reason.to_owned(),
        };
        if !folder.is_absolute() {
            return Err(bad("the path is not absolute"));
        }
        let real = folder.canonicalize().map_err(|why| match why.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => bad("there is no such folder"),
            io::ErrorKind::PermissionDenied => bad("it may not be read"),
            _ => WorkspaceError::io(format!("{} could not be looked up", folder.display()), why),
        })?;
        if real.to_str().is_none() {
            return Err(bad("its name is not Unicode"));
        }
        match std::fs::read_dir(&real) {
            Ok(_) if real.parent().is_none() => Err(bad("it is the whole file system")),
            Ok(_) if real == self.data_dir => Err(bad("it is where Tidemark keeps its own data")),
            Ok(_) => Ok(real),
            Err(why) if why.kind() == io::ErrorKind::NotADirectory => Err(bad("it is not a folder")),
            Err(why) if why.kind() == io::ErrorKind::PermissionDenied => Err(bad("it may not be read")),
            Err(why) => Err(WorkspaceError::io(format!("{} could not be read", real.display()), why)),
        }
    }

    /// Changes the registry on disk, then in memory; neither when it fails.
    fn change<T>(&self, act: impl FnOnce(&mut Vec<Record>) -> Result<T>) -> Result<T> {
        let mut known = self.lock();
        let mut projects = known.clone();
        let answer = act(&mut projects)?;
        let document = Document { version: 1, projects };
        let bytes = serde_json::to_vec_pretty(&document).expect("a registry is plain data");
        write_own(&self.file, &bytes)?;
        *known = document.projects;
        Ok(answer)
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Record>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
