//! Every record as a line of JSON, in the order of keys: for the operator, for other programs, and for whoever judges us from outside.
//!
//! What identifies a citizen stays behind: of a NIK or number only the last four digits are written.

mod unit;

use std::io::{self, Write};

use serde_json::{Value, json};

use crate::clock::Timestamp;
use crate::service::appointment::{Booking, BookingState, Came, Slot, Visit};
use crate::service::caller::Caller;
use crate::service::code::CodeRow;
use crate::service::ktp::Generation;
use crate::service::mobile_unit::{STOPS_FROM, Stop, Waiter};
use crate::service::outreach::{Announcement, Coordinator, Follower, QuestionDue, Reach, Source};
use crate::service::place::{Device, Places, SlotId};
use crate::service::ticket::{ClosedBy, Cluster, ComplaintClass, Ticket, TicketKind, TicketState};
use crate::store::queue::{Class, Due, DueKind, Fate, Outgoing, Sending, Sent};
use crate::store::{Fault, Key, Record, Store, Stored};
use crate::turn::Count;

/// Writes all records but the registry's own entries and the sessions, which are counted only.
///
/// # Errors
/// A [`Fault`] of the store, or the sink's own error.
pub fn write(store: &Store, places: &Places, now: Timestamp, sink: &mut dyn Write) -> Result<(), ExportError> {
    let mut failed: Option<ExportError> = None;
    let mut counted = Counted::default();
    store.export(&mut |key, record| {
        if failed.is_none()
            && let Err(error) = line(key, record, places, now, &mut counted).and_then(|line| put(sink, line))
        {
            failed = Some(error);
        }
    })?;
    if let Some(error) = failed {
        return Err(error);
    }
    let counts = json!({"space": "counts", "sessions": counted.sessions, "callers": counted.callers, "registry": counted.registry});
    put(sink, Some(counts))?;
    sink.flush()?;
    Ok(())
}

/// Why an export stopped.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    #[error(transparent)]
    Fault(#[from] Fault),
    #[error("the export could not be written: {0}")]
    Sink(#[from] io::Error),
}

#[derive(Default)]
struct Counted {
    sessions: u64,
    callers: u64,
    registry: u64,
}

fn put(sink: &mut dyn Write, line: Option<Value>) -> Result<(), ExportError> {
    match line {
        Some(line) => Ok(writeln!(sink, "{line}")?),
        None => Ok(()),
    }
}

fn line(key: &Key, record: &Record, places: &Places, now: Timestamp, counted: &mut Counted) -> Result<Option<Value>, ExportError> {
    match key.as_bytes().first() {
        Some(b's') => counted.sessions += 1,
        Some(b'c') => counted.callers += 1,
        Some(b'r') => counted.registry += 1,
        _ => {}
    }
    Ok(shown(key, record, places, now)?)
}

/// A record without what identifies a citizen; nothing of those that are only about one.
///
/// # Errors
/// A [`Fault`] if it cannot be read.
pub fn shown(key: &Key, record: &Record, places: &Places, now: Timestamp) -> Result<Option<Value>, Fault> {
    Ok(match key.as_bytes().first() {
        Some(b'b') => Some(booking(&decode::<Booking>(record)?, places)),
        Some(b'l') => slot(key, &decode::<Slot>(record)?, places, now),
        Some(b'c') => Some(caller(&decode::<Caller>(record)?)),
        Some(b'k') => Some(code(key, &decode::<CodeRow>(record)?)),
        Some(b'o') => Some(outgoing(&decode::<Outgoing>(record)?)),
        Some(b't') => Some(sent(key, &decode::<Sent>(record)?)),
        Some(b'd') => {
            let due = decode::<Due>(record)?;
            let (kind, code) = match &due.kind {
                DueKind::LateAnswer(question) => ("late_answer", question.code.as_str()),
                DueKind::NewExport { .. } => ("new_export", ""),
            };
            Some(json!({"space": "due", "kind": kind, "code": code, "at": due.at.to_string()}))
        }
        Some(b'i') => Some(ticket(key, &decode::<Ticket>(record)?)),
        Some(b'N') => {
            let (day, district) = Count::of(key).unwrap_or_default();
            Some(json!({"space": "count", "day": day.to_string(), "district": district, "counts": decode::<Count>(record)?.by}))
        }
        Some(b'C') if Cluster::is_at(key) => Some(cluster(&decode::<Cluster>(record)?)),
        Some(b'x') => {
            let coordinator = decode::<Coordinator>(record)?;
            let (reach, number4) = (coordinator.reach(now), format!("{:04}", coordinator.number.number() % 10_000));
            Some(
                json!({"space": "coordinator", "number4": number4, "area": reach.map(Reach::code), "offered": coordinator.offer.is_some()}),
            )
        }
        Some(b'F') => {
            let follower = decode::<Follower>(record)?;
            let (area, number4) = (follower.reach.code(), format!("{:04}", follower.number.number() % 10_000));
            Some(json!({"space": "follower", "number4": number4, "area": area, "since": follower.since.map(|at| at.to_string())}))
        }
        Some(b'S') => {
            let source = decode::<Source>(record)?;
            let (told, at) = (source.told.map(|(told, _)| told.word()), source.told.map(|(_, at)| at.to_string()));
            Some(json!({"space": "source", "district": source.district, "booked": source.booked.to_string(), "told": told, "at": at}))
        }
        Some(b'E') => {
            let waiting = decode::<QuestionDue>(record)?;
            Some(json!({"space": "question_due", "number4": format!("{:04}", waiting.number.number() % 10_000)}))
        }
        Some(b'U') => Some(announcement(key, &decode::<Announcement>(record)?)),
        Some(b'v') => Some(unit::stop(key, &decode::<Stop>(record)?)),
        Some(b'm') => {
            let device = decode::<Device>(record)?;
            let (since, until) = (device.since.to_string(), device.until.to_string());
            Some(json!({"space": "device", "place_id": Device::place(key), "works": device.works, "since": since, "until": until}))
        }
        Some(b'q') => Some(unit::waiter(key, &decode::<Waiter>(record)?)),
        Some(b'g') => {
            let generation = decode::<Generation>(record)?;
            let (number, as_of) = (generation.number, generation.as_of.to_string());
            Some(json!({"space": "generation", "number": number, "as_of": as_of, "rows": generation.rows}))
        }
        _ => None,
    })
}

/// Only what the figures of whom the office reaches are made of.
fn caller(caller: &Caller) -> Value {
    json!({
        "space": "caller",
        "district": caller.district(),
        "village": caller.home.and_then(|home| home.village),
        "seen": caller.seen.map(|seen| seen.to_string()),
    })
}

fn decode<R: Stored>(record: &Record) -> Result<R, Fault> {
    record.decode()
}

fn booking(booking: &Booking, places: &Places) -> Value {
    let state = match booking.state {
        BookingState::Booked => "booked",
        BookingState::Cancelled => "cancelled",
        BookingState::Held { .. } => "held",
    };
    let mut line = json!({
        "space": "booking",
        "code": booking.code,
        "nik4": format!("{:04}", booking.nik.last4()),
        "number4": format!("{:04}", booking.number.number() % 10_000),
        "need": booking.need.word(),
        "state": state,
        "unchecked": booking.unchecked,
        "made": booking.made.to_string(),
        "visit": booking.visit.as_ref().map(visit),
        "helped": booking.helped_by.is_some(),
        "warned": booking.warned.map(|at| at.to_string()),
    });
    place_line(&mut line, booking.slot, places);
    line
}

/// Without what was missing, which an officer writes in words of their own.
fn visit(visit: &Visit) -> Value {
    let came = match visit.came {
        Came::Kept => "kept",
        Came::NoShow => "no-show",
        Came::Incomplete { .. } => "incomplete",
    };
    let by4 = visit.by.map(|officer| format!("{:04}", officer.number() % 10_000));
    json!({"came": came, "at": visit.at.to_string(), "by4": by4, "followed": visit.is_followed})
}

fn slot(key: &Key, slot: &Slot, places: &Places, now: Timestamp) -> Option<Value> {
    let booked: Vec<&str> = slot.booked().collect();
    let id = Slot::id(key)?;
    // How many a stop has stands in its own line.
    let seats = (id.place < STOPS_FROM).then_some(places.seats);
    let mut line = json!({"space": "slot", "seats": seats, "booked": booked, "held": slot.held(now)});
    place_line(&mut line, id, places);
    Some(line)
}

fn outgoing(row: &Outgoing) -> Value {
    let (state, channel) = match &row.state {
        Sending::Waiting => ("waiting", None),
        Sending::Leased { channel, again: false } => ("leased", Some(channel)),
        Sending::Leased { channel, again: true } => ("leased_again", Some(channel)),
        Sending::Unsure { channel } => ("unsure", Some(channel)),
    };
    json!({
        "space": "outgoing",
        "id": row.id.to_string(),
        "to4": format!("{:04}", row.to.number() % 10_000),
        "class": class(row.class),
        "reference": row.reference,
        "text": row.text,
        "at": row.at.to_string(),
        "next": row.next.to_string(),
        "tries": row.tries,
        "state": state,
        "channel": channel,
    })
}

fn sent(key: &Key, sent: &Sent) -> Value {
    let (fate, word) = match &sent.fate {
        Fate::Answered => ("answered", None),
        Fate::Accepted => ("accepted", None),
        Fate::Delivered => ("delivered", None),
        Fate::Failed(word) => ("failed", word.as_ref()),
        Fate::Unreported => ("unreported", None),
        Fate::Expired => ("expired", None),
        Fate::Unwanted => ("unwanted", None),
    };
    json!({
        "space": "sent",
        "id": Sent::id(key).map(|id| id.to_string()),
        "to4": format!("{:04}", sent.to.number() % 10_000),
        "class": class(sent.class),
        "reference": sent.reference,
        "text": sent.text,
        "at": sent.at.to_string(),
        "sent": sent.sent.to_string(),
        "tries": sent.tries,
        "channel": sent.channel,
        "fate": fate,
        "word": word,
    })
}

const fn class(class: Class) -> &'static str {
    match class {
        Class::Reply => "reply",
        Class::Owed => "owed",
        Class::Notice => "notice",
        Class::Reminder => "reminder",
        Class::Bulk => "bulk",
    }
}

fn code(key: &Key, row: &CodeRow) -> Value {
    let of = match row {
        CodeRow::Booking { .. } => "booking",
        CodeRow::Late => "late",
        CodeRow::Ticket => "ticket",
        CodeRow::Cluster(_) => "cluster",
        CodeRow::Announcement => "announcement",
        CodeRow::Stop { .. } => "stop",
    };
    json!({"space": "code", "code": code_of(key), "of": of})
}

/// Without its text, in which people write whatever they like.
fn ticket(key: &Key, ticket: &Ticket) -> Value {
    let kind = match ticket.kind {
        TicketKind::Complaint => "complaint",
        TicketKind::HandOver => "hand_over",
    };
    let state = match ticket.state {
        TicketState::Open => "open",
        TicketState::Asked => "asked",
        TicketState::Closed => "closed",
    };
    let class = match ticket.class {
        ComplaintClass::Question => "question",
        ComplaintClass::Complaint => "complaint",
        ComplaintClass::Extortion => "extortion",
        ComplaintClass::Suggestion => "suggestion",
    };
    let at = |at: Option<Timestamp>| at.map(|at| at.to_string());
    json!({
        "space": "ticket",
        "code": code_of(key),
        "kind": kind,
        "class": class,
        "topic": ticket.topic.word(),
        "state": state,
        "number4": format!("{:04}", ticket.number.number() % 10_000),
        "district": ticket.district,
        "made": ticket.made.to_string(),
        "left": ticket.left,
        "due": ticket.due.to_string(),
        "held": ticket.holder.is_some(),
        "rung": ticket.rung,
        "late": ticket.is_told_late,
        "answered": at(ticket.answered),
        "settled": at(ticket.settled),
        "closed": at(ticket.closed.map(|closed| closed.at)),
        "closed_by": ticket.closed.map(|closed| match closed.by {
            ClosedBy::Citizen => "citizen",
            ClosedBy::Silence => "silence",
        }),
        "reopened": ticket.reopened,
        "lines": ticket.lines.len(),
        "reveals": ticket.reveals.len(),
    })
}

/// Without cause and action, which somebody wrote in words of their own.
fn cluster(cluster: &Cluster) -> Value {
    let evaluation = cluster.evaluation.as_ref();
    json!({
        "space": "cluster",
        "code": cluster.code,
        "quarter": cluster.quarter.to_string(),
        "district": cluster.district,
        "topic": cluster.topic.word(),
        "tickets": cluster.tickets,
        "complaints": cluster.count,
        "found": cluster.found.map(|found| found.to_string()),
        "reminded": cluster.reminded,
        "evaluated": evaluation.map(|evaluation| evaluation.at.to_string()),
        "done_by": evaluation.map(|evaluation| evaluation.day.to_string()),
        "told": cluster.told,
    })
}

/// Without its text.
fn announcement(key: &Key, announcement: &Announcement) -> Value {
    json!({
        "space": "announcement",
        "code": code_of(key),
        "area": announcement.reach.code(),
        "stage": announcement.stage.word(),
        "made": announcement.made.to_string(),
        "by4": format!("{:04}", announcement.by.number() % 10_000),
        "decided4": announcement.decided.map(|officer| format!("{:04}", officer.number() % 10_000)),
        "audience": announcement.audience,
        "parts": announcement.parts,
        "sent": announcement.sent,
        "acknowledged": announcement.acknowledged,
    })
}

fn code_of(key: &Key) -> String {
    String::from_utf8_lossy(key.as_bytes().get(1..).unwrap_or_default()).into_owned()
}

fn place_line(line: &mut Value, slot: SlotId, places: &Places) {
    let name = places.place(slot.place).map_or("", |place| place.name.as_str());
    line["place"] = json!(name);
    line["place_id"] = json!(slot.place);
    line["day"] = json!(slot.day.to_string());
    line["from"] = json!(slot.window.from);
    line["to"] = json!(slot.window.to);
}
