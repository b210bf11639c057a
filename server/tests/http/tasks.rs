//! Tasks at the door: what is refused and why, and what is sent twice.

use crate::house::{TestHouse, good, refused};
use reqwest::Method;
use serde_json::json;
use tidemark_server::queue::Rate;

#[tokio::test]
async fn a_bad_task_is_refused_with_its_reason() {
    let house = TestHouse::open().await;
    let (project, _) = house.sample().await;
    let good_task = json!({ "projectId": project, "mode": "patch", "prompt": "x", "model": "demo/guide" });
    let nowhere = "01936d2e-7f3a-7cc1-9b1e-2f6d1f0a4b10";
    for (field, value, status, code) in [
        ("mode", json!("dance"), 400, "invalid_request"),
        ("prompt", json!("  \n"), 400, "invalid_request"),
        ("prompt", json!("x".repeat(70_000)), 400, "invalid_request"),
        ("projectId", json!("nonsense"), 400, "invalid_request"),
        ("projectId", json!(nowhere), 404, "not_found"),
        ("model", json!("nonsense"), 400, "invalid_request"),
        ("model", json!("nobody/x"), 400, "invalid_request"),
        ("model", json!("anthropic/claude-x"), 409, "no_model"),
        ("priority", json!(10), 400, "invalid_request"),
        ("surprise", json!(1), 400, "invalid_request"),
        ("files", json!([{ "path": "../x", "content": "" }]), 400, "invalid_request"),
        (
            "files",
            json!([{ "path": "a", "content": "" }, { "path": "a", "content": "" }]),
            400,
            "invalid_request",
        ),
    ] {
        let mut task = good_task.clone();
        task[field] = value.clone();
        let answer = house.ask(Method::POST, "/api/agent/tasks").json(&task).send().await.unwrap();
        let shown: String = value.to_string().chars().take(60).collect();
        assert_eq!(refused(answer, status).await, code, "{field}: {shown}");
    }
    assert_eq!(house.get("/api/agent/tasks").await["items"], json!([]));
    house.close().await;
}

#[tokio::test]
async fn what_is_sent_twice_is_made_once() {
    let house = TestHouse::open().await;
    let (project, _) = house.sample().await;
    let task = |prompt: &str| json!({ "projectId": project, "mode": "explain", "prompt": prompt });
    let send = |prompt: &str| {
        house
            .ask(Method::POST, "/api/agent/tasks")
            .header("idempotency-key", "k-1")
            .json(&task(prompt))
            .send()
    };
    let first = good(send("How?").await.unwrap()).await;
    let second = good(send("How?").await.unwrap()).await;
    assert_eq!((&first["taskId"], &first["sessionId"]), (&second["taskId"], &second["sessionId"]));
    assert_eq!(refused(send("Why?").await.unwrap(), 409).await, "id_taken");
    assert_eq!(house.get("/api/agent/tasks").await["items"].as_array().unwrap().len(), 1);
    house.close().await;
}

#[tokio::test]
async fn a_batch_is_taken_in_order_and_each_task_by_itself() {
    let house = TestHouse::open().await;
    let (project, _) = house.sample().await;
    let first = "01936d2e-7f3a-7cc1-9b1e-2f6d1f0a4b10";
    let task = |prompt: &str| json!({ "projectId": project, "mode": "explain", "prompt": prompt });
    let mut tasks = [task("How?"), task(" "), task("And then?"), task("Why?")];
    tasks[0]["id"] = json!(first);
    tasks[2]["after"] = json!(first);
    let send = async || {
        let request = house.ask(Method::POST, "/api/agent/tasks/batch").header("idempotency-key", "b-1");
        good(request.json(&json!({ "tasks": tasks })).send().await.unwrap()).await["items"].clone()
    };
    let items = send().await;
    assert_eq!(items[0]["submitted"]["taskId"], first);
    assert_eq!(items[1]["refused"]["code"], "invalid_request");
    let id = |items: &serde_json::Value, place: usize| items[place]["submitted"]["taskId"].clone();
    let again = send().await;
    for place in [0, 2, 3] {
        assert!(id(&items, place).is_string());
        assert_eq!(id(&items, place), id(&again, place), "sent twice is made once");
    }
    let after = id(&items, 2);
    assert_eq!(house.get(&format!("/api/agent/tasks/{}", after.as_str().unwrap())).await["after"], first);
    assert_eq!(house.get("/api/agent/tasks").await["items"].as_array().unwrap().len(), 3);
    for tasks in [json!([]), json!(vec![task("x"); 101])] {
        let answer = house.ask(Method::POST, "/api/agent/tasks/batch").json(&json!({ "tasks": tasks }));
        assert_eq!(refused(answer.send().await.unwrap(), 400).await, "invalid_request");
    }
    house.close().await;
}

#[tokio::test]
async fn who_sends_too_often_hears_when_to_come_back() {
    let rate = Rate { burst: 2, every_ms: 90_500 };
    for person in [true, false] {
        let house = TestHouse::with(|config| {
            let limits = &mut config.limits.tasks;
            *(if person { &mut limits.rate_per_person } else { &mut limits.rate_per_address }) = Some(rate);
        })
        .await;
        let (project, _) = house.sample().await;
        let send = |prompt: &str| {
            let task = json!({ "projectId": project, "mode": "explain", "prompt": prompt });
            house.ask(Method::POST, "/api/agent/tasks").json(&task).send()
        };
        for prompt in ["one", "two"] {
            good(send(prompt).await.unwrap()).await;
        }
        let answer = send("three").await.unwrap();
        assert_eq!(answer.status(), 429);
        let retry_after: u64 = answer.headers()["retry-after"].to_str().unwrap().parse().unwrap();
        assert!((60..=91).contains(&retry_after), "{retry_after}");
        let problem: serde_json::Value = answer.json().await.unwrap();
        assert_eq!((&problem["code"], &problem["retryAfter"]), (&json!("rate_limited"), &json!(retry_after)));
        house.close().await;
    }
}

#[tokio::test]
async fn a_running_task_is_cancelled_and_can_be_tried_again() {
    let house = TestHouse::with(|config| config.models.demo_pace_ms = 200).await;
    let (project, _) = house.sample().await;
    let id = house.submit(&project, "explain", "How does this app work?").await;
    good(house.ask(Method::POST, &format!("/api/agent/tasks/{id}/cancel")).send().await.unwrap()).await;
    house.events(&id, 0).await;
    assert_eq!(house.get(&format!("/api/agent/tasks/{id}")).await["status"], "cancelled");
    let edit = house.ask(Method::PATCH, &format!("/api/agent/tasks/{id}")).json(&json!({ "prompt": "y" }));
    assert_eq!(refused(edit.send().await.unwrap(), 409).await, "wrong_state");
    let again =
        good(house.ask(Method::POST, &format!("/api/agent/tasks/{id}/retry")).send().await.unwrap()).await;
    let again = again["taskId"].as_str().unwrap();
    assert_ne!(again, id);
    assert_eq!(house.get(&format!("/api/agent/tasks/{again}")).await["retryOf"], id.as_str());
    house.close().await;
}

#[tokio::test]
async fn pages_of_tasks_join_without_gaps() {
    let house = TestHouse::open().await;
    let (project, _) = house.sample().await;
    let mut sent = Vec::new();
    for n in 0..5 {
        sent.push(house.submit(&project, "explain", &format!("How, {n}?")).await);
    }
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = house.get(&format!("/api/agent/tasks?limit=2&project={project}{cursor}")).await;
        let items = page["items"].as_array().unwrap();
        seen.extend(items.iter().map(|task| task["id"].as_str().unwrap().to_owned()));
        match page["nextCursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    sent.reverse();
    assert_eq!(seen, sent);
    house.close().await;
}
