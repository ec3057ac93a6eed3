//! With what a message begins.

use super::intent::{is_light, is_short, longest};
use super::said::Said;
use super::{Intent, intent};

/// Words behind the keyword of a bare command, light ones too: `batalkan janji saya K4821735 pak`.
const BARE_WORDS_MAX: usize = 4;

/// How a message begins, after greetings: in a conversation, what begins with none of these answers the question asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Opening {
    /// With a word that says what is wanted, and hardly anything behind it: `DAFTAR`, `BATAL K4821735`.
    Bare,
    /// With such a word, which may as well begin a sentence: `antri dari pagi tidak dilayani`.
    Keyword,
    /// With a word that lets the next one speak: `KTP`, `CEK`.
    Lead,
    /// With anything else; `NIK` in front of a number only labels it.
    #[default]
    Other,
}

/// `decided`: what the whole message was read as.
pub(super) fn read(said: &Said<'_>, decided: Intent) -> Opening {
    let is_greeting = |at: usize| is_light(said, at) || said.is_one_of(at, &said.words.people);
    let Some(first) = said.words_in(said.all()).find(|&at| !is_greeting(at)) else { return Opening::Other };
    let token = &said.tokens[first];
    if token.word() == Some("nik") || said.numbers.first().is_some_and(|number| number.start < token.start) {
        Opening::Other
    } else if let Some((keyword, end)) = longest(said, first, &said.words.keywords) {
        if is_bare(said, keyword, end, decided) { Opening::Bare } else { Opening::Keyword }
    } else if longest(said, first, &said.words.leads).is_some() {
        Opening::Lead
    } else {
        Opening::Other
    }
}

/// Is the keyword what decided, and all behind it a few words of ours? A place may have any name.
fn is_bare(said: &Said<'_>, keyword: Intent, end: usize, decided: Intent) -> bool {
    let is_meant = keyword == decided || keyword == Intent::Stop && decided == Intent::StopSemua;
    let is_letter_of_code = |at: usize| said.tokens[at].end - said.tokens[at].start == 1;
    let is_ours = |at: usize| keyword == Intent::Keliling || !said.heard(at).is_empty() || is_letter_of_code(at);
    let mut rest = intent::rest(said, end);
    is_meant && is_short(said, end) && rest.clone().count() <= BARE_WORDS_MAX && rest.all(is_ours)
}
