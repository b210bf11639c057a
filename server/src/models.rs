//! What can be asked of which provider: the list, the default, keys at run time, and looking again in the background.
//!
//! A request never leaves for a provider that nobody chose. Being found in the environment is not being chosen: until
//! a task, a setting, a key or a refresh by hand names it, such a provider is not even asked for its models.

pub mod setup;

use crate::clock::Clock;
use crate::providers::Provider;
use crate::providers::keys::{Keys, Secret};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tidemark_shared::model::{Models as List, Price, ProviderInfo, ProviderStatus};
use tidemark_shared::{ModelId, ModelInfo};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// How often providers are asked again for their models.
const LOOK_AGAIN: Duration = Duration::from_secs(60);
/// The longest key, in bytes.
pub const MAX_KEY: usize = 4096;

/// Why a model can't be used. For a person.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoModel {
    #[error("there is no provider {provider:?}; known are {known}")]
    UnknownProvider { provider: String, known: String },
    #[error("{name} needs a key. {hint}")]
    NoKey { name: String, hint: String },
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    #[error("there is no provider {0:?}")]
    UnknownProvider(String),
    #[error("{0} needs no key")]
    NotNeeded(String),
    #[error("a key is 1 to {MAX_KEY} visible ASCII characters")]
    Malformed,
}

pub struct Models {
    providers: Vec<Arc<dyn Provider>>,
    keys: Arc<Keys>,
    chosen: Mutex<BTreeSet<String>>,
    changed: watch::Sender<u64>,
}

impl Models {
    /// `chosen` names the providers that may be asked for their models unbidden.
    pub fn new(
        providers: Vec<Arc<dyn Provider>>,
        keys: Arc<Keys>,
        chosen: impl IntoIterator<Item = String>,
    ) -> Self {
        Self {
            providers,
            keys,
            chosen: Mutex::new(chosen.into_iter().collect()),
            changed: watch::Sender::new(0),
        }
    }

    /// Everything that is known now; asks nobody. `setting` is the person's own choice.
    pub fn list(&self, setting: Option<&ModelId>) -> List {
        List {
            items: self.providers.iter().flat_map(|provider| provider.models()).collect(),
            providers: self.providers.iter().map(|provider| provider.info()).collect(),
            default: self.choose(None, None, setting),
        }
    }

    /// The model of a task: its own, else the project's, else the person's, else that of the only real provider, else
    /// the demo.
    pub fn choose(
        &self,
        task: Option<&ModelId>,
        project: Option<&ModelId>,
        setting: Option<&ModelId>,
    ) -> ModelId {
        task.or(project).or(setting).cloned().unwrap_or_else(|| self.unnamed())
    }

    fn unnamed(&self) -> ModelId {
        let mut real = self.providers.iter().filter_map(|provider| {
            provider.models().into_iter().find(|model| model.available && !model.demo).map(|model| model.id)
        });
        match (real.next(), real.next()) {
            (Some(only), None) => only,
            _ => ModelId::new("demo", "guide").expect("two plain words are a model id"),
        }
    }

    /// The provider of a model that was chosen. Its models need not be known: the provider has the last word.
    pub fn resolve(&self, model: &ModelId) -> Result<Arc<dyn Provider>, NoModel> {
        let provider = self.provider(model.provider()).ok_or_else(|| {
            let known: Vec<_> = self.providers.iter().map(|provider| provider.id()).collect();
            NoModel::UnknownProvider { provider: model.provider().into(), known: known.join(", ") }
        })?;
        let info = provider.info();
        if info.status == ProviderStatus::NoKey {
            return Err(NoModel::NoKey { name: info.name, hint: info.message.unwrap_or_default() });
        }
        self.chosen.lock().unwrap_or_else(PoisonError::into_inner).insert(info.id);
        Ok(Arc::clone(provider))
    }

    /// What is known of a model, when it is listed.
    pub fn info(&self, model: &ModelId) -> Option<ModelInfo> {
        self.provider(model.provider())?.models().into_iter().find(|info| info.id == *model)
    }
    pub fn price(&self, model: &ModelId) -> Option<Price> {
        self.info(model)?.price
    }

    /// Keeps a key in memory until it is forgotten or the process ends, and asks the provider whether it is good.
    pub async fn set_key(&self, provider: &str, key: &str) -> Result<ProviderInfo, KeyError> {
        let found = self.keyed(provider)?;
        let key = Secret::new(key).filter(|key| {
            let text = key.reveal();
            text.len() <= MAX_KEY && text.bytes().all(|byte| byte.is_ascii_graphic())
        });
        self.keys.set(provider, key.ok_or(KeyError::Malformed)?);
        self.chosen.lock().unwrap_or_else(PoisonError::into_inner).insert(provider.into());
        found.refresh().await;
        self.tell();
        Ok(found.info())
    }

    /// The keys of all providers, for who must keep them from leaving elsewhere.
    pub fn secrets(&self) -> Vec<Secret> {
        self.keys.all()
    }

    pub fn forget_key(&self, provider: &str) -> Result<ProviderInfo, KeyError> {
        let found = self.keyed(provider)?;
        self.keys.forget(provider);
        self.tell();
        Ok(found.info())
    }

    fn keyed(&self, provider: &str) -> Result<&Arc<dyn Provider>, KeyError> {
        let found = self.provider(provider).ok_or_else(|| KeyError::UnknownProvider(provider.into()))?;
        let info = found.info();
        // A server on this computer may or may not want one; the demo never does.
        if info.base_url.is_none() { Err(KeyError::NotNeeded(info.name)) } else { Ok(found) }
    }

    /// Asks every provider for its models, because a person wants to know.
    pub async fn refresh(&self) {
        self.refresh_those(|_| true).await;
    }

    /// Asks the chosen ones, now and then, until cancelled. Never before the first list was served from memory.
    pub async fn keep_fresh(&self, clock: &dyn Clock, cancel: &CancellationToken) {
        let round = async {
            loop {
                self.refresh_chosen().await;
                clock.sleep(LOOK_AGAIN).await;
            }
        };
        tokio::select! { () = round => {}, () = cancel.cancelled() => {} }
    }

    pub async fn refresh_chosen(&self) {
        let chosen = self.chosen.lock().unwrap_or_else(PoisonError::into_inner).clone();
        self.refresh_those(|id| chosen.contains(id)).await;
    }

    async fn refresh_those(&self, wanted: impl Fn(&str) -> bool) {
        let before = self.list(None);
        let those = self.providers.iter().filter(|provider| wanted(provider.id()));
        futures::future::join_all(those.map(|provider| provider.refresh())).await;
        if self.list(None) != before {
            self.tell();
        }
    }

    /// Changes whenever models or providers come, go or change.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.changed.subscribe()
    }
    fn tell(&self) {
        self.changed.send_modify(|count| *count += 1);
    }

    fn provider(&self, id: &str) -> Option<&Arc<dyn Provider>> {
        self.providers.iter().find(|provider| provider.id() == id)
    }
}

#[cfg(test)]
mod tests;
