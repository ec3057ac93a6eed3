//! The callers' common stage: they call while the gateway is up, wait while it is down, and settle what is open when told to.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::desk::Pile;
use crate::findings::Findings;
use crate::ledger::Ledger;
use crate::page::Page;
use crate::people::{Citizen, Phone};
use crate::unit::Board;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// The gateway is down: hold on to what is unanswered.
    Down,
    /// Call.
    Calling,
    /// Finish the dialogue at hand, then stand still.
    Settling,
    /// Go home.
    Over,
}

/// What all callers of one process share.
#[derive(Debug)]
pub struct Stage {
    state: Mutex<State>,
    changed: Condvar,
    pub port: u16,
    pub citizens: Vec<Citizen>,
    /// So many of them dial for everything; behind them stand those of the villages.
    pub dialers: usize,
    pub ledger: Ledger,
    pub findings: Findings,
    pub tally: Tally,
    /// What lies on the desk.
    pub pile: Pile,
    /// Where the mobile unit comes.
    pub board: Board,
    /// How often the gateway's clock was set forward.
    pub skips: AtomicU32,
    codes: Mutex<HashMap<String, Phone>>,
    headings: Mutex<Headings>,
    ends: Mutex<BTreeMap<&'static str, End>>,
}

/// How often dialogues ended in a way, and one page of it.
#[derive(Debug, Clone)]
pub struct End {
    pub times: u64,
    pub page: String,
}

#[derive(Debug)]
struct State {
    phase: Phase,
    /// Counts the changes of phase, so that a caller stands only once in each.
    change: u64,
    standing: u32,
}

/// How often each status was shown under each heading.
type Headings = BTreeMap<(String, String), u64>;

/// Counts of a run.
#[derive(Debug, Default)]
pub struct Tally {
    pub turns: AtomicU64,
    pub dialogues: AtomicU64,
    /// Requests with an effect that were sent again after a kill.
    pub retried: AtomicU64,
    /// Requests with an effect, answered before and sent again to compare.
    pub repeated: AtomicU64,
    pub reconnects: AtomicU64,
}

impl Stage {
    pub fn new(port: u16, citizens: Vec<Citizen>, ledger: Ledger, phase: Phase) -> Stage {
        Stage {
            state: Mutex::new(State { phase, change: 0, standing: 0 }),
            changed: Condvar::new(),
            port,
            dialers: citizens.len(),
            citizens,
            ledger,
            findings: Findings::default(),
            tally: Tally::default(),
            pile: Pile::default(),
            board: Board::default(),
            skips: AtomicU32::new(0),
            codes: Mutex::default(),
            headings: Mutex::default(),
            ends: Mutex::default(),
        }
    }

    pub fn phase(&self) -> Phase {
        self.lock().phase
    }

    /// Another number after every change of phase.
    pub fn change(&self) -> u64 {
        self.lock().change
    }

    pub fn set(&self, phase: Phase) {
        let mut state = self.lock();
        state.phase = phase;
        state.change += 1;
        state.standing = 0;
        self.changed.notify_all();
    }

    /// Waits until the gateway should be up again.
    pub fn wait_up(&self) -> Phase {
        let mut state = self.lock();
        while state.phase == Phase::Down {
            state = self.wait(state);
        }
        state.phase
    }

    /// Between two dialogues: true to call on, false to go home. Stands still while settling.
    pub fn between(&self) -> bool {
        let mut state = self.lock();
        let mut stood = None;
        loop {
            match state.phase {
                Phase::Calling => return true,
                Phase::Over => return false,
                Phase::Settling if stood != Some(state.change) => {
                    stood = Some(state.change);
                    state.standing += 1;
                    self.changed.notify_all();
                }
                Phase::Settling | Phase::Down => {}
            }
            state = self.wait(state);
        }
    }

    /// Waits until so many callers stand still; false when that takes too long.
    pub fn all_stand(&self, callers: u32, limit: Duration) -> bool {
        let (state, _) =
            self.changed.wait_timeout_while(self.lock(), limit, |state| state.standing < callers).unwrap_or_else(PoisonError::into_inner);
        state.standing >= callers
    }

    /// A code belongs to the first phone that saw it; false when that was another phone.
    pub fn owns_code(&self, code: &str, phone: Phone) -> bool {
        let mut codes = self.codes.lock().unwrap_or_else(PoisonError::into_inner);
        *codes.entry(code.to_owned()).or_insert(phone) == phone
    }

    /// Remembers under which heading a status was shown.
    pub fn status_shown(&self, citizen: &Citizen, page: &Page) {
        let mut headings = self.headings.lock().unwrap_or_else(PoisonError::into_inner);
        *headings.entry((citizen.status.clone(), page.heading())).or_default() += 1;
    }

    pub fn ended(&self, why: &'static str, page: &str) {
        let mut ends = self.ends.lock().unwrap_or_else(PoisonError::into_inner);
        ends.entry(why).or_insert_with(|| End { times: 0, page: page.to_owned() }).times += 1;
    }

    pub fn ends(&self) -> BTreeMap<&'static str, End> {
        self.ends.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Headings that are rare for the status they were shown with and usual for another: somebody else's page.
    pub fn strange_headings(&self) -> Vec<String> {
        strange(&self.headings.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub fn count(&self, what: &AtomicU64) {
        what.fetch_add(1, Ordering::Relaxed);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'a>(&self, state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
        self.changed.wait(state).unwrap_or_else(PoisonError::into_inner)
    }
}

/// Usual: seen in at least a third of the pages of a status.
fn strange(headings: &Headings) -> Vec<String> {
    let pages = |status: &str| headings.iter().filter(|((s, _), _)| s == status).map(|(_, n)| n).sum::<u64>();
    let usual = |status: &str, seen: u64| seen * 3 >= pages(status);
    headings
        .iter()
        .filter(|((status, _), seen)| !usual(status, **seen))
        .filter_map(|((status, heading), seen)| {
            let owner = headings.iter().find(|((s, h), n)| s != status && h == heading && usual(s, **n))?;
            Some(format!("`{heading}`, the page of `{}`, was shown {seen} times to citizens with `{status}`", owner.0.0))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_citizens_status_is_strange_and_a_common_page_is_not() {
        let seen = |rows: &[(&str, &str, u64)]| strange(&rows.iter().map(|(s, h, n)| ((s.to_string(), h.to_string()), *n)).collect()).len();
        assert_eq!(seen(&[("a", "SIAP", 90), ("b", "ANTRE", 90)]), 0);
        assert_eq!(seen(&[("a", "SIAP", 90), ("b", "ANTRE", 90), ("b", "SIAP", 1)]), 1);
        assert_eq!(seen(&[("a", "SIAP", 90), ("b", "SIAP", 90)]), 0);
        assert_eq!(seen(&[("a", "SIAP", 90), ("b", "ANTRE", 90), ("a", "GANGGUAN", 2), ("b", "GANGGUAN", 2)]), 0);
    }
}
