//! `tidemark config`: every value, who set it, and the schema of the file.

use super::{Failure, print, print_json};
use crate::config::{Config, Loaded};
use clap::Subcommand;
use serde_json::json;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// The whole configuration as it is in force.
    Show,
    /// One value: what it is, who set it, what it is for.
    Explain { key: String },
    /// The JSON Schema of config.toml.
    Schema,
    /// Where the file is, or would be.
    Path,
}

pub(super) fn config(loaded: &Loaded, command: &Command, json: bool) -> Result<(), Failure> {
    match command {
        Command::Show if json => print_json(&loaded.config),
        Command::Show => print(&toml::to_string_pretty(&loaded.config)?),
        Command::Schema => print_json(&Config::schema()),
        Command::Path => {
            let path = loaded.path.as_ref().map(|path| path.display().to_string()).unwrap_or_default();
            if json { print_json(&json!({ "path": path })) } else { print(&format!("{path}\n")) }
        }
        Command::Explain { key } => {
            let explained = loaded.explain(key).map_err(Failure::Usage)?;
            if json {
                return print_json(&json!({
                    "key": explained.key,
                    "value": explained.value,
                    "setBy": explained.layer.to_string(),
                    "variable": explained.variable,
                    "about": explained.doc,
                }));
            }
            let value = explained.value.map_or_else(|| "not set".into(), |value| value.to_string());
            print(&format!(
                "{} = {value}\n  set by {}\n  {}\n  environment: {}\n",
                explained.key, explained.layer, explained.doc, explained.variable
            ))
        }
    }
}
