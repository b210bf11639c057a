//! Event streams: resumed without gaps, open for what comes later, ended when the house closes.

use crate::house::{TestHouse, refused};
use futures::StreamExt;
use reqwest::{Method, Response};
use serde_json::{Value, json};
use std::time::Duration;

/// Reads messages until one has all of `wanted`, and answers with everything read.
async fn until(
    stream: &mut (impl StreamExt<Item = reqwest::Result<bytes::Bytes>> + Unpin),
    wanted: &str,
) -> String {
    let mut read = String::new();
    let reading = async {
        while !read.contains(wanted) {
            let piece = stream.next().await.expect("the stream stays open").expect("it is whole");
            read.push_str(&String::from_utf8_lossy(&piece));
        }
    };
    let in_time = tokio::time::timeout(Duration::from_secs(30), reading).await.is_ok();
    assert!(in_time, "{wanted} never came: {read}");
    read
}

async fn open(house: &TestHouse, path: &str, last: Option<&str>) -> Response {
    let mut request = house.ask(Method::GET, path);
    if let Some(last) = last {
        request = request.header("last-event-id", last);
    }
    request.send().await.expect("the house answers")
}

#[tokio::test]
async fn a_story_goes_on_after_the_last_event_that_was_seen() {
    let house = TestHouse::open().await;
    let (project, _) = house.sample().await;
    let id = house.submit(&project, "patch", "Add a dark mode toggle").await;
    let all = house.events(&id, 0).await;
    let path = format!("/api/agent/tasks/{id}/events?follow=false&after=1");
    let rest = open(&house, &path, Some("3")).await.text().await.unwrap();
    let numbers: Vec<u64> = rest.lines().filter_map(|line| line.strip_prefix("id: ")?.parse().ok()).collect();
    assert_eq!(numbers, (4..=all.len() as u64).collect::<Vec<_>>(), "the header counts more than the query");
    assert_eq!(refused(open(&house, &path, Some("three")).await, 400).await, "invalid_request");
    house.close().await;
}

#[tokio::test]
async fn a_finished_story_stays_open_for_its_review_and_ends_with_the_house() {
    let house = TestHouse::open().await;
    let (project, _) = house.sample().await;
    let id = house.submit(&project, "patch", "Add a dark mode toggle").await;
    let mut story = open(&house, &format!("/api/agent/tasks/{id}/events"), None).await.bytes_stream();
    until(&mut story, "event: finished").await;
    let rejected = json!({ "comment": "name it night mode" });
    house.post(&format!("/api/agent/tasks/{id}/reject"), rejected).await;
    assert!(until(&mut story, "event: rejected").await.contains("name it night mode"));
    house.close().await;
    let end =
        tokio::time::timeout(Duration::from_secs(10), async { while story.next().await.is_some() {} }).await;
    assert!(end.is_ok(), "the stream outlived its house");
}

#[tokio::test]
async fn the_feed_tells_of_settings_tasks_and_files() {
    let house = TestHouse::open().await;
    let (project, folder) = house.sample().await;
    let mut feed = open(&house, "/api/events", None).await.bytes_stream();
    until(&mut feed, "event: hello").await;
    let settings: Value = house.get("/api/settings").await;
    let put = house.ask(Method::PUT, "/api/settings").json(&settings).send().await.unwrap();
    assert!(put.status().is_success());
    until(&mut feed, "event: settings_changed").await;
    let id = house.submit(&project, "explain", "How?").await;
    assert!(until(&mut feed, "\"status\":\"done\"").await.contains(&id));
    std::fs::write(folder.join("README.md"), "by another hand\n").unwrap();
    until(&mut feed, "README.md").await;
    house.close().await;
}
