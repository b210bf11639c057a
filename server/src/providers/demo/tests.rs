//! The demo at work: real tools on a real copy of a template, step by step until it says that it is done.

use super::*;
use crate::clock::SystemClock;
use crate::providers::ToolResult;
use crate::templates;
use crate::tools::{Access, ToolLimits, Tools};
use std::collections::BTreeMap;
use std::path::Path;
use tokio_util::sync::CancellationToken;

/// A copy, and everything the demo said on it.
struct Walk {
    folder: tempfile::TempDir,
    before: BTreeMap<String, String>,
    said: String,
    steps: usize,
}

impl Walk {
    fn sample() -> Self {
        Self::of(templates::files("sample").expect("there is a sample").into_iter().map(|(path, bytes)| {
            (path.to_string(), String::from_utf8(bytes.into_owned()).expect("the sample is text"))
        }))
    }

    fn of(files: impl IntoIterator<Item = (impl Into<String>, impl Into<String>)>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let before: BTreeMap<String, String> =
            files.into_iter().map(|(path, text)| (path.into(), text.into())).collect();
        for (path, text) in &before {
            let place = folder.path().join(path);
            std::fs::create_dir_all(place.parent().unwrap()).unwrap();
            std::fs::write(place, text).unwrap();
        }
        Self { folder, before, said: String::new(), steps: 0 }
    }

    /// The copy as it is now is the project for the next request.
    fn accept(mut self) -> Self {
        self.before = self.now();
        self.said.clear();
        self
    }

    async fn ask(mut self, task: &str, prompt: &str) -> Self {
        let access = if task == "answer the question" { Access::Read } else { Access::Edit };
        let tools = Tools::new(self.folder.path().into(), access, ToolLimits::default());
        let demo = Demo::new(Duration::ZERO, Arc::new(SystemClock));
        let mut messages = vec![Message::User {
            text: format!("<project>\nx\n</project>\n\n<request>\n{prompt}\n</request>\n"),
        }];
        self.steps = 0;
        loop {
            self.steps += 1;
            assert!(self.steps < 30, "it does not end; it said {}", self.said);
            let request = Request {
                model: "guide".into(),
                system: format!("You are careful.\nYour task: {task}."),
                messages: messages.clone(),
                tools: tools.specs(),
                max_output_tokens: 1000,
            };
            let deltas: Vec<_> = demo.stream(request).await.unwrap().map(Result::unwrap).collect().await;
            let mut parts = Vec::new();
            let mut results = Vec::new();
            for delta in deltas {
                match delta {
                    Delta::Text(text) => {
                        self.said.push_str(&text);
                        parts.push(Part::Text { text });
                    }
                    Delta::ToolCall(call) => {
                        let answer = tools.call(&call, &CancellationToken::new()).await;
                        assert!(answer.ok, "{call:?} was refused: {}", answer.output);
                        results.push(ToolResult {
                            call_id: call.id.clone(),
                            output: answer.output,
                            is_error: false,
                        });
                        parts.push(Part::ToolCall(call));
                    }
                    _ => {}
                }
            }
            messages.push(Message::Assistant { parts });
            if results.is_empty() {
                return self;
            }
            messages.push(Message::ToolResults { results });
        }
    }

    async fn patch(self, prompt: &str) -> Self {
        self.ask("change the project as the request says", prompt).await
    }

    fn now(&self) -> BTreeMap<String, String> {
        fn walk(root: &Path, dir: &Path, out: &mut BTreeMap<String, String>) {
            for entry in std::fs::read_dir(dir).unwrap().flatten() {
                let path = entry.path();
                if path.is_dir() {
                    walk(root, &path, out);
                } else {
                    let name = path.strip_prefix(root).unwrap().to_string_lossy().into_owned();
                    out.insert(name, std::fs::read_to_string(&path).unwrap());
                }
            }
        }
        let mut out = BTreeMap::new();
        walk(self.folder.path(), self.folder.path(), &mut out);
        out
    }

    fn text(&self, path: &str) -> String {
        self.now().remove(path).unwrap_or_else(|| panic!("there is no {path}"))
    }

    /// The files that are not as they were, and how many hunks they have in all.
    fn changed(&self) -> (Vec<String>, usize) {
        let now = self.now();
        let changed: Vec<String> = now
            .iter()
            .filter(|(path, text)| self.before.get(*path) != Some(text))
            .map(|(path, _)| path.clone())
            .collect();
        let hunks = changed.iter().map(|path| {
            let old = self.before.get(path).map_or("", String::as_str);
            similar::TextDiff::from_lines(old, &now[path]).grouped_ops(3).len()
        });
        (changed.clone(), hunks.sum())
    }
}

#[tokio::test]
async fn it_shows_which_beds_need_water_in_several_files() {
    let walk =
        Walk::sample().patch("Show which beds need water today, from the rain of the last three days.").await;
    let (files, hunks) = walk.changed();
    assert_eq!(
        files,
        [
            "src/App.tsx",
            "src/components/BedGrid.tsx",
            "src/components/BedTile.tsx",
            "src/lib/dates.ts",
            "src/lib/water.test.ts",
            "src/lib/water.ts",
            "src/styles.css",
        ]
    );
    assert!(hunks >= 8, "{hunks} hunks");
    assert!(walk.text("src/components/BedGrid.tsx").contains("litres={waterNeed(bed, rain)}"));
    assert!(walk.said.starts_with("I am the demo: a script, no AI."), "{}", walk.said);
    let again = walk.accept().patch("Show which beds need water").await;
    assert_eq!(again.changed().0, Vec::<String>::new(), "{}", again.said);
}

#[tokio::test]
async fn every_change_it_offers_can_be_made_one_after_the_other() {
    let mut walk = Walk::sample();
    for (prompt, at_least) in [
        ("Add a dark mode with a switch", 4),
        ("Add a search box for the beds", 4),
        ("Show which beds need water today", 7),
        ("Let me mark a bed as watered", 3),
        ("Add empty states for the beds and the jobs", 4),
        ("Add accessible labels", 4),
        ("Add an error state, so that a crash does not leave a white page", 3),
        ("Make the accent colour purple", 1),
        ("Change the heading to “My plot”", 2),
        (
            "Fix this: Uncaught TypeError: Cannot read properties of undefined (reading 'harvest') at BedPanel (/src/components/BedPanel.tsx:25:20)",
            1,
        ),
    ] {
        walk = walk.patch(prompt).await;
        let (files, _) = walk.changed();
        assert!(files.len() >= at_least, "{prompt}: {files:?}: {}", walk.said);
        walk = walk.accept();
    }
    walk = walk.ask("write tests for what the request names", "Write tests for the library").await;
    assert_eq!(walk.changed().0.len(), 3, "{}", walk.said);
    walk = walk.accept().ask("make the project's linters content", "Clean up").await;
    assert_eq!(walk.changed().0, ["src/components/WeekList.tsx", "src/lib/weather.ts"], "{}", walk.said);
}

#[tokio::test]
async fn any_two_changes_can_be_made_in_either_order() {
    let prompts: Vec<&str> = recipes::PATCHES.iter().skip(1).map(|recipe| recipe.example).collect();
    for first in &prompts {
        let files = Walk::sample().patch(first).await.now();
        for second in prompts.iter().filter(|second| *second != first) {
            let walk = Walk::of(files.clone()).patch(second).await;
            assert!(!walk.changed().0.is_empty(), "{first}, then {second}: {}", walk.said);
        }
    }
}

#[tokio::test]
async fn what_it_cannot_do_it_says_and_changes_nothing() {
    for prompt in ["Port this to Rust and deploy it", "", "🙂", "Write me a poem"] {
        let walk = Walk::sample().patch(prompt).await;
        assert_eq!(walk.changed().0, Vec::<String>::new(), "{prompt}");
        assert!(
            walk.said.contains("I can't do that") && walk.said.contains("connect a model"),
            "{}",
            walk.said
        );
        assert!(walk.said.contains("Show which beds need water today"));
    }
}

#[tokio::test]
async fn a_place_that_the_person_changed_is_told_and_left_alone() {
    let mut files = Walk::sample().before;
    files.insert("src/components/BedTile.tsx".into(), "export const BedTile = () => null\n".into());
    let walk = Walk::of(files).patch("Which beds need water?").await;
    assert_eq!(walk.changed().0, Vec::<String>::new());
    assert!(walk.said.contains("`src/components/BedTile.tsx` is no longer as I know it"), "{}", walk.said);
}

#[tokio::test]
async fn it_explains_with_places_that_are_there() {
    for prompt in [
        "What is this?",
        "How does the rain strip work?",
        "Where do the jobs come from?",
        "Who draws the pictures?",
        "How are dates kept?",
    ] {
        let walk = Walk::sample().ask("answer the question", prompt).await;
        assert_eq!(walk.changed().0, Vec::<String>::new());
        let places: Vec<(String, usize)> = walk
            .said
            .split('`')
            .filter_map(|word| {
                let (path, line) = word.split_once(':')?;
                Some((path.to_owned(), line.parse().ok()?))
            })
            .collect();
        assert!(places.len() >= 3, "{prompt}: {}", walk.said);
        for (path, line) in places {
            assert!(walk.text(&path).lines().count() >= line, "{path}:{line}");
            assert!(line > 1 || path.ends_with("App.tsx"), "{prompt}: {path}:{line}");
        }
    }
    let walk = Walk::of([("src/a.ts", "const x = 1\nexport function add() {}\n")])
        .ask("answer the question", "?")
        .await;
    assert!(walk.said.contains("`src/a.ts:2`"), "{}", walk.said);
}

#[tokio::test]
async fn it_mends_what_a_preview_reports_in_any_project() {
    let app = "import { useMemo } from 'react'\nimport { Card } from './components/Crad'\n\nexport function App({ user }) {\n  const [open, setOpen] = useState(false)\n  return <Card title={user.name.first} />\n}\n";
    let project =
        || Walk::of([("src/App.tsx", app), ("src/components/Card.tsx", "export const Card = () => null\n")]);
    for (error, line) in [
        (
            "ReferenceError: useState is not defined\n    at App (/src/App.tsx:5:31)",
            "import { useState, useMemo } from 'react'",
        ),
        (
            "Could not find module './components/Crad' relative to '/src/App.tsx'",
            "import { Card } from './components/Card'",
        ),
        (
            "src/App.tsx:6 Cannot read properties of undefined (reading 'first')",
            "  return <Card title={user.name?.first} />",
        ),
    ] {
        let walk = project().patch(&format!("Fix this error:\n\n{error}")).await;
        assert_eq!(walk.changed().0, ["src/App.tsx"], "{error}: {}", walk.said);
        assert!(walk.text("src/App.tsx").lines().any(|found| found == line), "{}", walk.text("src/App.tsx"));
    }
    let walk = project().patch("Fix the bug: it does not work").await;
    assert_eq!(walk.changed().0, Vec::<String>::new(), "{}", walk.said);
}

#[tokio::test]
async fn headings_colours_and_the_dark_work_in_any_project() {
    let css = ":root {\n  --paper: #fff;\n  --brand: #336699;\n}\n";
    let project = || {
        Walk::of([
            (
                "index.html",
                "<html>\n<head><title>Hello</title></head>\n<body><h1>Hello</h1></body>\n</html>\n",
            ),
            ("style.css", css),
        ])
    };
    let walk = project().patch("Change the title to \"Good day\"").await;
    assert!(
        walk.text("index.html").contains("<title>Good day</title>")
            && walk.text("index.html").contains("<h1>Good day</h1>")
    );
    let walk = project().patch("make it green").await;
    assert!(walk.text("style.css").contains("--brand: #2f7038;"), "{}", walk.said);
    let walk = walk.accept().patch("add dark mode").await.accept().patch("make it blue").await;
    assert!(
        walk.text("style.css").contains("--brand: #1f5fa8;")
            && walk.text("style.css").contains("--brand: #8ebdf0;")
    );
    let walk = project().patch("add dark mode").await;
    assert!(walk.text("style.css").contains("--paper: #191919;"), "{}", walk.said);
    let walk = walk.accept().patch("add dark mode").await;
    assert_eq!(walk.changed().0, Vec::<String>::new());
}

#[tokio::test]
async fn a_long_file_is_read_to_its_end() {
    let long: String = (0..5000).map(|number| format!("export const v{number} = {number}\n")).collect();
    let text = format!("import {{ gone }} from './gone'\n{long}var last = 1\n");
    let walk = Walk::of([("src/long.ts", text)]).ask("make the project's linters content", "lint").await;
    let now = walk.text("src/long.ts");
    assert!(now.starts_with("export const v0 = 0\n") && now.ends_with("\nconst last = 1\n"), "{}", walk.said);
}
