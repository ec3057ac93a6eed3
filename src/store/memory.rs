//! Records in memory: what the lasting store is compared with, and quick for tests.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::{Batch, CommitError, Key, Record, Stamp};

#[derive(Debug, Default)]
pub(super) struct Memory(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    last: u64,
    records: BTreeMap<Key, Record>,
}

impl Memory {
    pub(super) fn get(&self, key: &Key) -> Option<Record> {
        self.state().records.get(key).cloned()
    }

    pub(super) fn scan(&self, range: Range<Key>, limit: usize) -> Vec<(Key, Record)> {
        self.state().records.range(range).take(limit).map(|(key, record)| (*key, record.clone())).collect()
    }

    pub(super) fn commit(&self, batch: Batch) -> Result<(), CommitError> {
        let mut state = self.state();
        for (key, seen) in &batch.seen {
            if state.records.get(key).map_or(Stamp::ABSENT, |record| record.stamp) != *seen {
                return Err(CommitError::Conflict);
            }
        }
        state.last += 1;
        let stamp = Stamp(state.last);
        for (key, value) in batch.writes {
            match value {
                Some(value) => state.records.insert(key, Record { stamp, format: value.format, bytes: value.bytes }),
                None => state.records.remove(&key),
            };
        }
        Ok(())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
