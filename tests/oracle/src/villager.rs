//! People of the villages: they dial for the mobile unit's timetable, join the list where it does not come, book where it does or where they were
//! invited, and some take their name off the list again. Phones of their own, each with a citizen of its own.

use std::collections::HashMap;
use std::thread;
use std::time::{Duration, Instant};

use crate::aggregator::Aggregator;
use crate::caller::Caller;
use crate::crew::Stage;
use crate::ledger::Told;
use crate::people::Phone;
use crate::random::Random;
use crate::script::{Goal, Pick, Wish};
use crate::unit::VILLAGES;

/// The first phone of theirs. Ten thousand: the last four digits name one of them.
pub const VILLAGERS: u32 = 60_000;
pub const VILLAGERS_MAX: u32 = 10_000;
/// A second dial of a number within two seconds is taken for a repeat of the first; we call again well after.
const PHONE_RESTS: Duration = Duration::from_secs(4);
/// From one dialogue to the next: they are few beside the others.
const PAUSE: Duration = Duration::from_millis(40);
/// Of a hundred dialogues so many repeat an old effect, and so many take a name off a list.
const REPEAT_PERCENT: u64 = 5;
const LEAVE_PERCENT: u64 = 5;
/// Of a hundred who were invited so many come.
const COMES_PERCENT: u64 = 80;

#[derive(Debug, Clone, Copy)]
struct Person {
    phone: Phone,
    citizen: u32,
    village: usize,
    dialled: Instant,
    /// In the list, as far as they know, and not invited yet.
    waits: bool,
}

/// The life of one of several. `mine`: their places among the villagers, who stand in the stage's list of citizens behind the others.
pub fn live(stage: &Stage, aggregator: &Aggregator, mut mine: impl Iterator<Item = u32>, name: String, mut random: Random) {
    let mut caller = Caller::new(stage, name);
    let mut people: HashMap<String, Person> = HashMap::new();
    let (mut invited, mut read): (Vec<String>, usize) = (Vec::new(), 0);
    while stage.between() {
        thread::sleep(PAUSE);
        for (to, text) in aggregator.since(&mut read) {
            if let Some(person) = people.get_mut(&to).filter(|_| is_invitation(&text)) {
                person.waits = false;
                if random.percent(COMES_PERCENT) {
                    invited.push(to);
                }
            }
        }
        if random.percent(REPEAT_PERCENT) && caller.repeat_one(random.next()).is_ok() {
            continue;
        }
        let has_rested = |number: &String| people.get(number).is_some_and(|person| person.dialled.elapsed() > PHONE_RESTS);
        let comes = invited.iter().position(has_rested).map(|at| invited.swap_remove(at));
        let leaves = || people.values().find(|person| person.waits && person.dialled.elapsed() > PHONE_RESTS).copied();
        let (mut person, wish) = if let Some(person) = comes.and_then(|number| people.get(&number).copied()) {
            (person, visit(&mut random))
        } else if let Some(person) = random.percent(LEAVE_PERCENT).then(leaves).flatten() {
            (person, Wish::Leave)
        } else {
            let citizen = |at: u32| u32::try_from(stage.dialers).ok().map(|dialers| dialers + at);
            let next = mine.next().and_then(|at| Some((at, citizen(at)?)));
            let Some((at, citizen)) = next.filter(|(_, citizen)| (*citizen as usize) < stage.citizens.len()) else { continue };
            let village = usize::try_from(random.below(VILLAGES.len() as u64)).unwrap_or(0);
            let person = Person { phone: Phone(VILLAGERS + at), citizen, village, dialled: Instant::now(), waits: false };
            // Who finds no seat may join, and who finds one may not.
            (person, if stage.board.is_open(village) { visit(&mut random) } else { Wish::Join })
        };
        let goal = Goal::Village { village: person.village, wish };
        if let Ok(seen) = caller.call(person.phone, person.citizen, &goal) {
            person.waits = seen.told == Some(Told::Listed);
        }
        person.dialled = Instant::now();
        people.insert(person.phone.number().trim_start_matches('+').to_owned(), person);
    }
}

fn visit(random: &mut Random) -> Wish {
    Wish::Visit { need: u8::try_from(random.between(1, 5)).unwrap_or(1), pick: Pick::Nth(random.next()) }
}

pub fn is_invitation(text: &str) -> bool {
    text.starts_with("KELILING ") && text.contains("Kursi Anda sampai")
}
