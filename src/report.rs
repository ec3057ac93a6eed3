//! How well citizens are served, by kecamatan: the indicators that tickets and appointments feed, computed from the records.
//!
//! Nobody can be told from a figure: a cell of fewer than five people is not shown. Who lives where nobody knows is a row of its own.

mod indicators;
mod outreach;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Write as _};

use serde::{Deserialize, Serialize};

use crate::clock::{Day, Timestamp};
use crate::service::appointment::Booking;
use crate::service::outreach::Source;
use crate::service::place::Places;
use crate::service::ticket::Ticket;
use crate::store::{Fault, Store, Stored};
use indicators::{Fact, INDICATORS, Indicator, Measure};

/// A cell of fewer people tells of somebody.
const PEOPLE_MIN: usize = 5;
/// The row of all kecamatan together, and of those whose is not known.
const ALL: &str = "semua";
const UNKNOWN: &str = "tak diketahui";

/// What is asked: both days are counted (WIB).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scope {
    pub from: Day,
    pub to: Day,
    /// 9 is 16.06.09. None: each.
    pub district: Option<u16>,
}

impl Scope {
    fn holds(&self, at: Timestamp) -> bool {
        (self.from..=self.to).contains(&at.day())
    }

    /// Up to when anything is known of it.
    fn end(&self, now: Timestamp) -> Timestamp {
        Timestamp::wib(self.to.plus(1), 0, 0).min(now)
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Report {
    pub from: String,
    pub to: String,
    pub lines: Vec<Line>,
}

/// One cell.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Line {
    pub indicator: String,
    pub name: String,
    pub unit: String,
    pub formula: String,
    pub district: String,
    /// None: there was nothing, or too few people to show.
    pub value: Option<f64>,
    /// Tickets or appointments in it. None: of too few people.
    pub of: Option<u64>,
}

/// Reads every record.
///
/// # Errors
/// A [`Fault`] of the store. A record that cannot be read is left out.
pub fn report(store: &Store, places: &Places, scope: Scope, now: Timestamp) -> Result<Report, Fault> {
    let (mut tickets, mut bookings, mut sources) = (Vec::new(), Vec::new(), Vec::new());
    store.export(&mut |key, record| match key.as_bytes().first() {
        Some(space) if *space == Ticket::SPACE as u8 => tickets.extend(record.decode::<Ticket>()),
        Some(space) if *space == Booking::SPACE as u8 => bookings.extend(record.decode::<Booking>()),
        Some(space) if *space == Source::SPACE as u8 => sources.extend(record.decode::<Source>()),
        _ => {}
    })?;
    let kept = tickets.iter().map(Fact::Ticket).chain(bookings.iter().map(Fact::Booking));
    let facts = kept.chain(sources.iter().map(Fact::Source)).collect();
    Ok(of(facts, places, scope, now))
}

fn of(facts: Vec<Fact<'_>>, places: &Places, scope: Scope, now: Timestamp) -> Report {
    let facts: Vec<_> = facts.into_iter().filter(|fact| scope.district.is_none_or(|wanted| fact.district() == Some(wanted))).collect();
    let mut lines = Vec::new();
    for indicator in &INDICATORS {
        let mut cells: BTreeMap<(u8, Option<u16>), Cell> = BTreeMap::new();
        for fact in &facts {
            let Some(sample) = (indicator.sample)(fact, places, &scope, now) else { continue };
            let district = fact.district();
            let mut rows = vec![(1 + u8::from(district.is_none()), district)];
            rows.extend(scope.district.is_none().then_some((0, None)));
            for row in rows {
                let cell = cells.entry(row).or_default();
                cell.people.insert(fact.number());
                cell.samples.push(sample);
            }
        }
        hide_beside(&mut cells);
        if cells.is_empty() {
            lines.push(line(indicator, ALL.to_owned(), &mut Cell::default()));
        }
        for ((kind, district), mut cell) in cells {
            let name = match (kind, district.and_then(|district| places.place(district))) {
                (0, _) => ALL.to_owned(),
                (_, Some(place)) => place.name.clone(),
                (_, None) => district.map_or_else(|| UNKNOWN.to_owned(), |district| format!("16.06.{district:02}")),
            };
            lines.push(line(indicator, name, &mut cell));
        }
    }
    Report { from: scope.from.to_string(), to: scope.to.to_string(), lines }
}

/// One hidden cell could be told from the sum and the others: then the smallest of those is hidden too.
fn hide_beside(cells: &mut BTreeMap<(u8, Option<u16>), Cell>) {
    let of_districts = || (1, None)..;
    let hidden: usize = cells.range(of_districts()).filter(|(_, cell)| cell.is_few()).map(|(_, cell)| cell.people.len()).sum();
    if !cells.contains_key(&(0, None)) || hidden == 0 || hidden >= PEOPLE_MIN {
        return;
    }
    let shown = cells.range_mut(of_districts()).map(|(_, cell)| cell).filter(|cell| !cell.is_few());
    if let Some(smallest) = shown.min_by_key(|cell| cell.people.len()) {
        smallest.is_hidden = true;
    }
}

#[derive(Default)]
struct Cell {
    people: BTreeSet<u64>,
    samples: Vec<f64>,
    /// For the sake of a smaller one.
    is_hidden: bool,
}

impl Cell {
    fn is_few(&self) -> bool {
        self.is_hidden || (1..PEOPLE_MIN).contains(&self.people.len())
    }
}

fn line(indicator: &Indicator, district: String, cell: &mut Cell) -> Line {
    let is_told = !cell.is_few();
    let is_shown = is_told && !cell.people.is_empty();
    Line {
        indicator: indicator.id.to_owned(),
        name: indicator.name.to_owned(),
        unit: indicator.unit.to_owned(),
        formula: indicator.formula.to_owned(),
        district,
        value: if is_shown { measure(indicator.measure, &mut cell.samples) } else { None },
        of: is_told.then_some(cell.samples.len() as u64),
    }
}

/// To one decimal.
#[expect(clippy::cast_precision_loss, reason = "counts of people stay far below 2^52")]
fn measure(measure: Measure, samples: &mut [f64]) -> Option<f64> {
    let count = samples.len();
    let value = match measure {
        Measure::Share => samples.iter().sum::<f64>() * 100.0 / count as f64,
        Measure::Quantile(hundredths) => {
            samples.sort_by(f64::total_cmp);
            // The nearest rank: the smallest sample that at least so many are not above.
            let rank = (count * usize::from(hundredths)).div_ceil(100).max(1);
            *samples.get(rank - 1)?
        }
    };
    Some((value * 10.0).round() / 10.0)
}

impl Report {
    /// With a header line; text in quotes where it needs them.
    pub fn to_csv(&self) -> String {
        let mut csv = "indikator,nama,satuan,kecamatan,nilai,dari,rumus\n".to_owned();
        for line in &self.lines {
            let value = line.value.map(|value| value.to_string()).unwrap_or_default();
            let of = line.of.map_or_else(few, |of| of.to_string());
            let cells = [&line.indicator, &line.name, &line.unit, &line.district, &value, &of, &line.formula];
            csv.push_str(&cells.map(|cell| quoted(cell)).join(","));
            csv.push('\n');
        }
        csv
    }
}

fn few() -> String {
    format!("<{PEOPLE_MIN} orang")
}

fn quoted(cell: &str) -> String {
    if cell.contains([',', '"', '\n']) { format!("\"{}\"", cell.replace('"', "\"\"")) } else { cell.to_owned() }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Laporan {} s.d. {}", self.from, self.to)?;
        let mut before = "";
        for line in &self.lines {
            if line.indicator != before {
                write!(f, "\n\n{} {} ({})\n   = {}", line.indicator, line.name, line.unit, line.formula)?;
                before = &line.indicator;
            }
            let mut cell = String::new();
            match (line.value, line.of) {
                (Some(value), Some(of)) => write!(cell, "{value:>8.1}  dari {of}")?,
                (None, Some(_)) => write!(cell, "{:>8}  tidak ada", "-")?,
                (_, None) => write!(cell, "{:>8}  {}", "-", few())?,
            }
            write!(f, "\n   {:<22}{cell}", line.district)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hidden_cell_cannot_be_told_from_the_others() {
        let cell = |people: u64| Cell { people: (0..people).collect(), samples: vec![1.0], is_hidden: false };
        for (districts, hidden) in [
            (&[30, 18, 2][..], &[18, 2][..]),
            (&[30, 18, 5], &[]),
            (&[30, 18, 3, 2], &[3, 2]),
            (&[30, 18, 1, 1], &[18, 1, 1]),
            (&[2], &[2]),
        ] {
            let mut cells: BTreeMap<_, _> = districts.iter().zip(1..).map(|(people, at)| ((1, Some(at)), cell(*people))).collect();
            cells.insert((0, None), cell(50));
            hide_beside(&mut cells);
            let found: Vec<_> = cells.values().filter(|cell| cell.is_few()).map(|cell| cell.people.len() as u64).collect();
            assert_eq!(found, hidden, "{districts:?}");
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
            assert_eq!(measure(measured, &mut samples.to_vec()), Some(expected), "{samples:?}");
        }
    }
}
