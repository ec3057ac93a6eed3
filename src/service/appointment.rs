//! Appointments at an office: places, days and windows, a hold while the citizen confirms, the booking and its code.

mod actions;
mod booking;
mod broken;
mod change;
mod near;
mod remind;
mod seats;
mod site;
mod slot;
mod transfer;
mod visit;

use std::time::Duration;

use actions::NEED;
pub use actions::{
    ATTEND, BOOK, CANCEL, CAPITAL, CHECK, DISTRICTS, FIND, HOLD, HOLD_BESIDE, MINE, MOVE, NEAR, ONLY, OWN, RELEASE, SLOTS, SLOTS_BESIDE,
};
pub use booking::{Booking, BookingState, Moving, Need};
pub use broken::{tell_of_device, unaware};
pub(super) use change::{ahead, attend, cancel, find, hold_beside, mine, move_over, only, own};
pub(super) use near::near;
pub use remind::{codes_on, remind, whom_to_remind};
pub use seats::{Seats, seats};
pub use site::{Look, Site, free, open_seats, sites_on};
pub use slot::{Seat, Slot};
pub(super) use transfer::reseat;
pub use transfer::{Moved, at, class_of_news, over};
pub use visit::{Came, Marked, Visit, mark};

use super::caller::{Caller, Checked, Hold};
use super::code::{self, CodeRow};
use super::ktp::{self, Budget, Looked};
use super::mobile_unit::STOPS_FROM;
use super::outreach::Neighbour;
use super::place::{Device, Place, SlotId};
use super::{Asking, CallArgs, Message, Office, Said, outreach};
use crate::citizen::{KkDigits, Msisdn, Nik, code as citizen_code};
use crate::clock::{Day, Timestamp};
use crate::menu::{Call, Outcome, Value};
use crate::store::queue::Class;
use crate::store::{Draft, Fault, Key};
use slot::{SeatState, Taken};

/// How long a seat is kept while the citizen reads the summary: a telco cuts a dialogue after at most so long.
const HOLD_AGE_MAX: Duration = Duration::from_secs(180);
/// Most seats of one window: a slot is one record of at most 32 KiB, and a seat takes up to 40 bytes of it.
pub const SEATS_MAX: u16 = 500;
/// Windows offered at once: three pages of five.
const OFFERED_MAX: usize = 15;
/// Days read from the store at a time while looking for free windows.
const DAYS_A_SCAN: i32 = 7;
/// Early recording is possible from this age; a card is printed from 17.
const AGE_YEARS_MIN: i16 = 16;

pub(super) async fn check(office: &Office, asking: &Asking, draft: &mut Draft<'_>, call: &Call) -> Result<Outcome, Fault> {
    let Some(may_help) = outreach::helps_on(asking, draft, call).await? else {
        return check_on(office, asking, draft, call, Budget::Own).await;
    };
    if !may_help {
        return Ok(Outcome::plain("batas"));
    }
    let mut outcome = check_on(office, asking, draft, call, Budget::Neighbours).await?;
    if outcome.name == "boleh" {
        outcome.values.extend(outreach::said_of_neighbour(call));
    }
    Ok(outcome)
}

/// On whoever's budget.
pub(super) async fn check_on(
    office: &Office,
    asking: &Asking,
    draft: &mut Draft<'_>,
    call: &Call,
    budget: Budget,
) -> Result<Outcome, Fault> {
    let nik = call.nik()?;
    if is_too_young(nik, asking.now.day()) {
        return Ok(Outcome::plain("belum_umur"));
    }
    let card_place = match ktp::look_by(office, asking, draft, nik, call.kk(), budget).await? {
        Looked::Found { entry, .. } => office.places.named(&entry.place),
        Looked::Unanswered => None,
        Looked::NoMatch | Looked::Unlinked => return Ok(Outcome::plain("tak_cocok")),
        Looked::Locked => return Ok(Outcome::plain("terkunci")),
        Looked::OverBudget => return Ok(Outcome::plain("batas")),
    };
    // Who comes from the timetable or an invitation has chosen a stop.
    let stop = match call.value("tempat_id") {
        Some(Value::Id(id)) => u16::try_from(*id).ok().filter(|id| *id >= STOPS_FROM),
        _ => None,
    };
    if let Some(place) = stop
        && let Some(site) = Site::shown(office, draft, place).await?
        && site.windows(office, asking.now).next().is_some()
    {
        return Ok(Outcome { name: "boleh", values: site.values(), items: Vec::new() });
    }
    let caller: Caller = draft.peek(&Caller::key(asking.number_hash)).await?.unwrap_or_default();
    // The capital's office has a choice of its own on that page already. A neighbour lives where they live.
    let own_place = caller.place.filter(|_| budget == Budget::Own);
    let values = own_place
        .and_then(|id| office.places.place(id))
        .or(card_place)
        .filter(|place| !place.is_capital)
        .map(place_values)
        .unwrap_or_default();
    Ok(Outcome { name: "boleh", values, items: Vec::new() })
}

/// A NIK holds the day of birth, but not the century: whoever may be a hundred is not sent away as a baby.
fn is_too_young(nik: Nik, today: Day) -> bool {
    let Ok(facts) = Nik::read(&nik.reveal(), today) else { return false };
    let turned = facts.born.date().checked_add(jiff::Span::new().years(AGE_YEARS_MIN));
    facts.born_alternative.is_none() && turned.is_ok_and(|turned| turned > today.date())
}

/// Without those that cannot do what is needed; all of them, if none can.
pub(super) async fn districts(office: &Office, draft: &Draft<'_>, call: &Call) -> Result<Outcome, Fault> {
    let mut able = Vec::new();
    for place in office.places.districts() {
        able.extend(Device::serves(draft, place, need(call)).await?.then(|| place_values(place)));
    }
    let all = || office.places.districts().map(place_values).collect();
    Ok(Outcome::list("daftar", if able.is_empty() { all() } else { able }))
}

/// What they come for, once they have said it.
fn need(call: &Call) -> Option<Need> {
    call.word(NEED.0).ok().and_then(Need::from_word)
}

pub(super) fn capital(office: &Office) -> Outcome {
    Outcome { name: "satu", values: office.places.capital().map(place_values).unwrap_or_default(), items: Vec::new() }
}

pub(super) async fn slots(office: &Office, asking: &Asking, draft: &mut Draft<'_>, call: &Call) -> Result<Outcome, Fault> {
    if let Ok(id) = u16::try_from(call.id("tempat_id")?)
        && let Some(broken) = broken_at(office, draft, id, need(call)).await?
    {
        return Ok(broken);
    }
    let whom = outreach::booked_for(office, asking, draft, call).await?;
    windows_at(office, asking, draft, call, whom).await
}

/// The outcome, if what they come for cannot be done at this office.
async fn broken_at(office: &Office, draft: &Draft<'_>, id: u16, need: Option<Need>) -> Result<Option<Outcome>, Fault> {
    let Some(place) = office.places.place(id) else { return Ok(None) };
    let serves = Device::serves(draft, place, need).await?;
    Ok((!serves).then(|| Outcome { name: "rusak", values: place_values(place), items: Vec::new() }))
}

/// For an appointment that there is: what it is for stands in it.
pub(super) async fn slots_beside(office: &Office, asking: &Asking, draft: &mut Draft<'_>, call: &Call) -> Result<Outcome, Fault> {
    let booking = match citizen_code::read(call.code("kode")?) {
        Some(code) => by_code(draft, &code).await?.map(|(_, booking)| booking),
        None => None,
    };
    if let Ok(id) = u16::try_from(call.id("tempat_id")?)
        && let Some(place) = office.places.place(id)
        && !Device::serves(draft, place, booking.as_ref().map(|booking| booking.need)).await?
        && let Some(booking) = &booking
    {
        return broken::elsewhere(office, asking, draft, id, booking).await;
    }
    windows_at(office, asking, draft, call, booking.and_then(|booking| booking.owner())).await
}

async fn windows_at(office: &Office, asking: &Asking, draft: &mut Draft<'_>, call: &Call, whom: Option<Msisdn>) -> Result<Outcome, Fault> {
    let Ok(place) = u16::try_from(call.id("tempat_id")?) else { return Ok(Outcome::plain("kosong")) };
    let Some(site) = Site::shown(office, draft, place).await? else { return Ok(Outcome::plain("kosong")) };
    let room = site.room(draft, whom, asking.now, Look::Shown).await?;
    let mut items = Vec::new();
    let mut read_until = asking.now.day();
    let mut taken: Vec<(SlotId, usize)> = Vec::new();
    for (day, window) in site.windows(office, asking.now) {
        if day >= read_until {
            read_until = day.plus(DAYS_A_SCAN);
            let range = Slot::day_key(place, day)..Slot::day_key(place, read_until);
            let rows = draft.scan::<Slot>(range, usize::MAX).await?;
            taken.extend(rows.iter().filter_map(|(key, slot)| Some((Slot::id(key)?, slot.taken(asking.now)))));
        }
        let slot = SlotId { place, day, window };
        let used = taken.iter().find(|(id, _)| *id == slot).map_or(0, |(_, used)| *used);
        let left = usize::from(site.seats(office, window)).saturating_sub(used).min(room);
        if left > 0 {
            items.push(vec![
                ("slot", Value::Id(slot.pack())),
                ("hari", Value::Day(day)),
                ("jam", self::window(slot)),
                ("sisa", Value::Number(u32::try_from(left).unwrap_or(u32::MAX))),
            ]);
            if items.len() == OFFERED_MAX {
                break;
            }
        }
    }
    Ok(if items.is_empty() { Outcome::plain("kosong") } else { Outcome::list("ada", items) })
}

pub(super) async fn hold(office: &Office, asking: &Asking, draft: &mut Draft<'_>, call: &Call) -> Result<Outcome, Fault> {
    let (nik, kk, need, slot_id) = wanted(call)?;
    let site = Site::relied_on(office, draft, slot_id.place).await?;
    let Some(site) = site.filter(|site| site.is_open(office, slot_id, asking.now)) else { return Ok(Outcome::plain("penuh")) };
    if let Some(broken) = broken_at(office, draft, slot_id.place, Some(need)).await? {
        return Ok(broken);
    }
    let person = asking.person(draft, nik);
    let booking_key = Booking::key(person, need as u8);
    let before: Option<Booking> = draft.get(&booking_key).await?;
    if before.as_ref().is_some_and(|booking| booking.is_active(asking.now.day())) {
        return Ok(Outcome::plain("sudah_ada"));
    }
    let whom = outreach::booked_for(office, asking, draft, call).await?;
    if !holds_at(before.as_ref(), slot_id.place, asking.now) && site.room(draft, whom, asking.now, Look::ReliedOn).await? == 0 {
        return Ok(Outcome::plain("penuh"));
    }
    set_aside(draft, person, before.as_ref())?;
    let until = asking.now.plus(HOLD_AGE_MAX);
    let seat = Seat { person: ktp::short(person), need: need as u8, state: SeatState::Held { until } };
    let slot_key = Slot::key(slot_id);
    let mut slot: Slot = draft.get(&slot_key).await?.unwrap_or_default();
    match slot.take(seat, site.seats(office, slot_id.window), asking.now) {
        Taken::Full => return Ok(Outcome::plain("penuh")),
        Taken::Busy => return Ok(Outcome::plain("dipesan")),
        Taken::Yes => draft.put(slot_key, &slot)?,
    }
    // One hold for each person and for each number: an older one elsewhere gives its seat back.
    if let Some(Booking { state: BookingState::Held { .. }, slot: other, .. }) = before
        && other != slot_id
    {
        give_back(draft, other, ktp::short(person), need as u8).await?;
    }
    let caller_key = Caller::key(asking.number_hash);
    let mut caller: Caller = draft.get(&caller_key).await?.unwrap_or_default();
    let this = Hold { person, need: need as u8, slot: slot_id };
    if let Some(other) = caller.hold.replace(this)
        && other != this
    {
        give_back(draft, other.slot, ktp::short(other.person), other.need).await?;
    }
    draft.put(caller_key, &caller)?;
    let booking = Booking {
        code: String::new(),
        nik,
        kk,
        need,
        slot: slot_id,
        number: asking.number,
        state: BookingState::Held { until },
        unchecked: false,
        made: asking.now,
        reminded: None,
        confirmed: None,
        moving: None,
        visit: None,
        helped_by: None,
        warned: None,
    };
    draft.put(booking_key, &booking)?;
    // On disk before the summary is shown: after a kill the answer to it must not meet an older page, on which the same digit means another
    // window.
    draft.durable();
    Ok(Outcome { name: "ditahan", values: vec![("bawa", bring(office, need))], items: Vec::new() })
}

/// What was noted of how the appointment before this one ended stays in the figures.
fn set_aside(draft: &mut Draft<'_>, person: [u8; 16], before: Option<&Booking>) -> Result<(), Fault> {
    match before.filter(|booking| booking.visit.is_some()) {
        Some(past) => draft.put(Booking::past_key(person, past.need as u8, &past.code), past),
        None => Ok(()),
    }
}

pub(super) async fn book(office: &Office, asking: &Asking, draft: &mut Draft<'_>, call: &Call) -> Result<Said, Fault> {
    let (nik, kk, need, slot_id) = wanted(call)?;
    if !asking.clock_is_sound {
        return Ok(Outcome::plain("tunda").into());
    }
    let helped = outreach::helps(office, asking, draft, call).await?;
    let person = asking.person(draft, nik);
    let booking_key = Booking::key(person, need as u8);
    let before: Option<Booking> = draft.get(&booking_key).await?;
    // Whoever holds a seat keeps it, though nobody could choose the window any more by now.
    let holds = before
        .as_ref()
        .is_some_and(|booking| booking.slot == slot_id && matches!(booking.state, BookingState::Held { until } if until > asking.now));
    let site = Site::relied_on(office, draft, slot_id.place).await?;
    let Some(site) = site.filter(|site| holds && site.takes_place() || site.is_open(office, slot_id, asking.now)) else {
        return Ok(Outcome::plain("penuh").into());
    };
    let whom = outreach::booked_for(office, asking, draft, call).await?;
    if !holds && site.room(draft, whom, asking.now, Look::ReliedOn).await? == 0 {
        return Ok(Outcome::plain("penuh").into());
    }
    if before.as_ref().is_some_and(|booking| booking.is_active(asking.now.day())) {
        return Ok(Outcome::plain("sudah_ada").into());
    }
    if let Some(broken) = broken_at(office, draft, slot_id.place, Some(need)).await? {
        return Ok(broken.into());
    }
    set_aside(draft, person, before.as_ref())?;
    let code = code::fresh(draft).await?;
    let seat = Seat { person: ktp::short(person), need: need as u8, state: SeatState::Booked { code: code.clone() } };
    let slot_key = Slot::key(slot_id);
    let mut slot: Slot = draft.get(&slot_key).await?.unwrap_or_default();
    match slot.take(seat, site.seats(office, slot_id.window), asking.now) {
        Taken::Full => return Ok(Outcome::plain("penuh").into()),
        Taken::Busy => return Ok(Outcome::plain("dipesan").into()),
        Taken::Yes => draft.put(slot_key, &slot)?,
    }
    let caller_key = Caller::key(asking.number_hash);
    let mut caller: Caller = draft.get(&caller_key).await?.unwrap_or_default();
    let sure = Checked { person: ktp::short(person), day: asking.now.day(), sure: true };
    let booking = Booking {
        code: code.clone(),
        nik,
        kk,
        need,
        slot: slot_id,
        number: helped.map_or(asking.number, |neighbour| neighbour.number_or(asking.number)),
        state: BookingState::Booked,
        unchecked: caller.checked != Some(sure),
        made: asking.now,
        reminded: None,
        confirmed: None,
        moving: None,
        visit: None,
        helped_by: helped.map(|_| asking.number),
        warned: None,
    };
    draft.put(booking_key, &booking)?;
    draft.put(CodeRow::key(&code), &CodeRow::Booking { person, need: need as u8 })?;
    // Holds elsewhere, left from before by this number or for this person, give their seats back.
    if let Some(other) = caller.hold.take()
        && other.slot != slot_id
    {
        give_back(draft, other.slot, ktp::short(other.person), other.need).await?;
    }
    if let Some(Booking { state: BookingState::Held { .. }, slot: other, .. }) = before
        && other != slot_id
    {
        give_back(draft, other, ktp::short(person), need as u8).await?;
    }
    caller.note_used(asking.now.day());
    if helped.is_none() {
        // Suggested next time; a stop is not there any more by then.
        if let Site::Office(place) = &site {
            caller.place = Some(place.id);
        }
        booking::keep_code(draft, &mut caller, &code, asking.now.day()).await?;
        outreach::note_booked(office, asking, draft, site.district()).await?;
    }
    site.settle_on(draft, whom, asking.now).await?;
    draft.put(caller_key, &caller)?;
    draft.durable();
    if let Some(neighbour) = helped {
        return for_neighbour(office, asking, draft, neighbour, &booking).await;
    }

    let values = vec![("kode", Value::Code(code.clone()))];
    if !office.routes.reach(asking.number) {
        return Ok(Outcome { name: "tersimpan", values, items: Vec::new() }.into());
    }
    Ok(Said {
        outcome: Outcome { name: "tersimpan_sms", values, items: Vec::new() },
        messages: vec![proof(office, draft, &booking).await?],
    })
}

fn holds_at(before: Option<&Booking>, place: u16, now: Timestamp) -> bool {
    before.is_some_and(|booking| booking.slot.place == place && matches!(booking.state, BookingState::Held { until } if until > now))
}

/// Kept among the neighbour's own, whose phone gets the proof; nothing of it is kept on the coordinator's.
async fn for_neighbour(
    office: &Office,
    asking: &Asking,
    draft: &mut Draft<'_>,
    neighbour: Neighbour,
    booking: &Booking,
) -> Result<Said, Fault> {
    if let Neighbour::At(number) = neighbour {
        let key = Caller::key(draft.number_hash(number));
        let mut caller: Caller = draft.get(&key).await?.unwrap_or_default();
        booking::keep_code(draft, &mut caller, &booking.code, asking.now.day()).await?;
        draft.put(key, &caller)?;
    }
    outreach::note_helped(asking, draft, neighbour).await?;
    let mut messages = Vec::new();
    if office.routes.reach(booking.number) {
        let class = if booking.number == asking.number { Class::Reply } else { Class::Owed };
        messages.push(Message { to: Some(booking.number), class, template: "bukti_bantu", ..proof(office, draft, booking).await? });
    }
    let values = vec![("kode", Value::Code(booking.code.clone()))];
    Ok(Said { outcome: Outcome { name: "tersimpan_bantu", values, items: Vec::new() }, messages })
}

/// The window in the session, if it can still be booked and has a seat.
pub(super) async fn offered_again(
    office: &Office,
    asking: &Asking,
    draft: &Draft<'_>,
    call: &Call,
) -> Result<Option<Vec<(&'static str, Value)>>, Fault> {
    let Ok(slot_id) = call.id("slot").map(SlotId::unpack) else { return Ok(None) };
    let site = Site::shown(office, draft, slot_id.place).await?.filter(|site| site.is_open(office, slot_id, asking.now));
    let Some(site) = site else { return Ok(None) };
    let slot: Slot = draft.peek(&Slot::key(slot_id)).await?.unwrap_or_default();
    if slot.taken(asking.now) >= usize::from(site.seats(office, slot_id.window)) {
        return Ok(None);
    }
    let when = [("hari", Value::Day(slot_id.day)), ("jam", window(slot_id))];
    Ok(Some(when.into_iter().chain(site.values()).collect()))
}

/// What a citizen keeps: the booking as an SMS.
async fn proof(office: &Office, draft: &Draft<'_>, booking: &Booking) -> Result<Message, Fault> {
    Ok(Message {
        to: None,
        class: Class::Reply,
        template: "bukti",
        reference: booking.code.clone(),
        values: vec![
            ("kode", Value::Code(booking.code.clone())),
            ("hari", Value::Day(booking.slot.day)),
            ("jam", window(booking.slot)),
            ("tempat", place_name(office, draft, booking.slot.place).await?),
            ("bawa", bring(office, booking.need)),
        ],
    })
}

pub(super) async fn release(asking: &Asking, draft: &mut Draft<'_>) -> Result<Outcome, Fault> {
    let caller_key = Caller::key(asking.number_hash);
    let mut caller: Caller = draft.get(&caller_key).await?.unwrap_or_default();
    if let Some(hold) = caller.hold.take() {
        draft.put(caller_key, &caller)?;
        give_back(draft, hold.slot, ktp::short(hold.person), hold.need).await?;
    }
    Ok(Outcome::plain("lepas"))
}

async fn by_code(draft: &Draft<'_>, code: &str) -> Result<Option<(Key, Booking)>, Fault> {
    let Some(CodeRow::Booking { person, need }) = draft.peek::<CodeRow>(&CodeRow::key(code)).await? else { return Ok(None) };
    let key = Booking::key(person, need);
    let booking: Option<Booking> = draft.peek(&key).await?;
    // The person may have booked again since, under another code.
    Ok(booking.filter(|booking| booking.code == code).map(|booking| (key, booking)))
}

async fn give_back(draft: &mut Draft<'_>, slot_id: SlotId, person: u64, need: u8) -> Result<(), Fault> {
    let key = Slot::key(slot_id);
    if let Some(mut slot) = draft.get::<Slot>(&key).await?
        && slot.release(person, need)
    {
        draft.put(key, &slot)?;
    }
    Ok(())
}

fn wanted(call: &Call) -> Result<(Nik, KkDigits, Need, SlotId), Fault> {
    let need = Need::from_word(call.word("urusan")?).ok_or(Fault::Call("urusan"))?;
    Ok((call.nik()?, call.kk().ok_or(Fault::Call("kk"))?, need, SlotId::unpack(call.id("slot")?)))
}

fn bring(office: &Office, need: Need) -> Value {
    Value::Words(office.requirements.documents(need).to_vec())
}

fn window(slot: SlotId) -> Value {
    Value::Window { from: slot.window.from, to: slot.window.to }
}

fn place_values(place: &Place) -> Vec<(&'static str, Value)> {
    vec![("tempat_id", Value::Id(place.id.into())), ("tempat", Value::Text(place.name.clone()))]
}

async fn place_name(office: &Office, draft: &Draft<'_>, id: u16) -> Result<Value, Fault> {
    let site = Site::shown(office, draft, id).await?;
    let name = site.and_then(|site| site.values().pop()).map(|(_, name)| name);
    Ok(name.unwrap_or(Value::Text(String::new())))
}
