//! One process of racers: `oracle race-worker`, started by `race`. It talks with the race over its pipes, a JSON object a line.
//!
//! ```text
//! out {"ready":125}
//! in  go 12 1 8 10                        month, day, from, to of the window they all want
//! out {"confirming":true}                 somebody is about to confirm
//! out {"saved":"K4821735","phone":17}     at once when somebody got a seat
//! in  stop                                all seats are gone: come to an end
//! out {"effect":{…}}  {"end":{"phone":17,"why":"full","page":"…"}}  {"finding":"leak: …"}  {"turns":1234}
//! ```

use std::io::{BufRead, Write};
use std::sync::atomic::Ordering;
use std::sync::{Condvar, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::caller::{Caller, Seen};
use crate::crew::{Phase, Stage};
use crate::gateway::beside;
use crate::ledger::{Asked, Effect, Ledger, Told};
use crate::options::Options;
use crate::page::Window;
use crate::people::{Phone, read_citizens};
use crate::script::{Goal, Pick, Place, Why};
use crate::wire;

/// Longer than the two seconds in which a second dial is taken for a repeat of the first.
const TRY_AGAIN: Duration = Duration::from_secs(3);
/// A hold lasts 180 s; after that a seat that nobody confirmed is free again.
pub const RACE_MAX: Duration = Duration::from_secs(240);
/// How often a look is taken whether anybody confirms.
const GLANCE: Duration = Duration::from_millis(1);
/// A thread for every phone: they do little and need little.
const STACK: usize = 256 << 10;

pub fn run(options: &Options) -> Result<(Value, Vec<String>), String> {
    let citizens = match wire::get(options.port, "/sim/api/citizens") {
        Ok((200, body)) => read_citizens(&body)?,
        other => return Err(format!("no citizens: {other:?}")),
    };
    let ledger = Ledger::create(&beside(&options.data, &format!("ledger-{}", options.first))).map_err(|e| format!("the ledger: {e}"))?;
    let stage = Stage::new(options.port, citizens, ledger, Phase::Calling);
    tell(&json!({"ready": options.count}));
    let mut lines = std::io::stdin().lock().lines();
    let window = lines.next().and_then(Result::ok).as_deref().and_then(read_go).ok_or("no go")?;
    let over = Over::default();
    let place = if options.place.is_empty() { Place::First } else { Place::Named(options.place.clone()) };
    let goal = Goal::Book { need: options.need, place, pick: Pick::Only(window) };
    thread::scope(|scope| {
        for n in options.first..options.first + options.count {
            let (stage, goal, over) = (&stage, &goal, &over);
            let body = move || tell(&json!({"end": race(stage, Phone(n), goal, over)}));
            if thread::Builder::new().stack_size(STACK).spawn_scoped(scope, body).is_err() {
                tell(&json!({"finding": "unanswered: no thread for a racer"}));
            }
        }
        scope.spawn(|| {
            while stage.ledger.is_empty() {
                if over.wait(GLANCE) {
                    return;
                }
            }
            tell(&json!({"confirming": true}));
        });
        // The race says stop; if it is gone, its pipe ends and so do we.
        let _ = lines.next();
        over.set();
    });
    for effect in stage.ledger.effects() {
        tell(&json!({"effect": write_effect(&effect)}));
    }
    for line in stage.findings.shown() {
        tell(&json!({"finding": line}));
    }
    let turns = stage.tally.turns.load(Ordering::Relaxed);
    Ok((json!({"turns": turns, "retried": stage.tally.retried.load(Ordering::Relaxed), "violations": 0}), Vec::new()))
}

/// One citizen tries until there is a seat, all seats are booked, or the race is over.
fn race(stage: &Stage, phone: Phone, goal: &Goal, over: &Over) -> Value {
    let mut caller = Caller::new(stage, format!("r{}", phone.0));
    let began = Instant::now();
    loop {
        let Ok(Seen { why, told, page, .. }) = caller.call(phone, phone.0, goal) else {
            return json!({"phone": phone.0, "why": "broken", "page": ""});
        };
        if let Some(Told::Saved { code, .. }) = &told {
            tell(&json!({"saved": code, "phone": phone.0}));
            return json!({"phone": phone.0, "why": "saved", "page": page});
        }
        let tries_again = matches!(why, Why::Held | Why::NotOffered | Why::Ended | Why::Other) && began.elapsed() < RACE_MAX;
        if !tries_again || over.wait(TRY_AGAIN) {
            return json!({"phone": phone.0, "why": why.name(), "page": page});
        }
    }
}

#[derive(Debug, Default)]
struct Over {
    flag: Mutex<bool>,
    changed: Condvar,
}

impl Over {
    fn set(&self) {
        *self.flag.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.changed.notify_all();
    }

    /// True when the race is over within this time.
    fn wait(&self, time: Duration) -> bool {
        let flag = self.flag.lock().unwrap_or_else(PoisonError::into_inner);
        *self.changed.wait_timeout_while(flag, time, |over| !*over).unwrap_or_else(PoisonError::into_inner).0
    }
}

/// A line of its own, even from many threads.
fn tell(value: &Value) {
    let mut out = std::io::stdout().lock();
    // If the race is gone nobody needs the line.
    let _ = writeln!(out, "{value}").and_then(|()| out.flush());
}

pub fn write_go(window: Window) -> String {
    format!("go {} {} {} {}\n", window.month, window.day, window.from, window.to)
}

fn read_go(line: &str) -> Option<Window> {
    let numbers: Vec<u8> = line.strip_prefix("go ")?.split(' ').map(str::parse).collect::<Result<_, _>>().ok()?;
    match numbers.as_slice() {
        [month, day, from, to] => Some(Window { month: *month, day: *day, from: *from, to: *to }),
        _ => None,
    }
}

fn write_window(window: Option<Window>) -> Value {
    window.map_or(Value::Null, |w| json!([w.month, w.day, w.from, w.to]))
}

fn read_window(value: Option<&Value>) -> Option<Window> {
    let numbers: Vec<u8> = value?.as_array()?.iter().filter_map(|n| u8::try_from(n.as_u64()?).ok()).collect();
    match numbers.as_slice() {
        [month, day, from, to] => Some(Window { month: *month, day: *day, from: *from, to: *to }),
        _ => None,
    }
}

/// Racers only book; requests and replies stay in the worker's own ledger.
fn write_effect(effect: &Effect) -> Value {
    let window = if let Asked::Book { window, .. } = &effect.asked { *window } else { None };
    let told = match &effect.told {
        Told::Nothing => json!({"kind": "nothing"}),
        Told::Saved { code, window } => json!({"kind": "saved", "code": code, "window": write_window(*window)}),
        Told::Cancelled => json!({"kind": "cancelled"}),
        Told::Recorded { .. } | Told::Agreed | Told::Listed | Told::Unlisted | Told::Taken(_) => json!({"kind": "otherwise", "page": ""}),
        Told::Otherwise(page) => json!({"kind": "otherwise", "page": page}),
    };
    json!({"phone": effect.phone.0, "nik4": effect.nik4, "window": write_window(window), "told": told})
}

pub fn read_effect(value: &Value, need: u8) -> Option<Effect> {
    let phone = u32::try_from(value.get("phone")?.as_u64()?).ok()?;
    let told = value.get("told")?;
    let text = |field: &str| told.get(field).and_then(Value::as_str).unwrap_or_default().to_owned();
    let told = match text("kind").as_str() {
        "nothing" => Told::Nothing,
        "saved" => Told::Saved { code: text("code"), window: read_window(told.get("window")) },
        "cancelled" => Told::Cancelled,
        _ => Told::Otherwise(text("page")),
    };
    Some(Effect {
        phone: Phone(phone),
        citizen: phone,
        nik4: value.get("nik4")?.as_str()?.to_owned(),
        asked: Asked::Book { need, window: read_window(value.get("window")) },
        told,
        request: Vec::new(),
        reply: None,
        told_at: None,
        retried: false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_worker_tells_is_read_back() {
        let window = Window { month: 12, day: 1, from: 8, to: 10 };
        assert_eq!(read_go(write_go(window).trim()), Some(window));
        assert_eq!(read_go("go 1 2"), None);
        for told in [Told::Nothing, Told::Saved { code: "K4821735".to_owned(), window: Some(window) }, Told::Otherwise("PENUH".to_owned())]
        {
            let effect = Effect {
                phone: Phone(7),
                citizen: 7,
                nik4: "9999".to_owned(),
                asked: Asked::Book { need: 4, window: Some(window) },
                told,
                request: Vec::new(),
                reply: None,
                told_at: None,
                retried: false,
            };
            let back = read_effect(&write_effect(&effect), 4).unwrap();
            assert_eq!(format!("{back:?}"), format!("{effect:?}"));
        }
    }
}
