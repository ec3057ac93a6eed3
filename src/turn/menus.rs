//! The menu in force, and those before it that somebody is still going through.
//!
//! A dialogue stays on the menu that it began with. When that one is not kept any more, or never was because the gateway was started anew,
//! what was typed goes on with today's menu if the page that it answers is the same there, word for word and way for way; else it answers
//! another page than the citizen reads, so it is dropped, and today's page of the same screen is shown, or the main menu.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use super::record::Record;
use crate::channel::sms_command::Words;
use crate::clock::Timestamp;
use crate::menu::Menu;

/// An earlier menu is kept so long: networks cut a dialogue after 180 s, and repeats are told for 15 minutes more.
pub const KEPT_FOR: Duration = Duration::from_secs(180 + 15 * 60);
/// Earlier menus kept at once. Each takes a megabyte or so, and nobody puts a ninth one in force within eighteen minutes but by mistake.
pub const KEPT_MAX: usize = 8;

/// What citizens go through, and how their messages are understood.
#[derive(Clone, Debug)]
pub struct InForce {
    pub menu: Arc<Menu>,
    pub words: Arc<Words>,
    pub since: Timestamp,
}

/// Whether anything has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Swapped {
    InForce,
    Unchanged,
}

#[derive(Debug)]
pub struct Menus(RwLock<Editions>);

#[derive(Debug)]
struct Editions {
    in_force: InForce,
    /// Newest first.
    before: Vec<Earlier>,
}

#[derive(Debug)]
struct Earlier {
    menu: Arc<Menu>,
    until: Timestamp,
}

/// What a dialogue goes on with.
pub(super) struct Onward {
    pub(super) menu: Arc<Menu>,
    /// The page that is answered is this menu's own.
    pub(super) is_its_page: bool,
}

impl Menus {
    pub(super) fn new(menu: Arc<Menu>, words: Arc<Words>, since: Timestamp) -> Self {
        Self(RwLock::new(Editions { in_force: InForce { menu, words, since }, before: Vec::new() }))
    }

    pub fn in_force(&self) -> InForce {
        self.read(|editions| editions.in_force.clone())
    }

    pub(super) fn menu(&self) -> Arc<Menu> {
        self.read(|editions| Arc::clone(&editions.in_force.menu))
    }

    pub(super) fn words(&self) -> Arc<Words> {
        self.read(|editions| Arc::clone(&editions.in_force.words))
    }

    /// How many earlier menus are kept.
    pub fn kept(&self) -> usize {
        self.read(|editions| editions.before.len())
    }

    /// Puts a menu in force. Turns under way end on the one they have.
    pub(super) fn swap(&self, menu: Arc<Menu>, words: Arc<Words>, now: Timestamp) -> Swapped {
        let mut editions = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let before = &editions.in_force;
        let is_same_menu = before.menu.fingerprint() == menu.fingerprint();
        if is_same_menu && *before.words == *words {
            return Swapped::Unchanged;
        }
        let since = if is_same_menu { before.since } else { now };
        let before = std::mem::replace(&mut editions.in_force, InForce { menu, words, since });
        if !is_same_menu {
            let fingerprint = editions.in_force.menu.fingerprint();
            editions.before.retain(|earlier| earlier.menu.fingerprint() != fingerprint);
            editions.before.insert(0, Earlier { menu: before.menu, until: now.plus(KEPT_FOR) });
            editions.before.truncate(KEPT_MAX);
        }
        Swapped::InForce
    }

    /// Lets go of what no dialogue can be on any more.
    pub fn forget_old(&self, now: Timestamp) {
        if self.read(|editions| editions.before.iter().any(|earlier| earlier.until <= now)) {
            self.0.write().unwrap_or_else(PoisonError::into_inner).before.retain(|earlier| earlier.until > now);
        }
    }

    pub(super) fn onward(&self, record: &Record, now: Timestamp) -> Onward {
        self.read(|editions| {
            let newest = &editions.in_force.menu;
            if record.page.is_empty() || record.edition == newest.fingerprint() {
                return Onward { menu: Arc::clone(newest), is_its_page: true };
            }
            let is_kept = |earlier: &&Earlier| earlier.menu.fingerprint() == record.edition && earlier.until > now;
            match editions.before.iter().find(is_kept) {
                Some(earlier) => Onward { menu: Arc::clone(&earlier.menu), is_its_page: true },
                None => Onward {
                    is_its_page: newest.likeness(&record.session) == record.likeness && newest.suits(&record.session),
                    menu: Arc::clone(newest),
                },
            }
        })
    }

    fn read<T>(&self, look: impl FnOnce(&Editions) -> T) -> T {
        // A lock that somebody panicked under still holds whole editions: each change is one move.
        look(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }
}
