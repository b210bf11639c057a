//! Snapshots, copies and change sets: what git says about each diff, byte for byte.

use super::house::{House, path, put, tree};
use std::collections::BTreeMap;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::{Command, Stdio};
use tidemark_server::workspace::{Limits, WorkspaceError};
use tidemark_shared::change::{Act, FileMode};
use tidemark_shared::task::OpenFile;
use tidemark_shared::{FileChange, FileStatus, Hash};

#[tokio::test]
async fn a_snapshot_holds_what_is_source_and_the_copy_is_the_same() {
    let house = House::with(&[
        (".gitignore", b"*.log\n"),
        ("a.txt", b"a"),
        ("src/b.ts", b"b"),
        ("c.log", b"x"),
        (".env", b"KEY=1"),
        ("node_modules/p/i.js", b"x"),
        (".git/HEAD", b"x"),
    ])
    .await;
    symlink("a.txt", house.folder.join("inside")).unwrap();
    symlink("/etc/passwd", house.folder.join("outside")).unwrap();
    std::fs::set_permissions(house.folder.join("a.txt"), PermissionsExt::from_mode(0o755)).unwrap();
    let snapshot = house.snapshot().await;
    assert_eq!(house.snapshot().await, snapshot, "the same project has the same snapshot");
    let copy = house.copy(&snapshot).await;
    let expected: BTreeMap<String, Vec<u8>> =
        [(".gitignore", &b"*.log\n"[..]), ("a.txt", b"a"), ("inside", b"a.txt"), ("src/b.ts", b"b")]
            .map(|(name, bytes)| (name.to_owned(), bytes.to_vec()))
            .into();
    assert_eq!(tree(&copy), expected);
    assert_eq!(std::fs::metadata(copy.join("a.txt")).unwrap().permissions().mode() & 0o100, 0o100);
    assert_eq!(house.changes(&snapshot, &copy).await, [], "a fresh copy has no changes");
}

#[tokio::test]
async fn a_snapshot_stays_what_it_was_when_the_project_moves_on() {
    let house = House::with(&[("a.txt", b"first")]).await;
    let first = house.snapshot().await;
    put(&house.folder, "a.txt", b"later");
    assert_ne!(house.snapshot().await, first, "a write right after a snapshot is seen");
    let copy = house.copy(&first).await;
    assert_eq!(std::fs::read(copy.join("a.txt")).unwrap(), b"first");
}

#[tokio::test]
async fn unsaved_buffers_lie_over_the_disk_in_its_form() {
    let house = House::with(&[("a.txt", b"\xEF\xBB\xBFdisk\r\n")]).await;
    let open = |name, content: &str| OpenFile { path: path(name), content: content.into() };
    let overlay = [open("a.txt", "buffer\r\n"), open("new.txt", "n")];
    let snapshot = house.workspace.snapshot(house.project, &overlay).await.unwrap();
    let copy = house.copy(&snapshot).await;
    assert_eq!(std::fs::read(copy.join("a.txt")).unwrap(), b"\xEF\xBB\xBFbuffer\r\n");
    assert_eq!(std::fs::read(copy.join("new.txt")).unwrap(), b"n");
    assert_eq!(house.bytes("a.txt"), b"\xEF\xBB\xBFdisk\r\n");
}

#[tokio::test]
async fn the_limits_of_a_snapshot_hold_at_their_edge() {
    let limits = Limits {
        max_snapshot_files: 2,
        max_snapshot_file_bytes: 4,
        max_snapshot_bytes: 6,
        ..Limits::default()
    };
    let house = House::limited(&[("a", b"1234"), ("b", b"12"), ("large", b"12345")], limits).await;
    // The large file is not taken, but it counts as one that was looked at.
    std::fs::remove_file(house.folder.join("large")).unwrap();
    let snapshot = house.snapshot().await;
    put(&house.folder, "b", b"123");
    let over = house.workspace.snapshot(house.project, &[]).await;
    assert!(matches!(over, Err(WorkspaceError::Full { limit: 6, .. })), "{over:?}");
    put(&house.folder, "b", b"");
    put(&house.folder, "c", b"");
    let over = house.workspace.snapshot(house.project, &[]).await;
    assert!(matches!(over, Err(WorkspaceError::Full { limit: 2, .. })), "{over:?}");
    let copy = house.copy(&snapshot).await;
    put(&copy, "new", b"12345");
    let over = house.workspace.change_set(&snapshot, &copy).await;
    assert!(matches!(over, Err(WorkspaceError::TooLarge { size: 5, limit: 4, .. })), "{over:?}");
}

#[tokio::test]
async fn nothing_outside_the_copy_is_looked_at() {
    let house = House::with(&[("dir/a.txt", b"a"), ("b.txt", b"b")]).await;
    let snapshot = house.snapshot().await;
    let copy = house.copy(&snapshot).await;
    let outside = house.home.path().join("outside");
    put(&outside, "a.txt", b"stolen");
    std::fs::remove_dir_all(copy.join("dir")).unwrap();
    symlink(&outside, copy.join("dir")).unwrap();
    symlink(outside.join("a.txt"), copy.join("c.txt")).unwrap();
    put(&copy, ".git/hooks/pre-commit", b"#!/bin/sh\n");
    let changes = house.changes(&snapshot, &copy).await;
    let told: Vec<_> = changes.iter().map(|c| (c.path.as_str(), c.status)).collect();
    assert_eq!(told, [("dir/a.txt", FileStatus::Deleted)]);
}

#[tokio::test]
async fn a_file_that_became_ignored_is_not_told_as_deleted() {
    let house = House::with(&[("a.log", b"a")]).await;
    let snapshot = house.snapshot().await;
    let copy = house.copy(&snapshot).await;
    put(&copy, ".gitignore", b"*.log\n");
    put(&copy, "made.log", b"x");
    let told: Vec<_> = house.changes(&snapshot, &copy).await.into_iter().map(|c| c.path).collect();
    assert_eq!(told, [path(".gitignore")]);
}

/// One change of one file: its name, then before and after; absent is no file. The mode is of the file after.
struct Case(&'static str, Option<&'static [u8]>, Option<&'static [u8]>, FileMode);

const PLAIN: FileMode = FileMode::Plain;

const CASES: &[Case] = &[
    Case("lf.txt", Some(b"a\nb\nc\n"), Some(b"a\nB\nc\n"), PLAIN),
    Case("crlf.txt", Some(b"a\r\nb\r\nc\r\n"), Some(b"a\nB\nc\n"), PLAIN),
    Case("mixed.txt", Some(b"a\r\nb\nc\r\nd\n"), Some(b"a\nb\nC\nd\ne\n"), PLAIN),
    Case("lone-cr.txt", Some(b"a\rb\nc\r\r\n"), Some(b"a\rB\nc\r\r\n"), PLAIN),
    Case("bom.txt", Some(b"\xEF\xBB\xBFa\nb\n"), Some(b"A\nb\n"), PLAIN),
    Case("utf16le.txt", Some(b"\xFF\xFEa\0\r\0\n\0b\0"), Some(b"a\nc\n"), PLAIN),
    Case("utf16be.txt", Some(b"\xFE\xFF\0a\0\n"), Some(b"\xFE\xFF\0b\0\n"), PLAIN),
    Case("tabs.txt", Some(b"\ta\n\t\tb \n"), Some(b"\ta\n\t\tc\t\n"), PLAIN),
    Case("no-newline.txt", Some(b"a\nb"), Some(b"a\nc"), PLAIN),
    Case("newline-comes.txt", Some(b"a\nb"), Some(b"a\nb\n"), PLAIN),
    Case("newline-goes.txt", Some(b"a\nb\n"), Some(b"a\nb"), PLAIN),
    Case("becomes-empty.txt", Some(b"a\nb\n"), Some(b""), PLAIN),
    Case("was-empty.txt", Some(b""), Some(b"a\n"), PLAIN),
    Case("was-empty-bom.txt", Some(b""), Some(b"\xEF\xBB\xBFa\r\n"), PLAIN),
    Case("only-bom.txt", Some(b"\xEF\xBB\xBF"), Some(b"\xEF\xBB\xBFa\n"), PLAIN),
    Case("becomes-executable.sh", Some(b"#!/bin/sh\n"), Some(b"#!/bin/sh\n"), FileMode::Executable),
    Case("executable and edited.sh", Some(b"a\n"), Some(b"b\n"), FileMode::Executable),
    Case("new.txt", None, Some(b"a\nb\n"), PLAIN),
    Case("new without newline.txt", None, Some(b"a"), PLAIN),
    Case("new-executable.sh", None, Some(b"#!/bin/sh\n"), FileMode::Executable),
    Case("deep/er/new.txt", None, Some(b"x\n"), PLAIN),
    Case("empty new.txt", None, Some(b""), PLAIN),
    Case("new-bom.txt", None, Some(b"\xEF\xBB\xBFa\r\n"), PLAIN),
    Case("new.bin", None, Some(b"\0\x01\x02\xFF"), PLAIN),
    Case("gone.txt", Some(b"a\nb"), None, PLAIN),
    Case("gone-empty.txt", Some(b""), None, PLAIN),
    Case("gone.bin", Some(b"\0\0\x01"), None, PLAIN),
    Case("image.png", Some(b"\x89PNG\0\0\r\n\x1a\n"), Some(b"\x89PNG\0\x01\r\n\x1a\n"), PLAIN),
    Case("becomes-binary", Some(b"text\n"), Some(b"\0\n"), PLAIN),
    Case("becomes-text", Some(b"\0\n"), Some(b"text\n"), PLAIN),
    Case("latin1.txt", Some(b"caf\xE9\n"), Some(b"th\xE9\n"), PLAIN),
    Case("naïve \"quoted\" – 名.txt", Some("é\n".as_bytes()), Some("è\n".as_bytes()), PLAIN),
    Case("with space.txt", Some(b"a\n"), Some(b"b\n"), PLAIN),
    Case("-- a minus.sql", Some(b"-- a\n++ b\n"), Some(b"--- a\n+++ b\n@@ -1 +1 @@\n"), PLAIN),
];

#[tokio::test]
async fn git_apply_accepts_every_diff_on_the_snapshot_and_gives_byte_for_byte_the_file_that_accept_writes() {
    for Case(name, before, after, mode) in CASES {
        let files: Vec<(&str, &[u8])> = before.iter().map(|bytes| (*name, *bytes)).collect();
        let house = House::with(&files).await;
        let snapshot = house.snapshot().await;
        let copy = house.copy(&snapshot).await;
        match after {
            Some(bytes) => put(&copy, name, bytes),
            None => std::fs::remove_file(copy.join(name)).unwrap(),
        }
        if *mode == FileMode::Executable {
            std::fs::set_permissions(copy.join(name), PermissionsExt::from_mode(0o755)).unwrap();
        }
        git_makes_what_is_proposed(&house, &snapshot, &copy, name).await;
    }
}

#[tokio::test]
async fn git_apply_accepts_a_diff_of_many_files_and_many_hunks() {
    let numbers = |edit: &dyn Fn(usize) -> String| (1..200).map(edit).collect::<String>();
    let before = numbers(&|n| format!("line {n}\r\n"));
    let after =
        numbers(&|n| if n % 23 == 0 || n % 29 == 0 { format!("LINE {n}\n") } else { format!("line {n}\n") });
    let house = House::with(&[
        ("numbers.txt", before.as_bytes()),
        ("old name.txt", before.as_bytes()),
        ("moved.bin", b"\0same"),
        ("stays.txt", b"stays"),
    ])
    .await;
    let snapshot = house.snapshot().await;
    let copy = house.copy(&snapshot).await;
    put(&copy, "numbers.txt", after.as_bytes());
    std::fs::remove_file(copy.join("old name.txt")).unwrap();
    put(&copy, "new/näme.txt", after.replace("LINE 23\n", "line 23\n").as_bytes());
    std::fs::rename(copy.join("moved.bin"), copy.join("to here.bin")).unwrap();
    std::fs::set_permissions(copy.join("to here.bin"), PermissionsExt::from_mode(0o755)).unwrap();
    let changes = git_makes_what_is_proposed(&house, &snapshot, &copy, "many").await;
    let told: Vec<_> = changes.iter().map(|c| (c.path.as_str(), c.status)).collect();
    let expected = [
        ("new/näme.txt", FileStatus::Renamed),
        ("numbers.txt", FileStatus::Modified),
        ("to here.bin", FileStatus::Renamed),
    ];
    assert_eq!(told, expected);
    let acts: Vec<_> = changes[2].hunks.iter().map(|hunk| hunk.act).collect();
    assert_eq!(acts, [Some(Act::Rename), Some(Act::Mode)]);
    assert!(changes[1].hunks.len() > 10, "far changes are hunks of their own");
}

/// Applies the joined diffs with `git apply` to a fresh copy of the snapshot, and compares with the proposed objects.
async fn git_makes_what_is_proposed(
    house: &House,
    snapshot: &Hash,
    copy: &Path,
    name: &str,
) -> Vec<FileChange> {
    let changes = house.changes(snapshot, copy).await;
    assert!(!changes.is_empty(), "{name}: nothing changed");
    let patch: String = changes.iter().map(|change| change.patch.as_str()).collect();
    let target = house.copy(snapshot).await;
    git(&target, &["apply", "--check"], &patch, name);
    git(&target, &["apply"], &patch, name);
    let mut expected = tree(&house.copy(snapshot).await);
    for change in &changes {
        expected.remove(change.old_path.as_ref().unwrap_or(&change.path).as_str());
        if let Some(hash) = &change.new_hash {
            let bytes = house.object(hash).await;
            expected.insert(change.path.to_string(), bytes);
            let meta = std::fs::metadata(target.join(&change.path)).unwrap();
            let wanted = change.new_mode.map(|mode| mode == FileMode::Executable);
            let is = meta.permissions().mode() & 0o100 != 0;
            assert_eq!(wanted.unwrap_or(is), is, "{name}: mode");
        }
    }
    assert_eq!(tree(&target), expected, "{name}:\n{patch}");
    changes
}

fn git(dir: &Path, args: &[&str], stdin: &str, name: &str) {
    use std::io::Write;
    // Not a repository, and no configuration of the machine's: as anyone would have it.
    let mut child = Command::new("git")
        .args(args)
        .current_dir(dir)
        .env("GIT_CEILING_DIRECTORIES", dir.parent().unwrap())
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("git is installed");
    child.stdin.take().unwrap().write_all(stdin.as_bytes()).unwrap();
    let done = child.wait_with_output().unwrap();
    assert!(done.status.success(), "{name}: {}\n{stdin}", String::from_utf8_lossy(&done.stderr));
}
