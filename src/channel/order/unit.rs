//! What an officer writes about the mobile unit. Pure.
//!
//! ```text
//! KELILING Muara Medak 10-12-2026 08-12 10 menit 2 alat perahu, Balai Desa     plans a stop
//! S4821735 TERBIT                                                              tells the village of it
//! S4821735 BATAL cuaca                                                         or jalan, or alat
//! S4821735 ALAT 1                                                              so many kits work
//! S4821735 DAFTAR                                                              who comes
//! ALAT RUSAK Kec. Lais 5                                                       nobody can be recorded there, for days perhaps; or ALAT BAIK
//! ```

use super::split;
use crate::clock::Day;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnitOrder<'t> {
    Plan(Plan<'t>),
    Publish,
    /// None: it must be said why.
    Cancel(Option<Why>),
    Kits(u8),
    List,
    /// Of an office. `days`: for so many it will be broken, as far as the officer knows.
    Device {
        office: &'t str,
        works: bool,
        days: Option<u8>,
    },
}

/// A stop as it was written; what is missing or unreadable is None.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Plan<'t> {
    pub village: &'t str,
    pub day: Option<Day>,
    pub from_to: Option<(u8, u8)>,
    pub minutes: Option<u8>,
    pub kits: Option<u8>,
    pub by_boat: Option<bool>,
    pub spot: &'t str,
    /// A word of it means nothing.
    pub is_odd: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    Weather,
    Road,
    Kit,
}

const REASONS: [(&str, Why); 6] = [
    ("CUACA", Why::Weather),
    ("BANJIR", Why::Weather),
    ("HUJAN", Why::Weather),
    ("JALAN", Why::Road),
    ("ALAT", Why::Kit),
    ("RUSAK", Why::Kit),
];

/// What stands behind a code.
pub(super) fn about(text: &str) -> Option<UnitOrder<'_>> {
    let (first, rest) = split(text);
    match first.to_ascii_uppercase().as_str() {
        "TERBIT" if rest.is_empty() => Some(UnitOrder::Publish),
        "DAFTAR" if rest.is_empty() => Some(UnitOrder::List),
        "BATAL" if rest.is_empty() => Some(UnitOrder::Cancel(None)),
        "BATAL" => {
            let why = REASONS.iter().find(|(word, _)| rest.eq_ignore_ascii_case(word));
            why.map(|(_, why)| UnitOrder::Cancel(Some(*why)))
        }
        "ALAT" => rest.parse().ok().map(UnitOrder::Kits),
        _ => None,
    }
}

/// A message without a code. Only a date makes it a plan: without one it asks for the timetable, as everybody may.
pub(super) fn plan(text: &str) -> Option<UnitOrder<'_>> {
    let (first, rest) = split(text);
    if first.eq_ignore_ascii_case("alat") {
        let (state, office) = split(rest);
        let works = [("rusak", false), ("baik", true)].into_iter().find(|(word, _)| state.eq_ignore_ascii_case(word));
        let (office, days) = days_behind(office);
        return works.filter(|_| !office.is_empty()).map(|(_, works)| UnitOrder::Device { office, works, days });
    }
    if !first.eq_ignore_ascii_case("keliling") {
        return None;
    }
    let (facts, spot) = rest.split_once(',').unwrap_or((rest, ""));
    let date = facts.split_whitespace().find(|word| is_date(word))?;
    let (village, facts) = facts.split_once(date)?;
    let mut plan = Plan { village: village.trim(), day: day(date), spot: spot.trim(), ..Plan::default() };
    let mut words = facts.split_whitespace().peekable();
    while let Some(word) = words.next() {
        if let Some(hours) = hours(word) {
            plan.from_to = Some(hours);
        } else if let Ok(number) = word.parse::<u8>() {
            match words.next().unwrap_or_default().to_ascii_lowercase().as_str() {
                "menit" | "mnt" => plan.minutes = Some(number),
                "alat" | "set" => plan.kits = Some(number),
                _ => plan.is_odd = true,
            }
        } else {
            match way(word) {
                Some(by_boat) => plan.by_boat = Some(by_boat),
                None => plan.is_odd = true,
            }
        }
    }
    Some(UnitOrder::Plan(plan))
}

/// `Kec. Lais 5`, `Kec. Lais 5 hari`. More days than there are appointments for are as many as can be said.
fn days_behind(text: &str) -> (&str, Option<u8>) {
    let lower = text.to_ascii_lowercase();
    let bare = lower.strip_suffix("hari").and_then(|kept| text.get(..kept.len())).unwrap_or(text).trim_end();
    match bare.rsplit_once(' ').map(|(office, days)| (office, days.parse::<u32>())) {
        Some((office, Ok(days))) => (office.trim_end(), Some(u8::try_from(days).unwrap_or(u8::MAX))),
        _ => (text, None),
    }
}

/// `perahu`, `mobil`.
pub fn way(word: &str) -> Option<bool> {
    match word.to_ascii_lowercase().as_str() {
        "perahu" | "kapal" | "air" | "sungai" => Some(true),
        "mobil" | "darat" | "jalan" => Some(false),
        _ => None,
    }
}

/// `08-12`.
pub fn hours(word: &str) -> Option<(u8, u8)> {
    let (from, to) = word.split_once('-')?;
    Some((from.parse().ok()?, to.parse().ok()?))
}

/// `10-12-2026`, `10/12/2026` or `2026-12-10`.
pub fn day(word: &str) -> Option<Day> {
    let parts: Vec<&str> = word.split(['-', '/']).collect();
    let [first, month, last] = parts.as_slice() else { return None };
    let (year, day) = if first.len() == 4 { (first, last) } else { (last, first) };
    Day::parse(&format!("{year:0>4}-{month:0>2}-{day:0>2}"))
}

fn is_date(word: &str) -> bool {
    let parts: Vec<&str> = word.split(['-', '/']).collect();
    parts.len() == 3 && parts.iter().all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stop_is_read_as_officers_write_it() {
        let whole = Plan {
            village: "Muara Medak",
            day: Day::parse("2026-12-10"),
            from_to: Some((8, 12)),
            minutes: Some(10),
            kits: Some(2),
            by_boat: Some(true),
            spot: "Balai Desa",
            is_odd: false,
        };
        for (text, expected) in [
            ("KELILING Muara Medak 10-12-2026 08-12 10 menit 2 alat perahu, Balai Desa", Some(whole)),
            ("keliling  Muara Medak 2026-12-10 perahu 2 alat 10 mnt 8-12 ,Balai Desa ", Some(whole)),
            ("Keliling Muara Medak 10/12/2026 08-12 10 menit 2 alat perahu", Some(Plan { spot: "", ..whole })),
            ("KELILING Muara Medak 31-02-2026 08-12 10 menit 2 alat perahu, Balai Desa", Some(Plan { day: None, ..whole })),
            (
                "KELILING Muara Medak 10-12-2026 pagi 10 menit 2 alat perahu, Balai Desa",
                Some(Plan { from_to: None, is_odd: true, ..whole }),
            ),
            (
                "KELILING Muara Medak 10-12-2026 08-12 10 orang 2 alat perahu, Balai Desa",
                Some(Plan { minutes: None, is_odd: true, ..whole }),
            ),
            ("KELILING Muara Medak", None),
            ("ALAT RUSAK", None),
            ("Kapan keliling 10-12-2026", None),
        ] {
            assert_eq!(plan(text), expected.map(UnitOrder::Plan), "{text}");
        }
    }

    #[test]
    fn what_is_said_of_a_device_is_read() {
        for (text, expected) in [
            ("ALAT RUSAK Kec. Lais", Some(UnitOrder::Device { office: "Kec. Lais", works: false, days: None })),
            ("alat baik lais", Some(UnitOrder::Device { office: "lais", works: true, days: None })),
            ("ALAT RUSAK Kec. Lais 14", Some(UnitOrder::Device { office: "Kec. Lais", works: false, days: Some(14) })),
            ("Alat rusak lais  5 hari", Some(UnitOrder::Device { office: "lais", works: false, days: Some(5) })),
            ("ALAT RUSAK lais 5Hari", Some(UnitOrder::Device { office: "lais", works: false, days: Some(5) })),
            ("ALAT RUSAK lais 999", Some(UnitOrder::Device { office: "lais", works: false, days: Some(255) })),
            ("ALAT RUSAK lais hari", Some(UnitOrder::Device { office: "lais hari", works: false, days: None })),
            ("alat rusak", None),
            ("Alatnya rusak", None),
        ] {
            assert_eq!(plan(text), expected, "{text}");
        }
    }

    #[test]
    fn what_stands_behind_a_code_is_read() {
        for (text, expected) in [
            ("TERBIT", Some(UnitOrder::Publish)),
            ("terbit ya", None),
            ("BATAL cuaca", Some(UnitOrder::Cancel(Some(Why::Weather)))),
            ("batal JALAN", Some(UnitOrder::Cancel(Some(Why::Road)))),
            ("BATAL", Some(UnitOrder::Cancel(None))),
            ("BATAL saja besok", None),
            ("ALAT 1", Some(UnitOrder::Kits(1))),
            ("alat banyak", None),
            ("DAFTAR", Some(UnitOrder::List)),
        ] {
            assert_eq!(about(text), expected, "{text}");
        }
    }
}
