//! The built-in agent: asks the model, does what it calls for, and asks again, until it stops calling or a limit is met.

use super::limits::Limit;
use super::plain::{self, Plain};
use super::project::Project;
use super::references::references;
use super::voice::{Kind, Voice};
use super::writing::Writing;
use super::{AgentBackend, AgentError, AgentLimits, Brief, Events, Report, context, prompt, trouble};
use crate::clock::Clock;
use crate::models::Models;
use crate::providers::{
    Delta, Message, Part, Provider, ProviderError, Request, StopReason, ToolCall, ToolResult,
};
use crate::tools::{self, Access, Answer, Tool, ToolLimits, Tools};
use async_trait::async_trait;
use futures::StreamExt as _;
use futures::future::join_all;
use std::sync::Arc;
use tidemark_shared::task::{Metrics, Tokens};
use tidemark_shared::{EventKind, Mode, ModelInfo, TaskErrorCode};
use tokio_util::sync::CancellationToken;

pub struct Native {
    models: Arc<Models>,
    clock: Arc<dyn Clock>,
    limits: AgentLimits,
    tool_limits: ToolLimits,
}

impl Native {
    pub fn new(
        models: Arc<Models>,
        clock: Arc<dyn Clock>,
        limits: AgentLimits,
        tool_limits: ToolLimits,
    ) -> Self {
        Self { models, clock, limits, tool_limits }
    }
}

#[async_trait]
impl AgentBackend for Native {
    async fn run(&self, brief: Brief, events: &dyn Events) -> Result<Report, AgentError> {
        let started = self.clock.now();
        let model = &brief.task.model;
        let metrics = Metrics {
            llm_provider: model.provider().into(),
            model: model.model().into(),
            ..Metrics::default()
        };
        let provider = match self.models.resolve(model) {
            Ok(provider) => provider,
            Err(why) => {
                let (code, message) = (TaskErrorCode::NoModel, why.to_string());
                return Err(AgentError::Failed {
                    code,
                    message,
                    retryable: false,
                    metrics: Box::new(metrics),
                });
            }
        };
        let access = match brief.task.mode {
            Mode::Explain => Access::Read,
            Mode::Patch | Mode::GenerateTest | Mode::LintFix => Access::Edit,
        };
        let tools = Tools::new(brief.copy.clone(), access, self.tool_limits.clone());
        let mut work = Work {
            brief: &brief,
            events,
            provider,
            info: self.models.info(model),
            tools: tools.clone(),
            access,
            limits: &self.limits,
            clock: &self.clock,
            voice: Voice::new(Arc::clone(&self.clock)),
            writing: Writing::default(),
            untold: Vec::new(),
            messages: Vec::new(),
            metrics,
            answer: String::new(),
            output_bytes: 0,
            last_calls: Vec::new(),
            repeats: 0,
            cut: 0,
            edited: false,
            sent_back: false,
        };
        let ended = tokio::select! {
            biased;
            () = brief.cancel.cancelled() => Err(Stop::Cancelled),
            ended = work.go() => ended,
            () = self.clock.sleep(self.limits.time()) => Err(Stop::Limit(Limit::Time(self.limits.max_seconds))),
        };
        // A call whose caller went away still writes into the copy: nobody may look at it before that is over.
        tools.settled().await;
        work.metrics.duration_ms = self.clock.now().saturating_sub(started);
        let stopped = match ended {
            Ok(()) => None,
            Err(Stop::Limit(limit)) => Some(limit.error()),
            Err(Stop::Cancelled) => return Err(AgentError::Cancelled { metrics: Box::new(work.metrics) }),
            Err(Stop::Ledger(why)) => return Err(AgentError::Ledger(why)),
            Err(Stop::Provider(why)) => return Err(trouble::ending(why, &*work.provider, work.metrics)),
            Err(Stop::Failed { code, message, retryable }) => {
                let metrics = Box::new(work.metrics);
                return Err(AgentError::Failed { code, message, retryable, metrics });
            }
        };
        work.flush();
        work.tell().await.map_err(AgentError::Ledger)?;
        let (explanation, metrics) = (work.answer, work.metrics);
        let max = self.limits.max_references;
        let references = match brief.task.mode {
            Mode::Explain => {
                let (answer, tools) = (explanation.clone(), tools.clone());
                tokio::task::spawn_blocking(move || references(&answer, &tools, max))
                    .await
                    .unwrap_or_default()
            }
            Mode::Patch | Mode::GenerateTest | Mode::LintFix => Vec::new(),
        };
        let placements = tools.placements();
        Ok(Report { explanation, references, metrics, placements, stopped })
    }
}

/// Why the work is over before the model is done.
enum Stop {
    Cancelled,
    Limit(Limit),
    Provider(ProviderError),
    Ledger(crate::queue::QueueError),
    Failed { code: TaskErrorCode, message: String, retryable: bool },
}

impl From<crate::queue::QueueError> for Stop {
    fn from(why: crate::queue::QueueError) -> Self {
        Self::Ledger(why)
    }
}

/// A model's whole answer to one request.
struct Heard {
    parts: Vec<Part>,
    stop: StopReason,
}

struct Work<'a> {
    brief: &'a Brief,
    events: &'a dyn Events,
    provider: Arc<dyn Provider>,
    info: Option<ModelInfo>,
    tools: Tools,
    access: Access,
    limits: &'a AgentLimits,
    clock: &'a Arc<dyn Clock>,
    voice: Voice,
    writing: Writing,
    /// Events that go to the ledger with the next ones: one write for many.
    untold: Vec<EventKind>,
    messages: Vec<Message>,
    metrics: Metrics,
    /// What the model said last.
    answer: String,
    output_bytes: usize,
    last_calls: Vec<(String, serde_json::Value)>,
    repeats: u32,
    /// Answers that were cut off, one after the other.
    cut: u32,
    edited: bool,
    /// The model was told once that the edits in its plain answer can't be placed.
    sent_back: bool,
}

impl Work<'_> {
    async fn go(&mut self) -> Result<(), Stop> {
        let tools = self.tools.clone();
        let project = off_thread(move || Project::look_at(&tools)).await?;
        self.messages.push(Message::User { text: prompt::first_message(self.brief, &project, self.limits) });
        loop {
            let heard = self.ask().await?;
            if !self.act_on(heard).await? {
                return Ok(());
            }
        }
    }

    async fn tell(&mut self) -> Result<(), crate::queue::QueueError> {
        let events = std::mem::take(&mut self.untold);
        if events.is_empty() { Ok(()) } else { self.events.append(events).await }
    }

    /// One request and its answer; an answer that is cut off is asked for again.
    async fn ask(&mut self) -> Result<Heard, Stop> {
        loop {
            if self.metrics.steps >= self.limits.max_steps {
                return Err(Stop::Limit(Limit::Steps(self.limits.max_steps)));
            }
            self.metrics.steps += 1;
            self.untold.push(EventKind::Step { step: self.metrics.steps });
            self.writing.tell_again();
            self.tell().await?;
            let before = self.metrics.tokens;
            let heard = self.listen(before).await;
            self.flush();
            self.metrics.cost_usd = self.cost();
            self.untold
                .push(EventKind::Usage { tokens: self.metrics.tokens, cost_usd: self.metrics.cost_usd });
            match heard {
                Ok(heard) => return Ok(heard),
                // Trouble before the first word is the provider's to retry; after it, half an answer is worth nothing.
                Err(Stop::Provider(ProviderError::Trouble { provider, reason }))
                    if self.cut < self.limits.max_cut_answers =>
                {
                    self.cut += 1;
                    self.writing = Writing::default();
                    let message = format!("{provider} broke off ({reason}); asking again");
                    self.untold.push(EventKind::Retrying { message, after_ms: 0 });
                }
                Err(why) => {
                    self.tell().await?;
                    return Err(why);
                }
            }
        }
    }

    async fn listen(&mut self, before: Tokens) -> Result<Heard, Stop> {
        let request = Request {
            model: self.brief.task.model.model().into(),
            system: prompt::system(self.brief.task.mode),
            messages: context::fit(&self.messages, self.room()),
            tools: self.tools.specs(),
            max_output_tokens: self.limits.max_output_tokens,
        };
        let mut deltas = self.provider.stream(request).await.map_err(Stop::Provider)?;
        let mut parts = Vec::new();
        loop {
            let delta = tokio::select! {
                delta = deltas.next() => delta,
                () = self.voice.due() => {
                    self.flush();
                    self.tell().await?;
                    continue;
                }
            };
            let Some(delta) = delta else {
                let provider = self.provider.id().to_owned();
                let reason = "the answer ended in the middle".to_owned();
                return Err(Stop::Provider(ProviderError::Trouble { provider, reason }));
            };
            match delta.map_err(Stop::Provider)? {
                Delta::Text(piece) => self.hear(&mut parts, Kind::Text, &piece).await?,
                Delta::Thinking(piece) => self.hear(&mut parts, Kind::Thinking, &piece).await?,
                Delta::ThinkingDone { signature } => match parts.last_mut() {
                    Some(Part::Thinking { signature: slot, .. }) => *slot = signature,
                    _ => parts.push(Part::Thinking { text: String::new(), signature }),
                },
                Delta::ToolCall(call) => {
                    let part = Part::ToolCall(call);
                    self.count(context::part_size(&part))?;
                    parts.push(part);
                }
                Delta::Usage(tokens) => {
                    self.metrics.tokens = before;
                    self.metrics.tokens += tokens;
                    self.count_tokens()?;
                }
                Delta::Retrying { reason, after } => {
                    let after_ms = u64::try_from(after.as_millis()).unwrap_or(u64::MAX);
                    self.untold.push(EventKind::Retrying { message: reason, after_ms });
                    self.tell().await?;
                }
                Delta::Done(stop) => return Ok(Heard { parts, stop }),
            }
        }
    }

    async fn hear(&mut self, parts: &mut Vec<Part>, kind: Kind, piece: &str) -> Result<(), Stop> {
        self.count(piece.len())?;
        match (parts.last_mut(), kind) {
            (Some(Part::Text { text }), Kind::Text) => *text += piece,
            (Some(Part::Thinking { text, signature: None }), Kind::Thinking) => *text += piece,
            (_, Kind::Text) => parts.push(Part::Text { text: piece.into() }),
            (_, Kind::Thinking) => parts.push(Part::Thinking { text: piece.into(), signature: None }),
        }
        if kind == Kind::Text && self.reads_plain_answers() {
            self.writing.hear(piece);
        }
        if let Some(said) = self.voice.say(kind, piece) {
            self.untold.push(said);
            self.untold.extend(self.writing.news());
            self.tell().await?;
        }
        Ok(())
    }

    /// What was heard and is not told yet goes to the next events.
    fn flush(&mut self) {
        self.untold.extend(self.voice.flush());
        self.untold.extend(self.writing.news());
    }

    /// Whether edits in an answer without calls are made.
    fn reads_plain_answers(&self) -> bool {
        let is_demo = self.info.as_ref().is_some_and(|info| info.demo);
        self.access == Access::Edit && !self.edited && !is_demo
    }

    fn count(&mut self, bytes: usize) -> Result<(), Stop> {
        self.output_bytes += bytes;
        let max = self.limits.max_output_bytes;
        if self.output_bytes > max { Err(Stop::Limit(Limit::Output(max))) } else { Ok(()) }
    }

    fn count_tokens(&self) -> Result<(), Stop> {
        let Tokens { input, output, cache_read, cache_write } = self.metrics.tokens;
        let max = self.limits.max_tokens;
        if input + output + cache_read + cache_write > max {
            Err(Stop::Limit(Limit::Tokens(max)))
        } else {
            Ok(())
        }
    }

    /// US dollars so far; local models and the demo cost nothing, and a price that is not known is not guessed.
    fn cost(&self) -> Option<f64> {
        let info = self.info.as_ref()?;
        if info.local || info.demo {
            return Some(0.0);
        }
        let price = info.price?;
        let tokens = self.metrics.tokens;
        let part = |tokens: u64, price: f64| tokens as f64 * price / 1e6;
        Some(
            part(tokens.input, price.input)
                + part(tokens.output, price.output)
                + part(tokens.cache_read, price.cache_read)
                + part(tokens.cache_write, price.cache_write),
        )
    }

    /// Bytes that the conversation may have: what the model can read, at four bytes a token, less its answer.
    fn room(&self) -> usize {
        let context = self.info.as_ref().and_then(|info| info.context_tokens);
        let tokens = context.map(|context| context.saturating_sub(self.limits.max_output_tokens.into()));
        let bytes = tokens
            .map_or(usize::MAX, |tokens| usize::try_from(tokens.saturating_mul(3)).unwrap_or(usize::MAX));
        bytes.min(self.limits.max_context_bytes)
    }

    /// Does what the answer calls for. False when the model is done.
    async fn act_on(&mut self, heard: Heard) -> Result<bool, Stop> {
        let said = |part: &Part| if let Part::Text { text } = part { Some(text.clone()) } else { None };
        let text: String = heard.parts.iter().filter_map(said).collect();
        let calls: Vec<_> = heard
            .parts
            .iter()
            .filter_map(|part| if let Part::ToolCall(call) = part { Some(call.clone()) } else { None })
            .collect();
        if heard.stop == StopReason::Refused {
            return Err(self.refused(&text));
        }
        if text.is_empty() && calls.is_empty() {
            return if self.answer.is_empty() { Err(self.said_nothing()) } else { Ok(false) };
        }
        self.messages.push(Message::Assistant { parts: heard.parts });
        if calls.is_empty() {
            return self.said_last(text, heard.stop).await;
        }
        self.cut = 0;
        self.writing = Writing::default();
        if !text.trim().is_empty() {
            self.answer = text;
        }
        self.watch_for_circles(&calls)?;
        let results = self.call_all(calls).await?;
        self.messages.push(Message::ToolResults { results });
        Ok(true)
    }

    fn refused(&self, text: &str) -> Stop {
        let code = if self.info.as_ref().is_some_and(|info| info.demo) {
            TaskErrorCode::DemoCannot
        } else {
            TaskErrorCode::Refused
        };
        let said = tools::bounded(text.trim(), 2_000);
        let message = if said.is_empty() { "The model declined to answer.".to_owned() } else { said };
        Stop::Failed { code, message, retryable: false }
    }

    fn said_nothing(&self) -> Stop {
        let message = format!(
            "{} answered with nothing. Try again, or choose another model.",
            self.provider.info().name
        );
        Stop::Failed { code: TaskErrorCode::ProviderFailed, message, retryable: true }
    }

    /// An answer without calls: the end, unless it was cut off or holds edits that can't be placed.
    async fn said_last(&mut self, text: String, stop: StopReason) -> Result<bool, Stop> {
        let whole = if self.cut > 0 { std::mem::take(&mut self.answer) + &text } else { text };
        self.answer = whole;
        if stop == StopReason::MaxTokens && self.cut < self.limits.max_cut_answers {
            self.cut += 1;
            let text = "Your answer was cut off at the output limit. Go on exactly where it stopped.".into();
            self.messages.push(Message::User { text });
            return Ok(true);
        }
        self.cut = 0;
        if !self.reads_plain_answers() {
            return Ok(false);
        }
        let (answer, tools) = (self.answer.clone(), self.tools.clone());
        match off_thread(move || plain::read(&answer, &tools)).await? {
            Plain::Words => Ok(false),
            Plain::Edits(files, placements) => {
                self.tools.note(placements);
                for (index, (path, text)) in files.into_iter().enumerate() {
                    let call = ToolCall {
                        id: format!("answer-{}", index + 1),
                        name: Tool::EditFile.name().into(),
                        input: serde_json::json!({ "path": path }),
                    };
                    let tools = self.tools.clone();
                    let write = off_thread(move || tools.write(&path, text.as_deref()));
                    self.untold.push(self.called(&call));
                    let answer = write.await?;
                    self.untold.push(self.finished(&call, &answer, 0));
                }
                self.edited = true;
                Ok(false)
            }
            Plain::Refused(_) if self.sent_back => Ok(false),
            Plain::Refused(why) => {
                self.sent_back = true;
                self.writing = Writing::default();
                let text = format!(
                    "The edits in your answer can't be placed: {why}\nMake them with edit_file and create_file, then answer \
                     again."
                );
                self.messages.push(Message::User { text });
                Ok(true)
            }
        }
    }

    fn watch_for_circles(&mut self, calls: &[ToolCall]) -> Result<(), Stop> {
        let now: Vec<_> = calls.iter().map(|call| (call.name.clone(), call.input.clone())).collect();
        self.repeats = if now == self.last_calls { self.repeats + 1 } else { 1 };
        self.last_calls = now;
        let max = self.limits.max_repeats;
        if self.repeats > max { Err(Stop::Limit(Limit::Repeats(max))) } else { Ok(()) }
    }

    /// Neighbours that only read run side by side; what changes files runs alone, in order.
    async fn call_all(&mut self, mut calls: Vec<ToolCall>) -> Result<Vec<ToolResult>, Stop> {
        let refused = calls.split_off(calls.len().min(self.limits.max_calls_per_step));
        let only_reads = |call: &ToolCall| Tool::named(&call.name).is_some_and(Tool::only_reads);
        let mut results = Vec::new();
        for group in calls.chunk_by(|a, b| only_reads(a) && only_reads(b)) {
            let told: Vec<_> = group.iter().map(|call| self.called(call)).collect();
            self.untold.extend(told);
            self.tell().await?;
            let timed = |call| timed_call(&self.tools, call, &self.brief.cancel, self.clock.as_ref());
            for (call, (answer, time)) in group.iter().zip(join_all(group.iter().map(timed)).await) {
                self.edited |= answer.ok && !only_reads(call);
                self.untold.push(self.finished(call, &answer, time));
                results.push(self.result(call, answer));
            }
        }
        for call in &refused {
            let max = self.limits.max_calls_per_step;
            let said = format!("one answer may call at most {max} tools; this call was not made");
            let answer = Answer { ok: false, output: said.clone(), summary: said };
            self.untold.push(self.called(call));
            self.untold.push(self.finished(call, &answer, 0));
            results.push(self.result(call, answer));
        }
        Ok(results)
    }

    fn result(&self, call: &ToolCall, answer: Answer) -> ToolResult {
        let mut output = answer.output;
        if self.repeats > 1 {
            output += "\n(You made this very call before. Do something else, or finish with your answer.)";
        }
        ToolResult { call_id: call.id.clone(), output, is_error: !answer.ok }
    }

    fn called(&self, call: &ToolCall) -> EventKind {
        EventKind::ToolCalled {
            call_id: call.id.clone(),
            tool: tools::bounded(&call.name, 100),
            summary: tools::summary(call),
            input: shortened(&call.input, self.limits.max_event_bytes),
        }
    }

    fn finished(&self, call: &ToolCall, answer: &Answer, duration_ms: u64) -> EventKind {
        EventKind::ToolFinished {
            call_id: call.id.clone(),
            ok: answer.ok,
            summary: answer.summary.clone(),
            output: tools::bounded(&answer.output, self.limits.max_event_bytes),
            duration_ms,
        }
    }
}

async fn timed_call(
    tools: &Tools,
    call: &ToolCall,
    cancel: &CancellationToken,
    clock: &dyn Clock,
) -> (Answer, u64) {
    let started = clock.now();
    let answer = tools.call(call, cancel).await;
    (answer, clock.now().saturating_sub(started))
}

/// The input with its long texts cut, as an event keeps it.
fn shortened(input: &serde_json::Value, max: usize) -> serde_json::Value {
    use serde_json::Value;
    if input.to_string().len() <= max {
        return input.clone();
    }
    match input {
        Value::String(text) => tools::bounded(text, max / 2).into(),
        Value::Object(fields) => {
            let each = max / 2 / fields.len().max(1);
            fields
                .iter()
                .take(16)
                .map(|(name, value)| (tools::bounded(name, 100), shortened(value, each)))
                .collect()
        }
        other => tools::bounded(&other.to_string(), max / 2).into(),
    }
}

/// Runs what blocks; a panic in it is a defect of ours.
async fn off_thread<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Stop> {
    tokio::task::spawn_blocking(work).await.map_err(|why| Stop::Failed {
        code: TaskErrorCode::Internal,
        message: format!("the agent broke: {why}"),
        retryable: true,
    })
}

#[cfg(test)]
mod tests;
