//! What becomes of a booking: found again, confirmed after the reminder, moved to another window, cancelled.
//!
//! From the booking's own number its code is enough. From another number it takes the code and the KK digits typed when it was made;
//! a code that nobody has and wrong digits are one outcome, counted alike.

use super::site::{Look, Site};
use super::slot::{Seat, SeatState, Slot, Taken};
use super::{Booking, BookingState, HOLD_AGE_MAX, Moving};
use super::{bring, broken_at, by_code, give_back, proof, window};
use crate::citizen::{KkDigits, code};
use crate::clock::Day;
use crate::menu::{Call, Outcome, Value};
use crate::service::caller::{Caller, Hold};
use crate::service::place::SlotId;
use crate::service::{Asking, CallArgs, Message, Office, Said, ktp, outreach};
use crate::store::queue::Class;
use crate::store::{Draft, Fault, Key};

/// The bookings that this number made and that lie ahead, newest first.
pub(in crate::service) async fn ahead(asking: &Asking, draft: &Draft<'_>) -> Result<Vec<Booking>, Fault> {
    let caller: Caller = draft.peek(&Caller::key(asking.number_hash)).await?.unwrap_or_default();
    let mut bookings = Vec::new();
    for code in &caller.bookings {
        let booking = by_code(draft, code).await?.map(|(_, booking)| booking);
        bookings.extend(booking.filter(|booking| booking.is_active(asking.now.day())));
    }
    Ok(bookings)
}

pub(in crate::service) async fn mine(office: &Office, asking: &Asking, draft: &Draft<'_>) -> Result<Outcome, Fault> {
    if outreach::is_coordinator(asking, draft).await? { Ok(Outcome::plain("kader")) } else { own(office, asking, draft).await }
}

pub(in crate::service) async fn own(office: &Office, asking: &Asking, draft: &Draft<'_>) -> Result<Outcome, Fault> {
    let bookings = ahead(asking, draft).await?;
    Ok(if bookings.is_empty() { Outcome::plain("kosong") } else { Outcome::list("ada", shown(office, draft, &bookings).await?) })
}

pub(in crate::service) async fn only(office: &Office, asking: &Asking, draft: &Draft<'_>) -> Result<Outcome, Fault> {
    let bookings = ahead(asking, draft).await?;
    Ok(match bookings.as_slice() {
        [] => Outcome::plain("kosong"),
        [only] => Outcome { name: "ada", values: values(office, draft, only).await?, items: Vec::new() },
        several => Outcome::list("banyak", shown(office, draft, several).await?),
    })
}

pub(in crate::service) async fn find(office: &Office, asking: &Asking, draft: &mut Draft<'_>, call: &Call) -> Result<Outcome, Fault> {
    Ok(match claim(asking, draft, call).await? {
        Claim::Granted(_, booking) => Outcome { name: "ada", values: values(office, draft, &booking).await?, items: Vec::new() },
        Claim::AsksKk => Outcome::plain("tanya_kk"),
        Claim::Refused => Outcome::plain("tak_cocok"),
        Claim::OverBudget => Outcome::plain("batas"),
        Claim::Over => Outcome::plain("tak_ada"),
    })
}

pub(in crate::service) async fn attend(asking: &Asking, draft: &mut Draft<'_>, call: &Call) -> Result<Outcome, Fault> {
    let Claim::Granted(key, mut booking) = claim(asking, draft, call).await? else { return Ok(Outcome::plain("tak_ada")) };
    booking.confirmed = Some(asking.now);
    draft.put(key, &*booking)?;
    draft.durable();
    Ok(Outcome::plain("dicatat"))
}

/// The seat that is booked stays booked until the new one is: here only a hold is laid beside it.
pub(in crate::service) async fn hold_beside(
    office: &Office,
    asking: &Asking,
    draft: &mut Draft<'_>,
    call: &Call,
) -> Result<Outcome, Fault> {
    let Claim::Granted(key, mut booking) = claim(asking, draft, call).await? else { return Ok(Outcome::plain("tak_ada")) };
    let to = SlotId::unpack(call.id("slot")?);
    if to == booking.slot {
        return Ok(Outcome::plain("tetap"));
    }
    let site = able_site(office, draft, to.place, &booking).await?;
    let Some(site) = site.filter(|site| site.is_open(office, to, asking.now)) else { return Ok(Outcome::plain("penuh")) };
    // Within a stop the seat that is left is the one that is taken.
    if booking.slot.place != to.place && site.room(draft, booking.owner(), asking.now, Look::ReliedOn).await? == 0 {
        return Ok(Outcome::plain("penuh"));
    }
    let until = asking.now.plus(HOLD_AGE_MAX);
    if let Some(refused) = take(site.seats(office, to.window), asking, draft, to, &booking, SeatState::Held { until }).await? {
        return Ok(Outcome::plain(refused));
    }
    let person = asking.person(draft, booking.nik);
    if let Some(before) = booking.moving.replace(Moving { slot: to, until })
        && before.slot != to
    {
        give_back(draft, before.slot, ktp::short(person), booking.need as u8).await?;
    }
    let caller_key = Caller::key(asking.number_hash);
    let mut caller: Caller = draft.get(&caller_key).await?.unwrap_or_default();
    let this = Hold { person, need: booking.need as u8, slot: to };
    if let Some(other) = caller.hold.replace(this)
        && other != this
    {
        give_back(draft, other.slot, ktp::short(other.person), other.need).await?;
    }
    draft.put(caller_key, &caller)?;
    draft.put(key, &*booking)?;
    draft.durable();
    Ok(Outcome { name: "ditahan", values: vec![("bawa", bring(office, booking.need))], items: Vec::new() })
}

/// The old seat is given up, the new one taken and the booking changed in one batch: a race that is lost leaves all as it was.
pub(in crate::service) async fn move_over(office: &Office, asking: &Asking, draft: &mut Draft<'_>, call: &Call) -> Result<Said, Fault> {
    if !asking.clock_is_sound {
        return Ok(Outcome::plain("tunda").into());
    }
    let Claim::Granted(key, mut booking) = claim(asking, draft, call).await? else { return Ok(Outcome::plain("tak_ada").into()) };
    let to = SlotId::unpack(call.id("slot")?);
    if to == booking.slot {
        return Ok(Outcome::plain("tetap").into());
    }
    let holds = booking.moving.is_some_and(|moving| moving.slot == to && moving.until > asking.now);
    let site = able_site(office, draft, to.place, &booking).await?;
    let Some(site) = site.filter(|site| holds && site.takes_place() || site.is_open(office, to, asking.now)) else {
        return Ok(Outcome::plain("penuh").into());
    };
    if !holds && booking.slot.place != to.place && site.room(draft, booking.owner(), asking.now, Look::ReliedOn).await? == 0 {
        return Ok(Outcome::plain("penuh").into());
    }
    if let Some(refused) =
        take(site.seats(office, to.window), asking, draft, to, &booking, SeatState::Booked { code: booking.code.clone() }).await?
    {
        return Ok(Outcome::plain(refused).into());
    }
    vacate(draft, &booking).await?;
    let caller_key = Caller::key(asking.number_hash);
    let mut caller: Caller = draft.get(&caller_key).await?.unwrap_or_default();
    // A hold elsewhere, left from before, gives its seat back.
    if let Some(other) = caller.hold.take()
        && other.slot != to
    {
        give_back(draft, other.slot, ktp::short(other.person), other.need).await?;
    }
    if let Site::Office(place) = &site {
        caller.place = Some(place.id);
    }
    if booking.slot.place != to.place {
        site.settle_on(draft, booking.owner(), asking.now).await?;
    }
    draft.put(caller_key, &caller)?;
    *booking = Booking { slot: to, moving: None, reminded: None, confirmed: None, warned: None, ..*booking };
    draft.put(key, &*booking)?;
    draft.durable();
    let mut messages = Vec::new();
    if booking.number != asking.number && office.routes.reach(booking.number) {
        messages.push(Message { to: Some(booking.number), class: Class::Owed, ..proof(office, draft, &booking).await? });
    }
    if !office.routes.reach(asking.number) {
        return Ok(Said { outcome: Outcome::plain("pindah"), messages });
    }
    messages.push(proof(office, draft, &booking).await?);
    Ok(Said { outcome: Outcome::plain("pindah_sms"), messages })
}

pub(in crate::service) async fn cancel(office: &Office, asking: &Asking, draft: &mut Draft<'_>, call: &Call) -> Result<Said, Fault> {
    let Claim::Granted(key, mut booking) = claim(asking, draft, call).await? else { return Ok(Outcome::plain("tak_ada").into()) };
    vacate(draft, &booking).await?;
    // So is a seat held for moving there.
    if let Some(moving) = booking.moving.take() {
        give_back(draft, moving.slot, ktp::short(asking.person(draft, booking.nik)), booking.need as u8).await?;
    }
    booking.state = BookingState::Cancelled;
    draft.put(key, &*booking)?;
    draft.durable();
    let mut messages = Vec::new();
    if booking.number != asking.number && office.routes.reach(booking.number) {
        let values =
            vec![("kode", Value::Code(booking.code.clone())), ("hari", Value::Day(booking.slot.day)), ("jam", window(booking.slot))];
        let (to, reference) = (Some(booking.number), booking.code);
        messages.push(Message { to, class: Class::Owed, template: "batal_lain", reference, values });
    }
    Ok(Said { outcome: Outcome::plain("batal"), messages })
}

/// Whether a booking may be changed by whoever asks.
enum Claim {
    Granted(Key, Box<Booking>),
    /// Not from this number, and no KK digits came with the code.
    AsksKk,
    /// No such code, or other KK digits.
    Refused,
    /// This number has typed too many codes today that came to nothing.
    OverBudget,
    /// This number's own, but cancelled or past.
    Over,
}

/// The booking is read as one that a write depends on.
async fn claim(asking: &Asking, draft: &mut Draft<'_>, call: &Call) -> Result<Claim, Fault> {
    let (typed, today) = (call.code("kode")?, asking.now.day());
    let caller_key = Caller::key(asking.number_hash);
    let mut caller: Caller = draft.peek(&caller_key).await?.unwrap_or_default();
    let own = caller.bookings.iter().find(|code| is_meant(code, typed)).cloned();
    let is_own = own.is_some();
    let found = match own.or_else(|| code::read(typed)) {
        Some(code) => by_code(draft, &code).await?,
        None => None,
    };
    let found = match found {
        Some((key, _)) => draft.get::<Booking>(&key).await?.map(|booking| (key, booking)),
        None => None,
    };
    let active = found.filter(|(_, booking)| booking.is_active(today));
    match active {
        Some((key, booking)) if booking.number == asking.number => return Ok(Claim::Granted(key, Box::new(booking))),
        None if is_own => return Ok(Claim::Over),
        _ if !caller.may_try_code(today) => return Ok(Claim::OverBudget),
        _ => {}
    }
    let Some(kk) = call.kk() else { return Ok(Claim::AsksKk) };
    if let Some((key, booking)) = active
        && knows(asking, draft, &booking, kk, today).await?
    {
        return Ok(Claim::Granted(key, Box::new(booking)));
    }
    caller.note_wrong_code(today);
    draft.put(caller_key, &caller)?;
    Ok(Claim::Refused)
}

/// Whole, or as people leave the letter out.
fn is_meant(code: &str, typed: &str) -> bool {
    code == typed || code.get(1..) == Some(typed)
}

/// Wrong digits count for the person too, so that many numbers together cannot try all of them.
async fn knows(asking: &Asking, draft: &mut Draft<'_>, booking: &Booking, kk: KkDigits, today: Day) -> Result<bool, Fault> {
    let person = asking.person(draft, booking.nik);
    if ktp::is_guarded(draft, person, today).await? {
        return Ok(false);
    }
    if booking.kk.matches(kk) {
        return Ok(true);
    }
    ktp::note_wrong(draft, person, today).await?;
    Ok(false)
}

/// Takes a seat for a booking's person; or says, in the word of the outcome, why there is none.
async fn take(
    seats: u16,
    asking: &Asking,
    draft: &mut Draft<'_>,
    slot_id: SlotId,
    booking: &Booking,
    state: SeatState,
) -> Result<Option<&'static str>, Fault> {
    let seat = Seat { person: ktp::short(asking.person(draft, booking.nik)), need: booking.need as u8, state };
    let key = Slot::key(slot_id);
    let mut slot: Slot = draft.get(&key).await?.unwrap_or_default();
    match slot.take(seat, seats, asking.now) {
        Taken::Full => return Ok(Some("penuh")),
        Taken::Busy => return Ok(Some("dipesan")),
        Taken::Yes => draft.put(key, &slot)?,
    }
    Ok(None)
}

/// Where a booking may go. None where what it is for cannot be done: the device may have broken since the place was offered.
async fn able_site<'o>(office: &'o Office, draft: &mut Draft<'_>, place: u16, booking: &Booking) -> Result<Option<Site<'o>>, Fault> {
    if broken_at(office, draft, place, Some(booking.need)).await?.is_some() {
        return Ok(None);
    }
    Site::relied_on(office, draft, place).await
}

/// Frees the seat of a booking.
pub(super) async fn vacate(draft: &mut Draft<'_>, booking: &Booking) -> Result<(), Fault> {
    let key = Slot::key(booking.slot);
    let mut slot: Slot = draft.get(&key).await?.unwrap_or_default();
    slot.seats.retain(|seat| !matches!(&seat.state, SeatState::Booked { code } if *code == booking.code));
    draft.put(key, &slot)
}

async fn shown(office: &Office, draft: &Draft<'_>, bookings: &[Booking]) -> Result<Vec<Vec<(&'static str, Value)>>, Fault> {
    let mut shown = Vec::new();
    for booking in bookings {
        shown.push(values(office, draft, booking).await?);
    }
    Ok(shown)
}

pub(super) async fn values(office: &Office, draft: &Draft<'_>, booking: &Booking) -> Result<Vec<(&'static str, Value)>, Fault> {
    let mut values =
        vec![("kode", Value::Code(booking.code.clone())), ("hari", Value::Day(booking.slot.day)), ("jam", window(booking.slot))];
    match Site::shown(office, draft, booking.slot.place).await? {
        Some(site) => values.extend(site.values()),
        None => values.extend([("tempat_id", Value::Id(booking.slot.place.into())), ("tempat", Value::Text(String::new()))]),
    }
    Ok(values)
}
