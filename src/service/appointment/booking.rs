//! A booking, and what it is for.

use serde::{Deserialize, Serialize};

use crate::citizen::{KkDigits, Msisdn, Nik};
use crate::clock::{Day, Timestamp};
use crate::service::place::SlotId;
use crate::store::{Key, Space, Stored};

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

    pub(super) fn from_word(word: &str) -> Option<Self> {
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
    const FORMAT: u16 = 2;
}

impl Booking {
    pub fn key(person: [u8; 16], need: u8) -> Key {
        Key::new(Space::Booking).with(&person).with(&[need])
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

    pub fn is_active(&self, today: Day) -> bool {
        self.state == BookingState::Booked && self.slot.day >= today
    }
}
