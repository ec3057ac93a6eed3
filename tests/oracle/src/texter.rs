//! Somebody who writes messages instead of dialling: brought by the aggregator until the gateway takes them, the very same again after a
//! kill, as a telco does. The answer comes in the reply, or by the aggregator later.
//!
//! ```text
//! GET /in/kannel?from=%2B6281200050001&to=2000&text=DAFTAR&charset=UTF-8&id=o1-7-3      200: the page, or nothing
//! ```

use std::thread;
use std::time::{Duration, Instant};

use crate::aggregator::{Aggregator, Handed};
use crate::crew::{Phase, Stage};
use crate::export::Export;
use crate::findings::kind;
use crate::ledger::{Asked, Effect, Told, told};
use crate::options::Options;
use crate::page::{Page, Window};
use crate::people::{Citizen, Phone, WRITERS};
use crate::random::Random;
use crate::script::{Goal, Move, Pick, Place, next};
use crate::wire::{self, Fault};

/// Messages of one conversation: a booking takes six, and a few more after a restart.
const TEXTS_MAX: usize = 16;
/// In a hundred conversations so many make an appointment; the others ask for a status.
const BOOKS_PERCENT: u64 = 60;
/// Of a hundred messages so many are brought once more although they were taken.
const TWICE_PERCENT: u64 = 10;
/// So long somebody waits for a page.
const PAGE_MAX: Duration = Duration::from_secs(4);
const LOOK_EVERY: Duration = Duration::from_millis(5);
const DOWN_MAX: Duration = Duration::from_secs(60);
const RECONNECT: Duration = Duration::from_millis(2);

/// The life of one writer: a new phone and a citizen of its own for each conversation. `citizens` are none of those who dial; `mine`: their places in the list.
pub fn write(
    stage: &Stage,
    aggregator: &Aggregator,
    citizens: &[Citizen],
    mut mine: impl Iterator<Item = u32>,
    options: &Options,
    mut random: Random,
) {
    while stage.between() {
        let Some((at, who)) = mine.next().and_then(|at| Some((at, citizens.get(at as usize)?))) else {
            // Everybody has written.
            thread::sleep(Duration::from_millis(10));
            continue;
        };
        let goal = if random.percent(BOOKS_PERCENT) {
            Goal::Book { need: u8::try_from(random.between(1, 5)).unwrap_or(1), place: Place::First, pick: Pick::Nth(random.next()) }
        } else {
            Goal::Status
        };
        let mut writer =
            Writer { stage, aggregator, phone: Phone(WRITERS + at), who, at, texts: 0, random: &mut random, seed: options.seed };
        if writer.converse(&goal).is_none() {
            // Counted where it happened; a short rest keeps a broken gateway from being flooded.
            thread::sleep(Duration::from_millis(10));
        }
    }
}

struct Writer<'s> {
    stage: &'s Stage,
    aggregator: &'s Aggregator,
    phone: Phone,
    who: &'s Citizen,
    at: u32,
    texts: usize,
    random: &'s mut Random,
    seed: u64,
}

impl Writer<'_> {
    /// A whole conversation; none if the gateway did not answer as it must.
    fn converse(&mut self, goal: &Goal) -> Option<()> {
        let mut window = None;
        let mut text = if *goal == Goal::Status { "KTP".to_owned() } else { "DAFTAR".to_owned() };
        let mut read = self.aggregator.count();
        while self.texts < TEXTS_MAX {
            let (_, page) = self.say(&text)?;
            // Who waits in vain gives up: the message is in doubt, or the gateway is being killed all the time.
            let Some(page) = page.or_else(|| self.wait(&mut read)) else { return Some(()) };
            text = match next(goal, &page, self.who) {
                Move::Press(key) => key,
                Move::Choose(key, chosen) => {
                    window = Some(chosen);
                    key
                }
                Move::Confirm(_, named) => return self.confirm(goal, named.or(window)),
                Move::Done(why) => {
                    self.stage.ended(why.name(), &page.brief());
                    return Some(());
                }
                Move::Offered(_) => return Some(()),
            };
        }
        Some(())
    }

    /// The message that changes the world: in the ledger before it is sent. What it came to is told by the aggregator.
    fn confirm(&mut self, goal: &Goal, window: Option<Window>) -> Option<()> {
        let Goal::Book { need, .. } = goal else { return Some(()) };
        let effect = Effect {
            phone: self.phone,
            citizen: WRITERS + self.at,
            nik4: self.who.nik4().to_owned(),
            asked: Asked::Book { need: *need, window },
            told: Told::Nothing,
            request: format!("sms {:?}", self.phone).into_bytes(),
            reply: None,
            told_at: None,
            retried: false,
        };
        let Ok(id) = self.stage.ledger.begin(effect) else {
            self.stage.findings.add(kind::UNANSWERED, "the oracle's own ledger could not be written");
            return None;
        };
        let (retried, page) = self.say("ya")?;
        let (bytes, claim) = match page {
            // A page in the reply tells of no effect: what was recorded is told by the outbox.
            Some(page) => (page.text.clone().into_bytes(), told(&page)),
            None => (Vec::new(), Told::Nothing),
        };
        self.stage.ended("wrote", "");
        self.stage.ledger.answer(id, &bytes, claim, retried);
        Some(())
    }

    /// Brings a message until it is taken, sometimes once more; the page of the reply, if there is one.
    fn say(&mut self, text: &str) -> Option<(bool, Option<Page>)> {
        self.texts += 1;
        let number = self.phone.number().replace('+', "%2B");
        let id = format!("o{:x}-{}-{}", self.seed, self.at, self.texts);
        let path = format!("/in/kannel?from={number}&to=2000&text={text}&charset=UTF-8&id={id}");
        self.stage.ledger.note("text", path.as_bytes());
        let change = self.stage.change();
        let (retried, body) = bring(self.stage, self.phone, &path)?;
        if self.random.percent(TWICE_PERCENT) {
            self.stage.count(&self.stage.tally.repeated);
            let (_, again) = bring(self.stage, self.phone, &path)?;
            // A page that tells of no effect need not outlive a kill: the message is then heard anew. An effect must.
            let outlives = body.is_empty() || change == self.stage.change();
            if outlives && again != body {
                self.stage.findings.add(kind::DIFFERING, format!("{:?} got another answer to the same message", self.phone));
            }
        }
        let text = String::from_utf8_lossy(&body).into_owned();
        let page = (!text.trim().is_empty()).then_some(Page { open: true, text });
        if let Some(page) = &page {
            self.look(page);
        }
        Some((retried, page))
    }

    /// A page that comes by the aggregator.
    fn wait(&self, read: &mut usize) -> Option<Page> {
        let began = Instant::now();
        while began.elapsed() < PAGE_MAX {
            if let Some((after, text)) = self.aggregator.next_to(&self.phone.number(), *read) {
                *read = after;
                let page = Page { open: true, text };
                self.look(&page);
                return Some(page);
            }
            thread::sleep(LOOK_EVERY);
        }
        None
    }

    fn look(&self, page: &Page) {
        let findings = &self.stage.findings;
        if page.tails().any(|tail| tail != self.who.nik4()) || page.shows_whole_nik() {
            findings.add(kind::LEAK, format!("{:?} wrote of ..{} and was answered `{}`", self.phone, self.who.nik4(), page.brief()));
        }
        for code in page.codes() {
            if !self.stage.owns_code(code, self.phone) {
                findings.add(kind::LEAK, format!("{:?} was shown {code}, which another phone got", self.phone));
            }
        }
    }
}

/// Brings one message until the gateway has taken it: whether it was brought more than once, and the reply.
pub fn bring(stage: &Stage, phone: Phone, path: &str) -> Option<(bool, Vec<u8>)> {
    let (mut retried, mut down_since) = (false, None);
    loop {
        match wire::get(stage.port, path) {
            Ok((200..=299, body)) => {
                stage.count(&stage.tally.turns);
                return Some((retried, body));
            }
            // Not taken now: brought again.
            Ok((503, _)) | Err(Fault::Gone) => {}
            Ok((status, _)) => {
                stage.findings.add(kind::UNANSWERED, format!("{:?}: status {status} for a message", phone));
                return None;
            }
            Err(fault) => {
                stage.findings.add(kind::UNANSWERED, format!("{:?}: {fault} for a message", phone));
                return None;
            }
        }
        retried = true;
        if stage.phase() == Phase::Down {
            down_since = None;
            stage.wait_up();
        }
        if stage.phase() == Phase::Over {
            return None;
        }
        if down_since.get_or_insert_with(Instant::now).elapsed() > DOWN_MAX {
            stage.findings.add(kind::UNANSWERED, format!("{:?}: no connection for {} s", phone, DOWN_MAX.as_secs()));
            return None;
        }
        thread::sleep(RECONNECT);
    }
}

/// An appointment that was made by message, and told.
pub fn wrote(effect: &Effect) -> bool {
    effect.citizen >= WRITERS && matches!(effect.told, Told::Saved { .. })
}

/// What the effects of writers came to, as the phones were told: an appointment by the code in its proof.
pub fn told_by_message(effects: &mut [Effect], handed: &[Handed], export: &Export, stage: &Stage) {
    let page = |text: &str| Page { open: false, text: text.to_owned() };
    let got = |phone: Phone| {
        let number = phone.number();
        handed.iter().filter(move |one| number.ends_with(&one.to)).map(move |one| page(&one.text))
    };
    let unknown = |effect: &Effect| effect.citizen >= WRITERS && effect.reply.is_some() && effect.told == Told::Nothing;
    // First of all whose the codes are that arrived.
    for effect in effects.iter().filter(|effect| unknown(effect)) {
        for code in got(effect.phone).flat_map(|page| page.codes().map(str::to_owned).collect::<Vec<_>>()) {
            if !stage.owns_code(&code, effect.phone) {
                stage.findings.add(kind::LEAK, format!("{:?} was sent {code}, which another phone got", effect.phone));
            }
        }
    }
    for effect in effects.iter_mut().filter(|effect| unknown(effect)) {
        // What nobody knows to have arrived is in the store at least, by the last digits of a number, which are others' too.
        let kept = export.messages.values().flatten().filter(|sms| sms.to4 == effect.phone.to4()).map(|sms| page(&sms.text));
        let Asked::Book { window, .. } = effect.asked else { continue };
        let fits = |page: &Page| window.is_none() || Window::find(&page.text) == window;
        let kept = kept.filter(|page| page.codes().all(|code| fits(page) && stage.owns_code(code, effect.phone)));
        let pages: Vec<Page> = got(effect.phone).chain(kept).collect();
        let proof = pages.iter().find_map(|page| Some((page.codes().next()?, page)));
        match (proof, pages.first()) {
            (Some((code, page)), _) => effect.told = Told::Saved { code: code.to_owned(), window: Window::find(&page.text) },
            (None, Some(page)) => effect.told = Told::Otherwise(page.brief()),
            (None, None) => {
                stage.findings.add(kind::LOST, format!("{:?} confirmed by message, was acknowledged, and heard no more", effect.phone));
            }
        }
    }
}
