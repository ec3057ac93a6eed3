//! Where a fact stands in a request: `form:phoneNumber`, `json:/msisdn`, `xml:/page/session_id`, `path:dialogue`; and how it is taken out.

use std::borrow::Cow;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use http::{HeaderMap, HeaderName};
use regex_lite::Regex;
use serde::Deserialize;
use serde_json::Value;

use super::body::{Form, Found};
use super::charset;
use super::xml::{Call, Element, XmlPath};

/// A field of a profile: where it stands, how it is taken out, and what to call it in a message to the telco.
#[derive(Clone, Debug)]
pub(super) struct Field {
    /// The first of these that holds something.
    pub(super) places: Vec<Place>,
    /// Its first group is the value; what does not match is not there.
    pub(super) pattern: Option<Regex>,
    pub(super) decode: Option<Decode>,
    /// The value where there is none.
    pub(super) absent: Option<Box<str>>,
    /// The telco's own name for it: `phoneNumber`.
    pub(super) name: Arc<str>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// All of the body, as text.
    Body,
    /// The same in every request.
    Constant(Box<str>),
    Form(Box<str>),
    Header(HeaderName),
    /// RFC 6901.
    Json(Box<str>),
    /// Of a call of XML-RPC.
    Member(Box<str>),
    Method,
    /// A `{name}` in the callback's path.
    Path(Box<str>),
    Query(Box<str>),
    Xml(XmlPath),
}

/// What a text stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Decode {
    Base64,
    Hex,
}

impl Place {
    /// Reads `KIND:WHERE`, and how the telco calls it.
    ///
    /// # Errors
    /// A sentence for the writer of the profile.
    pub(super) fn parse(text: &str) -> Result<(Self, Arc<str>), String> {
        let (kind, spot) = text.split_once(':').ok_or("write KIND:WHERE, such as form:phoneNumber or json:/msisdn")?;
        let place = match kind {
            "body" if spot.is_empty() => return Ok((Self::Body, "body".into())),
            "body" => return Err("body: is all of it, nothing follows the colon".to_owned()),
            "constant" => Self::Constant(spot.into()),
            "form" => Self::Form(spot.into()),
            "header" => Self::Header(spot.parse().map_err(|_| "not a header name")?),
            "json" if !spot.starts_with('/') => return Err("a JSON pointer begins with /".to_owned()),
            "json" => Self::Json(spot.into()),
            "member" => Self::Member(spot.into()),
            "method" if spot.is_empty() => return Ok((Self::Method, "methodName".into())),
            "path" => Self::Path(spot.into()),
            "query" => Self::Query(spot.into()),
            "xml" => {
                let path = XmlPath::parse(spot)?;
                let name = path.name().into();
                return Ok((Self::Xml(path), name));
            }
            _ => return Err("known places are body, constant, form, header, json, member, method, path, query and xml".to_owned()),
        };
        if spot.is_empty() && !matches!(place, Self::Constant(_)) {
            return Err("a name must follow the colon".to_owned());
        }
        let name = if kind == "json" { spot.rsplit('/').next().unwrap_or_default() } else { spot };
        Ok((place, name.into()))
    }
}

impl Field {
    /// A field that stands in one place and is taken as it is.
    #[cfg(test)]
    fn parse(text: &str) -> Result<Self, String> {
        let (place, name) = Place::parse(text)?;
        Ok(Self { places: vec![place], pattern: None, decode: None, absent: None, name })
    }

    /// Whether it is always the same place as another.
    pub(super) fn is_at(&self, other: &Self) -> bool {
        self.places == other.places
    }

    fn shape<'a>(&self, found: Found<'a>) -> Option<Found<'a>> {
        let found = match &self.pattern {
            None => found,
            Some(pattern) => {
                let group = pattern.captures(&found.text)?.get(1)?.as_str().to_owned();
                Found { text: Cow::Owned(group), ..found }
            }
        };
        match self.decode {
            None => Some(found),
            Some(decode) => Some(Found { text: charset::text(Cow::Owned(decode.bytes(&found.text)?)).into_owned().into(), ..found }),
        }
    }
}

impl Decode {
    fn bytes(self, text: &str) -> Option<Vec<u8>> {
        match self {
            Self::Base64 => BASE64.decode(text).ok(),
            Self::Hex => {
                let (pairs, odd) = text.as_bytes().as_chunks::<2>();
                let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
                if odd.is_empty() { pairs.iter().map(|&[high, low]| Some(digit(high)? << 4 | digit(low)?)).collect() } else { None }
            }
        }
    }
}

/// The parts of a request in which a field may stand. Absent parts hold no fields.
#[derive(Clone)]
pub(super) struct Source<'a> {
    pub(super) body: &'a [u8],
    pub(super) call: Option<&'a Call>,
    pub(super) form: Option<&'a Form<'a>>,
    pub(super) headers: &'a HeaderMap,
    pub(super) json: Option<&'a Value>,
    /// Name and decoded text of each `{name}` in the path.
    pub(super) path: &'a [(&'a str, Cow<'a, str>)],
    pub(super) query: Option<&'a Form<'a>>,
    pub(super) xml: Option<&'a Element>,
}

impl<'a> Source<'a> {
    /// The value of a field. Of several places the first that is not empty, else one that is.
    pub(super) fn text(&self, field: &Field) -> Option<Found<'a>> {
        self.value(field, Self::at)
    }

    /// As [`Source::text`], for a phone number: a bare `+` in front of it is kept.
    pub(super) fn number(&self, field: &Field) -> Option<Found<'a>> {
        self.value(field, |source, place| match place {
            Place::Form(name) => source.form?.number(name),
            Place::Query(name) => source.query?.number(name),
            _ => source.at(place),
        })
    }

    fn value(&self, field: &Field, at: impl Fn(&Self, &Place) -> Option<Found<'a>>) -> Option<Found<'a>> {
        let mut found = field.places.iter().filter_map(|place| field.shape(at(self, place)?));
        let first = found.next();
        let full =
            if first.as_ref().is_some_and(|found| !found.text.is_empty()) { None } else { found.find(|found| !found.text.is_empty()) };
        full.or(first).or_else(|| field.absent.as_ref().map(|absent| Cow::<str>::Owned(absent.to_string()).into()))
    }

    /// The bytes that stand there, for text in a charset that another field names.
    pub(super) fn bytes(&self, field: &Field) -> Option<Cow<'a, [u8]>> {
        let found = field.places.iter().find_map(|place| match place {
            Place::Form(name) => self.form?.bytes(name),
            Place::Query(name) => self.query?.bytes(name),
            _ => self.at(place).map(|found| Cow::Owned(found.text.into_owned().into_bytes())),
        });
        match (found, field.decode) {
            (Some(found), Some(decode)) => decode.bytes(&charset::text(found)).map(Cow::Owned),
            (Some(found), None) => Some(found),
            (None, _) => field.absent.as_ref().map(|absent| Cow::Owned(absent.as_bytes().to_vec())),
        }
    }

    /// A value as JSON writes it: a text between quotes, a number or a flag as it came, `null` for nothing.
    pub(super) fn literal(&self, field: &Field) -> String {
        let plain = field.pattern.is_none() && field.decode.is_none();
        if let [Place::Json(pointer)] = &field.places[..]
            && let Some(value) = self.json.and_then(|json| json.pointer(pointer)).filter(|value| plain && !value.is_null())
        {
            return value.to_string();
        }
        self.text(field).map_or_else(|| "null".to_owned(), |found| Value::from(found.text.into_owned()).to_string())
    }

    /// What stands at a place. JSON `null`, lists and objects count as nothing; numbers and booleans as they are written.
    pub(super) fn at(&self, place: &Place) -> Option<Found<'a>> {
        match place {
            Place::Body => Some(charset::text(Cow::Borrowed(self.body)).into()),
            Place::Constant(text) => Some(Cow::<str>::Owned(text.to_string()).into()),
            Place::Form(name) => self.form?.text(name),
            Place::Header(name) => self.headers.get(name)?.to_str().ok().map(|text| Cow::Borrowed(text).into()),
            Place::Json(pointer) => match self.json?.pointer(pointer)? {
                Value::Bool(yes) => Some(Cow::Borrowed(if *yes { "true" } else { "false" }).into()),
                Value::Number(number) => Some(Cow::<str>::Owned(number.to_string()).into()),
                Value::String(text) => Some(Cow::Borrowed(text.as_str()).into()),
                Value::Array(_) | Value::Null | Value::Object(_) => None,
            },
            Place::Member(name) => self.call?.member(name).map(|text| Cow::Borrowed(text).into()),
            Place::Method => self.call.map(|call| Cow::Borrowed(call.method.as_str()).into()),
            Place::Path(name) => self.path.iter().find(|(own, _)| *own == &**name).map(|(_, text)| Cow::Borrowed(text.as_ref()).into()),
            Place::Query(name) => self.query?.text(name),
            Place::Xml(path) => path.text(self.xml?).map(|text| Cow::Borrowed(text).into()),
        }
    }
}

#[cfg(test)]
mod tests;
