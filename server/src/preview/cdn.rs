//! The routes that the bundler believes to be public package hosts: versions, manifests and single files, in the
//! shapes those hosts have, from this machine's packages.

use super::manifest;
use super::origin::Site;
use super::packages::Preferred;
use super::registry::RegistryError;
use super::tree::{Progress, Tree};
use axum::Json;
use axum::extract::{Path, State};
use axum::http::{Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::sync::watch;

/// Why the bundler gets no answer; the text is for whoever looks at its requests.
pub(super) struct Refused(StatusCode, String);

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        (self.0, self.1).into_response()
    }
}

impl From<RegistryError> for Refused {
    /// Always a 4xx: the bundler tries a 5xx again, sixty times.
    fn from(why: RegistryError) -> Self {
        Self(StatusCode::NOT_FOUND, why.to_string())
    }
}

fn no_such_route() -> Refused {
    Refused(StatusCode::NOT_FOUND, "There is no such package route here.".into())
}

/// `/-/cdn/{host}/{rest}`: the host only tells the shape.
pub(super) async fn cdn(
    State(site): State<Arc<Site>>,
    method: Method,
    Path((_host, rest)): Path<(String, String)>,
) -> Result<Response, Refused> {
    if method != Method::GET && method != Method::HEAD {
        return Err(no_such_route());
    }
    if let Some(rest) = rest.strip_prefix("v2/packages/") {
        let (name, version) =
            rest.strip_suffix(".json").and_then(|rest| rest.rsplit_once('/')).ok_or_else(no_such_route)?;
        return Ok(Json(package(&site, name, version).await?).into_response());
    }
    if let Some(rest) = rest.strip_prefix("v1/package/npm/") {
        return Ok(match rest.strip_suffix("/flat").and_then(split) {
            Some((name, version, _)) => Json(flat(&site, name, version).await?).into_response(),
            None => Json(versions(&site, rest.trim_end_matches('/')).await?).into_response(),
        });
    }
    let rest = rest.strip_prefix("npm/").unwrap_or(&rest);
    let (name, version, path) = split(rest).ok_or_else(no_such_route)?;
    if path.is_empty() {
        return Ok(Json(meta(&site, name, version).await?).into_response());
    }
    file(&site, name, version, path, "text/plain; charset=utf-8".into()).await
}

/// `/-/file/{name}@{version}/{path}`: a package's file as what it is, for pages that load it directly.
pub(super) async fn raw(
    State(site): State<Arc<Site>>,
    Path(rest): Path<String>,
) -> Result<Response, Refused> {
    let (name, version, path) = split(&rest).ok_or_else(no_such_route)?;
    let kind = mime_guess::from_path(path).first_or_octet_stream();
    file(&site, name, version, path, kind.to_string()).await
}

async fn package(site: &Site, name: &str, asked: &str) -> Result<Value, Refused> {
    let project = site.project();
    let known = project.tree.root.get(name).filter(|version| *version == asked || !is_exact(asked));
    if let Some(version) = known {
        let found =
            manifest::manifest(&site.packages, &project.npmrc, &project.tree, (name, version), &project.used);
        return Ok(found.await?);
    }
    if manifest::never_loaded(name).is_some() {
        return Ok(manifest::empty(name, asked));
    }
    // One of the bundler's own: its packages are chosen to fit the project's.
    let preferred = project.tree.preferred();
    let version = site.packages.choose(&project.npmrc, name, asked, &preferred).await?;
    let wanted = BTreeMap::from([(name.to_owned(), version.clone())]);
    let unwatched = watch::Sender::new(Progress::default());
    let (tree, missing) = Tree::grow(&site.packages, &project.npmrc, &wanted, &preferred, &unwatched).await;
    if let Some(missing) = missing.into_iter().find(|missing| missing.name == name) {
        return Err(missing.why.into());
    }
    Ok(manifest::manifest(&site.packages, &project.npmrc, &tree, (name, &version), &project.used).await?)
}

async fn versions(site: &Site, name: &str) -> Result<Value, Refused> {
    let project = site.project();
    let versions = match project.tree.plain(name).or_else(|| manifest::never_loaded(name)) {
        Some(version) => vec![version.to_owned()],
        None => site.packages.versions(&project.npmrc, name).await?,
    };
    let latest = versions.first().cloned().unwrap_or_default();
    Ok(json!({ "tags": { "latest": latest }, "versions": versions }))
}

async fn flat(site: &Site, name: &str, version: &str) -> Result<Value, Refused> {
    let package = site.packages.get(&site.project().npmrc, name, version).await?;
    let files: Vec<_> = package
        .files
        .iter()
        .map(|(path, bytes)| json!({ "name": format!("/{path}"), "size": bytes.len() }))
        .collect();
    Ok(json!({ "default": "/index.js", "files": files }))
}

async fn meta(site: &Site, name: &str, version: &str) -> Result<Value, Refused> {
    let package = site.packages.get(&site.project().npmrc, name, version).await?;
    let files: Vec<_> =
        package.files.keys().map(|path| json!({ "type": "file", "path": format!("/{path}") })).collect();
    Ok(json!({ "type": "directory", "path": "/", "files": files }))
}

async fn file(site: &Site, name: &str, range: &str, path: &str, kind: String) -> Result<Response, Refused> {
    let project = site.project();
    let preferred = project.tree.preferred();
    let preferred = if is_exact(range) { Preferred::new() } else { preferred };
    let version = site.packages.choose(&project.npmrc, name, range, &preferred).await?;
    let package = site.packages.get(&project.npmrc, name, &version).await?;
    let bytes = package.files.get(path).cloned();
    let bytes =
        bytes.ok_or_else(|| Refused(StatusCode::NOT_FOUND, "The package has no such file.".into()))?;
    Ok(([(header::CONTENT_TYPE, kind)], bytes).into_response())
}

fn is_exact(range: &str) -> bool {
    node_semver::Version::parse(range).is_ok()
}

/// `@scope/name@1.0.0/path/in/it` → its three parts.
fn split(text: &str) -> Option<(&str, &str, &str)> {
    let at = text.get(1..)?.find('@')? + 1;
    let (version, path) = text[at + 1..].split_once('/').unwrap_or((&text[at + 1..], ""));
    Some((&text[..at], version, path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_versions_and_paths_are_told_apart() {
        assert_eq!(split("react@19.0.0/cjs/a.js"), Some(("react", "19.0.0", "cjs/a.js")));
        assert_eq!(split("@a/b@^1/c@2.js"), Some(("@a/b", "^1", "c@2.js")));
        assert_eq!(split("react@19.0.0/"), Some(("react", "19.0.0", "")));
        assert_eq!(split("react"), None);
        assert_eq!(split(""), None);
    }
}
