//! `tests/fixtures/sms.tsv`: text (a line break as `\n`), intent, parts as `key=value;key` in any order, or `-`. Each row as it stands, and changed as
//! people change things.

use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::clock;

mod changes;

/// Changes tried on each row.
const CHANGES: u64 = 20;

pub(super) struct Row {
    line: usize,
    text: String,
    intent: Intent,
    parts: String,
}

fn rows() -> Vec<Row> {
    let file = include_str!("../../../tests/fixtures/sms.tsv");
    let row = |(at, line): (usize, &str)| {
        let [text, intent, parts] = line.split('\t').collect::<Vec<_>>().try_into().unwrap();
        let parts = sorted(parts.split(';').filter(|part| *part != "-").map(str::to_owned));
        Row { line: at + 1, text: text.replace("\\n", "\n"), intent: Intent::named(intent).unwrap(), parts }
    };
    file.lines().enumerate().skip(1).map(row).collect()
}

fn command(text: &str) -> Command {
    read(Words::shipped().unwrap(), Names::muba(), text)
}

fn parts(command: &Command) -> String {
    let part = |(key, value): (&str, Option<String>)| value.map_or(key.to_owned(), |value| format!("{key}={value}"));
    sorted(command.parts().into_iter().map(part))
}

fn sorted(parts: impl Iterator<Item = String>) -> String {
    let mut parts: Vec<_> = parts.collect();
    parts.sort_unstable();
    parts.join(";")
}

#[test]
fn every_row_is_understood() {
    let rows = rows();
    assert!(rows.len() >= 240, "{}", rows.len());
    for intent in Intent::ALL {
        assert!(rows.iter().filter(|row| row.intent == intent).count() >= 3, "{intent:?}");
    }
    for row in rows {
        let command = command(&row.text);
        assert_eq!((command.intent, parts(&command)), (row.intent, row.parts), "line {}: {:?}", row.line, row.text);
    }
}

#[test]
fn every_row_survives_what_people_do_to_it() {
    let mut missed = Vec::new();
    for row in rows() {
        for seed in 0..CHANGES {
            let text = changes::changed(&row, seed);
            let command = command(&text);
            if command.intent != row.intent || folded(&parts(&command)) != folded(&row.parts) {
                let (is, should) = (command.intent.name(), row.intent.name());
                missed.push(format!(
                    "line {}, {seed}: {:?} as {text:?}\n  {is} {} not {should} {}",
                    row.line,
                    row.text,
                    parts(&command),
                    row.parts
                ));
            }
        }
    }
    assert!(missed.is_empty(), "{} missed:\n{}", missed.len(), missed.join("\n"));
}

/// Free text keeps its case and marks, which were changed.
fn folded(parts: &str) -> String {
    parts.chars().filter(|c| c.is_alphanumeric() || "=;?".contains(*c)).flat_map(char::to_lowercase).collect()
}

/// The longest work there is: a message of nothing but near words, or one word that begins with many of ours.
#[test]
fn the_longest_message_takes_a_moment() {
    for piece in ["batalkx ", "ktpbatalcek", "sungai lilin jaya ", "1606 0901 ", "k 482 ", "telangx\n", "- ", "tidak jadi "] {
        is_read_in_time(&piece.repeat(CHARS_MAX));
    }
}

/// Once in a few times at least: the machine may be busy with something else.
fn is_read_in_time(text: &str) -> Command {
    let timed = |_| {
        let started = clock::monotonic();
        (command(text), clock::monotonic().duration_since(started))
    };
    let read = (0..8).map(timed).find(|(_, took)| *took < MOMENT);
    read.unwrap_or_else(|| unreachable!("never read within {MOMENT:?}: {text:?}")).0
}

/// Unoptimised.
const MOMENT: Duration = Duration::from_secs(1);

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn anything_may_arrive(octets in proptest::collection::vec(any::<u8>(), 0..3_000)) {
        is_read_in_time(&String::from_utf8_lossy(&octets));
    }

    #[test]
    fn words_and_numbers_in_any_order(text in "((ktp|batal|ulang|reg|ya|#|\\*|\\n|é|k|-|lapor|telang| |[a-z]{1,12}|[0-9oOl]{1,20})[ #.]?){0,60}") {
        let command = is_read_in_time(&text);
        if command.intent == Intent::SalahKirimReg {
            prop_assert!(command.parts().is_empty());
        }
    }
}
