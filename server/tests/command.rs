//! The real binary: served, killed, started again, and asked from the command line.

use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Longer than anything here takes, shorter than anybody waits.
const BOUND: Duration = Duration::from_secs(60);

/// A home of its own, so that neither the person's configuration nor their keys matter.
struct Desk {
    dir: TempDir,
}

impl Desk {
    fn new() -> Self {
        Self { dir: tempfile::tempdir().expect("a temporary folder can be made") }
    }
    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }
    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tidemark"));
        command.args(args).env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.env("HOME", self.dir.path()).env("TIDEMARK_DATA_DIR", self.path("data"));
        command.env("TIDEMARK_MODELS_LOOK_AROUND", "false").env("TIDEMARK_MODELS_DEMO_PACE_MS", "0");
        command
    }
    fn run(&self, args: &[&str]) -> Output {
        self.command(args).output().expect("the binary starts")
    }
    /// The sample project, as a plain folder.
    fn sample(&self) -> PathBuf {
        let to = self.path("sample");
        copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("templates/sample"), &to);
        to
    }
    fn serve(&self, extra: &[(&str, &str)]) -> Served {
        let ready = self.path("ready.json");
        drop(std::fs::remove_file(&ready));
        let mut command = self.command(&["serve", "--ready-file", &ready.to_string_lossy()]);
        command.envs(extra.iter().copied()).stdout(Stdio::null()).stderr(Stdio::null());
        let child = command.spawn().expect("the binary starts");
        let told = until("the server answers", || std::fs::read(&ready).ok());
        Served { child, address: serde_json::from_slice(&told).expect("the ready file is JSON"), ready }
    }
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a folder can be made");
    for entry in from.read_dir().expect("the sample is there").flatten() {
        let to = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &to);
        } else {
            std::fs::copy(entry.path(), to).expect("a file can be copied");
        }
    }
}

fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(start.elapsed() < BOUND, "waited too long: {what}");
        std::thread::yield_now();
    }
}

struct Served {
    child: Child,
    address: Value,
    ready: PathBuf,
}

impl Served {
    fn ask(&self, method: &str, path: &str, body: Option<Value>) -> Value {
        let url = format!("{}{path}", self.address["url"].as_str().expect("it says where"));
        let token = self.address["token"].as_str().expect("it says how").to_owned();
        let method = method.parse().expect("a method");
        let asking = async move {
            let http = reqwest::Client::builder().no_proxy().build().expect("a client");
            let mut request = http.request(method, url).bearer_auth(token);
            if let Some(body) = body {
                request = request.json(&body);
            }
            let answer = request.send().await.expect("it answers");
            assert!(answer.status().is_success(), "{answer:?}");
            answer.text().await.expect("a body")
        };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let text = runtime.block_on(asking);
        serde_json::from_str(&text).unwrap_or(Value::String(text))
    }
    fn kill(mut self) {
        self.child.kill().expect("it can be killed");
        self.child.wait().expect("it ended");
    }
    fn terminate(&mut self) -> (Duration, Option<i32>) {
        let asked = Instant::now();
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, rustix::process::Signal::TERM).expect("it can be told");
        let status = until("it stops", || self.child.try_wait().expect("it can be looked at"));
        (asked.elapsed(), status.code())
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // Already gone is fine.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

#[test]
fn the_ready_file_is_for_this_user_only_and_sigterm_stops_within_five_seconds() {
    use std::os::unix::fs::PermissionsExt;
    let desk = Desk::new();
    let mut served = desk.serve(&[("TIDEMARK_MODELS_DEMO_PACE_MS", "200")]);
    assert_eq!(std::fs::metadata(&served.ready).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(served.address["pid"], served.child.id());
    let project =
        served.ask("POST", "/api/projects", Some(json!({ "from": "folder", "path": desk.sample() })));
    let task =
        json!({ "projectId": project["id"], "mode": "explain", "prompt": "How?", "model": "demo/guide" });
    let id = served.ask("POST", "/api/agent/tasks", Some(task))["taskId"].as_str().unwrap().to_owned();
    until("it is worked on", || {
        (served.ask("GET", &format!("/api/agent/tasks/{id}"), None)["status"] == "processing").then_some(())
    });
    let (took, code) = served.terminate();
    assert!(took < Duration::from_secs(5), "{took:?}");
    assert_eq!(code, Some(0));
    // The task was handed back, not lost.
    let again = desk.serve(&[]);
    until("it is done", || {
        (again.ask("GET", &format!("/api/agent/tasks/{id}"), None)["status"] == "done").then_some(())
    });
}

#[test]
fn a_task_outlives_kill_9_and_ends_once() {
    let desk = Desk::new();
    let served = desk.serve(&[("TIDEMARK_MODELS_DEMO_PACE_MS", "200")]);
    let project =
        served.ask("POST", "/api/projects", Some(json!({ "from": "folder", "path": desk.sample() })));
    let task = |prompt: &str| json!({ "projectId": project["id"], "mode": "patch", "prompt": prompt, "model": "demo/guide" });
    let ids: Vec<String> =
        ["Add a dark mode toggle", "Change the heading to \"Hello\"", "Add a dark mode toggle"]
            .map(|prompt| {
                served.ask("POST", "/api/agent/tasks", Some(task(prompt)))["taskId"]
                    .as_str()
                    .unwrap()
                    .to_owned()
            })
            .into();
    until("one is worked on", || {
        let events = served.ask("GET", "/api/agent/tasks?status=processing", None);
        (!events["items"].as_array().unwrap().is_empty()).then_some(())
    });
    served.kill();

    let again = desk.serve(&[]);
    for id in ids {
        let task = until("it ends", || {
            let task = again.ask("GET", &format!("/api/agent/tasks/{id}"), None);
            ["done", "failed", "cancelled"].contains(&task["status"].as_str().unwrap()).then_some(task)
        });
        assert_eq!(task["status"], "done", "{task}");
        let story = again.ask("GET", &format!("/api/agent/tasks/{id}/events?follow=false"), None);
        let story = story.as_str().unwrap();
        assert_eq!(story.matches("event: finished").count(), 1, "{story}");
        let numbers: Vec<u64> =
            story.lines().filter_map(|line| line.strip_prefix("id: ")?.parse().ok()).collect();
        assert_eq!(numbers, (1..=numbers.len() as u64).collect::<Vec<_>>(), "no gaps");
    }
}

#[test]
fn run_prints_what_git_applies_and_writes_only_when_told() {
    let desk = Desk::new();
    let sample = desk.sample();
    let before = std::fs::read(sample.join("src/App.tsx")).unwrap();
    let at = sample.to_string_lossy().into_owned();
    let run = desk.run(&["run", "Add a dark mode toggle", "--project", &at, "--model", "demo/guide"]);
    assert_eq!(run.status.code(), Some(0), "{}", String::from_utf8_lossy(&run.stderr));
    assert_eq!(std::fs::read(sample.join("src/App.tsx")).unwrap(), before);
    let diff = desk.path("out.diff");
    std::fs::write(&diff, &run.stdout).unwrap();
    let check =
        Command::new("git").args(["apply", "--check"]).arg(&diff).current_dir(&sample).output().unwrap();
    assert!(check.status.success(), "{}", String::from_utf8_lossy(&check.stderr));
    let run =
        desk.run(&["run", "Add a dark mode toggle", "--project", &at, "--model", "demo/guide", "--accept"]);
    assert_eq!(run.status.code(), Some(0), "{}", String::from_utf8_lossy(&run.stderr));
    assert_ne!(std::fs::read(sample.join("src/App.tsx")).unwrap(), before);
}

#[test]
fn wrong_usage_exits_with_2_and_talks_on_stderr() {
    let desk = Desk::new();
    let at = desk.sample().to_string_lossy().into_owned();
    for args in [
        vec!["run", "  ", "--project", &at],
        vec!["run", "x", "--project", &at, "--model", "nobody/x"],
        vec!["run", "x", "--project", "/nonexistent"],
        vec!["run", "x", "--mode", "dance"],
        vec!["config", "explain", "limits.agent.max_stepz"],
        vec!["--nonsense"],
    ] {
        let run = desk.run(&args);
        assert_eq!(run.status.code(), Some(2), "{args:?}: {}", String::from_utf8_lossy(&run.stderr));
        assert!(run.stdout.is_empty() && !run.stderr.is_empty(), "{args:?}");
    }
}

#[test]
fn the_configuration_is_explained_and_doctor_finds_nothing_wrong() {
    let desk = Desk::new();
    let explained = desk.run(&["config", "explain", "server.data_dir"]);
    let text = String::from_utf8(explained.stdout).unwrap();
    assert!(text.contains("TIDEMARK_DATA_DIR"), "{text}");
    let schema: Value = serde_json::from_slice(&desk.run(&["config", "schema"]).stdout).unwrap();
    assert!(schema["properties"]["limits"].is_object());
    let doctor = desk.run(&["doctor", "--json"]);
    assert_eq!(doctor.status.code(), Some(0), "{}", String::from_utf8_lossy(&doctor.stderr));
    serde_json::from_slice::<Value>(&doctor.stdout).unwrap();
    let completions = desk.run(&["completions", "bash"]);
    assert!(String::from_utf8(completions.stdout).unwrap().contains("tidemark"));
}
