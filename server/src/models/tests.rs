//! Which model a task gets, and to whom a request may go.

use super::setup::{ExtraProvider, ProviderSettings};
use super::*;
use crate::clock::SystemClock;
use crate::providers::Dialect;
use tidemark_fake_llm::FakeLlm;
use tidemark_shared::model::KeySource;

fn clock() -> Arc<dyn Clock> {
    Arc::new(SystemClock)
}

fn alone() -> ProviderSettings {
    ProviderSettings { look_around: false, ..ProviderSettings::default() }
}

fn id(text: &str) -> ModelId {
    ModelId::parse(text).unwrap()
}

#[tokio::test]
async fn without_a_key_the_demo_answers() {
    let models = Models::set_up(&alone(), &clock()).unwrap();
    let list = models.list(None);
    assert_eq!(list.default, id("demo/guide"));
    assert!(list.items.iter().all(|model| model.available == model.demo));
    let refused = models.resolve(&id("anthropic/claude-sonnet-5-5")).err().unwrap();
    assert!(matches!(refused, NoModel::NoKey { .. }), "{refused}");
    let refused = models.resolve(&id("nobody/x")).err().unwrap().to_string();
    assert!(refused.contains("anthropic, openai, demo"), "{refused}");
}

#[tokio::test]
async fn the_only_real_provider_is_the_default_and_two_are_a_choice() {
    let mut settings = ProviderSettings { anthropic_key: Secret::new("sk-ant"), ..alone() };
    let models = Models::set_up(&settings, &clock()).unwrap();
    assert_eq!(models.choose(None, None, None), id("anthropic/claude-sonnet-5-5"));
    settings.openai_key = Secret::new("sk-o");
    let models = Models::set_up(&settings, &clock()).unwrap();
    assert_eq!(models.choose(None, None, None), id("demo/guide"));
    let (task, project, setting) = (id("a/task"), id("a/project"), id("a/setting"));
    assert_eq!(models.choose(Some(&task), Some(&project), Some(&setting)), task);
    assert_eq!(models.choose(None, Some(&project), Some(&setting)), project);
    assert_eq!(models.choose(None, None, Some(&setting)), setting);
}

#[tokio::test]
async fn nothing_is_sent_to_a_provider_that_nobody_chose() {
    let (anthropic, written) =
        (FakeLlm::start(Default::default()).await, FakeLlm::start(Default::default()).await);
    let settings = ProviderSettings {
        anthropic_key: Secret::new("sk-ant"),
        anthropic_base_url: Some(anthropic.url()),
        extra: vec![ExtraProvider {
            id: "house".into(),
            name: None,
            base_url: written.url(),
            key: None,
            key_env: None,
            dialect: Dialect::Chat,
            models: Vec::new(),
        }],
        ..alone()
    };
    let models = Models::set_up(&settings, &clock()).unwrap();
    models.refresh_chosen().await;
    let has = |models: &Models, model: &str| models.info(&id(model)).is_some();
    assert!(has(&models, "house/fake-model"), "what is written into the config is chosen");
    assert!(!has(&models, "anthropic/fake-model"), "what was found in the environment was asked");
    models.resolve(&id("anthropic/anything")).unwrap();
    models.refresh_chosen().await;
    assert!(has(&models, "anthropic/fake-model"));
}

#[tokio::test]
async fn models_on_this_computer_are_found_and_their_going_is_noticed() {
    let fake = FakeLlm::with(serde_json::json!({"models": ["qwen3-coder:30b", "nomic-embed-text"]})).await;
    let settings = ProviderSettings { ollama_host: Some(fake.url()), ..alone() };
    let models = Models::set_up(&settings, &clock()).unwrap();
    let mut changes = models.changes();
    assert_eq!(models.choose(None, None, None), id("demo/guide"));
    models.refresh_chosen().await;
    assert!(changes.has_changed().unwrap());
    changes.mark_unchanged();
    let found = models.info(&id("ollama/qwen3-coder:30b")).unwrap();
    assert!(found.local && found.available && found.price.is_some_and(|price| price.output == 0.0));
    assert!(models.info(&id("ollama/nomic-embed-text")).is_none());
    assert_eq!(models.choose(None, None, None), id("ollama/qwen3-coder:30b"));

    drop(fake);
    models.refresh_chosen().await;
    assert!(changes.has_changed().unwrap());
    assert_eq!(models.choose(None, None, None), id("demo/guide"));
}

#[tokio::test]
async fn a_key_is_tried_kept_in_memory_and_forgotten() {
    let fake = FakeLlm::with(serde_json::json!({"key": "sk-good"})).await;
    let settings = ProviderSettings { openai_base_url: Some(fake.url()), ..alone() };
    let models = Models::set_up(&settings, &clock()).unwrap();
    let bad = models.set_key("openai", "sk-bad").await.unwrap();
    assert_eq!((bad.status, bad.key_source), (ProviderStatus::BadKey, Some(KeySource::Session)));
    assert!(!format!("{bad:?}{:?}", models.list(None)).contains("sk-bad"));
    let good = models.set_key("openai", " sk-good ").await.unwrap();
    assert_eq!(good.status, ProviderStatus::Connected);
    assert_eq!(models.choose(None, None, None), id("openai/fake-model"));
    assert_eq!(models.forget_key("openai").unwrap().key_source, None);
    for key in ["", "  ", "a b", "a\nb", "é"] {
        assert_eq!(models.set_key("openai", key).await, Err(KeyError::Malformed), "{key:?}");
    }
    assert_eq!(models.set_key("openai", &"k".repeat(MAX_KEY + 1)).await, Err(KeyError::Malformed));
    models.set_key("openai", &"k".repeat(MAX_KEY)).await.unwrap();
    assert!(matches!(models.set_key("demo", "k").await, Err(KeyError::NotNeeded(_))));
    assert!(matches!(models.forget_key("nobody"), Err(KeyError::UnknownProvider(_))));
}
