//! Records under ordered keys, changed in batches that are all or nothing.
//!
//! A turn reads through a [`Draft`], which remembers what it saw and holds back what it writes, and becomes one [`Batch`].
//! [`Store::commit`] applies the batch only if everything it saw is still so; otherwise it is a conflict and the turn runs again.
//!
//! # Key spaces
//! | byte | space | key after the byte | record | of a person |
//! |---|---|---|---|---|
//! | `s` | [`Space::Session`] | number (16) | `turn::Record` | no: lives a day |
//! | `c` | [`Space::Caller`] | number (16) | `service::caller::Caller` | yes |
//! | `n` | [`Space::Guard`] | NIK (16) | `service::ktp::Guard` | no: two counters |
//! | `l` | [`Space::Slot`] | place u16, day i32, window u8 | `service::appointment::Slot` | no |
//! | `b` | [`Space::Booking`] | NIK (16), need u8 | `service::appointment::Booking` | yes |
//! | `k` | [`Space::Code`] | code (8 letters) | `service::appointment::CodeRow` | no |
//! | `r` | [`Space::Registry`] | generation u64, NIK (16) | `service::ktp::Entry` | no: replaced by each import |
//! | `g` | [`Space::Generation`] | nothing | `service::ktp::Generation` | no |
//! | `o` | [`Space::Outgoing`] | u64 milliseconds, number (16), u16 | [`queue::Outgoing`] | no |
//! | `d` | [`Space::Due`] | u64 milliseconds, id (16) | [`queue::Due`] | no |
//! | `w` | [`Space::Watch`] | nothing | `turn::HighWater` | no |
//!
//! Numbers are big-endian, so keys sort as numbers do. "number" and "NIK" stand for a keyed hash ([`Store::hash`]): the digits
//! themselves are in no key. Records of a person are sealed under that person's own key (the first 16 bytes of the record's key
//! name the person), so that forgetting somebody means destroying one key.

use std::fmt;

use serde::Serialize;
use serde::de::DeserializeOwned;

mod draft;
mod memory;
pub mod queue;
pub mod seal;

pub use draft::Draft;

/// The first byte of a key: whose records these are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Space {
    Booking = b'b',
    Caller = b'c',
    Code = b'k',
    Due = b'd',
    Generation = b'g',
    Guard = b'n',
    Outgoing = b'o',
    Registry = b'r',
    Session = b's',
    Slot = b'l',
    Watch = b'w',
}

/// Longest key in bytes, space byte included.
pub const KEY_BYTES_MAX: usize = 32;
/// Longest value in bytes. sled keeps larger ones in files that it never syncs.
pub const VALUE_BYTES_MAX: usize = 32 * 1024;

/// An ordered key: a space byte and up to 31 more.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Key {
    len: u8,
    bytes: [u8; KEY_BYTES_MAX],
}

impl Key {
    pub const fn new(space: Space) -> Self {
        let mut bytes = [0; KEY_BYTES_MAX];
        bytes[0] = space as u8;
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

impl PartialOrd for Key {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Key {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.as_bytes().cmp(other.as_bytes())
    }
}

/// The space only: what follows may be the hash of a person.
impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({}…)", char::from(self.bytes[0]))
    }
}
