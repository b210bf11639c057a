//! Models that are known without asking anybody: names, context windows and list prices, so that a start needs no
//! network. What is not here is offered as the provider lists it, with its price unknown.

use tidemark_shared::model::Price;

/// One known model.
#[derive(Debug, Clone, Copy)]
pub struct Entry {
    pub provider: &'static str,
    /// The name on the wire; dated versions (`name-20250929`) are the same model.
    pub model: &'static str,
    pub name: &'static str,
    pub context_tokens: u64,
    /// US dollars per million tokens: input, output, cache read, cache write.
    price: Option<[f64; 4]>,
}

impl Entry {
    pub fn price(&self) -> Option<Price> {
        self.price.map(|[input, output, cache_read, cache_write]| Price {
            input,
            output,
            cache_read,
            cache_write,
        })
    }
}

const fn entry(
    provider: &'static str,
    model: &'static str,
    name: &'static str,
    context_tokens: u64,
    price: Option<[f64; 4]>,
) -> Entry {
    Entry { provider, model, name, context_tokens, price }
}

/// Each provider's best choice for this work first.
const TABLE: &[Entry] = &[
    entry("anthropic", "claude-sonnet-4-5", "Claude Sonnet 4.5", 200_000, Some([3.0, 15.0, 0.3, 3.75])),
    entry("anthropic", "claude-opus-4-5", "Claude Opus 4.5", 200_000, Some([5.0, 25.0, 0.5, 6.25])),
    entry("anthropic", "claude-haiku-4-5", "Claude Haiku 4.5", 200_000, Some([1.0, 5.0, 0.1, 1.25])),
    entry("openai", "gpt-5.1", "GPT-5.1", 400_000, Some([1.25, 10.0, 0.125, 0.0])),
    entry("openai", "gpt-5.1-codex", "GPT-5.1 Codex", 400_000, Some([1.25, 10.0, 0.125, 0.0])),
    entry("openai", "gpt-5-mini", "GPT-5 mini", 400_000, Some([0.25, 2.0, 0.025, 0.0])),
    entry("openai", "gpt-5-nano", "GPT-5 nano", 400_000, Some([0.05, 0.4, 0.005, 0.0])),
    entry("openai", "gpt-4.1", "GPT-4.1", 1_047_576, Some([2.0, 8.0, 0.5, 0.0])),
];

pub fn of(provider: &str) -> impl Iterator<Item = &'static Entry> {
    TABLE.iter().filter(move |entry| entry.provider == provider)
}

pub fn find(provider: &str, model: &str) -> Option<&'static Entry> {
    of(provider).find(|entry| {
        let version = model.strip_prefix(entry.model).map(|rest| rest.trim_start_matches('-'));
        version.is_some_and(|version| {
            version.chars().all(|c| c.is_ascii_digit() || c == '-') || version == "latest"
        })
    })
}

/// Where a model belongs in its provider's list: smaller is earlier, unknown ones last.
pub fn rank(provider: &str, model: &str) -> usize {
    let known = find(provider, model).map(|entry| entry.model);
    known.and_then(|known| TABLE.iter().position(|entry| entry.model == known)).unwrap_or(TABLE.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dated_version_is_the_same_model_and_a_sibling_is_not() {
        let name = |model| find("openai", model).map(|entry| entry.name);
        assert_eq!(name("gpt-5.1-2025-11-13"), Some("GPT-5.1"));
        assert_eq!(name("gpt-5.1-codex"), Some("GPT-5.1 Codex"));
        assert_eq!(name("gpt-5.1-codex-max"), None);
        assert_eq!(find("anthropic", "claude-sonnet-4-5-20250929").unwrap().name, "Claude Sonnet 4.5");
        assert!(find("ollama", "gpt-5.1").is_none());
    }
}
