//! `tidemark patch`: what a model wrote, applied to any folder exactly right or not at all.

use super::{Failure, print, print_json, say};
use anyhow::{Context, anyhow};
use clap::{Args, Subcommand};
use ignore::WalkBuilder;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, Read, Write};
use std::path::{Path, PathBuf};
use std::time::Instant;
use tidemark_shared::RelPath;
use tidemark_shared::patch::{self, Files, Intended, Refusal, reply};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Apply a reply to the files of a folder; all of it or nothing.
    Apply(Apply),
    /// Say whether a reply would apply, and write nothing.
    Check(Reply),
    /// Say where each change of a reply belongs, and how that was found.
    Explain(Reply),
    /// Read cases as JSON lines from stdin and answer each on stdout: {id, workspace, base?, output} → {id, ok, files, error?, us}.
    Jsonl,
}

#[derive(Debug, Args)]
pub(super) struct Reply {
    /// The file with the reply; stdin when absent or `-`.
    reply: Option<PathBuf>,
    /// The folder whose files are meant.
    #[arg(long, default_value = ".", value_name = "DIR")]
    dir: PathBuf,
    /// The git revision that the model saw, when the files have moved on since.
    #[arg(long, value_name = "REV")]
    base: Option<String>,
}

#[derive(Debug, Args)]
pub(super) struct Apply {
    #[command(flatten)]
    reply: Reply,
    /// Show the result as a unified diff, and write nothing.
    #[arg(long)]
    dry_run: bool,
}

/// A file larger than this is none that a model edits.
const MAX_FILE_BYTES: u64 = 16 << 20;

pub(super) fn patch(command: Command, json: bool) -> Result<(), Failure> {
    match command {
        Command::Apply(args) => apply(&args, json),
        Command::Check(args) => {
            let (_, intended) = intend(&args, json)?;
            if json {
                print_json(&report(&intended))
            } else {
                print(&format!("applies: {}\n", summary(&intended)))
            }
        }
        Command::Explain(args) => {
            let (_, intended) = intend(&args, json)?;
            if json {
                return print_json(&report(&intended));
            }
            intended.hunks.iter().try_for_each(|hunk| {
                print(&format!("{}:{} change {}: {}\n", hunk.path, hunk.line, hunk.hunk, found(hunk.found)))
            })
        }
        Command::Jsonl => jsonl(),
    }
}

fn apply(args: &Apply, json: bool) -> Result<(), Failure> {
    let (current, intended) = intend(&args.reply, json)?;
    if args.dry_run {
        return if json { print_json(&report(&intended)) } else { print(&diff(&current, &intended)) };
    }
    write(&args.reply.dir, &intended)?;
    if json {
        return print_json(&report(&intended));
    }
    say(&summary(&intended));
    Ok(())
}

/// Reads the reply and places it on the folder's files.
fn intend(args: &Reply, json: bool) -> Result<(Files, Intended), Failure> {
    let text = match args.reply.as_deref().filter(|path| *path != Path::new("-")) {
        Some(path) => std::fs::read(path).with_context(|| format!("could not read {}", path.display()))?,
        None => {
            let mut bytes = Vec::new();
            std::io::stdin().read_to_end(&mut bytes)?;
            bytes
        }
    };
    let text = String::from_utf8(text).map_err(|_| anyhow!("the reply is not UTF-8 text"))?;
    let refuse = |refusal: Refusal| {
        if json {
            // The refusal is the data; the exit code says that it is one.
            drop(print_json(&json!({ "ok": false, "refusal": refusal })));
        }
        Failure::Conflict(refusal.to_string())
    };
    let names = names(&reply::read(&text).map_err(refuse)?);
    let current = read_files(&args.dir, &names)?;
    let base = match &args.base {
        Some(revision) => at_revision(&args.dir, revision, &current)?,
        None => current.clone(),
    };
    let intended = patch::apply(&text, &base, &current).map_err(refuse)?;
    Ok((current, intended))
}

/// The file names that the reply has, without their folders; nothing when some edit names none.
fn names(edits: &[reply::FileEdit]) -> Option<BTreeSet<String>> {
    let mut names = BTreeSet::new();
    for edit in edits {
        let path = edit.path.as_deref()?;
        for path in [Some(path), edit.other_path.as_deref()].into_iter().flatten() {
            let name = path.trim().rsplit('/').next().unwrap_or(path);
            names.extend([name.to_string(), name.trim_end_matches(".orig").to_string()]);
        }
        if let reply::Act::Edit { move_to: Some(to), .. } = &edit.act {
            names.insert(to.trim().rsplit('/').next().unwrap_or(to).to_string());
        }
    }
    Some(names)
}

/// The folder's text files with one of these names. Symlinks are not followed.
fn read_files(dir: &Path, names: &Option<BTreeSet<String>>) -> Result<Files, Failure> {
    if !dir.is_dir() {
        return Err(Failure::Usage(format!("{} is no folder", dir.display())));
    }
    let mut files = Files::new();
    let walk = WalkBuilder::new(dir).hidden(false).filter_entry(|entry| entry.file_name() != ".git").build();
    for entry in walk {
        let entry = entry?;
        let wanted =
            names.as_ref().is_none_or(|names| names.contains(entry.file_name().to_string_lossy().as_ref()));
        let is_file = entry.file_type().is_some_and(|kind| kind.is_file());
        if !wanted || !is_file || entry.metadata()?.len() > MAX_FILE_BYTES {
            continue;
        }
        let path = entry.path().strip_prefix(dir).unwrap_or(entry.path()).to_string_lossy().into_owned();
        if let Ok(text) = String::from_utf8(std::fs::read(entry.path())?) {
            files.insert(path, text);
        }
    }
    Ok(files)
}

fn at_revision(dir: &Path, revision: &str, current: &Files) -> Result<Files, Failure> {
    let mut base = Files::new();
    for path in current.keys() {
        let shown = std::process::Command::new("git")
            .current_dir(dir)
            .args(["show", &format!("{revision}:./{path}")])
            .output()
            .context("git could not be started")?;
        if shown.status.success() {
            base.insert(path.clone(), String::from_utf8_lossy(&shown.stdout).into_owned());
        }
    }
    if base.is_empty() {
        return Err(Failure::Usage(format!("git has none of the files at {revision:?}")));
    }
    Ok(base)
}

/// Writes every file beside its place first, then moves all into place.
fn write(dir: &Path, intended: &Intended) -> Result<(), Failure> {
    let root = dir.canonicalize()?;
    let mut ready = Vec::new();
    for (path, text) in &intended.files {
        let path = RelPath::parse(path).map_err(|why| Failure::Usage(format!("{path}: {why}")))?;
        let target = root.join(path.as_str());
        let parent = target.parent().unwrap_or(&root);
        let Some(text) = text else {
            ready.push((target, None));
            continue;
        };
        let is_link = target.symlink_metadata().is_ok_and(|meta| meta.file_type().is_symlink());
        // A folder that is yet to be made is where the last one that exists is.
        let there = parent.ancestors().find(|dir| dir.exists()).unwrap_or(&root);
        if is_link || !there.canonicalize()?.starts_with(&root) {
            return Err(Failure::Usage(format!(
                "{path} leaves the folder by a symlink; nothing was written"
            )));
        }
        std::fs::create_dir_all(parent)?;
        let mut beside = tempfile::NamedTempFile::new_in(parent)?;
        beside.write_all(text.as_bytes())?;
        beside.as_file().sync_all()?;
        let permissions = target.metadata().map(|meta| meta.permissions());
        if let Ok(permissions) = permissions {
            beside.as_file().set_permissions(permissions)?;
        } else {
            use std::os::unix::fs::PermissionsExt;
            beside.as_file().set_permissions(std::fs::Permissions::from_mode(0o644))?;
        }
        ready.push((target, Some(beside)));
    }
    for (target, beside) in ready {
        match beside {
            Some(beside) => drop(beside.persist(&target).map_err(|why| why.error)?),
            None => std::fs::remove_file(&target)?,
        }
    }
    Ok(())
}

fn diff(current: &Files, intended: &Intended) -> String {
    let mut out = String::new();
    for (path, text) in &intended.files {
        let (before, after) = (current.get(path).map(String::as_str), text.as_deref());
        let side =
            |here: Option<&str>, mark: char| here.map_or("/dev/null".into(), |_| format!("{mark}/{path}"));
        let diff = similar::TextDiff::from_lines(before.unwrap_or_default(), after.unwrap_or_default());
        out += &diff.unified_diff().header(&side(before, 'a'), &side(after, 'b')).to_string();
    }
    out
}

fn summary(intended: &Intended) -> String {
    let files: Vec<&str> = intended.files.keys().map(String::as_str).collect();
    let careful = intended.hunks.iter().filter(|hunk| !is_exact(hunk.found)).count();
    let note = if careful == 0 { String::new() } else { format!("; {careful} deserve a second look") };
    format!("{} changes in {}{note}", intended.hunks.len(), files.join(", "))
}

const fn is_exact(found: tidemark_shared::Found) -> bool {
    matches!(found, tidemark_shared::Found::Exact | tidemark_shared::Found::NewFile)
}

const fn found(found: tidemark_shared::Found) -> &'static str {
    use tidemark_shared::Found;
    match found {
        Found::Exact => "exact",
        Found::Whitespace => "only blanks or punctuation differ",
        Found::Indentation => "indentation adapted",
        Found::Aligned => "aligned with the lines around it",
        Found::Moved => "the block was moved since, and followed",
        Found::Merged => "merged with later edits",
        Found::NewFile => "new file",
    }
}

fn report(intended: &Intended) -> serde_json::Value {
    let hunks: Vec<_> = intended
        .hunks
        .iter()
        .map(|hunk| json!({ "path": hunk.path, "hunk": hunk.hunk, "line": hunk.line, "found": hunk.found }))
        .collect();
    json!({ "ok": true, "files": intended.files, "hunks": hunks })
}

#[derive(Deserialize)]
struct Case {
    id: serde_json::Value,
    workspace: BTreeMap<String, Option<String>>,
    #[serde(default)]
    base: Option<BTreeMap<String, Option<String>>>,
    output: String,
}

#[derive(Serialize)]
struct Answer {
    id: serde_json::Value,
    ok: bool,
    files: BTreeMap<String, Option<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    /// Microseconds.
    us: f64,
}

fn jsonl() -> Result<(), Failure> {
    let texts = |files: BTreeMap<String, Option<String>>| {
        files.into_iter().filter_map(|(path, text)| Some((path, text?)))
    };
    for line in std::io::stdin().lock().lines() {
        let case: Case = serde_json::from_str(&line?).context("a line is no case")?;
        let current: Files = texts(case.workspace).collect();
        let mut base = current.clone();
        base.extend(texts(case.base.unwrap_or_default()));
        let started = Instant::now();
        let result = patch::apply(&case.output, &base, &current);
        let us = started.elapsed().as_secs_f64() * 1e6;
        let answer = match result {
            Ok(intended) => Answer { id: case.id, ok: true, files: intended.files, error: None, us },
            Err(refusal) => Answer {
                id: case.id,
                ok: false,
                files: BTreeMap::new(),
                error: Some(refusal.to_string()),
                us,
            },
        };
        print(&format!("{}\n", serde_json::to_string(&answer)?))?;
    }
    Ok(())
}
