//! The load: callers who ask for a status, book, cancel, complain, call for a human and repeat, each with phones of its own.

use std::thread;
use std::time::{Duration, Instant};

use crate::caller::{Caller, Seen, Stopped};
use crate::crew::Stage;
use crate::ledger::Told;
use crate::options::Options;
use crate::people::{PHONES, Phone, WRITERS};
use crate::random::Random;
use crate::script::{Goal, Pick, Place, Way};

/// A second dial of a number within two seconds is taken for a repeat of the first; we call again well after.
const PHONE_RESTS: Duration = Duration::from_secs(4);
/// In a hundred dialogues so many repeat an old effect; `--bookings` book, half as many cancel, the rest ask for a status.
const REPEAT_PERCENT: u64 = 3;
/// Of a hundred others so many want a human, and so many look whether what they wanted is done.
const REPORT_PERCENT: u64 = 2;
const AGREE_PERCENT: u64 = 2;

/// The life of one caller: numbers of its own, each always with the same citizen, so that no number asks for many NIK.
pub fn crowd(stage: &Stage, place: u32, options: &Options, mut random: Random) {
    let mut caller = Caller::new(stage, format!("o{:x}-{place}", options.seed));
    let mut mine: Vec<(Phone, String, Instant)> = Vec::new();
    let mut turn = 0_u32;
    let cancel_below = REPEAT_PERCENT + options.bookings / 2;
    let book_below = cancel_below + options.bookings;
    let phones = if options.mode == "sms" { WRITERS } else { PHONES - 1 };
    while stage.between() {
        let phone = Phone((place + turn.wrapping_mul(options.callers.max(1))) % phones);
        let citizen = |phone: Phone| phone.0 % u32::try_from(stage.dialers).unwrap_or(u32::MAX);
        let dice = random.below(100);
        let is_mine = |phone: Phone| phone.0 % options.callers.max(1) == place;
        let done = if random.percent(REPORT_PERCENT) {
            turn = turn.wrapping_add(1);
            // The same words of one number on one day are one complaint.
            let way = if random.percent(50) { Way::Complain } else { Way::Call };
            let goal = Goal::Report { way, words: format!("Pintu+kantor+macet+{turn}") };
            caller.call(phone, citizen(phone), &goal).map(|seen| {
                if let Some(Told::Recorded { code }) = seen.told {
                    stage.pile.put(code, phone);
                }
            })
        } else if let Some((phone, code)) = random.percent(AGREE_PERCENT).then(|| stage.pile.settled(PHONE_RESTS, is_mine)).flatten() {
            caller.call(phone, citizen(phone), &Goal::Agree { code }).map(|_| ())
        } else if dice < REPEAT_PERCENT {
            caller.repeat_one(random.next())
        } else if let Some((phone, code)) = (dice < cancel_below).then(|| rested(&mut mine)).flatten() {
            caller.call(phone, citizen(phone), &Goal::Cancel { code }).map(|_| ())
        } else if dice < book_below {
            turn = turn.wrapping_add(1);
            let need = u8::try_from(random.between(1, 5)).unwrap_or(1);
            let goal = Goal::Book { need, place: Place::First, pick: Pick::Nth(random.next()) };
            caller.call(phone, citizen(phone), &goal).map(|seen| {
                if let Some(Told::Saved { code, .. }) = saved(seen) {
                    mine.push((phone, code, Instant::now()));
                }
            })
        } else {
            turn = turn.wrapping_add(1);
            caller.call(phone, citizen(phone), &Goal::Status).map(|_| ())
        };
        if let Err(Stopped) = done {
            // Counted where it happened; a short rest keeps a broken gateway from being flooded.
            thread::sleep(Duration::from_millis(10));
        }
    }
}

fn saved(seen: Seen) -> Option<Told> {
    seen.told.filter(|told| matches!(told, Told::Saved { .. }))
}

fn rested(mine: &mut Vec<(Phone, String, Instant)>) -> Option<(Phone, String)> {
    let at = mine.iter().position(|(_, _, since)| since.elapsed() > PHONE_RESTS)?;
    let (phone, code, _) = mine.swap_remove(at);
    Some((phone, code))
}
