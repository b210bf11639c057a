//! Every door refuses who has no credential, and answers nonsense with a problem. The list of doors is the API's own
//! description, so a new route is tested from its first day.

use crate::house::{TestHouse, refused};
use reqwest::Method;
use serde_json::Value;
use std::time::Duration;
use tidemark_server::api;

/// Method and path of every route, parameters filled with what does not exist.
fn doors() -> Vec<(Method, String)> {
    let document = serde_json::to_value(api::document()).expect("a description is JSON");
    let mut doors = Vec::new();
    for (path, item) in document["paths"].as_object().expect("it has paths") {
        let nothing =
            if path.contains("/providers/") { "nobody" } else { "01936d2e-7f3a-7cc1-9b1e-2f6d1f0a4b10" };
        let path = path.replace("{id}", nothing).replace("{path}", "src/none.txt");
        for method in item.as_object().expect("a path has methods").keys() {
            doors.push((method.to_uppercase().parse().expect("a key is a method"), path.clone()));
        }
    }
    assert!(doors.len() > 30);
    doors.push((Method::GET, "/openapi.json".into()));
    doors
}

fn is_public(method: &Method, path: &str) -> bool {
    path == "/health" || (path == "/api/session" && method == Method::POST)
}

#[tokio::test]
async fn nobody_gets_in_without_a_credential() {
    let house = TestHouse::open().await;
    for (method, path) in doors().into_iter().filter(|(method, path)| !is_public(method, path)) {
        let bare = house.http.request(method.clone(), house.url(&path));
        assert_eq!(refused(bare.send().await.unwrap(), 401).await, "unauthenticated", "{method} {path}");
        let wrong = house.http.request(method.clone(), house.url(&path)).bearer_auth("0".repeat(64));
        assert_eq!(refused(wrong.send().await.unwrap(), 401).await, "unauthenticated", "{method} {path}");
    }
    for path in ["/api", "/api/nothing", "/api/../health/detailed", "/api/session/x"] {
        let answer = house.http.get(house.url(path)).send().await.unwrap();
        assert_eq!(answer.status(), 401, "{path}");
    }
    house.close().await;
}

#[tokio::test]
async fn nonsense_is_answered_with_a_problem_and_never_with_our_fault() {
    let house = TestHouse::open().await;
    // Answered whatever is in the body, or only by a person.
    let takes_anything = |method: &Method, path: &str| {
        let plain = ["/api/events", "/api/projects", "/api/agent/tasks", "/api/models", "/api/settings"];
        let plain = plain.contains(&path)
            || ["/api/capabilities", "/health", "/health/detailed", "/metrics"].contains(&path);
        (*method == Method::GET && plain)
            || ["/api/models/refresh", "/api/session/launch", "/api/folders", "/openapi.json"].contains(&path)
    };
    for (method, path) in doors().into_iter().filter(|(method, path)| !takes_anything(method, path)) {
        let mut request = house.ask(method.clone(), &path);
        if method != Method::GET {
            request = request.header("content-type", "application/json").body("{ \"nonsense\": ");
        }
        let answer = request.send().await.unwrap();
        let status = answer.status();
        assert!(status.is_client_error(), "{method} {path}: {status}");
        refused(answer, status.as_u16()).await;
    }
    house.close().await;
}

#[tokio::test]
async fn what_axum_refuses_is_a_problem_too() {
    let house = TestHouse::with(|config| config.limits.requests.max_body_bytes = 1000).await;
    let ask = |method: Method, path: &str| house.ask(method, path);
    assert_eq!(refused(ask(Method::GET, "/api/nothing").send().await.unwrap(), 404).await, "not_found");
    let wrong = ask(Method::DELETE, "/api/settings").send().await.unwrap();
    assert!(wrong.headers().contains_key("allow"));
    assert_eq!(refused(wrong, 405).await, "method_not_allowed");
    let plain = ask(Method::POST, "/api/agent/tasks").header("content-type", "text/plain").body("{}");
    assert_eq!(refused(plain.send().await.unwrap(), 415).await, "unsupported_media_type");
    let fat = |size: usize| {
        ask(Method::PUT, "/api/settings").json(&serde_json::json!({ "ui": { "x": "y".repeat(size) } }))
    };
    assert_eq!(refused(fat(1000).send().await.unwrap(), 413).await, "too_large");
    assert!(fat(900).send().await.unwrap().status().is_success());
    let bad_id = ask(Method::GET, "/api/agent/tasks/nonsense").send().await.unwrap();
    assert_eq!(refused(bad_id, 400).await, "invalid_request");
    let bad_query = ask(Method::GET, "/api/agent/tasks?status=asleep").send().await.unwrap();
    assert_eq!(refused(bad_query, 400).await, "invalid_request");
    for query in ["limit=0", "limit=201", "nonsense=1", "cursor=x"] {
        let answer = ask(Method::GET, &format!("/api/agent/tasks?{query}")).send().await.unwrap();
        assert_eq!(refused(answer, 400).await, "invalid_request", "{query}");
    }
    house.close().await;
}

#[tokio::test]
async fn a_callers_trace_comes_back_with_the_problem() {
    let house = TestHouse::open().await;
    let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    let answer = house
        .ask(Method::GET, "/api/nothing")
        .header("traceparent", format!("00-{trace}-00f067aa0ba902b7-01"))
        .send()
        .await
        .unwrap();
    assert!(answer.headers()["traceparent"].to_str().unwrap().contains(trace));
    assert_eq!(answer.json::<Value>().await.unwrap()["trace"], trace);
    house.close().await;
}

#[tokio::test]
async fn prometheus_reads_the_line_and_what_went_through_it() {
    let house = TestHouse::open().await;
    let (project, _folder) = house.sample().await;
    let task = house.submit(&project, "explain", "What is this?").await;
    house.events(&task, 0).await;
    let told = [
        r#"tidemark_queue_tasks{backend="sled",lane="explain",state="queued"} 0"#,
        r#"tidemark_queue_paused{backend="sled",lane="patch"} 0"#,
        r#"tidemark_queue_wait_seconds_count{lane="explain"} 1"#,
        r#"tidemark_task_seconds_count{lane="explain",status="done"} 1"#,
        r#"tidemark_task_attempts_sum{lane="explain"} 1"#,
    ];
    // The worker notes a task's end just after it is told.
    let all_told = async {
        loop {
            let answer = house.ask(Method::GET, "/metrics").send().await.unwrap();
            assert!(answer.headers()["content-type"].to_str().unwrap().starts_with("text/plain"));
            let text = answer.text().await.unwrap();
            if told.iter().all(|line| text.lines().any(|one| one == *line)) {
                return;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(20), all_told).await.expect("all figures are told");
    house.close().await;
}

#[tokio::test]
async fn the_viewer_and_the_description_are_served_from_here() {
    let house = TestHouse::open().await;
    let page = house.http.get(house.url("/docs/")).send().await.unwrap();
    assert!(page.headers()["content-security-policy"].to_str().unwrap().contains("frame-ancestors 'none'"));
    let text = page.text().await.unwrap();
    assert!(text.contains("swagger-ui") && !text.contains("https://"), "nothing from elsewhere: {text}");
    for file in ["swagger-ui-bundle.js", "swagger-ui.css", "swagger-initializer.js"] {
        let answer = house.http.get(house.url(&format!("/docs/{file}"))).send().await.unwrap();
        assert!(answer.status().is_success(), "{file}");
    }
    assert_eq!(house.get("/openapi.json").await["openapi"].as_str().unwrap().split('.').next(), Some("3"));
    assert_eq!(house.get("/health/detailed").await["status"], "up");
    house.close().await;
}
