//! The one place that reads the time or waits for it.
//!
//! Everything else gets a [`Timestamp`] handed in, so that a test decides what time it is. What a citizen sees is in
//! Western Indonesian Time: `Asia/Jakarta`, UTC+7 since 1964 and without daylight saving, hence a fixed offset here and
//! no dependence on the machine's `TZ`.

mod spread;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

pub use jiff::civil::{Date, Weekday};
use serde::{Deserialize, Serialize};
pub use spread::{BOUNDS_MICROS, Spread, Spreads};
pub use tokio::time::Instant;

/// Seconds by which Western Indonesian Time is ahead of UTC.
const WIB_OFFSET_SECS: i64 = 7 * 3600;
const DAY_MILLIS: i64 = 86_400_000;

/// Milliseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Timestamp(i64);

impl Timestamp {
    /// Before and after every other.
    pub const MIN: Self = Self(i64::MIN);
    pub const MAX: Self = Self(i64::MAX);

    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    pub const fn millis(self) -> i64 {
        self.0
    }

    /// A wall-clock minute in Western Indonesian Time.
    pub fn wib(day: Day, hour: i8, minute: i8) -> Self {
        Self(i64::from(day.0) * DAY_MILLIS + (i64::from(hour) * 60 + i64::from(minute)) * 60_000 - WIB_OFFSET_SECS * 1000)
    }

    /// Reads `2026-11-28T09:00` or `2026-11-28 09:00` as Western Indonesian Time, or RFC 3339 with an offset.
    pub fn parse(text: &str) -> Option<Self> {
        if let Ok(instant) = text.parse::<jiff::Timestamp>() {
            return Some(Self(instant.as_millisecond()));
        }
        let civil: jiff::civil::DateTime = text.trim_end_matches(" WIB").parse().ok()?;
        Some(Self::wib(Day::of(civil.date()), civil.hour(), civil.minute()).plus(Duration::from_secs(civil.second().unsigned_abs().into())))
    }

    pub fn plus(self, span: Duration) -> Self {
        Self(self.0.saturating_add(i64::try_from(span.as_millis()).unwrap_or(i64::MAX)))
    }

    pub fn minus(self, span: Duration) -> Self {
        Self(self.0.saturating_sub(i64::try_from(span.as_millis()).unwrap_or(i64::MAX)))
    }

    /// Time passed since `earlier`; zero if `earlier` lies ahead.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }

    /// The calendar day in Western Indonesian Time.
    pub fn day(self) -> Day {
        Day(i32::try_from(self.0.saturating_add(WIB_OFFSET_SECS * 1000).div_euclid(DAY_MILLIS)).unwrap_or(i32::MAX))
    }

    /// Hour and minute of the day in Western Indonesian Time.
    pub fn hour_minute(self) -> (i8, i8) {
        let civil = self.civil();
        (civil.hour(), civil.minute())
    }

    fn civil(self) -> jiff::civil::DateTime {
        // Saturates: a clock outside jiff's years -9999..9999 is wrong anyway, and a wrong day must not panic a turn.
        let instant = jiff::Timestamp::from_millisecond(self.0).unwrap_or(jiff::Timestamp::MAX);
        jiff::tz::Offset::constant(7).to_datetime(instant)
    }
}

/// RFC 3339 in Western Indonesian Time, to the second: `2026-11-28T09:00:00+07:00`.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let civil = self.civil();
        write!(f, "{}T{:02}:{:02}:{:02}+07:00", civil.date(), civil.hour(), civil.minute(), civil.second())
    }
}

/// A calendar day, as days since 1970-01-01. Small, ordered, and cheap to keep in a record or a key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Day(i32);

impl Day {
    pub const fn from_number(days: i32) -> Self {
        Self(days)
    }

    pub const fn number(self) -> i32 {
        self.0
    }

    pub fn of(date: Date) -> Self {
        // Midnight UTC of a civil date is a whole number of days, and jiff's years fit an i32 of days.
        let midnight = jiff::tz::Offset::UTC.to_timestamp(date.to_datetime(jiff::civil::Time::midnight()));
        Self(midnight.map_or(0, |at| i32::try_from(at.as_second().div_euclid(86_400)).unwrap_or(0)))
    }

    /// Reads `2026-11-28`.
    pub fn parse(text: &str) -> Option<Self> {
        text.parse().ok().map(Self::of)
    }

    pub fn date(self) -> Date {
        let instant = jiff::Timestamp::from_second(i64::from(self.0) * 86_400).unwrap_or(jiff::Timestamp::MAX);
        jiff::tz::Offset::UTC.to_datetime(instant).date()
    }

    pub fn weekday(self) -> Weekday {
        self.date().weekday()
    }

    #[must_use]
    pub const fn plus(self, days: i32) -> Self {
        Self(self.0.saturating_add(days))
    }
}

/// `2026-11-28`.
impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.date().fmt(f)
    }
}

/// Where a part of the program gets its time from. Clones share one clock.
#[derive(Clone, Debug)]
pub struct Clock(Arc<Source>);

#[derive(Debug)]
enum Source {
    /// The machine's clock, moved by so many milliseconds.
    Running(AtomicI64),
    /// Stands still until somebody sets it.
    Held(AtomicI64),
}

impl Clock {
    /// The machine's own clock.
    pub fn system() -> Self {
        Self(Arc::new(Source::Running(AtomicI64::new(0))))
    }

    /// Reads `now` at this moment and runs on from there.
    pub fn running_from(now: Timestamp) -> Self {
        Self(Arc::new(Source::Running(AtomicI64::new(now.0 - wall_millis()))))
    }

    /// Stands at `now` until [`Clock::set`].
    pub fn held_at(now: Timestamp) -> Self {
        Self(Arc::new(Source::Held(AtomicI64::new(now.0))))
    }

    pub fn now(&self) -> Timestamp {
        match &*self.0 {
            Source::Running(moved) => Timestamp(wall_millis() + moved.load(Ordering::Relaxed)),
            Source::Held(at) => Timestamp(at.load(Ordering::Relaxed)),
        }
    }

    /// Moves this clock, and all its clones, to `now`.
    pub fn set(&self, now: Timestamp) {
        match &*self.0 {
            Source::Running(moved) => moved.store(now.0 - wall_millis(), Ordering::Relaxed),
            Source::Held(at) => at.store(now.0, Ordering::Relaxed),
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "this module is where the wall clock is read")]
fn wall_millis() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |age| i64::try_from(age.as_millis()).unwrap_or(i64::MAX))
}

/// The monotonic clock, for deadlines and measurements only.
#[expect(clippy::disallowed_methods, reason = "this module is where the monotonic clock is read")]
pub fn monotonic() -> Instant {
    Instant::now()
}

/// Waits on the monotonic clock.
#[expect(clippy::disallowed_methods, reason = "this module is where waiting happens")]
pub async fn sleep(span: Duration) {
    tokio::time::sleep(span).await;
}

/// Waits for `work`, at most `span`. `None` if it did not finish in time; the work is dropped then. Large work is handed over boxed: it is moved
/// on the way.
#[expect(clippy::disallowed_methods, reason = "this module is where waiting happens")]
pub async fn within<F: Future>(span: Duration, work: F) -> Option<F::Output> {
    tokio::time::timeout(span, work).await.ok()
}

/// Blocks this thread. For threads of our own that have no runtime under them.
#[expect(clippy::disallowed_methods, reason = "this module is where waiting happens")]
pub fn pause(span: Duration) {
    std::thread::sleep(span);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wib_is_seven_hours_ahead() {
        let at = Timestamp::parse("2026-11-24T00:30").unwrap();
        assert_eq!(at.to_string(), "2026-11-24T00:30:00+07:00");
        assert_eq!(at, Timestamp::parse("2026-11-23T17:30:00Z").unwrap());
        assert_eq!(at.day().to_string(), "2026-11-24");
        assert_eq!(at.day().weekday(), Weekday::Tuesday);
        assert_eq!(Day::parse("1969-12-31"), Some(Day::from_number(-1)));
        assert_eq!(at.hour_minute(), (0, 30));
    }

    #[test]
    fn a_held_clock_stands_and_its_clones_follow() {
        let clock = Clock::held_at(Timestamp::from_millis(5));
        let clone = clock.clone();
        clock.set(Timestamp::from_millis(9));
        assert_eq!(clone.now(), Timestamp::from_millis(9));
    }
}
