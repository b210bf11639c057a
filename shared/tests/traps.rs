//! Replies that were misread once, each by its name: what they mean, or that they are refused.

#![expect(clippy::unwrap_used, reason = "a test stops at the first thing that is not as it should be")]

use tidemark_shared::patch::{Files, RefusalCode, apply};

fn files<const N: usize>(files: [(&str, &str); N]) -> Files {
    files.map(|(path, text)| (path.to_owned(), text.to_owned())).into()
}

/// What the reply makes of the project.
fn applied(reply: &str, project: &Files) -> Result<Files, RefusalCode> {
    let mut made = project.clone();
    for (path, text) in apply(reply, project, project).map_err(|refusal| refusal.code)?.files {
        match text {
            Some(text) => drop(made.insert(path, text)),
            None => drop(made.remove(&path)),
        }
    }
    Ok(made)
}

fn refused(reply: &str, project: &Files) -> RefusalCode {
    applied(reply, project).unwrap_err()
}

#[test]
fn each_fence_of_a_reply_holds_a_diff_of_its_own() {
    let project = files([("a.ts", "one\ntwo\n"), ("b.ts", "three\nfour\n")]);
    let reply = "First:\n```diff\n--- a.ts\n+++ a.ts\n@@\n-one\n+1\n```\nThen:\n```diff\n--- b.ts\n+++ b.ts\n@@\n-four\n+4\n```\n";
    assert_eq!(applied(reply, &project), Ok(files([("a.ts", "1\ntwo\n"), ("b.ts", "three\n4\n")])));
}

#[test]
fn a_reply_may_hold_two_begin_patch_parts() {
    let part = |path: &str, line: &str| {
        format!("*** Begin Patch\n*** Update File: {path}\n@@\n-{line}\n+new\n*** End Patch\n")
    };
    let project = files([("a.ts", "one\n"), ("b.ts", "two\n")]);
    let reply = part("a.ts", "one") + &part("b.ts", "two");
    assert_eq!(applied(&reply, &project), Ok(files([("a.ts", "new\n"), ("b.ts", "new\n")])));
    let cut = reply.trim_end().strip_suffix("*** End Patch").unwrap();
    assert_eq!(refused(cut, &project), RefusalCode::Truncated);
}

#[test]
fn marks_in_the_text_of_a_block_are_not_taken_for_its_own() {
    let underlined = files([("notes.md", "Title\n=======\ntext\n")]);
    let block =
        "notes.md\n<<<<<<< SEARCH\nTitle\n=======\ntext\n=======\nTitle\n=======\nnew\n>>>>>>> REPLACE\n";
    assert_eq!(refused(block, &underlined), RefusalCode::Malformed);
    let longer = block.replace("<<<<<<< ", "<<<<<<<<< ").replace("text\n=======\n", "text\n=========\n");
    assert_eq!(applied(&longer, &underlined), Ok(files([("notes.md", "Title\n=======\nnew\n")])));
    let shown = files([("notes.md", ">>>>>>> REPLACE\n")]);
    let block = "notes.md\n<<<<<<< SEARCH\n>>>>>>> REPLACE\n=======\n>>>>>>> REPLACE\na\n>>>>>>> REPLACE\n";
    assert!(applied(block, &shown).is_err());
}

#[test]
fn a_format_shown_inside_a_diff_is_text() {
    let project = files([("docs.md", "a\n*** Begin Patch\n*** End Patch\nb\n<<<<<<< SEARCH\n")]);
    let reply = "--- docs.md\n+++ docs.md\n@@ -1,5 +1,5 @@\n a\n *** Begin Patch\n *** End Patch\n-b\n+c\n <<<<<<< SEARCH\n";
    let made = files([("docs.md", "a\n*** Begin Patch\n*** End Patch\nc\n<<<<<<< SEARCH\n")]);
    assert_eq!(applied(reply, &project), Ok(made.clone()));
    let reply = "*** Begin Patch\n*** Update File: docs.md\n@@\n *** End Patch\n-b\n+c\n*** End Patch\n";
    assert_eq!(applied(reply, &project), Ok(made));
}

#[test]
fn a_file_that_shows_a_diff_is_not_taken_for_one() {
    let project = files([("docs.md", "old\n"), ("a.ts", "one\n")]);
    let reply = "docs.md\n```\n# How to\nWrite this:\n--- a.ts\n+++ a.ts\n@@\n-one\n+two\n```\n";
    assert_eq!(refused(reply, &project), RefusalCode::Malformed);
}

#[test]
fn an_edit_without_a_changed_line_is_not_claimed_to_be_done() {
    let project = files([("a.ts", "one\n")]);
    assert_eq!(refused("--- a.ts\n+++ a.ts\n@@\n one\n", &project), RefusalCode::Malformed);
}

#[test]
fn thinking_is_cut_at_the_start_of_a_reply_only() {
    let project = files([("a.ts", "let a = '<think>';\nlet b = '</think>';\n")]);
    let reply = "<think>hm</think>\n--- a.ts\n+++ a.ts\n@@\n-let a = '<think>';\n+let c = '<think>';\n let b = '</think>';\n";
    assert_eq!(applied(reply, &project), Ok(files([("a.ts", "let c = '<think>';\nlet b = '</think>';\n")])));
}

#[test]
fn a_whole_file_without_an_ending_in_its_name_is_not_passed_over() {
    let project = files([("scripts/setup", "one\n"), ("a.ts", "two\n")]);
    let reply = "scripts/setup\n```\n1\n```\n\na.ts\n```\n2\n```\n";
    assert_eq!(applied(reply, &project), Ok(files([("scripts/setup", "1\n"), ("a.ts", "2\n")])));
}

#[test]
fn a_reading_that_fits_more_strictly_wins_and_no_other_chooses_between_places() {
    let file = "    if (ready) {\n      start()\n    }\n    stop()\n";
    let reply = "--- a.ts\n+++ a.ts\n@@\n  if (ready) {\n    start()\n+   wait()\n  }\n";
    let made = "    if (ready) {\n      start()\n      wait()\n    }\n    stop()\n";
    assert_eq!(applied(reply, &files([("a.ts", file)])), Ok(files([("a.ts", made)])));
    let twice = format!("{file}\n{file}");
    assert_eq!(refused(reply, &files([("a.ts", &twice)])), RefusalCode::Ambiguous);
}

#[test]
fn text_that_overlaps_itself_stands_in_two_places() {
    let reply = r#"{"path": "a.ts", "old_str": "go()\nstop()\ngo()", "new_str": "go()"}"#;
    assert_eq!(
        refused(reply, &files([("a.ts", "go()\nstop()\ngo()\nstop()\ngo()\n")])),
        RefusalCode::Ambiguous
    );
}

#[test]
fn numbers_that_are_the_files_own_text_stay() {
    let project = files([("a.txt", "1: one\n2: two\nthree\none\ntwo\n")]);
    let reply = "a.txt\n<<<<<<< SEARCH\n1: one\n2: two\n=======\n1: one\n2: 2\n>>>>>>> REPLACE\n";
    assert_eq!(applied(reply, &project), Ok(files([("a.txt", "1: one\n2: 2\nthree\none\ntwo\n")])));
}

#[test]
fn a_new_lines_own_number_is_not_taken_off() {
    let project = files([("a.txt", "one\ntwo\n")]);
    let reply =
        "a.txt\n<<<<<<< SEARCH\n1: one\n2: two\n=======\n1: one\n3: mine\nplain\n2: two\n>>>>>>> REPLACE\n";
    assert_eq!(refused(reply, &project), RefusalCode::NoMatch);
}

#[test]
fn an_insertion_beside_a_line_that_is_not_there_has_no_sure_place() {
    let file = "start the basin\nopen the gate\n}\n\nwait for the tide\nclose the gate\n}\n";
    let reply = "--- a.txt\n+++ a.txt\n@@\n wait for the tide\n close the gate\n+ring the bell\n \n";
    assert!(applied(reply, &files([("a.txt", file)])).is_err());
}

#[test]
fn blank_lines_that_close_a_replaced_text_go_with_it() {
    let file = "    first = 1\n    second = 2\n\n\nend\n";
    let reply =
        r#"{"path": "a.py", "old_str": "first = 1\nsecond = 2\n\n", "new_str": "first = 1\nsecond = 3\n"}"#;
    let made = "    first = 1\n    second = 3\n\nend\n";
    assert_eq!(applied(reply, &files([("a.py", file)])), Ok(files([("a.py", made)])));
}

#[test]
fn a_carriage_return_that_is_a_last_line_stays() {
    let reply = "--- a.txt\n+++ a.txt\n@@\n-one\n+1\n";
    assert_eq!(applied(reply, &files([("a.txt", "one\ntwo\n\r")])), Ok(files([("a.txt", "1\ntwo\n\r")])));
}

#[test]
fn a_blank_line_beside_left_out_code_is_not_a_line_of_the_file() {
    let project = files([("a.ts", "\nconst first = 1;\nconst second = 2;\nconst third = 3;\n")]);
    let reply = "a.ts\n```ts\n\n// ... existing code ...\nconst second = 2;\nconst third = 4;\n```\n";
    let meant = files([("a.ts", "\nconst first = 1;\nconst second = 2;\nconst third = 4;\n")]);
    assert_eq!(applied(reply, &project), Ok(meant));
}

#[test]
fn a_prefix_is_not_taken_for_indentation_where_the_lines_fit_loosely() {
    let file =
        "\nconst REVIEW = 'tide:review'\nconst PREVIEW = 'tide:preview'\n\ntype Props = {\n  tabs: Tabs\n";
    let reply = "--- a.ts\n+++ a.ts\n@@\n \n const REVIEW = 'tide:review'\n+ reef\n \n type Props = {\n   tabs: Tabs\n";
    assert!(applied(reply, &files([("a.ts", file)])).is_err());
}

#[test]
fn a_line_that_the_file_has_is_not_taken_for_a_reworded_other_one() {
    let file =
        "const REVIEW = 'tide:review'\nconst PREVIEW = 'tide:preview'\n\ntype Props = {\n  tabs: Tabs\n";
    let reply =
        "--- a.ts\n+++ a.ts\n@@\n const REVIEW = 'tide:review'\n+reef\n \n type Props = {\n   tabs: Tabs\n";
    assert!(applied(reply, &files([("a.ts", file)])).is_err());
}

#[test]
fn a_number_that_breaks_the_count_is_the_new_lines_own() {
    let project = files([("a.snap", "<cursor>\n1\tfn app()\n2\treturn tides\n3\t}\n")]);
    let reply = "a.snap\n<<<<<<< SEARCH\n 1\t<cursor>\n 2\t1\tfn app()\n 3\t2\treturn tides\n 4\t3\t}\n=======\n 1\t<cursor>\n 2\t1\tfn app()\n 3\t2\treturn tides\n3\t} buoy\n>>>>>>> REPLACE\n";
    assert_eq!(refused(reply, &project), RefusalCode::NoMatch);
    let plain = files([("a.txt", "one\ntwo\nthree\n")]);
    let reply = "a.txt\n<<<<<<< SEARCH\n1\tone\n2\ttwo\n=======\n1\tone\n7\tseas\n2\ttwo\n>>>>>>> REPLACE\n";
    assert_eq!(refused(reply, &plain), RefusalCode::NoMatch);
    let counted = reply.replace("7\tseas\n2\t", "2\tseas\n3\t");
    assert_eq!(applied(&counted, &plain), Ok(files([("a.txt", "one\nseas\ntwo\nthree\n")])));
}

#[test]
fn which_of_lines_that_are_alike_is_changed_is_not_guessed_where_one_was_left_out() {
    let file = "<span className=\"lines\">\n  <i />\n  <i />\n  <i />\n</span>\n<b>end of it</b>\n";
    let reply = "--- a.tsx\n+++ a.tsx\n@@\n <span className=\"lines\">\n   <i />\n-  <i />\n+  sail()\n </span>\n <b>end of it</b>\n";
    assert_eq!(refused(reply, &files([("a.tsx", file)])), RefusalCode::Ambiguous);
}

#[test]
fn a_blank_line_that_closes_a_replaced_text_is_not_passed_over() {
    let file = "def basin(keel):\n\tstern = keel[0]\n\treturn bow\n\n\ndef next():\n";
    let reply = r#"{"path": "a.py", "old_str": "\tstern = keel[0]\n\n", "new_str": "\tstern = keel[0]\n\n\tsand()\n\treturn keel\n"}"#;
    assert_eq!(refused(reply, &files([("a.py", file)])), RefusalCode::NoMatch);
}

#[test]
fn an_insertion_does_not_pass_a_line_that_was_left_out() {
    let file = "- shoal swell\n- drift harbour\n- spring sand\n\n```sh\ngauge --spring\n```\n\nend\n";
    let reply = "--- a.md\n+++ a.md\n@@\n - shoal swell\n - drift harbour\n - spring sand\n-\n-```sh\n-gauge --spring\n+mast(mast);\n+```sh bow\n+\n+drift(spring);\n \n";
    assert!(applied(reply, &files([("a.md", file)])).is_err());
}

#[test]
fn a_reworded_line_is_not_the_start_of_a_hunk_elsewhere() {
    let file = "impl gauge {\n    fn read(&self) -> keel {\n        let gauge = self.gauge.lock();\n        gauge.read()\n    }\n\n}\nimpl spring {\n    fn read(&self) -> harbour {\n        let anchor = self.anchor.lock();\n        anchor.read()\n    }\n\n}\n";
    let reply = "--- a.rs\n+++ a.rs\n@@ -2,6 +2,7 @@\n     fn read(&self) -> keel {\n         let gauge = self.gauge.lock();\n         anchor.read()\n+    sand(pilot);\n     }\n \n }\n";
    assert!(applied(reply, &files([("a.rs", file)])).is_err());
}

#[test]
fn a_reworded_line_does_not_choose_between_blocks_that_are_the_same_else() {
    let block = |kind: &str| {
        format!(
            "}}\n\nimpl FromRequestParts for Query {{\n    type Rejection = {kind};\n    async fn from_request_parts(parts: &mut Parts) {{\n"
        )
    };
    let file = block("anchor") + "        first()\n    }\n" + &block("Refusal") + "        second()\n    }\n";
    let reply = "--- a.rs\n+++ a.rs\n@@\n }\n \n impl FromRequestParts for Query {\n+basin();\n     type Rejection = mast;\n     async fn from_request_parts(parts: &mut Parts) {\n";
    assert_eq!(refused(reply, &files([("a.rs", &file)])), RefusalCode::Ambiguous);
}

#[test]
fn a_tool_call_in_a_fence_may_have_any_line_ends() {
    let call = "```json\n{\"path\": \"a.ts\", \"old_str\": \"one\", \"new_str\": \"1\\n2\"}\n```\n";
    let project = files([("a.ts", "one\ntwo\n")]);
    let made = files([("a.ts", "1\n2\ntwo\n")]);
    assert_eq!(applied(call, &project), Ok(made.clone()));
    assert_eq!(applied(&call.replace('\n', "\r\n"), &project), Ok(made));
}

#[test]
fn words_behind_a_diff_do_not_make_prefixes_of_text() {
    let project = files([("a.ts", "const first_value = 1;\nconst third_value = 3;\n")]);
    let reply = "--- a.ts\n+++ a.ts\n@@\n const first_value = 1;\n+  const second = 2;\n const third_value = 3;\nThat is it.\n";
    let meant = files([("a.ts", "const first_value = 1;\n  const second = 2;\nconst third_value = 3;\n")]);
    assert_eq!(applied(reply, &project), Ok(meant));
}

#[test]
fn no_part_of_a_change_is_left_out() {
    let project = files([("a.ts", "one\ntwo\n"), ("b.ts", "three\nfour\n")]);
    let diff = |path: &str, old: &str| format!("--- {path}\n+++ {path}\n@@\n-{old}\n+new\n");
    let fenced = |text: &str| format!("```\n{text}```\n");
    let patch = |path: &str, old: &str| format!("*** Update File: {path}\n@@\n-{old}\n+new\n*** End Patch\n");
    let block =
        |path: &str, old: &str| format!("{path}\n<<<<<<< SEARCH\n{old}\n=======\nnew\n>>>>>>> REPLACE\n");
    let whole = "b.ts\n```ts\nnew\n```\n";
    for reply in [
        diff("a.ts", "one") + &fenced(&diff("b.ts", "four")),
        fenced(&diff("a.ts", "one")) + &diff("b.ts", "four"),
        whole.to_owned() + &fenced(&diff("a.ts", "one")),
        whole.to_owned() + &diff("a.ts", "one"),
        whole.to_owned() + &block("a.ts", "one"),
        block("a.ts", "one") + whole,
        block("a.ts", "one") + &fenced(&diff("b.ts", "four")),
        fenced(&diff("a.ts", "one")) + &block("b.ts", "four"),
        format!("*** Begin Patch\n{}{whole}", patch("a.ts", "one")),
        format!("*** Begin Patch\n{}{}", patch("a.ts", "one"), fenced(&diff("b.ts", "four"))),
    ] {
        assert_eq!(refused(&reply, &project), RefusalCode::Malformed, "{reply}");
    }
    let both = Ok(files([("a.ts", "new\ntwo\n"), ("b.ts", "three\nnew\n")]));
    let bare_first = format!("{}*** Begin Patch\n{}", patch("a.ts", "one"), patch("b.ts", "four"));
    assert_eq!(applied(&bare_first, &project), both, "the first patch lacks its mark");
    let shown = format!("a.ts\n```ts\none\n```\nbecomes:\n{}", fenced(&diff("a.ts", "one")));
    assert_eq!(applied(&shown, &project), Ok(files([("a.ts", "new\ntwo\n"), ("b.ts", "three\nfour\n")])));
}
