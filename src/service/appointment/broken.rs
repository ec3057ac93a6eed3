//! The device of an office is broken: whoever is to be recorded there in the days to come is told so, with where else it works; and told again
//! when it works.
//!
//! The booking itself says what its number knows, so a sweep that is broken off and begun again tells nobody twice. Nobody is moved unasked: who
//! lives beside the office waits a day rather than travel, and whoever answers `GANTI` finds the nearest place that works on the first page.

use super::near::{OFFERED_MAX, Offered, Origin, able};
use super::transfer::{between, class_of_news};
use super::{Booking, Need, by_code, place_name, window};
use crate::clock::Timestamp;
use crate::menu::{Outcome, Value};
use crate::service::place::Device;
use crate::service::{Asking, Message, Office, caller};
use crate::store::{Draft, Fault};

/// Whose appointment needs the device, and who does not know how it stands with it.
///
/// # Errors
/// A [`Fault`] of the store.
pub async fn unaware(office: &Office, draft: &Draft<'_>, place: u16, device: &Device, now: Timestamp) -> Result<Vec<Booking>, Fault> {
    let today = now.day();
    // Whoever was told that it is broken is told that it works, however far ahead.
    let last = if device.works { today.plus(office.places.days_ahead) } else { device.told_until(today) };
    let mut bookings = between(draft, place, today, last).await?;
    bookings.retain(|booking| booking.slot.place == place && is_unaware(booking, device, now) && office.routes.reach(booking.number));
    Ok(bookings)
}

/// Whoever is being served already sees it.
fn is_unaware(booking: &Booking, device: &Device, now: Timestamp) -> bool {
    let is_to_come = booking.need == Need::Record && booking.is_active(now.day()) && booking.slot.begins() > now;
    is_to_come && booking.warned.is_some() == device.works
}

/// Marks one of them as told, and returns what to tell them, and until when it is of use. `None`: there is nothing to tell any more.
///
/// # Errors
/// A [`Fault`] of the store.
pub async fn tell_of_device(
    office: &Office,
    asking: &Asking,
    draft: &mut Draft<'_>,
    place: u16,
    code: &str,
) -> Result<Option<(Message, Timestamp)>, Fault> {
    let Some(device) = draft.get::<Device>(&Device::key(place)).await? else { return Ok(None) };
    let Some((key, _)) = by_code(draft, code).await? else { return Ok(None) };
    let read = draft.get::<Booking>(&key).await?;
    let is_meant = |booking: &Booking| booking.code == code && booking.slot.place == place && is_unaware(booking, &device, asking.now);
    let Some(mut booking) = read.filter(is_meant) else { return Ok(None) };
    // By the way of the warning, where there was one: good news must not pass it.
    let class = class_of_news(booking.slot.begins(), booking.warned.unwrap_or(asking.now));
    booking.warned = (!device.works).then_some(asking.now);
    draft.put(key, &booking)?;
    draft.durable();
    let mut values = vec![
        ("nomor", Value::Code(code.to_owned())),
        ("hari", Value::Day(booking.slot.day)),
        ("tempat", place_name(office, draft, place).await?),
    ];
    let template = if device.works {
        values.push(("jam", window(booking.slot)));
        "alat_pulih"
    } else if let Some(nearest) = able_beside(office, asking, draft, place, &booking).await?.iter().find(|able| able.is_office()) {
        values.extend([("tujuan", Value::Text(nearest.name.clone())), ("km", Value::Number(nearest.km()))]);
        "alat_mati"
    } else {
        "alat_mati_semua"
    };
    let begins = booking.slot.begins();
    Ok(Some((Message { to: Some(booking.number), class, template, reference: booking.code, values }, begins)))
}

/// Where somebody whose appointment is at this office can go instead.
pub(super) async fn elsewhere(
    office: &Office,
    asking: &Asking,
    draft: &mut Draft<'_>,
    place: u16,
    booking: &Booking,
) -> Result<Outcome, Fault> {
    let able = able_beside(office, asking, draft, place, booking).await?;
    let items: Vec<_> = able.iter().take(OFFERED_MAX).map(Offered::item).collect();
    Ok(if items.is_empty() { Outcome::plain("kosong") } else { Outcome::list("rusak", items) })
}

/// The nearest to the village of the number, or to the office where nobody knows that.
async fn able_beside(
    office: &Office,
    asking: &Asking,
    draft: &mut Draft<'_>,
    place: u16,
    booking: &Booking,
) -> Result<Vec<Offered>, Fault> {
    let from = caller::village(draft, draft.number_hash(booking.number)).await?.map_or(Origin::Office(place), Origin::Village);
    able(office, asking.now, draft, from, Some(booking.need), booking.owner()).await
}
