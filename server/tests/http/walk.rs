//! The main walk: ask, watch, read the change, accept, find it on disk, take it back.

use crate::house::TestHouse;
use serde_json::json;
use tidemark_shared::EventKind;

#[tokio::test]
async fn a_change_is_asked_for_accepted_and_taken_back() {
    let house = TestHouse::open().await;
    let (project, folder) = house.sample().await;
    let id = house.submit(&project, "patch", "Add a dark mode toggle").await;

    let events = house.events(&id, 0).await;
    let numbers: Vec<_> = events.iter().map(|event| event.seq).collect();
    assert_eq!(numbers, (1..=events.len() as u64).collect::<Vec<_>>(), "no gaps");
    assert!(matches!(events.first().unwrap().kind, EventKind::Queued));
    assert!(matches!(events.last().unwrap().kind, EventKind::Finished { .. }));

    let task = house.get(&format!("/api/agent/tasks/{id}")).await;
    assert_eq!((&task["status"], &task["review"]), (&json!("done"), &json!("pending")), "{task}");
    let files: Vec<_> = task["result"]["filesModified"].as_array().unwrap().clone();
    assert!(!files.is_empty());
    let before: Vec<_> =
        files.iter().map(|file| std::fs::read(folder.join(file["path"].as_str().unwrap())).ok()).collect();

    let changed = files[0]["path"].as_str().unwrap();
    let texts = house.get(&format!("/api/agent/tasks/{id}/files/{changed}")).await;
    assert_eq!(texts["base"], texts["current"], "nothing is written before the review");
    assert_ne!(texts["base"], texts["proposed"]);

    let reviewed = house.post(&format!("/api/agent/tasks/{id}/accept"), json!({})).await;
    assert_eq!(reviewed["task"]["review"], "accepted");
    assert_eq!(std::fs::read_to_string(folder.join(changed)).unwrap(), texts["proposed"].as_str().unwrap());

    let undone = house.post(&format!("/api/agent/tasks/{id}/undo"), json!({})).await;
    assert_eq!(undone["task"]["review"], "undone");
    for (file, before) in files.iter().zip(before) {
        assert_eq!(std::fs::read(folder.join(file["path"].as_str().unwrap())).ok(), before, "{file}");
    }

    // The story goes on where it was left off.
    let last = events.last().unwrap().seq;
    let later = house.events(&id, last).await;
    assert!(matches!(later[0].kind, EventKind::Accepted { .. }) && later[0].seq == last + 1);
    assert!(matches!(later[1].kind, EventKind::Undone { .. }));
    house.close().await;
}

#[tokio::test]
async fn an_explanation_changes_nothing() {
    let house = TestHouse::open().await;
    let (project, _) = house.sample().await;
    let id = house.submit(&project, "explain", "How does this app work?").await;
    house.events(&id, 0).await;
    let task = house.get(&format!("/api/agent/tasks/{id}")).await;
    assert_eq!((&task["status"], &task["review"]), (&json!("done"), &json!("none")), "{task}");
    assert!(!task["result"]["explanation"].as_str().unwrap().is_empty());
    assert_eq!(task["result"]["filesModified"], json!([]));
    house.close().await;
}

#[tokio::test]
async fn a_house_that_was_closed_knows_everything_when_it_opens_again() {
    let house = TestHouse::open().await;
    let (project, _) = house.sample().await;
    let id = house.submit(&project, "patch", "Add a dark mode toggle").await;
    let told = house.events(&id, 0).await;
    let dir = house.close().await;
    let again = TestHouse::with(|config| {
        config.server.data_dir = Some(dir.path().join("data"));
    })
    .await;
    assert_eq!(again.events(&id, 0).await, told);
    assert_eq!(again.get("/api/projects").await["items"][0]["id"], project.as_str());
    again.close().await;
}
