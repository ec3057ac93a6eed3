//! Takes the messages that turns left and hands them to telcos; loses none and doubles none.
//!
//! ```text
//! row left ─▶ bell ─▶ dispatch (pace, order, hours, ways) ─▶ decide ─▶ lease on disk ─▶ link ─▶ telco
//!                                                                                        │
//!                          row waits again ◀── decide ◀── no, or nobody knows ◀──────────┤
//!                          row gone, sent and receipt in one batch ◀── taken ◀───────────┘
//! ```
//!
//! A row is leased on disk before its request leaves, so that after a crash it is known that it may have been taken. What surely was taken
//! is never sent again; what may have been is sent once more at most, with the same id and reference, and only if no delivery report
//! settles it before.

mod carry;
pub mod decide;
mod dispatch;
mod figures;
mod lane;
mod link;
mod page;
pub mod quiet;
mod receipt;
mod report;
mod shares;
mod standing;
mod way;

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::Deserialize;
use tokio::sync::watch;

use crate::channel::Routes;
use crate::clock::{self, Clock, Instant, Timestamp};
use crate::store::queue::{Fate, Outgoing, Sending, Sent};
use crate::store::{CommitError, Draft, Fault, Key, Space, Store};
use crate::turn::Counts;
use decide::{Event, Next, Patience, decide};
use dispatch::{Dispatch, Picked};
use figures::Tally;
pub use figures::{ChannelFigures, Figures};
pub use lane::Limits;
use link::Link;
use quiet::Hours;
pub use receipt::Receipt;
pub use report::Reported;
pub use way::{Carrier, Way};

/// Messages leased in one batch.
const PASS_MAX: usize = 64;
/// At least so often the wall clock is looked at, which may have been set.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// After a fault of the store.
const FAULT_PAUSE: Duration = Duration::from_secs(1);
/// Rows read at a time at the start.
const ROWS_A_READ: usize = 1_000;
/// Requests in flight get so long to end when we stop; what does not end is unsure after the next start.
const DRAIN_MAX: Duration = Duration::from_secs(10);

/// How messages are sent, whatever the channel.
#[derive(Clone, Copy, Debug, Default)]
pub struct Settings {
    pub patience: Patience,
    pub hours: Hours,
    pub fakes: Fakes,
}

/// What becomes of messages to the fake numbers of demo and tests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Fakes {
    /// No telco gets them: somebody may own such a number one day.
    #[default]
    Refuse,
    /// Where the telco is a simulator too.
    Send,
}

/// Sends messages. One for the whole gateway.
#[derive(Debug)]
pub struct Outbox {
    store: Arc<Store>,
    clock: Clock,
    began: Instant,
    carriers: Vec<Carrier>,
    settings: Settings,
    link: Link,
    dispatch: Mutex<Dispatch>,
    tallies: Vec<Tally>,
    counts: Arc<Counts>,
    unknown_reports: AtomicU64,
    /// Counts requests that ended.
    ended: watch::Sender<u64>,
    stopping: AtomicBool,
}

impl Outbox {
    /// Reads all that waits. What a process that is gone had in its hands may have been taken from now on.
    ///
    /// `routes` are made of the carriers' names, in their order.
    ///
    /// # Errors
    /// A [`Fault`] of the store.
    pub async fn new(
        store: Arc<Store>,
        clock: Clock,
        carriers: Vec<Carrier>,
        routes: Routes,
        settings: Settings,
    ) -> Result<Arc<Self>, Fault> {
        let limits: Vec<_> = carriers.iter().map(|carrier| carrier.limits).collect();
        let outbox = Self {
            store,
            clock,
            began: clock::monotonic(),
            tallies: carriers.iter().map(|_| Tally::default()).collect(),
            counts: Arc::default(),
            carriers,
            settings,
            link: Link::new(settings.patience.answer_within),
            dispatch: Mutex::new(Dispatch::new(routes, &limits, settings.patience.report_within)),
            unknown_reports: AtomicU64::new(0),
            ended: watch::Sender::new(0),
            stopping: AtomicBool::new(false),
        };
        // Before the first read, so that nothing falls in between.
        outbox.store.bell().listen();
        outbox.read_all().await?;
        Ok(Arc::new(outbox))
    }

    /// How soon messages were answered, as far as it is not kept yet.
    pub fn counts(&self) -> &Arc<Counts> {
        &self.counts
    }

    /// Sends until `stop`, then lets requests in flight end.
    pub async fn run(self: Arc<Self>, stop: impl Future<Output = ()>) {
        let mut ended = self.ended.subscribe();
        tokio::pin!(stop);
        loop {
            let wait = self.pass().await;
            tokio::select! {
                () = self.store.bell().rung() => {}
                // The sender lives as long as this does.
                _ = ended.changed() => {}
                () = clock::sleep(wait) => {}
                () = &mut stop => break,
            }
        }
        self.stopping.store(true, Ordering::Relaxed);
        let idle = async {
            while self.dispatch().in_flight() > 0 {
                let _alive = ended.changed().await;
            }
        };
        if clock::within(DRAIN_MAX, idle).await.is_none() {
            tracing::warn!("some messages were not answered in time: they count as unsure");
        }
    }

    /// Hands over all that may leave now, and returns when that is done.
    pub async fn settle(self: &Arc<Self>) {
        let mut ended = self.ended.subscribe();
        loop {
            let wait = self.pass().await;
            if wait >= LOOK_EVERY && self.dispatch().in_flight() == 0 {
                return;
            }
            tokio::select! {
                _ = ended.changed() => {}
                () = clock::sleep(wait) => {}
            }
        }
    }

    /// Hands over what may leave now; tells how long nothing more can.
    async fn pass(self: &Arc<Self>) -> Duration {
        loop {
            if let Err(fault) = self.hear().await {
                tracing::error!(%fault, "messages that were left cannot be read");
                return FAULT_PAUSE;
            }
            let picked = self.pick();
            if picked.is_empty() {
                let (now, mono) = (self.clock.now(), self.mono());
                return self.dispatch().idle_for(&self.settings.hours, now, mono, LOOK_EVERY);
            }
            match self.lease(&picked).await {
                Ok(()) => {}
                // A report settled one of them meanwhile.
                Err(CommitError::Conflict) => self.put_back(&picked),
                Err(CommitError::Fault(fault)) => {
                    tracing::error!(%fault, "messages cannot be leased");
                    self.put_back(&picked);
                    return FAULT_PAUSE;
                }
            }
        }
    }

    /// Takes notice of what was left since the last time.
    async fn hear(&self) -> Result<(), Fault> {
        let heard = self.store.bell().take();
        if heard.lost_count {
            return self.read_all().await;
        }
        for key in heard.keys {
            let row: Option<Outgoing> = readable(Draft::new(&self.store).peek(&key).await)?;
            if let Some(row) = row
                && row.state == Sending::Waiting
            {
                self.dispatch().put_new(&row);
            }
        }
        Ok(())
    }

    async fn read_all(&self) -> Result<(), Fault> {
        let mut from = Key::new(Space::Outgoing);
        loop {
            let rows = self.store.scan(from..Key::after(Space::Outgoing), ROWS_A_READ).await?;
            for (key, record) in &rows {
                if let Some(row) = readable(record.decode().map(Some))? {
                    self.take_up(key, &row).await?;
                }
            }
            match rows.last() {
                Some((last, _)) if rows.len() == ROWS_A_READ => from = last.next(),
                _ => return Ok(()),
            }
        }
    }

    /// A row that was found, at the start or because too many were left to keep count.
    async fn take_up(&self, key: &Key, found: &Outgoing) -> Result<(), Fault> {
        if self.dispatch().place(found.id).is_some() {
            return Ok(());
        }
        // Read once more: it may have been on its way when it was found.
        let mut draft = Draft::new(&self.store);
        let Some(row): Option<Outgoing> = draft.get(key).await? else { return Ok(()) };
        let now = self.clock.now();
        let next = match &row.state {
            Sending::Leased { .. } => decide(&row, Event::Abandoned, now, &self.settings.patience, 0),
            // Nobody else may send it, and it may have been taken.
            Sending::Unsure { channel } if self.lane(channel).is_none() => Next::Settle(Fate::Unreported),
            Sending::Unsure { .. } | Sending::Waiting => Next::Keep,
        };
        if !matches!(next, Next::Keep) {
            Self::write(&mut draft, &row, channel_of(&row), &next, now)?;
            draft.durable();
            match self.store.commit(draft.into_batch()).await {
                Ok(()) => {}
                Err(CommitError::Conflict) => return Ok(()),
                Err(CommitError::Fault(fault)) => return Err(fault),
            }
        }
        match &next {
            Next::Settle(_) => {}
            Next::Keep => self.dispatch().put_new(&row),
            Next::Send(row) | Next::Wait(row) => self.dispatch().put_new(row),
        }
        Ok(())
    }

    fn pick(&self) -> Vec<Picked> {
        let (now, mono) = (self.clock.now(), self.mono());
        let mut dispatch = self.dispatch();
        std::iter::from_fn(|| dispatch.pick(&self.settings.hours, now, mono)).take(PASS_MAX).collect()
    }

    /// Writes what was decided about a row.
    fn write(draft: &mut Draft<'_>, row: &Outgoing, channel: &str, next: &Next, now: Timestamp) -> Result<(), Fault> {
        match next {
            Next::Keep => Ok(()),
            Next::Send(after) | Next::Wait(after) => {
                if after.next != row.next {
                    draft.delete(row.key());
                }
                draft.put(after.key(), after)
            }
            Next::Settle(fate) => {
                draft.delete(row.key());
                draft.put(Sent::key(row.id), &row.ended(channel, fate.clone(), now))
            }
        }
    }

    fn lane(&self, channel: &str) -> Option<usize> {
        self.carriers.iter().position(|carrier| carrier.name == channel)
    }

    fn mono(&self) -> Duration {
        clock::monotonic().saturating_duration_since(self.began)
    }

    fn dispatch(&self) -> MutexGuard<'_, Dispatch> {
        // Nothing can panic half way through a change of it.
        self.dispatch.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A row; `None` also if it cannot be read, which must hold up no other.
fn readable(read: Result<Option<Outgoing>, Fault>) -> Result<Option<Outgoing>, Fault> {
    match read {
        Err(fault @ (Fault::Corrupt | Fault::Format(_))) => {
            tracing::error!(%fault, "a message to be sent cannot be read");
            Ok(None)
        }
        read => read,
    }
}

/// The channel in whose hands a row is or was.
fn channel_of(row: &Outgoing) -> &str {
    match &row.state {
        Sending::Leased { channel, .. } | Sending::Unsure { channel } => channel,
        Sending::Waiting => "",
    }
}

#[cfg(test)]
mod tests;
