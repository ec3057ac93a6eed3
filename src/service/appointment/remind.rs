//! Whom to remind of what.

use super::change::values;
use super::slot::Slot;
use super::{Booking, BookingState, by_code};
use crate::citizen::Msisdn;
use crate::clock::{Day, Timestamp};
use crate::menu::Value;
use crate::service::Office;
use crate::store::{Draft, Fault};

/// Codes of everybody who has a seat at a place on a day.
///
/// # Errors
/// A [`Fault`] of the store.
pub async fn codes_on(draft: &Draft<'_>, place: u16, day: Day) -> Result<Vec<String>, Fault> {
    let slots = draft.scan::<Slot>(Slot::day_key(place, day)..Slot::day_key(place, day.plus(1)), usize::MAX).await?;
    Ok(slots.iter().flat_map(|(_, slot)| slot.booked()).map(str::to_owned).collect())
}

/// Whom to ask whether they will come on `day`; None if there is nothing to ask. Who booked or moved at `before` or later has the proof
/// fresh in hand.
///
/// # Errors
/// A [`Fault`] of the store.
pub async fn whom_to_remind(draft: &Draft<'_>, code: &str, day: Day, before: Timestamp) -> Result<Option<Msisdn>, Fault> {
    let found = by_code(draft, code).await?.filter(|(_, booking)| wants_reminder(booking, day, before));
    Ok(found.map(|(_, booking)| booking.number))
}

/// Marks a booking as reminded and returns the values of the question; None if meanwhile there is nothing to ask any more.
///
/// # Errors
/// A [`Fault`] of the store.
pub async fn remind(
    office: &Office,
    draft: &mut Draft<'_>,
    code: &str,
    day: Day,
    before: Timestamp,
    now: Timestamp,
) -> Result<Option<Vec<(&'static str, Value)>>, Fault> {
    let Some((key, _)) = by_code(draft, code).await? else { return Ok(None) };
    let read = draft.get::<Booking>(&key).await?;
    let Some(mut booking) = read.filter(|booking| booking.code == code && wants_reminder(booking, day, before)) else { return Ok(None) };
    booking.reminded = Some(now);
    draft.put(key, &booking)?;
    draft.durable();
    values(office, draft, &booking).await.map(Some)
}

/// Whoever was told that they may come for nothing is not asked whether they will.
fn wants_reminder(booking: &Booking, day: Day, before: Timestamp) -> bool {
    let is_to_come = booking.state == BookingState::Booked && booking.warned.is_none();
    is_to_come && booking.slot.day == day && booking.reminded.is_none() && booking.made < before
}
