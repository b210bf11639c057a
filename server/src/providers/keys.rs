//! The keys of providers, in memory only: wiped when forgotten, never printed.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};
use tidemark_shared::model::KeySource;
use zeroize::Zeroizing;

/// A text that is wiped from memory with its last owner, and prints as `***`.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Arc<Zeroizing<String>>);

impl Secret {
    /// `None` when there is nothing but white space, which pasting often adds.
    pub fn new(text: &str) -> Option<Self> {
        let text = text.trim();
        (!text.is_empty()).then(|| Self(Arc::new(Zeroizing::new(text.into()))))
    }
    pub fn reveal(&self) -> &str {
        &self.0
    }
    /// The text without the secret in it.
    pub fn scrub(&self, text: &str) -> String {
        text.replace(self.reveal(), "***")
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// Which key each provider has now. One given by the person goes before one from the environment.
#[derive(Debug, Default)]
pub struct Keys(RwLock<BTreeMap<String, Found>>);

#[derive(Debug, Default)]
struct Found {
    session: Option<Secret>,
    environment: Option<Secret>,
}

impl Keys {
    pub fn found_in_environment(&self, provider: &str, key: Secret) {
        self.write(|keys| keys.entry(provider.into()).or_default().environment = Some(key));
    }
    /// Kept until [`Self::forget`] or the end of the process.
    pub fn set(&self, provider: &str, key: Secret) {
        self.write(|keys| keys.entry(provider.into()).or_default().session = Some(key));
    }
    /// Forgets the key in use: the person's own first; then the one of the environment, until the next start.
    pub fn forget(&self, provider: &str) {
        self.write(|keys| {
            if let Some(found) = keys.get_mut(provider)
                && found.session.take().is_none()
            {
                found.environment = None;
            }
        });
    }
    pub fn get(&self, provider: &str) -> Option<(Secret, KeySource)> {
        let keys = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let found = keys.get(provider)?;
        let session = found.session.clone().map(|key| (key, KeySource::Session));
        session.or_else(|| found.environment.clone().map(|key| (key, KeySource::Environment)))
    }

    /// Every key there is.
    pub fn all(&self) -> Vec<Secret> {
        let keys = self.0.read().unwrap_or_else(PoisonError::into_inner);
        keys.values().flat_map(|found| [&found.session, &found.environment]).flatten().cloned().collect()
    }

    fn write(&self, change: impl FnOnce(&mut BTreeMap<String, Found>)) {
        change(&mut self.0.write().unwrap_or_else(PoisonError::into_inner));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_given_by_hand_goes_first_and_forgetting_it_brings_back_the_other() {
        let keys = Keys::default();
        let source = || keys.get("openai").map(|(_, source)| source);
        keys.found_in_environment("openai", Secret::new("sk-environment").unwrap());
        assert_eq!(source(), Some(KeySource::Environment));
        keys.set("openai", Secret::new(" sk-mine\n").unwrap());
        assert_eq!(keys.get("openai"), Some((Secret::new("sk-mine").unwrap(), KeySource::Session)));
        keys.forget("openai");
        assert_eq!(source(), Some(KeySource::Environment));
        keys.forget("openai");
        assert_eq!(source(), None);
    }

    #[test]
    fn a_key_is_never_printed() {
        let keys = Keys::default();
        keys.set("openai", Secret::new("sk-mine").unwrap());
        assert!(!format!("{keys:?}").contains("sk-mine"));
    }
}
