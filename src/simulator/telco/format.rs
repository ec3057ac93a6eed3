//! What a row of the table says of a format of dialogues, and how an answer is read by it.

use crate::simulator::Error;
use crate::simulator::client::Reply;
use crate::simulator::wire::{Ask, At, Holds, Values, holds};

use super::Page;

/// How one telco speaks of dialogues.
#[derive(Debug)]
pub struct Format {
    /// What a channel's name begins with.
    pub name: &'static str,
    pub ids: Ids,
    pub begin: Ask,
    pub next: Ask,
    /// How it tells that the phone hung up; `None`: this telco keeps that to itself.
    pub hang_up: Option<Ask>,
    /// What the answer to that must hold.
    pub over: Holds,
    pub page: Reads,
    /// The page comes in a request of its own.
    pub sent: Option<Sent>,
}

/// How it numbers its dialogues.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ids {
    /// Ten decimal digits.
    Digits,
    /// Thirty-two hexadecimal digits.
    Hex,
}

/// A page in a request of its own.
#[derive(Clone, Copy, Debug)]
pub struct Sent {
    /// What the answer to a callback must hold, which only says that it came.
    pub heard: Holds,
    /// What tells whose page it is.
    pub mark: &'static str,
}

/// How a page is read.
#[derive(Clone, Copy, Debug)]
pub struct Reads {
    pub shape: Shape,
    /// What stands for a new line.
    pub line_break: &'static str,
    /// Letters that this telco warns of.
    pub never: &'static [char],
    pub holds: Holds,
    /// And what the last page must hold beyond that.
    pub last: Holds,
}

/// Where the text stands, and what tells whether the dialogue is still open.
#[derive(Clone, Copy, Debug)]
pub enum Shape {
    /// By the place where the text stands.
    Either { open: At, shut: At },
    /// By a word.
    Flagged { text: At, flag: At, open: &'static str, shut: &'static [&'static str] },
    /// By whether anything stands somewhere.
    Marked { text: At, open: At },
    /// By `CON ` or `END ` before it.
    Prefixed,
}

/// `name` and the ways in which it speaks, the rest as most do.
pub(super) const fn format(name: &'static str, begin: Ask, next: Ask, shape: Shape) -> Format {
    let page = Reads { shape, line_break: "\n", never: &[], holds: &[], last: &[] };
    Format { name, ids: Ids::Hex, begin, next, hang_up: None, over: &[], page, sent: None }
}

impl Format {
    pub(super) const fn hung_up(self, ask: Ask, over: Holds) -> Self {
        Self { hang_up: Some(ask), over, ..self }
    }

    pub(super) const fn holding(self, holds: Holds) -> Self {
        Self { page: Reads { holds, ..self.page }, ..self }
    }

    /// What stands for a new line.
    pub(super) const fn broken_by(self, line_break: &'static str) -> Self {
        Self { page: Reads { line_break, ..self.page }, ..self }
    }

    /// Letters that this telco warns of.
    pub(super) const fn never(self, never: &'static [char]) -> Self {
        Self { page: Reads { never, ..self.page }, ..self }
    }

    /// What the last page must hold beyond that.
    pub(super) const fn ending(self, last: Holds) -> Self {
        Self { page: Reads { last, ..self.page }, ..self }
    }

    pub(super) const fn numbered(self, ids: Ids) -> Self {
        Self { ids, ..self }
    }

    pub(super) const fn sent(self, heard: Holds, mark: &'static str) -> Self {
        Self { sent: Some(Sent { heard, mark }), ..self }
    }

    /// Whether the same key twice at once may look like a callback that came twice: not where all that was typed comes whole.
    pub(super) fn may_look_repeated(&self) -> bool {
        self.next.names().contains(&"last")
    }

    /// Reads a page: out of the answer, or out of the request that brought it.
    pub(super) fn read(&self, reply: &Reply<'_>, value: &Values<'_>) -> Result<Page, Error> {
        if reply.status != 200 {
            return Err(Error::Status(reply.status));
        }
        let Reads { shape, line_break, never, holds: wanted, last } = self.page;
        let text_at = |at: At| at.text(reply).ok_or(Error::Amiss(at));
        let (text, open) = match shape {
            Shape::Either { open, shut } => match open.text(reply) {
                Some(text) => (text, true),
                None => (text_at(shut)?, false),
            },
            Shape::Flagged { text, flag, open, shut } => {
                let word = flag.word(reply).ok_or(Error::Amiss(flag))?;
                if word != open && !shut.contains(&word.as_str()) {
                    return Err(Error::Amiss(flag));
                }
                (text_at(text)?, word == open)
            }
            Shape::Marked { text, open } => match open.word(reply) {
                Some(word) if word.is_empty() => return Err(Error::Amiss(open)),
                word => (text_at(text)?, word.is_some()),
            },
            Shape::Prefixed => prefixed(std::str::from_utf8(reply.body).map_err(|_| Error::Reply("the body is not UTF-8"))?)?,
        };
        holds(wanted, reply, value)?;
        if !open {
            holds(last, reply, value)?;
        }
        if text.contains(never) {
            return Err(Error::Reply("a letter on the page that this telco warns of"));
        }
        Ok(Page { text: text.replace(line_break, "\n"), open })
    }

    /// Reads the answer to the news that the phone hung up.
    pub(super) fn read_end(&self, reply: &Reply<'_>, value: &Values<'_>) -> Result<(), Error> {
        if reply.status != 200 {
            return Err(Error::Status(reply.status));
        }
        holds(self.over, reply, value)
    }
}

/// `CON ` or `END ` and the page; the blank counts.
pub(super) fn prefixed(body: &str) -> Result<(String, bool), Error> {
    match (body.strip_prefix("CON "), body.strip_prefix("END ")) {
        (Some(text), _) => Ok((text.to_owned(), true)),
        (_, Some(text)) => Ok((text.to_owned(), false)),
        _ => Err(Error::Reply("the body begins with neither CON nor END and a blank")),
    }
}
