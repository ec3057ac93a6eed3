//! A [`Spread`] as a histogram.

use std::fmt;
use std::sync::Arc;

use prometheus_client::encoding::{EncodeMetric, MetricEncoder, NoLabelSet};
use prometheus_client::metrics::{MetricType, TypedMetric};

use crate::clock::{BOUNDS_MICROS, Spread};

/// Counts without a lock, which the histogram of the library that writes the page does not.
#[derive(Clone, Debug, Default)]
pub(super) struct Timing(pub(super) Arc<Spread>);

impl TypedMetric for Timing {
    const TYPE: MetricType = MetricType::Histogram;
}

impl EncodeMetric for Timing {
    #[expect(clippy::cast_precision_loss, reason = "bounds are small")]
    fn encode(&self, mut encoder: MetricEncoder<'_>) -> Result<(), fmt::Error> {
        let spreads = self.0.read();
        let bounds = BOUNDS_MICROS.iter().map(|micros| *micros as f64 / 1_000_000.0).chain([f64::INFINITY]);
        let buckets: Vec<(f64, u64)> = bounds.zip(spreads.counts).collect();
        // Of what was counted, not counted anew: a bucket may have grown meanwhile.
        let count = spreads.counts.iter().sum();
        encoder.encode_histogram::<NoLabelSet>(spreads.sum.as_secs_f64(), count, &buckets, None)
    }

    fn metric_type(&self) -> MetricType {
        Self::TYPE
    }
}
