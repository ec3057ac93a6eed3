//! The head of the office at a phone: answers, by the code of a ticket, what citizens were told is recorded. At any hour of any day, since
//! whoever stands at the head may; officers on duty get what the gateway sends them and stay silent.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crate::crew::Stage;
use crate::ledger::Asked;
use crate::letter::Letters;
use crate::people::Phone;
use crate::random::Random;

pub const HEAD: Phone = Phone(99_004);
pub const OFFICERS: [Phone; 2] = [Phone(99_001), Phone(99_002)];
/// Of a hundred answers so many say that it is done.
const DONE_PERCENT: u64 = 60;
/// Tickets that wait on the desk. What comes on top stays unanswered.
const PILE_MAX: usize = 2_000;

/// What lies on the desk, and what citizens may call done.
#[derive(Debug, Default)]
pub struct Pile {
    new: Mutex<VecDeque<(String, Phone)>>,
    done: Mutex<Vec<(String, Phone, Instant)>>,
}

impl Pile {
    pub fn put(&self, code: String, phone: Phone) {
        let mut new = self.new.lock().unwrap_or_else(PoisonError::into_inner);
        if new.len() < PILE_MAX {
            new.push_back((code, phone));
        }
    }

    fn next(&self) -> Option<(String, Phone)> {
        self.new.lock().unwrap_or_else(PoisonError::into_inner).pop_front()
    }

    fn settle(&self, code: String, phone: Phone) {
        self.done.lock().unwrap_or_else(PoisonError::into_inner).push((code, phone, Instant::now()));
    }

    /// One that was called done so long ago, of a phone that is `mine`.
    pub fn settled(&self, since: Duration, mine: impl Fn(Phone) -> bool) -> Option<(Phone, String)> {
        let mut done = self.done.lock().unwrap_or_else(PoisonError::into_inner);
        let at = done.iter().position(|(_, phone, at)| at.elapsed() > since && mine(*phone))?;
        let (code, phone, _) = done.swap_remove(at);
        Some((phone, code))
    }
}

/// The life of the head.
pub fn sit(stage: &Stage, seed: u64, mut random: Random) {
    let mut said = 0_u64;
    let mut letters = Letters::new(stage, format!("d{seed:x}"), random.fork(0));
    while stage.between() {
        let Some((code, citizen)) = stage.pile.next() else {
            thread::sleep(Duration::from_millis(5));
            continue;
        };
        said += 1;
        let mark = format!("j{said}");
        let is_done = random.percent(DONE_PERCENT);
        let text = format!("{code} {}periksa {mark} ya", if is_done { "SELESAI " } else { "" });
        let Some(word) = letters.say(HEAD, &text, Asked::Answer { code: code.clone(), mark, is_done }) else { continue };
        stage.ended(if word.is_empty() { "answered" } else { "answer_refused" }, &word);
        if is_done {
            stage.pile.settle(code, citizen);
        }
    }
}
