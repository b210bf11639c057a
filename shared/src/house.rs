//! The door and the state of a house: sessions, health.

use crate::Millis;
use serde::{Deserialize, Serialize};
use std::fmt;
use utoipa::ToSchema;

/// The body of `POST /api/session`: the one-time code of a launch URL (`http://127.0.0.1:PORT/#code=…`).
#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SessionCode {
    pub code: String,
}

/// The answer: the credential of every other request, sent as `Authorization: Bearer`. It ends with the process.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SessionToken {
    pub token: String,
}

/// The answer to `POST /api/session/launch`: an address that opens the studio in one more window, once.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct LaunchUrl {
    pub url: String,
}

impl fmt::Debug for SessionCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionCode(***)")
    }
}
impl fmt::Debug for SessionToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionToken(***)")
    }
}
impl fmt::Debug for LaunchUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LaunchUrl(***)")
    }
}

/// The answer to `GET /health`: tells nothing but "up".
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Health {
    pub status: String,
}

/// The answer to `GET /health/detailed`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct HealthDetails {
    /// `up`, or `degraded` when a check failed.
    pub status: String,
    pub version: String,
    pub house: String,
    pub started_at: Millis,
    pub uptime_ms: u64,
    pub queue: QueueHealth,
    pub checks: Vec<HealthCheck>,
}

/// The ledger in numbers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct QueueHealth {
    /// `sled` or `redis`.
    pub backend: String,
    pub queued: u64,
    pub waiting: u64,
    pub processing: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub oldest_queued_at: Option<Millis>,
    pub lanes: Vec<LaneHealth>,
    /// Workers lost while they ran a task.
    pub lease_losses: u64,
    /// Failures that were tried again.
    pub retries: u64,
}

/// The line of one mode.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct LaneHealth {
    pub mode: crate::Mode,
    pub queued: u64,
    pub waiting: u64,
    pub processing: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub oldest_queued_at: Option<Millis>,
    /// Nothing is taken from it until it is resumed.
    pub is_paused: bool,
}

/// The body of `PATCH /api/agent/queue/{mode}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LaneEdit {
    pub is_paused: bool,
}

/// One part of the house.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct HealthCheck {
    /// `disk`, `ledger`, `watcher`, …
    pub name: String,
    pub ok: bool,
    /// For a person: the figure, or what is wrong and what to do.
    pub message: String,
}
