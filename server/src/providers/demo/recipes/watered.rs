//! "Let me mark a bed as watered."

use super::{Change, Recipe, is_plot, paths, say, text};
use crate::providers::demo::draft::Draft;

pub(super) const RECIPE: Recipe = Recipe {
    example: "Let me mark a bed as watered",
    fits: |ask| is_plot(ask) && ask.says(&["watered"]),
    reads: |_| paths(&["src/App.tsx", "src/components/BedPanel.tsx", "src/styles.css"]),
    change: |ask| {
        let panel = text(ask, "src/components/BedPanel.tsx")?;
        if panel.contains("onWater") {
            return say("A bed can be marked already: choose it, and press “Mark as watered”.");
        }
        let mut app = Draft::of(
            "src/App.tsx",
            &text(ask, "src/App.tsx")?,
            "The app keeps what was watered, and lays it over the beds of the notebook.",
        );
        app.after("useState<Bed | null>(null)", include_str!("../snippets/watered.ts"))?;
        app.replace("<BedGrid beds={beds} ", "<BedGrid beds={plot} ")?;
        app.replace(
            "      {selected && <BedPanel bed={selected} onClose={() => setSelected(null)} />}\n",
            include_str!("../snippets/chosen.tsx"),
        )?;
        let mut panel =
            Draft::of("src/components/BedPanel.tsx", &panel, "The button belongs to the chosen bed.");
        panel.replace("import type { Bed }", "import { today } from '../lib/garden'\nimport type { Bed }")?;
        panel.replace(
            "import { CloseIcon } from './icons'",
            "import { CloseIcon, DropIcon } from './icons'",
        )?;
        panel.replace("  onClose: () => void\n", "  onClose: () => void\n  onWater: () => void\n")?;
        panel.replace("({ bed, onClose }: Props)", "({ bed, onClose, onWater }: Props)")?;
        panel.after("      </dl>", include_str!("../snippets/watered.tsx"))?;
        let mut styles = Draft::of("src/styles.css", &text(ask, "src/styles.css")?, "");
        styles.before(".close {", include_str!("../snippets/watered.css"))?;
        Ok(Change {
            drafts: vec![app, panel, styles],
            closing: "Choose a bed and press “Mark as watered”: the panel shows today's date, and where the beds show their need, it is gone. It lasts until the page is loaded again; the notebook in `src/lib/garden.ts` is not written.".into(),
        })
    },
};
