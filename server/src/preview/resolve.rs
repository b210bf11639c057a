//! Which file of a package a path in it means, as the bundler's resolver decides it: `exports` by its conditions,
//! else the main fields, then endings, index files and the `browser` map.

use super::tarball::Package;
use serde_json::Value;

/// In the bundler's order; the first that an object has decides.
const CONDITIONS: &[&str] = &["browser", "development", "default", "require", "import"];
const MAIN_FIELDS: &[&str] = &["module", "browser", "main", "jsnext:main"];
const ENDINGS: &[&str] = &[
    "",
    ".js",
    ".mjs",
    ".cjs",
    ".json",
    ".jsx",
    ".ts",
    ".tsx",
    "/index.js",
    "/index.mjs",
    "/index.cjs",
    "/index.json",
];

/// The file that `.` or `./sub/path` of a package means.
pub(super) fn entry(package: &Package, path: &str) -> Option<String> {
    let inside = match package.about.get("exports") {
        Some(exports) if !exports.is_null() => exported(exports, path)?,
        _ if path == "." => {
            let named = MAIN_FIELDS.iter().find_map(|field| package.about.get(field)?.as_str());
            named.unwrap_or("index").to_owned()
        }
        _ => path.to_owned(),
    };
    // A main field may name a folder, or be wrong where an index file is right.
    file(package, &normal("", &inside)?).or_else(|| (path == ".").then(|| file(package, "index")).flatten())
}

/// The file that `./x` or `../x` means in a file of the package.
pub(super) fn relative(package: &Package, from: &str, specifier: &str) -> Option<String> {
    let folder = from.rsplit_once('/').map_or("", |(folder, _)| folder);
    file(package, &normal(folder, specifier)?)
}

fn file(package: &Package, path: &str) -> Option<String> {
    let found =
        ENDINGS.iter().map(|ending| format!("{path}{ending}")).find(|path| package.files.contains_key(path));
    let found = found.or_else(|| main_of_folder(package, path))?;
    Some(instead_in_browsers(package, &found).unwrap_or(found))
}

/// Old packages have folders with a package.json that only says where to go on.
fn main_of_folder(package: &Package, folder: &str) -> Option<String> {
    let about: Value = serde_json::from_slice(package.files.get(&format!("{folder}/package.json"))?).ok()?;
    let main = MAIN_FIELDS.iter().find_map(|field| about.get(field)?.as_str())?;
    let path = normal(folder, main)?;
    ENDINGS.iter().map(|ending| format!("{path}{ending}")).find(|path| package.files.contains_key(path))
}

/// What the object form of `browser` puts in a file's place.
fn instead_in_browsers(package: &Package, path: &str) -> Option<String> {
    let map = package.about.get("browser")?.as_object()?;
    let stem = path.rsplit_once('.').map_or(path, |(stem, _)| stem);
    let instead =
        [path, stem].iter().find_map(|path| map.get(&format!("./{path}")).or_else(|| map.get(*path)))?;
    let instead = normal("", instead.as_str()?)?;
    ENDINGS.iter().map(|ending| format!("{instead}{ending}")).find(|path| package.files.contains_key(path))
}

fn exported(exports: &Value, path: &str) -> Option<String> {
    let by_path = exports.as_object().filter(|map| map.keys().next().is_some_and(|key| key.starts_with('.')));
    let Some(map) = by_path else {
        return (path == ".").then(|| condition(exports)).flatten();
    };
    if let Some(target) = map.get(path) {
        return condition(target);
    }
    // The longest pattern that fits, as Node has it.
    let fitting = map.iter().filter_map(|(pattern, target)| {
        let (before, after) = pattern.split_once('*')?;
        let middle = path.strip_prefix(before)?.strip_suffix(after)?;
        Some((before.len(), middle, target))
    });
    let (_, middle, target) = fitting.max_by_key(|(length, ..)| *length)?;
    condition(target).map(|target| target.replace('*', middle))
}

fn condition(target: &Value) -> Option<String> {
    match target {
        Value::String(path) => Some(path.clone()),
        Value::Array(options) => options.iter().find_map(condition),
        Value::Object(map) => CONDITIONS.iter().find_map(|name| map.get(*name)).and_then(condition),
        Value::Null | Value::Bool(_) | Value::Number(_) => None,
    }
}

/// `folder` and `path` joined, without `.` and `..`; none when it would leave the package.
fn normal(folder: &str, path: &str) -> Option<String> {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::preview::tarball::{Limits, tests::pack};

    fn package(about: &str, files: &[&str]) -> Package {
        let paths: Vec<_> = files.iter().map(|path| format!("package/{path}")).collect();
        let mut all = vec![("package/package.json", about)];
        all.extend(paths.iter().map(|path| (path.as_str(), "")));
        Package::unpack(&pack(&all), Limits::default()).unwrap()
    }

    #[test]
    fn exports_are_chosen_by_the_bundlers_conditions() {
        let package = package(
            r#"{"main":"old.js","exports":{".":{"import":"./m.mjs","require":{"default":"./c.cjs"}},
                "./deep/*":{"browser":"./b/*.js"},"./deep/x/*":"./x/*.js","./gone":null}}"#,
            &["old.js", "m.mjs", "c.cjs", "b/one.js", "x/two.js", "secret.js"],
        );
        assert_eq!(entry(&package, ".").as_deref(), Some("c.cjs"));
        assert_eq!(entry(&package, "./deep/one").as_deref(), Some("b/one.js"));
        assert_eq!(entry(&package, "./deep/x/two").as_deref(), Some("x/two.js"));
        assert_eq!(entry(&package, "./gone"), None);
        assert_eq!(entry(&package, "./secret.js"), None);
    }

    #[test]
    fn main_fields_folders_and_endings_are_followed() {
        let package =
            package(r#"{"module":"./es","main":"lib/main"}"#, &["es/index.js", "lib/main.js", "a/index.mjs"]);
        assert_eq!(entry(&package, ".").as_deref(), Some("es/index.js"));
        assert_eq!(entry(&package, "./lib/main").as_deref(), Some("lib/main.js"));
        assert_eq!(relative(&package, "es/index.js", "../a").as_deref(), Some("a/index.mjs"));
        assert_eq!(relative(&package, "es/index.js", "../../../etc/passwd"), None);
    }

    #[test]
    fn browsers_get_what_is_meant_for_them() {
        let package = package(
            r#"{"main":"main.js","browser":{"./node.js":"./web.js"}}"#,
            &["main.js", "node.js", "web.js"],
        );
        assert_eq!(relative(&package, "main.js", "./node").as_deref(), Some("web.js"));
    }
}
