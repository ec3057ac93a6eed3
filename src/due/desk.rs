//! Tickets whose time has come: given to an officer who is free, passed on from one who is silent, reminded of, closed.
//!
//! A ticket stands in the order of when it is looked at next, and one that nobody can take yet stays where it is: the oldest first.

use super::{Due, RERUNS_MAX};
use crate::clock::Timestamp;
use crate::service::ticket::{self, Held, Row, Waiting};
use crate::store::{Draft, Fault};

pub(super) async fn round(due: &Due) -> Result<usize, Fault> {
    let turns = &due.turns;
    let officers = &turns.office().officers;
    if officers.is_empty() || !turns.clock_is_sound() {
        return Ok(0);
    }
    let now = due.now();
    let rows = Waiting::all(&Draft::new(turns.store())).await?;
    let mut held = Held::of(&rows);
    // Whoever is no officer any more keeps nothing.
    let is_left = |row: &Row| row.waiting.holder.is_some_and(|holder| officers.find(holder).is_none());
    let (mut done, mut failed) = (0, None);
    for row in rows.iter().filter(|row| row.next <= now || is_left(row)) {
        match attend(due, row, &mut held, now).await {
            Ok(attended) => done += usize::from(attended),
            // One that fails keeps nobody else waiting.
            Err(fault) => failed = Some(fault),
        }
    }
    failed.map_or(Ok(done), Err)
}

async fn attend(due: &Due, row: &Row, held: &mut Held, now: Timestamp) -> Result<bool, Fault> {
    for _ in 0..=RERUNS_MAX {
        let mut draft = Draft::new(due.turns.store());
        let Some(done) = ticket::attend(due.turns.office(), &mut draft, row, held, now).await? else { return Ok(false) };
        due.turns.tell(&mut draft, done, now).await?;
        if due.commit(draft).await? {
            return Ok(true);
        }
    }
    Err(Fault::Contended)
}
