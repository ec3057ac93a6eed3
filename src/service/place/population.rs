//! How many people live in a kecamatan.

use std::collections::BTreeMap;

use super::{PlaceError, Places};

impl Places {
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
