//! Reviews on real files: what is accepted is written, all or none; what a person did meanwhile stays; undo brings back.

use super::house::{House, put, tree};
use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use tidemark_server::tasks::review::ReviewError;
use tidemark_shared::review::{AcceptRequest, Conflict, ConflictKind, RejectRequest};
use tidemark_shared::{EventKind, Found, Hash, HunkId, HunkReview, Review, Task, TaskId};

const LINES: &str = "one\ntwo\nthree\nfour\nfive\nsix\nseven\neight\n";

/// With the first and the last line changed.
const BOTH: &str = "ONE\ntwo\nthree\nfour\nfive\nsix\nseven\nEIGHT\n";

fn hunks(task: &Task) -> Vec<HunkId> {
    let files = &task.result.as_ref().unwrap().files_modified;
    files.iter().flat_map(|file| &file.hunks).map(|hunk| hunk.id.clone()).collect()
}

fn only(hunk: &HunkId) -> AcceptRequest {
    AcceptRequest { hunks: Some(vec![hunk.clone()]) }
}

const ALL: AcceptRequest = AcceptRequest { hunks: None };

async fn conflicts(house: &House, task: TaskId) -> Vec<Conflict> {
    match house.reviews.accept(task, &ALL).await {
        Err(ReviewError::Conflict(conflicts)) => conflicts,
        other => panic!("no conflict: {other:?}"),
    }
}

#[tokio::test]
async fn accepting_all_writes_every_kind_of_change_and_undo_brings_every_byte_back() {
    let house = House::with(&[
        ("edited.txt", b"a\r\nb\r\n"),
        ("gone/deleted.txt", b"bye"),
        ("moved.txt", b"1\n2\n3\n4\n5\n"),
        ("image.bin", b"\0\x01"),
        ("run.sh", b"#!/bin/sh\n"),
        ("stays.txt", b"stays"),
    ])
    .await;
    std::fs::set_permissions(house.folder.join("edited.txt"), PermissionsExt::from_mode(0o640)).unwrap();
    let before = tree(&house.folder);
    let task = house
        .proposes(&|copy: &Path| {
            put(copy, "edited.txt", b"a\nB\n");
            std::fs::remove_file(copy.join("gone/deleted.txt")).unwrap();
            std::fs::rename(copy.join("moved.txt"), copy.join("here.txt")).unwrap();
            put(copy, "here.txt", b"1\n2\n3\n4\n5!\n");
            put(copy, "image.bin", b"\0\x02");
            put(copy, "new/deep/file.txt", b"new");
            std::fs::set_permissions(copy.join("run.sh"), PermissionsExt::from_mode(0o755)).unwrap();
        })
        .await;
    assert_eq!(tree(&house.folder), before, "a change set alone writes nothing");
    let reviewed = house.reviews.accept(task.id, &ALL).await.unwrap();
    let expected: BTreeMap<String, Vec<u8>> = [
        ("edited.txt", &b"a\r\nB\r\n"[..]),
        ("here.txt", b"1\n2\n3\n4\n5!\n"),
        ("image.bin", b"\0\x02"),
        ("new/deep/file.txt", b"new"),
        ("run.sh", b"#!/bin/sh\n"),
        ("stays.txt", b"stays"),
    ]
    .map(|(name, bytes)| (name.to_owned(), bytes.to_vec()))
    .into();
    assert_eq!(tree(&house.folder), expected);
    assert!(!house.folder.join("gone").exists(), "a folder whose last file went goes too");
    let mode = |name: &str| std::fs::metadata(house.folder.join(name)).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode("run.sh"), mode("edited.txt")), (0o755, 0o640));
    assert_eq!(reviewed.task.review, Review::Accepted);
    for written in &reviewed.written {
        let now = expected.get(written.path.as_str()).map(|bytes| Hash::of(bytes));
        assert_eq!((written.hash.clone(), written.merged), (now, false), "{}", written.path);
    }
    assert_eq!(reviewed.written.len(), 7);
    assert!(
        matches!(house.last_event(task.id).await, EventKind::Accepted { written, .. } if written.len() == 7)
    );

    let undone = house.reviews.undo(task.id).await.unwrap();
    assert_eq!(tree(&house.folder), before);
    assert_eq!((mode("run.sh"), mode("edited.txt")), (0o644, 0o640));
    assert!(!house.folder.join("new").exists());
    assert_eq!(undone.task.review, Review::Undone);
    assert!(matches!(house.last_event(task.id).await, EventKind::Undone { written } if written.len() == 7));
    house.reviews.accept(task.id, &ALL).await.unwrap();
    assert_eq!(tree(&house.folder), expected, "what was undone can be accepted again");
    house.is_settled();
}

#[tokio::test]
async fn hunks_are_kept_and_turned_down_one_by_one_in_any_order() {
    for order in [[0, 1], [1, 0]] {
        let house = House::with(&[("a.txt", LINES.as_bytes())]).await;
        let task = house.proposes(&|copy: &Path| put(copy, "a.txt", BOTH.as_bytes())).await;
        let ids = hunks(&task);
        assert_eq!(ids.len(), 2);
        let first = house.reviews.accept(task.id, &only(&ids[order[0]])).await.unwrap();
        assert_eq!(first.task.review, Review::Partial);
        let half = if order[0] == 0 { LINES.replace("one", "ONE") } else { LINES.replace("eight", "EIGHT") };
        assert_eq!(house.bytes("a.txt"), half.as_bytes());
        let again = house.reviews.accept(task.id, &only(&ids[order[0]])).await.unwrap();
        assert_eq!(again.written, [], "accepting twice is accepting once");
        let second = house.reviews.accept(task.id, &only(&ids[order[1]])).await.unwrap();
        assert_eq!(second.task.review, Review::Accepted);
        assert_eq!(house.bytes("a.txt"), BOTH.as_bytes());
        house.reviews.undo(task.id).await.unwrap();
        assert_eq!(house.bytes("a.txt"), LINES.as_bytes(), "undo takes both accepts back");
    }
}

#[tokio::test]
async fn a_rejected_hunk_is_never_written_and_its_comment_is_told() {
    let house = House::with(&[("a.txt", LINES.as_bytes())]).await;
    let task = house.proposes(&|copy: &Path| put(copy, "a.txt", BOTH.as_bytes())).await;
    let ids = hunks(&task);
    let request = RejectRequest { hunks: Some(vec![ids[1].clone()]), comment: Some("keep it".into()) };
    let rejected = house.reviews.reject(task.id, &request).await.unwrap();
    assert_eq!((rejected.task.review, house.bytes("a.txt")), (Review::Partial, LINES.into()));
    let told = EventKind::Rejected { hunks: vec![ids[1].clone()], comment: Some("keep it".into()) };
    assert_eq!(house.last_event(task.id).await, told);
    let accepted = house.reviews.accept(task.id, &ALL).await.unwrap();
    assert_eq!(house.bytes("a.txt"), LINES.replace("one", "ONE").as_bytes());
    assert_eq!(accepted.task.review, Review::Partial);
    assert!(matches!(house.reviews.accept(task.id, &ALL).await, Err(ReviewError::WrongState(_))));
    let back = RejectRequest { hunks: Some(vec![ids[0].clone()]), comment: None };
    assert!(matches!(house.reviews.reject(task.id, &back).await, Err(ReviewError::WrongState(_))));
    let changed_mind = house.reviews.accept(task.id, &only(&ids[1])).await.unwrap();
    assert_eq!((changed_mind.task.review, house.bytes("a.txt")), (Review::Accepted, BOTH.into()));
}

#[tokio::test]
async fn what_does_not_exist_or_is_not_there_yet_is_refused() {
    let house = House::with(&[("a.txt", b"a")]).await;
    let task = house.proposes(&|copy: &Path| put(copy, "a.txt", b"b")).await;
    let stranger = HunkId("0123456789abcdef".into());
    assert!(
        matches!(house.reviews.accept(task.id, &only(&stranger)).await, Err(ReviewError::UnknownHunk(id)) if id == stranger)
    );
    assert!(matches!(house.reviews.undo(task.id).await, Err(ReviewError::WrongState(_))));
    let nothing = house.proposes(&|_: &Path| {}).await;
    assert!(matches!(house.reviews.accept(nothing.id, &ALL).await, Err(ReviewError::WrongState(_))));
    assert_eq!(house.bytes("a.txt"), b"a");
}

#[tokio::test]
async fn edits_made_meanwhile_are_merged_and_kept_through_undo() {
    let house = House::with(&[("a.txt", LINES.as_bytes())]).await;
    let task = house.proposes(&|copy: &Path| put(copy, "a.txt", BOTH.as_bytes())).await;
    put(&house.folder, "a.txt", LINES.replace("four", "mine").as_bytes());
    let accepted = house.reviews.accept(task.id, &ALL).await.unwrap();
    assert_eq!(house.bytes("a.txt"), BOTH.replace("four", "mine").as_bytes());
    assert!(accepted.written[0].merged);
    let found = &accepted.task.result.as_ref().unwrap().files_modified[0].hunks[0];
    assert_eq!((found.found, found.review), (Found::Merged, HunkReview::Accepted));
    put(&house.folder, "a.txt", BOTH.replace("four", "mine").replace("five", "later").as_bytes());
    house.reviews.undo(task.id).await.unwrap();
    assert_eq!(house.bytes("a.txt"), LINES.replace("four", "mine").replace("five", "later").as_bytes());
}

#[tokio::test]
async fn what_a_person_took_back_by_hand_does_not_return_with_the_next_hunk() {
    let house = House::with(&[("a.txt", LINES.as_bytes())]).await;
    let task = house.proposes(&|copy: &Path| put(copy, "a.txt", BOTH.as_bytes())).await;
    let ids = hunks(&task);
    house.reviews.accept(task.id, &only(&ids[0])).await.unwrap();
    put(&house.folder, "a.txt", LINES.as_bytes());
    house.reviews.accept(task.id, &only(&ids[1])).await.unwrap();
    assert_eq!(house.bytes("a.txt"), LINES.replace("eight", "EIGHT").as_bytes());
}

#[tokio::test]
async fn what_is_there_already_is_not_written_again() {
    let house = House::with(&[("a.txt", LINES.as_bytes())]).await;
    let task = house.proposes(&|copy: &Path| put(copy, "a.txt", BOTH.as_bytes())).await;
    put(&house.folder, "a.txt", BOTH.as_bytes());
    let accepted = house.reviews.accept(task.id, &ALL).await.unwrap();
    assert_eq!((accepted.written, accepted.task.review), (vec![], Review::Accepted));
    house.reviews.undo(task.id).await.unwrap();
    assert_eq!(house.bytes("a.txt"), BOTH.as_bytes(), "undo takes back only what was written");
}

#[tokio::test]
async fn an_overlap_is_told_with_all_sides_and_no_file_is_written() {
    let house = House::with(&[("a.txt", LINES.as_bytes()), ("b.txt", b"b\n")]).await;
    let task = house
        .proposes(&|copy: &Path| {
            put(copy, "a.txt", BOTH.as_bytes());
            put(copy, "b.txt", b"B\n");
            put(copy, "c.txt", b"c\n");
        })
        .await;
    put(&house.folder, "a.txt", LINES.replace("one", "mine").as_bytes());
    let before = tree(&house.folder);
    let conflicts = conflicts(&house, task.id).await;
    assert_eq!(tree(&house.folder), before);
    assert_eq!(conflicts.len(), 1);
    let region = &conflicts[0].regions[0];
    assert_eq!((conflicts[0].path.as_str(), conflicts[0].kind), ("a.txt", ConflictKind::Overlap));
    assert_eq!(region.current_line, 1);
    assert_eq!(
        (&region.base[0], &region.current[0], &region.proposed[0]),
        (&"one".into(), &"mine".into(), &"ONE".into())
    );
    assert_eq!(house.queue.get(task.id).await.unwrap().review, Review::Pending);
    let rest: Vec<_> = hunks(&task).into_iter().skip(1).collect();
    house.reviews.accept(task.id, &AcceptRequest { hunks: Some(rest) }).await.unwrap();
    assert_eq!(house.bytes("a.txt"), LINES.replace("one", "mine").replace("eight", "EIGHT").as_bytes());
    house.is_settled();
}

#[tokio::test]
async fn every_kind_of_conflict_is_told_and_nothing_is_written() {
    let change = |copy: &Path| {
        put(copy, "edit.txt", b"A\n");
        std::fs::remove_file(copy.join("delete.txt")).unwrap();
        put(copy, "new.txt", b"theirs");
        put(copy, "bytes.bin", b"\0theirs");
        std::fs::rename(copy.join("from.txt"), copy.join("to.txt")).unwrap();
    };
    let house = House::with(&[
        ("edit.txt", b"a\n"),
        ("delete.txt", b"d"),
        ("bytes.bin", b"\0"),
        ("from.txt", b"moves"),
    ])
    .await;
    let task = house.proposes(&change).await;
    std::fs::remove_file(house.folder.join("edit.txt")).unwrap();
    put(&house.folder, "delete.txt", b"mine");
    put(&house.folder, "new.txt", b"mine");
    put(&house.folder, "bytes.bin", b"\0mine");
    put(&house.folder, "to.txt", b"mine");
    let before = tree(&house.folder);
    let mut told: Vec<_> =
        conflicts(&house, task.id).await.into_iter().map(|c| (c.path.to_string(), c.kind)).collect();
    told.sort_by(|a, b| a.0.cmp(&b.0));
    let expected = [
        ("bytes.bin", ConflictKind::Binary),
        ("delete.txt", ConflictKind::ChangedByYou),
        ("edit.txt", ConflictKind::DeletedByYou),
        ("new.txt", ConflictKind::Exists),
        ("to.txt", ConflictKind::Exists),
    ];
    assert_eq!(told, expected.map(|(path, kind)| (path.to_owned(), kind)));
    assert_eq!(tree(&house.folder), before);
}

#[tokio::test]
async fn undo_does_not_take_a_later_edit_with_it() {
    let house = House::with(&[("a.txt", LINES.as_bytes())]).await;
    let task = house
        .proposes(&|copy: &Path| {
            put(copy, "a.txt", BOTH.as_bytes());
            put(copy, "new.txt", b"new");
        })
        .await;
    house.reviews.accept(task.id, &ALL).await.unwrap();
    put(&house.folder, "new.txt", b"new, and mine");
    put(&house.folder, "a.txt", BOTH.replace("ONE", "uno").as_bytes());
    let before = tree(&house.folder);
    let Err(ReviewError::Conflict(conflicts)) = house.reviews.undo(task.id).await else {
        panic!("no conflict");
    };
    let told: Vec<_> = conflicts.iter().map(|c| (c.path.as_str(), c.kind)).collect();
    assert_eq!(told, [("new.txt", ConflictKind::ChangedByYou), ("a.txt", ConflictKind::Overlap)]);
    assert_eq!(tree(&house.folder), before);
    assert_eq!(house.queue.get(task.id).await.unwrap().review, Review::Accepted);
}

#[tokio::test]
async fn a_project_that_is_gone_is_told_and_the_review_waits() {
    let house = House::with(&[("a.txt", b"a\n")]).await;
    let task = house.proposes(&|copy: &Path| put(copy, "a.txt", b"b\n")).await;
    let away = house.home.path().join("away");
    std::fs::rename(&house.folder, &away).unwrap();
    let answer = house.reviews.accept(task.id, &ALL).await;
    assert!(matches!(answer, Err(ReviewError::Workspace(_))), "{answer:?}");
    std::fs::rename(&away, &house.folder).unwrap();
    house.reviews.accept(task.id, &ALL).await.unwrap();
    assert_eq!(house.bytes("a.txt"), b"b\n");
}

#[tokio::test]
async fn many_reviews_at_once_on_one_project_lose_nothing() {
    let house = House::with(&[("a.txt", LINES.as_bytes())]).await;
    let one = |at: &'static str| {
        move |copy: &Path| put(copy, "a.txt", LINES.replace(at, &at.to_uppercase()).as_bytes())
    };
    let mut tasks = Vec::new();
    for word in ["one", "three", "five", "seven"] {
        tasks.push(house.proposes(&one(word)).await.id);
    }
    let accepts = tasks.iter().map(|task| house.reviews.accept(*task, &ALL));
    for answer in futures::future::join_all(accepts).await {
        answer.unwrap();
    }
    assert_eq!(house.bytes("a.txt"), b"ONE\ntwo\nTHREE\nfour\nFIVE\nsix\nSEVEN\neight\n");
    for task in tasks {
        house.reviews.undo(task).await.unwrap();
    }
    assert_eq!(house.bytes("a.txt"), LINES.as_bytes());
}

#[tokio::test]
async fn a_symlink_that_leads_out_is_not_written_through_by_an_accept() {
    let house = House::with(&[("dir/a.txt", b"a\n")]).await;
    let task = house
        .proposes(&|copy: &Path| {
            put(copy, "dir/a.txt", b"b\n");
            put(copy, "dir/new.txt", b"new\n");
        })
        .await;
    let outside = house.home.path().join("outside");
    put(&outside, "a.txt", b"a\n");
    std::fs::remove_dir_all(house.folder.join("dir")).unwrap();
    std::os::unix::fs::symlink(&outside, house.folder.join("dir")).unwrap();
    let answer = house.reviews.accept(task.id, &ALL).await;
    assert!(answer.is_err(), "{answer:?}");
    let untouched: BTreeMap<_, _> = [("a.txt".to_owned(), b"a\n".to_vec())].into();
    assert_eq!(tree(&outside), untouched);
}
