//! A model of one folder on a disk: what programs see, and what a power cut would leave.
//!
//! The rules are stricter than common file systems, so that what passes here does not rest on luck:
//! - bytes last when an fsync or fdatasync of their file began after they were written and has returned; `sync_file_range` counts for nothing;
//! - a new, renamed or removed name lasts when its **folder** was synced after that (with `names_by_fsync`, as on ext4, an fsync of the
//!   file makes its name last too); a rename happens whole or not at all;
//! - of what is not synced anything may last or not: none, all, any part; the last write may be torn.
//!
//! The folder itself (the root) is taken to last from its beginning.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Component, Path, PathBuf};

use crate::powercut::trace::{Call, Event};
use crate::random::Random;

/// Disks write whole sectors of this size, no more is promised.
const SECTOR: u64 = 512;
const ROOT: usize = 0;

/// How much of what was not synced survives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Survives {
    Nothing,
    Everything,
    /// Any of the writes, and the names up to some point.
    Some,
    /// All or none of the unsynced writes of each file: one file runs ahead of another.
    Files,
    /// As `Some`, and the last surviving write of each file is torn.
    Torn,
}

impl Survives {
    pub const ALL: [Survives; 5] = [Survives::Nothing, Survives::Some, Survives::Torn, Survives::Files, Survives::Everything];
}

#[derive(Debug)]
pub struct Disk {
    root: PathBuf,
    names_by_fsync: bool,
    /// A test of the oracle: as if no sync ever reached the disk.
    ignore_syncs: bool,
    nodes: Vec<Node>,
    /// Changes of names that may not last, in order.
    names: Vec<Naming>,
    opens: Vec<Opened>,
    fds: HashMap<i64, usize>,
}

#[derive(Debug)]
enum Node {
    File { now: Vec<u8>, safe: Vec<u8>, open: Vec<(u64, Change)> },
    Folder { now: BTreeMap<String, usize>, safe: BTreeMap<String, usize> },
}

#[derive(Debug, Clone)]
enum Change {
    Write(u64, Vec<u8>),
    Length(u64),
}

#[derive(Debug, Clone)]
struct Naming {
    line: u64,
    /// Folder, name, and the node it now means, if any.
    sets: Vec<(usize, String, Option<usize>)>,
}

#[derive(Debug)]
struct Opened {
    node: usize,
    at: u64,
    append: bool,
    synchronous: bool,
}

impl Disk {
    pub fn new(root: &Path, names_by_fsync: bool, ignore_syncs: bool) -> Disk {
        let folder = Node::Folder { now: BTreeMap::new(), safe: BTreeMap::new() };
        let root = root.to_owned();
        Disk { root, names_by_fsync, ignore_syncs, nodes: vec![folder], names: Vec::new(), opens: Vec::new(), fds: HashMap::new() }
    }

    /// Follows one call; true if it concerned this folder. An error means that the model cannot follow.
    pub fn follow(&mut self, event: &Event) -> Result<bool, String> {
        let tell = |what: &str| format!("line {}: {what}", event.line);
        match &event.call {
            Call::Open { path, create, truncate, append, synchronous, fd } => {
                let Some(parts) = self.below(path) else {
                    self.fds.remove(fd);
                    return Ok(false);
                };
                let node = match self.find(&parts) {
                    Some(node) => node,
                    None if *create => {
                        self.nodes.push(Node::File { now: Vec::new(), safe: Vec::new(), open: Vec::new() });
                        let node = self.nodes.len() - 1;
                        self.name(event.line, &parts, Some(node)).map_err(|e| tell(&e))?;
                        node
                    }
                    None => return Err(tell(&format!("{} was opened and never made", path.display()))),
                };
                if *truncate {
                    self.change(event.line, node, Change::Length(0));
                }
                self.opens.push(Opened { node, at: 0, append: *append, synchronous: *synchronous });
                self.fds.insert(*fd, self.opens.len() - 1);
            }
            Call::Write { fd, at, bytes } => return Ok(self.write(event.line, *fd, *at, bytes)),
            Call::Truncate { fd, length } => {
                let Some(node) = self.node_of(*fd) else { return Ok(false) };
                self.change(event.line, node, Change::Length(*length));
            }
            Call::Extend { fd, length } => {
                let Some(node) = self.node_of(*fd) else { return Ok(false) };
                if self.length(node) < *length {
                    self.change(event.line, node, Change::Length(*length));
                }
            }
            Call::Rename { from, to } | Call::Link { from, to } => {
                let (from_parts, to_parts) = match (self.below(from), self.below(to)) {
                    (Some(from), Some(to)) => (from, to),
                    (None, None) => return Ok(false),
                    _ => return Err(tell("a file moved into the folder or out of it")),
                };
                let node = self.find(&from_parts).ok_or_else(|| tell("a name that was never made"))?;
                let mut sets = vec![self.place(&to_parts, Some(node)).map_err(|e| tell(&e))?];
                if matches!(event.call, Call::Rename { .. }) {
                    sets.insert(0, self.place(&from_parts, None).map_err(|e| tell(&e))?);
                }
                self.rename(Naming { line: event.line, sets });
            }
            Call::Remove { path } => {
                let Some(parts) = self.below(path) else { return Ok(false) };
                // A socket or pipe is not followed from its making on.
                if self.find(&parts).is_some() {
                    self.name(event.line, &parts, None).map_err(|e| tell(&e))?;
                }
            }
            Call::MakeFolder { path } => {
                let Some(parts) = self.below(path).filter(|parts| !parts.is_empty()) else { return Ok(false) };
                self.nodes.push(Node::Folder { now: BTreeMap::new(), safe: BTreeMap::new() });
                let node = self.nodes.len() - 1;
                self.name(event.line, &parts, Some(node)).map_err(|e| tell(&e))?;
            }
            Call::Sync { fd } => {
                let Some(node) = self.node_of(*fd) else { return Ok(false) };
                if !self.ignore_syncs {
                    self.sync(node, event.begun);
                }
            }
            Call::SyncAll => {
                if !self.ignore_syncs {
                    (0..self.nodes.len()).for_each(|node| self.sync(node, event.begun));
                }
            }
            Call::Seek { fd, to } => match self.fds.get(fd).and_then(|open| self.opens.get_mut(*open)) {
                Some(open) => open.at = *to,
                None => return Ok(false),
            },
            Call::Close { fd } => return Ok(self.fds.remove(fd).is_some()),
            Call::Duplicate { fd, copy } => match self.fds.get(fd).copied() {
                Some(open) => drop(self.fds.insert(*copy, open)),
                None => {
                    self.fds.remove(copy);
                    return Ok(false);
                }
            },
            Call::Unknown { name, fd } if self.fds.contains_key(fd) => return Err(tell(&format!("{name} is not modelled"))),
            Call::Unknown { .. } => return Ok(false),
        }
        Ok(true)
    }

    /// The files that a power cut now would leave, by path below the root, and the folders.
    pub fn image(&self, survives: Survives, random: &mut Random) -> Image {
        let mut folders: HashMap<usize, BTreeMap<String, usize>> = HashMap::new();
        for (node, kind) in self.nodes.iter().enumerate() {
            if let Node::Folder { safe, .. } = kind {
                folders.insert(node, safe.clone());
            }
        }
        let kept = match survives {
            Survives::Nothing => 0,
            Survives::Everything => self.names.len(),
            Survives::Some | Survives::Torn | Survives::Files => usize::try_from(random.below(self.names.len() as u64 + 1)).unwrap_or(0),
        };
        for (folder, name, node) in self.names.iter().take(kept).flat_map(|naming| &naming.sets) {
            set(folders.entry(*folder).or_default(), name, *node);
        }
        let mut image = Image::default();
        self.walk(&folders, ROOT, Path::new(""), survives, random, &mut image);
        image
    }

    fn walk(
        &self,
        folders: &HashMap<usize, BTreeMap<String, usize>>,
        folder: usize,
        path: &Path,
        survives: Survives,
        random: &mut Random,
        image: &mut Image,
    ) {
        for (name, node) in folders.get(&folder).into_iter().flatten() {
            let path = path.join(name);
            match self.nodes.get(*node) {
                Some(Node::File { now, safe, open }) => {
                    let bytes = match survives {
                        Survives::Everything => now.clone(),
                        Survives::Files if random.percent(50) => now.clone(),
                        Survives::Files => safe.clone(),
                        _ => leave(safe, open, survives, random),
                    };
                    image.files.insert(path, bytes);
                }
                Some(Node::Folder { .. }) => {
                    image.folders.insert(path.clone());
                    self.walk(folders, *node, &path, survives, random, image);
                }
                None => {}
            }
        }
    }

    fn write(&mut self, line: u64, fd: i64, at: Option<u64>, bytes: &[u8]) -> bool {
        let Some(node) = self.node_of(fd) else { return false };
        let end = self.length(node);
        let Some(open) = self.fds.get(&fd).and_then(|open| self.opens.get_mut(*open)) else { return false };
        // On Linux a write at a place goes to the end all the same when the file was opened to append.
        let start = if open.append { end } else { at.unwrap_or(open.at) };
        if at.is_none() {
            open.at = start + bytes.len() as u64;
        }
        let synchronous = open.synchronous;
        self.change(line, node, Change::Write(start, bytes.to_vec()));
        if synchronous && !self.ignore_syncs {
            self.sync(node, line + 1);
        }
        true
    }

    fn change(&mut self, line: u64, node: usize, change: Change) {
        if let Some(Node::File { now, open, .. }) = self.nodes.get_mut(node) {
            apply(now, &change);
            open.push((line, change));
        }
    }

    fn sync(&mut self, node: usize, begun: u64) {
        match self.nodes.get_mut(node) {
            Some(Node::File { safe, open, .. }) => {
                let (done, left) = std::mem::take(open).into_iter().partition::<Vec<_>, _>(|(line, _)| *line < begun);
                done.iter().for_each(|(_, change)| apply(safe, change));
                *open = left;
                if self.names_by_fsync {
                    self.name_lasts(node, begun);
                }
            }
            Some(Node::Folder { .. }) => self.folder_lasts(node, begun),
            None => {}
        }
    }

    /// Makes lasting what was done to the names of a folder, and whatever earlier change that hangs on.
    fn folder_lasts(&mut self, folder: usize, begun: u64) {
        let mut reached = BTreeSet::from([folder]);
        let mut chosen = vec![false; self.names.len()];
        for (naming, chosen) in self.names.iter().zip(&mut chosen).rev().filter(|(naming, _)| naming.line < begun) {
            if naming.sets.iter().any(|(folder, _, _)| reached.contains(folder)) {
                *chosen = true;
                reached.extend(naming.sets.iter().map(|(folder, _, _)| *folder));
            }
        }
        self.make_last(&chosen);
    }

    /// ext4: the journal entry that named the file is written with it, and all before it.
    fn name_lasts(&mut self, node: usize, begun: u64) {
        let named = |naming: &Naming| naming.line < begun && naming.sets.iter().any(|(_, _, n)| *n == Some(node));
        if let Some(last) = self.names.iter().rposition(named) {
            let chosen: Vec<bool> = (0..self.names.len()).map(|at| at <= last).collect();
            self.make_last(&chosen);
        }
    }

    fn make_last(&mut self, chosen: &[bool]) {
        let mut left = Vec::new();
        for (naming, chosen) in std::mem::take(&mut self.names).into_iter().zip(chosen) {
            if !chosen {
                left.push(naming);
                continue;
            }
            for (folder, name, node) in naming.sets {
                if let Some(Node::Folder { safe, .. }) = self.nodes.get_mut(folder) {
                    set(safe, &name, node);
                }
            }
        }
        self.names = left;
    }

    fn name(&mut self, line: u64, parts: &[String], node: Option<usize>) -> Result<(), String> {
        let sets = vec![self.place(parts, node)?];
        self.rename(Naming { line, sets });
        Ok(())
    }

    fn rename(&mut self, naming: Naming) {
        for (folder, name, node) in &naming.sets {
            if let Some(Node::Folder { now, .. }) = self.nodes.get_mut(*folder) {
                set(now, name, *node);
            }
        }
        self.names.push(naming);
    }

    fn place(&self, parts: &[String], node: Option<usize>) -> Result<(usize, String, Option<usize>), String> {
        let (name, above) = parts.split_last().ok_or("the folder itself is renamed or removed")?;
        let folder = self.find(above).ok_or("a folder that was never made")?;
        Ok((folder, name.clone(), node))
    }

    fn below(&self, path: &Path) -> Option<Vec<String>> {
        let rest = path.strip_prefix(&self.root).ok()?;
        let parts = rest.components().filter_map(|part| match part {
            Component::Normal(name) => Some(name.to_string_lossy().into_owned()),
            _ => None,
        });
        Some(parts.collect())
    }

    fn find(&self, parts: &[String]) -> Option<usize> {
        parts.iter().try_fold(ROOT, |node, name| match self.nodes.get(node)? {
            Node::Folder { now, .. } => now.get(name).copied(),
            Node::File { .. } => None,
        })
    }

    fn node_of(&self, fd: i64) -> Option<usize> {
        Some(self.opens.get(*self.fds.get(&fd)?)?.node)
    }

    fn length(&self, node: usize) -> u64 {
        match self.nodes.get(node) {
            Some(Node::File { now, .. }) => now.len() as u64,
            _ => 0,
        }
    }
}

/// A folder as it would be found when the power is back.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Image {
    pub files: BTreeMap<PathBuf, Vec<u8>>,
    pub folders: BTreeSet<PathBuf>,
}

impl Image {
    pub fn write(&self, root: &Path) -> std::io::Result<()> {
        std::fs::create_dir_all(root)?;
        for folder in &self.folders {
            std::fs::create_dir_all(root.join(folder))?;
        }
        for (path, bytes) in &self.files {
            std::fs::write(root.join(path), bytes)?;
        }
        Ok(())
    }
}

/// What is left of a file: what was synced, and some of what was not.
fn leave(safe: &[u8], open: &[(u64, Change)], survives: Survives, random: &mut Random) -> Vec<u8> {
    let mut bytes = safe.to_vec();
    if survives == Survives::Nothing {
        return bytes;
    }
    let mut kept: Vec<Change> = open.iter().filter(|_| random.percent(50)).map(|(_, change)| change.clone()).collect();
    if survives == Survives::Torn
        && let Some(Change::Write(at, written)) = kept.last_mut()
    {
        let sectors = written.len() as u64 / SECTOR;
        // Up to the end of a sector of the file, or in the middle of a short write.
        let end = if sectors > 0 {
            (random.between(0, sectors) * SECTOR).saturating_sub(*at % SECTOR)
        } else {
            random.below(written.len() as u64)
        };
        written.truncate(usize::try_from(end).unwrap_or(0));
    }
    kept.iter().for_each(|change| apply(&mut bytes, change));
    bytes
}

fn apply(bytes: &mut Vec<u8>, change: &Change) {
    let whole = |n: u64| usize::try_from(n).unwrap_or(usize::MAX);
    match change {
        Change::Length(length) => bytes.resize(whole(*length), 0),
        Change::Write(_, written) if written.is_empty() => {}
        Change::Write(at, written) => {
            let (start, end) = (whole(*at), whole(*at) + written.len());
            if bytes.len() < end {
                bytes.resize(end, 0);
            }
            if let Some(place) = bytes.get_mut(start..end) {
                place.copy_from_slice(written);
            }
        }
    }
}

fn set(names: &mut BTreeMap<String, usize>, name: &str, node: Option<usize>) {
    match node {
        Some(node) => drop(names.insert(name.to_owned(), node)),
        None => drop(names.remove(name)),
    }
}

#[cfg(test)]
mod tests;
