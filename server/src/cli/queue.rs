//! `tidemark queue`: look at the ledger and mend it, in the house that runs on this data directory, or with nobody at work
//! on it.

mod reach;

use super::{Failure, print, print_json, say};
use crate::config::Loaded;
use anyhow::anyhow;
use clap::{Args, Subcommand};
use reach::Reach;
use serde::Serialize;
use std::pin::pin;
use std::time::Duration;
use tidemark_shared::house::QueueHealth;
use tidemark_shared::{EventKind, Mode, Task, TaskEvent, TaskId, TaskStatus};

/// How often a drain looks whether the last task has ended.
const LOOK_EVERY: Duration = Duration::from_millis(500);

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// List tasks, newest first, and count what is in line.
    List(List),
    /// Show a task and what happened to it.
    Show { task: TaskId },
    /// Cancel a task that waits or runs.
    Cancel { task: TaskId },
    /// Ask the same again, as a new task.
    Retry { task: TaskId },
    /// Take nothing more from the line, and wait until what runs has ended.
    Drain,
    /// Take from the line again.
    Resume,
    /// Read everything there is and say what is lost, doubled or damaged.
    Verify,
    /// Print every task with its events, one JSON document a line.
    Export,
}

#[derive(Debug, Args)]
pub(super) struct List {
    /// Only tasks of this status: queued, processing, done, failed or cancelled.
    #[arg(long, value_parser = status)]
    status: Option<TaskStatus>,
    /// At most so many.
    #[arg(long, default_value_t = 50)]
    limit: usize,
}

fn status(word: &str) -> Result<TaskStatus, String> {
    serde_json::from_value(word.into())
        .map_err(|_| "it is queued, processing, done, failed or cancelled".into())
}

/// A task with its story.
#[derive(Debug, Serialize)]
struct Exported {
    task: Task,
    events: Vec<TaskEvent>,
}

pub(super) async fn queue(loaded: Loaded, command: Command, json: bool) -> Result<(), Failure> {
    let ledger = Reach::of(&loaded).await?;
    match command {
        Command::List(args) => list(&ledger, &args, json).await,
        Command::Show { task } => show(&ledger, task, json).await,
        Command::Cancel { task } => told(&ledger.cancel(task).await?, json),
        Command::Retry { task } => told(&ledger.retry(task).await?, json),
        Command::Drain => drain(&ledger).await,
        Command::Resume => pause(&ledger, false).await,
        Command::Verify => verify(&ledger, json).await,
        Command::Export => export(&ledger).await,
    }
}

async fn list(ledger: &Reach, args: &List, json: bool) -> Result<(), Failure> {
    let mut tasks = Vec::new();
    let mut after = None;
    while tasks.len() < args.limit {
        let (page, next) = ledger.page(args.status, args.limit - tasks.len(), after).await?;
        tasks.extend(page);
        after = next;
        if after.is_none() {
            break;
        }
    }
    let health = ledger.health().await?;
    if json {
        return print_json(&serde_json::json!({ "items": tasks, "queue": health }));
    }
    for task in &tasks {
        print(&format!("{}  {:<10}  {:<13}  {}\n", task.id, word(task), task.mode.as_str(), title(task)))?;
    }
    say(&in_line(&health));
    Ok(())
}

/// The status, or what it waits for.
fn word(task: &Task) -> String {
    let word = |value: serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    match task.waiting_for {
        Some(what) => format!("({})", word(serde_json::json!(what))),
        None => word(serde_json::json!(task.status)),
    }
}

fn title(task: &Task) -> String {
    let line = task.prompt.lines().next().unwrap_or_default();
    line.chars().filter(|c| !c.is_control()).take(60).collect()
}

fn in_line(queue: &QueueHealth) -> String {
    let lanes = queue.lanes.iter().filter(|lane| lane.queued > 0 || lane.processing > 0 || lane.is_paused);
    let lanes: Vec<_> = lanes
        .map(|lane| {
            let paused = if lane.is_paused { ", paused" } else { "" };
            let (mode, queued) = (lane.mode.as_str(), lane.queued);
            format!("{mode}: {queued} in line, {} running{paused}", lane.processing)
        })
        .collect();
    if lanes.is_empty() { format!("nothing in line ({})", queue.backend) } else { lanes.join(" · ") }
}

async fn show(ledger: &Reach, id: TaskId, json: bool) -> Result<(), Failure> {
    let shown = Exported { task: ledger.task(id).await?, events: ledger.events(id).await? };
    if json {
        return print_json(&shown);
    }
    let Exported { task, events } = shown;
    print(&format!(
        "{}\n{} · {} · {} · attempt {}\n",
        task.prompt,
        word(&task),
        task.mode.as_str(),
        task.model,
        task.attempt
    ))?;
    for event in events {
        let kind = serde_json::to_value(&event.kind)?;
        let fields = kind.as_object().map(|fields| {
            let fields = fields.iter().filter(|(name, _)| *name != "type");
            fields.map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(" ")
        });
        let line = format!(
            "{:>5}  {:<16} {}",
            event.seq,
            kind["type"].as_str().unwrap_or_default(),
            fields.unwrap_or_default()
        );
        print(&format!(
            "{}\n",
            line.chars().filter(|c| !c.is_control()).take(160).collect::<String>().trim_end()
        ))?;
    }
    match task.error {
        Some(error) => print(&format!("{}\n", error.message)),
        None => Ok(()),
    }
}

fn told(task: &Task, json: bool) -> Result<(), Failure> {
    if json { print_json(task) } else { print(&format!("{}  {}\n", task.id, word(task))) }
}

async fn pause(ledger: &Reach, is_paused: bool) -> Result<(), Failure> {
    for lane in Mode::ALL {
        ledger.pause(lane, is_paused).await?;
    }
    say(&in_line(&ledger.health().await?));
    Ok(())
}

async fn drain(ledger: &Reach) -> Result<(), Failure> {
    pause(ledger, true).await?;
    let mut stop = pin!(super::serve::stop_signal()?);
    loop {
        let running = ledger.health().await?.processing;
        if running == 0 {
            say("nothing runs any more; `tidemark queue resume` goes on");
            return Ok(());
        }
        tokio::select! {
            () = tokio::time::sleep(LOOK_EVERY) => {}
            () = &mut stop => return Err(Failure::Interrupted),
        }
    }
}

async fn export(ledger: &Reach) -> Result<(), Failure> {
    let mut after = None;
    loop {
        let (page, next) = ledger.page(None, 100, after).await?;
        for task in page {
            let events = ledger.events(task.id).await?;
            print(&format!("{}\n", serde_json::to_string(&Exported { task, events })?))?;
        }
        match next {
            Some(_) => after = next,
            None => return Ok(()),
        }
    }
}

async fn verify(ledger: &Reach, json: bool) -> Result<(), Failure> {
    let mut wrong = ledger.damage().await?;
    let (mut tasks, mut events, mut after) = (0, 0, None);
    loop {
        let (page, next) = ledger.page(None, 100, after).await?;
        for task in page {
            let story = ledger.events(task.id).await?;
            tasks += 1;
            events += story.len();
            wrong.extend(broken(&task, &story).map(|what| format!("task {}: {what}", task.id)));
        }
        match next {
            Some(_) => after = next,
            None => break,
        }
    }
    if json {
        print_json(&serde_json::json!({ "tasks": tasks, "events": events, "wrong": wrong }))?;
    } else {
        wrong.iter().try_for_each(|what| print(&format!("{what}\n")))?;
        say(&format!("{tasks} tasks with {events} events were read"));
    }
    match wrong.len() {
        0 => Ok(()),
        count => Err(anyhow!("{count} things are wrong; what can be read is kept").into()),
    }
}

/// What a task's story says against its promises: no gaps, one end, an attempt for each start.
fn broken(task: &Task, story: &[TaskEvent]) -> Option<String> {
    let count = |is_one: fn(&EventKind) -> bool| story.iter().filter(|event| is_one(&event.kind)).count();
    let ends = count(|kind| matches!(kind, EventKind::Finished { .. }));
    let starts = count(|kind| matches!(kind, EventKind::Started { .. }));
    let lost = count(|kind| matches!(kind, EventKind::Lost));
    let has_gap = !story.iter().map(|event| event.seq).eq(1..=story.len() as u64);
    if lost > 0 {
        return Some(format!("{lost} of its events are lost"));
    }
    if has_gap {
        return Some("its events have a gap".into());
    }
    if ends != usize::from(task.status.is_terminal()) {
        return Some(format!("it is {} and has {ends} ends", word(task)));
    }
    (starts != task.attempt as usize).then(|| format!("attempt {} and {starts} starts", task.attempt))
}
