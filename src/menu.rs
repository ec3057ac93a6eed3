//! The menu machine: screens, edges and words come from files; what happens on a key press is decided here and nowhere else.
//!
//! Pure: no telco, no store, no clock, no service. It knows actions by their [`ActionSpec`] only, does no I/O and cannot fail.

mod check;
mod compiled;
mod edition;
mod journey;
mod map;
mod milestones;
mod page;
mod problem;
mod rules;
mod session;
mod source;
mod step;
#[cfg(test)]
mod tests;
mod text;
mod ways;

use serde::{Deserialize, Serialize};

pub use compiled::Menu;
pub use journey::{Journey, PageTime, Patience};
pub use map::{Shape, View};
pub use milestones::Milestone;
pub use problem::{Problem, render};
pub use rules::{Rule, Severity, rules};
pub use session::{Asks, Reader, Session};
pub use step::step;

use crate::citizen::{KkDigits, Nik, NikError};
use crate::clock::{Day, Timestamp};

/// Longest choose or ask page in septets, constants included: every channel we know shows that many on one screen.
pub const PAGE_SEPTETS_MAX: usize = 128;
/// One SMS (3GPP TS 23.040): a page or a standard message is one part.
pub const SMS_SEPTETS_MAX: usize = 160;

/// How pages reach the citizen. An SMS is answered, not navigated: of the constants it names only what leads on, and it holds more.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Medium {
    Sms,
    #[default]
    Ussd,
}

/// A thing entered by a citizen or answered by a service, as a session holds it and a page shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Value {
    /// A booking code, shown as it is: `K4821735`.
    Code(String),
    /// Shown as `Sen 01 Des`; the words for days and months stand in the text file.
    Day(Day),
    /// Names something to a service; never shown.
    Id(u64),
    /// Never shown. Personal: leaves the session after ten minutes.
    Kk(KkDigits),
    /// Shown as `24 Nov 10.15`.
    Moment(Timestamp),
    /// Shown as `..9999`. Personal: leaves the session after ten minutes.
    Nik(Nik),
    Number(u32),
    /// Shown as it is.
    Text(String),
    /// Whole hours, shown as `08-10`.
    Window {
        from: u8,
        to: u8,
    },
    /// A key into the text file's `words`, shown as the words there.
    Word(String),
    /// Some such keys, shown one after the other with commas between.
    Words(Vec<String>),
}

/// The type of a [`Value`], with what is needed to bound its length on a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Code,
    Day,
    Id,
    Kk,
    Moment,
    Nik,
    /// At most so many digits.
    Number(u8),
    /// At most so many septets; longer values are cut where they are made.
    Text(u8),
    Window,
    Word,
    /// As many words as take at most so many septets on a page, commas included; whoever makes the list sees to it.
    Words(u8),
}

/// A named value of an action: an argument it wants or a field that an outcome gives.
pub type Field = (&'static str, Kind);

/// What a menu file may know of an action.
#[derive(Debug)]
pub struct ActionSpec {
    pub name: &'static str,
    pub args: &'static [Field],
    /// Arguments that may be missing from the session when the action is called.
    pub optional: &'static [Field],
    pub outcomes: &'static [OutcomeSpec],
}

/// One way in which an action can end: an edge out of the screen that called it.
#[derive(Debug)]
pub struct OutcomeSpec {
    pub name: &'static str,
    /// Values that go into the session.
    pub gives: &'static [Field],
    /// Values that may or may not be given.
    pub may_give: &'static [Field],
    /// The fields of each item, when the outcome carries a list to choose from.
    pub items: Option<&'static [Field]>,
    /// Names of the records that are in the same batch: what makes `TERSIMPAN` or `DICATAT` on the next page true.
    pub writes: &'static [&'static str],
}

/// A message that leaves by SMS.
#[derive(Debug)]
pub struct MessageSpec {
    pub name: &'static str,
    /// Values that its words may name.
    pub gives: &'static [Field],
    /// Those of them that must not be left out: what the citizen has in hand when the page is gone.
    pub keeps: &'static [&'static str],
}

/// What stands around a menu: what citizens' messages may want, actions that it may call, messages that it has words for.
#[derive(Debug)]
pub struct Catalogue {
    /// In any case.
    pub commands: &'static [&'static str],
    pub actions: &'static [&'static ActionSpec],
    pub messages: &'static [MessageSpec],
}

/// What an action answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    pub name: &'static str,
    pub values: Vec<(&'static str, Value)>,
    pub items: Vec<Vec<(&'static str, Value)>>,
}

/// An action that the menu wants run before it can show anything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    pub action: &'static str,
    pub args: Vec<(&'static str, Value)>,
}

impl Outcome {
    /// An outcome that gives nothing.
    pub fn plain(name: &'static str) -> Self {
        Self { name, values: Vec::new(), items: Vec::new() }
    }

    /// An outcome with a list to choose from.
    pub fn list(name: &'static str, items: Vec<Vec<(&'static str, Value)>>) -> Self {
        Self { name, values: Vec::new(), items }
    }
}

/// What happens to a session.
#[derive(Debug)]
pub enum Event<'a> {
    /// A new dialogue. With `resume`, a session that was cut off is offered again.
    Dial {
        resume: bool,
    },
    Input(&'a str),
    /// Nothing: the screen once more, as it is now.
    Again,
    /// Yes or no in words: the choice that the screen marks so.
    Said(bool),
    Outcome(Outcome),
    /// A message that names what it wants, with what it brings: goes straight to a screen, from wherever the citizen was. A command that the
    /// menu does not know leads to the main menu.
    Command(Command<'a>),
}

/// What a message names and brings.
#[derive(Clone, Debug)]
pub struct Command<'a> {
    pub name: &'a str,
    pub values: Vec<(&'static str, Value)>,
    /// Why there is no NIK though one was meant.
    pub flaw: Option<NikError>,
}

/// What comes of it: an action to run, or a page to show.
#[derive(Debug)]
pub enum Step {
    Call(Call),
    Show(Page),
}

/// One screenful.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    pub text: String,
    /// The dialogue ends with it.
    pub release: bool,
    /// It asks for free text, in which a `*` belongs to the input.
    pub free_text: bool,
    /// The input was not understood, and the page says so: what else was typed ahead must not be fed to it.
    pub refused: bool,
    /// It asks whether something is to be done for good: who typed ahead has not read it yet.
    pub confirms: bool,
}

/// Pages that belong to no screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notice {
    /// Too many turns in work. Nothing was recorded.
    Busy,
    /// Disk or time ran out. Perhaps nothing was recorded.
    Fault,
    /// A later dialogue of the same number has replaced this one.
    Replaced,
}

/// The files of a menu.
#[derive(Clone, Debug)]
pub struct MenuSource {
    /// Name and text: one file of screens, then one of words for each language.
    pub files: Vec<(String, String)>,
    /// `published.yaml`: the digits on posters. Without it none are held.
    pub published: Option<(String, String)>,
}

impl MenuSource {
    /// The menu that is built in.
    pub fn shipped() -> Self {
        Self {
            files: vec![
                ("menus/dukcapil.yaml".to_owned(), include_str!("../menus/dukcapil.yaml").to_owned()),
                ("menus/texts/id.yaml".to_owned(), include_str!("../menus/texts/id.yaml").to_owned()),
                ("menus/texts/jav.yaml".to_owned(), include_str!("../menus/texts/jav.yaml").to_owned()),
                ("menus/texts/plm.yaml".to_owned(), include_str!("../menus/texts/plm.yaml").to_owned()),
            ],
            published: Some(("menus/published.yaml".to_owned(), include_str!("../menus/published.yaml").to_owned())),
        }
    }

    /// Every file, by name.
    pub fn file(&self, name: &str) -> Option<&str> {
        self.files.iter().chain(&self.published).find(|(known, _)| known == name).map(|(_, text)| text.as_str())
    }
}

/// What the checker makes of a menu.
#[derive(Debug)]
pub struct Review {
    /// Unless something is an error.
    pub menu: Option<Menu>,
    /// Errors and warnings, by place.
    pub problems: Vec<Problem>,
}

/// Reads a menu and proves it: unknown names, texts that are missing or too long, values that may be unset, outcomes without an edge,
/// promises without a record.
///
/// # Errors
/// Every problem found, each with its place.
pub fn check(source: &MenuSource, catalogue: &'static Catalogue) -> Result<Menu, Vec<Problem>> {
    check_without(source, catalogue, &[])
}

/// The same menu where some features are absent. It is proved with and without each of them all the same.
///
/// # Errors
/// As [`check()`].
pub fn check_without(source: &MenuSource, catalogue: &'static Catalogue, absent: &[&str]) -> Result<Menu, Vec<Problem>> {
    let Review { menu, problems } = check::review(source, catalogue, absent);
    menu.ok_or(problems)
}

/// JSON Schemas of the files of a menu, by what they hold.
pub fn schemas() -> [(&'static str, schemars::Schema); 3] {
    [
        ("screens", schemars::schema_for!(source::ScreensFile)),
        ("texts", schemars::schema_for!(source::TextsFile)),
        ("published", schemars::schema_for!(source::PublishedFile)),
    ]
}

/// What is wrong with a menu, and what is no error but could be better.
pub fn review(source: &MenuSource, catalogue: &'static Catalogue) -> Review {
    check::review(source, catalogue, &[])
}
