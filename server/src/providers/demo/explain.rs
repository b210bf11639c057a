//! Answers about a project, with the places named as `path:line`. Looks the lines up in what it has read.

use super::ask::Ask;
use super::recipes::is_plot;

const MAX_FILES: usize = 16;

pub(super) fn reads(ask: &Ask) -> Vec<String> {
    let mut files = ask.with_ending(&[".tsx", ".ts", ".jsx", ".js", ".html"]);
    files.retain(|path| !path.contains(".test.") && !path.contains(".config.") && !path.ends_with(".d.ts"));
    files.truncate(MAX_FILES);
    files
}

pub(super) fn answer(ask: &Ask) -> String {
    let body = if is_plot(ask) { plot(ask) } else { any(ask) };
    format!(
        "{body}\n\nThis is the demo: it looks places up, it does not think. Connect a model for questions of your own."
    )
}

/// `path:line` of the first line with this text, or the path alone.
fn at(ask: &Ask, path: &str, place: &str) -> String {
    let line = ask.text(path).and_then(|text| text.lines().position(|line| line.contains(place)));
    line.map_or_else(|| format!("`{path}`"), |line| format!("`{path}:{}`", line + 1))
}

fn plot(ask: &Ask) -> String {
    let at = |path: &str, place: &str| at(ask, path, place);
    if ask.says(&["water", "litre", "thirst"]) && ask.has("src/lib/water.ts") {
        return format!(
            "**What a bed needs** is worked out in {}: its thirst, less the rain of the last three days, times its area. A bed that was watered in those days needs nothing, and no rain falls under glass. The grid adds the needs up for its note ({}), and each tile shows its own ({}).",
            at("src/lib/water.ts", "export function waterNeed"),
            at("src/components/BedGrid.tsx", "const litres"),
            at("src/components/BedTile.tsx", "litres > 0"),
        );
    }
    if ask.says(&["rain", "weather", "strip", "bar"]) {
        return format!(
            "**The rain** is a list of days with millimetres, oldest first: {}. {} draws a bar for each; the wettest day fills the strip, and {} works out the others from it. {} adds up the last days, and {} finds the day on which it last rained.",
            at("src/lib/weather.ts", "export const rain"),
            at("src/components/RainStrip.tsx", "export function RainStrip"),
            at("src/lib/weather.ts", "export function barHeight"),
            at("src/lib/weather.ts", "export function rainfall"),
            at("src/lib/weather.ts", "export function lastRain"),
        );
    }
    if ask.says(&["week", "job", "todo", "done", "list"]) {
        return format!(
            "**The jobs** come from {}. {} keeps its own copy of the list, and a click flips one job: {}. Nothing is saved: a reload brings the first list back.",
            at("src/lib/garden.ts", "export const jobs"),
            at("src/components/WeekList.tsx", "useState(jobs)"),
            at("src/components/WeekList.tsx", "function toggle"),
        );
    }
    if ask.says(&["draw", "picture", "soil", "plant", "svg", "image"]) {
        return format!(
            "**Each bed is drawn**, not a picture: {} lays ridges of soil, and {} says how far apart each crop stands and how one plant of it looks. {} sets them out, each a little off its place by numbers that are the same for the same bed: {}.",
            at("src/components/Soil.tsx", "export function Soil"),
            at("src/components/Soil.tsx", "const plans"),
            at("src/components/Soil.tsx", "function plant("),
            at("src/components/Soil.tsx", "function numbers"),
        );
    }
    if ask.says(&["date", "day", "calendar"]) {
        return format!(
            "**Days are texts** like `2026-05-29`, so that no time zone moves them; {} reads one at noon. {} counts weeks as ISO 8601 does. “Today” is the last day of the notebook: {}.",
            at("src/lib/dates.ts", "export function parseDay"),
            at("src/lib/dates.ts", "export function weekNumber"),
            at("src/lib/garden.ts", "export const today"),
        );
    }
    format!(
        "**Plot 14** is one page. {} puts it together: the beds, what is known of the chosen one, the rain, and the jobs of the week.\n\n- The beds come from {}; {} sorts them by row, and {} shows one.\n- Choosing a bed opens {}, which takes harvest and spacing from {}.\n- The rain of a week is in {}, drawn by {}.\n- The jobs are ticked off in {}.\n\nWhat can be worked out without a screen is in `src/lib`: dates in {}, rain in {}.",
        at("src/App.tsx", "export function App"),
        at("src/lib/garden.ts", "export const beds"),
        at("src/components/BedGrid.tsx", "function byRow"),
        at("src/components/BedTile.tsx", "export function BedTile"),
        at("src/components/BedPanel.tsx", "export function BedPanel"),
        at("src/lib/crops.ts", "export const crops"),
        at("src/lib/weather.ts", "export const rain"),
        at("src/components/RainStrip.tsx", "export function RainStrip"),
        at("src/components/WeekList.tsx", "function toggle"),
        at("src/lib/dates.ts", "export function"),
        at("src/lib/weather.ts", "export function rainfall"),
    )
}

/// What a project declares, for any project.
fn any(ask: &Ask) -> String {
    let mut lines = Vec::new();
    for (path, text) in ask.texts() {
        for (number, line) in text.lines().enumerate() {
            if let Some(name) = declared(line) {
                lines.push(format!("- {name}: `{path}:{}`", number + 1));
            }
        }
    }
    if lines.is_empty() {
        let count = ask.tree().count();
        return format!(
            "I see {count} files here, and none that I can read: the demo knows TypeScript and JavaScript."
        );
    }
    let shown = lines.len().min(24);
    let rest =
        if lines.len() > shown { format!("\n- … and {} more", lines.len() - shown) } else { String::new() };
    format!("This is what the project declares for others to use:\n\n{}{rest}", lines[..shown].join("\n"))
}

/// The name and kind of what this line exports, or the heading of a page.
fn declared(line: &str) -> Option<String> {
    let rest = line.strip_prefix("export ")?;
    let rest = rest.strip_prefix("default ").unwrap_or(rest);
    let rest = rest.strip_prefix("async ").unwrap_or(rest);
    let (kind, rest) = rest.split_once(' ')?;
    if !matches!(kind, "function" | "const" | "class" | "type" | "interface" | "enum") {
        return None;
    }
    let name: String = rest.chars().take_while(|c| c.is_alphanumeric() || matches!(c, '_' | '$')).collect();
    if name.is_empty() {
        return None;
    }
    let is_component = kind == "function" && name.starts_with(char::is_uppercase);
    Some(format!("`{name}` ({})", if is_component { "component" } else { kind }))
}
