//! Messages and delivery reports, read out of a callback.

use std::sync::Arc;

use super::charset::Charset;
use super::dialogue::{optional, required};
use super::extract::{Field, Source};
use super::profile::{MESSAGE_BYTES_MAX, WORD_BYTES_MAX};
use super::told::Told;
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
    Apart(Box<PartApart>),
    /// In the user data header, as raw octets.
    Header(Field),
}

#[derive(Clone, Debug)]
pub(super) struct PartApart {
    pub(super) reference: Field,
    pub(super) total: Field,
    pub(super) number: Field,
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
            Some(charset) => charset.decode(&source.bytes(field).ok_or_else(missing)?),
            None => source.text(field).ok_or_else(missing)?.text.into_owned(),
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
            Self::Apart(apart) => {
                let PartApart { reference, total, number } = &**apart;
                let Some(of) = optional(source, Some(reference), WORD_BYTES_MAX)? else { return Ok(None) };
                Ok(PartOf::new(short(&of), small(source, total)?, small(source, number)?))
            }
            Self::Header(field) => Ok(source.bytes(field).and_then(|header| udh::part(&header))),
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
    let found = source.number(field).ok_or_else(missing)?;
    match Msisdn::from_telco(&found.text, country) {
        Ok(number) => Ok(Sender::Citizen(number)),
        Err(MsisdnError::Empty) => Err(missing()),
        Err(_) if found.broken_escape.is_some() => Err(Reason::Number { field: Arc::clone(&field.name), escape: found.broken_escape }),
        Err(_) => Ok(Sender::Machine),
    }
}

/// The reference of parts that belong together. Some aggregators use longer ones than phones do: any that are equal stay equal.
fn short(reference: &str) -> u16 {
    reference.parse().unwrap_or_else(|_| {
        let [_, _, high, low] = crc32fast::hash(reference.as_bytes()).to_be_bytes();
        u16::from_be_bytes([high, low])
    })
}

fn small(source: &Source<'_>, field: &Field) -> Result<u8, Reason> {
    required(source, field, WORD_BYTES_MAX)?.parse().map_err(|_| Reason::Word { field: Arc::clone(&field.name) })
}

/// `DeliveredToTerminal` → `deliveredtoterminal`, `-1/x` → `_1_x`.
fn countable(word: &str) -> Option<String> {
    let word: String = word.trim().chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' }).collect();
    (!word.is_empty()).then_some(word)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use http::{HeaderMap, Method};

    use super::super::account::Account;
    use super::super::callback::read;
    use super::super::{Inbound, Profile, Request};
    use crate::clock::Timestamp;

    /// Parts in fields of their own, and reports that may name either id, with words that only begin as the profile says.
    const PROFILE: &str = r#"title = "Uji"
[[callback]]
method = ["GET"]
path = "/"
body = "none"
meaning = "sms"
fields.from = "query:from"
fields.text = "query:text"
fields.charset = "query:charset"
fields.part = { reference = "query:ref", total = "query:of", number = "query:no" }
[[callback]]
method = ["GET"]
path = "/receipt"
body = "none"
meaning = "report"
fields.ours = "query:ours"
fields.theirs = "query:theirs"
status = { at = "query:status", equals = { 0 = "delivered" }, starts = { UN = "pending", UNDELIV = "failed" } }
"#;

    fn read_as(path: &str, query: &str) -> String {
        let profile = Profile::parse("uji.toml", PROFILE).unwrap();
        let headers = HeaderMap::new();
        let peer = "10.0.0.1".parse().unwrap();
        let request = Request { method: &Method::GET, path, query, headers: &headers, body: b"", peer };
        match read(&profile, &request, path, "62", &Account::default(), Timestamp::MIN).map(|received| received.inbound) {
            Ok(Inbound::Sms(sms)) => {
                format!("{:?} {} {:?}", sms.from, sms.text, sms.part.map(|part| (part.reference, part.total, part.number)))
            }
            Ok(Inbound::Delivery(report)) => format!("{:?} {:?} {}", report.about, report.status, report.word.unwrap_or_default()),
            Ok(other) => format!("{other:?}"),
            Err(refused) => refused.to_string(),
        }
    }

    #[test]
    fn messages_and_their_parts() {
        for (query, expected) in [
            ("from=081200000001&text=a", "Citizen a None"),
            ("from=081200000001&text=a&ref=", "Citizen a None"),
            ("from=081200000001&text=a&ref=4660&of=3&no=2", "Citizen a Some((4660, 3, 2))"),
            ("from=081200000001&text=a&ref=7&of=1&no=1", "Citizen a None"),
            ("from=081200000001&text=a&ref=7&of=2&no=3", "Citizen a None"),
            ("from=081200000001&text=a&ref=7&of=2", "field no is missing"),
            ("from=081200000001&text=a&ref=5476ddbb&of=2&no=1", "Citizen a Some((29691, 2, 1))"),
            ("from=081200000001&text=a&ref=7&of=256&no=1", "field of has a value that is not in the profile"),
            ("from=DUKCAPIL&text=a", "Machine a None"),
            ("from=62812000000010000&text=a", "Machine a None"),
            ("from=+&text=a", "field from is missing"),
            ("from=081200000001&text=%00K%00T&charset=ucs2", "Citizen KT None"),
            ("from=081200000001&charset=utf-8", "field text is missing"),
        ] {
            assert_eq!(read_as("", query), expected, "{query}");
        }
        let long = format!("from=081200000001&text={}", "a".repeat(super::MESSAGE_BYTES_MAX + 1));
        assert_eq!(read_as("", &long), "field text has more than 7168 bytes");
    }

    #[test]
    fn reports() {
        for (query, expected) in [
            ("ours=1f&status=0", "Ours(\"1f\") Delivered 0"),
            ("theirs=31&status=UNDELIVERABLE", "Theirs(\"31\") Failed undeliverable"),
            ("ours=&theirs=31&status=UNKNOWN", "Theirs(\"31\") Pending unknown"),
            ("ours=1f&theirs=31&status=-1/b", "Ours(\"1f\") Pending _1_b"),
            ("ours=1f", "field status is missing"),
            ("status=0", "field ours is missing"),
        ] {
            assert_eq!(read_as("/receipt", query), expected, "{query}");
        }
    }
}
