//! "Show which beds need water today."

use super::{Change, Recipe, is_plot, paths, text};
use crate::providers::demo::draft::Draft;

pub(super) const RECIPE: Recipe = Recipe {
    example: "Show which beds need water today",
    fits: |ask| is_plot(ask) && ask.says(&["water", "thirst", "litre", "liter", "dry"]),
    reads: |_| {
        paths(&[
            "src/lib/weather.ts",
            "src/lib/types.ts",
            "src/lib/dates.ts",
            "src/components/BedGrid.tsx",
            "src/components/BedTile.tsx",
            "src/App.tsx",
            "src/styles.css",
        ])
    },
    change: |ask| {
        if ask.has("src/lib/water.ts") {
            return super::say("The beds already show their need: the sum is in `src/lib/water.ts:10`.");
        }
        let lib = Draft::new(
            "src/lib/water.ts",
            include_str!("../snippets/water.ts"),
            "A bed's need is a sum over rain and area, so it goes into `src/lib/water.ts`, away from the screen, with a test beside it.",
        );
        let test = Draft::new("src/lib/water.test.ts", include_str!("../snippets/water.test.ts"), "");

        let mut dates = Draft::of(
            "src/lib/dates.ts",
            &text(ask, "src/lib/dates.ts")?,
            "The note will name the day of the last rain.",
        );
        dates.before("/** \"29 May\" */", "/** \"Friday\" */\nexport function weekday(day: string): string {\n  return parseDay(day).toLocaleDateString('en-GB', { weekday: 'long' })\n}\n\n")?;

        let mut tile = Draft::of(
            "src/components/BedTile.tsx",
            &text(ask, "src/components/BedTile.tsx")?,
            "Each thirsty tile shows its litres.",
        );
        tile.replace(
            "import { Soil } from './Soil'",
            "import { DropIcon } from './icons'\nimport { Soil } from './Soil'",
        )?;
        tile.replace(
            "  bed: Bed\n  onClick",
            "  bed: Bed\n  /** What it needs today; nothing is shown for 0. */\n  litres: number\n  onClick",
        )?;
        tile.replace("({ bed, onClick }: Props)", "({ bed, litres, onClick }: Props)")?;
        tile.before("<span className=\"bed-text\">", include_str!("../snippets/litres.tsx"))?;

        let mut grid = Draft::of(
            "src/components/BedGrid.tsx",
            &text(ask, "src/components/BedGrid.tsx")?,
            "The grid adds them up for the note at the top.",
        );
        grid.replace("import type { Bed } from '../lib/types'\n", "import { weekday } from '../lib/dates'\nimport type { Bed, RainDay } from '../lib/types'\nimport { waterNeed } from '../lib/water'\nimport { lastRain } from '../lib/weather'\n")?;
        grid.replace(
            "import { BedTile } from './BedTile'\n",
            "import { BedTile } from './BedTile'\nimport { DropIcon } from './icons'\n",
        )?;
        grid.replace("  beds: Bed[]\n", "  beds: Bed[]\n  rain: RainDay[]\n")?;
        grid.replace("BedGrid({ beds, onSelect", "BedGrid({ beds, rain, onSelect")?;
        grid.after("const rows = useMemo", "  const thirsty = useMemo(() => beds.filter((bed) => waterNeed(bed, rain) > 0), [beds, rain])\n  const litres = thirsty.reduce((sum, bed) => sum + waterNeed(bed, rain), 0)\n  const wet = lastRain(rain)\n")?;
        grid.after("<section className=\"plot\"", include_str!("../snippets/note.tsx"))?;
        grid.replace("<BedTile bed={bed} ", "<BedTile bed={bed} litres={waterNeed(bed, rain)} ")?;

        let mut app = Draft::of("src/App.tsx", &text(ask, "src/App.tsx")?, "The rain has to reach the grid.");
        // Named otherwise once a bed can be marked as watered.
        let plot = if app.text.contains("<BedGrid beds={plot} ") { "plot" } else { "beds" };
        app.replace(
            &format!("<BedGrid beds={{{plot}}} "),
            &format!("<BedGrid beds={{{plot}}} rain={{rain}} "),
        )?;

        let mut styles = Draft::of(
            "src/styles.css",
            &text(ask, "src/styles.css")?,
            "And both get their look, from the colours that are there.",
        );
        styles.before(".grid {", include_str!("../snippets/note.css"))?;
        styles.before(".bed-text {", include_str!("../snippets/litres.css"))?;
        Ok(Change {
            drafts: vec![lib, test, dates, tile, grid, app, styles],
            closing: "The plot now says which beds need water today, and how much: a bed's thirst, less the rain of the last three days, over its area. Beds under glass get no rain; beds watered in those three days need nothing. The sum is `waterNeed` in `src/lib/water.ts`, with tests beside it.\n\nThe three days are a guess that fits this soil: change `MEMORY` if yours dries faster.".into(),
        })
    },
};
