//! A house to ask: the one that runs on this data directory already, or one started for this command. Either way over HTTP,
//! by the same door as everybody.

use super::{Failure, absolute};
use crate::Running;
use crate::config::Loaded;
use crate::desktop::NoDesktop;
use crate::providers::sse::Parser;
use anyhow::{Context, anyhow};
use bytes::Bytes;
use reqwest::{Method, StatusCode};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tidemark_shared::project::{NewProject, Project};
use tidemark_shared::{Problem, TaskEvent};

/// Where a running house is: what `--ready-file` holds, and what lies in the data directory while it runs.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Address {
    pub(super) url: String,
    pub(super) token: String,
    /// Signs one browser in.
    pub(super) launch_url: String,
    pub(super) pid: u32,
}

impl Address {
    pub(super) fn of(house: &Running, launch_url: String) -> Self {
        Self { url: house.url().into(), token: house.token().into(), launch_url, pid: std::process::id() }
    }

    /// Writes it for this user's eyes only, whole or not at all.
    pub(super) fn write(&self, file: &Path) -> Result<(), Failure> {
        use std::os::unix::fs::OpenOptionsExt;
        let beside = file.with_extension(format!("{}.tmp", self.pid));
        let mut options = std::fs::OpenOptions::new();
        options.write(true).create(true).truncate(true).mode(0o600);
        let writing = || -> std::io::Result<()> {
            let out = options.open(&beside)?;
            serde_json::to_writer(&out, self)?;
            std::fs::rename(&beside, file)
        };
        Ok(writing().with_context(|| format!("could not write {}", file.display()))?)
    }

    pub(super) fn read(file: &Path) -> Option<Self> {
        serde_json::from_slice(&std::fs::read(file).ok()?).ok()
    }
}

/// The file that says where the house of a data directory is.
pub(super) fn address_file(data_dir: &Path) -> PathBuf {
    data_dir.join("house.json")
}

pub(super) struct House {
    address: Address,
    http: reqwest::Client,
    /// Ours to stop.
    own: Option<Running>,
}

impl House {
    /// The house that runs on this data directory.
    pub(super) async fn running(loaded: &Loaded) -> Result<Option<Self>, Failure> {
        let file = address_file(&loaded.config.data_dir()?);
        let Some(address) = Address::read(&file) else { return Ok(None) };
        let house = Self { address, http: client()?, own: None };
        let alive = house.http.get(format!("{}/health/detailed", house.address.url));
        let answer = alive.bearer_auth(&house.address.token).timeout(Duration::from_secs(2)).send().await;
        Ok(answer.is_ok_and(|answer| answer.status().is_success()).then_some(house))
    }

    pub(super) async fn reach(loaded: Loaded) -> Result<Self, Failure> {
        if let Some(house) = Self::running(&loaded).await? {
            return Ok(house);
        }
        let own = crate::start(loaded, Arc::new(NoDesktop)).await?;
        let address = Address::of(&own, own.launch_url());
        Ok(Self { address, http: client()?, own: Some(own) })
    }

    /// Opens a folder in place.
    pub(super) async fn open(&self, folder: &Path) -> Result<Project, Failure> {
        let path = absolute(folder)?.to_string_lossy().into_owned();
        self.post("/api/projects", &NewProject::Folder { path }).await
    }

    pub(super) async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, Failure> {
        self.ask(Method::GET, path, None::<&()>).await
    }

    pub(super) async fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &impl Serialize,
    ) -> Result<T, Failure> {
        self.ask(Method::POST, path, Some(body)).await
    }

    async fn ask<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: Option<&impl Serialize>,
    ) -> Result<T, Failure> {
        Ok(serde_json::from_slice(&self.send(method, path, body).await?)?)
    }

    async fn send(
        &self,
        method: Method,
        path: &str,
        body: Option<&impl Serialize>,
    ) -> Result<Bytes, Failure> {
        let request =
            self.http.request(method, format!("{}{path}", self.address.url)).bearer_auth(&self.address.token);
        let request = match body {
            Some(body) => request.json(body),
            None => request,
        };
        let answer = request.send().await?;
        let status = answer.status();
        let bytes = answer.bytes().await?;
        if status.is_success() {
            return Ok(bytes);
        }
        Err(match serde_json::from_slice::<Problem>(&bytes) {
            Ok(problem) => refused(status, &problem),
            Err(_) => anyhow!("the server answered {status}").into(),
        })
    }

    /// Changes something; there is no answer but that it was done.
    pub(super) async fn patch(&self, path: &str, body: &impl Serialize) -> Result<(), Failure> {
        self.send(Method::PATCH, path, Some(body)).await.map(|_nothing| ())
    }

    /// The events of a task until now.
    pub(super) async fn story(&self, task: &str) -> Result<Vec<TaskEvent>, Failure> {
        let answer = self.events(&format!("{task}/events?follow=now")).await?;
        let mut events = Parser::default();
        let told = events
            .push(&answer.bytes().await?)
            .map_err(|why| anyhow!("the events can't be read: {why:?}"))?;
        told.iter().map(|event| Ok(serde_json::from_str(&event.data)?)).collect()
    }

    /// The events of a task, as they come.
    pub(super) async fn events(&self, path: &str) -> Result<reqwest::Response, Failure> {
        let answer = self
            .http
            .get(format!("{}{path}", self.address.url))
            .bearer_auth(&self.address.token)
            .send()
            .await?;
        Ok(answer.error_for_status()?)
    }

    pub(super) async fn close(self) {
        if let Some(own) = self.own {
            own.stop().await;
        }
    }
}

fn client() -> Result<reqwest::Client, Failure> {
    Ok(reqwest::Client::builder().no_proxy().build()?)
}

fn refused(status: StatusCode, problem: &Problem) -> Failure {
    let text = problem.detail.clone();
    match status {
        StatusCode::BAD_REQUEST | StatusCode::NOT_FOUND => Failure::Usage(text),
        StatusCode::CONFLICT | StatusCode::PRECONDITION_FAILED => Failure::Conflict(text),
        StatusCode::PAYLOAD_TOO_LARGE | StatusCode::TOO_MANY_REQUESTS => Failure::Limit(text),
        _ => anyhow!("{text}").into(),
    }
}
