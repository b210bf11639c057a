//! Secrets of a project: the true provider, the story and the house's answers never see them; the file on disk does.

use crate::house::TestHouse;
use serde_json::json;
use tidemark_fake_llm::FakeLlm;
use tidemark_server::config::{Provider, Speaks};
use tidemark_shared::EventKind;

#[tokio::test]
async fn secrets_of_a_project_never_reach_a_provider_or_the_story() {
    let token = format!("ghp_{}", "a1B2c3D4e5F6".repeat(3));
    let own = "tide-pool-7-correct";
    let read = |path: &str| json!({ "call": [{ "name": "read_file", "input": { "path": path } }] });
    let fake =
        FakeLlm::with(json!({ "turns": [read("deploy.ts"), read(".env"), { "say": ["Done."] }] })).await;
    let provider = Provider {
        id: "fake".into(),
        name: None,
        base_url: format!("{}/v1", fake.url()),
        key_env: None,
        speaks: Speaks::OpenaiChat,
        models: vec!["fake-model".into()],
    };
    let house = TestHouse::with(|config| config.provider.push(provider)).await;
    let (project, folder) = house.sample().await;
    std::fs::write(folder.join(".env"), format!("GATE_PASSWORD={own}\n")).unwrap();
    let text = format!("export const token = \"{token}\";\nopen(\"gate\", \"{own}\");\n");
    std::fs::write(folder.join("deploy.ts"), text).unwrap();
    let new = json!({
        "projectId": project, "mode": "patch", "model": "fake/fake-model",
        "prompt": format!("Why does {token} not open the gate?"),
        // One may have it open in the editor.
        "files": [{ "path": ".env", "content": format!("GATE_PASSWORD={own}\n") }],
    });
    let id = house.post("/api/agent/tasks", new).await["taskId"].as_str().unwrap().to_owned();
    let events = house.events(&id, 0).await;

    let asked =
        serde_json::to_string(&fake.requests().iter().map(|seen| &seen.body).collect::<Vec<_>>()).unwrap();
    assert_eq!(fake.requests().len(), 3, "{:?}", fake.failures());
    assert!(asked.contains("⟦secret:github-token:") && asked.contains("⟦secret:known-value:"), "{asked}");
    let told = serde_json::to_string(&events).unwrap();
    for secret in [token.as_str(), own] {
        assert!(!asked.contains(secret), "the provider saw {secret}: {asked}");
        assert!(!told.contains(secret), "the story tells {secret}: {told}");
    }
    let kept = |event: &&tidemark_shared::TaskEvent| matches!(event.kind, EventKind::SecretsKept { .. });
    assert!(events.iter().any(|event| kept(&event)), "{told}");
    house.close().await;
}
