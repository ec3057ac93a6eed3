//! What we send: texts with `{placeholders}`, compiled when the profile is loaded; and the reply that is made of them.
//!
//! Any other brace is text, so that a JSON template is written as it is sent: `{"shouldClose": {false|true}, "ussdMenu": "{text}"}`.

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderName, HeaderValue};

use super::Reply;
use super::charset::to_latin_1;
use super::echo::Echo;
pub(super) use super::escape::Escape;
use crate::clock::Timestamp;

mod compile;

pub(super) use compile::{Names, Purpose, compile};

/// The values that a text may show.
#[derive(Clone, Copy)]
pub(super) struct Facts<'a> {
    pub(super) alive: bool,
    pub(super) computed: &'a [String],
    pub(super) dialogue: &'a str,
    pub(super) echo: Option<&'a Echo>,
    pub(super) field: &'a str,
    pub(super) fields: &'a [&'a str],
    pub(super) from: &'a str,
    pub(super) id: &'a str,
    pub(super) key: &'a str,
    pub(super) now: Timestamp,
    pub(super) password: &'a str,
    pub(super) reason: &'a str,
    pub(super) reference: &'a str,
    pub(super) report_url: &'a str,
    pub(super) service: &'a str,
    pub(super) text: &'a str,
    pub(super) to: &'a str,
    pub(super) to_local: &'a str,
    pub(super) url: &'a str,
    pub(super) username: &'a str,
}

impl Default for Facts<'_> {
    fn default() -> Self {
        Self {
            alive: false,
            computed: &[],
            dialogue: "",
            echo: None,
            field: "",
            fields: &[],
            from: "",
            id: "",
            key: "",
            now: Timestamp::from_millis(0),
            password: "",
            reason: "",
            reference: "",
            report_url: "",
            service: "",
            text: "",
            to: "",
            to_local: "",
            url: "",
            username: "",
        }
    }
}

#[derive(Clone, Debug)]
pub(super) struct Template {
    pub(super) status: u16,
    /// The same in every reply.
    pub(super) headers: Arc<[(HeaderName, HeaderValue)]>,
    pub(super) headers_shown: Vec<(HeaderName, Vec<Piece>)>,
    pub(super) escape: Escape,
    pub(super) body: Vec<Piece>,
    pub(super) replace: Replace,
    /// As its `Content-Type` says: `charset=iso-8859-1`.
    pub(super) is_latin_1: bool,
}

/// What is written in place of letters that would break the format where a page holds them.
pub(super) type Replace = Vec<(char, Box<str>)>;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Piece {
    Literal(Box<str>),
    Value(Value),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Value {
    /// `true` or `false`.
    Alive,
    /// By its place in the profile.
    Computed(usize),
    Dialogue,
    Echo(usize),
    /// The same as a JSON value: a text between quotes, a number without.
    EchoLiteral(usize),
    /// The telco's name of the field that is wrong.
    Field,
    /// The same for all of them, as a JSON list.
    Fields,
    From,
    Id,
    Key,
    Now(Stamp),
    Password,
    Reason,
    Reference,
    ReportUrl,
    Service,
    Text,
    To,
    ToLocal,
    /// Where this channel's callbacks come in.
    Url,
    Username,
}

/// How a time is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stamp {
    /// `20261128090000`, in Western Indonesian Time.
    Compact,
    /// `2026-11-28T09:00:00+07:00`
    Iso,
    /// `20261128090000123`
    Millis,
    /// Seconds since 1970.
    Unix,
}

impl Value {
    /// The name of the channel's setting that it shows; `None` for what belongs to the message.
    pub(super) const fn setting(self) -> Option<&'static str> {
        Some(match self {
            Self::From => "from",
            Self::Key => "key",
            Self::Password => "password",
            Self::ReportUrl | Self::Url => "report_url",
            Self::Service => "service",
            Self::Username => "username",
            Self::Alive
            | Self::Computed(_)
            | Self::Dialogue
            | Self::Echo(_)
            | Self::EchoLiteral(_)
            | Self::Field
            | Self::Fields
            | Self::Id
            | Self::Now(_)
            | Self::Reason
            | Self::Reference
            | Self::Text
            | Self::To
            | Self::ToLocal => return None,
        })
    }
}

impl Template {
    /// Without anything in it.
    pub(super) fn bare(status: u16) -> Self {
        let headers = Arc::new([]);
        Self { status, headers, headers_shown: Vec::new(), escape: Escape::Plain, body: Vec::new(), replace: Vec::new(), is_latin_1: false }
    }

    pub(super) fn render(&self, facts: &Facts<'_>) -> Reply {
        // Room for the page and the escapes of its few line ends.
        let mut body = String::with_capacity(self.body.len() * 32 + facts.text.len() + 32);
        self.write_body(&mut body, facts);
        let body = if self.is_latin_1 { Bytes::from(to_latin_1(&body)) } else { Bytes::from(body) };
        Reply { status: self.status, headers: self.headers(facts), body }
    }

    pub(super) fn write_body(&self, out: &mut String, facts: &Facts<'_>) {
        if self.replace.is_empty() {
            return write(out, &self.body, self.escape, facts);
        }
        // What stands in for a letter is the profile's own, and not escaped: `<br />` in XML.
        let mut text = String::with_capacity(facts.text.len());
        let mut rest = facts.text;
        while let Some((at, letter, with)) = self.first_replaced(rest) {
            let (before, after) = rest.split_at(at);
            self.escape.write(&mut text, before);
            text.push_str(with);
            rest = after.get(letter.len_utf8()..).unwrap_or_default();
        }
        self.escape.write(&mut text, rest);
        for piece in &self.body {
            match piece {
                Piece::Value(Value::Text) => out.push_str(&text),
                piece => write(out, std::slice::from_ref(piece), self.escape, facts),
            }
        }
    }

    fn first_replaced(&self, text: &str) -> Option<(usize, char, &str)> {
        let with = |letter: char| self.replace.iter().find(|(own, _)| *own == letter).map(|(_, with)| &**with);
        text.char_indices().find_map(|(at, letter)| Some((at, letter, with(letter)?)))
    }

    pub(super) fn headers(&self, facts: &Facts<'_>) -> Arc<[(HeaderName, HeaderValue)]> {
        if self.headers_shown.is_empty() {
            return Arc::clone(&self.headers);
        }
        let shown = self.headers_shown.iter().filter_map(|(name, pieces)| {
            let mut value = String::new();
            write(&mut value, pieces, Escape::Plain, facts);
            // What a header cannot hold came from the telco; without it the reply is still one.
            Some((name.clone(), HeaderValue::try_from(value).ok()?))
        });
        self.headers.iter().cloned().chain(shown).collect()
    }
}

/// Appends the text. What stands in the template itself is written as it is.
pub(super) fn write(out: &mut String, pieces: &[Piece], escape: Escape, facts: &Facts<'_>) {
    for piece in pieces {
        match piece {
            Piece::Literal(text) => out.push_str(text),
            Piece::Value(Value::Now(stamp)) => stamp.write(out, facts.now),
            Piece::Value(Value::Fields) => out.push_str(&serde_json::Value::from(facts.fields).to_string()),
            Piece::Value(Value::EchoLiteral(at)) => out.push_str(facts.echo.map_or("null", |echo| echo.literal(*at))),
            Piece::Value(value) => escape.write(out, facts.of(*value)),
        }
    }
}

impl Stamp {
    fn write(self, out: &mut String, at: Timestamp) {
        match self {
            // The digits of the first 19 letters: those behind are the offset.
            Self::Compact => out.extend(at.to_string().chars().take(19).filter(char::is_ascii_digit)),
            Self::Millis => {
                Self::Compact.write(out, at);
                out.push_str(&format!("{:03}", at.millis().rem_euclid(1000)));
            }
            Self::Iso => out.push_str(&at.to_string()),
            Self::Unix => out.push_str(&at.millis().div_euclid(1000).to_string()),
        }
    }
}

impl<'a> Facts<'a> {
    pub(super) fn of(&self, value: Value) -> &'a str {
        match value {
            Value::Alive if self.alive => "true",
            Value::Alive => "false",
            Value::Computed(at) => self.computed.get(at).map_or("", String::as_str),
            Value::Dialogue => self.dialogue,
            Value::Echo(at) => self.echo.map_or("", |echo| echo.text(at)),
            Value::EchoLiteral(at) => self.echo.map_or("null", |echo| echo.literal(at)),
            Value::Field => self.field,
            Value::From => self.from,
            Value::Id => self.id,
            Value::Key => self.key,
            Value::Password => self.password,
            Value::Reason => self.reason,
            Value::Reference => self.reference,
            Value::ReportUrl => self.report_url,
            Value::Service => self.service,
            Value::Text => self.text,
            Value::To => self.to,
            Value::ToLocal => self.to_local,
            Value::Url => self.url,
            Value::Username => self.username,
            // These are not texts as they stand: `write` makes them.
            Value::Fields | Value::Now(_) => "",
        }
    }
}

#[cfg(test)]
mod tests;
