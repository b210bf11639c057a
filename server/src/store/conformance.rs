//! What every [`ObjectStore`] promises, as named cases that each backend runs.

use super::{ObjectStore, StoreError, disk::DiskStore, memory::MemoryStore};
use bytes::Bytes;
use std::sync::Arc;
use tidemark_shared::Hash;

type Store = Arc<dyn ObjectStore>;

/// Names every case once; each backend makes a test of each.
macro_rules! every_store {
    ($backend:ident) => {
        every_store!($backend:
            what_was_put_is_read_again,
            a_missing_object_is_not_found,
            deleting_twice_is_fine,
            putting_twice_is_fine,
            an_empty_object_is_an_object,
            twenty_megabytes_come_back_whole,
            many_at_once_are_named_in_order,
            the_same_object_from_many_hands,
            a_deleted_object_can_be_put_again
        );
    };
    ($backend:ident: $($case:ident),*) => {
        mod $backend {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $case() {
                let (store, _home) = super::$backend();
                super::$case(store).await;
            })*
        }
    };
}

fn memory() -> (Store, Option<tempfile::TempDir>) {
    (Arc::new(MemoryStore::default()), None)
}
fn on_disk() -> (Store, Option<tempfile::TempDir>) {
    let home = tempfile::tempdir().unwrap();
    (Arc::new(DiskStore::open(home.path().join("objects")).unwrap()), Some(home))
}
every_store!(memory);
every_store!(on_disk);

/// Bytes that no compressor makes smaller, and no two seeds the same.
fn noise(seed: u64, length: usize) -> Bytes {
    let mut bytes = vec![0; length];
    let mut reader = blake3::Hasher::new().update(&seed.to_le_bytes()).finalize_xof();
    reader.fill(&mut bytes);
    bytes.into()
}

async fn what_was_put_is_read_again(store: Store) {
    for bytes in [Bytes::from_static(b"one"), "line\n".repeat(9_000).into(), noise(1, 9_000)] {
        let name = store.put(bytes.clone()).await.unwrap();
        assert_eq!(name, Hash::of(&bytes));
        assert!(store.has(&name).await.unwrap());
        assert_eq!(store.get(&name).await.unwrap(), bytes);
    }
}

async fn a_missing_object_is_not_found(store: Store) {
    let name = Hash::of(b"never put");
    assert!(!store.has(&name).await.unwrap());
    assert!(matches!(store.get(&name).await, Err(StoreError::NotFound(n)) if n == name.as_str()));
}

async fn deleting_twice_is_fine(store: Store) {
    let name = store.put(Bytes::from_static(b"short-lived")).await.unwrap();
    store.delete(&name).await.unwrap();
    store.delete(&name).await.unwrap();
    assert!(matches!(store.get(&name).await, Err(StoreError::NotFound(_))));
}

async fn putting_twice_is_fine(store: Store) {
    let first = store.put(noise(2, 100)).await.unwrap();
    let second = store.put(noise(2, 100)).await.unwrap();
    assert_eq!(first, second);
    assert_eq!(store.get(&first).await.unwrap(), noise(2, 100));
}

async fn an_empty_object_is_an_object(store: Store) {
    let name = store.put(Bytes::new()).await.unwrap();
    assert_eq!(store.get(&name).await.unwrap(), Bytes::new());
    assert!(store.put_many(vec![]).await.unwrap().is_empty());
}

async fn twenty_megabytes_come_back_whole(store: Store) {
    let bytes = noise(3, 20 << 20);
    let name = store.put(bytes.clone()).await.unwrap();
    assert!(store.get(&name).await.unwrap() == bytes);
}

async fn many_at_once_are_named_in_order(store: Store) {
    let mut many: Vec<Bytes> = (0..500).map(|n| noise(n, 300)).collect();
    many.push(many[7].clone());
    let names = store.put_many(many.clone()).await.unwrap();
    assert_eq!(names, many.iter().map(|bytes| Hash::of(bytes)).collect::<Vec<_>>());
    for (name, bytes) in names.iter().zip(&many) {
        assert_eq!(store.get(name).await.unwrap(), bytes);
    }
}

async fn the_same_object_from_many_hands(store: Store) {
    let bytes = noise(4, 1 << 20);
    let name = Hash::of(&bytes);
    let mut hands = tokio::task::JoinSet::new();
    for _ in 0..16 {
        let (store, bytes, name) = (store.clone(), bytes.clone(), name.clone());
        hands.spawn(async move {
            // Whoever looks while others put sees all of it or nothing.
            if let Ok(seen) = store.get(&name).await {
                assert!(seen == bytes);
            }
            assert_eq!(store.put(bytes.clone()).await.unwrap(), name);
            assert!(store.get(&name).await.unwrap() == bytes);
        });
    }
    hands.join_all().await;
}

async fn a_deleted_object_can_be_put_again(store: Store) {
    let name = store.put(noise(5, 50)).await.unwrap();
    store.delete(&name).await.unwrap();
    store.put(noise(5, 50)).await.unwrap();
    assert_eq!(store.get(&name).await.unwrap(), noise(5, 50));
}
