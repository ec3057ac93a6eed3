//! Whose dialogue it is, for telcos that tell the number only when one begins.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::citizen::Msisdn;
use crate::clock::Timestamp;
use crate::store::{Draft, Fault, Field, Key, Space, Store, Stored};

/// A dialogue is over within minutes; later its id may be somebody else's.
const AGE_MAX: Duration = Duration::from_secs(15 * 60);

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Whose {
    number: Msisdn,
    at: Timestamp,
}

impl Stored for Whose {
    const SPACE: Space = Space::Dialogue;
    const FORMAT: u16 = 1;
}

impl Whose {
    pub(super) fn new(number: Msisdn, at: Timestamp) -> Self {
        Self { number, at }
    }

    /// Ids are the telco's own: two channels may use the same.
    pub(super) fn key(store: &Store, channel: &str, dialogue: &str) -> Key {
        let mut bytes = (channel.len() as u64).to_be_bytes().to_vec();
        bytes.extend_from_slice(channel.as_bytes());
        bytes.extend_from_slice(dialogue.as_bytes());
        Key::new(Space::Dialogue).with(&store.hash(Field::Dialogue, &bytes))
    }

    /// `None`: nobody's, as far as is known by now.
    pub(super) async fn find(store: &Store, channel: &str, dialogue: &str, now: Timestamp) -> Result<Option<Msisdn>, Fault> {
        let found: Option<Self> = Draft::new(store).peek(&Self::key(store, channel, dialogue)).await?;
        Ok(found.filter(|whose| !whose.is_old(now)).map(|whose| whose.number))
    }

    pub fn is_old(&self, now: Timestamp) -> bool {
        now.since(self.at) >= AGE_MAX
    }
}
