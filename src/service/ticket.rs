//! What a citizen wants of a human: a complaint, or somebody to talk to. Kept under a code, put into the hands of an officer, and followed
//! until the citizen says that it is done.
//!
//! An officer's message names neither number nor NIK: a phone lies about and is lent. Whoever needs the number asks for it with a reason,
//! which is kept.
//!
//! - `record`: what is kept.
//! - `course`: what happens by the passing of time, pure.
//! - `attend`: does it.
//! - `order`: what an officer does from their phone.
//! - `state`: how it stands, and what the citizen says to that.
//! - `topic`: what a complaint is about, pure.
//! - `cluster`: those that are alike.
//! - `evaluate`: who must say what is done about them, and who hears it.

mod attend;
mod cluster;
mod course;
mod evaluate;
mod order;
mod record;
mod state;
mod topic;

use attend::held;
pub use attend::{Held, attend};
pub use cluster::{Cluster, ClusterKey};
pub use evaluate::{Evaluated, UNKNOWN, attend_cluster, district_name, evaluate};
pub use order::obey;
pub use record::{Case, Closed, ClosedBy, ComplaintClass, Holder, Row, Ticket, TicketKind, TicketState, Waiting};
pub use state::{FromCitizen, Heard, heard, talks};
pub(super) use state::{add, close, look_up, mine, reopen};
pub use topic::Topic;

use super::caller::Caller;
use super::code::{self, CodeRow};
use super::{Asking, CallArgs, Message, Office};
use crate::channel::sms_command::{self, Words};
use crate::citizen::area::Names;
use crate::citizen::{Msisdn, code as citizen_code};
use crate::gsm;
use crate::menu::{ActionSpec, Call, Field, Kind, Outcome, OutcomeSpec, Value};
use crate::store::queue::Class;
use crate::store::{self, Draft, Fault};

/// What the menu calls the officers: without any, nobody is offered one.
pub const FEATURE: &str = "orang";

/// Tickets of one number in a day. More is somebody's thumb, or somebody's anger: the officers have the first ones.
const TICKETS_A_DAY_MAX: usize = 5;
/// What a citizen may write, however it comes in: one message, with room for what is said around it in a second one.
pub const TEXT_SEPTETS_MAX: u8 = 160;

const TEXT: Field = ("pesan", Kind::Text(TEXT_SEPTETS_MAX));
const LEFT: Field = ("layar", Kind::Word);
const SECRET: Field = ("rahasia", Kind::Word);
const CODE: Field = ("kode", Kind::Code);
const NUMBER: Field = ("nomor", Kind::Code);
const DAY: Field = ("hari", Kind::Day);
const HOURS: Field = ("jam", Kind::Window);
const SINCE: Field = ("sejak", Kind::Moment);
const LIMIT: Field = ("batas", Kind::Day);
const QUEUE: Field = ("antre", Kind::Number(4));
const BEFORE: Field = ("paling", Kind::Moment);
/// The last word of an officer: it can be read by whoever no message reaches.
const ANSWER: Field = ("jawaban", Kind::Text(TEXT_SEPTETS_MAX));

const fn plain(name: &'static str) -> OutcomeSpec {
    OutcomeSpec { name, gives: &[], may_give: &[], items: None, writes: &[] }
}

const fn gives(name: &'static str, gives: &'static [Field]) -> OutcomeSpec {
    OutcomeSpec { name, gives, may_give: &[], items: None, writes: &[] }
}

const fn kept(name: &'static str, gives: &'static [Field]) -> OutcomeSpec {
    OutcomeSpec { name, gives, may_give: &[], items: None, writes: &["laporan"] }
}

/// Keeps a complaint. The same words again on the same day are the same complaint.
pub const COMPLAIN: ActionSpec = ActionSpec {
    name: "lapor.kirim",
    args: &[TEXT],
    optional: &[SECRET],
    outcomes: &[
        kept("dicatat", &[NUMBER, LIMIT]),
        // Money was asked for: no officer sees it.
        kept("dicatat_pengawas", &[NUMBER, LIMIT]),
        // Money was asked for, and there is nobody here but officers. Nothing is kept.
        plain("tanpa_pengawas"),
        // This number has sent as many as it may today. Nothing is kept.
        plain("batas"),
    ],
};

/// Asks for a human, from the screen that was left for it.
pub const HAND_OVER: ActionSpec = ActionSpec {
    name: "petugas.minta",
    args: &[TEXT],
    optional: &[LEFT],
    outcomes: &[
        kept("dicatat", &[NUMBER, QUEUE, BEFORE]),
        // The office is shut: with the day and hours when it opens.
        kept("dicatat_tutup", &[NUMBER, DAY, HOURS, BEFORE]),
        // Money was asked for: that is a complaint, and no officer sees it.
        kept("dicatat_pengawas", &[NUMBER, LIMIT]),
        plain("tanpa_pengawas"),
        plain("batas"),
    ],
};

/// Whether this number waits for a human, or talks to one.
pub const MINE: ActionSpec = ActionSpec {
    name: "petugas.punya",
    args: &[],
    optional: &[],
    outcomes: &[
        plain("kosong"),
        gives("antre", &[NUMBER, QUEUE, BEFORE]),
        // Later than was promised.
        gives("telat", &[NUMBER, QUEUE]),
        gives("dipegang", &[NUMBER, ANSWER]),
    ],
};

/// Says more to the officer.
pub const ADD: ActionSpec = ActionSpec { name: "petugas.tambah", args: &[TEXT, NUMBER], optional: &[], outcomes: ADDED };

const ADDED: &[OutcomeSpec] = &[
    kept("dicatat", &[]),
    // Money was asked for: that is a complaint of its own, and no officer sees it.
    kept("dicatat_pengawas", &[NUMBER, LIMIT]),
    plain("tanpa_pengawas"),
    plain("batas"),
    plain("tak_ada"),
];

/// How it stands: by its code, or the newest of this number.
pub const LOOK_UP: ActionSpec = ActionSpec {
    name: "lapor.cek",
    args: &[],
    optional: &[CODE],
    outcomes: &[
        gives("terbuka", &[NUMBER, SINCE, LIMIT]),
        gives("terlambat", &[NUMBER, SINCE, LIMIT]),
        // An officer has answered, and it is not done yet.
        gives("dibalas", &[NUMBER, ANSWER]),
        // Answered, and this number has not said whether it is done.
        gives("dijawab", &[NUMBER, ANSWER]),
        gives("selesai", &[NUMBER]),
        // Answered or closed, and another number's.
        gives("selesai_lain", &[NUMBER]),
        plain("tak_ada"),
        // Too many codes today that were nobody's.
        plain("batas"),
    ],
};

/// The citizen says that it is done. Only the number that it is of may.
pub const CLOSE: ActionSpec =
    ActionSpec { name: "lapor.tutup", args: &[NUMBER], optional: &[], outcomes: &[kept("ditutup", &[]), plain("tak_ada")] };

/// The citizen says that it is not. Its time goes on from where it began.
pub const REOPEN: ActionSpec =
    ActionSpec { name: "lapor.buka", args: &[NUMBER], optional: &[], outcomes: &[kept("dibuka", &[]), plain("tak_ada")] };

/// What is to be sent for something that was done.
#[derive(Debug, Default)]
pub struct Done {
    pub messages: Vec<Message>,
    /// Who is to be asked whether it is done, and about which.
    pub asked: Option<(Msisdn, String)>,
}

impl Done {
    pub(super) fn tell(&mut self, to: Msisdn, template: &'static str, code: &str, more: Vec<(&'static str, Value)>) {
        let mut values = vec![("nomor", Value::Code(code.to_owned()))];
        values.extend(more);
        self.messages.push(Message { to: Some(to), class: Class::Owed, template, reference: code.to_owned(), values });
    }

    /// Nobody but whoever wrote is told anything.
    pub fn is_only_for(&self, number: Msisdn) -> bool {
        self.asked.is_none() && self.messages.iter().all(|message| message.to == Some(number))
    }

    /// To an officer: what it is about, as far as they may see it.
    fn brief(&mut self, to: Msisdn, template: &'static str, case: &Case) {
        let text = gist(&case.ticket, sms_command::masked);
        self.tell(to, template, &case.code, vec![("pesan", Value::Text(text))]);
    }
}

/// What the citizen said first, and what they said last.
fn gist(ticket: &Ticket, seen_as: impl Fn(&str) -> String) -> String {
    const HALF: usize = TEXT_SEPTETS_MAX as usize / 2 - 2;
    let last = ticket.lines.iter().rev().find(|line| line.officer.is_none());
    // Masked before they are cut: half a NIK is not known for one.
    let (first, last) = (seen_as(&ticket.text), last.map(|line| seen_as(&line.text)));
    match last {
        None => first,
        Some(last) => format!("{} .. {}", gsm::cut(&first, HALF), gsm::cut(&last, HALF)),
    }
}

pub(super) async fn complain(
    office: &Office,
    words: &Words,
    asking: &Asking,
    draft: &mut Draft<'_>,
    call: &Call,
) -> Result<(Outcome, Done), Fault> {
    let text = call.text("pesan")?;
    let class = class(words, text);
    if class == ComplaintClass::Extortion && !office.officers.has_superior() {
        return Ok((Outcome::plain("tanpa_pengawas"), Done::default()));
    }
    let mut caller = caller(asking, draft).await?;
    let (code, due, done) = match room(&caller, asking, draft, TicketKind::Complaint, text).await? {
        Room::None => return Ok((Outcome::plain("batas"), Done::default())),
        Room::Same(case) => (case.code, case.ticket.due, Done::default()),
        Room::New => {
            let mut ticket = Ticket::new(TicketKind::Complaint, class, asking.number, text.to_owned(), asking.now);
            ticket.is_anonymous = call.value("rahasia").is_some();
            ticket.due = course::deadline(&office.places, class, asking.now);
            let due = ticket.due;
            let (code, done) = open(office, asking, draft, &mut caller, ticket).await?;
            (code, due, done)
        }
    };
    draft.durable();
    let values = vec![("nomor", Value::Code(code)), ("batas", Value::Day(due.day()))];
    let name = if class == ComplaintClass::Extortion { "dicatat_pengawas" } else { "dicatat" };
    Ok((Outcome { name, values, items: Vec::new() }, done))
}

pub(super) async fn hand_over(
    office: &Office,
    words: &Words,
    asking: &Asking,
    draft: &mut Draft<'_>,
    call: &Call,
) -> Result<(Outcome, Done), Fault> {
    let text = call.text("pesan")?;
    if class(words, text) == ComplaintClass::Extortion {
        return complain(office, words, asking, draft, call).await;
    }
    let mut caller = caller(asking, draft).await?;
    let talking = match &caller.with {
        Some(code) => Case::find(draft, code).await?.filter(|case| case.ticket.state != TicketState::Closed),
        None => None,
    };
    let (case, done) = match talking {
        // They are in the queue already: this is what they say next.
        Some(mut case) => {
            let done = state::say(&mut case, text, state::Expects::Answer, asking.now);
            case.keep(draft)?;
            (case, done)
        }
        None => match room(&caller, asking, draft, TicketKind::HandOver, text).await? {
            Room::None => return Ok((Outcome::plain("batas"), Done::default())),
            Room::Same(case) => (*case, Done::default()),
            Room::New => {
                let mut ticket = Ticket::new(TicketKind::HandOver, ComplaintClass::Question, asking.number, text.to_owned(), asking.now);
                ticket.left = match call.value("layar") {
                    Some(Value::Word(screen)) => Some(screen.clone()),
                    _ => None,
                };
                let ahead = state::ahead(draft, asking.now).await?;
                let answering = office.officers.answering(&office.places, asking.now);
                ticket.due = course::promise(&office.places, asking.now, ahead, answering);
                let (code, done) = open(office, asking, draft, &mut caller, ticket).await?;
                let case = Case::find(draft, &code).await?.ok_or(Fault::Corrupt)?;
                (case, done)
            }
        },
    };
    draft.durable();
    let code = ("nomor", Value::Code(case.code));
    let before = ("paling", Value::Moment(case.ticket.due));
    let outcome = match office.places.opens_next(asking.now) {
        Some((day, hours)) => {
            let values = vec![code, ("hari", Value::Day(day)), ("jam", Value::Window { from: hours.from, to: hours.to }), before];
            Outcome { name: "dicatat_tutup", values, items: Vec::new() }
        }
        None => {
            let place = state::ahead(draft, case.ticket.made).await? + 1;
            Outcome { name: "dicatat", values: vec![code, state::queue(place), before], items: Vec::new() }
        }
    };
    Ok((outcome, done))
}

/// What this is, by its words: money that was asked for first of all.
fn class(words: &Words, text: &str) -> ComplaintClass {
    // As it stands, and as what it is: some words say something else where nobody complains.
    let is_bribe = [text, &format!("lapor {text}")].into_iter().any(|text| sms_command::read(words, Names::muba(), text).is_bribe);
    let first = text.split_whitespace().next().unwrap_or_default();
    if is_bribe {
        ComplaintClass::Extortion
    } else if ["saran", "usul", "usulan"].iter().any(|word| first.trim_end_matches([':', ',']).eq_ignore_ascii_case(word)) {
        ComplaintClass::Suggestion
    } else if text.trim_end().ends_with('?') {
        ComplaintClass::Question
    } else {
        ComplaintClass::Complaint
    }
}

async fn caller(asking: &Asking, draft: &mut Draft<'_>) -> Result<Caller, Fault> {
    Ok(draft.get(&Caller::key(asking.number_hash)).await?.unwrap_or_default())
}

/// Whether one more may be kept today.
enum Room {
    New,
    /// The same words as before, on the same day.
    Same(Box<Case>),
    None,
}

async fn room(caller: &Caller, asking: &Asking, draft: &mut Draft<'_>, kind: TicketKind, text: &str) -> Result<Room, Fault> {
    let mut today = 0;
    for code in &caller.tickets {
        let Some(case) = Case::find(draft, code).await?.filter(|case| case.ticket.made.day() == asking.now.day()) else { continue };
        if case.ticket.kind == kind && case.ticket.text == text && case.ticket.state != TicketState::Closed {
            return Ok(Room::Same(Box::new(case)));
        }
        today += 1;
    }
    Ok(if today >= TICKETS_A_DAY_MAX { Room::None } else { Room::New })
}

/// Keeps a new one, and gives it to somebody if there is somebody to.
async fn open(
    office: &Office,
    asking: &Asking,
    draft: &mut Draft<'_>,
    caller: &mut Caller,
    mut ticket: Ticket,
) -> Result<(String, Done), Fault> {
    let code = code::fresh(draft).await?;
    ticket.language.clone_from(&caller.language);
    ticket.district = caller.district();
    let is_talk = ticket.kind == TicketKind::HandOver;
    let mut case = Case::new(code.clone(), ticket);
    let mut done = Done::default();
    attend::go_on(office, &mut case, &mut held(draft).await?, asking.now, &mut done);
    case.keep(draft)?;
    Cluster::gather(draft, &code, &case.ticket).await?;
    draft.put(CodeRow::key(&code), &CodeRow::Ticket)?;
    caller.add_ticket(&code);
    if is_talk {
        caller.with = Some(code.clone());
    }
    draft.put(Caller::key(asking.number_hash), caller)?;
    Ok((code, done))
}

/// A citizen's own record, by their number.
async fn caller_of(draft: &mut Draft<'_>, number: Msisdn) -> Result<(store::Key, Caller), Fault> {
    let hash = draft.number_hash(number);
    let key = Caller::key(hash);
    Ok((key, draft.get(&key).await?.unwrap_or_default()))
}

/// A code that a ticket may have.
fn read_code(typed: &str) -> Option<String> {
    citizen_code::read(typed)
}
