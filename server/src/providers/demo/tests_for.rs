//! "Write tests": for the sample's own library, whose promises the demo knows.

use super::ask::Ask;
use super::draft::Draft;
use super::recipes::{Cannot, Change, is_plot, say};

struct Known {
    path: &'static str,
    test: &'static str,
    text: &'static str,
    /// Words of a prompt that mean it.
    words: &'static [&'static str],
    promises: &'static str,
}

const KNOWN: &[Known] = &[
    Known {
        path: "src/lib/weather.ts",
        test: "src/lib/weather.test.ts",
        text: include_str!("snippets/weather.test.ts"),
        words: &["weather", "rain", "bar", "wet"],
        promises: "sums of rain over the last days, the last wet day, bars that fill the strip and never divide by nothing",
    },
    Known {
        path: "src/lib/dates.ts",
        test: "src/lib/dates.test.ts",
        text: include_str!("snippets/dates.test.ts"),
        words: &["date", "day", "week", "calendar"],
        promises: "days as people write them, days between two dates also across a change of clocks, weeks as ISO 8601 counts them at the turn of the year",
    },
    Known {
        path: "src/lib/garden.ts",
        test: "src/lib/garden.test.ts",
        text: include_str!("snippets/garden.test.ts"),
        words: &["garden", "bed", "plot", "job", "data"],
        promises: "no two beds in one place, no bed watered tomorrow, a resting bed wants no water",
    },
];

pub(super) fn reads(ask: &Ask) -> Vec<String> {
    wanted(ask).iter().map(|known| known.path.to_owned()).collect()
}

/// Those that the prompt means; all when it means none.
fn wanted(ask: &Ask) -> Vec<&'static Known> {
    let named: Vec<&Known> = KNOWN.iter().filter(|known| ask.says(known.words)).collect();
    let chosen = if named.is_empty() { KNOWN.iter().collect() } else { named };
    chosen.into_iter().filter(|known| ask.has(known.path) && !ask.has(known.test)).collect()
}

pub(super) fn change(ask: &Ask) -> Result<Change, Cannot> {
    if !is_plot(ask) {
        return say(
            "Tests must know what the code promises. The demo knows that of the sample project only; a connected model reads it from yours.",
        );
    }
    let wanted = wanted(ask);
    if wanted.is_empty() {
        return say("What I know to test here has its tests already: `src/lib` is covered.");
    }
    let drafts = wanted.iter().map(|known| {
        Draft::new(known.test, known.text, &format!("For `{}`: {}.", known.path, known.promises))
    });
    let names: Vec<String> = wanted.iter().map(|known| format!("`{}`", known.test)).collect();
    Ok(Change {
        drafts: drafts.collect(),
        closing: format!(
            "Tests for the library are in {}. Run them with `npm test`. They hold the promises that the screen relies on, not the lines of the code.",
            names.join(", ")
        ),
    })
}
