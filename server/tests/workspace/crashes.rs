//! Kill −9 in the middle of accepts and undos, and a full disk: all files or none, and the ledger agrees with the files.
//!
//! The process that dies is this test binary again, told by an environment variable which home to work in.

use super::house::{Home, House, put, tree};
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tidemark_server::tasks::review::ReviewError;
use tidemark_server::workspace::{Expect, Limits, WorkspaceError};
use tidemark_shared::review::AcceptRequest;
use tidemark_shared::{Review, Task, TaskId};

const HOME: &str = "TIDEMARK_TEST_HOME";
const TASK: &str = "TIDEMARK_TEST_TASK";
const ALL: AcceptRequest = AcceptRequest { hunks: None };

/// A file's content before, and after; absent is no file.
const FILES: &[(&str, Option<&str>, Option<&str>)] = &[
    ("a.txt", Some("a\r\n"), Some("A\r\n")),
    ("b/b.txt", Some("b\n"), Some("B\n")),
    ("b/gone.txt", Some("gone\n"), None),
    ("c/new/file.txt", None, Some("new\n")),
    ("d.bin", Some("\0d"), Some("\0D")),
    ("moved/from.txt", Some("1\n2\n3\n"), None),
    ("moved-to.txt", None, Some("1\n2\n3\n")),
    ("e.txt", Some("e\n"), Some("E\n")),
    ("f.txt", Some("f\n"), Some("")),
    ("empty.txt", Some(""), Some("no more\n")),
];

fn at(side: impl Fn(&(&str, Option<&str>, Option<&str>)) -> Option<String>) -> BTreeMap<String, Vec<u8>> {
    FILES.iter().filter_map(|file| Some((file.0.to_owned(), side(file)?.into_bytes()))).collect()
}

fn old() -> BTreeMap<String, Vec<u8>> {
    at(|file| file.1.map(str::to_owned))
}

fn new() -> BTreeMap<String, Vec<u8>> {
    at(|file| file.2.map(str::to_owned))
}

async fn house_that_proposes() -> (House, Task) {
    let old = old();
    let files: Vec<_> = old.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())).collect();
    let house = House::with(&files).await;
    let task = house
        .proposes(&|copy: &Path| {
            for (name, _, new) in FILES {
                match new {
                    Some(text) => put(copy, name, text.as_bytes()),
                    None => std::fs::remove_file(copy.join(name)).unwrap(),
                }
            }
        })
        .await;
    (house, task)
}

/// Accepts where that is next, else undoes.
async fn turn(house: &House, task: TaskId) {
    match house.queue.get(task).await.unwrap().review {
        Review::Accepted => house.reviews.undo(task).await.unwrap(),
        Review::Pending | Review::Undone => house.reviews.accept(task, &ALL).await.unwrap(),
        other => panic!("{other:?}"),
    };
}

/// The files are those of the review, all of them, and nothing of ours lies about.
async fn is_whole(house: &House, task: TaskId, when: &str) {
    let review = house.queue.get(task).await.unwrap().review;
    let expected = if review == Review::Accepted { new() } else { old() };
    assert_eq!(tree(&house.folder), expected, "{when}, {review:?}");
    house.is_settled();
}

/// What the child runs: in a home that is given until it is killed; without one, in its own, a few times.
#[tokio::test]
async fn accept_and_undo_take_turns() {
    if let (Ok(home), Ok(task)) = (std::env::var(HOME), std::env::var(TASK)) {
        let house = House::open(Home::Given(PathBuf::from(home)), Limits::default()).await;
        house.reviews.recover().await.unwrap();
        loop {
            eprintln!("turn");
            turn(&house, task.parse().unwrap()).await;
        }
    }
    let (house, task) = house_that_proposes().await;
    for n in 0..4 {
        turn(&house, task.id).await;
        is_whole(&house, task.id, &format!("turn {n}")).await;
    }
}

#[tokio::test]
async fn killed_in_the_middle_of_an_accept_all_files_are_old_or_all_are_new_and_the_ledger_agrees() {
    const KILLS: u64 = 40;
    let (house, task) = house_that_proposes().await;
    let home = house.leave();
    let mut seen = [0; 2];
    // Spread over the time that a turn takes, whatever that is here; the order is mixed, not random, so it can be repeated.
    let mut span = Duration::from_millis(60);
    for kill in 0..KILLS {
        let mut child = this_test_again("accept_and_undo_take_turns", home.path(), task.id);
        let mut said = BufReader::new(child.stderr.take().unwrap()).lines();
        let mut next = || while said.next().is_some_and(|line| line.unwrap() != "turn") {};
        next();
        let started = Instant::now();
        if kill == 0 {
            next();
            span = started.elapsed() * 2;
        }
        let moment = Instant::now() + span.mul_f64((kill * 17 % KILLS) as f64 / KILLS as f64);
        while Instant::now() < moment {
            std::hint::spin_loop();
        }
        child.kill().unwrap();
        child.wait().unwrap();
        let house = House::open(Home::Given(home.path().into()), Limits::default()).await;
        house.reviews.recover().await.unwrap();
        is_whole(&house, task.id, &format!("kill {kill} of {KILLS} over {span:?}")).await;
        seen[usize::from(house.queue.get(task.id).await.unwrap().review == Review::Accepted)] += 1;
    }
    assert!(seen.iter().all(|times| *times > 0), "both ends were seen: {seen:?}");
}

#[tokio::test]
async fn files_changed_between_a_crash_and_the_next_start_are_left_alone() {
    for (kill, edited) in [(0, "a.txt"), (1, "c/new/file.txt"), (2, "e.txt"), (3, "b/gone.txt")] {
        let (house, task) = house_that_proposes().await;
        let folder = house.folder.clone();
        let home = house.leave();
        let mut child = this_test_again("accept_and_undo_take_turns", home.path(), task.id);
        let mut said = BufReader::new(child.stderr.take().unwrap()).lines();
        while said.next().is_some_and(|line| line.unwrap() != "turn") {}
        let moment = Instant::now() + Duration::from_millis(5 * kill);
        while Instant::now() < moment {
            std::hint::spin_loop();
        }
        child.kill().unwrap();
        child.wait().unwrap();
        put(&folder, edited, b"mine");
        let house = House::open(Home::Given(home.path().into()), Limits::default()).await;
        house.reviews.recover().await.unwrap();
        assert_eq!(house.bytes(edited), b"mine");
        house.is_settled();
    }
}

/// What the child runs whose files may not grow past a few megabytes.
#[tokio::test]
async fn a_full_disk_changes_nothing() {
    let (Ok(home), Ok(task)) = (std::env::var(HOME), std::env::var(TASK)) else {
        return full_disk_in_a_child().await;
    };
    let house = House::open(Home::Given(PathBuf::from(home)), Limits::default()).await;
    let before = tree(&house.folder);
    let answer = house.reviews.accept(task.parse().unwrap(), &ALL).await;
    assert!(matches!(answer, Err(ReviewError::Workspace(WorkspaceError::DiskFull))), "{answer:?}");
    let large = "x".repeat(LARGE - (2 << 20));
    let answer = house.workspace.save(house.project, &super::house::path("a.txt"), &large, Expect::Any).await;
    assert!(matches!(answer, Err(WorkspaceError::DiskFull)), "{answer:?}");
    assert_eq!(tree(&house.folder), before);
    house.is_settled();
    assert_eq!(house.queue.get(task.parse().unwrap()).await.unwrap().review, Review::Pending);
}

/// Bytes of a file that does not fit the child's disk, though it fits a snapshot, and the store when it is compressed.
const LARGE: usize = 6 << 20;

async fn full_disk_in_a_child() {
    let house = House::with(&[("a.txt", b"a\n"), ("m.txt", b"m\n"), ("z.txt", b"z\n")]).await;
    let task = house
        .proposes(&|copy: &Path| {
            put(copy, "a.txt", b"A\n");
            put(copy, "m.txt", "m\n".repeat(LARGE / 2).as_bytes());
            put(copy, "new/n.txt", b"n\n");
            put(copy, "z.txt", b"Z\n");
        })
        .await;
    let home = house.leave();
    let child = {
        let mut again = again("a_full_disk_changes_nothing", home.path(), task.id);
        // A write past the limit must fail, as on a full disk, rather than kill: the signal is ignored by the shell's children.
        let mut shell = Command::new("sh");
        shell.arg("-c").arg("trap '' XFSZ; ulimit -f 7000; exec \"$@\"").arg("sh");
        shell.arg(again.get_program()).args(again.get_args());
        shell.envs(again.get_envs().filter_map(|(name, value)| Some((name, value?))));
        again = shell;
        again.output().unwrap()
    };
    assert!(child.status.success(), "{}", String::from_utf8_lossy(&child.stdout));
    let house = House::open(Home::Given(home.path().into()), Limits::default()).await;
    house.reviews.accept(task.id, &ALL).await.unwrap();
    assert_eq!(house.bytes("m.txt").len(), LARGE);
    assert_eq!((house.bytes("a.txt"), house.bytes("new/n.txt")), (b"A\n".into(), b"n\n".into()));
}

fn again(test: &str, home: &Path, task: TaskId) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", &format!("workspace::crashes::{test}"), "--nocapture"]);
    command.env(HOME, home).env(TASK, task.to_string());
    command
}

fn this_test_again(test: &str, home: &Path, task: TaskId) -> Child {
    again(test, home, task).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
}
