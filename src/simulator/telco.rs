//! What telcos send and want to hear, pure: a dialogue in, request bytes out; reply bytes in, a page out.
//!
//! Two are code, because the load generator is measured with them; the others are rows of `formats`.
//!
//! Africa's Talking: a form. `text` is everything typed so far, joined by `*`, and empty at first. Answer: `CON ` or `END ` and the page.
//! ```text
//! POST /in/africastalking
//! sessionId=ATUid_0f3a&serviceCode=*123%23&phoneNumber=%2B6281200000001&networkCode=51010&text=1*2
//! ```
//! Infobip: JSON, the last thing typed only; at first what was dialled.
//! ```text
//! POST /in/infobip/session/0f3a/response
//! {"msisdn":"6281200000001","imsi":"510100000000001","shortCode":"*123#","text":"2","language":"id","optional":null,"ussdGwId":"1"}
//! ```
//! Sources: the public callback pages of Africa's Talking, vumi's reading of Infobip's specification (BSD-3-Clause), and for the rows the
//! public documents and test suites of each telco or of those who spoke to it.

pub mod format;
mod formats;
mod place;

pub use place::{Place, write_get};

use std::borrow::Cow;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::client::Reply;
use super::wire::{self, Values, holds};
use super::{Error, Secrets, moment};
use crate::clock::Timestamp;
use format::{Format, Ids, Sent};
use place::{FORM, JSON};
pub(super) use place::{push_escaped, push_field};

/// What one USSD request carries (3GPP TS 23.038: 160 octets of packed septets).
const DIALLED_CHARS_MAX: usize = 182;

#[derive(Clone, Copy, Debug)]
pub enum Telco {
    AfricasTalking,
    Infobip,
    Listed(&'static Format),
}

impl Telco {
    /// A format's name; also a channel's or profile's that begins so: `africastalking/SECRET`, `infobip-ussd`. The longest name counts.
    pub fn parse(name: &str) -> Option<Self> {
        Self::all().filter(|telco| name.starts_with(telco.name())).max_by_key(|telco| telco.name().len())
    }

    /// The one that a shipped profile describes.
    pub fn of_profile(profile: &str) -> Option<Self> {
        let bare = profile.strip_suffix("-ussd").unwrap_or(profile);
        Self::all().find(|telco| telco.name() == bare)
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::AfricasTalking => "africastalking",
            Self::Infobip => "infobip",
            Self::Listed(format) => format.name,
        }
    }

    /// Every one that is known here.
    pub fn all() -> impl Iterator<Item = Self> {
        [Self::AfricasTalking, Self::Infobip].into_iter().chain(formats::all().map(Self::Listed))
    }

    /// How it numbers its dialogues.
    pub(super) fn ids(self) -> Ids {
        if let Self::Listed(format) = self { format.ids } else { Ids::Hex }
    }

    /// Whether a hang-up of this phone reaches the gateway.
    pub fn tells_of_hang_ups(self) -> bool {
        if let Self::Listed(format) = self { format.hang_up.is_some() } else { true }
    }

    /// Whether the gateway learns what was dialled beyond its code.
    pub fn tells_what_was_dialled(self) -> bool {
        let Self::Listed(format) = self else { return true };
        format.begin.names().iter().any(|name| matches!(*name, "dialled" | "grown" | "inner" | "whole"))
    }

    /// Whether pages come in requests of their own.
    pub(super) fn sent(self) -> Option<Sent> {
        if let Self::Listed(format) = self { format.sent } else { None }
    }

    /// Whether its pages reach a phone here. Those that come in requests of their own must go to [`super::pages`].
    pub fn is_heard(self, send_url: Option<&str>) -> bool {
        self.sent().is_none() || send_url.is_some_and(|url| url.contains(super::pages::PATH))
    }

    fn read_infobip(reply: &Reply<'_>) -> Result<InfobipReply, Error> {
        if reply.status != 200 {
            return Err(Error::Status(reply.status));
        }
        let own: InfobipReply = serde_json::from_slice(reply.body).map_err(|_| Error::Reply("the body is not the JSON of an answer"))?;
        if own.response_exit_code == 200 { Ok(own) } else { Err(Error::ExitCode(own.response_exit_code)) }
    }
}

/// What the phone shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    pub text: String,
    /// An answer can be typed.
    pub open: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct InfobipReply {
    should_close: Option<bool>,
    ussd_menu: Option<String>,
    response_exit_code: i64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct InfobipTurn<'a> {
    msisdn: &'a str,
    imsi: &'a str,
    short_code: &'a str,
    text: &'a str,
    language: &'a str,
    optional: Option<&'a str>,
    ussd_gw_id: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct InfobipEnd<'a> {
    reason: &'a str,
    exit_code: u16,
}

/// One USSD dialogue as the telco keeps it.
#[derive(Debug)]
pub struct Dialogue {
    telco: Telco,
    id: String,
    /// `+62…`
    number: String,
    service_code: String,
    dialled: String,
    /// Everything typed so far, joined by `*`; `None` before the first input.
    path: Option<String>,
    /// The newest input.
    last: String,
    /// It is the same as the one before.
    same: bool,
    hops: u32,
    begun: Timestamp,
    /// What the gateway asked to be brought again.
    cookie: String,
    /// None: what the demo's channels want.
    secrets: Option<Arc<Secrets>>,
}

impl Dialogue {
    /// `service_code` is ours (`*123#`); `dialled` may go deeper (`*123*1#`). `id` must not have been used before.
    pub fn dial(telco: Telco, id: String, number: &str, service_code: &str, dialled: &str) -> Result<Self, Error> {
        let digits = number.strip_prefix('+').unwrap_or_default();
        if !(8..=15).contains(&digits.len()) || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(Error::Number);
        }
        let (service_code, path) = split_dialled(service_code, dialled)?;
        Ok(Self {
            telco,
            id,
            number: number.to_owned(),
            service_code,
            dialled: dialled.to_owned(),
            path,
            last: String::new(),
            same: false,
            hops: 1,
            begun: Timestamp::from_millis(0),
            cookie: String::new(),
            secrets: None,
        })
    }

    /// When it began, and what the telco shows of itself.
    pub fn told(self, begun: Timestamp, secrets: Arc<Secrets>) -> Self {
        Self { begun, secrets: Some(secrets), ..self }
    }

    pub fn id(&self) -> &str {
        &self.id
    }

    pub fn press(&mut self, keys: &str) {
        self.path = Some(self.path.take().map_or_else(|| keys.to_owned(), |path| path + "*" + keys));
        self.same = self.hops > 1 && keys == self.last;
        keys.clone_into(&mut self.last);
        self.hops += 1;
    }

    /// Whether this turn, at once after the one before, may be taken for the same callback again: a thumb is slower.
    pub(super) fn waits_for_the_thumb(&self) -> bool {
        self.same && matches!(self.telco, Telco::Listed(format) if format.may_look_repeated())
    }

    /// Appends the HTTP request of the newest turn.
    pub fn write_turn(&self, to: &Place, out: &mut Vec<u8>) {
        match self.telco {
            Telco::AfricasTalking => {
                let mut body = Vec::with_capacity(256);
                self.write_form(&mut body);
                to.write_request("POST", "", FORM, &body, out);
            }
            Telco::Infobip => {
                let (verb, text) = if self.hops == 1 { ("start", &self.dialled) } else { ("response", &self.last) };
                let turn = InfobipTurn {
                    msisdn: self.number.trim_start_matches('+'),
                    imsi: "510100000000001",
                    short_code: &self.service_code,
                    text,
                    language: "id",
                    optional: None,
                    ussd_gw_id: "1",
                };
                to.write_request("POST", &format!("/session/{}/{verb}", self.id), JSON, &json(&turn), out);
            }
            Telco::Listed(format) => {
                let ask = if self.hops == 1 { &format.begin } else { &format.next };
                to.write(&ask.filled(&|name| self.value(name)), out);
            }
        }
    }

    /// Reads the answer to a turn as the telco does; of a telco that gets its pages in requests of their own, such a request.
    ///
    /// # Errors
    /// [`Error::Status`], [`Error::Reply`], [`Error::Amiss`], [`Error::ExitCode`]: the telco ends the dialogue.
    pub fn read(&mut self, reply: &Reply<'_>) -> Result<Page, Error> {
        match self.telco {
            Telco::AfricasTalking if reply.status != 200 => Err(Error::Status(reply.status)),
            Telco::AfricasTalking => {
                let body = std::str::from_utf8(reply.body).map_err(|_| Error::Reply("the body is not UTF-8"))?;
                let (text, open) = format::prefixed(body)?;
                Ok(Page { text, open })
            }
            Telco::Infobip => match Telco::read_infobip(reply)? {
                InfobipReply { ussd_menu: Some(text), should_close: Some(close), .. } => Ok(Page { text, open: !close }),
                _ => Err(Error::Reply("ussdMenu or shouldClose is missing")),
            },
            Telco::Listed(format) => {
                if let Some(cookie) = wire::header(reply.head, "set-cookie") {
                    cookie.split(';').next().unwrap_or_default().clone_into(&mut self.cookie);
                }
                format.read(reply, &|name| self.value(name))
            }
        }
    }

    /// Reads the answer to a turn whose page comes in a request of its own. Gives what that request has in it to be known by.
    ///
    /// # Errors
    /// As [`Dialogue::read`].
    pub(super) fn read_heard(&self, sent: &Sent, reply: &Reply<'_>) -> Result<String, Error> {
        if reply.status != 200 {
            return Err(Error::Status(reply.status));
        }
        let value: &Values<'_> = &|name| self.value(name);
        holds(sent.heard, reply, value)?;
        Ok(wire::fill(sent.mark, wire::Escape::None, value))
    }

    /// Reads the answer to the news that the dialogue is over.
    ///
    /// # Errors
    /// As [`Dialogue::read`].
    pub fn read_end(&self, reply: &Reply<'_>) -> Result<(), Error> {
        match self.telco {
            Telco::AfricasTalking if reply.status == 200 => Ok(()),
            Telco::AfricasTalking => Err(Error::Status(reply.status)),
            Telco::Infobip => Telco::read_infobip(reply).map(|_| ()),
            Telco::Listed(format) => format.read_end(reply, &|name| self.value(name)),
        }
    }

    fn value(&self, name: &str) -> Option<Cow<'_, str>> {
        let path = self.path.as_deref().unwrap_or_default();
        Some(match name {
            "bare" => self.service_code.trim_matches(['*', '#']).into(),
            "code" => self.service_code.as_str().into(),
            "cookie" => self.cookie.as_str().into(),
            "dialled" => self.dialled.as_str().into(),
            "digits" => self.number.trim_start_matches('+').into(),
            "grown" if path.is_empty() => self.service_code.as_str().into(),
            "grown" => format!("{}*{path}#", self.service_code.trim_end_matches('#')).into(),
            "hop" => self.hops.to_string().into(),
            "id" => self.id.as_str().into(),
            "inner" => self.dialled.trim_start_matches('*').trim_end_matches('#').into(),
            "last" => self.last.as_str().into(),
            "number" => self.number.as_str().into(),
            "turn" => format!("{}-{}", self.id, self.hops).into(),
            "whole" => path.into(),
            _ => {
                let secret = || match &self.secrets {
                    Some(secrets) => secrets.value(name).map(Cow::from),
                    None => Secrets::default().value(name).map(|value| value.to_owned().into()),
                };
                return moment(self.begun, name).map(Cow::from).or_else(secret);
            }
        })
    }

    /// Appends the HTTP request that tells that the dialogue is over: because it was closed by us, or because the phone hung up. Nothing,
    /// where the telco does not tell.
    pub fn write_end(&self, to: &Place, end: &End<'_>, out: &mut Vec<u8>) {
        match self.telco {
            Telco::AfricasTalking => {
                let mut body = Vec::with_capacity(512);
                // RFC 3339 without its zone and its T is the form in which this telco writes a moment.
                let moment = end.at.to_string();
                let date = moment.get(..19).unwrap_or(&moment).replace('T', " ");
                push_field(&mut body, "date", &date);
                self.write_call(&mut body);
                push_field(&mut body, "status", if end.closed { "Success" } else { "Incomplete" });
                push_field(&mut body, "cost", "IDR 0.00");
                push_field(&mut body, "durationInMillis", &end.millis.to_string());
                push_field(&mut body, "hopsCount", &self.hops.to_string());
                push_field(&mut body, "input", self.path.as_deref().unwrap_or_default());
                push_field(&mut body, "lastAppResponse", end.last_answer);
                to.write_request("POST", "/event", FORM, &body, out);
            }
            Telco::Infobip => {
                let (reason, exit_code) = if end.closed { ("closed by the application", 200) } else { ("ended by the user", 605) };
                to.write_request("PUT", &format!("/session/{}/end", self.id), JSON, &json(&InfobipEnd { reason, exit_code }), out);
            }
            // Of a dialogue that we closed, these say nothing.
            Telco::Listed(format) => {
                if let Some(ask) = format.hang_up.as_ref().filter(|_| !end.closed) {
                    to.write(&ask.filled(&|name| self.value(name)), out);
                }
            }
        }
    }

    fn write_form(&self, body: &mut Vec<u8>) {
        self.write_call(body);
        push_field(body, "text", self.path.as_deref().unwrap_or_default());
    }

    fn write_call(&self, body: &mut Vec<u8>) {
        push_field(body, "sessionId", &self.id);
        push_field(body, "serviceCode", &self.service_code);
        push_field(body, "phoneNumber", &self.number);
        // Telkomsel in the list of mobile networks (ITU-T E.212): 510 10.
        push_field(body, "networkCode", "51010");
    }
}

/// What the telco knows when a dialogue is over.
#[derive(Debug)]
pub struct End<'a> {
    pub at: Timestamp,
    pub millis: u128,
    /// We closed it; else the phone hung up.
    pub closed: bool,
    /// The body of our last answer.
    pub last_answer: &'a str,
}

/// The service's code and what was dialled beyond it: `*123*1*2#` under `*123#` gives `*123#` and `1*2`.
/// A string outside our code still goes out, under its own first part, as a wrongly provisioned telco would send it.
fn split_dialled(service_code: &str, dialled: &str) -> Result<(String, Option<String>), Error> {
    if dialled.len() > DIALLED_CHARS_MAX {
        return Err(Error::Dialled("longer than 182 characters"));
    }
    let inner =
        dialled.strip_prefix('*').and_then(|rest| rest.strip_suffix('#')).ok_or(Error::Dialled("it begins with * and ends with #"))?;
    if inner.is_empty() || !inner.bytes().all(|byte| byte.is_ascii_digit() || byte == b'*' || byte == b'#') {
        return Err(Error::Dialled("only digits, * and #"));
    }
    let ours = service_code.trim_start_matches('*').trim_end_matches('#');
    match inner.strip_prefix(ours) {
        Some("") => Ok((service_code.to_owned(), None)),
        Some(rest) if rest.starts_with('*') => Ok((service_code.to_owned(), rest.get(1..).map(str::to_owned))),
        _ => {
            let (first, rest) = inner.split_once('*').map_or((inner, None), |(first, rest)| (first, Some(rest.to_owned())));
            Ok((format!("*{first}#"), rest))
        }
    }
}

fn json(value: &impl Serialize) -> Vec<u8> {
    // These structs hold strings and numbers only; serde_json cannot fail on them.
    serde_json::to_vec(value).unwrap_or_default()
}

#[cfg(test)]
mod tests;
