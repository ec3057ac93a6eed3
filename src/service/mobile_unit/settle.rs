//! A stop is cancelled, or has fewer seats than people: each of them gets another seat, or is told honestly that there is none yet.

use super::stop::{Claim, Stop, StopState};
use super::timetable::village_values;
use super::waiting::Waiter;
use crate::menu::Value;
use crate::service::appointment::{self, Moved};
use crate::service::ticket::Done;
use crate::service::{Asking, Office};
use crate::store::{Draft, Fault};

/// Finds another seat for whoever booked under `code` and has none any more. `None`: they have one, or gave theirs up.
///
/// # Errors
/// A [`Fault`] of the store.
pub async fn resettle(office: &Office, draft: &mut Draft<'_>, place: u16, code: &str, asking: &Asking) -> Result<Option<Done>, Fault> {
    let Some(stop) = draft.get::<Stop>(&Stop::key(place)).await? else { return Ok(None) };
    if !appointment::over(draft, place, &stop).await?.iter().any(|booking| booking.code == code) {
        return Ok(None);
    }
    let others = Stop::ahead(draft, stop.village, asking.now.day()).await?;
    let others: Vec<u16> = others.into_iter().map(|(place, _)| place).collect();
    let Some((booking, moved)) = appointment::reseat(office, asking, draft, code, &others).await? else { return Ok(None) };
    draft.durable();
    let mut done = Done::default();
    let why = ("alasan", Value::Word(reason(&stop).to_owned()));
    match moved {
        Moved::To(mut values) => {
            values.push(why);
            done.tell(booking.number, "unit_pindah", code, values);
        }
        Moved::Nowhere => {
            let key = Waiter::key(stop.village, asking.number_hash);
            let mut waiter = draft.get::<Waiter>(&key).await?.unwrap_or_else(|| Waiter::new(booking.number, asking.now));
            waiter.is_first = true;
            draft.put(key, &waiter)?;
            let mut values = village_values(stop.village);
            let nearest = office.places.by_distance(stop.village).first().map_or_else(String::new, |(place, _)| place.name.clone());
            values.extend([why, ("hari", Value::Day(stop.day)), ("tempat", Value::Text(nearest))]);
            done.tell(booking.number, "unit_hilang", code, values);
        }
    }
    Ok(Some(done))
}

/// Tells one of those who were invited to a stop that it does not take place. `None`: nobody is left.
///
/// # Errors
/// A [`Fault`] of the store.
pub async fn uninvite(draft: &mut Draft<'_>, place: u16) -> Result<Option<Done>, Fault> {
    let key = Stop::key(place);
    let Some(mut stop) = draft.get::<Stop>(&key).await?.filter(|stop| matches!(stop.state, StopState::Cancelled(_))) else {
        return Ok(None);
    };
    let Some(Claim { number_hash, .. }) = stop.claims.pop() else { return Ok(None) };
    draft.put(key, &stop)?;
    draft.durable();
    let mut done = Done::default();
    if let Some(waiter) = draft.get::<Waiter>(&Waiter::key(stop.village, number_hash)).await? {
        let mut values = village_values(stop.village);
        values.extend([("alasan", Value::Word(reason(&stop).to_owned())), ("hari", Value::Day(stop.day))]);
        done.tell(waiter.number, "unit_urung", &stop.code, values);
    }
    Ok(Some(done))
}

/// Fewer seats mean fewer kits.
fn reason(stop: &Stop) -> &'static str {
    match stop.state {
        StopState::Cancelled(reason) => reason.word(),
        StopState::Planned | StopState::Published => "alat",
    }
}

/// Nobody has a seat there any more that it does not have: then there is nothing left to do.
///
/// # Errors
/// A [`Fault`] of the store.
pub async fn close(draft: &mut Draft<'_>, place: u16) -> Result<bool, Fault> {
    let key = Stop::key(place);
    let Some(mut stop) = draft.get::<Stop>(&key).await?.filter(|stop| stop.is_settling) else { return Ok(false) };
    if !appointment::over(draft, place, &stop).await?.is_empty() {
        return Ok(false);
    }
    stop.is_settling = false;
    draft.put(key, &stop)?;
    Ok(true)
}
