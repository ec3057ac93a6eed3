//! The lasting store: overlay, journal, tree, and the two threads between them.
//!
//! ```text
//!  commit ─▶ overlay ──drain──▶ journal thread: seal, append, sync ─▶ "on disk" ─▶ tree thread: apply ─▶ overlay forgets
//!                 every 20 ms, or at once when somebody waits
//! ```

use std::collections::HashMap;
use std::fs::{self, File};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, RwLock, mpsc};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::sync::{Notify, oneshot};

use super::checkpoint;
use super::frame;
use super::journal::{self, Journal, JournalFacts};
use super::overlay::{Drain, Drained, Overlay, Told};
use super::seal::{Keys, Sealer};
use super::tree::{Meta, Tree};
use super::{Batch, CommitError, Fault, Figures, Key, OpenError, Opened, Record, Settings, Space, Stamp};
use crate::clock;

/// What is not waited for is written after so long at most: the most that a power cut takes from a navigation turn.
const DRAIN_EVERY: Duration = Duration::from_millis(20);
/// Accepted and not yet in the tree. Beyond it, commits wait for the disk.
const OVERLAY_BYTES_MAX: usize = 8 * 1024 * 1024;
/// Drains journaled and not yet in the tree.
const DRAINS_IN_FLIGHT: usize = 2;
/// How often a store whose disk failed looks whether it works again.
const REOPEN_EVERY: Duration = Duration::from_secs(1);
/// Keys of persons kept at hand.
const PERSONS_MAX: usize = 65_536;
/// How often the free space of the disk is looked at.
const SPACE_EVERY: Duration = Duration::from_secs(1);

#[derive(Debug)]
pub(super) struct Sled {
    shared: Arc<Shared>,
    threads: Mutex<Vec<JoinHandle<()>>>,
    /// Held as long as the store is open.
    _lock: File,
}

#[derive(Debug)]
struct Shared {
    folder: PathBuf,
    settings: Settings,
    sealer: Sealer,
    overlay: Mutex<Overlay>,
    /// Wakes the journal thread.
    wake: Condvar,
    /// Wakes commits that wait for room.
    room: Notify,
    tree: RwLock<Arc<Tree>>,
    persons: Mutex<HashMap<[u8; 16], [u8; 32]>>,
    /// The journal and the disk take more.
    writable: AtomicBool,
    /// The tree lacks something that is journaled. Only a restart mends it.
    tree_failed: AtomicBool,
    closing: AtomicBool,
    /// The last commit accepted.
    last: AtomicU64,
    /// The last commit in the tree.
    applied: AtomicU64,
    commits: AtomicU64,
    sync_micros: AtomicU64,
    checkpointing: AtomicBool,
    /// Makes the next append stop half-way, as a full disk does.
    #[cfg(test)]
    tear_next_append: AtomicBool,
    #[cfg(test)]
    fail_next_apply: AtomicBool,
}

/// Key, sealed value or deletion, and stamp.
type SealedChange = (Key, Option<Vec<u8>>, u64);

/// A drain on its way to the tree.
struct Sealed {
    drained: Vec<Drained>,
    changes: Vec<SealedChange>,
    last: u64,
}

enum ToTree {
    Apply(Sealed),
    /// Answered when everything sent before is applied.
    Barrier(mpsc::Sender<()>),
}

impl Sled {
    pub(super) fn open(folder: &Path, keys: &Keys, settings: Settings) -> Result<(Self, Opened), OpenError> {
        if !folder.exists() {
            fs::create_dir_all(folder).map_err(OpenError::disk)?;
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
            tree: RwLock::new(Arc::new(tree)),
            persons: Mutex::default(),
            writable: AtomicBool::new(true),
            tree_failed: AtomicBool::new(false),
            closing: AtomicBool::new(false),
            last: AtomicU64::new(meta.last),
            applied: AtomicU64::new(meta.last),
            commits: AtomicU64::new(0),
            sync_micros: AtomicU64::new(0),
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
                move || tree_thread(&shared, meta, &from_journal)
            })?,
            spawn("store-journal", {
                let shared = Arc::clone(&shared);
                move || JournalThread { shared, journal, to_tree, drained: meta.last, space_seen: None }.run()
            })?,
        ];
        Ok((Self { shared, threads: Mutex::new(threads), _lock: lock }, opened))
    }

    pub(super) fn get(&self, key: &Key) -> Result<Option<Record>, Fault> {
        if let Some(here) = self.shared.overlay().get(key) {
            return Ok(here);
        }
        let sealed = self.shared.tree().get(key)?;
        sealed.map_or(Ok(None), |sealed| self.shared.unseal(key, &sealed))
    }

    pub(super) fn scan(&self, range: Range<Key>, limit: usize) -> Result<Vec<(Key, Record)>, Fault> {
        // The overlay first: what it forgets meanwhile is in the tree by then.
        let mut here: Vec<(Key, Option<Record>)> = self.shared.overlay().range(range.clone()).collect();
        here.reverse();
        let tree = self.shared.tree();
        let mut rows = Vec::new();
        for row in tree.range(range) {
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

    /// Makes a checkpoint now.
    #[cfg(test)]
    pub(super) fn checkpoint(&self) -> Result<(), Fault> {
        let from = self.shared.applied.load(Ordering::Acquire);
        checkpoint::write(&self.shared.folder, &self.shared.tree(), &self.shared.sealer, from)
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
        }
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
    fn overlay(&self) -> MutexGuard<'_, Overlay> {
        // Nothing under this lock can leave it half changed: a panic there would be between whole steps.
        self.overlay.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_writable(&self) -> bool {
        self.writable.load(Ordering::Acquire) && !self.tree_failed.load(Ordering::Acquire)
    }

    fn tree(&self) -> Arc<Tree> {
        Arc::clone(&self.tree.read().unwrap_or_else(PoisonError::into_inner))
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
                    self.tree().get(key).map_err(CommitError::Fault)?.map_or(Stamp::ABSENT, |sealed| Stamp(super::seal::stamp_of(&sealed)))
                }
            };
            if stamp != *seen {
                return Err(CommitError::Conflict);
            }
        }
        if batch.writes.is_empty() {
            return Ok(Accepted::Done(None));
        }
        self.commits.fetch_add(1, Ordering::Relaxed);
        let (told, wait): (Option<Told>, _) = if batch.durable && !cfg!(feature = "planted-ack-before-commit") {
            let (told, wait) = oneshot::channel();
            (Some(told), Some(wait))
        } else {
            (None, None)
        };
        let was_idle = !overlay.is_dirty();
        overlay.write(batch, told);
        self.last.store(overlay.last, Ordering::Release);
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
    fn person_key(&self, key: &Key) -> Result<Option<[u8; 32]>, Fault> {
        let Some(person) = key.person() else { return Ok(None) };
        if let Some(own) = self.persons.lock().unwrap_or_else(PoisonError::into_inner).get(&person) {
            return Ok(Some(*own));
        }
        let row = Key::new(Space::PersonKey).with(&person);
        let Some(sealed) = self.tree().get(&row)? else { return Ok(None) };
        let opened = self.sealer.open(&row, &sealed, || Ok(None))?;
        let own: Option<[u8; 32]> = opened.and_then(|opened| opened.value.try_into().ok());
        if let Some(own) = own {
            self.persons.lock().unwrap_or_else(PoisonError::into_inner).insert(person, own);
        }
        Ok(own)
    }
}

enum Accepted {
    Done(Option<oneshot::Receiver<Result<(), Fault>>>),
    NoRoom(Batch),
}

struct JournalThread {
    shared: Arc<Shared>,
    journal: Journal,
    to_tree: mpsc::SyncSender<ToTree>,
    /// The last commit in the journal.
    drained: u64,
    space_seen: Option<clock::Instant>,
}

impl JournalThread {
    fn run(mut self) {
        self.checkpoint_if_due();
        loop {
            let (drain, closing) = self.wait();
            if let Err(fault) = self.write(drain) {
                self.fail(&fault);
                continue;
            }
            if closing {
                self.finish();
                return;
            }
            self.check_space();
        }
    }

    /// Waits until somebody waits, 20 ms have passed since the first change, or the store is closing. True if this was the last drain.
    fn wait(&self) -> (Drain, bool) {
        let mut overlay = self.shared.overlay();
        while !overlay.is_dirty() && !self.shared.closing.load(Ordering::Acquire) {
            overlay = self.shared.wake.wait_timeout(overlay, SPACE_EVERY).unwrap_or_else(PoisonError::into_inner).0;
            if !overlay.is_dirty() && !self.shared.closing.load(Ordering::Acquire) {
                return (overlay.drain(self.drained), false);
            }
        }
        let until = clock::monotonic() + DRAIN_EVERY;
        while !overlay.is_urgent() && !self.shared.closing.load(Ordering::Acquire) {
            let left = until.saturating_duration_since(clock::monotonic());
            if left.is_zero() {
                break;
            }
            overlay = self.shared.wake.wait_timeout(overlay, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        let drain = overlay.drain(self.drained);
        let last = drain.changes.is_empty() && self.shared.closing.load(Ordering::Acquire);
        (drain, last)
    }

    fn write(&mut self, drain: Drain) -> Result<(), Fault> {
        if drain.changes.is_empty() {
            for told in drain.waiting {
                let _gone = told.send(Ok(()));
            }
            return Ok(());
        }
        let sealed = self.seal(&drain);
        let written = sealed.and_then(|sealed| {
            // The overlay's limit keeps a drain well below the longest frame.
            let mut frames = Vec::new();
            frame::write(&mut frames, drain.first, drain.last, sealed.iter().map(|(key, sealed, stamp)| (*key, sealed.as_deref(), *stamp)));
            #[cfg(test)]
            if self.shared.tear_next_append.swap(false, Ordering::AcqRel) {
                self.journal.append(&frames[..frames.len() / 2], false)?;
                return Err(Fault::Disk("planted".into()));
            }
            let started = clock::monotonic();
            self.journal.append(&frames, !drain.waiting.is_empty())?;
            if !drain.waiting.is_empty() {
                self.shared.sync_micros.store(u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX), Ordering::Relaxed);
            }
            Ok(sealed)
        });
        let sealed = match written {
            Ok(sealed) => sealed,
            Err(fault) => {
                for told in drain.waiting {
                    let _gone = told.send(Err(fault.clone()));
                }
                return Err(fault);
            }
        };
        for told in drain.waiting {
            let _gone = told.send(Ok(()));
        }
        self.drained = drain.last;
        let on = ToTree::Apply(Sealed { drained: drain.changes, changes: sealed, last: drain.last });
        self.to_tree.send(on).map_err(|_| Fault::Closed)?;
        if self.journal.turn_over(self.drained)? {
            self.checkpoint_if_due();
        }
        Ok(())
    }

    fn seal(&self, drain: &Drain) -> Result<Vec<SealedChange>, Fault> {
        let shared = &self.shared;
        let mut changes = Vec::with_capacity(drain.changes.len());
        for change in &drain.changes {
            let Some(value) = &change.value else {
                changes.push((change.key, None, change.stamp.0));
                continue;
            };
            let own = match change.key.person() {
                None => None,
                Some(person) => Some(match shared.person_key(&change.key)? {
                    Some(own) => own,
                    None => {
                        let mut own = [0; 32];
                        getrandom::fill(&mut own).map_err(|_| Fault::Randomness)?;
                        let row = Key::new(Space::PersonKey).with(&person);
                        changes.push((row, Some(shared.sealer.seal(&row, change.stamp.0, 1, &own, None)?), change.stamp.0));
                        shared.persons.lock().unwrap_or_else(PoisonError::into_inner).insert(person, own);
                        own
                    }
                }),
            };
            let sealed = shared.sealer.seal(&change.key, change.stamp.0, value.format, &value.bytes, own.as_ref())?;
            changes.push((change.key, Some(sealed), change.stamp.0));
        }
        Ok(changes)
    }

    fn checkpoint_if_due(&self) {
        let shared = &self.shared;
        if !journal::is_long(&journal_folder(&shared.folder)) || shared.checkpointing.swap(true, Ordering::AcqRel) {
            return;
        }
        let shared = Arc::clone(shared);
        let started = spawn("store-checkpoint", move || {
            // Whatever the tree holds now includes all commits up to here; later ones are replayed over it.
            let from = shared.applied.load(Ordering::Acquire);
            if let Err(fault) = checkpoint::write(&shared.folder, &shared.tree(), &shared.sealer, from) {
                tracing::error!(%fault, "no checkpoint could be made; the journal grows");
            }
            shared.checkpointing.store(false, Ordering::Release);
        });
        if started.is_err() {
            self.shared.checkpointing.store(false, Ordering::Release);
        }
    }

    /// Refuses new effects while the disk is nearly full, so that what is accepted can always be finished.
    fn check_space(&mut self) {
        let due = self.space_seen.is_none_or(|seen| seen.elapsed() >= SPACE_EVERY);
        if due {
            self.space_seen = Some(clock::monotonic());
            let free = free_bytes(&self.shared.folder);
            let enough = free.is_none_or(|free| free >= self.shared.settings.low_water_bytes);
            if self.shared.writable.swap(enough, Ordering::AcqRel) && !enough {
                tracing::error!("the disk is nearly full: nothing new is recorded");
            }
        }
        let mut persons = self.shared.persons.lock().unwrap_or_else(PoisonError::into_inner);
        if persons.len() > PERSONS_MAX && self.shared.applied.load(Ordering::Acquire) == self.drained {
            persons.clear();
        }
    }

    /// The disk failed. Nobody is told anything good any more; what was not written is forgotten; then everything is opened anew.
    fn fail(&mut self, fault: &Fault) {
        tracing::error!(%fault, "the journal failed: nothing is recorded until it works again");
        self.shared.writable.store(false, Ordering::Release);
        self.barrier();
        // A key made for a person by what failed is written nowhere: whoever used it again would seal for nobody.
        self.shared.persons.lock().unwrap_or_else(PoisonError::into_inner).clear();
        loop {
            self.shared.overlay().fail(fault, self.drained);
            self.shared.room.notify_waiters();
            if self.shared.closing.load(Ordering::Acquire) {
                return;
            }
            clock::pause(REOPEN_EVERY);
            if free_bytes(&self.shared.folder).is_some_and(|free| free < self.shared.settings.low_water_bytes) {
                continue;
            }
            match self.reopen() {
                Ok(()) => {
                    tracing::warn!("the journal works again");
                    self.shared.writable.store(true, Ordering::Release);
                    return;
                }
                Err(error) => tracing::error!(%error, "the store could not be opened again"),
            }
        }
    }

    /// The tree was told of nothing that the journal does not have, so it only needs what a torn append may have left whole there.
    fn reopen(&mut self) -> Result<(), OpenError> {
        if self.shared.tree_failed.load(Ordering::Acquire) {
            return Err(OpenError::Tree("it failed too; restart to build it anew".to_owned()));
        }
        let folder = journal_folder(&self.shared.folder);
        let mut missing = Vec::new();
        let (_, whole) = journal::replay(&folder, self.drained, &mut |frame| {
            missing.extend(changes_of(frame)?);
            Ok(())
        })?;
        let last = whole.max(self.shared.overlay().last);
        self.journal = Journal::begin(&folder, whole).map_err(OpenError::Fault)?;
        if last > whole {
            // The numbers of what failed are used up. An empty frame says so, or the next start would look for what stood there.
            let mut nothing = Vec::new();
            frame::write(&mut nothing, whole + 1, last, std::iter::empty());
            self.journal.append(&nothing, true).map_err(OpenError::Fault)?;
        }
        self.to_tree
            .send(ToTree::Apply(Sealed { drained: Vec::new(), changes: missing, last }))
            .map_err(|_| OpenError::Fault(Fault::Closed))?;
        self.barrier();
        *self.shared.overlay() = Overlay::starting_after(last);
        self.drained = last;
        Ok(())
    }

    fn barrier(&self) {
        let (reached, wait) = mpsc::channel();
        if self.to_tree.send(ToTree::Barrier(reached)).is_ok() {
            // The tree thread ends only after this one.
            let _reached = wait.recv();
        }
    }

    fn finish(&self) {
        self.barrier();
        if let Err(fault) = self.journal.sync() {
            tracing::error!(%fault, "the journal was not synced at the end");
        }
        if let Err(fault) = self.shared.tree().flush() {
            tracing::warn!(%fault, "the tree was not written at the end; the next start replays the journal");
        }
    }
}

/// Applies what is journaled. If the tree fails, the journal has it all, and the next start builds the tree anew.
fn tree_thread(shared: &Shared, mut meta: Meta, from_journal: &mpsc::Receiver<ToTree>) {
    while let Ok(next) = from_journal.recv() {
        match next {
            ToTree::Barrier(reached) => {
                let _gone = reached.send(());
            }
            // Applying what comes later would hide from the next start that something is missing.
            ToTree::Apply(_) if shared.tree_failed.load(Ordering::Acquire) => {}
            ToTree::Apply(sealed) => {
                if let Err(fault) = apply(shared, &mut meta, &sealed) {
                    // The overlay keeps what could not be applied, so reads stay right.
                    tracing::error!(%fault, "the tree failed: nothing is recorded until a restart builds it anew");
                    shared.tree_failed.store(true, Ordering::Release);
                    shared.room.notify_waiters();
                    continue;
                }
                shared.applied.store(sealed.last, Ordering::Release);
                shared.overlay().applied(&sealed.drained);
                shared.room.notify_waiters();
            }
        }
    }
}

fn apply(shared: &Shared, meta: &mut Meta, sealed: &Sealed) -> Result<(), Fault> {
    #[cfg(test)]
    if shared.fail_next_apply.swap(false, Ordering::AcqRel) {
        return Err(Fault::Tree("planted".into()));
    }
    let changes = sealed.changes.iter().map(|(key, sealed, _)| (key, sealed.as_deref()));
    shared.tree().apply(meta, sealed.last, &shared.sealer, changes)
}

/// Tree and last commit as checkpoint and journal say they are.
fn open_parts(folder: &Path, sealer: &Sealer) -> Result<(Tree, Meta, Opened), OpenError> {
    let path = folder.join("sled");
    let mut opened = Opened { mended_bits: mend(folder)?, ..Opened::default() };
    let believed = Tree::open(&path).and_then(|tree| {
        let meta = tree.believed(sealer)?;
        Ok((tree, meta))
    });
    let oldest = journal::segments(&journal_folder(folder)).map_err(OpenError::disk)?.first().map_or(1, |(first, _)| *first);
    // The journal may have a gap before a checkpoint, never after the newest one.
    let newest = checkpoint::newest(folder).map_err(OpenError::disk)?.unwrap_or(0);
    let believed = believed.and_then(|(tree, meta)| {
        if meta.last + 1 < oldest || meta.last < newest {
            Err("it is older than journal or checkpoint".to_owned())
        } else {
            Ok((tree, meta))
        }
    });
    let (tree, mut meta) = match believed {
        Ok(usable) => usable,
        Err(why) => {
            tracing::warn!(why, "the tree cannot be used; building it anew");
            opened.rebuilt = Some(why);
            set_aside(folder, &path)?;
            let tree = Tree::open(&path).map_err(OpenError::Tree)?;
            let mut meta = Meta::default();
            checkpoint::load_newest(folder, sealer, &tree, &mut meta, &mut opened)?;
            (tree, meta)
        }
    };
    let (facts, last) = replay_into(folder, sealer, &tree, &mut meta)?;
    opened.journal = facts;
    opened.last_commit = last;
    check_not_beyond(folder, &meta, last)?;
    if last > facts.reaches {
        // A power cut took commits from the journal that the tree or a checkpoint has. The journal goes on after a gap, so from now on
        // it needs a checkpoint to stand on.
        checkpoint::write(folder, &tree, sealer, last).map_err(OpenError::Fault)?;
    }
    Ok((tree, meta, opened))
}

/// Puts flipped bits in journal and checkpoints right, on disk.
fn mend(folder: &Path) -> Result<u64, OpenError> {
    let mut bits = 0;
    let segments = journal::segments(&journal_folder(folder)).map_err(OpenError::disk)?;
    let checkpoints = checkpoint::all(folder).map_err(OpenError::disk)?;
    for (_, path) in segments.iter().chain(&checkpoints) {
        bits += journal::mend(path)?;
    }
    Ok(bits)
}

fn replay_into(folder: &Path, sealer: &Sealer, tree: &Tree, meta: &mut Meta) -> Result<(JournalFacts, u64), OpenError> {
    let after = meta.last;
    journal::replay(&journal_folder(folder), after, &mut |frame| {
        let changes = changes_of(frame)?;
        // A frame's own seals prove it: one value that does not open means that the keys are not those of this folder.
        if let Some((key, Some(sealed), _)) = changes.iter().find(|(key, sealed, _)| sealed.is_some() && key.person().is_none()) {
            sealer.open(key, sealed, || Ok(None)).map_err(|_| OpenError::Keys)?;
        }
        let applied = changes.iter().map(|(key, sealed, _)| (key, sealed.as_deref()));
        tree.apply(meta, frame.last.max(meta.last), sealer, applied).map_err(OpenError::Fault)
    })
}

fn changes_of(frame: &frame::Frame) -> Result<Vec<SealedChange>, OpenError> {
    frame
        .changes()
        .map(|change| change.map(|change| (change.key, change.sealed.map(<[u8]>::to_vec), change.stamp)).map_err(OpenError::Fault))
        .collect()
}

/// Sets the tree aside, whatever its state, so that the next opening makes it anew.
pub(super) fn forget_tree(folder: &Path) -> Result<(), OpenError> {
    let _lock = lock(folder)?;
    set_aside(folder, &folder.join("sled"))
}

/// The journal always reaches as far as the tree: if not, one of them is not of this folder.
fn check_not_beyond(folder: &Path, meta: &Meta, last: u64) -> Result<(), OpenError> {
    let segments = journal::segments(&journal_folder(folder)).map_err(OpenError::disk)?;
    if meta.last > 0 && segments.is_empty() && last == meta.last && checkpoint::newest(folder).is_ok_and(|newest| newest.is_none()) {
        return Err(OpenError::NoJournal);
    }
    Ok(())
}

/// Keeps the broken tree for whoever wants to know why, twice at most.
fn set_aside(folder: &Path, path: &Path) -> Result<(), OpenError> {
    if !path.exists() {
        return Ok(());
    }
    let (newer, older) = (folder.join("sled.bad-1"), folder.join("sled.bad-2"));
    if newer.exists() {
        if older.exists() {
            fs::remove_dir_all(&older).map_err(OpenError::disk)?;
        }
        fs::rename(&newer, &older).map_err(OpenError::disk)?;
    }
    fs::rename(path, &newer).map_err(OpenError::disk)
}

fn lock(folder: &Path) -> Result<File, OpenError> {
    let file = File::create(folder.join("lock")).map_err(OpenError::disk)?;
    file.try_lock().map_err(|_| OpenError::Locked)?;
    Ok(file)
}

pub(super) fn journal_folder(folder: &Path) -> PathBuf {
    folder.join("journal")
}

fn free_bytes(folder: &Path) -> Option<u64> {
    let stat = rustix::fs::statvfs(folder).ok()?;
    Some(stat.f_bavail.saturating_mul(stat.f_frsize))
}

fn spawn(name: &str, work: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>, OpenError> {
    std::thread::Builder::new().name(name.to_owned()).spawn(work).map_err(OpenError::disk)
}
