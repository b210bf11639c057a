//! "Fix this error": what a preview reports, with file and line. The few mistakes that can be mended by looking.

use super::{Cannot, Change, Recipe, say};
use crate::providers::demo::ask::{Ask, Kind};
use crate::providers::demo::draft::Draft;

pub(super) const RECIPE: Recipe = Recipe {
    example: "Fix the error that the preview reports",
    fits: |ask| {
        let repair = ask.says(&["fix", "bug", "broken", "error", "crash"]);
        ask.kind == Kind::Patch && (what(ask).is_some() || (repair && place(ask).is_some()))
    },
    reads: |ask| place(ask).map(|(path, _)| path).into_iter().collect(),
    change: |ask| {
        let Some((path, line)) = place(ask) else {
            return say(
                "I need to know where: give me the error with its file and line, such as `src/App.tsx:12`. The preview's “Fix with AI” does.",
            );
        };
        let Some(text) = ask.text(&path) else { return say(format!("I could not read `{path}`.")) };
        let Some(what) = what(ask) else {
            return say(format!(
                "I can read `{path}:{line}`, but without the error's message I do not know what is wrong there."
            ));
        };
        match what {
            What::Of(property) => of_undefined(&path, line, &text, &property),
            What::NotDefined(name) => not_defined(ask, &path, &text, &name),
            What::NoModule(module) => no_module(ask, &path, &text, &module),
        }
    },
};

enum What {
    /// A property of undefined or null was read.
    Of(String),
    NotDefined(String),
    NoModule(String),
}

fn what(ask: &Ask) -> Option<What> {
    let prompt = &ask.prompt;
    let quoted = |text: &str| -> Option<String> {
        let open = text.find(['\'', '"', '`'])?;
        let rest = &text[open + 1..];
        Some(rest[..rest.find(['\'', '"', '`'])?].to_owned())
    };
    if let Some((_, rest)) = prompt.split_once("Cannot read propert") {
        return quoted(rest).map(What::Of);
    }
    if let Some((before, _)) = prompt.split_once(" is not defined") {
        let name: String =
            before.chars().rev().take_while(|c| c.is_alphanumeric() || matches!(c, '_' | '$')).collect();
        return (!name.is_empty()).then(|| What::NotDefined(name.chars().rev().collect()));
    }
    for sign in [
        "Could not find module",
        "Cannot find module",
        "Failed to resolve import",
        "Could not resolve",
        "Module not found",
    ] {
        if let Some((_, rest)) = prompt.split_once(sign) {
            return quoted(rest).filter(|module| module.starts_with('.')).map(What::NoModule);
        }
    }
    None
}

/// The first file and line that the prompt names and the project has.
fn place(ask: &Ask) -> Option<(String, usize)> {
    let words = ask.prompt.split(|c: char| c.is_whitespace() || "()<>[]\"'`,".contains(c));
    let mut unnumbered = None;
    for word in words {
        let word = word.trim_end_matches(['.', ':', ';']);
        let (name, line) = match word.split_once(':') {
            Some((name, rest)) => (name, rest.split(':').next().and_then(|line| line.parse().ok())),
            None => (word, None),
        };
        let name = name.trim_start_matches("./").trim_start_matches('/');
        let Some(path) = ask
            .tree()
            .find(|path| *path == name || (name.contains('.') && path.ends_with(&format!("/{name}"))))
        else {
            continue;
        };
        match line {
            Some(line) => return Some((path.to_owned(), line)),
            None => {
                unnumbered =
                    unnumbered.or_else(|| Some((path.to_owned(), said_line(&ask.prompt).unwrap_or(1))))
            }
        }
    }
    unnumbered
}

/// "line 12"
fn said_line(prompt: &str) -> Option<usize> {
    let (_, rest) = prompt.split_once("line ")?;
    rest.chars().take_while(char::is_ascii_digit).collect::<String>().parse().ok()
}

fn of_undefined(path: &str, line: usize, text: &str, property: &str) -> Result<Change, Cannot> {
    if path.ends_with("BedPanel.tsx") && text.contains("const crop = crops[bed.crop!]") {
        return resting_bed(path, text);
    }
    let access = format!(".{property}");
    let lines: Vec<&str> = text.lines().collect();
    let whole = |at: usize| {
        let here = lines.get(at)?;
        here.match_indices(&access).find_map(|(column, _)| {
            let next = here[column + access.len()..].chars().next();
            let ends = next.is_none_or(|c| !c.is_alphanumeric() && c != '_');
            let before = here[..column].chars().last();
            let reads = before.is_some_and(|c| c.is_alphanumeric() || matches!(c, '_' | ')' | ']'));
            (ends && reads).then_some(column)
        })
    };
    // A bundler's line may be one off; the same line goes first.
    let near = [line.saturating_sub(1), line, line.saturating_sub(2)];
    let found = near.into_iter().find_map(|at| Some((at, whole(at)?)));
    let Some((at, column)) = found else {
        return say(format!(
            "`{property}` is read from something that is not there, but I do not see it at `{path}:{line}`."
        ));
    };
    let old = lines[at];
    if is_assigned(&old[column + access.len()..]) {
        return say(format!(
            "`{path}:{}` writes to `{property}` of something that is not there; what should happen then is yours to say.",
            at + 1
        ));
    }
    let new = format!("{}?{}", &old[..column], &old[column..]);
    let mut draft = Draft::of(path, text, "What is read there may be missing, so it is asked for first.");
    let mut changed: Vec<String> = lines.iter().map(|line| format!("{line}\n")).collect();
    changed[at] = format!("{new}\n");
    draft.text = changed.concat();
    Ok(Change {
        drafts: vec![draft],
        closing: format!(
            "`{path}:{}` no longer breaks when the value before `{access}` is missing: it reads nothing then. That stops the crash; whether nothing is the right thing to show is yours to judge.",
            at + 1
        ),
    })
}

fn is_assigned(rest: &str) -> bool {
    let rest = rest.trim_start();
    rest.starts_with('=') && !rest.starts_with("==") && !rest.starts_with("=>")
}

fn resting_bed(path: &str, text: &str) -> Result<Change, Cannot> {
    let mut panel =
        Draft::of(path, text, "A resting bed has no crop, and the `!` hid that. The panel now asks.");
    panel.replace("  const crop = crops[bed.crop!]\n", "  const crop = bed.crop && crops[bed.crop]\n")?;
    let rows = "        <div>\n          <dt>Harvest</dt>\n          <dd>{crop.harvest}</dd>\n        </div>\n        <div>\n          <dt>Spacing</dt>\n          <dd>{crop.spacing} cm</dd>\n        </div>\n";
    panel.replace(
        rows,
        "        {crop ? (\n          <>\n            <div>\n              <dt>Harvest</dt>\n              <dd>{crop.harvest}</dd>\n            </div>\n            <div>\n              <dt>Spacing</dt>\n              <dd>{crop.spacing} cm</dd>\n            </div>\n          </>\n        ) : (\n          <div>\n            <dt>Resting</dt>\n            <dd>{bed.note}</dd>\n          </div>\n        )}\n",
    )?;
    Ok(Change {
        drafts: vec![panel],
        closing: "Opening a resting bed works: it has no crop, so the panel shows its note instead of harvest and spacing. The type said so all along (`crop?` in `src/lib/types.ts:10`); the `!` in the panel had silenced it.".into(),
    })
}

const HOOKS: &[&str] = &[
    "useState",
    "useEffect",
    "useMemo",
    "useCallback",
    "useRef",
    "useReducer",
    "useContext",
    "useId",
    "Fragment",
    "StrictMode",
    "Suspense",
    "lazy",
    "memo",
    "createContext",
    "useLayoutEffect",
    "useTransition",
];

fn not_defined(ask: &Ask, path: &str, text: &str, name: &str) -> Result<Change, Cannot> {
    let mut draft = Draft::of(path, text, &format!("`{name}` is used but not imported."));
    if HOOKS.contains(&name) {
        let line = text.lines().find(|line| {
            line.starts_with("import {") && (line.contains("from 'react'") || line.contains("from \"react\""))
        });
        match line {
            Some(line) => {
                let wider = line.replacen("import { ", &format!("import {{ {name}, "), 1);
                draft.replace(line, &wider)?;
            }
            None => draft.text = format!("import {{ {name} }} from 'react'\n{text}"),
        }
    } else {
        let home = ask.tree().find(|file| {
            let stem = file.rsplit('/').next().unwrap_or_default();
            stem.rsplit_once('.')
                .is_some_and(|(stem, ending)| stem == name && matches!(ending, "tsx" | "jsx" | "ts" | "js"))
        });
        let Some(home) = home else {
            return say(format!(
                "`{name}` is used in `{path}` and I find no file of that name to import it from."
            ));
        };
        let module = relative(path, home);
        draft.import(&format!("import {{ {name} }} from '{module}'"));
    }
    Ok(Change { drafts: vec![draft], closing: format!("`{name}` is imported in `{path}` now.") })
}

fn no_module(ask: &Ask, path: &str, text: &str, module: &str) -> Result<Change, Cannot> {
    let wanted = module.rsplit('/').next().unwrap_or(module).to_lowercase();
    let stem = |file: &str| {
        let name = file.rsplit('/').next().unwrap_or_default();
        name.rsplit_once('.').map_or(name, |(stem, _)| stem).to_lowercase()
    };
    let close =
        |file: &&str| stem(file) == stem(&wanted) || (strsim::levenshtein(&stem(file), &stem(&wanted)) <= 2);
    let mut files: Vec<&str> = ask.tree().filter(close).collect();
    files.sort_by_key(|file| strsim::levenshtein(&stem(file), &stem(&wanted)));
    let Some(home) = files.first() else {
        return say(format!("`{path}` imports `{module}`, and there is no file with a name like that."));
    };
    let keeps_ending = module.rsplit('/').next().is_some_and(|name| name.contains('.'));
    let right = if keeps_ending { with_ending(path, home) } else { relative(path, home) };
    let mut draft = Draft::of(path, text, &format!("The file is `{home}`."));
    draft.replace(module, &right)?;
    if !draft.is_changed() {
        return say(format!("`{module}` is written as it should be; the file `{home}` is there."));
    }
    Ok(Change { drafts: vec![draft], closing: format!("`{path}` imports `{right}` now, which is there.") })
}

/// How one file imports another, without the ending.
fn relative(from: &str, to: &str) -> String {
    let path = with_ending(from, to);
    path.rsplit_once('.')
        .filter(|(_, ending)| !ending.contains('/'))
        .map_or(path.clone(), |(stem, _)| stem.to_owned())
}

fn with_ending(from: &str, to: &str) -> String {
    let (from, to): (Vec<&str>, Vec<&str>) = (from.split('/').collect(), to.split('/').collect());
    let same = from.iter().zip(&to).take_while(|(a, b)| a == b).count().min(from.len() - 1);
    let up = from.len() - 1 - same;
    let steps = if up == 0 { "./".to_owned() } else { "../".repeat(up) };
    format!("{steps}{}", to[same..].join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn imports_are_written_from_where_they_stand() {
        assert_eq!(relative("src/App.tsx", "src/components/Bed.tsx"), "./components/Bed");
        assert_eq!(relative("src/components/Bed.tsx", "src/lib/types.ts"), "../lib/types");
        assert_eq!(relative("index.ts", "a/b.ts"), "./a/b");
        assert_eq!(with_ending("src/main.tsx", "src/styles.css"), "./styles.css");
    }
}
