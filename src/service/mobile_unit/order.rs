//! What officers do with stops from their own phones.

use super::plan::{self, Problem};
use super::stop::{Reason, Stop, StopState};
use super::waiting::{Home, Waiter};
use crate::channel::order::{Act, Order, UnitOrder};
use crate::clock::Timestamp;
use crate::menu::Value;
use crate::service::Office;
use crate::service::appointment;
use crate::service::code::CodeRow;
use crate::service::officer::Officer;
use crate::service::place::Device;
use crate::service::ticket::Done;
use crate::store::{Draft, Fault};

/// Appointments told in one list: with the words around it they fill two messages.
const LISTED_MAX: usize = 12;

/// `None`: it is about no stop.
///
/// # Errors
/// A [`Fault`] of the store.
pub async fn obey(
    office: &Office,
    draft: &mut Draft<'_>,
    officer: &Officer,
    order: &Order<'_>,
    now: Timestamp,
) -> Result<Option<Done>, Fault> {
    let Act::Unit(act) = order.act else { return Ok(None) };
    let mut done = Done::default();
    let Some(code) = &order.code else {
        if let UnitOrder::Device { office: named, works, days } = act {
            device(office, draft, officer, named, Device::said(works, now, days), &mut done).await?;
        }
        if let UnitOrder::Plan(wanted) = act {
            let kept = match plan::judge(&wanted, &office.places, now.day(), Some(officer.number)) {
                Ok(stop) => plan::keep(draft, stop).await?.map_err(|problem| vec![problem]),
                Err(problems) => Err(problems),
            };
            match kept {
                Ok(stop) => tell(&mut done, officer, "unit_rencana", &stop, vec![seats(&stop)]),
                Err(problems) => refuse(&mut done, officer, "", problems.first().copied().map_or("bentuk", Problem::word)),
            }
        }
        return Ok(Some(done));
    };
    let Some((place, stop)) = Stop::by_code(draft, code).await? else {
        // A ticket's: then it is what the officer says to its citizen.
        let is_ticket = matches!(draft.peek(&CodeRow::key(code)).await?, Some(CodeRow::Ticket));
        if is_ticket {
            return Ok(None);
        }
        done.tell(officer.number, "bukan_tugas", code, Vec::new());
        return Ok(Some(done));
    };
    let is_over = stop.day < now.day() || matches!(stop.state, StopState::Cancelled(_));
    match act {
        UnitOrder::List => list(draft, officer, place, &stop, &mut done).await?,
        UnitOrder::Cancel(None) => refuse(&mut done, officer, code, "alasan"),
        UnitOrder::Kits(kits) if !plan::KITS.contains(&kits) => refuse(&mut done, officer, code, Problem::Numbers.word()),
        UnitOrder::Plan(_) | UnitOrder::Device { .. } => {}
        _ if is_over => done.tell(officer.number, "unit_tetap", code, Vec::new()),
        UnitOrder::Publish if stop.is_published() => done.tell(officer.number, "unit_tetap", code, Vec::new()),
        UnitOrder::Publish => {
            let waiting = Waiter::of_village(draft, stop.village).await?.len();
            change(draft, place, &Stop { state: StopState::Published, ..stop.clone() })?;
            tell(&mut done, officer, "unit_terbit", &stop, vec![people(waiting)]);
        }
        UnitOrder::Cancel(Some(why)) => {
            let was_begun = stop.is_published() && stop.begins(stop.hours) <= now;
            let stop = Stop { state: StopState::Cancelled(Reason::from(why)), is_settling: true, was_begun, ..stop };
            let over = appointment::over(draft, place, &stop, now).await?.len();
            tell(&mut done, officer, "unit_batal", &stop, vec![people(over)]);
            change(draft, place, &stop)?;
        }
        UnitOrder::Kits(kits) => {
            let stop = Stop { kits, is_settling: true, ..stop };
            let over = appointment::over(draft, place, &stop, now).await?.len();
            tell(&mut done, officer, "unit_alat", &stop, vec![seats(&stop), people(over)]);
            change(draft, place, &stop)?;
        }
    }
    Ok(Some(done))
}

fn change(draft: &mut Draft<'_>, place: u16, stop: &Stop) -> Result<(), Fault> {
    draft.put(Stop::key(place), stop)?;
    draft.durable();
    Ok(())
}

/// Whether people can be recorded at an office. Those who were to be are told by and by.
async fn device(
    office: &Office,
    draft: &mut Draft<'_>,
    officer: &Officer,
    named: &str,
    device: Device,
    done: &mut Done,
) -> Result<(), Fault> {
    let Some(place) = office.places.called(named) else {
        refuse(done, officer, "", "kantor");
        return Ok(());
    };
    draft.put(Device::key(place.id), &device)?;
    draft.durable();
    let concerned = appointment::unaware(office, draft, place.id, &device, device.since).await?.len();
    let mut values = vec![("tempat", Value::Text(place.name.clone())), people(concerned)];
    if !device.works {
        values.push(("hari", Value::Day(device.told_until(device.since.day()))));
    }
    done.tell(officer.number, if device.works { "alat_baik" } else { "alat_rusak" }, "", values);
    Ok(())
}

/// How many come, and the first of them.
async fn list(draft: &Draft<'_>, officer: &Officer, place: u16, stop: &Stop, done: &mut Done) -> Result<(), Fault> {
    let bookings = appointment::at(draft, place, stop.day).await?;
    let waiting = Waiter::of_village(draft, stop.village).await?;
    let lines = bookings.iter().take(LISTED_MAX).map(|booking| format!("{:02} {}", booking.slot.window.from, booking.code));
    let mut lines: Vec<String> = lines.collect();
    if bookings.len() > LISTED_MAX {
        lines.push(format!("+{}", bookings.len() - LISTED_MAX));
    }
    for home in Home::all() {
        let count = waiting.iter().filter(|(_, waiter)| waiter.home == Some(home)).count();
        lines.extend((count > 0).then(|| format!("{count} {} di rumah", home.word())));
    }
    let text = if lines.is_empty() { "-".to_owned() } else { lines.join(", ") };
    tell(done, officer, "unit_daftar", stop, vec![people(bookings.len()), ("daftar", Value::Text(text))]);
    Ok(())
}

fn seats(stop: &Stop) -> (&'static str, Value) {
    ("sisa", Value::Number(stop.seats_in_all().into()))
}

fn people(count: usize) -> (&'static str, Value) {
    ("orang", Value::Number(u32::try_from(count).unwrap_or(u32::MAX)))
}

fn tell(done: &mut Done, officer: &Officer, template: &'static str, stop: &Stop, more: Vec<(&'static str, Value)>) {
    let mut values = vec![
        ("hari", Value::Day(stop.day)),
        ("jam", Value::Window { from: stop.hours.from, to: stop.hours.to }),
        ("tempat", Value::Text(stop.label())),
    ];
    values.extend(more);
    done.tell(officer.number, template, &stop.code, values);
}

fn refuse(done: &mut Done, officer: &Officer, code: &str, why: &'static str) {
    done.tell(officer.number, "unit_tolak", code, vec![("sebab", Value::Word(why.to_owned()))]);
}
