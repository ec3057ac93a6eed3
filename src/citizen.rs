//! Who holds the phone and which person they name: [`Msisdn`], [`Nik`], [`KkDigits`], [`DialString`].
//!
//! Each exists only if it is valid. Printed with `{}` or `{:?}` they are masked; `reveal()` is the only way to the digits,
//! and easy to grep for.

pub mod area;
pub mod code;
mod dial;
mod kk;
mod msisdn;
mod nik;
pub mod spelling;

pub use dial::{DialError, DialString};
pub use kk::{KkDigits, KkError};
pub use msisdn::{Msisdn, MsisdnError, Operator};
pub use nik::{Nik, NikError, NikFacts, NikWarning, Sex};

/// The ASCII character that a full-width form (U+FF01 to U+FF5E) stands for; any other character as it is.
/// Phones with an East Asian keyboard send full-width digits.
pub(crate) fn narrow(char: char) -> char {
    match char {
        '\u{FF01}'..='\u{FF5E}' => char::from_u32(char as u32 - 0xFF01 + 0x21).unwrap_or(char),
        other => other,
    }
}

/// What people put between groups of digits of a NIK or KK: any Unicode space, full stop, hyphen.
fn separates(char: char) -> bool {
    char.is_whitespace() || char == '.' || char == '-'
}

/// The characters of a NIK or KK as typed, without separators and with full-width forms folded.
pub(crate) fn digits(text: &str) -> impl Iterator<Item = char> + '_ {
    text.chars().filter(|&char| !separates(char)).map(narrow)
}
