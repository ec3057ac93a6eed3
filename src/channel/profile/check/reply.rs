//! What goes back to the telco.

use std::collections::BTreeMap;
use std::ops::Range;

use super::super::file::{AnswerFile, PageFile, RefusalFile, ReplyFile, Spanned, TemplateFile, VariantFile};
use super::Check;
use crate::channel::echo::{Echo, Echoed};
use crate::channel::page::PageSent;
use crate::channel::template::{Escape, Facts, Piece, Purpose, Replace, Template, Value, compile as compile_body};
use http::{HeaderName, HeaderValue};

/// Goes back when nothing else is said.
const STATUS_OK: u16 = 200;

impl Check<'_> {
    pub(super) fn replies(&mut self, spanned: &Spanned<ReplyFile>) -> (Template, Template) {
        let file = spanned.get_ref();
        let before = self.problems.len();
        let mut variant = |own: &VariantFile, purpose| {
            let mut headers = file.headers.clone();
            headers.extend(own.headers.clone());
            let body = own.body.as_deref().or(file.body.as_deref()).unwrap_or_default();
            let parts = Parts { status: own.status.or(file.status), headers: &headers, escape: file.escape, body };
            self.parts(spanned.span(), &parts, purpose)
        };
        let mut goes_on = variant(&file.when.goes_on, Purpose::Page { release: false });
        let mut end = variant(&file.when.end, Purpose::Page { release: true });
        goes_on.replace = self.replace(spanned.span(), &file.replace);
        end.replace.clone_from(&goes_on.replace);
        if self.problems.len() == before {
            self.tell_apart(spanned.span(), &goes_on, &end);
        }
        (goes_on, end)
    }

    /// A page in a request of its own.
    pub(super) fn page_sent(&mut self, spanned: &Spanned<PageFile>) -> Option<PageSent> {
        let file = spanned.get_ref();
        let method = self.send_method(&file.method)?;
        let before = self.problems.len();
        if !file.path.is_empty() && !file.path.starts_with('/') {
            self.problem(spanned.span(), "a path begins with /");
        }
        let replace = self.replace(spanned.span(), &file.replace);
        let mut variant = |release| {
            let purpose = Purpose::PageSent { release };
            let parts = Parts { status: None, headers: &file.headers, escape: file.escape, body: &file.body };
            let path = self.body(spanned.span(), &file.path, purpose, Escape::Percent);
            (path, Template { replace: replace.clone(), ..self.parts(spanned.span(), &parts, purpose) })
        };
        let (goes_on, end) = (variant(false), variant(true));
        if self.problems.len() == before {
            self.tell_apart(spanned.span(), &goes_on.1, &end.1);
        }
        Some(PageSent { method, goes_on, end })
    }

    /// Only of replies that are sound: of others it would say the same mistake once more.
    fn tell_apart(&mut self, span: Range<usize>, goes_on: &Template, end: &Template) {
        if !goes_on.body.contains(&Piece::Value(Value::Text)) || !end.body.contains(&Piece::Value(Value::Text)) {
            self.problem(span.clone(), "both replies must show {text}");
        }
        let same_headers = goes_on.headers == end.headers && goes_on.headers_shown == end.headers_shown;
        if goes_on.status == end.status && same_headers && goes_on.body == end.body {
            self.problem(span, "the replies that continue and end a dialogue are the same: the telco cannot tell");
        }
    }

    fn replace(&mut self, span: Range<usize>, file: &BTreeMap<String, String>) -> Replace {
        let mut replace = Vec::new();
        for (letter, with) in file {
            let mut letters = letter.chars();
            match (letters.next(), letters.next()) {
                (Some(letter), None) => replace.push((letter, with.as_str().into())),
                _ => self.problem(span.clone(), "replace names one letter and what is written in its place"),
            }
        }
        replace
    }

    /// A message that goes back in the reply, and the same for text that GSM 7-bit cannot write.
    pub(super) fn answer(&mut self, spanned: &Spanned<AnswerFile>) -> (Template, Template) {
        let file = spanned.get_ref();
        let wide = &file.when.wide;
        let before = self.problems.len();
        let body = file.body.as_deref().unwrap_or_default();
        let parts = Parts { status: file.status, headers: &file.headers, escape: file.escape, body };
        let narrow = self.parts(spanned.span(), &parts, Purpose::Answer);
        let mut headers = file.headers.clone();
        headers.extend(wide.headers.clone());
        let body = wide.body.as_deref().unwrap_or(body);
        let parts = Parts { status: wide.status.or(file.status), headers: &headers, escape: file.escape, body };
        let wide = self.parts(spanned.span(), &parts, Purpose::Answer);
        let shows = |template: &Template| template.body.contains(&Piece::Value(Value::Text));
        if self.problems.len() == before && !(shows(&narrow) && shows(&wide)) {
            self.problem(spanned.span(), "an answer must show {text}");
        }
        (narrow, wide)
    }

    pub(super) fn acknowledgement(&mut self, file: Option<&Spanned<TemplateFile>>) -> Template {
        self.optional(file, Purpose::Acknowledgement).unwrap_or_else(|| Template::bare(STATUS_OK))
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
        let (mut headers, mut headers_shown) = (Vec::new(), Vec::new());
        for (name, value) in parts.headers {
            let pieces = self.body(span.clone(), value, purpose, Escape::Plain);
            let literal = match &pieces[..] {
                [] => Some(""),
                [Piece::Literal(text)] => Some(&**text),
                _ => None,
            };
            match (name.parse::<HeaderName>(), literal.map(str::parse::<HeaderValue>)) {
                (Ok(name), Some(Ok(value))) => headers.push((name, value)),
                (Ok(name), None) => headers_shown.push((name, pieces)),
                _ => self.problem(span.clone(), format!("no header can be called or hold this: {name}")),
            }
        }
        if !parts.body.is_empty() && !headers.iter().any(|(name, _)| name == http::header::CONTENT_TYPE) {
            self.problem(span.clone(), "a reply with a body needs headers.Content-Type");
        }
        let body = self.body(span.clone(), parts.body, purpose, parts.escape);
        let is_latin_1 = headers.iter().any(|(name, value)| name == http::header::CONTENT_TYPE && names_latin_1(value));
        if is_latin_1 && parts.escape == Escape::Json {
            self.problem(span.clone(), "JSON is UTF-8, whatever the Content-Type says");
        }
        let (headers, replace) = (headers.into(), Vec::new());
        let template = Template { status, headers, headers_shown, escape: parts.escape, body, replace, is_latin_1 };
        if parts.escape == Escape::Json && !template.body.is_empty() {
            self.json_body(span, &template);
        }
        template
    }

    fn body(&mut self, span: Range<usize>, source: &str, purpose: Purpose, escape: Escape) -> Vec<Piece> {
        compile_body(source, purpose, escape, self.names()).unwrap_or_else(|message| {
            self.problem(span, message);
            Vec::new()
        })
    }

    fn json_body(&mut self, span: Range<usize>, template: &Template) {
        let quote = "\"";
        let echo = Echo(self.echo.iter().map(|_| Echoed { text: quote.to_owned(), literal: "1".to_owned() }).collect());
        let sample = Facts { text: quote, dialogue: quote, field: quote, reason: quote, id: quote, alive: true, ..Facts::default() };
        let sample = Facts { from: quote, key: quote, password: quote, service: quote, to: quote, url: quote, username: quote, ..sample };
        let body = template.render(&Facts { echo: Some(&echo), ..sample }).body;
        if serde_json::from_slice::<serde::de::IgnoredAny>(&body).is_err() {
            self.problem(span, "the body is not JSON: a {placeholder} for text stands between quotes");
        }
    }
}

fn names_latin_1(content_type: &HeaderValue) -> bool {
    let named =
        content_type.to_str().ok().and_then(|text| text.to_ascii_lowercase().split_once("charset=").map(|(_, name)| name.to_owned()));
    named.is_some_and(|name| name.trim_matches([' ', '"', ';']) == "iso-8859-1")
}

/// A template as a file gives it.
struct Parts<'a> {
    status: Option<u16>,
    headers: &'a BTreeMap<String, String>,
    escape: Escape,
    body: &'a str,
}
