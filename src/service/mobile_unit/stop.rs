//! A stop: the mobile unit's visit to a village, on a day, with so many seats.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::village::Village;
use crate::citizen::Msisdn;
use crate::clock::{Day, Timestamp};
use crate::gsm;
use crate::service::appointment::SEATS_MAX;
use crate::service::code::CodeRow;
use crate::service::place::{LEAD_HOURS, Window};
use crate::store::{Draft, Fault, Key, Space, Stored};

/// A stop is a place like an office, and its number stands in keys of slots and bookings: offices have lower ones.
pub const STOPS_FROM: u16 = 10_000;
/// What is open for longer is cut into windows, so that nobody waits for half a day.
const WINDOW_HOURS: u8 = 2;
/// A place's name on a page.
const LABEL_SEPTETS_MAX: usize = 20;
/// Days after its own for which a stop is kept: how many villages were visited within a year is told from it, for last year's report too.
const KEPT_DAYS: i32 = 800;
/// Stops read at once. In so many days, several on every working day.
const READ_MAX: usize = 4_000;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stop {
    pub code: String,
    pub village: Village,
    /// Where in the village.
    pub spot: String,
    pub day: Day,
    pub hours: Window,
    /// For one person at one kit.
    pub minutes: u8,
    /// That work.
    pub kits: u8,
    pub way: Way,
    pub state: StopState,
    /// People have seats here that it cannot serve any more: somebody has to move them.
    pub is_settling: bool,
    /// Cancelled after people had come to its first window: it was held, if not to its end.
    pub was_begun: bool,
    /// Seats kept for who was invited.
    pub claims: Vec<Claim>,
    /// Who planned it. None: from the command line.
    pub by: Option<Msisdn>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Way {
    Road,
    Boat,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum StopState {
    /// Nobody but officers knows of it.
    Planned,
    Published,
    Cancelled(Reason),
}

/// Why what was published cannot be kept. The words stand in the menu's languages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Reason {
    Weather,
    Road,
    Kit,
}

impl Reason {
    pub const fn word(self) -> &'static str {
        match self {
            Self::Weather => "cuaca",
            Self::Road => "jalan",
            Self::Kit => "alat",
        }
    }
}

/// A seat kept for a number until it answers, or does not. A number that is to have several has as many of these.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    pub number_hash: [u8; 16],
    pub until: Timestamp,
}

impl Claim {
    /// Of who waits under this key.
    pub fn is_of(&self, waiter: &Key) -> bool {
        waiter.as_bytes().ends_with(&self.number_hash)
    }
}

impl Stored for Stop {
    const SPACE: Space = Space::Stop;
    const FORMAT: u16 = 1;
}

impl Stop {
    pub fn key(place: u16) -> Key {
        Key::new(Space::Stop).with(&place.to_be_bytes())
    }

    pub fn place(key: &Key) -> Option<u16> {
        let [_, high, low] = *key.as_bytes() else { return None };
        Some(u16::from_be_bytes([high, low]))
    }

    /// Every stop that is kept, by the number of its place.
    ///
    /// # Errors
    /// A [`Fault`] of the store.
    pub async fn all(draft: &Draft<'_>) -> Result<Vec<(u16, Self)>, Fault> {
        let rows = draft.scan::<Self>(Key::new(Space::Stop)..Key::after(Space::Stop), READ_MAX).await?;
        Ok(rows.into_iter().filter_map(|(key, stop)| Some((Self::place(&key)?, stop))).collect())
    }

    /// What was published for a village from this day on, soonest first.
    ///
    /// # Errors
    /// A [`Fault`] of the store.
    pub async fn ahead(draft: &Draft<'_>, village: Village, from: Day) -> Result<Vec<(u16, Self)>, Fault> {
        let mut stops = Self::all(draft).await?;
        stops.retain(|(_, stop)| stop.village == village && stop.day >= from && stop.is_published());
        stops.sort_by_key(|(place, stop)| (stop.day, stop.hours, *place));
        Ok(stops)
    }

    /// By the code that officers write.
    ///
    /// # Errors
    /// A [`Fault`] of the store.
    pub async fn by_code(draft: &mut Draft<'_>, code: &str) -> Result<Option<(u16, Self)>, Fault> {
        let Some(CodeRow::Stop { place }) = draft.peek(&CodeRow::key(code)).await? else { return Ok(None) };
        Ok(draft.get::<Self>(&Self::key(place)).await?.map(|stop| (place, stop)))
    }

    pub fn is_published(&self) -> bool {
        self.state == StopState::Published
    }

    /// It took place, or will.
    pub fn is_held(&self) -> bool {
        self.is_published() || self.was_begun
    }

    /// When a window of it begins.
    pub fn begins(&self, window: Window) -> Timestamp {
        Timestamp::wib(self.day, 0, 0).plus(Duration::from_secs(u64::from(window.from) * 3600))
    }

    /// What is left of it by now.
    pub fn left(mut self, now: Timestamp) -> Option<Self> {
        self.claims.retain(|claim| claim.until > now);
        (self.day.plus(KEPT_DAYS) >= now.day()).then_some(self)
    }

    /// As a page names the place.
    pub fn label(&self) -> String {
        let village = self.village.name();
        let named =
            if self.spot.to_lowercase().contains(&village.to_lowercase()) { self.spot.clone() } else { format!("{} {village}", self.spot) };
        let short = match village.split_once(' ') {
            Some((first, rest)) => format!("{} {}. {rest}", self.spot, first.get(..1).unwrap_or_default()),
            None => named.clone(),
        };
        [named.as_str(), &short, village]
            .into_iter()
            .find(|label| gsm::septets(label).is_ok_and(|septets| septets <= LABEL_SEPTETS_MAX))
            .map_or_else(|| gsm::cut(village, LABEL_SEPTETS_MAX), str::to_owned)
    }

    /// What can be booked of it, in order.
    pub fn windows(&self) -> impl Iterator<Item = Window> + use<> {
        let Window { from, to } = self.hours;
        (from..to).step_by(usize::from(WINDOW_HOURS)).map(move |from| Window { from, to: to.min(from + WINDOW_HOURS) })
    }

    /// People who can be served in a window.
    pub fn seats(&self, window: Window) -> u16 {
        let minutes = 60 * u16::from(window.to.saturating_sub(window.from));
        (minutes * u16::from(self.kits) / u16::from(self.minutes.max(1))).min(SEATS_MAX)
    }

    pub fn seats_in_all(&self) -> u16 {
        self.windows().map(|window| self.seats(window)).sum()
    }

    /// Whether somebody can still take a seat in a window: it was published, and there is time to come.
    pub fn is_open(&self, window: Window, now: Timestamp) -> bool {
        let (hour, minute) = now.hour_minute();
        let is_in_time =
            self.day > now.day() || self.day == now.day() && i16::from(window.from) >= i16::from(hour + LEAD_HOURS + i8::from(minute > 0));
        self.is_published() && is_in_time && self.windows().any(|own| own == window)
    }

    pub fn has_claim(&self, number_hash: [u8; 16], now: Timestamp) -> bool {
        self.claims_of(number_hash, now) > 0
    }

    pub fn claims_of(&self, number_hash: [u8; 16], now: Timestamp) -> usize {
        self.claims.iter().filter(|claim| claim.number_hash == number_hash && claim.until > now).count()
    }

    pub fn claimed(&self, now: Timestamp) -> usize {
        self.claims.iter().filter(|claim| claim.until > now).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stop(village: &str, spot: &str) -> Stop {
        Stop {
            code: "S4821735".to_owned(),
            village: Village::by_code(village).unwrap(),
            spot: spot.to_owned(),
            day: Day::parse("2026-12-10").unwrap(),
            hours: Window { from: 8, to: 13 },
            minutes: 10,
            kits: 2,
            way: Way::Boat,
            state: StopState::Published,
            is_settling: false,
            was_begun: false,
            claims: Vec::new(),
            by: None,
        }
    }

    #[test]
    fn seats_follow_from_hours_kits_and_minutes() {
        let stop = stop("16.06.09.2007", "Balai Desa");
        let shown: Vec<_> = stop.windows().map(|window| (window.from, window.to, stop.seats(window))).collect();
        assert_eq!(shown, [(8, 10, 24), (10, 12, 24), (12, 13, 12)]);
        assert_eq!(stop.seats_in_all(), 60);
        let crowd = Stop { kits: 9, minutes: 1, ..stop };
        assert_eq!(crowd.seats(Window { from: 8, to: 10 }), SEATS_MAX, "a slot is one record");
    }

    #[test]
    fn a_label_fits_a_page_and_names_the_village() {
        for (village, spot, label) in [
            ("16.06.09.2007", "Balai Desa", "Balai Desa Mangsang"),
            ("16.06.09.2015", "Balai Desa", "Balai Desa M. Medak"),
            ("16.06.09.2015", "Rumah kepala desa", "Muara Medak"),
            ("16.06.09.2015", "SDN 1 Muara Medak", "SDN 1 Muara Medak"),
        ] {
            assert_eq!(stop(village, spot).label(), label);
        }
    }

    #[test]
    fn a_window_is_open_while_there_is_time_to_come() {
        let stop = stop("16.06.09.2007", "Balai Desa");
        let open = |now: &str| stop.windows().filter(|window| stop.is_open(*window, Timestamp::parse(now).unwrap())).count();
        assert_eq!(
            ["2026-12-09T23:00", "2026-12-10T07:00", "2026-12-10T07:01", "2026-12-10T11:00", "2026-12-11T00:00"].map(open),
            [3, 3, 2, 1, 0]
        );
        let planned = Stop { state: StopState::Planned, ..stop.clone() };
        assert!(!planned.is_open(Window { from: 8, to: 10 }, Timestamp::parse("2026-12-09T09:00").unwrap()));
        assert!(!stop.is_open(Window { from: 8, to: 12 }, Timestamp::parse("2026-12-09T09:00").unwrap()), "no window of its own");
    }

    #[test]
    fn a_stop_is_kept_for_two_years() {
        let on = |day: i32| Timestamp::wib(stop("16.06.09.2007", "x").day.plus(day), 9, 0);
        assert!(stop("16.06.09.2007", "x").left(on(800)).is_some() && stop("16.06.09.2007", "x").left(on(801)).is_none());
    }
}
