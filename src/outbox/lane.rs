//! One channel's pace: how fast, how many at once, and when to leave it alone. Pure: time is a [`Duration`] on a clock that only runs forward.

use std::time::Duration;

use serde::Deserialize;

use super::standing::{Came, Standing};
use crate::store::queue::MessageId;

/// Messages a second, unless the configuration says otherwise: what aggregators allow a small customer.
const PER_SECOND: u32 = 10;
const IN_FLIGHT: usize = 10;
/// Pauses after a telco said that it is too busy: doubled each time it says so again.
const THROTTLE_PAUSE: Duration = Duration::from_secs(1);
/// Operators ask for a minute.
const THROTTLE_PAUSE_MAX: Duration = Duration::from_secs(60);
/// Failures in a row after which a channel is out of order: fewer may be chance.
const FAILURES_MAX: u32 = 5;
/// From one try of a channel that is out of order to the next.
const PROBE_EVERY: Duration = Duration::from_secs(5);

/// What a telco allows.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    pub per_second: u32,
    /// Requests that wait for their answer.
    pub in_flight: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { per_second: PER_SECOND, in_flight: IN_FLIGHT }
    }
}

/// How a request went, as far as the channel is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Went {
    /// The channel is out of order.
    Broken,
    /// No sensible answer.
    Failed,
    /// It was answered with a no that is about the message.
    Fine,
    /// It was answered: the message is taken.
    Taken,
    Throttled,
    /// Nothing was asked of it after all.
    Unused,
}

#[derive(Debug)]
pub(super) struct Lane {
    limits: Limits,
    in_flight: usize,
    /// When the next request may leave by the rate alone.
    free_at: Duration,
    /// Throttled until then.
    paused_until: Duration,
    throttles: u32,
    failures: u32,
    probe_at: Duration,
    standing: Standing,
}

impl Lane {
    /// `report_within`: how long a delivery report may take.
    pub(super) fn new(limits: Limits, report_within: Duration) -> Self {
        Self {
            limits: Limits { per_second: limits.per_second.max(1), in_flight: limits.in_flight.max(1) },
            in_flight: 0,
            free_at: Duration::ZERO,
            paused_until: Duration::ZERO,
            throttles: 0,
            failures: 0,
            probe_at: Duration::ZERO,
            standing: Standing::new(report_within),
        }
    }

    /// So many failures that others take over; one request at a time finds out whether it works again.
    pub(super) const fn is_broken(&self) -> bool {
        self.failures >= FAILURES_MAX
    }

    pub(super) const fn standing(&self) -> &Standing {
        &self.standing
    }

    /// Lets time pass.
    pub(super) fn pass(&mut self, now: Duration) {
        self.standing.pass(now);
    }

    /// Throttled.
    pub(super) fn is_paused(&self, now: Duration) -> bool {
        self.paused_until > now
    }

    pub(super) fn is_free(&self, now: Duration) -> bool {
        self.free_at().is_some_and(|free| free <= now)
    }

    pub(super) const fn in_flight(&self) -> usize {
        self.in_flight
    }

    /// When a request may leave; `None`: not before one in flight is answered.
    pub(super) fn free_at(&self) -> Option<Duration> {
        let (window, broken_until) = if self.is_broken() { (1, self.probe_at) } else { (self.limits.in_flight, Duration::ZERO) };
        (self.in_flight < window).then(|| self.free_at.max(self.paused_until).max(broken_until))
    }

    pub(super) fn begin(&mut self, id: MessageId, now: Duration) {
        self.in_flight += 1;
        self.standing.begin(id, now);
        // What the timer overslept is caught up, up to a tenth of a second's worth.
        self.free_at = self.free_at.max(now.saturating_sub(CATCH_UP)) + Duration::from_secs(1) / self.limits.per_second;
        if self.is_broken() {
            self.probe_at = now + PROBE_EVERY;
        }
    }

    pub(super) fn end(&mut self, id: MessageId, went: Went, now: Duration) {
        self.in_flight = self.in_flight.saturating_sub(1);
        if went != Went::Taken {
            self.standing.forget(id);
        }
        match went {
            Went::Unused | Went::Throttled => {}
            Went::Fine | Went::Taken => self.standing.answered(Came::Taken, now),
            Went::Broken | Went::Failed => self.standing.answered(Came::NotTaken, now),
        }
        match went {
            Went::Unused => {}
            Went::Fine | Went::Taken => (self.failures, self.throttles) = (0, 0),
            Went::Throttled => {
                self.failures = 0;
                let pause = THROTTLE_PAUSE.saturating_mul(1 << self.throttles.min(16)).min(THROTTLE_PAUSE_MAX);
                // Those that were in flight together are throttled together, which counts once.
                if self.paused_until <= now {
                    self.throttles = self.throttles.saturating_add(1);
                    self.paused_until = now + pause;
                }
            }
            Went::Failed => self.fail(self.failures.saturating_add(1), now),
            Went::Broken => self.fail(FAILURES_MAX, now),
        }
    }

    /// What a telco says in the end of a message that it took.
    pub(super) fn reported(&mut self, id: MessageId, arrived: bool, now: Duration) {
        self.standing.reported(id, arrived, now);
    }

    fn fail(&mut self, failures: u32, now: Duration) {
        let was_broken = self.is_broken();
        self.failures = failures.max(self.failures);
        if self.is_broken() && !was_broken {
            self.probe_at = now + PROBE_EVERY;
        }
    }
}

/// A timer is late by a millisecond or more; a channel with a thousand messages a second must not become slower by that.
const CATCH_UP: Duration = Duration::from_millis(100);
