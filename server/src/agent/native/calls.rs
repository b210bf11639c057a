//! The calls of one answer: made, told and answered.

use super::{Stop, Work};
use crate::clock::Clock;
use crate::providers::{Message, ToolCall, ToolResult};
use crate::secrets::Unrestorable;
use crate::tools::{self, Answer, Tool, Tools};
use futures::future::join_all;
use tidemark_shared::EventKind;
use tokio_util::sync::CancellationToken;

impl Work<'_> {
    /// Neighbours that only read run side by side; what changes files runs alone, in order. What is answered already is not
    /// called again, and each answer is saved before the next call begins.
    pub(super) async fn call_all(&mut self, mut calls: Vec<ToolCall>) -> Result<(), Stop> {
        let refused = calls.split_off(calls.len().min(self.limits.max_calls_per_step));
        let only_reads = |call: &ToolCall| Tool::named(&call.name).is_some_and(Tool::only_reads);
        let left = calls.get(self.state.results.len()..).unwrap_or_default();
        for (number, group) in left.chunk_by(|a, b| only_reads(a) && only_reads(b)).enumerate() {
            if number > 0 {
                self.save().await?;
            }
            let told: Vec<_> = group.iter().map(|call| self.called(call)).collect();
            self.untold.extend(told);
            self.tell().await?;
            let meant: Vec<_> = group.iter().map(|call| self.secrecy.restored_call(call)).collect();
            let timed = |meant| timed_call(&self.tools, meant, &self.brief.cancel, self.clock.as_ref());
            for (call, (answer, time)) in group.iter().zip(join_all(meant.iter().map(timed)).await) {
                self.state.edited |= answer.ok && !only_reads(call);
                let finished = self.finished(call, &answer, time);
                self.untold.push(finished);
                self.state.results.push(self.result(call, answer));
            }
        }
        for call in &refused {
            let max = self.limits.max_calls_per_step;
            let said = format!("one answer may call at most {max} tools; this call was not made");
            let answer = Answer { ok: false, output: said.clone(), summary: said };
            self.untold.push(self.called(call));
            let finished = self.finished(call, &answer, 0);
            self.untold.push(finished);
            self.state.results.push(self.result(call, answer));
        }
        let results = std::mem::take(&mut self.state.results);
        self.messages.push(Message::ToolResults { results });
        self.save().await
    }

    fn result(&self, call: &ToolCall, answer: Answer) -> ToolResult {
        let mut output = answer.output;
        if self.state.repeats > 1 {
            output += "\n(You made this very call before. Do something else, or finish with your answer.)";
        }
        ToolResult { call_id: call.id.clone(), output, is_error: !answer.ok }
    }

    pub(super) fn called(&self, call: &ToolCall) -> EventKind {
        EventKind::ToolCalled {
            call_id: call.id.clone(),
            tool: tools::bounded(&call.name, 100),
            summary: tools::summary(call),
            input: shortened(&call.input, self.limits.max_event_bytes),
        }
    }

    pub(super) fn finished(&mut self, call: &ToolCall, answer: &Answer, duration_ms: u64) -> EventKind {
        EventKind::ToolFinished {
            call_id: call.id.clone(),
            ok: answer.ok,
            summary: self.secrecy.without(&answer.summary),
            output: tools::bounded(&self.secrecy.without(&answer.output), self.limits.max_event_bytes),
            duration_ms,
        }
    }
}

async fn timed_call(
    tools: &Tools,
    call: &Result<ToolCall, Unrestorable>,
    cancel: &CancellationToken,
    clock: &dyn Clock,
) -> (Answer, u64) {
    let started = clock.now();
    let answer = match call {
        Ok(call) => tools.call(call, cancel).await,
        Err(why) => Answer { ok: false, output: why.to_string(), summary: why.to_string() },
    };
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
