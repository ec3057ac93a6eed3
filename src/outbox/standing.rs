//! How well a channel does of late: the part of its weight that it carries. Pure: times are handed in, on a clock that only runs forward.
//!
//! | what came | it tells |
//! |---|---|
//! | an answer: the message is taken, or a no that is about the message | it takes messages |
//! | an error, or no answer | it does not |
//! | a report in time: the message is with its phone | what it takes arrives |
//! | a report that it is not, or none in time | it does not |
//! | that it is too busy | nothing: a pause is what it asks for |
//!
//! The part follows what is told, but not at once: down within seconds, since others carry the rest, and up within minutes, since it has to
//! prove itself. It never comes to nothing, so that something finds out when the channel is well again.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use crate::store::queue::MessageId;

/// What is left to a channel that takes nothing, or of whose messages none arrives: one in twenty finds out.
const LEAST: f64 = 0.05;
/// From the whole to nothing. A burst of errors in one second is no reason to throw everything at the others in the next.
const FALL: Duration = Duration::from_secs(20);
/// From nothing to the whole.
const RISE: Duration = Duration::from_secs(300);
/// Each outcome counts for one part in so many: twenty in a row tell nearly all.
const MEMORY: f64 = 8.0;
/// Phones that are off, or out of reach: so many messages may come to nothing without any fault of the channel.
const PHONES_OFF: f64 = 0.25;
/// From this part on a channel may take more than its share while others are occupied.
const WELL: f64 = 0.5;
/// Messages of one channel whose reports are waited for: two minutes of 34 a second, which is enough to judge it by.
const AWAITED_MAX: usize = 4_096;

/// What came of one message, as far as the channel is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Came {
    Arrived,
    NotArrived,
    NotTaken,
    Taken,
}

/// What the latest outcomes tell; each counts less the older it is.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Quality {
    /// The part of the requests that were answered.
    taken: f64,
    /// The part of the messages taken that were reported to be with their phones in time.
    arrived: f64,
}

impl Quality {
    const BEST: Self = Self { taken: 1.0, arrived: 1.0 };

    fn after(self, came: Came) -> Self {
        let follow = |part: f64, last: f64| part + (last - part) / MEMORY;
        match came {
            Came::Arrived => Self { arrived: follow(self.arrived, 1.0), ..self },
            Came::NotArrived => Self { arrived: follow(self.arrived, 0.0), ..self },
            Came::NotTaken => Self { taken: follow(self.taken, 0.0), ..self },
            Came::Taken => Self { taken: follow(self.taken, 1.0), ..self },
        }
    }

    /// The part of its weight that a channel deserves.
    fn deserves(self) -> f64 {
        (self.taken * (self.arrived / (1.0 - PHONES_OFF)).min(1.0)).max(LEAST)
    }
}

/// Where the part is after `elapsed`, on its way to what the channel deserves.
fn drift(part: f64, deserves: f64, elapsed: Duration) -> f64 {
    let secs = elapsed.as_secs_f64();
    if deserves < part { (part - secs / FALL.as_secs_f64()).max(deserves) } else { (part + secs / RISE.as_secs_f64()).min(deserves) }
}

/// One channel's.
#[derive(Debug)]
pub(super) struct Standing {
    quality: Quality,
    part: f64,
    at: Duration,
    /// A report that takes longer is none.
    report_within: Duration,
    /// It has reported something since the start: of one that never does, silence tells nothing.
    reports: bool,
    /// Handed over and not reported on, with the time of that.
    awaited: HashMap<MessageId, Duration>,
    oldest_first: VecDeque<(Duration, MessageId)>,
}

impl Standing {
    pub(super) fn new(report_within: Duration) -> Self {
        let (awaited, oldest_first) = (HashMap::new(), VecDeque::new());
        Self { quality: Quality::BEST, part: 1.0, at: Duration::ZERO, report_within, reports: false, awaited, oldest_first }
    }

    /// The part of its weight that the channel carries, as of the last [`Standing::pass`].
    pub(super) const fn part(&self) -> f64 {
        self.part
    }

    pub(super) const fn is_well(&self) -> bool {
        self.part >= WELL
    }

    /// Lets time pass.
    pub(super) fn pass(&mut self, now: Duration) {
        self.part = drift(self.part, self.quality.deserves(), now.saturating_sub(self.at));
        self.at = self.at.max(now);
        while let Some((since, id)) = self.oldest_first.front().copied()
            && now.saturating_sub(since) >= self.report_within
        {
            self.oldest_first.pop_front();
            if self.awaited.get(&id) == Some(&since) {
                self.awaited.remove(&id);
                self.quality = self.quality.after(Came::NotArrived);
            }
        }
    }

    /// A report may come before the answer: it is waited for from here on.
    pub(super) fn begin(&mut self, id: MessageId, now: Duration) {
        if self.reports && self.oldest_first.len() < AWAITED_MAX {
            self.awaited.insert(id, now);
            self.oldest_first.push_back((now, id));
        }
    }

    /// Nothing will be reported on what was begun.
    pub(super) fn forget(&mut self, id: MessageId) {
        self.awaited.remove(&id);
    }

    /// How a request went.
    pub(super) fn answered(&mut self, came: Came, now: Duration) {
        self.pass(now);
        self.quality = self.quality.after(came);
    }

    /// The last word on a message. A second one, and one that was late, change nothing.
    pub(super) fn reported(&mut self, id: MessageId, arrived: bool, now: Duration) {
        self.pass(now);
        self.reports = true;
        if self.awaited.remove(&id).is_some() {
            self.quality = self.quality.after(if arrived { Came::Arrived } else { Came::NotArrived });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(one: f64, other: f64) -> bool {
        (one - other).abs() < 0.005
    }

    #[test]
    fn the_part_follows_what_is_deserved_within_bounds_of_speed() {
        for (part, deserves, secs, after) in [
            (1.0, 1.0, 1_000, 1.0),
            // Down by a twentieth a second, and no further than deserved.
            (1.0, 0.05, 1, 0.95),
            (1.0, 0.05, 10, 0.5),
            (1.0, 0.05, 3_600, 0.05),
            (1.0, 0.6, 3_600, 0.6),
            // Up by a third of a hundredth.
            (0.05, 1.0, 1, 0.0533),
            (0.05, 1.0, 60, 0.25),
            (0.05, 1.0, 285, 1.0),
            (0.05, 0.3, 3_600, 0.3),
            (0.5, 0.9, 0, 0.5),
        ] {
            let found = drift(part, deserves, Duration::from_secs(secs));
            assert!(near(found, after), "{part} to {deserves} in {secs} s: {found}");
        }
    }

    #[test]
    fn what_is_deserved_follows_from_what_came() {
        use Came::{Arrived, NotArrived, NotTaken, Taken};
        for (came, deserves) in [
            (&[][..], 1.0),
            (&[(Taken, 100), (Arrived, 100)], 1.0),
            // One error is an accident, five are not.
            (&[(NotTaken, 1)], 0.875),
            (&[(NotTaken, 5)], 0.513),
            (&[(NotTaken, 100)], LEAST),
            (&[(NotTaken, 100), (Taken, 1)], 0.125),
            (&[(NotTaken, 100), (Taken, 20)], 0.931),
            // Two phones that are off tell nothing; eight messages in a row that do not arrive do.
            (&[(NotArrived, 2)], 1.0),
            (&[(NotArrived, 8)], 0.458),
            (&[(NotArrived, 100)], LEAST),
            (&[(NotArrived, 100), (Arrived, 11)], 1.0),
            // Both count.
            (&[(NotTaken, 5), (NotArrived, 8)], 0.235),
        ] {
            let quality = came.iter().flat_map(|(came, times)| [*came].repeat(*times)).fold(Quality::BEST, Quality::after);
            assert!(near(quality.deserves(), deserves), "{came:?}: {}", quality.deserves());
        }
    }

    /// What is reported on messages of a channel, a second apart: `None` never, else after so many seconds, arrived or not.
    fn part_after(reports: &[Option<(u64, bool)>], then: u64) -> f64 {
        let mut standing = Standing::new(Duration::from_secs(120));
        standing.reported(MessageId(u64::MAX), true, Duration::ZERO);
        let mut events: Vec<(u64, MessageId, Option<bool>)> = Vec::new();
        for (at, report) in (0..).zip(reports) {
            events.push((at, MessageId(at), None));
            events.extend(report.map(|(after, arrived)| (at + after, MessageId(at), Some(arrived))));
        }
        events.retain(|(at, ..)| *at <= then);
        events.sort_by_key(|(at, ..)| *at);
        for (at, id, report) in events {
            let now = Duration::from_secs(at);
            match report {
                None => standing.begin(id, now),
                Some(arrived) => standing.reported(id, arrived, now),
            }
        }
        (0..=then).for_each(|at| standing.pass(Duration::from_secs(at)));
        standing.part()
    }

    #[test]
    fn a_report_that_is_late_or_missing_counts_against_the_channel() {
        for (report, then, part) in [
            (Some((5, true)), 400, 1.0),
            (Some((119, true)), 400, 1.0),
            (Some((121, true)), 119, 1.0),
            (Some((121, true)), 400, LEAST),
            (None, 400, LEAST),
            (Some((5, false)), 400, LEAST),
        ] {
            let found = part_after(&[report; 100], then);
            assert!(near(found, part), "{report:?} {then}: {found}");
        }
        // Of one that never reported, silence tells nothing.
        let mut silent = Standing::new(Duration::from_secs(120));
        (0..100).for_each(|at| silent.begin(MessageId(at), Duration::from_secs(at)));
        silent.pass(Duration::from_secs(1_000));
        assert!(near(silent.part(), 1.0));
    }

    #[test]
    fn what_was_not_taken_is_not_waited_for() {
        let mut standing = Standing::new(Duration::from_secs(120));
        standing.reported(MessageId(0), true, Duration::ZERO);
        for id in 1..100 {
            standing.begin(MessageId(id), Duration::ZERO);
            standing.forget(MessageId(id));
        }
        standing.pass(Duration::from_secs(121));
        standing.pass(Duration::from_secs(300));
        assert!(near(standing.part(), 1.0) && standing.awaited.is_empty() && standing.oldest_first.is_empty());
        (0..10_000).for_each(|id| standing.begin(MessageId(id), Duration::from_secs(300)));
        assert_eq!(standing.awaited.len(), AWAITED_MAX);
    }
}
