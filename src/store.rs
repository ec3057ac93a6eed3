//! Records under ordered keys, changed in batches that are all or nothing.
//!
//! A turn reads through a [`Draft`], which remembers what it saw and holds back what it writes, and becomes one [`Batch`].
//! [`Store::commit`] applies the batch only if everything it saw is still so; otherwise it is a conflict and the turn runs again.
//!
//! # Key spaces
//! | byte | space | key after the byte | record | of a person |
//! |---|---|---|---|---|
//! | `s` | [`Space::Session`] | number (16); of its SMS, then `m` | `turn::Record` | no: lives a day |
//! | `c` | [`Space::Caller`] | number (16) | `service::caller::Caller` | yes |
//! | `n` | [`Space::Guard`] | NIK (16) | `service::ktp::Guard` | no: two counters |
//! | `l` | [`Space::Slot`] | place u16, day i32, window u8 | `service::appointment::Slot` | no |
//! | `b` | [`Space::Booking`] | NIK (16), need u8; of one that is past, its code | `service::appointment::Booking` | yes |
//! | `k` | [`Space::Code`] | code (8 letters) | `service::appointment::CodeRow` | no |
//! | `r` | [`Space::Registry`] | generation u64, NIK (16) | `service::ktp::Entry` | no: replaced by each import |
//! | `i` | [`Space::Ticket`] | code (8 letters) | `service::ticket::Ticket` | no |
//! | `C` | [`Space::Cluster`] | `g`, quarter i32, kecamatan u16, topic u8; or `r`, u64 milliseconds and the same | `service::ticket::Cluster`; `Pending` | no |
//! | `N` | [`Space::Count`] | day i32, kecamatan u16 | `turn::Count` | no: figures |
//! | `j` | [`Space::Waiting`] | u64 milliseconds, code (8 letters) | `service::ticket::Waiting` | no |
//! | `f` | [`Space::Linked`] | NIK (16) | `service::ktp::Linked` | yes |
//! | `g` | [`Space::Generation`] | nothing | `service::ktp::Generation` | no |
//! | `o` | [`Space::Outgoing`] | class u8, u64 milliseconds, id u64 | [`queue::Outgoing`] | no |
//! | `v` | [`Space::Stop`] | place u16 | `service::mobile_unit::Stop` | no |
//! | `q` | [`Space::Queue`] | village u32, number (16) | `service::mobile_unit::Waiter` | no: until served, or a year |
//! | `m` | [`Space::Device`] | place u16 | `service::place::Device` | no |
//! | `t` | [`Space::Sent`] | id u64 | [`queue::Sent`] | no: lives a week |
//! | `e` | [`Space::Receipt`] | channel and the telco's message id (16) | `outbox::Receipt` | no: lives a week |
//! | `z` | [`Space::Dialogue`] | channel and the telco's dialogue id (16) | `turn::Whose` | no: lives a quarter of an hour |
//! | `h` | [`Space::Heard`] | channel, sender and message (16) | `turn::HeardSms` | no: lives three days |
//! | `u` | [`Space::Parts`] | number (16) | `turn::Pieces` | no: lives minutes |
//! | `p` | [`Space::PersonKey`] | number or NIK (16) | 32 random bytes | it is the person's key |
//! | `d` | [`Space::Due`] | u64 milliseconds, id u64 | [`queue::Due`] | no |
//! | `a` | [`Space::Watcher`] | NIK (16) | `service::ktp::Watcher` | yes |
//! | `y` | [`Space::Sweep`] | a sweep's name | how far a sweep of `due` has come | no |
//! | `w` | [`Space::Watch`] | nothing | `turn::HighWater` | no |
//! | `x` | [`Space::Coordinator`] | number (16) | `service::outreach::Coordinator` | yes |
//! | `F` | [`Space::Follower`] | number (16) | `service::outreach::Follower` | yes |
//! | `S` | [`Space::Source`] | number (16) | `service::outreach::Source` | yes |
//! | `E` | [`Space::QuestionDue`] | u64 milliseconds, number (16), what about | `service::outreach::QuestionDue` | no |
//! | `U` | [`Space::Announcement`] | code (8 letters) | `service::outreach::Announcement` | no |
//!
//! Numbers are big-endian, so keys sort as numbers do. "number" and "NIK" stand for a keyed hash ([`Store::hash`]): the digits
//! themselves are in no key. Records of a person are sealed under that person's own key (the first 16 bytes of the record's key
//! name the person), so that forgetting somebody means destroying one key.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::clock;

mod backup;
mod bell;
mod checkpoint;
mod committer;
mod draft;
mod fault;
mod figures;
mod filter;
mod frame;
mod journal;
mod memory;
mod opening;
mod overlay;
mod persons;
pub mod queue;
pub mod seal;
mod sled;
#[cfg(test)]
mod tests;
mod tree;

pub use backup::{Backup, BackupError};
pub use bell::{Bell, Heard};
pub use draft::Draft;
pub use fault::{CommitError, Fault, OpenError};
pub use figures::{Figures, Opened, Timings};
pub use journal::JournalFacts;
use memory::Memory;
pub use opening::{Verified, free_bytes};
use seal::Hasher;
pub use seal::{Field, Keys};
use sled::Sled;

/// The first byte of a key: whose records these are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Space {
    Announcement = b'U',
    Booking = b'b',
    Caller = b'c',
    Cluster = b'C',
    Code = b'k',
    Coordinator = b'x',
    Device = b'm',
    Count = b'N',
    Dialogue = b'z',
    Due = b'd',
    Follower = b'F',
    Generation = b'g',
    Guard = b'n',
    Heard = b'h',
    Linked = b'f',
    Outgoing = b'o',
    Parts = b'u',
    PersonKey = b'p',
    Queue = b'q',
    Receipt = b'e',
    Registry = b'r',
    Sent = b't',
    Session = b's',
    Slot = b'l',
    Source = b'S',
    QuestionDue = b'E',
    Stop = b'v',
    Sweep = b'y',
    Ticket = b'i',
    Waiting = b'j',
    Watch = b'w',
    Watcher = b'a',
}

/// Longest key in bytes, space byte included.
pub const KEY_BYTES_MAX: usize = 32;
/// Longest value in bytes. sled keeps larger ones in files that it never syncs.
pub const VALUE_BYTES_MAX: usize = 32 * 1024;

/// An ordered key: a space byte and up to 31 more.
///
/// What follows the last byte is zero, so that whole arrays, which are quicker to compare than slices, sort as their bytes do.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    bytes: [u8; KEY_BYTES_MAX],
    len: u8,
}

impl Key {
    pub const fn new(space: Space) -> Self {
        Self::of_byte(space as u8)
    }

    const fn of_byte(first: u8) -> Self {
        let mut bytes = [0; KEY_BYTES_MAX];
        bytes[0] = first;
        Self { len: 1, bytes }
    }

    /// Adds `part`. Key layouts are fixed (see the table above), so a key that is too long is a programming error.
    #[must_use]
    pub fn with(mut self, part: &[u8]) -> Self {
        let at = usize::from(self.len);
        let end = at + part.len();
        assert!(end <= KEY_BYTES_MAX, "a key layout that does not fit");
        self.bytes[at..end].copy_from_slice(part);
        self.len = u8::try_from(end).unwrap_or(u8::MAX);
        self
    }

    /// A key read back from disk; `None` if it is empty or too long.
    pub fn from_bytes(raw: &[u8]) -> Option<Self> {
        if raw.is_empty() || raw.len() > KEY_BYTES_MAX {
            return None;
        }
        let mut bytes = [0; KEY_BYTES_MAX];
        bytes[..raw.len()].copy_from_slice(raw);
        Some(Self { len: u8::try_from(raw.len()).ok()?, bytes })
    }

    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.len)]
    }
}

impl Key {
    /// Before every key of a space: spaces are letters, and what the tree keeps about itself comes before them.
    const fn first() -> Self {
        Self::of_byte(b'A')
    }

    /// After every key.
    const fn end() -> Self {
        Self::of_byte(0xff)
    }

    /// After every key of a space.
    pub const fn after(space: Space) -> Self {
        let mut key = Self::new(space);
        key.bytes[0] += 1;
        key
    }

    /// The least key greater than this one.
    pub fn next(&self) -> Self {
        let mut next = *self;
        if usize::from(next.len) < KEY_BYTES_MAX {
            next.bytes[usize::from(next.len)] = 0;
            next.len += 1;
        } else {
            for at in (0..KEY_BYTES_MAX).rev() {
                if next.bytes[at] < 0xff {
                    next.bytes[at] += 1;
                    next.len = u8::try_from(at + 1).unwrap_or(u8::MAX);
                    break;
                }
                next.bytes[at] = 0;
            }
        }
        next
    }

    /// Is it likely to be looked up again soon? Queues are scanned, and of a million rows of the registry each is read seldom.
    fn is_read_again(&self) -> bool {
        let spaces = [Space::Booking, Space::Caller, Space::Generation, Space::Guard, Space::Session, Space::Slot];
        spaces.iter().any(|space| *space as u8 == self.bytes[0])
    }

    /// Whose record this is, in the spaces of persons.
    fn person(&self) -> Option<[u8; 16]> {
        let of_persons = [Space::Booking, Space::Caller, Space::Coordinator, Space::Follower, Space::Linked, Space::Source, Space::Watcher];
        let is_of_person = of_persons.iter().any(|space| *space as u8 == self.bytes[0]);
        if !is_of_person || self.len < 17 {
            return None;
        }
        self.bytes[1..17].try_into().ok()
    }
}

/// The space only: what follows may be the hash of a person.
impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({}…)", char::from(self.bytes[0]))
    }
}

/// The version of a record: the number of the commit that wrote it. Never used twice, not even after a restart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Stamp(u64);

impl Stamp {
    /// No record: can be asserted like any other version.
    pub const ABSENT: Self = Self(0);

    pub const fn number(self) -> u64 {
        self.0
    }
}

/// A record as it was read.
#[derive(Clone, PartialEq, Eq)]
pub struct Record {
    pub stamp: Stamp,
    format: u16,
    bytes: Arc<[u8]>,
}

impl fmt::Debug for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Record({} bytes)", self.bytes.len())
    }
}

impl Record {
    /// # Errors
    /// [`Fault::Format`] if the bytes are not of this type.
    pub fn decode<R: Stored>(&self) -> Result<R, Fault> {
        decode(self.format, &self.bytes)
    }

    /// Is it just this?
    pub fn is<R: Stored>(&self, record: &R) -> bool {
        self.format == R::FORMAT && postcard::to_allocvec(record).is_ok_and(|bytes| bytes[..] == self.bytes[..])
    }
}

/// A record type. It lives with the service that owns it.
pub trait Stored: Serialize + DeserializeOwned {
    const SPACE: Space;
    /// Goes up with every change of the type's layout.
    const FORMAT: u16;

    /// Reads an older format.
    fn upcast(_format: u16, _bytes: &[u8]) -> Option<Self> {
        None
    }
}

/// A value to be written.
#[derive(Clone, PartialEq, Eq)]
pub struct Value {
    format: u16,
    bytes: Arc<[u8]>,
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Value({} bytes)", self.bytes.len())
    }
}

/// What was seen, and what is to be written if it is still so.
#[derive(Debug, Default)]
pub struct Batch {
    pub seen: BTreeMap<Key, Stamp>,
    /// `None` deletes.
    pub writes: BTreeMap<Key, Option<Value>>,
    /// On disk before [`Store::commit`] returns.
    pub durable: bool,
    /// The last commit when the first of `seen` was read, or before: what has not changed since need not be read again.
    as_of: u64,
}

/// How a lasting store behaves.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// Below so many free bytes on the disk nothing new is accepted, so that what is can be finished.
    pub low_water_bytes: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self { low_water_bytes: 64 * 1024 * 1024 }
    }
}

/// Where records are.
#[derive(Debug)]
pub struct Store {
    hasher: Hasher,
    bell: Bell,
    timings: Arc<Timings>,
    back: Back,
}

#[derive(Debug)]
enum Back {
    Memory(Memory),
    Sled(Sled),
}

impl Store {
    /// Records that are gone with the process: for tests.
    pub fn memory(keys: &Keys) -> Self {
        Self { hasher: Hasher::new(keys), bell: Bell::default(), timings: Arc::default(), back: Back::Memory(Memory::default()) }
    }

    /// Opens, repairs and, if need be, builds anew what is in `folder`.
    ///
    /// # Errors
    /// If what is there cannot be used without losing something. Nothing is guessed.
    pub fn open(folder: &Path, keys: &Keys, settings: Settings) -> Result<(Self, Opened), OpenError> {
        let (sled, opened) = Sled::open(folder, keys, settings)?;
        Ok((Self { hasher: Hasher::new(keys), bell: Bell::default(), timings: sled.timings(), back: Back::Sled(sled) }, opened))
    }

    /// HMAC-SHA-256 under the field's own key, cut to sixteen bytes: how persons stand in keys.
    pub fn hash(&self, field: Field, bytes: &[u8]) -> [u8; 16] {
        self.hasher.hash(field, bytes)
    }

    /// Rings when messages to be sent were left.
    pub fn bell(&self) -> &Bell {
        &self.bell
    }

    /// The last commit.
    fn last_commit(&self) -> u64 {
        match &self.back {
            Back::Memory(_) => 0,
            Back::Sled(sled) => sled.last_commit(),
        }
    }

    /// # Errors
    /// A [`Fault`] if the record cannot be read.
    #[expect(clippy::unused_async, reason = "a store on another machine will wait here")]
    pub async fn get(&self, key: &Key) -> Result<Option<Record>, Fault> {
        match &self.back {
            Back::Memory(memory) => Ok(memory.get(key)),
            Back::Sled(sled) => sled.get(key),
        }
    }

    /// Records in a range of keys, in order, at most `limit`.
    ///
    /// # Errors
    /// A [`Fault`] if one of them cannot be read.
    #[expect(clippy::unused_async, reason = "a store on another machine will wait here")]
    pub async fn scan(&self, range: Range<Key>, limit: usize) -> Result<Vec<(Key, Record)>, Fault> {
        self.rows(range, limit)
    }

    fn rows(&self, range: Range<Key>, limit: usize) -> Result<Vec<(Key, Record)>, Fault> {
        if range.start >= range.end {
            return Ok(Vec::new());
        }
        match &self.back {
            Back::Memory(memory) => Ok(memory.scan(range, limit)),
            Back::Sled(sled) => sled.scan(range, limit),
        }
    }

    /// Applies all of a batch or nothing. A durable one is on disk when this returns `Ok`.
    ///
    /// # Errors
    /// [`CommitError::Conflict`] if something it saw has changed; a fault of the disk otherwise.
    pub async fn commit(&self, batch: Batch) -> Result<(), CommitError> {
        // Rings however this ends: whoever gives up waiting for the disk has left its rows all the same.
        let _ring = self.bell.ring_after(&batch);
        let begun = batch.durable.then(clock::monotonic);
        match &self.back {
            Back::Memory(memory) => memory.commit(batch),
            Back::Sled(sled) => sled.commit(batch).await,
        }?;
        if let Some(begun) = begun {
            self.timings.commit.note(begun.elapsed());
        }
        Ok(())
    }

    /// Waits until the version of a record that was read is on disk. Whoever tells of an effect that somebody else committed asks this first:
    /// a record can be read as soon as it is accepted.
    ///
    /// # Errors
    /// A fault of the disk.
    pub async fn settle(&self, stamp: Stamp) -> Result<(), Fault> {
        match &self.back {
            Back::Memory(_) => Ok(()),
            Back::Sled(sled) => sled.settle(stamp).await,
        }
    }

    /// Every record in the order of keys.
    ///
    /// # Errors
    /// A [`Fault`] if one cannot be read.
    pub fn export(&self, take: &mut dyn FnMut(&Key, &Record)) -> Result<(), Fault> {
        let mut from = Key::first();
        loop {
            let rows = self.rows(from..Key::end(), ROWS_A_READ)?;
            for (key, record) in &rows {
                take(key, record);
            }
            match rows.last() {
                Some((last, _)) if rows.len() == ROWS_A_READ => from = last.next(),
                _ => return Ok(()),
            }
        }
    }

    /// Writes everything down and ends the store's threads. What is committed afterwards fails.
    pub fn close(&self) {
        if let Back::Sled(sled) = &self.back {
            sled.close();
        }
    }

    pub fn is_writable(&self) -> bool {
        match &self.back {
            Back::Memory(_) => true,
            Back::Sled(sled) => sled.is_writable(),
        }
    }

    pub fn timings(&self) -> &Timings {
        &self.timings
    }

    pub fn figures(&self) -> Figures {
        match &self.back {
            Back::Memory(_) => Figures::default(),
            Back::Sled(sled) => sled.figures(),
        }
    }
}

/// Rows read at a time by what reads everything.
const ROWS_A_READ: usize = 1_000;

fn decode<R: Stored>(format: u16, bytes: &[u8]) -> Result<R, Fault> {
    if format == R::FORMAT {
        return postcard::from_bytes(bytes).map_err(|_| Fault::Format(format));
    }
    R::upcast(format, bytes).ok_or(Fault::Format(format))
}
