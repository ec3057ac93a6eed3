//! A message cut into words, numbers and marks, with the place of each.

use nom::branch::alt;
use nom::bytes::complete::take_while1;
use nom::character::complete::{anychar, char};
use nom::combinator::{map, recognize};
use nom::multi::many0_count;
use nom::{IResult, Parser as _};

/// Ten parts of 153 septets (3GPP TS 23.040, 9.2.3.24.1): what a phone sends as one message. The rest is cut off.
pub const CHARS_MAX: usize = 1530;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) kind: Kind,
    /// Byte range in the cleaned text.
    pub(super) start: usize,
    pub(super) end: usize,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// In lower case, without apostrophes.
    Word(String),
    Digits,
    /// Whatever else stands there, except spaces; a line break is `\n`.
    Mark(char),
}

impl Token {
    pub(super) fn word(&self) -> Option<&str> {
        match &self.kind {
            Kind::Word(word) => Some(word),
            Kind::Digits | Kind::Mark(_) => None,
        }
    }

    pub(super) fn is_mark(&self, mark: char) -> bool {
        self.kind == Kind::Mark(mark)
    }
}

/// The text with full-width forms made narrow, line breaks as `\n`, invisible characters gone, and an end.
pub(super) fn clean(text: &str) -> String {
    let mut out = String::new();
    let mut before = ' ';
    for (count, char) in text.chars().enumerate() {
        if count == CHARS_MAX {
            break;
        }
        let char = match char {
            '\r' => '\n',
            '\u{2018}' | '\u{2019}' | '`' => '\'',
            '\u{2010}'..='\u{2015}' => '-',
            other => crate::citizen::narrow(other),
        };
        let is_invisible = matches!(char, '\u{200B}'..='\u{200F}' | '\u{2060}' | '\u{FEFF}') || char.is_control() && !char.is_whitespace();
        if is_invisible || char == '\n' && before == '\n' {
            continue;
        }
        out.push(char);
        before = char;
    }
    out
}

/// Tokens of a cleaned text.
pub(super) fn tokens(text: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut rest = text;
    while let Ok((after, kind)) = token(rest) {
        let (start, end) = (text.len() - rest.len(), text.len() - after.len());
        if let Some(kind) = kind {
            tokens.push(Token { kind, start, end });
        }
        rest = after;
    }
    tokens
}

/// `None` for a space.
fn token(input: &str) -> IResult<&str, Option<Kind>> {
    alt((
        map(take_while1(|c: char| c.is_ascii_digit()), |_| Some(Kind::Digits)),
        map(word, |word| Some(Kind::Word(word.chars().filter(|c| *c != '\'').flat_map(char::to_lowercase).collect()))),
        map(anychar, |c| if c == '\n' || !c.is_whitespace() { Some(Kind::Mark(c)) } else { None }),
    ))
    .parse(input)
}

/// Letters, with apostrophes between them: `assalamu'alaikum`.
fn word(input: &str) -> IResult<&str, &str> {
    recognize((letters, many0_count((char('\''), letters)))).parse(input)
}

fn letters(input: &str) -> IResult<&str, &str> {
    take_while1(char::is_alphabetic).parse(input)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_numbers_and_marks() {
        let shown = |text: &str| {
            let text = clean(text);
            let show = |token: &Token| match &token.kind {
                Kind::Word(word) => word.clone(),
                Kind::Digits => text[token.start..token.end].to_owned(),
                Kind::Mark(mark) => format!("<{mark}>"),
            };
            tokens(&text).iter().map(show).collect::<Vec<_>>().join(" ")
        };
        for (text, expected) in [
            ("KTP1606#A4821", "ktp 1606 <#> a 4821"),
            ("Assalamu'alaikum, 'pak'", "assalamualaikum <,> <'> pak <'>"),
            ("ＫＴＰ　１６", "ktp 16"),
            ("a\r\nb\u{200B}c", "a <\n> bc"),
            ("O\u{2019}o l''a", "oo l <'> <'> a"),
            ("", ""),
            (" \u{a0} ", ""),
        ] {
            assert_eq!(shown(text), expected, "{text:?}");
        }
    }

    #[test]
    fn more_than_ten_parts_are_cut() {
        assert_eq!(clean(&"é".repeat(2_000)).chars().count(), CHARS_MAX);
    }
}
