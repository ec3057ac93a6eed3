//! A slot: a window at a place on a day, with everybody who has a seat in it.

use serde::{Deserialize, Serialize};

use crate::clock::{Day, Timestamp};
use crate::service::place::{SlotId, Window};
use crate::store::{Key, Space, Stored};

/// A window at a place with everybody in it: the one record that two citizens can race for.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Slot {
    pub seats: Vec<Seat>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Seat {
    /// The first eight bytes of the person's keyed hash.
    pub(super) person: u64,
    pub(super) need: u8,
    pub(super) state: SeatState,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) enum SeatState {
    Held { until: Timestamp },
    Booked { code: String },
}

impl Stored for Slot {
    const SPACE: Space = Space::Slot;
    const FORMAT: u16 = 1;
}

impl Slot {
    pub fn key(slot: SlotId) -> Key {
        Self::day_key(slot.place, slot.day).with(&[slot.window.from, slot.window.to])
    }

    pub(super) fn day_key(place: u16, day: Day) -> Key {
        // Days since 1970 as they stand sort rightly for every day that can be booked.
        Key::new(Space::Slot).with(&place.to_be_bytes()).with(&day.number().to_be_bytes())
    }

    pub fn id(key: &Key) -> Option<SlotId> {
        let [_, p1, p0, d3, d2, d1, d0, from, to] = *key.as_bytes() else { return None };
        Some(SlotId {
            place: u16::from_be_bytes([p1, p0]),
            day: Day::from_number(i32::from_be_bytes([d3, d2, d1, d0])),
            window: Window { from, to },
        })
    }

    pub fn booked(&self) -> impl Iterator<Item = &str> {
        self.seats.iter().filter_map(|seat| match &seat.state {
            SeatState::Booked { code } => Some(code.as_str()),
            SeatState::Held { .. } => None,
        })
    }

    pub fn held(&self, now: Timestamp) -> usize {
        self.seats.iter().filter(|seat| matches!(seat.state, SeatState::Held { until } if until > now)).count()
    }

    /// Booked seats and holds that still run.
    pub(super) fn taken(&self, now: Timestamp) -> usize {
        self.booked().count() + self.held(now)
    }

    pub(super) fn release(&mut self, person: u64, need: u8) -> bool {
        let before = self.seats.len();
        self.seats.retain(|seat| seat.person != person || seat.need != need || matches!(seat.state, SeatState::Booked { .. }));
        before != self.seats.len()
    }

    /// Takes a seat for this person if there is one, in place of a hold of the same person.
    pub(super) fn take(&mut self, seat: Seat, capacity: u16, now: Timestamp) -> Taken {
        self.seats.retain(|other| !matches!(other.state, SeatState::Held { until } if until <= now));
        self.release(seat.person, seat.need);
        if self.booked().count() >= usize::from(capacity) {
            return Taken::Full;
        }
        if self.seats.len() >= usize::from(capacity) {
            return Taken::Busy;
        }
        self.seats.push(seat);
        Taken::Yes
    }
}

pub(super) enum Taken {
    Yes,
    Full,
    Busy,
}
