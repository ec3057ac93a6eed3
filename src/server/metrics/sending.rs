//! What the outbox has done and has yet to do.

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::{Registry, Unit};

use super::coming_through::set;
use super::{AtomicF64, ChannelLabels};
use crate::outbox::Figures;

/// Set when the page is asked for: the outbox counts by itself.
#[derive(Debug, Default)]
pub(super) struct Sending {
    waiting: Gauge,
    stranded: Gauge,
    oldest: Gauge,
    unknown_reports: Counter,
    in_flight: Family<ChannelLabels, Gauge>,
    broken: Family<ChannelLabels, Gauge>,
    weight: Family<ChannelLabels, Gauge<f64, AtomicF64>>,
    messages: Family<MessageLabels, Counter>,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct MessageLabels {
    channel: String,
    fate: &'static str,
}

impl Sending {
    pub(super) fn new(registry: &mut Registry) -> Self {
        let new = Self::default();
        registry.register("outbox_waiting", "Messages that have not been sent", new.waiting.clone());
        registry.register("outbox_stranded", "Messages to numbers that no channel reaches", new.stranded.clone());
        registry.register_with_unit("outbox_oldest", "Age of the oldest message that could leave now", Unit::Seconds, new.oldest.clone());
        registry.register("outbox_unknown_reports", "Delivery reports about messages that are not known", new.unknown_reports.clone());
        registry.register("outbox_in_flight", "Messages handed over and not answered, by channel", new.in_flight.clone());
        registry.register("outbox_broken", "1 while a channel is out of order", new.broken.clone());
        registry.register(
            "outbox_weight",
            "What a channel weighs among those that share messages: as configured, or 1, and less as it fails or its reports are late",
            new.weight.clone(),
        );
        registry.register("outbox_messages", "Messages by channel and what came of them", new.messages.clone());
        new
    }

    pub(super) fn set(&self, figures: &Figures) {
        let number = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
        let count = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
        self.waiting.set(count(figures.waiting));
        self.stranded.set(count(figures.stranded));
        self.oldest.set(number(figures.oldest.as_secs()));
        set(&self.unknown_reports, figures.unknown_reports);
        for channel in &figures.channels {
            let label = ChannelLabels { channel: channel.name.clone() };
            self.in_flight.get_or_create(&label).set(count(channel.in_flight));
            self.broken.get_or_create(&label).set(i64::from(channel.is_broken));
            self.weight.get_or_create(&label).set(channel.weight);
            let fates = [("sent", channel.sent), ("failed", channel.failed), ("expired", channel.expired), ("unsure", channel.unsure)];
            for (fate, counted) in fates {
                set(&self.messages.get_or_create(&MessageLabels { channel: channel.name.clone(), fate }), counted);
            }
        }
    }
}
