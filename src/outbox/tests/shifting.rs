//! Most of an hour of two aggregators that share messages, in a second: one turns bad, first by errors, then by late reports, and mends.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use super::super::decide::{Event, Next, Patience, decide};
use super::super::dispatch::{Dispatch, Picked};
use super::super::lane::{Limits, Went};
use super::super::quiet::Hours;
use crate::channel::{DeliveryStatus, Retry, RouteSettings, Routes, SendError};
use crate::citizen::Msisdn;
use crate::clock::Timestamp;
use crate::store::queue::{Class, Fate, MessageId, Outgoing};

const BEGIN: Timestamp = Timestamp::from_millis(1_795_582_800_000);
const STEP: Duration = Duration::from_millis(100);
/// A message is left every so many steps: two a second.
const LEFT_EVERY: u64 = 5;
const ANSWERS_AFTER: Duration = Duration::from_millis(300);
const REPORTS_AFTER: Duration = Duration::from_secs(5);
const MINUTE: u64 = 60 * 10;

/// What is the matter with the first aggregator; the second one is always well.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Is {
    Well,
    /// Of five requests three are not taken, and one is without telling.
    Failing,
    /// Its reports take five minutes.
    Late,
}

#[derive(Default)]
struct Story {
    handed_over: u32,
    received: u32,
    fates: Vec<Fate>,
}

enum Happens {
    Answer(Picked, Box<Outgoing>, Result<(), SendError>),
    Report(MessageId, usize),
}

struct World {
    step: u64,
    dispatch: Dispatch,
    rows: HashMap<MessageId, Outgoing>,
    stories: BTreeMap<MessageId, Story>,
    later: BTreeMap<(Duration, u64), Happens>,
    count: u64,
    /// Requests to the first one since it began to fail.
    requests: u64,
    /// Handed over since the last look, by channel.
    taken: [u64; 2],
}

impl World {
    fn new(weights: [u32; 2]) -> Self {
        let names = vec!["a".to_owned(), "b".to_owned()];
        let weights = names.iter().cloned().zip(weights).collect();
        let settings = RouteSettings { default: Some("a".to_owned()), weights, ..RouteSettings::default() };
        let routes = Routes::new(names, &settings).unwrap();
        Self {
            step: 0,
            dispatch: Dispatch::new(routes, &[Limits { per_second: 20, in_flight: 10 }; 2], Patience::default().report_within),
            rows: HashMap::new(),
            stories: BTreeMap::new(),
            later: BTreeMap::new(),
            count: 0,
            requests: 0,
            taken: [0; 2],
        }
    }

    fn mono(&self) -> Duration {
        STEP * u32::try_from(self.step).unwrap()
    }

    fn now(&self) -> Timestamp {
        BEGIN.plus(self.mono())
    }

    fn plan(&mut self, after: Duration, happens: Happens) {
        self.count += 1;
        self.later.insert((self.mono() + after, self.count), happens);
    }

    fn leave(&mut self) {
        let id = MessageId(self.step);
        let to = Msisdn::try_from(6_281_200_000_000 + self.step).unwrap();
        let mut row = Outgoing::new(to, Class::Reply, String::new(), String::new(), self.now()).unwrap();
        row.id = id;
        self.dispatch.put_new(&row);
        self.rows.insert(id, row);
        self.stories.insert(id, Story::default());
    }

    fn follow(&mut self, id: MessageId, next: &Next) {
        match next {
            Next::Keep => {}
            Next::Send(row) | Next::Wait(row) => drop(self.rows.insert(id, row.clone())),
            Next::Settle(fate) => {
                self.rows.remove(&id);
                self.stories.get_mut(&id).unwrap().fates.push(fate.clone());
            }
        }
    }

    fn hand_over(&mut self, is: Is) {
        while let Some(picked) = self.dispatch.pick(&Hours::default(), self.now(), self.mono()) {
            let channel = ["a", "b"][picked.lane];
            let next = decide(&self.rows[&picked.id], Event::Due { channel }, self.now(), &Patience::default(), 0);
            self.follow(picked.id, &next);
            let Next::Send(leased) = next else { unreachable!("nothing gets too old: {next:?}") };
            self.taken[picked.lane] += 1;
            let is = if picked.lane == 0 { is } else { Is::Well };
            self.requests += u64::from(is == Is::Failing);
            let error = |retry| Err(SendError { code: "uji".to_owned(), retry, ours: false });
            let (received, answer) = match (is, self.requests % 5) {
                (Is::Failing, 1..=3) => (false, error(Retry::Later)),
                (Is::Failing, 4) => (true, error(Retry::Unsure)),
                _ => (true, Ok(())),
            };
            let story = self.stories.get_mut(&picked.id).unwrap();
            story.handed_over += 1;
            story.received += u32::from(received);
            self.plan(ANSWERS_AFTER, Happens::Answer(picked, Box::new(leased), answer));
            if received {
                let after = if is == Is::Late { Duration::from_secs(300) } else { REPORTS_AFTER };
                self.plan(after, Happens::Report(picked.id, picked.lane));
            }
        }
    }

    fn happen(&mut self, happens: Happens) {
        match happens {
            Happens::Answer(picked, leased, answer) => {
                let next = match &answer {
                    Ok(()) => decide(&leased, Event::Taken, self.now(), &Patience::default(), 0),
                    Err(error) => decide(&leased, Event::NotTaken { error, elsewhere: None }, self.now(), &Patience::default(), 0),
                };
                self.follow(picked.id, &next);
                let went = if answer.is_ok() { Went::Taken } else { Went::Failed };
                let again = if let Next::Wait(row) = &next { Some(row) } else { None };
                self.dispatch.end(&picked, went, again, self.mono());
            }
            Happens::Report(id, lane) => {
                if let Some(row) = self.rows.get(&id) {
                    let report = Event::Reported { status: DeliveryStatus::Delivered, word: None };
                    let next = decide(row, report, self.now(), &Patience::default(), 0);
                    self.follow(id, &next);
                    self.dispatch.settled(id);
                }
                self.dispatch.reported(lane, id, true, self.mono());
            }
        }
    }

    /// Lives through so many minutes; gives what part of the requests of the last two went to the first aggregator.
    fn live(&mut self, is: Is, minutes: u64) -> f64 {
        let end = self.step + minutes * MINUTE;
        while self.step < end {
            self.step += 1;
            if self.step == end - 2 * MINUTE {
                self.taken = [0; 2];
            }
            while let Some(entry) = self.later.first_entry()
                && entry.key().0 <= STEP * u32::try_from(self.step).unwrap()
            {
                let happens = entry.remove();
                self.happen(happens);
            }
            if self.step.is_multiple_of(LEFT_EVERY) {
                self.leave();
            }
            self.hand_over(is);
        }
        let [a, b] = self.taken.map(|taken| f64::from(u32::try_from(taken).unwrap()));
        assert!(a + b > 200.0, "messages stand still");
        a / (a + b)
    }
}

#[test]
fn messages_go_where_they_arrive_and_come_back_when_it_is_well() {
    for (weights, whole) in [([1, 1], 0.5), ([3, 1], 0.75)] {
        let mut world = World::new(weights);
        for (is, minutes, part) in [
            (Is::Well, 5, whole - 0.02..=whole + 0.02),
            // It deserves a fifth of its weight, and does not come to nothing.
            (Is::Failing, 5, 0.05..=whole * 0.6),
            (Is::Well, 10, whole - 0.02..=whole + 0.02),
            // Nobody knows yet.
            (Is::Late, 2, whole - 0.02..=whole + 0.02),
            (Is::Late, 6, 0.01..=whole * 0.25),
            // It has to prove itself: not in the first two minutes.
            (Is::Well, 2, 0.01..=whole * 0.4),
            (Is::Well, 14, whole - 0.02..=whole + 0.02),
        ] {
            let found = world.live(is, minutes);
            assert!(part.contains(&found), "{weights:?} {is:?}: {found}, wanted {part:?}");
        }
        world.live(Is::Well, 2);
        let ended: Vec<_> = world.stories.iter().filter(|(id, _)| id.0 < world.step - MINUTE).collect();
        assert!(ended.len() > 4_000);
        for (id, story) in ended {
            assert_eq!((story.received, story.fates.len()), (1, 1), "message {} was handed over {} times", id.0, story.handed_over);
        }
    }
}
