//! A stop is published: whoever waits in its village is invited, the longest waiting first, as many as there are seats.
//!
//! An invitation keeps a seat for a day at most. Whoever does not answer stays in the list, and the seat goes to the next; once everybody was
//! asked, what is left is for all.

use std::time::Duration;

use super::stop::{Claim, Stop};
use super::timetable::village_values;
use super::waiting::Waiter;
use crate::citizen::Msisdn;
use crate::clock::Timestamp;
use crate::menu::Value;
use crate::service::appointment::Look;
use crate::service::caller::{self, Caller};
use crate::service::{Asking, appointment};
use crate::store::queue::Class;
use crate::store::{Draft, Fault};

/// How long somebody may take to answer: many read their messages once a day.
const ANSWER_MAX: Duration = Duration::from_secs(24 * 3600);
/// No invitation is worth less; one that would end after the stop has begun is not sent.
const ANSWER_MIN: Duration = Duration::from_secs(3 * 3600);
/// The hours (WIB) in which people are invited, so that the night is not part of their time to answer.
const FROM_HOUR: i8 = 8;
const UNTIL_HOUR: i8 = 18;
/// Whoever was asked by the end of the second day before can still be followed by somebody else.
const DAYS_BEFORE: i32 = 1;

/// Until when an invitation sent now would be good; None: it is too late for one.
fn good_until(stop: &Stop, now: Timestamp) -> Option<Timestamp> {
    let begins = stop.begins(stop.hours);
    let day_before = Timestamp::wib(stop.day.plus(-DAYS_BEFORE), 0, 0);
    let until = now.plus(ANSWER_MAX).min(day_before).max(now.plus(ANSWER_MIN));
    (until <= begins).then_some(until)
}

/// Those of a village who wait and were not asked yet: as many seats are not for others. Nobody else counts for who waits themselves. Who still
/// thinks about a seat at another stop is asked about no second one.
///
/// # Errors
/// A [`Fault`] of the store.
pub async fn to_be_asked(draft: &Draft<'_>, place: u16, stop: &Stop, now: Timestamp) -> Result<Vec<Waiter>, Fault> {
    if !stop.is_published() || good_until(stop, now).is_none() {
        return Ok(Vec::new());
    }
    let mut waiting = Waiter::of_village(draft, stop.village).await?;
    waiting.retain(|(_, waiter)| waiter.seats > 0 && !waiter.was_asked(place));
    if !waiting.is_empty() {
        let mut others = Stop::ahead(draft, stop.village, now.day()).await?;
        others.retain(|(other, _)| *other != place);
        waiting.retain(|(key, _)| !others.iter().any(|(_, other)| other.claims.iter().any(|claim| claim.until > now && claim.is_of(key))));
    }
    Ok(waiting.into_iter().map(|(_, waiter)| waiter).collect())
}

/// Whom to invite now.
///
/// # Errors
/// A [`Fault`] of the store.
pub async fn whom_to_invite(draft: &mut Draft<'_>, place: u16, stop: &Stop, now: Timestamp) -> Result<Vec<Msisdn>, Fault> {
    let (hour, _) = now.hour_minute();
    if !(FROM_HOUR..UNTIL_HOUR).contains(&hour) {
        return Ok(Vec::new());
    }
    let waiting = to_be_asked(draft, place, stop, now).await?;
    if waiting.is_empty() {
        return Ok(Vec::new());
    }
    let mut free = appointment::free(draft, place, stop, now, Look::Shown).await?;
    let mut whom = Vec::new();
    for waiter in waiting {
        if free == 0 {
            break;
        }
        free = free.saturating_sub(waiter.seats.into());
        whom.push(waiter.number);
    }
    Ok(whom)
}

/// An invitation that is to be sent.
#[derive(Debug)]
pub struct Invitation {
    pub values: Vec<(&'static str, Value)>,
    pub class: Class,
    pub until: Timestamp,
    /// The stop's code.
    pub code: String,
}

/// Keeps a seat for whoever waits, and says with what words. `None`: nobody is to be invited any more, or they want no messages.
///
/// # Errors
/// A [`Fault`] of the store.
pub async fn invite(draft: &mut Draft<'_>, place: u16, asking: &Asking) -> Result<Option<Invitation>, Fault> {
    let key = Stop::key(place);
    let Some(mut stop) = draft.get::<Stop>(&key).await? else { return Ok(None) };
    let waiter_key = Waiter::key(stop.village, asking.number_hash);
    let Some(mut waiter) = draft.get::<Waiter>(&waiter_key).await?.filter(|waiter| !waiter.was_asked(place)) else { return Ok(None) };
    let Some(until) = good_until(&stop, asking.now).filter(|_| stop.is_published()) else { return Ok(None) };
    let seats = appointment::free(draft, place, &stop, asking.now, Look::ReliedOn).await?.min(waiter.seats.into());
    if seats == 0 {
        return Ok(None);
    }
    let ahead = Stop::ahead(draft, stop.village, asking.now.day()).await?;
    if ahead.iter().any(|(other, stop)| *other != place && stop.has_claim(asking.number_hash, asking.now)) {
        return Ok(None);
    }
    let ahead: Vec<u16> = ahead.into_iter().map(|(place, _)| place).collect();
    waiter.ask(place, &ahead);
    draft.put(waiter_key, &waiter)?;
    draft.durable();
    let caller = draft.peek::<Caller>(&Caller::key(asking.number_hash)).await?.unwrap_or_default();
    if caller.has_stopped_since(waiter.since) {
        return Ok(None);
    }
    stop.claims.retain(|claim| claim.until > asking.now && claim.number_hash != asking.number_hash);
    stop.claims.extend(std::iter::repeat_n(Claim { number_hash: asking.number_hash, until }, seats));
    draft.put(key, &stop)?;
    // Who asked for it after having stopped everything wants it all the same.
    let class = if caller::wants(draft, asking.number, Class::Notice).await? { Class::Notice } else { Class::Owed };
    let mut values = village_values(stop.village);
    values.extend([
        ("tempat_id", Value::Id(place.into())),
        ("tempat", Value::Text(stop.label())),
        ("hari", Value::Day(stop.day)),
        ("jam", Value::Window { from: stop.hours.from, to: stop.hours.to }),
        ("paling", Value::Moment(until)),
    ]);
    Ok(Some(Invitation { values, class, until, code: stop.code }))
}
