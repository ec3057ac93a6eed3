//! All that is accepted and not yet in the tree: key → stamp and plain value. Where commits are checked and made. What has come into the
//! tree stays at hand for a while: a citizen answers within seconds.

use std::collections::{BTreeMap, VecDeque};
use std::ops::Range;

use tokio::sync::oneshot;

use super::{Batch, Fault, Key, Record, Stamp, Value};

/// What a waiting durable commit is told.
pub(super) type Told = oneshot::Sender<Result<(), Fault>>;

/// Guessed cost of an entry besides its value: tree node, key, counters.
const ENTRY_BYTES: usize = 128;
/// What is in the tree and kept at hand all the same: some ten thousand sessions.
const AT_HAND_BYTES_MAX: usize = 4 * 1024 * 1024;

#[derive(Debug, Default)]
pub(super) struct Overlay {
    entries: BTreeMap<Key, Entry>,
    /// Keys changed since the last drain. A key may stand twice.
    dirty: Vec<Key>,
    waiting: Vec<Told>,
    /// Of what is not in the tree.
    bytes: usize,
    /// Keys and stamps of what is in the tree too, oldest first. What has changed since is not at hand any more, and counts until its turn.
    at_hand: VecDeque<(Key, Stamp, usize)>,
    at_hand_bytes: usize,
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
    in_tree: bool,
}

/// One key's change, on its way to the journal.
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

    /// After a failure: whoever has read something of a commit that failed must find that it is not so.
    pub(super) fn again_after(last: u64) -> Self {
        Self { last, gone: last + 1, ..Self::default() }
    }

    /// `None`: not here, look in the tree. `Some(None)`: deleted.
    pub(super) fn get(&self, key: &Key) -> Option<Option<Record>> {
        self.entries.get(key).map(Entry::record)
    }

    pub(super) fn stamp(&self, key: &Key) -> Option<Stamp> {
        self.entries.get(key).map(|entry| if entry.value.is_some() { entry.stamp } else { Stamp::ABSENT })
    }

    /// From the start of a range, as far as `limit` records that are not deleted.
    pub(super) fn range(&self, range: Range<Key>, limit: usize) -> Vec<(Key, Option<Record>)> {
        let mut left = limit;
        let mut rows = Vec::new();
        for (key, entry) in self.entries.range(range) {
            if left == 0 {
                break;
            }
            left -= usize::from(entry.value.is_some());
            rows.push((*key, entry.record()));
        }
        rows
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
            if let Some(before) = self.entries.insert(key, Entry { stamp, value, in_tree: false })
                && !before.in_tree
            {
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

    /// These changes are in the tree now: whatever has not changed again since need not stay.
    pub(super) fn applied(&mut self, changes: impl Iterator<Item = (Key, Stamp)>) {
        for (key, stamp) in changes {
            let Some(entry) = self.entries.get_mut(&key).filter(|entry| entry.stamp == stamp && !entry.in_tree) else { continue };
            let bytes = entry.bytes();
            self.bytes -= bytes;
            entry.in_tree = true;
            if entry.value.is_some() && key.is_read_again() {
                self.keep(key, stamp, bytes);
            } else {
                self.forget(&key, stamp);
            }
        }
    }

    /// Takes in what was read from the tree, unless it may have changed meanwhile. `gone`: [`Overlay::gone`] before it was read.
    pub(super) fn remember(&mut self, key: Key, record: &Record, gone: u64) {
        if self.gone != gone || self.entries.contains_key(&key) || !key.is_read_again() {
            return;
        }
        let value = Some(Value { format: record.format, bytes: record.bytes.clone() });
        let entry = Entry { stamp: record.stamp, value, in_tree: true };
        let bytes = entry.bytes();
        self.entries.insert(key, entry);
        self.keep(key, record.stamp, bytes);
    }

    fn keep(&mut self, key: Key, stamp: Stamp, bytes: usize) {
        self.at_hand.push_back((key, stamp, bytes));
        self.at_hand_bytes += bytes;
        while self.at_hand_bytes > AT_HAND_BYTES_MAX
            && let Some((key, stamp, bytes)) = self.at_hand.pop_front()
        {
            self.at_hand_bytes -= bytes;
            self.forget(&key, stamp);
        }
    }

    /// Leaves a key to the tree, if it has not changed again.
    fn forget(&mut self, key: &Key, stamp: Stamp) {
        if self.entries.get(key).is_some_and(|entry| entry.stamp == stamp) {
            self.entries.remove(key);
            self.gone = self.gone.max(stamp.0);
        }
    }

    /// Everybody who waits is told that it failed, and what is not in the journal is forgotten. Its numbers stay used.
    pub(super) fn fail(&mut self, fault: &Fault, drained_until: u64) {
        self.dirty.clear();
        self.entries.retain(|_, entry| entry.stamp.0 <= drained_until);
        self.bytes = self.entries.values().filter(|entry| !entry.in_tree).map(Entry::bytes).sum();
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Space;

    fn key(n: u8) -> Key {
        Key::new(Space::Session).with(&[n])
    }

    fn write(overlay: &mut Overlay, n: u8) -> Stamp {
        let value = Some(Value { format: 1, bytes: [n; 1_000].as_slice().into() });
        overlay.write(Batch { writes: BTreeMap::from([(key(n), value)]), ..Batch::default() }, None);
        Stamp(overlay.last)
    }

    #[test]
    fn what_is_in_the_tree_stays_at_hand_until_there_is_no_room() {
        let mut overlay = Overlay::starting_after(0);
        let stamp = write(&mut overlay, 1);
        overlay.applied([(key(1), stamp)].into_iter());
        assert_eq!((overlay.bytes(), overlay.stamp(&key(1)), overlay.gone), (0, Some(stamp), 0));
        for _ in 0..AT_HAND_BYTES_MAX / 1_000 {
            let stamp = write(&mut overlay, 2);
            overlay.applied([(key(2), stamp)].into_iter());
        }
        assert!(overlay.stamp(&key(1)).is_none());
        assert_eq!(overlay.gone, stamp.0);
        assert!(overlay.at_hand_bytes <= AT_HAND_BYTES_MAX);
    }

    #[test]
    fn what_was_read_while_it_changed_is_not_remembered() {
        let record = Record { stamp: Stamp(1), format: 1, bytes: [1].as_slice().into() };
        let mut overlay = Overlay::starting_after(5);
        overlay.remember(key(1), &record, 5);
        assert_eq!(overlay.stamp(&key(1)), Some(Stamp(1)));
        // Changed, brought into the tree and left to it, all since it was read.
        let stamp = write(&mut overlay, 2);
        overlay.forget(&key(2), stamp);
        overlay.remember(key(2), &record, 5);
        assert_eq!(overlay.stamp(&key(2)), None);
        // Changed since it was read.
        let newer = write(&mut overlay, 3);
        overlay.remember(key(3), &record, overlay.gone);
        assert_eq!(overlay.stamp(&key(3)), Some(newer));
    }
}
