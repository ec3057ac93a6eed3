//! Cells of a table: a kecamatan, those whose is not known, and all together. A cell of too few people tells of somebody, and is not shown.

use std::collections::{BTreeMap, BTreeSet};

use super::indicators::{Indicator, Measure};
use super::{Line, Scope};
use crate::service::mobile_unit::Village;
use crate::service::place::Places;
use crate::service::ticket;

/// A cell of fewer people tells of somebody.
pub(super) const PEOPLE_MIN: u64 = 5;
/// The row of all kecamatan together.
pub(super) const ALL: &str = "semua";

/// Their order in a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Row {
    All,
    District(u16),
    Unknown,
}

impl Row {
    pub(super) fn of(district: Option<u16>) -> Self {
        district.map_or(Self::Unknown, Self::District)
    }

    pub(super) fn name(self, places: &Places) -> String {
        match self {
            Self::All => ALL.to_owned(),
            Self::District(district) => ticket::district_name(places, Some(district)),
            Self::Unknown => ticket::district_name(places, None),
        }
    }
}

pub(super) struct Cells {
    cells: BTreeMap<Row, Cell>,
    has_sum: bool,
}

#[derive(Default)]
struct Cell {
    people: BTreeSet<u64>,
    samples: Vec<f64>,
}

impl Cells {
    /// Where it is asked whom the office does not reach, every kecamatan has a cell.
    pub(super) fn new(measure: Measure, scope: &Scope) -> Self {
        let has_sum = scope.district.is_none();
        let mut cells = BTreeMap::new();
        if matches!(measure, Measure::Reach | Measure::Villages) {
            cells.extend(has_sum.then(|| (Row::All, Cell::default())));
            let wanted = Village::counts().into_keys().filter(|district| scope.district.is_none_or(|wanted| wanted == *district));
            cells.extend(wanted.map(|district| (Row::District(district), Cell::default())));
        }
        Self { cells, has_sum }
    }

    pub(super) fn add(&mut self, district: Option<u16>, people: &[u64], sample: f64) {
        for row in [Some(Row::of(district)), self.has_sum.then_some(Row::All)].into_iter().flatten() {
            let cell = self.cells.entry(row).or_default();
            cell.people.extend(people);
            cell.samples.push(sample);
        }
    }

    pub(super) fn lines(mut self, indicator: &Indicator, places: &Places) -> Vec<Line> {
        let hidden = hidden(&self.cells.iter().map(|(row, cell)| (*row, cell.people.len() as u64)).collect());
        if self.cells.is_empty() {
            self.cells.insert(Row::All, Cell::default());
        }
        self.cells.into_iter().map(|(row, mut cell)| line(indicator, row, &mut cell, hidden.contains(&row), places)).collect()
    }
}

/// Rows that are not shown, by how many are in each: those of too few; and one hidden cell could be told from the sum and the others, so then
/// the smallest of those is hidden too.
pub(super) fn hidden(sizes: &BTreeMap<Row, u64>) -> BTreeSet<Row> {
    let is_few = |size: u64| (1..PEOPLE_MIN).contains(&size);
    let mut hidden: BTreeSet<Row> = sizes.iter().filter(|(_, size)| is_few(**size)).map(|(row, _)| *row).collect();
    let of_districts = || sizes.range(Row::District(0)..);
    let few: u64 = of_districts().filter(|(row, _)| hidden.contains(row)).map(|(_, size)| size).sum();
    if sizes.contains_key(&Row::All) && (1..PEOPLE_MIN).contains(&few) {
        let shown = of_districts().filter(|(_, size)| **size >= PEOPLE_MIN);
        hidden.extend(shown.min_by_key(|(_, size)| **size).map(|(row, _)| *row));
    }
    hidden
}

fn line(indicator: &Indicator, row: Row, cell: &mut Cell, is_hidden: bool, places: &Places) -> Line {
    let whole = whole(indicator.measure, row, places);
    let (value, of) = if is_hidden { (None, None) } else { value(indicator.measure, cell, whole) };
    let note = match (indicator.measure, of, whole) {
        (Measure::Reach, Some(_), Some(people)) => Some(format!("nomor; wajib KTP {people}")),
        (Measure::Reach, Some(_), None) if row == Row::Unknown => Some("nomor".to_owned()),
        (Measure::Reach, Some(_), None) => Some("nomor; jumlah wajib KTP belum diisi".to_owned()),
        _ => None,
    };
    Line {
        indicator: indicator.id.to_owned(),
        name: indicator.name.to_owned(),
        unit: indicator.unit.to_owned(),
        formula: indicator.formula.to_owned(),
        district: row.name(places),
        value,
        of,
        note,
    }
}

/// What a cell is a part of, where that is not in it.
fn whole(measure: Measure, row: Row, places: &Places) -> Option<u64> {
    let (villages, population) = (Village::counts(), places.population());
    match (measure, row) {
        (Measure::Share | Measure::Quantile(_), _) | (_, Row::Unknown) => None,
        (Measure::Reach, Row::District(district)) => population.get(&district).copied(),
        // Without one of them it is nobody's sum.
        (Measure::Reach, Row::All) => villages.keys().map(|district| population.get(district)).sum(),
        (Measure::Villages, Row::District(district)) => villages.get(&district).copied(),
        (Measure::Villages, Row::All) => Some(villages.values().sum()),
    }
}

/// The figure to one decimal, and of how many it is.
#[expect(clippy::cast_precision_loss, reason = "counts of people stay far below 2^52")]
fn value(measure: Measure, cell: &mut Cell, whole: Option<u64>) -> (Option<f64>, Option<u64>) {
    let samples = &mut cell.samples;
    let count = samples.len();
    let found = match measure {
        Measure::Share | Measure::Quantile(_) if count == 0 => None,
        Measure::Share => Some(samples.iter().sum::<f64>() * 100.0 / count as f64),
        Measure::Quantile(hundredths) => {
            samples.sort_by(f64::total_cmp);
            // The nearest rank: the smallest sample that at least so many are not above.
            let rank = (count * usize::from(hundredths)).div_ceil(100).max(1);
            samples.get(rank - 1).copied()
        }
        Measure::Reach => whole.map(|people| cell.people.len() as f64 * 1000.0 / people as f64),
        Measure::Villages => {
            samples.sort_by(f64::total_cmp);
            samples.dedup();
            whole.map(|villages| samples.len() as f64 * 100.0 / villages as f64)
        }
    };
    let of = match measure {
        Measure::Share | Measure::Quantile(_) => count as u64,
        Measure::Reach => cell.people.len() as u64,
        Measure::Villages => whole.unwrap_or_default(),
    };
    (found.map(|value| (value * 10.0).round() / 10.0), Some(of))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hidden_cell_cannot_be_told_from_the_others() {
        for (districts, expected) in [
            (&[30, 18, 2][..], &[18, 2][..]),
            (&[30, 18, 5], &[]),
            (&[30, 18, 3, 2], &[3, 2]),
            (&[30, 18, 1, 1], &[18, 1, 1]),
            (&[30, 18, 0], &[]),
            (&[2], &[2]),
        ] {
            let mut sizes: BTreeMap<Row, u64> = districts.iter().zip(1..).map(|(size, at)| (Row::District(at), *size)).collect();
            sizes.insert(Row::All, 50);
            let found: Vec<u64> = hidden(&sizes).iter().map(|row| sizes[row]).collect();
            assert_eq!(found, expected, "{districts:?}");
        }
    }

    #[test]
    fn shares_and_quantiles_are_those_of_the_textbook() {
        for (measured, samples, expected) in [
            (Measure::Share, &[1.0, 0.0, 1.0][..], 66.7),
            (Measure::Quantile(50), &[5.0, 1.0, 3.0], 3.0),
            (Measure::Quantile(50), &[4.0, 1.0, 3.0, 2.0], 2.0),
            (Measure::Quantile(90), &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0], 9.0),
            (Measure::Quantile(90), &[7.25], 7.3),
        ] {
            let mut cell = Cell { samples: samples.to_vec(), ..Cell::default() };
            assert_eq!(value(measured, &mut cell, None).0, Some(expected), "{samples:?}");
        }
    }

    #[test]
    fn reach_is_divided_by_the_office_s_own_figures_or_not_at_all() {
        let read = |file: &str| std::fs::read_to_string(format!("gateway-config/muba/{file}")).unwrap();
        let places = Places::parse(&read("places.toml"), &read("holidays.csv"), &read("areas.csv")).unwrap();
        let known = places.clone().with_population("16.06.09,31000\n").unwrap();
        for (row, without, with) in
            [(Row::District(9), None, Some(31_000)), (Row::District(1), None, None), (Row::All, None, None), (Row::Unknown, None, None)]
        {
            assert_eq!((whole(Measure::Reach, row, &places), whole(Measure::Reach, row, &known)), (without, with), "{row:?}");
        }
        assert_eq!(
            [Row::All, Row::District(9), Row::Unknown].map(|row| whole(Measure::Villages, row, &places)),
            [Some(242), Some(23), None]
        );
        let mut cell = Cell { people: (0..31).collect(), samples: vec![1.0; 31] };
        assert_eq!(value(Measure::Reach, &mut cell, Some(31_000)), (Some(1.0), Some(31)));
        assert_eq!(value(Measure::Reach, &mut cell, None), (None, Some(31)));
        cell.samples = vec![92_015.0, 92_015.0, 92_013.0];
        assert_eq!(value(Measure::Villages, &mut cell, Some(23)), (Some(8.7), Some(23)));
    }
}
