//! A backup made while others commit, and the way back.

use std::fs;
use std::sync::atomic::{AtomicBool, AtomicU16, Ordering};

use super::*;
use crate::clock::Timestamp;

fn now() -> Timestamp {
    Timestamp::parse("2026-11-28T02:00").unwrap()
}

/// Two rows of one commit: both are there, or neither is.
async fn put_pair(store: &Store, n: u16, durable: bool) {
    let mut draft = Draft::new(store);
    let [one, other] = pair(n);
    draft.put(one, &row(&format!("pair {n}"))).unwrap();
    draft.put(other, &Personal(n.into())).unwrap();
    if durable {
        draft.durable();
    }
    store.commit(draft.into_batch()).await.unwrap();
}

fn pair(n: u16) -> [Key; 2] {
    [key(n), person(0).with(&n.to_be_bytes())]
}

#[test]
fn what_was_acknowledged_before_a_backup_is_in_it_and_nothing_by_half() {
    let folder = tempfile::tempdir().unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let store = open(&folder.path().join("data"));
    let (acknowledged, is_over) = (AtomicU16::new(0), AtomicBool::new(false));
    std::thread::scope(|scope| {
        scope.spawn(|| {
            runtime.block_on(async {
                for n in 1..=u16::MAX {
                    // What nobody waits for too, so that frames are not all alike.
                    put_pair(&store, n, n % 3 == 0).await;
                    if n % 3 == 0 {
                        acknowledged.store(n, Ordering::SeqCst);
                    }
                    if is_over.load(Ordering::SeqCst) {
                        break;
                    }
                    // Some thousand records are enough to be read again and again.
                    clock::sleep(std::time::Duration::from_millis(1)).await;
                }
            });
        });
        for round in 0..8 {
            let (made, restored) = (folder.path().join(format!("backup-{round}")), folder.path().join(format!("again-{round}")));
            if round % 2 == 1 {
                lasting::lasting(&store).checkpoint().unwrap();
            }
            let before = acknowledged.load(Ordering::SeqCst);
            let backup = store.backup(&made, now()).unwrap();
            let (same, verified) = Store::restore(&made, &restored, &keys()).unwrap();
            assert_eq!((same.last_commit, verified.last_commit), (backup.last_commit, backup.last_commit));
            let again = open(&restored);
            let mut newest = 0;
            runtime.block_on(async {
                for n in 1.. {
                    let [one, other] = [again.get(&pair(n)[0]).await.unwrap(), again.get(&pair(n)[1]).await.unwrap()];
                    assert_eq!(one.is_some(), other.is_some(), "round {round}: half of commit {n}");
                    if one.is_none() {
                        break;
                    }
                    newest = n;
                }
            });
            assert!(newest >= before, "round {round}: {before} was acknowledged, the backup ends at {newest}");
            assert!(!restored.join("sled.bad-1").exists());
            clock::pause(std::time::Duration::from_millis(30));
        }
        is_over.store(true, Ordering::SeqCst);
    });
    assert!(acknowledged.load(Ordering::SeqCst) > 0);
}

/// A backup of a few records, in a folder with what else a test needs.
fn backed_up(folder: &Path) -> std::path::PathBuf {
    let store = open(&folder.join("data"));
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        for n in 0..50 {
            put_pair(&store, n, true).await;
        }
    });
    let made = folder.join("backup");
    store.backup(&made, now()).unwrap();
    made
}

fn spoil(made: &Path, case: &str) {
    let note = made.join("backup.json");
    match case {
        "no note" => fs::remove_file(note).unwrap(),
        "another kind" => fs::write(note, r#"{"format":2,"made":"","last_commit":50}"#).unwrap(),
        "a note that promises more" => fs::write(note, r#"{"format":1,"made":"","last_commit":99}"#).unwrap(),
        _ => {
            let checkpoint = fs::read_dir(made.join("checkpoint")).unwrap().next().unwrap().unwrap().path();
            let bytes = fs::read(&checkpoint).unwrap();
            fs::write(&checkpoint, &bytes[..bytes.len() / 2]).unwrap();
            fs::remove_dir_all(made.join("journal")).unwrap();
            fs::create_dir(made.join("journal")).unwrap();
        }
    }
}

#[test]
fn what_is_no_whole_backup_is_not_restored_and_leaves_nothing() {
    let cases = [
        ("no note", "no finished backup"),
        ("another kind", "no finished backup"),
        ("a note that promises more", "reached commit"),
        ("half a checkpoint and no journal", "reached commit"),
    ];
    for (case, wanted) in cases {
        let folder = tempfile::tempdir().unwrap();
        let made = backed_up(folder.path());
        spoil(&made, case);
        let data = folder.path().join("again");
        let error = Store::restore(&made, &data, &keys()).unwrap_err().to_string();
        assert!(error.contains(wanted), "{case}: {error}");
        assert!(!data.exists(), "{case}");
        fs::create_dir(&data).unwrap();
        assert!(Store::restore(&made, &data, &keys()).is_err(), "{case}");
        assert_eq!(fs::read_dir(&data).unwrap().count(), 0, "{case}: the folder itself was there before");
    }
}

#[test]
fn others_keys_open_no_backup() {
    let folder = tempfile::tempdir().unwrap();
    let made = backed_up(folder.path());
    let error = Store::restore(&made, &folder.path().join("again"), &Keys::generate().unwrap()).unwrap_err();
    assert!(error.to_string().contains("key file"), "{error}");
    assert!(!folder.path().join("again").exists());
}

#[test]
fn nothing_is_written_over() {
    let folder = tempfile::tempdir().unwrap();
    let made = backed_up(folder.path());
    let store = open(&folder.path().join("data"));
    assert!(matches!(store.backup(&made, now()), Err(BackupError::NotEmpty(_))));
    let restored = Store::restore(&made, &folder.path().join("data"), &keys());
    assert!(matches!(restored, Err(BackupError::NotEmpty(_))), "{restored:?}");
    assert!(matches!(Store::memory(&keys()).backup(&folder.path().join("other"), now()), Err(BackupError::Memory)));
}
