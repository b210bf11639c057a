//! Replies that nobody should have to read, each kind by its name: refused with the reason, in bounded work. Where the
//! danger is time, the input is so large that work in its square would hang the test.

#![expect(clippy::unwrap_used, reason = "a test stops at the first thing that is not as it should be")]

use std::fmt::Write as _;
use tidemark_shared::patch::reply::{self, MAX_REPLY};
use tidemark_shared::patch::{Files, Intended, Refusal, RefusalCode, apply};

/// As many lines as a reply may have, and a file.
const MOST: usize = 100_000;

fn files<const N: usize>(files: [(&str, &str); N]) -> Files {
    files.map(|(path, text)| (path.to_owned(), text.to_owned())).into()
}

fn project() -> Files {
    files([("src/app.ts", "one\ntwo\nthree\n")])
}

fn refused(reply: &str, project: &Files) -> Refusal {
    apply(reply, project, project).unwrap_err()
}

fn applied(reply: &str, project: &Files) -> Intended {
    apply(reply, project, project).unwrap()
}

fn numbered(word: &str, count: usize) -> String {
    (0..count).fold(String::new(), |mut text, number| {
        writeln!(text, "{word} {number}").unwrap();
        text
    })
}

fn block(path: &str, old: &str, new: &str) -> String {
    format!("{path}\n<<<<<<< SEARCH\n{old}=======\n{new}>>>>>>> REPLACE\n\n")
}

#[test]
fn an_empty_reply() {
    for reply in ["", " ", "\n\n", "\r\n", "\u{feff}", "{}", "\"\""] {
        assert_eq!(refused(reply, &project()).code, RefusalCode::Malformed, "{reply:?}");
    }
    assert!(reply::read("").unwrap_err().message.contains("no edit"));
}

#[test]
fn a_binary_reply() {
    let bytes: Vec<u8> = (0..=255).cycle().take(50_000).collect();
    let text = String::from_utf8_lossy(&bytes);
    assert_eq!(refused(&text, &project()).code, RefusalCode::Malformed);
    let inside = format!("--- src/app.ts\n+++ src/app.ts\n@@\n-{text}\n+two\n");
    assert!(apply(&inside, &project(), &project()).is_err());
}

#[test]
fn a_reply_of_a_hundred_megabytes() {
    let refusal = refused(&"a line of it\n".repeat(8_000_000), &project());
    assert_eq!(refusal.code, RefusalCode::Malformed);
    assert!(refusal.message.contains("bytes"), "{refusal}");
    // As many lines as fit into what is read.
    for line in ["\n", "+\n", "```\n", "@@\n", "<<<<<<< SEARCH\n", "*** End Patch\n"] {
        let refusal = refused(&line.repeat(MAX_REPLY / line.len()), &project());
        assert_eq!(refusal.code, RefusalCode::Malformed, "{line:?}");
        assert!(refusal.message.contains("lines"), "{refusal}");
    }
}

#[test]
fn a_file_of_a_hundred_megabytes() {
    let large = files([("src/app.ts", &"one\n".repeat(25 << 20))]);
    for reply in [
        "--- src/app.ts\n+++ src/app.ts\n@@ -1,1 +1,1 @@\n-one\n+two\n".to_owned(),
        block("src/app.ts", "one\n", "two\n"),
        r#"{"path": "src/app.ts", "old_str": "one", "new_str": "two"}"#.to_owned(),
        "src/app.ts\n```\n// ... existing code ...\none and more of it\n```\n".to_owned(),
    ] {
        let refusal = refused(&reply, &large);
        assert_eq!(refusal.code, RefusalCode::Malformed, "{refusal}");
        assert!(refusal.message.contains("too large"), "{refusal}");
    }
}

#[test]
fn a_line_of_ten_megabytes() {
    let line = "ab ".repeat(3 << 20);
    let long = files([("src/app.ts", &format!("{line}\ntwo\nthree\n"))]);
    let reply = "--- src/app.ts\n+++ src/app.ts\n@@\n-two\n+2\n three\n";
    assert_eq!(applied(reply, &long).files["src/app.ts"].as_deref(), Some(&*format!("{line}\n2\nthree\n")));
    let spoilt =
        "--- src/app.ts\n+++ src/app.ts\n@@\n ab ab and more of it\n-two and more of it\n+2\n three\n";
    assert_eq!(refused(spoilt, &long).code, RefusalCode::NoMatch);
    let written = format!("--- src/app.ts\n+++ src/app.ts\n@@\n-{line}\n+1\n two\n");
    assert_eq!(refused(&written, &project()).code, RefusalCode::Malformed);
}

#[test]
fn fences_within_fences() {
    let (mut deep, mut same) = (String::new(), String::new());
    for depth in 0..2_000 {
        writeln!(deep, "{}", "`".repeat(3 + depth)).unwrap();
        same += "```\n```diff\n";
    }
    for fences in [&deep, &same, &"```\n".repeat(MOST - 10), &"~~~~\n```\n".repeat(MOST / 2 - 10)] {
        assert!(apply(fences, &project(), &project()).is_err());
        let reply = format!("{fences}--- src/app.ts\n+++ src/app.ts\n@@\n-two\n+2\n");
        if let Ok(made) = apply(&reply, &project(), &project()) {
            assert_eq!(made.files["src/app.ts"].as_deref(), Some("one\n2\nthree\n"));
        }
    }
}

#[test]
fn thinking_and_wrapping_without_end() {
    let wrapped = (0..40).fold(String::from("x"), |text, _| {
        serde_json::json!({"patch": text}).to_string().chars().take(1 << 20).collect()
    });
    for reply in ["<think>".repeat(1 << 20), "<think></think>".repeat(1 << 19), "[".repeat(1 << 20), wrapped]
    {
        assert_eq!(refused(&reply, &project()).code, RefusalCode::Malformed);
    }
}

#[test]
fn thousands_of_hunks() {
    let project = files([("src/app.ts", &numbered("line", 10_000))]);
    let hunk = |k: usize| format!("@@\n line {}\n-line {}\n+new {k}\n", 2 * k, 2 * k + 1);
    let reply = |count: usize| {
        (0..count).map(hunk).fold("--- src/app.ts\n+++ src/app.ts\n".to_owned(), |reply, hunk| reply + &hunk)
    };
    let made = applied(&reply(5_000), &project);
    assert_eq!(made.hunks.len(), 5_000);
    assert_eq!(made.files["src/app.ts"].as_ref().unwrap().matches("new").count(), 5_000);
    let refusal = apply(&reply(5_001), &project, &project).unwrap_err();
    assert_eq!(refusal.hunk, Some(5_001), "{refusal}");
}

#[test]
fn thousands_of_hunks_that_are_nearly_right() {
    let file = numbered("the same long line of the file with the number", 5_000);
    let hunk = "@@\n the same long line of a file with a number 17\n-the same long line of the file with a number 18\n+new\n";
    let reply = format!("--- src/app.ts\n+++ src/app.ts\n{}", hunk.repeat(5_000));
    assert!(apply(&reply, &files([("src/app.ts", &file)]), &Files::new()).is_err());
    assert!(apply(&reply, &files([("src/app.ts", &file)]), &files([("src/app.ts", &file)])).is_err());
}

/// As many parts of so many lines as a reply may have.
fn many(lines: usize, part: impl Fn(usize) -> String) -> String {
    (0..(MOST - 10) / lines).map(part).collect()
}

#[test]
fn thousands_of_parts_in_each_form() {
    for reply in [
        many(5, |_| "--- src/app.ts\n+++ src/app.ts\n@@\n-two\n+two\n".into()),
        many(2, |number| format!("--- a{number}\n+++ a{number}\n")),
        many(2, |_| "*** Update File: src/app.ts\n*** End Patch\n".into()),
        many(5, |_| "*** Update File: src/app.ts\n@@\n-two\n+two\n *** End Patch\n".into()),
        many(6, |number| block(&format!("src/{number}.ts"), "two\n", "2\n")),
        many(6, |_| block("src/app.ts", "two\n", "two\n")),
        many(4, |_| "src/app.ts\n```\n1\n```\n".into()),
        many(5, |_| "src/app.ts\n```\n// ...\nthree\n```\n".into()),
    ] {
        drop(apply(&reply, &project(), &project()));
    }
    let new = many(4, |number| format!("*** Begin Patch\n*** Add File: {number}.ts\n+a\n*** End Patch\n"));
    assert_eq!(applied(&new, &project()).files.len(), (MOST - 10) / 4);
}

#[test]
fn thousands_of_edits_of_a_large_file() {
    let large = files([("src/app.ts", &numbered("line", 20_000))]);
    let reply = many(5, |_| "--- src/app.ts\n+++ src/app.ts\n@@\n-line 7\n+line 7\n".into());
    let refusal = refused(&reply, &large);
    assert_eq!(refusal.code, RefusalCode::Malformed);
    assert!(refusal.message.contains("too long"), "{refusal}");
    let other = files([("src/app.ts", &numbered("other", 20_000))]);
    assert!(apply(&reply, &large, &other).is_err());
}

#[test]
fn lines_that_are_all_the_same() {
    let same = files([("src/app.ts", &"the same line\n".repeat(MOST - 10))]);
    let half = "the same line\n".repeat(MOST / 2 - 10);
    let searched = refused(&block("src/app.ts", &half, "other\n"), &same);
    assert_eq!(searched.code, RefusalCode::Malformed, "{searched}");
    let elided = format!("src/app.ts\n```\n{half}// ... existing code ...\n{half}```\n");
    assert_eq!(refused(&elided, &same).code, RefusalCode::Malformed);
    let call = serde_json::json!({"path": "src/app.ts", "old_str": half, "new_str": "other"}).to_string();
    assert_eq!(refused(&call, &same).code, RefusalCode::Ambiguous);
    let below = "--- src/app.ts\n+++ src/app.ts\n@@ class Tide\n the same line\n-the same line\n+other\n";
    assert_eq!(refused(below, &same).code, RefusalCode::Ambiguous);
}

#[test]
fn a_large_text_for_another_that_has_nothing_in_common() {
    let large = files([("src/app.ts", &numbered("old", MOST / 2 - 10))]);
    let reply = block("src/app.ts", &numbered("old", MOST / 2 - 10), &numbered("new", MOST / 2 - 10));
    let refusal = refused(&reply, &large);
    assert_eq!(refusal.code, RefusalCode::Malformed);
    assert!(refusal.message.contains("too large"), "{refusal}");
}

#[test]
fn numbers_and_entities_on_every_line() {
    let text = numbered("1\tline &lt;b&gt;", MOST / 2 - 10);
    let large = files([("src/app.ts", &numbered("line <b>", 50_000))]);
    drop(apply(&block("src/app.ts", &text, &text.replace("1\t", "2\t")), &large, &large));
    let prefixed: String = text.lines().map(|line| format!("-{line}\n")).collect();
    drop(apply(&format!("--- src/app.ts\n+++ src/app.ts\n@@\n{prefixed}"), &large, &large));
}

#[test]
fn a_path_that_leaves_the_project() {
    let many = "../".repeat(100_000);
    for path in [
        "../escape.ts",
        "a/../../escape.ts",
        "src/..",
        "/etc/passwd",
        "//etc/passwd",
        "~/../x\u{0}.ts",
        "a\u{0}.ts",
        "C:/x.ts",
        "c:x.ts",
        "C:\\x.ts",
        "src\\..\\..\\x.ts",
        "\\\\host\\share",
        "a//b.ts",
        "a/./b.ts",
        "",
        ".",
        "a\u{1b}[2J.ts",
        &many,
    ] {
        for reply in [
            format!("*** Begin Patch\n*** Add File: {path}\n+a\n*** End Patch\n"),
            format!("--- /dev/null\n+++ {path}\n@@ -0,0 +1,1 @@\n+a\n"),
            format!(
                "*** Begin Patch\n*** Update File: src/app.ts\n*** Move to: {path}\n@@\n-two\n+2\n*** End Patch\n"
            ),
            format!("diff --git a/src/app.ts b/x\nrename from src/app.ts\nrename to {path}\n"),
        ] {
            match apply(&reply, &project(), &project()) {
                Err(refusal) => assert!(
                    matches!(refusal.code, RefusalCode::BadPath | RefusalCode::Malformed),
                    "{path:?}: {refusal}"
                ),
                Ok(made) => panic!("{path:?} makes {:?}", made.files.keys()),
            }
        }
    }
}

#[test]
fn names_that_differ_only_in_case() {
    let add = |path: &str| format!("*** Begin Patch\n*** Add File: {path}\n+a\n*** End Patch\n");
    assert_eq!(refused(&add("SRC/App.ts"), &project()).code, RefusalCode::WouldOverwrite);
    let both = add("lib/tide.ts") + &add("lib/Tide.ts");
    assert_eq!(refused(&both, &project()).code, RefusalCode::WouldOverwrite);
    let moved =
        "*** Begin Patch\n*** Update File: src/app.ts\n*** Move to: README.MD\n@@\n-two\n+2\n*** End Patch\n";
    let project = files([("src/app.ts", "one\ntwo\n"), ("readme.md", "")]);
    assert_eq!(refused(moved, &project).code, RefusalCode::WouldOverwrite);
    let edit = "--- SRC/App.ts\n+++ SRC/App.ts\n@@\n-two\n+2\n";
    assert_eq!(refused(edit, &project).code, RefusalCode::BadPath);
    let two = files([("a/x.ts", "one\n"), ("a/X.ts", "one\n")]);
    let edit = "--- a/X.ts\n+++ a/X.ts\n@@\n-one\n+1\n";
    assert_eq!(applied(edit, &two).files.keys().collect::<Vec<_>>(), ["a/X.ts"]);
}

#[test]
fn two_edits_of_one_line() {
    let reply = block("src/app.ts", "two\n", "2\n") + &block("src/app.ts", "two\n", "zwei\n");
    assert_eq!(refused(&reply, &project()).code, RefusalCode::Conflict);
    let hunk = |new: &str| format!("@@\n one\n-two\n+{new}\n");
    let reply = format!("--- src/app.ts\n+++ src/app.ts\n{}{}", hunk("2"), hunk("zwei"));
    assert_eq!(refused(&reply, &project()).code, RefusalCode::Conflict);
    let part = |new: &str| format!("--- src/app.ts\n+++ src/app.ts\n{}", hunk(new));
    assert_eq!(refused(&(part("2") + &part("zwei")), &project()).code, RefusalCode::NoMatch);
}

#[test]
fn an_edit_of_a_file_that_the_reply_never_saw() {
    let edit = |path: &str| format!("--- {path}\n+++ {path}\n@@\n-two\n+2\n");
    let refusal = refused(&edit("src/other.ts"), &project());
    assert_eq!(refusal.code, RefusalCode::BadPath);
    assert!(refusal.message.contains("src/other.ts"), "{refusal}");
    let newer = files([("src/app.ts", "one\ntwo\nthree\n"), ("src/new.ts", "one\ntwo\n")]);
    for reply in [
        edit("src/new.ts"),
        block("src/new.ts", "two\n", "2\n"),
        r#"{"path": "src/new.ts", "old_str": "two", "new_str": "2"}"#.to_owned(),
        "src/new.ts\n```\nall of it\n```\n".to_owned(),
        "*** Begin Patch\n*** Delete File: src/new.ts\n*** End Patch\n".to_owned(),
        "*** Begin Patch\n*** Add File: src/new.ts\n+a\n*** End Patch\n".to_owned(),
    ] {
        let refusal = apply(&reply, &project(), &newer).unwrap_err();
        assert_eq!(refusal.code, RefusalCode::WouldOverwrite, "{reply}");
    }
}
