//! "Show something when there is nothing."

use super::{Change, Recipe, is_plot, paths, say, text};
use crate::providers::demo::draft::Draft;

pub(super) const RECIPE: Recipe = Recipe {
    example: "Add empty states for the beds and the jobs",
    fits: |ask| is_plot(ask) && ask.says(&["empty", "blank", "nothing", "placeholder"]),
    reads: |_| paths(&["src/components/BedGrid.tsx", "src/components/WeekList.tsx", "src/styles.css"]),
    change: |ask| {
        if ask.has("src/components/Empty.tsx") {
            return say("There is one already: `src/components/Empty.tsx:9`.");
        }
        let empty = Draft::new(
            "src/components/Empty.tsx",
            include_str!("../snippets/Empty.tsx"),
            "One component for every place that can be empty.",
        );
        let mut grid = Draft::of(
            "src/components/BedGrid.tsx",
            &text(ask, "src/components/BedGrid.tsx")?,
            "A plot where nothing grows, and one where no bed rests.",
        );
        grid.replace(
            "import { BedTile } from './BedTile'\n",
            "import { BedTile } from './BedTile'\nimport { Empty } from './Empty'\n",
        )?;
        let searched = if grid.text.contains("setWords") { "!words && " } else { "" };
        grid.before(
            "      <ul className=\"grid\">",
            &format!(
                "      {{{searched}growing.length === 0 && <Empty title=\"Nothing grows here yet\">Sow a bed and it appears in this place.</Empty>}}\n"
            ),
        )?;
        grid.replace(
            "      <p className=\"resting soft\">\n        Resting:\n        {resting.map((bed) => (\n          <button key={bed.id} className=\"chip\" onClick={() => onSelect(bed)}>\n            {bed.name}\n          </button>\n        ))}\n      </p>\n",
            "      {resting.length > 0 && (\n        <p className=\"resting soft\">\n          Resting:\n          {resting.map((bed) => (\n            <button key={bed.id} className=\"chip\" onClick={() => onSelect(bed)}>\n              {bed.name}\n            </button>\n          ))}\n        </p>\n      )}\n",
        )?;
        let mut week = Draft::of(
            "src/components/WeekList.tsx",
            &text(ask, "src/components/WeekList.tsx")?,
            "A week without jobs, and one with all of them done.",
        );
        week.replace(
            "import { CheckIcon } from './icons'\n",
            "import { Empty } from './Empty'\nimport { CheckIcon } from './icons'\n",
        )?;
        week.before("      <ul className=\"jobs\">", "      {list.length === 0 && <Empty title=\"No jobs this week\">Sit down and look at the bees.</Empty>}\n")?;
        week.after("      </ul>", "      {list.length > 0 && done === list.length && <p className=\"soft\">All done for this week.</p>}\n")?;
        let mut styles = Draft::of("src/styles.css", &text(ask, "src/styles.css")?, "");
        styles.before(".resting {", include_str!("../snippets/empty.css"))?;
        Ok(Change {
            drafts: vec![empty, grid, week, styles],
            closing: "An empty plot and an empty week now say so, a finished week too, and “Resting” is only there when a bed rests. All of them use `src/components/Empty.tsx`. To see one, empty `beds` or `jobs` in `src/lib/garden.ts` for a moment.".into(),
        })
    },
};
