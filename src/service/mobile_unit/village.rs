//! The villages that the unit visits, by the ministry's codes.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::citizen::area::{Area, Level, Names};

/// Number of a village within a kecamatan: four digits.
const IN_DISTRICT: u32 = 10_000;

/// `16.06.09.2015` as 92015: kecamatan, then village.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Village(u32);

/// Which villages a name may mean.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Named {
    None,
    One(Village),
    /// In several kecamatan.
    Twins(Vec<Village>),
    /// It is a kecamatan's: its villages, first the one that is called like it, then by their names.
    District(Vec<Village>),
}

impl Village {
    fn of(area: &Area) -> Option<Self> {
        let mut parts = area.code.split('.').skip(2);
        let (district, number) = (parts.next()?.parse::<u32>().ok()?, parts.next()?.parse::<u32>().ok()?);
        (area.level == Level::Village && number < IN_DISTRICT).then_some(Self(district * IN_DISTRICT + number))
    }

    pub fn by_code(code: &str) -> Option<Self> {
        Names::muba().by_code(code).and_then(Self::of)
    }

    pub fn all() -> impl Iterator<Item = Self> {
        Names::muba().of_level(Level::Village).filter_map(Self::of)
    }

    /// How many villages each kecamatan has.
    pub fn counts() -> BTreeMap<u16, u64> {
        let mut counts = BTreeMap::new();
        for village in Self::all() {
            *counts.entry(village.district()).or_default() += 1;
        }
        counts
    }

    /// As a menu's value names it.
    pub const fn number(self) -> u32 {
        self.0
    }

    pub fn from_number(number: u64) -> Option<Self> {
        let village = Self(u32::try_from(number).ok()?);
        village.area().map(|_| village)
    }

    /// 9 and 2015 are 16.06.09.2015.
    pub fn of_numbers(district: u16, in_district: u16) -> Option<Self> {
        Self::from_number(u64::from(district) * u64::from(IN_DISTRICT) + u64::from(in_district))
    }

    /// 2015 is 16.06.09.2015.
    pub fn in_district(self) -> u16 {
        u16::try_from(self.0 % IN_DISTRICT).unwrap_or_default()
    }

    /// 9 is 16.06.09.
    pub fn district(self) -> u16 {
        u16::try_from(self.0 / IN_DISTRICT).unwrap_or_default()
    }

    pub fn code(self) -> String {
        format!("16.06.{:02}.{:04}", self.0 / IN_DISTRICT, self.0 % IN_DISTRICT)
    }

    pub fn name(self) -> &'static str {
        self.area().map_or("", |area| area.name.as_str())
    }

    /// The name of its kecamatan.
    pub fn district_name(self) -> &'static str {
        let code = format!("16.06.{:02}", self.0 / IN_DISTRICT);
        Names::muba().by_code(&code).map_or("", |area| area.name.as_str())
    }

    fn area(self) -> Option<&'static Area> {
        Names::muba().by_code(&self.code())
    }

    /// Of the name as somebody writes it: small mistakes are forgiven, and a kecamatan beside it tells twins apart. Or of its code.
    pub fn named(text: &str) -> Named {
        if let Some(area) = Names::muba().by_code(text.trim()) {
            return Self::of(area).map_or_else(|| Named::District(Self::of_district(area)), Named::One);
        }
        let lower = text.to_lowercase();
        let words: Vec<&str> = lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
        let mention = Names::muba().find(&words, |_| false);
        let villages: Vec<Self> = mention.villages.into_iter().filter_map(Self::of).collect();
        match (villages.as_slice(), mention.district) {
            ([], Some(district)) => Named::District(Self::of_district(district)),
            ([], None) => Named::None,
            ([one], _) => Named::One(*one),
            _ => Named::Twins(villages),
        }
    }

    fn of_district(district: &Area) -> Vec<Self> {
        let inside = Names::muba().of_level(Level::Village).filter(|area| area.district() == district.code);
        let mut inside: Vec<&Area> = inside.collect();
        inside.sort_by_key(|area| (area.name != district.name, &area.name));
        inside.into_iter().filter_map(Self::of).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn villages_are_known_by_name_and_code() {
        let shown = |text: &str| match Village::named(text) {
            Named::None => "none".to_owned(),
            Named::One(village) => village.code(),
            Named::Twins(villages) => format!("{} twins", villages.len()),
            Named::District(villages) => format!("{} first, then {}, of {}", villages[0].name(), villages[1].name(), villages.len()),
        };
        for (text, expected) in [
            ("Muara Medak", "16.06.09.2015"),
            ("desa mangsnag", "16.06.09.2007"),
            ("16.06.09.2015", "16.06.09.2015"),
            ("Mekar Jaya", "4 twins"),
            ("Mekar Jaya Lalan", "16.06.11.2027"),
            ("kelurahan Bayung Lencir", "16.06.09.1016"),
            ("Bayung Lencir", "Bayung Lencir first, then Bayat Ilir, of 23"),
            ("kec. bayung lincir", "Bayung Lencir first, then Bayat Ilir, of 23"),
            ("16.06.09", "Bayung Lencir first, then Bayat Ilir, of 23"),
            ("Lalan", "Agung Jaya first, then Bandar Agung, of 27"),
            ("Bayung Lencir Indah", "16.06.09.1065"),
            ("Jakarta", "none"),
            ("", "none"),
        ] {
            assert_eq!(shown(text), expected, "{text}");
        }
    }

    #[test]
    fn every_kecamatan_has_its_villages() {
        let counts = Village::counts();
        assert_eq!((counts.len(), counts[&9], counts.values().sum::<u64>()), (15, 23, 242));
    }

    #[test]
    fn every_village_is_found_by_its_own_name() {
        let is_found = |village: &Village| match Village::named(village.name()) {
            Named::None => false,
            Named::One(found) => found == *village,
            Named::Twins(found) => found.contains(village),
            Named::District(found) => found.first() == Some(village),
        };
        let lost: Vec<_> = Village::all().filter(|village| !is_found(village)).map(|village| (village.code(), village.name())).collect();
        assert!(lost.is_empty(), "{lost:?}");
    }

    #[test]
    fn a_number_stands_for_a_village_that_is_there() {
        let medak = Village::by_code("16.06.09.2015").unwrap();
        assert_eq!((medak.number(), medak.district(), medak.name(), medak.district_name()), (92_015, 9, "Muara Medak", "Bayung Lencir"));
        assert_eq!(Village::from_number(92_015), Some(medak));
        assert_eq!([0, 90_000, 999_999, u64::MAX].map(Village::from_number), [None; 4]);
        assert_eq!(Village::by_code("16.06.09"), None, "a kecamatan");
    }
}
