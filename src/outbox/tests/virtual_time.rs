//! Months of sending in a second: [`decide`] and [`Dispatch`] against a telco that does everything it should not, with time that is moved
//! from event to event.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use proptest::prelude::*;

use super::super::decide::{Event, Next, Patience, decide};
use super::super::dispatch::{Dispatch, Picked};
use super::super::lane::{Limits, Went};
use super::super::quiet::Hours;
use crate::channel::{DeliveryStatus, Retry, RouteSettings, Routes, SendError};
use crate::citizen::Msisdn;
use crate::clock::Timestamp;
use crate::store::queue::{Class, Fate, MessageId, Outgoing};

/// xorshift: a seed tells everything that happens.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % sides
    }
}

#[derive(Default)]
struct Story {
    handed_over: u32,
    /// So often nobody could know whether it was taken.
    ambiguous: u32,
    received: u32,
    confirmed: bool,
    fates: Vec<Fate>,
}

enum Happens {
    Answer(Picked, Box<Outgoing>, Result<(), SendError>),
    Restart,
}

struct World {
    now: Timestamp,
    dice: Dice,
    shares: bool,
    dispatch: Dispatch,
    rows: HashMap<MessageId, Outgoing>,
    stories: BTreeMap<MessageId, Story>,
    later: BTreeMap<(Timestamp, u64), Happens>,
    count: u64,
}

const BEGIN: Timestamp = Timestamp::from_millis(1_795_582_800_000);

/// The second takes over from the first, or shares with it.
fn dispatch(shares: bool) -> Dispatch {
    let names = vec!["a".to_owned(), "b".to_owned()];
    let weights = if shares { names.iter().cloned().zip([2, 1]).collect() } else { BTreeMap::new() };
    let settings = RouteSettings { default: Some("a".to_owned()), failover: vec!["b".to_owned()], weights, ..RouteSettings::default() };
    Dispatch::new(Routes::new(names, &settings).unwrap(), &[Limits { per_second: 20, in_flight: 5 }; 2], Patience::default().report_within)
}

impl World {
    fn new(seed: u64) -> Self {
        let mut dice = Dice(seed | 1);
        let mut world = Self {
            now: BEGIN,
            dice: Dice(0),
            shares: seed.is_multiple_of(2),
            dispatch: dispatch(seed.is_multiple_of(2)),
            rows: HashMap::new(),
            stories: BTreeMap::new(),
            later: BTreeMap::new(),
            count: 0,
        };
        for id in 0..60 {
            let class = [Class::Reply, Class::Notice, Class::Reminder, Class::Bulk][usize::try_from(dice.roll(4)).unwrap()];
            let to = Msisdn::try_from(6_281_200_000_000 + dice.roll(20)).unwrap();
            let mut row = Outgoing::new(to, class, String::new(), String::new(), BEGIN).unwrap();
            row.id = MessageId(id);
            row.until = (dice.roll(4) == 0).then(|| BEGIN.plus(Duration::from_secs(dice.roll(100_000))));
            world.dispatch.put_new(&row);
            world.rows.insert(row.id, row);
            world.stories.insert(MessageId(id), Story::default());
        }
        for _ in 0..dice.roll(5) {
            let at = BEGIN.plus(Duration::from_secs(dice.roll(20_000)));
            world.plan(at, Happens::Restart);
        }
        world.dice = dice;
        world
    }

    fn plan(&mut self, at: Timestamp, happens: Happens) {
        self.count += 1;
        self.later.insert((at, self.count), happens);
    }

    fn mono(&self) -> Duration {
        self.now.since(BEGIN)
    }

    fn step(&mut self, id: MessageId, next: &Next) {
        match next {
            Next::Keep => {}
            Next::Send(row) | Next::Wait(row) => drop(self.rows.insert(id, row.clone())),
            Next::Settle(fate) => {
                self.rows.remove(&id);
                self.stories.get_mut(&id).unwrap().fates.push(fate.clone());
            }
        }
    }

    fn hand_over(&mut self) {
        let hours = Hours::default();
        while let Some(picked) = self.dispatch.pick(&hours, self.now, self.mono()) {
            let Some(row) = self.rows.get(&picked.id).cloned() else {
                self.dispatch.end(&picked, Went::Unused, None, self.mono());
                continue;
            };
            let channel = ["a", "b"][picked.lane];
            let next = decide(&row, Event::Due { channel }, self.now, &Patience::default(), 0);
            self.step(picked.id, &next);
            let Next::Send(leased) = next else {
                self.dispatch.end(&picked, Went::Unused, None, self.mono());
                continue;
            };
            let story = self.stories.get_mut(&picked.id).unwrap();
            assert!(!story.confirmed, "sent again after it was taken");
            story.handed_over += 1;
            let error = |retry| Err(SendError { code: "uji".to_owned(), retry, ours: false });
            // Taken or not, and told or not: all four happen.
            let (received, answer) = match self.dice.roll(12) {
                0..=3 => (true, Ok(())),
                4 => (true, error(Retry::Unsure)),
                5 => (false, error(Retry::Unsure)),
                6 | 7 => (false, error(Retry::Later)),
                8 => (false, error(Retry::Throttled)),
                9 => (false, error(Retry::Elsewhere)),
                10 => (false, error(Retry::Later)),
                _ => (false, error(if self.dice.roll(4) == 0 { Retry::Never } else { Retry::Later })),
            };
            story.received += u32::from(received);
            let at = self.now.plus(Duration::from_millis(self.dice.roll(12_000)));
            self.plan(at, Happens::Answer(picked, Box::new(leased), answer));
            if received && self.dice.roll(3) == 0 {
                self.report(picked.id);
            }
        }
    }

    fn report(&mut self, id: MessageId) {
        let status = [DeliveryStatus::Delivered, DeliveryStatus::Sent, DeliveryStatus::Failed][usize::try_from(self.dice.roll(3)).unwrap()];
        let Some(row) = self.rows.get(&id) else { return };
        let next = decide(row, Event::Reported { status, word: None }, self.now, &Patience::default(), 0);
        self.step(id, &next);
        self.dispatch.settled(id);
        for lane in 0..2 {
            self.dispatch.reported(lane, id, status == DeliveryStatus::Delivered, self.now.since(BEGIN));
        }
    }

    fn happen(&mut self, happens: Happens) {
        match happens {
            Happens::Answer(picked, leased, answer) => {
                let story = self.stories.get_mut(&picked.id).unwrap();
                story.confirmed |= answer.is_ok();
                story.ambiguous += u32::from(matches!(&answer, Err(error) if error.retry == Retry::Unsure));
                let chance = self.dice.roll(1_000);
                let next = match (self.rows.get(&picked.id), &answer) {
                    (None, _) => Next::Keep,
                    (Some(_), Ok(())) => decide(&leased, Event::Taken, self.now, &Patience::default(), chance),
                    (Some(row), Err(error)) => {
                        let elsewhere = self.dispatch.elsewhere(row, picked.lane).map(|lane| ["a", "b"][lane]);
                        decide(row, Event::NotTaken { error, elsewhere }, self.now, &Patience::default(), chance)
                    }
                };
                self.step(picked.id, &next);
                let went = match &answer {
                    Ok(()) => Went::Taken,
                    Err(error) if error.retry == Retry::Throttled => Went::Throttled,
                    Err(error) if error.retry == Retry::Elsewhere => Went::Broken,
                    Err(_) => Went::Failed,
                };
                let again = if let Next::Wait(row) = &next { Some(row) } else { None };
                self.dispatch.end(&picked, went, again, self.mono());
            }
            Happens::Restart => {
                for (_, happens) in std::mem::take(&mut self.later) {
                    match happens {
                        Happens::Answer(picked, ..) => self.stories.get_mut(&picked.id).unwrap().ambiguous += 1,
                        Happens::Restart => {}
                    }
                }
                self.dispatch = dispatch(self.shares);
                for row in self.rows.values().cloned().collect::<Vec<_>>() {
                    let next = decide(&row, Event::Abandoned, self.now, &Patience::default(), 0);
                    self.step(row.id, &next);
                    if let Some(row) = self.rows.get(&row.id) {
                        self.dispatch.put_new(row);
                    }
                }
            }
        }
    }

    /// Runs until nothing waits.
    fn run(&mut self) {
        for _ in 0..200_000 {
            self.hand_over();
            let idle = self.dispatch.idle_for(&Hours::default(), self.now, self.mono(), Duration::from_secs(86_400));
            let next = self.now.plus(idle.max(Duration::from_millis(1)));
            match self.later.first_key_value().map(|((at, _), _)| *at) {
                Some(at) if at <= next => {
                    self.now = self.now.max(at);
                    let (_, happens) = self.later.pop_first().unwrap();
                    self.happen(happens);
                }
                None if self.rows.is_empty() => return,
                _ => self.now = next,
            }
        }
        unreachable!("{} messages never came to an end", self.rows.len());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn every_message_ends_once_and_is_doubled_only_where_nobody_could_know(seed: u64) {
        let mut world = World::new(seed);
        world.run();
        for (id, story) in &world.stories {
            prop_assert_eq!(story.fates.len(), 1, "message {} ended {:?}", id.0, &story.fates);
            prop_assert!(story.received <= 1 + story.ambiguous.min(1), "message {} arrived {} times", id.0, story.received);
            let surely_failed = matches!(story.fates[0], Fate::Expired);
            prop_assert!(!(surely_failed && story.received > 0), "message {} arrived and is said not to have", id.0);
            if story.confirmed {
                prop_assert!(story.received > 0 && !matches!(story.fates[0], Fate::Unreported), "{:?}", story.fates);
            }
        }
        prop_assert!(world.now.since(BEGIN) < Duration::from_secs(6 * 86_400));
    }
}
