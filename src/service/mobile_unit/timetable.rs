//! When the unit comes to a village, for whoever asks; and the list of who waits for it.

use super::stop::Stop;
use super::village::{Named, Village};
use super::waiting::{Home, Waiter};
use crate::gsm;
use crate::menu::{ActionSpec, Call, Field, Kind, Outcome, OutcomeSpec, Value};
use crate::service::appointment;
use crate::service::{Asking, CallArgs, Message, Office, Said, caller};
use crate::store::queue::Class;
use crate::store::{Draft, Fault, Key};

const VILLAGE_ID: Field = ("desa_id", Kind::Id);
const VILLAGE: Field = ("nama_desa", Kind::Text(21));
/// By which one village is told from the others of a list.
const CALLED: Field = ("sebutan", Kind::Text(21));
const HOME: Field = ("rumah", Kind::Word);
/// What a page holds of the longest name.
const NAME_SEPTETS_MAX: usize = 21;
/// Stops shown at once: three pages.
const SHOWN_MAX: usize = 12;
/// Villages that one number waits in, each of which keeps a seat for it: its own, and those of kin.
const VILLAGES_MAX: usize = 5;

const fn plain(name: &'static str) -> OutcomeSpec {
    OutcomeSpec { name, gives: &[], may_give: &[], items: None, writes: &[] }
}

/// A village by its name, or by that of its kecamatan, as somebody types it.
pub const VILLAGE_NAMED: ActionSpec = ActionSpec {
    name: "desa.cari",
    args: &[("desa", Kind::Text(40))],
    optional: &[],
    outcomes: &[
        OutcomeSpec { name: "satu", gives: &[VILLAGE_ID, VILLAGE], may_give: &[], items: None, writes: &[] },
        OutcomeSpec { name: "banyak", gives: &[], may_give: &[], items: Some(&[VILLAGE_ID, VILLAGE, CALLED]), writes: &[] },
        plain("tak_ada"),
    ],
};

/// The stops that were published for a village and have a seat left, soonest first.
pub const TIMETABLE: ActionSpec = ActionSpec {
    name: "keliling.jadwal",
    args: &[VILLAGE_ID],
    optional: &[],
    outcomes: &[
        OutcomeSpec {
            name: "ada",
            gives: &[],
            may_give: &[],
            items: Some(&[
                ("tempat_id", Kind::Id),
                ("tempat", Kind::Text(20)),
                ("hari", Kind::Day),
                ("jam", Kind::Window),
                ("sisa", Kind::Number(3)),
            ]),
            writes: &[],
        },
        // None, and this number waits for one.
        OutcomeSpec { name: "antre", gives: &[("sejak", Kind::Moment)], may_give: &[], items: None, writes: &[] },
        plain("kosong"),
    ],
};

/// Puts this number on the list of a village; once more changes only whether somebody wants to be visited at home.
pub const JOIN: ActionSpec = ActionSpec {
    name: "keliling.antre",
    args: &[VILLAGE_ID],
    optional: &[HOME],
    outcomes: &[
        OutcomeSpec { name: "dicatat", gives: &[], may_give: &[], items: None, writes: &["antre"] },
        // Nobody could be told that the unit comes. Nothing is kept.
        plain("tanpa_sms"),
    ],
};

/// Takes it off again.
pub const LEAVE: ActionSpec = ActionSpec { name: "keliling.keluar", args: &[VILLAGE_ID], optional: &[], outcomes: &[plain("keluar")] };

pub(in crate::service) fn village_named(call: &Call) -> Result<Outcome, Fault> {
    Ok(match Village::named(call.text("desa")?) {
        Named::None => Outcome::plain("tak_ada"),
        Named::One(village) => Outcome { name: "satu", values: village_values(village), items: Vec::new() },
        Named::Twins(villages) => which(&villages, |village| format!("Kec. {}", village.district_name())),
        Named::District(villages) => which(&villages, |village| village.name().to_owned()),
    })
}

fn which(villages: &[Village], called: impl Fn(&Village) -> String) -> Outcome {
    let item = |village: &Village| {
        let mut values = village_values(*village);
        values.push((CALLED.0, Value::Text(gsm::cut(&called(village), NAME_SEPTETS_MAX))));
        values
    };
    Outcome::list("banyak", villages.iter().map(item).collect())
}

pub(super) fn village_values(village: Village) -> Vec<(&'static str, Value)> {
    vec![(VILLAGE_ID.0, Value::Id(village.number().into())), (VILLAGE.0, Value::Text(gsm::cut(village.name(), NAME_SEPTETS_MAX)))]
}

pub(in crate::service) async fn timetable(office: &Office, asking: &Asking, draft: &mut Draft<'_>, call: &Call) -> Result<Outcome, Fault> {
    let village = village(call)?;
    caller::note_home(draft, asking.number_hash, village).await?;
    let mut items = Vec::new();
    for (place, stop) in Stop::ahead(draft, village, asking.now.day()).await? {
        let open = appointment::open_seats(office, draft, Some(asking.number), place, asking.now).await?;
        // Nobody is told of what they cannot come to any more. Who finds all of it full may wait for another.
        if let Some(left) = open.filter(|left| *left > 0) {
            items.push(vec![
                ("tempat_id", Value::Id(place.into())),
                ("tempat", Value::Text(stop.label())),
                ("hari", Value::Day(stop.day)),
                ("jam", Value::Window { from: stop.hours.from, to: stop.hours.to }),
                ("sisa", Value::Number(u32::try_from(left).unwrap_or(u32::MAX))),
            ]);
        }
    }
    items.truncate(SHOWN_MAX);
    if !items.is_empty() {
        return Ok(Outcome::list("ada", items));
    }
    Ok(match draft.peek::<Waiter>(&Waiter::key(village, asking.number_hash)).await? {
        Some(waiter) => Outcome { name: "antre", values: vec![("sejak", Value::Moment(waiter.since))], items: Vec::new() },
        None => Outcome::plain("kosong"),
    })
}

pub(in crate::service) async fn join(office: &Office, asking: &Asking, draft: &mut Draft<'_>, call: &Call) -> Result<Said, Fault> {
    if !office.routes.reach(asking.number) {
        return Ok(Outcome::plain("tanpa_sms").into());
    }
    let key = Waiter::key(village(call)?, asking.number_hash);
    let messages = make_room(draft, asking, key).await?;
    let mut waiter = draft.get::<Waiter>(&key).await?.unwrap_or_else(|| Waiter::new(asking.number, asking.now));
    if let Some(Value::Word(word)) = call.value(HOME.0) {
        waiter.home = Home::from_word(word);
    }
    waiter.seats = waiter.seats.max(1);
    draft.put(key, &waiter)?;
    draft.durable();
    Ok(Said { outcome: Outcome::plain("dicatat"), messages })
}

/// Takes a number off the list where it has waited longest, if one more would be too many; and says so.
async fn make_room(draft: &mut Draft<'_>, asking: &Asking, joined: Key) -> Result<Vec<Message>, Fault> {
    let mut others = Waiter::of_number(draft, asking.number_hash).await?;
    others.retain(|(key, _)| *key != joined);
    others.sort_by_key(|(_, waiter)| waiter.since);
    let surplus = (others.len() + 1).saturating_sub(VILLAGES_MAX);
    let mut messages = Vec::new();
    for (key, _) in others.into_iter().take(surplus) {
        draft.delete(key);
        if let Some(village) = Waiter::village(&key) {
            let (template, reference) = ("antre_lepas", village.code());
            // Beside the page, not in its place.
            messages.push(Message { to: None, class: Class::Owed, template, reference, values: village_values(village) });
        }
    }
    Ok(messages)
}

pub(in crate::service) async fn leave(asking: &Asking, draft: &mut Draft<'_>, call: &Call) -> Result<Outcome, Fault> {
    let village = village(call)?;
    let mut was_invited = false;
    for (place, _) in Stop::ahead(draft, village, asking.now.day()).await? {
        let key = Stop::key(place);
        if let Some(mut stop) = draft.get::<Stop>(&key).await?.filter(|stop| stop.has_claim(asking.number_hash, asking.now)) {
            stop.claims.retain(|claim| claim.number_hash != asking.number_hash);
            draft.put(key, &stop)?;
            was_invited = true;
        }
    }
    let key = Waiter::key(village, asking.number_hash);
    match draft.get::<Waiter>(&key).await? {
        // They decline a seat: whoever cannot leave the house is to be visited all the same.
        Some(waiter) if was_invited && waiter.home.is_some() => draft.put(key, &Waiter { seats: 0, ..waiter })?,
        _ => draft.delete(key),
    }
    draft.durable();
    Ok(Outcome::plain("keluar"))
}

fn village(call: &Call) -> Result<Village, Fault> {
    Village::from_number(call.id(VILLAGE_ID.0)?).ok_or(Fault::Call(VILLAGE_ID.0))
}
