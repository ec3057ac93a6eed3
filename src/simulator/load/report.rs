//! What a load came to.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use hdrhistogram::Histogram;

use crate::simulator::Error;

/// Longest latency told apart: the telco gives up after 10 s.
const LATENCY_MICROS_MAX: u64 = 60_000_000;
/// Three digits: 1,234 and 1,235 µs are told apart, 12,340 and 12,345 are not.
const LATENCY_DIGITS: u8 = 3;

/// What one caller counted.
#[derive(Debug)]
pub(super) struct Tally {
    pub(super) turns: u64,
    pub(super) dialogues: BTreeMap<&'static str, u64>,
    /// How dialogues ended that went as they should.
    pub(super) outcomes: BTreeMap<&'static str, u64>,
    pub(super) errors: BTreeMap<String, u64>,
    latency: Histogram<u64>,
}

impl Tally {
    pub(super) fn new() -> Result<Self, Error> {
        let latency = Histogram::new_with_bounds(1, LATENCY_MICROS_MAX, LATENCY_DIGITS);
        Ok(Self {
            turns: 0,
            dialogues: BTreeMap::new(),
            outcomes: BTreeMap::new(),
            errors: BTreeMap::new(),
            latency: latency.map_err(|_| Error::Input("the histogram does not hold".to_owned()))?,
        })
    }

    /// One answered turn.
    pub(super) fn turn(&mut self, took: Duration) {
        self.turns += 1;
        self.latency.saturating_record(u64::try_from(took.as_micros()).unwrap_or(u64::MAX));
    }

    pub(super) fn add(&mut self, other: &Self) {
        self.turns += other.turns;
        for (name, count) in &other.dialogues {
            *self.dialogues.entry(name).or_default() += count;
        }
        for (name, count) in &other.outcomes {
            *self.outcomes.entry(name).or_default() += count;
        }
        for (name, count) in &other.errors {
            *self.errors.entry(name.clone()).or_default() += count;
        }
        // Both have the same bounds, so nothing can fall outside.
        let added = self.latency.add(&other.latency);
        debug_assert!(added.is_ok());
    }
}

/// Counts, and latencies in microseconds.
#[derive(Clone, Debug, Default, serde::Serialize)]
pub struct Report {
    pub callers: usize,
    pub seconds: f64,
    pub turns: u64,
    pub turns_per_s: f64,
    pub dialogues: BTreeMap<&'static str, u64>,
    pub outcomes: BTreeMap<&'static str, u64>,
    pub errors: BTreeMap<String, u64>,
    pub latency_us: Latency,
}

#[derive(Clone, Copy, Debug, Default, serde::Serialize)]
pub struct Latency {
    pub p50: u64,
    pub p90: u64,
    pub p99: u64,
    #[serde(rename = "p99.9")]
    pub p999: u64,
    pub max: u64,
}

impl Report {
    pub(super) fn of(tally: &Tally, callers: usize, took: Duration) -> Self {
        let at = |quantile| tally.latency.value_at_quantile(quantile);
        // Counts far below 2^52 are exact as f64.
        #[expect(clippy::cast_precision_loss, reason = "a rate for people to read")]
        let turns_per_s = tally.turns as f64 / took.as_secs_f64().max(f64::EPSILON);
        Self {
            callers,
            seconds: took.as_secs_f64(),
            turns: tally.turns,
            turns_per_s,
            dialogues: tally.dialogues.clone(),
            outcomes: tally.outcomes.clone(),
            errors: tally.errors.clone(),
            latency_us: Latency { p50: at(0.5), p90: at(0.9), p99: at(0.99), p999: at(0.999), max: tally.latency.max() },
        }
    }

    pub fn has_errors(&self) -> bool {
        !self.errors.is_empty()
    }

    pub fn json(&self) -> String {
        // Maps with string keys and finite numbers: serde_json cannot fail on them.
        serde_json::to_string(self).unwrap_or_default()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { callers, seconds, turns, turns_per_s, .. } = self;
        writeln!(f, "{turns} turns in {seconds:.1} s by {callers} callers: {turns_per_s:.0} turns/s")?;
        let Latency { p50, p90, p99, p999, max } = self.latency_us;
        writeln!(f, "latency in us: p50 {p50}, p90 {p90}, p99 {p99}, p99.9 {p999}, max {max}")?;
        let dialogues = self.dialogues.iter().map(|(name, count)| ("dialogues", *name, count));
        let outcomes = self.outcomes.iter().map(|(name, count)| ("outcome", *name, count));
        let errors = self.errors.iter().map(|(name, count)| ("ERROR", name.as_str(), count));
        for (kind, name, count) in dialogues.chain(outcomes).chain(errors) {
            writeln!(f, "{kind:9} {name:24} {count}")?;
        }
        Ok(())
    }
}
