//! Profiles: a telco's wire format as one TOML file, read and proved when the gateway starts.
#![doc = include_str!("../../gateway-config/profiles/README.md")]

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::{HeaderName, HeaderValue, header};

use super::callback::Callback;
use super::extract::Field;
use super::page::PageSent;
use super::send::Sending;
use super::signature::Signature;
use super::template::{Facts, Piece, Template, Value};
use super::{Reason, Refused, Repeat, Reply};

mod check;
mod file;
mod sample;
mod shipped;

pub(super) use file::RefusalKind;
pub use sample::Sample;

/// Longest dialogue id in bytes: a UUID with a prefix four times over; longer ones are no id but an attack.
pub const DIALOGUE_BYTES_MAX: usize = 160;
/// Longest value in bytes that is repeated in a reply. Opaque texts of ours that come back (Hubtel's `ClientState`) stay below.
pub const ECHO_BYTES_MAX: usize = 256;
/// Longest input in bytes: 180 s hold at most some 16 answers of a whole USSD string (182 septets) each.
pub const INPUT_BYTES_MAX: usize = 4096;
/// Longest text of a message in bytes: ten parts of 153 septets, each of three bytes (`€`), and a half.
pub const MESSAGE_BYTES_MAX: usize = 7 * 1024;
/// Longest time in which a page is ready, and so the most that a profile may say its telco waits.
pub const WAITS_MAX: Duration = Duration::from_millis(2500);
/// The least: a second for the turn, and half of one for the registry.
pub const WAITS_LEAST: Duration = Duration::from_millis(1500);
/// Longest page that a profile or channel may promise, in septets: 3GPP TS 23.038, one USSD string.
pub const PAGE_SEPTETS_MAX: usize = 182;
/// Shortest one: menus are written for it, a channel may only allow more.
pub const PAGE_SEPTETS_MIN: usize = 128;
/// Longest sequence number, operator code, status word or id of a message in bytes. The longest id known has 43 (Telkomsel).
pub const WORD_BYTES_MAX: usize = 128;

/// A wire format, ready to read and write. See the [module](self) for its file.
#[derive(Clone, Debug)]
pub struct Profile {
    pub title: String,
    /// Other names for it: who else speaks the same.
    pub also: Vec<String>,
    /// Why it is only a draft, if it is.
    pub draft: Option<String>,
    pub(super) repeat: Repeat,
    pub(super) whole_input: bool,
    /// The citizen's number comes only when a dialogue begins.
    pub(super) number_once: bool,
    pub(super) page_septets: usize,
    /// How long the telco waits for a page, at least.
    pub(super) waits: Duration,
    /// What the telco must show, and the channel's setting that it must be.
    pub(super) credentials: Vec<(Field, Value)>,
    /// Ways in which callbacks are signed; one must hold.
    pub(super) signatures: Vec<Signature>,
    pub(super) callbacks: Vec<Callback>,
    /// A page that asks and the last one; `None`: no dialogues.
    pub(super) pages: Option<(Template, Template)>,
    /// The channel's settings that pages show.
    pub(super) pages_need: Vec<Value>,
    /// Pages that go in a request of their own.
    pub(super) sent: Option<PageSent>,
    /// A message in the reply to one, and the same for text that GSM 7-bit cannot write.
    pub(super) answer: Option<(Template, Template)>,
    pub(super) acknowledgement: Template,
    pub(super) report_acknowledgement: Option<Template>,
    pub(super) inquiry: Option<Template>,
    /// In order; no kinds: any.
    pub(super) refusals: Vec<(Vec<RefusalKind>, Template)>,
    /// To a refusal that the profile does not shape: the reason in plain words.
    pub(super) plain_refusal: Template,
    pub(super) sending: Option<Sending>,
}

impl Profile {
    /// Reads and proves a profile. `name` is what its problems are reported under.
    ///
    /// # Errors
    /// All problems at once, where the file is readable as TOML; else the first.
    pub fn parse(name: &str, text: &str) -> Result<Self, Vec<Problem>> {
        check::compile(name, text)
    }

    /// What an editor needs to complete and explain the keys of a profile.
    pub fn schema() -> schemars::Schema {
        schemars::schema_for!(file::File)
    }

    pub(super) fn refusal(&self, refused: &Refused) -> Reply {
        let kind = match refused {
            Refused::Forged | Refused::Reused => RefusalKind::Forged,
            Refused::Stale => return self.acknowledgement.render(&Facts::default()),
            Refused::Malformed(Reason::Route) => RefusalKind::Route,
            Refused::Malformed(Reason::Body { .. } | Reason::Entries { .. } | Reason::TooMany { .. }) => RefusalKind::Body,
            Refused::Malformed(Reason::Incomplete { .. } | Reason::Missing { .. }) => RefusalKind::Missing,
            Refused::Malformed(Reason::Surplus { .. }) => RefusalKind::Surplus,
            Refused::Malformed(Reason::Unwanted) => RefusalKind::Value,
            Refused::Malformed(Reason::Number { .. } | Reason::TooLong { .. } | Reason::Word { .. }) => RefusalKind::Value,
        };
        let fields: Vec<&str> = match refused {
            Refused::Malformed(
                Reason::Missing { field } | Reason::Number { field, .. } | Reason::TooLong { field, .. } | Reason::Word { field },
            ) => vec![field],
            Refused::Malformed(Reason::Incomplete { fields }) => fields.iter().map(AsRef::as_ref).collect(),
            Refused::Malformed(Reason::Surplus { fields, .. }) => fields.iter().map(AsRef::as_ref).collect(),
            _ => Vec::new(),
        };
        let field = fields.first().copied().unwrap_or_default();
        // Who is not the telco is told nothing.
        let reason = if kind == RefusalKind::Forged { String::new() } else { refused.to_string() };
        let facts = Facts { field, fields: &fields, reason: &reason, ..Facts::default() };
        // Nor shown the format, unless the profile names `forged`.
        let fits = |kinds: &[RefusalKind]| kinds.contains(&kind) || (kinds.is_empty() && kind != RefusalKind::Forged);
        if let Some((_, template)) = self.refusals.iter().find(|(kinds, _)| fits(kinds)) {
            return template.render(&facts);
        }
        Reply { status: refused.status(), ..self.plain_refusal.render(&facts) }
    }
}

/// The reason and nothing else.
fn plain_refusal() -> Template {
    Template {
        headers: Arc::new([(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8")) as (HeaderName, HeaderValue)]),
        body: vec![Piece::Value(Value::Reason)],
        ..Template::bare(400)
    }
}

/// Something wrong in a profile or in a channel's settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    pub file: String,
    /// From 1; 0: the whole file.
    pub line: usize,
    /// In letters, from 1; 0: the whole file.
    pub col: usize,
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if self.line > 0 {
            write!(f, ":{}:{}", self.line, self.col)?;
        }
        write!(f, ": {}", self.message)
    }
}

#[cfg(test)]
mod tests;
