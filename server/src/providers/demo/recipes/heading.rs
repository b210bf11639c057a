//! "Change the heading to “Allotment 7”": the first heading, and the page's title where it says the same.

use super::{Change, Recipe, markup, say};
use crate::providers::demo::draft::Draft;

pub(super) const RECIPE: Recipe = Recipe {
    example: "Change the heading to “My plot”",
    fits: |ask| ask.says(&["heading", "headline", "title", "rename", "retitle", "h1"]),
    reads: |ask| markup(ask, 12),
    change: |ask| {
        let Some(new) = ask.quoted().map(str::to_owned).or_else(|| after_to(&ask.prompt)) else {
            return say("What should it say? Put the new heading in quotation marks.");
        };
        if new.contains(['<', '>', '{', '}']) {
            return say("A heading with `<`, `>`, `{` or `}` would be code. Give me plain words.");
        }
        let title_only = ask.says_word(&["tab", "browser"]);
        let mut drafts = Vec::new();
        let mut old = String::new();
        for path in markup(ask, 12).iter().filter(|_| !title_only) {
            let Some(text) = ask.text(path) else { continue };
            if let Some(found) = plain(&text, "<h1", "</h1>") {
                let mut draft = Draft::of(path, &text, "The heading is here.");
                draft.replace(&format!(">{found}</h1>"), &format!(">{}</h1>", keep_space(found, &new)))?;
                old = found.trim().to_owned();
                drafts.push(draft);
                break;
            }
        }
        for path in markup(ask, 12) {
            let Some(text) = ask.text(&path) else { continue };
            let Some(found) = plain(&text, "<title", "</title>") else { continue };
            if !old.is_empty() && found.trim() != old {
                continue;
            }
            match drafts.iter_mut().find(|draft: &&mut Draft| draft.path == path) {
                Some(draft) => draft.replace(&format!(">{found}</title>"), &format!(">{new}</title>"))?,
                None => {
                    let mut draft = Draft::of(&path, &text, "The browser's tab says the same.");
                    draft.replace(&format!(">{found}</title>"), &format!(">{new}</title>"))?;
                    drafts.push(draft);
                }
            }
        }
        drafts.retain(Draft::is_changed);
        if drafts.is_empty() {
            return say(format!("I found no heading of plain words to change, or it says “{new}” already."));
        }
        let places: Vec<String> = drafts.iter().map(|draft| format!("`{}`", draft.path)).collect();
        Ok(Change { closing: format!("It says “{new}” now, in {}.", places.join(" and ")), drafts })
    },
};

/// The words of the first such element, when there is nothing but words in it.
fn plain<'a>(text: &'a str, open: &str, close: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(open)?;
    let (_, rest) = rest.split_once('>')?;
    let (inside, _) = rest.split_once(close)?;
    (!inside.contains(['<', '{']) && !inside.trim().is_empty()).then_some(inside)
}

/// The element may stand on lines of its own.
fn keep_space(old: &str, new: &str) -> String {
    old.replacen(old.trim(), new, 1)
}

/// "… to Allotment 7" at the end of the prompt.
fn after_to(prompt: &str) -> Option<String> {
    let line = prompt.lines().next()?;
    let (_, rest) = line.rsplit_once(" to ")?;
    let words = rest.trim().trim_end_matches(['.', '!']);
    (!words.is_empty() && words.chars().count() <= 60 && words.starts_with(char::is_uppercase))
        .then(|| words.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_words_are_taken_for_a_heading() {
        assert_eq!(plain("<h1 className=\"a\">\n  Hi\n</h1>", "<h1", "</h1>"), Some("\n  Hi\n"));
        assert_eq!(plain("<h1>{title}</h1>", "<h1", "</h1>"), None);
        assert_eq!(keep_space("\n  Hi\n", "Ho"), "\n  Ho\n");
        assert_eq!(after_to("Change the heading to Allotment 7."), Some("Allotment 7".into()));
        assert_eq!(after_to("I want to sleep"), None);
    }
}
