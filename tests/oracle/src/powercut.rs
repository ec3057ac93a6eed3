//! F04: the gateway runs under strace; from the record of every write and sync, folders are made as a power cut would have left them,
//! and each must hold everything that was acknowledged before the cut.

mod disk;
mod trace;

use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use crate::crew::{Phase, Stage};
use crate::crowd::crowd;
use crate::drive::Drive;
use crate::findings::{Findings, kind};
use crate::gateway::{Gateway, files_below};
use crate::judge;
use crate::ledger::{Effect, Ledger, Told};
use crate::options::Options;
use crate::powercut::disk::{Disk, Survives};
use crate::powercut::trace::{CALLS, Event, Reader};
use crate::random::Random;

/// After the load the gateway may write out what it holds; then it is killed and the model must agree with the real folder.
const QUIET: Duration = Duration::from_millis(1_500);
/// The tracer has written all when its file has not grown for so long.
const TRACE_QUIET: Duration = Duration::from_millis(500);
/// Of a hundred cuts so many fall after the first acknowledgement; before it there is little to lose.
const AFTER_FIRST_PERCENT: u64 = 85;

pub fn run(options: &Options) -> Result<(Value, Vec<String>), String> {
    let began = Instant::now();
    let gateway = Gateway::new(options)?;
    let trace = gateway.beside("trace");
    let mut running = gateway.start_traced(&trace, CALLS)?;
    gateway.wait_ready(&mut running)?;
    let ledger = Ledger::create(&gateway.beside("ledger")).map_err(|e| format!("the ledger: {e}"))?;
    let stage = Stage::new(gateway.port, gateway.citizens()?, ledger, Phase::Down);
    let mut random = Random::new(options.seed);
    let mut drive = Drive::new(gateway, &stage, running);
    thread::scope(|scope| {
        for n in 0..options.callers {
            let random = random.fork(u64::from(n));
            let stage = &stage;
            scope.spawn(move || crowd(stage, n, options, random));
        }
        stage.set(Phase::Calling);
        thread::sleep(Duration::from_millis(options.load_ms));
        let settled = drive.settle(options.callers);
        thread::sleep(QUIET);
        drive.down();
        stage.set(Phase::Over);
        settled
    })?;
    let effects = stage.ledger.effects();
    let acks: Vec<u64> = effects.iter().filter_map(ack_time).collect();
    if acks.is_empty() {
        return Err("nothing was acknowledged under strace: give it more time (--load-ms)".to_owned());
    }
    let trace_bytes = wait_for_trace(&trace)?;
    let events = read_trace(&trace, options, &drive.gateway)?;
    let cuts = choose_cuts(&events, acks.iter().copied().min().unwrap_or(0), options.images, &mut random);
    let cut = Cut { gateway: &drive.gateway, options, effects: &effects, findings: &stage.findings };
    let counts = cut.all(&events, &cuts, &mut random)?;
    let summary = json!({
        "mode": "powercut", "seed": options.seed, "images": counts.images, "acked": acks.len(),
        "images_with_acks": counts.with_acks, "acks_checked": counts.acks, "images_with_loss": counts.bad,
        "empty_before_first_ack": counts.early, "names": if options.names_by_fsync { "ext4" } else { "strict" },
        "ignore_syncs": options.ignore_syncs, "events": events.len(), "trace_mib": trace_bytes >> 20,
        "took_s": began.elapsed().as_secs_f64().round(), "findings": stage.findings.counts(), "violations": stage.findings.total(),
    });
    Ok((summary, stage.findings.shown()))
}

/// Microseconds since 1970 at which the first good reply was here; nothing for a page without effect.
fn ack_time(effect: &Effect) -> Option<u64> {
    let acked = matches!(effect.told, Told::Saved { .. } | Told::Cancelled);
    effect.told_at.filter(|_| acked).map(micros)
}

fn micros(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).ok().and_then(|d| u64::try_from(d.as_micros()).ok()).unwrap_or(0)
}

fn wait_for_trace(trace: &Path) -> Result<u64, String> {
    let size = || fs::metadata(trace).map(|m| m.len()).map_err(|e| format!("the trace: {e}"));
    let mut last = size()?;
    loop {
        thread::sleep(TRACE_QUIET);
        let now = size()?;
        if now == last {
            return Ok(now);
        }
        last = now;
    }
}

/// The events that concern the folder. Followed to their end they must give the very folder that is there, or nothing can be concluded.
fn read_trace(trace: &Path, options: &Options, gateway: &Gateway) -> Result<Vec<Event>, String> {
    let file = File::open(trace).map_err(|e| format!("the trace: {e}"))?;
    let mut disk = Disk::new(&gateway.data, options.names_by_fsync, options.ignore_syncs);
    let (mut reader, mut events) = (Reader::default(), Vec::new());
    for line in BufReader::new(file).lines() {
        let line = line.map_err(|e| format!("the trace: {e}"))?;
        if let Some(event) = reader.read(&line)?
            && disk.follow(&event)?
        {
            events.push(event);
        }
    }
    let whole = disk.image(Survives::Everything, &mut Random::new(0));
    for path in files_below(&gateway.data) {
        let name = path.strip_prefix(&gateway.data).unwrap_or(&path);
        let real = fs::read(&path).map_err(|e| format!("{}: {e}", path.display()))?;
        if whole.files.get(name) != Some(&real) {
            return Err(format!("the trace does not explain {}: something wrote it by a way that is not modelled", name.display()));
        }
    }
    Ok(events)
}

/// Indices into the events: the cut comes right after each. The last event is always one.
fn choose_cuts(events: &[Event], first_ack: u64, images: u32, random: &mut Random) -> Vec<usize> {
    let first = events.partition_point(|event| event.at < first_ack) as u64;
    let count = events.len() as u64;
    let mut cuts: Vec<usize> = (1..images)
        .filter_map(|_| {
            let at = if random.percent(AFTER_FIRST_PERCENT) { first + random.below(count - first) } else { random.below(count) };
            usize::try_from(at).ok()
        })
        .collect();
    cuts.push(events.len().saturating_sub(1));
    cuts.sort_unstable();
    cuts
}

struct Cut<'a> {
    gateway: &'a Gateway,
    options: &'a Options,
    effects: &'a [Effect],
    findings: &'a Findings,
}

#[derive(Debug, Default)]
struct Counts {
    images: u32,
    with_acks: u32,
    /// Acknowledgements looked for, over all images.
    acks: u64,
    bad: u32,
    /// Could not be opened, with nothing acknowledged yet: the very first start was cut.
    early: u32,
}

impl Cut<'_> {
    fn all(&self, events: &[Event], cuts: &[usize], random: &mut Random) -> Result<Counts, String> {
        let mut disk = Disk::new(&self.gateway.data, self.options.names_by_fsync, self.options.ignore_syncs);
        let mut counts = Counts::default();
        let mut cuts = cuts.iter().copied().peekable();
        for (at, event) in events.iter().enumerate() {
            disk.follow(event)?;
            // The power goes just before the next call: what was acknowledged until then must be there.
            let until = events.get(at + 1).map_or(u64::MAX, |next| next.at);
            while cuts.next_if_eq(&at).is_some() {
                let survives = Survives::ALL.get(counts.images as usize % Survives::ALL.len()).copied().unwrap_or(Survives::Nothing);
                self.one(&disk, survives, event.line, until, random, &mut counts)?;
            }
        }
        Ok(counts)
    }

    fn one(&self, disk: &Disk, survives: Survives, line: u64, until: u64, random: &mut Random, counts: &mut Counts) -> Result<(), String> {
        let folder = self.gateway.beside(&format!("image-{}", counts.images));
        disk.image(survives, random).write(&folder).map_err(|e| format!("{}: {e}", folder.display()))?;
        let known = as_known(self.effects, until);
        let acks = known.iter().filter(|e| ack_time(e).is_some()).count() as u64;
        counts.images += 1;
        counts.with_acks += u32::from(acks > 0);
        counts.acks += acks;
        let found = Findings::default();
        match self.gateway.export(&folder) {
            Ok(export) => drop(judge::judge(&export, &known, self.options.outgoing, &found)),
            Err(_) if acks == 0 => counts.early += 1,
            Err(problem) => found.add(kind::UNOPENED, format!("{problem} ({acks} acknowledged)")),
        }
        for text in found.shown() {
            let (kind, text) = text.split_once(": ").unwrap_or(("", &text));
            self.findings.adopt(&format!("{kind}: power cut after line {line}, {survives:?} of the unsynced left: {text}"));
        }
        counts.bad += u32::from(found.total() > 0);
        if found.total() == 0 || !self.options.keep {
            fs::remove_dir_all(&folder).map_err(|e| format!("{}: {e}", folder.display()))?;
        }
        Ok(())
    }
}

/// The effects as they stood at a time: what was answered later is not answered yet.
fn as_known(effects: &[Effect], until: u64) -> Vec<Effect> {
    let known = |effect: &Effect| effect.told_at.is_some_and(|at| micros(at) < until);
    effects
        .iter()
        .map(|effect| if known(effect) { effect.clone() } else { Effect { told: Told::Nothing, told_at: None, ..effect.clone() } })
        .collect()
}
