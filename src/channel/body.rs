//! Bodies and query strings as telcos really send them.
//!
//! ```text
//!  sessionId=s1&serviceCode=*123#&phoneNumber=+6281200000001&networkCode=51010&text=      unescaped, as `curl -d` sends it
//!  sessionId=ATUid_1&serviceCode=%2A123%23&phoneNumber=%2B6281200000001&text=1%2A2        escaped
//!  a=1&=&=id&b=50%&c=caf%E9&b=2                                                           empty names, a broken escape, Latin-1, a key twice
//!  {"msisdn": 6281200000001, "text": null}
//! ```

use std::borrow::Cow;
use std::fmt;

use nom::branch::alt;
use nom::bytes::complete::{tag, take_while, take_while_m_n, take_while1};
use nom::combinator::{map, opt, value};
use nom::sequence::preceded;
use nom::{IResult, Parser as _};
use serde::Deserialize;

use super::charset::text;
use super::{Reason, multipart};

/// Most fields in one form or query string; the longest format we know has 25 (Twilio).
pub(super) const FIELDS_MAX: usize = 64;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum BodyFormat {
    /// Nothing but white space: a ping.
    Empty,
    Form,
    Json,
    /// Not looked at.
    None,
    Xml,
    XmlRpc,
}

impl fmt::Display for BodyFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty | Self::None => "empty",
            Self::Form => "a form",
            Self::Json => "JSON",
            Self::Xml => "XML",
            Self::XmlRpc => "a call of XML-RPC",
        })
    }
}

/// A form body or a query string: names decoded, values as they came.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Form<'a> {
    pairs: Vec<Pair<'a>>,
}

#[derive(Clone, PartialEq, Eq)]
struct Pair<'a> {
    name: Cow<'a, str>,
    raw: &'a [u8],
    /// Percent-encoded, as everywhere but in `multipart/form-data`.
    encoded: bool,
    /// Where `raw` begins in the whole.
    offset: usize,
}

/// A decoded value.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Found<'a> {
    pub(super) text: Cow<'a, str>,
    /// Offset in the body or query string of the first `%` that no two hex digits follow; it is kept as it is.
    pub(super) broken_escape: Option<usize>,
}

impl<'a> From<Cow<'a, str>> for Found<'a> {
    fn from(text: Cow<'a, str>) -> Self {
        Self { text, broken_escape: None }
    }
}

impl<'a> Form<'a> {
    /// # Errors
    /// [`Reason::TooMany`] only: every sequence of bytes is a form.
    pub(super) fn parse(whole: &'a [u8]) -> Result<Self, Reason> {
        let mut pairs = Vec::new();
        let mut rest = whole;
        while let Ok((after, (name, raw))) = pair(rest) {
            if pairs.len() == FIELDS_MAX {
                return Err(Reason::TooMany { max: FIELDS_MAX });
            }
            let raw = raw.unwrap_or_default();
            let offset = whole.len() - after.len() - raw.len();
            pairs.push(Pair { name: decode(name, Plus::Space, 0).text, raw, encoded: true, offset });
            // What follows a value is the end or a `&`.
            let Some(next) = after.get(1..) else { break };
            rest = next;
        }
        Ok(Self { pairs })
    }

    /// A body that came with this content type.
    ///
    /// # Errors
    /// [`Reason::TooMany`] only.
    pub(super) fn read(content_type: &str, whole: &'a [u8]) -> Result<Self, Reason> {
        let Some(parts) = multipart::parts(content_type, whole) else { return Self::parse(whole) };
        if parts.len() > FIELDS_MAX {
            return Err(Reason::TooMany { max: FIELDS_MAX });
        }
        let pair = |(name, raw)| Pair { name: Cow::Borrowed(name), raw, encoded: false, offset: 0 };
        Ok(Self { pairs: parts.into_iter().map(pair).collect() })
    }

    /// The value of a field; of one that is there twice, the last.
    pub(super) fn text(&self, name: &str) -> Option<Found<'a>> {
        self.pair(name).map(|pair| pair.decode(Plus::Space))
    }

    /// The same for a phone number, whose `+` many telcos send unescaped.
    pub(super) fn number(&self, name: &str) -> Option<Found<'a>> {
        self.pair(name).map(|pair| pair.decode(Plus::OfNumber))
    }

    /// The bytes of a field, for text in a charset that another field names.
    pub(super) fn bytes(&self, name: &str) -> Option<Cow<'a, [u8]>> {
        self.pair(name).map(|pair| if pair.encoded { unescape(pair.raw, Plus::Space, pair.offset).0 } else { Cow::Borrowed(pair.raw) })
    }

    /// Names and values, in the order in which they came.
    pub(super) fn all(&self) -> Vec<(String, String)> {
        self.pairs.iter().map(|pair| (pair.name.clone().into_owned(), pair.decode(Plus::Space).text.into_owned())).collect()
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.pairs.iter().map(|pair| pair.name.as_ref())
    }

    fn pair(&self, name: &str) -> Option<&Pair<'a>> {
        self.pairs.iter().rfind(|pair| pair.name == name)
    }
}

impl<'a> Pair<'a> {
    fn decode(&self, plus: Plus) -> Found<'a> {
        if self.encoded { decode(self.raw, plus, self.offset) } else { text(Cow::Borrowed(self.raw)).into() }
    }
}

/// A name, and what follows the first `=` if there is one.
type RawPair<'a> = (&'a [u8], Option<&'a [u8]>);

/// Up to the next `&`.
fn pair(input: &[u8]) -> IResult<&[u8], RawPair<'_>> {
    (take_while(|b| b != b'&' && b != b'='), opt(preceded(tag("="), take_while(|b| b != b'&')))).parse(input)
}

/// What a bare `+` in a form means.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Plus {
    /// A plus if it opens the number (`+62…`, `tel:+62…`), else a space.
    OfNumber,
    Space,
}

#[derive(Clone, Copy)]
enum Piece<'a> {
    Byte(u8),
    /// A `%` that no two hex digits follow.
    Percent,
    Plain(&'a [u8]),
    Plus,
}

fn piece(input: &[u8]) -> IResult<&[u8], Piece<'_>> {
    alt((
        map(take_while1(|b| b != b'%' && b != b'+'), Piece::Plain),
        value(Piece::Plus, tag("+")),
        map(preceded(tag("%"), take_while_m_n(2, 2, |b: u8| b.is_ascii_hexdigit())), |hex| Piece::Byte(byte(hex))),
        value(Piece::Percent, tag("%")),
    ))
    .parse(input)
}

fn byte(hex: &[u8]) -> u8 {
    let digit = |b: u8| match b {
        b'0'..=b'9' => b - b'0',
        b'a'..=b'f' => b - b'a' + 10,
        _ => b.wrapping_sub(b'A').wrapping_add(10),
    };
    hex.iter().fold(0, |sum, &b| (sum << 4) | digit(b))
}

fn decode(raw: &[u8], plus: Plus, offset: usize) -> Found<'_> {
    let (bytes, broken_escape) = unescape(raw, plus, offset);
    Found { text: text(bytes), broken_escape }
}

/// The bytes, and where the first broken escape stands.
fn unescape(raw: &[u8], plus: Plus, offset: usize) -> (Cow<'_, [u8]>, Option<usize>) {
    if !raw.iter().any(|b| matches!(b, b'%' | b'+')) {
        return (Cow::Borrowed(raw), None);
    }
    let mut bytes = Vec::with_capacity(raw.len());
    let mut broken_escape = None;
    let mut rest = raw;
    while let Ok((after, piece)) = piece(rest) {
        match piece {
            Piece::Byte(byte) => bytes.push(byte),
            Piece::Percent => {
                broken_escape = broken_escape.or(Some(offset + raw.len() - rest.len()));
                bytes.push(b'%');
            }
            Piece::Plain(run) => bytes.extend_from_slice(run),
            Piece::Plus => {
                let opens = after.first().is_some_and(u8::is_ascii_digit) && !bytes.iter().any(u8::is_ascii_digit);
                bytes.push(if plus == Plus::OfNumber && opens { b'+' } else { b' ' });
            }
        }
        rest = after;
    }
    (Cow::Owned(bytes), broken_escape)
}

/// The text of a path segment, in which a `+` is a plus.
pub(super) fn segment(raw: &str) -> Cow<'_, str> {
    let mut pieces = raw.split('+').map(|run| decode(run.as_bytes(), Plus::Space, 0).text);
    let first = pieces.next().unwrap_or_default();
    pieces.fold(first, |whole, next| Cow::Owned(format!("{whole}+{next}")))
}

/// # Errors
/// [`Reason::Body`] with the offset where it stops being JSON.
pub(super) fn json(body: &[u8]) -> Result<serde_json::Value, Reason> {
    serde_json::from_slice(body).map_err(|error| {
        let before: usize = body.split_inclusive(|&b| b == b'\n').take(error.line().saturating_sub(1)).map(<[u8]>::len).sum();
        Reason::Body { format: BodyFormat::Json, offset: (before + error.column().saturating_sub(1)).min(body.len()) }
    })
}

#[cfg(test)]
mod tests;
