//! The population number (NIK), 16 digits:
//!
//! ```text
//! 16 06 09 41 01 90 9999
//! │  │  │  │  │  │  └ serial within area and date of birth, from 0001
//! │  │  │  └──┴──┴ date of birth DDMMYY; a woman's day is 40 higher
//! └──┴──┴ province, regency or city, district where it was first issued
//! ```
//!
//! There is no check digit: a NIK in good form may still belong to nobody, and only the registry knows.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::area::{self, District};
use super::digits;
use crate::clock::{Date, Day};

/// A population number of 16 digits whose parts are possible. Whether it is registered only the registry knows.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "u64", into = "u64")]
pub struct Nik(u64);

/// What is wrong with a would-be NIK. `name()` is the word used in texts, vectors and JSON. Checked in the order in which they stand
/// here, except that a letter goes before a wrong length.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NikError {
    #[error("panjang")]
    Length { typed: usize },
    /// Something else than digits and separators. If only O was typed for 0, or I or l for 1, and the NIK would be right with the digits,
    /// that NIK is suggested: to be offered, never silently taken.
    #[error("huruf")]
    Letter { suggestion: Option<Nik> },
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

impl NikError {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Length { .. } => "panjang",
            Self::Letter { .. } => "huruf",
            Self::Province => "provinsi",
            Self::Regency => "kabkota",
            Self::District => "kecamatan",
            Self::Date => "tanggal",
            Self::Serial => "urut",
        }
    }
}

/// What a NIK says of the person it was issued to.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct NikFacts {
    pub nik: Nik,
    pub sex: Sex,
    /// The likelier day of birth: in this century if that is not ahead.
    pub born: Day,
    /// The other century's, when both are possible: an infant or somebody of a hundred. Ask, do not guess.
    pub born_alternative: Option<Day>,
    /// Province, regency and district.
    pub prefix6: u32,
    warnings: [Option<NikWarning>; NikWarning::ALL.len()],
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sex {
    Female,
    Male,
}

impl Sex {
    /// `L` (laki-laki) or `P` (perempuan), as on the card.
    pub const fn letter(self) -> &'static str {
        match self {
            Self::Female => "P",
            Self::Male => "L",
        }
    }
}

/// A reason to look twice, never one to refuse.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NikWarning {
    /// All digits are equal: somebody leaned on a key.
    Uniform,
    /// The district is in no data set from 2016 on, not even a retired one.
    UnknownArea,
    /// First issued elsewhere, as for everybody who moved here. The reverse tells as little: people of Banyuasin, split off in 2002,
    /// still carry numbers of Musi Banyuasin.
    OutsideMuba,
    /// By the likelier day of birth.
    Under17,
}

impl NikWarning {
    /// In the order in which they are reported.
    pub const ALL: [Self; 4] = [Self::Uniform, Self::UnknownArea, Self::OutsideMuba, Self::Under17];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Uniform => "POLA_SERAGAM",
            Self::UnknownArea => "WILAYAH_TAK_DIKENAL",
            Self::OutsideMuba => "LUAR_MUBA",
            Self::Under17 => "BELUM_17",
        }
    }
}

impl NikFacts {
    pub fn warnings(&self) -> impl Iterator<Item = NikWarning> + '_ {
        self.warnings.iter().flatten().copied()
    }
}

impl Nik {
    /// Reads a NIK as typed: spaces of any kind, full stops and hyphens between the digits do not matter, full-width digits are
    /// digits. `today` is the day in Western Indonesian Time: nobody was born after it.
    pub fn parse(text: &str, today: Day) -> Result<Self, NikError> {
        let nik = Self(sixteen(text, today)?);
        nik.check_area()?;
        nik.births(today).ok_or(NikError::Date)?;
        nik.check_serial()?;
        Ok(nik)
    }

    /// Reads a NIK and says what it tells.
    pub fn read(text: &str, today: Day) -> Result<NikFacts, NikError> {
        let nik = Self::parse(text, today)?;
        let (born, born_alternative) = nik.births(today).ok_or(NikError::Date)?;
        let warned = |warning| match warning {
            NikWarning::Uniform => nik.0.is_multiple_of(UNIFORM),
            NikWarning::UnknownArea => area::district(nik.prefix6()) == District::Unknown,
            NikWarning::OutsideMuba => nik.prefix6() / 100 != u32::from(area::MUBA),
            NikWarning::Under17 => age(born, today.date()) < ADULT_YEARS,
        };
        Ok(NikFacts {
            nik,
            sex: nik.sex(),
            born: Day::of(born),
            born_alternative: born_alternative.map(Day::of),
            prefix6: nik.prefix6(),
            warnings: NikWarning::ALL.map(|warning| warned(warning).then_some(warning)),
        })
    }

    /// The 16 digits in clear.
    pub fn reveal(self) -> String {
        format!("{:016}", self.0)
    }

    /// The last four digits, the only part that a screen may show.
    pub const fn last4(self) -> u16 {
        (self.0 % 10_000) as u16
    }

    /// The digits as a number, for a record or a keyed hash.
    pub const fn number(self) -> u64 {
        self.0
    }

    /// From what [`Nik::number`] gave. `None` if its parts are impossible on any day; whether the birth lies ahead is not asked.
    pub fn from_number(number: u64) -> Option<Self> {
        let nik = Self(number);
        let possible = number < 10_u64.pow(16)
            && nik.check_area().is_ok()
            && CENTURIES.into_iter().any(|century| nik.birth_in(century).is_some())
            && nik.check_serial().is_ok();
        possible.then_some(nik)
    }

    /// Province, regency and district of issue.
    pub const fn prefix6(self) -> u32 {
        (self.0 / 10_000_000_000 % 1_000_000) as u32
    }

    /// The kecamatan of issue, if that is in Musi Banyuasin: 9 of 16.06.09.
    pub fn district(self) -> Option<u16> {
        (self.prefix6() / 100 == u32::from(area::MUBA)).then(|| u16::from(self.pair(4)))
    }

    pub const fn sex(self) -> Sex {
        if self.pair(6) > WOMAN { Sex::Female } else { Sex::Male }
    }

    /// The two digits from place `at` on, counted from the left, from 0.
    const fn pair(self, at: u32) -> u8 {
        (self.0 / 10_u64.pow(14 - at) % 100) as u8
    }

    fn check_area(self) -> Result<(), NikError> {
        if !area::is_province(self.pair(0)) {
            return Err(NikError::Province);
        }
        // Regencies are 01 to 69, cities 71 to 99. One that is in no table is a warning, not an error.
        if matches!(self.pair(2), 0 | 70) {
            return Err(NikError::Regency);
        }
        if self.pair(4) == 0 {
            return Err(NikError::District);
        }
        Ok(())
    }

    fn check_serial(self) -> Result<(), NikError> {
        if self.last4() == 0 { Err(NikError::Serial) } else { Ok(()) }
    }

    /// The possible dates of birth, the likelier first.
    fn births(self, today: Day) -> Option<(Date, Option<Date>)> {
        let today = today.date();
        let mut possible = CENTURIES
            .into_iter()
            .filter_map(|century| self.birth_in(century))
            .filter(|&born| born <= today && age(born, today) <= OLDEST_YEARS);
        Some((possible.next()?, possible.next()))
    }

    fn birth_in(self, century: i16) -> Option<Date> {
        let day = self.pair(6);
        let day = if day > WOMAN { day - WOMAN } else { day };
        let [day, month] = [day, self.pair(8)].map(i8::try_from);
        Date::new(century + i16::from(self.pair(10)), month.ok()?, day.ok()?).ok()
    }
}

/// The digits of a NIK as typed, as a number. A letter goes before a wrong length: it tells more.
fn sixteen(text: &str, today: Day) -> Result<u64, NikError> {
    let (mut number, mut typed) = (0_u64, 0_usize);
    let (mut looks_like_digit, mut foreign) = (false, false);
    for char in digits(text) {
        let digit = match char {
            'O' | 'o' => 0,
            'I' | 'l' => 1,
            _ => char.to_digit(10).unwrap_or(10),
        };
        looks_like_digit |= char.is_ascii_alphabetic();
        foreign |= digit > 9;
        typed += 1;
        if typed <= DIGITS {
            number = number * 10 + u64::from(digit % 10);
        }
    }
    if foreign {
        return Err(NikError::Letter { suggestion: None });
    }
    if looks_like_digit {
        let suggestion = Some(number).filter(|_| typed == DIGITS).and_then(Nik::from_number);
        return Err(NikError::Letter { suggestion: suggestion.filter(|nik| nik.births(today).is_some()) });
    }
    if typed != DIGITS {
        return Err(NikError::Length { typed });
    }
    Ok(number)
}

/// Full years on the day `on`. Who was born on 29 February is a year older on 1 March.
fn age(born: Date, on: Date) -> i16 {
    let years = on.year() - born.year();
    if (on.month(), on.day()) < (born.month(), born.day()) { years - 1 } else { years }
}

const DIGITS: usize = 16;
/// Added to the day of a woman's birth.
const WOMAN: u8 = 40;
/// A number of 16 equal digits is a multiple of this, and no other of 16 digits is.
const UNIFORM: u64 = 1_111_111_111_111_111;
/// Two digits of a year, so two centuries, the likelier first.
const CENTURIES: [i16; 2] = [2000, 1900];
/// Above this an infant is the better guess.
const OLDEST_YEARS: i16 = 110;
/// The age at which a card is due (UU 24/2013, art. 63).
const ADULT_YEARS: i16 = 17;

impl TryFrom<u64> for Nik {
    type Error = &'static str;

    fn try_from(number: u64) -> Result<Self, Self::Error> {
        Self::from_number(number).ok_or("not a NIK")
    }
}

impl From<Nik> for u64 {
    fn from(nik: Nik) -> Self {
        nik.0
    }
}

/// `..9999`, as on a screen.
impl fmt::Display for Nik {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "..{:04}", self.last4())
    }
}

impl fmt::Debug for Nik {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Without sex, birth and area: together with the serial they are the NIK.
impl fmt::Debug for NikFacts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NikFacts({})", self.nik)
    }
}

#[cfg(test)]
#[allow(clippy::panic)]
mod tests;
