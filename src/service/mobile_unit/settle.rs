//! A stop is cancelled, or has fewer seats than people: each of them gets another seat, or is told honestly that there is none yet.

use super::stop::{Claim, Stop, StopState};
use super::timetable::village_values;
use super::waiting::Waiter;
use crate::clock::Timestamp;
use crate::menu::Value;
use crate::service::appointment::{self, Look, Moved, Need};
use crate::service::place::Device;
use crate::service::ticket::Done;
use crate::service::{Asking, Office};
use crate::store::{Draft, Fault};

/// Finds another seat for whoever booked under `code` and has none any more. `None`: they have one, or gave theirs up.
///
/// # Errors
/// A [`Fault`] of the store.
pub async fn resettle(office: &Office, draft: &mut Draft<'_>, place: u16, code: &str, asking: &Asking) -> Result<Option<Done>, Fault> {
    let Some(stop) = draft.get::<Stop>(&Stop::key(place)).await? else { return Ok(None) };
    let over = appointment::over(draft, place, &stop, asking.now).await?;
    let Some(lost) = over.into_iter().find(|booking| booking.code == code) else { return Ok(None) };
    let others = Stop::ahead(draft, stop.village, asking.now.day()).await?;
    let others: Vec<u16> = others.into_iter().map(|(place, _)| place).collect();
    let Some((booking, moved)) = appointment::reseat(office, asking, draft, code, &others).await? else { return Ok(None) };
    draft.durable();
    let mut done = Done::default();
    let why = ("alasan", Value::Word(reason(&stop).to_owned()));
    match moved {
        Moved::To(mut values) => {
            values.push(why);
            done.tell(booking.number, if stop.is_published() { "unit_geser" } else { "unit_pindah" }, code, values);
        }
        Moved::Nowhere => {
            let key = Waiter::key(stop.village, asking.number_hash);
            let mut waiter = match draft.get::<Waiter>(&key).await? {
                Some(waiter) => Waiter { seats: waiter.seats.saturating_add(1), ..waiter },
                None => Waiter::new(booking.number, asking.now),
            };
            waiter.is_first = true;
            draft.put(key, &waiter)?;
            let mut values = village_values(stop.village);
            let nearest = nearest(office, draft, &stop, booking.need).await?;
            values.extend([why, ("hari", Value::Day(stop.day)), ("tempat", Value::Text(nearest))]);
            done.tell(booking.number, if stop.is_published() { "unit_lebih" } else { "unit_hilang" }, code, values);
        }
    }
    let class = appointment::class_of_news(stop.begins(lost.slot.window), asking.now);
    done.messages.iter_mut().for_each(|message| message.class = class);
    Ok(Some(done))
}

/// The name of the nearest office where they get what they came for; of the nearest of all, if none can do it.
async fn nearest(office: &Office, draft: &Draft<'_>, stop: &Stop, need: Need) -> Result<String, Fault> {
    let places = office.places.by_distance(stop.village);
    for (place, _) in &places {
        if Device::serves(draft, place, Some(need)).await? {
            return Ok(place.name.clone());
        }
    }
    Ok(places.first().map_or_else(String::new, |(place, _)| place.name.clone()))
}

/// Tells one of those who were invited to a stop that it does not take place, or has no seat for them. `None`: nobody is left.
///
/// # Errors
/// A [`Fault`] of the store.
pub async fn uninvite(draft: &mut Draft<'_>, place: u16, now: Timestamp) -> Result<Option<Done>, Fault> {
    let key = Stop::key(place);
    let Some(mut stop) = draft.get::<Stop>(&key).await?.filter(|stop| stop.is_settling) else { return Ok(None) };
    if !has_claim_over(draft, place, &stop, now).await? {
        return Ok(None);
    }
    // Whoever was invited last.
    let Some(Claim { number_hash, .. }) = stop.claims.pop() else { return Ok(None) };
    stop.claims.retain(|claim| claim.number_hash != number_hash);
    draft.put(key, &stop)?;
    draft.durable();
    let mut done = Done::default();
    let waiter_key = Waiter::key(stop.village, number_hash);
    if let Some(mut waiter) = draft.get::<Waiter>(&waiter_key).await? {
        waiter.unask(place);
        draft.put(waiter_key, &waiter)?;
        let mut values = village_values(stop.village);
        values.extend([("alasan", Value::Word(reason(&stop).to_owned())), ("hari", Value::Day(stop.day))]);
        done.tell(waiter.number, if stop.is_published() { "unit_tunda" } else { "unit_urung" }, &stop.code, values);
    }
    Ok(Some(done))
}

/// Is a seat promised to somebody that there is none of any more?
async fn has_claim_over(draft: &mut Draft<'_>, place: u16, stop: &Stop, now: Timestamp) -> Result<bool, Fault> {
    if !stop.is_published() {
        return Ok(!stop.claims.is_empty());
    }
    let unpromised = Stop { claims: Vec::new(), ..stop.clone() };
    Ok(stop.claimed(now) > appointment::free(draft, place, &unpromised, now, Look::ReliedOn).await?)
}

/// Fewer seats mean fewer kits.
fn reason(stop: &Stop) -> &'static str {
    match stop.state {
        StopState::Cancelled(reason) => reason.word(),
        StopState::Planned | StopState::Published => "alat",
    }
}

/// Nobody has a seat there any more that it does not have, and nobody is promised one: then there is nothing left to do.
///
/// # Errors
/// A [`Fault`] of the store.
pub async fn close(draft: &mut Draft<'_>, place: u16, now: Timestamp) -> Result<bool, Fault> {
    let key = Stop::key(place);
    let Some(mut stop) = draft.get::<Stop>(&key).await?.filter(|stop| stop.is_settling) else { return Ok(false) };
    if !appointment::over(draft, place, &stop, now).await?.is_empty() || has_claim_over(draft, place, &stop, now).await? {
        return Ok(false);
    }
    stop.is_settling = false;
    draft.put(key, &stop)?;
    Ok(true)
}
