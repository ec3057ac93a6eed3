//! Locks by key, so that turns of one number, or confirmations of one slot, run one after another.

use tokio::sync::{Mutex, MutexGuard};

/// Enough that two of a thousand callers seldom share a lock, few enough to need no clearing up.
const STRIPES: usize = 4096;

#[derive(Debug)]
pub(super) struct Locks(Vec<Mutex<()>>);

impl Locks {
    pub(super) fn new() -> Self {
        Self((0..STRIPES).map(|_| Mutex::new(())).collect())
    }

    /// First come, first served.
    pub(super) async fn lock(&self, key: u64) -> MutexGuard<'_, ()> {
        // Fibonacci hashing: slot ids differ in their middle bits only.
        let mixed = key.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 52;
        self.0[usize::try_from(mixed).unwrap_or(0) % STRIPES].lock().await
    }
}
