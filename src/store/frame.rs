//! Frames: how batches stand in the journal and records in a checkpoint. A flipped bit is found and put right.
//!
//! ```text
//!  magic u32 │ body length u32 │ first commit u64 │ last commit u64 │ synced u64 │ CRC-32 of these u32 │ body … │ CRC-32 of the body u32
//! ```
//! `synced`: the commit up to which the file was known to be on disk when the frame was written. A hole in the file that begins after it
//! is what a power cut took of writes that nobody was told of; one that begins before it is damage.
//!
//! All little-endian. The CRC is the IEEE one (ISO 3309): its polynomial is primitive, so each of the 2^32 − 1 places of a single wrong
//! bit leaves a remainder of its own, and the place can be computed from the remainder. Whether the repair is right, the seals of
//! the records then prove.

use std::io::Read;
use std::ops::Range;

use super::{Fault, Key};

pub(super) const MAGIC: u32 = 0x6b74_6732; // "ktg2"
pub(super) const HEADER_BYTES: usize = 36;
const TRAILER_BYTES: usize = 4;
/// What a change takes, more or less.
const CHANGE_BYTES: usize = 400;
/// A frame holds one drain of the overlay, whose own limit is an eighth of this.
pub(super) const BODY_BYTES_MAX: usize = 64 * 1024 * 1024;

/// One sealed record, or a deletion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Change<'a> {
    pub(super) key: Key,
    /// `None`: deleted by the commit `stamp`.
    pub(super) sealed: Option<&'a [u8]>,
    pub(super) stamp: u64,
}

/// A frame read back.
#[derive(Debug)]
pub(super) struct Frame {
    pub(super) first: u64,
    pub(super) last: u64,
    pub(super) synced: u64,
    pub(super) body: Vec<u8>,
    pub(super) repaired_bits: u32,
    /// Bytes it takes in the file.
    pub(super) len: usize,
}

/// What stands at a place in a file.
#[derive(Debug)]
pub(super) enum Found {
    Frame(Frame),
    /// Nothing more.
    End,
    /// Something that is no frame, or one that was not written whole.
    Broken,
}

/// The numbers in a frame's header: first and last commit, and up to where the file was synced.
#[derive(Clone, Copy, Debug)]
pub(super) struct Span {
    pub(super) first: u64,
    pub(super) last: u64,
    pub(super) synced: u64,
}

pub(super) fn write<'a>(out: &mut Vec<u8>, span: Span, changes: impl Iterator<Item = (Key, &'a [u8], u64)>) {
    let start = begin(out);
    for (key, sealed, stamp) in changes {
        write_key(out, &key, stamp);
        out.extend_from_slice(&u32::try_from(sealed.len()).unwrap_or(u32::MAX).to_le_bytes());
        out.extend_from_slice(sealed);
    }
    finish(out, start, span);
}

fn write_key(out: &mut Vec<u8>, key: &Key, stamp: u64) {
    let key = key.as_bytes();
    out.push(u8::try_from(key.len()).unwrap_or(u8::MAX));
    out.extend_from_slice(key);
    out.extend_from_slice(&stamp.to_le_bytes());
}

/// A frame in the making, whose values are sealed right where they will stand.
#[derive(Debug)]
pub(super) struct Writer(Written);

/// A frame, and where each change stands in it.
#[derive(Debug, Default)]
pub(super) struct Written {
    pub(super) bytes: Vec<u8>,
    pub(super) changes: Vec<Placed>,
}

#[derive(Debug)]
pub(super) struct Placed {
    pub(super) key: Key,
    pub(super) stamp: u64,
    /// Empty: deleted.
    pub(super) sealed: Range<usize>,
}

impl Writer {
    pub(super) fn new(changes: usize) -> Self {
        let mut bytes = Vec::with_capacity(HEADER_BYTES + changes * CHANGE_BYTES + TRAILER_BYTES);
        begin(&mut bytes);
        Self(Written { bytes, changes: Vec::with_capacity(changes) })
    }

    /// Adds a change whose sealed value `write` appends. Zero bytes stand for a deletion: a sealed value is never empty.
    pub(super) fn add(&mut self, key: Key, stamp: u64, write: impl FnOnce(&mut Vec<u8>) -> Result<(), Fault>) -> Result<(), Fault> {
        let out = &mut self.0.bytes;
        write_key(out, &key, stamp);
        let start = out.len() + 4;
        out.extend_from_slice(&[0; 4]);
        write(out)?;
        let len = u32::try_from(out.len() - start).unwrap_or(u32::MAX);
        out[start - 4..start].copy_from_slice(&len.to_le_bytes());
        self.0.changes.push(Placed { key, stamp, sealed: start..self.0.bytes.len() });
        Ok(())
    }

    pub(super) fn finish(mut self, span: Span) -> Written {
        finish(&mut self.0.bytes, 0, span);
        self.0
    }
}

impl Written {
    pub(super) fn sealed(&self, change: &Placed) -> Option<&[u8]> {
        let sealed = &self.bytes[change.sealed.clone()];
        (!sealed.is_empty()).then_some(sealed)
    }
}

/// A frame around a body that is there already.
pub(super) fn write_body(out: &mut Vec<u8>, span: Span, body: &[u8]) {
    let start = begin(out);
    out.extend_from_slice(body);
    finish(out, start, span);
}

fn begin(out: &mut Vec<u8>) -> usize {
    let start = out.len();
    out.resize(start + HEADER_BYTES, 0);
    start
}

fn finish(out: &mut Vec<u8>, start: usize, span: Span) {
    let body = start + HEADER_BYTES;
    let len = u32::try_from(out.len() - body).unwrap_or(u32::MAX);
    out[start..start + 4].copy_from_slice(&MAGIC.to_le_bytes());
    out[start + 4..start + 8].copy_from_slice(&len.to_le_bytes());
    out[start + 8..start + 16].copy_from_slice(&span.first.to_le_bytes());
    out[start + 16..start + 24].copy_from_slice(&span.last.to_le_bytes());
    out[start + 24..start + 32].copy_from_slice(&span.synced.to_le_bytes());
    let header = crc32fast::hash(&out[start..start + 32]);
    out[start + 32..start + 36].copy_from_slice(&header.to_le_bytes());
    let trailer = crc32fast::hash(&out[body..]);
    out.extend_from_slice(&trailer.to_le_bytes());
}

/// Reads the frame at the start of `bytes`.
pub(super) fn read(bytes: &[u8]) -> Found {
    if bytes.is_empty() {
        return Found::End;
    }
    let Some(Header { span: Span { first, last, synced }, body_len, repaired_bits }) = Header::read(bytes) else { return Found::Broken };
    let len = HEADER_BYTES + body_len + TRAILER_BYTES;
    let Some(rest) = bytes.get(HEADER_BYTES..len) else { return Found::Broken };
    let Some((body, bits)) = checked(rest) else { return Found::Broken };
    Found::Frame(Frame { first, last, synced, body, repaired_bits: repaired_bits + bits, len })
}

/// Reads the next frame of a file, and of the file no more than that: a checkpoint may be larger than the memory there is. `buffer` is only
/// memory to be used again.
pub(super) fn read_from(input: &mut impl Read, buffer: &mut Vec<u8>) -> std::io::Result<Found> {
    buffer.clear();
    input.by_ref().take(HEADER_BYTES as u64).read_to_end(buffer)?;
    if let Some(header) = Header::read(buffer) {
        input.take((header.body_len + TRAILER_BYTES) as u64).read_to_end(buffer)?;
    }
    Ok(read(buffer))
}

/// What stands before a body.
struct Header {
    span: Span,
    body_len: usize,
    repaired_bits: u32,
}

impl Header {
    /// `None` if it is not whole, or none.
    fn read(bytes: &[u8]) -> Option<Self> {
        let (header, repaired_bits) = checked(bytes.get(..HEADER_BYTES)?)?;
        let number = |at: usize| u64::from_le_bytes(header[at..at + 8].try_into().unwrap_or_default());
        let short = |at: usize| u32::from_le_bytes(header[at..at + 4].try_into().unwrap_or_default());
        let body_len = usize::try_from(short(4)).ok()?;
        let span = Span { first: number(8), last: number(16), synced: number(24) };
        (short(0) == MAGIC && body_len <= BODY_BYTES_MAX).then_some(Self { span, body_len, repaired_bits })
    }
}

impl Frame {
    pub(super) fn span(&self) -> Span {
        Span { first: self.first, last: self.last, synced: self.synced }
    }

    /// The changes in it, in the order they were made.
    pub(super) fn changes(&self) -> impl Iterator<Item = Result<Change<'_>, Fault>> {
        let mut rest = self.body.as_slice();
        std::iter::from_fn(move || {
            if rest.is_empty() {
                return None;
            }
            let change = take_change(&mut rest);
            if change.is_none() {
                rest = &[];
            }
            Some(change.ok_or(Fault::Corrupt))
        })
    }
}

fn take_change<'a>(rest: &mut &'a [u8]) -> Option<Change<'a>> {
    let (len, after) = rest.split_first()?;
    let (key, after) = after.split_at_checked(usize::from(*len))?;
    let (stamp, after) = after.split_at_checked(8)?;
    let (len, after) = after.split_at_checked(4)?;
    let len = usize::try_from(u32::from_le_bytes(len.try_into().ok()?)).ok()?;
    let (sealed, after) = after.split_at_checked(len)?;
    *rest = after;
    Some(Change {
        key: Key::from_bytes(key)?,
        stamp: u64::from_le_bytes(stamp.try_into().ok()?),
        sealed: (!sealed.is_empty()).then_some(sealed),
    })
}

/// Bytes whose last four are the CRC of those before; with one wrong bit put right if there is one. `None` if more is wrong.
fn checked(bytes: &[u8]) -> Option<(Vec<u8>, u32)> {
    let (data, stored) = bytes.split_at_checked(bytes.len().checked_sub(4)?)?;
    let stored = u32::from_le_bytes(stored.try_into().ok()?);
    let syndrome = crc32fast::hash(data) ^ stored;
    if syndrome == 0 {
        return Some((data.to_vec(), 0));
    }
    // One bit of the stored CRC itself.
    if syndrome.is_power_of_two() {
        return Some((data.to_vec(), 1));
    }
    // A wrong bit k places before the end of the data leaves x^(k+32) mod P. In the reflected form used here the remainder of the
    // very last bit is 0xEDB88320, and each bit further to the front is one step more of the same shift register.
    let mut remainder: u32 = 0xEDB8_8320;
    for at in (0..data.len()).rev() {
        for bit in (0..8).rev() {
            if remainder == syndrome {
                let mut data = data.to_vec();
                data[at] ^= 1 << bit;
                return (crc32fast::hash(&data) == stored).then_some((data, 1));
            }
            remainder = if remainder & 1 == 1 { (remainder >> 1) ^ 0xEDB8_8320 } else { remainder >> 1 };
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Space;

    fn sample() -> Vec<u8> {
        let key = |n: u8| Key::new(Space::Slot).with(&[n]);
        let mut writer = Writer::new(3);
        for (n, sealed, stamp) in [(1, [1, 2, 3].as_slice(), 7), (2, &[], 8), (3, &[9; 300], 9)] {
            let append = |out: &mut Vec<u8>| {
                out.extend_from_slice(sealed);
                Ok(())
            };
            writer.add(key(n), stamp, append).unwrap();
        }
        writer.finish(Span { first: 7, last: 9, synced: 6 }).bytes
    }

    fn shown(bytes: &[u8]) -> String {
        match read(bytes) {
            Found::Frame(frame) => {
                format!("{} {} {} {:?}", frame.first, frame.last, frame.len, frame.changes().collect::<Result<Vec<_>, _>>().unwrap())
            }
            Found::End => "end".into(),
            Found::Broken => "broken".into(),
        }
    }

    #[test]
    fn any_one_flipped_bit_is_put_right() {
        let whole = sample();
        let right = shown(&whole);
        for at in 0..whole.len() * 8 {
            let mut wrong = whole.clone();
            wrong[at / 8] ^= 1 << (at % 8);
            assert_eq!(shown(&wrong), right, "bit {at}");
        }
    }

    #[test]
    fn from_a_file_they_are_read_one_by_one() {
        let one = sample();
        let shown_from = |mut input: &[u8]| {
            let mut buffer = Vec::new();
            let mut found = Vec::new();
            loop {
                match read_from(&mut input, &mut buffer).unwrap() {
                    Found::Frame(frame) => found.push(format!(
                        "{} {} {:?}",
                        frame.len,
                        frame.repaired_bits,
                        frame.changes().map(Result::unwrap).collect::<Vec<_>>()
                    )),
                    Found::End => return (found, "end", input.len()),
                    Found::Broken => return (found, "broken", input.len()),
                }
            }
        };
        let twice = [one.clone(), one.clone()].concat();
        let (found, how, left) = shown_from(&twice);
        assert_eq!((found.len(), how, left), (2, "end", 0));
        assert_eq!(found[0], found[1]);
        for len in one.len() + 1..twice.len() {
            let (found, how, _) = shown_from(&twice[..len]);
            assert_eq!((found.len(), how), (1, "broken"), "cut to {len}");
        }
        // Of what is none, nothing more is read than a header.
        let (found, how, left) = shown_from(&[0; 1_000]);
        assert_eq!((found.len(), how, left), (0, "broken", 1_000 - HEADER_BYTES));
    }

    #[test]
    fn both_ways_of_writing_one_are_alike() {
        let sample = sample();
        let Found::Frame(frame) = read(&sample) else { return assert_eq!(shown(&sample), "a frame") };
        let mut again = Vec::new();
        let changes = frame.changes().map(|change| change.unwrap());
        write(&mut again, frame.span(), changes.map(|change| (change.key, change.sealed.unwrap_or_default(), change.stamp)));
        assert_eq!(again, sample);
    }

    #[test]
    fn a_torn_frame_is_broken_at_every_length() {
        let whole = sample();
        for len in 1..whole.len() {
            assert_eq!(shown(&whole[..len]), "broken", "cut to {len}");
        }
        assert_eq!(shown(&[]), "end");
        assert_eq!(shown(&[0; 100]), "broken", "zeros");
    }
}
