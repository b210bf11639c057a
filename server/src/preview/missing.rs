//! What a person is told when packages of a project cannot be had: which, why, and what to do.

use super::registry::RegistryError;
use super::tree::Missing;

/// The most names in one sentence.
const MAX_NAMES: usize = 6;

/// One paragraph about all that is missing; the causes that a person can mend come first.
pub(super) fn explain(missing: &[Missing]) -> String {
    let mut sentences = Vec::new();
    let mut offline = Vec::new();
    for gone in missing {
        let name = match &gone.needed_by {
            Some(parent) => format!("{} (needed by {parent})", gone.name),
            None => gone.name.clone(),
        };
        match &gone.why {
            RegistryError::Unreachable | RegistryError::NoRegistry | RegistryError::Failed(_) => offline.push(name),
            RegistryError::Unknown => {
                sentences.push(format!("The registry has no package called {name}: check its name in package.json."));
            }
            RegistryError::NoVersion => {
                sentences.push(format!("{name} has no version that fits {}.", gone.range));
            }
            RegistryError::Elsewhere => sentences.push(format!(
                "{name} comes from a folder, a repository or an address ({}), which the preview can't load.",
                gone.range
            )),
            RegistryError::Refused(_) => sentences.push(format!(
                "The registry wants a login for {name}: put a token for it into the .npmrc in your home folder."
            )),
            RegistryError::Damaged(_) | RegistryError::TooLarge | RegistryError::Disk(_) => {
                sentences.push(format!("{name}: {}.", gone.why));
            }
        }
    }
    if !offline.is_empty() {
        let (are, they) = if offline.len() == 1 { ("is", "it works") } else { ("are", "they work") };
        let more = offline.len().saturating_sub(MAX_NAMES);
        offline.truncate(MAX_NAMES);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        sentences.push(format!(
            "{}{more} {are} not on this computer yet, and the package registry can't be reached. Connect once and try \
             again; from then on {they} offline.",
            offline.join(", ")
        ));
    }
    sentences.truncate(MAX_NAMES);
    sentences.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gone(name: &str, why: RegistryError) -> Missing {
        Missing { name: name.into(), range: "^1.0.0".into(), needed_by: None, why }
    }

    #[test]
    fn each_cause_is_told_with_its_remedy() {
        let text = explain(&[
            gone("zustand", RegistryError::Unreachable),
            gone("raect", RegistryError::Unknown),
            gone("date-fns", RegistryError::Unreachable),
        ]);
        assert_eq!(
            text,
            "The registry has no package called raect: check its name in package.json. zustand, date-fns are not on \
             this computer yet, and the package registry can't be reached. Connect once and try again; from then on \
             they work offline."
        );
    }

    #[test]
    fn a_long_list_is_counted_not_recited() {
        let many: Vec<_> = (0..20).map(|n| gone(&format!("p{n}"), RegistryError::Unreachable)).collect();
        assert!(explain(&many).contains("p5 and 14 more are not"));
    }
}
