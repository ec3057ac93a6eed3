//! What the words in a field mean.

use std::sync::Arc;

use serde::Deserialize;

use super::extract::{Field, Source};
use super::{Phase, Reason};

/// What a callback is: a message, a delivery report, or what it says about a dialogue. Formats differ in nine ways there, which come
/// down to three: it is the same for the whole callback (a path, a method, or the telco never says: `unsaid`), or a field's value
/// tells (a flag, a word, a page id, an operation, an empty text), or how it begins does (a dialled string opens with `*`, an abort
/// with fixed words).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Meaning {
    Aborted,
    Begin,
    Continue,
    Ended,
    Failed,
    /// To be acknowledged, otherwise of no use.
    Ignored,
    /// Is the dialogue alive?
    Inquiry,
    /// Not to be taken, although it can be read.
    Refused,
    /// What became of a message that we sent.
    Report,
    Sms,
    TimedOut,
    Unsaid,
}

#[derive(Clone, Debug)]
pub(super) enum MeaningOf {
    Fixed(Meaning),
    Told(Told<Meaning>),
}

/// What the words in a field mean. Tried in this order: a value that equals, one that starts so, any other.
#[derive(Clone, Debug)]
pub(super) struct Told<T> {
    pub(super) field: Field,
    pub(super) any_case: bool,
    pub(super) equals: Vec<(Box<str>, T)>,
    /// Longest first.
    pub(super) starts: Vec<(Box<str>, T)>,
    pub(super) otherwise: Option<T>,
}

impl<T: Copy> Told<T> {
    pub(super) fn find(&self, text: &str) -> Option<T> {
        let equals = |word: &str| word == text || (self.any_case && word.eq_ignore_ascii_case(text));
        let equal = self.equals.iter().find(|(word, _)| equals(word));
        let rule = equal.or_else(|| self.starts.iter().find(|(word, _)| text.starts_with(&**word)));
        rule.map(|(_, means)| *means).or(self.otherwise)
    }
}

impl MeaningOf {
    pub(super) fn all(&self) -> Vec<Meaning> {
        match self {
            Self::Fixed(meaning) => vec![*meaning],
            Self::Told(told) => told.equals.iter().chain(&told.starts).map(|(_, meaning)| *meaning).chain(told.otherwise).collect(),
        }
    }

    pub(super) fn of(&self, source: &Source<'_>) -> Result<Meaning, Reason> {
        let told = match self {
            Self::Fixed(meaning) => return Ok(*meaning),
            Self::Told(told) => told,
        };
        let found = source.text(&told.field);
        let text = found.as_ref().map_or("", |found| found.text.as_ref());
        told.find(text).ok_or_else(|| {
            let field = Arc::clone(&told.field.name);
            if found.is_none() { Reason::Missing { field } } else { Reason::Word { field } }
        })
    }
}

impl Meaning {
    /// As a profile writes it.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Aborted => "aborted",
            Self::Begin => "begin",
            Self::Continue => "continue",
            Self::Ended => "ended",
            Self::Failed => "failed",
            Self::Ignored => "ignored",
            Self::Inquiry => "inquiry",
            Self::Refused => "refused",
            Self::Report => "report",
            Self::Sms => "sms",
            Self::TimedOut => "timed-out",
            Self::Unsaid => "unsaid",
        }
    }

    /// The phase of a turn; `None` for what is no turn.
    pub(super) const fn phase(self) -> Option<Phase> {
        match self {
            Self::Begin => Some(Phase::Begin),
            Self::Continue => Some(Phase::Continue),
            Self::Unsaid => Some(Phase::Unsaid),
            Self::Aborted
            | Self::Ended
            | Self::Failed
            | Self::Ignored
            | Self::Inquiry
            | Self::Refused
            | Self::Report
            | Self::Sms
            | Self::TimedOut => None,
        }
    }
}
