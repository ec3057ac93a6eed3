//! What went against an invariant: a count by kind, and the first few in words.

use std::collections::{BTreeMap, HashSet};
use std::sync::{Mutex, PoisonError};

/// More than this is one fault told many times.
const SHOWN_MAX: usize = 60;

/// The kinds, with the invariant each breaks.
pub mod kind {
    /// L1: an acknowledged effect is not in the store, or not as acknowledged.
    pub const LOST: &str = "lost";
    /// L2: a repeat got another reply, or an effect happened twice.
    pub const DIFFERING: &str = "differing";
    /// L3: an effect that nobody asked for.
    pub const PHANTOM: &str = "phantom";
    /// L4: slot, booking, code and outgoing disagree.
    pub const HALF: &str = "half";
    /// L5: more bookings than seats.
    pub const OVERBOOKED: &str = "overbooked";
    /// L6: a message that comes to no end, or to more than one.
    pub const STUCK: &str = "stuck";
    /// L6: a phone got a message again, although the gateway could know that it was taken.
    pub const DOUBLED: &str = "doubled";
    /// L8: a page told what the store does not hold, or denied what it does.
    pub const UNTRUE: &str = "untrue";
    /// L9: a page or file shows what belongs to somebody else.
    pub const LEAK: &str = "leak";
    /// L10: no page, or none in time.
    pub const UNANSWERED: &str = "unanswered";
    /// The folder could not be opened or verified.
    pub const UNOPENED: &str = "unopened";

    pub const ALL: [&str; 11] = [LOST, DIFFERING, PHANTOM, HALF, OVERBOOKED, STUCK, DOUBLED, UNTRUE, LEAK, UNANSWERED, UNOPENED];
}

/// Shared by all threads of a run.
#[derive(Debug, Default)]
pub struct Findings {
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    counts: BTreeMap<&'static str, u64>,
    shown: Vec<String>,
    /// A fault that stays in the store is found by every comparison and counts once.
    known: HashSet<String>,
}

impl Findings {
    pub fn add(&self, kind: &'static str, text: impl Into<String>) {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        let text = format!("{kind}: {}", text.into());
        if !inner.known.insert(text.clone()) {
            return;
        }
        *inner.counts.entry(kind).or_default() += 1;
        if inner.shown.len() < SHOWN_MAX {
            inner.shown.push(text);
        }
    }

    /// Takes over a line that another process has shown.
    pub fn adopt(&self, line: &str) {
        let (name, text) = line.split_once(": ").unwrap_or((kind::UNANSWERED, line));
        let kind = kind::ALL.into_iter().find(|kind| *kind == name).unwrap_or(kind::UNANSWERED);
        self.add(kind, text);
    }

    pub fn count(&self, kind: &str) -> u64 {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner).counts.get(kind).copied().unwrap_or(0)
    }

    pub fn total(&self) -> u64 {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner).counts.values().sum()
    }

    pub fn counts(&self) -> BTreeMap<&'static str, u64> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner).counts.clone()
    }

    /// One line each, at most [`SHOWN_MAX`] of them.
    pub fn shown(&self) -> Vec<String> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner).shown.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::{Findings, SHOWN_MAX, kind};

    #[test]
    fn counts_a_fault_once_and_shows_only_the_first_few() {
        let findings = Findings::default();
        for n in 0..100 {
            findings.add(kind::LOST, format!("K{n}"));
            findings.add(kind::LOST, format!("K{n}"));
        }
        findings.add(kind::LEAK, "x");
        findings.adopt("leak: x");
        assert_eq!((findings.count(kind::LOST), findings.total(), findings.shown().len()), (100, 101, SHOWN_MAX));
    }
}
