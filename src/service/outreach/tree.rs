//! Who asks whom, and what they answer.

use super::people::{ASKED_AGAIN_AFTER, Active, Offer};
use super::question::{About, QuestionDue};
use super::{AREA, Asked, Coordinator, Follower, Reach, source};
use crate::citizen::Msisdn;
use crate::clock::{Day, Timestamp};
use crate::menu::{Outcome, Value};
use crate::service::officer::Officer;
use crate::service::{Asking, Message, Office, Said, caller};
use crate::store::queue::Class;
use crate::store::{Draft, Fault};

/// The screens that ask.
const ASKS_COORDINATOR: &str = "kader";
const ASKS_FOLLOWER: &str = "ajakan";

pub(super) fn area(reach: Reach) -> (&'static str, Value) {
    (AREA.0, Value::Text(reach.name()))
}

/// Whether a phone may be asked anything at all: an officer is no coordinator, and who stopped announcements was asked enough.
async fn may_be_asked(office: &Office, draft: &Draft<'_>, number: Msisdn) -> Result<bool, Fault> {
    let is_officer = office.officers.find(number).is_some();
    Ok(!is_officer && office.routes.reach(number) && caller::wants(draft, number, Class::Bulk).await?)
}

/// Asks a phone to be the coordinator of `reach`. False: it is not asked.
pub(super) async fn enrol(
    office: &Office,
    draft: &mut Draft<'_>,
    by: Msisdn,
    number: Msisdn,
    reach: Reach,
    now: Timestamp,
) -> Result<bool, Fault> {
    if number == by || !may_be_asked(office, draft, number).await? {
        return Ok(false);
    }
    let key = Coordinator::key(draft.number_hash(number));
    let before = draft.get::<Coordinator>(&key).await?;
    let is_free = before.as_ref().is_none_or(|before| match before.reach(now) {
        // They may be asked to be another village's, if they said yes the last time.
        Some(own) if before.said_yes() => own != reach,
        _ => now.since(before.asked) >= ASKED_AGAIN_AFTER,
    });
    if !is_free {
        return Ok(false);
    }
    let mut coordinator = before.unwrap_or_else(|| Coordinator::new(number, now));
    coordinator.offer = Some(Offer { reach, by });
    coordinator.asked = now;
    draft.put(key, &coordinator)?;
    QuestionDue::put(draft, About::Coordinating, number, now, now)?;
    Ok(true)
}

/// Asks a neighbour whether they want the announcements of `reach`; or does not, which the coordinator is not told.
pub(super) async fn invite(
    office: &Office,
    draft: &mut Draft<'_>,
    by: Msisdn,
    number: Msisdn,
    reach: Reach,
    now: Timestamp,
) -> Result<(), Fault> {
    if number == by || !may_be_asked(office, draft, number).await? {
        return Ok(());
    }
    let key = Follower::key(draft.number_hash(number));
    let before = draft.get::<Follower>(&key).await?;
    if before.is_some_and(|before| before.follows(now) || now.since(before.asked) < ASKED_AGAIN_AFTER) {
        return Ok(());
    }
    draft.put(key, &Follower { number, reach, asked: now, since: None, is_declined: false })?;
    QuestionDue::put(draft, About::Following, number, now, now)
}

/// What this number was asked to be and has not answered.
pub(super) async fn open_offer(draft: &Draft<'_>, asking: &Asking) -> Result<Option<Asked>, Fault> {
    let coordinator: Option<Coordinator> = draft.peek(&Coordinator::key(asking.number_hash)).await?;
    let offer = coordinator.and_then(|coordinator| coordinator.open_offer(asking.now));
    Ok(offer.map(|offer| Asked { number: asking.number, command: ASKS_COORDINATOR, values: vec![area(offer.reach)] }))
}

/// Whose announcements it was asked to take and has not answered.
pub(super) async fn open_invitation(draft: &Draft<'_>, asking: &Asking) -> Result<Option<Asked>, Fault> {
    let follower: Option<Follower> = draft.peek(&Follower::key(asking.number_hash)).await?;
    let open = follower.filter(|follower| follower.is_open(asking.now));
    Ok(open.map(|follower| Asked { number: asking.number, command: ASKS_FOLLOWER, values: vec![area(follower.reach)] }))
}

pub(in crate::service) async fn accept_coordinating(asking: &Asking, draft: &mut Draft<'_>) -> Result<Said, Fault> {
    let key = Coordinator::key(asking.number_hash);
    let Some(mut coordinator) = draft.get::<Coordinator>(&key).await? else { return Ok(Outcome::plain("tak_ada").into()) };
    let Some(Offer { reach, by }) = coordinator.open_offer(asking.now) else { return Ok(Outcome::plain("tak_ada").into()) };
    coordinator.offer = None;
    coordinator.active = Some(Active { reach, since: asking.now });
    draft.put(key, &coordinator)?;
    draft.durable();
    let told = Message {
        to: Some(by),
        class: Class::Owed,
        template: "kader_baru",
        reference: String::new(),
        values: vec![area(reach), last_digits(asking.number)],
    };
    Ok(Said { outcome: Outcome { name: "jadi", values: vec![area(reach)], items: Vec::new() }, messages: vec![told] })
}

pub(in crate::service) async fn decline_coordinating(asking: &Asking, draft: &mut Draft<'_>) -> Result<Outcome, Fault> {
    let key = Coordinator::key(asking.number_hash);
    if let Some(mut coordinator) = draft.get::<Coordinator>(&key).await? {
        coordinator.offer = None;
        draft.put(key, &coordinator)?;
        draft.durable();
    }
    Ok(Outcome::plain("ditolak"))
}

pub(in crate::service) async fn accept_following(asking: &Asking, draft: &mut Draft<'_>) -> Result<Outcome, Fault> {
    let key = Follower::key(asking.number_hash);
    let asked = draft.get::<Follower>(&key).await?.filter(|follower| follower.is_open(asking.now));
    let Some(mut follower) = asked else { return Ok(Outcome::plain("tak_ada")) };
    follower.since = Some(asking.now);
    draft.put(key, &follower)?;
    draft.durable();
    Ok(Outcome { name: "jadi", values: vec![area(follower.reach)], items: Vec::new() })
}

pub(in crate::service) async fn decline_following(asking: &Asking, draft: &mut Draft<'_>) -> Result<Outcome, Fault> {
    let key = Follower::key(asking.number_hash);
    if let Some(mut follower) = draft.get::<Follower>(&key).await? {
        follower.is_declined = true;
        draft.put(key, &follower)?;
        draft.durable();
    }
    Ok(Outcome::plain("ditolak"))
}

/// Does this number get the announcements of a village?
pub(in crate::service) async fn is_follower(asking: &Asking, draft: &Draft<'_>) -> Result<bool, Fault> {
    let follower = draft.peek::<Follower>(&Follower::key(asking.number_hash)).await?;
    Ok(follower.is_some_and(|follower| follower.follows(asking.now)))
}

/// Coordinator no more, at once. False: they were none.
pub(super) async fn leave(asking: &Asking, draft: &mut Draft<'_>) -> Result<bool, Fault> {
    let key = Coordinator::key(asking.number_hash);
    let Some(mut coordinator) = draft.get::<Coordinator>(&key).await?.filter(|known| known.reach(asking.now).is_some()) else {
        return Ok(false);
    };
    coordinator.end();
    coordinator.asked = asking.now;
    draft.put(key, &coordinator)?;
    Ok(true)
}

/// An officer says that somebody is coordinator no more. False: they are none, or not of the officer's kecamatan.
pub(super) async fn dismiss(draft: &mut Draft<'_>, officer: &Officer, number: Msisdn, now: Timestamp) -> Result<bool, Fault> {
    let key = Coordinator::key(draft.number_hash(number));
    let Some(mut coordinator) = draft.get::<Coordinator>(&key).await? else { return Ok(false) };
    if !coordinator.reach(now).is_some_and(|reach| officer.may_speak_to(reach.district)) {
        return Ok(false);
    }
    coordinator.end();
    coordinator.asked = now;
    draft.put(key, &coordinator)?;
    Ok(true)
}

/// Somebody is at a phone that nobody used for long: whoever was a coordinator there may not be who has the number now.
pub(in crate::service) async fn wake(draft: &mut Draft<'_>, number_hash: [u8; 16], today: Day) -> Result<(), Fault> {
    let key = Coordinator::key(number_hash);
    if draft.peek::<Coordinator>(&key).await?.is_some_and(|coordinator| coordinator.is_asleep(today)) {
        draft.get::<Coordinator>(&key).await?;
        draft.delete(key);
    }
    Ok(())
}

/// By which somebody who knows a number knows which one is meant.
pub(super) fn last_digits(number: Msisdn) -> (&'static str, Value) {
    ("akhir", Value::Text(format!("{:04}", number.number() % 10_000)))
}

/// Forgets what a number is here. That it was asked, and what it may do in a day, counts on: else whoever forgets begins anew.
pub(in crate::service) async fn forget(asking: &Asking, draft: &mut Draft<'_>) -> Result<(), Fault> {
    let key = Coordinator::key(asking.number_hash);
    if let Some(mut coordinator) = draft.get::<Coordinator>(&key).await? {
        coordinator.end();
        draft.put(key, &coordinator)?;
    }
    let key = Follower::key(asking.number_hash);
    if let Some(follower) = draft.get::<Follower>(&key).await? {
        // An invitation that is open would be one still.
        draft.put(key, &Follower { reach: Reach::default(), since: None, is_declined: true, ..follower })?;
    }
    source::forget(asking, draft).await
}
