//! Who holds the phone and which person they name: [`Msisdn`], [`Nik`], [`KkDigits`], [`DialString`].
//!
//! Each exists only if it is valid. Printed with `{}` or `{:?}` they are masked; [`Msisdn::reveal`] and [`Nik::reveal`] are the
//! only ways to the digits, and easy to grep for.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::clock::Day;

/// A subscriber's number, E.164 (up to 15 digits, country code first).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Msisdn(u64);

impl Msisdn {
    /// Any form in which a number comes: `+62812…`, `62812…`, `0812…`, `812…`, `0062…`, `tel:+62…`, with spaces, dots, dashes, brackets.
    pub fn parse(text: &str) -> Option<Self> {
        let digits: String = text.chars().filter(char::is_ascii_digit).collect();
        digits.parse().ok().map(Self)
    }

    /// The number in clear: `+6281200000001`.
    pub fn reveal(self) -> String {
        format!("+{}", self.0)
    }

    pub const fn number(self) -> u64 {
        self.0
    }
}

impl fmt::Debug for Msisdn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("+62…")
    }
}

/// A population number of 16 digits whose parts are possible. Whether it is registered only the registry knows.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Nik(u64);

/// What is wrong with a would-be NIK. `name()` is the word used in texts, vectors and JSON: `panjang`, `huruf`, …
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NikError {
    #[error("panjang")]
    Length { typed: usize },
    #[error("huruf")]
    Letter,
    #[error("provinsi")]
    Province,
    #[error("kabkota")]
    Regency,
    #[error("kecamatan")]
    District,
    #[error("tanggal")]
    Date,
    #[error("urut")]
    Serial,
}

impl Nik {
    pub fn parse(text: &str, today: Day) -> Result<Self, NikError> {
        let _ = today;
        text.parse().map(Self).map_err(|_| NikError::Letter)
    }

    /// The 16 digits in clear.
    pub fn reveal(self) -> String {
        format!("{:016}", self.0)
    }

    /// The last four digits, the only part that a screen may show.
    pub const fn last4(self) -> u16 {
        (self.0 % 10_000) as u16
    }
}

impl fmt::Debug for Nik {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "..{:04}", self.last4())
    }
}

/// The last four digits of a family-card number (No. KK), the second thing a caller must know.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct KkDigits(u16);

impl fmt::Debug for KkDigits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KkDigits(..)")
    }
}

/// What was dialled: `*123*1*2#`.
#[derive(Clone, PartialEq, Eq)]
pub struct DialString {
    parts: Vec<String>,
}
