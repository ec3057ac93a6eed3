//! F31 and F35: kills under load with a bad aggregator in between; every message comes to one end, and what the phones got is what the
//! store believes.

use std::thread;
use std::time::{Duration, Instant, SystemTime};

use serde_json::{Value, json};

use crate::aggregator::Aggregator;
use crate::crew::{Phase, Stage};
use crate::crowd::crowd;
use crate::desk;
use crate::drive::Drive;
use crate::findings::kind;
use crate::gateway::Gateway;
use crate::herald;
use crate::kill::{Run, summary};
use crate::ledger::{Effect, Ledger};
use crate::messages::{self, Times};
use crate::options::Options;
use crate::people::Citizen;
use crate::random::Random;
use crate::texter;
use crate::unit;
use crate::villager;
use crate::wire;

/// After the last kill every message must have come to an end within this: three failures in a row make it wait for 35 s.
const DRAIN_MAX: Duration = Duration::from_secs(180);
/// These of the callers are the head of the office, the officer who drives the mobile unit, whoever announces, and people of the villages.
const HEAD: u32 = 1;
const UNIT: u32 = 2;
const HERALD: u32 = 4;
const VILLAGERS: [u32; 3] = [5, 7, 8];
/// Of so many citizens three live in the villages; of the others half dial and half write.
const VILLAGERS_OF: usize = 13;
const VILLAGERS_ARE: usize = 3;
/// After the clock was set forward announcements take a moment to go out; so often at most at the end of a run.
const SPREADS_WITHIN: Duration = Duration::from_secs(3);
const SPREADS_MAX: u32 = 12;
/// In a run of so many kills everything must have happened.
const LONG_RUN: u32 = 100;
/// Of so many callers one writes.
const WRITES_EVERY: u32 = 3;
const LOOK_EVERY: Duration = Duration::from_millis(100);

pub fn run(options: &Options) -> Result<(Value, Vec<String>), String> {
    let mut random = Random::new(options.seed);
    let aggregator = Aggregator::start(options.port, random.fork(1 << 32))?;
    let mut citizens = citizens(options)?;
    let gateway = Gateway::new(options)?.with_clock()?.in_earnest(&citizens, aggregator.port)?;
    let mut running = gateway.start()?;
    gateway.wait_ready(&mut running)?;
    let ledger = Ledger::create(&gateway.beside("ledger")).map_err(|e| format!("the ledger: {e}"))?;
    // Half of them dial, half of them write.
    let villagers = citizens.split_off(citizens.len() - citizens.len() * VILLAGERS_ARE / VILLAGERS_OF);
    let writers = citizens.split_off(citizens.len() / 2);
    let dialers = citizens.len();
    citizens.extend(villagers);
    let mut stage = Stage::new(gateway.port, citizens, ledger, Phase::Down);
    stage.dialers = dialers;
    let mut run = Run::new(Drive::new(gateway, &stage, running));
    let began = Instant::now();
    let startup_kills = thread::scope(|scope| {
        for n in 0..options.callers {
            let random = random.fork(u64::from(n));
            let stage = &stage;
            let (aggregator, writers) = (&aggregator, &writers);
            if n % WRITES_EVERY == 0 {
                scope.spawn(move || {
                    texter::write(stage, aggregator, writers, (n..).step_by(options.callers.max(1) as usize), options, random);
                });
            } else if n == HEAD {
                scope.spawn(move || desk::sit(stage, options.seed, random));
            } else if n == UNIT {
                scope.spawn(move || unit::drive(stage, aggregator, options.seed, random));
            } else if n == HERALD {
                scope.spawn(move || herald::tell(stage, aggregator, options.seed, random));
            } else if let Some(at) = (0..).zip(VILLAGERS).find_map(|(at, place)| (place == n).then_some(at)) {
                let (mine, name) = ((at..).step_by(VILLAGERS.len()), format!("v{:x}-{n}", options.seed));
                scope.spawn(move || villager::live(stage, aggregator, mine, name, random));
            } else {
                scope.spawn(move || crowd(stage, n, options, random));
            }
        }
        let done = run.kills(options, &mut random).and_then(|done| drain(&mut run, options, &aggregator).map(|()| done));
        stage.set(Phase::Over);
        done
    });
    let startup_kills = startup_kills.unwrap_or_else(|problem| {
        stage.findings.add(kind::UNOPENED, format!("after a kill: {problem}"));
        0
    });
    let gateway = &run.drive.gateway;
    let export = gateway.export(&gateway.data)?;
    let handed = aggregator.handed();
    let mut effects = stage.ledger.effects();
    texter::told_by_message(&mut effects, &handed, &export, &stage);
    run.judge(&export, &effects, options, true);
    let wrote = effects.iter().filter(|effect| texter::wrote(effect)).count();
    let times = Times { kills: run.drive.kills.clone(), acks: acks(&effects), callers: options.callers as usize };
    let judged = messages::judge(&export, &handed, &aggregator.reports(), &times, &stage.findings);
    if stage.findings.total() == 0 && (judged.delivered == 0 || judged.ambiguous == 0 || wrote == 0 || run.tickets.answered == 0) {
        return Err(format!(
            "no message was delivered, none was ever in doubt, nobody got an appointment by message, or the desk answered nobody: {judged:?} {:?}",
            stage.ends()
        ));
    }
    let (units, outreach) = (run.units, run.outreach);
    let never = units.published == 0 || units.joined == 0 || outreach.followers == 0;
    let rarely = units.invited == 0 || units.moved == 0 || units.promised == 0 || outreach.sent == 0 || outreach.acknowledged == 0;
    if stage.findings.total() == 0 && (never || rarely && options.kills >= LONG_RUN) {
        return Err(format!(
            "no stop was published, nobody joined a list, was invited, lost a seat, or heard an announcement: {units:?} {outreach:?} {:?}",
            stage.ends()
        ));
    }
    let mut told = summary(options, &run, startup_kills, began.elapsed());
    (told["units"], told["outreach"]) = (units.summary(), outreach.summary());
    told["messages"] = json!({
        "appointments_by_message": wrote, "left": judged.messages, "received": judged.received, "spoilt_requests": aggregator.spoilt(),
        "in_doubt": judged.ambiguous, "twice": judged.doubled, "fates": messages::fates(&export),
    });
    Ok((told, stage.findings.shown()))
}

/// When the gateway acknowledged what it had written.
fn acks(effects: &[Effect]) -> Vec<Instant> {
    let (now, wall) = (Instant::now(), SystemTime::now());
    let ago = |at: SystemTime| wall.duration_since(at).ok();
    let mut acks: Vec<Instant> = effects.iter().filter_map(|effect| now.checked_sub(ago(effect.told_at?)?)).collect();
    acks.sort_unstable();
    acks
}

/// The demo's citizens, without the demo.
fn citizens(options: &Options) -> Result<Vec<Citizen>, String> {
    let mut data = options.data.clone().into_os_string();
    data.push("-citizens");
    let demo = Gateway::new(&Options { data: data.into(), ..options.clone() })?;
    let mut running = demo.start()?;
    demo.wait_ready(&mut running)?;
    demo.citizens()
}

/// Lets everything come to its end: no more faults, no more calls.
fn drain(run: &mut Run<'_>, options: &Options, aggregator: &Aggregator) -> Result<(), String> {
    aggregator.mend();
    run.drive.settle(options.callers)?;
    let began = Instant::now();
    while began.elapsed() < DRAIN_MAX && (aggregator.owes() || unsent(run.drive.stage.port) != Some(0)) {
        thread::sleep(LOOK_EVERY);
    }
    run.drive.down();
    spread(run, aggregator)
}

/// Lets the announcements that were approved go out: they wait for their time, and leave no faster than officers can answer.
fn spread(run: &mut Run<'_>, aggregator: &Aggregator) -> Result<(), String> {
    for _ in 0..SPREADS_MAX {
        let gateway = &run.drive.gateway;
        let export = gateway.export(&gateway.data)?;
        let is_under_way = export.announcements.values().any(|announcement| announcement.stage == "sending");
        if !is_under_way && !export.stops.iter().any(|stop| stop.settling) {
            return Ok(());
        }
        run.skip();
        run.drive.up()?;
        thread::sleep(SPREADS_WITHIN);
        let began = Instant::now();
        while began.elapsed() < DRAIN_MAX && (aggregator.owes() || unsent(run.drive.stage.port) != Some(0)) {
            thread::sleep(LOOK_EVERY);
        }
        run.drive.down();
    }
    Ok(())
}

/// Messages that wait or are in flight, as the gateway counts them.
fn unsent(port: u16) -> Option<u64> {
    let (_, page) = wire::get(port, "/metrics").ok()?;
    let page = String::from_utf8(page).ok()?;
    let counted = |line: &str| {
        let (name, count) = line.rsplit_once(' ')?;
        let named = name == "kentongan_outbox_waiting" || name.starts_with("kentongan_outbox_in_flight{");
        if named { count.parse::<u64>().ok() } else { None }
    };
    Some(page.lines().filter_map(counted).sum())
}
