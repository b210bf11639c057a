//! A real Redis for tests: a process of its own on a socket of its own, which ends with the test's process.

use super::RedisOptions;
use std::io::{Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// A running `redis-server`.
pub(crate) struct Server {
    home: tempfile::TempDir,
    /// Ends Redis when its input ends: with this process, however that ends.
    keeper: Child,
    settings: Vec<String>,
}

impl Server {
    /// The one that tests share which do nothing to it.
    pub(crate) fn shared() -> &'static Self {
        static SHARED: OnceLock<Server> = OnceLock::new();
        SHARED.get_or_init(|| Self::start(&["--appendonly", "no"]))
    }

    pub(crate) fn start(settings: &[&str]) -> Self {
        let home = tempfile::tempdir().unwrap();
        let settings: Vec<String> = settings.iter().map(ToString::to_string).collect();
        let keeper = run(&home.path().join("redis.sock"), &settings);
        Self { home, keeper, settings }
    }

    /// Starts again after [`Self::kill`], on what it had written.
    pub(crate) fn restart(&mut self) {
        self.keeper = run(&self.socket(), &self.settings);
    }

    fn socket(&self) -> PathBuf {
        self.home.path().join("redis.sock")
    }
    pub(crate) fn url(&self) -> String {
        format!("unix://{}", self.socket().display())
    }

    /// A ledger that nobody else has.
    pub(crate) fn options(&self) -> RedisOptions {
        static LEDGERS: AtomicU32 = AtomicU32::new(0);
        let prefix = format!("{{ledger {}}}", LEDGERS.fetch_add(1, Ordering::Relaxed));
        RedisOptions { prefix, ..RedisOptions::new(self.url()) }
    }

    /// Asks it something over a connection of its own; for small answers.
    pub(crate) fn ask(&self, command: &str) -> String {
        ask(&self.socket(), command).unwrap()
    }

    pub(crate) fn pid(&self) -> u32 {
        std::fs::read_to_string(self.home.path().join("pid")).unwrap().trim().parse().unwrap()
    }

    /// Sends it a signal: `STOP`, `CONT`.
    pub(crate) fn signal(&self, name: &str) {
        let told = Command::new("kill").arg(format!("-{name}")).arg(self.pid().to_string()).status().unwrap();
        assert!(told.success());
    }

    pub(crate) fn kill(&mut self) {
        self.signal("KILL");
        self.keeper.wait().unwrap();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // The keeper's input closes, and it ends Redis.
        drop(self.keeper.stdin.take());
        let _ended = self.keeper.wait();
    }
}

fn run(socket: &std::path::Path, settings: &[String]) -> Child {
    // The reader of our pipe ends Redis when we are gone; the shell itself waits for Redis.
    let keep = r#"exec 3<&0
        redis-server "$@" 3<&- </dev/null >redis.log 2>&1 & redis=$!
        echo $redis >pid
        (cat <&3 >/dev/null; kill $redis 2>/dev/null) & exec 3<&- </dev/null
        wait $redis"#;
    let home = socket.parent().unwrap();
    let keeper = Command::new("sh")
        .args(["-c", keep, "sh"])
        .args(["--port", "0", "--unixsocket"])
        .arg(socket)
        .args(["--dir", ".", "--save", ""])
        .args(settings)
        .current_dir(home)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("sh starts");
    let since = Instant::now();
    while ask(socket, "PING").is_none_or(|answer| !answer.starts_with("+PONG")) {
        let log = std::fs::read_to_string(home.join("redis.log")).unwrap_or_default();
        assert!(since.elapsed() < Duration::from_secs(20), "redis-server (scripts/setup test) starts: {log}");
        std::thread::sleep(Duration::from_millis(5));
    }
    keeper
}

fn ask(socket: &std::path::Path, command: &str) -> Option<String> {
    let mut stream = UnixStream::connect(socket).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(5))).ok()?;
    stream.write_all(format!("{command}\r\n").as_bytes()).ok()?;
    let mut answer = vec![0; 4_096];
    let read = stream.read(&mut answer).ok()?;
    Some(String::from_utf8_lossy(&answer[..read]).into_owned())
}

/// Stands between a ledger and its Redis, and loses answers when told to.
pub(crate) struct Proxy {
    home: tempfile::TempDir,
    state: std::sync::Arc<ProxyState>,
    accepting: tokio::task::JoinHandle<()>,
}

#[derive(Default)]
struct ProxyState {
    to_lose: AtomicU32,
    lost: AtomicU32,
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

impl Proxy {
    pub(crate) async fn start(server: &Server) -> Self {
        let home = tempfile::tempdir().unwrap();
        let listener = tokio::net::UnixListener::bind(home.path().join("proxy.sock")).unwrap();
        let state = std::sync::Arc::new(ProxyState::default());
        let (socket, told) = (server.socket(), state.clone());
        let accepting = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let redis = tokio::net::UnixStream::connect(&socket).await.unwrap();
                tokio::spawn(pass(client, redis, told.clone()));
            }
        });
        Self { home, state, accepting }
    }

    pub(crate) fn url(&self) -> String {
        format!("unix://{}", self.home.path().join("proxy.sock").display())
    }
    /// The next two answers are lost, and their connections with them.
    pub(crate) fn lose_answers(&self) {
        self.state.to_lose.fetch_add(2, Ordering::Relaxed);
    }
    pub(crate) fn lost(&self) -> u32 {
        self.state.lost.load(Ordering::Relaxed)
    }
}

async fn pass(
    client: tokio::net::UnixStream,
    redis: tokio::net::UnixStream,
    state: std::sync::Arc<ProxyState>,
) {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_redis, mut to_redis) = redis.into_split();
    let there = async { tokio::io::copy(&mut from_client, &mut to_redis).await.map(|_| ()) };
    let back = async {
        let mut answer = vec![0; 64 << 10];
        loop {
            let read = from_redis.read(&mut answer).await?;
            let loses = |left: u32| left.checked_sub(1);
            if read == 0 || state.to_lose.fetch_update(Ordering::Relaxed, Ordering::Relaxed, loses).is_ok() {
                state.lost.fetch_add(u32::from(read > 0), Ordering::Relaxed);
                return Ok::<_, std::io::Error>(());
            }
            to_client.write_all(&answer[..read]).await?;
        }
    };
    // Whichever ends first ends both.
    tokio::select! {
        _ended = there => {}
        _ended = back => {}
    }
}
