//! F40: many citizens from several processes want one window with few seats, and the gateway is killed in the middle. At the end every
//! seat is booked once, and everybody else was told so.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::caller::Caller;
use crate::crew::{Phase, Stage};
use crate::export::Export;
use crate::findings::{Findings, kind};
use crate::gateway::{Gateway, Running};
use crate::judge;
use crate::ledger::{Asked, Effect, Ledger, Told};
use crate::options::Options;
use crate::page::Window;
use crate::people::{PHONES, Phone};
use crate::racer::{RACE_MAX, read_effect, write_go};
use crate::random::Random;
use crate::script::{Goal, Pick, Place};

/// Milliseconds from the first confirmation, and then from each restart, to a kill: while the seats go.
const KILL_MS: (u64, u64) = (0, 20);
/// After the last seat is gone the others still try for so long, so that they are told so.
const AFTERMATH: Duration = Duration::from_secs(8);
/// If most racers never reach the list of windows there was no race.
const RACED_PERCENT: usize = 50;

pub fn run(options: &Options) -> Result<(Value, Vec<String>), String> {
    let gateway = Gateway::new(options)?.with_seats(options.seats);
    let mut running = gateway.start()?;
    gateway.wait_ready(&mut running)?;
    let window = first_window(&gateway, options)?;
    let (out, inbox) = channel();
    let mut workers = start_workers(options, &gateway, &out)?;
    drop(out);
    let mut findings = Findings::default();
    let began = Instant::now();
    let mut course = Course::default();
    course.wait_ready(&inbox, workers.len())?;
    for worker in &mut workers {
        worker.say(&write_go(window));
    }
    let mut random = Random::new(options.seed);
    let mut running = Some(running);
    course.wait_confirming(&inbox);
    for _ in 0..options.kills {
        thread::sleep(Duration::from_millis(random.between(KILL_MS.0, KILL_MS.1)));
        running = restart(&gateway, running, &findings);
    }
    course.wait_seats(&inbox, options.seats as usize, began);
    thread::sleep(AFTERMATH);
    for worker in &mut workers {
        worker.say("stop\n");
    }
    course.read_all(&inbox, &mut findings, options.need);
    drop(workers);
    if let Some(running) = running {
        running.kill();
    }
    match gateway.export(&gateway.data) {
        Ok(mut export) => {
            // The export counts seats by the offices file; `demo --seats` set the number that the racers met.
            export.slots.iter_mut().for_each(|slot| slot.seats = u64::from(options.seats));
            compare(&export, &course, window, options, &findings);
        }
        Err(problem) => findings.add(kind::UNOPENED, problem),
    }
    let reached = course.ends.values().map(|(why, _)| why).filter(|why| *why != "other" && *why != "broken").count();
    if reached * 100 < options.racers as usize * RACED_PERCENT && findings.total() == 0 {
        return Err(format!("only {reached} racers reached the window; the others saw {:?}", course.sample("other")));
    }
    Ok((summary(options, &course, &findings, window, began.elapsed()), findings.shown()))
}

/// The window that all will want: the first that is offered.
fn first_window(gateway: &Gateway, options: &Options) -> Result<Window, String> {
    let ledger = Ledger::create(&gateway.beside("ledger")).map_err(|e| format!("the ledger: {e}"))?;
    let stage = Stage::new(gateway.port, gateway.citizens()?, ledger, Phase::Calling);
    let citizens = u32::try_from(stage.citizens.len()).unwrap_or(u32::MAX);
    if citizens <= options.racers {
        return Err(format!("{citizens} citizens are too few for {} racers", options.racers));
    }
    let place = if options.place.is_empty() { Place::First } else { Place::Named(options.place.clone()) };
    let goal = Goal::Book { need: options.need, place, pick: Pick::Look };
    // Not every citizen may book; those after the racers are asked in turn.
    let mut last = String::new();
    for n in 0..20.min(citizens - options.racers) {
        let seen = Caller::new(&stage, format!("look{n}")).call(Phone(PHONES - 2 - n), citizens - 1 - n, &goal);
        match seen {
            Ok(seen) if seen.window.is_some() => return seen.window.ok_or_else(String::new),
            Ok(seen) => last = seen.page,
            Err(_) => return Err(format!("no page: {:?}", stage.findings.shown())),
        }
    }
    Err(format!("no window is offered: `{last}`"))
}

struct Worker {
    child: Child,
    stdin: Option<ChildStdin>,
}

impl Worker {
    fn say(&mut self, line: &str) {
        if let Some(stdin) = &mut self.stdin {
            // A worker that is gone shows in what it did not report.
            let _ = stdin.write_all(line.as_bytes()).and_then(|()| stdin.flush());
        }
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn start_workers(options: &Options, gateway: &Gateway, out: &Sender<Value>) -> Result<Vec<Worker>, String> {
    let program = std::env::current_exe().map_err(|e| e.to_string())?;
    let processes = options.processes.clamp(1, options.racers.max(1));
    let mut first = 0;
    let mut workers = Vec::new();
    for n in 0..processes {
        let count = options.racers / processes + u32::from(n < options.racers % processes);
        let mut command = Command::new(&program);
        command.arg("race-worker").arg("--data").arg(&gateway.data).arg("--port").arg(gateway.port.to_string());
        command.args(["--first", &first.to_string(), "--count", &count.to_string(), "--need", &options.need.to_string()]);
        command.args(["--place", &options.place]);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().map_err(|e| format!("a worker: {e}"))?;
        let (stdin, stdout) = (child.stdin.take(), child.stdout.take());
        let out = out.clone();
        thread::spawn(move || {
            for line in stdout.map(BufReader::new).into_iter().flat_map(BufRead::lines).map_while(Result::ok) {
                if let Ok(value) = serde_json::from_str(&line) {
                    let _ = out.send(value);
                }
            }
        });
        workers.push(Worker { child, stdin });
        first += count;
    }
    Ok(workers)
}

fn restart(gateway: &Gateway, running: Option<Running>, findings: &Findings) -> Option<Running> {
    if let Some(running) = running {
        running.kill();
    }
    let started = gateway.start().and_then(|mut running| gateway.wait_ready(&mut running).map(|_| running));
    started.map_err(|problem| findings.add(kind::UNOPENED, format!("after a kill: {problem}"))).ok()
}

/// What the workers reported.
#[derive(Default)]
struct Course {
    /// Code and phone of everybody who was told of a seat.
    saved: Vec<(String, u64)>,
    /// How it ended for each phone, and the last page.
    ends: BTreeMap<u64, (String, String)>,
    effects: Vec<Effect>,
    turns: u64,
    retried: u64,
    took: Option<Duration>,
}

impl Course {
    fn wait_ready(&mut self, inbox: &Receiver<Value>, workers: usize) -> Result<(), String> {
        for _ in 0..workers {
            inbox.recv_timeout(Duration::from_secs(30)).map_err(|_| "a worker did not get ready")?;
        }
        Ok(())
    }

    /// Until somebody is about to confirm.
    fn wait_confirming(&mut self, inbox: &Receiver<Value>) {
        while let Ok(value) = inbox.recv_timeout(RACE_MAX) {
            self.note(&value);
            if value.get("confirming").is_some() {
                return;
            }
        }
    }

    /// Until all seats are told to somebody, or nobody can hope any more.
    fn wait_seats(&mut self, inbox: &Receiver<Value>, seats: usize, began: Instant) {
        while self.saved.len() < seats {
            match inbox.recv_timeout(RACE_MAX.saturating_sub(began.elapsed())) {
                Ok(value) => self.note(&value),
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => break,
            }
        }
        self.took = Some(began.elapsed());
    }

    fn read_all(&mut self, inbox: &Receiver<Value>, findings: &mut Findings, need: u8) {
        while let Ok(value) = inbox.recv_timeout(Duration::from_secs(60)) {
            self.note(&value);
            if let Some(line) = value.get("finding").and_then(Value::as_str) {
                findings.adopt(line);
            }
            if let Some(effect) = value.get("effect").and_then(|effect| read_effect(effect, need)) {
                self.effects.push(effect);
            }
            let count = |name: &str| value.get(name).and_then(Value::as_u64).unwrap_or(0);
            self.turns += count("turns");
            self.retried += count("retried");
        }
    }

    fn note(&mut self, value: &Value) {
        if let (Some(code), Some(phone)) = (value.get("saved").and_then(Value::as_str), value.get("phone").and_then(Value::as_u64)) {
            self.saved.push((code.to_owned(), phone));
        }
        if let Some(end) = value.get("end") {
            let text = |name: &str| end.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
            self.ends.insert(end.get("phone").and_then(Value::as_u64).unwrap_or(u64::MAX), (text("why"), text("page")));
        }
    }

    fn sample(&self, why: &str) -> Option<&str> {
        self.ends.values().find(|(w, _)| w == why).map(|(_, page)| page.as_str())
    }
}

fn compare(export: &Export, course: &Course, window: Window, options: &Options, findings: &Findings) {
    judge::judge(export, &course.effects, options.outgoing, findings);
    let told: BTreeSet<&str> = course.saved.iter().map(|(code, _)| code.as_str()).collect();
    // Only those who were told of this very window; another one is counted as `moved`.
    let told_here = course.effects.iter().filter(|effect| told_window(effect) == Some(window)).count();
    let slots = export.slots.iter().filter(|slot| slot.at.window() == Some(window));
    let raced: Vec<_> = slots.filter(|slot| slot.booked.iter().any(|code| told.contains(code.as_str()))).collect();
    let [slot] = raced.as_slice() else {
        return findings.add(kind::LOST, format!("{} windows hold the racers' bookings, not one", raced.len()));
    };
    if slot.booked.len() as u64 != slot.seats || told_here != slot.booked.len() {
        let (booked, seats) = (slot.booked.len(), slot.seats);
        findings.add(kind::UNTRUE, format!("{seats} seats, {booked} booked, {told_here} citizens were told of one"));
    }
    for (phone, (why, page)) in course.ends.iter().filter(|(_, (why, _))| why == "already" || why == "broken") {
        findings.add(kind::UNTRUE, format!("phone ..{phone:05} has no seat and saw ({why}) `{page}`"));
    }
    if course.ends.len() != options.racers as usize {
        let missing = options.racers as usize - course.ends.len().min(options.racers as usize);
        findings.add(kind::UNANSWERED, format!("{missing} racers did not come to an end"));
    }
}

/// The window that somebody with a seat was told; the chosen one when the page names none.
fn told_window(effect: &Effect) -> Option<Window> {
    match (&effect.told, &effect.asked) {
        (Told::Saved { window, .. }, Asked::Book { window: chosen, .. }) => window.or(*chosen),
        _ => None,
    }
}

fn summary(options: &Options, course: &Course, findings: &Findings, window: Window, took: Duration) -> Value {
    let mut ends: BTreeMap<&str, u64> = BTreeMap::new();
    for (why, _) in course.ends.values() {
        *ends.entry(why).or_default() += 1;
    }
    let moved = course.effects.iter().filter_map(told_window).filter(|at| *at != window).count();
    json!({
        "mode": "race", "seed": options.seed, "racers": options.racers, "processes": options.processes, "seats": options.seats,
        "kills": options.kills, "window": window.to_string(), "saved": course.saved.len(), "moved": moved, "ends": ends,
        "other_page": course.sample("other"), "turns": course.turns, "retried": course.retried,
        "seats_gone_s": course.took.map(|t| t.as_secs_f64()), "took_s": took.as_secs_f64(),
        "findings": findings.counts(), "violations": findings.total(),
    })
}
