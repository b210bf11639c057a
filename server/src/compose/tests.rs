//! The house with its ledger in Redis.

use super::*;
use crate::config::{Queue, QueueBackend, Server as Place};
use crate::desktop::NoDesktop;
use crate::queue::redis::server_for_tests::Server;

fn with_redis(home: &Path, url: &str) -> Loaded {
    let server =
        Place { data_dir: Some(home.join("data")), projects_folder: Some(home.into()), ..Place::default() };
    let queue = Queue { backend: QueueBackend::Redis, redis_url: url.into(), ..Queue::default() };
    Config { server, queue, ..Config::default() }.into()
}

#[tokio::test]
async fn a_house_keeps_its_ledger_in_the_redis_that_is_named() {
    let home = tempfile::tempdir().unwrap();
    let redis = Server::start(&[]);
    let loaded = with_redis(home.path(), &redis.url());
    let house = local(&loaded, "http://127.0.0.1:1".into(), Arc::new(NoDesktop)).await.unwrap();
    house.app.queue.pause(tidemark_shared::Mode::Patch, true).await.unwrap();
    let second = local(&loaded, "http://127.0.0.1:2".into(), Arc::new(NoDesktop)).await;
    let why = second.err().unwrap().to_string();
    assert!(why.contains(&std::process::id().to_string()), "a data directory has one house: {why}");
    house.close().await;
    assert_eq!(redis.ask("EXISTS {tidemark}:state"), ":1\r\n");
    assert!(!home.path().join("data/ledger").exists());
}

#[tokio::test]
async fn a_redis_that_is_away_is_named_at_the_start() {
    let home = tempfile::tempdir().unwrap();
    let loaded = with_redis(home.path(), "redis://:s3cret@127.0.0.1:1");
    let refused = local(&loaded, "http://127.0.0.1:1".into(), Arc::new(NoDesktop)).await;
    let why = refused.err().unwrap().to_string();
    assert!(why.contains("Redis at redis://…@127.0.0.1:1 cannot be reached"), "{why}");
}
