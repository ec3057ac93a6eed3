//! Answers to a page: a choice by its digit or its word, yes, no, not yet.

use super::Reply;
use super::intent::{is_light, longest};
use super::said::Said;
use super::words::Phrase;

/// `Y saya setuju pak` is an answer; a sentence is not.
pub(super) const WORDS_MAX: usize = 5;

/// A digit, or yes, no, not yet; with nothing of weight beside it.
pub(super) fn read(said: &Said<'_>) -> Option<Reply> {
    let ending = said.ending(false);
    let words: Vec<usize> = said.words_in(0..ending).collect();
    let is_short = words.iter().filter(|&&at| !said.is_greeting(at)).count() <= WORDS_MAX;
    match said.numbers.as_slice() {
        [only] if only.digits.len() <= 2 => {
            let fits = is_short && are_light(said, &words, only.end) || said.starts_with_number() && is_name(said, &words);
            // `belum jadi2`: the word said twice.
            let glued = said.tokens.iter().position(|token| token.end == only.start);
            let is_twice = glued.is_some_and(|at| said.tokens[at].word().is_some() && !said.is_greeting(at));
            only.digits.parse().ok().filter(|_| fits && !is_twice).map(Reply::Digit)
        }
        [] if words.iter().any(|&at| digit(said, at).is_some()) => worded(said, &words).filter(|_| is_short).map(Reply::Digit),
        [] if is_short && are_light(said, &words, said.text.len()) && !said.asks() => {
            if words
                .iter()
                .any(|&at| said.words.keywords.iter().any(|(_, phrase)| phrase.len() > 1 && said.phrase_at(at, phrase).is_some()))
            {
                return None;
            }
            // `belum mau` and `tidak setuju` say no; a plain yes must stand alone.
            let said_first = words.iter().find_map(|&at| meanings(said, at).max_by_key(|reply| *reply != Reply::Yes))?;
            let others = words.iter().filter_map(|&at| meanings(said, at).next()).any(|reply| reply != Reply::Yes);
            (said_first != Reply::Yes || !others).then_some(said_first)
        }
        _ => None,
    }
}

/// `satu`, `nomor dua pak`, `dua ganti waktu`: a digit as a word, and nothing else of weight.
fn worded(said: &Said<'_>, words: &[usize]) -> Option<u8> {
    let mut named = words.iter().filter_map(|&at| Some((at, digit(said, at)?)));
    let (named_at, digit) = named.next()?;
    let others: Vec<usize> = words.iter().copied().filter(|&at| at != named_at).collect();
    let fits = named.next().is_none() && are_light(said, &others, said.tokens.get(named_at)?.end);
    fits.then_some(digit)
}

/// Have the words beside a choice no weight? `2 GANTI HARI` copies its label, which stands from this byte on. `3 bulan belum jadi` is no answer,
/// `BAHASA 2` neither.
fn are_light(said: &Said<'_>, words: &[usize], label_from: usize) -> bool {
    let mut labelled = 0;
    words.iter().all(|&at| {
        let is_behind = said.tokens.get(at).is_some_and(|token| token.start >= label_from);
        if let Some((_, end)) = longest(said, at, &said.words.keywords).filter(|_| is_behind && at >= labelled) {
            labelled = end;
        }
        at < labelled || is_light(said, at) || meanings(said, at).next().is_some()
    })
}

fn digit(said: &Said<'_>, at: usize) -> Option<u8> {
    let is_named = |phrases: &[Phrase]| phrases.iter().any(|phrase| said.phrase_at(at, phrase).is_some());
    said.words.digits.iter().find(|(_, phrases)| is_named(phrases)).map(|(digit, _)| *digit)
}

/// The answers that begin with the word here.
pub(super) fn meanings<'s>(said: &'s Said<'_>, at: usize) -> impl Iterator<Item = Reply> + 's {
    let begins = move |phrases: &[Phrase]| phrases.iter().any(|phrase| said.phrase_at(at, phrase).is_some());
    said.words.answers.iter().filter(move |(_, phrases)| begins(phrases)).map(|(reply, _)| *reply)
}

/// One or two unknown words with capitals: `1 Budi`.
fn is_name(said: &Said<'_>, words: &[usize]) -> bool {
    let is_capital = |&at: &usize| said.heard(at).is_empty() && said.slice(&(at..at + 1)).chars().next().is_some_and(char::is_uppercase);
    (1..=2).contains(&words.len()) && words.iter().all(is_capital)
}
