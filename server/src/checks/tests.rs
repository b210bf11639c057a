//! Each check on changes that are fine, broken, and none of its business.

use super::*;

fn changed(path: &str, base: Option<&str>, new: &str) -> Changed {
    Changed { path: RelPath::parse(path).unwrap(), base: base.map(str::to_owned), new: new.into() }
}

fn syntax(files: &[Changed]) -> (CheckStatus, String) {
    let check = timed("Syntax", || syntax::check(files));
    (check.status, check.output)
}

#[test]
fn every_language_tells_whole_from_broken() {
    for (path, fine, broken) in [
        ("a.ts", "const a: number = 1;\n", "const a: number = (1;\n"),
        ("a.tsx", "const a = <b>1</b>;\n", "const a = <b>1</i;\n"),
        ("a.jsx", "const a = <b>1</b>;\n", "const a = <b>1</;\n"),
        ("a.mjs", "export const a = 1;\n", "export const a = {;\n"),
        ("tsconfig.json", "{ // why\n  \"a\": 1\n}\n", "{ \"a\": }\n"),
        ("package.json", "{ \"a\": 1 }\n", "{ // no\n \"a\": 1 }\n"),
        ("a.css", "a { color: red }\n", "a { color: red\n"),
        ("a.py", "def f():\n    return 1\n", "def f(:\n    return 1\n"),
        ("a.rs", "fn f() {}\n", "fn f( {}\n"),
        ("Cargo.toml", "[a]\nb = 1\n", "[a]\nb = \n"),
    ] {
        assert_eq!(
            syntax(&[changed(path, None, fine)]),
            (CheckStatus::Passed, "1 file parsed".into()),
            "{path}"
        );
        let (status, output) = syntax(&[changed(path, Some(fine), broken)]);
        assert_eq!(status, CheckStatus::Failed, "{path}");
        assert!(output.starts_with(&format!("{path}:")), "{output}");
    }
}

#[test]
fn errors_that_were_there_before_are_not_the_agents() {
    let broken = "const a = (1;\nconst b = 2;\n";
    let after = "const a = (1;\nconst b = 3;\n";
    assert_eq!(syntax(&[changed("a.ts", Some(broken), after)]).0, CheckStatus::Passed);
}

#[test]
fn files_without_a_grammar_are_said_not_to_be_checked() {
    assert_eq!(
        syntax(&[changed("a.xyz", None, "(((")]),
        (CheckStatus::NotRun, "no grammar for the changed files".into())
    );
}

#[test]
fn the_output_of_a_check_is_bounded() {
    let lines: Vec<_> = (0..MAX_LINES).map(|n| n.to_string()).collect();
    assert_eq!(shown(&lines).lines().count(), MAX_LINES);
    let more: Vec<_> = (0..=MAX_LINES).map(|n| n.to_string()).collect();
    assert!(shown(&more).ends_with("39\n… and 1 more"), "{}", shown(&more));
}

fn copy(files: &[(&str, &str)]) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let place = dir.path().join(path);
        std::fs::create_dir_all(place.parent().unwrap()).unwrap();
        std::fs::write(place, text).unwrap();
    }
    dir
}

#[test]
fn a_new_test_must_import_what_there_is() {
    let package = r#"{ "name": "me", "dependencies": { "react": "19" }, "devDependencies": { "@testing-library/react": "1" } }"#;
    let dir =
        copy(&[("package.json", package), ("src/App.tsx", ""), ("src/lib/index.ts", ""), ("src/a.css", "")]);
    let check = |text: &str| {
        timed("Imports", || imports::check(&[changed("src/App.test.tsx", None, text)], dir.path()))
    };
    for fine in [
        "import { App } from './App';\n",
        "import { App } from \"./App.js\";\n",
        "import './a.css?inline';\n",
        "import x from './lib';\nexport { y } from '../src/lib/index';\n",
        "import { render } from '@testing-library/react/pure';\nimport 'react/jsx-runtime';\n",
        "import fs from 'node:fs';\nimport path from 'path';\nimport a from '@/a';\nimport me from 'me';\n",
    ] {
        let found = check(fine);
        assert_eq!(found.status, CheckStatus::Passed, "{fine} {}", found.output);
    }
    for (broken, said) in [
        ("\nimport { A } from './Ap';\n", "src/App.test.tsx:2: there is no \"./Ap\""),
        ("import a from '../../outside';\n", "src/App.test.tsx:1: there is no \"../../outside\""),
        ("import { it } from 'vitest';\n", "src/App.test.tsx:1: there is no \"vitest\""),
    ] {
        let found = check(broken);
        assert_eq!((found.status, found.output.as_str()), (CheckStatus::Failed, said));
    }
    assert_eq!(check("test('x', () => {});\n").status, CheckStatus::NotRun);
}

#[test]
fn what_the_project_declares_is_named_and_not_run() {
    let scripts =
        r#"{ "scripts": { "lint": "eslint .", "test": "touch ran", "type-check": "tsc", "dev": "vite" } }"#;
    let dir = copy(&[("package.json", scripts)]);
    let checks = check(&[changed("a.ts", None, "let a = 1;\n")], dir.path(), Mode::Patch);
    let named: Vec<_> = checks.iter().map(|check| (check.name.as_str(), check.status)).collect();
    assert_eq!(
        named,
        [
            ("Syntax", CheckStatus::Passed),
            ("Types", CheckStatus::NotRun),
            ("Lint", CheckStatus::NotRun),
            ("Tests", CheckStatus::NotRun)
        ]
    );
    assert!(checks[2].output.starts_with("The project declares `lint: eslint .`."), "{}", checks[2].output);
    assert!(!dir.path().join("ran").exists());
    let fresh = copy(&[(
        "package.json",
        r#"{ "scripts": { "test": "echo \"Error: no test specified\" && exit 1" } }"#,
    )]);
    assert!(declared::checks(fresh.path()).is_empty());
}
