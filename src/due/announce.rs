//! Announcements on their way: no faster than the officers can answer who asks back, and only in the hours of messages to many.
//!
//! When the next one may leave is kept, so that a restart sends no faster. What lies behind by more than a few minutes is not caught up on.

use std::collections::VecDeque;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Due;
use crate::clock::Timestamp;
use crate::service::outreach::{self, Announcement, Step};
use crate::store::queue::Class;
use crate::store::{Draft, Fault, Key, Space, Stored};

/// So much is caught up on at once after a pause: with two officers ten messages.
const CAUGHT_UP_MAX: Duration = Duration::from_secs(300);
/// Steps in one round, of all announcements together.
const A_ROUND: usize = 50;

/// When the next message may leave, and whose turn it is not.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Pace {
    next: Timestamp,
    /// The announcement that sent last.
    last: String,
}

impl Stored for Pace {
    const SPACE: Space = Space::Sweep;
    const FORMAT: u16 = 1;
}

impl Pace {
    fn key() -> Key {
        Key::new(Space::Sweep).with(b"announcements")
    }

    fn may_send(&self, pause: Duration, now: Timestamp) -> bool {
        // A clock that was set back must not keep everybody waiting.
        self.next <= now || self.next > now.plus(pause)
    }

    fn one_more(&self, code: &str, pause: Duration, now: Timestamp) -> Self {
        let begun = if self.next > now { now } else { self.next.max(now.minus(CAUGHT_UP_MAX)) };
        Self { next: begun.plus(pause), last: code.to_owned() }
    }
}

/// Sends some, and returns how many steps were made.
pub(super) async fn round(due: &Due) -> Result<usize, Fault> {
    let turns = &due.turns;
    if !turns.clock_is_sound() {
        return Ok(0);
    }
    let now = due.now();
    let mut draft = Draft::new(turns.store());
    let last = draft.get::<Pace>(&Pace::key()).await?.unwrap_or_default().last;
    let awake = Announcement::all(&draft).await?.into_iter().filter(|(_, announcement)| outreach::is_awake(announcement, now));
    let mut codes: VecDeque<String> = awake.map(|(code, _)| code).collect();
    // The one behind the last that sent has its turn.
    if let Some(at) = codes.iter().position(|code| *code == last) {
        codes.rotate_left(at + 1);
    }
    let (mut steps, mut failed) = (0, None);
    while steps < A_ROUND
        && let Some(code) = codes.pop_front()
    {
        // One that fails keeps no other waiting.
        match go_on(due, &code, now).await {
            Ok(true) => {
                steps += 1;
                codes.push_back(code);
            }
            Ok(false) => {}
            Err(fault) => failed = Some(fault),
        }
    }
    failed.map_or(Ok(steps), Err)
}

/// False: there is nothing to do about it now.
async fn go_on(due: &Due, code: &str, now: Timestamp) -> Result<bool, Fault> {
    let turns = &due.turns;
    let office = turns.office();
    let mut draft = Draft::new(turns.store());
    let pause = outreach::pause(office, now);
    let pace = draft.get::<Pace>(&Pace::key()).await?.unwrap_or_default();
    let is_the_hour = due.settings.hours.next_allowed(Class::Bulk, now) == now && !office.places.is_holiday(now.day());
    match outreach::step(&mut draft, code, is_the_hour && pace.may_send(pause, now), now).await? {
        Step::Idle => return Ok(false),
        Step::Passed => {}
        Step::Ended(done) => turns.pass_on(&mut draft, done, now).await?,
        Step::Message { message, until } => {
            draft.put(Pace::key(), &pace.one_more(code, pause, now))?;
            turns.leave_until(&mut draft, *message, until, now).await?;
        }
    }
    // If somebody stopped it meanwhile, it is looked at again.
    due.commit(draft).await?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pause_is_kept_and_a_little_is_caught_up_on() {
        let pause = Duration::from_secs(30);
        let begun = Timestamp::parse("2026-11-30T09:00").unwrap();
        let at = |secs| begun.plus(Duration::from_secs(secs));
        let sent_at = |pace: &mut Pace, now: Timestamp| {
            let mut sent = 0;
            while pace.may_send(pause, now) && sent < 1_000 {
                *pace = pace.one_more("", pause, now);
                sent += 1;
            }
            sent
        };
        let mut pace = Pace::default();
        // After a night; a second later; half a minute later; an hour later.
        for (secs, sent) in [(0, 11), (1, 0), (29, 0), (30, 1), (59, 0), (60, 1), (3_660, 11)] {
            assert_eq!(sent_at(&mut pace, at(secs)), sent, "after {secs} s");
        }
        // The clock was set back by an hour: the pause counts from there.
        assert_eq!((sent_at(&mut pace, at(60)), sent_at(&mut pace, at(61)), sent_at(&mut pace, at(90))), (1, 0, 1));
    }
}
