//! kill −9 in the middle of a task, with a model that counts what it is asked: the task goes on after its last finished step,
//! no answer is paid for twice, and every edit is made once.

#![expect(clippy::unwrap_used, reason = "a test stops at the first thing that is not as it should be")]

use crate::desk::{Desk, Served, until};
use crate::random::Random;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tidemark_fake_llm::{Ended, FakeLlm, Script};
use tokio::runtime::Runtime;

/// Answers of the whole task: one reads, two edit, one ends.
const STEPS: usize = 4;

fn steps() -> [Value; STEPS] {
    let edit = |id: &str, path: &str, old: &str, new: &str| {
        let input = json!({ "path": path, "old_text": old, "new_text": new });
        json!({ "id": id, "name": "edit_file", "input": input })
    };
    [
        json!({ "say": "I look.", "call": [{ "id": "a", "name": "read_file", "input": { "path": "a.txt" } }] }),
        json!({ "call": [edit("b", "a.txt", "one\n", "one\nand a half\n"), edit("c", "b.txt", "two", "2")] }),
        json!({ "call": [
            edit("d", "a.txt", "and a half\n", "and a half\nand more\n"),
            { "id": "e", "name": "create_file", "input": { "path": "c.txt", "content": "new\n" } },
        ] }),
        json!({ "say": "All is done." }),
    ]
}

/// Tasks that are killed at random moments, and how often each.
const TASKS: usize = 6;
const KILLS: usize = 4;

const HANGS: fn() -> Value = || json!({ "say": "Hm.", "hang": {} });

/// A house beside a model, and a project of two files.
struct Walk {
    desk: Desk,
    folder: PathBuf,
    runtime: Runtime,
    model: FakeLlm,
}

impl Walk {
    fn new() -> Self {
        let desk = Desk::new();
        let folder = desk.path("project");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("a.txt"), "one\n").unwrap();
        std::fs::write(folder.join("b.txt"), "two\n").unwrap();
        let runtime = Runtime::new().unwrap();
        let model = runtime.block_on(FakeLlm::start(Script::default()));
        Self { desk, folder, runtime, model }
    }
    fn says(&self, turns: Vec<Value>) {
        self.model.script(serde_json::from_value(json!({ "turns": turns })).unwrap());
    }
    fn serve(&self) -> Served {
        self.desk.serve(&[
            ("ANTHROPIC_BASE_URL", &self.model.url()),
            ("ANTHROPIC_API_KEY", "key"),
            ("TIDEMARK_LIMITS_QUEUE_MAX_INTERRUPTIONS", "1000"),
        ])
    }
    fn submit(&self, served: &Served) -> String {
        let project = json!({ "from": "folder", "path": self.folder });
        let project = served.ask("POST", "/api/projects", Some(project));
        let task = json!({
            "projectId": project["id"], "mode": "patch", "model": "anthropic/fake-model", "prompt": "Count on", "fresh": true,
        });
        served.ask("POST", "/api/agent/tasks", Some(task))["taskId"].as_str().unwrap().to_owned()
    }
    /// Until the model has been asked so often.
    fn asked(&self, times: usize) {
        let asked = self.model.until_requests(times);
        let bounded = async { tokio::time::timeout(Duration::from_secs(60), asked).await };
        self.runtime.block_on(bounded).expect("the model is asked");
    }
    /// Requests that were answered in full: what a person pays for.
    fn paid(&self) -> usize {
        self.model.requests().iter().filter(|seen| seen.ended == Ended::Whole).count()
    }
}

/// The task once it ended as it must: with its diff, and metrics that count each answer once.
fn done_right(served: &Served, id: &str) -> Value {
    let task = until("it ends", || {
        let task = served.ask("GET", &format!("/api/agent/tasks/{id}"), None);
        ["done", "failed", "cancelled"].contains(&task["status"].as_str().unwrap()).then_some(task)
    });
    assert_eq!(task["status"], "done", "{task}");
    let files = task["result"]["filesModified"].as_array().unwrap();
    let patches: String = files.iter().map(|file| file["patch"].as_str().unwrap()).collect();
    let changed =
        |line: &&str| line.starts_with(['+', '-']) && !line.starts_with("+++") && !line.starts_with("---");
    let changed: Vec<_> = patches.lines().filter(changed).collect();
    assert_eq!(changed, ["+and a half", "+and more", "-two", "+2", "+new"], "{patches}");
    assert_eq!(task["metrics"]["steps"], STEPS);
    assert_eq!(task["metrics"]["tokens"]["input"], 12 * STEPS);
    assert_eq!(task["result"]["explanation"], "All is done.");
    task
}

/// The task's events.
fn story(served: &Served, id: &str) -> Vec<Value> {
    let told = served.ask("GET", &format!("/api/agent/tasks/{id}/events?follow=false"), None);
    let data = |line: &str| serde_json::from_str(line.strip_prefix("data: ")?).ok();
    told.as_str().unwrap().lines().filter_map(data).collect()
}

/// The calls that ended, in order, each of which must have been done.
fn calls(story: &[Value]) -> Vec<&str> {
    let ended = story.iter().filter(|event| event["type"] == "tool_finished");
    ended
        .inspect(|event| assert_eq!(event["ok"], true, "{event}"))
        .map(|event| event["callId"].as_str().unwrap())
        .collect()
}

fn count(story: &[Value], wanted: &str) -> usize {
    story.iter().filter(|event| event["type"] == wanted).count()
}

#[test]
fn a_kill_after_any_step_pays_for_no_answer_twice() {
    let walk = Walk::new();
    // Killed once after each step, each in a task of its own; and one task that is killed after every step.
    for kills in [vec![0], vec![1], vec![2], vec![3], vec![0, 1, 2, 3]] {
        let mut turns: Vec<Value> = steps().into();
        kills.iter().rev().for_each(|step| turns.insert(*step, HANGS()));
        walk.says(turns);
        let mut served = walk.serve();
        let id = walk.submit(&served);
        for (killed, step) in kills.iter().enumerate() {
            walk.asked(step + killed + 1);
            served.kill();
            served = walk.serve();
        }
        done_right(&served, &id);
        let told = story(&served, &id);
        assert_eq!(calls(&told), ["a", "b", "c", "d", "e"]);
        assert_eq!(walk.paid(), STEPS, "{kills:?}");
        assert_eq!(walk.model.requests().len(), STEPS + kills.len(), "{kills:?}");
        assert_eq!(count(&told, "interrupted"), kills.len());
        // Before the first answer there is nothing to go on from.
        assert_eq!(count(&told, "resumed"), kills.iter().filter(|step| **step > 0).count());
        assert_eq!(left(&walk.desk), [] as [PathBuf; 0], "what was kept goes when the task ends");
    }
}

#[test]
fn a_kill_at_any_moment_wastes_at_most_the_answer_in_flight() {
    let walk = Walk::new();
    let mut random = Random(0x7374_6570);
    let mut resumed = 0;
    for _ in 0..TASKS {
        let slow = |mut turn: Value| {
            turn["betweenMs"] = json!(10);
            turn["times"] = json!(100);
            turn
        };
        // Any number of times, and only when it is its turn: what the model has heard says which answer comes next.
        let [look, first, second, end] = steps().map(slow);
        let when = |mut turn: Value, has: &[&str], lacks: &[&str]| {
            turn["when"] = json!({ "contains": has, "lacks": lacks });
            turn
        };
        walk.says(vec![
            when(look, &[], &["1\tone"]),
            when(first, &["1\tone"], &["b.txt changed"]),
            when(second, &["b.txt changed"], &["c.txt made"]),
            when(end, &["c.txt made"], &[]),
        ]);
        let mut served = walk.serve();
        let id = walk.submit(&served);
        let mut kills = 0;
        while kills < KILLS {
            let task = format!("/api/agent/tasks/{id}");
            std::thread::sleep(Duration::from_millis(random.below(250)));
            let over = served.ask("GET", &task, None)["status"] == "done";
            if over {
                break;
            }
            served.kill();
            kills += 1;
            served = walk.serve();
        }
        done_right(&served, &id);
        let told = story(&served, &id);
        assert_eq!(calls(&told), ["a", "b", "c", "d", "e"]);
        resumed += count(&told, "resumed");
        let paid = walk.paid();
        assert!((STEPS..=STEPS + kills).contains(&paid), "{paid} answers were paid for, with {kills} kills");
    }
    assert!(resumed > TASKS / 2, "only {resumed} attempts went on: the kills came too early");
}

#[test]
fn damage_to_what_was_kept_starts_the_task_over_and_it_ends_right() {
    let walk = Walk::new();
    let [look, first, second, end] = steps();
    walk.says(vec![look.clone(), first.clone(), HANGS(), look, first, second, end]);
    let served = walk.serve();
    let id = walk.submit(&served);
    walk.asked(3);
    served.kill();
    let kept = left(&walk.desk);
    assert_eq!(kept.len(), 5, "three of calls, two of answers");
    for object in kept {
        std::fs::write(object, b"\0damaged").unwrap();
    }
    let served = walk.serve();
    done_right(&served, &id);
    let told = story(&served, &id);
    assert_eq!((count(&told, "interrupted"), count(&told, "resumed")), (1, 0));
    assert_eq!(calls(&told), ["a", "b", "c", "a", "b", "c", "d", "e"]);
}

/// The objects in the store that hold how far a task got.
fn left(desk: &Desk) -> Vec<PathBuf> {
    fn walk(dir: &Path, found: &mut Vec<PathBuf>) {
        for entry in dir.read_dir().unwrap().flatten() {
            let path = entry.path();
            if path.is_dir() {
                walk(&path, found);
            } else if holds_progress(&path) {
                found.push(path);
            }
        }
    }
    let mut found = Vec::new();
    walk(&desk.path("data/objects"), &mut found);
    found
}

fn holds_progress(object: &Path) -> bool {
    let stored = std::fs::read(object).unwrap();
    let bytes = match stored.split_first() {
        Some((1, packed)) => zstd::decode_all(packed).unwrap(),
        Some((_, plain)) => plain.to_vec(),
        None => Vec::new(),
    };
    serde_json::from_slice::<Value>(&bytes).is_ok_and(|object| object["further"].is_object())
}
