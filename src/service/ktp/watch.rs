//! Numbers that want to be told when somebody's card has come further.
//!
//! Only who has just proved to know the person may wait for news of them. A new export is compared with what each of them was told last.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Entry, Generation, Looked, NIK, short, told};
use crate::citizen::{Msisdn, Nik};
use crate::clock::{Day, Timestamp};
use crate::menu::{ActionSpec, Call, Field, Kind, Outcome, OutcomeSpec, Value};
use crate::registry::Status;
use crate::service::appointment::{Booking, Need};
use crate::service::caller::Caller;
use crate::service::{Asking, CallArgs, Office};
use crate::store::queue::Class;
use crate::store::{Draft, Fault, Key, Space, Stored};

/// The status shown, for whoever wants to know when it changes.
pub(super) const SEEN: Field = ("dilihat", Kind::Id);
/// Numbers that may wait for news of one person: a family.
const WAITING_MAX: usize = 4;
/// Persons whose hashes begin alike: in 64 bits, never more than one.
const WATCHERS_MAX: usize = 4;
/// Nobody is told anything after this time: a card that takes longer needs an officer, not an SMS.
pub const WATCH_AGE_MAX: Duration = Duration::from_secs(180 * 86_400);
/// Steps at which there is nothing to wait for.
const LAST: [&str; 2] = [HANDED_OUT, "nonaktif"];
const HANDED_OUT: &str = "diambil";
/// Steps that a citizen is told of: they have to do something, or it is over.
const TOLD: [&str; 8] = ["belum_rekam", "gagal_rekam", "gagal_daerah", "ganda", "siap_cetak", "tercetak", "diambil", "nonaktif"];

/// Tells this number when the card has come further.
pub const WATCH: ActionSpec = ActionSpec {
    name: "ktp.kabari",
    args: &[NIK, SEEN],
    optional: &[],
    outcomes: &[
        OutcomeSpec { name: "dicatat", gives: &[], may_give: &[], items: None, writes: &["kabar"] },
        // As many wait for news of this person, or this number waits for news of as many, as may.
        OutcomeSpec { name: "penuh", gives: &[], may_give: &[], items: None, writes: &[] },
        // The number has not proved today that it knows this person.
        OutcomeSpec { name: "tak_cocok", gives: &[], may_give: &[], items: None, writes: &[] },
    ],
};

/// Who waits for news of one person.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Watcher {
    nik: Nik,
    waiting: Vec<Waiting>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Waiting {
    number: Msisdn,
    /// The status that this number knows of.
    seen: Status,
    since: Timestamp,
}

impl Stored for Watcher {
    const SPACE: Space = Space::Watcher;
    const FORMAT: u16 = 1;
}

impl Watcher {
    fn key(person: [u8; 16]) -> Key {
        Key::new(Space::Watcher).with(&person)
    }

    /// What is left of it by now; None: nothing.
    pub fn left(mut self, now: Timestamp) -> Option<Self> {
        self.waiting.retain(|waiting| now.since(waiting.since) < WATCH_AGE_MAX);
        (!self.waiting.is_empty()).then_some(self)
    }
}

/// The status to wait from, where there is something to wait for and a way to tell it.
pub(super) fn seen(office: &Office, to: Msisdn, status: Status) -> Option<(&'static str, Value)> {
    let can_tell = office.routes.reach(to) && office.registry.is_exported();
    (can_tell && !LAST.contains(&status.group())).then(|| (SEEN.0, Value::Id(status.number().into())))
}

pub(in crate::service) async fn watch(asking: &Asking, draft: &mut Draft<'_>, call: &Call) -> Result<Outcome, Fault> {
    let nik = call.nik()?;
    let seen = u8::try_from(call.id(SEEN.0)?).map_or(Status::UNKNOWN, Status::numbered);
    let person = asking.person(draft, nik);
    let caller_key = Caller::key(asking.number_hash);
    let mut caller: Caller = draft.get(&caller_key).await?.unwrap_or_default();
    let today = asking.now.day();
    if !caller.checked.is_some_and(|checked| checked.person == short(person) && checked.day == today && checked.sure) {
        return Ok(Outcome::plain("tak_cocok"));
    }
    let key = Watcher::key(person);
    let before = draft.get::<Watcher>(&key).await?.and_then(|watcher| watcher.left(asking.now));
    let mut watcher = before.unwrap_or(Watcher { nik, waiting: Vec::new() });
    watcher.waiting.retain(|waiting| waiting.number != asking.number);
    if watcher.waiting.len() >= WAITING_MAX || !caller.watch(short(person), asking.now) {
        return Ok(Outcome::plain("penuh"));
    }
    watcher.waiting.push(Waiting { number: asking.number, seen, since: asking.now });
    draft.put(key, &watcher)?;
    draft.put(caller_key, &caller)?;
    draft.durable();
    Ok(Outcome::plain("dicatat"))
}

/// Whoever came to an appointment waits for news of their card without asking for it once more. True if they do because of this.
///
/// Not who has stopped everything since they booked, who is told already, or who never proved to know the person: an appointment made while
/// the registry was silent has KK digits that nobody compared.
pub(in crate::service) async fn follow(office: &Office, asking: &Asking, draft: &mut Draft<'_>, booking: &Booking) -> Result<bool, Fault> {
    if !office.routes.reach(asking.number) || !office.registry.is_exported() {
        return Ok(false);
    }
    let person = asking.person(draft, booking.nik);
    let generation = draft.peek::<Generation>(&Generation::key()).await?.unwrap_or_default();
    let entry = draft.peek::<Entry>(&Entry::key(generation.number, person)).await?;
    let is_proved = !booking.unchecked || entry.as_ref().and_then(|entry| entry.kk).is_some_and(|kk| booking.kk.matches(kk));
    let seen = entry.map_or(Status::UNKNOWN, |entry| entry.status);
    // Where another card is wanted, the last step of the one before is only the beginning.
    let is_over = seen.group() == HANDED_OUT && matches!(booking.need, Need::Record | Need::Collect);
    if !is_proved || is_over {
        return Ok(false);
    }
    let caller_key = Caller::key(asking.number_hash);
    let mut caller: Caller = draft.get(&caller_key).await?.unwrap_or_default();
    let key = Watcher::key(person);
    let before = draft.get::<Watcher>(&key).await?.and_then(|watcher| watcher.left(asking.now));
    let mut watcher = before.unwrap_or(Watcher { nik: booking.nik, waiting: Vec::new() });
    let waits = watcher.waiting.iter().any(|waiting| waiting.number == asking.number);
    let is_full = watcher.waiting.len() >= WAITING_MAX;
    if waits || is_full || caller.has_stopped_since(booking.made) || !caller.watch(short(person), asking.now) {
        return Ok(false);
    }
    watcher.waiting.push(Waiting { number: asking.number, seen, since: asking.now });
    draft.put(key, &watcher)?;
    draft.put(caller_key, &caller)?;
    Ok(true)
}

/// The visit was no visit after all.
pub(in crate::service) async fn unfollow(asking: &Asking, draft: &mut Draft<'_>, person: u64) -> Result<(), Fault> {
    unwatch(asking, draft, person).await?;
    let caller_key = Caller::key(asking.number_hash);
    let mut caller: Caller = draft.get(&caller_key).await?.unwrap_or_default();
    if caller.unwatch(person) {
        draft.put(caller_key, &caller)?;
    }
    Ok(())
}

/// This number waits no longer for news of a person, who is known by the first half of the keyed hash.
pub(in crate::service) async fn unwatch(asking: &Asking, draft: &mut Draft<'_>, person: u64) -> Result<(), Fault> {
    let from = Key::new(Space::Watcher).with(&person.to_be_bytes());
    let until = Key::new(Space::Watcher).with(&[&person.to_be_bytes()[..], &[0xFF; 8]].concat());
    for (key, _) in draft.scan::<Watcher>(from..until, WATCHERS_MAX).await? {
        let Some(mut watcher) = draft.get::<Watcher>(&key).await? else { continue };
        watcher.waiting.retain(|waiting| waiting.number != asking.number);
        match watcher.left(asking.now) {
            Some(watcher) => draft.put(key, &watcher)?,
            None => draft.delete(key),
        }
    }
    Ok(())
}

/// What is to be told about one person, and to whom.
#[derive(Debug)]
pub struct News {
    pub nik: Nik,
    pub outcome: Outcome,
    pub told_to: Vec<(Msisdn, Class)>,
}

/// Compares what everybody who waits for news of a person knows with what the registry says, and notes it as told. Who was told the last
/// step waits no longer.
///
/// # Errors
/// A [`Fault`] of the store.
pub async fn news(
    office: &Office,
    draft: &mut Draft<'_>,
    key: &Key,
    generation: u64,
    as_of: Day,
    now: Timestamp,
) -> Result<Option<News>, Fault> {
    let Some(mut watcher) = draft.get::<Watcher>(key).await?.and_then(|watcher| watcher.left(now)) else { return Ok(None) };
    let Some(person) = key.as_bytes().get(1..).and_then(|person| person.try_into().ok()) else { return Ok(None) };
    // Who is not in this export may be in the next one.
    let Some(entry) = draft.peek::<Entry>(&Entry::key(generation, person)).await? else { return Ok(None) };
    let group = entry.status.group();
    let moved: Vec<&mut Waiting> = watcher.waiting.iter_mut().filter(|waiting| waiting.seen.group() != group).collect();
    if moved.is_empty() {
        return Ok(None);
    }
    let is_last = LAST.contains(&group);
    let mut told_to = Vec::new();
    for waiting in moved {
        waiting.seen = entry.status;
        told_to.push((waiting.number, take_note(draft, waiting.number, short(person), is_last).await?));
    }
    let nik = watcher.nik;
    // Who knew this last step before waits for another card.
    watcher.waiting.retain(|waiting| !is_last || !told_to.iter().any(|(number, _)| *number == waiting.number));
    if watcher.waiting.is_empty() {
        draft.delete(*key);
    } else {
        draft.put(*key, &watcher)?;
    }
    let Some((first, _)) = told_to.first() else { return Ok(None) };
    let outcome = told(office, *first, &Looked::Found { entry, as_of }).filter(|outcome| TOLD.contains(&outcome.name));
    Ok(outcome.map(|outcome| News { nik, outcome, told_to }))
}

/// How much a number wants the news of a person; after the last of it the person is on its list no more.
async fn take_note(draft: &mut Draft<'_>, number: Msisdn, person: u64, is_last: bool) -> Result<Class, Fault> {
    let key = Caller::key(draft.number_hash(number));
    let Some(mut caller) = draft.get::<Caller>(&key).await? else { return Ok(Class::Notice) };
    let class = caller.class_of_news(person);
    if is_last && caller.unwatch(person) {
        draft.put(key, &caller)?;
    }
    Ok(class)
}
