//! Who of the channels that share messages takes the next one. Pure.
//!
//! Each message moves its channel on by the inverse of its weight, and whoever is furthest behind is next: with weights of 3 and 1 every
//! fourth message goes to the second, whatever the number of messages.

/// So many messages a channel that could not take its own may fall behind, and catch up later: more would leave it with everything.
const BEHIND_MAX: f64 = 10.0;

#[derive(Debug)]
pub(super) struct Shares {
    /// By lane, in messages.
    moved: Vec<f64>,
    /// Where everybody is at least.
    least: f64,
    /// Of all, as the config has them.
    weights: f64,
}

impl Shares {
    pub(super) fn new(lanes: usize, weights: f64) -> Self {
        Self { moved: vec![0.0; lanes], least: 0.0, weights }
    }

    /// The first of those that are furthest behind.
    pub(super) fn next(&self, among: impl Iterator<Item = usize>) -> Option<usize> {
        among.min_by(|one, other| self.moved(*one).total_cmp(&self.moved(*other)))
    }

    /// A message went by this lane, whose weight is more than nothing.
    pub(super) fn took(&mut self, lane: usize, weight: f64) {
        let from = self.moved(lane);
        self.least = self.least.max(from - BEHIND_MAX);
        self.moved[lane] = from + self.weights / weight;
    }

    fn moved(&self, lane: usize) -> f64 {
        self.moved[lane].max(self.least)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many of `messages` go by each.
    fn shared(weights: &[f64], messages: usize) -> Vec<usize> {
        let mut shares = Shares::new(weights.len(), weights.iter().sum());
        let mut counts = vec![0; weights.len()];
        for _ in 0..messages {
            let next = shares.next(0..weights.len()).unwrap();
            shares.took(next, weights[next]);
            counts[next] += 1;
        }
        counts
    }

    #[test]
    fn messages_are_shared_by_weight() {
        for (weights, messages, counts) in [
            (&[1.0][..], 7, &[7][..]),
            (&[1.0, 1.0], 10, &[5, 5]),
            (&[3.0, 1.0], 4, &[3, 1]),
            (&[3.0, 1.0], 400, &[300, 100]),
            (&[70.0, 20.0, 10.0], 100, &[70, 20, 10]),
            (&[1.0, 0.05], 210, &[200, 10]),
        ] {
            assert_eq!(shared(weights, messages), counts, "{weights:?}");
        }
    }

    #[test]
    fn who_was_away_does_not_get_everything_afterwards() {
        let mut shares = Shares::new(2, 2.0);
        (0..1_000).for_each(|_| shares.took(0, 1.0));
        let mut in_a_row = 0;
        while shares.next(0..2) == Some(1) {
            shares.took(1, 1.0);
            in_a_row += 1;
        }
        assert!((1..=7).contains(&in_a_row), "{in_a_row}");
    }
}
