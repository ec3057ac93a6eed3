//! What a transcript may expect: records counted by a name.

use crate::clock::Timestamp;
use crate::report::{self, Scope};
use crate::service::appointment::{Booking, BookingState, Came};
use crate::service::caller::Caller;
use crate::service::mobile_unit::{Stop, Waiter};
use crate::service::outreach::{Announcement, Coordinator, Follower, Source, Told};
use crate::service::place::Places;
use crate::service::ticket::Ticket;
use crate::store::queue::{self, Outgoing, Sent};
use crate::store::{Record, Space, Store, Stored};

/// Of the report that a transcript looks at.
const DAYS: i32 = 90;

/// `None`: nobody counts that.
pub(super) fn count(store: &Store, name: &str) -> Option<u64> {
    let of: fn(&Record) -> u64 = match name {
        "bookings" => |record| booking_is(record, |booking| booking.state == BookingState::Booked),
        "cancelled" => |record| booking_is(record, |booking| booking.state == BookingState::Cancelled),
        "confirmed" => |record| booking_is(record, |booking| booking.confirmed.is_some()),
        "held" => |record| booking_is(record, |booking| matches!(booking.state, BookingState::Held { .. })),
        "kept" => |record| ended(record, |came| *came == Came::Kept),
        "no-show" => |record| ended(record, |came| *came == Came::NoShow),
        "incomplete" => |record| ended(record, |came| matches!(came, Came::Incomplete { .. })),
        "followed" => |record| booking_is(record, |booking| booking.visit.as_ref().is_some_and(|visit| visit.is_followed)),
        "unchecked" => |record| booking_is(record, |booking| booking.unchecked),
        "messages" => |record| u64::from(record.decode::<Outgoing>().is_ok() || record.decode::<Sent>().is_ok()),
        "late" => |record| u64::from(record.decode::<queue::Due>().is_ok()),
        "stops" => |record| u64::from(record.decode::<Stop>().is_ok()),
        "waiters" => |record| u64::from(record.decode::<Waiter>().is_ok()),
        "tickets" => |record| u64::from(record.decode::<Ticket>().is_ok()),
        "coordinators" => |record| u64::from(record.decode::<Coordinator>().is_ok_and(|known| known.active.is_some())),
        "followers" => |record| u64::from(record.decode::<Follower>().is_ok_and(|known| known.since.is_some())),
        "acknowledged" => |record| record.decode::<Announcement>().map_or(0, |announcement| announcement.acknowledged.into()),
        "told-kades" => |record| told(record, Told::Head),
        "told-petugas" => |record| told(record, Told::Officer),
        "told-radio" => |record| told(record, Told::Poster),
        "told-lain" => |record| told(record, Told::Other),
        "links" => |record| record.decode::<Caller>().map_or(0, |caller| caller.link_count()),
        _ => return None,
    };
    let spaces: &[Space] = match name {
        "messages" => &[Outgoing::SPACE, Sent::SPACE],
        "late" => &[queue::Due::SPACE],
        "links" => &[Caller::SPACE],
        "stops" => &[Stop::SPACE],
        "waiters" => &[Waiter::SPACE],
        "tickets" => &[Ticket::SPACE],
        "coordinators" => &[Coordinator::SPACE],
        "followers" => &[Follower::SPACE],
        "acknowledged" => &[Announcement::SPACE],
        "told-kades" | "told-petugas" | "told-radio" | "told-lain" => &[Source::SPACE],
        _ => &[Booking::SPACE],
    };
    let mut sum = 0;
    let counted = store.export(&mut |key, record| {
        if spaces.iter().any(|space| key.as_bytes().first() == Some(&(*space as u8))) {
            sum += of(record);
        }
    });
    counted.is_ok().then_some(sum)
}

/// A figure of the report, of one kecamatan over the last 90 days: `A3-9` in tenths, or how many people it counts where nothing can be divided by.
pub(super) fn figure(store: &Store, places: &Places, name: &str, now: Timestamp) -> Option<u64> {
    let (indicator, district) = name.split_once('-')?;
    let scope = Scope { from: now.day().plus(1 - DAYS), to: now.day(), district: Some(district.parse().ok()?) };
    let report = report::report(store, places, scope, now).ok()?;
    let line = report.lines.into_iter().find(|line| line.indicator == indicator)?;
    let tenths = line.value.map(|value| format!("{value:.1}").replace('.', ""));
    tenths.and_then(|tenths| tenths.parse().ok()).or(line.of).or(Some(0))
}

fn booking_is(record: &Record, is: impl Fn(&Booking) -> bool) -> u64 {
    record.decode::<Booking>().map_or(0, |booking| u64::from(is(&booking)))
}

fn ended(record: &Record, is: impl Fn(&Came) -> bool) -> u64 {
    booking_is(record, |booking| booking.visit.as_ref().is_some_and(|visit| is(&visit.came)))
}

fn told(record: &Record, by: Told) -> u64 {
    record.decode::<Source>().map_or(0, |source| u64::from(source.told.is_some_and(|(told, _)| told == by)))
}
