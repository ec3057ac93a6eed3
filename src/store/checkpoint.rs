//! Checkpoints: all records as they are sealed, in one file, so that older journal segments can go.
//!
//! A checkpoint is read while commits go on. It may hold records newer than its number says; the journal from that number on is
//! replayed over it and leaves every key as its last change left it.

use std::fs::{self, File};
use std::io::{BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};

use super::frame::{self, Found, Span};
use super::journal;
use super::opening::journal_folder;
use super::seal::Sealer;
use super::tree::{Meta, Tree};
use super::{Fault, Key, OpenError, Opened};

/// Records in one frame of a checkpoint.
const RECORDS_A_FRAME: usize = 1_000;
/// The newest one, and the one before in case it cannot be read.
const KEPT: usize = 2;

/// Writes a checkpoint, reads it back, and only then lets older segments and checkpoints go.
pub(super) fn write(folder: &Path, tree: &Tree, sealer: &Sealer, from: u64) -> Result<(), Fault> {
    // A tree that a kill leaves behind its own checkpoint would have to be made anew.
    tree.flush()?;
    let home = folder.join("checkpoint");
    if !home.exists() {
        fs::create_dir_all(&home).map_err(Fault::disk)?;
        journal::sync_parent(&home)?;
    }
    let unfinished = home.join("unfinished");
    write_file(&unfinished, tree, sealer, from)?;
    // It may hold half of what a later frame changed: that frame must be there to be replayed, waited for or not.
    journal::sync_all(&journal_folder(folder))?;
    fs::rename(&unfinished, home.join(name(from))).map_err(Fault::disk)?;
    journal::sync_folder(&home)?;
    journal::sync_folder(folder)?;
    clear(folder, &home)
}

/// The file of the checkpoint that has everything up to a commit.
pub(super) fn name(from: u64) -> String {
    format!("{from:016x}.ckpt")
}

/// Writes the tree's records to a file and reads them back.
pub(super) fn write_file(path: &Path, tree: &Tree, sealer: &Sealer, from: u64) -> Result<(), Fault> {
    let mut out = BufWriter::new(File::create(path).map_err(Fault::disk)?);
    let mut written = 0_u64;
    let mut frame_bytes = Vec::new();
    let mut batch: Vec<(Key, sled::IVec)> = Vec::with_capacity(RECORDS_A_FRAME);
    let mut rows = tree.rows();
    loop {
        let row = rows.next().transpose()?;
        let ended = row.is_none();
        batch.extend(row);
        if batch.len() == RECORDS_A_FRAME || ended {
            frame_bytes.clear();
            frame::write(
                &mut frame_bytes,
                Span { first: from, last: from, synced: 0 },
                batch.iter().map(|(key, sealed)| (*key, sealed.as_ref(), super::seal::stamp_of(sealed))),
            );
            out.write_all(&frame_bytes).map_err(Fault::disk)?;
            written += batch.len() as u64;
            batch.clear();
        }
        if ended {
            break;
        }
    }
    // The last frame says that it is the last: an end that is missing would otherwise look like an end.
    frame_bytes.clear();
    frame::write(&mut frame_bytes, Span { first: written, last: written, synced: 0 }, std::iter::empty());
    out.write_all(&frame_bytes).map_err(Fault::disk)?;
    let file = out.into_inner().map_err(|error| Fault::disk(error.into_error()))?;
    file.sync_all().map_err(Fault::disk)?;
    let read = read(path, &mut |key, sealed| {
        if key.person().is_none() {
            sealer.open(&key, sealed, || Ok(None))?;
        }
        Ok(())
    });
    if matches!(read, Ok((seen, _)) if seen == written) { Ok(()) } else { Err(Fault::Corrupt) }
}

/// Removes what no start needs any more: checkpoints but the newest two, and segments that the older of these covers.
fn clear(folder: &Path, home: &Path) -> Result<(), Fault> {
    let all = list(home).map_err(Fault::disk)?;
    let kept = all.len().saturating_sub(KEPT);
    for (_, path) in &all[..kept] {
        fs::remove_file(path).map_err(Fault::disk)?;
    }
    let Some((covered, _)) = all.get(kept) else { return Ok(()) };
    if all.len() < KEPT {
        return Ok(());
    }
    let segments = journal::segments(&journal_folder(folder)).map_err(Fault::disk)?;
    for pair in segments.windows(2) {
        if let [(_, path), (next, _)] = pair
            && *next <= covered + 1
        {
            fs::remove_file(path).map_err(Fault::disk)?;
        }
    }
    Ok(())
}

/// Fills an empty tree from the newest checkpoint that can be read whole. None at all is fine: then the journal begins at commit 1.
pub(super) fn load_newest(folder: &Path, sealer: &Sealer, tree: &Tree, meta: &mut Meta, opened: &mut Opened) -> Result<(), OpenError> {
    let home = folder.join("checkpoint");
    for (from, path) in list(&home).map_err(OpenError::disk)?.into_iter().rev() {
        match read(&path, &mut |_, _| Ok(())) {
            Ok(_) => {}
            Err(fault) => {
                tracing::error!(%fault, "a checkpoint cannot be read; trying the one before");
                continue;
            }
        }
        let mut part: Vec<(Key, Vec<u8>)> = Vec::with_capacity(RECORDS_A_FRAME);
        let mut apply = |part: &mut Vec<(Key, Vec<u8>)>| {
            let changes = part.iter().map(|(key, sealed)| (key, Some(sealed.as_slice())));
            let applied = tree.apply_some(meta, from, sealer, changes);
            part.clear();
            applied
        };
        let (_, repaired_bits) = read(&path, &mut |key, sealed| {
            part.push((key, sealed.to_vec()));
            if part.len() == RECORDS_A_FRAME { apply(&mut part) } else { Ok(()) }
        })
        .map_err(OpenError::Fault)?;
        apply(&mut part).map_err(OpenError::Fault)?;
        // Only now: a start that is killed before it begins anew.
        tree.apply(meta, from, sealer, std::iter::empty()).map_err(OpenError::Fault)?;
        opened.checkpoint = Some(from);
        opened.journal.repaired_bits += repaired_bits;
        return Ok(());
    }
    Ok(())
}

/// The commit up to which the newest checkpoint has everything, if there is one.
pub(super) fn newest(folder: &Path) -> std::io::Result<Option<u64>> {
    Ok(list(&folder.join("checkpoint"))?.last().map(|(from, _)| *from))
}

/// Gets each record as it is sealed.
type Take<'a> = &'a mut dyn FnMut(Key, &[u8]) -> Result<(), Fault>;

/// Calls `take` for every record. Returns their number and how many bits were put right.
pub(super) fn read(path: &Path, take: Take<'_>) -> Result<(u64, u64), Fault> {
    let mut input = BufReader::new(File::open(path).map_err(Fault::disk)?);
    let mut buffer = Vec::new();
    let (mut seen, mut repaired_bits) = (0, 0);
    let mut next = frame::read_from(&mut input, &mut buffer).map_err(Fault::disk)?;
    loop {
        let Found::Frame(frame) = next else { return Err(Fault::Corrupt) };
        next = frame::read_from(&mut input, &mut buffer).map_err(Fault::disk)?;
        repaired_bits += u64::from(frame.repaired_bits);
        if matches!(next, Found::End) && frame.body.is_empty() {
            return if frame.last == seen { Ok((seen, repaired_bits)) } else { Err(Fault::Corrupt) };
        }
        for change in frame.changes() {
            let change = change?;
            take(change.key, change.sealed.ok_or(Fault::Corrupt)?)?;
            seen += 1;
        }
    }
}

/// Number and path of every checkpoint, oldest first.
pub(super) fn all(folder: &Path) -> std::io::Result<Vec<(u64, PathBuf)>> {
    list(&folder.join("checkpoint"))
}

fn list(home: &Path) -> std::io::Result<Vec<(u64, PathBuf)>> {
    let mut all = Vec::new();
    let listing = match fs::read_dir(home) {
        Ok(listing) => listing,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(all),
        Err(error) => return Err(error),
    };
    for entry in listing {
        let path = entry?.path();
        let name = path.file_name().and_then(|name| name.to_str()).and_then(|name| name.strip_suffix(".ckpt"));
        if let Some(from) = name.and_then(|name| u64::from_str_radix(name, 16).ok()) {
            all.push((from, path));
        }
    }
    all.sort_unstable();
    Ok(all)
}
