//! What goes back to the telco.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use http::{HeaderName, HeaderValue};
use toml::Spanned;

use super::super::file::{AnswerFile, RefusalFile, ReplyFile, TemplateFile, VariantFile};
use super::Check;
use crate::channel::template::{Escape, Facts, Piece, Purpose, Template, Value, compile as compile_body};

/// Goes back when nothing else is said.
const STATUS_OK: u16 = 200;

impl Check<'_> {
    pub(super) fn replies(&mut self, spanned: &Spanned<ReplyFile>) -> (Template, Template) {
        let file = spanned.get_ref();
        let mut variant = |own: &VariantFile, purpose| {
            let mut headers = file.headers.clone();
            headers.extend(own.headers.clone());
            let body = own.body.as_deref().or(file.body.as_deref()).unwrap_or_default();
            let parts = Parts { status: own.status.or(file.status), headers: &headers, escape: file.escape, body };
            self.parts(spanned.span(), &parts, purpose)
        };
        let goes_on = variant(&file.when.goes_on, Purpose::Page { release: false });
        let end = variant(&file.when.end, Purpose::Page { release: true });
        if !goes_on.body.contains(&Piece::Value(Value::Text)) || !end.body.contains(&Piece::Value(Value::Text)) {
            self.problem(spanned.span(), "both replies must show {text}");
        }
        if goes_on.status == end.status && goes_on.headers == end.headers && goes_on.body == end.body {
            self.problem(spanned.span(), "the replies that continue and end a dialogue are the same: the telco cannot tell");
        }
        (goes_on, end)
    }

    /// A message that goes back in the reply, and the same for text that GSM 7-bit cannot write.
    pub(super) fn answer(&mut self, spanned: &Spanned<AnswerFile>) -> (Template, Template) {
        let file = spanned.get_ref();
        let wide = &file.when.wide;
        let body = file.body.as_deref().unwrap_or_default();
        let parts = Parts { status: file.status, headers: &file.headers, escape: file.escape, body };
        let narrow = self.parts(spanned.span(), &parts, Purpose::Answer);
        let mut headers = file.headers.clone();
        headers.extend(wide.headers.clone());
        let body = wide.body.as_deref().unwrap_or(body);
        let parts = Parts { status: wide.status.or(file.status), headers: &headers, escape: file.escape, body };
        let wide = self.parts(spanned.span(), &parts, Purpose::Answer);
        if !narrow.body.contains(&Piece::Value(Value::Text)) || !wide.body.contains(&Piece::Value(Value::Text)) {
            self.problem(spanned.span(), "an answer must show {text}");
        }
        (narrow, wide)
    }

    pub(super) fn acknowledgement(&mut self, file: Option<&Spanned<TemplateFile>>) -> Template {
        self.optional(file, Purpose::Acknowledgement).unwrap_or(Template {
            status: STATUS_OK,
            headers: Arc::new([]),
            escape: Escape::Plain,
            body: Vec::new(),
        })
    }

    pub(super) fn optional(&mut self, file: Option<&Spanned<TemplateFile>>, purpose: Purpose) -> Option<Template> {
        file.map(|own| self.template(own.span(), own.get_ref(), purpose))
    }

    fn template(&mut self, span: Range<usize>, file: &TemplateFile, purpose: Purpose) -> Template {
        self.parts(span, &Parts { status: file.status, headers: &file.headers, escape: file.escape, body: &file.body }, purpose)
    }

    pub(super) fn refusal(&mut self, spanned: &Spanned<RefusalFile>) -> Template {
        let file = spanned.get_ref();
        let status = file.status.or(Some(400));
        self.parts(spanned.span(), &Parts { status, headers: &file.headers, escape: file.escape, body: &file.body }, Purpose::Refusal)
    }

    fn parts(&mut self, span: Range<usize>, parts: &Parts<'_>, purpose: Purpose) -> Template {
        let status = parts.status.unwrap_or(STATUS_OK);
        if !(200..=599).contains(&status) {
            self.problem(span.clone(), "status must lie between 200 and 599");
        }
        let mut headers = Vec::new();
        for (name, value) in parts.headers {
            match (name.parse::<HeaderName>(), value.parse::<HeaderValue>()) {
                (Ok(name), Ok(value)) => headers.push((name, value)),
                _ => self.problem(span.clone(), format!("no header can be called or hold this: {name}")),
            }
        }
        if !parts.body.is_empty() && !headers.iter().any(|(name, _)| name == http::header::CONTENT_TYPE) {
            self.problem(span.clone(), "a reply with a body needs headers.Content-Type");
        }
        let body = compile_body(parts.body, purpose).unwrap_or_else(|message| {
            self.problem(span.clone(), message);
            Vec::new()
        });
        let template = Template { status, headers: headers.into(), escape: parts.escape, body };
        if parts.escape == Escape::Json && !template.body.is_empty() {
            let sample = Facts { text: "\"", dialogue: "\"", field: "\"", reason: "\"", id: "\"", alive: true, ..Facts::default() };
            if serde_json::from_slice::<serde::de::IgnoredAny>(&template.render(&sample).body).is_err() {
                self.problem(span, "the body is not JSON: a {placeholder} for text stands between quotes");
            }
        }
        template
    }
}

/// A template as a file gives it.
struct Parts<'a> {
    status: Option<u16>,
    headers: &'a BTreeMap<String, String>,
    escape: Escape,
    body: &'a str,
}
