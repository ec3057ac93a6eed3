//! What must happen at a time, happens then, and once: also after a restart, a machine that slept, or a clock that was set.
//!
//! Every round looks at the wall clock anew and at what is stored, does a bounded number of things, and waits a second. Nothing is
//! remembered in between, so there is nothing that a restart could lose; and whatever is done changes the record by which it was found,
//! in one batch with the message about it, so that it is not found again.
//!
//! Two loops, because the registry may keep one of them waiting:
//! * `late` asks the registry what it did not answer in time;
//! * the other one works on our own records, part after part: `remind` asks whoever booked for tomorrow whether they will come, `news` tells those
//!   who wait when a new export has their card further, `tidy` deletes what is not needed any more, `desk` follows up what citizens want of a
//!   human, `clusters` complaints that are alike, `announce` sends what an office tells many, `units` invites to stops of the mobile unit and
//!   moves whoever lost a seat there, `devices` tells whoever is to be recorded where nothing works, `question` asks whoever is to be asked
//!   something, `counts` keeps what was counted, and `disk` looks how fast it fills.
//!
//! A wall clock that stands well behind a time it has shown is not believed: what depends on the day waits until it is.

mod announce;
mod clusters;
mod counts;
mod desk;
mod devices;
mod disk;
mod late;
mod news;
mod question;
mod remind;
mod tidy;
mod units;

pub use disk::days_left;
pub use tidy::Retention;

use std::sync::Arc;
use std::time::Duration;

use crate::citizen::Msisdn;
use crate::clock::{self, Timestamp};
use crate::menu::Value;
use crate::outbox::quiet::Hours;
use crate::service::caller;
use crate::store::queue::{self, Class, Outgoing};
use crate::store::{CommitError, Draft, Fault, Key, Space};
use crate::turn::{Counts, Turns};

/// Between two rounds. What is due is looked at anew, so a machine that slept is at most so much later than one that did not.
const ROUND_EVERY: Duration = Duration::from_secs(1);
/// After a round that failed: the disk needs time, and the log is no place for one line a second.
const PAUSE_AFTER_FAULT: Duration = Duration::from_secs(30);
/// Rounds after which [`Due::settle`] stops: ten thousand do a million things, so more is a loop that goes nowhere.
const SETTLE_ROUNDS_MAX: usize = 10_000;
/// Times a piece of work is run again because somebody else changed what it had read.
const RERUNS_MAX: usize = 5;
/// Rows counted for the figures. More is told as this many.
const COUNTED_MAX: usize = 10_000;

/// Does what is due. One for the whole gateway.
#[derive(Clone, Debug)]
pub struct Due {
    turns: Arc<Turns>,
    settings: Settings,
    /// Of the outbox, beside those of the turns.
    others: Option<Arc<Counts>>,
}

#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// How long the registry is waited for when no citizen is on the line.
    pub patience: Duration,
    pub retention: Retention,
    /// Of messages to many.
    pub hours: Hours,
}

impl Default for Settings {
    fn default() -> Self {
        // A registry that takes half a minute is slow, not dead.
        Self { patience: Duration::from_secs(60), retention: Retention::default(), hours: Hours::default() }
    }
}

/// For `/metrics`.
#[derive(Clone, Copy, Debug, Default)]
pub struct Figures {
    /// Rows whose time has come.
    pub waiting: usize,
    /// How long the oldest of them has been waiting.
    pub overdue: Duration,
}

impl Due {
    pub const fn new(turns: Arc<Turns>, settings: Settings) -> Self {
        Self { turns, settings, others: None }
    }

    /// Keeps these figures too.
    #[must_use]
    pub fn with_counts(self, counts: Arc<Counts>) -> Self {
        Self { others: Some(counts), ..self }
    }

    fn counts(&self) -> impl Iterator<Item = &Arc<Counts>> {
        [Some(self.turns.counts()), self.others.as_ref()].into_iter().flatten()
    }

    /// Keeps what was counted since the last minute, when nobody is served any more.
    ///
    /// # Errors
    /// A [`Fault`] of the store.
    pub async fn keep_counts(&self) -> Result<(), Fault> {
        counts::keep(self).await.map(drop)
    }

    /// Does what is due until `stop`. May be dropped at any time: what was not committed is found again.
    pub async fn run(self, stop: impl Future<Output = ()>) {
        tokio::select! {
            () = self.keep_asking() => {}
            () = self.keep_sweeping() => {}
            () = stop => {}
        }
    }

    /// Does everything that is due now, and returns: for a clock that stands still.
    ///
    /// # Errors
    /// A [`Fault`] of the store.
    pub async fn settle(&self) -> Result<(), Fault> {
        for _ in 0..SETTLE_ROUNDS_MAX {
            if late::round(self).await? + self.sweep().await? == 0 {
                return Ok(());
            }
        }
        Err(Fault::Contended)
    }

    async fn keep_asking(&self) {
        loop {
            rest(late::round(self).await).await;
        }
    }

    async fn keep_sweeping(&self) {
        loop {
            rest(self.sweep().await).await;
        }
    }

    async fn sweep(&self) -> Result<usize, Fault> {
        // One that fails must not hold up the others.
        let rounds = [
            remind::round(self).await,
            news::round(self).await,
            tidy::round(self).await,
            desk::round(self).await,
            clusters::round(self).await,
            announce::round(self).await,
            units::round(self).await,
            devices::round(self).await,
            question::round(self).await,
            counts::round(self).await,
            disk::round(self).await,
        ];
        rounds.into_iter().sum()
    }

    fn now(&self) -> Timestamp {
        self.turns.clock().now()
    }

    /// Commits a piece of work. False: somebody changed what it had read, and it has to be done again.
    async fn commit(&self, draft: Draft<'_>) -> Result<bool, Fault> {
        match self.turns.store().commit(draft.into_batch()).await {
            Ok(()) => Ok(true),
            Err(CommitError::Conflict) => Ok(false),
            Err(CommitError::Fault(fault)) => Err(fault),
        }
    }

    /// Leaves a message in the same batch as what it tells, which is then an effect; none for who does not want it.
    async fn leave(
        &self,
        draft: &mut Draft<'_>,
        to: Msisdn,
        class: Class,
        reference: &str,
        template: &'static str,
        values: &Values,
    ) -> Result<(), Fault> {
        draft.durable();
        if !caller::wants(draft, to, class).await? {
            return Ok(());
        }
        let reader = caller::reader(draft, to, self.now().day()).await?;
        let text = self.turns.menu().message(reader, template, values).ok_or(Fault::Call(template))?;
        let outgoing = Outgoing::new(to, class, reference.to_owned(), text, self.now())?;
        draft.put(outgoing.key(), &outgoing)
    }
}

type Values = [(&'static str, Value)];

/// What waits.
///
/// # Errors
/// A [`Fault`] of the store.
pub async fn figures(turns: &Turns) -> Result<Figures, Fault> {
    let now = turns.clock().now();
    let rows = Draft::new(turns.store()).scan::<queue::Due>(Key::new(Space::Due)..until(now), COUNTED_MAX).await?;
    let overdue = rows.first().map_or(Duration::ZERO, |(_, row)| now.since(row.at));
    Ok(Figures { waiting: rows.len(), overdue })
}

/// After everything that is due at `now`.
fn until(now: Timestamp) -> Key {
    queue::Due::from(now.plus(Duration::from_millis(1)))
}

async fn rest(round: Result<usize, Fault>) {
    match round {
        Ok(_) => clock::sleep(ROUND_EVERY).await,
        Err(fault) => {
            tracing::error!(%fault, "a round of what is due failed; it is tried again");
            clock::sleep(PAUSE_AFTER_FAULT).await;
        }
    }
}
