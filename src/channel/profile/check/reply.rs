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
/// The same to what is refused.
const STATUS_REFUSED: u16 = 400;

impl Check<'_> {
    pub(super) fn replies(&mut self, spanned: &Spanned<ReplyFile>) -> (Template, Template) {
        let file = spanned.get_ref();
        let before = self.problems.len();
        let mut variant = |own: &VariantFile, purpose| {
            let status = own.status.as_ref().or(file.status.as_ref());
            let body = own.body.as_ref().or(file.body.as_ref());
            let parts = Parts { status, headers: over(&file.headers, Some(&own.headers)), escape: file.escape, body };
            self.parts(spanned.span(), &parts, purpose)
        };
        let mut goes_on = variant(&file.when.goes_on, Purpose::Page { release: false });
        let mut end = variant(&file.when.end, Purpose::Page { release: true });
        goes_on.replace = self.replace(&file.replace);
        end.replace.clone_from(&goes_on.replace);
        if self.problems.len() == before {
            let bodies = [file.when.goes_on.body.as_ref().or(file.body.as_ref()), file.when.end.body.as_ref().or(file.body.as_ref())];
            self.tell_apart(spanned.span(), [&goes_on, &end], bodies);
        }
        (goes_on, end)
    }

    /// A page in a request of its own.
    pub(super) fn page_sent(&mut self, spanned: &Spanned<PageFile>) -> Option<PageSent> {
        let file = spanned.get_ref();
        let method = self.send_method(&file.method)?;
        let before = self.problems.len();
        self.begins_with_a_slash(file.path.as_ref());
        let replace = self.replace(&file.replace);
        let mut variant = |release| {
            let purpose = Purpose::PageSent { release };
            let parts = Parts { status: None, headers: over(&file.headers, None), escape: file.escape, body: file.body.as_ref() };
            let path = self.text(file.path.as_ref(), purpose, Escape::Percent);
            (path, Template { replace: replace.clone(), ..self.parts(spanned.span(), &parts, purpose) })
        };
        let (goes_on, end) = (variant(false), variant(true));
        if self.problems.len() == before {
            self.tell_apart(spanned.span(), [&goes_on.1, &end.1], [file.body.as_ref(); 2]);
        }
        Some(PageSent { method, goes_on, end })
    }

    /// Only of replies that are sound: of others it would say the same mistake once more. `bodies`: where they stand.
    fn tell_apart(&mut self, span: Range<usize>, replies: [&Template; 2], bodies: [Option<&Spanned<String>>; 2]) {
        for (reply, body) in replies.iter().zip(bodies) {
            if !reply.body.contains(&Piece::Value(Value::Text)) {
                self.problem(body.map_or(span.clone(), Spanned::span), "both replies must show {text}");
            }
        }
        let [goes_on, end] = replies;
        let same_headers = goes_on.headers == end.headers && goes_on.headers_shown == end.headers_shown;
        if goes_on.status == end.status && same_headers && goes_on.body == end.body {
            self.problem(span, "the replies that continue and end a dialogue are the same: the telco cannot tell");
        }
    }

    fn replace(&mut self, file: &BTreeMap<String, Spanned<String>>) -> Replace {
        let mut replace = Vec::new();
        for (letter, with) in file {
            let mut letters = letter.chars();
            match (letters.next(), letters.next()) {
                (Some(letter), None) => replace.push((letter, with.get_ref().as_str().into())),
                _ => self.problem(with.span(), "replace names one letter and what is written in its place"),
            }
        }
        replace
    }

    /// A message that goes back in the reply, and the same for text that GSM 7-bit cannot write.
    pub(super) fn answer(&mut self, spanned: &Spanned<AnswerFile>) -> (Template, Template) {
        let file = spanned.get_ref();
        let wide = &file.when.wide;
        let before = self.problems.len();
        let (status, body) = (file.status.as_ref(), file.body.as_ref());
        let parts = Parts { status, headers: over(&file.headers, None), escape: file.escape, body };
        let narrow = self.parts(spanned.span(), &parts, Purpose::Answer);
        let (status, wide_body) = (wide.status.as_ref().or(status), wide.body.as_ref().or(body));
        let parts = Parts { status, headers: over(&file.headers, Some(&wide.headers)), escape: file.escape, body: wide_body };
        let wide = self.parts(spanned.span(), &parts, Purpose::Answer);
        if self.problems.len() == before {
            for (template, body) in [(&narrow, body), (&wide, wide_body)] {
                if !template.body.contains(&Piece::Value(Value::Text)) {
                    self.problem(body.map_or(spanned.span(), Spanned::span), "an answer must show {text}");
                }
            }
        }
        (narrow, wide)
    }

    pub(super) fn acknowledgement(&mut self, file: Option<&Spanned<TemplateFile>>) -> Template {
        self.optional(file, Purpose::Acknowledgement).unwrap_or_else(|| Template::bare(STATUS_OK))
    }

    pub(super) fn optional(&mut self, file: Option<&Spanned<TemplateFile>>, purpose: Purpose) -> Option<Template> {
        file.map(|own| {
            let TemplateFile { status, headers, escape, body } = own.get_ref();
            let headers = over(headers, None);
            self.parts(own.span(), &Parts { status: status.as_ref(), headers, escape: *escape, body: body.as_ref() }, purpose)
        })
    }

    pub(super) fn refusal(&mut self, spanned: &Spanned<RefusalFile>) -> Template {
        let RefusalFile { when: _, status, headers, escape, body } = spanned.get_ref();
        let parts = Parts { status: status.as_ref(), headers: over(headers, None), escape: *escape, body: body.as_ref() };
        let template = self.parts(spanned.span(), &parts, Purpose::Refusal);
        if status.is_some() { template } else { Template { status: STATUS_REFUSED, ..template } }
    }

    /// `span`: of what the parts belong to, for what is nowhere.
    fn parts(&mut self, span: Range<usize>, parts: &Parts<'_>, purpose: Purpose) -> Template {
        let status = parts.status.map_or(STATUS_OK, |status| *status.get_ref());
        if let Some(own) = parts.status.filter(|_| !(200..=599).contains(&status)) {
            self.problem(own.span(), "status must lie between 200 and 599");
        }
        let (mut headers, mut headers_shown) = (Vec::new(), Vec::new());
        for (name, value) in &parts.headers {
            let pieces = self.text(Some(value), purpose, Escape::Plain);
            let literal = match &pieces[..] {
                [] => Some(""),
                [Piece::Literal(text)] => Some(&**text),
                _ => None,
            };
            match (name.parse::<HeaderName>(), literal.map(str::parse::<HeaderValue>)) {
                (Ok(name), Some(Ok(value))) => headers.push((name, value)),
                (Ok(name), None) => headers_shown.push((name, pieces)),
                _ => self.problem(value.span(), format!("no header can be called or hold this: {name}")),
            }
        }
        let body_span = parts.body.map_or(span, Spanned::span);
        let is_empty = parts.body.is_none_or(|body| body.get_ref().is_empty());
        if !is_empty && !headers.iter().any(|(name, _)| name == http::header::CONTENT_TYPE) {
            self.problem(body_span.clone(), "a reply with a body needs headers.Content-Type");
        }
        let body = self.text(parts.body, purpose, parts.escape);
        let is_latin_1 = headers.iter().any(|(name, value)| name == http::header::CONTENT_TYPE && names_latin_1(value));
        if is_latin_1 && parts.escape == Escape::Json {
            self.problem(body_span.clone(), "JSON is UTF-8, whatever the Content-Type says");
        }
        let (headers, replace) = (headers.into(), Vec::new());
        let template = Template { status, headers, headers_shown, escape: parts.escape, body, replace, is_latin_1 };
        if parts.escape == Escape::Json && !template.body.is_empty() {
            self.json_body(body_span, &template);
        }
        template
    }

    pub(super) fn begins_with_a_slash(&mut self, path: Option<&Spanned<String>>) {
        if let Some(path) = path.filter(|path| !path.get_ref().is_empty() && !path.get_ref().starts_with('/')) {
            self.problem(path.span(), "a path begins with /");
        }
    }

    fn text(&mut self, source: Option<&Spanned<String>>, purpose: Purpose, escape: Escape) -> Vec<Piece> {
        let Some(source) = source else { return Vec::new() };
        compile_body(source.get_ref(), purpose, escape, self.names()).unwrap_or_else(|message| {
            self.problem(source.span(), message);
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
    status: Option<&'a Spanned<u16>>,
    headers: BTreeMap<&'a str, &'a Spanned<String>>,
    escape: Escape,
    body: Option<&'a Spanned<String>>,
}

/// All of these, each as the later ones have it.
fn over<'a>(
    headers: &'a BTreeMap<String, Spanned<String>>,
    own: Option<&'a BTreeMap<String, Spanned<String>>>,
) -> BTreeMap<&'a str, &'a Spanned<String>> {
    headers.iter().chain(own.into_iter().flatten()).map(|(name, value)| (name.as_str(), value)).collect()
}
