//! One caller: dials, reads, presses, and repeats the very same bytes whenever the connection breaks, as a telco does.

use std::collections::VecDeque;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::{Duration, Instant};

use crate::crew::{Phase, Stage};
use crate::findings::kind;
use crate::ledger::{Asked, Effect, Told, told};
use crate::page::{Page, Window};
use crate::people::{Citizen, Phone};
use crate::script::{Goal, Move, Why, Wish, next, refusal};
use crate::unit::VILLAGES;
use crate::wire::{Fault, Line};

/// A dialogue needs 8 inputs, and a few more when a restart threw it back or a list has parts.
const PRESSES_MAX: usize = 24;
/// With the gateway up, a connection that cannot be had for so long is a fault of the gateway.
const DOWN_MAX: Duration = Duration::from_secs(60);
const RECONNECT: Duration = Duration::from_millis(1);
/// Answered effects kept for a later repeat.
const RECENT_MAX: usize = 32;
/// Repeats are answered until the dialogue's end and 15 minutes; we stay well below.
const REPEAT_WITHIN: Duration = Duration::from_secs(600);

/// The state of one caller; a thread each.
#[derive(Debug)]
pub struct Caller<'s> {
    stage: &'s Stage,
    line: Line,
    /// Makes dialogue ids unlike those of other callers.
    name: String,
    dialogues: u64,
    recent: VecDeque<Recent>,
    body: Vec<u8>,
}

#[derive(Debug)]
struct Recent {
    phone: Phone,
    request: Vec<u8>,
    reply: Vec<u8>,
    citizen: u32,
    at: Instant,
    /// The gateway's clock was set forward so often before.
    skips: u32,
}

/// How a dialogue came out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    pub why: Why,
    /// What the confirmed effect told, if the dialogue came so far.
    pub told: Option<Told>,
    /// The window that was chosen.
    pub window: Option<Window>,
    /// The last page, short.
    pub page: String,
}

struct Reply {
    bytes: Vec<u8>,
    page: Page,
    /// The connection broke and the same bytes were sent again.
    retried: bool,
}

/// The run is over, or the gateway does not come back.
#[derive(Debug)]
pub struct Stopped;

impl<'s> Caller<'s> {
    pub fn new(stage: &'s Stage, name: String) -> Self {
        let line = Line::new(stage.port);
        Caller { stage, line, name, dialogues: 0, recent: VecDeque::new(), body: Vec::new() }
    }

    /// A whole dialogue of a citizen at a phone.
    pub fn call(&mut self, phone: Phone, citizen: u32, goal: &Goal) -> Result<Seen, Stopped> {
        let Some(who) = self.stage.citizens.get(citizen as usize) else { return Err(Stopped) };
        self.dialogues += 1;
        let head = format!(
            "sessionId={}-{}&serviceCode=*123#&phoneNumber={}&networkCode=51010&text=",
            self.name,
            self.dialogues,
            phone.number().replace('+', "%2B")
        );
        // A new dialogue takes the place of the old one: its bytes are no longer a repeat.
        self.recent.retain(|old| old.phone != phone);
        let mut text = String::new();
        let mut window = None;
        let mut page = self.turn(&head, &text, phone, who)?.page;
        for _ in 0..PRESSES_MAX {
            let key = match next(goal, &page, who) {
                Move::Done(why) => return Ok(self.seen(why, None, window, &page, who)),
                Move::Offered(window) => return Ok(self.seen(Why::Other, None, Some(window), &page, who)),
                Move::Press(key) => key,
                Move::Choose(key, chosen) => {
                    window = Some(chosen);
                    key
                }
                Move::Confirm(key, named) => {
                    press(&mut text, &key);
                    window = named.or(window);
                    let asked = match goal {
                        Goal::Cancel { code } => Asked::Cancel { code: code.clone() },
                        Goal::Book { need, .. } => Asked::Book { need: *need, window },
                        Goal::Report { .. } => Asked::Report,
                        Goal::Agree { code } => Asked::Agree { code: code.clone() },
                        Goal::Village { village, wish } => match (wish, VILLAGES.get(*village)) {
                            (Wish::Join, Some((_, village))) => Asked::Join { village },
                            (Wish::Leave, Some((_, village))) => Asked::Leave { village },
                            (Wish::Visit { need, .. }, _) => Asked::Book { need: *need, window },
                            (_, None) => return Err(Stopped),
                        },
                        Goal::Status => return Ok(self.seen(Why::Other, None, window, &page, who)),
                    };
                    let (page, told) = self.confirm(&head, &text, phone, citizen, who, asked)?;
                    let why = refusal(&page).unwrap_or(if page.open { Why::Other } else { Why::Ended });
                    return Ok(self.seen(why, Some(told), window, &page, who));
                }
            };
            press(&mut text, &key);
            page = self.turn(&head, &text, phone, who)?.page;
        }
        Ok(self.seen(Why::Other, None, window, &page, who))
    }

    fn seen(&self, why: Why, told: Option<Told>, window: Option<Window>, page: &Page, who: &Citizen) -> Seen {
        self.stage.count(&self.stage.tally.dialogues);
        if why == Why::Status {
            self.stage.status_shown(who, page);
        }
        if told.is_none() && (page.holds("TERSIMPAN") || page.holds("DIBATALKAN")) {
            self.stage.findings.add(kind::UNTRUE, format!("an effect is told that was not confirmed: `{}`", page.brief()));
        }
        let brief = page.brief();
        let end = match told {
            Some(Told::Saved { .. }) => "saved",
            Some(Told::Cancelled) => "cancelled",
            Some(Told::Recorded { .. }) => "recorded",
            Some(Told::Agreed) => "agreed",
            Some(Told::Listed) => "listed",
            Some(Told::Unlisted) => "unlisted",
            _ => why.name(),
        };
        self.stage.ended(end, &brief);
        Seen { why, told, window, page: brief }
    }

    /// The turn that changes the world: in the ledger before it is sent; sent again until a page comes, and once more to compare.
    fn confirm(
        &mut self,
        head: &str,
        text: &str,
        phone: Phone,
        citizen: u32,
        who: &Citizen,
        asked: Asked,
    ) -> Result<(Page, Told), Stopped> {
        let request = format!("{head}{text}").into_bytes();
        let effect = Effect {
            phone,
            citizen,
            nik4: who.nik4().to_owned(),
            asked,
            told: Told::Nothing,
            request: request.clone(),
            reply: None,
            told_at: None,
            retried: false,
        };
        let Ok(id) = self.stage.ledger.begin(effect) else {
            self.stage.findings.add(kind::UNANSWERED, "the oracle's own ledger could not be written");
            return Err(Stopped);
        };
        let first = self.send(&request, phone, who)?;
        let claim = told(&first.page);
        self.stage.ledger.answer(id, &first.bytes, claim.clone(), first.retried);
        if first.retried {
            self.stage.count(&self.stage.tally.retried);
        }
        // A page that tells of no effect need not outlive a kill: the turn may then be run anew. One that does must.
        if !matches!(claim, Told::Otherwise(_)) {
            if first.retried {
                let again = self.send(&request, phone, who)?;
                self.compare(&first.bytes, &again.bytes, phone);
            }
            let skips = self.stage.skips.load(Ordering::Relaxed);
            self.remember(Recent { phone, request, reply: first.bytes, citizen, at: Instant::now(), skips });
        }
        Ok((first.page, claim))
    }

    fn remember(&mut self, recent: Recent) {
        if self.recent.len() == RECENT_MAX {
            self.recent.pop_front();
        }
        self.recent.push_back(recent);
    }

    /// Sends an effect again that was answered before; the page must be the same, byte for byte.
    pub fn repeat_one(&mut self, at: u64) -> Result<(), Stopped> {
        let index = usize::try_from(at % (self.recent.len().max(1) as u64)).unwrap_or(0);
        let Some(old) = self.recent.get(index).filter(|old| self.is_repeatable(old)) else { return Ok(()) };
        let (phone, request, reply) = (old.phone, old.request.clone(), old.reply.clone());
        let stage = self.stage;
        let Some(who) = stage.citizens.get(old.citizen as usize) else { return Ok(()) };
        let again = self.send(&request, phone, who)?;
        stage.count(&stage.tally.repeated);
        self.compare(&reply, &again.bytes, phone);
        Ok(())
    }

    fn is_repeatable(&self, old: &Recent) -> bool {
        old.at.elapsed() < REPEAT_WITHIN && old.skips == self.stage.skips.load(Ordering::Relaxed)
    }

    fn compare(&self, first: &[u8], again: &[u8], phone: Phone) {
        if first != again {
            let brief = |bytes: &[u8]| Page::read(bytes).map(|p| p.brief()).unwrap_or_default();
            self.stage.findings.add(kind::DIFFERING, format!("{phone:?} got `{}` and, repeated, `{}`", brief(first), brief(again)));
        }
    }

    fn turn(&mut self, head: &str, text: &str, phone: Phone, who: &Citizen) -> Result<Reply, Stopped> {
        let mut body = std::mem::take(&mut self.body);
        body.clear();
        body.extend_from_slice(head.as_bytes());
        body.extend_from_slice(text.as_bytes());
        self.stage.ledger.note("ask", &body);
        let reply = self.send(&body, phone, who);
        self.body = body;
        let reply = reply?;
        self.stage.ledger.note("told", &reply.bytes);
        Ok(reply)
    }

    /// Sends the bytes until a page comes, over as many kills as it takes.
    fn send(&mut self, body: &[u8], phone: Phone, who: &Citizen) -> Result<Reply, Stopped> {
        let mut retried = false;
        let mut down_since = None;
        loop {
            match self.line.post(body) {
                Ok(bytes) => {
                    self.stage.count(&self.stage.tally.turns);
                    return self.read(bytes, retried, phone, who);
                }
                Err(Fault::Gone) => {}
                Err(fault) => {
                    self.stage.findings.add(kind::UNANSWERED, format!("{phone:?}: {fault} instead of a page"));
                    return Err(Stopped);
                }
            }
            retried = true;
            self.stage.count(&self.stage.tally.reconnects);
            if self.stage.phase() == Phase::Down {
                down_since = None;
                self.stage.wait_up();
            }
            if self.stage.phase() == Phase::Over {
                return Err(Stopped);
            }
            if down_since.get_or_insert_with(Instant::now).elapsed() > DOWN_MAX {
                self.stage.findings.add(kind::UNANSWERED, format!("{phone:?}: no connection for {} s", DOWN_MAX.as_secs()));
                return Err(Stopped);
            }
            thread::sleep(RECONNECT);
        }
    }

    /// Every page is looked at for what belongs to somebody else.
    fn read(&self, bytes: Vec<u8>, retried: bool, phone: Phone, who: &Citizen) -> Result<Reply, Stopped> {
        let findings = &self.stage.findings;
        let page = match Page::read(&bytes) {
            Ok(page) => page,
            Err(problem) => {
                findings.add(kind::UNANSWERED, format!("{phone:?}: a page that is {problem}"));
                return Err(Stopped);
            }
        };
        if page.tails().any(|tail| tail != who.nik4()) {
            findings.add(kind::LEAK, format!("{phone:?} typed ..{} and was shown `{}`", who.nik4(), page.brief()));
        }
        if page.shows_whole_nik() {
            findings.add(kind::LEAK, format!("{phone:?} was shown 16 digits: `{}`", page.brief()));
        }
        for code in page.codes() {
            if !self.stage.owns_code(code, phone) {
                findings.add(kind::LEAK, format!("{phone:?} was shown {code}, which another phone got"));
            }
        }
        Ok(Reply { bytes, page, retried })
    }
}

fn press(text: &mut String, key: &str) {
    if !text.is_empty() {
        text.push('*');
    }
    text.push_str(key);
}
