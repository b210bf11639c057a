//! The fake on its own: a real process that says where it is, takes a script, and remembers what it was asked.

use serde_json::{Value, json};
use std::process::{Child, Command};
use std::time::{Duration, Instant};

struct Running(Child);
impl Drop for Running {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

#[tokio::test]
async fn a_stand_alone_fake_is_scripted_and_asked_over_http() {
    let folder = tempfile::tempdir().unwrap();
    let (script, ready) = (folder.path().join("script.json"), folder.path().join("ready.json"));
    std::fs::write(&script, r#"{"turns": [{"say": "From the file."}]}"#).unwrap();
    let child = Command::new(env!("CARGO_BIN_EXE_tidemark-fake-llm"))
        .args(["--listen", "127.0.0.1:0", "--script"])
        .arg(&script)
        .arg("--ready-file")
        .arg(&ready)
        .spawn()
        .unwrap();
    let _running = Running(child);
    let start = Instant::now();
    let url = loop {
        if let Ok(text) = std::fs::read_to_string(&ready) {
            let ready: Value = serde_json::from_str(&text).unwrap();
            break ready["url"].as_str().unwrap().to_owned();
        }
        assert!(start.elapsed() < Duration::from_secs(20), "it is not ready");
        tokio::task::yield_now().await;
    };
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let ask = async |prompt: &str| -> Value {
        let body = json!({"model": "m", "messages": [{"role": "user", "content": prompt}]});
        let answer = client.post(format!("{url}/v1/chat/completions")).json(&body).send().await.unwrap();
        answer.json().await.unwrap()
    };
    assert_eq!(ask("one").await["choices"][0]["message"]["content"], "From the file.");

    let script = json!({"turns": [
        {"when": {"contains": "blue"}, "say": "Blue."},
        {"expect": {"contains": "red"}, "say": "Red."},
    ]});
    let put = client.put(format!("{url}/__script")).json(&script).send().await.unwrap();
    assert_eq!(put.status(), 204);
    let wrong = ask("green").await;
    assert!(wrong["error"]["message"].as_str().unwrap().contains("\"red\" is nowhere"), "{wrong}");
    assert_eq!(ask("blue").await["choices"][0]["message"]["content"], "Blue.");
    assert_eq!(ask("more").await["choices"][0]["message"]["content"], "Done.");

    let get = async |path: &str| -> Value {
        client.get(format!("{url}{path}")).send().await.unwrap().json().await.unwrap()
    };
    let seen = get("/__requests").await;
    let turns: Vec<_> = seen.as_array().unwrap().iter().map(|seen| seen["turn"].clone()).collect();
    assert_eq!(turns, [json!(1), json!(0), Value::Null]);
    assert_eq!(seen[1]["body"]["messages"][0]["content"], "blue");
    assert_eq!(get("/__failures").await.as_array().unwrap().len(), 1);
    assert_eq!(get("/api/tags").await["models"][0]["name"], "fake-model");
    let bad = client.put(format!("{url}/__script")).body("{\"turn\": []}").send().await.unwrap();
    assert_eq!(bad.status(), 400);
}
