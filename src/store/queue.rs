//! What a turn leaves behind to happen later: messages to be sent, and things that are due at a time.
//!
//! These rows are the promise behind "bukti lewat SMS" and "jawaban menyusul": they are in the same batch as the page that says so.
//! `outbox` sends the first, `due` wakes the second; both live above the services, which only write rows.

use serde::{Deserialize, Serialize};

use super::{Fault, Key, Space, Stored};
use crate::citizen::{KkDigits, Msisdn, Nik};
use crate::clock::{Day, Timestamp};

/// Our own name for a message, drawn at random. On the wire it is 16 hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct MessageId(pub u64);

impl MessageId {
    /// # Errors
    /// [`Fault::Randomness`] if the machine has none.
    pub fn fresh() -> Result<Self, Fault> {
        getrandom::u64().map(Self).map_err(|_| Fault::Randomness)
    }

    /// The 16 hexadecimal digits that [`std::fmt::Display`] writes.
    pub fn parse(text: &str) -> Option<Self> {
        let plain = text.len() == 16 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        if plain { u64::from_str_radix(text, 16).ok().map(Self) } else { None }
    }
}

impl std::fmt::Display for MessageId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

/// Whose turn it is when a channel can send only so much: a citizen who waits comes first. The order is that of the keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[repr(u8)]
pub enum Class {
    /// Answers something the citizen has just done: at any hour.
    Reply = 1,
    /// What we owe: the answer to a question that was kept, and what an officer must know. Whoever stops messages has it all the same.
    Owed = 2,
    /// Tells what the citizen asked to be told.
    Notice = 3,
    /// Before an appointment.
    Reminder = 4,
    /// To many at once.
    Bulk = 5,
}

/// A message that has not been sent yet, or may not have been.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Outgoing {
    pub id: MessageId,
    pub to: Msisdn,
    /// The channel it leaves by while that one works. None: by the number's operator, else the default.
    pub channel: Option<String>,
    pub text: String,
    /// What it is about, such as a booking's code: a doubled message is known by it.
    pub reference: String,
    pub class: Class,
    /// When it was left.
    pub at: Timestamp,
    /// Not to be tried before; stands in the key.
    pub next: Timestamp,
    /// Of no use after this: a reminder whose appointment has begun.
    pub until: Option<Timestamp>,
    pub tries: u8,
    /// When it was first tried: so long a telco had its chance.
    pub first: Option<Timestamp>,
    pub state: Sending,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Sending {
    /// Surely not sent.
    Waiting,
    /// In the hands of a sender. Found after a restart, nobody knows whether it left. `again`: it was [`Sending::Unsure`] before.
    Leased { channel: String, again: bool },
    /// The telco may have taken it: sent once more, with the same reference, only if no report tells of it until [`Outgoing::next`].
    Unsure { channel: String },
}

impl Outgoing {
    /// A message left now.
    ///
    /// # Errors
    /// [`Fault::Randomness`].
    pub fn new(to: Msisdn, class: Class, reference: String, text: String, now: Timestamp) -> Result<Self, Fault> {
        let id = MessageId::fresh()?;
        Ok(Self {
            id,
            to,
            channel: None,
            text,
            reference,
            class,
            at: now,
            next: now,
            until: None,
            tries: 0,
            first: None,
            state: Sending::Waiting,
        })
    }

    /// Answers what the same number has just written: it is about nothing else.
    pub fn is_answer(&self) -> bool {
        self.class == Class::Reply && self.reference == self.id.to_string()
    }

    /// By class, then time: what a sender wants next comes first.
    pub fn key(&self) -> Key {
        Self::key_of(self.class, self.next, self.id)
    }

    pub fn key_of(class: Class, next: Timestamp, id: MessageId) -> Key {
        Key::new(Space::Outgoing).with(&[class as u8]).with(&next.millis().to_be_bytes()).with(&id.0.to_be_bytes())
    }

    /// What is kept of it when it left by `channel`, or was given up. An empty channel: by none.
    pub fn ended(&self, channel: &str, fate: Fate, now: Timestamp) -> Sent {
        Sent {
            to: self.to,
            channel: channel.to_owned(),
            text: self.text.clone(),
            reference: self.reference.clone(),
            class: self.class,
            at: self.at,
            sent: now,
            tries: self.tries,
            fate,
        }
    }
}

impl Stored for Outgoing {
    const SPACE: Space = Space::Outgoing;
    const FORMAT: u16 = 3;
}

/// A message that left, and what became of it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Sent {
    pub to: Msisdn,
    /// The channel it left by; empty: by none.
    pub channel: String,
    pub text: String,
    pub reference: String,
    pub class: Class,
    pub at: Timestamp,
    /// When the telco took it, or we gave up.
    pub sent: Timestamp,
    pub tries: u8,
    pub fate: Fate,
}

/// Every message comes to exactly one of these, and goes back from none that is final.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Fate {
    /// Went back in the reply to the citizen's own message.
    Answered,
    /// Taken by the telco; no last word yet.
    Accepted,
    Delivered,
    /// The telco says that it did not arrive, or would not take it. The telco's word, if it gave one.
    Failed(Option<String>),
    /// Taken, and never heard of again.
    Unreported,
    /// It could not be sent in the time in which it was of use.
    Expired,
    /// Held back: this citizen wants no such messages.
    Unwanted,
}

impl Sent {
    pub fn key(id: MessageId) -> Key {
        Key::new(Space::Sent).with(&id.0.to_be_bytes())
    }

    /// The message that a key is of.
    pub fn id(key: &Key) -> Option<MessageId> {
        let id = key.as_bytes().get(1..)?.try_into().ok()?;
        Some(MessageId(u64::from_be_bytes(id)))
    }
}

impl Stored for Sent {
    const SPACE: Space = Space::Sent;
    const FORMAT: u16 = 2;
}

/// Something to do at a time.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Due {
    pub id: MessageId,
    pub at: Timestamp,
    pub kind: DueKind,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum DueKind {
    /// The registry did not answer this number's question: ask again.
    LateAnswer(Question),
    /// An export came into force: is there news for those who wait for some? `after`: the person's hash up to which they were looked at.
    NewExport { generation: u64, as_of: Day, after: Option<[u8; 16]> },
}

/// What a citizen asked the registry. It stands here until it is answered and nowhere else.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Question {
    pub number: Msisdn,
    pub nik: Nik,
    pub kk: Option<KkDigits>,
    /// The number under which the citizen knows it.
    pub code: String,
    pub asked: Timestamp,
    /// The citizen knows that it takes longer than promised.
    pub told_late: bool,
}

impl Due {
    /// # Errors
    /// [`Fault::Randomness`].
    pub fn new(at: Timestamp, kind: DueKind) -> Result<Self, Fault> {
        Ok(Self { id: MessageId::fresh()?, at, kind })
    }

    pub fn key(&self) -> Key {
        Self::from(self.at).with(&self.id.0.to_be_bytes())
    }

    /// Before everything that is due at this time or later.
    pub fn from(at: Timestamp) -> Key {
        // A clock that stands before 1970 has nothing to wait for.
        Key::new(Space::Due).with(&at.millis().max(0).to_be_bytes())
    }
}

impl Stored for Due {
    const SPACE: Space = Space::Due;
    const FORMAT: u16 = 3;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_in_the_order_of_keys_is_the_one_to_send_next() {
        let to = Msisdn::parse("+6281200000001").unwrap();
        let row = |class, at| {
            let mut row = Outgoing::new(to, class, String::new(), String::new(), Timestamp::from_millis(at)).unwrap();
            row.next = Timestamp::from_millis(at);
            row.key()
        };
        let mut keys = [row(Class::Bulk, 1), row(Class::Reply, 9), row(Class::Reminder, 2), row(Class::Reply, 3)];
        keys.sort();
        let firsts: Vec<_> = keys.iter().map(|key| (key.as_bytes()[1], key.as_bytes()[9])).collect();
        assert_eq!(firsts, [(1, 3), (1, 9), (4, 2), (5, 1)]);
    }

    #[test]
    fn a_message_id_reads_as_it_is_written() {
        for id in [0, 7, u64::MAX] {
            assert_eq!(MessageId::parse(&MessageId(id).to_string()), Some(MessageId(id)));
        }
        for wrong in ["", "7", "+000000000000007", "00000000000000zz"] {
            assert_eq!(MessageId::parse(wrong), None, "{wrong}");
        }
    }
}
