//! Texts with `{names}` in them, and how values look on a phone.

use crate::clock::Timestamp;
use crate::gsm;

use super::compiled::Language;
use super::{Kind, Value};

/// A text cut up once, at load.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Template {
    parts: Vec<Part>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Literal(String),
    Name { id: u32, name: String },
}

/// A brace without its partner, or nothing between them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct BadBrace;

impl Template {
    pub(super) fn parse(text: &str) -> Result<Self, BadBrace> {
        let mut parts = Vec::new();
        let mut rest = text.trim_end_matches('\n');
        while let Some(open) = rest.find(['{', '}']) {
            let (before, braced) = rest.split_at(open);
            let inner = braced.strip_prefix('{').ok_or(BadBrace)?;
            let (name, after) = inner.split_once('}').ok_or(BadBrace)?;
            if name.is_empty() || !name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_') {
                return Err(BadBrace);
            }
            if !before.is_empty() {
                parts.push(Part::Literal(before.to_owned()));
            }
            parts.push(Part::Name { id: super::compiled::id(name), name: name.to_owned() });
            rest = after;
        }
        if !rest.is_empty() {
            parts.push(Part::Literal(rest.to_owned()));
        }
        Ok(Self { parts })
    }

    /// As it is written in the file.
    pub(super) fn source(&self) -> String {
        let part = |part: &Part| match part {
            Part::Literal(text) => text.clone(),
            Part::Name { name, .. } => format!("{{{name}}}"),
        };
        self.parts.iter().map(part).collect()
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().filter_map(|part| match part {
            Part::Name { name, .. } => Some(name.as_str()),
            Part::Literal(_) => None,
        })
    }

    /// Fills in values. One that is not there leaves nothing, which `check` rules out.
    pub(super) fn write<'v>(&self, out: &mut String, language: &Language, value: impl Fn(u32) -> Option<&'v Value>) {
        for part in &self.parts {
            match part {
                Part::Literal(text) => out.push_str(text),
                Part::Name { id, .. } => {
                    if let Some(value) = value(*id) {
                        write_value(out, language, *id, value);
                    }
                }
            }
        }
    }

    /// With the longest values there can be, as far as septets go.
    pub(super) fn longest(&self, language: &Language, kind: impl Fn(&str) -> Option<Kind>) -> String {
        let mut out = String::new();
        for part in &self.parts {
            match part {
                Part::Literal(text) => out.push_str(text),
                Part::Name { id, name } => out.push_str(&longest_value(language, *id, kind(name))),
            }
        }
        out
    }
}

fn write_value(out: &mut String, language: &Language, id: u32, value: &Value) {
    use std::fmt::Write as _;
    // Writing to a String cannot fail.
    let _infallible = match value {
        Value::Code(code) => write!(out, "{code}"),
        Value::Day(day) => {
            let date = day.date();
            let weekday = usize::try_from(date.weekday().to_sunday_zero_offset()).unwrap_or(0);
            let month = usize::try_from(date.month() - 1).unwrap_or(0);
            write!(out, "{} {:02} {}", language.day(weekday), date.day(), language.month(month))
        }
        Value::Id(_) | Value::Kk(_) => Ok(()),
        Value::Moment(at) => write_moment(out, language, *at),
        Value::Nik(nik) => write!(out, "..{:04}", nik.last4()),
        Value::Number(number) => write!(out, "{number}"),
        Value::Text(text) => write!(out, "{text}"),
        Value::Window { from, to } => write!(out, "{from:02}-{to:02}"),
        Value::Word(word) => write!(out, "{}", language.word(id, word)),
        Value::Words(words) => write!(out, "{}", language.listed(id, words)),
    };
}

fn write_moment(out: &mut String, language: &Language, at: Timestamp) -> std::fmt::Result {
    use std::fmt::Write as _;
    let date = at.day().date();
    let (hour, minute) = at.hour_minute();
    let month = usize::try_from(date.month() - 1).unwrap_or(0);
    write!(out, "{:02} {} {hour:02}.{minute:02}", date.day(), language.month(month))
}

fn longest_value(language: &Language, id: u32, kind: Option<Kind>) -> String {
    let many = |count: usize| "m".repeat(count);
    match kind {
        None | Some(Kind::Id | Kind::Kk) => String::new(),
        Some(Kind::Code) => many(8),
        Some(Kind::Day) => format!("{} 00 {}", language.longest_day(), language.longest_month()),
        Some(Kind::Moment) => format!("00 {} 00.00", language.longest_month()),
        Some(Kind::Nik) => many(6),
        Some(Kind::Number(digits)) => many(digits.into()),
        Some(Kind::Text(septets) | Kind::Words(septets)) => many(septets.into()),
        Some(Kind::Window) => many(5),
        Some(Kind::Word) => language.longest_word(id).to_owned(),
    }
}

/// Septets of a text; a character that GSM-7 lacks counts as one here, since `check` names it elsewhere.
pub(super) fn septets(text: &str) -> usize {
    gsm::septets(text).unwrap_or_else(|_| text.chars().count())
}
