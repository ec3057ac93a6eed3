//! News for the villages: an officer names coordinators, who ask neighbours; some of these say yes, some of those later stop it. Another officer
//! writes announcements, and a supervisor approves them, or does not. Everybody acts on what arrived at their phone, and on nothing else.

use std::collections::{HashSet, VecDeque};
use std::thread;
use std::time::{Duration, Instant};

use crate::aggregator::Aggregator;
use crate::crew::Stage;
use crate::desk::OFFICERS;
use crate::ledger::Asked;
use crate::letter::Letters;
use crate::page::is_code;
use crate::people::Phone;
use crate::random::Random;
use crate::unit::VILLAGES;

pub const AUTHOR: Phone = OFFICERS[1];
pub const SECOND: Phone = Phone(99_003);
/// One for each of the first villages.
const COORDINATORS: u32 = 70_000;
const COORDINATORS_COUNT: u32 = 3;
/// Neighbours; a coordinator's have numbers a hundred apart from another's. A coordinator may ask twenty a day.
const NEIGHBOURS: u32 = 71_000;
const OF_ONE: u32 = 100;
const AT_FIRST: u32 = 4;
const ASKED_MAX: u32 = 18;
/// Of a hundred neighbours so many say yes; of a hundred of these so many stop it.
const YES_PERCENT: u64 = 85;
const STOP_PERCENT: u64 = 25;
/// Announcements of one run, and neighbours who are ready before the first.
const DRAFTS_MAX: u32 = 7;
const READY_MIN: usize = 3;
/// The line may break twice under the question whether it is approved: then nobody is asked any more.
const DECIDED_WITHIN: Duration = Duration::from_secs(20);
const PAUSE: Duration = Duration::from_millis(25);
/// Of the whole regency.
const ALL: (&str, &str) = ("SEMUA", "16.06");

/// What becomes of an announcement: by its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Course {
    Approved,
    /// Whoever wrote it tries to approve it, and then the second person does.
    Tried,
    Refused,
    /// Nobody decides.
    Forgotten,
}

const COURSES: [Course; 4] = [Course::Approved, Course::Tried, Course::Refused, Course::Forgotten];

/// The life of all of them.
pub fn tell(stage: &Stage, aggregator: &Aggregator, seed: u64, random: Random) {
    let letters = Letters::new(stage, format!("h{seed:x}"), random);
    let mut herald = Herald {
        letters,
        aggregator,
        read: 0,
        done: HashSet::new(),
        todo: VecDeque::new(),
        asked: [0; 3],
        ready: 0,
        drafts: 0,
        under_way: None,
    };
    for at in 0..COORDINATORS_COUNT {
        let (name, _) = VILLAGES[at as usize];
        let phone = Phone(COORDINATORS + at).number();
        herald.todo.push_back((AUTHOR, format!("KADER {phone} {name}"), Asked::Other));
    }
    while stage.between() {
        herald.listen();
        if herald.todo.is_empty() {
            herald.draft();
        }
        if let Some((from, text, asked)) = herald.todo.pop_front() {
            herald.letters.say(from, &text, asked);
        }
        thread::sleep(PAUSE);
    }
}

struct Herald<'s> {
    letters: Letters<'s>,
    aggregator: &'s Aggregator,
    read: usize,
    /// What was reacted to already: a message may come twice.
    done: HashSet<String>,
    todo: VecDeque<(Phone, String, Asked)>,
    /// Neighbours asked by each coordinator.
    asked: [u32; 3],
    ready: usize,
    drafts: u32,
    /// Since then an announcement waits for its decision.
    under_way: Option<Instant>,
}

impl Herald<'_> {
    fn listen(&mut self) {
        for (to, text) in self.aggregator.since(&mut self.read) {
            let Some(phone) = to.strip_prefix("62812000").and_then(|rest| rest.parse().ok()).map(Phone) else { continue };
            let first = |herald: &mut Self, what: &str| herald.done.insert(format!("{what} {to}"));
            let coordinator = phone.0.checked_sub(COORDINATORS).filter(|at| *at < COORDINATORS_COUNT);
            let neighbour = phone.0.checked_sub(NEIGHBOURS).filter(|at| *at < COORDINATORS_COUNT * OF_ONE);
            if let Some(at) = coordinator {
                let (_, area) = VILLAGES[at as usize];
                if text.starts_with("Jadi kader") && first(self, "offered") {
                    self.todo.push_back((phone, "YA".to_owned(), Asked::Coordinate { area }));
                } else if text.contains("Anda kader") && first(self, "coordinates") {
                    (0..AT_FIRST).for_each(|_| self.ask_neighbour(at));
                } else if let Some(mark) = text.split_once(", utk kader: ").and_then(|(_, news)| mark_of(news))
                    && first(self, mark)
                {
                    self.todo.push_back((phone, "1".to_owned(), Asked::PassedOn));
                }
            } else if let Some(at) = neighbour {
                let (_, area) = VILLAGES[(at / OF_ONE) as usize];
                if text.starts_with("Mau SMS pengumuman") && first(self, "asked") {
                    let is_yes = self.letters.random.percent(YES_PERCENT);
                    let (word, asked) = if is_yes { ("YA", Asked::Follow { area }) } else { ("2", Asked::Other) };
                    self.todo.push_back((phone, word.to_owned(), asked));
                } else if text.contains("Anda menerima pengumuman") && first(self, "follows") {
                    self.ready += 1;
                    if self.letters.random.percent(STOP_PERCENT) {
                        self.todo.push_back((phone, "STOP".to_owned(), Asked::Silence));
                    }
                }
            } else if phone == SECOND || phone == AUTHOR {
                self.hear(phone, &text);
            }
        }
    }

    /// What is said to those who decide.
    fn hear(&mut self, phone: Phone, text: &str) {
        let code = text.split([' ', '?', ':']).find(|word| is_code(word)).unwrap_or_default().to_owned();
        if phone == SECOND && text.starts_with("SETUJUI ") {
            let Some(course) = mark_of(text.rsplit("rupiah: ").next().unwrap_or_default()).and_then(course) else { return };
            // Asked once more when there are more people than before.
            if !self.done.insert(text.to_owned()) {
                return;
            }
            let approve = || (format!("{code} SETUJU"), Asked::Approve { code: code.clone() });
            match course {
                Course::Forgotten => self.under_way = None,
                Course::Refused => {
                    self.todo.push_back((phone, format!("{code} TOLAK salah hari"), Asked::Refuse { code: code.clone() }));
                    self.under_way = None;
                }
                Course::Tried | Course::Approved => {
                    if course == Course::Tried {
                        let (text, asked) = approve();
                        self.todo.push_back((AUTHOR, text, asked));
                    }
                    let (text, asked) = approve();
                    self.todo.push_back((phone, text, asked));
                }
            }
        } else if phone == AUTHOR && text.contains(" disetujui, ") {
            self.under_way = None;
            if self.done.insert(format!("approved {code}")) {
                // Who has not said yes is no coordinator, whose words a human would have to read.
                let active: Vec<u32> = (0..).zip(self.asked).filter(|(_, asked)| *asked > 0).map(|(at, _)| at).collect();
                active.into_iter().for_each(|at| self.ask_neighbour(at));
            }
        }
    }

    fn ask_neighbour(&mut self, coordinator: u32) {
        let Some(asked) = self.asked.get_mut(coordinator as usize).filter(|asked| **asked < ASKED_MAX) else { return };
        let number = Phone(NEIGHBOURS + coordinator * OF_ONE + *asked).number();
        *asked += 1;
        self.todo.push_back((Phone(COORDINATORS + coordinator), format!("AJAK {number}"), Asked::Other));
    }

    fn draft(&mut self) {
        let waits = self.under_way.is_some_and(|since| since.elapsed() < DECIDED_WITHIN);
        if waits || self.drafts == DRAFTS_MAX || self.ready < READY_MIN {
            return;
        }
        self.drafts += 1;
        self.under_way = Some(Instant::now());
        // Every second one is for everybody.
        let (name, area) = if self.drafts % 2 == 1 { ALL } else { VILLAGES[(self.drafts / 2) as usize % 3] };
        let mark = format!("nomor{}", self.drafts);
        self.todo.push_back((AUTHOR, format!("UMUM {name}: Kabar {mark} dari kantor."), Asked::Draft { mark, area }));
    }
}

/// `Kabar nomor3 dari kantor.`: what stands in no other.
fn mark_of(news: &str) -> Option<&str> {
    news.strip_prefix("Kabar ")?.split(' ').next()
}

fn course(mark: &str) -> Option<Course> {
    let number: usize = mark.strip_prefix("nomor")?.parse().ok()?;
    COURSES.get(number.checked_sub(1)? % COURSES.len()).copied()
}
