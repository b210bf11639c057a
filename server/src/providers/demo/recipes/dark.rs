//! "Add a dark mode": a switch in the sample, the system's choice elsewhere.

use super::{Cannot, Change, Recipe, is_plot, paths, say, style_sheet, text};
use crate::providers::demo::ask::Ask;
use crate::providers::demo::draft::Draft;
use crate::providers::demo::shade;

pub(super) const RECIPE: Recipe = Recipe {
    example: "Add a dark mode with a switch",
    fits: |ask| ask.says(&["dark", "night", "theme"]),
    reads: |ask| {
        if is_plot(ask) {
            paths(&["src/App.tsx", "src/components/icons.tsx", "src/styles.css"])
        } else {
            style_sheet(ask).into_iter().collect()
        }
    },
    change: |ask| if is_plot(ask) { a_switch(ask) } else { by_the_system(ask) },
};

fn a_switch(ask: &Ask) -> Result<Change, Cannot> {
    if ask.has("src/components/ThemeSwitch.tsx") {
        return say("There is a switch already: `src/components/ThemeSwitch.tsx:5`.");
    }
    let switch = Draft::new(
        "src/components/ThemeSwitch.tsx",
        include_str!("../snippets/ThemeSwitch.tsx"),
        "A switch of its own, which begins with what the system prefers.",
    );
    let mut icons =
        Draft::of("src/components/icons.tsx", &text(ask, "src/components/icons.tsx")?, "It needs a moon.");
    icons.before("export function DropIcon", include_str!("../snippets/moon.tsx"))?;
    let mut app = Draft::of("src/App.tsx", &text(ask, "src/App.tsx")?, "It goes beside the weather.");
    app.replace(
        "import { WeekList }",
        "import { ThemeSwitch } from './components/ThemeSwitch'\nimport { WeekList }",
    )?;
    app.replace(
        "        <span className=\"sky\">\n          <SunIcon />\n          {noon}°\n        </span>\n",
        "        <div className=\"corner\">\n          <span className=\"sky\">\n            <SunIcon />\n            {noon}°\n          </span>\n          <ThemeSwitch />\n        </div>\n",
    )?;
    let mut styles = Draft::of(
        "src/styles.css",
        &text(ask, "src/styles.css")?,
        "Every colour already has a name, so the night only gives them other values.",
    );
    styles.before("* {\n  box-sizing", include_str!("../snippets/dark.css"))?;
    styles.before(".sky {", include_str!("../snippets/corner.css"))?;
    Ok(Change {
        drafts: vec![switch, icons, app, styles],
        closing: "There is a switch for dark mode beside the temperature. It begins with the system's choice; pressing it sets `data-theme` on the page, and `src/styles.css` gives the colours their night values. The choice is not kept after a reload: say so if it should be.".into(),
    })
}

fn by_the_system(ask: &Ask) -> Result<Change, Cannot> {
    let Some(path) = style_sheet(ask) else { return say("I found no style sheet to give a dark side.") };
    let css = text(ask, &path)?;
    if css.contains("prefers-color-scheme: dark") || css.contains("light-dark(") {
        return say(format!(
            "`{path}` already follows the system: switch your system to dark and the page follows."
        ));
    }
    let names: Vec<(String, String)> = shade::variables(&css)
        .into_iter()
        .filter_map(|(name, value)| Some((name, shade::dark(&value)?)))
        .collect();
    if names.is_empty() {
        return say(format!(
            "The colours in `{path}` have no names (`--name: #…` in `:root`), so I can't turn them over safely."
        ));
    }
    let mut styles = Draft::of(
        &path,
        &css,
        "Every named colour gets a dark value: the same hue, turned over in lightness.",
    );
    let lines: String = names.iter().map(|(name, value)| format!("    {name}: {value};\n")).collect();
    styles.append(&format!(
        "\n@media (prefers-color-scheme: dark) {{\n  :root {{\n    color-scheme: dark;\n{lines}  }}\n}}\n"
    ));
    Ok(Change {
        drafts: vec![styles],
        closing: format!(
            "The page now follows the system into the dark: {} colours in `{path}` have a second value. They are worked out from the light ones, so look at them once in both.",
            names.len()
        ),
    })
}
