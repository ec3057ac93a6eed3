//! A booking, and what it is for.

use serde::{Deserialize, Serialize};

use super::by_code;
use super::visit::Visit;
use crate::citizen::{KkDigits, Msisdn, Nik};
use crate::clock::{Day, Timestamp};
use crate::service::caller::{BOOKINGS_MAX, Caller};
use crate::service::place::SlotId;
use crate::store::{Draft, Fault, Key, Space, Stored};

/// What a citizen comes for. The number stands in keys: never change one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[repr(u8)]
pub enum Need {
    Record = 1,
    Lost = 2,
    Damaged = 3,
    Change = 4,
    Collect = 5,
}

impl Need {
    const ALL: [(Self, &'static str); 5] =
        [(Self::Record, "rekam"), (Self::Lost, "hilang"), (Self::Damaged, "rusak"), (Self::Change, "ubah"), (Self::Collect, "ambil")];

    pub fn word(self) -> &'static str {
        Self::ALL.iter().find(|(need, _)| *need == self).map_or("", |(_, word)| word)
    }

    /// As the menu numbers them.
    pub fn from_number(number: u8) -> Option<Self> {
        Self::ALL.iter().map(|(need, _)| *need).find(|need| *need as u8 == number)
    }

    pub fn all() -> impl Iterator<Item = Self> {
        Self::ALL.iter().map(|(need, _)| *need)
    }

    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, known)| *known == word).map(|(need, _)| *need)
    }
}

/// A citizen's place in a slot, by person and need: one active booking each.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Booking {
    pub code: String,
    pub nik: Nik,
    /// As typed when it was made: with the code they speak for whoever calls from another number.
    pub kk: KkDigits,
    pub need: Need,
    pub slot: SlotId,
    pub number: Msisdn,
    pub state: BookingState,
    /// The registry could not be asked: the officer looks at it before the day.
    pub unchecked: bool,
    pub made: Timestamp,
    /// When the citizen was reminded of it.
    pub reminded: Option<Timestamp>,
    /// When the citizen said that they will come.
    pub confirmed: Option<Timestamp>,
    /// A seat held elsewhere while the citizen makes up their mind to move there.
    pub moving: Option<Moving>,
    /// How it ended.
    pub visit: Option<Visit>,
    /// The coordinator who made it for this person.
    pub helped_by: Option<Msisdn>,
    /// When its number was told that the device there is broken. None: it was not, or knows that it works again.
    pub warned: Option<Timestamp>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moving {
    pub slot: SlotId,
    pub until: Timestamp,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum BookingState {
    Booked,
    Cancelled,
    /// A seat is held until then; `code` is still empty.
    Held {
        until: Timestamp,
    },
}

impl Stored for Booking {
    const SPACE: Space = Space::Booking;
    const FORMAT: u16 = 5;

    /// Until 2 nobody said how an appointment ended, until 3 nobody made one for others, until 4 nobody was told of a broken device. What came
    /// later is empty.
    fn upcast(format: u16, bytes: &[u8]) -> Option<Self> {
        let later: &[u8] = match format {
            2 => &[0; 3],
            3 => &[0; 2],
            4 => &[0; 1],
            _ => return None,
        };
        postcard::from_bytes(&[bytes, later].concat()).ok()
    }
}

impl Booking {
    pub fn key(person: [u8; 16], need: u8) -> Key {
        Key::new(Space::Booking).with(&person).with(&[need])
    }

    /// Of one whose end was noted, once another of the same person and need takes its place.
    pub fn past_key(person: [u8; 16], need: u8, code: &str) -> Key {
        Self::key(person, need).with(code.as_bytes())
    }

    /// What is left of it by now, if bookings are kept for so many days after theirs; None: nothing. A hold is of no use once it has run out.
    pub fn left(mut self, now: Timestamp, kept_days: i32) -> Option<Self> {
        self.moving = self.moving.filter(|moving| moving.until > now);
        let is_over = match self.state {
            BookingState::Held { until } => until <= now,
            BookingState::Booked | BookingState::Cancelled => self.slot.day.plus(kept_days) < now.day(),
        };
        (!is_over).then_some(self)
    }

    /// Whose number it stands under: None if that is the coordinator's, because the person has none.
    pub fn owner(&self) -> Option<Msisdn> {
        (self.helped_by != Some(self.number)).then_some(self.number)
    }

    /// Not cancelled, not past, and nobody has come to it yet.
    pub fn is_active(&self, today: Day) -> bool {
        self.state == BookingState::Booked && self.slot.day >= today && self.visit.is_none()
    }
}

/// Keeps the code of an appointment among those of a number, which are few: one that is over or cancelled makes room before one that is not.
pub(super) async fn keep_code(draft: &Draft<'_>, caller: &mut Caller, code: &str, today: Day) -> Result<(), Fault> {
    // The oldest stands last.
    let full = if caller.bookings.len() < BOOKINGS_MAX { 0 } else { caller.bookings.len() };
    for at in (0..full).rev() {
        let known = by_code(draft, &caller.bookings[at]).await?;
        if !known.is_some_and(|(_, booking)| booking.is_active(today)) {
            caller.bookings.remove(at);
            break;
        }
    }
    caller.add_booking(code);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(hex: &str) -> Vec<u8> {
        (0..hex.trim().len() / 2).map(|at| u8::from_str_radix(&hex[at * 2..at * 2 + 2], 16).unwrap()).collect()
    }

    /// As a gateway before this one wrote it.
    #[test]
    fn a_record_from_before_broken_devices_were_told_of_is_read() {
        let old = bytes(include_str!("../../../tests/fixtures/records/booking-4.hex"));
        let booking = Booking::upcast(4, &old).unwrap();
        assert_eq!((booking.code.as_str(), booking.helped_by.map(Msisdn::number)), ("K4821735", Some(6_281_200_000_101)));
        assert!(booking.warned.is_none() && Booking::upcast(4, &old[1..]).is_none());
    }

    /// As a gateway before that one wrote it, for somebody who came.
    #[test]
    fn a_record_from_before_coordinators_helped_is_read() {
        let old = bytes(include_str!("../../../tests/fixtures/records/booking-3.hex"));
        let booking = Booking::upcast(3, &old).unwrap();
        let at = Timestamp::parse("2026-12-01T10:00").unwrap();
        assert_eq!(booking.visit, Some(Visit { came: super::super::Came::Kept, by: None, at, is_followed: true }));
        assert_eq!((booking.code.as_str(), booking.helped_by, booking.warned), ("K4821735", None, None));
        assert!(Booking::upcast(1, &old).is_none() && Booking::upcast(3, &old[1..]).is_none());
    }

    /// As a gateway before that one wrote it.
    #[test]
    fn a_record_from_before_visits_were_marked_is_read() {
        const HEX: &str = include_str!("../../../tests/fixtures/records/booking-2.hex");
        let old = bytes(HEX);
        let booking = Booking::upcast(2, &old).unwrap();
        let at = |text| Timestamp::parse(text).unwrap();
        assert_eq!((booking.code.as_str(), booking.nik.number(), booking.need), ("K4821735", 1_606_094_101_909_999, Need::Lost));
        assert_eq!((booking.number.number(), booking.slot.place, booking.unchecked), (6_281_200_000_001, 2, true));
        assert_eq!((booking.reminded, booking.confirmed), (Some(at("2026-11-30T16:00")), Some(at("2026-11-30T17:00"))));
        assert!(booking.moving.is_some() && booking.visit.is_none() && booking.is_active(at("2026-12-01T09:00").day()));
        assert!(Booking::upcast(1, &old).is_none() && Booking::upcast(2, &old[1..]).is_none());
    }
}
