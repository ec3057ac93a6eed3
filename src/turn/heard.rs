//! Is this callback new, or was it heard before? Telcos repeat: because a reply was lost, because a user pressed twice, or because they do.

use std::time::Duration;

use super::INPUTS_MAX;
use super::record::{Mark, Past, REPEAT_AGE_MAX, Record};
use crate::channel::cumulative::{self, Cumulative};
use crate::channel::{Input, Phase, Repeat, UssdTurn, ussd_string};
use crate::citizen::DialString;
use crate::clock::Timestamp;
use crate::store::Field;

/// Where nothing but equal bytes tells a repeat, they are one only this soon after our reply: a thumb is slower.
const QUICK_AGE_MAX: Duration = Duration::from_secs(1);
/// The same number dialling the same again this soon is one dial sent twice under two ids.
const TWIN_AGE_MAX: Duration = Duration::from_secs(2);

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Heard {
    /// Answered before, or older than what was answered: the newest page again.
    Again,
    /// A begin that came twice, under another dialogue id.
    Twin([u8; 16]),
    /// From a dialogue that ended before the present one began: the page it ended with.
    Ended(String),
    /// From a dialogue that a later one of the same number has replaced.
    Replaced,
    Next {
        inputs: Vec<String>,
        mark: Mark,
    },
    Begin {
        inputs: Vec<String>,
        mark: Mark,
        dialogue: [u8; 16],
    },
}

/// The store's keyed hash.
type Hash<'a> = &'a dyn Fn(Field, &[u8]) -> [u8; 16];

pub(super) fn hear(
    turn: &UssdTurn,
    repeat: Repeat,
    record: Option<&Record>,
    service_code: &DialString,
    now: Timestamp,
    hash: Hash<'_>,
) -> Heard {
    let dialogue = hash(Field::Dialogue, turn.dialogue.as_bytes());
    let current = record.filter(|record| now.since(record.at) < REPEAT_AGE_MAX);
    if let Some(record) = current
        && record.is_of(dialogue)
    {
        let begins = record.release || turn.phase == Phase::Begin;
        if !begins {
            return next(turn, repeat, record, now, hash);
        }
        // An id of its own never begins again. A number does, whenever its citizen dials; the last answer in it may still come again.
        let mark = mark_of(turn, hash);
        let may_repeat = turn.phase != Phase::Begin || now.since(record.at) <= QUICK_AGE_MAX;
        if !turn.is_known_by_number() || (record.mark.hash == mark.hash && may_repeat) {
            return Heard::Again;
        }
        return Heard::Begin { inputs: begin_inputs(turn, service_code), mark, dialogue };
    }
    let past = record.and_then(|record| record.past.iter().find(|past| past.dialogue == dialogue && past.may_be_repeated(now)));
    match past {
        Some(Past { page: Some(page), .. }) => return Heard::Ended(page.clone()),
        Some(Past { page: None, .. }) => return Heard::Replaced,
        None => {}
    }
    let inputs = begin_inputs(turn, service_code);
    let mark = mark_of(turn, hash);
    if let Some(record) = current
        && record.untouched
        && (record.open || record.release)
        && now.since(record.begun) < TWIN_AGE_MAX
        && record.mark.hash == mark.hash
    {
        return Heard::Twin(dialogue);
    }
    Heard::Begin { inputs, mark, dialogue }
}

fn next(turn: &UssdTurn, repeat: Repeat, record: &Record, now: Timestamp, hash: Hash<'_>) -> Heard {
    let mark = mark_of(turn, hash);
    match &turn.input {
        Input::Whole(whole) => {
            let before = usize::try_from(record.mark.len).unwrap_or(usize::MAX);
            match cumulative::new_input(before, |prefix| hash(Field::Text, prefix) == record.mark.hash, whole) {
                Cumulative::New(typed) => Heard::Next { inputs: split(typed), mark },
                // What does not go on from what was heard cannot be placed: the newest page is the safe answer.
                Cumulative::Repeat | Cumulative::Older | Cumulative::Unrelated => Heard::Again,
            }
        }
        Input::Last(last) => {
            let again = match repeat {
                Repeat::Sequence => {
                    record.mark.sequence.as_deref().zip(turn.sequence.as_deref()).is_some_and(|(last, this)| is_heard(last, this))
                }
                Repeat::Quick | Repeat::Cumulative => record.mark.hash == mark.hash && now.since(record.at) <= QUICK_AGE_MAX,
            };
            if again { Heard::Again } else { Heard::Next { inputs: vec![last.clone()], mark } }
        }
    }
}

/// The last sequence again, or one before it. Sequences that are no numbers have no before.
fn is_heard(last: &str, this: &str) -> bool {
    last == this || matches!((last.parse::<u64>(), this.parse::<u64>()), (Ok(last), Ok(this)) if this < last)
}

/// What was dialled after the service code, then what the first text already holds.
fn begin_inputs(turn: &UssdTurn, service_code: &DialString) -> Vec<String> {
    let text = turn.input.text();
    if turn.phase == Phase::Continue {
        // An answer in a dialogue that we do not know (any more) answers nothing: the citizen starts again.
        return Vec::new();
    }
    if turn.service_code.is_none() && !text.starts_with(['*', '#']) {
        return if text.is_empty() { Vec::new() } else { split(text) };
    }
    let dialled = ussd_string::dialled(turn.service_code.as_deref(), text).and_then(|dialled| DialString::parse(&dialled.text()).ok());
    let mut inputs = dialled.and_then(|dialled| dialled.after(service_code)).unwrap_or_default();
    inputs.truncate(INPUTS_MAX);
    inputs
}

fn split(text: &str) -> Vec<String> {
    text.split('*').take(INPUTS_MAX).map(str::to_owned).collect()
}

fn mark_of(turn: &UssdTurn, hash: Hash<'_>) -> Mark {
    let text = turn.input.text();
    Mark { len: u32::try_from(text.len()).unwrap_or(u32::MAX), hash: hash(Field::Text, text.as_bytes()), sequence: turn.sequence.clone() }
}
