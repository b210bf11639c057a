//! Looks at a Redis before it is trusted: its version, what it forgets, and what outlives a power cut.

use super::RedisOptions;
use super::link::{Link, Target};
use super::script::FORMAT;
use redis::{RedisError, Value};
use std::collections::HashMap;

/// Streams with numbers of our own, scripts with flags.
const OLDEST_VERSION: u32 = 7;

/// What an acknowledged task outlives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// Redis's end and a power cut: it syncs before it answers.
    Always,
    /// Redis's end; a power cut may take the last second or two.
    EverySecond,
    /// Redis's end; when its machine stops, what the system had not written yet is lost.
    System,
    /// Nothing: Redis keeps no log, and its end takes what was not in its last snapshot.
    None,
}

/// Why a ledger in Redis could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("Redis's address is not one: {0}")]
    BadUrl(#[source] RedisError),
    #[error("Redis at {0} cannot be reached: {1}. Start it, or correct the address")]
    Away(String, #[source] RedisError),
    #[error("Redis at {0} is version {1}; version 7 or newer, or Valkey, is needed")]
    TooOld(String, String),
    #[error(
        "Redis at {0} has maxmemory-policy {1}: it would drop tasks when memory is short. Set it to noeviction"
    )]
    Evicts(String, String),
    #[error("Redis at {0} holds a ledger of format {1}, and this Tidemark reads format {2}. Update Tidemark")]
    Newer(String, u32, u32),
    #[error("the prefix {0:?} of the names in Redis has no {{tag}}")]
    NoTag(String),
    #[error("{1} (at {0})")]
    Refused(String, String),
}

/// What was seen.
pub(super) struct Server {
    pub(super) durability: Durability,
    /// Bytes; 0 is no limit.
    pub(super) max_memory: usize,
    /// The newest call that had news.
    pub(super) newest: u64,
}

pub(super) async fn connect(options: &RedisOptions) -> Result<(Target, Link, Server), OpenError> {
    let target = Target::parse(&options.url).map_err(OpenError::BadUrl)?;
    let at = target.to_string();
    let has_tag = options
        .prefix
        .split_once('{')
        .is_some_and(|(_, tag)| tag.split_once('}').is_some_and(|(t, _)| !t.is_empty()));
    if !has_tag {
        return Err(OpenError::NoTag(options.prefix.clone()));
    }
    let away = |why| OpenError::Away(at.clone(), why);
    let mut link = target.connect(options.patience).await.map_err(away)?;
    let info = info(&mut link, &options.prefix).await.map_err(away)?;
    let said = |name: &str| info.get(name).map_or("", String::as_str);

    // Valkey answers with the version of Redis that it is compatible with.
    let version = said("redis_version");
    let major = version.split('.').next().and_then(|major| major.parse::<u32>().ok()).unwrap_or_default();
    if major < OLDEST_VERSION {
        return Err(OpenError::TooOld(at, version.into()));
    }
    let policy = said("maxmemory_policy");
    if policy != "noeviction" {
        return Err(OpenError::Evicts(at, policy.into()));
    }
    let durability = if said("aof_enabled") == "1" {
        match setting(&mut link, "appendfsync").await.as_deref() {
            Some("always") => Durability::Always,
            Some("no") => Durability::System,
            // Also where the settings may not be read: it is what nearly every Redis has.
            _ => Durability::EverySecond,
        }
    } else {
        tracing::error!(
            redis = %at,
            "this Redis keeps no log (appendonly is off): when it ends, tasks since its last snapshot are LOST. \
             Set appendonly to yes"
        );
        Durability::None
    };
    let (format, newest) = ledger(&mut link, &options.prefix).await.map_err(away)?;
    if format > FORMAT {
        return Err(OpenError::Newer(at, format, FORMAT));
    }
    let max_memory = said("maxmemory").parse().unwrap_or_default();
    Ok((target, link, Server { durability, max_memory, newest }))
}

async fn info(link: &mut Link, prefix: &str) -> Result<HashMap<String, String>, RedisError> {
    let mut command = redis::cmd("INFO");
    if matches!(link, Link::Cluster(_)) {
        // The node that has the ledger counts: a script with its key goes there.
        command = redis::cmd("EVAL");
        command.arg("return redis.call('INFO')").arg(1).arg(prefix);
    }
    let text: String = redis::from_redis_value(link.ask(&command).await?)?;
    let pairs = text.lines().filter_map(|line| line.trim().split_once(':'));
    Ok(pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
}

/// One setting; nothing where settings may not be read.
async fn setting(link: &mut Link, name: &str) -> Option<String> {
    let mut command = redis::cmd("CONFIG");
    command.arg("GET").arg(name);
    let pairs: HashMap<String, String> = redis::from_redis_value(link.ask(&command).await.ok()?).ok()?;
    pairs.get(name).cloned()
}

/// The ledger's format and its newest call, as `script/2_state.lua` keeps them; the format is 0 when there is none yet.
async fn ledger(link: &mut Link, prefix: &str) -> Result<(u32, u64), RedisError> {
    let mut command = redis::cmd("GET");
    command.arg(format!("{prefix}:state"));
    let Value::BulkString(state) = link.ask(&command).await? else { return Ok((0, 0)) };
    let number = |at: usize| {
        let bytes = state.get(at * 8..at * 8 + 8).and_then(|bytes| bytes.try_into().ok());
        bytes.map_or(0.0, f64::from_le_bytes)
    };
    Ok((number(0) as u32, number(4) as u64))
}
