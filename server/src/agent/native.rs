//! The built-in agent: asks the model, does what it calls for, and asks again, until it stops calling or a limit is met.
//! What it got is saved as it goes, and an interrupted task goes on from there.

mod calls;

use super::limits::Limit;
use super::plain::{self, Plain};
use super::progress::{Progress, State};
use super::project::Project;
use super::references::references;
use super::secrecy::Secrecy;
use super::voice::{Kind, Voice};
use super::writing::Writing;
use super::{AgentBackend, AgentError, AgentLimits, Brief, Events, Report, context, prompt, trouble};
use crate::clock::Clock;
use crate::models::Models;
use crate::providers::{Delta, Message, Part, Provider, ProviderError, Request, StopReason, ToolCall};
use crate::tools::{self, Access, Kept, Tool, ToolLimits, Tools};
use async_trait::async_trait;
use futures::StreamExt as _;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;
use tidemark_shared::task::Tokens;
use tidemark_shared::{EventKind, Millis, Mode, ModelInfo, RelPath, TaskErrorCode};

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
    async fn run(&self, mut brief: Brief, events: &dyn Events) -> Result<Report, AgentError> {
        let started = self.clock.now();
        let before = brief.progress.take();
        let resumes = before.is_some();
        let Progress { messages, placements, files, mut state } = before.unwrap_or_default();
        let model = &brief.task.model;
        state.metrics.llm_provider = model.provider().into();
        state.metrics.model = model.model().into();
        let worked_before = Duration::from_millis(state.metrics.duration_ms);
        let provider = match self.models.resolve(model) {
            Ok(provider) => provider,
            Err(why) => {
                let (code, message) = (TaskErrorCode::NoModel, why.to_string());
                return Err(AgentError::Failed {
                    code,
                    message,
                    retryable: false,
                    metrics: Box::new(state.metrics),
                });
            }
        };
        let access = match brief.task.mode {
            Mode::Explain => Access::Read,
            Mode::Patch | Mode::GenerateTest | Mode::LintFix => Access::Edit,
        };
        let tools = Tools::new(brief.copy.clone(), access, self.tool_limits.clone());
        tools.note(placements);
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
            started,
            worked_before,
            saved: Saved { messages: messages.len(), placements: tools.placements().len() },
            unsaved: BTreeSet::new(),
            secrecy: Secrecy::new(&brief, &self.models.secrets()),
            messages,
            state,
        };
        if resumes {
            work.untold.push(EventKind::Resumed { step: work.state.metrics.steps });
        }
        let ended = tokio::select! {
            biased;
            () = brief.cancel.cancelled() => Err(Stop::Cancelled),
            ended = work.go(files) => ended,
            () = self.clock.sleep(self.limits.time().saturating_sub(worked_before)) => Err(Stop::Limit(Limit::Time(self.limits.max_seconds))),
        };
        // A call whose caller went away still writes into the copy: nobody may look at it before that is over.
        tools.settled().await;
        work.state.metrics.duration_ms = work.worked_ms();
        let stopped = match ended {
            Ok(()) => None,
            Err(Stop::Limit(limit)) => Some(limit.error()),
            Err(Stop::Cancelled) => {
                // What is saved but not yet told would be lost to the attempt that goes on, were the house only closing.
                if let Err(why) = work.tell().await {
                    tracing::debug!(task.id = %brief.task.id, error = %why, "the last events of a stopped task are not kept");
                }
                return Err(AgentError::Cancelled { metrics: Box::new(work.state.metrics) });
            }
            Err(Stop::Ledger(why)) => return Err(AgentError::Ledger(why)),
            Err(Stop::Provider(why)) => {
                return Err(trouble::ending(why, &*work.provider, work.state.metrics));
            }
            Err(Stop::Failed { code, message, retryable }) => {
                let metrics = Box::new(work.state.metrics);
                return Err(AgentError::Failed { code, message, retryable, metrics });
            }
        };
        work.flush();
        work.tell().await.map_err(AgentError::Ledger)?;
        let State { answer: explanation, metrics, .. } = work.state;
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
    /// When this attempt began, and how long earlier ones worked.
    started: Millis,
    worked_before: Duration,
    /// With secrets in them: what leaves, and what is told, goes through `secrecy`.
    messages: Vec<Message>,
    secrecy: Secrecy,
    state: State,
    saved: Saved,
    /// Files of the copy that changed since the last save.
    unsaved: BTreeSet<RelPath>,
}

/// How much of each list is saved.
struct Saved {
    messages: usize,
    placements: usize,
}

impl Work<'_> {
    /// Works until the model is done; `files` are those that an earlier attempt changed.
    async fn go(&mut self, files: BTreeMap<RelPath, Option<Kept>>) -> Result<(), Stop> {
        self.tools.lay(files).await.map_err(|why| Stop::Failed {
            code: TaskErrorCode::Storage,
            message: format!("What was changed before the interruption could not be put back: {why}."),
            retryable: true,
        })?;
        if self.messages.is_empty() {
            let tools = self.tools.clone();
            let project = off_thread(move || Project::look_at(&tools)).await?;
            let text = prompt::first_message(self.brief, &project, self.limits);
            self.messages.push(Message::User { text });
        }
        // Calls that were not made before the interruption may hold placeholders.
        self.secrecy.learn(&self.messages);
        loop {
            if !matches!(self.messages.last(), Some(Message::Assistant { .. })) {
                let heard = self.ask().await?;
                self.remember(heard);
                self.save().await?;
            }
            if !self.act().await? {
                return Ok(());
            }
        }
    }

    fn worked_ms(&self) -> Millis {
        let before = u64::try_from(self.worked_before.as_millis()).unwrap_or(u64::MAX);
        before.saturating_add(self.clock.now().saturating_sub(self.started))
    }

    /// Keeps how far the work got. The event that makes it known goes out with the next ones, before anything else is done.
    async fn save(&mut self) -> Result<(), Stop> {
        self.state.metrics.duration_ms = self.worked_ms();
        self.unsaved.extend(self.tools.take_changed());
        let (tools, changed) = (self.tools.clone(), self.unsaved.clone());
        let files = match off_thread(move || tools.kept(&changed)).await? {
            Ok(files) => files,
            Err(why) => {
                tracing::warn!(task.id = %self.brief.task.id, error = %why, "how far a task got could not be read");
                return Ok(());
            }
        };
        let placements = self.tools.placements();
        let further = Progress {
            messages: self.messages[self.saved.messages..].to_vec(),
            placements: placements[self.saved.placements..].to_vec(),
            files,
            state: self.state.clone(),
        };
        if let Some(saved) = self.events.save(&further).await {
            self.untold.push(saved);
            self.saved = Saved { messages: self.messages.len(), placements: placements.len() };
            self.unsaved.clear();
        }
        Ok(())
    }

    async fn tell(&mut self) -> Result<(), crate::queue::QueueError> {
        let events = std::mem::take(&mut self.untold);
        if events.is_empty() { Ok(()) } else { self.events.append(events).await }
    }

    /// One request and its answer; an answer that is cut off is asked for again.
    async fn ask(&mut self) -> Result<Heard, Stop> {
        loop {
            if self.state.metrics.steps >= self.limits.max_steps {
                return Err(Stop::Limit(Limit::Steps(self.limits.max_steps)));
            }
            self.state.metrics.steps += 1;
            self.untold.push(EventKind::Step { step: self.state.metrics.steps });
            self.writing.tell_again();
            self.tell().await?;
            let before = self.state.metrics.tokens;
            let heard = self.listen(before).await;
            self.flush();
            self.state.metrics.cost_usd = self.cost();
            self.untold.push(EventKind::Usage {
                tokens: self.state.metrics.tokens,
                cost_usd: self.state.metrics.cost_usd,
            });
            match heard {
                Ok(heard) => return Ok(heard),
                // Trouble before the first word is the provider's to retry; after it, half an answer is worth nothing.
                Err(Stop::Provider(ProviderError::Trouble { provider, reason }))
                    if self.state.cut < self.limits.max_cut_answers =>
                {
                    self.state.cut += 1;
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
        self.secrecy.learn(&self.messages);
        self.untold.extend(self.secrecy.news());
        let request = Request {
            model: self.brief.task.model.model().into(),
            system: prompt::system(self.brief.task.mode),
            messages: self.secrecy.kept_out_of(context::fit(&self.messages, self.room())),
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
                    self.state.metrics.tokens = before;
                    self.state.metrics.tokens += tokens;
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
        self.access == Access::Edit && !self.state.edited && !is_demo
    }

    fn count(&mut self, bytes: usize) -> Result<(), Stop> {
        self.state.output_bytes += bytes;
        let max = self.limits.max_output_bytes;
        if self.state.output_bytes > max { Err(Stop::Limit(Limit::Output(max))) } else { Ok(()) }
    }

    fn count_tokens(&self) -> Result<(), Stop> {
        let Tokens { input, output, cache_read, cache_write } = self.state.metrics.tokens;
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
        let tokens = self.state.metrics.tokens;
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

    /// Makes the answer a turn of the conversation, and notes whether the model goes in a circle.
    fn remember(&mut self, heard: Heard) {
        let calls =
            calls_in(&heard.parts).map(|call| (call.name.clone(), call.input.clone())).collect::<Vec<_>>();
        if !calls.is_empty() {
            self.state.repeats = if calls == self.state.last_calls { self.state.repeats + 1 } else { 1 };
            self.state.last_calls = calls;
        }
        self.state.stop = Some(heard.stop);
        self.messages.push(Message::Assistant { parts: heard.parts });
    }

    /// Does what the model's last turn calls for, as far as it is not done. False when the model is done.
    async fn act(&mut self) -> Result<bool, Stop> {
        let Some(Message::Assistant { parts }) = self.messages.last() else { return Ok(true) };
        let said = |part: &Part| if let Part::Text { text } = part { Some(text.clone()) } else { None };
        let text: String = parts.iter().filter_map(said).collect();
        let calls: Vec<_> = calls_in(parts).cloned().collect();
        if self.state.stop == Some(StopReason::Refused) {
            return Err(self.refused(&text));
        }
        if text.is_empty() && calls.is_empty() {
            return if self.state.answer.is_empty() { Err(self.said_nothing()) } else { Ok(false) };
        }
        if self.state.done {
            return Ok(false);
        }
        if calls.is_empty() {
            return self.said_last(text).await;
        }
        self.state.cut = 0;
        self.writing = Writing::default();
        if !text.trim().is_empty() {
            self.state.answer = text;
        }
        let max = self.limits.max_repeats;
        if self.state.repeats > max {
            return Err(Stop::Limit(Limit::Repeats(max)));
        }
        self.call_all(calls).await?;
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
    async fn said_last(&mut self, text: String) -> Result<bool, Stop> {
        let whole = if self.state.cut > 0 { std::mem::take(&mut self.state.answer) + &text } else { text };
        self.state.answer = whole;
        if self.state.stop == Some(StopReason::MaxTokens) && self.state.cut < self.limits.max_cut_answers {
            self.state.cut += 1;
            let text = "Your answer was cut off at the output limit. Go on exactly where it stopped.".into();
            self.messages.push(Message::User { text });
            return Ok(true);
        }
        self.state.cut = 0;
        if !self.reads_plain_answers() {
            return Ok(false);
        }
        let read = match self.secrecy.restored(&self.state.answer) {
            Ok(answer) => {
                let tools = self.tools.clone();
                off_thread(move || plain::read(&answer, &tools)).await?
            }
            Err(why) => Plain::Refused(why.to_string()),
        };
        match read {
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
                    let finished = self.finished(&call, &answer, 0);
                    self.untold.push(finished);
                }
                self.state.edited = true;
                self.state.done = true;
                self.save().await?;
                Ok(false)
            }
            Plain::Refused(_) if self.state.sent_back => Ok(false),
            Plain::Refused(why) => {
                self.state.sent_back = true;
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
}

fn calls_in(parts: &[Part]) -> impl Iterator<Item = &ToolCall> {
    parts.iter().filter_map(|part| if let Part::ToolCall(call) = part { Some(call) } else { None })
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
