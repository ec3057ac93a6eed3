//! How bad a carrier is, and when: dice that fall the same way for the same seed.

use std::time::Duration;

use crate::simulator::aggregator::Fate;

/// In a thousand each, rolled for each message.
#[derive(Clone, Copy, Debug)]
pub struct Faults {
    /// The connection breaks before a submit is taken.
    pub drop_before: u32,
    /// It breaks after.
    pub drop_after: u32,
    /// A submit that is not taken, with status 500.
    pub error: u32,
    /// A submit that is taken, with an answer only after [`Faults::late`].
    pub late_answer: u32,
    /// The same answer twice on one connection.
    pub answer_twice: u32,
    /// A phone's message that is brought again after it was taken.
    pub callback_twice: u32,
    /// Reports that come before the answer to the submit.
    pub report_early: u32,
    /// Reports that come last one first.
    pub report_disorder: u32,
    /// Reports that come twice.
    pub report_twice: u32,
    /// Reports that name the telco's id in decimal, where the answer named it in hexadecimal.
    pub report_decimal: u32,
    /// Messages that do not arrive, and are reported so.
    pub fails: u32,
    pub late: Duration,
    /// Reports come up to so long after the answer.
    pub report_delay: Duration,
}

impl Faults {
    pub const NONE: Self = Self {
        drop_before: 0,
        drop_after: 0,
        error: 0,
        late_answer: 0,
        answer_twice: 0,
        callback_twice: 0,
        report_early: 0,
        report_disorder: 0,
        report_twice: 0,
        report_decimal: 0,
        fails: 0,
        late: Duration::ZERO,
        report_delay: Duration::from_millis(20),
    };

    /// Every fault, often. `late` must be longer than the gateway waits.
    pub const fn bad(late: Duration) -> Self {
        Self {
            drop_before: 60,
            drop_after: 40,
            error: 80,
            late_answer: 20,
            answer_twice: 60,
            callback_twice: 100,
            report_early: 150,
            report_disorder: 200,
            report_twice: 200,
            report_decimal: 300,
            fails: 50,
            late,
            report_delay: Duration::from_millis(300),
        }
    }
}

/// What befalls a submit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Submission {
    AnswerTwice,
    DropAfter,
    DropBefore,
    Error,
    Late,
    Sound,
}

/// Which reports follow a message, and how.
#[derive(Debug)]
pub(super) struct Reports {
    pub(super) fates: Vec<Fate>,
    pub(super) before_the_answer: bool,
    pub(super) decimal: bool,
    pub(super) delay: Duration,
}

/// `SplitMix64` (Steele, Lea, Flood 2014): small, and the same everywhere.
#[derive(Debug)]
pub(super) struct Dice(u64);

impl Dice {
    pub(super) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(super) fn chance(&mut self, in_a_thousand: u32) -> bool {
        self.next() % 1000 < u64::from(in_a_thousand)
    }

    /// At most one: the first that falls.
    pub(super) fn submission(&mut self, faults: &Faults) -> Submission {
        let rolls = [
            (faults.drop_before, Submission::DropBefore),
            (faults.error, Submission::Error),
            (faults.drop_after, Submission::DropAfter),
            (faults.late_answer, Submission::Late),
            (faults.answer_twice, Submission::AnswerTwice),
        ];
        rolls.into_iter().find(|(chance, _)| self.chance(*chance)).map_or(Submission::Sound, |(_, fault)| fault)
    }

    pub(super) fn reports(&mut self, faults: &Faults) -> Reports {
        let end = if self.chance(faults.fails) { Fate::Failed } else { Fate::Delivered };
        let mut fates = vec![Fate::Sent, end];
        if self.chance(faults.report_twice) {
            fates.extend_from_within(..);
        }
        if self.chance(faults.report_disorder) {
            fates.reverse();
        }
        let longest = u64::try_from(faults.report_delay.as_millis()).unwrap_or(u64::MAX).max(1);
        Reports {
            fates,
            before_the_answer: self.chance(faults.report_early),
            decimal: self.chance(faults.report_decimal),
            delay: Duration::from_millis(self.next() % longest),
        }
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut word = self.0;
        word = (word ^ (word >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        word ^ (word >> 31)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_falls_the_same_way() {
        let fallen = |seed| {
            let mut dice = Dice::new(seed);
            let faults = Faults::bad(Duration::from_secs(1));
            (0..200).map(|_| format!("{:?} {:?}", dice.submission(&faults), dice.reports(&faults))).collect::<Vec<_>>()
        };
        assert_eq!(fallen(7), fallen(7));
        assert_ne!(fallen(7), fallen(8));
    }

    #[test]
    fn faults_come_about_as_often_as_they_should() {
        let mut dice = Dice::new(1);
        for chance in [0, 40, 500, 1000] {
            let fallen = (0..20_000).filter(|_| dice.chance(chance)).count();
            let wanted = 20 * usize::try_from(chance).unwrap();
            assert!(fallen.abs_diff(wanted) < 300, "{chance}: {fallen}");
        }
        let sound = (0..1000).all(|_| dice.submission(&Faults::NONE) == Submission::Sound);
        assert!(sound);
    }
}
