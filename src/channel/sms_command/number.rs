//! Numbers and codes as people type them: `16.06.09.010190.9999`, `1606 0901 0190 9999`, `16060901O1909999`, `k 482-1735`.

use std::ops::Range;

use nom::bytes::complete::{take_while, take_while_m_n, take_while1};
use nom::character::complete::{one_of, satisfy};
use nom::combinator::{opt, recognize};
use nom::multi::separated_list1;
use nom::{IResult, Parser as _};

use crate::citizen::area;

/// Digits of a NIK, and of a No. KK.
pub(super) const WHOLE: usize = 16;
/// From so many characters on, a letter among digits is a slip and not the next word.
const LETTER_CHARS_MIN: usize = 12;
/// A NIK with some digits missing or too many, without a word that says it is one. Shorter ones are anything, longer ones too.
const WOULD_BE: std::ops::RangeInclusive<usize> = 12..=20;
/// So many digits in groups that begin with a province: sixteen with one left out.
const RUN_DIGITS_MIN: usize = WHOLE - 1;
/// Digits of an Indonesian mobile number as written, `08…` or `628…`.
const PHONE: std::ops::RangeInclusive<usize> = 10..=14;
/// Digits behind the letter of a code. Ours have seven; other offices print four.
const CODE_DIGITS: std::ops::RangeInclusive<usize> = 4..=8;
const CODE_DIGITS_OURS: usize = 7;

#[derive(Clone, PartialEq, Eq)]
pub(super) struct Number {
    pub(super) kind: NumberKind,
    /// As typed, without what separates the groups.
    pub(super) digits: String,
    /// Byte range in the text.
    pub(super) start: usize,
    pub(super) end: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NumberKind {
    /// 16 digits.
    Whole,
    /// Would be 16 digits, but for this letter among them.
    Letter(char),
    /// Of a length that could only be a NIK gone wrong.
    WouldBe,
    Phone,
    Short,
}

/// Numbers are personal.
impl std::fmt::Debug for Number {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Number").field("kind", &self.kind).field("digits", &self.digits.len()).finish()
    }
}

/// All numbers of a text, from the left. `starts` are the places where one may begin: at digits, and at single letters glued to digits.
pub(super) fn numbers(text: &str, starts: impl Iterator<Item = usize>) -> Vec<Number> {
    let mut numbers = Vec::new();
    let mut done = 0;
    for start in starts {
        if start < done {
            continue;
        }
        let Some(rest) = text.get(start..) else { continue };
        let Ok((after, _)) = group(rest) else { continue };
        let end = text.len() - after.len();
        let chunks = chunks(text, start, end);
        if let Some(last) = chunks.last() {
            done = last.end;
        }
        split(&chunks, &mut numbers);
    }
    numbers
}

/// Where a NIK or the number of a KK may stand, though mistyped: byte ranges from the left. Beyond the numbers that are read as such, groups that
/// begin like one and are nearly as long.
pub(super) fn personal(text: &str, starts: impl Iterator<Item = usize> + Clone) -> Vec<Range<usize>> {
    let numbers = numbers(text, starts.clone());
    let is_personal = |number: &&Number| match number.kind {
        NumberKind::Whole | NumberKind::Letter(_) | NumberKind::WouldBe => true,
        NumberKind::Short => number.digits.len() > *WOULD_BE.end(),
        NumberKind::Phone => false,
    };
    let mut ranges: Vec<Range<usize>> = numbers.iter().filter(is_personal).map(|number| number.start..number.end).collect();
    let mut done = 0;
    for start in starts {
        let Some(run) = Some(start).filter(|start| *start >= done).and_then(|start| digit_groups(text, start)) else { continue };
        done = run.end;
        let is_read =
            numbers.iter().any(|number| run.contains(&number.start) && (is_personal(&number) || number.kind == NumberKind::Phone));
        let digits: String = text.get(run.clone()).unwrap_or_default().chars().filter(|c| is_digit_like(*c)).map(digit).collect();
        let begins = digits.get(..2).and_then(|code| code.parse().ok()).is_some_and(area::is_province);
        if !is_read && begins && digits.len() >= RUN_DIGITS_MIN {
            ranges.push(run);
        }
    }
    ranges.sort_by_key(|range| range.start);
    ranges
}

/// Groups that hold a digit each, from here to where a word begins.
fn digit_groups(text: &str, start: usize) -> Option<Range<usize>> {
    let rest = text.get(start..)?;
    let (after, _) = group(rest).ok()?;
    let run = rest.get(..rest.len() - after.len())?;
    let last = run.rfind(|c: char| c.is_ascii_digit())?;
    Some(start..start + last + 1)
}

/// What a letter on a small screen stands for.
fn digit(char: char) -> char {
    match char {
        'O' | 'o' => '0',
        'I' | 'i' | 'l' | 'L' => '1',
        digit => digit,
    }
}

/// Groups of digits with spaces, full stops or hyphens between each.
fn group(input: &str) -> IResult<&str, Vec<&str>> {
    let between = take_while1(|c: char| c.is_whitespace() || matches!(c, '.' | '-'));
    separated_list1(between, take_while1(is_digit_like)).parse(input)
}

fn is_digit_like(char: char) -> bool {
    char.is_ascii_digit() || is_confused(char)
}

/// Letters that stand for a digit on a small screen: O for 0, I and l for 1.
fn is_confused(char: char) -> bool {
    matches!(char, 'O' | 'o' | 'I' | 'i' | 'l')
}

#[derive(Clone)]
struct Chunk<'a> {
    text: &'a str,
    start: usize,
    end: usize,
}

impl Chunk<'_> {
    fn letter(&self) -> Option<char> {
        self.text.chars().find(|c| !c.is_ascii_digit())
    }
}

/// The groups, up to the first that is a word after all (`4 orang`, `50 ok`).
fn chunks(text: &str, start: usize, end: usize) -> Vec<Chunk<'_>> {
    let mut chunks = Vec::new();
    let mut at = start;
    for piece in text.get(start..end).unwrap_or_default().split(|c: char| !is_digit_like(c)) {
        if piece.is_empty() {
            at += text.get(at..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
            continue;
        }
        let runs_on = text.get(at + piece.len()..).and_then(|rest| rest.chars().next()).is_some_and(char::is_alphabetic);
        let trimmed = if runs_on { piece.trim_end_matches(is_confused) } else { piece };
        let is_number = trimmed.len() >= LETTER_CHARS_MIN && trimmed.chars().filter(|&c| is_confused(c)).count() * 2 < trimmed.len();
        let digits = trimmed.find(is_confused).filter(|_| !is_number).map_or(trimmed, |letter| trimmed.get(..letter).unwrap_or_default());
        // A letter in front belongs to a number only if it makes up the sixteen.
        let is_misplaced = digits.starts_with(is_confused) && digits.len() != WHOLE;
        if digits.is_empty() || is_misplaced {
            break;
        }
        chunks.push(Chunk { text: digits, start: at, end: at + digits.len() });
        if digits.len() < piece.len() {
            break;
        }
        at += piece.len();
        at += text.get(at..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
    }
    chunks
}

/// Sixteen digits in a row of groups are one number, whatever the groups; else each group is one.
fn split(chunks: &[Chunk<'_>], numbers: &mut Vec<Number>) {
    let mut rest = chunks;
    while let Some((first, others)) = rest.split_first() {
        let (kind, count) = phone(rest)
            .map(|count| (NumberKind::Phone, count))
            .or_else(|| whole(rest).map(|count| (NumberKind::Whole, count)))
            .unwrap_or_else(|| (kind(first), 1));
        // Nothing makes sixteen: a NIK in groups with a digit missing or too many.
        let is_broken = kind == NumberKind::Short && !others.is_empty() && !has_whole(rest) && has_only_groups(rest);
        let (kind, count) = if is_broken { (NumberKind::WouldBe, rest.len()) } else { (kind, count) };
        let (taken, left) = rest.split_at(count.clamp(1, rest.len()));
        let digits = taken.iter().map(|chunk| chunk.text).collect();
        let end = taken.last().map_or(first.end, |last| last.end);
        numbers.push(Number { kind, digits, start: first.start, end });
        rest = left;
    }
}

fn kind(chunk: &Chunk<'_>) -> NumberKind {
    match (chunk.letter(), chunk.text.len()) {
        (Some(letter), _) => NumberKind::Letter(letter),
        (None, WHOLE) => NumberKind::Whole,
        (None, length) if WOULD_BE.contains(&length) => NumberKind::WouldBe,
        (None, _) => NumberKind::Short,
    }
}

/// How many groups from here on make a number of 16 digits. One that is put together must begin with a province: a telephone number
/// with four digits behind it is 16 digits too.
fn whole(chunks: &[Chunk<'_>]) -> Option<usize> {
    let mut sum = 0;
    for (at, chunk) in chunks.iter().enumerate() {
        if chunk.letter().is_some() {
            return None;
        }
        sum += chunk.text.len();
        if sum >= WHOLE {
            return (sum == WHOLE && (at == 0 || begins_with_province(chunks))).then_some(at + 1);
        }
    }
    None
}

fn has_whole(chunks: &[Chunk<'_>]) -> bool {
    (0..chunks.len()).any(|from| chunks.get(from..).and_then(whole).is_some())
}

/// Groups such as a card shows them, and not a list of things: each of two digits at least, nearly sixteen together.
fn has_only_groups(chunks: &[Chunk<'_>]) -> bool {
    let sum: usize = chunks.iter().map(|chunk| chunk.text.len()).sum();
    let is_grouped = chunks.iter().all(|chunk| (2..=8).contains(&chunk.text.len()) && chunk.letter().is_none());
    is_grouped && chunks.len() > 2 && sum.abs_diff(WHOLE) <= 2 && begins_with_province(chunks)
}

fn begins_with_province(chunks: &[Chunk<'_>]) -> bool {
    let mut digits = chunks.iter().flat_map(|chunk| chunk.text.chars()).filter_map(|c| c.to_digit(10));
    let code = digits.next().zip(digits.next()).and_then(|(tens, ones)| u8::try_from(tens * 10 + ones).ok());
    code.is_some_and(area::is_province)
}

/// How many groups from here on are a mobile number.
fn phone(chunks: &[Chunk<'_>]) -> Option<usize> {
    let first = chunks.first()?;
    if !first.text.starts_with("08") && !first.text.starts_with("628") {
        return None;
    }
    let mut sum = 0;
    for (at, chunk) in chunks.iter().enumerate() {
        sum += chunk.text.len();
        if PHONE.contains(&sum) {
            // Nobody parts a telephone number after the seventh digit: `K0821735 1234` is a code and the digits of a KK.
            return (at == 0 || first.text.len() != CODE_DIGITS_OURS).then_some(at + 1);
        }
    }
    None
}

/// A code at the very beginning: a letter and four to eight digits, apart or not (`A4821`, `k 482-1735`), or two or three letters
/// glued to them (`ADU-0917`). O among the digits is 0, I and l are 1. With the length of what was read, in bytes.
pub(super) fn code(input: &str) -> Option<(String, usize)> {
    let (after, letters) = letters(input).ok()?;
    let mut rest = after;
    let mut digits = String::new();
    let mut end = after;
    while let Ok((after, (separator, found))) = code_digits(rest) {
        // Two or three letters apart from a number are a word: `RT 0012`.
        if digits.is_empty() && letters.len() > 1 && !matches!(separator, "" | "-") {
            return None;
        }
        // A second group belongs to it only if it makes up a code of ours: `A4821 9998` is a code and the digits of a KK.
        if !digits.is_empty() && digits.len() + found.len() != CODE_DIGITS_OURS {
            break;
        }
        digits.push_str(found);
        (rest, end) = (after, after);
    }
    if !CODE_DIGITS.contains(&digits.len()) || end.chars().next().is_some_and(char::is_alphanumeric) {
        return None;
    }
    let digits: String = digits.chars().map(digit).collect();
    let letters = letters.to_ascii_uppercase();
    let dash = if letters.len() > 1 { "-" } else { "" };
    Some((format!("{letters}{dash}{digits}"), input.len() - end.len()))
}

fn letters(input: &str) -> IResult<&str, &str> {
    take_while_m_n(1, 3, |c: char| c.is_ascii_alphabetic()).parse(input)
}

/// Spaces and one mark, if any, and digits of which the first is one.
fn code_digits(input: &str) -> IResult<&str, (&str, &str)> {
    let digits = recognize((satisfy(|c| c.is_ascii_digit()), opt(take_while1(|c: char| is_digit_like(c) || c == 'L'))));
    let spaces = || take_while(char::is_whitespace);
    (recognize((spaces(), opt(one_of(".-#*/,")), spaces())), digits).parse(input)
}

/// Is this a code without its letter?
pub(super) fn is_code_digits(digits: &str) -> bool {
    CODE_DIGITS.contains(&digits.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        let starts = text.char_indices().filter(|(_, c)| is_digit_like(*c)).map(|(at, _)| at);
        numbers(text, starts).iter().map(|number| format!("{:?} {}", number.kind, number.digits)).collect::<Vec<_>>().join("; ")
    }

    #[test]
    fn numbers_as_people_type_them() {
        for (text, expected) in [
            ("1606090101909999", "Whole 1606090101909999"),
            ("16.06.09.010190.9999", "Whole 1606090101909999"),
            ("1606 0901 0190 9999", "Whole 1606090101909999"),
            ("160609-010190-9999", "Whole 1606090101909999"),
            ("1606090101909999 1606092501129998", "Whole 1606090101909999; Whole 1606092501129998"),
            ("1606 0901 0190 9999 1606 0925 0112 9998", "Whole 1606090101909999; Whole 1606092501129998"),
            ("1606090101909999 9998", "Whole 1606090101909999; Short 9998"),
            ("1606090101909999 1", "Whole 1606090101909999; Short 1"),
            ("1 1606090101909999", "Short 1; Whole 1606090101909999"),
            ("08120000000 1606090101909999", "Phone 08120000000; Whole 1606090101909999"),
            ("0812 0000 0001", "Phone 081200000001"),
            ("0821735 1234", "Short 0821735; Short 1234"),
            ("081200000001 9998", "Phone 081200000001; Short 9998"),
            ("6281200000001", "Phone 6281200000001"),
            ("16060901O1909999", "Letter('O') 16060901O1909999"),
            ("1606090l01909999", "Letter('l') 1606090l01909999"),
            ("l606090101909999", "Letter('l') l606090101909999"),
            ("160609010190999O", "Letter('O') 160609010190999O"),
            ("160609010190999", "WouldBe 160609010190999"),
            ("16060901019099991", "WouldBe 16060901019099991"),
            ("1606 0901 0190 999", "WouldBe 160609010190999"),
            ("1606 0901 0190 99999", "WouldBe 16060901019099999"),
            ("1606090101909999ok", "Whole 1606090101909999"),
            ("1606090101909999 ok", "Whole 1606090101909999"),
            ("4 orang 50ribu", "Short 4; Short 50"),
            ("2024 2025", "Short 2024; Short 2025"),
            ("12 11 2026", "Short 12; Short 11; Short 2026"),
            ("halo oi il", ""),
            ("", ""),
        ] {
            assert_eq!(shown(text), expected, "{text}");
        }
    }

    #[test]
    fn codes_as_people_type_them() {
        for (text, expected) in [
            ("A4821", Some(("A4821", 5))),
            ("k 482-1735 ya", Some(("K4821735", 10))),
            ("K48217O5", Some(("K4821705", 8))),
            ("A4821 9998", Some(("A4821", 5))),
            ("K4821735 9998", Some(("K4821735", 8))),
            ("ADU-0917", Some(("ADU-0917", 8))),
            ("adu0917", Some(("ADU-0917", 7))),
            ("A#4821", Some(("A4821", 6))),
            ("RT 0012", None),
            ("A482", None),
            ("A482100000", None),
            ("A4821x", None),
            ("ABCD1234", None),
            ("1234", None),
            ("", None),
        ] {
            assert_eq!(code(text), expected.map(|(code, length): (&str, usize)| (code.to_owned(), length)), "{text}");
        }
    }
}
