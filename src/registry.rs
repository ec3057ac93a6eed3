//! What the civil registry knows of a person: where their e-KTP stands.
//!
//! The registry reaches us in one of two ways. Either the office exports a table and we import it ([`mod@file`]), or a look-up over
//! HTTP answers one person at a time ([`http`], kept from harm by a [`breaker`]). Both speak of a [`Status`] and give an [`Entry`].
//!
//! Knows no store, no menu, no channel and no service: whoever imports a file keeps its rows, whoever asks decides what a citizen sees.

pub mod breaker;
pub mod file;
pub mod http;
mod place;
mod status;

pub use self::http::{Http, HttpSettings};
pub use self::place::PLACE_SEPTETS_MAX;
pub use self::status::Status;
use crate::citizen::{KkDigits, Nik};
use crate::clock::Day;

/// One person as the registry knows them. Prints no number: the parts mask themselves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub nik: Nik,
    /// `None` if the registry did not tell; then nobody can prove anything by KK digits.
    pub kk: Option<KkDigits>,
    pub status: Status,
    /// Day of the last step, in Western Indonesian Time.
    pub day: Option<Day>,
    /// Where the card is or will be: GSM alphabet only, at most [`PLACE_SEPTETS_MAX`] septets, cut at a word. Empty if not told.
    pub place: String,
}

/// What a look-up came to. Only `Found` and `Unknown` say something about the person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The registry knows the person. Whether the KK digits match is for the caller to compare: not found and wrong digits must take
    /// the same path.
    Found(Entry),
    /// The registry answered that it knows nobody by that number.
    Unknown,
    /// No answer within the time given.
    Late,
    /// An error, an answer that makes no sense, or a registry that failed so often that it is not asked now.
    Down,
}
