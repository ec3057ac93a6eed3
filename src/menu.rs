//! The menu machine: screens, edges and words come from files; what happens on a key press is decided here and nowhere else.
//!
//! Pure: no telco, no store, no clock, no service. It knows actions by their [`ActionSpec`] only, does no I/O and cannot fail.

use serde::{Deserialize, Serialize};

use crate::citizen::{KkDigits, Nik};
use crate::clock::{Day, Timestamp};

/// Longest choose or ask page in septets, constants included: every channel we know shows that many on one screen.
pub const PAGE_SEPTETS_MAX: usize = 128;

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
    Window { from: u8, to: u8 },
    /// A key into the text file's `words`, shown as the words there.
    Word(String),
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
