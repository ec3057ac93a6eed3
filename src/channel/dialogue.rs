//! What a callback says about a dialogue: who, in which one, and what was typed.

use std::sync::Arc;

use super::body::Found;
use super::extract::{Field, Source};
use super::profile;
use super::told::Meaning;
use super::{Hangup, Inbound, Input, Inquiry, Phase, Reason, UssdTurn, Why};
use crate::citizen::Msisdn;

#[derive(Clone, Debug)]
pub(super) struct DialogueFields {
    /// `None`: this telco tells it only when a dialogue begins.
    pub(super) number: Option<Field>,
    pub(super) dialogue: Field,
    pub(super) input: Option<Field>,
    pub(super) service_code: Option<Field>,
    pub(super) sequence: Option<Field>,
    pub(super) operator: Option<Field>,
}

impl DialogueFields {
    pub(super) fn read(&self, meaning: Meaning, source: &Source<'_>, whole_input: bool, country: &str) -> Result<Inbound, Reason> {
        let dialogue = required(source, &self.dialogue, profile::DIALOGUE_BYTES_MAX)?;
        let hangup = |why| {
            Ok(Inbound::Hangup(Hangup { number: told_number(source, self.number.as_ref(), country), dialogue: dialogue.clone(), why }))
        };
        let phase = match meaning {
            Meaning::Aborted => return hangup(Why::Aborted),
            Meaning::Ended => return hangup(Why::Ended),
            Meaning::Failed => return hangup(Why::Failed),
            Meaning::TimedOut => return hangup(Why::TimedOut),
            Meaning::Inquiry => return Ok(Inbound::Inquiry(Inquiry { dialogue })),
            Meaning::Ignored | Meaning::Refused | Meaning::Report | Meaning::Sms => return Err(Reason::Route),
            Meaning::Begin => Phase::Begin,
            Meaning::Continue => Phase::Continue,
            Meaning::Unsaid => Phase::Unsaid,
        };
        let text = self.input(source)?;
        Ok(Inbound::Ussd(UssdTurn {
            number: self.number.as_ref().map(|field| number(source, field, country)).transpose()?,
            dialogue,
            phase,
            input: if whole_input { Input::Whole(text) } else { Input::Last(text) },
            service_code: optional(source, self.service_code.as_ref(), super::ussd_string::DIALLED_BYTES_MAX)?,
            sequence: self.sequence.as_ref().map(|field| required(source, field, profile::WORD_BYTES_MAX)).transpose()?,
            operator: optional(source, self.operator.as_ref(), profile::WORD_BYTES_MAX)?,
        }))
    }

    /// Unlike other fields it may be there and empty.
    fn input(&self, source: &Source<'_>) -> Result<String, Reason> {
        let Some(field) = &self.input else { return Ok(String::new()) };
        let found = source.text(field).ok_or_else(|| Reason::Missing { field: Arc::clone(&field.name) })?;
        sized(found, field, profile::INPUT_BYTES_MAX)
    }
}

fn number(source: &Source<'_>, field: &Field, country: &str) -> Result<Msisdn, Reason> {
    let found = source.number(field).filter(|found| !found.text.trim().is_empty());
    let found = found.ok_or_else(|| Reason::Missing { field: Arc::clone(&field.name) })?;
    msisdn(&found.text, country).ok_or_else(|| Reason::Number { field: Arc::clone(&field.name), escape: found.broken_escape })
}

/// The number of a hang-up, which does its work without one.
fn told_number(source: &Source<'_>, field: Option<&Field>, country: &str) -> Option<Msisdn> {
    msisdn(&source.number(field?)?.text, country)
}

pub(super) fn required(source: &Source<'_>, field: &Field, max: usize) -> Result<String, Reason> {
    let found = source.text(field).filter(|found| !found.text.is_empty());
    sized(found.ok_or_else(|| Reason::Missing { field: Arc::clone(&field.name) })?, field, max)
}

pub(super) fn optional(source: &Source<'_>, field: Option<&Field>, max: usize) -> Result<Option<String>, Reason> {
    let Some(field) = field else { return Ok(None) };
    let found = source.text(field).filter(|found| !found.text.is_empty());
    found.map(|found| sized(found, field, max)).transpose()
}

fn sized(found: Found<'_>, field: &Field, max: usize) -> Result<String, Reason> {
    if found.text.len() > max {
        return Err(Reason::TooLong { field: Arc::clone(&field.name), max });
    }
    Ok(found.text.into_owned())
}

fn msisdn(text: &str, country: &str) -> Option<Msisdn> {
    Msisdn::from_telco(text, country).ok()
}
