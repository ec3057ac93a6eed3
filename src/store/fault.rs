//! What can go wrong: with a commit, with our disk, with opening.

use std::io;
use std::sync::Arc;

#[derive(Debug, thiserror::Error)]
pub enum CommitError {
    /// Something that the batch had seen has changed. Nothing was written.
    #[error("a record changed meanwhile")]
    Conflict,
    /// Perhaps nothing was written.
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// Our disk, our files, our mistake: never the citizen's.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Fault {
    #[error("the menu calls for {0}, which is not there")]
    Call(&'static str),
    #[error("the store is closed")]
    Closed,
    #[error("a record changed each time the turn was run")]
    Contended,
    #[error("stored bytes are damaged")]
    Corrupt,
    #[error("disk: {0}")]
    Disk(Arc<str>),
    #[error("a record of format {0} cannot be read by this version")]
    Format(u16),
    #[error("it took too long")]
    Late,
    #[error("this machine gives no random bytes")]
    Randomness,
    #[error("a seal does not open")]
    Sealed,
    #[error("a value of {0} bytes is too large")]
    TooLarge(usize),
    #[error("tree: {0}")]
    Tree(Arc<str>),
    #[error("nothing can be written just now")]
    Unwritable,
}

impl Fault {
    #[expect(clippy::needless_pass_by_value, reason = "used as a function in map_err")]
    pub(super) fn disk(error: io::Error) -> Self {
        Self::Disk(error.to_string().into())
    }

    /// sled's own words name files and offsets, never values.
    #[expect(clippy::needless_pass_by_value, reason = "used as a function in map_err")]
    pub(super) fn tree(error: ::sled::Error) -> Self {
        Self::Tree(error.to_string().into())
    }
}

/// Why a folder of records cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("disk: {0}")]
    Disk(Arc<str>),
    #[error(transparent)]
    Fault(#[from] Fault),
    #[error("the journal lacks the commits from {} to {}; put back the missing segments from a backup", after + 1, next - 1)]
    Gap { after: u64, next: u64 },
    #[error(
        "segment {segment:016x} of the journal is damaged at byte {byte}, beyond what can be put right; put back this file from a backup"
    )]
    Journal { segment: u64, byte: u64 },
    #[error("the keys do not open these records; name the key file that was used when they were written")]
    Keys,
    #[error("another process uses this folder; stop it first")]
    Locked,
    #[error("there are records but no journal: this folder is not whole; put back a backup")]
    NoJournal,
    #[error("this machine gives no random bytes")]
    Randomness,
    #[error("no tree can be made: {0}")]
    Tree(String),
}

impl OpenError {
    #[expect(clippy::needless_pass_by_value, reason = "used as a function in map_err")]
    pub(super) fn disk(error: io::Error) -> Self {
        Self::Disk(error.to_string().into())
    }
}
