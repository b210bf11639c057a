//! A desk to work at: a home of its own, and the real server on it.

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Longer than anything here takes, shorter than anybody waits.
const BOUND: Duration = Duration::from_secs(60);

/// A home of its own, so that neither the person's configuration nor their keys matter.
pub(crate) struct Desk {
    dir: TempDir,
}

impl Desk {
    pub(crate) fn new() -> Self {
        Self { dir: tempfile::tempdir().expect("a temporary folder can be made") }
    }
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }
    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tidemark"));
        command.args(args).env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.env("HOME", self.dir.path()).env("TIDEMARK_DATA_DIR", self.path("data"));
        command.env("TIDEMARK_MODELS_LOOK_AROUND", "false").env("TIDEMARK_MODELS_DEMO_PACE_MS", "0");
        command
    }
    pub(crate) fn run(&self, args: &[&str]) -> Output {
        self.command(args).output().expect("the binary starts")
    }
    /// The sample project, as a plain folder.
    pub(crate) fn sample(&self) -> PathBuf {
        let to = self.path("sample");
        copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("templates/sample"), &to);
        to
    }
    pub(crate) fn serve(&self, extra: &[(&str, &str)]) -> Served {
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

pub(crate) fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(start.elapsed() < BOUND, "waited too long: {what}");
        std::thread::yield_now();
    }
}

pub(crate) struct Served {
    pub(crate) child: Child,
    pub(crate) address: Value,
    pub(crate) ready: PathBuf,
}

impl Served {
    pub(crate) fn ask(&self, method: &str, path: &str, body: Option<Value>) -> Value {
        let (status, answer) = self.try_ask(method, path, body).expect("it answers");
        assert!((200..300).contains(&status), "{method} {path}: {status} {answer}");
        answer
    }
    /// Status and body; nothing when the server went away.
    pub(crate) fn try_ask(&self, method: &str, path: &str, body: Option<Value>) -> Option<(u16, Value)> {
        let url = format!("{}{path}", self.address["url"].as_str().expect("it says where"));
        let token = self.address["token"].as_str().expect("it says how").to_owned();
        let method = method.parse().expect("a method");
        let asking = async move {
            let http = reqwest::Client::builder().no_proxy().build().expect("a client");
            let mut request = http.request(method, url).bearer_auth(token);
            if let Some(body) = body {
                request = request.json(&body);
            }
            let answer = request.send().await.ok()?;
            let status = answer.status().as_u16();
            Some((status, answer.text().await.ok()?))
        };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let (status, text) = runtime.block_on(asking)?;
        Some((status, serde_json::from_str(&text).unwrap_or(Value::String(text))))
    }
    pub(crate) fn kill(mut self) {
        self.child.kill().expect("it can be killed");
        self.child.wait().expect("it ended");
    }
    pub(crate) fn terminate(&mut self) -> (Duration, Option<i32>) {
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
