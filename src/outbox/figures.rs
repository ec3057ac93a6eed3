//! What the outbox has done and has yet to do, as plain numbers.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::Outbox;
use super::decide::Next;
use crate::store::queue::Fate;

/// For `/metrics` and `/readyz`.
#[derive(Clone, Debug)]
pub struct Figures {
    pub waiting: usize,
    /// Messages to numbers that no channel reaches.
    pub stranded: usize,
    /// Since the oldest message was left of those that could leave now.
    pub oldest: Duration,
    /// Delivery reports about messages that are not known.
    pub unknown_reports: u64,
    pub channels: Vec<ChannelFigures>,
}

/// Counted since the start.
#[derive(Clone, Debug)]
pub struct ChannelFigures {
    pub name: String,
    pub in_flight: usize,
    pub is_broken: bool,
    /// What it weighs among others at present: its own weight, or 1 if it shares nothing, less as it does badly.
    pub weight: f64,
    /// Taken by the telco.
    pub sent: u64,
    /// Not taken for good, or reported as not delivered.
    pub failed: u64,
    pub expired: u64,
    /// Handed over without an answer.
    pub unsure: u64,
}

#[derive(Debug, Default)]
pub(super) struct Tally {
    sent: AtomicU64,
    failed: AtomicU64,
    expired: AtomicU64,
    pub(super) unsure: AtomicU64,
}

impl Tally {
    pub(super) fn count(&self, next: &Next) {
        if let Next::Settle(fate) = next {
            self.settled(fate);
        }
    }

    pub(super) fn settled(&self, fate: &Fate) {
        let counter = match fate {
            Fate::Accepted | Fate::Answered | Fate::Delivered => &self.sent,
            Fate::Failed(_) => &self.failed,
            Fate::Expired => &self.expired,
            Fate::Unreported | Fate::Unwanted => return,
        };
        counter.fetch_add(1, Ordering::Relaxed);
    }
}

impl Outbox {
    pub fn figures(&self) -> Figures {
        let now = self.clock.now();
        let mut dispatch = self.dispatch();
        dispatch.pass(self.mono());
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let lanes = (0..).zip(dispatch.lanes());
        let channels = self.carriers.iter().zip(&self.tallies).zip(lanes).map(|((carrier, tally), (at, lane))| ChannelFigures {
            name: carrier.name.clone(),
            in_flight: lane.in_flight(),
            is_broken: lane.is_broken(),
            weight: dispatch.weight(at),
            sent: read(&tally.sent),
            failed: read(&tally.failed),
            expired: read(&tally.expired),
            unsure: read(&tally.unsure),
        });
        Figures {
            waiting: dispatch.waiting(),
            stranded: dispatch.stranded(),
            oldest: dispatch.oldest(&self.settings.hours, now).map_or(Duration::ZERO, |at| now.since(at)),
            unknown_reports: read(&self.unknown_reports),
            channels: channels.collect(),
        }
    }
}
