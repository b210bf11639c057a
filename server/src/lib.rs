//! The agent server: one library for the local house, the team house and the desktop app.
//!
//! A request walks `api` → `tasks` → a seam; the work itself walks `worker` → `tasks::run` → `agent` → `tools` on a
//! copy of the project that `workspace` makes. `compose` is the only file that names concrete backends.
//! The map and the walk of one task are in README.md; who may import whom is enforced by `tests/tidy.rs`.

pub mod agent;
pub mod api;
pub mod app;
pub mod auth;
pub mod checks;
pub mod cli;
pub mod clock;
pub mod compose;
pub mod config;
pub mod desktop;
pub mod metrics;
pub mod models;
pub mod preview;
pub mod providers;
pub mod queue;
pub mod sandbox;
pub mod secrets;
pub mod serve;
pub mod settings;
pub mod store;
pub mod tasks;
pub mod templates;
pub mod tools;
pub mod worker;
pub mod workspace;

pub use serve::{First, Running, StartError, start};
