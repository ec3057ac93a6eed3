//! What a citizen wants of a human: a complaint, or somebody to talk to. Kept under a code, and told to the officers by SMS.
//!
//! An officer's message names neither number nor NIK: a phone lies about and is lent. Whoever is to answer finds the number under the code.

use serde::{Deserialize, Serialize};

use super::caller::Caller;
use super::code::{self, CodeRow};
use super::{Asking, CallArgs, Message, Office, Said};
use crate::channel::sms_command;
use crate::citizen::{Msisdn, code as citizen_code};
use crate::clock::Timestamp;
use crate::menu::{ActionSpec, Call, Field, Kind, Outcome, OutcomeSpec, Value};
use crate::store::queue::Class;
use crate::store::{Draft, Fault, Key, Space, Stored};

/// What the menu calls the officers: without any, nobody is offered one.
pub const FEATURE: &str = "orang";

/// Tickets of one number in a day. More is somebody's thumb, or somebody's anger: the officers have the first ones.
const TICKETS_A_DAY_MAX: usize = 5;
/// What a citizen may write, however it comes in: one message, with room for what is said around it in a second one.
pub const TEXT_SEPTETS_MAX: u8 = 160;

const TEXT: Field = ("pesan", Kind::Text(TEXT_SEPTETS_MAX));
const LEFT: Field = ("layar", Kind::Word);
const CODE: Field = ("kode", Kind::Code);
const NUMBER: Field = ("nomor", Kind::Code);
const DAY: Field = ("hari", Kind::Day);
const HOURS: Field = ("jam", Kind::Window);
const SINCE: Field = ("sejak", Kind::Moment);

const fn plain(name: &'static str) -> OutcomeSpec {
    OutcomeSpec { name, gives: &[], may_give: &[], items: None, writes: &[] }
}

const KEPT: &[OutcomeSpec] = &[
    OutcomeSpec { name: "dicatat", gives: &[NUMBER], may_give: &[], items: None, writes: &["laporan"] },
    // The office is shut: with the day and hours when it opens.
    OutcomeSpec { name: "dicatat_tutup", gives: &[NUMBER, DAY, HOURS], may_give: &[], items: None, writes: &["laporan"] },
    // This number has sent as many as it may today. Nothing is kept.
    plain("batas"),
];

/// Keeps a complaint. The same words again on the same day are the same complaint.
pub const COMPLAIN: ActionSpec = ActionSpec { name: "lapor.kirim", args: &[TEXT], optional: &[], outcomes: KEPT };

/// Asks for a human, from the screen that was left for it.
pub const HAND_OVER: ActionSpec = ActionSpec { name: "petugas.minta", args: &[TEXT], optional: &[LEFT], outcomes: KEPT };

/// How it stands: by its code, or the newest of this number.
pub const LOOK_UP: ActionSpec = ActionSpec {
    name: "lapor.cek",
    args: &[],
    optional: &[CODE],
    outcomes: &[
        OutcomeSpec { name: "terbuka", gives: &[NUMBER, SINCE], may_give: &[], items: None, writes: &[] },
        plain("tak_ada"),
        // Too many codes today that were nobody's.
        plain("batas"),
    ],
};

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Ticket {
    pub kind: TicketKind,
    pub state: TicketState,
    /// As typed.
    pub text: String,
    pub number: Msisdn,
    pub made: Timestamp,
    /// The screen at which a human was asked for.
    pub left: Option<String>,
    /// None: the district's first.
    pub language: Option<String>,
    /// `16.06.09`. None: not known.
    pub district: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum TicketKind {
    Complaint,
    HandOver,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum TicketState {
    Open,
}

impl Stored for Ticket {
    const SPACE: Space = Space::Ticket;
    const FORMAT: u16 = 1;
}

impl Ticket {
    pub fn key(code: &str) -> Key {
        Key::new(Space::Ticket).with(code.as_bytes())
    }
}

pub(super) async fn complain(office: &Office, asking: &Asking, draft: &mut Draft<'_>, call: &Call) -> Result<Said, Fault> {
    keep(office, asking, draft, TicketKind::Complaint, call).await
}

pub(super) async fn hand_over(office: &Office, asking: &Asking, draft: &mut Draft<'_>, call: &Call) -> Result<Said, Fault> {
    keep(office, asking, draft, TicketKind::HandOver, call).await
}

async fn keep(office: &Office, asking: &Asking, draft: &mut Draft<'_>, kind: TicketKind, call: &Call) -> Result<Said, Fault> {
    let text = call.text("pesan")?.to_owned();
    let caller_key = Caller::key(asking.number_hash);
    let mut caller: Caller = draft.get(&caller_key).await?.unwrap_or_default();
    let mut today = 0;
    for code in &caller.tickets {
        let before: Option<Ticket> = draft.peek(&Ticket::key(code)).await?;
        let Some(before) = before.filter(|before| before.made.day() == asking.now.day()) else { continue };
        if before.kind == kind && before.text == text {
            draft.durable();
            return Ok(kept(office, asking, code).into());
        }
        today += 1;
    }
    if today >= TICKETS_A_DAY_MAX {
        return Ok(Outcome::plain("batas").into());
    }
    let code = code::fresh(draft).await?;
    let left = match call.value("layar") {
        Some(Value::Word(screen)) => Some(screen.clone()),
        _ => None,
    };
    let messages = office.officers.iter().map(|officer| told(*officer, kind, &code, &text)).collect();
    let ticket = Ticket {
        kind,
        state: TicketState::Open,
        text,
        number: asking.number,
        made: asking.now,
        left,
        language: caller.language.clone(),
        district: None,
    };
    draft.put(Ticket::key(&code), &ticket)?;
    draft.put(CodeRow::key(&code), &CodeRow::Ticket)?;
    caller.add_ticket(&code);
    draft.put(caller_key, &caller)?;
    draft.durable();
    Ok(Said { outcome: kept(office, asking, &code), messages })
}

/// With the day on which somebody will read it, if that is not now.
fn kept(office: &Office, asking: &Asking, code: &str) -> Outcome {
    let mut values = vec![("nomor", Value::Code(code.to_owned()))];
    let name = match office.places.opens_next(asking.now) {
        Some((day, hours)) => {
            values.extend([("hari", Value::Day(day)), ("jam", Value::Window { from: hours.from, to: hours.to })]);
            "dicatat_tutup"
        }
        None => "dicatat",
    };
    Outcome { name, values, items: Vec::new() }
}

pub(super) async fn look_up(asking: &Asking, draft: &mut Draft<'_>, call: &Call) -> Result<Outcome, Fault> {
    let caller_key = Caller::key(asking.number_hash);
    let mut caller: Caller = draft.get(&caller_key).await?.unwrap_or_default();
    let typed = match call.value("kode") {
        Some(Value::Code(typed)) => typed,
        _ => match caller.tickets.first() {
            Some(newest) => newest,
            None => return Ok(Outcome::plain("tak_ada")),
        },
    };
    let is_own = caller.tickets.contains(typed);
    if !is_own && !caller.may_try_code(asking.now.day()) {
        return Ok(Outcome::plain("batas"));
    }
    let ticket: Option<Ticket> = match citizen_code::read(typed) {
        Some(code) => draft.peek(&Ticket::key(&code)).await?,
        None => None,
    };
    match ticket {
        Some(Ticket { state: TicketState::Open, made, .. }) => {
            let values = vec![("nomor", Value::Code(typed.clone())), ("sejak", Value::Moment(made))];
            Ok(Outcome { name: "terbuka", values, items: Vec::new() })
        }
        None => {
            caller.note_wrong_code(asking.now.day());
            draft.put(caller_key, &caller)?;
            Ok(Outcome::plain("tak_ada"))
        }
    }
}

fn told(officer: Msisdn, kind: TicketKind, code: &str, text: &str) -> Message {
    Message {
        to: Some(officer),
        class: Class::Owed,
        template: match kind {
            TicketKind::Complaint => "keluhan",
            TicketKind::HandOver => "permintaan",
        },
        reference: code.to_owned(),
        values: vec![("nomor", Value::Code(code.to_owned())), ("pesan", Value::Text(sms_command::masked(text)))],
    }
}
