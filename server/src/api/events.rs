//! Event streams: the story of one task, resumable and without gaps, and the feed of everything a caller may see.

use super::door::{Path, Query};
use super::problem::{Answer, Refusal};
use super::tasks::own;
use crate::app::App;
use crate::auth::Caller;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures::stream::{self, BoxStream, StreamExt};
use serde::Deserialize;
use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use tidemark_shared::{Seq, ServerEvent, TaskEvent, TaskId};
use tokio_stream::wrappers::BroadcastStream;
use utoipa::{IntoParams, ToSchema};

/// A comment is sent after this much silence, so that both ends notice a dead connection.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// Events read from the ledger at once.
const BATCH: usize = 256;

type Events = Sse<axum::response::sse::KeepAliveStream<BoxStream<'static, Result<Event, Infallible>>>>;

#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct EventQuery {
    /// Only events after this number; `Last-Event-ID` counts more.
    after: Option<Seq>,
    #[param(inline)]
    follow: Option<Follow>,
}

/// When a task's stream ends by itself.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
enum Follow {
    /// Never: it stays open for the review.
    #[default]
    #[serde(rename = "true")]
    Always,
    /// Once the task has ended and its events were all sent.
    #[serde(rename = "false")]
    ToTheEnd,
    /// Once what has happened until now was sent.
    #[serde(rename = "now")]
    UntilNow,
}

/// A task's events as server-sent events: `id` is the event's number, `event` its type, `data` a `TaskEvent`. Resumes
/// after `Last-Event-ID` without gaps, also across a restart of the server.
#[utoipa::path(get, path = "/api/agent/tasks/{id}/events", tag = "tasks", operation_id = "taskEvents",
    params(("id" = TaskId, Path), EventQuery, ("Last-Event-ID" = Option<u64>, Header)),
    responses((status = 200, body = TaskEvent, content_type = "text/event-stream")))]
pub(super) async fn task(
    caller: Caller,
    State(app): State<Arc<App>>,
    Path(id): Path<TaskId>,
    Query(query): Query<EventQuery>,
    headers: HeaderMap,
) -> Answer<Events> {
    own(&app, &caller, id).await?;
    let after = last_event_id(&headers)?.or(query.after).unwrap_or(0);
    let stopping = app.stopping.clone();
    let story = Story { app, id, after, follow: query.follow.unwrap_or_default(), read: VecDeque::new() };
    let events = stream::unfold(story, Story::next).map(|event| Ok(message(&event)));
    Ok(answer(events.take_until(stopping.cancelled_owned()).boxed()))
}

/// Everything the caller may see, as hints to look again: files, tasks, models, settings. A reader that lagged gets `resync`.
#[utoipa::path(get, path = "/api/events", tag = "house", operation_id = "serverEvents",
    responses((status = 200, body = ServerEvent, content_type = "text/event-stream")))]
pub(super) async fn server(_caller: Caller, State(app): State<Arc<App>>) -> Events {
    let tasks = BroadcastStream::new(app.queue.changes()).map(|task| {
        task.map(|changed| ServerEvent::TaskChanged {
            project_id: changed.project,
            task_id: changed.task,
            status: changed.status,
            review: changed.review,
        })
    });
    let files = BroadcastStream::new(app.workspace.changes());
    let news = BroadcastStream::new(app.news.subscribe());
    let hello = stream::once(async { Ok(ServerEvent::Hello { version: env!("CARGO_PKG_VERSION").into() }) });
    let all = stream::select_all([tasks.boxed(), files.boxed(), news.boxed()]);
    let events = hello.chain(all).map(|event| {
        let event = event.unwrap_or(ServerEvent::Resync);
        Ok(named(&event))
    });
    answer(events.take_until(app.stopping.clone().cancelled_owned()).boxed())
}

fn answer(events: BoxStream<'static, Result<Event, Infallible>>) -> Events {
    Sse::new(events).keep_alive(KeepAlive::new().interval(HEARTBEAT))
}

fn last_event_id(headers: &HeaderMap) -> Result<Option<Seq>, Refusal> {
    let Some(value) = headers.get("last-event-id") else { return Ok(None) };
    let seq = value.to_str().ok().and_then(|text| text.trim().parse().ok());
    seq.map(Some).ok_or_else(|| Refusal::field("Last-Event-ID", "must be the number of an event"))
}

/// Reads a task's events from the ledger as they come. The ledger is the only source, so nothing is lost or told twice,
/// however slow the reader is.
struct Story {
    app: Arc<App>,
    id: TaskId,
    after: Seq,
    follow: Follow,
    read: VecDeque<TaskEvent>,
}

impl Story {
    /// The next event; nothing when the story ends, or when the ledger fails: the reader comes back and is told why.
    async fn next(mut self) -> Option<(TaskEvent, Self)> {
        loop {
            if let Some(event) = self.read.pop_front() {
                self.after = event.seq;
                return Some((event, self));
            }
            let queue = &self.app.queue;
            // The status is read before the events: if it had ended by then, its last event is among them.
            let ended = queue.get(self.id).await.ok()?.status.is_terminal();
            self.read = queue.events(self.id, self.after, BATCH).await.ok()?.into();
            if self.read.is_empty() {
                match self.follow {
                    Follow::UntilNow => return None,
                    Follow::ToTheEnd if ended => return None,
                    Follow::ToTheEnd | Follow::Always => {}
                }
                queue.event_after(self.id, self.after).await.ok()?;
            }
        }
    }
}

fn message(event: &TaskEvent) -> Event {
    named(event).id(event.seq.to_string())
}

/// The `type` of the JSON is also the name of the message.
fn named<T: serde::Serialize>(event: &T) -> Event {
    let data = serde_json::to_value(event).unwrap_or_default();
    let name = data.get("type").and_then(|name| name.as_str()).unwrap_or("message").to_owned();
    Event::default().event(name).data(data.to_string())
}
