//! What a citizen dialled: `*123#`, `*123*1*1606090101909999#`.

use std::fmt;

use nom::branch::alt;
use nom::bytes::complete::tag;
use nom::character::complete::{char, digit0, digit1};
use nom::combinator::opt;
use nom::multi::many_m_n;
use nom::sequence::preceded;
use nom::{IResult, Parser};

use super::narrow;

/// A service code and the answers dialled behind it (3GPP TS 22.030, clause 6.5.2, and TS 22.090: digits between `*`, closed by `#`).
#[derive(Clone, PartialEq, Eq)]
pub struct DialString {
    code: String,
    parts: Vec<String>,
}

/// Why a text is no dial string. `name()` is the word used in vectors and JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DialError {
    #[error("empty")]
    Empty,
    #[error("does not begin with * or #")]
    Start,
    #[error("no digits after the first * or #")]
    Code,
    #[error("character {} is neither a digit nor * nor a closing #", at + 1)]
    Character { at: usize },
    #[error("two * with nothing between them")]
    EmptyPart,
    #[error("more than {} answers behind the service code", DialString::PARTS_MAX)]
    Parts,
    #[error("longer than {} characters", DialString::CHARS_MAX)]
    Length,
}

impl DialError {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Empty => "kosong",
            Self::Start => "awal",
            Self::Code => "kode",
            Self::Character { .. } => "karakter",
            Self::EmptyPart => "bagian_kosong",
            Self::Parts => "bagian",
            Self::Length => "panjang",
        }
    }
}

impl DialString {
    /// What one USSD string can carry at all (3GPP TS 23.038: 160 octets of septets).
    pub const CHARS_MAX: usize = crate::gsm::USSD_SEPTETS_MAX;
    /// As many answers as one turn feeds to the menu.
    pub const PARTS_MAX: usize = 16;

    /// Reads what was dialled. A missing closing `#` is forgiven, because some telcos take it off.
    pub fn parse(text: &str) -> Result<Self, DialError> {
        let text = text.trim();
        // Before anything is copied: the text comes from outside and may be of any length.
        if text.chars().nth(Self::CHARS_MAX).is_some() {
            return Err(DialError::Length);
        }
        if text.is_empty() {
            return Err(DialError::Empty);
        }
        let text: String = text.chars().map(narrow).collect();
        let (rest, marker) = marker(&text).map_err(|_| DialError::Start)?;
        let (rest, service) = service(rest).map_err(|_| DialError::Code)?;
        let (rest, parts) = parts(rest).map_err(|_| DialError::Parts)?;
        if parts.len() > Self::PARTS_MAX {
            return Err(DialError::Parts);
        }
        if !rest.is_empty() {
            return Err(DialError::Character { at: text.chars().count() - rest.chars().count() });
        }
        if parts.contains(&"") {
            return Err(DialError::EmptyPart);
        }
        Ok(Self { code: format!("{marker}{service}#"), parts: parts.into_iter().map(str::to_owned).collect() })
    }

    /// The service code alone: `*123#` of `*123*1*2#`.
    pub fn code(&self) -> &str {
        &self.code
    }

    /// What was dialled behind the service code, in order. May hold a NIK: do not log.
    pub fn parts(&self) -> &[String] {
        &self.parts
    }

    /// The answers left when `self` was dialled and the menu begins at `base`, which may itself have parts: `*123*45*1#` under
    /// `*123*45#` leaves `1`. `None` if `self` does not begin with `base`.
    pub fn after(&self, base: &Self) -> Option<Vec<String>> {
        if self.code != base.code {
            return None;
        }
        self.parts.strip_prefix(base.parts.as_slice()).map(<[String]>::to_vec)
    }

    /// As it would be dialled, parts in clear: `*123*1*2#`.
    pub fn reveal(&self) -> String {
        let mut out = self.code.trim_end_matches('#').to_owned();
        for part in &self.parts {
            out.push('*');
            out.push_str(part);
        }
        out.push('#');
        out
    }
}

/// How a string begins; the doubled ones are for supplementary services, but some networks pass them on.
fn marker(input: &str) -> IResult<&str, &str> {
    alt((tag("*#"), tag("**"), tag("##"), tag("*"), tag("#"))).parse(input)
}

fn service(input: &str) -> IResult<&str, &str> {
    digit1(input)
}

/// `*1*2#`, the `#` optional. Takes one part more than allowed, so that too many can be told from a stray character.
fn parts(input: &str) -> IResult<&str, Vec<&str>> {
    let (rest, parts) = many_m_n(0, DialString::PARTS_MAX + 1, preceded(char('*'), digit0)).parse(input)?;
    let (rest, _) = opt(char('#')).parse(rest)?;
    Ok((rest, parts))
}

/// The service code and how many answers follow: they may hold a NIK.
impl fmt::Debug for DialString {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DialString({} +{})", self.code, self.parts.len())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn agrees_with_the_table() {
        let mut seen = 0;
        for line in include_str!("../../tests/fixtures/ussd.tsv").lines().skip(1) {
            let mut cells = line.split('\t');
            let (text, result) = (cells.next().unwrap(), cells.next().unwrap());
            let (code, parts) = (cells.next().unwrap_or(""), cells.next().unwrap_or(""));
            match DialString::parse(text) {
                Ok(dialled) => {
                    assert_eq!((result, code), ("sah", dialled.code()), "{text}");
                    assert_eq!(dialled.parts().join(" "), parts, "{text}");
                }
                Err(error) => assert_eq!(error.name(), result, "{text}"),
            }
            seen += 1;
        }
        assert!(seen >= 30, "{seen} rows");
    }

    #[test]
    fn limits_are_exact() {
        let of = |parts: usize| format!("*123{}#", "*1".repeat(parts));
        assert_eq!(DialString::parse(&of(16)).unwrap().parts().len(), 16);
        assert_eq!(DialString::parse(&of(17)), Err(DialError::Parts));
        assert_eq!(DialString::parse(&of(60)), Err(DialError::Parts));
        let long = |chars: usize| format!("*123*{}#", "1".repeat(chars - 6));
        assert!(DialString::parse(&long(182)).is_ok());
        assert_eq!(DialString::parse(&long(183)), Err(DialError::Length));
        assert_eq!(DialString::parse("*123*1x2#"), Err(DialError::Character { at: 6 }));
    }

    #[test]
    fn what_is_left_under_a_base() {
        for (dialled, base, left) in [
            ("*123#", "*123#", Some("")),
            ("*123*1*2#", "*123#", Some("1 2")),
            ("*123*45*1#", "*123*45#", Some("1")),
            ("*123*45#", "*123*45#", Some("")),
            ("*123*45", "*123*45#", Some("")),
            ("*123*4#", "*123*45#", None),
            ("*123*451#", "*123*45#", None),
            ("*123#", "*123*45#", None),
            ("*124*1#", "*123#", None),
            ("#123*1#", "*123#", None),
        ] {
            let (dialled, base) = (DialString::parse(dialled).unwrap(), DialString::parse(base).unwrap());
            assert_eq!(dialled.after(&base).map(|parts| parts.join(" ")).as_deref(), left, "{}", dialled.reveal());
        }
    }

    #[test]
    fn answers_are_masked() {
        let dialled = DialString::parse("*123*1*1606090101909999").unwrap();
        assert_eq!(format!("{dialled:?}"), "DialString(*123# +2)");
        assert_eq!(dialled.reveal(), "*123*1*1606090101909999#");
    }

    proptest! {
        #[test]
        fn anything_may_come(text in any::<String>()) {
            let _ = DialString::parse(&text);
        }

        #[test]
        fn a_dial_string_comes_back(text in "([*]|#|[*][*]|##|[*]#)[0-9]{1,5}([*][0-9]{1,16}){0,8}#?", tail in "[*#0-9 a]{0,4}") {
            let dialled = DialString::parse(&text).unwrap();
            prop_assert_eq!(DialString::parse(&dialled.reveal()).unwrap(), dialled);
            if let Ok(dialled) = DialString::parse(&(text + &tail)) {
                prop_assert_eq!(DialString::parse(&dialled.reveal()).unwrap(), dialled);
            }
        }
    }
}
