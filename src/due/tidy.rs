//! What is not needed any more is deleted.
//!
//! | records | kept |
//! |---|---|
//! | sessions | a day after the last page; NIK and KK digits in them ten minutes |
//! | callers | what still counts: links for sixty days without use, budgets for their day or month, the day of the last use for ninety |
//! | wrong digits counted for a NIK | the month |
//! | bookings, their codes and slots | 90 days after the day ([`Retention::bookings_days`]); holds until they run out |
//! | complaints and calls for a human, and their codes | 730 days after they were closed, or were to be ([`Retention::complaints_days`]) |
//! | complaints that are alike, and what was done about them | with the last of these complaints |
//! | stops of the mobile unit, and their codes | 800 days after the day: a year is told from them, last year's too |
//! | who waits for a stop in their village | until they have a seat there, or a year |
//! | which numbers a person is linked to | while they are |
//! | rows of the registry | while their export is in force |
//! | by what a message is known again | three days |
//! | sent texts, and by which name a telco knows them | 7 days ([`Retention::texts_days`]) |
//! | who waits for news | 180 days |
//! | coordinators, and who wants announcements | two years after they said so; that somebody was asked 90 days |
//! | by whom somebody heard of us | two years |
//! | announcements | a year |
//! | parts of messages that are not whole | ten minutes |
//! | figures by kecamatan and day, of nobody in particular | five years |
//! | whose a dialogue is, where the telco says so only once | a quarter of an hour |
//!
//! One pass after another goes over these spaces, some records at a time, so that a large store is tidied as quietly as a small one. Each
//! record's own type says what is left of it by now.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Due;
use crate::clock::Timestamp;
use crate::outbox::Receipt;
use crate::service::appointment::{Booking, Slot};
use crate::service::caller::Caller;
use crate::service::code::CodeRow;
use crate::service::ktp::{Entry, Generation, Guard, Linked, Watcher};
use crate::service::mobile_unit::{Stop, Waiter};
use crate::service::outreach::{Announcement, Coordinator, Follower, QuestionDue, Source};
use crate::service::ticket::{Case, Cluster, Ticket};
use crate::store::queue::Sent;
use crate::store::{Draft, Fault, Key, Record, Space, Stored};
use crate::turn::{self, Count, GivenUp, HeardSms, Pieces, Whose};

/// Gone over in this order: codes go with their bookings, and callers forget codes that are gone.
const SPACES: [Space; 24] = [
    Space::Session,
    Space::Booking,
    Space::Slot,
    Space::Ticket,
    Space::Cluster,
    Space::Announcement,
    Space::Stop,
    Space::Queue,
    Space::Code,
    Space::Caller,
    Space::Linked,
    Space::Guard,
    Space::Registry,
    Space::Heard,
    Space::Sent,
    Space::Receipt,
    Space::Watcher,
    Space::Parts,
    Space::Dialogue,
    Space::Coordinator,
    Space::Follower,
    Space::Count,
    Space::Source,
    Space::QuestionDue,
];
/// Records read in one round, all of which may change in one batch.
const A_ROUND: usize = 200;
/// Figures are compared over years.
const COUNTS_DAYS: i32 = 5 * 366;
/// From the beginning of one pass to the beginning of the next.
const PASS_EVERY: Duration = Duration::from_secs(3600);

/// How long things are kept that an office may want for longer or shorter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Retention {
    /// Bookings, in days after the day of the appointment.
    pub bookings_days: u16,
    /// Complaints, and what was asked of a human, in days after they were made.
    pub complaints_days: u16,
    /// Texts of messages, in days after they were sent.
    pub texts_days: u16,
}

impl Default for Retention {
    fn default() -> Self {
        Self { bookings_days: 90, complaints_days: 730, texts_days: 7 }
    }
}

/// How far a pass has come.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Pass {
    begun: Timestamp,
    /// Index into [`SPACES`]; past the end when the pass is over.
    space: u8,
    /// The last key looked at in this space.
    after: Option<Vec<u8>>,
}

impl Stored for Pass {
    const SPACE: Space = Space::Sweep;
    const FORMAT: u16 = 1;
}

impl Pass {
    fn key() -> Key {
        Key::new(Space::Sweep).with(b"retention")
    }

    /// The pass under way, or a new one if it is time for one.
    fn at(self, now: Timestamp) -> Option<Self> {
        if usize::from(self.space) < SPACES.len() {
            return Some(self);
        }
        let is_time = now.since(self.begun) >= PASS_EVERY || now < self.begun;
        is_time.then_some(Self { begun: now, space: 0, after: None })
    }
}

/// Tidies some records. Returns 0 if it is not time for another pass.
pub(super) async fn round(due: &Due) -> Result<usize, Fault> {
    let (store, now) = (due.turns.store(), due.now());
    let mut draft = Draft::new(store);
    let stored = draft.get::<Pass>(&Pass::key()).await?;
    let before = stored.unwrap_or(Pass { begun: now, ..Pass::default() });
    let Some(mut pass) = before.at(now).filter(|_| due.turns.clock_is_sound()) else { return Ok(0) };
    let Some(space) = SPACES.get(usize::from(pass.space)).copied() else { return Ok(0) };
    let from = pass.after.as_deref().and_then(Key::from_bytes).map_or(Key::new(space), |after| after.next());
    let rows = store.scan(from..end(&draft, space).await?, A_ROUND).await?;
    let mut given_up = Vec::new();
    for (key, record) in &rows {
        given_up.extend(expired(due, space, record));
        tidy(due, &mut draft, space, key, record).await?;
    }
    match rows.last() {
        Some((last, _)) if rows.len() == A_ROUND => pass.after = Some(last.as_bytes().to_vec()),
        _ => pass = Pass { space: pass.space + 1, after: None, ..pass },
    }
    draft.put(Pass::key(), &pass)?;
    // If somebody changed one of them meanwhile, all of these are looked at again in the next round.
    if due.commit(draft).await? {
        given_up.into_iter().for_each(|given_up| due.turns.tally().give_up(given_up));
    }
    Ok(1)
}

/// Of a session that is deleted, what was given up with it: nobody hung up, and nobody came back.
fn expired(due: &Due, space: Space, record: &Record) -> Option<GivenUp> {
    if space != Space::Session {
        return None;
    }
    let session: turn::Record = record.decode().ok()?;
    let given_up = session.given_up();
    session.left(due.now()).is_none().then_some(given_up)
}

/// Of the registry only what stands before the export in force, which alone may be large.
async fn end(draft: &Draft<'_>, space: Space) -> Result<Key, Fault> {
    if space != Space::Registry {
        return Ok(Key::after(space));
    }
    let in_force = draft.peek::<Generation>(&Generation::key()).await?.unwrap_or_default();
    Ok(Entry::first(in_force.number))
}

async fn tidy(due: &Due, draft: &mut Draft<'_>, space: Space, key: &Key, record: &Record) -> Result<(), Fault> {
    let (now, retention) = (due.now(), due.settings.retention);
    let bookings_days = i32::from(retention.bookings_days);
    let texts_max = days(retention.texts_days);
    match space {
        Space::Session => keep(draft, key, record, |session: turn::Record| session.left(now)).await,
        Space::Booking => keep(draft, key, record, |booking: Booking| booking.left(now, bookings_days)).await,
        Space::Stop => keep(draft, key, record, |stop: Stop| stop.left(now)).await,
        Space::Queue => keep(draft, key, record, |waiter: Waiter| waiter.left(now)).await,
        Space::Guard => keep(draft, key, record, |guard: Guard| guard.left(now)).await,
        Space::Watcher => keep(draft, key, record, |watcher: Watcher| watcher.left(now)).await,
        Space::Linked => {
            let gone = match record.decode::<Linked>() {
                Ok(linked) => linked.unlinked(draft, key, now).await?,
                Err(_) => Vec::new(),
            };
            keep(draft, key, record, |linked: Linked| linked.left(&gone)).await
        }
        Space::Announcement => keep(draft, key, record, |announcement: Announcement| announcement.left(now)).await,
        Space::Coordinator => keep(draft, key, record, |coordinator: Coordinator| coordinator.left(now)).await,
        Space::Follower => keep(draft, key, record, |follower: Follower| follower.left(now)).await,
        Space::Source => keep(draft, key, record, |source: Source| source.left(now)).await,
        Space::QuestionDue => keep(draft, key, record, |waiting: QuestionDue| waiting.left(now)).await,
        Space::Heard => keep(draft, key, record, |heard: HeardSms| (!heard.is_old(now)).then_some(heard)).await,
        Space::Dialogue => keep(draft, key, record, |whose: Whose| (!whose.is_old(now)).then_some(whose)).await,
        Space::Parts => keep(draft, key, record, |pieces: Pieces| (!pieces.is_old(now)).then_some(pieces)).await,
        Space::Slot => {
            let is_over = Slot::id(key).is_some_and(|slot| slot.day.plus(bookings_days) < now.day());
            keep(draft, key, record, |slot: Slot| (!is_over).then_some(slot)).await
        }
        Space::Receipt => keep(draft, key, record, |receipt: Receipt| (now.since(receipt.at) < texts_max).then_some(receipt)).await,
        Space::Sent => keep(draft, key, record, |sent: Sent| (now.since(sent.sent) < texts_max).then_some(sent)).await,
        Space::Ticket => {
            let age_max = days(retention.complaints_days);
            if let Some(Ok(code)) = key.as_bytes().get(1..).map(std::str::from_utf8) {
                let is_over = record.decode::<Ticket>().is_ok_and(|ticket| ticket.left(now, age_max).is_none());
                if is_over { Case::let_row_go(draft, code).await? } else { Case::take_up(draft, code, now).await? }
            }
            keep(draft, key, record, |ticket: Ticket| ticket.left(now, age_max)).await
        }
        Space::Count => {
            let is_over = Count::of(key).is_some_and(|(day, _)| day.plus(COUNTS_DAYS) < now.day());
            keep(draft, key, record, |count: Count| (!is_over).then_some(count)).await
        }
        // Its rows go with it, or when their time comes.
        Space::Cluster if !Cluster::is_at(key) => Ok(()),
        Space::Cluster => {
            let is_over = match record.decode::<Cluster>() {
                Ok(cluster) => cluster.is_over(draft).await?,
                Err(_) => false,
            };
            keep(draft, key, record, |cluster: Cluster| (!is_over).then_some(cluster)).await
        }
        Space::Code => {
            let is_gone = match record.decode() {
                Ok(CodeRow::Booking { person, need }) => {
                    let booking = draft.get::<Booking>(&Booking::key(person, need)).await?;
                    booking.is_none_or(|booking| key.as_bytes().get(1..) != Some(booking.code.as_bytes()))
                }
                Ok(CodeRow::Ticket) => match std::str::from_utf8(key.as_bytes().get(1..).unwrap_or_default()) {
                    Ok(code) => draft.get::<Ticket>(&Ticket::key(code)).await?.is_none(),
                    Err(_) => false,
                },
                Ok(CodeRow::Cluster(key)) => draft.get::<Cluster>(&key.key()).await?.is_none(),
                Ok(CodeRow::Announcement) => match std::str::from_utf8(key.as_bytes().get(1..).unwrap_or_default()) {
                    Ok(code) => draft.get::<Announcement>(&Announcement::key(code)).await?.is_none(),
                    Err(_) => false,
                },
                Ok(CodeRow::Stop { place }) => draft.get::<Stop>(&Stop::key(place)).await?.is_none(),
                Ok(CodeRow::Late) | Err(_) => false,
            };
            keep(draft, key, record, |code: CodeRow| (!is_gone).then_some(code)).await
        }
        Space::Caller => {
            let mut gone = Vec::new();
            let caller: Caller = record.decode().unwrap_or_default();
            for code in caller.bookings.into_iter().chain(caller.tickets) {
                if draft.peek::<CodeRow>(&CodeRow::key(&code)).await?.is_none() {
                    gone.push(code);
                }
            }
            keep(draft, key, record, |caller: Caller| caller.left(now, &gone)).await
        }
        Space::Registry => {
            draft.delete(*key);
            draft.durable();
            Ok(())
        }
        _ => Ok(()),
    }
}

fn days(days: u16) -> Duration {
    Duration::from_secs(u64::from(days) * 86_400)
}

/// Writes what is left of a record, if that is not all of it.
async fn keep<R: Stored>(draft: &mut Draft<'_>, key: &Key, record: &Record, left: impl Fn(R) -> Option<R>) -> Result<(), Fault> {
    let Ok(there) = record.decode::<R>() else {
        tracing::warn!(space = ?R::SPACE, "a record that cannot be read is kept as it is");
        return Ok(());
    };
    if left(there).is_some_and(|left| record.is(&left)) {
        return Ok(());
    }
    // Read again, this time as something that the change depends on.
    let Some(there) = draft.get::<R>(key).await? else { return Ok(()) };
    match left(there) {
        Some(left) => draft.put(*key, &left)?,
        None => draft.delete(*key),
    }
    draft.durable();
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pass_goes_on_where_it_was_and_another_begins_an_hour_later() {
        let at = |text| Timestamp::parse(text).unwrap();
        let begun = at("2026-11-30T09:00");
        let over = Pass { begun, space: u8::try_from(SPACES.len()).unwrap(), after: None };
        let half = Pass { begun, space: 4, after: Some(vec![b'c', 1]) };
        let new = |now| Some(Pass { begun: at(now), space: 0, after: None });
        for (pass, now, expected) in [
            (&half, "2026-11-30T09:01", Some(half.clone())),
            (&half, "2026-12-30T09:01", Some(half.clone())),
            (&over, "2026-11-30T09:59", None),
            (&over, "2026-11-30T10:00", new("2026-11-30T10:00")),
            (&over, "2026-11-29T10:00", new("2026-11-29T10:00")),
        ] {
            assert_eq!(pass.clone().at(at(now)), expected, "{pass:?} at {now}");
        }
    }
}
