//! `tidemark doctor`: checks, each with what to do when it fails.

use super::house::{Address, address_file};
use super::{Failure, Shared, load, print, print_json};
use crate::compose;
use crate::preview::seeds;
use crate::sandbox::State;
use anyhow::anyhow;
use serde::Serialize;
use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Finding {
    check: &'static str,
    ok: bool,
    /// What was found.
    detail: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    fix: Option<String>,
}

impl Finding {
    fn ok(check: &'static str, detail: impl Into<String>) -> Self {
        Self { check, ok: true, detail: detail.into(), fix: None }
    }
    fn bad(check: &'static str, detail: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { check, ok: false, detail: detail.into(), fix: Some(fix.into()) }
    }
}

pub(super) fn doctor(shared: &Shared) -> Result<(), Failure> {
    let findings = examine(shared);
    if shared.json {
        print_json(&findings)?;
    } else {
        for finding in &findings {
            print(&format!(
                "{} {:<16} {}\n",
                if finding.ok { "ok  " } else { "FAIL" },
                finding.check,
                finding.detail
            ))?;
            if let Some(fix) = &finding.fix {
                print(&format!("     {:<16} → {fix}\n", ""))?;
            }
        }
    }
    let failed = findings.iter().filter(|finding| !finding.ok).count();
    if failed == 0 { Ok(()) } else { Err(anyhow!("{failed} of {} checks failed", findings.len()).into()) }
}

fn examine(shared: &Shared) -> Vec<Finding> {
    let loaded = match load(shared, None, BTreeMap::new()) {
        Ok(loaded) => loaded,
        Err(Failure::Failed(why)) => {
            return vec![Finding::bad(
                "configuration",
                format!("{why:#}"),
                "mend the file, or name another with --config",
            )];
        }
        Err(_) => {
            return vec![Finding::bad(
                "configuration",
                "it could not be read",
                "mend the file, or name another with --config",
            )];
        }
    };
    let mut findings = vec![match loaded.warnings.as_slice() {
        [] => Finding::ok(
            "configuration",
            loaded.path.as_ref().map_or("defaults".into(), |path| path.display().to_string()),
        ),
        warnings => Finding::bad(
            "configuration",
            warnings.join("; "),
            "correct these keys; `tidemark config schema` lists all",
        ),
    }];
    match loaded.config.data_dir() {
        Ok(dir) => {
            findings.push(writable("data directory", &dir));
            findings.push(running(&dir));
        }
        Err(why) => {
            findings.push(Finding::bad("data directory", why.to_string(), "give one with --data-dir"))
        }
    }
    if let Ok(dir) = loaded.config.projects_folder() {
        findings.push(writable("projects folder", &dir));
    }
    findings.push(match seeds::verify() {
        Ok(()) => Finding::ok("offline previews", "the templates' packages are all here"),
        Err(missing) => Finding::bad(
            "offline previews",
            format!("{} packages are missing: {}", missing.len(), missing.join(", ")),
            "build again with scripts/run while there is a network; until then previews fetch them",
        ),
    });
    findings.push(watches());
    findings.push(sandbox());
    findings
}

/// Whether files can be made in `dir`, or in the nearest folder above it that exists.
fn writable(check: &'static str, dir: &Path) -> Finding {
    let existing = dir.ancestors().find(|dir| dir.is_dir()).unwrap_or(dir);
    let probe = tempfile::NamedTempFile::new_in(existing).and_then(|mut file| file.write_all(b"tidemark"));
    match probe {
        Ok(()) => Finding::ok(check, dir.display().to_string()),
        Err(why) => Finding::bad(
            check,
            format!("{} can't be written: {why}", existing.display()),
            "make room or give yourself the right to write there, or choose another place in config.toml",
        ),
    }
}

fn running(data_dir: &Path) -> Finding {
    match Address::read(&address_file(data_dir)) {
        Some(address) if Path::new(&format!("/proc/{}", address.pid)).exists() => {
            Finding::ok("house", format!("running at {} (process {})", address.url, address.pid))
        }
        Some(_) | None => Finding::ok("house", "not running"),
    }
}

/// Whether a project's own commands can run where they can harm nothing.
fn sandbox() -> Finding {
    let asked = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map(|runtime| runtime.block_on(compose::sandbox().state()));
    match asked {
        Ok(State::Ready(how)) => Finding::ok("sandbox", how),
        Ok(State::Refused(why)) => Finding::bad(
            "sandbox",
            format!("no command of a project can run: {why}"),
            "on Debian and Ubuntu: sudo apt install bubblewrap util-linux; then allow user namespaces",
        ),
        Err(why) => Finding::bad("sandbox", why.to_string(), "free some memory or open files, and ask again"),
    }
}

/// Watching a large project takes one inotify watch a folder.
fn watches() -> Finding {
    const ENOUGH: u64 = 8192;
    let limit = std::fs::read_to_string("/proc/sys/fs/inotify/max_user_watches");
    match limit.ok().and_then(|limit| limit.trim().parse::<u64>().ok()) {
        Some(limit) if limit < ENOUGH => Finding::bad(
            "file watching",
            format!(
                "only {limit} folders can be watched; larger projects are looked at every few seconds instead"
            ),
            "sudo sysctl fs.inotify.max_user_watches=524288",
        ),
        Some(limit) => Finding::ok("file watching", format!("{limit} folders can be watched")),
        None => Finding::ok("file watching", "the system's own"),
    }
}
