//! One callback of a profile: which requests it takes, and how an [`Inbound`] is read out of them.

use std::borrow::Cow;
use std::sync::Arc;

use http::Method;
use serde::Deserialize;
use serde_json::Value;

use super::body::{self, BodyFormat, Form, Found};
use super::extract::{Field, Source};
use super::message::{MessageFields, ReportFields};
use super::profile::{self, Profile};
use super::{Hangup, Inbound, Input, Inquiry, Phase, Reason, Refused, Request, UssdTurn, Why};
use crate::citizen::Msisdn;

#[derive(Clone, Debug)]
pub(super) struct Callback {
    pub(super) methods: Vec<Method>,
    pub(super) path: PathPattern,
    pub(super) body: BodyFormat,
    pub(super) meaning: MeaningOf,
    pub(super) fields: Fields,
}

/// Where a callback's facts stand.
#[derive(Clone, Debug)]
pub(super) struct Fields {
    /// Of turns, hang-ups and inquiries.
    pub(super) dialogue: Option<DialogueFields>,
    pub(super) message: Option<MessageFields>,
    pub(super) report: Option<ReportFields>,
}

#[derive(Clone, Debug)]
pub(super) struct DialogueFields {
    pub(super) number: Option<Field>,
    pub(super) dialogue: Field,
    pub(super) input: Option<Field>,
    /// The input where the telco leaves the field out; without it, that is an error.
    pub(super) input_absent: Option<Box<str>>,
    pub(super) service_code: Option<Field>,
    pub(super) sequence: Option<Field>,
    pub(super) operator: Option<Field>,
}

/// What a callback is: a message, a delivery report, or what it says about a dialogue. Formats differ in nine ways there, which come
/// down to three: it is the same for the whole callback (a path, a method, or the telco never says: `unsaid`), or a field's value
/// tells (a flag, a word, a page id, an operation, an empty text), or how it begins does (a dialled string opens with `*`, an abort
/// with fixed words).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Meaning {
    Aborted,
    Begin,
    Continue,
    Ended,
    Failed,
    /// To be acknowledged, otherwise of no use.
    Ignored,
    /// Is the dialogue alive?
    Inquiry,
    /// What became of a message that we sent.
    Report,
    Sms,
    TimedOut,
    Unsaid,
}

#[derive(Clone, Debug)]
pub(super) enum MeaningOf {
    Fixed(Meaning),
    Told(Told<Meaning>),
}

/// What the words in a field mean. Tried in this order: a value that equals, one that starts so, any other.
#[derive(Clone, Debug)]
pub(super) struct Told<T> {
    pub(super) field: Field,
    pub(super) equals: Vec<(Box<str>, T)>,
    /// Longest first.
    pub(super) starts: Vec<(Box<str>, T)>,
    pub(super) otherwise: Option<T>,
}

impl<T: Copy> Told<T> {
    pub(super) fn find(&self, text: &str) -> Option<T> {
        let equal = self.equals.iter().find(|(word, _)| **word == *text);
        let rule = equal.or_else(|| self.starts.iter().find(|(word, _)| text.starts_with(&**word)));
        rule.map(|(_, means)| *means).or(self.otherwise)
    }
}

impl MeaningOf {
    pub(super) fn all(&self) -> Vec<Meaning> {
        match self {
            Self::Fixed(meaning) => vec![*meaning],
            Self::Told(told) => told.equals.iter().chain(&told.starts).map(|(_, meaning)| *meaning).chain(told.otherwise).collect(),
        }
    }
}

impl Meaning {
    /// The phase of a turn; `None` for what is no turn.
    pub(super) const fn phase(self) -> Option<Phase> {
        match self {
            Self::Begin => Some(Phase::Begin),
            Self::Continue => Some(Phase::Continue),
            Self::Unsaid => Some(Phase::Unsaid),
            Self::Aborted | Self::Ended | Self::Failed | Self::Ignored | Self::Inquiry | Self::Report | Self::Sms | Self::TimedOut => None,
        }
    }
}

/// A path after `/in/CHANNEL`, with names for the segments that vary: `/session/{dialogue}/start`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PathPattern(Vec<Segment>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Segment {
    Literal(Box<str>),
    Name(Box<str>),
}

impl PathPattern {
    /// Empty or `/` is the channel itself. A closing `/` says nothing.
    pub(super) fn parse(text: &str) -> Self {
        let name = |segment: &str| segment.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')).map(Box::from);
        Self(segments(text).map(|segment| name(segment).map_or_else(|| Segment::Literal(segment.into()), Segment::Name)).collect())
    }

    pub(super) fn names(&self, wanted: &str) -> bool {
        self.0.iter().any(|segment| matches!(segment, Segment::Name(name) if &**name == wanted))
    }

    fn captures<'a>(&'a self, path: &'a str) -> Option<Vec<(&'a str, Cow<'a, str>)>> {
        let mut given = segments(path);
        let mut captures = Vec::new();
        for segment in &self.0 {
            let text = body::segment(given.next()?);
            match segment {
                Segment::Literal(literal) if **literal == *text => {}
                Segment::Literal(_) => return None,
                Segment::Name(name) => captures.push((&**name, text)),
            }
        }
        given.next().is_none().then_some(captures)
    }
}

fn segments(path: &str) -> impl Iterator<Item = &str> {
    let path = path.strip_prefix('/').unwrap_or(path);
    let path = path.strip_suffix('/').unwrap_or(path);
    path.split('/').filter(move |_| !path.is_empty())
}

/// Reads what passed the gate. `path` is without the secret.
pub(super) fn read(profile: &Profile, request: &Request<'_>, path: &str, country: &str) -> Result<Inbound, Refused> {
    let taken = profile.callbacks.iter().filter(|callback| callback.methods.contains(request.method));
    let Some((callback, captures)) = taken.filter_map(|callback| Some((callback, callback.path.captures(path)?))).next() else {
        return Err(Refused::Malformed(Reason::Route));
    };
    let source = Source {
        form: if callback.body == BodyFormat::Form { Some(Form::parse(request.body).map_err(Refused::Malformed)?) } else { None },
        headers: request.headers,
        json: if callback.body == BodyFormat::Json { body::json(request.body).map_err(Refused::Malformed)? } else { Value::Null },
        path: captures,
        query: if request.query.is_empty() { None } else { Some(Form::parse(request.query.as_bytes()).map_err(Refused::Malformed)?) },
    };
    callback.inbound(&source, profile.whole_input, country)
}

impl Callback {
    fn inbound(&self, source: &Source<'_>, whole_input: bool, country: &str) -> Result<Inbound, Refused> {
        let meaning = self.meaning.of(source).map_err(Refused::Malformed)?;
        if meaning == Meaning::Ignored {
            return Err(Refused::Stale);
        }
        self.fields.read(meaning, source, whole_input, country).map_err(Refused::Malformed)
    }
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

impl DialogueFields {
    fn read(&self, meaning: Meaning, source: &Source<'_>, whole_input: bool, country: &str) -> Result<Inbound, Reason> {
        let dialogue = required(source, &self.dialogue, profile::DIALOGUE_BYTES_MAX)?;
        let hangup = |why| {
            Ok(Inbound::Hangup(Hangup { number: told_number(source, self.number.as_ref(), country), dialogue: dialogue.clone(), why }))
        };
        let phase = match meaning {
            Meaning::Aborted => return hangup(Why::Aborted),
            Meaning::Ended => return hangup(Why::Ended),
            Meaning::Failed => return hangup(Why::Failed),
            Meaning::TimedOut => return hangup(Why::TimedOut),
            Meaning::Inquiry => return Ok(Inbound::Inquiry(Inquiry { dialogue })),
            Meaning::Ignored | Meaning::Report | Meaning::Sms => return Err(Reason::Route),
            Meaning::Begin => Phase::Begin,
            Meaning::Continue => Phase::Continue,
            Meaning::Unsaid => Phase::Unsaid,
        };
        let text = self.input(source)?;
        Ok(Inbound::Ussd(UssdTurn {
            number: number(source, self.number.as_ref(), country)?,
            dialogue,
            phase,
            input: if whole_input { Input::Whole(text) } else { Input::Last(text) },
            service_code: optional(source, self.service_code.as_ref(), super::ussd_string::DIALLED_BYTES_MAX)?,
            sequence: self.sequence.as_ref().map(|field| required(source, field, profile::WORD_BYTES_MAX)).transpose()?,
            operator: optional(source, self.operator.as_ref(), profile::WORD_BYTES_MAX)?,
        }))
    }

    /// Unlike other fields it may be there and empty.
    fn input(&self, source: &Source<'_>) -> Result<String, Reason> {
        let Some(field) = &self.input else { return Ok(String::new()) };
        match source.text(&field.place) {
            Some(found) => sized(found, field, profile::INPUT_BYTES_MAX),
            None => self.input_absent.as_deref().map(str::to_owned).ok_or_else(|| Reason::Missing { field: Arc::clone(&field.name) }),
        }
    }
}

impl MeaningOf {
    fn of(&self, source: &Source<'_>) -> Result<Meaning, Reason> {
        let told = match self {
            Self::Fixed(meaning) => return Ok(*meaning),
            Self::Told(told) => told,
        };
        let found = source.text(&told.field.place);
        let text = found.as_ref().map_or("", |found| found.text.as_ref());
        told.find(text).ok_or_else(|| {
            let field = Arc::clone(&told.field.name);
            if found.is_none() { Reason::Missing { field } } else { Reason::Word { field } }
        })
    }
}

fn number(source: &Source<'_>, field: Option<&Field>, country: &str) -> Result<Msisdn, Reason> {
    // The check of the profile sees to it that a turn has this field.
    let field = field.ok_or(Reason::Route)?;
    let found = source.number(&field.place).filter(|found| !found.text.trim().is_empty());
    let found = found.ok_or_else(|| Reason::Missing { field: Arc::clone(&field.name) })?;
    msisdn(&found.text, country).ok_or_else(|| Reason::Number { field: Arc::clone(&field.name), escape: found.broken_escape })
}

/// The number of a hang-up, which does its work without one.
fn told_number(source: &Source<'_>, field: Option<&Field>, country: &str) -> Option<Msisdn> {
    msisdn(&source.number(&field?.place)?.text, country)
}

pub(super) fn required(source: &Source<'_>, field: &Field, max: usize) -> Result<String, Reason> {
    let found = source.text(&field.place).filter(|found| !found.text.is_empty());
    sized(found.ok_or_else(|| Reason::Missing { field: Arc::clone(&field.name) })?, field, max)
}

pub(super) fn optional(source: &Source<'_>, field: Option<&Field>, max: usize) -> Result<Option<String>, Reason> {
    let Some(field) = field else { return Ok(None) };
    let found = source.text(&field.place).filter(|found| !found.text.is_empty());
    found.map(|found| sized(found, field, max)).transpose()
}

fn sized(found: Found<'_>, field: &Field, max: usize) -> Result<String, Reason> {
    if found.text.len() > max {
        return Err(Reason::TooLong { field: Arc::clone(&field.name), max });
    }
    Ok(found.text.into_owned())
}

fn msisdn(text: &str, country: &str) -> Option<Msisdn> {
    Msisdn::from_telco(text, country).ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use http::HeaderMap;

    use super::*;

    /// A profile whose one callback says what it means in the given lines.
    fn profile(meaning: &str) -> Profile {
        let text = format!(
            "title = \"Uji\"\nrepeat = \"quick\"\ninput = \"last\"\npage_septets = 160\n\
             [[callback]]\nmethod = [\"GET\"]\npath = \"/{{op}}\"\nbody = \"none\"\n{meaning}\n\
             fields.number = \"query:n\"\nfields.dialogue = \"query:s\"\nfields.input = \"query:t\"\n\
             [reply]\nheaders.Content-Type = \"text/plain\"\nwhen.continue.body = \"C {{text}}\"\nwhen.end.body = \"E {{text}}\"\n\
             [inquiry]\nheaders.Content-Type = \"text/plain\"\nbody = \"{{alive}}\"\n"
        );
        Profile::parse("uji.toml", &text).unwrap()
    }

    fn parsed(profile: &Profile, path: &str, query: &str) -> String {
        let request = Request {
            method: &Method::GET,
            path: "",
            query: &format!("n=081200000001&s=1&{query}"),
            headers: &HeaderMap::new(),
            body: b"",
            peer: "10.0.0.1".parse().unwrap(),
        };
        match read(profile, &request, path, "62") {
            Ok(Inbound::Ussd(turn)) => format!("{:?}", turn.phase),
            Ok(Inbound::Hangup(hangup)) => format!("{:?}", hangup.why),
            Ok(Inbound::Inquiry(_)) => "Inquiry".to_owned(),
            Ok(Inbound::Delivery(_) | Inbound::Sms(_)) => "Message".to_owned(),
            Err(refused) => refused.to_string(),
        }
    }

    #[test]
    fn the_ways_in_which_telcos_say_where_a_dialogue_stands() {
        let empty_text = r#"told_by = { at = "query:t", equals = { "" = "begin" }, otherwise = "continue" }"#;
        let flag = r#"told_by = { at = "query:new", equals = { true = "begin", 1 = "begin", false = "continue", 0 = "continue" } }"#;
        let word = r#"told_by = { at = "query:type", equals = { Initiation = "begin", Response = "continue", Release = "aborted", Timeout = "timed-out" } }"#;
        let path =
            r#"told_by = { at = "path:op", equals = { start = "begin", end = "ended", status = "inquiry" }, otherwise = "continue" }"#;
        let dialled = r#"told_by = { at = "query:t", starts = { "*" = "begin" }, otherwise = "continue" }"#;
        let abort_text =
            r#"told_by = { at = "query:t", starts = { "Map" = "failed", "Map Dialog User Abort" = "aborted" }, otherwise = "unsaid" }"#;
        let twice =
            r#"told_by = { at = "query:type", equals = { New = "ignored", Open = "begin", Close = "ended" }, otherwise = "continue" }"#;
        let page_id = r#"told_by = { at = "query:page", equals = { 0 = "begin" }, starts = { index = "continue" } }"#;
        for (meaning, op, query, expected) in [
            (r#"meaning = "unsaid""#, "/x", "t=", "Unsaid"),
            (empty_text, "/x", "t=", "Begin"),
            (empty_text, "/x", "t=1", "Continue"),
            (flag, "/x", "t=1&new=true", "Begin"),
            (flag, "/x", "t=1&new=0", "Continue"),
            (flag, "/x", "t=1", "field new is missing"),
            (flag, "/x", "t=1&new=maybe", "field new has a value that is not in the profile"),
            (word, "/x", "t=1&type=Release", "Aborted"),
            (word, "/x", "t=1&type=Timeout", "TimedOut"),
            (path, "/start", "t=1", "Begin"),
            (path, "/end", "", "Ended"),
            (path, "/status/", "", "Inquiry"),
            (path, "/start/more", "t=1", "no such method and path"),
            (path, "", "t=1", "no such method and path"),
            (dialled, "/x", "t=*123%23", "Begin"),
            (dialled, "/x", "t=1*2", "Continue"),
            (abort_text, "/x", "t=Map+Dialog+User+Abort+User+Reason", "Aborted"),
            (abort_text, "/x", "t=Map+x", "Failed"),
            (abort_text, "/x", "t=1", "Unsaid"),
            (twice, "/x", "t=1&type=New", "ignored"),
            (twice, "/x", "t=1&type=Open", "Begin"),
            (page_id, "/x", "t=1&page=0", "Begin"),
            (page_id, "/x", "t=1&page=index4", "Continue"),
        ] {
            assert_eq!(parsed(&profile(meaning), op, query), expected, "{meaning} {query}");
        }
    }

    #[test]
    fn a_hang_up_needs_no_number_but_a_turn_does() {
        let ended = profile(r#"told_by = { at = "query:t", equals = { bye = "ended" }, otherwise = "unsaid" }"#);
        for (query, expected) in [("t=bye&n=", "Ended"), ("t=1&n=", "field n is missing"), ("t=1&n=x", "field n is no phone number")] {
            assert_eq!(parsed(&ended, "/x", query), expected, "{query}");
        }
    }
}
