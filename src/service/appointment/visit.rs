//! How an appointment ended: who came, who did not, and who lacked a document.
//!
//! An officer says it, on its day or later. A slip may be mended on the day on which it was made, and never after: figures that were read
//! out stay as they were.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Booking, BookingState, by_code};
use crate::citizen::{Msisdn, code};
use crate::clock::{Day, Timestamp};
use crate::service::{Asking, Office, ktp};
use crate::store::{Draft, Fault};

/// Longest note of what was missing, in characters: a few documents by their names.
const MISSING_CHARS_MAX: usize = 60;

/// The end of an appointment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Visit {
    pub came: Came,
    /// The officer; None: from the command line.
    pub by: Option<Msisdn>,
    pub at: Timestamp,
    /// Because of it the number waits for news of the card.
    pub is_followed: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Came {
    Kept,
    NoShow,
    /// Came, and went home again.
    Incomplete {
        missing: Option<String>,
    },
}

/// What came of marking.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Marked {
    /// It is written. `is_followed`: the citizen is told of the card's next steps.
    Done {
        code: String,
        is_followed: bool,
    },
    /// Nobody has this code, or its person has booked anew since.
    Unknown,
    Cancelled,
    /// Its day is still to come.
    TooEarly(Day),
    /// It was marked on an earlier day.
    Settled(Day),
}

/// Notes how an appointment ended. After a visit that was kept, the number that booked is told of each step of the card that needs its
/// owner, until the card is handed out: that is what they came for.
///
/// # Errors
/// A [`Fault`] of the store.
pub async fn mark(
    office: &Office,
    draft: &mut Draft<'_>,
    typed: &str,
    came: Came,
    by: Option<Msisdn>,
    now: Timestamp,
) -> Result<Marked, Fault> {
    let Some(code) = code::read(typed) else { return Ok(Marked::Unknown) };
    let Some((key, _)) = by_code(draft, &code).await? else { return Ok(Marked::Unknown) };
    let read = draft.get::<Booking>(&key).await?;
    let Some(mut booking) = read.filter(|booking| booking.code == code) else { return Ok(Marked::Unknown) };
    if booking.state == BookingState::Cancelled {
        return Ok(Marked::Cancelled);
    }
    if booking.slot.day > now.day() {
        return Ok(Marked::TooEarly(booking.slot.day));
    }
    let before = booking.visit.take();
    if let Some(before) = before.as_ref().filter(|before| before.at.day() != now.day()) {
        return Ok(Marked::Settled(before.at.day()));
    }
    let was_followed = before.is_some_and(|before| before.is_followed);
    let citizen = citizen(draft, &booking, now);
    let is_followed = match (&came, was_followed) {
        (Came::Kept, true) => true,
        // Nobody but the person has proved to know them: a number that somebody else typed is told nothing of the card.
        (Came::Kept, false) if booking.helped_by.is_some() => false,
        (Came::Kept, false) => ktp::follow(office, &citizen, draft, &booking).await?,
        (_, true) => {
            let person = citizen.person(draft, booking.nik);
            ktp::unfollow(&citizen, draft, ktp::short(person)).await?;
            false
        }
        (_, false) => false,
    };
    booking.visit = Some(Visit { came: shortened(came), by, at: now, is_followed });
    draft.put(key, &booking)?;
    draft.durable();
    Ok(Marked::Done { code, is_followed })
}

/// The number that booked, as if it asked.
fn citizen(draft: &Draft<'_>, booking: &Booking, now: Timestamp) -> Asking {
    let number = booking.number;
    let number_hash = draft.number_hash(number);
    Asking { number, number_hash, now, clock_is_sound: true, registry: Duration::ZERO }
}

fn shortened(came: Came) -> Came {
    match came {
        Came::Incomplete { missing } => {
            let missing = missing.map(|missing| missing.trim().chars().take(MISSING_CHARS_MAX).collect::<String>());
            Came::Incomplete { missing: missing.filter(|missing| !missing.is_empty()) }
        }
        came => came,
    }
}
