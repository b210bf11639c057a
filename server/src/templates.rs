//! The templates that new projects start from: folders of `server/templates`, inside the binary, no network needed.

use rust_embed::RustEmbed;
use std::borrow::Cow;
use tidemark_shared::RelPath;
use tidemark_shared::project::Template;

#[derive(RustEmbed)]
#[folder = "templates/"]
struct Files;

/// Describes a template; not part of the project made from it.
const ABOUT: &str = "template.json";

/// In the order in which they are offered.
const ORDER: &[&str] = &["sample", "app", "dashboard", "landing", "docs", "game", "blank"];

/// Every template, in the order in which they are offered.
pub fn list() -> Vec<Template> {
    ORDER.iter().filter_map(|id| about(id)).collect()
}

/// The files of a project made from the template `id`, or none when there is no such template.
pub fn files(id: &str) -> Option<Vec<(RelPath, Cow<'static, [u8]>)>> {
    about(id)?;
    let within = format!("{id}/");
    let files = Files::iter().filter_map(|path| {
        let inside = path.strip_prefix(&within).filter(|inside| *inside != ABOUT)?;
        Some((RelPath::parse(inside).ok()?, Files::get(&path)?.data))
    });
    Some(files.collect())
}

fn about(id: &str) -> Option<Template> {
    serde_json::from_slice(&Files::get(&format!("{id}/{ABOUT}"))?.data).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_folder_is_a_template_that_is_offered() {
        let offered: Vec<_> = list().into_iter().map(|template| template.id).collect();
        for path in Files::iter() {
            let folder = path.split('/').next().unwrap();
            assert!(offered.iter().any(|id| id == folder), "{folder} is not offered");
        }
        for id in offered {
            let files = files(&id).unwrap();
            assert!(files.iter().any(|(path, _)| path.as_str() == "index.html"), "{id} has no page");
            assert!(files.iter().all(|(path, _)| path.as_str() != ABOUT), "{id} gives its description away");
        }
    }

    #[test]
    fn an_unknown_template_has_no_files() {
        assert!(files("nothing").is_none() && files("").is_none() && files("../src").is_none());
    }
}
