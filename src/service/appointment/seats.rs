//! How many seats are taken now, in every window that can still be booked.

use super::slot::Slot;
use crate::clock::Timestamp;
use crate::service::Office;
use crate::service::mobile_unit::Stop;
use crate::store::{Draft, Fault};

/// Seats at all places, from today to the last day that is offered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Seats {
    /// While somebody reads the summary: given back by themselves after three minutes.
    pub held: usize,
    pub booked: usize,
}

/// Reads a record for each window in which somebody has a seat.
///
/// # Errors
/// A [`Fault`] of the store.
pub async fn seats(office: &Office, draft: &Draft<'_>, now: Timestamp) -> Result<Seats, Fault> {
    let mut seats = Seats::default();
    let today = now.day();
    let after = office.places.windows(now).last().map_or(today, |(last, _)| last.plus(1));
    let offices = office.places.ids().into_iter().map(|place| (place, today, after));
    let stops = Stop::all(draft).await?.into_iter().filter(|(_, stop)| stop.day >= today);
    for (place, from, to) in offices.chain(stops.map(|(place, stop)| (place, stop.day, stop.day.plus(1)))) {
        for (_, slot) in draft.scan::<Slot>(Slot::day_key(place, from)..Slot::day_key(place, to), usize::MAX).await? {
            seats.held += slot.held(now);
            seats.booked += slot.booked().count();
        }
    }
    Ok(seats)
}
