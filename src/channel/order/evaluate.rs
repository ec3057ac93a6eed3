//! What came of complaints that are alike: `EVALUASI sebab; tindakan; 15-12-2026`. Pure.

use crate::clock::Day;
use crate::gsm;

/// Of the cause and of the action each: what was done goes to whoever complained, in one SMS with the words around it.
pub const PART_SEPTETS_MAX: usize = 80;

/// The cause, what is done about it, and the day by which it is. All three are demanded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Evaluation<'t> {
    pub cause: &'t str,
    pub action: &'t str,
    pub day: Day,
}

/// What is still wanted of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    Cause,
    Action,
    Day,
    /// A part is longer than [`PART_SEPTETS_MAX`], or in letters that an SMS does not carry.
    Plainer,
}

impl Wanted {
    /// As the menu's words know it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Cause => "sebab",
            Self::Action => "tindakan",
            Self::Day => "tanggal",
            Self::Plainer => "ringkas",
        }
    }
}

/// Reads what stands behind the word. The day stands last; an action may have a semicolon in it.
///
/// # Errors
/// With the first part that is not there.
pub fn read(text: &str) -> Result<Evaluation<'_>, Wanted> {
    let (cause, rest) = text.split_once(';').map_or((text.trim(), None), |(cause, rest)| (cause.trim(), Some(rest)));
    if cause.is_empty() {
        return Err(Wanted::Cause);
    }
    let rest = rest.ok_or(Wanted::Action)?.trim().trim_end_matches('.');
    let (action, last) = match rest.rsplit_once(';') {
        Some((action, last)) => (action.trim(), last.trim()),
        None if day(rest).is_some() => ("", rest),
        None => (rest, ""),
    };
    if action.is_empty() {
        return Err(Wanted::Action);
    }
    let fits = |part: &str| gsm::septets(part).is_ok_and(|septets| septets <= PART_SEPTETS_MAX);
    let day = day(last).ok_or(Wanted::Day)?;
    if fits(cause) && fits(action) { Ok(Evaluation { cause, action, day }) } else { Err(Wanted::Plainer) }
}

/// `15-12-2026`, with any mark between, or the year first.
fn day(text: &str) -> Option<Day> {
    let mut parts = text.split(['-', '/', '.']).map(str::trim);
    let (first, month, last) = (parts.next()?, parts.next()?, parts.next()?);
    let (year, day) = if first.len() == 4 { (first, last) } else { (last, first) };
    let is_whole = parts.next().is_none() && year.len() == 4 && (1..=2).contains(&month.len()) && (1..=2).contains(&day.len());
    if is_whole { Day::parse(&format!("{year}-{month:0>2}-{day:0>2}")) } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_three_parts_are_demanded() {
        let on = |text| Day::parse(text).unwrap();
        let long = "a".repeat(81);
        for (text, expected) in [
            ("satu loket; tambah loket; 15-12-2026", Ok(Evaluation { cause: "satu loket", action: "tambah loket", day: on("2026-12-15") })),
            ("a;b;5/1/2027.", Ok(Evaluation { cause: "a", action: "b", day: on("2027-01-05") })),
            ("a; b; c; 2026-12-15", Ok(Evaluation { cause: "a", action: "b; c", day: on("2026-12-15") })),
            ("", Err(Wanted::Cause)),
            ("; b; 15-12-2026", Err(Wanted::Cause)),
            ("satu loket", Err(Wanted::Action)),
            ("satu loket; 15-12-2026", Err(Wanted::Action)),
            ("satu loket;; 15-12-2026", Err(Wanted::Action)),
            ("satu loket; tambah loket", Err(Wanted::Day)),
            ("satu loket; tambah loket;", Err(Wanted::Day)),
            ("satu loket; tambah loket; besok", Err(Wanted::Day)),
            ("satu loket; tambah loket; 31-2-2026", Err(Wanted::Day)),
            ("satu loket; tambah loket; 15-12-26", Err(Wanted::Day)),
            (&format!("{long}; b; 15-12-2026"), Err(Wanted::Plainer)),
            (&format!("a; {long}; 15-12-2026"), Err(Wanted::Plainer)),
            ("a; \u{4e2d}; 15-12-2026", Err(Wanted::Plainer)),
        ] {
            assert_eq!(read(text), expected, "{text}");
        }
    }
}
