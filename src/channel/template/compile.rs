//! Reads a text's placeholders.

use super::{Escape, Piece, Stamp, Value};

/// What a text is for, hence which placeholders it may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::channel) enum Purpose {
    Acknowledgement,
    /// A message in the reply to one.
    Answer,
    /// What is made of other values, such as a digest.
    Computed,
    Inquiry,
    Page {
        release: bool,
    },
    /// A request of our own that brings a page.
    PageSent {
        release: bool,
    },
    Refusal,
    /// The acknowledgement of a delivery report.
    Reported,
    /// A request that hands over a message.
    Send,
}

const STAMPS: [(&str, Value); 4] = [
    ("now.compact", Value::Now(Stamp::Compact)),
    ("now.iso", Value::Now(Stamp::Iso)),
    ("now.millis", Value::Now(Stamp::Millis)),
    ("now.unix", Value::Now(Stamp::Unix)),
];

/// Names that the profile gives itself.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::channel) struct Names<'a> {
    pub(in crate::channel) echo: &'a [Box<str>],
    pub(in crate::channel) computed: &'a [Box<str>],
}

/// # Errors
/// A sentence for the writer of the profile.
pub(in crate::channel) fn compile(source: &str, purpose: Purpose, escape: Escape, names: Names<'_>) -> Result<Vec<Piece>, String> {
    let mut pieces = Vec::new();
    let mut literal = String::new();
    // Whether what has been read so far ends inside of a JSON text.
    let mut quoted = false;
    let mut rest = source;
    while let Some(brace) = rest.find('{') {
        let (before, from_brace) = rest.split_at(brace);
        literal.push_str(before);
        quoted ^= before.replace("\\\"", "").matches('"').count() % 2 == 1;
        let inside = from_brace.get(1..).unwrap_or_default();
        let word = inside.split_once('}').map(|(word, _)| word).filter(|word| is_word(word));
        let Some(word) = word else {
            literal.push('{');
            rest = inside;
            continue;
        };
        rest = inside.get(word.len() + 1..).unwrap_or_default();
        if let Some((asking, last)) = word.split_once('|') {
            match purpose.release() {
                Some(release) => literal.push_str(if release { last } else { asking }),
                None => return Err(format!("{{{word}}} stands for whether a page is the last one: only a page knows")),
            }
            continue;
        }
        let value = purpose.value(word, names)?;
        if !literal.is_empty() {
            pieces.push(Piece::Literal(std::mem::take(&mut literal).into()));
        }
        pieces.push(Piece::Value(match value {
            Value::Echo(at) if escape == Escape::Json && !quoted => Value::EchoLiteral(at),
            value => value,
        }));
    }
    literal.push_str(rest);
    if !literal.is_empty() {
        pieces.push(Piece::Literal(literal.into()));
    }
    Ok(pieces)
}

/// `text`, `echo.user`, `CON|END`.
fn is_word(text: &str) -> bool {
    let is_name = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_lowercase() || matches!(b, b'_' | b'.'));
    let is_choice = |text: &str| text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.' | b' ' | b'/'));
    match text.split_once('|') {
        Some((one, other)) => is_choice(one) && is_choice(other) && one != other,
        None => is_name(text),
    }
}

impl Purpose {
    const fn release(self) -> Option<bool> {
        match self {
            Self::Page { release } | Self::PageSent { release } => Some(release),
            _ => None,
        }
    }

    fn value(self, word: &str, names: Names<'_>) -> Result<Value, String> {
        let place = |all: &[Box<str>], wanted: &str| all.iter().position(|name| **name == *wanted);
        if let Some(wanted) = word.strip_prefix("echo.").filter(|_| self.knows_a_request()) {
            return place(names.echo, wanted).map(Value::Echo).ok_or_else(|| format!("no callback has echo.{wanted}"));
        }
        if let Some(wanted) = word.strip_prefix("computed.").filter(|_| matches!(self, Self::Send)) {
            return place(names.computed, wanted).map(Value::Computed).ok_or_else(|| format!("there is no computed.{wanted}"));
        }
        let known = self.values();
        let all = known.iter().chain(STAMPS.iter().filter(|_| self != Self::Refusal));
        all.clone().find(|(name, _)| *name == word).map(|(_, value)| *value).ok_or_else(|| {
            let names: Vec<_> = known.iter().map(|(name, _)| format!("{{{name}}}")).collect();
            format!("no placeholder {{{word}}} here; known are {}", names.join(", "))
        })
    }

    const fn knows_a_request(self) -> bool {
        !matches!(self, Self::Refusal | Self::Send | Self::Computed)
    }

    /// The placeholders it may have; beside them choices, echoes and times.
    const fn values(self) -> &'static [(&'static str, Value)] {
        match self {
            // The id stands in what was read; a refused request was not.
            Self::Acknowledgement => &[("dialogue", Value::Dialogue)],
            Self::Answer => &[("text", Value::Text)],
            Self::Inquiry => &[("alive", Value::Alive), ("dialogue", Value::Dialogue)],
            Self::Page { .. } => &[("dialogue", Value::Dialogue), ("text", Value::Text), ("url", Value::Url)],
            Self::PageSent { .. } => &[
                ("dialogue", Value::Dialogue),
                ("from", Value::From),
                ("key", Value::Key),
                ("password", Value::Password),
                ("service", Value::Service),
                ("text", Value::Text),
                ("to", Value::To),
                ("username", Value::Username),
            ],
            Self::Refusal => &[("field", Value::Field), ("fields", Value::Fields), ("reason", Value::Reason)],
            Self::Reported => &[("id", Value::Id)],
            Self::Computed | Self::Send => &[
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
