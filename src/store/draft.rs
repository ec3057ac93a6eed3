//! One turn's reads and held-back writes.

use std::ops::Range;

use super::{Batch, Fault, Field, Key, Stamp, Store, Stored, VALUE_BYTES_MAX, Value, decode};
use crate::citizen::Msisdn;

/// Reads through to the store, remembers what it saw, and keeps writes to itself until it becomes a [`Batch`]. Sees its own writes.
#[derive(Debug)]
pub struct Draft<'s> {
    store: &'s Store,
    batch: Batch,
}

impl<'s> Draft<'s> {
    pub fn new(store: &'s Store) -> Self {
        Self { store, batch: Batch { as_of: store.last_commit(), ..Batch::default() } }
    }

    pub fn store(&self) -> &'s Store {
        self.store
    }

    /// A phone number as it stands in keys.
    pub fn number_hash(&self, number: Msisdn) -> [u8; 16] {
        self.store.hash(Field::Number, &number.number().to_be_bytes())
    }

    /// Reads what a write will depend on: if it changes before the commit, the commit is a conflict.
    ///
    /// # Errors
    /// A [`Fault`] if the record cannot be read.
    pub async fn get<R: Stored>(&mut self, key: &Key) -> Result<Option<R>, Fault> {
        if let Some(own) = self.own(key) {
            return own;
        }
        let record = self.store.get(key).await?;
        let stamp = record.as_ref().map_or(Stamp::ABSENT, |record| record.stamp);
        // The first look counts: a later one that saw something else must be a conflict.
        self.batch.seen.entry(*key).or_insert(stamp);
        record.map(|record| record.decode()).transpose()
    }

    /// Reads what is only shown.
    ///
    /// # Errors
    /// A [`Fault`] if the record cannot be read.
    pub async fn peek<R: Stored>(&self, key: &Key) -> Result<Option<R>, Fault> {
        match self.own(key) {
            Some(own) => own,
            None => self.store.get(key).await?.map(|record| record.decode()).transpose(),
        }
    }

    /// Reads a range that is only shown, in order, own writes included.
    ///
    /// # Errors
    /// A [`Fault`] if one of the records cannot be read.
    pub async fn scan<R: Stored>(&self, range: Range<Key>, limit: usize) -> Result<Vec<(Key, R)>, Fault> {
        let own: Vec<_> = self.batch.writes.range(range.clone()).collect();
        // Own deletions may hide that many.
        let rows = self.store.scan(range, limit.saturating_add(own.len())).await?;
        let mut merged = std::collections::BTreeMap::new();
        for (key, record) in rows {
            merged.insert(key, Some(record.decode()?));
        }
        for (key, value) in own {
            let value = value.as_ref().map(|value| decode(value.format, &value.bytes)).transpose()?;
            merged.insert(*key, value);
        }
        Ok(merged.into_iter().filter_map(|(key, value)| Some((key, value?))).take(limit).collect())
    }

    /// # Errors
    /// [`Fault::TooLarge`] above 32 KiB.
    pub fn put<R: Stored>(&mut self, key: Key, record: &R) -> Result<(), Fault> {
        debug_assert_eq!(key.as_bytes().first(), Some(&(R::SPACE as u8)), "a record under another space's key");
        let bytes = postcard::to_allocvec(record).map_err(|_| Fault::Corrupt)?;
        if bytes.len() > VALUE_BYTES_MAX {
            return Err(Fault::TooLarge(bytes.len()));
        }
        self.batch.writes.insert(key, Some(Value { format: R::FORMAT, bytes: bytes.into() }));
        Ok(())
    }

    pub fn delete(&mut self, key: Key) {
        self.batch.writes.insert(key, None);
    }

    /// An effect: it must be on disk before anybody is told.
    pub fn durable(&mut self) {
        self.batch.durable = true;
    }

    pub fn is_durable(&self) -> bool {
        self.batch.durable
    }

    /// The version of a record that [`Draft::get`] saw.
    pub fn stamp_seen(&self, key: &Key) -> Stamp {
        self.batch.seen.get(key).copied().unwrap_or(Stamp::ABSENT)
    }

    pub fn into_batch(self) -> Batch {
        self.batch
    }

    fn own<R: Stored>(&self, key: &Key) -> Option<Result<Option<R>, Fault>> {
        let written = self.batch.writes.get(key)?;
        Some(written.as_ref().map(|value| decode(value.format, &value.bytes)).transpose())
    }
}
