//! Delivery reports: before the answer to the request or days after it, once or twice, in any order.

use std::sync::atomic::Ordering;

use super::Outbox;
use super::decide::{Event, Next, after_report, decide, reported};
use super::receipt::{self, Receipt, Tells};
use crate::channel::{About, DeliveryReport, DeliveryStatus};
use crate::store::queue::{Fate, MessageId, Outgoing, Sent};
use crate::store::{CommitError, Draft, Fault, Key};

/// Times a report is looked at again because its message moved meanwhile.
const RERUNS_MAX: usize = 5;

/// What came of a report. Whatever it is, the telco need not send it again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reported {
    /// Kept until it is known which message it is about.
    Early,
    /// The fate is what the report says, or was final before.
    Noted,
    /// No message of ours.
    Unknown,
}

impl Outbox {
    /// Writes down what a telco says of a message that it took.
    ///
    /// # Errors
    /// A [`Fault`] of the store: then the report should come again.
    pub async fn report(&self, channel: &str, report: &DeliveryReport) -> Result<Reported, Fault> {
        for _ in 0..=RERUNS_MAX {
            match self.note(channel, report).await {
                Ok(Some(reported)) => {
                    if reported == Reported::Unknown {
                        self.unknown_reports.fetch_add(1, Ordering::Relaxed);
                    }
                    return Ok(reported);
                }
                Ok(None) | Err(CommitError::Conflict) => tokio::task::yield_now().await,
                Err(CommitError::Fault(fault)) => return Err(fault),
            }
        }
        Err(Fault::Contended)
    }

    /// `None`: the message moved while it was looked for.
    async fn note(&self, channel: &str, report: &DeliveryReport) -> Result<Option<Reported>, CommitError> {
        let mut draft = Draft::new(&self.store);
        let id = match &report.about {
            About::Ours(id) => MessageId::parse(id),
            About::Theirs(id) => {
                // Asked before the receipts are read: what is answered from here on leaves a receipt that conflicts with ours.
                let lane = self.lane(channel);
                let may_be_early = lane.is_some_and(|lane| self.dispatch().lanes()[lane].in_flight() > 0);
                let mut found = None;
                for place in receipt::places(&self.store, channel, id) {
                    if let Some(Receipt { tells: Tells::Of(id), .. }) = draft.get(&place).await? {
                        found = Some(id);
                        break;
                    }
                }
                if found.is_none() && may_be_early {
                    return self.keep_early(draft, channel, id, report).await.map(Some);
                }
                found
            }
        };
        match id {
            Some(id) => self.note_of(draft, channel, id, report).await,
            None => Ok(Some(Reported::Unknown)),
        }
    }

    async fn keep_early(&self, mut draft: Draft<'_>, channel: &str, id: &str, report: &DeliveryReport) -> Result<Reported, CommitError> {
        let tells = Tells::Early { status: report.status.into(), word: report.word.clone() };
        let keys: Vec<Key> = receipt::keys(&self.store, channel, id);
        for key in keys {
            // The last word counts: a telco says `sent` before it says `delivered`, and what is final comes once.
            let kept: Option<Receipt> = draft.get(&key).await?;
            if !matches!(&kept, Some(Receipt { tells: Tells::Early { status, .. }, .. }) if status.is_final()) {
                draft.put(key, &Receipt { at: self.clock.now(), tells: tells.clone() })?;
            }
        }
        draft.durable();
        self.store.commit(draft.into_batch()).await?;
        Ok(Reported::Early)
    }

    /// The last word on a message tells how its channel does; what is not final tells nothing.
    pub(super) fn heard_of(&self, channel: &str, id: MessageId, status: DeliveryStatus) {
        if let Some(lane) = self.lane(channel)
            && let Some(fate) = reported(status, None)
        {
            self.dispatch().reported(lane, id, fate == Fate::Delivered, self.mono());
        }
    }

    async fn note_of(
        &self,
        mut draft: Draft<'_>,
        channel: &str,
        id: MessageId,
        report: &DeliveryReport,
    ) -> Result<Option<Reported>, CommitError> {
        let (now, word) = (self.clock.now(), report.word.as_deref());
        // A row becomes a sent message, never the other way round: looked for in this order, one of them is found.
        let place = self.dispatch().place(id);
        let row: Option<Outgoing> = match place {
            Some((class, next)) => draft.get(&Outgoing::key_of(class, next, id)).await?,
            None => None,
        };
        let tally = self.lane(channel).map(|lane| &self.tallies[lane]);
        if let Some(row) = row {
            let next = decide(&row, Event::Reported { status: report.status, word }, now, &self.settings.patience, 0);
            let Next::Settle(fate) = &next else { return Ok(Some(Reported::Unknown)) };
            Self::write(&mut draft, &row, channel, &next, now)?;
            draft.durable();
            self.store.commit(draft.into_batch()).await?;
            self.dispatch().settled(id);
            self.heard_of(channel, id, report.status);
            if let Some(tally) = tally {
                tally.settled(fate);
            }
            return Ok(Some(Reported::Noted));
        }
        let sent: Option<Sent> = draft.get(&Sent::key(id)).await?;
        match sent {
            None if place.is_some() => Ok(None),
            None => Ok(Some(Reported::Unknown)),
            Some(mut sent) => {
                if let Some(fate) = after_report(&sent.fate, report.status, word) {
                    if let (Some(tally), Fate::Failed(_)) = (tally, &fate) {
                        tally.settled(&fate);
                    }
                    sent.fate = fate;
                    draft.put(Sent::key(id), &sent)?;
                    draft.durable();
                    self.store.commit(draft.into_batch()).await?;
                }
                self.heard_of(channel, id, report.status);
                Ok(Some(Reported::Noted))
            }
        }
    }
}
