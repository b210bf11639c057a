//! The real bubblewrap against real peers, files and processes. What must be refused inside works outside.

use super::bubblewrap::Bubblewrap;
use super::{Command, CommandLimits, Ended, Lent, Sandbox, SandboxError, State, Why};
use std::fs;
use std::io::ErrorKind;
use std::net::{TcpListener, UdpSocket};
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::time::Duration;
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

fn sandbox() -> Bubblewrap {
    Bubblewrap::new(|name| std::env::var(name).ok())
}

fn command(copy: &Path, argv: &[&str]) -> Command {
    let argv = argv.iter().map(ToString::to_string).collect();
    let limits = CommandLimits { max_seconds: 120, ..CommandLimits::default() };
    Command { argv, dir: copy.canonicalize().expect("the copy is there"), lent: vec![], env: vec![], limits }
}

async fn run(command: Command) -> Ended {
    sandbox().run(command, &CancellationToken::new()).await.expect("it runs")
}

async fn shell(copy: &Path, script: &str) -> Ended {
    run(command(copy, &["bash", "-c", script])).await
}

fn copy() -> TempDir {
    tempfile::tempdir().expect("a folder")
}

#[tokio::test]
async fn a_command_runs_in_the_copy_and_may_write_there() {
    let copy = copy();
    assert!(matches!(sandbox().state().await, State::Ready(_)));
    let ended = shell(copy.path(), "echo out; echo err >&2; echo made > made; pwd; exit 3").await;
    let dir = copy.path().canonicalize().unwrap();
    assert_eq!(ended.output, format!("out\nerr\n{}\n", dir.display()));
    assert_eq!((ended.exit, ended.why, ended.truncated), (Some(3), Why::Exited, false));
    assert_eq!(fs::read_to_string(copy.path().join("made")).unwrap(), "made\n");
}

#[tokio::test]
async fn nothing_outside_the_copy_can_be_written() {
    let (copy, outside) = (copy(), copy());
    let target = outside.path().join("there");
    fs::write(&target, "before").unwrap();
    std::os::unix::fs::symlink(&target, copy.path().join("link")).unwrap();
    let script = format!(
        "for at in /there /usr/there /etc/there /bin/there; do (echo x > $at) 2>/dev/null && echo wrote $at; done
         for at in $(find /proc -type f 2>/dev/null); do (exec 3>> $at) 2>/dev/null && echo wrote $at; done
         (echo x > link) 2>/dev/null && echo wrote link; (echo x > {}) 2>/dev/null && echo wrote target; echo done",
        target.display()
    );
    assert_eq!(shell(copy.path(), &script).await.output, "done\n");
    assert_eq!(fs::read_to_string(&target).unwrap(), "before");
}

#[tokio::test]
async fn nothing_outside_the_copy_can_be_read() {
    let (copy, outside) = (copy(), copy());
    let secret = outside.path().join("secret");
    fs::write(&secret, "canary").unwrap();
    std::os::unix::fs::symlink(&secret, copy.path().join("link")).unwrap();
    let ended = shell(copy.path(), &format!("cat link {}; cat /etc/shadow", secret.display())).await;
    assert!(!ended.output.contains("canary") && !ended.output.contains("root:"), "{}", ended.output);
    // Of the home folder, the toolchains alone; of those, no credentials.
    let home = std::env::var("HOME").unwrap();
    let seen = shell(copy.path(), &format!("ls -A {home} 2>/dev/null")).await.output;
    let strange: Vec<_> =
        seen.lines().filter(|name| ![".cargo", ".rustup", ".pyenv"].contains(name)).collect();
    assert!(strange.is_empty(), "{strange:?}");
    let seen = shell(copy.path(), "ls -A $CARGO_HOME").await.output;
    assert!(seen.lines().all(|name| ["bin", "registry"].contains(&name)), "{seen}");
}

#[tokio::test]
async fn no_network_is_there() {
    let copy = copy();
    let tcp = TcpListener::bind("127.0.0.1:0").unwrap();
    let udp = UdpSocket::bind("127.0.0.1:0").unwrap();
    let outside = tempfile::tempdir().unwrap();
    let path = outside.path().join("door");
    let unix = UnixListener::bind(&path).unwrap();
    tcp.set_nonblocking(true).unwrap();
    udp.set_nonblocking(true).unwrap();
    unix.set_nonblocking(true).unwrap();
    let script = format!(
        "(: > /dev/tcp/127.0.0.1/{}) 2>/dev/null && echo tcp; (echo x > /dev/udp/127.0.0.1/{}) 2>/dev/null
         node -e 'require(\"net\").connect(\"{}\").on(\"connect\", () => {{ console.log(\"unix\"); process.exit() }}).on(\"error\", () => process.exit())'
         tail -n +3 /proc/net/dev | cut -d: -f1 | tr -d ' '",
        tcp.local_addr().unwrap().port(),
        udp.local_addr().unwrap().port(),
        path.display()
    );
    let inside = shell(copy.path(), &script).await;
    assert_eq!(inside.output, "lo\n");
    let mut buffer = [0; 8];
    assert_eq!(tcp.accept().unwrap_err().kind(), ErrorKind::WouldBlock);
    assert_eq!(udp.recv(&mut buffer).unwrap_err().kind(), ErrorKind::WouldBlock);
    assert_eq!(unix.accept().unwrap_err().kind(), ErrorKind::WouldBlock);
    // The same words reach all three peers from outside.
    let control = tokio::process::Command::new("bash").args(["-c", &script]).output().await.unwrap();
    assert!(control.stdout.starts_with(b"tcp\nunix\n"), "{control:?}");
    tcp.accept().unwrap();
    assert_eq!(udp.recv(&mut buffer).unwrap(), 2);
    unix.accept().unwrap();
}

#[tokio::test]
async fn secrets_in_the_copy_are_masked() {
    let copy = copy();
    fs::create_dir_all(copy.path().join("deep/.git")).unwrap();
    let secrets = [".env", ".env.local", ".npmrc", "deep/server.pem", "deep/id_ed25519", "deep/.git/config"];
    for name in secrets {
        fs::write(copy.path().join(name), "canary").unwrap();
    }
    fs::write(copy.path().join("id_map.py"), "plain").unwrap();
    let ended = shell(
        copy.path(),
        "grep -r canary .; (echo x > .env) 2>/dev/null && echo wrote; rm -f .env; cat .env id_map.py",
    )
    .await;
    assert!(!ended.output.contains("canary") && !ended.output.contains("wrote"), "{}", ended.output);
    assert!(ended.output.ends_with("plain"), "{}", ended.output);
    assert!(secrets.iter().all(|name| fs::read_to_string(copy.path().join(name)).unwrap() == "canary"));
}

#[tokio::test]
async fn a_lent_folder_can_be_read_and_not_written() {
    let (copy, lent) = (copy(), copy());
    fs::create_dir_all(lent.path().join("@scope/one")).unwrap();
    fs::write(lent.path().join("package"), "lent").unwrap();
    fs::write(lent.path().join("@scope/one/index.js"), "one").unwrap();
    // As npm and pnpm link a package of the same repository: it is the copy's.
    std::os::unix::fs::symlink("../../packages/own", lent.path().join("@scope/own")).unwrap();
    fs::create_dir_all(copy.path().join("packages/own")).unwrap();
    fs::write(copy.path().join("packages/own/index.js"), "own").unwrap();
    let script = "cd node_modules; cat package @scope/one/index.js @scope/own/index.js; touch .cache
        for at in package @scope/one/index.js; do (echo x > $at) 2>/dev/null && echo wrote; done; true";
    let mut wanted = command(copy.path(), &["bash", "-c", script]);
    wanted.lent = vec![Lent { from: lent.path().into(), at: "node_modules".into() }];
    assert_eq!(run(wanted.clone()).await.output, "lentoneown");
    assert!(!lent.path().join(".cache").exists());
    // Where the copy has a link, nothing is mounted.
    fs::remove_dir(copy.path().join("node_modules")).unwrap();
    std::os::unix::fs::symlink("/tmp", copy.path().join("node_modules")).unwrap();
    let refused = sandbox().run(wanted, &CancellationToken::new()).await;
    assert!(matches!(refused, Err(SandboxError::BadCommand(_))), "{refused:?}");
}

#[tokio::test]
async fn of_the_environment_only_what_is_named_comes_in() {
    // Cargo and nextest set this for every test.
    assert!(std::env::var("CARGO_MANIFEST_DIR").is_ok());
    let copy = copy();
    let mut wanted = command(copy.path(), &["bash", "-c", "env; cat /proc/1/environ"]);
    wanted.env = vec![("ASKED".into(), "yes".into())];
    let ended = run(wanted).await;
    let known = "HOME LANG TERM CI NO_COLOR PATH PWD SHLVL OLDPWD _ ASKED CARGO_HOME RUSTUP_HOME PYENV_ROOT \
                 CARGO_NET_OFFLINE CARGO_TARGET_DIR npm_config_offline npm_config_update_notifier npm_config_cache \
                 PYTHONDONTWRITEBYTECODE";
    let names: Vec<_> = ended.output.lines().filter_map(|line| Some(line.split_once('=')?.0)).collect();
    let strange: Vec<_> =
        names.iter().filter(|name| !known.split(' ').any(|known| known == **name)).collect();
    assert!(strange.is_empty(), "{strange:?}");
    assert!(names.contains(&"ASKED"), "{names:?}");
}

/// Whether a process on this machine, in whatever namespace, has `word` among its arguments.
fn lives(word: &str) -> bool {
    fs::read_dir("/proc").expect("/proc is there").flatten().any(|entry| {
        let line = fs::read(entry.path().join("cmdline")).unwrap_or_default();
        line.split(|byte| *byte == 0).any(|argument| argument == word.as_bytes())
    })
}

#[tokio::test]
async fn a_cancelled_command_takes_its_hidden_children_along() {
    let copy = copy();
    let word = format!("60{}", std::process::id());
    let script = format!("setsid -f sleep {word}; (sleep {word} &) ; touch started; sleep 600");
    let cancel = CancellationToken::new();
    let (sandbox, wanted) = (sandbox(), command(copy.path(), &["bash", "-c", &script]));
    let started = copy.path().join("started");
    let canceller = async {
        for _ in 0..3_000 {
            if started.exists() && lives(&word) {
                break;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        let lived = lives(&word);
        cancel.cancel();
        lived
    };
    let (ended, lived) = tokio::join!(sandbox.run(wanted, &cancel), canceller);
    assert!(lived, "the children never started");
    let ended = ended.unwrap();
    assert_eq!((ended.why, ended.exit), (Why::Cancelled, None));
    assert!(!lives(&word), "a child outlived the command");
}

#[tokio::test]
async fn a_command_that_ends_takes_its_hidden_children_along() {
    let copy = copy();
    let word = format!("61{}", std::process::id());
    // Once holding the output open, once not.
    for hidden in ["", ">/dev/null 2>&1"] {
        let ended = shell(copy.path(), &format!("setsid -f sleep {word} {hidden}; echo over")).await;
        assert_eq!((ended.why, ended.exit, ended.output.as_str()), (Why::Exited, Some(0), "over\n"));
        assert!(!lives(&word), "a child outlived the command");
    }
}

#[tokio::test]
async fn time_output_files_processes_and_memory_are_bounded() {
    let copy = copy();
    let limited = |script: &str, limits: CommandLimits| {
        let wanted = command(copy.path(), &["sh", "-c", script]);
        run(Command { limits, ..wanted })
    };
    let usual = CommandLimits { max_seconds: 120, ..CommandLimits::default() };

    let ended = limited("echo begun; sleep 600", CommandLimits { max_seconds: 1, ..usual.clone() }).await;
    assert_eq!((ended.why, ended.exit, ended.output.as_str()), (Why::TimedOut, None, "begun\n"));

    let limits = CommandLimits { max_output_bytes: 1 << 20, kept_output_bytes: 1_000, ..usual.clone() };
    let ended = limited("echo first; yes", limits.clone()).await;
    assert_eq!((ended.why, ended.truncated), (Why::OutputLimit, true));
    assert!(ended.output.len() < 1_100 && ended.output.starts_with("first\n"), "{}", ended.output);
    let ended = limited("seq 1000; echo last", limits).await;
    assert_eq!((ended.why, ended.truncated), (Why::Exited, true));
    assert!(ended.output.starts_with("1\n2\n") && ended.output.ends_with("last\n"), "{}", ended.output);

    let limits = CommandLimits { max_file_bytes: 1 << 20, ..usual.clone() };
    let ended = limited("head -c 4000000 /dev/zero > big", limits).await;
    assert_ne!(ended.exit, Some(0));
    assert!(fs::metadata(copy.path().join("big")).unwrap().len() <= 1 << 20);

    let limits = CommandLimits { max_processes: 16, ..usual.clone() };
    let script = "i=0; while [ $i -lt 40 ]; do sleep 600 & i=$((i+1)); done; echo all";
    let ended = limited(script, limits).await;
    assert!(ended.exit != Some(0) && !ended.output.contains("all"), "{ended:?}");

    let limits = CommandLimits { max_memory_bytes: 64 << 20, ..usual.clone() };
    let script = "head -c 300000000 /dev/zero | tail -n 1 | wc -c";
    let held = limited(script, limits).await;
    assert!(!held.output.contains("300000000"), "{held:?}");
    assert!(limited(script, usual).await.output.contains("300000000"));
}

#[tokio::test]
async fn toolchains_work_inside() {
    let copy = copy();
    fs::create_dir(copy.path().join("src")).unwrap();
    fs::write(
        copy.path().join("Cargo.toml"),
        "[package]\nname = \"inside\"\nversion = \"0.1.0\"\nedition = \"2024\"\n",
    )
    .unwrap();
    fs::write(copy.path().join("src/lib.rs"), "pub fn one() -> u8 { 1 }\n").unwrap();
    let ended =
        shell(copy.path(), "cargo check --quiet && node -e 'console.log(1 + 1)' && npm --version").await;
    assert_eq!(ended.exit, Some(0), "{}", ended.output);
    assert!(ended.output.starts_with("2\n"), "{}", ended.output);
}

#[tokio::test]
async fn without_bubblewrap_nothing_runs_and_the_reason_is_said() {
    let none = Bubblewrap::new(|_| None);
    let State::Refused(why) = none.state().await else { panic!("it is ready without a program") };
    assert!(why.contains("bubblewrap"), "{why}");
    let copy = copy();
    let refused = none.run(command(copy.path(), &["touch", "made"]), &CancellationToken::new()).await;
    assert!(matches!(refused, Err(SandboxError::Refused(_))), "{refused:?}");
    assert!(!copy.path().join("made").exists());
}
