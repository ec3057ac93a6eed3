//! Whoever booked for the first time is asked once, an hour later and by day, by whom they heard of us.
//!
//! Never into the middle of a conversation: a digit would answer something else than was asked.

use std::time::Duration;

use super::Due;
use crate::service::caller;
use crate::service::outreach::{self, Done, Moment, SourceDue};
use crate::store::queue::Class;
use crate::store::{Draft, Fault, Key, Space};

/// People asked in one round.
const A_ROUND: usize = 50;

/// Asks some of those whose time has come, and returns how many were looked at.
pub(super) async fn round(due: &Due) -> Result<usize, Fault> {
    let (turns, now) = (&due.turns, due.now());
    let is_the_hour = due.settings.hours.next_allowed(Class::Bulk, now) == now;
    if !turns.office().outreach.ask_who_told || !turns.clock_is_sound() || !is_the_hour {
        return Ok(0);
    }
    let until = SourceDue::from(now.plus(Duration::from_millis(1)));
    let rows = Draft::new(turns.store()).scan::<SourceDue>(Key::new(Space::SourceDue)..until, A_ROUND).await?;
    for (_, row) in &rows {
        let asked = turns.work(row.number, |turns, draft, asking| {
            Box::pin(async move {
                let moment = if !caller::wants(draft, asking.number, Class::Bulk).await? {
                    Moment::Never
                } else if turns.is_in_conversation(draft, asking).await? {
                    Moment::Later
                } else {
                    Moment::Now
                };
                let asked = outreach::ask_source(asking, draft, moment).await?;
                turns.pass_on(draft, Done { messages: Vec::new(), asked }, asking.now).await
            })
        });
        asked.await?;
    }
    Ok(rows.len())
}
