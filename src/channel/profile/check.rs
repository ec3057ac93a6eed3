//! From a profile's file to a [`Profile`], with all that is wrong in it.

use std::ops::Range;

use http::Method;
use toml::Spanned;

use super::file::{CallbackFile, FieldsFile, File, InputForm, PartFile, ToldFile};
use super::{PAGE_SEPTETS_MAX, PAGE_SEPTETS_MIN, Problem, Profile, plain_refusal};
use crate::channel::Repeat;
use crate::channel::body::BodyFormat;
use crate::channel::callback::{Callback, DialogueFields, Fields, Meaning, MeaningOf, PathPattern, Told};
use crate::channel::extract::{Field, Place};
use crate::channel::message::{MessageFields, PartFields, ReportFields};
use crate::channel::template::Purpose;

mod reply;
mod send;

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
        if let Some(septets) = &file.page_septets
            && !(PAGE_SEPTETS_MIN..=PAGE_SEPTETS_MAX).contains(septets.get_ref())
        {
            self.problem(septets.span(), format!("page_septets must lie between {PAGE_SEPTETS_MIN} and {PAGE_SEPTETS_MAX}"));
        }
        let repeat = file.repeat.as_ref().map_or(Repeat::Quick, |repeat| *repeat.get_ref());
        let whole_input = file.input.as_ref().is_some_and(|input| *input.get_ref() == InputForm::Whole);
        if let Some(spanned) = &file.repeat
            && whole_input != (repeat == Repeat::Cumulative)
        {
            self.problem(spanned.span(), "repeat = \"cumulative\" and input = \"whole\" go together");
        }
        let manner = Manner { repeat, inquiry: file.inquiry.is_some() };
        let callbacks = self.callbacks(&file.callback, manner);
        self.needed(file, &callbacks);
        Profile {
            repeat,
            whole_input,
            page_septets: file.page_septets.as_ref().map_or(PAGE_SEPTETS_MIN, |septets| *septets.get_ref()),
            callbacks,
            pages: file.reply.as_ref().map(|reply| self.replies(reply)),
            answer: file.answer.as_ref().map(|answer| self.answer(answer)),
            acknowledgement: self.acknowledgement(file.acknowledgement.as_ref()),
            report_acknowledgement: self.optional(file.report_acknowledgement.as_ref(), Purpose::Reported),
            inquiry: self.optional(file.inquiry.as_ref(), Purpose::Inquiry),
            begun_already: self.optional(file.begun_already.as_ref(), Purpose::Acknowledgement),
            unknown_dialogue: self.optional(file.unknown_dialogue.as_ref(), Purpose::Acknowledgement),
            refusals: file.refusal.iter().map(|own| (own.get_ref().when.clone(), self.refusal(own))).collect(),
            plain_refusal: plain_refusal(),
            sending: file.send.as_ref().and_then(|send| self.sending(send)),
        }
    }

    /// What some kinds of callbacks need elsewhere in the file.
    fn needed(&mut self, file: &File, callbacks: &[Callback]) {
        let meanings: Vec<Meaning> = callbacks.iter().flat_map(|callback| callback.meaning.all()).collect();
        let turns = meanings.iter().any(|meaning| meaning.phase().is_some());
        let messages = meanings.contains(&Meaning::Sms);
        if !turns && !messages && self.problems.is_empty() {
            self.problem(0..0, "no callback begins or continues a dialogue, or brings a message");
        }
        let there = [
            (file.repeat.is_some(), "repeat"),
            (file.input.is_some(), "input"),
            (file.page_septets.is_some(), "page_septets"),
            (file.reply.is_some(), "[reply]"),
        ];
        for (_, name) in there.iter().filter(|(there, _)| turns && !there) {
            self.problem(0..0, format!("a profile whose callbacks begin or continue dialogues needs {name}"));
        }
        if let Some(answer) = file.answer.as_ref().filter(|_| !messages) {
            self.problem(answer.span(), "an [answer] goes back to a message, but no callback brings one");
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
        let meanings = meaning.all();
        let fields = self.fields(spanned, &path, &meanings)?;
        let turn = meanings.iter().any(|meaning| meaning.phase().is_some());
        if turn && manner.repeat == Repeat::Sequence && file.fields.sequence.is_none() {
            self.problem(spanned.span(), "repeat = \"sequence\" needs fields.sequence");
        }
        if !manner.inquiry && meanings.contains(&Meaning::Inquiry) {
            self.problem(spanned.span(), "an inquiry needs an [inquiry] reply");
        }
        Some(Callback { methods, path, body: file.body, meaning, fields })
    }

    fn meaning(&mut self, spanned: &Spanned<CallbackFile>, path: &PathPattern) -> Option<MeaningOf> {
        let file = spanned.get_ref();
        match (file.meaning, &file.told_by) {
            (Some(meaning), None) => Some(MeaningOf::Fixed(meaning)),
            (None, Some(told)) => self.told(told, "told_by", file.body, path).map(MeaningOf::Told),
            (None, None) | (Some(_), Some(_)) => {
                self.problem(spanned.span(), "a callback needs either meaning or told_by");
                None
            }
        }
    }

    fn told<T: Copy>(&mut self, told: &ToldFile<T>, name: &str, body: BodyFormat, path: &PathPattern) -> Option<Told<T>> {
        let field = self.field(&told.at, body, path)?;
        let mut starts: Vec<_> = told.starts.iter().map(|(word, means)| (word.as_str().into(), *means)).collect();
        starts.sort_by_key(|(word, _): &(Box<str>, T)| std::cmp::Reverse(word.len()));
        let equals: Vec<_> = told.equals.iter().map(|(word, means)| (word.as_str().into(), *means)).collect();
        if equals.is_empty() && starts.is_empty() {
            self.problem(told.at.span(), format!("{name} needs equals or starts"));
        }
        Some(Told { field, equals, starts, otherwise: told.otherwise })
    }

    /// `None` only after a problem was noted.
    fn fields(&mut self, spanned: &Spanned<CallbackFile>, path: &PathPattern, meanings: &[Meaning]) -> Option<Fields> {
        let file = spanned.get_ref();
        let fields = &file.fields;
        let turn = meanings.iter().any(|meaning| meaning.phase().is_some());
        let message = meanings.contains(&Meaning::Sms);
        let report = meanings.contains(&Meaning::Report);
        let dialogue = meanings.iter().any(|meaning| !matches!(meaning, Meaning::Ignored | Meaning::Report | Meaning::Sms));
        for (needed, there, what, name) in [
            (dialogue, fields.dialogue.is_some(), "that is about a dialogue", "fields.dialogue"),
            (turn, fields.number.is_some(), "that begins or continues a dialogue", "fields.number"),
            (turn, fields.input.is_some(), "that begins or continues a dialogue", "fields.input"),
            (message, fields.from.is_some(), "that brings a message", "fields.from"),
            (message, fields.text.is_some(), "that brings a message", "fields.text"),
            (report, file.status.is_some(), "that brings a report", "status"),
            (report, fields.ours.is_some() || fields.theirs.is_some(), "that brings a report", "fields.ours or fields.theirs"),
        ] {
            if needed && !there {
                self.problem(spanned.span(), format!("a callback {what} needs {name}"));
            }
        }
        if fields.part.is_some() && fields.udh.is_some() {
            self.problem(spanned.span(), "either fields.part or fields.udh");
        }
        Some(Fields {
            dialogue: if dialogue { Some(self.dialogue_fields(file, path)?) } else { None },
            message: if message { Some(self.message_fields(fields, file.body, path)?) } else { None },
            report: if report { Some(self.report_fields(file, path)?) } else { None },
        })
    }

    fn dialogue_fields(&mut self, file: &CallbackFile, path: &PathPattern) -> Option<DialogueFields> {
        let FieldsFile { number, dialogue, input, service_code, sequence, operator, .. } = &file.fields;
        let mut field = |place: &Option<Spanned<String>>| self.maybe(place, file.body, path);
        Some(DialogueFields {
            number: field(number),
            input: field(input),
            input_absent: file.absent.input.as_deref().map(Into::into),
            service_code: field(service_code),
            sequence: field(sequence),
            operator: field(operator),
            dialogue: field(dialogue)?,
        })
    }

    fn message_fields(&mut self, fields: &FieldsFile, body: BodyFormat, path: &PathPattern) -> Option<MessageFields> {
        let FieldsFile { from, to, text, charset, id, operator, udh, part, .. } = fields;
        let part = match (part, udh) {
            (Some(PartFile { reference, total, number }), _) => {
                let mut field = |place| self.field(place, body, path);
                Some(PartFields::Apart { reference: field(reference)?, total: field(total)?, number: field(number)? })
            }
            (None, Some(udh)) => Some(PartFields::Header(self.field(udh, body, path)?)),
            (None, None) => None,
        };
        let mut field = |place: &Option<Spanned<String>>| self.maybe(place, body, path);
        Some(MessageFields {
            to: field(to),
            charset: field(charset),
            id: field(id),
            operator: field(operator),
            part,
            from: field(from)?,
            text: field(text)?,
        })
    }

    fn report_fields(&mut self, file: &CallbackFile, path: &PathPattern) -> Option<ReportFields> {
        let (ours, theirs) = (self.maybe(&file.fields.ours, file.body, path), self.maybe(&file.fields.theirs, file.body, path));
        let status = self.told(file.status.as_ref()?, "status", file.body, path)?;
        Some(ReportFields { ours, theirs, status })
    }

    fn maybe(&mut self, place: &Option<Spanned<String>>, body: BodyFormat, path: &PathPattern) -> Option<Field> {
        place.as_ref().and_then(|place| self.field(place, body, path))
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
}
