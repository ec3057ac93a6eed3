//! Whether an office can take photographs and fingerprints. Its file says whether it has a device; officers say when that breaks.

use serde::{Deserialize, Serialize};

use super::{Place, Places};
use crate::clock::{Day, Timestamp};
use crate::service::appointment::Need;
use crate::store::{Draft, Fault, Key, Space, Stored};

/// As long as a device is broken, whoever has an appointment within so many days is told, whatever the officer said: time enough to choose
/// another, and few of them hear of what is mended by then.
const TOLD_DAYS: i32 = 3;

/// What an officer said last of the device of an office.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Device {
    pub works: bool,
    pub since: Timestamp,
    /// Until then it will be broken, as far as the officer knew.
    pub until: Day,
    /// When it is looked at next who does not know of it. None: everybody knows that it works.
    pub next: Option<Timestamp>,
}

impl Stored for Device {
    const SPACE: Space = Space::Device;
    const FORMAT: u16 = 2;

    /// Until 1 nobody was told.
    fn upcast(format: u16, bytes: &[u8]) -> Option<Self> {
        let (works, since) = (format == 1).then(|| postcard::from_bytes::<(bool, Timestamp)>(bytes).ok()).flatten()?;
        Some(Self { works, since, until: since.day(), next: Some(since) })
    }
}

impl Device {
    pub fn said(works: bool, now: Timestamp, days: Option<u8>) -> Self {
        Self { works, since: now, until: now.day().plus(days.map_or(TOLD_DAYS, i32::from)), next: Some(now) }
    }

    /// The last day of whose appointments people are told that it is broken.
    pub fn told_until(&self, today: Day) -> Day {
        self.until.max(today.plus(TOLD_DAYS))
    }

    /// Those of which somebody may have to be told, by the number of their office.
    ///
    /// # Errors
    /// A [`Fault`] of the store.
    pub async fn due(draft: &Draft<'_>, now: Timestamp) -> Result<Vec<(u16, Self)>, Fault> {
        let rows = draft.scan::<Self>(Key::new(Space::Device)..Key::after(Space::Device), usize::MAX).await?;
        let due = rows.into_iter().filter(|(_, device)| device.next.is_some_and(|next| next <= now));
        Ok(due.filter_map(|(key, device)| Some((Self::place(&key)?, device))).collect())
    }

    /// There is nobody to tell before `next`. False: an officer has said something else since.
    ///
    /// # Errors
    /// A [`Fault`] of the store.
    pub async fn put_off(self, draft: &mut Draft<'_>, place: u16, next: Option<Timestamp>) -> Result<bool, Fault> {
        let key = Self::key(place);
        if draft.get::<Self>(&key).await? != Some(self) {
            return Ok(false);
        }
        draft.put(key, &Self { next, ..self })?;
        Ok(true)
    }

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

#[cfg(test)]
mod tests {
    use super::*;

    /// As a gateway before this one wrote it.
    #[test]
    fn a_record_from_before_anybody_was_told_is_read() {
        let since = Timestamp::parse("2026-11-30T09:00").unwrap();
        let old = postcard::to_allocvec(&(false, since)).unwrap();
        let device = Device::upcast(1, &old).unwrap();
        assert_eq!(device, Device { works: false, since, until: since.day(), next: Some(since) });
        assert!(Device::upcast(0, &old).is_none() && Device::upcast(1, &old[1..]).is_none());
    }

    #[test]
    fn people_are_told_three_days_ahead_or_as_far_as_the_officer_knows() {
        let now = Timestamp::parse("2026-11-30T09:00").unwrap();
        let told = |days, on: i32| Device::said(false, now, days).told_until(now.day().plus(on)).number() - now.day().number();
        assert_eq!([told(None, 0), told(None, 5), told(Some(1), 0), told(Some(14), 0), told(Some(14), 12)], [3, 8, 3, 14, 15]);
    }
}
