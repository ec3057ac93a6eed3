//! Text of a message, from bytes and the name of their charset. Never fails on bytes: what a phone sends must be read somehow.
//!
//! Kannel hands over `text=%00C%00E%00K&charset=UTF-16BE` for 16-bit messages, `charset=8-BIT` for those of raw octets.

use std::borrow::Cow;

use crate::gsm;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Charset {
    /// The default alphabet of 3GPP TS 23.038, a septet in each byte.
    Gsm,
    /// ISO 8859-1; also raw octets, in which phones send nothing else that is text.
    Latin1,
    /// UCS-2 of 3GPP TS 23.038 with the surrogate pairs in which phones send emoji.
    Utf16Be,
    Utf8,
}

impl Charset {
    /// By its name in any case. `None`: one that we cannot read.
    pub(super) fn parse(name: &str) -> Option<Self> {
        // Those that are numbers are SMPP's data codings.
        let names: [(_, &[&str]); 4] = [
            (Self::Utf8, &["utf-8", "utf8", "us-ascii", "ascii", "1"]),
            (Self::Utf16Be, &["utf-16be", "utf-16", "ucs-2", "ucs2", "8"]),
            (Self::Latin1, &["iso-8859-1", "latin1", "latin-1", "8-bit", "3"]),
            (Self::Gsm, &["gsm", "gsm7", "gsm0338", "0"]),
        ];
        names.into_iter().find(|(_, own)| own.iter().any(|own| own.eq_ignore_ascii_case(name))).map(|(charset, _)| charset)
    }

    pub(super) fn decode(self, bytes: &[u8]) -> String {
        match self {
            // Bytes beyond septets are of no septet: the sender has decoded already.
            Self::Gsm if bytes.is_ascii() => gsm::decode(bytes),
            Self::Gsm => text(Cow::Borrowed(bytes)).into_owned(),
            Self::Latin1 => latin_1(bytes),
            Self::Utf16Be => {
                let (units, odd) = bytes.as_chunks::<2>();
                let mut text = String::from_utf16_lossy(&units.iter().map(|unit| u16::from_be_bytes(*unit)).collect::<Vec<_>>());
                if !odd.is_empty() {
                    text.push(char::REPLACEMENT_CHARACTER);
                }
                text
            }
            Self::Utf8 => text(Cow::Borrowed(bytes)).into_owned(),
        }
    }
}

/// UTF-8, else Latin-1, in which every byte is a letter: where a telco does not say, or is wrong.
pub(super) fn text(bytes: Cow<'_, [u8]>) -> Cow<'_, str> {
    match bytes {
        Cow::Borrowed(bytes) => std::str::from_utf8(bytes).map_or_else(|_| Cow::Owned(latin_1(bytes)), Cow::Borrowed),
        Cow::Owned(bytes) => Cow::Owned(String::from_utf8(bytes).unwrap_or_else(|error| latin_1(error.as_bytes()))),
    }
}

/// A text in ISO 8859-1. What has no place there, has none on the phone that this goes to either: a question mark.
pub(super) fn to_latin_1(text: &str) -> Vec<u8> {
    text.chars().map(|letter| u8::try_from(letter).unwrap_or(b'?')).collect()
}

fn latin_1(bytes: &[u8]) -> String {
    bytes.iter().map(|&b| char::from(b)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn latin_1_has_a_byte_for_each_letter() {
        // printf '%s' TEXT | iconv -f UTF-8 -t ISO-8859-1
        for (text, bytes) in [
            ("KTP jadi", b"KTP jadi".as_slice()),
            ("\u{e9}\u{e8}\u{f1}\u{dc}\u{a3}\u{a7}", b"\xe9\xe8\xf1\xdc\xa3\xa7"),
            ("\u{20ac} 5", b"? 5"),
            ("", b""),
        ] {
            assert_eq!(to_latin_1(text), bytes, "{text}");
        }
    }

    #[test]
    fn charsets() {
        for (name, bytes, expected) in [
            ("UTF-8", b"caf\xc3\xa9".as_slice(), Some("caf\u{e9}")),
            ("utf-8", b"caf\xe9", Some("caf\u{e9}")),
            ("UTF-16BE", b"\0K\0T\0P\x27\x13", Some("KTP\u{2713}")),
            ("UTF-16BE", b"\xd8\x3d\xde\x00", Some("\u{1f600}")),
            ("UCS-2", b"\0K\xd8\x3d", Some("K\u{fffd}")),
            ("utf-16", b"\0K\0", Some("K\u{fffd}")),
            ("ISO-8859-1", b"caf\xe9", Some("caf\u{e9}")),
            ("8-BIT", b"CEK", Some("CEK")),
            ("8-BIT", b"", Some("")),
            ("0", b"\x05v\x05nement KTP", Some("\u{e9}v\u{e9}nement KTP")),
            ("gsm", b"caf\xc3\xa9", Some("caf\u{e9}")),
            ("KOI8-R", b"CEK", None),
            ("", b"CEK", None),
        ] {
            assert_eq!(Charset::parse(name).map(|charset| charset.decode(bytes)).as_deref(), expected, "{name} {}", bytes.escape_ascii());
        }
    }
}
