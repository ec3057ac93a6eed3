//! Complaints that are alike: of one kecamatan, about one thing, made in one quarter of a year. Five of them are no accident: somebody must
//! say what caused them and what is done about it.
//!
//! Each complaint joins its group in the batch that keeps it, so a group is found once, and by its fifth complaint.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::record::{ComplaintClass, Ticket, TicketKind};
use super::topic::Topic;
use crate::citizen::Msisdn;
use crate::clock::{Day, Timestamp};
use crate::service::code::{self, CodeRow};
use crate::store::{Draft, Fault, Key, Space, Stored};

/// So many are a cluster.
const ALIKE_MIN: usize = 5;
/// Complaints of one group whose codes are kept: whoever complained after so many others is counted, and not told.
const TICKETS_MAX: usize = 1_000;
/// A complaint's own messages arrive before those about the cluster that it is of.
const FOUND_PAUSE: Duration = Duration::from_secs(60);
/// Without an evaluation for so long it is overdue.
const OVERDUE_AFTER: Duration = Duration::from_secs(30 * 86_400);
/// Rows looked at in one round.
const ROWS_MAX: usize = 50;

/// A group of complaints, and from the fifth on a cluster.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Cluster {
    /// Empty until it is one.
    pub code: String,
    /// The first day of the quarter.
    pub quarter: Day,
    /// The kecamatan. None: of those whose is not known.
    pub district: Option<u16>,
    pub topic: Topic,
    /// By their codes, oldest first.
    pub tickets: Vec<String>,
    /// With those whose codes are not kept.
    pub count: u32,
    /// When it became one.
    pub found: Option<Timestamp>,
    /// When it is looked at next; its row stands there. None: there is nothing to do for it.
    pub next: Option<Timestamp>,
    /// Times that somebody was told of it.
    pub reminded: u16,
    pub evaluation: Option<Evaluation>,
    /// Of so many complaints, whoever made them knows what was done.
    pub told: u32,
}

/// What is said to have caused a cluster, and what is done about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evaluation {
    pub cause: String,
    pub action: String,
    /// By when it is done.
    pub day: Day,
    pub at: Timestamp,
    /// The officer; None: from the command line.
    pub by: Option<Msisdn>,
}

impl Stored for Cluster {
    const SPACE: Space = Space::Cluster;
    const FORMAT: u16 = 1;
}

/// Beside the clusters: those for which there is something to do, by when.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) struct Pending {
    key: ClusterKey,
}

impl Stored for Pending {
    const SPACE: Space = Space::Cluster;
    const FORMAT: u16 = 1;
}

/// What makes complaints alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClusterKey {
    pub quarter: Day,
    pub district: Option<u16>,
    pub topic: Topic,
}

/// Between the space's byte and the rest of a key: a group, or a row by time.
const GROUP: &[u8] = b"g";
const ROW: &[u8] = b"r";

impl ClusterKey {
    /// None of a question or suggestion, and of a complaint about nothing that we know a word for.
    fn of(ticket: &Ticket) -> Option<Self> {
        let is_one = ticket.kind == TicketKind::Complaint
            && matches!(ticket.class, ComplaintClass::Complaint | ComplaintClass::Extortion)
            && ticket.topic != Topic::Other;
        is_one.then(|| Self { quarter: quarter(ticket.made.day()), district: ticket.district, topic: ticket.topic })
    }

    pub fn key(self) -> Key {
        let district = self.district.unwrap_or_default().to_be_bytes();
        Key::new(Space::Cluster).with(GROUP).with(&self.quarter.number().to_be_bytes()).with(&district).with(&[self.topic as u8])
    }

    fn row(self, next: Timestamp) -> Key {
        Self::from(next).with(self.key().as_bytes().get(2..).unwrap_or_default())
    }

    fn from(next: Timestamp) -> Key {
        Key::new(Space::Cluster).with(ROW).with(&next.millis().max(0).to_be_bytes())
    }
}

/// The first day of the quarter of a year in which a day lies.
fn quarter(day: Day) -> Day {
    let date = day.date();
    let months = (date.month() - 1) % 3;
    let first = date.first_of_month();
    Day::of(first.checked_sub(jiff::Span::new().months(months)).unwrap_or(first))
}

impl Cluster {
    pub const fn cluster_key(&self) -> ClusterKey {
        ClusterKey { quarter: self.quarter, district: self.district, topic: self.topic }
    }

    /// Is it a group's record, and not a row by time?
    pub fn is_at(key: &Key) -> bool {
        key.as_bytes().get(1..2) == Some(GROUP)
    }

    /// Whether somebody should have said by now what is done about it.
    pub fn is_overdue(&self, now: Timestamp) -> bool {
        self.evaluation.is_none() && self.found.is_some_and(|found| now.since(found) >= OVERDUE_AFTER)
    }

    /// Takes a new complaint in.
    pub(super) async fn gather(draft: &mut Draft<'_>, code: &str, ticket: &Ticket) -> Result<(), Fault> {
        let Some(key) = ClusterKey::of(ticket) else { return Ok(()) };
        let mut cluster = Self::find(draft, key).await?.unwrap_or_else(|| Self {
            code: String::new(),
            quarter: key.quarter,
            district: key.district,
            topic: key.topic,
            tickets: Vec::new(),
            count: 0,
            found: None,
            next: None,
            reminded: 0,
            evaluation: None,
            told: 0,
        });
        let before = cluster.next;
        cluster.count = cluster.count.saturating_add(1);
        if cluster.tickets.len() < TICKETS_MAX {
            cluster.tickets.push(code.to_owned());
        }
        if cluster.found.is_none() && cluster.tickets.len() >= ALIKE_MIN {
            cluster.code = code::fresh(draft).await?;
            draft.put(CodeRow::key(&cluster.code), &CodeRow::Cluster(key))?;
            cluster.found = Some(ticket.made);
            cluster.next = Some(ticket.made.plus(FOUND_PAUSE));
        }
        // Whoever joins one that is evaluated is told like the others.
        if cluster.evaluation.is_some() {
            cluster.next = cluster.next.or(Some(ticket.made.plus(FOUND_PAUSE)));
        }
        cluster.keep(draft, before)
    }

    pub(super) async fn find(draft: &mut Draft<'_>, key: ClusterKey) -> Result<Option<Self>, Fault> {
        draft.get(&key.key()).await
    }

    /// By its own code.
    pub(super) async fn named(draft: &mut Draft<'_>, code: &str) -> Result<Option<Self>, Fault> {
        match draft.peek::<CodeRow>(&CodeRow::key(code)).await? {
            Some(CodeRow::Cluster(key)) => Self::find(draft, key).await,
            _ => Ok(None),
        }
    }

    /// With its row. `before`: where that stood.
    pub(super) fn keep(&self, draft: &mut Draft<'_>, before: Option<Timestamp>) -> Result<(), Fault> {
        let key = self.cluster_key();
        if let Some(before) = before {
            draft.delete(key.row(before));
        }
        if let Some(next) = self.next {
            draft.put(key.row(next), &Pending { key })?;
        }
        draft.put(key.key(), self)?;
        draft.durable();
        Ok(())
    }

    /// Those for which there is something to do by now.
    ///
    /// # Errors
    /// A [`Fault`] of the store.
    pub async fn pending(draft: &Draft<'_>, now: Timestamp) -> Result<Vec<(Key, ClusterKey)>, Fault> {
        let until = ClusterKey::from(now.plus(Duration::from_millis(1)));
        let rows = draft.scan::<Pending>(Key::new(Space::Cluster).with(ROW)..until, ROWS_MAX).await?;
        Ok(rows.into_iter().map(|(key, pending)| (key, pending.key)).collect())
    }

    /// What is left of it by now: it goes with the last of its complaints, and its row with it.
    ///
    /// # Errors
    /// A [`Fault`] of the store.
    pub async fn is_over(&self, draft: &mut Draft<'_>) -> Result<bool, Fault> {
        for code in self.tickets.iter().rev() {
            if draft.peek::<Ticket>(&Ticket::key(code)).await?.is_some() {
                return Ok(false);
            }
        }
        if let Some(next) = self.next {
            draft.delete(self.cluster_key().row(next));
        }
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_year_has_four_quarters() {
        for (day, expected) in [
            ("2026-01-01", "2026-01-01"),
            ("2026-03-31", "2026-01-01"),
            ("2026-04-01", "2026-04-01"),
            ("2026-11-30", "2026-10-01"),
            ("2028-02-29", "2028-01-01"),
            ("2026-12-31", "2026-10-01"),
        ] {
            assert_eq!(quarter(Day::parse(day).unwrap()).to_string(), expected, "{day}");
        }
    }
}
