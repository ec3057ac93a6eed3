//! When people are left in peace. An answer comes at any hour; what comes unasked keeps to the day, and to the Friday prayer.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::clock::{Day, Timestamp, Weekday};
use crate::store::queue::Class;

/// `[outbox.hours]` in the configuration file, in Western Indonesian Time.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Hours {
    /// Messages to many, on weekdays and Saturdays only.
    pub bulk: Span,
    /// Reminders, and notices of what somebody asked to be told.
    pub notices: Span,
    /// On Fridays none of these in between.
    pub friday_prayer: Span,
}

impl Default for Hours {
    fn default() -> Self {
        Self {
            bulk: Span { from: Minute(8 * 60), to: Minute(19 * 60) },
            notices: Span { from: Minute(8 * 60), to: Minute(20 * 60) },
            friday_prayer: Span { from: Minute(11 * 60 + 30), to: Minute(13 * 60) },
        }
    }
}

impl Hours {
    /// The first moment from `now` on at which a message of this class may leave.
    pub fn next_allowed(&self, class: Class, now: Timestamp) -> Timestamp {
        let span = match class {
            Class::Reply => return now,
            Class::Bulk => self.bulk,
            Class::Owed | Class::Notice | Class::Reminder => self.notices,
        };
        let mut at = now;
        loop {
            let (day, minute) = (at.day(), Minute::of(at));
            at = if class == Class::Bulk && day.weekday() == Weekday::Sunday || minute >= span.to {
                span.from.on(day.plus(1))
            } else if minute < span.from {
                span.from.on(day)
            } else if day.weekday() == Weekday::Friday && self.friday_prayer.holds(minute) {
                self.friday_prayer.to.on(day)
            } else {
                return at;
            };
        }
    }
}

/// Part of a day: `08:00-19:00`, the end not included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(try_from = "String")]
#[schemars(with = "String")]
pub struct Span {
    from: Minute,
    to: Minute,
}

/// Of the day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Minute(u16);

impl Span {
    fn holds(self, minute: Minute) -> bool {
        self.from <= minute && minute < self.to
    }
}

/// Midnight, as the end of a part of a day: `24:00`.
const DAY: u16 = 24 * 60;

impl Minute {
    fn of(at: Timestamp) -> Self {
        let (hour, minute) = at.hour_minute();
        Self(u16::from(hour.unsigned_abs()) * 60 + u16::from(minute.unsigned_abs()))
    }

    /// `08:00`.
    fn parse(text: &str) -> Option<Self> {
        let (hour, minute) = text.split_once(':')?;
        if ![hour, minute].iter().all(|part| part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit())) {
            return None;
        }
        let (hour, minute): (u16, u16) = (hour.parse().ok()?, minute.parse().ok()?);
        let of_day = hour * 60 + minute;
        (minute < 60 && of_day <= DAY).then_some(Self(of_day))
    }

    fn on(self, day: Day) -> Timestamp {
        let part = |minutes: u16| i8::try_from(minutes).unwrap_or(0);
        Timestamp::wib(day, part(self.0 / 60), part(self.0 % 60))
    }
}

impl TryFrom<String> for Span {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.split_once('-')
            .and_then(|(from, to)| Some(Self { from: Minute::parse(from)?, to: Minute::parse(to)? }))
            .filter(|span| span.from < span.to)
            .ok_or_else(|| format!("\"{text}\" is no part of a day like 08:00-19:00"))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn unasked_messages_keep_to_the_day_and_to_the_prayer() {
        use Class::{Bulk, Notice, Reminder, Reply};
        // 27 November 2026 is a Friday.
        for (class, now, allowed) in [
            (Reply, "2026-11-27T02:10", "2026-11-27T02:10"),
            (Reply, "2026-11-27T12:00", "2026-11-27T12:00"),
            (Notice, "2026-11-27T07:59", "2026-11-27T08:00"),
            (Notice, "2026-11-27T08:00", "2026-11-27T08:00"),
            (Notice, "2026-11-27T19:59", "2026-11-27T19:59"),
            (Notice, "2026-11-27T20:00", "2026-11-28T08:00"),
            (Reminder, "2026-11-27T11:29", "2026-11-27T11:29"),
            (Reminder, "2026-11-27T11:30", "2026-11-27T13:00"),
            (Reminder, "2026-11-26T11:30", "2026-11-26T11:30"),
            (Reminder, "2026-11-29T16:00", "2026-11-29T16:00"),
            (Bulk, "2026-11-27T12:59", "2026-11-27T13:00"),
            (Bulk, "2026-11-28T19:00", "2026-11-30T08:00"),
            (Bulk, "2026-11-29T10:00", "2026-11-30T08:00"),
        ] {
            let at = |text| Timestamp::parse(text).unwrap();
            assert_eq!(Hours::default().next_allowed(class, at(now)), at(allowed), "{class:?} {now}");
        }
    }

    #[test]
    fn an_office_may_have_hours_of_its_own() {
        let span = |text: &str| Span::try_from(text.to_owned()).unwrap();
        let all_day = Hours { bulk: span("00:00-24:00"), notices: span("00:00-24:00"), friday_prayer: span("23:00-24:00") };
        for (class, now, allowed) in [
            (Class::Notice, "2026-11-26T23:59", "2026-11-26T23:59"),
            (Class::Notice, "2026-11-27T23:30", "2026-11-28T00:00"),
            (Class::Bulk, "2026-11-29T01:00", "2026-11-30T00:00"),
        ] {
            let at = |text| Timestamp::parse(text).unwrap();
            assert_eq!(all_day.next_allowed(class, at(now)), at(allowed), "{class:?} {now}");
        }
    }

    #[test]
    fn a_part_of_a_day_is_read_strictly() {
        for (text, fine) in [
            ("08:00-19:00", true),
            ("00:00-23:59", true),
            ("19:00-08:00", false),
            ("8-19", false),
            ("08:00-24:00", true),
            ("08:00-24:01", false),
            ("9999:00-24:00", false),
            ("08:00", false),
        ] {
            assert_eq!(Span::try_from(text.to_owned()).is_ok(), fine, "{text}");
        }
    }
}
