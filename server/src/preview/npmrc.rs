//! Which registry a package comes from and what to show it: npm's own configuration, read as npm reads it.
//!
//! Nearest wins: environment, the project's `.npmrc`, the user's, and last what npm was set to when this was built.
//! A project's `.npmrc` may name a registry, but its `${NAME}`s stay as they are: a stranger's folder must not be
//! able to send what is in a person's environment to a host of its choice.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use url::Url;

/// What applies to one project.
#[derive(Clone, Default)]
pub(super) struct Npmrc {
    registry: Option<Url>,
    scopes: BTreeMap<String, Url>,
    /// `//host/path/` (with its slash) → the whole `Authorization` value.
    credentials: BTreeMap<String, String>,
    /// A file of further root certificates, PEM.
    pub(super) cafile: Option<PathBuf>,
}

impl Npmrc {
    /// `built_in` is used when nothing is configured.
    pub(super) fn load(
        project: Option<&Path>,
        environment: fn(&str) -> Option<String>,
        built_in: Option<&str>,
    ) -> Self {
        let mut settings = BTreeMap::new();
        if let Some(path) = user_config(environment) {
            read(&path, &mut settings, environment);
        }
        if let Some(project) = project {
            read(&project.join(".npmrc"), &mut settings, |_| None);
        }
        for key in ["registry", "cafile"] {
            if let Some(value) = npm_variable(environment, key) {
                settings.insert(key.into(), value);
            }
        }
        if let Some(built_in) = built_in {
            settings.entry("registry".into()).or_insert_with(|| built_in.to_owned());
        }
        Self::of(settings)
    }

    fn of(settings: BTreeMap<String, String>) -> Self {
        let mut npmrc = Self::default();
        let mut users: BTreeMap<String, (Option<String>, Option<String>)> = BTreeMap::new();
        for (key, value) in settings {
            if key == "registry" {
                npmrc.registry = registry(&value);
            } else if key == "cafile" {
                npmrc.cafile = Some(value.into());
            } else if let Some(scope) = key.strip_suffix(":registry").filter(|scope| scope.starts_with('@')) {
                npmrc.scopes.extend(registry(&value).map(|url| (scope.to_owned(), url)));
            } else if key.starts_with("//")
                && let Some((place, kind)) = key.rsplit_once(':')
            {
                let place = format!("{}/", place.trim_end_matches('/'));
                match kind {
                    "_authToken" => drop(npmrc.credentials.insert(place, format!("Bearer {value}"))),
                    "_auth" => drop(npmrc.credentials.insert(place, format!("Basic {value}"))),
                    "username" => users.entry(place).or_default().0 = Some(value),
                    "_password" => users.entry(place).or_default().1 = Some(value),
                    _ => {}
                }
            }
        }
        for (place, pair) in users {
            if let (Some(user), Some(password)) = pair
                && let Some(password) = unbase64(&password)
            {
                let both = base64(&[user.as_bytes(), b":", &password].concat());
                npmrc.credentials.entry(place).or_insert_with(|| format!("Basic {both}"));
            }
        }
        npmrc
    }

    /// The registry of a package, ending in a slash; none when nothing is configured at all.
    pub(super) fn registry_of(&self, package: &str) -> Option<&Url> {
        let scope = package.split_once('/').map(|(scope, _)| scope);
        scope.and_then(|scope| self.scopes.get(scope)).or(self.registry.as_ref())
    }

    /// The `Authorization` value for an address: that of the longest configured place that it lies in.
    pub(super) fn authorization(&self, url: &Url) -> Option<&str> {
        let host = url.host_str()?;
        let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
        let place = format!("//{host}{port}{}", url.path());
        let within = self.credentials.iter().filter(|(prefix, _)| place.starts_with(prefix.as_str()));
        within.max_by_key(|(prefix, _)| prefix.len()).map(|(_, value)| value.as_str())
    }
}

fn registry(text: &str) -> Option<Url> {
    let mut url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https"))?;
    if !url.path().ends_with('/') {
        url.set_path(&format!("{}/", url.path()));
    }
    Some(url)
}

fn user_config(environment: fn(&str) -> Option<String>) -> Option<PathBuf> {
    npm_variable(environment, "userconfig").map(PathBuf::from).or_else(|| {
        let home = environment("HOME").or_else(|| environment("USERPROFILE"))?;
        Some(Path::new(&home).join(".npmrc"))
    })
}

fn npm_variable(environment: fn(&str) -> Option<String>, key: &str) -> Option<String> {
    let value = environment(&format!("npm_config_{key}"));
    value
        .or_else(|| environment(&format!("NPM_CONFIG_{}", key.to_uppercase())))
        .filter(|value| !value.is_empty())
}

/// The largest `.npmrc` that is read.
const MAX_BYTES: u64 = 256 << 10;

fn read(path: &Path, into: &mut BTreeMap<String, String>, variable: impl Fn(&str) -> Option<String>) {
    if std::fs::metadata(path).is_ok_and(|about| about.is_file() && about.len() <= MAX_BYTES)
        && let Ok(text) = std::fs::read_to_string(path)
    {
        parse(&text, into, variable);
    }
}

/// npm's ini dialect: `key = value`, comments by `;` and `#`, values perhaps in quotes, `${NAME}` and `${NAME?}`.
fn parse(text: &str, into: &mut BTreeMap<String, String>, variable: impl Fn(&str) -> Option<String>) {
    for line in text.lines().map(str::trim).filter(|line| !line.starts_with([';', '#'])) {
        let Some((key, value)) = line.split_once('=') else { continue };
        let value = value.trim();
        let unquoted = ['"', '\''].iter().find_map(|quote| value.strip_prefix(*quote)?.strip_suffix(*quote));
        into.insert(key.trim().to_owned(), expand(unquoted.unwrap_or(value), &variable));
    }
}

fn expand(text: &str, variable: &impl Fn(&str) -> Option<String>) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("${") {
        let Some(end) = rest[at..].find('}').map(|end| at + end) else { break };
        out.push_str(&rest[..at]);
        let name = &rest[at + 2..end];
        let optional = name.ends_with('?');
        match variable(name.trim_end_matches('?')) {
            Some(value) => out.push_str(&value),
            None if optional => {}
            None => out.push_str(&rest[at..=end]),
        }
        rest = &rest[end + 1..];
    }
    out.push_str(rest);
    out
}

fn base64(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

fn unbase64(text: &str) -> Option<Vec<u8>> {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.decode(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn npmrc(text: &str) -> Npmrc {
        let mut settings = BTreeMap::new();
        parse(text, &mut settings, |name| (name == "TOKEN").then(|| "secret".into()));
        Npmrc::of(settings)
    }
    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    #[test]
    fn scopes_have_registries_of_their_own() {
        let npmrc = npmrc("registry=https://a.test/npm\n; a comment\n@mine:registry = \"https://b.test/\"");
        assert_eq!(npmrc.registry_of("react").unwrap().as_str(), "https://a.test/npm/");
        assert_eq!(npmrc.registry_of("@mine/x").unwrap().as_str(), "https://b.test/");
        assert_eq!(npmrc.registry_of("@other/x").unwrap().as_str(), "https://a.test/npm/");
    }

    #[test]
    fn credentials_go_only_to_their_place() {
        let npmrc = npmrc(
            "//a.test/npm/:_authToken=${TOKEN}\n//b.test:8080/:_auth=dTpw\n//c.test/:username=u\n//c.test/:_password=cA==",
        );
        assert_eq!(npmrc.authorization(&url("https://a.test/npm/react")), Some("Bearer secret"));
        assert_eq!(npmrc.authorization(&url("https://a.test/npmx/react")), None);
        assert_eq!(npmrc.authorization(&url("https://a.test.evil.test/npm/react")), None);
        assert_eq!(npmrc.authorization(&url("http://b.test:8080/react")), Some("Basic dTpw"));
        assert_eq!(npmrc.authorization(&url("http://b.test/react")), None);
        assert_eq!(npmrc.authorization(&url("https://c.test/x")), Some("Basic dTpw"));
    }

    #[test]
    fn a_project_cannot_read_the_environment() {
        let project = tempfile::tempdir().unwrap();
        std::fs::write(project.path().join(".npmrc"), "registry=http://evil.test/${HOME}/").unwrap();
        let npmrc =
            Npmrc::load(Some(project.path()), |name| (name == "HOME").then(|| "/nowhere".into()), None);
        assert!(!npmrc.registry_of("x").unwrap().as_str().contains("nowhere"));
    }

    #[test]
    fn the_environment_wins_and_the_build_comes_last() {
        let nothing = Npmrc::load(None, |_| None, Some("https://built-in.test"));
        assert_eq!(nothing.registry_of("x").unwrap().as_str(), "https://built-in.test/");
        let set = |name: &str| (name == "npm_config_registry").then(|| "https://set.test/".to_owned());
        assert_eq!(
            Npmrc::load(None, set, Some("https://built-in.test")).registry_of("x").unwrap().as_str(),
            "https://set.test/"
        );
        assert!(Npmrc::load(None, |_| None, None).registry_of("x").is_none());
    }
}
