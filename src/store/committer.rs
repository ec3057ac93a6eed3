//! The two threads between overlay and disk: one seals and journals what was accepted, the other brings it into the tree.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError, mpsc};
use std::time::Duration;

use super::frame::{self, Frame, Span, Written};
use super::journal::{self, Journal};
use super::opening::{free_bytes, journal_folder, spawn};
use super::overlay::{Drain, Drained, Overlay};
use super::sled::Shared;
use super::tree::Meta;
use super::{Fault, Key, OpenError, Space, Stamp, checkpoint};
use crate::clock;

/// What is not waited for is written after so long at most: the most that a power cut takes from a navigation turn.
const DRAIN_EVERY: Duration = Duration::from_millis(20);
/// Drains journaled and not yet in the tree. The overlay's limit bounds their bytes.
pub(super) const DRAINS_IN_FLIGHT: usize = 256;
/// What is journaled is gathered so long before it goes to the tree: a session that changes with every key press is written there once
/// for several of them. Nobody waits for it.
const GATHER: Duration = Duration::from_millis(250);
/// Bytes of frames gathered at most.
const GATHERED_BYTES_MAX: usize = 4 * 1024 * 1024;
/// After so many bytes the tree thread waits until sled has written: it queues what it is given without end, in memory.
const UNWRITTEN_BYTES_MAX: usize = 4 * 1024 * 1024;
/// How often a store whose disk failed looks whether it works again.
const REOPEN_EVERY: Duration = Duration::from_secs(1);
/// How often the free space of the disk is looked at.
const SPACE_EVERY: Duration = Duration::from_secs(1);

pub(super) enum ToTree {
    /// A frame that is in the journal, and its last commit.
    Apply(Written, u64),
    /// Answered when everything sent before is applied.
    Barrier(mpsc::Sender<()>),
}

pub(super) struct JournalThread {
    shared: Arc<Shared>,
    journal: Journal,
    to_tree: mpsc::SyncSender<ToTree>,
    /// The last commit in the journal.
    drained: u64,
    space_seen: Option<clock::Instant>,
}

impl JournalThread {
    pub(super) fn new(shared: Arc<Shared>, journal: Journal, to_tree: mpsc::SyncSender<ToTree>, drained: u64) -> Self {
        Self { shared, journal, to_tree, drained, space_seen: None }
    }

    pub(super) fn run(mut self) {
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
        let written = self.append(&drain);
        let told = written.as_ref().map(drop).map_err(Clone::clone);
        for waiting in drain.waiting {
            let _gone = waiting.send(told.clone());
        }
        let Some(frame) = written? else { return Ok(()) };
        self.drained = drain.last;
        self.to_tree.send(ToTree::Apply(frame, drain.last)).map_err(|_| Fault::Closed)?;
        if self.journal.turn_over(self.drained)? {
            self.checkpoint_if_due();
        }
        Ok(())
    }

    /// Brings a drain into the journal, and onto the disk if anybody waits. The frame, if anything has changed.
    fn append(&mut self, drain: &Drain) -> Result<Option<Written>, Fault> {
        if drain.changes.is_empty() {
            // Who waits now waits for frames written before.
            if !drain.waiting.is_empty() && self.journal.synced() < self.drained {
                self.sync_after(&[], self.drained)?;
            }
            return Ok(None);
        }
        // The overlay's limit keeps a drain well below the longest frame.
        let frame = self.seal(drain)?;
        #[cfg(test)]
        if self.shared.tear_next_append.swap(false, Ordering::AcqRel) {
            self.journal.append(&frame.bytes[..frame.bytes.len() / 2], self.drained, false)?;
            return Err(Fault::Disk("planted".into()));
        }
        if drain.waiting.is_empty() {
            self.journal.append(&frame.bytes, drain.last, false)?;
        } else {
            self.sync_after(&frame.bytes, drain.last)?;
        }
        Ok(Some(frame))
    }

    /// Appends frames and syncs; the last commit in the journal is then `last`.
    fn sync_after(&mut self, frames: &[u8], last: u64) -> Result<(), Fault> {
        let started = clock::monotonic();
        self.journal.append(frames, last, true)?;
        self.shared.synced.store(last, Ordering::Release);
        let took = started.elapsed();
        self.shared.timings.sync.note(took);
        self.shared.sync_micros.store(u64::try_from(took.as_micros()).unwrap_or(u64::MAX), Ordering::Relaxed);
        Ok(())
    }

    fn seal(&self, drain: &Drain) -> Result<Written, Fault> {
        let shared = &self.shared;
        let mut frame = frame::Writer::new(drain.changes.len());
        for Drained { key, stamp, value } in &drain.changes {
            let stamp = stamp.0;
            let Some(value) = value else {
                frame.add(*key, stamp, |_| Ok(()))?;
                continue;
            };
            let own = match key.person() {
                None => None,
                Some(person) => Some(match shared.person_key(key)? {
                    Some(own) => own,
                    None => {
                        let mut own = [0; 32];
                        getrandom::fill(&mut own).map_err(|_| Fault::Randomness)?;
                        let row = Key::new(Space::PersonKey).with(&person);
                        frame.add(row, stamp, |out| shared.sealer.seal(out, &row, stamp, 1, &own, None))?;
                        shared.persons().insert(person, own);
                        own
                    }
                }),
            };
            frame.add(*key, stamp, |out| shared.sealer.seal(out, key, stamp, value.format, &value.bytes, own.as_ref()))?;
        }
        Ok(frame.finish(Span { first: drain.first, last: drain.last, synced: self.journal.synced() }))
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
            if let Err(fault) = checkpoint::write(&shared.folder, &shared.tree, &shared.sealer, from) {
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
        self.shared.persons().age(self.drained, self.shared.applied.load(Ordering::Acquire));
    }

    /// The disk failed. Nobody is told anything good any more; what was not written is forgotten; then everything is opened anew.
    fn fail(&mut self, fault: &Fault) {
        tracing::error!(%fault, "the journal failed: nothing is recorded until it works again");
        self.shared.writable.store(false, Ordering::Release);
        self.barrier();
        // A key made for a person by what failed is written nowhere: whoever used it again would seal for nobody.
        self.shared.persons().clear();
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
            missing.push((copied(frame).map_err(OpenError::Fault)?, frame.last));
            Ok(())
        })?;
        let last = whole.max(self.shared.overlay().last);
        self.journal = Journal::begin(&folder, whole).map_err(OpenError::Fault)?;
        if last > whole {
            // The numbers of what failed are used up. An empty frame says so, or the next start would look for what stood there.
            let nothing = frame::Writer::new(0).finish(Span { first: whole + 1, last, synced: whole });
            self.sync_after(&nothing.bytes, last).map_err(OpenError::Fault)?;
            missing.push((nothing, last));
        }
        for (frame, last) in missing {
            self.to_tree.send(ToTree::Apply(frame, last)).map_err(|_| OpenError::Fault(Fault::Closed))?;
        }
        self.barrier();
        *self.shared.overlay() = Overlay::again_after(last);
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
        if let Err(fault) = self.shared.tree.flush() {
            tracing::warn!(%fault, "the tree was not written at the end; the next start replays the journal");
        }
    }
}

/// A frame read back, as it was written.
fn copied(frame: &Frame) -> Result<Written, Fault> {
    let mut writer = frame::Writer::new(0);
    for change in frame.changes() {
        let change = change?;
        writer.add(change.key, change.stamp, |out| {
            out.extend_from_slice(change.sealed.unwrap_or_default());
            Ok(())
        })?;
    }
    Ok(writer.finish(frame.span()))
}

/// Applies what is journaled. If the tree fails, the journal has it all, and the next start builds the tree anew.
pub(super) fn tree_thread(shared: &Shared, mut meta: Meta, from_journal: &mpsc::Receiver<ToTree>) {
    let mut unwritten = 0;
    while let Ok(first) = from_journal.recv() {
        let (gathered, barrier) = gather(first, from_journal);
        // Applying what comes later would hide from the next start that something is missing.
        if !gathered.frames.is_empty() && !shared.tree_failed.load(Ordering::Acquire) {
            let newest = gathered.newest();
            match apply(shared, &mut meta, gathered.last, &newest) {
                Ok(()) => {
                    shared.applied.store(gathered.last, Ordering::Release);
                    shared.overlay().applied(newest.iter().map(|(key, (stamp, _))| (**key, Stamp(*stamp))));
                }
                Err(fault) => {
                    // The overlay keeps what could not be applied, so reads stay right.
                    tracing::error!(%fault, "the tree failed: nothing is recorded until a restart builds it anew");
                    shared.tree_failed.store(true, Ordering::Release);
                }
            }
            shared.room.notify_waiters();
            unwritten += gathered.bytes;
            if unwritten >= UNWRITTEN_BYTES_MAX {
                unwritten = 0;
                if let Err(fault) = shared.tree.flush() {
                    tracing::warn!(%fault, "the tree could not be written; the journal has it all");
                }
            }
        }
        if let Some(reached) = barrier {
            let _gone = reached.send(());
        }
    }
}

/// Frames that go to the tree in one go.
#[derive(Default)]
struct Gathered {
    frames: Vec<Written>,
    bytes: usize,
    last: u64,
}

/// Each key's newest stamp and sealed value, or deletion.
type Newest<'a> = BTreeMap<&'a Key, (u64, Option<&'a [u8]>)>;

impl Gathered {
    fn newest(&self) -> Newest<'_> {
        let changes = self.frames.iter().flat_map(|frame| frame.changes.iter().map(move |change| (frame, change)));
        changes.map(|(frame, change)| (&change.key, (change.stamp, frame.sealed(change)))).collect()
    }
}

/// Everything that comes within a while, up to a barrier.
fn gather(first: ToTree, from_journal: &mpsc::Receiver<ToTree>) -> (Gathered, Option<mpsc::Sender<()>>) {
    let until = clock::monotonic() + GATHER;
    let mut gathered = Gathered::default();
    let mut next = first;
    loop {
        match next {
            ToTree::Barrier(reached) => return (gathered, Some(reached)),
            ToTree::Apply(frame, last) => {
                gathered.bytes += frame.bytes.len();
                gathered.frames.push(frame);
                gathered.last = last;
            }
        }
        let left = until.saturating_duration_since(clock::monotonic());
        if gathered.bytes >= GATHERED_BYTES_MAX || left.is_zero() {
            return (gathered, None);
        }
        match from_journal.recv_timeout(left) {
            Ok(more) => next = more,
            Err(_) => return (gathered, None),
        }
    }
}

/// Brings each key's newest change into the tree.
fn apply(shared: &Shared, meta: &mut Meta, last: u64, newest: &Newest<'_>) -> Result<(), Fault> {
    let changes = newest.iter().map(|(key, (_, sealed))| (*key, *sealed));
    #[cfg(test)]
    if shared.fail_next_apply.swap(false, Ordering::AcqRel) {
        shared.tree.apply_some(meta, last, &shared.sealer, changes.take(newest.len() / 2))?;
        return Err(Fault::Tree("planted".into()));
    }
    shared.tree.apply(meta, last, &shared.sealer, changes)
}
