//! [`TestHouse`]: the local house with everything real, on a free port, in a folder that goes away with it.

use reqwest::{Method, RequestBuilder, Response, StatusCode};
use serde_json::{Value, json};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use tidemark_server::config::Config;
use tidemark_server::desktop::NoDesktop;
use tidemark_server::{Running, start};
use tidemark_shared::TaskEvent;

pub(crate) struct TestHouse {
    pub(crate) dir: TempDir,
    pub(crate) http: reqwest::Client,
    running: Option<Running>,
}

impl TestHouse {
    pub(crate) async fn open() -> Self {
        Self::with(|_| {}).await
    }

    pub(crate) async fn with(change: impl FnOnce(&mut Config)) -> Self {
        let dir = tempfile::tempdir().expect("the house does its part");
        let mut config = Config::default();
        config.server.data_dir = Some(dir.path().join("data"));
        config.server.projects_folder = Some(dir.path().join("projects"));
        config.models.look_around = false;
        config.models.demo_pace_ms = 0;
        change(&mut config);
        let running = start(config.into(), Arc::new(NoDesktop)).await.expect("the house does its part");
        Self {
            dir,
            http: reqwest::Client::builder().no_proxy().build().expect("the house does its part"),
            running: Some(running),
        }
    }

    pub(crate) fn running(&self) -> &Running {
        self.running.as_ref().expect("it runs until it is closed")
    }
    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.running().url())
    }

    /// A request as the studio's page sends it.
    pub(crate) fn ask(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, self.url(path)).bearer_auth(self.running().token())
    }
    pub(crate) async fn get(&self, path: &str) -> Value {
        good(self.ask(Method::GET, path).send().await.expect("the house does its part")).await
    }
    pub(crate) async fn post(&self, path: &str, body: Value) -> Value {
        good(self.ask(Method::POST, path).json(&body).send().await.expect("the house does its part")).await
    }

    /// A project made from the sample, and its folder.
    pub(crate) async fn sample(&self) -> (String, PathBuf) {
        let new = json!({ "from": "template", "template": "sample", "name": "Plot 14" });
        let project = self.post("/api/projects", new).await;
        (
            project["id"].as_str().expect("the house does its part").into(),
            project["path"].as_str().expect("the house does its part").into(),
        )
    }

    pub(crate) async fn submit(&self, project: &str, mode: &str, prompt: &str) -> String {
        let new = json!({ "projectId": project, "mode": mode, "prompt": prompt, "model": "demo/guide" });
        self.post("/api/agent/tasks", new).await["taskId"].as_str().expect("the house does its part").into()
    }

    /// Reads a task's events to its end.
    pub(crate) async fn events(&self, task: &str, after: u64) -> Vec<TaskEvent> {
        let path = format!("/api/agent/tasks/{task}/events?follow=false&after={after}");
        let stream = self.ask(Method::GET, &path).send().await.expect("the house does its part");
        assert_eq!(stream.headers()["content-type"], "text/event-stream");
        let text = tokio::time::timeout(Duration::from_secs(60), stream.text())
            .await
            .expect("it ends")
            .expect("the house does its part");
        text.lines()
            .filter_map(|line| line.strip_prefix("data: "))
            .map(|data| serde_json::from_str(data).expect("the house does its part"))
            .collect()
    }

    pub(crate) async fn close(mut self) -> TempDir {
        self.running.take().expect("it runs until it is closed").stop().await;
        self.dir
    }
}

/// The body of an answer that must be good.
pub(crate) async fn good(answer: Response) -> Value {
    let (status, url) = (answer.status(), answer.url().clone());
    let text = answer.text().await.expect("the house does its part");
    assert!(status.is_success(), "{url}: {status} {text}");
    if text.is_empty() { Value::Null } else { serde_json::from_str(&text).expect("the house does its part") }
}

/// The code of an answer that must be a problem with this status.
pub(crate) async fn refused(answer: Response, status: u16) -> String {
    let url = answer.url().clone();
    assert_eq!(answer.status(), StatusCode::from_u16(status).expect("the house does its part"), "{url}");
    assert_eq!(answer.headers()["content-type"], "application/problem+json", "{url}");
    let problem: tidemark_shared::Problem = answer.json().await.expect("the house does its part");
    assert_eq!(problem.status, status, "{url}");
    assert!(problem.trace.is_some() && !problem.detail.is_empty(), "{url}: {problem:?}");
    problem.code.as_str().into()
}
