//! From settings to providers: the ones everybody knows, the ones found on this computer, and the ones in the config.

use super::Models;
use crate::clock::Clock;
use crate::providers::demo::Demo;
use crate::providers::guarded::{Guarded, Retries};
use crate::providers::keys::{Keys, Secret};
use crate::providers::remote::{Endpoint, List, Patience, Remote, is_loopback};
use crate::providers::{Dialect, Provider};
use std::sync::Arc;
use std::time::Duration;
use url::Url;

/// Where models are to be had. The environment and the config file are read by `config`.
#[derive(Debug, Clone)]
pub struct ProviderSettings {
    /// `ANTHROPIC_API_KEY`, `ANTHROPIC_BASE_URL`.
    pub anthropic_key: Option<Secret>,
    pub anthropic_base_url: Option<String>,
    /// `OPENAI_API_KEY`, `OPENAI_BASE_URL`.
    pub openai_key: Option<Secret>,
    pub openai_base_url: Option<String>,
    /// `OLLAMA_HOST`: a host, a host and port, or a URL.
    pub ollama_host: Option<String>,
    pub lmstudio_base_url: Option<String>,
    /// Whether Ollama and LM Studio are looked for at their usual places.
    pub look_around: bool,
    /// `[[provider]]` of the config.
    pub extra: Vec<ExtraProvider>,
    /// A provider that says nothing for so long is given up.
    pub idle: Duration,
    pub retries: Retries,
    /// Between two chunks of the demo.
    pub demo_pace: Duration,
}

impl Default for ProviderSettings {
    fn default() -> Self {
        Self {
            anthropic_key: None,
            anthropic_base_url: None,
            openai_key: None,
            openai_base_url: None,
            ollama_host: None,
            lmstudio_base_url: None,
            look_around: true,
            extra: Vec::new(),
            idle: Duration::from_secs(120),
            retries: Retries::default(),
            demo_pace: Duration::from_millis(28),
        }
    }
}

/// A server that the person wrote into the config.
#[derive(Debug, Clone)]
pub struct ExtraProvider {
    pub id: String,
    /// For a person; the id when absent.
    pub name: Option<String>,
    pub base_url: String,
    pub key: Option<Secret>,
    /// The variable that the key is taken from, for the hint when it is not there.
    pub key_env: Option<String>,
    pub dialect: Dialect,
    /// Models that it has, when it does not list them.
    pub models: Vec<String>,
}

/// A provider that can't be set up as it is written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadProvider {
    #[error("the base URL of {provider} is no http or https address: {url:?}")]
    Url { provider: String, url: String },
    #[error("a provider can't be called {0:?}: use a-z, 0-9, - and _, and a name that is not taken")]
    Id(String),
}

const CONNECT: Duration = Duration::from_secs(10);
/// A list over the network, and one on this computer.
const LIST: Duration = Duration::from_secs(10);
const LIST_HERE: Duration = Duration::from_millis(300);

impl Models {
    pub fn set_up(settings: &ProviderSettings, clock: &Arc<dyn Clock>) -> Result<Self, BadProvider> {
        let keys = Arc::new(Keys::default());
        let mut chosen = Vec::new();
        let mut providers: Vec<Arc<dyn Provider>> = Vec::new();
        let mut add = |endpoint: Endpoint, key: Option<&Secret>| {
            if let Some(key) = key {
                keys.found_in_environment(&endpoint.id, key.clone());
            }
            let here = endpoint.local;
            let patience =
                Patience { idle: settings.idle, connect: CONNECT, list: if here { LIST_HERE } else { LIST } };
            let remote: Arc<dyn Provider> =
                Arc::new(Remote::new(endpoint, patience, Arc::clone(&keys), Arc::clone(clock)));
            providers.push(Arc::new(Guarded::new(remote, settings.retries, Arc::clone(clock))));
        };
        add(anthropic(settings)?, settings.anthropic_key.as_ref());
        add(openai(settings)?, settings.openai_key.as_ref());
        if settings.look_around || settings.ollama_host.is_some() {
            let endpoint = ollama(settings)?;
            // A program on this computer may be looked at; another host must be chosen first.
            chosen.extend(endpoint.local.then(|| endpoint.id.clone()));
            add(endpoint, None);
        }
        if settings.look_around || settings.lmstudio_base_url.is_some() {
            let endpoint = lmstudio(settings)?;
            chosen.extend(endpoint.local.then(|| endpoint.id.clone()));
            add(endpoint, None);
        }
        let mut taken = vec!["anthropic", "openai", "ollama", "lmstudio", "demo"];
        for extra in &settings.extra {
            let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_';
            if extra.id.is_empty() || !extra.id.chars().all(plain) || taken.contains(&extra.id.as_str()) {
                return Err(BadProvider::Id(extra.id.clone()));
            }
            taken.push(&extra.id);
            // Written by hand into the config: chosen.
            chosen.push(extra.id.clone());
            add(written(extra)?, extra.key.as_ref());
        }
        providers.push(Arc::new(Demo::new(settings.demo_pace, Arc::clone(clock))));
        Ok(Self::new(providers, keys, chosen))
    }
}

fn anthropic(settings: &ProviderSettings) -> Result<Endpoint, BadProvider> {
    let given = settings.anthropic_base_url.as_deref().unwrap_or("https://api.anthropic.com");
    let url = base_url("anthropic", given)?;
    let official = url == "https://api.anthropic.com" || url == "https://api.anthropic.com/v1";
    Ok(Endpoint {
        id: "anthropic".into(),
        name: "Anthropic".into(),
        base_url: url.trim_end_matches("/v1").into(),
        dialect: Dialect::Anthropic,
        needs_key: official,
        local: false,
        official,
        models: Vec::new(),
        list: List::Anthropic,
        hint: "Add a key in Settings, or start with ANTHROPIC_API_KEY set.".into(),
    })
}

fn openai(settings: &ProviderSettings) -> Result<Endpoint, BadProvider> {
    let given = settings.openai_base_url.as_deref().unwrap_or("https://api.openai.com/v1");
    let url = with_v1(base_url("openai", given)?);
    let official = url == "https://api.openai.com/v1";
    Ok(Endpoint {
        id: "openai".into(),
        name: "OpenAI".into(),
        base_url: url,
        dialect: Dialect::OpenAi,
        needs_key: official,
        local: false,
        official,
        models: Vec::new(),
        list: List::OpenAi,
        hint: "Add a key in Settings, or start with OPENAI_API_KEY set.".into(),
    })
}

fn ollama(settings: &ProviderSettings) -> Result<Endpoint, BadProvider> {
    let url = base_url("ollama", &ollama_url(settings.ollama_host.as_deref().unwrap_or_default()))?;
    Ok(Endpoint {
        id: "ollama".into(),
        name: "Ollama".into(),
        local: is_loopback(&url),
        hint: format!("Start Ollama (`ollama serve`); it is looked for at {url}."),
        base_url: format!("{}/v1", url.trim_end_matches("/v1")),
        dialect: Dialect::Chat,
        needs_key: false,
        official: false,
        models: Vec::new(),
        list: List::Ollama,
    })
}

fn lmstudio(settings: &ProviderSettings) -> Result<Endpoint, BadProvider> {
    let given = settings.lmstudio_base_url.as_deref().unwrap_or("http://127.0.0.1:1234/v1");
    let url = with_v1(base_url("lmstudio", given)?);
    Ok(Endpoint {
        id: "lmstudio".into(),
        name: "LM Studio".into(),
        local: is_loopback(&url),
        hint: format!("Start LM Studio's server; it is looked for at {url}."),
        base_url: url,
        dialect: Dialect::Chat,
        needs_key: false,
        official: false,
        models: Vec::new(),
        list: List::OpenAi,
    })
}

fn written(extra: &ExtraProvider) -> Result<Endpoint, BadProvider> {
    let url = base_url(&extra.id, &extra.base_url)?;
    let anthropic = extra.dialect == Dialect::Anthropic;
    let hint = match &extra.key_env {
        Some(variable) => {
            format!("Its key is taken from {variable}, which is not set; or add one in Settings.")
        }
        None => format!("Check that {url} can be reached."),
    };
    Ok(Endpoint {
        id: extra.id.clone(),
        name: extra.name.clone().unwrap_or_else(|| extra.id.clone()),
        local: is_loopback(&url),
        base_url: if anthropic { url.trim_end_matches("/v1").into() } else { with_v1(url) },
        dialect: extra.dialect,
        needs_key: extra.key_env.is_some(),
        official: false,
        models: extra.models.clone(),
        list: if anthropic { List::Anthropic } else { List::OpenAi },
        hint,
    })
}

/// Without a slash at the end.
fn base_url(provider: &str, text: &str) -> Result<String, BadProvider> {
    let bad = || BadProvider::Url { provider: provider.into(), url: text.into() };
    let url = Url::parse(text.trim()).map_err(|_| bad())?;
    let fine = matches!(url.scheme(), "http" | "https") && url.has_host() && url.query().is_none();
    if fine { Ok(url.as_str().trim_end_matches('/').into()) } else { Err(bad()) }
}

/// A bare host gets the path that everybody uses; a path that was written is kept.
fn with_v1(url: String) -> String {
    let bare = Url::parse(&url).is_ok_and(|url| url.path() == "/");
    if bare { format!("{url}/v1") } else { url }
}

/// `OLLAMA_HOST` as Ollama reads it: scheme, host and port may each be missing, and it may be an address to listen on.
fn ollama_url(host: &str) -> String {
    let host = host.trim().trim_end_matches('/');
    let (scheme, rest) = host.split_once("://").unwrap_or(("", host));
    let (address, port) = match rest.rsplit_once(':') {
        Some((address, port)) if port.chars().all(|c| c.is_ascii_digit()) => (address, port),
        _ if scheme == "https" => (rest, "443"),
        _ if scheme == "http" => (rest, "80"),
        _ => (rest, "11434"),
    };
    let address = if matches!(address, "" | "0.0.0.0" | "[::]") { "127.0.0.1" } else { address };
    let scheme = if scheme.is_empty() { "http" } else { scheme };
    format!("{scheme}://{address}:{port}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ollama_host_is_read_as_ollama_reads_it() {
        for (host, url) in [
            ("", "http://127.0.0.1:11434"),
            ("0.0.0.0", "http://127.0.0.1:11434"),
            ("0.0.0.0:8080", "http://127.0.0.1:8080"),
            (":5000", "http://127.0.0.1:5000"),
            ("box.lan", "http://box.lan:11434"),
            ("http://box.lan", "http://box.lan:80"),
            ("https://box.lan/", "https://box.lan:443"),
            ("http://127.0.0.1:4321", "http://127.0.0.1:4321"),
        ] {
            assert_eq!(ollama_url(host), url, "{host:?}");
        }
    }

    #[test]
    fn a_base_url_may_be_written_with_or_without_its_v1() {
        let openai = |url: &str| {
            let settings = ProviderSettings { openai_base_url: Some(url.into()), ..Default::default() };
            super::openai(&settings).unwrap().base_url
        };
        assert_eq!(openai("http://127.0.0.1:9"), "http://127.0.0.1:9/v1");
        assert_eq!(openai("http://127.0.0.1:9/v1/"), "http://127.0.0.1:9/v1");
        assert_eq!(openai("http://127.0.0.1:9/openai/v2"), "http://127.0.0.1:9/openai/v2");
        let settings =
            ProviderSettings { anthropic_base_url: Some("http://h:1/v1".into()), ..Default::default() };
        assert_eq!(super::anthropic(&settings).unwrap().base_url, "http://h:1");
        let settings = ProviderSettings { openai_base_url: Some("ftp://h".into()), ..Default::default() };
        assert!(matches!(super::openai(&settings), Err(BadProvider::Url { .. })));
    }
}
