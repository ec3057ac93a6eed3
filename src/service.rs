//! What the registry can do for a citizen: actions that a menu calls by name.
//!
//! A service reads and writes through the turn's [`Draft`] and answers with an [`Outcome`]. It sees no telco's bytes and no
//! screen's text; a message it wants sent is a template's name with values.

pub mod appointment;
pub mod caller;
pub mod code;
pub mod ktp;
pub mod messages;
pub mod mobile_unit;
pub mod officer;
pub mod outreach;
pub mod place;
pub mod privacy;
pub mod requirements;
pub mod ticket;

use std::time::Duration;

use tokio::sync::watch;

use crate::channel::Routes;
use crate::channel::sms_command::{Intent, Words};
use crate::citizen::{KkDigits, Msisdn, Nik};
use crate::clock::Timestamp;
use crate::menu::{ActionSpec, Call, Catalogue, Outcome, Value};
use crate::registry;
use crate::store::queue::Class;
use crate::store::{Draft, Fault, Field};
use officer::Roster;
use place::Places;
use requirements::Requirements;

/// What a menu may call, and what it must have words for.
pub const CATALOGUE: Catalogue = Catalogue { commands: &Intent::NAMES, actions: ACTIONS, messages: messages::MESSAGES };

const ACTIONS: &[&ActionSpec] = &[
    &ktp::LINKS,
    &ktp::STATUS,
    &ktp::REMEMBER,
    &ktp::WATCH,
    &appointment::MINE,
    &appointment::CHECK,
    &appointment::DISTRICTS,
    &appointment::NEAR,
    &appointment::CAPITAL,
    &appointment::SLOTS,
    &appointment::SLOTS_BESIDE,
    &appointment::HOLD,
    &appointment::BOOK,
    &appointment::RELEASE,
    &appointment::ONLY,
    &appointment::FIND,
    &appointment::ATTEND,
    &appointment::HOLD_BESIDE,
    &appointment::MOVE,
    &appointment::CANCEL,
    &requirements::LIST,
    &requirements::TOPIC,
    &requirements::BEGIN,
    &requirements::HAVE,
    &requirements::LACK,
    &requirements::SEND,
    &mobile_unit::VILLAGE_NAMED,
    &mobile_unit::TIMETABLE,
    &mobile_unit::JOIN,
    &mobile_unit::LEAVE,
    &ticket::COMPLAIN,
    &ticket::HAND_OVER,
    &ticket::MINE,
    &ticket::ADD,
    &ticket::LOOK_UP,
    &ticket::CLOSE,
    &ticket::REOPEN,
    &privacy::STOP,
    &privacy::STOP_ALL,
    &privacy::START,
    &privacy::LANGUAGE,
    &privacy::DATA,
    &privacy::FORGET,
    &appointment::OWN,
    &outreach::CHECK_NEIGHBOUR,
    &outreach::NOTE,
    &outreach::ACCEPT_COORDINATING,
    &outreach::DECLINE_COORDINATING,
    &outreach::ACCEPT_FOLLOWING,
    &outreach::DECLINE_FOLLOWING,
];

/// The district's settings, made once at start.
#[derive(Debug)]
pub struct Office {
    pub places: Places,
    pub requirements: Requirements,
    pub registry: Registry,
    /// By which channels a message reaches a citizen; to whom none does, the page asks to note the code.
    pub routes: Routes,
    /// Whoever is known to have been cut off in the middle of something is told by SMS how to go on, once a day at most. Each costs a message.
    pub offers_to_go_on: bool,
    /// Who answers what citizens want of a human.
    pub officers: Roster,
    pub outreach: outreach::Settings,
}

/// Where statuses come from.
#[derive(Debug)]
pub enum Registry {
    /// Exports that the office imports.
    File,
    /// The same, silent while somebody holds it: the demo's slow registry.
    Held(watch::Receiver<bool>),
    Http(Box<registry::Http>),
}

impl Registry {
    /// Only what the office exports tells of changes that nobody asked about.
    pub const fn is_exported(&self) -> bool {
        matches!(self, Self::File | Self::Held(_))
    }
}

/// Who asks, and when.
#[derive(Clone, Copy, Debug)]
pub struct Asking {
    pub number: Msisdn,
    pub number_hash: [u8; 16],
    pub now: Timestamp,
    /// False while the wall clock stands well behind a time it has shown before.
    pub clock_is_sound: bool,
    /// How long the registry may take to answer.
    pub registry: Duration,
}

impl Asking {
    fn person(&self, draft: &Draft<'_>, nik: Nik) -> [u8; 16] {
        draft.store().hash(Field::Nik, &nik.number().to_be_bytes())
    }
}

/// An outcome, and the messages that belong to it.
#[derive(Debug)]
pub struct Said {
    pub outcome: Outcome,
    pub messages: Vec<Message>,
}

/// A message by its template's name.
#[derive(Debug)]
pub struct Message {
    /// None: to whoever asks.
    pub to: Option<Msisdn>,
    pub class: Class,
    pub template: &'static str,
    /// What it is about, so that a doubled message can be told from a second one.
    pub reference: String,
    pub values: Vec<(&'static str, Value)>,
}

/// What was done to a ticket asks nobody but those whom it tells.
impl From<(Outcome, ticket::Done)> for Said {
    fn from((outcome, done): (Outcome, ticket::Done)) -> Self {
        Self { outcome, messages: done.messages }
    }
}

impl From<Outcome> for Said {
    fn from(outcome: Outcome) -> Self {
        Self { outcome, messages: Vec::new() }
    }
}

/// Runs one action. `words`: by which free text is understood.
///
/// # Errors
/// A [`Fault`] of the store, or [`Fault::Call`] if the menu calls what is not there, which `kentongan check` rules out.
pub async fn run(office: &Office, words: &Words, asking: &Asking, draft: &mut Draft<'_>, call: &Call) -> Result<Said, Fault> {
    let outcome = match call.action {
        name if name == ktp::LINKS.name => ktp::links(asking, draft).await?,
        name if name == ktp::STATUS.name => ktp::status(office, asking, draft, call).await?,
        name if name == ktp::REMEMBER.name => return ktp::remember(office, asking, draft, call).await,
        name if name == ktp::WATCH.name => ktp::watch(asking, draft, call).await?,
        name if name == appointment::MINE.name => appointment::mine(office, asking, draft).await?,
        name if name == appointment::CHECK.name => appointment::check(office, asking, draft, call).await?,
        name if name == appointment::DISTRICTS.name => appointment::districts(office, draft, call).await?,
        name if name == appointment::NEAR.name => appointment::near(office, asking, draft, call).await?,
        name if name == appointment::CAPITAL.name => appointment::capital(office),
        name if name == appointment::SLOTS.name => appointment::slots(office, asking, draft, call).await?,
        name if name == appointment::SLOTS_BESIDE.name => appointment::slots_beside(office, asking, draft, call).await?,
        name if name == appointment::HOLD.name => appointment::hold(office, asking, draft, call).await?,
        name if name == appointment::RELEASE.name => appointment::release(asking, draft).await?,
        name if name == appointment::ONLY.name => appointment::only(office, asking, draft).await?,
        name if name == appointment::FIND.name => appointment::find(office, asking, draft, call).await?,
        name if name == appointment::ATTEND.name => appointment::attend(asking, draft, call).await?,
        name if name == appointment::HOLD_BESIDE.name => appointment::hold_beside(office, asking, draft, call).await?,
        name if name == appointment::BOOK.name => return appointment::book(office, asking, draft, call).await,
        name if name == appointment::MOVE.name => return appointment::move_over(office, asking, draft, call).await,
        name if name == appointment::CANCEL.name => return appointment::cancel(office, asking, draft, call).await,
        name if name == requirements::LIST.name => requirements::list(&office.requirements),
        name if name == requirements::TOPIC.name => requirements::topic(&office.requirements, call)?,
        name if name == requirements::BEGIN.name => requirements::begin(&office.requirements, call)?,
        name if name == requirements::HAVE.name => requirements::have(&office.requirements, call)?,
        name if name == requirements::LACK.name => requirements::lack(&office.requirements, call)?,
        name if name == requirements::SEND.name => return requirements::send(office, asking, call),
        name if name == mobile_unit::VILLAGE_NAMED.name => mobile_unit::village_named(call)?,
        name if name == mobile_unit::TIMETABLE.name => mobile_unit::timetable(office, asking, draft, call).await?,
        name if name == mobile_unit::JOIN.name => return mobile_unit::join(office, asking, draft, call).await,
        name if name == mobile_unit::LEAVE.name => mobile_unit::leave(asking, draft, call).await?,
        name if name == ticket::LOOK_UP.name => ticket::look_up(asking, draft, call).await?,
        name if name == ticket::MINE.name => ticket::mine(asking, draft).await?,
        name if name == ticket::COMPLAIN.name => return Ok(ticket::complain(office, words, asking, draft, call).await?.into()),
        name if name == ticket::HAND_OVER.name => return Ok(ticket::hand_over(office, words, asking, draft, call).await?.into()),
        name if name == ticket::ADD.name => return Ok(ticket::add(office, words, asking, draft, call).await?.into()),
        name if name == ticket::CLOSE.name => return Ok(ticket::close(asking, draft, call).await?.into()),
        name if name == ticket::REOPEN.name => return Ok(ticket::reopen(office, asking, draft, call).await?.into()),
        name if name == privacy::STOP.name => privacy::stop(asking, draft).await?,
        name if name == privacy::STOP_ALL.name => privacy::stop_all(asking, draft).await?,
        name if name == privacy::START.name => privacy::start(asking, draft).await?,
        name if name == privacy::LANGUAGE.name => privacy::choose_language(asking, draft, call).await?,
        name if name == privacy::DATA.name => privacy::data(asking, draft).await?,
        name if name == privacy::FORGET.name => privacy::forget(asking, draft).await?,
        name if name == appointment::OWN.name => appointment::own(office, asking, draft).await?,
        name if name == outreach::CHECK_NEIGHBOUR.name => outreach::check_neighbour(office, asking, draft, call).await?,
        name if name == outreach::NOTE.name => outreach::note_source(asking, draft, call).await?,
        name if name == outreach::ACCEPT_COORDINATING.name => return outreach::accept_coordinating(asking, draft).await,
        name if name == outreach::DECLINE_COORDINATING.name => outreach::decline_coordinating(asking, draft).await?,
        name if name == outreach::ACCEPT_FOLLOWING.name => outreach::accept_following(asking, draft).await?,
        name if name == outreach::DECLINE_FOLLOWING.name => outreach::decline_following(asking, draft).await?,
        name => return Err(Fault::Call(name)),
    };
    Ok(outcome.into())
}

/// Gives back a seat that this number holds: it hung up.
///
/// # Errors
/// A [`Fault`] of the store.
pub async fn hang_up(asking: &Asking, draft: &mut Draft<'_>) -> Result<(), Fault> {
    appointment::release(asking, draft).await.map(|_| ())
}

/// Does the call ask to be forgotten? What was said before belongs to that.
pub fn forgets(call: &Call) -> bool {
    call.action == privacy::FORGET.name
}

/// The language that a call chooses, if it chooses one: what is said from then on is said in it.
pub fn chosen_language(call: &Call) -> Option<&str> {
    if call.action == privacy::LANGUAGE.name { call.word("bahasa").ok() } else { None }
}

/// The slot that a call is about to contend for, if any. The turn serialises such calls so that a rush for one slot does not
/// become a storm of conflicts.
pub fn contended(call: &Call) -> Option<u64> {
    let contends = [&appointment::HOLD, &appointment::BOOK, &appointment::HOLD_BESIDE, &appointment::MOVE];
    if contends.iter().any(|spec| spec.name == call.action) { call.id("slot").ok() } else { None }
}

/// Typed access to a call's arguments. `check` proves that they are there; if they are not, it is our fault, not the citizen's.
trait CallArgs {
    fn value(&self, name: &'static str) -> Option<&Value>;
    fn nik(&self) -> Result<Nik, Fault>;
    fn kk(&self) -> Option<KkDigits>;
    fn id(&self, name: &'static str) -> Result<u64, Fault>;
    fn word(&self, name: &'static str) -> Result<&str, Fault>;
    fn text(&self, name: &'static str) -> Result<&str, Fault>;
    fn code(&self, name: &'static str) -> Result<&str, Fault>;
}

impl CallArgs for Call {
    fn value(&self, name: &'static str) -> Option<&Value> {
        self.args.iter().find(|(arg, _)| *arg == name).map(|(_, value)| value)
    }

    fn nik(&self) -> Result<Nik, Fault> {
        match self.value("nik") {
            Some(Value::Nik(nik)) => Ok(*nik),
            _ => Err(Fault::Call("nik")),
        }
    }

    fn kk(&self) -> Option<KkDigits> {
        match self.value("kk") {
            Some(Value::Kk(kk)) => Some(*kk),
            _ => None,
        }
    }

    fn id(&self, name: &'static str) -> Result<u64, Fault> {
        match self.value(name) {
            Some(Value::Id(id)) => Ok(*id),
            _ => Err(Fault::Call(name)),
        }
    }

    fn word(&self, name: &'static str) -> Result<&str, Fault> {
        match self.value(name) {
            Some(Value::Word(word)) => Ok(word),
            _ => Err(Fault::Call(name)),
        }
    }

    fn text(&self, name: &'static str) -> Result<&str, Fault> {
        match self.value(name) {
            Some(Value::Text(text)) => Ok(text),
            _ => Err(Fault::Call(name)),
        }
    }

    fn code(&self, name: &'static str) -> Result<&str, Fault> {
        match self.value(name) {
            Some(Value::Code(code)) => Ok(code),
            _ => Err(Fault::Call(name)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_listed_action_has_a_name_of_its_own() {
        let mut names: Vec<_> = ACTIONS.iter().map(|spec| spec.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), ACTIONS.len());
    }
}
