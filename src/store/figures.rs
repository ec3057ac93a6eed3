//! What a store tells of itself: when it is opened, and while it runs.

use std::sync::Arc;

use super::JournalFacts;
use crate::clock::Spread;

/// What opening found and did, for the log.
#[derive(Clone, Debug, Default)]
pub struct Opened {
    pub last_commit: u64,
    /// Why the tree was made anew, if it was.
    pub rebuilt: Option<String>,
    /// Flipped bits that were put right on disk.
    pub mended_bits: u64,
    /// The checkpoint it was made from.
    pub checkpoint: Option<u64>,
    pub journal: JournalFacts,
}

/// How long things took since the start.
#[derive(Debug, Default)]
pub struct Timings {
    /// From a batch that must be on disk to its being there.
    pub commit: Arc<Spread>,
    /// What the disk took of that.
    pub sync: Arc<Spread>,
}

/// Plain numbers for `/metrics`.
#[derive(Clone, Copy, Debug, Default)]
pub struct Figures {
    pub commits: u64,
    pub overlay_bytes: u64,
    pub sync_micros: u64,
    /// On the disk; `None` if it cannot be asked, or if nothing is on any.
    pub free_bytes: Option<u64>,
}
