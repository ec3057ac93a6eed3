//! Proves a menu, and makes it ready to step through.
//! Each problem has a code; what the codes mean stands in [`super::rules`].

mod flow;
mod screens;
mod texts;

use std::collections::HashMap;

use serde_saphyr::Spanned;

use super::compiled::{Menu, id};
use super::source::{ScreensFile, TextsFile, place};
use super::{ActionSpec, Kind, MenuSource, Problem};

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

pub(super) fn check(source: &MenuSource, actions: &'static [&'static ActionSpec], absent: &[&str]) -> Result<Menu, Vec<Problem>> {
    let mut problems = Vec::new();
    let Some(((screens_name, screens_text), texts)) = source.files.split_first() else {
        return Err(vec![whole_file("menu", "there is no menu file")]);
    };
    let screens: Option<ScreensFile> = read(screens_name, screens_text, &mut problems);
    let texts: Vec<(&str, Option<TextsFile>)> = texts.iter().map(|(name, text)| (name.as_str(), read(name, text, &mut problems))).collect();
    if texts.is_empty() {
        problems.push(whole_file(screens_name, "there is no file of words"));
    }
    // What could not be read cannot be judged: only what could is.
    let Some(screens) = screens else { return Err(problems) };
    let files = Files { screens_name, screens: &screens, texts: &texts, actions };
    let whole = files.prove(&[], problems)?;
    // A district may do without a feature: no page may lead nowhere then.
    for feature in &screens.features {
        files.prove(&[&feature.value], Vec::new()).map_err(|problems| lacking(problems, &feature.value))?;
    }
    if absent.is_empty() { Ok(whole) } else { files.prove(absent, Vec::new()) }
}

/// Problems that are there only without a feature.
fn lacking(problems: Vec<Problem>, feature: &str) -> Vec<Problem> {
    problems.into_iter().map(|problem| Problem { message: format!("without `{feature}`: {}", problem.message), ..problem }).collect()
}

/// The files, read.
struct Files<'a> {
    screens_name: &'a str,
    screens: &'a ScreensFile,
    texts: &'a [(&'a str, Option<TextsFile>)],
    actions: &'static [&'static ActionSpec],
}

impl Files<'_> {
    /// The menu as it is without some features; or what is wrong with it, besides what was found before.
    fn prove(&self, absent: &[&str], mut problems: Vec<Problem>) -> Result<Menu, Vec<Problem>> {
        let kinds = kinds(self.screens, &mut Found { file: self.screens_name, problems: &mut problems });
        let compiled =
            screens::compile(self.screens, &kinds, self.actions, absent, &mut Found { file: self.screens_name, problems: &mut problems });
        let set = flow::check(self.screens, &compiled, &kinds, absent, &mut Found { file: self.screens_name, problems: &mut problems });
        let mut languages = Vec::new();
        for (name, file) in self.texts {
            if let Some(file) = file {
                let mut found = Found { file: name, problems: &mut problems };
                languages.extend(texts::compile(file, self.screens, &compiled, &kinds, &set, &mut found));
            }
        }
        if !problems.is_empty() {
            problems.sort_by(|a, b| (&a.file, a.line, a.col, a.code).cmp(&(&b.file, b.line, b.col, b.code)));
            problems.dedup();
            return Err(problems);
        }
        let by_id = compiled.screens.iter().enumerate().map(|(at, screen)| (screen.id, at)).collect();
        let mut menu = Menu {
            fingerprint: 0,
            main: compiled.main,
            human: compiled.human,
            screens: compiled.screens,
            by_id,
            commands: compiled.commands,
            languages,
        };
        menu.fingerprint = fingerprint(&menu);
        Ok(menu)
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
        .map(|l| format!("{:?}{:?}{:?}{:?}{:?}{:?}{:?}", l.name, l.days, l.months, l.constants, l.resume, l.notices, l.screens))
        .collect();
    crc32fast::hash(format!("{:?}{:?}{}{}{rest:?}{words:?}{lines:?}", menu.screens, menu.commands, menu.main, menu.human).as_bytes())
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
                found.help("types are: code, day, id, kk, moment, nik, number DIGITS, text SEPTETS, window, word");
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
        _ => return None,
    };
    words.next().is_none().then_some(kind)
}
