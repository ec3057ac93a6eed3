//! A citizen's word about their number: which messages they want, what we hold about it, and that it be forgotten.

use serde::{Deserialize, Serialize};

use super::appointment;
use super::caller::{Caller, Wanted};
use super::ktp;
use super::mobile_unit::Waiter;
use super::outreach;
use super::{Asking, CallArgs};
use crate::menu::{ActionSpec, Call, Field, Kind, Outcome, OutcomeSpec, Value};
use crate::store::{Draft, Fault};

/// Persons remembered.
const LINKED: Field = ("diingat", Kind::Number(1));
/// Persons whose news the number waits for, and villages to which it waits for the mobile unit.
const WATCHED: Field = ("minta", Kind::Number(1));
/// Appointments ahead.
const BOOKED: Field = ("janji", Kind::Number(1));
/// Complaints, and requests for a human.
const TOLD: Field = ("laporan", Kind::Number(1));
/// Questions that the registry has not answered yet.
const ASKED: Field = ("tanya", Kind::Number(2));

/// What one digit shows.
const SHOWN_MAX: usize = 9;

const LANGUAGE_CHOSEN: Field = ("bahasa", Kind::Word);
/// What the number is to the office beside a citizen's.
const ROLE: Field = ("peran", Kind::Word);
/// In place of a language, for who has not chosen one.
const NONE_CHOSEN: &str = "baku";

const fn recorded(name: &'static str, what: &'static [&'static str]) -> OutcomeSpec {
    OutcomeSpec { name, gives: &[], may_give: &[], items: None, writes: what }
}

/// No announcements any more.
pub const STOP: ActionSpec = ActionSpec {
    name: "privasi.stop",
    args: &[],
    optional: &[],
    // `semua`: everything had been stopped, and still is.
    outcomes: &[recorded("dicatat", &["pilihan"]), recorded("semua", &["pilihan"])],
};

/// Nothing any more but direct replies.
pub const STOP_ALL: ActionSpec =
    ActionSpec { name: "privasi.stop_semua", args: &[], optional: &[], outcomes: &[recorded("dicatat", &["pilihan"])] };

/// Everything again.
pub const START: ActionSpec = ActionSpec {
    name: "privasi.mulai",
    args: &[],
    optional: &[],
    // `tetap`: nothing had been stopped.
    outcomes: &[recorded("dicatat", &["pilihan"]), recorded("tetap", &[])],
};

/// In which language this number is written to.
pub const LANGUAGE: ActionSpec =
    ActionSpec { name: "privasi.bahasa", args: &[LANGUAGE_CHOSEN], optional: &[], outcomes: &[recorded("diingat", &["pilihan"])] };

/// How much we hold about this number; nothing of what it says.
pub const DATA: ActionSpec = ActionSpec {
    name: "privasi.data",
    args: &[],
    optional: &[],
    outcomes: &[
        OutcomeSpec {
            name: "ada",
            gives: &[LINKED, WATCHED, BOOKED, ASKED, TOLD, LANGUAGE_CHOSEN, ROLE],
            may_give: &[],
            items: None,
            writes: &[],
        },
        recorded("kosong", &[]),
    ],
};

/// Forgets what this number had us remember. What others count on stays: appointments, complaints, and questions under way.
pub const FORGET: ActionSpec = ActionSpec {
    name: "privasi.hapus",
    args: &[],
    optional: &[],
    outcomes: &[
        recorded("dihapus", &["hapus"]),
        OutcomeSpec { name: "sisa", gives: &[BOOKED, ASKED, TOLD], may_give: &[], items: None, writes: &["hapus"] },
    ],
};

pub(super) async fn stop(asking: &Asking, draft: &mut Draft<'_>) -> Result<Outcome, Fault> {
    // Who wants replies only has not asked for more by this.
    let wanted = want(asking, draft, |wanted| if wanted == Wanted::All { Wanted::NoAnnouncements } else { wanted }).await?;
    Ok(Outcome::plain(if matches!(wanted.now, Wanted::RepliesOnly { .. }) { "semua" } else { "dicatat" }))
}

pub(super) async fn stop_all(asking: &Asking, draft: &mut Draft<'_>) -> Result<Outcome, Fault> {
    want(asking, draft, |_| Wanted::RepliesOnly { since: asking.now }).await?;
    Ok(Outcome::plain("dicatat"))
}

pub(super) async fn start(asking: &Asking, draft: &mut Draft<'_>) -> Result<Outcome, Fault> {
    let wanted = want(asking, draft, |_| Wanted::All).await?;
    Ok(Outcome::plain(if wanted.before == Wanted::All { "tetap" } else { "dicatat" }))
}

struct Changed {
    before: Wanted,
    now: Wanted,
}

async fn want(asking: &Asking, draft: &mut Draft<'_>, change: impl Fn(Wanted) -> Wanted) -> Result<Changed, Fault> {
    let key = Caller::key(asking.number_hash);
    let mut caller: Caller = draft.get(&key).await?.unwrap_or_default();
    let before = caller.wanted;
    caller.wanted = change(before);
    if caller.wanted != before {
        draft.put(key, &caller)?;
        draft.durable();
    }
    Ok(Changed { before, now: caller.wanted })
}

pub(super) async fn choose_language(asking: &Asking, draft: &mut Draft<'_>, call: &Call) -> Result<Outcome, Fault> {
    let chosen = call.word(LANGUAGE_CHOSEN.0)?;
    let key = Caller::key(asking.number_hash);
    let mut caller: Caller = draft.get(&key).await?.unwrap_or_default();
    if caller.language.as_deref() != Some(chosen) {
        caller.language = Some(chosen.to_owned());
        draft.put(key, &caller)?;
        draft.durable();
    }
    Ok(Outcome::plain("diingat"))
}

pub(super) async fn data(asking: &Asking, draft: &Draft<'_>) -> Result<Outcome, Fault> {
    let caller: Caller = draft.peek(&Caller::key(asking.number_hash)).await?.unwrap_or_default();
    let linked = caller.linked(asking.now).count();
    let (asked, told) = (caller.questions(), caller.tickets.len());
    let awaited = Waiter::of_number(draft, asking.number_hash).await?.len();
    let watched = (caller.watched(asking.now).count() + awaited).min(SHOWN_MAX);
    let booked = appointment::ahead(asking, draft).await?.len();
    let is_coordinator = outreach::is_coordinator(asking, draft).await?;
    let role = match (is_coordinator, outreach::is_follower(asking, draft).await?) {
        (false, false) => "warga",
        (true, false) => "kader",
        (false, true) => "pengumuman",
        (true, true) => "keduanya",
    };
    if [linked, watched, booked, asked, told].iter().all(|count| *count == 0) && caller.language.is_none() && role == "warga" {
        return Ok(Outcome::plain("kosong"));
    }
    let language = (LANGUAGE_CHOSEN.0, Value::Word(caller.language.unwrap_or_else(|| NONE_CHOSEN.to_owned())));
    let counts = [number(LINKED, linked), number(WATCHED, watched), number(BOOKED, booked), number(ASKED, asked), number(TOLD, told)];
    let values = counts.into_iter().chain([language, (ROLE.0, Value::Word(role.to_owned()))]).collect();
    Ok(Outcome { name: "ada", values, items: Vec::new() })
}

/// What is still kept about a number that was forgotten: others count on it, and it ends by itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    pub bookings: usize,
    pub questions: usize,
    pub tickets: usize,
}

pub(super) async fn forget(asking: &Asking, draft: &mut Draft<'_>) -> Result<Outcome, Fault> {
    let kept = forget_number(asking, draft).await?;
    if kept == Kept::default() {
        return Ok(Outcome::plain("dihapus"));
    }
    let values = vec![number(BOOKED, kept.bookings), number(ASKED, kept.questions), number(TOLD, kept.tickets)];
    Ok(Outcome { name: "sisa", values, items: Vec::new() })
}

/// Forgets what a number had us remember, whoever asks for it on its behalf.
///
/// # Errors
/// A [`Fault`] of the store.
pub async fn forget_number(asking: &Asking, draft: &mut Draft<'_>) -> Result<Kept, Fault> {
    let key = Caller::key(asking.number_hash);
    let mut caller: Caller = draft.get(&key).await?.unwrap_or_default();
    let watched: Vec<u64> = caller.watched(asking.now).collect();
    for person in watched {
        ktp::unwatch(asking, draft, person).await?;
    }
    for (key, _) in Waiter::of_number(draft, asking.number_hash).await? {
        draft.delete(key);
    }
    caller.forget();
    outreach::forget(asking, draft).await?;
    draft.put(key, &caller)?;
    draft.durable();
    Ok(Kept { bookings: appointment::ahead(asking, draft).await?.len(), questions: caller.questions(), tickets: caller.tickets.len() })
}

fn number(field: Field, count: usize) -> (&'static str, Value) {
    (field.0, Value::Number(u32::try_from(count).unwrap_or(u32::MAX)))
}
