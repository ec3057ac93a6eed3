//! One callback of a profile: which requests it takes, and how an [`Inbound`] is read out of them.

use std::sync::Arc;

use http::Method;
use http::header::CONTENT_TYPE;
use serde_json::Value;

use super::account::Account;
use super::body::{self, BodyFormat, Form};
use super::dialogue::DialogueFields;
use super::echo::{Echo, Echoed};
use super::extract::{Field, Source};
use super::message::{MessageFields, ReportFields};
use super::path::PathPattern;
use super::profile::{self, Profile};
use super::told::{Meaning, MeaningOf};
use super::xml::{self, Call, Element, XmlPath};
use super::{Inbound, Reason, Received, Refused, Request};
use crate::clock::Timestamp;

/// Most messages or reports in one request; more is nothing that an aggregator sends (Infobip: 100). Such a request is refused whole: nothing
/// of it may be acknowledged and lost.
const EACH_MAX: usize = 200;
/// Names of unknown fields that are repeated to the telco.
const SURPLUS_MAX: usize = 8;

#[derive(Clone, Debug)]
pub(super) struct Callback {
    pub(super) methods: Vec<Method>,
    pub(super) path: PathPattern,
    pub(super) body: BodyFormat,
    /// What must hold besides.
    pub(super) guards: Vec<Guard>,
    /// What must be there, if only empty.
    pub(super) needs: Vec<Field>,
    /// The only fields of query and form that may be there, where the telco's format is that strict.
    pub(super) only: Option<Vec<Box<str>>>,
    /// Where the list stands whose entries are each a message or report of its own.
    pub(super) each: Option<Each>,
    pub(super) meaning: MeaningOf,
    pub(super) fields: Fields,
    /// In the order of the profile's names.
    pub(super) echo: Vec<Option<Field>>,
}

#[derive(Clone, Debug)]
pub(super) struct Guard {
    pub(super) field: Field,
    pub(super) wanted: Wanted,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    OneOf(Vec<Box<str>>),
    /// Anything but nothing.
    Something,
    Nothing,
}

#[derive(Clone, Debug)]
pub(super) enum Each {
    Json(Box<str>),
    Xml(XmlPath),
}

/// Where a callback's facts stand.
#[derive(Clone, Debug)]
pub(super) struct Fields {
    /// Of turns, hang-ups and inquiries.
    pub(super) dialogue: Option<DialogueFields>,
    pub(super) message: Option<MessageFields>,
    pub(super) report: Option<ReportFields>,
}

/// Reads what passed the gate. `path` is without the secret.
pub(super) fn read(
    profile: &Profile,
    request: &Request<'_>,
    path: &str,
    country: &str,
    account: &Account,
    at: Timestamp,
) -> Result<Received, Refused> {
    let query = if request.query.is_empty() { None } else { Some(Form::parse(request.query.as_bytes()).map_err(Refused::Malformed)?) };
    let content_type = request.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let mut why = Reason::Route;
    // Each format is read once, however many callbacks ask for it.
    let mut parsed: Vec<(BodyFormat, Result<Parsed<'_>, Reason>)> = Vec::new();
    for callback in profile.callbacks.iter().filter(|callback| callback.methods.contains(request.method)) {
        let Some(captures) = callback.path.captures(path) else { continue };
        if !parsed.iter().any(|(format, _)| *format == callback.body) {
            parsed.push((callback.body, Parsed::of(callback.body, content_type, request.body)));
        }
        let parsed = match parsed.iter().find(|(format, _)| *format == callback.body) {
            Some((_, Ok(parsed))) => parsed,
            Some((_, Err(reason))) => {
                // The first that could have taken it says what is wrong.
                why = if why == Reason::Route { reason.clone() } else { why };
                continue;
            }
            None => continue,
        };
        let source = Source {
            body: request.body,
            call: parsed.call.as_ref(),
            form: parsed.form.as_ref(),
            headers: request.headers,
            json: parsed.json.as_ref(),
            path: &captures,
            query: query.as_ref(),
            xml: parsed.xml.as_ref(),
        };
        if callback.guards.iter().all(|guard| guard.holds(&source)) {
            if !profile.credentials.iter().all(|(field, setting)| account.knows(*setting, source.text(field).map(|found| found.text))) {
                return Err(Refused::Forged);
            }
            return callback.received(&source, profile.whole_input, country, at);
        }
    }
    Err(Refused::Malformed(why))
}

/// A body in the one format that was asked for.
#[derive(Default)]
struct Parsed<'a> {
    call: Option<Call>,
    form: Option<Form<'a>>,
    json: Option<Value>,
    xml: Option<Element>,
}

impl<'a> Parsed<'a> {
    fn of(format: BodyFormat, content_type: &str, body: &'a [u8]) -> Result<Self, Reason> {
        let none = Self::default();
        Ok(match format {
            BodyFormat::Empty if body.trim_ascii().is_empty() => none,
            BodyFormat::Empty => return Err(Reason::Route),
            BodyFormat::Form => Self { form: Some(Form::read(content_type, body)?), ..none },
            BodyFormat::Json => Self { json: Some(body::json(body)?), ..none },
            BodyFormat::None => none,
            BodyFormat::Xml => Self { xml: Some(xml::parse(body)?), ..none },
            BodyFormat::XmlRpc => Self { call: Some(Call::parse(body)?), ..none },
        })
    }
}

impl Guard {
    fn holds(&self, source: &Source<'_>) -> bool {
        let found = source.text(&self.field);
        let text = found.as_ref().map_or("", |found| found.text.as_ref());
        match &self.wanted {
            Wanted::OneOf(words) => words.iter().any(|word| **word == *text),
            Wanted::Something => !text.is_empty(),
            Wanted::Nothing => text.is_empty(),
        }
    }
}

impl Callback {
    fn received(&self, source: &Source<'_>, whole_input: bool, country: &str, at: Timestamp) -> Result<Received, Refused> {
        self.complete(source).map_err(Refused::Malformed)?;
        let (mut all, mut unread) = (Vec::new(), Vec::new());
        for source in self.sources(source).map_err(Refused::Malformed)? {
            match self.inbound(&source, whole_input, country) {
                Ok(inbound) => all.push(inbound),
                Err(refused) => unread.push(refused),
            }
        }
        // One entry that cannot be read must not keep the others from us for ever.
        let mut all = all.into_iter();
        let Some(inbound) = all.next() else { return Err(unread.into_iter().next().unwrap_or(Refused::Stale)) };
        Ok(Received { inbound, more: all.collect(), unread, once: Vec::new(), echo: self.echo(source), at })
    }

    /// That nothing is missing and nothing too much.
    fn complete(&self, source: &Source<'_>) -> Result<(), Reason> {
        let missing: Vec<_> = self.needs.iter().filter(|field| source.text(field).is_none()).map(|field| Arc::clone(&field.name)).collect();
        if !missing.is_empty() {
            return Err(Reason::Incomplete { fields: missing });
        }
        if let Some(only) = &self.only {
            let given = [source.query, source.form].into_iter().flatten().flat_map(Form::names);
            let surplus: Vec<_> = given.filter(|name| !name.is_empty() && !only.iter().any(|own| **own == **name)).collect();
            if !surplus.is_empty() {
                let count = surplus.len();
                return Err(Reason::Surplus { fields: surplus.into_iter().take(SURPLUS_MAX).map(Into::into).collect(), count });
            }
        }
        Ok(())
    }

    /// The request itself, or one for each entry of its list.
    fn sources<'a>(&self, source: &Source<'a>) -> Result<Vec<Source<'a>>, Reason> {
        let sources: Vec<_> = match &self.each {
            None => vec![source.clone()],
            Some(Each::Json(pointer)) => {
                let list = source.json.and_then(|json| json.pointer(pointer)).and_then(Value::as_array);
                list.into_iter().flatten().map(|entry| Source { json: Some(entry), ..source.clone() }).collect()
            }
            Some(Each::Xml(path)) => {
                let list = source.xml.map(|root| path.elements(root)).unwrap_or_default();
                list.into_iter().map(|entry| Source { xml: Some(entry), ..source.clone() }).collect()
            }
        };
        if sources.len() > EACH_MAX { Err(Reason::Entries { max: EACH_MAX }) } else { Ok(sources) }
    }

    fn inbound(&self, source: &Source<'_>, whole_input: bool, country: &str) -> Result<Inbound, Refused> {
        let meaning = self.meaning.of(source).map_err(Refused::Malformed)?;
        match meaning {
            Meaning::Ignored => return Err(Refused::Stale),
            Meaning::Refused => return Err(Refused::Malformed(Reason::Unwanted)),
            _ => {}
        }
        self.fields.read(meaning, source, whole_input, country).map_err(Refused::Malformed)
    }

    fn echo(&self, source: &Source<'_>) -> Echo {
        let field = |field: &Field| Echoed {
            text: source.text(field).map_or_else(String::new, |found| cut(found.text.into_owned(), profile::ECHO_BYTES_MAX)),
            literal: cut_literal(source.literal(field), profile::ECHO_BYTES_MAX),
        };
        Echo(self.echo.iter().map(|own| own.as_ref().map_or_else(Echoed::default, field)).collect())
    }
}

/// What is too long to be repeated is not.
fn cut(text: String, max: usize) -> String {
    if text.len() > max { String::new() } else { text }
}

fn cut_literal(text: String, max: usize) -> String {
    if text.len() > max { "null".to_owned() } else { text }
}

impl Fields {
    fn read(&self, meaning: Meaning, source: &Source<'_>, whole_input: bool, country: &str) -> Result<Inbound, Reason> {
        // The check of the profile sees to it that each meaning has its fields.
        match meaning {
            Meaning::Report => self.report.as_ref().ok_or(Reason::Route)?.read(source).map(Inbound::Delivery),
            Meaning::Sms => self.message.as_ref().ok_or(Reason::Route)?.read(source, country).map(Inbound::Sms),
            _ => self.dialogue.as_ref().ok_or(Reason::Route)?.read(meaning, source, whole_input, country),
        }
    }
}

#[cfg(test)]
mod tests;
