//! Asks npm registries over HTTP: which versions a package has, and the bytes of one of them.
//!
//! Answers are cached with their etag and used again for [`FRESH`]; when a registry cannot be reached, what was
//! kept is used however old it is. A registry that did not answer is not asked again for a moment, so that a page
//! with a hundred packages does not wait a hundred times for a network that is not there.

use super::cache::{Cache, Fetched, Kept};
use super::npmrc::Npmrc;
use crate::clock::Clock;
use bytes::BytesMut;
use futures::StreamExt as _;
use reqwest::{Client, Response, StatusCode, header};
use serde::{Deserialize, Serialize};
use ssri::Integrity;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tidemark_shared::Millis;
use url::Url;

/// How long a registry's answer is used without asking again.
const FRESH: Duration = Duration::from_secs(5 * 60);
/// How long a registry that could not be reached is left alone.
const LEAVE_ALONE: Duration = Duration::from_secs(10);
const CONNECT: Duration = Duration::from_secs(4);
const ANSWER: Duration = Duration::from_secs(20);
const DOWNLOAD: Duration = Duration::from_secs(120);
/// The largest list of versions and the largest tarball that are read.
const MAX_PACKUMENT: usize = 64 << 20;
const MAX_TARBALL: usize = 96 << 20;
/// What registries send instead of whole manifests: only what installing needs.
const ABBREVIATED: &str = "application/vnd.npm.install-v1+json, application/json;q=0.8";

/// What is known of a package: its tags and its versions.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Packument {
    #[serde(rename = "dist-tags", default)]
    pub(super) tags: BTreeMap<String, String>,
    #[serde(default)]
    pub(super) versions: BTreeMap<String, Release>,
}

/// One version in a packument.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Release {
    pub(super) dist: Dist,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Dist {
    pub(super) tarball: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) integrity: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) shasum: Option<String>,
}

/// Why a registry did not give a package.
#[derive(Debug, Clone, thiserror::Error)]
pub(super) enum RegistryError {
    #[error("no registry is configured")]
    NoRegistry,
    #[error("the registry has no package of this name")]
    Unknown,
    #[error("the registry has no such version")]
    NoVersion,
    #[error("it comes from a folder, a repository or an address, not from a registry")]
    Elsewhere,
    #[error("the registry could not be reached")]
    Unreachable,
    #[error("the registry wants a login it was not given, or refuses the one it was ({0})")]
    Refused(u16),
    #[error("the registry answered {0}")]
    Failed(u16),
    #[error("the package is damaged: {0}")]
    Damaged(String),
    #[error("the package is larger than the limit")]
    TooLarge,
    #[error("the package cache cannot be written: {0}")]
    Disk(String),
}

/// All registries, behind one cache.
pub(super) struct Registry {
    cache: Arc<Cache>,
    clock: Arc<dyn Clock>,
    client: Client,
    /// Clients that trust a certificate file of the user's, by its path.
    with_certificates: Mutex<BTreeMap<PathBuf, Client>>,
    unreachable_until: AtomicU64,
}

impl Registry {
    pub(super) fn new(cache: Arc<Cache>, clock: Arc<dyn Clock>) -> Self {
        Self {
            cache,
            clock,
            client: client(None),
            with_certificates: Mutex::default(),
            unreachable_until: AtomicU64::new(0),
        }
    }

    /// What the package's registry says about it, or last said when it cannot be reached.
    pub(super) async fn packument(&self, npmrc: &Npmrc, package: &str) -> Result<Packument, RegistryError> {
        let registry = npmrc.registry_of(package).ok_or(RegistryError::NoRegistry)?;
        let (cache, at, name) = (self.cache.clone(), registry.clone(), package.to_owned());
        let kept: Option<Kept<Packument>> = off_thread(move || cache.packument(&at, &name)).await?;
        let now = self.clock.now();
        if let Some(kept) = &kept
            && now.saturating_sub(kept.at) < millis(FRESH)
        {
            return Ok(kept.answer.clone());
        }
        let etag = kept.as_ref().and_then(|kept| kept.etag.clone());
        match self.ask(npmrc, registry, package, etag).await {
            Ok((answer, etag)) => {
                let answer = match (answer, kept) {
                    (Some(answer), _) => answer,
                    (None, Some(kept)) => kept.answer,
                    (None, None) => return Err(RegistryError::Failed(304)),
                };
                let keep = Kept { etag, at: now, answer: answer.clone() };
                let (cache, at, name) = (self.cache.clone(), registry.clone(), package.to_owned());
                off_thread(move || cache.put_packument(&at, &name, &keep))
                    .await?
                    .map_err(|why| RegistryError::Disk(why.to_string()))?;
                Ok(answer)
            }
            Err(why @ (RegistryError::Unreachable | RegistryError::Failed(_))) => {
                kept.map(|kept| kept.answer).ok_or(why)
            }
            Err(why) => Err(why),
        }
    }

    /// The bytes of one version, from the cache or the registry; checked against the digest that the registry gave.
    pub(super) async fn tarball(
        &self,
        npmrc: &Npmrc,
        package: &str,
        version: &str,
    ) -> Result<Vec<u8>, RegistryError> {
        let registry = npmrc.registry_of(package).ok_or(RegistryError::NoRegistry)?;
        let (cache, at, name, number) =
            (self.cache.clone(), registry.clone(), package.to_owned(), version.to_owned());
        let cached = off_thread(move || {
            let integrity = cache.fetched(&at, &name, &number)?.integrity.parse().ok()?;
            cache.tarball(&integrity)
        });
        if let Some(bytes) = cached.await? {
            return Ok(bytes);
        }
        let packument = self.packument(npmrc, package).await?;
        let dist = packument.versions.get(version).map(|release| &release.dist);
        let dist = dist.ok_or(RegistryError::NoVersion)?;
        let integrity = integrity(dist)?;
        let bytes = self.download(npmrc, registry, dist).await?;
        let (cache, at, name, number) =
            (self.cache.clone(), registry.clone(), package.to_owned(), version.to_owned());
        off_thread(move || {
            integrity.check(&bytes).map_err(|_| {
                RegistryError::Damaged("its bytes do not match the digest that the registry gave".into())
            })?;
            let fetched = Fetched { integrity: integrity.to_string() };
            cache
                .put_tarball(&integrity, &bytes)
                .and_then(|()| cache.put_fetched(&at, &name, &number, &fetched))
                .map_err(|why| RegistryError::Disk(why.to_string()))?;
            Ok(bytes)
        })
        .await?
    }

    async fn ask(
        &self,
        npmrc: &Npmrc,
        registry: &Url,
        package: &str,
        etag: Option<String>,
    ) -> Result<(Option<Packument>, Option<String>), RegistryError> {
        let address = registry.join(&package.replace('/', "%2f")).map_err(|_| RegistryError::Unknown)?;
        let mut headers = vec![(header::ACCEPT, ABBREVIATED.to_owned())];
        headers.extend(etag.clone().map(|etag| (header::IF_NONE_MATCH, etag)));
        let response = self.get(npmrc, &address, headers, ANSWER).await?;
        if response.status() == StatusCode::NOT_MODIFIED {
            return Ok((None, etag));
        }
        let etag =
            response.headers().get(header::ETAG).and_then(|etag| etag.to_str().ok()).map(str::to_owned);
        let body = read(response, MAX_PACKUMENT).await?;
        let parse = move || serde_json::from_slice(&body);
        let packument = off_thread(parse).await?.map_err(|why| RegistryError::Damaged(why.to_string()))?;
        Ok((Some(packument), etag))
    }

    /// Where the registry says the tarball is; a mirror often repeats the address of what it mirrors, so the same
    /// path on the mirror itself is tried first.
    async fn download(&self, npmrc: &Npmrc, registry: &Url, dist: &Dist) -> Result<Vec<u8>, RegistryError> {
        let told = Url::parse(&dist.tarball).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
        let told =
            told.ok_or_else(|| RegistryError::Damaged("its registry gives no address for it".into()))?;
        let mut addresses = vec![told.clone()];
        if told.host_str() != registry.host_str() {
            addresses.insert(0, registry.join(told.path().trim_start_matches('/')).unwrap_or(told));
        }
        let mut failure = RegistryError::Unreachable;
        for address in addresses {
            let response = self.get(npmrc, &address, Vec::new(), DOWNLOAD).await;
            let bytes = match response {
                Ok(response) => read(response, MAX_TARBALL).await,
                Err(why) => Err(why),
            };
            match bytes {
                Ok(bytes) => return Ok(bytes),
                Err(RegistryError::TooLarge) => return Err(RegistryError::TooLarge),
                Err(why) => failure = why,
            }
        }
        Err(failure)
    }

    async fn get(
        &self,
        npmrc: &Npmrc,
        address: &Url,
        headers: Vec<(header::HeaderName, String)>,
        time: Duration,
    ) -> Result<Response, RegistryError> {
        if self.clock.now() < self.unreachable_until.load(Ordering::Relaxed) {
            return Err(RegistryError::Unreachable);
        }
        let mut request = self.client(npmrc.cafile.as_deref()).get(address.clone()).timeout(time);
        for (name, value) in headers {
            request = request.header(name, value);
        }
        if let Some(authorization) = npmrc.authorization(address) {
            request = request.header(header::AUTHORIZATION, authorization);
        }
        let response = request.send().await.map_err(|why| {
            if why.is_connect() || why.is_timeout() {
                self.unreachable_until.store(self.clock.now() + millis(LEAVE_ALONE), Ordering::Relaxed);
            }
            // The address may hold a private host; the kind of failure is enough.
            tracing::info!(
                timeout = why.is_timeout(),
                connect = why.is_connect(),
                "a registry could not be reached"
            );
            RegistryError::Unreachable
        })?;
        match response.status() {
            status if status.is_success() || status == StatusCode::NOT_MODIFIED => Ok(response),
            StatusCode::NOT_FOUND | StatusCode::GONE => Err(RegistryError::Unknown),
            status @ (StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) => {
                Err(RegistryError::Refused(status.as_u16()))
            }
            status => Err(RegistryError::Failed(status.as_u16())),
        }
    }

    fn client(&self, cafile: Option<&Path>) -> Client {
        let Some(cafile) = cafile else { return self.client.clone() };
        let mut clients = self.with_certificates.lock().unwrap_or_else(PoisonError::into_inner);
        clients.entry(cafile.to_owned()).or_insert_with(|| client(Some(cafile))).clone()
    }
}

fn client(cafile: Option<&Path>) -> Client {
    let builder = Client::builder()
        .connect_timeout(CONNECT)
        .user_agent(concat!("tidemark/", env!("CARGO_PKG_VERSION")))
        .redirect(reqwest::redirect::Policy::limited(4));
    let pem = cafile.and_then(|path| std::fs::read(path).ok());
    let certificates =
        pem.and_then(|pem| reqwest::Certificate::from_pem_bundle(&pem).ok()).unwrap_or_default();
    let builder = if certificates.is_empty() { builder } else { builder.tls_certs_merge(certificates) };
    builder.build().expect("a client with no unusual setting can be built")
}

fn integrity(dist: &Dist) -> Result<Integrity, RegistryError> {
    let none = || RegistryError::Damaged("its registry gives no digest for it".into());
    match (&dist.integrity, &dist.shasum) {
        (Some(integrity), _) => integrity.parse().map_err(|_| none()),
        (None, Some(shasum)) => Integrity::from_hex(shasum, ssri::Algorithm::Sha1).map_err(|_| none()),
        (None, None) => Err(none()),
    }
}

async fn read(response: Response, limit: usize) -> Result<Vec<u8>, RegistryError> {
    let mut body = BytesMut::new();
    let mut stream = response.bytes_stream();
    while let Some(part) = stream.next().await {
        body.extend_from_slice(&part.map_err(|_| RegistryError::Unreachable)?);
        if body.len() > limit {
            return Err(RegistryError::TooLarge);
        }
    }
    Ok(body.into())
}

async fn off_thread<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, RegistryError> {
    tokio::task::spawn_blocking(work).await.map_err(|panic| RegistryError::Disk(panic.to_string()))
}

fn millis(time: Duration) -> Millis {
    u64::try_from(time.as_millis()).unwrap_or(Millis::MAX)
}
