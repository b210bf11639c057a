//! "Show something when it breaks": an error boundary around a React app.

use super::{Change, Recipe, say, style_sheet, text};
use crate::providers::demo::ask::Ask;
use crate::providers::demo::draft::Draft;

pub(super) const RECIPE: Recipe = Recipe {
    example: "Add an error state, so that a crash does not leave a white page",
    fits: |ask| ask.says(&["error", "crash", "boundary", "fallback", "loading", "fail"]),
    reads: |ask| entry(ask).into_iter().chain(style_sheet(ask)).collect(),
    change: |ask| {
        let Some(main) = entry(ask) else {
            return say("An error state needs React and its `src/main.tsx`; I found none here.");
        };
        let path = "src/components/ErrorState.tsx";
        if ask.has(path) {
            return say(format!("There is one already: `{path}`."));
        }
        let old = text(ask, &main)?;
        let Some(app) = ["<App />", "<App/>"].into_iter().find(|app| old.contains(app)) else {
            return say(format!(
                "I looked for `<App />` in `{main}`, to put the error state around it, and did not find it."
            ));
        };
        let state = Draft::new(
            path,
            include_str!("../snippets/ErrorState.tsx"),
            "React has one way to catch what a component throws: a class that is told.",
        );
        let mut main = Draft::of(&main, &old, "It goes around the whole app.");
        let at = old.lines().find(|line| line.contains(app)).unwrap_or_default();
        let indent: String = at.chars().take_while(|c| c.is_whitespace()).collect();
        if at.trim() == app {
            main.replace(
                &format!("{indent}{app}"),
                &format!("{indent}<ErrorState>\n{indent}  {app}\n{indent}</ErrorState>"),
            )?;
        } else {
            main.replace(app, &format!("<ErrorState>{app}</ErrorState>"))?;
        }
        let double = old.contains("from \"");
        let quote = if double { '"' } else { '\'' };
        let end = if old.contains(";\n") { ";" } else { "" };
        main.import(&format!("import {{ ErrorState }} from {quote}./components/ErrorState{quote}{end}"));
        let mut drafts = vec![state, main];
        if let Some(sheet) = style_sheet(ask) {
            let mut styles = Draft::of(&sheet, &text(ask, &sheet)?, "");
            styles.append(include_str!("../snippets/error.css"));
            drafts.push(styles);
        }
        Ok(Change {
            drafts,
            closing: format!(
                "When a component throws, the page now says what happened and offers to try again, instead of going white. `src/components/ErrorState.tsx` catches it; `{path}` puts it around the app.",
                path = entry(ask).unwrap_or_default()
            ),
        })
    },
};

fn entry(ask: &Ask) -> Option<String> {
    ["src/main.tsx", "src/index.tsx", "src/main.jsx", "src/index.jsx"]
        .into_iter()
        .find(|path| ask.has(path))
        .map(str::to_owned)
}
