//! Where seats are: at an office, or at a stop of the mobile unit.

use super::slot::Slot;
use crate::citizen::Msisdn;
use crate::clock::{Day, Timestamp};
use crate::menu::Value;
use crate::service::mobile_unit::{self, STOPS_FROM, Stop, Waiter};
use crate::service::place::{Place, SlotId, Window};
use crate::service::{Office, caller};
use crate::store::{Draft, Fault};

#[derive(Debug)]
pub enum Site<'o> {
    Office(&'o Place),
    Stop(u16, Box<Stop>),
}

impl<'o> Site<'o> {
    /// To be shown.
    pub(super) async fn shown(office: &'o Office, draft: &Draft<'_>, id: u16) -> Result<Option<Self>, Fault> {
        if id < STOPS_FROM {
            return Ok(office.places.place(id).map(Self::Office));
        }
        Ok(draft.peek::<Stop>(&Stop::key(id)).await?.map(|stop| Self::Stop(id, Box::new(stop))))
    }

    /// As something that a write depends on: a stop that is cancelled meanwhile takes nobody.
    pub(super) async fn relied_on(office: &'o Office, draft: &mut Draft<'_>, id: u16) -> Result<Option<Self>, Fault> {
        if id >= STOPS_FROM {
            draft.get::<Stop>(&Stop::key(id)).await?;
        }
        Self::shown(office, draft, id).await
    }

    /// The kecamatan that it serves; the capital's office serves everybody.
    pub(super) fn district(&self) -> Option<u16> {
        match self {
            Self::Office(place) => caller::of_place(place.id),
            Self::Stop(_, stop) => Some(stop.village.district()),
        }
    }

    pub(super) fn values(&self) -> Vec<(&'static str, Value)> {
        let (id, label) = match self {
            Self::Office(place) => (place.id, place.name.clone()),
            Self::Stop(id, stop) => (*id, stop.label()),
        };
        vec![("tempat_id", Value::Id(id.into())), ("tempat", Value::Text(label))]
    }

    /// Windows that can be booked, soonest first.
    pub(super) fn windows<'s>(&'s self, office: &'s Office, now: Timestamp) -> Box<dyn Iterator<Item = (Day, Window)> + Send + 's> {
        match self {
            Self::Office(_) => Box::new(office.places.windows(now)),
            Self::Stop(_, stop) => {
                Box::new(stop.windows().filter(move |window| stop.is_open(*window, now)).map(|window| (stop.day, window)))
            }
        }
    }

    pub(super) fn seats(&self, office: &Office, window: Window) -> u16 {
        match self {
            Self::Office(_) => office.places.seats,
            Self::Stop(_, stop) => stop.seats(window),
        }
    }

    /// A slot's number comes back from a session: is it one of ours, and can somebody still take a seat in it?
    pub(super) fn is_open(&self, office: &Office, slot: SlotId, now: Timestamp) -> bool {
        match self {
            Self::Office(_) => office.places.is_open(slot, now),
            Self::Stop(_, stop) => stop.day == slot.day && stop.is_open(slot.window, now),
        }
    }

    /// False for a stop that does not take place: not even who holds a seat can book it.
    pub(super) fn takes_place(&self) -> bool {
        match self {
            Self::Office(_) => true,
            Self::Stop(_, stop) => stop.is_published(),
        }
    }

    /// How many more seats `whom` may take here: what is kept for who was invited, or will be, is not for others. An invitation is worth one
    /// seat to the number that was invited, whoever books for it. `None`: somebody without a number, who waits in no list.
    pub(super) async fn room(&self, draft: &mut Draft<'_>, whom: Option<Msisdn>, now: Timestamp, look: Look) -> Result<usize, Fault> {
        let Self::Stop(place, stop) = self else { return Ok(usize::MAX) };
        let own = whom.map_or(0, |whom| stop.claims_of(draft.number_hash(whom), now));
        let mut before_them = mobile_unit::to_be_asked(draft, *place, stop, now).await?;
        before_them.retain(|waiter| Some(waiter.number) != whom);
        let before_them: usize = before_them.iter().map(|waiter| usize::from(waiter.seats)).sum();
        if stop.claimed(now) == own && before_them == 0 {
            return Ok(usize::MAX);
        }
        Ok(own + free(draft, *place, stop, now, look).await?.saturating_sub(before_them))
    }

    /// Who has a seat here now waits, at a stop, for one fewer in the village's list. A visit at home that they asked for is still to come.
    pub(super) async fn settle_on(&self, draft: &mut Draft<'_>, whom: Option<Msisdn>, now: Timestamp) -> Result<(), Fault> {
        let (Self::Stop(place, stop), Some(whom)) = (self, whom) else { return Ok(()) };
        let number_hash = draft.number_hash(whom);
        let key = Waiter::key(stop.village, number_hash);
        if let Some(waiter) = draft.get::<Waiter>(&key).await? {
            match waiter.seated() {
                Some(waiter) => draft.put(key, &waiter)?,
                None => draft.delete(key),
            }
        }
        if let Some(own) = stop.claims.iter().position(|claim| claim.number_hash == number_hash && claim.until > now) {
            let mut stop = stop.clone();
            stop.claims.remove(own);
            draft.put(Stop::key(*place), &*stop)?;
        }
        Ok(())
    }
}

/// What seats are counted for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// To be shown: if somebody takes one meanwhile, nothing has to be done again.
    Shown,
    /// A write depends on them.
    ReliedOn,
}

/// Seats that nobody has or is promised at a stop, in all its windows.
///
/// # Errors
/// A [`Fault`] of the store.
pub async fn free(draft: &mut Draft<'_>, place: u16, stop: &Stop, now: Timestamp, look: Look) -> Result<usize, Fault> {
    let mut taken = 0;
    for window in stop.windows() {
        let key = Slot::key(SlotId { place, day: stop.day, window });
        let slot: Option<Slot> = match look {
            Look::Shown => draft.peek(&key).await?,
            Look::ReliedOn => draft.get(&key).await?,
        };
        taken += slot.map_or(0, |slot| slot.taken(now));
    }
    Ok(usize::from(stop.seats_in_all()).saturating_sub(taken + stop.claimed(now)))
}

/// Seats that somebody can still take at a place; None if no window of it can be booked any more.
///
/// # Errors
/// A [`Fault`] of the store.
pub async fn open_seats(
    office: &Office,
    draft: &mut Draft<'_>,
    whom: Option<Msisdn>,
    place: u16,
    now: Timestamp,
) -> Result<Option<usize>, Fault> {
    let Some(site) = Site::shown(office, draft, place).await? else { return Ok(None) };
    let windows: Vec<(Day, Window)> = site.windows(office, now).collect();
    let mut left = 0;
    for (day, window) in &windows {
        let slot: Option<Slot> = draft.peek(&Slot::key(SlotId { place, day: *day, window: *window })).await?;
        left += usize::from(site.seats(office, *window)).saturating_sub(slot.map_or(0, |slot| slot.taken(now)));
    }
    Ok(if windows.is_empty() { None } else { Some(left.min(site.room(draft, whom, now, Look::Shown).await?)) })
}

/// Every place where somebody may have an appointment on a day, in the order of their numbers.
///
/// # Errors
/// A [`Fault`] of the store.
pub async fn sites_on(office: &Office, draft: &Draft<'_>, day: Day) -> Result<Vec<u16>, Fault> {
    let mut ids = office.places.ids();
    ids.extend(Stop::all(draft).await?.into_iter().filter(|(_, stop)| stop.day == day).map(|(place, _)| place));
    Ok(ids)
}
