//! Changes by other hands are told; what nobody cares about is not; a folder that went away is waited for.

use super::house::{House, path, put};
use std::time::Duration;
use tidemark_server::workspace::{Expect, Limits};
use tidemark_shared::{Hash, ServerEvent};
use tokio::sync::broadcast::Receiver;

/// The next event that `wanted` is content with; fails when none comes.
async fn hear(events: &mut Receiver<ServerEvent>, wanted: impl Fn(&ServerEvent) -> bool) -> ServerEvent {
    let heard = async {
        loop {
            let event = events.recv().await.unwrap();
            if wanted(&event) {
                return event;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(20), heard).await.expect("it is told")
}

fn is_of(event: &ServerEvent, name: &str) -> bool {
    matches!(event, ServerEvent::FileChanged { path, .. } if path.as_str() == name)
}

/// Writes until the first change is told: from then on the project is watched.
async fn watched(house: &House) -> Receiver<ServerEvent> {
    let mut events = house.workspace.changes();
    for n in 0..400 {
        put(&house.folder, "first.txt", format!("{n}").as_bytes());
        let next = tokio::time::timeout(Duration::from_millis(100), events.recv()).await;
        if next.is_ok() {
            put(&house.folder, "last.txt", b"x");
            hear(&mut events, |event| is_of(event, "last.txt")).await;
            return events;
        }
    }
    panic!("nothing was told");
}

#[tokio::test]
async fn what_another_program_writes_is_told_with_its_hash() {
    let house = House::with(&[("src/a.txt", b"a")]).await;
    let mut events = watched(&house).await;
    put(&house.folder, "src/a.txt", b"b");
    let hash = Some(Hash::of(b"b"));
    hear(&mut events, |e| {
        is_of(e, "src/a.txt") && matches!(e, ServerEvent::FileChanged { hash: h, .. } if *h == hash)
    })
    .await;
    std::fs::remove_file(house.folder.join("src/a.txt")).unwrap();
    hear(&mut events, |e| is_of(e, "src/a.txt") && matches!(e, ServerEvent::FileChanged { hash: None, .. }))
        .await;
}

#[tokio::test]
async fn a_folder_that_comes_later_is_watched_too() {
    let house = House::with(&[("a.txt", b"a")]).await;
    let mut events = watched(&house).await;
    put(&house.folder, "new/deep/b.txt", b"b");
    hear(&mut events, |e| matches!(e, ServerEvent::ProjectChanged { .. })).await;
    for n in 0..200 {
        put(&house.folder, "new/deep/b.txt", format!("{n}").as_bytes());
        let next = tokio::time::timeout(Duration::from_millis(100), events.recv()).await;
        if next.is_ok_and(|event| is_of(&event.unwrap(), "new/deep/b.txt")) {
            return;
        }
    }
    panic!("the new folder is not watched");
}

#[tokio::test]
async fn what_is_ignored_and_what_we_write_ourselves_beside_is_not_told() {
    let house = House::with(&[
        (".gitignore", b"*.log\ndist\n"),
        ("node_modules/p/i.js", b"x"),
        ("dist/out.js", b"x"),
        ("a.txt", b"a"),
    ])
    .await;
    let mut events = watched(&house).await;
    for name in ["x.log", "node_modules/p/i.js", "dist/out.js"] {
        put(&house.folder, name, b"y");
    }
    house.workspace.save(house.project, &path("a.txt"), "b", Expect::Any).await.unwrap();
    put(&house.folder, "z.txt", b"z");
    let mut told = Vec::new();
    loop {
        let event = hear(&mut events, |_| true).await;
        let ServerEvent::FileChanged { path, .. } = event else { panic!("{event:?}") };
        if path.as_str() == "z.txt" {
            break;
        }
        told.push(path.to_string());
    }
    assert!(told.iter().all(|name| name == "a.txt" || name == "last.txt"), "{told:?}");
}

#[tokio::test]
async fn a_project_that_disappears_and_comes_back_is_told() {
    let house = House::with(&[("a.txt", b"a")]).await;
    let mut events = watched(&house).await;
    let away = house.home.path().join("away");
    std::fs::rename(&house.folder, &away).unwrap();
    hear(&mut events, |e| matches!(e, ServerEvent::ProjectAvailable { available: false, .. })).await;
    std::fs::rename(&away, &house.folder).unwrap();
    hear(&mut events, |e| matches!(e, ServerEvent::ProjectAvailable { available: true, .. })).await;
    put(&house.folder, "a.txt", b"b");
    hear(&mut events, |e| is_of(e, "a.txt")).await;
}

#[tokio::test]
async fn with_too_many_folders_to_watch_they_are_looked_at_instead() {
    let limits = Limits { max_watched_folders: 2, ..Limits::default() };
    let house = House::limited(&[("a/a.txt", b"a"), ("b/b.txt", b"b")], limits).await;
    let mut events = watched(&house).await;
    put(&house.folder, "b/b.txt", b"changed");
    hear(&mut events, |e| is_of(e, "b/b.txt")).await;
}

#[tokio::test]
async fn more_changes_than_the_limit_are_told_as_one() {
    let limits = Limits { max_file_events: 3, ..Limits::default() };
    let house = House::limited(&[("a.txt", b"a")], limits).await;
    let mut events = watched(&house).await;
    for n in 0..40 {
        put(&house.folder, &format!("{n}.txt"), b"x");
    }
    hear(&mut events, |e| matches!(e, ServerEvent::ProjectChanged { .. })).await;
}
