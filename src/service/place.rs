//! Where and when citizens are served: offices, their windows and devices, holidays, and how far it is to them.

mod device;
mod hours;
mod near;
mod population;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

pub use device::Device;
pub use near::Point;
use serde::{Deserialize, Serialize};

use super::mobile_unit::STOPS_FROM;
use crate::clock::{Day, Timestamp, Weekday};

/// A same-day window can be booked until this many hours before it opens: the citizen still has to travel.
pub(super) const LEAD_HOURS: i8 = 1;
/// Most places a district can list: the id of a place is part of every slot key and of every choice page.
const PLACES_MAX: usize = 2_000;
/// Longest horizon: the slot list is searched day by day within one turn.
const DAYS_AHEAD_MAX: i32 = 120;

/// Whole hours of one day, `from` inclusive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Window {
    pub from: u8,
    pub to: u8,
}

impl Window {
    /// Reads `08-10`.
    ///
    /// # Errors
    /// [`PlaceError::Hours`].
    pub fn parse(text: &str) -> Result<Self, PlaceError> {
        text.split_once('-')
            .and_then(|(from, to)| Some(Self { from: from.parse().ok()?, to: to.parse().ok()? }))
            .filter(|window| window.from < window.to && window.to <= 24)
            .ok_or_else(|| PlaceError::Hours(format!("\"{text}\" is no window like \"08-10\"")))
    }
}

/// A window on a day at a place: what a citizen books a seat of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SlotId {
    pub place: u16,
    pub day: Day,
    pub window: Window,
}

impl SlotId {
    /// Packed for a menu value: place, day, from, to.
    pub fn pack(self) -> u64 {
        let day = u64::from(self.day.number().cast_unsigned());
        (u64::from(self.place) << 48) | (day << 16) | (u64::from(self.window.from) << 8) | u64::from(self.window.to)
    }

    /// When its window begins.
    pub fn begins(self) -> Timestamp {
        Timestamp::wib(self.day, 0, 0).plus(Duration::from_secs(u64::from(self.window.from) * 3600))
    }

    pub fn unpack(id: u64) -> Self {
        let [p1, p0, d3, d2, d1, d0, from, to] = id.to_be_bytes();
        Self {
            place: u16::from_be_bytes([p1, p0]),
            day: Day::from_number(i32::from_be_bytes([d3, d2, d1, d0])),
            window: Window { from, to },
        }
    }
}

/// An office.
#[derive(Clone, Debug)]
pub struct Place {
    pub id: u16,
    pub name: String,
    pub is_capital: bool,
    /// Where it is; of a kecamatan's office at least where the kecamatan lies.
    pub point: Option<Point>,
    /// It has a device that takes photographs and fingerprints.
    pub records: bool,
}

/// The offices of a district and their hours. Made once at start.
#[derive(Clone, Debug)]
pub struct Places {
    places: Vec<Place>,
    weekday_open: Window,
    friday_open: Window,
    weekday_windows: Vec<Window>,
    friday_windows: Vec<Window>,
    holidays: BTreeSet<Day>,
    /// The last day that the holiday file knows about. Nobody is booked beyond it.
    known_until: Day,
    pub seats: u16,
    pub days_ahead: i32,
    points: near::Points,
    /// Who must have a card, by kecamatan; empty where the office has not said.
    population: BTreeMap<u16, u64>,
}

/// Why a place, holiday or village file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum PlaceError {
    #[error("{0}")]
    Toml(#[from] toml::de::Error),
    #[error("place {id}: {what}")]
    Place { id: u16, what: String },
    #[error("{0}")]
    Hours(String),
    #[error("line {line}: {what}")]
    Line { line: usize, what: String },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PlacesFile {
    hours: HoursFile,
    place: Vec<PlaceFile>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct HoursFile {
    open_monday_to_thursday: String,
    open_friday: String,
    monday_to_thursday: Vec<String>,
    friday: Vec<String>,
    seats: u16,
    days_ahead: i32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PlaceFile {
    id: u16,
    name: String,
    #[serde(default)]
    kind: PlaceKind,
    /// Latitude and longitude.
    at: Option<[f64; 2]>,
    #[serde(default = "yes")]
    records: bool,
}

const fn yes() -> bool {
    true
}

#[derive(Default, Deserialize, PartialEq)]
#[serde(rename_all = "lowercase")]
enum PlaceKind {
    Capital,
    #[default]
    District,
}

impl Places {
    /// `places`: TOML as in `gateway-config/muba/places.toml`. `holidays`: CSV whose first column is a date. `areas`: CSV
    /// `code,level,name,postcode,latitude,longitude,aliases` with codes `16.06.09` (kecamatan) and `16.06.09.2015` (village).
    pub fn parse(places: &str, holidays: &str, areas: &str) -> Result<Self, PlaceError> {
        let file: PlacesFile = toml::from_str(places)?;
        if !(1..=DAYS_AHEAD_MAX).contains(&file.hours.days_ahead) {
            return Err(PlaceError::Hours(format!("days_ahead must be 1 to {DAYS_AHEAD_MAX}")));
        }
        if file.hours.seats == 0 || file.hours.seats > super::appointment::SEATS_MAX {
            return Err(PlaceError::Hours(format!("seats must be 1 to {}", super::appointment::SEATS_MAX)));
        }
        if file.place.len() > PLACES_MAX {
            return Err(PlaceError::Hours(format!("more than {PLACES_MAX} places")));
        }
        if let Some(place) = file.place.iter().find(|place| place.id >= STOPS_FROM) {
            return Err(PlaceError::Place {
                id: place.id,
                what: format!("numbers from {STOPS_FROM} on are those of stops of the mobile unit"),
            });
        }
        let mut seen = BTreeSet::new();
        for place in &file.place {
            let what = match crate::gsm::septets(&place.name) {
                Ok(0) => "has no name".to_owned(),
                Ok(1..=20) if seen.insert(place.id) => continue,
                Ok(1..=20) => "stands twice".to_owned(),
                Ok(septets) => format!("its name takes {septets} septets, more than 20"),
                Err(foreign) => foreign.to_string(),
            };
            return Err(PlaceError::Place { id: place.id, what });
        }
        if file.place.iter().filter(|place| place.kind == PlaceKind::Capital).count() != 1 {
            return Err(PlaceError::Hours("exactly one place must have kind = \"capital\"".to_owned()));
        }
        let (weekday_open, friday_open) = (Window::parse(&file.hours.open_monday_to_thursday)?, Window::parse(&file.hours.open_friday)?);
        let points = near::points(areas);
        let holidays = parse_holidays(holidays)?;
        let known_until = holidays.last().map_or(Day::from_number(i32::MAX), |last| Day::of(last.date().last_of_year()));
        Ok(Self {
            weekday_open,
            friday_open,
            weekday_windows: parse_windows(&file.hours.monday_to_thursday, weekday_open)?,
            friday_windows: parse_windows(&file.hours.friday, friday_open)?,
            holidays,
            known_until,
            seats: file.hours.seats,
            days_ahead: file.hours.days_ahead,
            population: BTreeMap::new(),
            places: file
                .place
                .into_iter()
                .map(|place| Place {
                    id: place.id,
                    name: place.name,
                    is_capital: place.kind == PlaceKind::Capital,
                    point: place
                        .at
                        .map(|[latitude, longitude]| Point { latitude, longitude })
                        .or_else(|| points.get(&format!("16.06.{:02}", place.id)).copied()),
                    records: place.records,
                })
                .collect(),
            points,
        })
    }

    pub fn place(&self, id: u16) -> Option<&Place> {
        self.places.iter().find(|place| place.id == id)
    }

    /// Every place, in the order of their numbers.
    pub fn ids(&self) -> Vec<u16> {
        let mut ids: Vec<u16> = self.places.iter().map(|place| place.id).collect();
        ids.sort_unstable();
        ids
    }

    /// The place whose name the registry's export gives, in any case.
    pub fn named(&self, name: &str) -> Option<&Place> {
        self.places.iter().find(|place| place.name.eq_ignore_ascii_case(name.trim()))
    }

    pub fn capital(&self) -> Option<&Place> {
        self.places.iter().find(|place| place.is_capital)
    }

    pub fn districts(&self) -> impl Iterator<Item = &Place> {
        self.places.iter().filter(|place| !place.is_capital)
    }

    /// Windows at any place, soonest first, that can be booked at `now`.
    pub fn windows(&self, now: Timestamp) -> impl Iterator<Item = (Day, Window)> {
        let today = now.day();
        let (hour, minute) = now.hour_minute();
        let last = today.plus(self.days_ahead).min(self.known_until);
        (0..=self.days_ahead).map(move |ahead| today.plus(ahead)).take_while(move |day| *day <= last).flat_map(move |day| {
            let soonest = if day == today { hour + LEAD_HOURS + i8::from(minute > 0) } else { 0 };
            self.open_windows(day)
                .iter()
                .filter(move |window| i16::from(window.from) >= i16::from(soonest))
                .map(move |window| (day, *window))
        })
    }

    /// Is this window really one of ours? A slot id comes back from a session and is checked again before a seat is taken.
    pub fn is_open(&self, slot: SlotId, now: Timestamp) -> bool {
        self.place(slot.place).is_some() && self.windows(now).any(|(day, window)| day == slot.day && window == slot.window)
    }

    fn open_windows(&self, day: Day) -> &[Window] {
        if self.holidays.contains(&day) {
            return &[];
        }
        match day.weekday() {
            Weekday::Saturday | Weekday::Sunday => &[],
            Weekday::Friday => &self.friday_windows,
            _ => &self.weekday_windows,
        }
    }

    /// Days from `today` until the holiday file ends.
    pub fn known_days(&self, today: Day) -> i32 {
        self.known_until.number().saturating_sub(today.number())
    }
}

fn parse_windows(texts: &[String], open: Window) -> Result<Vec<Window>, PlaceError> {
    let mut windows: Vec<Window> = Vec::new();
    for text in texts {
        let window = Window::parse(text)?;
        if window.from < open.from || window.to > open.to {
            return Err(PlaceError::Hours(format!("window {text} lies outside the hours of the office")));
        }
        if windows.last().is_some_and(|before| before.to > window.from) {
            return Err(PlaceError::Hours(format!("window {text} overlaps the one before it")));
        }
        windows.push(window);
    }
    Ok(windows)
}

fn parse_holidays(text: &str) -> Result<BTreeSet<Day>, PlaceError> {
    let mut days = BTreeSet::new();
    for (at, line) in text.lines().enumerate() {
        let first = line.split(',').next().unwrap_or_default().trim();
        if first.is_empty() || first.starts_with('#') || at == 0 && Day::parse(first).is_none() {
            continue;
        }
        let day = Day::parse(first).ok_or_else(|| PlaceError::Line { line: at + 1, what: "no date like 2026-12-25".to_owned() })?;
        days.insert(day);
    }
    Ok(days)
}

#[cfg(test)]
mod tests {
    use super::*;

    const AREAS: &str = "code,level,name,postcode,latitude,longitude,aliases\n16.06.09,kecamatan,Bayung Lencir,,,,bl|bayung\n\
        16.06.09.2015,desa,Muara Medak,30756,-1.9,103.7,\n16.06.03.2001,desa,Gajah Mati,,,,\n16.06.14.2002,desa,Gajah Mati,,,,\n";

    fn muba() -> Places {
        Places::parse(include_str!("../../gateway-config/muba/places.toml"), "tanggal\n2026-12-24,x\n2026-12-25,x\n", AREAS).unwrap()
    }

    #[test]
    fn windows_follow_hours_weekends_and_holidays() {
        let shown = |at: &str, take: usize| {
            let now = Timestamp::parse(at).unwrap();
            let places = muba();
            places.windows(now).take(take).map(|(day, w)| format!("{day} {:02}", w.from)).collect::<Vec<_>>().join("; ")
        };
        assert_eq!(shown("2026-11-30T06:59", 4), "2026-11-30 08; 2026-11-30 10; 2026-11-30 13; 2026-12-01 08");
        assert_eq!(shown("2026-11-30T07:01", 2), "2026-11-30 10; 2026-11-30 13", "too late to travel to the first window");
        assert_eq!(shown("2026-12-04T09:00", 1), "2026-12-07 08", "Friday closes early, then the weekend");
        assert_eq!(shown("2026-12-23T20:00", 1), "2026-12-28 08", "two holidays and a weekend");
    }

    #[test]
    fn nobody_is_booked_beyond_the_holiday_file() {
        let now = Timestamp::parse("2026-12-29T09:00").unwrap();
        assert_eq!(muba().windows(now).last().map(|(day, _)| day.to_string()).as_deref(), Some("2026-12-31"));
    }

    #[test]
    fn a_slot_id_survives_packing() {
        let slot = SlotId { place: 100, day: Day::parse("2026-12-01").unwrap(), window: Window { from: 8, to: 10 } };
        assert_eq!(SlotId::unpack(slot.pack()), slot);
    }
}
