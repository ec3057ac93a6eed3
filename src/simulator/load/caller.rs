//! One caller: dialogue after dialogue on one connection.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::Plan;
use super::report::Tally;
use super::script::{Errand, Next, Script};
use crate::clock::{self, Clock, Instant};
use crate::simulator::Error;
use crate::simulator::client::Connection;
use crate::simulator::handset::{THUMB, exchange, fresh_dialogue_id};
use crate::simulator::pages::Pages;
use crate::simulator::telco::{Dialogue, Page};

/// Fake numbers are +6281200000000 to +6281200099999.
const NUMBERS: usize = 100_000;
/// Turns of one dialogue; a booking is 8, with two lists on the way 12.
const TURNS_MAX: u8 = 24;
/// A gateway that is down is not asked again at once.
const PAUSE_AFTER_ERROR: Duration = Duration::from_millis(50);

/// Calls until `until`; the dialogue under way then is broken off.
pub(super) async fn call(plan: &Plan, until: Instant) -> Result<Tally, Error> {
    let mut tally = Tally::new()?;
    let mut connection = Connection::new(plan.address.clone());
    let mut request = Vec::with_capacity(1024);
    let mut last_request = Vec::with_capacity(1024);
    while clock::monotonic() < until {
        // Dialogue n is of number n and of citizen n modulo their count: a number names few different NIK, whatever the length of the list.
        let n = plan.next.fetch_add(1, Ordering::Relaxed) % NUMBERS;
        let Some(citizen) = plan.citizens.get(n % plan.citizens.len().max(1)) else { return Ok(tally) };
        let errand = errand(plan, n);
        *tally.dialogues.entry(errand.name()).or_default() += 1;
        let number = format!("+62812000{n:05}");
        let dialogue = Dialogue::dial(plan.telco, fresh_dialogue_id(plan.telco)?, &number, "*123#", &plan.code)?;
        let mut dialogue = dialogue.told(Clock::system().now(), Arc::clone(&plan.secrets));
        let mut script = Script::new(errand, citizen);
        let mut finished = false;
        for _ in 0..TURNS_MAX {
            if clock::monotonic() >= until {
                *tally.outcomes.entry("broken_off").or_default() += 1;
                return Ok(tally);
            }
            std::mem::swap(&mut request, &mut last_request);
            request.clear();
            dialogue.write_turn(&plan.place, &mut request);
            if request == last_request || dialogue.waits_for_the_thumb() {
                // Only where a telco sends the last key alone: equal bytes within a second would be its repeat.
                clock::sleep(THUMB).await;
            }
            let page = match turn(plan, &mut connection, &request, &mut dialogue, &mut tally).await {
                Ok(page) => page,
                Err(error) => {
                    *tally.errors.entry(error.kind().to_owned()).or_default() += 1;
                    clock::sleep(PAUSE_AFTER_ERROR).await;
                    finished = true;
                    break;
                }
            };
            match script.next(&page.text, page.open) {
                Next::Press(keys) => dialogue.press(keys),
                Next::Done(outcome) => {
                    *tally.outcomes.entry(outcome).or_default() += 1;
                    finished = true;
                    break;
                }
                Next::Wrong(page) => {
                    *tally.errors.entry(format!("page:{page}")).or_default() += 1;
                    finished = true;
                    break;
                }
            }
        }
        if !finished {
            *tally.errors.entry("too_many_turns".to_owned()).or_default() += 1;
        }
    }
    Ok(tally)
}

async fn turn(plan: &Plan, connection: &mut Connection, request: &[u8], dialogue: &mut Dialogue, tally: &mut Tally) -> Result<Page, Error> {
    let begun = clock::monotonic();
    if let Some(sent) = plan.telco.sent() {
        let pages = Pages { connection, channel: &plan.channel };
        let (page, _) = pages.turn(&sent, request, dialogue, &mut Vec::new()).await?;
        tally.turn(clock::monotonic().duration_since(begun));
        return Ok(page);
    }
    let reply = exchange(connection, request).await?;
    tally.turn(clock::monotonic().duration_since(begun));
    dialogue.read(&reply)
}

/// The same for the same number in every run, and without a pattern over the numbers.
fn errand(plan: &Plan, n: usize) -> Errand {
    let spread = (n as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32;
    if spread % u64::from(plan.mix.status + plan.mix.booking) < u64::from(plan.mix.status) { Errand::Status } else { Errand::Booking }
}
