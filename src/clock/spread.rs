//! How long things took: counted by bucket, without a lock, for whoever draws percentiles.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Upper bounds in microseconds. A turn is bound to 2.5 s, and a sync of a good disk takes a tenth of a millisecond.
pub const BOUNDS_MICROS: [u64; 12] = [100, 250, 500, 1_000, 2_500, 5_000, 10_000, 50_000, 250_000, 500_000, 1_000_000, 2_500_000];

/// Two numbers go up with each thing counted, and nothing is allocated.
#[derive(Debug, Default)]
pub struct Spread {
    /// By bucket; the last one is for what took longer than every bound.
    counts: [AtomicU64; BOUNDS_MICROS.len() + 1],
    sum_nanos: AtomicU64,
}

/// A spread at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Spreads {
    pub counts: [u64; BOUNDS_MICROS.len() + 1],
    pub sum: Duration,
}

impl Spread {
    pub fn note(&self, took: Duration) {
        let micros = took.as_micros();
        let bucket = BOUNDS_MICROS.iter().position(|bound| micros <= u128::from(*bound)).unwrap_or(BOUNDS_MICROS.len());
        self.counts[bucket].fetch_add(1, Ordering::Relaxed);
        // Wraps after 584 years of work.
        self.sum_nanos.fetch_add(u64::try_from(took.as_nanos()).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    pub fn read(&self) -> Spreads {
        let counts = std::array::from_fn(|at| self.counts[at].load(Ordering::Relaxed));
        Spreads { counts, sum: Duration::from_nanos(self.sum_nanos.load(Ordering::Relaxed)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_lands_in_the_first_bucket_that_holds_it() {
        let spread = Spread::default();
        for (micros, bucket) in [(0, 0), (100, 0), (101, 1), (2_500_000, 11), (2_500_001, 12), (u64::MAX / 1_000, 12)] {
            let before = spread.read();
            spread.note(Duration::from_micros(micros));
            let after = spread.read();
            let grown: Vec<usize> = (0..after.counts.len()).filter(|at| after.counts[*at] != before.counts[*at]).collect();
            assert_eq!(grown, [bucket], "{micros}");
        }
        spread.note(Duration::from_nanos(1_500));
        assert_eq!(spread.read().counts.iter().sum::<u64>(), 7);
    }
}
