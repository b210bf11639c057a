//! The checks that a project declares in package.json. They are named and not run: running a project's code needs a
//! sandbox.

use super::not_run;
use serde_json::Value;
use std::path::Path;
use tidemark_shared::Check;

/// What a check is called for a person, by the scripts that may declare it; the first one found counts.
const CHECKS: [(&str, &[&str]); 3] =
    [("Types", &["typecheck", "type-check", "types"]), ("Lint", &["lint"]), ("Tests", &["test"])];

pub(super) fn checks(copy: &Path) -> Vec<Check> {
    let package = std::fs::read(copy.join("package.json")).ok();
    let package: Option<Value> = package.and_then(|bytes| serde_json::from_slice(&bytes).ok());
    let Some(scripts) = package.as_ref().and_then(|package| package.get("scripts")) else {
        return Vec::new();
    };
    let declared =
        |names: &[&'static str]| names.iter().find_map(|name| Some((*name, scripts.get(*name)?.as_str()?)));
    let found = CHECKS.iter().filter_map(|(title, names)| Some((title, declared(names)?)));
    // What npm writes into every new package is no test.
    let real = found.filter(|(_, (_, does))| !does.contains("no test specified"));
    real.map(|(title, (name, does))| {
        let does: String = does.chars().take(200).collect();
        let why = format!("The project declares `{name}: {does}`. Tidemark does not run a project's own code without a sandbox.");
        not_run(title, why)
    })
    .collect()
}
