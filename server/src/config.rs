//! The configuration: one TOML file, layered defaults < file < project file < environment < flags. The only reader of the
//! environment. Every key knows which layer set it; an unknown one is a warning with a suggestion, never an error.

mod keys;
mod layers;

pub use layers::{ConfigError, Layer, Loaded};

use crate::agent::AgentLimits;
use crate::models::setup::{ExtraProvider, ProviderSettings};
use crate::preview::PreviewOptions;
use crate::providers::{Dialect, keys::Secret};
use crate::queue::QueueLimits;
use crate::queue::redis::{RedisOptions, RedisUrl};
use crate::sandbox::CommandLimits;
use crate::tasks::resume::ResumeLimits;
use crate::tasks::submit::Limits as TaskLimits;
use crate::tools::ToolLimits;
use crate::worker::WorkerLimits;
use crate::workspace::Limits as WorkspaceLimits;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tidemark_shared::ModelId;

/// `config.toml`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Config {
    pub server: Server,
    pub queue: Queue,
    pub models: Models,
    /// Servers that speak like Anthropic or OpenAI, each with a name of its own: `[[provider]]`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub provider: Vec<Provider>,
    pub preview: Preview,
    pub log: Log,
    pub limits: Limits,
}

/// The door, and where things are kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Server {
    /// Address and port to listen on: loopback only. Port 0 takes a free one.
    #[schemars(with = "String")]
    pub listen: SocketAddr,
    /// Tasks, snapshots, settings and the package cache. The system's place for data when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data_dir: Option<PathBuf>,
    /// Where new projects are made. `Tidemark` in the home folder when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub projects_folder: Option<PathBuf>,
}

impl Default for Server {
    fn default() -> Self {
        Self { listen: SocketAddr::from(([127, 0, 0, 1], 0)), data_dir: None, projects_folder: None }
    }
}

/// Which ledger keeps the tasks.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum QueueBackend {
    /// In the data directory, on this machine alone.
    #[default]
    Sled,
    Redis,
}

/// Where tasks are kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Queue {
    /// `sled`: in the data directory. `redis`: in the Redis at `redis_url`; an address alone changes nothing, because
    /// `REDIS_URL` may be set for something else.
    pub backend: QueueBackend,
    /// `redis://`, `rediss://`, `unix://`, `redis+sentinel://host,host/name` or `redis+cluster://host,host`.
    #[schemars(with = "String")]
    pub redis_url: RedisUrl,
    /// How all names in Redis begin. Another one is another ledger; the braces keep it together in a Cluster.
    pub redis_prefix: String,
    /// Seconds that a request waits for a Redis that is away.
    pub redis_wait_seconds: u64,
}

impl Default for Queue {
    fn default() -> Self {
        let usual = RedisOptions::new("redis://127.0.0.1:6379");
        Self {
            backend: QueueBackend::default(),
            redis_url: usual.url,
            redis_prefix: usual.prefix,
            redis_wait_seconds: usual.wait.as_secs(),
        }
    }
}

impl Queue {
    /// How the ledger in Redis is opened, when it is there.
    pub fn redis(&self) -> Option<RedisOptions> {
        let wait = Duration::from_secs(self.redis_wait_seconds);
        let prefix = self.redis_prefix.clone();
        (self.backend == QueueBackend::Redis).then(|| RedisOptions {
            prefix,
            wait,
            ..RedisOptions::new(self.redis_url.clone())
        })
    }
}

/// Which models are asked, and where they are. Keys are not kept here: they come from the environment or the app.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Models {
    /// The model for tasks that name none, as `provider/model`. What is chosen in the app counts more.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub default: Option<ModelId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub anthropic_base_url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub openai_base_url: Option<String>,
    /// A host, a host and port, or a URL.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ollama_host: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lmstudio_base_url: Option<String>,
    /// Look for Ollama and LM Studio at their usual places on this computer.
    pub look_around: bool,
    /// A provider that says nothing for so many seconds is given up.
    pub silent_after_seconds: u64,
    /// Milliseconds between two pieces of a demo answer.
    pub demo_pace_ms: u64,
}

impl Default for Models {
    fn default() -> Self {
        let known = ProviderSettings::default();
        Self {
            default: None,
            anthropic_base_url: None,
            openai_base_url: None,
            ollama_host: None,
            lmstudio_base_url: None,
            look_around: known.look_around,
            silent_after_seconds: known.idle.as_secs(),
            demo_pace_ms: u64::try_from(known.demo_pace.as_millis()).unwrap_or(u64::MAX),
        }
    }
}

/// One `[[provider]]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Provider {
    /// The first part of its models' names.
    pub id: String,
    /// For a person; the id when absent.
    pub name: Option<String>,
    pub base_url: String,
    /// The environment variable that has its key.
    pub key_env: Option<String>,
    #[serde(default)]
    pub speaks: Speaks,
    /// Models that it has, when it does not list them.
    #[serde(default)]
    pub models: Vec<String>,
}

/// How a server wants to be asked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Speaks {
    /// Anthropic Messages.
    Anthropic,
    /// OpenAI Responses.
    OpenaiResponses,
    /// OpenAI Chat Completions: nearly every server.
    #[default]
    OpenaiChat,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Preview {
    /// Bytes of packages that are kept on this machine for previews; the least recently used go first.
    pub max_cache_bytes: u64,
}

impl Default for Preview {
    fn default() -> Self {
        Self { max_cache_bytes: 2 << 30 }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Log {
    /// What is logged, as `RUST_LOG` says it.
    pub filter: String,
    pub format: LogFormat,
}

impl Default for Log {
    fn default() -> Self {
        Self { filter: "warn".into(), format: LogFormat::Text }
    }
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    #[default]
    Text,
    Json,
}

/// Everything that can grow, and how far.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Limits {
    pub requests: RequestLimits,
    pub tasks: TaskLimits,
    pub queue: QueueLimits,
    pub workspace: WorkspaceLimits,
    pub agent: AgentLimits,
    pub tools: ToolLimits,
    pub worker: WorkerLimits,
    pub resume: ResumeLimits,
    pub commands: CommandLimits,
}

/// What one request may cost.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct RequestLimits {
    /// The largest body, in bytes.
    pub max_body_bytes: usize,
    /// Seconds until an answer must begin. A folder dialog may stay open for longer.
    pub max_seconds: u64,
    /// Seconds that running requests and tasks get when the server stops.
    pub stop_seconds: u64,
}

impl Default for RequestLimits {
    fn default() -> Self {
        Self { max_body_bytes: 16 << 20, max_seconds: 60, stop_seconds: 5 }
    }
}

/// What the environment says that no file may: keys. Never printed.
#[derive(Debug, Clone, Default)]
pub struct Secrets {
    by_name: BTreeMap<String, Secret>,
}

impl Secrets {
    fn get(&self, name: &str) -> Option<Secret> {
        self.by_name.get(name).cloned()
    }
}

impl Config {
    /// Reads every layer. `flags` are dotted keys with their values; `project` is the folder whose file counts.
    pub fn load(
        file: Option<&Path>,
        project: Option<&Path>,
        flags: BTreeMap<String, toml::Value>,
    ) -> Result<Loaded, ConfigError> {
        layers::load(file, project, flags, &environment_variable, std::env::vars().map(|(name, _)| name))
    }

    /// Where the file is looked for when nothing else is said.
    pub fn usual_path() -> Option<PathBuf> {
        dirs::config_dir().map(|dir| dir.join("tidemark").join("config.toml"))
    }

    /// The JSON Schema of `config.toml`.
    pub fn schema() -> serde_json::Value {
        schemars::schema_for!(Self).to_value()
    }

    /// Where everything is kept.
    pub fn data_dir(&self) -> Result<PathBuf, ConfigError> {
        let usual = || dirs::data_dir().map(|dir| dir.join("tidemark"));
        self.server.data_dir.clone().or_else(usual).ok_or(ConfigError::NoHome("server.data_dir"))
    }

    /// Where new projects are made.
    pub fn projects_folder(&self) -> Result<PathBuf, ConfigError> {
        let usual = || dirs::home_dir().map(|dir| dir.join("Tidemark"));
        self.server
            .projects_folder
            .clone()
            .or_else(usual)
            .ok_or(ConfigError::NoHome("server.projects_folder"))
    }

    /// What the provider registry needs to know.
    pub fn providers(&self, secrets: &Secrets) -> ProviderSettings {
        let models = &self.models;
        ProviderSettings {
            anthropic_key: secrets.get("ANTHROPIC_API_KEY"),
            anthropic_base_url: models.anthropic_base_url.clone(),
            openai_key: secrets.get("OPENAI_API_KEY"),
            openai_base_url: models.openai_base_url.clone(),
            ollama_host: models.ollama_host.clone(),
            lmstudio_base_url: models.lmstudio_base_url.clone(),
            look_around: models.look_around,
            extra: self.provider.iter().map(|provider| provider.found(secrets)).collect(),
            idle: Duration::from_secs(models.silent_after_seconds),
            demo_pace: Duration::from_millis(models.demo_pace_ms),
            ..ProviderSettings::default()
        }
    }

    /// What previews need to know. npm's own settings are read where npm keeps them.
    pub fn previews(&self, data_dir: &Path) -> PreviewOptions {
        PreviewOptions {
            cache: data_dir.join("packages"),
            environment: environment_variable,
            max_cache_bytes: self.preview.max_cache_bytes,
        }
    }
}

impl Provider {
    fn found(&self, secrets: &Secrets) -> ExtraProvider {
        ExtraProvider {
            id: self.id.clone(),
            name: self.name.clone(),
            base_url: self.base_url.clone(),
            key: self.key_env.as_deref().and_then(|name| secrets.get(name)),
            key_env: self.key_env.clone(),
            dialect: match self.speaks {
                Speaks::Anthropic => Dialect::Anthropic,
                Speaks::OpenaiResponses => Dialect::Responses,
                Speaks::OpenaiChat => Dialect::Chat,
            },
            models: self.models.clone(),
        }
    }
}

/// A variable of the environment that the house was started in.
pub fn environment_variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}
