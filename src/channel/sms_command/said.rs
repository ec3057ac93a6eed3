//! A message made ready to be understood: its tokens, the words heard in them, its numbers, and where its ending begins.

use std::ops::Range;

use super::lex::{self, Kind, Token};
use super::number::{self, Number, NumberKind};
use super::words::{Id, Phrase, Words};
use crate::citizen::area::Names;

/// Only so many words are compared with all that are known; what a message wants stands early, and the work stays bounded.
const HEARD_WORDS_MAX: usize = 120;
/// A name behind the message: `Budi`, `Siti binti Ali`, `Budi - Mangsang`.
const NAME_WORDS_MAX: usize = 4;
/// Words after `terima kasih`: a name, a place, a wish.
const CLOSING_WORDS_MAX: usize = 7;

#[derive(Debug)]
pub(super) struct Said<'a> {
    pub(super) words: &'a Words,
    pub(super) areas: &'a Names,
    pub(super) text: String,
    pub(super) tokens: Vec<Token>,
    /// One for each token; empty for what is no word, or none that is known.
    heard: Vec<Vec<Id>>,
    pub(super) numbers: Vec<Number>,
}

impl<'a> Said<'a> {
    pub(super) fn new(words: &'a Words, areas: &'a Names, text: &str) -> Self {
        let text = lex::clean(text);
        let mut tokens = lex::tokens(&text);
        let mut heard = Vec::new();
        let mut at = 0;
        while let Some(token) = tokens.get(at) {
            let ids = token.word().filter(|_| at < HEARD_WORDS_MAX).map(|word| words.hear(word, areas.has_word(word))).unwrap_or_default();
            let is_code = |next: &Token| next.start == token.end && text.get(next.start..next.end).is_some_and(number::is_code_digits);
            let is_code_next = tokens.get(at + 1).is_some_and(|next| next.kind == Kind::Digits && is_code(next));
            let is_known = ids.len() == 1 && !is_code_next;
            match token.word().filter(|_| at < HEARD_WORDS_MAX && !is_known).and_then(|word| cut(words, areas, word, is_code_next)) {
                Some(length) if token.end - token.start == token.word().map_or(0, str::len) => split(&mut tokens, at, length),
                _ => {
                    heard.push(ids);
                    at += 1;
                }
            }
        }
        let numbers = number::numbers(&text, number_starts(&tokens));
        Self { words, areas, text, tokens, heard, numbers }
    }

    /// Places of tokens that are words, within a range of places.
    pub(super) fn words_in(&self, range: Range<usize>) -> impl Iterator<Item = usize> + Clone + '_ {
        range.filter(|&at| self.tokens.get(at).is_some_and(|token| token.word().is_some()) && !self.is_in_number(at))
    }

    pub(super) fn all(&self) -> Range<usize> {
        0..self.tokens.len()
    }

    pub(super) fn after(&self, at: usize) -> Range<usize> {
        at.min(self.tokens.len())..self.tokens.len()
    }

    pub(super) fn heard(&self, at: usize) -> &[Id] {
        self.heard.get(at).map_or(&[], Vec::as_slice)
    }

    pub(super) fn is_one_of(&self, at: usize, ids: &std::collections::HashSet<Id>) -> bool {
        self.heard(at).iter().any(|id| ids.contains(id))
    }

    /// Does the word say nothing by itself?
    pub(super) fn is_greeting(&self, at: usize) -> bool {
        self.is_one_of(at, &self.words.fillers) || self.is_one_of(at, &self.words.people)
    }

    /// Does the phrase stand here, word after word? With the place behind it.
    pub(super) fn phrase_at(&self, at: usize, phrase: &Phrase) -> Option<usize> {
        let places: Vec<usize> = self.words_in(self.after(at)).take(phrase.len()).collect();
        let stands = places.first() == Some(&at) && phrase.starts(places.iter().map(|&place| self.heard(place)));
        stands.then(|| places.last().map_or(at, |last| last + 1))
    }

    /// Are all words of the phrase somewhere in the range?
    pub(super) fn has(&self, range: Range<usize>, phrase: &Phrase) -> bool {
        phrase.is_within(&self.words_in(range).map(|at| self.heard(at)))
    }

    pub(super) fn has_any(&self, range: &Range<usize>, phrases: &[Phrase]) -> bool {
        phrases.iter().any(|phrase| self.has(range.clone(), phrase))
    }

    /// Of named phrases the name of which most words are there; of equals the first.
    pub(super) fn best<'n>(&self, range: &Range<usize>, named: &'n [(String, Vec<Phrase>)]) -> Option<&'n str> {
        let mut best = None;
        for (name, phrases) in named {
            let longest = phrases.iter().filter(|phrase| self.has(range.clone(), phrase)).map(Phrase::len).max();
            if let Some(length) = longest.filter(|&length| best.is_none_or(|(before, _)| length > before)) {
                best = Some((length, name.as_str()));
            }
        }
        best.map(|(_, name)| name)
    }

    /// The first number that is, or was to be, a NIK.
    pub(super) fn nik_like(&self) -> Option<&Number> {
        let of = |kinds: fn(&NumberKind) -> bool| self.numbers.iter().find(|number| kinds(&number.kind));
        of(|kind| *kind == NumberKind::Whole)
            .or_else(|| of(|kind| matches!(kind, NumberKind::Letter(_))))
            .or_else(|| of(|kind| *kind == NumberKind::WouldBe))
    }

    pub(super) fn asks(&self) -> bool {
        self.tokens.iter().any(|token| token.is_mark('?'))
    }

    /// Does a number come first, but for marks?
    pub(super) fn starts_with_number(&self) -> bool {
        let first = self.tokens.iter().find(|token| !matches!(token.kind, Kind::Mark(_)));
        first.zip(self.numbers.first()).is_some_and(|(token, number)| number.start <= token.start)
    }

    /// The original text of tokens.
    pub(super) fn slice(&self, range: &Range<usize>) -> &str {
        let tokens = self.tokens.get(range.clone()).unwrap_or_default();
        let (Some(first), Some(last)) = (tokens.first(), tokens.last()) else { return "" };
        self.text.get(first.start..last.end).unwrap_or_default()
    }

    /// Where a greeting at the end or a name under it begins. `in_text`: only where it cannot be a part of what is told.
    pub(super) fn ending(&self, in_text: bool) -> usize {
        let words: Vec<usize> = self.words_in(self.all()).collect();
        let mut end = self.tokens.len();
        if let Some(at) = self.name_below(end, in_text) {
            end = at;
        }
        let body_words = words.iter().filter(|&&at| at < end).count();
        for &at in words.iter().take(body_words).rev().take(CLOSING_WORDS_MAX) {
            let closes = self.words.closers.iter().any(|phrase| self.phrase_at(at, phrase).is_some());
            let has_numbers = self.numbers.iter().any(|number| self.tokens.get(at).is_some_and(|token| number.start > token.start));
            let is_first = words.first() == Some(&at) && !self.starts_with_number();
            if closes && !has_numbers && !is_first && (!in_text || self.is_sentence_start(at)) {
                end = at;
            }
        }
        end
    }

    /// A line, or what stands behind a dash or in brackets, of a few words that mean nothing here.
    fn name_below(&self, end: usize, in_text: bool) -> Option<usize> {
        let is_border = |token: &Token| matches!(token.kind, Kind::Mark('\n' | '-' | '(' | '~' | '_' | '=' | '<'));
        let border = self.tokens.iter().rposition(is_border)?;
        let names: Vec<usize> = self.words_in(border + 1..end).collect();
        let is_name = |&at: &usize| {
            let capital = self.tokens.get(at).and_then(|token| self.text.get(token.start..)).and_then(|text| text.chars().next());
            self.heard(at).is_empty() && (!in_text || capital.is_some_and(char::is_uppercase))
        };
        let is_shouted = in_text && !self.text.chars().any(char::is_lowercase);
        let has_numbers = self.tokens.get(border).is_some_and(|token| self.numbers.iter().any(|number| number.end > token.start));
        let stands_apart = self.tokens.get(border).is_some_and(|token| {
            token.is_mark('\n') || self.text.get(..token.start).is_some_and(|before| before.ends_with(char::is_whitespace) || !in_text)
        });
        let is_asked = self.tokens.iter().skip(border).any(|token| token.is_mark('?'));
        let fits = (1..=NAME_WORDS_MAX).contains(&names.len()) && names.iter().all(is_name);
        let follows_words =
            self.words_in(0..border).next().is_some() || self.numbers.first().is_some_and(|n| n.end <= self.tokens[border].start);
        (fits && !is_asked && !is_shouted && !has_numbers && stands_apart && follows_words).then_some(border)
    }

    fn is_sentence_start(&self, at: usize) -> bool {
        let before = at.checked_sub(1).and_then(|at| self.tokens.get(at));
        before.is_some_and(|token| matches!(token.kind, Kind::Mark('.' | ',' | '!' | '?' | '\n' | '-' | ';')))
    }

    fn is_in_number(&self, at: usize) -> bool {
        self.tokens.get(at).is_some_and(|token| self.numbers.iter().any(|number| number.start <= token.start && token.end <= number.end))
    }
}

/// Where two or three words are glued together: `ktphilang`, `cekjadwalmangsang`, and `batala` in front of `4821`.
fn cut(words: &Words, areas: &Names, word: &str, is_code_next: bool) -> Option<usize> {
    if words.is_common(word) {
        return None;
    }
    let is_word = |rest: &str| rest.len() > 1 && words.is_known(rest) || areas.is_name(rest) || is_code_next && rest.len() == 1;
    words.unglue(word, |rest| is_word(rest) || words.unglue(rest, is_word).is_some())
}

fn split(tokens: &mut Vec<Token>, at: usize, length: usize) {
    let Some(token) = tokens.get_mut(at) else { return };
    let Kind::Word(word) = &mut token.kind else { return };
    let rest = word.split_off(length);
    let (middle, end) = (token.start + length, token.end);
    token.end = middle;
    tokens.insert(at + 1, Token { kind: Kind::Word(rest), start: middle, end });
}

/// Where a number may begin.
pub(super) fn number_starts(tokens: &[Token]) -> impl Iterator<Item = usize> + Clone + '_ {
    tokens.iter().enumerate().filter(|(at, _)| may_start_number(tokens, *at)).map(|(_, token)| token.start)
}

/// At digits; at one or two letters that are easily taken for digits, glued to digits.
fn may_start_number(tokens: &[Token], at: usize) -> bool {
    let Some(token) = tokens.get(at) else { return false };
    match &token.kind {
        Kind::Digits => true,
        Kind::Word(word) => {
            let is_letter = word.len() <= 2 && word.chars().all(|c| matches!(c, 'o' | 'i' | 'l'));
            is_letter && tokens.get(at + 1).is_some_and(|next| next.kind == Kind::Digits && next.start == token.end)
        }
        Kind::Mark(_) => false,
    }
}
