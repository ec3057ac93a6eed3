//! One message's way: leased on disk, handed over, and what came of it on disk again.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::decide::{Event, Next, after_report, decide};
use super::dispatch::Picked;
use super::lane::Went;
use super::receipt::{self, Receipt, Tells};
use super::{Carrier, FAULT_PAUSE, Fakes, Outbox, Way, readable};
use crate::channel::{Accepted, DeliveryStatus, Retry, SendError, SmsOut};
use crate::clock;
use crate::service::{caller, outreach};
use crate::store::queue::{Class, Fate, Outgoing, Sent};
use crate::store::{CommitError, Draft, Fault, Field};

impl Outbox {
    /// Leases what was picked in one batch, and lets it leave when that is on disk. What does not leave may be decided once more.
    pub(super) async fn lease(self: &Arc<Self>, all: &[Picked]) -> Result<(), CommitError> {
        let now = self.clock.now();
        let mut draft = Draft::new(&self.store);
        let (mut decided, mut at_once) = (Vec::new(), Vec::new());
        for picked in all {
            let carrier = &self.carriers[picked.lane];
            let key = Outgoing::key_of(picked.class, picked.next, picked.id);
            let Some(mut row) = readable(draft.get::<Outgoing>(&key).await)? else {
                decided.push(Next::Keep);
                continue;
            };
            let mut next = self.judge(&draft, &row, carrier).await?;
            // A phone of the demo has it at once: there is nothing to lease.
            if let (Next::Send(leased), Way::Phone) = (&next, &carrier.way) {
                row = leased.clone();
                next = decide(&row, Event::Taken, now, &self.settings.patience, 0);
                at_once.push(row.clone());
            }
            Self::write(&mut draft, &row, &carrier.name, &next, now)?;
            if matches!(next, Next::Send(_)) {
                draft.durable();
            }
            decided.push(next);
        }
        self.store.commit(draft.into_batch()).await?;
        for row in &at_once {
            self.note_answer(row).await;
        }
        for (picked, next) in all.iter().zip(decided) {
            if let Next::Send(row) = next {
                let (outbox, picked) = (Arc::clone(self), *picked);
                tokio::spawn(async move { outbox.carry(&picked, &row).await });
            } else {
                self.tallies[picked.lane].count(&next);
                self.end(picked, Went::Unused, None);
            }
        }
        Ok(())
    }

    /// What is to be done with a row whose time has come.
    async fn judge(&self, draft: &Draft<'_>, row: &Outgoing, carrier: &Carrier) -> Result<Next, Fault> {
        if row.to.is_fake() && self.settings.fakes == Fakes::Refuse && matches!(carrier.way, Way::Http { .. }) {
            return Ok(Next::Settle(Fate::Failed(Some("fake_number".to_owned()))));
        }
        // What was wanted when it was left may not be any more.
        if !caller::wants(draft, row.to, row.class).await? {
            return Ok(Next::Settle(Fate::Unwanted));
        }
        if row.class == Class::Bulk && outreach::is_called_off(draft, &row.reference).await? {
            return Ok(Next::Settle(Fate::Unwanted));
        }
        Ok(decide(row, Event::Due { channel: &carrier.name }, self.clock.now(), &self.settings.patience, 0))
    }

    /// Hands a leased message to its telco, and writes down what came of it.
    async fn carry(&self, picked: &Picked, row: &Outgoing) {
        let carrier = &self.carriers[picked.lane];
        let id = row.id.to_string();
        let message = SmsOut { to: row.to, text: &row.text, id: &id, reference: &row.reference };
        let (answer, went) = carrier.way.send(&self.link, &message, self.clock.now()).await;
        if let Err(error) = &answer
            && error.ours
        {
            tracing::warn!(channel = carrier.name, code = error.code, "a message was not taken");
        }
        let next = loop {
            match self.record(picked, row, &answer).await {
                Ok(next) => break Some(next),
                Err(CommitError::Conflict) => {}
                Err(CommitError::Fault(fault)) => {
                    tracing::error!(%fault, "what came of a message cannot be written down");
                    if self.stopping.load(Ordering::Relaxed) {
                        // It stays leased, and is unsure after the next start.
                        break None;
                    }
                    clock::sleep(FAULT_PAUSE).await;
                }
            }
        };
        if answer.is_ok() {
            self.note_answer(row).await;
        }
        let tally = &self.tallies[picked.lane];
        if let Some(next) = &next {
            tally.count(next);
        }
        if matches!(&answer, Err(error) if error.retry == Retry::Unsure) {
            tally.unsure.fetch_add(1, Ordering::Relaxed);
        }
        let again = match &next {
            Some(Next::Wait(row)) => Some(row),
            _ => None,
        };
        self.end(picked, went, again);
    }

    /// What answers a message was handed over: how long did that take? A figure that cannot be had is none.
    async fn note_answer(&self, row: &Outgoing) {
        if !row.is_answer() {
            return;
        }
        let hash = self.store.hash(Field::Number, &row.to.number().to_be_bytes());
        if let Ok(district) = caller::district(&Draft::new(&self.store), hash).await {
            let now = self.clock.now();
            self.counts.answered(hash[0], now.day(), district, now.since(row.at));
        }
    }

    /// One batch: the row gone or changed, what is kept of it, and the telco's id of it.
    async fn record(&self, picked: &Picked, leased: &Outgoing, answer: &Result<Accepted, SendError>) -> Result<Next, CommitError> {
        let (now, channel) = (self.clock.now(), self.carriers[picked.lane].name.as_str());
        let mut draft = Draft::new(&self.store);
        let row: Option<Outgoing> = draft.get(&leased.key()).await?;
        let mut next = match (&row, answer) {
            // A report has settled it while the telco was answering.
            (None, _) => Next::Keep,
            (Some(row), Ok(_)) => decide(row, Event::Taken, now, &self.settings.patience, 0),
            (Some(row), Err(error)) => {
                let chance = getrandom::u64().map_err(|_| Fault::Randomness)?;
                let other = self.dispatch().elsewhere(row, picked.lane);
                let elsewhere = other.map(|lane| self.carriers[lane].name.as_str());
                decide(row, Event::NotTaken { error, elsewhere }, now, &self.settings.patience, chance)
            }
        };
        let mut early = None;
        if let Ok(Accepted { id: Some(id) }) = answer {
            for place in receipt::places(&self.store, channel, id) {
                if let Some(Receipt { tells: Tells::Early { status, word }, .. }) = draft.get(&place).await? {
                    early = early.or(Some((DeliveryStatus::from(status), word)));
                    draft.delete(place);
                }
            }
            for key in receipt::keys(&self.store, channel, id) {
                draft.put(key, &Receipt { at: now, tells: Tells::Of(leased.id) })?;
            }
            if let Some((status, word)) = &early {
                match &next {
                    Next::Settle(fate) => next = after_report(fate, *status, word.as_deref()).map_or(next, Next::Settle),
                    Next::Keep | Next::Send(_) | Next::Wait(_) => {
                        let sent: Option<Sent> = draft.get(&Sent::key(leased.id)).await?;
                        if let Some(mut sent) = sent
                            && let Some(fate) = after_report(&sent.fate, *status, word.as_deref())
                        {
                            sent.fate = fate;
                            draft.put(Sent::key(leased.id), &sent)?;
                        }
                    }
                }
            }
        }
        Self::write(&mut draft, leased, channel, &next, now)?;
        draft.durable();
        self.store.commit(draft.into_batch()).await?;
        if let Some((status, _)) = early {
            self.heard_of(channel, leased.id, status);
        }
        Ok(next)
    }

    fn end(&self, picked: &Picked, went: Went, again: Option<&Outgoing>) {
        let mono = self.mono();
        let name = self.carriers[picked.lane].name.as_str();
        let mut dispatch = self.dispatch();
        let was_broken = dispatch.lanes()[picked.lane].is_broken();
        dispatch.end(picked, went, again, mono);
        match (was_broken, dispatch.lanes()[picked.lane].is_broken()) {
            (false, true) => tracing::warn!(channel = name, "out of order: others take over, if there are any"),
            (true, false) => tracing::warn!(channel = name, "works again"),
            _ => {}
        }
        drop(dispatch);
        self.ended.send_modify(|ended| *ended = ended.wrapping_add(1));
    }

    pub(super) fn put_back(&self, all: &[Picked]) {
        let mono = self.mono();
        let mut dispatch = self.dispatch();
        for picked in all {
            dispatch.put_back(picked, mono);
        }
    }
}
