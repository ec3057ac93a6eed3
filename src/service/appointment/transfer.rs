//! Who has a seat at a stop that is not there any more, and where they get another.

use std::time::Duration;

use super::change::vacate;
use super::site::{Look, Site, free};
use super::slot::{Seat, SeatState, Slot, Taken};
use super::{Booking, BookingState, by_code, give_back, window};
use crate::clock::{Day, Timestamp};
use crate::menu::Value;
use crate::service::mobile_unit::Stop;
use crate::service::place::{SlotId, Window};
use crate::service::{Asking, Office, ktp};
use crate::store::queue::Class;
use crate::store::{Draft, Fault};

/// Every booking at a place on a day, by window, then in the order in which they were made.
///
/// # Errors
/// A [`Fault`] of the store.
pub async fn at(draft: &Draft<'_>, place: u16, day: Day) -> Result<Vec<Booking>, Fault> {
    between(draft, place, day, day).await
}

/// The same of several days, of which the last is counted too. One that cannot be read keeps no other from being told.
pub(super) async fn between(draft: &Draft<'_>, place: u16, first: Day, last: Day) -> Result<Vec<Booking>, Fault> {
    let slots = draft.scan::<Slot>(Slot::day_key(place, first)..Slot::day_key(place, last.plus(1)), usize::MAX).await?;
    let mut bookings = Vec::new();
    for code in slots.iter().flat_map(|(_, slot)| slot.booked()) {
        match by_code(draft, code).await {
            Err(Fault::Corrupt | Fault::Format(_) | Fault::Sealed) => {}
            found => bookings.extend(found?.map(|(_, booking)| booking)),
        }
    }
    bookings.sort_by(|a, b| (a.slot, a.made, &a.code).cmp(&(b.slot, b.made, &b.code)));
    Ok(bookings)
}

/// Closer than that, news of an appointment goes out at any hour: who is told of it after breakfast may be in the boat by then.
const SOON: Duration = Duration::from_secs(16 * 3600);

/// How news of what is wrong with an appointment that begins then goes out.
pub fn class_of_news(begins: Timestamp, now: Timestamp) -> Class {
    if begins < now.plus(SOON) { Class::Reply } else { Class::Owed }
}

/// A seat that is closer is given to nobody who does not ask for it: they would not learn of it in time.
const NOTICE_MIN: Duration = Duration::from_secs(24 * 3600);

/// Who has a seat at a stop that it does not have, by its hours and kits or because it is cancelled: whoever booked last, first. In a window
/// that has begun people are served already.
///
/// # Errors
/// A [`Fault`] of the store.
pub async fn over(draft: &Draft<'_>, place: u16, stop: &Stop, now: Timestamp) -> Result<Vec<Booking>, Fault> {
    let mut bookings = at(draft, place, stop.day).await?;
    bookings.reverse();
    let seats = |slot: SlotId| if stop.is_published() { usize::from(stop.seats(slot.window)) } else { 0 };
    let mut over = Vec::new();
    for slot in stop.windows().filter(|window| stop.begins(*window) > now).map(|window| SlotId { place, day: stop.day, window }) {
        let has_seat = |booking: &&Booking| booking.slot == slot && booking.state == BookingState::Booked && booking.visit.is_none();
        let there: Vec<&Booking> = bookings.iter().filter(has_seat).collect();
        over.extend(there.iter().take(there.len().saturating_sub(seats(slot))).map(|booking| (*booking).clone()));
    }
    Ok(over)
}

/// What became of a booking.
#[derive(Debug)]
pub enum Moved {
    /// With the values that tell where to.
    To(Vec<(&'static str, Value)>),
    /// It is cancelled.
    Nowhere,
}

/// Moves a booking to the first free seat at one of these stops, under the same code; if there is none, it is cancelled.
pub(in crate::service) async fn reseat(
    office: &Office,
    asking: &Asking,
    draft: &mut Draft<'_>,
    code: &str,
    stops: &[u16],
) -> Result<Option<(Booking, Moved)>, Fault> {
    let Some((key, _)) = by_code(draft, code).await? else { return Ok(None) };
    let Some(mut booking) = draft.get::<Booking>(&key).await?.filter(|booking| booking.code == code) else { return Ok(None) };
    vacate(draft, &booking).await?;
    // So is a seat held for moving there.
    if let Some(moving) = booking.moving.take() {
        give_back(draft, moving.slot, ktp::short(asking.person(draft, booking.nik)), booking.need as u8).await?;
    }
    for place in stops {
        let Some(Site::Stop(_, stop)) = Site::relied_on(office, draft, *place).await? else { continue };
        // What is kept for who was invited stays theirs.
        if *place != booking.slot.place && free(draft, *place, &stop, asking.now, Look::ReliedOn).await? == 0 {
            continue;
        }
        for slot in windows(*place, &stop, asking.now).filter(|slot| *slot != booking.slot) {
            if seat(draft, asking, &booking, slot, stop.seats(slot.window)).await? {
                booking = Booking { slot, reminded: None, confirmed: None, ..booking };
                draft.put(key, &booking)?;
                let values = vec![("hari", Value::Day(slot.day)), ("jam", window(slot)), ("tempat", Value::Text(stop.label()))];
                return Ok(Some((booking, Moved::To(values))));
            }
        }
    }
    booking.state = BookingState::Cancelled;
    draft.put(key, &booking)?;
    Ok(Some((booking, Moved::Nowhere)))
}

fn windows(place: u16, stop: &Stop, now: Timestamp) -> impl Iterator<Item = SlotId> {
    let is_in_time = move |window: &Window| stop.is_open(*window, now) && stop.begins(*window) >= now.plus(NOTICE_MIN);
    stop.windows().filter(is_in_time).map(move |window| SlotId { place, day: stop.day, window })
}

async fn seat(draft: &mut Draft<'_>, asking: &Asking, booking: &Booking, slot_id: SlotId, seats: u16) -> Result<bool, Fault> {
    let person = ktp::short(asking.person(draft, booking.nik));
    let seat = Seat { person, need: booking.need as u8, state: SeatState::Booked { code: booking.code.clone() } };
    let key = Slot::key(slot_id);
    let mut slot: Slot = draft.get(&key).await?.unwrap_or_default();
    if !matches!(slot.take(seat, seats, asking.now), Taken::Yes) {
        return Ok(false);
    }
    draft.put(key, &slot)?;
    Ok(true)
}
