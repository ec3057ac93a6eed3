//! What only the lasting store can do: come back, from whatever state its folder is in.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use super::*;

/// Everything in a store, plain.
fn contents(store: &Store) -> BTreeMap<Vec<u8>, (u64, Vec<u8>)> {
    let mut all = BTreeMap::new();
    store
        .export(&mut |key, record| {
            all.insert(key.as_bytes().to_vec(), (record.stamp.0, record.bytes.to_vec()));
        })
        .unwrap();
    all
}

/// A folder with a few hundred records of every kind, closed, and what is in it.
fn filled(folder: &Path) -> BTreeMap<Vec<u8>, (u64, Vec<u8>)> {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let store = open(folder);
    runtime.block_on(async {
        for n in 0..120 {
            put(&store, key(n), &format!("row {n}"), n % 7 == 0).await;
            let mut draft = Draft::new(&store);
            draft.put(person(u8::try_from(n).unwrap()), &Personal(n.into())).unwrap();
            if n % 5 == 0 {
                draft.delete(key(n / 2));
            }
            store.commit(draft.into_batch()).await.unwrap();
        }
    });
    store.close();
    contents(&store)
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &target);
        } else {
            fs::copy(&path, &target).unwrap();
        }
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut all = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            all.extend(files(&path));
        } else {
            all.push(path);
        }
    }
    all.sort();
    all
}

#[test]
fn what_was_closed_comes_back_and_stamps_go_on() {
    let folder = tempfile::tempdir().unwrap();
    let before = filled(folder.path());
    let store = open(folder.path());
    assert_eq!(contents(&store), before);
    let highest = before.values().map(|(stamp, _)| *stamp).max().unwrap();
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        put(&store, key(900), "new", true).await;
        assert!(store.get(&key(900)).await.unwrap().unwrap().stamp.0 > highest);
    });
}

#[test]
fn only_one_process_at_a_time_and_only_with_the_right_keys() {
    let folder = tempfile::tempdir().unwrap();
    filled(folder.path());
    let held = open(folder.path());
    assert!(matches!(Store::open(folder.path(), &keys(), Settings::default()), Err(OpenError::Locked)));
    drop(held);
    let others = Keys::generate().unwrap();
    let refused = Store::open(folder.path(), &others, Settings::default());
    assert!(matches!(refused, Err(OpenError::Keys)), "{refused:?}");
    assert!(!contents(&open(folder.path())).is_empty(), "and the right keys still open it");
}

#[test]
fn whether_keys_open_the_records_is_seen_without_opening_them() {
    let folder = tempfile::tempdir().unwrap();
    let others = Keys::generate().unwrap();
    let asked = |keys: &Keys| Store::opens_with(folder.path(), keys).unwrap();
    assert_eq!(asked(&keys()), None);
    filled(folder.path());
    let _running = open(folder.path());
    assert_eq!((asked(&keys()), asked(&others)), (Some(true), Some(false)), "beside a gateway");
}

#[test]
fn a_copy_taken_while_running_has_all_that_was_acknowledged() {
    let folder = tempfile::tempdir().unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let store = open(folder.path());
    for round in 0..20_u16 {
        runtime.block_on(put(&store, key(round), "there", true));
        let image = tempfile::tempdir().unwrap();
        // Only what a durable commit rests on: the tree is somebody's memory.
        copy(&folder.path().join("journal"), &image.path().join("journal"));
        let rows = contents(&open(image.path()));
        assert_eq!(rows.len(), usize::from(round) + 1);
    }
}

#[test]
fn what_is_settled_is_on_disk() {
    let folder = tempfile::tempdir().unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let store = open(folder.path());
    for round in 0..20_u16 {
        runtime.block_on(async {
            put(&store, key(round), "not waited for", false).await;
            let stamp = store.get(&key(round)).await.unwrap().unwrap().stamp;
            store.settle(stamp).await.unwrap();
            store.settle(stamp).await.unwrap();
        });
        let image = tempfile::tempdir().unwrap();
        copy(&folder.path().join("journal"), &image.path().join("journal"));
        assert_eq!(contents(&open(image.path())).len(), usize::from(round) + 1);
    }
}

#[test]
fn without_its_tree_everything_is_made_anew() {
    let folder = tempfile::tempdir().unwrap();
    let before = filled(folder.path());
    fs::remove_dir_all(folder.path().join("sled")).unwrap();
    assert_eq!(contents(&open(folder.path())), before);
    for path in files(&folder.path().join("sled")) {
        fs::write(path, b"nonsense").unwrap();
    }
    assert_eq!(contents(&open(folder.path())), before);
}

#[test]
fn from_a_checkpoint_and_the_journal_after_it() {
    let folder = tempfile::tempdir().unwrap();
    let before = filled(folder.path());
    let checkpoint = |store: &Store| match &store.back {
        Back::Sled(sled) => sled.checkpoint().unwrap(),
        Back::Memory(_) => unreachable!("opened from a folder"),
    };
    let store = open(folder.path());
    checkpoint(&store);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(put(&store, key(901), "after the first", true));
    drop(store);
    let store = open(folder.path());
    checkpoint(&store);
    runtime.block_on(put(&store, key(902), "after the second", true));
    drop(store);
    let old = files(&folder.path().join("journal")).first().unwrap().clone();
    assert!(!old.ends_with("0000000000000001.seg"), "the first segment is covered by both checkpoints: {old:?}");
    fs::remove_dir_all(folder.path().join("sled")).unwrap();
    let (store, opened) = Store::open(folder.path(), &keys(), Settings::default()).unwrap();
    assert!(opened.checkpoint.is_some());
    let rows = contents(&store);
    assert_eq!(rows.len(), before.len() + 2);
    assert!(before.iter().all(|(key, value)| rows.get(key) == Some(value)));
}

#[test]
fn one_flipped_bit_anywhere_changes_nothing() {
    let whole = tempfile::tempdir().unwrap();
    let before = filled(whole.path());
    let mut random = 0x2545_F491_4F6C_DD1D_u64;
    for round in 0..150 {
        let folder = tempfile::tempdir().unwrap();
        copy(whole.path(), folder.path());
        let all: Vec<_> = files(folder.path()).into_iter().filter(|path| fs::metadata(path).unwrap().len() > 0).collect();
        let mut draw = |below: usize| {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            usize::try_from(random >> 8).unwrap() % below
        };
        let path = &all[draw(all.len())];
        let bytes = fs::read(path).unwrap();
        // The front of a file is where most of its sense is: sled's is padded with zeros.
        let reach = if round % 2 == 0 { bytes.len() } else { bytes.len().min(20_000) };
        // Twice, with a start in between: what the first start found is put right on disk before the second bit goes.
        for _ in 0..2 {
            let Ok(mut bytes) = fs::read(path) else { continue };
            let (at, bit) = (draw(reach.min(bytes.len()).max(1)), draw(8));
            let Some(byte) = bytes.get_mut(at) else { continue };
            *byte ^= 1 << bit;
            fs::write(path, bytes).unwrap();
            assert_eq!(contents(&open(folder.path())), before, "round {round}: bit {bit} of byte {at} of {path:?}");
        }
    }
}

#[test]
fn a_torn_tail_is_cut_wherever_it_is_torn() {
    let whole = tempfile::tempdir().unwrap();
    let store = open(whole.path());
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(put(&store, key(1), "first", true));
    let segment = files(&whole.path().join("journal")).pop().unwrap();
    let first = fs::read(&segment).unwrap();
    runtime.block_on(put(&store, key(2), "second", true));
    let both = fs::read(&segment).unwrap();
    for len in first.len()..=both.len() {
        let folder = tempfile::tempdir().unwrap();
        let journal = folder.path().join("journal");
        fs::create_dir_all(&journal).unwrap();
        fs::write(journal.join(segment.file_name().unwrap()), &both[..len]).unwrap();
        let store = open(folder.path());
        assert_eq!(contents(&store).len(), if len == both.len() { 2 } else { 1 }, "cut to {len}");
        // And what comes after a torn tail is found again.
        runtime.block_on(put(&store, key(3), "third", true));
        drop(store);
        assert!(contents(&open(folder.path())).contains_key(key(3).as_bytes()));
    }
}

#[test]
fn a_hole_in_what_was_never_synced_is_cut_and_one_in_what_was_is_told() {
    let whole = tempfile::tempdir().unwrap();
    let store = open(whole.path());
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let segment = files(&whole.path().join("journal")).pop().unwrap();
    let mut ends = Vec::new();
    // Two durable commits, then three that nobody waits for, each in a frame of its own.
    for n in 0..5 {
        runtime.block_on(put(&store, key(n), "x", n < 2));
        while ends.last().copied().unwrap_or(0) == fs::metadata(&segment).unwrap().len() || fs::metadata(&segment).unwrap().len() == 0 {
            clock::pause(std::time::Duration::from_millis(5));
        }
        ends.push(fs::metadata(&segment).unwrap().len());
    }
    let bytes = fs::read(&segment).unwrap();
    let with_hole = |from: u64, to: u64| {
        let folder = tempfile::tempdir().unwrap();
        let journal = folder.path().join("journal");
        fs::create_dir_all(&journal).unwrap();
        let mut bytes = bytes.clone();
        bytes[usize::try_from(from).unwrap()..usize::try_from(to).unwrap()].fill(0);
        fs::write(journal.join(segment.file_name().unwrap()), bytes).unwrap();
        let opened = Store::open(folder.path(), &keys(), Settings::default()).map(|(store, _)| contents(&store).len());
        (opened, folder)
    };
    let (opened, folder) = with_hole(ends[2], ends[3]);
    assert_eq!(opened.unwrap(), 3, "the fourth and what came after it");
    assert_eq!(contents(&open(folder.path())).len(), 3, "and it opens again");
    let (opened, _folder) = with_hole(ends[1], ends[2]);
    assert_eq!(opened.unwrap(), 2);
    let (opened, _folder) = with_hole(ends[0], ends[1]);
    assert!(matches!(opened, Err(OpenError::Gap { .. })), "a durable commit is missing: {opened:?}");
}

#[test]
fn nothing_stands_in_clear() {
    let folder = tempfile::tempdir().unwrap();
    filled(folder.path());
    for path in files(folder.path()) {
        let bytes = fs::read(&path).unwrap();
        assert!(!bytes.windows(4).any(|window| window == b"row "), "{path:?}");
    }
}

#[test]
fn a_full_disk_refuses_and_recovers() {
    let folder = tempfile::tempdir().unwrap();
    let settings = Settings { low_water_bytes: u64::MAX };
    let (store, _) = Store::open(folder.path(), &keys(), settings).unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        for _ in 0..100 {
            if !store.is_writable() {
                break;
            }
            put(&store, key(1), "x", true).await;
            clock::sleep(std::time::Duration::from_millis(20)).await;
        }
        assert!(!store.is_writable());
        let mut draft = Draft::new(&store);
        draft.put(key(2), &row("y")).unwrap();
        assert!(matches!(store.commit(draft.into_batch()).await, Err(CommitError::Fault(Fault::Unwritable))));
        assert_eq!(read(&store, key(1)).await, Some(row("x")), "reading goes on");
    });
}

/// The lasting store inside.
pub(super) fn lasting(store: &Store) -> &Sled {
    match &store.back {
        Back::Sled(sled) => sled,
        Back::Memory(_) => unreachable!("opened from a folder"),
    }
}

/// Commits a person's record durably while the disk fails, and waits until the store has opened its journal again.
async fn fail_once(store: &Store) {
    lasting(store).tear_next_append();
    let mut draft = Draft::new(store);
    draft.put(person(1), &Personal(1)).unwrap();
    draft.durable();
    assert!(matches!(store.commit(draft.into_batch()).await, Err(CommitError::Fault(_))));
    for _ in 0..300 {
        clock::sleep(std::time::Duration::from_millis(10)).await;
        if store.is_writable() {
            return;
        }
    }
    panic!("the store did not come back");
}

#[test]
fn a_persons_records_outlive_a_disk_that_failed_once() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        fail_once(&store).await;
        assert_eq!(Draft::new(&store).peek::<Personal>(&person(1)).await.unwrap(), None, "what failed is not there");
        let mut draft = Draft::new(&store);
        draft.put(person(1), &Personal(2)).unwrap();
        draft.durable();
        store.commit(draft.into_batch()).await.unwrap();
    });
    drop(store);
    let store = open(folder.path());
    let read = runtime.block_on(async { Draft::new(&store).peek::<Personal>(&person(1)).await.unwrap() });
    assert_eq!(read, Some(Personal(2)), "sealed under a key that was written down");
}

#[test]
fn a_journal_that_failed_once_can_be_read_to_its_end() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        put(&store, key(1), "before", true).await;
        fail_once(&store).await;
        put(&store, key(2), "after", true).await;
    });
    drop(store);
    fs::remove_dir_all(folder.path().join("sled")).unwrap();
    assert_eq!(contents(&open(folder.path())).len(), 2);
}

#[test]
fn closing_leaves_no_commit_waiting() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(4).enable_time().build().unwrap();
    for round in 0..12 {
        let folder = tempfile::tempdir().unwrap();
        let store = Arc::new(open(folder.path()));
        let callers: Vec<_> = (0..8_u16)
            .map(|caller| {
                let store = Arc::clone(&store);
                runtime.spawn(async move {
                    let mut last = None;
                    for n in 0..u16::MAX {
                        let mut draft = Draft::new(&store);
                        draft.put(key(caller), &row(&n.to_string())).unwrap();
                        // Gaps between commits, or the store would never be found idle.
                        if n % 3 == 0 {
                            tokio::task::yield_now().await;
                        }
                        draft.durable();
                        if store.commit(draft.into_batch()).await.is_err() {
                            break;
                        }
                        last = Some(row(&n.to_string()));
                    }
                    last
                })
            })
            .collect();
        clock::pause(std::time::Duration::from_millis(round));
        store.close();
        let told: Vec<_> = runtime.block_on(async {
            let mut told = Vec::new();
            for caller in callers {
                let ended = clock::within(std::time::Duration::from_secs(2), caller).await;
                told.push(ended.unwrap_or_else(|| panic!("round {round}: a commit waits for a store that is closed")).unwrap());
            }
            told
        });
        drop(store);
        let store = open(folder.path());
        for (caller, told) in (0..8).zip(told) {
            let there = runtime.block_on(read(&store, key(caller)));
            let number = |row: Option<Row>| row.map_or(-1, |Row(n)| n.parse::<i32>().unwrap());
            assert!(number(there) >= number(told), "round {round}: acknowledged and gone");
        }
    }
}

#[test]
fn a_tree_that_failed_gets_nothing_more_and_nothing_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        put(&store, key(1), "before", true).await;
        while store.figures().overlay_bytes > 0 {
            clock::sleep(std::time::Duration::from_millis(5)).await;
        }
        lasting(&store).fail_next_apply();
        put(&store, key(2), "journaled", true).await;
        // Long enough for the free space to be looked at again.
        clock::sleep(std::time::Duration::from_millis(2_500)).await;
        assert!(!store.is_writable(), "it stays so until the next start");
        assert_eq!(read(&store, key(2)).await, Some(row("journaled")), "what was acknowledged can be read");
        let mut draft = Draft::new(&store);
        draft.put(key(3), &row("late")).unwrap();
        assert!(matches!(store.commit(draft.into_batch()).await, Err(CommitError::Fault(Fault::Unwritable))));
    });
    drop(store);
    assert_eq!(contents(&open(folder.path())).len(), 2);
}

#[test]
fn a_tree_that_a_power_cut_left_ahead_of_the_journal_can_still_be_made_anew() {
    let folder = tempfile::tempdir().unwrap();
    let before = filled(folder.path());
    // What was not waited for is in the tree, and torn off the journal.
    let segment = files(&folder.path().join("journal")).pop().unwrap();
    let bytes = fs::read(&segment).unwrap();
    fs::write(&segment, &bytes[..bytes.len() - 10]).unwrap();
    let store = open(folder.path());
    assert_eq!(contents(&store), before);
    tokio::runtime::Runtime::new().unwrap().block_on(put(&store, key(900), "later", true));
    drop(store);
    fs::remove_dir_all(folder.path().join("sled")).unwrap();
    let rows = contents(&open(folder.path()));
    assert_eq!(rows.len(), before.len() + 1);
}

#[test]
fn half_a_commit_that_the_journal_has_lost_is_not_kept() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        put(&store, key(1), "before", true).await;
        while store.figures().overlay_bytes > 0 {
            clock::sleep(std::time::Duration::from_millis(5)).await;
        }
        lasting(&store).fail_next_apply();
        let mut draft = Draft::new(&store);
        draft.put(key(2), &row("one half")).unwrap();
        draft.put(key(3), &row("the other")).unwrap();
        store.commit(draft.into_batch()).await.unwrap();
        while store.is_writable() {
            clock::sleep(std::time::Duration::from_millis(5)).await;
        }
    });
    drop(store);
    let whole = tempfile::tempdir().unwrap();
    copy(folder.path(), whole.path());
    assert_eq!(contents(&open(whole.path())).len(), 3, "the journal completes it");
    let segment = files(&folder.path().join("journal")).pop().unwrap();
    let bytes = fs::read(&segment).unwrap();
    fs::write(&segment, &bytes[..bytes.len() - 10]).unwrap();
    let (store, opened) = Store::open(folder.path(), &keys(), Settings::default()).unwrap();
    assert_eq!(contents(&store).len(), 1);
    assert!(opened.rebuilt.is_some());
}
