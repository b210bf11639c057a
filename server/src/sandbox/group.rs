//! A cgroup for one command, where the house may make one: bounds what all processes of a command use together. Both
//! versions of the kernel's interface; a controller that can't be had is left out and said so.

use super::CommandLimits;
use rustix::process::{Pid, Signal, kill_process};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

static NEXT: AtomicU64 = AtomicU64::new(0);
/// A killed process is gone within milliseconds; this bounds the wait for one that hangs in the kernel.
const MAX_LOOKS: u32 = 200;

#[derive(Debug, Default)]
pub(super) struct Group {
    made: Vec<PathBuf>,
    pub(super) processes: bool,
    pub(super) memory: bool,
}

impl Group {
    pub(super) fn make(limits: &CommandLimits) -> Self {
        let mut group = Self::default();
        let name = format!("tidemark-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let own = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
        for line in own.lines() {
            let mut parts = line.splitn(3, ':').skip(1);
            let (Some(controllers), Some(path)) = (parts.next(), parts.next()) else { continue };
            let path = path.trim_start_matches('/');
            for controller in controllers.split(',').filter(|name| ["", "pids", "memory"].contains(name)) {
                let root = Path::new("/sys/fs/cgroup").join(controller);
                // Version 1 is mounted by controller. Inside a container the path may be the host's: then the root.
                let parent = Some(root.join(path)).filter(|dir| dir.is_dir()).unwrap_or(root);
                group.add(&parent.join(&name), limits);
            }
        }
        group
    }

    fn add(&mut self, dir: &Path, limits: &CommandLimits) {
        if fs::create_dir(dir).is_err() {
            return;
        }
        let set = |file: &str, value: u64| {
            dir.join(file).exists() && fs::write(dir.join(file), value.to_string()).is_ok()
        };
        let processes = set("pids.max", limits.max_processes);
        let memory = set("memory.max", limits.max_memory_bytes)
            || set("memory.limit_in_bytes", limits.max_memory_bytes);
        if !processes && !memory {
            drop(fs::remove_dir(dir));
            return;
        }
        self.processes |= processes;
        self.memory |= memory;
        self.made.push(dir.into());
    }

    /// The files that a process writes its id into to join.
    pub(super) fn doors(&self) -> Vec<PathBuf> {
        self.made.iter().map(|dir| dir.join("cgroup.procs")).collect()
    }

    /// Kills what is left and returns when it is gone.
    pub(super) async fn end(&mut self) {
        for _ in 0..MAX_LOOKS {
            self.kill();
            self.made.retain(|dir| fs::remove_dir(dir).is_err());
            if self.made.is_empty() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        tracing::warn!("processes of a command could not be ended: {:?}", self.made);
    }

    fn kill(&self) {
        for door in self.doors() {
            let ids = fs::read_to_string(door).unwrap_or_default();
            for pid in ids.lines().filter_map(|line| Pid::from_raw(line.parse().ok()?)) {
                if let Err(why) = kill_process(pid, Signal::KILL) {
                    tracing::debug!("{pid:?} could not be killed: {why}");
                }
            }
        }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.kill();
        self.made.retain(|dir| fs::remove_dir(dir).is_err());
    }
}
