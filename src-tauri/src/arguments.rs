//! What the desktop app can be started with: a part of `tidemark [PATH]`'s words.

use clap::Parser;
use std::collections::BTreeMap;
use std::path::PathBuf;
use tidemark_server::First;
use tidemark_server::config::{Config, ConfigError, Loaded};

/// An AI code studio that lives on your own machine.
#[derive(Debug, Parser)]
#[command(name = "tidemark-desktop", version, about)]
pub(crate) struct Arguments {
    /// The project to open.
    path: Option<PathBuf>,
    /// Open the sample project.
    #[arg(long)]
    demo: bool,
    /// Read this configuration file instead of the usual one.
    #[arg(long, env = "TIDEMARK_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    /// Keep tasks, snapshots and settings here.
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
}

impl Arguments {
    pub(crate) fn load(&self) -> Result<Loaded, ConfigError> {
        let dir = self.data_dir.as_ref().map(|dir| dir.to_string_lossy().into_owned());
        let flags: BTreeMap<_, _> =
            dir.into_iter().map(|dir| ("server.data_dir".into(), dir.into())).collect();
        Config::load(self.config.as_deref(), self.path.as_deref(), flags)
    }

    pub(crate) fn first(&self) -> std::io::Result<First> {
        Ok(match &self.path {
            Some(path) => First::Folder(std::path::absolute(path)?),
            None if self.demo => First::Sample,
            None => First::Home,
        })
    }
}
