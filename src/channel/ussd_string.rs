//! What was dialled, from a service code and a text that may both carry a part of it.
//!
//! `*123*1*2#` reaches us as code `*123#` with text `1*2` (Africa's Talking), as code and text both `*123*1*2#` (Infobip), as
//! text `*123*1*2#` with a code that is an opaque id (Hubtel), or as text `123*1*2` without marks (Airtel).

use nom::branch::alt;
use nom::bytes::complete::{tag, take_while};
use nom::{IResult, Parser as _};

/// Longest dialled string in bytes: what one USSD request carries (3GPP TS 23.038, 182 septets).
pub const DIALLED_BYTES_MAX: usize = 182;

/// The parts of a dialled string: `123`, `1`, `2`. At least one; a part may be empty (`*123**2#`).
#[derive(Clone, PartialEq, Eq)]
pub struct Dialled<'a> {
    parts: Vec<&'a str>,
}

impl<'a> Dialled<'a> {
    /// The service's own number: `123` of `*123*1*2#`.
    pub fn root(&self) -> &'a str {
        self.parts.first().copied().unwrap_or_default()
    }

    /// What was dialled beyond the service's number, to be fed to the menu part by part.
    pub fn path(&self) -> &[&'a str] {
        self.parts.get(1..).unwrap_or_default()
    }

    /// The normal form: `*123*1*2#`.
    pub fn text(&self) -> String {
        format!("*{}#", self.parts.join("*"))
    }
}

/// A dialled string may hold a NIK.
impl std::fmt::Debug for Dialled<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Dialled({} parts)", self.parts.len())
    }
}

/// Reads one string: `*123*1*2#`, `*123#1#`, `123`, `123*1`. `None` if there is nothing in it or too much.
pub fn parse(text: &str) -> Option<Dialled<'_>> {
    let text = text.trim();
    if text.len() > DIALLED_BYTES_MAX {
        return None;
    }
    let inner = text.strip_suffix('#').unwrap_or(text);
    let inner = inner.strip_prefix(['*', '#']).unwrap_or(inner);
    let parts = split(inner);
    parts.iter().any(|part| !part.is_empty()).then_some(Dialled { parts })
}

/// What was dialled at the beginning of a dialogue, from both places it may stand in. Each part counts once, even if code and text repeat it.
pub fn dialled<'a>(service_code: Option<&'a str>, text: &'a str) -> Option<Dialled<'a>> {
    if text.starts_with(['*', '#']) {
        return parse(text);
    }
    let Some(code) = service_code.and_then(parse) else { return parse(text) };
    let typed = parse(text).map(|typed| typed.parts).unwrap_or_default();
    if code.parts.ends_with(&typed) {
        return Some(code);
    }
    // The text is the whole of it (`123*1` with code `*123#`), else what follows the code.
    let whole = if typed.starts_with(&code.parts) { typed } else { [code.parts, typed].concat() };
    Some(Dialled { parts: whole })
}

fn split(mut rest: &str) -> Vec<&str> {
    fn part(input: &str) -> IResult<&str, &str> {
        take_while(|c| c != '*' && c != '#').parse(input)
    }
    fn mark(input: &str) -> IResult<&str, &str> {
        alt((tag("*"), tag("#"))).parse(input)
    }
    let mut parts = Vec::new();
    while let Ok((after, found)) = part(rest) {
        parts.push(found);
        let Ok((after, _)) = mark(after) else { break };
        rest = after;
    }
    parts
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn code_and_text_make_one_dialled_string() {
        for (code, text, expected) in [
            (Some("*123#"), "", Some("*123#")),
            (Some("*123#"), "1*2", Some("*123*1*2#")),
            (Some("*123*1*2#"), "", Some("*123*1*2#")),
            (Some("*123*1*2#"), "1*2", Some("*123*1*2#")),
            (Some("*123#"), "*123*1#", Some("*123*1#")),
            (Some("*123#1#"), "", Some("*123*1#")),
            (Some("*123#1#"), "*123*1#", Some("*123*1#")),
            (Some("7c920dc49b7a"), "*711*23#", Some("*711*23#")),
            (Some("713"), "*713#", Some("*713#")),
            (Some("123"), "123*1", Some("*123*1#")),
            (None, "121", Some("*121#")),
            (None, "*120*666#", Some("*120*666#")),
            (None, "*120*666", Some("*120*666#")),
            (None, "#120*666#", Some("*120*666#")),
            (None, "*123**2#", Some("*123**2#")),
            (Some(" *123# "), " 1 ", Some("*123*1#")),
            (None, "", None),
            (None, "*#", None),
            (Some(""), "", None),
        ] {
            assert_eq!(dialled(code, text).map(|d| d.text()).as_deref(), expected, "{code:?} {text:?}");
        }
    }

    #[test]
    fn root_and_path() {
        let dialled = dialled(Some("*123#"), "1*1606019912319998").unwrap();
        assert_eq!((dialled.root(), dialled.path()), ("123", ["1", "1606019912319998"].as_slice()));
        assert_eq!(format!("{dialled:?}"), "Dialled(3 parts)");
    }

    #[test]
    fn longer_than_a_ussd_request_is_nothing() {
        assert!(parse(&"1".repeat(DIALLED_BYTES_MAX)).is_some());
        assert!(parse(&"1".repeat(DIALLED_BYTES_MAX + 1)).is_none());
    }

    proptest! {
        #[test]
        fn the_normal_form_reads_back(parts in proptest::collection::vec("[0-9a-z]{1,8}", 1..8)) {
            let text = format!("*{}#", parts.join("*"));
            prop_assert_eq!(parse(&text).map(|d| d.text()), Some(text));
        }

        #[test]
        fn never_panics(code in proptest::option::of(".{0,40}"), text in ".{0,200}") {
            let _ = dialled(code.as_deref(), &text);
        }
    }
}
