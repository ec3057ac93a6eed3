//! From a profile's file to a [`Profile`], with all that is wrong in it.

use std::ops::Range;
use std::time::Duration;

use super::file::{CallbackFile, File, InputForm, Spanned};
use super::{PAGE_SEPTETS_MAX, PAGE_SEPTETS_MIN, Problem, Profile, WAITS_LEAST, WAITS_MAX, plain_refusal};
use crate::channel::Repeat;
use crate::channel::body::BodyFormat;
use crate::channel::callback::Callback;
use crate::channel::extract::Field;
use crate::channel::template::{Names, Piece, Purpose, Template, Value};
use crate::channel::told::Meaning;

mod callback;
mod field;
mod reply;
mod send;
mod signature;

pub(super) fn compile(name: &str, text: &str) -> Result<Profile, Vec<Problem>> {
    let mut check = Check { name, text, problems: Vec::new(), echo: Vec::new() };
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
    /// Names of what callbacks give back in replies.
    echo: Vec<Box<str>>,
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
        let problem = Problem { file: self.name.to_owned(), line, col, message: message.into() };
        // A reply is compiled once for a page that asks and once for the last one.
        if !self.problems.contains(&problem) {
            self.problems.push(problem);
        }
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
        if let Some(waits) = &file.waits_ms
            && !(WAITS_LEAST..=WAITS_MAX).contains(&Duration::from_millis(*waits.get_ref()))
        {
            let (least, most) = (WAITS_LEAST.as_millis(), WAITS_MAX.as_millis());
            self.problem(waits.span(), format!("waits_ms must lie between {least} and {most}"));
        }
        match &file.why {
            None if file.draft => self.problem(0..0, "a draft says why"),
            Some(why) if !file.draft => self.problem(why.span(), "why is for a draft"),
            _ => {}
        }
        let repeat = file.repeat.as_ref().map_or(Repeat::Quick, |repeat| *repeat.get_ref());
        let whole_input = file.input.as_ref().is_some_and(|input| *input.get_ref() == InputForm::Whole);
        if let Some(spanned) = &file.repeat
            && whole_input != (repeat == Repeat::Cumulative)
        {
            self.problem(spanned.span(), "repeat = \"cumulative\" and input = \"whole\" go together");
        }
        self.echo = echo_names(&file.callback);
        let manner = Manner { repeat, inquiry: file.inquiry.is_some() };
        let callbacks = self.callbacks(&file.callback, manner);
        self.needed(file, &callbacks);
        let pages = file.reply.as_ref().map(|reply| self.replies(reply));
        let sent = file.page.as_ref().and_then(|page| self.page_sent(page));
        if let (Some(page), Some(_)) = (&file.page, &file.reply) {
            self.problem(page.span(), "either [reply] or [page]: a page goes back once");
        }
        Profile {
            title: file.title.get_ref().clone(),
            also: file.also.clone(),
            draft: file.why.as_ref().map(|why| why.get_ref().clone()),
            repeat,
            whole_input,
            number_once: number_once(&callbacks),
            page_septets: file.page_septets.as_ref().map_or(PAGE_SEPTETS_MIN, |septets| *septets.get_ref()),
            waits: file.waits_ms.as_ref().map_or(WAITS_MAX, |waits| Duration::from_millis(*waits.get_ref())),
            credentials: self.credentials(file),
            signatures: file.signature.iter().filter_map(|own| self.signature(own)).collect(),
            callbacks,
            pages_need: pages.iter().flat_map(|(one, other)| [one, other]).flat_map(settings).collect(),
            pages,
            sent,
            answer: file.answer.as_ref().map(|answer| self.answer(answer)),
            acknowledgement: self.acknowledgement(file.acknowledgement.as_ref()),
            report_acknowledgement: self.optional(file.report_acknowledgement.as_ref(), Purpose::Reported),
            inquiry: self.optional(file.inquiry.as_ref(), Purpose::Inquiry),
            refusals: file.refusal.iter().map(|own| (own.get_ref().when.clone(), self.refusal(own))).collect(),
            plain_refusal: plain_refusal(),
            sending: file.send.as_ref().and_then(|send| self.sending(send)),
        }
    }

    fn names(&self) -> Names<'_> {
        Names { echo: &self.echo, computed: &[] }
    }

    /// What some kinds of callbacks need elsewhere in the file.
    fn needed(&mut self, file: &File, callbacks: &[Callback]) {
        let meanings: Vec<Meaning> = callbacks.iter().flat_map(|callback| callback.meaning.all()).collect();
        let turns = meanings.iter().any(|meaning| meaning.phase().is_some());
        let messages = meanings.contains(&Meaning::Sms);
        let dialogues = meanings.iter().any(|meaning| matches!(meaning, Meaning::Aborted | Meaning::Ended | Meaning::Inquiry));
        if (dialogues || meanings.is_empty()) && !turns && file.send.is_none() && self.problems.is_empty() {
            self.problem(0..0, "no callback begins or continues a dialogue, or brings a message or report, and nothing can be sent");
        }
        let there = [
            (file.repeat.is_some(), "repeat"),
            (file.input.is_some(), "input"),
            (file.page_septets.is_some(), "page_septets"),
            (file.reply.is_some() || file.page.is_some(), "[reply]"),
        ];
        for (_, name) in there.iter().filter(|(there, _)| turns && !there) {
            self.problem(0..0, format!("a profile whose callbacks begin or continue dialogues needs {name}"));
        }
        if let Some(waits) = file.waits_ms.as_ref().filter(|_| !turns && callbacks.len() == file.callback.len()) {
            self.problem(waits.span(), "waits_ms is about pages, but no callback begins or continues a dialogue");
        }
        // A callback that is not sound may have been meant to bring one.
        if let Some(answer) = file.answer.as_ref().filter(|_| !messages && callbacks.len() == file.callback.len()) {
            self.problem(answer.span(), "an [answer] goes back to a message, but no callback brings one");
        }
    }

    fn credentials(&mut self, file: &File) -> Vec<(Field, Value)> {
        let mut credentials = Vec::new();
        for (setting, place) in &file.credentials {
            let value = match setting.as_str() {
                "key" => Value::Key,
                "password" => Value::Password,
                "username" => Value::Username,
                _ => {
                    self.problem(place.span(), "a credential is the channel's key, password or username");
                    continue;
                }
            };
            credentials.extend(self.shaped(place).map(|field| (field, value)));
        }
        credentials
    }

    fn callbacks(&mut self, files: &[Spanned<CallbackFile>], manner: Manner) -> Vec<Callback> {
        let mut callbacks: Vec<Callback> = Vec::new();
        for file in files {
            let Some(callback) = self.callback(file, manner) else { continue };
            let takes_its_body = |earlier: &Callback| {
                earlier.body == callback.body
                    || matches!(earlier.body, BodyFormat::None | BodyFormat::Form) && callback.body != BodyFormat::Empty
            };
            let hides = |earlier: &Callback| {
                let same = earlier.path == callback.path && callback.methods.iter().any(|method| earlier.methods.contains(method));
                same && earlier.guards.is_empty() && takes_its_body(earlier)
            };
            if callbacks.iter().any(hides) {
                self.problem(file.get_ref().path.span(), "an earlier callback already takes this method and path");
            }
            callbacks.push(callback);
        }
        callbacks
    }
}

fn echo_names(files: &[Spanned<CallbackFile>]) -> Vec<Box<str>> {
    let mut names: Vec<Box<str>> = files.iter().flat_map(|file| file.get_ref().echo.keys()).map(|name| name.as_str().into()).collect();
    names.sort();
    names.dedup();
    names
}

/// Whether some turns come without the citizen's number.
fn number_once(callbacks: &[Callback]) -> bool {
    let is_turn = |callback: &&Callback| callback.meaning.all().iter().any(|meaning| meaning.phase().is_some());
    callbacks.iter().filter(is_turn).any(|callback| callback.fields.dialogue.as_ref().is_some_and(|fields| fields.number.is_none()))
}

/// The channel's settings that a page shows.
fn settings(template: &Template) -> Vec<Value> {
    let pieces = template.body.iter().chain(template.headers_shown.iter().flat_map(|(_, pieces)| pieces));
    let value = |piece: &Piece| match piece {
        Piece::Value(value) if value.setting().is_some() => Some(*value),
        _ => None,
    };
    pieces.filter_map(value).collect()
}
