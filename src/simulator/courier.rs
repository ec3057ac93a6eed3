//! Who brings phones' messages and tells what became of ours, pure: three are [`Aggregator`]s, which also take our messages and deliver
//! them; of the others only what they bring is known here, as rows of `formats`.

pub mod format;
mod formats;
mod signing;

use std::borrow::Cow;

use super::aggregator::submit::{Report, Submit};
use super::aggregator::{Aggregator, Fate, FromPhone};
use super::client::Reply;
use super::telco::Place;
use super::wire::Ask;
use super::{Error, Secrets, moment};
use crate::clock::Timestamp;
use crate::gsm;
use format::{Format, Taken};

#[derive(Clone, Copy, Debug)]
pub enum Courier {
    Known(Aggregator),
    Listed(&'static Format),
}

/// What became of one of our messages.
#[derive(Clone, Copy, Debug)]
pub struct About<'a> {
    /// The phone's: `+62…`
    pub phone: &'a str,
    /// The short code.
    pub to: &'a str,
    /// The message's, as the two agreed when it was handed over.
    pub id: &'a str,
    pub fate: Fate,
    pub at: Timestamp,
}

impl Courier {
    /// A format's name; also a channel's or profile's that begins so. The longest name counts.
    pub fn parse(name: &str) -> Option<Self> {
        Self::all().filter(|courier| name.starts_with(courier.name())).max_by_key(|courier| courier.name().len())
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::Known(Aggregator::AfricasTalking) => "africastalking",
            Self::Known(Aggregator::Kannel) => "kannel",
            Self::Known(Aggregator::Telkomsel) => "telkomsel",
            Self::Listed(format) => format.name,
        }
    }

    /// Every one that is known here.
    pub fn all() -> impl Iterator<Item = Self> {
        let known = [Aggregator::AfricasTalking, Aggregator::Kannel, Aggregator::Telkomsel].map(Self::Known);
        known.into_iter().chain(formats::all().map(Self::Listed))
    }

    /// The one that a shipped profile describes.
    pub fn of_profile(profile: &str) -> Option<Self> {
        let bare = if profile == "telkomsel-cp" { "telkomsel" } else { profile.strip_suffix("-sms").unwrap_or(profile) };
        Self::all().find(|courier| courier.name() == bare)
    }

    /// Whether what it brings is signed.
    pub fn signs(self) -> bool {
        matches!(self, Self::Listed(format) if format.signing.is_some())
    }

    /// Whether it brings phones' messages; some only tell what became of ours.
    pub fn brings(self) -> bool {
        if let Self::Listed(format) = self { format.message.is_some() } else { true }
    }

    /// Appends the request that brings a message to the gateway.
    ///
    /// # Errors
    /// [`Error::Input`]: it brings none. [`Error::Random`]: nothing to sign with.
    pub fn write_message(self, to: &Place, message: &FromPhone<'_>, secrets: &Secrets, out: &mut Vec<u8>) -> Result<(), Error> {
        match self {
            Self::Known(aggregator) => aggregator.write_message(to, message, out),
            Self::Listed(format) => {
                let none = || Error::Input(format!("{} brings no messages", format.name));
                let said = Said { number: message.from, to: message.to, id: message.id, at: message.at, text: message.text, word: "" };
                write(format, &format.message.ok_or_else(none)?.ask, to, &said, secrets, out)?;
            }
        }
        Ok(())
    }

    /// Reads the answer to a message: the SMS that goes back to the phone with it, if this telco takes one there.
    ///
    /// # Errors
    /// The telco keeps the message and delivers it again.
    pub fn read_answer(self, message: &FromPhone<'_>, reply: &Reply<'_>) -> Result<Option<String>, Error> {
        match self {
            Self::Known(aggregator) => aggregator.read_answer(reply),
            Self::Listed(format) => {
                let Some(bringing) = &format.message else { return Ok(None) };
                let said = Said { number: message.from, to: message.to, id: message.id, at: message.at, text: message.text, word: "" };
                bringing.taken.read(reply, &|name| said.value(name, &Secrets::default()))?;
                Ok(bringing.answer.and_then(|at| at.text(reply)).filter(|text| !text.is_empty()))
            }
        }
    }

    /// Appends the request that tells what became of one of our messages. `false`: this telco does not tell that.
    ///
    /// # Errors
    /// As [`Courier::write_message`].
    pub fn write_report(self, to: &Place, about: &About<'_>, secrets: &Secrets, out: &mut Vec<u8>) -> Result<bool, Error> {
        match self {
            Self::Known(aggregator) => {
                let report = match aggregator {
                    Aggregator::AfricasTalking => Report::None,
                    Aggregator::Kannel => Report::At { url: to.report_url(about.id), mask: 31 },
                    Aggregator::Telkomsel => Report::Named(about.id.to_owned()),
                };
                let submit = Submit { to: about.phone.to_owned(), text: String::new(), report };
                let request = aggregator.report(to, &submit, about.id, about.fate)?;
                out.extend(request.iter().flatten());
                Ok(request.is_some())
            }
            Self::Listed(format) => {
                let Some(reporting) = &format.report else { return Ok(false) };
                let Some(word) = reporting.word(about.fate) else { return Ok(false) };
                let said = Said { number: about.phone, to: about.to, id: about.id, at: about.at, text: "", word };
                write(format, &reporting.ask, to, &said, secrets, out)?;
                Ok(true)
            }
        }
    }

    /// Whether the answer to a report lets the telco forget it.
    ///
    /// # Errors
    /// It tells again.
    pub fn read_report_answer(self, about: &About<'_>, reply: &Reply<'_>) -> Result<(), Error> {
        match self {
            Self::Known(aggregator) => aggregator.read_report_answer(reply),
            Self::Listed(format) => {
                let said = Said { number: about.phone, to: about.to, id: about.id, at: about.at, text: "", word: "" };
                let value = |name: &str| said.value(name, &Secrets::default());
                format.report.as_ref().map_or(Taken::ANY.read(reply, &value), |reporting| reporting.taken.read(reply, &value))
            }
        }
    }
}

fn write(format: &Format, ask: &Ask, to: &Place, said: &Said<'_>, secrets: &Secrets, out: &mut Vec<u8>) -> Result<(), Error> {
    let mut request = ask.filled(&|name| said.value(name, secrets));
    if let Some(signing) = format.signing {
        signing.sign(&mut request, to, secrets, said.at)?;
    }
    to.write(&request, out);
    Ok(())
}

/// The text in the codes of the GSM alphabet; `?` for what that lacks.
fn in_septets(text: &str) -> String {
    let code = |char: char| gsm::encode(char.encode_utf8(&mut [0; 4])).unwrap_or_else(|_| vec![b'?']);
    text.chars().flat_map(code).map(char::from).collect()
}

/// What a row can name; see [`formats`].
struct Said<'a> {
    number: &'a str,
    to: &'a str,
    id: &'a str,
    at: Timestamp,
    text: &'a str,
    word: &'a str,
}

impl Said<'_> {
    fn value(&self, name: &str, secrets: &Secrets) -> Option<Cow<'_, str>> {
        Some(match name {
            "digits" => self.number.trim_start_matches('+').into(),
            "gsm" => in_septets(self.text).into(),
            "id" => self.id.into(),
            "keyword" => self.text.split_whitespace().next().unwrap_or_default().into(),
            "number" => self.number.into(),
            "text" => self.text.into(),
            "to" => self.to.into(),
            "word" => self.word.into(),
            "zeros" => format!("00{}", self.number.trim_start_matches('+')).into(),
            _ => {
                let secret = || secrets.value(name).map(|value| value.to_owned().into());
                return moment(self.at, name).map(Cow::from).or_else(secret);
            }
        })
    }
}

#[cfg(test)]
mod tests;
