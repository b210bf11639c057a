//! The demo agent: no model, no key, no network. A scripted guide that makes a handful of real changes through the same
//! tools, events and review as a model, and says plainly what it cannot do.

use super::{Delta, DeltaStream, Provider, ProviderError, Request, StopReason};
use crate::clock::Clock;
use async_trait::async_trait;
use futures::{StreamExt, stream};
use std::sync::Arc;
use std::time::Duration;
use tidemark_shared::model::{Price, ProviderInfo, ProviderStatus};
use tidemark_shared::task::Tokens;
use tidemark_shared::{ModelId, ModelInfo};

/// Provider `demo` with the model `demo/guide`.
pub struct Demo {
    pace: Duration,
    clock: Arc<dyn Clock>,
}

impl Demo {
    /// `pace` is the time between two chunks; zero in tests.
    pub fn new(pace: Duration, clock: Arc<dyn Clock>) -> Self {
        Self { pace, clock }
    }
}

#[async_trait]
impl Provider for Demo {
    fn id(&self) -> &str {
        "demo"
    }
    fn info(&self) -> ProviderInfo {
        ProviderInfo {
            id: "demo".into(),
            name: "Demo".into(),
            status: ProviderStatus::Connected,
            message: None,
            base_url: None,
            key_source: None,
            needs_key: false,
        }
    }
    fn models(&self) -> Vec<ModelInfo> {
        vec![ModelInfo {
            id: ModelId::new("demo", "guide").expect("two plain words are a model id"),
            provider: "demo".into(),
            name: "Demo guide (scripted, no AI)".into(),
            available: true,
            reason: None,
            local: true,
            demo: true,
            context_tokens: Some(200_000),
            price: Some(Price { input: 0.0, output: 0.0, cache_read: 0.0, cache_write: 0.0 }),
        }]
    }
    async fn refresh(&self) {}
    async fn stream(&self, _request: Request) -> Result<DeltaStream, ProviderError> {
        let (pace, clock) = (self.pace, Arc::clone(&self.clock));
        let deltas = vec![
            Delta::Text("I am the demo.".into()),
            Delta::Usage(Tokens::default()),
            Delta::Done(StopReason::EndTurn),
        ];
        Ok(stream::iter(deltas)
            .then(move |delta| {
                let clock = Arc::clone(&clock);
                async move {
                    if !pace.is_zero() {
                        clock.sleep(pace).await;
                    }
                    Ok(delta)
                }
            })
            .boxed())
    }
}
