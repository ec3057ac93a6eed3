//! Whoever is to be asked something unasked is asked by day: by whom they heard of us, an hour after their first appointment; whether they
//! will be a coordinator, or want announcements.
//!
//! Never into the middle of a conversation: a digit would answer something else than was asked.

use std::time::Duration;

use super::Due;
use crate::clock::Timestamp;
use crate::service::caller;
use crate::service::outreach::{self, About, Moment, QuestionDue};
use crate::store::queue::Class;
use crate::store::{Fault, Key, Record, Space};

/// People asked in one round.
const A_ROUND: usize = 50;
/// Whoever is in the middle of something is asked so much later.
const PUT_OFF: Duration = Duration::from_secs(3600);

/// Asks some of those whose time has come, and returns how many were looked at.
pub(super) async fn round(due: &Due) -> Result<usize, Fault> {
    if !due.turns.clock_is_sound() {
        return Ok(0);
    }
    let now = due.now();
    let until = QuestionDue::from(now.plus(Duration::from_millis(1)));
    let rows = due.turns.store().scan(Key::new(Space::QuestionDue)..until, A_ROUND).await?;
    let mut failed = None;
    for (row, record) in &rows {
        // One that fails keeps nobody else waiting.
        failed = ask(due, row, record, now).await.err().or(failed);
    }
    failed.map_or(Ok(rows.len()), Err)
}

async fn ask(due: &Due, row: &Key, record: &Record, now: Timestamp) -> Result<(), Fault> {
    let question: QuestionDue = record.decode()?;
    let class = match question.about {
        About::Source => Class::Bulk,
        About::Coordinating | About::Following => Class::Notice,
    };
    let allowed = due.settings.hours.next_allowed(class, now);
    let is_wondered = question.about != About::Source || due.turns.office().outreach.ask_who_told;
    let row = *row;
    let work = due.turns.work(question.number, |turns, draft, asking| {
        Box::pin(async move {
            let moment = if !is_wondered || !caller::wants(draft, asking.number, Class::Bulk).await? {
                Moment::Never
            } else if allowed > now {
                Moment::Later(allowed)
            } else if turns.is_in_conversation(draft, asking).await? {
                Moment::Later(now.plus(PUT_OFF))
            } else {
                Moment::Now
            };
            match outreach::ask(asking, draft, &row, moment).await? {
                Some(asked) => turns.put_question(draft, asking, asked).await,
                None => Ok(()),
            }
        })
    });
    work.await
}
