//! What hands a message over, and what the answers to it mean.

use std::collections::BTreeMap;
use std::ops::Range;

use super::super::WORD_BYTES_MAX;
use super::super::file::{FieldFile, FieldsetFile, MeansWord, SendAnswerFile, SendFile, Spanned};
use super::Check;
use crate::channel::SendError;
use crate::channel::computed::Computed;
use crate::channel::extract::{Field, Place};
use crate::channel::send::{Fieldset, Means, SendAnswer, Sending};
use crate::channel::template::{Escape, Facts, Names, Piece, Purpose, Value, compile, write};
use http::{HeaderName, Method};

impl Check<'_> {
    /// `None` only after a problem was noted.
    pub(super) fn sending(&mut self, spanned: &Spanned<SendFile>) -> Option<Sending> {
        let file = spanned.get_ref();
        let span = spanned.span();
        let method = self.send_method(&file.method)?;
        let computed = self.computed(file)?;
        let computed_names: Vec<Box<str>> = file.computed.keys().map(|name| name.as_str().into()).collect();
        let names = Names { echo: &[], computed: &computed_names };
        self.begins_with_a_slash(file.path.as_ref());
        let path = self.pieces(file.path.as_ref(), Escape::Percent, names);
        let body = self.pieces(file.body.as_ref(), file.escape, names);
        let body_span = file.body.as_ref().map_or(span.clone(), Spanned::span);
        let always =
            self.fieldset(&Fields { body: None, query: &file.query, form: &file.form, headers: &file.headers }, file.escape, names);
        let reports = file.when.reports.as_ref().map(|own| self.fieldset(&Fields::of(own), file.escape, names));
        let wide = file.when.wide.as_ref().map(|own| self.fieldset(&Fields::of(own), file.escape, names));
        if !body.is_empty() && [Some(&always), reports.as_ref(), wide.as_ref()].into_iter().flatten().any(|set| !set.form.is_empty()) {
            self.problem(body_span.clone(), "either a form or a body");
        }
        if !body.is_empty() && !always.headers.iter().any(|(name, _)| name == http::header::CONTENT_TYPE) {
            self.problem(body_span.clone(), "a request with a body needs headers.Content-Type");
        }
        if file.escape == Escape::Json && !body.is_empty() {
            self.json(body_span, &body);
        }
        let fields = || always.query.values().chain(always.form.values()).chain(always.headers.iter().map(|(_, value)| value));
        let named: Vec<Value> =
            fields().chain([&path, &body]).chain(computed.iter().map(|own| &own.of)).flat_map(|pieces| values(pieces)).collect();
        let shows_number = named.contains(&Value::To) || named.contains(&Value::ToLocal);
        if !shows_number || !named.contains(&Value::Text) {
            self.problem(span.clone(), "a request must show {to} or {to_local}, and {text}");
        }
        let mut needs = Vec::new();
        for value in named {
            let Some(setting) = value.setting() else { continue };
            let optional = file.optional.iter().find(|own| own.get_ref() == setting);
            if let Some(optional) = optional
                && [&path, &body].into_iter().any(|pieces| values(pieces).any(|own| own == value))
            {
                self.problem(optional.span(), format!("{setting} cannot be optional: only a field can be left out"));
            }
            if optional.is_none() && !needs.contains(&value) {
                needs.push(value);
            }
        }
        let answers = file.answer.iter().filter_map(|answer| self.send_answer(answer)).collect::<Vec<_>>();
        if !file.answer.iter().any(|answer| answer.get_ref().means == MeansWord::Accepted) {
            self.problem(span, "no answer means accepted: nothing would ever count as sent");
        }
        let (transliterate, escape, reports) = (file.transliterate, file.escape, reports.unwrap_or_default());
        Some(Sending { method, path, always, reports, wide, transliterate, computed, escape, body, answers, needs })
    }

    pub(super) fn send_method(&mut self, file: &Spanned<String>) -> Option<Method> {
        match file.get_ref().parse::<Method>() {
            Ok(known @ (Method::GET | Method::POST | Method::PUT)) => Some(known),
            _ => {
                self.problem(file.span(), "method must be GET, POST or PUT");
                None
            }
        }
    }

    fn computed(&mut self, file: &SendFile) -> Option<Vec<Computed>> {
        let mut computed = Vec::new();
        for (name, spanned) in &file.computed {
            let made = spanned.get_ref();
            match made.iter().next().filter(|_| made.len() == 1) {
                Some((by, of)) => {
                    let of = match compile(of, Purpose::Computed, Escape::Plain, Names::default()) {
                        Ok(of) => of,
                        Err(message) => {
                            self.problem(spanned.span(), message);
                            return None;
                        }
                    };
                    computed.push(Computed { by: *by, of });
                }
                None => self.problem(spanned.span(), format!("computed.{name} is made by one function: base64, md5, sha1 or sha256")),
            }
        }
        Some(computed)
    }

    fn fieldset(&mut self, file: &Fields<'_>, escape: Escape, names: Names<'_>) -> Fieldset {
        let mut fields = |fields: &BTreeMap<String, Spanned<String>>| {
            fields.iter().map(|(name, value)| (name.as_str().into(), self.pieces(Some(value), Escape::Plain, names))).collect()
        };
        let (query, form) = (fields(file.query), fields(file.form));
        let mut headers = Vec::new();
        for (name, value) in file.headers {
            match name.parse::<HeaderName>() {
                Ok(name) => headers.push((name, self.pieces(Some(value), Escape::Plain, names))),
                Err(_) => self.problem(value.span(), format!("no header can be called this: {name}")),
            }
        }
        let body = file.body.map(|body| (body.span(), self.pieces(Some(body), escape, names)));
        if let Some((span, body)) = body.as_ref().filter(|_| escape == Escape::Json) {
            self.json(span.clone(), body);
        }
        Fieldset { query, form, headers, body: body.map(|(_, body)| body) }
    }

    fn pieces(&mut self, source: Option<&Spanned<String>>, escape: Escape, names: Names<'_>) -> Vec<Piece> {
        let Some(source) = source else { return Vec::new() };
        compile(source.get_ref(), Purpose::Send, escape, names).unwrap_or_else(|message| {
            self.problem(source.span(), message);
            Vec::new()
        })
    }

    fn json(&mut self, span: Range<usize>, body: &[Piece]) {
        let quote = "\"";
        let sample = Facts { from: quote, id: quote, key: quote, password: quote, reference: quote, ..Facts::default() };
        let sample = Facts { report_url: quote, service: quote, text: quote, to: quote, to_local: quote, username: quote, ..sample };
        let mut rendered = String::new();
        write(&mut rendered, body, Escape::Json, &sample);
        if serde_json::from_str::<serde::de::IgnoredAny>(&rendered).is_err() {
            self.problem(span, "the body is not JSON: a {placeholder} for text stands between quotes");
        }
    }

    fn send_answer(&mut self, spanned: &Spanned<SendAnswerFile>) -> Option<SendAnswer> {
        let SendAnswerFile { status, at, words, means, id, code, ours } = spanned.get_ref();
        if status.is_none() && words.is_empty() {
            self.problem(spanned.span(), "an answer needs status or words");
        }
        if at.is_some() && words.is_empty() {
            self.problem(spanned.span(), "at needs words");
        }
        let at = match at {
            Some(at) => Some(self.answered(at)?),
            None => None,
        };
        let means = match (means.retry(), code) {
            (None, None) => {
                let id = match id {
                    Some(id) => Some(self.answered(id)?),
                    None => None,
                };
                Means::Accepted { id }
            }
            (Some(retry), Some(code)) if id.is_none() => {
                let word = code.get_ref();
                if word.is_empty() || word.len() > WORD_BYTES_MAX || !word.bytes().all(|b| b.is_ascii_lowercase() || b == b'_') {
                    self.problem(code.span(), "a code is lower-case letters and _");
                }
                Means::Refused(SendError { code: word.clone(), retry, ours: *ours })
            }
            (Some(_), _) => {
                self.problem(spanned.span(), "an answer that refuses needs a code, and has no id");
                return None;
            }
            (None, Some(_)) => {
                self.problem(spanned.span(), "an answer that accepts has no code");
                return None;
            }
        };
        Some(SendAnswer { status: *status, at, words: words.iter().map(|word| word.as_str().into()).collect(), means })
    }

    /// A place in an answer.
    fn answered(&mut self, file: &Spanned<FieldFile>) -> Option<Field> {
        let field = self.shaped(file)?;
        let is_in_answer = |place: &Place| matches!(place, Place::Body | Place::Header(_) | Place::Json(_) | Place::Xml(_));
        if !field.places.iter().all(is_in_answer) {
            self.problem(file.span(), "in an answer, known places are body, header, json and xml");
            return None;
        }
        Some(field)
    }
}

/// What a request has always, or with reports or wide text.
struct Fields<'a> {
    body: Option<&'a Spanned<String>>,
    query: &'a BTreeMap<String, Spanned<String>>,
    form: &'a BTreeMap<String, Spanned<String>>,
    headers: &'a BTreeMap<String, Spanned<String>>,
}

impl<'a> Fields<'a> {
    fn of(FieldsetFile { body, query, form, headers }: &'a FieldsetFile) -> Self {
        Self { body: body.as_ref(), query, form, headers }
    }
}

fn values(pieces: &[Piece]) -> impl Iterator<Item = Value> {
    pieces.iter().filter_map(|piece| match piece {
        Piece::Literal(_) => None,
        Piece::Value(value) => Some(*value),
    })
}
