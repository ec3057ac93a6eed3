//! Messages handed to a telco: the request that does it, and what the telco's answer means.
//!
//! ```text
//! GET /cgi-bin/sendsms?username=…&password=…&to=6281200000001&text=KTP%20siap&dlr-mask=31&dlr-url=…   ─▶ Kannel
//! 202 0: Accepted for delivery                                                                        ◀─
//! ```

use std::borrow::Cow;
use std::collections::BTreeMap;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, header};

use super::account::Account;
use super::body;
use super::charset::text;
use super::computed::Computed;
use super::extract::{Field, Source};
use super::template::{Escape, Facts, Piece, Value, write};
use super::xml;
use super::{Accepted, Retry, SendError, SendRequest, SmsOut};
use crate::clock::Timestamp;
use crate::gsm::{self, Foreign};

/// What a profile says about sending.
#[derive(Clone, Debug)]
pub(super) struct Sending {
    pub(super) method: Method,
    /// Behind the channel's `send_url`.
    pub(super) path: Vec<Piece>,
    pub(super) always: Fieldset,
    /// Where the channel asks for delivery reports.
    pub(super) reports: Fieldset,
    /// For text that GSM 7-bit cannot write. `None`: this telco takes no other.
    pub(super) wide: Option<Fieldset>,
    /// What is not in GSM 7-bit is written with what is, where we know how.
    pub(super) transliterate: bool,
    pub(super) computed: Vec<Computed>,
    pub(super) escape: Escape,
    /// Empty where the fields are the body.
    pub(super) body: Vec<Piece>,
    pub(super) answers: Vec<SendAnswer>,
    /// Settings without which a channel cannot send.
    pub(super) needs: Vec<Value>,
}

/// Named values of a request. A field that names a setting which the channel has not is left out.
#[derive(Clone, Debug, Default)]
pub(super) struct Fieldset {
    pub(super) query: BTreeMap<Box<str>, Vec<Piece>>,
    pub(super) form: BTreeMap<Box<str>, Vec<Piece>>,
    pub(super) headers: Vec<(HeaderName, Vec<Piece>)>,
    /// In place of the body.
    pub(super) body: Option<Vec<Piece>>,
}

/// An answer that the profile knows: with this status, if it names one, and one of these words, if it names any.
#[derive(Clone, Debug)]
pub(super) struct SendAnswer {
    pub(super) status: Option<u16>,
    /// Where the word stands; without it, at the beginning of the body.
    pub(super) at: Option<Field>,
    pub(super) words: Vec<Box<str>>,
    pub(super) means: Means,
}

#[derive(Clone, Debug)]
pub(super) enum Means {
    /// And where the telco's id stands.
    Accepted {
        id: Option<Field>,
    },
    Refused(SendError),
}

impl Sending {
    /// The text as it will leave.
    ///
    /// # Errors
    /// The first character that this telco cannot carry.
    pub(super) fn fit<'t>(&self, text: &'t str) -> Result<Cow<'t, str>, Foreign> {
        let Err(first) = gsm::septets(text) else { return Ok(Cow::Borrowed(text)) };
        if self.transliterate
            && let Ok((plain, _)) = gsm::sms::transliterate(text)
        {
            return Ok(Cow::Owned(plain));
        }
        if self.wide.is_some() { Ok(Cow::Borrowed(text)) } else { Err(first) }
    }

    pub(super) fn request(&self, account: &Account, country: &str, sms: &SmsOut<'_>, now: Timestamp) -> Result<SendRequest, SendError> {
        let text = self.fit(sms.text).map_err(|_| ours("alphabet", Retry::Elsewhere))?;
        let to = sms.to.number().to_string();
        let to_local = to.strip_prefix(country).map_or_else(|| to.clone(), |national| format!("0{national}"));
        let message = Facts { id: sms.id, reference: sms.reference, text: &text, to: &to, to_local: &to_local, ..Facts::default() };
        let facts = account.facts(Facts { now, ..message });
        let computed: Vec<String> = self.computed.iter().map(|own| own.value(&facts)).collect();
        let facts = Facts { computed: &computed, ..facts };
        let active: Vec<&Fieldset> = [
            Some(&self.always),
            account.wants_reports().then_some(&self.reports),
            self.wide.as_ref().filter(|_| gsm::septets(&text).is_err()),
        ]
        .into_iter()
        .flatten()
        .collect();

        let mut url = account.send_url().to_owned();
        if !self.path.is_empty() {
            url.truncate(url.trim_end_matches('/').len());
        }
        write(&mut url, &self.path, Escape::Percent, &facts);
        let query = pairs(active.iter().map(|set| &set.query), account, &facts);
        if !query.is_empty() {
            url.push('?');
            url.push_str(&query);
        }
        let mut headers = Vec::new();
        for (name, pieces) in active.iter().flat_map(|set| &set.headers) {
            let mut value = String::new();
            write(&mut value, pieces, Escape::Plain, &facts);
            // A setting with a line end in it.
            let mut value = HeaderValue::try_from(value).map_err(|_| ours("settings", Retry::Elsewhere))?;
            value.set_sensitive(true);
            headers.push((name.clone(), value));
        }
        let form = pairs(active.iter().map(|set| &set.form), account, &facts);
        let body = if self.body.is_empty() {
            if !form.is_empty() {
                headers.push((header::CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded")));
            }
            form
        } else {
            let mut body = String::new();
            let pieces = active.iter().rev().find_map(|set| set.body.as_ref()).unwrap_or(&self.body);
            write(&mut body, pieces, self.escape, &facts);
            body
        };
        Ok(SendRequest { method: self.method.clone(), url, headers, body: Bytes::from(body) })
    }

    /// The longest word that fits tells; between equal ones the answer that names the status, then the first.
    pub(super) fn judge(&self, status: u16, headers: &HeaderMap, body: &[u8]) -> Result<Accepted, SendError> {
        let (json, xml) = (body::json(body).ok(), xml::parse(body).ok());
        let (json, xml) = (json.as_ref(), xml.as_ref());
        let source = Source { body, call: None, form: None, headers, json, path: &[], query: None, xml };
        let whole = text(Cow::Borrowed(body));
        let mut best: Option<((usize, bool), &Means)> = None;
        for answer in &self.answers {
            let Some(length) = answer.fits(status, &source, &whole) else { continue };
            let rank = (length, answer.status.is_some());
            if best.is_none_or(|(before, _)| rank > before) {
                best = Some((rank, &answer.means));
            }
        }
        match best {
            Some((_, Means::Accepted { id })) => Ok(Accepted {
                id: id.as_ref().and_then(|id| source.text(id)).map(|found| found.text.into_owned()).filter(|id| !id.is_empty()),
            }),
            Some((_, Means::Refused(error))) => Err(error.clone()),
            None => Err(by_status(status)),
        }
    }
}

impl SendAnswer {
    /// The length of the word that fits, 0 without words.
    fn fits(&self, status: u16, source: &Source<'_>, body: &str) -> Option<usize> {
        if self.status.is_some_and(|own| own != status) {
            return None;
        }
        if self.words.is_empty() {
            return Some(0);
        }
        let fitting = |fits: &dyn Fn(&str) -> bool| self.words.iter().filter(|word| fits(word)).map(|word| word.len()).max();
        match &self.at {
            Some(field) => {
                let found = source.text(field)?;
                fitting(&|word| *found.text == *word)
            }
            None => fitting(&|word| begins(body.trim_start(), word)),
        }
    }
}

/// With the word and not with a longer one: `2` does not begin `200 OK`.
fn begins(text: &str, word: &str) -> bool {
    let Some(rest) = text.strip_prefix(word) else { return false };
    !(word.ends_with(|c: char| c.is_alphanumeric()) && rest.starts_with(|c: char| c.is_alphanumeric()))
}

/// What an answer means of which the profile says nothing.
fn by_status(status: u16) -> SendError {
    let retry = match status {
        // It may have been taken; we cannot read the answer.
        200..=299 => Retry::Unsure,
        429 => Retry::Throttled,
        // Our request is at fault. The same one will not do better, another channel's may.
        300..=499 => Retry::Elsewhere,
        _ => Retry::Later,
    };
    SendError { code: format!("http_{status}"), retry, ours: status < 500 && status != 429 }
}

fn ours(code: &str, retry: Retry) -> SendError {
    SendError { code: code.to_owned(), retry, ours: true }
}

/// `a=1&b=2`; of two fields of one name, the one of the later set.
fn pairs<'a>(sets: impl Iterator<Item = &'a BTreeMap<Box<str>, Vec<Piece>>>, account: &Account, facts: &Facts<'_>) -> String {
    let fields: BTreeMap<_, _> = sets.flatten().filter(|(_, pieces)| account.has_all(pieces)).collect();
    let mut out = String::new();
    let mut value = String::new();
    for (name, pieces) in fields {
        if !out.is_empty() {
            out.push('&');
        }
        value.clear();
        // As a whole: a URL in a field is escaped with all that stands in it.
        write(&mut value, pieces, Escape::Plain, facts);
        Escape::Percent.write(&mut out, name);
        out.push('=');
        Escape::Percent.write(&mut out, &value);
    }
    out
}
