//! What kind of project a folder holds: where its preview starts, or, in plain words, why there can be none.

use super::PreviewError;
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::Path;

/// The most bytes read of one file; more than any package.json or index.html by hand.
const MAX_READ: u64 = 4 << 20;

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Detected {
    Runs(Runs),
    /// It cannot be previewed; for a person, what it is and what to do.
    Cannot(String),
}

/// A project that runs in the browser.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Runs {
    /// Sandpack's environment.
    pub environment: &'static str,
    /// The file that starts the app, from the project's root: `/src/main.tsx`.
    pub entry: String,
    /// As package.json asks for them: ranges by name, without what only tools need.
    pub dependencies: BTreeMap<String, String>,
    /// Packages of type declarations that it names: `@types/react`.
    pub types: BTreeMap<String, String>,
    /// It is built by Vite: its code may use `import.meta.env`.
    pub vite: bool,
}

const REACT: &str = "create-react-app";
const REACT_TYPESCRIPT: &str = "create-react-app-typescript";
/// Plain pages: Sandpack's `parcel` environment starts from HTML and needs no package.
const PAGE: &str = "parcel";

/// Frameworks that need more than a browser, most telling first: package, name, why.
const NEEDS_MORE: &[(&str, &str, &str)] = &[
    ("next", "Next.js", "renders on a Node server"),
    ("nuxt", "Nuxt", "renders on a Node server"),
    ("@remix-run/react", "Remix", "renders on a Node server"),
    ("@react-router/dev", "React Router in framework mode", "builds its routes with a Vite plugin"),
    ("@tanstack/react-start", "TanStack Start", "renders on a Node server"),
    ("astro", "Astro", "builds its pages with its own compiler"),
    ("gatsby", "Gatsby", "builds its pages on Node"),
    ("@sveltejs/kit", "SvelteKit", "renders on a Node server"),
    ("svelte", "Svelte", "needs Svelte's compiler"),
    ("@angular/core", "Angular", "needs Angular's compiler"),
    ("vue", "Vue", "needs Vue's compiler"),
    ("solid-js", "Solid", "needs Solid's JSX compiler"),
    ("@builder.io/qwik", "Qwik", "needs Qwik's compiler"),
    ("expo", "Expo", "runs on a phone"),
    ("react-native", "React Native", "runs on a phone"),
    ("preact", "Preact", "compiles JSX in a way of its own"),
];

/// Node servers: a project with one of these and no page is a server.
const SERVERS: &[&str] = &["express", "fastify", "koa", "hono", "@nestjs/core", "@hapi/hapi"];

/// Packages that only tools use; the browser never asks for them.
const TOOLS: &[&str] =
    &["typescript", "vite", "vitest", "eslint", "prettier", "webpack", "react-scripts", "tsx"];

const ENTRIES: &[&str] = &[
    "src/main.tsx",
    "src/main.jsx",
    "src/index.tsx",
    "src/index.jsx",
    "src/main.ts",
    "src/main.js",
    "src/index.ts",
    "src/index.js",
    "main.tsx",
    "main.jsx",
    "index.tsx",
    "index.jsx",
    "index.ts",
    "index.js",
];

/// Looks at the project in `folder`. Reads a handful of files; runs nothing.
pub fn read(folder: &Path) -> Result<Detected, PreviewError> {
    if !folder.is_dir() {
        return Err(PreviewError::ProjectGone);
    }
    let text = |path: &str| text(&folder.join(path));
    let page = text("index.html")?;
    let Some(package) = text("package.json")? else {
        return Ok(match page {
            Some(_) => plain_page(BTreeMap::new()),
            None => Detected::Cannot(
                "There is no index.html and no package.json in this folder, so there is no page to show. \
                 If the app is in a folder below, open that folder as the project."
                    .into(),
            ),
        });
    };
    let package: Value = match serde_json::from_str(&package) {
        Ok(Value::Object(package)) => Value::Object(package),
        Ok(_) => return Ok(Detected::Cannot("package.json is not a JSON object.".into())),
        Err(why) => {
            return Ok(Detected::Cannot(format!(
                "package.json is not valid JSON (line {}, column {}): {why}",
                why.line(),
                why.column()
            )));
        }
    };
    let asked = Asked::of(&package);
    if let Some((_, name, why)) = NEEDS_MORE.iter().find(|(package, ..)| asked.any(package)) {
        return Ok(Detected::Cannot(format!(
            "This is a project for {name}, which {why}. The preview runs React and plain pages in the browser \
             alone, so it can't show it; editing, the agent and review work as always."
        )));
    }
    let exists = |path: &str| folder.join(path).is_file();
    let entry = page
        .as_deref()
        .and_then(module_script)
        .filter(|entry| exists(entry))
        .or_else(|| ENTRIES.iter().find(|entry| exists(entry)).map(|entry| (*entry).to_owned()))
        .or_else(|| source_main(&package).filter(|entry| exists(entry)));
    if !asked.any("react") {
        return Ok(if page.is_some() {
            plain_page(asked.dependencies)
        } else {
            Detected::Cannot(without_page(&package, &asked, exists("pnpm-workspace.yaml")))
        });
    }
    let Some(entry) = entry else {
        return Ok(Detected::Cannot(without_page(&package, &asked, exists("pnpm-workspace.yaml"))));
    };
    let typescript = [".ts", ".tsx", ".mts"].iter().any(|ending| entry.ends_with(ending));
    Ok(Detected::Runs(Runs {
        environment: if typescript || exists("tsconfig.json") { REACT_TYPESCRIPT } else { REACT },
        entry: format!("/{entry}"),
        vite: asked.any("vite"),
        dependencies: asked.dependencies,
        types: asked.types,
    }))
}

fn plain_page(dependencies: BTreeMap<String, String>) -> Detected {
    let types = BTreeMap::new();
    Detected::Runs(Runs { environment: PAGE, entry: "/index.html".into(), dependencies, types, vite: false })
}

/// Why a project with a package.json has no page.
fn without_page(package: &Value, asked: &Asked, pnpm: bool) -> String {
    if pnpm || package.get("workspaces").is_some() {
        return "This is the root of a workspace of several packages, which has no page of its own. \
                Open the folder of the app itself as the project."
            .into();
    }
    if let Some(server) = SERVERS.iter().find(|server| asked.any(server)) {
        return format!(
            "This looks like a server for Node ({server}). The preview runs in the browser alone, so it can't start \
             it; editing, the agent and review work as always."
        );
    }
    if asked.any("react") {
        return "This is a React package without a page: there is no index.html with a module script, and none of \
                src/main.tsx, src/index.tsx or their like to start from."
            .into();
    }
    "There is no index.html in this folder, so there is no page to show.".into()
}

/// What package.json asks for.
struct Asked {
    /// What the app itself needs.
    dependencies: BTreeMap<String, String>,
    types: BTreeMap<String, String>,
    every: Vec<String>,
}

impl Asked {
    fn of(package: &Value) -> Self {
        let list = |key: &str| -> BTreeMap<String, String> {
            let entries = package.get(key).and_then(Value::as_object).into_iter().flatten();
            entries.filter_map(|(name, range)| Some((name.clone(), range.as_str()?.to_owned()))).collect()
        };
        let mut dependencies = list("dependencies");
        let development = list("devDependencies");
        let peers = list("peerDependencies");
        let every =
            [&dependencies, &development, &peers].iter().flat_map(|list| list.keys().cloned()).collect();
        let typed = dependencies.iter().chain(&development).filter(|(name, _)| name.starts_with("@types/"));
        let types = typed.map(|(name, range)| (name.clone(), range.clone())).collect();
        // A library lists React as a peer and gets it in development; apps also put it there by mistake.
        for (name, range) in peers {
            let range = development.get(&name).cloned().unwrap_or(range);
            dependencies.entry(name).or_insert(range);
        }
        for name in ["react", "react-dom"] {
            if let Some(range) = development.get(name) {
                dependencies.entry(name.into()).or_insert_with(|| range.clone());
            }
        }
        dependencies.retain(|name, _| !name.starts_with("@types/") && !TOOLS.contains(&name.as_str()));
        Self { dependencies, types, every }
    }
    fn any(&self, name: &str) -> bool {
        self.every.iter().any(|asked| asked == name)
    }
}

/// The `src` of the first `<script type="module">`, from the project's root.
fn module_script(page: &str) -> Option<String> {
    let mut rest = page;
    while let Some(at) = rest.find("<script") {
        let tag = &rest[at..];
        let tag = &tag[..tag.find('>')?];
        rest = &rest[at + tag.len()..];
        if attribute(tag, "type").as_deref() == Some("module")
            && let Some(src) = attribute(tag, "src")
            && !src.contains("://")
            && !src.starts_with("//")
        {
            let src = src.trim_start_matches("%PUBLIC_URL%").trim_start_matches("./").trim_start_matches('/');
            return Some(src.split(['?', '#']).next().unwrap_or(src).to_owned());
        }
    }
    None
}

/// The value of an attribute of an HTML tag, quoted or bare.
fn attribute(tag: &str, name: &str) -> Option<String> {
    let mut from = 0;
    while let Some(at) = tag[from..].find(name).map(|at| at + from) {
        from = at + name.len();
        let starts = tag[..at].ends_with(|c: char| c.is_ascii_whitespace() || c == '"' || c == '\'');
        let value = tag[from..].trim_start().strip_prefix('=').map(str::trim_start);
        if let (true, Some(value)) = (starts, value) {
            let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''));
            let value = match quote {
                Some(quote) => value[1..].split(quote).next(),
                None => value.split(|c: char| c.is_ascii_whitespace() || c == '/').next(),
            };
            return value.map(str::to_owned);
        }
    }
    None
}

/// `main` of package.json where it names a source file; a built one is not what a person edits.
fn source_main(package: &Value) -> Option<String> {
    let main = package.get("main")?.as_str()?.trim_start_matches("./").trim_start_matches('/');
    let built = ["dist/", "build/", "lib/", "out/"].iter().any(|folder| main.starts_with(folder));
    (!built && !main.contains("..")).then(|| main.to_owned())
}

/// The text of a file, or none where there is no such file. Bytes that are not UTF-8 are replaced.
fn text(path: &Path) -> Result<Option<String>, PreviewError> {
    match std::fs::File::open(path) {
        Ok(file) => {
            let mut bytes = Vec::new();
            match file.take(MAX_READ).read_to_end(&mut bytes) {
                Ok(_) => {
                    let text = String::from_utf8_lossy(&bytes);
                    Ok(Some(text.trim_start_matches('\u{feff}').to_owned()))
                }
                Err(why) if why.kind() == std::io::ErrorKind::IsADirectory => Ok(None),
                Err(why) => Err(PreviewError::Io(why)),
            }
        }
        Err(why) if why.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(why) => Err(PreviewError::Io(why)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn project(files: &[(&str, &str)]) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = dir.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        dir
    }
    fn runs(files: &[(&str, &str)]) -> Runs {
        match read(project(files).path()).unwrap() {
            Detected::Runs(runs) => runs,
            Detected::Cannot(why) => panic!("refused: {why}"),
        }
    }
    fn cannot(files: &[(&str, &str)]) -> String {
        match read(project(files).path()).unwrap() {
            Detected::Runs(runs) => panic!("runs: {runs:?}"),
            Detected::Cannot(why) => why,
        }
    }

    const REACT_PACKAGE: &str = r#"{"dependencies":{"react":"^19.0.0","react-dom":"^19.0.0"},
        "devDependencies":{"vite":"^8.0.0","@types/react":"^19.0.0","typescript":"~5.9.0"}}"#;

    #[test]
    fn a_vite_project_starts_at_its_module_script() {
        let runs = runs(&[
            ("package.json", REACT_PACKAGE),
            ("index.html", "<div id=root></div>\n<script type='module' src=\"/src/start.tsx\"></script>"),
            ("src/start.tsx", ""),
            ("src/main.tsx", ""),
        ]);
        assert_eq!((runs.environment, runs.entry.as_str()), (REACT_TYPESCRIPT, "/src/start.tsx"));
        assert_eq!(runs.dependencies.keys().collect::<Vec<_>>(), ["react", "react-dom"]);
    }

    #[test]
    fn a_create_react_app_project_in_javascript_starts_at_its_index() {
        let runs = runs(&[("package.json", REACT_PACKAGE), ("public/index.html", ""), ("src/index.js", "")]);
        assert_eq!((runs.environment, runs.entry.as_str()), (REACT, "/src/index.js"));
    }

    #[test]
    fn a_module_script_that_is_not_there_is_passed_over() {
        let page = "<script type=module src=/src/gone.tsx></script>";
        let runs = runs(&[
            ("package.json", REACT_PACKAGE),
            ("index.html", page),
            ("src/main.jsx", ""),
            ("tsconfig.json", ""),
        ]);
        assert_eq!((runs.environment, runs.entry.as_str()), (REACT_TYPESCRIPT, "/src/main.jsx"));
    }

    #[test]
    fn a_plain_page_runs_with_and_without_package_json() {
        assert_eq!(runs(&[("index.html", "<h1>Hi</h1>")]).environment, PAGE);
        let with = runs(&[("index.html", ""), ("package.json", r#"{"dependencies":{"lodash":"4.17.21"}}"#)]);
        assert_eq!((with.environment, with.dependencies["lodash"].as_str()), (PAGE, "4.17.21"));
    }

    #[test]
    fn what_cannot_run_in_a_browser_is_told_by_name() {
        for (package, name) in [("next", "Next.js"), ("vue", "Vue"), ("react-native", "React Native")] {
            let json = format!(r#"{{"dependencies":{{"{package}":"1.0.0","react":"19.0.0"}}}}"#);
            assert!(cannot(&[("package.json", &json), ("index.html", "")]).contains(name));
        }
        assert!(
            cannot(&[("package.json", r#"{"dependencies":{"express":"5.0.0"}}"#)])
                .contains("server for Node")
        );
        assert!(
            cannot(&[("package.json", r#"{"workspaces":["a"]}"#)]).contains("workspace of several packages")
        );
        assert!(cannot(&[("package.json", REACT_PACKAGE)]).contains("React package without a page"));
        assert!(cannot(&[("README.md", "")]).contains("no index.html and no package.json"));
    }

    #[test]
    fn a_broken_package_json_is_named_with_its_line() {
        assert!(cannot(&[("package.json", "{\n  \"name\": }")]).contains("line 2"));
        assert!(cannot(&[("package.json", "[]")]).contains("not a JSON object"));
    }

    #[test]
    fn a_folder_that_is_gone_is_its_own_error() {
        let dir = project(&[]);
        let gone = dir.path().join("gone");
        assert!(matches!(read(&gone), Err(PreviewError::ProjectGone)));
    }

    #[test]
    fn a_library_that_lists_react_as_a_peer_gets_the_version_it_develops_with() {
        let runs = runs(&[
            ("package.json", r#"{"peerDependencies":{"react":">=18"},"devDependencies":{"react":"19.1.0"}}"#),
            ("src/index.tsx", ""),
        ]);
        assert_eq!(runs.dependencies["react"], "19.1.0");
    }
}
