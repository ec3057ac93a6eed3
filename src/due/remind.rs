//! The day before an appointment, from four in the afternoon, whoever booked is asked whether they will come.
//!
//! No row waits for each booking: one sweep a day goes over tomorrow's slots, place after place. A booking that was asked about says so
//! itself, hence a sweep that is broken off anywhere, or begun again, asks nobody twice. What could not be asked until eight in the evening
//! is not asked any more: "tomorrow" would be a lie, and a telephone at night a nuisance.

use serde::{Deserialize, Serialize};

use super::Due;
use crate::clock::{Day, Timestamp};
use crate::service::{appointment, caller};
use crate::store::queue::Class;
use crate::store::{Draft, Fault, Key, Space, Stored};
use crate::turn::Question;

/// The first hour in which people are asked (WIB).
const FROM_HOUR: i8 = 16;
/// The first hour in which they are not any more.
const UNTIL_HOUR: i8 = 20;
/// Questions left in one round. A full day of a district takes a minute, and telcos take them no faster.
const A_ROUND: usize = 50;

/// How far the sweep has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Swept {
    /// The day of the appointments.
    day: Day,
    /// Places before this one are done. None: all are.
    place: Option<u16>,
}

impl Stored for Swept {
    const SPACE: Space = Space::Sweep;
    const FORMAT: u16 = 1;
}

impl Swept {
    fn key() -> Key {
        Key::new(Space::Sweep).with(b"reminders")
    }
}

/// Asks some of those who are to be asked now, and returns how many were.
pub(super) async fn round(due: &Due) -> Result<usize, Fault> {
    let turns = &due.turns;
    let mut draft = Draft::new(turns.store());
    let swept: Option<Swept> = draft.get(&Swept::key()).await?;
    let Some((day, first)) = ahead(swept, due.now()).filter(|_| turns.clock_is_sound()) else { return Ok(0) };
    if let Some(swept) = swept
        && swept.day != day
    {
        tell_of_dropped(swept, day);
    }
    let mut asked = 0;
    for place in appointment::sites_on(turns.office(), &draft, day).await?.into_iter().filter(|place| *place >= first) {
        for code in appointment::codes_on(&draft, place, day).await? {
            if asked == A_ROUND {
                draft.put(Swept::key(), &Swept { day, place: Some(place) })?;
                due.commit(draft).await?;
                return Ok(asked);
            }
            asked += usize::from(ask(due, &code, day).await?);
        }
    }
    draft.put(Swept::key(), &Swept { day, place: None })?;
    due.commit(draft).await?;
    Ok(asked)
}

/// Asks about one booking, if it is to be asked about.
async fn ask(due: &Due, code: &str, day: Day) -> Result<bool, Fault> {
    let turns = &due.turns;
    let begun = Timestamp::wib(day.plus(-1), FROM_HOUR, 0);
    let whom = match appointment::whom_to_remind(&Draft::new(turns.store()), code, day, begun).await {
        // One record that cannot be read keeps nobody else from being asked.
        Err(fault @ (Fault::Corrupt | Fault::Format(_))) => {
            tracing::error!(%fault, "an appointment cannot be read: nobody is asked about it");
            return Ok(false);
        }
        whom => whom?,
    };
    let Some(number) = whom.filter(|number| turns.office().routes.reach(*number)) else { return Ok(false) };
    let until = Some(Timestamp::wib(day.plus(-1), UNTIL_HOUR, 0));
    let asked = turns.work(number, |turns, draft, asking| {
        let code = code.to_owned();
        Box::pin(async move {
            // Who wants none must not have a question waiting either: the next "3" may mean something else.
            if !caller::wants(draft, number, Class::Reminder).await? {
                return Ok(false);
            }
            let values = appointment::remind(turns.office(), draft, &code, day, begun, asking.now).await?;
            let Some(values) = values else { return Ok(false) };
            let question = Question { command: "pengingat", values, class: Class::Reminder, reference: &code, until };
            turns.prompt(draft, asking, question).await?;
            Ok(true)
        })
    });
    asked.await
}

/// The day whose appointments are asked about at `now`, and the place to go on with; None if there is nothing to do.
fn ahead(swept: Option<Swept>, now: Timestamp) -> Option<(Day, u16)> {
    let (hour, _) = now.hour_minute();
    if !(FROM_HOUR..UNTIL_HOUR).contains(&hour) {
        return None;
    }
    let tomorrow = now.day().plus(1);
    match swept {
        // A clock that was set back asks nobody about a day that was asked about.
        Some(swept) if swept.day > tomorrow => None,
        Some(swept) if swept.day == tomorrow => swept.place.map(|place| (tomorrow, place)),
        _ => Some((tomorrow, 0)),
    }
}

/// An operator who wonders why nobody was asked finds it here.
fn tell_of_dropped(swept: Swept, day: Day) {
    let days = day.number() - swept.day.number() - 1;
    if days > 0 || swept.place.is_some() {
        tracing::warn!(
            days,
            finished = swept.place.is_none(),
            "reminders of past days were not all sent: this machine was off, or its clock was wrong"
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_asked_about_once_between_four_and_eight_the_day_before() {
        let day = |text| Day::parse(text).unwrap();
        let swept = |text, place| Some(Swept { day: day(text), place });
        let found = |text, place| Some((day(text), place));
        for (swept, now, expected) in [
            (None, "2026-11-30T15:59", None),
            (None, "2026-11-30T16:00", found("2026-12-01", 0)),
            (None, "2026-11-30T19:59", found("2026-12-01", 0)),
            (None, "2026-11-30T20:00", None),
            (None, "2026-12-01T07:00", None),
            (swept("2026-12-01", Some(7)), "2026-11-30T16:01", found("2026-12-01", 7)),
            (swept("2026-12-01", None), "2026-11-30T16:01", None),
            (swept("2026-12-01", None), "2026-12-01T16:00", found("2026-12-02", 0)),
            // Half done when the machine was switched off, and on again a day later.
            (swept("2026-12-01", Some(7)), "2026-12-01T16:30", found("2026-12-02", 0)),
            // A jump ahead: the days between are dropped.
            (swept("2026-12-01", None), "2026-12-20T18:00", found("2026-12-21", 0)),
            // The clock was set back by a day.
            (swept("2026-12-01", None), "2026-11-29T16:00", None),
            (swept("2026-12-01", Some(7)), "2026-11-29T16:00", None),
        ] {
            assert_eq!(ahead(swept, Timestamp::parse(now).unwrap()), expected, "{swept:?} at {now}");
        }
    }
}
