//! `tidemark patch` by its real binary, on real folders.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

fn tidemark(dir: &Path, args: &[&str], input: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_tidemark"))
        .current_dir(dir)
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary starts");
    let mut stdin = child.stdin.take().expect("stdin is piped");
    // A command that refuses before it reads closes its end.
    drop(stdin.write_all(input.as_bytes()));
    drop(stdin);
    child.wait_with_output().expect("the binary ends")
}

fn project() -> tempfile::TempDir {
    let dir = tempfile::tempdir().expect("a folder");
    fs::create_dir(dir.path().join("src")).expect("a folder");
    fs::write(dir.path().join("src/a.js"), "const a = 1\r\nconst b = 2\r\nexport { a, b }\r\n")
        .expect("a file");
    dir
}

const REPLY: &str = "Here it is:\n```diff\n--- a/src/a.js\n+++ b/src/a.js\n@@\n const a = 1\n-const b = 2\n+const b = 3\n export { a, b }\n```\n";

#[test]
fn a_reply_is_applied_and_keeps_the_files_line_ends() {
    let dir = project();
    let done = tidemark(dir.path(), &["patch", "apply"], REPLY);
    assert!(done.status.success(), "{done:?}");
    let text = fs::read_to_string(dir.path().join("src/a.js")).expect("the file");
    assert_eq!(text, "const a = 1\r\nconst b = 3\r\nexport { a, b }\r\n");
}

#[test]
fn a_dry_run_prints_what_git_applies_and_writes_nothing() {
    let dir = project();
    fs::write(dir.path().join("src/a.js"), "const a = 1\nconst b = 2\nexport { a, b }\n").expect("a file");
    let before = fs::read(dir.path().join("src/a.js")).expect("the file");
    let done = tidemark(dir.path(), &["patch", "apply", "--dry-run"], REPLY);
    assert!(done.status.success(), "{done:?}");
    assert_eq!(fs::read(dir.path().join("src/a.js")).expect("the file"), before);
    fs::write(dir.path().join("it.patch"), &done.stdout).expect("a file");
    let git =
        Command::new("git").current_dir(dir.path()).args(["apply", "it.patch"]).output().expect("git runs");
    assert!(git.status.success(), "{git:?}");
    assert!(fs::read_to_string(dir.path().join("src/a.js")).expect("the file").contains("b = 3"));
}

#[test]
fn a_refusal_exits_with_4_says_why_and_writes_nothing() {
    let dir = project();
    let before = fs::read(dir.path().join("src/a.js")).expect("the file");
    let reply = REPLY.replace("const b = 2", "function other() {}");
    let done = tidemark(dir.path(), &["patch", "apply", "--json"], &reply);
    assert_eq!(done.status.code(), Some(4), "{done:?}");
    let data: serde_json::Value = serde_json::from_slice(&done.stdout).expect("JSON");
    assert_eq!(data["refusal"]["code"], "no_match");
    assert_eq!(data["refusal"]["diverges"]["fileHas"], "const b = 2", "{data}");
    assert_eq!(fs::read(dir.path().join("src/a.js")).expect("the file"), before);
}

#[test]
fn no_reply_leaves_the_folder() {
    let dir = project();
    let outside = tempfile::tempdir().expect("a folder");
    std::os::unix::fs::symlink(outside.path(), dir.path().join("link")).expect("a link");
    for path in ["../escaped.js", "/tmp/escaped-by-patch.js", "link/escaped.js", "link/deep/escaped.js"] {
        let reply = format!("*** Begin Patch\n*** Add File: {path}\n+x\n*** End Patch\n");
        let done = tidemark(dir.path(), &["patch", "apply"], &reply);
        assert!(!done.status.success(), "{path}: {done:?}");
    }
    assert_eq!(fs::read_dir(outside.path()).expect("the folder").count(), 0);
    assert!(!dir.path().parent().expect("a parent").join("escaped.js").exists());
    assert!(!Path::new("/tmp/escaped-by-patch.js").exists());
}

#[test]
fn a_reply_to_an_older_revision_is_merged_into_later_edits() {
    let dir = project();
    let git = |args: &[&str]| {
        let done = Command::new("git")
            .current_dir(dir.path())
            .args(["-c", "user.name=t", "-c", "user.email=t@example.com"])
            .args(args)
            .output()
            .expect("git runs");
        assert!(done.status.success(), "{done:?}");
    };
    fs::write(dir.path().join("src/a.js"), "const a = 1\nconst b = 2\n\nexport { a, b }\n").expect("a file");
    git(&["init", "-q"]);
    git(&["add", "."]);
    git(&["commit", "-qm", "first"]);
    fs::write(dir.path().join("src/a.js"), "const a = 1\nconst b = 2\n\nexport { a, b }\n// mine\n")
        .expect("a file");
    let reply = REPLY.replace(" export { a, b }\n", "");
    let done = tidemark(dir.path(), &["patch", "apply", "--base", "HEAD"], &reply);
    assert!(done.status.success(), "{done:?}");
    let text = fs::read_to_string(dir.path().join("src/a.js")).expect("the file");
    assert_eq!(text, "const a = 1\nconst b = 3\n\nexport { a, b }\n// mine\n");
}

#[test]
fn cases_are_answered_line_by_line() {
    let dir = project();
    let case = serde_json::json!({ "id": 7, "workspace": { "src/a.js": "const a = 1\nconst b = 2\nexport { a, b }\n" }, "output": REPLY });
    let done = tidemark(dir.path(), &["patch", "jsonl"], &format!("{case}\n{case}\n"));
    let answers: Vec<serde_json::Value> = String::from_utf8_lossy(&done.stdout)
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    assert_eq!(answers.len(), 2);
    assert_eq!(answers[0]["id"], 7);
    assert_eq!(answers[0]["files"]["src/a.js"], "const a = 1\nconst b = 3\nexport { a, b }\n");
}
