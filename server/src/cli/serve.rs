//! `tidemark [PATH]` and `tidemark serve`: a house that stays until it is told to stop.

use super::house::{Address, address_file};
use super::{Failure, absolute, print, print_json, say};
use crate::config::Loaded;
use crate::desktop::NoDesktop;
use crate::serve::First;
use clap::Args;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

#[derive(Debug, Args)]
pub(super) struct Open {
    /// The project to open.
    pub(super) path: Option<PathBuf>,
    /// Open the sample project.
    #[arg(long)]
    demo: bool,
    /// Open the address in the browser.
    #[arg(long)]
    open: bool,
}

#[derive(Debug, Args)]
pub(super) struct Serve {
    /// Address and port, loopback only; port 0 takes a free one.
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<String>,
    /// Open this folder as a project.
    #[arg(long, value_name = "DIR")]
    pub(super) project: Option<PathBuf>,
    /// Open the sample project.
    #[arg(long)]
    demo: bool,
    /// Write where the server is, and its token, to this file (mode 0600) once it answers.
    #[arg(long, value_name = "FILE")]
    ready_file: Option<PathBuf>,
}

impl Serve {
    pub(super) fn flags(&self) -> BTreeMap<String, toml::Value> {
        let listen =
            self.listen.as_ref().map(|listen| ("server.listen".into(), toml::Value::from(listen.clone())));
        listen.into_iter().collect()
    }
}

/// `tidemark [PATH]`.
pub(super) async fn open(loaded: Loaded, args: &Open, json: bool) -> Result<(), Failure> {
    let told = |address: &Address| {
        if json {
            return print_json(address);
        }
        say("Tidemark is at the address below. It works once; Ctrl+C stops the studio.");
        print(&format!("{}\n", address.launch_url))?;
        if args.open {
            open_browser(&address.launch_url);
        }
        Ok(())
    };
    stay(loaded, args.path.as_deref(), args.demo, None, told).await
}

/// `tidemark serve`.
pub(super) async fn serve(loaded: Loaded, args: &Serve, json: bool) -> Result<(), Failure> {
    let told = |address: &Address| {
        if json { print_json(address) } else { print(&format!("{}\n", address.launch_url)) }
    };
    stay(loaded, args.project.as_deref(), args.demo, args.ready_file.as_deref(), told).await
}

async fn stay(
    loaded: Loaded,
    project: Option<&Path>,
    demo: bool,
    ready_file: Option<&Path>,
    tell: impl FnOnce(&Address) -> Result<(), Failure>,
) -> Result<(), Failure> {
    // Asked for before the server answers, so that no signal is lost in between.
    let stop = stop_signal()?;
    let data_dir = loaded.config.data_dir()?;
    let house = crate::start(loaded, Arc::new(NoDesktop)).await?;
    let first = match (project, demo) {
        (Some(folder), _) => First::Folder(absolute(folder)?),
        (None, true) => First::Sample,
        (None, false) => First::Home,
    };
    let told = house.launch_url_on(first).await.map_err(Failure::from).and_then(|launch_url| {
        let address = Address::of(&house, launch_url);
        address.write(&address_file(&data_dir))?;
        ready_file.map_or(Ok(()), |file| address.write(file))?;
        tell(&address)
    });
    if told.is_ok() {
        stop.await;
        say("Stopping: tasks in work are handed back and go on at the next start.");
    }
    drop(std::fs::remove_file(address_file(&data_dir)));
    house.stop().await;
    told
}

/// Opens the system's browser; an address on the terminal is enough when there is none.
fn open_browser(url: &str) {
    let opener = if cfg!(target_os = "macos") { "open" } else { "xdg-open" };
    if let Err(why) = std::process::Command::new(opener).arg(url).spawn() {
        say(&format!("The browser could not be opened ({why}); open the address yourself."));
    }
}

/// Resolves at SIGTERM or SIGINT.
pub(super) fn stop_signal() -> std::io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}
