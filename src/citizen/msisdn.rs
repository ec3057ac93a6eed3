//! Subscribers' numbers, in the forms in which people type them and telcos send them:
//! `+62 812-0000-0001`, `0812 0000 0001`, `6281200000001`, `81200000001`, `006281200000001`, `tel:+6281200000001`.

use std::fmt;
use std::sync::OnceLock;

use nom::branch::alt;
use nom::bytes::complete::{tag, tag_no_case};
use nom::character::complete::{digit0, digit1};
use nom::combinator::{all_consuming, opt};
use nom::sequence::preceded;
use nom::{IResult, Parser};
use serde::{Deserialize, Serialize};

use super::narrow;

/// A subscriber's number, E.164 (8 to 15 digits, country code first).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u64", into = "u64")]
pub struct Msisdn(u64);

/// Why a text is no number that can be answered. `name()` is the word used in vectors and JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MsisdnError {
    #[error("empty")]
    Empty,
    /// Something else than digits: a sender name such as `DUKCAPIL`. Never answered.
    #[error("not only digits")]
    Letter,
    /// Three to six digits: a service, not a person. Never answered, or two machines would talk for ever.
    #[error("a short code")]
    ShortCode,
    #[error("too short")]
    Short,
    #[error("too long")]
    Long,
    /// A leading zero where a country code must stand.
    #[error("no country code begins so")]
    CountryCode,
    #[error("not an Indonesian number")]
    OtherCountry,
    /// Indonesian, but a landline or a prefix that no mobile operator has.
    #[error("not a mobile number")]
    NotMobile,
}

impl MsisdnError {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Empty => "kosong",
            Self::Letter => "huruf",
            Self::ShortCode => "kode_pendek",
            Self::Short => "pendek",
            Self::Long => "panjang",
            Self::CountryCode => "kode_negara",
            Self::OtherCountry => "luar_negeri",
            Self::NotMobile => "bukan_seluler",
        }
    }
}

/// Who gave out a number, by its prefix. Indonesia has no number portability; what the telco itself says still goes before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Operator {
    pub name: &'static str,
    /// The company behind it, after the mergers of 2022 and 2025.
    pub group: &'static str,
}

impl Operator {
    /// By its own name or its group's.
    pub fn is_called(&self, name: &str) -> bool {
        self.name == name || self.group == name
    }
}

impl Msisdn {
    /// An Indonesian mobile number in any form in which people write one: with `+62`, `62`, `0062`, `0`, or from the `8` on, also
    /// `+62 0812…`; `tel:` in front and spaces, full stops, dashes and brackets between the digits do not matter.
    pub fn parse(text: &str) -> Result<Self, MsisdnError> {
        let compact = compact(text)?;
        let national = match form(&compact)? {
            Form::Country(digits) => match digits.strip_prefix(INDONESIA) {
                // `+62 0812…`: the zero of the national form, left in by mistake.
                Some(national) => national.strip_prefix('0').unwrap_or(national),
                None if digits.starts_with('0') || digits.is_empty() => return Err(MsisdnError::CountryCode),
                None => return Err(MsisdnError::OtherCountry),
            },
            Form::National(digits) => digits,
            Form::Bare(digits) if SHORT_CODE.contains(&digits.len()) => return Err(MsisdnError::ShortCode),
            Form::Bare(digits) => match digits.strip_prefix(INDONESIA) {
                Some(national) => national.strip_prefix('0').unwrap_or(national),
                None if digits.starts_with('8') => digits,
                None if digits.len() < *SHORT_CODE.start() => return Err(MsisdnError::Short),
                None => return Err(MsisdnError::OtherCountry),
            },
        };
        indonesian_mobile(national)
    }

    /// A number as a telco or aggregator sends it: E.164 of any country, with or without `+`, `00` or `tel:`. A national form
    /// (`0812…`) is read as one of `country`, the digits of a country code (`62`).
    pub fn from_telco(text: &str, country: &str) -> Result<Self, MsisdnError> {
        let compact = compact(text)?;
        let digits = match form(&compact)? {
            Form::Bare(digits) if SHORT_CODE.contains(&digits.len()) => return Err(MsisdnError::ShortCode),
            Form::Country(digits) | Form::Bare(digits) => match digits.strip_prefix("620") {
                // Only Indonesia: in Italy the zero belongs to the number.
                Some(national) => format!("{INDONESIA}{national}"),
                None => digits.to_owned(),
            },
            Form::National(digits) => format!("{}{digits}", country.trim_start_matches(['+', '0'])),
        };
        if digits.starts_with('0') {
            return Err(MsisdnError::CountryCode);
        }
        Self::of_length(&digits)
    }

    /// In the form of a mobile number of Indonesia: +62, then 9 to 12 digits that begin with 8 and neither 80 nor 84.
    pub fn is_mobile_id(self) -> bool {
        self.0.to_string().strip_prefix(INDONESIA).is_some_and(|national| indonesian_mobile(national).is_ok())
    }

    /// `Telkomsel`; `None` for other countries and prefixes that nobody has.
    pub fn operator(self) -> Option<&'static str> {
        self.operator_record().map(|operator| operator.name)
    }

    /// Every operator whose numbers are known, one of several brands more than once.
    pub fn operators() -> impl Iterator<Item = &'static Operator> + Clone {
        operators().iter().map(|(_, operator)| operator)
    }

    /// The operator with the group it belongs to.
    pub fn operator_record(self) -> Option<&'static Operator> {
        if !self.is_mobile_id() {
            return None;
        }
        let digits = self.0.to_string();
        let row = operators().iter().find(|(prefix, _)| digits.starts_with(prefix))?;
        Some(&row.1)
    }

    /// One of the numbers of demo and tests, +6281200000000 to +6281200099999. Nothing is ever sent to one outside them.
    pub const fn is_fake(self) -> bool {
        self.0 >= 6_281_200_000_000 && self.0 <= 6_281_200_099_999
    }

    /// The number in clear: `+6281200000001`.
    pub fn reveal(self) -> String {
        format!("+{}", self.0)
    }

    /// The digits as a number, for a key or a keyed hash.
    pub const fn number(self) -> u64 {
        self.0
    }

    fn of_length(digits: &str) -> Result<Self, MsisdnError> {
        match digits.len() {
            0 => Err(MsisdnError::Empty),
            length if length < *LENGTH.start() => Err(MsisdnError::Short),
            length if length > *LENGTH.end() => Err(MsisdnError::Long),
            _ => digits.parse().map(Self).map_err(|_| MsisdnError::Letter),
        }
    }
}

/// How a number begins says how the rest is to be read.
enum Form<'a> {
    /// Behind `+` or `00`: a country code follows.
    Country(&'a str),
    /// Behind a single `0`: a number of this country.
    National(&'a str),
    /// Digits and nothing in front.
    Bare(&'a str),
}

fn form(compact: &str) -> Result<Form<'_>, MsisdnError> {
    let forms = alt((
        preceded(tag("+"), digit0).map(Form::Country),
        preceded(tag("00"), digit0).map(Form::Country),
        preceded(tag("0"), digit0).map(Form::National),
        digit1.map(Form::Bare),
    ));
    let read: IResult<_, _> = all_consuming(preceded(opt(tag_no_case("tel:")), forms)).parse(compact);
    read.map(|(_, form)| form).map_err(|_| MsisdnError::Letter)
}

/// The text without what only separates. Full-width forms become ASCII.
fn compact(text: &str) -> Result<String, MsisdnError> {
    if text.len() > TEXT_MAX {
        return Err(MsisdnError::Long);
    }
    let compact: String = text.chars().map(narrow).filter(|&char| !separates(char)).collect();
    if compact.is_empty() { Err(MsisdnError::Empty) } else { Ok(compact) }
}

fn separates(char: char) -> bool {
    char.is_whitespace()
        || matches!(char, '.' | '-' | '(' | ')' | '[' | ']')
        || matches!(char, '\u{2010}'..='\u{2015}') // typographic dashes
        || matches!(char, '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}' | '\u{FEFF}') // direction marks copied from address books
}

/// `8[1-35-9]` and 7 to 10 further digits: the numbering plan's mobile ranges.
fn indonesian_mobile(national: &str) -> Result<Msisdn, MsisdnError> {
    match national.as_bytes() {
        [] | [b'8'] => return Err(MsisdnError::Short),
        [b'8', b'1'..=b'3' | b'5'..=b'9', ..] => {}
        _ => return Err(MsisdnError::NotMobile),
    }
    match national.len() {
        ..9 => Err(MsisdnError::Short),
        9..=12 => Msisdn::of_length(&format!("{INDONESIA}{national}")),
        _ => Err(MsisdnError::Long),
    }
}

/// Operators by prefix (`62812`), from the shipped table.
fn operators() -> &'static [(&'static str, Operator)] {
    static OPERATORS: OnceLock<Vec<(&'static str, Operator)>> = OnceLock::new();
    OPERATORS.get_or_init(|| {
        let rows = include_str!("../../gateway-config/muba/operators.csv").lines().skip(1);
        rows.filter_map(|row| {
            let mut cells = row.split(',');
            Some((cells.next()?, Operator { name: cells.next()?, group: cells.next()? }))
        })
        .collect()
    })
}

const INDONESIA: &str = "62";
/// E.164 allows 15 digits; below 8 with the country code no mobile numbering plan goes.
const LENGTH: std::ops::RangeInclusive<usize> = 8..=15;
/// Digits of the services' numbers that arrive as senders.
const SHORT_CODE: std::ops::RangeInclusive<usize> = 3..=6;
/// Bytes: 15 digits, each with a generous separator. Longer text is no number and is not looked at.
const TEXT_MAX: usize = 96;

impl TryFrom<u64> for Msisdn {
    type Error = MsisdnError;

    fn try_from(number: u64) -> Result<Self, Self::Error> {
        match number {
            ..10_000_000 => Err(MsisdnError::Short),
            10_000_000..1_000_000_000_000_000 => Ok(Self(number)),
            _ => Err(MsisdnError::Long),
        }
    }
}

impl From<Msisdn> for u64 {
    fn from(msisdn: Msisdn) -> Self {
        msisdn.0
    }
}

/// `+62…01`: the country if it is ours, and the last two digits, which a thousand people in the district share.
impl fmt::Display for Msisdn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let country = if self.0.to_string().starts_with(INDONESIA) { INDONESIA } else { "" };
        write!(f, "+{country}…{:02}", self.0 % 100)
    }
}

impl fmt::Debug for Msisdn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn agrees_with_the_table() {
        let mut seen = 0;
        for line in include_str!("../../tests/fixtures/msisdn.tsv").lines().skip(1) {
            let mut cells = line.split('\t');
            let (text, result, number, operator) =
                (cells.next().unwrap(), cells.next().unwrap(), cells.next().unwrap_or(""), cells.next().unwrap_or(""));
            match Msisdn::parse(text) {
                Ok(msisdn) => {
                    assert_eq!((result, number), ("sah", msisdn.reveal().as_str()), "{text}");
                    assert_eq!(msisdn.operator().unwrap_or(""), operator, "{text}");
                    assert!(msisdn.is_mobile_id(), "{text}");
                }
                Err(error) => assert_eq!((error.name(), ""), (result, number), "{text}"),
            }
            seen += 1;
        }
        assert!(seen >= 50, "{seen} rows");
    }

    #[test]
    fn what_telcos_send() {
        for (text, country, expected) in [
            ("+254711000111", "254", Ok(254_711_000_111)),
            ("254711000111", "62", Ok(254_711_000_111)),
            (" 254711000111", "62", Ok(254_711_000_111)),
            ("233200000001", "233", Ok(233_200_000_001)),
            ("tel:+6281200000001", "62", Ok(6_281_200_000_001)),
            ("tel: 6281200000001", "62", Ok(6_281_200_000_001)),
            ("TEL:6281200000001", "62", Ok(6_281_200_000_001)),
            ("006281200000001", "62", Ok(6_281_200_000_001)),
            ("081200000001", "62", Ok(6_281_200_000_001)),
            ("081200000001", "+62", Ok(6_281_200_000_001)),
            ("+62081200000001", "62", Ok(6_281_200_000_001)),
            ("62081200000001", "62", Ok(6_281_200_000_001)),
            ("0711000111", "254", Ok(254_711_000_111)),
            ("0711000111", "", Ok(711_000_111)),
            ("+390600000001", "39", Ok(390_600_000_001)),
            ("12345678", "62", Ok(12_345_678)),
            ("123456789012345", "62", Ok(123_456_789_012_345)),
            ("1234567", "62", Err(MsisdnError::Short)),
            ("1234567890123456", "62", Err(MsisdnError::Long)),
            ("123", "62", Err(MsisdnError::ShortCode)),
            ("999888", "62", Err(MsisdnError::ShortCode)),
            ("DUKCAPIL", "62", Err(MsisdnError::Letter)),
            ("+62812x0000001", "62", Err(MsisdnError::Letter)),
            ("++6281200000001", "62", Err(MsisdnError::Letter)),
            ("", "62", Err(MsisdnError::Empty)),
            (" \u{200B}-", "62", Err(MsisdnError::Empty)),
            ("+", "62", Err(MsisdnError::Empty)),
            ("0000000000", "62", Err(MsisdnError::CountryCode)),
            ("+081200000001", "62", Err(MsisdnError::CountryCode)),
        ] {
            assert_eq!(Msisdn::from_telco(text, country).map(Msisdn::number), expected, "{text:?} {country}");
        }
        let endless = "1 ".repeat(1_000_000);
        assert_eq!(Msisdn::from_telco(&endless, "62"), Err(MsisdnError::Long));
    }

    #[test]
    fn only_numbers_of_demo_and_tests_are_fake() {
        for (number, fake) in [(6_281_199_999_999, false), (6_281_200_000_000, true), (6_281_200_099_999, true), (6_281_200_100_000, false)]
        {
            assert_eq!(Msisdn::try_from(number).unwrap().is_fake(), fake, "{number}");
        }
    }

    #[test]
    fn foreign_and_fixed_numbers_have_no_operator() {
        for (text, mobile, operator) in [
            ("+254711000111", false, None),
            ("+62714321314", false, None),
            ("+6281200000001", true, Some("Telkomsel")),
            // Long enough a prefix, but not the length of a mobile number.
            ("+62812000000", true, Some("Telkomsel")),
            ("+6281200000", false, None),
            ("+6286000000001", true, None),
        ] {
            let msisdn = Msisdn::from_telco(text, "62").unwrap();
            assert_eq!((msisdn.is_mobile_id(), msisdn.operator()), (mobile, operator), "{text}");
        }
        assert_eq!(operators().len(), 41);
    }

    #[test]
    fn prints_masked() {
        for (text, shown) in [("+6281200000001", "+62…01"), ("+254711000111", "+…11"), ("+6281200001200", "+62…00")] {
            let msisdn = Msisdn::from_telco(text, "62").unwrap();
            assert_eq!(format!("{msisdn}"), shown);
            assert_eq!(format!("{msisdn:?}"), shown);
        }
    }

    #[test]
    fn a_record_holds_only_valid_numbers() {
        let msisdn = Msisdn::parse("081200000001").unwrap();
        let bytes = postcard::to_allocvec(&msisdn).unwrap();
        assert_eq!(postcard::from_bytes::<Msisdn>(&bytes).unwrap(), msisdn);
        for (number, valid) in [(9_999_999_u64, false), (10_000_000, true), (999_999_999_999_999, true), (1_000_000_000_000_000, false)] {
            assert_eq!(postcard::from_bytes::<Msisdn>(&postcard::to_allocvec(&number).unwrap()).is_ok(), valid, "{number}");
            assert_eq!(Msisdn::from_telco(&number.to_string(), "62").is_ok(), valid, "{number}");
        }
    }

    proptest! {
        #[test]
        fn anything_may_come(text in any::<String>(), near in "[+0-9 .()-]{0,24}", country in "[+0-9]{0,4}") {
            for text in [text, near] {
                if let Ok(msisdn) = Msisdn::from_telco(&text, &country) {
                    prop_assert_eq!(Msisdn::from_telco(&msisdn.reveal(), "62"), Ok(msisdn));
                }
                if let Ok(msisdn) = Msisdn::parse(&text) {
                    prop_assert!(msisdn.is_mobile_id());
                    prop_assert_eq!(Msisdn::parse(&msisdn.reveal()), Ok(msisdn));
                    prop_assert_eq!(Msisdn::from_telco(&text, "62").map_or(msisdn, |same| same).reveal().len(), msisdn.reveal().len());
                }
            }
        }

        #[test]
        fn every_form_is_one_number(subscriber in 0..100_000_u32) {
            let plain = Msisdn::parse(&format!("+62812000{subscriber:05}"));
            prop_assert!(plain.is_ok_and(Msisdn::is_fake));
            for form in ["62812000", "0812000", "812000", "0062812000", "tel:+62812000", "+62 0812-000-", "(+62) 812.000."] {
                prop_assert_eq!(Msisdn::parse(&format!("{form}{subscriber:05}")), plain);
            }
        }
    }
}
