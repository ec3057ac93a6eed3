//! The record of a ticket, and the row by which it is found when it must be looked at again.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::topic::Topic;
use crate::citizen::Msisdn;
use crate::clock::Timestamp;
use crate::store::{Draft, Fault, Key, Space, Stored};

/// What was said, of the last so many messages: a conversation that goes on for longer is one for the telephone.
const LINES_MAX: usize = 60;
/// Who held it before, at most: more than a ladder has rungs.
const TRIED_MAX: usize = 16;
/// Times that the number was shown, kept with who and why.
const REVEALS_MAX: usize = 20;
/// Tickets that are not closed, read at once. Beyond it the newest wait unseen until older ones are done.
const OPEN_MAX: usize = 10_000;

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
    /// The kecamatan: 9 is 16.06.09. None: not known.
    pub district: Option<u16>,
    pub class: ComplaintClass,
    /// Nobody is told the number.
    pub is_anonymous: bool,
    /// By when a human answers, as the citizen was told.
    pub due: Timestamp,
    /// When it is looked at next; its row stands there.
    pub next: Timestamp,
    pub holder: Option<Holder>,
    /// Who held it and let it go, or was silent.
    pub tried: Vec<Msisdn>,
    /// How far up it has come.
    pub rung: u8,
    /// Marks of its time passed, of which somebody was reminded.
    pub marks: u8,
    /// The citizen knows that it is late.
    pub is_told_late: bool,
    /// Since when a word of the citizen has stood unanswered.
    pub awaits: Option<Timestamp>,
    /// The first answer of a human.
    pub answered: Option<Timestamp>,
    /// When an officer first called it done.
    pub settled: Option<Timestamp>,
    /// When the citizen was last asked whether it is.
    pub asked: Option<Timestamp>,
    pub closed: Option<Closed>,
    pub reopened: u8,
    pub lines: Vec<Line>,
    pub reveals: Vec<Reveal>,
    /// What it is about; of a call for a human [`Topic::Other`].
    pub topic: Topic,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum TicketKind {
    Complaint,
    HandOver,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum TicketState {
    Open,
    /// An officer calls it done; the citizen has not said yet whether it is.
    Asked,
    Closed,
}

/// What a complaint is, by which its time is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ComplaintClass {
    Question,
    Complaint,
    /// Money was asked for what is free.
    Extortion,
    Suggestion,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    pub number: Msisdn,
    /// When they were told, or last reminded.
    pub since: Timestamp,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Closed {
    pub at: Timestamp,
    pub by: ClosedBy,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ClosedBy {
    Citizen,
    /// Nobody said that it was not done.
    Silence,
}

/// A word after the first one.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Line {
    pub at: Timestamp,
    /// None: the citizen's.
    pub officer: Option<Msisdn>,
    pub text: String,
}

/// An officer had the number shown.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Reveal {
    pub at: Timestamp,
    pub officer: Msisdn,
    pub reason: String,
}

impl Stored for Ticket {
    const SPACE: Space = Space::Ticket;
    const FORMAT: u16 = 3;

    /// Until 1 nobody followed them up: they are looked at as soon as there is somebody to. Until 2 nobody asked what they are about.
    fn upcast(format: u16, bytes: &[u8]) -> Option<Self> {
        if format == 2 {
            let ticket: Self = postcard::from_bytes(&[bytes, &postcard::to_allocvec(&Topic::Other).ok()?].concat()).ok()?;
            return Some(Self { topic: topic(ticket.kind, ticket.class, &ticket.text), ..ticket });
        }
        #[derive(Deserialize)]
        struct Before {
            kind: TicketKind,
            state: TicketState,
            text: String,
            number: Msisdn,
            made: Timestamp,
            left: Option<String>,
            language: Option<String>,
            _district: Option<String>,
        }
        let Before { kind, state, text, number, made, left, language, _district: _ } =
            if format == 1 { postcard::from_bytes(bytes).ok()? } else { return None };
        Some(Self { state, left, language, ..Self::new(kind, ComplaintClass::Complaint, number, text, made) })
    }
}

/// Whoever wants to talk complains of nothing yet.
fn topic(kind: TicketKind, class: ComplaintClass, text: &str) -> Topic {
    if kind == TicketKind::Complaint { Topic::of(class, text) } else { Topic::Other }
}

impl Ticket {
    pub fn new(kind: TicketKind, class: ComplaintClass, number: Msisdn, text: String, now: Timestamp) -> Self {
        Self {
            topic: topic(kind, class, &text),
            kind,
            state: TicketState::Open,
            text,
            number,
            made: now,
            left: None,
            language: None,
            district: None,
            class,
            is_anonymous: false,
            due: now,
            next: now,
            holder: None,
            tried: Vec::new(),
            rung: 0,
            marks: 0,
            is_told_late: false,
            awaits: Some(now),
            answered: None,
            settled: None,
            asked: None,
            closed: None,
            reopened: 0,
            lines: Vec::new(),
            reveals: Vec::new(),
        }
    }

    pub fn key(code: &str) -> Key {
        Key::new(Space::Ticket).with(code.as_bytes())
    }

    pub(super) fn say(&mut self, officer: Option<Msisdn>, text: &str, now: Timestamp) {
        if self.lines.len() >= LINES_MAX {
            self.lines.remove(0);
        }
        self.lines.push(Line { at: now, officer, text: text.to_owned() });
    }

    /// False if it was shown too often.
    pub(super) fn reveal(&mut self, reveal: Reveal) -> bool {
        let fits = self.reveals.len() < REVEALS_MAX;
        if fits {
            self.reveals.push(reveal);
        }
        fits
    }

    /// Nobody's again, until somebody else has it.
    pub(super) fn let_go(&mut self) {
        let Some(holder) = self.holder.take() else { return };
        self.tried.retain(|tried| *tried != holder.number);
        if self.tried.len() < TRIED_MAX {
            self.tried.push(holder.number);
        }
    }

    /// What is left of it by now, if it is kept for so long after it was closed, or after it was to be.
    pub fn left(self, now: Timestamp, kept: Duration) -> Option<Self> {
        let ended = self.closed.map_or_else(|| self.due.max(self.touched()), |closed| closed.at);
        (now.since(ended) < kept).then_some(self)
    }

    /// A human answered before it was late, or late to all that was said.
    pub(super) fn is_answered(&self) -> bool {
        self.answered.is_some_and(|answered| answered <= self.due || self.awaits.is_none())
    }

    /// When anything was last said or done in it.
    pub(super) fn touched(&self) -> Timestamp {
        self.lines.last().map_or(self.made, |line| line.at)
    }
}

/// A ticket that is not closed, by when it is looked at next. What is needed of all of them at once stands in the row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waiting {
    pub kind: TicketKind,
    pub made: Timestamp,
    pub holder: Option<Msisdn>,
    /// The officer's turn to speak.
    pub is_unanswered: bool,
}

impl Stored for Waiting {
    const SPACE: Space = Space::Waiting;
    const FORMAT: u16 = 1;
}

impl Waiting {
    fn from(at: Timestamp) -> Key {
        Key::new(Space::Waiting).with(&at.millis().max(0).to_be_bytes())
    }

    fn key(next: Timestamp, code: &str) -> Key {
        Self::from(next).with(code.as_bytes())
    }

    /// Of every ticket that is not closed, by when it is looked at.
    pub async fn all(draft: &Draft<'_>) -> Result<Vec<Row>, Fault> {
        let rows = draft.scan::<Self>(Key::new(Space::Waiting)..Key::after(Space::Waiting), OPEN_MAX).await?;
        let row = |(key, waiting): (Key, Self)| {
            let (time, code) = key.as_bytes().get(1..)?.split_at_checked(8)?;
            let next = i64::from_be_bytes(time.try_into().ok()?);
            Some(Row { next: Timestamp::from_millis(next), code: std::str::from_utf8(code).ok()?.to_owned(), waiting })
        };
        Ok(rows.into_iter().filter_map(row).collect())
    }
}

/// A row, read.
#[derive(Clone, Debug)]
pub struct Row {
    pub next: Timestamp,
    pub code: String,
    pub waiting: Waiting,
}

impl Row {
    pub(super) fn key(&self) -> Key {
        Waiting::key(self.next, &self.code)
    }
}

/// A ticket in hand.
#[derive(Debug)]
pub struct Case {
    pub code: String,
    pub ticket: Ticket,
    /// The row it was found with.
    row: Option<Key>,
}

impl Case {
    pub(super) const fn new(code: String, ticket: Ticket) -> Self {
        Self { code, ticket, row: None }
    }

    pub async fn find(draft: &mut Draft<'_>, code: &str) -> Result<Option<Self>, Fault> {
        let ticket: Option<Ticket> = draft.get(&Ticket::key(code)).await?;
        Ok(ticket.map(|ticket| Self { row: Some(Waiting::key(ticket.next, code)), code: code.to_owned(), ticket }))
    }

    /// A ticket from before anybody followed them up has no row, and its time begins when it gets one.
    ///
    /// # Errors
    /// A [`Fault`] of the store.
    pub async fn take_up(draft: &mut Draft<'_>, code: &str, now: Timestamp) -> Result<(), Fault> {
        let Some(mut case) = Self::find(draft, code).await? else { return Ok(()) };
        let Some(row) = case.row.filter(|_| case.ticket.state != TicketState::Closed) else { return Ok(()) };
        if draft.get::<Waiting>(&row).await?.is_some() {
            return Ok(());
        }
        (case.ticket.due, case.ticket.next, case.ticket.awaits) = (now, now, Some(now));
        case.ticket.is_told_late = true;
        case.keep(draft)
    }

    /// Of a ticket that is to be deleted.
    ///
    /// # Errors
    /// A [`Fault`] of the store.
    pub async fn let_row_go(draft: &mut Draft<'_>, code: &str) -> Result<(), Fault> {
        if let Some(row) = Self::find(draft, code).await?.and_then(|case| case.row) {
            draft.delete(row);
        }
        Ok(())
    }

    /// With its row. What is closed has none.
    pub(super) fn keep(&self, draft: &mut Draft<'_>) -> Result<(), Fault> {
        let ticket = &self.ticket;
        if let Some(row) = self.row {
            draft.delete(row);
        }
        if ticket.state != TicketState::Closed {
            let waiting = Waiting {
                kind: ticket.kind,
                made: ticket.made,
                holder: ticket.holder.map(|holder| holder.number),
                is_unanswered: ticket.state == TicketState::Open && ticket.awaits.is_some(),
            };
            draft.put(Waiting::key(ticket.next, &self.code), &waiting)?;
        }
        draft.put(Ticket::key(&self.code), ticket)?;
        draft.durable();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ticket_from_before_anybody_followed_them_up_is_read() {
        #[derive(Serialize)]
        struct Before {
            kind: TicketKind,
            state: TicketState,
            text: &'static str,
            number: Msisdn,
            made: Timestamp,
            left: Option<String>,
            language: Option<String>,
            district: Option<String>,
        }
        let made = Timestamp::parse("2026-11-30T09:00").unwrap();
        let before = Before {
            kind: TicketKind::HandOver,
            state: TicketState::Open,
            text: "tolong",
            number: Msisdn::parse("+6281200000001").unwrap(),
            made,
            left: Some("st_ganda".to_owned()),
            language: None,
            district: None,
        };
        let bytes = postcard::to_allocvec(&before).unwrap();
        let ticket = Ticket::upcast(1, &bytes).unwrap();
        assert_eq!((ticket.kind, ticket.text.as_str(), ticket.left.as_deref()), (TicketKind::HandOver, "tolong", Some("st_ganda")));
        assert_eq!((ticket.next, ticket.awaits, ticket.holder), (made, Some(made), None));
        assert!(Ticket::upcast(0, &bytes).is_none() && Ticket::upcast(1, &bytes[1..]).is_none());
    }

    /// As a gateway before this one wrote it: every field is set.
    #[test]
    fn a_ticket_from_before_anybody_asked_what_it_is_about_is_read() {
        const HEX: &str = include_str!("../../../tests/fixtures/records/ticket-2.hex");
        let old: Vec<u8> = (0..HEX.trim().len() / 2).map(|at| u8::from_str_radix(&HEX[at * 2..at * 2 + 2], 16).unwrap()).collect();
        let ticket = Ticket::upcast(2, &old).unwrap();
        assert_eq!((ticket.text.as_str(), ticket.topic), ("antre lama sekali", Topic::Queue));
        assert_eq!((ticket.district, ticket.rung, ticket.marks, ticket.reopened), (Some(9), 2, 3, 4));
        assert_eq!((ticket.lines.len(), ticket.reveals.len(), ticket.tried.len()), (1, 1, 1));
        assert!(ticket.is_anonymous && ticket.closed.is_some_and(|closed| closed.by == ClosedBy::Silence));
        assert!(Ticket::upcast(2, &old[1..]).is_none());
    }
}
