//! Opening a folder: what is there is checked, put right, built anew if need be, and never guessed.

use std::fmt;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::thread::JoinHandle;

use serde::{Deserialize, Serialize};

use super::frame::{self, Found};
use super::journal::{self, JournalFacts};
use super::seal::Sealer;
use super::tree::{Meta, Tree};
use super::{Fault, Keys, OpenError, Opened, Settings, Store, checkpoint};

/// What [`super::Store::verify`] found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verified {
    pub records: u64,
    pub unreadable: u64,
    pub last_commit: u64,
    pub was_rebuilt: bool,
}

impl Verified {
    pub fn is_sound(&self) -> bool {
        self.unreadable == 0
    }
}

impl fmt::Display for Verified {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} records up to commit {}, {} unreadable", self.records, self.last_commit, self.unreadable)?;
        if self.was_rebuilt { f.write_str("; the tree had to be built anew") } else { Ok(()) }
    }
}

impl Store {
    /// Opens everything and reads every record.
    ///
    /// # Errors
    /// As [`Store::open`].
    pub fn verify(folder: &Path, keys: &Keys) -> Result<Verified, OpenError> {
        let (store, opened) = Self::open(folder, keys, Settings::default())?;
        let verified = store.read_through();
        store.close();
        Ok(Verified { was_rebuilt: opened.rebuilt.is_some(), ..verified })
    }

    /// Reads every record, while others read and write. A record that cannot be read ends it.
    pub fn read_through(&self) -> Verified {
        let last_commit = self.last_commit();
        let mut records = 0;
        let unreadable = u64::from(self.export(&mut |_, _| records += 1).is_err());
        Verified { records, unreadable, last_commit, was_rebuilt: false }
    }

    /// Do the keys open what was written last? Reads only, beside a gateway too. `None`: nothing was written yet.
    ///
    /// # Errors
    /// If journal or checkpoint cannot be read.
    pub fn opens_with(folder: &Path, keys: &Keys) -> Result<Option<bool>, Fault> {
        let sealer = Sealer::new(keys)?;
        let journal = journal::segments(&journal_folder(folder)).map_err(Fault::disk)?;
        let checkpoints = checkpoint::all(folder).map_err(Fault::disk)?;
        for (_, path) in journal.iter().rev().chain(checkpoints.iter().rev()) {
            let mut file = File::open(path).map_err(Fault::disk)?;
            let Found::Frame(frame) = frame::read_from(&mut file, &mut Vec::new()).map_err(Fault::disk)? else { continue };
            for change in frame.changes() {
                let change = change?;
                // What is sealed with a person's own key is passed over: that key is a record itself, sealed as all others.
                match change.sealed.map(|sealed| sealer.open(&change.key, sealed, || Ok(None))) {
                    None | Some(Ok(None)) => {}
                    Some(opened) => return Ok(Some(opened.is_ok())),
                }
            }
        }
        Ok(None)
    }

    /// Sets the tree aside and makes it anew from checkpoint and journal.
    ///
    /// # Errors
    /// As [`Store::open`].
    pub fn rebuild(folder: &Path, keys: &Keys) -> Result<Opened, OpenError> {
        forget_tree(folder)?;
        let (store, opened) = Self::open(folder, keys, Settings::default())?;
        store.close();
        Ok(opened)
    }
}

/// Tree and last commit as checkpoint and journal say they are.
pub(super) fn open_parts(folder: &Path, sealer: &Sealer) -> Result<(Tree, Meta, Opened), OpenError> {
    let path = folder.join("sled");
    let mut opened = Opened { mended_bits: mend(folder)?, ..Opened::default() };
    let believed = Tree::open(&path).and_then(|tree| {
        let meta = tree.believed(sealer)?;
        Ok((tree, meta))
    });
    let oldest = journal::segments(&journal_folder(folder)).map_err(OpenError::disk)?.first().map_or(1, |(first, _)| *first);
    // The journal may have a gap before a checkpoint, never after the newest one.
    let newest = checkpoint::newest(folder).map_err(OpenError::disk)?.unwrap_or(0);
    let believed = believed.and_then(|(tree, meta)| {
        if meta.last + 1 < oldest || meta.last < newest {
            Err("it is older than journal or checkpoint".to_owned())
        } else {
            Ok((tree, meta))
        }
    });
    let (mut tree, mut meta) = match believed {
        Ok(usable) => usable,
        Err(why) => build_anew(folder, sealer, why, &mut opened)?,
    };
    let begun = meta.begun;
    let (mut facts, mut last) = replay_into(folder, sealer, &tree, &mut meta)?;
    if begun > last {
        drop(tree);
        (tree, meta) = build_anew(folder, sealer, "a power cut left halves of commits in it".to_owned(), &mut opened)?;
        (facts, last) = replay_into(folder, sealer, &tree, &mut meta)?;
    }
    opened.journal = facts;
    opened.last_commit = last;
    check_not_beyond(folder, &meta, last)?;
    if last > facts.reaches || facts.damaged_frames > 0 {
        // A power cut or damage took commits from the journal that the tree or a checkpoint has. The journal goes on after a gap, so from
        // now on it needs a checkpoint to stand on.
        checkpoint::write(folder, &tree, sealer, last).map_err(OpenError::Fault)?;
    }
    Ok((tree, meta, opened))
}

/// What checkpoint and journal hold, without the journal's part.
fn build_anew(folder: &Path, sealer: &Sealer, why: String, opened: &mut Opened) -> Result<(Tree, Meta), OpenError> {
    tracing::warn!(why, "the tree cannot be used; building it anew");
    opened.rebuilt = Some(why);
    let path = folder.join("sled");
    set_aside(folder, &path)?;
    let tree = Tree::open(&path).map_err(OpenError::Tree)?;
    let mut meta = Meta::default();
    checkpoint::load_newest(folder, sealer, &tree, &mut meta, opened)?;
    Ok((tree, meta))
}

/// Puts flipped bits in journal and checkpoints right, on disk.
fn mend(folder: &Path) -> Result<u64, OpenError> {
    let mut bits = 0;
    let segments = journal::segments(&journal_folder(folder)).map_err(OpenError::disk)?;
    let checkpoints = checkpoint::all(folder).map_err(OpenError::disk)?;
    for (_, path) in segments.iter().chain(&checkpoints) {
        bits += journal::mend(path)?;
    }
    Ok(bits)
}

fn replay_into(folder: &Path, sealer: &Sealer, tree: &Tree, meta: &mut Meta) -> Result<(JournalFacts, u64), OpenError> {
    let after = meta.last;
    journal::replay(&journal_folder(folder), after, &mut |frame| {
        let changes = frame.changes().collect::<Result<Vec<_>, _>>().map_err(OpenError::Fault)?;
        // A frame's own seals prove it: one value that does not open means that the keys are not those of this folder.
        let of_nobody = changes.iter().filter(|change| change.key.person().is_none());
        if let Some((key, sealed)) = of_nobody.filter_map(|change| Some((&change.key, change.sealed?))).next() {
            sealer.open(key, sealed, || Ok(None)).map_err(|_| OpenError::Keys)?;
        }
        let applied = changes.iter().map(|change| (&change.key, change.sealed));
        tree.apply(meta, frame.last.max(meta.last), sealer, applied).map_err(OpenError::Fault)
    })
}

/// Sets the tree aside, whatever its state, so that the next opening makes it anew.
fn forget_tree(folder: &Path) -> Result<(), OpenError> {
    let _lock = lock(folder)?;
    set_aside(folder, &folder.join("sled"))
}

/// The journal always reaches as far as the tree: if not, one of them is not of this folder.
fn check_not_beyond(folder: &Path, meta: &Meta, last: u64) -> Result<(), OpenError> {
    let segments = journal::segments(&journal_folder(folder)).map_err(OpenError::disk)?;
    if meta.last > 0 && segments.is_empty() && last == meta.last && checkpoint::newest(folder).is_ok_and(|newest| newest.is_none()) {
        return Err(OpenError::NoJournal);
    }
    Ok(())
}

/// Keeps the broken tree for whoever wants to know why, twice at most.
fn set_aside(folder: &Path, path: &Path) -> Result<(), OpenError> {
    if !path.exists() {
        return Ok(());
    }
    let (newer, older) = (folder.join("sled.bad-1"), folder.join("sled.bad-2"));
    if newer.exists() {
        if older.exists() {
            fs::remove_dir_all(&older).map_err(OpenError::disk)?;
        }
        fs::rename(&newer, &older).map_err(OpenError::disk)?;
    }
    fs::rename(path, &newer).map_err(OpenError::disk)
}

pub(super) fn lock(folder: &Path) -> Result<File, OpenError> {
    let file = File::create(folder.join("lock")).map_err(OpenError::disk)?;
    file.try_lock().map_err(|_| OpenError::Locked)?;
    Ok(file)
}

pub(super) fn journal_folder(folder: &Path) -> PathBuf {
    folder.join("journal")
}

/// What is left on the disk of a folder; `None` if it cannot be asked.
pub fn free_bytes(folder: &Path) -> Option<u64> {
    let stat = rustix::fs::statvfs(folder).ok()?;
    Some(stat.f_bavail.saturating_mul(stat.f_frsize))
}

pub(super) fn spawn(name: &str, work: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>, OpenError> {
    std::thread::Builder::new().name(name.to_owned()).spawn(work).map_err(OpenError::disk)
}
