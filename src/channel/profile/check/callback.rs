//! One callback: which requests it takes and what it says.

use http::Method;

use super::super::file::{CallbackFile, FieldsFile, PartFile, Spanned, ToldFile, WordsFile};
use super::field::Within;
use super::{Check, Manner};
use crate::channel::Repeat;
use crate::channel::body::BodyFormat;
use crate::channel::callback::{Callback, Each, Fields, Guard, Wanted};
use crate::channel::dialogue::DialogueFields;
use crate::channel::extract::{Field, Place};
use crate::channel::message::{MessageFields, PartApart, PartFields, ReportFields};
use crate::channel::path::PathPattern;
use crate::channel::told::{Meaning, MeaningOf, Told};

impl Check<'_> {
    /// `None` only after a problem was noted.
    pub(super) fn callback(&mut self, spanned: &Spanned<CallbackFile>, manner: Manner) -> Option<Callback> {
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
        let within = Within { body: file.body, path: &path };
        let guards = self.guards(file, within);
        let needs = file.needs.iter().filter_map(|place| self.known_place(place, within)).collect();
        let each = file.each.as_ref().and_then(|each| self.each(each, file.body));
        let meaning = self.meaning(spanned, within)?;
        let meanings = meaning.all();
        let fields = self.fields(spanned, within, &meanings)?;
        let turn = meanings.iter().any(|meaning| meaning.phase().is_some());
        if turn && manner.repeat == Repeat::Sequence && file.fields.sequence.is_none() {
            self.problem(spanned.span(), "repeat = \"sequence\" needs fields.sequence");
        }
        if !manner.inquiry && meanings.contains(&Meaning::Inquiry) {
            self.problem(spanned.span(), "an inquiry needs an [inquiry] reply");
        }
        if each.is_some() && fields.dialogue.is_some() {
            self.problem(spanned.span(), "each is for messages and reports: a turn comes alone");
        }
        let only = (!file.only.is_empty()).then(|| file.only.iter().map(|name| name.as_str().into()).collect());
        let echo = self.echoed(file, within);
        Some(Callback { methods, path, body: file.body, guards, needs, only, each, meaning, fields, echo })
    }

    fn guards(&mut self, file: &CallbackFile, within: Within<'_>) -> Vec<Guard> {
        let mut guards = Vec::new();
        for (place, words) in &file.when {
            let WordsFile(list) = words.get_ref();
            if let Some(field) = self.place(words.span(), place) {
                self.within(words.span(), &field, within);
                guards.push(Guard { field, wanted: Wanted::OneOf(list.iter().map(|word| word.as_str().into()).collect()) });
            }
        }
        for (places, wanted) in [(&file.with, Wanted::Something), (&file.without, Wanted::Nothing)] {
            for place in places {
                guards.extend(self.known_place(place, within).map(|field| Guard { field, wanted: wanted.clone() }));
            }
        }
        guards
    }

    fn known_place(&mut self, place: &Spanned<String>, within: Within<'_>) -> Option<Field> {
        let field = self.place(place.span(), place.get_ref())?;
        self.within(place.span(), &field, within);
        Some(field)
    }

    fn each(&mut self, each: &Spanned<String>, body: BodyFormat) -> Option<Each> {
        match (Place::parse(each.get_ref()), body) {
            (Ok((Place::Json(pointer), _)), BodyFormat::Json) => Some(Each::Json(pointer)),
            (Ok((Place::Xml(path), _)), BodyFormat::Xml) => Some(Each::Xml(path)),
            // The whole body is the list.
            (Err(_), BodyFormat::Json) if each.get_ref() == "json:" => Some(Each::Json("".into())),
            _ => {
                self.problem(each.span(), "each is a json: or xml: place in a body of that format");
                None
            }
        }
    }

    fn meaning(&mut self, spanned: &Spanned<CallbackFile>, within: Within<'_>) -> Option<MeaningOf> {
        let file = spanned.get_ref();
        match (file.meaning, &file.told_by) {
            (Some(meaning), None) => Some(MeaningOf::Fixed(meaning)),
            (None, Some(told)) => self.told(told, "told_by", within).map(MeaningOf::Told),
            (None, None) | (Some(_), Some(_)) => {
                self.problem(spanned.span(), "a callback needs either meaning or told_by");
                None
            }
        }
    }

    fn told<T: Copy>(&mut self, told: &ToldFile<T>, name: &str, within: Within<'_>) -> Option<Told<T>> {
        let field = self.field(&told.at, within)?;
        let mut starts: Vec<_> = told.starts.iter().map(|(word, means)| (word.as_str().into(), *means)).collect();
        starts.sort_by_key(|(word, _): &(Box<str>, T)| std::cmp::Reverse(word.len()));
        let equals: Vec<_> = told.equals.iter().map(|(word, means)| (word.as_str().into(), *means)).collect();
        if equals.is_empty() && starts.is_empty() {
            self.problem(told.at.span(), format!("{name} needs equals or starts"));
        }
        Some(Told { field, any_case: told.any_case, equals, starts, otherwise: told.otherwise })
    }

    /// `None` only after a problem was noted.
    fn fields(&mut self, spanned: &Spanned<CallbackFile>, within: Within<'_>, meanings: &[Meaning]) -> Option<Fields> {
        let file = spanned.get_ref();
        let fields = &file.fields;
        let turn = meanings.iter().any(|meaning| meaning.phase().is_some());
        let begins = meanings.iter().any(|meaning| matches!(meaning, Meaning::Begin | Meaning::Unsaid));
        let message = meanings.contains(&Meaning::Sms);
        let report = meanings.contains(&Meaning::Report);
        let dialogue =
            meanings.iter().any(|meaning| !matches!(meaning, Meaning::Ignored | Meaning::Refused | Meaning::Report | Meaning::Sms));
        for (needed, there, what, name) in [
            (dialogue, fields.dialogue.is_some(), "that is about a dialogue", "fields.dialogue"),
            (begins, fields.number.is_some(), "that begins a dialogue", "fields.number"),
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
            dialogue: if dialogue { Some(self.dialogue_fields(fields, within)?) } else { None },
            message: if message { Some(self.message_fields(fields, within)?) } else { None },
            report: if report { Some(self.report_fields(file, within)?) } else { None },
        })
    }

    fn dialogue_fields(&mut self, fields: &FieldsFile, within: Within<'_>) -> Option<DialogueFields> {
        Some(DialogueFields {
            number: self.maybe(fields.number.as_ref(), within),
            input: self.maybe(fields.input.as_ref(), within),
            service_code: self.maybe(fields.service_code.as_ref(), within),
            sequence: self.maybe(fields.sequence.as_ref(), within),
            operator: self.maybe(fields.operator.as_ref(), within),
            dialogue: self.maybe(fields.dialogue.as_ref(), within)?,
        })
    }

    fn message_fields(&mut self, fields: &FieldsFile, within: Within<'_>) -> Option<MessageFields> {
        let part = match (&fields.part, &fields.udh) {
            (Some(PartFile { reference, total, number }), _) => {
                let mut field = |file| self.field(file, within);
                Some(PartFields::Apart(Box::new(PartApart { reference: field(reference)?, total: field(total)?, number: field(number)? })))
            }
            (None, Some(udh)) => Some(PartFields::Header(self.field(udh, within)?)),
            (None, None) => None,
        };
        Some(MessageFields {
            to: self.maybe(fields.to.as_ref(), within),
            charset: self.maybe(fields.charset.as_ref(), within),
            id: self.maybe(fields.id.as_ref(), within),
            operator: self.maybe(fields.operator.as_ref(), within),
            part,
            from: self.maybe(fields.from.as_ref(), within)?,
            text: self.maybe(fields.text.as_ref(), within)?,
        })
    }

    fn report_fields(&mut self, file: &CallbackFile, within: Within<'_>) -> Option<ReportFields> {
        let (ours, theirs) = (self.maybe(file.fields.ours.as_ref(), within), self.maybe(file.fields.theirs.as_ref(), within));
        let status = self.told(file.status.as_ref()?, "status", within)?;
        Some(ReportFields { ours, theirs, status })
    }

    fn echoed(&mut self, file: &CallbackFile, within: Within<'_>) -> Vec<Option<Field>> {
        let names = self.echo.clone();
        let mut echo = Vec::new();
        for name in &names {
            let own = file.echo.get(&**name);
            if let Some(own) = own.filter(|_| !name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_')) {
                self.problem(own.span(), "a name is lower-case letters and _");
            }
            echo.push(self.maybe(own, within));
        }
        echo
    }
}
