//! Through the menu until there is a page: steps, the actions that they call, and the messages that those leave.

use std::collections::VecDeque;

use tokio::sync::MutexGuard;

use super::Turns;
use super::record::Record;
use super::tally::{Passed, Underway};
use crate::citizen::{NikError, code};
use crate::menu::{self, Asks, Event, Menu, Page, Reader, Session, Step, Value};
use crate::service::{self, Asking, Message, caller};
use crate::store::queue::{Class, Outgoing};
use crate::store::{Draft, Fault};

/// Actions between two pages. The longest chain of the shipped menu is three; a loop without a page is a menu mistake.
const CALLS_MAX: usize = 16;

/// What the menu hears next.
pub(super) enum Next {
    Dial { resume: bool },
    Input(String),
    Again,
    Said(bool),
    Command(Command),
    Outcome(menu::Outcome),
}

/// What a message names and brings.
pub(super) struct Command {
    pub(super) name: String,
    pub(super) values: Vec<(&'static str, Value)>,
    pub(super) flaw: Option<NikError>,
}

/// What a walk goes by.
#[derive(Clone, Copy)]
pub(super) struct Course<'a> {
    pub(super) menu: &'a Menu,
    pub(super) asking: &'a Asking,
    /// The channel that carries SMS to whoever asks, if it is told.
    pub(super) sms: Option<&'a str>,
    /// The task that whoever asks is at.
    pub(super) underway: Option<Underway>,
}

/// Where the walk ended.
pub(super) struct Walked<'a> {
    pub(super) session: Session,
    pub(super) page: Page,
    /// Held until the commit, so that a rush for one slot queues here instead of conflicting there.
    pub(super) slot_lock: Option<MutexGuard<'a, ()>>,
    /// A message to whoever asked says what the page says.
    pub(super) is_told: bool,
    pub(super) underway: Option<Underway>,
    pub(super) passed: Passed,
}

impl Turns {
    /// Steps the menu with `next`, then with what else was typed, until a page is to be shown.
    pub(super) async fn walk<'a>(
        &'a self,
        draft: &mut Draft<'_>,
        course: Course<'_>,
        mut session: Session,
        mut next: Next,
        mut queue: VecDeque<String>,
    ) -> Result<Walked<'a>, Fault> {
        let Course { menu, asking, .. } = course;
        let (mut slot_lock, mut is_told, mut calls, mut is_forgotten) = (None, false, 0, false);
        // One once an answer has led somewhere.
        let mut led = 0;
        let begins = matches!(next, Next::Dial { .. } | Next::Command(_));
        let (mut underway, mut passed) = (course.underway.filter(|_| !begins), Passed::default());
        loop {
            let is_answer = matches!(next, Next::Input(_) | Next::Said(_) | Next::Command(_));
            if is_answer {
                led = 1;
                Passed::answered(&mut underway);
            }
            let nik = typed_nik(menu, &session, &next);
            let event = match next {
                Next::Dial { resume } => Event::Dial { resume },
                Next::Input(ref input) => Event::Input(input),
                Next::Again => Event::Again,
                Next::Said(yes) => Event::Said(yes),
                Next::Command(Command { ref name, ref mut values, flaw }) => {
                    Event::Command(menu::Command { name, values: std::mem::take(values), flaw })
                }
                Next::Outcome(outcome) => Event::Outcome(outcome),
            };
            let before = session.screen_number();
            let (stepped, step) = menu::step(menu, session, event, asking.now);
            session = stepped;
            // A page that comes again is not come to again.
            if matches!(step, Step::Call(_)) || session.screen_number() != before {
                passed.by(menu.milestone(&session), before, led, &mut underway);
            }
            match nik {
                Typed::Nothing => {}
                Typed::Flawed => passed.nik(true),
                Typed::Nik => passed.nik(matches!(&step, Step::Show(page) if page.refused)),
            }
            match step {
                Step::Call(call) => {
                    calls += 1;
                    if calls > CALLS_MAX {
                        return Err(Fault::Call(call.action));
                    }
                    if let Some(slot) = service::contended(&call)
                        && slot_lock.is_none()
                    {
                        slot_lock = Some(self.slots.lock(slot).await);
                    }
                    // Few turns call, and the room of the longest service would be copied with every turn at each layer that it passes.
                    let said = Box::pin(service::run(&self.office, &self.menus.words(), asking, draft, &call)).await?;
                    passed.came(self.tally.place(call.action, said.outcome.name));
                    for message in &said.messages {
                        leave(draft, course, &session, message).await?;
                        is_told |= message.to.is_none() && message.class == Class::Reply;
                    }
                    if let Some(language) = service::chosen_language(&call) {
                        let reader = session.reader().in_language(language);
                        session = session.read_by(reader);
                    }
                    if service::forgets(&call) {
                        is_forgotten = true;
                        // Whichever of them this one is, is written anew after its page.
                        session.forget_personal();
                        draft.delete(Record::key(asking.number_hash));
                        draft.delete(Record::talk_key(asking.number_hash));
                    }
                    next = Next::Outcome(said.outcome);
                }
                Step::Show(page) if page.release || page.refused || page.confirms || queue.is_empty() => {
                    if is_forgotten {
                        // They have read in their own language that it is.
                        session = session.read_by(Reader::default());
                    }
                    return Ok(Walked { session, page, slot_lock, is_told, underway, passed });
                }
                Step::Show(page) => {
                    calls = 0;
                    next = Next::Input(next_input(&mut queue, page.free_text));
                }
            }
        }
    }
}

/// Fewer digits were not meant as a NIK.
const NIK_DIGITS_MIN: usize = 6;

/// Whether somebody typed a NIK.
enum Typed {
    Nothing,
    /// Or what was to be one.
    Nik,
    /// It is known that it cannot be one.
    Flawed,
}

fn typed_nik(menu: &Menu, session: &Session, next: &Next) -> Typed {
    match next {
        Next::Input(input) => {
            let is_meant = input.bytes().filter(u8::is_ascii_digit).count() >= NIK_DIGITS_MIN && code::read(input).is_none();
            if is_meant && session.asks(menu) == Asks::Nik { Typed::Nik } else { Typed::Nothing }
        }
        Next::Command(Command { flaw: Some(_), .. }) => Typed::Flawed,
        Next::Command(Command { values, .. }) if values.iter().any(|(_, value)| matches!(value, Value::Nik(_))) => Typed::Nik,
        _ => Typed::Nothing,
    }
}

/// Leaves a message to be sent, in the same batch as what it tells.
async fn leave(draft: &mut Draft<'_>, course: Course<'_>, session: &Session, message: &Message) -> Result<(), Fault> {
    let Course { menu, asking, sms, .. } = course;
    let reader = match message.to {
        Some(other) => caller::reader(draft, other, asking.now.day()).await?,
        None => session.reader(),
    };
    let text = menu.message(reader, message.template, &message.values).ok_or(Fault::Call(message.template))?;
    let to = message.to.unwrap_or(asking.number);
    let mut outgoing = Outgoing::new(to, message.class, message.reference.clone(), text, asking.now)?;
    if message.to.is_none() {
        outgoing.channel = sms.map(str::to_owned);
    }
    draft.put(outgoing.key(), &outgoing)
}

/// A screen that asks for free text gets all that is left, stars and all.
pub(super) fn next_input(queue: &mut VecDeque<String>, free_text: bool) -> String {
    if free_text && queue.len() > 1 {
        let all: Vec<String> = queue.drain(..).collect();
        return all.join("*");
    }
    queue.pop_front().unwrap_or_default()
}
