//! What is measured of figures that are counted and not of records: nobody is in them, and a cell of fewer than five is not shown all the same.

use std::collections::BTreeMap;

use super::cells::{Row, hidden};
use super::{Line, Scope};
use crate::clock::Day;
use crate::service::place::Places;
use crate::turn::Count;

/// What cannot be measured by tasks that end with an officer.
const TO_OFFICERS: [&str; 2] = ["keluhan", "petugas"];

/// How named figures become a value.
#[derive(Clone, Copy)]
enum By {
    /// One of another, in per cent.
    Share(&'static str, &'static str),
    /// Of a histogram: names that begin so, and end with the value; in hundredths.
    Quantile(&'static str, u8),
}

struct Counted {
    id: &'static str,
    name: &'static str,
    unit: &'static str,
    formula: &'static str,
    /// Each task is measured; `*` stands for it.
    by: By,
    is_by_task: bool,
}

const COUNTED: [Counted; 5] = [
    Counted {
        id: "M1",
        name: "Tuntas sendiri",
        unit: "persen",
        formula: "tugas selesai tanpa petugas / tugas dimulai",
        by: By::Share("done.", "begun."),
        is_by_task: true,
    },
    Counted {
        id: "M2",
        name: "Langkah sampai selesai",
        unit: "jawaban",
        formula: "median banyaknya jawaban warga per tugas selesai; 20 berarti 20 atau lebih",
        by: By::Quantile("answers.", 50),
        is_by_task: true,
    },
    Counted {
        id: "M3",
        name: "Salah ketik NIK",
        unit: "persen",
        formula: "NIK yang tidak mungkin / NIK yang diketik",
        by: By::Share("nik.flawed", "nik"),
        is_by_task: false,
    },
    Counted {
        id: "M4",
        name: "Pesan tak dipahami",
        unit: "persen",
        formula: "SMS yang tidak dipahami / SMS masuk",
        by: By::Share("sms.puzzling", "sms"),
        is_by_task: false,
    },
    Counted {
        id: "C1",
        name: "Waktu jawab SMS",
        unit: "detik",
        formula: "persentil 95 dari SMS masuk sampai jawaban diserahkan ke telko, dibulatkan ke atas; 3600 berarti sejam atau lebih",
        by: By::Quantile("answered.", 95),
        is_by_task: false,
    },
];

/// Named figures of one row.
type Sums = BTreeMap<String, u64>;

pub(super) fn lines(counts: &[(Day, Option<u16>, Count)], places: &Places, scope: &Scope) -> Vec<Line> {
    let mut rows: BTreeMap<Row, Sums> = BTreeMap::new();
    let wanted = |district: Option<u16>| scope.district.is_none_or(|wanted| district == Some(wanted));
    for (_, district, count) in counts.iter().filter(|(day, district, _)| (scope.from..=scope.to).contains(day) && wanted(*district)) {
        for row in [Some(Row::of(*district)), scope.district.is_none().then_some(Row::All)].into_iter().flatten() {
            let sums = rows.entry(row).or_default();
            for (name, times) in &count.by {
                *sums.entry(name.clone()).or_default() += times;
            }
        }
    }
    let tasks = tasks(&rows);
    let mut lines = Vec::new();
    for counted in &COUNTED {
        let of_tasks: Vec<&str> = if counted.is_by_task { tasks.iter().map(String::as_str).collect() } else { vec![""] };
        for task in of_tasks {
            lines.extend(counted.lines(task, &rows, places));
        }
        // Nobody has come yet.
        if counted.is_by_task && tasks.is_empty() {
            lines.extend(counted.lines("", &BTreeMap::new(), places));
        }
    }
    lines
}

/// Those that were begun or done, and do not end with an officer.
fn tasks(rows: &BTreeMap<Row, Sums>) -> Vec<String> {
    let names = rows.values().flat_map(BTreeMap::keys);
    let mut tasks: Vec<String> =
        names.filter_map(|name| name.strip_prefix("begun.").or(name.strip_prefix("done."))).map(str::to_owned).collect();
    tasks.retain(|task| !TO_OFFICERS.contains(&task.as_str()));
    tasks.sort();
    tasks.dedup();
    tasks
}

impl Counted {
    fn lines(&self, task: &str, rows: &BTreeMap<Row, Sums>, places: &Places) -> Vec<Line> {
        let mut found: BTreeMap<Row, (Option<f64>, u64)> = rows.iter().map(|(row, sums)| (*row, self.by.value(task, sums))).collect();
        found.retain(|_, (_, of)| *of > 0);
        if found.is_empty() {
            found.insert(Row::All, (None, 0));
        }
        let hidden = hidden(&found.iter().map(|(row, (_, of))| (*row, *of)).collect());
        let name = if task.is_empty() { self.name.to_owned() } else { format!("{}: {task}", self.name) };
        let line = |(row, (value, of)): (Row, (Option<f64>, u64))| {
            let is_told = !hidden.contains(&row);
            Line {
                indicator: self.id.to_owned(),
                name: name.clone(),
                unit: self.unit.to_owned(),
                formula: self.formula.to_owned(),
                district: row.name(places),
                value: value.filter(|_| is_told),
                of: is_told.then_some(of),
                note: None,
            }
        };
        found.into_iter().map(line).collect()
    }
}

impl By {
    /// To one decimal, and of how many.
    #[expect(clippy::cast_precision_loss, reason = "counts of messages stay far below 2^52")]
    fn value(self, task: &str, sums: &Sums) -> (Option<f64>, u64) {
        let get = |name: &str| sums.get(&format!("{name}{task}")).copied().unwrap_or_default();
        match self {
            Self::Share(part, whole) => {
                // What was begun on the day before may be done on this one.
                let (part, whole) = (get(part), get(whole).max(get(part)));
                ((whole > 0).then(|| (part as f64 * 1000.0 / whole as f64).round() / 10.0), whole)
            }
            Self::Quantile(begin, hundredths) => {
                let begin = if task.is_empty() { begin.to_owned() } else { format!("{begin}{task}.") };
                let mut buckets: Vec<(u32, u64)> =
                    sums.iter().filter_map(|(name, times)| Some((name.strip_prefix(&begin)?.parse().ok()?, *times))).collect();
                buckets.sort_unstable();
                let of: u64 = buckets.iter().map(|(_, times)| times).sum();
                let rank = (of * u64::from(hundredths)).div_ceil(100).max(1);
                let mut passed = 0;
                let at = buckets.iter().find(|(_, times)| {
                    passed += times;
                    passed >= rank
                });
                (at.map(|(value, _)| f64::from(*value)), of)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_and_quantiles_of_counts_are_those_of_the_textbook() {
        let sums = |text: &str| -> Sums {
            text.split_whitespace()
                .filter_map(|pair| pair.split_once('='))
                .map(|(name, times)| (name.to_owned(), times.parse().unwrap()))
                .collect()
        };
        for (by, task, text, expected) in [
            (By::Share("done.", "begun."), "janji", "begun.janji=6 done.janji=4 begun.status=9", (Some(66.7), 6)),
            (By::Share("done.", "begun."), "janji", "done.janji=4", (Some(100.0), 4)),
            (By::Share("nik.flawed", "nik"), "", "nik=8", (Some(0.0), 8)),
            (By::Share("nik.flawed", "nik"), "", "sms=8", (None, 0)),
            (
                By::Quantile("answers.", 50),
                "status",
                "answers.status.02=1 answers.status.03=2 answers.status.20=1 answers.janji.07=9",
                (Some(3.0), 4),
            ),
            (By::Quantile("answered.", 95), "", "answered.0001=95 answered.0005=4 answered.3600=1", (Some(1.0), 100)),
            (By::Quantile("answered.", 95), "", "answered.0001=94 answered.0005=5 answered.3600=1", (Some(5.0), 100)),
            (By::Quantile("answered.", 95), "", "", (None, 0)),
        ] {
            assert_eq!(by.value(task, &sums(text)), expected, "{text}");
        }
    }
}
