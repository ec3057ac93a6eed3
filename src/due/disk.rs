//! How fast the disk fills: the least that was free on each day, kept so that a restart does not forget it.
//!
//! By the day, because within one the journal grows and shrinks by hundreds of megabytes as checkpoints are made.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Due;
use crate::clock::{Day, Timestamp};
use crate::store::{Draft, Fault, Key, Space, Store, Stored};

/// How often the free space is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(600);
/// Days kept: a month has one of everything, imports too.
const DAYS_MAX: usize = 31;
/// Whole days that must lie between the first and the last one: fewer say more of one import than of a month.
const DAYS_MIN: i32 = 2;
/// More days than this are told as so many.
const LEFT_MAX: f64 = 3_650.0;

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Lows {
    looked: Timestamp,
    /// Oldest first; the last one may be of a day that is not over.
    days: Vec<(Day, u64)>,
}

impl Stored for Lows {
    const SPACE: Space = Space::Sweep;
    const FORMAT: u16 = 1;
}

impl Lows {
    fn key() -> Key {
        Key::new(Space::Sweep).with(b"disk")
    }

    /// Takes in what is free now. False if it is not time for it.
    fn look(&mut self, now: Timestamp, free: u64) -> bool {
        let is_time = now.since(self.looked) >= LOOK_EVERY || now < self.looked;
        if is_time {
            self.looked = now;
            let today = now.day();
            // A clock that was set back leaves days that have not come yet.
            self.days.retain(|(day, _)| *day <= today);
            match self.days.last_mut() {
                Some((day, low)) if *day == today => *low = free.min(*low),
                _ => self.days.push((today, free)),
            }
            let surplus = self.days.len().saturating_sub(DAYS_MAX);
            self.days.drain(..surplus);
        }
        is_time
    }

    /// `None` until enough whole days were seen.
    #[expect(clippy::cast_precision_loss, reason = "bytes of a disk, for an estimate")]
    fn days_left(&self, free: u64) -> Option<f64> {
        let whole = &self.days[..self.days.len().saturating_sub(1)];
        // The first day may have begun late, but what was least free of it is at its end all the same.
        let ((first, before), (last, after)) = (whole.first()?, whole.last()?);
        let days = last.number() - first.number();
        if days < DAYS_MIN {
            return None;
        }
        let grown = before.saturating_sub(*after) as f64 / f64::from(days);
        Some(if grown > 0.0 { (free as f64 / grown).min(LEFT_MAX) } else { LEFT_MAX })
    }
}

/// Looks at the disk, if it is time. Returns 0: nothing waits for it.
pub(super) async fn round(due: &Due) -> Result<usize, Fault> {
    let store = due.turns.store();
    let mut draft = Draft::new(store);
    let mut lows = draft.get::<Lows>(&Lows::key()).await?.unwrap_or_default();
    if due.now().since(lows.looked) < LOOK_EVERY && due.now() >= lows.looked {
        return Ok(0);
    }
    let Some(free) = store.figures().free_bytes else { return Ok(0) };
    if lows.look(due.now(), free) {
        draft.put(Lows::key(), &lows)?;
        due.commit(draft).await?;
    }
    Ok(0)
}

/// Days until the disk is full, if what filled it goes on. `None`: not known yet.
///
/// # Errors
/// A [`Fault`] of the store.
pub async fn days_left(store: &Store) -> Result<Option<f64>, Fault> {
    let Some(free) = store.figures().free_bytes else { return Ok(None) };
    let lows = Draft::new(store).peek::<Lows>(&Lows::key()).await?.unwrap_or_default();
    Ok(lows.days_left(free))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: u64 = 1024 * 1024;

    /// `free`: MiB at noon, day after day.
    fn seen(free: &[u64]) -> Lows {
        let mut lows = Lows::default();
        for (at, free) in (0..).zip(free) {
            let day = Day::parse("2026-11-01").unwrap().plus(at);
            for (hour, more) in [(9, 300), (12, 0), (18, 200)] {
                lows.look(Timestamp::wib(day, hour, 0), (free + more) * MIB);
            }
        }
        lows
    }

    #[test]
    fn days_are_known_once_whole_days_were_seen() {
        for (free, now, expected) in [
            (&[][..], 900, None),
            (&[1_000, 900], 900, None),
            (&[1_000, 900, 800], 800, None),
            // Three whole days and the one that is not over: 100 MiB a day.
            (&[1_000, 900, 800, 790], 790, Some(7.9)),
            (&[1_000, 1_000, 1_000, 1_000], 1_000, Some(LEFT_MAX)),
            (&[500, 700, 900, 900], 900, Some(LEFT_MAX)),
        ] {
            assert_eq!(seen(free).days_left(now * MIB), expected, "{free:?}");
        }
        let month = seen(&(0..60).map(|day| 10_000 - 100 * day).collect::<Vec<_>>());
        assert_eq!((month.days.len(), month.days_left(4_100 * MIB)), (DAYS_MAX, Some(41.0)));
    }

    #[test]
    fn a_clock_set_back_forgets_days_that_have_not_come() {
        let mut lows = seen(&[1_000, 900, 800, 700]);
        assert!(!lows.look(Timestamp::wib(Day::parse("2026-11-04").unwrap(), 18, 9), 0), "ten minutes are not over");
        assert!(lows.look(Timestamp::wib(Day::parse("2026-11-02").unwrap(), 8, 0), 650 * MIB));
        assert_eq!(lows.days.last(), Some(&(Day::parse("2026-11-02").unwrap(), 650 * MIB)));
        assert_eq!(lows.days.len(), 2);
    }
}
