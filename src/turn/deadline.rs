//! How long a channel's telco waits for a page, as far as its doings tell. Pure: times are handed in, on a clock that only runs forward.
//!
//! | what happens while a turn is at work, or shortly after a slow one | it tells |
//! |---|---|
//! | the telco closes the connection | it waits no longer than that |
//! | it sends the same dialogue's turn again | the same |
//! | it says that the dialogue was broken off, or had no answer | the same |
//!
//! One of these may be chance, so each takes the deadline half of the way down; what does not happen again is forgotten within minutes.

use std::collections::VecDeque;
use std::collections::hash_map::{DefaultHasher, HashMap};
use std::hash::{Hash as _, Hasher as _};
use std::time::Duration;

use crate::channel::profile::{WAITS_LEAST, WAITS_MAX};

/// A turn takes no longer; the nearest telco limit known is 5 s, and the citizen is waiting.
pub const TURN_MAX: Duration = WAITS_MAX;
/// A page that took less was not slow: whoever breaks off then has other reasons.
const SLOW: Duration = Duration::from_secs(1);
/// A dialogue that is broken off so long after a slow page was broken off because of it: nobody reads a page faster.
const SHORTLY: Duration = Duration::from_secs(1);
/// What a page needs to get there.
const ON_ITS_WAY: Duration = Duration::from_millis(200);
/// From the least deadline to the most, if nothing more is heard.
const RISE: Duration = Duration::from_secs(600);
/// Slow turns that are remembered. Their ends come within [`SHORTLY`], or tell nothing.
const SLOW_MAX: usize = 256;
/// What a turn needs beside the registry: a place, the store, a page. What is left of the deadline is the registry's.
const BESIDE_REGISTRY: Duration = Duration::from_secs(1);

/// The registry's part of a turn with this deadline, at most 1.5 s of 2.5 s.
pub fn registry_part(within: Duration) -> Duration {
    within.saturating_sub(BESIDE_REGISTRY)
}

/// One channel's.
#[derive(Debug)]
pub struct Deadline {
    /// As the profile says.
    most: Duration,
    within: Duration,
    at: Duration,
    /// By dialogue, since when its turn is at work.
    at_work: HashMap<u64, Duration>,
    /// Dialogue, when its slow page left, and how long that took.
    slow: VecDeque<(u64, Duration, Duration)>,
}

impl Deadline {
    pub fn new(most: Duration) -> Self {
        let most = most.clamp(WAITS_LEAST, WAITS_MAX);
        Self { most, within: most, at: Duration::ZERO, at_work: HashMap::new(), slow: VecDeque::new() }
    }

    /// How long a turn that begins now may take.
    pub fn within(&mut self, now: Duration) -> Duration {
        self.within = risen(self.within, self.most, now.saturating_sub(self.at));
        self.at = self.at.max(now);
        self.within
    }

    /// A turn of this dialogue goes to work.
    pub fn begin(&mut self, dialogue: &str, now: Duration) {
        let dialogue = hash(dialogue);
        match self.at_work.get(&dialogue) {
            Some(since) => self.heard(now.saturating_sub(*since), now),
            None => drop(self.at_work.insert(dialogue, now)),
        }
    }

    /// Its page leaves.
    pub fn answered(&mut self, dialogue: &str, now: Duration) {
        let dialogue = hash(dialogue);
        let took = self.at_work.remove(&dialogue).map_or(Duration::ZERO, |since| now.saturating_sub(since));
        if took >= SLOW {
            self.slow.truncate(SLOW_MAX - 1);
            self.slow.push_front((dialogue, now, took));
        }
    }

    /// The telco closed the connection before that.
    pub fn cut(&mut self, dialogue: &str, now: Duration) {
        if let Some(since) = self.at_work.remove(&hash(dialogue)) {
            self.heard(now.saturating_sub(since), now);
        }
    }

    /// The telco says that the dialogue is over, and not because of our last page.
    pub fn broken_off(&mut self, dialogue: &str, now: Duration) {
        let dialogue = hash(dialogue);
        if let Some(since) = self.at_work.get(&dialogue) {
            return self.heard(now.saturating_sub(*since), now);
        }
        let last = self.slow.iter().position(|(own, left, _)| *own == dialogue && now.saturating_sub(*left) <= SHORTLY);
        if let Some((.., took)) = last.and_then(|at| self.slow.remove(at)) {
            self.heard(took, now);
        }
    }

    /// The telco did not wait for `took`.
    fn heard(&mut self, took: Duration, now: Duration) {
        self.within = lowered(self.within(now), took);
    }
}

/// Half of the way down to what would have been in time.
fn lowered(within: Duration, took: Duration) -> Duration {
    let in_time = took.saturating_sub(ON_ITS_WAY).max(WAITS_LEAST);
    if took < SLOW || in_time >= within { within } else { within - (within - in_time) / 2 }
}

fn risen(within: Duration, most: Duration, elapsed: Duration) -> Duration {
    let rise = (WAITS_MAX - WAITS_LEAST).mul_f64((elapsed.as_secs_f64() / RISE.as_secs_f64()).min(1.0));
    most.min(within + rise)
}

/// Where a telco has no dialogue id it is a number, which is not kept.
fn hash(dialogue: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    dialogue.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn millis(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    #[test]
    fn each_sign_takes_it_half_of_the_way_down_to_what_would_have_been_in_time() {
        for (within, took, lower) in [
            // Not slow: chance.
            (2_500, 0, 2_500),
            (2_500, 999, 2_500),
            // Never below the least.
            (2_500, 1_000, 2_000),
            (2_000, 1_000, 1_750),
            (1_500, 1_000, 1_500),
            (2_500, 1_900, 2_100),
            (2_100, 1_900, 1_900),
            // It waited as long as we do: nothing new.
            (2_000, 2_200, 2_000),
            (2_000, 9_000, 2_000),
        ] {
            assert_eq!(lowered(millis(within), millis(took)), millis(lower), "{within} {took}");
        }
    }

    #[test]
    fn it_rises_with_time_and_not_above_what_the_profile_says() {
        for (within, most, secs, higher) in [
            (1_500, 2_500, 0, 1_500),
            (1_500, 2_500, 60, 1_600),
            (1_500, 2_500, 600, 2_500),
            (1_500, 2_500, 6_000, 2_500),
            (1_500, 1_800, 300, 1_800),
            (2_500, 2_500, 300, 2_500),
        ] {
            assert_eq!(risen(millis(within), millis(most), Duration::from_secs(secs)), millis(higher), "{within} {most} {secs}");
        }
    }

    #[test]
    fn the_registrys_part_follows() {
        for (within, part) in [(2_500, 1_500), (2_000, 1_000), (1_500, 500)] {
            assert_eq!(registry_part(millis(within)), millis(part));
        }
    }

    #[test]
    fn what_is_a_sign_and_what_is_not() {
        #[derive(Debug)]
        enum Do {
            Begin,
            Answered,
            Cut,
            BrokenOff,
        }
        use Do::{Answered, Begin, BrokenOff, Cut};
        for (doings, within) in [
            (&[(0, "a", Begin), (2_000, "a", Answered)][..], 2_500),
            (&[(0, "a", Begin), (1_500, "a", Cut)], 2_000),
            (&[(0, "a", Begin), (1_500, "a", Begin)], 2_000),
            (&[(0, "a", Begin), (1_500, "a", BrokenOff)], 2_000),
            (&[(0, "a", Begin), (1_500, "a", Answered), (1_600, "a", BrokenOff)], 2_000),
            // Once is once.
            (&[(0, "a", Begin), (1_500, "a", Answered), (1_600, "a", BrokenOff), (1_700, "a", BrokenOff)], 2_000),
            // It was read.
            (&[(0, "a", Begin), (1_500, "a", Answered), (2_501, "a", BrokenOff)], 2_500),
            // Not slow.
            (&[(0, "a", Begin), (900, "a", Answered), (950, "a", BrokenOff)], 2_500),
            (&[(0, "a", Begin), (300, "a", Begin), (500, "a", Cut)], 2_500),
            // Another dialogue.
            (&[(0, "a", Begin), (1_500, "b", Begin), (1_600, "b", BrokenOff), (1_700, "c", Cut)], 2_500),
            // A turn that was answered is not at work.
            (&[(0, "a", Begin), (100, "a", Answered), (1_500, "a", Begin), (1_600, "a", Answered)], 2_500),
        ] {
            let mut deadline = Deadline::new(millis(9_000));
            for (at, dialogue, doing) in doings {
                let at = millis(*at);
                match doing {
                    Begin => deadline.begin(dialogue, at),
                    Answered => deadline.answered(dialogue, at),
                    Cut => deadline.cut(dialogue, at),
                    BrokenOff => deadline.broken_off(dialogue, at),
                }
            }
            let found = deadline.within(deadline.at);
            assert!(found.abs_diff(millis(within)) < millis(5), "{doings:?}: {found:?}");
        }
    }

    #[test]
    fn a_telco_that_waits_less_is_learnt_within_a_few_dialogues_and_forgotten_within_minutes() {
        let mut deadline = Deadline::new(WAITS_MAX);
        for at in 0..6 {
            let began = Duration::from_secs(10 * at);
            deadline.begin("a", began);
            deadline.cut("a", began + millis(1_600));
        }
        let learnt = deadline.within(Duration::from_secs(60));
        assert!((WAITS_LEAST..millis(1_560)).contains(&learnt), "{learnt:?}");
        assert_eq!(deadline.within(Duration::from_secs(660)), WAITS_MAX);
        // What is remembered is bounded.
        for at in 0..10_000_u64 {
            deadline.begin(&at.to_string(), Duration::from_secs(at * 10));
            deadline.answered(&at.to_string(), Duration::from_secs(at * 10 + 2));
        }
        assert_eq!((deadline.slow.len(), deadline.at_work.len()), (SLOW_MAX, 0));
    }
}
