//! Projects and files: every write says what it expects to find, and no path leaves its project.

use crate::house::{TestHouse, good, refused};
use reqwest::Method;
use serde_json::json;

#[tokio::test]
async fn a_save_needs_the_version_that_was_read() {
    let house = TestHouse::open().await;
    let (project, folder) = house.sample().await;
    let path = format!("/api/projects/{project}/files/README.md");
    let read = house.ask(Method::GET, &path).send().await.unwrap();
    let tag = read.headers()["etag"].to_str().unwrap().to_owned();
    let body = json!({ "content": "mine\n" });
    let put = || house.ask(Method::PUT, &path).json(&body);
    assert_eq!(refused(put().send().await.unwrap(), 428).await, "precondition_required");
    assert_eq!(
        refused(put().header("if-none-match", "*").send().await.unwrap(), 412).await,
        "precondition_failed"
    );
    assert_eq!(
        refused(put().header("if-match", "\"x\"").send().await.unwrap(), 412).await,
        "precondition_failed"
    );
    good(put().header("if-match", &tag).send().await.unwrap()).await;
    assert_eq!(std::fs::read_to_string(folder.join("README.md")).unwrap(), "mine\n");
    assert_eq!(
        refused(put().header("if-match", &tag).send().await.unwrap(), 412).await,
        "precondition_failed"
    );
    let bare = house.ask(Method::DELETE, &path).send().await.unwrap();
    assert_eq!(refused(bare, 428).await, "precondition_required");
    assert!(folder.join("README.md").exists());
    house.close().await;
}

#[tokio::test]
async fn files_are_made_moved_found_and_deleted() {
    let house = TestHouse::open().await;
    let (project, folder) = house.sample().await;
    let at = |path: &str| format!("/api/projects/{project}/files/{path}");
    let new = house.ask(Method::PUT, &at("notes/a%20b.md")).header("if-none-match", "*");
    good(new.json(&json!({ "content": "a walrus\n" })).send().await.unwrap()).await;
    // A path may come with its slashes written either way.
    house.post(&at("notes%2Fa%20b.md/rename"), json!({ "to": "notes/c.md" })).await;
    assert!(folder.join("notes/c.md").exists() && !folder.join("notes/a b.md").exists());
    let found = house.get(&format!("/api/projects/{project}/search?q=walrus")).await;
    assert_eq!(found["items"][0]["path"], "notes/c.md");
    let read = house.ask(Method::GET, &at("notes/c.md")).send().await.unwrap();
    let tag = read.headers()["etag"].to_str().unwrap().to_owned();
    good(house.ask(Method::DELETE, &at("notes/c.md")).header("if-match", tag).send().await.unwrap()).await;
    assert!(!folder.join("notes/c.md").exists());
    house.post(&format!("/api/projects/{project}/folders"), json!({ "path": "deep/er" })).await;
    assert!(folder.join("deep/er").is_dir());
    // A folder has no version to name.
    good(house.ask(Method::DELETE, &at("deep")).send().await.unwrap()).await;
    assert!(!folder.join("deep").exists());
    house.close().await;
}

#[tokio::test]
async fn no_path_leaves_its_project() {
    let house = TestHouse::open().await;
    let (project, folder) = house.sample().await;
    std::fs::write(house.dir.path().join("secret"), "s").unwrap();
    std::os::unix::fs::symlink(house.dir.path().join("secret"), folder.join("link")).unwrap();
    for path in ["%2E%2E%2Fsecret", "%2Fetc%2Fpasswd", "src%2F..%2F..%2Fsecret", "C:%2Fx", "a%5Cb", "link"] {
        let answer =
            house.ask(Method::GET, &format!("/api/projects/{project}/files/{path}")).send().await.unwrap();
        assert_eq!(refused(answer, 400).await, "bad_path", "{path}");
        let put = house.ask(Method::PUT, &format!("/api/projects/{project}/files/{path}"));
        let answer = put.json(&json!({ "content": "x" })).send().await.unwrap();
        assert_eq!(refused(answer, 400).await, "bad_path", "{path}");
    }
    assert_eq!(std::fs::read_to_string(house.dir.path().join("secret")).unwrap(), "s");
    house.close().await;
}

#[tokio::test]
async fn a_folder_that_is_no_project_is_refused_in_plain_words() {
    let house = TestHouse::open().await;
    let data = house.dir.path().join("data");
    for path in ["relative", "/nonexistent/folder", "/", data.to_str().unwrap()] {
        let answer =
            house.ask(Method::POST, "/api/projects").json(&json!({ "from": "folder", "path": path }));
        assert_eq!(refused(answer.send().await.unwrap(), 400).await, "invalid_request", "{path}");
    }
    let unknown = json!({ "from": "template", "template": "castle", "name": "x" });
    let answer = house.ask(Method::POST, "/api/projects").json(&unknown).send().await.unwrap();
    assert_eq!(refused(answer, 400).await, "invalid_request");
    house.close().await;
}

#[tokio::test]
async fn a_project_whose_folder_disappears_says_so_and_comes_back() {
    let house = TestHouse::open().await;
    let (project, folder) = house.sample().await;
    let away = house.dir.path().join("away");
    std::fs::rename(&folder, &away).unwrap();
    let list = || house.ask(Method::GET, &format!("/api/projects/{project}/files")).send();
    assert_eq!(refused(list().await.unwrap(), 409).await, "project_gone");
    let new = json!({ "projectId": project, "mode": "patch", "prompt": "x", "model": "demo/guide" });
    let task = house.ask(Method::POST, "/api/agent/tasks").json(&new).send().await.unwrap();
    assert_eq!(refused(task, 409).await, "project_gone");
    std::fs::rename(&away, &folder).unwrap();
    good(list().await.unwrap()).await;
    house.close().await;
}

#[tokio::test]
async fn settings_are_kept_whole_and_wrong_ones_refused() {
    let house = TestHouse::open().await;
    let mut settings = house.get("/api/settings").await;
    settings["theme"] = json!("dark");
    settings["ui"] = json!({ "tabs": ["a"] });
    let put = |body: &serde_json::Value| house.ask(Method::PUT, "/api/settings").json(body).send();
    good(put(&settings).await.unwrap()).await;
    assert_eq!(house.get("/api/settings").await, settings);
    settings["editor"]["fontSize"] = json!(200);
    assert_eq!(refused(put(&settings).await.unwrap(), 400).await, "invalid_request");
    house.close().await;
}
