//! Counts what turns came to: actions by their outcome, and tasks begun, done and given up. Names are those of menu and actions only.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError, RwLock};

use serde::{Deserialize, Serialize};

use crate::menu::{Menu, Milestone};
use crate::service;

/// Marks of one turn. Sixteen answers may be dialled at once, but a task takes several; what does not fit is not counted.
const PASSED_MAX: usize = 32;

/// The task that a dialogue is at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Underway {
    task: u32,
    /// The lowest bit: done. Above it: how many answers it took so far. Before answers were counted it was a truth value, which reads the same.
    state: u8,
}

impl Underway {
    const DONE: u8 = 1;
    const ONE_ANSWER: u8 = 2;

    const fn begun(task: u32, answers: u8) -> Self {
        Self { task, state: answers * Self::ONE_ANSWER }
    }

    const fn is_done(self) -> bool {
        self.state & Self::DONE == Self::DONE
    }

    const fn answers(self) -> u8 {
        self.state / Self::ONE_ANSWER
    }

    const fn with_answer(self) -> Self {
        let state = if self.is_done() { self.state } else { self.state.saturating_add(Self::ONE_ANSWER) & !Self::DONE };
        Self { state, ..self }
    }

    const fn done(self) -> Self {
        Self { state: self.state | Self::DONE, ..self }
    }
}

/// A dialogue that was cut or left: was it in the middle of something, and where?
#[derive(Clone, Copy, Debug, Default)]
pub struct GivenUp {
    pub(super) underway: Option<Underway>,
    pub(super) screen: u32,
}

/// What one turn passed: counted when it is committed, so that a turn that is run again counts once.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Passed {
    len: usize,
    marks: [Option<Mark>; PASSED_MAX],
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Mark {
    Begun(u32),
    /// The place of an outcome among all.
    Came(usize),
    /// With so many answers.
    Done(u32, u8),
    /// Somebody typed one.
    Nik {
        is_flawed: bool,
    },
    /// For another task.
    Left(GivenUp),
}

impl Passed {
    /// An answer was given.
    pub(super) fn answered(underway: &mut Option<Underway>) {
        *underway = underway.map(Underway::with_answer);
    }

    /// Whoever is at a task comes by a screen, from another one. `answers`: one if an answer led there.
    pub(super) fn by(&mut self, Milestone { begins, on, done }: Milestone, from: u32, answers: u8, underway: &mut Option<Underway>) {
        let at = |underway: &Option<Underway>, task: u32| underway.filter(|underway| underway.task == task);
        let again = begins.filter(|task| at(underway, *task).is_none_or(Underway::is_done));
        let newly = on.or(done).filter(|task| at(underway, *task).is_none());
        if let Some(task) = again.or(newly) {
            if underway.is_some_and(|underway| !underway.is_done()) {
                self.mark(Mark::Left(GivenUp { underway: *underway, screen: from }));
            }
            self.mark(Mark::Begun(task));
            *underway = Some(Underway::begun(task, answers));
        }
        if let Some(task) = done
            && let Some(at_it) = at(underway, task).filter(|underway| !underway.is_done())
        {
            self.mark(Mark::Done(task, at_it.answers()));
            *underway = Some(at_it.done());
        }
    }

    pub(super) fn came(&mut self, place: Option<usize>) {
        if let Some(place) = place {
            self.mark(Mark::Came(place));
        }
    }

    pub(super) fn nik(&mut self, is_flawed: bool) {
        self.mark(Mark::Nik { is_flawed });
    }

    pub(super) fn marks(&self) -> impl Iterator<Item = &Mark> {
        self.marks.iter().take(self.len).flatten()
    }

    /// Is there anything in it for the figures that are kept?
    pub(super) fn is_counted(&self) -> bool {
        self.marks().any(|mark| matches!(mark, Mark::Begun(_) | Mark::Done(..) | Mark::Nik { .. }))
    }

    fn mark(&mut self, mark: Mark) {
        if let Some(free) = self.marks.get_mut(self.len) {
            *free = Some(mark);
            self.len += 1;
        }
    }
}

/// Counted since the start.
#[derive(Debug)]
pub struct Tally {
    outcomes: Vec<AtomicU64>,
    places: HashMap<(&'static str, &'static str), usize>,
    /// Every task and screen of every menu that was in force, by its number.
    names: RwLock<BTreeMap<u32, String>>,
    tasks: RwLock<BTreeMap<u32, Task>>,
    given_up: Mutex<BTreeMap<(u32, u32), u64>>,
}

#[derive(Debug, Default)]
struct Task {
    begun: AtomicU64,
    done: AtomicU64,
}

/// How often an action came to an outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Came {
    pub action: &'static str,
    pub outcome: &'static str,
    pub times: u64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tasks {
    pub task: String,
    pub begun: u64,
    pub done: u64,
    /// Screens at which people were cut off, or left, in the middle of it.
    pub given_up: Vec<(String, u64)>,
}

impl Tally {
    pub(super) fn new(menu: &Menu) -> Self {
        let all = service::CATALOGUE.actions.iter().flat_map(|spec| spec.outcomes.iter().map(|outcome| (spec.name, outcome.name)));
        let places: HashMap<_, _> = all.enumerate().map(|(place, names)| (names, place)).collect();
        let tally = Self {
            outcomes: places.iter().map(|_| AtomicU64::default()).collect(),
            places,
            names: RwLock::default(),
            tasks: RwLock::default(),
            given_up: Mutex::default(),
        };
        tally.learn(menu);
        tally
    }

    /// Makes room for what a menu may pass.
    pub(super) fn learn(&self, menu: &Menu) {
        let mut names = self.names.write().unwrap_or_else(PoisonError::into_inner);
        let mut tasks = self.tasks.write().unwrap_or_else(PoisonError::into_inner);
        for (task, name) in menu.tasks() {
            tasks.entry(*task).or_default();
            names.entry(*task).or_insert_with(|| name.clone());
        }
        for (screen, name) in menu.screens() {
            names.entry(screen).or_insert_with(|| name.to_owned());
        }
    }

    pub(super) fn place(&self, action: &'static str, outcome: &'static str) -> Option<usize> {
        self.places.get(&(action, outcome)).copied()
    }

    pub(super) fn count(&self, passed: &Passed) {
        let of_task = |task: &u32, counter: fn(&Task) -> &AtomicU64| {
            let tasks = self.tasks.read().unwrap_or_else(PoisonError::into_inner);
            if let Some(task) = tasks.get(task) {
                counter(task).fetch_add(1, Ordering::Relaxed);
            }
        };
        for mark in passed.marks() {
            match mark {
                Mark::Begun(task) => of_task(task, |task| &task.begun),
                Mark::Came(place) => {
                    if let Some(counter) = self.outcomes.get(*place) {
                        counter.fetch_add(1, Ordering::Relaxed);
                    }
                }
                Mark::Done(task, _) => of_task(task, |task| &task.done),
                Mark::Left(given_up) => self.give_up(*given_up),
                Mark::Nik { .. } => {}
            }
        }
    }

    pub fn give_up(&self, GivenUp { underway, screen }: GivenUp) {
        if let Some(Underway { task, .. }) = underway.filter(|underway| !underway.is_done()) {
            *self.given_up.lock().unwrap_or_else(PoisonError::into_inner).entry((task, screen)).or_default() += 1;
        }
    }

    pub fn outcomes(&self) -> Vec<Came> {
        let times = |place: usize| self.outcomes.get(place).map_or(0, |counter| counter.load(Ordering::Relaxed));
        self.places.iter().map(|((action, outcome), place)| Came { action, outcome, times: times(*place) }).collect()
    }

    /// Of a task or screen; empty if no menu had it.
    pub fn name(&self, number: u32) -> String {
        self.names.read().unwrap_or_else(PoisonError::into_inner).get(&number).cloned().unwrap_or_default()
    }

    pub fn tasks(&self) -> Vec<Tasks> {
        let names = self.names.read().unwrap_or_else(PoisonError::into_inner);
        let name = |number: u32| names.get(&number).cloned().unwrap_or_default();
        let given_up = self.given_up.lock().unwrap_or_else(PoisonError::into_inner);
        let tasks = self.tasks.read().unwrap_or_else(PoisonError::into_inner);
        let of = |task: u32| given_up.range((task, 0)..=(task, u32::MAX)).map(|((_, screen), times)| (name(*screen), *times)).collect();
        tasks
            .iter()
            .map(|(number, task)| Tasks {
                task: name(*number),
                begun: task.begun.load(Ordering::Relaxed),
                done: task.done.load(Ordering::Relaxed),
                given_up: of(*number),
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: u32 = 1;
    const B: u32 = 2;

    /// Screens in the order in which somebody comes by them: `a` begins task A, `m` lies on its way, `d` is where it is done; the same in
    /// capitals for B. `.` is on nobody's way. What is counted: `+` begun, `-` left, `!` done, with the task.
    fn counted(screens: &str) -> String {
        let (mut passed, mut underway) = (Passed::default(), None);
        for (from, screen) in (0..).zip(screens.chars()) {
            let task = Some(if screen.is_ascii_uppercase() { B } else { A });
            let milestone = match screen.to_ascii_lowercase() {
                'a' => Milestone { begins: task, ..Milestone::default() },
                'm' => Milestone { on: task, ..Milestone::default() },
                'd' => Milestone { on: task, done: task, ..Milestone::default() },
                _ => Milestone::default(),
            };
            Passed::answered(&mut underway);
            passed.by(milestone, from, 1, &mut underway);
        }
        let name = |task: u32| if task == A { 'a' } else { 'b' };
        let told = passed.marks.iter().flatten().map(|mark| match mark {
            Mark::Begun(task) => format!("+{}", name(*task)),
            Mark::Done(task, answers) => format!("!{}{answers}", name(*task)),
            Mark::Left(left) => format!("-{}", left.underway.map_or('?', |underway| name(underway.task))),
            Mark::Came(_) | Mark::Nik { .. } => "?".to_owned(),
        });
        told.collect()
    }

    #[test]
    fn nobody_is_counted_twice_and_nobody_comes_through_what_they_did_not_begin() {
        for (screens, expected) in [
            ("..", ""),
            (".amd", "+a!a3"),
            ("am.m", "+a"),
            // Back, and on again.
            ("ama", "+a"),
            ("amdm", "+a!a3"),
            ("amdmd", "+a!a3"),
            // Once more from its beginning.
            ("amd.amd", "+a!a3+a!a3"),
            // By a message, or remembered.
            ("d", "+a!a1"),
            ("md", "+a!a2"),
            // Something else in the middle; something else after.
            ("amAMD", "+a-a+b!b3"),
            ("amdAD", "+a!a3+b!b2"),
            ("amMam", "+a-a+b-b+a"),
        ] {
            assert_eq!(counted(screens), expected, "{screens}");
        }
        assert!(counted(&"aA".repeat(100)).len() <= PASSED_MAX * 2, "so many and no more");
        assert!(counted(&format!("a{}d", "m".repeat(300))).ends_with("!a127"), "and so many answers");
    }

    /// As records hold it from before answers were counted.
    #[test]
    fn a_task_under_way_from_before_answers_were_counted_is_read() {
        for (is_done, bytes) in [(false, [7, 0]), (true, [7, 1])] {
            let underway: Underway = postcard::from_bytes(&bytes).unwrap();
            assert_eq!((underway.task, underway.is_done(), underway.answers()), (7, is_done, 0));
        }
    }
}
