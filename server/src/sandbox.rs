//! Seam [`Sandbox`]: runs a command of a project where it can harm nothing. It sees the copy, the system's programs and
//! the toolchains; it reaches no network; nothing of it outlives the call.
//!
//! - `bubblewrap`: the backend on Linux · `mounts`: what a command sees · `group`: its cgroup · `output`: what is kept
//! - `nowhere`: the backend of other systems, which refuses

#[cfg(target_os = "linux")]
pub mod bubblewrap;
#[cfg(target_os = "linux")]
mod group;
#[cfg(target_os = "linux")]
mod mounts;
pub mod nowhere;
#[cfg(target_os = "linux")]
mod output;
#[cfg(all(test, target_os = "linux"))]
mod tests;

use async_trait::async_trait;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// Where commands of a project run.
#[async_trait]
pub trait Sandbox: Send + Sync {
    /// Whether commands can run. Found out once, at the first question.
    async fn state(&self) -> State;
    /// Runs a command to its end, its time limit or `cancel`, whichever is first; then every process of it is dead.
    async fn run(&self, command: Command, cancel: &CancellationToken) -> Result<Ended, SandboxError>;
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// What bounds a command, for a person.
    Ready(String),
    /// Why nothing can run, and what to do about it, for a person.
    Refused(String),
}

#[derive(Debug, Clone)]
pub struct Command {
    pub argv: Vec<String>,
    /// The private copy: the working directory, and the only folder outside `/tmp` that can be written.
    pub dir: PathBuf,
    pub lent: Vec<Lent>,
    /// Added to the few variables that every command gets. Nothing is taken over from the house's environment.
    pub env: Vec<(String, String)>,
    pub limits: CommandLimits,
}

/// A folder outside the copy that a command may read at a place inside it: the real project's `node_modules`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lent {
    pub from: PathBuf,
    /// One name, directly in the copy.
    pub at: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    /// The exit code, 128 and the signal's number after a signal; nothing when the house ended it.
    pub exit: Option<i32>,
    /// Both streams as they came: the beginning and the end when there was too much.
    pub output: String,
    pub truncated: bool,
    pub duration: Duration,
    pub why: Why,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    Exited,
    TimedOut,
    Cancelled,
    OutputLimit,
}

#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    #[error("{0}")]
    Refused(String),
    #[error("the command can't be run: {0}")]
    BadCommand(String),
    #[error("the sandbox failed: {0}")]
    Failed(String),
    #[error("the sandbox failed: {0}")]
    Io(#[from] std::io::Error),
}

/// `[limits.commands]`: what one command of a project may cost.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct CommandLimits {
    /// Seconds until a command is ended.
    pub max_seconds: u64,
    /// Seconds of processor time for each process of a command.
    pub max_cpu_seconds: u64,
    /// Bytes of memory: of a command in all where control groups can be used, of each of its processes elsewhere.
    pub max_memory_bytes: u64,
    /// Processes and threads of a command at a time.
    pub max_processes: u64,
    /// Bytes of the largest file that a command may write.
    pub max_file_bytes: u64,
    /// Bytes of output after which a command is ended.
    pub max_output_bytes: usize,
    /// Bytes of output that are kept: half from the beginning, half from the end.
    pub kept_output_bytes: usize,
}

impl Default for CommandLimits {
    fn default() -> Self {
        Self {
            max_seconds: 300,
            max_cpu_seconds: 600,
            max_memory_bytes: 4 << 30,
            max_processes: 256,
            max_file_bytes: 1 << 30,
            max_output_bytes: 16 << 20,
            kept_output_bytes: 64 << 10,
        }
    }
}
