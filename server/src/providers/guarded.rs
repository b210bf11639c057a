//! A provider that asks again after trouble: with growing, jittered pauses, or after the time that the server names.
//!
//! Only before anything was said. After the first word an error goes up: half an answer cannot be asked for again.

use super::{Delta, DeltaStream, Provider, ProviderError, Request};
use crate::clock::Clock;
use async_trait::async_trait;
use futures::StreamExt;
use std::sync::Arc;
use std::time::Duration;
use tidemark_shared::ModelInfo;
use tidemark_shared::model::ProviderInfo;

/// How often and how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retries {
    /// Requests in all, the first one too.
    pub attempts: u32,
    /// The pause before the second; each further one is twice as long.
    pub first_pause: Duration,
    /// No pause is longer; a server that asks for more is not asked again here.
    pub longest_pause: Duration,
}

impl Default for Retries {
    fn default() -> Self {
        Self { attempts: 4, first_pause: Duration::from_secs(1), longest_pause: Duration::from_secs(60) }
    }
}

impl Retries {
    /// How long to wait after this failure of attempt `attempt` (from 1), or `None` to give up. `jitter` is 0 to 1.
    pub fn pause(&self, attempt: u32, why: &ProviderError, jitter: f64) -> Option<Duration> {
        let asked = match why {
            ProviderError::Trouble { .. } => None,
            ProviderError::RateLimited { retry_after, .. } => *retry_after,
            // No network: the task waits for it, not the request. Silence already took its time; nonsense repeats.
            ProviderError::Unreachable { .. }
            | ProviderError::Silent { .. }
            | ProviderError::Nonsense { .. }
            | ProviderError::BadKey { .. }
            | ProviderError::UnknownModel { .. }
            | ProviderError::Rejected { .. } => return None,
        };
        if attempt >= self.attempts {
            return None;
        }
        let doubled = self.first_pause.saturating_mul(1 << (attempt - 1).min(16));
        let own = doubled.min(self.longest_pause).mul_f64(0.5 + jitter / 2.0);
        let pause = asked.map_or(own, |asked| asked.max(own.mul_f64(0.1)));
        (pause <= self.longest_pause).then_some(pause)
    }
}

pub struct Guarded {
    inner: Arc<dyn Provider>,
    retries: Retries,
    clock: Arc<dyn Clock>,
}

impl Guarded {
    pub fn new(inner: Arc<dyn Provider>, retries: Retries, clock: Arc<dyn Clock>) -> Self {
        Self { inner, retries, clock }
    }
}

#[async_trait]
impl Provider for Guarded {
    fn id(&self) -> &str {
        self.inner.id()
    }
    fn info(&self) -> ProviderInfo {
        self.inner.info()
    }
    fn models(&self) -> Vec<ModelInfo> {
        self.inner.models()
    }
    async fn refresh(&self) {
        self.inner.refresh().await;
    }

    /// Always starts; what goes wrong is told by the stream.
    async fn stream(&self, request: Request) -> Result<DeltaStream, ProviderError> {
        let (inner, clock, retries) = (Arc::clone(&self.inner), Arc::clone(&self.clock), self.retries);
        Ok(async_stream::try_stream! {
            let mut attempt = 1;
            loop {
                let why = match inner.stream(request.clone()).await {
                    Err(why) => why,
                    Ok(mut deltas) => {
                        let mut said = false;
                        loop {
                            match deltas.next().await {
                                Some(Ok(delta)) => {
                                    said |= !matches!(delta, Delta::Usage(_));
                                    yield delta;
                                }
                                Some(Err(why)) if said => Err(why)?,
                                Some(Err(why)) => break why,
                                None => return,
                            }
                        }
                    }
                };
                let Some(after) = retries.pause(attempt, &why, fastrand::f64()) else { Err(why)? };
                yield Delta::Retrying { reason: why.to_string(), after };
                clock.sleep(after).await;
                attempt += 1;
            }
        }
        .boxed())
    }
}
