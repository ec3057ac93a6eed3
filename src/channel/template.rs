//! What we send: texts with `{placeholders}`, compiled when the profile is loaded; and the reply that is made of them.
//!
//! Any other brace is text, so that a JSON template is written as it is sent: `{"shouldClose": {release}, "ussdMenu": "{text}"}`.

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderName, HeaderValue};
use serde::Deserialize;

use super::Reply;

/// How a value is written into a body.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Escape {
    /// Inside a JSON string; the quotes stand in the template.
    Json,
    /// Percent-encoded: in a path, a query string or a form.
    Percent,
    #[default]
    Plain,
    /// In an XML element or attribute.
    Xml,
}

/// The values that a text may show.
#[derive(Clone, Copy, Default)]
pub(super) struct Facts<'a> {
    pub(super) alive: bool,
    pub(super) dialogue: &'a str,
    pub(super) field: &'a str,
    pub(super) from: &'a str,
    pub(super) id: &'a str,
    pub(super) key: &'a str,
    pub(super) password: &'a str,
    pub(super) reason: &'a str,
    pub(super) reference: &'a str,
    pub(super) report_url: &'a str,
    pub(super) service: &'a str,
    pub(super) text: &'a str,
    pub(super) to: &'a str,
    pub(super) to_local: &'a str,
    pub(super) username: &'a str,
}

#[derive(Clone, Debug)]
pub(super) struct Template {
    pub(super) status: u16,
    pub(super) headers: Arc<[(HeaderName, HeaderValue)]>,
    pub(super) escape: Escape,
    pub(super) body: Vec<Piece>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Piece {
    Literal(Box<str>),
    Value(Value),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Value {
    /// `true` or `false`.
    Alive,
    Dialogue,
    /// The telco's name of the field that is wrong.
    Field,
    From,
    Id,
    Key,
    Password,
    Reason,
    Reference,
    ReportUrl,
    Service,
    Text,
    To,
    ToLocal,
    Username,
}

impl Value {
    /// The name of the channel's setting that it shows; `None` for what belongs to the message.
    pub(super) const fn setting(self) -> Option<&'static str> {
        Some(match self {
            Self::From => "from",
            Self::Key => "key",
            Self::Password => "password",
            Self::ReportUrl => "report_url",
            Self::Service => "service",
            Self::Username => "username",
            Self::Alive
            | Self::Dialogue
            | Self::Field
            | Self::Id
            | Self::Reason
            | Self::Reference
            | Self::Text
            | Self::To
            | Self::ToLocal => return None,
        })
    }
}

/// What a text is for, hence which placeholders it may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    Acknowledgement,
    /// A message in the reply to one.
    Answer,
    Inquiry,
    Page {
        release: bool,
    },
    Refusal,
    /// The acknowledgement of a delivery report.
    Reported,
    /// A request that hands over a message.
    Send,
}

impl Template {
    pub(super) fn render(&self, facts: &Facts<'_>) -> Reply {
        // Room for the page and the escapes of its few line ends.
        let mut body = String::with_capacity(self.body.len() * 32 + facts.text.len() + 32);
        write(&mut body, &self.body, self.escape, facts);
        Reply { status: self.status, headers: Arc::clone(&self.headers), body: Bytes::from(body) }
    }
}

/// Appends the text. What stands in the template itself is written as it is.
pub(super) fn write(out: &mut String, pieces: &[Piece], escape: Escape, facts: &Facts<'_>) {
    for piece in pieces {
        match piece {
            Piece::Literal(text) => out.push_str(text),
            Piece::Value(value) => escape.write(out, facts.of(*value)),
        }
    }
}

impl<'a> Facts<'a> {
    pub(super) fn of(&self, value: Value) -> &'a str {
        match value {
            Value::Alive if self.alive => "true",
            Value::Alive => "false",
            Value::Dialogue => self.dialogue,
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
            Value::Username => self.username,
        }
    }
}

/// Reads a text's placeholders.
///
/// # Errors
/// A sentence for the writer of the profile.
pub(super) fn compile(source: &str, purpose: Purpose) -> Result<Vec<Piece>, String> {
    let mut pieces = Vec::new();
    let mut literal = String::new();
    let mut rest = source;
    while let Some(brace) = rest.find('{') {
        let (before, from_brace) = rest.split_at(brace);
        literal.push_str(before);
        let inside = from_brace.get(1..).unwrap_or_default();
        let word = inside.split_once('}').map(|(word, _)| word).filter(|word| is_word(word));
        let Some(word) = word else {
            literal.push('{');
            rest = inside;
            continue;
        };
        rest = inside.get(word.len() + 1..).unwrap_or_default();
        if let (Purpose::Page { release }, "release") = (purpose, word) {
            literal.push_str(if release { "true" } else { "false" });
            continue;
        }
        let known = purpose.values();
        let Some((_, value)) = known.iter().find(|(name, _)| *name == word) else {
            let names: Vec<_> = known.iter().map(|(name, _)| format!("{{{name}}}")).collect();
            return Err(format!("no placeholder {{{word}}} here; known are {}", names.join(", ")));
        };
        if !literal.is_empty() {
            pieces.push(Piece::Literal(std::mem::take(&mut literal).into()));
        }
        pieces.push(Piece::Value(*value));
    }
    literal.push_str(rest);
    if !literal.is_empty() {
        pieces.push(Piece::Literal(literal.into()));
    }
    Ok(pieces)
}

fn is_word(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_lowercase() || b == b'_')
}

impl Purpose {
    /// The placeholders it may have; beside them `{release}`, which is known when the profile is read.
    const fn values(self) -> &'static [(&'static str, Value)] {
        match self {
            // The id stands in what was read; a refused request was not.
            Self::Acknowledgement => &[("dialogue", Value::Dialogue)],
            Self::Answer => &[("text", Value::Text)],
            Self::Inquiry => &[("alive", Value::Alive), ("dialogue", Value::Dialogue)],
            Self::Page { .. } => &[("dialogue", Value::Dialogue), ("text", Value::Text)],
            Self::Refusal => &[("field", Value::Field), ("reason", Value::Reason)],
            Self::Reported => &[("id", Value::Id)],
            Self::Send => &[
                ("from", Value::From),
                ("id", Value::Id),
                ("key", Value::Key),
                ("password", Value::Password),
                ("reference", Value::Reference),
                ("report_url", Value::ReportUrl),
                ("service", Value::Service),
                ("text", Value::Text),
                ("to", Value::To),
                ("to_local", Value::ToLocal),
                ("username", Value::Username),
            ],
        }
    }
}

impl Escape {
    pub(super) fn write(self, out: &mut String, text: &str) {
        match self {
            Self::Json => escape(out, text, json),
            Self::Percent => percent(out, text),
            Self::Plain => out.push_str(text),
            Self::Xml => escape(out, text, xml),
        }
    }
}

/// All but the unreserved letters of RFC 3986, so that it stands in a path as well as in a form.
fn percent(out: &mut String, text: &str) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            out.push(char::from(byte));
        } else {
            out.push('%');
            out.extend([byte >> 4, byte & 15].map(|digit| char::from(b"0123456789ABCDEF"[usize::from(digit)])));
        }
    }
}

enum Escaped {
    As(&'static str),
    /// `\u0007` and the like.
    Code(u32),
    Drop,
}

fn json(letter: char) -> Option<Escaped> {
    Some(match letter {
        '"' => Escaped::As("\\\""),
        '\\' => Escaped::As("\\\\"),
        '\n' => Escaped::As("\\n"),
        '\r' => Escaped::As("\\r"),
        '\t' => Escaped::As("\\t"),
        control if control < ' ' => Escaped::Code(control.into()),
        _ => return None,
    })
}

fn xml(letter: char) -> Option<Escaped> {
    Some(match letter {
        '&' => Escaped::As("&amp;"),
        '<' => Escaped::As("&lt;"),
        '>' => Escaped::As("&gt;"),
        '"' => Escaped::As("&quot;"),
        '\'' => Escaped::As("&#39;"),
        // As it is, a line end in an attribute would be read as a space.
        '\n' => Escaped::As("&#10;"),
        '\r' => Escaped::As("&#13;"),
        '\t' => Escaped::As("&#9;"),
        // XML 1.0 has no way to write these.
        control if control < ' ' || matches!(control, '\u{fffe}' | '\u{ffff}') => Escaped::Drop,
        _ => return None,
    })
}

fn escape(out: &mut String, text: &str, rule: fn(char) -> Option<Escaped>) {
    let mut copied = 0;
    for (at, letter) in text.char_indices() {
        let Some(escaped) = rule(letter) else { continue };
        out.push_str(text.get(copied..at).unwrap_or_default());
        copied = at + letter.len_utf8();
        match escaped {
            Escaped::As(written) => out.push_str(written),
            Escaped::Code(code) => out.push_str(&format!("\\u{code:04x}")),
            Escaped::Drop => {}
        }
    }
    out.push_str(text.get(copied..).unwrap_or_default());
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use proptest::prelude::*;

    use super::*;

    fn rendered(source: &str, escape: Escape, purpose: Purpose, facts: &Facts<'_>) -> String {
        let template = Template { status: 200, headers: Arc::new([]), escape, body: compile(source, purpose).unwrap() };
        String::from_utf8(template.render(facts).body.to_vec()).unwrap()
    }

    const GOES_ON: Purpose = Purpose::Page { release: false };

    #[test]
    fn bodies() {
        let page = Facts { text: "1 Ya\n2 \"Tidak\" <&>", dialogue: "d'1", ..Facts::default() };
        for (source, escape, purpose, expected) in [
            ("CON {text}", Escape::Plain, GOES_ON, "CON 1 Ya\n2 \"Tidak\" <&>"),
            ("{\"end\":{release},\"t\":\"{text}\"}", Escape::Json, GOES_ON, "{\"end\":false,\"t\":\"1 Ya\\n2 \\\"Tidak\\\" <&>\"}"),
            ("{release}", Escape::Plain, Purpose::Page { release: true }, "true"),
            ("<a b=\"{text}\">{dialogue}</a>", Escape::Xml, GOES_ON, "<a b=\"1 Ya&#10;2 &quot;Tidak&quot; &lt;&amp;&gt;\">d&#39;1</a>"),
            ("{ {} {A} {{dialogue}}", Escape::Plain, Purpose::Acknowledgement, "{ {} {A} {d'1}"),
            ("", Escape::Plain, GOES_ON, ""),
            ("/a b/{text}", Escape::Percent, GOES_ON, "/a b/1%20Ya%0A2%20%22Tidak%22%20%3C%26%3E"),
        ] {
            assert_eq!(rendered(source, escape, purpose, &page), expected, "{source}");
        }
    }

    #[test]
    fn unknown_placeholders_are_refused() {
        for (source, purpose) in [
            ("{teks}", GOES_ON),
            ("{text}", Purpose::Acknowledgement),
            ("{alive}", GOES_ON),
            ("{dialogue}", Purpose::Refusal),
            ("{text}", Purpose::Refusal),
        ] {
            assert!(compile(source, purpose).is_err(), "{source}");
        }
    }

    proptest! {
        #[test]
        fn what_is_escaped_for_json_reads_back(text in any::<String>()) {
            let body = rendered("{\"t\":\"{text}\"}", Escape::Json, GOES_ON, &Facts { text: &text, ..Facts::default() });
            let read: serde_json::Value = serde_json::from_str(&body).unwrap();
            prop_assert_eq!(read["t"].as_str(), Some(text.as_str()));
        }
    }
}
