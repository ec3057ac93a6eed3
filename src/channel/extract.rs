//! Where a fact stands in a request: `form:phoneNumber`, `json:/msisdn`, `path:dialogue`.

use std::borrow::Cow;
use std::sync::Arc;

use http::{HeaderMap, HeaderName};
use serde_json::Value;

use super::body::{Form, Found};

/// A field of a profile: where it stands, and what to call it in a message to the telco.
#[derive(Clone, Debug)]
pub(super) struct Field {
    pub(super) place: Place,
    /// The telco's own name for it: `phoneNumber`.
    pub(super) name: Arc<str>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// The same in every request.
    Constant(Box<str>),
    Form(Box<str>),
    Header(HeaderName),
    /// RFC 6901.
    Json(Box<str>),
    /// A `{name}` in the callback's path.
    Path(Box<str>),
    Query(Box<str>),
}

impl Field {
    /// Reads `KIND:WHERE`.
    ///
    /// # Errors
    /// A sentence for the writer of the profile.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let (kind, spot) = text.split_once(':').ok_or("write KIND:WHERE, such as form:phoneNumber or json:/msisdn")?;
        let place = match kind {
            "constant" => Place::Constant(spot.into()),
            "form" => Place::Form(spot.into()),
            "header" => Place::Header(spot.parse().map_err(|_| "not a header name")?),
            "json" if !spot.starts_with('/') => return Err("a JSON pointer begins with /".to_owned()),
            "json" => Place::Json(spot.into()),
            "path" => Place::Path(spot.into()),
            "query" => Place::Query(spot.into()),
            _ => return Err("known places are constant, form, header, json, path and query".to_owned()),
        };
        if spot.is_empty() && !matches!(place, Place::Constant(_)) {
            return Err("a name must follow the colon".to_owned());
        }
        let name = if kind == "json" { spot.rsplit('/').next().unwrap_or_default() } else { spot };
        Ok(Self { place, name: name.into() })
    }
}

/// The parts of a request in which a field may stand. Absent parts hold no fields.
pub(super) struct Source<'a> {
    pub(super) form: Option<Form<'a>>,
    pub(super) headers: &'a HeaderMap,
    pub(super) json: Value,
    /// Name and decoded text of each `{name}` in the path.
    pub(super) path: Vec<(&'a str, Cow<'a, str>)>,
    pub(super) query: Option<Form<'a>>,
}

impl Source<'_> {
    /// What stands there. JSON `null`, lists and objects count as nothing; numbers and booleans as they are written.
    pub(super) fn text(&self, place: &Place) -> Option<Found<'_>> {
        match place {
            Place::Constant(text) => Some(Cow::<str>::Owned(text.to_string()).into()),
            Place::Form(name) => self.form.as_ref()?.text(name),
            Place::Header(name) => self.headers.get(name)?.to_str().ok().map(|text| Cow::Borrowed(text).into()),
            Place::Json(pointer) => match self.json.pointer(pointer)? {
                Value::Bool(yes) => Some(Cow::Borrowed(if *yes { "true" } else { "false" }).into()),
                Value::Number(number) => Some(Cow::<str>::Owned(number.to_string()).into()),
                Value::String(text) => Some(Cow::Borrowed(text.as_str()).into()),
                Value::Array(_) | Value::Null | Value::Object(_) => None,
            },
            Place::Path(name) => self.path.iter().find(|(own, _)| *own == &**name).map(|(_, text)| Cow::Borrowed(text.as_ref()).into()),
            Place::Query(name) => self.query.as_ref()?.text(name),
        }
    }

    /// The bytes that stand there, for text in a charset that another field names.
    pub(super) fn bytes(&self, place: &Place) -> Option<Cow<'_, [u8]>> {
        match place {
            Place::Form(name) => self.form.as_ref()?.bytes(name),
            Place::Query(name) => self.query.as_ref()?.bytes(name),
            Place::Constant(_) | Place::Header(_) | Place::Json(_) | Place::Path(_) => {
                self.text(place).map(|found| Cow::Owned(found.text.into_owned().into_bytes()))
            }
        }
    }

    /// As [`Source::text`], for a phone number: a bare `+` in front of it is kept.
    pub(super) fn number(&self, place: &Place) -> Option<Found<'_>> {
        match place {
            Place::Form(name) => self.form.as_ref()?.number(name),
            Place::Query(name) => self.query.as_ref()?.number(name),
            Place::Constant(_) | Place::Header(_) | Place::Json(_) | Place::Path(_) => self.text(place),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn places() {
        let mut headers = HeaderMap::new();
        headers.insert("x-network", "51010".parse().unwrap());
        let source = Source {
            form: Some(Form::parse(b"n=+62812&t=").unwrap()),
            headers: &headers,
            json: serde_json::json!({"a": {"b": "x"}, "n": 62_812, "yes": true, "none": null, "list": ["y"], "a/b": "z"}),
            path: vec![("id", "1".into())],
            query: Some(Form::parse(b"q=+1").unwrap()),
        };
        for (place, expected, name) in [
            ("constant:*123#", Some("*123#"), "*123#"),
            ("constant:", Some(""), ""),
            ("form:n", Some(" 62812"), "n"),
            ("form:t", Some(""), "t"),
            ("form:x", None, "x"),
            ("header:X-Network", Some("51010"), "X-Network"),
            ("header:X-Other", None, "X-Other"),
            ("json:/a/b", Some("x"), "b"),
            ("json:/n", Some("62812"), "n"),
            ("json:/yes", Some("true"), "yes"),
            ("json:/none", None, "none"),
            ("json:/list", None, "list"),
            ("json:/list/0", Some("y"), "0"),
            ("json:/a~1b", Some("z"), "a~1b"),
            ("path:id", Some("1"), "id"),
            ("path:no", None, "no"),
            ("query:q", Some(" 1"), "q"),
        ] {
            let field = Field::parse(place).unwrap();
            assert_eq!(source.text(&field.place).map(|f| f.text.into_owned()).as_deref(), expected, "{place}");
            assert_eq!(&*field.name, name);
        }
        assert_eq!(source.number(&Field::parse("form:n").unwrap().place).unwrap().text, "+62812");
        assert_eq!(source.number(&Field::parse("json:/n").unwrap().place).unwrap().text, "62812");
    }

    #[test]
    fn bad_places_are_explained() {
        for bad in ["", "form", "form:", "json:msisdn", "header:a b", "xml:/a", "path:"] {
            assert!(Field::parse(bad).is_err(), "{bad}");
        }
    }
}
