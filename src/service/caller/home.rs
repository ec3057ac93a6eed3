//! Where a number's citizen lives, as far as they said, and when they were last here: by these it is known whom the office reaches.
//!
//! Never from a NIK: it keeps the kecamatan where it was first issued, for life.

use serde::{Deserialize, Serialize};

use super::Caller;
use crate::clock::Day;
use crate::menu::Reader;
use crate::service::mobile_unit::Village;
use crate::service::outreach::{self, UNSEEN_DAYS_MAX};
use crate::store::{Draft, Fault};

/// So long somebody who was here counts as reached, and so long it is kept that they were.
pub const SEEN_DAYS: i32 = 90;
/// Kecamatan of the regency, by the number in its code; other places have higher ones.
const DISTRICTS_MAX: u16 = 99;

/// A village, or only its kecamatan where somebody typed that.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Home {
    /// 9 is 16.06.09.
    pub district: u16,
    /// 2015 is 16.06.09.2015.
    pub village: Option<u16>,
}

impl Caller {
    /// The kecamatan of the village chosen last, else of the office booked last. None: not known.
    pub fn district(&self) -> Option<u16> {
        self.home.map(|home| home.district).or(self.place.and_then(of_place))
    }
}

/// The capital's office serves everybody.
pub fn of_place(place: u16) -> Option<u16> {
    (1..=DISTRICTS_MAX).contains(&place).then_some(place)
}

/// Who reads; and that they were here today, which is written once a day, in the batch that the turn makes anyway. A record that cannot be read
/// keeps nobody from reading in the first language.
///
/// # Errors
/// A [`Fault`] of the store.
pub async fn arrive(draft: &mut Draft<'_>, number_hash: [u8; 16], today: Day) -> Result<Reader, Fault> {
    let key = Caller::key(number_hash);
    let caller: Caller = match draft.peek(&key).await {
        Err(Fault::Corrupt | Fault::Format(_) | Fault::Sealed) => return Ok(Reader::default()),
        caller => caller?.unwrap_or_default(),
    };
    let reader = caller.reader(today);
    if caller.seen.is_none_or(|seen| seen < today) {
        let mut caller: Caller = draft.get(&key).await?.unwrap_or_default();
        if caller.seen.is_none_or(|seen| today.number() - seen.number() >= UNSEEN_DAYS_MAX) {
            outreach::wake(draft, number_hash, today).await?;
        }
        caller.seen = Some(today);
        draft.put(key, &caller)?;
    }
    Ok(reader)
}

/// The kecamatan of a number.
///
/// # Errors
/// A [`Fault`] of the store.
pub async fn district(draft: &Draft<'_>, number_hash: [u8; 16]) -> Result<Option<u16>, Fault> {
    Ok(readable(draft, number_hash).await?.and_then(|caller| caller.district()))
}

/// A record that cannot be read tells of nothing.
async fn readable(draft: &Draft<'_>, number_hash: [u8; 16]) -> Result<Option<Caller>, Fault> {
    match draft.peek::<Caller>(&Caller::key(number_hash)).await {
        Err(Fault::Corrupt | Fault::Format(_) | Fault::Sealed) => Ok(None),
        caller => caller,
    }
}

/// The village of a number, if it chose one.
///
/// # Errors
/// A [`Fault`] of the store.
pub async fn village(draft: &Draft<'_>, number_hash: [u8; 16]) -> Result<Option<Village>, Fault> {
    let home = readable(draft, number_hash).await?.and_then(|caller| caller.home);
    Ok(home.and_then(|home| Village::of_numbers(home.district, home.village?)))
}

/// A village was chosen by its name.
///
/// # Errors
/// A [`Fault`] of the store.
pub async fn note_home(draft: &mut Draft<'_>, number_hash: [u8; 16], village: Village) -> Result<(), Fault> {
    let home = Home { district: village.district(), village: Some(village.in_district()) };
    let key = Caller::key(number_hash);
    if draft.peek::<Caller>(&key).await?.is_some_and(|caller| caller.home == Some(home)) {
        return Ok(());
    }
    let mut caller: Caller = draft.get(&key).await?.unwrap_or_default();
    caller.home = Some(home);
    draft.put(key, &caller)
}
