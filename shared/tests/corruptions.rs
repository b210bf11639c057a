//! True edits of files that are in no corpus, spoilt the way models spoil them: what comes of a reply is the file that was
//! meant, or a refusal; never anything else.
//!
//! A test run does 3,000. All of them, by a seed of one's own, in seconds of a release build:
//! `TIDEMARK_CORRUPTIONS=100000 TIDEMARK_SEED=7 cargo test --release -p tidemark-shared --test corruptions -- --nocapture`

#![expect(clippy::unwrap_used, reason = "a test stops at the first thing that is not as it should be")]

#[path = "corruptions/corrupt.rs"]
mod corrupt;
#[path = "corruptions/render.rs"]
mod render;
#[path = "corruptions/source.rs"]
mod source;

use corrupt::{BLANK, CORRUPTIONS, Case, Proof, proof};
use fastrand::Rng;
use render::{Form, render};
use source::Source;
use std::collections::BTreeMap;
use tidemark_shared::patch::{Files, apply};

/// The project around the edited file: names that could be taken for its own.
const OTHERS: [(&str, &str); 2] =
    [("docs/notes.md", "# Notes\n\nnothing here\n"), ("lib/index.ts", "export {};\n")];

/// A reply and what must come of it.
struct Told {
    kind: &'static str,
    reply: String,
    base: Files,
    current: Files,
    expected: Files,
    must_refuse: bool,
}

#[derive(Debug, Default, Clone, Copy)]
struct Count {
    exact: usize,
    refused: usize,
    as_it_must: usize,
}

#[test]
fn a_spoilt_reply_makes_the_file_that_was_meant_or_none() {
    let number = |name: &str, or: u64| std::env::var(name).map_or(or, |text| text.parse().unwrap());
    let (cases, seed) = (number("TIDEMARK_CORRUPTIONS", 3_000), number("TIDEMARK_SEED", 1));
    let repository = source::repository();
    assert!(repository.len() > 50, "the repository's own files are there");
    let mut counts: BTreeMap<&str, Count> = BTreeMap::new();
    let mut wrong = Vec::new();
    for case in 0..cases {
        let mut rng = Rng::with_seed(seed.wrapping_mul(1_000_003).wrapping_add(case));
        let told = std::iter::repeat_with(|| tell(&mut rng, &repository)).flatten().next().unwrap();
        let count = counts.entry(told.kind).or_default();
        match apply(&told.reply, &told.base, &told.current) {
            Err(_) if told.must_refuse => count.as_it_must += 1,
            Err(_) => count.refused += 1,
            Ok(intended) => {
                let mut got = told.current.clone();
                for (path, text) in intended.files {
                    match text {
                        Some(text) => drop(got.insert(path, text)),
                        None => drop(got.remove(&path)),
                    }
                }
                if got == told.expected && !told.must_refuse {
                    count.exact += 1;
                } else {
                    wrong.push(describe(case, &told, &got));
                }
            }
        }
    }
    let sum = |of: fn(&Count) -> usize| counts.values().map(of).sum::<usize>();
    let (exact, refused, as_it_must) = (sum(|c| c.exact), sum(|c| c.refused), sum(|c| c.as_it_must));
    let mut table = format!("seed {seed}: {cases} replies, {} misapplied\n", wrong.len());
    for (kind, count) in counts
        .iter()
        .map(|(kind, count)| (*kind, *count))
        .chain([("all", Count { exact, refused, as_it_must })])
    {
        let Count { exact, refused, as_it_must } = count;
        table +=
            &format!("{kind:26} {exact:6} exact {refused:6} refused {as_it_must:6} refused as they must\n");
    }
    let shown: String = wrong.iter().take(20).map(String::as_str).collect();
    assert!(wrong.is_empty(), "{table}{shown}");
    // A harness that only makes nonsense would prove nothing.
    assert!(exact * 100 > (exact + refused) * 80, "{table}");
    if std::env::var("TIDEMARK_CORRUPTIONS").is_ok() {
        std::io::Write::write_all(&mut std::io::stderr(), table.as_bytes()).unwrap();
    }
}

/// One case; nothing where the corruption that was drawn does not fit the edit, or makes another edit of it.
fn tell(rng: &mut Rng, repository: &[Source]) -> Option<Told> {
    let form = Form::ALL[rng.usize(..Form::ALL.len())];
    let (kind, corruption) = CORRUPTIONS[rng.usize(..CORRUPTIONS.len())];
    let spots = if form == Form::StrReplace { 1 } else { rng.usize(1..=3) };
    let source = source::pick(rng, repository);
    let mut case = true_edit(rng, source, form, spots)?;
    if !corruption(&mut case, rng) || case.expected.is_empty() || case.current.is_empty() {
        return None;
    }
    if form != Form::Whole {
        for hunk in &case.hunks {
            match proof(&case, hunk) {
                Proof::Fair => {}
                Proof::None => case.must_refuse = true,
                Proof::Other => return None,
            }
        }
    }
    let crlf = rng.f64() < 0.15;
    // A whole file ends its last line; where all else ends is the file's own.
    let sides = [&case.base, &case.current, &case.expected];
    let ends_blank = sides.iter().any(|lines| lines.last().is_some_and(|line| line.trim().is_empty()));
    let ends = form == Form::Whole || ends_blank || rng.f64() < 0.9;
    if form == Form::StrReplace {
        keep_the_promise_of_str_replace(&mut case)?;
    }
    let written = if rng.f64() < 0.2 {
        ["./", "/home/ann/project/"][rng.usize(..2)].to_owned() + &case.path
    } else {
        case.path.clone()
    };
    let mut part =
        render(form, &written, &case.hunks, &case.head, &case.after).replace(&format!(" {BLANK}"), "");
    let other = source::pick(rng, repository);
    let other = (form != Form::StrReplace && rng.f64() < 0.15)
        .then(|| true_edit(rng, other, form, 1).filter(|_| !case.cut_off))
        .flatten()
        .filter(|other| {
            other.path != case.path && other.hunks.iter().all(|hunk| proof(other, hunk) == Proof::Fair)
        });
    let text = |lines: &[String], ends: bool| {
        let eol = if crlf { "\r\n" } else { "\n" };
        lines.join(eol) + if ends { eol } else { "" }
    };
    let mut files: [Files; 3] = [&case.base, &case.current, &case.expected]
        .map(|lines| Files::from([(case.path.clone(), text(lines, ends))]));
    for files in &mut files {
        files.extend(OTHERS.map(|(path, text)| (path.to_owned(), text.to_owned())));
    }
    if let Some(other) = &other {
        let after = render(form, &other.path, &other.hunks, &other.head, &other.after);
        part = in_one_reply(rng, form, &part, &after);
        for (files, lines) in files.iter_mut().zip([&other.base, &other.current, &other.expected]) {
            files.insert(other.path.clone(), text(lines, true));
        }
    }
    let reply = if case.cut_off { cut_short(rng, form, &part)? } else { envelope(rng, form, &part) };
    let reply = if case.crlf_reply { reply.replace('\n', "\r\n") } else { reply };
    let [base, current, expected] = files;
    Some(Told { kind, reply, base, current, expected, must_refuse: case.must_refuse })
}

fn true_edit(rng: &mut Rng, source: Source, form: Form, spots: usize) -> Option<Case> {
    let ops = source::edit(rng, &source.lines, spots);
    let case = Case::new(source, ops, form);
    let makes_text_up =
        form == Form::Whole && case.after.iter().any(|line| tidemark_shared::patch::reply::is_elision(line));
    let changes = case.base != case.expected && !case.expected.is_empty() && !case.hunks.is_empty();
    // What a hunk at the file's edge inserts says no more than that it stands beside the line next to it.
    let anchored = case.hunks.iter().all(|hunk| {
        hunk.ops.first().is_some_and(|(sign, _)| *sign == ' ')
            && hunk.ops.last().is_some_and(|(sign, _)| *sign == ' ')
    });
    (changes && anchored && !makes_text_up && (form != Form::StrReplace || case.hunks.len() == 1))
        .then_some(case)
}

/// Text that stands exactly once in the file is replaced where it stands, whatever lines it is part of.
fn keep_the_promise_of_str_replace(case: &mut Case) -> Option<()> {
    let (old, new) = (case.hunks[0].before().join("\n"), case.hunks[0].after().join("\n"));
    let (base, meant) = (case.base.join("\n"), case.expected.join("\n"));
    let starts = base.char_indices().filter(|(at, _)| base[*at..].starts_with(&old)).count();
    let promised = base.replacen(&old, &new, 1);
    // Standing inside a line is another edit than the one that was spoilt.
    (starts != 1 || case.base != case.current || promised == meant).then_some(())
}

fn in_one_reply(rng: &mut Rng, form: Form, one: &str, other: &str) -> String {
    let (first, second) = if rng.bool() { (other, one) } else { (one, other) };
    match form {
        Form::BeginPatch if rng.bool() => {
            let first = first.strip_suffix("*** End Patch\n").unwrap();
            let second = second.strip_prefix("*** Begin Patch\n").unwrap();
            format!("{first}{second}")
        }
        Form::Git | Form::Unified if rng.bool() => {
            format!("```diff\n{first}```\n\nAnd:\n\n```diff\n{second}```\n")
        }
        _ => format!("{first}{second}"),
    }
}

/// Cut inside the last part, where its format says that more must follow.
fn cut_short(rng: &mut Rng, form: Form, part: &str) -> Option<String> {
    let (text, from, to) = match form {
        Form::Git | Form::Unified => {
            let text = format!("```diff\n{part}```\n");
            let (from, to) = (text.rfind("@@\n").unwrap_or(text.find("@@")?), text.len() - 4);
            (text, from + 3, to)
        }
        Form::SearchReplace => {
            (part.to_owned(), part.rfind("<<<<<<< SEARCH\n")? + 15, part.rfind(">>>>>>> REPLACE")?)
        }
        Form::BeginPatch => {
            (part.to_owned(), part.rfind("*** Begin Patch")? + 15, part.rfind("*** End Patch")?)
        }
        Form::StrReplace => (part.to_owned(), 1, part.len() - 1),
        Form::Whole => {
            let ticks = part.trim_end().rfind('\n')?;
            (part.to_owned(), part.find("\n```")? + 5, ticks)
        }
    };
    let mut at = rng.usize(from.min(to)..=to);
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    Some(text[..at].to_owned())
}

fn envelope(rng: &mut Rng, form: Form, part: &str) -> String {
    let is_fenced = part.starts_with("```");
    let text = match form {
        Form::StrReplace if rng.f64() < 0.2 => format!("```json\n{part}\n```"),
        Form::StrReplace if rng.f64() < 0.2 => format!("{{\"name\": \"edit\", \"arguments\": {part}}}"),
        Form::StrReplace => part.to_owned(),
        Form::Git | Form::Unified if !is_fenced && rng.bool() => {
            let mark = ["```diff", "~~~diff", "````"][rng.usize(..3)];
            let close = mark.trim_end_matches("diff");
            format!("Here is the change:\n\n{mark}\n{part}{close}\n\nIt is tested.\n")
        }
        Form::BeginPatch if rng.f64() < 0.3 => format!("apply_patch <<'EOF'\n{part}EOF\n"),
        Form::SearchReplace | Form::BeginPatch | Form::Whole if rng.f64() < 0.3 => {
            format!("I changed it:\n\n{part}")
        }
        _ => part.to_owned(),
    };
    match rng.usize(..10) {
        0 if form != Form::StrReplace => serde_json::to_string(&text).unwrap(),
        1 if form != Form::StrReplace => serde_json::json!({"patch": text}).to_string(),
        2 => format!("<think>\nFirst --- then +++ and @@.\n</think>\n{text}"),
        _ => text,
    }
}

fn describe(case: u64, told: &Told, got: &Files) -> String {
    let differs = told.expected.iter().find(|(path, text)| got.get(*path) != Some(*text));
    let lines = differs.map_or(String::new(), |(path, expected)| {
        let got = got.get(path).map(String::as_str).unwrap_or_default();
        let at = expected.lines().zip(got.lines()).take_while(|(a, b)| a == b).count();
        let near = |text: &str| {
            text.lines()
                .skip(at.saturating_sub(4))
                .take(12)
                .map(|line| format!("    {line:?}\n"))
                .collect::<String>()
        };
        format!("  meant, from line {}:\n{}  made:\n{}", at.saturating_sub(3), near(expected), near(got))
    });
    let must = if told.must_refuse { " (must be refused)" } else { "" };
    format!("\ncase {case}, {}{must}\n{}\n{lines}", told.kind, told.reply)
}
