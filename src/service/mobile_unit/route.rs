//! A whole route at once, from a file: all of it is planned or, with every problem told, nothing.
//!
//! ```text
//! desa,tanggal,jam,menit,alat,jalur,tempat
//! Muara Medak,2026-12-10,08-12,10,2,perahu,Balai Desa
//! ```

use super::plan::{self, Problem};
use super::stop::Stop;
use crate::channel::order::unit::{self, Plan};
use crate::clock::Day;
use crate::service::place::Places;
use crate::store::{Draft, Fault};

const COLUMNS: [&str; 7] = ["desa", "tanggal", "jam", "menit", "alat", "jalur", "tempat"];
/// Stops of one file: all of them are one batch. A route of a month has thirty.
const LINES_MAX: usize = 500;

/// What is wrong with a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadLine {
    /// From 1; 1 is the header.
    pub line: u64,
    pub reason: String,
}

/// Plans every line, in a draft that is to be committed only if no line is bad.
///
/// # Errors
/// A [`Fault`] of the store.
pub async fn plan_route(places: &Places, draft: &mut Draft<'_>, csv: &str, today: Day) -> Result<(Vec<Stop>, Vec<BadLine>), Fault> {
    let (mut stops, mut bad) = (Vec::new(), Vec::new());
    let mut tell = |line, reason: String| bad.push(BadLine { line, reason });
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(csv.trim_start_matches('\u{feff}').as_bytes());
    if reader.headers().map(|header| header.iter().ne(COLUMNS)).unwrap_or(true) {
        tell(1, format!("the first line must be {}", COLUMNS.join(",")));
        return Ok((stops, bad));
    }
    for (at, record) in reader.records().enumerate() {
        let line = u64::try_from(at).unwrap_or(u64::MAX).saturating_add(2);
        if at == LINES_MAX {
            tell(line, format!("more than {LINES_MAX} stops in one file"));
            break;
        }
        let record = match record {
            Ok(record) => record,
            Err(error) => {
                tell(line, error.to_string());
                continue;
            }
        };
        let line = record.position().map_or(line, csv::Position::line);
        let kept = match plan::judge(&planned(&record), places, today, None) {
            Ok(stop) => plan::keep(draft, stop).await?.map_err(|problem| vec![problem]),
            Err(problems) => Err(problems),
        };
        match kept {
            Ok(stop) => stops.push(stop),
            Err(problems) => tell(line, problems.iter().map(Problem::to_string).collect::<Vec<_>>().join("; ")),
        }
    }
    Ok((stops, bad))
}

fn planned(record: &csv::StringRecord) -> Plan<'_> {
    let cell = |at: usize| record.get(at).unwrap_or_default();
    Plan {
        village: cell(0),
        day: unit::day(cell(1)),
        from_to: unit::hours(cell(2)),
        minutes: cell(3).parse().ok(),
        kits: cell(4).parse().ok(),
        by_boat: unit::way(cell(5)),
        spot: cell(6),
        is_odd: false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Store;
    use crate::store::seal::Keys;

    async fn planned(csv: &str) -> (Vec<String>, Vec<String>) {
        let places = Places::parse(
            include_str!("../../../gateway-config/muba/places.toml"),
            include_str!("../../../gateway-config/muba/holidays.csv"),
            include_str!("../../../gateway-config/muba/areas.csv"),
        )
        .unwrap();
        let store = Store::memory(&Keys::generate().unwrap());
        let mut draft = Draft::new(&store);
        let (stops, bad) = plan_route(&places, &mut draft, csv, Day::parse("2026-11-30").unwrap()).await.unwrap();
        let bad = bad.into_iter().map(|bad| format!("{}: {}", bad.line, bad.reason)).collect();
        (stops.into_iter().map(|stop| format!("{} {}", stop.day, stop.label())).collect(), bad)
    }

    #[tokio::test]
    async fn a_route_is_planned_or_every_bad_line_is_told() {
        let (stops, bad) = planned(
            "desa,tanggal,jam,menit,alat,jalur,tempat\nMuara Medak,2026-12-10,08-12,10,2,perahu,Balai Desa\n\
             \"Mekar Jaya, Lalan\",11-12-2026,08-12,10,2,perahu,Balai Desa\n16.06.09.2007,2026-12-12,8-12,15,1,mobil,SDN 2\n",
        )
        .await;
        assert_eq!(
            (stops.join("; ").as_str(), bad.len()),
            ("2026-12-10 Balai Desa M. Medak; 2026-12-11 Balai Desa M. Jaya; 2026-12-12 SDN 2 Mangsang", 0)
        );
        let (_, bad) = planned(
            "desa,tanggal,jam,menit,alat,jalur,tempat\nMangsang,2026-12-10,08-12,10,2,mobil,Balai Desa\n\
             mangsang,2026-12-10,13-15,10,2,mobil,Balai Desa\nMekar Jaya,2026-12-25,12-08,10,2,kuda,Balai Desa\nMangsang,2026-12-11\n",
        )
        .await;
        let starts = ["3: this village has", "4: a word that means nothing here; villages of several kecamatan", "5: "];
        assert!(bad.len() == 3 && bad.iter().zip(starts).all(|(bad, start)| bad.starts_with(start)), "{bad:?}");
        assert!(bad[1].contains("a public holiday") && bad[1].contains("no hours like 08-12"), "{bad:?}");
        assert_eq!(planned("village,day\n").await.1, ["1: the first line must be desa,tanggal,jam,menit,alat,jalur,tempat"]);
    }
}
