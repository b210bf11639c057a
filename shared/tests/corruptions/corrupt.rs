//! What models get wrong, done to a true edit on purpose; and the judgement of what the spoilt reply still proves.

use super::render::{Form, Head, Hunk, Op, RIGHT, cut};
use super::source::{Source, changed, indent};
use fastrand::Rng;

/// A true edit, and how it is told.
#[derive(Debug, Clone)]
pub(crate) struct Case {
    pub(crate) path: String,
    /// What the model saw.
    pub(crate) base: Vec<String>,
    /// The file as it is now, and as it is to be.
    pub(crate) current: Vec<String>,
    pub(crate) expected: Vec<String>,
    /// The edit of `base`, as all its lines.
    pub(crate) ops: Vec<Op>,
    pub(crate) form: Form,
    pub(crate) hunks: Vec<Hunk>,
    pub(crate) head: Head,
    /// The new text as the reply gives it, for whole files.
    pub(crate) after: Vec<String>,
    pub(crate) must_refuse: bool,
    /// Old lines were left out or reworded: what is written stands nowhere in the file exactly.
    pub(crate) damaged: bool,
    /// The reply is cut off somewhere inside its last part.
    pub(crate) cut_off: bool,
    pub(crate) crlf_reply: bool,
}

impl Case {
    pub(crate) fn new(source: Source, ops: Vec<Op>, form: Form) -> Self {
        let new: Vec<String> =
            ops.iter().filter(|(sign, _)| *sign != '-').map(|(_, text)| text.clone()).collect();
        let head = if form.is_diff() { RIGHT } else { Head::Text(String::new()) };
        Self {
            path: source.path,
            base: source.lines.clone(),
            current: source.lines,
            expected: new.clone(),
            hunks: cut(&ops, 3),
            ops,
            form,
            head,
            after: new,
            must_refuse: false,
            damaged: false,
            cut_off: false,
            crlf_reply: false,
        }
    }

    fn retell(&mut self) {
        self.hunks = cut(&self.ops, 3);
    }

    /// Every line of every hunk, changed by `change`.
    fn each_line(&mut self, mut change: impl FnMut(&mut Op)) {
        self.hunks.iter_mut().flat_map(|hunk| &mut hunk.ops).for_each(&mut change);
    }

    /// Hunk and index of the lines of which `wanted` holds.
    fn lines_where(&self, wanted: impl Fn(&[Op], usize) -> bool) -> Vec<(usize, usize)> {
        let of = |hunk: usize| (0..self.hunks[hunk].ops.len()).map(move |k| (hunk, k));
        (0..self.hunks.len()).flat_map(of).filter(|(hunk, k)| wanted(&self.hunks[*hunk].ops, *k)).collect()
    }
}

/// Spoils a case; `false` where it cannot be spoilt this way and keep its meaning.
pub(crate) type Corruption = fn(&mut Case, &mut Rng) -> bool;

pub(crate) const CORRUPTIONS: &[(&str, Corruption)] = &[
    ("clean", |case, rng| {
        if case.form.is_diff() && rng.bool() {
            case.head = Head::Text(String::new());
        }
        true
    }),
    ("wrong numbers", |case, rng| {
        let shift = rng.isize(-30..=30);
        case.head = Head::Numbers { shift, counts: 0 };
        case.form.is_diff() && shift != 0
    }),
    ("wrong counts", |case, rng| {
        case.head = Head::Numbers { shift: 0, counts: rng.usize(1..4) };
        case.form.is_diff()
    }),
    ("section", section),
    ("forgotten @@", |case, _| {
        case.head = Head::Forgotten;
        case.damaged = true;
        case.hunks.len() > 1 && (case.form.is_diff() || case.form == Form::BeginPatch)
    }),
    ("out of order", |case, _| {
        case.hunks.reverse();
        case.hunks.len() > 1
    }),
    ("blank prefixes lost", |case, _| {
        // The renderer writes `' '` and the text; a sign of nothing would be neither.
        let blank = case.lines_where(|ops, k| ops[k] == (' ', String::new()));
        case.form.is_diff() && !blank.is_empty() && mark_blank_context(case)
    }),
    ("blank lines lost", |case, rng| {
        drop_lines(case, rng, |ops, k| ops[k].1.trim().is_empty() && !touches_change(ops, k))
    }),
    ("context lost", |case, rng| drop_lines(case, rng, |ops, k| !ops[k].1.trim().is_empty())),
    ("context reworded", |case, rng| {
        let lines = case.lines_where(|ops, k| ops[k].0 == ' ' && ops[k].1.trim().len() > 6);
        let Some((hunk, k)) = rng.choice(lines) else { return false };
        // Two texts may be compared so that the line is one that goes and comes.
        if matches!(case.form, Form::SearchReplace | Form::StrReplace)
            && touches_change(&case.hunks[hunk].ops, k)
        {
            return false;
        }
        let line = &mut case.hunks[hunk].ops[k].1;
        *line = changed(rng, line);
        case.damaged = true;
        case.form != Form::Whole
    }),
    ("context left out", elide),
    ("outdented", outdent),
    ("indented further", |case, rng| {
        let more = ["  ", "    ", "\t"][rng.usize(..3)];
        case.each_line(|(_, text)| {
            if !text.trim().is_empty() {
                *text = format!("{more}{text}");
            }
        });
        case.form != Form::Whole
    }),
    ("tabs as spaces", |case, rng| {
        let unit = [2, 4, 8][rng.usize(..3)];
        reindent(case, "\t", &" ".repeat(unit))
    }),
    ("spaces as tabs", |case, rng| {
        let unit = [2, 4][rng.usize(..2)];
        reindent(case, &" ".repeat(unit), "\t")
    }),
    ("trailing blanks won", |case, rng| {
        case.each_line(|(sign, text)| {
            if *sign != '+' && rng.bool() {
                text.push_str("  ");
            }
        });
        // Of two texts the one line that differs in its blanks would be a change.
        case.form.is_diff() || case.form == Form::BeginPatch
    }),
    ("trailing blanks lost", |case, rng| {
        let mut has = false;
        for (sign, text) in &mut case.ops {
            if *sign == ' ' && rng.f64() < 0.2 {
                text.push_str(" \t");
                has = true;
            }
        }
        refile(case);
        case.each_line(|(sign, text)| {
            if *sign != '+' {
                text.truncate(text.trim_end().len());
            }
        });
        has && (case.form.is_diff() || case.form == Form::BeginPatch)
    }),
    ("plain punctuation", |case, _| {
        let mut has = false;
        case.each_line(|(sign, text)| {
            if *sign != '+' && text.contains(['“', '”', '–']) {
                *text = plain(text);
                has = true;
            }
        });
        has && (case.form.is_diff() || case.form == Form::BeginPatch)
    }),
    ("entities", |case, _| {
        let escape = |text: &str| text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        let mut old_has = false;
        let base_has = case.base.iter().any(|line| line.contains("&lt;") || line.contains("&amp;"));
        case.each_line(|(sign, text)| {
            old_has |= *sign != '+' && text.contains(['<', '>', '&']);
            *text = escape(text);
        });
        old_has && !base_has && case.form != Form::Whole
    }),
    ("numbered lines", |case, rng| {
        let width = rng.usize(1..5);
        for hunk in &mut case.hunks {
            let mut number = hunk.start;
            for (sign, text) in &mut hunk.ops {
                number += usize::from(*sign != '+');
                if *sign != '+' {
                    *text = format!("{number:>width$}\t{text}");
                }
            }
        }
        matches!(case.form, Form::SearchReplace | Form::StrReplace)
            && case.hunks.iter().all(|hunk| hunk.before().len() > 1)
    }),
    ("cut off", |case, _| {
        case.cut_off = true;
        case.must_refuse = true;
        true
    }),
    ("twice in the file", duplicate),
    ("nearly twice in the file", |case, rng| {
        case.form != Form::Whole && copy_of_hunk(case, rng, true) && {
            case.retell();
            let reword = CORRUPTIONS.iter().find(|(name, _)| *name == "context reworded").unwrap().1;
            rng.bool() || reword(case, rng)
        }
    }),
    ("applied already", |case, _| {
        case.current = case.expected.clone();
        true
    }),
    ("edited elsewhere", |case, rng| {
        let spots: Vec<usize> = (0..case.ops.len())
            .filter(|k| (k.saturating_sub(3)..(k + 4).min(case.ops.len())).all(|k| case.ops[k].0 == ' '))
            // Of several equal lines nothing says which one was edited.
            .filter(|k| case.base.iter().filter(|line| **line == case.ops[*k].1).count() == 1)
            .collect();
        let Some(spot) = rng.choice(spots) else { return false };
        let line = changed(rng, &case.ops[spot].1);
        let come = [vec![], vec![line.clone()], vec![case.ops[spot].1.clone(), line]][rng.usize(..3)].clone();
        let side = |sign: char| -> Vec<String> {
            let lines = case.ops.iter().enumerate().filter(|(_, (s, _))| *s == ' ' || *s == sign);
            lines
                .flat_map(|(k, (_, text))| if k == spot { come.clone() } else { vec![text.clone()] })
                .collect()
        };
        (case.current, case.expected) = (side('-'), side('+'));
        true
    }),
    ("edited in the same lines", |case, rng| {
        let gone: Vec<usize> = (0..case.ops.len()).filter(|k| case.ops[*k].0 == '-').collect();
        let Some(spot) = rng.choice(gone) else { return false };
        let line = format!("{} mine", changed(rng, &case.ops[spot].1));
        let lines = case.ops.iter().enumerate().filter(|(_, (sign, _))| *sign != '+');
        case.current =
            lines.map(|(k, (_, text))| if k == spot { line.clone() } else { text.clone() }).collect();
        case.must_refuse = true;
        true
    }),
    ("line ends", |case, _| {
        case.crlf_reply = true;
        true
    }),
];

/// Marks blank context by a sign of its own, which [`super::spoilt_text`] writes as an empty line.
fn mark_blank_context(case: &mut Case) -> bool {
    case.each_line(|(sign, text)| {
        if *sign == ' ' && text.is_empty() {
            *text = BLANK.into();
        }
    });
    true
}

/// Stands for a context line without its prefix until the reply is written.
pub(crate) const BLANK: &str = "\u{1}";

/// Makes base, current and expected anew of `ops`.
fn refile(case: &mut Case) {
    let side = |sign: char| -> Vec<String> {
        case.ops.iter().filter(|(s, _)| *s == ' ' || *s == sign).map(|(_, text)| text.clone()).collect()
    };
    (case.base, case.expected) = (side('-'), side('+'));
    (case.current, case.after) = (case.base.clone(), case.expected.clone());
    case.retell();
}

fn touches_change(ops: &[Op], k: usize) -> bool {
    [k.checked_sub(1), Some(k + 1)]
        .into_iter()
        .flatten()
        .any(|k| ops.get(k).is_some_and(|(sign, _)| *sign != ' '))
}

fn drop_lines(case: &mut Case, rng: &mut Rng, wanted: impl Fn(&[Op], usize) -> bool) -> bool {
    let lines = case.lines_where(|ops, k| ops[k].0 == ' ' && wanted(ops, k));
    let Some((hunk, k)) = rng.choice(lines) else { return false };
    // Of two texts nobody can say on which side of a lost line a change between its neighbours was.
    let is_pair = matches!(case.form, Form::SearchReplace | Form::StrReplace);
    let inserts_blank =
        case.hunks[hunk].ops.iter().any(|(sign, text)| *sign == '+' && text.trim().is_empty());
    if is_pair && (inserts_blank || touches_change(&case.hunks[hunk].ops, k)) {
        return false;
    }
    let hunk = &mut case.hunks[hunk];
    // At the edge it is only less context, and an insertion there would lose its neighbour.
    let inside = hunk.ops[..k].iter().any(|(sign, _)| *sign == ' ')
        && hunk.ops[k + 1..].iter().any(|(s, _)| *s == ' ');
    hunk.ops.remove(k);
    case.damaged = true;
    inside && case.form != Form::Whole
}

/// The nearest line above the first hunk that opens a definition around it.
fn section(case: &mut Case, _: &mut Rng) -> bool {
    const OPENS: [&str; 6] = ["def ", "fn ", "function ", "class ", "impl ", "struct "];
    let Some(first) = case.hunks[0].before().into_iter().find(|line| !line.trim().is_empty()).map(indent)
    else {
        return false;
    };
    let opens = |line: &str| {
        let text = line.trim_start();
        let text = ["export ", "pub ", "async "]
            .iter()
            .fold(text, |text, word| text.strip_prefix(word).unwrap_or(text));
        OPENS.iter().any(|word| text.starts_with(word)) && indent(line).len() < first.len()
    };
    let Some(section) = case.base[..case.hunks[0].start].iter().rev().find(|line| opens(line)) else {
        return false;
    };
    case.head = Head::Text(section.trim().to_owned());
    case.hunks.len() == 1 && (case.form.is_diff() || case.form == Form::BeginPatch)
}

/// A run of context lines becomes `...`, two lines away from any change.
fn elide(case: &mut Case, rng: &mut Rng) -> bool {
    case.damaged = true;
    let mark = ["...", "// ...", "# ... existing code ...", "// … rest of the function"][rng.usize(..4)];
    if case.form == Form::Whole {
        let ops: Vec<Op> = case.ops.clone();
        let quiet = |k: usize| (k.saturating_sub(3)..(k + 4).min(ops.len())).all(|k| ops[k].0 == ' ');
        let spots: Vec<usize> = (0..ops.len()).filter(|k| quiet(*k)).collect();
        let Some(from) = rng.choice(spots) else { return false };
        let to = (from..ops.len()).find(|k| !quiet(*k)).unwrap_or(ops.len());
        case.after = ops
            .iter()
            .enumerate()
            .filter(|(k, (sign, _))| *sign != '-' && (*k <= from || *k >= to))
            .map(|(k, (_, text))| if k == from { mark.to_owned() } else { text.clone() })
            .collect();
        return to - from > 1 && !case.base.iter().any(|line| line == mark);
    }
    case.hunks = cut(&case.ops, 8);
    let quiet = |ops: &[Op], k: usize| (k.saturating_sub(2)..(k + 3).min(ops.len())).all(|k| ops[k].0 == ' ');
    let Some((hunk, from)) =
        rng.choice(case.lines_where(|ops, k| k > 1 && k + 2 < ops.len() && quiet(ops, k)))
    else {
        return false;
    };
    let ops = &mut case.hunks[hunk].ops;
    let to = (from..ops.len() - 2).find(|k| !quiet(ops, *k)).unwrap_or(ops.len() - 2);
    ops.splice(from..to, [(' ', mark.to_owned())]);
    !case.base.iter().any(|line| line.trim() == mark.trim())
}

/// Takes some or all of the indentation that all lines of a hunk share.
fn outdent(case: &mut Case, rng: &mut Rng) -> bool {
    let mut any = false;
    for hunk in &mut case.hunks {
        let indents =
            hunk.ops.iter().filter(|(_, text)| !text.trim().is_empty()).map(|(_, text)| indent(text));
        let shared =
            indents.reduce(|a, b| &a[..a.bytes().zip(b.bytes()).take_while(|(a, b)| a == b).count()]);
        let shared = shared.unwrap_or_default().len();
        let less = if rng.bool() { shared } else { rng.usize(..=shared) };
        // Less by one, a context line with its prefix is the file's line without one.
        if less == 1 && (case.form.is_diff() || case.form == Form::BeginPatch) {
            return false;
        }
        any |= less > 0;
        for (_, text) in hunk.ops.iter_mut().filter(|(_, text)| !text.trim().is_empty()) {
            text.replace_range(..less, "");
        }
    }
    any && case.form != Form::Whole
}

/// Writes each indent unit `from` as `to`, where the file is indented by whole units and an old line shows it.
fn reindent(case: &mut Case, from: &str, to: &str) -> bool {
    let whole = |text: &str| indent(text).replace(from, "").is_empty();
    let fits = case.ops.iter().all(|(_, text)| whole(text));
    let shown = |hunk: &Hunk| {
        let mut leads: Vec<usize> = hunk
            .before()
            .iter()
            .filter(|line| !line.trim().is_empty())
            .map(|line| indent(line).len() / from.len())
            .collect();
        leads.sort_unstable();
        leads.dedup();
        leads.len() > 1
    };
    let shown = case.hunks.iter().all(shown);
    case.each_line(|(_, text)| {
        let units = indent(text).len() / from.len();
        *text = format!("{}{}", to.repeat(units), text.trim_start_matches([' ', '\t']));
    });
    fits && shown && case.form != Form::Whole
}

/// The block of a hunk stands in the file a second time, and no, a wrong or a right number says which is meant.
fn duplicate(case: &mut Case, rng: &mut Rng) -> bool {
    if case.form == Form::Whole || !copy_of_hunk(case, rng, false) {
        return false;
    }
    case.retell();
    if case.form.is_diff() {
        case.head = match rng.usize(..3) {
            0 => RIGHT,
            1 => Head::Text(String::new()),
            _ => Head::Numbers { shift: rng.isize(1..9), counts: 0 },
        };
    }
    true
}

/// Puts a copy of a hunk's old lines into the file, away from all hunks; a near copy has one line changed.
fn copy_of_hunk(case: &mut Case, rng: &mut Rng, near: bool) -> bool {
    let Some(hunk) = rng.choice(case.hunks.clone()) else { return false };
    let mut block: Vec<String> = hunk.before().into_iter().map(String::from).collect();
    if near {
        let at = rng.usize(..block.len());
        block[at] = changed(rng, &block[at]);
    }
    let quiet = |k: usize| (k.saturating_sub(5)..(k + 5).min(case.ops.len())).all(|k| case.ops[k].0 == ' ');
    let spots: Vec<usize> = (0..=case.ops.len()).filter(|k| quiet(*k)).collect();
    let Some(spot) = rng.choice(spots) else { return false };
    case.ops.splice(spot..spot, block.into_iter().map(|line| (' ', line)));
    refile(case);
    true
}

fn plain(text: &str) -> String {
    text.replace(['“', '”'], "\"").replace('–', "-")
}

/// How lines are compared, from strict to loose; written anew here, so that the engine's own way is not its judge.
fn key(level: usize, line: &str) -> String {
    let folded = |line: &str| plain(line).replace(['‘', '’'], "'").replace('—', "-").replace('\u{a0}', " ");
    match level {
        0 => line.into(),
        1 => line.trim_end().into(),
        2 => folded(line).trim_end().into(),
        _ => folded(line).replace('…', "...").split_whitespace().collect::<Vec<_>>().join(" "),
    }
}

/// What a hunk's old lines prove of its place.
#[derive(Debug, PartialEq)]
pub(crate) enum Proof {
    /// Its place, or nothing that a reader could be sure of: applied there or refused.
    Fair,
    /// Several places alike: to be refused.
    None,
    /// Another place, by rights: not a case.
    Other,
}

pub(crate) fn proof(case: &Case, hunk: &Hunk) -> Proof {
    let old: Vec<String> = hunk.before().into_iter().map(|line| line.replace(BLANK, "")).collect();
    if old.is_empty() || old.iter().all(|line| line.trim().is_empty()) {
        return Proof::Other;
    }
    for level in 0..4 {
        let wanted: Vec<String> = old.iter().map(|line| key(level, line)).collect();
        let file: Vec<String> = case.base.iter().map(|line| key(level, line)).collect();
        let hits: Vec<usize> =
            file.windows(wanted.len()).enumerate().filter(|(_, w)| *w == wanted).map(|(at, _)| at).collect();
        if hits.is_empty() {
            continue;
        }
        if case.damaged || !hits.contains(&hunk.start) {
            return Proof::Other;
        }
        if hits.len() == 1 {
            return Proof::Fair;
        }
        return match &case.head {
            Head::Numbers { shift, .. } if level < 2 => {
                let said = hunk.start.checked_add_signed(*shift);
                match said {
                    Some(said) if said == hunk.start => Proof::Fair,
                    Some(said) if hits.contains(&said) => Proof::Other,
                    _ => Proof::None,
                }
            }
            Head::Text(section) if !section.is_empty() => Proof::Fair,
            // Which of them are indented so that it could be meant is the engine's to prove.
            _ if level == 3 => Proof::Fair,
            _ => Proof::None,
        };
    }
    Proof::Fair
}
