//! The studio's page and its files, built from `ui/` and embedded in the binary; and the viewer of the API at `/docs`.
//! Both are public: they tell nothing, and ask with the token of their tab.

use axum::http::{StatusCode, Uri, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use std::borrow::Cow;
use std::sync::{Arc, LazyLock};
use utoipa_swagger_ui::Config;

/// A debug build reads the folder as it is; a release build has it inside.
#[derive(rust_embed::RustEmbed)]
#[folder = "../ui/dist"]
#[allow_missing = true]
struct Built;

const UNBUILT: &str = "<!doctype html><meta charset=utf-8><title>Tidemark</title><h1>The interface is not built</h1>\
    <p>The server runs, but its page was not there when it was built. Run <code>scripts/interface</code> in the repository, \
    then build the server again.</p>";

/// The file at a path, or the page itself for an address inside it (`/projects/…`).
pub(super) async fn page(uri: Uri) -> Response {
    let path = uri.path().trim_start_matches('/');
    if path.is_empty() {
        return index();
    }
    match Built::get(path) {
        Some(file) => {
            // Vite puts the hash of what a file holds into its name, so the name never means anything else.
            let cache =
                if path.starts_with("assets/") { "public, max-age=31536000, immutable" } else { "no-cache" };
            let kind = mime_guess::from_path(path).first_or_octet_stream();
            ([(header::CONTENT_TYPE, kind.as_ref()), (header::CACHE_CONTROL, cache)], owned(file.data))
                .into_response()
        }
        // A missing file of a page that is no longer ours must not be answered with a page.
        None if path.rsplit('/').next().is_some_and(|name| name.contains('.')) => {
            StatusCode::NOT_FOUND.into_response()
        }
        None => index(),
    }
}

fn index() -> Response {
    let no_store = [(header::CACHE_CONTROL, "no-store")];
    match Built::get("index.html") {
        Some(file) => {
            (no_store, [(header::CONTENT_TYPE, "text/html; charset=utf-8")], owned(file.data)).into_response()
        }
        None => (StatusCode::SERVICE_UNAVAILABLE, no_store, Html(UNBUILT)).into_response(),
    }
}

fn owned(data: Cow<'static, [u8]>) -> bytes::Bytes {
    match data {
        Cow::Borrowed(bytes) => bytes::Bytes::from_static(bytes),
        Cow::Owned(bytes) => bytes.into(),
    }
}

static VIEWER: LazyLock<Arc<Config<'static>>> = LazyLock::new(|| Arc::new(Config::from("/openapi.json")));

/// Starts the viewer with the tab's own token; a tab without one can be given it by "Authorize".
const START: &str = "const token = sessionStorage.getItem('tidemark.token');
window.ui = SwaggerUIBundle({
  url: '/openapi.json',
  dom_id: '#swagger-ui',
  deepLinking: true,
  presets: [SwaggerUIBundle.presets.apis, SwaggerUIStandalonePreset],
  plugins: [SwaggerUIBundle.plugins.DownloadUrl],
  layout: 'StandaloneLayout',
  requestInterceptor: (request) => {
    if (token && !request.headers.Authorization) request.headers.Authorization = `Bearer ${token}`;
    return request;
  },
});
";

/// `/docs` and the viewer's files below it.
pub(super) async fn viewer(uri: Uri) -> Response {
    let path = match uri.path().strip_prefix("/docs/") {
        None => return Redirect::permanent("/docs/").into_response(),
        Some("") => "index.html",
        Some("swagger-initializer.js") => {
            return ([(header::CONTENT_TYPE, "text/javascript")], START).into_response();
        }
        Some(path) => path,
    };
    match utoipa_swagger_ui::serve(path, Arc::clone(&VIEWER)) {
        Ok(Some(file)) => {
            ([(header::CONTENT_TYPE, file.content_type)], file.bytes.into_owned()).into_response()
        }
        Ok(None) => StatusCode::NOT_FOUND.into_response(),
        Err(why) => super::problem::Refusal::internal(&why).into_response(),
    }
}
