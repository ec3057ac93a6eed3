//! The list that the crew of a stop takes along: who comes when and with what, and who is to be visited at home.

use serde::{Deserialize, Serialize};

use super::stop::{Stop, StopState, Way};
use super::waiting::Waiter;
use crate::service::Office;
use crate::service::appointment::{self, BookingState};
use crate::store::{Draft, Fault};

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct DayList {
    pub stop: Summary,
    pub people: Vec<Person>,
    pub homes: Vec<HomeVisit>,
}

/// A stop in one line.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Summary {
    pub code: String,
    pub village: String,
    pub district: String,
    pub place: String,
    pub day: String,
    pub hours: String,
    pub by: String,
    pub seats: u16,
    pub booked: usize,
    pub state: String,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Person {
    pub hours: String,
    pub code: String,
    pub need: String,
    /// `..9999`
    pub nik: String,
    pub bring: Vec<String>,
    /// Made while the registry could not be asked.
    pub is_unchecked: bool,
}

/// Whoever asked for it is called before somebody goes there: here alone a list holds a whole number.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct HomeVisit {
    pub number: String,
    pub why: String,
    pub since: String,
}

impl Summary {
    async fn of(draft: &Draft<'_>, place: u16, stop: &Stop) -> Result<Self, Fault> {
        let state = match stop.state {
            StopState::Planned => "planned".to_owned(),
            StopState::Published => "published".to_owned(),
            StopState::Cancelled(reason) => format!("cancelled ({})", reason.word()),
        };
        let way = match stop.way {
            Way::Road => "car",
            Way::Boat => "boat",
        };
        Ok(Self {
            code: stop.code.clone(),
            village: stop.village.name().to_owned(),
            district: stop.village.district_name().to_owned(),
            place: stop.spot.clone(),
            day: stop.day.to_string(),
            hours: format!("{:02}-{:02}", stop.hours.from, stop.hours.to),
            by: way.to_owned(),
            seats: stop.seats_in_all(),
            booked: appointment::codes_on(draft, place, stop.day).await?.len(),
            state,
        })
    }
}

/// Every stop that is kept, by day.
///
/// # Errors
/// A [`Fault`] of the store.
pub async fn summaries(draft: &Draft<'_>) -> Result<Vec<Summary>, Fault> {
    let mut stops = Stop::all(draft).await?;
    stops.sort_by_key(|(place, stop)| (stop.day, *place));
    let mut summaries = Vec::new();
    for (place, stop) in &stops {
        summaries.push(Summary::of(draft, *place, stop).await?);
    }
    Ok(summaries)
}

/// `None`: no stop has this code.
///
/// # Errors
/// A [`Fault`] of the store.
pub async fn day_list(office: &Office, draft: &mut Draft<'_>, code: &str) -> Result<Option<DayList>, Fault> {
    let Some((place, stop)) = Stop::by_code(draft, code).await? else { return Ok(None) };
    let bookings = appointment::at(draft, place, stop.day).await?;
    let people = bookings.iter().filter(|booking| booking.state == BookingState::Booked).map(|booking| Person {
        hours: format!("{:02}-{:02}", booking.slot.window.from, booking.slot.window.to),
        code: booking.code.clone(),
        need: booking.need.word().to_owned(),
        nik: format!("..{:04}", booking.nik.last4()),
        bring: office.requirements.documents(booking.need).to_vec(),
        is_unchecked: booking.unchecked,
    });
    let homes = Waiter::of_village(draft, stop.village).await?.into_iter().filter_map(|(_, waiter)| {
        let why = waiter.home?.word().to_owned();
        Some(HomeVisit { number: waiter.number.reveal(), why, since: waiter.since.day().to_string() })
    });
    Ok(Some(DayList { stop: Summary::of(draft, place, &stop).await?, people: people.collect(), homes: homes.collect() }))
}
