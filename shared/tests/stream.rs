//! A reply that is read while it arrives: what is shown is never taken back, and is the beginning of what the whole reply
//! turns out to be.

#![expect(clippy::unwrap_used, reason = "a test stops at the first thing that is not as it should be")]

use proptest::prelude::*;
use tidemark_shared::patch::reply::{Act, FileEdit, read};
use tidemark_shared::patch::{Progress, Stream};

/// Lines that matter to some reader, and some that matter to none.
fn line() -> impl Strategy<Value = String> {
    let marks = prop::sample::select(vec![
        "```",
        "```diff",
        "```ts",
        "~~~",
        "````",
        "--- a/x.ts",
        "+++ b/x.ts",
        "--- /dev/null",
        "+++ /dev/null",
        "@@",
        "@@ -1,2 +1,2 @@ fn a",
        "diff --git a/x.ts b/x.ts",
        "rename from x.ts",
        "rename to y.ts",
        "new file mode 100644",
        "*** Begin Patch",
        "*** End Patch",
        " *** End Patch",
        " *** Begin Patch",
        "*** Update File: x.ts",
        "*** Add File: y.ts",
        "*** Delete File: z.ts",
        "*** Move to: w.ts",
        "*** End of File",
        "<<<<<<< SEARCH",
        "=======",
        ">>>>>>> REPLACE",
        "<<<<<<<<< SEARCH",
        "x.ts",
        "y.ts",
        "**y.ts**",
        "{",
        "\"",
        "<think>",
        "</think>",
        "```json",
        "\\ No newline at end of file",
        "Then:",
        "``` x.ts",
        "```ts:y.ts",
        "// ...",
        "\r",
    ]);
    prop_oneof![3 => marks.prop_map(String::from), 2 => "[-+ ][ab]{0,2}", 1 => "[ab]{0,2}"]
}

/// A whole part of a reply, in one of the forms.
fn part() -> impl Strategy<Value = String> {
    let edits = vec![
        "x.ts\n<<<<<<< SEARCH\na\nb\n=======\na\nc\n>>>>>>> REPLACE\n",
        "*** Begin Patch\n*** Update File: x.ts\n@@\n a\n-b\n+c\n*** Add File: y.ts\n+a\n*** End Patch\n",
        "```diff\n--- a/x.ts\n+++ b/x.ts\n@@ -1,2 +1,2 @@\n a\n-b\n+c\n@@ -9 +9 @@\n-d\n+e\n```\n",
        "--- a/x.ts\n+++ b/x.ts\n@@\n a\n-b\n+c\n--- a/y.ts\n+++ b/y.ts\n@@\n-a\n+b\n",
        "```\ndiff --git a/x.ts b/x.ts\n--- a/x.ts\n+++ b/x.ts\n@@\n-a\n+b\ndiff --git a/y.ts b/y.ts\nrename from y.ts\nrename to z.ts\n```\n",
        "y.ts\n```ts\na\nb\n```\n",
        "{\"path\": \"x.ts\", \"old_str\": \"a\", \"new_str\": \"b\"}",
        "<think>\n--- a/x.ts\n+++ b/x.ts\n</think>\n",
    ];
    prop_oneof![
        3 => prop::sample::select(edits).prop_map(String::from),
        2 => prop::collection::vec(line(), 0..6).prop_map(|lines| lines.iter().map(|line| line.clone() + "\n").collect()),
    ]
}

fn reply() -> impl Strategy<Value = String> {
    (prop::collection::vec(part(), 1..5), any::<bool>()).prop_map(|(parts, crlf)| {
        let text = parts.concat();
        if crlf { text.replace('\n', "\r\n") } else { text }
    })
}

fn read_so_far(pieces: &[&str]) -> Stream {
    let mut stream = Stream::default();
    pieces.iter().for_each(|piece| stream.push(piece));
    stream
}

/// Every prefix that ends at a character.
fn cuts(reply: &str) -> impl Iterator<Item = usize> {
    (0..=reply.len()).filter(|at| reply.is_char_boundary(*at))
}

fn begins(whole: &[FileEdit], part: &[FileEdit]) -> bool {
    let same = |whole: &FileEdit, part: &FileEdit| match (&whole.act, &part.act) {
        (Act::Edit { hunks, move_to }, Act::Edit { hunks: first, move_to: to }) => {
            whole.path == part.path
                && whole.other_path == part.other_path
                && move_to == to
                && hunks.starts_with(first)
        }
        _ => whole == part,
    };
    part.len() <= whole.len() && whole.iter().zip(part).all(|(whole, part)| same(whole, part))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_certain_stays_and_begins_what_the_reply_says(reply in reply()) {
        let mut stream = Stream::default();
        let (mut shown, mut from) = (Vec::new(), 0);
        for cut in cuts(&reply) {
            stream.push(&reply[from..cut]);
            from = cut;
            prop_assert!(begins(stream.edits(), &shown), "{shown:?} was taken back for {:?}", stream.edits());
            shown = stream.edits().to_vec();
        }
        if let Ok(whole) = read(&reply) {
            prop_assert!(begins(&whole, &shown), "{shown:#?}\nshown of\n{whole:#?}\n{reply}");
        }
    }

    #[test]
    fn pieces_may_be_cut_anywhere(reply in reply(), cut in any::<[prop::sample::Index; 2]>()) {
        let cuts: Vec<usize> = cuts(&reply).collect();
        let [a, b] = cut.map(|cut| cuts[cut.index(cuts.len())]);
        let (a, b) = (a.min(b), a.max(b));
        let pieces = read_so_far(&[&reply[..a], &reply[a..b], &reply[b..]]);
        let whole = read_so_far(&[&reply]);
        prop_assert_eq!(pieces.edits(), whole.edits());
        prop_assert_eq!(pieces.progress(), whole.progress());
    }

    #[test]
    fn a_file_that_was_named_stays_and_its_counts_only_rise(reply in reply()) {
        let mut stream = Stream::default();
        let (mut told, mut from): (Vec<Progress>, _) = (Vec::new(), 0);
        for cut in cuts(&reply) {
            stream.push(&reply[from..cut]);
            from = cut;
            let rises = |(now, before): (&Progress, &Progress)| {
                now.path == before.path && now.added >= before.added && now.removed >= before.removed
            };
            prop_assert!(stream.progress().len() >= told.len() && stream.progress().iter().zip(&told).all(rises));
            told = stream.progress().to_vec();
        }
    }
}

/// A few thousand in a test run, more by `TIDEMARK_LAWS=100000 cargo test --release --test stream`.
fn cases() -> u32 {
    std::env::var("TIDEMARK_LAWS").map_or(2_000, |cases| cases.parse().unwrap())
}

fn progress(path: &str, added: usize, removed: usize, open: bool) -> Progress {
    Progress { path: path.into(), added, removed, open }
}

#[test]
fn a_block_counts_when_it_is_complete() {
    let mut stream = read_so_far(&["I change it.\n\nx.ts\n<<<<<<< SEARCH\na\nb\n=======\na\n"]);
    assert_eq!(stream.progress(), [progress("x.ts", 0, 0, true)]);
    assert!(stream.edits().is_empty());
    stream.push("c\nd\n>>>>>>> REPLACE\n");
    assert_eq!(stream.progress(), [progress("x.ts", 2, 1, false)]);
    assert_eq!(stream.edits().len(), 1);
}

#[test]
fn a_patchs_file_is_certain_when_the_next_begins() {
    let mut stream = read_so_far(&["*** Begin Patch\n*** Update File: x.ts\n@@\n a\n-b\n+c\n"]);
    assert_eq!(stream.progress(), [progress("x.ts", 1, 1, true)]);
    assert!(stream.edits().is_empty());
    stream.push("*** Add File: y.ts\n+a\n");
    assert_eq!(stream.progress(), [progress("x.ts", 1, 1, false), progress("y.ts", 1, 0, true)]);
    assert_eq!(stream.edits().len(), 1);
    stream.push("*** End Patch\n");
    assert_eq!(stream.edits().len(), 2);
}

#[test]
fn a_fenced_diffs_file_is_certain_when_the_next_begins() {
    let mut stream = read_so_far(&["```diff\n--- a/x.ts\n+++ b/x.ts\n@@\n a\n-b\n+c\n"]);
    assert_eq!(stream.progress(), [progress("x.ts", 1, 1, true)]);
    stream.push("--- a/y.ts\n+++ b/y.ts\n@@\n-a\n");
    assert_eq!(stream.progress(), [progress("x.ts", 1, 1, false), progress("y.ts", 0, 1, true)]);
    assert_eq!(stream.edits().len(), 1);
    stream.push("```\n");
    assert_eq!(stream.progress()[1], progress("y.ts", 0, 1, false));
}

#[test]
fn of_a_whole_file_only_its_name_is_told() {
    let mut stream = read_so_far(&["src/x.ts\n```ts\na\nb\n"]);
    assert_eq!(stream.progress(), [progress("src/x.ts", 0, 0, true)]);
    stream.push("```\n");
    assert_eq!(stream.progress(), [progress("src/x.ts", 0, 0, false)]);
    assert!(stream.edits().is_empty());
}

#[test]
fn thoughts_and_json_say_nothing_before_their_end() {
    let thought = read_so_far(&["<think>\nx.ts\n<<<<<<< SEARCH\na\n=======\nb\n>>>>>>> REPLACE\n"]);
    assert!(thought.progress().is_empty() && thought.edits().is_empty());
    let json = read_so_far(&[
        "```json\n{\"patch\": \"\n",
        "*** Begin Patch\n*** Delete File: x.ts\n*** End Patch\n",
    ]);
    assert!(json.progress().is_empty() && json.edits().is_empty());
}

#[test]
fn the_work_is_proportional_to_the_reply_however_it_is_cut() {
    let block = "x.ts\n<<<<<<< SEARCH\na\nb\n=======\na\nc\n>>>>>>> REPLACE\n";
    let patch = "*** Update File: x.ts\n@@\n a\n-b\n+c\n";
    let diff = "--- a/x.ts\n+++ b/x.ts\n@@\n a\n-b\n+c\n";
    for reply in [
        block.repeat(5_000),
        format!("*** Begin Patch\n{}*** End Patch\n", patch.repeat(5_000)),
        format!("```diff\n{}```\n", diff.repeat(5_000)),
        format!("<think>{}</think>\n{block}", "hm\n".repeat(50_000)),
        "x.ts\n```\na\n```\n".repeat(5_000),
        "a".repeat(200_000),
    ] {
        let mut stream = Stream::default();
        reply.as_bytes().chunks(7).for_each(|piece| stream.push(std::str::from_utf8(piece).unwrap()));
        assert!(stream.work() <= 6 * reply.len(), "{} for {} bytes", stream.work(), reply.len());
    }
}
