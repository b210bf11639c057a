//! Reads the corpus: what each case starts from, and what may come of it.

use serde::Deserialize;
use std::collections::{BTreeMap, HashMap};
use tidemark_shared::patch::Files;

/// What a reply makes of the files that it changes; nothing means deleted.
pub(crate) type Made = BTreeMap<String, Option<String>>;

type Blobs = BTreeMap<String, Option<String>>;

#[derive(Deserialize)]
#[serde(untagged)]
enum Record {
    Blob { blob: String, text: String },
    Case(Box<Written>),
}

/// A case as the file has it, with the names of its texts.
#[derive(Deserialize)]
struct Written {
    id: String,
    cls: String,
    workspace: Blobs,
    #[serde(default)]
    base: Blobs,
    output: String,
    expect: Expect,
}

#[derive(Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Expect {
    Apply {
        files: Blobs,
        #[serde(default)]
        accept: Vec<Blobs>,
        #[serde(default)]
        refuse_ok: bool,
    },
    Refuse,
}

#[derive(Clone)]
pub(crate) struct Case {
    pub(crate) id: String,
    /// What was done to the reply.
    pub(crate) class: String,
    pub(crate) base: Files,
    pub(crate) current: Files,
    pub(crate) reply: String,
    /// All files as they may be afterwards; none where the reply must be refused.
    pub(crate) goals: Vec<Files>,
    pub(crate) may_refuse: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Score {
    Exact,
    RefusedAsItShould,
    /// Refusing was right too, if not as good.
    Tolerated,
    FalseRefusal,
    /// It said that it did something and did nothing.
    Nothing,
    Misapplied,
}

impl Case {
    pub(crate) fn must_refuse(&self) -> bool {
        self.goals.is_empty()
    }

    /// Scores what was made of the case; nothing means that it was refused.
    pub(crate) fn score(&self, made: Option<&Made>) -> Score {
        let Some(made) = made else {
            return match (self.must_refuse(), self.may_refuse) {
                (true, _) => Score::RefusedAsItShould,
                (false, true) => Score::Tolerated,
                (false, false) => Score::FalseRefusal,
            };
        };
        let got = with(&self.current, made, |text| text);
        match () {
            () if self.goals.contains(&got) => Score::Exact,
            () if got == self.current => Score::Nothing,
            () => Score::Misapplied,
        }
    }
}

/// All cases, in the file's order.
pub(crate) fn cases() -> Vec<Case> {
    let text = zstd::decode_all(&include_bytes!("cases.jsonl.zst")[..]).unwrap();
    let (mut blobs, mut cases) = (HashMap::new(), Vec::new());
    for line in String::from_utf8(text).unwrap().lines() {
        match serde_json::from_str(line).unwrap() {
            Record::Blob { blob, text } => drop(blobs.insert(blob, text)),
            Record::Case(case) => cases.push(resolve(*case, &blobs)),
        }
    }
    cases
}

fn resolve(written: Written, blobs: &HashMap<String, String>) -> Case {
    let text = |blob: &String| blobs[blob].clone();
    let current = with(&Files::new(), &written.workspace, text);
    let (goals, may_refuse) = match &written.expect {
        Expect::Apply { files, accept, refuse_ok } => {
            let goals = [files].into_iter().chain(accept).map(|files| with(&current, files, text));
            (goals.collect(), *refuse_ok)
        }
        Expect::Refuse => (Vec::new(), true),
    };
    Case {
        id: written.id,
        class: written.cls,
        base: with(&current, &written.base, text),
        current,
        reply: written.output,
        goals,
        may_refuse,
    }
}

/// `files` after the changes, whose texts are as `text` makes them.
fn with<'a, T: Into<String>>(files: &Files, changes: &'a Made, text: impl Fn(&'a String) -> T) -> Files {
    let mut files = files.clone();
    for (path, change) in changes {
        match change {
            Some(change) => drop(files.insert(path.clone(), text(change).into())),
            None => drop(files.remove(path)),
        }
    }
    files
}
