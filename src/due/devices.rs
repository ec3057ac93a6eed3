//! The device of an office broke, or works again: whoever is to be recorded there is told by day, each in one batch with their booking.
//!
//! Looked at when an officer has said something, and, as long as it is broken, every day: appointments that were too far ahead come near.

use super::{Due, RERUNS_MAX};
use crate::clock::Timestamp;
use crate::service::appointment::{self, Booking};
use crate::service::place::Device;
use crate::store::queue::Class;
use crate::store::{Draft, Fault};

/// People told in one round: telcos take no more in a second.
const A_ROUND: usize = 20;

pub(super) async fn round(due: &Due) -> Result<usize, Fault> {
    let turns = &due.turns;
    if !turns.clock_is_sound() {
        return Ok(0);
    }
    let (mut done, mut failed) = (0, None);
    for (place, device) in Device::due(&Draft::new(turns.store()), due.now()).await? {
        match tell(due, place, device).await {
            Ok(count) => done += count,
            // One office that fails keeps no other waiting.
            Err(fault) => failed = Some(fault),
        }
    }
    failed.map_or(Ok(done), Err)
}

async fn tell(due: &Due, place: u16, device: Device) -> Result<usize, Fault> {
    let turns = &due.turns;
    let now = due.now();
    let unaware = appointment::unaware(turns.office(), &Draft::new(turns.store()), place, &device, now).await?;
    // What is left at night may be mended before anybody reads of it.
    let by_day = due.settings.hours.next_allowed(Class::Owed, now);
    let is_time = |booking: &&Booking| by_day <= now || appointment::class_of_news(booking.slot.begins(), now) == Class::Reply;
    let now_told: Vec<&Booking> = unaware.iter().filter(is_time).take(A_ROUND).collect();
    let mut failed = None;
    for booking in &now_told {
        let work = turns.work(booking.number, |turns, draft, asking| {
            let code = booking.code.clone();
            Box::pin(async move {
                let told = appointment::tell_of_device(turns.office(), asking, draft, place, &code).await?;
                let Some((message, until)) = told else { return Ok(()) };
                turns.leave_until(draft, message, Some(until), asking.now).await?;
                Ok(())
            })
        });
        failed = work.await.err().or(failed);
    }
    // More may be behind them, also if somebody else told all of these meanwhile.
    if !now_told.is_empty() {
        return failed.map_or(Ok(now_told.len()), Err);
    }
    let tomorrow = || Timestamp::wib(now.day().plus(1), 0, 0);
    let next = if by_day > now && !unaware.is_empty() { Some(by_day) } else { (!device.works).then(tomorrow) };
    put_off(due, place, device, next).await
}

async fn put_off(due: &Due, place: u16, device: Device, next: Option<Timestamp>) -> Result<usize, Fault> {
    for _ in 0..=RERUNS_MAX {
        let mut draft = Draft::new(due.turns.store());
        let is_put_off = device.put_off(&mut draft, place, next).await?;
        if due.commit(draft).await? {
            return Ok(usize::from(is_put_off));
        }
    }
    Err(Fault::Contended)
}
