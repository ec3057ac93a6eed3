//! When offices are open.

use std::time::Duration;

use super::{Places, Window};
use crate::clock::{Day, Timestamp, Weekday};

/// Days looked ahead for an open office. The longest run of holidays and weekends known is eleven days.
const DAYS_MAX: i32 = 60;
/// Days gone over between two moments: what lasts for longer than two years is no conversation.
const SPAN_DAYS_MAX: usize = 800;
/// The same for a number of working days, of which half of all days are at least: up to five hundred of them.
const WORKING_DAYS_MAX: i32 = 1_100;

impl Places {
    /// None on a holiday or at the weekend. A day beyond the holiday file counts as an ordinary one.
    pub fn open_hours(&self, day: Day) -> Option<Window> {
        if self.holidays.contains(&day) {
            return None;
        }
        match day.weekday() {
            Weekday::Saturday | Weekday::Sunday => None,
            Weekday::Friday => Some(self.friday_open),
            _ => Some(self.weekday_open),
        }
    }

    /// A public holiday or collective leave; no weekend.
    pub fn is_holiday(&self, day: Day) -> bool {
        self.holidays.contains(&day)
    }

    /// When offices open again; None while they are open, or if nobody knows.
    pub fn opens_next(&self, now: Timestamp) -> Option<(Day, Window)> {
        let days = (0..DAYS_MAX).map(|ahead| now.day().plus(ahead)).filter_map(|day| Some((day, self.open_hours(day)?)));
        let (day, hours) = days.into_iter().find(|(day, hours)| now < at(*day, hours.to))?;
        (now < at(day, hours.from)).then_some((day, hours))
    }

    pub fn are_open(&self, now: Timestamp) -> bool {
        self.open_hours(now.day()).is_some_and(|hours| at(now.day(), hours.from) <= now && now < at(now.day(), hours.to))
    }

    /// The hours of the `count`th working day after `day`. Whoever asks on a day has that day for free.
    pub fn working_day(&self, day: Day, count: u16) -> (Timestamp, Timestamp) {
        let days = (1..=WORKING_DAYS_MAX).map(|ahead| day.plus(ahead)).filter_map(|day| Some((day, self.open_hours(day)?)));
        let counted = days.into_iter().nth(usize::from(count.saturating_sub(1)));
        // Nobody opens: then it is counted as if they did all the time.
        let (day, hours) = counted.unwrap_or((day.plus(i32::from(count)), self.weekday_open));
        (at(day, hours.from), at(day, hours.to))
    }

    /// How long offices were open in between.
    pub fn open_between(&self, from: Timestamp, to: Timestamp) -> Duration {
        let days = (from.day().number()..=to.day().number()).take(SPAN_DAYS_MAX).map(Day::from_number);
        let open = days.filter_map(|day| Some((day, self.open_hours(day)?)));
        open.map(|(day, hours)| at(day, hours.to).min(to).since(at(day, hours.from).max(from))).sum()
    }

    /// The moment at which offices have been open for `span` since `from`.
    pub fn after_open(&self, from: Timestamp, span: Duration) -> Timestamp {
        let mut left = span;
        for day in (0..DAYS_MAX).map(|ahead| from.day().plus(ahead)) {
            let Some(window) = self.open_hours(day) else { continue };
            let (opens, closes) = (at(day, window.from).max(from), at(day, window.to));
            let open = closes.since(opens);
            if left <= open {
                return opens.plus(left);
            }
            left -= open;
        }
        // Nobody opens: then it is counted as if they did all the time.
        from.plus(span)
    }
}

fn at(day: Day, hour: u8) -> Timestamp {
    Timestamp::wib(day, 0, 0).plus(Duration::from_secs(u64::from(hour) * 3600))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn office_hours_leave_out_nights_fridays_weekends_and_holidays() {
        let places = Places::parse(
            include_str!("../../../gateway-config/muba/places.toml"),
            include_str!("../../../gateway-config/muba/holidays.csv"),
            "code,level,name,postcode,latitude,longitude,aliases\n",
        )
        .unwrap();
        for (from, hours, until) in [
            ("2026-11-30T09:00", 4, "2026-11-30T13:00"),
            ("2026-11-30T06:00", 4, "2026-11-30T12:00"),
            ("2026-11-30T11:00", 4, "2026-11-30T15:00"),
            ("2026-11-30T11:01", 4, "2026-12-01T08:01"),
            ("2026-11-30T23:30", 4, "2026-12-01T12:00"),
            ("2026-12-03T13:00", 4, "2026-12-04T10:00"),
            ("2026-12-04T10:00", 4, "2026-12-07T11:00"),
            ("2026-12-05T10:00", 4, "2026-12-07T12:00"),
            // Thursday and Friday are holidays, then comes the weekend.
            ("2026-12-23T14:00", 4, "2026-12-28T11:00"),
            ("2026-03-17T14:30", 4, "2026-03-25T11:30"),
            ("2026-11-30T09:00", 0, "2026-11-30T09:00"),
            ("2026-11-30T09:00", 40, "2026-12-08T11:00"),
        ] {
            let after = places.after_open(Timestamp::parse(from).unwrap(), Duration::from_secs(hours * 3600));
            assert_eq!(after, Timestamp::parse(until).unwrap(), "{hours} h from {from}: {after}");
        }
    }

    #[test]
    fn working_days_leave_out_the_day_itself_weekends_and_holidays() {
        let places = Places::parse(
            include_str!("../../../gateway-config/muba/places.toml"),
            include_str!("../../../gateway-config/muba/holidays.csv"),
            "code,level,name,postcode,latitude,longitude,aliases\n",
        )
        .unwrap();
        for (day, count, opens, closes) in [
            ("2026-11-30", 1, "2026-12-01T08:00", "2026-12-01T15:00"),
            ("2026-11-30", 4, "2026-12-04T08:00", "2026-12-04T11:00"),
            ("2026-11-30", 5, "2026-12-07T08:00", "2026-12-07T15:00"),
            ("2026-11-30", 14, "2026-12-18T08:00", "2026-12-18T11:00"),
            ("2026-12-05", 1, "2026-12-07T08:00", "2026-12-07T15:00"),
            // Over Christmas and New Year's Day.
            ("2026-12-23", 5, "2027-01-04T08:00", "2027-01-04T15:00"),
        ] {
            let at = |text| Timestamp::parse(text).unwrap();
            assert_eq!(places.working_day(Day::parse(day).unwrap(), count), (at(opens), at(closes)), "{count} after {day}");
        }
        for (from, to, minutes) in [
            ("2026-11-30T09:00", "2026-11-30T09:07", 7),
            ("2026-11-30T07:00", "2026-11-30T08:05", 5),
            ("2026-11-30T14:50", "2026-12-01T08:10", 20),
            ("2026-12-04T10:00", "2026-12-07T09:00", 120),
            ("2026-12-05T09:00", "2026-12-05T10:00", 0),
            ("2026-11-30T10:00", "2026-11-30T09:00", 0),
        ] {
            let at = |text| Timestamp::parse(text).unwrap();
            assert_eq!(places.open_between(at(from), at(to)), Duration::from_secs(minutes * 60), "{from} {to}");
        }
        let open = |text| places.are_open(Timestamp::parse(text).unwrap());
        assert_eq!(
            ["2026-11-30T07:59", "2026-11-30T08:00", "2026-11-30T14:59", "2026-11-30T15:00", "2026-12-05T09:00"].map(open),
            [false, true, true, false, false]
        );
    }

    #[test]
    fn shut_offices_open_again() {
        let places = Places::parse(
            include_str!("../../../gateway-config/muba/places.toml"),
            include_str!("../../../gateway-config/muba/holidays.csv"),
            "code,level,name,postcode,latitude,longitude,aliases\n",
        )
        .unwrap();
        for (now, opens) in [
            ("2026-11-30T07:59", "2026-11-30 08-15"),
            ("2026-11-30T08:00", ""),
            ("2026-11-30T14:59", ""),
            ("2026-11-30T15:00", "2026-12-01 08-15"),
            ("2026-12-03T15:00", "2026-12-04 08-11"),
            ("2026-12-04T11:00", "2026-12-07 08-15"),
            ("2026-12-23T15:00", "2026-12-28 08-15"),
        ] {
            let next = places.opens_next(Timestamp::parse(now).unwrap());
            let shown = next.map(|(day, hours)| format!("{day} {:02}-{:02}", hours.from, hours.to)).unwrap_or_default();
            assert_eq!(shown, opens, "{now}");
        }
    }

    #[test]
    fn a_window_outside_the_hours_of_the_office_is_refused() {
        let file = include_str!("../../../gateway-config/muba/places.toml").replace("open_friday = \"08-11\"", "open_friday = \"09-11\"");
        assert!(Places::parse(&file, "tanggal\n2026-12-25,x\n", "code\n").is_err());
    }
}
