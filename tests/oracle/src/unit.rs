//! An officer who plans stops of the mobile unit by message, publishes most of them, and later cancels some or says that a kit is broken.

use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crate::aggregator::Aggregator;
use crate::crew::Stage;
use crate::desk::OFFICERS;
use crate::ledger::{Asked, Order, Plan};
use crate::letter::Letters;
use crate::page::is_code;
use crate::people::Phone;
use crate::random::Random;

pub const OFFICER: Phone = OFFICERS[0];
/// Names that no other village has, and the ministry's codes.
pub const VILLAGES: [(&str, &str); 5] = [
    ("Mangsang", "16.06.09.2007"),
    ("Kepayang", "16.06.09.2060"),
    ("Kasmaran", "16.06.06.2009"),
    ("Petaling", "16.06.02.2004"),
    ("Ngunang", "16.06.05.2006"),
];
/// Days on which stops are: a month, the first, the last. No holidays, and far enough ahead for people to be invited.
const DAYS: [(&str, u32, u32); 4] = [("2026-12", 9, 23), ("2026-12", 28, 31), ("2027-01", 6, 31), ("2027-02", 8, 28)];
/// Stops under way at once: several in a village, so that whoever loses a seat may find another.
const OPEN_MAX: usize = 20;
/// Milliseconds after which it is decided what becomes of a published stop.
const STANDS_MS: (u64, u64) = (800, 5_000);
/// Of a hundred stops so many stay plans; of a hundred published so many are cancelled, and so many lose a kit if they have two.
const PLAN_PERCENT: u64 = 10;
const CANCEL_PERCENT: u64 = 55;
const BREAK_PERCENT: u64 = 40;
/// Of a hundred so many serve more people than wait.
const LARGE_PERCENT: u64 = 40;
/// From one message to the next.
const PAUSE: Duration = Duration::from_millis(40);

/// What was published and is still to be had, by village: for citizens to look.
#[derive(Debug, Default)]
pub struct Board(Mutex<Vec<(String, usize)>>);

impl Board {
    fn open(&self, mark: &str, village: usize) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push((mark.to_owned(), village));
    }

    fn close(&self, mark: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).retain(|(open, _)| open != mark);
    }

    pub fn is_open(&self, village: usize) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).iter().any(|(_, open)| *open == village)
    }
}

/// A stop as its officer knows it.
#[derive(Debug)]
struct Stop {
    mark: String,
    village: usize,
    kits: u8,
    /// As the gateway told it.
    code: Option<String>,
    /// It stays a plan.
    is_shelved: bool,
    /// Decided at this moment; none: not published yet.
    decided: Option<Instant>,
}

/// The life of the officer.
pub fn drive(stage: &Stage, aggregator: &Aggregator, seed: u64, random: Random) {
    let mut officer =
        Officer { letters: Letters::new(stage, format!("u{seed:x}"), random), aggregator, read: 0, planned: 0, stops: Vec::new() };
    while stage.between() {
        officer.listen();
        officer.act();
        thread::sleep(PAUSE);
    }
}

struct Officer<'s> {
    letters: Letters<'s>,
    aggregator: &'s Aggregator,
    read: usize,
    planned: usize,
    stops: Vec<Stop>,
}

impl Officer<'_> {
    /// `RENCANA S4821735: keliling Pos 7 Mangsang, …` tells the code of a plan.
    fn listen(&mut self) {
        for (to, text) in self.aggregator.since(&mut self.read) {
            let Some((code, rest)) = text.strip_prefix("RENCANA ").and_then(|rest| rest.split_once(": keliling ")) else { continue };
            if !OFFICER.number().ends_with(&to) || !is_code(code) {
                continue;
            }
            let is_meant = |stop: &&mut Stop| rest.starts_with(&format!("{} ", stop.mark));
            if let Some(stop) = self.stops.iter_mut().find(is_meant) {
                stop.code = Some(code.to_owned());
            }
        }
    }

    fn act(&mut self) {
        let now = Instant::now();
        let to_publish = self.stops.iter().position(|stop| stop.code.is_some() && stop.decided.is_none() && !stop.is_shelved);
        let to_decide = self.stops.iter().position(|stop| stop.decided.is_some_and(|at| at < now));
        if let Some(at) = to_publish {
            self.publish(at);
        } else if let Some(at) = to_decide {
            self.decide(at);
        } else if self.stops.len() < OPEN_MAX {
            self.plan();
        }
    }

    fn plan(&mut self) {
        let village = self.planned % VILLAGES.len();
        let days = DAYS.iter().flat_map(|(month, first, last)| (*first..=*last).map(move |day| format!("{month}-{day:02}")));
        let Some(day) = days.clone().nth(self.planned / VILLAGES.len()) else { return };
        self.planned += 1;
        let random = &mut self.letters.random;
        let kits = u8::try_from(random.between(1, 2)).unwrap_or(1);
        let (hours, minutes) = if random.percent(LARGE_PERCENT) { (4, 10) } else { (2 * random.between(1, 2), 30 * random.between(1, 2)) };
        let is_shelved = random.percent(PLAN_PERCENT);
        let (name, code) = VILLAGES[village];
        let plan = Plan { mark: format!("Pos {}", self.planned), village: code, day, from: 8, to: 8 + hours, minutes, kits: kits.into() };
        let Plan { mark, day, from, to, .. } = &plan;
        let text = format!("KELILING {name} {day} {from:02}-{to:02} {minutes} menit {kits} alat perahu, {mark}");
        let stop = Stop { mark: mark.clone(), village, kits, code: None, is_shelved, decided: None };
        if self.letters.say(OFFICER, &text, Asked::Plan(plan)).is_some() && !is_shelved {
            self.stops.push(stop);
        }
    }

    fn publish(&mut self, at: usize) {
        let Some(Stop { mark, village, code: Some(code), .. }) = self.stops.get(at) else { return };
        let (mark, village, code) = (mark.clone(), *village, code.clone());
        if self.letters.say(OFFICER, &format!("{code} TERBIT"), Asked::Stop { code, order: Order::Publish }).is_some() {
            self.letters.stage.board.open(&mark, village);
            self.letters.stage.ended("published", "");
        }
        let stands = Duration::from_millis(self.letters.random.between(STANDS_MS.0, STANDS_MS.1));
        if let Some(stop) = self.stops.get_mut(at) {
            stop.decided = Some(Instant::now() + stands);
        }
    }

    /// Cancelled, fewer kits, or left as it is; a broken kit may still be followed by the end.
    fn decide(&mut self, at: usize) {
        let stop = self.stops.swap_remove(at);
        let Some(code) = stop.code.clone() else { return };
        let random = &mut self.letters.random;
        if stop.kits > 1 && random.percent(BREAK_PERCENT) {
            let again = Duration::from_millis(random.between(STANDS_MS.0, STANDS_MS.1));
            self.letters.say(OFFICER, &format!("{code} ALAT 1"), Asked::Stop { code, order: Order::Kits(1) });
            self.stops.push(Stop { kits: 1, decided: Some(Instant::now() + again), ..stop });
        } else {
            self.letters.stage.board.close(&stop.mark);
            if random.percent(CANCEL_PERCENT) {
                self.letters.say(OFFICER, &format!("{code} BATAL cuaca"), Asked::Stop { code, order: Order::Cancel });
            }
        }
    }
}
