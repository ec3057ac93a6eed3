//! What a callback turns out to be, or why it is refused.

use std::fmt;
use std::sync::Arc;

use super::body::BodyFormat;
use super::echo::Echo;
use super::nonces::Once;
use super::sms::{DeliveryReport, SmsIn};
use crate::citizen::Msisdn;
use crate::clock::Timestamp;

/// The shortest number of a citizen without its country, in digits. What ends a number and is shorter is an id that happens to.
const NUMBER_DIGITS_MIN: usize = 8;

/// A request of the telco that was understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received {
    /// What it brought, and what is answered.
    pub inbound: Inbound,
    /// Further messages and reports in the same request. They get no answer of their own.
    pub more: Vec<Inbound>,
    /// Why some of its messages or reports could not be read. Those that could are taken all the same.
    pub unread: Vec<Refused>,
    /// The nonces that it was signed with: the gateway takes it only if it has taken no other request with one of them.
    pub once: Vec<Once>,
    /// What of it goes back in the reply.
    pub(super) echo: Echo,
    /// When it came.
    pub(super) at: Timestamp,
}

/// A callback that was understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Inbound {
    /// What became of a message that we sent. Answered by [`super::HttpChannel::acknowledge`].
    Delivery(DeliveryReport),
    /// A dialogue is over, told by the telco. Answered by [`super::HttpChannel::acknowledge`].
    Hangup(Hangup),
    /// The telco asks whether a dialogue is alive. Answered by [`super::HttpChannel::report`].
    Inquiry(Inquiry),
    /// A message. Answered by [`super::HttpChannel::acknowledge`], or by [`super::HttpChannel::reply`] where the answer may go back in the reply.
    Sms(SmsIn),
    /// The citizen dialled or answered. Answered by [`super::HttpChannel::reply`].
    Ussd(UssdTurn),
}

impl Inbound {
    /// The telco's id of the dialogue; empty for messages, which have none.
    pub fn dialogue(&self) -> &str {
        match self {
            Self::Delivery(_) | Self::Sms(_) => "",
            Self::Hangup(hangup) => &hangup.dialogue,
            Self::Inquiry(inquiry) => &inquiry.dialogue,
            Self::Ussd(turn) => &turn.dialogue,
        }
    }
}

#[derive(Clone, PartialEq, Eq)]
pub struct UssdTurn {
    /// `None`: this telco tells it only when the dialogue begins.
    pub number: Option<Msisdn>,
    /// The telco's id of this dialogue, at most [`super::profile::DIALOGUE_BYTES_MAX`] bytes. Where a telco has none it is the number as sent.
    pub dialogue: String,
    pub phase: Phase,
    pub input: Input,
    /// As sent: `*123#`, `123`, or with parts of the dialled path. [`super::ussd_string::dialled`] makes sense of it.
    pub service_code: Option<String>,
    /// Names this turn within the dialogue, with [`super::Repeat::Sequence`].
    pub sequence: Option<String>,
    /// The telco's code of the network: `51010`.
    pub operator: Option<String>,
}

impl UssdTurn {
    /// Whether the dialogue has no id but the citizen's number, in whatever form the telco writes it.
    pub fn is_known_by_number(&self) -> bool {
        let digits: String = self.dialogue.chars().filter(char::is_ascii_digit).collect();
        let own = digits.trim_start_matches('0');
        let number = self.number.map(|number| number.number().to_string()).unwrap_or_default();
        own.len() >= NUMBER_DIGITS_MIN && number.ends_with(own)
    }
}

/// Shows nothing of the citizen, and not the dialogue either: where a telco has no dialogue id, it is the number.
impl fmt::Debug for UssdTurn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UssdTurn").field("phase", &self.phase).field("operator", &self.operator).finish_non_exhaustive()
    }
}

/// Where in a dialogue a turn stands, as far as the telco says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    Begin,
    Continue,
    /// The telco does not say: an unknown dialogue id begins, a known one continues.
    Unsaid,
}

/// What was typed. At the beginning it may be the dialled string or a part of it.
#[derive(Clone, PartialEq, Eq)]
pub enum Input {
    /// The last answer only.
    Last(String),
    /// All answers of the dialogue so far, joined by `*`.
    Whole(String),
}

impl Input {
    pub fn text(&self) -> &str {
        match self {
            Self::Last(text) | Self::Whole(text) => text,
        }
    }
}

impl fmt::Debug for Input {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Last(text) => write!(f, "Last({} bytes)", text.len()),
            Self::Whole(text) => write!(f, "Whole({} bytes)", text.len()),
        }
    }
}

#[derive(Clone, PartialEq, Eq)]
pub struct Hangup {
    pub number: Option<Msisdn>,
    pub dialogue: String,
    pub why: Why,
}

impl fmt::Debug for Hangup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hangup").field("why", &self.why).finish_non_exhaustive()
    }
}

/// Why a dialogue is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// The citizen or the network broke it off.
    Aborted,
    /// It ran to our last page.
    Ended,
    /// The telco blames us: no answer in time, or one that it could not read.
    Failed,
    /// The citizen did not answer.
    TimedOut,
}

#[derive(Clone, PartialEq, Eq)]
pub struct Inquiry {
    pub dialogue: String,
}

impl fmt::Debug for Inquiry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inquiry").finish_non_exhaustive()
    }
}

/// Why a callback is not acted on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Not from the telco.
    #[error("not from this channel's telco")]
    Forged,
    /// From the telco, but not in the profile's format.
    #[error("{0}")]
    Malformed(Reason),
    /// Signed, but with a nonce under which another request was taken: somebody has seen that one, and writes below its signature.
    #[error("its nonce came before, with another request")]
    Reused,
    /// Right, but to be acknowledged and ignored: too old, or an event that the profile names as of no use.
    #[error("ignored")]
    Stale,
}

impl Refused {
    /// The HTTP status, where the profile says nothing else.
    pub const fn status(&self) -> u16 {
        match self {
            Self::Forged | Self::Reused => 401,
            Self::Malformed(_) => 400,
            Self::Stale => 200,
        }
    }
}

/// What is wrong with a callback. Shows names of fields, which come from the profile, and byte offsets; never a value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    #[error("the body is not {format} (byte {offset})")]
    Body { format: BodyFormat, offset: usize },
    #[error("fields are missing: {}", .fields.join(", "))]
    Incomplete { fields: Vec<Arc<str>> },
    #[error("field {field} is missing")]
    Missing { field: Arc<str> },
    #[error("field {field} is no phone number{}", broken_escape(*.escape))]
    Number { field: Arc<str>, escape: Option<usize> },
    #[error("no such method and path")]
    Route,
    /// The names are the sender's, hence not shown.
    #[error("{count} fields that this format does not have")]
    Surplus { fields: Vec<Box<str>>, count: usize },
    #[error("field {field} has more than {max} bytes")]
    TooLong { field: Arc<str>, max: usize },
    #[error("more than {max} messages or reports")]
    Entries { max: usize },
    #[error("more than {max} fields")]
    TooMany { max: usize },
    #[error("nothing that is taken here")]
    Unwanted,
    #[error("field {field} has a value that is not in the profile")]
    Word { field: Arc<str> },
}

fn broken_escape(at: Option<usize>) -> String {
    at.map(|offset| format!(" (broken percent escape at byte {offset})")).unwrap_or_default()
}
