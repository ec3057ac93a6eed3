//! The session's record: where the citizen is, the page they were given, and by what we would know the same callback again.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::tally::{GivenUp, Underway};
use crate::clock::Timestamp;
use crate::menu::{Asks, Medium, Menu, Page, Session};
use crate::store::{Key, Space, Stored};

/// A session can be gone on with for a day after its last page.
const SESSION_AGE_MAX: Duration = Duration::from_secs(24 * 3600);
/// Typed NIK and KK digits leave the session after this time.
const PERSONAL_AGE_MAX: Duration = Duration::from_secs(600);

/// After an answer to what we did not understand so long a silence: two machines must not talk to each other.
pub(super) const SILENCE: Duration = Duration::from_secs(600);

/// Answers by SMS to one number in an hour. Who asks for twenty neighbours takes as many; a machine that answers us takes every one.
const ANSWERS_MAX: u8 = 60;
const ANSWERS_HOUR: Duration = Duration::from_secs(3600);

/// One for each number's dialogues, and one for its conversation by SMS, which has no dialogue ids: neither disturbs the other.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Record {
    pub(super) session: Session,
    /// Keyed hash of the telco's dialogue id.
    pub(super) dialogue: [u8; 16],
    /// The telco began the same dialogue twice, under two ids.
    pub(super) twin: Option<[u8; 16]>,
    /// Dialogues of this number before this one, newest first.
    pub(super) past: Vec<Past>,
    pub(super) begun: Timestamp,
    /// When the page was given.
    pub(super) at: Timestamp,
    /// The dialogue has not ended, as far as we know.
    pub(super) open: bool,
    pub(super) page: String,
    pub(super) release: bool,
    /// The page tells of an effect.
    pub(super) effect: bool,
    /// The page asks for free text, in which a `*` is a `*`.
    pub(super) free_text: bool,
    /// The begin and nothing since. By SMS: we wrote, and no answer came yet.
    pub(super) untouched: bool,
    pub(super) mark: Mark,
    /// When personal values were typed, while the session has any.
    pub(super) typed: Option<Timestamp>,
    /// When the last message that we did not understand was answered: more of them get silence for a while.
    pub(super) puzzled: Option<Timestamp>,
    /// The same for greetings and the like.
    pub(super) greeted: Option<Timestamp>,
    pub(super) answers: Answers,
    /// Messages in a row that we did not understand.
    pub(super) puzzles: u8,
    /// When an SMS offered to go on with a dialogue that was cut off.
    pub(super) offered: Option<Timestamp>,
    /// The menu that the page is of, by its fingerprint.
    pub(super) edition: u32,
    /// What that menu's screen is like.
    pub(super) likeness: u32,
    /// The task that the citizen is at.
    pub(super) underway: Option<Underway>,
}

/// A dialogue that is over.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Past {
    pub(super) dialogue: [u8; 16],
    pub(super) at: Timestamp,
    /// The page it ended with. None if a new dialogue began before it ended.
    pub(super) page: Option<String>,
}

/// Dialogues remembered for repeats that come late. More would only make the record longer.
const PAST_MAX: usize = 3;
/// Repeats are answered so long after a dialogue's last page. Later the same id is a new dialogue: some telcos use ids again.
pub(super) const REPEAT_AGE_MAX: Duration = Duration::from_secs(15 * 60);

impl Past {
    pub(super) fn may_be_repeated(&self, now: Timestamp) -> bool {
        now.since(self.at) < REPEAT_AGE_MAX
    }
}

/// What was heard last, without keeping it: its length and keyed hash, and the telco's sequence if it has one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Mark {
    pub(super) len: u32,
    pub(super) hash: [u8; 16],
    pub(super) sequence: Option<String>,
}

/// Whether a page tells of something that was recorded with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Effect {
    None,
    Recorded,
}

impl Stored for Record {
    const SPACE: Space = Space::Session;
    const FORMAT: u16 = 7;

    /// Whoever was in the middle of something when an older version was replaced begins anew.
    fn upcast(_format: u16, _bytes: &[u8]) -> Option<Self> {
        Some(Self::new(Session::default(), [0; 16], Mark::default(), Timestamp::default()))
    }
}

impl Record {
    pub fn key(number_hash: [u8; 16]) -> Key {
        Key::new(Space::Session).with(&number_hash)
    }

    /// Of the conversation by SMS.
    pub fn talk_key(number_hash: [u8; 16]) -> Key {
        Self::key(number_hash).with(b"m")
    }

    /// Nothing said yet, by SMS.
    pub(super) fn talk(menu: &Menu, now: Timestamp) -> Self {
        Self::new(Session::new(menu).by(Medium::Sms), [0; 16], Mark::default(), now)
    }

    pub(super) fn new(session: Session, dialogue: [u8; 16], mark: Mark, now: Timestamp) -> Self {
        Self {
            session,
            dialogue,
            twin: None,
            past: Vec::new(),
            begun: now,
            at: now,
            open: true,
            page: String::new(),
            release: false,
            effect: false,
            free_text: false,
            untouched: true,
            mark,
            typed: None,
            puzzled: None,
            greeted: None,
            answers: Answers { begun: now, count: 0 },
            puzzles: 0,
            offered: None,
            edition: 0,
            likeness: 0,
            underway: None,
        }
    }

    pub(super) fn is_of(&self, dialogue: [u8; 16]) -> bool {
        self.dialogue == dialogue || self.twin == Some(dialogue)
    }

    /// Can somebody still go on from here?
    pub(super) fn is_fresh(&self, now: Timestamp) -> bool {
        now.since(self.at) < SESSION_AGE_MAX
    }

    /// Is there something half done to go on with?
    pub(super) fn is_cut(&self, menu: &Menu, now: Timestamp) -> bool {
        let fits = self.edition == menu.fingerprint() || menu.suits(&self.session);
        !self.release && self.session.resumable(menu) && fits && self.is_fresh(now)
    }

    /// Of the conversation by SMS: the citizen began it, and its last page wants an answer.
    pub(super) fn waits(&self, menu: &Menu) -> bool {
        !self.untouched && self.asks(menu) != Asks::Nothing
    }

    /// Where the citizen is, and whether they can go on there now.
    pub fn place<'menu>(&self, menu: &'menu Menu) -> (&'menu str, bool) {
        (self.session.screen(menu), self.open)
    }

    /// The task given up if it is over now, and the screen at which.
    pub fn given_up(&self) -> GivenUp {
        GivenUp { underway: self.underway.filter(|_| self.open), screen: self.session.screen_number() }
    }

    /// What the last page wants to hear; nothing if there was none.
    pub(super) fn asks(&self, menu: &Menu) -> Asks {
        if self.page.is_empty() { Asks::Nothing } else { self.session.asks(menu) }
    }

    /// Remembers the dialogues before this one, as long as they may be repeated: every turn writes all of it again.
    pub(super) fn follow(&mut self, before: &Self) {
        let ids = [Some(before.dialogue), before.twin].into_iter().flatten();
        let last = ids.map(|dialogue| Past { dialogue, at: before.at, page: before.release.then(|| before.page.clone()) });
        let all = last.chain(before.past.iter().cloned());
        self.past = all.filter(|past| past.may_be_repeated(self.begun)).take(PAST_MAX).collect();
        self.offered = before.offered;
    }

    /// Takes in the page just made.
    pub(super) fn keep(&mut self, menu: &Menu, session: Session, page: &Page, effect: Effect, now: Timestamp) {
        (self.edition, self.likeness) = (menu.fingerprint(), menu.likeness(&session));
        self.typed = if session.has_personal() { self.typed.or(Some(now)) } else { None };
        self.untouched = self.page.is_empty();
        self.session = session;
        self.page.clone_from(&page.text);
        self.release = page.release;
        self.effect = effect == Effect::Recorded;
        self.free_text = page.free_text;
        self.open = !page.release;
        self.at = now;
    }
}

/// Counts the answers by SMS of an hour.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) struct Answers {
    begun: Timestamp,
    count: u8,
}

/// Whether one more message is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pace {
    Answered,
    /// Not any more for a while, which is said once.
    Last,
    Spent,
}

impl Answers {
    pub(super) fn one_more(&mut self, now: Timestamp) -> Pace {
        if now.since(self.begun) >= ANSWERS_HOUR {
            *self = Self { begun: now, count: 0 };
        }
        self.count = self.count.saturating_add(1);
        match self.count {
            ..=ANSWERS_MAX => Pace::Answered,
            count if count == ANSWERS_MAX + 1 => Pace::Last,
            _ => Pace::Spent,
        }
    }
}

impl Record {
    /// Was something like this answered a short while ago? If not, it is now.
    pub(super) fn is_puzzled_again(&mut self, now: Timestamp) -> bool {
        let is_again = self.puzzled.is_some_and(|last| now.since(last) < SILENCE);
        if !is_again {
            self.puzzled = Some(now);
        }
        is_again
    }

    /// What is left of it by now; None: nothing.
    pub fn left(mut self, now: Timestamp) -> Option<Self> {
        self.forget_typed(now);
        (now.since(self.at) < SESSION_AGE_MAX).then_some(self)
    }

    /// Drops typed NIK and KK digits once they are old enough. True if there were any.
    pub(super) fn forget_typed(&mut self, now: Timestamp) -> bool {
        let is_old = self.typed.is_some_and(|typed| now.since(typed) >= PERSONAL_AGE_MAX);
        if is_old {
            self.session.forget_personal();
            self.typed = None;
        }
        is_old
    }
}

/// The latest wall-clock time seen.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct HighWater {
    pub at: Timestamp,
}

impl Stored for HighWater {
    const SPACE: Space = Space::Watch;
    const FORMAT: u16 = 1;
}

impl HighWater {
    pub fn key() -> Key {
        Key::new(Space::Watch)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dialogues_are_remembered_as_long_as_they_may_be_repeated() {
        let first = Timestamp::parse("2026-11-30T09:00").unwrap();
        let minutes = |minutes: u64| first.plus(Duration::from_secs(60 * minutes));
        let begun = |n, at| Record::new(Session::default(), [n; 16], Mark::default(), at);
        let mut record = begun(1, first);
        for (n, at, kept) in [(2, 5, &[1][..]), (3, 10, &[2, 1]), (4, 11, &[3, 2, 1]), (5, 12, &[4, 3, 2]), (6, 25, &[5, 4]), (7, 99, &[])]
        {
            let mut next = begun(n, minutes(at));
            next.follow(&record);
            assert_eq!(next.past.iter().map(|past| past.dialogue[0]).collect::<Vec<_>>(), kept, "after {at} min");
            record = next;
        }
    }

    #[test]
    fn sixty_answers_an_hour_then_a_word_then_silence() {
        let begun = Timestamp::parse("2026-11-30T09:00").unwrap();
        let mut answers = Answers { begun, count: 0 };
        for (minutes, times, expected) in
            [(0, 60, Pace::Answered), (1, 1, Pace::Last), (59, 300, Pace::Spent), (60, 60, Pace::Answered), (61, 1, Pace::Last)]
        {
            for _ in 0..times {
                assert_eq!(answers.one_more(begun.plus(Duration::from_secs(60 * minutes))), expected, "after {minutes} min");
            }
        }
    }
}
