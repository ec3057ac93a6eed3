//! An announcement on its way: to the coordinators, who can tell everybody, and then to those who want it, one after the other.
//!
//! How far it has come stands in its record, which changes in one batch with each message: nobody gets it twice, whenever we are stopped.

use std::time::Duration;

use super::announcement::concerns;
use super::{Announcement, Coordinator, Done, Follower, Stage, number};
use crate::citizen::Msisdn;
use crate::clock::Timestamp;
use crate::menu::Value;
use crate::service::caller::{self, Caller};
use crate::service::{Message, Office};
use crate::store::queue::Class;
use crate::store::{Draft, Fault, Key, Space};

/// Whoever approved has so long to think again.
const BEGINS_AFTER: Duration = Duration::from_secs(300);
/// Whoever gets one may have a question: of sixty perhaps one asks an officer, who answers some in an hour.
const AN_HOUR_PER_OFFICER: u32 = 60;
/// Rows looked at in one step; the next one goes on behind them.
const A_STEP: usize = 200;

/// From one message to the next, by how many officers answer.
pub fn pause(office: &Office, now: Timestamp) -> Duration {
    let officers = u32::try_from(office.officers.answering(&office.places, now)).unwrap_or(u32::MAX).max(1);
    Duration::from_secs(3600) / AN_HOUR_PER_OFFICER.saturating_mul(officers)
}

/// What one step came to.
#[derive(Debug)]
pub enum Step {
    /// Somebody is to get it, unless it is too late for it by then.
    Message { message: Box<Message>, until: Option<Timestamp> },
    /// Of those looked at nobody.
    Passed,
    /// That was all, or its time is over; its author is told.
    Ended(Done),
    /// It is not, or not any more, on its way.
    Idle,
}

/// Is there anything to do about it, whatever the hour?
pub fn is_awake(announcement: &Announcement, now: Timestamp) -> bool {
    announcement.stage == Stage::Sending || announcement.is_expired(now)
}

/// One step on. `may_send`: it is the hour for it, and one more may leave.
///
/// # Errors
/// A [`Fault`] of the store.
pub async fn step(draft: &mut Draft<'_>, code: &str, may_send: bool, now: Timestamp) -> Result<Step, Fault> {
    let key = Announcement::key(code);
    let Some(mut announcement) = draft.get::<Announcement>(&key).await? else { return Ok(Step::Idle) };
    if announcement.is_expired(now) {
        return end(draft, code, announcement, Stage::Expired, "umum_kedaluwarsa");
    }
    let has_begun = announcement.approved.is_some_and(|approved| now.since(approved) >= BEGINS_AFTER);
    if announcement.stage != Stage::Sending || !has_begun || !may_send {
        return Ok(Step::Idle);
    }
    if announcement.sent >= announcement.audience {
        return end(draft, code, announcement, Stage::Done, "umum_selesai");
    }
    let space = if announcement.is_at_followers { Space::Follower } else { Space::Coordinator };
    let from = announcement.after.as_deref().and_then(Key::from_bytes).map_or(Key::new(space), |after| after.next());
    let rows = draft.store().scan(from..Key::after(space), A_STEP).await?;
    for (row, _) in &rows {
        announcement.after = Some(row.as_bytes().to_vec());
        let found = if announcement.is_at_followers {
            follower(draft, row, &announcement, now).await?
        } else {
            coordinator(draft, row, &announcement, code, now).await?
        };
        let Some((to, template)) = found else { continue };
        announcement.sent += 1;
        let language = language(draft, to).await?;
        let values = vec![("isi", Value::Text(announcement.text(language.as_deref())))];
        draft.put(key, &announcement)?;
        draft.durable();
        let message = Message { to: Some(to), class: Class::Bulk, template, reference: code.to_owned(), values };
        return Ok(Step::Message { message: Box::new(message), until: announcement.until() });
    }
    if rows.len() < A_STEP {
        if announcement.is_at_followers {
            return end(draft, code, announcement, Stage::Done, "umum_selesai");
        }
        (announcement.is_at_followers, announcement.after) = (true, None);
    }
    draft.put(key, &announcement)?;
    Ok(Step::Passed)
}

fn end(draft: &mut Draft<'_>, code: &str, mut announcement: Announcement, stage: Stage, template: &'static str) -> Result<Step, Fault> {
    announcement.stage = stage;
    draft.put(Announcement::key(code), &announcement)?;
    draft.durable();
    let mut done = Done::default();
    let values = vec![("nomor", Value::Code(code.to_owned())), number("orang", announcement.sent.into())];
    done.tell(announcement.by, template, code, values);
    Ok(Step::Ended(done))
}

/// Noted, so that their `1` is known to be about it.
async fn coordinator(
    draft: &mut Draft<'_>,
    row: &Key,
    announcement: &Announcement,
    code: &str,
    now: Timestamp,
) -> Result<Option<(Msisdn, &'static str)>, Fault> {
    let Some(mut coordinator) = readable(draft.get::<Coordinator>(row).await)? else { return Ok(None) };
    let is_concerned = coordinator.reach(now).is_some_and(|own| concerns(announcement.reach, own));
    if !is_concerned || !wants(draft, coordinator.number).await? {
        return Ok(None);
    }
    coordinator.note_told(code, now);
    draft.put(*row, &coordinator)?;
    Ok(Some((coordinator.number, "pengumuman_kader")))
}

/// Unless they had it as a coordinator.
async fn follower(
    draft: &mut Draft<'_>,
    row: &Key,
    announcement: &Announcement,
    now: Timestamp,
) -> Result<Option<(Msisdn, &'static str)>, Fault> {
    let Some(follower) = readable(draft.get::<Follower>(row).await)? else { return Ok(None) };
    if !follower.follows(now) || !announcement.reach.holds(follower.reach) {
        return Ok(None);
    }
    let hash = row.as_bytes().get(1..).and_then(|hash| hash.try_into().ok());
    let coordinator: Option<Coordinator> = match hash {
        Some(hash) => readable(draft.peek(&Coordinator::key(hash)).await)?,
        None => None,
    };
    let had_it = coordinator.and_then(|known| known.reach(now)).is_some_and(|own| concerns(announcement.reach, own));
    let wants = !had_it && wants(draft, follower.number).await?;
    Ok(wants.then_some((follower.number, "pengumuman")))
}

/// Whoever may have said no, which cannot be read any more, is left in peace.
async fn wants(draft: &Draft<'_>, number: Msisdn) -> Result<bool, Fault> {
    Ok(readable(caller::wants(draft, number, Class::Bulk).await.map(Some))?.unwrap_or(false))
}

/// A record that cannot be read is none: one of them must not keep everybody behind it from hearing.
fn readable<T>(found: Result<Option<T>, Fault>) -> Result<Option<T>, Fault> {
    match found {
        Err(Fault::Corrupt | Fault::Format(_) | Fault::Sealed) => Ok(None),
        found => found,
    }
}

async fn language(draft: &Draft<'_>, number: Msisdn) -> Result<Option<String>, Fault> {
    let hash = draft.number_hash(number);
    Ok(draft.peek::<Caller>(&Caller::key(hash)).await?.and_then(|caller| caller.language))
}
