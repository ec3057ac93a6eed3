//! How well citizens are served, by kecamatan: the indicators that tickets and appointments feed, computed from the records.
//!
//! Nobody can be told from a figure: a cell of fewer than five people is not shown. Who lives where nobody knows is a row of its own.

mod cells;
mod counted;
mod gathered;
mod indicators;
mod outreach;
mod villages;

use std::fmt::{self, Write as _};

use serde::{Deserialize, Serialize};

use crate::clock::{Day, Timestamp};
use crate::service::place::Places;
use crate::store::{Fault, Store};
use cells::{Cells, PEOPLE_MIN};
use gathered::Gathered;
use indicators::{Fact, INDICATORS};

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
    /// What else must be known to read it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// Reads every record.
///
/// # Errors
/// A [`Fault`] of the store. A record that cannot be read is left out.
pub fn report(store: &Store, places: &Places, scope: Scope, now: Timestamp) -> Result<Report, Fault> {
    let gathered = Gathered::read(store)?;
    let mut report = of(&gathered.facts(), places, scope, now);
    report.lines.extend(villages::lines(gathered.stops.values(), places, &scope, now));
    report.lines.extend(counted::lines(&gathered.counts, places, &scope));
    Ok(report)
}

fn of(facts: &[Fact<'_>], places: &Places, scope: Scope, now: Timestamp) -> Report {
    let facts: Vec<_> = facts.iter().filter(|fact| scope.district.is_none_or(|wanted| fact.district() == Some(wanted))).collect();
    let mut lines = Vec::new();
    for indicator in &INDICATORS {
        let mut cells = Cells::new(indicator.measure, &scope);
        for fact in &facts {
            if let Some(sample) = (indicator.sample)(fact, places, &scope, now) {
                cells.add(fact.district(), &fact.numbers(), sample);
            }
        }
        lines.extend(cells.lines(indicator, places));
    }
    Report { from: scope.from.to_string(), to: scope.to.to_string(), lines }
}

impl Report {
    /// With a header line; text in quotes where it needs them.
    pub fn to_csv(&self) -> String {
        let mut csv = "indikator,nama,satuan,kecamatan,nilai,dari,rumus,catatan\n".to_owned();
        for line in &self.lines {
            let value = line.value.map(|value| value.to_string()).unwrap_or_default();
            let of = line.of.map_or_else(few, |of| of.to_string());
            let note = line.note.clone().unwrap_or_default();
            let cells = [&line.indicator, &line.name, &line.unit, &line.district, &value, &of, &line.formula, &note];
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
        let mut before = ("", "");
        for line in &self.lines {
            if (line.indicator.as_str(), line.name.as_str()) != before {
                write!(f, "\n\n{} {} ({})\n   = {}", line.indicator, line.name, line.unit, line.formula)?;
                before = (&line.indicator, &line.name);
            }
            let mut cell = String::new();
            match (line.value, line.of) {
                (Some(value), Some(of)) => write!(cell, "{value:>8.1}  dari {of}")?,
                (None, Some(of)) if line.note.is_some() => write!(cell, "{:>8}  {of}", "-")?,
                (None, Some(_)) => write!(cell, "{:>8}  tidak ada", "-")?,
                (_, None) => write!(cell, "{:>8}  {}", "-", few())?,
            }
            if let Some(note) = &line.note {
                write!(cell, " {note}")?;
            }
            write!(f, "\n   {:<22}{cell}", line.district)?;
        }
        Ok(())
    }
}
