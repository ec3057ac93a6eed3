//! The report once more, by a few plain lines over an export.

use std::collections::BTreeSet;
use std::time::Duration;

use kentongan::clock::{Day, Timestamp, Weekday};
use kentongan::export;
use kentongan::report::{self, Line, Scope};
use kentongan::service::place::Places;
use kentongan::store::Store;
use serde_json::Value;

pub(crate) const AREAS: &str = include_str!("../../gateway-config/muba/areas.csv");
const TO: &str = "2026-12-31";
/// Of fewer people nothing is shown.
const SHOWN_MIN: usize = 5;

/// The month that all of it is about.
pub(crate) fn scope() -> Scope {
    Scope { from: Day::parse("2026-11-30").unwrap(), to: Day::parse(TO).unwrap(), district: None }
}

pub(crate) fn exported(store: &Store, places: &Places, now: Timestamp) -> Vec<Value> {
    let mut out = Vec::new();
    export::write(store, places, now, &mut out).unwrap();
    String::from_utf8(out).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

pub(crate) fn of_space<'v>(lines: &'v [Value], space: &str) -> Vec<&'v Value> {
    lines.iter().filter(|line| line["space"] == space).collect()
}

pub(crate) fn at(value: &Value) -> Timestamp {
    Timestamp::parse(value.as_str().unwrap()).unwrap()
}

fn at_if(value: &Value) -> Option<Timestamp> {
    value.as_str().and_then(Timestamp::parse)
}

/// One figure of one kecamatan: of how many people, and its value.
type Cell = (&'static str, usize, Option<f64>);

/// Holds the report of `now` against what these lines say.
pub(crate) fn compare(store: &Store, places: &Places, now: Timestamp, lines: &[Value]) {
    let told = report::report(store, places, scope(), now).unwrap();
    let tickets = of_space(lines, "ticket");
    let districts: BTreeSet<Option<u64>> = tickets.iter().map(|ticket| ticket["district"].as_u64()).collect();
    assert!(districts.len() > 3 && districts.contains(&None), "{districts:?}");
    let rows: Vec<(String, Vec<Cell>)> = districts
        .into_iter()
        .map(Some)
        .chain([None])
        .map(|district| {
            let name = match district {
                None => "semua".to_owned(),
                Some(None) => "tak diketahui".to_owned(),
                Some(Some(district)) => places.place(u16::try_from(district).unwrap()).unwrap().name.clone(),
            };
            let of = |line: &&Value| district.is_none_or(|district| line["district"].as_u64() == district);
            let mut cells = of_tickets(&tickets.iter().copied().filter(of).collect::<Vec<_>>(), now);
            cells.extend(of_the_rest(&lines.iter().filter(of).collect::<Vec<_>>(), district));
            let users = of_space(lines, "caller").into_iter().filter(|line| line["seen"].is_string()).filter(of).count();
            let reach = told.lines.iter().find(|line| line.indicator == "A1" && line.district == name).unwrap();
            assert_eq!((reach.value, reach.of), (None, (users >= SHOWN_MIN).then_some(users as u64)), "A1 of {name}");
            assert_eq!(reach.note.is_some(), users >= SHOWN_MIN, "that nothing is divided is said");
            (name, cells)
        })
        .collect();
    let mut compared = 0;
    for (name, cells) in &rows {
        for (indicator, people, value) in cells {
            let is_it = |line: &&Line| line.indicator == *indicator && line.district == *name;
            let shown = told.lines.iter().find(is_it).and_then(|line| line.value);
            // Beside a cell of too few another is hidden, from which it could be told.
            let is_small =
                |(_, cells): &(String, Vec<Cell>)| cells.iter().any(|(other, of, _)| other == indicator && (1..SHOWN_MIN).contains(of));
            if *people < SHOWN_MIN {
                assert_eq!(shown, None, "{indicator} of {name}");
            } else if shown.is_some() || !rows.iter().any(is_small) {
                assert_eq!(shown, *value, "{indicator} of {name}");
            }
            compared += usize::from(shown.is_some());
        }
    }
    assert!(compared > 20, "{compared}");
}

fn of_tickets(tickets: &[&Value], now: Timestamp) -> Vec<Cell> {
    let of_kind = |kind: &str| tickets.iter().copied().filter(|ticket| ticket["kind"] == kind).collect::<Vec<&Value>>();
    let (calls, complaints) = (of_kind("hand_over"), of_kind("complaint"));
    let mut minutes: Vec<f64> = calls.iter().filter_map(|call| Some(open_minutes(at(&call["made"]), at_if(&call["answered"])?))).collect();
    minutes.sort_by(f64::total_cmp);
    let passed: Vec<_> = calls
        .iter()
        .map(|call| (closes_next(at(&call["made"]).day()), at_if(&call["answered"])))
        .filter(|(until, _)| *until <= now)
        .collect();
    let left_lying = passed.iter().filter(|(until, answered)| answered.is_none_or(|answered| *until < answered)).count();
    let last = Day::parse(TO).unwrap();
    let due: Vec<_> = complaints.iter().filter(|ticket| at(&ticket["due"]) <= now && at(&ticket["due"]).day() <= last).collect();
    let in_time = due.iter().filter(|ticket| at_if(&ticket["settled"]).is_some_and(|settled| settled <= at(&ticket["due"]))).count();
    let end = now.min(Timestamp::wib(last.plus(1), 0, 0));
    let open = complaints.iter().filter(|complaint| complaint["closed"].is_null());
    let mut ages: Vec<f64> = open.map(|complaint| end.since(at(&complaint["made"])).as_secs_f64() / 86_400.0).collect();
    ages.sort_by(f64::total_cmp);
    let settled: Vec<_> = complaints.iter().filter(|complaint| complaint["settled"].is_string()).collect();
    let reopened = settled.iter().filter(|complaint| complaint["reopened"].as_u64() > Some(0)).count();
    vec![
        ("C2p50", minutes.len(), nearest(&minutes, 0.5)),
        ("C2p90", minutes.len(), nearest(&minutes, 0.9)),
        ("C3", passed.len(), share(left_lying, passed.len())),
        ("C7", due.len(), share(in_time, due.len())),
        ("C8", ages.len(), nearest(&ages, 0.9)),
        ("C9", settled.len(), share(reopened, settled.len())),
    ]
}

/// Who came from where, what is done about complaints that are alike, and how soon messages were answered.
fn of_the_rest(lines: &[&Value], district: Option<Option<u64>>) -> Vec<Cell> {
    let of_space = |space: &str| lines.iter().filter(|line| line["space"] == space).collect::<Vec<_>>();
    let homes: Vec<(u64, u64)> = of_space("caller")
        .iter()
        .filter(|line| line["seen"].is_string())
        .filter_map(|line| Some((line["district"].as_u64()?, line["village"].as_u64()?)))
        .collect();
    let villages: BTreeSet<_> = homes.iter().collect();
    let all_villages = AREAS.lines().filter(|line| line.split(',').next().unwrap().len() == 13).filter(|line| match district {
        Some(Some(district)) => line.starts_with(&format!("16.06.{district:02}.")),
        Some(None) => false,
        None => true,
    });
    let clusters: Vec<_> = of_space("cluster").into_iter().filter(|line| line["found"].is_string()).collect();
    let evaluated = clusters.iter().filter(|line| line["evaluated"].is_string()).count();
    let complained: usize = clusters.iter().map(|line| line["tickets"].as_array().unwrap().len()).sum();
    let counts = of_space("count");
    let counts = counts.iter().flat_map(|line| line["counts"].as_object().unwrap());
    let mut seconds: Vec<f64> = counts
        .filter_map(|(name, times)| Some((name.strip_prefix("answered.")?.parse::<f64>().unwrap(), times.as_u64().unwrap())))
        .flat_map(|(seconds, times)| std::iter::repeat_n(seconds, usize::try_from(times).unwrap()))
        .collect();
    seconds.sort_by(f64::total_cmp);
    vec![
        ("A2", homes.len(), share(villages.len(), all_villages.count())),
        ("T1", complained, share(evaluated, clusters.len())),
        ("C1", seconds.len(), nearest(&seconds, 0.95)),
    ]
}

fn share(part: usize, whole: usize) -> Option<f64> {
    (whole > 0).then(|| (part as f64 * 1000.0 / whole as f64).round() / 10.0)
}

/// At least this share is not above it.
fn nearest(sorted: &[f64], share: f64) -> Option<f64> {
    let found = (1..=sorted.len()).find(|rank| *rank as f64 >= share * sorted.len() as f64 - 1e-9)?;
    Some((sorted[found - 1] * 10.0).round() / 10.0)
}

/// When offices close on a day: at 15, on Fridays at 11; at the weekend they never open.
fn closes(day: Day) -> Option<i8> {
    match day.weekday() {
        Weekday::Saturday | Weekday::Sunday => None,
        Weekday::Friday => Some(11),
        _ => Some(15),
    }
}

/// On the next working day.
fn closes_next(day: Day) -> Timestamp {
    (1..).map(|ahead| day.plus(ahead)).find_map(|day| Some(Timestamp::wib(day, closes(day)?, 0))).unwrap()
}

/// Second by second, as somebody with a calendar would count: from 8 on.
fn open_minutes(from: Timestamp, to: Timestamp) -> f64 {
    let mut seconds = 0_u32;
    let mut now = from;
    while now < to {
        seconds += u32::from((8..closes(now.day()).unwrap_or_default()).contains(&now.hour_minute().0));
        now = now.plus(Duration::from_secs(1));
    }
    f64::from(seconds) / 60.0
}
