//! A provider at the other end of HTTP, in any dialect: sends, reads the stream, and knows how its connection stands.

use super::catalogue;
use super::keys::{Keys, Secret};
use super::refusal::{Refusal, bounded};
use super::wire::{Dialect, Fault, Reader};
use super::{Delta, DeltaStream, Provider, ProviderError, Request, sse};
use crate::clock::Clock;
use async_trait::async_trait;
use futures::StreamExt;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue};
use reqwest::{Client, RequestBuilder, Response};
use serde_json::Value;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;
use tidemark_shared::model::{Price, ProviderInfo, ProviderStatus};
use tidemark_shared::{ModelId, ModelInfo};
use url::Url;

/// How long the end of a finished stream is waited for, so that its connection can be used again.
const DRAIN: Duration = Duration::from_millis(200);
/// Bytes of an error's body that are read.
const MAX_ERROR_BODY: usize = 64 << 10;
/// Models of one provider that are listed.
const MAX_MODELS: usize = 500;

/// Where a provider is and how it is asked.
#[derive(Debug, Clone)]
pub struct Endpoint {
    pub id: String,
    /// For a person.
    pub name: String,
    /// Without a slash at the end. Anthropic's without `/v1`, all others' with it.
    pub base_url: String,
    pub dialect: Dialect,
    pub needs_key: bool,
    /// A program on this computer that serves models: costs nothing.
    pub local: bool,
    /// The maker's own server: the built-in catalogue is true of it.
    pub official: bool,
    /// Models that are there whatever its list says.
    pub models: Vec<String>,
    pub list: List,
    /// What to do when it can't be used, for a person.
    pub hint: String,
}

/// How an endpoint lists its models.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum List {
    Anthropic,
    OpenAi,
    /// `GET /api/tags`, beside the `/v1` of the base URL.
    Ollama,
}

/// Bounds on waiting.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// Without a byte for so long, a request is given up.
    pub idle: Duration,
    pub connect: Duration,
    /// For a list of models.
    pub list: Duration,
}

pub struct Remote {
    endpoint: Endpoint,
    patience: Patience,
    keys: Arc<Keys>,
    clock: Arc<dyn Clock>,
    /// Made at the first request: reading the system's certificates takes longer than a start may.
    client: OnceLock<Client>,
    known: Mutex<Known>,
    /// The server does not know Responses.
    chat_only: AtomicBool,
}

struct Known {
    status: ProviderStatus,
    message: Option<String>,
    listed: Option<Vec<Listed>>,
}

struct Listed {
    id: String,
    name: Option<String>,
}

impl Remote {
    pub fn new(endpoint: Endpoint, patience: Patience, keys: Arc<Keys>, clock: Arc<dyn Clock>) -> Self {
        let known = Known { status: ProviderStatus::Unknown, message: None, listed: None };
        Self {
            endpoint,
            patience,
            keys,
            clock,
            client: OnceLock::new(),
            known: Mutex::new(known),
            chat_only: AtomicBool::new(false),
        }
    }

    fn client(&self) -> Result<&Client, ProviderError> {
        if let Some(client) = self.client.get() {
            return Ok(client);
        }
        // A key must not follow a redirect to another host, so none is followed.
        let mut builder = Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(self.patience.connect)
            .user_agent(concat!("tidemark/", env!("CARGO_PKG_VERSION")));
        if is_loopback(&self.endpoint.base_url) {
            builder = builder.no_proxy();
        }
        let client = builder.build().map_err(|why| ProviderError::Unreachable {
            provider: self.endpoint.id.clone(),
            reason: format!("no HTTPS client can be made: {}", causes(&why)),
        })?;
        Ok(self.client.get_or_init(|| client))
    }

    fn key(&self) -> Option<Secret> {
        self.keys.get(&self.endpoint.id).map(|(key, _)| key)
    }

    fn with_key(
        &self,
        request: RequestBuilder,
        key: Option<&Secret>,
    ) -> Result<RequestBuilder, ProviderError> {
        let anthropic = self.endpoint.dialect == Dialect::Anthropic;
        let mut headers = HeaderMap::new();
        if anthropic {
            headers.insert("anthropic-version", HeaderValue::from_static("2023-06-01"));
        }
        if let Some(key) = key {
            let (name, value) = if anthropic {
                (reqwest::header::HeaderName::from_static("x-api-key"), key.reveal().to_owned())
            } else {
                (AUTHORIZATION, format!("Bearer {}", key.reveal()))
            };
            let mut value = HeaderValue::try_from(value).map_err(|_| ProviderError::BadKey {
                provider: self.endpoint.id.clone(),
                reason: "the key has characters that no key has".into(),
            })?;
            value.set_sensitive(true);
            headers.insert(name, value);
        }
        Ok(request.headers(headers))
    }

    fn learn(&self, status: ProviderStatus, message: Option<String>) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.status = status;
        known.message = message;
    }

    /// Remembers what an error says about the connection.
    fn learn_from(&self, error: &ProviderError) {
        match error {
            ProviderError::BadKey { reason, .. } => self.learn(ProviderStatus::BadKey, Some(reason.clone())),
            ProviderError::Unreachable { reason, .. } => {
                self.learn(ProviderStatus::Unreachable, Some(format!("{reason}. {}", self.endpoint.hint)));
            }
            // It was there and answered.
            ProviderError::UnknownModel { .. }
            | ProviderError::RateLimited { .. }
            | ProviderError::Rejected { .. } => self.learn(ProviderStatus::Connected, None),
            ProviderError::Trouble { .. } | ProviderError::Silent { .. } | ProviderError::Nonsense { .. } => {
            }
        }
    }

    /// Waits for an answer's headers as long as patience lasts.
    async fn send(&self, request: RequestBuilder) -> Result<Response, ProviderError> {
        let sent = tokio::select! {
            sent = request.send() => sent,
            () = self.clock.sleep(self.patience.idle) => return Err(self.silent()),
        };
        sent.map_err(|why| self.transport(&why))
    }

    fn silent(&self) -> ProviderError {
        ProviderError::Silent { provider: self.endpoint.id.clone(), after_s: self.patience.idle.as_secs() }
    }

    fn transport(&self, why: &reqwest::Error) -> ProviderError {
        let provider = self.endpoint.id.clone();
        let reason = causes(why);
        if why.is_connect() {
            ProviderError::Unreachable { provider, reason }
        } else {
            ProviderError::Trouble { provider, reason: format!("the connection broke: {reason}") }
        }
    }

    async fn refusal(&self, response: Response, model: &str, key: Option<&Secret>) -> ProviderError {
        let (status, headers) = (response.status(), response.headers().clone());
        let mut bytes = response.bytes_stream();
        let mut body = Vec::new();
        let read = async {
            while let Some(Ok(chunk)) = bytes.next().await
                && body.len() < MAX_ERROR_BODY
            {
                body.extend_from_slice(&chunk);
            }
        };
        tokio::select! { () = read => {}, () = self.clock.sleep(self.patience.idle) => {} }
        let body = String::from_utf8_lossy(&body);
        Refusal {
            provider: &self.endpoint.id,
            model,
            status,
            headers: &headers,
            body: &body,
            key,
            now: self.clock.now(),
        }
        .error()
    }

    async fn ask(
        &self,
        dialect: Dialect,
        request: &Request,
        key: Option<&Secret>,
    ) -> Result<Response, ProviderError> {
        let url = format!("{}{}", self.endpoint.base_url, dialect.path());
        let body = dialect.body(request, self.endpoint.official);
        let post = self.with_key(self.client()?.post(url), key)?.json(&body);
        self.send(post).await
    }

    async fn start(&self, request: &Request, key: Option<&Secret>) -> Result<DeltaStream, ProviderError> {
        let mut dialect = self.endpoint.dialect;
        if dialect == Dialect::OpenAi && self.chat_only.load(Ordering::Relaxed) {
            dialect = Dialect::Chat;
        }
        let mut response = self.ask(dialect, request, key).await?;
        // Not JSON: not the server's own word about a model, but a missing route.
        let missing = matches!(response.status().as_u16(), 404 | 405 | 501) && !is(&response, "json");
        if dialect == Dialect::OpenAi && missing {
            self.chat_only.store(true, Ordering::Relaxed);
            dialect = Dialect::Chat;
            response = self.ask(dialect, request, key).await?;
        }
        if response.status() != reqwest::StatusCode::OK {
            return Err(self.refusal(response, &request.model, key).await);
        }
        if !is(&response, "event-stream") {
            let kind = response.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
            let kind = kind.unwrap_or("something without a type");
            return Err(
                Fault::Nonsense(format!("{kind} instead of a stream of events")).of(&self.endpoint.id)
            );
        }
        self.learn(ProviderStatus::Connected, None);
        Ok(self.read(response, dialect.reader(), key.cloned()))
    }

    /// The deltas of a stream. Dropping them closes the connection.
    fn read(&self, response: Response, mut reader: Box<dyn Reader>, key: Option<Secret>) -> DeltaStream {
        let (clock, idle) = (Arc::clone(&self.clock), self.patience.idle);
        let (provider, silent) = (self.endpoint.id.clone(), self.silent());
        let fault = move |fault: Fault| scrubbed(fault, key.as_ref()).of(&provider);
        async_stream::try_stream! {
            let mut bytes = response.bytes_stream();
            let mut events = sse::Parser::default();
            let mut out = Vec::new();
            let mut last = None;
            while last.is_none() {
                let chunk = tokio::select! {
                    chunk = bytes.next() => Some(chunk),
                    () = clock.sleep(idle) => None,
                };
                match chunk {
                    None => Err(silent.clone())?,
                    Some(Some(Ok(chunk))) => {
                        let events = events.push(&chunk).map_err(|why| fault(Fault::Nonsense(why.to_string())))?;
                        for event in events {
                            reader.read(&event, &mut out).map_err(&fault)?;
                        }
                    }
                    Some(Some(Err(why))) => {
                        Err(fault(Fault::Trouble(format!("the answer was cut off: {}", causes(&why)))))?;
                    }
                    Some(None) => {
                        reader.end(&mut out);
                        if !matches!(out.last(), Some(Delta::Done(_))) {
                            let cut = Fault::Trouble("the answer was cut off".into());
                            let nothing = Fault::Nonsense("it sent no events".into());
                            Err(fault(if events.started() { cut } else { nothing }))?;
                        }
                    }
                }
                for delta in out.drain(..) {
                    if matches!(delta, Delta::Done(_)) {
                        last = Some(delta);
                        break;
                    }
                    yield delta;
                }
            }
            let drained = async { while let Some(Ok(_)) = bytes.next().await {} };
            tokio::select! { () = drained => {}, () = clock.sleep(DRAIN) => {} }
            if let Some(done) = last {
                yield done;
            }
        }
        .boxed()
    }

    async fn list(&self) -> Result<Vec<Listed>, ProviderError> {
        let base = &self.endpoint.base_url;
        let url = match self.endpoint.list {
            List::Anthropic => format!("{base}/v1/models?limit=1000"),
            List::OpenAi => format!("{base}/models"),
            List::Ollama => format!("{}/api/tags", base.trim_end_matches("/v1")),
        };
        let key = self.key();
        let request = self.with_key(self.client()?.get(url), key.as_ref())?.timeout(self.patience.list);
        let response = request.send().await.map_err(|why| ProviderError::Unreachable {
            provider: self.endpoint.id.clone(),
            reason: causes(&why),
        })?;
        if !response.status().is_success() {
            return Err(self.refusal(response, "", key.as_ref()).await);
        }
        let body: Value = response
            .json()
            .await
            .map_err(|_| Fault::Nonsense("its list of models is not JSON".into()).of(&self.endpoint.id))?;
        let items = body["data"].as_array().or_else(|| body["models"].as_array());
        let items = items.ok_or_else(|| {
            Fault::Nonsense("its list of models has no models".into()).of(&self.endpoint.id)
        })?;
        let listed = items.iter().filter_map(|item| {
            let id = item["id"].as_str().or_else(|| item["name"].as_str())?;
            let name = item["display_name"].as_str().map(str::to_owned);
            Some(Listed { id: id.into(), name })
        });
        Ok(listed.filter(|model| self.can_chat(&model.id)).take(MAX_MODELS).collect())
    }

    /// Leaves out what cannot hold a conversation: lists of models hold everything a server has.
    fn can_chat(&self, id: &str) -> bool {
        const OTHERS: &[&str] = &[
            "embed",
            "whisper",
            "tts",
            "dall-e",
            "audio",
            "realtime",
            "image",
            "moderation",
            "transcribe",
            "sora",
            "davinci",
            "babbage",
            "rerank",
            "instruct-0914",
        ];
        let openai = self.endpoint.official && self.endpoint.list == List::OpenAi;
        !OTHERS
            .iter()
            .any(|word| if openai { id.contains(word) } else { *word == "embed" && id.contains(word) })
    }

    /// Why a model can't be used now, for a person.
    fn obstacle(&self) -> Option<String> {
        let info = self.info();
        match info.status {
            ProviderStatus::NoKey | ProviderStatus::BadKey | ProviderStatus::Unreachable => {
                Some(info.message.unwrap_or_else(|| self.endpoint.hint.clone()))
            }
            ProviderStatus::Connected | ProviderStatus::Unknown => None,
        }
    }
}

#[async_trait]
impl Provider for Remote {
    fn id(&self) -> &str {
        &self.endpoint.id
    }

    fn info(&self) -> ProviderInfo {
        let key = self.keys.get(&self.endpoint.id);
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let no_key = self.endpoint.needs_key && key.is_none();
        ProviderInfo {
            id: self.endpoint.id.clone(),
            name: self.endpoint.name.clone(),
            status: if no_key { ProviderStatus::NoKey } else { known.status },
            message: if no_key { Some(self.endpoint.hint.clone()) } else { known.message.clone() },
            base_url: Some(self.endpoint.base_url.clone()),
            key_source: key.map(|(_, source)| source),
            needs_key: self.endpoint.needs_key,
        }
    }

    fn models(&self) -> Vec<ModelInfo> {
        let obstacle = self.obstacle();
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let mut names: Vec<(&str, Option<&str>)> =
            self.endpoint.models.iter().map(|id| (id.as_str(), None)).collect();
        match &known.listed {
            Some(listed) => {
                names.extend(listed.iter().map(|model| (model.id.as_str(), model.name.as_deref())))
            }
            // Not asked yet: what its maker is known to offer.
            None => names.extend(catalogue::of(&self.endpoint.id).map(|entry| (entry.model, None))),
        }
        // The best known first, the rest in the server's own order.
        names.sort_by_key(|(id, _)| catalogue::rank(&self.endpoint.id, id));
        let mut seen = std::collections::BTreeSet::new();
        names.retain(|(id, _)| seen.insert(id.to_owned()));
        let free = Price { input: 0.0, output: 0.0, cache_read: 0.0, cache_write: 0.0 };
        names
            .into_iter()
            .filter_map(|(id, name)| {
                let entry = catalogue::find(&self.endpoint.id, id);
                Some(ModelInfo {
                    id: ModelId::new(&self.endpoint.id, id).ok()?,
                    provider: self.endpoint.id.clone(),
                    name: name.or(entry.map(|entry| entry.name)).unwrap_or(id).into(),
                    available: obstacle.is_none(),
                    reason: obstacle.clone(),
                    local: self.endpoint.local,
                    demo: false,
                    context_tokens: entry.map(|entry| entry.context_tokens),
                    price: if self.endpoint.local {
                        Some(free)
                    } else {
                        entry.and_then(catalogue::Entry::price)
                    },
                })
            })
            .collect()
    }

    async fn refresh(&self) {
        if self.endpoint.needs_key && self.key().is_none() {
            return;
        }
        match self.list().await {
            Ok(listed) => {
                self.learn(ProviderStatus::Connected, None);
                self.known.lock().unwrap_or_else(PoisonError::into_inner).listed = Some(listed);
            }
            // Many servers answer questions but have no list.
            Err(ProviderError::Rejected { .. } | ProviderError::Nonsense { .. }) if !self.endpoint.local => {}
            Err(why) => {
                self.learn_from(&why);
                if self.endpoint.local {
                    self.known.lock().unwrap_or_else(PoisonError::into_inner).listed = None;
                }
            }
        }
    }

    async fn stream(&self, request: Request) -> Result<DeltaStream, ProviderError> {
        let key = self.key();
        if self.endpoint.needs_key && key.is_none() {
            return Err(ProviderError::BadKey {
                provider: self.endpoint.id.clone(),
                reason: "there is no key".into(),
            });
        }
        let started = self.start(&request, key.as_ref()).await;
        if let Err(why) = &started {
            self.learn_from(why);
        }
        started
    }
}

fn scrubbed(fault: Fault, key: Option<&Secret>) -> Fault {
    let clean = |text: String| bounded(&key.map_or_else(|| text.clone(), |key| key.scrub(&text)));
    match fault {
        Fault::BadKey(reason) => Fault::BadKey(clean(reason)),
        Fault::RateLimited(after, reason) => Fault::RateLimited(after, clean(reason)),
        Fault::Trouble(reason) => Fault::Trouble(clean(reason)),
        Fault::Rejected(reason) => Fault::Rejected(clean(reason)),
        Fault::Nonsense(reason) => Fault::Nonsense(clean(reason)),
    }
}

fn is(response: &Response, kind: &str) -> bool {
    let value = response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    value.is_some_and(|value| value.contains(kind))
}

/// Whether requests to this address stay on this computer.
pub fn is_loopback(url: &str) -> bool {
    let Ok(url) = Url::parse(url) else { return false };
    match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(url::Host::Ipv4(ip)) => ip.is_loopback() || ip.is_unspecified(),
        Some(url::Host::Ipv6(ip)) => ip.is_loopback() || ip.is_unspecified(),
        None => false,
    }
}

/// The innermost cause is the one that says what happened; the address is left out, it may hold a password.
fn causes(error: &dyn std::error::Error) -> String {
    let mut innermost = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    bounded(&innermost.to_string())
}
