//! Counters and times as OpenMetrics text. No label ever holds a citizen's data.

mod sending;

use std::fmt;
use std::time::Duration;

use prometheus_client::encoding::text::encode;
use prometheus_client::encoding::{EncodeLabelSet, EncodeLabelValue};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

use crate::channel::Refused;
use crate::due;
use crate::outbox;
use crate::store::Figures;
use crate::turn::How;
use sending::Sending;

/// Seconds; the bound of a turn is 2.5.
const TURN_BUCKETS: [f64; 10] = [0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.01, 0.05, 0.25, 1.0, 2.5];

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct TurnLabels {
    channel: String,
    outcome: Outcome,
}

#[derive(Clone, Copy, Debug, Hash, PartialEq, Eq, EncodeLabelValue)]
enum Outcome {
    Stepped,
    Repeated,
    Replaced,
    Shed,
    Failed,
    Silent,
    Forged,
    Malformed,
    Stale,
    HungUp,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct ChannelLabels {
    channel: String,
}

/// Everything `/metrics` shows.
pub(super) struct Metrics {
    registry: Registry,
    callbacks: Family<TurnLabels, Counter>,
    seconds: Family<ChannelLabels, Histogram>,
    in_work: Gauge,
    commits: Gauge,
    overlay_bytes: Gauge,
    sync_micros: Gauge,
    due_waiting: Gauge,
    due_overdue_seconds: Gauge,
    sending: Sending,
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Metrics")
    }
}

/// One channel's handles, so that a turn looks nothing up.
#[derive(Debug)]
pub(super) struct ChannelMetrics {
    stepped: Counter,
    repeated: Counter,
    replaced: Counter,
    shed: Counter,
    failed: Counter,
    silent: Counter,
    forged: Counter,
    malformed: Counter,
    stale: Counter,
    hung_up: Counter,
    seconds: Histogram,
}

/// Callbacks of one channel since the start.
#[derive(Clone, Debug)]
pub struct Taken {
    pub channel: String,
    /// Answered with what they asked for, or rightly not at all.
    pub answered: u64,
    /// Turned away for want of places, or failed on our side.
    pub failed: u64,
    /// Not authenticated, malformed or stale.
    pub refused: u64,
}

impl Metrics {
    pub(super) fn new() -> Self {
        let mut registry = Registry::with_prefix("kentongan");
        let callbacks = Family::default();
        let seconds = Family::<ChannelLabels, Histogram>::new_with_constructor(|| Histogram::new(TURN_BUCKETS));
        let [in_work, commits, overlay_bytes, sync_micros, due_waiting, due_overdue_seconds]: [Gauge; 6] = Default::default();
        registry.register("callbacks", "Callbacks by channel and what came of them", callbacks.clone());
        registry.register("turn_seconds", "From the first byte of a body to the reply, by channel", seconds.clone());
        registry.register("turns_in_work", "Turns being handled now", in_work.clone());
        registry.register("store_commits", "Batches committed since the start", commits.clone());
        registry.register("store_overlay_bytes", "Bytes accepted and not yet in the tree", overlay_bytes.clone());
        registry.register("store_sync_micros", "How long the last sync of the journal took", sync_micros.clone());
        registry.register("due_waiting", "Things whose time has come", due_waiting.clone());
        registry.register("due_overdue_seconds", "How long the oldest of them has been waiting", due_overdue_seconds.clone());
        let sending = Sending::new(&mut registry);
        Self { registry, callbacks, seconds, in_work, commits, overlay_bytes, sync_micros, due_waiting, due_overdue_seconds, sending }
    }

    pub(super) fn channel(&mut self, name: &str) -> ChannelMetrics {
        let counter = |outcome| self.callbacks.get_or_create(&TurnLabels { channel: name.to_owned(), outcome }).clone();
        ChannelMetrics {
            stepped: counter(Outcome::Stepped),
            repeated: counter(Outcome::Repeated),
            replaced: counter(Outcome::Replaced),
            shed: counter(Outcome::Shed),
            failed: counter(Outcome::Failed),
            silent: counter(Outcome::Silent),
            forged: counter(Outcome::Forged),
            malformed: counter(Outcome::Malformed),
            stale: counter(Outcome::Stale),
            hung_up: counter(Outcome::HungUp),
            seconds: self.seconds.get_or_create(&ChannelLabels { channel: name.to_owned() }).clone(),
        }
    }

    pub(super) fn encode(&self, in_work: usize, store: &Figures, due: &due::Figures, outbox: &outbox::Figures) -> String {
        self.in_work.set(i64::try_from(in_work).unwrap_or(i64::MAX));
        self.commits.set(i64::try_from(store.commits).unwrap_or(i64::MAX));
        self.overlay_bytes.set(i64::try_from(store.overlay_bytes).unwrap_or(i64::MAX));
        self.sync_micros.set(i64::try_from(store.sync_micros).unwrap_or(i64::MAX));
        self.due_waiting.set(i64::try_from(due.waiting).unwrap_or(i64::MAX));
        self.due_overdue_seconds.set(i64::try_from(due.overdue.as_secs()).unwrap_or(i64::MAX));
        self.sending.set(outbox);
        let mut text = String::new();
        // Writing to a String cannot fail.
        let _infallible = encode(&mut text, &self.registry);
        text
    }
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

impl ChannelMetrics {
    pub(super) fn answered(&self, how: How, took: Duration) {
        match how {
            How::Stepped => &self.stepped,
            How::Repeated => &self.repeated,
            How::Replaced => &self.replaced,
            How::Shed => &self.shed,
            How::Failed => &self.failed,
            How::Silent => &self.silent,
        }
        .inc();
        self.seconds.observe(took.as_secs_f64());
    }

    pub(super) fn refused(&self, refused: &Refused) {
        match refused {
            Refused::Forged => &self.forged,
            Refused::Malformed(_) => &self.malformed,
            Refused::Stale => &self.stale,
        }
        .inc();
    }

    pub(super) fn hung_up(&self) {
        self.hung_up.inc();
    }

    pub(super) fn taken(&self, channel: &str) -> Taken {
        let sum = |counters: &[&Counter]| counters.iter().map(|counter| counter.get()).sum();
        Taken {
            channel: channel.to_owned(),
            answered: sum(&[&self.stepped, &self.repeated, &self.replaced, &self.silent, &self.hung_up]),
            failed: sum(&[&self.shed, &self.failed]),
            refused: sum(&[&self.forged, &self.malformed, &self.stale]),
        }
    }
}
