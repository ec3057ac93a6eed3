//! Tells the sender of messages which ones were left, so that it need not look for them.

use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use super::{Batch, Key, Space};

/// Keys kept for a sender that is busy; about 4 MiB. After more it has to look for itself.
const KEYS_MAX: usize = 100_000;

/// Silent until somebody listens.
#[derive(Debug, Default)]
pub struct Bell {
    kept: Mutex<Option<Heard>>,
    rung: Notify,
}

/// What was left since the last look.
#[derive(Debug, Default)]
pub struct Heard {
    /// Where messages were written. One may be gone again, or never have been accepted.
    pub keys: Vec<Key>,
    /// More than could be kept: every message has to be looked at.
    pub lost_count: bool,
}

impl Bell {
    /// From now on keys are kept.
    pub fn listen(&self) {
        self.kept().get_or_insert_default();
    }

    /// What was left since the last time this was asked.
    pub fn take(&self) -> Heard {
        self.kept().as_mut().map(std::mem::take).unwrap_or_default()
    }

    /// Returns when something was left, at once if that was before and nobody was told of it.
    pub async fn rung(&self) {
        self.rung.notified().await;
    }

    pub(super) fn ring_after(&self, batch: &Batch) -> Ring<'_> {
        let written = batch.writes.range(Key::new(Space::Outgoing)..Key::after(Space::Outgoing));
        let keys = written.filter_map(|(key, value)| value.is_some().then_some(*key)).collect();
        Ring { bell: self, keys }
    }

    fn kept(&self) -> MutexGuard<'_, Option<Heard>> {
        // Nothing can panic half way through a change of it.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Rings when it is dropped.
pub(super) struct Ring<'a> {
    bell: &'a Bell,
    keys: Vec<Key>,
}

impl Drop for Ring<'_> {
    fn drop(&mut self) {
        if self.keys.is_empty() {
            return;
        }
        if let Some(heard) = self.bell.kept().as_mut() {
            if heard.keys.len() + self.keys.len() > KEYS_MAX {
                heard.lost_count = true;
            } else {
                heard.keys.append(&mut self.keys);
            }
        }
        self.bell.rung.notify_one();
    }
}
