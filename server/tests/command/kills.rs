//! kill −9 at a hundred random moments, during tasks, accepts and undos: what was acknowledged is there and ends once, and
//! the project is wholly as it was or wholly as accepted, all of its files together.

#![expect(clippy::unwrap_used, reason = "a test stops at the first thing that is not as it should be")]

use crate::desk::{Desk, Served, until};
use crate::random::Random;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

const KILLS: u32 = 100;
/// A house is killed at some moment of its first so many milliseconds.
const LIFE_MS: u64 = 700;

#[test]
fn a_hundred_kills_lose_no_task_and_tear_no_file() {
    let desk = Desk::new();
    let folder = desk.sample();
    let page = std::fs::read_to_string(folder.join("src/App.tsx")).unwrap();
    let tab = std::fs::read_to_string(folder.join("index.html")).unwrap();
    // The times are the seed's, so that a failure can be looked at again.
    let mut random = Random(0x7469_6465);
    let mut acknowledged = BTreeSet::new();
    for number in 0..KILLS {
        let served = desk.serve(&[]);
        // What an accept left half done is finished before the server answers.
        is_whole(&folder, &page, &tab);
        let moment = Duration::from_millis(random.below(LIFE_MS));
        let pid = rustix::process::Pid::from_child(&served.child);
        let killer = std::thread::spawn(move || {
            std::thread::sleep(moment);
            rustix::process::kill_process(pid, rustix::process::Signal::KILL).expect("it can be killed");
        });
        work_until_it_dies(&served, &folder, number, &mut acknowledged);
        killer.join().unwrap();
        drop(served);
    }

    let served = desk.serve(&[]);
    assert!(
        acknowledged.len() > 20,
        "only {} tasks were taken in: the kills came too early",
        acknowledged.len()
    );
    for id in &acknowledged {
        let task = until("it ends", || {
            let task = served.ask("GET", &format!("/api/agent/tasks/{id}"), None);
            ["done", "failed", "cancelled"].contains(&task["status"].as_str().unwrap()).then_some(task)
        });
        // A task that was killed too often is given up, and says so; nothing else may fail.
        assert!(task["status"] == "done" || task["error"]["code"] == "interrupted", "{task}");
        let story = served.ask("GET", &format!("/api/agent/tasks/{id}/events?follow=false"), None);
        assert_eq!(story.as_str().unwrap().matches("event: finished").count(), 1, "{story}");
    }
    let heading = is_whole(&folder, &page, &tab);
    let reviewed = acknowledged.iter().any(|id| {
        let review = served.ask("GET", &format!("/api/agent/tasks/{id}"), None)["review"].clone();
        review == "accepted" || review == "undone"
    });
    assert!(reviewed, "no accept came through, so none was tried; the heading is {heading}");
}

/// Sends a task, accepts what it makes, takes every third back, and begins again, for as long as the server lives.
fn work_until_it_dies(
    served: &Served,
    folder: &Path,
    number: u32,
    acknowledged: &mut BTreeSet<String>,
) -> Option<()> {
    let ask = |method: &str, path: &str, body: Value| served.try_ask(method, path, Some(body));
    let (_, project) = ask("POST", "/api/projects", json!({ "from": "folder", "path": folder }))?;
    for round in 0.. {
        let id = uuid::Uuid::now_v7().to_string();
        let task = json!({
            "id": id, "projectId": project["id"], "mode": "patch", "model": "demo/guide",
            "prompt": format!("Change the heading to \"Plot {number} {round}\""),
        });
        let (status, answer) = ask("POST", "/api/agent/tasks", task)?;
        assert_eq!(status, 202, "{answer}");
        acknowledged.insert(id.clone());
        let path = format!("/api/agent/tasks/{id}");
        while !["done", "failed"].contains(&served.try_ask("GET", &path, None)?.1["status"].as_str()?) {}
        // An older task that went on after its kill may have changed the same lines: then nothing is written.
        let (status, answer) = ask("POST", &format!("{path}/accept"), json!({}))?;
        assert!([200, 409].contains(&status), "{status} {answer}");
        if status == 200 && round % 3 == 2 {
            let (status, answer) = ask("POST", &format!("{path}/undo"), json!({}))?;
            assert_eq!(status, 200, "{answer}");
        }
    }
    None
}

/// Both files have one heading, and are otherwise what they were: all of an accept or nothing of it.
fn is_whole(folder: &Path, page: &str, tab: &str) -> String {
    let now = |path: &str| std::fs::read_to_string(folder.join(path)).unwrap();
    let (now_page, now_tab) = (now("src/App.tsx"), now("index.html"));
    let between = |text: &str, open: &str, close: &str| {
        text.split_once(open)
            .and_then(|(_, rest)| rest.split_once(close))
            .map(|(inside, _)| inside.to_owned())
    };
    let heading = between(&now_page, "<h1>", "</h1>").unwrap_or_else(|| panic!("torn: {now_page}"));
    let old = between(page, "<h1>", "</h1>").unwrap();
    assert_eq!(now_page, page.replacen(&format!("<h1>{old}</h1>"), &format!("<h1>{heading}</h1>"), 1));
    let old = between(tab, "<title>", "</title>").unwrap();
    let expected = tab.replacen(&format!("<title>{old}</title>"), &format!("<title>{heading}</title>"), 1);
    assert_eq!(now_tab, expected, "half an accept: the page says {heading}");
    let left: Vec<_> = walk(folder).into_iter().filter(|name| name.contains("tidemark")).collect();
    assert!(left.is_empty(), "left behind: {left:?}");
    heading
}

fn walk(folder: &Path) -> Vec<String> {
    let mut names = Vec::new();
    for entry in folder.read_dir().unwrap().flatten() {
        names.push(entry.file_name().to_string_lossy().into_owned());
        if entry.path().is_dir() {
            names.extend(walk(&entry.path()));
        }
    }
    names
}
