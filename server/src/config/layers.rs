//! Lays the layers over each other, key by key, and remembers which one set what.

use super::{Config, Secrets, keys};
use crate::providers::keys::Secret;
use crate::queue::redis::RedisUrl;
use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use toml::{Table, Value};

/// Names of the ecosystem, and two of ours that everybody needs.
const ALIASES: [(&str, &str); 8] = [
    ("ANTHROPIC_BASE_URL", "models.anthropic_base_url"),
    ("OPENAI_BASE_URL", "models.openai_base_url"),
    ("OLLAMA_HOST", "models.ollama_host"),
    ("REDIS_URL", "queue.redis_url"),
    ("RUST_LOG", "log.filter"),
    ("TIDEMARK_DATA_DIR", "server.data_dir"),
    ("TIDEMARK_LISTEN", "server.listen"),
    ("TIDEMARK_MODEL", "models.default"),
];
/// Ours, but no keys: where the file is, and what tools around us pass on.
const NOT_KEYS: [&str; 2] = ["TIDEMARK_CONFIG", "TIDEMARK_READY_FILE"];
const SECRETS: [&str; 2] = ["ANTHROPIC_API_KEY", "OPENAI_API_KEY"];

/// Who set a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Layer {
    Defaults,
    File(PathBuf),
    Project(PathBuf),
    Environment(String),
    Flag,
}

impl fmt::Display for Layer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Defaults => f.write_str("the default"),
            Self::File(path) => write!(f, "the file {}", path.display()),
            Self::Project(path) => write!(f, "the project's file {}", path.display()),
            Self::Environment(name) => write!(f, "the environment variable {name}"),
            Self::Flag => f.write_str("a flag of this command"),
        }
    }
}

#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error("{path} could not be read: {source}", path = path.display())]
    Unreadable { path: PathBuf, source: std::io::Error },
    #[error("{path} is not valid TOML: {source}", path = path.display())]
    NotToml { path: PathBuf, source: Box<toml::de::Error> },
    #[error("{key} can't be {value}, which is set by {layer}: {reason}")]
    BadValue { key: String, value: String, layer: Layer, reason: String },
    #[error("this system has no home folder; set {0}")]
    NoHome(&'static str),
}

/// The configuration, and how it came about.
#[derive(Debug, Clone)]
pub struct Loaded {
    pub config: Config,
    pub secrets: Secrets,
    /// For a person: unknown keys, and what a project file may not set.
    pub warnings: Vec<String>,
    /// The file that was read, or would be.
    pub path: Option<PathBuf>,
    values: BTreeMap<String, (Value, Layer)>,
}

impl From<Config> for Loaded {
    /// A configuration that was made, not read: no file, no environment, no keys.
    fn from(config: Config) -> Self {
        Self {
            config,
            secrets: Secrets::default(),
            warnings: Vec::new(),
            path: None,
            values: BTreeMap::new(),
        }
    }
}

impl Loaded {
    /// What a key is, who set it and what it is for; an error that names the nearest key otherwise.
    pub fn explain(&self, key: &str) -> Result<Explained, String> {
        let known = keys::known();
        let Some(doc) = known.get(key) else {
            let inside: Vec<_> =
                known.keys().filter(|name| name.starts_with(&format!("{key}."))).cloned().collect();
            if !inside.is_empty() {
                return Err(format!("{key} is a table; its keys are {}", inside.join(", ")));
            }
            return Err(unknown(key, &known));
        };
        let (value, layer) = match self.values.get(key) {
            Some((value, layer)) => (Some(printable(key, value)), layer.clone()),
            None => (None, Layer::Defaults),
        };
        Ok(Explained { key: key.into(), value, layer, doc: doc.clone(), variable: keys::variable(key) })
    }
}

/// The answer to `tidemark config explain KEY`.
#[derive(Debug, Clone, PartialEq)]
pub struct Explained {
    pub key: String,
    /// Absent: not set, which has a meaning of its own that `doc` tells.
    pub value: Option<Value>,
    pub layer: Layer,
    pub doc: String,
    /// The environment variable that sets it.
    pub variable: String,
}

pub(super) fn load(
    file: Option<&Path>,
    project: Option<&Path>,
    flags: BTreeMap<String, Value>,
    environment: &dyn Fn(&str) -> Option<String>,
    names: impl Iterator<Item = String>,
) -> Result<Loaded, ConfigError> {
    let known = keys::known();
    let defaults = Table::try_from(Config::default()).expect("the defaults are a table");
    let mut layers = Layers { values: BTreeMap::new(), warnings: Vec::new(), known };
    for (key, value) in flat(&defaults) {
        layers.values.insert(key, (value, Layer::Defaults));
    }

    let named = file.map(Path::to_path_buf).or_else(|| environment("TIDEMARK_CONFIG").map(PathBuf::from));
    let path = named.clone().or_else(Config::usual_path);
    if let Some(path) = &path
        && let Some(table) = read(path, named.is_some())?
    {
        layers.lay(flat(&table), &Layer::File(path.clone()))?;
    }
    if let Some(folder) = project {
        let path = folder.join(".tidemark").join("config.toml");
        if let Some(table) = read(&path, false)? {
            layers.lay_project(flat(&table), &Layer::Project(path))?;
        }
    }
    layers.lay_environment(environment, names)?;
    layers.lay(flags, &Layer::Flag)?;

    let config = layers.config().map_err(|why| *why)?;
    let mut wanted: Vec<String> = SECRETS.iter().map(ToString::to_string).collect();
    wanted.extend(config.provider.iter().filter_map(|provider| provider.key_env.clone()));
    let by_name = wanted
        .into_iter()
        .filter_map(|name| {
            environment(&name).and_then(|text| Secret::new(&text)).map(|secret| (name, secret))
        })
        .collect();
    Ok(Loaded {
        config,
        secrets: Secrets { by_name },
        warnings: layers.warnings,
        path,
        values: layers.values,
    })
}

fn read(path: &Path, must_exist: bool) -> Result<Option<Table>, ConfigError> {
    match std::fs::read_to_string(path) {
        Ok(text) => toml::from_str(&text)
            .map(Some)
            .map_err(|why| ConfigError::NotToml { path: path.into(), source: Box::new(why) }),
        Err(why) if why.kind() == std::io::ErrorKind::NotFound && !must_exist => Ok(None),
        Err(source) => Err(ConfigError::Unreadable { path: path.into(), source }),
    }
}

/// A table as dotted keys. Arrays are values.
fn flat(table: &Table) -> BTreeMap<String, Value> {
    fn walk(table: &Table, prefix: &str, found: &mut BTreeMap<String, Value>) {
        for (name, value) in table {
            let key = if prefix.is_empty() { name.clone() } else { format!("{prefix}.{name}") };
            match value {
                Value::Table(inner) => walk(inner, &key, found),
                other => drop(found.insert(key, other.clone())),
            }
        }
    }
    let mut found = BTreeMap::new();
    walk(table, "", &mut found);
    found
}

/// A value as it may be printed: Redis's address may hold a password.
fn printable(key: &str, value: &Value) -> Value {
    match (key, value) {
        ("queue.redis_url", Value::String(url)) => Value::String(RedisUrl::from(url.clone()).to_string()),
        _ => value.clone(),
    }
}

fn unknown(key: &str, known: &BTreeMap<String, String>) -> String {
    match keys::nearest(key, known.keys()) {
        Some(meant) => format!("there is no key {key}; did you mean {meant}?"),
        None => format!("there is no key {key}"),
    }
}

struct Layers {
    values: BTreeMap<String, (Value, Layer)>,
    warnings: Vec<String>,
    known: BTreeMap<String, String>,
}

impl Layers {
    fn lay(&mut self, values: BTreeMap<String, Value>, layer: &Layer) -> Result<(), ConfigError> {
        for (key, value) in values {
            if self.known.contains_key(&key) {
                self.set(key, value, layer.clone())?;
            } else {
                self.warnings.push(format!("{layer}: {}", unknown(&key, &self.known)));
            }
        }
        Ok(())
    }

    /// A project may come from anybody: it may name a model and lower limits, and nothing else.
    fn lay_project(&mut self, values: BTreeMap<String, Value>, layer: &Layer) -> Result<(), ConfigError> {
        let mut allowed = BTreeMap::new();
        for (key, value) in values {
            let raises = key.starts_with("limits.")
                && match (value.as_integer(), self.values.get(&key).and_then(|(now, _)| now.as_integer())) {
                    (Some(new), Some(now)) => new > now,
                    _ => true,
                };
            if key.starts_with("limits.") && raises && self.known.contains_key(&key) {
                self.warnings.push(format!("{layer}: a project may only lower {key}; it stays as it was"));
            } else if key == "models.default" || key.starts_with("limits.") || !self.known.contains_key(&key)
            {
                allowed.insert(key, value);
            } else {
                self.warnings.push(format!("{layer}: a project may not set {key}; it stays as it was"));
            }
        }
        self.lay(allowed, layer)
    }

    fn lay_environment(
        &mut self,
        environment: &dyn Fn(&str) -> Option<String>,
        names: impl Iterator<Item = String>,
    ) -> Result<(), ConfigError> {
        let mut variables: BTreeMap<String, String> =
            self.known.keys().map(|key| (keys::variable(key), key.clone())).collect();
        variables.extend(ALIASES.map(|(name, key)| (name.into(), key.into())));
        for (name, key) in &variables {
            if let Some(text) = environment(name).filter(|text| !text.is_empty()) {
                self.set(key.clone(), self.typed(key, &text), Layer::Environment(name.clone()))?;
            }
        }
        for name in names {
            let ours = name.starts_with("TIDEMARK_") && !NOT_KEYS.contains(&name.as_str());
            if ours && !variables.contains_key(&name) {
                let meant = keys::nearest(&name, variables.keys());
                let meant = meant.map_or(String::new(), |meant| format!("; did you mean {meant}?"));
                self.warnings.push(format!("the environment variable {name} means nothing to us{meant}"));
            }
        }
        Ok(())
    }

    /// A text as the kind of value that the key has.
    fn typed(&self, key: &str, text: &str) -> Value {
        let now = self.values.get(key).map(|(value, _)| value);
        let read = match now {
            Some(Value::Integer(_)) => text.trim().parse().ok().map(Value::Integer),
            Some(Value::Boolean(_)) => match text.trim() {
                "1" | "true" | "yes" | "on" => Some(Value::Boolean(true)),
                "0" | "false" | "no" | "off" => Some(Value::Boolean(false)),
                _ => None,
            },
            _ => None,
        };
        read.unwrap_or_else(|| Value::String(text.into()))
    }

    /// Sets a value, and finds out at once whether it can be one, so that the layer can be blamed.
    fn set(&mut self, key: String, value: Value, layer: Layer) -> Result<(), ConfigError> {
        let shown = printable(&key, &value).to_string();
        self.values.insert(key.clone(), (value, layer.clone()));
        self.config().map(drop).map_err(|why| match *why {
            ConfigError::BadValue { reason, .. } => {
                ConfigError::BadValue { key, value: shown, layer, reason }
            }
            other => other,
        })
    }

    fn config(&self) -> Result<Config, Box<ConfigError>> {
        let mut root = Table::new();
        for (key, (value, _)) in &self.values {
            let mut parts: Vec<_> = key.split('.').collect();
            let last = parts.pop().expect("a key has a last part");
            let mut table = &mut root;
            for part in parts {
                let inner = table.entry(part).or_insert_with(|| Value::Table(Table::new()));
                table = inner.as_table_mut().expect("a key is either a table or a value");
            }
            table.insert(last.into(), value.clone());
        }
        Value::Table(root).try_into().map_err(|why: toml::de::Error| {
            Box::new(ConfigError::BadValue {
                key: String::new(),
                value: String::new(),
                layer: Layer::Defaults,
                reason: why.message().into(),
            })
        })
    }
}

#[cfg(test)]
mod tests;
