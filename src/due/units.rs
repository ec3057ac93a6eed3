//! Stops of the mobile unit: whoever waits in the village is invited, and whoever lost a seat gets another.
//!
//! Both are found in the records: a stop says that it has people to move, and whoever waits says which stops they were asked about. Each is
//! done for one person in one batch with the message about it.

use super::{Due, RERUNS_MAX};
use crate::service::appointment;
use crate::service::mobile_unit::{self, Stop};
use crate::store::{Draft, Fault};
use crate::turn::Question;

/// People invited or moved in one round: telcos take no more in a second.
const A_ROUND: usize = 20;

pub(super) async fn round(due: &Due) -> Result<usize, Fault> {
    let turns = &due.turns;
    if !turns.clock_is_sound() {
        return Ok(0);
    }
    let (mut done, mut failed) = (0, None);
    for (place, stop) in Stop::all(&Draft::new(turns.store())).await? {
        let worked = if stop.is_settling {
            settle(due, place, &stop).await
        } else if stop.is_published() && stop.day >= due.now().day() {
            invite(due, place, &stop).await
        } else {
            Ok(0)
        };
        match worked {
            Ok(count) => done += count,
            // One stop that fails keeps no other waiting.
            Err(fault) => failed = Some(fault),
        }
    }
    failed.map_or(Ok(done), Err)
}

async fn invite(due: &Due, place: u16, stop: &Stop) -> Result<usize, Fault> {
    let turns = &due.turns;
    let whom = mobile_unit::whom_to_invite(&mut Draft::new(turns.store()), place, stop, due.now()).await?;
    let mut done = 0;
    for number in whom.into_iter().take(A_ROUND) {
        let is_done = turns.work(number, |turns, draft, asking| {
            Box::pin(async move {
                let Some(invitation) = mobile_unit::invite(draft, place, asking).await? else { return Ok(draft.is_durable()) };
                let question = Question {
                    command: "undangan",
                    values: invitation.values,
                    class: invitation.class,
                    reference: &invitation.code,
                    until: Some(invitation.until),
                };
                turns.prompt(draft, asking, question).await?;
                Ok(true)
            })
        });
        done += usize::from(is_done.await?);
    }
    Ok(done)
}

async fn settle(due: &Due, place: u16, stop: &Stop) -> Result<usize, Fault> {
    let turns = &due.turns;
    let over = appointment::over(&Draft::new(turns.store()), place, stop, due.now()).await?;
    let mut done = 0;
    for booking in over.iter().take(A_ROUND) {
        let is_done = turns.work(booking.number, |turns, draft, asking| {
            let code = booking.code.clone();
            Box::pin(async move {
                let Some(told) = mobile_unit::resettle(turns.office(), draft, place, &code, asking).await? else { return Ok(false) };
                turns.tell(draft, told, asking.now).await?;
                Ok(true)
            })
        });
        done += usize::from(is_done.await?);
    }
    while done < A_ROUND && uninvite(due, place).await? {
        done += 1;
    }
    if done < A_ROUND {
        let mut draft = Draft::new(turns.store());
        let is_closed = mobile_unit::close(&mut draft, place, due.now()).await?;
        done += usize::from(is_closed && due.commit(draft).await?);
    }
    Ok(done)
}

async fn uninvite(due: &Due, place: u16) -> Result<bool, Fault> {
    for _ in 0..=RERUNS_MAX {
        let mut draft = Draft::new(due.turns.store());
        let Some(told) = mobile_unit::uninvite(&mut draft, place, due.now()).await? else { return Ok(false) };
        due.turns.tell(&mut draft, told, due.now()).await?;
        if due.commit(draft).await? {
            return Ok(true);
        }
    }
    Err(Fault::Contended)
}
