//! Whether an office can take photographs and fingerprints. Its file says whether it has a device; officers say when that breaks.

use serde::{Deserialize, Serialize};

use super::{Place, Places};
use crate::clock::Timestamp;
use crate::service::appointment::Need;
use crate::store::{Draft, Fault, Key, Space, Stored};

/// What an officer said last of the device of an office.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Device {
    pub works: bool,
    pub since: Timestamp,
}

impl Stored for Device {
    const SPACE: Space = Space::Device;
    const FORMAT: u16 = 1;
}

impl Device {
    pub fn key(place: u16) -> Key {
        Key::new(Space::Device).with(&place.to_be_bytes())
    }

    pub fn place(key: &Key) -> Option<u16> {
        let [_, high, low] = *key.as_bytes() else { return None };
        Some(u16::from_be_bytes([high, low]))
    }

    /// Can people come to this office for it? Recording alone needs the device.
    ///
    /// # Errors
    /// A [`Fault`] of the store.
    pub async fn serves(draft: &Draft<'_>, place: &Place, need: Option<Need>) -> Result<bool, Fault> {
        if need != Some(Need::Record) {
            return Ok(true);
        }
        Ok(draft.peek::<Self>(&Self::key(place.id)).await?.map_or(place.records, |device| device.works))
    }
}

impl Places {
    /// As an officer writes it: `Kec. Lais`, `lais`.
    pub fn called(&self, text: &str) -> Option<&Place> {
        let bare = |name: &str| name.trim().to_lowercase().trim_start_matches("kec").trim_start_matches('.').trim().to_owned();
        self.named(text).or_else(|| self.places.iter().find(|place| !place.is_capital && bare(&place.name) == bare(text)))
    }
}
