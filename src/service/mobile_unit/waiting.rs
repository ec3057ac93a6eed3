//! Who waits for the unit to come to their village.

use serde::{Deserialize, Serialize};

use super::village::Village;
use crate::citizen::Msisdn;
use crate::clock::Timestamp;
use crate::store::{Draft, Fault, Key, Space, Stored};

/// A village has a few hundred households; more entries of one are not read at once.
const OF_VILLAGE_MAX: usize = 2_000;
/// Days after which nobody is taken to wait any more.
const KEPT_DAYS: u64 = 365;

/// One number's wish for one village.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waiter {
    pub number: Msisdn,
    pub since: Timestamp,
    /// Somebody there cannot come to the unit.
    pub home: Option<Home>,
    /// Wanted at the next stop: one, and one more for each appointment that was taken from this number. None: only the visit at home.
    pub seats: u8,
    /// Had an appointment that was taken from them: before all others.
    pub is_first: bool,
    /// Places of the stops ahead that they were invited to.
    pub(super) asked: Vec<u16>,
}

/// Why somebody has to be visited at home.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Home {
    Old,
    Ill,
    Disabled,
}

impl Home {
    const ALL: [(Self, &'static str); 3] = [(Self::Old, "lansia"), (Self::Ill, "sakit"), (Self::Disabled, "disabilitas")];

    pub fn all() -> impl Iterator<Item = Self> {
        Self::ALL.iter().map(|(home, _)| *home)
    }

    pub fn word(self) -> &'static str {
        Self::ALL.iter().find(|(home, _)| *home == self).map_or("", |(_, word)| word)
    }

    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, known)| *known == word).map(|(home, _)| *home)
    }
}

impl Stored for Waiter {
    const SPACE: Space = Space::Queue;
    const FORMAT: u16 = 1;
}

impl Waiter {
    pub fn new(number: Msisdn, since: Timestamp) -> Self {
        Self { number, since, home: None, seats: 1, is_first: false, asked: Vec::new() }
    }

    fn first_key(village: Village) -> Key {
        Key::new(Space::Queue).with(&village.number().to_be_bytes())
    }

    pub fn key(village: Village, number_hash: [u8; 16]) -> Key {
        Self::first_key(village).with(&number_hash)
    }

    pub fn village(key: &Key) -> Option<Village> {
        let number = u32::from_be_bytes(key.as_bytes().get(1..5)?.try_into().ok()?);
        Village::from_number(number.into())
    }

    /// In the order in which they are served.
    ///
    /// # Errors
    /// A [`Fault`] of the store.
    pub async fn of_village(draft: &Draft<'_>, village: Village) -> Result<Vec<(Key, Self)>, Fault> {
        let last = Self::first_key(village).with(&[u8::MAX; 16]).next();
        let mut rows = draft.scan::<Self>(Self::first_key(village)..last, OF_VILLAGE_MAX).await?;
        rows.sort_by_key(|(_, waiter)| (!waiter.is_first, waiter.since));
        Ok(rows)
    }

    /// All wishes of one number.
    ///
    /// # Errors
    /// A [`Fault`] of the store.
    pub async fn of_number(draft: &Draft<'_>, number_hash: [u8; 16]) -> Result<Vec<(Key, Self)>, Fault> {
        let mut rows = Vec::new();
        for key in Village::all().map(|village| Self::key(village, number_hash)) {
            rows.extend(draft.peek::<Self>(&key).await?.map(|waiter| (key, waiter)));
        }
        Ok(rows)
    }

    /// What is left of it by now.
    pub fn left(self, now: Timestamp) -> Option<Self> {
        (now.since(self.since).as_secs() < KEPT_DAYS * 86_400).then_some(self)
    }

    /// One seat fewer to wait for. `None`: nothing is left to wait for.
    pub fn seated(mut self) -> Option<Self> {
        self.seats = self.seats.saturating_sub(1);
        (self.seats > 0 || self.home.is_some()).then_some(self)
    }

    pub fn was_asked(&self, place: u16) -> bool {
        self.asked.contains(&place)
    }

    /// The invitation was taken back: once there is a seat again they are asked again.
    pub fn unask(&mut self, place: u16) {
        self.asked.retain(|asked| *asked != place);
    }

    /// What is not ahead any more need not be remembered; of what is, nothing is forgotten, or they would be invited for ever.
    pub fn ask(&mut self, place: u16, ahead: &[u16]) {
        self.asked.retain(|asked| ahead.contains(asked));
        self.asked.push(place);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_was_asked_about_a_stop_ahead_is_not_asked_again() {
        let now = Timestamp::parse("2026-11-30T09:00").unwrap();
        let mut waiter = Waiter::new(Msisdn::parse("+6281200000001").unwrap(), now);
        let ahead: Vec<u16> = (10_001..10_031).collect();
        waiter.ask(10_000, &[10_000]);
        for place in &ahead {
            waiter.ask(*place, &ahead);
        }
        assert!(ahead.iter().all(|place| waiter.was_asked(*place)), "nobody is invited twice");
        assert!(!waiter.was_asked(10_000), "what is over is forgotten");
    }
}
