//! What officers do from their own phones.

use std::cmp::Reverse;

use super::record::{Case, Reveal, Ticket, TicketKind, TicketState, Waiting};
use super::{ComplaintClass, Done, TEXT_SEPTETS_MAX, attend, caller_of, evaluate, gist};
use crate::channel::order::{self, Act, Order};
use crate::clock::Timestamp;
use crate::gsm;
use crate::menu::Value;
use crate::service::Office;
use crate::service::appointment::{self, Came, Marked};
use crate::service::code::CodeRow;
use crate::service::officer::{CANNED, Officer, Role};
use crate::store::{Draft, Fault};

/// Codes told in one list.
const LISTED_MAX: usize = 8;
/// Why a number is wanted: as much as says it.
const REASON_CHARS_MAX: usize = 160;

/// Does what an officer's message asks for. `None`: it is about no ticket, so they write as a citizen.
///
/// # Errors
/// A [`Fault`] of the store.
pub async fn obey(
    office: &Office,
    draft: &mut Draft<'_>,
    officer: &Officer,
    order: &Order<'_>,
    now: Timestamp,
) -> Result<Option<Done>, Fault> {
    let mut done = Done::default();
    if let Act::Evaluate(text) = order.act {
        evaluate::ordered(office, draft, officer, order.code.as_deref(), text, now, &mut done).await?;
        return Ok(Some(done));
    }
    let code = match &order.code {
        Some(code) => code.clone(),
        None => {
            let mut mine = tasks(draft, officer).await?;
            if order.act == Act::Tasks {
                list(&mut done, officer, &mine);
                return Ok(Some(done));
            }
            match (mine.pop(), mine.pop()) {
                (None, _) => return Ok(None),
                (Some(only), None) => only,
                (Some(one), Some(other)) => {
                    mine.extend([other, one]);
                    list(&mut done, officer, &mine);
                    return Ok(Some(done));
                }
            }
        }
    };
    let row: Option<CodeRow> = draft.peek(&CodeRow::key(&code)).await?;
    if matches!(row, Some(CodeRow::Cluster(_))) {
        evaluate::shown(office, draft, officer, &code, &mut done).await?;
        return Ok(Some(done));
    }
    let act = match (order.act, row) {
        // Of a ticket it is what an officer says: `Kurang akta, bawa besok`.
        (Act::Visit(_) | Act::Unit(_), Some(CodeRow::Ticket)) => Act::Say(order.rest),
        (act, _) => act,
    };
    if let Act::Visit(came) = act {
        visit(office, draft, officer, &code, came, now, &mut done).await?;
        return Ok(Some(done));
    }
    let Some(mut case) = Case::find(draft, &code).await? else {
        if order.code.is_some() && order.act == Act::Say("") {
            // A code alone is a citizen's question too: of an appointment, say.
            return Ok(None);
        }
        done.tell(officer.number, "bukan_tugas", &code, Vec::new());
        return Ok(Some(done));
    };
    if !may(officer, &case.ticket) {
        done.tell(officer.number, "bukan_tugas", &code, Vec::new());
        return Ok(Some(done));
    }
    if case.ticket.state == TicketState::Closed {
        done.tell(officer.number, "sudah_tutup", &code, Vec::new());
        return Ok(Some(done));
    }
    obey_for(office, draft, officer, act, &mut case, now, &mut done).await?;
    Ok(Some(done))
}

/// How an appointment ended, whoever of the officers saw it.
async fn visit(
    office: &Office,
    draft: &mut Draft<'_>,
    officer: &Officer,
    code: &str,
    came: order::Came<'_>,
    now: Timestamp,
    done: &mut Done,
) -> Result<(), Fault> {
    let came = match came {
        order::Came::Kept => Came::Kept,
        order::Came::NoShow => Came::NoShow,
        order::Came::Incomplete(missing) => Came::Incomplete { missing: Some(missing.to_owned()) },
    };
    let marked = appointment::mark(office, draft, code, came, Some(officer.number), now).await?;
    let template = if matches!(marked, Marked::Done { .. }) { "janji_ditandai" } else { "janji_tak_ditandai" };
    done.tell(officer.number, template, code, Vec::new());
    Ok(())
}

async fn obey_for(
    office: &Office,
    draft: &mut Draft<'_>,
    officer: &Officer,
    act: Act<'_>,
    case: &mut Case,
    now: Timestamp,
    done: &mut Done,
) -> Result<(), Fault> {
    let canned = match act {
        Act::Say(text) | Act::Settle(text) if text.starts_with(CANNED) => match office.officers.canned(text) {
            Some(text) => text,
            None => {
                let names = gsm::cut(&office.officers.canned_names(), usize::from(TEXT_SEPTETS_MAX));
                done.tell(officer.number, "kata_siap", &case.code, vec![("daftar", Value::Text(names))]);
                return Ok(());
            }
        },
        _ => String::new(),
    };
    let act = match act {
        Act::Say(text) if text.starts_with(CANNED) => Act::Say(&canned),
        Act::Settle(text) if text.starts_with(CANNED) => Act::Settle(&canned),
        act => act,
    };
    let mut tell = |template| done.tell(officer.number, template, &case.code, Vec::new());
    match act {
        Act::Tasks | Act::Visit(_) | Act::Unit(_) | Act::Evaluate(_) | Act::Say("") => {
            done.brief(officer.number, "isi_tugas", case);
            return Ok(());
        }
        Act::Say(text) | Act::Settle(text) if !fits(text) => {
            tell("tulis_lain");
            return Ok(());
        }
        Act::Settle("") if case.ticket.answered.is_none() => {
            tell("tulis_jawaban");
            return Ok(());
        }
        Act::Say(text) => say(draft, officer, case, text, now, done).await?,
        Act::Settle(text) => {
            if !text.is_empty() {
                say(draft, officer, case, text, now, done).await?;
            }
            case.ticket.state = TicketState::Asked;
            case.ticket.asked = Some(now);
            case.ticket.settled.get_or_insert(now);
            done.asked = Some((case.ticket.number, case.code.clone()));
        }
        Act::PassOn => {
            let before = case.ticket.clone();
            case.ticket.let_go();
            let mut held = attend::held(draft).await?;
            attend::go_on(office, case, &mut held, now, done);
            match case.ticket.holder {
                Some(holder) if holder.number != officer.number => done.tell(officer.number, "diambil", &case.code, Vec::new()),
                None if !office.places.are_open(now) => done.tell(officer.number, "dilepas", &case.code, Vec::new()),
                _ => {
                    case.ticket = before;
                    done.messages.clear();
                    done.tell(officer.number, "tak_ada_lain", &case.code, Vec::new());
                    return Ok(());
                }
            }
        }
        Act::Number(_) if case.ticket.is_anonymous => {
            tell("nomor_rahasia");
            return Ok(());
        }
        Act::Number("") => {
            tell("tulis_alasan");
            return Ok(());
        }
        Act::Number(reason) => {
            let reason = reason.chars().take(REASON_CHARS_MAX).collect();
            if !case.ticket.reveal(Reveal { at: now, officer: officer.number, reason }) {
                tell("nomor_rahasia");
                return Ok(());
            }
            let shown =
                vec![("telepon", Value::Text(case.ticket.number.reveal())), ("pesan", Value::Text(gist(&case.ticket, str::to_owned)))];
            done.tell(officer.number, "nomor_warga", &case.code, shown);
        }
    }
    // What was said or done changes when it is to be looked at next.
    attend::go_on(office, case, &mut attend::held(draft).await?, now, done);
    case.keep(draft)
}

/// To the citizen, who from now on talks to this officer.
async fn say(draft: &mut Draft<'_>, officer: &Officer, case: &mut Case, text: &str, now: Timestamp, done: &mut Done) -> Result<(), Fault> {
    let ticket = &mut case.ticket;
    ticket.say(Some(officer.number), text, now);
    ticket.answered.get_or_insert(now);
    ticket.awaits = None;
    if ticket.holder.is_none_or(|holder| holder.number != officer.number) {
        // Whoever had it need not answer any more.
        if let Some(before) = ticket.holder {
            done.tell(before.number, "diambil", &case.code, Vec::new());
        }
        ticket.holder = Some(super::Holder { number: officer.number, since: now });
    }
    let (key, mut caller) = caller_of(draft, ticket.number).await?;
    // Who talks to two of them answers the second with its code in front.
    let template = match &caller.with {
        Some(other) if *other != case.code && is_talking(draft, other).await? => "petugas_bilang_lain",
        Some(same) if *same == case.code => "petugas_bilang",
        _ => {
            caller.with = Some(case.code.clone());
            draft.put(key, &caller)?;
            "petugas_bilang"
        }
    };
    done.tell(ticket.number, template, &case.code, vec![("isi", Value::Text(text.to_owned()))]);
    Ok(())
}

/// Does an officer talk to the citizen there?
async fn is_talking(draft: &Draft<'_>, code: &str) -> Result<bool, Fault> {
    let ticket: Option<Ticket> = draft.peek(&Ticket::key(code)).await?;
    Ok(ticket.is_some_and(|ticket| ticket.state != TicketState::Closed && ticket.answered.is_some()))
}

fn fits(text: &str) -> bool {
    gsm::septets(text).is_ok_and(|septets| septets <= usize::from(TEXT_SEPTETS_MAX))
}

/// Who holds it, and who stands above. What is about money that was asked for is nobody else's.
fn may(officer: &Officer, ticket: &Ticket) -> bool {
    let holds = ticket.holder.is_some_and(|holder| holder.number == officer.number);
    let is_extortion = ticket.kind == TicketKind::Complaint && ticket.class == ComplaintClass::Extortion;
    holds
        || match officer.role {
            Role::Officer => false,
            Role::Supervisor | Role::Head => !is_extortion,
            Role::Inspector => is_extortion,
        }
}

/// What waits for an answer of theirs, and what they have answered that is not done; the oldest last.
async fn tasks(draft: &Draft<'_>, officer: &Officer) -> Result<Vec<String>, Fault> {
    let mut mine = Waiting::all(draft).await?;
    mine.retain(|row| row.waiting.holder == Some(officer.number));
    mine.sort_by_key(|row| Reverse(row.waiting.made));
    let unanswered: Vec<String> = mine.iter().filter(|row| row.waiting.is_unanswered).map(|row| row.code.clone()).collect();
    Ok(if unanswered.is_empty() { mine.into_iter().map(|row| row.code).collect() } else { unanswered })
}

fn list(done: &mut Done, officer: &Officer, mine: &[String]) {
    if mine.is_empty() {
        done.tell(officer.number, "tugas_kosong", "", Vec::new());
        return;
    }
    let codes: Vec<&str> = mine.iter().rev().take(LISTED_MAX).map(String::as_str).collect();
    let more = if mine.len() > LISTED_MAX { format!(" +{}", mine.len() - LISTED_MAX) } else { String::new() };
    let text = format!("{}{more}", codes.join(", "));
    done.tell(officer.number, "tugas", "", vec![("daftar", Value::Text(text))]);
}
