//! Whether the house is up, in one word for anybody and in detail for its people; and the description of the API.

use super::problem::Answer;
use crate::app::App;
use crate::auth::Caller;
use axum::Json;
use axum::extract::State;
use std::sync::Arc;
use tidemark_shared::house::{Health, HealthCheck, HealthDetails};

/// Below this much free space the disk is reported as nearly full.
const LOW_DISK: u64 = 200 << 20;

/// Tells nothing but "up".
#[utoipa::path(get, path = "/health", tag = "house", operation_id = "getHealth", security(()),
    responses((status = 200, body = Health)))]
pub(super) async fn health() -> Json<Health> {
    Json(Health { status: "up".into() })
}

/// The parts of the house, each with its figure or what is wrong with it.
#[utoipa::path(get, path = "/health/detailed", tag = "house", operation_id = "getHealthDetails",
    responses((status = 200, body = HealthDetails)))]
pub(super) async fn detailed(_caller: Caller, State(app): State<Arc<App>>) -> Answer<Json<HealthDetails>> {
    let stats = app.queue.stats().await;
    let data_dir = app.data_dir.clone();
    let free = tokio::task::spawn_blocking(move || free_bytes(&data_dir)).await.ok().flatten();
    let ledger = match &stats {
        Ok(stats) => {
            let (all, damage) = (stats.total(), app.queue.damage());
            let found = match damage.as_slice() {
                [] => String::new(),
                [first, ..] => format!("; {} losses at the last start, {first}", damage.len()),
            };
            (damage.is_empty(), format!("{} queued, {} running{found}", all.queued, all.processing))
        }
        Err(why) => (false, why.to_string()),
    };
    let disk = match free {
        Some(free) => (free >= LOW_DISK, format!("{} MB free in the data directory", free >> 20)),
        None => (false, "the data directory can't be looked at".into()),
    };
    let checks: Vec<_> = [("ledger", ledger), ("disk", disk)]
        .into_iter()
        .map(|(name, (ok, message))| HealthCheck { name: name.into(), ok, message })
        .collect();
    let stats = stats.unwrap_or_default();
    Ok(Json(HealthDetails {
        status: if checks.iter().all(|check| check.ok) { "up" } else { "degraded" }.into(),
        version: env!("CARGO_PKG_VERSION").into(),
        house: "local".into(),
        started_at: app.started_at,
        uptime_ms: app.clock.now().saturating_sub(app.started_at),
        queue: stats.health(app.queue.backend()),
        checks,
    }))
}

/// The figures of the house in Prometheus' text format.
#[utoipa::path(get, path = "/metrics", tag = "house", operation_id = "getMetrics",
    responses((status = 200, body = String, content_type = "text/plain")))]
pub(super) async fn metrics(_caller: Caller, State(app): State<Arc<App>>) -> Answer<String> {
    let stats = app.queue.stats().await?;
    Ok(crate::metrics::render(&stats, app.queue.backend(), app.clock.now()))
}

fn free_bytes(path: &std::path::Path) -> Option<u64> {
    let stat = rustix::fs::statvfs(path).ok()?;
    Some(stat.f_bavail.saturating_mul(stat.f_frsize))
}
