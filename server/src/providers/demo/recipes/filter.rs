//! "Add a search box for the beds."

use super::{Change, Recipe, is_plot, paths, say, text};
use crate::providers::demo::draft::Draft;

pub(super) const RECIPE: Recipe = Recipe {
    example: "Add a search box for the beds",
    fits: |ask| is_plot(ask) && ask.says(&["search", "filter", "find"]),
    reads: |_| paths(&["src/components/BedGrid.tsx", "src/lib/types.ts", "src/styles.css"]),
    change: |ask| {
        if ask.has("src/lib/find.ts") {
            return say("There is a search box already: `src/lib/find.ts:4` decides what it finds.");
        }
        let find = Draft::new(
            "src/lib/find.ts",
            include_str!("../snippets/find.ts"),
            "What is found is worked out without a screen, so it goes into `src/lib`, with a test.",
        );
        let test = Draft::new("src/lib/find.test.ts", include_str!("../snippets/find.test.ts"), "");
        let mut grid = Draft::of(
            "src/components/BedGrid.tsx",
            &text(ask, "src/components/BedGrid.tsx")?,
            "The box sits in the heading's place and says so when nothing matches.",
        );
        grid.replace(
            "import { useMemo } from 'react'\n",
            "import { useMemo, useState } from 'react'\nimport { findBeds } from '../lib/find'\n",
        )?;
        grid.replace("  const rows = useMemo(() => byRow(beds), [beds])\n", "  const [words, setWords] = useState('')\n  const rows = useMemo(() => byRow(findBeds(beds, words)), [beds, words])\n")?;
        grid.before("      <ul className=\"grid\">", include_str!("../snippets/search.tsx"))?;
        grid.after(
            "      </ul>",
            "      {rows.length === 0 && <p className=\"soft\">No bed is called “{words.trim()}”.</p>}\n",
        )?;
        // What is not found is not an empty plot.
        if grid.text.contains("{growing.length === 0 && <Empty") {
            grid.replace("{growing.length === 0 && <Empty", "{!words && growing.length === 0 && <Empty")?;
        }
        grid.replace(
            "{growing.length} of {beds.length} in use",
            "{beds.filter((bed) => bed.crop).length} of {beds.length} in use",
        )?;
        let mut styles = Draft::of("src/styles.css", &text(ask, "src/styles.css")?, "");
        styles.before(".grid {", include_str!("../snippets/search.css"))?;
        Ok(Change {
            drafts: vec![find, test, grid, styles],
            closing: "The beds have a search box. It looks at names and notes, in any case, and finds a bed when every word is in it; when none is, the grid says so. `findBeds` in `src/lib/find.ts` has its tests beside it.".into(),
        })
    },
};
