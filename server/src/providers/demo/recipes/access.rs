//! "Make it accessible": names for what has none, real checkboxes in the sample.

use super::{Cannot, Change, Recipe, is_plot, markup, say, text};
use crate::providers::demo::ask::Ask;
use crate::providers::demo::draft::Draft;

pub(super) const RECIPE: Recipe = Recipe {
    example: "Add accessible labels",
    fits: |ask| ask.says(&["access", "a11y", "aria", "label", "screen", "keyboard"]),
    reads: |ask| {
        let mut files = markup(ask, 14);
        if is_plot(ask) {
            files.push("src/styles.css".into());
        }
        files
    },
    change: |ask| {
        let mut drafts = if is_plot(ask) { plot(ask)? } else { Vec::new() };
        for path in markup(ask, 14) {
            let Some(old) = ask.text(&path) else { continue };
            match drafts.iter_mut().find(|draft: &&mut Draft| draft.path == path) {
                Some(draft) => draft.text = named(&draft.text, path.ends_with(".html")),
                None => {
                    let mut draft =
                        Draft::of(&path, &old, &format!("`{path}` has something without a name."));
                    draft.text = named(&old, path.ends_with(".html"));
                    drafts.push(draft);
                }
            }
        }
        drafts.retain(Draft::is_changed);
        if drafts.is_empty() {
            return say(
                "I looked for pictures without `alt`, buttons without a name and pages without `lang`, and found none.",
            );
        }
        let closing = if is_plot(ask) {
            "The jobs are real checkboxes now, so they work with the keyboard and say their state; the button that closes a bed has a name; and the rain strip tells its numbers to those who can't see the bars.".into()
        } else {
            "What had no name has one now: buttons with nothing but a picture, pictures without `alt`, pages without a language. Read the names once: I took them from the code around.".into()
        };
        Ok(Change { drafts, closing })
    },
};

fn plot(ask: &Ask) -> Result<Vec<Draft>, Cannot> {
    let week = text(ask, "src/components/WeekList.tsx")?;
    if week.contains("type=\"checkbox\"") {
        return Ok(Vec::new());
    }
    let mut week = Draft::of("src/components/WeekList.tsx", &week, "A job is a checkbox, and should be one.");
    week.replace(
        "          <li key={job.id} className={job.done ? 'job done' : 'job'} onClick={() => toggle(job.id)}>\n            <span className=\"box\">{job.done && <CheckIcon />}</span>\n            {job.text}\n          </li>\n",
        "          <li key={job.id}>\n            <label className={job.done ? 'job done' : 'job'}>\n              <input type=\"checkbox\" checked={job.done} onChange={() => toggle(job.id)} />\n              <span className=\"box\">{job.done && <CheckIcon />}</span>\n              {job.text}\n            </label>\n          </li>\n",
    )?;
    let mut panel = Draft::of(
        "src/components/BedPanel.tsx",
        &text(ask, "src/components/BedPanel.tsx")?,
        "The cross needs a name.",
    );
    if !panel.text.contains("aria-label=\"Close\"") {
        panel.replace("<button className=\"close\" ", "<button className=\"close\" aria-label=\"Close\" ")?;
    }
    let mut rain = Draft::of(
        "src/components/RainStrip.tsx",
        &text(ask, "src/components/RainStrip.tsx")?,
        "Bars say nothing to a screen reader; a sentence does.",
    );
    rain.replace(
        "import { dayLetter } from '../lib/dates'",
        "import { dayLetter, shortDate } from '../lib/dates'",
    )?;
    rain.before(
        "\n  return (",
        "  const told = rain.map((day) => `${shortDate(day.date)}: ${day.mm} mm`).join(', ')\n",
    )?;
    rain.replace("<div className=\"rain\">", "<div className=\"rain\" role=\"img\" aria-label={told}>")?;
    let mut styles = Draft::of(
        "src/styles.css",
        &text(ask, "src/styles.css")?,
        "The box is drawn; the real one lies under it and shows its focus.",
    );
    styles.before(".job .box {", include_str!("../snippets/checkbox.css"))?;
    Ok(vec![week, panel, rain, styles])
}

/// Names for what has none, line by line: an opening tag that is not whole on its line is left alone.
fn named(text: &str, html: bool) -> String {
    let mut out = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        let mut line = line.to_owned();
        if let Some(tag) = whole_tag(&line, "<img")
            && !tag.contains("alt=")
        {
            line = line.replacen("<img", "<img alt=\"\"", 1);
        }
        if html
            && let Some(tag) = whole_tag(&line, "<html")
            && !tag.contains("lang=")
        {
            line = line.replacen("<html", "<html lang=\"en\"", 1);
        }
        if let Some(tag) = whole_tag(&line, "<button")
            && !tag.contains("aria-label")
            && !tag.contains("title=")
            && let Some(name) = icon_only(&line)
        {
            line = line.replacen("<button", &format!("<button aria-label=\"{name}\""), 1);
        }
        out.push_str(&line);
    }
    out
}

fn whole_tag<'a>(line: &'a str, open: &str) -> Option<&'a str> {
    let at = line.find(open)?;
    let tag = &line[at..];
    let ends = tag.contains('>') && tag[open.len()..].starts_with([' ', '>']);
    ends.then_some(tag)
}

/// A button with a sign or a picture alone, on one line; named by what it shows.
fn icon_only(line: &str) -> Option<String> {
    let (_, rest) = line.split_once("<button")?;
    let (inside, _) = rest.rsplit_once("</button>")?;
    let inside = inside.rsplit_once('>').map_or(inside, |(_, inside)| inside).trim();
    let name = match inside {
        "×" | "✕" | "✖" | "x" | "X" => "Close",
        "+" | "＋" => "Add",
        "−" | "-" | "–" => "Remove",
        "☰" => "Menu",
        "←" | "‹" => "Back",
        "→" | "›" => "Next",
        "⟳" | "↻" => "Reload",
        _ => return None,
    };
    Some(name.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_has_no_name_gets_one() {
        let before = "<html>\n<img src=\"a.png\">\n<img\n  src=\"b\">\n<button onClick={go}>×</button>\n<button>Go</button>\n<imgx>\n";
        let after = "<html lang=\"en\">\n<img alt=\"\" src=\"a.png\">\n<img\n  src=\"b\">\n<button aria-label=\"Close\" onClick={go}>×</button>\n<button>Go</button>\n<imgx>\n";
        assert_eq!(named(before, true), after);
        assert_eq!(named(after, true), after);
    }
}
