//! [`Sandbox`] by bubblewrap: namespaces of its own for everything, no capabilities, no network. Killing its first
//! process ends the PID namespace, and so whatever a command started, however it hid.

use super::group::Group;
use super::mounts::{HOME, Toolchains, arguments, which};
use super::output::Kept;
use super::{Command, CommandLimits, Ended, Sandbox, SandboxError, State, Why};
use async_trait::async_trait;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};
use std::ffi::OsString;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use tokio::io::AsyncReadExt;
use tokio::net::unix::pipe;
use tokio::sync::OnceCell;
use tokio_util::sync::CancellationToken;

/// Joins the control groups, named by the arguments up to `--`, then becomes the rest. Fails when it can't join. What came
/// as standard input is where bubblewrap tells of its first process.
const JOIN: &str =
    r#"set -e; exec 9>&0 </dev/null; while [ "$1" != -- ]; do echo $$ > "$1"; shift; done; shift; exec "$@""#;
const INFO_FD: &str = "9";
/// Killed processes are gone within milliseconds; this bounds the wait for one that hangs in the kernel.
const MAX_DYING: Timespec = Timespec { tv_sec: 10, tv_nsec: 0 };
const PROBE_SECONDS: u64 = 20;
/// Open files of a process.
const MAX_OPEN: u32 = 4096;

pub struct Bubblewrap {
    environment: fn(&str) -> Option<String>,
    found: OnceCell<Result<Found, String>>,
}

struct Found {
    bwrap: PathBuf,
    prlimit: PathBuf,
    toolchains: Toolchains,
    /// Lies over secrets.
    empty: tempfile::NamedTempFile,
    bounded_by: String,
}

impl Bubblewrap {
    /// `environment` tells where programs and toolchains are; nothing else of it reaches a command.
    pub fn new(environment: fn(&str) -> Option<String>) -> Self {
        Self { environment, found: OnceCell::new() }
    }

    async fn found(&self) -> &Result<Found, String> {
        self.found.get_or_init(|| probe(self.environment)).await
    }
}

#[async_trait]
impl Sandbox for Bubblewrap {
    async fn state(&self) -> State {
        match self.found().await {
            Ok(found) => State::Ready(found.bounded_by.clone()),
            Err(why) => State::Refused(why.clone()),
        }
    }

    async fn run(&self, command: Command, cancel: &CancellationToken) -> Result<Ended, SandboxError> {
        let found = self.found().await.as_ref().map_err(|why| SandboxError::Refused(why.clone()))?;
        found.run(command, cancel).await
    }
}

async fn probe(environment: fn(&str) -> Option<String>) -> Result<Found, String> {
    let path = environment("PATH").unwrap_or_default();
    let need = |name: &str, package: &str| {
        which(name, &path).ok_or(format!("{name} is missing; install the package `{package}`"))
    };
    let (bwrap, prlimit) = (need("bwrap", "bubblewrap")?, need("prlimit", "util-linux")?);
    let group = Group::make(&CommandLimits::default());
    if rustix::process::geteuid().is_root() && !group.processes {
        return Err("Tidemark runs as root and can make no control group, so nothing would bound how many processes a \
                    command starts; run it as an ordinary user"
            .into());
    }
    let memory = if group.memory { "memory in all" } else { "memory of each process" };
    let processes = if group.processes { "by control groups" } else { "by resource limits" };
    let empty = tempfile::NamedTempFile::new().map_err(|why| why.to_string())?;
    let bounded_by = format!("bubblewrap; processes bounded {processes}, {memory}; no network");
    let found = Found { bwrap, prlimit, toolchains: Toolchains::find(environment), empty, bounded_by };
    let dir = tempfile::tempdir().map_err(|why| why.to_string())?;
    let limits = CommandLimits { max_seconds: PROBE_SECONDS, ..CommandLimits::default() };
    let command =
        Command { argv: vec!["true".into()], dir: dir.path().into(), lent: vec![], env: vec![], limits };
    let fix = "user namespaces may be switched off on this system (kernel.unprivileged_userns_clone, \
               kernel.apparmor_restrict_unprivileged_userns, or a container's own rules)";
    match found.run(command, &CancellationToken::new()).await {
        Ok(Ended { exit: Some(0), .. }) => Ok(found),
        Ok(ended) => Err(format!("bubblewrap can't start: {}; {fix}", ended.output.trim())),
        Err(why) => Err(format!("{why}; {fix}")),
    }
}

impl Found {
    async fn run(&self, mut command: Command, cancel: &CancellationToken) -> Result<Ended, SandboxError> {
        command.dir = command.dir.canonicalize()?;
        if self.bwrap.canonicalize()?.starts_with(&command.dir) {
            return Err(SandboxError::BadCommand("bwrap lies in the project itself".into()));
        }
        let mut group = Group::make(&command.limits);
        let args = self.arguments(&command)?;
        let started = Instant::now();
        let (reader, writer) = std::io::pipe()?;
        let mut process = tokio::process::Command::new("/bin/sh");
        process.args(["-c", JOIN, "sh"]).args(group.doors()).arg("--").arg(&self.bwrap).args(args);
        process.env_clear().current_dir("/").kill_on_drop(true);
        let (info, told) = std::io::pipe()?;
        process.stdin(told).stdout(writer.try_clone()?).stderr(writer);
        let mut child = process.spawn()?;
        // It holds the writing ends: without this the pipes would never end.
        drop(process);
        let first = first_process(info).await?;
        let mut reader = pipe::Receiver::from_owned_fd(reader.into())?;
        let mut kept = Kept::new(command.limits.kept_output_bytes);
        let wall = tokio::time::sleep(Duration::from_secs(command.limits.max_seconds));
        let why = tokio::select! {
            () = cancel.cancelled() => Why::Cancelled,
            () = wall => Why::TimedOut,
            why = read(&mut reader, &mut kept, command.limits.max_output_bytes, &mut child) => why?,
        };
        let status = if why == Why::Exited {
            Some(child.wait().await?)
        } else {
            child.kill().await?;
            None
        };
        if let Some(first) = first {
            end(first).await?;
        }
        group.end().await;
        let exit = status.and_then(|status| status.code());
        let (output, truncated) = kept.text();
        if exit == Some(1) && output.starts_with("bwrap: ") {
            return Err(SandboxError::Failed(output.trim().into()));
        }
        Ok(Ended { exit, output, truncated, duration: started.elapsed(), why })
    }

    fn arguments(&self, command: &Command) -> Result<Vec<OsString>, SandboxError> {
        if command.argv.is_empty() {
            return Err(SandboxError::BadCommand("it names no program".into()));
        }
        let root = rustix::process::geteuid().is_root();
        let mut args: Vec<OsString> = Vec::new();
        args.extend(
            ["--unshare-all", "--unshare-user", "--disable-userns", "--die-with-parent"].map(Into::into),
        );
        args.extend(["--info-fd", INFO_FD].map(Into::into));
        args.extend(
            ["--new-session", "--cap-drop", "ALL", "--hostname", "sandbox", "--clearenv"].map(Into::into),
        );
        if root {
            args.extend(["--uid", "1000", "--gid", "1000"].map(Into::into));
        }
        args.extend(arguments(command, &self.toolchains, self.empty.path())?);
        for (name, value) in self.environment().into_iter().chain(command.env.clone()) {
            args.extend(["--setenv".into(), name.into(), value.into()]);
        }
        args.extend(["--chdir".into(), command.dir.clone().into(), "--".into(), self.prlimit.clone().into()]);
        let limits = &command.limits;
        let mut set = |name: &str, value: u64| args.push(format!("--{name}={value}").into());
        set("core", 0);
        set("nofile", MAX_OPEN.into());
        set("cpu", limits.max_cpu_seconds);
        set("fsize", limits.max_file_bytes);
        // Not the address space: JavaScript engines reserve far more of it than they use.
        set("data", limits.max_memory_bytes);
        if !root {
            set("nproc", limits.max_processes);
        }
        args.push("--".into());
        args.extend(command.argv.iter().map(Into::into));
        Ok(args)
    }

    fn environment(&self) -> Vec<(String, String)> {
        let text = |path: &Path| path.to_string_lossy().into_owned();
        let mut path: Vec<_> = self.toolchains.path.iter().map(|dir| text(dir)).collect();
        path.extend(["/usr/local/bin", "/usr/bin", "/bin"].map(Into::into));
        let fixed = [
            ("HOME", HOME),
            ("LANG", "C.UTF-8"),
            ("TERM", "dumb"),
            ("CI", "1"),
            ("NO_COLOR", "1"),
            ("CARGO_NET_OFFLINE", "true"),
            ("CARGO_TARGET_DIR", "/tmp/target"),
            ("npm_config_offline", "true"),
            ("npm_config_update_notifier", "false"),
            ("npm_config_cache", "/tmp/npm"),
            ("PYTHONDONTWRITEBYTECODE", "1"),
        ];
        let mut env: Vec<_> = fixed.map(|(name, value)| (name.into(), value.into())).into();
        env.push(("PATH".into(), path.join(":")));
        env.extend(self.toolchains.env.iter().map(|(name, at)| (name.clone(), text(at))));
        env
    }
}

/// The first process of the new PID namespace; nothing when bubblewrap failed before it had one.
async fn first_process(info: std::io::PipeReader) -> std::io::Result<Option<OwnedFd>> {
    #[derive(serde::Deserialize)]
    struct Info {
        #[serde(rename = "child-pid")]
        child_pid: i32,
    }
    let mut said = Vec::new();
    pipe::Receiver::from_owned_fd(info.into())?.read_to_end(&mut said).await?;
    let info: Option<Info> = serde_json::from_slice(&said).ok();
    let Some(pid) = info.and_then(|info| Pid::from_raw(info.child_pid)) else { return Ok(None) };
    match pidfd_open(pid, PidfdFlags::empty()) {
        Ok(first) => Ok(Some(first)),
        Err(Errno::SRCH) => Ok(None),
        Err(why) => Err(why.into()),
    }
}

/// Ends the namespace. Its first process is over only when every other one of it is; bubblewrap itself does not wait for
/// that.
async fn end(first: OwnedFd) -> std::io::Result<()> {
    match pidfd_send_signal(&first, Signal::KILL) {
        Ok(()) => {}
        Err(Errno::SRCH) => return Ok(()),
        Err(why) => return Err(why.into()),
    }
    let gone = move || poll(&mut [PollFd::new(&first, PollFlags::IN)], Some(&MAX_DYING));
    match tokio::task::spawn_blocking(gone).await? {
        Ok(0) => Err(std::io::Error::other("processes of a command could not be ended")),
        Ok(_) => Ok(()),
        Err(why) => Err(why.into()),
    }
}

/// Reads until nobody can write any more, or too much was written. A process that a command leaves behind keeps the pipe
/// open, but not for longer than the command itself lives.
async fn read(
    reader: &mut pipe::Receiver,
    kept: &mut Kept,
    most: usize,
    child: &mut tokio::process::Child,
) -> std::io::Result<Why> {
    let mut buffer = vec![0; 16 << 10];
    let mut ended = false;
    loop {
        let read = tokio::select! {
            biased;
            read = reader.read(&mut buffer) => read?,
            status = child.wait(), if !ended => {
                status?;
                ended = true;
                continue;
            }
        };
        if read == 0 {
            return Ok(Why::Exited);
        }
        kept.push(&buffer[..read]);
        if kept.total > most {
            return Ok(Why::OutputLimit);
        }
    }
}
