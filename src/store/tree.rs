//! sled 0.34.7, kept at arm's length: the ordered state that checkpoint and journal can always build again.
//!
//! Known of it and guarded against here: `flush` does not sync; a torn start-up snapshot bars opening for ever; one flipped bit can make
//! `open` panic, or lose records without a word. So nothing durable rests on it, and after every start its contents are checked against a
//! digest before they are believed.

use std::collections::HashMap;
use std::fs;
use std::path::Path;
use std::sync::{Mutex, PoisonError, mpsc};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::filter::Filter;
use super::seal::{Sealer, stamp_of};
use super::{Fault, Key};

/// The tree's own record: digest and last commit. A byte that no space has.
const META_KEY: &[u8] = &[1];
const META_FORMAT: u16 = 2;
const CACHE_BYTES: u64 = 8 * 1024 * 1024;
/// A tree that has not opened by then is taken for broken. A million records take a second.
const OPEN_MAX: Duration = Duration::from_secs(60);

/// Parts in the digest of recently written records kept at hand, so that writing one again need not read it first.
const PARTS_MAX: usize = 16_384;
/// Changes in one batch. sled lets nobody read while it applies one: half a millisecond.
const CHANGES_A_BATCH: usize = 128;

#[derive(Debug)]
pub(super) struct Tree {
    db: sled::Db,
    keys: Filter,
    /// What each of these records adds to the digest; zero for one that is not there.
    parts: Mutex<HashMap<Key, u64>>,
}

/// What the tree says of itself, sealed, in the same batch as the changes it tells of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Meta {
    /// All commits up to this one are in.
    pub(super) last: u64,
    /// Of those up to this one some changes may be.
    pub(super) begun: u64,
    count: u64,
    digest: u64,
}

impl Tree {
    /// Opens what is there. `Err` says why it cannot be used.
    pub(super) fn open(folder: &Path) -> Result<Self, String> {
        sweep(folder);
        match Self::try_open(folder) {
            Err(first) => {
                // Its start-up snapshot is only a short cut: without it, it reads its log.
                if !set_snapshots_aside(folder) {
                    return Err(first);
                }
                Self::try_open(folder)
            }
            opened => opened,
        }
    }

    /// On a thread of its own, since a damaged file can make sled panic or hang.
    fn try_open(folder: &Path) -> Result<Self, String> {
        let (tell, told) = mpsc::channel();
        let folder = folder.to_owned();
        let thread = std::thread::Builder::new().name("tree-open".to_owned()).spawn(move || {
            let opened = sled::Config::default()
                .path(folder)
                .cache_capacity(CACHE_BYTES)
                .flush_every_ms(None)
                .open()
                .map(|db| Self { db, keys: Filter::default(), parts: Mutex::default() })
                .map_err(|error| format!("sled: {error}"));
            let _gone = tell.send(opened);
        });
        thread.map_err(|error| error.to_string())?;
        match told.recv_timeout(OPEN_MAX) {
            Ok(opened) => opened,
            Err(mpsc::RecvTimeoutError::Disconnected) => Err("sled panicked".to_owned()),
            Err(mpsc::RecvTimeoutError::Timeout) => Err("sled did not open in time".to_owned()),
        }
    }

    pub(super) fn get(&self, key: &Key) -> Result<Option<sled::IVec>, Fault> {
        if !self.keys.may_hold(key) {
            return Ok(None);
        }
        self.db.get(key.as_bytes()).map_err(Fault::tree)
    }

    pub(super) fn range(&self, range: std::ops::Range<Key>) -> impl Iterator<Item = Result<(Key, sled::IVec), Fault>> {
        self.db.range(range.start.as_bytes()..range.end.as_bytes()).map(|row| {
            let (key, sealed) = row.map_err(Fault::tree)?;
            Ok((Key::from_bytes(&key).ok_or(Fault::Corrupt)?, sealed))
        })
    }

    /// Applies what is still missing of the commits up to `last`.
    pub(super) fn apply<'a>(
        &self,
        meta: &mut Meta,
        last: u64,
        sealer: &Sealer,
        changes: impl Iterator<Item = (&'a Key, Option<&'a [u8]>)>,
    ) -> Result<(), Fault> {
        self.apply_some(meta, last, sealer, changes)?;
        meta.last = last;
        self.write(sled::Batch::default(), meta, sealer)
    }

    /// Applies some changes of commits up to `begun`, in several steps. A kill in between leaves some of these, which checkpoint or journal
    /// complete; the record about the tree is true after every step.
    pub(super) fn apply_some<'a>(
        &self,
        meta: &mut Meta,
        begun: u64,
        sealer: &Sealer,
        changes: impl Iterator<Item = (&'a Key, Option<&'a [u8]>)>,
    ) -> Result<(), Fault> {
        let mut changes = changes.peekable();
        meta.begun = meta.begun.max(begun);
        while changes.peek().is_some() {
            let mut batch = sled::Batch::default();
            self.fill(&mut batch, meta, changes.by_ref().take(CHANGES_A_BATCH))?;
            self.write(batch, meta, sealer)?;
        }
        Ok(())
    }

    fn write(&self, mut batch: sled::Batch, meta: &Meta, sealer: &Sealer) -> Result<(), Fault> {
        let plain = postcard::to_allocvec(meta).map_err(|_| Fault::Corrupt)?;
        let meta_key = Key::from_bytes(META_KEY).ok_or(Fault::Corrupt)?;
        let mut sealed = Vec::new();
        sealer.seal(&mut sealed, &meta_key, meta.last, META_FORMAT, &plain, None)?;
        batch.insert(META_KEY, sealed);
        self.db.apply_batch(batch).map_err(Fault::tree)
    }

    fn fill<'a>(
        &self,
        batch: &mut sled::Batch,
        meta: &mut Meta,
        changes: impl Iterator<Item = (&'a Key, Option<&'a [u8]>)>,
    ) -> Result<(), Fault> {
        let mut parts = self.parts.lock().unwrap_or_else(PoisonError::into_inner);
        if parts.len() > PARTS_MAX {
            parts.clear();
        }
        for (key, sealed) in changes {
            let before = match parts.get(key) {
                Some(part) => *part,
                None => self.get(key)?.map_or(0, |before| mix(key.as_bytes(), &before)),
            };
            if before != 0 {
                meta.count = meta.count.wrapping_sub(1);
                meta.digest = meta.digest.wrapping_sub(before);
            }
            let part = sealed.map_or(0, |sealed| mix(key.as_bytes(), sealed));
            if part != 0 {
                meta.count = meta.count.wrapping_add(1);
                meta.digest = meta.digest.wrapping_add(part);
            }
            match sealed {
                Some(sealed) => {
                    self.keys.add(key);
                    batch.insert(key.as_bytes(), sealed);
                }
                None => batch.remove(key.as_bytes()),
            }
            // Of a million rows of the registry none is written twice.
            if key.is_read_again() {
                parts.insert(*key, part);
            }
        }
        Ok(())
    }

    /// What the tree says of itself, if it is true.
    pub(super) fn believed(&self, sealer: &Sealer) -> Result<Meta, String> {
        let meta_key = Key::from_bytes(META_KEY).ok_or("no key")?;
        let meta = match self.db.get(META_KEY).map_err(|error| error.to_string())? {
            None if self.db.is_empty() => return Ok(Meta::default()),
            None => return Err("its own record is missing".to_owned()),
            Some(sealed) => {
                let opened = sealer.open(&meta_key, &sealed, || Ok(None)).map_err(|fault| format!("its own record: {fault}"))?;
                let opened = opened.filter(|opened| opened.format == META_FORMAT).ok_or("its own record cannot be read")?;
                postcard::from_bytes::<Meta>(&opened.value).map_err(|_| "its own record cannot be read".to_owned())?
            }
        };
        let counted = self.count()?;
        if counted != (Meta { last: 0, begun: 0, ..meta }) {
            return Err(format!("it has {} records of {}, or other ones", counted.count, meta.count));
        }
        Ok(meta)
    }

    /// Reads everything, on two threads, and learns which keys there are.
    fn count(&self) -> Result<Meta, String> {
        let parts = self.halves();
        std::thread::scope(|scope| {
            let counts: Vec<_> = parts
                .into_iter()
                .map(|(from, to)| {
                    scope.spawn(move || {
                        let rows = match to {
                            Some(to) => self.db.range(from..to),
                            None => self.db.range(from..),
                        };
                        let mut counted = Meta::default();
                        for row in rows {
                            let (key, sealed) = row.map_err(|error| format!("sled: {error}"))?;
                            if key != META_KEY {
                                self.keys.add(&Key::from_bytes(&key).ok_or("a key that is none of ours")?);
                                counted.count += 1;
                                counted.digest = counted.digest.wrapping_add(mix(&key, &sealed));
                            }
                        }
                        Ok::<_, String>(counted)
                    })
                })
                .collect();
            let mut all = Meta::default();
            for count in counts {
                let counted = count.join().map_err(|_| "sled panicked".to_owned())??;
                all.count += counted.count;
                all.digest = all.digest.wrapping_add(counted.digest);
            }
            Ok(all)
        })
    }

    /// Two ranges with about as many records each, going by the registry, which is nearly everything.
    fn halves(&self) -> [(Vec<u8>, Option<Vec<u8>>); 2] {
        let space = [super::Space::Registry as u8];
        let middle = match self.db.range(space..).next() {
            Some(Ok((key, _))) if key.first() == space.first() && key.len() > 9 => [&key[..9], &[0x80]].concat(),
            _ => space.to_vec(),
        };
        [(Vec::new(), Some(middle.clone())), (middle, None)]
    }

    /// Every record as it is sealed, the tree's own left out.
    pub(super) fn rows(&self) -> impl Iterator<Item = Result<(Key, sled::IVec), Fault>> {
        self.db.iter().filter(|row| !matches!(row, Ok((key, _)) if key == META_KEY)).map(|row| {
            let (key, sealed) = row.map_err(Fault::tree)?;
            Ok((Key::from_bytes(&key).ok_or(Fault::Corrupt)?, sealed))
        })
    }

    /// Writes what sled still has in memory, so that the next start has little to replay. No promise rests on it.
    pub(super) fn flush(&self) -> Result<(), Fault> {
        self.db.flush().map(drop).map_err(Fault::tree)
    }
}

/// A record's part in the digest, never zero: sums of these do not depend on order, and one record lost, doubled, stale or changed changes them.
fn mix(key: &[u8], sealed: &[u8]) -> u64 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(key);
    let key_crc = u64::from(hasher.finalize());
    let mut z = (key_crc << 32 | u64::from(crc32fast::hash(sealed))) ^ stamp_of(sealed).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    (z ^ (z >> 31)).max(1)
}

/// A snapshot that was being written when the process ended is no good, and sled would stumble over it.
fn sweep(folder: &Path) {
    for path in snapshots(folder) {
        if path.extension().is_some_and(|extension| extension == "generating") {
            let _stays_broken = fs::remove_file(path);
        }
    }
}

fn set_snapshots_aside(folder: &Path) -> bool {
    let paths = snapshots(folder);
    paths.iter().filter(|path| fs::remove_file(path).is_ok()).count() > 0
}

fn snapshots(folder: &Path) -> Vec<std::path::PathBuf> {
    let Ok(listing) = fs::read_dir(folder) else { return Vec::new() };
    listing
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.file_name().and_then(|name| name.to_str()).is_some_and(|name| name.starts_with("snap.")))
        .collect()
}
