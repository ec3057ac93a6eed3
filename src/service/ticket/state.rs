//! How a ticket stands, and what the citizen says to that.

use std::time::Duration;

use super::record::{Case, Closed, ClosedBy, ComplaintClass, Ticket, TicketKind, TicketState, Waiting};
use super::{Asking, Done, TEXT_SEPTETS_MAX, caller, caller_of, class, complain, read_code};
use crate::channel::sms_command::{self, Words};
use crate::clock::Timestamp;
use crate::gsm;
use crate::menu::{Call, Outcome, Value};
use crate::service::caller::Caller;
use crate::service::{CallArgs, Office};
use crate::store::{Draft, Fault};

/// What a citizen says in one hour of which the officer is told: beyond it the words are kept, and read when the officer looks.
const SAID_AN_HOUR_MAX: usize = 20;
/// Times that an officer is told of one ticket closed and opened again: more is somebody's thumb.
const REOPENED_TOLD_MAX: u8 = 5;

/// Calls for a human that were made before then and have no answer yet.
pub(super) async fn ahead(draft: &Draft<'_>, made: Timestamp) -> Result<usize, Fault> {
    let rows = Waiting::all(draft).await?;
    let before = rows.iter().map(|row| row.waiting).filter(|row| row.kind == TicketKind::HandOver && row.is_unanswered);
    Ok(before.filter(|row| row.made < made).count())
}

pub(super) fn queue(place: usize) -> (&'static str, Value) {
    ("antre", Value::Number(u32::try_from(place).unwrap_or(u32::MAX).min(9_999)))
}

/// What the officer said last.
fn answer(ticket: &Ticket) -> (&'static str, Value) {
    let last = ticket.lines.iter().rev().find(|line| line.officer.is_some());
    ("jawaban", Value::Text(last.map(|line| line.text.clone()).unwrap_or_else(|| "-".to_owned())))
}

/// Whom this number is in conversation with, or waits for.
async fn talking(asking: &Asking, draft: &mut Draft<'_>) -> Result<Option<Case>, Fault> {
    let Some(code) = caller(asking, draft).await?.with else { return Ok(None) };
    Ok(Case::find(draft, &code).await?.filter(|case| case.ticket.state != TicketState::Closed))
}

/// Does an officer talk to this number? What it answers is for them.
///
/// # Errors
/// A [`Fault`] of the store.
pub async fn talks(asking: &Asking, draft: &mut Draft<'_>) -> Result<bool, Fault> {
    Ok(talking(asking, draft).await?.is_some_and(|case| case.ticket.answered.is_some()))
}

pub(in crate::service) async fn mine(asking: &Asking, draft: &mut Draft<'_>) -> Result<Outcome, Fault> {
    let Some(case) = talking(asking, draft).await? else { return Ok(Outcome::plain("kosong")) };
    let code = ("nomor", Value::Code(case.code));
    if case.ticket.answered.is_some() {
        return Ok(Outcome { name: "dipegang", values: vec![code, answer(&case.ticket)], items: Vec::new() });
    }
    let place = ahead(draft, case.ticket.made).await? + 1;
    if case.ticket.due <= asking.now {
        return Ok(Outcome { name: "telat", values: vec![code, queue(place)], items: Vec::new() });
    }
    let values = vec![code, queue(place), ("paling", Value::Moment(case.ticket.due))];
    Ok(Outcome { name: "antre", values, items: Vec::new() })
}

pub(in crate::service) async fn add(
    office: &Office,
    words: &Words,
    asking: &Asking,
    draft: &mut Draft<'_>,
    call: &Call,
) -> Result<(Outcome, Done), Fault> {
    if class(words, call.text("pesan")?) == ComplaintClass::Extortion {
        return complain(office, words, asking, draft, call).await;
    }
    let Some(mut case) = own(asking, draft, call.code("nomor")?).await?.filter(|case| case.ticket.state != TicketState::Closed) else {
        return Ok((Outcome::plain("tak_ada"), Done::default()));
    };
    let done = say(&mut case, call.text("pesan")?, Expects::Answer, asking.now);
    case.keep(draft)?;
    Ok((Outcome::plain("dicatat"), done))
}

/// Whether a citizen's words want any.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Expects {
    Answer,
    /// Thanks, and the like.
    Nothing,
}

/// What the citizen says next goes to whoever has it; who gets it later reads it then.
pub(super) fn say(case: &mut Case, text: &str, expects: Expects, now: Timestamp) -> Done {
    let mut done = Done::default();
    let ticket = &mut case.ticket;
    // No longer than what a citizen may write anywhere else, so that a ticket stays a small record.
    // Masked before it is cut: half a NIK is not known for one.
    let shown = gsm::cut(&sms_command::masked(text), usize::from(TEXT_SEPTETS_MAX));
    ticket.say(None, &gsm::cut(text, usize::from(TEXT_SEPTETS_MAX)), now);
    if expects == Expects::Answer || ticket.answered.is_none() {
        ticket.awaits.get_or_insert(now);
    }
    if ticket.state == TicketState::Asked && expects == Expects::Answer {
        // Who says more is not done.
        ticket.state = TicketState::Open;
        ticket.asked = None;
    }
    ticket.next = ticket.next.min(now);
    let hour_ago = now.minus(Duration::from_secs(3600));
    let said = ticket.lines.iter().filter(|line| line.officer.is_none() && line.at > hour_ago).count();
    if let Some(holder) = ticket.holder.filter(|_| said <= SAID_AN_HOUR_MAX) {
        done.tell(holder.number, "pesan_warga", &case.code, vec![("pesan", Value::Text(shown))]);
    }
    done
}

/// What a message of a citizen is to the conversation with an officer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FromCitizen {
    /// Names something that the menu does, or answers its question.
    Order,
    /// Could be either: while an officer talks it is theirs.
    Words,
    /// Nothing that the menu understands.
    Puzzle,
    /// Thanks, a greeting.
    Nothing,
    /// Yes or no, and no page asks for it.
    Said(bool),
}

/// What becomes of a citizen's message.
#[derive(Debug)]
pub enum Heard {
    /// It is the menu's.
    Menu,
    Kept(Done),
    /// The citizen says whether this one is done.
    Answer {
        code: String,
        is_done: bool,
    },
}

/// A citizen's message while a human has, or is to have, their conversation. With the code of one of their tickets in front it is for that.
///
/// # Errors
/// A [`Fault`] of the store.
pub async fn heard(words: &Words, asking: &Asking, draft: &mut Draft<'_>, what: FromCitizen, text: &str) -> Result<Heard, Fault> {
    // What is about money is told to no officer, by whichever way it comes.
    if class(words, text) == ComplaintClass::Extortion {
        return Ok(Heard::Menu);
    }
    let (first, rest) = text.trim().split_once(char::is_whitespace).unwrap_or_default();
    let named = own(asking, draft, first).await?.filter(|case| case.ticket.state != TicketState::Closed);
    if let Some(mut case) = named {
        let done = say(&mut case, rest, Expects::Answer, asking.now);
        case.keep(draft)?;
        return Ok(Heard::Kept(done));
    }
    if what == FromCitizen::Order {
        return Ok(Heard::Menu);
    }
    let Some(mut case) = talking(asking, draft).await? else { return Ok(Heard::Menu) };
    if let FromCitizen::Said(is_done) = what
        && case.ticket.state == TicketState::Asked
    {
        return Ok(Heard::Answer { code: case.code, is_done });
    }
    if what != FromCitizen::Puzzle && case.ticket.answered.is_none() {
        return Ok(Heard::Menu);
    }
    let expects = if what == FromCitizen::Nothing { Expects::Nothing } else { Expects::Answer };
    let done = say(&mut case, text, expects, asking.now);
    case.keep(draft)?;
    Ok(Heard::Kept(done))
}

/// A ticket of this number.
async fn own(asking: &Asking, draft: &mut Draft<'_>, typed: &str) -> Result<Option<Case>, Fault> {
    let Some(code) = read_code(typed) else { return Ok(None) };
    Ok(Case::find(draft, &code).await?.filter(|case| case.ticket.number == asking.number))
}

pub(in crate::service) async fn look_up(asking: &Asking, draft: &mut Draft<'_>, call: &Call) -> Result<Outcome, Fault> {
    let mut caller = caller(asking, draft).await?;
    let typed = match call.value("kode") {
        Some(Value::Code(typed)) => typed,
        _ => match caller.tickets.first() {
            Some(newest) => newest,
            None => return Ok(Outcome::plain("tak_ada")),
        },
    };
    if !caller.tickets.contains(typed) && !caller.may_try_code(asking.now.day()) {
        return Ok(Outcome::plain("batas"));
    }
    let case = match read_code(typed) {
        Some(code) => Case::find(draft, &code).await?,
        None => None,
    };
    let Some(Case { code, ticket, .. }) = case else {
        caller.note_wrong_code(asking.now.day());
        draft.put(Caller::key(asking.number_hash), &caller)?;
        return Ok(Outcome::plain("tak_ada"));
    };
    let code = ("nomor", Value::Code(code));
    let dates = [("sejak", Value::Moment(ticket.made)), ("batas", Value::Day(ticket.due.day()))];
    let is_own = ticket.number == asking.number;
    let (name, values) = match ticket.state {
        TicketState::Open if ticket.is_answered() => {
            if is_own {
                ("dibalas", vec![code, answer(&ticket)])
            } else {
                ("selesai_lain", vec![code])
            }
        }
        TicketState::Open if asking.now < ticket.due => ("terbuka", vec![code].into_iter().chain(dates).collect()),
        TicketState::Open => ("terlambat", vec![code].into_iter().chain(dates).collect()),
        TicketState::Asked if is_own => ("dijawab", vec![code, answer(&ticket)]),
        TicketState::Closed if is_own => ("selesai", vec![code]),
        TicketState::Asked | TicketState::Closed => ("selesai_lain", vec![code]),
    };
    Ok(Outcome { name, values, items: Vec::new() })
}

pub(in crate::service) async fn close(asking: &Asking, draft: &mut Draft<'_>, call: &Call) -> Result<(Outcome, Done), Fault> {
    let Some(mut case) = own(asking, draft, call.code("nomor")?).await? else {
        return Ok((Outcome::plain("tak_ada"), Done::default()));
    };
    let mut done = Done::default();
    if case.ticket.state != TicketState::Closed {
        case.ticket.state = TicketState::Closed;
        case.ticket.closed = Some(Closed { at: asking.now, by: ClosedBy::Citizen });
        case.ticket.awaits = None;
        let_talk_end(draft, &case).await?;
        if let Some(holder) = case.ticket.holder.filter(|_| case.ticket.reopened <= REOPENED_TOLD_MAX) {
            done.tell(holder.number, "beres_warga", &case.code, Vec::new());
        }
        case.keep(draft)?;
    }
    draft.durable();
    Ok((Outcome::plain("ditutup"), done))
}

pub(in crate::service) async fn reopen(
    office: &Office,
    asking: &Asking,
    draft: &mut Draft<'_>,
    call: &Call,
) -> Result<(Outcome, Done), Fault> {
    let Some(mut case) = own(asking, draft, call.code("nomor")?).await? else {
        return Ok((Outcome::plain("tak_ada"), Done::default()));
    };
    let mut done = Done::default();
    if case.ticket.state != TicketState::Open {
        let ticket = &mut case.ticket;
        (ticket.state, ticket.closed, ticket.asked) = (TicketState::Open, None, None);
        ticket.reopened = ticket.reopened.saturating_add(1);
        ticket.awaits.get_or_insert(asking.now);
        ticket.next = asking.now;
        if let Some(holder) = &mut ticket.holder {
            holder.since = asking.now;
        }
        let before = ticket.holder;
        super::attend::go_on(office, &mut case, &mut super::held(draft).await?, asking.now, &mut done);
        // Unless its time is over and somebody else has it now, who is told more.
        let is_told = case.ticket.reopened <= REOPENED_TOLD_MAX;
        if let Some(holder) = case.ticket.holder.filter(|holder| is_told && before.is_some_and(|before| before.number == holder.number)) {
            done.tell(holder.number, "belum_beres", &case.code, Vec::new());
        }
        case.keep(draft)?;
        let mut caller = caller(asking, draft).await?;
        caller.with = Some(case.code.clone());
        draft.put(Caller::key(asking.number_hash), &caller)?;
    }
    draft.durable();
    Ok((Outcome::plain("dibuka"), done))
}

/// What the citizen says from now on is no more for the officer.
pub(super) async fn let_talk_end(draft: &mut Draft<'_>, case: &Case) -> Result<(), Fault> {
    let (key, mut caller) = caller_of(draft, case.ticket.number).await?;
    if caller.with.as_deref() != Some(&case.code) {
        return Ok(());
    }
    caller.with = None;
    for code in caller.tickets.iter().filter(|code| **code != case.code) {
        let other: Option<Ticket> = draft.get(&Ticket::key(code)).await?;
        if other.is_some_and(|other| other.state == TicketState::Open && (other.answered.is_some() || other.kind == TicketKind::HandOver)) {
            caller.with = Some(code.clone());
            break;
        }
    }
    draft.put(key, &caller)
}
