//! Villages by their numbers, and how many people live in a kecamatan.

use std::collections::{BTreeMap, BTreeSet};

use super::{PlaceError, Places};
use crate::service::caller::Home;

impl Places {
    /// The village of this name in the kecamatan of a place; only the kecamatan where several have the name there, or it is the kecamatan's own.
    pub fn home(&self, name: &str, place: u16) -> Option<Home> {
        let named = self.villages_named(name);
        let here: Vec<_> = named.into_iter().filter(|village| village.place == place).collect();
        let numbers: BTreeSet<u16> = here.iter().filter_map(|village| village.number).collect();
        let village = numbers.first().copied().filter(|_| numbers.len() == 1);
        (!here.is_empty()).then_some(Home { district: place, village })
    }

    /// How many villages each kecamatan has.
    pub fn villages(&self) -> BTreeMap<u16, u64> {
        let all: BTreeSet<(u16, u16)> = self.villages.iter().filter_map(|village| Some((village.place, village.number?))).collect();
        let mut counts = BTreeMap::new();
        for (place, _) in all {
            *counts.entry(place).or_default() += 1;
        }
        counts
    }

    /// Who must have a card, by kecamatan. Empty: the office has not said.
    pub const fn population(&self) -> &BTreeMap<u16, u64> {
        &self.population
    }

    /// With the office's own figures: CSV `kode,wajib_ktp` with codes like `16.06.09`.
    ///
    /// # Errors
    /// With the line that is none of this.
    pub fn with_population(self, text: &str) -> Result<Self, PlaceError> {
        let mut population = BTreeMap::new();
        for (at, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') || at == 0 && line.starts_with("kode") {
                continue;
            }
            let wrong = || PlaceError::Line { line: at + 1, what: "no row like 16.06.09,31000".to_owned() };
            let (code, people) = line.split_once(',').ok_or_else(wrong)?;
            let district: u16 = code.trim().strip_prefix("16.06.").and_then(|number| number.parse().ok()).ok_or_else(wrong)?;
            let people: u64 = people.trim().parse().ok().filter(|people| *people > 0).ok_or_else(wrong)?;
            if population.insert(district, people).is_some() {
                return Err(PlaceError::Line { line: at + 1, what: format!("{code} stands twice") });
            }
        }
        Ok(Self { population, ..self })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn muba() -> Places {
        let read = |file: &str| std::fs::read_to_string(format!("gateway-config/muba/{file}")).unwrap();
        Places::parse(&read("places.toml"), &read("holidays.csv"), &read("areas.csv")).unwrap()
    }

    #[test]
    fn a_village_is_the_one_in_the_kecamatan_that_was_chosen() {
        for (name, place, expected) in [
            ("Muara Medak", 9, Some((9, Some(2015)))),
            ("muara medk", 9, Some((9, Some(2015)))),
            ("Muara Medak", 3, None),
            // Four kecamatan have one.
            ("Mekar Jaya", 9, Some((9, Some(2058)))),
            ("bayung", 9, Some((9, None))),
            ("Jakarta", 9, None),
        ] {
            let home = expected.map(|(district, village)| Home { district, village });
            assert_eq!(muba().home(name, place), home, "{name} at {place}");
        }
        let counts = muba().villages();
        assert_eq!((counts.len(), counts[&9], counts.values().sum::<u64>()), (15, 23, 242));
    }

    #[test]
    fn figures_of_the_office_are_read_and_slips_told_by_line() {
        let read = |text: &str| muba().with_population(text).map(|places| places.population().clone()).map_err(|error| error.to_string());
        assert_eq!(
            read("kode,wajib_ktp\n# semester II\n16.06.09, 31000\n16.06.01,40000\n").unwrap(),
            BTreeMap::from([(1, 40_000), (9, 31_000)])
        );
        for (text, line) in [("16.06.09", 1), ("kode,wajib_ktp\n1606090,5", 2), ("16.06.09,0", 1), ("16.06.09,5\n16.06.09,6", 2)] {
            let error = read(text).unwrap_err();
            assert!(error.contains(&format!("line {line}:")), "{text}: {error}");
        }
    }
}
