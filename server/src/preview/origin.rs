//! A preview's own origin: one loopback port for one project, with the bundler's files and a strict policy.
//!
//! Anything on this machine can reach the port, so it serves nothing private, takes no credential and answers
//! only requests that name it as their host.

use super::cdn;
use super::npmrc::Npmrc;
use super::packages::Packages;
use super::page;
use super::tree::Tree;
use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get};
use rust_embed::RustEmbed;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::io::Read as _;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// The useful subset of the bundler, each file gzipped, as `ui/scripts/bundler.mjs` lays it out.
#[derive(RustEmbed)]
#[folder = "../ui/dist-preview/bundler/"]
#[allow_missing = true]
struct Bundler;

/// How long an answer under way may take when the origin is closed.
const GRACE: Duration = Duration::from_millis(500);

pub(super) struct Origin {
    site: Arc<Site>,
    stopping: CancellationToken,
    server: Mutex<Option<JoinHandle<()>>>,
}

/// What a request may use.
pub(super) struct Site {
    port: u16,
    embedders: Arc<RwLock<Vec<String>>>,
    pub(super) packages: Arc<Packages>,
    project: RwLock<Arc<Project>>,
}

/// What is known of the project whose preview this is.
#[derive(Default)]
pub(super) struct Project {
    pub(super) tree: Tree,
    pub(super) npmrc: Npmrc,
    /// Paths in packages that its code imports, beside their main entries.
    pub(super) used: BTreeMap<String, BTreeSet<String>>,
}

impl Site {
    pub(super) fn project(&self) -> Arc<Project> {
        self.project.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Origin {
    pub(super) async fn open(
        packages: Arc<Packages>,
        embedders: Arc<RwLock<Vec<String>>>,
    ) -> std::io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let port = listener.local_addr()?.port();
        let site = Arc::new(Site { port, embedders, packages, project: RwLock::default() });
        let router = Router::new()
            .route("/-/cdn/{host}/{*rest}", any(cdn::cdn))
            .route("/-/file/{*rest}", get(cdn::raw))
            .fallback(bundler)
            .layer(middleware::from_fn_with_state(site.clone(), guard))
            .with_state(site.clone());
        let stopping = CancellationToken::new();
        let stopped = stopping.clone();
        let server = tokio::spawn(async move {
            let served =
                axum::serve(listener, router).with_graceful_shutdown(stopped.cancelled_owned()).await;
            if let Err(why) = served {
                tracing::warn!(%why, "a preview's origin ended");
            }
        });
        Ok(Self { site, stopping, server: Mutex::new(Some(server)) })
    }

    /// From now on answers are for this state of the project.
    pub(super) fn show(&self, project: Project) {
        *self.site.project.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(project);
    }

    pub(super) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.site.port)
    }

    pub(super) async fn stop(&self) {
        self.stopping.cancel();
        let server = self.server.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(mut server) = server
            && tokio::time::timeout(GRACE, &mut server).await.is_err()
        {
            server.abort();
        }
    }
}

/// Refuses requests for other hosts (DNS rebinding) and puts the policy on every answer.
async fn guard(State(site): State<Arc<Site>>, request: Request, next: Next) -> Response {
    let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
    if host != Some(&format!("127.0.0.1:{}", site.port)) {
        return (
            StatusCode::MISDIRECTED_REQUEST,
            "This is a preview's origin; it answers to its own address only.",
        )
            .into_response();
    }
    let mut response = next.run(request).await;
    let policy = policy(&site.embedders.read().unwrap_or_else(PoisonError::into_inner));
    let headers = response.headers_mut();
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    headers.insert("permissions-policy", HeaderValue::from_static(PERMISSIONS));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert("cross-origin-resource-policy", HeaderValue::from_static("same-origin"));
    response
}

/// The app may run any code but reach only its own origin, and be shown only by the UI.
fn policy(embedders: &[String]) -> String {
    let embedders = if embedders.is_empty() { "'none'".into() } else { embedders.join(" ") };
    format!(
        "default-src 'self' data: blob:; script-src 'self' 'unsafe-inline' 'unsafe-eval' blob: data:; \
         style-src 'self' 'unsafe-inline' data: blob:; connect-src 'self' data: blob:; img-src 'self' data: blob:; \
         font-src 'self' data:; worker-src 'self' blob:; frame-src 'self' data: blob:; object-src 'none'; \
         base-uri 'self'; form-action 'self'; frame-ancestors {embedders}"
    )
}

const PERMISSIONS: &str = "accelerometer=(), bluetooth=(), camera=(), clipboard-read=(), display-capture=(), \
    geolocation=(), gyroscope=(), hid=(), identity-credentials-get=(), idle-detection=(), local-fonts=(), \
    magnetometer=(), microphone=(), midi=(), payment=(), publickey-credentials-get=(), screen-wake-lock=(), \
    serial=(), usb=(), window-management=(), xr-spatial-tracking=()";

/// A file of the bundler; a path without an extension is a route of the app and gets the page.
async fn bundler(request: Request) -> Response {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return (StatusCode::METHOD_NOT_ALLOWED, [(header::ALLOW, "GET, HEAD")]).into_response();
    }
    let path = request.uri().path().trim_start_matches('/');
    let name = path.rsplit('/').next().unwrap_or_default();
    if name.contains('.') && path != "index.html" {
        return match Bundler::get(&format!("{path}.gz")) {
            Some(file) => gzipped(&request, path, file.data),
            None => (StatusCode::NOT_FOUND, "There is no such file here.").into_response(),
        };
    }
    let Some(theirs) = Bundler::get("index.html.gz").and_then(|file| unzip(&file.data)) else {
        return (
            StatusCode::SERVICE_UNAVAILABLE,
            "This build has no preview bundler in it: scripts/interface makes it.",
        )
            .into_response();
    };
    let page = page::index(&String::from_utf8_lossy(&theirs));
    ([(header::CONTENT_TYPE, "text/html; charset=utf-8"), (header::CACHE_CONTROL, "no-store")], page)
        .into_response()
}

fn gzipped(request: &Request, path: &str, data: Cow<'static, [u8]>) -> Response {
    let kind = mime_guess::from_path(path).first_or_octet_stream();
    let accepts = request.headers().get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok());
    let headers = [
        (header::CONTENT_TYPE, kind.as_ref().to_owned()),
        (header::CACHE_CONTROL, "max-age=3600".to_owned()),
    ];
    if accepts.is_some_and(|accepts| accepts.contains("gzip")) {
        return (headers, [(header::CONTENT_ENCODING, "gzip")], data.into_owned()).into_response();
    }
    match unzip(&data) {
        Some(plain) => (headers, plain).into_response(),
        None => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

fn unzip(data: &[u8]) -> Option<Vec<u8>> {
    let mut plain = Vec::new();
    flate2::read::GzDecoder::new(data).read_to_end(&mut plain).ok().map(|_| plain)
}
