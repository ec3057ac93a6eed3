//! Where citizens of a village are served, the nearest first.

use super::actions::NEED;
use super::booking::Need;
use super::site::open_seats;
use crate::citizen::Msisdn;
use crate::clock::{Day, Timestamp};
use crate::menu::{Call, Outcome, Value};
use crate::service::mobile_unit::{Stop, Village};
use crate::service::place::{Device, Place, Point};
use crate::service::{Asking, CallArgs, Office, caller, outreach};
use crate::store::{Draft, Fault};

/// Two pages: nobody travels to the ninth.
pub(super) const OFFERED_MAX: usize = 8;
/// Stops of which the seats are counted: of so many near ones, some are not full.
const READ_MAX: usize = 2 * OFFERED_MAX;

/// A place that is offered. A village's own stop is no kilometre away.
pub(super) struct Offered {
    pub(super) id: u16,
    pub(super) name: String,
    km: f64,
    day: Option<Day>,
}

impl Offered {
    fn office(place: &Place, km: Option<f64>) -> Self {
        Self { id: place.id, name: place.name.clone(), km: km.unwrap_or_default(), day: None }
    }

    /// Open on every working day; a stop is there on its own day alone, which not every message has room for.
    pub(super) fn is_office(&self) -> bool {
        self.day.is_none()
    }

    /// Three digits on a page: a regency is no wider.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and 999")]
    pub(super) fn km(&self) -> u32 {
        self.km.round().clamp(0.0, 999.0) as u32
    }

    pub(super) fn item(&self) -> Vec<(&'static str, Value)> {
        let id = ("tempat_id", Value::Id(self.id.into()));
        vec![id, ("tempat", Value::Text(self.name.clone())), ("km", Value::Number(self.km()))]
    }
}

pub(in crate::service) async fn near(office: &Office, asking: &Asking, draft: &mut Draft<'_>, call: &Call) -> Result<Outcome, Fault> {
    let village = Village::from_number(call.id("desa_id")?).ok_or(Fault::Call("desa_id"))?;
    caller::note_home(draft, asking.number_hash, village).await?;
    let need = call.word(NEED.0).ok().and_then(Need::from_word);
    let whom = outreach::booked_for(office, asking, draft, call).await?;
    let from = Origin::Village(village);
    let mut offered = able(office, asking.now, draft, from, need, whom).await?;
    // Where nothing works they are told so at the place they choose.
    if !offered.iter().any(Offered::is_office) {
        offered.extend(from.offices(office).into_iter().map(|(place, km)| Offered::office(place, km)));
        sort(&mut offered);
    }
    Ok(Outcome::list("dekat", offered.iter().take(OFFERED_MAX).map(Offered::item).collect()))
}

/// From where distances count.
#[derive(Clone, Copy)]
pub(super) enum Origin {
    Village(Village),
    /// The other places than this office.
    Office(u16),
}

impl Origin {
    fn point(self, office: &Office) -> Option<Point> {
        match self {
            Self::Village(village) => office.places.point(village),
            Self::Office(id) => office.places.place(id).and_then(|place| place.point),
        }
    }

    fn offices(self, office: &Office) -> Vec<(&Place, Option<f64>)> {
        match self {
            Self::Village(village) => office.places.by_distance(village),
            Self::Office(_) => self.point(office).map(|point| office.places.by_distance_from(point)).unwrap_or_default(),
        }
    }
}

/// Where somebody can come to for what they need, the nearest first: offices whose device works, and stops with a seat for `whom`.
pub(super) async fn able(
    office: &Office,
    now: Timestamp,
    draft: &mut Draft<'_>,
    from: Origin,
    need: Option<Need>,
    whom: Option<Msisdn>,
) -> Result<Vec<Offered>, Fault> {
    let mut offered = Vec::new();
    for (place, km) in from.offices(office) {
        if Device::serves(draft, place, need).await? {
            offered.push(Offered::office(place, km));
        }
    }
    let here = from.point(office);
    let mut stops = Vec::new();
    for (id, stop) in Stop::all(draft).await?.into_iter().filter(|(_, stop)| stop.is_published() && stop.day >= now.day()) {
        let there = match from {
            Origin::Village(village) if stop.village == village => Some(0.0),
            _ => here.zip(office.places.point(stop.village)).map(|(here, there)| here.km_to(there)),
        };
        stops.extend(there.map(|km| Offered { id, name: stop.label(), km, day: Some(stop.day) }));
    }
    sort(&mut stops);
    for stop in stops.into_iter().take(READ_MAX) {
        if open_seats(office, draft, whom, stop.id, now).await?.is_some_and(|left| left > 0) {
            offered.push(stop);
        }
    }
    sort(&mut offered);
    Ok(offered)
}

fn sort(offered: &mut [Offered]) {
    offered.sort_by(|a, b| a.km.total_cmp(&b.km).then(a.day.cmp(&b.day)));
}
