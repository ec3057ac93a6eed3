//! Tickets whose time has come: given to an officer who is free, passed on from one who is silent, reminded of, closed.
//!
//! A ticket stands in the order of when it is looked at next, and one that nobody can take yet stays where it is: the oldest first.

use super::{Due, RERUNS_MAX};
use crate::clock::Timestamp;
use crate::service::ticket::{self, Held, Waiting};
use crate::store::{Draft, Fault, Key, Space};
use std::time::Duration;

/// Tickets looked at in one round: all that wait for a free hand in a bad week.
const A_ROUND: usize = 2_000;

pub(super) async fn round(due: &Due) -> Result<usize, Fault> {
    let turns = &due.turns;
    if turns.office().officers.is_empty() || !turns.clock_is_sound() {
        return Ok(0);
    }
    let now = due.now();
    let draft = Draft::new(turns.store());
    let until = Waiting::from(now.plus(Duration::from_millis(1)));
    let rows = draft.scan::<Waiting>(Key::new(Space::Waiting)..until, A_ROUND).await?;
    if rows.is_empty() {
        return Ok(0);
    }
    let mut held = ticket::held(&draft).await?;
    let mut done = 0;
    for (key, _) in rows {
        let Some(code) = Waiting::code(&key) else { continue };
        match attend(due, code, &mut held, now).await {
            // One record that cannot be read keeps nobody else waiting.
            Err(fault @ (Fault::Corrupt | Fault::Format(_))) => tracing::error!(%fault, "a ticket cannot be read: nobody is told of it"),
            attended => done += usize::from(attended?),
        }
    }
    Ok(done)
}

async fn attend(due: &Due, code: &str, held: &mut Held, now: Timestamp) -> Result<bool, Fault> {
    for _ in 0..=RERUNS_MAX {
        let mut draft = Draft::new(due.turns.store());
        let Some(done) = ticket::attend(due.turns.office(), &mut draft, code, held, now).await? else { return Ok(false) };
        due.turns.tell(&mut draft, done, now).await?;
        if due.commit(draft).await? {
            return Ok(true);
        }
    }
    Err(Fault::Contended)
}
