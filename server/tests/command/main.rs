//! The real binary: served, killed, started again, and asked from the command line.

mod desk;
mod kills;
mod random;
mod resume;

use desk::{Desk, until};
use serde_json::{Value, json};
use std::process::Command;
use std::time::Duration;

#[test]
fn the_ready_file_is_for_this_user_only_and_sigterm_stops_within_five_seconds() {
    use std::os::unix::fs::PermissionsExt;
    let desk = Desk::new();
    let mut served = desk.serve(&[("TIDEMARK_MODELS_DEMO_PACE_MS", "200")]);
    assert_eq!(std::fs::metadata(&served.ready).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(served.address["pid"], served.child.id());
    let project =
        served.ask("POST", "/api/projects", Some(json!({ "from": "folder", "path": desk.sample() })));
    let task =
        json!({ "projectId": project["id"], "mode": "explain", "prompt": "How?", "model": "demo/guide" });
    let id = served.ask("POST", "/api/agent/tasks", Some(task))["taskId"].as_str().unwrap().to_owned();
    until("it is worked on", || {
        (served.ask("GET", &format!("/api/agent/tasks/{id}"), None)["status"] == "processing").then_some(())
    });
    let (took, code) = served.terminate();
    assert!(took < Duration::from_secs(5), "{took:?}");
    assert_eq!(code, Some(0));
    // The task was handed back, not lost.
    let again = desk.serve(&[]);
    until("it is done", || {
        (again.ask("GET", &format!("/api/agent/tasks/{id}"), None)["status"] == "done").then_some(())
    });
}

#[test]
fn a_task_outlives_kill_9_and_ends_once() {
    let desk = Desk::new();
    let served = desk.serve(&[("TIDEMARK_MODELS_DEMO_PACE_MS", "200")]);
    let project =
        served.ask("POST", "/api/projects", Some(json!({ "from": "folder", "path": desk.sample() })));
    let task = |prompt: &str| json!({ "projectId": project["id"], "mode": "patch", "prompt": prompt, "model": "demo/guide" });
    let ids: Vec<String> =
        ["Add a dark mode toggle", "Change the heading to \"Hello\"", "Add a dark mode toggle"]
            .map(|prompt| {
                served.ask("POST", "/api/agent/tasks", Some(task(prompt)))["taskId"]
                    .as_str()
                    .unwrap()
                    .to_owned()
            })
            .into();
    until("one is worked on", || {
        let events = served.ask("GET", "/api/agent/tasks?status=processing", None);
        (!events["items"].as_array().unwrap().is_empty()).then_some(())
    });
    served.kill();

    let again = desk.serve(&[]);
    for id in ids {
        let task = until("it ends", || {
            let task = again.ask("GET", &format!("/api/agent/tasks/{id}"), None);
            ["done", "failed", "cancelled"].contains(&task["status"].as_str().unwrap()).then_some(task)
        });
        assert_eq!(task["status"], "done", "{task}");
        let story = again.ask("GET", &format!("/api/agent/tasks/{id}/events?follow=false"), None);
        let story = story.as_str().unwrap();
        assert_eq!(story.matches("event: finished").count(), 1, "{story}");
        let numbers: Vec<u64> =
            story.lines().filter_map(|line| line.strip_prefix("id: ")?.parse().ok()).collect();
        assert_eq!(numbers, (1..=numbers.len() as u64).collect::<Vec<_>>(), "no gaps");
    }
}

#[test]
fn run_prints_what_git_applies_and_writes_only_when_told() {
    let desk = Desk::new();
    let sample = desk.sample();
    let before = std::fs::read(sample.join("src/App.tsx")).unwrap();
    let at = sample.to_string_lossy().into_owned();
    let run = desk.run(&["run", "Add a dark mode toggle", "--project", &at, "--model", "demo/guide"]);
    assert_eq!(run.status.code(), Some(0), "{}", String::from_utf8_lossy(&run.stderr));
    assert_eq!(std::fs::read(sample.join("src/App.tsx")).unwrap(), before);
    let diff = desk.path("out.diff");
    std::fs::write(&diff, &run.stdout).unwrap();
    let check =
        Command::new("git").args(["apply", "--check"]).arg(&diff).current_dir(&sample).output().unwrap();
    assert!(check.status.success(), "{}", String::from_utf8_lossy(&check.stderr));
    let run =
        desk.run(&["run", "Add a dark mode toggle", "--project", &at, "--model", "demo/guide", "--accept"]);
    assert_eq!(run.status.code(), Some(0), "{}", String::from_utf8_lossy(&run.stderr));
    assert_ne!(std::fs::read(sample.join("src/App.tsx")).unwrap(), before);
}

#[test]
fn the_line_of_tasks_is_looked_at_and_mended() {
    let desk = Desk::new();
    let json = |args: &[&str]| -> Value {
        let out = desk.run(&[&["queue"], args, &["--json"]].concat());
        assert_eq!(out.status.code(), Some(0), "{args:?}: {}", String::from_utf8_lossy(&out.stderr));
        serde_json::from_slice(&out.stdout).unwrap()
    };
    assert_eq!(desk.run(&["queue", "drain"]).status.code(), Some(0));
    let mut served = desk.serve(&[]);
    let at = desk.sample().to_string_lossy().into_owned();
    let project = served.ask("POST", "/api/projects", Some(json!({ "from": "folder", "path": at })));
    let new = json!({ "projectId": project["id"], "mode": "explain", "prompt": "What is this?", "model": "demo/guide" });
    let id = served.ask("POST", "/api/agent/tasks", Some(new))["taskId"].as_str().unwrap().to_owned();
    let seen = json(&["list"]);
    assert_eq!(seen["items"][0]["id"], id.as_str(), "through the house that runs");
    let lane = |seen: &Value| {
        seen["queue"]["lanes"]
            .as_array()
            .unwrap()
            .iter()
            .find(|lane| lane["mode"] == "explain")
            .unwrap()
            .clone()
    };
    assert_eq!((&lane(&seen)["isPaused"], &lane(&seen)["queued"]), (&json!(true), &json!(1)));
    assert_eq!(json(&["show", &id])["task"]["status"], "queued", "nothing is taken from a drained line");
    served.terminate();
    let seen = json(&["list", "--status", "queued"]);
    assert_eq!(lane(&seen)["isPaused"], true, "with nobody at work, and after a restart");
    assert_eq!(json(&["cancel", &id])["status"], "cancelled");
    let again = json(&["retry", &id]);
    assert_eq!((again["retryOf"].as_str(), &again["status"]), (Some(id.as_str()), &json!("queued")));
    assert_eq!(desk.run(&["queue", "retry", again["id"].as_str().unwrap()]).status.code(), Some(4));
    assert_eq!(desk.run(&["queue", "resume"]).status.code(), Some(0));
    let served = desk.serve(&[]);
    until("it ends", || {
        let task = served.ask("GET", &format!("/api/agent/tasks/{}", again["id"].as_str().unwrap()), None);
        (task["status"] == "done").then_some(())
    });
    let verified = json(&["verify"]);
    assert_eq!((&verified["tasks"], &verified["wrong"]), (&json!(2), &json!([])));
    let exported = String::from_utf8(desk.run(&["queue", "export"]).stdout).unwrap();
    let exported: Vec<Value> = exported.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(exported.len(), 2);
    assert_eq!(exported[0]["events"][0]["type"], "queued");
    assert_eq!(desk.run(&["queue", "show", "00000000-0000-0000-0000-000000000000"]).status.code(), Some(2));
}

#[test]
fn wrong_usage_exits_with_2_and_talks_on_stderr() {
    let desk = Desk::new();
    let at = desk.sample().to_string_lossy().into_owned();
    for args in [
        vec!["run", "  ", "--project", &at],
        vec!["run", "x", "--project", &at, "--model", "nobody/x"],
        vec!["run", "x", "--project", "/nonexistent"],
        vec!["run", "x", "--mode", "dance"],
        vec!["config", "explain", "limits.agent.max_stepz"],
        vec!["--nonsense"],
    ] {
        let run = desk.run(&args);
        assert_eq!(run.status.code(), Some(2), "{args:?}: {}", String::from_utf8_lossy(&run.stderr));
        assert!(run.stdout.is_empty() && !run.stderr.is_empty(), "{args:?}");
    }
}

#[test]
fn the_configuration_is_explained_and_doctor_finds_nothing_wrong() {
    let desk = Desk::new();
    let explained = desk.run(&["config", "explain", "server.data_dir"]);
    let text = String::from_utf8(explained.stdout).unwrap();
    assert!(text.contains("TIDEMARK_DATA_DIR"), "{text}");
    let schema: Value = serde_json::from_slice(&desk.run(&["config", "schema"]).stdout).unwrap();
    assert!(schema["properties"]["limits"].is_object());
    let doctor = desk.run(&["doctor", "--json"]);
    assert_eq!(doctor.status.code(), Some(0), "{}", String::from_utf8_lossy(&doctor.stderr));
    serde_json::from_slice::<Value>(&doctor.stdout).unwrap();
    let completions = desk.run(&["completions", "bash"]);
    assert!(String::from_utf8(completions.stdout).unwrap().contains("tidemark"));
}
