//! What the demo can do, each thing a recipe: when it fits, what it must read, and the change it makes.

mod access;
mod colour;
mod dark;
mod empty;
mod filter;
mod guard;
mod heading;
mod mend;
mod water;
mod watered;

use super::ask::Ask;
use super::draft::{Draft, Missing};

pub(super) struct Recipe {
    /// As a person would ask for it.
    pub(super) example: &'static str,
    pub(super) fits: fn(&Ask) -> bool,
    /// What it must have read, by what it has seen so far; asked again until nothing new comes.
    pub(super) reads: fn(&Ask) -> Vec<String>,
    pub(super) change: fn(&Ask) -> Result<Change, Cannot>,
}

pub(super) struct Change {
    pub(super) drafts: Vec<Draft>,
    /// What to say at the end.
    pub(super) closing: String,
}

/// Why nothing is changed, for the person.
pub(super) enum Cannot {
    Changed(Missing),
    Say(String),
}

impl From<Missing> for Cannot {
    fn from(missing: Missing) -> Self {
        Self::Changed(missing)
    }
}

pub(super) fn say<T>(text: impl Into<String>) -> Result<T, Cannot> {
    Err(Cannot::Say(text.into()))
}

/// In the order in which they are tried.
pub(super) const PATCHES: &[Recipe] = &[
    mend::RECIPE,
    heading::RECIPE,
    watered::RECIPE,
    water::RECIPE,
    dark::RECIPE,
    filter::RECIPE,
    empty::RECIPE,
    access::RECIPE,
    guard::RECIPE,
    colour::RECIPE,
];

/// The text of a file that the recipe has read.
pub(super) fn text(ask: &Ask, path: &str) -> Result<String, Cannot> {
    ask.text(path).ok_or_else(|| Cannot::Say(format!("I could not read `{path}`.")))
}

/// Whether it is the sample, by the files that its recipes work on.
pub(super) fn is_plot(ask: &Ask) -> bool {
    PLOT.iter().all(|path| ask.has(path))
}

const PLOT: &[&str] = &["src/components/BedGrid.tsx", "src/lib/weather.ts", "src/App.tsx", "src/styles.css"];

pub(super) fn paths(paths: &[&str]) -> Vec<String> {
    paths.iter().map(|path| (*path).to_owned()).collect()
}

/// The style sheet that most likely is the main one.
pub(super) fn style_sheet(ask: &Ask) -> Option<String> {
    let sheets = ask.with_ending(&[".css"]);
    let named = |name: &str| sheets.iter().find(|path| path.ends_with(name)).cloned();
    ["styles.css", "style.css", "index.css", "App.css", "global.css", "globals.css"]
        .iter()
        .find_map(|name| named(name))
        .or_else(|| sheets.iter().find(|path| !path.contains("font")).cloned())
}

/// Pages and components, nearest to the root first, at most `max`.
pub(super) fn markup(ask: &Ask, max: usize) -> Vec<String> {
    let mut files = ask.with_ending(&[".tsx", ".jsx", ".html"]);
    files.retain(|path| !path.contains(".test.") && !path.contains("/icons"));
    files.truncate(max);
    files
}
