//! What a store tells of itself: when it is opened, and while it runs.

use super::JournalFacts;

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

/// Plain numbers for `/metrics`.
#[derive(Clone, Copy, Debug, Default)]
pub struct Figures {
    pub commits: u64,
    pub overlay_bytes: u64,
    pub sync_micros: u64,
}
