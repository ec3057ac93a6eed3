//! Screens and edges: from names to places.

use std::cmp::Reverse;
use std::collections::{BTreeSet, HashMap, HashSet};

use super::Found;
use crate::menu::compiled::{Act, Ask, Choice, Entrance, Question, Screen, id};
use crate::menu::source::{Entries, ScreenSource, ScreensFile, Spanned};
use crate::menu::step::{BACK, HUMAN, LANGUAGE, MAIN, MORE};
use crate::menu::{ActionSpec, Kind};

/// Fixed choices on one screen: more paralyse, and more do not fit.
const OPTIONS_MAX: usize = 5;

pub(super) struct Compiled {
    pub(super) screens: Vec<Screen>,
    pub(super) main: usize,
    pub(super) human: usize,
    pub(super) left: u32,
    /// False if another screen stands in for a human.
    pub(super) offers_human: bool,
    pub(super) commands: Vec<(String, Vec<Entrance>)>,
    pub(super) halfway: BTreeSet<usize>,
}

struct Names<'a> {
    /// Of a screen that needs an absent feature, the place of the one that stands in for it.
    at: HashMap<&'a str, usize>,
    main: &'a str,
    features: HashSet<&'a str>,
    absent: &'a [&'a str],
    kinds: &'a HashMap<String, Kind>,
    actions: &'static [&'static ActionSpec],
}

pub(super) fn compile(
    file: &ScreensFile,
    kinds: &HashMap<String, Kind>,
    actions: &'static [&'static ActionSpec],
    absent: &[&str],
    found: &mut Found<'_>,
) -> Compiled {
    let at: HashMap<&str, usize> = file.screens.0.iter().enumerate().map(|(at, (name, _))| (name.value.as_str(), at)).collect();
    let features = file.features.iter().map(|feature| feature.value.as_str()).collect();
    let mut names = Names { at, main: file.main.value.as_str(), features, absent, kinds, actions };
    let human_itself = names.at.get(file.human.value.as_str()).copied();
    names.stand_in(file, found);
    let mut ids = HashMap::new();
    let screens: Vec<Screen> = file
        .screens
        .0
        .iter()
        .map(|(name, source)| {
            if let Some(other) = ids.insert(id(&name.value), &name.value) {
                found.name("M002", name, format!("`{}` and `{other}` cannot be told apart in a session; rename one", name.value));
            }
            Screen { name: name.value.clone(), id: id(&name.value), act: act(name, source, &names, found) }
        })
        .collect();
    let main = names.target(&file.main, found).unwrap_or(0);
    let human = names.target(&file.human, found).unwrap_or(0);
    if names.kinds.get(&file.left.value) != Some(&Kind::Word) {
        found.name("M003", &file.left, format!("`{}` is not declared as a word", file.left.value));
    }
    let left = id(&file.left.value);
    let offers_human = human_itself == Some(human);
    let mut commands: Vec<(String, Vec<Entrance>)> =
        file.commands.0.iter().map(|(name, ways)| (name.value.clone(), entrances(ways, &screens, &names, found))).collect();
    // Their order in the file means nothing.
    commands.sort_by(|one, other| one.0.cmp(&other.0));
    let halfway = file.halfway.iter().filter_map(|name| names.target(name, found)).collect();
    Compiled { screens, main, human, left, offers_human, commands, halfway }
}

/// `SCREEN [when VALUE…|when flaw [else SCREEN …]]`: the first whose values came is taken, and the last wants none.
fn entrances(ways: &Spanned<String>, screens: &[Screen], names: &Names<'_>, found: &mut Found<'_>) -> Vec<Entrance> {
    let here = |name: &str| Spanned::new(name.to_owned(), ways.referenced);
    let mut entrances = Vec::new();
    for way in ways.value.split(" else ") {
        let mut words = way.split_whitespace();
        let goto = names.target(&here(words.next().unwrap_or_default()), found).unwrap_or(NOWHERE);
        let (mut when, mut flawed) = (Vec::new(), false);
        match words.next() {
            None | Some("when") => {}
            Some(other) => found.name("M003", ways, format!("`{other}` is not `when`")),
        }
        for value in words {
            if value == FLAW {
                flawed = true;
                if !matches!(screens.get(goto).map(|screen| &screen.act), Some(Act::Ask { question: Question { what: Ask::Nik, .. }, .. }))
                {
                    found.name("M002", ways, "what is wrong with a NIK can only be said by a screen that asks for one");
                }
                continue;
            }
            if !names.kinds.contains_key(value) {
                found.name("M003", ways, format!("`{value}` is no declared value"));
            }
            when.push(id(value));
        }
        entrances.push(Entrance { goto, when, flawed });
    }
    if entrances.last().is_some_and(|last| !last.when.is_empty() || last.flawed) {
        found.name("M008", ways, "the last way in must want no value, so that the command always leads somewhere");
    }
    entrances
}

impl<'a> Names<'a> {
    /// Lets every name of a screen that needs an absent feature mean the screen that stands in for it.
    fn stand_in(&mut self, file: &'a ScreensFile, found: &mut Found<'_>) {
        let mut others = Vec::new();
        for (name, source) in &file.screens.0 {
            match (&source.needs, &source.otherwise) {
                (None, None) => {}
                (Some(feature), Some(other)) => {
                    let is_absent = self.is_absent(feature, found);
                    let goto = self.target(other, found);
                    let is_there = file.screens.0.iter().any(|(known, source)| known.value == other.value && source.needs.is_none());
                    if !is_there && goto.is_some() {
                        found.name("M002", other, format!("`{}` is not there either without the feature", other.value));
                    }
                    others.extend(goto.filter(|_| is_absent).map(|goto| (name.value.as_str(), goto)));
                }
                (Some(feature), None) => found.name("M002", feature, "`needs` wants an `else`: where to go without the feature"),
                (None, Some(other)) => found.name("M002", other, "`else` belongs to a screen that `needs` a feature"),
            }
        }
        self.at.extend(others);
    }

    fn is_absent(&self, feature: &Spanned<String>, found: &mut Found<'_>) -> bool {
        if !self.features.contains(feature.value.as_str()) {
            found.name("M003", feature, format!("there is no feature `{}`", feature.value));
        }
        self.absent.contains(&feature.value.as_str())
    }
}

impl Names<'_> {
    fn target(&self, name: &Spanned<String>, found: &mut Found<'_>) -> Option<usize> {
        let at = self.at.get(name.value.as_str()).copied();
        if at.is_none() {
            found.name("M003", name, format!("there is no screen `{}`", name.value));
            if let Some(near) = nearest(&name.value, self.at.keys().copied()) {
                found.help(format!("did you mean `{near}`?"));
            }
        }
        at
    }
}

fn act(name: &Spanned<String>, source: &ScreenSource, names: &Names<'_>, found: &mut Found<'_>) -> Act {
    let parts = [source.choose.is_some() || source.list.is_some(), source.ask.is_some(), source.call.is_some(), source.show.is_some()];
    if parts.iter().filter(|part| **part).count() != 1 {
        found.name("M002", name, format!("`{}` must be one of choose or list, ask, call, show", name.value));
        return Act::Page;
    }
    if let Some(or) = source.or.as_ref().filter(|_| source.ask.is_none()) {
        found.name("M002", &or.ask, "`or` belongs to an ask screen");
    }
    let stray = [("into", source.into.as_ref(), source.ask.is_some()), ("then", source.then.as_ref(), source.ask.is_some())];
    for (key, value, belongs) in stray {
        match (value, belongs) {
            (Some(value), false) => found.name("M002", value, format!("`{key}` belongs to an ask screen")),
            (None, true) => found.name("M002", name, format!("an ask screen needs `{key}`")),
            _ => {}
        }
    }
    match (&source.on, source.call.is_some()) {
        (Some(_), false) => found.name("M002", name, "`on` belongs to a call screen"),
        (None, true) => found.name("M002", name, "a call screen needs `on`"),
        _ => {}
    }
    if let Some(promises) = source.promises.as_ref().filter(|_| source.call.is_some()) {
        found.name("M002", promises, "a call shows nothing, so it promises nothing");
    }
    if source.choose.is_some() || source.list.is_some() {
        return choose(name, source, names, found);
    }
    if let Some(what) = &source.ask {
        return ask(what, source, names, found);
    }
    if let Some(action) = &source.call {
        return call(action, source.on.as_ref(), names, found);
    }
    match source.show.as_ref().map(|show| (show, show.value.as_str())) {
        Some((_, "page")) => Act::Page,
        Some((_, "end")) => Act::End,
        Some((show, _)) => {
            found.name("M002", show, "show is `page` or `end`");
            Act::Page
        }
        None => Act::Page,
    }
}

fn choose(name: &Spanned<String>, source: &ScreenSource, names: &Names<'_>, found: &mut Found<'_>) -> Act {
    let empty = Entries::default();
    let entries = &source.choose.as_ref().unwrap_or(&empty).0;
    if entries.is_empty() && source.list.is_none() {
        found.name("M006", name, format!("`{}` offers nothing to choose", name.value));
    }
    // Without a main menu that is the slip, and any screen may be meant.
    let is_main = name.value == names.main || !names.at.contains_key(names.main);
    let own = entries.iter().filter(|(digit, _)| !(is_main && digit.value == LANGUAGE)).count();
    if own > OPTIONS_MAX {
        found.name("T004", name, format!("{own} choices, more than {OPTIONS_MAX}"));
    }
    let mut options = Vec::new();
    for (digit, target) in entries {
        let number = digit.value.parse::<u8>().ok().filter(|number| number.to_string() == digit.value);
        if [BACK, MAIN, MORE, HUMAN].contains(&digit.value.as_str()) {
            found.name("T007", digit, format!("`{}` is a constant on every screen", digit.value));
        } else if digit.value == LANGUAGE && !is_main {
            found.name("T007", digit, format!("`{LANGUAGE}` is the language, on the main menu alone"));
        } else if number.is_none_or(|number| number == 0 || number > 97) {
            found.name("M007", digit, format!("`{}` is no choice: choices are 1 to 97", digit.value));
        } else if source.list.is_some() && number.is_some_and(|number| number < FIRST_BESIDE_LIST) {
            found.name("M007", digit, format!("beside a list a choice begins at {FIRST_BESIDE_LIST}: smaller ones are the list's"));
        }
        options.push(option(digit, target, names, found));
    }
    for yes in [true, false] {
        if options.iter().filter(|option| option.says == Some(yes)).count() > 1 {
            found.name("M007", name, format!("`{}` stands at two choices", if yes { YES } else { NO }));
        }
    }
    let list = source.list.as_ref().map(|goto| names.target(goto, found).unwrap_or(NOWHERE));
    Act::Choose { options, list }
}

/// Stands for a target that does not exist, so that one slip is one problem: nothing is known on arrival at the main menu anyway.
const NOWHERE: usize = 0;
/// A list holds at most fifteen items (three pages), so its own numbers end below this.
const FIRST_BESIDE_LIST: u8 = 20;

/// Stands for a NIK that was none, where a command's ways in are told apart.
const FLAW: &str = "flaw";
/// What a choice means in words.
const YES: &str = "yes";
const NO: &str = "no";

/// `SCREEN [needs FEATURE] [when VALUE… [else SCREEN]] [set VALUE=WORD] [brings VALUE…] [yes|no]`.
fn option(digit: &Spanned<String>, target: &Spanned<String>, names: &Names<'_>, found: &mut Found<'_>) -> Choice {
    let mut words = target.value.split_whitespace();
    let here = |name: &str| Spanned::new(name.to_owned(), target.referenced);
    let goto = names.target(&here(words.next().unwrap_or_default()), found);
    let (mut hidden, mut when, mut set, mut otherwise, mut says) = (false, Vec::new(), None, None, None);
    let mut brings = Vec::new();
    let mut mode = "";
    for word in words {
        match (mode, word) {
            (_, "needs" | "when" | "set" | "else" | "brings") => mode = word,
            (_, YES | NO) => says = Some(word == YES),
            ("needs", feature) => hidden |= names.is_absent(&here(feature), found),
            ("when", value) if names.kinds.contains_key(value) => when.push(id(value)),
            ("brings", value) if names.kinds.contains_key(value) => brings.push(id(value)),
            ("else", screen) => otherwise = names.target(&here(screen), found),
            ("set", pair) => match pair.split_once('=') {
                Some((value, word)) if names.kinds.get(value) == Some(&Kind::Word) => set = Some((id(value), word.to_owned())),
                _ => found.name("M003", target, format!("`{pair}` is not VALUE=WORD with a declared word")),
            },
            (_, other) => {
                let message = format!("`{other}` is neither a declared value nor `needs`, `when`, `else`, `set`, `brings`, `yes` or `no`");
                found.name("M003", target, message);
            }
        }
    }
    Choice { digit: digit.value.clone(), goto: goto.unwrap_or(NOWHERE), hidden, when, otherwise, set, brings, says }
}

fn ask(what: &Spanned<String>, source: &ScreenSource, names: &Names<'_>, found: &mut Found<'_>) -> Act {
    let Some(main) = question(what, source.into.as_ref(), source.then.as_ref(), names, found) else { return Act::Page };
    let or = source.or.as_ref().and_then(|or| question(&or.ask, Some(&or.into), Some(&or.then), names, found));
    Act::Ask { question: main, or }
}

fn question(
    what: &Spanned<String>,
    into: Option<&Spanned<String>>,
    then: Option<&Spanned<String>>,
    names: &Names<'_>,
    found: &mut Found<'_>,
) -> Option<Question> {
    let mut words = what.value.split_whitespace();
    let (asked, kind) = match (words.next(), words.next().map(str::parse::<u8>)) {
        (Some("code"), None) => (Ask::Code, Kind::Code),
        (Some("nik"), None) => (Ask::Nik, Kind::Nik),
        (Some("kk"), None) => (Ask::Kk, Kind::Kk),
        (Some("phone"), None) => (Ask::Phone, Kind::Id),
        (Some("text"), Some(Ok(max))) => (Ask::Text(max), Kind::Text(max)),
        _ => {
            found.name("M003", what, format!("`{}` cannot be asked", what.value));
            found.help("an ask is `nik`, `kk`, `code`, `phone` or `text SEPTETS`");
            return None;
        }
    };
    if let Some(into) = into {
        match names.kinds.get(&into.value) {
            None => found.name("M003", into, format!("`{}` is not declared in values", into.value)),
            Some(declared) if *declared != kind => {
                found.name("M008", into, format!("`{}` is declared as another type than is asked for", into.value));
            }
            Some(_) => {}
        }
    }
    let then = then.and_then(|then| names.target(then, found)).unwrap_or(NOWHERE);
    Some(Question { what: asked, into: into.map_or(0, |into| id(&into.value)), then })
}

fn call(action: &Spanned<String>, on: Option<&Entries<Spanned<String>>>, names: &Names<'_>, found: &mut Found<'_>) -> Act {
    let Some(spec) = names.actions.iter().find(|spec| spec.name == action.value) else {
        found.name("M003", action, format!("there is no action `{}`", action.value));
        if let Some(near) = nearest(&action.value, names.actions.iter().map(|spec| spec.name)) {
            found.help(format!("did you mean `{near}`?"));
        }
        return Act::Page;
    };
    let empty = Entries::default();
    let on = on.unwrap_or(&empty);
    let mut edges = Vec::new();
    for outcome in spec.outcomes {
        match on.0.iter().find(|(name, _)| name.value == outcome.name) {
            Some((_, target)) => edges.extend(names.target(target, found).map(|goto| (outcome.name, goto))),
            None => found.name("M004", action, format!("outcome `{}` of `{}` has no edge", outcome.name, spec.name)),
        }
    }
    for (name, _) in &on.0 {
        if !spec.outcomes.iter().any(|outcome| outcome.name == name.value) {
            found.name("M003", name, format!("`{}` has no outcome `{}`", spec.name, name.value));
            if let Some(near) = nearest(&name.value, spec.outcomes.iter().map(|outcome| outcome.name)) {
                found.help(format!("did you mean `{near}`?"));
            }
        }
    }
    for (name, kind) in spec.args.iter().chain(spec.optional) {
        match names.kinds.get(*name) {
            None => found.name("M003", action, format!("`{}` wants `{name}`, which is not declared in values", spec.name)),
            Some(declared) if !fits(*declared, *kind) => {
                found.name("M008", action, format!("`{}` wants `{name}` as another type than is declared", spec.name));
            }
            Some(_) => {}
        }
    }
    for (name, kind) in
        spec.outcomes.iter().flat_map(|outcome| outcome.gives.iter().chain(outcome.may_give).chain(outcome.items.unwrap_or_default()))
    {
        match names.kinds.get(*name) {
            None => found.name("M003", action, format!("`{}` gives `{name}`, which is not declared in values", spec.name)),
            Some(declared) if !fits(*kind, *declared) => {
                found.name("M008", action, format!("`{}` gives `{name}` as another type than is declared", spec.name));
            }
            Some(_) => {}
        }
    }
    let args = spec.args.iter().chain(spec.optional).map(|(name, _)| (*name, id(name))).collect();
    Act::Call { action: spec, args, on: edges }
}

/// Whether a value of one type can stand where another is wanted: the same, or no longer.
fn fits(value: Kind, wanted: Kind) -> bool {
    match (value, wanted) {
        (Kind::Text(have), Kind::Text(room)) | (Kind::Number(have), Kind::Number(room)) => have <= room,
        (value, wanted) => value == wanted,
    }
}

/// The name that a slip of the finger would have meant.
pub(super) fn nearest<'a>(wrong: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let common = |name: &str| name.bytes().zip(wrong.bytes()).take_while(|(a, b)| a == b).count();
    names.filter(|name| common(name) * 2 > wrong.len().min(name.len())).max_by_key(|name| (common(name), Reverse(name.len())))
}
