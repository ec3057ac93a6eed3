//! Stops asking a registry that fails, so that citizens get an answer at once and the registry gets room to recover.
//!
//! Pure: the time is handed in as a [`Duration`] on any clock that only runs forward.

use std::time::Duration;

/// Failures in a row after which the registry counts as down. Ten time-outs are no accident, and cost ten citizens their wait.
const FAILURES_TO_OPEN: u32 = 10;
/// Time between two probes of a registry that is down: soon enough for a citizen who tries again, no burden on a machine that starts.
const PROBE_EVERY: Duration = Duration::from_secs(5);

/// When to stop asking and how often to try whether it is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Failures without a success between them; 0 counts as 1.
    pub failures_to_open: u32,
    /// From the start of one probe to the start of the next.
    pub probe_every: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self { failures_to_open: FAILURES_TO_OPEN, probe_every: PROBE_EVERY }
    }
}

/// Whether a call may be made. Who got `Go` or `Probe` hands it back with what came of the call, always: a probe that is never reported
/// keeps the breaker open for good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Permit {
    Go,
    /// Go, as the only one, to find out whether the registry is back.
    Probe,
    Refuse,
}

/// Counts failures in a row, and lets one call at a time through while there are too many.
#[derive(Debug)]
pub struct Breaker {
    settings: Settings,
    state: State,
}

#[derive(Debug)]
enum State {
    Closed { failures: u32 },
    Open { next_probe: Duration, probing: bool },
}

impl Breaker {
    pub const fn new(settings: Settings) -> Self {
        Self { settings, state: State::Closed { failures: 0 } }
    }

    pub fn allow(&mut self, now: Duration) -> Permit {
        match &mut self.state {
            State::Closed { .. } => Permit::Go,
            State::Open { next_probe, probing } => {
                if *probing || now < *next_probe {
                    return Permit::Refuse;
                }
                *probing = true;
                *next_probe = now.saturating_add(self.settings.probe_every);
                Permit::Probe
            }
        }
    }

    /// The registry answered. A call from before it went down says nothing about now and closes nothing.
    pub const fn success(&mut self, permit: Permit) {
        if self.counts(permit) {
            self.state = State::Closed { failures: 0 };
        }
    }

    /// The registry did not answer, or not with sense.
    pub fn failure(&mut self, permit: Permit, now: Duration) {
        if !self.counts(permit) {
            return;
        }
        match &mut self.state {
            State::Closed { failures } => {
                *failures = failures.saturating_add(1);
                if *failures >= self.settings.failures_to_open {
                    self.state = State::Open { next_probe: now.saturating_add(self.settings.probe_every), probing: false };
                }
            }
            State::Open { probing, .. } => *probing = false,
        }
    }

    pub const fn is_open(&self) -> bool {
        matches!(self.state, State::Open { .. })
    }

    /// Whether what came of a call tells something in the present state: without a probe out, an open breaker hears only stragglers.
    const fn counts(&self, permit: Permit) -> bool {
        match (permit, &self.state) {
            (Permit::Go, State::Closed { .. }) => true,
            (Permit::Probe, State::Open { probing, .. }) => *probing,
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug)]
    enum Do {
        Ask(Permit),
        Good(Permit),
        Bad(Permit),
    }
    use Do::{Ask, Bad, Good};
    use Permit::{Go, Probe, Refuse};

    /// Three failures open, a probe every 5 s; times are in seconds.
    fn check(name: &str, steps: &[(u64, Do)]) {
        let mut breaker = Breaker::new(Settings { failures_to_open: 3, probe_every: Duration::from_secs(5) });
        for (at, (secs, step)) in steps.iter().enumerate() {
            let now = Duration::from_secs(*secs);
            match step {
                Ask(expected) => assert_eq!(breaker.allow(now), *expected, "{name}, step {at}"),
                Good(permit) => breaker.success(*permit),
                Bad(permit) => breaker.failure(*permit, now),
            }
        }
    }

    #[test]
    fn it_opens_probes_and_closes() {
        check("two failures are not enough", &[(0, Ask(Go)), (0, Bad(Go)), (1, Bad(Go)), (2, Ask(Go))]);
        check("a success starts the count anew", &[(0, Bad(Go)), (0, Bad(Go)), (0, Good(Go)), (0, Bad(Go)), (0, Bad(Go)), (0, Ask(Go))]);
        check("three in a row open", &[(0, Bad(Go)), (0, Bad(Go)), (0, Bad(Go)), (0, Ask(Refuse)), (4, Ask(Refuse))]);
        let open = || vec![(0, Bad(Go)), (0, Bad(Go)), (0, Bad(Go))];
        let opened = |more: Vec<(u64, Do)>| open().into_iter().chain(more).collect::<Vec<_>>();
        check("one probe at a time", &opened(vec![(5, Ask(Probe)), (5, Ask(Refuse)), (60, Ask(Refuse))]));
        check(
            "a good probe closes",
            &opened(vec![(5, Ask(Probe)), (6, Good(Probe)), (6, Ask(Go)), (6, Bad(Go)), (6, Bad(Go)), (6, Ask(Go))]),
        );
        check(
            "a bad probe waits five seconds from its start",
            &opened(vec![(5, Ask(Probe)), (7, Bad(Probe)), (9, Ask(Refuse)), (10, Ask(Probe)), (10, Ask(Refuse))]),
        );
        check("a slow probe holds the next one up", &opened(vec![(5, Ask(Probe)), (12, Ask(Refuse)), (12, Bad(Probe)), (12, Ask(Probe))]));
        check("stragglers change nothing", &opened(vec![(1, Good(Go)), (1, Ask(Refuse)), (5, Ask(Probe)), (5, Bad(Go)), (5, Ask(Refuse))]));
        check("a probe reported twice counts once", &opened(vec![(5, Ask(Probe)), (5, Good(Probe)), (5, Bad(Probe)), (5, Ask(Go))]));
    }

    #[test]
    fn ten_failures_and_five_seconds_by_default() {
        let mut breaker = Breaker::new(Settings::default());
        let mut calls = 0;
        // A registry that is dead for a minute, asked a hundred times a second.
        for tick in 0..6000 {
            let now = Duration::from_millis(tick * 10);
            let permit = breaker.allow(now);
            if permit != Refuse {
                calls += 1;
                breaker.failure(permit, now);
            }
        }
        assert!(breaker.is_open());
        assert_eq!(calls, 10 + 11);
    }
}
