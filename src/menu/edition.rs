//! What a session that began on another version of the menu can go on with here.

use std::collections::BTreeMap;

use super::check::Arrival;
use super::compiled::{Act, Menu, Question, id};
use super::{Kind, Session, Value};

/// What is known of one screen, to compare it with the one of the same name in another version.
#[derive(Clone, Debug, Default)]
pub(super) struct Likeness {
    /// The same where a citizen reads the same and where every answer leads to a screen of the same name.
    mark: u32,
    /// Values that are set on every way here: what comes after counts on them.
    counts_on: Vec<(u32, Kind)>,
}

impl Menu {
    /// Differs between screens that differ in words or ways; 0 for one that this menu does not have.
    pub fn likeness(&self, session: &Session) -> u32 {
        self.by_id.get(&session.screen).and_then(|at| self.likenesses.get(*at)).map_or(0, |likeness| likeness.mark)
    }

    /// Whether a session of another version can go on at its screen here: there is one of this name, and what it counts on is there.
    pub fn suits(&self, session: &Session) -> bool {
        let Some(likeness) = self.by_id.get(&session.screen).and_then(|at| self.likenesses.get(*at)) else { return false };
        likeness.counts_on.iter().all(|(name, kind)| match session.value(*name) {
            Some(value) => is_of(value, *kind),
            // Forgotten since, and asked for again.
            None => session.lost && matches!(kind, Kind::Nik | Kind::Kk),
        })
    }

    /// A session of another version, at its screen here or at the main menu.
    #[must_use]
    pub fn adopt(&self, session: Session) -> Session {
        if self.suits(&session) { Session { page: 0, ..session } } else { session.anew(self) }
    }
}

pub(super) fn likenesses(menu: &Menu, arrivals: &BTreeMap<usize, Arrival>, kinds: &[(u32, Kind)]) -> Vec<Likeness> {
    let likeness = |at: usize| {
        let sure = |(name, _): &&(u32, Kind)| arrivals.get(&at).is_some_and(|arrival| arrival.set.contains(name));
        Likeness { mark: mark(menu, at), counts_on: kinds.iter().filter(sure).copied().collect() }
    };
    (0..menu.screens.len()).map(likeness).collect()
}

fn mark(menu: &Menu, at: usize) -> u32 {
    let name = |at: usize| menu.screens[at].name.as_str();
    let asked = |question: Question| (question.what, question.into, name(question.then));
    let ways = match &menu.screens[at].act {
        Act::Choose { options, list } => {
            let options = options.iter().map(|option| {
                let leads = (name(option.goto), option.otherwise.map(name), &option.when);
                (&option.digit, leads, &option.set, &option.brings, option.says, option.hidden)
            });
            format!("{:?}{:?}", options.collect::<Vec<_>>(), list.map(name))
        }
        Act::Ask { question, or } => format!("{:?}{:?}", asked(*question), or.map(asked)),
        Act::Call { action, .. } => action.name.to_owned(),
        Act::Page => "page".to_owned(),
        Act::End => "end".to_owned(),
    };
    let words: Vec<_> = menu.languages.iter().filter_map(|language| language.screens.get(at)).collect();
    crc32fast::hash(format!("{}{ways}{words:?}", id(name(at))).as_bytes())
}

fn is_of(value: &Value, kind: Kind) -> bool {
    match value {
        Value::Code(_) => kind == Kind::Code,
        Value::Day(_) => kind == Kind::Day,
        Value::Id(_) => kind == Kind::Id,
        Value::Kk(_) => kind == Kind::Kk,
        Value::Moment(_) => kind == Kind::Moment,
        Value::Nik(_) => kind == Kind::Nik,
        Value::Number(_) => matches!(kind, Kind::Number(_)),
        Value::Text(_) => matches!(kind, Kind::Text(_)),
        Value::Window { .. } => kind == Kind::Window,
        Value::Word(_) => kind == Kind::Word,
        Value::Words(_) => matches!(kind, Kind::Words(_)),
    }
}
