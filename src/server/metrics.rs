//! Counters and times for Prometheus. No label ever holds a citizen's data.

mod coming_through;
mod sending;
mod timing;

use std::fmt;
use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::{prometheus_text, text};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::{Registry, Unit};

use super::health::Health;
use crate::channel::Refused;
use crate::due;
use crate::outbox;
use crate::service::appointment::Seats;
use crate::store::Store;
use crate::turn::{How, Turns};
use coming_through::{ComingThrough, set};
use sending::Sending;
use timing::Timing;

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct TurnLabels {
    channel: String,
    outcome: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct ChannelLabels {
    channel: String,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct PartLabels {
    part: String,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct SeatLabels {
    state: &'static str,
}

/// How the page is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    /// For Prometheus, which asks for it.
    OpenMetrics,
    /// For people, and whoever asks for nothing.
    Plain,
}

impl Format {
    pub(super) const fn content_type(self) -> &'static str {
        match self {
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
            Self::Plain => "text/plain; version=0.0.4; charset=utf-8",
        }
    }
}

/// Everything `/metrics` shows.
pub(super) struct Metrics {
    registry: Registry,
    callbacks: Family<TurnLabels, Counter>,
    seconds: Family<TurnLabels, Timing>,
    in_work: Gauge,
    commits: Counter,
    overlay_bytes: Gauge,
    due_waiting: Gauge,
    due_overdue: Gauge,
    disk_free: Gauge<f64, AtomicF64>,
    disk_full_in: Gauge<f64, AtomicF64>,
    holidays_known_for: Gauge,
    menu_since: Gauge,
    menus_kept: Gauge,
    parts: Family<PartLabels, Gauge>,
    seats: Family<SeatLabels, Gauge>,
    within: Family<ChannelLabels, Gauge<f64, AtomicF64>>,
    coming_through: ComingThrough,
    sending: Sending,
}

type AtomicF64 = std::sync::atomic::AtomicU64;

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Metrics")
    }
}

/// One channel's handles, so that a turn looks nothing up.
#[derive(Debug)]
pub(super) struct ChannelMetrics {
    stepped: Answered,
    repeated: Answered,
    replaced: Answered,
    shed: Answered,
    failed: Answered,
    silent: Answered,
    forged: Counter,
    malformed: Counter,
    reused: Counter,
    stale: Counter,
    hung_up: Counter,
}

#[derive(Debug)]
struct Answered {
    count: Counter,
    seconds: Timing,
}

/// Callbacks of one channel since the start.
#[derive(Clone, Debug)]
pub struct Taken {
    pub channel: String,
    /// How long a page may take at present; `None`: no dialogues come by it.
    pub within: Option<Duration>,
    /// Answered with what they asked for, or rightly not at all.
    pub answered: u64,
    /// Turned away for want of places, or failed on our side.
    pub failed: u64,
    /// Not authenticated, malformed or stale.
    pub refused: u64,
}

/// What the page tells of a moment.
pub(super) struct Moment<'a> {
    pub(super) turns: &'a Turns,
    pub(super) taken: &'a [Taken],
    pub(super) due: &'a due::Figures,
    pub(super) outbox: &'a outbox::Figures,
    pub(super) health: &'a Health,
    pub(super) seats: Seats,
    /// `None`: not known yet.
    pub(super) disk_days_left: Option<f64>,
}

impl Metrics {
    pub(super) fn new(store: &Store) -> Self {
        let mut registry = Registry::with_prefix("kentongan");
        let (coming_through, sending) = (ComingThrough::new(&mut registry), Sending::new(&mut registry));
        let new = Self {
            registry,
            callbacks: Family::default(),
            seconds: Family::default(),
            in_work: Gauge::default(),
            commits: Counter::default(),
            overlay_bytes: Gauge::default(),
            due_waiting: Gauge::default(),
            due_overdue: Gauge::default(),
            disk_free: Gauge::default(),
            disk_full_in: Gauge::default(),
            holidays_known_for: Gauge::default(),
            menu_since: Gauge::default(),
            menus_kept: Gauge::default(),
            parts: Family::default(),
            seats: Family::default(),
            within: Family::default(),
            coming_through,
            sending,
        };
        new.registered(store)
    }

    fn registered(mut self, store: &Store) -> Self {
        let registry = &mut self.registry;
        let timings = store.timings();
        registry.register("callbacks", "Callbacks by channel and what came of them", self.callbacks.clone());
        registry.register_with_unit(
            "turn",
            "From the first byte of a body to the reply, by channel and what came of it",
            Unit::Seconds,
            self.seconds.clone(),
        );
        let within = self.within.clone();
        registry.register_with_unit("turn_within", "What a page may take, as the channel's telco was found to wait", Unit::Seconds, within);
        registry.register("turns_in_work", "Turns being handled now", self.in_work.clone());
        registry.register("store_commits", "Batches committed", self.commits.clone());
        registry.register_with_unit("store_overlay", "Accepted and not yet in the tree", Unit::Bytes, self.overlay_bytes.clone());
        let (commit, sync) = (Timing(timings.commit.clone()), Timing(timings.sync.clone()));
        registry.register_with_unit("store_commit", "From a batch that must be on disk to its being there", Unit::Seconds, commit);
        registry.register_with_unit("store_sync", "What the disk took to sync the journal", Unit::Seconds, sync);
        registry.register("due_waiting", "Things whose time has come", self.due_waiting.clone());
        registry.register_with_unit("due_overdue", "How long the oldest of them has waited", Unit::Seconds, self.due_overdue.clone());
        registry.register_with_unit(
            "disk_free",
            "Left on the disk of the records; NaN: it cannot be asked",
            Unit::Bytes,
            self.disk_free.clone(),
        );
        let full_in = self.disk_full_in.clone();
        registry.register_with_unit("disk_full_in", "If it fills as it did by the day; NaN: not known yet", Unit::Seconds, full_in);
        let known_for = self.holidays_known_for.clone();
        registry.register_with_unit("holidays_known_for", "From now to the last day of the holiday file", Unit::Seconds, known_for);
        registry.register_with_unit("menu_since_timestamp", "When the menu came in force", Unit::Seconds, self.menu_since.clone());
        registry.register("menus_kept", "Earlier menus that dialogues may still be on", self.menus_kept.clone());
        registry.register(
            "seats_taken",
            "Seats in the windows that can still be booked: held for three minutes, or booked",
            self.seats.clone(),
        );
        registry.register("part_state", "0: it works, 1: degraded, 2: down", self.parts.clone());
        self
    }

    pub(super) fn channel(&mut self, name: &str) -> ChannelMetrics {
        let labels = |outcome| TurnLabels { channel: name.to_owned(), outcome };
        let counter = |outcome| self.callbacks.get_or_create(&labels(outcome)).clone();
        let answered = |outcome| Answered { count: counter(outcome), seconds: self.seconds.get_or_create(&labels(outcome)).clone() };
        ChannelMetrics {
            stepped: answered("stepped"),
            repeated: answered("repeated"),
            replaced: answered("replaced"),
            shed: answered("shed"),
            failed: answered("failed"),
            silent: answered("silent"),
            forged: counter("forged"),
            malformed: counter("malformed"),
            reused: counter("reused"),
            stale: counter("stale"),
            hung_up: counter("hung_up"),
        }
    }

    pub(super) fn page(&self, format: Format, moment: &Moment<'_>) -> String {
        self.set(moment);
        let mut page = String::new();
        // Writing to a String cannot fail.
        let _infallible = match format {
            Format::OpenMetrics => text::encode(&mut page, &self.registry),
            Format::Plain => prometheus_text::encode(&mut page, &self.registry),
        };
        page
    }

    fn set(&self, moment: &Moment<'_>) {
        let Moment { turns, due, .. } = moment;
        let number = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
        let count = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
        let (store, now) = (turns.store().figures(), turns.clock().now());
        self.in_work.set(count(turns.in_work()));
        set(&self.commits, store.commits);
        self.overlay_bytes.set(number(store.overlay_bytes));
        self.due_waiting.set(count(due.waiting));
        self.due_overdue.set(number(due.overdue.as_secs()));
        #[expect(clippy::cast_precision_loss, reason = "bytes of a disk, for people to read")]
        self.disk_free.set(store.free_bytes.map_or(f64::NAN, |free| free as f64));
        self.disk_full_in.set(moment.disk_days_left.map_or(f64::NAN, |days| days * 86_400.0));
        self.holidays_known_for.set(i64::from(turns.office().places.known_days(now.day())) * 86_400);
        self.menu_since.set(turns.menus().in_force().since.millis() / 1_000);
        self.menus_kept.set(count(turns.menus().kept()));
        for part in &moment.health.parts {
            self.parts.get_or_create(&PartLabels { part: part.name.clone() }).set(part.state as i64);
        }
        let Seats { held, booked } = moment.seats;
        for (state, seats) in [("held", held), ("booked", booked)] {
            self.seats.get_or_create(&SeatLabels { state }).set(count(seats));
        }
        for taken in moment.taken {
            if let Some(within) = taken.within {
                self.within.get_or_create(&ChannelLabels { channel: taken.channel.clone() }).set(within.as_secs_f64());
            }
        }
        self.coming_through.set(turns.tally());
        self.sending.set(moment.outbox);
    }
}

impl ChannelMetrics {
    pub(super) fn answered(&self, how: How, took: Duration) {
        let answered = match how {
            How::Stepped => &self.stepped,
            How::Repeated => &self.repeated,
            How::Replaced => &self.replaced,
            How::Shed => &self.shed,
            How::Failed => &self.failed,
            How::Silent => &self.silent,
        };
        answered.count.inc();
        answered.seconds.0.note(took);
    }

    pub(super) fn refused(&self, refused: &Refused) {
        match refused {
            Refused::Forged => &self.forged,
            Refused::Malformed(_) => &self.malformed,
            Refused::Reused => &self.reused,
            Refused::Stale => &self.stale,
        }
        .inc();
    }

    pub(super) fn hung_up(&self) {
        self.hung_up.inc();
    }

    pub(super) fn taken(&self, channel: &str, within: Option<Duration>) -> Taken {
        let sum = |counters: &[&Counter]| counters.iter().map(|counter| counter.get()).sum();
        let Self { stepped, repeated, replaced, silent, hung_up, .. } = self;
        Taken {
            channel: channel.to_owned(),
            within,
            answered: sum(&[&stepped.count, &repeated.count, &replaced.count, &silent.count, hung_up]),
            failed: sum(&[&self.shed.count, &self.failed.count]),
            refused: sum(&[&self.forged, &self.malformed, &self.reused, &self.stale]),
        }
    }
}
