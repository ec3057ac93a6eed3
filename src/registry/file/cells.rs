//! What one cell means, with what spreadsheets do to numbers and dates undone where nothing was lost.

use super::Reason;
use crate::citizen::{KkDigits, Nik, NikError};
use crate::clock::{Date, Day};
use crate::registry::Status;

/// Digits of a whole No. KK.
const KK_WHOLE: usize = 16;
const KK_DIGITS: usize = 4;

/// A cell without what is only there to keep a spreadsheet from counting: `'1606…`, `="1606…"`. Empty if it says that there is nothing.
pub(crate) fn bare(cell: &str) -> &str {
    let cell = cell.trim();
    let cell = cell.strip_prefix("=\"").and_then(|cell| cell.strip_suffix('"')).unwrap_or(cell);
    let cell = cell.trim_start_matches(['\'', '’']).trim();
    if NOTHING.iter().any(|nothing| cell.eq_ignore_ascii_case(nothing)) { "" } else { cell }
}

/// How databases and people write that they have no value.
const NOTHING: [&str; 4] = ["-", "NULL", "\\N", "N/A"];

pub(super) fn nik(cell: &str, today: Day) -> Result<Nik, Reason> {
    let cell = bare(cell);
    if cell.is_empty() {
        return Err(Reason::NikMissing);
    }
    Nik::parse(cell, today).map_err(|error| match error {
        _ if is_rounded(cell) => Reason::NikRounded,
        NikError::Length { .. } => Reason::NikLength,
        NikError::Letter { .. } => Reason::NikLetter,
        NikError::Province | NikError::Regency | NikError::District => Reason::NikArea,
        NikError::Date => Reason::NikDate,
        NikError::Serial => Reason::NikSerial,
    })
}

/// The last four digits, a whole No. KK, or four digits whose leading zeros a spreadsheet dropped.
pub(crate) fn kk(cell: &str) -> Result<Option<KkDigits>, Reason> {
    let cell = bare(cell);
    if cell.is_empty() {
        return Ok(None);
    }
    if is_rounded(cell) {
        return Err(Reason::KkRounded);
    }
    let is_number = cell.bytes().all(|byte| byte.is_ascii_digit());
    // A number of 16 digits does not fit a spreadsheet's 15: the last turns to 0. Serials begin with 0001.
    if is_number && cell.len() == KK_WHOLE && cell.ends_with("0000") {
        return Err(Reason::KkRounded);
    }
    let digits = if is_number && cell.len() < KK_DIGITS { KkDigits::parse(&format!("{cell:0>KK_DIGITS$}")) } else { KkDigits::parse(cell) };
    digits.map(Some).map_err(|_| Reason::Kk)
}

pub(super) fn status(cell: &str) -> Result<Status, Reason> {
    match bare(cell) {
        "" => Err(Reason::StatusMissing),
        code => Ok(Status::parse(code)),
    }
}

pub(super) fn day(cell: &str, today: Day) -> Result<Option<Day>, Reason> {
    match date(cell)? {
        Some(day) if day > today => Err(Reason::DateAhead),
        day => Ok(day),
    }
}

/// A day as offices write it: `2026-11-24`, `24/11/2026`, `24-11-2026`, `24 Nov 2026`, with or without a time of day after it. A year has
/// four digits: with two, nobody knows which end it stands at.
pub(crate) fn date(cell: &str) -> Result<Option<Day>, Reason> {
    let cell = bare(cell);
    let mut parts = without_time(cell).split(['-', '/', '.', ' ']).filter(|part| !part.is_empty());
    let (first, second, third) = match (parts.next(), parts.next(), parts.next(), parts.next()) {
        (None, ..) => return Ok(None),
        (Some(first), Some(second), Some(third), None) => (first, second, third),
        _ => return Err(Reason::Date),
    };
    let (year, day) = if first.len() == YEAR_DIGITS { (first, third) } else { (third, first) };
    if year.len() != YEAR_DIGITS {
        return Err(Reason::Date);
    }
    let (year, month, day) = (number(year), month(second), number(day));
    match (year, month, day) {
        // What some databases write for no date.
        (Some(0), Some(0), Some(0)) => Ok(None),
        (Some(year), Some(month), Some(day)) => {
            let day = i8::try_from(day).map_err(|_| Reason::Date)?;
            Date::new(year, month, day).map(|date| Some(Day::of(date))).map_err(|_| Reason::Date)
        }
        _ => Err(Reason::Date),
    }
}

const YEAR_DIGITS: usize = 4;

/// `2026-11-24 10:15:00` and `2026-11-24T10:15Z` up to the day.
fn without_time(cell: &str) -> &str {
    match cell.find(':').and_then(|colon| cell.get(..colon)).and_then(|hour| hour.rfind(['T', ' '])).and_then(|at| cell.get(..at)) {
        Some(day) => day.trim_end(),
        None => cell,
    }
}

fn number(digits: &str) -> Option<i16> {
    if digits.bytes().all(|byte| byte.is_ascii_digit()) { digits.parse().ok() } else { None }
}

/// A month as a number or a word, Indonesian or English, of which the first three letters tell.
fn month(text: &str) -> Option<i8> {
    if let Some(month) = number(text) {
        return i8::try_from(month).ok();
    }
    let start = text.get(..3)?.to_ascii_lowercase();
    let known = text.len() <= LONGEST_MONTH && text.bytes().all(|byte| byte.is_ascii_alphabetic());
    MONTHS.iter().find(|(starts, _)| known && starts.contains(&start.as_str())).map(|&(_, month)| month)
}

const LONGEST_MONTH: usize = "September".len();
const MONTHS: [(&[&str], i8); 12] = [
    (&["jan"], 1),
    (&["feb", "peb"], 2),
    (&["mar"], 3),
    (&["apr"], 4),
    (&["mei", "may"], 5),
    (&["jun"], 6),
    (&["jul"], 7),
    (&["agu", "ags", "agt", "aug"], 8),
    (&["sep"], 9),
    (&["okt", "oct"], 10),
    (&["nov", "nop"], 11),
    (&["des", "dec"], 12),
];

/// `1.60609E+15` or `1,60609E+15`: what a spreadsheet makes of a long number. The digits are gone.
fn is_rounded(cell: &str) -> bool {
    let Some((digits, power)) = cell.split_once(['E', 'e']) else { return false };
    let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.' || byte == b',');
    is_digits(digits) && is_digits(power.trim_start_matches('+'))
}
