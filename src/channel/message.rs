//! Messages and delivery reports, read out of a callback.

use std::sync::Arc;

use super::callback::{Told, optional, required};
use super::charset::Charset;
use super::extract::{Field, Source};
use super::profile::{MESSAGE_BYTES_MAX, WORD_BYTES_MAX};
use super::{About, DeliveryReport, DeliveryStatus, PartOf, Reason, Sender, SmsIn, udh};
use crate::citizen::{Msisdn, MsisdnError};

/// Where a message's facts stand.
#[derive(Clone, Debug)]
pub(super) struct MessageFields {
    pub(super) from: Field,
    pub(super) to: Option<Field>,
    pub(super) text: Field,
    /// The charset of the text's bytes; without it, or empty: UTF-8, else Latin-1.
    pub(super) charset: Option<Field>,
    pub(super) id: Option<Field>,
    pub(super) operator: Option<Field>,
    pub(super) part: Option<PartFields>,
}

/// Where it stands which part of a long message this is.
#[derive(Clone, Debug)]
pub(super) enum PartFields {
    /// In three fields; without the first, the message is a whole.
    Apart { reference: Field, total: Field, number: Field },
    /// In the user data header, as raw octets.
    Header(Field),
}

/// Where a delivery report's facts stand.
#[derive(Clone, Debug)]
pub(super) struct ReportFields {
    /// The id that we gave the message.
    pub(super) ours: Option<Field>,
    /// The telco's.
    pub(super) theirs: Option<Field>,
    pub(super) status: Told<DeliveryStatus>,
}

impl MessageFields {
    pub(super) fn read(&self, source: &Source<'_>, country: &str) -> Result<SmsIn, Reason> {
        Ok(SmsIn {
            from: sender(source, &self.from, country)?,
            to: optional(source, self.to.as_ref(), WORD_BYTES_MAX)?,
            text: self.text(source)?,
            id: optional(source, self.id.as_ref(), WORD_BYTES_MAX)?,
            operator: optional(source, self.operator.as_ref(), WORD_BYTES_MAX)?,
            part: self.part.as_ref().map(|part| part.read(source)).transpose()?.flatten(),
        })
    }

    /// It may be there and empty: a citizen can send an empty message.
    fn text(&self, source: &Source<'_>) -> Result<String, Reason> {
        let field = &self.text;
        let charset = match &self.charset {
            Some(named) => optional(source, Some(named), WORD_BYTES_MAX)?
                .map(|name| Charset::parse(&name).ok_or_else(|| Reason::Word { field: Arc::clone(&named.name) }))
                .transpose()?,
            None => None,
        };
        let missing = || Reason::Missing { field: Arc::clone(&field.name) };
        let text = match charset {
            Some(charset) => charset.decode(&source.bytes(&field.place).ok_or_else(missing)?),
            None => source.text(&field.place).ok_or_else(missing)?.text.into_owned(),
        };
        if text.len() > MESSAGE_BYTES_MAX {
            return Err(Reason::TooLong { field: Arc::clone(&field.name), max: MESSAGE_BYTES_MAX });
        }
        Ok(text)
    }
}

impl PartFields {
    fn read(&self, source: &Source<'_>) -> Result<Option<PartOf>, Reason> {
        match self {
            Self::Apart { reference, total, number } => {
                let Some(of) = optional(source, Some(reference), WORD_BYTES_MAX)? else { return Ok(None) };
                let reference = of.parse().map_err(|_| Reason::Word { field: Arc::clone(&reference.name) })?;
                Ok(PartOf::new(reference, small(source, total)?, small(source, number)?))
            }
            Self::Header(field) => Ok(source.bytes(&field.place).and_then(|header| udh::part(&header))),
        }
    }
}

impl ReportFields {
    pub(super) fn read(&self, source: &Source<'_>) -> Result<DeliveryReport, Reason> {
        let ours = optional(source, self.ours.as_ref(), WORD_BYTES_MAX)?.map(About::Ours);
        let theirs = || Ok(optional(source, self.theirs.as_ref(), WORD_BYTES_MAX)?.map(About::Theirs));
        let about = match ours {
            Some(ours) => Some(ours),
            None => theirs()?,
        };
        let Some(about) = about else {
            let field = self.ours.as_ref().or(self.theirs.as_ref()).map_or("id", |field| &field.name);
            return Err(Reason::Missing { field: field.into() });
        };
        let word = required(source, &self.status.field, WORD_BYTES_MAX)?;
        // A word that the profile does not know says at least that the message is still somewhere.
        Ok(DeliveryReport { about, status: self.status.find(&word).unwrap_or(DeliveryStatus::Pending), word: countable(&word) })
    }
}

/// Who has no number is not answered. Only where nothing stands at all, or a number was garbled on its way, is the callback refused.
fn sender(source: &Source<'_>, field: &Field, country: &str) -> Result<Sender, Reason> {
    let missing = || Reason::Missing { field: Arc::clone(&field.name) };
    let found = source.number(&field.place).ok_or_else(missing)?;
    match Msisdn::from_telco(&found.text, country) {
        Ok(number) => Ok(Sender::Citizen(number)),
        Err(MsisdnError::Empty) => Err(missing()),
        Err(_) if found.broken_escape.is_some() => Err(Reason::Number { field: Arc::clone(&field.name), escape: found.broken_escape }),
        Err(_) => Ok(Sender::Machine),
    }
}

fn small(source: &Source<'_>, field: &Field) -> Result<u8, Reason> {
    required(source, field, WORD_BYTES_MAX)?.parse().map_err(|_| Reason::Word { field: Arc::clone(&field.name) })
}

/// `DeliveredToTerminal` → `deliveredtoterminal`, `-1/x` → `_1_x`.
fn countable(word: &str) -> Option<String> {
    let word: String = word.trim().chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' }).collect();
    (!word.is_empty()).then_some(word)
}
