//! Backups: all records in a folder of their own, made while commits go on, and the way back.
//!
//! ```text
//!  FOLDER/checkpoint/….ckpt   every record, as it is sealed
//!  FOLDER/journal/….seg       what was committed while it was written, and shortly before
//!  FOLDER/backup.json         {"format":1,"made":"2026-11-28T02:00:00+07:00","last_commit":4711}; written last
//! ```
//! It holds every commit that was on disk when it was asked for, and is itself on disk when it is said to be done. Everything in it is
//! sealed; the keys are not in it, and without them it is of no use to anybody.

use std::fmt;
use std::fs::{self, DirBuilder, File};
use std::io::Write as _;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::opening::{Verified, free_bytes, journal_folder};
use super::sled::Shared;
use super::{Back, Fault, Keys, OpenError, Store, checkpoint, journal};
use crate::clock::{self, Timestamp};

const NOTE: &str = "backup.json";
const FORMAT: u16 = 1;
/// How often a backup looks whether the checkpoint under way is done.
const CHECKPOINT_LOOK_EVERY: Duration = Duration::from_millis(100);

/// A finished backup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Backup {
    format: u16,
    pub made: String,
    /// It has everything up to this commit.
    pub last_commit: u64,
}

impl fmt::Display for Backup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "everything up to commit {}, made {}", self.last_commit, self.made)
    }
}

/// Why there is no backup, or none was restored.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    #[error(transparent)]
    Fault(#[from] Fault),
    #[error("{}: {error}", .folder.display())]
    Folder { folder: PathBuf, error: std::io::Error },
    #[error("records in memory have no backup")]
    Memory,
    #[error("{}: too little room: about {needed} MiB are needed, so that the gateway can go on too", .folder.display())]
    NoRoom { folder: PathBuf, needed: u64 },
    #[error("{}: not empty; name a folder that is not there yet", .0.display())]
    NotEmpty(PathBuf),
    #[error(transparent)]
    Open(#[from] OpenError),
    #[error("the journal reached commit {reached} only, not {wanted}")]
    Short { wanted: u64, reached: u64 },
    #[error("{}: no finished backup of a kind that this version reads: {NOTE} is missing or says something else", .0.display())]
    Unfinished(PathBuf),
    #[error("the records cannot be read; name the key file that was used when they were written")]
    Unreadable,
}

impl Store {
    /// Writes a backup into `folder`, which must be empty or not there. Blocks for as long as reading every record takes; commits go on.
    ///
    /// # Errors
    /// If the folder cannot be used or written. What was written of it is then removed.
    pub fn backup(&self, folder: &Path, now: Timestamp) -> Result<Backup, BackupError> {
        let Back::Sled(sled) = &self.back else { return Err(BackupError::Memory) };
        let target = Target::empty(folder)?;
        let made = write(sled.shared(), folder, now);
        if made.is_err() {
            target.give_up();
        }
        made
    }

    /// Brings a backup into `data`, which must be empty or not there, opens it and reads every record.
    ///
    /// # Errors
    /// If it is no finished backup, the keys are others, or the disk fails. `data` is then as it was.
    pub fn restore(folder: &Path, data: &Path, keys: &Keys) -> Result<(Backup, Verified), BackupError> {
        let unfinished = || BackupError::Unfinished(folder.to_owned());
        let note = fs::read_to_string(folder.join(NOTE)).map_err(|_| unfinished())?;
        let backup: Backup = serde_json::from_str(&note).ok().filter(|backup: &Backup| backup.format == FORMAT).ok_or_else(unfinished)?;
        let target = Target::empty(data)?;
        let restored = copy_back(folder, data).and_then(|()| {
            let verified = Self::verify(data, keys)?;
            // Opening makes a tree, finds it empty, and sets it aside for the one that it builds.
            fs::remove_dir_all(data.join("sled.bad-1")).or_else(absent_is_fine).map_err(Fault::disk)?;
            match verified {
                Verified { unreadable: 1.., .. } => Err(BackupError::Unreadable),
                Verified { last_commit, .. } if last_commit != backup.last_commit => {
                    Err(BackupError::Short { wanted: backup.last_commit, reached: last_commit })
                }
                _ => Ok(Verified { was_rebuilt: false, ..verified }),
            }
        });
        match restored {
            Ok(verified) => Ok((backup, verified)),
            Err(error) => {
                target.give_up();
                Err(error)
            }
        }
    }
}

fn write(shared: &Shared, folder: &Path, now: Timestamp) -> Result<Backup, BackupError> {
    // Whatever anybody was told of is on disk by now.
    let wanted = shared.synced.load(Ordering::Acquire);
    // No segment goes while it may be copied.
    let _alone = Alone::among_checkpoints(&shared.checkpointing);
    check_room(shared, folder)?;
    let from = shared.applied.load(Ordering::Acquire);
    let (home, copies) = (folder.join("checkpoint"), journal_folder(folder));
    for part in [&home, &copies] {
        fs::create_dir(part).map_err(Fault::disk)?;
    }
    checkpoint::write_file(&home.join(checkpoint::name(from)), &shared.tree, &shared.sealer, from)?;
    // Only now: what the tree had, the journal had before it.
    let segments = journal::segments(&journal_folder(&shared.folder)).map_err(Fault::disk)?;
    for (at, (_, path)) in segments.iter().enumerate() {
        let is_needed = segments.get(at + 1).is_none_or(|(next, _)| *next > from + 1);
        if is_needed {
            copy(path, &copies)?;
        }
    }
    // The last segment grew while it was copied: half a frame at its end is cut off.
    let (_, last_commit) = journal::replay(&copies, from, &mut |_| Ok(()))?;
    if last_commit < wanted {
        return Err(BackupError::Short { wanted, reached: last_commit });
    }
    [&home, &copies].into_iter().try_for_each(|part| journal::sync_folder(part))?;
    let backup = Backup { format: FORMAT, made: now.to_string(), last_commit };
    let note = serde_json::to_string(&backup).map_err(|_| Fault::Corrupt)?;
    let mut file = File::create_new(folder.join(NOTE)).map_err(Fault::disk)?;
    file.write_all(note.as_bytes()).and_then(|()| file.sync_all()).map_err(Fault::disk)?;
    journal::sync_folder(folder)?;
    journal::sync_parent(folder)?;
    Ok(backup)
}

/// A backup on the gateway's own disk must leave it enough to go on recording.
fn check_room(shared: &Shared, folder: &Path) -> Result<(), BackupError> {
    let size = |path: &Path| fs::metadata(path).map_or(0, |file| file.len());
    let mut bytes = shared.settings.low_water_bytes;
    bytes += journal::segments(&journal_folder(&shared.folder)).map_err(Fault::disk)?.iter().map(|(_, path)| size(path)).sum::<u64>();
    bytes += checkpoint::all(&shared.folder).map_err(Fault::disk)?.last().map_or(0, |(_, path)| size(path));
    match free_bytes(folder) {
        Some(free) if free < bytes => Err(BackupError::NoRoom { folder: folder.to_owned(), needed: bytes.div_ceil(1024 * 1024) }),
        _ => Ok(()),
    }
}

fn copy_back(folder: &Path, data: &Path) -> Result<(), BackupError> {
    for part in ["checkpoint", "journal"] {
        let target = data.join(part);
        fs::create_dir(&target).map_err(Fault::disk)?;
        for entry in fs::read_dir(folder.join(part)).map_err(Fault::disk)? {
            copy(&entry.map_err(Fault::disk)?.path(), &target)?;
        }
        journal::sync_folder(&target)?;
    }
    journal::sync_folder(data)?;
    Ok(journal::sync_parent(data)?)
}

/// Copies a file into a folder, lastingly.
fn copy(path: &Path, folder: &Path) -> Result<(), Fault> {
    let target = folder.join(path.file_name().unwrap_or_default());
    fs::copy(path, &target).and_then(|_| File::open(&target)?.sync_all()).map_err(Fault::disk)
}

/// A folder in which nothing was before.
struct Target<'a> {
    folder: &'a Path,
    was_there: bool,
}

impl<'a> Target<'a> {
    /// Makes a folder that only its owner may open, or sees that it is empty.
    fn empty(folder: &'a Path) -> Result<Self, BackupError> {
        let failed = |error| BackupError::Folder { folder: folder.to_owned(), error };
        let was_there = folder.exists();
        if !was_there {
            DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(failed)?;
        } else if fs::read_dir(folder).map_err(failed)?.next().is_some() {
            return Err(BackupError::NotEmpty(folder.to_owned()));
        }
        Ok(Self { folder, was_there })
    }

    /// Leaves it as it was, as far as that can be done: the error that led here is the one to tell.
    fn give_up(self) {
        if !self.was_there {
            let _stays = fs::remove_dir_all(self.folder);
            return;
        }
        for entry in fs::read_dir(self.folder).into_iter().flatten().flatten() {
            let path = entry.path();
            let _stays = if path.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
        }
    }
}

fn absent_is_fine(error: std::io::Error) -> std::io::Result<()> {
    if error.kind() == std::io::ErrorKind::NotFound { Ok(()) } else { Err(error) }
}

/// Keeps checkpoints from being made as long as it lives.
struct Alone<'a>(&'a AtomicBool);

impl<'a> Alone<'a> {
    /// Waits for the one under way.
    fn among_checkpoints(busy: &'a AtomicBool) -> Self {
        while busy.swap(true, Ordering::AcqRel) {
            clock::pause(CHECKPOINT_LOOK_EVERY);
        }
        Self(busy)
    }
}

impl Drop for Alone<'_> {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Release);
    }
}
