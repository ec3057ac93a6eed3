//! From a profile's file to a [`Profile`], with all that is wrong in it.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use http::{HeaderName, HeaderValue, Method};
use toml::Spanned;

use super::file::{CallbackFile, FieldsFile, File, InputForm, RefusalFile, ReplyFile, TemplateFile, VariantFile};
use super::{PAGE_SEPTETS_MAX, PAGE_SEPTETS_MIN, Problem, Profile, plain_refusal};
use crate::channel::Repeat;
use crate::channel::body::BodyFormat;
use crate::channel::callback::{Callback, Fields, Meaning, MeaningOf, PathPattern, Told};
use crate::channel::extract::{Field, Place};
use crate::channel::template::{Escape, Facts, Piece, Purpose, Template, compile as compile_body};

/// Sends back when nothing else is said.
const STATUS_OK: u16 = 200;

pub(super) fn compile(name: &str, text: &str) -> Result<Profile, Vec<Problem>> {
    let mut check = Check { name, text, problems: Vec::new() };
    let file: File = match toml::from_str(text) {
        Ok(file) => file,
        Err(error) => {
            check.problem(error.span().unwrap_or_default(), error.message());
            return Err(check.problems);
        }
    };
    let profile = check.profile(&file);
    if check.problems.is_empty() { Ok(profile) } else { Err(check.problems) }
}

struct Check<'a> {
    name: &'a str,
    text: &'a str,
    problems: Vec<Problem>,
}

/// What the head of the file says about every turn.
#[derive(Clone, Copy)]
struct Manner {
    repeat: Repeat,
    inquiry: bool,
}

impl Check<'_> {
    fn problem(&mut self, span: Range<usize>, message: impl Into<String>) {
        let before = self.text.get(..span.start).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        let col = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        self.problems.push(Problem { file: self.name.to_owned(), line, col, message: message.into() });
    }

    fn profile(&mut self, file: &File) -> Profile {
        if file.title.get_ref().trim().is_empty() {
            self.problem(file.title.span(), "the title is empty");
        }
        let page_septets = *file.page_septets.get_ref();
        if !(PAGE_SEPTETS_MIN..=PAGE_SEPTETS_MAX).contains(&page_septets) {
            self.problem(file.page_septets.span(), format!("page_septets must lie between {PAGE_SEPTETS_MIN} and {PAGE_SEPTETS_MAX}"));
        }
        let repeat = *file.repeat.get_ref();
        let whole_input = *file.input.get_ref() == InputForm::Whole;
        if whole_input != (repeat == Repeat::Cumulative) {
            self.problem(file.repeat.span(), "repeat = \"cumulative\" and input = \"whole\" go together");
        }
        let manner = Manner { repeat, inquiry: file.inquiry.is_some() };
        let callbacks = self.callbacks(&file.callback, manner);
        let (reply_continue, reply_end) = self.replies(&file.reply);
        let acknowledgement = match &file.acknowledgement {
            Some(own) => self.template(own.span(), own.get_ref(), Purpose::Acknowledgement),
            None => Template { status: STATUS_OK, headers: Arc::new([]), escape: Escape::Plain, body: Vec::new() },
        };
        Profile {
            repeat,
            whole_input,
            page_septets,
            callbacks,
            reply_continue,
            reply_end,
            acknowledgement,
            inquiry: self.optional(file.inquiry.as_ref(), Purpose::Inquiry),
            begun_already: self.optional(file.begun_already.as_ref(), Purpose::Acknowledgement),
            unknown_dialogue: self.optional(file.unknown_dialogue.as_ref(), Purpose::Acknowledgement),
            refusals: file.refusal.iter().map(|own| (own.get_ref().when.clone(), self.refusal(own))).collect(),
            plain_refusal: plain_refusal(),
        }
    }

    fn callbacks(&mut self, files: &[Spanned<CallbackFile>], manner: Manner) -> Vec<Callback> {
        let mut callbacks: Vec<Callback> = Vec::new();
        for file in files {
            let Some(callback) = self.callback(file, manner) else { continue };
            let hides = |earlier: &Callback| {
                earlier.path == callback.path && callback.methods.iter().any(|method| earlier.methods.contains(method))
            };
            if callbacks.iter().any(hides) {
                self.problem(file.get_ref().path.span(), "an earlier callback already takes this method and path");
            }
            callbacks.push(callback);
        }
        let takes_turns = callbacks.iter().any(|callback| callback.meaning.all().iter().any(|meaning| meaning.phase().is_some()));
        if !takes_turns && self.problems.is_empty() {
            self.problem(0..0, "no callback begins or continues a dialogue");
        }
        callbacks
    }

    /// `None` only after a problem was noted.
    fn callback(&mut self, spanned: &Spanned<CallbackFile>, manner: Manner) -> Option<Callback> {
        let file = spanned.get_ref();
        let mut methods = Vec::new();
        for method in &file.method {
            // Any upper-case word would parse as a method; a typing error must not.
            match method.get_ref().parse::<Method>() {
                Ok(known @ (Method::GET | Method::POST | Method::PUT)) => methods.push(known),
                _ => self.problem(method.span(), "method must be GET, POST or PUT"),
            }
        }
        if file.method.is_empty() {
            self.problem(spanned.span(), "a callback needs a method");
        }
        let path = PathPattern::parse(file.path.get_ref());
        if !file.path.get_ref().is_empty() && !file.path.get_ref().starts_with('/') {
            self.problem(file.path.span(), "a path begins with /");
        }
        let meaning = self.meaning(spanned, &path)?;
        let fields = self.fields(file, &path)?;
        let turn = meaning.all().iter().any(|meaning| meaning.phase().is_some());
        for (field, name) in [(&fields.number, "number"), (&fields.input, "input")] {
            if turn && field.is_none() {
                self.problem(spanned.span(), format!("a callback that begins or continues a dialogue needs fields.{name}"));
            }
        }
        if turn && manner.repeat == Repeat::Sequence && fields.sequence.is_none() {
            self.problem(spanned.span(), "repeat = \"sequence\" needs fields.sequence");
        }
        if !manner.inquiry && meaning.all().contains(&Meaning::Inquiry) {
            self.problem(spanned.span(), "an inquiry needs an [inquiry] reply");
        }
        Some(Callback { methods, path, body: file.body, meaning, fields })
    }

    fn meaning(&mut self, spanned: &Spanned<CallbackFile>, path: &PathPattern) -> Option<MeaningOf> {
        let file = spanned.get_ref();
        match (file.meaning, &file.told_by) {
            (Some(meaning), None) => Some(MeaningOf::Fixed(meaning)),
            (None, Some(told)) => {
                let field = self.field(&told.at, file.body, path)?;
                let mut starts: Vec<_> = told.starts.iter().map(|(word, meaning)| (word.as_str().into(), *meaning)).collect();
                starts.sort_by_key(|(word, _): &(Box<str>, Meaning)| std::cmp::Reverse(word.len()));
                let equals: Vec<_> = told.equals.iter().map(|(word, meaning)| (word.as_str().into(), *meaning)).collect();
                if equals.is_empty() && starts.is_empty() {
                    self.problem(told.at.span(), "told_by needs equals or starts");
                }
                Some(MeaningOf::Told(Told { field, equals, starts, otherwise: told.otherwise }))
            }
            (None, None) | (Some(_), Some(_)) => {
                self.problem(spanned.span(), "a callback needs either meaning or told_by");
                None
            }
        }
    }

    fn fields(&mut self, file: &CallbackFile, path: &PathPattern) -> Option<Fields> {
        let FieldsFile { number, dialogue, input, service_code, sequence, operator } = &file.fields;
        let mut field = |place: &Option<Spanned<String>>| place.as_ref().and_then(|place| self.field(place, file.body, path));
        let (number, input, service_code) = (field(number), field(input), field(service_code));
        let (sequence, operator) = (field(sequence), field(operator));
        let dialogue = self.field(dialogue, file.body, path)?;
        Some(Fields {
            number,
            dialogue,
            input,
            input_absent: file.absent.input.as_deref().map(Into::into),
            service_code,
            sequence,
            operator,
        })
    }

    fn field(&mut self, place: &Spanned<String>, body: BodyFormat, path: &PathPattern) -> Option<Field> {
        let field = match Field::parse(place.get_ref()) {
            Ok(field) => field,
            Err(message) => {
                self.problem(place.span(), message);
                return None;
            }
        };
        let fault = match &field.place {
            Place::Form(_) if body != BodyFormat::Form => Some("a form: place needs body = \"form\""),
            Place::Json(_) if body != BodyFormat::Json => Some("a json: place needs body = \"json\""),
            Place::Path(name) if !path.names(name) => Some("the callback's path has no segment of this name"),
            Place::Constant(_) | Place::Form(_) | Place::Header(_) | Place::Json(_) | Place::Path(_) | Place::Query(_) => None,
        };
        if let Some(message) = fault {
            self.problem(place.span(), message);
        }
        Some(field)
    }

    fn replies(&mut self, spanned: &Spanned<ReplyFile>) -> (Template, Template) {
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
        if !goes_on.body.contains(&Piece::Text) || !end.body.contains(&Piece::Text) {
            self.problem(spanned.span(), "both replies must show {text}");
        }
        if goes_on.status == end.status && goes_on.headers == end.headers && goes_on.body == end.body {
            self.problem(spanned.span(), "the replies that continue and end a dialogue are the same: the telco cannot tell");
        }
        (goes_on, end)
    }

    fn optional(&mut self, file: Option<&Spanned<TemplateFile>>, purpose: Purpose) -> Option<Template> {
        file.map(|own| self.template(own.span(), own.get_ref(), purpose))
    }

    fn template(&mut self, span: Range<usize>, file: &TemplateFile, purpose: Purpose) -> Template {
        self.parts(span, &Parts { status: file.status, headers: &file.headers, escape: file.escape, body: &file.body }, purpose)
    }

    fn refusal(&mut self, spanned: &Spanned<RefusalFile>) -> Template {
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
            let sample = Facts { text: "\"", dialogue: "\"", field: "\"", reason: "\"", alive: true };
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
