//! One inbound handled: read, step, commit once, answer. There is one way in which the world changes, and this is it.
//!
//! ```text
//! inbound ─▶ lock the number ─▶ heard before? ─▶ the same page again, nothing re-run
//!                                   │ no
//!                                   ▼
//!                 menu::step ◀─▶ service::run        reads and held-back writes in one draft
//!                                   │ a page
//!                                   ▼
//!                 store.commit (session with the page in it, records, messages)
//!                       Conflict ─▶ throw the draft away, once more
//! ```
//!
//! What is heard again is answered again: the page stands in the session's record, and the bytes follow from the page.

mod counts;
mod deadline;
mod desk;
mod heard;
mod heard_sms;
mod locks;
mod menus;
mod outreach;
mod pieces;
mod record;
mod sms;
mod tally;
mod walk;
mod wanted;
mod who;
mod work;

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::Semaphore;

use crate::channel::sms_command::Words;
use crate::channel::{Hangup, Phase, Repeat, UssdTurn, Why};
use crate::citizen::{DialString, Msisdn};
use crate::clock::{self, Clock, Timestamp};
use crate::menu::{Medium, Menu, Notice, Reader, Session};
use crate::service::{self, Asking, Office, caller};
use crate::store::{CommitError, Draft, Fault, Field, Store};
pub use counts::{ANSWER_SECS, ANSWERS_MAX, Count, Counts};
pub use deadline::{Deadline, TURN_MAX, registry_part};
use heard::Heard;
pub use heard_sms::HeardSms;
use locks::Locks;
use menus::Onward;
pub use menus::{InForce, KEPT_FOR, KEPT_MAX, Menus, Swapped};
pub use pieces::Pieces;
use record::Effect;
pub use record::{HighWater, Record};
pub use sms::{SmsAnswered, SmsVia};
pub use tally::{Came, GivenUp, Tally, Tasks};
use walk::{Course, Next, next_input};
pub use who::Whose;
pub use work::{Question, Work};

/// Times a turn is run again because somebody else changed what it had read.
const RERUNS_MAX: usize = 5;
/// Answers that one dialled string or one cumulative text may carry.
pub const INPUTS_MAX: usize = 16;
/// Turns in work at once before new dialogues are turned away; those under way go on.
const BEGINS_MAX: usize = 2_000;
/// Turns in work at once before anybody is turned away: what two cores answer within [`TURN_MAX`], with room to spare.
const TURNS_MAX: usize = 8_000;
/// A wall clock that stands so far behind a time it has shown stops bookings: days and holds would be wrong.
const CLOCK_BACK_MAX: Duration = Duration::from_secs(300);

/// Handles turns. One for the whole gateway.
#[derive(Debug)]
pub struct Turns {
    store: Arc<Store>,
    menus: Menus,
    tally: Tally,
    counts: Arc<Counts>,
    office: Office,
    clock: Clock,
    service_code: DialString,
    numbers: Locks,
    slots: Locks,
    in_work: AtomicUsize,
    /// Places for messages in work.
    messages: Semaphore,
    /// The latest time seen, in milliseconds.
    high_water: AtomicI64,
}

/// How a turn came, and how a message to the same citizen goes.
#[derive(Clone, Copy, Debug)]
pub struct Via<'a> {
    pub repeat: Repeat,
    /// The channel that carries SMS to this channel's citizens, if the config names one.
    pub sms: Option<&'a str>,
    /// The channel, if its telco tells the number only when a dialogue begins.
    pub number_once: Option<&'a str>,
    /// How long the turn may take.
    pub within: Duration,
}

/// A channel that leaves the way of messages to the route.
impl From<Repeat> for Via<'_> {
    fn from(repeat: Repeat) -> Self {
        Self { repeat, sms: None, number_once: None, within: TURN_MAX }
    }
}

/// A page for the citizen, and how it came about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answered {
    pub text: String,
    pub release: bool,
    pub how: How,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum How {
    /// Not answered on purpose: a machine wrote, or somebody whom we have not understood just before.
    Silent,
    /// A new page, committed.
    Stepped,
    /// Heard before: the page given then.
    Repeated,
    /// The dialogue was replaced by a later one of the same number.
    Replaced,
    /// Turned away: too many turns in work. Nothing was recorded.
    Shed,
    /// Our disk or our time ran out. Perhaps nothing was recorded, and the page says so.
    Failed,
}

impl Turns {
    /// # Errors
    /// A [`Fault`] if the store cannot be read.
    pub async fn new(
        store: Arc<Store>,
        menu: Arc<Menu>,
        words: Arc<Words>,
        office: Office,
        clock: Clock,
        service_code: DialString,
    ) -> Result<Self, Fault> {
        let seen = Draft::new(&store).peek::<HighWater>(&HighWater::key()).await?.map_or(0, |high| high.at.millis());
        Ok(Self {
            store,
            tally: Tally::new(&menu),
            counts: Arc::default(),
            menus: Menus::new(menu, words, clock.now()),
            office,
            clock,
            service_code,
            numbers: Locks::new(),
            slots: Locks::new(),
            in_work: AtomicUsize::new(0),
            messages: Semaphore::new(sms::IN_WORK_MAX),
            high_water: AtomicI64::new(seen),
        })
    }

    pub fn store(&self) -> &Arc<Store> {
        &self.store
    }

    pub fn menus(&self) -> &Menus {
        &self.menus
    }

    /// Begins new dialogues on another menu.
    pub fn put_in_force(&self, menu: Arc<Menu>, words: Arc<Words>) -> Swapped {
        self.tally.learn(&menu);
        self.menus.swap(menu, words, self.clock.now())
    }

    pub fn tally(&self) -> &Tally {
        &self.tally
    }

    /// Figures that are not kept yet.
    pub fn counts(&self) -> &Arc<Counts> {
        &self.counts
    }

    /// The one in force.
    pub fn menu(&self) -> Arc<Menu> {
        self.menus.menu()
    }

    pub fn office(&self) -> &Office {
        &self.office
    }

    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    pub fn in_work(&self) -> usize {
        self.in_work.load(Ordering::Relaxed)
    }

    /// Whether the wall clock can be believed.
    pub fn clock_is_sound(&self) -> bool {
        self.clock.now().plus(CLOCK_BACK_MAX).millis() >= self.high_water.load(Ordering::Relaxed)
    }

    /// Writes down the latest time seen, so that a clock set back is noticed after a restart too.
    ///
    /// # Errors
    /// A [`Fault`] of the store.
    pub async fn keep_high_water(&self) -> Result<(), Fault> {
        let at =
            Timestamp::from_millis(self.high_water.fetch_max(self.clock.now().millis(), Ordering::Relaxed).max(self.clock.now().millis()));
        let mut draft = Draft::new(&self.store);
        draft.put(HighWater::key(), &HighWater { at })?;
        match self.store.commit(draft.into_batch()).await {
            Ok(()) | Err(CommitError::Conflict) => Ok(()),
            Err(CommitError::Fault(fault)) => Err(fault),
        }
    }

    /// Answers one USSD callback. Never fails: what goes wrong is a page.
    pub async fn ussd(&self, turn: &UssdTurn, via: Via<'_>) -> Answered {
        let _in_work = InWork::enter(&self.in_work);
        let in_work = self.in_work();
        if in_work > TURNS_MAX || in_work > BEGINS_MAX && may_begin(turn) {
            return self.notice(Notice::Busy, Reader::default(), How::Shed);
        }
        match clock::within(via.within, Box::pin(self.answer(turn, via))).await {
            Some(Ok(answered)) => answered,
            Some(Err(fault)) => {
                tracing::error!(%fault, "a turn failed");
                self.notice(Notice::Fault, Reader::default(), How::Failed)
            }
            None => {
                tracing::error!("a turn took too long");
                self.notice(Notice::Fault, Reader::default(), How::Failed)
            }
        }
    }

    /// The dialogue is over: gives back a held seat, keeps the resume note, and may offer by SMS to go on.
    ///
    /// # Errors
    /// A [`Fault`] of the store.
    pub async fn hang_up(&self, hangup: &Hangup, via: Via<'_>) -> Result<(), Fault> {
        // Without a number nobody's hold can be found; it runs out by itself.
        let Some(number) = self.number(hangup.number, &hangup.dialogue, via).await? else { return Ok(()) };
        let asking = self.asking(number);
        let dialogue = self.store.hash(Field::Dialogue, hangup.dialogue.as_bytes());
        let _number = self.numbers.lock(lock_key(&asking.number_hash)).await;
        for _ in 0..=RERUNS_MAX {
            let mut draft = Draft::new(&self.store);
            let key = Record::key(asking.number_hash);
            let Some(mut record) = draft.get::<Record>(&key).await? else { return Ok(()) };
            if !record.is_of(dialogue) || !record.open {
                return Ok(());
            }
            let given_up = record.given_up();
            record.open = false;
            service::hang_up(&asking, &mut draft).await?;
            if hangup.why != Why::Ended {
                self.offer_to_go_on(&mut draft, &asking, &mut record, via.sms).await?;
            }
            draft.put(key, &record)?;
            match self.store.commit(draft.into_batch()).await {
                Err(CommitError::Conflict) => {}
                Ok(()) => {
                    self.tally.give_up(given_up);
                    return Ok(());
                }
                Err(CommitError::Fault(fault)) => return Err(fault),
            }
        }
        Ok(())
    }

    async fn answer(&self, turn: &UssdTurn, via: Via<'_>) -> Result<Answered, Fault> {
        let Some(number) = self.number(turn.number, &turn.dialogue, via).await? else {
            return Ok(self.notice(Notice::Replaced, Reader::default(), How::Replaced));
        };
        let asking = Asking { registry: registry_part(via.within), ..self.asking(number) };
        let _number = self.numbers.lock(lock_key(&asking.number_hash)).await;
        for _ in 0..=RERUNS_MAX {
            match self.attempt(turn, via, &asking).await? {
                Attempt::Answered(answered) => return Ok(answered),
                Attempt::Conflict => {}
            }
        }
        Err(Fault::Contended)
    }

    /// Who asks: as the callback says, or as it said when the dialogue began.
    async fn number(&self, told: Option<Msisdn>, dialogue: &str, via: Via<'_>) -> Result<Option<Msisdn>, Fault> {
        match (told, via.number_once) {
            (None, Some(channel)) => Whose::find(&self.store, channel, dialogue, self.clock.now()).await,
            (told, _) => Ok(told),
        }
    }

    async fn attempt(&self, turn: &UssdTurn, via: Via<'_>, asking: &Asking) -> Result<Attempt, Fault> {
        let mut draft = Draft::new(&self.store);
        let key = Record::key(asking.number_hash);
        let before: Option<Record> = draft.get(&key).await?;
        if before.as_ref().is_some_and(|record| record.effect) {
            // The turn that made it may have been given up while it waited for the disk: by its own limit, or because the telco hung up. Its page
            // must not be told again, nor anything built on it, before it is true.
            self.store.settle(draft.stamp_seen(&key)).await?;
        }
        if let Some(channel) = via.number_once.filter(|_| turn.number.is_some()) {
            draft.put(Whose::key(&self.store, channel, &turn.dialogue), &Whose::new(asking.number, asking.now))?;
        }
        let heard =
            heard::hear(turn, via.repeat, before.as_ref(), &self.service_code, asking.now, &|field, bytes| self.store.hash(field, bytes));
        // What a new dialogue puts an end to.
        let mut given_up = GivenUp::default();
        let (mut record, queue, next, menu) = match (heard, before) {
            (Heard::Again, Some(record)) => {
                return Ok(Attempt::Answered(Answered { text: record.page, release: record.release, how: How::Repeated }));
            }
            (Heard::Twin(dialogue), Some(mut record)) => {
                record.twin = Some(dialogue);
                draft.put(key, &record)?;
                let answered = Answered { text: record.page, release: record.release, how: How::Repeated };
                return self.commit(draft, answered).await;
            }
            (Heard::Ended(text), _) => {
                return Ok(Attempt::Answered(Answered { text, release: true, how: How::Repeated }));
            }
            (Heard::Replaced, before) => {
                let reader = before.map(|record| record.session.reader()).unwrap_or_default();
                return Ok(Attempt::Answered(self.notice(Notice::Replaced, reader, How::Replaced)));
            }
            (Heard::Next { inputs, mark }, Some(mut record)) => {
                record.mark = mark;
                let mut queue = VecDeque::from(inputs);
                let Onward { menu, is_its_page } = self.menus.onward(&record, asking.now);
                let next = if is_its_page {
                    Next::Input(next_input(&mut queue, record.free_text))
                } else {
                    // It answers a page that is not there any more.
                    queue.clear();
                    record.session = menu.adopt(std::mem::take(&mut record.session));
                    Next::Again
                };
                (record, queue, next, menu)
            }
            (Heard::Begin { inputs, mark, dialogue }, before) => {
                let talk = if inputs.is_empty() { draft.peek(&Record::talk_key(asking.number_hash)).await? } else { None };
                given_up = before.as_ref().map(Record::given_up).unwrap_or_default();
                let (menu, bare) = (self.menus.menu(), inputs.is_empty());
                let inputs = menu.with_moved(inputs);
                let mut record = begin(&menu, before, talk, dialogue, mark, bare, asking.now);
                let reader = caller::arrive(&mut draft, asking.number_hash, asking.now.day()).await?;
                record.session = std::mem::take(&mut record.session).read_by(reader);
                (record, VecDeque::from(inputs), Next::Dial { resume: bare }, menu)
            }
            // Only a dialogue we have a record of can be heard again, twinned or continued.
            (Heard::Again | Heard::Twin(_) | Heard::Next { .. }, None) => {
                return Ok(Attempt::Answered(self.notice(Notice::Replaced, Reader::default(), How::Replaced)));
            }
        };
        record.forget_typed(asking.now);
        let session = std::mem::take(&mut record.session);
        let course = Course { menu: &menu, asking, sms: via.sms, underway: record.underway };
        let walked = self.walk(&mut draft, course, session, next, queue).await?;
        // The time now: a repeat that came while this turn was at work must not look late.
        let effect = if draft.is_durable() { Effect::Recorded } else { Effect::None };
        record.underway = walked.underway;
        record.keep(&menu, walked.session, &walked.page, effect, self.clock.now());
        draft.put(key, &record)?;
        let district = self.district(&draft, asking, &walked.passed).await?;
        let answered = Answered { text: walked.page.text, release: walked.page.release, how: How::Stepped };
        let attempt = self.commit(draft, answered).await;
        drop(walked.slot_lock);
        if matches!(attempt, Ok(Attempt::Answered(_))) {
            self.count(asking, &walked.passed, district);
            self.tally.give_up(given_up);
        }
        attempt
    }

    async fn commit(&self, draft: Draft<'_>, answered: Answered) -> Result<Attempt, Fault> {
        match self.store.commit(draft.into_batch()).await {
            Ok(()) => Ok(Attempt::Answered(answered)),
            Err(CommitError::Conflict) => Ok(Attempt::Conflict),
            Err(CommitError::Fault(fault)) => Err(fault),
        }
    }

    /// Somebody who asks now.
    pub fn asking(&self, number: Msisdn) -> Asking {
        let now = self.clock.now();
        let high = self.high_water.fetch_max(now.millis(), Ordering::Relaxed);
        Asking {
            number,
            number_hash: self.store.hash(Field::Number, &number.number().to_be_bytes()),
            now,
            clock_is_sound: now.plus(CLOCK_BACK_MAX).millis() >= high,
            registry: registry_part(TURN_MAX),
        }
    }

    /// Of no screen. To whom nothing was looked up, in the first language.
    fn notice(&self, notice: Notice, reader: Reader, how: How) -> Answered {
        Answered { text: self.menus.menu().notice(notice, reader).to_owned(), release: true, how }
    }
}

enum Attempt {
    Answered(Answered),
    Conflict,
}

/// A new dialogue. With nothing dialled behind the code, what was cut off last not long ago lives on in it as a resume note: the dialogue
/// before, or the conversation by SMS.
fn begin(
    menu: &Menu,
    before: Option<Record>,
    talk: Option<Record>,
    dialogue: [u8; 16],
    mark: record::Mark,
    bare: bool,
    now: Timestamp,
) -> Record {
    let mut fresh = Record::new(Session::new(menu), dialogue, mark, now);
    let written_since = |talk: &Record| before.as_ref().is_none_or(|before| talk.at > before.at);
    let talk = talk.filter(|talk| talk.is_cut(menu, now) && talk.waits(menu) && written_since(talk));
    if let Some(before) = &before {
        fresh.follow(before);
    }
    if let Some(cut) = talk.or(before.filter(|before| before.is_cut(menu, now))).filter(|_| bare) {
        fresh.session = cut.session.by(Medium::Ussd);
        fresh.typed = cut.typed;
    }
    fresh
}

/// Stripes need a few bits of the hash only.
fn lock_key(hash: &[u8; 16]) -> u64 {
    let [a, b, c, d, e, f, g, h, ..] = *hash;
    u64::from_be_bytes([a, b, c, d, e, f, g, h])
}

/// Where the telco does not say, a dialogue begins with nothing typed; whoever has typed is in the middle of one, or nearly through.
fn may_begin(turn: &UssdTurn) -> bool {
    match turn.phase {
        Phase::Begin => true,
        Phase::Unsaid => turn.input.text().is_empty(),
        Phase::Continue => false,
    }
}

/// Counts a turn as in work until dropped, however it ends.
struct InWork<'a>(&'a AtomicUsize);

impl<'a> InWork<'a> {
    fn enter(count: &'a AtomicUsize) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self(count)
    }
}

impl Drop for InWork<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::channel::Input;

    #[test]
    fn a_dialogue_under_way_is_not_turned_away_as_a_begin() {
        for (phase, text, begins) in [
            (Phase::Begin, "*123#", true),
            (Phase::Begin, "", true),
            (Phase::Unsaid, "", true),
            (Phase::Unsaid, "2*1", false),
            (Phase::Continue, "1", false),
        ] {
            let turn = UssdTurn {
                number: Some(Msisdn::parse("+6281200000001").unwrap()),
                dialogue: "d".to_owned(),
                phase,
                input: Input::Whole(text.to_owned()),
                service_code: None,
                sequence: None,
                operator: None,
            };
            assert_eq!(may_begin(&turn), begins, "{phase:?} {text:?}");
        }
    }
}
