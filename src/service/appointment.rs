//! Appointments at an office: places, days and windows, a hold while the citizen confirms, the booking and its code.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::caller::{Caller, Checked, Hold};
use super::code::{self, CodeRow};
use super::ktp::{self, Looked};
use super::place::{Place, SlotId, Window};
use super::{Asking, CallArgs, Message, Office, Said};
use crate::citizen::{Msisdn, Nik};
use crate::clock::{Day, Timestamp};
use crate::menu::{ActionSpec, Call, Field, Kind, Outcome, OutcomeSpec, Value};
use crate::store::{Draft, Fault, Key, Space, Stored};

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

const NIK: Field = ("nik", Kind::Nik);
const KK: Field = ("kk", Kind::Kk);
const NEED: Field = ("urusan", Kind::Word);
const PLACE_ID: Field = ("tempat_id", Kind::Id);
const PLACE: Field = ("tempat", Kind::Text(20));
const SLOT: Field = ("slot", Kind::Id);
const DAY: Field = ("hari", Kind::Day);
const WINDOW: Field = ("jam", Kind::Window);
const LEFT: Field = ("sisa", Kind::Number(3));
const CODE: Field = ("kode", Kind::Code);
const BRING: Field = ("bawa", Kind::Word);

const fn plain(name: &'static str) -> OutcomeSpec {
    OutcomeSpec { name, gives: &[], may_give: &[], items: None, writes: &[] }
}

/// The bookings that this number made and that lie ahead.
pub const MINE: ActionSpec = ActionSpec {
    name: "janji.punya",
    args: &[],
    optional: &[],
    outcomes: &[
        plain("kosong"),
        OutcomeSpec { name: "ada", gives: &[], may_give: &[], items: Some(&[CODE, DAY, WINDOW, PLACE]), writes: &[] },
    ],
};

/// May this person book? Checks NIK and KK digits and that no active booking stands in the way; suggests a place.
pub const CHECK: ActionSpec = ActionSpec {
    name: "janji.periksa",
    args: &[NIK, KK],
    optional: &[],
    outcomes: &[
        // `tempat_id` and `tempat`: the place used last, else where the registry says the card is.
        OutcomeSpec { name: "boleh", gives: &[], may_give: &[PLACE_ID, PLACE], items: None, writes: &[] },
        plain("belum_umur"),
        plain("tak_cocok"),
        plain("terkunci"),
        plain("batas"),
    ],
};

/// The kecamatan offices, in the order of their codes.
pub const DISTRICTS: ActionSpec = ActionSpec {
    name: "tempat.kecamatan",
    args: &[],
    optional: &[],
    outcomes: &[OutcomeSpec { name: "daftar", gives: &[], may_give: &[], items: Some(&[PLACE_ID, PLACE]), writes: &[] }],
};

/// The office of the kecamatan in which a village lies. Forgives small misspellings; eight names occur more than once.
pub const VILLAGE: ActionSpec = ActionSpec {
    name: "tempat.desa",
    args: &[("desa", Kind::Text(40))],
    optional: &[],
    outcomes: &[
        OutcomeSpec { name: "satu", gives: &[PLACE_ID, PLACE], may_give: &[], items: None, writes: &[] },
        OutcomeSpec { name: "banyak", gives: &[], may_give: &[], items: Some(&[PLACE_ID, PLACE]), writes: &[] },
        plain("tak_ada"),
    ],
};

/// The capital's office.
pub const CAPITAL: ActionSpec = ActionSpec {
    name: "tempat.sekayu",
    args: &[],
    optional: &[],
    outcomes: &[OutcomeSpec { name: "satu", gives: &[PLACE_ID, PLACE], may_give: &[], items: None, writes: &[] }],
};

/// Windows with free seats at a place, soonest first.
pub const SLOTS: ActionSpec = ActionSpec {
    name: "janji.jadwal",
    args: &[PLACE_ID],
    optional: &[],
    outcomes: &[
        OutcomeSpec { name: "ada", gives: &[], may_give: &[], items: Some(&[SLOT, DAY, WINDOW, LEFT]), writes: &[] },
        plain("kosong"),
    ],
};

/// Takes a seat for 180 seconds while the citizen reads the summary.
pub const HOLD: ActionSpec = ActionSpec {
    name: "janji.tahan",
    args: &[NIK, NEED, SLOT],
    optional: &[],
    outcomes: &[
        OutcomeSpec { name: "ditahan", gives: &[BRING], may_give: &[], items: None, writes: &[] },
        // Every seat is booked.
        plain("penuh"),
        // The last seats are held by people who are confirming just now.
        plain("dipesan"),
        // This person already has an active booking for this need, here with its code only if this number made it.
        plain("sudah_ada"),
    ],
};

/// Turns the hold into a booking, or takes a seat again if the hold ran out.
pub const BOOK: ActionSpec = ActionSpec {
    name: "janji.simpan",
    args: &[NIK, NEED, SLOT],
    optional: &[],
    outcomes: &[
        // A proof goes out by SMS.
        OutcomeSpec { name: "tersimpan_sms", gives: &[CODE], may_give: &[], items: None, writes: &["janji", "bukti"] },
        // No way to send an SMS is configured: the page asks to note the code.
        OutcomeSpec { name: "tersimpan", gives: &[CODE], may_give: &[], items: None, writes: &["janji"] },
        plain("penuh"),
        plain("dipesan"),
        plain("sudah_ada"),
        // The clock of this machine is wrong: no booking is written.
        plain("tunda"),
    ],
};

/// Gives the hold back (the citizen said no).
pub const RELEASE: ActionSpec = ActionSpec { name: "janji.lepas", args: &[NIK, SLOT], optional: &[], outcomes: &[plain("lepas")] };

/// Cancels a booking of this very number.
pub const CANCEL: ActionSpec = ActionSpec {
    name: "janji.batal",
    args: &[CODE],
    optional: &[],
    outcomes: &[OutcomeSpec { name: "batal", gives: &[], may_give: &[], items: None, writes: &["batal"] }, plain("tak_ada")],
};

/// What a citizen comes for. The number stands in keys: never change one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[repr(u8)]
pub enum Need {
    Record = 1,
    Lost = 2,
    Damaged = 3,
    Change = 4,
    Collect = 5,
}

impl Need {
    const ALL: [(Self, &'static str); 5] =
        [(Self::Record, "rekam"), (Self::Lost, "hilang"), (Self::Damaged, "rusak"), (Self::Change, "ubah"), (Self::Collect, "ambil")];

    pub fn word(self) -> &'static str {
        Self::ALL.iter().find(|(need, _)| *need == self).map_or("", |(_, word)| word)
    }

    fn from_word(word: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, known)| *known == word).map(|(need, _)| *need)
    }
}

/// A window at a place with everybody in it: the one record that two citizens can race for.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Slot {
    pub seats: Vec<Seat>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Seat {
    /// The first eight bytes of the person's keyed hash.
    person: u64,
    need: u8,
    state: SeatState,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
enum SeatState {
    Held { until: Timestamp },
    Booked { code: String },
}

impl Stored for Slot {
    const SPACE: Space = Space::Slot;
    const FORMAT: u16 = 1;
}

impl Slot {
    pub fn key(slot: SlotId) -> Key {
        Self::day_key(slot.place, slot.day).with(&[slot.window.from, slot.window.to])
    }

    fn day_key(place: u16, day: Day) -> Key {
        // Days since 1970 as they stand sort rightly for every day that can be booked.
        Key::new(Space::Slot).with(&place.to_be_bytes()).with(&day.number().to_be_bytes())
    }

    pub fn id(key: &Key) -> Option<SlotId> {
        let [_, p1, p0, d3, d2, d1, d0, from, to] = *key.as_bytes() else { return None };
        Some(SlotId {
            place: u16::from_be_bytes([p1, p0]),
            day: Day::from_number(i32::from_be_bytes([d3, d2, d1, d0])),
            window: Window { from, to },
        })
    }

    pub fn booked(&self) -> impl Iterator<Item = &str> {
        self.seats.iter().filter_map(|seat| match &seat.state {
            SeatState::Booked { code } => Some(code.as_str()),
            SeatState::Held { .. } => None,
        })
    }

    pub fn held(&self, now: Timestamp) -> usize {
        self.seats.iter().filter(|seat| matches!(seat.state, SeatState::Held { until } if until > now)).count()
    }

    /// Booked seats and holds that still run.
    fn taken(&self, now: Timestamp) -> usize {
        self.booked().count() + self.held(now)
    }

    fn release(&mut self, person: u64, need: u8) -> bool {
        let before = self.seats.len();
        self.seats.retain(|seat| seat.person != person || seat.need != need || matches!(seat.state, SeatState::Booked { .. }));
        before != self.seats.len()
    }

    /// Takes a seat for this person if there is one, in place of a hold of the same person.
    fn take(&mut self, seat: Seat, capacity: u16, now: Timestamp) -> Taken {
        self.seats.retain(|other| !matches!(other.state, SeatState::Held { until } if until <= now));
        self.release(seat.person, seat.need);
        if self.booked().count() >= usize::from(capacity) {
            return Taken::Full;
        }
        if self.seats.len() >= usize::from(capacity) {
            return Taken::Busy;
        }
        self.seats.push(seat);
        Taken::Yes
    }
}

enum Taken {
    Yes,
    Full,
    Busy,
}

/// A citizen's place in a slot, by person and need: one active booking each.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Booking {
    pub code: String,
    pub nik: Nik,
    pub need: Need,
    pub slot: SlotId,
    pub number: Msisdn,
    pub state: BookingState,
    /// The registry could not be asked: the officer looks at it before the day.
    pub unchecked: bool,
    pub made: Timestamp,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum BookingState {
    Booked,
    Cancelled,
    /// A seat is held until then; `code` is still empty.
    Held {
        until: Timestamp,
    },
}

impl Stored for Booking {
    const SPACE: Space = Space::Booking;
    const FORMAT: u16 = 1;
}

impl Booking {
    pub fn key(person: [u8; 16], need: u8) -> Key {
        Key::new(Space::Booking).with(&person).with(&[need])
    }

    fn is_active(&self, today: Day) -> bool {
        self.state == BookingState::Booked && self.slot.day >= today
    }
}

pub(super) async fn mine(office: &Office, asking: &Asking, draft: &mut Draft<'_>) -> Result<Outcome, Fault> {
    let caller: Caller = draft.peek(&Caller::key(asking.number_hash)).await?.unwrap_or_default();
    let mut items = Vec::new();
    for code in &caller.bookings {
        if let Some((_, booking)) = by_code(draft, code).await?
            && booking.is_active(asking.now.day())
        {
            items.push(vec![
                ("kode", Value::Code(booking.code.clone())),
                ("hari", Value::Day(booking.slot.day)),
                ("jam", window(booking.slot)),
                ("tempat", place_name(office, booking.slot.place)),
            ]);
        }
    }
    Ok(if items.is_empty() { Outcome::plain("kosong") } else { Outcome::list("ada", items) })
}

pub(super) async fn check(office: &Office, asking: &Asking, draft: &mut Draft<'_>, call: &Call) -> Result<Outcome, Fault> {
    let nik = call.nik()?;
    if is_too_young(nik, asking.now.day()) {
        return Ok(Outcome::plain("belum_umur"));
    }
    let card_place = match ktp::look(office, asking, draft, nik, call.kk()).await? {
        Looked::Found { entry, .. } => office.places.named(&entry.place),
        Looked::Unanswered => None,
        Looked::NoMatch => return Ok(Outcome::plain("tak_cocok")),
        Looked::Locked => return Ok(Outcome::plain("terkunci")),
        Looked::OverBudget => return Ok(Outcome::plain("batas")),
    };
    let caller: Caller = draft.peek(&Caller::key(asking.number_hash)).await?.unwrap_or_default();
    // The capital's office has a choice of its own on that page already.
    let values = caller
        .place
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

pub(super) fn districts(office: &Office) -> Outcome {
    Outcome::list("daftar", office.places.districts().map(place_values).collect())
}

pub(super) fn capital(office: &Office) -> Outcome {
    Outcome { name: "satu", values: office.places.capital().map(place_values).unwrap_or_default(), items: Vec::new() }
}

pub(super) fn village(office: &Office, call: &Call) -> Result<Outcome, Fault> {
    let found = office.places.of_village(call.text("desa")?);
    Ok(match found.as_slice() {
        [] => Outcome::plain("tak_ada"),
        [place] => Outcome { name: "satu", values: place_values(place), items: Vec::new() },
        several => Outcome::list("banyak", several.iter().map(|place| place_values(place)).collect()),
    })
}

pub(super) async fn slots(office: &Office, asking: &Asking, draft: &mut Draft<'_>, call: &Call) -> Result<Outcome, Fault> {
    let Ok(place) = u16::try_from(call.id("tempat_id")?) else { return Ok(Outcome::plain("kosong")) };
    let mut items = Vec::new();
    let mut read_until = asking.now.day();
    let mut taken: Vec<(SlotId, usize)> = Vec::new();
    for (day, window) in office.places.windows(asking.now) {
        if day >= read_until {
            read_until = day.plus(DAYS_A_SCAN);
            let range = Slot::day_key(place, day)..Slot::day_key(place, read_until);
            let rows = draft.scan::<Slot>(range, usize::MAX).await?;
            taken.extend(rows.iter().filter_map(|(key, slot)| Some((Slot::id(key)?, slot.taken(asking.now)))));
        }
        let slot = SlotId { place, day, window };
        let used = taken.iter().find(|(id, _)| *id == slot).map_or(0, |(_, used)| *used);
        let left = usize::from(office.places.seats).saturating_sub(used);
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
    let (nik, need, slot_id) = wanted(call)?;
    if !office.places.is_open(slot_id, asking.now) {
        return Ok(Outcome::plain("penuh"));
    }
    let person = asking.person(draft, nik);
    let booking_key = Booking::key(person, need as u8);
    let before: Option<Booking> = draft.get(&booking_key).await?;
    if before.as_ref().is_some_and(|booking| booking.is_active(asking.now.day())) {
        return Ok(Outcome::plain("sudah_ada"));
    }
    let until = asking.now.plus(HOLD_AGE_MAX);
    let seat = Seat { person: ktp::short(person), need: need as u8, state: SeatState::Held { until } };
    let slot_key = Slot::key(slot_id);
    let mut slot: Slot = draft.get(&slot_key).await?.unwrap_or_default();
    match slot.take(seat, office.places.seats, asking.now) {
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
        need,
        slot: slot_id,
        number: asking.number,
        state: BookingState::Held { until },
        unchecked: false,
        made: asking.now,
    };
    draft.put(booking_key, &booking)?;
    Ok(Outcome { name: "ditahan", values: vec![("bawa", bring(need))], items: Vec::new() })
}

pub(super) async fn book(office: &Office, asking: &Asking, draft: &mut Draft<'_>, call: &Call) -> Result<Said, Fault> {
    let (nik, need, slot_id) = wanted(call)?;
    if !asking.clock_is_sound {
        return Ok(Outcome::plain("tunda").into());
    }
    let person = asking.person(draft, nik);
    let booking_key = Booking::key(person, need as u8);
    let before: Option<Booking> = draft.get(&booking_key).await?;
    // Whoever holds a seat keeps it, though nobody could choose the window any more by now.
    let holds = before
        .as_ref()
        .is_some_and(|booking| booking.slot == slot_id && matches!(booking.state, BookingState::Held { until } if until > asking.now));
    if !holds && !office.places.is_open(slot_id, asking.now) {
        return Ok(Outcome::plain("penuh").into());
    }
    if before.is_some_and(|booking| booking.is_active(asking.now.day())) {
        return Ok(Outcome::plain("sudah_ada").into());
    }
    let code = code::fresh(draft).await?;
    let seat = Seat { person: ktp::short(person), need: need as u8, state: SeatState::Booked { code: code.clone() } };
    let slot_key = Slot::key(slot_id);
    let mut slot: Slot = draft.get(&slot_key).await?.unwrap_or_default();
    match slot.take(seat, office.places.seats, asking.now) {
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
        need,
        slot: slot_id,
        number: asking.number,
        state: BookingState::Booked,
        unchecked: caller.checked != Some(sure),
        made: asking.now,
    };
    draft.put(booking_key, &booking)?;
    draft.put(CodeRow::key(&code), &CodeRow::Booking { person, need: need as u8 })?;
    // A hold elsewhere, left from before, gives its seat back.
    if let Some(other) = caller.hold.take()
        && other.slot != slot_id
    {
        give_back(draft, other.slot, ktp::short(other.person), other.need).await?;
    }
    caller.place = Some(slot_id.place);
    caller.add_booking(&code);
    draft.put(caller_key, &caller)?;
    draft.durable();

    let values = vec![("kode", Value::Code(code.clone()))];
    if office.proof.is_none() {
        return Ok(Outcome { name: "tersimpan", values, items: Vec::new() }.into());
    }
    let proof = Message {
        template: "bukti",
        reference: code.clone(),
        values: vec![
            ("kode", Value::Code(code)),
            ("hari", Value::Day(slot_id.day)),
            ("jam", window(slot_id)),
            ("tempat", place_name(office, slot_id.place)),
            ("bawa", bring(need)),
        ],
    };
    Ok(Said { outcome: Outcome { name: "tersimpan_sms", values, items: Vec::new() }, message: Some(proof) })
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

pub(super) async fn cancel(asking: &Asking, draft: &mut Draft<'_>, call: &Call) -> Result<Outcome, Fault> {
    let caller_key = Caller::key(asking.number_hash);
    let mut caller: Caller = draft.get(&caller_key).await?.unwrap_or_default();
    let typed = call.code("kode")?;
    if !caller.may_try_code(asking.now.day()) {
        return Ok(Outcome::plain("tak_ada"));
    }
    let found = match caller.bookings.iter().find(|code| *code == typed) {
        Some(code) => by_code(draft, code).await?,
        None => None,
    };
    let Some((key, _)) = found else {
        caller.note_wrong_code(asking.now.day());
        draft.put(caller_key, &caller)?;
        return Ok(Outcome::plain("tak_ada"));
    };
    // Read again, this time as something the write depends on.
    let Some(mut booking) = draft.get::<Booking>(&key).await?.filter(|booking| booking.is_active(asking.now.day())) else {
        return Ok(Outcome::plain("tak_ada"));
    };
    booking.state = BookingState::Cancelled;
    let slot_key = Slot::key(booking.slot);
    let mut slot: Slot = draft.get(&slot_key).await?.unwrap_or_default();
    slot.seats.retain(|seat| !matches!(&seat.state, SeatState::Booked { code } if *code == booking.code));
    draft.put(slot_key, &slot)?;
    draft.put(key, &booking)?;
    draft.durable();
    Ok(Outcome::plain("batal"))
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

fn wanted(call: &Call) -> Result<(Nik, Need, SlotId), Fault> {
    let need = Need::from_word(call.word("urusan")?).ok_or(Fault::Call("urusan"))?;
    Ok((call.nik()?, need, SlotId::unpack(call.id("slot")?)))
}

fn bring(need: Need) -> Value {
    Value::Word(format!("bawa_{}", need.word()))
}

fn window(slot: SlotId) -> Value {
    Value::Window { from: slot.window.from, to: slot.window.to }
}

fn place_values(place: &Place) -> Vec<(&'static str, Value)> {
    vec![("tempat_id", Value::Id(place.id.into())), ("tempat", Value::Text(place.name.clone()))]
}

fn place_name(office: &Office, id: u16) -> Value {
    Value::Text(office.places.place(id).map_or_else(String::new, |place| place.name.clone()))
}
