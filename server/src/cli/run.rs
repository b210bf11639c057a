//! `tidemark run "prompt"`: the same task, the same server code, without a page.

use super::house::House;
use super::serve::stop_signal;
use super::{Failure, print, print_json, say};
use crate::config::Loaded;
use crate::providers::sse::Parser;
use anyhow::anyhow;
use clap::{Args, ValueEnum};
use futures::StreamExt;
use serde_json::json;
use std::io::Read;
use std::path::PathBuf;
use tidemark_shared::review::{AcceptRequest, Reviewed};
use tidemark_shared::task::Submitted;
use tidemark_shared::{EventKind, Mode, ModelId, NewTask, Task, TaskErrorCode, TaskEvent, TaskStatus};

#[derive(Debug, Args)]
pub(super) struct Run {
    /// What is wanted; `-` reads it from stdin.
    prompt: String,
    /// What kind of answer is wanted.
    #[arg(long, value_enum, default_value = "patch")]
    mode: ModeArg,
    /// The project's folder.
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub(super) project: PathBuf,
    /// The model to ask, as provider/model.
    #[arg(long)]
    model: Option<ModelId>,
    /// Write the changes into the project.
    #[arg(long)]
    accept: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
#[value(rename_all = "snake_case")]
enum ModeArg {
    Patch,
    Explain,
    GenerateTest,
    LintFix,
}

impl From<ModeArg> for Mode {
    fn from(mode: ModeArg) -> Self {
        match mode {
            ModeArg::Patch => Self::Patch,
            ModeArg::Explain => Self::Explain,
            ModeArg::GenerateTest => Self::GenerateTest,
            ModeArg::LintFix => Self::LintFix,
        }
    }
}

pub(super) async fn run(loaded: Loaded, args: Run, json: bool) -> Result<(), Failure> {
    let prompt = match args.prompt.as_str() {
        "-" => {
            let mut text = String::new();
            std::io::stdin().read_to_string(&mut text)?;
            text
        }
        text => text.into(),
    };
    let stop = stop_signal()?;
    let house = House::reach(loaded).await?;
    let done = work(&house, &args, prompt, json, stop).await;
    house.close().await;
    done
}

async fn work(
    house: &House,
    args: &Run,
    prompt: String,
    json: bool,
    stop: impl Future<Output = ()>,
) -> Result<(), Failure> {
    let project = house.open(&args.project).await?;
    let new = NewTask {
        id: None,
        project_id: project.id,
        session_id: None,
        prompt,
        mode: args.mode.into(),
        model: args.model.clone(),
        priority: None,
        files: Vec::new(),
        cursor: None,
        run_at: None,
        after: None,
        fresh: true,
    };
    let submitted: Submitted = house.post("/api/agent/tasks", &new).await?;
    let task = format!("/api/agent/tasks/{}", submitted.task_id);
    tokio::select! {
        followed = follow(house, &task) => followed?,
        () = stop => {
            let _cancelled: Task = house.post(&format!("{task}/cancel"), &json!({})).await?;
            return Err(Failure::Interrupted);
        }
    }
    let done: Task = house.get(&task).await?;
    report(&done, json)?;
    if args.accept && done.result.as_ref().is_some_and(|result| !result.files_modified.is_empty()) {
        let reviewed: Reviewed = house.post(&format!("{task}/accept"), &AcceptRequest::default()).await?;
        for file in reviewed.written {
            say(&format!(
                "wrote {}{}",
                file.path,
                if file.merged { " (merged with your own edits)" } else { "" }
            ));
        }
    }
    Ok(())
}

/// Tells what the agent does, until it is done.
async fn follow(house: &House, task: &str) -> Result<(), Failure> {
    let mut stream = house.events(&format!("{task}/events")).await?.bytes_stream();
    let mut parser = Parser::default();
    while let Some(bytes) = stream.next().await {
        for event in parser.push(&bytes?).map_err(|why| anyhow!("the event stream is broken: {why:?}"))? {
            let Ok(event) = serde_json::from_str::<TaskEvent>(&event.data) else { continue };
            match event.kind {
                EventKind::ToolCalled { tool, summary, .. } => say(&format!("· {tool} {summary}")),
                EventKind::Waiting { message, .. } | EventKind::Retrying { message, .. } => say(&message),
                EventKind::Interrupted { step } => {
                    say(&format!("interrupted at step {step}; it goes on by itself"))
                }
                EventKind::SecretsKept { kinds } => {
                    say(&format!("· kept from the model: {}", kinds.join(", ")))
                }
                EventKind::CheckFinished { check } => say(&format!("· {}: {:?}", check.name, check.status)),
                EventKind::Finished { .. } => return Ok(()),
                _ => {}
            }
        }
    }
    Err(anyhow!("the server ended the event stream; the task goes on, see it in the studio").into())
}

fn report(task: &Task, json: bool) -> Result<(), Failure> {
    if json {
        print_json(task)?;
    }
    if let Some(error) = &task.error {
        let text = error.message.clone();
        return Err(match error.code {
            TaskErrorCode::LimitReached | TaskErrorCode::RateLimited => Failure::Limit(text),
            _ => anyhow!("{text}").into(),
        });
    }
    if task.status == TaskStatus::Cancelled {
        return Err(Failure::Interrupted);
    }
    let Some(result) = task.result.as_ref().filter(|_| !json) else { return Ok(()) };
    if task.mode == Mode::Explain {
        return print(&format!("{}\n", result.explanation.trim_end()));
    }
    say(result.explanation.trim_end());
    result.files_modified.iter().try_for_each(|file| print(&file.patch))
}
