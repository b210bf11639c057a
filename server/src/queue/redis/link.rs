//! [`Target`]: which Redis, as its URL says it, and the way to it: one server, a master that Sentinels name, or a Cluster.

use redis::aio::{ConnectionLike as _, MultiplexedConnection};
use redis::cluster::{ClusterClient, ClusterConfig};
use redis::cluster_async::ClusterConnection;
use redis::sentinel::{SentinelClient, SentinelNodeConnectionInfo, SentinelServerType};
use redis::{
    AsyncConnectionConfig, Client, Cmd, IntoConnectionInfo as _, RedisConnectionInfo, RedisError, TlsMode,
    Value,
};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::time::Duration;

/// How long a connection may take to be made.
const CONNECT: Duration = Duration::from_secs(2);

/// An address of Redis as a person writes it: `redis://`, `rediss://` and `unix://` are one server, as the `redis` crate
/// reads them. `redis+sentinel://user:password@host:26379,host:26379/name/db` and `redis+cluster://user:password@host,host`
/// name several; with `rediss+` all is TLS. Never shown with its password.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RedisUrl(String);

impl From<String> for RedisUrl {
    fn from(url: String) -> Self {
        Self(url)
    }
}
impl From<&str> for RedisUrl {
    fn from(url: &str) -> Self {
        Self(url.into())
    }
}
impl fmt::Display for RedisUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&without_secrets(&self.0))
    }
}
impl fmt::Debug for RedisUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// Where Redis is, and how to get there.
#[derive(Clone)]
pub(super) struct Target {
    url: RedisUrl,
    way: Way,
}

#[derive(Clone)]
enum Way {
    One(Box<Client>),
    Sentinels { nodes: Vec<String>, name: String, node: Box<(Option<TlsMode>, RedisConnectionInfo)> },
    Cluster(Box<ClusterClient>),
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.url.fmt(f)
    }
}

impl Target {
    pub(super) fn parse(url: &RedisUrl) -> Result<Self, RedisError> {
        let url = url.clone();
        let text = url.0.as_str();
        let way = match text.split_once("://") {
            Some(("redis+sentinel" | "rediss+sentinel", rest)) => {
                sentinels(rest, text.starts_with("rediss"))?
            }
            Some((scheme @ ("redis+cluster" | "rediss+cluster"), rest)) => {
                let (nodes, _path, account) = nodes(rest);
                let scheme = scheme.trim_end_matches("+cluster");
                let nodes = nodes.iter().map(|node| format!("{scheme}://{account}{node}"));
                Way::Cluster(Box::new(ClusterClient::new(nodes.collect::<Vec<_>>())?))
            }
            _ => Way::One(Box::new(Client::open(text)?)),
        };
        Ok(Self { url, way })
    }

    /// A new connection. An answer that takes longer than `patience` is an error.
    pub(super) async fn connect(&self, patience: Duration) -> Result<Link, RedisError> {
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(CONNECT))
            .set_response_timeout(Some(patience));
        match &self.way {
            Way::One(client) => {
                client.get_multiplexed_async_connection_with_config(&config).await.map(Link::One)
            }
            Way::Sentinels { nodes, name, node } => {
                let (tls, settings) = &**node;
                let mut info =
                    SentinelNodeConnectionInfo::default().set_redis_connection_info(settings.clone());
                if let Some(tls) = tls {
                    info = info.set_tls_mode(*tls);
                }
                let mut sentinels = SentinelClient::build(
                    nodes.clone(),
                    name.clone(),
                    Some(info),
                    SentinelServerType::Master,
                )?;
                sentinels.get_async_connection_with_config(&config).await.map(Link::One)
            }
            Way::Cluster(cluster) => {
                let config =
                    ClusterConfig::new().set_connection_timeout(CONNECT).set_response_timeout(patience);
                cluster.get_async_connection_with_config(config).await.map(Link::Cluster)
            }
        }
    }
}

/// One connection.
pub(super) enum Link {
    One(MultiplexedConnection),
    Cluster(ClusterConnection),
}

impl Link {
    pub(super) async fn ask(&mut self, command: &Cmd) -> Result<Value, RedisError> {
        let answer = match self {
            Self::One(link) => link.req_packed_command(command).await,
            Self::Cluster(link) => link.req_packed_command(command).await,
        };
        answer?.extract_error()
    }
}

fn sentinels(rest: &str, is_tls: bool) -> Result<Way, RedisError> {
    let (nodes, path, account) = nodes(rest);
    let (name, db) = path.split_once('/').unwrap_or((path, "0"));
    let scheme = if is_tls { "rediss" } else { "redis" };
    // The account is the master's; Sentinels have none of their own here.
    let master = format!("{scheme}://{account}localhost/{db}").as_str().into_connection_info()?;
    Ok(Way::Sentinels {
        nodes: nodes.iter().map(|node| format!("{scheme}://{node}")).collect(),
        name: if name.is_empty() { "mymaster".into() } else { name.into() },
        node: Box::new((is_tls.then_some(TlsMode::Secure), master.redis_settings().clone())),
    })
}

/// The hosts, what comes after them, and `user:password@` or nothing.
fn nodes(rest: &str) -> (Vec<&str>, &str, &str) {
    let account = rest.rfind('@').map_or("", |at| &rest[..=at]);
    let (hosts, path) = rest[account.len()..].split_once('/').unwrap_or((&rest[account.len()..], ""));
    (hosts.split(',').collect(), path, account)
}

/// A URL as it may be printed.
fn without_secrets(url: &str) -> String {
    let hidden = url.split_once("://").and_then(|(scheme, rest)| {
        let host = &rest[rest.rfind('@')? + 1..];
        Some(format!("{scheme}://…@{host}"))
    });
    let shown = hidden.unwrap_or_else(|| url.to_owned());
    // A unix socket's password is a parameter.
    shown.split_once('?').map_or(shown.clone(), |(shown, _)| shown.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_shown_without_its_password() {
        for (url, shown) in [
            ("redis://ann:s3cr@t@host:6379/1", "redis://…@host:6379/1"),
            ("redis://host", "redis://host"),
            ("redis+sentinel://:s3cret@a:1,b:2/main/3", "redis+sentinel://…@a:1,b:2/main/3"),
            ("unix:///run/redis.sock?pass=s3cret", "unix:///run/redis.sock"),
        ] {
            assert_eq!(format!("{:?}", RedisUrl::from(url)), shown);
        }
    }

    #[test]
    fn every_way_is_read() {
        let way = |url: &str| Target::parse(&url.into()).map(|target| target.way);
        assert!(matches!(way("redis://localhost"), Ok(Way::One(_))));
        assert!(matches!(way("rediss://localhost:6380/2"), Ok(Way::One(_))));
        let Ok(Way::Sentinels { nodes, name, node }) = way("redis+sentinel://ann:pw@a:1,b:2/main/3") else {
            panic!()
        };
        assert_eq!((nodes, &*name), (vec!["redis://a:1".to_owned(), "redis://b:2".to_owned()], "main"));
        assert_eq!((node.1.db(), node.1.username(), node.1.password()), (3, Some("ann"), Some("pw")));
        assert!(matches!(way("redis+cluster://a:1,b:2"), Ok(Way::Cluster(_))));
        assert!(way("http://localhost").is_err());
    }
}
