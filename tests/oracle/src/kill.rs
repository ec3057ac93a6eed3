//! F01 and F08: SIGKILL in the middle of load and of start-ups, again and again; nothing acknowledged may be missing.

use std::sync::atomic::Ordering;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::caller::{Caller, Seen, Stopped};
use crate::crew::{Phase, Stage};
use crate::findings::kind;
use crate::gateway::{Gateway, Running};
use crate::judge::{self, Judged};
use crate::ledger::{Ledger, Told};
use crate::options::Options;
use crate::people::{PHONES, Phone};
use crate::random::Random;
use crate::script::{Goal, Pick, Place};

/// Of a hundred kills so many hit a start-up.
const STARTUP_PERCENT: u64 = 20;
/// Milliseconds of load before a kill, and after the start of a process that is killed while starting.
const LOAD_MS: (u64, u64) = (5, 200);
const STARTUP_MS: (u64, u64) = (1, 100);
/// Callers must come to rest within this time when the gateway is up.
const SETTLE_MAX: Duration = Duration::from_secs(30);
/// A second dial of a number within two seconds is taken for a repeat of the first; we call again well after.
const PHONE_RESTS: Duration = Duration::from_secs(4);
/// What a caller does next, in a hundred: repeat an old effect, cancel, book; the rest asks for a status.
const REPEAT_PERCENT: u64 = 3;
const CANCEL_BELOW: u64 = 10;
const BOOK_BELOW: u64 = 25;

pub fn run(options: &Options) -> Result<(Value, Vec<String>), String> {
    let gateway = Gateway::new(options)?;
    let mut running = gateway.start()?;
    gateway.wait_ready(&mut running)?;
    let ledger = Ledger::create(&gateway.beside("ledger")).map_err(|e| format!("the ledger: {e}"))?;
    let stage = Stage::new(gateway.port, gateway.citizens()?, ledger, Phase::Down);
    let mut random = Random::new(options.seed);
    let mut run =
        Run { gateway, stage: &stage, running: Some(running), restarts: Vec::new(), load: Duration::ZERO, judged: Judged::default() };
    let began = Instant::now();
    let startup_kills = thread::scope(|scope| {
        for n in 0..options.callers {
            let random = random.fork(u64::from(n));
            let stage = &stage;
            scope.spawn(move || crowd(stage, n, options, random));
        }
        let done = run.kills(options, &mut random);
        stage.set(Phase::Over);
        done
    });
    // A gateway that does not come back is judged, not excused.
    let startup_kills = match startup_kills {
        Err(problem) if stage.findings.total() == 0 => return Err(problem),
        done => done.unwrap_or(0),
    };
    for heading in stage.strange_headings() {
        stage.findings.add(kind::LEAK, heading);
    }
    Ok((summary(options, &run, startup_kills, began.elapsed()), stage.findings.shown()))
}

struct Run<'s> {
    gateway: Gateway,
    stage: &'s Stage,
    running: Option<Running>,
    restarts: Vec<Duration>,
    load: Duration,
    judged: Judged,
}

impl Run<'_> {
    /// All kills; how many of them hit a start-up.
    fn kills(&mut self, options: &Options, random: &mut Random) -> Result<u32, String> {
        let mut startup_kills = 0;
        for n in 1..=options.kills {
            if random.percent(STARTUP_PERCENT) {
                self.down();
                let starting = self.gateway.start()?;
                thread::sleep(Duration::from_millis(random.between(STARTUP_MS.0, STARTUP_MS.1)));
                starting.kill();
                startup_kills += 1;
            } else {
                self.up()?;
                self.load_for(Duration::from_millis(random.between(LOAD_MS.0, LOAD_MS.1)));
            }
            if n % options.check_every.max(1) == 0 || n == options.kills {
                self.check(options)?;
            }
        }
        Ok(startup_kills)
    }

    fn down(&mut self) {
        if let Some(running) = self.running.take() {
            running.kill();
        }
        self.stage.set(Phase::Down);
    }

    fn up(&mut self) -> Result<(), String> {
        if self.running.is_none() {
            let began = Instant::now();
            let mut running = self.gateway.start()?;
            if let Err(problem) = self.gateway.wait_ready(&mut running) {
                self.stage.findings.add(kind::UNOPENED, format!("after a kill: {problem}"));
                return Err(problem);
            }
            self.restarts.push(began.elapsed());
            self.running = Some(running);
        }
        Ok(())
    }

    fn load_for(&mut self, time: Duration) {
        let began = Instant::now();
        self.stage.set(Phase::Calling);
        thread::sleep(time);
        // The kill comes first: callers must find out by themselves.
        if let Some(running) = self.running.take() {
            running.kill();
        }
        self.load += began.elapsed();
        self.stage.set(Phase::Down);
    }

    /// Lets the callers finish, kills once more, and compares the store with the ledger.
    fn check(&mut self, options: &Options) -> Result<(), String> {
        self.up()?;
        self.stage.set(Phase::Settling);
        if !self.stage.all_stand(options.callers, SETTLE_MAX) {
            self.stage.findings.add(kind::UNANSWERED, "callers did not come to rest: a turn hangs");
        }
        self.down();
        match self.gateway.export(&self.gateway.data) {
            Ok(export) => self.judged = judge::judge(&export, &self.stage.ledger.effects(), options.outgoing, &self.stage.findings),
            Err(problem) => self.stage.findings.add(kind::UNOPENED, problem),
        }
        if let Err(problem) = self.gateway.verify(&self.gateway.data) {
            self.stage.findings.add(kind::UNOPENED, problem);
        }
        Ok(())
    }
}

/// The life of one caller: numbers of its own, each always with the same citizen, so that no number asks for many NIK.
pub fn crowd(stage: &Stage, place: u32, options: &Options, mut random: Random) {
    let mut caller = Caller::new(stage, format!("o{:x}-{place}", options.seed));
    let mut mine: Vec<(Phone, String, Instant)> = Vec::new();
    let mut turn = 0_u32;
    while stage.between() {
        let phone = Phone((place + turn.wrapping_mul(options.callers.max(1))) % (PHONES - 1));
        let citizen = |phone: Phone| phone.0 % u32::try_from(stage.citizens.len()).unwrap_or(u32::MAX);
        let dice = random.below(100);
        let done = if dice < REPEAT_PERCENT {
            caller.repeat_one(random.next())
        } else if let Some((phone, code)) = (dice < CANCEL_BELOW).then(|| rested(&mut mine)).flatten() {
            caller.call(phone, citizen(phone), &Goal::Cancel { code }).map(|_| ())
        } else if dice < BOOK_BELOW {
            turn = turn.wrapping_add(1);
            let need = u8::try_from(random.between(1, 5)).unwrap_or(1);
            let goal = Goal::Book { need, place: Place::First, pick: Pick::Nth(random.next()) };
            caller.call(phone, citizen(phone), &goal).map(|seen| {
                if let Some(Told::Saved { code, .. }) = saved(seen) {
                    mine.push((phone, code, Instant::now()));
                }
            })
        } else {
            turn = turn.wrapping_add(1);
            caller.call(phone, citizen(phone), &Goal::Status).map(|_| ())
        };
        if let Err(Stopped) = done {
            // Counted where it happened; a short rest keeps a broken gateway from being flooded.
            thread::sleep(Duration::from_millis(10));
        }
    }
}

fn saved(seen: Seen) -> Option<Told> {
    seen.told.filter(|told| matches!(told, Told::Saved { .. }))
}

fn rested(mine: &mut Vec<(Phone, String, Instant)>) -> Option<(Phone, String)> {
    let at = mine.iter().position(|(_, _, since)| since.elapsed() > PHONE_RESTS)?;
    let (phone, code, _) = mine.swap_remove(at);
    Some((phone, code))
}

fn summary(options: &Options, run: &Run<'_>, startup_kills: u32, took: Duration) -> Value {
    let mut restarts: Vec<u64> = run.restarts.iter().map(|d| u64::try_from(d.as_millis()).unwrap_or(u64::MAX)).collect();
    restarts.sort_unstable();
    let at = |percent: usize| restarts.get((restarts.len() * percent / 100).min(restarts.len().saturating_sub(1))).copied();
    let effects = run.stage.ledger.effects();
    let tally = &run.stage.tally;
    let turns = tally.turns.load(Ordering::Relaxed);
    let findings = &run.stage.findings;
    json!({
        "mode": "kill", "seed": options.seed, "kills": options.kills, "startup_kills": startup_kills,
        "turns": turns, "turns_per_s": (turns as f64 / run.load.as_secs_f64().max(0.001)).round(), "dialogues": tally.dialogues.load(Ordering::Relaxed),
        "load_s": run.load.as_secs_f64(), "took_s": took.as_secs_f64().round(),
        "effects": effects.len(), "acked": run.judged.acked,
        "saved": effects.iter().filter(|e| matches!(e.told, Told::Saved { .. })).count(),
        "cancelled": effects.iter().filter(|e| e.told == Told::Cancelled).count(),
        "refused": effects.iter().filter(|e| matches!(e.told, Told::Otherwise(_))).count(),
        "retried": tally.retried.load(Ordering::Relaxed), "repeated": tally.repeated.load(Ordering::Relaxed), "moved": run.judged.moved,
        "differing": findings.count(kind::DIFFERING), "lost": findings.count(kind::LOST), "half": findings.count(kind::HALF),
        "phantom": findings.count(kind::PHANTOM), "overbooked": findings.count(kind::OVERBOOKED), "untrue": findings.count(kind::UNTRUE),
        "leak": findings.count(kind::LEAK), "unanswered": findings.count(kind::UNANSWERED), "unopened": findings.count(kind::UNOPENED),
        "restart_p50_ms": at(50), "restart_p99_ms": at(99),
        "violations": findings.total(),
    })
}
