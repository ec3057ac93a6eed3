//! The session's record: where the citizen is, the page they were given, and by what we would know the same callback again.

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::menu::{Page, Session};
use crate::store::{Key, Space, Stored};

/// One for each number.
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
    /// The begin and nothing since.
    pub(super) untouched: bool,
    pub(super) mark: Mark,
    /// When personal values were typed, while the session has any.
    pub(super) typed: Option<Timestamp>,
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
    const FORMAT: u16 = 1;
}

impl Record {
    pub fn key(number_hash: [u8; 16]) -> Key {
        Key::new(Space::Session).with(&number_hash)
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
        }
    }

    pub(super) fn is_of(&self, dialogue: [u8; 16]) -> bool {
        self.dialogue == dialogue || self.twin == Some(dialogue)
    }

    /// Remembers the dialogue of the record before this one.
    pub(super) fn follow(&mut self, before: &Self) {
        let ids = [Some(before.dialogue), before.twin].into_iter().flatten();
        let last = ids.map(|dialogue| Past { dialogue, at: before.at, page: before.release.then(|| before.page.clone()) });
        self.past = last.chain(before.past.iter().cloned()).take(PAST_MAX).collect();
    }

    /// Takes in the page just made.
    pub(super) fn keep(&mut self, session: Session, page: &Page, effect: Effect, now: Timestamp) {
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
