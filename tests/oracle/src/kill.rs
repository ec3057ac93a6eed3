//! F01 and F08: SIGKILL in the middle of load and of start-ups, again and again; nothing acknowledged may be missing.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::crew::{Phase, Stage};
use crate::crowd::crowd;
use crate::drive::Drive;
use crate::export::Export;
use crate::findings::kind;
use crate::gateway::Gateway;
use crate::judge::{self, Judged};
use crate::ledger::{Effect, Ledger, Told};
use crate::options::Options;
use crate::outreach;
use crate::random::Random;
use crate::tickets;
use crate::units;

/// Of a hundred kills so many hit a start-up.
const STARTUP_PERCENT: u64 = 20;
/// Milliseconds of load before a kill, and after the start of a process that is killed while starting.
const LOAD_MS: (u64, u64) = (5, 200);
/// With an aggregator some loads are long: of what left a while before a kill nobody may say that it was in doubt.
const LONG_PERCENT: u64 = 10;
const LONG_MS: (u64, u64) = (3_000, 6_000);
const STARTUP_MS: (u64, u64) = (1, 100);
/// So far the gateway's own clock, where it has one, goes forward while all stand still: an announcement leaves five minutes after it was
/// approved. So many times in a run stay well below the four hours after which a message is given up, and before the evening.
pub const SKIP_SECS: u32 = 330;
const SKIPS_MAX: u32 = 20;

pub fn run(options: &Options) -> Result<(Value, Vec<String>), String> {
    let gateway = Gateway::new(options)?;
    let mut running = gateway.start()?;
    gateway.wait_ready(&mut running)?;
    let ledger = Ledger::create(&gateway.beside("ledger")).map_err(|e| format!("the ledger: {e}"))?;
    let stage = Stage::new(gateway.port, gateway.citizens()?, ledger, Phase::Down);
    let mut random = Random::new(options.seed);
    let mut run = Run::new(Drive::new(gateway, &stage, running));
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
    let startup_kills = startup_kills.unwrap_or_else(|problem| {
        stage.findings.add(kind::UNOPENED, format!("after a kill: {problem}"));
        0
    });
    let ends = stage.ends();
    if stage.findings.total() == 0 && !(["saved", "status", "recorded"].iter().all(|end| ends.contains_key(end))) {
        return Err(format!("no booking, no status page or no complaint in the whole run; dialogues ended: {ends:?}"));
    }
    for heading in stage.strange_headings() {
        stage.findings.add(kind::LEAK, heading);
    }
    Ok((summary(options, &run, startup_kills, began.elapsed()), stage.findings.shown()))
}

pub struct Run<'s> {
    pub drive: Drive<'s>,
    pub judged: Judged,
    pub tickets: tickets::Judged,
    pub units: units::Judged,
    pub outreach: outreach::Judged,
}

impl<'s> Run<'s> {
    pub fn new(drive: Drive<'s>) -> Self {
        Run {
            drive,
            judged: Judged::default(),
            tickets: tickets::Judged::default(),
            units: units::Judged::default(),
            outreach: outreach::Judged::default(),
        }
    }

    /// All kills; how many of them hit a start-up.
    pub fn kills(&mut self, options: &Options, random: &mut Random) -> Result<u32, String> {
        let mut startup_kills = 0;
        for n in 1..=options.kills {
            if random.percent(STARTUP_PERCENT) {
                self.drive.down();
                let starting = self.drive.gateway.start()?;
                thread::sleep(Duration::from_millis(random.between(STARTUP_MS.0, STARTUP_MS.1)));
                starting.kill();
                self.drive.kills.push(Instant::now());
                startup_kills += 1;
            } else {
                self.drive.up()?;
                let is_long = options.mode == "sms" && random.percent(LONG_PERCENT);
                let (least, most) = if is_long { LONG_MS } else { LOAD_MS };
                self.drive.load_for(Duration::from_millis(random.between(least, most)));
            }
            if n % options.check_every.max(1) == 0 || n == options.kills {
                self.check(options)?;
            }
        }
        Ok(startup_kills)
    }

    /// Lets the callers finish, kills once more, and compares the store with the ledger.
    fn check(&mut self, options: &Options) -> Result<(), String> {
        self.drive.settle(options.callers)?;
        self.drive.down();
        let (gateway, stage) = (self.drive.gateway.clone(), self.drive.stage);
        match gateway.export(&gateway.data) {
            Ok(export) => self.judge(&export, &stage.ledger.effects(), options, false),
            Err(problem) => stage.findings.add(kind::UNOPENED, problem),
        }
        if let Err(problem) = gateway.verify(&gateway.data) {
            stage.findings.add(kind::UNOPENED, problem);
        }
        if self.drive.stage.skips.load(Ordering::Relaxed) < SKIPS_MAX {
            self.skip();
        }
        Ok(())
    }

    /// `is_over`: nothing is under way any more.
    pub fn judge(&mut self, export: &Export, effects: &[Effect], options: &Options, is_over: bool) {
        let findings = &self.drive.stage.findings;
        self.judged = judge::judge(export, effects, options.outgoing, findings);
        self.tickets = tickets::judge(export, effects, findings);
        // Only there do they take part; a demo begins with coordinators of its own.
        if options.mode != "sms" {
            return;
        }
        // What was lost may be made up for later, by somebody who books or asks anew.
        let (units_lost, outreach_lost) = (self.units.lost, self.outreach.lost);
        self.units = units::judge(export, effects, is_over, findings);
        self.units.lost = self.units.lost.max(units_lost);
        self.outreach = outreach::judge(export, effects, is_over, findings);
        self.outreach.lost = self.outreach.lost.max(outreach_lost);
    }

    /// Sets the clock forward, where that can be done. The gateway must be down, and everybody stand still.
    pub fn skip(&mut self) {
        if self.drive.gateway.skip(SKIP_SECS) {
            self.drive.stage.skips.fetch_add(1, Ordering::Relaxed);
        }
    }
}

pub fn summary(options: &Options, run: &Run<'_>, startup_kills: u32, took: Duration) -> Value {
    let mut restarts: Vec<u64> = run.drive.restarts.iter().map(|d| u64::try_from(d.as_millis()).unwrap_or(u64::MAX)).collect();
    restarts.sort_unstable();
    let at = |percent: usize| restarts.get((restarts.len() * percent / 100).min(restarts.len().saturating_sub(1))).copied();
    let effects = run.drive.stage.ledger.effects();
    let tally = &run.drive.stage.tally;
    let turns = tally.turns.load(Ordering::Relaxed);
    let findings = &run.drive.stage.findings;
    json!({
        "mode": options.mode, "seed": options.seed, "kills": options.kills, "startup_kills": startup_kills,
        "turns": turns, "turns_per_s": (turns as f64 / run.drive.load.as_secs_f64().max(0.001)).round(), "dialogues": tally.dialogues.load(Ordering::Relaxed),
        "load_s": run.drive.load.as_secs_f64(), "took_s": took.as_secs_f64().round(),
        "ends": run.drive.stage.ends().iter().map(|(why, end)| (*why, end.times)).collect::<BTreeMap<_, _>>(),
        "other_page": run.drive.stage.ends().get("other").map(|end| end.page.clone()),
        "effects": effects.len(), "acked": run.judged.acked,
        "saved": effects.iter().filter(|e| matches!(e.told, Told::Saved { .. })).count(),
        "tickets": {
            "recorded": run.tickets.recorded, "lost": run.tickets.lost, "in_doubt": run.tickets.in_doubt, "answered": run.tickets.answered, "agreed": run.tickets.agreed,
        },
        "cancelled": effects.iter().filter(|e| e.told == Told::Cancelled).count(),
        "refused": effects.iter().filter(|e| matches!(e.told, Told::Otherwise(_))).count(),
        "retried": tally.retried.load(Ordering::Relaxed), "repeated": tally.repeated.load(Ordering::Relaxed), "moved": run.judged.moved,
        "differing": findings.count(kind::DIFFERING), "lost": findings.count(kind::LOST), "half": findings.count(kind::HALF),
        "phantom": findings.count(kind::PHANTOM), "stuck": findings.count(kind::STUCK), "doubled": findings.count(kind::DOUBLED), "overbooked": findings.count(kind::OVERBOOKED), "untrue": findings.count(kind::UNTRUE),
        "leak": findings.count(kind::LEAK), "unanswered": findings.count(kind::UNANSWERED), "unopened": findings.count(kind::UNOPENED),
        "restart_p50_ms": at(50), "restart_p99_ms": at(99),
        "violations": findings.total(),
    })
}
