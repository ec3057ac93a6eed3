//! Does what the passing of time asks for: gives a ticket to somebody, passes it on, reminds, tells the citizen, closes.

use std::collections::HashMap;

use super::course::{self, LATE, Step};
use super::record::{Case, Closed, ClosedBy, Holder, Row, TicketKind, TicketState, Waiting};
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
#[derive(Debug, Default)]
pub struct Held {
    all: HashMap<Msisdn, usize>,
    /// Calls for a human among them.
    calls: HashMap<Msisdn, usize>,
}

impl Held {
    pub fn of(rows: &[Row]) -> Self {
        let mut held = Self::default();
        for row in rows.iter().filter(|row| row.waiting.is_unanswered) {
            if let Some(holder) = row.waiting.holder {
                held.add(row.waiting.kind, holder);
            }
        }
        held
    }

    fn add(&mut self, kind: TicketKind, holder: Msisdn) {
        *self.all.entry(holder).or_default() += 1;
        *self.calls.entry(holder).or_default() += usize::from(kind == TicketKind::HandOver);
    }

    fn take(&mut self, kind: TicketKind, holder: Msisdn) {
        for (counts, by) in [(&mut self.all, 1), (&mut self.calls, usize::from(kind == TicketKind::HandOver))] {
            if let Some(count) = counts.get_mut(&holder) {
                *count = count.saturating_sub(by);
            }
        }
    }

    /// As far as they keep somebody from taking one more of this kind.
    fn count(&self, kind: TicketKind, holder: Msisdn) -> usize {
        let counts = if kind == TicketKind::HandOver { &self.calls } else { &self.all };
        counts.get(&holder).copied().unwrap_or_default()
    }
}

pub(super) async fn held(draft: &Draft<'_>) -> Result<Held, Fault> {
    Ok(Held::of(&Waiting::all(draft).await?))
}

/// Takes a ticket as far as it has to be by now. `None`: there was nothing to do.
///
/// # Errors
/// A [`Fault`] of the store.
pub async fn attend(office: &Office, draft: &mut Draft<'_>, row: &Row, held: &mut Held, now: Timestamp) -> Result<Option<Done>, Fault> {
    let Some(mut case) = Case::find(draft, &row.code).await? else {
        draft.delete(row.key());
        return Ok(Some(Done::default()));
    };
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
    // Whoever is no officer any more has nothing, and hears nothing.
    let mut changed = case.ticket.holder.is_some_and(|holder| office.officers.find(holder.number).is_none());
    if changed {
        case.ticket.let_go();
    }
    for _ in 0..STEPS_MAX {
        match course::step(&case.ticket, &office.places, now) {
            Step::Wait(at) => {
                changed |= case.ticket.next != at;
                case.ticket.next = at;
                return changed;
            }
            Step::Assign => {
                // Whoever stood where it had climbed to may be gone: then it begins at the bottom.
                let found = match next(office, case, held, case.ticket.rung, now) {
                    Next::Nobody => next(office, case, held, 0, now),
                    found => found,
                };
                let Next::Given(rung, number) = found else {
                    // Looked at until somebody has it.
                    changed |= case.ticket.next > now;
                    case.ticket.next = case.ticket.next.min(now);
                    return changed;
                };
                give(case, held, rung, number, now);
                let template = match (case.ticket.tried.is_empty() && case.ticket.lines.is_empty(), case.ticket.kind) {
                    (false, _) => "dioper",
                    (true, TicketKind::Complaint) => "keluhan",
                    (true, TicketKind::HandOver) => "permintaan",
                };
                done.brief(number, template, case);
            }
            Step::Climb => climb(office, case, held, now, done),
            Step::TellLate => {
                case.ticket.is_told_late = true;
                let template = if case.ticket.kind == TicketKind::Complaint { "telat_keluhan" } else { "telat_petugas" };
                done.tell(case.ticket.number, template, &case.code, Vec::new());
            }
            Step::Mark(mark) => {
                case.ticket.marks = mark;
                if mark < LATE {
                    remind(case, now, done);
                } else {
                    climb(office, case, held, now, done);
                }
            }
            Step::Ask => {
                let said = case.ticket.touched();
                case.ticket.state = TicketState::Asked;
                case.ticket.asked = Some(now);
                case.ticket.settled.get_or_insert(said);
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

/// Who has a ticket next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    /// At this rung.
    Given(u8, Msisdn),
    /// They are there, but have their hands full.
    Busy,
    Nobody,
}

/// From this rung on: at best somebody of the kecamatan who has not had it, else anybody of those, else anybody at all.
fn next(office: &Office, case: &Case, held: &Held, rung: u8, now: Timestamp) -> Next {
    let mut found = Next::Nobody;
    let ticket = &case.ticket;
    let ladder = course::ladder(ticket);
    let below = if ticket.kind == TicketKind::HandOver { HANDS } else { usize::MAX };
    for (not, district) in [(ticket.tried.as_slice(), ticket.district), (&[], ticket.district), (&[], None)] {
        let choose = |role, below| {
            let wish = Wish { role, district, not, below };
            office.officers.choose(&office.places, now, wish, |number| held.count(ticket.kind, number))
        };
        for (at, role) in (rung..).zip(ladder.iter().skip(usize::from(rung))) {
            if let Some(number) = choose(*role, below) {
                return Next::Given(at, number);
            }
            if choose(*role, usize::MAX).is_some() {
                found = Next::Busy;
                // What is late goes past them.
                if !ticket.is_told_late {
                    return found;
                }
            }
        }
        // What is about money goes to no officer: it may be about them.
        let is_extortion = ticket.kind == TicketKind::Complaint && ticket.class == ComplaintClass::Extortion;
        let anybody = ANYBODY.iter().skip(usize::from(is_extortion));
        if !ladder.iter().any(|role| office.officers.has(*role))
            && let Some(number) = anybody.clone().find_map(|role| choose(*role, usize::MAX))
        {
            return Next::Given(rung, number);
        }
    }
    found
}

fn give(case: &mut Case, held: &mut Held, rung: u8, number: Msisdn, now: Timestamp) {
    case.ticket.rung = rung;
    case.ticket.holder = Some(Holder { number, since: now });
    held.add(case.ticket.kind, number);
}

/// To the next rung; if there is none, whoever has it is reminded.
fn climb(office: &Office, case: &mut Case, held: &mut Held, now: Timestamp, done: &mut Done) {
    let Some(before) = case.ticket.holder else { return };
    let rung = case.ticket.rung.saturating_add(1);
    let tried = case.ticket.tried.clone();
    case.ticket.let_go();
    match next(office, case, held, rung, now) {
        Next::Given(rung, number) if number != before.number => {
            held.take(case.ticket.kind, before.number);
            give(case, held, rung, number, now);
            done.tell(before.number, "diambil", &case.code, Vec::new());
            done.brief(number, "dioper", case);
        }
        // Whoever has it keeps it until they have a hand free.
        Next::Busy => {
            case.ticket.tried = tried;
            case.ticket.holder = Some(Holder { since: now, ..before });
        }
        Next::Given(..) | Next::Nobody => {
            case.ticket.tried = tried;
            case.ticket.holder = Some(before);
            // Nobody stands above whoever has it.
            let top = course::ladder(&case.ticket).len().saturating_sub(1);
            case.ticket.rung = u8::try_from(top).unwrap_or(u8::MAX);
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
