//! Messages, in and out: what a callback says of one, what is to be sent, and what the telco answers.

use std::fmt;

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method};

use crate::citizen::Msisdn;

/// A message from a phone.
#[derive(Clone, PartialEq, Eq)]
pub struct SmsIn {
    pub from: Sender,
    /// The short code or number it was sent to, as the telco writes it.
    pub to: Option<String>,
    /// Of a part: the text of this part only.
    pub text: String,
    /// The telco's own id of the message: the same one again is a repeat.
    pub id: Option<String>,
    /// The telco's code of the network: `51010`.
    pub operator: Option<String>,
    /// Set where the telco hands over the parts of a long message one by one.
    pub part: Option<PartOf>,
}

/// Shows nothing of the citizen.
impl fmt::Debug for SmsIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SmsIn").field("bytes", &self.text.len()).field("part", &self.part).finish_non_exhaustive()
    }
}

/// Who a message is from.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Sender {
    Citizen(Msisdn),
    /// A short code or a name: a machine, which is never answered, since it may answer back.
    Machine,
}

impl fmt::Debug for Sender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Citizen(_) => "Citizen",
            Self::Machine => "Machine",
        })
    }
}

/// Which part of a long message this is (3GPP TS 23.040, 9.2.3.24.1 and .8).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PartOf {
    pub reference: u16,
    pub total: u8,
    /// From 1.
    pub number: u8,
}

impl PartOf {
    /// `None`: no such part. One of one is no part but a whole.
    pub(super) fn new(reference: u16, total: u8, number: u8) -> Option<Self> {
        (total > 1 && (1..=total).contains(&number)).then_some(Self { reference, total, number })
    }
}

/// What became of a message that we sent.
#[derive(Clone, PartialEq, Eq)]
pub struct DeliveryReport {
    pub about: About,
    pub status: DeliveryStatus,
    /// The telco's own word for it, fit to count by: lower-case letters, digits and `_`. `None`: it said nothing.
    pub word: Option<String>,
}

impl fmt::Debug for DeliveryReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeliveryReport").field("status", &self.status).finish_non_exhaustive()
    }
}

/// Which message a report is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum About {
    /// The id that we gave it: 16 hexadecimal digits.
    Ours(String),
    /// The id that the telco answered with, in whatever form it comes back.
    Theirs(String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum DeliveryStatus {
    /// Taken back before it was sent.
    Cancelled,
    Delivered,
    /// It will not arrive.
    Failed,
    /// On its way, no more is known.
    Pending,
    /// Handed to the network.
    Sent,
}

/// A message to be handed to a telco.
#[derive(Clone, Copy)]
pub struct SmsOut<'a> {
    pub to: Msisdn,
    pub text: &'a str,
    /// Our id of it: 16 hexadecimal digits, the same at every try.
    pub id: &'a str,
    /// What it is about: a booking's code.
    pub reference: &'a str,
}

impl fmt::Debug for SmsOut<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SmsOut").field("id", &self.id).field("bytes", &self.text.len()).finish_non_exhaustive()
    }
}

/// A request that hands a message to a telco.
#[derive(Clone, PartialEq, Eq)]
pub struct SendRequest {
    pub method: Method,
    /// Absolute: `http://host:port/path?query`.
    pub url: String,
    pub headers: Vec<(HeaderName, HeaderValue)>,
    pub body: Bytes,
}

/// The URL may hold a number and a password.
impl fmt::Debug for SendRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SendRequest").field("method", &self.method).field("body_bytes", &self.body.len()).finish_non_exhaustive()
    }
}

/// The telco took a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// The telco's id of it, by which its reports name it.
    pub id: Option<String>,
}

/// Why a message was not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{code}")]
pub struct SendError {
    /// Stable and without anything of the citizen: the profile's word, `http_503`, `no_answer`.
    pub code: String,
    pub retry: Retry,
    /// We or our contract are to blame, not the citizen's phone: an operator should look.
    pub ours: bool,
}

/// May a message that was not taken be sent again?
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Retry {
    /// By this channel, later.
    Later,
    /// Not to this number, not by this channel.
    Never,
    /// By another channel at once: this one is out of order.
    Elsewhere,
    /// The channel is too busy: later, and everything else on it too.
    Throttled,
    /// It may have been taken: once more at most, with the same id.
    Unsure,
}
