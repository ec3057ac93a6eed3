//! One suite for every back end, and what only the lasting one can do: come back.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests say what went wrong by panicking")]

use std::path::Path;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::*;
use crate::clock;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Row(String);

impl Stored for Row {
    const SPACE: Space = Space::Slot;
    const FORMAT: u16 = 1;
}

/// A record of a person, so that both kinds of seals are used.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Personal(u64);

impl Stored for Personal {
    const SPACE: Space = Space::Booking;
    const FORMAT: u16 = 1;
}

fn key(n: u16) -> Key {
    Key::new(Space::Slot).with(&n.to_be_bytes())
}

fn person(n: u8) -> Key {
    Key::new(Space::Booking).with(&[n; 16]).with(&[1])
}

fn row(text: &str) -> Row {
    Row(text.to_owned())
}

fn keys() -> Keys {
    Keys::parse("hash AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=\nseal 1 AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI=\n").unwrap()
}

fn open(folder: &Path) -> Store {
    Store::open(folder, &keys(), Settings::default()).unwrap().0
}

/// Runs a test on each back end.
fn on_each(test: &impl AsyncFn(&Store)) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(test(&Store::memory(&keys())));
    let folder = tempfile::tempdir().unwrap();
    runtime.block_on(test(&open(folder.path())));
}

async fn put(store: &Store, key: Key, text: &str, durable: bool) {
    let mut draft = Draft::new(store);
    draft.put(key, &row(text)).unwrap();
    if durable {
        draft.durable();
    }
    store.commit(draft.into_batch()).await.unwrap();
}

async fn read(store: &Store, key: Key) -> Option<Row> {
    Draft::new(store).peek(&key).await.unwrap()
}

#[test]
fn a_changed_record_is_a_conflict() {
    on_each(&async |store| {
        put(store, key(1), "old", false).await;
        let mut first = Draft::new(store);
        let mut second = Draft::new(store);
        assert_eq!(first.get::<Row>(&key(1)).await.unwrap(), Some(row("old")));
        assert_eq!(second.get::<Row>(&key(1)).await.unwrap(), Some(row("old")));
        first.put(key(1), &row("first")).unwrap();
        second.put(key(2), &row("second")).unwrap();
        store.commit(first.into_batch()).await.unwrap();
        assert!(matches!(store.commit(second.into_batch()).await, Err(CommitError::Conflict)));
        assert_eq!(read(store, key(1)).await, Some(row("first")));
        assert_eq!(read(store, key(2)).await, None, "all or nothing");
    });
}

#[test]
fn absence_is_seen_too() {
    on_each(&async |store| {
        let mut first = Draft::new(store);
        let mut second = Draft::new(store);
        for draft in [&mut first, &mut second] {
            assert_eq!(draft.get::<Row>(&key(7)).await.unwrap(), None);
            draft.put(key(7), &row("mine")).unwrap();
        }
        store.commit(first.into_batch()).await.unwrap();
        assert!(matches!(store.commit(second.into_batch()).await, Err(CommitError::Conflict)));
    });
}

#[test]
fn deleted_and_made_again_is_another_version() {
    on_each(&async |store| {
        put(store, key(1), "same", false).await;
        let mut slow = Draft::new(store);
        slow.get::<Row>(&key(1)).await.unwrap();
        slow.put(key(9), &row("late")).unwrap();
        let mut delete = Draft::new(store);
        delete.delete(key(1));
        store.commit(delete.into_batch()).await.unwrap();
        assert_eq!(read(store, key(1)).await, None);
        put(store, key(1), "same", true).await;
        assert!(matches!(store.commit(slow.into_batch()).await, Err(CommitError::Conflict)));
    });
}

#[test]
fn peeks_and_scans_are_not_checked() {
    on_each(&async |store| {
        let mut draft = Draft::new(store);
        draft.peek::<Row>(&key(1)).await.unwrap();
        draft.scan::<Row>(key(0)..key(9), 9).await.unwrap();
        draft.put(key(2), &row("x")).unwrap();
        put(store, key(1), "changed", false).await;
        store.commit(draft.into_batch()).await.unwrap();
    });
}

#[test]
fn scans_are_in_order_and_see_what_is_not_yet_written() {
    on_each(&async |store| {
        for n in [5, 1, 300, 2, 4] {
            put(store, key(n), &n.to_string(), n == 2).await;
        }
        // The durable one has taken earlier ones to the tree; these stay in the overlay a while.
        put(store, key(3), "3", false).await;
        let mut gone = Draft::new(store);
        gone.delete(key(4));
        store.commit(gone.into_batch()).await.unwrap();
        let names = async |from, to, limit| -> Vec<String> {
            let rows = Draft::new(store).scan::<Row>(key(from)..key(to), limit).await.unwrap();
            rows.into_iter().map(|(_, Row(text))| text).collect()
        };
        assert_eq!(names(0, 999, 99).await, ["1", "2", "3", "5", "300"]);
        assert_eq!(names(2, 5, 99).await, ["2", "3"], "the end is not included");
        assert_eq!(names(0, 999, 2).await, ["1", "2"]);
        let mut draft = Draft::new(store);
        draft.put(key(6), &row("own")).unwrap();
        draft.delete(key(1));
        let own: Vec<_> = draft.scan::<Row>(key(0)..key(999), 4).await.unwrap().into_iter().map(|(_, Row(text))| text).collect();
        assert_eq!(own, ["2", "3", "5", "own"], "own writes and deletions count");
    });
}

#[test]
fn a_draft_sees_its_own_writes_and_refuses_what_is_too_large() {
    on_each(&async |store| {
        let mut draft = Draft::new(store);
        draft.put(key(1), &row("own")).unwrap();
        assert_eq!(draft.get::<Row>(&key(1)).await.unwrap(), Some(row("own")));
        draft.delete(key(1));
        assert_eq!(draft.get::<Row>(&key(1)).await.unwrap(), None);
        assert!(matches!(draft.put(key(1), &row(&"x".repeat(VALUE_BYTES_MAX))), Err(Fault::TooLarge(_))));
    });
}

#[test]
fn many_racers_make_one_counter() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(4).build().unwrap();
    let folder = tempfile::tempdir().unwrap();
    for store in [Store::memory(&keys()), open(folder.path())] {
        let store = Arc::new(store);
        runtime.block_on(async {
            let racers: Vec<_> = (0..16)
                .map(|_| {
                    let store = Arc::clone(&store);
                    tokio::spawn(async move {
                        let mut done = 0;
                        while done < 50 {
                            let mut draft = Draft::new(&store);
                            let Personal(count) = draft.get(&person(1)).await.unwrap().unwrap_or(Personal(0));
                            draft.put(person(1), &Personal(count + 1)).unwrap();
                            if done % 10 == 0 {
                                draft.durable();
                            }
                            match store.commit(draft.into_batch()).await {
                                Ok(()) => done += 1,
                                Err(CommitError::Conflict) => tokio::task::yield_now().await,
                                Err(CommitError::Fault(fault)) => panic!("{fault}"),
                            }
                        }
                    })
                })
                .collect();
            for racer in racers {
                racer.await.unwrap();
            }
            assert_eq!(Draft::new(&store).peek::<Personal>(&person(1)).await.unwrap(), Some(Personal(800)));
        });
    }
}

mod backup;
mod lasting;

proptest::proptest! {
    /// Keys are compared as arrays with zeros behind them: that must be the order of their bytes, which is sled's.
    #[test]
    fn keys_sort_as_their_bytes_do(a in proptest::collection::vec(0..=3_u8, 1..=KEY_BYTES_MAX), b in proptest::collection::vec(0..=3_u8, 1..=KEY_BYTES_MAX)) {
        let (left, right) = (Key::from_bytes(&a).unwrap(), Key::from_bytes(&b).unwrap());
        assert_eq!(left.cmp(&right), a.cmp(&b));
        assert_eq!(left == right, a == b);
        let next = left.next();
        assert_eq!(next, Key::from_bytes(next.as_bytes()).unwrap());
        assert!(left < next && (right <= left || next <= right));
    }
}
