//! The keys of the configuration, from its schema: which there are, what each is for, and which was probably meant.

use super::Config;
use serde_json::Value;
use std::collections::BTreeMap;

/// Dotted key → what it is for.
pub(super) fn known() -> BTreeMap<String, String> {
    let schema = Config::schema();
    let mut found = BTreeMap::new();
    walk(&schema, &schema, "", &mut found);
    found
}

fn walk(node: &Value, schema: &Value, prefix: &str, found: &mut BTreeMap<String, String>) {
    let node = match node["$ref"].as_str().and_then(|target| schema.pointer(target.strip_prefix('#')?)) {
        Some(target) => target,
        None => node,
    };
    let Some(properties) = node["properties"].as_object() else { return };
    for (name, child) in properties {
        let key = if prefix.is_empty() { name.clone() } else { format!("{prefix}.{name}") };
        let before = found.len();
        walk(child, schema, &key, found);
        if found.len() == before {
            let doc = child["description"].as_str().unwrap_or_default();
            found.insert(key, doc.split_whitespace().collect::<Vec<_>>().join(" "));
        }
    }
}

/// `limits.agent.max_steps` → `TIDEMARK_LIMITS_AGENT_MAX_STEPS`.
pub(super) fn variable(key: &str) -> String {
    format!("TIDEMARK_{}", key.replace('.', "_").to_uppercase())
}

/// The nearest of `known`, when it is near enough to be meant.
pub(super) fn nearest<'k>(wrong: &str, known: impl Iterator<Item = &'k String>) -> Option<&'k String> {
    let last = |key: &str| key.rsplit('.').next().unwrap_or_default().to_owned();
    known
        .map(|key| {
            let whole = strsim::jaro_winkler(wrong, key);
            (whole.max(strsim::normalized_damerau_levenshtein(&last(wrong), &last(key))), key)
        })
        .filter(|(likeness, _)| *likeness > 0.75)
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .map(|(_, key)| key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_says_what_it_is_for() {
        let silent: Vec<_> =
            known().into_iter().filter(|(key, doc)| key.starts_with("limits.") && doc.is_empty()).collect();
        assert!(known().contains_key("limits.agent.max_steps"));
        assert!(known().contains_key("server.data_dir"));
        // A limit whose name says it all may go without.
        assert!(silent.len() < 6, "{silent:?}");
    }

    #[test]
    fn a_slip_of_the_hand_is_guessed() {
        let known = known();
        assert_eq!(nearest("server.datadir", known.keys()).unwrap(), "server.data_dir");
        assert_eq!(nearest("limits.agent.max_step", known.keys()).unwrap(), "limits.agent.max_steps");
        assert_eq!(nearest("zzz.qqq", known.keys()), None);
    }
}
