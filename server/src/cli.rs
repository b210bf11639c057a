//! The command line: data on stdout, talk on stderr, `--json` everywhere.
//!
//! Exit codes: 0 done, 1 failed, 2 wrong usage, 4 a conflict with your own edits or a refused patch, 5 a limit was reached,
//! 130 interrupted.

mod config;
mod doctor;
mod house;
mod models;
mod patch;
mod queue;
mod run;
mod serve;

use crate::config::{Config, Loaded};
use clap::{Args, CommandFactory, Parser, Subcommand};
use std::collections::BTreeMap;
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use tracing_subscriber::EnvFilter;

/// An AI code studio that lives on your own machine.
#[derive(Debug, Parser)]
#[command(name = "tidemark", version, about, args_conflicts_with_subcommands = true, after_help = EXIT_CODES)]
struct Cli {
    #[command(flatten)]
    shared: Shared,
    #[command(flatten)]
    open: serve::Open,
    #[command(subcommand)]
    command: Option<Command>,
}

const EXIT_CODES: &str = "Exit codes: 0 done · 1 failed · 2 wrong usage · 4 conflict or refused patch · 5 a limit was \
                          reached · 130 interrupted";

#[derive(Debug, Args)]
struct Shared {
    /// Read this configuration file instead of the usual one.
    #[arg(long, global = true, env = "TIDEMARK_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    /// Keep tasks, snapshots and settings here.
    #[arg(long, global = true, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// Answer in JSON.
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve the studio on this machine, for a browser or for tools.
    Serve(serve::Serve),
    /// Work on one prompt and print what it changes, as a unified diff.
    Run(run::Run),
    /// List the models that can be asked.
    Models(models::Models),
    /// Look at the line of tasks, and mend it.
    #[command(subcommand)]
    Queue(queue::Command),
    /// Check this installation, and say how to mend what is wrong.
    Doctor,
    /// Show the configuration, and where each value comes from.
    #[command(subcommand)]
    Config(config::Command),
    /// Apply what a model wrote to files, exactly or not at all.
    #[command(subcommand)]
    Patch(patch::Command),
    /// Print the completions of a shell.
    Completions { shell: clap_complete::Shell },
    /// Print the description of the API (OpenAPI 3.1).
    #[command(hide = true)]
    Openapi,
}

/// How a command ended, other than well.
#[derive(Debug)]
enum Failure {
    Failed(anyhow::Error),
    Usage(String),
    Conflict(String),
    Limit(String),
    Interrupted,
}

impl<E: Into<anyhow::Error>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

impl Failure {
    fn report(self) -> ExitCode {
        let (code, text) = match self {
            Self::Failed(error) => (1, format!("{error:#}")),
            Self::Usage(text) => (2, text),
            Self::Conflict(text) => (4, text),
            Self::Limit(text) => (5, text),
            Self::Interrupted => (130, "interrupted".into()),
        };
        say(&format!("tidemark: {text}"));
        ExitCode::from(code)
    }
}

/// Runs the command of this process's arguments.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    match dispatch(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}

fn dispatch(cli: Cli) -> Result<(), Failure> {
    let Cli { shared, open, command } = cli;
    let load = |project: Option<&Path>, flags| load(&shared, project, flags);
    match command {
        None => {
            let loaded = load(open.path.as_deref(), BTreeMap::new())?;
            wait_for(serve::open(loaded, &open, shared.json))
        }
        Some(Command::Serve(args)) => {
            let loaded = load(args.project.as_deref(), args.flags())?;
            wait_for(serve::serve(loaded, &args, shared.json))
        }
        Some(Command::Run(args)) => {
            let loaded = load(Some(&args.project), BTreeMap::new())?;
            wait_for(run::run(loaded, args, shared.json))
        }
        Some(Command::Models(args)) => {
            let loaded = load(None, BTreeMap::new())?;
            wait_for(models::models(loaded, &args, shared.json))
        }
        Some(Command::Queue(command)) => {
            let loaded = load(None, BTreeMap::new())?;
            wait_for(queue::queue(loaded, command, shared.json))
        }
        Some(Command::Doctor) => doctor::doctor(&shared),
        Some(Command::Config(command)) => {
            config::config(&load(None, BTreeMap::new())?, &command, shared.json)
        }
        Some(Command::Patch(command)) => patch::patch(command, shared.json),
        Some(Command::Completions { shell }) => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "tidemark", &mut script);
            print(&String::from_utf8_lossy(&script))
        }
        Some(Command::Openapi) => print(&format!("{}\n", crate::api::description())),
    }
}

/// Reads the configuration, tells its warnings, starts the log.
fn load(
    shared: &Shared,
    project: Option<&Path>,
    mut flags: BTreeMap<String, toml::Value>,
) -> Result<Loaded, Failure> {
    if let Some(dir) = &shared.data_dir {
        flags.insert("server.data_dir".into(), absolute(dir)?.to_string_lossy().into_owned().into());
    }
    let loaded = Config::load(shared.config.as_deref(), project, flags)?;
    for warning in &loaded.warnings {
        say(&format!("warning: {warning}"));
    }
    let filter = EnvFilter::try_new(&loaded.config.log.filter).map_err(|why| {
        Failure::Usage(format!("log.filter can't be {:?}: {why}", loaded.config.log.filter))
    })?;
    let colours = std::io::stderr().is_terminal();
    let log =
        tracing_subscriber::fmt().with_env_filter(filter).with_ansi(colours).with_writer(std::io::stderr);
    // A second start in one process keeps the first one's log.
    let _already = match loaded.config.log.format {
        crate::config::LogFormat::Text => log.try_init().is_err(),
        crate::config::LogFormat::Json => log.json().try_init().is_err(),
    };
    Ok(loaded)
}

fn wait_for<F: Future<Output = Result<(), Failure>>>(work: F) -> Result<(), Failure> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(work)
}

/// A path of the command line as seen from anywhere.
fn absolute(path: &Path) -> Result<PathBuf, Failure> {
    Ok(std::path::absolute(path)?)
}

/// Data, for another program. A reader that went away is no failure of ours.
fn print(text: &str) -> Result<(), Failure> {
    match std::io::stdout().lock().write_all(text.as_bytes()) {
        Err(why) if why.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        other => Ok(other?),
    }
}

fn print_json(value: &impl serde::Serialize) -> Result<(), Failure> {
    print(&format!("{}\n", serde_json::to_string_pretty(value)?))
}

/// Talk, for a person.
fn say(text: &str) {
    // Nobody can be told that nobody can be told.
    drop(writeln!(std::io::stderr().lock(), "{text}"));
}
