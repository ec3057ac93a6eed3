//! The parts of long messages, kept until the last one is there. Networks lose them, double them, and deliver them in any order.
//!
//! A message is known by its sender and its reference, and a reference is one octet or two: it comes back soon. What does not fit to
//! what is kept under it (another total, other words in the same place) therefore begins a new message, and the old one is given up.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::channel::PartOf;
use crate::clock::Timestamp;
use crate::store::{Key, Space, Stored};

/// A part that has not come by then does not come: networks try for minutes, phones count references up with every message.
const AGE_MAX: Duration = Duration::from_secs(600);
/// More parts are no question to us: so many are read of a message that comes whole.
const PARTS_MAX: u8 = 10;
/// Unfinished messages of one number. Nobody writes more at once; the oldest is given up.
const MESSAGES_MAX: usize = 4;
/// Characters of a part: 153 at most in the alphabets that phones use, and what a telco may write for one of them (`&amp;`).
const PART_CHARS_MAX: usize = 320;

/// What a number has sent of messages that are not whole yet. One record, so that it is never more than it may be.
#[derive(Clone, Default, Serialize, Deserialize)]
pub struct Pieces {
    unfinished: Vec<Unfinished>,
}

#[derive(Clone, Serialize, Deserialize)]
struct Unfinished {
    reference: u16,
    total: u8,
    begun: Timestamp,
    /// By number, from 1.
    texts: Vec<(u8, String)>,
}

/// What became of a part.
#[derive(Clone, PartialEq, Eq)]
pub enum Piece {
    /// It was the last one: the whole text.
    Complete(String),
    /// No part of a message that we read. Nothing is kept.
    Dropped,
    /// It is kept, and others are to come.
    Waiting,
}

impl Stored for Pieces {
    const SPACE: Space = Space::Parts;
    const FORMAT: u16 = 1;
}

impl Pieces {
    pub(super) fn key(number_hash: [u8; 16]) -> Key {
        Key::new(Space::Parts).with(&number_hash)
    }

    /// Takes a part in. Parts too old are given up first.
    pub fn add(&mut self, part: PartOf, text: &str, now: Timestamp) -> Piece {
        self.unfinished.retain(|message| now.since(message.begun) < AGE_MAX);
        let PartOf { reference, total, number } = part;
        if total == 1 && number == 1 {
            return Piece::Complete(text.to_owned());
        }
        if !(1..=total).contains(&number) || total > PARTS_MAX || text.chars().count() > PART_CHARS_MAX {
            return Piece::Dropped;
        }
        let fits = |message: &Unfinished| message.total == total && message.texts.iter().all(|(at, kept)| *at != number || kept == text);
        self.unfinished.retain(|message| message.reference != reference || fits(message));
        let at = self.unfinished.iter().position(|message| message.reference == reference).unwrap_or_else(|| {
            if self.unfinished.len() == MESSAGES_MAX {
                self.unfinished.remove(0);
            }
            self.unfinished.push(Unfinished { reference, total, begun: now, texts: Vec::new() });
            self.unfinished.len() - 1
        });
        let message = &mut self.unfinished[at];
        if message.texts.iter().all(|(at, _)| *at != number) {
            message.texts.push((number, text.to_owned()));
        }
        if message.texts.len() < usize::from(total) {
            return Piece::Waiting;
        }
        let mut whole = self.unfinished.remove(at).texts;
        whole.sort_unstable_by_key(|(number, _)| *number);
        Piece::Complete(whole.into_iter().map(|(_, text)| text).collect())
    }

    pub fn is_empty(&self) -> bool {
        self.unfinished.is_empty()
    }

    /// Nothing of it can become a message any more.
    pub fn is_old(&self, now: Timestamp) -> bool {
        self.unfinished.iter().all(|message| now.since(message.begun) >= AGE_MAX)
    }
}

/// Shows no words of a citizen.
impl fmt::Debug for Pieces {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pieces").field("unfinished", &self.unfinished.len()).finish()
    }
}

/// Shows no words of a citizen.
impl fmt::Debug for Piece {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Complete(_) => "Complete",
            Self::Dropped => "Dropped",
            Self::Waiting => "Waiting",
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// `7:1/3 abc` is part 1 of 3 of message 7, `+601` lets so many seconds pass. What becomes of each: `.` waiting, `-` dropped, or the text.
    fn story(script: &str) -> String {
        let mut pieces = Pieces::default();
        let mut now = Timestamp::parse("2026-11-24T09:00").unwrap();
        let mut out = Vec::new();
        for line in script.split(", ") {
            if let Some(seconds) = line.strip_prefix('+') {
                now = now.plus(Duration::from_secs(seconds.parse().unwrap()));
                continue;
            }
            let (place, text) = line.split_once(' ').unwrap();
            let mut numbers = place.split([':', '/']).map(|number| number.parse::<u16>().unwrap());
            let mut next = || numbers.next().unwrap();
            let (reference, number, total) = (next(), u8::try_from(next()).unwrap(), u8::try_from(next()).unwrap());
            out.push(match pieces.add(PartOf { reference, total, number }, text, now) {
                Piece::Complete(text) => text,
                Piece::Dropped => "-".to_owned(),
                Piece::Waiting => ".".to_owned(),
            });
        }
        out.join(" ")
    }

    #[test]
    fn as_networks_deliver() {
        for (what, script, expected) in [
            ("in order", "7:1/3 a, 7:2/3 b, 7:3/3 c", ". . abc"),
            ("out of order", "7:3/3 c, 7:1/3 a, 7:2/3 b", ". . abc"),
            ("doubled", "7:1/2 a, 7:1/2 a, 7:2/2 b", ". . ab"),
            ("doubled after the whole: a message that will not end", "7:1/2 a, 7:2/2 b, 7:2/2 b", ". ab ."),
            ("lost for good", "7:1/2 a, +600, 7:2/2 b", ". ."),
            ("late", "7:1/2 a, +599, 7:2/2 b", ". ab"),
            ("two messages between each other", "7:1/2 a, 8:1/2 c, 8:2/2 d, 7:2/2 b", ". . cd ab"),
            ("the reference again, for another message", "7:1/2 a, 7:1/2 x, 7:2/2 y", ". . xy"),
            ("the reference again, after the whole", "7:1/2 a, 7:2/2 b, 7:1/2 c, 7:2/2 d", ". ab . cd"),
            ("another total", "7:1/3 a, 7:1/2 a, 7:2/2 b", ". . ab"),
            ("sixteen bits of reference", "263:1/2 a, 7:1/2 x, 263:2/2 b, 7:2/2 y", ". . ab xy"),
            ("of one", "7:1/1 a", "a"),
            ("of none", "7:0/0 a", "-"),
            ("number nought", "7:0/2 a", "-"),
            ("number beyond the total", "7:3/2 a", "-"),
            ("of two hundred and fifty-five", "7:1/255 a", "-"),
            ("of ten", "7:1/10 a", "."),
            ("of eleven", "7:1/11 a", "-"),
            ("a fifth message: the first is given up", "1:1/2 a, 2:1/2 b, 3:1/2 c, 4:1/2 d, 5:1/2 e, 1:2/2 x, 3:2/2 y", ". . . . . . cy"),
        ] {
            assert_eq!(story(script), expected, "{what}");
        }
        let long = "a".repeat(PART_CHARS_MAX + 1);
        assert_eq!(story(&format!("7:1/2 {long}")), "-");
    }

    #[test]
    fn the_largest_record_fits_into_the_store() {
        let mut pieces = Pieces::default();
        let now = Timestamp::from_millis(0);
        for reference in 0..10 {
            for number in 1..PARTS_MAX {
                pieces.add(PartOf { reference, total: PARTS_MAX, number }, &"字".repeat(160), now);
            }
        }
        assert_eq!(pieces.unfinished.len(), MESSAGES_MAX);
        assert!(postcard::to_allocvec(&pieces).unwrap().len() <= crate::store::VALUE_BYTES_MAX);
    }

    proptest! {
        #[test]
        fn any_order_makes_the_same_text(total in 2..=PARTS_MAX, seed: u64) {
            let mut order: Vec<u8> = (1..=total).chain(1..total).collect();
            let mut chance = seed;
            for at in (1..order.len()).rev() {
                chance = chance.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                order.swap(at, usize::try_from(chance >> 33).unwrap() % (at + 1));
            }
            let mut pieces = Pieces::default();
            let whole: Vec<String> = order
                .iter()
                .filter_map(|&number| match pieces.add(PartOf { reference: 7, total, number }, &number.to_string(), Timestamp::from_millis(0)) {
                    Piece::Complete(text) => Some(text),
                    Piece::Dropped | Piece::Waiting => None,
                })
                .collect();
            prop_assert_eq!(whole.first(), Some(&(1..=total).map(|number| number.to_string()).collect::<String>()));
        }

        #[test]
        fn anything_may_come(parts in proptest::collection::vec((0..4_u16, any::<u8>(), any::<u8>(), "[ab]{0,3}"), 0..60)) {
            let mut pieces = Pieces::default();
            for (reference, total, number, text) in parts {
                pieces.add(PartOf { reference, total, number }, &text, Timestamp::from_millis(0));
                prop_assert!(pieces.unfinished.len() <= MESSAGES_MAX);
            }
        }
    }
}
