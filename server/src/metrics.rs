//! Figures for Prometheus: what `/metrics` tells. Counters and histograms are noted where things happen; what can be asked
//! at any time (the line) is asked when someone looks.

use crate::queue::QueueStats;
use metrics::{Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use std::sync::OnceLock;
use std::time::Duration;
use tidemark_shared::{Millis, Task};

const TASKS: &str = "tidemark_queue_tasks";
const OLDEST: &str = "tidemark_queue_oldest_seconds";
const PAUSED: &str = "tidemark_queue_paused";
const LEASE_LOSSES: &str = "tidemark_queue_lease_losses_total";
const RETRIES: &str = "tidemark_queue_retries_total";
const WAIT: &str = "tidemark_queue_wait_seconds";
const ATTEMPTS: &str = "tidemark_task_attempts";
const DURATION: &str = "tidemark_task_seconds";

/// Seconds, from a task that starts at once to one that waits for a quarter of an hour.
const SECONDS: [f64; 12] = [0.01, 0.05, 0.1, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 300.0, 900.0];
const COUNTS: [f64; 6] = [1.0, 2.0, 3.0, 4.0, 6.0, 10.0];

static FIGURES: OnceLock<Option<PrometheusHandle>> = OnceLock::new();

/// Begins to note figures, for the whole process. Where another recorder is there already, nothing is told.
pub fn start() {
    FIGURES.get_or_init(|| {
        let recorder = PrometheusBuilder::new()
            .set_buckets_for_metric(Matcher::Suffix("_seconds".into()), &SECONDS)
            .and_then(|builder| builder.set_buckets_for_metric(Matcher::Full(ATTEMPTS.into()), &COUNTS))
            .ok()?
            .build_recorder();
        let handle = recorder.handle();
        metrics::set_global_recorder(recorder).ok()?;
        describe_gauge!(TASKS, "Tasks in line, waiting for something, or processing, by lane");
        describe_gauge!(OLDEST, Unit::Seconds, "How long the oldest task has been in line, by lane");
        describe_gauge!(PAUSED, "1 while nothing is taken from the lane");
        describe_counter!(LEASE_LOSSES, "Workers lost while they ran a task");
        describe_counter!(RETRIES, "Failures that were tried again");
        describe_histogram!(WAIT, Unit::Seconds, "From submit, or the time asked for, to the first lease");
        describe_histogram!(ATTEMPTS, "Attempts that a task took to its end");
        describe_histogram!(DURATION, Unit::Seconds, "From a lease until the worker let go, by status then");
        Some(handle)
    });
}

/// In Prometheus' text format, with the line as it stands `now`.
pub fn render(stats: &QueueStats, backend: &'static str, now: Millis) -> String {
    for (mode, lane) in &stats.lanes {
        let name = mode.as_str();
        for (state, tasks) in
            [("queued", lane.queued), ("waiting", lane.waiting), ("processing", lane.processing)]
        {
            gauge!(TASKS, "backend" => backend, "lane" => name, "state" => state).set(float(tasks));
        }
        let oldest = lane.oldest_queued_at.map_or(0, |at| now.saturating_sub(at));
        gauge!(OLDEST, "backend" => backend, "lane" => name).set(Duration::from_millis(oldest).as_secs_f64());
        gauge!(PAUSED, "backend" => backend, "lane" => name).set(float(usize::from(lane.is_paused)));
    }
    counter!(LEASE_LOSSES, "backend" => backend).absolute(stats.lease_losses);
    counter!(RETRIES, "backend" => backend).absolute(stats.retries);
    FIGURES.get().and_then(Option::as_ref).map(PrometheusHandle::render).unwrap_or_default()
}

/// A worker took a task.
pub fn leased(task: &Task, now: Millis) {
    if task.attempt == 1 {
        let since = task.created_at.max(task.run_at.unwrap_or(0));
        let waited = Duration::from_millis(now.saturating_sub(since));
        histogram!(WAIT, "lane" => task.mode.as_str()).record(waited.as_secs_f64());
    }
}

/// A worker let go of a task that it had since `from`.
pub fn let_go(task: &Task, from: Millis, now: Millis) {
    let lane = task.mode.as_str();
    let status = match task.status {
        tidemark_shared::TaskStatus::Queued => "queued",
        tidemark_shared::TaskStatus::Processing => "processing",
        tidemark_shared::TaskStatus::Done => "done",
        tidemark_shared::TaskStatus::Failed => "failed",
        tidemark_shared::TaskStatus::Cancelled => "cancelled",
    };
    let took = Duration::from_millis(now.saturating_sub(from));
    histogram!(DURATION, "lane" => lane, "status" => status).record(took.as_secs_f64());
    if task.status.is_terminal() {
        histogram!(ATTEMPTS, "lane" => lane).record(f64::from(task.attempt));
    }
}

/// Counts of tasks are far below where this loses any.
fn float(count: usize) -> f64 {
    count as f64
}
