//! "Make the accent colour purple": one named colour of the style sheet gets another value.

use super::{Change, Recipe, say, style_sheet, text};
use crate::providers::demo::draft::Draft;
use crate::providers::demo::shade::{NAMED, is_vivid, variables};

/// What a main colour is usually called, best first.
const MAIN: &[&str] =
    &["--accent", "--primary", "--brand", "--color-accent", "--color-primary", "--leaf", "--link", "--tint"];

pub(super) const RECIPE: Recipe = Recipe {
    example: "Make the accent colour purple",
    fits: |ask| {
        ask.says(&["colour", "color", "accent"]) || NAMED.iter().any(|(name, _, _)| ask.says(&[name]))
    },
    reads: |ask| style_sheet(ask).into_iter().collect(),
    change: |ask| {
        let Some((word, light, dark)) = NAMED.iter().find(|(name, _, _)| ask.says(&[name])) else {
            let names: Vec<_> = NAMED.iter().map(|(name, _, _)| *name).collect();
            return say(format!("Which colour? I know {}.", names.join(", ")));
        };
        let Some(path) = style_sheet(ask) else { return say("I found no style sheet.") };
        let css = text(ask, &path)?;
        let named = variables(&css);
        // A name that the person says goes first: "make the water green".
        let said = named.iter().find(|(name, _)| ask.says(&[name.trim_start_matches('-')]) && name.len() > 4);
        let usual = || MAIN.iter().find_map(|main| named.iter().find(|(name, _)| name == main));
        let vivid = || named.iter().find(|(_, value)| is_vivid(value));
        let Some((name, value)) = said.or_else(usual).or_else(vivid) else {
            return say(format!(
                "`{path}` gives no colour a name (`--name: …`), so I can't tell which one is the accent."
            ));
        };
        let new = if value.starts_with("light-dark(") {
            format!("light-dark({light}, {dark})")
        } else {
            (*light).to_owned()
        };
        if *value == new {
            return say(format!("`{name}` in `{path}` is {word} already."));
        }
        let mut styles = Draft::of(&path, &css, &format!("`{name}` is what the page uses for it."));
        styles.replace(&format!("{name}: {value}"), &format!("{name}: {new}"))?;
        // A second value is for the dark.
        let (first, rest) = styles.text.split_once(&format!("{name}: {new}")).expect("it was just put there");
        if let Some((before, after)) = rest.split_once(&format!("{name}: "))
            && let Some((_, after)) = after.split_once(';')
        {
            styles.text = format!("{first}{name}: {new}{before}{name}: {dark};{after}");
        }
        Ok(Change {
            drafts: vec![styles],
            closing: format!(
                "`{name}` in `{path}` is {word} now: `{new}`, dark enough to read on a light page. Everything that uses the name follows."
            ),
        })
    },
};
