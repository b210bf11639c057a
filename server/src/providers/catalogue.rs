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

/// Each provider's best choice for this work first. Prices as listed in November 2026, for requests of ordinary length:
/// some models cost more beyond 272,000 tokens. Where a price has steps or is not known whole, there is none.
const TABLE: &[Entry] = &[
    entry("anthropic", "claude-sonnet-5-5", "Claude Sonnet 5.5", 1_000_000, Some([2.0, 10.0, 0.2, 2.5])),
    entry("anthropic", "claude-opus-5-5", "Claude Opus 5.5", 1_000_000, Some([4.0, 20.0, 0.2, 5.0])),
    entry("anthropic", "claude-haiku-5-5", "Claude Haiku 5.5", 1_000_000, None),
    entry("anthropic", "claude-fable-5-1", "Claude Fable 5.1", 1_000_000, Some([10.0, 50.0, 0.25, 12.5])),
    entry("anthropic", "claude-sonnet-4-6", "Claude Sonnet 4.6", 1_000_000, Some([3.0, 15.0, 0.3, 3.75])),
    entry("anthropic", "claude-sonnet-4-5", "Claude Sonnet 4.5", 200_000, Some([3.0, 15.0, 0.3, 3.75])),
    entry("anthropic", "claude-haiku-4-5", "Claude Haiku 4.5", 200_000, Some([1.0, 5.0, 0.1, 1.25])),
    entry("openai", "gpt-6.1-sol", "GPT-6.1 Sol", 1_050_000, Some([2.0, 10.0, 0.1, 2.5])),
    entry("openai", "gpt-6-astra", "GPT-6 Astra", 1_050_000, Some([10.0, 50.0, 1.0, 12.5])),
    entry("openai", "gpt-6-luna", "GPT-6 Luna", 1_050_000, Some([0.1, 0.5, 0.01, 0.125])),
    entry("openai", "gpt-5.4-mini", "GPT-5.4 mini", 400_000, Some([0.75, 4.5, 0.075, 0.0])),
    entry("openai", "gpt-5-mini", "GPT-5 mini", 400_000, Some([0.25, 2.0, 0.025, 0.0])),
    entry("openai", "gpt-4.1", "GPT-4.1", 1_047_576, Some([2.0, 8.0, 0.5, 0.0])),
];

pub fn of(provider: &str) -> impl Iterator<Item = &'static Entry> {
    TABLE.iter().filter(move |entry| entry.provider == provider)
}

pub fn find(provider: &str, model: &str) -> Option<&'static Entry> {
    of(provider).find(|entry| {
        let rest = model.strip_prefix(entry.model);
        rest.is_some_and(|rest| matches!(rest, "" | "-latest") || is_date(rest))
    })
}

/// `-20250929` or `-2025-09-29`.
fn is_date(text: &str) -> bool {
    let digits = text.chars().filter(char::is_ascii_digit).count();
    text.starts_with('-') && digits == 8 && text.chars().all(|c| c.is_ascii_digit() || c == '-')
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
        let name = |provider, model| find(provider, model).map(|entry| entry.name);
        assert_eq!(name("openai", "gpt-6.1-sol-2026-09-29"), Some("GPT-6.1 Sol"));
        assert_eq!(name("openai", "gpt-5-mini-deep"), None);
        assert_eq!(name("anthropic", "claude-sonnet-4-5-20250929"), Some("Claude Sonnet 4.5"));
        assert_eq!(name("anthropic", "claude-haiku-4-5-5"), None);
        assert_eq!(name("ollama", "gpt-4.1"), None);
    }
}
