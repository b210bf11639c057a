//! The HTTP contract: HTTP in, domain out. This file is the list of every route; its OpenAPI description is made from the
//! same declarations, so the two cannot disagree.
//!
//! - [`guard`]: who is let in · [`layers`]: what every answer goes through · [`door`]: extractors · [`problem`]: every error → its problem
//! - one file per noun: [`tasks`], [`events`], [`review`], [`projects`], [`files`], [`preview`], [`models`], …

mod desktop;
mod door;
mod events;
mod files;
mod guard;
mod health;
mod layers;
mod models;
mod page;
mod preview;
pub mod problem;
mod projects;
mod review;
mod session;
mod settings;
mod tasks;

use crate::app::App;
use crate::auth::Caller;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::{Method, StatusCode, Uri, header};
use axum::middleware;
use axum::response::{IntoResponse, Response};
use axum::routing;
use std::sync::Arc;
use tidemark_shared::Problem;
use tower_http::CompressionLevel;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{ContentBuilder, OpenApi, Ref, RefOr, ResponseBuilder};
use utoipa::{OpenApi as _, PartialSchema, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

/// Paths of any depth: OpenAPI knows no such parameter, so these are declared apart from their routes.
#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "Tidemark",
        description = "The agent server: tasks, reviews, projects, files, models.",
        license(name = "Apache-2.0", identifier = "Apache-2.0")
    ),
    paths(files::read, files::save, files::delete, files::rename, tasks::changed_file)
)]
struct DeepPaths;

fn declared() -> OpenApiRouter<Arc<App>> {
    let file = routing::get(files::read).put(files::save).delete(files::delete).post(files::rename);
    OpenApiRouter::with_openapi(DeepPaths::openapi())
        .routes(routes!(session::open))
        .routes(routes!(session::launch))
        .routes(routes!(tasks::submit, tasks::list))
        .routes(routes!(tasks::submit_batch))
        .routes(routes!(tasks::get, tasks::edit))
        .routes(routes!(tasks::cancel))
        .routes(routes!(tasks::retry))
        .routes(routes!(tasks::edit_lane))
        .routes(routes!(events::task))
        .routes(routes!(review::accept))
        .routes(routes!(review::reject))
        .routes(routes!(review::undo))
        .route("/api/agent/tasks/{id}/files/{*path}", routing::get(tasks::changed_file))
        .routes(routes!(projects::list, projects::open))
        .routes(routes!(projects::get, projects::edit, projects::forget))
        .routes(routes!(files::list))
        .route("/api/projects/{id}/files/{*path}", file)
        .routes(routes!(files::create_folder))
        .routes(routes!(files::search))
        .routes(routes!(preview::preview))
        .routes(routes!(preview::types))
        .routes(routes!(events::server))
        .routes(routes!(models::list))
        .routes(routes!(models::refresh))
        .routes(routes!(models::set_key, models::delete_key))
        .routes(routes!(settings::get, settings::put))
        .routes(routes!(settings::capabilities))
        .routes(routes!(desktop::pick_folder))
        .routes(routes!(desktop::reveal))
        .routes(routes!(desktop::folders))
        .routes(routes!(health::health))
        .routes(routes!(health::detailed))
        .routes(routes!(health::metrics))
}

/// The whole door: every route, the page, and the layers that each request goes through, outermost last.
pub fn router(app: Arc<App>) -> Router {
    declared()
        .split_for_parts()
        .0
        .route("/openapi.json", routing::get(openapi))
        .route("/docs", routing::get(page::viewer))
        .route("/docs/", routing::get(page::viewer))
        .route("/docs/{*path}", routing::get(page::viewer))
        .fallback(elsewhere)
        .layer(DefaultBodyLimit::max(app.max_body))
        .layer(CompressionLayer::new().gzip(true).quality(CompressionLevel::Fastest))
        .layer(middleware::from_fn_with_state(Arc::clone(&app), layers::in_time))
        .layer(middleware::from_fn_with_state(Arc::clone(&app), guard::guard))
        .layer(CatchPanicLayer::custom(layers::panicked))
        .layer(middleware::from_fn(layers::trace))
        .with_state(app)
}

/// The description of this API.
async fn openapi(_caller: Caller) -> ([(header::HeaderName, &'static str); 1], String) {
    ([(header::CONTENT_TYPE, "application/json")], description())
}

/// No route: the page, for whoever navigates; nothing, for whoever asks the API.
async fn elsewhere(method: Method, uri: Uri) -> Response {
    let api = uri.path().starts_with("/api");
    if !api && (method == Method::GET || method == Method::HEAD) {
        page::page(uri).await
    } else {
        StatusCode::NOT_FOUND.into_response()
    }
}

/// The OpenAPI description of every route.
pub fn document() -> OpenApi {
    let mut document = declared().into_openapi();
    let components = document.components.get_or_insert_default();
    components.schemas.insert(Problem::name().into(), Problem::schema());
    let mut schemas = Vec::new();
    Problem::schemas(&mut schemas);
    components.schemas.extend(schemas);
    components
        .security_schemes
        .insert("token".into(), RefOr::T(SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer))));
    document.security = Some(vec![SecurityRequirement::new("token", Vec::<String>::new())]);
    let problem = ContentBuilder::new().schema(Some(Ref::from_schema_name(Problem::name()))).build();
    let problem = ResponseBuilder::new()
        .description("What went wrong, for a program and for a person")
        .content("application/problem+json", problem)
        .build();
    for item in document.paths.paths.values_mut() {
        let operations = [&mut item.get, &mut item.put, &mut item.post, &mut item.delete, &mut item.patch];
        for operation in operations.into_iter().flatten() {
            operation.responses.responses.insert("default".into(), RefOr::T(problem.clone()));
        }
    }
    document
}

/// The description as `ui/openapi.json` has it.
pub fn description() -> String {
    document().to_pretty_json().expect("a description has string keys only")
}
