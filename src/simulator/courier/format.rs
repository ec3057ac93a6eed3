//! What a row of the table says of a format of messages.

use super::signing::Signing;
use crate::simulator::Error;
use crate::simulator::aggregator::Fate;
use crate::simulator::client::Reply;
use crate::simulator::wire::{Ask, At, Holds, Values, holds};

/// How one telco or aggregator brings messages, and tells of ours.
#[derive(Debug)]
pub struct Format {
    /// What a channel's name begins with.
    pub name: &'static str,
    pub message: Option<Bringing>,
    pub report: Option<Reporting>,
    pub signing: Option<Signing>,
}

#[derive(Clone, Copy, Debug)]
pub struct Bringing {
    pub ask: Ask,
    pub taken: Taken,
    /// Where an SMS may stand in the answer that goes back to the phone.
    pub answer: Option<At>,
}

#[derive(Clone, Copy, Debug)]
pub struct Reporting {
    pub ask: Ask,
    /// How it says each; `None`: not at all.
    pub sent: Option<&'static str>,
    pub delivered: Option<&'static str>,
    pub failed: Option<&'static str>,
    pub taken: Taken,
}

/// The answer that lets a telco forget what it brought.
#[derive(Clone, Copy, Debug)]
pub struct Taken {
    /// None: any that says that it went well.
    pub status: Option<u16>,
    pub holds: Holds,
}

impl Taken {
    /// Any 2xx will do, and nothing of the body is read.
    pub(super) const ANY: Self = Self { status: None, holds: &[] };

    pub(super) fn read(self, reply: &Reply<'_>, value: &Values<'_>) -> Result<(), Error> {
        let fits = self.status.map_or((200..300).contains(&reply.status), |status| status == reply.status);
        if fits { holds(self.holds, reply, value) } else { Err(Error::Status(reply.status)) }
    }
}

impl Reporting {
    pub(super) fn word(&self, fate: Fate) -> Option<&'static str> {
        match fate {
            Fate::Sent => self.sent,
            Fate::Delivered => self.delivered,
            Fate::Failed => self.failed,
        }
    }
}

/// One that brings messages, whatever the answer says, and tells nothing of ours.
pub(super) const fn brings(name: &'static str, ask: Ask) -> Format {
    Format { name, message: Some(Bringing { ask, taken: Taken::ANY, answer: None }), report: None, signing: None }
}

/// One that only tells what became of ours.
pub(super) const fn tells(name: &'static str, ask: Ask, [sent, delivered, failed]: [&'static str; 3]) -> Format {
    Format { name, message: None, report: None, signing: None }.telling(ask, [sent, delivered, failed])
}

/// An empty word: it does not say that.
const fn said(word: &'static str) -> Option<&'static str> {
    if word.is_empty() { None } else { Some(word) }
}

impl Format {
    /// And tells of ours with these words for sent, delivered and failed.
    pub(super) const fn telling(self, ask: Ask, [sent, delivered, failed]: [&'static str; 3]) -> Self {
        let report = Reporting { ask, sent: said(sent), delivered: said(delivered), failed: said(failed), taken: Taken::ANY };
        Self { report: Some(report), ..self }
    }

    /// What the answer to a message must be.
    pub(super) const fn wants(self, status: u16, holds: Holds) -> Self {
        let taken = Taken { status: Some(status), holds };
        match self.message {
            Some(message) => Self { message: Some(Bringing { taken, ..message }), ..self },
            None => self,
        }
    }

    /// What the answer to a report must be.
    pub(super) const fn wants_of_reports(self, holds: Holds) -> Self {
        let taken = Taken { status: Some(200), holds };
        match self.report {
            Some(report) => Self { report: Some(Reporting { taken, ..report }), ..self },
            None => self,
        }
    }

    /// An SMS may stand there in the answer to a message.
    pub(super) const fn answered_at(self, at: At) -> Self {
        match self.message {
            Some(message) => Self { message: Some(Bringing { answer: Some(at), ..message }), ..self },
            None => self,
        }
    }

    pub(super) const fn signed(self, signing: Signing) -> Self {
        Self { signing: Some(signing), ..self }
    }
}
