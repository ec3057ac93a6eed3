//! By whom a citizen heard of us: asked once of each number, after its first appointment, and never again.
//!
//! By SMS: on the page of the proof there is no room for the question, with the longest values, and a page more would cost whoever booked an
//! answer.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Asked;
use super::question::{About, GIVEN_UP_AFTER, Moment, QuestionDue};
use crate::clock::Timestamp;
use crate::menu::{ActionSpec, Call, Field, Kind, Outcome, OutcomeSpec};
use crate::service::ktp;
use crate::service::{Asking, CallArgs, Office};
use crate::store::{Draft, Fault, Key, Space, Stored};

/// The appointment is made and its proof read by then.
const ASKED_AFTER: Duration = Duration::from_secs(3600);
/// As long as a consent counts; then the number may be somebody else's, who was never asked.
const KEPT: Duration = Duration::from_secs(730 * 86_400);

const WORD: Field = ("sumber", Kind::Word);

/// Notes the answer.
pub const NOTE: ActionSpec = ActionSpec {
    name: "sumber.catat",
    args: &[WORD],
    optional: &[],
    outcomes: &[OutcomeSpec { name: "dicatat", gives: &[], may_give: &[], items: None, writes: &["sumber"] }],
};

/// Who told them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Told {
    /// The head of the village or of the RT.
    Head,
    Officer,
    /// On the radio, or on a poster.
    Poster,
    Other,
}

impl Told {
    const ALL: [(Self, &'static str); 4] =
        [(Self::Head, "kades"), (Self::Officer, "petugas"), (Self::Poster, "radio"), (Self::Other, "lain")];

    fn from_word(word: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, known)| *known == word).map(|(told, _)| *told)
    }

    pub fn word(self) -> &'static str {
        Self::ALL.iter().find(|(told, _)| *told == self).map_or("", |(_, word)| word)
    }
}

/// That a number has booked, and what it said. It holds no number: whose it is stands in the key, as a keyed hash.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Source {
    /// By which people are counted: the first eight bytes of the hash.
    pub person: u64,
    /// Of the place booked: 9 is 16.06.09.
    pub district: Option<u16>,
    pub booked: Timestamp,
    /// When they are to be asked; None: they were, or never will be.
    due: Option<Timestamp>,
    pub told: Option<(Told, Timestamp)>,
}

impl Stored for Source {
    const SPACE: Space = Space::Source;
    const FORMAT: u16 = 1;
}

impl Source {
    pub fn key(number_hash: [u8; 16]) -> Key {
        Key::new(Space::Source).with(&number_hash)
    }

    pub const fn new(person: u64, district: Option<u16>, booked: Timestamp, due: Timestamp) -> Self {
        Self { person, district, booked, due: Some(due), told: None }
    }

    pub fn left(self, now: Timestamp) -> Option<Self> {
        (now.since(self.booked) < KEPT).then_some(self)
    }
}

/// After an appointment of a number's own: its first is the one to ask after.
pub(in crate::service) async fn note_booked(
    office: &Office,
    asking: &Asking,
    draft: &mut Draft<'_>,
    district: Option<u16>,
) -> Result<(), Fault> {
    let key = Source::key(asking.number_hash);
    if !office.outreach.ask_who_told || draft.get::<Source>(&key).await?.is_some() {
        return Ok(());
    }
    let (person, due) = (ktp::short(asking.number_hash), asking.now.plus(ASKED_AFTER));
    draft.put(key, &Source::new(person, district, asking.now, due))?;
    QuestionDue::put(draft, About::Source, asking.number, due, asking.now)
}

/// Marks as asked, or puts off. `None`: there is nothing to ask now.
pub(super) async fn ask(asking: &Asking, draft: &mut Draft<'_>, moment: Moment) -> Result<Option<Asked>, Fault> {
    let key = Source::key(asking.number_hash);
    let Some(mut source) = draft.get::<Source>(&key).await? else { return Ok(None) };
    if source.due.take().is_none() {
        return Ok(None);
    }
    if let Moment::Later(later) = moment
        && asking.now.since(source.booked) < GIVEN_UP_AFTER
    {
        source.due = Some(later);
        QuestionDue::put(draft, About::Source, asking.number, later, source.booked)?;
    }
    draft.put(key, &source)?;
    Ok((moment == Moment::Now).then(|| Asked { number: asking.number, command: "sumber", values: Vec::new() }))
}

pub(in crate::service) async fn note_source(asking: &Asking, draft: &mut Draft<'_>, call: &Call) -> Result<Outcome, Fault> {
    let told = Told::from_word(call.word(WORD.0)?).ok_or(Fault::Call(WORD.0))?;
    let key = Source::key(asking.number_hash);
    if let Some(mut source) = draft.get::<Source>(&key).await? {
        source.told = Some((told, asking.now));
        draft.put(key, &source)?;
    }
    draft.durable();
    Ok(Outcome::plain("dicatat"))
}

/// Forgets what was said, and not that it was asked.
pub(super) async fn forget(asking: &Asking, draft: &mut Draft<'_>) -> Result<(), Fault> {
    let key = Source::key(asking.number_hash);
    let Some(mut source) = draft.get::<Source>(&key).await? else { return Ok(()) };
    if let Some(due) = source.due.take() {
        draft.delete(QuestionDue::key(due, asking.number_hash, About::Source));
    }
    source.told = None;
    draft.put(key, &source)
}
