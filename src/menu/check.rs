//! Proves a menu, and makes it ready to step through.
//! Each problem has a code; what the codes mean stands in [`mod@super::rules`].

mod agreement;
mod flow;
mod layout;
mod messages;
mod overflow;
mod published;
mod screens;
mod shape;
mod texts;
mod wording;

pub(super) use flow::Arrival;

use std::collections::HashMap;

use super::compiled::{Language, Menu, id};
use super::edition;
use super::journey::{self, Journey, Patience};
use super::milestones;
use super::rules::Severity;
use super::source::{PublishedFile, ScreensFile, Spanned, TextsFile, place};
use super::{ActionSpec, Catalogue, Kind, MenuSource, Problem, Review};

/// Collects problems of one file.
pub(super) struct Found<'a> {
    file: &'a str,
    problems: &'a mut Vec<Problem>,
}

impl Found<'_> {
    fn add<T>(&mut self, code: &'static str, at: &Spanned<T>, len: usize, message: impl Into<String>) {
        let (line, col) = place(at.referenced);
        self.problems.push(Problem { code, file: self.file.to_owned(), line, col, len, message: message.into(), help: None });
    }

    fn name(&mut self, code: &'static str, at: &Spanned<String>, message: impl Into<String>) {
        self.add(code, at, at.value.lines().next().map_or(1, |line| line.chars().count()), message);
    }

    fn help(&mut self, help: impl Into<String>) {
        if let Some(last) = self.problems.last_mut() {
            last.help = Some(help.into());
        }
    }
}

pub(super) fn review(source: &MenuSource, catalogue: &'static Catalogue, absent: &[&str]) -> Review {
    let mut problems = Vec::new();
    let Some(((screens_name, screens_text), texts)) = source.files.split_first() else {
        return Review { menu: None, problems: vec![whole_file("menu", "there is no menu file")] };
    };
    let screens: Option<ScreensFile> = read(screens_name, screens_text, &mut problems);
    let texts: Vec<Words<'_>> = texts.iter().map(|(name, text)| (name.as_str(), read(name, text, &mut problems))).collect();
    if texts.is_empty() {
        problems.push(whole_file(screens_name, "there is no file of words"));
    }
    // What could not be read cannot be judged: only what could is.
    let Some(screens) = screens else { return Review { menu: None, problems } };
    let texts = in_order(&screens, texts, &mut Found { file: screens_name, problems: &mut problems });
    let kinds = kinds(&screens, &mut Found { file: screens_name, problems: &mut problems });
    let published = source.published.as_ref().and_then(|(name, text)| Some((name.as_str(), read(name, text, &mut problems)?)));
    let files = Files { screens_name, screens: &screens, texts: &texts, kinds: &kinds, actions: catalogue.actions, published };
    for (name, file) in files.readable_texts() {
        wording::check(file, &mut Found { file: name, problems: &mut problems });
        messages::check(file, catalogue.messages, &mut Found { file: name, problems: &mut problems });
    }
    ways_in(&screens, catalogue.commands, &mut Found { file: screens_name, problems: &mut problems });
    let mut menu = files.prove(&[], &mut problems);
    // What follows from a slip that has been named already need not be told as well.
    if let Some(whole) = &mut menu {
        files.weigh(whole, &mut problems);
        // A district may do without a feature: no page may lead nowhere then.
        for feature in &screens.features {
            let mut lacking = Vec::new();
            files.prove(&[&feature.value], &mut lacking);
            problems.extend(
                lacking
                    .into_iter()
                    .map(|problem| Problem { message: format!("without `{}`: {}", feature.value, problem.message), ..problem }),
            );
        }
        if !absent.is_empty() {
            let (milestones, tasks) = menu.map(|whole| (whole.milestones, whole.tasks)).unwrap_or_default();
            menu = files.prove(absent, &mut problems).map(|lacking| Menu { milestones, tasks, ..lacking });
        }
    }
    problems.sort_by(|a, b| (&a.file, a.line, a.col, a.code, &a.message).cmp(&(&b.file, b.line, b.col, b.code, &b.message)));
    problems.dedup();
    Review { menu: menu.filter(|_| !has_errors(&problems)), problems }
}

/// The files of words in the order of the languages that the menu speaks.
fn in_order<'a>(screens: &ScreensFile, texts: Vec<Words<'a>>, found: &mut Found<'_>) -> Vec<Words<'a>> {
    let is_whole = texts.iter().all(|(_, file)| file.is_some());
    let mut left: Vec<Option<Words<'a>>> = texts.into_iter().map(Some).collect();
    let mut ordered = Vec::new();
    for language in &screens.languages {
        let is_of = |file: &TextsFile| file.language.value == language.value;
        match left.iter_mut().find(|one| one.as_ref().is_some_and(|(_, file)| file.as_ref().is_some_and(is_of))) {
            Some(file) => ordered.extend(file.take()),
            None if is_whole => found.name("T016", language, format!("no file has the words of `{}`", language.value)),
            // Perhaps it is the one that could not be read.
            None => {}
        }
    }
    for (name, file) in left.into_iter().flatten() {
        if let Some(file) = file {
            let mut found = Found { file: name, problems: &mut *found.problems };
            found.name(
                "M009",
                &file.language,
                format!("the menu does not speak `{}`, or it stands in another file too", file.language.value),
            );
        }
    }
    ordered
}

/// Whatever a message may want, there is a screen for it.
fn ways_in(file: &ScreensFile, commands: &[&str], found: &mut Found<'_>) {
    let leads_in = |wanted: &str| file.commands.0.iter().any(|(command, _)| command.value.eq_ignore_ascii_case(wanted));
    for wanted in commands.iter().filter(|wanted| !leads_in(wanted)) {
        let command = wanted.to_ascii_lowercase();
        found.name("T019", &file.main, format!("a message that wants `{command}` leads nowhere"));
        found.help(format!("write `{command}: SCREEN` under `commands`"));
    }
}

fn has_errors(problems: &[Problem]) -> bool {
    problems.iter().any(|problem| problem.severity() == Severity::Error)
}

/// A file of words by its name, if it can be read.
type Words<'a> = (&'a str, Option<TextsFile>);

/// The files, read.
struct Files<'a> {
    screens_name: &'a str,
    screens: &'a ScreensFile,
    texts: &'a [Words<'a>],
    kinds: &'a HashMap<String, Kind>,
    actions: &'static [&'static ActionSpec],
    published: Option<(&'a str, PublishedFile)>,
}

impl Files<'_> {
    fn readable_texts(&self) -> impl Iterator<Item = (&str, &TextsFile)> {
        self.texts.iter().filter_map(|(name, file)| Some((*name, file.as_ref()?)))
    }

    /// The menu as it is without some features, unless something is or was an error.
    fn prove(&self, absent: &[&str], problems: &mut Vec<Problem>) -> Option<Menu> {
        let compiled = screens::compile(self.screens, self.kinds, self.actions, absent, &mut Found { file: self.screens_name, problems });
        let set = flow::check(self.screens, &compiled, self.kinds, absent, &mut Found { file: self.screens_name, problems });
        let mut languages = Vec::new();
        for (name, file) in self.readable_texts() {
            languages.extend(texts::compile(file, self.screens, &compiled, self.kinds, &set, &mut Found { file: name, problems }));
        }
        if has_errors(problems) {
            return None;
        }
        let by_id = compiled.screens.iter().enumerate().map(|(at, screen)| (screen.id, at)).collect();
        let mut menu = Menu {
            fingerprint: 0,
            main: compiled.main,
            human: compiled.human,
            left: compiled.left,
            screens: compiled.screens,
            by_id,
            commands: compiled.commands,
            halfway: compiled.halfway,
            journeys: Vec::new(),
            languages,
            likenesses: Vec::new(),
            milestones: HashMap::new(),
            moved: self.published.as_ref().map(|(_, file)| published::moved(file)).unwrap_or_default(),
            tasks: Vec::new(),
        };
        menu.fingerprint = fingerprint(&menu);
        let kinds: Vec<_> = self.kinds.iter().map(|(name, kind)| (id(name), *kind)).collect();
        menu.likenesses = edition::likenesses(&menu, &set, &kinds);
        Some(menu)
    }

    /// What can be better about a menu that works, and how long its tasks take.
    fn weigh(&self, menu: &mut Menu, problems: &mut Vec<Problem>) {
        let texts: Vec<(&str, &TextsFile)> = self.readable_texts().collect();
        layout::check(&texts, menu, self.kinds, problems);
        agreement::check(&texts, menu, problems);
        let tasks = shape::check(self.screens, menu, &mut Found { file: self.screens_name, problems });
        let ways: Vec<_> = tasks.iter().map(|task| (task.name.value.as_str(), &task.way)).collect();
        menu.milestones = milestones::milestones(menu, &ways);
        menu.tasks = ways.iter().map(|(name, _)| (id(name), (*name).to_owned())).collect();
        for task in tasks {
            let (line, col) = place(task.name.referenced);
            let of_language = |language: &Language| Journey {
                task: task.name.value.clone(),
                language: language.name.clone(),
                pages: journey::pages(&task.way, menu, language, self.kinds),
                place: (self.screens_name.to_owned(), line, col, task.name.value.len()),
            };
            let journeys: Vec<Journey> = menu.languages.iter().map(of_language).collect();
            menu.journeys.extend(journeys);
        }
        problems.extend(menu.too_slow(&Patience::usual()));
        if let Some((name, file)) = &self.published {
            published::check(file, menu, &mut Found { file: name, problems });
        }
    }
}

/// Differs between menus that differ in anything.
fn fingerprint(menu: &Menu) -> u32 {
    // Sorted, because a map's own order is another one in each process.
    let mut words: Vec<String> = menu
        .languages
        .iter()
        .flat_map(|language| language.words.values())
        .map(|words| {
            let mut words: Vec<_> = words.iter().collect();
            words.sort();
            format!("{words:?}")
        })
        .collect();
    words.sort();
    let mut lines: Vec<String> = menu
        .languages
        .iter()
        .flat_map(|language| language.wrong.iter().chain(&language.messages))
        .map(|entry| format!("{entry:?}"))
        .collect();
    lines.sort();
    let rest: Vec<String> = menu
        .languages
        .iter()
        .map(|l| {
            let resume = (&l.resume, &l.resume_sms);
            format!("{:?}{:?}{:?}{:?}{resume:?}{:?}{:?}", l.name, l.days, l.months, l.constants, l.notices, l.screens)
        })
        .collect();
    let flow = (&menu.screens, &menu.commands, &menu.halfway, menu.main, menu.human, menu.left, &menu.moved);
    crc32fast::hash(format!("{flow:?}{rest:?}{words:?}{lines:?}").as_bytes())
}

fn read<T: serde::de::DeserializeOwned>(name: &str, text: &str, problems: &mut Vec<Problem>) -> Option<T> {
    match serde_saphyr::from_str(text) {
        Ok(file) => Some(file),
        Err(error) => {
            let (line, col) = error.location().map_or((1, 1), place);
            let message = plain_words(&error.without_snippet().to_string());
            problems.push(Problem { code: "M001", file: name.to_owned(), line, col, len: 1, message, help: None });
            None
        }
    }
}

/// Without the place, which is said elsewhere, and without advice to who calls the reader.
fn plain_words(message: &str) -> String {
    let end = [" at line ", ", set DuplicateKeyPolicy"].iter().filter_map(|words| message.find(words)).min();
    message.get(..end.unwrap_or(message.len())).unwrap_or(message).to_owned()
}

fn whole_file(file: &str, message: &str) -> Problem {
    Problem { code: "M001", file: file.to_owned(), line: 1, col: 1, len: 1, message: message.to_owned(), help: None }
}

/// The declared values and their types.
fn kinds(screens: &ScreensFile, found: &mut Found<'_>) -> HashMap<String, Kind> {
    let mut kinds = HashMap::new();
    let mut ids = HashMap::new();
    for (name, kind) in &screens.values.0 {
        if let Some(other) = ids.insert(id(&name.value), &name.value) {
            found.name("M002", name, format!("`{}` and `{other}` cannot be told apart in a session; rename one", name.value));
        }
        match kind_of(&kind.value) {
            Some(kind) => {
                kinds.insert(name.value.clone(), kind);
            }
            None => {
                found.name("M003", kind, format!("`{}` is no type", kind.value));
                found.help("types are: code, day, id, kk, moment, nik, number DIGITS, text SEPTETS, window, word, words SEPTETS");
            }
        }
    }
    kinds
}

fn kind_of(text: &str) -> Option<Kind> {
    let mut words = text.split_whitespace();
    let kind = match (words.next()?, words.next()) {
        ("code", None) => Kind::Code,
        ("day", None) => Kind::Day,
        ("id", None) => Kind::Id,
        ("kk", None) => Kind::Kk,
        ("moment", None) => Kind::Moment,
        ("nik", None) => Kind::Nik,
        ("window", None) => Kind::Window,
        ("word", None) => Kind::Word,
        ("number", Some(digits)) => Kind::Number(digits.parse().ok()?),
        ("text", Some(septets)) => Kind::Text(septets.parse().ok()?),
        ("words", Some(septets)) => Kind::Words(septets.parse().ok()?),
        _ => return None,
    };
    words.next().is_none().then_some(kind)
}
