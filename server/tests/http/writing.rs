//! A reply in plain text, from a model that streams it: which files it changes is told while it still arrives.

use crate::house::{TestHouse, good};
use futures::StreamExt;
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::Duration;
use tidemark_fake_llm::FakeLlm;
use tidemark_server::config::{Provider, Speaks};
use tidemark_shared::{EventKind, TaskEvent};

const FIRST: &str = "*** Begin Patch\n*** Add File: beds.md\n+# Beds\n+\n*** Add File: rain.md\n+# Rain\n";

/// A house whose only model is the fake, and a task that it works on.
async fn asked(turn: Value) -> (TestHouse, FakeLlm, String) {
    let fake = FakeLlm::with(json!({ "turns": [turn] })).await;
    let provider = Provider {
        id: "fake".into(),
        name: None,
        base_url: format!("{}/v1", fake.url()),
        key_env: None,
        speaks: Speaks::OpenaiChat,
        models: vec!["fake-model".into()],
    };
    let house = TestHouse::with(|config| config.provider.push(provider)).await;
    let (project, _) = house.sample().await;
    let new = json!({ "projectId": project, "mode": "patch", "prompt": "Write two notes", "model": "fake/fake-model" });
    let task = house.post("/api/agent/tasks", new).await;
    let id = task["taskId"].as_str().expect("a task has an id").to_owned();
    (house, fake, id)
}

/// What a story told last of each file: lines added and removed, and whether more is expected.
fn told(story: &str) -> BTreeMap<String, (u32, u32, bool)> {
    let data = story.lines().filter_map(|line| line.strip_prefix("data: "));
    let events = data.filter_map(|data| serde_json::from_str::<TaskEvent>(data).ok());
    let files = events.filter_map(|event| match event.kind {
        EventKind::Writing { path, added_lines, removed_lines, open } => {
            Some((path.to_string(), (added_lines, removed_lines, open)))
        }
        _ => None,
    });
    files.collect()
}

#[tokio::test]
async fn files_are_named_and_counted_while_the_answer_still_arrives() {
    let (house, _fake, id) = asked(json!({ "say": [FIRST, " ", " "], "hang": { "after": 3 } })).await;
    let path = format!("/api/agent/tasks/{id}/events");
    let mut story = house.ask(Method::GET, &path).send().await.unwrap().bytes_stream();
    let mut read = String::new();
    let reading = async {
        while !told(&read).contains_key("rain.md") {
            read.push_str(&String::from_utf8_lossy(&story.next().await.unwrap().unwrap()));
        }
    };
    assert!(tokio::time::timeout(Duration::from_secs(30), reading).await.is_ok(), "{read}");
    let expected = [("beds.md".to_owned(), (2, 0, false)), ("rain.md".to_owned(), (1, 0, true))];
    assert_eq!(told(&read), expected.into());
    good(house.ask(Method::POST, &format!("/api/agent/tasks/{id}/cancel")).send().await.unwrap()).await;
    house.events(&id, 0).await;
    house.close().await;
}

#[tokio::test]
async fn what_was_told_is_what_the_change_set_has() {
    let say = [FIRST, "+It ", "rained.\n", "*** End Patch\n"];
    let (house, _fake, id) = asked(json!({ "say": say, "betweenMs": 60 })).await;
    let path = format!("/api/agent/tasks/{id}/events");
    let mut story = house.ask(Method::GET, &path).send().await.unwrap().bytes_stream();
    let mut read = String::new();
    let reading = async {
        while !read.contains("event: finished") {
            read.push_str(&String::from_utf8_lossy(&story.next().await.unwrap().unwrap()));
        }
    };
    assert!(tokio::time::timeout(Duration::from_secs(60), reading).await.is_ok(), "{read}");
    let expected = [("beds.md".to_owned(), (2, 0, false)), ("rain.md".to_owned(), (2, 0, false))];
    assert_eq!(told(&read), expected.into());
    let task = house.get(&format!("/api/agent/tasks/{id}")).await;
    let files = task["result"]["filesModified"].as_array().unwrap();
    let made =
        files.iter().map(|file| (file["path"].as_str().unwrap().to_owned(), file["addedLines"].clone()));
    assert_eq!(made.collect::<Vec<_>>(), [("beds.md".into(), json!(2)), ("rain.md".into(), json!(2))]);
    house.close().await;
}
