//! The last four digits of a family-card number (No. KK).

use std::fmt;

use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;

use super::digits;

/// The last four digits of a No. KK, the second thing a caller must know. Weak by itself: whoever asks for it counts the tries.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "u16", into = "u16")]
pub struct KkDigits(u16);

/// What is wrong with would-be KK digits. `name()` is the word used in texts and JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KkError {
    #[error("panjang")]
    Length { typed: usize },
    #[error("huruf")]
    Letter,
}

impl KkError {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Length { .. } => "panjang",
            Self::Letter => "huruf",
        }
    }
}

impl KkDigits {
    /// Four digits, or a whole No. KK of 16 digits, of which the last four are kept. Spaces, full stops and hyphens between them
    /// do not matter.
    pub fn parse(text: &str) -> Result<Self, KkError> {
        let (mut last, mut typed) = (0, 0_usize);
        for char in digits(text) {
            let digit = char.to_digit(10).and_then(|digit| u16::try_from(digit).ok()).ok_or(KkError::Letter)?;
            last = last % 1000 * 10 + digit;
            typed += 1;
        }
        match typed {
            DIGITS | WHOLE => Ok(Self(last)),
            _ => Err(KkError::Length { typed }),
        }
    }

    /// Compares in constant time, so that the time of an answer tells nothing about how near a guess was.
    pub fn matches(self, other: Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }

    /// The four digits as a number, for a record or a keyed hash.
    pub const fn number(self) -> u16 {
        self.0
    }

    pub const fn from_number(number: u16) -> Option<Self> {
        if number <= 9999 { Some(Self(number)) } else { None }
    }
}

const DIGITS: usize = 4;
/// Digits of a whole No. KK: people who have the card in front of them type all of it.
const WHOLE: usize = 16;

impl TryFrom<u16> for KkDigits {
    type Error = &'static str;

    fn try_from(number: u16) -> Result<Self, Self::Error> {
        Self::from_number(number).ok_or("more than four digits of a KK")
    }
}

impl From<KkDigits> for u16 {
    fn from(digits: KkDigits) -> Self {
        digits.0
    }
}

/// Nothing of the digits: four of them are all there is to guess.
impl fmt::Debug for KkDigits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KkDigits(..)")
    }
}

impl fmt::Display for KkDigits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("....")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn four_digits_or_a_whole_number() {
        for (text, expected) in [
            ("1234", Ok(1234)),
            ("0007", Ok(7)),
            (" 12-34. ", Ok(1234)),
            ("１２３４", Ok(1234)),
            ("1606090101909998", Ok(9998)),
            ("1606 0901 0190 9998", Ok(9998)),
            ("", Err(KkError::Length { typed: 0 })),
            ("123", Err(KkError::Length { typed: 3 })),
            ("12345", Err(KkError::Length { typed: 5 })),
            ("160609010190999", Err(KkError::Length { typed: 15 })),
            ("16060901019099988", Err(KkError::Length { typed: 17 })),
            ("12O4", Err(KkError::Letter)),
            ("KK 1234", Err(KkError::Letter)),
            ("12/34", Err(KkError::Letter)),
        ] {
            assert_eq!(KkDigits::parse(text).map(KkDigits::number), expected, "{text:?}");
        }
    }

    #[test]
    fn they_match_only_themselves_and_print_nothing() {
        let (own, other) = (KkDigits::from_number(1234).unwrap(), KkDigits::from_number(1235).unwrap());
        assert!(own.matches(own) && !own.matches(other));
        assert_eq!(KkDigits::from_number(10_000), None);
        assert!(!format!("{own:?}{own}").contains(|char: char| char.is_ascii_digit()));
        let bytes = postcard::to_allocvec(&own).unwrap();
        assert_eq!(postcard::from_bytes::<KkDigits>(&bytes).unwrap(), own);
        assert!(postcard::from_bytes::<KkDigits>(&postcard::to_allocvec(&10_000_u16).unwrap()).is_err());
    }

    proptest! {
        #[test]
        fn anything_may_be_typed(text in any::<String>()) {
            let _ = KkDigits::parse(&text);
        }

        #[test]
        fn every_four_digits_come_back(number in 0..10_000_u16) {
            prop_assert_eq!(KkDigits::parse(&format!("{number:04}")).map(KkDigits::number), Ok(number));
        }
    }
}
