//! The HTTP contract: HTTP in, domain out. This file is the list of every route; its OpenAPI description is made from the
//! same declarations, so the two cannot disagree.
//!
//! - [`guard`]: who is let in · [`door`]: extractors · [`problem`]: every error → its problem
//! - one file per noun: [`tasks`], [`events`], [`review`], [`projects`], [`files`], [`preview`], [`models`], …

mod desktop;
mod door;
mod events;
mod files;
mod health;
mod models;
mod preview;
pub mod problem;
mod projects;
mod review;
mod session;
mod settings;
mod tasks;

use crate::app::App;
use axum::Router;
use axum::routing;
use std::sync::Arc;
use tidemark_shared::Problem;
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
        .routes(routes!(tasks::get, tasks::edit))
        .routes(routes!(tasks::cancel))
        .routes(routes!(tasks::retry))
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
}

/// Every route, without its layers.
pub fn routes() -> Router<Arc<App>> {
    declared().split_for_parts().0
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
