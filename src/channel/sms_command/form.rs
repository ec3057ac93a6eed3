//! Forms that other offices have taught: fields between marks, in an order of their own.
//!
//! ```text
//! #NIK #Name #KK #Telephone #Complaint            Halo Dukcapil, the ministry's desk
//! #KTP#NIK#KK#Name#Village#Kecamatan#Hilang       Disdukcapil Magelang, 2020
//! #SINKRONISASI#NIK#KK#Purpose                    the same office
//! ```

use super::lex::{Kind, Token};
use super::number::NumberKind;
use super::said::Said;
use super::{Command, Intent, Village, intent};
use crate::citizen::area::Level;

/// Marks that people put between fields, the taught one first.
const BORDERS: [char; 5] = ['#', '*', '/', '\n', ','];
/// A form has so many fields at least: fewer are a keyword and its number.
const FIELDS_MIN: usize = 4;

/// A command if the message is such a form.
pub(super) fn read(said: &Said<'_>) -> Option<Command> {
    let fields = fields(said)?;
    let nik = said.numbers.iter().find(|number| number.kind == NumberKind::Whole)?;
    let nik_field = fields.iter().position(|field| field.start <= nik.start && nik.end <= field.end)?;
    let texts: Vec<&Field<'_>> = fields.iter().skip(nik_field + 1).filter(|field| field.has_letters()).collect();
    let first = fields.first().filter(|_| nik_field > 0).map(|field| field.text.to_lowercase());
    match (first.as_deref(), texts.as_slice()) {
        (None, [_name, .., remark]) if said.numbers.len() > 1 && fields.first().is_some_and(|field| !field.has_letters()) => {
            Some(remarked(said, remark))
        }
        (Some("sinkronisasi" | "sinkron"), [.., purpose]) => {
            let mut command = remarked(said, purpose);
            command.intent = Intent::LaporBaru;
            Some(command)
        }
        (Some(_), [_name, .., need]) if texts.len() >= 3 => wanted(said, &texts, need),
        _ => None,
    }
}

struct Field<'t> {
    text: &'t str,
    start: usize,
    end: usize,
}

impl Field<'_> {
    fn has_letters(&self) -> bool {
        self.text.chars().any(char::is_alphabetic)
    }
}

/// What stands between the first mark that is there often enough, from behind a greeting to before thanks and a name.
fn fields<'s>(said: &'s Said<'_>) -> Option<Vec<Field<'s>>> {
    let is_greeting = |token: &Token, at: usize| matches!(token.kind, Kind::Mark(_)) || said.is_greeting(at);
    let (_, first) = said.tokens.iter().enumerate().find(|(at, token)| !is_greeting(token, *at))?;
    let end = said.tokens.get(said.ending(true)).map_or(said.text.len(), |token| token.start);
    let text = said.text.get(first.start..end)?;
    let fields = |border: char| -> Vec<Field<'s>> {
        let mut fields = Vec::new();
        let mut at = first.start;
        for piece in text.split(border) {
            let trimmed = piece.trim();
            if trimmed.chars().any(char::is_alphanumeric) {
                let start = at + (piece.len() - piece.trim_start().len());
                fields.push(Field { text: trimmed, start, end: start + trimmed.len() });
            }
            at += piece.len() + border.len_utf8();
        }
        fields
    };
    BORDERS.into_iter().map(fields).find(|fields| fields.len() >= FIELDS_MIN)
}

/// A question after a card, with a remark; a complaint if money was asked for.
fn remarked(said: &Said<'_>, remark: &Field<'_>) -> Command {
    let places = places(said, remark);
    let is_bribe = said.has_any(&places, &said.words.bribe);
    let mut command = Command::new(if is_bribe { Intent::LaporBaru } else { Intent::CekKtp });
    intent::numbers_into(said, &mut command, None);
    command.is_bribe = is_bribe;
    command.text = Some(remark.text.to_owned());
    command
}

/// An appointment, if the last field says what for.
fn wanted(said: &Said<'_>, texts: &[&Field<'_>], need: &Field<'_>) -> Option<Command> {
    let mut command = intent::daftar(said, &places(said, need));
    command.need.as_ref().filter(|need| matches!(need, super::Need::Named(_)))?;
    let areas: Vec<&Field<'_>> = texts.get(1..texts.len() - 1)?.to_vec();
    let district = areas.last().and_then(|field| area(said, field, Level::District));
    let village = areas.len().checked_sub(1 + usize::from(district.is_some())).and_then(|at| areas.get(at));
    command.village = village.map(|field| {
        let known = area(said, field, Level::Village).filter(|village| district.is_none_or(|district| village.district() == district.code));
        match known {
            Some(village) => Village::One { code: village.code.clone(), name: village.name.clone() },
            None => Village::Unknown(field.text.to_owned()),
        }
    });
    command.district = district.map(|district| district.code.clone());
    Some(command)
}

/// The only area of a level that a field names.
fn area<'a>(said: &Said<'a>, field: &Field<'_>, level: Level) -> Option<&'a crate::citizen::area::Area> {
    let text = field.text.to_lowercase();
    let mut words: Vec<&str> = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    if level == Level::Village {
        words.insert(0, "desa");
    }
    let mention = said.areas.find(&words, |_| false);
    match level {
        Level::District => mention.district,
        Level::Village => mention.villages.first().copied(),
    }
}

/// The tokens of a field.
fn places(said: &Said<'_>, field: &Field<'_>) -> std::ops::Range<usize> {
    let first = said.tokens.iter().position(|token| token.start >= field.start).unwrap_or(said.tokens.len());
    let last = said.tokens.iter().rposition(|token| token.end <= field.end).map_or(first, |at| at + 1);
    first..last.max(first)
}
