//! What becomes of a message, given what happened to it. Pure: a row, an event and a time in, the next step out.
//!
//! | it is | its time comes | taken | may have been taken | not taken, later | never | found after a restart | a report |
//! |---|---|---|---|---|---|---|---|
//! | waiting | lease | | | | | | settled, if it was ever tried |
//! | leased | | settled | unsure | waits | settled | unsure | settled |
//! | unsure | lease again | | | | | | settled |
//! | leased again | | settled | settled, unreported | unsure | settled | settled, unreported | settled |
//!
//! So nothing is sent after it was surely taken, and at most once more after it may have been.

use std::time::Duration;

use crate::channel::{DeliveryStatus, Retry, SendError};
use crate::clock::Timestamp;
use crate::store::queue::{Fate, Outgoing, Sending};

/// Tries of one message, at most: [`TRY_FOR`] of them with the pauses below.
const TRIES_MAX: u8 = 48;
/// So long from the first try on. What a citizen waits for is stale after half a day of theirs; an aggregator that is down longer has failed.
const TRY_FOR: Duration = Duration::from_secs(4 * 3600);
/// The pause after the first failure, doubled after each: a hiccup is over in seconds.
const FIRST_PAUSE: Duration = Duration::from_secs(5);
/// The longest: so many that [`TRIES_MAX`] of them fill [`TRY_FOR`].
const PAUSE_MAX: Duration = Duration::from_secs(340);
/// Most reports come within a minute; a citizen who waits for a proof still has it soon.
const UNSURE_PAUSE: Duration = Duration::from_secs(60);
/// Twice that: a report that takes longer says that the aggregator is slow, or that it says nothing any more.
const REPORT_WITHIN: Duration = Duration::from_secs(120);
/// Aggregators that hand a message on before they answer take seconds.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);

/// How long a telco is given.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    pub tries_max: u8,
    pub try_for: Duration,
    pub first_pause: Duration,
    pub pause_max: Duration,
    /// How long a report may settle whether a message was taken, before it is sent once more.
    pub unsure_pause: Duration,
    /// A report that takes longer counts against its channel.
    pub report_within: Duration,
    /// From the first byte of a request to the last of its answer, on the monotonic clock. After it nobody knows whether it was taken.
    pub answer_within: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            tries_max: TRIES_MAX,
            try_for: TRY_FOR,
            first_pause: FIRST_PAUSE,
            pause_max: PAUSE_MAX,
            unsure_pause: UNSURE_PAUSE,
            report_within: REPORT_WITHIN,
            answer_within: ANSWER_WITHIN,
        }
    }
}

/// What happened.
#[derive(Clone, Copy, Debug)]
pub enum Event<'a> {
    /// A process that is gone had it in its hands.
    Abandoned,
    /// Its time has come, and a channel is free.
    Due {
        channel: &'a str,
    },
    /// The telco did not say that it took it. `elsewhere`: another channel that could.
    NotTaken {
        error: &'a SendError,
        elsewhere: Option<&'a str>,
    },
    /// A delivery report about it, by our own id.
    Reported {
        status: DeliveryStatus,
        word: Option<&'a str>,
    },
    Taken,
}

/// What to do with the row.
#[derive(Clone, Debug)]
pub enum Next {
    /// Nothing: the event was not about it.
    Keep,
    /// Write it so, then hand it over.
    Send(Outgoing),
    /// It came to this.
    Settle(Fate),
    /// Write it so, and wait for its time.
    Wait(Outgoing),
}

/// `chance`: a random number, by which messages that failed together do not come back together.
pub fn decide(row: &Outgoing, event: Event<'_>, now: Timestamp, patience: &Patience, chance: u64) -> Next {
    match event {
        Event::Abandoned => doubt(row, now, patience),
        Event::Due { .. } if row.until.is_some_and(|until| now > until) => Next::Settle(given_up(row)),
        Event::Due { channel } => Next::Send(leased(row, channel, now)),
        Event::NotTaken { error, elsewhere } => match error.retry {
            Retry::Never => Next::Settle(Fate::Failed(Some(error.code.clone()))),
            Retry::Unsure if cfg!(feature = "planted-send-again") => Next::Wait(untaken(row, now)),
            Retry::Unsure => doubt(row, now, patience),
            _ if worn_out(row, now, patience) => Next::Settle(given_up(row)),
            // The channel waits, not the message: it stays in front of those that were left after it.
            Retry::Throttled => Next::Wait(Outgoing { tries: row.tries.saturating_sub(1), ..untaken(row, row.next) }),
            Retry::Elsewhere if let Some(other) = elsewhere => {
                // At once if nobody else has failed it yet.
                let next = if row.tries > 1 { now.plus(pause(row.tries - 1, patience, chance)) } else { now };
                Next::Wait(Outgoing { channel: Some(other.to_owned()), ..untaken(row, next) })
            }
            Retry::Elsewhere | Retry::Later => Next::Wait(untaken(row, now.plus(pause(row.tries, patience, chance)))),
        },
        // No telco can report on what it was never given.
        Event::Reported { .. } if row.tries == 0 => Next::Keep,
        Event::Reported { status, word } => Next::Settle(reported(status, word).unwrap_or(Fate::Accepted)),
        Event::Taken => Next::Settle(Fate::Accepted),
    }
}

/// What a report says of the message's fate. `None`: nothing final.
pub fn reported(status: DeliveryStatus, word: Option<&str>) -> Option<Fate> {
    match status {
        DeliveryStatus::Delivered => Some(Fate::Delivered),
        DeliveryStatus::Cancelled | DeliveryStatus::Failed => Some(Fate::Failed(word.map(str::to_owned))),
        DeliveryStatus::Pending | DeliveryStatus::Sent => None,
    }
}

/// The fate after a report, if that changes it. Nothing goes back from a final one.
pub fn after_report(fate: &Fate, status: DeliveryStatus, word: Option<&str>) -> Option<Fate> {
    match fate {
        Fate::Accepted | Fate::Unreported => reported(status, word),
        Fate::Answered | Fate::Delivered | Fate::Expired | Fate::Failed(_) | Fate::Unwanted => None,
    }
}

fn leased(row: &Outgoing, channel: &str, now: Timestamp) -> Outgoing {
    Outgoing {
        state: Sending::Leased { channel: channel.to_owned(), again: in_doubt(row) },
        tries: row.tries.saturating_add(1),
        first: row.first.or(Some(now)),
        ..row.clone()
    }
}

/// It may have been taken: once more after a while, but not twice.
fn doubt(row: &Outgoing, now: Timestamp, patience: &Patience) -> Next {
    match &row.state {
        Sending::Leased { channel, again: false } => {
            let state = Sending::Unsure { channel: channel.clone() };
            Next::Wait(Outgoing { state, next: now.plus(patience.unsure_pause), ..row.clone() })
        }
        Sending::Leased { again: true, .. } => Next::Settle(Fate::Unreported),
        Sending::Unsure { .. } | Sending::Waiting => Next::Keep,
    }
}

/// Surely not taken this time: as it was before, to be tried at `next`.
fn untaken(row: &Outgoing, next: Timestamp) -> Outgoing {
    let state = match &row.state {
        Sending::Leased { channel, again: true } => Sending::Unsure { channel: channel.clone() },
        Sending::Leased { again: false, .. } => Sending::Waiting,
        state => state.clone(),
    };
    Outgoing { state, next, ..row.clone() }
}

fn worn_out(row: &Outgoing, now: Timestamp, patience: &Patience) -> bool {
    row.tries >= patience.tries_max
        || row.first.is_some_and(|first| now.since(first) >= patience.try_for)
        || row.until.is_some_and(|until| now >= until)
}

fn given_up(row: &Outgoing) -> Fate {
    if in_doubt(row) { Fate::Unreported } else { Fate::Expired }
}

fn in_doubt(row: &Outgoing) -> bool {
    matches!(row.state, Sending::Unsure { .. } | Sending::Leased { again: true, .. })
}

/// Doubled from try to try, a fifth more or less.
fn pause(tries: u8, patience: &Patience, chance: u64) -> Duration {
    let doubled = patience.first_pause.saturating_mul(1 << u32::from(tries.saturating_sub(1)).min(16));
    let percent = 80 + u32::try_from(chance % 41).unwrap_or(0);
    doubled.min(patience.pause_max) * percent / 100
}

#[cfg(test)]
mod tests;
