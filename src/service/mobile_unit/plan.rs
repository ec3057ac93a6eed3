//! Planning a stop: what an officer wrote, or a line of a route, judged whole.

use super::stop::{Reason, STOPS_FROM, Stop, StopState, Way};
use super::village::{Named, Village};
use crate::channel::order::unit::{Plan, Why};
use crate::citizen::Msisdn;
use crate::clock::Day;
use crate::gsm;
use crate::service::code::{self, CodeRow};
use crate::service::place::{Places, Window};
use crate::store::{Draft, Fault};

/// Nobody knows the river so far ahead.
const DAYS_AHEAD_MAX: i32 = 180;
/// Hours in which people can be expected to come, and the unit to be there.
const DAYTIME: Window = Window { from: 6, to: 18 };
/// Minutes for one person: a photograph and ten fingers take three at least.
const MINUTES: std::ops::RangeInclusive<u8> = 3..=60;
/// Kits that one car or boat carries; none is a reason to cancel.
pub(super) const KITS: std::ops::RangeInclusive<u8> = 1..=9;
/// What a label may hold.
const SPOT_SEPTETS_MAX: usize = 20;

/// What keeps a stop from being planned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Problem {
    #[error("a word that means nothing here")]
    Form,
    #[error("no village has this name")]
    Village,
    #[error("villages of several kecamatan have this name: add the kecamatan, or write the code")]
    Twins,
    #[error("no day like 2026-12-10, or past, or more than {DAYS_AHEAD_MAX} days ahead, or beyond the holiday file")]
    Day,
    #[error("a public holiday")]
    Holiday,
    #[error("no hours like 08-12, between {:02} and {:02}", DAYTIME.from, DAYTIME.to)]
    Hours,
    #[error("minutes must be {} to {}, kits {} to {}", MINUTES.start(), MINUTES.end(), KITS.start(), KITS.end())]
    Numbers,
    #[error("the place in the village is missing, or longer than {SPOT_SEPTETS_MAX} characters of the phone's alphabet")]
    Spot,
    #[error("this village has a stop on that day already")]
    Twice,
    #[error("there is no number left for a stop")]
    Full,
}

impl Problem {
    /// The menu's word for it.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Form => "bentuk",
            Self::Village => "desa",
            Self::Twins => "kembar",
            Self::Day => "tanggal",
            Self::Holiday => "libur",
            Self::Hours => "jam",
            Self::Numbers => "angka",
            Self::Spot => "tempat",
            Self::Twice | Self::Full => "ada",
        }
    }
}

impl From<Why> for Reason {
    fn from(why: Why) -> Self {
        match why {
            Why::Weather => Self::Weather,
            Why::Road => Self::Road,
            Why::Kit => Self::Kit,
        }
    }
}

/// All that is wrong with it at once, or a stop that has no code yet.
pub(super) fn judge(plan: &Plan<'_>, places: &Places, today: Day, by: Option<Msisdn>) -> Result<Stop, Vec<Problem>> {
    let village = match Village::named(plan.village) {
        Named::One(village) => Ok(village),
        Named::None => Err(Problem::Village),
        Named::Twins(_) => Err(Problem::Twins),
        // The car stands in a village: in the one that is called like its kecamatan, if there is one.
        Named::District(villages) => {
            villages.first().copied().filter(|village| village.name() == village.district_name()).ok_or(Problem::Village)
        }
    };
    let last = today.plus(DAYS_AHEAD_MAX.min(places.known_days(today)));
    let day = match plan.day.filter(|day| (today..=last).contains(day)) {
        None => Err(Problem::Day),
        Some(day) if places.is_holiday(day) => Err(Problem::Holiday),
        Some(day) => Ok(day),
    };
    let hours = plan
        .from_to
        .map(|(from, to)| Window { from, to })
        .filter(|hours| DAYTIME.from <= hours.from && hours.from < hours.to && hours.to <= DAYTIME.to)
        .ok_or(Problem::Hours);
    let minutes = plan.minutes.filter(|minutes| MINUTES.contains(minutes)).ok_or(Problem::Numbers);
    let kits = plan.kits.filter(|kits| KITS.contains(kits)).ok_or(Problem::Numbers);
    let is_told = |spot: &&str| gsm::septets(spot).is_ok_and(|septets| (1..=SPOT_SEPTETS_MAX).contains(&septets));
    let spot = Some(plan.spot).filter(is_told).ok_or(Problem::Spot);
    let form = if plan.is_odd { Err(Problem::Form) } else { plan.by_boat.ok_or(Problem::Form) };
    match (village, day, hours, minutes, kits, spot, form) {
        (Ok(village), Ok(day), Ok(hours), Ok(minutes), Ok(kits), Ok(spot), Ok(by_boat)) => Ok(Stop {
            code: String::new(),
            village,
            spot: spot.to_owned(),
            day,
            hours,
            minutes,
            kits,
            way: if by_boat { Way::Boat } else { Way::Road },
            state: StopState::Planned,
            is_settling: false,
            was_begun: false,
            claims: Vec::new(),
            by,
        }),
        (village, day, hours, minutes, kits, spot, form) => {
            let mut problems: Vec<Problem> =
                [form.err(), village.err(), day.err(), hours.err(), minutes.err(), kits.err(), spot.err()].into_iter().flatten().collect();
            problems.dedup();
            Err(problems)
        }
    }
}

/// Keeps a stop under a code and a number of its own.
///
/// # Errors
/// A [`Fault`] of the store.
pub(super) async fn keep(draft: &mut Draft<'_>, mut stop: Stop) -> Result<Result<Stop, Problem>, Fault> {
    let stops = Stop::all(draft).await?;
    let is_same = |other: &Stop| other.village == stop.village && other.day == stop.day && !matches!(other.state, StopState::Cancelled(_));
    if stops.iter().any(|(_, other)| is_same(other)) {
        return Ok(Err(Problem::Twice));
    }
    let next = stops.last().map_or(Some(STOPS_FROM), |(last, _)| last.checked_add(1));
    let Some(place) = next else { return Ok(Err(Problem::Full)) };
    // Read as absent, so that two of them never get the same number.
    let key = Stop::key(place);
    if draft.get::<Stop>(&key).await?.is_some() {
        return Err(Fault::Contended);
    }
    stop.code = code::fresh(draft).await?;
    draft.put(key, &stop)?;
    draft.put(CodeRow::key(&stop.code), &CodeRow::Stop { place })?;
    draft.durable();
    Ok(Ok(stop))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_that_is_wrong_is_said_at_once() {
        let places =
            Places::parse(include_str!("../../../gateway-config/muba/places.toml"), "tanggal\n2026-12-25,x\n2027-01-01,x\n", "code\n")
                .unwrap();
        let today = Day::parse("2026-11-30").unwrap();
        let good = Plan {
            village: "Mangsang",
            day: Day::parse("2026-12-10"),
            from_to: Some((8, 12)),
            minutes: Some(10),
            kits: Some(2),
            by_boat: Some(false),
            spot: "Balai Desa",
            is_odd: false,
        };
        let on = |day: &str| Plan { day: Day::parse(day), ..good };
        for (plan, problems) in [
            (good, &[][..]),
            (on("2026-11-30"), &[]),
            (on("2026-12-12"), &[]),
            (on("2026-11-29"), &[Problem::Day]),
            (on("2027-06-30"), &[Problem::Day]),
            (on("2026-12-25"), &[Problem::Holiday]),
            (Plan { day: None, ..good }, &[Problem::Day]),
            (Plan { village: "Jakarta", ..good }, &[Problem::Village]),
            (Plan { village: "Mekar Jaya", ..good }, &[Problem::Twins]),
            (Plan { from_to: Some((12, 8)), ..good }, &[Problem::Hours]),
            (Plan { from_to: Some((4, 8)), ..good }, &[Problem::Hours]),
            (Plan { from_to: Some((8, 19)), ..good }, &[Problem::Hours]),
            (Plan { minutes: Some(2), kits: Some(10), ..good }, &[Problem::Numbers]),
            (Plan { spot: "", ..good }, &[Problem::Spot]),
            (Plan { spot: "Balai pertemuan desa ini", ..good }, &[Problem::Spot]),
            (Plan { is_odd: true, ..good }, &[Problem::Form]),
            (Plan { by_boat: None, village: "x", minutes: None, ..good }, &[Problem::Form, Problem::Village, Problem::Numbers]),
        ] {
            assert_eq!(judge(&plan, &places, today, None).err().unwrap_or_default(), problems, "{plan:?}");
        }
    }
}
