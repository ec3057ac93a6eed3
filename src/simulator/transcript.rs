//! Phone conversations as text: test, manual and demo at once.
//!
//! ```text
//! # Siti asks for her card.                 a comment; the first one says the story
//! at 2026-11-30 09:00 WIB                   the clock; once before anything happens, later as often as wanted
//! given seats 1                             a set-up knob: KEY VALUE, handed to whoever starts the gateway
//! siti is +6281200000001                    names a phone; others get +6281200000001, …02 in the order of their first use
//! lama is siti                              one more dialogue of siti's number, as when the telco has not ended an older one
//! siti dials *123#
//!   | DUKCAPIL MUBA - GRATIS                page lines: the page must be exactly these
//!   | ...                                   any lines, or none
//! siti 1                                    keys; "…" around keys that would read as something else, "" presses send on nothing
//!   | ~ NIK                                 some line of the page contains this
//!   | !~ 1606                               no line of the page does
//! siti repeats                              the telco sends the same bytes again: the reply must be the same, byte for byte
//! siti hangs up                             the telco tells that the dialogue is over
//! wait 11 min                               s, min, h or days
//! siti dials *123*2*{kode}#
//!   | Kode {kode}                           {name} takes [A-Z0-9]+ where it is met first and must be the same ever after
//!   end                                     the dialogue is closed; page lines without `end` mean that it is open
//! siti texts "KTP 1606094101909999"         an SMS from this phone; \n in it is a new line
//! sms to siti                               the next SMS to this phone
//!   | ...
//! siti texts again                          the telco delivers the same SMS a second time
//! no sms to siti                            none has come that was not read
//! now registry answers                      a knob turned in the middle of the story: KEY VALUE
//! now visit {kode} kept                     the same with what stood on a page before
//! expect bookings 1                         a count that the gateway's host knows
//! ```
//!
//! Strict: a line that is nothing of this is an error. A block of only `~` and `!~` lines says nothing about the rest of the page.
//! Time stands still between `at` and `wait`: two dials of one phone in the same instant are a telco's repeat.

mod command;
mod pattern;
mod read;
mod run;
mod update;

pub use command::{Summary, TestArgs, test_command};
pub use run::{Change, Count, Doing, Host, Message, Messages, Mode, Ran, Settle, run};

use std::fmt;
use std::ops::Range;
use std::time::Duration;

use crate::clock::Timestamp;
use pattern::PageLine;

/// What a transcript wants of the gateway before the first key is pressed.
#[derive(Clone, Debug)]
pub struct Givens {
    pub at: Timestamp,
    /// `given KEY VALUE` in their order.
    pub pairs: Vec<(String, String)>,
}

impl Givens {
    /// The last value given for `key`.
    pub fn value(&self, key: &str) -> Option<&str> {
        self.pairs.iter().rev().find(|(name, _)| name == key).map(|(_, value)| value.as_str())
    }
}

/// A parsed transcript.
#[derive(Debug)]
struct Transcript {
    givens: Givens,
    phones: Vec<Phone>,
    steps: Vec<Step>,
}

#[derive(Debug)]
struct Phone {
    name: String,
    number: Option<String>,
    /// The index of the phone whose number this one has.
    same_as: Option<usize>,
    /// It dialled, or wrote.
    known: bool,
}

#[derive(Debug)]
struct Step {
    /// From 1.
    line: usize,
    /// As it stands in the file.
    said: String,
    act: Act,
    block: Option<Block>,
}

/// The first number of a kind is an index into [`Transcript::phones`].
#[derive(Debug, PartialEq, Eq)]
enum Act {
    At(Timestamp),
    Dial(usize, String),
    Expect(String, u64),
    HangUp(usize),
    NoSms(usize),
    Now(String, String),
    Press(usize, String),
    Repeat(usize),
    Sms(usize),
    Text(usize, String),
    TextAgain(usize),
    Wait(Duration),
}

/// The page lines under a step, and where they stand: lines from 0, `end` included.
#[derive(Debug)]
struct Block {
    at: Range<usize>,
    lines: Vec<PageLine>,
    end: bool,
}

/// Why a transcript did not pass.
#[derive(Debug)]
pub struct Failure {
    pub file: String,
    pub marks: Vec<Mark>,
}

#[derive(Debug, PartialEq, Eq)]
pub struct Mark {
    /// From 1.
    pub line: usize,
    pub message: String,
    /// Lines with `-` (expected), `+` (got) or a blank in front; may be empty.
    pub diff: Vec<String>,
}

impl Mark {
    fn new(line: usize, message: impl Into<String>) -> Self {
        Self { line, message: message.into(), diff: Vec::new() }
    }
}

/// `file:line: message`, the diff indented below.
impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, mark) in self.marks.iter().enumerate() {
            if at > 0 {
                writeln!(f)?;
            }
            write!(f, "{}:{}: {}", self.file, mark.line, mark.message)?;
            for line in &mark.diff {
                write!(f, "\n    {line}")?;
            }
        }
        Ok(())
    }
}

impl std::error::Error for Failure {}
