//! What is kept of coordinators, and of neighbours who were asked whether announcements are welcome.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Reach;
use crate::citizen::Msisdn;
use crate::clock::{Day, Timestamp};
use crate::store::{Key, Space, Stored};

/// Nobody is asked again sooner, by whomever. Whoever said no, or nothing, has been asked.
pub(super) const ASKED_AGAIN_AFTER: Duration = Duration::from_secs(90 * 86_400);
/// Yes can be said for so long.
pub(super) const OPEN_FOR: Duration = Duration::from_secs(7 * 86_400);
/// After so long a yes is to be said anew: by then it may be somebody else's number.
const CONSENT_AGE_MAX: Duration = Duration::from_secs(730 * 86_400);
/// Whom one coordinator may ask in a day: a neighbourhood, and too few to harvest with.
pub(super) const INVITED_A_DAY_MAX: u8 = 20;
/// Announcements whose `1` is still awaited. An older one was passed on, or never will be.
const TOLD_MAX: usize = 5;
/// After so long a bare `1` is about something else.
const TOLD_FOR: Duration = Duration::from_secs(3 * 86_400);
/// Neighbours whom one coordinator may help in a day: a busy one in front of the village hall.
const HELPED_A_DAY_MAX: usize = 20;
/// And in a calendar month: each of them stood there and named four digits of their KK.
const HELPED_A_MONTH_MAX: usize = 100;

/// Appointments made for them in a day, also for one person again and again: one for each.
const BOOKED_A_DAY_MAX: usize = HELPED_A_DAY_MAX;
/// Proofs that go to one phone in a day: a family's. What more there is goes to whoever helped.
const PROOFS_A_DAY_MAX: usize = 3;
/// Days after which a number that nobody used may be sold to somebody else, as in [`crate::service::caller::LINK_AGE_MAX`].
pub const UNSEEN_DAYS_MAX: i32 = 60;

/// Somebody who passes news on and may act for a named citizen, or was asked to.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Coordinator {
    pub number: Msisdn,
    /// Since they said yes, of what.
    pub active: Option<Active>,
    pub offer: Option<Offer>,
    /// When they were asked last.
    pub asked: Timestamp,
    pub(super) invited: Option<(Day, u8)>,
    /// Announcements that they have not said of that they passed them on, newest first.
    told: Vec<(String, Timestamp)>,
    /// Persons looked up for them, by the first eight bytes of the keyed hash.
    helped: Vec<(u64, Day)>,
    /// Appointments made today for neighbours, by the phone that each proof went to, if it was the neighbour's own.
    booked: Vec<(Option<u64>, Day)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Active {
    pub reach: Reach,
    pub since: Timestamp,
}

/// What they were asked to be, and by whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offer {
    pub reach: Reach,
    pub by: Msisdn,
}

impl Stored for Coordinator {
    const SPACE: Space = Space::Coordinator;
    const FORMAT: u16 = 1;
}

impl Coordinator {
    pub fn key(number_hash: [u8; 16]) -> Key {
        Key::new(Space::Coordinator).with(&number_hash)
    }

    pub(super) const fn new(number: Msisdn, now: Timestamp) -> Self {
        Self { number, active: None, offer: None, asked: now, invited: None, told: Vec::new(), helped: Vec::new(), booked: Vec::new() }
    }

    /// One who has said yes.
    pub fn active(number: Msisdn, reach: Reach, now: Timestamp) -> Self {
        Self { active: Some(Active { reach, since: now }), ..Self::new(number, now) }
    }

    /// Of what they are the coordinator now.
    pub fn reach(&self, now: Timestamp) -> Option<Reach> {
        self.active.filter(|active| now.since(active.since) < CONSENT_AGE_MAX).map(|active| active.reach)
    }

    /// To what they were asked last.
    pub(super) fn said_yes(&self) -> bool {
        self.active.is_some_and(|active| active.since >= self.asked)
    }

    pub(super) fn open_offer(&self, now: Timestamp) -> Option<Offer> {
        self.offer.filter(|_| now.since(self.asked) < OPEN_FOR)
    }

    /// Counts one more who is asked. False if there were too many today.
    pub(super) fn may_invite(&mut self, today: Day) -> bool {
        let count = self.invited.filter(|(day, _)| *day == today).map_or(0, |(_, count)| count);
        let may = count < INVITED_A_DAY_MAX;
        if may {
            self.invited = Some((today, count + 1));
        }
        may
    }

    /// Counts a neighbour who is looked up. False if there were too many, and then nothing is counted.
    pub(super) fn may_help(&mut self, person: u64, today: Day) -> bool {
        let month = today.date().first_of_month();
        self.helped.retain(|(_, day)| day.date() >= month);
        let known = self.helped.iter().position(|(helped, _)| *helped == person);
        if known.is_some_and(|at| self.helped[at].1 == today) {
            return true;
        }
        let in_day = self.helped.iter().filter(|(_, day)| *day == today).count();
        if in_day >= HELPED_A_DAY_MAX || known.is_none() && self.helped.len() >= HELPED_A_MONTH_MAX {
            return false;
        }
        match known {
            Some(at) => self.helped[at].1 = today,
            None => self.helped.push((person, today)),
        }
        true
    }

    pub(super) fn has_helped(&self, person: u64) -> bool {
        self.helped.iter().any(|(helped, _)| *helped == person)
    }

    pub(super) fn may_book(&self, today: Day) -> bool {
        self.booked.iter().filter(|(_, day)| *day == today).count() < BOOKED_A_DAY_MAX
    }

    /// May one more proof go to this phone? By the first eight bytes of its keyed hash.
    pub(super) fn may_write_to(&self, phone: u64, today: Day) -> bool {
        self.booked.iter().filter(|booked| **booked == (Some(phone), today)).count() < PROOFS_A_DAY_MAX
    }

    /// `phone`: to which the proof goes, if it is the neighbour's.
    pub(super) fn note_booked(&mut self, phone: Option<u64>, today: Day) {
        self.booked.retain(|(_, day)| *day == today);
        self.booked.push((phone, today));
    }

    pub(super) fn note_told(&mut self, code: &str, now: Timestamp) {
        self.told.insert(0, (code.to_owned(), now));
        self.told.truncate(TOLD_MAX);
    }

    /// The newest announcement that they were told of and have not passed on; it counts as passed on from now.
    pub(super) fn take_told(&mut self, now: Timestamp) -> Option<String> {
        self.told.retain(|(_, at)| now.since(*at) < TOLD_FOR);
        (!self.told.is_empty()).then(|| self.told.remove(0).0)
    }

    /// Coordinator no more. What limits how often they are asked, and what they could do in a day, stays.
    pub(super) fn end(&mut self) {
        (self.active, self.offer) = (None, None);
        self.told.clear();
    }

    /// Can it be somebody else's number by now, who was never asked?
    pub(super) fn is_asleep(&self, now: Day) -> bool {
        self.active.is_some_and(|active| now.number() - active.since.day().number() >= UNSEEN_DAYS_MAX)
    }

    /// What is left of it by now: that somebody was asked counts for as long as they are not asked again.
    pub fn left(mut self, now: Timestamp) -> Option<Self> {
        self.active = self.active.filter(|active| now.since(active.since) < CONSENT_AGE_MAX);
        self.offer = self.open_offer(now);
        self.invited = self.invited.filter(|(day, _)| *day >= now.day());
        self.helped.retain(|(_, day)| day.date() >= now.day().date().first_of_month());
        self.booked.retain(|(_, day)| *day >= now.day());
        self.told.retain(|(_, at)| now.since(*at) < TOLD_FOR);
        (self.active.is_some() || now.since(self.asked) < ASKED_AGAIN_AFTER).then_some(self)
    }
}

/// Somebody who was asked whether they want the announcements of a village, and perhaps does.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Follower {
    pub number: Msisdn,
    pub reach: Reach,
    pub asked: Timestamp,
    /// When they said yes.
    pub since: Option<Timestamp>,
    /// They said no.
    pub is_declined: bool,
}

impl Stored for Follower {
    const SPACE: Space = Space::Follower;
    const FORMAT: u16 = 1;
}

impl Follower {
    pub fn key(number_hash: [u8; 16]) -> Key {
        Key::new(Space::Follower).with(&number_hash)
    }

    pub(super) fn follows(&self, now: Timestamp) -> bool {
        self.since.is_some_and(|since| now.since(since) < CONSENT_AGE_MAX)
    }

    pub(super) fn is_open(&self, now: Timestamp) -> bool {
        self.since.is_none() && !self.is_declined && now.since(self.asked) < OPEN_FOR
    }

    pub fn left(self, now: Timestamp) -> Option<Self> {
        (self.follows(now) || now.since(self.asked) < ASKED_AGAIN_AFTER).then_some(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: Duration = Duration::from_secs(86_400);

    fn begun() -> Timestamp {
        Timestamp::parse("2026-11-30T09:00").unwrap()
    }

    #[test]
    fn what_was_asked_and_said_ends() {
        let number = Msisdn::parse("+6281200000001").unwrap();
        let reach = Reach::of_code("16.06.09.2015").unwrap();
        let mut coordinator = Coordinator::new(number, begun());
        coordinator.offer = Some(Offer { reach, by: number });
        let mut follower = Follower { number, reach, asked: begun(), since: None, is_declined: false };
        for (days, is_open, is_kept) in [(0, true, true), (6, true, true), (7, false, true), (89, false, true), (90, false, false)] {
            let now = begun().plus(DAY * days);
            assert_eq!((coordinator.open_offer(now).is_some(), follower.is_open(now)), (is_open, is_open), "day {days}");
            assert_eq!((coordinator.clone().left(now).is_some(), follower.clone().left(now).is_some()), (is_kept, is_kept), "day {days}");
        }
        coordinator = Coordinator::active(number, reach, begun());
        follower.since = Some(begun());
        for (days, holds) in [(729, true), (730, false)] {
            let now = begun().plus(DAY * days);
            assert_eq!((coordinator.reach(now).is_some(), follower.follows(now)), (holds, holds), "day {days}");
        }
    }

    #[test]
    fn twenty_neighbours_a_day_and_a_hundred_a_month() {
        let mut coordinator = Coordinator::new(Msisdn::parse("+6281200000001").unwrap(), begun());
        let first = Day::parse("2026-12-01").unwrap();
        for day in 0..5 {
            let persons = day * 20..day * 20 + 20;
            let today = first.plus(i32::try_from(day).unwrap());
            assert!(persons.clone().all(|person| coordinator.may_help(person, today)));
            assert!(coordinator.may_help(persons.start, today) && !coordinator.may_help(900 + day, today));
        }
        assert!(
            !coordinator.may_help(901, first.plus(9))
                && coordinator.may_help(3, first.plus(9))
                && coordinator.may_help(901, first.plus(31))
        );
    }

    #[test]
    fn twenty_a_day() {
        let mut coordinator = Coordinator::new(Msisdn::parse("+6281200000001").unwrap(), begun());
        let today = begun().day();
        assert!((0..20).all(|_| coordinator.may_invite(today)));
        assert!(!coordinator.may_invite(today) && coordinator.may_invite(today.plus(1)));
    }
}
