//! Files to edit: pieces of this repository's own text files, and made-up ones with much repetition; and true edits of them.

use super::render::Op;
use fastrand::Rng;
use std::path::{Path, PathBuf};

/// A file's name and lines.
#[derive(Debug, Clone)]
pub(crate) struct Source {
    pub(crate) path: String,
    pub(crate) lines: Vec<String>,
}

/// The repository's text files, by name.
pub(crate) fn repository() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_path_buf();
    let mut paths = Vec::new();
    let mut left: Vec<PathBuf> =
        ["shared/src", "server/src", "server/templates", "ui/src", "scripts", "server/prompts"]
            .map(|dir| root.join(dir))
            .into();
    while let Some(dir) = left.pop() {
        for entry in std::fs::read_dir(&dir).unwrap().flatten() {
            let path = entry.path();
            if path.is_dir() { left.push(path) } else { paths.push(path) }
        }
    }
    paths.sort();
    let read = |path: PathBuf| {
        let text = std::fs::read_to_string(&path).ok()?;
        let lines: Vec<String> = text.lines().map(String::from).collect();
        let is_plain = lines.len() > 15 && lines.iter().all(|line| line.len() < 300 && !line.contains('\r'));
        let path = path.strip_prefix(&root).ok()?.to_str()?.to_owned();
        is_plain.then_some(Source { path, lines })
    };
    paths.into_iter().filter_map(read).collect()
}

/// Up to 400 lines of one of the repository's files, or a made-up file.
pub(crate) fn pick(rng: &mut Rng, repository: &[Source]) -> Source {
    if rng.f64() < 0.25 {
        return made_up(rng);
    }
    let source = &repository[rng.usize(..repository.len())];
    let length = rng.usize(12..=400).min(source.lines.len());
    let from = rng.usize(..=source.lines.len() - length);
    Source { path: source.path.clone(), lines: source.lines[from..from + length].to_vec() }
}

const WORDS: [&str; 24] = [
    "tide", "moon", "harbour", "level", "basin", "wave", "buoy", "anchor", "drift", "gauge", "pilot", "reef",
    "sand", "shoal", "spring", "neap", "swell", "wharf", "keel", "mast", "rope", "sail", "stern", "bow",
];

fn made_up(rng: &mut Rng) -> Source {
    let mut lines = Vec::new();
    let kind = rng.usize(..5);
    let unit = ["    ", "\t", "  "][rng.usize(..3)];
    for _ in 0..rng.usize(3..14) {
        let (a, b, c) = (word(rng), word(rng), word(rng));
        let some = rng.usize(1..9);
        match kind {
            0 => {
                lines.push(format!("def {a}_{b}({c}):"));
                for _ in 0..some {
                    lines.push(format!("{unit}{} = {c}[\"{}\"]", word(rng), word(rng)));
                }
                lines.push(format!("{unit}return {a}"));
                lines.extend([String::new(), String::new()]);
            }
            1 => {
                lines.push(format!("export function {a}({b}: number) {{"));
                lines.push(format!("{unit}if ({b} < {some} && {c}) {{"));
                lines.push(format!("{unit}{unit}return “{c}” – {a}({b} - 1);"));
                lines.push(format!("{unit}}}"));
                lines.push(format!("{unit}return <{a}>{b}</{a}>;"));
                lines.extend(["}".into(), String::new()]);
            }
            2 => {
                lines.extend([format!("{a} {b}"), "=======".into(), String::new()]);
                (0..some).for_each(|_| lines.push(format!("- {} {}", word(rng), word(rng))));
                lines.extend([
                    String::new(),
                    "```sh".into(),
                    format!("{a} --{b}"),
                    "```".into(),
                    String::new(),
                ]);
            }
            3 => {
                lines.push(format!("{unit}\"{a}\": {{"));
                (0..some)
                    .for_each(|_| lines.push(format!("{unit}{unit}\"{}\": \"{}\",", word(rng), word(rng))));
                lines.push(format!("{unit}}},"));
            }
            _ => {
                lines.push(format!("impl {a} {{"));
                for name in ["open", "close", "read"] {
                    lines.push(format!("{unit}fn {name}(&self) -> {b} {{"));
                    lines.push(format!("{unit}{unit}let {c} = self.{c}.lock();"));
                    lines.push(format!("{unit}{unit}{c}.{name}()"));
                    lines.extend([format!("{unit}}}"), String::new()]);
                }
                lines.push("}".into());
            }
        }
    }
    let ending = ["py", "tsx", "md", "json", "rs"][kind];
    Source { path: format!("src/{}.{ending}", word(rng)), lines }
}

fn word(rng: &mut Rng) -> &'static str {
    WORDS[rng.usize(..WORDS.len())]
}

/// A true edit of `spots` places: the whole file as the lines of one hunk.
pub(crate) fn edit(rng: &mut Rng, lines: &[String], spots: usize) -> Vec<Op> {
    let mut starts: Vec<usize> = (0..spots).map(|_| rng.usize(..lines.len())).collect();
    starts.sort_unstable();
    let mut ops: Vec<Op> = Vec::new();
    let mut at = 0;
    let copy = |ops: &mut Vec<Op>, from: usize, to: usize| {
        ops.extend(lines[from..to].iter().map(|line| (' ', line.clone())));
    };
    for start in starts {
        if start < at {
            continue;
        }
        copy(&mut ops, at, start);
        let gone = if rng.f64() < 0.3 { 0 } else { rng.usize(1..=3).min(lines.len() - start) };
        let least = usize::from(gone == 0);
        let come = rng.usize(least..=3);
        let old = &lines[start..start + gone];
        ops.extend(old.iter().map(|line| ('-', line.clone())));
        let near = &lines[start.saturating_sub(3)..(start + 3).min(lines.len())];
        let fresh: Vec<Op> = (0..come)
            .map(|k| ('+', new_line(rng, old.get(k).unwrap_or_else(|| &near[k % near.len()]), lines)))
            .filter(|(_, line)| !old.contains(line))
            .collect();
        ops.extend(fresh);
        at = start + gone;
        if at < lines.len() {
            copy(&mut ops, at, at + 1);
            at += 1;
        }
    }
    copy(&mut ops, at, lines.len());
    ops
}

fn new_line(rng: &mut Rng, like: &str, all: &[String]) -> String {
    match rng.usize(..10) {
        0 => String::new(),
        1 => all[rng.usize(..all.len())].clone(),
        2 | 3 => format!("{}{}({});", indent(like), word(rng), word(rng)),
        4 if !like.trim().is_empty() => {
            let unit = if like.starts_with('\t') { "\t" } else { "    " };
            format!("{unit}{like} {}", word(rng))
        }
        _ => changed(rng, like),
    }
}

pub(crate) fn indent(line: &str) -> &str {
    &line[..line.len() - line.trim_start_matches([' ', '\t']).len()]
}

/// The line with one of its words, of three letters or more, changed; or with a word more.
pub(crate) fn changed(rng: &mut Rng, line: &str) -> String {
    let words: Vec<(usize, &str)> = line
        .match_indices(|c: char| c.is_ascii_alphabetic())
        .filter(|(at, _)| *at == 0 || !line.as_bytes()[at - 1].is_ascii_alphabetic())
        .map(|(at, _)| (at, line[at..].split(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or_default()))
        .filter(|(_, word)| word.len() >= 3)
        .collect();
    match words.get(rng.usize(..words.len().max(1))) {
        Some((at, old)) => {
            let new = if rng.bool() { format!("{old}s") } else { word(rng).into() };
            format!("{}{new}{}", &line[..*at], &line[at + old.len()..])
        }
        None => format!("{line} {}", word(rng)),
    }
}
