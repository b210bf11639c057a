//! Every tool on real files: what it does, what it refuses, and that nothing outside the copy is ever touched.

use super::*;
use serde_json::{Value, json};
use std::fs;
use std::path::Path;

struct Copy {
    dir: tempfile::TempDir,
    tools: Tools,
}

impl Copy {
    fn with(files: &[(&str, &[u8])]) -> Self {
        Self::limited(files, ToolLimits::default())
    }
    fn limited(files: &[(&str, &[u8])], limits: ToolLimits) -> Self {
        let dir = tempfile::tempdir().unwrap();
        for (path, bytes) in files {
            let place = dir.path().join("copy").join(path);
            fs::create_dir_all(place.parent().unwrap()).unwrap();
            fs::write(place, bytes).unwrap();
        }
        let tools = Tools::new(dir.path().join("copy"), Access::Edit, limits);
        Self { dir, tools }
    }
    fn root(&self) -> std::path::PathBuf {
        self.dir.path().join("copy")
    }
    fn bytes(&self, path: &str) -> Vec<u8> {
        fs::read(self.root().join(path)).unwrap()
    }
    async fn call(&self, name: &str, input: Value) -> Answer {
        let call = ToolCall { id: "1".into(), name: name.into(), input };
        self.tools.call(&call, &CancellationToken::new()).await
    }
    async fn done(&self, name: &str, input: Value) -> String {
        let answer = self.call(name, input).await;
        assert!(answer.ok, "{}", answer.output);
        answer.output
    }
    async fn refused(&self, name: &str, input: Value) -> String {
        let answer = self.call(name, input).await;
        assert!(!answer.ok, "{}", answer.output);
        answer.output
    }
}

fn edit(path: &str, old: &str, new: &str) -> Value {
    json!({ "path": path, "old_text": old, "new_text": new })
}

#[tokio::test]
async fn a_file_is_read_with_numbers_and_in_parts() {
    let copy = Copy::limited(
        &[("a.txt", b"one\r\ntwo\r\nthree")],
        ToolLimits { max_read_lines: 2, ..ToolLimits::default() },
    );
    assert_eq!(
        copy.done("read_file", json!({ "path": "./a.txt", "start_line": 2 })).await,
        "2\ttwo\n3\tthree\n"
    );
    let first = copy.done("read_file", json!({ "path": "a.txt" })).await;
    assert_eq!(first, "1\tone\n2\ttwo\n… (lines 1-2 of 3; go on with start_line 3)\n");
    assert_eq!(
        copy.done("read_file", json!({ "path": "a.txt", "start_line": "3", "end_line": 9 })).await,
        "3\tthree\n"
    );
    let past = copy.refused("read_file", json!({ "path": "a.txt", "start_line": 4 })).await;
    assert_eq!(past, "a.txt has 3 lines; start_line is 4");
}

#[tokio::test]
async fn an_answer_has_at_most_so_many_bytes() {
    let lines = "0123456789\n".repeat(100);
    let limits = ToolLimits { max_answer_bytes: 100, max_line_chars: 4, ..ToolLimits::default() };
    let copy = Copy::limited(&[("a.txt", lines.as_bytes())], limits);
    let read = copy.done("read_file", json!({ "path": "a.txt" })).await;
    assert!(read.starts_with("1\t0123… (6 more bytes in this line)\n"), "{read}");
    assert!(read.ends_with("go on with start_line 3)\n"), "{read}");
}

#[tokio::test]
async fn what_can_not_be_read_says_why() {
    let limits = ToolLimits { max_file_bytes: 10, ..ToolLimits::default() };
    let copy = Copy::limited(
        &[("src/App.tsx", b"x"), ("big", b"01234567890"), ("fits", b"0123456789"), ("bin", b"\x89PNG\0")],
        limits,
    );
    let read = |path: &str| copy.refused("read_file", json!({ "path": path }));
    assert_eq!(read("src/Ap.tsx").await, "there is no src/Ap.tsx; did you mean src/App.tsx?");
    assert_eq!(read("zzz").await, "there is no zzz; list_files shows what there is");
    assert_eq!(read("src").await, "src is a folder; list_files shows what is in it");
    assert_eq!(read("src/App.tsx/x").await, "src/App.tsx/x can't be used: App.tsx is a file, not a folder");
    assert_eq!(read("big").await, "big has 11 bytes; files over 10 are not opened");
    assert_eq!(copy.done("read_file", json!({ "path": "fits" })).await, "1\t0123456789\n");
    assert_eq!(read("bin").await, "bin is a binary file (5 bytes); it can't be read as text");
}

#[tokio::test]
async fn a_ten_gigabyte_file_is_refused_without_being_read() {
    let copy = Copy::with(&[("a", b"x")]);
    fs::File::create(copy.root().join("huge")).unwrap().set_len(10 << 30).unwrap();
    let said = copy.refused("read_file", json!({ "path": "huge" })).await;
    assert_eq!(said, "huge has 10737418240 bytes; files over 8388608 are not opened");
    assert_eq!(copy.done("search", json!({ "pattern": "x" })).await, "a:1: x\n");
}

#[cfg(unix)]
#[tokio::test]
async fn no_tool_reaches_outside_of_the_copy() {
    let copy = Copy::with(&[("in.txt", b"in"), (".git/config", b"secret")]);
    fs::create_dir(copy.dir.path().join("outside")).unwrap();
    fs::write(copy.dir.path().join("outside/secret.txt"), "secret").unwrap();
    std::os::unix::fs::symlink("../outside", copy.root().join("link")).unwrap();
    std::os::unix::fs::symlink("../outside/secret.txt", copy.root().join("file-link")).unwrap();
    std::os::unix::fs::symlink("../outside/new.txt", copy.root().join("dangling")).unwrap();
    let before = contents(copy.dir.path());
    for path in [
        "../outside/secret.txt",
        "/etc/passwd",
        "link/secret.txt",
        "link/new.txt",
        "file-link",
        "dangling",
        ".git/config",
        ".GIT/config",
        "sub/.git/hooks/post-commit",
        "a\\b",
        "",
    ] {
        copy.refused("read_file", json!({ "path": path })).await;
        copy.refused("edit_file", edit(path, "secret", "gone")).await;
        copy.refused("create_file", json!({ "path": path, "content": "x" })).await;
        copy.refused("delete_file", json!({ "path": path })).await;
        copy.refused("move_file", json!({ "from": path, "to": "there.txt" })).await;
        copy.refused("move_file", json!({ "from": "in.txt", "to": path })).await;
    }
    copy.refused("list_files", json!({ "path": "link" })).await;
    copy.refused("search", json!({ "pattern": "secret", "path": "../outside" })).await;
    assert_eq!(copy.done("search", json!({ "pattern": "secret" })).await, "(no match)");
    assert_eq!(copy.done("list_files", json!({})).await, "in.txt\n");
    assert_eq!(contents(copy.dir.path()), before);
}

fn contents(dir: &Path) -> Vec<(std::path::PathBuf, Vec<u8>)> {
    let files =
        ignore::WalkBuilder::new(dir).standard_filters(false).sort_by_file_path(Path::cmp).build().flatten();
    files.map(|entry| (entry.path().into(), fs::read(entry.path()).unwrap_or_default())).collect()
}

#[cfg(unix)]
#[tokio::test]
async fn a_pipe_is_not_waited_for() {
    let copy = Copy::with(&[("a", b"x")]);
    let pipe = copy.root().join("pipe");
    rustix::fs::mknodat(rustix::fs::CWD, &pipe, rustix::fs::FileType::Fifo, 0o600.into(), 0).unwrap();
    assert_eq!(copy.refused("read_file", json!({ "path": "pipe" })).await, "pipe is no regular file");
    assert_eq!(copy.done("search", json!({ "pattern": "x" })).await, "a:1: x\n");
}

#[tokio::test]
async fn an_edit_is_made_where_its_old_text_is_once() {
    let copy = Copy::with(&[("a.ts", b"let a = 1;\nlet b = 2;\n")]);
    let said = copy.done("edit_file", edit("a.ts", "let b = 2;\n", "let b = 3;\nlet c = 4;\n")).await;
    assert_eq!(said, "a.ts changed from line 2: +2 -1 lines");
    assert_eq!(copy.bytes("a.ts"), b"let a = 1;\nlet b = 3;\nlet c = 4;\n");
}

#[tokio::test]
async fn an_edit_with_other_blanks_at_line_ends_keeps_the_files_own() {
    let copy = Copy::with(&[("a.ts", b"one  \ntwo\t\nthree\n")]);
    let said = copy.done("edit_file", edit("a.ts", "one\ntwo", "one\n2")).await;
    assert_eq!(said, "a.ts changed from line 1: +1 -1 lines (blanks at line ends differed)");
    assert_eq!(copy.bytes("a.ts"), b"one  \n2\nthree\n");
}

#[tokio::test]
async fn an_edit_with_other_indentation_takes_the_files_and_says_so() {
    let copy = Copy::with(&[("a.rs", b"mod m {\n    fn b() {\n        one();\n    }\n}\n")]);
    let said =
        copy.done("edit_file", edit("a.rs", "fn b() {\n    one();\n}", "fn b() {\n    two();\n}")).await;
    assert_eq!(
        said,
        "a.rs changed from line 2: +1 -1 lines (the indentation differed; new_text took the file's)"
    );
    assert_eq!(copy.bytes("a.rs"), b"mod m {\n    fn b() {\n        two();\n    }\n}\n");
    assert_eq!(copy.tools.placements()[0].found, tidemark_shared::Found::Indentation);
}

#[tokio::test]
async fn an_edit_keeps_line_ends_bom_encoding_and_mode() {
    let utf16 = tidemark_shared::patch::encode(
        "a\r\nb\r\n",
        &tidemark_shared::patch::decode(b"\xFF\xFEa\0").unwrap().form,
    );
    let copy = Copy::with(&[
        ("crlf.txt", b"\xEF\xBB\xBFone\r\ntwo\r\n"),
        ("mixed.txt", b"one\r\ntwo\nthree\r\n"),
        ("utf16.txt", &utf16),
        ("run.sh", b"echo 1\n"),
    ]);
    copy.done("edit_file", edit("crlf.txt", "two\n", "2\n3\n")).await;
    assert_eq!(copy.bytes("crlf.txt"), b"\xEF\xBB\xBFone\r\n2\r\n3\r\n");
    copy.done("edit_file", edit("mixed.txt", "three", "3")).await;
    assert_eq!(copy.bytes("mixed.txt"), b"one\r\ntwo\n3\r\n");
    copy.done("edit_file", edit("utf16.txt", "b", "é")).await;
    assert_eq!(copy.bytes("utf16.txt"), b"\xFF\xFEa\0\r\0\n\0\xE9\0\r\0\n\0");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let place = copy.root().join("run.sh");
        fs::set_permissions(&place, fs::Permissions::from_mode(0o755)).unwrap();
        copy.done("edit_file", edit("run.sh", "1", "2")).await;
        assert_eq!(fs::metadata(place).unwrap().permissions().mode() & 0o777, 0o755);
    }
}

#[tokio::test]
async fn an_edit_that_is_not_certain_is_refused_with_what_is_needed_to_mend_it() {
    let text = b"fn a() {\n    one();\n}\n\nfn b() {\n    one();\n}\nlet x = 10;\n";
    let copy = Copy::with(&[("a.rs", text), ("empty", b"")]);
    let refused = |old: &'static str, new: &'static str| copy.refused("edit_file", edit("a.rs", old, new));
    assert_eq!(
        refused("    one();", "    two();").await,
        "old_text can't be placed in a.rs: this text stands in several places; add more lines around it\n  line 2:     one();\n  line 6:     one();\nNothing was written."
    );
    let nearly = refused("fn b() {\n    three(3);\n}", "").await;
    for told in ["you wrote:     three(3);\n  file has:      one();", "6\t    one();", "Nothing was written."]
    {
        assert!(nearly.contains(told), "{nearly}");
    }
    assert!(
        refused("let x = 1", "let x = 2")
            .await
            .starts_with("old_text begins or ends inside a word in line 8")
    );
    assert!(
        refused("let y = 10;", "let x = 10;")
            .await
            .starts_with("old_text is not in a.rs, but new_text already is, at line 8")
    );
    assert!(refused("nothing like it", "x").await.starts_with("old_text can't be placed in a.rs"));
    assert!(refused("", "x").await.starts_with("old_text is empty"));
    assert!(refused("one", "one").await.starts_with("old_text and new_text are the same"));
    assert!(refused("\n\n\n", "x").await.contains("Nothing was written."));
    assert_eq!(copy.bytes("a.rs"), text);
    copy.done("edit_file", edit("empty", "", "now\n")).await;
    assert_eq!(copy.bytes("empty"), b"now\n");
}

#[tokio::test]
async fn a_binary_file_is_never_edited() {
    let copy = Copy::with(&[("logo.png", b"\x89PNG\r\n\x1a\n\0")]);
    copy.refused("edit_file", edit("logo.png", "PNG", "GIF")).await;
    assert_eq!(copy.bytes("logo.png"), b"\x89PNG\r\n\x1a\n\0");
}

#[tokio::test]
async fn files_are_made_moved_and_deleted_but_never_overwritten() {
    let copy = Copy::with(&[("a.txt", b"a"), ("b.txt", b"b")]);
    copy.done("create_file", json!({ "path": "new/deep/c.txt", "content": "c\n" })).await;
    assert_eq!(copy.bytes("new/deep/c.txt"), b"c\n");
    copy.refused("create_file", json!({ "path": "a.txt", "content": "x" })).await;
    copy.refused("move_file", json!({ "from": "a.txt", "to": "b.txt" })).await;
    copy.done("move_file", json!({ "from": "a.txt", "to": "sub/a.txt" })).await;
    assert_eq!(copy.bytes("sub/a.txt"), b"a");
    copy.done("delete_file", json!({ "path": "b.txt" })).await;
    copy.refused("delete_file", json!({ "path": "b.txt" })).await;
    copy.refused("delete_file", json!({ "path": "new" })).await;
    assert_eq!(
        copy.done("list_files", json!({})).await,
        "new/\nnew/deep/\nnew/deep/c.txt\nsub/\nsub/a.txt\n"
    );
}

#[tokio::test]
async fn bytes_shared_with_another_name_are_not_changed() {
    let copy = Copy::with(&[("a.txt", b"one\n")]);
    let other = copy.dir.path().join("object");
    fs::hard_link(copy.root().join("a.txt"), &other).unwrap();
    copy.done("edit_file", edit("a.txt", "one", "two")).await;
    assert_eq!(fs::read(other).unwrap(), b"one\n");
}

#[tokio::test]
async fn a_write_past_its_limit_is_refused() {
    let copy = Copy::limited(&[("a", b"x\n")], ToolLimits { max_write_bytes: 4, ..ToolLimits::default() });
    copy.done("create_file", json!({ "path": "b", "content": "1234" })).await;
    assert_eq!(
        copy.refused("create_file", json!({ "path": "c", "content": "12345" })).await,
        "content has 5 bytes; one call writes at most 4"
    );
    copy.refused("edit_file", edit("a", "x", "12345")).await;
    copy.refused("create_file", json!({ "path": "c", "content": "\0" })).await;
}

#[tokio::test]
async fn lists_are_as_deep_and_as_long_as_asked_for() {
    let files: Vec<(String, &[u8])> = (0..5).map(|n| (format!("a/b/{n}.txt"), &b""[..])).collect();
    let files: Vec<_> = files.iter().map(|(path, bytes)| (path.as_str(), *bytes)).collect();
    let copy = Copy::limited(&files, ToolLimits { max_list_entries: 3, ..ToolLimits::default() });
    assert_eq!(copy.done("list_files", json!({ "depth": 1 })).await, "a/ (5 files)\n");
    assert_eq!(copy.done("list_files", json!({ "path": "a", "depth": 1 })).await, "a/b/ (5 files)\n");
    assert_eq!(
        copy.done("list_files", json!({ "path": "a/b/" })).await,
        "a/b/0.txt\na/b/1.txt\na/b/2.txt\n… and 2 more; list a folder of it\n"
    );
    copy.refused("list_files", json!({ "path": "a/b/0.txt" })).await;
    copy.refused("list_files", json!({ "path": "none" })).await;
}

#[tokio::test]
async fn a_search_finds_text_and_patterns_up_to_its_limit() {
    let utf16 = b"\xFF\xFEt\0i\0d\0e\0\n\0";
    let limits = ToolLimits { max_search_hits: 2, ..ToolLimits::default() };
    let copy =
        Copy::limited(&[("a.ts", b"Tide\r\nmark()\n"), ("b/c.ts", utf16), ("d.bin", b"tide\0")], limits);
    assert_eq!(copy.done("search", json!({ "pattern": "tide" })).await, "a.ts:1: Tide\nb/c.ts:1: tide\n");
    assert_eq!(copy.done("search", json!({ "pattern": "Tide" })).await, "a.ts:1: Tide\n");
    assert_eq!(copy.done("search", json!({ "pattern": "k()" })).await, "a.ts:2: mark()\n");
    assert_eq!(
        copy.done("search", json!({ "pattern": "^m.*\\)$", "regex": true })).await,
        "a.ts:2: mark()\n"
    );
    assert_eq!(copy.done("search", json!({ "pattern": "tide", "path": "b" })).await, "b/c.ts:1: tide\n");
    assert_eq!(copy.done("search", json!({ "pattern": "nowhere" })).await, "(no match)");
    let many = copy.done("search", json!({ "pattern": "e|m", "regex": true })).await;
    assert!(many.ends_with("… and more; search for something rarer, or in one folder\n"), "{many}");
    assert!(
        copy.refused("search", json!({ "pattern": "(", "regex": true }))
            .await
            .starts_with("the pattern can't be used")
    );
    copy.refused("search", json!({ "pattern": "" })).await;
}

#[tokio::test]
async fn a_search_stops_when_it_is_cancelled() {
    let copy = Copy::with(&[("a.ts", b"tide\n")]);
    let cancel = CancellationToken::new();
    cancel.cancel();
    let call = ToolCall { id: "1".into(), name: "search".into(), input: json!({ "pattern": "tide" }) };
    assert_eq!(copy.tools.call(&call, &cancel).await.output, "stopped");
}

#[tokio::test]
async fn a_wrong_call_is_answered_in_words_to_mend_it() {
    let copy = Copy::with(&[]);
    let unknown = copy.refused("run_command", json!({ "command": "rm -rf /" })).await;
    assert!(
        unknown.starts_with("there is no tool \"run_command\"; there are list_files, read_file, "),
        "{unknown}"
    );
    let broken = copy.refused("read_file", Value::String("{\"path\": \"a".into())).await;
    assert!(
        broken.starts_with("the input is no valid JSON object; it starts with \"{\\\"path\\\": \\\"a\""),
        "{broken}"
    );
    assert_eq!(copy.refused("read_file", json!([])).await, "the input must be a JSON object");
    assert_eq!(copy.refused("read_file", json!({})).await, "the input is wrong: missing field `path`");
    let extra = copy.refused("delete_file", json!({ "path": "a", "force": true })).await;
    assert_eq!(extra, "the input is wrong: unknown field `force`, expected `path`");
    copy.refused("read_file", json!({ "path": "a", "start_line": 0 })).await;
    copy.refused("read_file", json!({ "path": 7 })).await;
}

#[tokio::test]
async fn reading_tools_are_all_that_an_explanation_has() {
    let dir = tempfile::tempdir().unwrap();
    let tools = Tools::new(dir.path().into(), Access::Read, ToolLimits::default());
    let names: Vec<_> = tools.specs().iter().map(|spec| spec.name).collect();
    assert_eq!(names, ["list_files", "read_file", "search"]);
    let call =
        ToolCall { id: "1".into(), name: "create_file".into(), input: json!({ "path": "a", "content": "" }) };
    assert!(!tools.call(&call, &CancellationToken::new()).await.ok);
    assert!(!tools.write(&RelPath::parse("a").unwrap(), Some("")).ok);
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
}

#[test]
fn every_spec_is_an_object_schema_whose_required_fields_exist() {
    for tool in Tool::ALL {
        let spec = tool.spec();
        assert_eq!(Tool::named(spec.name), Some(tool));
        assert_eq!(spec.input["type"], "object");
        for field in spec.input["required"].as_array().unwrap() {
            assert!(spec.input["properties"].get(field.as_str().unwrap()).is_some(), "{} {field}", spec.name);
        }
    }
}

#[cfg(unix)]
#[tokio::test]
async fn what_changed_is_laid_over_another_copy_as_it_was() {
    use std::os::unix::fs::PermissionsExt as _;
    let files: [(&str, &[u8]); 4] = [
        ("run.sh", b"echo one\n"),
        ("logo.png", b"\x89PNG\0\xff"),
        ("old", b"a file"),
        ("kept.txt", b"as it was\n"),
    ];
    let (first, second) = (Copy::with(&files), Copy::with(&files));
    fs::set_permissions(first.root().join("run.sh"), fs::Permissions::from_mode(0o700)).unwrap();
    first.done("edit_file", edit("run.sh", "one", "two")).await;
    first.done("move_file", json!({ "from": "logo.png", "to": "img/logo.png" })).await;
    first.done("delete_file", json!({ "path": "old" })).await;
    first.done("create_file", json!({ "path": "old/new.txt", "content": "a folder now\n" })).await;
    first.done("create_file", json!({ "path": "gone.txt", "content": "not for long\n" })).await;
    first.done("delete_file", json!({ "path": "gone.txt" })).await;
    first.refused("edit_file", edit("kept.txt", "nowhere", "x")).await;

    let changed = first.tools.take_changed();
    let names: Vec<_> = changed.iter().map(RelPath::as_str).collect();
    assert_eq!(names, ["gone.txt", "img/logo.png", "logo.png", "old", "old/new.txt", "run.sh"]);
    assert!(first.tools.take_changed().is_empty());
    let kept = serde_json::to_vec(&first.tools.kept(&changed).unwrap()).unwrap();
    second.tools.lay(serde_json::from_slice(&kept).unwrap()).await.unwrap();
    assert_eq!(second.tools.files(), first.tools.files());
    for path in first.tools.files() {
        assert_eq!(second.bytes(path.as_str()), first.bytes(path.as_str()), "{path}");
    }
    let mode = |path: &str| fs::metadata(second.root().join(path)).unwrap().permissions().mode() & 0o100;
    assert_eq!((mode("run.sh"), mode("old/new.txt")), (0o100, 0));
    assert!(second.tools.take_changed().is_empty());
}
