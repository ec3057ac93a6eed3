//! The journal: frames appended to segment files and synced. What is in it has happened.
//!
//! `journal/0000000000000001.seg` holds the frames from commit 1 on (hexadecimal); a new segment begins when one is full. A segment goes when
//! a checkpoint covers it.

use std::fs::{self, File, OpenOptions};
use std::io::{BufReader, BufWriter, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use super::frame::{self, Found, Frame};
use super::{Fault, OpenError};

/// A segment is closed when it has grown so long: some ten thousand turns. A start reads one at a time into memory.
const SEGMENT_BYTES: u64 = 16 * 1024 * 1024;

/// A checkpoint is made when the journal has grown so long, or to so many segments (each start begins one).
const JOURNAL_BYTES: u64 = 256 * 1024 * 1024;
const SEGMENTS: usize = 64;

#[derive(Debug)]
pub(super) struct Journal {
    folder: PathBuf,
    file: File,
    len: u64,
    /// The commit up to which everything is on disk.
    synced: u64,
}

/// What reading the journal found besides frames.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct JournalFacts {
    pub frames: u64,
    /// The last commit it tells of.
    pub reaches: u64,
    pub repaired_bits: u64,
    /// Frames that could not be put right, and were not needed.
    pub damaged_frames: u64,
    /// Bytes of a frame that was not written whole when the machine stopped.
    pub torn_bytes: u64,
}

impl Journal {
    /// Begins a new segment for the commits after `last`, all of which are on disk in the segments before.
    pub(super) fn begin(folder: &Path, last: u64) -> Result<Self, Fault> {
        if !folder.exists() {
            fs::create_dir_all(folder).map_err(Fault::disk)?;
            sync_parent(folder)?;
        }
        let path = folder.join(format!("{:016x}.seg", last + 1));
        // An empty segment of the same name may be there: nothing was committed since it was begun.
        let file = OpenOptions::new().create(true).write(true).truncate(true).open(path).map_err(Fault::disk)?;
        file.sync_all().map_err(Fault::disk)?;
        sync_folder(folder)?;
        Ok(Self { folder: folder.to_owned(), file, len: 0, synced: last })
    }

    /// Appends whole frames, the last commit of which is `last`. With `sync`, they are on disk when this returns. After an error the journal must not be used again:
    /// what the disk then holds is not known, and trying the same sync once more may report success for data that is gone.
    pub(super) fn append(&mut self, frames: &[u8], last: u64, sync: bool) -> Result<(), Fault> {
        self.file.write_all(frames).map_err(Fault::disk)?;
        self.len += frames.len() as u64;
        if sync {
            self.file.sync_data().map_err(Fault::disk)?;
            self.synced = last;
        }
        Ok(())
    }

    pub(super) fn synced(&self) -> u64 {
        self.synced
    }

    /// Goes on in a new segment if this one is full. True if it did.
    pub(super) fn turn_over(&mut self, last: u64) -> Result<bool, Fault> {
        if self.len < SEGMENT_BYTES {
            return Ok(false);
        }
        self.file.sync_data().map_err(Fault::disk)?;
        *self = Self::begin(&self.folder, last)?;
        Ok(true)
    }

    pub(super) fn sync(&self) -> Result<(), Fault> {
        self.file.sync_data().map_err(Fault::disk)
    }
}

/// Whether a checkpoint is due: the next start should not have to read more, nor the folder hold more files.
pub(super) fn is_long(folder: &Path) -> bool {
    let Ok(segments) = segments(folder) else { return false };
    let bytes: u64 = segments.iter().filter_map(|(_, path)| Some(fs::metadata(path).ok()?.len())).sum();
    bytes >= JOURNAL_BYTES || segments.len() >= SEGMENTS
}

/// Calls `take` for every frame with commits after `after`, in order. Cuts a torn tail off.
pub(super) fn replay(
    folder: &Path,
    after: u64,
    take: &mut dyn FnMut(&Frame) -> Result<(), OpenError>,
) -> Result<(JournalFacts, u64), OpenError> {
    let mut facts = JournalFacts::default();
    let mut last = after;
    let segments = segments(folder).map_err(OpenError::disk)?;
    facts.reaches = segments.last().map_or(0, |(first, _)| first.saturating_sub(1));
    for (at, (first, path)) in segments.iter().enumerate() {
        // Everything in this segment stands before the next one's first commit.
        if segments.get(at + 1).is_some_and(|(next, _)| *next <= after + 1) {
            continue;
        }
        if *first > last + 1 {
            return Err(OpenError::Gap { after: last, next: *first });
        }
        let bytes = fs::read(path).map_err(OpenError::disk)?;
        let mut place = 0;
        let mut hole = None;
        loop {
            match frame::read(&bytes[place..]) {
                Found::Frame(frame) => {
                    facts.repaired_bits += u64::from(frame.repaired_bits);
                    place += frame.len;
                    facts.reaches = facts.reaches.max(frame.last);
                    if frame.last <= after {
                        continue;
                    }
                    if frame.first > last + 1 {
                        // What a power cut took of unsynced writes need not be their end: a page in the middle is as likely.
                        let was_synced = frame.synced.max(synced_later(&bytes, place)) > last;
                        match hole {
                            Some(hole) if !was_synced && is_last_with_frames(&segments[at + 1..]) => {
                                facts.torn_bytes = (bytes.len() - hole) as u64;
                                facts.reaches = last;
                                cut(path, hole)?;
                                break;
                            }
                            _ => return Err(OpenError::Gap { after: last, next: frame.first }),
                        }
                    }
                    hole = None;
                    facts.frames += 1;
                    last = frame.last;
                    take(&frame)?;
                }
                Found::End => {
                    // A process that was killed leaves its last frames unsynced. What is built on them must not outlast them.
                    if is_last_with_frames(&segments[at + 1..]) {
                        sync_file(path).map_err(OpenError::Fault)?;
                    }
                    break;
                }
                // Frames after it: it was written whole once and is damaged now. If the tree has its commits nothing is lost; if not, the
                // next frame does not follow on what is known, and that is said.
                Found::Broken if next_frame(&bytes, place).is_some() => {
                    hole = hole.or(Some(place));
                    place = next_frame(&bytes, place).unwrap_or(bytes.len());
                    facts.damaged_frames += 1;
                }
                Found::Broken if is_last_with_frames(&segments[at + 1..]) => {
                    facts.torn_bytes = (bytes.len() - place) as u64;
                    cut(path, place)?;
                    break;
                }
                Found::Broken => return Err(OpenError::Journal { segment: *first, byte: place as u64 }),
            }
        }
    }
    Ok((facts, last))
}

/// Cuts a file off, lastingly.
fn cut(path: &Path, len: usize) -> Result<(), OpenError> {
    let file = OpenOptions::new().write(true).open(path).map_err(OpenError::disk)?;
    file.set_len(len as u64).map_err(OpenError::disk)?;
    file.sync_all().map_err(OpenError::disk)
}

/// The latest commit that any frame from here on knows to be on disk.
fn synced_later(bytes: &[u8], mut place: usize) -> u64 {
    let mut synced = 0;
    loop {
        match frame::read(&bytes[place..]) {
            Found::Frame(frame) => {
                synced = synced.max(frame.synced);
                place += frame.len;
            }
            Found::End => return synced,
            Found::Broken => match next_frame(bytes, place) {
                Some(next) => place = next,
                None => return synced,
            },
        }
    }
}

/// Where the next frame begins that can be read.
fn next_frame(bytes: &[u8], broken: usize) -> Option<usize> {
    let magic = frame::MAGIC.to_le_bytes();
    let mut from = broken + 1;
    loop {
        let at = from + bytes.get(from..)?.windows(magic.len()).position(|window| window == magic)?;
        if matches!(frame::read(&bytes[at..]), Found::Frame(_)) {
            return Some(at);
        }
        from = at + 1;
    }
}

/// Writes a file of frames anew if a bit in it had to be put right, so that a second one cannot come to the same frame. Returns how many
/// were. What is no frame stays as it is: replaying decides about it.
pub(super) fn mend(path: &Path) -> Result<u64, Fault> {
    let mut buffer = Vec::new();
    let mut input = BufReader::new(File::open(path).map_err(Fault::disk)?);
    let mut repaired_bits = 0;
    while let Found::Frame(frame) = frame::read_from(&mut input, &mut buffer).map_err(Fault::disk)? {
        repaired_bits += u64::from(frame.repaired_bits);
    }
    if repaired_bits > 0 {
        let mended = path.with_extension("mended");
        write_right(path, &mended).map_err(Fault::disk)?;
        fs::rename(&mended, path).map_err(Fault::disk)?;
        sync_parent(path)?;
    }
    Ok(repaired_bits)
}

/// Frame by frame, each with a checksum that is right.
fn write_right(path: &Path, mended: &Path) -> std::io::Result<()> {
    let mut input = BufReader::new(File::open(path)?);
    let mut out = BufWriter::new(File::create(mended)?);
    let (mut buffer, mut right, mut place) = (Vec::new(), Vec::new(), 0);
    while let Found::Frame(frame) = frame::read_from(&mut input, &mut buffer)? {
        right.clear();
        frame::write_body(&mut right, frame.span(), &frame.body);
        out.write_all(&right)?;
        place += frame.len as u64;
    }
    input.seek(SeekFrom::Start(place))?;
    std::io::copy(&mut input, &mut out)?;
    out.into_inner()?.sync_data()
}

/// Makes the name of a file or folder last.
pub(super) fn sync_parent(path: &Path) -> Result<(), Fault> {
    match path.parent() {
        Some(parent) if parent.as_os_str().is_empty() => sync_folder(Path::new(".")),
        Some(parent) => sync_folder(parent),
        None => Ok(()),
    }
}

/// Later segments that hold nothing are of a start that got no further.
fn is_last_with_frames(later: &[(u64, PathBuf)]) -> bool {
    later.iter().all(|(_, path)| fs::metadata(path).is_ok_and(|metadata| metadata.len() == 0))
}

/// First commit and path of every segment, in order.
pub(super) fn segments(folder: &Path) -> std::io::Result<Vec<(u64, PathBuf)>> {
    let mut segments = Vec::new();
    let listing = match fs::read_dir(folder) {
        Ok(listing) => listing,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(segments),
        Err(error) => return Err(error),
    };
    for entry in listing {
        let path = entry?.path();
        let name = path.file_name().and_then(|name| name.to_str()).and_then(|name| name.strip_suffix(".seg"));
        if let Some(first) = name.and_then(|name| u64::from_str_radix(name, 16).ok()) {
            segments.push((first, path));
        }
    }
    segments.sort_unstable();
    Ok(segments)
}

/// Makes every frame last that is written by now, whoever wrote it.
pub(super) fn sync_all(folder: &Path) -> Result<(), Fault> {
    segments(folder).map_err(Fault::disk)?.iter().try_for_each(|(_, path)| sync_file(path))
}

fn sync_file(path: &Path) -> Result<(), Fault> {
    File::open(path).and_then(|file| file.sync_data()).map_err(Fault::disk)
}

/// Makes the names in a folder last.
pub(super) fn sync_folder(folder: &Path) -> Result<(), Fault> {
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(Fault::disk)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{Key, Space};

    #[test]
    fn wrong_bits_are_put_right_for_good_and_what_is_no_frame_stays() {
        let mut whole = Vec::new();
        for commit in 1..=3 {
            let sealed = [commit; 90];
            let change = (Key::new(Space::Slot).with(&[1]), sealed.as_slice(), u64::from(commit));
            frame::write(&mut whole, frame::Span { first: commit.into(), last: commit.into(), synced: 0 }, std::iter::once(change));
        }
        let one = whole.len() / 3;
        let torn = &whole[..50];
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("1.seg");
        for flipped in [&[][..], &[3], &[one + 70], &[6, 2 * one + 20]] {
            let mut wrong = [&whole, torn].concat();
            for at in flipped {
                wrong[*at] ^= 4;
            }
            fs::write(&path, &wrong).unwrap();
            assert_eq!(mend(&path).unwrap(), flipped.len() as u64, "{flipped:?}");
            assert!(fs::read(&path).unwrap() == [&whole, torn].concat(), "{flipped:?}");
            assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        }
    }
}
