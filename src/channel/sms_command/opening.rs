//! With what a message begins.

use super::intent::{is_light, longest};
use super::said::Said;

/// How a message begins, after greetings: in a conversation, what begins with neither answers the question asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Opening {
    /// With a word that says what is wanted: `DAFTAR`.
    Keyword,
    /// With a word that lets the next one speak: `KTP`, `CEK`.
    Lead,
    /// With anything else; `NIK` in front of a number only labels it.
    #[default]
    Other,
}

pub(super) fn read(said: &Said<'_>) -> Opening {
    let is_greeting = |at: usize| is_light(said, at) || said.is_one_of(at, &said.words.people);
    let Some(first) = said.words_in(said.all()).find(|&at| !is_greeting(at)) else { return Opening::Other };
    let token = &said.tokens[first];
    if token.word() == Some("nik") || said.numbers.first().is_some_and(|number| number.start < token.start) {
        Opening::Other
    } else if longest(said, first, &said.words.keywords).is_some() {
        Opening::Keyword
    } else if longest(said, first, &said.words.leads).is_some() {
        Opening::Lead
    } else {
        Opening::Other
    }
}
