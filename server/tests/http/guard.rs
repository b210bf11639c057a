//! Host, Origin and the way in. A page on the web, a name that points at this machine, and a preview on another port of it
//! must not get anything.

use crate::house::{TestHouse, good, refused};
use reqwest::Method;
use serde_json::json;
use tidemark_server::StartError;
use tidemark_server::config::Config;
use tidemark_server::desktop::NoDesktop;

#[tokio::test]
async fn another_host_name_is_refused_everywhere() {
    let house = TestHouse::open().await;
    let port = house.running().url().rsplit(':').next().unwrap().to_owned();
    for host in [
        "evil.example".to_owned(),
        format!("evil.example:{port}"),
        format!("localhost:{port}"),
        format!("127.0.0.1.:{port}"),
        format!("2130706433:{port}"),
        "127.0.0.1".to_owned(),
        format!("0.0.0.0:{port}"),
    ] {
        for path in ["/", "/health", "/api/settings", "/docs/"] {
            let answer = house.ask(Method::GET, path).header("host", &host).send().await.unwrap();
            assert_eq!(refused(answer, 421).await, "wrong_host", "{host} {path}");
        }
    }
    house.close().await;
}

#[tokio::test]
async fn another_origin_is_refused_even_with_the_token() {
    let house = TestHouse::open().await;
    for origin in
        ["null", "https://evil.example", "http://127.0.0.1:1", "http://localhost", "tauri://localhost", ""]
    {
        for path in ["/api/settings", "/api/events", "/health"] {
            let answer = house.ask(Method::GET, path).header("origin", origin).send().await.unwrap();
            assert_eq!(refused(answer, 403).await, "foreign_origin", "{origin:?} {path}");
        }
        let answer =
            house.http.post(house.url("/api/session")).header("origin", origin).json(&json!({ "code": "x" }));
        assert_eq!(refused(answer.send().await.unwrap(), 403).await, "foreign_origin");
    }
    for site in ["cross-site", "same-site"] {
        let answer =
            house.ask(Method::GET, "/api/settings").header("sec-fetch-site", site).send().await.unwrap();
        assert_eq!(refused(answer, 403).await, "foreign_origin", "{site}");
    }
    let own = house.ask(Method::GET, "/api/settings").header("origin", house.running().url());
    good(own.header("sec-fetch-site", "same-origin").send().await.unwrap()).await;
    house.close().await;
}

#[tokio::test]
async fn a_launch_url_signs_one_page_in_once() {
    let house = TestHouse::open().await;
    let launch = house.running().launch_url();
    let code = launch.split_once("/#code=").unwrap().1;
    let exchange =
        |code: &str| house.http.post(house.url("/api/session")).json(&json!({ "code": code })).send();
    assert_eq!(refused(exchange("wrong").await.unwrap(), 401).await, "unauthenticated");
    let session = good(exchange(code).await.unwrap()).await;
    assert_eq!(session["token"], house.running().token());
    assert_eq!(refused(exchange(code).await.unwrap(), 401).await, "unauthenticated");
    let another = house.post("/api/session/launch", json!({})).await;
    assert_ne!(another["url"].as_str().unwrap(), launch);
    house.close().await;
}

#[tokio::test]
async fn every_answer_carries_the_security_headers() {
    let house = TestHouse::open().await;
    for path in ["/", "/health", "/api/settings", "/api/nothing"] {
        let answer = house.ask(Method::GET, path).send().await.unwrap();
        let headers = answer.headers();
        assert_eq!(headers["x-content-type-options"], "nosniff", "{path}");
        assert_eq!(headers["referrer-policy"], "no-referrer", "{path}");
        assert_eq!(headers["cross-origin-opener-policy"], "same-origin", "{path}");
        assert!(
            headers.contains_key("content-security-policy") && headers.contains_key("permissions-policy")
        );
        assert!(!headers.contains_key("access-control-allow-origin"), "{path}");
    }
    house.close().await;
}

#[tokio::test]
async fn a_door_that_others_could_reach_is_not_opened() {
    let dir = tempfile::tempdir().unwrap();
    let mut config = Config::default();
    config.server.data_dir = Some(dir.path().into());
    config.server.listen = "0.0.0.0:0".parse().unwrap();
    let refused = tidemark_server::start(config.into(), std::sync::Arc::new(NoDesktop)).await.err().unwrap();
    assert!(matches!(refused, StartError::NotLoopback(_)), "{refused}");
}

#[tokio::test]
async fn a_data_directory_serves_one_house_at_a_time() {
    let house = TestHouse::open().await;
    let mut config = Config::default();
    config.server.data_dir = Some(house.dir.path().join("data"));
    let refused = tidemark_server::start(config.into(), std::sync::Arc::new(NoDesktop)).await.err().unwrap();
    assert!(refused.to_string().contains("in use by another Tidemark"), "{refused}");
    house.close().await;
}
