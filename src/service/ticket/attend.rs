//! Does what the passing of time asks for: gives a ticket to somebody, passes it on, reminds, tells the citizen, closes.

use std::collections::HashMap;

use super::course::{self, LATE, Step};
use super::record::{Case, Closed, ClosedBy, Holder, TicketKind, TicketState, Waiting};
use super::{ComplaintClass, Done};
use crate::citizen::Msisdn;
use crate::clock::Timestamp;
use crate::menu::Value;
use crate::service::Office;
use crate::service::officer::{Role, Wish};
use crate::store::{Draft, Fault};

/// Unanswered calls for a human that one officer has at a time: more only wait in their phone instead of in the queue, where they can go to
/// whoever is free first.
const HANDS: usize = 3;
/// Steps of one ticket at one time. Each takes it further, so more is a loop.
const STEPS_MAX: usize = 8;
/// Whom a ticket goes to if its ladder has nobody.
const ANYBODY: [Role; 4] = [Role::Officer, Role::Supervisor, Role::Head, Role::Inspector];

/// How many tickets wait for an answer of each officer.
pub type Held = HashMap<Msisdn, usize>;

pub async fn held(draft: &Draft<'_>) -> Result<Held, Fault> {
    let mut held = Held::new();
    for (_, row) in Waiting::all(draft).await? {
        if let Some(holder) = row.holder.filter(|_| row.is_unanswered) {
            *held.entry(holder).or_default() += 1;
        }
    }
    Ok(held)
}

/// Takes a ticket as far as it has to be by now. `None`: there was nothing to do.
///
/// # Errors
/// A [`Fault`] of the store.
pub async fn attend(office: &Office, draft: &mut Draft<'_>, code: &str, held: &mut Held, now: Timestamp) -> Result<Option<Done>, Fault> {
    let Some(mut case) = Case::find(draft, code).await? else { return Ok(None) };
    let mut done = Done::default();
    if !go_on(office, &mut case, held, now, &mut done) {
        return Ok(None);
    }
    if case.ticket.state == TicketState::Closed {
        super::state::let_talk_end(draft, &case).await?;
    }
    case.keep(draft)?;
    Ok(Some(done))
}

/// False if nothing changed.
pub(super) fn go_on(office: &Office, case: &mut Case, held: &mut Held, now: Timestamp, done: &mut Done) -> bool {
    let mut changed = false;
    for _ in 0..STEPS_MAX {
        match course::step(&case.ticket, &office.places, now) {
            Step::Wait(at) => {
                changed |= case.ticket.next != at;
                case.ticket.next = at;
                return changed;
            }
            Step::Assign => {
                let Some((rung, number)) = next(office, case, held, case.ticket.rung, now) else { return changed };
                give(case, held, rung, number, now);
                let template = match (case.ticket.tried.is_empty() && case.ticket.lines.is_empty(), case.ticket.kind) {
                    (false, _) => "dioper",
                    (true, TicketKind::Complaint) => "keluhan",
                    (true, TicketKind::HandOver) => "permintaan",
                };
                done.brief(number, template, case);
            }
            Step::Climb => climb(office, case, held, now, done),
            Step::TellLate => tell_late(case, done),
            Step::Mark(mark) => {
                case.ticket.marks = mark;
                if mark < LATE {
                    remind(case, now, done);
                } else {
                    // What was answered in time and opened again is not late.
                    if !case.ticket.is_told_late && case.ticket.settled.is_none_or(|settled| case.ticket.due < settled) {
                        tell_late(case, done);
                    }
                    climb(office, case, held, now, done);
                }
            }
            Step::Ask => {
                case.ticket.state = TicketState::Asked;
                case.ticket.asked = Some(now);
                case.ticket.settled.get_or_insert(now);
                done.asked = Some((case.ticket.number, case.code.clone()));
            }
            Step::Close => {
                case.ticket.state = TicketState::Closed;
                case.ticket.closed = Some(Closed { at: now, by: ClosedBy::Silence });
                done.tell(case.ticket.number, "ditutup", &case.code, Vec::new());
            }
        }
        changed = true;
    }
    changed
}

/// Who has it next, from this rung on. `None`: nobody has a hand free, and it waits.
fn next(office: &Office, case: &Case, held: &Held, rung: u8, now: Timestamp) -> Option<(u8, Msisdn)> {
    let ticket = &case.ticket;
    let ladder = course::ladder(ticket);
    let choose = |role, below| {
        let wish = Wish { role, district: ticket.district, not: &ticket.tried, below };
        office.officers.choose(&office.places, now, wish, |number| held.get(&number).copied().unwrap_or_default())
    };
    for (at, role) in (rung..).zip(ladder.iter().skip(usize::from(rung))) {
        let below = if ticket.kind == TicketKind::HandOver { HANDS } else { usize::MAX };
        if let Some(number) = choose(*role, below) {
            return Some((at, number));
        }
        // They are there, but have their hands full: what is late goes past them.
        if !ticket.is_told_late && choose(*role, usize::MAX).is_some() {
            return None;
        }
    }
    if ladder.iter().any(|role| office.officers.has(*role)) {
        return None;
    }
    let last = ANYBODY.iter().rev().find_map(|role| choose(*role, usize::MAX));
    // What is about an officer goes to an officer last of all.
    let anybody = if ticket.class == ComplaintClass::Extortion { last } else { ANYBODY.iter().find_map(|role| choose(*role, usize::MAX)) };
    anybody.map(|number| (rung, number))
}

fn give(case: &mut Case, held: &mut Held, rung: u8, number: Msisdn, now: Timestamp) {
    case.ticket.rung = rung;
    case.ticket.holder = Some(Holder { number, since: now });
    *held.entry(number).or_default() += 1;
}

/// To the next rung; if there is none, whoever has it is reminded.
fn climb(office: &Office, case: &mut Case, held: &mut Held, now: Timestamp, done: &mut Done) {
    let Some(before) = case.ticket.holder else { return };
    let rung = case.ticket.rung.saturating_add(1);
    let tried = case.ticket.tried.clone();
    case.ticket.let_go();
    match next(office, case, held, rung, now).filter(|(_, number)| *number != before.number) {
        Some((rung, number)) => {
            if let Some(count) = held.get_mut(&before.number) {
                *count = count.saturating_sub(1);
            }
            give(case, held, rung, number, now);
            done.tell(before.number, "diambil", &case.code, Vec::new());
            done.brief(number, "dioper", case);
        }
        None => {
            case.ticket.tried = tried;
            case.ticket.holder = Some(before);
            remind(case, now, done);
        }
    }
}

fn remind(case: &mut Case, now: Timestamp, done: &mut Done) {
    let Some(holder) = &mut case.ticket.holder else { return };
    holder.since = now;
    let (number, limit) = (holder.number, case.ticket.due.day());
    done.tell(number, "ingatkan", &case.code, vec![("batas", Value::Day(limit))]);
}

fn tell_late(case: &mut Case, done: &mut Done) {
    case.ticket.is_told_late = true;
    let template = match case.ticket.kind {
        TicketKind::Complaint => "telat_keluhan",
        TicketKind::HandOver => "telat_petugas",
    };
    done.tell(case.ticket.number, template, &case.code, Vec::new());
}
