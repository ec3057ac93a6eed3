//! Where a citizen is, and what they have entered.

use serde::{Deserialize, Serialize};

use super::compiled::{Act, Ask, Choice, Question, id};
use super::{Medium, Menu, Value, page};

/// Screens one can go back through. More is a citizen walking in circles.
const HISTORY_MAX: usize = 24;

/// Small, because it is written with every turn: names are numbers, and of a list only what may be chosen is kept.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    pub(super) medium: Medium,
    /// The screen shown, or the call being made.
    pub(super) screen: u32,
    /// The call that led to the screen shown, if it was one.
    pub(super) via: Option<u32>,
    /// Screens shown before this one, oldest first.
    pub(super) history: Vec<Shown>,
    pub(super) values: Vec<(u32, Value)>,
    /// The list that the last outcome gave.
    pub(super) items: Vec<Vec<(u32, Value)>>,
    /// Which page of the screen, from 0.
    pub(super) page: u8,
    /// Inputs in a row that were not understood.
    pub(super) wrong: u8,
    /// At least one question was answered.
    pub(super) answered: bool,
    /// The page shown asks whether to go on where the last dialogue was cut off.
    pub(super) resuming: bool,
    /// Personal values were here and are not any more.
    pub(super) lost: bool,
    /// Values that came with a command or a choice: one that would set them is not asked for.
    pub(super) brought: Vec<u32>,
    pub(super) reader: Reader,
}

/// Who reads the pages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reader {
    /// The language's name as a number. One that the menu does not speak is its first.
    pub(super) language: u32,
    /// Knows the way: gets the short text where there is one.
    pub(super) is_regular: bool,
}

impl Reader {
    /// `language`: None for who has not chosen.
    pub fn new(language: Option<&str>, is_regular: bool) -> Self {
        Self { language: language.map_or(0, id), is_regular }
    }

    /// The same person, after they chose.
    #[must_use]
    pub fn in_language(self, language: &str) -> Self {
        Self { language: id(language), ..self }
    }
}

/// What a page wants to hear.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asks {
    /// A number from the page.
    Choice,
    /// KK digits.
    Kk,
    /// A NIK, or the code of a booking.
    Nik,
    Nothing,
    /// Words of the citizen's own, or a number that is nobody's card.
    Text,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Shown {
    pub(super) screen: u32,
    pub(super) via: Option<u32>,
    /// What has been written over since: whoever comes back reads what stood there. Nothing personal.
    pub(super) was: Vec<(u32, Value)>,
}

impl Shown {
    pub(super) const fn of(screen: u32, via: Option<u32>) -> Self {
        Self { screen, via, was: Vec::new() }
    }
}

impl Session {
    pub fn new(menu: &Menu) -> Self {
        Self { screen: menu.screens[menu.main].id, ..Self::default() }
    }

    /// The same place, its pages by another medium.
    #[must_use]
    pub fn by(self, medium: Medium) -> Self {
        Self { medium, ..self }
    }

    /// The same place, its pages for this reader.
    #[must_use]
    pub fn read_by(self, reader: Reader) -> Self {
        Self { reader, ..self }
    }

    pub fn reader(&self) -> Reader {
        self.reader
    }

    /// The main menu, by the same medium, for the same reader.
    pub(super) fn anew(&self, menu: &Menu) -> Self {
        Self::new(menu).by(self.medium).read_by(self.reader)
    }

    /// Is there something to go on with? At the main menu there is not.
    pub fn resumable(&self, menu: &Menu) -> bool {
        self.answered && self.screen != menu.screens[menu.main].id
    }

    /// The name of the screen shown.
    pub fn screen<'menu>(&self, menu: &'menu Menu) -> &'menu str {
        menu.by_id.get(&self.screen).map_or("", |at| &menu.screens[*at].name)
    }

    /// What the page shown wants to hear.
    pub fn asks(&self, menu: &Menu) -> Asks {
        match menu.by_id.get(&self.screen).map(|at| &menu.screens[*at].act) {
            _ if self.resuming => Asks::Choice,
            Some(Act::Ask { question: Question { what: Ask::Phone | Ask::Text(_), .. }, .. }) => Asks::Text,
            Some(Act::Ask { question: Question { what: Ask::Kk, .. }, .. }) => Asks::Kk,
            Some(Act::Ask { question: Question { what: Ask::Code | Ask::Nik, .. }, .. }) => Asks::Nik,
            Some(Act::Choose { .. }) => Asks::Choice,
            Some(Act::Page) if page::has_more(menu, self) || self.question(menu).is_some() => Asks::Choice,
            Some(Act::Page | Act::End | Act::Call { .. }) | None => Asks::Nothing,
        }
    }

    /// Under a page that only tells, by SMS: the page before it, whose choices still stand on the phone.
    pub(super) fn question(&self, menu: &Menu) -> Option<Shown> {
        let before = self.history.last().filter(|_| self.medium == Medium::Sms)?;
        let act = menu.by_id.get(&before.screen).map(|at| &menu.screens[*at].act);
        matches!(act, Some(Act::Choose { .. })).then(|| Shown::of(before.screen, before.via))
    }

    /// Is this a screen on which nobody means to stop?
    pub fn is_halfway(&self, menu: &Menu) -> bool {
        menu.by_id.get(&self.screen).is_some_and(|at| menu.halfway.contains(at))
    }

    /// Drops NIK and KK digits, wherever they are.
    pub fn forget_personal(&mut self) {
        self.lost |= self.has_personal();
        self.values.retain(|(_, value)| !is_personal(value));
        self.items.retain(|item| !item.iter().any(|(_, value)| is_personal(value)));
    }

    pub fn has_personal(&self) -> bool {
        self.values.iter().any(|(_, value)| is_personal(value)) || self.items.iter().flatten().any(|(_, value)| is_personal(value))
    }

    pub(super) fn value(&self, name: u32) -> Option<&Value> {
        self.values.iter().find(|(known, _)| *known == name).map(|(_, value)| value)
    }

    /// Where a choice leads from here, if it is offered.
    pub(super) fn way(&self, choice: &Choice) -> Option<usize> {
        if choice.hidden {
            return None;
        }
        if choice.when.iter().all(|name| self.value(*name).is_some()) { Some(choice.goto) } else { choice.otherwise }
    }

    pub(super) fn set(&mut self, name: u32, value: Value) {
        // KK digits prove the NIK or code they were typed for and no other.
        if matches!(value, Value::Nik(_) | Value::Code(_)) && self.value(name) != Some(&value) {
            self.values.retain(|(_, other)| !matches!(other, Value::Kk(_)));
        }
        match self.values.iter_mut().find(|(known, _)| *known == name) {
            Some((_, old)) if *old == value => {}
            Some((_, old)) => {
                let old = std::mem::replace(old, value);
                self.note_overwritten(name, old);
            }
            None => self.values.push((name, value)),
        }
    }

    /// Beside the screen that it was seen on; what is there already is older, and counts.
    fn note_overwritten(&mut self, name: u32, old: Value) {
        if !is_personal(&old)
            && let Some(before) = self.history.last_mut()
            && before.was.iter().all(|(known, _)| *known != name)
        {
            before.was.push((name, old));
        }
    }

    /// Screens on the way do not ask for these.
    pub(super) fn bring(&mut self, names: &[u32]) {
        self.brought.retain(|known| !names.contains(known));
        self.brought.extend(names);
    }

    /// What stood on the page that is shown once more.
    pub(super) fn restore(&mut self, was: Vec<(u32, Value)>) {
        // KK digits were typed for the code that is gone from now on.
        if was.iter().any(|(_, value)| matches!(value, Value::Code(_))) {
            self.values.retain(|(_, value)| !matches!(value, Value::Kk(_)));
        }
        for (name, value) in was {
            match self.values.iter_mut().find(|(known, _)| *known == name) {
                Some((_, now)) => *now = value,
                None => self.values.push((name, value)),
            }
        }
    }

    pub(super) fn unset(&mut self, name: &str) {
        let gone = id(name);
        self.values.retain(|(known, _)| *known != gone);
    }

    /// Remembers the screen shown as one to go back to.
    pub(super) fn leave(&mut self) {
        if self.history.len() == HISTORY_MAX {
            // The main menu stays the first.
            self.history.remove(1);
        }
        self.history.push(Shown::of(self.screen, self.via));
    }
}

fn is_personal(value: &Value) -> bool {
    matches!(value, Value::Nik(_) | Value::Kk(_))
}
