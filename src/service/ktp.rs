//! The e-KTP status of a person, for somebody who knows the NIK and the last four digits of the KK.

mod late;
mod link;
mod watch;

use std::time::Duration;

pub use late::{LATE_FIRST_TRY, answer, close};
pub use link::Linked;
pub(super) use link::remember;
pub use watch::{News, WATCH, WATCH_AGE_MAX, Watcher, news};
pub(super) use watch::{follow, unfollow, unwatch, watch};

use serde::{Deserialize, Serialize};

use super::caller::{Caller, Checked};
use super::{Asking, CallArgs, Office, Registry};
use crate::citizen::{KkDigits, Msisdn, Nik};
use crate::clock::{self, Day, Timestamp};
use crate::menu::{ActionSpec, Call, Field, Kind, Outcome, OutcomeSpec, Value};
use crate::registry::{Answer, Status};
use crate::store::{self, Draft, Fault, Key, Space, Stored};

const NIK: Field = ("nik", Kind::Nik);
const KK: Field = ("kk", Kind::Kk);
/// Day of the last step at the registry, when the export tells it.
const DAY: Field = ("tanggal", Kind::Day);
/// Where the card is or will be, cut to 20 septets.
const PLACE: Field = ("tempat_ktp", Kind::Text(20));
/// When the registry's data were exported.
const AS_OF: Field = ("per", Kind::Day);

const fn plain(name: &'static str) -> OutcomeSpec {
    OutcomeSpec { name, gives: &[], may_give: &[], items: None, writes: &[] }
}

const fn known(name: &'static str) -> OutcomeSpec {
    OutcomeSpec { name, gives: &[AS_OF, PLACE, DAY], may_give: &[watch::SEEN], items: None, writes: &[] }
}

/// The persons this number has looked up before and asked us to remember.
pub const LINKS: ActionSpec = ActionSpec {
    name: "ktp.ingat_daftar",
    args: &[],
    optional: &[],
    outcomes: &[
        plain("kosong"),
        // Each item also carries the NIK; choosing one puts it into the session.
        OutcomeSpec { name: "ada", gives: &[], may_give: &[], items: Some(&[NIK]), writes: &[] },
    ],
};

/// The status itself. Without `kk` it answers only for a person linked to this number.
pub const STATUS: ActionSpec = ActionSpec {
    name: "ktp.status",
    args: &[NIK],
    optional: &[KK],
    outcomes: &[
        known("belum_wajib"),
        known("belum_rekam"),
        known("sudah_rekam"),
        known("di_pusat"),
        known("gagal_rekam"),
        known("gagal_daerah"),
        known("ganda"),
        known("siap_cetak"),
        known("antre_cetak"),
        known("tercetak"),
        known("dikirim"),
        known("diambil"),
        known("nonaktif"),
        known("diproses"),
        // Without KK digits, of a person whom this number is not linked to; nothing was looked up.
        plain("minta_kk"),
        // Not found and wrong KK digits are one outcome, so that nobody learns which NIK exist.
        plain("tak_cocok"),
        // Three wrong KK digits today for this number and NIK, or too many for this NIK over all numbers.
        plain("terkunci"),
        // This number has looked up as many different persons as it may today or this month.
        plain("batas"),
        // The registry did not answer in time or is down; a due record keeps the question, and the answer comes by SMS.
        OutcomeSpec { name: "tercatat", gives: &[("nomor", Kind::Code)], may_give: &[], items: None, writes: &["tunda"] },
        // The same where no SMS can be sent: nothing is kept.
        plain("belum_jawab"),
    ],
};

/// Remembers the pair (number, NIK) after a right answer.
pub const REMEMBER: ActionSpec = ActionSpec {
    name: "ktp.ingat",
    args: &[NIK, KK],
    optional: &[],
    outcomes: &[
        OutcomeSpec { name: "diingat", gives: &[], may_give: &[], items: None, writes: &["tautan"] },
        plain("penuh"),
        plain("tak_cocok"),
    ],
};

/// Wrong KK digits for one NIK in a day, over all numbers, after which only linked numbers are answered.
const GUARD_A_DAY_MAX: u8 = 10;
/// The same in a calendar month.
const GUARD_A_MONTH_MAX: u8 = 30;

/// One person as the registry's last export knows them. The NIK is in the key only, as a keyed hash.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Entry {
    pub kk: Option<KkDigits>,
    pub status: Status,
    pub day: Option<Day>,
    pub place: String,
}

impl Stored for Entry {
    const SPACE: Space = Space::Registry;
    const FORMAT: u16 = 1;
}

impl Entry {
    pub fn key(generation: u64, person: [u8; 16]) -> Key {
        Self::first(generation).with(&person)
    }

    /// Before every entry of an import.
    pub fn first(generation: u64) -> Key {
        Key::new(Space::Registry).with(&generation.to_be_bytes())
    }
}

/// Which import is in force.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Generation {
    pub number: u64,
    pub as_of: Day,
    pub rows: u64,
}

impl Stored for Generation {
    const SPACE: Space = Space::Generation;
    const FORMAT: u16 = 1;
}

impl Generation {
    pub fn key() -> Key {
        Key::new(Space::Generation)
    }
}

/// Wrong KK digits typed for one NIK by anybody.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct Guard {
    day: Day,
    today: u8,
    month: u8,
}

impl Stored for Guard {
    const SPACE: Space = Space::Guard;
    const FORMAT: u16 = 1;
}

impl Guard {
    fn key(person: [u8; 16]) -> Key {
        Key::new(Space::Guard).with(&person)
    }

    /// What is left of it by now; None: nothing that still counts.
    pub fn left(self, now: Timestamp) -> Option<Self> {
        (self.day.date() >= now.day().date().first_of_month()).then_some(self)
    }

    fn is_shut(&self, today: Day) -> bool {
        let month = today.date().first_of_month();
        self.day == today && self.today >= GUARD_A_DAY_MAX || self.day.date() >= month && self.month >= GUARD_A_MONTH_MAX
    }

    fn note_wrong(&mut self, today: Day) {
        let same_month = self.day.date() >= today.date().first_of_month();
        self.today = if self.day == today { self.today.saturating_add(1) } else { 1 };
        self.month = if same_month { self.month.saturating_add(1) } else { 1 };
        self.day = today;
    }
}

/// What a look-up by NIK and KK digits came to.
pub(super) enum Looked {
    Found {
        entry: Entry,
        as_of: Day,
    },
    /// Not found or wrong digits: one answer for both, on one path.
    NoMatch,
    Locked,
    OverBudget,
    /// No KK digits, and this number is not linked to the person.
    Unlinked,
    /// The registry is late or down.
    Unanswered,
}

/// Who counts the persons that a number looks up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Budget {
    Own,
    /// A coordinator's, who was asked already.
    Neighbours,
}

/// Looks a person up for a number, counts it, and notes wrong digits.
pub(super) async fn look(office: &Office, asking: &Asking, draft: &mut Draft<'_>, nik: Nik, kk: Option<KkDigits>) -> Result<Looked, Fault> {
    look_by(office, asking, draft, nik, kk, Budget::Own).await
}

/// The same on another budget.
pub(super) async fn look_by(
    office: &Office,
    asking: &Asking,
    draft: &mut Draft<'_>,
    nik: Nik,
    kk: Option<KkDigits>,
    budget: Budget,
) -> Result<Looked, Fault> {
    let today = asking.now.day();
    let person = asking.person(draft, nik);
    let short = short(person);
    let caller_key = Caller::key(asking.number_hash);
    let mut caller: Caller = draft.get(&caller_key).await?.unwrap_or_default();
    let linked = caller.is_linked(nik, asking.now);
    if kk.is_none() && !linked {
        return Ok(Looked::Unlinked);
    }
    if caller.is_locked(short, today) {
        return Ok(Looked::Locked);
    }
    if budget == Budget::Own && !caller.may_ask(short, today) {
        return Ok(Looked::OverBudget);
    }
    if !linked && is_guarded(draft, person, today).await? {
        return Ok(Looked::Locked);
    }
    match ask(office, draft, nik, kk, Waits::InTurn(asking.registry)).await? {
        Known::Unanswered => {
            caller.checked = Some(Checked { person: short, day: today, sure: false });
            draft.put(caller_key, &caller)?;
            Ok(Looked::Unanswered)
        }
        Known::Answered { entry, as_of } => judge(asking, draft, caller, nik, kk, entry, as_of.unwrap_or(today)).await,
    }
}

/// How long the registry is waited for.
#[derive(Clone, Copy, Debug)]
pub enum Waits {
    /// A citizen is on the line, for whom there is so much time.
    InTurn(Duration),
    /// Nobody is: for so long, and however often it has failed.
    For(Duration),
}

impl Waits {
    const fn span(self) -> Duration {
        match self {
            Self::InTurn(span) | Self::For(span) => span,
        }
    }
}

/// What the registry itself said.
#[derive(Debug)]
pub enum Known {
    Answered {
        entry: Option<Entry>,
        /// The day of the export; None: now.
        as_of: Option<Day>,
    },
    Unanswered,
}

/// Asks the registry, whichever there is.
///
/// # Errors
/// A [`Fault`] of the store.
pub async fn ask(office: &Office, draft: &Draft<'_>, nik: Nik, kk: Option<KkDigits>, waits: Waits) -> Result<Known, Fault> {
    let answer = match &office.registry {
        Registry::File => return ask_export(draft, nik, waits).await,
        Registry::Held(held) => {
            let mut held = held.clone();
            let answers = !*held.borrow() || clock::within(waits.span(), held.wait_for(|held| !held)).await.is_some();
            return if answers { ask_export(draft, nik, waits).await } else { Ok(Known::Unanswered) };
        }
        Registry::Http(http) => match waits {
            Waits::InTurn(_) => http.look(nik, kk, waits.span()).await,
            Waits::For(span) => http.look_patiently(nik, kk, span).await,
        },
    };
    Ok(match answer {
        Answer::Found(found) => {
            let entry = Entry { kk: found.kk, status: found.status, day: found.day, place: found.place };
            Known::Answered { entry: Some(entry), as_of: None }
        }
        Answer::Unknown => Known::Answered { entry: None, as_of: None },
        Answer::Late | Answer::Down => Known::Unanswered,
    })
}

/// Asks the export in force.
async fn ask_export(draft: &Draft<'_>, nik: Nik, waits: Waits) -> Result<Known, Fault> {
    let in_force = draft.peek::<Generation>(&Generation::key()).await?;
    if in_force.is_none() && matches!(waits, Waits::For(_)) {
        // Asked of a look-up service before: the first export will tell.
        return Ok(Known::Unanswered);
    }
    let generation = in_force.unwrap_or_default();
    let person = draft.store().hash(store::Field::Nik, &nik.number().to_be_bytes());
    let entry = draft.peek::<Entry>(&Entry::key(generation.number, person)).await?;
    Ok(Known::Answered { entry, as_of: Some(generation.as_of) })
}

/// Compares what the registry knows with what was typed, and notes wrong digits. Not found and wrong digits take one path.
async fn judge(
    asking: &Asking,
    draft: &mut Draft<'_>,
    mut caller: Caller,
    nik: Nik,
    kk: Option<KkDigits>,
    entry: Option<Entry>,
    as_of: Day,
) -> Result<Looked, Fault> {
    let today = asking.now.day();
    let person = asking.person(draft, nik);
    let linked = caller.is_linked(nik, asking.now);
    let right = |entry: &Entry| match (kk, entry.kk) {
        (Some(typed), Some(known)) => typed.matches(known),
        // An export without KK digits cannot prove anybody; only a link can.
        (Some(_), None) => false,
        (None, _) => linked,
    };
    let looked = match entry.filter(right) {
        Some(entry) => {
            caller.checked = Some(Checked { person: short(person), day: today, sure: true });
            caller.note_used(today);
            if linked {
                caller.touch(nik, asking.now);
            }
            Looked::Found { entry, as_of }
        }
        None => {
            caller.note_wrong(short(person), today);
            note_wrong(draft, person, today).await?;
            Looked::NoMatch
        }
    };
    draft.put(Caller::key(asking.number_hash), &caller)?;
    Ok(looked)
}

/// Were so many wrong KK digits typed for this person that only linked numbers are answered?
pub(super) async fn is_guarded(draft: &Draft<'_>, person: [u8; 16], today: Day) -> Result<bool, Fault> {
    Ok(draft.peek::<Guard>(&Guard::key(person)).await?.is_some_and(|guard| guard.is_shut(today)))
}

pub(super) async fn note_wrong(draft: &mut Draft<'_>, person: [u8; 16], today: Day) -> Result<(), Fault> {
    let key = Guard::key(person);
    let mut guard: Guard = draft.get(&key).await?.unwrap_or_default();
    guard.note_wrong(today);
    draft.put(key, &guard)
}

pub(super) async fn links(asking: &Asking, draft: &mut Draft<'_>) -> Result<Outcome, Fault> {
    let caller: Caller = draft.peek(&Caller::key(asking.number_hash)).await?.unwrap_or_default();
    let items: Vec<_> = caller.linked(asking.now).map(|nik| vec![("nik", Value::Nik(nik))]).collect();
    Ok(if items.is_empty() { Outcome::plain("kosong") } else { Outcome::list("ada", items) })
}

pub(super) async fn status(office: &Office, asking: &Asking, draft: &mut Draft<'_>, call: &Call) -> Result<Outcome, Fault> {
    let nik = call.nik()?;
    let looked = look(office, asking, draft, nik, call.kk()).await?;
    match told(office, asking.number, &looked) {
        Some(outcome) => Ok(outcome),
        None if !office.routes.reach(asking.number) => Ok(Outcome::plain("belum_jawab")),
        None => {
            let code = late::keep(asking, draft, nik, call.kk()).await?;
            Ok(Outcome { name: "tercatat", values: vec![("nomor", Value::Code(code))], items: Vec::new() })
        }
    }
}

/// The outcome of a look-up, for this number; None if there was no answer.
fn told(office: &Office, to: Msisdn, looked: &Looked) -> Option<Outcome> {
    Some(match looked {
        Looked::Found { entry, as_of } => {
            let mut values = vec![
                ("per", Value::Day(*as_of)),
                ("tempat_ktp", Value::Text(shown_place(office, &entry.place))),
                ("tanggal", Value::Day(entry.day.unwrap_or(*as_of))),
            ];
            values.extend(watch::seen(office, to, entry.status));
            Outcome { name: entry.status.group(), values, items: Vec::new() }
        }
        Looked::Unlinked => Outcome::plain("minta_kk"),
        Looked::NoMatch => Outcome::plain("tak_cocok"),
        Looked::Locked => Outcome::plain("terkunci"),
        Looked::OverBudget => Outcome::plain("batas"),
        Looked::Unanswered => return None,
    })
}

/// The first eight bytes of a person's hash.
pub(super) fn short(person: [u8; 16]) -> u64 {
    let [a, b, c, d, e, f, g, h, ..] = person;
    u64::from_be_bytes([a, b, c, d, e, f, g, h])
}

/// Where the export names no place, the card is at the capital's office.
fn shown_place(office: &Office, place: &str) -> String {
    if place.is_empty() { office.places.capital().map_or_else(String::new, |capital| capital.name.clone()) } else { place.to_owned() }
}
