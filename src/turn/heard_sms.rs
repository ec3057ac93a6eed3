//! By what a message is known that the telco delivers a second time.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::channel::SmsIn;
use crate::citizen::Msisdn;
use crate::clock::Timestamp;
use crate::store::queue::MessageId;
use crate::store::{Field, Key, Space, Store, Stored};

/// Telcos deliver again for so long after a failure of ours; their ids are not used again sooner.
const WITH_ID_AGE_MAX: Duration = Duration::from_secs(72 * 3600);
/// Without an id the same words so soon are the same message; later a citizen may mean them again.
const WITHOUT_ID_AGE_MAX: Duration = Duration::from_secs(60);

/// A message that was heard. Nothing of what it said is here, and of its key only a keyed hash.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct HeardSms {
    pub at: Timestamp,
    /// The answer that went back in the reply, among the messages sent: a repeat gets it again.
    pub answered: Option<MessageId>,
}

impl Stored for HeardSms {
    const SPACE: Space = Space::Heard;
    const FORMAT: u16 = 1;
}

impl HeardSms {
    /// By the telco's id, or else by number, code and words.
    pub(super) fn key(store: &Store, channel: &str, number: Msisdn, sms: &SmsIn) -> Key {
        let kind: &[u8] = if sms.id.is_some() { b"id" } else { b"text" };
        let (to, said) = match &sms.id {
            Some(id) => ("", id.as_str()),
            None => (sms.to.as_deref().unwrap_or_default(), sms.text.as_str()),
        };
        let part = sms.part.map(|part| [part.number, part.reference.to_be_bytes()[0], part.reference.to_be_bytes()[1]]);
        let number = number.number().to_be_bytes();
        let mut bytes = Vec::new();
        // Lengths in front, so that no two messages are written the same way.
        for field in [kind, channel.as_bytes(), &number, to.as_bytes(), said.as_bytes(), part.as_ref().map_or(&[], |part| part.as_slice())]
        {
            bytes.extend_from_slice(&(field.len() as u64).to_be_bytes());
            bytes.extend_from_slice(field);
        }
        Key::new(Space::Heard).with(&store.hash(Field::Message, &bytes))
    }

    /// Is the same again still a repeat?
    pub(super) fn counts(&self, has_id: bool, now: Timestamp) -> bool {
        now.since(self.at) < if has_id { WITH_ID_AGE_MAX } else { WITHOUT_ID_AGE_MAX }
    }

    /// No repeat is told by it any more.
    pub fn is_old(&self, now: Timestamp) -> bool {
        !self.counts(true, now)
    }
}
