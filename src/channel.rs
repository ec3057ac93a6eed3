//! What telcos and aggregators send us and what they want back: bytes and a time in, values out.
//!
//! A wire format is data: a [`Profile`], one TOML file. A [`HttpChannel`] is one configured link that speaks it:
//!
//! ```text
//!  raw request ─▶ auth (who sends?) ─▶ callback (method, path) ─▶ body (form, JSON, XML) ─▶ extract (fields) ─▶ Received
//!  Received + Answer ─▶ template ─▶ Reply                            or, where a page goes in a request of its own: ─▶ page ─▶ SendRequest
//!  SmsOut ─▶ send ─▶ SendRequest                status, headers, body of the answer ─▶ send ─▶ Accepted or SendError
//! ```
//!
//! Pure: no sockets, no clock, no menu, no store. What only the store can know is left open in the result: whether a dialogue id
//! is known ([`Phase::Unsaid`]) and what a citizen typed since the last turn ([`Input::Whole`], see [`cumulative`]).

use std::borrow::Cow;
use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use serde::Deserialize;

use crate::clock::Timestamp;
use crate::gsm::{self, Foreign};

mod account;
pub mod auth;
mod body;
mod callback;
pub mod cases;
mod charset;
mod computed;
pub mod cumulative;
mod dialogue;
mod echo;
mod escape;
mod examine;
mod extract;
mod inbound;
mod message;
mod multipart;
mod nonces;
pub mod order;
mod page;
mod path;
pub mod profile;
mod routes;
mod send;
mod signature;
mod sms;
pub mod sms_command;
mod template;
mod told;
mod udh;
pub mod ussd_string;
#[cfg(test)]
mod wire_tests;
mod xml;

pub use auth::{NetPrefix, Secret};
pub use body::BodyFormat;
pub use examine::Checked;
pub use inbound::{Hangup, Inbound, Input, Inquiry, Phase, Reason, Received, Refused, UssdTurn, Why};
pub use nonces::{Nonces, Once};
pub use profile::{Problem, Profile};
pub use routes::{RouteSettings, Routes};
pub use sms::{About, Accepted, DeliveryReport, DeliveryStatus, PartOf, Retry, SendError, SendRequest, Sender, SmsIn, SmsOut};

use account::Account;
use auth::Gate;
use signature::Signature;
use template::Facts;

/// A request as it came, before anything is believed.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    pub method: &'a Method,
    /// What follows `/in/CHANNEL`: empty, or `/session/1/start`. Still percent-encoded, and still with the secret segment if the channel has one.
    pub path: &'a str,
    /// Without the `?`, still percent-encoded.
    pub query: &'a str,
    pub headers: &'a HeaderMap,
    pub body: &'a [u8],
    /// The peer of the socket, or of the trusted proxy's word; never a header that a stranger can set.
    pub peer: IpAddr,
}

impl fmt::Debug for Request<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request").field("method", self.method).field("body_bytes", &self.body.len()).finish_non_exhaustive()
    }
}

/// A page that goes back as the reply to a turn.
#[derive(Clone, Copy)]
pub struct Answer<'a> {
    pub text: &'a str,
    /// The dialogue ends with this page.
    pub release: bool,
}

impl fmt::Debug for Answer<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answer").field("bytes", &self.text.len()).field("release", &self.release).finish()
    }
}

/// What goes back to the telco. Two replies to the same inbound and answer are equal, byte for byte.
#[derive(Clone, PartialEq, Eq)]
pub struct Reply {
    pub status: u16,
    pub headers: Arc<[(HeaderName, HeaderValue)]>,
    pub body: Bytes,
}

impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reply").field("status", &self.status).field("body_bytes", &self.body.len()).finish_non_exhaustive()
    }
}

/// How a callback that the telco sends a second time is told from the citizen's next answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Repeat {
    /// By the whole input being the same as before: [`cumulative::new_input`].
    Cumulative,
    /// Only by time: the same bytes while the first is in flight or within a second after our reply.
    Quick,
    /// By [`UssdTurn::sequence`].
    Sequence,
}

/// A channel in the configuration file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChannelSettings {
    /// Name of a shipped profile or of a file in the profiles folder.
    pub profile: String,
    /// The path segment after the channel's name that only the telco knows: `/in/CHANNEL/SECRET/…`.
    #[serde(default)]
    pub secret_path: Option<Secret>,
    /// Peers that may call; empty: any.
    #[serde(default)]
    pub addresses: Vec<NetPrefix>,
    /// Calling code put in front of national numbers.
    #[serde(default = "indonesia")]
    pub country: String,
    /// The channel that carries SMS to this channel's citizens.
    #[serde(default)]
    pub sms: Option<String>,
    /// Septets that fit one page, where the telco allows other than the profile says.
    #[serde(default)]
    pub page_septets: Option<usize>,
    /// Where messages are handed over: `http://HOST:PORT`, with a path where the profile has none. Without it, nothing is sent.
    #[serde(default)]
    pub send_url: Option<String>,
    /// What citizens see as the sender: a short code or a name.
    #[serde(default)]
    pub from: Option<String>,
    #[serde(default)]
    pub username: Option<String>,
    #[serde(default)]
    pub password: Option<Secret>,
    #[serde(default)]
    pub key: Option<Secret>,
    /// The key with which the telco signs its callbacks; without it no signature is looked at.
    #[serde(default)]
    pub signing_key: Option<Secret>,
    /// The telco's name of our service or tariff.
    #[serde(default)]
    pub service: Option<String>,
    /// The gateway as the telco reaches it, `http://HOST:PORT`: delivery reports are wanted, at `/in/CHANNEL/receipt` there.
    #[serde(default)]
    pub report_url: Option<String>,
}

impl ChannelSettings {
    /// A channel that anybody may call and that sends nothing.
    pub fn open(profile: &str) -> Self {
        Self {
            profile: profile.to_owned(),
            secret_path: None,
            addresses: Vec::new(),
            country: indonesia(),
            sms: None,
            page_septets: None,
            send_url: None,
            from: None,
            username: None,
            password: None,
            key: None,
            signing_key: None,
            service: None,
            report_url: None,
        }
    }
}

fn indonesia() -> String {
    "62".to_owned()
}

/// One configured link to a telco over HTTP.
#[derive(Clone, Debug)]
pub struct HttpChannel {
    pub name: String,
    profile: Profile,
    gate: Gate,
    signing_key: Option<Secret>,
    /// Where the telco calls, without the secret.
    origin: String,
    country: String,
    sms: Option<String>,
    page_septets: usize,
    account: Account,
}

impl HttpChannel {
    /// # Errors
    /// All that is wrong with the settings, as problems of the file `name`.
    pub fn new(name: impl Into<String>, profile: &Profile, settings: ChannelSettings) -> Result<Self, Vec<Problem>> {
        let name = name.into();
        let page_septets = settings.page_septets.unwrap_or(profile.page_septets);
        let mut wrong = Vec::new();
        if !(profile::PAGE_SEPTETS_MIN..=profile::PAGE_SEPTETS_MAX).contains(&page_septets) {
            wrong.push(format!("page_septets must lie between {} and {}", profile::PAGE_SEPTETS_MIN, profile::PAGE_SEPTETS_MAX));
        }
        if !(1..=3).contains(&settings.country.len()) || !settings.country.bytes().all(|b| b.is_ascii_digit()) {
            wrong.push("country must be a calling code of one to three digits".to_owned());
        }
        if let Some(flaw) = settings.secret_path.as_ref().and_then(Secret::flaw) {
            wrong.push(format!("secret_path {flaw}"));
        }
        let account = Account::new(&name, &settings);
        wrong.extend(account.flaws(profile.sending.as_ref(), &profile.pages_need, profile.sent.is_some()));
        if settings.signing_key.is_some() && profile.signatures.is_empty() {
            wrong.push("signing_key: this profile knows no signature".to_owned());
        }
        if settings.signing_key.is_some() && settings.report_url.is_none() && profile.signatures.iter().any(Signature::is_of_the_url) {
            wrong.push("signing_key: this telco signs the address that it calls, so report_url is needed".to_owned());
        }
        if !wrong.is_empty() {
            return Err(wrong.into_iter().map(|message| Problem { file: name.clone(), line: 0, col: 0, message }).collect());
        }
        Ok(Self {
            profile: profile.clone(),
            gate: Gate { addresses: settings.addresses, secret: settings.secret_path },
            signing_key: settings.signing_key,
            origin: settings.report_url.map(|base| format!("{}/in/{name}", base.trim_end_matches('/'))).unwrap_or_default(),
            country: settings.country,
            sms: settings.sms,
            page_septets,
            account,
            name,
        })
    }

    /// Authenticates the raw bytes, then reads them. `now` is for schemes that sign the time.
    ///
    /// # Errors
    /// See [`Refused`]; answered by [`HttpChannel::refusal`].
    pub fn parse(&self, request: &Request<'_>, now: Timestamp) -> Result<Received, Refused> {
        let path = self.gate.admit(request).ok_or(Refused::Forged)?;
        let once = self.signed(request, now).map_err(|_| Refused::Forged)?;
        let received = callback::read(&self.profile, request, path, &self.country, &self.account, now)?;
        Ok(Received { once, ..received })
    }

    /// The reply with a page; where pages go in a request of their own, the acknowledgement.
    pub fn reply(&self, received: &Received, answer: &Answer<'_>) -> Reply {
        let facts = Facts { text: answer.text, ..self.facts(received) };
        match &self.profile.pages {
            Some((_, end)) if answer.release => end.render(&self.account.facts(facts)),
            Some((goes_on, _)) => goes_on.render(&self.account.facts(facts)),
            None => self.acknowledge(received),
        }
    }

    /// The request that brings a page, where this telco takes none in the reply.
    pub fn page(&self, received: &Received, answer: &Answer<'_>) -> Option<SendRequest> {
        let sent = self.profile.sent.as_ref().filter(|_| !self.account.send_url().is_empty())?;
        Some(sent.request(&self.account, received, answer))
    }

    /// The reply to a message, with one that answers it. Without a text, or where this telco takes none here: the acknowledgement.
    pub fn reply_text(&self, received: &Received, text: Option<&str>) -> Reply {
        match (text, &self.profile.answer) {
            (Some(text), Some((narrow, wide))) if !text.is_empty() => {
                let template = if gsm::septets(text).is_ok() { narrow } else { wide };
                template.render(&Facts { text, ..self.facts(received) })
            }
            _ => self.acknowledge(received),
        }
    }

    /// The reply to what needs no page.
    pub fn acknowledge(&self, received: &Received) -> Reply {
        let facts = self.facts(received);
        match &received.inbound {
            Inbound::Inquiry(_) => self.report(received, false),
            Inbound::Delivery(DeliveryReport { about: About::Ours(id) | About::Theirs(id), .. }) => {
                let template = self.profile.report_acknowledgement.as_ref().unwrap_or(&self.profile.acknowledgement);
                template.render(&Facts { id, ..facts })
            }
            Inbound::Hangup(_) | Inbound::Sms(_) | Inbound::Ussd(_) => self.profile.acknowledgement.render(&facts),
        }
    }

    /// The reply to an inquiry. `alive`: we have this dialogue, and its last page was not an end.
    pub fn report(&self, received: &Received, alive: bool) -> Reply {
        let template = self.profile.inquiry.as_ref().unwrap_or(&self.profile.acknowledgement);
        template.render(&Facts { alive, ..self.facts(received) })
    }

    fn facts<'a>(&self, received: &'a Received) -> Facts<'a> {
        Facts { dialogue: received.inbound.dialogue(), echo: Some(&received.echo), now: received.at, ..Facts::default() }
    }

    /// Whether the citizen's number comes only when a dialogue begins.
    pub fn tells_the_number_once(&self) -> bool {
        self.profile.number_once
    }

    /// The reply to what was refused. Repeats nothing of the request.
    pub fn refusal(&self, refused: &Refused, _request: &Request<'_>) -> Reply {
        self.profile.refusal(refused)
    }

    /// Whether many messages or reports may come in one request.
    pub fn takes_lists(&self) -> bool {
        self.profile.callbacks.iter().any(|callback| callback.each.is_some())
    }

    pub fn repeat(&self) -> &Repeat {
        &self.profile.repeat
    }

    /// How long the telco waits for a page, as its profile says; never longer than we may take.
    pub fn waits(&self) -> Duration {
        self.profile.waits
    }

    /// Whether dialogues come by it.
    pub fn has_dialogues(&self) -> bool {
        self.profile.pages.is_some() || self.profile.sent.is_some()
    }

    /// Septets that fit one page.
    pub fn page_septets(&self) -> usize {
        self.page_septets
    }

    /// Whether messages can be handed over: the profile says how, and the settings say where to.
    pub fn can_send(&self) -> bool {
        self.profile.sending.is_some() && !self.account.send_url().is_empty()
    }

    /// Whether a message may be answered in the reply to it.
    pub fn answers_in_reply(&self) -> bool {
        self.profile.answer.is_some()
    }

    /// Whether it takes messages and no answer can go out by it.
    pub fn is_mute(&self) -> bool {
        self.profile.sending.is_some() && !self.answers_in_reply() && !self.can_send()
    }

    /// The text as this channel will send it: the same, or with what GSM 7-bit cannot write replaced, where the telco wants that.
    ///
    /// # Errors
    /// The first character that this telco cannot carry.
    pub fn fit<'t>(&self, text: &'t str) -> Result<Cow<'t, str>, Foreign> {
        self.profile.sending.as_ref().map_or(Ok(Cow::Borrowed(text)), |sending| sending.fit(text))
    }

    /// The request that hands a message over.
    ///
    /// # Errors
    /// This channel cannot send, or not this text.
    pub fn submit(&self, sms: &SmsOut<'_>, now: Timestamp) -> Result<SendRequest, SendError> {
        match &self.profile.sending {
            Some(sending) if self.can_send() => sending.request(&self.account, &self.country, sms, now),
            _ => Err(SendError { code: "cannot_send".to_owned(), retry: Retry::Elsewhere, ours: true }),
        }
    }

    /// What the telco's answer to that request means. No answer at all is for the caller to judge.
    ///
    /// # Errors
    /// The message was not taken, or not surely.
    pub fn receipt(&self, status: u16, headers: &HeaderMap, body: &[u8]) -> Result<Accepted, SendError> {
        match &self.profile.sending {
            Some(sending) => sending.judge(status, headers, body),
            None => Err(SendError { code: "cannot_send".to_owned(), retry: Retry::Elsewhere, ours: true }),
        }
    }

    /// The channel that carries SMS to this channel's citizens.
    pub fn sms(&self) -> Option<&str> {
        self.sms.as_deref()
    }
}

#[cfg(test)]
mod tests;
