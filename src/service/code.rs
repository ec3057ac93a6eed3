//! What the codes that citizens read out belong to, and new ones.

use serde::{Deserialize, Serialize};

use super::ticket::ClusterKey;
use crate::citizen::code;
use crate::store::{Draft, Fault, Key, Space, Stored};

/// 24 million codes: even with a million in use a fresh one is taken once in 24 draws.
const DRAWS_MAX: usize = 16;

/// What a code belongs to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum CodeRow {
    Booking {
        person: [u8; 16],
        need: u8,
    },
    Late,
    Ticket,
    /// Complaints that are alike.
    Cluster(ClusterKey),
    Announcement,
    /// Of the mobile unit, by the number of its place.
    Stop {
        place: u16,
    },
}

impl Stored for CodeRow {
    const SPACE: Space = Space::Code;
    const FORMAT: u16 = 1;
}

impl CodeRow {
    pub fn key(code: &str) -> Key {
        Key::new(Space::Code).with(code.as_bytes())
    }
}

/// A random code that no record has. The draft remembers that it was absent, so two turns can never both take it.
pub(super) async fn fresh(draft: &mut Draft<'_>) -> Result<String, Fault> {
    for _ in 0..DRAWS_MAX {
        let code = code::from_number(getrandom::u64().map_err(|_| Fault::Randomness)?);
        if draft.get::<CodeRow>(&CodeRow::key(&code)).await?.is_none() {
            return Ok(code);
        }
    }
    Err(Fault::Randomness)
}
