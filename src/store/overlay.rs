//! All that is accepted and not yet in the tree: key → stamp and plain value. Where commits are checked and made.

use std::collections::BTreeMap;
use std::ops::Range;

use tokio::sync::oneshot;

use super::{Batch, Fault, Key, Record, Stamp, Value};

/// What a waiting durable commit is told.
pub(super) type Told = oneshot::Sender<Result<(), Fault>>;

/// Guessed cost of an entry besides its value: tree node, key, counters.
const ENTRY_BYTES: usize = 128;

#[derive(Debug, Default)]
pub(super) struct Overlay {
    entries: BTreeMap<Key, Entry>,
    /// Keys changed since the last drain. A key may stand twice.
    dirty: Vec<Key>,
    waiting: Vec<Told>,
    bytes: usize,
    /// The last commit's number.
    pub(super) last: u64,
    /// The newest commit of which something has gone to the tree and is not here any more.
    pub(super) gone: u64,
}

/// One key's newest state.
#[derive(Clone, Debug)]
struct Entry {
    stamp: Stamp,
    /// `None`: deleted.
    value: Option<Value>,
}

/// One key's change, on its way to the journal and the tree.
#[derive(Clone, Debug)]
pub(super) struct Drained {
    pub(super) key: Key,
    pub(super) stamp: Stamp,
    pub(super) value: Option<Value>,
}

/// What one drain takes along.
#[derive(Debug)]
pub(super) struct Drain {
    pub(super) changes: Vec<Drained>,
    pub(super) waiting: Vec<Told>,
    pub(super) first: u64,
    pub(super) last: u64,
}

impl Overlay {
    pub(super) fn starting_after(last: u64) -> Self {
        Self { last, gone: last, ..Self::default() }
    }

    /// `None`: not here, look in the tree. `Some(None)`: deleted.
    pub(super) fn get(&self, key: &Key) -> Option<Option<Record>> {
        self.entries.get(key).map(Entry::record)
    }

    pub(super) fn stamp(&self, key: &Key) -> Option<Stamp> {
        self.entries.get(key).map(|entry| if entry.value.is_some() { entry.stamp } else { Stamp::ABSENT })
    }

    pub(super) fn range(&self, range: Range<Key>) -> impl Iterator<Item = (Key, Option<Record>)> {
        self.entries.range(range).map(|(key, entry)| (*key, entry.record()))
    }

    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    pub(super) fn is_dirty(&self) -> bool {
        !self.dirty.is_empty() || !self.waiting.is_empty()
    }

    pub(super) fn is_urgent(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// Writes a batch whose reads were found unchanged.
    pub(super) fn write(&mut self, batch: Batch, told: Option<Told>) {
        self.last += 1;
        let stamp = Stamp(self.last);
        for (key, value) in batch.writes {
            self.bytes += ENTRY_BYTES + value.as_ref().map_or(0, |value| value.bytes.len());
            if let Some(before) = self.entries.insert(key, Entry { stamp, value }) {
                self.bytes -= before.bytes();
            }
            self.dirty.push(key);
        }
        self.waiting.extend(told);
    }

    /// Lets somebody wait for what is written already.
    pub(super) fn wait(&mut self, told: Option<Told>) {
        self.waiting.extend(told);
    }

    /// Takes everything that changed since the last drain, each key once and in its newest state. The entries stay readable here until
    /// [`Overlay::applied`].
    pub(super) fn drain(&mut self, drained_until: u64) -> Drain {
        let mut dirty = std::mem::take(&mut self.dirty);
        dirty.sort_unstable();
        dirty.dedup();
        let changes = dirty
            .into_iter()
            .filter_map(|key| self.entries.get(&key).map(|entry| Drained { key, stamp: entry.stamp, value: entry.value.clone() }))
            .collect();
        Drain { changes, waiting: std::mem::take(&mut self.waiting), first: drained_until + 1, last: self.last }
    }

    /// These changes are in the tree now: whatever has not changed again since may go.
    pub(super) fn applied(&mut self, changes: &[Drained]) {
        for change in changes {
            if self.entries.get(&change.key).is_some_and(|entry| entry.stamp == change.stamp)
                && let Some(entry) = self.entries.remove(&change.key)
            {
                self.gone = self.gone.max(entry.stamp.0);
                self.bytes -= entry.bytes();
            }
        }
    }

    /// Everybody who waits is told that it failed, and what is not in the journal is forgotten. Its numbers stay used.
    pub(super) fn fail(&mut self, fault: &Fault, drained_until: u64) {
        self.dirty.clear();
        self.entries.retain(|_, entry| entry.stamp.0 <= drained_until);
        self.bytes = self.entries.values().map(Entry::bytes).sum();
        for told in self.waiting.drain(..) {
            // Whoever does not wait any more need not be told.
            let _gone = told.send(Err(fault.clone()));
        }
    }
}

impl Entry {
    fn record(&self) -> Option<Record> {
        self.value.as_ref().map(|value| Record { stamp: self.stamp, format: value.format, bytes: value.bytes.clone() })
    }

    fn bytes(&self) -> usize {
        ENTRY_BYTES + self.value.as_ref().map_or(0, |value| value.bytes.len())
    }
}
