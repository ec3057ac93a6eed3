//! Where citizens of a village are served, the nearest first.

use super::actions::NEED;
use super::booking::Need;
use super::site::open_seats;
use crate::clock::Day;
use crate::menu::{Call, Outcome, Value};
use crate::service::mobile_unit::{Stop, Village};
use crate::service::place::Device;
use crate::service::{Asking, CallArgs, Office, caller, outreach};
use crate::store::{Draft, Fault};

/// Two pages: nobody travels to the ninth.
const OFFERED_MAX: usize = 8;
/// Stops of which the seats are counted: of so many near ones, some are not full.
const READ_MAX: usize = 2 * OFFERED_MAX;

/// A place that is offered. A village's own stop is no kilometre away.
struct Offered {
    id: u16,
    name: String,
    km: f64,
    day: Option<Day>,
}

pub(in crate::service) async fn near(office: &Office, asking: &Asking, draft: &mut Draft<'_>, call: &Call) -> Result<Outcome, Fault> {
    let village = Village::from_number(call.id("desa_id")?).ok_or(Fault::Call("desa_id"))?;
    caller::note_home(draft, asking.number_hash, village).await?;
    let need = call.word(NEED.0).ok().and_then(Need::from_word);
    let mut offered = Vec::new();
    let offices = office.places.by_distance(village);
    for (place, km) in &offices {
        if Device::serves(draft, place, need).await? {
            offered.push(Offered { id: place.id, name: place.name.clone(), km: km.unwrap_or_default(), day: None });
        }
    }
    // Where nothing works they are told so at the place they choose.
    if offered.is_empty() {
        offered.extend(offices.iter().map(|(place, km)| Offered {
            id: place.id,
            name: place.name.clone(),
            km: km.unwrap_or_default(),
            day: None,
        }));
    }
    let here = office.places.point(village);
    let mut stops = Vec::new();
    for (id, stop) in Stop::all(draft).await?.into_iter().filter(|(_, stop)| stop.is_published() && stop.day >= asking.now.day()) {
        let there = if stop.village == village {
            Some(0.0)
        } else {
            here.zip(office.places.point(stop.village)).map(|(here, there)| here.km_to(there))
        };
        stops.extend(there.map(|km| Offered { id, name: stop.label(), km, day: Some(stop.day) }));
    }
    stops.sort_by(|a, b| a.km.total_cmp(&b.km).then(a.day.cmp(&b.day)));
    let whom = outreach::booked_for(office, asking, draft, call).await?;
    for stop in stops.into_iter().take(READ_MAX) {
        if open_seats(office, draft, whom, stop.id, asking.now).await?.is_some_and(|left| left > 0) {
            offered.push(stop);
        }
    }
    offered.sort_by(|a, b| a.km.total_cmp(&b.km).then(a.day.cmp(&b.day)));
    let item = |place: &Offered| {
        let id = ("tempat_id", Value::Id(place.id.into()));
        vec![id, ("tempat", Value::Text(place.name.clone())), ("km", Value::Number(whole(place.km)))]
    };
    Ok(Outcome::list("dekat", offered.iter().take(OFFERED_MAX).map(item).collect()))
}

/// Three digits on a page: a regency is no wider.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and 999")]
fn whole(km: f64) -> u32 {
    km.round().clamp(0.0, 999.0) as u32
}
