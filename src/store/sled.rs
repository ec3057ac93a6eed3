//! The lasting store: overlay, journal, tree, and the two threads between them.
//!
//! ```text
//!  commit ─▶ overlay ──drain──▶ journal thread: seal, append, sync ─▶ "on disk" ─▶ tree thread: apply ─▶ overlay forgets
//!                 every 20 ms, or at once when somebody waits
//! ```

use std::fs::{DirBuilder, File};
use std::ops::Range;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, mpsc};
use std::thread::JoinHandle;

use tokio::sync::{Notify, oneshot};

use super::committer::{self, DRAINS_IN_FLIGHT, JournalThread};
use super::journal::{self, Journal};
use super::opening::{free_bytes, journal_folder, lock, open_parts, spawn};
use super::overlay::{Overlay, Told};
use super::persons::Persons;
use super::seal::{Keys, Sealer};
use super::tree::Tree;
use super::{Batch, CommitError, Fault, Figures, Key, OpenError, Opened, Record, Settings, Space, Stamp, Timings};

/// Accepted and not yet in the tree. Beyond it, commits wait for the disk.
const OVERLAY_BYTES_MAX: usize = 8 * 1024 * 1024;

#[derive(Debug)]
pub(super) struct Sled {
    shared: Arc<Shared>,
    threads: Mutex<Vec<JoinHandle<()>>>,
    /// Held as long as the store is open.
    _lock: File,
}

#[derive(Debug)]
pub(super) struct Shared {
    pub(super) folder: PathBuf,
    pub(super) settings: Settings,
    pub(super) sealer: Sealer,
    pub(super) overlay: Mutex<Overlay>,
    /// Wakes the journal thread.
    pub(super) wake: Condvar,
    /// Wakes commits that wait for room.
    pub(super) room: Notify,
    pub(super) tree: Tree,
    pub(super) persons: Mutex<Persons>,
    /// The journal and the disk take more.
    pub(super) writable: AtomicBool,
    /// The tree lacks something that is journaled. Only a restart mends it.
    pub(super) tree_failed: AtomicBool,
    pub(super) closing: AtomicBool,
    /// The last commit accepted.
    pub(super) last: AtomicU64,
    /// The last commit that is on disk.
    pub(super) synced: AtomicU64,
    /// The last commit in the tree.
    pub(super) applied: AtomicU64,
    pub(super) commits: AtomicU64,
    pub(super) sync_micros: AtomicU64,
    pub(super) timings: Arc<Timings>,
    pub(super) checkpointing: AtomicBool,
    /// Makes the next append stop half-way, as a full disk does.
    #[cfg(test)]
    pub(super) tear_next_append: AtomicBool,
    /// Makes the next gathering come into the tree by half.
    #[cfg(test)]
    pub(super) fail_next_apply: AtomicBool,
}

impl Sled {
    pub(super) fn open(folder: &Path, keys: &Keys, settings: Settings) -> Result<(Self, Opened), OpenError> {
        if !folder.exists() {
            DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(OpenError::disk)?;
            journal::sync_parent(folder)?;
        }
        let lock = lock(folder)?;
        let sealer = Sealer::new(keys).map_err(|_| OpenError::Randomness)?;
        let (tree, meta, opened) = open_parts(folder, &sealer)?;
        let journal = Journal::begin(&journal_folder(folder), meta.last).map_err(OpenError::Fault)?;
        let shared = Arc::new(Shared {
            folder: folder.to_owned(),
            settings,
            sealer,
            overlay: Mutex::new(Overlay::starting_after(meta.last)),
            wake: Condvar::new(),
            room: Notify::new(),
            tree,
            persons: Mutex::default(),
            writable: AtomicBool::new(true),
            tree_failed: AtomicBool::new(false),
            closing: AtomicBool::new(false),
            last: AtomicU64::new(meta.last),
            synced: AtomicU64::new(meta.last),
            applied: AtomicU64::new(meta.last),
            commits: AtomicU64::new(0),
            sync_micros: AtomicU64::new(0),
            timings: Arc::default(),
            checkpointing: AtomicBool::new(false),
            #[cfg(test)]
            tear_next_append: AtomicBool::new(false),
            #[cfg(test)]
            fail_next_apply: AtomicBool::new(false),
        });
        let (to_tree, from_journal) = mpsc::sync_channel(DRAINS_IN_FLIGHT);
        let threads = vec![
            spawn("store-tree", {
                let shared = Arc::clone(&shared);
                move || committer::tree_thread(&shared, meta, &from_journal)
            })?,
            spawn("store-journal", {
                let shared = Arc::clone(&shared);
                move || JournalThread::new(shared, journal, to_tree, meta.last).run()
            })?,
        ];
        Ok((Self { shared, threads: Mutex::new(threads), _lock: lock }, opened))
    }

    pub(super) fn get(&self, key: &Key) -> Result<Option<Record>, Fault> {
        let gone = {
            let overlay = self.shared.overlay();
            if let Some(here) = overlay.get(key) {
                return Ok(here);
            }
            overlay.gone
        };
        let Some(sealed) = self.shared.tree.get(key)? else { return Ok(None) };
        let record = self.shared.unseal(key, &sealed)?;
        if let Some(record) = &record {
            self.shared.overlay().remember(*key, record, gone);
        }
        Ok(record)
    }

    pub(super) fn scan(&self, range: Range<Key>, limit: usize) -> Result<Vec<(Key, Record)>, Fault> {
        // The overlay first: what it forgets meanwhile is in the tree by then.
        let mut here = self.shared.overlay().range(range.clone(), limit);
        here.reverse();
        let mut rows = Vec::new();
        for row in self.shared.tree.range(range) {
            let (key, sealed) = row?;
            while here.last().is_some_and(|(other, _)| *other < key) && rows.len() < limit {
                take_here(&mut here, &mut rows);
            }
            if rows.len() >= limit {
                return Ok(rows);
            }
            if here.last().is_some_and(|(other, _)| *other == key) {
                take_here(&mut here, &mut rows);
            } else if let Some(record) = self.shared.unseal(&key, &sealed)? {
                rows.push((key, record));
            }
        }
        while !here.is_empty() && rows.len() < limit {
            take_here(&mut here, &mut rows);
        }
        Ok(rows)
    }

    pub(super) fn last_commit(&self) -> u64 {
        self.shared.last.load(Ordering::Acquire)
    }

    /// Waits until a commit is on disk.
    pub(super) async fn settle(&self, stamp: Stamp) -> Result<(), Fault> {
        if stamp.0 <= self.shared.synced.load(Ordering::Acquire) {
            return Ok(());
        }
        match self.commit(Batch { durable: true, ..Batch::default() }).await {
            Ok(()) => Ok(()),
            Err(CommitError::Fault(fault)) => Err(fault),
            // Nothing was seen that could have changed.
            Err(CommitError::Conflict) => Err(Fault::Contended),
        }
    }

    pub(super) async fn commit(&self, batch: Batch) -> Result<(), CommitError> {
        let wait = self.shared.accept(batch).await?;
        let Some(wait) = wait else { return Ok(()) };
        match wait.await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(fault)) => Err(CommitError::Fault(fault)),
            Err(_) => Err(CommitError::Fault(Fault::Closed)),
        }
    }

    pub(super) fn close(&self) {
        self.shared.closing.store(true, Ordering::Release);
        self.shared.wake.notify_all();
        self.shared.room.notify_waiters();
        let threads = std::mem::take(&mut *self.threads.lock().unwrap_or_else(PoisonError::into_inner));
        for thread in threads {
            if thread.join().is_err() {
                tracing::error!("a thread of the store ended badly");
            }
        }
    }

    pub(super) fn shared(&self) -> &Shared {
        &self.shared
    }

    /// Makes a checkpoint now.
    #[cfg(test)]
    pub(super) fn checkpoint(&self) -> Result<(), Fault> {
        let from = self.shared.applied.load(Ordering::Acquire);
        super::checkpoint::write(&self.shared.folder, &self.shared.tree, &self.shared.sealer, from)
    }

    #[cfg(test)]
    pub(super) fn tear_next_append(&self) {
        self.shared.tear_next_append.store(true, Ordering::Release);
    }

    #[cfg(test)]
    pub(super) fn fail_next_apply(&self) {
        self.shared.fail_next_apply.store(true, Ordering::Release);
    }

    pub(super) fn is_writable(&self) -> bool {
        self.shared.is_writable()
    }

    pub(super) fn figures(&self) -> Figures {
        Figures {
            commits: self.shared.commits.load(Ordering::Relaxed),
            overlay_bytes: self.shared.overlay().bytes() as u64,
            sync_micros: self.shared.sync_micros.load(Ordering::Relaxed),
            free_bytes: free_bytes(&self.shared.folder),
        }
    }

    pub(super) fn timings(&self) -> Arc<Timings> {
        Arc::clone(&self.shared.timings)
    }
}

impl Drop for Sled {
    fn drop(&mut self) {
        self.close();
    }
}

fn take_here(here: &mut Vec<(Key, Option<Record>)>, rows: &mut Vec<(Key, Record)>) {
    if let Some((key, Some(record))) = here.pop() {
        rows.push((key, record));
    }
}

impl Shared {
    pub(super) fn overlay(&self) -> MutexGuard<'_, Overlay> {
        // Nothing under this lock can leave it half changed: a panic there would be between whole steps.
        self.overlay.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn persons(&self) -> MutexGuard<'_, Persons> {
        self.persons.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_writable(&self) -> bool {
        self.writable.load(Ordering::Acquire) && !self.tree_failed.load(Ordering::Acquire)
    }

    /// Checks a batch and writes it to the overlay. Returns what a durable one has to wait for.
    async fn accept(&self, mut batch: Batch) -> Result<Option<oneshot::Receiver<Result<(), Fault>>>, CommitError> {
        loop {
            let room = self.room.notified();
            match self.try_accept(batch)? {
                Accepted::Done(wait) => return Ok(wait),
                Accepted::NoRoom(again) => batch = again,
            }
            room.await;
        }
    }

    fn try_accept(&self, batch: Batch) -> Result<Accepted, CommitError> {
        let mut overlay = self.overlay();
        // Asked under the lock: the journal thread decides under it too whether it has seen the last commit.
        if self.closing.load(Ordering::Acquire) {
            return Err(CommitError::Fault(Fault::Closed));
        }
        if !self.is_writable() {
            return Err(CommitError::Fault(Fault::Unwritable));
        }
        if overlay.bytes() > OVERLAY_BYTES_MAX {
            return Ok(Accepted::NoRoom(batch));
        }
        for (key, seen) in &batch.seen {
            let stamp = match overlay.stamp(key) {
                // Changed since it was read, it would be here: nothing newer than the reading has gone to the tree yet.
                None if overlay.gone <= batch.as_of => continue,
                Some(stamp) => stamp,
                None => {
                    self.tree.get(key).map_err(CommitError::Fault)?.map_or(Stamp::ABSENT, |sealed| Stamp(super::seal::stamp_of(&sealed)))
                }
            };
            if stamp != *seen {
                return Err(CommitError::Conflict);
            }
        }
        if batch.writes.is_empty() && !batch.durable {
            return Ok(Accepted::Done(None));
        }
        let (told, wait): (Option<Told>, _) = if batch.durable && !cfg!(feature = "planted-ack-before-commit") {
            let (told, wait) = oneshot::channel();
            (Some(told), Some(wait))
        } else {
            (None, None)
        };
        let was_idle = !overlay.is_dirty();
        if batch.writes.is_empty() {
            overlay.wait(told);
        } else {
            self.commits.fetch_add(1, Ordering::Relaxed);
            overlay.write(batch, told);
            self.last.store(overlay.last, Ordering::Release);
        }
        drop(overlay);
        if wait.is_some() || was_idle {
            self.wake.notify_one();
        }
        Ok(Accepted::Done(wait))
    }

    fn unseal(&self, key: &Key, sealed: &[u8]) -> Result<Option<Record>, Fault> {
        let opened = self.sealer.open(key, sealed, || self.person_key(key))?;
        Ok(opened.map(|opened| Record { stamp: Stamp(opened.stamp), format: opened.format, bytes: opened.value.into() }))
    }

    /// A person's own key, if there is one.
    pub(super) fn person_key(&self, key: &Key) -> Result<Option<[u8; 32]>, Fault> {
        let Some(person) = key.person() else { return Ok(None) };
        if let Some(own) = self.persons().get(&person) {
            return Ok(Some(own));
        }
        let row = Key::new(Space::PersonKey).with(&person);
        let Some(sealed) = self.tree.get(&row)? else { return Ok(None) };
        let opened = self.sealer.open(&row, &sealed, || Ok(None))?;
        let own: Option<[u8; 32]> = opened.and_then(|opened| opened.value.try_into().ok());
        if let Some(own) = own {
            self.persons().insert(person, own);
        }
        Ok(own)
    }
}

enum Accepted {
    Done(Option<oneshot::Receiver<Result<(), Fault>>>),
    NoRoom(Batch),
}
